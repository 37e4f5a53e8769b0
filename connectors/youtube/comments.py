"""Comments of YouTube as the Data API shows them, and what we make of them. Pure.

A thread is a comment with the replies to it; a reply to a reply stands in the same thread.
Source: developers.google.com/youtube/v3/docs/comments and /commentThreads, read 2026-11.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from connectors.base import Author, Life, Mention, Receipt
from connectors.errors import BadPayload
from connectors.payload import Json, iso_time, mapping, objects, optional, string
from connectors.texts import clean, same

WEB = "https://www.youtube.com"


def parse(comment: Json, *, channel: str, can_reply: bool = True) -> Mention:
    """One comment, whichever place in its thread it has.

    Args:
        comment: A resource of the kind youtube#comment, with its text as plain text.
        channel: The id of our own channel: what it wrote is `ours`.
        can_reply: What the thread says of it.

    Raises:
        BadPayload: it has another shape.
    """
    name, snippet = optional(comment, "id"), mapping(comment.get("snippet"))
    if name is None:
        raise BadPayload("it has no readable id")
    name = clean(name)
    try:
        return _mention(name, snippet, channel, can_reply=can_reply)
    except BadPayload as error:
        raise BadPayload(f"comment {name}: {error}", item=name) from error


def _mention(name: str, snippet: Json, channel: str, *, can_reply: bool) -> Mention:
    author = string(mapping(snippet.get("authorChannelId")), "value")
    shown = optional(snippet, "authorDisplayName") or author
    parent = optional(snippet, "parentId")
    return Mention(
        platform="youtube",
        id=name,
        author=Author(
            id=clean(author),
            handle=clean(shown.removeprefix("@") or author),
            url=f"{WEB}/channel/{quote(clean(author), safe='')}",
        ),
        text=clean(_text(snippet)),
        created_at=iso_time(snippet, "publishedAt"),
        url=address(name, optional(snippet, "videoId"), optional(snippet, "channelId") or channel),
        in_reply_to=None if parent is None else clean(parent),
        thread=clean(parent or name),
        addressed=True,  # it stands under a video of ours
        replies_open=can_reply,
        ours=author == channel,
    )


def address(comment: str, video: str | None, channel: str) -> str:
    """Where a person sees the comment, marked."""
    marked = quote(clean(comment), safe="")
    if video is None:
        return f"{WEB}/channel/{quote(clean(channel), safe='')}/discussion?lc={marked}"
    return f"{WEB}/watch?v={quote(clean(video), safe='')}&lc={marked}"


def comments_of(thread: Json) -> Iterator[tuple[Json, bool]]:
    """The comment of a thread and the replies that are shown with it; whether one may reply."""
    snippet = mapping(thread.get("snippet"))
    can_reply = snippet.get("canReply") is not False
    yield mapping(snippet.get("topLevelComment")), can_reply
    for reply in objects(mapping(thread.get("replies")).get("comments")):
        yield reply, can_reply


def begun_at(thread: Json) -> int | None:
    """When a thread was begun, in Unix seconds; None where that cannot be read."""
    top = mapping(mapping(thread.get("snippet")).get("topLevelComment"))
    try:
        return max(0, int(iso_time(mapping(top.get("snippet")), "publishedAt").timestamp()))
    except BadPayload:
        return None


def receipt_of(comment: Json, mention: Mention) -> Receipt:
    """The receipt for a comment of ours.

    Raises:
        BadPayload: it names no id, so nobody can find it again by it.
    """
    name, snippet = string(comment, "id"), mapping(comment.get("snippet"))
    video = optional(snippet, "videoId") or _video_of(mention)
    try:
        at = iso_time(snippet, "publishedAt")
    except BadPayload:
        at = None
    return Receipt(id=name, url=address(name, video, optional(snippet, "channelId") or ""), at=at)


def own_reply(comments: Sequence[Json], mention: Mention, text: str, channel: str) -> Json | None:
    """Our first comment with this text since the mention."""
    for comment in comments:
        try:
            found = parse(comment, channel=channel)
        except BadPayload:
            continue
        if found.ours and found.created_at >= mention.created_at and same(found.text, text):
            return comment
    return None


def life_of(mention: Mention, comment: Json | None) -> Life:
    """What has become of a comment, given what the API shows of it now, if anything."""
    if comment is None:
        return Life.GONE
    try:
        text = _text(mapping(comment.get("snippet")))
    except BadPayload:
        return Life.ALIVE
    return Life.ALIVE if same(clean(text), mention.text) else Life.EDITED


def _text(snippet: Json) -> str:
    """The text; its author's own version, where we are the author."""
    return optional(snippet, "textOriginal") or string(snippet, "textDisplay")


def _video_of(mention: Mention) -> str | None:
    _, found, rest = (mention.url or "").partition("/watch?v=")
    return rest.partition("&")[0] if found else None
