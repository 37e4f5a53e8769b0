"""What a person decides about something that was approved before. Pure; `approve.decide` calls it.

I posted it, it is there, send it again, drop it, take it down, open it again, close it.
"""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from connectors.base import Receipt
from responders import byhand, outcome
from responders.action import Action, ActionKind, ActionState
from responders.ask import (
    NAMES,
    OPEN_QUESTIONS,
    Ask,
    Blocked,
    NotNow,
    credit_fits,
    ever_sent,
    holds_code,
)
from responders.card import Verb
from responders.case import Case, CaseState, Change, Note
from responders.credit import holds_budget
from responders.draft import CODE_PLACEHOLDER, Draft
from responders.outcome import NOT_LEFT, note, standing
from responders.policy import Policy

#: What a person may give up.
DROPPABLE = NOT_LEFT | {ActionState.FAILED, ActionState.NEEDS_HUMAN}
#: Sending these again would meet the same wall.
_NEVER_AGAIN = {
    outcome.GONE: "The post is gone, so there is nothing to answer. Drop it.",
    outcome.GUARD: "The text may not go out as it is. Reopen the case and change it.",
}


def can_send_again(action: Action) -> bool:
    """Whether this action, by itself, could be tried once more."""
    if action.state is ActionState.CANCELLED:
        return action.error_code == outcome.PARENT
    tried = action.state in {ActionState.FAILED, ActionState.NEEDS_HUMAN}
    return tried and action.error_code not in _NEVER_AGAIN


def why_not_again(case: Case, action: Action, policy: Policy) -> str:
    """Why a person cannot ask for another try of this action, or ""."""
    if any(a.kind is action.kind and a.state in OPEN_QUESTIONS for a in case.actions):
        return "It may still come out: Amends is looking for it. Wait until that is over."
    if action.error_code in _NEVER_AGAIN:
        return _NEVER_AGAIN[action.error_code]
    credit = case.action(ActionKind.CREDIT, action.round)
    if holds_code(action) and not _has_code(credit):
        return "Its store credit was taken back. Reopen the case and choose it anew."
    for one in _with_what_hangs_on_it(case, action):
        if one.kind is ActionKind.CREDIT and one.amount is not None and not holds_budget(one):
            return credit_fits(case, policy, one.amount)
    return ""


def _has_code(credit: Action | None) -> bool:
    if credit is None or credit.retract_by:
        return False
    return credit.state is ActionState.SENT or can_send_again(credit)


def aim(case: Case, verb: Verb, kind: ActionKind | None) -> Action | None:
    """Which action of that kind a click means, where several rounds have one: the newest that fits.

    Cards ask the same question, so that a button always does what it says.
    """
    of_kind = [action for action in reversed(case.actions) if action.kind is kind]
    return next((a for fits in _AIMS[verb] for a in of_kind if fits(a)), None)


def _is(*states: ActionState) -> Callable[[Action], bool]:
    return lambda action: action.state in states


_AIMS: dict[Verb, tuple[Callable[[Action], bool], ...]] = {
    Verb.POSTED: (_is(ActionState.BY_HAND),),
    Verb.FOUND: (_is(ActionState.UNKNOWN, ActionState.NEEDS_HUMAN),),
    Verb.SEND_AGAIN: (
        can_send_again,
        _is(ActionState.FAILED, ActionState.NEEDS_HUMAN),
        _is(*OPEN_QUESTIONS),
    ),
    Verb.DROP: (_is(ActionState.FAILED, ActionState.NEEDS_HUMAN), _is(*NOT_LEFT)),
    Verb.TAKE_DOWN: (_is(ActionState.SENT),),
    Verb.CORRECT: (_is(ActionState.SENT),),
}


def posted(ask: Ask) -> Change:
    """A person posted it in the platform's own composer."""
    action = _find(ask, "is not to be posted by hand")
    change = outcome.sent(ask.case, action, _by_hand(ask, action), now=ask.now, by=ask.by)
    if action.round != ask.case.round:
        return change
    return byhand.doubted(change, action.kind, ask.ability.public, by=ask.by)


def found(ask: Ask) -> Change:
    """It is there: a person looked where we could not, or before we could."""
    action = _find(ask, "is not in doubt")
    return outcome.sent(ask.case, action, _by_hand(ask, action), now=ask.now, by=ask.by)


