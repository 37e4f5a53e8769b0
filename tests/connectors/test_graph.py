import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Author, Contact, Mention, Route, TextLimit
from connectors.errors import OutcomeUnknown, Refused, SetupError, TryLater
from connectors.graph import talk, walk
from connectors.graph.rules import Rules, ability
from connectors.graph.walk import Listing, Place, after_comments, after_posts, dump, load
from connectors.graph.wire import Gone, Session, StalePage, judge, token_of
from connectors.web import Answer, Call, Web
from tests.servers.facebook import FacebookServer
from tests.servers.graph import TOKEN, US, sample
from tests.servers.http import Answer as Said
from tests.servers.http import json_answer

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
READ = Call(platform="Facebook", doing="reading")
WRITE = Call(platform="Facebook", doing="posting a reply", writes=True)
NOW = {"date": "Tue, 17 Nov 2026 12:00:00 GMT"}


def error(
    code: object,
    sub: object = None,
    *,
    status: int = 400,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    body = {"error": {"message": "secret words", "code": code, "error_subcode": sub}}
    return Answer(status=status, body=json.dumps(body).encode(), headers=NOW | dict(headers or {}))


# What answers mean


@pytest.mark.parametrize(
    ("code", "sub", "read", "write"),
    [
        (190, 463, SetupError, SetupError),
        (102, None, SetupError, SetupError),
        (10, None, SetupError, SetupError),
        (200, None, SetupError, SetupError),
        (299, None, SetupError, SetupError),
        (4, None, TryLater, TryLater),
        (32, None, TryLater, TryLater),
        (80_001, None, TryLater, TryLater),
        (1, None, TryLater, OutcomeUnknown),
        (2, None, TryLater, OutcomeUnknown),
        (100, 33, Gone, Gone),
        (803, None, Gone, Gone),
        (100, None, SetupError, Refused),
        (506, None, SetupError, OutcomeUnknown),
        (10_900, None, Refused, Refused),
        (10, 2018278, Refused, Refused),
        (551, None, Refused, Refused),
        (9_999, None, SetupError, Refused),
        ("190", None, SetupError, Refused),
        (True, None, SetupError, Refused),
    ],
)
def test_an_error_means_what_to_do_next(
    code: object, sub: object, read: type[Exception], write: type[Exception]
) -> None:
    for call, expected in ((READ, read), (WRITE, write)):
        found = judge(call, error(code, sub))
        assert type(found) is expected
        assert "secret words" not in str(found)


@pytest.mark.parametrize(
    ("status", "expected"), [(401, SetupError), (403, SetupError), (404, Gone), (500, TryLater)]
)
def test_a_status_without_a_code_means_something_too(
    status: int, expected: type[Exception]
) -> None:
    assert type(judge(READ, Answer(status=status, body=b"{}"))) is expected


def test_an_error_with_a_good_status_is_an_error() -> None:
    assert type(judge(WRITE, error(100, status=200))) is Refused


def test_an_answer_that_is_no_object_is_no_answer() -> None:
    assert type(judge(READ, Answer(status=200, body=b"[]"))) is TryLater
    assert type(judge(WRITE, Answer(status=200, body=b"<html>"))) is OutcomeUnknown
    assert judge(READ, Answer(status=200, body=b"{}")) is None


def test_a_private_message_that_is_not_allowed_now_is_closed() -> None:
    found = judge(WRITE, error(10_900))

    assert isinstance(found, Refused)
    assert found.code == "closed"


def test_what_is_gone_while_a_list_is_read_on_is_a_stale_page() -> None:
    assert type(judge(READ, error(100, 33), stale=True)) is StalePage


@pytest.mark.parametrize(
    ("usage", "at"),
    [
        ('{"777": [{"estimated_time_to_regain_access": 9}, {"type": "x"}]}', timedelta(minutes=9)),
        ('{"777": [{"estimated_time_to_regain_access": 0}]}', None),
        ('{"777": "none"}', None),
        ("not json", None),
        ("[" * 50_000, None),
    ],
)
def test_a_limit_names_when_it_ends(usage: str, at: timedelta | None) -> None:
    found = judge(READ, error(4, headers={"x-business-use-case-usage": usage}))

    assert isinstance(found, TryLater)
    assert found.at == (None if at is None else NOON + at)


def test_a_limit_may_name_its_end_the_usual_way() -> None:
    found = judge(READ, error(4, headers={"retry-after": "60"}))

    assert isinstance(found, TryLater)
    assert found.at == NOON + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("listed", "token"),
    [
        ({"paging": {"cursors": {"after": "A"}, "next": "https://x"}}, "A"),
        ({"paging": {"cursors": {"after": "A"}}}, ""),
        ({"paging": {"next": "https://x"}}, ""),
        ({"paging": []}, ""),
        ({}, ""),
    ],
)
def test_the_next_page_is_named_by_its_cursor(listed: dict[str, object], token: str) -> None:
    assert token_of(listed) == token


# Requests


@pytest.fixture
def server() -> Iterator[FacebookServer]:
    with FacebookServer() as running:
        yield running


