import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responders.action import ActionKind
from responders.card import Verb
from responders.case import CaseId
from responders.slack.clicks import (
    BadField,
    Form,
    Ref,
    Unreadable,
    bare_decision,
    decision,
    read_click,
    read_form,
)
from tests.responders.slack.cards import NOW, card

REF = Ref(case_id=CaseId(42), round=1, draft_revision=2, verb=Verb.SEND)


def ref(verb: Verb, kind: ActionKind | None = None) -> Ref:
    return Ref(case_id=CaseId(42), round=1, draft_revision=2, verb=verb, kind=kind)


def form(verb: Verb, kind: ActionKind | None = None, **values: str) -> Form:
    return Form(ref=ref(verb, kind), user_id="U0EVA", callback="amends.x", values=values)


def body(**action: object) -> dict[str, Any]:
    return {
        "user": {"id": "U0EVA"},
        "channel": {"id": "C1"},
        "trigger_id": "t",
        "actions": [{"action_id": "amends.send", "value": REF.encode(), **action}],
    }


@given(
    st.integers(min_value=0, max_value=2**63 - 1),
    st.integers(min_value=0, max_value=999),
    st.sampled_from(list(Verb)),
    st.none() | st.sampled_from(list(ActionKind)),
)
def test_what_a_button_carries_comes_back_unchanged(
    number: int, round: int, verb: Verb, kind: ActionKind | None
) -> None:
    made = Ref(case_id=CaseId(number), round=round, draft_revision=3, verb=verb, kind=kind)

    assert Ref.decode(made.encode()) == made


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        "not json",
        "[]",
        "{}",
        '{"c":"42","r":1,"d":2,"v":"send"}',
        '{"c":true,"r":1,"d":2,"v":"send"}',
        '{"c":42,"r":1,"d":2,"v":"explode"}',
        '{"c":42,"r":1,"d":2,"v":"send","k":"fax"}',
        '{"c":42,"r":1.5,"d":2,"v":"send"}',
    ],
)
def test_a_value_of_another_version_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable):
        Ref.decode(value)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
def test_no_payload_is_ever_more_than_unreadable(junk: Any) -> None:  # noqa: ANN401 - anything
    for payload in (
        junk if isinstance(junk, dict) else {},
        {"user": {"id": "U1"}, "actions": junk},
        {"user": {"id": "U1"}, "actions": [junk]},
        {"user": {"id": "U1"}, "view": junk},
        {"user": {"id": "U1"}, "view": {"state": junk, "blocks": junk, "private_metadata": junk}},
        {
            "user": {"id": "U1"},
            "view": {"private_metadata": REF.encode(), "state": {"values": junk}},
        },
    ):
        for read in (read_click, read_form):
            try:
                read(payload)
            except Unreadable:
                continue


def test_a_click_says_who_clicked_what_and_where() -> None:
    click = read_click(body())

    assert click is not None
    assert (click.ref, click.user_id, click.channel, click.trigger_id) == (REF, "U0EVA", "C1", "t")
    assert not click.from_menu


def test_an_item_of_a_menu_says_what_it_means_itself() -> None:
    value = ref(Verb.SNOOZE).encode()

    click = read_click(body(action_id="amends.menu.0", selected_option={"value": value}))

    assert click is not None
    assert click.ref.verb is Verb.SNOOZE
    assert click.from_menu


@pytest.mark.parametrize(
    "action",
    [
        {"action_id": "amends.open.0", "value": "amends.open"},
        {"action_id": "amends.menu.0", "selected_option": {"value": "amends.open.3"}},
    ],
)
def test_a_button_that_opens_a_page_decides_nothing(action: dict[str, object]) -> None:
    assert read_click(body(**action)) is None


def test_a_click_without_a_person_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="without a user"):
        read_click({**body(), "user": {}})


def test_a_click_outside_a_channel_is_answered_in_ours() -> None:
    click = read_click({**body(), "channel": None})

    assert click is not None
    assert click.channel == ""


def test_a_form_says_what_was_filled_in() -> None:
    view = {
        "callback_id": "amends.dismiss",
        "private_metadata": ref(Verb.DISMISS).encode(why="before"),
        "blocks": [{"type": "context"}, {"type": "input", "block_id": "reason"}],
        "state": {
            "values": {
                "reason": {
                    "value": {"type": "radio_buttons", "selected_option": {"value": "spam"}}
                },
                "note": {"value": {"type": "plain_text_input", "value": " a\x00 note "}},
                "empty": {"value": {"type": "plain_text_input", "value": None}},
            }
        },
    }

    read = read_form({"user": {"id": "U0EVA"}, "view": view})

    assert read.values == {"reason": "spam", "note": "a note"}
    assert read.first_field == "reason"
    assert read.reason == "before"
    assert read.callback == "amends.dismiss"


def test_a_plain_click_becomes_a_decision_on_what_was_seen() -> None:
    decided = bare_decision(ref(Verb.SEND_AGAIN, ActionKind.PRIVATE))

    assert decided.verb is Verb.SEND_AGAIN
    assert (decided.case_id, decided.round, decided.draft_revision) == (42, 1, 2)
    assert decided.action is ActionKind.PRIVATE


