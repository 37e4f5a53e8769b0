"""Bluesky's posts and messages as ours. Pure; whatever the JSON holds, the answer is one of ours.

Shapes from the lexicons app.bsky.feed.defs, app.bsky.notification.listNotifications and
chat.bsky.convo.defs, as atproto 0.0.73 was made from them, read 2026-11.
"""

import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from connectors.base import Author, Life, Mention
from connectors.errors import BadPayload
from connectors.payload import Json, mapping, objects
from connectors.texts import clean, same

log = logging.getLogger(__name__)

WEB = "https://bsky.app"
COLLECTION = "app.bsky.feed.post"

_DID = re.compile(r"did:[a-z]{1,32}:[A-Za-z0-9._:%-]{1,200}")
_POST = re.compile(rf"at://({_DID.pattern})/{re.escape(COLLECTION)}/([A-Za-z0-9._~:-]{{1,512}})")


@dataclass(frozen=True, kw_only=True)
class Account:
    """Ours, as Bluesky knows it; empty where unknown."""

    did: str = ""
    handle: str = ""


def parse(view: object, *, account: Account) -> Mention:
    """Read one post.

    Args:
        view: A post of a search or a thread, or a notification about one.
        account: Ours, to know which posts are ours and which address us.

    Raises:
        BadPayload: it is not a post with an address, an author, a text and a time.
    """
    item = mapping(view)
    uri = item.get("uri")
    parts = _POST.fullmatch(uri) if isinstance(uri, str) else None
    if parts is None:
        raise BadPayload("an item of bluesky has no address of a post")
    uri = parts[0]
    record, profile = mapping(item.get("record")), mapping(item.get("author"))
    text = record.get("text")
    if not isinstance(text, str):
        raise BadPayload(f"post {uri} of bluesky has no text", item=uri)
    if profile.get("did") != parts[1]:
        raise BadPayload(f"post {uri} of bluesky does not say who wrote it", item=uri)
    reply = mapping(record.get("reply"))
    answered, first = _uri_of(reply.get("parent")), _uri_of(reply.get("root"))
    return Mention(
        platform="bluesky",
        id=uri,
        author=_author(profile, parts[1]),
        text=clean(text),
        created_at=_time(item, record, uri),
        url=post_url(uri),
        in_reply_to=answered,
        thread=first or uri,
        language=_language(record.get("langs")),
        addressed=_addresses(record, account),
        replies_open=mapping(item.get("viewer")).get("replyDisabled") is not True,
        ours=bool(account.did) and parts[1] == account.did,
    )


def parse_message(view: object, *, customer: Author, account: Account) -> Mention:
    """Read one private message, from a conversation between the two.

    Raises:
        BadPayload: it is not a message with an id, a text, a sender and a time.
    """
    item = mapping(view)
    message_id, text = item.get("id"), item.get("text")
    if not isinstance(message_id, str) or not message_id:
        raise BadPayload("a message of bluesky has no id")
    sender = mapping(item.get("sender")).get("did")
    moment = _moment(item.get("sentAt"))
    if not isinstance(text, str) or not isinstance(sender, str) or moment is None:
        raise BadPayload(f"message {message_id} of bluesky lacks a part", item=message_id)
    ours = sender == account.did
    return Mention(
        platform="bluesky",
        id=clean(message_id),
        author=Author(id=account.did, handle=account.handle) if ours else customer,
        text=clean(text),
        created_at=moment,
        private=True,
        ours=ours,
    )


def read_posts(
    views: Sequence[object], account: Account
) -> tuple[tuple[Mention, ...], tuple[BadPayload, ...]]:
    """The posts among some items, oldest first, and what could not be read."""
    found: list[Mention] = []
    bad: list[BadPayload] = []
    for view in reversed(views):
        try:
            found.append(parse(view, account=account))
        except BadPayload as error:
            bad.append(error)
    return tuple(found), tuple(bad)


def read_messages(views: Sequence[object], customer: Author, account: Account) -> list[Mention]:
    """Messages between the customer and us; deleted ones are left out, unreadable ones logged."""
    turns: list[Mention] = []
    for view in views:
        if "text" not in mapping(view):
            continue  # deleted, or a note of the system
        try:
            turns.append(parse_message(view, customer=customer, account=account))
        except BadPayload as error:
            log.warning("%s", error)
    return turns


def in_thread(node: object) -> Iterator[Json]:
    """The posts below the first one of a thread; what is deleted or blocked has none."""
    todo = list(objects(mapping(node).get("replies")))
    while todo:
        reply = todo.pop()
        if "post" in reply:
            yield mapping(reply["post"])
        todo += objects(reply.get("replies"))


