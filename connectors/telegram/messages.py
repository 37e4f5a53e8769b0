"""Messages of Telegram as the Bot API gives them to a bot, and what we make of them. Pure.

Source: core.telegram.org/bots/api (Message, User, Chat, Update), Bot API 10.0, read 2026-11.
"""

import re
from urllib.parse import quote

from connectors.base import Author, Mention, Receipt
from connectors.errors import BadPayload
from connectors.payload import Json, mapping, optional, unix_time
from connectors.texts import clean

WEB = "https://t.me"
_NAME = re.compile(r"[A-Za-z0-9_]{4,32}")
#: An id of a supergroup or a channel is its number in links with this before it.
_SUPERGROUP = "-100"


def parse(message: Json, *, bot: str, name: str) -> Mention | None:
    """A message that has words; None for pictures without any, joins, pins and the like.

    Args:
        message: A Message.
        bot: Our bot's number: what it wrote is `ours`.
        name: Our bot's username: who names it, or answers it, addresses us.

    Raises:
        BadPayload: it has another shape.
    """
    number = id_of(message)
    if number is None:
        raise BadPayload("it has no readable id")
    text = optional(message, "text") or optional(message, "caption")
    if text is None:
        return None
    try:
        author = _author(message)
        created_at = unix_time(message, "date")
    except BadPayload as error:
        raise BadPayload(f"message {number}: {error}", item=number) from error
    chat, above = mapping(message.get("chat")), mapping(message.get("reply_to_message"))
    answered = id_of({"chat": chat, **above}) if above else None
    quoted = optional(above, "text") or optional(above, "caption")
    return Mention(
        platform="telegram",
        id=number,
        author=author,
        text=clean(text),
        created_at=created_at,
        url=address(chat, number),
        in_reply_to=answered,
        thread=answered or number,
        parent_text=clean(quoted) if quoted else None,
        addressed=_names(text, name) or _user_id(mapping(above.get("from"))) == bot,
        private=chat.get("type") == "private",
        ours=author.id == bot,
    )


def id_of(message: Json) -> str | None:
    """A message's number counts in its chat only; with the chat's it is one of a kind."""
    chat, number = mapping(message.get("chat")).get("id"), message.get("message_id")
    if type(chat) is not int or type(number) is not int:
        return None
    return f"{chat}:{number}"


def parts_of(id: str) -> tuple[int, int] | None:
    """Chat and number of a message's id; None where it is no such id."""
    found = re.fullmatch(r"(-?[0-9]{1,20}):([0-9]{1,20})", id)
    return None if found is None else (int(found[1]), int(found[2]))


def address(chat: Json, id: str) -> str | None:
    """Where a member of the group sees the message; small groups have no addresses."""
    number = id.partition(":")[2]
    name = optional(chat, "username")
    if chat.get("type") == "private":
        return None
    if name is not None and _NAME.fullmatch(name):
        return f"{WEB}/{name}/{number}"
    inner = str(chat.get("id"))
    return f"{WEB}/c/{inner[4:]}/{number}" if inner.startswith(_SUPERGROUP) else None


def contact_link(author: Author) -> str | None:
    """Where a person writes to the author from their own account."""
    return f"{WEB}/{author.handle}?text={{text}}" if author.url is not None else None


def is_forwarded_post(message: Json) -> bool:
    """Whether Telegram itself put a channel's post into the group that discusses it."""
    return message.get("is_automatic_forward") is True


def in_chats(message: Json, chats: tuple[str, ...]) -> bool:
    """Whether a message stands in one of these chats: numbers, or usernames."""
    chat = mapping(message.get("chat"))
    names = {str(chat.get("id")), (optional(chat, "username") or "").casefold()} - {""}
    return not chats or any(each.removeprefix("@").casefold() in names for each in chats)


def receipt_of(message: Json, *, private: bool) -> Receipt | None:
    """The receipt for a message of ours; None where Telegram names no id."""
    number = id_of(message)
    if number is None:
        return None
    try:
        at = unix_time(message, "date")
    except BadPayload:
        at = None
    link = address(mapping(message.get("chat")), number)
    return Receipt(id=number, url=link, at=at, private=private)


def utf16_length(text: str) -> int:
    """The length of a text in the units of Telegram's own offsets: an emoji counts two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _author(message: Json) -> Author:
    """Who wrote it: a person, or a group or channel in whose name somebody did."""
    chat = mapping(message.get("sender_chat"))
    if type(chat.get("id")) is int:
        title = clean(optional(chat, "title") or str(chat["id"]))
        return Author(id=str(chat["id"]), handle=title, name=title)
    user = mapping(message.get("from"))
    number = _user_id(user)
    if number is None:
        raise BadPayload("its author has no readable id")
    names = (optional(user, "first_name"), optional(user, "last_name"))
    shown = clean(" ".join(filter(None, names)))
    username = optional(user, "username") or ""
    if _NAME.fullmatch(username):
        return Author(id=number, handle=username, name=shown, url=f"{WEB}/{quote(username)}")
    return Author(id=number, handle=shown or number, name=shown)


def _user_id(user: Json) -> str | None:
    number = user.get("id")
    return str(number) if type(number) is int else None


def _names(text: str, name: str) -> bool:
    return bool(name) and re.search(rf"@{re.escape(name)}\b", text, re.IGNORECASE) is not None
