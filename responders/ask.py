"""What a person asks of a case, everything needed to answer, and the ways to say no."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connectors.base import Ability
from responders.action import Action, ActionKind, ActionState
from responders.card import Decision
from responders.case import Case, CaseState
from responders.credit import holds_budget
from responders.draft import CODE_PLACEHOLDER, Draft
from responders.money import Money
from responders.policy import Person, Policy

#: Somebody must first say what became of these, or nobody can yet.
OPEN_QUESTIONS = frozenset({ActionState.SENDING, ActionState.UNKNOWN})

NAMES = {
    ActionKind.PUBLIC: "public reply",
    ActionKind.PRIVATE: "private message",
    ActionKind.CREDIT: "store credit",
    ActionKind.HOLDING: "holding text",
    ActionKind.FOLLOW_UP: "follow-up",
}


class Refusal(Exception):
    """Nothing was changed; the message is for the person who clicked."""


class NotAllowed(Refusal):
    """This person may not do that."""


class TooOld(Refusal):
    """The card that was clicked is no longer the newest one."""


class NotNow(Refusal):
    """The case is not in a state for this."""


class Blocked(Refusal):
    """The text, the credit or the platform does not allow this."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One decision and what it is measured by."""

    case: Case
    decision: Decision
    person: Person
    policy: Policy
    ability: Ability
    review: Callable[[Case, Draft], Draft]
    now: datetime
    new_key: Callable[[], str]
    due_at: datetime  #: when an answer is due that is asked for now

    @property
    def by(self) -> str:
        """Who decides, as the audit and the card name them."""
        return self.person.shown


def undecided(case: Case) -> bool:
    """Whether the round still waits for a person to say what is sent, if anything."""
    if case.state is CaseState.OPEN:
        return True
    return case.state is CaseState.NEEDS_HUMAN and not case.of_round()


def credit_fits(case: Case, policy: Policy, amount: Money) -> str:
    """Why this credit may not be given, or ""; the month's budget is the store's to guard."""
    if policy.credit is None:
        return "Store credits are not set up: [policy.credit] is missing."
    cap = policy.credit.cap_per_case
    if amount.currency != cap.currency:
        return f"This credit is in {amount.currency}; credits are given in {cap.currency}."
    given = sum(a.amount.minor for a in case.actions if a.amount is not None and holds_budget(a))
    if given + amount.minor > cap.minor:
        already = Money(minor=given, currency=cap.currency)
        spent = f", and {already} is given already" if given else ""
        return f"At most {cap} per case is allowed{spent}."
    return ""


def holds_code(action: Action) -> bool:
    """Whether a credit's code belongs into the text."""
    return CODE_PLACEHOLDER in action.text


def ever_sent(case: Case) -> bool:
    """Whether the customer has had any word of ours in this case."""
    return any(action.state is ActionState.SENT for action in case.actions)
