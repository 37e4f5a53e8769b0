"""The forms behind the buttons that ask for more than a click. Pure.

A form carries its case, round and draft revision in `private_metadata`, so that a submission is
refused where the case has moved on. Inputs have the field's name as block id.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    RadioButtonsElement,
    SectionBlock,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

from connectors.base import Route
from responders.action import ActionKind
from responders.card import Card, HalfPart, Turn, Verb
from responders.checked import LINE_LONGEST, MOST, typed
from responders.draft import Finding, Half, Severity
from responders.override import REASON_LONGEST, in_words
from responders.slack.blocks import finding, language, platform
from responders.slack.clicks import DISMISSALS, PREFIX, SNOOZES, Ref
from responders.slack.text import (
    clean,
    cut,
    inert,
    link,
    live,
    one_line,
    plain,
    size,
    staff,
    unnamed,
    when,
)

#: The longest text that Slack's input takes. Source: docs.slack.dev "Plain-text input element",
#: read 2026-11.
INPUT_MAXIMUM = 3000
_REASON_MAXIMUM = 300
_NOTE_MAXIMUM = 2000
_FINDING_MAXIMUM = 300
_ADVICE_MAXIMUM = 900
_FINDINGS = 6
#: One of each kind in each half, and more than anybody overrides at once.
_OVERRIDDEN = 20
_TITLE_MAXIMUM = 24
#: Two blocks each; a form takes 100.
_TURNS = 40
_LINK_HINT = {
    Verb.POSTED: "Left empty, Amends looks for it and warns where our account has not posted it.",
    Verb.FOUND: "Copy it from your browser or the app.",
}
#: The name of the element within each input block.
ELEMENT = "value"

JSON = dict[str, Any]


def edit_view(card: Card, *, saved: bool = False) -> JSON:
    """Both texts, to be changed, each with what the guard says of it. Saving sends nothing.

    Args:
        card: The case as it is now.
        saved: Shown again because what was just saved cannot be sent.
    """
    first = "⛔ *Saved, but it cannot be sent like this.*" if saved else "Saving sends nothing."
    blocks: list[Block] = [ContextBlock(elements=[live(f"{first} Language: *{_language(card)}*")])]
    blocks += advice(card)
    for part in (card.public, card.private):
        if part is not None and part.way.route is not Route.NONE:
            blocks.append(_text_input(card, part))
            blocks += _guard(part)
    blocks += checked_input(card)
    if card.credit is not None and card.credit.chosen:
        note = f"The credit of {card.credit.credit.amount} is added below the private text."
        blocks.append(ContextBlock(elements=[plain(note)]))
    editable = any(isinstance(block, InputBlock) for block in blocks)
    return _form(
        f"Edit {card.number}",
        blocks,
        metadata=Ref.of(card, Verb.EDIT).encode(),
        callback="edit",
        submit="Save" if editable else None,
    )


def _guard(part: HalfPart) -> Iterator[Block]:
    if part.findings:
        told = [plain(finding(found), _FINDING_MAXIMUM) for found in part.findings[:_FINDINGS]]
        yield ContextBlock(elements=[*told])


def advice(card: Card) -> Iterator[Block]:
    """What the playbook asks of the words, for whoever changes them."""
    if card.guidance.notes:
        told = " ".join(f"• {one_line(note)}" for note in card.guidance.notes)
        yield ContextBlock(elements=[plain(told, _ADVICE_MAXIMUM)])


def _language(card: Card) -> str:
    return inert(language(card.language))


def _text_input(card: Card, part: HalfPart) -> Block:
    where = platform(card.platform)
    label = (
        f"Public answer on {where}" if part.half is Half.PUBLIC else f"Private message ({where})"
    )
    text = part.text
    if text is None and part.half is Half.PUBLIC:
        text = card.holding
    initial = clean(text or "")
    if size(initial) > INPUT_MAXIMUM:
        return SectionBlock(
            text=plain(f"{label}: longer than Slack's forms take. Edit it in the console.")
        )
    return InputBlock(
        block_id=part.half.value,
        label=plain(label),
        element=PlainTextInputElement(
            action_id=ELEMENT,
            initial_value=initial or None,
            multiline=True,
            max_length=INPUT_MAXIMUM,
        ),
        hint=plain(f"At most {part.way.limit.maximum:,} {part.way.limit.unit}."),
        optional=part.text is None,
    )


def checked_input(card: Card) -> Iterator[Block]:
    """What a person has looked up, where there is a private text that may hold it."""
    if card.private is None or card.private.way.route is Route.NONE:
        return
    line = PlainTextInputElement(
        action_id=ELEMENT,
        initial_value=cut(clean(typed(card.checked)), LINE_LONGEST) or None,
        max_length=LINE_LONGEST,
        placeholder="49.90 EUR; 3 March",
    )
    hint = (
        f"Amounts, dates or terms that you have looked up, at most {MOST}, with semicolons between."
        " They may then stand in the private message; the card shows who checked them."
    )
    yield _input("checked", "Checked for this case", line, hint=hint, optional=True)


def override_view(card: Card) -> JSON:
    """What the guard has found, and why it may be said all the same."""
    halves = [part for part in (card.public, card.private) if part is not None]
    found = [f for part in halves for f in part.findings if f.severity is Severity.BLOCK]
    blocks: list[Block] = [
        ContextBlock(elements=[plain(_blocked(f), _FINDING_MAXIMUM)]) for f in found[:_OVERRIDDEN]
    ]
    told = "This counts for these very words and ends with the next edit. It sends nothing."
    reason = PlainTextInputElement(action_id=ELEMENT, multiline=True, max_length=REASON_LONGEST)
    return _form(
        "Override the guard",
        [
            *blocks,
            ContextBlock(elements=[plain(told)]),
            _input(
                "reason", "Why may this be said?", reason, hint="The card and the audit keep it."
            ),
        ],
        metadata=Ref.of(card, Verb.OVERRIDE).encode(),
        callback="override",
        submit="Override",
    )


def _blocked(found: Finding) -> str:
    return f"{in_words(found.code, found.half).capitalize()}: {finding(found)}"


def dismiss_view(card: Card) -> JSON:
    """Why we do not answer."""
    reasons = RadioButtonsElement(action_id=ELEMENT, options=_options(DISMISSALS))
    return _form(
        f"No reply to {card.number}",
        [
            _input("reason", "Why?", reasons),
            _input("note", "A note for the team", _line(multiline=True), optional=True),
        ],
        metadata=Ref.of(card, Verb.DISMISS).encode(),
        callback="dismiss",
        submit="No reply",
    )


def posted_view(card: Card, kind: ActionKind | None, verb: Verb = Verb.POSTED) -> JSON:
    """Where it stands, for "I posted it" and "it is there". A private message may have no link."""
    private = kind is not ActionKind.PUBLIC
    what = "private message" if private else "public answer"
    asked = f"Link to the {what} on {platform(card.platform)}"
    return _form(
        "I posted it" if verb is Verb.POSTED else "It is there",
        [
            _input(
                "link",
                asked,
                _line(placeholder="https://"),
                hint=_LINK_HINT[verb],
                optional=private or verb is Verb.POSTED,
            )
        ],
        metadata=Ref.of(card, verb, kind).encode(),
        callback="link",
        submit="Done",
    )


def escalate_view(card: Card) -> JSON:
    """Who gets the case."""
    return _form(
        f"Hand over {card.number}",
        [
            _input("person", "To whom?", UserSelectElement(action_id=ELEMENT)),
            _input("reason", "Why?", _line(multiline=True), optional=True),
        ],
        metadata=Ref.of(card, Verb.ESCALATE).encode(),
        callback="escalate",
        submit="Hand over",
    )


def declare_view(card: Card) -> JSON:
    """What happened, in a few words; everybody reads it on every card."""
    warning = (
        f"Nothing is sent for {inert(card.brand)} until somebody ends the incident: "
        "drafts cannot be approved, what is approved is held, new cases are collected."
    )
    return _form(
        "Declare an incident",
        [
            SectionBlock(text=live(warning)),
            _input("title", "What happened?", _line(placeholder="Parcels of 20 November are lost")),
        ],
        metadata=Ref.of(card, Verb.DECLARE).encode(),
        callback="declare",
        submit="Declare it",
    )


def reason_view(card: Card, verb: Verb, kind: ActionKind | None) -> JSON:
    """Why something is taken down; `confirm_view` asks once more."""
    return _form(
        "Correct" if verb is Verb.CORRECT else "Take down",
        [_input("reason", "Why? The audit keeps it.", _line(multiline=True))],
        metadata=Ref.of(card, verb, kind).encode(),
        callback="reason",
        submit="Go on",
    )


def confirm_view(ref: Ref, question: str, reason: str = "") -> JSON:
    """A second question before something that cannot be undone."""
    return _form(
        "Are you sure?",
        [SectionBlock(text=plain(question))],
        metadata=ref.encode(why=reason) if reason else ref.encode(),
        callback="confirm",
        submit="Yes",
    )


def snooze_view(card: Card) -> JSON:
    """When the case comes back."""
    hours = StaticSelectElement(action_id=ELEMENT, options=_options(SNOOZES))
    return _form(
        f"Snooze {card.number}",
        [_input("hours", "Bring it back in", hours)],
        metadata=Ref.of(card, Verb.SNOOZE).encode(),
        callback="snooze",
        submit="Snooze",
    )


def conversation_view(card: Card, turns: Sequence[Turn]) -> JSON:
    """Everything that was written, the newest turns where not all fit; nothing to do."""
    shown = turns[-_TURNS:]
    blocks: list[Block] = []
    if len(shown) < len(turns):
        earlier = len(turns) - len(shown)
        blocks.append(ContextBlock(elements=[plain(f"{earlier} earlier ones are not shown.")]))
    for turn in shown:
        who = "We" if turn.ours else "They"
        how = "🔒 in private" if turn.private else "in public"
        where = link(turn.url, "open")
        facts = (f"*{who}* {how}", when(turn.at), where)
        blocks.append(ContextBlock(elements=[live(" · ".join(fact for fact in facts if fact))]))
        blocks.append(SectionBlock(text=plain(turn.text)))
    return _form(f"Conversation {card.number}", blocks)


def note_view(text: str, title: str = "Amends") -> JSON:
    """Something to read, and nothing to do."""
    return _form(title, [SectionBlock(text=live(staff(cut(text, _NOTE_MAXIMUM))))])


def wait_view() -> JSON:
    """Opened at once, because Slack lets a form be opened for three seconds after the click only.

    Source: docs.slack.dev "Modals", trigger_id, read 2026-11.
    """
    return note_view("One moment…")


#: The verbs that ask for more than a click, and their forms.
FORMS: Mapping[Verb, Callable[[Card, ActionKind | None], JSON]] = {
    Verb.EDIT: lambda card, kind: edit_view(card),
    Verb.DISMISS: lambda card, kind: dismiss_view(card),
    Verb.POSTED: posted_view,
    Verb.FOUND: lambda card, kind: posted_view(card, kind, Verb.FOUND),
    Verb.TAKE_DOWN: lambda card, kind: reason_view(card, Verb.TAKE_DOWN, kind),
    Verb.CORRECT: lambda card, kind: reason_view(card, Verb.CORRECT, kind),
    Verb.SNOOZE: lambda card, kind: snooze_view(card),
    Verb.DECLARE: lambda card, kind: declare_view(card),
    Verb.ESCALATE: lambda card, kind: escalate_view(card),
    Verb.OVERRIDE: lambda card, kind: override_view(card),
}


def _form(
    title: str,
    blocks: list[Block],
    *,
    metadata: str = "",
    callback: str = "note",
    submit: str | None = None,
) -> JSON:
    return View(
        type="modal",
        callback_id=f"{PREFIX}{callback}",
        title=plain(one_line(title), _TITLE_MAXIMUM),
        submit=plain(submit) if submit else None,
        close=plain("Cancel" if submit else "Close"),
        blocks=blocks,
        private_metadata=metadata or None,
    ).to_dict()


def _input(
    block: str,
    label: str,
    element: InputInteractiveElement,
    *,
    hint: str = "",
    optional: bool = False,
) -> InputBlock:
    return InputBlock(
        block_id=block,
        label=plain(label),
        element=element,
        hint=plain(hint) if hint else None,
        optional=optional,
    )


def _line(*, multiline: bool = False, placeholder: str = "") -> PlainTextInputElement:
    return PlainTextInputElement(
        action_id=ELEMENT,
        multiline=multiline,
        max_length=_REASON_MAXIMUM if multiline else INPUT_MAXIMUM,
        placeholder=placeholder or None,
    )


def _options(choices: dict[str, str]) -> list[Option]:
    return [Option(value=value, text=plain(label)) for value, label in choices.items()]


def error_text(text: str) -> str:
    """A refusal at a field of a form; Slack shows it as plain text, in which no id is a name."""
    return cut(unnamed(one_line(text)), _REASON_MAXIMUM)
