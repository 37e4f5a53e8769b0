"""How far Bluesky's lists have been read. Pure; stored as JSON between two pages.

Lists are shown newest first, and their cursor leads only back in time. So each round begins at the
top and walks back to known ground: until the items at the foot of a page were all met before, or
are older than what the last finished round met. Posts that are deleted leave the lists, so no
single item is an anchor: a whole page of them is, and their times. Only a finished round moves the
mark, so a crash between two pages repeats pages and skips none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite

from connectors import position
from connectors.payload import Json

#: Items of one page, at most (lexicons of both lists, read 2026-11).
PAGE = 100
#: The first round goes back over this many items: what is older is history and no complaint to
#: answer.
FIRST_ROUND = 1_000
#: No round is longer, whatever the server says: it could be sending the same pages for ever.
LONGEST_ROUND = 10_000
#: Items that are indexed late are looked for this many seconds below the newest of the last round.
OVERLAP = 600
#: So many items at the foot of a page must be known before a round ends: one old item among new
#: ones, such as a post that was hidden for a while, proves nothing.
FOOT = 5


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list, newest item first."""

    keys: tuple[str, ...] = ()
    times: tuple[float | None, ...] = ()  #: Unix seconds, one for each key; None: unreadable
    cursor: str | None = None  #: where the next page begins; None: this is the last one


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A round under way: pages were read, known ground is not reached."""

    cursor: str
    read: int = 0
    mark: float | None = None  #: what the round will have reached
    known: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """What is known of one list."""

    mark: float | None = None  #: Unix seconds; what is older was met by a finished round
    known: tuple[str, ...] = ()  #: the keys on the first page of that round
    walk: Walk | None = None

    def at_the_top(self) -> "Place":
        """The same place, its round to be begun again: the server no longer knows its cursor."""
        return replace(self, walk=None)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a page makes of a place."""

    place: Place
    done: bool  #: known ground or the end of the list is reached
    cut_off: bool = False  #: given up before known ground: items are missing


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a poll stands: one place for each list, and whose turn it is."""

    turn: str = ""  #: name of the list to go on with; "": the first one
    places: Mapping[str, Place] = field(default_factory=dict)


def step(place: Place, page: Page) -> Step:
    """Take in one page, read at `place.walk` or, without one, at the top."""
    walk = place.walk
    if walk is None:
        walk = Walk(cursor="", mark=_mark(place, page.times), known=page.keys or place.known)
    read = walk.read + len(page.keys)
    home = _reaches(place, page)
    enough = read >= (FIRST_ROUND if place.mark is None else LONGEST_ROUND)
    if home or enough or page.cursor is None or not page.keys:
        cut_off = place.mark is not None and enough and not home
        return Step(place=Place(mark=walk.mark, known=walk.known), done=True, cut_off=cut_off)
    going_on = replace(walk, cursor=page.cursor, read=read)
    return Step(place=replace(place, walk=going_on), done=False)


def _mark(place: Place, times: Sequence[float | None]) -> float | None:
    """What a round that begins with this page will have reached; never less than before.

    Not the newest time but the fifth newest: one wrong time in the future would end every later
    round too soon.
    """
    known = sorted(time for time in times if time is not None)[-FOOT:]
    return max((time for time in (*known[:1], place.mark) if time is not None), default=None)


def _reaches(place: Place, page: Page) -> bool:
    """Whether the page's foot is on ground that an earlier round has covered."""
    if place.mark is None or not page.keys:
        return False
    floor, known = place.mark - OVERLAP, set(place.known)
    foot = list(zip(page.keys, page.times, strict=True))[-FOOT:]
    return all(key in known or (time is not None and time < floor) for key, time in foot)


def dump(stand: Position) -> str:
    """The position as it is stored."""
    return position.dump(asdict(stand))


def load(stored: str | None) -> Position:
    """The stored position; None is the beginning.

    Raises:
        SetupError: it is not one of ours.
    """
    if stored is None:
        return Position()
    return position.load(stored, platform="Bluesky", make=_position)


def _position(found: Json) -> Position:
    places = _object(found["places"])
    return Position(
        turn=position.text(found["turn"]),
        places={name: _place(_object(one)) for name, one in places.items()},
    )


def _place(found: Json) -> Place:
    walk = found["walk"]
    return Place(
        mark=_time(found["mark"]),
        known=position.texts(found["known"]),
        walk=None if walk is None else _walk(_object(walk)),
    )


def _walk(found: Json) -> Walk:
    return Walk(
        cursor=position.text(found["cursor"]),
        read=position.whole(found["read"]),
        mark=_time(found["mark"]),
        known=position.texts(found["known"]),
    )


def _object(value: object) -> Json:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _time(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise TypeError("not a time")
    return float(value)
