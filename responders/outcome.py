"""What becomes of a case when something happened to one of its actions. Pure.

Each function takes the case as it was read and answers with the change to write. Whether the
event really happened, and in which order, is the business of deliver.py; what a person may do
is that of approve.py. The moves are drawn at the top of action.py.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from connectors.base import Receipt, Route, Way
from responders.action import Action, ActionKind, ActionState
from responders.case import Case, CaseState, Change, Note
from responders.credit import MonthOf, spend_of
from responders.draft import CODE_PLACEHOLDER, text_hash
from responders.hold import Hold, HoldCode
from responders.money import Money

#: After so many tries that certainly did nothing, over at least `PATIENCE`, a person is asked.
MAX_TRIES = 8
#: An outage of the platform uses up tries quickly and is nobody's fault.
PATIENCE = timedelta(hours=2)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
#: Doubled so often, the wait is far beyond the longest: more would only overflow.
_MOST_DOUBLINGS = 16
#: Between two looks for something that was not there.
LOOK_AGAIN = timedelta(seconds=30)
#: So many times it must be missing after the settling time before it counts as absent.
ABSENT_READS = 2
#: A platform that cannot be read for so long after the send: a person looks instead.
READ_PATIENCE = timedelta(hours=1)

#: Error codes of our own; a platform's stand beside them in `Action.error_code`.
PARENT = "parent_failed"  #: what had to be sent first was not, or was taken down
GONE = "gone"
EDITED = "edited"
ANSWERED = "answered"  #: a colleague wrote to them meanwhile, not through Amends
HIDDEN = "hidden"  #: it was sent, and the platform shows it to nobody
GUARD = "guard"  #: the text may not be said any more
ORPHAN = "orphan"  #: whoever sent it vanished in the middle
ELSEWHERE = "elsewhere"  #: another copy of the database may have sent it
UNREADABLE = "unreadable"
ABSENT = "absent"

#: A person who has read the reason may send in spite of it.
CONFIRMABLE = frozenset({EDITED, ANSWERED})

#: The name in the audit, and in `retract_by`, of what nobody clicked.
BY_ITSELF = "amends"

PUBLIC_KINDS = frozenset({ActionKind.PUBLIC, ActionKind.HOLDING})
PRIVATE_KINDS = frozenset({ActionKind.PRIVATE, ActionKind.FOLLOW_UP})

#: Not on the wire and not out: may be taken back without asking any platform.
NOT_LEFT = frozenset({ActionState.APPROVED, ActionState.WAITING, ActionState.BY_HAND})
_PROBLEMS = frozenset({ActionState.FAILED, ActionState.NEEDS_HUMAN})
_UNDER_WAY = frozenset(
    {ActionState.APPROVED, ActionState.SENDING, ActionState.UNKNOWN, ActionState.BY_HAND}
)


# --- the case around an action -----------------------------------------------------------------


def standing(case: Case) -> CaseState:
    """The state of a decided case, by what its actions came to.

    An action that only waits for the customer leaves nothing to do for us: such a case counts as
    answered once something was sent.
    """
    if case.state in {CaseState.OPEN, CaseState.DISMISSED}:
        return case.state
    states = {action.state for action in case.of_round()}
    trouble = any(action.state in _PROBLEMS for action in case.actions)
    if trouble or ActionState.RETRACTED in states:
        return CaseState.NEEDS_HUMAN
    if case.state is CaseState.ANSWERED:
        return case.state
    if states & _UNDER_WAY:
        return CaseState.APPROVED
    return CaseState.ANSWERED if ActionState.SENT in states else CaseState.NEEDS_HUMAN


def subject_of(case: Case, round: int) -> Case:
    """The case as that round saw it: its `subject` is the post that the round's texts answer."""
    entries = tuple(entry for entry in case.entries if entry.round <= round)
    return replace(case, round=round, entries=entries or case.entries)


def drop_with(case: Case, action: Action) -> tuple[Case, list[Note]]:
    """Let go of what hangs on an action that will not leave: what was to follow, and its credit."""
    case, notes = cancel_dependents(case, action.kind, action.round)
    if action.kind in PRIVATE_KINDS:
        case, given_up = give_up_credit(case, action)
        notes += given_up
    return case, notes


