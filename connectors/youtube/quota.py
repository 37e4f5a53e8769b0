"""YouTube's daily units: what a call costs, and how many are left today.

Source: developers.google.com/youtube/v3/determine_quota_cost, read 2026-11: 10,000 units a day for
a project, until midnight Pacific time; reading costs 1, writing and deleting 50.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import RLock
from zoneinfo import ZoneInfo

from connectors.errors import TryLater

READ, WRITE = 1, 50
PER_DAY = 10_000
_PACIFIC = ZoneInfo("America/Los_Angeles")


def day_of(moment: datetime) -> str:
    """The day whose units a call of that moment takes."""
    return moment.astimezone(_PACIFIC).date().isoformat()


def next_day(moment: datetime) -> datetime:
    """When there are new units, aware UTC."""
    tomorrow = moment.astimezone(_PACIFIC).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=_PACIFIC)
    return midnight.astimezone(moment.tzinfo)


class Quota:
    """Counts units. Knows the time from YouTube's own answers.

    Args:
        per_day: Units of our project.
        for_writes: Units that reading leaves to what a person has approved.
        monotonic: Measures how long ago the last answer came, in seconds.
    """

    def __init__(
        self,
        *,
        per_day: int,
        for_writes: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_day = per_day
        self._for_writes = for_writes
        self._monotonic = monotonic
        self._lock = RLock()
        self._told: tuple[datetime, float] | None = None
        self.day = ""
        self.spent = 0

    def spend(self, units: int) -> None:
        """Take the units of one call.

        Raises:
            TryLater: they are used up for today. Nothing was asked.
        """
        with self._lock:
            now = self._now()
            if now is not None:
                self._turn_to(day_of(now))
            most = self._per_day - (self._for_writes if units < WRITE else 0)
            # Without an answer in this process nobody knows whether the day is over: ask.
            if now is not None and self.spent + units > most:
                raise TryLater(
                    "YouTube's units for today are used up but for replies; nothing was asked."
                    if units < WRITE
                    else "YouTube's units for today are used up; nothing was sent.",
                    at=next_day(now),
                )
            self.spent += units

    def heard(self, said_at: datetime | None) -> None:
        """An answer came, and its server said what time it is."""
        if said_at is not None:
            with self._lock:
                self._told = (said_at, self._monotonic())
                self._turn_to(day_of(said_at))

    def remember(self, day: str, spent: int) -> None:
        """What an earlier process has spent."""
        with self._lock:
            if day > self.day:
                self.day, self.spent = day, spent + (self.spent if not self.day else 0)
            elif day == self.day:
                self.spent = max(self.spent, spent)

    def _now(self) -> datetime | None:
        if self._told is None:
            return None
        said_at, then = self._told
        return said_at + timedelta(seconds=self._monotonic() - then)

    def _turn_to(self, day: str) -> None:
        if day > self.day:
            self.spent = self.spent if not self.day else 0
            self.day = day
