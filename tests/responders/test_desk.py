"""A click meets the case, once, and is told what happened."""

from dataclasses import replace
from datetime import datetime

import pytest

from connectors.base import Ability, Receipt
from responders.action import Action, ActionKind, ActionState
from responders.ask import NotAllowed
from responders.card import Verb
from responders.case import Case, CaseId, CaseState, Change
from responders.desk import Answer, Desk
from responders.draft import Draft, Finding, Half, Severity
from responders.hold import Hold, Holds
from responders.money import Money
from responders.policy import Policy
from tests.fakes import FakeCaseBook
from tests.responders import given
from tests.responders.given import API, BOTH, BY_HAND, CASE, CLOSED, DRAFT, EVA, JAN, POLICY, click


class Busy(FakeCaseBook):
    """A book in which somebody else writes first, so many times."""

    races = 0

    def save(self, change: Change, now: datetime) -> bool:
        if self.races:
            self.races -= 1
            stored = self.get(change.before.id)
            self.put(replace(stored, revision=stored.revision + 1))
        return super().save(change, now)


class Room:
    """A desk and what stands around it."""

    def __init__(
        self,
        case: Case = CASE,
        *,
        policy: Policy = POLICY,
        ability: Ability = BOTH,
        finding: Finding | None = None,
        holds: Holds = lambda _case, _kind, _at: None,
    ) -> None:
        self.book = Busy(case)
        self.woken = 0
        self.finding = finding
        self.desk = Desk(
            self.book,
            policy=lambda _brand: policy,
            ability=lambda _case: ability,
            review=self._review,
            clock=given.Clock(),
            new_key=given.keys(),
            wake=self._wake,
            budget_left=lambda _case: Money(minor=97_500, currency="EUR"),
            holds=holds,
        )

    @property
    def case(self) -> Case:
        return self.book.get(CASE.id)

    def _review(self, case: Case, draft: Draft) -> Draft:
        return draft if self.finding is None else replace(draft, findings=(self.finding,))

    def _wake(self) -> None:
        self.woken += 1


def test_an_approval_says_when_each_half_leaves_and_wakes_the_jobs() -> None:
    room = Room()

    answer = room.desk.take(click(Verb.SEND), EVA)

    assert answer == Answer(
        done=True,
        text="Approved. The public reply leaves in 60 seconds; until then you can undo it. "
        "The private message leaves in 60 seconds; until then you can undo it.",
    )
    assert room.case.state is CaseState.APPROVED
    assert room.woken == 1


def test_an_approval_says_what_holds_it_and_each_reason_once() -> None:
    asked: list[datetime] = []

    def holds(case: Case, kind: ActionKind, at: datetime) -> Hold | None:
        asked.append(at)
        return given.PAUSED

    answer = Room(holds=holds).desk.take(click(Verb.SEND), EVA)

    assert answer.text == (
        "Approved. The public reply is held for now; you can undo it. "
        f"The private message is held for now; you can undo it. {given.PAUSED.why}"
    )
    assert set(asked) == {given.NOW + given.UNDO}, "what counts is when it would leave"


def test_what_is_held_may_be_one_half_alone_and_what_goes_by_hand_never_is() -> None:
    room = Room(
        ability=Ability(public=BY_HAND, private=given.API),
        holds=lambda _case, _kind, _at: given.PAUSED,
    )

    text = room.desk.take(click(Verb.SEND), EVA).text

    assert "The public reply is yours to post by hand" in text
    assert "The private message is held for now" in text


@pytest.mark.parametrize(
    ("hold", "told"),
    [
        (None, "It is sent again."),
        (given.PAUSED, f"It is sent again, but not yet. {given.PAUSED.why}"),
    ],
)
def test_a_second_try_says_what_holds_it(hold: Hold | None, told: str) -> None:
    lost = Action(
        kind=ActionKind.PRIVATE,
        round=1,
        key="k",
        state=ActionState.FAILED,
        text=given.PRIVATE,
        error_code="gave_up",
    )
    case = replace(CASE, state=CaseState.NEEDS_HUMAN, decided_by="Eva", actions=(lost,))
    room = Room(case, holds=lambda _case, _kind, _at: hold)

    answer = room.desk.take(click(Verb.SEND_AGAIN, case, ActionKind.PRIVATE), EVA)

    assert answer == Answer(done=True, text=told)


def test_an_approval_without_undo_leaves_at_once() -> None:
    room = Room(policy=replace(POLICY, undo=given.UNDO * 0))

    assert "leaves at once." in room.desk.take(click(Verb.SEND), EVA).text


def test_an_approval_says_what_a_person_must_post_and_what_waits() -> None:
    room = Room(ability=Ability(public=BY_HAND, private=CLOSED))

    text = room.desk.take(click(Verb.SEND), EVA).text

    assert "The public reply is yours to post by hand" in text
    assert "The private message waits until the customer writes to us." in text


def test_the_first_of_two_approvals_says_that_nothing_is_sent_yet() -> None:
    room = Room(policy=replace(POLICY, second_approver=True))

    assert "second approver must agree" in room.desk.take(click(Verb.SEND), EVA).text


def test_a_second_click_is_harmless_and_told() -> None:
    room = Room()
    room.desk.take(click(Verb.SEND), EVA)
    once = room.case

    answer = room.desk.take(click(Verb.SEND), JAN)

    assert answer == Answer(done=False, text="Already approved by <@U1EVA>. Nothing was changed.")
    assert room.case == once
    assert room.woken == 1