def send_again(ask: Ask) -> Change:
    """Not there, send it again: a person answers for it, by name."""
    action = _find(ask, "needs no other try")
    why = why_not_again(ask.case, action, ask.policy)
    if why:
        raise Blocked(why)
    again = _with_what_hangs_on_it(ask.case, action)
    case = ask.case
    notes: list[Note] = []
    for one in again:
        revived = replace(
            one,
            state=ActionState.APPROVED,
            depends_on=_parent(ask.case, one, again),
            approved_by=ask.by,
            approved_at=ask.now,
            not_before=ask.now,
            attempt=0,
            error_code=one.error_code if one.error_code in outcome.CONFIRMABLE else "",
            error="",
        )
        case = case.with_action(revived)
        notes.append(note("send_again", ask.by, revived, was=one.state, detail=one.error_code))
    return Change(before=ask.case, after=replace(case, state=standing(case)), notes=tuple(notes))


def drop(ask: Ask) -> Change:
    """Give one action up, and with it what was to follow."""
    action = _find(ask, "cannot be dropped now")
    case, notes = _dropped(ask, ask.case, action)
    return Change(before=ask.case, after=replace(case, state=standing(case)), notes=tuple(notes))


def take_down(ask: Ask) -> Change:
    """Have what was sent deleted; the job does it."""
    action = _find(ask, "is not out")
    if action.kind is ActionKind.CREDIT:
        raise Blocked("A code that a customer has cannot be taken back here; end it in your shop.")
    if action.retract_by:
        raise NotNow(f"{action.retract_by} has asked for that already.")
    if action.receipt is None or not action.receipt.id:
        raise Blocked(
            "Amends does not know where it stands: it must be deleted by hand, over there."
        )
    asked = replace(action, retract_by=ask.by, not_before=None, error_code="", error="")
    line = note("take_down", ask.by, asked, was=action.state, detail=ask.decision.reason)
    return Change(before=ask.case, after=ask.case.with_action(asked), notes=(line,))


def correct(ask: Ask) -> Change:
    """Have what was sent deleted, and take the case up again with its text to be changed.

    Nothing is sent by this: the corrected text is approved like any other.
    """
    action = _find(ask, "is not out")
    down = take_down(ask)
    again = reopen(replace(ask, case=down.after))
    private = action.kind in outcome.PRIVATE_KINDS
    text = _without_code(action.text)
    draft = Draft(
        round=again.after.round,
        language=ask.case.draft.language if ask.case.draft else ask.case.verdict.language,
        public=None if private else text,
        private=text if private else None,
        written_by=action.approved_by,
    )
    after = replace(again.after, draft=ask.review(again.after, draft))
    return Change(before=ask.case, after=after, notes=(*down.notes, *again.notes))


def _without_code(text: str) -> str:
    """The text without the paragraph of a credit: the customer has the code."""
    return "\n\n".join(part for part in text.split("\n\n") if CODE_PLACEHOLDER not in part)


def reopen(ask: Ask) -> Change:
    """Take the case up again: the same round where nothing ever left, else the next one."""
    case = ask.case
    if case.state is CaseState.OPEN:
        raise NotNow("The case is open.")
    if case.state is CaseState.APPROVED:
        raise NotNow("Its answer is under way. Undo it, or drop what is left of it first.")
    line = Note(what="reopened", by=ask.by, was=case.state, now=CaseState.OPEN)
    fresh = replace(
        case,
        state=CaseState.OPEN,
        second_approver="",
        decided_by="",
        decided_at=None,
        dismissed_because="",
        snoozed_until=None,
        due_at=ask.due_at,
    )
    if case.state is CaseState.DISMISSED and all(_never_left(a) for a in case.of_round()):
        return Change(before=case, after=fresh, notes=(line,))
    after, notes = let_go(ask) if case.state is CaseState.NEEDS_HUMAN else (case, [])
    next_round = replace(
        fresh, actions=after.actions, round=case.round + 1, draft=_carried_over(case)
    )
    return Change(before=case, after=next_round, notes=(line, *notes))


