"""What the slow reading of the last day found that the polls had missed, by day."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from monitor.store.notebook import Notebook

_KEY = "sweep"
#: So many sweeps are kept for each source: those of a digest's week, and of some weeks more.
_KEPT = 60


@dataclass(frozen=True, kw_only=True)
class Swept:
    """One reading (aware UTC)."""

    at: datetime
    missed: int


class Sweeps:
    """The last readings of each source."""

    def __init__(self, notes: Notebook) -> None:
        self._notes = notes

    def note(self, brand: str, source: str, at: datetime, missed: int) -> None:
        """Remember a reading. One process sweeps a source at a time."""
        kept = [*self._all(brand, source), Swept(at=at, missed=missed)][-_KEPT:]
        told = [asdict(swept) | {"at": swept.at.isoformat()} for swept in kept]
        self._notes.put(_key(brand, source), json.dumps(told))

    def last(self, brand: str, source: str) -> Swept | None:
        """The newest reading; None: there was none yet."""
        kept = self._all(brand, source)
        return kept[-1] if kept else None

    def missed(self, brand: str, source: str, start: datetime, end: datetime) -> int:
        """How many posts the readings of [start, end) found missing."""
        return sum(swept.missed for swept in self._all(brand, source) if start <= swept.at < end)

    def _all(self, brand: str, source: str) -> list[Swept]:
        found = json.loads(self._notes.get(_key(brand, source)) or "[]")
        return [
            Swept(at=datetime.fromisoformat(swept["at"]), missed=swept["missed"]) for swept in found
        ]


def _key(brand: str, source: str) -> str:
    return f"{_KEY}:{brand}:{source}"
