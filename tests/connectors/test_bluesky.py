"""Bluesky's connector against the loopback Bluesky, through the real atproto."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import Author, Contact, Life, Mention, Receipt, Route
from connectors.bluesky import Bluesky, BlueskySettings, walk
from connectors.bluesky.records import rkey_for
from connectors.errors import (
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.registry import load
from connectors.reserve import for_sending
from tests.servers.bluesky import (
    OUR_DID,
    OURS,
    PASSWORD,
    BlueskyServer,
    Message,
    _Refusal,
    did,
    settings,
)
from tests.servers.http import Answer, html_answer, json_answer

PUT = "/xrpc/com.atproto.repo.putRecord"


@pytest.fixture(autouse=True)
def _nothing_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"a call wanted to sleep for {seconds} s")

    monkeypatch.setattr(time, "sleep", sleep)


@pytest.fixture
def server() -> Iterator[BlueskyServer]:
    with BlueskyServer() as running:
        yield running


@pytest.fixture
def bluesky(server: BlueskyServer) -> Bluesky:
    return Bluesky(settings(server.url))


def polled(connector: Bluesky, cursor: str | None = None) -> tuple[dict[str, Mention], str | None]:
    found: dict[str, Mention] = {}
    more = True
    while more:
        batch = connector.poll(cursor)
        found |= {mention.id: mention for mention in batch.mentions}
        cursor, more = batch.cursor, batch.more
    return found, cursor


def complaint(server: BlueskyServer, connector: Bluesky, text: str = "no parcel") -> Mention:
    uri = server.post("maria", text, names_us=True).uri
    return polled(connector)[0][uri]


def asked(server: BlueskyServer, name: str) -> int:
    return sum(request.path == f"/xrpc/{name}" for request in server.requests)


class TestSettings:
    def test_are_found_by_the_registry(self) -> None:
        assert load("bluesky").Settings is BlueskySettings

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"api_url": "bsky.social"}, "write an address"),
            ({"handle": ""}, "handle"),
            ({"handle": "two words"}, "handle"),
            ({"app_password": PASSWORD}, "env:NAME"),
            ({"queries": ("acme", " ")}, "1 to 300 characters"),
            ({"queries": ("x" * 301,)}, "1 to 300 characters"),
            ({"password": "x"}, "not permitted"),
        ],
    )
    def test_that_are_wrong_are_named(self, changes: dict[str, object], words: str) -> None:
        with pytest.raises(ValidationError, match=words) as caught:
            settings("http://127.0.0.1:1", **changes)

        assert PASSWORD not in str(caught.value)

    def test_give_the_account_before_anybody_is_asked(self) -> None:
        made = Bluesky(settings("http://127.0.0.1:1", handle="@acme.example"))

        assert made.account == "acme.example"


class TestPoll:
    def test_of_an_answer_to_our_post_addresses_us(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        ours = server.post(OURS, "Ask us")
        answer = server.post("maria", "Where is it?", below=ours)

        assert polled(bluesky)[0][answer.uri].addressed

    def test_without_searches_reads_notifications_alone(self, server: BlueskyServer) -> None:
        overheard = server.post("maria", "acme is bad")

        found, _ = polled(Bluesky(settings(server.url, queries=())))

        assert overheard.uri not in found
        assert asked(server, "app.bsky.feed.searchPosts") == 0

    def test_when_idle_costs_one_request_for_each_list(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        for number in range(230):
            server.post("maria", f"acme {number}", names_us=True)
        _, cursor = polled(bluesky)
        before = len(server.requests)

        found, _ = polled(bluesky, cursor)

        assert found == {}
        assert len(server.requests) == before + 2

    def test_leaves_out_a_search_that_is_not_permitted_and_says_so_once(
        self, server: BlueskyServer, bluesky: Bluesky, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.refusals["app.bsky.feed.searchPosts"] = _Refusal(status=403)
        addressed = server.post("maria", "no parcel", names_us=True)

        found, cursor = polled(bluesky)
        _, cursor = polled(bluesky, cursor)

        assert addressed.uri in found
        (said,) = [r.getMessage() for r in caplog.records if "left out" in r.getMessage()]
        assert "'search acme'" in said
        assert "status 403" in said
        server.refusals.clear()
        polled(bluesky, cursor)
        assert "can be read again" in caplog.text

    def test_that_may_read_nothing_needs_a_person(self, server: BlueskyServer) -> None:
        alone = Bluesky(settings(server.url, queries=()))
        server.refusals["app.bsky.notification.listNotifications"] = _Refusal(status=403)

        with pytest.raises(SetupError, match="does not let us read"):
            alone.poll(None)

    def test_begins_a_list_again_whose_cursor_is_no_longer_taken(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        expected = {server.post("maria", f"{n}", names_us=True).uri for n in range(150)}
        first = bluesky.poll(None)
        server.refusals["app.bsky.notification.listNotifications"] = _Refusal(
            status=400, body={"error": "InvalidRequest", "message": "Malformed cursor"}
        )

        turned = bluesky.poll(first.cursor)
        server.refusals.clear()
        found, _ = polled(bluesky, turned.cursor)

        assert turned.more
        assert expected == {m.id for m in first.mentions} | set(found)

    def test_that_is_not_understood_from_the_beginning_needs_a_person(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.refusals["app.bsky.notification.listNotifications"] = _Refusal(status=400)

        with pytest.raises(SetupError, match="does not understand"):
            bluesky.poll(None)

    def test_of_something_that_is_no_list_is_tried_later(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.answer_next(json_answer({"notifications": None}))

        with pytest.raises(TryLater, match="no list"):
            bluesky.poll(None)

    def test_can_begin_at_a_moment_of_the_past(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        posts = [server.post("maria", f"{n}", names_us=True) for n in range(1300)]
        moment = posts[1000].indexed

        found, _ = polled(bluesky, bluesky.cursor_at(moment))

        assert {post.uri for post in posts[1000:]} <= set(found) < {post.uri for post in posts}

    def test_says_when_it_gave_up(
        self, server: BlueskyServer, bluesky: Bluesky, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.post("maria", "new", names_us=True)
        place = walk.Place(mark=1.0, walk=walk.Walk(cursor="Z", read=walk.LONGEST_ROUND - 1))
        stored = walk.dump(walk.Position(turn="notifications", places={"notifications": place}))

        bluesky.poll(stored)

        assert "some were missed" in caplog.text

    def test_does_not_take_a_like_for_a_complaint(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        post = server.post("maria", "no parcel", names_us=True)
        liked = server._notification(post, "mention") | {"reason": "like"}
        server.answer_next(json_answer({"notifications": [liked]}))

        assert bluesky.poll(None).mentions == ()


class TestReply:
    def test_twice_with_one_key_is_one_copy_and_the_same_record(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)

        first = bluesky.reply(mention, "We are sorry.", "key")
        second = bluesky.reply(mention, "We are sorry.", "key")

        assert first == second
        assert [p.record["text"] for p in server.posts.values() if p.author == OURS] == [
            "We are sorry."
        ]

    def test_whose_answer_was_lost_is_one_copy_after_any_number_of_tries(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        server.lose_next(method="POST", path=PUT, times=1)
        with pytest.raises(OutcomeUnknown):
            bluesky.reply(mention, "We are sorry.", "key")

        receipts = {bluesky.reply(mention, "We are sorry.", "key").id for _ in range(3)}
        after_a_restart = Bluesky(settings(server.url)).reply(mention, "We are sorry.", "key")

        ours = [post.uri for post in server.posts.values() if post.author == OURS]
        assert {after_a_restart.id} == receipts == set(ours)
        assert len(server.asked("POST", PUT)) == 1

    def test_that_was_not_applied_puts_the_very_same_record_again(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        server.answer_next(json_answer({}, status=502), method="POST", path=PUT)
        with pytest.raises(OutcomeUnknown):
            bluesky.reply(mention, "We are sorry.", "key")

        bluesky.reply(mention, "We are sorry.", "key")

        tries = [request.body for request in server.asked("POST", PUT)]
        assert len(tries) == 2
        assert tries[0] == tries[1]

    def test_that_arrives_late_beside_a_second_try_is_still_one_copy(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        server.answer_next(json_answer({}, status=502), method="POST", path=PUT)
        with pytest.raises(OutcomeUnknown):
            bluesky.reply(mention, "We are sorry.", "key")
        Bluesky(settings(server.url)).reply(mention, "We are sorry.", "key")

        server.answer(server.asked("POST", PUT)[0])  # what was lost on the way comes in now

        assert sum(post.author == OURS for post in server.posts.values()) == 1

    def test_with_another_text_under_the_key_replaces_the_first(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        bluesky.reply(mention, "We are sorry.", "key")

        bluesky.reply(mention, "We are very sorry.", "key")

        (ours,) = [post for post in server.posts.values() if post.author == OURS]
        assert ours.record["text"] == "We are very sorry."

    def test_is_dated_now_and_not_when_the_customer_wrote(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)

        receipt = bluesky.reply(mention, "We are sorry.", "key")

        assert receipt.at is not None
        assert receipt.at - mention.created_at > timedelta(days=1)

    def test_names_the_post_and_the_first_of_its_thread(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        first = server.post("tom", "What a shop")
        middle = server.post("ann", "Indeed", below=first)
        below = server.post("maria", "Mine too!", names_us=True, below=middle)
        mention = polled(bluesky)[0][below.uri]

        receipt = bluesky.reply(mention, "We are sorry.", "key")

        reply = server.posts[receipt.id].record["reply"]
        assert (reply["parent"]["uri"], reply["root"]["uri"]) == (below.uri, first.uri)
        assert all(reference["cid"] for reference in reply.values())

    def test_links_what_is_a_link_counted_in_bytes(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        text = "Grüße: https://acme.example/help."

        receipt = bluesky.reply(complaint(server, bluesky), text, "key")

        (facet,) = server.posts[receipt.id].record["facets"]
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        assert text.encode()[start:end].decode() == "https://acme.example/help"
        assert facet["features"][0]["uri"] == "https://acme.example/help"

    def test_over_the_limit_of_bytes_is_refused_before_it_leaves(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)

        with pytest.raises(Refused) as caught:
            bluesky.reply(mention, "👨‍👩‍👧‍👦" * 121, "key")
        bluesky.reply(mention, "👨‍👩‍👧‍👦" * 120, "key")

        assert caught.value.code == "too_long"
        assert len(server.asked("POST", PUT)) == 1

    def test_with_half_an_emoji_is_refused_before_it_leaves(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        with pytest.raises(Refused) as caught:
            bluesky.reply(complaint(server, bluesky), "\ud83d", "key")

        assert caught.value.code == "unsendable"
        assert server.asked("POST", PUT) == []

    def test_where_the_author_closed_the_thread_is_refused_though_bluesky_would_take_it(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        server.posts[mention.id].closed = True

        with pytest.raises(Refused) as caught:
            bluesky.reply(mention, "We are sorry.", "key")

        assert caught.value.code == "locked"

    def test_to_somebody_who_blocks_us_is_refused(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        server.blocked_by.add("maria")

        with pytest.raises(Refused) as caught:
            bluesky.reply(mention, "We are sorry.", "key")

        assert caught.value.code == "blocked"

    def test_to_a_private_message_is_not_offered(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        private = replace(complaint(server, bluesky), private=True)

        with pytest.raises(Unsupported):
            bluesky.reply(private, "We are sorry.", "key")

    @pytest.mark.parametrize("answer", [{}, {"uri": "at://x"}, {"uri": 5}])
    def test_answered_without_an_address_is_unknown(
        self, server: BlueskyServer, bluesky: Bluesky, answer: dict[str, object]
    ) -> None:
        mention = complaint(server, bluesky)
        server.answer_next(json_answer(answer), method="POST", path=PUT)

        with pytest.raises(OutcomeUnknown, match="address of the new post"):
            bluesky.reply(mention, "We are sorry.", "key")

    @pytest.mark.parametrize(
        "refusal",
        [
            _Refusal(status=400, body={"error": "InvalidRequest", "message": "Could not locate"}),
            _Refusal(status=404),
            _Refusal(status=501),
        ],
    )
    def test_goes_out_however_a_server_says_that_no_earlier_try_is_there(
        self, server: BlueskyServer, bluesky: Bluesky, refusal: _Refusal
    ) -> None:
        mention = complaint(server, bluesky)
        server.refusals["com.atproto.repo.getRecord"] = refusal

        assert bluesky.reply(mention, "We are sorry.", "key").id in server.posts

    def test_whose_post_cannot_be_looked_at_is_tried_later(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        server.faults_reach_lookups = True
        server.answer_next(json_answer({"posts": None}), path="/xrpc/app.bsky.feed.getPosts")

        with pytest.raises(TryLater):
            bluesky.reply(mention, "We are sorry.", "key")

    def test_remembers_the_moments_of_so_many_tries_and_no_more(
        self, bluesky: Bluesky, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moments = iter(str(number) for number in range(2000))
        monkeypatch.setattr(bluesky._session, "now", lambda: next(moments))

        for number in range(600):
            bluesky._moment_of_first_try(f"key {number}")

        assert len(bluesky._first_tried) == 500
        assert bluesky._moment_of_first_try("key 599") == "599"


class TestFindOwnReply:
    def test_finds_what_another_program_posted_now(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        above = server.posts[mention.id]
        ours = server.post(OURS, "We are  sorry.", below=above)

        receipt = bluesky.find_own_reply(mention, "We are sorry.")

        assert receipt is not None
        assert receipt.id == ours.uri

    def test_reads_no_further_back_than_the_post(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        for number in range(150):
            server.post(OURS, f"news {number}")
        server.started += timedelta(days=1)
        mention = complaint(server, bluesky)

        assert bluesky.find_own_reply(mention, "We are sorry.") is None
        assert asked(server, "com.atproto.repo.listRecords") == 1

    def test_passes_over_what_it_cannot_read(self, server: BlueskyServer, bluesky: Bluesky) -> None:
        mention = complaint(server, bluesky)
        server.answer_next(
            json_answer({"records": [{"uri": None}, {"uri": "at://x"}, "?"]}),
            path="/xrpc/com.atproto.repo.listRecords",
        )

        assert bluesky.find_own_reply(mention, "We are sorry.") is None

    def test_gives_up_a_list_without_an_end(
        self, server: BlueskyServer, bluesky: Bluesky, caplog: pytest.LogCaptureFixture
    ) -> None:
        mention = complaint(server, bluesky)
        server.refusals["com.atproto.repo.listRecords"] = _Refusal(
            status=200, body={"records": [], "cursor": "on"}
        )

        assert bluesky.find_own_reply(mention, "We are sorry.") is None
        assert "not to its end" in caplog.text


class TestMessage:
    def test_to_somebody_open_to_all_needs_no_word_of_theirs(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.takes_messages["maria"] = "all"
        mention = complaint(server, bluesky)

        assert bluesky.ability(mention).private.route is Route.API
        receipt = bluesky.message(mention.author, "See https://acme.example", "key")

        assert (receipt.private, receipt.url) == (True, None)
        assert receipt.at is not None
        body: Any = server.asked("POST", "/xrpc/chat.bsky.convo.sendMessage")[0].json()
        assert len(body["message"]["facets"]) == 1

    def test_to_somebody_who_is_closed_is_refused(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)

        with pytest.raises(Refused) as caught:
            bluesky.message(mention.author, "Hello", "key")

        assert caught.value.code == "closed"

    def test_over_the_limit_is_refused(self, server: BlueskyServer, bluesky: Bluesky) -> None:
        with pytest.raises(Refused) as caught:
            bluesky.message(Author(id=did("maria"), handle="maria"), "x" * 1001, "key")

        assert caught.value.code == "too_long"

    def test_with_a_password_that_may_not_needs_a_person(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.may_message = False

        with pytest.raises(SetupError, match="direct messages"):
            bluesky.message(Author(id=did("maria"), handle="maria"), "Hello", "key")

    @pytest.mark.parametrize(
        ("method", "kind"),
        [
            ("chat.bsky.convo.getConvoForMembers", TryLater),
            ("chat.bsky.convo.sendMessage", OutcomeUnknown),
        ],
    )
    def test_answered_without_an_id_is_not_taken_for_sent(
        self, server: BlueskyServer, bluesky: Bluesky, method: str, kind: type[Exception]
    ) -> None:
        server.write("maria", "hello")
        server.refusals[method] = _Refusal(status=200)

        with pytest.raises(kind):
            bluesky.message(Author(id=did("maria"), handle="maria"), "Hello", "key")


class TestConversation:
    def test_holds_what_was_said_in_private_three_days_before(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        for days, text in ((4, "long ago"), (2, "lately"), (-1, "since")):
            sent = mention.created_at - timedelta(days=days)
            server.messages.append(
                Message(id=text, customer="maria", ours=False, text=text, sent=sent)
            )

        assert [turn.text for turn in bluesky.conversation(mention)] == ["lately", "since"]

    def test_of_a_message_is_what_was_said_after_it(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        first = server.write("maria", "hello")
        server.write("maria", "anybody?")
        mention = replace(
            complaint(server, bluesky), id=first.id, private=True, created_at=first.sent
        )

        assert [turn.text for turn in bluesky.conversation(mention)] == ["anybody?"]

    def test_leaves_out_other_people(self, server: BlueskyServer, bluesky: Bluesky) -> None:
        mention = complaint(server, bluesky)
        server.post("troll", "lol", below=server.posts[mention.id])

        assert bluesky.conversation(mention) == []

    def test_below_a_deleted_post_is_what_was_said_in_private(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        server.write("maria", "Order 17")
        del server.posts[mention.id]

        assert [turn.text for turn in bluesky.conversation(mention)] == ["Order 17"]

    def test_without_access_to_messages_is_the_thread_alone(
        self, server: BlueskyServer, bluesky: Bluesky, caplog: pytest.LogCaptureFixture
    ) -> None:
        mention = complaint(server, bluesky)
        answer = server.post("maria", "Hello?", below=server.posts[mention.id])
        server.may_message = False

        assert [turn.id for turn in bluesky.conversation(mention)] == [answer.uri]
        assert "are not read" in caplog.text

    def test_where_there_is_no_service_of_messages_is_the_thread_alone(
        self, server: BlueskyServer, bluesky: Bluesky, caplog: pytest.LogCaptureFixture
    ) -> None:
        mention = complaint(server, bluesky)
        answer = server.post("maria", "Hello?", below=server.posts[mention.id])
        server.answer_next(
            json_answer({"error": "UpstreamFailure"}, status=502), path="/xrpc/chat.bsky.convo."
        )

        assert [turn.id for turn in bluesky.conversation(mention)] == [answer.uri]
        assert "are not read" in caplog.text

    def test_where_messages_were_read_before_waits_for_them(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        bluesky.conversation(mention)
        server.answer_next(
            json_answer({"error": "UpstreamFailure"}, status=502), path="/xrpc/chat.bsky.convo."
        )

        with pytest.raises(TryLater):
            bluesky.conversation(mention)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (json_answer({"error": "UpstreamFailure"}, status=502), TryLater),
            (json_answer({"error": "MethodNotImplemented"}, status=501), SetupError),
            (
                json_answer({"error": "InvalidToken", "message": "Bad token method"}, status=400),
                SetupError,
            ),
            (json_answer({"error": "InvalidRequest", "message": "no"}, status=400), Refused),
        ],
    )
    def test_that_is_to_prove_something_never_reads_an_outage_as_no_messages(
        self, server: BlueskyServer, bluesky: Bluesky, answer: Answer, error: type[ConnectorError]
    ) -> None:
        """After a restart nothing was read yet, and a message may be out all the same."""
        mention = complaint(server, bluesky)
        server.write("maria", "We have sent it again.", ours=True)
        server.answer_next(answer, path="/xrpc/chat.bsky.convo.")

        with for_sending(proof=True), pytest.raises(error):
            bluesky.conversation(mention)
        with for_sending(proof=True):
            turns = bluesky.conversation(mention)
        assert [turn.text for turn in turns] == ["We have sent it again."]

    def test_names_what_it_cannot_read(
        self, server: BlueskyServer, bluesky: Bluesky, caplog: pytest.LogCaptureFixture
    ) -> None:
        mention = complaint(server, bluesky)
        server.post("maria", "x", below=server.posts[mention.id]).broken = True

        assert bluesky.conversation(mention) == []
        assert "has no text" in caplog.text

    def test_reads_many_messages_over_pages(self, server: BlueskyServer, bluesky: Bluesky) -> None:
        mention = complaint(server, bluesky)
        for number in range(130):
            server.write("maria", f"{number}")

        assert len(bluesky.conversation(mention)) == 130


class TestLook:
    def test_takes_private_messages_for_alive(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        private = replace(mention, id="3m5", private=True)

        lives = bluesky.look([mention, private])

        assert lives == {mention.id: Life.ALIVE, "3m5": Life.ALIVE}


class TestRetract:
    def test_is_not_offered_for_what_was_said_in_private(self, bluesky: Bluesky) -> None:
        for receipt in (Receipt(id="3m5", private=True), Receipt(id="")):
            with pytest.raises(Unsupported):
                bluesky.retract(receipt)


class TestTheLogin:
    def test_is_one_for_any_number_of_requests(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        bluesky.look([mention])
        polled(bluesky)

        assert asked(server, "com.atproto.server.createSession") == 1
        assert asked(server, "app.bsky.actor.getProfile") == 0

    def test_is_renewed_before_it_ends_without_another_login(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.token_lives_until = 1_000_000_000  # long over, by the token's own word
        bluesky.poll(None)

        assert asked(server, "com.atproto.server.refreshSession") == 1
        assert asked(server, "com.atproto.server.createSession") == 1

    def test_is_used_though_its_token_cannot_be_read(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.opaque_tokens = True
        mention = complaint(server, bluesky)

        bluesky.reply(mention, "We are sorry.", "key")
        server.end_sessions()
        with pytest.raises(TryLater, match="renewed"):
            bluesky.poll(None)
        polled(bluesky)

        assert asked(server, "com.atproto.server.createSession") == 2

    def test_that_cannot_be_renewed_is_made_anew(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.token_lives_until = 1_000_000_000
        server.refresh_works = False

        with pytest.raises(TryLater, match="renewed"):
            bluesky.poll(None)
        server.token_lives_until = 4_000_000_000
        server.refresh_works = True
        polled(bluesky)

        assert asked(server, "com.atproto.server.createSession") == 2

    def test_that_ended_early_is_made_anew_and_the_write_left_to_the_next_try(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        mention = complaint(server, bluesky)
        server.answer_next(
            json_answer({"error": "ExpiredToken"}, status=400), method="POST", path=PUT
        )

        with pytest.raises(TryLater, match="renewed"):
            bluesky.reply(mention, "We are sorry.", "key")
        bluesky.reply(mention, "We are sorry.", "key")

        assert asked(server, "com.atproto.server.createSession") == 2
        assert sum(post.author == OURS for post in server.posts.values()) == 1

    @pytest.mark.parametrize(("official", "host"), [(False, "127.0.0.1"), (True, "localhost")])
    def test_at_bluesky_itself_moves_to_the_accounts_own_server_and_else_stays(
        self,
        server: BlueskyServer,
        bluesky: Bluesky,
        monkeypatch: pytest.MonkeyPatch,
        *,
        official: bool,
        host: str,
    ) -> None:
        if official:
            monkeypatch.setattr("connectors.bluesky.session.HOST", server.url)
        own = {
            "id": "#atproto_pds",
            "type": "AtprotoPersonalDataServer",
            "serviceEndpoint": server.url.replace("127.0.0.1", "localhost"),
        }
        server.did_document = {
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": OUR_DID,
            "alsoKnownAs": [f"at://{OURS}"],
            "verificationMethod": [],
            "service": [own],
        }

        bluesky.poll(None)

        assert server.requests[-1].headers["host"].partition(":")[0] == host

    @pytest.mark.parametrize(
        "session",
        [
            {"accessJwt": 5},
            {"did": OUR_DID, "accessJwt": "x", "refreshJwt": "x"},
        ],
    )
    def test_answered_with_something_else_is_tried_later(
        self, server: BlueskyServer, bluesky: Bluesky, session: dict[str, object]
    ) -> None:
        server.refusals["com.atproto.server.createSession"] = _Refusal(status=200, body=session)

        with pytest.raises(TryLater, match="something else"):
            bluesky.poll(None)

    def test_that_is_refused_needs_a_person_and_shows_no_secret(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.password = "another one"

        with pytest.raises(SetupError) as caught:
            bluesky.poll(None)

        assert "make an app password" in str(caught.value)
        assert PASSWORD not in repr(caught.value) + repr(bluesky._settings)


class TestTheSessionFile:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "bluesky.json"

    def connector(self, server: BlueskyServer, file: Path, **changes: object) -> Bluesky:
        return Bluesky(settings(server.url, session_file=str(file), **changes))

    def test_saves_a_login_at_the_next_start_and_is_for_us_alone(
        self, server: BlueskyServer, file: Path
    ) -> None:
        self.connector(server, file).poll(None)

        self.connector(server, file).poll(None)

        assert asked(server, "com.atproto.server.createSession") == 1
        assert file.stat().st_mode & 0o777 == 0o600
        assert PASSWORD not in file.read_text(encoding="utf-8")
        assert [path.name for path in file.parent.iterdir()] == [file.name]

    def test_of_a_session_that_ended_is_thrown_away(
        self, server: BlueskyServer, file: Path
    ) -> None:
        self.connector(server, file).poll(None)
        server.end_sessions()
        server.refresh_works = False

        with pytest.raises(TryLater, match="renewed"):
            self.connector(server, file).poll(None)
        self.connector(server, file).poll(None)

        assert asked(server, "com.atproto.server.createSession") == 2

    @pytest.mark.parametrize(
        "content", ["{", "[]", "{}", '{"login": 5}', '{"login": "LOGIN", "session": "a:::b"}']
    )
    def test_that_is_damaged_costs_a_login(
        self, server: BlueskyServer, file: Path, content: str
    ) -> None:
        file.write_text(content.replace("LOGIN", f"{OURS} at {server.url}"), encoding="utf-8")

        self.connector(server, file).poll(None)

        assert asked(server, "com.atproto.server.createSession") == 1

    def test_of_another_account_is_not_used(self, server: BlueskyServer, file: Path) -> None:
        self.connector(server, file).poll(None)
        kept = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps(kept | {"login": "somebody"}), encoding="utf-8")

        self.connector(server, file).poll(None)

        assert asked(server, "com.atproto.server.createSession") == 2

    def test_that_cannot_be_written_is_named_and_stops_nothing(
        self, server: BlueskyServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        connector = self.connector(server, tmp_path / "nowhere" / "bluesky.json")

        connector.poll(None)

        assert "cannot be written" in caplog.text


class TestCheck:
    def test_names_a_password_without_access_to_messages(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.may_message = False

        (problem,) = bluesky.check()

        assert not problem.fatal
        assert "private messages are neither read nor sent" in problem.what

    def test_names_a_search_that_is_not_permitted(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.refusals["app.bsky.feed.searchPosts"] = _Refusal(status=403)

        (problem,) = bluesky.check()

        assert not problem.fatal
        assert "searchPosts" in problem.what

    def test_names_notifications_that_cannot_be_read_and_goes_no_further(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        server.refusals["app.bsky.notification.listNotifications"] = _Refusal(status=403)

        (problem,) = bluesky.check()

        assert problem.fatal

    def test_names_an_account_that_is_closed(self, server: BlueskyServer, bluesky: Bluesky) -> None:
        server.active = {"active": False, "status": "suspended"}

        (problem,) = bluesky.check()

        assert problem.fatal
        assert "suspended" in problem.what

    def test_names_another_account(self, server: BlueskyServer) -> None:
        (problem,) = Bluesky(settings(server.url, account="@other.example")).check()

        assert problem.fatal
        assert "other.example" in problem.what

    def test_names_a_password_that_travels_in_the_open(
        self, server: BlueskyServer, bluesky: Bluesky, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("connectors.bluesky.is_plain", lambda _url: True)

        assert ["unencrypted" in problem.what for problem in bluesky.check()] == [True]

    def test_asks_for_nothing_that_others_see(
        self, server: BlueskyServer, bluesky: Bluesky
    ) -> None:
        assert bluesky.check() == []
        writes = {request.path for request in server.requests if request.method != "GET"}
        assert writes == {"/xrpc/com.atproto.server.createSession"}


def test_an_answer_that_is_html_with_the_mark_of_json_is_no_answer(
    server: BlueskyServer, bluesky: Bluesky
) -> None:
    page = html_answer()
    polled(bluesky)
    server.answer_next(replace(page, headers={"Content-Type": "application/json"}))

    with pytest.raises(TryLater):
        bluesky.poll(None)


def test_the_second_reply_to_one_post_is_a_persons(server: BlueskyServer, bluesky: Bluesky) -> None:
    way = bluesky.ability(complaint(server, bluesky), Contact(replies=1)).public

    assert way.route is Route.BY_HAND
    assert way.account == OURS


def test_the_name_of_a_reply_is_known_before_it_is_sent(
    server: BlueskyServer, bluesky: Bluesky
) -> None:
    mention = complaint(server, bluesky)

    receipt = bluesky.reply(mention, "We are sorry.", "key")

    assert receipt.id.endswith(rkey_for(mention, "key"))
    assert receipt.at is not None
    assert receipt.at.tzinfo is UTC
    assert abs(receipt.at - datetime.fromisoformat(bluesky._session.now())) < timedelta(minutes=1)
