from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.store import Store
from monitor.store.rollups import Band, Count, Tally, band, bucket, counted
from responders.verdict import Verdict
from tests.monitor.posts import ANGRY, BRAND, CALM, NOW, ingest, post

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict(compound=-1.0), Band.NEGATIVE),
        (Verdict(compound=-0.05), Band.NEGATIVE),
        (Verdict(compound=-0.049), Band.NEUTRAL),
        (Verdict(), Band.NEUTRAL),
        (Verdict(compound=0.049), Band.NEUTRAL),
        (Verdict(compound=0.05), Band.POSITIVE),
        (Verdict(compound=0.9, angry=True), Band.NEGATIVE),
    ],
)
def test_how_a_post_sounds(verdict: Verdict, expected: Band) -> None:
    assert band(verdict) is expected


@pytest.mark.parametrize(
    ("at", "start"),
    [
        (datetime(2026, 11, 20, 12, 0, tzinfo=UTC), datetime(2026, 11, 20, 12, 0, tzinfo=UTC)),
        (
            datetime(2026, 11, 20, 12, 14, 59, 999_999, tzinfo=UTC),
            datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
        ),
        (datetime(2026, 11, 20, 12, 59, tzinfo=UTC), datetime(2026, 11, 20, 12, 45, tzinfo=UTC)),
        (
            datetime(2026, 11, 20, 17, 50, tzinfo=timezone(timedelta(hours=5, minutes=45))),
            datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
        ),
    ],
)
def test_buckets_are_quarters_of_an_hour_in_utc(at: datetime, start: datetime) -> None:
    assert bucket(at) == start
    assert bucket(at).tzinfo is UTC


def test_ours_private_and_irrelevant_posts_are_no_public_mood() -> None:
    assert counted(post(1), CALM)
    assert not counted(post(1, private=True), CALM)
    assert not counted(post(1, ours=True), CALM)
    assert not counted(post(1), Verdict(relevant=False))


def test_taking_back_a_count_leaves_nothing() -> None:
    tally = Tally()

    tally.add(post(1), ANGRY)
    tally.add(post(1), ANGRY, -1)

    assert [row[-3:] for row in tally.rows()] == [(0, 0, 0)]


def test_counts_of_a_span_come_oldest_first_and_end_before_its_end(store: Store) -> None:
    late, early = NOW + HOUR, NOW - HOUR
    ingest(store, post(1, created_at=late), post(2, created_at=early), post(3))
    ingest(store, post(4, platform="reddit"), verdict=CALM)

    found = store.rollups.between(BRAND, early, late)

    assert [(count.start, count.platform) for count in found] == [
        (early, "twitter"),
        (NOW, "reddit"),
        (NOW, "twitter"),
    ]
    assert found[1] == Count(
        start=NOW,
        platform="reddit",
        topic="praise",
        band=Band.POSITIVE,
        language="en",
        posts=1,
        angry=0,
        asks=0,
    )
    assert store.rollups.between("Nobody", early, late) == ()


verdicts = st.builds(
    Verdict,
    compound=st.floats(-1, 1),
    angry=st.booleans(),
    asks=st.booleans(),
    relevant=st.booleans(),
    topic=st.sampled_from([None, "order_late", "a team's own", "odd \x00 \ud800"]),
    language=st.sampled_from(["en", "und"]),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rounds=st.lists(
        st.tuples(st.integers(0, 5), st.none() | verdicts, st.booleans(), st.integers(0, 3)),
        max_size=12,
    )
)
def test_counts_are_those_of_the_rows_whatever_happened(
    store: Store, rounds: list[tuple[int, Verdict | None, bool, int]]
) -> None:
    span = (NOW - HOUR, NOW + 2 * HOUR)
    for number, verdict, private, quarter in rounds:
        at = NOW + quarter * timedelta(minutes=15)
        new = ingest(store, post(number, private=private, created_at=at), verdict=verdict)
        if not new and verdict is not None:
            known = store.mentions.of_post(BRAND, "twitter", str(number))
            store.mentions.set_verdict(known.id, verdict, NOW)
    counts = store.rollups.between(BRAND, *span)

    store.rollups.rebuild()

    assert store.rollups.between(BRAND, *span) == counts


def test_a_rebuild_reads_in_pieces(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.store.rollups._REBUILD_CHUNK", 2)
    ingest(store, *(post(number) for number in range(4)))
    store.mentions.ingest("Other", "x", [(post(1), CALM)], None, NOW)
    before = store.rollups.between(BRAND, NOW, NOW + HOUR)

    store.rollups.rebuild()

    assert store.rollups.between(BRAND, NOW, NOW + HOUR) == before
    assert before[0].posts == 4
    assert len(store.rollups.between("Other", NOW, NOW + HOUR)) == 1
