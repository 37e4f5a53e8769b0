"""What was deleted on its platform is deleted here too, as the platforms' rules ask.

Sources: docs.x.com, developer policy, 2026-08-22 (within a day); support.reddithelp.com
16160319875092 (deleted posts and comments), read 2026-11.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

from connectors.base import Connector, Life, Mention
from connectors.errors import Unsupported
from monitor.clock import Clock
from responders.case import MentionId

log = logging.getLogger(__name__)

#: Twice a day: a post is erased when two looks have not found it, so within a day.
EVERY = timedelta(hours=12)
#: Posts are looked at for so long; on a platform that bills each post that is read for less.
BACK, BILLED_BACK = timedelta(days=30), timedelta(days=2)
#: Of one source, the newest first; and so many with one call of the connector.
MOST, AT_ONCE = 5_000, 200
#: Where more than half of so many are gone at once, the platform or our login is out of order; so
#: it is where all are gone, of however few.
ENOUGH_TO_DOUBT = 10


class Book(Protocol):
    """What is needed of the store."""

    def lately(
        self, brand: str, source: str, since: datetime, limit: int
    ) -> Sequence[tuple[MentionId, Mention]]:
        """Public posts of others that a source brought and that are not erased, newest first."""


class Eraser(Protocol):
    """What erases."""

    def __call__(self, mention_ids: Collection[MentionId], now: datetime, /) -> int:
        """Erase these posts; how many."""


class Notes(Protocol):
    """Where the last look is noted."""

    def get(self, key: str) -> str | None:
        """What was noted, or None."""

    def put(self, key: str, value: str) -> None:
        """Note it."""


class Purse(Protocol):
    """What platforms that bill their calls may still cost."""

    def standing(self, source: str) -> object | None:
        """None where the source bills nothing."""

    def require_reading(self, source: str) -> None:
        """Raises TryLater where the money for reading is used up."""

    def note(self) -> None:
        """Write down what was spent."""


@dataclass(frozen=True, kw_only=True)
class Last:
    """The last look. Its note is a time and numbers: "2026-11-22T08:00:00+00:00 17,23"."""

    at: datetime
    missed: frozenset[MentionId] = frozenset()  #: what it did not find

    @classmethod
    def read(cls, noted: str) -> Self:
        """The look of a note."""
        at, _, missed = noted.partition(" ")
        ids = frozenset(MentionId(int(one)) for one in missed.split(",") if one)
        return cls(at=datetime.fromisoformat(at), missed=ids)

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {','.join(map(str, sorted(self.missed)))}".rstrip()


def doubtful(gone: int, looked_at: int) -> bool:
    """Whether so many posts are hardly gone all at once."""
    if looked_at >= ENOUGH_TO_DOUBT:
        return 2 * gone > looked_at
    return 2 <= gone == looked_at


class Deletions:
    """The look for what was deleted, one source at a time."""

    def __init__(
        self,
        book: Book,
        erase: Eraser,
        notes: Notes,
        purse: Purse,
        *,
        connectors: Mapping[str, Connector],
        brands: Mapping[str, str],
        clock: Clock,
        left_alone: Collection[str] = (),
    ) -> None:
        """Looks at nothing yet.

        Args:
            book: The stored posts.
            erase: Erases some of them.
            notes: Where the last look is noted.
            purse: What may be spent.
            connectors: By source.
            brands: The brand that a source's posts belong to.
            clock: Gives the present moment.
            left_alone: Sources that bill each look, and where nobody wants to pay for it.
        """
        self._book = book
        self._erase = erase
        self._notes = notes
        self._purse = purse
        self._connectors = connectors
        self._brands = brands
        self._clock = clock
        self._left_alone = frozenset(left_alone)

    def due(self, source: str) -> bool:
        """Whether it is looked at at all, and the last look was long enough ago."""
        if source in self._left_alone:
            return False
        last = self._last(source)
        return last is None or self._clock() - last.at >= EVERY

    def look(self, source: str) -> int:
        """Look at the posts of a source, and erase what was gone the last time too; how many.

        Raises:
            TryLater: the platform cannot answer, or the money for reading is used up.
            SetupError: a person must mend something.
        """
        now = self._clock()
        billed = self._purse.standing(source) is not None
        since = now - (BILLED_BACK if billed else BACK)
        posts = dict(self._book.lately(self._brands[source], source, since, MOST))
        try:
            gone = frozenset(self._gone(source, posts))
        except Unsupported:
            gone = frozenset()  # Telegram and mailboxes show nothing twice
        if doubtful(len(gone), len(posts)):
            log.warning(
                "%s: %d of %d posts are said to be gone; that is not believed, and nothing erased",
                source,
                len(gone),
                len(posts),
            )
            gone = frozenset()
        last = self._last(source)
        surely = gone & last.missed if last is not None else frozenset()
        erased = self._erase(surely, now) if surely else 0
        if erased:
            log.info("%s: %d posts were deleted there and are erased here", source, erased)
        # What could not be erased yet is among them; what was erased is looked at no more.
        self._notes.put(_key(source), str(Last(at=now, missed=gone)))
        return erased

    def _last(self, source: str) -> Last | None:
        noted = self._notes.get(_key(source))
        return None if noted is None else Last.read(noted)

    def _gone(self, source: str, posts: Mapping[MentionId, Mention]) -> Iterator[MentionId]:
        """Those that the platform no longer shows."""
        ids = list(posts)
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            self._purse.require_reading(source)
            try:
                lives = self._connectors[source].look([posts[one] for one in some])
            finally:
                self._purse.note()
            yield from (one for one in some if lives.get(posts[one].id) is Life.GONE)


def _key(source: str) -> str:
    return f"looked for deletions:{source}"
