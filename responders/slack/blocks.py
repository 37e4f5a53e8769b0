"""A card as Slack's blocks, and as the line of a notification. Pure.

The order is the order in which an agent decides: how urgent, who, what they wrote, why it is here,
what we would say in public, what in private, what it costs, what can be done. Only parts that are
present are drawn. slack_sdk's models check Block Kit's limits in `to_dict`; what is longer is cut
before.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    DividerBlock,
    InteractiveElement,
    Option,
    OverflowMenuElement,
    SectionBlock,
    TextObject,
)

from connectors.base import Author, Route, Way
from responders.action import ActionKind, ActionState
from responders.card import Button, Card, CreditPart, HalfPart, Status, Urgency
from responders.checked import MOST
from responders.draft import Finding, Half, Severity
from responders.slack.clicks import MENU, OPEN, PREFIX, Ref
from responders.slack.text import (
    URL_MAXIMUM,
    clean,
    cut,
    inert,
    isolated,
    link,
    live,
    one_line,
    plain,
    size,
    staff,
    stored,
    web_address,
    when,
)

Blocks = list[dict[str, Any]]

#: Slack refuses a message at about 13,200 characters over all blocks (`msg_blocks_too_long`), and
#: documents no such limit. Source: github.com/slackapi/bolt-js issue 2509. We stay well below.
CARD_MAXIMUM = 10_000
#: Source: docs.slack.dev "Blocks", read 2026-11.
BLOCKS_MAXIMUM = 50
_LABEL_MAXIMUM = 75
_MENU_MAXIMUM = 5
_FALLBACK_MAXIMUM = 300

_PROMISES = 3
_OVERRIDES = 2
_REASONS = 3
#: What names how we looked says nothing to whoever answers.
_TOOLS = frozenset({"VADER"})
#: How much a word weighed is for whoever tunes the judge.
_WEIGHT = re.compile(r" [+\N{MINUS SIGN}-]\d+(?:\.\d+)?$")


@dataclass(frozen=True, kw_only=True)
class _Room:
    """How much each part of a card may take: characters, and how many of a kind."""

    answer: int  #: a text that somebody is about to approve
    post: int
    english: int
    aside: int  #: a reason, a finding, a line of context
    label: int = _LABEL_MAXIMUM  #: of a button
    address: int = URL_MAXIMUM  #: of a button that opens a page
    buttons: int = 8  #: more than this and nobody finds the right one
    items: int = 10  #: of the menu
    findings: int = 6
    statuses: int = 5  #: beyond those that a part tells itself


#: A card takes the first of these in which it stays below CARD_MAXIMUM. What people are about to
#: approve is cut last.
_ROOMS = (
    _Room(answer=2900, post=2000, english=1200, aside=300),
    _Room(answer=2900, post=900, english=500, aside=200, findings=4),
    _Room(answer=2000, post=600, english=300, aside=200, address=1500, findings=4),
    _Room(answer=1300, post=600, english=300, aside=150, address=1000, findings=3, statuses=3),
    _Room(
        answer=420,
        post=350,
        english=200,
        aside=100,
        label=40,
        address=200,
        buttons=5,
        items=5,
        findings=2,
        statuses=2,
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A block, and how soon it is left out where even the smallest room is too large."""

    block: Block
    spare: int = 0  #: 0: never; the highest goes first


_URGENCY = {
    Urgency.RED: "🔴 Red flag",
    Urgency.HIGH: "🟠 High",
    Urgency.NORMAL: "🟡 Normal",
    Urgency.LOW: "⚪ Low",
}
_STATE = {
    ActionState.APPROVED: "⏳",
    ActionState.WAITING: "⏸️",
    ActionState.BY_HAND: "✋",
    ActionState.SENDING: "📤",
    ActionState.UNKNOWN: "❓",
    ActionState.NEEDS_HUMAN: "⚠️",
    ActionState.SENT: "✅",
    ActionState.FAILED: "❌",
    ActionState.CANCELLED: "🚫",
    ActionState.RETRACTED: "↩️",
    ActionState.REVERSED: "↩️",
}
_KIND = {
    ActionKind.PUBLIC: "Public answer",
    ActionKind.PRIVATE: "Private message",
    ActionKind.CREDIT: "Credit",
    ActionKind.HOLDING: "Holding text",
    ActionKind.FOLLOW_UP: "Follow-up",
}
_HALF = {Half.PUBLIC: "🌐 PUBLIC", Half.PRIVATE: "✉️ PRIVATE"}
_ROUTE = {
    Route.API: "we send it",
    Route.BY_HAND: "a person posts it by hand",
    Route.CLOSED: "closed until they write to us",
    Route.NONE: "not possible here",
}
#: Something goes out by these, in the name of an account.
_OURS = frozenset({Route.API, Route.BY_HAND})
_SEVERITY = {
    Severity.BLOCK: "⛔ Cannot be sent",
    Severity.SECOND: "👥 Needs a second approver",
    Severity.NOTE: "🔎 Worth a look",
}
_PLATFORM = {"twitter": "X", "hackernews": "Hacker News", "youtube": "YouTube"}


