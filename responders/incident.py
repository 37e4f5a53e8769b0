"""An incident that a person declares: nothing is sent for a brand until a person ends it.

Many complaints with one cause need one agreed line, not many templates. While it lasts, drafts
may be changed and none approved, what is approved and unsent is held, and new cases collect in
the incident instead of each making a card; a red flag still makes its own.
"""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from responders.card import Button, Card, Verb
from responders.case import CaseId, Incident

#: What the incident itself is about.
VERBS = frozenset({Verb.DECLARE, Verb.END_INCIDENT})
#: What nobody can do while one lasts.
FROZEN = frozenset({Verb.SEND, Verb.SEND_AGAIN, Verb.ADD_CREDIT})

FREEZE = "An incident is declared: nothing is sent before somebody ends it. Nothing was changed."


class IncidentBook(Protocol):
    """Where incidents are kept."""

    def active(self, brand: str) -> Incident | None:
        """The brand's incident that is going on."""

    def declare(self, case_id: CaseId, title: str, by: str, now: datetime) -> bool:
        """Begin one for the case's brand, with this case in it; False where one is going on."""

    def departing(self, brand: str) -> int:
        """How many things of the brand are being sent at this moment: too late to hold."""

    def end(self, brand: str, by: str, now: datetime) -> bool:
        """End it, and let the cases that it collected have cards; False where none is going on."""


def on_card(card: Card, active: Incident | None) -> Card:
    """The card as it is while an incident is going on, or with the way to declare one."""
    if active is None:
        declare = Button(verb=Verb.DECLARE, label="Declare an incident", in_menu=True)
        return replace(card, buttons=(*card.buttons, declare))
    end = Button(
        verb=Verb.END_INCIDENT,
        label="End the incident",
        confirm="End it? What is approved is sent then.",
        in_menu=True,
    )
    kept = tuple(button for button in card.buttons if button.verb not in FROZEN or button.url)
    told = f"{active.title} (declared by {active.declared_by}). Nothing is sent."
    return replace(card, incident=told, buttons=(*kept, end))
