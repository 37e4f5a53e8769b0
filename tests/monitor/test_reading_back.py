"""The past, and what was missed: stored, judged and counted, without a flood of cards."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.base import Mention, Rewinds
from connectors.errors import TryLater
from connectors.reddit import Reddit
from connectors.twitter import Twitter
from monitor import check, maintenance, report
from monitor.config import EngineTable
from monitor.jobs import House, Jobs
from monitor.problems import RunError
from monitor.store import Store
from monitor.store.sweeps import Swept
from responders.policy import Brand, Policy
from tests.databases import SqliteFiles
from tests.monitor.house import Platform, Time, complaint, house, settings
from tests.monitor.posts import BRAND, NOW
from tests.servers import reddit as reddit_server
from tests.servers import x as x_server

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def store(sqlite_files: SqliteFiles) -> Iterator[Store]:
    with Store.open(sqlite_files.fresh()) as opened:
        yield opened


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def reddit() -> Platform:
    return Platform()


@pytest.fixture
def here(store: Store, tmp_path: Path, time: Time, reddit: Platform) -> House:
    return house(store, tmp_path, time, reddit)


@pytest.fixture
def jobs(here: House) -> Jobs:
    return Jobs(here)


def posts(*ages: timedelta) -> list[Mention]:
    """Complaints of so long ago, each by somebody else."""
    return [
        complaint(n, author=f"kim{n}", created_at=NOW - age) for n, age in enumerate(ages, start=1)
    ]


class TestAFirstPoll:
    def test_files_what_is_new_and_counts_what_is_old(
        self, jobs: Jobs, store: Store, reddit: Platform
    ) -> None:
        reddit.posts = posts(HOUR, 47 * HOUR, 49 * HOUR, 30 * DAY)

        assert jobs.poll("reddit") == 4
        jobs.walk()

        assert store.tally(BRAND).flagged == 4
        assert store.tally(BRAND).cases == 2

    def test_goes_by_the_team_s_own_setting(
        self, store: Store, tmp_path: Path, time: Time, reddit: Platform
    ) -> None:
        jobs = Jobs(
            house(store, tmp_path, time, reddit, engine=EngineTable(cases_since=timedelta(days=40)))
        )
        reddit.posts = posts(HOUR, 30 * DAY)

        jobs.poll("reddit")
        jobs.walk()

        assert store.tally(BRAND).cases == 2

    def test_what_is_judged_late_is_filed_by_its_age_too(self, jobs: Jobs, store: Store) -> None:
        young, old = posts(HOUR, 49 * HOUR)
        new = store.mentions.ingest(BRAND, "x", [(young, None), (old, None)], None, NOW).new

        jobs.walk()

        assert store.mentions.unjudged() == ()
        assert store.tally(BRAND).cases == 1
        assert len(new) == 2


class TestReadingBack:
    def test_stores_and_counts_the_past_without_cases(
        self, jobs: Jobs, store: Store, reddit: Platform
    ) -> None:
        reddit.posts = posts(2 * HOUR, 5 * DAY, 8 * DAY)

        assert jobs.read_back("reddit", NOW - 7 * DAY, file_since=None) == 2
        jobs.walk()

        assert store.tally(BRAND).flagged == 2
        assert store.tally(BRAND).cases == 0

    def test_moves_no_cursor(self, jobs: Jobs, store: Store, reddit: Platform) -> None:
        reddit.posts = posts(2 * HOUR)
        jobs.read_back("reddit", NOW - DAY, file_since=None)

        assert store.mentions.cursor(BRAND, "reddit") is None
        assert jobs.poll("reddit") == 0
        assert store.mentions.cursor(BRAND, "reddit") == "1"
        jobs.read_back("reddit", NOW - DAY, file_since=None)
        assert store.mentions.cursor(BRAND, "reddit") == "1"

    def test_begins_at_its_moment_where_the_platform_can(self) -> None:
        twitter = Twitter(x_server.settings("http://127.0.0.1:9", query=x_server.QUERY))
        subreddits = Reddit(reddit_server.settings("http://127.0.0.1:9"))

        for connector in (twitter, subreddits):
            assert isinstance(connector, Rewinds)
            assert connector.cursor_at(NOW) != connector.cursor_at(NOW - DAY)


class TestTheDailySweep:
    @pytest.fixture(autouse=True)
    def began(self, jobs: Jobs, time: Time) -> None:
        jobs.poll("reddit")
        jobs.sweep_back_if_due("reddit")
        time.forward(DAY)

    def miss(self, reddit: Platform, store: Store, count: int) -> None:
        """Posts that the polls pass over: the cursor is behind them already."""
        reddit.posts = posts(*[timedelta(0)] * count)
        store.mentions.ingest(BRAND, "reddit", [], str(count), NOW)

    def test_finds_what_the_polls_missed_and_files_it(
        self, jobs: Jobs, store: Store, reddit: Platform, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.miss(reddit, store, 2)
        assert jobs.poll("reddit") == 0

        jobs.sweep_back_if_due("reddit")
        jobs.walk()

        assert store.sweeps.last(BRAND, "reddit") == Swept(at=NOW + DAY, missed=2)
        assert store.tally(BRAND).cases > 0
        assert "2 posts had been missed" in caplog.text

    def test_is_done_once_a_day(self, jobs: Jobs, reddit: Platform, time: Time) -> None:
        jobs.sweep_back_if_due("reddit")
        reddit.asked.clear()

        time.forward(23 * HOUR)
        jobs.sweep_back_if_due("reddit")
        assert reddit.asked == []

        time.forward(HOUR)
        jobs.sweep_back_if_due("reddit")
        assert reddit.asked == ["poll"]

    def test_leaves_the_newest_hour_to_the_polls(
        self, jobs: Jobs, store: Store, reddit: Platform, time: Time
    ) -> None:
        reddit.posts = [complaint(1, created_at=time() - timedelta(minutes=59))]

        assert jobs.sweep_back("reddit") == 0

    def test_is_tried_again_where_the_platform_is_down(
        self, jobs: Jobs, store: Store, reddit: Platform, time: Time
    ) -> None:
        self.miss(reddit, store, 1)
        reddit.trouble = TryLater("down")
        jobs.sweep_back_if_due("reddit")
        assert store.sweeps.last(BRAND, "reddit") == Swept(at=NOW, missed=0)

        reddit.trouble = None
        time.forward(HOUR)
        jobs.sweep_back_if_due("reddit")

        assert store.sweeps.last(BRAND, "reddit") == Swept(at=NOW + DAY + HOUR, missed=1)

    def test_can_be_switched_off(
        self, store: Store, tmp_path: Path, time: Time, reddit: Platform
    ) -> None:
        jobs = Jobs(
            house(store, tmp_path, time, reddit, engine=EngineTable(sweep_back=timedelta(0)))
        )
        reddit.asked.clear()

        jobs.sweep_back_if_due("reddit")

        assert reddit.asked == []

    def test_is_told_by_check_and_digest(
        self, jobs: Jobs, store: Store, reddit: Platform, tmp_path: Path
    ) -> None:
        self.miss(reddit, store, 1)
        jobs.sweep_back("reddit")

        made = settings(tmp_path, "reddit")
        told = [found.line() for found in check._state(made, store)]
        week = report.digest(
            store, Brand(name=BRAND), "2026-W47", Policy(), sources=["reddit"], now=NOW + 2 * DAY
        )

        assert any("1 posts had been missed, found on 2026-11-21" in line for line in told)
        assert "reddit: 1 post was found late, by the daily look back" in week.gaps


def test_before_the_first_poll_nothing_is_swept(jobs: Jobs, store: Store, reddit: Platform) -> None:
    jobs.sweep_back_if_due("reddit")

    assert store.sweeps.last(BRAND, "reddit") is None


def test_a_sweep_is_remembered_for_some_weeks(store: Store) -> None:
    for day in range(70):
        store.sweeps.note(BRAND, "reddit", NOW + day * DAY, 1)

    assert store.sweeps.missed(BRAND, "reddit", NOW, NOW + 70 * DAY) == 60
    assert store.sweeps.missed(BRAND, "reddit", NOW + 62 * DAY, NOW + 65 * DAY) == 3
    assert store.sweeps.missed(BRAND, "twitter", NOW, NOW + 70 * DAY) == 0


def test_without_platforms_there_is_no_past(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no connector is enabled"):
        list(maintenance.backfill(settings(tmp_path), DAY))