def card(card: Card) -> Blocks:
    """The card as Block Kit: less than CARD_MAXIMUM characters of JSON, and few blocks."""
    drawn: list[tuple[int, dict[str, Any]]] = []
    for room in _ROOMS:
        drawn = [(part.spare, part.block.to_dict()) for part in _draw(card, room)]
        if weight([block for _, block in drawn]) < CARD_MAXIMUM:
            break
    while weight([block for _, block in drawn]) >= CARD_MAXIMUM:
        drawn.remove(max(drawn, key=lambda part: part[0]))
    return [block for _, block in drawn]


def weight(blocks: Blocks) -> int:
    """The characters of all blocks as Slack may count them: the whole compact JSON."""
    return stored(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def fallback(card: Card) -> str:
    """The line of a notification and of a screen reader, safe as mrkdwn."""
    start = f"{inert(cut(card.number, 40))} {_URGENCY[card.urgency]}, {platform(card.platform)}: "
    told = staff(cut(one_line(card.headline), 120))
    quoted = inert(cut(one_line(card.post), _FALLBACK_MAXIMUM - 180))
    return f"{start}{told} “{quoted}”"


def platform(name: str) -> str:
    """A platform as people call it."""
    return inert(_PLATFORM.get(name, cut(name, 40).capitalize()))


def _draw(card: Card, room: _Room) -> Iterator[_Part]:
    yield _Part(block=SectionBlock(text=live(_head(card, room))))
    yield _context(*_who(card), spare=1)
    yield from _post(card, room)
    yield _context(plain(_why(card), room.aside + 200), spare=2)
    yield from _for_us(card, room)
    yield _Part(block=DividerBlock())  # never left out: above it are their words, below it ours
    yield from _answer(card, room)
    yield from _by_people(card, room)
    yield from _later(card, room)
    yield from _actions(card, room)


def _head(card: Card, room: _Room) -> str:
    """Severity, number and state; below it deadline, platform, topic, language and who has it."""
    told = staff(cut(one_line(card.headline), min(200, room.aside)))
    first = f"*{_URGENCY[card.urgency]} · {inert(cut(card.number, 40))}* · {told}"
    facts = [
        f"*answer by {when(card.due_at)}*" if card.due_at else "",
        platform(card.platform),
        inert(cut((card.topic or "topic unsure").replace("_", " "), 60)),
        inert(language(card.language)),
        f"taken by {staff(cut(card.claimed_by, 60))}" if card.claimed_by else "",
    ]
    lines = [first, " · ".join(fact for fact in facts if fact)]
    if card.incident:
        lines.append(f"🔥 *Incident*: {staff(cut(one_line(card.incident), room.aside))}")
    if card.red_flags:
        flags = ", ".join(flag.value.replace("_", " ") for flag in card.red_flags)
        lines.append(f"⚠️ *{flags}*: a person decides every word.")
    return "\n".join(lines)


@lru_cache(maxsize=256)
def language(code: str) -> str:
    """A language's English name; the code where it has none."""
    from babel import Locale  # imported here: 40 ms that start-up need not pay

    if code == "und":
        return "language unsure"
    return str(Locale("en").languages.get(code, cut(code, 20)))


def _who(card: Card) -> Iterator[TextObject]:
    author: Author = card.author
    name = isolated(cut(one_line(author.name), 80))
    handle = isolated(cut(f"@{one_line(author.handle)}", 80))
    reach = "" if author.followers is None else f"{author.followers:,} followers"
    facts = (f"{name} ({handle})" if name else handle, reach, cut(one_line(card.history), 80))
    yield plain(" · ".join(fact for fact in facts if fact))


def _post(card: Card, room: _Room) -> Iterator[_Part]:
    if card.context:
        yield _context(plain(f"In reply to: {one_line(card.context)}", room.aside), spare=6)
    where, profile = link(card.post_url, "open the post"), link(card.author.url, "profile")
    facts = (f"*They wrote* {when(card.post_at)}", where, profile)
    yield _context(live(" · ".join(fact for fact in facts if fact)))
    yield _Part(block=SectionBlock(text=plain(card.post, room.post)))
    if card.english:
        yield _context(plain(f"In English: {clean(card.english)}", room.english), spare=4)


def _why(card: Card) -> str:
    words = ", ".join(_reasons(card.why))
    sure = f"{card.complaint:.0%} sure that it is a complaint"
    doubt = f" · {one_line(card.doubt)}" if card.doubt else ""
    told = f"{words} · {sure}" if words else sure
    return f"Why you see this: {told}{doubt}"


def _reasons(why: Sequence[str]) -> Iterator[str]:
    """The heaviest reasons: each of the customer's words once, with what they were taken for."""
    kinds: dict[str, list[str]] = {}
    for reason in why:
        kind, colon, words = one_line(_WEIGHT.sub("", reason)).partition(": ")
        found = kinds.setdefault(words if colon else kind, [])
        if colon and kind not in _TOOLS:
            found.append(kind.replace("_", " "))
    ruled = sorted(kinds.items(), key=lambda found: not found[1])
    for words, taken_for in ruled[:_REASONS]:
        told = f" ({', '.join(taken_for)})" if taken_for else ""
        yield f"{cut(words, 60)}{cut(told, 60)}"


def _for_us(card: Card, room: _Room) -> Iterator[_Part]:
    """What the customer never sees."""
    notes = [
        f"🎫 Ticket: {one_line(card.ticket)}" if card.ticket else "",
        *(f"🤝 Promised: {one_line(promise)}" for promise in card.promises[:_PROMISES]),
    ]
    drawn = [plain(note, room.aside) for note in notes if note]
    if drawn:
        yield _context(*drawn, spare=5)


def _answer(card: Card, room: _Room) -> Iterator[_Part]:
    if card.reason and not card.red_flags:  # the flags stand at the top of the card
        worded = any(part is not None and part.text for part in (card.public, card.private))
        start = "To know" if worded else "No text proposed"
        reason = plain(f"{start}: {clean(card.reason)}", room.aside)
        yield _Part(block=SectionBlock(text=reason))
    if card.holding:
        yield _context(live("*✍️ A start for a person to finish* · not sent as it is"))
        yield from _text(card.holding, room)
    if card.guidance.find_out:
        wanted = " · ".join(map(one_line, card.guidance.find_out))
        yield _context(plain(f"🔎 Find out first: {wanted}", room.aside), spare=3)
    if card.speakers_only:
        yield _context(live("🗣️ *Only a listed speaker may approve*: no English reading."))
    halves = [part for part in (card.public, card.private) if part is not None]
    bare = [part for part in halves if part.text is None and part.status is None]
    for part in halves:
        if part not in bare:
            yield from _half(part, room)
    if bare:
        yield _context(*(element for part in bare for element in _title(part, room)))
    if card.credit is not None:
        yield from _credit(card.credit, card.guidance.credit, room)


def _text(text: str, room: _Room) -> Iterator[_Part]:
    """A text for the customer; where some of it is hidden, that is said."""
    yield _Part(block=SectionBlock(text=plain(text, room.answer)))
    if size(clean(text)) > room.answer:
        yield _context(live("⚠️ *Not all of this text is shown here.*"))


def _half(part: HalfPart, room: _Room) -> Iterator[_Part]:
    """What would be said and how; once that is decided, what became of it stands in that place."""
    yield _context(*_title(part, room))
    if part.text is not None:
        yield from _text(part.text, room)
    if part.english:
        yield _context(plain(f"In English: {clean(part.english)}", room.english), spare=4)
    worst = sorted(part.findings, key=lambda found: list(_SEVERITY).index(found.severity))
    told = [*map(finding, worst), *map(_overridden, part.overridden)]
    if told:
        yield _context(*(plain(words, room.aside) for words in told[: room.findings]), spare=1)


def _title(part: HalfPart, room: _Room) -> Iterator[TextObject]:
    status = part.status
    told = _route(part) if status is None else _became(status, room)
    yield live(f"*{_HALF[part.half]}* · {told}")
    if part.way.reason and (status is None or status.state is ActionState.BY_HAND):
        yield plain(part.way.reason, room.aside)


def _route(part: HalfPart) -> str:
    way: Way = part.way
    account = f" as {inert(cut(way.account, 60))}" if way.account and way.route in _OURS else ""
    facts = [
        f"{_ROUTE[way.route]}{account}",
        f"${way.cost_micro_usd / 1_000_000:.3f}" if way.cost_micro_usd else "",
    ]
    maximum = way.limit.maximum
    if part.text is not None and part.length > maximum / 2:  # else nobody needs to count
        told = f"{part.length:,} of {maximum:,} {inert(way.limit.unit)}"
        facts.append(told if part.length <= maximum else f"⚠️ {told}: too long")
    return " · ".join(fact for fact in facts if fact)


def finding(found: Finding) -> str:
    """What the guard found, on one line."""
    return f"{_SEVERITY[found.severity]}: “{one_line(found.words)}” {one_line(found.do)}"


def _overridden(found: Finding) -> str:
    return f"🔓 Overridden: “{one_line(found.words)}”"


def _by_people(card: Card, room: _Room) -> Iterator[_Part]:
    """What a person answers for by name: facts that they checked, and what a lead let pass."""
    if card.checked:
        facts = ", ".join(f"“{inert(cut(one_line(fact), 60))}”" for fact in card.checked[:MOST])
        by = f" · by {staff(cut(card.checked_by, 60))}" if card.checked_by else ""
        yield _context(live(f"☑️ *Checked for this case*: {facts}{by}"), spare=1)
    for told in card.overrides[-_OVERRIDES:]:
        yield _context(live(f"🔓 {staff(cut(one_line(told), room.english))}"), spare=2)


def _credit(part: CreditPart, fits: str, room: _Room) -> Iterator[_Part]:
    chosen = "*added to the private message*" if part.chosen else "*not added*"
    left = f" · {inert(cut(part.left, 80))}" if part.left else ""
    told = f"{chosen}{left}" if part.status is None else _became(part.status, room)
    yield _context(live(f"*🎁 CREDIT* · {part.credit.amount} · {told}"))
    if fits:
        yield _context(plain(one_line(fits), room.aside), spare=6)
    if part.chosen:
        yield _Part(block=SectionBlock(text=plain(part.credit.text, room.english)), spare=4)
        if part.credit.text_english:
            english = f"In English: {clean(part.credit.text_english)}"
            yield _context(plain(english, room.english), spare=5)


def _later(card: Card, room: _Room) -> Iterator[_Part]:
    """What became of actions that no part above has told yet, the latest ones."""
    parts = (card.public, card.private, card.credit)
    told = [part.status for part in parts if part is not None]
    for status in [status for status in card.statuses if status not in told][-room.statuses :]:
        yield _status(status, room, spare=3)


def _status(status: Status, room: _Room, spare: int) -> _Part:
    return _context(live(f"*{_KIND[status.kind]}* · {_became(status, room)}"), spare=spare)


def _became(status: Status, room: _Room) -> str:
    """What became of an action, when and where."""
    facts = (
        f"{_STATE[status.state]} {staff(cut(status.line, room.aside))}",
        when(status.at) if status.at else "",
        link(status.url, "see it", room.address),
    )
    return " · ".join(fact for fact in facts if fact)


def _context(*elements: TextObject, spare: int = 0) -> _Part:
    return _Part(block=ContextBlock(elements=list(elements)), spare=spare)


def _actions(card: Card, room: _Room) -> Iterator[_Part]:
    row: dict[str, Button] = {}
    for place, button in enumerate(b for b in card.buttons if not b.in_menu and _opens(b, room)):
        row.setdefault(action_id(button, place), button)
    elements: list[InteractiveElement] = [
        _button(card, button, name, room) for name, button in list(row.items())[: room.buttons]
    ]
    items = [b for b in card.buttons if b.in_menu and _opens(b, room)][: room.items]
    elements += [
        _menu(card, items[start : start + _MENU_MAXIMUM], start, room)
        for start in range(0, len(items), _MENU_MAXIMUM)
    ]
    if elements:
        yield _Part(block=ActionsBlock(elements=elements))
    if not all(_opens(button, room) for button in card.buttons):
        yield _context(live("A prefilled link is too long for Slack: copy the text by hand."))


def _opens(button: Button, room: _Room) -> bool:
    """Whether the button needs no page, or its page's address can be shown."""
    return not button.url or web_address(button.url, room.address) is not None


def action_id(button: Button, place: int) -> str:
    """How a click names its button; unique within a card while a verb and kind occur once."""
    if button.url:
        return f"{OPEN}.{place}"
    kind = f".{button.action.value}" if button.action else ""
    return f"{PREFIX}{button.verb.value}{kind}"


def _button(card: Card, button: Button, name: str, room: _Room) -> ButtonElement:
    style = button.style if button.style in {"primary", "danger"} else None
    return ButtonElement(
        text=plain(button.label, room.label, emoji=True),
        action_id=name,
        value=OPEN if button.url else Ref.of(card, button.verb, button.action).encode(),
        url=web_address(button.url),
        style=style,
        confirm=_question(button, style, room) if button.confirm else None,
    )


def _question(button: Button, style: str | None, room: _Room) -> ConfirmObject:
    return ConfirmObject(
        title=plain("Are you sure?"),
        text=plain(button.confirm, room.aside),
        confirm=plain("Yes"),
        deny=plain("No"),
        style=style,
    )


def _menu(card: Card, items: Sequence[Button], start: int, room: _Room) -> OverflowMenuElement:
    options = [
        Option(
            text=plain(item.label, room.label, emoji=True),
            value=(
                f"{OPEN}.{start + place}"
                if item.url
                else Ref.of(card, item.verb, item.action).encode()
            ),
            url=web_address(item.url),
        )
        for place, item in enumerate(items)
    ]
    return OverflowMenuElement(action_id=f"{MENU}.{start}", options=options)
