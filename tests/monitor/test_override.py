"""A blocked text through the whole line: nobody sends it but by the lead's word, for it alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from responders import outcome
from responders.action import Action, ActionKind, ActionState
from responders.card import Verb
from responders.case import CaseId
from responders.policy import Person
from responders.slack import views
from responders.slack.clicks import Form, Ref, decision
from tests.monitor.team import CHANNEL, EVA, TOM, Team

#: The guard blocks a cause and a fault in public.
FAULT = "We are sorry, Kim: it was our negligence. Please write to us."
WHY = "Our director has admitted it on the radio."
SAM = Person(id="U0SAM", name="Sam")


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    approvers = (EVA.id, TOM.id, SAM.id)
    with Team(tmp_path, {"lead": TOM.id}, policy={"approvers": approvers}) as team:
        yield team


def blocked(team: Team, text: str = FAULT) -> CaseId:
    """A case with a text that the guard blocks."""
    case = team.complain()
    assert "cannot be sent" in team.decide(case, Verb.EDIT, public=text).text
    return case


def public(team: Team, case: CaseId) -> Action:
    found = team.case(case).action(ActionKind.PUBLIC)
    assert found is not None
    return found


def said(team: Team) -> list[str]:
    return [text for _, text in team.platform.public]


def test_after_the_leads_word_an_approver_sends_it_and_the_card_keeps_the_reason(
    team: Team,
) -> None:
    case = blocked(team)

    told = team.decide(case, Verb.OVERRIDE, TOM, reason=WHY)

    assert told.text == (
        "Overridden, for these very words. Nothing is sent until somebody approves it."
    )
    assert said(team) == []
    assert team.decide(case, Verb.SEND, EVA).done
    assert said(team) == [FAULT]
    team.later(minutes=1)
    assert WHY in str(team.slack.channels[CHANNEL].messages)
    lines = [line.note for line in team.store.audit.lines(case)]
    (kept,) = [note for note in lines if note.what == "overridden"]
    assert (kept.by, kept.detail) == ("<@U0TOM>", f"liability in public: {WHY}")


@pytest.mark.parametrize("person", [EVA, SAM, TOM])
def test_a_blocked_text_cannot_be_sent_by_anyone(team: Team, person: Person) -> None:
    case = blocked(team)

    answer = team.decide(case, Verb.SEND, person)

    assert not answer.done
    assert "This cannot be sent as it is" in answer.text
    assert said(team) == []


def test_nor_after_the_next_edit(team: Team) -> None:
    case = blocked(team)
    team.decide(case, Verb.OVERRIDE, TOM, reason=WHY)
    team.decide(case, Verb.EDIT, TOM, public=FAULT.replace("Kim", "Anna"))

    assert not team.decide(case, Verb.SEND, TOM).done
    assert said(team) == []


def test_nor_where_something_else_is_found_that_never_passes(team: Team) -> None:
    case = blocked(team, FAULT + " Mail kim@example.org.")

    answer = team.decide(case, Verb.OVERRIDE, TOM, reason=WHY)

    assert not answer.done
    assert answer.text.startswith("This can never be overridden. Personal data in public")
    assert not team.decide(case, Verb.SEND, TOM).done
    assert said(team) == []


def test_an_agents_override_changes_nothing(team: Team) -> None:
    case = blocked(team)

    answer = team.decide(case, Verb.OVERRIDE, EVA, reason=WHY)

    assert (answer.done, answer.text) == (
        False,
        "Only the lead (<@U0TOM>) can override the guard. Change the text with Edit.",
    )
    assert not team.decide(case, Verb.SEND, EVA).done


def test_what_the_guard_finds_right_before_it_leaves_holds_it_all_the_same(
    tmp_path: Path,
) -> None:
    """The brand's facts change between the approval and the departure: a link is not ours now."""
    brand = {"policy_url": "https://acme.example/returns"}
    policy = {"approvers": (EVA.id, TOM.id)}
    with Team(tmp_path, {"lead": TOM.id}, policy=policy, brand=brand) as team:
        case = blocked(team, f"{FAULT} https://acme.example/returns")
        team.decide(case, Verb.OVERRIDE, TOM, reason=WHY)
        team.store.set_paused("eva", team.clock())
        assert team.decide(case, Verb.SEND).done
        brand.clear()
        team.settings = team._settings()
        team.restart()
        team.store.set_paused(None, team.clock())

        team.later(minutes=5)

        assert said(team) == []
        held = public(team, case)
        assert (held.state, held.error_code) == (ActionState.NEEDS_HUMAN, outcome.GUARD)
        assert "acme.example/returns" in held.error


def test_slacks_form_and_the_real_desk_agree(team: Team) -> None:
    """The button that the lead sees, the form that it opens, and what the desk makes of it."""
    case = blocked(team)
    card = team.house.desk.card(case)
    (button,) = [button for button in card.buttons if button.verb is Verb.OVERRIDE]
    view = views.FORMS[button.verb](card, None)
    form = Form(
        ref=Ref.decode(view["private_metadata"]),
        user_id=TOM.id,
        callback=view["callback_id"],
        values={"reason": WHY},
    )

    answer = team.house.desk.take(decision(form, team.clock()), TOM)

    assert answer.done
    assert Verb.SEND in {button.verb for button in team.house.desk.card(case).buttons}


def test_a_checked_refund_may_be_said_in_private_and_stays_with_the_draft(team: Team) -> None:
    case = team.complain()
    text = "Hello Kim, your refund of 50 EUR is on its way."
    unchecked = team.decide(case, Verb.EDIT, private=text)
    before = team.house.desk.card(case)

    team.decide(case, Verb.EDIT, checked="50 EUR")

    assert unchecked.done
    after = team.house.desk.card(case)
    assert (after.checked, after.checked_by) == (("50 EUR",), EVA.shown)
    assert before.private is not None
    assert after.private is not None
    assert "amount" in {found.code for found in before.private.findings}
    assert "amount" not in {found.code for found in after.private.findings}
