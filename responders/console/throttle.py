"""Guessing is slowed down: after a few failures each next one must wait longer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

_LONGEST = timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(hours=1)
#: More keys than this are not remembered, so that an attacker cannot fill the memory.
_KEYS = 10_000


@dataclass(kw_only=True)
class _Failures:
    count: int
    last: datetime


class Throttle:
    """Counts failures by key, such as an address or a user's name."""

    def __init__(self, clock: Callable[[], datetime], *, free: int) -> None:
        """Remembers nothing yet.

        Args:
            clock: The present moment.
            free: So many failures cost no waiting.
        """
        self._clock = clock
        self._free = free
        self._failures: dict[str, _Failures] = {}

    def wait(self, key: str) -> timedelta:
        """How long until the next try is looked at; zero: now."""
        failures = self._failures.get(key)
        if failures is None or failures.count < self._free:
            return timedelta()
        pause = min(timedelta(seconds=2 ** min(failures.count - self._free + 1, 20)), _LONGEST)
        return max(failures.last + pause - self._clock(), timedelta())

    def count(self, key: str) -> None:
        """Count a try as a failure. Called before it is looked at, so that none slips past."""
        now = self._clock()
        failures = self._failures.pop(key, None)
        if failures is None or now - failures.last > _FORGOTTEN_AFTER:
            failures = _Failures(count=0, last=now)
        self._failures[key] = _Failures(count=failures.count + 1, last=now)
        while len(self._failures) > _KEYS:
            del self._failures[next(iter(self._failures))]  # the one that failed longest ago

    def forgive(self, key: str) -> None:
        """The try was right after all."""
        self._failures.pop(key, None)
