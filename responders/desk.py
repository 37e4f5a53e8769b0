"""Where a person's decision meets the case: the one thing that Slack and the console know.

Thin: reads the case, asks approve.py, writes, and says what happened.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connectors.base import Ability
from responders.action import ActionKind, ActionState
from responders.approve import Refusal, decide, require_approver
from responders.ask import NAMES, Blocked
from responders.card import NO_GUIDANCE, Card, Decision, Guidance, Turn, Verb
from responders.cards import make_card
from responders.case import BudgetSpent, Case, CaseBook, CaseId, Change
from responders.credit import MonthOf, utc_month
from responders.draft import Draft
from responders.hold import Hold, Holds
from responders.incident import FREEZE, FROZEN, VERBS, IncidentBook, on_card
from responders.money import Money
from responders.override import blocking
from responders.policy import Person, Policy

log = logging.getLogger(__name__)

#: A decision is made anew where the case moved on meanwhile; so many times, then the person is
#: asked to click again.
MOST_TRIES = 10

_BUSY = "Somebody else is changing this case at the moment. Nothing was changed; try again."
_GONE = "This case is no longer here."


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What happened, for the person who clicked."""

    done: bool  #: False: nothing was changed
    text: str


class Desk:
    """Takes decisions and shows cards. Safe to call from several threads."""

    def __init__(
        self,
        book: CaseBook,
        *,
        policy: Callable[[str], Policy],
        ability: Callable[[Case], Ability],
        review: Callable[[Case, Draft], Draft],
        clock: Callable[[], datetime],
        new_key: Callable[[], str],
        wake: Callable[[], None] = lambda: None,
        month_of: MonthOf = utc_month,
        budget_left: Callable[[Case], Money | None] = lambda _case: None,
        incidents: IncidentBook | None = None,
        due: Callable[[str, datetime], datetime] | None = None,
        holds: Holds = lambda _case, _kind, _at: None,
        guidance: Callable[[str], Guidance] = lambda _playbook: NO_GUIDANCE,
    ) -> None:
        """Put the parts together.

        Args:
            book: Where cases are kept.
            policy: The rules of a brand, by its name.
            ability: What the platform allows for the post that a case answers.
            review: The guard.
            clock: Gives the present moment, aware UTC.
            new_key: Makes an unguessable key for each new action.
            wake: Called after each change, so that jobs look at once.
            month_of: Names the month whose budget a credit takes.
            budget_left: What is left of the month's budget for credits; None where there is none.
            incidents: Where incidents are kept; None: nobody can declare one.
            due: When an answer for the brand is due that is asked for now, in its open hours;
                None: after the response target, as the clock runs.
            holds: What will hold an approved action back, for the person who clicks.
            guidance: What a playbook, by its name, tells whoever decides.
        """
        self._book = book
        self._policy = policy
        self._ability = ability
        self._review = review
        self._clock = clock
        self._new_key = new_key
        self._wake = wake
        self._month_of = month_of
        self._budget_left = budget_left
        self._incidents = incidents
        self._due = due
        self._holds = holds
        self._guidance = guidance

    def take(self, decision: Decision, person: Person) -> Answer:
        """Carry out what a person decided, or say why not. Never raises for a person's mistake."""
        try:
            told = self._incident(decision, person)
            if told is not None:
                return told
            change = self._written(decision, person)
        except KeyError:
            return Answer(done=False, text=_GONE)
        except Refusal as refusal:
            return Answer(done=False, text=str(refusal))
        if change is None:
            return Answer(done=False, text=_BUSY)
        self._wake()
        return Answer(done=True, text=self._told(decision, change))

    def card(self, case_id: CaseId) -> Card:
        """The case as it is now, for a surface.

        Raises:
            KeyError: there is no such case.
        """
        case = self._book.get(case_id)
        left = self._budget_left(case)
        card = make_card(
            case,
            ability=self._ability(case),
            policy=self._policy(case.brand),
            now=self._clock(),
            budget_left="" if left is None else f"{left} left this month",
            guidance=self._guidance(case.draft.playbook if case.draft else ""),
        )
        if self._incidents is None:
            return card
        return on_card(card, self._incidents.active(case.brand))

    def read(self, case_id: CaseId, person: Person) -> tuple[Turn, ...]:
        """The whole conversation, oldest first, private messages included.

        Raises:
            KeyError: there is no such case.
            NotAllowed: the person is no approver.
        """
        case = self._book.get(case_id)
        require_approver(self._policy(case.brand), person)
        return tuple(
            Turn(
                text=entry.mention.text,
                at=entry.mention.created_at,
                ours=entry.mention.ours,
                private=entry.mention.private,
                url=entry.mention.url,
            )
            for entry in case.entries
        )

    def _told(self, decision: Decision, change: Change) -> str:
        policy = self._policy(change.after.brand)
        leaves = self._clock() + policy.undo

        def hold(kind: ActionKind) -> Hold | None:
            return self._holds(change.after, kind, leaves)

        return _told(decision, change, policy, hold)

    def _incident(self, decision: Decision, person: Person) -> Answer | None:
        """What an incident makes of the decision; None: nothing."""
        book = self._incidents
        if book is None or decision.verb not in VERBS | FROZEN:
            return None
        case, now = self._book.get(decision.case_id), self._clock()
        require_approver(self._policy(case.brand), person)
        match decision.verb:
            case Verb.DECLARE:
                title = decision.reason.strip() or "Incident"
                done = book.declare(case.id, title, person.shown, now)
                text = _declared(book.departing(case.brand)) if done else "One is going on already."
            case Verb.END_INCIDENT:
                done = book.end(case.brand, person.shown, now)
                text = "Ended: what is approved is sent." if done else "It is over already."
            case _ if book.active(case.brand) is not None:
                return Answer(done=False, text=FREEZE)
            case _:
                return None
        self._wake()
        return Answer(done=done, text=text)

    def _written(self, decision: Decision, person: Person) -> Change | None:
        for _ in range(MOST_TRIES):
            case, now = self._book.get(decision.case_id), self._clock()
            change = decide(
                case,
                decision,
                person,
                policy=self._policy(case.brand),
                ability=self._ability(case),
                review=self._review,
                now=now,
                new_key=self._new_key,
                month_of=self._month_of,
                due_at=self._due(case.brand, now) if self._due is not None else None,
            )
            if self._saved(change):
                return change
        log.warning("case %s: a decision lost %s races", decision.case_id, MOST_TRIES)
        return None

    def _saved(self, change: Change) -> bool:
        try:
            return self._book.save(change, self._clock())
        except BudgetSpent as spent:
            month = "This month's budget for credits does not allow it"
            raise Blocked(f"{month}: {spent}. Remove the credit, or ask the lead.") from spent