def is_own_reply(record: object, mention: Mention, text: str) -> bool:
    """Whether a record of our repository is the reply with this text directly below the post."""
    value = mapping(record)
    body = value.get("text")
    return (
        isinstance(body, str)
        and _uri_of(mapping(value.get("reply")).get("parent")) == mention.id
        and same(body, text)
    )


def life_of(mention: Mention, view: Json) -> Life:
    """Edited: the record was replaced and the text is another one."""
    text = mapping(view.get("record")).get("text")
    changed = isinstance(text, str) and not same(clean(text), mention.text)
    return Life.EDITED if changed else Life.ALIVE


def post_url(uri: str) -> str:
    """Where a post can be seen.

    Source: docs.bsky.app, "Action Intent Links" and the address bar of bsky.app, read 2026-04.
    """
    did, _, rkey = uri.removeprefix("at://").split("/", 2)
    return f"{WEB}/profile/{did}/post/{rkey}"


def is_post_uri(value: object) -> bool:
    """Whether this is the address of a post."""
    return isinstance(value, str) and _POST.fullmatch(value) is not None


def rkey_of(uri: str) -> str:
    """The last part of an address: the record's key within its repository."""
    return uri.rsplit("/", 1)[-1]


def key_of(view: object) -> str:
    """A stable mark of an item of a list: its address, or for an unreadable one a hash."""
    uri = mapping(view).get("uri")
    if isinstance(uri, str) and is_post_uri(uri):
        return uri
    content = json.dumps(view, sort_keys=True, default=str).encode()
    return f"unreadable {sha256(content).hexdigest()[:12]}"


def listed_at(view: object) -> float | None:
    """When the item came into the list, in Unix seconds; None where that cannot be read."""
    moment = _moment(mapping(view).get("indexedAt"))
    return None if moment is None else moment.timestamp()


def _addresses(record: Json, account: Account) -> bool:
    """Whether a post tags our account, answers a post of ours, or quotes one.

    A name without a tag counts for nothing: Bluesky's own clients make a tag of every name.
    """
    if not account.did:
        return False
    tagged = any(
        feature.get("did") == account.did
        for facet in objects(record.get("facets"))
        for feature in objects(facet.get("features"))
    )
    embed = mapping(record.get("embed"))
    # A quote alone, or a quote beside pictures.
    quoted = _uri_of(embed.get("record")) or _uri_of(mapping(embed.get("record")).get("record"))
    related = (_uri_of(mapping(record.get("reply")).get("parent")), quoted)
    return tagged or any(
        uri is not None and uri.startswith(f"at://{account.did}/") for uri in related
    )


def _uri_of(reference: object) -> str | None:
    uri = mapping(reference).get("uri")
    return uri if isinstance(uri, str) and is_post_uri(uri) else None


def _author(profile: Json, did: str) -> Author:
    handle, name = profile.get("handle"), profile.get("displayName")
    known = isinstance(handle, str) and re.fullmatch(r"[A-Za-z0-9.-]{1,253}", handle) is not None
    followers = profile.get("followersCount")
    return Author(
        id=did,
        handle=str(handle) if known else did,
        name=clean(name) if isinstance(name, str) else "",
        url=f"{WEB}/profile/{did}",
        followers=followers if type(followers) is int else None,
        open_to_messages=_open_to_us(profile),
    )


def _open_to_us(profile: Json) -> bool | None:
    """Whether the author takes a first message from us; None where Bluesky does not say.

    Source: lexicon chat.bsky.actor.declaration, `allowIncoming`, read 2026-11.
    """
    chat = mapping(mapping(profile.get("associated")).get("chat"))
    match chat.get("allowIncoming"):
        case "all":
            return True
        case "none":
            return False
        case "following":
            return isinstance(mapping(profile.get("viewer")).get("followedBy"), str)
        case _:
            return None


def _time(item: Json, record: Json, uri: str) -> datetime:
    """When the post was written; the author's clock is believed only about the past.

    Source: docs.bsky.app, "Timestamps in atproto": the earlier of both is what lists sort by.
    """
    times = (_moment(record.get("createdAt")), _moment(item.get("indexedAt")))
    known = [moment for moment in times if moment is not None]
    if not known:
        raise BadPayload(f"post {uri} of bluesky has no time with an offset", item=uri)
    return min(known)


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _language(value: object) -> str | None:
    """The first language that the author's client named, as ISO 639-1."""
    first = value[0] if isinstance(value, list) and value else None
    code = first.split("-")[0].lower() if isinstance(first, str) else ""
    return code if re.fullmatch(r"[a-z]{2}", code) else None
