from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Author
from responders.action import ActionState
from responders.card import Card, Status, Urgency
from responders.case import CaseState
from responders.console import render
from responders.console.forms import Typed
from responders.console.render import Group, arrange, draw, group_of
from responders.slack.clicks import Ref
from tests.responders.console.reader import Page
from tests.responders.console.world import (
    DISMISS,
    EDIT,
    SNOOZE,
    a_card,
    changed,
    gallery,
    half,
    sent,
)

OUTSIDE = 'target="_blank" rel="noopener noreferrer external"'
ARABIC = "لم يصلني المبلغ"


def block(drawn: Mapping[str, Any]) -> str:
    """One block as HTML, without blank lines and indentation."""
    macro = vars(render._templates().get_template("blocks.html").module)["block"]
    return "".join(line.strip() for line in str(macro(drawn)).splitlines())


def text(content: str, type: str = "plain_text") -> dict[str, str]:
    return {"type": type, "text": content}


# Blocks


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ({"type": "header", "text": text("Case <1>")}, '<h4 dir="auto">Case &lt;1&gt;</h4>'),
        (
            {"type": "section", "text": text("*not bold*\n<b>")},
            '<div class="words" dir="auto">*not bold*<br>&lt;b&gt;</div>',
        ),
        (
            {"type": "section", "text": text("*bold*", "mrkdwn")},
            '<div class="section" dir="auto"><strong>bold</strong></div>',
        ),
        (
            {"type": "section", "fields": [text("a"), text("_b_", "mrkdwn")]},
            '<ul class="fields"><li dir="auto">a</li><li dir="auto"><em>b</em></li></ul>',
        ),
        (
            {"type": "context", "elements": [text("a"), text("b")]},
            '<div class="context"><p dir="auto">a</p><p dir="auto">b</p></div>',
        ),
        (
            {"type": "context", "elements": [text("*PUBLIC*", "mrkdwn")]},
            '<div class="context titled"><p dir="auto"><strong>PUBLIC</strong></p></div>',
        ),
        ({"type": "divider"}, "<hr>"),
        (
            {"type": "image", "image_url": "https://a.example/p.png", "alt_text": 'a "lamp"'},
            (f'<p><a class="picture" href="https://a.example/p.png" {OUTSIDE}>'
            "Picture: a &#34;lamp&#34;</a></p>"),
        ),
        (
            {"type": "context", "elements": [
                {"type": "image", "image_url": "javascript:x", "alt_text": "a lamp"}]},
            '<div class="context"><span class="picture">Picture: a lamp</span></div>',
        ),
        (
            {"type": "carousel"},
            '<p class="context">A part of this card (carousel) can be seen in Slack only.</p>',
        ),
    ],
)  # fmt: skip
def test_a_block_becomes_a_meaningful_element(drawn: Mapping[str, Any], expected: str) -> None:
    assert block(drawn) == expected


# Cards


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("card", gallery(), ids=lambda card: card.number)
def test_every_card_is_whole_labelled_html(card: Card, alone: bool) -> None:
    page = Page(draw(card, "token", alone=alone))

    assert page.faults == []
    (article,) = page.all("article")
    assert article["aria-labelledby"] == f"case-{card.case_id}-title"
    for form in page.forms:
        assert (form.method, form.action) == ("post", "/decisions")
        assert form.fields["csrf"] == "token"
        assert Ref.decode(form.fields["ref"]).case_id == card.case_id
        assert form.button.strip()
    for tag in ("input", "textarea", "select"):
        for attributes in page.all(tag):
            labelled = attributes.get("type") in {"hidden", "radio"} or "id" in attributes
            assert labelled, attributes


def test_a_card_tells_its_urgency_in_words_and_not_by_colour_alone() -> None:
    page = Page(draw(a_card(urgency=Urgency.RED), "token"))

    assert page.all("article")[0]["data-urgency"] == "red"
    assert "Red flag" in page.text


