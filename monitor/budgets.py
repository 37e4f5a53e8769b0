"""Keeps each platform that bills its calls within its month's money.

Reading stops first, so that what people approve can still be sent; sending stops at the limit, and
may pass it by the price of one call. Prices are the list's; the platform's own bill counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from connectors.errors import TryLater
from connectors.meter import Bill, Meter
from monitor.clock import Clock

#: The part of the month's money that reading leaves to sending: one in so many.
LEFT_FOR_SENDING = 10


class CostBook(Protocol):
    """Where it is written down."""

    def add(self, source: str, day: date, bill: Bill) -> None:
        """Add to the sums of a day in UTC."""

    def between(self, source: str, start: date, end: date) -> Bill:
        """What the days of [start, end) came to."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a platform cost in a month so far, in millionths of a US dollar."""

    source: str
    month: str  #: such as "2026-11"
    bill: Bill
    limit: int | None  #: None: there is none

    @property
    def spent(self) -> int:
        """Reading and sending."""
        return self.bill.reading + self.bill.sending

    @property
    def reading_over(self) -> bool:
        """Whether reading must stop."""
        return self.limit is not None and self.spent >= self.limit - self.limit // LEFT_FOR_SENDING

    @property
    def sending_over(self) -> bool:
        """Whether sending must stop as well."""
        return self.limit is not None and self.spent >= self.limit

    def __str__(self) -> str:
        of = f" of {dollars(self.limit)}" if self.limit is not None else ""
        parts = f"reading {dollars(self.bill.reading)}, sending {dollars(self.bill.sending)}"
        return f"{dollars(self.spent)}{of} in {self.month}, at list prices ({parts})"


class Budgets:
    """The books and the limits of every platform that bills its calls."""

    def __init__(
        self,
        book: CostBook,
        *,
        meters: Mapping[str, Meter],
        limits: Mapping[str, int | None],
        clock: Clock,
    ) -> None:
        """Begin with what the books say.

        Args:
            book: Where it is written down.
            meters: What connectors count, by source.
            limits: Of a month, in millionths of a US dollar, by source; None: no limit.
            clock: Gives the present moment.
        """
        self._book = book
        self._meters = meters
        self._limits = limits
        self._clock = clock

    def note(self) -> None:
        """Write down what was counted since the last time.

        Called after each page and each step; a process that dies in between forgets that one.
        """
        for source, meter in self._meters.items():
            bill = meter.take()
            if not bill:
                continue
            try:
                self._book.add(source, self._clock().astimezone(UTC).date(), bill)
            except BaseException:
                meter.add(bill.reading, sending=False)
                meter.add(bill.sending, sending=True)
                raise

    def standing(self, source: str) -> Standing | None:
        """What a platform cost this month; None: it bills nothing."""
        if source not in self._meters:
            return None
        today = self._clock().astimezone(UTC).date()
        first = today.replace(day=1)
        bill = self._book.between(source, first, _next_month(first))
        limit = self._limits.get(source)
        return Standing(source=source, month=f"{first:%Y-%m}", bill=bill, limit=limit)

    def standings(self) -> tuple[Standing, ...]:
        """What each platform cost this month, by name."""
        found = (self.standing(source) for source in sorted(self._meters))
        return tuple(standing for standing in found if standing is not None)

    def require_reading(self, source: str) -> None:
        """Ask before each page.

        Raises:
            TryLater: the month's money for reading is used up.
        """
        if self._limits.get(source) is None:
            return
        standing = self.standing(source)
        if standing is not None and standing.reading_over:
            end = _next_month(self._clock().astimezone(UTC).date().replace(day=1))
            raise TryLater(
                f"the month's money for reading is used up ({standing}); raise "
                f"[connectors.{source}] monthly_budget and restart, or wait for the next month",
                at=datetime(end.year, end.month, end.day, tzinfo=UTC),
            )

    def sending_over(self, source: str) -> str:
        """Why nothing can be sent on a platform; "" where its money allows it."""
        if self._limits.get(source) is None:
            return ""
        standing = self.standing(source)
        if standing is None or not standing.sending_over:
            return ""
        return (
            f"The month's money for {source} is used up: {dollars(standing.spent)} of "
            f"{dollars(standing.limit or 0)}. Whoever runs Amends can raise monthly_budget."
        )


def dollars(micro_usd: int) -> str:
    """Rounded up to the cent, such as "12.35 USD"."""
    cents = -(-micro_usd // 10_000)
    return f"{cents // 100}.{cents % 100:02} USD"


def _next_month(first: date) -> date:
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
