"""How far posts and the comments below them have been read. Pure; stored between two pages.

The newest posts are shown with their newest comments; where those are not enough, the comments of
that post are read on. A round begins at the newest post and goes below each post down to what the
round before the last one met, so that everything is passed twice: what slipped through because
something was deleted while we read is met again. Only a finished round moves the mark.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors import position
from connectors.payload import Json, mapping, objects

#: The first rounds go back over this many comments: what is older is history.
FIRST_ROUND = 1_000
#: No round is longer, whatever the server says: it could be sending the same pages for ever.
LONGEST_ROUND = 20_000
#: Comments that show up late are looked for this far below.
OVERLAP = timedelta(minutes=10)
#: So many comments at the foot of a page must be known before the rest of them is.
FOOT = 5
_MOST_TOLD = 50


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Comments below one post, newest first."""

    post: str
    times: tuple[datetime | None, ...] = ()
    token: str = ""  #: where the next page begins; "": these are all


@dataclass(frozen=True, kw_only=True)
class Place:
    """How far we are. Marks are Unix seconds; what is older was met."""

    mark: int | None = None  #: by the last finished round
    floor: int | None = None  #: by the one before
    ahead: int | None = None  #: the newest comment of the round under way
    posts: str = ""  #: where the next page of posts begins; "": no more are to be read
    threads: tuple[tuple[str, str], ...] = ()  #: posts whose comments are read on, and where
    seen: int = 0  #: posts of the round under way
    read: int = 0  #: comments of the round under way
    told: tuple[str, ...] = ()  #: unreadable items, so that each is named once

    @property
    def under_way(self) -> bool:
        """Whether a round was begun and not finished."""
        return bool(self.posts or self.threads)

    def at_the_top(self) -> "Place":
        """The round is begun again: a page token is no longer taken."""
        return Place(mark=self.mark, floor=self.floor, told=self.told)

    def met(self, at: datetime) -> bool:
        """Whether an item of this time was passed twice."""
        return self.floor is not None and at.timestamp() < self.floor - OVERLAP.total_seconds()

    def telling(self, items: Sequence[str]) -> "Place":
        """The same, and these unreadable items are named."""
        return replace(self, told=(*self.told, *items)[-_MOST_TOLD:])


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a page makes of a place."""

    place: Place
    done: bool  #: the round is over
    cut_off: bool = False  #: something was given up before known ground


def at(moment: datetime) -> Place:
    """The place of whoever has read everything up to a moment."""
    mark = max(int(moment.timestamp()), 0)
    return Place(mark=mark, floor=mark)


def after_posts(place: Place, listings: Sequence[Listing], token: str, *, most: int) -> Step:
    """Take in a page of posts with their newest comments; `most` posts are read in a round."""
    if not place.under_way:
        place = replace(place, ahead=place.mark, seen=0, read=0)
    seen = place.seen + len(listings)
    place = replace(place, seen=seen, posts=token if listings and seen < most else "")
    return _turned(place, listings)


def after_comments(place: Place, listing: Listing) -> Step:
    """Take in a further page of the first post whose comments are read on."""
    (post, asked), *rest = place.threads
    if listing.token == asked:
        listing = replace(listing, token="")  # the same page again
    return _turned(replace(place, threads=tuple(rest)), [replace(listing, post=post)])


def without_thread(place: Place) -> Step:
    """The comments of the first post cannot be read on; the next round tries again."""
    return _turned(replace(place, threads=place.threads[1:]), [])


def _turned(place: Place, listings: Sequence[Listing]) -> Step:
    times = [time.timestamp() for listing in listings for time in listing.times if time is not None]
    newest = [int(max(times))] if times else []
    known = [place.ahead] if place.ahead is not None else []
    read = place.read + sum(len(listing.times) for listing in listings)
    deeper = [(one.post, one.token) for one in listings if _goes_on(place, one)]
    enough = read >= (FIRST_ROUND if place.floor is None else LONGEST_ROUND)
    place = replace(
        place,
        ahead=max([*newest, *known], default=None),
        read=read,
        threads=() if enough else (*place.threads, *deeper),
        posts="" if enough else place.posts,
    )
    if place.under_way:
        return Step(place=place, done=False)
    cut_off = enough and place.floor is not None
    after = Place(mark=place.ahead, floor=place.mark, told=place.told)
    return Step(place=after, done=True, cut_off=cut_off)


def _goes_on(place: Place, listing: Listing) -> bool:
    """Whether more comments of a post are to be read."""
    if not listing.token or not listing.times:
        return False
    return any(time is None or not place.met(time) for time in listing.times[-FOOT:])


def dump(place: Place) -> str:
    """The place as it is stored."""
    threads = [{"post": post, "at": token} for post, token in place.threads]
    return position.dump(
        {
            "mark": place.mark,
            "floor": place.floor,
            "ahead": place.ahead,
            "posts": place.posts,
            "threads": threads,
            "seen": place.seen,
            "read": place.read,
            "told": list(place.told),
        }
    )


def load(cursor: str | None, *, platform: str) -> Place:
    """The stored place; None is the beginning.

    Raises:
        SetupError: it is not one of ours.
    """
    return Place() if cursor is None else position.load(cursor, platform=platform, make=_made)


def _made(data: Json) -> Place:
    data = mapping(data)
    threads = (
        (position.text(one["post"]), position.text(one["at"])) for one in objects(data["threads"])
    )
    return Place(
        mark=_time(data["mark"]),
        floor=_time(data["floor"]),
        ahead=_time(data["ahead"]),
        posts=position.text(data["posts"]),
        threads=tuple(threads),
        seen=position.whole(data["seen"]),
        read=position.whole(data["read"]),
        told=position.texts(data["told"]),
    )


def _time(value: object) -> int | None:
    return None if value is None else position.whole(value)
