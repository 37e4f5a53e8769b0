"""The rows of the database, one class a table. Imported by the store and the migrations alone.

A row holds what a value of `connectors` or `responders` says, plus what the database needs for
finding it cheaply. Every table but `meta` belongs to a brand. Change a table here and in a new file
of monitor/migrations/versions; a test compares the two.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field, SQLModel

#: Stands for a character that no database can keep: NUL and a lone half of a surrogate pair.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(words: str) -> str:
    """The text as both databases can keep it.

    PostgreSQL refuses NUL, and neither database's UTF-8 has a lone surrogate; each becomes one
    U+FFFD, which is what a browser would show in its place. All other text stays as it is.
    """
    if words.isascii():
        return words.replace("\0", REPLACEMENT) if "\0" in words else words
    try:
        words.encode()
    except UnicodeEncodeError:
        words = words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return words.replace("\0", REPLACEMENT) if "\0" in words else words


def moment(value: datetime) -> str:
    """An aware time as SQLite keeps it: UTC, of one width, so that text order is time order.

    Raises:
        ValueError: the time has no offset.
    """
    return _in_utc(value).isoformat(timespec="microseconds")


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise ValueError(f"{value} has no time zone; every time that is stored is aware")
    return value.astimezone(UTC)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time, always UTC. SQLite has no such type and would drop the offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, `timestamptz` on PostgreSQL."""
        return dialect.type_descriptor(
            String(32) if dialect.name == "sqlite" else DateTime(timezone=True)
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Refuse a naive time."""
        if value is None:
            return None
        return moment(value) if dialect.name == "sqlite" else _in_utc(value)

    def process_result_value(
        self, value: datetime | str | None, dialect: Dialect
    ) -> datetime | None:
        """Aware again, in UTC."""
        if value is None:
            return None
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return found.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text from anywhere, made `storable` on its way in and in every comparison."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what no database can keep."""
        return None if value is None else storable(value)


#: SQLite numbers its rows by itself only in a column called INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


Id = Annotated[int | None, Field(primary_key=True, sa_type=BigId)]
BrandId = Annotated[int, Field(foreign_key="brand.id", sa_type=BigInteger)]
MaybeBrandId = Annotated[
    int | None, Field(foreign_key="brand.id", sa_type=BigInteger, nullable=True)
]
BrandKey = Annotated[int, Field(foreign_key="brand.id", sa_type=BigInteger, primary_key=True)]
CaseLink = Annotated[int, Field(foreign_key="case.id", sa_type=BigInteger)]
IncidentLink = Annotated[
    int | None, Field(foreign_key="incident.id", sa_type=BigInteger, nullable=True)
]
MentionLink = Annotated[int, Field(foreign_key="mention.id", sa_type=BigInteger)]
MentionKey = Annotated[int, Field(foreign_key="mention.id", sa_type=BigId, primary_key=True)]
Big = Annotated[int, Field(sa_type=BigInteger)]
MaybeBig = Annotated[int | None, Field(sa_type=BigInteger, nullable=True)]
Text_ = Annotated[str, Field(sa_type=Words)]
TextKey = Annotated[str, Field(sa_type=Words, primary_key=True)]
MaybeText = Annotated[str | None, Field(sa_type=Words, nullable=True)]
At = Annotated[datetime, Field(sa_type=UTCDateTime)]
AtKey = Annotated[datetime, Field(sa_type=UTCDateTime, primary_key=True)]
MaybeAt = Annotated[datetime | None, Field(sa_type=UTCDateTime, nullable=True)]


# The few rows that jobs look for. A query says it in these very words, as SQLite uses a partial
# index only then.
UNSHOWN = "shown_revision < revision"
LIVE = "state IN ('approved', 'sending', 'unknown')"
RETRACTING = "retract_by <> '' AND state = 'sent'"
UNKEPT = "kept_at IS NULL"


def _where(name: str, *columns: str, sqlite: str, postgresql: str | None = None) -> Index:
    """An index over the few rows that a job looks for, however many there are beside them."""
    return Index(
        name,
        *columns,
        sqlite_where=text(sqlite),
        postgresql_where=text(postgresql or sqlite),
    )


class Row(SQLModel):
    """What all tables share: our own list of tables."""

    metadata = METADATA


class BrandRow(Row, table=True):
    """A shop. The name is what the settings call it."""

    __tablename__ = "brand"
    __table_args__ = (UniqueConstraint("name"),)

    id: Id = None
    name: Text_


class MentionRow(Row, table=True):
    """A post or message. `judged` is true where nothing is left to judge: ours, or erased."""

    __tablename__ = "mention"
    __table_args__ = (
        UniqueConstraint("brand_id", "platform", "post_id"),
        _where("ix_mention_unjudged", "id", sqlite="judged IS 0", postgresql="judged IS false"),
        _where(
            "ix_mention_private",
            "brand_id",
            "platform",
            "author_id",
            "created_at",
            sqlite="private IS 1",
            postgresql="private IS true",
        ),
    )

    id: Id = None
    brand_id: BrandId
    platform: Text_
    post_id: Text_
    author_id: Text_
    handle: Text_
    author_name: Text_
    author_url: MaybeText = None
    followers: MaybeBig = None
    open_to_messages: bool | None = None
    text: Text_
    created_at: At
    url: MaybeText = None
    in_reply_to: MaybeText = None
    thread: MaybeText = None
    parent_text: MaybeText = None
    language: MaybeText = None
    addressed: bool
    replies_open: bool
    private: bool
    ours: bool
    judged: bool
    source: Text_
    stored_at: At
    erased_at: MaybeAt = None


class VerdictRow(Row, table=True):
    """What we think of a mention. `unfiled`: needs a person and belongs to no case yet."""

    __tablename__ = "verdict"
    __table_args__ = (
        _where(
            "ix_verdict_unfiled", "mention_id", sqlite="unfiled IS 1", postgresql="unfiled IS true"
        ),
    )

    mention_id: MentionKey
    brand_id: BrandId
    language: Text_
    compound: float
    complaint: float
    angry: bool
    topic: MaybeText = None
    asks: bool
    relevant: bool
    red_flags: Text_  #: a JSON list
    why: Text_  #: a JSON list
    unfiled: bool
    judged_at: At
    doubts: Text_  #: a JSON list
    matters: Text_  #: a JSON list of names with their chances


class IncidentRow(Row, table=True):
    """Many cases with one cause."""

    __tablename__ = "incident"

    id: Id = None
    brand_id: BrandId
    title: Text_
    declared_by: Text_
    declared_at: MaybeAt = None
    ended_at: MaybeAt = None


class CaseRow(Row, table=True):
    """A case, and what its card was last drawn from."""

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_state", "state", "due_at"),
        Index("ix_case_author", "brand_id", "platform", "author_id"),
        _where("ix_case_unshown", "id", sqlite=UNSHOWN),
        Index("ix_case_touched", "touched_at"),
    )

    id: Id = None
    brand_id: BrandId
    platform: Text_
    author_id: Text_
    incident_id: IncidentLink = None
    state: Text_
    round: int
    revision: int
    opened_at: At
    touched_at: At  #: the last change
    due_at: MaybeAt = None
    claimed_by: Text_
    snoozed_until: MaybeAt = None
    second_approver: Text_
    decided_by: Text_
    decided_at: MaybeAt = None
    dismissed_because: Text_
    earlier: int
    red: bool  #: has a red flag in this round: first in every list
    drafted: int  #: newest draft revision of this round, 0: none
    shown_channel: Text_
    shown_ts: Text_
    shown_revision: int  #: 0: never shown
    watched_at: MaybeAt = None


