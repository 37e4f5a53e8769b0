"""Where the poll of Reddit's listings stands: values that travel as JSON in the cursor. Pure.

A listing is read from its newest item back to known ground, and never forward with `before=`:
`before=` an item that was deleted meanwhile answers with an empty list, for ever, and looks like
"nothing new". A walk of several pages goes on with `after=`, which has the same trap; so it keeps
the last items above as stand-ins, and an empty page is not believed before one of them is looked
up (`deserted`).

Nothing but a finished walk moves the mark, so a crash or a time-out between two pages loses
nothing: the next walk is on the same errand.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.errors import SetupError

#: Items of one page, at most. The end of a listing is told by `after`, never by a short page.
#: Source: github.com/Pyprohly/reddit-api-doc-notes, topics/listings, read 2026-11.
PAGE = 100
#: Reddit keeps about this many items of a listing. Source: r/redditdev wiki, api/faq, read 2026-11.
DEPTH = 1000
#: No walk is longer, whatever the server says: it could be sending the same pages round and round.
ENOUGH = 10 * DEPTH
#: Items that show up late (approved by a moderator, indexed late) are looked for this long, in
#: seconds before the newest item of the last walk.
OVERLAP = 600
#: So many items at the foot of a page must be known before the walk ends: one old item among new
#: ones, such as a post that a moderator approved, proves nothing.
FOOT = 5
#: How many items above the place where a walk stands are kept to stand in for a deleted one.
STAND_INS = 10

_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a listing, newest item first."""

    #: Fullnames; something else that is stable for what is gone or unreadable.
    keys: tuple[str, ...] = ()
    created: tuple[float | None, ...] = ()  #: Unix seconds, one for each key; None: unreadable
    after: str | None = None  #: where the next page begins; None: this is the last one


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A walk under way: pages were read, known ground is not reached."""

    of: str  #: what is read; a walk through another listing is void
    after: str
    stand_ins: tuple[str, ...] = ()  #: the items above `after`, nearest first
    read: int = 0
    mark: float | None = None  #: what the walk will have reached
    known: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """What is known of one listing."""

    mark: float | None = None  #: Unix seconds; what is older was seen by a finished walk
    known: tuple[str, ...] = ()  #: the keys on the first page of that walk
    walk: Walk | None = None

    def on(self, of: str) -> "Place":
        """The same place, without a walk through anything but this listing."""
        return replace(self, walk=None) if self.walk and self.walk.of != of else self


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a page makes of a place."""

    place: Place
    done: bool  #: known ground or the end of the listing is reached
    #: The listing ended before known ground: Reddit shows no further back, items may be missing.
    cut_off: bool = False


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a poll stands: one place for each listing, and whose turn it is."""

    turn: str = ""  #: name of the listing to go on with; "": the first one
    places: Mapping[str, Place] = field(default_factory=dict)


def step(place: Place, of: str, page: Page) -> Step:
    """Take in one page of the listing `of`, read at `place.walk` or, without one, at the top."""
    walk = place.walk
    read = (walk.read if walk else 0) + len(page.keys)
    if walk is None:
        mark, known = _mark(place, page), page.keys
    else:
        mark, known = walk.mark, walk.known
    home = _reaches(place, page)
    if home or page.after is None or not page.keys or read >= ENOUGH:
        arrived = Place(mark=mark, known=known or place.known)
        started = place.mark is not None
        return Step(place=arrived, done=True, cut_off=started and not home and read > DEPTH - PAGE)
    names = [key for key in reversed(page.keys) if key.startswith("t") and key != page.after]
    going_on = Walk(
        of=of,
        after=page.after,
        stand_ins=tuple(names[:STAND_INS]),
        read=read,
        mark=mark,
        known=known,
    )
    return Step(place=replace(place, walk=going_on), done=False)


def place_at(moment: float) -> Place:
    """The place of whoever has read everything up to a moment, in Unix seconds."""
    return Place(mark=moment + OVERLAP)


def deserted(place: Place, living: Sequence[str]) -> Place | None:
    """Where to go on after an empty page, given which of `after` and its stand-ins still live.

    None: the place itself lives, so the page is rightly empty and the listing has ended. Without
    any survivor the walk begins again at the top.
    """
    walk = place.walk
    if walk is None or walk.after in living:
        return None
    for index, name in enumerate(walk.stand_ins):
        if name in living:
            rest = walk.stand_ins[index + 1 :]
            return replace(place, walk=replace(walk, after=name, stand_ins=rest))
    return replace(place, walk=None)


def _mark(place: Place, page: Page) -> float | None:
    """What a walk that begins with this page will have reached; never less than before.

    Not the newest time but the fifth newest: one wrong time in the future would end every later
    walk too soon.
    """
    times = sorted(time for time in page.created if time is not None)[-FOOT:]
    marks = [time for time in (*times[:1], place.mark) if time is not None]
    return max(marks, default=None)


def _reaches(place: Place, page: Page) -> bool:
    """Whether the page's foot is on ground that an earlier walk has covered."""
    if place.mark is None or not page.keys:
        return False
    floor, known = place.mark - OVERLAP, set(place.known)
    foot = list(zip(page.keys, page.created, strict=True))[-FOOT:]
    return all(key in known or (time is not None and time < floor) for key, time in foot)


def dump(position: Position) -> str:
    """The position as a cursor."""
    places = {name: _dump_place(place) for name, place in position.places.items()}
    return json.dumps({"turn": position.turn, f"v{_VERSION}": places})


def load(cursor: str | None) -> Position:
    """The position in a cursor; None is the very beginning.

    Raises:
        SetupError: it is no cursor of ours. Nothing is guessed: beginning anew without a word
            could hide that posts were missed.
    """
    if cursor is None:
        return Position()
    try:
        data = _object(json.loads(cursor))
        places = _object(data[f"v{_VERSION}"])
        return Position(
            turn=_text(data["turn"]),
            places={name: _load_place(_object(place)) for name, place in places.items()},
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SetupError(
            "The stored position of the poll of reddit cannot be read, so nothing was polled. "
            "Restore the database, or delete this row of the table cursor to begin anew with "
            "what Reddit still shows."
        ) from error


def _dump_place(place: Place) -> dict[str, object]:
    data: dict[str, object] = {"mark": place.mark, "known": list(place.known)}
    if place.walk is not None:
        walk = place.walk
        data["walk"] = {
            "of": walk.of,
            "after": walk.after,
            "stand_ins": list(walk.stand_ins),
            "read": walk.read,
            "mark": walk.mark,
            "known": list(walk.known),
        }
    return data


def _load_place(data: dict[str, object]) -> Place:
    walk = data.get("walk")
    return Place(
        mark=_time(data["mark"]),
        known=_texts(data["known"]),
        walk=None if walk is None else _load_walk(_object(walk)),
    )


def _load_walk(data: dict[str, object]) -> Walk:
    read = data["read"]
    if type(read) is not int or read < 0:
        raise TypeError("read is no count")
    return Walk(
        of=_text(data["of"]),
        after=_text(data["after"]),
        stand_ins=_texts(data["stand_ins"]),
        read=read,
        mark=_time(data["mark"]),
        known=_texts(data["known"]),
    )


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(_text(each) for each in value)


def _time(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a time")
    return float(value)
