"""Where the search of Hacker News stands: a window in time that moves back, page by page. Pure.

The search is asked for a time and not for a page: new hits push old ones from page to page, and
it shows no more than the first thousand. A window knows nothing of that, and of no deleted item.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

#: Hits of one page. The search would give a thousand, in megabytes.
PAGE = 100
#: The search learns of items late, and of what moderators give back later still, in seconds.
OVERLAP = 3600
#: The first poll goes back this far, in seconds.
FIRST = 7 * 86_400


@dataclass(frozen=True, kw_only=True)
class Place:
    """What is known of one search; times in Unix seconds."""

    since: int | None = None  #: all that is older was read; None: nothing was read yet
    until: int | None = None  #: the page under way ends here; None: at the newest
    reached: int | None = None  #: what `since` will be when the walk has ended
    told: tuple[str, ...] = ()  #: unreadable items that were named already

    @property
    def floor(self) -> int | None:
        """The oldest time that is asked for."""
        return None if self.since is None else max(0, self.since - OVERLAP)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a page makes of a place."""

    place: Place
    goes_on: bool
    floor: int | None  #: what is older does not count


def step(place: Place, times: Sequence[int], *, full: bool, now: int | None) -> Step:
    """Take in one page.

    Args:
        place: Where the page was asked for.
        times: Of the hits on the page.
        full: Whether there may be more.
        now: The server's own time, where it says so.
    """
    reached = place.reached
    if place.until is None:
        reached = max(times, default=None)
        if reached is not None and now is not None:
            reached = min(reached, now)  # one wrong time in the future would hide all the rest
    floor = place.floor
    if floor is None and reached is not None:
        floor = reached - FIRST
    if not full or not times or (floor is not None and min(times) <= floor):
        arrived = Place(since=_later(place.since, reached), told=place.told)
        return Step(place=arrived, goes_on=False, floor=floor)
    oldest = min(times)
    if place.until is not None:
        oldest = min(oldest, place.until - 1)  # never the same page again
    return Step(place=replace(place, until=oldest, reached=reached), goes_on=True, floor=floor)


def _later(one: int | None, other: int | None) -> int | None:
    known = [time for time in (one, other) if time is not None]
    return max(known, default=None)
