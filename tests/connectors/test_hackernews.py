from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.base import Author, Life, Mention, Receipt, Route
from connectors.errors import BadPayload, SetupError, TryLater, Unsupported
from connectors.hackernews import HackerNews, HackerNewsSettings, parse
from connectors.hackernews.items import below, is_gone, life_of
from connectors.hackernews.walk import FIRST, OVERLAP, Place, step
from connectors.registry import load
from tests.servers.hackernews import OURS, HackerNewsServer, sample, settings
from tests.servers.http import Answer, html_answer, json_answer


@pytest.fixture
def server() -> Iterator[HackerNewsServer]:
    with HackerNewsServer() as running:
        yield running


@pytest.fixture
def hackernews(server: HackerNewsServer) -> HackerNews:
    return HackerNews(settings(server.url))


class Poller:
    """Polls as the job does: page by page, each with a connector that remembers nothing."""

    def __init__(self, server: HackerNewsServer, **changes: object) -> None:
        self.settings = settings(server.url, **changes)
        self.cursor: str | None = None
        self.bad: list[BadPayload] = []

    def round(self) -> list[Mention]:
        """Everything of every search."""
        found: list[Mention] = []
        for _ in range(100):
            batch = HackerNews(self.settings).poll(self.cursor)
            self.cursor = batch.cursor
            found += batch.mentions
            self.bad += batch.bad
            if not batch.more:
                return found
        raise AssertionError("the round did not end")


def mention_of(name: str = "46100002", text: str = "x", author: str = "maria") -> Mention:
    return Mention(
        platform="hackernews",
        id=name,
        author=Author(id=author, handle=author),
        text=text,
        created_at=datetime(2026, 11, 17, tzinfo=UTC),
    )


# Settings


def test_the_registry_knows_it() -> None:
    assert load("hackernews").Settings is HackerNewsSettings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"queries": ()}, "at least 1"),
        ({"queries": ("acme", " ")}, "write each search"),
        ({"queries": ("x" * 513,)}, "write each search"),
        ({"api_url": "hn.algolia.com"}, "write an address"),
    ],
)
def test_wrong_settings_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings("http://127.0.0.1:1", **changes)


# Items


def test_a_comment_is_read_whole() -> None:
    assert parse(sample("comment_hit"), account=OURS) == Mention(
        platform="hackernews",
        id="46100002",
        author=Author(
            id="maria_k", handle="maria_k", url="https://news.ycombinator.com/user?id=maria_k"
        ),
        text=(
            "Three weeks, no parcel & no answer.\n\n"
            "Never <again>: https://acme.example/orders/returns/policy"
        ),
        created_at=datetime(2026, 11, 17, 7, 20, tzinfo=UTC),
        url="https://news.ycombinator.com/item?id=46100002",
        in_reply_to="46100001",
        thread="46100001",
        parent_text="Acme's new lamp",
    )


def test_a_story_is_its_title_and_its_text_and_a_thread_of_its_own() -> None:
    mention = parse(sample("story_hit"), account=OURS)

    assert mention.text == "Ask HN: Has anybody had their Acme kettle?\n\nOrdered in September."
    assert (mention.thread, mention.in_reply_to, mention.parent_text) == ("46100001", None, None)


def test_a_story_that_names_no_thread_is_one() -> None:
    mention = parse(sample("story_hit") | {"story_id": None}, account=OURS)

    assert mention.thread == mention.id


def test_an_answer_to_a_comment_does_not_quote_the_story() -> None:
    mention = parse(sample("comment_hit") | {"parent_id": 5}, account=OURS)

    assert (mention.in_reply_to, mention.thread, mention.parent_text) == ("5", "46100001", None)


def test_our_own_comment_is_ours() -> None:
    ours = sample("comment_hit") | {"author": OURS}

    assert parse(ours, account=OURS).ours
    assert not parse(sample("comment_hit") | {"author": "x"}, account="").ours


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"objectID": None}, "no readable id"),
        ({"author": None}, 'item 46100002: "author"'),
        ({"comment_text": ""}, "no text"),
        ({"created_at_i": "x"}, '"created_at_i"'),
    ],
)
def test_an_unreadable_item_is_named_and_not_quoted(changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadPayload, match=words) as caught:
        parse(sample("comment_hit") | changes, account=OURS)

    assert "parcel" not in str(caught.value)


