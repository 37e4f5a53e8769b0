from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Route, Way
from responders.action import ActionKind
from responders.card import Button, Card, CreditPart, Decision, Verb
from responders.console import forms
from responders.console.forms import BadField, Typed, Unreadable, decision, form_for
from responders.draft import Credit, Half
from responders.money import Money
from responders.policy import Person
from responders.slack.clicks import Ref
from tests.responders.console.world import (
    COMPOSER,
    DISMISS,
    EDIT,
    NOW,
    OVERRIDE,
    POSTED,
    PROMISE,
    SEND,
    SEND_AGAIN,
    SNOOZE,
    TAKE_DOWN,
    a_card,
    half,
)


def value(card: Card, button: Button) -> str:
    return Ref.of(card, button.verb, button.action).encode()


def submitted(card: Card, button: Button, **typed: str) -> dict[str, str]:
    return {"ref": value(card, button), **{f"f:{name}": text for name, text in typed.items()}}


# What stands behind a button


def test_a_plain_button_acts_at_once() -> None:
    card = a_card()

    assert not form_for(card, value(card, SEND)).asks


def test_a_button_with_a_question_asks_it_first() -> None:
    card = a_card(buttons=(SEND_AGAIN,))

    form = form_for(card, value(card, SEND_AGAIN))

    assert form.asks
    assert form.question.startswith("Have you looked?")
    assert form.submit == "Yes"
    assert not form.danger


def test_the_button_that_opens_a_page_does_not_stand_for_the_one_that_reports() -> None:
    opener = replace(COMPOSER, action=ActionKind.PUBLIC, confirm="never asked")
    card = a_card(buttons=(opener, POSTED))

    assert form_for(card, value(card, POSTED)).question == ""


def test_taking_down_asks_why_and_is_marked_as_dangerous() -> None:
    card = a_card(buttons=(TAKE_DOWN,))

    form = form_for(card, value(card, TAKE_DOWN))

    assert [part["block_id"] for part in form.blocks] == ["reason"]
    assert (form.submit, form.danger) == ("Yes, take it down", True)


def test_the_edit_form_holds_texts_whole_that_are_too_long_for_slack() -> None:
    long = "word " * 2000
    card = a_card(public=half(text=long))

    fields = [part for part in form_for(card, value(card, EDIT)).blocks if part["type"] == "input"]

    assert [part["block_id"] for part in fields] == ["public", "private", "checked"]
    assert fields[0]["element"]["initial_value"] == long.strip()
    assert not fields[0]["optional"]


def test_the_edit_form_begins_with_the_holding_text_where_nothing_else_is_proposed() -> None:
    card = a_card(
        public=half(text=None), private=half(Half.PRIVATE, text=None), holding="We are on it."
    )

    fields = [part for part in form_for(card, value(card, EDIT)).blocks if part["type"] == "input"]

    assert [part["element"].get("initial_value", "") for part in fields] == [
        "We are on it.",
        "",
        "",
    ]
    assert all(part["optional"] for part in fields)


def test_the_edit_form_leaves_out_what_cannot_be_sent_and_tells_of_the_credit() -> None:
    credit = Credit(amount=Money(minor=2500, currency="EUR"), text="{code}")
    card = a_card(
        private=half(Half.PRIVATE, way=Way(route=Route.NONE)),
        credit=CreditPart(credit=credit, chosen=True),
    )

    blocks = form_for(card, value(card, EDIT)).blocks

    assert [part.get("block_id") for part in blocks] == [None, "public", None]
    assert "The credit of 25.00 EUR is added" in str(blocks[-1])


def test_an_override_is_offered_to_the_lead_alone() -> None:
    group = replace(OVERRIDE, only_for="S0LEADS")
    blocked, grouped = a_card(buttons=(EDIT, OVERRIDE)), a_card(buttons=(EDIT, group))
    lead, eva = (Person(id=name, name=name, surface="console") for name in ("Lea", "Eva"))
    member = replace(eva, groups=frozenset({"S0LEADS"}))

    assert forms.offered_to(blocked, lead) is blocked
    assert forms.offered_to(blocked, eva).buttons == (EDIT,)
    assert forms.offered_to(grouped, member) is grouped
    assert forms.offered_to(grouped, lead).buttons == (EDIT,)


def test_an_override_shows_what_it_lets_pass_and_asks_why() -> None:
    card = a_card(public=half(findings=(PROMISE,)), buttons=(EDIT, OVERRIDE))

    form = form_for(card, value(card, OVERRIDE))

    assert form.submit == "Override"
    assert [part["block_id"] for part in form.blocks if part["type"] == "input"] == ["reason"]
    assert "garantiert morgen" in str(form.blocks)


def test_what_was_typed_belongs_to_its_own_form_only() -> None:
    card = a_card()
    typed = Typed(ref=Ref.of(card, Verb.EDIT), values={"public": "x"})

    assert form_for(card, value(card, EDIT), typed).typed is typed
    assert form_for(card, value(card, DISMISS), typed).typed is None


