"""From a post to a sent apology, end to end: real clients, real Slack clicks, real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from responders.action import ActionKind, ActionState
from responders.case import CaseState
from tests.acceptance.stage import EVA, LATER, STRANGER, TOM, Stage

COMPLAINT = "My parcel has not arrived after three weeks and nobody at acme answers. Terrible!"


#: Platforms whose rules differ most; the others keep the same contract (tests/contracts).
SOURCES = ("bluesky", "reddit", "twitter")


@pytest.fixture(params=SOURCES)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path, request.param) as stage:
        yield stage


def complain(stage: Stage, *, wrote_first: bool = True) -> str:
    """A customer complains; on platforms that ask for it they wrote privately before."""
    post = stage.platform.seed(COMPLAINT)
    if wrote_first and stage.platform.traits.customers_write_first:
        stage.platform.answer_privately("hello, are you there?")
    stage.life.poll()
    stage.life.rest()
    return post


def answer_once_privately(stage: Stage) -> None:
    """Where a private message has to wait for the customer, the customer writes."""
    if (
        stage.life.case().action(ActionKind.PRIVATE) is not None
        and not stage.platform.private_messages()
    ):
        stage.platform.answer_privately("ok, here is my number")
        stage.life.settle(1)


def test_a_post_becomes_a_card_a_click_and_exactly_one_answer(stage: Stage) -> None:
    post = complain(stage)
    assert "three weeks" in stage.words()

    stage.click("send")
    stage.life.settle()
    answer_once_privately(stage)
    stage.life.settle(1)

    (reply,) = stage.platform.public_replies()
    assert reply.to == post
    (message,) = stage.platform.private_messages()
    assert message.to == "maria"
    assert stage.life.case().state in {CaseState.ANSWERED, CaseState.OPEN}
    assert len(stage.cards()) == 1
    assert EVA in stage.words()


def test_nothing_leaves_before_a_click(stage: Stage) -> None:
    complain(stage)

    stage.life.settle()

    assert stage.platform.public_replies() == []
    assert stage.platform.private_messages() == []


def test_a_second_poll_and_a_second_walk_change_nothing(stage: Stage) -> None:
    complain(stage)

    stage.life.poll()
    stage.life.settle()

    assert len(stage.cards()) == 1
    assert stage.life.case().round == 1


def test_a_second_click_changes_nothing_and_is_told(stage: Stage) -> None:
    complain(stage)
    press = stage.slack.press(stage.card()["ts"], "amends.send", EVA)

    stage.slack.push("interactive", press)
    stage.slack.push("interactive", press)
    stage.slack.until(lambda: len(stage.notes()) >= 2, "two answers")
    stage.life.settle()

    assert len(stage.platform.public_replies()) == 1


def test_the_same_envelope_twice_is_one_decision(stage: Stage) -> None:
    complain(stage)
    press = stage.slack.press(stage.card()["ts"], "amends.send", EVA)

    stage.slack.push("interactive", press, envelope="E1")
    stage.slack.push("interactive", press, envelope="E1")
    stage.slack.until(lambda: len(stage.notes()) >= 2, "two answers")
    stage.life.settle()

    assert len(stage.platform.public_replies()) == 1


def test_a_stranger_may_not_and_is_told_privately(stage: Stage) -> None:
    complain(stage)

    stage.click("send", STRANGER)
    stage.life.settle()

    assert stage.platform.public_replies() == []
    assert "approve" in stage.notes()[-1]


def test_a_click_on_a_stale_card_is_refused(stage: Stage) -> None:
    complain(stage)
    old = stage.slack.press(stage.card()["ts"], "amends.send", EVA)
    stage.slack.click(stage.card()["ts"], "amends.edit", TOM)
    form = stage.slack.form(TOM, "amends.edit")
    stage.slack.submit(form, {"public": "We are sorry. I will write to you in a moment. Eva"})

    stage.slack.push("interactive", old)
    stage.slack.until(lambda: len(stage.notes()) >= 2, "the refusal")
    stage.life.settle()

    assert stage.platform.public_replies() == []
    draft = stage.life.case().draft
    assert draft is not None
    assert draft.revision == 2


def test_an_edit_is_what_is_sent(stage: Stage) -> None:
    complain(stage)
    stage.slack.click(stage.card()["ts"], "amends.edit", EVA)
    form = stage.slack.form(EVA, "amends.edit")
    stage.slack.submit(form, {"public": "We are sorry. I will write to you in a moment. Eva"})
    stage.life.rest()
    assert stage.platform.public_replies() == []

    stage.click("send")
    stage.life.settle()

    (reply,) = stage.platform.public_replies()
    assert "I will write to you in a moment" in reply.text


def test_a_post_that_was_deleted_before_the_send_is_not_answered(stage: Stage) -> None:
    post = complain(stage)
    stage.click("send")
    stage.platform.delete(post)

    stage.life.settle()

    assert stage.platform.public_replies() == []
    assert stage.life.case().state is CaseState.NEEDS_HUMAN


def test_a_lost_answer_is_found_and_never_repeated(stage: Stage) -> None:
    complain(stage)
    stage.click("send")
    stage.platform.lose_next_answer()

    stage.life.settle()

    assert len(stage.platform.public_replies()) == 1
    action = stage.life.case().action(ActionKind.PUBLIC)
    assert action is not None
    assert action.state is ActionState.SENT


def test_a_platform_that_was_down_gets_the_answer_later(stage: Stage) -> None:
    complain(stage)
    stage.click("send")
    stage.platform.go_down()
    stage.life.settle(2)
    assert stage.life.case().state is CaseState.APPROVED

    stage.platform.come_back()
    stage.life.settle(6)

    assert len(stage.platform.public_replies()) == 1


def test_an_undo_within_the_window_sends_nothing(tmp_path: Path) -> None:
    with Stage(tmp_path, "reddit", undo_seconds=60) as stage:
        complain(stage)
        stage.click("send")
        stage.life.rest()

        stage.click("undo")
        stage.life.settle()

        assert stage.platform.public_replies() == []
        assert stage.life.case().state is CaseState.OPEN


def test_a_conversation_of_three_rounds_is_one_case_on_one_card(stage: Stage) -> None:
    post = complain(stage)
    for number in (1, 2, 3):
        assert stage.life.case().round == number
        stage.click("send")
        stage.life.settle(2)
        if number == 3:
            break
        again = f"Still nothing, this is the worst shop! ({number})"
        if stage.platform.traits.replies_only_when_addressed:
            stage.platform.seed(again)  # tags us again: the poll brings it
        else:
            stage.platform.answer_publicly(post, again)  # below the post: the watch brings it
        stage.life.clock.forward(LATER)
        stage.life.poll()
        stage.life.rest()

    assert len(stage.cards()) == 1
    assert len(stage.platform.public_replies()) == 3
    assert len({reply.text for reply in stage.platform.public_replies()}) == 3


def test_the_program_may_be_stopped_and_started_between_any_two_steps(stage: Stage) -> None:
    complain(stage)
    stage.end()
    stage.begin()
    stage.click("send")
    stage.end()
    stage.begin()
    stage.life.settle()
    stage.end()
    stage.begin()
    stage.life.settle()

    assert len(stage.cards()) == 1
    assert len(stage.platform.public_replies()) == 1


def test_slack_losing_an_answer_shows_one_card(stage: Stage) -> None:
    stage.slack.lose_next(method="POST", path="/api/chat.postMessage")
    complain(stage)

    stage.life.settle()

    assert len(stage.cards()) == 1


def test_a_hostile_post_is_a_harmless_card(stage: Stage) -> None:
    stage.platform.seed(
        "<!channel> <script>alert(1)</script> acme you liars, worst shop \u202e ever"
    )
    stage.life.poll()
    stage.life.rest()

    assert "<!channel>" not in stage.words()
    assert "<script>" not in stage.words().replace("&lt;script&gt;", "") or "plain_text" in str(
        stage.card()
    )
