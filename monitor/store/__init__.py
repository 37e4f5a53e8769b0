"""The only way to the database: values in, values out.

`Store.open` gives the books; each is one file of this package. A book's method is one transaction,
and nothing that holds a session, a connection or a row ever leaves it. Every method may be called
from any thread.
"""

from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import func, select

from connectors.base import Contact
from monitor.store.actions import Actions
from monitor.store.audit import Audit
from monitor.store.brands import Brands
from monitor.store.cases import Cases
from monitor.store.costs import Costs
from monitor.store.credits import Credits
from monitor.store.engine import Database
from monitor.store.erase import Eraser
from monitor.store.errors import StoreError
from monitor.store.incidents import Incidents
from monitor.store.lessons import Lessons
from monitor.store.mentions import Mentions
from monitor.store.notebook import Notebook
from monitor.store.opt_outs import OptOuts
from monitor.store.rollups import Rollups
from monitor.store.schema import Schema, require_current, schema_state, state_of, upgrade
from monitor.store.standing import Standing, standing
from monitor.store.sweeps import Sweeps
from monitor.store.waiting import Waiting
from monitor.store.words import Labels, Promises
from monitor.tables import spend
from responders.case import Case, MentionId
from responders.used import Used

__all__ = ["Standing", "Store", "StoreError", "schema_state", "upgrade"]


class Store:
    """An open database.

    Attributes:
        mentions: Posts, verdicts, cursors.
        cases: Cases; a `CaseBook`.
        actions: What is to be sent and what was.
        incidents: What is held for a brand, and why; an `IncidentBook`.
        waiting: What waits for a person, for lists and reminders.
        credits: Codes; a `CreditBook`.
        rollups: Counts for the digest.
        audit: Who did what.
        labels: People's words on verdicts.
        lessons: What the judge learns from those words, and what it learnt.
        promises: What sent texts promised.
        meta: Notes of the installation about itself.
        costs: What platforms that bill their calls cost.
        opt_outs: Who asked us to write no more.
        sweeps: What the slow reading of the last day found missing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._brands = Brands(database)
        self._eraser = Eraser(database)
        self.mentions = Mentions(database, self._brands)
        self.cases = Cases(database, self._brands)
        self.actions = Actions(database)
        self.waiting = Waiting(database)
        self.incidents = Incidents(database, self._brands)
        self.credits = Credits(database, self._brands)
        self.rollups = Rollups(database, self._brands)
        self.audit = Audit(database)
        self.labels = Labels(database, self._brands)
        self.lessons = Lessons(database, self._brands)
        self.promises = Promises(database)
        self.meta = Notebook(database)
        self.opt_outs = OptOuts(database, self._brands)
        self.sweeps = Sweeps(self.meta)
        self.costs = Costs(database)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database; an empty one gets its tables.

        Args:
            url: "sqlite:///amends.db" or "postgresql://user@host/database".

        Raises:
            Unreachable: the address is wrong or the database does not answer.
            SchemaOld: it is of an earlier version; nothing upgrades by itself.
            SchemaNew: it is of a later version.
        """
        with ExitStack() as stack:
            database = Database(url)
            stack.callback(database.close)
            if state_of(database).schema is Schema.MISSING:
                upgrade(url)
            require_current(database)
            stack.pop_all()
            return cls(database)

    def close(self) -> None:
        """Let go of every connection; closing twice is harmless."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Store {self._database.shown}>"

    def ensure_brand(self, brand: str) -> None:
        """Know a brand before anything is stored for it."""
        self._brands.id(brand)

    def contact(self, case: Case) -> Contact:
        """What has passed between us and a case's author so far."""
        author = case.subject.mention.author.id
        platform = case.subject.mention.platform
        asked = self.opt_outs.since(case.brand, platform, author)
        return replace(self.cases.contact(case), asked_to_stop_at=asked)

    def used_texts(self, asking: Case, limit: int) -> Used:
        """What went, or is to go, to this customer and to others there. See `Cases.used_texts`."""
        return self.cases.used_texts(asking, limit)

    def spent(self, brand: str, month: str) -> int:
        """What the brand's credits of a month ("2026-11") came to, in minor units."""
        query = select(func.coalesce(func.sum(spend.c.spent), 0)).where(
            spend.c.brand_id == self._brands.find(brand), spend.c.month == month
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def tally(self, brand: str) -> Standing:
        """How much of everything there is for a brand."""
        return standing(self._database, self._brands.find(brand))

    def paused(self) -> bool:
        """Whether everything that would be sent is held."""
        return self.meta.paused() is not None

    def set_paused(self, by: str | None, at: datetime) -> None:
        """Hold everything that would be sent, in somebody's name; None lets it go again."""
        self.meta.set_paused(by, at)

    def purge(self, before: datetime, now: datetime) -> int:
        """Erase posts that were stored before then; how many. See `Eraser.purge`."""
        return self._eraser.purge(before, now)

    def forget(self, platform: str, who: str, now: datetime) -> int:
        """Erase a person at once, by handle or id; how many posts. See `Eraser.forget`."""
        return self._eraser.forget(platform, who, now)

    def gone(self, mention_ids: Collection[MentionId], now: datetime) -> int:
        """Erase posts that their authors took down; how many. See `Eraser.gone`."""
        return self._eraser.gone(mention_ids, now)

    def let_go(self, quiet_since: datetime, now: datetime) -> int:
        """Erase who took posts down, where their cases are closed. See `Eraser.let_go`."""
        return self._eraser.let_go(quiet_since, now)
