"""Sends what people approved: once, and never again because nobody knows whether it went out.

The thin shell around outcome.py: it reads the case, speaks to the platform, and writes what
became of it. The order is what makes it safe (the moves are drawn at the top of action.py):

1. the intent is written, with a fence and a lease, before the request leaves;
2. right before the wire the lock, the lease and whatever holds all sending are looked at again;
3. the answer is written by whoever holds the fence; no answer makes the action `unknown`;
4. what is `unknown`, and what somebody left behind in `sending`, is looked for and never resent
   unless its absence is proved.

It holds where one process at a time has the lock, the platform applies a request within `settle`
of its end or never, and what was applied can be read. Elsewhere the answer is `needs_human`.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol

from connectors.base import Author, Connector, Contact, Life, Mention, Receipt, Route, Way
from connectors.errors import (
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from responders import fresh, opt_out, outcome
from responders.action import MOVES, Action, ActionKind, ActionState
from responders.case import Case, CaseBook, CaseId, Change, Due
from responders.credit import CreditIssuer, MonthOf, masked, utc_month
from responders.draft import CODE_PLACEHOLDER, Draft, Half, Severity
from responders.hold import Holds
from responders.override import allows

#: How long a claim lasts: longer than the longest call with its time-out.
LEASE = timedelta(seconds=120)
#: So much of the lease must be left when the request leaves: the time-out of one call.
MARGIN = timedelta(seconds=60)
#: How long after its end a request that nobody answered may still be applied.
SETTLE = timedelta(seconds=60)
#: A platform's clock may be behind ours by so much.
CLOCK_SKEW = timedelta(minutes=2)
#: What was said in public is looked after from so long after it left, until so long.
SHOWN_AFTER = timedelta(minutes=1)
LOOKED_AFTER = timedelta(minutes=20)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: A write that loses every race against other writers is a bug, not bad luck.
_MOST_RACES = 50

log = logging.getLogger(__name__)

#: The guard: the same draft with its findings renewed.
Review = Callable[[Case, Draft], Draft]
#: Where an action stands: case, kind, round.
Place = tuple[CaseId, ActionKind, int]
#: What came back, to be put on top of the case as it is by then.
Result = Callable[[Case, Action], Change]
#: Told how the platform of a case took a call for an action of that kind: the error, None: well.
Met = Callable[[Case, ActionKind, ConnectorError | None], None]


class SenderLock(Protocol):
    """Makes this process the only one that sends; a paused owner keeps it, a dead one drops it."""

    def held(self) -> bool:
        """Whether this process has it at this very moment."""


class Sender:
    """Delivers, looks for and takes down single actions; safe to call from several threads.

    Every method is idempotent: called for an action that is not (or no longer) in a state for it,
    it changes nothing. Each answers with the state that the action is in afterwards.
    """

    def __init__(
        self,
        book: CaseBook,
        *,
        connector: Callable[[Case], Connector],
        credits: CreditIssuer,
        review: Review,
        clock: Callable[[], datetime],
        owner: str,
        lock: SenderLock,
        holds: Holds,
        contact: Callable[[Case], Contact],
        met: Met = lambda _case, _kind, _error: None,
        month_of: MonthOf = utc_month,
        settle: timedelta = SETTLE,
        lease: timedelta = LEASE,
        margin: timedelta = MARGIN,
    ) -> None:
        """Put the parts together.

        Args:
            book: Where cases are kept.
            connector: The platform that a case lives on.
            credits: Who issues store credits.
            review: The guard, asked again right before a text leaves.
            clock: Gives the present moment, aware UTC.
            owner: Names this process in claims and in the audit.
            lock: Held by the one process that may send.
            holds: What holds an action back: a pause, quiet hours, a platform that is down.
            contact: What passed between us and the author; our own count of replies is not used.
            met: Hears how each call to a platform went, so that an outage holds the next ones.
            month_of: Names the month of the budget that a moment belongs to.
            settle: How long a lost request may still be applied.
            lease: How long a claim lasts.
            margin: How much of it must be left when the request leaves.
        """
        self._book = book
        self._connector = connector
        self._credits = credits
        self._review = review
        self._clock = clock
        self._owner = owner
        self._lock = lock
        self._holds = holds
        self._contact = contact
        self._met = met
        self._month_of = month_of
        self._settle = settle
        self._lease = lease
        self._margin = margin
        self._held_until: dict[Place, datetime] = {}
        self._in_hand: set[Place] = set()
        self._in_hand_guard = Lock()

    def step(self, due: Due) -> ActionState:
        """Do what this action needs now."""
        match due.state:
            case ActionState.APPROVED:
                place = (due.case_id, due.kind, due.round)
                if self._clock() < self._held_until.get(place, _LONG_AGO):
                    return due.state  # the walk asks often, and the case need not be read for it
                self._held_until.pop(place, None)
                return self.deliver(*place)
            case ActionState.SENDING | ActionState.UNKNOWN:
                return self.reconcile(due.case_id, due.kind, due.round)
            case ActionState.SENT:
                return self.take_down(due.case_id, due.kind, due.round)
            case _:
                return due.state

    # --- sending ---------------------------------------------------------------------------

    def deliver(self, case_id: CaseId, kind: ActionKind, round: int) -> ActionState:
        """Send an approved action whose time has come."""
        case, action = self._read((case_id, kind, round))
        now = self._clock()
        if not _may_leave(case, action, now) or not self._lock.held():
            return action.state
        hold = self._holds(case, action.kind, now)
        if hold is not None:
            if hold.until is not None:
                self._held_until[case_id, kind, round] = hold.until
            told = outcome.held(case, action, hold)
            if told is not None:
                self._save(told)
            return action.state
        obstacle = self._obstacle(case, action, now)
        if obstacle is not None:
            self._save(obstacle)
            return self._state((case_id, kind, round))
        with self._holding((case_id, kind, round)) as free:
            written = self._claim_and_send(case, action) if free else None
        return written or self._state((case_id, kind, round))

    def _claim_and_send(self, case: Case, action: Action) -> ActionState | None:
        """The state that was written in the end; None where somebody else writes it."""
        now = self._clock()
        claim = outcome.claimed(case, action, owner=self._owner, now=now, lease=self._lease)
        if not self._save(claim):
            return None
        # Nobody else changes an action in this state, so it is not read again.
        case = replace(claim.after, revision=case.revision + 1)
        claimed = case.action(action.kind, action.round)
        assert claimed is not None, "it was claimed just now"
        why = self._too_late(case, claimed)
        if why:
            return self._write(case, claimed, lambda c, a: self._released(c, a, why))
        return self._write(case, claimed, self._on_the_wire(case, claimed))

    def _on_the_wire(self, case: Case, action: Action) -> Result:
        """Make the one call, and put what came back into words."""
        try:
            receipt = self._once_more(case, action) or self._transmit(case, action)
        except (TryLater, SetupError) as error:
            self._met(case, action.kind, error)
            at = error.at if isinstance(error, TryLater) else None
            why = str(error)
            return lambda c, a: outcome.postponed(c, a, at=at, why=why, now=self._clock())
        except (Refused, Unsupported) as error:
            self._met(case, action.kind, None)
            code = error.code if isinstance(error, Refused) else "unsupported"
            why = str(error)
            return lambda c, a: outcome.failed(c, a, code=code, why=why)
        except OutcomeUnknown as error:
            # The next ones wait: into a platform that answers nothing, each would be lost as well.
            self._met(case, action.kind, error)
            return self._lost(str(error), "no_answer")
        except Exception as error:
            # A bug in a connector, after the request or before it: nobody knows which.
            log.exception("case %s: sending the %s broke", case.id, action.kind)
            why = f"Something unexpected happened ({type(error).__name__})."
            # The next one would break in the same place, and be as lost.
            self._met(case, action.kind, OutcomeUnknown(why))
            return self._lost(why, "broken")
        self._met(case, action.kind, None)
        return lambda c, a: outcome.sent(c, a, receipt, now=self._clock(), by=self._owner)

    def _transmit(self, case: Case, action: Action) -> Receipt:
        if action.kind is ActionKind.CREDIT:
            return self._issued(action)
        connector = self._connector(case)
        subject = outcome.subject_of(case, action.round).subject.mention
        text = self._wire_text(case, action)
        if action.kind in outcome.PUBLIC_KINDS:
            return connector.reply(subject, text, action.key)
        return connector.message(subject.author, text, action.key)

    def _once_more(self, case: Case, action: Action) -> Receipt | None:
        """A last look for a public text that was lost before and proved absent since."""
        if action.kind not in outcome.PUBLIC_KINDS or not outcome.once_lost(action):
            return None
        try:
            return self._find(case, action)
        except Unsupported:
            return None

    # --- before the wire -------------------------------------------------------------------

    def _obstacle(self, case: Case, action: Action, now: datetime) -> Change | None:
        """What speaks against sending now, as the change that says so."""
        seen = outcome.subject_of(case, action.round)
        post, contact = seen.subject.mention, self._contact_of(case, action)
        way = _way(self._connector(case), post, contact, action.kind)
        if way.route is not Route.API:
            return self._no_way(case, action, way)
        if action.kind is ActionKind.CREDIT:
            return None
        blocked = self._blocked(seen, action)
        if blocked:
            return outcome.returned(case, action, code=outcome.GUARD, why=blocked)
        # A conversation under way does not hang on the post any more.
        under_way = action.kind in outcome.PRIVATE_KINDS and contact.wrote_privately_at is not None
        changed = None if under_way else self._gone_or_edited(case, action, post, now)
        return changed or self._answered(case, action, post)

    def _no_way(self, case: Case, action: Action, way: Way) -> Change:
        if action.kind is ActionKind.CREDIT and way.route is Route.BY_HAND:
            why = "The private message can only go out by hand, and a code cannot."
            return outcome.failed(case, action, code="by_hand", why=why)
        return outcome.rerouted(case, action, way)

    def _blocked(self, seen: Case, action: Action) -> str:
        """Why the guard does not let this text out any more, or ""."""
        half = Half.PUBLIC if action.kind in outcome.PUBLIC_KINDS else Half.PRIVATE
        draft = _as_draft(seen, action)
        for finding in self._review(seen, draft).findings:
            blocks = finding.half is half and finding.severity is Severity.BLOCK
            if blocks and not allows(action.override, finding, action.text):
                return f"The text cannot be sent as it is: {finding.words}. {finding.do}"
        return ""

    def _gone_or_edited(
        self, case: Case, action: Action, post: Mention, now: datetime
    ) -> Change | None:
        try:
            life = self._connector(case).look([post]).get(post.id, Life.ALIVE)
        except Unsupported:
            return None
        except (TryLater, SetupError, OutcomeUnknown, Refused) as error:
            self._met(case, action.kind, _of_a_look(error))
            at = error.at if isinstance(error, TryLater) else None
            again = max(at or now, now + outcome.wait_before(action))
            return outcome.delayed(case, action, at=again, why=str(error))
        if life is Life.GONE:
            why = "The post is gone. Nothing was sent."
            return outcome.returned(case, action, code=outcome.GONE, why=why)
        if life is Life.EDITED and action.error_code != outcome.EDITED:
            why = "The customer changed the post after it was read. Nothing was sent."
            return outcome.returned(case, action, code=outcome.EDITED, why=why)
        return None

    def _answered(self, case: Case, action: Action, post: Mention) -> Change | None:
        """Whether a colleague was faster, over there.

        A platform that cannot tell just now holds nothing up: the customer waits.
        """
        if action.error_code == outcome.ANSWERED:
            return None  # a person knows, and wants it sent
        try:
            turns = self._connector(case).conversation(post)
        except ConnectorError as error:
            log.info("case %s: could not look for a colleague's answer: %s", case.id, error)
            return None
        if fresh.colleagues_turn(case, action, post, turns) is None:
            return None
        why = "A colleague has answered there, not through Amends. Nothing was sent."
        return outcome.returned(case, action, code=outcome.ANSWERED, why=why)

    def _contact_of(self, case: Case, action: Action) -> Contact:
        """The contact as the platform's rules count it: without the reply that is about to go."""
        return replace(self._contact(case), replies=_other_replies(case, action))

    def _too_late(self, case: Case, action: Action) -> str:
        """Why a claim must not reach the wire after all, or ""."""
        if not self._lock.held():
            return "lock_lost"
        now = self._clock()
        hold = self._holds(case, action.kind, now)
        if hold is not None:
            return hold.code
        if action.lease_until is None or now > action.lease_until - self._margin:
            return "lease_short"
        return ""

    # --- looking for it --------------------------------------------------------------------

    def reconcile(self, case_id: CaseId, kind: ActionKind, round: int) -> ActionState:
        """Look for an action of which nobody knows whether it is out."""
        place = (case_id, kind, round)
        with self._holding(place) as free:
            case, action = self._read(place)
            if free and self._lock.held():
                change = self._looked_for(case, action)
                if change is not None:
                    self._save(change)
        return self._state(place)

    def _looked_for(self, case: Case, action: Action) -> Change | None:
        now = self._clock()
        if action.state is ActionState.SENDING:
            over = action.lease_until is None or action.lease_until <= now
            return self._orphaned(case, action, now) if over else None
        if action.state is not ActionState.UNKNOWN or not _reached(action, now):
            return None
        return self._found_or_not(case, action, now)

    def _orphaned(self, case: Case, action: Action, now: datetime) -> Change:
        """Whoever claimed it is gone: it may be on the wire, and is never sent again unproved."""
        why = "It was being sent when the program stopped."
        until = (action.intent_at or now) + self._lease + self._settle
        return outcome.lost(
            case, action, code=outcome.ORPHAN, why=why, settle_until=until, by=self._owner
        )

    def _found_or_not(self, case: Case, action: Action, now: datetime) -> Change:
        connector = self._connector(case)
        try:
            receipt = self._find(case, action)
        except Unsupported as error:
            return outcome.unproved(case, action, code=outcome.UNREADABLE, why=str(error))
        except ConnectorError as error:
            at = error.at if isinstance(error, TryLater) else None
            return outcome.unread(case, action, at=at, why=str(error), now=now)
        except Exception as error:
            # Nothing stays unknown for ever because a connector has a bug.
            log.exception("case %s: looking for the %s broke", case.id, action.kind)
            why = f"Something unexpected happened ({type(error).__name__})."
            return outcome.unread(case, action, at=None, why=why, now=now)
        if receipt is not None:
            return outcome.sent(case, action, receipt, now=now, by=self._owner)
        proves = connector.reliable_reads and action.kind in outcome.PUBLIC_KINDS
        return outcome.absent(case, action, reliable=proves, now=now)

    def _find(self, case: Case, action: Action) -> Receipt | None:
        """Read back what may be out. A credit needs no looking: its key gives the same code."""
        if action.kind is ActionKind.CREDIT:
            return self._issued(action)
        connector = self._connector(case)
        subject = outcome.subject_of(case, action.round).subject.mention
        text = self._wire_text(case, action)
        if action.kind in outcome.PUBLIC_KINDS:
            receipt = connector.find_own_reply(subject, text)
        else:
            receipt = _own_message(connector.conversation(subject), text, action)
        others = {a.receipt.id for a in case.actions if a is not action and a.receipt is not None}
        return None if receipt is None or receipt.id in others - {""} else receipt

    # --- once it is out --------------------------------------------------------------------

    def look_after(self, case_id: CaseId) -> None:
        """Look whether others can see what we said in public lately.

        Platforms remove without a word: Reddit's filters and moderators, X in its own ways.

        Raises:
            TryLater: the platform cannot answer now.
            SetupError: a person must mend something.
        """
        case, now = self._book.get(case_id), self._clock()
        for action in case.actions:
            visible = self._visible(case, action) if _young(action, now) else None
            change = None if visible is None else outcome.seen(case, action, visible=visible)
            if change is not None:
                self._save(change)  # where somebody was faster, the next look tells again
                return

    def _visible(self, case: Case, action: Action) -> bool | None:
        """None: cannot be told."""
        connector, receipt = self._connector(case), action.receipt
        assert receipt is not None, "only asked of what has one"
        account = Author(id="", handle=connector.account)
        ours = Mention(
            platform=connector.platform,
            id=receipt.id,
            author=account,
            text=action.text,
            created_at=receipt.at or self._clock(),
            ours=True,
        )
        try:
            return connector.look([ours]).get(receipt.id) is not Life.GONE
        except (Unsupported, Refused):
            return None

    # --- taking down -----------------------------------------------------------------------

    def take_down(self, case_id: CaseId, kind: ActionKind, round: int) -> ActionState:
        """Delete what a person wants back, or reverse a credit whose message never left.

        Allowed while sending is held: it takes words back and says none.
        """
        place = (case_id, kind, round)
        with self._holding(place) as free:
            case, action = self._read(place)
            wanted = action.state is ActionState.SENT and action.retract_by != ""
            if free and wanted and _reached(action, self._clock()) and self._lock.held():
                self._write(case, action, self._undone(case, action))
        return self._state(place)

    def _undone(self, case: Case, action: Action) -> Result:
        try:
            if action.kind is ActionKind.CREDIT:
                self._credits.reverse(action.key)
            elif action.receipt is not None:
                self._connector(case).retract(action.receipt)
        except (Refused, Unsupported) as error:
            code = error.code if isinstance(error, Refused) else "unsupported"
            why = str(error)
            return lambda c, a: outcome.not_taken_down(c, a, code=code, why=why)
        except ConnectorError as error:
            at = error.at if isinstance(error, TryLater) else None
            when = max(at or self._clock(), self._clock() + outcome.FIRST_WAIT)
            why = str(error)
            return lambda c, a: outcome.take_down_later(c, a, at=when, why=why)
        return outcome.taken_down

    # --- texts -----------------------------------------------------------------------------

    def _wire_text(self, case: Case, action: Action) -> str:
        """The text as it leaves; a credit's code is put in here and nowhere else."""
        if CODE_PLACEHOLDER not in action.text:
            return action.text
        credit = case.action(ActionKind.CREDIT, action.round)
        if credit is None or credit.state is not ActionState.SENT or credit.retract_by:
            raise Refused("The text holds a place for a code and there is none.", code="no_code")
        return action.text.replace(CODE_PLACEHOLDER, self._issue(credit))

    def _issued(self, credit: Action) -> Receipt:
        """Issue the credit; the receipt shows the code masked."""
        return Receipt(id=masked(self._issue(credit)), private=True)

    def _issue(self, credit: Action) -> str:
        if credit.amount is None:
            raise Refused("The credit has no amount.", code="no_amount")
        return self._credits.issue(credit.key, credit.amount, self._clock())

    # --- reading and writing ---------------------------------------------------------------

    def _released(self, case: Case, action: Action, why: str) -> Change:
        return outcome.released(case, action, now=self._clock(), why=why)

    def _lost(self, why: str, code: str) -> Result:
        return lambda c, a: outcome.lost(
            c, a, code=code, why=why, settle_until=self._clock() + self._settle, by=self._owner
        )

    def _read(self, place: Place) -> tuple[Case, Action]:
        case_id, kind, turn = place
        case = self._book.get(case_id)
        action = case.action(kind, turn)
        if action is None:
            raise KeyError(f"case {case_id} has no {kind} action in round {turn}")
        return case, action

    def _state(self, place: Place) -> ActionState:
        return self._read(place)[1].state

    def _save(self, change: Change) -> bool:
        return self._book.save(outcome.booked(change, month_of=self._month_of), self._clock())

    def _write(self, case: Case, action: Action, result: Result) -> ActionState | None:
        """Write what came back, on top of whatever happened to the case meanwhile.

        Nothing is written where the fence has moved on, or the action to where the result does
        not lead any more: somebody else answers for it.

        Args:
            case: As it was read or written last.
            action: The one of it that the result is about.
            result: What to make of the case as it is by then.

        Returns:
            The state that was written; None: nothing was.
        """
        place, fence = (case.id, action.kind, action.round), action.fence
        for _ in range(_MOST_RACES):
            change = result(case, action)
            after = change.after.action(action.kind, action.round)
            if action.fence != fence or after is None or not _allowed(action, after):
                log.warning("case %s: a late result of the %s is dropped", place[0], place[1])
                return None
            if self._save(change):
                return after.state
            case, action = self._read(place)
        raise RuntimeError(f"case {place[0]}: could not write the result of the {place[1]}")

    @contextmanager
    def _holding(self, place: Place) -> Iterator[bool]:
        """Whether no other thread of this process has the action in hand; holds it meanwhile."""
        with self._in_hand_guard:
            free = place not in self._in_hand
            self._in_hand.add(place)
        try:
            yield free
        finally:
            if free:
                with self._in_hand_guard:
                    self._in_hand.discard(place)


