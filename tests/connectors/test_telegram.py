from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.base import Author, Contact, Mention, Receipt, Route
from connectors.errors import (
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.registry import load
from connectors.telegram import TEXT_LIMIT, Telegram, TelegramSettings, parse
from connectors.telegram.errors import judge
from connectors.telegram.messages import in_chats, parts_of, receipt_of, utf16_length
from connectors.web import Answer, Call
from tests.servers.http import json_answer
from tests.servers.telegram import (
    BOT,
    BOT_ID,
    GROUP,
    TOKEN,
    TelegramServer,
    refusal,
    sample,
    settings,
)


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running


@pytest.fixture
def telegram(server: TelegramServer) -> Telegram:
    return Telegram(settings(server.url))


def read(message: dict[str, object]) -> Mention:
    mention = parse(message, bot=str(BOT_ID), name=BOT)
    assert mention is not None
    return mention


def polled(telegram: Telegram) -> list[Mention]:
    return list(telegram.poll(None).mentions)


# Settings


def test_the_registry_knows_it() -> None:
    assert load("telegram").Settings is TelegramSettings


def test_chats_may_be_numbers_or_names() -> None:
    assert settings("http://127.0.0.1:1", chats=[GROUP, "@acme_fans"]).chats == (
        str(GROUP),
        "@acme_fans",
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bot_token": TOKEN}, "env:NAME"),
        ({"api_url": "api.telegram.org"}, "write an address"),
        ({"chats": [["x"]]}, "valid string"),
        ({"chats": "x"}, "valid tuple"),
    ],
)
def test_wrong_settings_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        settings("http://127.0.0.1:1", **changes)

    assert TOKEN not in str(caught.value)


# Messages


def test_a_message_in_a_group_is_read_whole() -> None:
    assert read(sample("message")) == Mention(
        platform="telegram",
        id="-1001234567890:4711",
        author=Author(id="7000001", handle="maria_k", name="Maria K", url="https://t.me/maria_k"),
        text="@acme_help_bot three weeks, no parcel & no answer. Never again 😡",
        created_at=datetime(2026, 11, 17, 7, 20, tzinfo=UTC),
        url="https://t.me/acme_fans/4711",
        in_reply_to="-1001234567890:4700",
        thread="-1001234567890:4700",
        parent_text="Has anybody had their kettle?",
        addressed=True,
    )


def test_a_private_message_is_private_and_its_author_may_have_no_username() -> None:
    mention = read(sample("private"))

    assert (mention.private, mention.url, mention.thread) == (True, None, "7000003:12")
    assert mention.author == Author(id="7000003", handle="Lena", name="Lena")


def test_somebody_without_any_name_goes_by_their_number() -> None:
    mention = read(sample("private") | {"from": {"id": 7}})

    assert mention.author == Author(id="7", handle="7")


def test_what_is_written_in_the_name_of_a_group_is_the_groups() -> None:
    mention = read(sample("message") | {"sender_chat": {"id": -100777, "title": "Acme fans"}})

    assert mention.author == Author(id="-100777", handle="Acme fans", name="Acme fans")


def test_a_picture_with_words_counts_and_one_without_does_not() -> None:
    picture = sample("message") | {"text": None, "caption": "Look at this"}

    assert read(picture).text == "Look at this"
    assert parse(picture | {"caption": None}, bot="1", name=BOT) is None


@pytest.mark.parametrize(
    ("text", "addressed"),
    [
        ("hey @Acme_Help_Bot!", True),
        ("hey @acme_help_bot2", False),
        ("acme_help_bot", False),
    ],
)
def test_who_names_the_bot_addresses_us(text: str, addressed: bool) -> None:
    message = sample("message") | {"text": text}

    assert read(message).addressed is addressed
    nameless = parse(message, bot="1", name="")
    assert nameless is not None
    assert not nameless.addressed


def test_who_answers_the_bot_addresses_us() -> None:
    ours = {"message_id": 5, "from": {"id": BOT_ID}, "caption": "We are sorry."}
    mention = read(sample("message") | {"text": "Thanks", "reply_to_message": ours})

    assert mention.addressed
    assert mention.parent_text == "We are sorry."


