"""X's posts and messages as ours. Pure; whatever the JSON holds, the answer is one of ours.

Shapes from docs.x.com, openapi.json 2.167 of 2026-08-22.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.base import Author, Life, Mention
from connectors.errors import BadPayload
from connectors.lengths import without_links
from connectors.twitter.cursor import is_id

log = logging.getLogger(__name__)

#: X's codes for languages that ISO 639-1 writes otherwise.
_LANGUAGES = {"in": "id", "iw": "he", "ji": "yi"}
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_ESCAPED = re.compile(r"&(amp|lt|gt);")
_ESCAPES = {"amp": "&", "lt": "<", "gt": ">"}
#: A problem's `type` ends so where a post is deleted, or protected, or its author suspended; for
#: X's rules on stored posts these are the same ("Developer policy", 2026-08-22).
_GONE = ("resource-not-found", "not-authorized-for-resource")


@dataclass(frozen=True, kw_only=True)
class Account:
    """Ours, as X knows it; empty where unknown."""

    id: str = ""
    handle: str = ""

    def named_in(self, text: str) -> bool:
        """Whether a text names it."""
        return bool(self.handle) and (
            re.search(rf"(?<![\w@])@{re.escape(self.handle)}(?!\w)", text, re.IGNORECASE)
            is not None
        )


def parse(tweet: object, includes: object = None, *, account: Account | None = None) -> Mention:
    """Read one post of API v2.

    Args:
        tweet: An item of `data`.
        includes: The answer's `includes`: the authors, and the posts that are answered or quoted.
        account: Ours, to know which posts are ours and which address us.

    Raises:
        BadPayload: it is not a post with an id, a text, an author and a time.
    """
    return _parse(tweet, _Beside.of(includes), account or Account())


@dataclass(frozen=True, kw_only=True)
class _Beside:
    """What came beside the posts of a page, by its id."""

    users: Mapping[str, dict[str, object]]
    posts: Mapping[str, dict[str, object]]

    @classmethod
    def of(cls, includes: object) -> "_Beside":
        """The same from an answer's `includes`."""
        return cls(users=_by_id(items(includes, "users")), posts=_by_id(items(includes, "tweets")))


def _by_id(found: Sequence[dict[str, object]]) -> dict[str, dict[str, object]]:
    return {one_id: one for one in reversed(found) if is_id(one_id := one.get("id"))}


def _parse(tweet: object, beside: _Beside, account: Account) -> Mention:
    item = _item(tweet)
    post_id = _id(item, "id", item="")
    author_id = _id(item, "author_id", item=post_id)
    parents = references(item)
    text = full_text(item)
    if text is None:
        raise BadPayload(f"post {post_id} of twitter has no text", item=post_id)
    author = _author(author_id, beside.users.get(author_id, {}))
    named = account.named_in(text) or _names(item, account)
    quoted = beside.posts.get(parents.get("quoted", ""), {})
    answered = parents.get("replied_to")
    return Mention(
        platform="twitter",
        id=post_id,
        author=author,
        text=text,
        created_at=_time(item, post_id),
        url=post_url(author.handle, post_id),
        in_reply_to=answered,
        thread=_optional_id(item, "conversation_id"),
        parent_text=full_text(beside.posts.get(answered or "", {})),
        language=_language(item.get("lang")),
        addressed=named or (bool(account.id) and quoted.get("author_id") == account.id),
        # Whom the other settings let in cannot be told from outside; a named account always may.
        replies_open=named or item.get("reply_settings") != "mentionedUsers",
        ours=bool(account.id) and author_id == account.id,
    )


def parse_message(event: object, *, customer: Author, account: Account) -> Mention:
    """Read one private message of API v2, from a conversation between the two.

    Raises:
        BadPayload: it is not a message with an id, a text, a sender and a time.
    """
    item = _item(event)
    event_id = _id(item, "id", item="")
    ours = _id(item, "sender_id", item=event_id) == account.id
    text = item.get("text")
    if not isinstance(text, str):
        raise BadPayload(f"message {event_id} of twitter has no text", item=event_id)
    return Mention(
        platform="twitter",
        id=event_id,
        author=Author(id=account.id, handle=account.handle) if ours else customer,
        text=_unescaped(text),
        created_at=_time(item, event_id),
        private=True,
        ours=ours,
    )


def read_posts(
    tweets: Sequence[object], includes: object, account: Account, *, ours: bool = False
) -> tuple[tuple[Mention, ...], tuple[BadPayload, ...]]:
    """Posts of people in their own words, and what could not be read."""
    mentions: list[Mention] = []
    bad: list[BadPayload] = []
    beside = _Beside.of(includes)
    for tweet in tweets:
        try:
            mention = _parse(tweet, beside, account)
        except BadPayload as error:
            bad.append(error)
            continue
        repeats = isinstance(tweet, dict) and "retweeted" in references(tweet)
        if not repeats and (ours or not mention.ours):
            mentions.append(mention)
    return tuple(mentions), tuple(bad)


