"""Brands by the name that the settings give them; everything else belongs to one."""

from sqlalchemy import select

from monitor.store.engine import Database
from monitor.tables import brand


class Brands:
    """Names to row ids and back. Brands are few and never renamed, so both are remembered."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: dict[str, int] = {}

    def id(self, name: str) -> int:
        """The brand's row, made on first use. Opens a transaction: call it outside of one."""
        found = self.find(name)
        if found is None:
            with self._database.write() as connection:
                statement = self._database.insert(brand).values(name=name)
                connection.execute(statement.on_conflict_do_nothing())
            found = self.find(name)
        assert found is not None, "the row was made just now, and no brand is ever deleted"
        return found

    def find(self, name: str) -> int | None:
        """The brand's row, or None where nothing was ever stored for it."""
        if name not in self._ids:
            with self._database.read() as connection:
                found = connection.execute(select(brand.c.id).where(brand.c.name == name)).scalar()
            if found is None:
                return None
            self._ids[name] = found
        return self._ids[name]
