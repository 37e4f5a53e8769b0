"""Opening hours, deadlines that count them, and who is on duty."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responders.duty import Hours, Roster, Shift

WORKDAYS = frozenset(range(5))
OFFICE = Hours(zone="Europe/Berlin", between=("09:00", "17:00"), days=WORKDAYS)
HOUR = timedelta(hours=1)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026; the 20th is a Friday, and Berlin is an hour ahead."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (utc(20, 7, 59), False),
        (utc(20, 8), True),
        (utc(20, 15, 59), True),
        (utc(20, 16), False),
        (utc(21, 10), False),
    ],
)
def test_a_team_is_there_in_its_own_time_zone_on_its_own_days(at: datetime, is_open: bool) -> None:
    assert OFFICE.open_at(at) is is_open
    assert (OFFICE.opened_at(at) is not None) is is_open


def test_a_deadline_counts_open_hours() -> None:
    assert OFFICE.after(utc(20, 10), HOUR) == utc(20, 11)
    assert OFFICE.after(utc(20, 15, 30), HOUR) == utc(23, 8, 30)
    assert OFFICE.after(utc(21, 12), HOUR) == utc(23, 9)
    assert OFFICE.after(utc(20, 8), 20 * HOUR) == utc(24, 12)


def test_a_deadline_that_ends_with_the_day_is_that_day() -> None:
    assert OFFICE.after(utc(20, 15), HOUR) == utc(20, 16)


def test_a_holiday_is_skipped() -> None:
    hours = Hours(
        zone="Europe/Berlin",
        between=("09:00", "17:00"),
        days=WORKDAYS,
        holiday=lambda day: day == date(2026, 11, 23),
    )

    assert hours.after(utc(20, 15, 30), HOUR) == utc(24, 8, 30)
    assert not hours.open_at(utc(23, 10))


def test_without_hours_time_counts_as_it_runs() -> None:
    assert Hours().after(utc(21, 3), 50 * HOUR) == utc(23, 5)
    assert Hours().open_at(utc(22, 3))


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin() -> None:
    night = Hours(between=("22:00", "06:00"), days=frozenset({4}))

    assert night.open_at(utc(20, 23))
    assert night.open_at(utc(21, 5))
    assert not night.open_at(utc(20, 5))
    assert night.opened_at(utc(21, 5)) == utc(20, 22)


def test_an_hour_that_the_clock_skips_is_no_open_hour() -> None:
    early = Hours(zone="Europe/Berlin", between=("01:00", "04:00"))

    opened = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)

    assert early.after(opened, 2 * HOUR) == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)
    assert not early.open_at(datetime(2026, 3, 29, 2, 30, tzinfo=UTC))


def test_a_team_that_is_never_there_has_deadlines_all_the_same() -> None:
    assert Hours(days=frozenset()).after(utc(20, 10), HOUR) == utc(20, 11)


@given(
    day=st.integers(0, 400 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    minutes=st.integers(0, 5000),
)
def test_a_deadline_lies_in_open_hours_and_longer_targets_are_never_sooner(
    day: timedelta, minutes: int
) -> None:
    start, span = utc(1, 0) + day, timedelta(minutes=minutes)

    due = OFFICE.after(start, span)

    assert due >= start + span
    assert OFFICE.open_at(due) or OFFICE.open_at(due - timedelta(microseconds=1))
    assert OFFICE.after(start, span + timedelta(minutes=1)) > due


DAY = Shift(person="U0EVA", deputy="U0TOM", hours=OFFICE)
NIGHT = Shift(person="U0SAM", hours=Hours(between=("22:00", "06:00")))
ROSTER = Roster(shifts=(DAY, NIGHT), lead="U0LEAD")


def test_the_first_shift_that_fits_is_on_duty_and_its_deputy_stands_in() -> None:
    assert (ROSTER.on_duty(utc(20, 10)), ROSTER.deputy(utc(20, 10))) == ("U0EVA", "U0TOM")


def test_a_shift_without_a_deputy_has_the_lead_behind_it() -> None:
    assert (ROSTER.on_duty(utc(20, 23)), ROSTER.deputy(utc(20, 23))) == ("U0SAM", "U0LEAD")


def test_outside_all_shifts_the_lead_is_on_duty_alone() -> None:
    assert (ROSTER.on_duty(utc(21, 12)), ROSTER.deputy(utc(21, 12))) == ("U0LEAD", "")


def test_where_nobody_is_named_nobody_is_on_duty() -> None:
    assert (Roster().on_duty(utc(20, 10)), Roster().deputy(utc(20, 10))) == ("", "")