def read_messages(events: Sequence[object], customer: Author, account: Account) -> list[Mention]:
    """Messages between the customer and us; one that cannot be read is logged."""
    turns: list[Mention] = []
    for event in events:
        try:
            turns.append(parse_message(event, customer=customer, account=account))
        except BadPayload as error:
            log.warning("%s", error)
    return turns


def lives(page: dict[str, object], asked: Sequence[str]) -> dict[str, Life]:
    """What an answer says about each of these posts; what it does not say is taken as alive."""
    found: dict[str, Life] = {}
    for tweet in items(page, "data"):
        history = tweet.get("edit_history_tweet_ids")
        edited = isinstance(history, list) and history and history[-1] != tweet.get("id")
        found[str(tweet.get("id"))] = Life.EDITED if edited else Life.ALIVE
    for problem in items(page, "errors"):
        if str(problem.get("type")).rsplit("/", 1)[-1] in _GONE:
            found[str(problem.get("resource_id") or problem.get("value"))] = Life.GONE
    silent = set(asked) - set(found)
    if silent:
        log.warning("X said nothing about %d of %d posts", len(silent), len(asked))
    return {post_id: life for post_id, life in found.items() if post_id in asked}


# Reading JSON that may be anything


def mapping(value: object) -> dict[str, object]:
    """The object that it is, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object, key: str) -> list[dict[str, object]]:
    """The objects in a list under a key; empty where there is no such list."""
    found = mapping(value).get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _item(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise BadPayload(f"an item of twitter is {type(value).__name__}, not an object")
    return value


def _id(found: dict[str, object], key: str, *, item: str) -> str:
    value = found.get(key)
    if not is_id(value):
        raise BadPayload(f"item {item or '?'} of twitter has no {key} of 1 to 19 digits", item=item)
    return value


def _optional_id(found: dict[str, object], key: str) -> str | None:
    value = found.get(key)
    return value if is_id(value) else None


def ids_of(tweets: Sequence[object], newest: object) -> list[str]:
    """The ids of a page's posts, readable or not, and the newest that X named; each once."""
    found = [newest, *(tweet.get("id") for tweet in tweets if isinstance(tweet, dict))]
    return list(dict.fromkeys(one for one in found if is_id(one)))


def _time(item: dict[str, object], id: str) -> datetime:
    value = item.get("created_at")
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadPayload(f"item {id} of twitter has no time with an offset in created_at", item=id)


def full_text(item: dict[str, object]) -> str | None:
    """The whole text, of a long post too, as its author typed it."""
    note = mapping(item.get("note_tweet")).get("text")
    text = note if isinstance(note, str) else item.get("text")
    return _unescaped(text) if isinstance(text, str) else None


def _unescaped(text: str) -> str:
    """X writes three characters as HTML does, and only those."""
    return _ESCAPED.sub(lambda match: _ESCAPES[match[1]], text)


def references(item: dict[str, object]) -> dict[str, str]:
    """Kind -> id of the posts that this one answers, quotes or repeats."""
    return {
        str(reference.get("type")): post_id
        for reference in items(item, "referenced_tweets")
        if is_id(post_id := reference.get("id"))
    }


def _names(item: dict[str, object], account: Account) -> bool:
    """Whether the post's own list of named accounts holds ours."""
    entities = items(item.get("entities"), "mentions")
    entities += items(mapping(item.get("note_tweet")).get("entities"), "mentions")
    handle = account.handle.lower()
    return any(
        (account.id and named.get("id") == account.id)
        or (handle and str(named.get("username")).lower() == handle)
        for named in entities
    )


def _author(id: str, user: Mapping[str, object]) -> Author:
    handle, name = user.get("username"), user.get("name")
    known = isinstance(handle, str) and _HANDLE.fullmatch(handle) is not None
    followers = mapping(user.get("public_metrics")).get("followers_count")
    takes = user.get("receives_your_dm")
    return Author(
        id=id,
        handle=str(handle) if known else id,
        name=name if isinstance(name, str) else "",
        url=f"https://x.com/{handle}" if known else f"https://x.com/i/user/{id}",
        followers=followers if type(followers) is int else None,
        open_to_messages=takes if isinstance(takes, bool) else None,
    )


def _language(value: object) -> str | None:
    """X's guess as ISO 639-1; its own marks for "no words here" are no languages."""
    if not isinstance(value, str):
        return None
    code = value.split("-")[0].lower()
    code = _LANGUAGES.get(code, code)
    return code if re.fullmatch(r"[a-z]{2}", code) else None


def post_url(handle: str, id: str) -> str:
    """Where a post can be seen; X shows it under any name."""
    return f"https://x.com/{handle or 'i/web'}/status/{id}"


def essence(text: str) -> str:
    """What stays of our text when X has put the names before it and rewritten its links."""
    text = re.sub(r"^(?:@\w+\s+)+", "", text.strip())
    return " ".join(without_links(text, "·").split())
