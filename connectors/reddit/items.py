"""Reddit's things: comments, posts and messages as listings hold them, and what we make of them.

Pure. Reddit sends `{"kind": "t1", "data": {...}}` for a comment, "t3" for a post, "t4" for a
private message, and "Listing" for a page of them; the inbox shows comments without `link_id` and
`permalink`, but with `context`, the path to them.

Source: github.com/reddit-archive/reddit/wiki/JSON and the schemas at
github.com/Pyprohly/reddit-api-doc-notes (comment, submission, direct message), read 2026-11.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from unicodedata import normalize
from urllib.parse import quote

from connectors.base import Author, Life, Mention, Receipt
from connectors.errors import BadPayload, TryLater

WEB = "https://www.reddit.com"

_NAME = re.compile(r"t[134]_[0-9a-z]{1,20}")
_POST_IN_PATH = re.compile(r"/comments/([0-9a-z]{1,20})(?:/|$)")
_VANISHED = ("[deleted]", "[removed]")
#: Databases refuse these: PostgreSQL takes no NUL, UTF-8 no lone half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Json = Mapping[str, object]


def parse(item: Json, *, account: str) -> Mention:
    """A comment, a post, an item of the inbox or a private message.

    Args:
        item: `{"kind": "t1" | "t3" | "t4", "data": {...}}`, as listings hold them.
        account: Our own name: what it wrote is `ours`, what names it is `addressed`.

    Raises:
        BadPayload: the item has another shape.
    """
    kind, data = item.get("kind"), item.get("data")
    if kind not in ("t1", "t3", "t4") or not isinstance(data, dict):
        raise BadPayload("it is no comment, post or message of Reddit")
    name = data.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name[:2] != kind:
        raise BadPayload("it has no readable name")
    try:
        return _mention(str(kind), name, data, account)
    except BadPayload as error:
        raise BadPayload(f"{name}: {error}", item=name) from error


def _mention(kind: str, name: str, data: Json, account: str) -> Mention:
    handle = _string(data, "author")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", handle):
        raise BadPayload("its author has no readable name")
    text = _text_of(kind, data)
    path = next((p for p in (data.get("permalink"), data.get("context")) if p), None)
    parent = data.get("parent_id")
    thread = _thread_of(kind, name, data, path)
    closed = any(data.get(flag) is True for flag in ("locked", "archived", "quarantine"))
    title = data.get("link_title")
    return Mention(
        platform="reddit",
        id=name,
        author=author_named(handle),
        text=text,
        created_at=_moment(data.get("created_utc")),
        url=_web_address(kind, name, path),
        in_reply_to=parent if isinstance(parent, str) and _NAME.fullmatch(parent) else None,
        thread=thread,
        parent_text=_clean(title) if isinstance(title, str) and parent == thread else None,
        addressed=data.get("type") == "username_mention" or bool(_naming(account).search(text)),
        replies_open=not closed,
        private=kind == "t4",
        ours=handle.casefold() == account.casefold(),
    )


def author_named(handle: str) -> Author:
    """An author. The name is the id: Reddit never changes or reuses one, and every item has it."""
    return Author(id=handle.casefold(), handle=handle, url=f"{WEB}/user/{handle}")


def is_gone(data: Json) -> bool:
    """Whether the author or a moderator has taken this away, though the item is still listed."""
    return (
        data.get("author", "") in (None, *_VANISHED)
        or data.get("body") in _VANISHED
        or data.get("selftext") in _VANISHED
        or bool(data.get("removed_by_category"))
    )


def parents_of(children: Sequence[object]) -> dict[str, str]:
    """The name of each item -> the name of what it answers."""
    pairs = ((data_of(child).get("name"), data_of(child).get("parent_id")) for child in children)
    return {
        name: parent for name, parent in pairs if isinstance(name, str) and isinstance(parent, str)
    }


def is_below(post: Mention, mention: Mention, parents: Mapping[str, str]) -> bool:
    """Whether a comment stands somewhere below a mention, given each comment's parent."""
    if mention.id.startswith("t3_"):
        return post.thread == mention.id
    above = post.in_reply_to
    for _ in range(len(parents) + 1):  # a circle of parents would go on for ever
        if above is None or above == mention.id:
            break
        above = parents.get(above)
    return above == mention.id


def is_own_reply(child: object, mention: Mention, text: str, *, account: str) -> bool:
    """Whether this is our comment with this text directly below the mention."""
    data = data_of(child)
    author, body = data.get("author"), data.get("body")
    return (
        data.get("parent_id") == mention.id
        and isinstance(author, str)
        and author.casefold() == account.casefold()
        and isinstance(body, str)
        and _same_text(body, text)
    )


