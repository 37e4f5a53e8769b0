"""The week's digest out of the counts, and when it is due."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Author
from monitor import report
from monitor.problems import RunError
from monitor.report import due_week
from monitor.store import Store
from responders.action import ActionKind
from responders.case import CaseState
from responders.credit.pool import Code
from responders.digest import Answers, Digest, Mood
from responders.money import Money
from responders.policy import Brand, CreditPolicy, Policy
from tests.databases import SqliteFiles
from tests.monitor.house import open_store
from tests.monitor.posts import ANGRY, BRAND, CALM, NOW, Fields, action, case, post

WEEK = "2026-W47"
BERLIN = Brand(name=BRAND, timezone="Europe/Berlin")
MONDAY = datetime(2026, 11, 16, tzinfo=ZoneInfo("Europe/Berlin"))
AFTER = MONDAY + timedelta(days=7, hours=8)
EUROS = Money(minor=1000, currency="EUR")
NO_CREDITS = Policy()
CREDITS = Policy(
    credit=CreditPolicy(
        suggested=EUROS,
        cap_per_case=EUROS,
        monthly_budget=Money(minor=50_000, currency="EUR"),
        codes_file="codes.csv",
    )
)


@pytest.fixture
def store(sqlite_files: SqliteFiles) -> Iterator[Store]:
    with open_store(sqlite_files.fresh()) as opened:
        yield opened


def made(store: Store, policy: Policy = NO_CREDITS, **more: Fields) -> Digest:
    """The digest of the week, seen on the Monday after it."""
    given: dict[str, Fields] = {"sources": (), "now": AFTER}
    return report.digest(store, BERLIN, WEEK, policy, **(given | more))


def wrote(store: Store, number: int, at: datetime, *, angry: bool = True, **more: Fields) -> None:
    """A post with this verdict; `topic` belongs to the verdict."""
    verdict = replace(ANGRY if angry else CALM, topic=more.pop("topic", ANGRY.topic))
    one = post(number, created_at=at, **more)
    store.mentions.ingest(BRAND, "x", [(one, verdict)], None, NOW)


def test_the_week_ends_at_midnight_where_the_brand_is(store: Store) -> None:
    wrote(store, 1, MONDAY - timedelta(minutes=1))
    wrote(store, 2, MONDAY)
    wrote(store, 3, MONDAY + timedelta(days=7, minutes=-1), angry=False)
    wrote(store, 4, MONDAY + timedelta(days=7))

    digest = made(store)

    assert digest.now == Mood(negative=1, positive=1, angry=1)
    assert digest.before == Mood(negative=1, angry=1)
    assert [day.posts for day in digest.days] == [1, 0, 0, 0, 0, 0, 1]


def test_platforms_are_told_by_their_posts_and_topics_by_their_complaints(store: Store) -> None:
    wrote(store, 1, MONDAY, topic="damaged")
    wrote(store, 2, MONDAY, topic="order_late", platform="reddit")
    wrote(store, 3, MONDAY, topic="order_late", platform="reddit")
    wrote(store, 4, MONDAY, topic=None, platform="reddit", angry=False)
    wrote(store, 5, MONDAY, topic=None, platform="bluesky")
    wrote(store, 6, MONDAY - timedelta(days=3), topic="website")

    digest = made(store)

    assert [(line.name, line.now.posts) for line in digest.platforms] == [
        ("reddit", 3),
        ("twitter", 1),  # which had one the week before, too
        ("bluesky", 1),
    ]
    assert [(line.name, line.now.angry, line.before.angry) for line in digest.topics] == [
        ("order_late", 2, 0),
        ("damaged", 1, 0),
        ("not sure", 1, 0),
        ("website", 0, 1),
    ]


def test_what_would_help_is_told_of_the_commonest_causes(store: Store) -> None:
    for number, topic in enumerate(("a", "a", "a", "b", "b", "c", "d")):
        wrote(store, number, MONDAY, topic=topic)

    digest = made(store, prevent=lambda topic: "" if topic == "b" else f"mend {topic}")

    assert digest.prevent == ("mend a", "mend c")


def test_what_the_team_did_is_counted(store: Store) -> None:
    def opened(number: int, state: CaseState, minutes: int | None) -> None:
        at = None if minutes is None else NOW + timedelta(minutes=minutes)
        author = Author(id=str(number), handle=f"p{number}")
        case(store, post(number, author=author), state=state, decided_at=at)

    opened(1, CaseState.ANSWERED, 10)
    opened(2, CaseState.DISMISSED, 20)
    opened(3, CaseState.APPROVED, 60)
    opened(4, CaseState.OPEN, None)
    opened(5, CaseState.NEEDS_HUMAN, None)

    assert made(store).answers == Answers(
        cases=5, answered=1, dismissed=1, waiting=2, median=timedelta(minutes=20)
    )


def test_nothing_done_has_no_median(store: Store) -> None:
    assert made(store).answers == Answers()


def test_credits_are_told_where_there_are_any(store: Store) -> None:
    store.credits.import_codes([Code(code="AB1", amount=EUROS), Code(code="AB2", amount=EUROS)])
    case(store, post(1), state=CaseState.APPROVED, actions=(action(ActionKind.CREDIT, key="k"),))
    store.credits.take("k", EUROS, NOW)

    assert made(store).answers.credits is None
    assert made(store, policy=CREDITS).answers.credits == EUROS


def test_a_source_that_was_not_read_to_the_end_is_a_gap(store: Store) -> None:
    end = MONDAY + timedelta(days=7)
    for source, seen in (
        ("fine", end - timedelta(hours=5)),
        ("stopped", end - timedelta(hours=7)),
        ("long ago", MONDAY - timedelta(days=30)),
        ("switched off", MONDAY),
    ):
        store.mentions.ingest(BRAND, source, [], "1", seen)

    digest = made(store, sources=("fine", "stopped", "long ago", "never"))

    assert digest.gaps == (
        "long ago was last read on Friday 16 October at 22:00 UTC",
        "never was never read",
        "stopped was last read on Sunday 22 November at 16:00 UTC",
    )


def test_the_rest_of_a_week_that_is_not_over_is_no_gap(store: Store) -> None:
    store.mentions.ingest(BRAND, "fine", [], "1", NOW)

    assert made(store, sources=("fine",), now=NOW + timedelta(hours=1)).gaps == ()


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23T06:59", "2026-W46"),  # Monday 07:59 in Berlin
        ("2026-11-23T07:00", "2026-W47"),
        ("2026-11-29T22:59", "2026-W47"),  # Sunday, a minute to midnight
        ("2026-11-29T23:00", "2026-W47"),  # Monday, not eight yet
        ("2027-01-04T07:00", "2026-W53"),
    ],
)
def test_a_week_is_due_when_its_time_has_come(now: str, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert due_week(moment, "mon 08:00", "Europe/Berlin") == due


def test_the_time_to_post_may_be_late_in_the_week() -> None:
    friday = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)

    assert due_week(friday - timedelta(minutes=1), "fri 16:00", "UTC") == "2026-W45"
    assert due_week(friday, "fri 16:00", "UTC") == "2026-W46"


def test_a_digest_is_written_whole(store: Store, tmp_path: Path) -> None:
    digest = replace(made(store), brand="Zoë & Söhne / Co")

    files = report.write(digest, b"png", tmp_path / "a" / "b")

    assert [file.name for file in files] == [
        "zoë---söhne---co-2026-W47.png",
        "zoë---söhne---co-2026-W47.md",
        "zoë---söhne---co-2026-W47.html",
    ]
    assert sorted((tmp_path / "a" / "b").iterdir()) == sorted(files)


def test_a_brand_without_a_letter_has_a_file_too(store: Store, tmp_path: Path) -> None:
    (first, *_) = report.write(replace(made(store), brand="+++"), b"png", tmp_path)

    assert first.name == "brand-2026-W47.png"


def test_a_folder_that_cannot_be_made_is_named(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RunError, match="file/a cannot be written to: Not a directory"):
        report.write(made(store), b"png", tmp_path / "file" / "a")
