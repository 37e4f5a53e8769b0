"""What the calls to a platform that bills them came to, by day of UTC."""

from datetime import date, timedelta

from sqlalchemy import BigInteger, Text, cast, select

from connectors.meter import Bill
from monitor.store.engine import Database
from monitor.tables import meta

_READING, _SENDING = "reading", "sending"


class Costs:
    """The books of each paid platform, in millionths of a US dollar."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, source: str, day: date, bill: Bill) -> None:
        """Add to a day's sums; several processes may do so at the same time."""
        parts = {_READING: bill.reading, _SENDING: bill.sending}
        with self._database.write() as connection:
            for what, micro_usd in parts.items():
                if micro_usd:
                    made = self._database.insert(meta).values(
                        key=_key(source, day, what), value=str(micro_usd)
                    )
                    known = cast(meta.c.value, BigInteger)
                    connection.execute(
                        made.on_conflict_do_update(
                            index_elements=[meta.c.key],
                            set_={"value": cast(known + micro_usd, Text)},
                        )
                    )

    def between(self, source: str, start: date, end: date) -> Bill:
        """What the days of [start, end) came to."""
        days = [start + timedelta(days=number) for number in range((end - start).days)]
        names = {_key(source, day, what): what for day in days for what in (_READING, _SENDING)}
        query = select(meta.c.key, meta.c.value).where(meta.c.key.in_(names))
        sums = {_READING: 0, _SENDING: 0}
        with self._database.read() as connection:
            for key, value in connection.execute(query):
                sums[names[key]] += int(value)
        return Bill(reading=sums[_READING], sending=sums[_SENDING])


def _key(source: str, day: date, what: str) -> str:
    return f"cost {source} {day:%Y-%m-%d} {what}"