class CaseMentionRow(Row, table=True):
    """Which mentions make up a case; each belongs to one case at most."""

    __tablename__ = "case_mention"
    __table_args__ = (Index("ix_case_mention_case", "case_id"),)

    mention_id: MentionKey
    case_id: CaseLink
    brand_id: BrandId
    round: int


class DraftRow(Row, table=True):
    """One revision of what we propose to say; only ever added to."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("case_id", "round", "revision"),)

    id: Id = None
    brand_id: BrandId
    case_id: CaseLink
    round: int
    revision: int
    language: Text_
    playbook: Text_
    public: MaybeText = None
    private: MaybeText = None
    public_english: MaybeText = None
    private_english: MaybeText = None
    credit_minor: MaybeBig = None
    credit_currency: MaybeText = None
    credit_text: MaybeText = None
    credit_text_english: MaybeText = None
    credit_chosen: bool
    findings: Text_  #: a JSON list
    holding: MaybeText = None
    holding_english: MaybeText = None
    reason: Text_
    written_by: Text_
    created_at: At
    override: MaybeText = None  #: JSON: what a lead let pass
    checked: Text_  #: a JSON list
    checked_by: Text_


class ActionRow(Row, table=True):
    """One thing to send; `key` is the platform's idempotency key."""

    __tablename__ = "action"
    __table_args__ = (
        UniqueConstraint("case_id", "round", "kind"),
        UniqueConstraint("key"),
        _where(
            "ix_action_live",
            "id",
            sqlite=LIVE,
        ),
        _where("ix_action_retract", "id", sqlite=RETRACTING),
    )

    id: Id = None
    brand_id: BrandId
    case_id: CaseLink
    kind: Text_
    round: int
    state: Text_
    key: Text_
    text: Text_
    minor: MaybeBig = None
    currency: MaybeText = None
    depends_on: MaybeText = None
    approved_by: Text_
    approved_at: MaybeAt = None
    not_before: MaybeAt = None
    attempt: int
    fence: int
    owner: Text_
    intent_at: MaybeAt = None
    lease_until: MaybeAt = None
    settle_until: MaybeAt = None
    absent_at: Text_  #: a JSON list of times
    receipt_id: MaybeText = None  #: null: no receipt
    receipt_url: MaybeText = None
    receipt_at: MaybeAt = None
    receipt_private: bool
    error_code: Text_
    error: Text_
    retract_by: Text_
    override: MaybeText = None  #: JSON: what a lead let pass


