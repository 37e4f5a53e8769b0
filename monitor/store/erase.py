"""Erasing what people wrote and who they are. Counts, verdicts and audit stay: they name nobody.

An erased post keeps a pseudonym in place of its id, so that the next poll does not bring it back.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select, tuple_, update

from monitor.store import audit
from monitor.store.engine import Database
from monitor.store.errors import StoreError
from monitor.store.pseudonym import PREFIX, make_salt, pseudonym
from monitor.tables import (
    action,
    brand,
    case,
    case_mention,
    draft,
    mention,
    promise,
    trace,
    verdict,
)
from responders.action import ActionState
from responders.case import CaseState, MentionId, Note

#: Posts in one go, so that others can write in between.
_CHUNK = 500
#: Somebody may still need what was written in these.
_LIVE = (CaseState.OPEN.value, CaseState.APPROVED.value, CaseState.NEEDS_HUMAN.value)
#: The text is needed to find out what became of it.
_ON_THE_WIRE = (ActionState.SENDING.value, ActionState.UNKNOWN.value)
#: Never left, and now never will.
_STOPPED = tuple(
    state.value
    for state in (
        ActionState.APPROVED,
        ActionState.WAITING,
        ActionState.BY_HAND,
        ActionState.NEEDS_HUMAN,
    )
)
#: What they wrote, and what is told of them.
_BLANK_WORDS: dict[str, object] = {
    "author_name": "",
    "author_url": None,
    "followers": None,
    "open_to_messages": None,
    "text": "",
    "url": None,
    "in_reply_to": None,
    "parent_text": None,
    "judged": True,
}
_BLANK_MENTION = _BLANK_WORDS | {"author_id": "", "handle": "", "thread": None}
#: Erased, but for who wrote it and where: see `Eraser.gone`.
_HALF = and_(
    mention.c.erased_at.is_not(None), ~mention.c.post_id.startswith(PREFIX, autoescape=True)
)
_BLANK_DRAFT = {
    "public": None,
    "private": None,
    "public_english": None,
    "private_english": None,
    "holding": None,
    "holding_english": None,
    "reason": "",
    "findings": "[]",
    "override": None,
    "checked": "[]",
}


class OnTheWire(StoreError):
    """An answer to this person is on its way; erase them once its outcome is known."""


class Eraser:
    """Applies the retention, and grants a person's wish to be forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def purge(self, before: datetime, now: datetime) -> int:
        """Erase posts that were stored before then; how many.

        A case keeps its posts together: it goes once it is answered or dismissed and nothing of
        it changed since then.
        """
        unsettled = and_(
            case_mention.c.mention_id == mention.c.id,
            case.c.id == case_mention.c.case_id,
            or_(case.c.state.in_(_LIVE), case.c.touched_at >= before),
        )
        due = and_(
            mention.c.stored_at < before, mention.c.erased_at.is_(None), ~exists().where(unsettled)
        )
        erased = 0
        while True:
            with self._database.write() as connection:
                _lock_brands(connection, self._database)
                found = _ids(connection, due, limit=_CHUNK)
                cases = _cases_of(connection, found)
                whole = sorted({*found, *_mentions_of(connection, cases)})
                _blank_cases(connection, cases, now, why="purged")
                _blank_mentions(connection, self._database, whole, now)
            erased += len(whole)
            if len(found) < _CHUNK:
                self._sweep_log()
                return erased

    def forget(self, platform: str, who: str, now: datetime) -> int:
        """Erase a person at once, by handle or by the platform's id; how many posts.

        Open cases with them are dismissed, and what was not sent yet never will be. What others
        quoted of them goes too.

        Raises:
            OnTheWire: an answer to them is being sent; nothing was erased.
        """
        theirs = and_(
            mention.c.platform == platform,
            or_(mention.c.erased_at.is_(None), _HALF),
            mention.c.ours.is_(False),
            or_(mention.c.handle == who, mention.c.author_id == who),
        )
        with self._database.write() as connection:
            _lock_brands(connection, self._database)
            found = _ids(connection, theirs)
            cases = _cases_of(connection, found)
            _refuse_on_the_wire(connection, cases)
            # Our own answers in their cases speak to them by name.
            found = sorted({*found, *_mentions_of(connection, cases)})
            _blank_quotes(connection, found)
            _blank_cases(connection, cases, now, why="forgotten")
            _blank_mentions(connection, self._database, found, now)
        self._sweep_log()
        return len(found)

    def gone(self, mention_ids: Collection[MentionId], now: datetime) -> int:
        """Erase posts that their authors took down, as the platforms' rules ask; how many.

        Their cases stay as they are: what to do about them is for the team to decide. So that a
        case still hears what its author writes, it keeps who they are and where the post stood,
        and nothing else, until `let_go`. Posts whose answer is on its way are left alone: its
        text and its place are needed to find out what became of it.
        """
        with self._database.write() as connection:
            _lock_brands(connection, self._database)
            there = and_(
                mention.c.id.in_(sorted(mention_ids)),
                mention.c.erased_at.is_(None),
                ~_in_case(action.c.state.in_(_ON_THE_WIRE), with_action=True),
            )
            found = _ids(connection, there)
            heard = and_(
                mention.c.id.in_(found), _in_case(case.c.state != CaseState.DISMISSED.value)
            )
            half = _ids(connection, heard)
            _blank_quotes(connection, found)
            cases = _cases_of(connection, found)
            _draw_anew(connection, cases, now)
            _blank_words(connection, half, now)
            _blank_mentions(connection, self._database, sorted({*found} - {*half}), now)
            _blank_authors(connection, cases)
        self._sweep_log()
        return len(found)

    def let_go(self, quiet_since: datetime, now: datetime) -> int:
        """Erase what `gone` kept, where the case is closed; of how many posts.

        A case is closed once it is dismissed, or answered with nothing left to send and without a
        change since `quiet_since`.
        """
        unsettled = and_(
            action.c.case_id == case.c.id, action.c.state.in_((*_STOPPED, *_ON_THE_WIRE))
        )
        closed = or_(
            case.c.state == CaseState.DISMISSED.value,
            and_(
                case.c.state == CaseState.ANSWERED.value,
                case.c.touched_at < quiet_since,
                ~exists().where(unsettled),
            ),
        )
        with self._database.write() as connection:
            _lock_brands(connection, self._database)
            found = _ids(connection, and_(_HALF, _in_case(closed)))
            cases = _cases_of(connection, found)
            _draw_anew(connection, cases, now)
            _blank_mentions(connection, self._database, found, now)
            _blank_authors(connection, cases)
        if found:
            self._sweep_log()
        return len(found)

    def _sweep_log(self) -> None:
        """What was overwritten must not live on in SQLite's write-ahead log."""
        if self._database.sqlite:
            with self._database.engine.connect() as connection:
                raw = connection.connection.cursor()
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _lock_brands(connection: Connection, database: Database) -> None:
    for brand_id in connection.execute(select(brand.c.id).order_by(brand.c.id)).scalars().all():
        database.lock(connection, brand_id)


