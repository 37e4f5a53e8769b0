"""Connector + cursor -> new mentions, judged and stored with the next cursor.

Posts are judged before the write begins, and each page is written with its cursor in one
transaction: a crash loses no post and counts none twice. A post that cannot be judged is stored
without a verdict and tried again later; it never holds up its platform.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.base import Batch, Connector, Mention, Rewinds
from connectors.errors import BadPayload
from monitor.clock import Clock
from responders.case import MentionId
from responders.verdict import Verdict

log = logging.getLogger(__name__)

#: Pages of one poll. A platform that always says "more" must not hold up the others; the rest
#: comes with the next poll, from the stored cursor.
MAX_PAGES = 200


class Ingested(Protocol):
    """What the store says of a page."""

    @property
    def new(self) -> tuple[MentionId, ...]:
        """The ids of what was not stored before."""


class MentionBook(Protocol):
    """What polling needs of the store."""

    def cursor(self, brand: str, source: str) -> str | None:
        """Where the last page ended; None before the first."""

    def known(self, brand: str, platform: str, ids: Collection[str]) -> set[str]:
        """Which of these posts are stored already."""

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
        """Store a page with its verdicts, counts and cursor in one transaction.

        Posts from before `file_since` are counted and need no person; a `cursor` of None leaves
        the stored one where it is.
        """


#: Gives many posts their verdicts, in order.
JudgePage = Callable[[Sequence[Mention]], Sequence[Verdict]]
#: Posts that are judged together.
AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class Page:
    """What one page of a poll brought."""

    read: int
    new: tuple[MentionId, ...]
    bad: tuple[BadPayload, ...] = ()  #: could not be read and were left out


def poll(
    connector: Connector,
    book: MentionBook,
    judge: Callable[[Mention], Verdict],
    *,
    brand: str,
    source: str,
    clock: Clock,
    first: Callable[[Mention], None] = lambda _mention: None,
    file_since: datetime | None = None,
    page: JudgePage | None = None,
) -> Iterator[Page]:
    """Read everything that is new, page by page; each page is stored when it is yielded.

    Args:
        connector: The platform.
        book: Where posts are kept.
        judge: Gives each post its verdict.
        brand: Whose posts they are.
        source: The platform's name in the settings.
        clock: Gives the present moment.
        first: Called with each new post before it is stored; may be called again after a crash.
        file_since: Older posts are stored and counted, and become no cases.
        page: Gives many posts their verdicts at once, which is faster.

    Raises:
        TryLater: the platform cannot answer; what was yielded so far is stored.
        SetupError: a person must mend something.
    """
    cursor = book.cursor(brand, source)
    for _ in range(MAX_PAGES):
        batch = connector.poll(cursor)
        fresh = _fresh(batch, book, brand)
        for mention in fresh:
            first(mention)
        judged = list(zip(fresh, verdicts(judge, page, fresh), strict=True))
        new = book.ingest(brand, source, judged, batch.cursor, clock(), file_since=file_since).new
        yield Page(read=len(batch.mentions), new=new, bad=batch.bad)
        if not batch.more:
            return
        cursor = batch.cursor
    log.warning("%s: over %d pages in one poll; the rest comes with the next", source, MAX_PAGES)


def read_back(
    connector: Connector,
    book: MentionBook,
    judge: Callable[[Mention], Verdict],
    *,
    brand: str,
    source: str,
    clock: Clock,
    since: datetime,
    until: datetime,
    file_since: datetime | None = None,
    page: JudgePage | None = None,
) -> Iterator[Page]:
    """Read once more what was written in [since, until); what is new there had been missed.

    Goes its own way beside `poll`: the stored cursor stays where it is.

    Raises:
        TryLater: the platform cannot answer; what was yielded so far is stored.
        SetupError: a person must mend something.
    """
    cursor = connector.cursor_at(since) if isinstance(connector, Rewinds) else None
    for _ in range(MAX_PAGES):
        batch = connector.poll(cursor)
        wanted = [m for m in _fresh(batch, book, brand) if since <= m.created_at < until]
        judged = list(zip(wanted, verdicts(judge, page, wanted), strict=True))
        new = book.ingest(brand, source, judged, None, clock(), file_since=file_since).new
        yield Page(read=len(batch.mentions), new=new, bad=batch.bad)
        if not batch.more:
            return
        cursor = batch.cursor
    log.warning("%s: over %d pages read back; what lies behind is left out", source, MAX_PAGES)


def _fresh(batch: Batch, book: MentionBook, brand: str) -> list[Mention]:
    """The posts of a page that are not stored yet, each once."""
    by_platform: dict[str, dict[str, Mention]] = {}
    for mention in batch.mentions:
        by_platform.setdefault(mention.platform, {})[mention.id] = mention
    fresh: list[Mention] = []
    for platform, mentions in by_platform.items():
        known = book.known(brand, platform, mentions.keys())
        fresh += [mention for post, mention in mentions.items() if post not in known]
    return fresh


def verdicts(
    judge: Callable[[Mention], Verdict], page: JudgePage | None, mentions: Sequence[Mention]
) -> list[Verdict | None]:
    """The judge's words on posts, in order; None for each on which it failed."""
    if page is None:
        return [verdict(judge, mention) for mention in mentions]
    judged: list[Verdict | None] = []
    for start in range(0, len(mentions), AT_ONCE):
        chunk = mentions[start : start + AT_ONCE]
        try:
            judged += page(chunk)
        except Exception:  # one of them is poisonous: the others are judged apart from it
            told = "%d posts could not be judged together; each is judged alone"
            log.warning(told, len(chunk), exc_info=True)
            judged += [verdict(judge, mention) for mention in chunk]
    return judged


def verdict(judge: Callable[[Mention], Verdict], mention: Mention) -> Verdict | None:
    """The judge's word, or None where it failed: the post is stored and judged again later."""
    try:
        return judge(mention)
    except Exception:  # one poisonous post never blocks a platform
        log.exception(
            "%s post %s could not be judged; it is stored and tried again later",
            mention.platform,
            mention.id,
        )
        return None
