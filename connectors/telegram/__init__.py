"""Telegram groups, through a bot that is a member of them.

A bot is told of every message once, in a queue that Telegram keeps for a day; nothing can be read
again, searched or looked up. Asking for what follows a number confirms all before it for ever, so
the number asked with is always the one that is stored: what was not stored is told again.
A bot cannot write to a person first. Its private messages come through the same queue, so `poll`
returns them too, marked `private`: nobody could ask for them later.
Source: core.telegram.org/bots/api (getUpdates) and /bots/faq, Bot API 10.0, read 2026-11.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import RLock

from pydantic import Field, field_validator

from connectors import position
from connectors.base import (
    PRIVATE_HISTORY,
    Ability,
    Author,
    Batch,
    Contact,
    Life,
    Mention,
    Problem,
    Receipt,
    Route,
    TextLimit,
    Way,
)
from connectors.errors import BadPayload, ConnectorError, Refused, SetupError, TryLater, Unsupported
from connectors.payload import Json, mapping, optional
from connectors.settings import ConnectorSettings, Secret
from connectors.summary import Summary
from connectors.telegram.errors import judge
from connectors.telegram.messages import (
    contact_link,
    in_chats,
    is_forwarded_post,
    parse,
    parts_of,
    receipt_of,
    utf16_length,
)
from connectors.web import Address, Call, Web

__all__ = ["Telegram", "TelegramSettings", "parse"]

#: "1-4096 characters after entities parsing" (sendMessage); counted the dearer way.
TEXT_LIMIT = TextLimit(maximum=4096, count=utf16_length, unit="characters as Telegram counts them")
#: Updates of one answer (getUpdates).
PAGE = 100
#: So many messages are remembered for conversations; a restart forgets them.
_REMEMBERED = 5_000

_READING = Call(platform="Telegram", doing="reading messages")
_LOOKING = Call(platform="Telegram", doing="looking at the bot")
_REPLYING = Call(platform="Telegram", doing="sending a message", writes=True)
_DELETING = Call(platform="Telegram", doing="deleting a message", writes=True)

_STRANGER = Contact()


class TelegramSettings(ConnectorSettings):
    """The table [connectors.telegram]."""

    api_url: Address = "https://api.telegram.org"
    bot_token: Secret
    #: Groups that are read, by number or username; empty: all that the bot is in.
    chats: tuple[str, ...] = ()
    every_seconds: int = Field(default=15, ge=5, le=86_400)

    @field_validator("chats", mode="before")
    @classmethod
    def _are_texts(cls, value: object) -> object:
        if isinstance(value, list | tuple):
            return tuple(str(each) if type(each) is int else each for each in value)
        return value


class Telegram:
    """One bot. One request at a time: two readers of one queue are refused."""

    Settings: type[ConnectorSettings] = TelegramSettings
    summary = Summary(
        reads="groups the bot is in", public="by API", private="after they wrote first"
    )
    platform = "telegram"
    #: A bot cannot read what it has sent.
    reliable_reads = False

    def __init__(self, settings: TelegramSettings) -> None:
        self._settings = settings
        self._token = settings.bot_token.get_secret_value()
        self._bot = self._token.partition(":")[0]
        self._web = Web(timeout=settings.timeout_seconds)
        self._lock = RLock()
        self._name = settings.account.removeprefix("@")
        self._stored: int | None = None  #: the offset that a stored cursor named last
        self._heard: OrderedDict[str, Mention] = OrderedDict()

    @property
    def account(self) -> str:
        """The bot's username; "" until Telegram was asked."""
        return self._name

    # Reading

    def poll(self, cursor: str | None) -> Batch:
        """The next updates; see `Connector.poll`, and above for what is private.

        Raises:
            TryLater: Telegram cannot answer now.
            SetupError: the token is wrong, somebody else reads, or the cursor is unreadable.
        """
        offset = None if cursor is None else _load(cursor)
        self._know_ourselves()
        updates = self._updates(offset)
        with self._lock:
            self._stored = offset
        found, bad = self._taken(updates)
        numbers = [number for update in updates if (number := _number(update)) is not None]
        after = max(numbers) + 1 if numbers else offset
        return Batch(
            mentions=tuple(mention for mention in found if not mention.ours),
            bad=tuple(bad),
            cursor=position.dump({"offset": after}),
            more=len(updates) >= PAGE and after != offset,
        )

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """What the author and we wrote since, as far as this process has heard it.

        Asks for what is new without confirming it.
        """
        self._know_ourselves()
        with self._lock:
            self._taken(self._updates(self._stored))
            heard = list(self._heard.values())
        turns = [turn for turn in heard if _belongs(turn, mention)]
        return sorted(turns, key=lambda turn: (turn.created_at, parts_of(turn.id) or (0, 0)))

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Not offered: a bot cannot read a message again."""
        raise Unsupported("Telegram shows a bot no message twice, so nobody can look again.")

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Not offered: a bot cannot read what it has sent."""
        raise Unsupported("Telegram does not show a bot what it has sent: look in the group.")

    # What is allowed

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """A reply in the group; in private only who wrote first. See `Connector.ability`."""
        return Ability(
            public=self._public(mention, contact), private=self._private(mention, contact)
        )

    def _public(self, mention: Mention, contact: Contact) -> Way:
        way = Way(
            route=Route.API,
            link_template=mention.url,
            account=self.account or None,
            limit=TEXT_LIMIT,
        )
        if mention.private or mention.ours:
            reason = "There is no public post of theirs to answer here."
            return replace(way, route=Route.NONE, link_template=None, reason=reason)
        if contact.replies:
            reason = "We have answered this message already; a second reply is a person's to post."
            return replace(way, route=Route.BY_HAND, reason=reason)
        return way

    def _private(self, mention: Mention, contact: Contact) -> Way:
        way = Way(
            route=Route.API,
            link_template=contact_link(mention.author),
            account=self.account or None,
            limit=TEXT_LIMIT,
        )
        nothing = replace(way, route=Route.NONE, link_template=None)
        if mention.ours:
            return replace(nothing, reason="This is our own message.")
        if mention.author.id.startswith("-"):
            return replace(nothing, reason="It was written in the name of a group or channel.")
        if mention.private or contact.wrote_privately_at is not None:
            return way
        reason = "A bot may not write first: wait until the customer writes to it."
        return replace(way, route=Route.CLOSED, reason=reason)

    # Writing

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Answer in the group, pointing at the message. Telegram has no idempotency for `key`."""
        parts = parts_of(mention.id)
        if mention.private or parts is None:
            raise Unsupported("A private message of Telegram has no public reply.")
        chat, number = parts
        body = {"message_id": number, "allow_sending_without_reply": False}
        return self._send(chat, text, private=False, reply_parameters=body)

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Write to somebody who wrote to the bot before."""
        if not author.id.isdecimal():
            raise Unsupported("A group or channel takes no private messages.")
        return self._send(int(author.id), text, private=True)

    def _send(self, chat: int, text: str, *, private: bool, **more: object) -> Receipt:
        if not TEXT_LIMIT.fits(text):
            raise Refused(
                f"The text has {utf16_length(text)} characters as Telegram counts them, and "
                f"{TEXT_LIMIT.maximum} are allowed.",
                code="too_long",
            )
        body = {
            "chat_id": chat,
            "text": text,
            "link_preview_options": {"is_disabled": True},
            **more,
        }
        sent = mapping(self._ask(_REPLYING, "sendMessage", body))
        receipt = receipt_of(sent, private=private)
        if receipt is None:
            raise _REPLYING.lost("Telegram answered with something that is no message")
        self._remember_ours(sent)
        return receipt

    def retract(self, receipt: Receipt) -> None:
        """Delete our message, in private too; Telegram allows it for two days.

        Source: core.telegram.org/bots/api (deleteMessage), read 2026-11.
        """
        parts = parts_of(receipt.id)
        if parts is None:
            raise Unsupported("Telegram did not say which message this is: delete it by hand.")
        try:
            self._ask(_DELETING, "deleteMessage", {"chat_id": parts[0], "message_id": parts[1]})
        except Refused as error:
            if error.code != "gone":
                raise
        with self._lock:
            self._heard.pop(receipt.id, None)

    # Setting up

    def check(self) -> Sequence[Problem]:
        """Ask for the bot, its queue and each group; see `Connector.check`."""
        problems: list[Problem] = []
        try:
            me = self._me()
            if me.get("can_read_all_group_messages") is False:
                what = "The bot sees only messages that name or answer it (privacy mode)."
                do = "Switch it off with /setprivacy of @BotFather, and add the bot once more."
                problems.append(Problem(what=what, do=do, fatal=False))
            hook = optional(mapping(self._ask(_LOOKING, "getWebhookInfo", {})), "url")
            if hook is not None:
                what = "The bot sends its messages to a webhook, so nothing can be polled."
                problems.append(Problem(what=what, do="Delete it with deleteWebhook."))
        except (SetupError, TryLater) as error:
            return [Problem(what=str(error), do="Mend this first, then check again.")]
        for chat in self._settings.chats:
            try:
                self._ask(_LOOKING, "getChat", {"chat_id": chat})
            except ConnectorError as error:
                do = "Add the bot to the group, or take the group out of chats."
                problems.append(Problem(what=f"{chat}: {error}", do=do, fatal=False))
        return problems

    def _know_ourselves(self) -> None:
        if not self._name:
            self._me()

    def _me(self) -> Json:
        me = mapping(self._ask(_LOOKING, "getMe", {}))
        name = optional(me, "username")
        if name is None:
            raise TryLater("Telegram answered without the bot's name.")
        self._name = name
        return me

    # The queue

    def _updates(self, offset: int | None) -> list[object]:
        body: dict[str, object] = {
            "limit": PAGE,
            "timeout": 0,
            "allowed_updates": ["message", "edited_message"],
            **({} if offset is None else {"offset": offset}),
        }
        with self._lock:
            updates = self._ask(_READING, "getUpdates", body)
        if not isinstance(updates, list):
            raise TryLater("Telegram answered with something that is no list of updates.")
        return updates

    def _taken(self, updates: Sequence[object]) -> tuple[list[Mention], list[BadPayload]]:
        """The messages in these updates, as they read now; they are remembered."""
        found: list[Mention] = []
        bad: list[BadPayload] = []
        for update in updates:
            message = _message(update)
            if message is None:
                continue
            private = mapping(message.get("chat")).get("type") == "private"
            if not private and not in_chats(message, self._settings.chats):
                continue
            try:
                mention = parse(message, bot=self._bot, name=self._name)
            except BadPayload as error:
                bad.append(error)
                continue
            if mention is not None and not is_forwarded_post(message):
                found.append(mention)
                self._remember(mention)
        return found, bad

    def _remember_ours(self, sent: Json) -> None:
        try:
            mention = parse(sent, bot=self._bot, name=self._name)
        except BadPayload:
            return
        if mention is not None:
            self._remember(replace(mention, ours=True))

    def _remember(self, mention: Mention) -> None:
        with self._lock:
            self._heard[mention.id] = mention
            if len(self._heard) > _REMEMBERED:
                self._heard.popitem(last=False)

    def _ask(self, call: Call, method: str, body: Mapping[str, object]) -> object:
        """Call one method of the Bot API, once."""
        url = f"{self._settings.api_url}/bot{self._token}/{method}"
        answer = self._web.ask(call, "POST", url, json=body)
        trouble = judge(call, answer)
        if trouble is not None:
            raise trouble
        return mapping(answer.payload).get("result")


def _belongs(turn: Mention, mention: Mention) -> bool:
    """Whether a message is a turn of the conversation that the mention began."""
    author = mention.author.id
    if turn.private:  # a private chat has the number of the person
        recent = turn.created_at >= mention.created_at - PRIVATE_HISTORY
        return recent and turn.id.startswith(f"{author}:") and turn.id != mention.id
    same_chat = turn.id.partition(":")[0] == mention.id.partition(":")[0]
    if not same_chat or turn.id == mention.id or turn.created_at < mention.created_at:
        return False
    return turn.author.id == author or (turn.ours and turn.in_reply_to == mention.id)


def _message(update: object) -> Json | None:
    """The message in an update: a new one, or an old one as it reads now."""
    fields = mapping(update)
    found = fields.get("message") or fields.get("edited_message")
    return found if isinstance(found, dict) else None


def _number(update: object) -> int | None:
    number = mapping(update).get("update_id")
    return number if type(number) is int and number >= 0 else None


def _load(cursor: str) -> int | None:
    def made(data: Json) -> int | None:
        return None if data["offset"] is None else position.whole(data["offset"])

    return position.load(cursor, platform="telegram", make=made)
