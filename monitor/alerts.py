"""What nobody can wait for a card to tell: a login that ended, and money that ran out.

Each is told once: in the channel, and a login also to the person on duty by every way there is.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from monitor.board import Board
from monitor.budgets import Standing
from monitor.outages import Outage
from monitor.pager import Page
from responders.bulletin import Bulletin, Line
from responders.handover import shown

#: Gone by itself before that, it was no business of a person.
PATIENCE = timedelta(minutes=1)


class Channel(Protocol):
    """A way to reach a person outside Slack."""

    def send(self, page: Page) -> None:
        """Tell them; raises a ConnectorError."""


class Once(Protocol):
    """Does a thing unless it was done; remembers that in the database."""

    def __call__(self, key: str, do: Callable[[], object], *, service: str = "slack") -> int:
        """1 where this call did it."""


class Alerts:
    """The jobs."""

    def __init__(
        self,
        board: Board | None,
        *,
        on_duty: Callable[[datetime], str],
        channels: Mapping[str, Channel],
        outages: Callable[[], Mapping[str, Outage]],
        standings: Callable[[], tuple[Standing, ...]],
        once: Once,
        clock: Callable[[], datetime],
    ) -> None:
        """Tells nobody yet.

        Args:
            board: Where bulletins hang; None: there is no Slack.
            on_duty: Who is on duty at a moment; "": nobody is named.
            channels: Ways outside Slack, by name.
            outages: Who cannot be reached.
            standings: What each paid platform cost this month.
            once: Remembers what was told.
            clock: The present moment.
        """
        self._board = board
        self._on_duty = on_duty
        self._channels = channels
        self._outages = outages
        self._standings = standings
        self._once = once
        self._clock = clock

    def logins(self) -> int:
        """Reach the person on duty where only a person can mend something."""
        now, steps = self._clock(), 0
        for name, outage in self._outages().items():
            if outage.setup and now - outage.since >= PATIENCE:
                # A login that ends again on another day is told again.
                steps += self._page(name, outage, f"login {name} {outage.since:%Y-%m-%d}", now)
        return steps

    def _page(self, name: str, outage: Outage, key: str, now: datetime) -> int:
        person, steps = self._on_duty(now), 0
        title = f"{name}: needs a person since {outage.since:%H:%M} UTC"
        if self._board is not None:
            board = self._board
            who = f"{shown(person)}: " if person else ""
            lines = (Line(text=outage.reason),)
            bulletin = Bulletin(key=key, title=f"🔑 {who}{title}.", lines=lines)
            steps += self._once(f"{key} slack", lambda: board.once(bulletin))
        if person:
            text = f"{outage.reason}\nWhat was approved waits, and nothing of it was sent.\n"
            page = Page(key=key, to=person, title=f"Amends: {title}", text=text)
            for way, channel in self._channels.items():
                steps += self._once(f"{key} {way}", _sending(channel, page), service=way)
        return steps

    def money(self) -> int:
        """Say once a month that reading stops, and once that sending does."""
        if self._board is None:
            return 0
        board, steps = self._board, 0
        for standing in self._standings():
            source = standing.source
            stops = {"reading": standing.reading_over, "sending": standing.sending_over}
            for what, over in stops.items():
                if over:
                    key = f"money {source} {standing.month} {what}"
                    title = f"💸 {source}: {what} stops, the month's money is used up."
                    do = f"Raise [connectors.{source}] monthly_budget and restart, or wait."
                    lines = (Line(text=f"{standing}. {do}"),)
                    bulletin = Bulletin(key=key, title=title, lines=lines)
                    steps += self._once(key, _posting(board, bulletin))
        return steps


def _sending(channel: Channel, page: Page) -> Callable[[], None]:
    return lambda: channel.send(page)


def _posting(board: Board, bulletin: Bulletin) -> Callable[[], bool]:
    return lambda: board.once(bulletin)
