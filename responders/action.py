"""One thing to send, and every state that it can be in.

    approved ──claim──> sending ──answered──> sent ──> retracted | reversed
       ^  |                |──not applied──> approved (later) ──8 times──> failed
       |  |                |──refused──────> failed ──> dependents cancelled
       |  |                '──no answer────> unknown ──found──> sent
       |  |                                     |──absent twice──> approved (reads reliable)
       |  |──cannot be sent by us──> by_hand ──> sent | cancelled
       |  |──private channel closed──> waiting ──> approved | cancelled
       |  '──undo──> cancelled                  '──> needs_human ──> sent | approved | cancelled
       '──────────────── a person says: send it again ──────────────'

The moves and the reasons are those of the outbox pattern with reconciliation by reading back:
platforms without idempotency keys allow nothing better (README, "Exactly once").
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from connectors.base import Receipt
from responders.draft import Override
from responders.money import Money

ActionId = NewType("ActionId", int)


class ActionKind(StrEnum):
    """What is sent."""

    PUBLIC = "public"
    PRIVATE = "private"
    CREDIT = "credit"
    HOLDING = "holding"  #: a short first word where a person writes the rest
    FOLLOW_UP = "follow_up"


class ActionState(StrEnum):
    """Where it stands."""

    APPROVED = "approved"  #: a person clicked; leaves at `not_before`
    WAITING = "waiting"  #: the private channel opens when the customer writes
    BY_HAND = "by_hand"  #: a person posts it and says so
    SENDING = "sending"  #: the request may be on the wire
    UNKNOWN = "unknown"  #: no answer came; being looked for, never repeated
    NEEDS_HUMAN = "needs_human"  #: neither found nor proved absent
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RETRACTED = "retracted"  #: was sent, then deleted there
    REVERSED = "reversed"  #: a credit taken back


#: Every move that is allowed; the store refuses any other.
MOVES: dict[ActionState, frozenset[ActionState]] = {
    ActionState.APPROVED: frozenset(
        {
            ActionState.SENDING,
            ActionState.WAITING,
            ActionState.BY_HAND,
            ActionState.CANCELLED,
            ActionState.FAILED,
            ActionState.NEEDS_HUMAN,
            ActionState.UNKNOWN,  # a restored or copied database: it may be out from elsewhere
        }
    ),
    ActionState.WAITING: frozenset(
        {ActionState.APPROVED, ActionState.CANCELLED, ActionState.UNKNOWN}
    ),
    ActionState.BY_HAND: frozenset({ActionState.SENT, ActionState.CANCELLED}),
    ActionState.SENDING: frozenset(
        {ActionState.SENT, ActionState.APPROVED, ActionState.FAILED, ActionState.UNKNOWN}
    ),
    ActionState.UNKNOWN: frozenset(
        {ActionState.SENT, ActionState.APPROVED, ActionState.NEEDS_HUMAN}
    ),
    ActionState.NEEDS_HUMAN: frozenset(
        {ActionState.SENT, ActionState.APPROVED, ActionState.CANCELLED}
    ),
    ActionState.SENT: frozenset({ActionState.RETRACTED, ActionState.REVERSED}),
    ActionState.FAILED: frozenset({ActionState.APPROVED, ActionState.CANCELLED}),
    # A person approves again what was undone; the way may be another by then.
    ActionState.CANCELLED: frozenset(
        {ActionState.APPROVED, ActionState.WAITING, ActionState.BY_HAND}
    ),
    ActionState.RETRACTED: frozenset(),
    ActionState.REVERSED: frozenset(),
}

#: Nothing more happens by itself.
SETTLED = frozenset(
    {
        ActionState.SENT,
        ActionState.FAILED,
        ActionState.CANCELLED,
        ActionState.RETRACTED,
        ActionState.REVERSED,
    }
)


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing to send in one round of a case; unique on (case, round, kind).

    `text` of a private message holds draft.CODE_PLACEHOLDER where a code goes, never the code.
    """

    id: ActionId | None = None  #: None until stored
    kind: ActionKind
    round: int
    state: ActionState = ActionState.APPROVED
    key: str  #: ours, unguessable, the same on every try: the platform's idempotency key
    text: str = ""
    amount: Money | None = None  #: of a credit
    depends_on: ActionKind | None = None  #: must be sent before this one leaves, same round
    approved_by: str = ""
    approved_at: datetime | None = None
    not_before: datetime | None = None  #: end of the undo window, or the next try
    attempt: int = 0  #: times it went on the wire
    fence: int = 0  #: raised by every claim; a claim of an older fence may write nothing
    owner: str = ""  #: who claimed it
    intent_at: datetime | None = None  #: written before the wire
    lease_until: datetime | None = None
    settle_until: datetime | None = None  #: before that, absence proves nothing
    absent_at: tuple[datetime, ...] = ()  #: when we looked after settling and did not find it
    receipt: Receipt | None = None
    error_code: str = ""
    error: str = ""  #: one sentence for the card, without secrets
    retract_by: str = ""  #: who asked to take it down; the job does it
    override: Override | None = None  #: what a lead let pass of the guard's findings in `text`

    @property
    def settled(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in SETTLED
