from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.base import Author, Life, Mention, Receipt, Route
from connectors.errors import (
    BadPayload,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.facebook import Facebook, FacebookSettings, parse
from connectors.registry import load
from tests.servers.facebook import FacebookServer, settings
from tests.servers.graph import US, sample
from tests.servers.http import Answer, html_answer, json_answer

KEY = "the-same-on-every-try"
FEED = f"/v25.0/{US}/feed"


@pytest.fixture
def server() -> Iterator[FacebookServer]:
    with FacebookServer() as running:
        yield running


@pytest.fixture
def page(server: FacebookServer) -> Facebook:
    return Facebook(settings(server.url))


def only(page: Facebook) -> Mention:
    (mention,) = page.poll(None).mentions
    return mention


def walked(page: Facebook, cursor: str | None = None) -> tuple[set[str], str | None]:
    found: set[str] = set()
    for _ in range(100):
        batch = page.poll(cursor)
        found |= {mention.id for mention in batch.mentions}
        cursor = batch.cursor
        if not batch.more:
            return found, cursor
    raise AssertionError("the round did not end")


# Reading


def comment(index: int) -> Mention:
    post = sample("facebook", "feed")["data"][0]
    return parse(post["comments"]["data"][index], page_id=US, post=post)


def test_a_comment_is_read_with_what_it_answers() -> None:
    mention = comment(5)

    assert mention.text == "My lamp came broken & nobody answers <3"
    assert (mention.author.id, mention.author.handle) == ("9001", "Maria K")
    assert mention.created_at == datetime(2026, 11, 17, 8, tzinfo=UTC)
    assert mention.url == "https://www.facebook.com/777/posts/1001?comment_id=1"
    assert mention.parent_text == "Our new lamp is here."
    assert (mention.in_reply_to, mention.thread) == (None, None)
    assert not mention.replies_open
    assert mention.author.open_to_messages is False


def test_an_answer_to_a_comment_names_it() -> None:
    mention = comment(4)

    assert (mention.in_reply_to, mention.thread) == ("1001_1", "1001_1")
    assert mention.parent_text is None
    assert mention.url == "https://www.facebook.com/1001_2"
    assert mention.author.open_to_messages


def test_what_we_said_is_ours() -> None:
    assert comment(3).ours


def test_somebody_whom_meta_does_not_tell_is_somebody() -> None:
    mention = comment(2)

    assert (mention.author.id, mention.author.handle) == (
        "author of 1001_4",
        "A Facebook user",
    )
    assert mention.author.url is None
    assert mention.author.open_to_messages is None


def test_a_comment_without_a_time_is_named() -> None:
    with pytest.raises(BadPayload, match="created_time") as caught:
        comment(0)

    assert caught.value.item == "1001_6"


def test_a_page_of_the_feed_is_read(server: FacebookServer, page: Facebook) -> None:
    server.answer_next(json_answer(sample("facebook", "feed")), path=FEED)

    batch = page.poll(None)

    assert [mention.id for mention in batch.mentions] == ["777_1000", "1001_4", "1001_2", "1001_1"]
    assert [error.item for error in batch.bad] == ["1001_6"]
    assert batch.more  # the first post has more comments


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text() | json_values,
        "message": st.text() | json_values,
        "created_time": st.datetimes().map(str) | json_values,
        "from": st.fixed_dictionaries({}, optional={"id": json_values, "name": json_values})
        | json_values,
        "parent": st.fixed_dictionaries({}, optional={"id": json_values}) | json_values,
        "can_comment": json_values,
        "can_reply_privately": json_values,
        "permalink_url": json_values,
    },
)


@given(shaped, shaped | st.none())
def test_any_shape_gives_a_mention_or_a_named_error(
    payload: dict[str, Any], post: dict[str, Any] | None
) -> None:
    with suppress(BadPayload):
        mention = parse(payload, page_id=US, post=post)
        assert mention.id
        assert mention.text
        assert mention.created_at.tzinfo == UTC
        for value in (mention.id, mention.text, mention.author.id, mention.parent_text or ""):
            value.encode()


# Polling


def test_a_visitors_post_is_a_complaint_and_ours_is_none(
    server: FacebookServer, page: Facebook
) -> None:
    visitor = server.write("jo", "Where is my refund?")
    below = server.comment("tom", "Mine too", below=visitor.id)

    found, _ = walked(page)

    assert found == {visitor.id, below.id}


