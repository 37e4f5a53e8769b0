"""Keeps what a lead ruled in App Home, and says what counts: config.toml with the rulings over it.

All rulings are one note of the installation, which only ever grows: who ruled what and when is
found there for good. It is written only where nobody else has written since it was read.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, assert_never

from monitor.store.notebook import Notebook
from responders import ruling
from responders.ask import NotNow, TooOld
from responders.duty import Hours, Roster, Shift
from responders.handover import shown
from responders.money import Money
from responders.policy import Person, Policy
from responders.ruling import Approvers, Caps, Duty, Rule, Ruling, Rulings, Sheet, Standing, Subject

NOTE = "rulings"
_FILE = "as config.toml says"


class Rulebook:
    """The lead's rules as they count now, read on each question: a ruling counts at once."""

    def __init__(
        self,
        notes: Notebook,
        *,
        policy: Policy,
        roster: Roster,
        zone: str,
        known: Callable[[str], bool],
        clock: Callable[[], datetime],
    ) -> None:
        """Reads nothing yet.

        Args:
            notes: Where rulings are kept.
            policy: What the file says.
            roster: What the file says.
            zone: The time zone of a shift that names none.
            known: Whether a name could be an approver: a user group's id, a name of the console.
            clock: The present moment.
        """
        self._notes = notes
        self._policy = policy
        self._roster = roster
        self._zone = zone
        self._known = known
        self._clock = clock

    def rulings(self) -> Rulings:
        """Every ruling, oldest first."""
        return _read(self._notes.get(NOTE))

    def policy(self) -> Policy:
        """The lead's rules."""
        return ruling.policy(self._policy, self.rulings())

    def roster(self) -> Roster:
        """Who is on duty."""
        return ruling.roster(self._roster, self.rulings())

    def standing(self) -> tuple[Standing, ...]:
        """What counts now, one line a subject."""
        made = self.rulings()
        return tuple(self._standing(subject, made) for subject in Subject)

    def count(self) -> int:
        """How many rulings were ever made."""
        return len(self.rulings().made)

    def may(self, person: Person) -> bool:
        """Whether the person may rule."""
        return ruling.leads(self._policy.lead, person)

    def sheet(self, person: Person) -> Sheet:
        """What a form begins with.

        Raises:
            NotAllowed: the person is not the lead.
        """
        ruling.require_lead(self._policy.lead, person)
        made = self.rulings()
        counts = ruling.policy(self._policy, made)
        return Sheet(
            seen=len(made.made),
            approvers=counts.approvers,
            shifts=ruling.roster(self._roster, made).shifts,
            credit=_caps(counts),
            zone=self._zone,
        )

    def rule(self, subject: Subject, rule: Rule | None, person: Person, seen: int) -> str:
        """Rule it, or let the file count again; what came of it.

        Args:
            subject: What about.
            rule: What shall count. Approvers: all of them as `added`; None: the file.
            person: Who rules.
            seen: How many rulings there were when the person looked.

        Raises:
            NotAllowed: the person is not the lead.
            BadRule: it cannot count; the message says why.
            TooOld: somebody else ruled meanwhile.
            NotNow: it counts already.
        """
        ruling.require_lead(self._policy.lead, person)
        noted = self._notes.get(NOTE)
        made = _read(noted)
        if len(made.made) != seen:
            raise TooOld("Somebody else changed this meanwhile. Look at the page again.")
        rule = self._checked(rule)
        if rule == made.rule(subject):
            raise NotNow("Nothing was changed.")
        new = Ruling(subject=subject, rule=rule, by=person.shown, at=self._clock())
        text = _written(Rulings(made=(*made.made, new)))
        if not self._notes.swap(NOTE, noted, text):
            raise TooOld("Somebody else changed this meanwhile. Look at the page again.")
        counts = self._standing(subject, _read(text))
        return f"From now on: {counts.text}."

    def _checked(self, rule: Rule | None) -> Rule | None:
        match rule:
            case Approvers(added=wanted):
                base = self._policy.approvers
                made = ruling.approvers(wanted, base, self._known)
                return made if made.added or made.removed else None
            case Caps():
                base_caps = _caps(self._policy)
                if base_caps is None:
                    raise NotNow("Store credits are not set up: [policy.credit] is missing.")
                made_caps = ruling.caps(rule, base_caps)
                return None if made_caps == base_caps else made_caps
            case Duty(shifts=shifts):
                return None if shifts == self._roster.shifts else rule
            case None:
                return None
            case _:
                assert_never(rule)

    def _standing(self, subject: Subject, made: Rulings) -> Standing:
        last = made.of(subject)
        source = _FILE
        if last is not None:
            done = "changed by" if last.rule is not None else f"{_FILE} again, by"
            source = f"{done} {last.by}"
        currency = ruling.foreign(self._policy, made) if subject is Subject.CREDIT else ""
        if last is not None and currency:
            source = f"{_FILE}, not as ruled in {currency} by {last.by}"
        return Standing(
            subject=subject,
            text=self._words(subject, made),
            lines=self._lines(subject, made),
            source=source,
            at=last.at if last is not None else None,
            changeable=subject is not Subject.CREDIT or self._policy.credit is not None,
            ruled=last is not None and last.rule is not None,
            ignored=bool(currency),
        )

    def _words(self, subject: Subject, made: Rulings) -> str:
        counts = ruling.policy(self._policy, made)
        match subject:
            case Subject.APPROVERS:
                names = ", ".join(shown(name) for name in sorted(counts.approvers))
                return f"{names or 'nobody'} may approve"
            case Subject.DUTY:
                lead = shown(self._policy.lead) or "nobody"
                if not self._lines(subject, made):
                    return f"{lead}, always"
                return f"by these shifts, in this order; outside of them {lead}"
            case Subject.CREDIT:
                caps = _caps(counts)
                if caps is None:
                    return "no store credits: [policy.credit] is missing in config.toml"
                return (
                    f"{caps.suggested} is suggested, at most {caps.cap_per_case} a case "
                    f"and {caps.monthly_budget} a month"
                )
            case _:
                assert_never(subject)

    def _lines(self, subject: Subject, made: Rulings) -> tuple[str, ...]:
        if subject is not Subject.DUTY:
            return ()
        return tuple(map(ruling.in_words, ruling.roster(self._roster, made).shifts))


