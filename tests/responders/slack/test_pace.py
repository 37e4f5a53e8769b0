"""Never faster than Slack allows, and never slower than needed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responders.slack.pace import KEPT_FREE, Pace, Paced
from tests.servers.slack import EDITS_A_MINUTE

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Watch:
    """A clock that is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def test_a_channel_gets_one_message_a_second_and_others_are_not_held_up() -> None:
    watch = Watch()
    pace = Pace(watch)
    pace.post("C1")
    pace.post("C2")

    with pytest.raises(Paced) as paced:
        pace.post("C1")

    assert (paced.value.at, paced.value.edit) == (START + SECOND, False)
    watch.now += SECOND
    pace.post("C1")


def test_an_alarm_is_not_crowded_out_by_cards() -> None:
    watch = Watch()
    pace = Pace(watch)
    pace.post("C1")
    with pytest.raises(Paced):
        pace.post("C1", card=False)
    watch.now += 3 * SECOND

    with pytest.raises(Paced):
        pace.post("C1")
    pace.post("C1", card=False)
    watch.now += SECOND
    pace.post("C1")


def test_whoever_does_not_come_again_holds_cards_up_for_a_moment_only() -> None:
    watch = Watch()
    pace = Pace(watch)
    pace.post("C1")
    with pytest.raises(Paced):
        pace.post("C1", card=False)

    watch.now += KEPT_FREE

    pace.post("C1")


def test_an_edit_after_many_others_waits_a_second_and_a_half_at_most() -> None:
    watch = Watch()
    pace = Pace(watch)
    for _ in range(10):
        pace.edit()

    with pytest.raises(Paced) as paced:
        pace.edit()

    assert paced.value.edit
    assert paced.value.at is not None
    assert paced.value.at - START <= timedelta(seconds=1.5)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=80, max_size=200))
def test_no_minute_ever_sees_more_edits_than_slack_allows(waits: list[int]) -> None:
    watch = Watch()
    pace, made = Pace(watch), list[datetime]()
    for wait in waits:
        watch.now += timedelta(milliseconds=wait)
        try:
            pace.edit()
        except Paced:
            continue
        made.append(watch.now)

    for first in made:
        within = [at for at in made if first <= at < first + timedelta(minutes=1)]
        assert len(within) <= EDITS_A_MINUTE
