import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.base import Route
from responders.action import ActionKind
from responders.card import Turn, Verb
from responders.slack import views
from responders.slack.clicks import DISMISSALS, SNOOZES, Ref
from tests.responders.slack.cards import ADVICE, HOSTILE, NOW, card, enormous, gallery, way
from tests.servers.block_kit import texts, view_errors

GALLERY = gallery()


def inputs(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The form's fields, by name."""
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def words(view: dict[str, Any]) -> str:
    return "\n".join(text["text"] for text in texts(view))


@pytest.mark.parametrize("kind", [*ActionKind, None])
@pytest.mark.parametrize("verb", views.FORMS)
@pytest.mark.parametrize("name", ["ordinary", "hostile", "enormous", "bare", "red flag"])
def test_slack_takes_every_form(name: str, verb: Verb, kind: ActionKind | None) -> None:
    assert view_errors(views.FORMS[verb](GALLERY[name], kind)) == []


@pytest.mark.parametrize("verb", views.FORMS)
def test_a_form_carries_what_the_person_saw(verb: Verb) -> None:
    view = views.FORMS[verb](card(), ActionKind.PUBLIC)

    carried = Ref.decode(view["private_metadata"])

    assert (carried.case_id, carried.round, carried.draft_revision) == (42, 1, 2)
    assert carried.verb is verb


def test_an_edit_shows_both_texts_as_they_are() -> None:
    fields = inputs(views.edit_view(card()))

    assert list(fields) == ["public", "private", "checked"]
    assert fields["public"]["element"]["initial_value"] == "Das tut uns leid. Wir kümmern uns."
    assert fields["public"]["element"]["multiline"]
    assert fields["public"]["hint"]["text"] == "At most 280 characters."
    assert "Saving sends nothing" in words(views.edit_view(card()))
    assert "German" in words(views.edit_view(card()))


def test_an_edit_tells_what_the_playbook_asks_of_the_words() -> None:
    told = words(views.edit_view(card(guidance=ADVICE)))

    assert "• Do not blame the carrier. • If the new time does not suit" in told
    assert "•" not in words(views.edit_view(card()))


def test_a_half_that_cannot_be_said_is_not_asked_for() -> None:
    made = card()
    assert made.private is not None
    closed = replace(made, private=replace(made.private, way=way(Route.NONE)))

    assert list(inputs(views.edit_view(closed))) == ["public"]


def test_a_person_starts_from_the_holding_text_where_no_template_fits() -> None:
    made = GALLERY["red flag"]
    half = card().public
    assert half is not None
    blank = replace(made, public=replace(half, text=None))

    field = inputs(views.edit_view(blank))["public"]

    assert field["element"]["initial_value"] == "We have read this and call you today."
    assert field["optional"]


def test_a_text_longer_than_slacks_forms_is_left_as_it_is() -> None:
    view = views.edit_view(enormous("long " * 2000))

    assert list(inputs(view)) == ["checked"]
    assert "Edit it in the console" in words(view)


def test_where_nothing_can_be_said_there_is_nothing_to_save() -> None:
    made = card()
    assert made.public is not None
    assert made.private is not None
    nowhere = {
        "public": replace(made.public, way=way(Route.NONE)),
        "private": replace(made.private, way=way(Route.NONE)),
    }

    view = views.edit_view(card(**nowhere))

    assert inputs(view) == {}
    assert "submit" not in view


def test_what_was_checked_can_be_changed_and_need_not_be_filled_in() -> None:
    empty = inputs(views.edit_view(card()))["checked"]
    filled = inputs(views.edit_view(GALLERY["overridden"]))["checked"]

    assert "initial_value" not in empty["element"]
    assert filled["element"]["initial_value"] == "49,90 €; 3. März"
    assert empty["optional"]
    assert empty["element"]["max_length"] >= 5 * 60
    assert "at most 5" in empty["hint"]["text"]


def test_an_override_shows_what_it_lets_pass_and_asks_why() -> None:
    view = views.override_view(GALLERY["blocked"])

    fields = inputs(view)
    assert list(fields) == ["reason"]
    assert fields["reason"]["element"]["max_length"] == 500
    assert not fields["reason"].get("optional")
    assert "Blame in public: ⛔ Cannot be sent: “die Schuld des Paketdienstes”" in words(view)
    assert "ends with the next edit. It sends nothing." in words(view)


def test_a_chosen_credit_is_told_and_cannot_be_edited() -> None:
    assert "25.00 EUR is added below" in words(views.edit_view(GALLERY["credit chosen"]))


def test_the_edit_holds_no_hidden_characters() -> None:
    half = card().public
    assert half is not None

    view = views.edit_view(card(public=replace(half, text=HOSTILE)))

    initial = inputs(view)["public"]["element"]["initial_value"]
    assert "\u202e" not in initial
    assert "\x1b" not in initial
    assert "<!channel>" in initial  # an input shows letters as letters


def test_no_reply_offers_every_reason_and_a_note() -> None:
    fields = inputs(views.dismiss_view(card()))

    options = fields["reason"]["element"]["options"]
    assert [option["value"] for option in options] == list(DISMISSALS)
    assert fields["note"]["optional"]


def test_a_link_is_needed_only_where_amends_could_not_look_by_itself() -> None:
    posted = inputs(views.posted_view(card(), ActionKind.PUBLIC))["link"]
    found = inputs(views.posted_view(card(), ActionKind.PUBLIC, Verb.FOUND))["link"]

    assert posted["optional"]
    assert "warns" in posted["hint"]["text"]
    assert not found.get("optional")
    assert inputs(views.posted_view(card(), ActionKind.PRIVATE))["link"]["optional"]


def test_the_link_is_asked_for_in_the_words_of_the_button() -> None:
    posted = views.posted_view(card(), ActionKind.PUBLIC)
    found = views.posted_view(card(), ActionKind.PUBLIC, Verb.FOUND)

    assert posted["title"]["text"] == "I posted it"
    assert found["title"]["text"] == "It is there"
    assert "Link to the public answer on X" in words(found)


def test_a_second_question_carries_the_reason_on() -> None:
    ref = Ref.of(card(), Verb.TAKE_DOWN, ActionKind.PUBLIC)

    view = views.confirm_view(ref, "Take it down?", "wrong person")

    assert json.loads(view["private_metadata"])["why"] == "wrong person"
    assert view["callback_id"] == "amends.confirm"
    assert view_errors(view) == []


def test_a_snooze_offers_a_few_times() -> None:
    options = inputs(views.snooze_view(card()))["hours"]["element"]["options"]

    assert [option["value"] for option in options] == list(SNOOZES)


@pytest.mark.parametrize("view", [views.wait_view(), views.note_view(HOSTILE * 20, HOSTILE)])
def test_a_note_has_nothing_to_submit(view: dict[str, Any]) -> None:
    assert "submit" not in view
    assert view_errors(view) == []


def test_a_refusal_is_one_short_line() -> None:
    assert views.error_text("Not\nnow.") == "Not now."
    assert views.error_text("Already sent by <@U0EVA>.") == "Already sent by a colleague."
    assert len(views.error_text("no " * 500)) <= 300


def test_a_long_conversation_shows_its_newest_turns() -> None:
    turn = Turn(text=HOSTILE, at=NOW, ours=False, private=True, url="https://x.com/1")
    answer = Turn(text="Sorry.", at=NOW, ours=True, private=False)

    view = views.conversation_view(card(), [turn] * 60 + [answer])

    assert view_errors(view) == []
    assert "21 earlier ones are not shown." in words(view)
    assert "*We* in public" in words(view)
    assert "submit" not in view
