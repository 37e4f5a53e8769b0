"""What people are told beside the cards: one job after the other, none holds up the next.

Apart from the straight line, as a mail server that hangs must not delay a click.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from monitor.alerts import Alerts
from monitor.batch import Batch
from monitor.board import Board
from monitor.board import Surface as Bulletins
from monitor.budgets import Standing
from monitor.clock import Clock
from monitor.duty import Duty, Plan
from monitor.follow import ChangeCase, Connectors, Follow
from monitor.outages import Outages
from monitor.outbreak import Outbreak
from monitor.store import Store
from responders.card import Card
from responders.case import CaseId
from responders.credit import MonthOf, utc_month
from responders.slack.pace import Paced

Made = TypeVar("Made")


class Surface(Bulletins, Protocol):
    """Where bulletins are shown, and where cards would be."""

    def channel_of(self, card: Card) -> str:
        """Where a new card of this kind is posted."""


class Attempt(Protocol):
    """Runs one job and notes what fails."""

    def __call__(self, key: str, job: Callable[[], Made], service: str = "") -> Made | None:
        """What the job gave; None where it failed."""


class Tell:
    """Everything that is told; each job is asked whether something is due."""

    def __init__(
        self,
        store: Store,
        surface: Surface | None,
        plan: Plan,
        *,
        brands: tuple[str, ...],
        sources: dict[str, str],
        card: Callable[[CaseId], Card],
        change: ChangeCase,
        connector: Connectors,
        clock: Clock,
        outages: Outages,
        standings: Callable[[], tuple[Standing, ...]],
        attempt: Attempt,
        service: str,
        month_of: MonthOf = utc_month,
    ) -> None:
        """Tells nobody yet.

        Args:
            store: The database.
            surface: Where bulletins hang; None: there is no Slack.
            plan: The lead's rules for duty.
            brands: Their names.
            sources: The brand of each platform's connector, by its name.
            card: A case as it is now.
            change: Writes what a function makes of a case.
            connector: The connector that answers on a platform.
            clock: The present moment.
            outages: Who cannot be reached.
            standings: What each paid platform cost this month.
            attempt: Runs one job and notes what fails.
            service: The surface's name among the outages.
            month_of: Names the month whose budget gets a credit back.
        """
        board = Board(surface, store.meta) if surface is not None else None
        self._clock, self._outages, self._attempt = clock, outages, attempt
        self.duty = Duty(
            store,
            board,
            plan,
            brands=brands,
            card=card,
            change=change,
            clock=clock,
            guarded=self._guarded,
            month_of=month_of,
            sources=lambda: {
                name: store.mentions.seen_at(brand, name) for name, brand in sources.items()
            },
        )
        follow = Follow(
            store, board, connector=connector, change=change, clock=clock, outages=outages
        )
        alerts = Alerts(
            board,
            on_duty=lambda at: plan.roster().on_duty(at),
            channels=plan.channels,
            outages=outages.now,
            standings=standings,
            once=self.duty.once,
            clock=clock,
        )
        self._jobs: list[tuple[str, str, Callable[[], int]]] = [
            ("follow", service, follow.follow),
            ("remind", "remind", self.duty.remind),
            ("alarms", "alarms", self.duty.alarms),
            ("held", "held", self.duty.held),
            ("silent", "silent", self.duty.silent),
            ("logins", "logins", alerts.logins),
            ("money", "money", alerts.money),
            ("leavers", "leavers", self.duty.leavers),
            ("morning", "morning", self.duty.morning),
            ("heartbeat", "heartbeat", self.duty.heartbeat),
            ("alive", "alive", self.duty.alive),
        ]
        if surface is not None and board is not None:
            batch = Batch(
                store.waiting,
                board,
                store.meta,
                card=card,
                channel_of=surface.channel_of,
                clock=clock,
            )
            outbreak = Outbreak(store, board, brands=brands, card=card)
            self._jobs += [
                ("lists", service, batch.refresh),
                ("incidents", service, outbreak.refresh),
            ]

    def all(self) -> int:
        """Tell everything that is due; how much was told."""
        steps = 0
        for key, service, job in self._jobs:
            if not self._waiting(key, service):
                with suppress(Paced):  # told the next time
                    steps += self._attempt(key, job, service) or 0
        return steps

    def _waiting(self, key: str, service: str) -> bool:
        now = self._clock()
        return self._outages.waiting(key, now) or self._outages.waiting(service, now)

    def _guarded(self, service: str, job: Callable[[], object]) -> bool:
        """Run it unless the service is known to be out of reach; whether it was done."""
        if self._outages.waiting(service, self._clock()):
            return False

        def done() -> bool:
            job()
            return True

        with suppress(Paced):
            return bool(self._attempt(service, done, service))
        return False
