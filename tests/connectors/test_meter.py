"""What calls cost is added up until it is taken, and nothing is counted twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.base import Mention
from connectors.errors import OutcomeUnknown, Refused
from connectors.meter import Bill, Meter, Paid
from connectors.twitter import Twitter
from connectors.twitter.prices import Prices
from connectors.twitter.wire import Wire
from tests.servers.http import json_answer
from tests.servers.x import XServer, settings

POST, OWN_MENTION, PERSON, MESSAGE = 5_000, 1_000, 10_000, 10_000
TODAY = "2026-11-20"


def test_sums_are_taken_once() -> None:
    meter = Meter()
    meter.add(1_000, sending=False)
    meter.add(10_000, sending=True)
    meter.add(5_000, sending=False)

    assert meter.take() == Bill(reading=6_000, sending=10_000)
    assert not meter.take()


def test_threads_lose_nothing() -> None:
    meter = Meter()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: meter.add(1, sending=False), range(4_000)))

    assert meter.take() == Bill(reading=4_000)


class TestPricesOfX:
    @pytest.mark.parametrize(
        ("call", "answer", "price"),
        [
            ("get_users_mentions", {"data": [{"id": "1"}, {"id": "2"}]}, 2 * OWN_MENTION),
            ("search_recent_tweets", {"data": [{"id": "1"}, {"id": "2"}]}, 2 * POST),
            ("get_tweets", {"errors": [{"value": "1"}]}, 0),
            ("get_direct_message_events", {"data": [{"id": "1"}]}, MESSAGE),
            ("get_me", {"data": {"id": "777"}}, PERSON),
            (
                "get_users_mentions",
                {
                    "data": [{"id": "1"}],
                    "includes": {"users": [{"id": "8"}], "tweets": [{"id": "3"}]},
                },
                OWN_MENTION + PERSON + POST,
            ),
            ("create_tweet", {"data": {"id": "1"}}, 0),
        ],
    )
    def test_are_those_of_what_an_answer_holds(
        self, call: str, answer: dict[str, object], price: int
    ) -> None:
        assert Prices().of(call, answer, TODAY) == price

    def test_are_paid_once_a_day(self) -> None:
        prices = Prices()
        page: dict[str, object] = {"data": [{"id": "1"}], "includes": {"users": [{"id": "1"}]}}

        paid = [
            prices.of("search_recent_tweets", page, day)
            for day in (TODAY, TODAY, "2026-11-21", "", "")
        ]

        whole = POST + PERSON
        assert paid == [whole, 0, whole, whole, whole], "where no day is known nothing is free"


class TestX:
    @pytest.fixture
    def x(self) -> Iterator[XServer]:
        with XServer() as server:
            yield server

    @pytest.fixture
    def twitter(self, x: XServer) -> Twitter:
        return Twitter(settings(x.url))

    def mention(self, x: XServer, twitter: Twitter) -> Mention:
        post = x.post("maria", "@acme where is it?")
        return next(m for m in twitter.poll(None).mentions if m.id == post.id)

    def test_is_paid_and_counts_what_it_reads(self, x: XServer, twitter: Twitter) -> None:
        assert isinstance(twitter, Paid)
        self.mention(x, twitter)

        # Who we are, the post, and its author.
        assert twitter.meter.take() == Bill(reading=PERSON + OWN_MENTION + PERSON)

        twitter.poll(None)
        assert not twitter.meter.take(), "the same post on the same day"

    @pytest.mark.parametrize(
        ("text", "price"), [("We are sorry.", 10_000), ("See https://acme.example", 200_000)]
    )
    def test_counts_a_reply(self, x: XServer, twitter: Twitter, text: str, price: int) -> None:
        mention = self.mention(x, twitter)
        twitter.meter.take()

        twitter.reply(mention, text, "k")

        assert twitter.meter.take() == Bill(sending=price)

    def test_counts_what_was_lost_and_not_what_was_refused(
        self, x: XServer, twitter: Twitter
    ) -> None:
        mention = self.mention(x, twitter)
        x.write("maria", "hello")
        twitter.meter.take()

        x.lose_next(method="POST")
        with pytest.raises(OutcomeUnknown):
            twitter.message(mention.author, "We are sorry.", "k")
        x.answer_next(json_answer({"detail": "you are blocked"}, status=403), method="POST")
        with pytest.raises(Refused):
            twitter.reply(mention, "We are sorry.", "k")

        assert twitter.meter.take() == Bill(sending=15_000)

    def test_counts_a_deletion(self, x: XServer, twitter: Twitter) -> None:
        receipt = twitter.reply(self.mention(x, twitter), "We are sorry.", "k")
        twitter.meter.take()

        twitter.retract(receipt)

        assert twitter.meter.take() == Bill(sending=10_000)

    @pytest.mark.parametrize("date", ["", "yesterday"])
    def test_knows_no_day_where_x_says_none(self, date: str) -> None:
        wire = Wire(timeout=1.0)
        wire.day = TODAY

        wire._note("GET /2/tweets", {"date": date, "x-rate-limit-reset": "1"})

        assert wire.day == ""