def cancel_dependents(case: Case, kind: ActionKind, round: int) -> tuple[Case, list[Note]]:
    """Cancel what of that round was to follow this action and has not left, to the last link."""
    notes: list[Note] = []
    for action in case.actions:
        if action.round == round and action.depends_on is kind and action.state in NOT_LEFT:
            reason = f"The {kind.value} part did not go out, so this was not sent."
            gone = replace(
                action,
                state=ActionState.CANCELLED,
                error_code=PARENT,
                error=reason,
                not_before=None,
            )
            notes.append(note("cancelled", BY_ITSELF, gone, was=action.state, detail=PARENT))
            case, further = cancel_dependents(case.with_action(gone), action.kind, round)
            notes += further
    return case, notes


def give_up_credit(case: Case, private: Action) -> tuple[Case, list[Note]]:
    """Take the credit back whose code certainly reached nobody: its message did not leave.

    One that was issued is marked and reversed by the job, which may have to ask a shop; one that
    was not is cancelled at once. Where the message was once lost, the code may be in the
    customer's hands: it stays theirs.
    """
    credit = case.action(ActionKind.CREDIT, private.round)
    if credit is None or CODE_PLACEHOLDER not in private.text or once_lost(private):
        return case, []
    if credit.state is ActionState.SENT and not credit.retract_by:
        marked = replace(credit, retract_by=BY_ITSELF, not_before=None)
        return case.with_action(marked), [note("take_back", BY_ITSELF, marked, was=credit.state)]
    if credit.state in NOT_LEFT:
        gone = replace(credit, state=ActionState.CANCELLED, error_code=PARENT, not_before=None)
        return case.with_action(gone), [note("cancelled", BY_ITSELF, gone, was=credit.state)]
    return case, []


def once_lost(action: Action) -> bool:
    """Whether one of its tries was never answered, so that it may be out in spite of all."""
    return action.settle_until is not None


def note(what: str, by: str, action: Action, *, was: str, detail: str = "") -> Note:
    """The audit's line for a move of this action; the text appears as its hash alone."""
    return Note(
        what=what,
        by=by,
        action=action.kind,
        was=was,
        now=action.state,
        hash=text_hash(action.text) if action.text else "",
        detail=detail,
    )


def booked(change: Change, *, month_of: MonthOf, budget: Money | None = None) -> Change:
    """The change with what it takes from the month's budget for credits, or gives back."""
    spend = spend_of(change.before, change.after, month_of=month_of, budget=budget)
    return replace(change, spend=spend)


def _change(
    case: Case, action: Action, *, what: str, by: str, detail: str = "", drop: bool = False
) -> Change:
    """Put the moved action into the case; with `drop`, what hung on it goes as well."""
    old = case.action(action.kind, action.round)
    assert old is not None, "an action moves only where it is"
    after = case.with_action(action)
    notes = [note(what, by, action, was=old.state, detail=detail)]
    if drop:
        after, dropped = drop_with(after, action)
        notes += dropped
    return Change(before=case, after=replace(after, state=standing(after)), notes=tuple(notes))


# --- before the wire ---------------------------------------------------------------------------


def claimed(case: Case, action: Action, *, owner: str, now: datetime, lease: timedelta) -> Change:
    """The intent, written before the request leaves; whoever finds it orphaned never resends."""
    taken = replace(
        action,
        state=ActionState.SENDING,
        owner=owner,
        attempt=action.attempt + 1,
        fence=action.fence + 1,
        intent_at=now,
        lease_until=now + lease,
        error_code="",
        error="",
    )
    return _change(case, taken, what="claimed", by=owner)


def released(case: Case, action: Action, *, now: datetime, why: str) -> Change:
    """A claim given back by its own holder, who certainly never reached the wire."""
    free = replace(
        action,
        state=ActionState.APPROVED,
        attempt=action.attempt - 1,
        not_before=now,
        lease_until=None,
    )
    return _change(case, free, what="released", by=action.owner, detail=why)


def returned(case: Case, action: Action, *, code: str, why: str) -> Change:
    """What made the approval doubtful before anything left: a person decides again."""
    back = replace(
        action, state=ActionState.NEEDS_HUMAN, error_code=code, error=why, not_before=None
    )
    return _change(case, back, what="returned", by=BY_ITSELF, detail=code)