def test_old_posts_are_watched_as_far_as_the_settings_say(server: FacebookServer) -> None:
    for number in range(40):
        server.write(US, f"News {number}")
    late = server.comment("maria", "My lamp is broken")

    assert late.id in walked(Facebook(settings(server.url)))[0]
    assert late.id not in walked(Facebook(settings(server.url, posts=25)))[0]


def test_what_was_passed_twice_is_not_reported_again(
    server: FacebookServer, page: Facebook
) -> None:
    old = server.comment("maria", "Bad")
    server.made += 3_600
    new = [server.comment("maria", "Worse").id for _ in range(3)]
    _, cursor = walked(page)
    second, cursor = walked(page, cursor)

    third, _ = walked(page, cursor)

    assert second == {old.id, *new}
    assert third == set(new)


def test_the_past_is_read_from_a_moment_on(server: FacebookServer, page: Facebook) -> None:
    server.comment("maria", "Long ago")
    server.made += 3_600
    since = datetime.fromtimestamp(server.started + server.made, UTC)
    late = server.comment("maria", "Bad")

    assert walked(page, page.cursor_at(since))[0] == {late.id}


def test_an_unreadable_comment_is_named_once(server: FacebookServer, page: Facebook) -> None:
    server.comment("maria", "x", broken=True)
    first = page.poll(None)

    assert (len(first.bad), page.poll(first.cursor).bad) == (1, ())


def test_a_comment_without_words_is_nothing(server: FacebookServer, page: Facebook) -> None:
    server.comment("maria", "")

    batch = page.poll(None)

    assert (batch.mentions, batch.bad) == ((), ())


