"""Why nothing leaves now although a person approved it; monitor/holds.py makes the reasons."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from responders.action import ActionKind
from responders.case import Case


class HoldCode(StrEnum):
    """What holds; stands in `Action.error_code` while it does."""

    SHADOW = "shadow"
    AWAY = "away"  #: a copy of the database, or another host
    PAUSED = "paused"
    INCIDENT = "incident"  #: a person declared one for the brand
    QUIET = "quiet"  #: the team's quiet hours
    MONEY = "money"  #: the platform's budget of the month is used up
    OUTAGE = "outage"  #: the platform does not take it just now


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Nothing leaves, and nothing is lost by that: what is held leaves afterwards."""

    code: HoldCode
    why: str  #: one or two whole sentences for the card and for whoever clicked
    #: Before then (aware UTC) it is not worth looking again; None: it may be over at any time.
    until: datetime | None = None


#: What holds an action of a case at a moment; None: it may leave.
Holds = Callable[[Case, ActionKind, datetime], Hold | None]
