"""The customer answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from responders.action import Action, ActionKind, ActionState
from responders.case import Case, CaseState, Change, Entry
from responders.draft import CODE_PLACEHOLDER
from responders.rounds import heard
from responders.verdict import RedFlag
from tests.fakes import FakeCaseBook
from tests.responders.given import CASE, EUR_25, EVA, NOW, entry, mention

DUE = NOW + timedelta(hours=1)
FLAGGED = (RedFlag.LEGAL,)


def after(case: Case, new: Entry) -> Case:
    change = hear(case, new)
    return change.after


def hear(case: Case, new: Entry) -> Change:
    book = FakeCaseBook(case)
    stored = book.get(case.id)
    change = heard(stored, new, NOW, DUE)
    if change.spend is not None:
        book.spent["Acme", change.spend.month, "EUR"] = 10_000
    assert book.save(change, NOW)
    return change


def writes(
    *, private: bool = False, topic: str = "order_late", flags: tuple[RedFlag, ...] = ()
) -> Entry:
    return entry(2, mention("m2", "Still nothing!", private=private), topic=topic, flags=flags)


def action(kind: ActionKind, state: ActionState, text: str = "words") -> Action:
    return Action(
        kind=kind,
        round=1,
        key=f"key-{kind}",
        state=state,
        text=text,
        amount=EUR_25 if kind is ActionKind.CREDIT else None,
        approved_by=EVA.shown,
        approved_at=NOW,
    )


def decided(*actions: Action, state: CaseState = CaseState.ANSWERED) -> Case:
    return replace(CASE, state=state, decided_by=EVA.shown, decided_at=NOW, actions=actions)


SENT = action(ActionKind.PUBLIC, ActionState.SENT)


@pytest.mark.parametrize("state", [CaseState.APPROVED, CaseState.ANSWERED, CaseState.DISMISSED])
def test_an_answer_begins_the_next_round_and_waits_for_a_person(state: CaseState) -> None:
    case = replace(decided(SENT, state=state), dismissed_because="leave_it", second_approver="x")

    now = after(case, writes())

    assert (now.state, now.round, now.draft) == (CaseState.OPEN, 2, None)
    assert (now.due_at, now.decided_by, now.decided_at) == (DUE, "", None)
    assert (now.dismissed_because, now.second_approver) == ("", "")
    assert now.subject.mention.id == "m2"
    assert now.subject.round == 2


def test_whoever_has_the_case_keeps_it() -> None:
    case = replace(decided(SENT), claimed_by=EVA.shown)

    assert after(case, writes()).claimed_by == EVA.shown


def test_an_open_case_keeps_its_round_and_the_draft_somebody_may_be_editing() -> None:
    now = after(CASE, writes())

    assert (now.round, now.draft, now.due_at) == (1, CASE.draft, CASE.due_at)
    assert now.entries[-1].round == 1


def test_an_open_case_without_a_draft_keeps_its_round_whatever_is_said() -> None:
    now = after(replace(CASE, draft=None), writes(topic="damaged", flags=FLAGGED))

    assert now.round == 1


@pytest.mark.parametrize("new", [writes(topic="damaged"), writes(flags=FLAGGED)])
def test_what_the_draft_does_not_answer_asks_for_a_new_one(new: Entry) -> None:
    now = after(CASE, new)

    assert (now.state, now.round, now.draft) == (CaseState.OPEN, 2, None)


def test_a_text_that_could_not_be_judged_changes_no_draft() -> None:
    assert after(CASE, replace(writes(), verdict=None)).draft == CASE.draft


def test_a_case_put_aside_comes_back() -> None:
    case = replace(CASE, snoozed_until=NOW + timedelta(days=1))

    assert after(case, writes()).snoozed_until is None


def test_a_case_with_a_problem_goes_on_in_its_next_round() -> None:
    case = decided(action(ActionKind.PUBLIC, ActionState.FAILED), state=CaseState.NEEDS_HUMAN)

    now = after(case, writes())

    assert (now.state, now.round) == (CaseState.OPEN, 2)
    assert now.actions[0].state is ActionState.FAILED


def test_a_case_that_waits_for_a_persons_words_stays_as_it_is() -> None:
    case = replace(CASE, state=CaseState.NEEDS_HUMAN)

    now = after(case, writes())

    assert (now.state, now.round) == (CaseState.NEEDS_HUMAN, 1)


def test_our_own_post_is_filed_and_changes_nothing_else() -> None:
    ours = entry(2, mention("m2", "Sorry!", ours=True))

    change = hear(decided(SENT), ours)

    assert change.after.state is CaseState.ANSWERED
    assert len(change.after.entries) == 2
    assert [n.what for n in change.notes] == ["filed"]


def test_the_audit_does_not_say_what_they_wrote() -> None:
    change = hear(decided(SENT), writes(private=True))

    assert [(n.what, n.was, n.now, n.detail) for n in change.notes] == [
        ("heard", "answered", "open", "private")
    ]


def test_a_post_is_filed_once() -> None:
    with pytest.raises(ValueError, match="case 1: mention 1 is filed already"):
        heard(CASE, entry(1), NOW, DUE)


# --- what waited for them ----------------------------------------------------------------------


def test_a_private_message_of_theirs_opens_the_channel() -> None:
    waits = decided(
        SENT,
        action(ActionKind.CREDIT, ActionState.WAITING),
        action(ActionKind.PRIVATE, ActionState.WAITING),
    )

    change = hear(waits, writes(private=True))

    _, credit, private = change.after.actions
    assert (credit.state, private.state) == (ActionState.APPROVED, ActionState.APPROVED)
    assert private.not_before == NOW
    assert [n.what for n in change.notes] == ["heard", "channel_open", "channel_open"]


def test_a_public_answer_does_not_open_it() -> None:
    waits = decided(SENT, action(ActionKind.PRIVATE, ActionState.WAITING))

    assert after(waits, writes()).actions[1].state is ActionState.WAITING


@pytest.mark.parametrize("state", [ActionState.WAITING, ActionState.APPROVED, ActionState.BY_HAND])
def test_a_red_flag_calls_off_what_has_not_left(state: ActionState) -> None:
    waits = decided(SENT, action(ActionKind.PRIVATE, state))

    change = hear(waits, writes(private=True, flags=FLAGGED))

    private = change.after.actions[1]
    assert (private.state, private.error_code) == (ActionState.CANCELLED, "red_flag")
    assert [n.what for n in change.notes] == ["heard", "called_off"]


def test_a_credit_that_is_called_off_is_given_back() -> None:
    waits = decided(SENT, action(ActionKind.CREDIT, ActionState.WAITING))

    spend = hear(waits, writes(flags=FLAGGED)).spend

    assert spend is not None
    assert spend.back


def test_the_unread_code_of_a_message_that_is_called_off_is_taken_back() -> None:
    waits = decided(
        SENT,
        action(ActionKind.CREDIT, ActionState.SENT),
        action(ActionKind.PRIVATE, ActionState.APPROVED, f"Take {CODE_PLACEHOLDER}"),
    )

    credit = after(waits, writes(flags=FLAGGED)).actions[1]

    assert credit.retract_by


def test_what_is_on_the_wire_is_left_alone() -> None:
    busy = decided(action(ActionKind.PUBLIC, ActionState.SENDING), state=CaseState.APPROVED)

    now = after(busy, writes(flags=FLAGGED))

    assert now.actions[0].state is ActionState.SENDING
