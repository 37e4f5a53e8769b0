"""A case goes to another person: a named one, or one who reads the language."""

from dataclasses import replace

import pytest

from responders import handover
from responders.approve import NotAllowed, NotNow, decide
from responders.card import Decision, Verb
from responders.cards import make_card
from responders.case import Case, Change
from responders.policy import Person, Policy
from tests.responders import given
from tests.responders.given import CASE, EVA, JAN, NOW, POLICY, click

ANNA = Person(id="U3ANNA", name="Anna")
LED = replace(POLICY, lead="U4LEAD")
POLISH = replace(CASE, draft=replace(given.DRAFT, language="pl"))
BABEL = replace(
    POLICY,
    approvers=POLICY.approvers | {ANNA.id},
    reads=frozenset({"de"}),
    speakers={"pl": (ANNA.id, "S1POLES")},
)


def made(case: Case, decision: Decision, *, person: Person = EVA, policy: Policy = LED) -> Change:
    return decide(
        case,
        decision,
        person,
        policy=policy,
        ability=given.BOTH,
        review=given.unchanged,
        now=NOW,
        new_key=given.keys(),
    )


def to(person: str, reason: str = "") -> Decision:
    return replace(click(Verb.ESCALATE, reason=reason), to=person)


def test_a_case_is_handed_to_a_named_person_who_has_it_from_then_on() -> None:
    change = made(replace(CASE, claimed_by=EVA.shown), to("U3ANNA", "needs a lawyer"))

    assert change.after.claimed_by == "<@U3ANNA>"
    (line,) = change.notes
    assert (line.what, line.by, line.was, line.now, line.detail) == (
        handover.ESCALATED,
        EVA.shown,
        EVA.shown,
        "<@U3ANNA>",
        "needs a lawyer",
    )


def test_a_person_of_the_console_is_named_by_name() -> None:
    assert made(CASE, to("anna")).after.claimed_by == "anna"


def test_without_a_name_the_lead_gets_it() -> None:
    assert made(CASE, to(" ")).after.claimed_by == "<@U4LEAD>"


def test_without_a_name_and_a_lead_nobody_gets_it() -> None:
    with pytest.raises(NotNow, match="lead under"):
        made(CASE, to(""), policy=POLICY)


def test_a_case_is_not_handed_to_whoever_has_it() -> None:
    with pytest.raises(NotNow, match="<@U3ANNA> has this case already"):
        made(replace(CASE, claimed_by=ANNA.shown), to(ANNA.id))


def test_a_snoozed_case_wakes_up_for_whoever_gets_it() -> None:
    assert made(replace(CASE, snoozed_until=NOW), to(ANNA.id)).after.snoozed_until is None


def test_all_speakers_of_the_language_are_asked() -> None:
    change = made(POLISH, click(Verb.ASK, POLISH), policy=BABEL)

    (line,) = change.notes
    assert (line.what, line.now, line.detail) == (handover.ASKED, "<@U3ANNA> S1POLES", "pl")
    assert change.after == POLISH


def test_where_nobody_is_listed_nobody_is_asked() -> None:
    with pytest.raises(NotNow, match="Nobody is listed for en"):
        made(CASE, click(Verb.ASK), policy=BABEL)


def test_before_there_is_a_draft_the_posts_language_counts() -> None:
    assert handover.language_of(replace(CASE, draft=None)) == "en"


def test_only_a_listed_speaker_approves_what_the_team_cannot_read() -> None:
    send = click(Verb.SEND, POLISH)

    with pytest.raises(NotAllowed, match=r"\(pl\).*Ask <@U3ANNA> or S1POLES"):
        made(POLISH, send, policy=BABEL)

    assert made(POLISH, send, person=ANNA, policy=BABEL).after.decided_by == ANNA.shown


def test_a_group_can_be_listed() -> None:
    pole = replace(JAN, groups=frozenset({"S1POLES"}))

    assert made(POLISH, click(Verb.SEND, POLISH), person=pole, policy=BABEL).after.decided_by


def test_where_nobody_speaks_it_the_setting_is_named() -> None:
    with pytest.raises(NotAllowed, match="Name one under"):
        made(POLISH, click(Verb.SEND, POLISH), policy=replace(BABEL, speakers={}))


@pytest.mark.parametrize(
    ("language", "english", "reads", "readable"),
    [
        ("pl", None, {"de"}, False),
        ("pl", "In English.", {"de"}, True),
        ("pl", None, set[str](), True),
        ("de", None, {"de"}, True),
        ("en", None, {"de"}, True),
    ],
)
def test_a_language_that_is_read_or_has_an_english_reading_needs_no_speaker(
    language: str, english: str | None, reads: set[str], readable: bool
) -> None:
    draft = replace(given.DRAFT, language=language, public_english=english, private_english=english)
    policy = replace(POLICY, reads=frozenset(reads))

    assert handover.readable(policy, draft) is readable


def test_both_halves_need_their_english_reading() -> None:
    half = replace(given.DRAFT, language="pl", public_english="Sorry.")

    assert not handover.readable(BABEL, half)
    assert handover.readable(BABEL, replace(half, private=None))


def test_the_card_says_so_and_offers_to_ask() -> None:
    card = make_card(POLISH, ability=given.BOTH, policy=BABEL, now=NOW)

    assert card.speakers_only
    assert [b.in_menu for b in card.buttons if b.verb is Verb.ASK] == [False]
    plain = make_card(CASE, ability=given.BOTH, policy=BABEL, now=NOW)
    assert not plain.speakers_only
    assert Verb.ASK not in {b.verb for b in plain.buttons}


def test_a_name_on_a_card_leads_back_to_the_person() -> None:
    assert handover.slack_id(handover.shown("U3ANNA")) == "U3ANNA"
    assert handover.slack_id(handover.shown("anna")) == ""
