"""What its author deletes on the platform is erased here within a day, and nothing else is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.base import Life, Mention
from connectors.errors import SetupError, TryLater, Unsupported
from monitor.deletions import BILLED_BACK, EVERY, Deletions
from monitor.jobs import Jobs
from monitor.store import Store
from responders.case import CaseId, CaseState
from tests.databases import SqliteFiles
from tests.monitor.house import (
    FakeSlack,
    Platform,
    Time,
    complaint,
    house,
    open_store,
    send,
)
from tests.monitor.posts import ANGRY, BRAND, NOW

SOURCE = "reddit"


class Site(Platform):
    """A platform where posts can be deleted."""

    def __init__(self) -> None:
        super().__init__(platform=SOURCE)
        self.deleted: set[str] = set()
        self.looked_at: list[str] = []
        self.shows_nothing_twice = False

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        self._ask("look")
        if self.shows_nothing_twice:
            raise Unsupported
        self.looked_at += [mention.id for mention in mentions]
        return {m.id: Life.GONE if m.id in self.deleted else Life.ALIVE for m in mentions}


class Purse:
    """Money for reading."""

    def __init__(self) -> None:
        self.bills = False
        self.empty = False
        self.noted = 0

    def standing(self, source: str) -> object | None:
        return source if self.bills else None

    def require_reading(self, source: str) -> None:
        if self.empty:
            raise TryLater("used up")

    def note(self) -> None:
        self.noted += 1


@pytest.fixture
def store(sqlite_files: SqliteFiles) -> Iterator[Store]:
    with open_store(sqlite_files.fresh()) as opened:
        yield opened


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def purse() -> Purse:
    return Purse()


@pytest.fixture
def deletions(store: Store, site: Site, time: Time, purse: Purse) -> Deletions:
    return Deletions(
        store.mentions,
        store.gone,
        store.meta,
        purse,
        connectors={SOURCE: site},
        brands={SOURCE: BRAND},
        clock=time,
    )


def stored(store: Store, count: int = 3, *, at: datetime = NOW, **changes: bool) -> None:
    """Some posts that were polled."""
    posts = [complaint(n, f"person{n}", created_at=at, **changes) for n in range(1, count + 1)]
    store.mentions.ingest(BRAND, SOURCE, [(post, ANGRY) for post in posts], None, NOW)


def left(store: Store) -> list[str]:
    """The posts that are not erased."""
    since = NOW - timedelta(days=400)
    return sorted(post.id for _, post in store.mentions.lately(BRAND, SOURCE, since, 100))


def subject(store: Store, case_id: CaseId) -> Mention:
    """What a case is about."""
    return store.cases.get(case_id).subject.mention


def test_what_two_looks_have_not_found_is_erased(
    store: Store, site: Site, deletions: Deletions
) -> None:
    stored(store)
    site.deleted.add("2")

    first = deletions.look(SOURCE)
    after_one = left(store)
    second = deletions.look(SOURCE)

    assert (first, second) == (0, 1)
    assert after_one == ["1", "2", "3"]
    assert left(store) == ["1", "3"]


def test_what_comes_back_in_between_stays(store: Store, site: Site, deletions: Deletions) -> None:
    stored(store)
    site.deleted.add("2")
    deletions.look(SOURCE)
    site.deleted.clear()
    deletions.look(SOURCE)
    site.deleted.add("2")

    assert deletions.look(SOURCE) == 0
    assert left(store) == ["1", "2", "3"]


def test_that_nearly_all_is_gone_is_not_believed(
    store: Store, site: Site, deletions: Deletions, caplog: pytest.LogCaptureFixture
) -> None:
    stored(store, 20)
    site.deleted |= {str(number) for number in range(1, 12)}

    assert [deletions.look(SOURCE) for _ in range(3)] == [0, 0, 0]
    assert len(left(store)) == 20
    assert "11 of 20 posts are said to be gone; that is not believed" in caplog.text


@pytest.mark.parametrize("count", [2, 9])
def test_that_all_is_gone_is_not_believed_however_few(
    store: Store, site: Site, deletions: Deletions, count: int
) -> None:
    stored(store, count)
    site.deleted |= {str(number) for number in range(1, count + 1)}

    assert [deletions.look(SOURCE) for _ in range(3)] == [0, 0, 0]
    assert len(left(store)) == count


def test_of_few_posts_most_may_be_gone(store: Store, site: Site, deletions: Deletions) -> None:
    stored(store, 3)
    site.deleted |= {"1", "2"}

    assert [deletions.look(SOURCE) for _ in range(2)] == [0, 2]
    assert left(store) == ["3"]


def test_a_post_that_is_all_there_is_may_be_gone(
    store: Store, site: Site, deletions: Deletions
) -> None:
    stored(store, 1)
    site.deleted.add("1")

    assert [deletions.look(SOURCE) for _ in range(2)] == [0, 1]


def test_who_is_restarted_between_all_looks_erases_all_the_same(
    store: Store, site: Site, tmp_path: Path, time: Time
) -> None:
    stored(store)
    site.deleted.add("2")

    for _ in range(2):
        Jobs(house(store, tmp_path, time, site)).look_for_deletions_if_due(SOURCE)
        time.forward(timedelta(hours=13))

    assert left(store) == ["1", "3"]


def test_a_note_of_an_earlier_version_is_read(
    store: Store, deletions: Deletions, time: Time
) -> None:
    store.meta.put(f"looked for deletions:{SOURCE}", time().isoformat())

    assert not deletions.due(SOURCE)
    time.forward(EVERY)
    assert deletions.due(SOURCE)


def test_what_could_not_be_erased_yet_is_erased_by_the_next_look(
    store: Store, site: Site, deletions: Deletions, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(store)
    site.deleted.add("2")
    deletions.look(SOURCE)
    with monkeypatch.context() as patch:
        patch.setattr(deletions, "_erase", lambda _ids, _now: 0)  # its answer is on its way
        assert deletions.look(SOURCE) == 0

    assert deletions.look(SOURCE) == 1


def test_private_messages_and_our_own_posts_are_not_looked_at(
    store: Store, site: Site, deletions: Deletions
) -> None:
    stored(store, 1, private=True)
    store.mentions.ingest(BRAND, SOURCE, [(complaint(7, ours=True), None)], None, NOW)
    store.mentions.ingest(BRAND, "another source", [(complaint(8), ANGRY)], None, NOW)

    deletions.look(SOURCE)

    assert site.looked_at == []


def test_where_reading_is_billed_only_the_last_days_are_looked_at(
    store: Store, site: Site, deletions: Deletions, purse: Purse
) -> None:
    stored(store, 1, at=NOW - BILLED_BACK - timedelta(hours=1))

    purse.bills = True
    deletions.look(SOURCE)
    assert site.looked_at == []

    purse.bills = False
    deletions.look(SOURCE)
    assert site.looked_at == ["1"]


def test_without_money_for_reading_nothing_is_asked(
    store: Store, site: Site, deletions: Deletions, purse: Purse
) -> None:
    stored(store)
    purse.empty = True

    with pytest.raises(TryLater):
        deletions.look(SOURCE)

    assert site.asked == []
    assert deletions.due(SOURCE)


def test_many_posts_are_looked_at_in_several_calls(
    store: Store, site: Site, deletions: Deletions, purse: Purse
) -> None:
    stored(store, 450)
    site.deleted.add("450")

    deletions.look(SOURCE)
    deletions.look(SOURCE)

    assert site.asked == ["look"] * 6
    assert purse.noted == 6
    assert "450" not in left(store)


def test_a_platform_that_shows_nothing_twice_is_left_alone(
    store: Store, site: Site, deletions: Deletions
) -> None:
    stored(store)
    site.shows_nothing_twice = True

    assert deletions.look(SOURCE) == 0
    assert not deletions.due(SOURCE)


def test_it_is_due_twice_a_day_also_after_a_restart(
    store: Store, site: Site, tmp_path: Path, time: Time
) -> None:
    stored(store)
    site.deleted.add("2")
    jobs = Jobs(house(store, tmp_path, time, site))

    for _ in range(3):
        jobs.look_for_deletions_if_due(SOURCE)
    again = Jobs(house(store, tmp_path, time, site))
    again.look_for_deletions_if_due(SOURCE)
    assert site.asked == ["look"]

    for _ in range(2):
        time.forward(EVERY)
        again.look_for_deletions_if_due(SOURCE)
    assert site.asked == ["look"] * 3
    assert left(store) == ["1", "3"]


def test_a_platform_that_is_out_of_order_is_given_time(
    store: Store, site: Site, tmp_path: Path, time: Time
) -> None:
    stored(store)
    site.trouble = TryLater("no answer within 15 s")
    jobs = Jobs(house(store, tmp_path, time, site))

    for _ in range(3):
        jobs.look_for_deletions_if_due(SOURCE)

    assert site.asked == ["look"]
    assert list(jobs.outages.now()) == [f"deletions on {SOURCE}"]


def test_a_plan_that_allows_no_looks_stops_no_poll(
    store: Store, site: Site, tmp_path: Path, time: Time
) -> None:
    stored(store)
    jobs = Jobs(house(store, tmp_path, time, site))
    site.trouble = SetupError("the plan does not allow looking posts up")
    jobs.look_for_deletions_if_due(SOURCE)
    (outage,) = jobs.outages.now().items()
    site.trouble = None

    jobs.poll_if_up(SOURCE)

    assert (outage[0], outage[1].setup) == (f"deletions on {SOURCE}", True)
    assert site.asked == ["look", "poll"]


def test_a_platform_that_cannot_be_polled_is_not_looked_at(
    store: Store, site: Site, tmp_path: Path, time: Time
) -> None:
    stored(store)
    jobs = Jobs(house(store, tmp_path, time, site))
    site.trouble = TryLater("no answer within 15 s")
    jobs.poll_if_up(SOURCE)

    jobs.look_for_deletions_if_due(SOURCE)

    assert site.asked == ["poll"]


def test_where_each_look_is_billed_and_nobody_wants_it_there_is_none(
    store: Store, site: Site, tmp_path: Path, time: Time
) -> None:
    stored(store)
    made = replace(house(store, tmp_path, time, site), no_look={SOURCE})

    Jobs(made).look_for_deletions_if_due(SOURCE)

    assert site.asked == []


def test_who_takes_the_post_down_and_writes_in_private_is_heard_and_then_let_go(
    store: Store, site: Site, tmp_path: Path, time: Time
) -> None:
    stored(store)
    made = house(store, tmp_path, time, site, surface=FakeSlack())
    jobs = Jobs(made)
    jobs.prepare()
    (first,) = (n for n in map(CaseId, (1, 2, 3)) if subject(store, n).id == "1")
    author = subject(store, first).author
    send(made, store.cases.get(first))
    while jobs.walk():
        pass
    site.deleted.add("1")
    jobs.look_for_deletions_if_due(SOURCE)
    time.forward(EVERY)
    jobs.look_for_deletions_if_due(SOURCE)
    assert left(store) == ["2", "3"]

    message = replace(complaint(9), private=True, created_at=time(), author=author)
    store.mentions.ingest(BRAND, SOURCE, [(message, ANGRY)], None, time())
    time.forward(timedelta(minutes=10))
    jobs.sweep()

    heard = store.cases.get(first)
    assert [entry.mention.id for entry in heard.entries] == ["1", "9"]
    assert heard.state is CaseState.OPEN


def test_of_a_closed_case_nothing_is_kept_of_who_took_the_post_down(
    store: Store, site: Site, tmp_path: Path, time: Time
) -> None:
    stored(store)
    made = house(store, tmp_path, time, site, surface=FakeSlack())
    jobs = Jobs(made)
    jobs.prepare()
    send(made, store.cases.get(CaseId(1)))
    while jobs.walk():
        pass
    assert store.cases.get(CaseId(1)).state is CaseState.ANSWERED
    site.deleted.add(subject(store, CaseId(1)).id)
    for _ in range(2):
        jobs.look_for_deletions_if_due(SOURCE)
        time.forward(EVERY)
    jobs.purge_if_due()
    assert subject(store, CaseId(1)).author.id

    time.forward(made.watch_for)
    jobs.purge_if_due()

    assert subject(store, CaseId(1)).author.id == ""