_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(sample("comment_hit") | sample("tree"))), _JSON))
def test_any_item_gives_a_mention_or_a_named_error(changes: dict[str, object]) -> None:
    item = sample("comment_hit") | changes
    life_of(mention_of(), item)
    list(below(item))
    is_gone(item)
    try:
        mention = parse(item, account=OURS)
    except BadPayload:
        return
    assert mention.text.encode()
    assert mention.id.isdecimal()


@pytest.mark.parametrize(
    ("item", "life"),
    [
        (None, Life.GONE),
        ([], Life.GONE),
        ({"deleted": True, "text": "x"}, Life.GONE),
        ({"dead": True, "text": "x"}, Life.GONE),
        ({"text": "x "}, Life.ALIVE),
        ({"text": "y"}, Life.EDITED),
    ],
)
def test_what_became_of_a_post(item: object, life: Life) -> None:
    assert life_of(mention_of(), item) is life


# The walk


def test_the_first_walk_goes_back_a_week() -> None:
    taken = step(Place(), [FIRST + 500, 400], full=True, now=FIRST + 1000)

    assert (taken.goes_on, taken.floor) == (False, 500)
    assert taken.place == Place(since=FIRST + 500)


def test_a_walk_goes_on_where_the_page_ended_and_ends_on_known_ground() -> None:
    known = Place(since=100_000)
    first = step(known, [100_900, 100_500], full=True, now=None)
    second = step(first.place, [100_500, 100_000 - OVERLAP], full=True, now=None)

    assert first.goes_on
    assert (first.place.until, first.place.reached) == (100_500, 100_900)
    assert not second.goes_on
    assert second.place == Place(since=100_900)


def test_a_page_of_one_second_is_not_asked_for_twice() -> None:
    place = Place(since=0, until=5000, reached=6000)

    assert step(place, [5000] * 100, full=True, now=None).place.until == 4999


def test_a_time_in_the_future_does_not_hide_the_rest() -> None:
    taken = step(Place(since=100), [9_999_999_999], full=False, now=200)

    assert taken.place.since == 200


def test_nothing_found_leaves_everything_as_it_was() -> None:
    assert step(Place(), [], full=False, now=5).place == Place()
    assert step(Place(since=7), [], full=False, now=5).place == Place(since=7)


@given(
    st.lists(st.lists(st.integers(0, 10_000), max_size=4), max_size=12),
    st.none() | st.integers(0, 10_000),
)
def test_a_walk_never_forgets_what_it_has_reached(pages: list[list[int]], now: int | None) -> None:
    place = Place()
    stands = [place]
    for times in pages:
        place = step(place, times, full=len(times) == 4, now=now).place
        stands.append(place)

    for before, after in pairwise(stands):
        assert (after.since or 0) >= (before.since or 0)
        if before.until is not None and after.until is not None:
            assert after.until < before.until


# Polling


def test_several_searches_take_turns_and_each_ends(server: HackerNewsServer) -> None:
    for number in range(120):
        server.comment("maria", f"Complaint {number}")
    poller = Poller(server, queries=("acme", " acme lamp", "acme"))

    found = poller.round()

    assert [len(found), len({mention.id for mention in found})] == [242, 120]
    asked = [request.query["query"] for request in server.requests]
    assert asked == ["acme", "acme", "acme lamp", "acme lamp"]


def test_nothing_of_old_times_comes_with_the_first_poll(server: HackerNewsServer) -> None:
    server.comment("maria", "Ten years ago", created=1_480_000_000)
    new = server.comment("maria", "Today")
    poller = Poller(server)

    assert [mention.id for mention in poller.round()] == [str(new.id)]


def test_our_own_comments_are_no_complaints(server: HackerNewsServer) -> None:
    server.comment(OURS, "We are sorry.")

    assert Poller(server).round() == []


def test_what_is_gone_is_left_out_and_what_cannot_be_read_is_told_once(
    server: HackerNewsServer,
) -> None:
    server.comment("maria", "").broken = True
    broken = server.comment("maria", "?")
    broken.broken = True
    poller = Poller(server)

    poller.round()
    poller.round()

    assert [error.item for error in poller.bad] == [str(broken.id)]


