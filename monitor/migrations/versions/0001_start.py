"""The tables from the start."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_text = sa.Text()
_at = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")

_AUDIT_SQLITE = """
CREATE TRIGGER audit_no_{event} BEFORE {event} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END
"""
_AUDIT_POSTGRESQL = (
    """
    CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit is only ever added to'; END $$
    """,
    """
    CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()
    """,
    """
    CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()
    """,
)


def _partial(name: str, table: str, columns: list[str], sqlite: str, postgresql: str = "") -> None:
    op.create_index(
        name,
        table,
        columns,
        sqlite_where=sa.text(sqlite),
        postgresql_where=sa.text(postgresql or sqlite),
    )


def _guard_audit() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("update", "delete"):
            op.execute(_AUDIT_SQLITE.format(event=event))
    else:
        for statement in _AUDIT_POSTGRESQL:
            op.execute(statement)


def upgrade() -> None:
    _brand()
    _meta()
    _credit()
    _cursor()
    _incident()
    _mention()
    _rollup()
    _spend()
    _case()
    _label()
    _verdict()
    _action()
    _audit()
    _case_mention()
    _draft()
    _promise()
    _guard_audit()


def _brand() -> None:
    op.create_table(
        "brand",
        sa.Column("id", _id, nullable=False),
        sa.Column("name", _text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_brand"),
        sa.UniqueConstraint("name", name="uq_brand_name"),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", _text, nullable=False),
        sa.Column("value", _text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )


def _credit() -> None:
    op.create_table(
        "credit",
        sa.Column("id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=True),
        sa.Column("code", _text, nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", _text, nullable=False),
        sa.Column("expires", _text, nullable=True),
        sa.Column("action_key", _text, nullable=True),
        sa.Column("taken_at", _at, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_credit"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_credit_brand_id"),
        sa.UniqueConstraint("code", name="uq_credit_code"),
        sa.UniqueConstraint("action_key", name="uq_credit_action_key"),
    )


def _cursor() -> None:
    op.create_table(
        "cursor",
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("source", _text, nullable=False),
        sa.Column("cursor", _text, nullable=True),
        sa.Column("seen_at", _at, nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "source", name="pk_cursor"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_cursor_brand_id"),
    )


def _incident() -> None:
    op.create_table(
        "incident",
        sa.Column("id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("title", _text, nullable=False),
        sa.Column("declared_by", _text, nullable=False),
        sa.Column("declared_at", _at, nullable=True),
        sa.Column("ended_at", _at, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_incident_brand_id"),
    )


def _mention() -> None:
    op.create_table(
        "mention",
        sa.Column("id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("platform", _text, nullable=False),
        sa.Column("post_id", _text, nullable=False),
        sa.Column("author_id", _text, nullable=False),
        sa.Column("handle", _text, nullable=False),
        sa.Column("author_name", _text, nullable=False),
        sa.Column("author_url", _text, nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("open_to_messages", sa.Boolean(), nullable=True),
        sa.Column("text", _text, nullable=False),
        sa.Column("created_at", _at, nullable=False),
        sa.Column("url", _text, nullable=True),
        sa.Column("in_reply_to", _text, nullable=True),
        sa.Column("thread", _text, nullable=True),
        sa.Column("parent_text", _text, nullable=True),
        sa.Column("language", _text, nullable=True),
        sa.Column("addressed", sa.Boolean(), nullable=False),
        sa.Column("replies_open", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("judged", sa.Boolean(), nullable=False),
        sa.Column("source", _text, nullable=False),
        sa.Column("stored_at", _at, nullable=False),
        sa.Column("erased_at", _at, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mention"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_mention_brand_id"),
        sa.UniqueConstraint(
            "brand_id", "platform", "post_id", name="uq_mention_brand_id_platform_post_id"
        ),
    )
    _partial(
        "ix_mention_private",
        "mention",
        ["brand_id", "platform", "author_id", "created_at"],
        "private IS 1",
        "private IS true",
    )
    _partial("ix_mention_unjudged", "mention", ["id"], "judged IS 0", "judged IS false")


def _rollup() -> None:
    op.create_table(
        "rollup",
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("start", _at, nullable=False),
        sa.Column("platform", _text, nullable=False),
        sa.Column("topic", _text, nullable=False),
        sa.Column("band", _text, nullable=False),
        sa.Column("language", _text, nullable=False),
        sa.Column("posts", sa.BigInteger(), nullable=False),
        sa.Column("angry", sa.BigInteger(), nullable=False),
        sa.Column("asks", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "brand_id", "start", "platform", "topic", "band", "language", name="pk_rollup"
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_rollup_brand_id"),
    )


def _spend() -> None:
    op.create_table(
        "spend",
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("month", _text, nullable=False),
        sa.Column("currency", _text, nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "month", "currency", name="pk_spend"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_spend_brand_id"),
    )


def _case() -> None:
    op.create_table(
        "case",
        sa.Column("id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("platform", _text, nullable=False),
        sa.Column("author_id", _text, nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("state", _text, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("opened_at", _at, nullable=False),
        sa.Column("touched_at", _at, nullable=False),
        sa.Column("due_at", _at, nullable=True),
        sa.Column("claimed_by", _text, nullable=False),
        sa.Column("snoozed_until", _at, nullable=True),
        sa.Column("second_approver", _text, nullable=False),
        sa.Column("decided_by", _text, nullable=False),
        sa.Column("decided_at", _at, nullable=True),
        sa.Column("dismissed_because", _text, nullable=False),
        sa.Column("earlier", sa.Integer(), nullable=False),
        sa.Column("red", sa.Boolean(), nullable=False),
        sa.Column("drafted", sa.Integer(), nullable=False),
        sa.Column("shown_channel", _text, nullable=False),
        sa.Column("shown_ts", _text, nullable=False),
        sa.Column("shown_revision", sa.Integer(), nullable=False),
        sa.Column("watched_at", _at, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_case"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_case_brand_id"),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_case_incident_id"),
    )
    op.create_index("ix_case_author", "case", ["brand_id", "platform", "author_id"])
    op.create_index("ix_case_state", "case", ["state", "due_at"])
    op.create_index("ix_case_touched", "case", ["touched_at"])
    _partial("ix_case_unshown", "case", ["id"], "shown_revision < revision")


def _label() -> None:
    op.create_table(
        "label",
        sa.Column("id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("mention_id", sa.BigInteger(), nullable=False),
        sa.Column("word", _text, nullable=False),
        sa.Column("by", _text, nullable=False),
        sa.Column("at", _at, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_label"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_label_brand_id"),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name="fk_label_mention_id"),
    )
    op.create_index("ix_label_mention", "label", ["mention_id"])


def _verdict() -> None:
    op.create_table(
        "verdict",
        sa.Column("mention_id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("language", _text, nullable=False),
        sa.Column("compound", sa.Float(), nullable=False),
        sa.Column("complaint", sa.Float(), nullable=False),
        sa.Column("angry", sa.Boolean(), nullable=False),
        sa.Column("topic", _text, nullable=True),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("relevant", sa.Boolean(), nullable=False),
        sa.Column("red_flags", _text, nullable=False),
        sa.Column("why", _text, nullable=False),
        sa.Column("unfiled", sa.Boolean(), nullable=False),
        sa.Column("judged_at", _at, nullable=False),
        sa.PrimaryKeyConstraint("mention_id", name="pk_verdict"),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name="fk_verdict_mention_id"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_verdict_brand_id"),
    )
    _partial("ix_verdict_unfiled", "verdict", ["mention_id"], "unfiled IS 1", "unfiled IS true")


def _action() -> None:
    op.create_table(
        "action",
        sa.Column("id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", _text, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", _text, nullable=False),
        sa.Column("key", _text, nullable=False),
        sa.Column("text", _text, nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", _text, nullable=True),
        sa.Column("depends_on", _text, nullable=True),
        sa.Column("approved_by", _text, nullable=False),
        sa.Column("approved_at", _at, nullable=True),
        sa.Column("not_before", _at, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", _text, nullable=False),
        sa.Column("intent_at", _at, nullable=True),
        sa.Column("lease_until", _at, nullable=True),
        sa.Column("settle_until", _at, nullable=True),
        sa.Column("absent_at", _text, nullable=False),
        sa.Column("receipt_id", _text, nullable=True),
        sa.Column("receipt_url", _text, nullable=True),
        sa.Column("receipt_at", _at, nullable=True),
        sa.Column("receipt_private", sa.Boolean(), nullable=False),
        sa.Column("error_code", _text, nullable=False),
        sa.Column("error", _text, nullable=False),
        sa.Column("retract_by", _text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_action"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_action_brand_id"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_action_case_id"),
        sa.UniqueConstraint("key", name="uq_action_key"),
        sa.UniqueConstraint("case_id", "round", "kind", name="uq_action_case_id_round_kind"),
    )
    _partial("ix_action_live", "action", ["id"], "state IN ('approved', 'sending', 'unknown')")
    _partial("ix_action_retract", "action", ["id"], "retract_by <> '' AND state = 'sent'")


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", _at, nullable=False),
        sa.Column("what", _text, nullable=False),
        sa.Column("by", _text, nullable=False),
        sa.Column("action", _text, nullable=True),
        sa.Column("was", _text, nullable=False),
        sa.Column("now", _text, nullable=False),
        sa.Column("hash", _text, nullable=False),
        sa.Column("detail", _text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_audit_brand_id"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_audit_case_id"),
    )
    op.create_index("ix_audit_case", "audit", ["case_id"])


def _case_mention() -> None:
    op.create_table(
        "case_mention",
        sa.Column("mention_id", _id, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mention_id", name="pk_case_mention"),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name="fk_case_mention_mention_id"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_case_mention_case_id"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_case_mention_brand_id"),
    )
    op.create_index("ix_case_mention_case", "case_mention", ["case_id"])


def _draft() -> None:
    op.create_table(
        "draft",
        sa.Column("id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("language", _text, nullable=False),
        sa.Column("playbook", _text, nullable=False),
        sa.Column("public", _text, nullable=True),
        sa.Column("private", _text, nullable=True),
        sa.Column("public_english", _text, nullable=True),
        sa.Column("private_english", _text, nullable=True),
        sa.Column("credit_minor", sa.BigInteger(), nullable=True),
        sa.Column("credit_currency", _text, nullable=True),
        sa.Column("credit_text", _text, nullable=True),
        sa.Column("credit_text_english", _text, nullable=True),
        sa.Column("credit_chosen", sa.Boolean(), nullable=False),
        sa.Column("findings", _text, nullable=False),
        sa.Column("holding", _text, nullable=True),
        sa.Column("holding_english", _text, nullable=True),
        sa.Column("reason", _text, nullable=False),
        sa.Column("written_by", _text, nullable=False),
        sa.Column("created_at", _at, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_draft"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_draft_brand_id"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_draft_case_id"),
        sa.UniqueConstraint("case_id", "round", "revision", name="uq_draft_case_id_round_revision"),
    )


def _promise() -> None:
    op.create_table(
        "promise",
        sa.Column("id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("words", _text, nullable=False),
        sa.Column("due_at", _at, nullable=False),
        sa.Column("owner", _text, nullable=False),
        sa.Column("kept_at", _at, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_promise"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_promise_brand_id"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_promise_case_id"),
    )
    _partial("ix_promise_open", "promise", ["due_at"], "kept_at IS NULL")