def test_a_card_that_is_done_is_folded_until_it_stands_alone() -> None:
    done = a_card(state=CaseState.ANSWERED, buttons=())

    assert Page(draw(done, "token")).all("details") == [{"class": "fold"}]
    assert Page(draw(done, "token", alone=True)).all("details") == []


def test_a_text_of_the_right_to_left_turns_its_own_paragraph_only() -> None:
    page = Page(draw(a_card(post=ARABIC, author=Author(id="1", handle="نور")), "token"))

    assert {"class": "words", "dir": "auto"} in page.all("div")
    assert ARABIC in page.text


def test_a_form_opens_with_what_was_typed_and_why_it_was_not_taken() -> None:
    card = a_card()
    ref = Ref.of(card, EDIT.verb)
    typed = Typed(ref=ref, values={"public": "My <own> words"}, error="Too old.", block="public")

    page = Page(draw(card, "token", typed=typed))

    form = page.form("Save, send nothing")
    assert page.faults == []
    assert form.fields["f:public"] == "My <own> words"
    assert form.fields["f:private"] == ""
    assert "Not done. Too old." in page.text
    assert [d for d in page.all("details") if "open" in d] == [{"class": "ask", "open": ""}]
    assert page.all("textarea")[0]["aria-invalid"] == "true"


def test_a_choice_that_was_made_stays_made() -> None:
    card = a_card()
    for verb, name, value in ((DISMISS.verb, "reason", "spam"), (SNOOZE.verb, "hours", "72")):
        typed = Typed(ref=Ref.of(card, verb), values={name: value}, error="Not now.")

        page = Page(draw(card, "token", typed=typed))

        label = "No reply" if name == "reason" else "Snooze"
        assert page.form(label).fields[f"f:{name}"] == value


@given(st.text(max_size=60), st.sampled_from(["post", "headline", "history", "reason", "context"]))
def test_no_text_of_a_case_becomes_an_element(foreign: str, field: str) -> None:
    nasty = f"{foreign}<script>alert(1)</script><img src=x onerror=alert(1)>\"'>{foreign}"

    page = Page(draw(changed(a_card(), **{field: nasty}), "token"))

    assert page.faults == []
    assert page.all("script") == page.all("img") == []
    assert not [a for _, attrs in page.tags for a in attrs if a.startswith("on")]


def test_no_text_of_a_form_becomes_an_element() -> None:
    nasty = '</textarea><script>alert(1)</script>" autofocus onfocus="alert(1)'
    card = a_card(public=half(text=nasty))

    page = Page(draw(card, '"><script>'))

    assert page.faults == []
    assert page.all("script") == []
    assert page.form("Save, send nothing").fields["f:public"] == nasty


# The page of all cards


def test_what_waits_for_a_person_stands_first_and_red_flags_on_top() -> None:
    by_hand: Status = sent(state=ActionState.BY_HAND)
    cards = [
        a_card(1),
        a_card(2, state=CaseState.APPROVED),
        a_card(3, state=CaseState.DISMISSED),
        a_card(4, urgency=Urgency.RED),
        a_card(5, state=CaseState.APPROVED, statuses=(by_hand,)),
        a_card(6, state=CaseState.NEEDS_HUMAN),
        a_card(7, state=CaseState.ANSWERED, urgency=Urgency.RED, statuses=(by_hand,)),
        a_card(8, state=CaseState.APPROVED, statuses=(sent(),)),
    ]

    groups = arrange(cards)

    assert {group: [card.case_id for card in found] for group, found in groups.items()} == {
        Group.WAITING: [4, 1, 5, 6],
        Group.UNDER_WAY: [2, 8],
        Group.DONE: [7, 3],
    }


def test_every_state_of_a_case_has_its_place() -> None:
    for state in CaseState:
        assert group_of(a_card(state=state)) in Group


def test_a_card_is_drawn_once_for_a_person_until_it_changes() -> None:
    card = a_card(77)

    first, again = draw(card, "token"), draw(a_card(77), "token")
    other, changed = draw(card, "another"), draw(replace(card, headline="sent"), "token")

    assert again is first
    assert other != first
    assert changed != first
