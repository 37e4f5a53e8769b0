"""What a lead rules in Slack's App Home: approvers, duty and caps, over config.toml. Pure.

The file stays the base. A ruling about approvers says who was added and who removed, so that a
name that leaves the file leaves Amends too; one about duty or caps takes the place of what the file
says. Rulings are only ever added: the last one of a subject counts, and who ruled what stays known.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from responders.ask import NotAllowed, Refusal
from responders.duty import Roster, Shift
from responders.handover import shown
from responders.money import Money
from responders.policy import Person, Policy

#: More shifts than these are a matter for config.toml.
MOST_SHIFTS = 20
_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Subject(StrEnum):
    """What can be ruled."""

    APPROVERS = "approvers"
    DUTY = "duty"
    CREDIT = "credit"


class BadRule(Refusal):
    """A field must be filled in differently; the message is for the person.

    Attributes:
        field: Which one.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Approvers:
    """Who may approve besides those whom the file names, and who of those may not."""

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Every shift, in the order in which they are looked through."""

    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What a credit may cost."""

    suggested: Money
    cap_per_case: Money
    monthly_budget: Money


Rule = Approvers | Duty | Caps


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """One of them, who ruled it and when (aware UTC)."""

    subject: Subject
    rule: Rule | None  #: None: what the file says counts again
    by: str  #: as cards and the audit name people
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Rulings:
    """All that were ever made, oldest first."""

    made: tuple[Ruling, ...] = ()

    def of(self, subject: Subject) -> Ruling | None:
        """The one that counts; None: nobody ever ruled about it."""
        return next((ruling for ruling in reversed(self.made) if ruling.subject is subject), None)

    def rule(self, subject: Subject) -> Rule | None:
        """What counts besides the file; None: the file alone."""
        ruling = self.of(subject)
        return ruling.rule if ruling is not None else None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What counts now about one subject, in words."""

    subject: Subject
    text: str  #: people as cards name them
    lines: tuple[str, ...] = ()  #: each can be changed by itself, by its place
    source: str  #: who ruled it, or that it stands in the file
    at: datetime | None = None  #: when it was ruled
    changeable: bool = True  #: False: the file must be changed first
    ruled: bool = False  #: whether there is a ruling that the file could take the place of
    ignored: bool = False  #: the ruling does not count; `source` says why


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a form begins with, and by which it is noticed that somebody else was faster."""

    seen: int  #: how many rulings there were
    approvers: frozenset[str]
    shifts: tuple[Shift, ...]
    credit: Caps | None  #: None: [policy.credit] is missing
    zone: str  #: of a new shift


class Rulebook(Protocol):
    """Where rulings are made and kept."""

    def sheet(self, person: Person) -> Sheet:
        """What a form begins with. Raises NotAllowed."""

    def rule(self, subject: Subject, rule: Rule | None, person: Person, seen: int) -> str:
        """Rule it, or let the file count again; what came of it. Raises a Refusal."""


def policy(base: Policy, rulings: Rulings) -> Policy:
    """The lead's rules as they count now."""
    made = base
    people, caps = rulings.rule(Subject.APPROVERS), rulings.rule(Subject.CREDIT)
    if isinstance(people, Approvers):
        made = replace(made, approvers=(made.approvers | people.added) - people.removed)
    if isinstance(caps, Caps) and made.credit is not None and not foreign(base, rulings):
        made = replace(made, credit=replace(made.credit, **vars(caps)))
    return made


def foreign(base: Policy, rulings: Rulings) -> str:
    """The currency of ruled caps that count no more, as the file has another; "" where they do."""
    caps = rulings.rule(Subject.CREDIT)
    if not isinstance(caps, Caps) or base.credit is None:
        return ""
    currency = caps.cap_per_case.currency
    return currency if currency != base.credit.cap_per_case.currency else ""


def roster(base: Roster, rulings: Rulings) -> Roster:
    """Who is on duty as it counts now; the lead is always the file's."""
    duty = rulings.rule(Subject.DUTY)
    return replace(base, shifts=duty.shifts) if isinstance(duty, Duty) else base


def leads(lead: str, person: Person) -> bool:
    """Whether the person is the lead, or in the group that leads."""
    return bool(lead) and (person.id == lead or lead in person.groups)


