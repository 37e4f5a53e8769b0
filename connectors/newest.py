"""How far a list that shows its newest items first has been read. Pure; stored between two pages.

The pages of such a list lead back in time only. So each round begins at the top and goes down to
known ground. No single item is an anchor, because any may be deleted; and where one is deleted
while we read, the page after it begins one item too late. So a round goes down to what the round
before the last one met: every item is passed twice, and what slipped through once is met again.
Where the last round was a single page nothing can have slipped through, and its items are known
ground too. Only a finished round moves the mark, so a crash between two pages skips none.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from connectors import position
from connectors.payload import Json, mapping

#: The first round goes back over this many items: what is older is history and no complaint to
#: answer.
FIRST_ROUND = 1_000
#: No round is longer, whatever the server says: it could be sending the same pages for ever.
LONGEST_ROUND = 20_000
#: Items that show up late are looked for this far below what the last round met.
OVERLAP = timedelta(minutes=10)
#: So many items at the foot of a page must be known before a round ends: one old item among new
#: ones proves nothing.
FOOT = 5
#: So many keys of a first page are kept.
_MOST_KNOWN = 200


@dataclass(frozen=True, kw_only=True)
class Item:
    """What counts about one item of a list."""

    key: str  #: the same as long as the item is unchanged
    at: datetime | None  #: what the list is sorted by; None: unreadable


@dataclass(frozen=True, kw_only=True)
class Place:
    """How far a list has been read. Marks are Unix seconds; what is older was met."""

    mark: int | None = None  #: by the last finished round
    floor: int | None = None  #: by the one before
    known: tuple[str, ...] = ()  #: what the last finished round met, where it was a single page
    token: str = ""  #: where the round under way goes on; "": none is under way
    read: int = 0  #: items of the round under way
    ahead: int | None = None  #: the mark after it

    @property
    def under_way(self) -> bool:
        """Whether a round was begun and not finished."""
        return bool(self.token)

    def at_the_top(self) -> "Place":
        """The round is begun again: the server no longer takes its token."""
        return Place(mark=self.mark, floor=self.floor, known=self.known)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a page makes of a place."""

    place: Place
    done: bool  #: the round is over
    cut_off: bool = False  #: it was given up before known ground: items are missing


def at(moment: datetime) -> Place:
    """The place of whoever has read everything up to a moment."""
    mark = max(int(moment.timestamp()), 0)
    return Place(mark=mark, floor=mark)


def step(place: Place, items: Sequence[Item], token: str) -> Step:
    """Take in one page, read at `place.token` or, without one, at the top.

    Args:
        place: How far the list had been read.
        items: The page, newest first.
        token: Where the next page begins; "": this is the last one.
    """
    single = not place.under_way
    if single:
        place = replace(place, read=0, ahead=_mark(place, items))
    read = place.read + len(items)
    home = _reaches(place, items)
    enough = read >= (FIRST_ROUND if place.floor is None else LONGEST_ROUND)
    if home or enough or not token or not items or token == place.token:
        keys = tuple(item.key for item in items)[:_MOST_KNOWN] if single else ()
        cut_off = place.floor is not None and enough and not home
        after = Place(mark=place.ahead, floor=place.mark, known=keys)
        return Step(place=after, done=True, cut_off=cut_off)
    return Step(place=replace(place, token=token, read=read), done=False)


def _mark(place: Place, items: Sequence[Item]) -> int | None:
    """What a round that begins with this page will have reached; never less than before.

    Not the newest time but the fifth newest: one wrong time in the future would end every later
    round too soon.
    """
    newest = sorted(int(item.at.timestamp()) for item in items if item.at is not None)[-FOOT:]
    return max((time for time in (*newest[:1], place.mark) if time is not None), default=None)


def _reaches(place: Place, items: Sequence[Item]) -> bool:
    """Whether the page's foot is on ground that earlier rounds have covered."""
    if place.mark is None:
        return False
    floor = float("-inf") if place.floor is None else place.floor - OVERLAP.total_seconds()
    known = set(place.known)
    return all(
        item.key in known or (item.at is not None and item.at.timestamp() < floor)
        for item in items[-FOOT:]
    )


def dump(place: Place) -> str:
    """The place as it is stored."""
    return position.dump(asdict(place))


def load(cursor: str | None, *, platform: str) -> Place:
    """The stored place; None is the beginning.

    Raises:
        SetupError: it is not one of ours.
    """
    return Place() if cursor is None else position.load(cursor, platform=platform, make=made)


def made(data: Json) -> Place:
    """A place from its stored fields.

    Raises:
        KeyError, TypeError: they are not one's.
    """
    data = mapping(data)
    return Place(
        mark=_time(data["mark"]),
        floor=_time(data["floor"]),
        known=position.texts(data["known"]),
        token=position.text(data["token"]),
        read=position.whole(data["read"]),
        ahead=_time(data["ahead"]),
    )


def _time(value: object) -> int | None:
    return None if value is None else position.whole(value)
