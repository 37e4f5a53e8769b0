"""What waits for a person, found cheaply: for lists, reminders and alarms. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from monitor.store.engine import Database
from monitor.store.rows import Found
from monitor.tables import action, audit, brand, case, case_mention, incident, mention, promise
from responders.action import ActionKind, ActionState
from responders.case import CaseId, CaseState, MentionId
from responders.hold import HoldCode

_APPROVED = ActionState.APPROVED.value
#: Whatever becomes approved from here could leave before already.
_ON_ITS_WAY = (_APPROVED, ActionState.SENDING.value)
#: States in which a case asks for a person.
_ASKING = (CaseState.OPEN.value, CaseState.NEEDS_HUMAN.value)


@dataclass(frozen=True, kw_only=True)
class Held:
    """An approval that has not left, and since when it could have."""

    case_id: CaseId
    kind: ActionKind
    round: int
    since: datetime


class Waiting:
    """The book of what waits; other books change it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def batched(self, limit: int = 200) -> tuple[tuple[CaseId, int], ...]:
        """Open cases that were shown without a card of their own, with revision, by deadline."""
        query = (
            select(case.c.id, case.c.revision)
            .where(_open(), case.c.shown_ts == "", case.c.shown_revision > 0, ~_in_incident())
            .order_by(case.c.due_at.is_(None), case.c.due_at, case.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple((CaseId(row[0]), row[1]) for row in connection.execute(query))

    def asking(self, brand_name: str, limit: int = 200) -> tuple[CaseId, ...]:
        """Cases of a brand that ask for a person, red flags first, then by deadline."""
        query = (
            select(case.c.id)
            .join(brand, brand.c.id == case.c.brand_id)
            .where(brand.c.name == brand_name, _open())
            .order_by(case.c.red.desc(), case.c.due_at.is_(None), case.c.due_at, case.c.id)
        )
        return self._cases(query, limit)

    def due_between(self, since: datetime, until: datetime, limit: int = 200) -> tuple[CaseId, ...]:
        """Cases that ask for a person and are due in (since, until], the latest first."""
        query = (
            select(case.c.id)
            .where(_open(), case.c.due_at > since, case.c.due_at <= until)
            .order_by(case.c.due_at.desc(), case.c.id.desc())
        )
        return self._cases(query, limit)

    def red(self, limit: int = 200) -> tuple[CaseId, ...]:
        """Cases with a red flag that ask for a person and that nobody has, oldest first."""
        query = (
            select(case.c.id)
            .where(_open(), case.c.red.is_(True), case.c.claimed_by == "")
            .order_by(case.c.id)
        )
        return self._cases(query, limit)

    def claimed(self) -> dict[str, tuple[CaseId, ...]]:
        """Cases that ask for a person, by who has them."""
        query = select(case.c.claimed_by, case.c.id).where(_open(), case.c.claimed_by != "")
        return self._by_name(query.order_by(case.c.id))

    def approvals(self) -> dict[str, tuple[CaseId, ...]]:
        """Cases with an approval that has not left, by who approved it."""
        query = select(action.c.approved_by, action.c.case_id).where(_unsent())
        return self._by_name(query.order_by(action.c.id))

    def promised(self) -> dict[str, tuple[CaseId, ...]]:
        """Cases with a promise that is still to be kept, by who owns it."""
        query = select(promise.c.owner, promise.c.case_id).where(
            promise.c.kept_at.is_(None), promise.c.owner != ""
        )
        return self._by_name(query.order_by(promise.c.id))

    def held(self, before: datetime, limit: int = 200) -> tuple[Held, ...]:
        """Approvals that could have left since before then and have not, oldest first.

        Counted from the approval, or from what kept it back with good reason, if that ended later:
        what had to go first, a private channel that was closed, a question, quiet hours.
        """
        parent = action.alias()
        sent_first = or_(
            action.c.depends_on.is_(None),
            select(parent.c.id)
            .where(
                parent.c.case_id == action.c.case_id,
                parent.c.round == action.c.round,
                parent.c.kind == action.c.depends_on,
                parent.c.state == ActionState.SENT.value,
            )
            .exists(),
        )
        of_it = and_(
            audit.c.case_id == action.c.case_id,
            audit.c.action.in_([action.c.kind, action.c.depends_on]),
            audit.c.at >= action.c.approved_at,
        )
        found = [action.c[name] for name in ("id", "case_id", "kind", "round", "approved_at")]
        lines = [audit.c[name] for name in ("at", "what", "was", "now", "detail")]
        query = (
            select(*found, audit.c.action.label("of"), *lines)
            .join_from(action, audit, of_it, isouter=True)
            .where(
                action.c.state == ActionState.APPROVED.value,
                action.c.approved_at <= before,
                action.c.error_code != HoldCode.QUIET.value,  # that is how it should be
                sent_first,
            )
            .order_by(action.c.id, audit.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        held = (_held(tuple(of)) for _, of in groupby(rows, key=lambda row: row.id))
        return tuple(islice((one for one in held if one and one.since <= before), limit))

    def silent(self, before: datetime, limit: int = 200) -> tuple[CaseId, ...]:
        """Answered cases in which something waits for the customer, untouched since before then."""
        waits = exists().where(
            action.c.case_id == case.c.id, action.c.state == ActionState.WAITING.value
        )
        query = select(case.c.id).where(
            case.c.state == CaseState.ANSWERED.value, case.c.touched_at <= before, waits
        )
        return self._cases(query.order_by(case.c.id), limit)

    def post_of(self, url: str) -> tuple[MentionId, CaseId | None] | None:
        """The post with that address and its case, where it has one; None: we have not read it.

        Reads the whole table: for questions that people ask by hand.
        """
        query = (
            select(mention.c.id, case_mention.c.case_id)
            .join_from(
                mention, case_mention, case_mention.c.mention_id == mention.c.id, isouter=True
            )
            .where(mention.c.url == url)
            .order_by(mention.c.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return MentionId(row[0]), CaseId(row[1]) if row[1] is not None else None

    def _cases(self, query: Select[Any], limit: int) -> tuple[CaseId, ...]:
        with self._database.read() as connection:
            return tuple(CaseId(row) for row in connection.execute(query.limit(limit)).scalars())

    def _by_name(self, query: Select[Any]) -> dict[str, tuple[CaseId, ...]]:
        found: dict[str, list[CaseId]] = {}
        with self._database.read() as connection:
            for name, case_id in connection.execute(query):
                found.setdefault(name, []).append(CaseId(case_id))
        return {name: tuple(dict.fromkeys(cases)) for name, cases in found.items()}


def _held(rows: Sequence[Found]) -> Held | None:
    """An approval by its lines in the audit and those of what goes first; None: quiet hours."""
    first, quiet = rows[0], False
    since = first.approved_at
    for row in rows:
        if row.of == first.kind:
            over = quiet
            quiet = row.what == "held" and row.detail == HoldCode.QUIET.value
            free = (over and not quiet) or (row.now == _APPROVED and row.was not in _ON_ITS_WAY)
        else:
            free = row.now == ActionState.SENT.value != row.was
        if free:
            since = max(since, row.at)
    if quiet:
        return None
    return Held(
        case_id=CaseId(first.case_id), kind=ActionKind(first.kind), round=first.round, since=since
    )


def _open() -> ColumnElement[bool]:
    return case.c.state.in_(_ASKING)


def _in_incident() -> ColumnElement[bool]:
    return exists().where(incident.c.id == case.c.incident_id, incident.c.ended_at.is_(None))


def _unsent() -> ColumnElement[bool]:
    return and_(
        action.c.state.in_(
            [ActionState.APPROVED.value, ActionState.WAITING.value, ActionState.BY_HAND.value]
        ),
        action.c.approved_by != "",
    )
