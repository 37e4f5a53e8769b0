"""What was sent is corrected: taken down, and its text back on the desk to be changed."""

from dataclasses import replace

import pytest

from connectors.base import Receipt
from responders.action import Action, ActionKind, ActionState
from responders.approve import NotNow, decide
from responders.card import Verb
from responders.case import Case, CaseState, Change
from tests.responders import given
from tests.responders.given import CASE, EVA, NOW, POLICY, PUBLIC, click

SENT = Action(
    kind=ActionKind.PUBLIC,
    round=1,
    key="k",
    state=ActionState.SENT,
    text=PUBLIC,
    approved_by=EVA.shown,
    receipt=Receipt(id="r1", url="https://x.example/r1", at=NOW),
)
ANSWERED = replace(CASE, state=CaseState.ANSWERED, decided_by=EVA.shown, actions=(SENT,))


def corrected(case: Case = ANSWERED, kind: ActionKind = ActionKind.PUBLIC) -> Change:
    return decide(
        case,
        click(Verb.CORRECT, case, kind, reason="wrong date"),
        EVA,
        policy=POLICY,
        ability=given.BOTH,
        review=given.unchanged,
        now=NOW,
        new_key=given.keys(),
    )


def test_it_is_taken_down_and_its_text_waits_to_be_changed() -> None:
    after = corrected().after

    assert after.actions[0].retract_by == EVA.shown
    assert (after.state, after.round) == (CaseState.OPEN, 2)
    assert after.draft is not None
    assert (after.draft.round, after.draft.public, after.draft.private) == (2, PUBLIC, None)
    assert [note.what for note in corrected().notes] == ["take_down", "reopened"]
    assert corrected().notes[0].detail == "wrong date"


def test_a_private_text_comes_back_without_the_credits_code() -> None:
    text = "Hello,\n\nplease write to us.\n\nYour code: {code}"
    private = replace(SENT, kind=ActionKind.PRIVATE, text=text)

    draft = corrected(replace(ANSWERED, actions=(private,)), ActionKind.PRIVATE).after.draft

    assert draft is not None
    assert (draft.public, draft.private) == (None, "Hello,\n\nplease write to us.")


def test_the_language_is_the_drafts_else_the_posts() -> None:
    german = replace(ANSWERED, draft=replace(given.DRAFT, language="de"))

    draft = corrected(german).after.draft
    bare = corrected(replace(ANSWERED, draft=None)).after.draft

    assert draft is not None
    assert bare is not None
    assert (draft.language, bare.language) == ("de", "en")


def test_an_open_case_is_corrected_by_its_next_answer() -> None:
    with pytest.raises(NotNow, match="The case is open"):
        corrected(replace(ANSWERED, state=CaseState.OPEN))


def test_what_is_not_out_cannot_be_corrected() -> None:
    with pytest.raises(NotNow, match="is not out"):
        corrected(replace(ANSWERED, actions=()))
