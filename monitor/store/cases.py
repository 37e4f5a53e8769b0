"""Cases with all that belongs to them. `save` is the only way to change what a person decided."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy import case as sql_case
from sqlalchemy.exc import IntegrityError

from connectors.base import Contact
from monitor.moves import check
from monitor.store import audit, incidents
from monitor.store.brands import Brands
from monitor.store.engine import Database
from monitor.store.rows import (
    ENTRY,
    Found,
    Values,
    action_of,
    action_values,
    draft_of,
    draft_values,
    entry_of,
)
from monitor.tables import (
    UNSHOWN,
    action,
    brand,
    case,
    case_mention,
    draft,
    label,
    mention,
    promise,
    spend,
    verdict,
)
from responders.action import Action, ActionKind, ActionState
from responders.case import (
    BudgetSpent,
    Case,
    CaseId,
    CaseState,
    Change,
    Entry,
    MentionId,
    Note,
    Spend,
)
from responders.draft import Draft
from responders.money import Money
from responders.used import Used

#: What the platform shows below a post; a credit is no text.
_PUBLIC = frozenset({ActionKind.PUBLIC, ActionKind.HOLDING, ActionKind.FOLLOW_UP})
#: Texts that never left and never will.
_UNUSED = (ActionState.CANCELLED.value, ActionState.FAILED.value)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What became of a case: for the week's report."""

    opened_at: datetime
    decided_at: datetime | None
    state: CaseState


class _Moved(Exception):
    """Somebody else changed the case since it was read."""