def rerouted(case: Case, action: Action, way: Way) -> Change:
    """The way is not the one that was approved: by hand, not before they write, or not at all."""
    match way.route:
        case Route.BY_HAND:
            state = ActionState.BY_HAND
        case Route.CLOSED if action.kind not in PUBLIC_KINDS:
            state = ActionState.WAITING
        case _:
            return failed(case, action, code="no_way", why=way.reason or "No way to send this.")
    other = replace(action, state=state, error=way.reason, not_before=None)
    change = _change(case, other, what="rerouted", by=BY_ITSELF, detail=way.route.value)
    if state is not ActionState.WAITING:
        return change
    after = _waiting_with(change.after, other)
    return replace(change, after=replace(after, state=standing(after)))


def _waiting_with(case: Case, parent: Action) -> Case:
    """What follows a credit that waits for the customer waits with it."""
    for action in case.actions:
        follows = action.round == parent.round and action.depends_on is parent.kind
        if follows and action.state is ActionState.APPROVED:
            waiting = replace(action, state=ActionState.WAITING, not_before=None)
            case = case.with_action(waiting)
    return case


def held(case: Case, action: Action, hold: Hold) -> Change | None:
    """Approved, and not to leave yet: the card says why. None where it says so already.

    An end that only may come, as that of an outage, is not written: each time that it is put off
    would be a line in the audit and another card for nothing.
    """
    told = replace(action, error_code=_confirmed(action) or hold.code.value, error=hold.why)
    if told == action:
        return None
    firm = hold.until if hold.code is HoldCode.QUIET else None
    later = replace(told, not_before=firm or action.not_before)
    return _change(case, later, what="held", by=BY_ITSELF, detail=hold.code.value)


def delayed(case: Case, action: Action, *, at: datetime, why: str) -> Change:
    """Nothing was tried: the platform could not even be asked whether it makes sense."""
    code = _confirmed(action) or "later"
    later = replace(action, not_before=at, error_code=code, error=why)
    return _change(case, later, what="delayed", by=BY_ITSELF, detail="later")


def _confirmed(action: Action) -> str:
    """What a person has read and sends in spite of; "" where there is nothing of the kind."""
    return action.error_code if action.error_code in CONFIRMABLE else ""


# --- what came back ----------------------------------------------------------------------------


def sent(case: Case, action: Action, receipt: Receipt | None, *, now: datetime, by: str) -> Change:
    """It is out: the platform said so, it was found there, or a person says so."""
    if receipt is not None and receipt.at is None:
        receipt = replace(receipt, at=now)
    out = replace(
        action,
        state=ActionState.SENT,
        receipt=receipt,
        error_code="",
        error="",
        not_before=None,
        lease_until=None,
    )
    return _change(case, out, what="sent", by=by)


def postponed(
    case: Case, action: Action, *, at: datetime | None, why: str, now: datetime
) -> Change:
    """Certainly not applied: once more later, or given up after `MAX_TRIES`."""
    if action.attempt >= MAX_TRIES and now >= (action.approved_at or now) + PATIENCE:
        return failed(case, action, code="gave_up", why=f"Tried {action.attempt} times. {why}")
    due = now + wait_before(action)
    later = replace(
        action,
        state=ActionState.APPROVED,
        not_before=due if at is None else max(at, now) + jitter(action, FIRST_WAIT / 6),
        lease_until=None,
        error_code="later",
        error=why,
    )
    return _change(case, later, what="postponed", by=action.owner, detail="later")


def failed(case: Case, action: Action, *, code: str, why: str) -> Change:
    """Refused for good: what was to follow is cancelled, and a person decides."""
    over = replace(
        action,
        state=ActionState.FAILED,
        error_code=code,
        error=why,
        not_before=None,
        lease_until=None,
    )
    return _change(case, over, what="failed", by=action.owner or BY_ITSELF, detail=code, drop=True)


def lost(
    case: Case, action: Action, *, code: str, why: str, settle_until: datetime, by: str
) -> Change:
    """No answer: it may be out, or come out late. Looked for from `settle_until` on."""
    open_question = replace(
        action,
        state=ActionState.UNKNOWN,
        settle_until=settle_until,
        not_before=settle_until,
        absent_at=(),
        lease_until=None,
        error_code=code,
        error=why,
    )
    return _change(case, open_question, what="lost", by=by, detail=code)


def doubted(case: Case, action: Action, *, now: datetime, by: str) -> Change:
    """It may have gone out from another copy of this database: looked for before it is sent."""
    open_question = replace(
        action,
        state=ActionState.UNKNOWN,
        # Whatever left elsewhere did so after somebody approved it.
        intent_at=action.intent_at or action.approved_at,
        settle_until=now,
        not_before=now,
        absent_at=(),
        lease_until=None,
        error_code=ELSEWHERE,
        error="The database was moved, copied or restored: it may be out from elsewhere.",
    )
    return _change(case, open_question, what="doubted", by=by, detail=ELSEWHERE)


