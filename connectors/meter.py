"""What calls to a platform that bills them cost: connectors add, whoever keeps books takes."""

from dataclasses import dataclass
from threading import Lock
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, kw_only=True)
class Bill:
    """Sums in millionths of a US dollar."""

    reading: int = 0
    sending: int = 0

    def __bool__(self) -> bool:
        return bool(self.reading or self.sending)


class Meter:
    """Adds up the list prices of calls until somebody takes the sums. Thread-safe."""

    def __init__(self) -> None:
        self._bill = Bill()
        self._lock = Lock()

    def add(self, micro_usd: int, *, sending: bool) -> None:
        """Count what a call costs, in millionths of a US dollar."""
        with self._lock:
            self._bill = Bill(
                reading=self._bill.reading + (0 if sending else micro_usd),
                sending=self._bill.sending + (micro_usd if sending else 0),
            )

    def take(self) -> Bill:
        """What was added since the last time."""
        with self._lock:
            bill, self._bill = self._bill, Bill()
        return bill


@runtime_checkable
class Paid(Protocol):
    """A connector whose platform bills each call."""

    @property
    def meter(self) -> Meter:
        """Where it adds what its calls cost."""
