"""How far X's lists have been read. Pure; stored as JSON between two pages.

X shows lists newest first, in pages, while new posts arrive at the top. So `since` stays where it
was while a round goes from page to page, and moves only when the round is over: to the newest id
of the round's first page. A crash between two pages therefore repeats pages and skips none.
Source: docs.x.com, "Pagination" of recent search and "Timelines", 2026-08-22.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import TypeGuard

from connectors.errors import SetupError

#: Ids hold their time: milliseconds since this moment, above 22 other bits. Source: X's
#: announcement of Snowflake, 2010; the scheme has not changed since.
_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
_OTHER_BITS = 22
_ID = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where we are in one list.

    Attributes:
        since: Everything up to this id has been read in earlier rounds.
        newest: The newest id of the first page of the round under way.
        oldest: The oldest id that the round under way has met.
        until: The round goes on below this id, because its token was lost.
        token: X's word for the next page; None: no round is under way, or it goes on by `until`.
        met: New posts met in the round under way, without those of the overlap.
    """

    since: str | None = None
    newest: str | None = None
    oldest: str | None = None
    until: str | None = None
    token: str | None = None
    met: int = 0

    def after(self, ids: Sequence[str], next_token: str | None) -> "Place":
        """The place after one page with these ids."""
        newest = self.newest or max(ids, key=int, default=None)
        if next_token is None:
            return Place(since=_later(self.since, newest))
        return replace(
            self,
            newest=newest,
            oldest=min([*ids, *filter(None, [self.oldest])], key=int, default=None),
            token=next_token,
            met=self.met + self.new_among(ids),
        )

    def new_among(self, ids: Sequence[str]) -> int:
        """How many of these ids no earlier round has read."""
        return sum(self.since is None or int(one) > int(self.since) for one in ids)

    def without_token(self) -> "Place":
        """The same place by ids alone: the token was too old for X."""
        return replace(self, token=None, until=self.oldest)

    def without_since(self) -> "Place":
        """The same place with no lower end: X no longer searches back that far."""
        return replace(self, since=None)

    def given_up(self) -> "Place":
        """The round ended where it is: X no longer shows what lies below."""
        return Place(since=_later(self.since, self.newest))


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where we are in both lists, and which of them is read next."""

    mentions: Place = Place()
    search: Place = Place()
    searching: bool = False
    #: Mentions that their list no longer shows, read by search before anything else; None: none.
    gap: Place | None = None


def dump(position: Position) -> str:
    """The position as it is stored."""
    return json.dumps({"version": 1} | asdict(position), separators=(",", ":"))


def load(stored: str | None) -> Position:
    """The stored position; None is the beginning.

    Raises:
        SetupError: it is not one of ours. Reading never starts again by itself from there: what
            lies between would be lost unseen.
    """
    if stored is None:
        return Position()
    try:
        return _position(json.loads(stored))
    except (ValueError, RecursionError) as error:
        raise SetupError(
            "the stored reading position of twitter cannot be read; a newer version may have "
            "written it: run that version, or remove the position to read again what X still shows"
        ) from error


def is_id(value: object) -> TypeGuard[str]:
    """Whether X could have given this id out: 1 to 19 digits (openapi.json 2.167)."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def earlier(id: str, by: timedelta) -> str:
    """The lowest id of the moment that lies this long before the given id's."""
    moment = (int(id) >> _OTHER_BITS) - by // timedelta(milliseconds=1)
    return str(max(moment, 0) << _OTHER_BITS)


def moment_of(id: str) -> datetime:
    """When the id was given out, aware UTC."""
    return _EPOCH + timedelta(milliseconds=int(id) >> _OTHER_BITS)


def position_at(moment: datetime) -> Position:
    """The position of whoever has read everything up to a moment."""
    ticks = (moment - _EPOCH) // timedelta(milliseconds=1)
    place = Place(since=str(max(ticks, 0) << _OTHER_BITS))
    return Position(mentions=place, search=place)


def _later(one: str | None, other: str | None) -> str | None:
    return max(filter(None, (one, other)), key=int, default=None)


def _position(found: object) -> Position:
    if not isinstance(found, dict) or found.get("version") != 1:
        raise ValueError("not a position of version 1")
    searching = found.get("searching")
    if type(searching) is not bool:
        raise ValueError("neither true nor false")
    return Position(
        mentions=_place(found.get("mentions")),
        search=_place(found.get("search")),
        searching=searching,
        gap=None if found.get("gap") is None else _place(found["gap"]),
    )


def _place(found: object) -> Place:
    if not isinstance(found, dict) or set(found) != {field.name for field in fields(Place)}:
        raise ValueError("not a place in a list")
    ids = (found["since"], found["newest"], found["oldest"], found["until"])
    if not all(one is None or is_id(one) for one in ids):
        raise ValueError("not an id")
    if not isinstance(found["token"], str | None) or type(found["met"]) is not int:
        raise ValueError("not a token and a number")
    return Place(**found)
