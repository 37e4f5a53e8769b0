"""What the team is told that is no card: a list, a reminder, a remark below a card. Values only."""

from dataclasses import dataclass
from datetime import datetime

from responders.card import Button, Card


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a bulletin.

    A button of it acts on the case that stands beside it, as the same button of its card would.
    """

    text: str  #: our own words; `<@U…>` in them is shown as a name
    quoted: str = ""  #: what a customer wrote: escape it
    at: datetime | None = None  #: shown in each reader's own time zone
    card: Card | None = None
    button: Button | None = None


@dataclass(frozen=True, kw_only=True)
class Bulletin:
    """A message to the team."""

    key: str  #: names it for good, such as "morning Acme 2026-11-23": it is posted once
    title: str  #: our own words, on one line
    lines: tuple[Line, ...] = ()
    more: int = 0  #: lines that are left out
