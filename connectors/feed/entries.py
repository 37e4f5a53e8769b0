"""RSS and Atom: what a feed's document holds, and what we make of its entries. Pure.

feedparser is given bytes and nothing else: of a text it would fetch an address, or open a file.
Source: feedparser 6.0.14, api.py (`parse`, `_open_resource`), read 2026-11.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qs, quote, urlsplit

import feedparser

from connectors.base import Author, Mention
from connectors.errors import BadPayload
from connectors.payload import Json, mapping, objects, optional
from connectors.texts import clean, from_html

#: A feed may carry whole articles; a person reads on at the source.
MOST_TEXT = 20_000
_MARKUP = ("text/html", "application/xhtml+xml")
#: Of a subreddit's entry: what the author wrote, without "submitted by /u/x [link] [comments]".
_WRITTEN = re.compile(r"<!-- SC_OFF -->(.*?)<!-- SC_ON -->", re.DOTALL)
_GLOBAL_ID = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")
_GOOGLE = re.compile(r"(www\.)?google\.[a-z]{2,3}(\.[a-z]{2})?")


@dataclass(frozen=True, kw_only=True)
class Document:
    """One reading of a feed."""

    entries: tuple[Json, ...]
    title: str = ""
    #: When the feed says that it was made; for entries that have no time of their own.
    made_at: datetime | None = None
    #: Whether it is well formed to its end; else entries may be missing.
    whole: bool = True


def read(body: bytes, *, content_type: str, url: str) -> Document | None:
    """The entries of a document, newest first as feeds hold them; None where it is no feed."""
    try:
        found = feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-type": content_type, "content-location": url},
            sanitize_html=False,  # everything becomes plain text below
            resolve_relative_uris=False,
        )
    except (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return None  # what feedparser itself trips over
    entries = tuple(dict(entry) for entry in found["entries"])
    if not found.get("version") and not entries:
        return None
    feed = dict(found["feed"])
    return Document(
        entries=entries,
        title=clean(from_html(optional(feed, "title") or "")),
        made_at=_moment(feed.get("updated_parsed")) or _moment(feed.get("published_parsed")),
        whole=not found["bozo"]
        or isinstance(found.get("bozo_exception"), feedparser.ThingsNobodyCaresAboutButMe),
    )


def parse(entry: Json, *, url: str, title: str, seen_at: datetime | None) -> Mention:
    """A mention from one entry.

    Args:
        entry: As feedparser gives it, as a plain dictionary.
        url: The feed's own address.
        title: The feed's own title; names the author where the entry does not.
        seen_at: When the feed was read: the time of entries that have none, and the latest that
            an entry may have.

    Raises:
        BadPayload: it holds no text, or nobody knows its time.
    """
    link = web_address(unwrapped(optional(entry, "link") or ""))
    name = _id(entry, link, url)
    try:
        text = _text(entry)
        created_at = _created(entry, seen_at)
    except BadPayload as error:
        raise BadPayload(f"entry {name} of {host(url)}: {error}", item=name) from error
    return Mention(
        platform="feed",
        id=name,
        author=_author(entry, name=name, home=host(link or url), title=title),
        text=text,
        created_at=created_at,
        url=link,
    )


def unwrapped(link: str) -> str:
    """The address behind one of Google's redirects, as in the feeds of Google Alerts.

    Source: feeds of Google Alerts as published in support threads, read 2026-11: the links are
    https://www.google.com/url?rct=j&sa=t&url=ADDRESS&ct=ga&...
    """
    try:
        parts = urlsplit(link)
        if not _GOOGLE.fullmatch(parts.hostname or "") or parts.path != "/url":
            return link
        asked = parse_qs(parts.query)
    except ValueError:
        return link
    behind = (*asked.get("url", ()), *asked.get("q", ()))
    return behind[0] if behind and behind[0].startswith(("http://", "https://")) else link


def web_address(link: str) -> str | None:
    """A link that may be clicked; None for anything but the web."""
    try:
        parts = urlsplit(link.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
    except ValueError:
        return None
    return quote(clean(link.strip()), safe="/%:?#[]@!$&'()*+,;=~-._")


def host(url: str) -> str:
    """The site's name, as a person knows it."""
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        name = ""
    return clean(name.removeprefix("www.")) or "unknown"


def key(*parts: str) -> str:
    """A short name for something long."""
    return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _id(entry: Json, link: str | None, url: str) -> str:
    """The same for the same post, in whichever feed it stands, and after it was edited.

    An alert names its own result, and the same article is a result of several alerts: there the
    address counts. Elsewhere the entry's own id, which other feeds may use for something else
    unless it is an address or a tag of its own.
    """
    given = optional(entry, "id") or ""
    if link and (given.startswith("tag:google.com,") or not given):
        return key(link)
    if given:
        return key(given) if _GLOBAL_ID.match(given) else key(host(url), given)
    return key(url, optional(entry, "title") or "", optional(entry, "summary") or "")


def _text(entry: Json) -> str:
    title = _plain(mapping(entry.get("title_detail")), optional(entry, "title"))
    contents = list(objects(entry.get("content")))
    body = _plain(contents[0], optional(contents[0], "value")) if contents else ""
    body = body or _plain(mapping(entry.get("summary_detail")), optional(entry, "summary"))
    beginning = title.removesuffix("...").removesuffix("…").strip()
    whole = body if beginning and body.startswith(beginning) else f"{title}\n\n{body}"
    if not whole.strip():
        raise BadPayload("it has no text")
    return clean(whole.strip()[:MOST_TEXT])


def _plain(detail: Json, value: str | None) -> str:
    if not value:
        return ""
    if detail.get("type") not in _MARKUP:
        return value.strip()
    written = _WRITTEN.search(value)
    return from_html(written[1] if written else value)


def _created(entry: Json, seen_at: datetime | None) -> datetime:
    given = _moment(entry.get("published_parsed")) or _moment(entry.get("updated_parsed"))
    known = [time for time in (given, seen_at) if time is not None]
    if not known:
        raise BadPayload("neither it nor its feed has a time")
    return min(known)  # a time in the future would put it into a week that is not over


def _moment(value: object) -> datetime | None:
    """A time as feedparser gives it: in UTC, as nine numbers."""
    if not isinstance(value, tuple) or len(value) < 6:
        return None
    try:
        year, month, day, hour, minute, second = value[:6]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _author(entry: Json, *, name: str, home: str, title: str) -> Author:
    """Who wrote it. Nobody's entries are by somebody else each: they are no one's conversation."""
    detail: Mapping[str, object] = mapping(entry.get("author_detail"))
    written = clean((optional(detail, "name") or optional(entry, "author") or "").strip())
    handle = written.removeprefix("/u/").removeprefix("u/").removeprefix("@")
    if not handle:
        return Author(id=f"entry {name}", handle=title or home)
    return Author(
        id=f"{handle.casefold()} at {home}",
        handle=handle,
        url=web_address(optional(detail, "href") or ""),
    )
