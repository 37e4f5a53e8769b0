"""A platform that bills its calls: reading stops first, sending last, and people are told once."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.base import Mention
from connectors.errors import TryLater
from connectors.meter import Bill, Meter
from connectors.settings import PaidSettings
from monitor import app, clock, report
from monitor import check as checks
from monitor.budgets import Budgets, Standing, dollars
from monitor.config import SettingsError, check
from monitor.jobs import House, Jobs
from monitor.office import FrontOffice
from monitor.store import Store
from responders.action import ActionState
from responders.bulletin import Bulletin
from responders.card import Decision, Verb
from responders.case import CaseId
from responders.digest import answer_lines
from responders.hold import HoldCode
from responders.slack.bot import Shown
from tests.monitor.house import (
    EVA,
    FakeSlack,
    Held,
    Platform,
    Time,
    complaint,
    open_store,
    settings,
    shipped_judge,
    verdict,
)
from tests.monitor.posts import ANGRY, BRAND, NOW

DOLLAR = 1_000_000
NEXT_MONTH = datetime(NOW.year + NOW.month // 12, NOW.month % 12 + 1, 1, tzinfo=UTC)


@dataclass(kw_only=True)
class Billed(Platform):
    """A platform of which every call costs a dollar."""

    platform: str = "twitter"
    meter: Meter = field(default_factory=Meter)

    def _ask(self, what: str) -> None:
        self.meter.add(DOLLAR, sending=what in {"reply", "message"})
        super()._ask(what)


@dataclass(kw_only=True)
class Slack(FakeSlack):
    """A channel that keeps its bulletins."""

    bulletins: list[Bulletin] = field(default_factory=list)

    def post(
        self,
        bulletin: Bulletin,
        *,
        at: Shown | None = None,
        channel: str = "",
        below: Shown | None = None,
    ) -> Shown:
        self.bulletins.append(bulletin)
        return super().post(bulletin, at=at, channel=channel, below=below)


class Fragile:
    """Books of which the first line cannot be written."""

    def __init__(self) -> None:
        self.written: list[Bill] = []
        self._troubles = 1

    def add(self, source: str, day: date, bill: Bill) -> None:
        if self._troubles:
            self._troubles -= 1
            raise OSError("disk full")
        self.written.append(bill)

    def between(self, source: str, start: date, end: date) -> Bill:
        raise AssertionError("nobody asks")


class Room:
    """A house on a platform that bills its calls."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        limit: int | None,
        look_for_deletions: bool | None = None,
    ) -> None:
        self.time, self.platform, self.slack = Time(), Billed(), Slack()
        self.store = store
        table = PaidSettings.model_validate(
            {
                "monthly_budget": limit and f"{limit}.00 USD",
                "look_for_deletions": look_for_deletions,
            }
        )
        self.settings = settings(folder).model_copy(update={"connectors": {"twitter": table}})
        made = app.build(
            self.settings,
            store,
            clock=self.time,
            connectors={"twitter": self.platform},
            surface=self.slack,
            lock=Held(),
            judge=shipped_judge(),
            relevance=False,
        )
        self.house: House = replace(made, judge=verdict)
        self.jobs = Jobs(self.house)

    def poll(self) -> None:
        self.jobs.poll_if_up("twitter")

    def spent(self) -> Bill:
        standing = self.house.budgets.standing("twitter")
        assert standing is not None
        return standing.bill


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


def posts(count: int) -> list[Mention]:
    return [replace(complaint(n, author=f"kim{n}"), platform="twitter") for n in range(count)]


def approve(room: Room, case_id: CaseId) -> str:
    card = room.house.desk.card(case_id)
    decision = Decision(
        verb=Verb.SEND, case_id=case_id, round=card.round, draft_revision=card.draft_revision
    )
    return room.house.desk.take(decision, EVA).text


def test_every_page_and_every_send_is_written_down(store: Store, tmp_path: Path) -> None:
    room = Room(store, tmp_path, limit=None)
    room.platform.posts = posts(1)

    room.poll()
    room.jobs.walk()
    read = room.spent().reading
    approve(room, CaseId(1))
    room.jobs.walk()
    room.jobs.walk()

    assert read >= DOLLAR
    assert room.spent().sending == 2 * DOLLAR
    assert len(room.platform.sent) == 2
    assert room.spent().reading + room.spent().sending == len(room.platform.asked) * DOLLAR