def close(ask: Ask) -> Change:
    """End a case that needs nothing more; what has not left stays with us."""
    case = ask.case
    if case.state is CaseState.DISMISSED:
        raise NotNow("The case is closed.")
    if case.state is CaseState.OPEN and not ever_sent(case):
        raise NotNow("Nobody has answered this one yet: choose No reply and say why.")
    if case.state is CaseState.APPROVED and not ever_sent(case):
        raise NotNow("Nothing is out yet: undo it first.")
    after, notes = (case, []) if case.state is CaseState.OPEN else let_go(ask)
    if after.actions == case.actions and case.state is CaseState.ANSWERED:
        raise NotNow("The case is closed.")
    state = CaseState.ANSWERED if ever_sent(case) else CaseState.DISMISSED
    after = replace(
        after,
        state=state,
        dismissed_because="closed" if state is CaseState.DISMISSED else "",
        snoozed_until=None,
    )
    line = Note(what="closed", by=ask.by, was=case.state, now=state, detail=ask.decision.reason)
    return Change(before=case, after=after, notes=(line, *notes))


def let_go(ask: Ask) -> tuple[Case, list[Note]]:
    """Give up everything of the case that is not out.

    Raises:
        NotNow: the outcome of something may still arrive, or only a person can tell it.
    """
    case = ask.case
    notes: list[Note] = []
    for action in ask.case.actions:
        if action.state in OPEN_QUESTIONS:
            raise NotNow(f"Wait: nobody knows yet whether the {NAMES[action.kind]} is out.")
        if action.state is ActionState.NEEDS_HUMAN and outcome.once_lost(action):
            raise NotNow(
                f"First say what became of the {NAMES[action.kind]}: it is there, send it again, "
                "or drop it."
            )
        now = case.action(action.kind, action.round)
        if now is not None and now.state in DROPPABLE:
            case, dropped = _dropped(ask, case, now)
            notes += dropped
    return case, notes


def _dropped(ask: Ask, case: Case, action: Action) -> tuple[Case, list[Note]]:
    gone = replace(action, state=ActionState.CANCELLED, error_code="", error="", not_before=None)
    line = note("dropped", ask.by, gone, was=action.state, detail=ask.decision.reason)
    after, hanging = outcome.drop_with(case.with_action(gone), gone)
    return after, [line, *hanging]


def _find(ask: Ask, otherwise: str) -> Action:
    kind = ask.decision.action
    action = aim(ask.case, ask.decision.verb, kind)
    if action is None:
        name = "answer" if kind is None else NAMES[kind]
        raise NotNow(f"The {name} {otherwise}. Look at the card again. Nothing was changed.")
    return action


def _by_hand(ask: Ask, action: Action) -> Receipt:
    link = ask.decision.link.strip()
    if link:
        try:
            parts = urlsplit(link)
        except ValueError as error:
            raise Blocked(_BAD_LINK) from error
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Blocked(_BAD_LINK)
    private = action.kind in outcome.PRIVATE_KINDS
    return Receipt(id="", url=link or None, at=ask.now, private=private)


_BAD_LINK = "That is not a link. Paste the whole address, beginning with https://"


def _with_what_hangs_on_it(case: Case, action: Action) -> list[Action]:
    """The action, the credit whose code it carries, and what was called off because of it."""
    again = [action]
    credit = case.action(ActionKind.CREDIT, action.round)
    if holds_code(action) and credit is not None and credit.state is not ActionState.SENT:
        again.insert(0, credit)
    for one in case.actions:
        waits = any(one.depends_on is parent.kind for parent in again)
        called_off = one.state is ActionState.CANCELLED and can_send_again(one)
        if one.round == action.round and waits and called_off and one not in again:
            again.append(one)
    return again


def _parent(case: Case, action: Action, again: list[Action]) -> ActionKind | None:
    """What must still go first: a parent that will not go out holds nobody back any more."""
    if action.depends_on is None:
        return None
    parent = case.action(action.depends_on, action.round)
    if parent is None or parent in again or parent.state not in _DEAD:
        return action.depends_on
    return None


_DEAD = frozenset({ActionState.FAILED, ActionState.CANCELLED, ActionState.RETRACTED})


#: In these no customer has read a word of it.
_NOWHERE = DROPPABLE | {ActionState.CANCELLED, ActionState.REVERSED}


def _never_left(action: Action) -> bool:
    return action.state is ActionState.CANCELLED and action.attempt == 0


def _carried_over(case: Case) -> Draft | None:
    """The round's draft for the next round, where none of it reached the customer."""
    reached = any(a.state not in _NOWHERE or outcome.once_lost(a) for a in case.of_round())
    if case.draft is None or reached:
        return None
    return replace(case.draft, round=case.round + 1, revision=1, credit_chosen=False, override=None)