def test_a_search_that_left_the_settings_leaves_the_cursor(server: HackerNewsServer) -> None:
    poller = Poller(server, queries=("acme", "lamp"))
    poller.round()
    poller.settings = settings(server.url, queries=("lamp",))

    poller.round()

    assert "acme" not in (poller.cursor or "")


@pytest.mark.parametrize(
    "cursor",
    [
        '{"v":1,"turn":"","searches":[]}',
        '{"v":1,"turn":"","searches":{"acme":{}}}',
        '{"v":1,"turn":"","searches":{"acme":{"since":"x","until":null,"reached":null}}}',
    ],
)
def test_a_cursor_of_another_shape_needs_a_person(hackernews: HackerNews, cursor: str) -> None:
    with pytest.raises(SetupError, match="position"):
        hackernews.poll(cursor)


@pytest.mark.parametrize("payload", [[], {}, {"hits": {}}, "x", None])
def test_a_page_without_hits_is_tried_later(
    server: HackerNewsServer, hackernews: HackerNews, payload: object
) -> None:
    server.answer_next(json_answer(payload))

    with pytest.raises(TryLater, match="no page"):
        hackernews.poll(None)


def test_a_refused_search_needs_a_person(server: HackerNewsServer, hackernews: HackerNews) -> None:
    server.answer_next(Answer(status=400))

    with pytest.raises(SetupError, match="status 400"):
        hackernews.poll(None)


# Looking again


def test_a_killed_comment_is_gone(server: HackerNewsServer, hackernews: HackerNews) -> None:
    killed = server.comment("maria", "x")
    killed.gone = "dead"

    lives = hackernews.look([mention_of(str(killed.id)), mention_of("1")])

    assert set(lives.values()) == {Life.GONE}


def test_a_page_of_html_is_no_deletion(server: HackerNewsServer, hackernews: HackerNews) -> None:
    server.answer_next(html_answer())

    with pytest.raises(TryLater):
        hackernews.look([mention_of()])


def test_a_conversation_is_what_the_author_and_we_wrote_below(
    server: HackerNewsServer, hackernews: HackerNews, caplog: pytest.LogCaptureFixture
) -> None:
    tree = sample("tree")
    tree["children"].append(tree["children"][1] | {"id": 46100009, "created_at_i": None})
    server.answer_next(json_answer(tree))

    turns = hackernews.conversation(mention_of("46100001", author="tom"))

    assert [(turn.text, turn.ours) for turn in turns] == [
        ("We are sorry.", True),
        ("It came today, thanks.", False),
    ]
    assert "item 46100009" in caplog.text
    assert len(server.requests) == 1


def test_a_post_that_the_search_does_not_hold_has_no_conversation(
    hackernews: HackerNews,
) -> None:
    assert hackernews.conversation(mention_of("1")) == ()


def test_another_item_than_the_one_asked_for_is_tried_later(
    server: HackerNewsServer, hackernews: HackerNews
) -> None:
    server.answer_next(json_answer(sample("tree")))

    with pytest.raises(TryLater):
        hackernews.conversation(mention_of("7"))


# What can be done


def test_a_person_answers_there(hackernews: HackerNews) -> None:
    comment = replace(mention_of("7"), in_reply_to="1")

    assert hackernews.ability(comment).public.link("Sorry") == (
        "https://news.ycombinator.com/reply?id=7"
    )
    way = hackernews.ability(mention_of("7")).public
    assert way.link("Sorry") == "https://news.ycombinator.com/item?id=7"
    assert (way.route, way.account) == (Route.BY_HAND, OURS)


def test_nothing_can_be_taken_back(hackernews: HackerNews) -> None:
    with pytest.raises(Unsupported, match="by hand"):
        hackernews.retract(Receipt(id="1"))


def test_check_tells_when_deletions_would_not_be_noticed(
    server: HackerNewsServer, hackernews: HackerNews
) -> None:
    server.answer_next(Answer(status=403), path="/items")

    (problem,) = hackernews.check()

    assert not problem.fatal
    assert "deleted" in problem.what
