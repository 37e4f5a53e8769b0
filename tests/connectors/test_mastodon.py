"""Mastodon's connector against mastodon-mock on loopback, through the real Mastodon.py."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from connectors.base import Author, Contact, Life, Mention, Receipt, Route
from connectors.errors import OutcomeUnknown, Refused, SetupError, TryLater, Unsupported
from connectors.mastodon import Mastodon, MastodonSettings, walk
from connectors.registry import load
from tests.servers.http import Answer, json_answer
from tests.servers.mastodon import HASHTAG, OURS, TOKEN, MastodonServer, settings

POST = "/api/v1/statuses"
NOT_FOUND = json_answer({"error": "Record not found"}, status=404)
FORBIDDEN = json_answer({"error": "This action is outside the authorized scopes"}, status=403)


@pytest.fixture(autouse=True)
def _nothing_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"a call wanted to sleep for {seconds} s")

    monkeypatch.setattr(time, "sleep", sleep)


@pytest.fixture
def server() -> Iterator[MastodonServer]:
    with MastodonServer() as running:
        yield running


@pytest.fixture
def mastodon(server: MastodonServer) -> Mastodon:
    return Mastodon(settings(server.url))


def polled(connector: Mastodon, cursor: str | None = None) -> tuple[dict[str, Mention], str | None]:
    found: dict[str, Mention] = {}
    more = True
    while more:
        batch = connector.poll(cursor)
        found |= {mention.id: mention for mention in batch.mentions}
        cursor, more = batch.cursor, batch.more
    return found, cursor


def complaint(server: MastodonServer, connector: Mastodon, author: str = "maria") -> Mention:
    status = server.post(author, f"@{OURS} no parcel", names_us=True)
    return polled(connector)[0][status]


def forget(server: MastodonServer, method: str, path: str, answer: Answer) -> None:
    server.refusals[f"{method} {path}"] = answer


class TestSettings:
    def test_are_found_by_the_registry(self) -> None:
        assert load("mastodon").Settings is MastodonSettings

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"api_url": "mastodon.social"}, "write an address"),
            ({"access_token": TOKEN}, "env:NAME"),
            ({"hashtags": ("two words",)}, "write hashtags"),
            ({"hashtags": ("#",)}, "write hashtags"),
            ({"queries": ("",)}, "1 to 300 characters"),
            ({"token": "x"}, "not permitted"),
        ],
    )
    def test_that_are_wrong_are_named(self, changes: dict[str, object], words: str) -> None:
        with pytest.raises(ValidationError, match=words) as caught:
            settings("http://127.0.0.1:1", **changes)

        assert TOKEN not in str(caught.value)

    def test_take_hashtags_as_people_write_them(self) -> None:
        made = settings("http://127.0.0.1:1", hashtags=("#AcmeFail", "größe_1"), account="@acme")

        assert made.hashtags == ("AcmeFail", "größe_1")
        assert Mastodon(made).account == "acme"


class TestPoll:
    def test_brings_followers_only_posts_and_no_private_ones(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        quiet = server.post("maria", "@acme hm", names_us=True, visibility="private")
        server.post("maria", "@acme psst", names_us=True, visibility="direct")

        assert set(polled(mastodon)[0]) == {quiet}

    def test_when_idle_costs_one_request_for_each_list(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        for number in range(60):
            server.post("maria", f"{number}", names_us=True, tag=HASHTAG)
        _, cursor = polled(mastodon)
        before = len(server.requests)

        _, cursor = polled(mastodon, cursor)

        assert len(server.requests) == before + 2

    def test_goes_on_where_what_it_knew_was_deleted(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        old = [server.post("maria", f"{number}", names_us=True) for number in range(20)]
        _, cursor = polled(mastodon)
        for status in old:
            server.delete(status)
        new = server.post("maria", "new", names_us=True)

        assert set(polled(mastodon, cursor)[0]) == {new}

    def test_searches_and_ends_on_a_server_that_pages_badly(self, server: MastodonServer) -> None:
        found = server.post("maria", "the lamp of acme broke")
        server.post("tom", "nothing")
        connector = Mastodon(settings(server.url, hashtags=(), queries=("lamp of acme",)))

        first, cursor = polled(connector)

        assert set(first) == {found}
        assert set(polled(connector, cursor)[0]) <= {found}

    def test_leaves_out_a_list_that_is_not_permitted_and_says_so_once(
        self, server: MastodonServer, mastodon: Mastodon, caplog: pytest.LogCaptureFixture
    ) -> None:
        forget(server, "GET", f"/api/v1/timelines/tag/{HASHTAG}", FORBIDDEN)
        addressed = server.post("maria", "@acme no parcel", names_us=True)

        found, cursor = polled(mastodon)
        _, cursor = polled(mastodon, cursor)

        assert set(found) == {addressed}
        assert sum("left out" in record.getMessage() for record in caplog.records) == 1
        server.refusals.clear()
        polled(mastodon, cursor)
        assert "can be read again" in caplog.text

    def test_that_may_read_nothing_needs_a_person(self, server: MastodonServer) -> None:
        alone = Mastodon(settings(server.url, hashtags=()))
        forget(server, "GET", "/api/v1/notifications", FORBIDDEN)

        with pytest.raises(SetupError, match="does not cover"):
            alone.poll(None)

    def test_of_something_that_is_no_list_is_tried_later(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        forget(server, "GET", "/api/v1/notifications", json_answer({}))

        with pytest.raises(TryLater, match="something else"):
            mastodon.poll(None)

    def test_can_begin_at_a_moment_of_the_past(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        posts = [server.post("maria", f"{number}", names_us=True) for number in range(90)]
        moment = server.started + timedelta(seconds=60)

        found, cursor = polled(mastodon, mastodon.cursor_at(moment))

        assert set(posts[59:]) <= set(found) < set(posts)
        assert set(polled(mastodon, cursor)[0]) < set(found)

    def test_says_when_it_gave_up(
        self, server: MastodonServer, mastodon: Mastodon, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.post("maria", "new", names_us=True)
        under_way = walk.Walk(until="9" * 15, read=walk.LONGEST_ROUND - 1)
        place = walk.Place(known=("1",), walk=under_way)
        stored = walk.dump(walk.Position(turn="notifications", places={"notifications": place}))

        mastodon.poll(stored)

        assert "some were missed" in caplog.text

    def test_does_not_know_who_we_are_where_the_server_does_not_say(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        forget(server, "GET", "/api/v1/accounts/verify_credentials", json_answer({"id": "1"}))

        with pytest.raises(TryLater, match="id and name"):
            mastodon.poll(None)

    @pytest.mark.parametrize(
        "headers",
        [
            {"X-RateLimit-Reset": "whenever", "X-RateLimit-Remaining": "many"},
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2099-01-01T00:00:00Z"},
            {"Link": "<<;;rel"},
            {"Deprecation": "@1"},
        ],
    )
    def test_takes_a_good_answer_whatever_its_headers_say(
        self, server: MastodonServer, mastodon: Mastodon, headers: dict[str, str]
    ) -> None:
        mention = complaint(server, mastodon)
        server.headers = headers

        receipt = mastodon.reply(mention, "We are sorry.", "key")

        assert receipt.id == str(server.ours(private=False)[0].id)


class TestTheServersLimits:
    @pytest.fixture
    def mastodon(self, server: MastodonServer) -> Mastodon:
        """Without hashtags: before a timeline the library asks for the instance by itself."""
        return Mastodon(settings(server.url, hashtags=()))

    def instance(self, server: MastodonServer, answer: Answer) -> None:
        forget(server, "GET", "/api/v2/instance/", answer)

    def test_are_asked_for_once(self, server: MastodonServer, mastodon: Mastodon) -> None:
        statuses = {"max_characters": 5000, "characters_reserved_per_url": 30}
        self.instance(server, json_answer({"configuration": {"statuses": statuses}}))

        mention = complaint(server, mastodon)
        limit = mastodon.ability(mention).public.limit
        polled(mastodon)

        assert limit.maximum == 5000 - len("@maria ")
        assert limit.count("https://acme.example") == 30
        assert len(server.asked("GET", "/api/v2/instance")) == 1

    @pytest.mark.parametrize(
        "answer", [NOT_FOUND, json_answer({}), json_answer({"configuration": {"statuses": []}})]
    )
    def test_are_mastodons_own_where_the_server_does_not_say(
        self, server: MastodonServer, mastodon: Mastodon, answer: Answer
    ) -> None:
        self.instance(server, answer)

        mention = complaint(server, mastodon)
        polled(mastodon)

        assert mastodon.ability(mention).public.limit.maximum == 500 - len("@maria ")
        assert len(server.asked("GET", "/api/v2/instance")) == 1

    def test_are_asked_for_again_where_the_server_could_not_say(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        self.instance(server, json_answer({}, status=503))

        polled(mastodon)
        polled(mastodon)

        assert len(server.asked("GET", "/api/v2/instance")) > 1


class TestReply:
    def test_twice_with_one_key_is_one_copy(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)

        first = mastodon.reply(mention, "We are sorry.", "key")
        second = mastodon.reply(mention, "We are sorry.", "key")

        assert first == second
        assert [status.text for status in server.ours(private=False)] == ["@maria We are sorry."]

    def test_whose_answer_was_lost_is_one_copy_after_any_number_of_tries(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)
        server.lose_next(method="POST", path=POST, times=2)
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                mastodon.reply(mention, "We are sorry.", "key")

        receipt = Mastodon(settings(server.url)).reply(mention, "We are sorry.", "key")

        (ours,) = server.ours(private=False)
        assert receipt.id == str(ours.id)
        assert len(server.asked("POST", POST)) == 3

    def test_with_another_key_is_another_copy(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)

        mastodon.reply(mention, "We are sorry.", "key")
        mastodon.reply(mention, "We are sorry.", "another key")

        assert len(server.ours(private=False)) == 2

    @pytest.mark.parametrize("visibility", ["public", "unlisted", "private"])
    def test_is_shown_to_no_more_people_than_what_it_answers(
        self, server: MastodonServer, mastodon: Mastodon, visibility: str
    ) -> None:
        post = server.post("maria", "@acme hm", names_us=True, visibility=visibility)

        mastodon.reply(polled(mastodon)[0][post], "We are sorry.", "key")

        assert server.ours(private=False)[0].visibility == visibility

    def test_to_somebody_elsewhere_names_them_with_their_server(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon, "maria@elsewhere.example")

        mastodon.reply(mention, "We are sorry.", "key")

        assert server.ours(private=False)[0].text == "@maria@elsewhere.example We are sorry."
        assert mastodon.find_own_reply(mention, "We are sorry.") is not None

    def test_with_a_long_link_is_as_short_as_mastodon_counts_it(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)
        text = "https://acme.example/" + "x" * 400

        assert mastodon.ability(mention).public.limit.count(text) == 23
        mastodon.reply(mention, text, "key")

    def test_with_half_an_emoji_is_refused_before_it_leaves(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        with pytest.raises(Refused) as caught:
            mastodon.reply(complaint(server, mastodon), "\ud83d", "key")

        assert caught.value.code == "unsendable"
        assert server.asked("POST", POST) == []

    def test_that_the_server_finds_too_long_is_refused(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)
        words = "Validation failed: Text character limit of 300 exceeded"
        forget(server, "POST", POST, json_answer({"error": words}, status=422))

        with pytest.raises(Refused) as caught:
            mastodon.reply(mention, "We are sorry.", "key")

        assert caught.value.code == "too_long"

    def test_to_a_private_post_is_not_offered(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        private = replace(complaint(server, mastodon), private=True)

        with pytest.raises(Unsupported):
            mastodon.reply(private, "We are sorry.", "key")

    def test_answered_without_an_id_is_unknown(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)
        forget(server, "POST", POST, json_answer({"id": None}))

        with pytest.raises(OutcomeUnknown, match="without the id"):
            mastodon.reply(mention, "We are sorry.", "key")

    def test_holds_no_text_and_no_secret_in_what_goes_wrong(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)
        server.drop_next(method="POST")

        with pytest.raises(OutcomeUnknown) as caught:
            mastodon.reply(mention, "Your code is SECRET-17", "key")

        assert "SECRET-17" not in str(caught.value)
        assert TOKEN not in str(caught.value)


class TestFindOwnReply:
    def test_finds_it_though_the_post_is_gone(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)
        receipt = mastodon.reply(mention, "We are sorry.", "key")
        server.delete(mention.id)

        found = mastodon.find_own_reply(mention, "We are sorry.")

        assert found is not None
        assert found.id == receipt.id
        assert mastodon.find_own_reply(mention, "We are glad.") is None

    def test_gives_up_a_timeline_without_an_end(
        self,
        server: MastodonServer,
        mastodon: Mastodon,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("connectors.mastodon._MOST_PAGES", 1)
        mention = complaint(server, mastodon)
        mastodon.reply(mention, "We are sorry.", "key")
        server.delete(mention.id)

        assert mastodon.find_own_reply(mention, "We are glad.") is None
        assert "not to its end" in caplog.text


class TestMessage:
    def test_is_seen_by_the_customer_alone(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)

        receipt = mastodon.message(mention.author, "Your order?", "key")

        (status,) = server.ours(private=True)
        assert (str(status.id), status.visibility) == (receipt.id, "direct")
        assert server.acct_of(status) == "maria"
        assert receipt.private

    def test_with_the_key_of_a_reply_is_no_repetition_of_that(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)

        mastodon.reply(mention, "We are sorry.", "key")
        mastodon.message(mention.author, "Your order?", "key")
        mastodon.message(mention.author, "Your order?", "key")

        assert len(server.ours(private=True)) == 1

    def test_over_the_limit_is_refused(self, mastodon: Mastodon) -> None:
        with pytest.raises(Refused) as caught:
            mastodon.message(Author(id="1", handle="maria"), "x" * 494, "key")

        assert caught.value.code == "too_long"

    def test_is_bound_to_nothing_and_is_not_encrypted(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        way = mastodon.ability(complaint(server, mastodon)).private

        assert way.route is Route.API
        assert "not encrypt" in way.reason


class TestConversation:
    def test_holds_what_was_said_in_private_three_days_before(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        for days, text in ((-4, "long ago"), (2, "lately")):
            server.started += timedelta(days=days)
            server.post("maria", f"@acme {text}", names_us=True, visibility="direct")
        server.started += timedelta(days=2)
        mention = complaint(server, mastodon)
        server.post("tom", "@acme mine too", names_us=True, visibility="direct")

        turns = mastodon.conversation(mention)

        assert [(turn.text, turn.ours) for turn in turns] == [("lately", False)]

    def test_of_a_private_post_is_what_was_said_after_it(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)
        first = server.post("maria", "@acme hello", names_us=True, visibility="direct")
        after = server.post(
            "maria", "@acme anybody?", names_us=True, visibility="direct", below=first
        )
        private = replace(
            mention, id=first, private=True, created_at=mention.created_at + timedelta(seconds=1)
        )

        assert [turn.id for turn in mastodon.conversation(private)] == [after]

    def test_below_a_deleted_post_is_what_was_said_in_private(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)
        server.post("maria", "@acme order 17", names_us=True, visibility="direct")
        server.delete(mention.id)

        assert [turn.text for turn in mastodon.conversation(mention)] == ["order 17"]

    def test_reads_ours_in_the_threads_of_the_two(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)
        ours = mastodon.message(mention.author, "Your order?", "key")
        server.started = datetime.now(UTC)  # noqa: TID251 - mastodon-mock's own clock is the real one
        server.post("maria", "@acme 17", names_us=True, visibility="direct", below=ours.id)
        server.post("tom", "@acme psst", names_us=True, visibility="direct")

        turns = mastodon.conversation(mention)

        assert [(turn.text, turn.ours) for turn in turns] == [("Your order?", True), ("17", False)]


class TestLook:
    def test_asks_one_by_one_where_a_server_has_no_list(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        alive, gone = complaint(server, mastodon), complaint(server, mastodon, "tom")
        server.delete(gone.id)
        forget(server, "GET", POST, NOT_FOUND)

        assert mastodon.look([alive, gone]) == {alive.id: Life.ALIVE, gone.id: Life.GONE}

    def test_looks_at_private_posts_too(self, server: MastodonServer, mastodon: Mastodon) -> None:
        post = server.post("maria", "@acme psst", names_us=True, visibility="direct")
        mention = replace(complaint(server, mastodon), id=post, private=True, text="psst")

        assert mastodon.look([mention]) == {post: Life.ALIVE}
        server.edit(post, "@acme another matter")
        assert mastodon.look([mention]) == {post: Life.EDITED}


class TestRetract:
    def test_without_an_id_is_not_offered(self, mastodon: Mastodon) -> None:
        with pytest.raises(Unsupported):
            mastodon.retract(Receipt(id=""))

    def test_of_what_is_not_ours_is_refused(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        mention = complaint(server, mastodon)

        with pytest.raises(Refused) as caught:
            mastodon.retract(Receipt(id=mention.id))

        assert caught.value.code == "forbidden"
        assert server.status(mention.id) is not None


class TestCheck:
    def test_of_what_is_well_finds_nothing_and_asks_for_nothing_that_others_see(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        assert mastodon.check() == []
        assert {request.method for request in server.requests} == {"GET"}

    @pytest.mark.parametrize(
        ("policy", "words"),
        [
            ({"for_private_mentions": "filter"}, "private mentions"),
            ({"for_not_following": "drop"}, "people it does not follow"),
        ],
    )
    def test_names_mentions_that_are_hidden_from_us(
        self, server: MastodonServer, mastodon: Mastodon, policy: dict[str, str], words: str
    ) -> None:
        names = ("not_following", "not_followers", "new_accounts", "private_mentions")
        accepted = {f"for_{name}": "accept" for name in names}
        forget(server, "GET", "/api/v2/notifications/policy", json_answer(accepted | policy))

        (problem,) = mastodon.check()

        assert not problem.fatal
        assert words in problem.what

    def test_knows_servers_without_such_a_policy(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        forget(server, "GET", "/api/v2/notifications/policy", NOT_FOUND)

        assert mastodon.check() == []

    @pytest.mark.parametrize(
        ("scopes", "found"), [(["read"], 1), (["read", "write:statuses"], 0), (None, 0)]
    )
    def test_names_an_application_that_may_not_post(
        self, server: MastodonServer, mastodon: Mastodon, scopes: object, found: int
    ) -> None:
        application = json_answer({"name": "Amends", "scopes": scopes})
        forget(server, "GET", "/api/v1/apps/verify_credentials", application)

        assert ["may not post" in problem.what for problem in mastodon.check()] == [True] * found

    def test_names_a_list_that_is_not_permitted(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        forget(server, "GET", f"/api/v1/timelines/tag/{HASHTAG}", FORBIDDEN)

        (problem,) = mastodon.check()

        assert not problem.fatal
        assert HASHTAG in problem.what

    def test_names_notifications_that_cannot_be_read_and_goes_no_further(
        self, server: MastodonServer, mastodon: Mastodon
    ) -> None:
        forget(server, "GET", "/api/v1/notifications", FORBIDDEN)

        (problem,) = mastodon.check()

        assert problem.fatal

    def test_names_another_account(self, server: MastodonServer) -> None:
        (problem,) = Mastodon(settings(server.url, account="@other@shop.example")).check()

        assert problem.fatal
        assert "other" in problem.what

    def test_names_a_token_that_travels_in_the_open(
        self, mastodon: Mastodon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("connectors.mastodon.is_plain", lambda _url: True)

        assert ["unencrypted" in problem.what for problem in mastodon.check()] == [True]


def test_a_surprise_of_the_library_is_no_answer(
    server: MastodonServer, mastodon: Mastodon, monkeypatch: pytest.MonkeyPatch
) -> None:
    mention = complaint(server, mastodon)
    monkeypatch.setattr(mastodon._client, "debug_requests", None)
    from mastodon import MastodonAPIError

    def status_post(*_args: object, **_kwargs: object) -> None:
        raise MastodonAPIError("what?")

    monkeypatch.setattr(mastodon._client, "status_post", status_post)

    with pytest.raises(OutcomeUnknown, match="something else"):
        mastodon.reply(mention, "We are sorry.", "key")


def test_the_second_reply_to_one_post_is_a_persons(
    server: MastodonServer, mastodon: Mastodon
) -> None:
    way = mastodon.ability(complaint(server, mastodon), Contact(replies=1)).public

    assert way.route is Route.BY_HAND
    assert (way.link("text") or "").startswith(f"{server.url}/authorize_interaction?uri=https")


@pytest.mark.parametrize(
    ("module", "library"), [("mastodon", "mastodon"), ("bluesky", "atproto_client")]
)
def test_a_library_is_loaded_with_the_first_request_and_not_before(
    module: str, library: str
) -> None:
    code = f"import sys, connectors.{module}; sys.exit('{library}' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
