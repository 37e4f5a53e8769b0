import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Author
from responders.action import ActionKind
from responders.card import Button, Card, Verb
from responders.slack import blocks
from responders.slack.clicks import VALUE_MAXIMUM, Ref
from responders.verdict import RedFlag
from tests.responders.slack.cards import ARABIC, HOSTILE, card, enormous, gallery
from tests.responders.slack.test_text import anything
from tests.servers.block_kit import message_errors, texts

GALLERY = gallery()
_ALIVE = re.compile(r"<([^>]*)>")
_OURS = re.compile(r"!date\^|@[UW][A-Z0-9]+$|https?://[^|]+\|[a-z ]+$")


def would_live(text: Mapping[str, Any]) -> bool:
    """Whether it would be alive, were it markup."""
    return re.search(r"<[!@#]|<https?:", str(text["text"])) is not None


def shown(card: Card) -> str:
    """All that the card says, one text a line."""
    return "\n".join(text["text"] for text in texts(blocks.card(card)))


def alive(card: Card) -> list[str]:
    """What Slack would make live in the card."""
    return [
        token
        for text in texts(blocks.card(card))
        if text["type"] == "mrkdwn"
        for token in _ALIVE.findall(text["text"])
    ]


@pytest.mark.parametrize("name", GALLERY)
def test_slack_takes_every_card_of_the_gallery(name: str) -> None:
    assert message_errors(blocks.card(GALLERY[name])) == []


@pytest.mark.parametrize("name", GALLERY)
def test_every_card_stays_well_below_the_limits_of_a_message(name: str) -> None:
    drawn = blocks.card(GALLERY[name])

    assert len(drawn) <= blocks.BLOCKS_MAXIMUM
    assert len(json.dumps(drawn, ensure_ascii=False)) < blocks.CARD_MAXIMUM


@pytest.mark.parametrize("name", GALLERY)
def test_every_card_begins_with_its_urgency_and_ends_with_what_can_be_done(name: str) -> None:
    drawn = blocks.card(GALLERY[name])

    assert drawn[0]["type"] == "section"
    assert "*" in drawn[0]["text"]["text"]
    if GALLERY[name].buttons:
        assert "actions" in [block["type"] for block in drawn[-2:]]


@pytest.mark.parametrize("name", GALLERY)
def test_only_our_own_markup_is_alive(name: str) -> None:
    assert [token for token in alive(GALLERY[name]) if not _OURS.match(token)] == []


@settings(max_examples=60, deadline=None)
@given(anything)
def test_no_text_whatever_brings_anything_to_life(text: str) -> None:
    made = card(
        post=text, context=text, english=text, why=(text,), history=text, number=text, topic=text,
        platform=text, language=text, headline=text, claimed_by=text, reason=text, holding=text,
        incident=text, ticket=text, promises=(text,), doubt=text,
        author=Author(id="1", handle=text, name=text, url=text), post_url=text,
    )  # fmt: skip

    assert [token for token in alive(made) if not _OURS.match(token)] == []
    assert not [t for t in texts(blocks.card(made)) if t["type"] == "plain_text" and would_live(t)]
    assert message_errors(blocks.card(made)) == []


@settings(max_examples=15, deadline=None)
@given(st.text(st.sampled_from(list('&<>"\\\n👩é a*_')), min_size=1, max_size=6))
def test_a_card_of_any_long_text_fits(text: str) -> None:
    drawn = blocks.card(enormous((text * 3500)[:3500]))

    assert blocks.weight(drawn) < blocks.CARD_MAXIMUM
    assert message_errors(drawn) == []
    assert drawn[0]["type"] == "section"


def test_the_reasons_are_the_customers_words_each_once() -> None:
    why = (
        "grievance: still nothing",
        "mock_praise: nice one",
        "VADER: zero",
        "nice +1.8",
        "order_late: still nothing",
    )

    words = shown(card(why=why))

    assert (
        "Why you see this: still nothing (grievance, order late), nice one (mock praise), zero · "
        "93% sure that it is a complaint"
    ) in words


def test_a_red_flag_is_told_once() -> None:
    words = shown(card(red_flags=(RedFlag.ALLERGY,), reason="Red flag: allergy."))

    assert words.count("allergy") == 1


def test_a_doubt_stands_beside_the_reasons() -> None:
    doubtful = card(doubt="We judge Czech by its words alone: look twice.")

    assert " · We judge Czech by its words alone: look twice." in shown(doubtful)


def test_mentions_of_the_team_are_names() -> None:
    made = GALLERY["claimed"]

    assert "taken by <@U0EVA>" in shown(made)
    assert "@U0EVA" in alive(made)


