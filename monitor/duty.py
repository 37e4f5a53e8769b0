"""Who is told what and when: deadlines, red flags, the morning list, what got stuck, a heartbeat.

Each method is a job: idempotent, and remembered in the database, so that a restart tells nobody
twice. Each answers how much it did.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from monitor.board import Board
from monitor.follow import ChangeCase
from monitor.pager import Page
from monitor.store import Store
from responders import outcome, rounds
from responders.action import ActionKind, ActionState
from responders.ask import undecided
from responders.bulletin import Bulletin, Line
from responders.card import Button, Card, Urgency, Verb
from responders.case import Case, CaseId, Change, Note
from responders.credit import MonthOf, utc_month
from responders.duty import Hours, Roster
from responders.handover import shown, slack_id
from responders.slack.bot import Shown

log = logging.getLogger(__name__)

#: In the audit.
DUE_SOON, RELEASED = "due_soon", "released"
#: Somebody who left is looked for this often; each costs a call to Slack.
_LEAVERS_EVERY = timedelta(minutes=10)
#: A list that belongs to an hour of the day is not told much later.
_STILL_MORNING = timedelta(hours=2)
_LISTED = 40
_ALIVE_EVERY = timedelta(minutes=1)

_TAKE = Button(verb=Verb.CLAIM, label="I take it", style="primary")
_PERSON = re.compile(r"<@[UW][A-Z0-9]{2,20}>")
_URGENCY = {Urgency.RED: "🔴", Urgency.HIGH: "🟠", Urgency.NORMAL: "🟡", Urgency.LOW: "⚪"}


class Channel(Protocol):
    """A way to reach a person outside Slack."""

    def send(self, page: Page) -> None:
        """Tell them; raises a ConnectorError."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The lead's rules for duty."""

    roster: Callable[[], Roster] = Roster  #: as it counts at this moment
    hours: Mapping[str, Hours] = field(default_factory=dict)  #: by brand
    zone: str = "UTC"  #: of the heartbeat
    remind_before: timedelta = timedelta(minutes=15)
    deputy_after: timedelta = timedelta(minutes=15)
    held_for: timedelta = timedelta(hours=2)
    close_after: timedelta = timedelta(days=14)  #: a customer's silence
    heartbeat: str = ""  #: a time of day, "" none
    channels: Mapping[str, Channel] = field(default_factory=dict)  #: "mail", "webhook"
    #: Whether a Slack account is still active; None: nobody asks.
    active: Callable[[str], bool] | None = None
    holds: Callable[[], bool] = lambda: False  #: whether nothing is sent, on purpose
    alive: Callable[[], None] | None = None  #: called while all is well
    #: A platform that was not read for so long is not well, by name.
    patience: Mapping[str, timedelta] = field(default_factory=dict)

    def hours_of(self, brand: str) -> Hours:
        """When the brand's team is there."""
        return self.hours.get(brand, Hours())

    def due(self, brand: str, now: datetime, target: timedelta) -> datetime:
        """When an answer is due: the target counts open hours."""
        return self.hours_of(brand).after(now, target)