def test_reading_stops_first_and_sending_goes_on(store: Store, tmp_path: Path) -> None:
    room = Room(store, tmp_path, limit=20)
    room.platform.posts = posts(1)
    room.poll()
    room.jobs.prepare()
    approve(room, CaseId(1))
    store.costs.add("twitter", room.time().date(), Bill(reading=15 * DOLLAR))
    asked = len(room.platform.asked)

    room.time.forward()
    room.poll()
    assert room.platform.asked[asked:] == ["poll"], "under nine tenths"
    store.costs.add("twitter", room.time().date(), Bill(reading=DOLLAR))
    room.time.forward()
    room.poll()
    room.jobs.watch_all()

    assert "poll" not in room.platform.asked[asked + 1 :]
    outage = room.jobs.outages.get("twitter")
    assert outage is not None
    assert outage.retry_at == NEXT_MONTH
    assert "raise [connectors.twitter] monthly_budget" in outage.reason
    room.jobs.walk()
    assert room.platform.sent, "what a person approved still goes out"


def test_at_the_limit_sending_stops_and_whoever_approves_is_told(
    store: Store, tmp_path: Path
) -> None:
    room = Room(store, tmp_path, limit=20)
    room.platform.posts = posts(1)
    room.poll()
    room.jobs.prepare()
    store.costs.add("twitter", room.time().date(), Bill(sending=20 * DOLLAR))

    told = approve(room, CaseId(1))
    room.jobs.walk()

    assert "is held for now" in told
    assert "The month's money for twitter is used up: 2" in told
    assert room.platform.sent == []
    action = store.cases.get(CaseId(1)).actions[0]
    assert (action.state, action.error_code) == (ActionState.APPROVED, HoldCode.MONEY)

    room.time.now = NEXT_MONTH
    room.jobs.walk()
    assert room.platform.sent, "the next month has money of its own"


def test_reading_back_and_conversations_stop_as_well(store: Store, tmp_path: Path) -> None:
    room = Room(store, tmp_path, limit=20)
    room.platform.posts = posts(1)
    room.poll()
    room.jobs.prepare()
    store.costs.add("twitter", room.time().date(), Bill(reading=20 * DOLLAR))
    asked = len(room.platform.asked)

    with pytest.raises(TryLater, match="money for reading is used up"):
        room.jobs.read_back("twitter", NOW - timedelta(days=1), file_since=None)
    room.jobs.watch_all()

    assert room.platform.asked[asked:] == []


def test_app_home_shows_what_it_costs_and_what_stops(store: Store, tmp_path: Path) -> None:
    room = Room(store, tmp_path, limit=20)
    office = FrontOffice(room.house)
    store.costs.add("twitter", room.time().date(), Bill(reading=3 * DOLLAR, sending=DOLLAR))

    home = office.home(EVA)

    assert "4.00 USD of 20.00 USD in" in home.platforms[0]
    assert "(reading 3.00 USD, sending 1.00 USD)" in home.platforms[0]
    assert home.notices == ()
    store.costs.add("twitter", room.time().date(), Bill(reading=15 * DOLLAR))
    assert "twitter: reading stops" in office.home(EVA).notices[0]
    store.costs.add("twitter", room.time().date(), Bill(reading=15 * DOLLAR))
    assert "twitter: reading and sending stop" in office.home(EVA).notices[0]


def test_the_digest_says_what_its_week_cost(store: Store, tmp_path: Path) -> None:
    room = Room(store, tmp_path, limit=20)
    monday = date(2026, 11, 16)
    store.costs.add("twitter", monday, Bill(reading=DOLLAR))
    store.costs.add("twitter", monday + timedelta(days=6), Bill(sending=DOLLAR))
    store.costs.add("twitter", monday + timedelta(days=7), Bill(sending=DOLLAR))
    brand = room.house.brands[BRAND]

    made = report.digest(
        store, brand, "2026-W47", room.house.policy, sources=["twitter"], now=room.time()
    )

    assert made.answers.costs == ("twitter 2.00 USD",)
    assert "Calls that are billed, at list prices: twitter 2.00 USD" in answer_lines(made)


@pytest.mark.parametrize(
    ("limit", "read", "bad", "told"),
    [
        (None, 0, False, "0.00 USD in"),
        (20, 1, False, "1.00 USD of 20.00 USD in"),
        (20, 18, True, "reading stops: 18.00 USD of 20.00 USD in"),
        (20, 20, True, "reading and sending stop: 20.00 USD of 20.00 USD in"),
    ],
)
def test_amends_check_says_it(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: int | None,
    read: int,
    bad: bool,
    told: str,
) -> None:
    room = Room(store, tmp_path, limit=limit)
    monkeypatch.setattr(clock, "now", room.time)
    store.costs.add("twitter", NOW.date(), Bill(reading=read * DOLLAR))

    (finding,) = checks.costs(room.settings, store, "twitter")

    assert finding.what.startswith(told)
    assert (finding.fatal, finding.fine) == (bad, limit is not None and not bad)
    assert ("monthly_budget" in finding.do) == (not finding.fine)


