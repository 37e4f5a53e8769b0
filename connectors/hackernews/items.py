"""Stories and comments of Hacker News, as its two interfaces show them. Pure.

The search (hn.algolia.com) gives hits, and for one item the whole tree below it; the official
interface gives single items and says what was deleted or killed. All texts are HTML.

Source: hn.algolia.com/api and github.com/HackerNews/API (README), read 2026-11.
"""

from collections.abc import Iterator

from connectors.base import Author, Life, Mention
from connectors.errors import BadPayload
from connectors.payload import Json, identifier, objects, optional, string, unix_time
from connectors.texts import clean, from_html, same

WEB = "https://news.ycombinator.com"


def parse(item: Json, *, account: str) -> Mention:
    """A hit of the search, or an item of a tree.

    Args:
        item: A hit has `objectID` and `comment_text` or `story_text`, an item `id` and `text`.
        account: Our own name there: what it wrote is `ours`.

    Raises:
        BadPayload: it has another shape.
    """
    name = id_of(item)
    if name is None:
        raise BadPayload("it has no readable id")
    try:
        return _mention(name, item, account)
    except BadPayload as error:
        raise BadPayload(f"item {name}: {error}", item=name) from error


def _mention(name: str, item: Json, account: str) -> Mention:
    author = clean(string(item, "author"))
    parent, story = identifier(item.get("parent_id")), identifier(item.get("story_id"))
    words = text_of(item)
    if not words:
        raise BadPayload("it has no text")
    above = optional(item, "story_title")
    return Mention(
        platform="hackernews",
        id=name,
        author=author_named(author),
        text=words,
        created_at=unix_time(item, "created_at_i"),
        url=f"{WEB}/item?id={name}",
        in_reply_to=parent,
        thread=story or (name if parent is None else None),
        parent_text=clean(above) if above and parent and parent == story else None,
        ours=bool(account) and author == account,
    )


def author_named(name: str) -> Author:
    """An author; names are never changed there, and upper and lower case count."""
    return Author(id=name, handle=name, url=f"{WEB}/user?id={name}")


def id_of(item: Json) -> str | None:
    """The id of a hit or an item."""
    return identifier(item.get("objectID")) or identifier(item.get("id"))


def text_of(item: Json) -> str:
    """What a reader sees: a story's title and its text, or a comment; "" where there is nothing."""
    title = optional(item, "title") or ""
    texts = (optional(item, key) for key in ("comment_text", "story_text", "text"))
    body = from_html(next((text for text in texts if text), ""))
    return clean(f"{title}\n\n{body}".strip())


def is_gone(item: Json) -> bool:
    """Whether nothing is left of it but its place: who wrote it and what."""
    return not optional(item, "author") and not text_of(item)


def below(tree: Json) -> Iterator[Json]:
    """Every item under the top of a tree."""
    todo = list(objects(tree.get("children")))
    while todo:
        item = todo.pop()
        yield item
        todo += objects(item.get("children"))


def life_of(mention: Mention, item: object) -> Life:
    """What the official interface says of a post: null for what never was, flags for the rest."""
    if not isinstance(item, dict) or item.get("deleted") or item.get("dead"):
        return Life.GONE
    return Life.ALIVE if same(text_of(item), mention.text) else Life.EDITED