@pytest.mark.parametrize("bad", ["", "{}", "[]", "nonsense", '{"c":1,"r":1,"d":1,"v":"fly"}'])
def test_a_value_that_is_none_of_ours_is_refused(bad: str) -> None:
    with pytest.raises(Unreadable):
        form_for(a_card(), bad)
    with pytest.raises(Unreadable):
        decision({"ref": bad}, "eva", NOW)


def test_a_button_that_the_card_does_not_have_has_no_form() -> None:
    card = a_card(buttons=())

    with pytest.raises(Unreadable, match="a button that the card does not have"):
        form_for(card, value(card, SEND))


# What a submitted form decides


def test_a_plain_button_decides_what_it_says() -> None:
    card = a_card()

    assert decision(submitted(card, SEND), "eva", NOW) == Decision(
        verb=Verb.SEND, case_id=card.case_id, round=1, draft_revision=1
    )


def test_an_edit_carries_both_texts_cleaned() -> None:
    card = a_card()

    made = decision(submitted(card, EDIT, public="One\r\nTwo \u202e", private="  "), "eva", NOW)

    assert (made.public, made.private) == ("One\nTwo", None)


def test_a_dismissal_needs_a_reason_and_may_have_a_note() -> None:
    card = a_card()

    with pytest.raises(BadField) as caught:
        decision(submitted(card, DISMISS), "eva", NOW)
    made = decision(submitted(card, DISMISS, reason="not_us", note="other shop"), "eva", NOW)

    assert caught.value.block == "reason"
    assert made.reason == "not_us: other shop"


def test_a_snooze_ends_after_the_chosen_hours() -> None:
    card = a_card()

    assert decision(submitted(card, SNOOZE, hours="4"), "eva", NOW).until == NOW + timedelta(
        hours=4
    )


def test_a_link_must_lead_to_the_web() -> None:
    card = a_card(buttons=(POSTED,))

    with pytest.raises(BadField, match="https://") as caught:
        decision(submitted(card, POSTED, link="javascript:alert(1)"), "eva", NOW)
    made = decision(submitted(card, POSTED, link="https://x.example/1"), "eva", NOW)

    assert caught.value.block == "link"
    assert (made.link, made.action) == ("https://x.example/1", ActionKind.PUBLIC)


def test_taking_down_needs_a_reason() -> None:
    card = a_card(buttons=(TAKE_DOWN,))

    with pytest.raises(BadField, match="Say why") as caught:
        decision(submitted(card, TAKE_DOWN, reason=" "), "eva", NOW)
    made = decision(submitted(card, TAKE_DOWN, reason="wrong name"), "eva", NOW)

    assert caught.value.block == "reason"
    assert (made.verb, made.reason) == (Verb.TAKE_DOWN, "wrong name")


def test_a_text_of_any_length_is_not_taken() -> None:
    card = a_card()

    with pytest.raises(BadField, match=r"20,001 characters; 20,000") as caught:
        decision(submitted(card, EDIT, public="x" * 20_001), "eva", NOW)

    assert caught.value.block == "public"


def test_a_number_that_no_database_takes_is_no_case() -> None:
    card = replace(a_card(), case_id=type(a_card().case_id)(2**63))

    with pytest.raises(Unreadable, match="a number that no case has"):
        decision(submitted(card, SEND), "eva", NOW)


# Fields of a form


def test_fields_are_read_as_a_browser_sends_them() -> None:
    assert forms.fields(b"a=1+2&b=%C3%A9&c=&a=3") == {"a": "3", "b": "é", "c": ""}


def test_broken_bytes_are_no_reason_to_fail() -> None:
    assert forms.fields(b"a=%ff&b=\xff") == {"a": "\ufffd", "b": "\ufffd"}


def test_a_form_with_a_thousand_fields_is_none_of_ours() -> None:
    with pytest.raises(Unreadable, match="too many fields"):
        forms.fields(b"&".join(b"a=1" for _ in range(1000)))


def test_every_kind_of_action_has_a_name() -> None:
    assert len({forms.kind_words(kind) for kind in ActionKind}) == len(ActionKind)


def test_a_case_is_handed_over_by_typing_a_name() -> None:
    hand = Button(verb=Verb.ESCALATE, label="Hand to somebody", in_menu=True)
    card = a_card(buttons=(hand,))

    form = form_for(card, value(card, hand))
    decided = decision(submitted(card, hand, person="jana", reason="knows them"), "eva", NOW)

    assert [part["element"]["type"] for part in form.blocks] == ["plain_text_input"] * 2
    assert (decided.to, decided.reason) == ("jana", "knows them")


def test_a_correction_says_why_and_is_marked_as_dangerous() -> None:
    correct = Button(verb=Verb.CORRECT, label="Correct", action=ActionKind.PUBLIC)
    card = a_card(buttons=(correct,))

    assert form_for(card, value(card, correct)).danger
    with pytest.raises(BadField, match="Say why"):
        decision(submitted(card, correct), "eva", NOW)
