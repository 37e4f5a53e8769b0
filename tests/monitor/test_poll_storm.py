"""Polling loses nothing and counts nothing twice: 100,000 posts, crashes, shifting and lost pages.

The cursors are the real ones of X and Reddit; the platforms are lists in memory that grow while
they are read, on which posts are deleted, and that stop answering. The book is a dictionary that
writes a page whole or not at all. What was posted and not deleted is the only judge.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Protocol

import pytest

from connectors.base import (
    Ability,
    Author,
    Batch,
    Contact,
    Life,
    Mention,
    Problem,
    Receipt,
    Route,
    Way,
)
from connectors.errors import TryLater
from connectors.reddit import walk
from connectors.twitter import cursor
from monitor import poll
from responders.case import MentionId
from responders.verdict import Verdict

START = datetime(2026, 11, 1, tzinfo=UTC)
POSTS = 100_000
#: So many posts appear between two polls, at most; and between two pages of one.
BURST = 220
WHILE_READING = 7
STEP = timedelta(seconds=20)
AUTHOR = Author(id="a", handle="kim")
VERDICT = Verdict(angry=True)


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """When the process dies and the platform does not answer."""

    dice: Random
    rate: float
    crashes: int = 0

    def step(self) -> None:
        if self.dice.random() < self.rate:
            self.crashes += 1
            raise Crash

    def answer(self) -> None:
        if self.dice.random() < self.rate:
            raise TryLater("not now")


@dataclass
class Timeline:
    """Posts in the order in which they were written; some are gone again."""

    dice: Random
    times: list[datetime] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)

    def grow(self, most: int) -> None:
        for _ in range(min(self.dice.randrange(most + 1), POSTS - len(self.times))):
            self.times.append((self.times[-1] if self.times else START) + STEP)

    def delete(self, newest: int) -> None:
        """One of the newest posts is deleted: whoever remembers it as a mark remembers nothing."""
        if self.times:
            self.gone.add(len(self.times) - 1 - self.dice.randrange(min(newest, len(self.times))))

    def newest_first(self, below: int, count: int) -> list[int]:
        found: list[int] = []
        for number in range(min(below, len(self.times)) - 1, -1, -1):
            if len(found) == count:
                break
            if number not in self.gone:
                found.append(number)
        return found

    def mention(self, number: int) -> Mention:
        return Mention(
            platform="here",
            id=str(number),
            author=AUTHOR,
            text="late again",
            created_at=self.times[number],
        )


class Shows(Protocol):
    """The one part that differs between the platforms."""

    def page(self, at: str | None) -> Batch: ...


class Connector:
    """A platform whose every poll may fail, before or after it answered."""

    platform = "here"
    account = "acme"
    reliable_reads = True

    def __init__(self, fate: Fate, timeline: Timeline, shows: Shows) -> None:
        self._fate = fate
        self._timeline = timeline
        self._shows = shows

    def poll(self, cursor: str | None) -> Batch:
        self._fate.step()
        self._fate.answer()
        self._timeline.grow(WHILE_READING)
        batch = self._shows.page(cursor)
        self._fate.step()
        return batch

    def ability(self, mention: Mention, contact: Contact = Contact()) -> Ability:  # noqa: B008 - frozen
        return Ability(public=Way(route=Route.NONE), private=Way(route=Route.NONE))

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        raise AssertionError("nobody answers here")

    def message(self, author: Author, text: str, key: str) -> Receipt:
        raise AssertionError("nobody answers here")

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        raise AssertionError("nobody answers here")

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        raise AssertionError("nobody looks here")

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        raise AssertionError("nobody talks here")

    def retract(self, receipt: Receipt) -> None:
        raise AssertionError("nobody answers here")

    def check(self) -> Sequence[Problem]:
        return ()


class LikeX:
    """Pages by tokens, newest first, above a fixed id; the token holds while the list grows."""

    size = 100

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def page(self, at: str | None) -> Batch:
        place = cursor.load(at).mentions
        floor = int(place.since or -1) - 5  # the overlap of the real one
        below = int(place.token) if place.token is not None else len(self._timeline.times)
        found = [n for n in self._timeline.newest_first(below, self.size) if n > floor]
        more = len(found) == self.size and found[-1] - 1 > floor
        moved = place.after([str(n) for n in found], str(found[-1]) if more else None)
        return Batch(
            mentions=tuple(map(self._timeline.mention, found)),
            cursor=cursor.dump(cursor.Position(mentions=moved)),
            more=moved.token is not None,
        )


class LikeReddit:
    """Pages behind an item, newest first; behind a deleted item there is nothing, for ever."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def page(self, at: str | None) -> Batch:
        place = walk.load(at).places.get("new", walk.Place())
        found = self._listing(place.walk.after if place.walk else None)
        if not found and place.walk is not None:
            names = (place.walk.after, *place.walk.stand_ins)
            elsewhere = walk.deserted(place, [n for n in names if self._lives(n)])
            if elsewhere is not None:
                return self._batch(elsewhere, (), more=True)
        keys = tuple(f"t1_{n}" for n in found)
        page = walk.Page(
            keys=keys,
            created=tuple(self._timeline.times[n].timestamp() for n in found),
            after=keys[-1] if len(found) == walk.PAGE else None,
        )
        step = walk.step(place, "new", page)
        return self._batch(step.place, found, more=not step.done)

    def _listing(self, after: str | None) -> list[int]:
        if after is None:
            return self._timeline.newest_first(POSTS, walk.PAGE)
        if not self._lives(after):
            return []
        return self._timeline.newest_first(int(after.removeprefix("t1_")), walk.PAGE)

    def _lives(self, name: str) -> bool:
        return int(name.removeprefix("t1_")) not in self._timeline.gone

    def _batch(self, place: walk.Place, found: Sequence[int], *, more: bool) -> Batch:
        return Batch(
            mentions=tuple(map(self._timeline.mention, found)),
            cursor=walk.dump(walk.Position(turn="new", places={"new": place})),
            more=more,
        )


