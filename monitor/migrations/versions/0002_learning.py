"""What the judge learns from people's labels, and how sure it is of a verdict."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_text = sa.Text()
_at = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.add_column("verdict", sa.Column("doubts", _text, nullable=False, server_default="[]"))
    _trace()
    _lesson()


def _trace() -> None:
    op.create_table(
        "trace",
        sa.Column("mention_id", _id, nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("model", _text, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("compound", sa.Float(), nullable=False),
        sa.Column("negative", sa.Float(), nullable=False),
        sa.Column("neutral", sa.Float(), nullable=False),
        sa.Column("positive", sa.Float(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("mention_id", name="pk_trace"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_trace_brand_id"),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name="fk_trace_mention_id"),
    )
    op.create_index("ix_trace_brand", "trace", ["brand_id", "mention_id"])


def _lesson() -> None:
    op.create_table(
        "lesson",
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("basis", _text, nullable=False),
        sa.Column("model", _text, nullable=False),
        sa.Column("layer", _text, nullable=True),
        sa.Column("labels", sa.BigInteger(), nullable=False),
        sa.Column("complaints", sa.BigInteger(), nullable=False),
        sa.Column("why_not", _text, nullable=False),
        sa.Column("learnt_at", _at, nullable=False),
        sa.PrimaryKeyConstraint("brand_id", name="pk_lesson"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name="fk_lesson_brand_id"),
    )