def _ids(
    connection: Connection, condition: ColumnElement[bool], *, limit: int | None = None
) -> Sequence[int]:
    query = select(mention.c.id).where(condition).order_by(mention.c.id).limit(limit)
    return connection.execute(query).scalars().all()


def _cases_of(connection: Connection, mention_ids: Sequence[int]) -> Sequence[int]:
    query = select(case_mention.c.case_id).where(case_mention.c.mention_id.in_(mention_ids))
    return sorted(set(connection.execute(query).scalars()))


def _mentions_of(connection: Connection, case_ids: Sequence[int]) -> Sequence[int]:
    query = select(case_mention.c.mention_id).where(case_mention.c.case_id.in_(case_ids))
    return connection.execute(query).scalars().all()


def _refuse_on_the_wire(connection: Connection, case_ids: Sequence[int]) -> None:
    query = select(action.c.case_id).where(
        action.c.case_id.in_(case_ids), action.c.state.in_(_ON_THE_WIRE)
    )
    sending = sorted(set(connection.execute(query).scalars()))
    if sending:
        shown = ", ".join(f"#{case_id}" for case_id in sending)
        raise OnTheWire(
            f"an answer is on its way in case {shown}; nothing was erased. "
            "Try again when the card says what became of it."
        )


def _in_case(condition: ColumnElement[bool], *, with_action: bool = False) -> ColumnElement[bool]:
    """Whether a post is in a case of which this is true, or in one with such an action."""
    joined = and_(case_mention.c.mention_id == mention.c.id, case.c.id == case_mention.c.case_id)
    if with_action:
        joined = and_(joined, action.c.case_id == case.c.id)
    return exists().where(joined, condition)


