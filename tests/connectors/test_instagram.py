from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.base import Author, Contact, Life, Mention, Route
from connectors.errors import BadPayload, Refused, Unsupported
from connectors.instagram import Instagram, InstagramSettings, parse, parse_tagged
from connectors.registry import load
from monitor.clock import now
from tests.servers.graph import US, sample
from tests.servers.http import json_answer
from tests.servers.instagram import InstagramServer, settings

KEY = "the-same-on-every-try"


@pytest.fixture
def server() -> Iterator[InstagramServer]:
    with InstagramServer() as running:
        yield running


@pytest.fixture
def account(server: InstagramServer) -> Instagram:
    return Instagram(settings(server.url))


def only(account: Instagram) -> Mention:
    (mention,) = account.poll(None).mentions
    return mention


# Reading


def comment(index: int) -> Mention:
    post = sample("instagram", "media")["data"][0]
    payload = post["comments"]["data"][index]
    return parse(payload, account="acme", account_id=US, post=post)


def tagged(index: int) -> Mention:
    return parse_tagged(sample("instagram", "tags")["data"][index], account="acme")


def test_a_comment_is_read_with_what_it_answers() -> None:
    mention = comment(2)

    assert mention.text == "My lamp came broken & nobody answers <3"
    assert (mention.author.id, mention.author.handle) == ("9001", "maria.k")
    assert mention.author.url == "https://www.instagram.com/maria.k/"
    assert mention.created_at == datetime(2026, 11, 17, 8, tzinfo=UTC)
    assert mention.url == "https://www.instagram.com/p/ABC/"
    assert mention.parent_text == "Our new lamp is here."


def test_somebody_whom_meta_does_not_tell_is_somebody() -> None:
    mention = comment(1)

    assert (mention.author.id, mention.author.handle) == (
        "author of 17004",
        "An Instagram user",
    )
    assert mention.author.url is None


def test_a_page_of_media_is_read_with_answers_within(
    server: InstagramServer, account: Instagram
) -> None:
    server.answer_next(json_answer(sample("instagram", "media")), path=f"/v25.0/{US}/media")
    server.answer_next(json_answer(sample("instagram", "tags")), path=f"/v25.0/{US}/tags")

    batch = account.poll(None)

    found = {mention.id: mention for mention in batch.mentions}
    assert set(found) == {"18904", "18903", "17004", "17001", "17003"}
    assert (found["17003"].in_reply_to, found["17003"].thread) == ("17001", "17001")
    assert [error.item for error in batch.bad] == ["18901"]


def test_our_answer_within_a_comment_is_ours_by_number_or_name() -> None:
    post = sample("instagram", "media")["data"][0]
    ours = post["comments"]["data"][2]["replies"]["data"][0]

    assert parse(ours, account="acme", account_id=US).ours
    assert parse(ours, account="other", account_id=US).ours
    assert parse(ours, account="Acme", account_id="1").ours
    assert not parse(ours, account="other", account_id="1").ours


def test_a_picture_that_names_us_is_told_from_one_that_only_tags_us() -> None:
    assert tagged(0).addressed
    assert not tagged(1).addressed
    assert tagged(0).url == "https://www.instagram.com/p/JO/"


def test_our_own_picture_that_tags_us_is_ours() -> None:
    payload = sample("instagram", "tags")["data"][0] | {"username": "ACME"}

    assert parse_tagged(payload, account="acme").ours


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text() | json_values,
        "text": st.text() | json_values,
        "caption": st.text() | json_values,
        "timestamp": st.datetimes().map(str) | json_values,
        "from": st.fixed_dictionaries({}, optional={"id": json_values, "username": json_values})
        | json_values,
        "username": json_values,
        "parent_id": json_values,
        "permalink": json_values,
    },
)


@given(shaped, shaped | st.none())
def test_any_shape_gives_a_mention_or_a_named_error(
    payload: dict[str, Any], post: dict[str, Any] | None
) -> None:
    found: list[Mention] = []
    with suppress(BadPayload):
        found.append(parse(payload, account="acme", account_id=US, post=post))
    with suppress(BadPayload):
        found.append(parse_tagged(payload, account="acme"))

    for mention in found:
        assert mention.id
        assert mention.text
        assert mention.created_at.tzinfo == UTC
        for value in (mention.id, mention.text, mention.author.id, mention.author.handle):
            value.encode()


# Answering comments


def test_an_answer_to_an_answer_stands_below_its_comment(
    server: InstagramServer, account: Instagram
) -> None:
    top = server.comment("tom", "Any news?")
    inner = server.comment("maria", "Mine is broken", below=top.id)
    mention = next(one for one in account.poll(None).mentions if one.id == inner.id)

    receipt = account.reply(mention, "@maria We are sorry.", KEY)

    assert server.words[receipt.id].parent == top.id
    found = account.find_own_reply(mention, "@maria We are sorry.")
    assert found is not None
    assert found.id == receipt.id


