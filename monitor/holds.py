"""What holds an approved action back, the lasting reasons first; and how a platform is doing.

Sending has a circuit of its own for each platform and half of an answer, beside that of polling:
limits differ between them. Its first failure opens it; while it is open nothing is tried there and
no action uses up a try; then one action is let through, and the others follow once it got an
answer.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
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


class Gate:
    """Says what holds an action back."""

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
        outage = self._outages.get(circuit(platform, kind))
        if outage is None or at >= outage.retry_at:
            return None
        ends = "" if outage.setup else " Tried again by itself."
        return Hold(code=HoldCode.OUTAGE, why=f"{outage.reason}{ends}", until=outage.retry_at)

    def met(self, case: Case, kind: ActionKind, error: ConnectorError | None) -> None:
        """Hear how a call for an action went; None: the platform answered."""
        if kind is ActionKind.CREDIT:
            return
        name = circuit(case.subject.mention.platform, kind)
        now = self._clock()
        if error is None:
            self._outages.recovered(name, now)
            return
        at = error.at if isinstance(error, TryLater) else None
        self._outages.failed(name, str(error), now, at, setup=isinstance(error, SetupError))


def circuit(platform: str, kind: ActionKind) -> str:
    """What the circuit is called in the log, on the page and among the outages."""
    return f"{'replies' if kind in PUBLIC_KINDS else 'private messages'} on {platform}"
