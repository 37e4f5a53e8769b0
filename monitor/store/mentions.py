"""Posts with their verdicts, and how far each source was read."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select, update

from connectors.base import Mention
from monitor.store.brands import Brands
from monitor.store.bulk import Bulk, stamp
from monitor.store.engine import Database
from monitor.store.pseudonym import pseudonym, salt
from monitor.store.rollups import Counter, Tally
from monitor.store.rows import ENTRY, Found, entry_of, mention_of, strings, verdict_of
from monitor.tables import audit, brand, case, case_mention, cursor, mention, storable, verdict
from responders.case import Entry, MentionId
from responders.verdict import Verdict

#: Ids in one question; SQLite takes 32,766 values in a statement, PostgreSQL 65,535.
_ASK = 5000

#: What `_mention_row` and `_verdict_row` give, in the order of the tables.
_MENTION = [column.name for column in mention.c if column.name not in {"id", "erased_at"}]
_VERDICT = [column.name for column in verdict.c]


#: Sources with this beginning are conversations of single cases, not polls of a platform.
CONVERSATION = "case:"


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What was new in a page, in the page's order."""

    new: tuple[MentionId, ...] = ()


class Mentions:
    """The book of posts."""

    def __init__(self, database: Database, brands: Brands) -> None:
        self._database = database
        self._brands = brands
        new_mention = database.insert(mention).on_conflict_do_nothing()
        self._insert_mentions = Bulk(database, new_mention, _MENTION)
        self._insert_verdicts = Bulk(database, database.insert(verdict), _VERDICT)
        self._counter = Counter(database)

    def known(self, brand_name: str, platform: str, ids: Collection[str]) -> set[str]:
        """Which of these posts are stored, erased ones included."""
        brand_id = self._brands.find(brand_name)
        if brand_id is None:
            return set()
        with self._database.read() as connection:
            spice = salt(connection)
            asked = {storable(post_id): post_id for post_id in ids}
            if spice is not None:
                asked |= {pseudonym(spice, platform, post_id): post_id for post_id in ids}
            return {asked[found] for found in _stored(connection, brand_id, platform, asked)}

    def ingest(
        self,
        brand_name: str,
        source: str,
        judged: Sequence[tuple[Mention, Verdict | None]],
        cursor: str | None,
        now: datetime,
        *,
        file_since: datetime | None = None,
    ) -> Ingested:
        """Store a page: posts, verdicts, counts and the next cursor in one transaction.

        Posts from before `file_since` are stored and counted, and become no cases.

        Posts that are stored already, erased ones included, stay as they are and are counted no
        second time. A `cursor` of None leaves the stored one where it is; a source that begins
        with `CONVERSATION` has none.

        Raises:
            ValueError: a time without a zone; nothing was stored.
        """
        brand_id = self._brands.id(brand_name)
        stored_at = stamp(self._database, now)
        with self._database.write() as connection:
            ids: dict[tuple[str, str], MentionId] = {}
            if judged:  # most polls bring nothing, and then the place alone is written
                # One page of a brand at a time: two would wait for each other's rows in a circle.
                self._database.lock(connection, brand_id)
                ids = self._add(connection, brand_id, source, judged, stored_at, file_since)
            if not source.startswith(CONVERSATION):
                self._write_cursor(connection, brand_id, source, cursor, now)
        return Ingested(new=tuple(ids.values()))

    def mention(self, mention_id: MentionId) -> tuple[Entry, str]:
        """The post with its verdict, and its brand's name.

        Raises:
            KeyError: there is no such post.
        """
        return self._one(mention.c.id == mention_id, f"there is no mention {mention_id}")

    def of_post(self, brand_name: str, platform: str, post_id: str) -> Entry:
        """The post that the platform calls by this id.

        Raises:
            KeyError: it was never stored, or it was erased.
        """
        condition = and_(
            mention.c.brand_id == self._brands.find(brand_name),
            mention.c.platform == platform,
            mention.c.post_id == post_id,
            mention.c.erased_at.is_(None),
        )
        entry, _ = self._one(condition, f"{platform} post {post_id} is not stored")
        return entry

    def unheard(
        self, brand_name: str, platform: str, author_id: str, since: datetime
    ) -> tuple[Entry, ...]:
        """What a person wrote to us in private since then that no case has heard, oldest first."""
        query = (
            select(*ENTRY)
            .join_from(mention, verdict, verdict.c.mention_id == mention.c.id, isouter=True)
            .where(
                mention.c.brand_id == self._brands.find(brand_name),
                mention.c.platform == platform,
                mention.c.author_id == author_id,
                mention.c.author_id != "",  # those of whom nothing is known are not one person
                mention.c.private.is_(True),
                mention.c.created_at >= since,
                mention.c.ours.is_(False),
                mention.c.erased_at.is_(None),
                ~exists().where(case_mention.c.mention_id == mention.c.id),
            )
            .order_by(mention.c.created_at, mention.c.id)
        )
        with self._database.read() as connection:
            return tuple(entry_of(row, 1) for row in connection.execute(query))

    def lately(
        self, brand_name: str, source: str, since: datetime, limit: int
    ) -> tuple[tuple[MentionId, Mention], ...]:
        """Public posts of others that a source brought since then, newest first."""
        query = (
            select(mention)
            .where(
                mention.c.brand_id == self._brands.find(brand_name),
                mention.c.source == source,
                mention.c.created_at >= since,
                mention.c.private.is_(False),
                mention.c.ours.is_(False),
                mention.c.erased_at.is_(None),
            )
            .order_by(mention.c.id.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple((MentionId(row.id), mention_of(row)) for row in connection.execute(query))

    def unjudged(self, limit: int = 200) -> tuple[MentionId, ...]:
        """Posts that could not be judged yet, oldest first."""
        query = select(mention.c.id).where(mention.c.judged.is_(False))
        return self._listed(query.order_by(mention.c.id).limit(limit))

    def unfiled(self, limit: int = 200) -> tuple[MentionId, ...]:
        """Public posts that need a person and belong to no case yet, oldest first."""
        query = select(verdict.c.mention_id).where(
            verdict.c.unfiled.is_(True),
            # The flag may lag where a post was filed and judged anew at the same moment.
            ~exists().where(case_mention.c.mention_id == verdict.c.mention_id),
        )
        return self._listed(query.order_by(verdict.c.mention_id).limit(limit))

    def set_verdict(
        self,
        mention_id: MentionId,
        judged: Verdict,
        now: datetime,
        *,
        file_since: datetime | None = None,
    ) -> None:
        """Give a post its verdict, or another one; it is counted once, under the newest.

        A post from before `file_since` becomes no case.

        A case that holds the post is drawn again. An erased post is left alone.

        Raises:
            KeyError: there is no such post.
        """
        with self._database.write() as connection:
            # As in every writer of counts: the brand first, then its rows.
            self._database.lock(connection, _brand_of(connection, mention_id))
            row = _locked(connection, mention_id)
            if row.erased_at is not None:
                return
            case_id = _case_of(connection, mention_id)
            if case_id is not None:
                _tell_case(connection, case_id, row.brand_id, judged, now)
            post = mention_of(row)
            tally = Tally()
            before = verdict_of(row)
            if before is not None:
                tally.add(post, before, -1)
            tally.add(post, judged)
            self._counter.add(connection, row.brand_id, tally)
            old = file_since is not None and post.created_at < file_since
            values = dict(
                zip(
                    _VERDICT,
                    _verdict_row(mention_id, row.brand_id, post, judged, None, old=old),
                    strict=True,
                )
            )
            values |= {"unfiled": values["unfiled"] and case_id is None, "judged_at": now}
            statement = self._database.insert(verdict).values(values)
            connection.execute(
                statement.on_conflict_do_update(index_elements=[verdict.c.mention_id], set_=values)
            )
            connection.execute(
                update(mention).where(mention.c.id == mention_id).values(judged=True)
            )

    def cursor(self, brand_name: str, source: str) -> str | None:
        """Where the last page of this source ended; None before the first."""
        return self._cursor(brand_name, source)[0]

    def seen_at(self, brand_name: str, source: str) -> datetime | None:
        """When this source was last read with success; None: never."""
        return self._cursor(brand_name, source)[1]

    def sources(self, brand_name: str) -> tuple[tuple[str, datetime], ...]:
        """Every source that was ever read for a brand, and when it last was, by name."""
        query = (
            select(cursor.c.source, cursor.c.seen_at)
            .where(cursor.c.brand_id == self._brands.find(brand_name))
            .order_by(cursor.c.source)
        )
        with self._database.read() as connection:
            return tuple((row.source, row.seen_at) for row in connection.execute(query))

    def _cursor(self, brand_name: str, source: str) -> tuple[str | None, datetime | None]:
        query = select(cursor.c.cursor, cursor.c.seen_at).where(
            cursor.c.brand_id == self._brands.find(brand_name), cursor.c.source == source
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return (None, None) if row is None else (row.cursor, row.seen_at)

    def _listed(self, query: Select[tuple[Any]]) -> tuple[MentionId, ...]:
        with self._database.read() as connection:
            return tuple(MentionId(found) for found in connection.execute(query).scalars())

    def _one(self, condition: ColumnElement[bool], missing: str) -> tuple[Entry, str]:
        query = (
            select(*ENTRY, case_mention.c.round, brand.c.name.label("brand_name"))
            .join_from(mention, verdict, verdict.c.mention_id == mention.c.id, isouter=True)
            .outerjoin(case_mention, case_mention.c.mention_id == mention.c.id)
            .join(brand, brand.c.id == mention.c.brand_id)
            .where(condition)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise KeyError(missing)
        return entry_of(row, row.round or 1), row.brand_name

    def _add(
        self,
        connection: Connection,
        brand_id: int,
        source: str,
        judged: Sequence[tuple[Mention, Verdict | None]],
        stored_at: object,
        file_since: datetime | None,
    ) -> dict[tuple[str, str], MentionId]:
        """Add the posts that are new, with their verdicts and counts; their ids."""
        rows = [self._mention_row(brand_id, source, post, word, stored_at) for post, word in judged]
        newest = connection.execute(select(func.max(mention.c.id))).scalar() or 0
        erased = _erased(connection, brand_id, [post for post, _ in judged])
        self._insert_mentions.add(
            connection,
            rows if not erased else [row for row in rows if (row[1], row[2]) not in erased],
        )
        ids = _ids_after(connection, brand_id, newest)
        self._write_verdicts(connection, brand_id, judged, ids, stored_at, file_since)
        return ids

    def _mention_row(
        self, brand_id: int, source: str, post: Mention, judged: Verdict | None, stored_at: object
    ) -> tuple[object, ...]:
        author = post.author
        return (
            brand_id,
            storable(post.platform),
            storable(post.id),
            storable(author.id),
            storable(author.handle),
            storable(author.name),
            author.url and storable(author.url),
            author.followers,
            author.open_to_messages,
            storable(post.text),
            stamp(self._database, post.created_at),
            post.url and storable(post.url),
            post.in_reply_to and storable(post.in_reply_to),
            post.thread and storable(post.thread),
            post.parent_text and storable(post.parent_text),
            post.language and storable(post.language),
            post.addressed,
            post.replies_open,
            post.private,
            post.ours,
            judged is not None or post.ours,
            source,
            stored_at,
        )

    def _write_verdicts(
        self,
        connection: Connection,
        brand_id: int,
        judged: Sequence[tuple[Mention, Verdict | None]],
        ids: dict[tuple[str, str], MentionId],
        now: object,
        file_since: datetime | None,
    ) -> None:
        waiting = dict(ids)
        tally = Tally()
        rows = []
        for post, word in judged:
            mention_id = waiting.pop((storable(post.platform), storable(post.id)), None)
            if mention_id is not None and word is not None:
                tally.add(post, word)
                old = file_since is not None and post.created_at < file_since
                rows.append(_verdict_row(mention_id, brand_id, post, word, now, old=old))
        self._insert_verdicts.add(connection, rows)
        self._counter.add(connection, brand_id, tally)

    def _write_cursor(
        self,
        connection: Connection,
        brand_id: int,
        source: str,
        at: str | None,
        now: datetime,
    ) -> None:
        values = {"brand_id": brand_id, "source": source, "cursor": at, "seen_at": now}
        statement = self._database.insert(cursor).values(values)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=cursor.primary_key.columns,
                set_={"seen_at": now} if at is None else {"cursor": at, "seen_at": now},
            )
        )


def _verdict_row(
    mention_id: MentionId,
    brand_id: int,
    post: Mention,
    judged: Verdict,
    now: object,
    *,
    old: bool = False,
) -> tuple[object, ...]:
    return (
        mention_id,
        brand_id,
        storable(judged.language),
        judged.compound,
        judged.complaint,
        judged.angry,
        judged.topic and storable(judged.topic),
        judged.asks,
        judged.relevant,
        strings(judged.red_flags),
        strings(judged.why),
        judged.needs_person and not post.private and not post.ours and not old,
        now,
        strings(judged.doubts),
        json.dumps(judged.matters),
    )


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    source = iter(ids)
    while chunk := list(islice(source, _ASK)):
        yield chunk


def _stored(
    connection: Connection, brand_id: int, platform: str, ids: Iterable[str]
) -> Iterator[str]:
    for chunk in _chunks(ids):
        query = select(mention.c.post_id).where(
            mention.c.brand_id == brand_id,
            mention.c.platform == platform,
            mention.c.post_id.in_(chunk),
        )
        yield from connection.execute(query).scalars()


def _erased(
    connection: Connection, brand_id: int, posts: Iterable[Mention]
) -> set[tuple[str, str]]:
    """Those of the posts, by platform and id, that were erased and must not come back."""
    spice = salt(connection)
    if spice is None:
        return set()
    by_platform: dict[str, dict[str, str]] = {}
    for post in posts:
        stand_in = pseudonym(spice, post.platform, post.id)
        by_platform.setdefault(post.platform, {})[stand_in] = storable(post.id)
    return {
        (storable(platform), stand_ins[found])
        for platform, stand_ins in by_platform.items()
        for found in _stored(connection, brand_id, platform, stand_ins)
    }


def _ids_after(
    connection: Connection, brand_id: int, newest: int
) -> dict[tuple[str, str], MentionId]:
    """What this transaction inserted: nobody else adds to the brand before it ends."""
    query = (
        select(mention.c.platform, mention.c.post_id, mention.c.id)
        .where(mention.c.id > newest, mention.c.brand_id == brand_id)
        .order_by(mention.c.id)
    )
    return {(row[0], row[1]): MentionId(row[2]) for row in connection.execute(query)}


def _brand_of(connection: Connection, mention_id: MentionId) -> int:
    query = select(mention.c.brand_id).where(mention.c.id == mention_id)
    found = connection.execute(query).scalar()
    if found is None:
        raise KeyError(f"there is no mention {mention_id}")
    return int(found)


def _locked(connection: Connection, mention_id: MentionId) -> Found:
    query = (
        select(*ENTRY)
        .join_from(mention, verdict, verdict.c.mention_id == mention.c.id, isouter=True)
        .where(mention.c.id == mention_id)
        .with_for_update(of=mention, key_share=True)
    )
    return connection.execute(query).one()


def _case_of(connection: Connection, mention_id: MentionId) -> int | None:
    query = select(case_mention.c.case_id).where(case_mention.c.mention_id == mention_id)
    return connection.execute(query).scalar()


def _tell_case(
    connection: Connection, case_id: int, brand_id: int, judged: Verdict, now: datetime
) -> None:
    values: dict[str, object] = {"revision": case.c.revision + 1, "touched_at": now}
    if judged.red_flags:
        values["red"] = True
    connection.execute(update(case).where(case.c.id == case_id).values(values))
    connection.execute(
        audit.insert().values(
            brand_id=brand_id,
            case_id=case_id,
            at=now,
            what="judged",
            by="rejudge",
            was="",
            now="",
            hash="",
            detail="",
        )
    )