class LabelRow(Row, table=True):
    """A person's word on a verdict."""

    __tablename__ = "label"
    __table_args__ = (Index("ix_label_mention", "mention_id"),)

    id: Id = None
    brand_id: BrandId
    mention_id: MentionLink
    word: Text_
    by: Text_
    at: At


class TraceRow(Row, table=True):
    """What the judge learns from of a flagged or labelled post; erased with the post."""

    __tablename__ = "trace"
    __table_args__ = (Index("ix_trace_brand", "brand_id", "mention_id"),)

    mention_id: MentionKey
    brand_id: BrandId
    model: Text_  #: which encoder and which model gave these numbers
    score: float
    compound: float
    negative: float
    neutral: float
    positive: float
    vector: Annotated[bytes, Field(sa_type=LargeBinary)]  #: float16; empty: none


class LessonRow(Row, table=True):
    """What a brand's labels taught last."""

    __tablename__ = "lesson"

    brand_id: BrandKey
    basis: Text_  #: the model, the settings and the labels that it was made from
    model: Text_
    layer: MaybeText = None  #: JSON; null: the generic judge stays
    labels: Big
    complaints: Big
    why_not: Text_
    learnt_at: At


class CreditRow(Row, table=True):
    """A code of the shop. `action_key` says whose it is; null: nobody's yet.

    `brand_id` is that of the action; while nobody has it the code is good for every brand.
    """

    __tablename__ = "credit"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("action_key"),
    )

    id: Id = None
    brand_id: MaybeBrandId = None
    code: Text_
    minor: Big
    currency: Text_
    expires: MaybeText = None  #: the last good day, such as 2027-06-30
    action_key: MaybeText = None
    taken_at: MaybeAt = None


class PromiseRow(Row, table=True):
    """A commitment in a text that was sent."""

    __tablename__ = "promise"
    __table_args__ = (_where("ix_promise_open", "due_at", sqlite=UNKEPT),)

    id: Id = None
    brand_id: BrandId
    case_id: CaseLink
    words: Text_
    due_at: At
    owner: Text_
    kept_at: MaybeAt = None


class CursorRow(Row, table=True):
    """How far a connector has read, and when it last did."""

    __tablename__ = "cursor"

    brand_id: BrandKey
    source: TextKey
    cursor: MaybeText = None
    seen_at: At


class AuditRow(Row, table=True):
    """Who changed what and when. A trigger refuses every update and every deletion."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_case", "case_id"),)

    id: Id = None
    brand_id: BrandId
    case_id: CaseLink
    at: At
    what: Text_
    by: Text_
    action: MaybeText = None
    was: Text_
    now: Text_
    hash: Text_
    detail: Text_


class RollupRow(Row, table=True):
    """Counts of public posts of others, by quarter of an hour in UTC."""

    __tablename__ = "rollup"

    brand_id: BrandKey
    start: AtKey
    platform: TextKey
    topic: TextKey  #: "": unsure
    band: TextKey
    language: TextKey
    posts: Big
    angry: Big
    asks: Big


class SpendRow(Row, table=True):
    """What the credits of one month came to."""

    __tablename__ = "spend"

    brand_id: BrandKey
    month: TextKey
    currency: TextKey
    spent: Big


class MetaRow(Row, table=True):
    """What the installation remembers about itself; belongs to no brand."""

    __tablename__ = "meta"

    key: TextKey
    value: Text_


def _table(row: type[Row]) -> Table:
    return METADATA.tables[str(row.__tablename__)]


brand = _table(BrandRow)
mention = _table(MentionRow)
verdict = _table(VerdictRow)
incident = _table(IncidentRow)
case = _table(CaseRow)
case_mention = _table(CaseMentionRow)
draft = _table(DraftRow)
action = _table(ActionRow)
label = _table(LabelRow)
trace = _table(TraceRow)
lesson = _table(LessonRow)
credit = _table(CreditRow)
promise = _table(PromiseRow)
cursor = _table(CursorRow)
audit = _table(AuditRow)
rollup = _table(RollupRow)
spend = _table(SpendRow)
meta = _table(MetaRow)
