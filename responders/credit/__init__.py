"""Store credits: who issues one, and what of the month's budget a change takes or gives back."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from responders.action import Action, ActionKind, ActionState
from responders.case import Case, Spend
from responders.money import Money

#: Names the month that a moment belongs to in a brand's time zone, such as "2026-11".
MonthOf = Callable[[str, datetime], str]

#: In these a credit holds its place in the budget; it has not been issued in all of them.
_HOLDS_BUDGET = frozenset(
    {
        ActionState.APPROVED,
        ActionState.WAITING,
        ActionState.BY_HAND,
        ActionState.SENDING,
        ActionState.UNKNOWN,
        ActionState.NEEDS_HUMAN,
        ActionState.SENT,
    }
)


class CreditIssuer(Protocol):
    """Makes a code that is worth money, once per key."""

    def issue(self, key: str, amount: Money, now: datetime) -> str:
        """The code for this key; the same one again however often it is asked for.

        That makes the key a natural one: after a crash it is simply asked again.

        Raises:
            TryLater: nothing was issued, ask again.
            SetupError: nothing was issued, a person must mend something.
            Refused: there is none to give.
            OutcomeUnknown: it may have been issued; asking again with the key tells.
        """

    def reverse(self, key: str) -> None:
        """Make the key's code worthless, or give it back; nothing where none was issued."""


#: Fewer characters than this are hidden whole: the ends would give too much away.
_SHORT = 8


def masked(code: str) -> str:
    """The code as people may see it: "AB…9Z"; a short one is hidden whole."""
    return "…" if len(code) < _SHORT else f"{code[:2]}…{code[-2:]}"


def utc_month(brand: str, at: datetime) -> str:
    """The month in UTC, for a brand whose time zone nobody set."""
    return at.strftime("%Y-%m")


def spend_of(
    before: Case, after: Case, *, month_of: MonthOf, budget: Money | None = None
) -> Spend | None:
    """What the step from `before` to `after` takes from the budget, or gives back to it.

    A credit holds its place from the approval until it is cancelled, has failed or is reversed.
    It is booked in the month of its approval; one step of a case moves the credit of one round.

    Raises:
        ValueError: a credit is taken and there is no budget.
    """
    olds = {(action.round, action.kind): action for action in before.actions}
    for action in after.actions:
        if action.kind is not ActionKind.CREDIT or action.amount is None:
            continue
        old = olds.get((action.round, action.kind))
        held, holds = _holds(old), _holds(action)
        if holds and not held:
            if budget is None:
                raise ValueError(f"case {after.id}: a credit of {action.amount} without a budget")
            month = month_of(after.brand, _taken_at(action))
            return Spend(month=month, amount=action.amount, budget=budget)
        if held and not holds and old is not None and old.amount is not None:
            month = month_of(after.brand, _taken_at(old))
            return Spend(month=month, amount=old.amount, budget=old.amount, back=True)
    return None


def holds_budget(action: Action) -> bool:
    """Whether this credit counts against the case's cap and the month's budget."""
    return action.kind is ActionKind.CREDIT and action.state in _HOLDS_BUDGET


def _holds(action: Action | None) -> bool:
    return action is not None and holds_budget(action)


def _taken_at(action: Action) -> datetime:
    assert action.approved_at is not None, "an approved credit says when"
    return action.approved_at
