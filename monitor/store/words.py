"""What people said of verdicts, and what sent texts promised."""

from datetime import datetime

from sqlalchemy import and_, select, text, update

from connectors.base import Mention
from monitor.store.brands import Brands
from monitor.store.engine import Database
from monitor.store.rows import ENTRY, mention_of
from monitor.tables import UNKEPT, label, mention, promise, verdict
from responders.case import CaseId, MentionId, Promise
from responders.verdict import Label, LabelWord


class Labels:
    """The book of labels, from which the judge can learn."""

    def __init__(self, database: Database, brands: Brands) -> None:
        self._database = database
        self._brands = brands

    def add(self, said: Label) -> None:
        """Keep a label that comes with no change of a case.

        Raises:
            KeyError: there is no such mention.
        """
        of = mention.c.id == said.mention_id
        with self._database.write() as connection:
            brand_id = connection.execute(select(mention.c.brand_id).where(of)).scalar()
            if brand_id is None:
                raise KeyError(f"there is no mention {said.mention_id}")
            connection.execute(
                label.insert().values(
                    brand_id=brand_id,
                    mention_id=said.mention_id,
                    word=said.word.value,
                    by=said.by,
                    at=said.at,
                )
            )

    def all(self, brand_name: str) -> tuple[tuple[Label, Mention], ...]:
        """Every label with the post that it is about, oldest first; erased posts have no text."""
        query = (
            select(label.c.word, label.c.by, label.c.at, *ENTRY)
            .join_from(label, mention, mention.c.id == label.c.mention_id)
            .outerjoin(verdict, verdict.c.mention_id == mention.c.id)
            .where(label.c.brand_id == self._brands.find(brand_name))
            .order_by(label.c.id)
        )
        with self._database.read() as connection:
            return tuple(
                (
                    Label(
                        mention_id=MentionId(row.id),
                        word=LabelWord(row.word),
                        by=row.by,
                        at=row.at,
                    ),
                    mention_of(row),
                )
                for row in connection.execute(query)
            )


class Promises:
    """The book of commitments; `Cases.save` adds to it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: datetime, limit: int = 200) -> tuple[Promise, ...]:
        """Promises that were to be kept by now and were not, the oldest first."""
        query = select(promise).where(text(UNKEPT), promise.c.due_at <= now)
        query = query.order_by(promise.c.due_at, promise.c.id).limit(limit)
        with self._database.read() as connection:
            return tuple(
                Promise(
                    case_id=CaseId(row.case_id),
                    words=row.words,
                    due_at=row.due_at,
                    owner=row.owner,
                )
                for row in connection.execute(query)
            )

    def keep(self, kept: Promise, now: datetime) -> None:
        """Mark a promise as kept; a second time changes nothing."""
        same = and_(
            promise.c.case_id == kept.case_id,
            promise.c.words == kept.words,
            promise.c.due_at == kept.due_at,
            text(UNKEPT),
        )
        with self._database.write() as connection:
            connection.execute(update(promise).where(same).values(kept_at=now))