@dataclass(frozen=True, kw_only=True)
class Ingested:
    new: tuple[MentionId, ...]


class Book:
    """Posts and the cursor, in a database that survives the process: a page whole or not at all."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self._cursor: str | None = None
        self.stored: set[str] = set()
        self.counted = 0

    def cursor(self, brand: str, source: str) -> str | None:
        self._fate.step()
        return self._cursor

    def known(self, brand: str, platform: str, ids: Collection[str]) -> set[str]:
        self._fate.step()
        return self.stored & set(ids)

    def ingest(
        self,
        brand: str,
        source: str,
        judged: Sequence[tuple[Mention, Verdict | None]],
        cursor: str | None,
        now: datetime,
        *,
        file_since: datetime | None = None,
    ) -> Ingested:
        self._fate.step()
        self.stored.update(mention.id for mention, _ in judged)
        self.counted += len(judged)
        self._cursor = self._cursor if cursor is None else cursor
        self._fate.step()
        return Ingested(new=tuple(MentionId(int(mention.id)) for mention, _ in judged))


def judge(_mention: Mention) -> Verdict:
    return VERDICT


def read(connector: Connector, book: Book) -> bool:
    """One poll in one life; whether it came to its end."""
    try:
        for _ in poll.poll(
            connector, book, judge, brand="Acme", source="here", clock=lambda: START
        ):
            pass
    except (Crash, TryLater):
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("shows", [LikeX, LikeReddit])
def test_no_post_is_lost_and_none_is_counted_twice(
    shows: type[LikeX] | type[LikeReddit],
) -> None:
    dice = Random(7)
    fate, timeline = Fate(dice, rate=0.03), Timeline(dice)
    book = Book(fate)
    connector = Connector(fate, timeline, shows(timeline))

    while len(timeline.times) < POSTS:
        timeline.grow(BURST)
        timeline.delete(newest=300)
        read(connector, book)
    fate.rate = 0
    assert read(connector, book)

    standing = {str(number) for number in range(POSTS)} - {str(n) for n in timeline.gone}
    assert standing - book.stored == set()
    assert book.counted == len(book.stored)
    assert fate.crashes > 100
    assert timeline.gone


class Forgets(Book):
    """Remembers how far it was before it has what was there: a mutant."""

    def ingest(
        self,
        brand: str,
        source: str,
        judged: Sequence[tuple[Mention, Verdict | None]],
        cursor: str | None,
        now: datetime,
        *,
        file_since: datetime | None = None,
    ) -> Ingested:
        self._cursor = cursor
        return super().ingest(brand, source, judged, cursor, now, file_since=file_since)


def test_a_cursor_that_is_written_by_itself_is_caught_losing_posts() -> None:
    dice = Random(7)
    fate, timeline = Fate(dice, rate=0.05), Timeline(dice)
    book = Forgets(fate)
    connector = Connector(fate, timeline, LikeX(timeline))

    for _ in range(100):
        timeline.grow(BURST)
        read(connector, book)
    fate.rate = 0
    read(connector, book)

    assert len(book.stored) < len(timeline.times)
