"""A case: a conversation with one author about one complaint, over all their mentions.

Values only. A person's decision or a job's result is a pure function from a Case to the next Case;
`Change` carries both, and a CaseBook writes it in one transaction, or not at all where somebody
else was first (the guard is the case's `revision`, raised by every change).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from connectors.base import Mention
from responders.action import Action, ActionKind, ActionState
from responders.draft import Draft
from responders.money import Money
from responders.verdict import Label, RedFlag, Verdict

CaseId = NewType("CaseId", int)
MentionId = NewType("MentionId", int)


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"  #: waits for a person's decision
    APPROVED = "approved"  #: decided; its actions are under way
    ANSWERED = "answered"  #: everything of this round is out
    DISMISSED = "dismissed"  #: a person decided not to answer
    NEEDS_HUMAN = "needs_human"  #: something went wrong that only a person can settle


#: Every move that is allowed; a new round (the customer answers) returns any state to open.
CASE_MOVES: dict[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset(
        {
            CaseState.APPROVED,
            CaseState.ANSWERED,  # a later round that needs no answer: "thanks!"
            CaseState.DISMISSED,
            CaseState.NEEDS_HUMAN,
        }
    ),
    CaseState.APPROVED: frozenset({CaseState.OPEN, CaseState.ANSWERED, CaseState.NEEDS_HUMAN}),
    CaseState.ANSWERED: frozenset({CaseState.OPEN, CaseState.NEEDS_HUMAN}),
    CaseState.DISMISSED: frozenset({CaseState.OPEN}),
    CaseState.NEEDS_HUMAN: frozenset(
        {CaseState.OPEN, CaseState.APPROVED, CaseState.ANSWERED, CaseState.DISMISSED}
    ),
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One post or message in the file of a case, in the order of the conversation."""

    id: MentionId
    mention: Mention
    verdict: Verdict | None = None  #: None: could not be judged yet, or it is our own
    round: int = 1


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything about one case that a person sees or decides by."""

    id: CaseId
    brand: str
    state: CaseState = CaseState.OPEN
    round: int = 1
    revision: int = 1  #: raised by every change; what the card was drawn from
    opened_at: datetime
    due_at: datetime | None = None  #: when the first answer is promised to ourselves
    entries: tuple[Entry, ...] = ()  #: oldest first; never empty
    draft: Draft | None = None  #: the newest revision of this round; None: not made yet
    actions: tuple[Action, ...] = ()  #: of all rounds, oldest first
    claimed_by: str = ""
    snoozed_until: datetime | None = None
    second_approver: str = ""  #: who agreed first where two must
    decided_by: str = ""
    decided_at: datetime | None = None
    dismissed_because: str = ""
    #: Complaints of this author in the 30 days before this case opened.
    earlier: int = 0

    @property
    def subject(self) -> Entry:
        """What we answer: the customer's newest public post of this round, else the newest."""
        theirs = [entry for entry in self.entries if not entry.mention.ours]
        public = [e for e in theirs if not e.mention.private and e.round == self.round]
        return (public or [e for e in theirs if not e.mention.private] or theirs)[-1]

    @property
    def verdict(self) -> Verdict:
        """The verdict on what we answer; an empty one while it could not be judged."""
        return self.subject.verdict or Verdict()

    @property
    def red_flags(self) -> tuple[RedFlag, ...]:
        """Every red flag of the round, in the order of the enum."""
        found = {
            flag
            for entry in self.entries
            if entry.round == self.round and entry.verdict
            for flag in entry.verdict.red_flags
        }
        return tuple(flag for flag in RedFlag if flag in found)

    def of_round(self) -> tuple[Action, ...]:
        """The actions of the present round."""
        return tuple(action for action in self.actions if action.round == self.round)

    def action(self, kind: ActionKind, round: int | None = None) -> Action | None:
        """The action of that kind in that round (the present one where none is given)."""
        wanted = self.round if round is None else round
        for action in self.actions:
            if action.kind is kind and action.round == wanted:
                return action
        return None

    def with_action(self, action: Action) -> "Case":
        """The same case with this action in place of the one of its kind and round."""
        same = [a.kind is action.kind and a.round == action.round for a in self.actions]
        if any(same):
            kept = tuple(action if hit else a for a, hit in zip(self.actions, same, strict=True))
        else:
            kept = (*self.actions, action)
        return replace(self, actions=kept)


@dataclass(frozen=True, kw_only=True)
class Spend:
    """A credit's place in the month's budget: taken with the approval, or given back."""

    month: str  #: "2026-11", in the brand's time zone
    amount: Money
    budget: Money
    back: bool = False  #: give back what an earlier Spend took


@dataclass(frozen=True, kw_only=True)
class Note:
    """One line of the audit: ids, states, names of staff and hashes, never a customer's words."""

    what: str  #: a stable word, such as "approved", "edited", "sent"
    by: str  #: a member of the team, or the job's name
    action: ActionKind | None = None
    was: str = ""
    now: str = ""
    hash: str = ""  #: of the text concerned
    detail: str = ""  #: for staff: a reason, an error code


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a decision or a job makes of a case: written whole, or not at all."""

    before: Case  #: as it was read; the guard is its revision
    after: Case
    notes: tuple[Note, ...]  #: at least one: nothing changes without a trace
    spend: Spend | None = None
    label: Label | None = None
    promises: tuple["Promise", ...] = ()  #: made in a text that was sent; only ever added


class BudgetSpent(Exception):
    """The month's budget for credits does not allow this one."""


class CaseBook(Protocol):
    """Where cases are kept. Approving, delivering and showing all write through `save`."""

    def get(self, case_id: CaseId) -> Case:
        """The case as it is now.

        Raises:
            KeyError: there is no such case.
        """

    def save(self, change: Change, now: datetime) -> bool:
        """Write the change and its audit in one transaction; the revision rises by one.

        False where the case has moved on since `before` was read: nothing was written, read
        again and decide again. A draft of a new revision is appended, actions without an id are
        inserted, changed ones are updated where their state and fence are still those of `before`.

        Raises:
            BudgetSpent: the spend does not fit into what is left of the budget.
            ValueError: a move that `CASE_MOVES` or `MOVES` does not allow.
        """


@dataclass(frozen=True, kw_only=True)
class Due:
    """An action that a job should look at now."""

    case_id: CaseId
    kind: ActionKind
    round: int
    state: ActionState
    brand: str = ""  #: of the case, so that a job need not read it to know
    platform: str = ""  #: of the case


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A commitment in a text that was sent, with its due time (aware UTC)."""

    case_id: CaseId
    words: str
    due_at: datetime
    owner: str = ""
    kept_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Incident:
    """Many cases with one cause."""

    id: int
    title: str
    cases: tuple[CaseId, ...] = field(default=())
    declared_by: str = ""
    declared_at: datetime | None = None
    ended_at: datetime | None = None
