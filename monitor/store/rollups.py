"""Counts of public posts by quarter of an hour, written in the same transaction as the posts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, select

from connectors.base import Mention
from monitor.store.brands import Brands
from monitor.store.bulk import Bulk, stamp
from monitor.store.engine import Database
from monitor.store.rows import ENTRY, mention_of, verdict_of
from monitor.tables import brand, mention, rollup, storable, verdict
from responders.verdict import Verdict

#: Every time zone's midnight falls on a quarter of an hour, so a local day is a sum of buckets.
BUCKET_MINUTES = 15
#: From here on a text counts as negative or positive.
#: Source: README of vaderSentiment, section "About the Scoring", read 2026-11.
_NEUTRAL = 0.05
_REBUILD_CHUNK = 5000


class Band(StrEnum):
    """How posts sound, in three words."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many posts of one sort were written in the 15 minutes from `start` (aware UTC)."""

    start: datetime
    platform: str
    topic: str  #: "" where the judge was unsure
    band: Band
    language: str
    posts: int
    angry: int
    asks: int


class Tally:
    """Counts of some posts of one brand, to be added to the table in one go."""

    def __init__(self) -> None:
        self._counts: dict[tuple[datetime, str, str, Band, str], list[int]] = {}

    def add(self, post: Mention, judged: Verdict, sign: int = 1) -> None:
        """Count a post (or, with -1, count it no longer); ours and private ones never."""
        if not counted(post, judged):
            return
        place = (
            bucket(post.created_at),
            post.platform,
            judged.topic or "",
            band(judged),
            judged.language,
        )
        cell = self._counts.setdefault(place, [0, 0, 0])
        cell[0] += sign
        cell[1] += sign if judged.angry else 0
        cell[2] += sign if judged.asks else 0

    def rows(self) -> list[tuple[datetime, str, str, Band, str, int, int, int]]:
        """Place and counts of every cell that changes.

        Sorted: all writers take the rows' locks in one order, so that none waits in a circle.
        """
        return [
            (*place, posts, angry, asks)
            for place, (posts, angry, asks) in sorted(self._counts.items())
        ]


class Counter:
    """Adds tallies to the table."""

    def __init__(self, database: Database) -> None:
        self._database = database
        statement = database.insert(rollup)
        more = {name: rollup.c[name] + statement.excluded[name] for name in _COUNTS}
        upsert = statement.on_conflict_do_update(
            index_elements=rollup.primary_key.columns, set_=more
        )
        self._upsert = Bulk(database, upsert, (*(c.name for c in _KEY), *_COUNTS))

    def add(self, connection: Connection, brand_id: int, tally: Tally) -> None:
        """Add a brand's tally to what the table has."""
        rows = [
            (
                brand_id,
                stamp(self._database, start),
                storable(platform),
                storable(topic),
                sounds.value,
                storable(language),
                posts,
                angry,
                asks,
            )
            for start, platform, topic, sounds, language, posts, angry, asks in tally.rows()
        ]
        self._upsert.add(connection, rows)


_KEY = tuple(rollup.primary_key.columns)
_COUNTS = ("posts", "angry", "asks")


def counted(post: Mention, judged: Verdict) -> bool:
    """Whether a post is part of how people feel about the brand in public."""
    return judged.relevant and not post.private and not post.ours


def band(judged: Verdict) -> Band:
    """Negative where flagged as angry or where VADER says so; else as VADER says."""
    if judged.angry or judged.compound <= -_NEUTRAL:
        return Band.NEGATIVE
    return Band.POSITIVE if judged.compound >= _NEUTRAL else Band.NEUTRAL


def bucket(at: datetime) -> datetime:
    """The start of the quarter of an hour, UTC."""
    utc = at.astimezone(UTC)
    return utc.replace(
        minute=utc.minute // BUCKET_MINUTES * BUCKET_MINUTES, second=0, microsecond=0
    )


class Rollups:
    """What the digest is made from."""

    def __init__(self, database: Database, brands: Brands) -> None:
        self._database = database
        self._brands = brands
        self._counter = Counter(database)

    def between(self, brand_name: str, start: datetime, end: datetime) -> tuple[Count, ...]:
        """The counts of [start, end), oldest first; both should be quarters of an hour."""
        query = (
            select(rollup)
            .where(
                rollup.c.brand_id == self._brands.find(brand_name),
                rollup.c.start >= start,
                rollup.c.start < end,
                rollup.c.posts > 0,
            )
            .order_by(*_KEY)
        )
        with self._database.read() as connection:
            return tuple(
                Count(
                    start=row.start,
                    platform=row.platform,
                    topic=row.topic,
                    band=Band(row.band),
                    language=row.language,
                    posts=row.posts,
                    angry=row.angry,
                    asks=row.asks,
                )
                for row in connection.execute(query)
            )

    def rebuild(self) -> None:
        """Count everything once more from the rows; nobody else stores meanwhile."""
        with self._database.write() as connection:
            brand_ids = connection.execute(select(brand.c.id).order_by(brand.c.id)).scalars().all()
            for brand_id in brand_ids:
                self._database.lock(connection, brand_id)
            connection.execute(delete(rollup))
            for brand_id in brand_ids:
                tally = Tally()
                for post, judged in _judged(connection, brand_id):
                    tally.add(post, judged)
                self._counter.add(connection, brand_id, tally)


def _judged(connection: Connection, brand_id: int) -> Iterator[tuple[Mention, Verdict]]:
    last = 0
    while True:
        query = (
            select(*ENTRY)
            .join_from(mention, verdict, verdict.c.mention_id == mention.c.id)
            .where(mention.c.brand_id == brand_id, mention.c.id > last)
            .order_by(mention.c.id)
            .limit(_REBUILD_CHUNK)
        )
        rows = connection.execute(query).all()
        for row in rows:
            judged = verdict_of(row)
            assert judged is not None, "the join leaves no mention without a verdict"
            yield mention_of(row), judged
            last = row.id
        if len(rows) < _REBUILD_CHUNK:
            return
