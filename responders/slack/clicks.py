"""What a click or a form of ours carries, and how to read it back. Pure.

A button's value and a form's `private_metadata` are compact JSON. Slack returns both unchanged, so
a click always says which case, round and draft the person saw.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from responders.action import ActionKind
from responders.card import Card, Decision, Verb
from responders.case import CaseId
from responders.slack.text import clean, web_address

#: Every action and form of ours begins so.
PREFIX = "amends."
MENU = "amends.menu"
OPEN = "amends.open"
#: A menu's option took 75 characters for years and takes 150 now. Source: docs.slack.dev
#: "Option object" and @slack/types, read 2026-11.
VALUE_MAXIMUM = 75

Payload = Mapping[str, Any]


class Unreadable(ValueError):
    """A click or a form that this version does not understand."""


class BadField(ValueError):
    """A field of a form must be filled in differently; the message is for the person.

    Attributes:
        block: The block id of the field.
    """

    def __init__(self, block: str, message: str) -> None:
        super().__init__(message)
        self.block = block


@dataclass(frozen=True, kw_only=True)
class Ref:
    """What a person wants to do, and with what they saw."""

    case_id: CaseId
    round: int
    draft_revision: int
    verb: Verb
    kind: ActionKind | None = None

    @classmethod
    def of(cls, card: Card, verb: Verb, kind: ActionKind | None = None) -> "Ref":
        """The verb for the case as the card shows it."""
        return cls(
            case_id=card.case_id,
            round=card.round,
            draft_revision=card.draft_revision,
            verb=verb,
            kind=kind,
        )

    def encode(self, **more: str) -> str:
        """Compact JSON; `more` are further words for a form."""
        words: dict[str, object] = {
            "c": self.case_id,
            "r": self.round,
            "d": self.draft_revision,
            "v": self.verb.value,
        }
        if self.kind is not None:
            words["k"] = self.kind.value
        return json.dumps({**words, **more}, separators=(",", ":"))

    @classmethod
    def decode(cls, value: object) -> "Ref":
        """What `encode` wrote.

        Raises:
            Unreadable: this is not ours, or of a later version.
        """
        words = _words(value)
        try:
            return cls(
                case_id=CaseId(_number(words["c"])),
                round=_number(words["r"]),
                draft_revision=_number(words["d"]),
                verb=Verb(words["v"]),
                kind=ActionKind(words["k"]) if "k" in words else None,
            )
        except (KeyError, ValueError) as error:
            raise Unreadable("a value that this version does not understand") from error

    def seen(self, card: Card) -> bool:
        """Whether the card still shows the round and the draft that the person saw."""
        return (self.round, self.draft_revision) == (card.round, card.draft_revision)


def _words(value: object) -> dict[str, Any]:
    try:
        words = json.loads(value) if isinstance(value, str) else None
    except ValueError as error:
        raise Unreadable("a value that is not JSON") from error
    if not isinstance(words, dict):
        raise Unreadable("a value that is not a table")
    return words


def _number(value: object) -> int:
    if type(value) is not int:
        raise ValueError("not a whole number")
    return value


@dataclass(frozen=True, kw_only=True)
class Click:
    """One click on a card."""

    ref: Ref
    user_id: str
    channel: str
    trigger_id: str
    from_menu: bool = False  #: a menu cannot ask "sure?" by itself
    on_page: bool = False  #: on the person's App Home, which no job redraws


def user_of(body: Payload) -> str:
    """Who clicked or submitted.

    Raises:
        Unreadable: Slack did not say.
    """
    user = body.get("user")
    if not isinstance(user, Mapping) or not isinstance(user.get("id"), str) or not user["id"]:
        raise Unreadable("a payload without a user")
    return str(user["id"])


def read_click(body: Payload) -> Click | None:
    """The click in a `block_actions` payload; None where a button only opened a page.

    Raises:
        Unreadable: it is none of ours, or of another version.
    """
    user_id = user_of(body)
    actions = body.get("actions")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], Mapping):
        raise Unreadable("a payload without exactly one action")
    action = actions[0]
    if str(action.get("action_id", "")).startswith(OPEN):
        return None
    value = _value(action)
    if isinstance(value, str) and value.startswith(OPEN):
        return None
    channel = body.get("channel")
    return Click(
        ref=Ref.decode(value),
        user_id=user_id,
        channel=str(channel.get("id", "")) if isinstance(channel, Mapping) else "",
        trigger_id=str(body.get("trigger_id", "")),
        from_menu=isinstance(action.get("selected_option"), Mapping),
        on_page=_on_page(body),
    )


def _on_page(body: Payload) -> bool:
    view = body.get("view")
    return isinstance(view, Mapping) and view.get("type") == "home"


@dataclass(frozen=True, kw_only=True)
class Form:
    """A submitted form."""

    ref: Ref
    user_id: str
    callback: str
    reason: str = ""  #: given in an earlier step
    values: Mapping[str, str] = field(default_factory=dict)  #: by block id; empty ones are absent
    first_field: str = ""  #: block id of the first field; "" where there is none


def read_form(body: Payload) -> Form:
    """The form in a `view_submission` payload.

    Raises:
        Unreadable: it is none of ours, or of another version.
    """
    user_id = user_of(body)
    view = body.get("view")
    if not isinstance(view, Mapping):
        raise Unreadable("a submission without a view")
    metadata = view.get("private_metadata")
    state = view.get("state")
    fields = state.get("values") if isinstance(state, Mapping) else None
    blocks = view.get("blocks")
    inputs = [
        str(block.get("block_id", ""))
        for block in (blocks if isinstance(blocks, list) else [])
        if isinstance(block, Mapping) and block.get("type") == "input"
    ]
    return Form(
        ref=Ref.decode(metadata),
        user_id=user_id,
        callback=str(view.get("callback_id", "")),
        reason=str(_words(metadata).get("why", "")),
        values=_values(fields if isinstance(fields, Mapping) else {}),
        first_field=inputs[0] if inputs else "",
    )


def _values(fields: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for block, elements in fields.items():
        for element in elements.values() if isinstance(elements, Mapping) else ():
            value = _value(element)
            if isinstance(value, str) and clean(value):
                found[block] = clean(value)
    return found


def _value(element: object) -> object:
    """What an element of a card or a form stands at: the option that was chosen, or the text."""
    if not isinstance(element, Mapping):
        return None
    if "selected_user" in element:
        return element["selected_user"]
    option = element.get("selected_option")
    return option.get("value") if isinstance(option, Mapping) else element.get("value")


#: Choices of the forms, as stored and as shown.
DISMISSALS = {
    "not_angry": "Not angry: the judgement was wrong",
    "not_us": "Not about us",
    "spam": "Spam",
    "was_angry": "Angry indeed, but better left alone",
    "answered_elsewhere": "Answered elsewhere",
    "leave_it": "Better left alone",
}
SNOOZES = {"1": "One hour", "4": "Four hours", "24": "A day", "72": "Three days"}


def decision(form: Form, now: datetime) -> Decision:
    """What the person decided.

    Raises:
        BadField: a field must be filled in differently.
        Unreadable: the form is not one of ours.
    """
    values, verb = form.values, form.ref.verb
    return Decision(
        verb=verb,
        case_id=form.ref.case_id,
        round=form.ref.round,
        draft_revision=form.ref.draft_revision,
        public=values.get("public"),
        private=values.get("private"),
        # An empty field takes the facts away.
        checked=values.get("checked", "") if verb is Verb.EDIT else None,
        reason=_reason(form),
        link=_link(form),
        action=form.ref.kind,
        until=_until(form, now),
        to=_to(form),
    )


def _reason(form: Form) -> str:
    values = form.values
    match form.ref.verb:
        case Verb.DISMISS:
            chosen = values.get("reason", "")
            if chosen not in DISMISSALS:
                raise BadField("reason", "Choose one of the reasons.")
            return f"{chosen}: {values['note']}" if "note" in values else chosen
        case Verb.OVERRIDE if "reason" not in values:
            raise BadField("reason", "Say why: the card and the audit keep it.")
        case Verb.TAKE_DOWN | Verb.CORRECT | Verb.OVERRIDE:
            return values.get("reason", form.reason)
        case Verb.DECLARE if "title" not in values:
            raise BadField("title", "Say in a few words what happened.")
        case Verb.DECLARE:
            return values["title"]
        case Verb.ESCALATE:
            return values.get("reason", "")
        case _:
            return form.reason


def _link(form: Form) -> str:
    if form.ref.verb not in {Verb.POSTED, Verb.FOUND}:
        return ""
    link = form.values.get("link", "")
    if link and web_address(link) is None:
        raise BadField("link", "Paste the whole address, beginning with https://")
    return link


def _until(form: Form, now: datetime) -> datetime | None:
    if form.ref.verb is not Verb.SNOOZE:
        return None
    hours = form.values.get("hours", "")
    if hours not in SNOOZES:
        raise BadField("hours", "Choose how long.")
    return now + timedelta(hours=int(hours))


def _to(form: Form) -> str:
    if form.ref.verb is not Verb.ESCALATE:
        return ""
    to = form.values.get("person", "")
    if not to:
        raise BadField("person", "Choose who gets the case.")
    return to


def bare_decision(ref: Ref) -> Decision:
    """The decision of a button that asks nothing more."""
    return Decision(
        verb=ref.verb,
        case_id=ref.case_id,
        round=ref.round,
        draft_revision=ref.draft_revision,
        action=ref.kind,
    )