def session(server: FacebookServer, app_secret: str = "") -> Session:
    return Session(
        web=Web(timeout=5),
        name="Facebook",
        root=f"{server.url}/v25.0",
        token=TOKEN,
        app_secret=app_secret,
    )


def test_the_token_stands_in_no_address(server: FacebookServer) -> None:
    spoken = session(server, app_secret="hush")
    assert spoken.now is None

    spoken.get("logging in", "me", fields="id")

    (request,) = server.requests
    assert TOKEN not in request.raw_query
    # echo -n page-token | openssl dgst -sha256 -hmac hush
    assert request.query["appsecret_proof"] == (
        "923583929dd9dbede87e8f2841ff6d12cce5d8c18c2085361bcfcc9e3e08e7cb"
    )
    assert spoken.now is not None


def test_many_things_are_read_fifty_at_once(server: FacebookServer) -> None:
    ids = [server.comment("maria", f"Complaint {number}").id for number in range(120)]
    del server.words[ids[7]]

    found = dict(session(server).get_each("looking", dict.fromkeys(ids, "message")))

    assert set(found) == set(ids) - {ids[7]}
    assert len(server.requests) == 3


@pytest.mark.parametrize("answer", [json_answer([]), json_answer({}), Said(body=b"<html>")])
def test_a_batch_that_answers_something_else_is_tried_later(
    server: FacebookServer, answer: Said
) -> None:
    server.faults_reach_lookups = True
    server.answer_next(answer)

    with pytest.raises(TryLater):
        list(session(server).get_each("looking", {"1": "message"}))


@pytest.mark.parametrize("part", [None, {}, {"code": 200}, {"code": 500, "body": "{}"}])
def test_a_part_of_a_batch_that_timed_out_is_tried_later(
    server: FacebookServer, part: object
) -> None:
    server.faults_reach_lookups = True
    server.answer_next(json_answer([part]))

    with pytest.raises(TryLater):
        list(session(server).get_each("looking", {"1": "message"}))


# How far was read


def times(newest: int, oldest: int) -> tuple[datetime, ...]:
    return tuple(NOON + timedelta(hours=number) for number in range(newest, oldest - 1, -1))


def round_of(place: Place, *times: datetime) -> Place:
    return after_posts(place, [Listing(post="p", times=times)], "", most=10).place


def test_a_round_ends_where_there_is_nothing_more() -> None:
    taken = after_posts(Place(), [Listing(post="p", times=times(3, 0))], "", most=10)

    assert taken.done
    assert not taken.place.under_way
    assert taken.place.mark == int((NOON + timedelta(hours=3)).timestamp())
    assert taken.place.floor is None


def test_only_posts_with_new_comments_are_read_on() -> None:
    place = round_of(round_of(Place(), *times(9, 0)), *times(9, 0))

    taken = after_posts(
        place,
        [
            Listing(post="busy", times=times(30, 20), token="b"),
            Listing(post="old", times=times(8, 0), token="o"),
            Listing(post="mixed", times=(*times(30, 29), *times(8, 6)), token="m"),
            Listing(post="empty", token="e"),
        ],
        "",
        most=10,
    )

    assert taken.place.threads == (("busy", "b"), ("mixed", "m"))
    further = after_comments(taken.place, Listing(post="", times=times(19, 15), token="b2"))
    assert further.place.threads == (("mixed", "m"), ("busy", "b2"))
    gone = walk.without_thread(further.place)
    assert gone.place.threads == (("busy", "b2"),)
    done = after_comments(gone.place, Listing(post="", times=times(8, 0), token="b3"))
    assert done.done
    assert done.place.mark == int((NOON + timedelta(hours=30)).timestamp())
    assert done.place.floor == place.mark


def test_what_a_round_met_is_passed_once_more_and_then_known() -> None:
    first = round_of(Place(), *times(9, 0))
    second = round_of(first, *times(9, 0))

    assert not first.met(NOON)
    assert second.met(NOON)
    assert not second.met(NOON + timedelta(hours=9))


def test_posts_are_read_on_as_far_as_they_are_watched() -> None:
    listings = [Listing(post=str(number)) for number in range(5)]

    first = after_posts(Place(), listings, "two", most=10)
    second = after_posts(first.place, listings, "three", most=10)

    assert (first.done, first.place.posts) == (False, "two")
    assert second.done


def test_an_empty_page_of_posts_ends_them() -> None:
    assert after_posts(Place(), [], "two", most=10).done


def test_the_same_page_again_ends_its_thread() -> None:
    taken = after_posts(Place(), [Listing(post="p", times=times(9, 0), token="t")], "", most=10)

    assert after_comments(taken.place, Listing(post="", times=times(9, 0), token="t")).done


def test_a_time_that_cannot_be_read_is_no_known_ground() -> None:
    place = round_of(round_of(Place(), *times(9, 0)), *times(9, 0))

    taken = after_posts(place, [Listing(post="p", times=(None, None), token="t")], "", most=10)

    assert taken.place.threads == (("p", "t"),)


