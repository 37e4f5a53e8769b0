"""What the installation remembers about itself: claims, the pause, the host it runs on."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from monitor.store.engine import Database
from monitor.tables import meta

_PAUSED = "paused"
#: Made once: whether sending is paused is asked twice for each send.
_NOTED = select(meta.c.value).where(meta.c.key == bindparam("noted"))


@dataclass(frozen=True, kw_only=True)
class Pause:
    """Who holds everything that would be sent, and since when (aware UTC)."""

    by: str
    at: datetime


class Notebook:
    """Texts by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """What was noted under this key, or None."""
        with self._database.read() as connection:
            return connection.execute(_NOTED, {"noted": key}).scalar()

    def put(self, key: str, value: str) -> None:
        """Note it, in place of what was there."""
        statement = self._database.insert(meta).values(key=key, value=value)
        with self._database.write() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[meta.c.key], set_={"value": statement.excluded.value}
                )
            )

    def put_new(self, key: str, value: str) -> bool:
        """Note it where nothing was noted; True for the one caller who was first."""
        statement = self._database.insert(meta).values(key=key, value=value)
        with self._database.write() as connection:
            made = connection.execute(
                statement.on_conflict_do_nothing().returning(meta.c.key)
            ).scalar()
        return made is not None

    def swap(self, key: str, was: str | None, now: str) -> bool:
        """Note it in place of what was read (None: nothing); False: that stands there no more."""
        if was is None:
            return self.put_new(key, now)
        statement = update(meta).where(meta.c.key == key, meta.c.value == was).values(value=now)
        with self._database.write() as connection:
            return bool(connection.execute(statement).rowcount)

    def drop(self, key: str) -> None:
        """Forget what was noted under this key."""
        with self._database.write() as connection:
            connection.execute(delete(meta).where(meta.c.key == key))

    def paused(self) -> Pause | None:
        """The pause, while there is one."""
        found = self.get(_PAUSED)
        if found is None:
            return None
        noted = json.loads(found)
        return Pause(by=noted["by"], at=datetime.fromisoformat(noted["at"]))

    def set_paused(self, by: str | None, at: datetime) -> None:
        """Hold everything that would be sent, in somebody's name; None lets it go again."""
        if by is None:
            self.drop(_PAUSED)
        else:
            self.put(_PAUSED, json.dumps({"by": by, "at": at.isoformat()}))
