"""A bulletin as Slack's blocks, and as the line of a notification. Pure."""

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    HeaderBlock,
    SectionBlock,
)

from responders.bulletin import Bulletin, Line
from responders.home import Home
from responders.slack import rules
from responders.slack.blocks import CARD_MAXIMUM, action_id, weight
from responders.slack.clicks import Ref
from responders.slack.text import cut, inert, link, live, plain, staff, when
from responders.teach import WORDS, Unsure

#: More than this and nobody reads it; the rest is counted.
LINES = 20
#: Of each part of a page: with 20 shifts it stays below Slack's 100 blocks.
_SOME, _FEW = 15, 5
#: The actions of a word on a post; the word follows.
TEACH = "teach."
_TITLE = 300
_TEXT = 400
_QUOTE = 160


def blocks(bulletin: Bulletin) -> list[dict[str, Any]]:
    """The bulletin as Block Kit; lines that find no room are counted."""
    most = min(LINES, len(bulletin.lines))
    drawn = _draw(bulletin, most)
    while weight(drawn) >= CARD_MAXIMUM and most:
        most -= 1
        drawn = _draw(bulletin, most)
    return drawn


def fallback(bulletin: Bulletin) -> str:
    """The line of a notification and of a screen reader, safe as mrkdwn."""
    return staff(cut(bulletin.title, _TITLE))


def home(page: Home) -> list[dict[str, Any]]:
    """A person's page, within the 100 blocks of a view."""
    made: list[Block] = [_told(f"⚠️ {line}") for line in page.notices[:_FEW]]
    parts = (("What you have", page.mine, "Nothing."), ("What waits", page.waiting, "Nothing."))
    for title, lines, nothing in parts:
        made.append(HeaderBlock(text=plain(title)))
        made += [_line(line) for line in lines[:_SOME]] or [_told(nothing)]
        if len(lines) > _SOME:
            made.append(_told(f"… and {len(lines) - _SOME} more."))
    made.append(HeaderBlock(text=plain("Today")))
    made += [_told(line) for line in page.today[:_FEW]]
    made.append(HeaderBlock(text=plain("Platforms")))
    made += [_told(line) for line in page.platforms[:_SOME]] or [_told("None is connected.")]
    made += _unsure(page.unsure)
    made += rules.section(page.rules, page.rulings, may=page.may_rule)
    return [block.to_dict() for block in made]


def _unsure(posts: Sequence[Unsure]) -> list[Block]:
    """Posts that the judge was unsure of, each with the words that a person may choose."""
    if not posts:
        return []
    made: list[Block] = [HeaderBlock(text=plain("Was this a complaint?"))]
    made.append(_told("Your word teaches the judge; nothing is sent. A few posts a week, no more."))
    for post in posts[:_FEW]:
        where = f" · {link(post.post_url, 'open the post')}" if post.post_url else ""
        quoted = inert(cut(post.post, _QUOTE))
        made.append(SectionBlock(text=live(f"{inert(post.platform)} · “{quoted}”{where}")))
        buttons = [
            ButtonElement(
                text=plain(shown, 75),
                action_id=f"{TEACH}{word.value}",
                value=str(post.mention_id),
            )
            for word, shown in WORDS.items()
        ]
        made.append(ActionsBlock(elements=buttons))
    return made


def _told(text: str) -> SectionBlock:
    return SectionBlock(text=live(staff(cut(text, _TEXT))))


def _draw(bulletin: Bulletin, most: int) -> list[dict[str, Any]]:
    made: list[Block] = [SectionBlock(text=live(f"*{staff(cut(bulletin.title, _TITLE))}*"))]
    if not bulletin.lines:
        made = [SectionBlock(text=live(staff(cut(bulletin.title, _TITLE))))]
    made += [_line(line) for line in bulletin.lines[:most]]
    left = len(bulletin.lines) - most + bulletin.more
    if left:
        made.append(SectionBlock(text=plain(f"… and {left} more.")))
    return [block.to_dict() for block in made]


def _line(line: Line) -> Block:
    quoted = f" “{inert(cut(line.quoted, _QUOTE))}”" if line.quoted else ""
    at = f" · {when(line.at)}" if line.at else ""
    return SectionBlock(
        text=live(f"{staff(cut(line.text, _TEXT))}{at}{quoted}"), accessory=_button(line)
    )


def _button(line: Line) -> ButtonElement | None:
    if line.card is None or line.button is None:
        return None
    button = line.button
    return ButtonElement(
        text=plain(button.label, 75, emoji=True),
        action_id=action_id(button, 0),
        value=Ref.of(line.card, button.verb, button.action).encode(),
        style=button.style if button.style in {"primary", "danger"} else None,
    )
