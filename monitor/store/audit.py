"""Who did what and when: ids, states, names of staff and hashes. Added to, never changed.

A trigger in the database refuses every update and deletion, with no exception: a line holds nothing
of a customer, so neither retention nor an erasure has to touch it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from monitor.store.engine import Database
from monitor.store.rows import Found
from monitor.tables import audit
from responders.action import ActionKind
from responders.case import CaseId, Note

#: Made once: every change of a case adds a line.
_ADD = audit.insert()


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """A note and when it was written (aware UTC)."""

    at: datetime
    note: Note


def append(
    connection: Connection, brand_id: int, case_id: int, notes: Sequence[Note], now: datetime
) -> None:
    """Add lines in the transaction of what they tell about."""
    connection.execute(
        _ADD,
        [
            {
                "brand_id": brand_id,
                "case_id": case_id,
                "at": now,
                "what": note.what,
                "by": note.by,
                "action": note.action.value if note.action else None,
                "was": note.was,
                "now": note.now,
                "hash": note.hash,
                "detail": note.detail,
            }
            for note in notes
        ],
    )


@dataclass(frozen=True, kw_only=True)
class Event:
    """A line of the audit for a job that follows them; `id` rises, with gaps."""

    id: int
    case_id: CaseId
    at: datetime
    note: Note


class Audit:
    """The book that is only read; each change of a case writes into it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lines(self, case_id: CaseId) -> tuple[AuditLine, ...]:
        """What happened to a case, oldest first."""
        query = select(audit).where(audit.c.case_id == case_id).order_by(audit.c.id)
        with self._database.read() as connection:
            return tuple(
                AuditLine(at=row.at, note=_note_of(row)) for row in connection.execute(query)
            )

    def after(self, id: int, limit: int = 500) -> tuple[Event, ...]:
        """The lines of every case after that one, oldest first.

        On PostgreSQL a line may become visible after one with a higher id: look back a little.
        """
        query = select(audit).where(audit.c.id > id).order_by(audit.c.id).limit(limit)
        with self._database.read() as connection:
            return tuple(
                Event(id=row.id, case_id=CaseId(row.case_id), at=row.at, note=_note_of(row))
                for row in connection.execute(query)
            )

    def last(self) -> int:
        """The highest id so far; 0 before the first line."""
        with self._database.read() as connection:
            return int(
                connection.execute(select(func.coalesce(func.max(audit.c.id), 0))).scalar_one()
            )


def _note_of(row: Found) -> Note:
    return Note(
        what=row.what,
        by=row.by,
        action=ActionKind(row.action) if row.action else None,
        was=row.was,
        now=row.now,
        hash=row.hash,
        detail=row.detail,
    )