@pytest.mark.parametrize(
    ("chat", "url"),
    [
        ({"id": -100987, "type": "supergroup"}, "https://t.me/c/987/4711"),
        ({"id": -987, "type": "group"}, None),
        ({"id": -100987, "type": "supergroup", "username": "x/../y"}, "https://t.me/c/987/4711"),
    ],
)
def test_where_a_message_is_seen(chat: dict[str, object], url: str | None) -> None:
    assert read(sample("message") | {"chat": chat}).url == url


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"message_id": None}, "no readable id"),
        ({"chat": None}, "no readable id"),
        ({"date": "x"}, '"date" is no number'),
        ({"from": None}, "author has no readable id"),
    ],
)
def test_an_unreadable_message_is_named_and_not_quoted(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(BadPayload, match=words) as caught:
        read(sample("message") | changes)

    assert "parcel" not in str(caught.value)


_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "message_id", "title", "username", "text"]), inner)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*sample("message"), "sender_chat", "caption"]), _JSON))
def test_any_message_gives_a_mention_or_a_named_error(changes: dict[str, object]) -> None:
    message = sample("message") | changes
    in_chats(message, ("@acme_fans",))
    receipt_of(message, private=False)
    try:
        mention = parse(message, bot="1", name=BOT)
    except BadPayload:
        return
    if mention is not None:
        assert mention.text.encode()
        assert parts_of(mention.id) is not None


def test_the_length_of_an_emoji_is_two() -> None:
    assert utf16_length("a😡\ud83d") == 4


def test_a_receipt_needs_an_id_and_no_more() -> None:
    bare = {"message_id": 5, "chat": {"id": -100987}}

    assert receipt_of(bare, private=False) == Receipt(id="-100987:5", url="https://t.me/c/987/5")
    assert receipt_of({}, private=True) is None


# Errors

READING = Call(platform="Telegram", doing="reading messages")
WRITING = Call(platform="Telegram", doing="sending a message", writes=True)


@pytest.mark.parametrize(
    ("status", "description", "kind", "code"),
    [
        (403, "Forbidden: bot can't initiate conversation with a user", Refused, "closed"),
        (403, "Forbidden: bot was blocked by the user", Refused, "blocked"),
        (403, "Forbidden: user is deactivated", Refused, "gone"),
        (403, "Forbidden: something new", Refused, "forbidden"),
        (400, "Bad Request: message to be replied not found", Refused, "gone"),
        (400, "Bad Request: message can't be deleted for everyone", Refused, "too_late"),
        (400, "Bad Request: TOPIC_CLOSED", Refused, "locked"),
        (400, "Bad Request: something new", Refused, "refused"),
        (400, "Bad Request: not enough rights to send text messages to the chat", SetupError, ""),
        (403, "Forbidden: bot was kicked from the supergroup chat", SetupError, ""),
        (401, "Unauthorized", SetupError, ""),
        (404, "Not Found", SetupError, ""),
        (409, "Conflict: terminated by other getUpdates request", SetupError, ""),
        (502, "Bad Gateway", OutcomeUnknown, ""),
        (429, "Too Many Requests: retry after 5", TryLater, ""),
    ],
)
def test_what_a_refused_write_means(
    status: int, description: str, kind: type[ConnectorError], code: str
) -> None:
    trouble = judge(WRITING, Answer(status=status, body=refusal(status, description).body))

    assert type(trouble) is kind
    if isinstance(trouble, Refused):
        assert trouble.code == code


def test_a_refused_read_needs_a_person() -> None:
    answer = Answer(status=400, body=refusal(400, "Bad Request: chat not found").body)

    assert type(judge(READING, answer)) is SetupError


def test_the_wait_stands_in_the_answer_or_in_its_head() -> None:
    head = {"date": "Tue, 17 Nov 2026 07:00:00 GMT"}
    body = refusal(429, "Too Many Requests", retry_after=5).body
    by_body = judge(READING, Answer(status=429, body=body, headers=head))
    by_head = judge(READING, Answer(status=429, headers=head | {"retry-after": "7"}))

    assert isinstance(by_body, TryLater)
    assert isinstance(by_head, TryLater)
    seven = datetime(2026, 11, 17, 7, tzinfo=UTC)
    assert by_body.at == seven + timedelta(seconds=5)
    assert by_head.at == seven + timedelta(seconds=7)


# Polling


def test_only_what_was_stored_is_confirmed(server: TelegramServer, telegram: Telegram) -> None:
    server.say("maria", "one")
    first = telegram.poll(None)
    again = telegram.poll(None)  # the process died before it stored the first
    server.say("maria", "two")

    second = telegram.poll(again.cursor)
    third = telegram.poll(second.cursor)

    assert [m.text for m in first.mentions] == [m.text for m in again.mentions] == ["one"]
    assert [m.text for m in second.mentions] == ["two"]
    assert third.mentions == ()
    assert third.cursor == second.cursor


def test_private_messages_come_too_and_are_marked(
    server: TelegramServer, telegram: Telegram
) -> None:
    server.say("maria", "Order 17", chat=None)

    (mention,) = polled(telegram)

    assert mention.private


