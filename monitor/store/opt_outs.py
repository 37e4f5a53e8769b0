"""Who asked us to write no more. Kept under a pseudonym: it outlives the person's erasure."""

import json
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from monitor.store.brands import Brands
from monitor.store.engine import Database
from monitor.store.pseudonym import make_salt, pseudonym, salt
from monitor.tables import brand, mention, meta

_KEY = "opt_out"


class OptOuts:
    """The book of those who are left alone, by brand and platform."""

    def __init__(self, database: Database, brands: Brands) -> None:
        self._database = database
        self._brands = brands

    def add(self, brand_name: str, platform: str, author_id: str, at: datetime) -> bool:
        """Leave an author alone from now on; False where that is so already."""
        brand_id = self._brands.id(brand_name)
        with self._database.write() as connection:
            spice = make_salt(connection, self._database)
            values = {
                "key": _key(spice, brand_id, platform, author_id),
                "value": json.dumps({"at": at.isoformat()}),
            }
            made = self._database.insert(meta).values(values).on_conflict_do_nothing()
            return connection.execute(made.returning(meta.c.key)).scalar() is not None

    def since(self, brand_name: str, platform: str, author_id: str) -> datetime | None:
        """Since when the author is left alone; None: they never asked."""
        brand_id = self._brands.find(brand_name)
        if brand_id is None:
            return None
        with self._database.read() as connection:
            spice = salt(connection)
            if spice is None:
                return None
            of = meta.c.key == _key(spice, brand_id, platform, author_id)
            found = connection.execute(select(meta.c.value).where(of)).scalar()
        return None if found is None else datetime.fromisoformat(json.loads(found)["at"])

    def authors(self, platform: str, who: str) -> tuple[tuple[str, str], ...]:
        """Brand and author id of everybody who goes, or went, by that handle or id there."""
        query = (
            select(brand.c.name, mention.c.author_id)
            .join(brand, brand.c.id == mention.c.brand_id)
            .where(_named(platform, who))
            .distinct()
            .order_by(brand.c.name, mention.c.author_id)
        )
        with self._database.read() as connection:
            return tuple((row[0], row[1]) for row in connection.execute(query))

    def undo(self, brand_name: str, platform: str, author_id: str) -> bool:
        """Write to the author again; False where they never asked us not to."""
        brand_id = self._brands.id(brand_name)
        with self._database.write() as connection:
            spice = make_salt(connection, self._database)
            of = meta.c.key == _key(spice, brand_id, platform, author_id)
            return connection.execute(delete(meta).where(of)).rowcount > 0


def _key(spice: str, brand_id: int, platform: str, author_id: str) -> str:
    return f"{_KEY}:{brand_id}:{pseudonym(spice, platform, author_id)}"


def _named(platform: str, who: str) -> ColumnElement[bool]:
    return and_(
        mention.c.platform == platform,
        mention.c.ours.is_(False),
        mention.c.author_id != "",
        or_(func.lower(mention.c.handle) == who.lower(), mention.c.author_id == who),
    )
