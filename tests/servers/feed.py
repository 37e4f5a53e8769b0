"""A site with feeds on loopback: RSS with ETags, with what sites do to their readers.

Shapes: tests/samples/feed. A feed shows its newest entries and no more; times are the site's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from pathlib import Path

from connectors.feed import Feed, FeedSettings
from connectors.feed.entries import key
from monitor.clock import now
from tests.contracts.platform import Sent, Traits
from tests.servers.front import Front
from tests.servers.http import Answer, LoopbackServer, Request

SAMPLES = Path(__file__).parent.parent / "samples" / "feed"
PATH = "/feed.xml"
_STARTED = datetime(2026, 11, 1, tzinfo=UTC)


def sample(name: str) -> bytes:
    """One of the hand-made samples."""
    return (SAMPLES / f"{name}.xml").read_bytes()


@dataclass(kw_only=True)
class Entry:
    """One entry of the feed."""

    guid: str
    text: str
    author: str
    at: datetime
    broken: bool = False


class FeedServer(LoopbackServer):
    """A site. Everything that a test may turn is an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[str, Entry] = {}
        self.documents: dict[str, bytes] = {}  #: path -> what is shown there instead
        self.moved: dict[str, str] = {}  #: path -> where it is now
        self.shown = 300  #: the newest so many
        self.tells_etag = True
        self.forbidden = False
        self.extra = ""  #: stands in the channel and in every entry
        self.anonymous: set[str] = set()  #: texts whose entries name nobody
        self.limited_for: float | None = None
        self.made = 0
        self.started = _STARTED

    def publish(self, text: str, *, author: str = "maria", broken: bool = False) -> str:
        """A new entry; its guid."""
        with self.lock:
            self.made += 1
            guid = f"https://site.example/{self.made}"
            at = self.started + timedelta(seconds=self.made)
            self.entries[guid] = Entry(guid=guid, text=text, author=author, at=at, broken=broken)
            return guid

    def answer(self, request: Request) -> Answer:
        """Show the document."""
        if self.limited_for is not None:
            return Answer(status=429, headers={"Retry-After": str(round(self.limited_for))})
        if self.forbidden:
            return Answer(status=403)
        if request.path in self.moved:
            return Answer(status=301, headers={"Location": self.moved[request.path]})
        if request.path == PATH:
            return self._tagged(request, self._rss())
        if request.path in self.documents:
            return self._tagged(request, self.documents[request.path])
        return Answer(status=404)

    def _tagged(self, request: Request, body: bytes) -> Answer:
        headers = {"Content-Type": "application/xml"}
        if self.tells_etag:
            headers["ETag"] = f'"{sha256(body).hexdigest()}"'
            headers["Last-Modified"] = format_datetime(_STARTED, usegmt=True)
            if request.headers.get("if-none-match") == headers["ETag"]:
                return Answer(status=304, headers=headers)
        return Answer(body=body, headers=headers)

    def _rss(self) -> bytes:
        newest = sorted(self.entries.values(), key=lambda e: e.at, reverse=True)[: self.shown]
        items = "".join(map(self._item, newest))
        return (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Site</title>'
            f"{self.extra}{items}</channel></rss>"
        ).encode()

    def _item(self, entry: Entry) -> str:
        if entry.broken:
            return f"<item><guid>{entry.guid}</guid></item>"
        author = f"<dc:creator>{escape(entry.author)}</dc:creator>"
        return (
            f"<item><guid>{entry.guid}</guid><link>{entry.guid}</link>{self.extra}"
            f"{'' if entry.text in self.anonymous else author}"
            f"<pubDate>{format_datetime(entry.at)}</pubDate>"
            f"<description>{escape('<p>' + escape(entry.text) + '</p>')}</description></item>"
        )


def settings(*urls: str, **changes: object) -> FeedSettings:
    """Settings for these feeds."""
    values: dict[str, object] = {"urls": urls, "timeout_seconds": 5.0, "account": "acme"}
    return FeedSettings.model_validate(values | changes)


class FeedPlatform(Front[FeedServer]):
    """The loopback site as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=False,
        private_messages_can_be_retracted=False,
        longest_public_text=0,
        public_replies=False,
        private_messages=False,
        reads_back=False,
        looks=False,
        conversations=False,
        tells_who_is_addressed=False,
    )

    def __init__(self) -> None:
        self.server = FeedServer()

    def connector(self, *, timeout: float = 20.0) -> Feed:
        return Feed(settings(self.server.url + PATH, timeout_seconds=timeout))

    def set_time(self, at: datetime) -> None:
        self.server.started = at - timedelta(seconds=self.server.made)

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        return key(self.server.publish(text, author=author))

    def seed_unreadable(self) -> None:
        self.server.publish("", broken=True)

    def edit(self, id: str, text: str) -> None:
        self.server.entries[self._guid(id)].text = text

    def delete(self, id: str) -> None:
        del self.server.entries[self._guid(id)]

    def answer_publicly(self, id: str, text: str) -> str:
        raise NotImplementedError("a feed has no answers")

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        raise NotImplementedError("a feed has no messages")

    def lose_next_answer(self) -> None:
        self.server.lose_next()

    def hang_next_answer(self) -> None:
        self.server.hang_next()

    def add_unknown_fields(self) -> None:
        self.server.extra = '<y:added xmlns:y="urn:year:2027"><y:kind>new</y:kind></y:added>'

    def hide_author(self, text: str, *, null: bool) -> None:
        self.server.anonymous.add(text)

    def fail_next(self, *, status: int) -> None:
        self.server.answer_next(Answer(status=status))

    def limit_until(self, at: datetime | None) -> None:
        self.server.limited_for = None if at is None else (at - now()).total_seconds()

    def expire_login(self) -> None:
        self.server.forbidden = True

    def public_replies(self) -> Sequence[Sent]:
        return []

    def private_messages(self) -> Sequence[Sent]:
        return []

    def writes(self) -> int:
        return sum(request.method != "GET" for request in self.server.requests)

    def _guid(self, id: str) -> str:
        return next(guid for guid in self.server.entries if key(guid) == id)
