"""When the team is there, and who is on duty. Pure: holidays and people come from the settings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Further ahead than any run of holidays; without an opening by then, time counts as it runs.
_HORIZON = timedelta(days=60)
EVERY_DAY = frozenset(range(7))


def never(_day: date) -> bool:
    """No day is a holiday."""
    return False


@dataclass(frozen=True, kw_only=True)
class Hours:
    """When a team is there, in one time zone. Hours that end before they begin go past midnight.

    Attributes:
        between: Opening and closing time, such as ("09:00", "17:00"); None: the whole day.
        days: Of the week, Monday is 0.
        holiday: Whether nobody is there on a day of the zone.
    """

    zone: str = "UTC"
    between: tuple[str, str] | None = None
    days: frozenset[int] = EVERY_DAY
    holiday: Callable[[date], bool] = never

    def open_at(self, at: datetime) -> bool:
        """Whether somebody is there at that moment."""
        return any(start <= at < end for start, end in self._near(at, timedelta(days=1)))

    def opened_at(self, at: datetime) -> datetime | None:
        """When the present opening began (aware UTC); None where nobody is there."""
        return next((s for s, e in self._near(at, timedelta(days=1)) if s <= at < e), None)

    def closes_at(self, at: datetime) -> datetime | None:
        """When the present opening ends (aware UTC); None where nobody is there."""
        return next((e for s, e in self._near(at, timedelta(days=1)) if s <= at < e), None)

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The moment at which that much open time has passed since then (aware UTC)."""
        left = span
        for opens, closes in self._near(start, _HORIZON):
            begin = max(opens, start)
            if closes - begin >= left and closes > start:
                return begin + left
            left -= max(closes - begin, timedelta())
        return start.astimezone(UTC) + span

    def _near(self, at: datetime, ahead: timedelta) -> Iterator[tuple[datetime, datetime]]:
        """Openings from the day before that moment on, in order (aware UTC)."""
        zone = ZoneInfo(self.zone)
        day = at.astimezone(zone).date() - timedelta(days=1)
        last = (at + ahead).astimezone(zone).date()
        while day <= last:
            if day.weekday() in self.days and not self.holiday(day):
                yield self._opening(day, zone)
            day += timedelta(days=1)

    def _opening(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        first, last = self.between or ("00:00", "00:00")
        opens, closes = time.fromisoformat(first), time.fromisoformat(last)
        until = day if closes > opens else day + timedelta(days=1)
        start = datetime.combine(day, opens, zone).astimezone(UTC)
        return start, datetime.combine(until, closes, zone).astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Who is on duty when, and who stands in."""

    person: str  #: a Slack user id or a console name
    deputy: str = ""
    hours: Hours = field(default_factory=Hours)


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Who is on duty: the first shift that fits; outside all of them the lead."""

    shifts: tuple[Shift, ...] = ()
    lead: str = ""

    def on_duty(self, at: datetime) -> str:
        """The person on duty at that moment; "": nobody is named."""
        shift = self._shift(at)
        return shift.person if shift else self.lead

    def deputy(self, at: datetime) -> str:
        """Who is called where the person on duty does not answer; "": nobody else is named."""
        shift = self._shift(at)
        second = (shift.deputy or self.lead) if shift else ""
        return second if second != self.on_duty(at) else ""

    def _shift(self, at: datetime) -> Shift | None:
        return next((shift for shift in self.shifts if shift.hours.open_at(at)), None)
