"""Who did what and when: ids, states, names of staff and hashes. Added to, never changed.

A trigger in the database refuses every update and deletion, with no exception: a line holds nothing
of a customer, so neither retention nor an erasure has to touch it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from monitor.store.engine import Database
from monitor.tables import audit
from responders.action import ActionKind
from responders.case import CaseId, Note


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
        audit.insert(),
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


class Audit:
    """The book that is only read; each change of a case writes into it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lines(self, case_id: CaseId) -> tuple[AuditLine, ...]:
        """What happened to a case, oldest first."""
        query = select(audit).where(audit.c.case_id == case_id).order_by(audit.c.id)
        with self._database.read() as connection:
            return tuple(
                AuditLine(
                    at=row.at,
                    note=Note(
                        what=row.what,
                        by=row.by,
                        action=ActionKind(row.action) if row.action else None,
                        was=row.was,
                        now=row.now,
                        hash=row.hash,
                        detail=row.detail,
                    ),
                )
                for row in connection.execute(query)
            )
