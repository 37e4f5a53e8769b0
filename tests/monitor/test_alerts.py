"""A login that ended reaches a person within minutes, by every way, and once a day."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.errors import SetupError
from connectors.meter import Bill
from monitor.alerts import PATIENCE, Alerts
from monitor.board import Board
from monitor.jobs import Jobs
from monitor.outages import Outages
from monitor.pager import Page
from monitor.store import Store
from responders.action import ActionState
from responders.case import CaseId, CaseState
from tests.monitor.house import Platform, Time, complaint, house, open_store, send
from tests.monitor.posts import ANGRY, BRAND, NOW
from tests.monitor.test_budgets import DOLLAR, Slack
from tests.monitor.test_budgets import Room as Paid
from tests.monitor.test_holds import ten_approved


@dataclass
class Pager:
    """A way to reach people that may fail."""

    pages: list[Page] = field(default_factory=list)
    trouble: Exception | None = None

    def send(self, page: Page) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.pages.append(page)


class Room:
    """Alerts around outages that a test makes."""

    def __init__(self, store: Store, *, on_duty: str = "U1EVA", board: bool = True) -> None:
        self.outages, self.pager, self.slack = Outages(), Pager(), Slack()
        self.now = NOW
        self.done: set[str] = set()
        self.alerts = Alerts(
            Board(self.slack, store.meta) if board else None,
            on_duty=lambda _at: on_duty,
            channels={"mail": self.pager},
            outages=self.outages.now,
            standings=tuple,
            once=self._once,
            clock=lambda: self.now,
        )

    def _once(self, key: str, do: object, *, service: str = "slack") -> int:
        assert callable(do)
        if key in self.done:
            return 0
        do()
        self.done.add(key)
        return 1

    def fail(self, name: str = "twitter", *, setup: bool = True) -> None:
        self.outages.failed(name, "X does not accept the login (401).", self.now, setup=setup)


def test_a_login_that_ended_is_told_by_every_way_within_minutes(url: str) -> None:
    with open_store(url) as store:
        room = Room(store)
        room.fail()

        assert room.alerts.logins() == 0, "it may be back at once"
        room.now += PATIENCE
        assert [room.alerts.logins(), room.alerts.logins()] == [2, 0]

    assert [bulletin.title for bulletin in room.slack.bulletins] == [
        f"🔑 <@U1EVA>: twitter: needs a person since {NOW:%H:%M} UTC."
    ]
    assert [line.text for line in room.slack.bulletins[0].lines] == [
        "X does not accept the login (401)."
    ]
    (page,) = room.pager.pages
    assert (page.to, page.title) == (
        "U1EVA",
        f"Amends: twitter: needs a person since {NOW:%H:%M} UTC",
    )
    assert "nothing of it was sent" in page.text


def test_an_outage_that_ends_by_itself_pages_nobody(url: str) -> None:
    with open_store(url) as store:
        room = Room(store)
        room.fail(setup=False)
        room.now += timedelta(hours=1)

        assert room.alerts.logins() == 0


@pytest.mark.parametrize(("on_duty", "board", "told"), [("", True, 1), ("", False, 0)])
def test_where_nobody_is_named_the_channel_is_told(
    url: str, on_duty: str, board: bool, told: int
) -> None:
    with open_store(url) as store:
        room = Room(store, on_duty=on_duty, board=board)
        room.fail()
        room.now += PATIENCE

        assert room.alerts.logins() == told

    assert room.pager.pages == []
    assert [b.title[:10] for b in room.slack.bulletins] == ["🔑 twitter:"[:10]] * told


def test_a_login_that_ends_on_another_day_is_told_again(url: str) -> None:
    with open_store(url) as store:
        room = Room(store)
        for day in range(2):
            room.now = NOW + timedelta(days=day)
            room.fail()
            room.now += PATIENCE
            room.alerts.logins()
            room.outages.recovered("twitter", room.now)

    assert len(room.pager.pages) == 2


def test_while_polling_and_sending_are_refused_a_person_is_told_and_nothing_shows_as_sent(
    url: str, tmp_path: Path
) -> None:
    time, platform, slack = Time(), Platform(), Slack()
    with open_store(url) as store:
        made = house(store, tmp_path, time, platform, surface=slack)
        store.mentions.ingest(BRAND, "reddit", [(complaint(1), ANGRY)], None, NOW)
        jobs = Jobs(made)
        jobs.prepare()
        send(made, store.cases.get(CaseId(1)))
        platform.trouble = SetupError("Reddit refused the login.")
        for _ in range(4):
            jobs.poll_if_up("reddit")
            jobs.walk()
            jobs.tell_all()
            time.forward(timedelta(seconds=45))

        titles = [bulletin.title for bulletin in slack.bulletins]
        assert [t for t in titles if t.startswith("🔑 reddit: needs a person")] != []
        assert [t for t in titles if t.startswith("🔑 replies on reddit: needs")] != []
        assert len(titles) == len(set(titles))
        states = {action.state for action in store.cases.get(CaseId(1)).actions}
        assert states == {ActionState.APPROVED}
        assert platform.sent == []


def test_a_platform_that_is_switched_off_is_one_trouble_however_much_was_approved_there(
    url: str, tmp_path: Path
) -> None:
    time, slack = Time(), Slack()
    with open_store(url) as store:
        ten_approved(store, tmp_path, time, Platform())
        after = house(store, tmp_path, time, Platform(platform="twitter"), surface=slack)
        jobs = Jobs(after)
        for _ in range(4):
            jobs.walk()
            time.forward(timedelta(seconds=45))
            jobs.tell_all()

        pages = [
            bulletin.title for bulletin in slack.bulletins if "needs a person" in bulletin.title
        ]
        assert pages == [f"🔑 sending on reddit: needs a person since {NOW:%H:%M} UTC."]
        (line,) = slack.bulletins[-1].lines
        assert "enable [connectors.reddit] again" in line.text
        again = house(store, tmp_path, time, Platform(), surface=slack)
        assert len(store.cases.list({CaseState.APPROVED})) == 10, "nothing is lost by it"
        jobs = Jobs(again)
        for _ in range(3):
            jobs.walk()
            time.forward()
        assert len(store.cases.list({CaseState.ANSWERED})) == 10


def test_each_stop_of_a_months_money_is_told_once(url: str, tmp_path: Path) -> None:
    with open_store(url) as store:
        room = Paid(store, tmp_path, limit=20)
        today = room.time().date()

        def told() -> list[str]:
            for _ in range(2):
                room.jobs.tell_all()
            return [bulletin.title for bulletin in room.slack.bulletins]

        assert told() == []
        store.costs.add("twitter", today, Bill(reading=18 * DOLLAR))
        assert told() == ["💸 twitter: reading stops, the month's money is used up."]
        store.costs.add("twitter", today, Bill(sending=2 * DOLLAR))
        assert told()[1:] == ["💸 twitter: sending stops, the month's money is used up."]

    lines = [line.text for line in room.slack.bulletins[-1].lines]
    assert "20.00 USD of 20.00 USD in" in lines[0]
    assert "Raise [connectors.twitter] monthly_budget" in lines[0]


def test_without_slack_money_is_told_on_the_pages_alone(url: str) -> None:
    with open_store(url) as store:
        assert Room(store, board=False).alerts.money() == 0
