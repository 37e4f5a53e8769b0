"""The pure parts of Bluesky's connector: posts, rules, records, reading position, meanings."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import position
from connectors.base import Author, Contact, Life, Mention, Route
from connectors.bluesky import records, rules, walk
from connectors.bluesky.posts import (
    Account,
    in_thread,
    is_own_reply,
    key_of,
    life_of,
    listed_at,
    parse,
    parse_message,
    read_messages,
    read_posts,
)
from connectors.bluesky.walk import Page, Place, Position, Walk
from connectors.bluesky.wire import (
    LOGIN,
    RENEWAL,
    Call,
    LoginEnded,
    NotPermitted,
    NotUnderstood,
    judge,
    unanswered,
)
from connectors.errors import (
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
)
from tests.servers.bluesky import sample

ACME = Account(did="did:plc:acmeacmeacmeacmeacmeacme", handle="acme.example")
MARIA = "did:plc:mariamariamariamariamari"
CUSTOMER = Author(id=MARIA, handle="maria.example")
POST = f"at://{MARIA}/app.bsky.feed.post/3m5eeeeeeee2e"
MENTION = Mention(
    platform="bluesky",
    id=POST,
    author=CUSTOMER,
    text="acme is the worst shop",
    created_at=datetime(2026, 11, 17, 10, 20, tzinfo=UTC),
    url="https://bsky.app/profile/maria/post/3m5eeeeeeee2e",
    addressed=True,
)


def changed(shape: str, /, record: dict[str, Any] | None = None, **fields: object) -> Any:  # noqa: ANN401 - any JSON
    view = sample(shape) | fields
    view["record"] = view.get("record", {}) | (record or {})
    return view


class TestAPost:
    def test_is_read_whole(self) -> None:
        assert parse(sample("mention"), account=ACME) == Mention(
            platform="bluesky",
            id=f"at://{MARIA}/app.bsky.feed.post/3m5bbbbbbbb2b",
            author=Author(
                id=MARIA,
                handle="maria.example",
                name="Maria",
                url=f"https://bsky.app/profile/{MARIA}",
                open_to_messages=False,
            ),
            text="@acme.example three weeks and no parcel",
            created_at=datetime(2026, 11, 17, 7, 20, 0, 123_000, tzinfo=UTC),
            url=f"https://bsky.app/profile/{MARIA}/post/3m5bbbbbbbb2b",
            thread=f"at://{MARIA}/app.bsky.feed.post/3m5bbbbbbbb2b",
            language="en",
            addressed=True,
        )

    def test_that_answers_one_of_ours_addresses_us_and_knows_its_thread(self) -> None:
        answer = parse(sample("reply"), account=ACME)

        assert answer.addressed
        assert answer.in_reply_to == f"at://{ACME.did}/app.bsky.feed.post/3m5aaaaaaaa2a"
        assert answer.thread == f"at://{MARIA}/app.bsky.feed.post/3m5bbbbbbbb2b"
        assert answer.language == "de"

    def test_that_quotes_one_of_ours_addresses_us(self) -> None:
        beside_a_picture = sample("quote")
        alone = changed("quote", {"embed": beside_a_picture["record"]["embed"]["record"]})

        assert parse(beside_a_picture, account=ACME).addressed
        assert parse(alone, account=ACME).addressed

    def test_that_only_speaks_of_us_does_not_address_us(self) -> None:
        post = changed("post", {"text": "@acme.example is the worst"})

        assert not parse(post, account=ACME).addressed
        assert not parse(sample("mention"), account=Account()).addressed

    def test_of_ours_is_known_as_ours(self) -> None:
        ours = changed(
            "post",
            uri=f"at://{ACME.did}/app.bsky.feed.post/3m5a",
            author={"did": ACME.did, "handle": "acme.example"},
        )

        assert parse(ours, account=ACME).ours

    def test_that_nobody_may_answer_says_so(self) -> None:
        assert not parse(changed("post", viewer={"replyDisabled": True}), account=ACME).replies_open

    @pytest.mark.parametrize(
        ("profile", "opened"),
        [
            ({"associated": {"chat": {"allowIncoming": "all"}}}, True),
            ({"associated": {"chat": {"allowIncoming": "none"}}}, False),
            ({"associated": {"chat": {"allowIncoming": "following"}}}, False),
            (
                {
                    "associated": {"chat": {"allowIncoming": "following"}},
                    "viewer": {"followedBy": "at://x"},
                },
                True,
            ),
            ({"associated": {}}, None),
            ({"associated": {"chat": {"allowIncoming": "somebody"}}}, None),
        ],
    )
    def test_tells_whether_its_author_takes_messages(
        self, profile: dict[str, object], opened: bool | None
    ) -> None:
        view = sample("post")
        view["author"] |= {"viewer": {}} | profile

        assert parse(view, account=ACME).author.open_to_messages is opened

    def test_from_the_future_is_as_old_as_its_arrival(self) -> None:
        post = changed("post", {"createdAt": "2999-01-01T00:00:00Z"})

        assert parse(post, account=ACME).created_at.year == 2026

    @pytest.mark.parametrize("found", ["never", None, "2026-11-17T10:20:00", 5])
    def test_whose_own_time_cannot_be_read_is_as_old_as_its_arrival(self, found: object) -> None:
        assert parse(changed("post", {"createdAt": found}), account=ACME).created_at.second == 0

    def test_keeps_what_a_database_takes(self) -> None:
        post = changed("post", {"text": "a\x00b\ud800c"})

        assert parse(post, account=ACME).text == "a\ufffdb\ufffdc"

    def test_of_somebody_without_a_name_has_the_permanent_one(self) -> None:
        view = sample("post")
        view["author"] |= {"handle": None, "displayName": 5, "followersCount": 7}

        author = parse(view, account=ACME).author

        assert (author.handle, author.name, author.followers) == (MARIA, "", 7)

    @pytest.mark.parametrize(
        ("view", "words"),
        [
            (None, "no address"),
            ([], "no address"),
            ({}, "no address"),
            (changed("post", uri="at://did:plc:x/app.bsky.feed.like/1"), "no address"),
            (changed("post", {"text": None}), "no text"),
            (changed("post", author={"did": "did:plc:somebody"}), "who wrote it"),
            (changed("post", author=None), "who wrote it"),
            (changed("post", {"createdAt": None}, indexedAt="yesterday"), "no time"),
        ],
    )
    def test_that_is_none_is_named(self, view: object, words: str) -> None:
        with pytest.raises(BadPayload, match=words):
            parse(view, account=ACME)

    def test_that_is_none_does_not_lose_the_others(self) -> None:
        found, bad = read_posts([sample("post"), {"uri": "?"}, sample("mention")], ACME)

        assert [mention.text[:5] for mention in found] == ["@acme", "acme "]
        assert len(bad) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def damaged(shape: str) -> st.SearchStrategy[Any]:
    """A sample with some fields, outer and inner, replaced by anything."""

    def merge(outer: dict[str, Any], record: dict[str, Any], author: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        view = sample(shape)
        if isinstance(view.get("record"), dict):
            view["record"] |= record
        if isinstance(view.get("author"), dict):
            view["author"] |= author
        return view | outer

    def some(*names: str) -> st.SearchStrategy[dict[str, Any]]:
        return st.dictionaries(st.sampled_from(names), json_values, max_size=2)

    return st.builds(
        merge,
        some("uri", "author", "record", "indexedAt", "viewer", "id", "text", "sender", "sentAt"),
        some("text", "createdAt", "langs", "reply", "facets", "embed"),
        some("did", "handle", "displayName", "associated", "viewer", "followersCount"),
    )


@given(st.sampled_from(["mention", "reply", "quote", "post"]).flatmap(damaged) | json_values)
def test_whatever_comes_is_a_mention_or_a_named_error(view: object) -> None:
    with suppress(BadPayload):
        mention = parse(view, account=ACME)
        assert mention.created_at.tzinfo is UTC
        assert "\x00" not in mention.text
    key_of(view)
    listed_at(view)
    assert life_of(MENTION, view if isinstance(view, dict) else {}) in Life
    is_own_reply(view, MENTION, "x")
    list(in_thread(view))


@given(damaged("message") | json_values)
def test_whatever_comes_is_a_message_or_a_named_error(view: object) -> None:
    with suppress(BadPayload):
        assert parse_message(view, customer=CUSTOMER, account=ACME).private
    read_messages([view], CUSTOMER, ACME)


class TestAMessage:
    def test_of_theirs_and_of_ours_are_told_apart(self) -> None:
        theirs = sample("message")
        ours = theirs | {"sender": {"did": ACME.did}}

        found = read_messages([theirs, ours], CUSTOMER, ACME)

        assert [(turn.author.handle, turn.ours, turn.private) for turn in found] == [
            ("maria.example", False, True),
            ("acme.example", True, True),
        ]
        assert found[0].created_at == datetime(2026, 11, 17, 11, 20, 0, 123_000, tzinfo=UTC)

    def test_that_cannot_be_read_is_logged_and_left_out(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        without_time = sample("message") | {"sentAt": None}
        without_id = sample("message") | {"id": ""}

        assert read_messages([without_time, without_id, {"id": "deleted"}], CUSTOMER, ACME) == []
        assert len(caplog.records) == 2


def test_a_thread_is_read_to_its_depth_and_around_what_is_gone() -> None:
    deep = {"post": {"uri": "c"}, "replies": []}
    thread = {
        "post": {"uri": "a"},
        "replies": [{"post": {"uri": "b"}, "replies": [deep]}, {"notFound": True}, None],
    }

    assert sorted(str(post["uri"]) for post in in_thread(thread)) == ["b", "c"]


def test_two_unreadable_items_are_told_apart() -> None:
    assert key_of({"uri": 5}) != key_of("something else")
    assert key_of({"a": 1}) == key_of({"a": 1})


def test_an_edited_post_is_known_by_its_text() -> None:
    assert life_of(MENTION, {"record": {"text": " acme is the\nworst shop"}}) is Life.ALIVE
    assert life_of(MENTION, {"record": {"text": "acme is fine"}}) is Life.EDITED
    assert life_of(MENTION, {}) is Life.ALIVE


# Rules


class TestLength:
    @pytest.mark.parametrize(
        ("text", "length"),
        [
            ("", 0),
            ("hello", 5),
            ("👨‍👩‍👧‍👦", 3),  # one grapheme of 25 bytes
            ("क्षि", 2),  # one grapheme of 12 bytes
            ("e\u0301" * 10, 10),
            ("\ud800", 1),
        ],
    )
    def test_is_the_dearer_of_graphemes_and_bytes(self, text: str, length: int) -> None:
        assert rules.length(text) == length

    @given(st.text(max_size=400))
    def test_fits_where_both_limits_hold(self, text: str) -> None:
        graphemes, size = rules.length(text), len(text.encode(errors="surrogatepass"))

        if rules.POST_LIMIT.fits(text):
            assert size <= 3000
            assert graphemes <= 300


class TestAbility:
    def test_of_what_is_ours_or_private_is_no_public_reply(self) -> None:
        for mention in (replace(MENTION, ours=True), replace(MENTION, private=True)):
            way = rules.ability(mention, Contact(), account="acme").public
            assert (way.route, way.link_template) == (Route.NONE, None)
            assert way.reason

    def test_of_a_closed_thread_is_no_public_reply(self) -> None:
        way = rules.ability(replace(MENTION, replies_open=False), Contact(), account="").public

        assert (way.route, way.account) == (Route.NONE, None)

    @pytest.mark.parametrize(
        ("opened", "route", "words"),
        [
            (True, Route.API, ""),
            (False, Route.CLOSED, "takes no messages"),
            (None, Route.CLOSED, "does not say"),
        ],
    )
    def test_of_a_first_message_is_the_customers_setting(
        self, opened: bool | None, route: Route, words: str
    ) -> None:
        mention = replace(MENTION, author=replace(CUSTOMER, open_to_messages=opened))

        way = rules.ability(mention, Contact(), account="acme").private

        assert way.route is route
        assert words in way.reason
        assert way.link("hello") == f"https://bsky.app/profile/{MARIA}"

    def test_of_a_message_after_theirs_is_open(self) -> None:
        private = replace(MENTION, private=True)

        assert rules.ability(private, Contact(), account="acme").private.route is Route.API

    def test_of_a_message_to_ourselves_is_none(self) -> None:
        ours = replace(MENTION, ours=True)

        assert rules.ability(ours, Contact(), account="acme").private.route is Route.NONE


# Records


class TestARecordsName:
    def test_is_a_timestamp_identifier(self) -> None:
        # The example in atproto.com, "Timestamp Identifiers", and the moment it stands for.
        assert records.tid(1_688_137_381_887_007, clock=6) == "3jzfcijpj2z2a"

    def test_of_a_time_that_cannot_be_written_is_the_nearest(self) -> None:
        assert records.tid(-5) == "2222222222222"
        assert records.tid(1 << 60) == records.tid((1 << 53) - 1)

    def test_sorts_as_time_does(self) -> None:
        names = [records.tid_at(MENTION.created_at + timedelta(seconds=s)) for s in range(50)]

        assert names == sorted(names)

    def test_is_the_same_on_every_try_and_another_for_another_key_or_post(self) -> None:
        other = replace(MENTION, id=f"{POST}x")

        name = records.rkey_for(MENTION, "key")

        assert name == records.rkey_for(MENTION, "key")
        assert len({name, records.rkey_for(MENTION, "key2"), records.rkey_for(other, "key")}) == 3

    @given(st.datetimes(timezones=st.just(UTC)), st.text())
    def test_is_always_a_timestamp_identifier(self, moment: datetime, key: str) -> None:
        name = records.rkey_for(replace(MENTION, created_at=moment), key)

        assert len(name) == 13
        assert name[0] in "234567abcdefghij"
        assert set(name) <= set("234567abcdefghijklmnopqrstuvwxyz")


def test_a_reply_without_links_bears_no_facets() -> None:
    parent = {"uri": POST, "cid": "c"}

    record = records.reply("x", parent=parent, root=parent, facets=[], created_at="now")

    assert "facets" not in record
    assert record["reply"] == {"root": parent, "parent": parent}


# The reading position


def page(*keys: str, cursor: str | None = "on", time: float | None = 1_000.0) -> Page:
    return Page(keys=keys, times=tuple(time for _ in keys), cursor=cursor)


class TestARound:
    def test_goes_on_until_the_list_ends(self) -> None:
        first = walk.step(Place(), page("c", "b"))
        last = walk.step(first.place, page("a", cursor=None))

        assert (first.done, last.done) == (False, True)
        assert last.place == Place(mark=1_000.0, known=("c", "b"))

    def test_ends_on_known_ground(self) -> None:
        place = Place(mark=1_000.0, known=("a", "b", "c", "d", "e"))

        step = walk.step(place, page("f", "a", "b", "c", "d", "e"))

        assert step.done
        assert not step.cut_off

    def test_ends_below_the_mark_where_everything_known_was_deleted(self) -> None:
        place = Place(mark=10_000.0, known=("gone",))

        assert walk.step(place, page("x", "y", time=9_000.0)).done
        assert not walk.step(place, page("x", "y", time=9_500.0)).done
        assert not walk.step(place, page("x", "y", time=None)).done

    def test_is_not_ended_by_one_old_item(self) -> None:
        place = Place(mark=10_000.0)
        mixed = Page(keys=("a", "b", "c"), times=(10_000.0, 10_000.0, 5.0), cursor="on")

        assert not walk.step(place, mixed).done

    def test_is_not_fooled_by_one_time_in_the_future(self) -> None:
        times = (9e9, 6.0, 5.0, 4.0, 3.0, 2.0)
        found = walk.step(Place(), Page(keys=tuple("abcdef"), times=times)).place

        assert found.mark == 3.0

    def test_of_nothing_keeps_what_it_knew(self) -> None:
        place = Place(mark=5.0, known=("a",))

        assert walk.step(place, Page()) == walk.Step(place=place, done=True)

    def test_that_never_ends_is_given_up(self) -> None:
        begun = Place(mark=10.0, walk=Walk(cursor="on", read=walk.LONGEST_ROUND - 1))
        first = Place(walk=Walk(cursor="on", read=walk.FIRST_ROUND - 1))

        assert walk.step(begun, page("x")).cut_off
        assert walk.step(first, page("x")).done
        assert not walk.step(first, page("x")).cut_off

    def test_can_begin_again_at_the_top(self) -> None:
        place = Place(mark=1.0, known=("a",), walk=Walk(cursor="stale"))

        assert place.at_the_top() == Place(mark=1.0, known=("a",))


texts = st.lists(st.text(max_size=5), max_size=3).map(tuple)
times = st.none() | st.floats(allow_nan=False, allow_infinity=False)
walks = st.builds(Walk, cursor=st.text(), read=st.integers(min_value=0), mark=times, known=texts)
places = st.builds(Place, mark=times, known=texts, walk=st.none() | walks)


@given(st.builds(Position, turn=st.text(), places=st.dictionaries(st.text(), places, max_size=3)))
def test_a_position_survives_being_stored(stand: Position) -> None:
    assert walk.load(walk.dump(stand)) == stand


@pytest.mark.parametrize(
    "place",
    [
        5,
        {},
        {"mark": "x", "known": [], "walk": None},
        {"mark": True, "known": [], "walk": None},
        {"mark": None, "known": [1], "walk": None},
        {"mark": None, "known": [], "walk": []},
        {"mark": None, "known": [], "walk": {"cursor": "", "read": -1, "mark": None, "known": []}},
    ],
)
def test_a_damaged_position_is_an_error(place: object) -> None:
    stored = position.dump({"turn": "", "places": {"notifications": place}})

    with pytest.raises(SetupError, match="position"):
        walk.load(stored)


@given(places, st.lists(st.tuples(st.text(max_size=3), times), max_size=8))
def test_a_mark_never_moves_back(place: Place, found: list[tuple[str, float | None]]) -> None:
    keys, moments = tuple(key for key, _ in found), tuple(time for _, time in found)

    after = walk.step(replace(place, walk=None), Page(keys=keys, times=moments)).place

    assert place.mark is None or (after.mark is not None and after.mark >= place.mark)


# What answers mean

READ = Call(method="GET", name="app.bsky.feed.getPosts")
WRITE = Call(method="POST", name="com.atproto.repo.putRecord")
SEND = Call(method="POST", name="chat.bsky.convo.sendMessage")
TALKS = Call(method="GET", name="chat.bsky.convo.listConvos")
LOG_IN = Call(method="POST", name=LOGIN)
RENEW = Call(method="POST", name=RENEWAL)


def said(name: str = "", message: str = "") -> bytes:
    return httpx.Response(400, json={"error": name, "message": message}).content


@pytest.mark.parametrize(
    ("call", "status", "content", "kind", "words"),
    [
        (READ, 200, b"{}", None, ""),
        (WRITE, 200, b"", None, ""),
        (READ, 200, b"<html>", TryLater, "not JSON"),
        (READ, 200, b"[" * 100_000, TryLater, "not JSON"),
        (WRITE, 200, b"[]", OutcomeUnknown, "may have been applied"),
        (LOG_IN, 200, b"<html>", TryLater, "not JSON"),
        (READ, 302, b"", TryLater, "302"),
        (WRITE, 302, b"", OutcomeUnknown, "302"),
        (READ, 503, b"", TryLater, "503"),
        (WRITE, 408, b"", OutcomeUnknown, "408"),
        (TALKS, 501, said("MethodNotImplemented"), NotPermitted, "does not offer"),
        (READ, 400, said("ExpiredToken"), LoginEnded, "no longer accepts"),
        (WRITE, 401, b"", LoginEnded, "no longer accepts"),
        (SEND, 401, said("InvalidToken", "Bad token scope"), NotPermitted, "direct messages"),
        (TALKS, 400, said("InvalidToken", "Bad token method"), NotPermitted, "direct messages"),
        (WRITE, 400, said("AccountTakedown"), SetupError, "closed our account"),
        (LOG_IN, 401, said("AccountTakedown"), SetupError, "closed our account"),
        (RENEW, 400, said("AccountTakedown"), SetupError, "closed our account"),
        (RENEW, 400, said("ExpiredToken"), LoginEnded, ""),
        (LOG_IN, 401, said("AuthFactorTokenRequired"), SetupError, "second factor"),
        (LOG_IN, 401, said("AuthenticationRequired"), SetupError, "app password"),
        (LOG_IN, 403, b"<html>", SetupError, "status 403"),
        (READ, 400, said("InvalidRequest"), NotUnderstood, "does not understand"),
        (READ, 403, b"<html>", NotPermitted, "does not let us read"),
        (SEND, 404, said("XRPCNotSupported"), NotPermitted, "does not offer"),
    ],
)
def test_an_answer_has_one_meaning(
    call: Call, status: int, content: bytes, kind: type[ConnectorError] | None, words: str
) -> None:
    found = judge(call, status, {}, content)

    assert type(found) is (kind or type(None))
    assert words in str(found)


@pytest.mark.parametrize(
    ("call", "status", "content", "code"),
    [
        (READ, 400, said("NotFound"), "gone"),
        (READ, 400, said("BlockedActor"), "blocked"),
        (WRITE, 400, said("InvalidRequest", "string too big (maximum 3000, got 7500)"), "too_long"),
        (WRITE, 413, b"", "too_long"),
        (WRITE, 403, b"<html>", "forbidden"),
        (WRITE, 400, said("InvalidRequest", "x" * 400), "refused"),
        (
            SEND,
            400,
            said("InvalidRequest", "recipient has disabled incoming messages"),
            "closed",
        ),
        (SEND, 400, said("InvalidRequest", "block between recipient and sender"), "blocked"),
        (TALKS, 400, said("InvalidRequest", "who"), "refused"),
    ],
)
def test_a_refusal_has_a_code(call: Call, status: int, content: bytes, code: str) -> None:
    found = judge(call, status, {}, content)

    assert isinstance(found, Refused)
    assert found.code == code


@pytest.mark.parametrize(
    ("headers", "at"),
    [
        ({"RateLimit-Reset": "1795000000"}, datetime.fromtimestamp(1_795_000_000, UTC)),
        ({"ratelimit-reset": "1e30"}, None),
        ({"ratelimit-reset": "soon"}, None),
        (
            {"retry-after": "60", "date": "Tue, 17 Nov 2026 07:00:00 GMT"},
            datetime(2026, 11, 17, 7, 1, tzinfo=UTC),
        ),
        (
            {"retry-after": "1e30", "date": "Tue, 17 Nov 2026 07:00:00 GMT"},
            datetime(2026, 11, 18, 7, 0, tzinfo=UTC),
        ),
        ({"retry-after": "60"}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
    ],
)
def test_a_rate_limit_says_when_it_ends(headers: dict[str, str], at: datetime | None) -> None:
    found = judge(WRITE, 429, headers, b"")

    assert isinstance(found, TryLater)
    assert found.at == at


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), TryLater),
        (httpx.ConnectTimeout("slow"), TryLater),
        (httpx.ProxyError("no"), TryLater),
        (httpx.ReadTimeout("slow"), OutcomeUnknown),
        (httpx.RemoteProtocolError("gone"), OutcomeUnknown),
        (httpx.UnsupportedProtocol("ftp"), SetupError),
    ],
)
def test_silence_has_one_meaning(error: httpx.RequestError, kind: type[ConnectorError]) -> None:
    assert type(unanswered(WRITE, error, 5)) is kind
    assert not isinstance(unanswered(READ, error, 5), OutcomeUnknown)


def test_a_bad_certificate_needs_a_person() -> None:
    from ssl import SSLCertVerificationError

    error = httpx.ConnectError("no")
    error.__cause__ = SSLCertVerificationError("self-signed")

    assert isinstance(unanswered(READ, error, 5), SetupError)
