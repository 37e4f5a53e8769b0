"""Blocks of Slack's Block Kit as HTML: semantic, labelled, and with nothing foreign alive in it.

The HTML itself stands in `templates/`; everything that goes into it is escaped there, but for what
`mrkdwn` has made. One card is drawn from the very blocks that Slack would get.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from responders.action import ActionState
from responders.card import Card, Urgency
from responders.case import CaseState
from responders.console import mrkdwn
from responders.console.forms import PREFIX, Typed, form_for, kind_words
from responders.slack import blocks

#: Cards that are drawn once and kept, per person: a page that refreshes itself draws none anew.
_KEPT = 2_000


class Group(StrEnum):
    """Where a card stands on the page."""

    WAITING = "waiting"  #: a person is asked for something
    UNDER_WAY = "under-way"
    DONE = "done"


_GROUPS = {
    CaseState.OPEN: Group.WAITING,
    CaseState.NEEDS_HUMAN: Group.WAITING,
    CaseState.APPROVED: Group.UNDER_WAY,
    CaseState.ANSWERED: Group.DONE,
    CaseState.DISMISSED: Group.DONE,
}
_FOR_A_PERSON = frozenset({ActionState.BY_HAND, ActionState.NEEDS_HUMAN, ActionState.FAILED})


def group_of(card: Card) -> Group:
    """Where the card stands: what waits for a person to act stands first, whatever its state."""
    found = _GROUPS[card.state]
    if found is Group.UNDER_WAY and any(s.state in _FOR_A_PERSON for s in card.statuses):
        return Group.WAITING
    return found


def arrange(cards: Sequence[Card]) -> dict[Group, list[Card]]:
    """The cards by group in the order given, but red flags first."""
    groups: dict[Group, list[Card]] = {group: [] for group in Group}
    for card in sorted(cards, key=lambda card: card.urgency is not Urgency.RED):
        groups[group_of(card)].append(card)
    return groups


def draw(card: Card, form_token: str, *, alone: bool = False, typed: Typed | None = None) -> Markup:
    """The card as one article of a page.

    Args:
        card: What is drawn, through Slack's blocks.
        form_token: What its forms carry (CSRF).
        alone: It has a page of its own: nothing is folded.
        typed: What was typed into a form of it that was not taken; that form is open.
    """
    return _draw(card, form_token, alone, typed) if typed else _drawn(card, form_token, alone)


@lru_cache(maxsize=_KEPT)
def _drawn(card: Card, form_token: str, alone: bool) -> Markup:
    return _draw(card, form_token, alone, None)


def _draw(card: Card, form_token: str, alone: bool, typed: Typed | None) -> Markup:
    return page(
        "card.html",
        card=card,
        group=group_of(card),
        blocks=blocks.card(card),
        form=lambda value: form_for(card, value, typed),
        form_token=form_token,
        alone=alone,
    )


def page(template: str, **context: object) -> Markup:
    """A page, or a part of one."""
    made = _templates().get_template(template).render(context)
    return Markup(made)  # noqa: S704 - the templates escape everything that goes into them


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("responders.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = mrkdwn.plain
    environment.filters["mrkdwn"] = mrkdwn.html
    environment.filters["visible"] = mrkdwn.visible
    environment.filters["web_link"] = mrkdwn.web_link
    environment.globals["field_prefix"] = PREFIX
    environment.globals["kind_words"] = kind_words
    environment.globals["platform_name"] = blocks.platform
    return environment