def test_the_first_round_and_every_other_one_end_somewhere() -> None:
    many = Listing(post="p", times=(NOON,) * walk.FIRST_ROUND, token="t")

    first = after_posts(Place(), [many], "more", most=10)
    assert first.done
    assert not first.cut_off

    place = Place(mark=0, floor=0)
    taken = after_posts(place, [many], "", most=10)
    for number in range(100):
        if taken.done:
            break
        taken = after_comments(taken.place, Listing(post="", times=many.times, token=f"t{number}"))
    assert taken.done
    assert taken.cut_off


def test_a_place_is_stored_as_it_is() -> None:
    place = after_posts(
        Place(mark=5, floor=4),
        [Listing(post="p", times=times(9, 0), token="t")],
        "two",
        most=10,
    ).place.telling(["bad"])

    assert load(dump(place), platform="Facebook") == place
    assert load(None, platform="Facebook") == Place()
    assert place.at_the_top() == Place(mark=5, floor=4, told=("bad",))


def test_a_place_keeps_only_so_many_unreadable_items() -> None:
    assert len(Place().telling([str(number) for number in range(500)]).told) == 50


@pytest.mark.parametrize("cursor", ["", "{}", '{"v":1}', '{"v":1,"mark":1.5,"threads":[]}'])
def test_what_is_no_place_is_named(cursor: str) -> None:
    with pytest.raises(SetupError, match="Facebook cannot be read"):
        load(cursor, platform="Facebook")


# What is allowed

RULES = Rules(
    name="Facebook",
    account="acme",
    public=TextLimit(maximum=10),
    private=TextLimit(maximum=20),
    inbox="https://inbox.example",
    now=NOON,
)


def mention(*, hours: int = -1, may: bool | None = None, **more: bool) -> Mention:
    return Mention(
        platform="facebook",
        id="1",
        author=Author(id="9", handle="maria", open_to_messages=may),
        text="Bad",
        created_at=NOON + timedelta(hours=hours),
        url="https://facebook.example/1",
        private=more.get("private", False),
        ours=more.get("ours", False),
        replies_open=more.get("replies_open", True),
    )


@pytest.mark.parametrize(
    ("one", "contact", "route"),
    [
        (mention(), Contact(), Route.API),
        (mention(may=True), Contact(), Route.API),
        (mention(may=False), Contact(), Route.CLOSED),
        (mention(hours=-7 * 24), Contact(), Route.API),
        (mention(hours=-7 * 24 - 1), Contact(), Route.CLOSED),
        (mention(hours=-200), Contact(wrote_privately_at=NOON - timedelta(hours=24)), Route.API),
        (mention(hours=-200), Contact(wrote_privately_at=NOON - timedelta(hours=25)), Route.CLOSED),
        (mention(), Contact(wrote_privately_at=NOON - timedelta(hours=25)), Route.API),
        (mention(private=True), Contact(), Route.API),
        (mention(private=True, hours=-25), Contact(), Route.CLOSED),
        (mention(ours=True), Contact(), Route.NONE),
    ],
)
def test_a_private_message_follows_the_seven_days_and_the_24_hours(
    one: Mention, contact: Contact, route: Route
) -> None:
    way = ability(one, contact, RULES).private

    assert way.route is route
    assert (way.link("Hello") is None) == (route is Route.NONE)
    assert route is Route.API or way.reason


def test_before_the_time_is_known_nothing_is_over() -> None:
    way = ability(mention(hours=-999), Contact(), replace(RULES, now=None)).private

    assert way.route is Route.API


@pytest.mark.parametrize(
    ("one", "contact", "by_hand", "route"),
    [
        (mention(), Contact(), "", Route.API),
        (mention(), Contact(replies=1), "", Route.BY_HAND),
        (mention(), Contact(), "Not by the API.", Route.BY_HAND),
        (mention(replies_open=False), Contact(), "", Route.NONE),
        (mention(private=True), Contact(), "", Route.NONE),
        (mention(ours=True), Contact(), "", Route.NONE),
    ],
)
def test_a_public_answer_is_one_for_each_comment(
    one: Mention, contact: Contact, by_hand: str, route: Route
) -> None:
    way = ability(one, contact, RULES, by_hand=by_hand).public

    assert way.route is route
    assert (way.link("x") is None) == (route is Route.NONE)
    assert route is Route.API or way.reason


# Private messages


def test_both_sides_of_a_conversation_are_told_apart() -> None:
    maria, us = Author(id="9001", handle="Maria K"), Author(id=US, handle="acme")

    found = list(
        talk.messages(
            sample("facebook", "conversations"), platform="facebook", author=maria, ours=us
        )
    )

    assert [(one.id, one.ours, one.author.handle) for one in found] == [
        ("m_3", False, "Maria K"),
        ("m_2", True, "acme"),
    ]
    assert all(one.private for one in found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["data", "paging", "error"]), json_values))
def test_any_shape_of_a_list_is_read_without_another_error(listed: dict[str, object]) -> None:
    them = Author(id="1", handle="a")

    assert token_of(listed) is not None
    list(talk.messages(listed, platform="facebook", author=them, ours=them))
    judge(READ, Answer(status=400, body=json.dumps(listed).encode()))
