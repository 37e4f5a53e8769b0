"""How far Mastodon's lists have been read. Pure; stored as JSON between two pages.

Lists are shown newest first. A round asks for what is newer than known ground (`since_id`) and goes
back page by page (`max_id`) until it gets there; only a finished round moves the ground, so a crash
between two pages repeats pages and skips none. The server compares ids and needs nothing to exist
for that, so a deleted status is no trouble; but statuses of other servers arrive late and below
newer ones, so the ground lies a few statuses down.
Source: docs.joinmastodon.org, "Pagination" in "Guidelines", 2026-07-02.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite

from connectors import position
from connectors.payload import Json

#: Items of one page, at most. Source: docs.joinmastodon.org, methods of the lists, 2026-07-02.
PAGE = 40
#: The first round goes back over this many items: what is older is history and no complaint to
#: answer.
FIRST_ROUND = 800
#: No round is longer, whatever the server says: it could be sending the same pages for ever.
LONGEST_ROUND = 10_000
#: So many of the newest items are read once more in each round.
OVERLAP = 8


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A round under way: pages were read, known ground is not reached."""

    until: str  #: the round goes on below this id
    newest: tuple[str, ...] = ()  #: the ids that the round began with, newest first
    read: int = 0


@dataclass(frozen=True, kw_only=True)
class Place:
    """What is known of one list."""

    known: tuple[str, ...] = ()  #: the newest ids of the last finished round, newest first
    #: Unix seconds; where nothing is known yet, what is older is left out.
    back_to: float | None = None
    walk: Walk | None = None

    @property
    def since(self) -> str | None:
        """Everything up to this id was read in earlier rounds."""
        return self.known[-1] if self.known else None

    @property
    def until(self) -> str | None:
        """The next page begins below this id."""
        return self.walk.until if self.walk else None


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


def step(place: Place, ids: Sequence[str], *, oldest: float | None = None) -> Step:
    """Take in one page with these ids, newest first; `oldest` is the time of its last item."""
    walk = place.walk or Walk(until="", newest=(*ids, *place.known)[:OVERLAP])
    read = walk.read + len(ids)
    back = place.back_to is not None and oldest is not None and oldest < place.back_to
    home = back or not ids or ids[-1] in place.known or ids[-1] == walk.until
    bounded = bool(place.known) or place.back_to is not None
    enough = read >= (LONGEST_ROUND if bounded else FIRST_ROUND)
    if home or enough:
        cut_off = bounded and not home
        return Step(place=Place(known=walk.newest), done=True, cut_off=cut_off)
    return Step(place=replace(place, walk=replace(walk, until=ids[-1], read=read)), done=False)


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
    return position.load(stored, platform="Mastodon", make=_position)


def _position(found: Json) -> Position:
    places = _object(found["places"])
    return Position(
        turn=position.text(found["turn"]),
        places={name: _place(_object(one)) for name, one in places.items()},
    )


def _place(found: Json) -> Place:
    walk = found["walk"]
    return Place(
        known=position.texts(found["known"]),
        back_to=_time(found.get("back_to")),
        walk=None if walk is None else _walk(_object(walk)),
    )


def _walk(found: Json) -> Walk:
    return Walk(
        until=position.text(found["until"]),
        newest=position.texts(found["newest"]),
        read=position.whole(found["read"]),
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