def test_only_the_groups_of_the_settings_are_read(server: TelegramServer) -> None:
    server.say("maria", "here")
    server.say("maria", "elsewhere", chat=-100555)
    server.say("maria", "to the bot", chat=None)
    elsewhere = {"id": -100555, "type": "supergroup"}
    for message in server.messages.values():
        if message["chat"]["id"] == -100555:
            message["chat"] = elsewhere
    server.updates[1]["message"]["chat"] = elsewhere

    by_name = Telegram(settings(server.url, chats=["@ACME_fans"])).poll(None).mentions
    by_number = Telegram(settings(server.url, chats=[-100555])).poll(None).mentions

    assert [m.text for m in by_name] == ["here", "to the bot"]
    assert [m.text for m in by_number] == ["elsewhere", "to the bot"]


def test_what_is_no_message_with_words_is_passed_over(
    server: TelegramServer, telegram: Telegram
) -> None:
    server.update(poll={"id": "1"})
    server.say("maria", "", sticker={})
    server.say("acme", "A post of the channel", is_automatic_forward=True)
    server.say("us", "We")
    server.updates[-1]["message"]["from"]["id"] = BOT_ID
    server.updates.append({"update_id": None})

    batch = telegram.poll(None)

    assert (batch.mentions, batch.bad, batch.more) == ((), (), False)
    assert batch.cursor == '{"v":1,"offset":900004}'


def test_a_full_page_is_followed_by_the_next(server: TelegramServer, telegram: Telegram) -> None:
    for number in range(130):
        server.say("maria", f"{number}")

    first = telegram.poll(None)
    second = telegram.poll(first.cursor)

    assert (first.more, second.more) == (True, False)
    assert len(first.mentions) + len(second.mentions) == 130


def test_a_page_of_nothing_readable_does_not_go_round_in_circles(
    server: TelegramServer, telegram: Telegram
) -> None:
    server.answer_next(
        json_answer({"ok": True, "result": [None] * 100}), path=f"/bot{TOKEN}/getUpdates"
    )

    assert not telegram.poll(None).more


def test_what_is_no_list_is_tried_later(server: TelegramServer, telegram: Telegram) -> None:
    answer = json_answer({"ok": True, "result": {}})
    server.answer_next(answer, path=f"/bot{TOKEN}/getUpdates")
    with pytest.raises(TryLater, match="no list"):
        telegram.poll(None)
    server.answer_next(answer, path=f"/bot{TOKEN}/getMe")

    with pytest.raises(TryLater, match="bot's name"):
        Telegram(settings(server.url)).poll(None)


def test_an_account_in_the_settings_saves_asking(server: TelegramServer) -> None:
    telegram = Telegram(settings(server.url, account=f"@{BOT}"))
    telegram.poll(None)

    assert telegram.account == BOT
    assert server.asked("POST", f"/bot{TOKEN}/getMe") == []


def test_no_error_holds_the_token(server: TelegramServer, telegram: Telegram) -> None:
    server.drop_next()

    with pytest.raises(TryLater) as caught:
        telegram.poll(None)

    assert TOKEN not in repr(caught.value)
    assert TOKEN not in repr(Answer(status=200, url=f"https://x.example/bot{TOKEN}"))


# Conversations


def test_a_conversation_is_what_was_heard_since(server: TelegramServer, telegram: Telegram) -> None:
    server.say("maria", "Before")
    server.say("maria", "Awful")
    mention = polled(telegram)[1]
    server.say("tom", "Me too")
    other = server.say("tom", "And this")
    telegram.reply(replace(mention, id=f"{GROUP}:{other}"), "Not for Maria", "key")
    telegram.reply(mention, "We are sorry.", "key")
    server.say("maria", "Finally")
    server.say("tom", "Mine too", chat=None)
    server.say("maria", "Order 17", chat=None)
    server.say("maria", "In another group", chat=-100555)

    turns = telegram.conversation(mention)

    assert [(turn.text, turn.ours) for turn in turns] == [
        ("We are sorry.", True),
        ("Finally", False),
        ("Order 17", False),
    ]


def test_asking_for_a_conversation_confirms_nothing(
    server: TelegramServer, telegram: Telegram
) -> None:
    server.say("maria", "Awful")
    first = telegram.poll(None)
    second = telegram.poll(first.cursor)
    server.say("maria", "Finally")
    telegram.conversation(first.mentions[0])

    after_a_crash = Telegram(settings(server.url)).poll(second.cursor)

    assert [mention.text for mention in after_a_crash.mentions] == ["Finally"]


def test_an_edited_message_reads_as_it_does_now(server: TelegramServer, telegram: Telegram) -> None:
    server.say("maria", "Awful")
    mention = polled(telegram)[0]
    number = server.say("maria", "Thnaks")
    edited = server.messages[GROUP, number] | {"text": "Thanks"}
    server.update(edited_message=edited)

    assert [turn.text for turn in telegram.conversation(mention)] == ["Thanks"]


