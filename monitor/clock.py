"""The only reader of the clock. Everything else takes `now`."""

from collections.abc import Callable
from datetime import UTC, datetime

#: Gives the present moment, aware UTC. Tests pass their own.
Clock = Callable[[], datetime]


def now() -> datetime:
    """The present moment, aware UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that may
