"""The shop's codes, each given to one action for good; and what a month's credits came to."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from monitor.store.brands import Brands
from monitor.store.engine import Database
from monitor.tables import action, credit
from responders.credit.pool import Code, NoCodeLeft
from responders.money import Money


class Credits:
    """The book of codes; a `CreditBook`."""

    def __init__(self, database: Database, brands: Brands) -> None:
        self._database = database
        self._brands = brands

    def import_codes(self, codes: Sequence[Code]) -> int:
        """Add the codes that are not known yet; how many were new."""
        if not codes:
            return 0
        statement = self._database.insert(credit).on_conflict_do_nothing()
        rows = [
            {
                "code": code.code,
                "minor": code.amount.minor,
                "currency": code.amount.currency,
                "expires": code.expires.isoformat() if code.expires else None,
            }
            for code in codes
        ]
        with self._database.write() as connection:
            before = connection.execute(select(func.count()).select_from(credit)).scalar_one()
            connection.execute(statement, rows)
            after = connection.execute(select(func.count()).select_from(credit)).scalar_one()
        return int(after - before)

    def take(self, key: str, amount: Money, now: datetime) -> str:
        """The code that belongs to this action's key: the same one every time, else a fresh one.

        Raises:
            NoCodeLeft: no unused code of exactly this amount is valid at `now`.
        """
        while True:
            try:
                return self._take(key, amount, now)
            except IntegrityError:
                # Another process gave this key its code a moment ago; the next look finds it.
                continue

    def peek(self, key: str) -> str | None:
        """The code that belongs to this key, if it has one."""
        with self._database.read() as connection:
            return _code_of(connection, key)

    def give_back(self, key: str) -> None:
        """Free the key's code for another customer; nothing where the key has none."""
        free = {"action_key": None, "taken_at": None, "brand_id": None}
        with self._database.write() as connection:
            connection.execute(update(credit).where(credit.c.action_key == key).values(free))

    def left(self, now: datetime) -> tuple[tuple[Money, int], ...]:
        """How many unused valid codes there are of each amount, smallest amount first."""
        query = (
            select(credit.c.currency, credit.c.minor, func.count())
            .where(credit.c.action_key.is_(None), _valid(now))
            .group_by(credit.c.currency, credit.c.minor)
            .order_by(credit.c.minor, credit.c.currency)
        )
        with self._database.read() as connection:
            return tuple(
                (Money(minor=row[1], currency=row[0]), row[2]) for row in connection.execute(query)
            )

    def given(self, brand_name: str, start: datetime, end: datetime) -> int:
        """What a brand's codes given out in [start, end) are worth, in minor units.

        Those that were given back do not count.
        """
        query = select(func.coalesce(func.sum(credit.c.minor), 0)).where(
            credit.c.brand_id == self._brands.find(brand_name),
            credit.c.taken_at >= start,
            credit.c.taken_at < end,
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def _take(self, key: str, amount: Money, now: datetime) -> str:
        with self._database.write() as connection:
            code = _code_of(connection, key)
            if code is not None:
                return code
            free = (
                select(credit.c.id, credit.c.code)
                .where(
                    credit.c.action_key.is_(None),
                    credit.c.minor == amount.minor,
                    credit.c.currency == amount.currency,
                    _valid(now),
                )
                .order_by(credit.c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            row = connection.execute(free).one_or_none()
            if row is None:
                raise NoCodeLeft(f"no unused code of {amount} is left")
            brand_id = select(action.c.brand_id).where(action.c.key == key).scalar_subquery()
            connection.execute(
                update(credit)
                .where(credit.c.id == row.id)
                .values(action_key=key, taken_at=now, brand_id=brand_id)
            )
            return str(row.code)


def _code_of(connection: Connection, key: str) -> str | None:
    return connection.execute(select(credit.c.code).where(credit.c.action_key == key)).scalar()


def _valid(now: datetime) -> ColumnElement[bool]:
    today = now.astimezone(UTC).date().isoformat()
    return or_(credit.c.expires.is_(None), credit.c.expires >= today)