# --- looking for it ----------------------------------------------------------------------------


def absent(case: Case, action: Action, *, reliable: bool, now: datetime) -> Change:
    """Not found where it would stand.

    Once is no proof. Twice after the settling time is one where the platform's reads are
    reliable: it is sent again. Elsewhere a person looks.
    """
    seen = replace(action, absent_at=(*action.absent_at, now))
    if len(seen.absent_at) < ABSENT_READS:
        again = replace(seen, not_before=now + LOOK_AGAIN)
        return _change(case, again, what="absent", by=BY_ITSELF)
    if reliable and action.attempt < MAX_TRIES:
        resend = replace(
            seen,
            state=ActionState.APPROVED,
            not_before=now,
            error_code=ABSENT,
            error="Looked for it twice and it was not there: it is sent again.",
        )
        return _change(case, resend, what="absent_for_sure", by=BY_ITSELF)
    why = f"Looked {len(seen.absent_at)} times and did not find it; that proves nothing here."
    return unproved(case, seen, code=ABSENT, why=why)


def unread(case: Case, action: Action, *, at: datetime | None, why: str, now: datetime) -> Change:
    """The platform could not be read: look later, and after `READ_PATIENCE` let a person look."""
    if now >= (action.intent_at or now) + READ_PATIENCE:
        return unproved(case, action, code=UNREADABLE, why=f"Could not look for it. {why}")
    later = replace(action, not_before=max(at or now, now + LOOK_AGAIN))
    return _change(case, later, what="unread", by=BY_ITSELF, detail=UNREADABLE)


def unproved(case: Case, action: Action, *, code: str, why: str) -> Change:
    """Neither found nor proved absent: only a person can tell."""
    open_question = replace(
        action, state=ActionState.NEEDS_HUMAN, error_code=code, error=why, not_before=None
    )
    return _change(case, open_question, what="unproved", by=BY_ITSELF, detail=code)


# --- once it is out ----------------------------------------------------------------------------


def seen(case: Case, action: Action, *, visible: bool) -> Change | None:
    """Whether others can see what was sent; None where nothing about that is new."""
    if visible is (action.error_code != HIDDEN):
        return None
    why = "It cannot be seen there any more: it was removed, held back or deleted."
    marked = replace(action, error_code="" if visible else HIDDEN, error="" if visible else why)
    return _change(case, marked, what="visible" if visible else "hidden", by=BY_ITSELF)


# --- taking back -------------------------------------------------------------------------------


def taken_down(case: Case, action: Action) -> Change:
    """What was sent is no longer there; the card goes back to a person, who may correct."""
    by, money = action.retract_by, action.kind is ActionKind.CREDIT
    state = ActionState.REVERSED if money else ActionState.RETRACTED
    gone = replace(action, state=state, error_code="", error="", not_before=None)
    change = _change(case, gone, what=state.value, by=by)
    after, dropped = cancel_dependents(change.after, action.kind, action.round)
    return replace(change, after=after, notes=(*change.notes, *dropped))


def not_taken_down(case: Case, action: Action, *, code: str, why: str) -> Change:
    """The platform does not delete it: a person must, over there."""
    kept = replace(action, retract_by="", error_code=code, error=why, not_before=None)
    return _change(case, kept, what="kept", by=action.retract_by, detail=code)


def take_down_later(case: Case, action: Action, *, at: datetime, why: str) -> Change:
    """The platform cannot be asked now; deleting twice does no harm."""
    later = replace(action, not_before=at, error_code="later", error=why)
    return _change(case, later, what="delayed", by=action.retract_by, detail="later")


# --- waiting -----------------------------------------------------------------------------------


def wait_before(action: Action) -> timedelta:
    """How long to wait after this many tries: doubling, at most an hour, a fifth of it by chance.

    The chance hangs on the key and the try alone, so that a second look gives the same answer
    while two actions do not come back in step.
    """
    doublings = min(max(action.attempt - 1, 0), _MOST_DOUBLINGS)
    plain = min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
    return plain + jitter(action, plain / 5)


def jitter(action: Action, most: timedelta) -> timedelta:
    """A part of `most` that hangs on the action's key and try."""
    digest = sha256(f"{action.key}:{action.attempt}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    return timedelta(seconds=most.total_seconds() * share)