def _caps(policy: Policy) -> Caps | None:
    credit = policy.credit
    if credit is None:
        return None
    return Caps(
        suggested=credit.suggested,
        cap_per_case=credit.cap_per_case,
        monthly_budget=credit.monthly_budget,
    )


# -- as it is kept -------------------------------------------------------------------------------


def _written(rulings: Rulings) -> str:
    return json.dumps(
        [
            {
                "subject": made.subject.value,
                "rule": _rule_written(made.rule),
                "by": made.by,
                "at": made.at.isoformat(),
            }
            for made in rulings.made
        ],
        separators=(",", ":"),
    )


def _rule_written(rule: Rule | None) -> object:
    match rule:
        case None:
            return None
        case Approvers():
            return {"added": sorted(rule.added), "removed": sorted(rule.removed)}
        case Duty():
            return [
                {
                    "person": shift.person,
                    "deputy": shift.deputy,
                    "zone": shift.hours.zone,
                    "between": shift.hours.between,
                    "days": sorted(shift.hours.days),
                }
                for shift in rule.shifts
            ]
        case Caps():
            return {
                name: {"minor": money.minor, "currency": money.currency}
                for name, money in vars(rule).items()
            }
        case _:
            assert_never(rule)


def _read(noted: str | None) -> Rulings:
    return Rulings(made=tuple(_ruling(one) for one in json.loads(noted or "[]")))


def _ruling(noted: Mapping[str, Any]) -> Ruling:
    subject = Subject(noted["subject"])
    rule = noted["rule"]
    return Ruling(
        subject=subject,
        rule=None if rule is None else _rule(subject, rule),
        by=noted["by"],
        at=datetime.fromisoformat(noted["at"]),
    )


def _rule(subject: Subject, rule: Any) -> Rule:  # noqa: ANN401 - JSON of our own
    match subject:
        case Subject.APPROVERS:
            return Approvers(added=frozenset(rule["added"]), removed=frozenset(rule["removed"]))
        case Subject.DUTY:
            return Duty(shifts=tuple(_shift(one) for one in rule))
        case Subject.CREDIT:
            return Caps(**{name: Money(**money) for name, money in rule.items()})
        case _:
            assert_never(subject)


def _shift(noted: Mapping[str, Any]) -> Shift:
    between = noted["between"]
    return Shift(
        person=noted["person"],
        deputy=noted["deputy"],
        hours=Hours(
            zone=noted["zone"],
            between=(between[0], between[1]) if between else None,
            days=frozenset(noted["days"]),
        ),
    )