def _same_text(one: str, other: str) -> bool:
    """Whether two texts are the same as platforms give them back: composed, other white space."""
    return normalize("NFC", one).split() == normalize("NFC", other).split()


@cache
def _naming(account: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/])/?u/{re.escape(account)}(?![\w-])", re.IGNORECASE)


def _text_of(kind: str, data: Json) -> str:
    if kind != "t3":
        return _clean(_string(data, "body"))
    selftext = data.get("selftext") or ""  # null where the post is a link or a picture
    if not isinstance(selftext, str):
        raise BadPayload('"selftext" is no string')
    return _clean(f"{_string(data, 'title')}\n\n{selftext}".strip())


def _thread_of(kind: str, name: str, data: Json, path: object) -> str | None:
    """The first post of the conversation."""
    if kind == "t3":
        return name
    named = data.get("link_id" if kind == "t1" else "first_message_name")
    if isinstance(named, str) and _NAME.fullmatch(named):
        return named
    if kind == "t4":
        return name
    # The inbox shows comments without link_id, but with the path to them.
    found = _POST_IN_PATH.search(path) if isinstance(path, str) else None
    return f"t3_{found[1]}" if found else None


def _web_address(kind: str, name: str, path: object) -> str | None:
    if kind == "t4":
        return f"{WEB}/message/messages/{name[3:]}"
    if not isinstance(path, str) or not re.match(r"/(r|user|u|comments)/", path):
        return None
    return WEB + quote(_clean(path.partition("?")[0]), safe="/%")


def _string(data: Json, key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        raise BadPayload(f'"{key}" is no string')
    return value


def _clean(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def _moment(value: object) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadPayload('"created_utc" is no number')
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadPayload('"created_utc" is no time') from error


def listing(answer: object) -> tuple[list[object], str | None]:
    """The items of a listing, and where the next page begins."""
    data = data_of(answer)
    children, after = data.get("children"), data.get("after")
    if not isinstance(children, list) or not isinstance(after, str | None):
        raise TryLater("Reddit answered with something that is no listing.")
    return children, after or None


def data_of(item: object) -> Json:
    """The fields of an item; none where it has another shape."""
    data = item.get("data") if isinstance(item, dict) else None
    return data if isinstance(data, dict) else {}


def flat(children: object) -> Iterator[Json]:
    """Items and everything below them, from a tree of replies."""
    todo = list(children) if isinstance(children, list | Iterator) else []
    while todo:
        child = todo.pop()
        if isinstance(child, dict):
            yield child
            below = data_of(data_of(child).get("replies")).get("children")
            todo += below if isinstance(below, list) else []


def key_of(child: object) -> str:
    """A stable mark of an item: its name, or for an unreadable one a hash.

    What is gone has another mark than what is there, so that a post which a moderator takes away
    and gives back is new when it comes back.
    """
    data = data_of(child)
    name = data.get("name")
    if isinstance(name, str) and _NAME.fullmatch(name):
        return f"gone {name}" if is_gone(data) else name
    content = json.dumps(child, sort_keys=True).encode()
    return f"unreadable {sha256(content).hexdigest()[:12]}"


def created_of(child: object) -> float | None:
    """When an item was made, in Unix seconds; None where that cannot be read."""
    try:
        return _moment(data_of(child).get("created_utc")).timestamp()
    except BadPayload:
        return None


def life_of(mention: Mention, data: Json) -> Life:
    """Edited since we read it: Reddit says so, and the text is another one."""
    try:
        text = _text_of(mention.id[:2], data)
    except BadPayload:
        return Life.ALIVE
    changed = bool(data.get("edited")) and not _same_text(text, mention.text)
    return Life.EDITED if changed else Life.ALIVE


def thing_made(answer: object) -> object:
    """The comment that POST /api/comment has made; {} where Reddit does not show it.

    Source: praw 8.0.3, ReplyableMixin.reply: nothing comes back from a quarantined subreddit.
    """
    outer = answer.get("json") if isinstance(answer, dict) else None
    things = data_of(outer).get("things")
    return things[0] if isinstance(things, list) and things else {}


def receipt_of(child: object) -> Receipt:
    """The receipt for a comment of ours; without an id where Reddit names none."""
    data = data_of(child)
    name, created = data.get("name"), created_of(child)
    return Receipt(
        id=name if isinstance(name, str) and _NAME.fullmatch(name) else "",
        url=_web_address("t1", "", data.get("permalink")),
        at=None if created is None else datetime.fromtimestamp(created, UTC),
    )
