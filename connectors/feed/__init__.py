"""RSS and Atom feeds: blogs, forums, Google Alerts, subreddits without a key.

A feed shows its newest entries and no more, so it must be read before they are pushed out; it is
asked with what it said last (ETag, Last-Modified), and says "nothing new" in one line. Feeds can
only be read: a person answers at the source.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from pydantic import Field, field_validator

from connectors import position
from connectors.base import Ability, Batch, Contact, Mention, Problem
from connectors.by_hand import ReadOnly, by_hand
from connectors.errors import BadPayload, SetupError, TryLater
from connectors.feed.entries import Document, host, key, parse, read, web_address
from connectors.payload import Json, mapping
from connectors.settings import ConnectorSettings
from connectors.summary import BY_HAND, NONE, Summary
from connectors.web import Answer, Call, Web, weather

__all__ = ["Feed", "FeedSettings", "parse"]

log = logging.getLogger(__name__)

_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"
#: So many ids of the last reading tell whether the next one is connected to it.
_MOST_KNOWN = 50
_STRANGER = Contact()


class FeedSettings(ConnectorSettings):
    """The table [connectors.feed]."""

    #: Where the feeds are; a subreddit's is https://www.reddit.com/r/NAME/new/.rss
    urls: tuple[str, ...] = Field(min_length=1)
    #: Sites ask to be left alone for at least a quarter of an hour.
    every_seconds: int = Field(default=900, ge=5, le=86_400)

    @field_validator("urls")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if web_address(url) is None:
                raise ValueError("write each feed's address, such as https://example.com/feed.xml")
        return tuple(dict.fromkeys(value))


@dataclass(frozen=True, kw_only=True)
class _Place:
    """What one feed said last."""

    etag: str = ""
    modified: str = ""
    digest: str = ""  #: of its document; a site without ETags sends the same one for weeks
    known: tuple[str, ...] = ()  #: ids of the newest entries


@dataclass(frozen=True, kw_only=True)
class _Position:
    turn: str = ""  #: the feed to go on with; "": the first one
    places: Mapping[str, _Place] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """What one look at one feed brought."""

    place: _Place
    mentions: tuple[Mention, ...] = ()
    bad: tuple[BadPayload, ...] = ()


class Feed(ReadOnly):
    """Several feeds. One is read at a time, and one that is broken stops no other."""

    Settings: type[ConnectorSettings] = FeedSettings
    summary = Summary(
        reads="RSS, Atom, Google Alerts, subreddits without a key", public=BY_HAND, private=NONE
    )
    platform = "feed"
    _refusal = "A feed can only be read: answer at the source."

    def __init__(self, settings: FeedSettings) -> None:
        self._settings = settings
        self._web = Web(timeout=settings.timeout_seconds)
        self._feeds = {key(url): url for url in settings.urls}
        self._out: dict[str, TryLater | SetupError] = {}
        self._failed: set[str] = set()  #: in this round

    @property
    def account(self) -> str:
        """Who answers at the source, if the settings say so."""
        return self._settings.account

    def poll(self, cursor: str | None) -> Batch:
        """Everything that one feed shows, if it shows something new; see `Connector.poll`.

        The feeds take turns. One that cannot be read is named in the log and left out; where none
        can be read, the last reason is raised.

        Raises:
            TryLater: no feed can be read now.
            SetupError: no feed can be read until a person mends it, or the cursor is unreadable.
        """
        stands = _Position() if cursor is None else _load(cursor)
        keys = list(self._feeds)
        turn = keys.index(stands.turn) if stands.turn in keys else 0
        name = keys[turn]
        reading = self._taken(name, stands.places.get(name, _Place()))
        last = turn + 1 == len(keys)
        places = {k: place for k, place in stands.places.items() if k in keys}
        ahead = _Position(
            turn="" if last else keys[turn + 1], places={**places, name: reading.place}
        )
        return Batch(mentions=reading.mentions, bad=reading.bad, cursor=_dump(ahead), more=not last)

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """By hand at the source, always; see `Connector.ability`."""
        return by_hand(
            mention,
            link=mention.url,
            reason="A feed can only be read, so a person answers at the source.",
            account=self.account,
            no_messages="A feed has no private messages.",
        )

    def check(self) -> Sequence[Problem]:
        """Read every feed once; see `Connector.check`."""
        problems: list[Problem] = []
        for url in self._feeds.values():
            try:
                self._document(url, _Place())
            except (SetupError, TryLater) as error:
                do = "Open it in a browser: is it still there, and is it a feed?"
                problems.append(Problem(what=str(error), do=do, fatal=False))
        if len(problems) == len(self._feeds):
            return [Problem(what=problem.what, do=problem.do) for problem in problems]
        return problems

    def _taken(self, name: str, place: _Place) -> _Reading:
        """A reading of one feed; nothing where it is out of order and others are not."""
        url = self._feeds[name]
        try:
            reading = self._read(url, place)
        except (SetupError, TryLater) as error:
            if name not in self._out:
                log.warning("feed: %s is left out: %s", host(url), error)
            self._out[name] = error
            self._failed.add(name)
            if self._failed == set(self._feeds):
                self._failed.clear()  # the next round asks them all again
                raise
            return _Reading(place=place)
        if self._out.pop(name, None) is not None:
            log.warning("feed: %s can be read again", host(url))
        self._failed.discard(name)
        return reading

    def _read(self, url: str, place: _Place) -> _Reading:
        found = self._document(url, place)
        if found is None:
            return _Reading(place=place)
        answer, document = found
        seen_at = answer.said_at or document.made_at
        mentions: list[Mention] = []
        bad: list[BadPayload] = []
        for entry in reversed(document.entries):  # oldest first
            try:
                mentions.append(parse(entry, url=url, title=document.title, seen_at=seen_at))
            except BadPayload as error:
                bad.append(error)
        ids = tuple(mention.id for mention in reversed(mentions))
        if place.known and ids and not set(ids) & set(place.known):
            log.warning(
                "feed: %s shows nothing of what it showed last: entries may have been missed; "
                "poll more often",
                host(url),
            )
        after = _Place(known=ids[:_MOST_KNOWN] or place.known)
        if document.whole:  # else the rest of it may come under the same mark
            after = _Place(
                etag=answer.headers.get("etag", ""),
                modified=answer.headers.get("last-modified", ""),
                digest=_digest(answer),
                known=after.known,
            )
        return _Reading(place=after, mentions=tuple(mentions), bad=tuple(bad))

    def _document(self, url: str, place: _Place) -> tuple[Answer, Document] | None:
        """The feed's document; None where it is the one of last time."""
        call = Call(platform=f"The feed of {host(url)}", doing="reading the feed")
        headers = {
            "Accept": _ACCEPT,
            "If-None-Match": place.etag,
            "If-Modified-Since": place.modified,
        }
        given = {header: value for header, value in headers.items() if value}
        answer = self._web.ask(call, "GET", url, headers=given, follow=True)
        if answer.status == 304 and (place.etag or place.modified):
            return None
        trouble = weather(call, answer)
        if trouble is not None:
            raise trouble
        if answer.status != 200:
            raise SetupError(f"{call.platform} cannot be read: status {answer.status}.")
        if place.digest and _digest(answer) == place.digest:
            return None
        document = read(
            answer.body, content_type=answer.headers.get("content-type", ""), url=answer.url
        )
        if document is None:
            raise TryLater(f"{call.platform} answered with something that is no feed.")
        return answer, document


def _digest(answer: Answer) -> str:
    return sha256(answer.body).hexdigest()[:20]


def _dump(stands: _Position) -> str:
    places = {
        name: {
            "etag": place.etag,
            "modified": place.modified,
            "digest": place.digest,
            "known": list(place.known),
        }
        for name, place in stands.places.items()
    }
    return position.dump({"turn": stands.turn, "feeds": places})


def _load(cursor: str) -> _Position:
    return position.load(cursor, platform="feed", make=_made)


def _made(data: Json) -> _Position:
    feeds = data["feeds"]
    if not isinstance(feeds, dict):
        raise TypeError("not an object")
    return _Position(
        turn=position.text(data["turn"]),
        places={str(name): _place(mapping(place)) for name, place in feeds.items()},
    )


def _place(data: Json) -> _Place:
    return _Place(
        etag=position.text(data["etag"]),
        modified=position.text(data["modified"]),
        digest=position.text(data["digest"]),
        known=position.texts(data["known"]),
    )