@pytest.mark.parametrize(
    ("limit", "key", "looked_for", "do"),
    [
        (None, None, False, "set [connectors.twitter] monthly_budget, or"),
        (None, True, True, ""),
        (50, None, True, ""),
        (50, False, False, "set [connectors.twitter] look_for_deletions = true, or"),
    ],
)
def test_deletions_are_looked_for_where_somebody_pays_for_it(
    store: Store, tmp_path: Path, limit: int | None, key: bool | None, looked_for: bool, do: str
) -> None:
    room = Room(store, tmp_path, limit=limit, look_for_deletions=key)
    store.mentions.ingest(BRAND, "twitter", [(posts(1)[0], ANGRY)], None, room.time())

    room.jobs.look_for_deletions_if_due("twitter")
    (finding,) = checks.looks(room.settings, "twitter")

    assert room.platform.asked == ["look"] * looked_for
    assert finding.fine == looked_for
    assert finding.do.startswith(do)


def test_amends_check_says_nothing_of_what_is_free(store: Store, tmp_path: Path) -> None:
    free = settings(tmp_path, "reddit")

    assert list(checks.costs(free, store, "reddit")) == []
    assert list(checks.looks(free, "reddit")) == []


@pytest.mark.parametrize(
    ("micro_usd", "written"),
    [(0, "0.00 USD"), (1, "0.01 USD"), (1_234_567, "1.24 USD"), (50_000_000, "50.00 USD")],
)
def test_money_is_rounded_up_to_the_cent(micro_usd: int, written: str) -> None:
    assert dollars(micro_usd) == written


def test_a_platform_that_bills_nothing_has_no_budget(store: Store) -> None:
    budgets = Budgets(store.costs, meters={}, limits={}, clock=Time())

    assert budgets.standing("reddit") is None
    assert budgets.standings() == ()
    budgets.require_reading("reddit")
    assert budgets.sending_over("reddit") == ""


def test_sums_of_several_processes_are_added_up(store: Store) -> None:
    day = date(2026, 11, 30)
    for _ in range(3):
        store.costs.add("twitter", day, Bill(reading=5, sending=7))
    store.costs.add("twitter", day + timedelta(days=1), Bill(reading=1))
    store.costs.add("other", day, Bill(reading=1))

    assert store.costs.between("twitter", day, day + timedelta(days=1)) == Bill(
        reading=15, sending=21
    )


def test_what_could_not_be_written_down_is_written_the_next_time() -> None:
    meter, book = Meter(), Fragile()
    budgets = Budgets(book, meters={"twitter": meter}, limits={}, clock=Time())
    meter.add(3, sending=False)
    meter.add(5, sending=True)

    with pytest.raises(OSError, match="disk full"):
        budgets.note()
    budgets.note()
    budgets.note()

    assert book.written == [Bill(reading=3, sending=5)]


def test_the_end_of_the_year_is_the_end_of_a_month(store: Store) -> None:
    time = Time(datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    budgets = Budgets(
        store.costs, meters={"twitter": Meter()}, limits={"twitter": DOLLAR}, clock=time
    )
    store.costs.add("twitter", date(2026, 12, 1), Bill(reading=DOLLAR))

    with pytest.raises(TryLater) as caught:
        budgets.require_reading("twitter")

    assert caught.value.at == datetime(2027, 1, 1, tzinfo=UTC)
    assert isinstance(budgets.standing("twitter"), Standing)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (
            {"twitter": {"monthly_budget": "50 EUR"}},
            "monthly_budget: found '50 EUR'; write an amount in US dollars, such as \"50.00 USD\"",
        ),
        (
            {"reddit": {"monthly_budget": "50.00 USD"}},
            "connectors.reddit.monthly_budget is not a known key",
        ),
    ],
)
def test_a_wrong_budget_is_told_with_what_to_write(
    table: dict[str, object], told: str, tmp_path: Path
) -> None:
    raw = {"brands": [{"name": "Acme"}], "connectors": table}

    with pytest.raises(SettingsError) as caught:
        check(raw, tmp_path / "config.toml", secrets=False)

    assert any(told in problem for problem in caught.value.problems)
