"""Outages: logged once at the start and once at the end, asked again with growing waits."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from monitor.outages import FIRST_WAIT, JITTER, LONGEST_WAIT, Outages, wait

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def test_an_outage_is_logged_once_and_its_end_once(caplog: pytest.LogCaptureFixture) -> None:
    outages = Outages()

    with caplog.at_level(logging.WARNING):
        for minute in range(5):
            outages.failed("reddit", "no answer", NOW + timedelta(minutes=minute))
        outages.recovered("reddit", NOW + timedelta(minutes=5))
        outages.recovered("reddit", NOW + timedelta(minutes=6))

    assert [record.getMessage() for record in caplog.records] == [
        "reddit: out of order: no answer",
        "reddit: in order again after 0:05:00",
    ]


def test_one_platform_waits_and_the_others_do_not() -> None:
    outages = Outages()

    outages.failed("reddit", "no answer", NOW)

    assert outages.waiting("reddit", NOW)
    assert not outages.waiting("twitter", NOW)
    assert not outages.waiting("reddit", NOW + FIRST_WAIT * (1 + JITTER))


def test_the_platforms_own_time_wins() -> None:
    outages = Outages()
    reset = NOW + timedelta(minutes=14)

    outage = outages.failed("twitter", "rate limit", NOW, reset)

    assert outage.retry_at == reset
    assert outages.waiting("twitter", reset - timedelta(seconds=1))
    assert not outages.waiting("twitter", reset)


def test_a_time_in_the_past_means_now() -> None:
    outage = Outages().failed("twitter", "rate limit", NOW, NOW - timedelta(hours=1))

    assert outage.retry_at == NOW


def test_waits_grow_up_to_a_limit_and_are_spread() -> None:
    waits = [wait("x", failures) for failures in range(1, 30)]

    assert waits[0] >= FIRST_WAIT
    assert waits[3] > waits[0]
    assert max(waits) <= LONGEST_WAIT * (1 + JITTER)
    assert len({wait(name, 1) for name in ("a", "b", "c", "d")}) > 1


def test_what_is_out_of_reach_can_be_listed() -> None:
    outages = Outages()
    outages.failed("reddit", "no answer", NOW)
    outages.failed("reddit", "still none", NOW + timedelta(minutes=1))

    (outage,) = outages.now().values()

    assert (outage.since, outage.failures, outage.reason) == (NOW, 2, "still none")


def test_who_is_busy_for_a_moment_is_not_out_of_order(caplog: pytest.LogCaptureFixture) -> None:
    outages = Outages()

    with caplog.at_level(logging.WARNING):
        outages.failed("slack", "too many calls", NOW, NOW + timedelta(seconds=1))
        outages.recovered("slack", NOW + timedelta(seconds=1))
        assert caplog.records == []

        outages.failed("slack", "too many calls", NOW, NOW + timedelta(seconds=1))
        outages.failed("slack", "no answer", NOW + timedelta(seconds=1))

    assert [record.getMessage() for record in caplog.records] == ["slack: out of order: no answer"]
