"""What holds an approved action back, the lasting reasons first; and how a platform is doing.

Sending has a circuit of its own for each platform and half of an answer, beside that of polling:
limits differ between them. Its first failure opens it; while it is open nothing is tried there and
no action uses up a try; then one action is let through, and the others follow once it got an
answer.

A failure may be of one post alone. So whoever failed lets the others go first, and where one of
them gets an answer, the next failure of the first one is its own: it waits, and nobody with it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from zoneinfo import ZoneInfo

from connectors.errors import ConnectorError, SetupError, TryLater
from monitor.clock import Clock
from monitor.outages import Outages
from monitor.store.notebook import Pause
from responders.action import ActionKind
from responders.case import Case, Incident
from responders.duty import Hours
from responders.hold import Hold, HoldCode
from responders.outcome import PUBLIC_KINDS
from responders.policy import Brand

#: So long whoever failed at a closed door lets the others go first: some walks of the line.
TURN = timedelta(minutes=1)


class Gate:
    """Says what holds an action back. Thread-safe."""

    def __init__(
        self,
        *,
        shadow: bool,
        away: str,
        paused: Callable[[], Pause | None],
        incident: Callable[[str], Incident | None],
        brands: Mapping[str, Brand],
        quiet: tuple[str, str] | None,
        spent: Callable[[str], str],
        outages: Outages,
        clock: Clock,
    ) -> None:
        """Put the reasons together.

        Args:
            shadow: Whether nothing is ever sent.
            away: Why nothing may be sent from here; "" where it may.
            paused: Who holds everything just now.
            incident: What a person declared for the brand of that name.
            brands: By name; quiet hours are in their time zones.
            quiet: When nothing is sent, such as ("22:00", "07:00").
            spent: Why the platform of that name costs too much to send on; "" where it does not.
            outages: Who cannot be reached.
            clock: Gives the present moment.
        """
        self._shadow = shadow
        self._away = away
        self._paused = paused
        self._incident = incident
        self._quiet = {name: Hours(zone=b.timezone, between=quiet) for name, b in brands.items()}
        if quiet is None:
            self._quiet.clear()
        self._spent = spent
        self._outages = outages
        self._clock = clock
        self._failed: dict[str, set[str]] = {}  #: by open circuit: who failed at it
        self._apart: set[str] = set()  #: failed where others got an answer since
        self._guard = Lock()

    def holds(self, case: Case, kind: ActionKind, at: datetime) -> Hold | None:
        """What will hold this back at that moment; None: it may leave."""
        if self._shadow:
            why = "Shadow mode: nothing is sent before [engine] shadow = false."
            return Hold(code=HoldCode.SHADOW, why=why)
        if self._away:
            why = f"Nothing is sent from here: {self._away}; amends adopt takes over."
            return Hold(code=HoldCode.AWAY, why=why)
        paused = self._paused()
        if paused is not None:
            why = f"Paused by {paused.by}: nothing is sent before somebody resumes."
            return Hold(code=HoldCode.PAUSED, why=why)
        declared = self._incident(case.brand)
        if declared is not None:
            why = f"Incident “{declared.title}”: nothing is sent before somebody ends it."
            return Hold(code=HoldCode.INCIDENT, why=why)
        return self._quiet_at(case, at) or self._platform(case, kind, at)

    def _quiet_at(self, case: Case, at: datetime) -> Hold | None:
        hours = self._quiet.get(case.brand)
        until = hours.closes_at(at) if hours is not None else None
        if hours is None or until is None:
            return None
        there = f"{until.astimezone(ZoneInfo(hours.zone)):%H:%M} ({hours.zone})"
        return Hold(code=HoldCode.QUIET, why=f"Quiet hours: it leaves at {there}.", until=until)

    def _platform(self, case: Case, kind: ActionKind, at: datetime) -> Hold | None:
        if kind is ActionKind.CREDIT:
            return None  # nothing of the platform is needed for it
        platform = case.subject.mention.platform
        spent = self._spent(platform)
        if spent:
            return Hold(code=HoldCode.MONEY, why=spent)
        name = circuit(platform, kind)
        outage, turn = self._outages.get(name), timedelta()
        if outage is None:
            outage = self._outages.get(_of(name, case))
        elif _of(name, case) in self._failed.get(name, ()):
            turn = TURN
        if outage is None or at >= outage.retry_at + turn:
            return None
        ends = "" if outage.setup else " Tried again by itself."
        why = f"{outage.reason}{ends}"
        return Hold(code=HoldCode.OUTAGE, why=why, until=outage.retry_at + turn)

    def met(self, case: Case, kind: ActionKind, error: ConnectorError | None) -> None:
        """Hear how a call for an action went; None: the platform answered."""
        if kind is ActionKind.CREDIT:
            return
        name, now = circuit(case.subject.mention.platform, kind), self._clock()
        own = _of(name, case)
        if error is None:
            with self._guard:
                self._apart |= self._failed.pop(name, set())
                self._apart.discard(own)
            self._outages.recovered(own, now)
            self._outages.recovered(name, now)
            return
        at = error.at if isinstance(error, TryLater) else None
        with self._guard:
            alone = own in self._apart and self._outages.get(name) is None
            # What got no answer may be lost, and the next one with it; a login is everybody's.
            if not alone or not isinstance(error, TryLater):
                self._failed.setdefault(name, set()).add(own)
                own = name
        self._outages.failed(own, str(error), now, at, setup=isinstance(error, SetupError))


def circuit(platform: str, kind: ActionKind) -> str:
    """What the circuit is called in the log, on the page and among the outages."""
    return f"{'replies' if kind in PUBLIC_KINDS else 'private messages'} on {platform}"


def _of(circuit_name: str, case: Case) -> str:
    """What the trouble of one case alone is called there."""
    return f"{circuit_name}, case {case.id}"