def _blank_words(connection: Connection, mention_ids: Sequence[int], now: datetime) -> None:
    """Erase what was written; who wrote it and where stays."""
    connection.execute(
        update(mention).where(mention.c.id.in_(mention_ids)).values(erased_at=now, **_BLANK_WORDS)
    )
    _blank_findings(connection, mention_ids)


def _blank_mentions(
    connection: Connection, database: Database, mention_ids: Sequence[int], now: datetime
) -> None:
    if not mention_ids:
        return
    spice = make_salt(connection, database)
    rows = connection.execute(
        select(mention.c.id, mention.c.platform, mention.c.post_id).where(
            mention.c.id.in_(mention_ids),
            # A pseudonym of a pseudonym would not be known again.
            or_(mention.c.erased_at.is_(None), _HALF),
        )
    ).all()
    for row in rows:
        stand_in = pseudonym(spice, row.platform, row.post_id)
        connection.execute(
            update(mention)
            .where(mention.c.id == row.id)
            .values(post_id=stand_in, erased_at=now, **_BLANK_MENTION)
        )
    _blank_findings(connection, mention_ids)


def _blank_findings(connection: Connection, mention_ids: Sequence[int]) -> None:
    """What the judge quoted and learnt from goes with the post."""
    connection.execute(
        update(verdict).where(verdict.c.mention_id.in_(mention_ids)).values(why="[]", unfiled=False)
    )
    connection.execute(delete(trace).where(trace.c.mention_id.in_(mention_ids)))


def _blank_quotes(connection: Connection, mention_ids: Sequence[int]) -> None:
    """Other people's posts may carry the text that they answered."""
    quoted = select(mention.c.platform, mention.c.post_id).where(mention.c.id.in_(mention_ids))
    answers = tuple_(mention.c.platform, mention.c.in_reply_to).in_(quoted)
    connection.execute(update(mention).where(answers).values(parent_text=None))


def _blank_authors(connection: Connection, case_ids: Sequence[int]) -> None:
    """Have these cases name nobody, where no post tells any more who it was."""
    told = exists().where(
        case_mention.c.case_id == case.c.id,
        mention.c.id == case_mention.c.mention_id,
        mention.c.author_id == case.c.author_id,
    )
    connection.execute(update(case).where(case.c.id.in_(case_ids), ~told).values(author_id=""))


def _blank_cases(
    connection: Connection, case_ids: Sequence[int], now: datetime, *, why: str
) -> None:
    """Erase our texts in these cases, end what had not left, and have their cards drawn anew."""
    for case_id in case_ids:
        row = connection.execute(
            select(case.c.brand_id, case.c.state).where(case.c.id == case_id).with_for_update()
        ).one()
        state = CaseState.DISMISSED.value if row.state in _LIVE else row.state
        of_case = {table: table.c.case_id == case_id for table in (draft, action, promise)}
        connection.execute(
            update(case)
            .where(case.c.id == case_id)
            .values(author_id="", state=state, revision=case.c.revision + 1, touched_at=now)
        )
        connection.execute(update(draft).where(of_case[draft]).values(_BLANK_DRAFT))
        connection.execute(
            update(action)
            .where(of_case[action], action.c.state.in_(_STOPPED))
            .values(state=ActionState.CANCELLED.value)
        )
        connection.execute(
            update(action)
            .where(of_case[action])
            .values(text="", receipt_url=None, error="", override=None)
        )
        connection.execute(update(promise).where(of_case[promise]).values(words=""))
        note = Note(what=why, by="erase", was=row.state, now=state)
        audit.append(connection, row.brand_id, case_id, [note], now)


def _draw_anew(connection: Connection, case_ids: Iterable[int], now: datetime) -> None:
    """Have the cards of these cases drawn anew; nobody has done anything about them."""
    for case_id in case_ids:
        brand_id = connection.execute(
            update(case)
            .where(case.c.id == case_id)
            .values(revision=case.c.revision + 1)
            .returning(case.c.brand_id)
        ).scalar_one()
        audit.append(connection, brand_id, case_id, [Note(what="gone", by="erase")], now)
