"""What a person can do with a card, as forms; and a submitted form as a decision. Pure.

The forms are those of Slack but one: an edit here has no limit of Slack's on its length.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from connectors.base import Route
from responders.action import ActionKind
from responders.card import Button, Card, Decision, HalfPart, Verb
from responders.draft import Half
from responders.policy import Person
from responders.ruling import leads
from responders.slack import clicks, views
from responders.slack.blocks import language
from responders.slack.clicks import BadField, Ref, Unreadable
from responders.slack.text import clean, inert

__all__ = ["BadField", "Form", "Typed", "Unreadable", "decision", "fields", "form_for"]

#: The name of a field of a form is this and the block id.
PREFIX = "f:"
_FIELDS = 40
#: The largest number of a case that the databases can be asked for.
LARGEST_ID = 2**63 - 1
#: Where Slack asks in two steps, a form here asks in one that was opened on purpose.
_SUBMIT = {Verb.TAKE_DOWN: "Yes, take it down", Verb.CORRECT: "Yes, delete it and open the case"}
#: An edit may be a little longer than any platform takes, so that the answer can say so.
_TEXT_LONGEST = 20_000
_NAME_LONGEST = 80


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What a person had typed into a form that was not taken."""

    ref: Ref
    values: Mapping[str, str] = field(default_factory=dict)  #: by block id
    error: str = ""
    block: str = ""  #: block id of the field to blame; "": the whole form


@dataclass(frozen=True, kw_only=True)
class Form:
    """What stands behind one button.

    Without question and blocks the button acts at once; else they are shown first.
    """

    ref: Ref
    value: str  #: what the form carries
    question: str = ""
    blocks: tuple[Mapping[str, Any], ...] = ()
    submit: str = ""
    danger: bool = False
    typed: Typed | None = None  #: from a try before; the form is open then
    page: str = ""  #: it is no form but leads to this page of ours

    @property
    def asks(self) -> bool:
        """Whether there is something to fill in or to confirm."""
        return bool(self.question or self.blocks)


def offered_to(card: Card, person: Person) -> Card:
    """The card without the buttons that are for somebody else."""
    kept = tuple(b for b in card.buttons if not b.only_for or leads(b.only_for, person))
    return card if kept == card.buttons else replace(card, buttons=kept)


def form_for(card: Card, value: str, typed: Typed | None = None) -> Form:
    """What stands behind a button of this card.

    Args:
        card: The card that the button belongs to.
        value: The button's value, as the card's blocks have it.
        typed: Of a form of this card that was not taken.

    Raises:
        Unreadable: the value is none of ours.
    """
    ref = Ref.decode(value)
    button = _button(card, ref)
    view = _view(card, ref)
    return Form(
        ref=ref,
        value=value,
        question=button.confirm,
        blocks=tuple(view["blocks"]) if view else (),
        submit=_SUBMIT.get(ref.verb) or (view["submit"]["text"] if view else "Yes"),
        danger=button.style == "danger" or ref.verb in _SUBMIT,
        page=f"/cases/{card.case_id}/conversation" if ref.verb is Verb.READ else "",
        typed=typed if typed and (typed.ref.verb, typed.ref.kind) == (ref.verb, ref.kind) else None,
    )


def fields(body: bytes) -> dict[str, str]:
    """The fields of a submitted form; of a name that comes twice the last one.

    Raises:
        Unreadable: there are more fields than any form of ours has.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS
        )
    except ValueError as error:
        raise Unreadable("a form with too many fields") from error
    return dict(pairs)


def typed_values(given: Mapping[str, str]) -> dict[str, str]:
    """What was typed, by block id, as it was typed."""
    return {
        name.removeprefix(PREFIX): text for name, text in given.items() if name.startswith(PREFIX)
    }


def decision(given: Mapping[str, str], person: str, now: datetime) -> Decision:
    """What a person decided by submitting a form.

    Raises:
        BadField: a field must be filled in differently.
        Unreadable: it is no form of ours.
    """
    ref = Ref.decode(given.get("ref"))
    if ref.case_id > LARGEST_ID:
        raise Unreadable("a number that no case has")
    values = {block: clean(text) for block, text in typed_values(given).items() if clean(text)}
    for block, text in values.items():
        if len(text) > _TEXT_LONGEST:
            raise BadField(block, f"This is {len(text):,} characters; {_TEXT_LONGEST:,} is most.")
    if ref.verb in _SUBMIT and "reason" not in values:
        raise BadField("reason", "Say why: the audit keeps it.")
    form = clicks.Form(ref=ref, user_id=person, callback="", values=values)
    return clicks.decision(form, now)


def _button(card: Card, ref: Ref) -> Button:
    for button in card.buttons:
        if not button.url and (button.verb, button.action) == (ref.verb, ref.kind):
            return button
    raise Unreadable("a button that the card does not have")


def _view(card: Card, ref: Ref) -> Mapping[str, Any] | None:
    if ref.verb is Verb.EDIT:
        return _edit(card)
    if ref.verb is Verb.ESCALATE:
        return _hand_over(card)
    make = views.FORMS.get(ref.verb)
    return make(card, ref.kind) if make else None


def _hand_over(card: Card) -> Mapping[str, Any]:
    """Slack lets people be chosen; here a name is typed."""
    view = views.escalate_view(card)
    typed = {"type": "plain_text_input", "max_length": _NAME_LONGEST}
    blocks = [
        {**block, "element": typed} if block["block_id"] == "person" else block
        for block in view["blocks"]
    ]
    return {**view, "blocks": blocks}


def _edit(card: Card) -> Mapping[str, Any]:
    """Both texts whole, whatever their length."""
    note = f"Saving sends nothing. Language: *{inert(language(card.language))}*"
    blocks: list[Mapping[str, Any]] = [
        {"type": "context", "elements": [{"type": "mrkdwn", "text": note}]}
    ]
    blocks += [block.to_dict() for block in views.advice(card)]
    blocks += [
        _edit_field(card, part)
        for part in (card.public, card.private)
        if part is not None and part.way.route is not Route.NONE
    ]
    blocks += [block.to_dict() for block in views.checked_input(card)]
    if card.credit is not None and card.credit.chosen:
        note = f"The credit of {card.credit.credit.amount} is added below the private text."
        blocks.append({"type": "context", "elements": [{"type": "plain_text", "text": note}]})
    return {"blocks": blocks, "submit": {"type": "plain_text", "text": "Save, send nothing"}}


def _edit_field(card: Card, part: HalfPart) -> Mapping[str, Any]:
    public = part.half is Half.PUBLIC
    text = card.holding if public and part.text is None else part.text
    hint = f"At most {part.way.limit.maximum:,} {part.way.limit.unit}."
    return {
        "type": "input",
        "block_id": part.half.value,
        "label": {"type": "plain_text", "text": "Public answer" if public else "Private message"},
        "hint": {"type": "plain_text", "text": hint},
        "optional": part.text is None,
        "element": {
            "type": "plain_text_input",
            "multiline": True,
            "initial_value": clean(text or ""),
            "max_length": _TEXT_LONGEST,
        },
    }


def kind_words(kind: ActionKind) -> str:
    """A kind of action as people call it."""
    return {
        ActionKind.PUBLIC: "Public answer",
        ActionKind.PRIVATE: "Private message",
        ActionKind.CREDIT: "Store credit",
        ActionKind.HOLDING: "Holding text",
        ActionKind.FOLLOW_UP: "Follow-up",
    }[kind]