def _of_a_look(error: ConnectorError) -> ConnectorError | None:
    """What a failed look says of the platform: nothing was sent by it, so nothing can be lost."""
    if isinstance(error, Refused):
        return None
    return TryLater(str(error)) if isinstance(error, OutcomeUnknown) else error


def _reached(action: Action, now: datetime) -> bool:
    times = (action.not_before, action.settle_until)
    return all(time is None or time <= now for time in times)


def _young(action: Action, now: datetime) -> bool:
    """Whether it is out in public, and the time to look after it has come and is not over."""
    receipt = action.receipt
    if action.kind not in outcome.PUBLIC_KINDS or action.state is not ActionState.SENT:
        return False
    if receipt is None or not receipt.id or receipt.at is None or action.retract_by:
        return False
    return SHOWN_AFTER <= now - receipt.at <= LOOKED_AFTER


def _may_leave(case: Case, action: Action, now: datetime) -> bool:
    """Whether the action is approved, its time has come, and what goes first is out."""
    if action.state is not ActionState.APPROVED:
        return False
    if action.not_before is not None and action.not_before > now:
        return False
    parent = None
    if action.depends_on is not None:
        parent = case.action(action.depends_on, action.round)
    return parent is None or parent.state is ActionState.SENT


def _way(connector: Connector, mention: Mention, contact: Contact, kind: ActionKind) -> Way:
    """How this leaves; a credit goes where the private message goes that will carry its code."""
    ability = opt_out.honoured(connector.ability(mention, contact), contact)
    return ability.public if kind in outcome.PUBLIC_KINDS else ability.private


