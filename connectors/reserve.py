"""What a call is for, and limits that reading and sending share: reading leaves some to sending.

A platform says with each answer how many calls are left until when. Reading stops before the last
ones; what is done for an answer that a person approved (looking at the post, finding our own reply,
the answer itself) may take them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from connectors.errors import TryLater

#: Calls that reading leaves: a tenth of what a window allows, and at most so many.
_SHARE, _MOST = 10, 10

_for_sending: ContextVar[bool] = ContextVar("for_sending", default=False)
_is_proof: ContextVar[bool] = ContextVar("is_proof", default=False)


@contextmanager
def for_sending(*, proof: bool = False) -> Iterator[None]:
    """What is called inside serves an answer that a person approved.

    Args:
        proof: It looks whether that answer is out, see `is_proof`.
    """
    token, of_proof = _for_sending.set(True), _is_proof.set(proof)
    try:
        yield
    finally:
        _is_proof.reset(of_proof)
        _for_sending.reset(token)


def is_for_sending() -> bool:
    """Whether the present call serves an answer that a person approved."""
    return _for_sending.get()


def is_proof() -> bool:
    """Whether what is not found now counts as never sent: what cannot be read must be raised."""
    return _is_proof.get()


@dataclass(frozen=True, kw_only=True)
class _Window:
    limit: int
    left: int
    ends: float  #: by the stopwatch
    ends_at: datetime  #: by the platform's clock


class Reserve:
    """The windows of one login. Thread-safe.

    Args:
        service: How people call the platform.
        monotonic: A stopwatch in seconds, so that a wrong clock here does no harm.
    """

    def __init__(self, service: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._monotonic = monotonic
        self._windows: dict[str, _Window] = {}
        self._lock = Lock()

    def heed(self, window: str) -> None:
        """Ask before a call of reading.

        Raises:
            TryLater: the calls that are left belong to what people approved; nothing was asked.
        """
        with self._lock:
            known = self._windows.get(window)
        if known is None or _for_sending.get() or self._monotonic() >= known.ends:
            return
        if known.left <= min(_MOST, known.limit // _SHARE):
            raise TryLater(
                f"{self._service}'s rate limit is used up but for what is to be sent; "
                "nothing was asked",
                at=known.ends_at,
            )

    def note(self, window: str, *, limit: int, left: int, ends_at: datetime, now: datetime) -> None:
        """Remember what an answer said.

        Args:
            window: Calls with one name share a limit.
            limit: How many the window allows in all.
            left: How many of them are left.
            ends_at: When it ends, by the platform's clock.
            now: The present moment, by the platform's clock.
        """
        span = max(ends_at - now, timedelta())
        made = _Window(
            limit=limit,
            left=left,
            ends=self._monotonic() + span.total_seconds(),
            ends_at=ends_at,
        )
        with self._lock:
            self._windows[window] = made
