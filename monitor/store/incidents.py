"""Incidents: declared and ended by people; while one lasts it collects a brand's new cases."""

from datetime import datetime

from sqlalchemy import Connection, Row, and_, bindparam, func, select, update

from monitor.store import audit
from monitor.store.brands import Brands
from monitor.store.engine import Database
from monitor.tables import action, case, incident
from responders.action import ActionState
from responders.case import CaseId, Incident, Note

#: In the audit of the case on which somebody clicked.
DECLARED, ENDED = "incident_declared", "incident_ended"


class Incidents:
    """The book of incidents; an `IncidentBook`."""

    def __init__(self, database: Database, brands: Brands) -> None:
        self._database = database
        self._brands = brands

    def active(self, brand: str) -> Incident | None:
        """The brand's incident that is going on."""
        with self._database.read() as connection:
            brand_id = self._brands.find(brand)
            row = active(connection, brand_id) if brand_id is not None else None
            return None if row is None else _value(connection, row)

    def get(self, incident_id: int) -> Incident:
        """An incident with its cases, oldest first.

        Raises:
            KeyError: there is no such incident.
        """
        with self._database.read() as connection:
            query = select(incident).where(incident.c.id == incident_id)
            row = connection.execute(query).one_or_none()
            if row is None:
                raise KeyError(f"there is no incident {incident_id}")
            return _value(connection, row)

    def declare(self, case_id: CaseId, title: str, by: str, now: datetime) -> bool:
        """Begin one for the case's brand, with this case in it; False where one is going on.

        Raises:
            KeyError: there is no such case.
        """
        with self._database.write() as connection:
            brand_id = _brand_of(connection, case_id)
            self._database.lock(connection, brand_id)
            if active(connection, brand_id) is not None:
                return False
            values = {
                "brand_id": brand_id,
                "title": title,
                "declared_by": by,
                "declared_at": now,
                "ended_at": None,
            }
            made = connection.execute(
                incident.insert().values(values).returning(incident.c.id)
            ).scalar_one()
            _touch(connection, case_id, incident_id=made)
            note = Note(what=DECLARED, by=by, now=str(made))
            audit.append(connection, brand_id, case_id, [note], now)
            return True

    def departing(self, brand: str) -> int:
        """How many things of the brand are being sent at this moment: too late to hold."""
        of_brand = action.c.brand_id == self._brands.find(brand)
        query = select(func.count()).where(of_brand, action.c.state == ActionState.SENDING.value)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def end(self, brand: str, by: str, now: datetime) -> bool:
        """End it, and let the cases that it collected have cards; False where none is going on."""
        with self._database.write() as connection:
            brand_id = self._brands.find(brand)
            row = active(connection, brand_id) if brand_id is not None else None
            if row is None or brand_id is None:
                return False
            guard = and_(incident.c.id == row.id, incident.c.ended_at.is_(None))
            if not connection.execute(update(incident).where(guard).values(ended_at=now)).rowcount:
                return False
            collected = case.c.incident_id == row.id
            connection.execute(update(case).where(collected).values(revision=case.c.revision + 1))
            note = Note(what=ENDED, by=by, was=str(row.id))
            for case_id in connection.execute(select(case.c.id).where(collected)).scalars():
                audit.append(connection, brand_id, case_id, [note], now)
            return True

    def collect(self, case_id: CaseId, incident_id: int) -> None:
        """Put a new case into an incident."""
        with self._database.write() as connection:
            _touch(connection, case_id, incident_id=incident_id)


def _touch(connection: Connection, case_id: CaseId, *, incident_id: int) -> None:
    """The card is drawn anew."""
    connection.execute(
        update(case)
        .where(case.c.id == case_id)
        .values(incident_id=incident_id, revision=case.c.revision + 1)
    )


#: Made once: it is asked before each send.
_ACTIVE = (
    select(incident)
    .where(incident.c.brand_id == bindparam("brand"), incident.c.ended_at.is_(None))
    .order_by(incident.c.id)
    .limit(1)
)


def active(connection: Connection, brand_id: int) -> Row[tuple[object, ...]] | None:
    """The row of the brand's incident that is going on, in a transaction of the caller's."""
    return connection.execute(_ACTIVE, {"brand": brand_id}).one_or_none()


def _brand_of(connection: Connection, case_id: CaseId) -> int:
    found = connection.execute(select(case.c.brand_id).where(case.c.id == case_id)).scalar()
    if found is None:
        raise KeyError(f"there is no case {case_id}")
    return int(found)


def _value(connection: Connection, row: Row[tuple[object, ...]]) -> Incident:
    of_it = select(case.c.id).where(case.c.incident_id == row.id).order_by(case.c.id)
    return Incident(
        id=row.id,
        title=row.title,
        cases=tuple(CaseId(found) for found in connection.execute(of_it).scalars()),
        declared_by=row.declared_by,
        declared_at=row.declared_at,
        ended_at=row.ended_at,
    )
