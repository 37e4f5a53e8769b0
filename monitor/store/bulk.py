"""The same INSERT for many rows, without building it anew for each of them.

SQLAlchemy takes its time over every value of every row; a page of posts has ten thousand values.
The statement is still SQLAlchemy's, compiled once; what it would convert comes converted.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Insert

from monitor.store.engine import Database
from monitor.tables import moment


class Bulk:
    """Runs one INSERT for many rows.

    Args:
        database: Where to.
        statement: What to do with each row.
        columns: In the order of the values of each row.
    """

    def __init__(self, database: Database, statement: Insert, columns: Sequence[str]) -> None:
        self._columns = tuple(columns)
        compiled = statement.inline().compile(
            dialect=database.engine.dialect, column_keys=self._columns
        )
        self._sql = str(compiled)
        self._positional = database.sqlite

    def add(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Insert these rows. Texts must be `storable` and times as the `stamp` makes them."""
        if not rows:
            return
        if self._positional:
            connection.exec_driver_sql(self._sql, list(rows))
        else:
            named = [dict(zip(self._columns, row, strict=True)) for row in rows]
            connection.exec_driver_sql(self._sql, named)


def stamp(database: Database, at: datetime) -> object:
    """A time as the database's driver takes it.

    Raises:
        ValueError: the time has no offset.
    """
    if database.sqlite:
        return moment(at)
    moment(at)  # refuses a naive time
    return at
