"""What is to be sent now, and what was sent. Actions change through `Cases.save` alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    text,
    union_all,
)

from monitor.store.engine import Database
from monitor.store.rows import Found, action_of
from monitor.tables import (
    LIVE,
    RETRACTING,
    UTCDateTime,
    action,
    brand,
    case,
    case_mention,
    mention,
)
from responders.action import Action, ActionKind, ActionState
from responders.case import CaseId, Due


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Something that went out, and where it can be seen."""

    case_id: CaseId
    brand: str
    kind: ActionKind
    platform: str
    handle: str  #: of the customer; "" where it was erased
    text: str  #: with draft.CODE_PLACEHOLDER in place of a code
    url: str | None
    at: datetime | None  #: as the platform says, else when it left
    by: str  #: who approved it


class Actions:
    """The book of things to send."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: datetime, limit: int = 200) -> tuple[Due, ...]:
        """What a job should look at now, oldest first.

        - approved, its time has come, and what it depends on is sent or does not exist;
        - sending, and the lease of its claim is over;
        - unknown, settled, and its next look has come;
        - sent, and somebody asked to take it down (its next try has come).
        """
        with self._database.read() as connection:
            found = connection.execute(_DUE, {"now": now, "most": limit})
            return tuple(_due_of(row) for row in found)

    def standing_at(self, states: Collection[ActionState]) -> tuple[Due, ...]:
        """Every action in one of these states, oldest first, whether or not its time has come."""
        of = action.c.state.in_([state.value for state in states])
        query = _with_case(action).where(of).order_by(action.c.id)
        with self._database.read() as connection:
            return tuple(_due_of(row) for row in connection.execute(query))

    def find(self, key: str) -> tuple[CaseId, Action] | None:
        """The action with that key and its case."""
        with self._database.read() as connection:
            row = connection.execute(select(action).where(action.c.key == key)).one_or_none()
        return None if row is None else (CaseId(row.case_id), action_of(row))

    def sent(self, limit: int = 100) -> tuple[Sent, ...]:
        """What went out, the newest first."""
        newest = select(action).where(action.c.state == ActionState.SENT.value)
        out = newest.order_by(action.c.id.desc()).limit(limit).subquery()
        query = (
            select(
                out,
                case.c.platform,
                brand.c.name.label("brand_name"),
                _handle_of(out.c.case_id).label("handle"),
            )
            .join(case, case.c.id == out.c.case_id)
            .join(brand, brand.c.id == out.c.brand_id)
            .order_by(out.c.id.desc())
        )
        with self._database.read() as connection:
            return tuple(
                Sent(
                    case_id=CaseId(row.case_id),
                    brand=row.brand_name,
                    kind=ActionKind(row.kind),
                    platform=row.platform,
                    handle=row.handle or "",
                    text=row.text,
                    url=row.receipt_url,
                    at=row.receipt_at or row.intent_at,
                    by=row.approved_by,
                )
                for row in connection.execute(query)
            )


def _with_case(found: FromClause) -> Select[Any]:
    """Actions with what a job wants to know of their case."""
    columns = [found.c[name] for name in ("id", "case_id", "kind", "round", "state")]
    return (
        select(*columns, case.c.platform, brand.c.name.label("brand_name"))
        .join_from(found, case, case.c.id == found.c.case_id)
        .join(brand, brand.c.id == case.c.brand_id)
    )


def _due() -> Select[Any]:
    """The query of `Actions.due`."""
    now = bindparam("now", type_=UTCDateTime)
    reached = or_(action.c.not_before.is_(None), action.c.not_before <= now)
    parent = action.alias()
    held = exists().where(
        parent.c.case_id == action.c.case_id,
        parent.c.round == action.c.round,
        parent.c.kind == action.c.depends_on,
        parent.c.state != ActionState.SENT.value,
    )
    settled = or_(action.c.settle_until.is_(None), action.c.settle_until <= now)
    lapsed = or_(action.c.lease_until.is_(None), action.c.lease_until <= now)
    columns = (action.c.id, action.c.case_id, action.c.kind, action.c.round, action.c.state)
    live = select(*columns).where(
        text(LIVE),
        or_(
            and_(action.c.state == ActionState.APPROVED.value, reached, ~held),
            and_(action.c.state == ActionState.SENDING.value, lapsed),
            and_(action.c.state == ActionState.UNKNOWN.value, reached, settled),
        ),
    )
    retracting = select(*columns).where(text(RETRACTING), reached)
    both = union_all(live, retracting).subquery()
    return _with_case(both).order_by(both.c.id).limit(bindparam("most", type_=Integer))


#: Made once: it is asked every second, and making it takes longer than running it.
_DUE = _due()


def _due_of(row: Found) -> Due:
    return Due(
        case_id=CaseId(row.case_id),
        kind=ActionKind(row.kind),
        round=row.round,
        state=ActionState(row.state),
        brand=row.brand_name,
        platform=row.platform,
    )


def _handle_of(case_id: ColumnElement[int]) -> ScalarSelect[str]:
    """The customer's handle as they had it in the case's first post."""
    return (
        select(mention.c.handle)
        .join(case_mention, case_mention.c.mention_id == mention.c.id)
        .where(case_mention.c.case_id == case_id, mention.c.ours.is_(False))
        .order_by(mention.c.id)
        .limit(1)
        .scalar_subquery()
    )
