"""In-memory books with the contract of the real store; tests/contracts/test_books.py holds them.

Thread-safe like the store, and as forgetful as a process: a crash test keeps the book and throws
everything else away.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from threading import RLock

from monitor.moves import check
from responders.action import Action, ActionId, ActionKind, ActionState
from responders.case import (
    BudgetSpent,
    Case,
    CaseId,
    Change,
    Due,
    MentionId,
    Note,
    Promise,
    Spend,
)
from responders.credit.pool import Code, NoCodeLeft
from responders.money import Money
from responders.verdict import Label


class FakeCaseBook:
    """Cases in a dict; `save` writes whole or not at all, by the rules of `CaseBook`."""

    def __init__(self, *cases: Case) -> None:
        self._lock = RLock()
        self._action_ids = count(1)
        self._cases: dict[CaseId, Case] = {}
        self._keys: dict[str, CaseId] = {}
        self._filed: dict[MentionId, CaseId] = {}
        self.notes: list[tuple[CaseId, datetime, Note]] = []  #: the audit, oldest first
        self.labels: list[Label] = []
        self.promises: list[Promise] = []
        #: What the month's credits came to, by (brand, month, currency).
        self.spent: dict[tuple[str, str, str], int] = {}
        for case in cases:
            self.put(case)

    def put(self, case: Case) -> Case:
        """Arrange a case as it is, in any state; actions without an id get one."""
        with self._lock:
            self._refuse_what_is_taken(case)
            self._cases[case.id] = self._numbered(case)
            return self._cases[case.id]

    def get(self, case_id: CaseId) -> Case:
        with self._lock:
            if case_id not in self._cases:
                raise KeyError(f"there is no case {case_id}")
            return self._cases[case_id]

    def save(self, change: Change, now: datetime) -> bool:
        check(change)
        with self._lock:
            stored = self.get(change.before.id)
            if stored.revision != change.before.revision or _overtaken(stored, change):
                return False
            self._refuse_what_is_taken(change.after)
            if change.spend is not None:
                self._book(stored.brand, change.spend)
            after = replace(change.after, revision=stored.revision + 1)
            self._cases[stored.id] = self._numbered(after)
            if change.label is not None:
                self.labels.append(change.label)
            self.promises.extend(change.promises)
            self.notes.extend((stored.id, now, note) for note in change.notes)
            return True

    def due(self, now: datetime, limit: int = 200) -> tuple[Due, ...]:
        """Actions that a job should look at now, oldest first; see `Actions.due` of the store."""
        with self._lock:
            found = [
                (
                    action.id or 0,
                    Due(
                        case_id=case.id,
                        kind=action.kind,
                        round=action.round,
                        state=action.state,
                        brand=case.brand,
                        platform=case.subject.mention.platform,
                    ),
                )
                for case in self._cases.values()
                for action in case.actions
                if _is_due(case, action, now)
            ]
        return tuple(due for _, due in sorted(found, key=lambda pair: pair[0])[:limit])

    def find(self, key: str) -> tuple[CaseId, Action] | None:
        """The action with that key and its case."""
        with self._lock:
            for case in self._cases.values():
                for action in case.actions:
                    if action.key == key:
                        return case.id, action
        return None

    def _refuse_what_is_taken(self, case: Case) -> None:
        """An action's key and a post belong to one case."""
        taken = any(self._keys.get(action.key, case.id) != case.id for action in case.actions)
        filed = any(self._filed.get(entry.id, case.id) != case.id for entry in case.entries)
        if taken or filed:
            raise ValueError(
                f"case {case.id}: an action's key or a post of this change belongs to another "
                "case; nothing was written"
            )
        self._keys |= {action.key: case.id for action in case.actions}
        self._filed |= {entry.id: case.id for entry in case.entries}

    def _numbered(self, case: Case) -> Case:
        actions = tuple(
            action
            if action.id is not None
            else replace(action, id=ActionId(next(self._action_ids)))
            for action in case.actions
        )
        return replace(case, actions=actions)

    def _book(self, brand: str, spend: Spend) -> None:
        place = (brand, spend.month, spend.amount.currency)
        spent = self.spent.get(place, 0)
        if spend.budget.currency != spend.amount.currency:
            raise ValueError(f"a credit of {spend.amount} against a budget of {spend.budget}")
        if spend.back:
            if spent < spend.amount.minor:
                raise ValueError(f"{spend.amount} was never taken from the budget of {spend.month}")
            self.spent[place] = spent - spend.amount.minor
        elif spent + spend.amount.minor > spend.budget.minor:
            left = Money(minor=max(0, spend.budget.minor - spent), currency=spend.budget.currency)
            raise BudgetSpent(
                f"{spend.amount} does not fit into the budget of {spend.month}: {left} is left"
            )
        else:
            self.spent[place] = spent + spend.amount.minor


def _overtaken(stored: Case, change: Change) -> bool:
    """Whether an action that the change moves is not where it was read."""
    return any(
        known is not None and (known.state, known.fence) != (old.state, old.fence)
        for old in change.before.actions
        if old != change.after.action(old.kind, old.round)
        for known in [stored.action(old.kind, old.round)]
    )


def _is_due(case: Case, action: Action, now: datetime) -> bool:
    reached = action.not_before is None or action.not_before <= now
    match action.state:
        case ActionState.APPROVED:
            return reached and _parent_is_out(case, action)
        case ActionState.SENDING:
            return action.lease_until is None or action.lease_until <= now
        case ActionState.UNKNOWN:
            return reached and (action.settle_until is None or action.settle_until <= now)
        case ActionState.SENT:
            return reached and action.retract_by != ""
        case _:
            return False


def _parent_is_out(case: Case, action: Action) -> bool:
    kind: ActionKind | None = action.depends_on
    if kind is None:
        return True
    parent = case.action(kind, action.round)
    return parent is None or parent.state is ActionState.SENT


class FakeCreditBook:
    """A pool of codes; each belongs to one action's key, or to nobody yet."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._codes: dict[str, Code] = {}
        self._taken: dict[str, str] = {}  #: codes by key

    def import_codes(self, codes: Sequence[Code]) -> int:
        with self._lock:
            before = len(self._codes)
            for code in codes:
                self._codes.setdefault(code.code, code)
            return len(self._codes) - before

    def take(self, key: str, amount: Money, now: datetime) -> str:
        with self._lock:
            if key not in self._taken:
                free = [code.code for code in self._free(now) if code.amount == amount]
                if not free:
                    raise NoCodeLeft(f"no unused code of {amount} is left")
                self._taken[key] = free[0]
            return self._taken[key]

    def peek(self, key: str) -> str | None:
        return self._taken.get(key)

    def give_back(self, key: str) -> None:
        with self._lock:
            self._taken.pop(key, None)

    def left(self, now: datetime) -> tuple[tuple[Money, int], ...]:
        with self._lock:
            counts = Counter(code.amount for code in self._free(now))
        return tuple(sorted(counts.items(), key=lambda item: (item[0].minor, item[0].currency)))

    def _free(self, now: datetime) -> list[Code]:
        today, taken = now.astimezone(UTC).date(), set(self._taken.values())
        return [
            code
            for code in self._codes.values()
            if code.code not in taken and (code.expires is None or code.expires >= today)
        ]