class Cases:
    """The book of cases; a `CaseBook`."""

    def __init__(self, database: Database, brands: Brands) -> None:
        self._database = database
        self._brands = brands

    def get(self, case_id: CaseId) -> Case:
        """The case as it is now.

        Raises:
            KeyError: there is no such case.
        """
        with self._database.read() as connection:
            return _load(connection, case_id)

    def save(self, change: Change, now: datetime) -> bool:
        """Write the change whole, or not at all; see `CaseBook.save`.

        Raises:
            BudgetSpent: the spend does not fit into what is left of the budget.
            KeyError: there is no such case.
            ValueError: a move that is not allowed, an action's key that another action has, or a
                post that belongs to another case.
        """
        check(change)
        before = change.before
        try:
            with self._database.write() as connection:
                if _departs(change):
                    self._require_calm(connection, before.brand)
                brand_id = _claim(connection, change, now)
                _add_entries(connection, brand_id, change)
                _add_draft(connection, brand_id, change, now)
                _write_actions(connection, brand_id, change)
                if change.spend is not None:
                    _book(connection, self._database, brand_id, change.spend)
                _add_words(connection, brand_id, change)
                audit.append(connection, brand_id, before.id, change.notes, now)
        except _Moved:
            return False
        except IntegrityError as error:
            raise ValueError(
                f"case {before.id}: an action's key or a post of this change belongs to another "
                "case; nothing was written"
            ) from error
        return True

    def _require_calm(self, connection: Connection, brand_name: str) -> None:
        """Let nothing depart while an incident is declared for the brand.

        Both take the same lock first, so that either the declaration comes first and this is not
        written, or what departs is on its way already and the declaration can say so.

        Raises:
            _Moved: one is going on.
        """
        brand_id = self._brands.find(brand_name)
        if brand_id is None:
            return
        self._database.lock(connection, brand_id)
        if incidents.active(connection, brand_id) is not None:
            raise _Moved

    def open(
        self, mention_id: MentionId, now: datetime, due_at: datetime | None, earlier: int = 0
    ) -> CaseId:
        """Make a case of a post; the case that it has, where it has one.

        Args:
            mention_id: What the case is about.
            now: When it opens, aware UTC.
            due_at: When its first answer is due.
            earlier: Complaints of this author in the 30 days before.

        Raises:
            KeyError: there is no such post.
        """
        with self._database.write() as connection:
            query = (
                select(*ENTRY, case_mention.c.case_id)
                .join_from(mention, verdict, verdict.c.mention_id == mention.c.id, isouter=True)
                .outerjoin(case_mention, case_mention.c.mention_id == mention.c.id)
                .where(mention.c.id == mention_id)
                .with_for_update(of=mention, key_share=True)
            )
            row = connection.execute(query).one_or_none()
            if row is None:
                raise KeyError(f"there is no mention {mention_id}")
            if row.case_id is not None:
                return CaseId(row.case_id)
            entry = entry_of(row, 1)
            values = {
                "brand_id": row.brand_id,
                "platform": row.platform,
                "author_id": row.author_id,
                "opened_at": now,
                "red": bool(entry.verdict and entry.verdict.red_flags),
                "shown_channel": "",
                "shown_ts": "",
                "shown_revision": 0,
            }
            fresh = Case(id=CaseId(0), brand="", opened_at=now, due_at=due_at, earlier=earlier)
            values |= _case_values(fresh, now) | {"revision": fresh.revision}
            made = connection.execute(
                case.insert().values(values).returning(case.c.id)
            ).scalar_one()
            _file(connection, row.brand_id, made, [entry])
            note = Note(what="opened", by="file", now=CaseState.OPEN)
            audit.append(connection, row.brand_id, made, [note], now)
            return CaseId(made)

    def of_author(
        self, brand_name: str, platform: str, author_id: str, since: datetime
    ) -> CaseId | None:
        """The author's newest case that moved since then and was not dismissed."""
        query = (
            select(case.c.id)
            .where(
                *self._by(brand_name, platform, author_id),
                case.c.touched_at >= since,
                case.c.state != CaseState.DISMISSED.value,
            )
            .order_by(case.c.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else CaseId(found)

    def earlier(self, brand_name: str, platform: str, author_id: str, since: datetime) -> int:
        """How many cases of this author were opened since then and not dismissed."""
        query = select(func.count()).where(
            *self._by(brand_name, platform, author_id),
            case.c.opened_at >= since,
            case.c.state != CaseState.DISMISSED.value,
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def list(
        self, states: Collection[CaseState], limit: int = 100, *, newest: bool = False
    ) -> tuple[CaseId, ...]:
        """Cases in these states: red flags first, then by what is due next.

        With `newest` the latest changed first instead: what a page of finished cases wants.
        """
        order: Sequence[ColumnElement[Any]] = (
            (case.c.touched_at.desc(), case.c.id.desc())
            if newest
            else (case.c.red.desc(), case.c.due_at.is_(None), case.c.due_at, case.c.id)
        )
        query = (
            select(case.c.id)
            .where(case.c.state.in_([state.value for state in states]))
            .order_by(*order)
        )
        return self._listed(query, limit)

    def to_suggest(self, limit: int = 200) -> tuple[CaseId, ...]:
        """Open cases that have no draft in their round, oldest first."""
        query = select(case.c.id).where(case.c.state == CaseState.OPEN.value, case.c.drafted == 0)
        return self._listed(query.order_by(case.c.id), limit)

    def to_show(
        self, limit: int = 200, *, touched_since: datetime | None = None
    ) -> tuple[tuple[CaseId, bool], ...]:
        """Cases that changed since their card was drawn, and whether they have one.

        First the cards of what was touched lately, the last one first, as somebody looks at them;
        then cases without a card, red flags first, then as they came; then the other cards, red
        flags first, then what was touched last.

        Args:
            limit: How many at most.
            touched_since: What "lately" means; None: nothing was.
        """
        has_card = case.c.shown_ts != ""
        lately = false() if touched_since is None else case.c.touched_at >= touched_since
        looked_at = and_(has_card, lately)
        query = (
            select(case.c.id, has_card)
            .where(text(UNSHOWN))
            .order_by(
                sql_case((looked_at, 0), (has_card, 2), else_=1),
                sql_case((looked_at, case.c.touched_at), else_=None).desc(),
                case.c.red.desc(),
                sql_case((has_card, case.c.touched_at), else_=None).desc(),
                case.c.id,
            )
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple((CaseId(row[0]), bool(row[1])) for row in connection.execute(query))

    def shown(self, case_id: CaseId) -> tuple[str, str, int] | None:
        """The card's channel and time stamp in Slack and the revision it shows; None: no card."""
        query = select(case.c.shown_channel, case.c.shown_ts, case.c.shown_revision).where(
            case.c.id == case_id, case.c.shown_ts != ""
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (row[0], row[1], row[2])

    def set_shown(self, case_id: CaseId, channel: str, ts: str, revision: int) -> None:
        """Remember which revision the card shows; an older one than that is left out."""
        values = {"shown_channel": channel, "shown_ts": ts, "shown_revision": revision}
        guard = and_(case.c.id == case_id, case.c.shown_revision <= revision)
        with self._database.write() as connection:
            connection.execute(update(case).where(guard).values(values))

    def to_watch(self, since: datetime, every: datetime, limit: int = 200) -> tuple[CaseId, ...]:
        """Cases whose conversation should be read again, the longest unread first.

        Args:
            since: Cases without a change since then are left alone.
            every: Those that were read after this moment have time.
            limit: How many at most.
        """
        query = (
            select(case.c.id)
            .where(
                # Nobody waits for an answer to what was dismissed.
                case.c.state != CaseState.DISMISSED.value,
                or_(case.c.watched_at.is_(None), case.c.watched_at <= every),
                case.c.touched_at >= since,
            )
            .order_by(case.c.watched_at.is_not(None), case.c.watched_at, case.c.id)
        )
        return self._listed(query, limit)

    def set_watched(self, case_id: CaseId, at: datetime) -> None:
        """Remember when the conversation was read."""
        with self._database.write() as connection:
            connection.execute(update(case).where(case.c.id == case_id).values(watched_at=at))

    def contact(self, found: Case) -> Contact:
        """What has passed between us and the author so far."""
        subject = found.subject.mention
        asked = {
            "brand": self._brands.find(found.brand),
            "platform": subject.platform,
            "author": subject.author.id,
        }
        with self._database.read() as connection:
            wrote = connection.execute(_WROTE, asked).scalar()
        return Contact(wrote_privately_at=wrote, replies=replies(found))

    def used_texts(self, asking: Case, limit: int = 50) -> Used:
        """Texts of other cases that went, or are to go, on the platform of this one.

        To its author as far back as there are any, `limit` to anybody, the newest first.
        """
        subject = asking.subject.mention
        texts = (
            select(action.c.text)
            .join(case, case.c.id == action.c.case_id)
            .where(
                case.c.brand_id == self._brands.find(asking.brand),
                case.c.platform == subject.platform,
                case.c.id != asking.id,
                action.c.text != "",
                action.c.state.not_in(_UNUSED),
            )
            .order_by(action.c.id.desc())
        )
        theirs = texts.where(case.c.author_id == subject.author.id)
        with self._database.read() as connection:
            return Used(
                theirs=tuple(map(str, connection.execute(theirs).scalars())),
                lately=tuple(map(str, connection.execute(texts.limit(limit)).scalars())),
            )

    def opened(self, brand_name: str, start: datetime, end: datetime) -> tuple[Opened, ...]:
        """What became of the cases that were opened in [start, end), oldest first."""
        query = (
            select(case.c.opened_at, case.c.decided_at, case.c.state)
            .where(
                case.c.brand_id == self._brands.find(brand_name),
                case.c.opened_at >= start,
                case.c.opened_at < end,
            )
            .order_by(case.c.opened_at, case.c.id)
        )
        with self._database.read() as connection:
            return tuple(
                Opened(opened_at=row[0], decided_at=row[1], state=CaseState(row[2]))
                for row in connection.execute(query)
            )

    def _by(
        self, brand_name: str, platform: str, author_id: str
    ) -> tuple[ColumnElement[bool], ...]:
        return (
            case.c.brand_id == self._brands.find(brand_name),
            case.c.platform == platform,
            case.c.author_id == author_id,
            case.c.author_id != "",  # those of whom nothing is known are not one person
        )

    def _listed(self, query: Select[Any], limit: int) -> tuple[CaseId, ...]:
        with self._database.read() as connection:
            found = connection.execute(query.limit(limit)).scalars()
            return tuple(CaseId(case_id) for case_id in found)


def replies(found: Case) -> int:
    """Public replies of ours to the post that the case's present round is about.

    Those that we sent and those that we saw there, each once. A reply that is under way is not
    counted: the question is asked right before it leaves.
    """
    subject = found.subject.mention
    seen = {
        entry.mention.id
        for entry in found.entries
        if entry.mention.ours
        and not entry.mention.private
        and entry.mention.in_reply_to == subject.id
    }
    sent = {
        sent.receipt.id if sent.receipt and sent.receipt.id else f"{sent.round}/{sent.kind}"
        for sent in found.actions
        if sent.kind in _PUBLIC
        and sent.state is ActionState.SENT
        and _subject_of(found, sent.round) == subject.id
    }
    return len(seen | sent)


def _subject_of(found: Case, round: int) -> str:
    """What was answered in an earlier round: nothing that came after it."""
    then = tuple(entry for entry in found.entries if entry.round <= round)
    return replace(found, round=round, entries=then).subject.mention.id


# Made once: every job reads cases, and making a query takes longer than running it.
_OF_CASE = bindparam("case_id", type_=BigInteger)
_CASE = (
    select(case, brand.c.name.label("brand_name"))
    .join(brand, brand.c.id == case.c.brand_id)
    .where(case.c.id == _OF_CASE)
)
_ENTRIES = (
    select(*ENTRY, case_mention.c.round)
    .join_from(case_mention, mention, mention.c.id == case_mention.c.mention_id)
    .outerjoin(verdict, verdict.c.mention_id == mention.c.id)
    .where(case_mention.c.case_id == _OF_CASE)
    .order_by(mention.c.created_at, mention.c.id)
)
_DRAFT = select(draft).where(
    draft.c.case_id == _OF_CASE,
    draft.c.round == bindparam("round"),
    draft.c.revision == bindparam("revision"),
)
_CLAIM = (
    update(case)
    .where(
        case.c.id == bindparam("read_id", type_=BigInteger),
        case.c.revision == bindparam("read_revision"),
    )
    .returning(case.c.brand_id)
)
_MOVE = update(action).where(
    action.c.id == bindparam("read_id", type_=BigInteger),
    action.c.case_id == bindparam("read_case", type_=BigInteger),
    action.c.state == bindparam("read_state"),
    action.c.fence == bindparam("read_fence"),
)
_WROTE = select(func.max(mention.c.created_at)).where(
    mention.c.brand_id == bindparam("brand", type_=BigInteger),
    mention.c.platform == bindparam("platform"),
    mention.c.author_id == bindparam("author"),
    mention.c.private.is_(True),
    mention.c.ours.is_(False),
)
_ACTIONS = select(action).where(action.c.case_id == _OF_CASE).order_by(action.c.id)


def _load(connection: Connection, case_id: CaseId) -> Case:
    of_case: dict[str, int] = {"case_id": case_id}
    row = connection.execute(_CASE, of_case).one_or_none()
    if row is None:
        raise KeyError(f"there is no case {case_id}")
    newest = None
    if row.drafted:
        revision = {"round": row.round, "revision": row.drafted}
        newest = draft_of(connection.execute(_DRAFT, of_case | revision).one())
    return _case_of(
        row,
        tuple(entry_of(entry, entry.round) for entry in connection.execute(_ENTRIES, of_case)),
        newest,
        tuple(action_of(sent) for sent in connection.execute(_ACTIONS, of_case)),
    )


def _case_of(
    row: Found, entries: tuple[Entry, ...], made: Draft | None, actions: tuple[Action, ...]
) -> Case:
    return Case(
        id=CaseId(row.id),
        brand=row.brand_name,
        state=CaseState(row.state),
        round=row.round,
        revision=row.revision,
        opened_at=row.opened_at,
        due_at=row.due_at,
        entries=entries,
        draft=made,
        actions=actions,
        claimed_by=row.claimed_by,
        snoozed_until=row.snoozed_until,
        second_approver=row.second_approver,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        dismissed_because=row.dismissed_because,
        earlier=row.earlier,
    )


def _case_values(after: Case, now: datetime) -> Values:
    """The columns that a change may set."""
    return {
        "state": after.state.value,
        "round": after.round,
        "touched_at": now,
        "due_at": after.due_at,
        "claimed_by": after.claimed_by,
        "snoozed_until": after.snoozed_until,
        "second_approver": after.second_approver,
        "decided_by": after.decided_by,
        "decided_at": after.decided_at,
        "dismissed_because": after.dismissed_because,
        "earlier": after.earlier,
        "drafted": after.draft.revision if after.draft else 0,
    }


def _departs(change: Change) -> bool:
    """Whether something is claimed to be sent."""
    was = {old.id: old.state for old in change.before.actions}
    return any(
        new.state is ActionState.SENDING and was.get(new.id) is ActionState.APPROVED
        for new in change.after.actions
    )


def _claim(connection: Connection, change: Change, now: datetime) -> int:
    """Take the case from everybody else by raising its revision; the brand's row.

    Raises:
        _Moved: the case is not as it was read.
        KeyError: there is no such case.
    """
    before, after = change.before, change.after
    values = _case_values(after, now)
    values |= {"revision": before.revision + 1, "red": bool(after.red_flags)}
    read = {"read_id": before.id, "read_revision": before.revision}
    claimed = connection.execute(_CLAIM, values | read).scalar()
    if claimed is not None:
        return int(claimed)
    if connection.execute(select(case.c.id).where(case.c.id == before.id)).scalar() is None:
        raise KeyError(f"there is no case {before.id}")
    raise _Moved


def _add_entries(connection: Connection, brand_id: int, change: Change) -> None:
    known = {entry.id for entry in change.before.entries}
    fresh = [entry for entry in change.after.entries if entry.id not in known]
    _file(connection, brand_id, change.before.id, fresh)


def _file(connection: Connection, brand_id: int, case_id: int, entries: Iterable[Entry]) -> None:
    for entry in entries:
        connection.execute(
            case_mention.insert().values(
                mention_id=entry.id, case_id=case_id, brand_id=brand_id, round=entry.round
            )
        )
        connection.execute(
            update(verdict).where(verdict.c.mention_id == entry.id).values(unfiled=False)
        )


def _add_draft(connection: Connection, brand_id: int, change: Change, now: datetime) -> None:
    made = change.after.draft
    if made is None or made == change.before.draft:
        return
    values = draft_values(made)
    values |= {"brand_id": brand_id, "case_id": change.before.id, "created_at": now}
    connection.execute(draft.insert().values(values))


def _write_actions(connection: Connection, brand_id: int, change: Change) -> None:
    olds = {old.id: old for old in change.before.actions}
    for new in change.after.actions:
        values = action_values(new)
        if new.id is None:
            values |= {"brand_id": brand_id, "case_id": change.before.id}
            connection.execute(action.insert().values(values))
        elif new != olds[new.id]:
            old = olds[new.id]
            read = {
                "read_id": old.id,
                "read_case": change.before.id,
                "read_state": old.state.value,
                "read_fence": old.fence,
            }
            if not connection.execute(_MOVE, values | read).rowcount:
                raise _Moved


def _book(connection: Connection, database: Database, brand_id: int, booked: Spend) -> None:
    """Take a credit out of the month's budget, or put it back, by one guarded UPDATE.

    Raises:
        BudgetSpent: it does not fit.
        ValueError: more is given back than was taken, or the currencies differ.
    """
    minor, currency = booked.amount.minor, booked.amount.currency
    if booked.budget.currency != currency:
        raise ValueError(f"a credit of {booked.amount} against a budget of {booked.budget}")
    place = {"brand_id": brand_id, "month": booked.month, "currency": currency}
    row = and_(*(spend.c[name] == value for name, value in place.items()))
    connection.execute(database.insert(spend).values(**place, spent=0).on_conflict_do_nothing())
    statement = update(spend).where(row)
    if booked.back:
        statement = statement.where(spend.c.spent >= minor).values(spent=spend.c.spent - minor)
    else:
        fits = spend.c.spent + minor <= booked.budget.minor
        statement = statement.where(fits).values(spent=spend.c.spent + minor)
    if connection.execute(statement).rowcount:
        return
    if booked.back:
        raise ValueError(f"{booked.amount} was never taken from the budget of {booked.month}")
    spent = connection.execute(select(spend.c.spent).where(row)).scalar_one()
    left = Money(minor=max(0, booked.budget.minor - spent), currency=currency)
    raise BudgetSpent(
        f"{booked.amount} does not fit into the budget of {booked.month}: {left} is left"
    )


def _add_words(connection: Connection, brand_id: int, change: Change) -> None:
    """A person's label on a verdict, and what a sent text promised."""
    said = change.label
    if said is not None:
        connection.execute(
            label.insert().values(
                brand_id=brand_id,
                mention_id=said.mention_id,
                word=said.word.value,
                by=said.by,
                at=said.at,
            )
        )
    for made in change.promises:
        connection.execute(
            promise.insert().values(
                brand_id=brand_id,
                case_id=change.before.id,
                words=made.words,
                due_at=made.due_at,
                owner=made.owner,
                kept_at=made.kept_at,
            )
        )