def test_a_page_token_that_meta_forgot_begins_the_round_anew(
    server: FacebookServer, page: Facebook, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(60):
        server.write(US, f"News {number}")
    first = page.poll(None)
    server.stale_tokens = True

    second = page.poll(first.cursor)

    assert first.more
    assert not second.more
    assert "no longer taken" in caplog.text


def test_a_thread_that_goes_while_it_is_read_is_left(
    server: FacebookServer, page: Facebook
) -> None:
    for number in range(60):
        server.comment("maria", f"Complaint {number}")
    first = page.poll(None)
    late = server.comment("tom", "Mine too", below=server.write("jo", "And mine").id)
    server.answer_next(Answer(status=404), path=f"/v25.0/{server.house}/comments")

    second = page.poll(first.cursor)
    again, _ = walked(page, second.cursor)

    assert first.more
    assert not second.more
    assert len(again) == 62
    assert late.id in again


def test_a_round_that_does_not_end_is_told(
    server: FacebookServer,
    page: Facebook,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.comment("maria", "Bad")
    _, cursor = walked(page)
    _, cursor = walked(page, cursor)
    monkeypatch.setattr("connectors.graph.walk.LONGEST_ROUND", 20)
    for number in range(300):
        server.comment("maria", f"Complaint {number}")

    walked(page, cursor)

    assert "some were missed" in caplog.text


@pytest.mark.parametrize("body", [{}, {"data": {}}])
def test_what_is_no_list_is_tried_later(
    server: FacebookServer, page: Facebook, body: object
) -> None:
    server.answer_next(json_answer(body), path=FEED)

    with pytest.raises(TryLater, match="no list"):
        page.poll(None)


# Looking


def test_where_everything_is_gone_the_permission_is_tried(
    server: FacebookServer, page: Facebook
) -> None:
    gone = server.comment("maria", "Bad")
    mention = only(page)
    del server.words[gone.id]

    assert page.look([mention]) == {mention.id: Life.GONE}
    server.refused = {"feed": (10, 0)}
    with pytest.raises(SetupError):
        page.look([mention])


def test_a_private_message_counts_as_alive(page: Facebook) -> None:
    private = Mention(
        platform="facebook",
        id="m_1",
        author=Author(id="9", handle="maria"),
        text="Hi",
        created_at=datetime(2026, 11, 17, tzinfo=UTC),
        private=True,
    )

    assert page.look([private]) == {"m_1": Life.ALIVE}


# Conversations


def test_a_conversation_below_a_comment_of_the_second_level(
    server: FacebookServer, page: Facebook
) -> None:
    top = server.comment("tom", "Any news?")
    inner = server.comment("maria", "Mine is broken", below=top.id)
    mention = next(one for one in page.poll(None).mentions if one.id == inner.id)

    ours = page.reply(mention, "We are sorry.", KEY)
    theirs = server.comment("maria", "Thanks", below=inner.id)

    assert [turn.id for turn in page.conversation(mention)] == [ours.id, theirs.id]


def test_a_conversation_of_many_pages_is_read_to_its_end(
    server: FacebookServer, page: Facebook
) -> None:
    top = server.comment("maria", "Bad")
    mention = only(page)
    for number in range(250):
        server.comment("maria", f"And {number}", below=top.id)

    assert len(page.conversation(mention)) == 250


def test_a_conversation_without_end_is_left_at_some_page(
    server: FacebookServer, page: Facebook
) -> None:
    server.page_size = 2
    top = server.comment("maria", "Bad")
    mention = only(page)
    for number in range(50):
        server.comment("maria", f"And {number}", below=top.id)

    assert len(page.conversation(mention)) == 20


def test_the_same_page_again_ends_a_conversation(server: FacebookServer, page: Facebook) -> None:
    top = server.comment("maria", "Bad")
    mention = only(page)
    again = {"data": [], "paging": {"cursors": {"after": "A"}, "next": "https://x"}}
    server.answer_next(json_answer(again), path=f"/v25.0/{top.id}/comments", times=2)

    assert list(page.conversation(mention)) == []
    assert len(server.asked("GET", f"/v25.0/{top.id}/comments")) == 2


def test_a_conversation_below_what_is_gone_is_the_private_one(
    server: FacebookServer, page: Facebook
) -> None:
    top = server.comment("maria", "Bad")
    mention = only(page)
    del server.words[top.id]
    server.tell("maria", "Order 17")

    assert [turn.text for turn in page.conversation(mention)] == ["Order 17"]


def test_a_private_turn_has_no_public_conversation(server: FacebookServer, page: Facebook) -> None:
    server.comment("maria", "Bad")
    server.tell("maria", "Order 17")
    (turn,) = page.conversation(only(page))

    assert [one.id for one in page.conversation(turn)] == [turn.id]


# Writing


def test_the_first_message_is_a_private_reply_to_the_comment_and_goes_once(
    server: FacebookServer, page: Facebook
) -> None:
    server.comment("maria", "Bad")
    mention = only(page)

    receipt = page.message(mention.author, "Which order is it?", KEY)

    assert [message.text for message in server.messages] == ["Which order is it?"]
    assert receipt.private
    with pytest.raises(Refused) as caught:
        page.message(mention.author, "Hello?", KEY)
    assert caught.value.code == "closed"


def test_a_visitors_post_is_answered_in_private_by_its_own_number(
    server: FacebookServer, page: Facebook
) -> None:
    visitor = server.write("jo", "Where is my refund?")
    mention = only(page)

    page.message(mention.author, "Which order is it?", KEY)

    body = server.asked("POST", f"/v25.0/{US}/messages")[0].json()
    assert isinstance(body, dict)
    assert body["recipient"] == {"post_id": visitor.id}


def test_an_answer_within_a_day_goes_to_the_person(server: FacebookServer, page: Facebook) -> None:
    server.comment("maria", "Bad").answered = True
    mention = only(page)
    server.tell("maria", "Order 17")

    page.message(mention.author, "Thank you.", KEY)

    assert server.messages[-1].ours


def test_a_comment_that_is_older_than_a_week_is_not_answered_in_private(
    server: FacebookServer, page: Facebook
) -> None:
    server.started -= 8 * 86_400
    server.comment("maria", "Bad")
    server.tell("maria", "Order 17")
    mention = only(page)

    assert page.ability(mention).private.route is Route.CLOSED
    with pytest.raises(Refused, match="last week"):
        page.message(mention.author, "Hello?", KEY)
    assert server.writes() == 0


def test_a_comment_is_looked_for_on_so_many_pages_and_no_more(
    server: FacebookServer, page: Facebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.graph.site._MOST_PAGES", 2)
    server.comment("maria", "Bad")
    mention = only(page)
    for number in range(300):
        server.comment("tom", f"Complaint {number}")

    with pytest.raises(Refused):
        page.message(mention.author, "Hello?", KEY)


def test_a_message_that_is_refused_outside_its_time_is_closed(
    server: FacebookServer, page: Facebook
) -> None:
    server.comment("maria", "Bad")
    mention = only(page)
    server.refused = {"messages": (10, 2018278)}

    with pytest.raises(Refused) as caught:
        page.message(mention.author, "Hello", KEY)

    assert caught.value.code == "closed"


@pytest.mark.parametrize("answer", [json_answer({}), html_answer()])
def test_an_answer_without_an_id_is_unknown(
    server: FacebookServer, page: Facebook, answer: Answer
) -> None:
    server.comment("maria", "Bad")
    mention = only(page)
    server.answer_next(answer, method="POST")
    server.answer_next(answer, method="POST")

    with pytest.raises(OutcomeUnknown):
        page.reply(mention, "We are sorry.", KEY)
    with pytest.raises(OutcomeUnknown):
        page.message(mention.author, "Which order is it?", KEY)


def test_a_message_that_is_too_long_is_refused(page: Facebook) -> None:
    with pytest.raises(Refused, match="2001 characters; Facebook takes 2000"):
        page.message(Author(id="9", handle="maria"), "x" * 2_001, KEY)


def test_private_messages_can_be_switched_off(server: FacebookServer) -> None:
    page = Facebook(settings(server.url, private_messages=False))
    server.comment("maria", "Bad")
    server.tell("maria", "Order 17")
    mention = only(page)

    assert list(page.conversation(mention)) == []
    assert page.ability(mention).private.route is Route.NONE
    with pytest.raises(Unsupported):
        page.message(mention.author, "Hello", KEY)
    assert len(page.check()) == 1
    assert server.asked("GET", f"/v25.0/{US}/conversations") == []


def test_a_private_message_cannot_be_taken_back(page: Facebook) -> None:
    with pytest.raises(Unsupported):
        page.retract(Receipt(id="m_1", private=True))
    with pytest.raises(Unsupported):
        page.retract(Receipt(id=""))


def test_somebody_whom_meta_does_not_tell_is_answered_below_their_comment(
    server: FacebookServer, page: Facebook
) -> None:
    server.names_people = False
    server.comment("maria", "Bad")
    mention = only(page)

    assert list(page.conversation(mention)) == []
    page.message(mention.author, "Which order is it?", KEY)

    assert [message.person for message in server.messages] == ["maria"]
    assert server.asked("GET", f"/v25.0/{US}/conversations") == []


# Setting up


def test_check_says_that_it_is_beta_and_knows_the_page(
    server: FacebookServer, page: Facebook
) -> None:
    assert page.account == f"page {US}"

    (beta,) = page.check()

    assert "not verified" in beta.what
    assert page.account == "Acme"
    assert Facebook(settings(server.url, account="Acme Shop")).account == "Acme Shop"


def test_a_token_of_another_page_is_named(server: FacebookServer) -> None:
    _, problem = Facebook(settings(server.url, page_id="888")).check()

    assert problem.fatal
    assert "page_id" in problem.what
    assert "developers.facebook.com" in problem.do


def test_missing_permissions_are_named_one_by_one(server: FacebookServer, page: Facebook) -> None:
    server.refused = {"conversations": (200, 0)}
    _, messages = page.check()
    server.refused = {"feed": (10, 0)}
    _, posts = page.check()

    assert not messages.fatal
    assert "private messages" in messages.what
    assert "private_messages = false" in messages.do
    assert posts.fatal


def test_a_limit_while_the_messages_are_checked_is_no_fault(
    server: FacebookServer, page: Facebook
) -> None:
    server.refused = {"conversations": (4, 0)}

    _, problem = page.check()

    assert not problem.fatal
    assert "could not be checked" in problem.what


def test_check_tells_of_a_plain_address() -> None:
    problems = Facebook(settings("http://graph.example.test", timeout_seconds=0.2)).check()

    assert any("unencrypted" in problem.what for problem in problems)


@pytest.mark.parametrize(("key", "value"), [("page_id", "acme"), ("version", "25")])
def test_a_setting_that_is_none_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValidationError, match=key):
        settings("http://127.0.0.1", **{key: value})


def test_the_registry_knows_it(server: FacebookServer) -> None:
    cls = load("facebook")

    assert cls.Settings is FacebookSettings
    made = cls(settings(server.url, app_secret=SecretStr("hush")))
    assert made.platform == "facebook"
    assert not made.reliable_reads


def test_the_seven_days_are_counted_by_metas_clock(server: FacebookServer, page: Facebook) -> None:
    server.comment("maria", "Bad")
    mention = only(page)
    old = mention.created_at - timedelta(days=7)

    fresh = page.ability(mention).private.route
    late = page.ability(
        Mention(
            platform="facebook",
            id=mention.id,
            author=mention.author,
            text=mention.text,
            created_at=old,
        )
    ).private.route

    assert (fresh, late) == (Route.API, Route.CLOSED)