_HoldOf = Callable[[ActionKind], Hold | None]


def _told(decision: Decision, change: Change, policy: Policy, hold: _HoldOf) -> str:
    """What the change means, in a sentence."""
    match decision.verb:
        case Verb.SEND:
            return _told_sent(change, policy, hold)
        case Verb.EDIT | Verb.ADD_CREDIT | Verb.REMOVE_CREDIT:
            return _told_draft(change, "Saved")
        case Verb.OVERRIDE:
            return _told_draft(change, "Overridden, for these very words")
        case Verb.TAKE_DOWN:
            return "It is being taken down. The card says when it is gone."
        case Verb.ESCALATE:
            return f"{change.after.claimed_by} has it now and is told."
        case Verb.SEND_AGAIN:
            held = hold(decision.action) if decision.action is not None else None
            return f"It is sent again, but not yet. {held.why}" if held else "It is sent again."
        case _:
            return _TOLD[decision.verb]


def _declared(departing: int) -> str:
    if not departing:
        return "Declared: nothing is sent."
    what = "1 answer was" if departing == 1 else f"{departing} answers were"
    return f"Declared: nothing more is sent. {what} already on its way when you clicked."


_TOLD = {
    Verb.DISMISS: "Noted: no reply.",
    Verb.CLAIM: "It is yours.",
    Verb.RELEASE: "It is free for others again.",
    Verb.SNOOZE: "Put aside; it comes back by itself.",
    Verb.RIGHT: "Thank you: the judge learns from that.",
    Verb.UNDO: "Undone. Nothing was sent, and the case is open again.",
    Verb.POSTED: "Noted: it is out.",
    Verb.FOUND: "Noted: it is there.",
    Verb.DROP: "Dropped. It will not be sent.",
    Verb.REOPEN: "The case is open again.",
    Verb.CLOSE: "The case is closed.",
    Verb.ASK: "They are asked, below the card.",
    Verb.CORRECT: "It is being taken down. Change the text with Edit; nothing is sent before that.",
}


def _told_sent(change: Change, policy: Policy, hold: _HoldOf) -> str:
    if not change.after.decided_by:
        return "Your approval is noted. A second approver must agree before anything is sent."
    undo = int(policy.undo.total_seconds())
    within = f" in {undo} seconds; until then you can undo it" if undo else " at once"
    phrases = {
        ActionState.APPROVED: f"leaves{within}",
        ActionState.BY_HAND: "is yours to post by hand: open the composer from the card",
        ActionState.WAITING: "waits until the customer writes to us",
    }
    told, why = ["Approved."], dict[str, None]()
    for action in change.after.of_round():
        if action.state not in phrases or change.before.action(action.kind) == action:
            continue
        held = hold(action.kind) if action.state is ActionState.APPROVED else None
        phrase = "is held for now; you can undo it" if held else phrases[action.state]
        told.append(f"The {NAMES[action.kind]} {phrase}.")
        if held:
            why[held.why] = None  # each reason once
    return " ".join([*told, *why])


def _told_draft(change: Change, done: str) -> str:
    draft = change.after.draft
    told = [f"{f.words}: {f.do}" for f in (() if draft is None else blocking(draft))]
    if told:
        return f"{done}, but it cannot be sent like this. " + " ".join(told)
    return f"{done}. Nothing is sent until somebody approves it."