def test_the_order_is_that_in_which_an_agent_decides() -> None:
    words = shown(GALLERY["for us"])
    order = [
        "🟠 High", "Incident", "Ann Example", "In reply to", "They wrote", "Drei Wochen",
        "In English", "Why you see this", "🌐 PUBLIC", "tut uns leid", "✉️ PRIVATE",
        "Bestellnummer", "🎁 CREDIT", "Send",
    ]  # fmt: skip

    places = [words.index(word) for word in order]

    assert places == sorted(places)


def test_what_the_lead_let_pass_is_told_with_the_reason_and_no_longer_as_a_block() -> None:
    shown = str(blocks.card(GALLERY["overridden"]))

    assert "🔓 Overridden: “die Schuld des Paketdienstes”" in shown
    assert "🔓 The guard was overridden by <@U0LEA> (blame in public): The carrier" in shown
    assert "Cannot be sent" not in shown


def test_what_was_checked_is_told_with_who_checked_it() -> None:
    shown = str(blocks.card(GALLERY["overridden"]))

    assert "☑️ *Checked for this case*: “49,90 €”, “3. März” · by <@U0EVA>" in shown
    nobody = str(blocks.card(card(checked=("14 days",))))
    assert "*Checked for this case*: “14 days”'" in nobody


def test_the_playbooks_advice_stands_by_what_it_is_about() -> None:
    shown = str(blocks.card(GALLERY["with advice"]))

    assert "🔎 Find out first: Where is the parcel, and since when? · Was a day promised?" in shown
    assert "Fitting where a day that we named has passed." in shown
    assert "Do not blame the carrier." not in shown  # asked of the words: in the form for them
    assert "🔎" not in str(blocks.card(card()))


def test_a_note_beside_a_text_is_no_reason_for_having_none() -> None:
    assert "To know: The post is in sv; this is English." in str(
        blocks.card(GALLERY["with advice"])
    )


def test_a_reason_of_full_length_is_shown_whole() -> None:
    reason = "word " * 99

    assert reason.strip() in str(blocks.card(card(overrides=(f"By <@U0LEA>: {reason}",))))


def test_an_incident_stands_at_the_top_and_names_who_declared_it() -> None:
    made = card(incident="Parcels lost (declared by <@U0EVA>). Nothing is sent.")

    head = blocks.card(made)[0]["text"]["text"]

    assert "🔥 *Incident*: Parcels lost (declared by <@U0EVA>). Nothing is sent." in head


def test_the_card_says_what_each_half_can_do() -> None:
    words = shown(card())

    assert "*🌐 PUBLIC* · we send it as acme · $0.010\n" in words
    assert "*✉️ PRIVATE* · closed until they write to us" in words
    assert "They must write to us first." in words


def test_a_length_is_told_where_it_comes_near_the_limit() -> None:
    made = card()
    assert made.public is not None
    long = replace(made, public=replace(made.public, length=141))

    assert "$0.010 · 141 of 280 characters" in shown(long)


def test_a_text_that_is_too_long_for_the_platform_is_marked() -> None:
    words = shown(GALLERY["too long"])

    assert "⚠️ 420 of 280 characters: too long" in words
    assert words.index("⛔ Cannot be sent") < words.index("🔎 Worth a look")


def test_a_text_that_is_hidden_in_part_is_marked() -> None:
    assert "Not all of this text is shown here." in shown(GALLERY["enormous"])
    assert "Not all of this text" not in shown(card())


def test_a_text_of_ordinary_length_is_shown_whole() -> None:
    made = card(public=GALLERY["too long"].public, post="Why? " * 150)

    assert ("Sorry. " * 60).strip() in shown(made)
    assert ("Why? " * 150).strip() in shown(made)


def test_a_red_flag_is_told_first_and_stops_the_template() -> None:
    words = shown(GALLERY["red flag"])

    assert "🔴 Red flag" in words
    assert "*injury, legal*: a person decides every word" in words
    assert "We have read this and call you today." in words
    assert "not sent as it is" in words


def test_a_case_without_a_text_says_why() -> None:
    assert "No text proposed: Praise: no answer is needed." in shown(GALLERY["nothing to say"])


def test_a_credit_is_shown_and_not_preselected() -> None:
    words = shown(card())

    assert "*🎁 CREDIT* · 25.00 EUR · *not added* · 475.00 EUR left this month" in words
    assert "{code}" not in words


def test_a_chosen_credit_shows_its_text() -> None:
    words = shown(GALLERY["credit chosen"])

    assert "*🎁 CREDIT* · 25.00 EUR · ⏳ Approved by <@U0EVA>" in words
    assert "*added to the private message*" in shown(GALLERY["bare answer"])
    assert "Ihr Code: {code}" in words
    assert "In English: Your code: {code}" in words


def test_what_became_of_an_action_is_told_once() -> None:
    words = shown(GALLERY["action sent"])

    assert words.count("*🌐 PUBLIC* · ✅ Approved by <@U0EVA>") == 1
    assert words.count("*Follow-up* · ✅") == 1
    assert "we send it" not in words
    assert "<https://x.com/acme/status/2|see it>" in words


