"""What is X's alone: the real tweepy against the loopback X. The rest is in tests/contracts."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import cast

import pytest
import requests
from oauthlib.oauth1 import Client as Signer
from pydantic import SecretStr, ValidationError
from requests_oauthlib import OAuth1

from connectors import registry
from connectors.base import Connector, Life, Mention, Receipt, Route
from connectors.errors import (
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.reserve import for_sending
from connectors.twitter import Twitter, TwitterSettings
from connectors.twitter.wire import Session
from tests.contracts.platform import Platform
from tests.servers.http import Answer, html_answer, json_answer
from tests.servers.x import (
    ACCESS_TOKEN,
    ACCESS_TOKEN_SECRET,
    BEARER,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    HANDLE,
    XPlatform,
    XServer,
    settings,
)

KEY = "the-same-on-every-try"
NO_KEYS: dict[str, object] = dict.fromkeys(
    ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
)
MENTIONS, SEARCH = "/2/users/777/mentions", "/2/tweets/search/recent"


@pytest.fixture
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


def twitter(x: XServer, **changes: object) -> Twitter:
    return Twitter(settings(x.url, **changes))


def drained(connector: Twitter, cursor: str | None = None) -> tuple[list[Mention], str]:
    """One whole poll."""
    found: list[Mention] = []
    for _ in range(100):
        batch = connector.poll(cursor)
        found += batch.mentions
        cursor = batch.cursor
        if not batch.more:
            return found, cast(str, cursor)
    raise AssertionError("the poll did not end")


def seeded(x: XServer, connector: Twitter, text: str = "@acme where is it?") -> Mention:
    post = x.post("maria", text)
    return next(mention for mention in drained(connector)[0] if mention.id == post.id)


class TestSettings:
    def test_are_found_by_the_registry(self) -> None:
        assert registry.load("twitter") is Twitter
        assert Twitter.Settings is TwitterSettings

    def test_take_secrets_from_the_environment_and_show_them_nowhere(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("X_BEARER", "a-secret")

        found = TwitterSettings.model_validate({"bearer_token": "env:X_BEARER"})

        assert found.bearer_token == SecretStr("a-secret")
        assert "a-secret" not in repr(found)

    @pytest.mark.parametrize(
        "changes",
        [
            {"api_url": "api.twitter.com"},
            {"api_url": "ftp://api.twitter.com"},
            {"api_url": "https://"},
            {"api_url": "https://x.com?a=b"},
            {"bearer_token": "a-secret"},
            {"user_id": "@acme"},
            {"tier": "free"},
            {"query": "x" * 481},
            {"bearer": "env:X_BEARER"},
        ],
    )
    def test_refuse_what_cannot_work_without_showing_it(self, changes: dict[str, object]) -> None:
        with pytest.raises(ValidationError) as caught:
            TwitterSettings.model_validate(changes)

        assert "a-secret" not in str(caught.value)

    def test_speak_to_nobody_while_a_connector_is_made(self, x: XServer) -> None:
        connector: Connector = twitter(x)

        assert x.requests == []
        assert (connector.platform, connector.account) == ("twitter", "")


class TestPolling:
    def test_keeps_since_id_fixed_while_it_turns_pages(self, x: XServer) -> None:
        connector = twitter(x)
        seeded(x, connector)
        _, cursor = drained(connector)
        for number in range(250):
            x.post("maria", f"@acme {number}")
        before = len(x.asked("GET", MENTIONS))

        found, after = drained(connector, cursor)
        round_ = x.asked("GET", MENTIONS)[before:]
        connector.poll(after)

        again = x.requests[-1]
        assert len(found) == 251  # the overlap brings the first again
        assert len({request.query["since_id"] for request in round_}) == 1
        assert ["pagination_token" in request.query for request in round_] == [False, True, True]
        assert int(again.query["since_id"]) > int(round_[0].query["since_id"])

    def test_reads_one_page_a_call(self, x: XServer) -> None:
        for number in range(150):
            x.post("maria", f"@acme {number}")
        connector = twitter(x, account=HANDLE, user_id="777")

        batch = connector.poll(None)

        assert (len(batch.mentions), batch.more, len(x.requests)) == (100, True, 1)

    def test_brings_a_post_that_was_indexed_late(self, x: XServer) -> None:
        connector = twitter(x)
        seeded(x, connector)
        _, cursor = drained(connector)
        late = x.post("tom", "@acme I was here first", late_by=timedelta(minutes=4))

        found, _ = drained(connector, cursor)

        assert late.id in {mention.id for mention in found}

    def test_goes_on_where_it_was_when_its_page_token_is_stale(
        self, x: XServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        posts = {x.post("maria", f"@acme {number}").id for number in range(350)}
        connector = twitter(x)
        first = connector.poll(None)
        x.forget_page_tokens()
        found = {mention.id for mention in first.mentions}

        rest, cursor = drained(connector, first.cursor)

        assert found | {mention.id for mention in rest} == posts
        assert "pagination_token" in caplog.text
        assert len(rest) == 250  # nothing was read twice
        assert json.loads(cursor)["mentions"]["since"] == max(posts, key=int)

    def test_goes_on_when_every_page_token_is_stale(self, x: XServer) -> None:
        posts = {x.post("maria", f"@acme {number}").id for number in range(350)}
        connector = twitter(x)
        found: set[str] = set()
        cursor: str | None = None

        for _ in range(20):
            batch = connector.poll(cursor)
            found |= {mention.id for mention in batch.mentions}
            cursor = batch.cursor
            x.forget_page_tokens()
            if not batch.more:
                break

        assert found == posts

    def test_of_the_search_goes_on_without_a_lower_end_that_is_too_old(self, x: XServer) -> None:
        connector = twitter(x, query="lamp")
        x.post("tom", "my lamp is broken")
        _, cursor = drained(connector)
        fresh = [x.post("tom", f"my lamp {number}") for number in range(150)]
        x.searchable_since = int(fresh[0].id)

        found, _ = drained(connector, cursor)

        assert {post.id for post in fresh} == {mention.id for mention in found}

    def test_of_the_search_ends_a_round_that_x_no_longer_shows(self, x: XServer) -> None:
        connector = twitter(x, query="lamp")
        for number in range(150):
            x.post("tom", f"my lamp {number}")
        cursor = connector.poll(None).cursor
        cursor = connector.poll(cursor).cursor
        x.searchable_since = int(x.post("tom", "my new lamp").id)
        x.forget_page_tokens()

        found, cursor = drained(connector, cursor)
        later, _ = drained(connector, cursor)

        assert [mention.text for mention in found + later] == ["my new lamp"]

    def test_loses_none_of_2000_posts_that_the_search_finds_at_once(self, x: XServer) -> None:
        posts = {x.post("tom", f"my lamp {number}").id for number in range(2000)}
        connector = twitter(x, query="lamp")
        found: list[str] = []
        cursor: str | None = None

        for _ in range(60):
            batch = connector.poll(cursor)
            found += [mention.id for mention in batch.mentions]
            cursor = batch.cursor
            if not batch.more:
                break
            newer = x.post("ann", "another lamp")
            posts.add(newer.id)
        found += [mention.id for mention in drained(connector, cursor)[0]]

        assert posts <= set(found)

    def test_of_the_search_leaves_our_own_posts_at_x(self, x: XServer) -> None:
        connector = twitter(x, query="lamp OR vase")
        x.post(HANDLE, "buy a lamp")

        found, _ = drained(connector)

        assert found == []
        assert x.asked("GET", SEARCH)[0].query["query"] == "(lamp OR vase) -from:acme"

    def test_says_when_more_came_than_x_shows(
        self, x: XServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        connector = twitter(x, catch_up=False)
        seeded(x, connector)
        _, cursor = drained(connector)
        for number in range(900):
            x.post("maria", f"@acme {number}")

        found, _ = drained(connector, cursor)

        assert len(found) == 800
        assert "older ones may be missing" in caplog.text

    @pytest.mark.parametrize("query", ["", "lamp"])
    def test_reads_by_search_what_its_list_no_longer_shows(
        self, x: XServer, caplog: pytest.LogCaptureFixture, query: str
    ) -> None:
        connector = twitter(x, query=query)
        seeded(x, connector)
        _, cursor = drained(connector)
        posts = {x.post("maria", f"@acme {number}").id for number in range(1_150)}

        found, cursor = drained(connector, cursor)
        again, _ = drained(twitter(x, query=query), cursor)

        assert {mention.id for mention in found} == posts
        assert {mention.id for mention in again} <= posts  # the overlap
        assert "the rest is read by search" in caplog.text
        gap = [r for r in x.asked("GET", SEARCH) if r.query["query"] == "@acme -from:acme"]
        assert len(gap) == 4  # 350 of them, and no post twice

    def test_goes_on_with_a_gap_after_a_crash_between_any_two_pages(self, x: XServer) -> None:
        seeded(x, twitter(x))
        cursor: str | None = drained(twitter(x))[1]
        posts = {x.post("maria", f"@acme {number}").id for number in range(1_150)}
        found: set[str] = set()

        more = True
        while more:
            twitter(x).poll(cursor)
            batch = twitter(x).poll(cursor)
            found |= {mention.id for mention in batch.mentions}
            cursor, more = batch.cursor, batch.more

        assert found == posts

    def test_searches_for_nothing_where_its_list_reached_known_ground(self, x: XServer) -> None:
        connector = twitter(x)
        x.post("maria", "@acme first")
        _, cursor = drained(connector)
        for number in range(750):
            x.post("maria", f"@acme {number}")

        found, _ = drained(connector, cursor)

        assert len(found) == 751  # with the overlap
        assert x.asked("GET", SEARCH) == []

    def test_reads_only_so_much_of_a_gap_and_says_so(
        self, x: XServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        connector = twitter(x)
        seeded(x, connector)
        _, cursor = drained(connector)
        for number in range(3_000):
            x.post("maria", f"@acme {number}")

        found, _ = drained(connector, cursor)

        assert len(found) == 2_800
        assert "2000 mentions were read by search; older ones are missing" in caplog.text

    @pytest.mark.parametrize("status", [400, 403])
    def test_goes_on_where_it_may_not_search(
        self, x: XServer, caplog: pytest.LogCaptureFixture, status: int
    ) -> None:
        connector = twitter(x)
        seeded(x, connector)
        _, cursor = drained(connector)
        for number in range(900):
            x.post("maria", f"@acme {number}")
        x.answer_next(
            json_answer({"title": "no", "type": "about:blank"}, status=status), path=SEARCH
        )

        found, cursor = drained(connector, cursor)
        later = x.post("maria", "@acme later")
        after, _ = drained(connector, cursor)

        assert len(found) == 800
        assert later.id in {mention.id for mention in after}
        assert "X did not let us search for them" in caplog.text

    def test_reads_a_gap_without_its_lower_end_where_the_search_does_not_reach_it(
        self, x: XServer
    ) -> None:
        connector = twitter(x)
        seeded(x, connector)
        _, cursor = drained(connector)
        posts = [x.post("maria", f"@acme {number}").id for number in range(900)]
        x.searchable_since = int(posts[50])

        found, _ = drained(connector, cursor)

        assert {mention.id for mention in found} == set(posts[50:])

    def test_leaves_out_reposts_and_our_own_posts(self, x: XServer) -> None:
        original = x.post("maria", "@acme never again")
        x.post("tom", "RT @maria: @acme never again", repeats=original.id)
        x.post(HANDLE, "@acme is us")

        found, _ = drained(twitter(x))

        assert [mention.id for mention in found] == [original.id]

    def test_knows_a_quote_of_ours_and_who_takes_messages(self, x: XServer) -> None:
        ours = x.post(HANDLE, "We never lose a parcel.")
        x.user("maria").takes_messages = True
        x.post("maria", "Ha! lamp", quotes=ours.id)

        (mention,) = drained(twitter(x, query="lamp"))[0]

        assert mention.addressed
        assert mention.author.open_to_messages is True
        assert mention.author.followers == 42

    def test_asks_x_once_who_we_are(self, x: XServer) -> None:
        connector = twitter(x)

        drained(connector)
        drained(connector)

        assert len(x.asked("GET", "/2/users/me")) == 1
        assert connector.account == HANDLE

    def test_asks_nobody_who_we_are_where_the_settings_say_it(self, x: XServer) -> None:
        connector = twitter(x, account="@acme", user_id="777")

        drained(connector)

        assert x.asked("GET", "/2/users/me") == []
        assert connector.account == HANDLE

    @pytest.mark.parametrize(
        "data", [{"data": "no list"}, {"data": 17}, [], 17, "text", None, {"data": {"a": 1}}]
    )
    def test_of_an_answer_that_is_none_is_tried_later(self, x: XServer, data: object) -> None:
        connector = twitter(x)
        drained(connector)
        x.answer_next(json_answer(data))

        with pytest.raises(TryLater):
            connector.poll(None)

    def test_of_a_page_of_html_is_tried_later(self, x: XServer) -> None:
        connector = twitter(x)
        drained(connector)
        x.answer_next(html_answer())

        with pytest.raises(TryLater, match="something else"):
            connector.poll(None)

    def test_takes_null_for_nothing(self, x: XServer) -> None:
        connector = twitter(x)
        drained(connector)
        x.answer_next(json_answer({"data": None, "meta": None}))

        assert connector.poll(None).mentions == ()

    def test_of_a_request_that_x_does_not_understand_needs_a_person(self, x: XServer) -> None:
        connector = twitter(x)
        drained(connector)
        x.answer_next(json_answer({"errors": [{"parameters": {"query": ["("]}}]}, status=400))

        with pytest.raises(SetupError, match="query"):
            connector.poll(None)

    def test_without_credit_needs_a_person(self, x: XServer) -> None:
        x.out_of_credit = True

        with pytest.raises(SetupError, match="402"):
            twitter(x).poll(None)

    def test_of_an_account_that_x_does_not_describe_is_tried_later(self, x: XServer) -> None:
        x.answer_next(json_answer({"data": {"id": "seven"}}))

        with pytest.raises(TryLater):
            twitter(x).poll(None)


class TestWithABearerTokenAlone:
    def test_reads_the_mentions_of_the_named_account(self, x: XServer) -> None:
        post = x.post("maria", "@acme hello")
        connector = twitter(x, account="acme", **NO_KEYS)

        found, _ = drained(connector)

        assert [mention.id for mention in found] == [post.id]
        assert found[0].author.open_to_messages is None
        assert all(r.headers["authorization"] == f"Bearer {BEARER}" for r in x.requests)

    def test_reads_the_mentions_of_the_numbered_account(self, x: XServer) -> None:
        post = x.post("maria", "@acme hello")

        found, _ = drained(twitter(x, user_id="777", **NO_KEYS))

        assert [mention.id for mention in found] == [post.id]
        assert found[0].addressed

    def test_reads_the_search_where_no_account_is_named(self, x: XServer) -> None:
        post = x.post("maria", "my lamp")

        found, cursor = drained(twitter(x, query="lamp", **NO_KEYS))

        assert [mention.id for mention in found] == [post.id]
        assert drained(twitter(x, query="lamp", **NO_KEYS), cursor)[0] == found  # the overlap

    def test_needs_an_account_or_a_query(self, x: XServer) -> None:
        with pytest.raises(SetupError, match="account"):
            twitter(x, **NO_KEYS).poll(None)

    def test_says_so_where_x_does_not_know_the_account(self, x: XServer) -> None:
        with pytest.raises(TryLater):
            twitter(x, account="nobody", **NO_KEYS).poll(None)

    def test_sends_nothing_and_says_which_keys_lack(self, x: XServer) -> None:
        connector = twitter(x, account="acme", **NO_KEYS)
        mention = seeded(x, connector)

        for call in (
            lambda: connector.reply(mention, "Sorry.", KEY),
            lambda: connector.message(mention.author, "Sorry.", KEY),
            lambda: connector.retract(Receipt(id="17")),
        ):
            with pytest.raises(SetupError, match="consumer_key, consumer_secret, access_token"):
                call()

        assert connector.ability(mention).public.route is Route.BY_HAND

    def test_reads_the_public_half_of_a_conversation(self, x: XServer) -> None:
        connector = twitter(x, account="acme", **NO_KEYS)
        mention = seeded(x, connector)
        x.post("maria", "hello?", answers=mention.id)
        x.write("maria", "Order 17")

        assert [turn.text for turn in connector.conversation(mention)] == ["hello?"]

    def test_cannot_look_for_own_posts_without_an_account(self, x: XServer) -> None:
        connector = twitter(x, query="lamp", **NO_KEYS)
        mention = seeded(x, connector, "my lamp")

        with pytest.raises(SetupError, match="account"):
            connector.find_own_reply(mention, "Sorry.")


def test_without_any_login_every_call_names_the_keys(x: XServer) -> None:
    connector = twitter(x, bearer_token=None, **NO_KEYS)

    with pytest.raises(SetupError, match="consumer_key"):
        connector.poll(None)


class TestReplying:
    @pytest.mark.parametrize("reply_settings", ["everyone", "mentionedUsers"])
    def test_where_we_were_not_summoned_is_refused(self, x: XServer, reply_settings: str) -> None:
        connector = twitter(x, query="lamp")
        x.post("maria", "lamp", reply_settings=reply_settings)
        (mention,) = drained(connector)[0]

        with pytest.raises(Refused) as caught:
            connector.reply(mention, "Sorry.", KEY)

        assert caught.value.code == "not_summoned"

    def test_under_an_enterprise_contract_needs_no_summons(self, x: XServer) -> None:
        x.enterprise = True
        connector = twitter(x, query="lamp", tier="enterprise")
        mention = seeded(x, connector, "lamp")

        assert connector.ability(mention).public.route is Route.API
        assert connector.reply(mention, "Sorry.", KEY).url == (
            f"https://x.com/acme/status/{max(x.posts, key=int)}"
        )

    def test_to_somebody_who_blocked_us_is_refused(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.user("maria").has_blocked_us = True

        with pytest.raises(Refused) as caught:
            connector.reply(mention, "Sorry.", KEY)

        assert caught.value.code == "blocked"

    def test_a_second_time_with_the_same_text_is_unknown_and_the_first_is_found(
        self, x: XServer
    ) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.lose_next(method="POST")
        with pytest.raises(OutcomeUnknown):
            connector.reply(mention, "Sorry.", KEY)

        with pytest.raises(OutcomeUnknown, match="already"):
            connector.reply(mention, "Sorry.", KEY)

        found = connector.find_own_reply(mention, "Sorry.")
        assert found is not None
        assert x.posts[found.id].submitted == "Sorry."
        assert found.at == x.posts[found.id].at

    def test_too_long_in_xs_own_count_is_not_even_asked(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)

        with pytest.raises(Refused, match="282 characters") as caught:
            connector.reply(mention, "対" * 141, KEY)

        assert caught.value.code == "too_long"
        assert x.asked("POST", "/") == []

    def test_of_280_in_xs_own_count_is_taken(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)

        connector.reply(mention, "対" * 128 + " https://acme.com/" + "x" * 200, KEY)

        assert len(x.asked("POST", "/2/tweets")) == 1

    @pytest.mark.parametrize("data", [{}, {"data": {}}, {"data": {"id": 17}}, {"data": None}, []])
    def test_answered_without_an_id_is_unknown(self, x: XServer, data: object) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.answer_next(json_answer(data, status=201))

        with pytest.raises(OutcomeUnknown):
            connector.reply(mention, "Sorry.", KEY)

    @pytest.mark.parametrize(
        ("status", "body"),
        [(403, []), (403, "no"), (400, {"errors": [17]}), (403, {"errors": "x"}), (403, 17)],
    )
    def test_refused_in_a_shape_that_tweepy_trips_over_is_never_a_success(
        self, x: XServer, status: int, body: object
    ) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.answer_next(json_answer(body, status=status))

        with pytest.raises((OutcomeUnknown, Refused)):
            connector.reply(mention, "Sorry.", KEY)

    def test_over_a_limit_with_an_unreadable_time_is_never_a_success(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.answer_next(json_answer({}, status=429, headers={"x-rate-limit-reset": "soon"}))

        with pytest.raises((OutcomeUnknown, TryLater)):
            connector.reply(mention, "Sorry.", KEY)

    def test_is_not_repeated_where_x_redirects(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.answer_next(Answer(status=307, headers={"Location": f"{x.url}/2/tweets"}))

        with pytest.raises(OutcomeUnknown):
            connector.reply(mention, "Sorry.", KEY)

        assert len(x.asked("POST", "/")) == 1
        assert connector.find_own_reply(mention, "Sorry.") is None

    def test_dropped_before_it_was_applied_is_unknown_and_not_found(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.drop_next(method="POST")

        with pytest.raises(OutcomeUnknown):
            connector.reply(mention, "Sorry.", KEY)

        assert len(x.asked("POST", "/")) == 1
        assert connector.find_own_reply(mention, "Sorry.") is None

    @pytest.mark.parametrize(("status", "error"), [(503, OutcomeUnknown), (403, Refused)])
    def test_answered_with_a_page_of_html_goes_by_its_status(
        self, x: XServer, status: int, error: type[ConnectorError]
    ) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.answer_next(html_answer(status))

        with pytest.raises(error):
            connector.reply(mention, "Sorry.", KEY)

    def test_with_keys_that_only_read_needs_a_person(self, x: XServer) -> None:
        x.access_level = "read"
        connector = twitter(x)
        mention = seeded(x, connector)

        with pytest.raises(SetupError, match="oauth1-permissions"):
            connector.reply(mention, "Sorry.", KEY)


class TestMessaging:
    def test_somebody_who_never_wrote_is_refused(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)

        with pytest.raises(Refused) as caught:
            connector.message(mention.author, "Hello.", KEY)

        assert caught.value.code == "closed"

    def test_somebody_who_is_gone_is_refused(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        del x.users["maria"]

        with pytest.raises(Refused) as caught:
            connector.message(mention.author, "Hello.", KEY)

        assert caught.value.code == "gone"

    def test_gives_a_receipt_that_names_the_conversation(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.write("maria", "Order 17")

        receipt = connector.message(mention.author, "Thank you.", KEY)

        assert receipt.private
        assert receipt.url == f"https://x.com/messages/{mention.author.id}-777"
        assert receipt.at == x.messages[-1].at

    def test_beyond_the_limit_is_not_even_asked(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)

        with pytest.raises(Refused, match="10001 characters"):
            connector.message(mention.author, "x" * 10_001, KEY)

        assert x.asked("POST", "/") == []

    @pytest.mark.parametrize(
        ("data", "url"),
        [({"dm_event_id": "17"}, None), ({"dm_event_id": None}, None), (None, None)],
    )
    def test_answered_in_part_is_a_receipt_only_with_an_id(
        self, x: XServer, data: dict[str, object] | None, url: str | None
    ) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.answer_next(json_answer({"data": data}, status=201))

        if data and data["dm_event_id"]:
            assert connector.message(mention.author, "Hello.", KEY).url == url
        else:
            with pytest.raises(OutcomeUnknown):
                connector.message(mention.author, "Hello.", KEY)


class TestLookingForOurReply:
    def test_finds_it_behind_many_later_ones(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        receipt = connector.reply(mention, "Sorry.", KEY)
        for number in range(250):
            x.post(HANDLE, f"We write a lot: {number}")

        assert connector.find_own_reply(mention, "Sorry.") == receipt

    def test_takes_the_first_where_there_are_two(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        first = x.post(HANDLE, "@maria Sorry.", answers=mention.id)
        x.post(HANDLE, "@maria Sorry.", answers=mention.id)

        found = connector.find_own_reply(mention, "Sorry.")

        assert found is not None
        assert found.id == first.id

    def test_says_when_it_could_not_read_to_the_end(
        self, x: XServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("connectors.twitter._MOST_PAGES", 2)
        connector = twitter(x)
        mention = seeded(x, connector)
        for number in range(250):
            x.post(HANDLE, f"We write a lot: {number}")

        assert connector.find_own_reply(mention, "Sorry.") is None
        assert "not to its end" in caplog.text


class TestLooking:
    def test_asks_for_a_hundred_at_a_time_and_for_no_private_message(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        for number in range(240):
            x.post("maria", f"@acme {number}")
        x.write("maria", "Order 17")
        posts, _ = drained(connector)
        private = [turn for turn in connector.conversation(mention) if turn.private]

        lives = connector.look(posts + private)

        asked = [len(r.query["ids"].split(",")) for r in x.requests if r.path == "/2/tweets"]
        assert asked == [100, 100, 41]
        assert set(lives.values()) == {Life.ALIVE}
        assert len(lives) == 242


class TestConversation:
    def test_leaves_out_what_belongs_to_others(self, x: XServer) -> None:
        announcement = x.post(HANDLE, "We have news.")
        connector = twitter(x)
        complaint = x.post("maria", "@acme my parcel!", answers=announcement.id)
        other = x.post("tom", "@acme mine too!", answers=announcement.id)
        ours = x.post(HANDLE, "@maria Sorry.", answers=complaint.id)
        x.post(HANDLE, "@tom Sorry.", answers=other.id)
        x.post("tom", "same here", answers=complaint.id)
        deeper = x.post("maria", "Sorry?!", answers=ours.id)
        x.post("maria", "Nice news though", answers=announcement.id)
        mention = next(m for m in drained(connector)[0] if m.id == complaint.id)

        turns = connector.conversation(mention)

        assert [turn.id for turn in turns] == [ours.id, deeper.id]

    def test_of_a_post_older_than_the_search_is_read_without_a_lower_end(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        answer = x.post("maria", "still waiting", answers=mention.id)
        x.searchable_since = int(answer.id)

        assert [turn.id for turn in connector.conversation(mention)] == [answer.id]

    def test_of_a_search_that_x_does_not_understand_needs_a_person(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        refusal = json_answer({"errors": [{"parameters": {"query": ["("]}}]}, status=400)
        x.answer_next(refusal, path=SEARCH)

        with pytest.raises(SetupError):
            connector.conversation(mention)

    def test_reads_private_messages_around_the_post_over_many_pages(self, x: XServer) -> None:
        connector = twitter(x)
        x.write("maria", "before the post")
        mention = seeded(x, connector)
        for number in range(150):
            x.write("maria", f"message {number}")
        x.write("tom", "not hers")

        turns = connector.conversation(mention)

        later = [f"message {number}" for number in range(150)]
        assert [turn.text for turn in turns] == ["before the post", *later]
        assert {turn.author.handle for turn in turns} == {"maria"}

    def test_shows_the_public_half_where_messages_may_not_be_read(
        self, x: XServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        answer = x.post("maria", "hello?", answers=mention.id)
        x.access_level = "read-write"

        assert [turn.id for turn in connector.conversation(mention)] == [answer.id]
        assert "oauth1-permissions" in caplog.text
        with for_sending(proof=True), pytest.raises(SetupError):
            connector.conversation(mention)

    def test_from_a_private_message_on_is_private(self, x: XServer) -> None:
        connector = twitter(x)
        mention = seeded(x, connector)
        x.write("maria", "one")
        x.write("maria", "two")
        x.post("maria", "public", answers=mention.id)
        first = next(turn for turn in connector.conversation(mention) if turn.private)

        assert [turn.text for turn in connector.conversation(first)] == ["two"]


class TestRetracting:
    def test_a_message_is_something_that_x_does_not_offer(self, x: XServer) -> None:
        connector = twitter(x)

        for receipt in (Receipt(id="17", private=True), Receipt(id="")):
            with pytest.raises(Unsupported):
                connector.retract(receipt)

        assert x.requests == []

    def test_somebody_elses_post_is_refused(self, x: XServer) -> None:
        connector = twitter(x)

        with pytest.raises(Refused):
            connector.retract(Receipt(id=x.post("maria", "hers").id))

    def test_whose_answer_is_lost_can_be_asked_again(self, x: XServer) -> None:
        connector = twitter(x)
        receipt = connector.reply(seeded(x, connector), "Sorry.", KEY)
        x.lose_next(method="DELETE")
        with pytest.raises(OutcomeUnknown):
            connector.retract(receipt)

        connector.retract(receipt)

        assert x.posts[receipt.id].deleted


class TestCheck:
    def test_finds_nothing_wrong_with_a_full_login(self, x: XServer) -> None:
        assert list(twitter(x, query="lamp").check()) == []

    def test_without_any_key_says_so_and_asks_nobody(self, x: XServer) -> None:
        (problem,) = twitter(x, bearer_token=None, **NO_KEYS).check()

        assert problem.fatal
        assert "lacks consumer_key, consumer_secret, access_token" in problem.what
        assert "developer portal" in problem.do
        assert x.requests == []

    def test_with_three_keys_of_four_names_the_one_that_lacks(self, x: XServer) -> None:
        (problem,) = twitter(x, bearer_token=None, access_token_secret=None).check()

        assert "lacks access_token_secret" in problem.what

    def test_with_a_bearer_token_alone_says_that_people_send_by_hand(self, x: XServer) -> None:
        (problem,) = twitter(x, account="acme", **NO_KEYS).check()

        assert not problem.fatal
        assert "by hand" in problem.what

    @pytest.mark.parametrize(("query", "fatal"), [("", True), ("lamp", False)])
    def test_without_an_account_says_what_is_not_read(
        self, x: XServer, query: str, fatal: bool
    ) -> None:
        problems = twitter(x, query=query, **NO_KEYS).check()

        assert [problem.fatal for problem in problems] == [False, fatal]
        assert "mentions are not read" in problems[1].what

    @pytest.mark.parametrize(
        "changes", [{"account": "other"}, {"user_id": "778"}, {"account": "acme", "user_id": "1"}]
    )
    def test_of_keys_of_another_account_is_fatal(
        self, x: XServer, changes: dict[str, object]
    ) -> None:
        (problem,) = twitter(x, **changes).check()

        assert problem.fatal
        assert "@acme (777)" in problem.what

    def test_of_the_same_account_in_other_letters_is_fine(self, x: XServer) -> None:
        assert list(twitter(x, account="@AcMe", user_id="777").check()) == []

    @pytest.mark.parametrize(
        ("level", "words"),
        [("read", "neither post replies"), ("read-write", "not send private messages")],
    )
    def test_names_what_the_keys_may_not_do(self, x: XServer, level: str, words: str) -> None:
        x.access_level = level

        problems = twitter(x).check()

        assert any(words in problem.what for problem in problems)
        assert not any(problem.fatal for problem in problems)

    def test_names_the_empty_credit_once(self, x: XServer) -> None:
        x.out_of_credit = True

        (problem,) = twitter(x, query="lamp").check()

        assert problem.fatal
        assert "402" in problem.what

    def test_names_a_query_that_x_does_not_understand(self, x: XServer) -> None:
        refusal = json_answer({"errors": [{"parameters": {"query": ["("]}}]}, status=400)
        x.answer_next(refusal, path=SEARCH)

        (problem,) = twitter(x, query="(").check()

        assert problem.fatal
        assert "query" in problem.what

    def test_of_a_platform_that_is_down_names_it_and_is_not_fatal(self, x: XServer) -> None:
        connector = twitter(x)
        x.go_down()

        (problem,) = connector.check()

        assert not problem.fatal
        assert "could not be checked" in problem.what


def test_the_loopback_x_offers_what_the_contract_asks_of_a_platform() -> None:
    platform: Platform = XPlatform()

    assert platform.writes() == 0


class TestTheWire:
    def test_gives_up_a_read_that_is_never_answered(self, x: XServer) -> None:
        x.hang_next()

        with pytest.raises(TryLater, match="in time"):
            twitter(x, timeout_seconds=0.2).poll(None)

        assert len(x.requests) == 1

    def test_asks_under_a_path_of_the_chosen_server(self, x: XServer) -> None:
        with pytest.raises(SetupError):
            twitter(x, api_url=f"{x.url}/proxy/").poll(None)

        assert x.requests[0].path == "/proxy/2/users/me"

    def test_goes_to_a_local_server_past_the_proxy_of_the_environment(
        self, x: XServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")

        drained(twitter(x))

        assert x.requests

    def test_of_xs_own_address_is_left_as_it_is(
        self, x: XServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A proxy that refuses stands for X's own server: what leaves must go there unchanged.
        x.go_down()
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, x.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)

        with pytest.raises(TryLater):
            twitter(x, api_url="https://api.twitter.com").poll(None)

    @pytest.mark.parametrize(
        ("api_url", "host"),
        [
            ("https://api.twitter.com", "https://api.twitter.com"),
            ("https://api.x.com", "https://api.x.com"),
            ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
        ],
    )
    def test_signs_for_the_address_that_is_asked(self, api_url: str, host: str) -> None:
        session = Session(api_url=api_url, timeout=1.0)
        auth = OAuth1(CONSUMER_KEY, CONSUMER_SECRET, ACCESS_TOKEN, ACCESS_TOKEN_SECRET)

        request = session.prepare_request(
            requests.Request("GET", "https://api.twitter.com/2/users/me", auth=auth)
        )

        sent = dict(re.findall(r'(oauth_\w+)="([^"]*)"', str(request.headers["Authorization"])))
        signer = Signer(
            CONSUMER_KEY,
            CONSUMER_SECRET,
            ACCESS_TOKEN,
            ACCESS_TOKEN_SECRET,
            nonce=sent["oauth_nonce"],
            timestamp=sent["oauth_timestamp"],
        )
        assert request.url == f"{host}/2/users/me"
        assert sent["oauth_signature"] in signer.sign(request.url)[1]["Authorization"]

    def test_logs_no_key_and_no_text_at_any_level(
        self, x: XServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        connector = twitter(x)
        mention = seeded(x, connector)
        x.write("maria", "Order 17")

        code = "-".join(("CODE", "42"))  # so that no traceback shows it as source
        connector.message(mention.author, f"Your code: {code}", KEY)
        x.answer_next(json_answer({"errors": [{"message": f"[{code}] is invalid"}]}, status=400))
        with pytest.raises(Refused) as caught:
            connector.message(mention.author, f"Your code: {code}", KEY)
        logging.getLogger("tests").error("failed", exc_info=caught.value)

        for secret in (CONSUMER_SECRET, ACCESS_TOKEN, ACCESS_TOKEN_SECRET, BEARER, code):
            assert secret not in caplog.text


def test_a_cursor_holds_ids_and_tokens_only(x: XServer) -> None:
    for number in range(150):
        x.post("maria", f"@acme {number}")

    cursor = twitter(x, query="lamp").poll(None).cursor

    found = json.loads(cast(str, cursor))
    assert set(found) == {"version", "mentions", "search", "searching", "gap"}
    assert "maria" not in cast(str, cursor)


def test_since_ids_never_move_back_over_many_polls(x: XServer) -> None:
    connector = twitter(x)
    cursor: str | None = None
    seen: list[int] = []

    for number in range(12):
        for index in range(number % 4):
            x.post("maria", f"@acme {number} {index}")
        _, cursor = drained(connector, cursor)
        seen.append(int(json.loads(cursor)["mentions"]["since"] or 0))

    assert all(before <= after for before, after in pairwise(seen))
    assert seen[-1] > 0


def test_every_error_of_ours_is_one_of_the_five_that_callers_know(x: XServer) -> None:
    connector = twitter(x)
    mention = seeded(x, connector)

    for status in range(300, 600, 7):
        x.answer_next(json_answer({"title": "?"}, status=status))
        with pytest.raises(ConnectorError) as caught:
            connector.reply(mention, f"Sorry {status}.", KEY)
        assert isinstance(caught.value, TryLater | SetupError | Refused | OutcomeUnknown)