def test_a_decision_is_made_anew_where_the_case_moved_on() -> None:
    room = Room()
    room.book.races = 3

    assert room.desk.take(click(Verb.CLAIM), EVA).done
    assert room.case.claimed_by == EVA.shown


def test_a_case_that_never_stands_still_is_given_up_politely(
    caplog: pytest.LogCaptureFixture,
) -> None:
    room = Room()
    room.book.races = 1000

    answer = room.desk.take(click(Verb.CLAIM), EVA)

    assert not answer.done
    assert "try again" in answer.text
    assert "case 1: a decision lost 10 races" in caplog.text


def test_a_case_that_is_gone_is_no_crash() -> None:
    room = Room()

    answer = room.desk.take(replace(click(Verb.SEND), case_id=CaseId(9)), EVA)

    assert answer == Answer(done=False, text="This case is no longer here.")


def test_a_spent_budget_is_a_refusal_that_says_what_to_do() -> None:
    room = Room(replace(CASE, draft=replace(DRAFT, credit_chosen=True)))
    room.book.spent["Acme", "2026-11", "EUR"] = 99_000

    answer = room.desk.take(click(Verb.SEND), EVA)

    assert not answer.done
    assert "10.00 EUR is left" in answer.text
    assert answer.text.endswith("Remove the credit, or ask the lead.")
    assert room.case.actions == ()


def test_an_edit_says_that_nothing_is_sent() -> None:
    answer = Room().desk.take(click(Verb.EDIT, public="Sorry!"), EVA)

    assert answer == Answer(done=True, text="Saved. Nothing is sent until somebody approves it.")


def test_an_edit_that_cannot_be_sent_says_why() -> None:
    finding = Finding(
        code="blame", severity=Severity.BLOCK, half=Half.PUBLIC, words="your fault", do="Leave it."
    )

    answer = Room(finding=finding).desk.take(click(Verb.EDIT, public="your fault"), EVA)

    assert answer.done
    assert answer.text == "Saved, but it cannot be sent like this. your fault: Leave it."


def test_every_other_verb_says_what_it_did() -> None:
    room = Room()
    said = {
        verb: room.desk.take(click(verb, room.case, reason="leave_it"), EVA).text
        for verb in (
            Verb.CLAIM,
            Verb.RELEASE,
            Verb.SNOOZE,
            Verb.SEND,
            Verb.UNDO,
            Verb.DISMISS,
            Verb.REOPEN,
        )
    }

    assert said[Verb.UNDO] == "Undone. Nothing was sent, and the case is open again."
    assert len(set(said.values())) == len(said)


def test_a_person_hears_that_it_is_sent_again_or_taken_down() -> None:
    sent = replace(CASE, state=CaseState.ANSWERED)
    room = Room(sent)
    room.desk.take(click(Verb.REOPEN, room.case), EVA)
    room.book.put(replace(room.case, draft=replace(DRAFT, round=2)))
    room.desk.take(click(Verb.SEND, room.case), EVA)
    public = room.case.action(ActionKind.PUBLIC)
    assert public is not None
    receipt = Receipt(id="r1")
    room.book.put(room.case.with_action(replace(public, state=ActionState.SENT, receipt=receipt)))

    down = room.desk.take(click(Verb.TAKE_DOWN, room.case, ActionKind.PUBLIC), EVA)
    failed = replace(public, state=ActionState.FAILED)
    room.book.put(room.case.with_action(failed))
    again = room.desk.take(click(Verb.SEND_AGAIN, room.case, ActionKind.PUBLIC), EVA)

    assert (down.done, down.text) == (
        True,
        "It is being taken down. The card says when it is gone.",
    )
    assert (again.done, again.text) == (True, "It is sent again.")


def test_the_card_knows_what_is_left_of_the_budget() -> None:
    card = Room().desk.card(CASE.id)

    assert card.credit is not None
    assert card.credit.left == "975.00 EUR left this month"
    assert card.headline == "waits for you"


def test_without_a_budget_the_card_says_nothing_of_it() -> None:
    desk = Desk(
        FakeCaseBook(CASE),
        policy=lambda _brand: POLICY,
        ability=lambda _case: Ability(public=API, private=API),
        review=given.unchanged,
        clock=given.Clock(),
        new_key=given.keys(),
    )

    card = desk.card(CASE.id)

    assert card.credit is not None
    assert card.credit.left == ""
    assert desk.take(click(Verb.CLAIM), EVA).done


def test_an_approver_reads_the_whole_conversation_and_nobody_else() -> None:
    private = given.entry(2, given.mention("d1", "my number is 12345", minutes=5, private=True))
    desk = Room(replace(CASE, entries=(*CASE.entries, private))).desk

    turns = desk.read(CASE.id, EVA)

    assert [(turn.text, turn.private, turn.ours) for turn in turns] == [
        ("Where is my order? Three weeks!", False, False),
        ("my number is 12345", True, False),
    ]
    assert Verb.READ in {button.verb for button in desk.card(CASE.id).buttons}
    with pytest.raises(NotAllowed):
        desk.read(CASE.id, given.STRANGER)
    assert not desk.take(click(Verb.READ), EVA).done