def test_a_half_without_anything_to_say_still_says_how_it_could_go() -> None:
    words = shown(GALLERY["bare answer"])

    assert "*🌐 PUBLIC* · not possible here\n" in words
    assert "*✉️ PRIVATE* · we send it\n" in words
    assert words.count("In English") == 1  # of the post


def test_deadlines_are_date_tokens() -> None:
    assert "*answer by <!date^1795359060^" in shown(card())
    assert "answer by" not in shown(GALLERY["bare"])


def test_an_unknown_author_still_has_a_line() -> None:
    assert "@anna_b" in shown(GALLERY["bare"])
    assert "followers" not in shown(GALLERY["bare"])


def test_right_to_left_text_is_kept_and_isolated() -> None:
    words = shown(GALLERY["right to left"])

    assert ARABIC in words
    assert "\u200eنور\u200e (\u200e@نور\u200e) · 3 followers" in words
    assert "Arabic" in words


def test_an_unknown_language_is_its_code() -> None:
    assert blocks.language("xx") == "xx"
    assert blocks.language("und") == "language unsure"


def actions(card: Card) -> list[dict[str, object]]:
    """The elements of the card's row of buttons."""
    return [
        element
        for block in blocks.card(card)
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def test_a_button_carries_the_case_round_and_draft_that_it_stands_on() -> None:
    send = actions(card())[0]

    assert send["action_id"] == "amends.send"
    assert json.loads(str(send["value"])) == {"c": 42, "r": 1, "d": 2, "v": "send"}
    assert send["style"] == "primary"


def test_a_button_for_one_action_names_it() -> None:
    button = Button(verb=Verb.SEND_AGAIN, label="Send again", action=ActionKind.PRIVATE)

    drawn = actions(card(buttons=(button,)))[0]

    assert drawn["action_id"] == "amends.send_again.private"
    assert json.loads(str(drawn["value"]))["k"] == "private"


def test_a_button_asks_where_it_should() -> None:
    button = Button(verb=Verb.DROP, label="Drop", style="danger", confirm="Give this up?")

    drawn = actions(card(buttons=(button,)))[0]

    confirm = drawn["confirm"]
    assert isinstance(confirm, dict)
    assert confirm["text"]["text"] == "Give this up?"
    assert confirm["style"] == "danger"


def test_less_frequent_actions_stand_in_a_menu() -> None:
    menu = actions(card())[-1]

    assert menu["type"] == "overflow"
    assert menu["action_id"] == "amends.menu.0"
    assert [text["text"] for text in texts(menu)] == ["Snooze", "Settled elsewhere"]


def test_a_button_that_opens_a_page_changes_nothing() -> None:
    opens, posted, menu = actions(GALLERY["by hand"])

    assert opens["url"] == "https://x.com/intent/tweet?in_reply_to=1&text=Das%20tut%20uns"
    assert opens["action_id"] == "amends.open.0"
    assert opens["value"] == "amends.open"
    assert posted["action_id"] == "amends.posted.public"
    assert json.loads(json.dumps(menu))["options"][0]["value"] == "amends.open.0"


def test_the_same_button_twice_is_drawn_once() -> None:
    twice = (Button(verb=Verb.SEND, label="Send"), Button(verb=Verb.SEND, label="Send!"))

    assert len(actions(card(buttons=twice))) == 1


def test_an_address_that_slack_does_not_take_is_left_out_and_said() -> None:
    button = Button(verb=Verb.POSTED, label="Open", url="https://x.com/" + "y" * 4000)

    made = card(buttons=(button,))

    assert actions(made) == []
    assert "copy the text by hand" in shown(made)


@pytest.mark.parametrize("kind", [*ActionKind, None])
@pytest.mark.parametrize("verb", list(Verb))
def test_a_menus_value_fits_the_smaller_of_slacks_two_limits(
    verb: Verb, kind: ActionKind | None
) -> None:
    made = card(case_id=10**12, round=999, draft_revision=999)

    assert len(Ref.of(made, verb, kind).encode()) <= VALUE_MAXIMUM


@pytest.mark.parametrize("name", GALLERY)
def test_the_notification_is_short_and_safe(name: str) -> None:
    line = blocks.fallback(GALLERY[name])

    assert len(line) < 600
    assert [token for token in _ALIVE.findall(line) if not _OURS.match(token)] == []


def test_the_notification_says_what_it_is_about() -> None:
    assert blocks.fallback(card()) == (
        "#42 🟠 High, X: Waits for you “Drei Wochen und kein Paket. Nie wieder!”"
    )


def test_a_hostile_post_is_shown_as_it_was_written_but_for_what_nobody_sees() -> None:
    words = shown(card(post=HOSTILE))

    assert "<!channel>" not in words
    assert "<!channel> <!here> <!everyone> <@U0EVA>" in words.replace("\u2060", "")
    assert "\u202e" not in words
    assert "\x1b" not in words