def test_an_edit_carries_both_texts() -> None:
    decided = decision(form(Verb.EDIT, public="Sorry.", private="Write to us."), NOW)

    assert (decided.public, decided.private) == ("Sorry.", "Write to us.")


def test_an_edit_of_one_half_leaves_the_other_as_it_is() -> None:
    assert decision(form(Verb.EDIT, public="Sorry."), NOW).private is None


def test_an_edit_carries_what_was_checked_and_an_empty_field_takes_it_away() -> None:
    assert decision(form(Verb.EDIT, checked="49,90 €"), NOW).checked == "49,90 €"
    assert decision(form(Verb.EDIT, public="Sorry."), NOW).checked == ""
    assert decision(form(Verb.SNOOZE, hours="4"), NOW).checked is None


def test_an_override_needs_a_reason() -> None:
    assert decision(form(Verb.OVERRIDE, reason="The carrier says so."), NOW).reason == (
        "The carrier says so."
    )
    with pytest.raises(BadField, match="Say why") as caught:
        decision(form(Verb.OVERRIDE), NOW)
    assert caught.value.block == "reason"


def test_no_reply_says_why() -> None:
    assert decision(form(Verb.DISMISS, reason="spam"), NOW).reason == "spam"
    told = decision(form(Verb.DISMISS, reason="not_us", note="Acme Ltd of Leeds"), NOW).reason
    assert told == "not_us: Acme Ltd of Leeds"


@pytest.mark.parametrize("values", [{}, {"reason": "boredom"}])
def test_no_reply_needs_one_of_the_reasons(values: dict[str, str]) -> None:
    with pytest.raises(BadField, match="Choose one") as bad:
        decision(form(Verb.DISMISS, None, **values), NOW)

    assert bad.value.block == "reason"


@pytest.mark.parametrize("verb", [Verb.POSTED, Verb.FOUND])
def test_a_link_is_kept(verb: Verb) -> None:
    link = "https://x.com/acme/status/9"

    decided = decision(form(verb, ActionKind.PUBLIC, link=link), NOW)

    assert decided.link == link
    assert decided.action is ActionKind.PUBLIC


def test_what_is_no_link_is_said_at_its_field() -> None:
    with pytest.raises(BadField, match="https://") as bad:
        decision(form(Verb.POSTED, link="posted it, honest"), NOW)

    assert bad.value.block == "link"


def test_a_message_without_an_address_needs_no_link() -> None:
    assert decision(form(Verb.POSTED, ActionKind.PRIVATE), NOW).link == ""


def test_a_snooze_ends_after_the_chosen_hours() -> None:
    assert decision(form(Verb.SNOOZE, hours="4"), NOW).until == NOW + timedelta(hours=4)


@pytest.mark.parametrize("values", [{}, {"hours": "9000"}])
def test_a_snooze_needs_one_of_the_times(values: dict[str, str]) -> None:
    with pytest.raises(BadField, match="how long"):
        decision(form(Verb.SNOOZE, None, **values), NOW)


def test_the_reason_of_a_take_down_survives_the_second_question() -> None:
    asked = Form(
        ref=ref(Verb.TAKE_DOWN, ActionKind.PUBLIC),
        user_id="U0EVA",
        callback="amends.confirm",
        reason="wrong person",
    )

    assert decision(asked, NOW).reason == "wrong person"


def test_a_ref_knows_whether_the_card_is_still_the_one_that_was_seen() -> None:
    assert ref(Verb.EDIT).seen(card())
    assert not ref(Verb.EDIT).seen(card(draft_revision=3))
    assert not ref(Verb.EDIT).seen(card(round=2))


def test_a_value_is_compact() -> None:
    assert json.loads(REF.encode()) == {"c": 42, "r": 1, "d": 2, "v": "send"}
    assert " " not in REF.encode()


def test_a_case_is_handed_to_the_person_that_was_chosen() -> None:
    view = {
        "callback_id": "amends.escalate",
        "private_metadata": ref(Verb.ESCALATE).encode(),
        "state": {
            "values": {
                "person": {"value": {"type": "users_select", "selected_user": "U0TOM"}},
                "reason": {"value": {"type": "plain_text_input", "value": "a lawyer"}},
            }
        },
    }

    decided = decision(read_form({"user": {"id": "U0EVA"}, "view": view}), NOW)

    assert (decided.verb, decided.to, decided.reason) == (Verb.ESCALATE, "U0TOM", "a lawyer")


def test_a_case_is_handed_to_somebody() -> None:
    with pytest.raises(BadField, match="who gets the case") as bad:
        decision(form(Verb.ESCALATE, None), NOW)

    assert bad.value.block == "person"


def test_an_incident_is_declared_in_a_few_words() -> None:
    assert decision(form(Verb.DECLARE, None, title="Parcels lost"), NOW).reason == "Parcels lost"
    with pytest.raises(BadField, match="what happened") as bad:
        decision(form(Verb.DECLARE, None), NOW)
    assert bad.value.block == "title"