def test_a_comment_without_words_is_nothing(server: InstagramServer, account: Instagram) -> None:
    server.comment("maria", "")

    batch = account.poll(None)

    assert (batch.mentions, batch.bad) == ((), ())


def test_the_first_message_is_a_private_reply_to_the_comment(
    server: InstagramServer, account: Instagram
) -> None:
    commented = server.comment("maria", "Bad")
    mention = only(account)

    account.message(mention.author, "Which order is it?", KEY)

    body = server.asked("POST", f"/v25.0/{US}/messages")[0].json()
    assert isinstance(body, dict)
    assert body["recipient"] == {"comment_id": commented.id}


def test_a_message_is_counted_in_bytes(account: Instagram) -> None:
    author = Author(id="9", handle="maria")

    with pytest.raises(Refused, match="1002 bytes; Instagram takes 1000"):
        account.message(author, "é" * 501, KEY)


# Pictures that tag us


def picture(server: InstagramServer, account: Instagram, text: str) -> Mention:
    post = server.write("jo", text, tagged=True)
    return next(one for one in account.poll(None).mentions if one.id == post.id)


def test_a_picture_that_names_us_is_answered_as_a_mention(
    server: InstagramServer, account: Instagram
) -> None:
    mention = picture(server, account, "Never again @acme!")

    way = account.ability(mention).public
    receipt = account.reply(mention, "We are sorry.", KEY)

    assert way.route is Route.API
    assert server.words[receipt.id].post == mention.id
    assert len(server.asked("POST", f"/v25.0/{US}/mentions")) == 1
    with pytest.raises(Unsupported):
        account.find_own_reply(mention, "We are sorry.")


def test_a_picture_that_only_tags_us_is_a_persons_to_answer(
    server: InstagramServer, account: Instagram
) -> None:
    mention = picture(server, account, "Broken again")

    way = account.ability(mention).public

    assert way.route is Route.BY_HAND
    assert way.link("x") == mention.url
    with pytest.raises(Refused) as caught:
        account.reply(mention, "We are sorry.", KEY)
    assert caught.value.code == "by_hand"
    assert server.writes() == 0


def test_a_picture_is_answered_in_private_only_after_they_wrote(
    server: InstagramServer, account: Instagram
) -> None:
    mention = picture(server, account, "Never again @acme!")

    closed = account.ability(mention).private
    opened = account.ability(mention, Contact(wrote_privately_at=now())).private

    assert (closed.route, opened.route) == (Route.CLOSED, Route.API)
    assert closed.reason
    with pytest.raises(Refused):
        account.message(mention.author, "Hello", KEY)
    server.tell("jo", "Order 17")
    account.message(Author(id="jo-id", handle="jo"), "Thank you.", KEY)
    assert server.messages[-1].ours


def test_a_picture_whose_messages_are_off_stays_closed(server: InstagramServer) -> None:
    account = Instagram(settings(server.url, private_messages=False))
    mention = picture(server, account, "Never again @acme!")

    assert account.ability(mention).private.route is Route.NONE


def test_a_picture_has_a_private_conversation_and_a_life(
    server: InstagramServer, account: Instagram
) -> None:
    server.comment("maria", "Bad")
    mention = picture(server, account, "Never again @acme!")
    server.tell("jo", "Order 17")
    maria = next(one for one in account.poll(None).mentions if one.author.handle == "maria")

    # Its author's number is not told, and messages cannot be asked for by a name.
    assert list(account.conversation(mention)) == []
    assert account.look([mention, maria]) == {mention.id: Life.ALIVE, maria.id: Life.ALIVE}
    server.words[mention.id].text = "Fine now @acme"
    assert account.look([mention])[mention.id] is Life.EDITED


def test_tags_can_be_switched_off(server: InstagramServer) -> None:
    server.write("jo", "Never again @acme!", tagged=True)

    account = Instagram(settings(server.url, tags=False))

    assert account.poll(None).mentions == ()
    assert server.asked("GET", f"/v25.0/{US}/tags") == []


# Setting up


def test_a_number_of_another_account_is_named(server: InstagramServer) -> None:
    _, problem = Instagram(settings(server.url, account="other")).check()

    assert problem.fatal
    assert "account_id" in problem.what


@pytest.mark.parametrize(
    ("key", "value"), [("account_id", "acme"), ("account", ""), ("account", "a b")]
)
def test_a_setting_that_is_none_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValidationError, match=key):
        settings("http://127.0.0.1", **{key: value})


def test_the_registry_knows_it(server: InstagramServer) -> None:
    cls = load("instagram")

    assert cls.Settings is InstagramSettings
    made = cls(settings(server.url, app_secret=SecretStr("hush")))
    assert (made.platform, made.account) == ("instagram", "acme")