def require_lead(lead: str, person: Person) -> None:
    """Refuse whoever is not the lead.

    Raises:
        NotAllowed: the person is not.
    """
    if leads(lead, person):
        return
    if not lead:
        raise NotAllowed("Nobody may change this here: name the lead under [duty] in config.toml.")
    raise NotAllowed(f"Only the lead ({shown(lead)}) may change this. Nothing was changed.")


def approvers(
    wanted: frozenset[str], base: frozenset[str], known: Callable[[str], bool]
) -> Approvers:
    """The ruling that makes these people the approvers.

    Args:
        wanted: Slack user ids, group ids and console names.
        base: Whom the file names.
        known: Whether a name is one that Amends could meet; asked of new names only.

    Raises:
        BadRule: nobody would be left, or a name is unknown.
    """
    if not wanted:
        raise BadRule(
            "people", "Somebody must be left who may approve. /amends pause stops everything."
        )
    unknown = sorted(name for name in wanted - base if not known(name))
    if unknown:
        raise BadRule(
            "others",
            f"{', '.join(unknown)[:100]}: neither a user group of Slack (S0123…) "
            "nor a name under [console.users].",
        )
    return Approvers(added=wanted - base, removed=base - wanted)


def caps(wanted: Caps, base: Caps) -> Caps:
    """The caps, if they go together.

    Args:
        wanted: What was typed.
        base: What the file says: the shop's codes are in its currency.

    Raises:
        BadRule: another currency, or a smaller amount that is above a greater one.
    """
    currency = base.cap_per_case.currency
    for field, money in vars(wanted).items():
        if money.currency != currency:
            raise BadRule(field, f"Credits are given in {currency}, as config.toml says.")
    if wanted.suggested.minor > wanted.cap_per_case.minor:
        raise BadRule(
            "suggested", f"More than the cap of {wanted.cap_per_case} a case cannot be offered."
        )
    if wanted.cap_per_case.minor > wanted.monthly_budget.minor:
        raise BadRule("cap_per_case", f"That is more than {wanted.monthly_budget} a month.")
    return wanted


def placed(shifts: tuple[Shift, ...], place: int | None, shift: Shift | None) -> Duty:
    """The shifts with one changed, added or taken out.

    Args:
        shifts: As they are.
        place: Which one; None: a new one, looked at after the others.
        shift: What it becomes; None: it goes.

    Raises:
        BadRule: there are too many, or it names nobody.
    """
    if shift is not None and not shift.person:
        raise BadRule("person", "Choose who is on duty.")
    if shift is not None and shift.deputy == shift.person:
        raise BadRule("deputy", "The deputy must be somebody else.")
    if place is None:
        if len(shifts) >= MOST_SHIFTS:
            raise BadRule("person", f"More than {MOST_SHIFTS} shifts belong into config.toml.")
        return Duty(shifts=shifts if shift is None else (*shifts, shift))
    if not 0 <= place < len(shifts):
        raise BadRule("person", "This shift is not there any more.")
    kept = () if shift is None else (shift,)
    return Duty(shifts=(*shifts[:place], *kept, *shifts[place + 1 :]))


def in_words(shift: Shift) -> str:
    """A shift on one line: who, who stands in, when."""
    hours = shift.hours
    when = [_days(hours.days), "-".join(hours.between) if hours.between else "all day", hours.zone]
    deputy = f", then {shown(shift.deputy)}" if shift.deputy else ""
    return f"{shown(shift.person)}{deputy} · {' '.join(when)}"


def hours(text: str) -> tuple[str, str] | None:
    """Two times of day such as "09:00-17:00"; None where it is something else."""
    match = _HOURS.fullmatch(text.replace("\N{EN DASH}", "-").replace(" ", ""))
    return (match[1], match[2]) if match else None


def _days(days: frozenset[int]) -> str:
    if len(days) == len(_DAYS):
        return "every day"
    first, last = min(days), max(days)
    if len(days) > 2 and last - first == len(days) - 1:
        return f"{_DAYS[first]}-{_DAYS[last]}"
    return ", ".join(_DAYS[day] for day in sorted(days))
