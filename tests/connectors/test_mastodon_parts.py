"""The pure parts of Mastodon's connector: statuses, rules, reading position, meanings."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from ssl import SSLCertVerificationError
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connectors import position
from connectors.base import Author, Contact, Life, Mention, Route
from connectors.errors import (
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
)
from connectors.mastodon import rules, walk
from connectors.mastodon.rules import Limits
from connectors.mastodon.statuses import (
    Account,
    below,
    id_of,
    is_own_reply,
    life_of,
    moment_of,
    named_in,
    parse,
    read_some,
    read_statuses,
    visibility_of,
    without_names,
)
from connectors.mastodon.walk import Place, Position, Walk
from connectors.mastodon.wire import Call, NotPermitted, judge, unanswered

SAMPLES = Path(__file__).parent.parent / "samples" / "mastodon"
ACME = Account(id="7", handle="acme")
USUAL = Limits()


def sample(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return read


def changed(**fields: object) -> dict[str, Any]:
    return sample("status") | fields


MENTION = parse(sample("mention")["status"], account=ACME)


class TestAStatus:
    def test_is_read_whole(self) -> None:
        assert MENTION == Mention(
            platform="mastodon",
            id="115555000000000001",
            author=Author(
                id="109337",
                handle="maria@elsewhere.example",
                name="Maria 🌻",
                url="https://elsewhere.example/@maria",
                followers=41,
            ),
            text=(
                "rant about a shop\n\n@acme three weeks & no parcel <3\n\n"
                "See https://acme.example/orders/17?from=mail\nNever again!"
            ),
            created_at=datetime(2026, 11, 17, 7, 20, 0, 123_000, tzinfo=UTC),
            url="https://elsewhere.example/@maria/1",
            language="en",
            addressed=True,
        )

    def test_is_read_without_what_a_quote_repeats(self) -> None:
        status = parse(sample("status"), account=ACME)

        assert status.text == "What a joke #acmefail"
        assert not status.addressed

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ("", ""),
            ("<p>a</p><p>b<br />c</p>", "a\n\nb\nc"),
            ("<ul><li>a</li><li>b</li></ul><p>c</p>", "a\nb\n\nc"),
            ("<p>1 &lt; 2 &amp; 3 &#39;x&#39;</p>", "1 < 2 & 3 'x'"),
            ("a < b > c", "a c"),
            ("<" * 100_000, "<" * 100_000),
            ('<p class="quote-inline">' * 20_000, ""),
            ("no markup  at\tall", "no markup at all"),
        ],
    )
    def test_is_read_as_it_is_seen(self, content: str, text: str) -> None:
        assert parse(changed(content=content), account=ACME).text == text

    def test_to_us_alone_is_private_and_bare_of_the_name_before_it(self) -> None:
        message = parse(sample("direct")["status"], account=ACME)

        assert (message.private, message.text) == (True, "order 17, please")
        assert message.in_reply_to == "115555000000000001"

    def test_of_ours_is_bare_of_the_customers_name(self) -> None:
        ours = changed(
            account=sample("status")["account"] | {"id": "7", "acct": "acme"},
            content='<p><a href="x">@<span>maria</span></a> @tom@else.example We are sorry.</p>',
        )

        found = parse(ours, account=ACME)

        assert (found.ours, found.text) == (True, "We are sorry.")

    def test_takes_times_as_the_library_makes_them(self) -> None:
        moment = datetime(2026, 11, 17, 8, 0, tzinfo=UTC)

        assert parse(changed(created_at=moment), account=ACME).created_at == moment
        assert moment_of(datetime(2026, 11, 17)) is None  # noqa: DTZ001 - without an offset
        assert moment_of("0001-01-01T00:00:00+23:00") is None

    @pytest.mark.parametrize(
        ("found", "language"), [("de", "de"), ("pt-BR", "pt"), ("nan", None), (None, None)]
    )
    def test_has_a_language_of_two_letters_or_none(
        self, found: object, language: str | None
    ) -> None:
        assert parse(changed(language=found), account=ACME).language == language

    @pytest.mark.parametrize(
        ("url", "uri", "link"),
        [
            (None, "https://a.example/1", "https://a.example/1"),
            ("javascript:alert(1)", None, None),
            ("https://a.example/\n<script>", None, None),
        ],
    )
    def test_has_a_link_to_the_web_or_none(
        self, url: object, uri: object, link: str | None
    ) -> None:
        assert parse(changed(url=url, uri=uri), account=ACME).url == link

    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (None, "no id"),
            ({}, "no id"),
            (changed(id=None), "no id"),
            (changed(id="../x"), "no id"),
            (changed(id=True), "no id"),
            (changed(content=None), "no text"),
            (changed(visibility="limited"), "who sees it"),
            (changed(account=None), "who wrote it"),
            (changed(account={"id": "1", "acct": "a b"}), "who wrote it"),
            (changed(created_at="yesterday"), "no time"),
            (changed(created_at=None), "no time"),
        ],
    )
    def test_that_is_none_is_named(self, status: object, words: str) -> None:
        with pytest.raises(BadPayload, match=words):
            parse(status, account=ACME)

    def test_that_is_none_does_not_lose_the_others(self, caplog: pytest.LogCaptureFixture) -> None:
        page = [sample("status"), {"id": "5"}, sample("boost")]

        found, bad = read_statuses(page, ACME)

        assert [status.id for status in found] == ["115555000000000002"]
        assert [error.item for error in bad] == ["5"]
        assert read_some(page, ACME) == found
        assert "has no text" in caplog.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
html = st.lists(
    st.sampled_from(["<p>", "</p>", "<br>", "<![", "<", ">", "&amp;", "&", '<a href="', "\x00"])
    | st.text(max_size=5),
    max_size=12,
).map("".join)


@st.composite
def damaged(draw: st.DrawFn) -> Any:  # noqa: ANN401 - any JSON
    """A sample with some fields replaced by anything."""
    status = sample("mention")["status"]
    outer = st.sampled_from(sorted(status))
    status |= draw(st.dictionaries(outer, json_values, max_size=3))
    if isinstance(status["account"], dict):
        inner = st.sampled_from(["id", "acct", "display_name", "url", "followers_count"])
        status["account"] |= draw(st.dictionaries(inner, json_values, max_size=2))
    if draw(st.booleans()):
        status["content"] = draw(html)
    return status


@given(damaged() | json_values)
def test_whatever_comes_is_a_mention_or_a_named_error(status: object) -> None:
    with suppress(BadPayload):
        mention = parse(status, account=ACME)
        assert mention.created_at.tzinfo is UTC
        assert "\x00" not in mention.text
    id_of(status)
    assert visibility_of(status) in ("public", "unlisted", "private")
    fields = status if isinstance(status, dict) else {}
    named_in(fields)
    assert life_of(MENTION, fields) in Life


class TestBelow:
    def status(self, id: str, parent: str | None, author: str = "109337") -> Mention:
        who = replace(MENTION.author, id=author)
        return replace(MENTION, id=id, in_reply_to=parent, author=who)

    def test_finds_what_hangs_on_it_through_others(self) -> None:
        found = [
            self.status("a", MENTION.id),
            self.status("b", "a", author="somebody"),
            self.status("c", "b", author="7"),
            self.status("d", "elsewhere"),
            self.status("e", None),
            replace(self.status("f", "a"), private=True),
            MENTION,
        ]

        ids = [s.id for s in below(found, MENTION, frozenset({"109337", "7"}))]

        assert ids == ["a", "c"]

    def test_ends_in_a_circle(self) -> None:
        found = [self.status("a", "b"), self.status("b", "a")]

        assert below(found, MENTION, frozenset({"109337"})) == ()


def test_our_reply_is_known_by_its_text_also_when_its_parent_is_gone() -> None:
    ours = replace(MENTION, id="x", ours=True, text="We are sorry.", in_reply_to=MENTION.id)

    assert is_own_reply(ours, MENTION, "@maria@elsewhere.example  We are sorry.")
    assert is_own_reply(replace(ours, in_reply_to=None), MENTION, "We are sorry.")
    assert not is_own_reply(replace(ours, in_reply_to="other"), MENTION, "We are sorry.")
    assert not is_own_reply(replace(ours, private=True), MENTION, "We are sorry.")
    assert not is_own_reply(replace(ours, ours=False), MENTION, "We are sorry.")
    assert not is_own_reply(ours, MENTION, "We are very sorry.")


def test_an_edited_status_says_so_and_has_another_text() -> None:
    status = parse(sample("status"), account=ACME)
    edited = {"edited_at": "2026-11-17T09:00:00Z"}

    assert life_of(status, changed(**edited)) is Life.ALIVE
    assert life_of(status, changed(content="<p>Fine now</p>")) is Life.ALIVE
    assert life_of(status, changed(content="<p>Fine now</p>", **edited)) is Life.EDITED
    assert life_of(status, edited) is Life.ALIVE


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("@maria hello", "hello"),
        (" @maria @tom@else.example:3000 hello @ann", "@tom@else.example:3000 hello @ann"),
        ("@maria @tom@else.example\nhello", "hello"),
        ("hello @maria", "hello @maria"),
        ("@maria", "@maria"),
        ("mail@acme.example is down", "mail@acme.example is down"),
    ],
)
def test_names_before_a_text_are_not_the_text(text: str, bare: str) -> None:
    assert without_names(text) == bare


# Rules


class TestLength:
    @pytest.mark.parametrize(
        ("text", "length"),
        [
            ("", 0),
            ("hello", 5),
            ("👨‍👩‍👧‍👦", 1),
            ("@maria@elsewhere.example hello", len("@maria hello")),
            ("mail me@elsewhere.example", len("mail me@elsewhere.example")),
            ("https://acme.example", 23),
            ("https://acme.example/" + "x" * 200, 23),
            ("See https://acme.example/a, please.", len("See , please.") + 23),
            ("(https://acme.example)", 25),
            ("http://localhost/x", len("http://localhost/x")),
            ("acme.example/x", len("acme.example/x")),
        ],
    )
    def test_is_mastodons(self, text: str, length: int) -> None:
        assert rules.length(text, USUAL) == length

    @given(st.text(max_size=200))
    def test_of_anything_is_a_number(self, text: str) -> None:
        assert rules.length(text, USUAL) >= 0

    def test_leaves_room_for_the_name(self) -> None:
        limit = rules.limit_for("maria@elsewhere.example", Limits(characters=100))

        assert limit.maximum == 100 - len("@maria ")
        assert limit.fits("x" * limit.maximum)
        assert not limit.fits("x" * (limit.maximum + 1))


def test_a_name_is_put_before_a_text_once() -> None:
    assert rules.addressed_to("maria", "hello") == "@maria hello"
    assert rules.addressed_to("maria", "@maria hello") == "@maria hello"
    assert rules.addressed_to("maria", "@maria\nhello") == "@maria\nhello"
    assert rules.addressed_to("maria", "@marianne hello") == "@maria @marianne hello"


class TestAbility:
    def of(self, mention: Mention, contact: Contact | None = None) -> Any:  # noqa: ANN401 - brief
        return rules.ability(
            mention,
            contact or Contact(),
            account="acme",
            limits=USUAL,
            server="https://shop.example",
        )

    def test_of_a_reply_needs_nothing(self) -> None:
        overheard = replace(MENTION, addressed=False)

        assert self.of(overheard).public.route is Route.API

    def test_by_hand_shows_the_post_on_our_own_server(self) -> None:
        way = self.of(MENTION, Contact(replies=1)).public

        assert way.route is Route.BY_HAND
        assert way.link("text") == (
            "https://shop.example/authorize_interaction"
            "?uri=https%3A%2F%2Felsewhere.example%2F%40maria%2F1"
        )
        assert self.of(replace(MENTION, url=None)).public.link_template is None

    def test_of_a_message_says_that_it_is_not_encrypted(self) -> None:
        way = self.of(MENTION).private

        assert way.route is Route.API
        assert "not encrypt" in way.reason

    def test_of_what_is_ours_or_private_is_no_public_reply(self) -> None:
        ours = self.of(replace(MENTION, ours=True))
        private = self.of(replace(MENTION, private=True))

        assert (ours.public.route, ours.private.route) == (Route.NONE, Route.NONE)
        assert (private.public.route, private.private.route) == (Route.NONE, Route.API)
        assert all(way.reason for way in (ours.public, ours.private, private.public))


# The reading position


class TestARound:
    def test_goes_back_to_known_ground(self) -> None:
        first = walk.step(Place(known=("5", "4")), ["9", "8"])
        second = walk.step(first.place, ["7", "6", "5"])

        assert not first.done
        assert (first.place.since, first.place.until) == ("4", "8")
        assert second == walk.Step(place=Place(known=("9", "8", "5", "4")), done=True)

    def test_of_a_new_list_reads_what_it_shows(self) -> None:
        first = walk.step(Place(), ["9", "8"])
        last = walk.step(first.place, [])

        assert (first.place.since, first.done, last.done) == (None, False, True)
        assert last.place == Place(known=("9", "8"))

    def test_of_nothing_new_stays(self) -> None:
        place = Place(known=("5", "4"))

        assert walk.step(place, ["5"]) == walk.Step(place=Place(known=("5", "5", "4")), done=True)
        assert walk.step(place, []) == walk.Step(place=place, done=True)

    def test_keeps_so_many_ids_and_no_more(self) -> None:
        ids = [str(number) for number in range(40)]

        assert walk.step(Place(known=("39",)), ids).place.known == tuple(ids[: walk.OVERLAP])

    def test_that_goes_back_to_a_moment_ends_below_it(self) -> None:
        place = Place(back_to=100.0)

        assert not walk.step(place, ["9"], oldest=100.0).done
        assert not walk.step(place, ["9"], oldest=None).done
        assert walk.step(place, ["9"], oldest=99.0) == walk.Step(
            place=Place(known=("9",)), done=True
        )
        far = replace(place, walk=Walk(until="9", read=walk.FIRST_ROUND))
        assert not walk.step(far, ["8"], oldest=100.0).done

    def test_that_is_sent_the_same_page_again_ends(self) -> None:
        first = walk.step(Place(), ["9", "8"])

        assert walk.step(first.place, ["9", "8"]).done

    def test_that_never_ends_is_given_up(self) -> None:
        begun = Place(known=("1",), walk=Walk(until="9", read=walk.LONGEST_ROUND - 1))
        new = Place(walk=Walk(until="9", read=walk.FIRST_ROUND - 1))

        assert walk.step(begun, ["8"]).cut_off
        assert walk.step(new, ["8"]).done
        assert not walk.step(new, ["8"]).cut_off


texts = st.lists(st.text(max_size=5), max_size=3).map(tuple)
walks = st.builds(Walk, until=st.text(), newest=texts, read=st.integers(min_value=0))
times = st.none() | st.floats(allow_nan=False, allow_infinity=False)
places = st.builds(Place, known=texts, back_to=times, walk=st.none() | walks)


@given(st.builds(Position, turn=st.text(), places=st.dictionaries(st.text(), places, max_size=3)))
def test_a_position_survives_being_stored(stand: Position) -> None:
    assert walk.load(walk.dump(stand)) == stand


@pytest.mark.parametrize(
    "place",
    [
        5,
        {},
        {"known": [1], "walk": None},
        {"known": [], "walk": []},
        {"known": [], "walk": {}},
        {"known": [], "walk": None, "back_to": "x"},
    ],
)
def test_a_damaged_position_is_an_error(place: object) -> None:
    stored = position.dump({"turn": "", "places": {"notifications": place}})

    with pytest.raises(SetupError, match="position"):
        walk.load(stored)


# What answers mean

READ = Call(method="GET", path="/api/v1/notifications")
WRITE = Call(method="POST", path="/api/v1/statuses")


def said(words: object) -> bytes:
    return json.dumps({"error": words}).encode()


@pytest.mark.parametrize(
    ("call", "status", "content", "kind", "words"),
    [
        (READ, 200, b"[]", None, ""),
        (WRITE, 202, b"{}", None, ""),
        (READ, 200, b"<html>", TryLater, "something else"),
        (READ, 200, b"[" * 100_000, TryLater, "something else"),
        (READ, 200, b"{}", TryLater, "something else"),
        (WRITE, 200, b"", OutcomeUnknown, "may have been applied"),
        (WRITE, 200, b"[]", OutcomeUnknown, "may have been applied"),
        (READ, 301, b"", SetupError, "has moved"),
        (WRITE, 308, b"", OutcomeUnknown, "308"),
        (READ, 503, b"", TryLater, "503"),
        (WRITE, 408, b"", OutcomeUnknown, "408"),
        (READ, 401, said("The access token is invalid"), SetupError, "access token"),
        (READ, 403, said("outside the authorized scopes"), NotPermitted, "does not cover"),
        (WRITE, 403, said("outside the authorized scopes"), NotPermitted, "does not cover"),
        (WRITE, 403, said("Your login is currently disabled"), SetupError, "our login"),
        (READ, 422, said(5), NotPermitted, "does not let us read"),
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
        (READ, 404, said("Record not found"), "gone"),
        (WRITE, 410, b"", "gone"),
        (WRITE, 422, said("Validation failed: character limit of 500 exceeded"), "too_long"),
        (WRITE, 413, b"", "too_long"),
        (WRITE, 422, said("Validation failed: Text can't be blank"), "empty"),
        (WRITE, 403, said("You are blocked by them"), "blocked"),
        (WRITE, 403, said("This action is not allowed"), "forbidden"),
        (WRITE, 422, b"[]", "refused"),
    ],
)
def test_a_refusal_has_a_code(call: Call, status: int, content: bytes, code: str) -> None:
    found = judge(call, status, {}, content)

    assert isinstance(found, Refused)
    assert found.code == code


@pytest.mark.parametrize(
    ("headers", "at"),
    [
        (
            {"x-ratelimit-reset": "2026-11-17T07:05:00.123456Z"},
            datetime(2026, 11, 17, 7, 5, 0, 123_456, tzinfo=UTC),
        ),
        ({"x-ratelimit-reset": "1795000000"}, datetime.fromtimestamp(1_795_000_000, UTC)),
        ({"x-ratelimit-reset": "1e30"}, None),
        (
            {"retry-after": "60", "date": "Tue, 17 Nov 2026 07:00:00 GMT"},
            datetime(2026, 11, 17, 7, 1, tzinfo=UTC),
        ),
        ({"date": "Tue, 17 Nov 2026 07:00:00 GMT"}, None),
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
        (requests.ConnectTimeout(), TryLater),
        (requests.ReadTimeout(), OutcomeUnknown),
        (requests.ConnectionError("reset"), OutcomeUnknown),
        (requests.exceptions.InvalidURL(), SetupError),
        (requests.exceptions.SSLError(SSLCertVerificationError("self-signed")), SetupError),
    ],
)
def test_silence_has_one_meaning(
    error: requests.RequestException, kind: type[ConnectorError]
) -> None:
    assert type(unanswered(WRITE, error, 5)) is kind
    assert not isinstance(unanswered(READ, error, 5), OutcomeUnknown)
