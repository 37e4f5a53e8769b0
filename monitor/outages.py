"""What fails, since when, and when to try again. An outage is logged once, and its end.

Lives in memory: after a restart everything is tried once more.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

log = logging.getLogger(__name__)

#: First wait after a failure that names no time of its own; doubled with each further one.
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
#: A wait is stretched by up to this share, so that a fleet does not ask in step.
JITTER = 0.2
#: A service that asks for less patience than this is busy, not out of order.
BRIEF = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A service that does not answer, or an item that cannot be worked on."""

    since: datetime
    failures: int
    retry_at: datetime
    reason: str
    told: bool = True  #: whether the log says so
    setup: bool = False  #: it does not end by itself: a login, a permission or a setting


class Outages:
    """Remembers each outage by name. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, Outage] = {}
        self._lock = Lock()

    def failed(
        self,
        name: str,
        reason: str,
        now: datetime,
        retry_at: datetime | None = None,
        *,
        setup: bool = False,
    ) -> Outage:
        """Note a failure.

        Args:
            name: The service or the item.
            reason: What it said, for people.
            now: Aware UTC.
            retry_at: When to ask again by the service's own word; None: the wait grows.
            setup: Whether a person must mend it.
        """
        with self._lock:
            before = self._known.get(name)
            told = before is not None and before.told
            failures = before.failures + 1 if before else 1
            outage = Outage(
                since=before.since if before else now,
                failures=failures,
                retry_at=max(retry_at, now) if retry_at else now + wait(name, failures),
                reason=reason,
                setup=setup,
                told=told or retry_at is None or retry_at - now > BRIEF,
            )
            self._known[name] = outage
        if outage.told and not told:
            log.warning("%s: out of order: %s", name, reason)
        return outage

    def recovered(self, name: str, now: datetime) -> None:
        """Note that it works; logs the end of an outage, else nothing."""
        with self._lock:
            outage = self._known.pop(name, None)
        if outage and outage.told:
            log.warning("%s: in order again after %s", name, now - outage.since)

    def waiting(self, name: str, now: datetime) -> bool:
        """Whether it is too early to ask again."""
        with self._lock:
            outage = self._known.get(name)
        return outage is not None and now < outage.retry_at

    def get(self, name: str) -> Outage | None:
        """The outage of that name, while there is one."""
        with self._lock:
            return self._known.get(name)

    def now(self) -> dict[str, Outage]:
        """Every outage that is going on, by name."""
        with self._lock:
            return dict(self._known)


def wait(name: str, failures: int) -> timedelta:
    """How long to wait after so many failures in a row; the same for the same name and count."""
    plain = min(FIRST_WAIT * int(2 ** min(failures - 1, 20)), LONGEST_WAIT)
    share = sha256(f"{name} {failures}".encode()).digest()[0] / 255
    return plain * (1 + JITTER * share)