def test_only_so_much_is_remembered(
    server: TelegramServer, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.telegram._REMEMBERED", 3)
    for number in range(9):
        server.say("maria", f"{number}")
    mention = polled(telegram)[0]

    assert [turn.text for turn in telegram.conversation(mention)] == ["6", "7", "8"]


# Answering


def test_a_reply_points_at_the_message_and_shows_no_preview(
    server: TelegramServer, telegram: Telegram
) -> None:
    server.say("maria", "Awful")
    mention = polled(telegram)[0]
    receipt = telegram.reply(mention, "See https://acme.example", "key")

    body = server.requests[-1].json()

    assert isinstance(body, dict)
    assert body["reply_parameters"] == {"message_id": 1, "allow_sending_without_reply": False}
    assert body["link_preview_options"] == {"is_disabled": True}
    assert receipt.url == "https://t.me/acme_fans/2"


def test_an_answer_that_is_no_message_is_unknown(
    server: TelegramServer, telegram: Telegram
) -> None:
    mention = read(sample("message"))
    server.answer_next(json_answer({"ok": True, "result": True}))

    with pytest.raises(OutcomeUnknown):
        telegram.reply(mention, "We are sorry.", "key")


@pytest.mark.parametrize("changes", [{"date": None}, {"text": None}])
def test_a_message_of_ours_that_cannot_be_read_was_sent_all_the_same(
    server: TelegramServer, telegram: Telegram, changes: dict[str, object]
) -> None:
    server.answer_next(json_answer({"ok": True, "result": sample("message") | changes}))

    receipt = telegram.reply(read(sample("message")), "We are sorry.", "key")

    assert receipt.id == f"{GROUP}:4711"
    assert telegram.conversation(read(sample("message") | {"message_id": 1})) == []


def test_what_cannot_be_answered_is_not_offered(telegram: Telegram) -> None:
    private = read(sample("private"))
    group = Author(id="-100777", handle="Acme fans")

    with pytest.raises(Unsupported):
        telegram.reply(private, "We are sorry.", "key")
    with pytest.raises(Unsupported):
        telegram.reply(replace(private, private=False, id="x"), "We are sorry.", "key")
    with pytest.raises(Unsupported):
        telegram.message(group, "We are sorry.", "key")
    with pytest.raises(Unsupported):
        telegram.retract(Receipt(id=""))


def test_an_emoji_counts_two(server: TelegramServer, telegram: Telegram) -> None:
    with pytest.raises(Refused, match="4098") as caught:
        telegram.reply(read(sample("message")), "😡" * 2049, "key")

    assert caught.value.code == "too_long"
    assert server.requests == []
    assert TEXT_LIMIT.fits("😡" * 2048)


def test_a_message_that_is_too_old_is_not_deleted(
    server: TelegramServer, telegram: Telegram
) -> None:
    server.answer_next(refusal(400, "Bad Request: message can't be deleted"))

    with pytest.raises(Refused) as caught:
        telegram.retract(Receipt(id=f"{GROUP}:1"))

    assert caught.value.code == "too_late"


def test_what_is_allowed_depends_on_who_wrote_where(telegram: Telegram) -> None:
    public, private = read(sample("message")), read(sample("private"))
    nameless = replace(public, author=private.author)
    of_a_group = replace(public, author=Author(id="-100777", handle="Acme fans"))

    assert telegram.ability(public).public.route is Route.API
    assert telegram.ability(public, Contact(replies=1)).public.route is Route.BY_HAND
    assert telegram.ability(private).public.route is Route.NONE
    assert telegram.ability(replace(public, ours=True)).public.route is Route.NONE
    assert telegram.ability(private).private.route is Route.API
    assert telegram.ability(replace(public, ours=True)).private.route is Route.NONE
    assert telegram.ability(of_a_group).private.route is Route.NONE
    closed = telegram.ability(public).private
    assert (closed.route, closed.link("Hi there")) == (
        Route.CLOSED,
        "https://t.me/maria_k?text=Hi%20there",
    )
    assert telegram.ability(nameless).private.link("Hi") is None


# Setting up


def test_check_tells_of_the_privacy_mode(server: TelegramServer, telegram: Telegram) -> None:
    server.me["can_read_all_group_messages"] = False

    (problem,) = telegram.check()

    assert not problem.fatal
    assert "/setprivacy" in problem.do


def test_check_tells_of_a_webhook(server: TelegramServer, telegram: Telegram) -> None:
    server.webhook = "https://acme.example/hook"

    (problem,) = telegram.check()

    assert problem.fatal
    with pytest.raises(SetupError, match="webhook"):
        telegram.poll(None)


def test_check_tells_which_group_the_bot_is_not_in(server: TelegramServer) -> None:
    (problem,) = Telegram(settings(server.url, chats=["@acme_fans", "@elsewhere"])).check()

    assert problem.what.startswith("@elsewhere:")
    assert not problem.fatal