class Duty:
    """The jobs."""

    def __init__(
        self,
        store: Store,
        board: Board | None,
        plan: Plan,
        *,
        brands: Iterable[str],
        card: Callable[[CaseId], Card],
        change: ChangeCase,
        clock: Callable[[], datetime],
        guarded: Callable[[str, Callable[[], object]], bool],
        sources: Callable[[], Mapping[str, datetime | None]] = dict,
        month_of: MonthOf = utc_month,
    ) -> None:
        """Tells nobody yet.

        Args:
            store: The database.
            board: Where bulletins hang; None: there is no Slack.
            plan: The lead's rules.
            brands: Their names.
            card: A case as it is now.
            change: Writes what a function makes of a case.
            clock: The present moment.
            guarded: Runs a job against an outside service that may be down, unless it is known to
                be; whether it was done.
            sources: When each platform was last read, by name.
            month_of: Names the month whose budget gets a credit back.
        """
        self._store = store
        self._board = board
        self._plan = plan
        self._brands = tuple(brands)
        self._card = card
        self._change = change
        self._clock = clock
        self._guarded = guarded
        self._sources = sources
        self._month_of = month_of
        self._told: set[str] = set()  #: keys of which the database need not be asked again
        self._leavers_at: datetime | None = None
        self._alive_at = clock()

    # -- deadlines -----------------------------------------------------------------------------

    def remind(self) -> int:
        """Mention somebody once, before an answer is late."""
        now, lead = self._clock(), self._plan.remind_before
        steps = 0
        for case_id in self._store.waiting.due_between(now - lead, now + lead):
            case = self._store.cases.get(case_id)
            snoozed = case.snoozed_until is not None and case.snoozed_until > now
            if undecided(case) and not snoozed:
                steps += self._step(f"due {case.id} {case.round}", partial(self._due, case))
        return steps

    def _due(self, case: Case) -> None:
        """The card shows that it is soon; whoever has it, else the person on duty, is told."""
        key = f"due {case.id} {case.round}"
        if self._store.meta.put_new(f"{key} seen", "noted"):
            line = Note(what=DUE_SOON, by=outcome.BY_ITSELF)
            self._change(case.id, lambda now: Change(before=now, after=now, notes=(line,)))
        who = case.claimed_by or shown(self._plan.roster().on_duty(self._clock()))
        if who and self._board is not None:
            text = f"{who}: this answer is due soon."
            self._below(case.id, Bulletin(key=key, title=text))

    # -- red flags -----------------------------------------------------------------------------

    def alarms(self) -> int:
        """Reach the person on duty about each red flag, and the deputy where nobody takes it."""
        steps, now = 0, self._clock()
        for case_id in self._store.waiting.red():
            case = self._store.cases.get(case_id)
            key = f"alarm {case.id} {case.round}"
            noted = self._store.meta.get(key)
            if noted is None:
                self._store.meta.put_new(key, now.isoformat())
                noted = now.isoformat()
            steps += self._page(case, self._plan.roster().on_duty(now), f"{key} first")
            if now - datetime.fromisoformat(noted) >= self._plan.deputy_after:
                steps += self._page(case, self._plan.roster().deputy(now), f"{key} deputy")
        return steps

    def _page(self, case: Case, person: str, key: str) -> int:
        if not person:
            return 0
        flags = ", ".join(flag.value.replace("_", " ") for flag in case.red_flags)
        steps = 0
        if self._board is not None:
            card = self._card(case.id)
            said = Bulletin(
                key=key,
                title=f"🔴 {shown(person)}: red flag ({flags}). Take it, so that others know.",
                lines=(Line(text=f"{card.number}", card=card, button=_TAKE),),
            )
            steps += self._step(f"{key} slack", partial(self._below, case.id, said))
        mention = case.subject.mention
        page = Page(
            key=key,
            to=person,
            title=f"Red flag ({flags}): case #{case.id} of {case.brand}",
            text=f"Case #{case.id} of {case.brand} on {mention.platform} has a red flag: {flags}.\n"
            f"{mention.url or ''}\nTake it in Slack or the console, so that others know.\n",
        )
        for name, channel in self._plan.channels.items():
            steps += self._step(f"{key} {name}", partial(channel.send, page), service=name)
        return steps

    # -- lists ---------------------------------------------------------------------------------

    def morning(self) -> int:
        """At opening, one list of what waits, by risk."""
        steps, now = 0, self._clock()
        for brand in self._brands:
            hours = self._plan.hours_of(brand)
            opened = hours.opened_at(now) if hours.between else None
            if opened is not None and now - opened < _STILL_MORNING:
                key = f"morning {brand} {opened:%Y-%m-%d}"
                steps += self._step(key, partial(self._list, brand, key))
        return steps

    def _list(self, brand: str, key: str) -> None:
        found = self._store.waiting.asking(brand, _LISTED + 1)
        cards = [self._card(case_id) for case_id in found[:_LISTED]]
        if not cards or self._board is None:
            return
        cards.sort(key=lambda card: list(Urgency).index(card.urgency))
        who = shown(self._plan.roster().on_duty(self._clock()))
        count = "1 case waits" if len(found) == 1 else f"{len(cards)} cases wait"
        title = f"☀️ {f'{who}: ' if who else ''}{count} for {brand}, the riskiest first."
        lines = tuple(_listed(card) for card in cards)
        more = int(len(found) > _LISTED)
        self._board.once(Bulletin(key=key, title=title, lines=lines, more=more))

    def heartbeat(self) -> int:
        """Once a day one line that says that Amends is alive and what it saw."""
        now = self._clock()
        if not self._plan.heartbeat or self._board is None:
            return 0
        local = now.astimezone(ZoneInfo(self._plan.zone))
        at = datetime.combine(local.date(), time.fromisoformat(self._plan.heartbeat), local.tzinfo)
        if not at <= local < at + _STILL_MORNING:
            return 0
        key = f"heartbeat {local:%Y-%m-%d}"
        board = self._board
        return self._step(key, lambda: board.once(Bulletin(key=key, title=self.pulse(now))))

    def alive(self) -> int:
        """Call the address whose silence raises an alarm elsewhere, while all is well."""
        now = self._clock()
        if self._plan.alive is None or now < self._alive_at:
            return 0
        unwell = [
            name
            for name, seen in self._sources().items()
            if seen is None or now - seen > self._plan.patience.get(name, _STILL_MORNING)
        ]
        if unwell:
            log.warning("not calling alive_url: %s not read lately", ", ".join(sorted(unwell)))
        else:
            self._guarded("alive_url", self._plan.alive)
        self._alive_at = now + _ALIVE_EVERY
        return 0

    def pulse(self, now: datetime) -> str:
        """What was read in the last day, and when each platform was last read."""
        since = now - timedelta(days=1)
        read = cases = 0
        for brand in self._brands:
            read += sum(cell.posts for cell in self._store.rollups.between(brand, since, now))
            cases += len(self._store.cases.opened(brand, since, now))
        seen = [
            f"{name} last read {at:%H:%M} UTC" if at else f"{name} not read yet"
            for name, at in sorted(self._sources().items())
        ]
        found = "1 case" if cases == 1 else f"{cases} cases"
        return f"💓 {read} read, {found}, {', '.join(seen) or 'no platform'}."

    # -- what got stuck ------------------------------------------------------------------------

    def held(self) -> int:
        """An approval that could not be sent for hours returns to a person."""
        if self._plan.holds():
            return 0
        steps = 0
        for held in self._store.waiting.held(self._clock() - self._plan.held_for):
            hours = f"{self._plan.held_for.total_seconds() / 3600:g} hours"
            self._return(held.case_id, held.kind, f"It could not be sent for {hours}.")
            steps += 1
        return steps

    def _return(self, case_id: CaseId, kind: ActionKind, why: str) -> None:
        def returned(case: Case) -> Change | None:
            for action in case.actions:
                if action.kind is kind and action.state is ActionState.APPROVED:
                    why_now = f"{why} {action.error}".strip()
                    return outcome.returned(case, action, code="held", why=why_now)
            return None

        self._change(case_id, returned)

    def silent(self) -> int:
        """An answered case is closed where the customer has been silent for long."""
        silent = self._store.waiting.silent(self._clock() - self._plan.close_after)
        for case_id in silent:
            self._change(case_id, partial(rounds.fell_silent, month_of=self._month_of))
        return len(silent)

    def leavers(self) -> int:
        """What a deactivated account had goes to the lead, in one list."""
        now, active = self._clock(), self._plan.active
        last = self._leavers_at
        if active is None or (last is not None and now - last < _LEAVERS_EVERY):
            return 0
        self._leavers_at = now
        had: dict[str, dict[CaseId, str]] = {}
        books = (
            ("taken", self._store.waiting.claimed()),
            ("approved, not sent", self._store.waiting.approvals()),
            ("promised", self._store.waiting.promised()),
        )
        for what, book in books:
            for names, listed in book.items():
                for name in _PERSON.findall(names):
                    for case_id in listed:
                        had.setdefault(name, {}).setdefault(case_id, what)
        steps = 0
        for name, cases in had.items():
            if self._gone(name, active):
                steps += self._hand_in(name, cases, f"left {name} {now:%Y-%m-%dT%H:%M}")
        return steps

    def _gone(self, name: str, active: Callable[[str], bool]) -> bool:
        gone: list[bool] = []
        done = self._guarded("slack", lambda: gone.append(not active(slack_id(name))))
        return done and gone == [True]

    def _hand_in(self, name: str, cases: Mapping[CaseId, str], key: str) -> int:
        lines = []
        for case_id, what in cases.items():
            with suppress(KeyError):
                card = self._card(case_id)
                lines.append(
                    Line(
                        text=f"{card.number} · {what} · {card.headline}",
                        card=card,
                        button=_TAKE if what == "taken" else None,
                    )
                )
        lead = shown(self._plan.roster().lead)
        title = f"{f'{lead}: ' if lead else ''}{name} is not active any more and had these."
        if self._board is not None:
            self._board.once(Bulletin(key=key, title=title, lines=tuple(lines)))
        for case_id in cases:
            self._change(case_id, lambda case: _let_go(case, name))
        return len(cases)

    # -- helpers -------------------------------------------------------------------------------

    def _below(self, case_id: CaseId, bulletin: Bulletin) -> None:
        """Below the case's card; in the channel where it has none of its own."""
        assert self._board is not None, "asked before"
        at = self._store.cases.shown(case_id)
        self._board.once(bulletin, below=Shown(channel=at[0], ts=at[1]) if at else None)

    def once(self, key: str, do: Callable[[], object], *, service: str = "slack") -> int:
        """For other jobs that tell something once; 1 where this call did it."""
        return self._step(key, do, service=service)

    def _step(self, key: str, do: Callable[[], object], *, service: str = "slack") -> int:
        """Do it unless it was done; 1 where this call did it."""
        if key in self._told or self._store.meta.get(f"told:{key}") is not None:
            self._told.add(key)
            return 0
        if not self._guarded(service, do):
            return 0
        self._store.meta.put(f"told:{key}", "done")
        self._told.add(key)
        return 1


def _listed(card: Card) -> Line:
    topic = (card.topic or "topic unsure").replace("_", " ")
    due = " · answer by" if card.due_at else ""
    text = f"{_URGENCY[card.urgency]} {card.number} · {topic} · {card.headline}{due}"
    return Line(text=text, at=card.due_at, card=card, button=None if card.claimed_by else _TAKE)


def _let_go(case: Case, name: str) -> Change | None:
    """The case without the person: free to be taken, and nothing of theirs leaves any more."""
    after, notes = case, list[Note]()
    if case.claimed_by == name:
        after = replace(after, claimed_by="", snoozed_until=None)
        notes.append(Note(what=RELEASED, by=outcome.BY_ITSELF, was=name, detail="not active"))
    change = Change(before=case, after=after, notes=tuple(notes))
    for action in case.actions:
        if action.state is ActionState.APPROVED and name in action.approved_by:
            why = f"{name}, who approved it, is not active any more."
            back = outcome.returned(change.after, action, code="held", why=why)
            change = Change(before=case, after=back.after, notes=(*change.notes, *back.notes))
    return change if change.notes else None