def _other_replies(case: Case, action: Action) -> int:
    """Public replies of ours to the same post, out or possibly out, but for this one."""
    post = outcome.subject_of(case, action.round).subject.id
    maybe_out = {
        ActionState.SENDING,
        ActionState.UNKNOWN,
        ActionState.NEEDS_HUMAN,
        ActionState.SENT,
    }
    return sum(
        other.kind in outcome.PUBLIC_KINDS
        and (other.kind, other.round) != (action.kind, action.round)
        and other.state in maybe_out
        and outcome.subject_of(case, other.round).subject.id == post
        for other in case.actions
    )


def _as_draft(seen: Case, action: Action) -> Draft:
    """The text that is about to leave as a draft, for the guard, which reads each half by itself.

    The paragraph with the code's place is left out: it came from the playbook, and the guard
    would take the place itself for one that somebody forgot to fill.
    """
    public, shown = action.kind in outcome.PUBLIC_KINDS, seen.draft
    untouched = shown is not None and action.text in (shown.public, shown.private_full)
    return Draft(
        round=action.round,
        language=shown.language if shown is not None else "en",
        public=action.text if public else None,
        private=None if public else _without_code(action.text),
        written_by=shown.written_by if shown is not None and untouched else "approved",
    )


def _without_code(text: str) -> str:
    paragraphs = text.split("\n\n")
    return "\n\n".join(p for p in paragraphs if CODE_PLACEHOLDER not in p)


def _own_message(turns: Sequence[Mention], text: str, action: Action) -> Receipt | None:
    """Our private message with this text, sent since the intent was written."""
    earliest = None if action.intent_at is None else action.intent_at - CLOCK_SKEW
    for turn in reversed(turns):
        since = earliest is None or turn.created_at >= earliest
        if turn.ours and turn.private and since and fresh.plain(turn.text) == fresh.plain(text):
            return Receipt(id=turn.id, url=turn.url, at=turn.created_at, private=True)
    return None


def _allowed(action: Action, after: Action) -> bool:
    return after.state is action.state or after.state in MOVES[action.state]
