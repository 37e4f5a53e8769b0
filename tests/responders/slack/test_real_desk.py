"""The cards and forms of the real desk: whatever is offered can be drawn, clicked and decided."""

import pytest

from connectors.base import Ability
from responders.card import Card, Decision, Verb
from responders.desk import Desk
from responders.slack import blocks, listeners, views
from responders.slack.clicks import OPEN, Form, Ref, bare_decision, decision
from tests.fakes import FakeCaseBook
from tests.responders import given
from tests.servers.block_kit import message_errors, view_errors

#: What a person types into each form.
_TYPED = {
    Verb.EDIT: {"public": "We are sorry.", "private": "Please write to us."},
    Verb.DISMISS: {"reason": "leave_it"},
    Verb.POSTED: {"link": "https://x.com/acme/status/9"},
    Verb.FOUND: {"link": "https://x.com/acme/status/9"},
    Verb.TAKE_DOWN: {"reason": "Wrong person."},
    Verb.CORRECT: {"reason": "Wrong date."},
    Verb.ESCALATE: {"person": "U0LEAD"},
    Verb.SNOOZE: {"hours": "4"},
}
_STEPS = 2
ABILITIES = {
    "both by the API": given.BOTH,
    "the public half by hand": Ability(public=given.BY_HAND, private=given.API),
    "no private messages": Ability(public=given.API, private=given.NONE),
    "private only once they write": Ability(public=given.BY_HAND, private=given.CLOSED),
}


def desk_after(ability: Ability, *past: Decision) -> listeners.Desk:
    """The desk of one case in which these decisions were taken."""
    desk = Desk(
        FakeCaseBook(given.CASE),
        policy=lambda _brand: given.POLICY,
        ability=lambda _case: ability,
        review=given.unchanged,
        clock=given.Clock(),
        new_key=given.keys(),
    )
    for step in past:
        assert desk.take(step, given.EVA).done
    return desk


def offered(card: Card) -> list[Ref]:
    """Everything that can be clicked on the card as Slack shows it."""
    elements = [e for b in blocks.card(card) if b["type"] == "actions" for e in b["elements"]]
    values = [
        str(value)
        for element in elements
        for value in (
            [option["value"] for option in element["options"]]
            if element["type"] == "overflow"
            else [element["value"]]
        )
    ]
    refs = [Ref.decode(value) for value in values if not value.startswith(OPEN)]
    return [ref for ref in refs if ref.verb is not Verb.READ]


def decided(card: Card, ref: Ref) -> Decision:
    """What comes of a click, with the form filled in where there is one."""
    if ref.verb not in views.FORMS:
        return bare_decision(ref)
    view = views.FORMS[ref.verb](card, ref.kind)
    assert view_errors(view) == []
    fields = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    typed = {name: text for name, text in _TYPED[ref.verb].items() if name in fields}
    if ref.verb is Verb.EDIT:
        typed = {name: f"{text} ({card.draft_revision})" for name, text in typed.items()}
    if ref.verb is Verb.ESCALATE and card.claimed_by == "<@U0LEAD>":
        typed["person"] = "U0OTHER"
    form = Form(
        ref=Ref.decode(view["private_metadata"]),
        user_id=given.EVA.id,
        callback=view["callback_id"],
        values=typed,
    )
    return decision(form, given.NOW)


@pytest.mark.parametrize("ability", ABILITIES)
def test_whatever_a_card_offers_can_be_done(ability: str) -> None:
    paths: list[tuple[Decision, ...]] = [()]

    for path in paths:
        shown = desk_after(ABILITIES[ability], *path).card(given.CASE.id)
        assert message_errors(blocks.card(shown)) == []
        for ref in offered(shown):
            step = decided(shown, ref)
            answer = desk_after(ABILITIES[ability], *path).take(step, given.EVA)
            assert answer.done, f"{ref.verb} was offered, and then: {answer.text}"
            if len(path) < _STEPS:
                paths.append((*path, step))

    done = {step.verb for path in paths for step in path}
    assert {Verb.SEND, Verb.EDIT, Verb.DISMISS, Verb.UNDO, Verb.SNOOZE, Verb.CLAIM} <= done


def test_somebody_who_may_not_is_refused_by_the_real_desk() -> None:
    desk = desk_after(given.BOTH)
    shown = desk.card(given.CASE.id)

    answer = desk.take(decided(shown, offered(shown)[0]), given.STRANGER)

    assert not answer.done
    assert "approvers" in answer.text
