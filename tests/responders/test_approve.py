"""What a person decides becomes one change, or a reason why not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Ability, Receipt, TextLimit
from responders import outcome
from responders.action import Action, ActionKind, ActionState
from responders.approve import Blocked, NotAllowed, NotNow, Refusal, TooOld, decide
from responders.card import Decision, Verb
from responders.case import Case, CaseState, Change, Spend
from responders.draft import Draft, Finding, Half, Severity, text_hash
from responders.money import Money
from responders.policy import Person, Policy
from responders.verdict import Label, LabelWord
from tests.fakes import FakeCaseBook
from tests.responders.given import (
    API,
    BOTH,
    BY_HAND,
    CASE,
    CLOSED,
    CREDIT,
    CREDITS,
    DRAFT,
    EUR_25,
    EVA,
    JAN,
    NONE,
    NOW,
    POLICY,
    PRIVATE,
    PUBLIC,
    STRANGER,
    UNDO,
    click,
    entry,
    keys,
    mention,
    unchanged,
)

WITH_CREDIT = replace(CASE, draft=replace(DRAFT, credit_chosen=True))
TWO = replace(POLICY, second_approver=True)
BLOCKING = Finding(
    code="liability",
    severity=Severity.BLOCK,
    half=Half.PUBLIC,
    words="it was our fault",
    do="Say what happens next instead.",
)


def made(
    case: Case,
    decision: Decision,
    person: Person = EVA,
    *,
    policy: Policy = POLICY,
    ability: Ability = BOTH,
    finding: Finding | None = None,
) -> Change:
    """The change, which a book would take as well."""

    def review(_case: Case, draft: Draft) -> Draft:
        return draft if finding is None else replace(draft, findings=(finding,))

    change = decide(
        case,
        decision,
        person,
        policy=policy,
        ability=ability,
        review=review,
        now=NOW,
        new_key=keys(),
    )
    book = FakeCaseBook(case)
    if change.spend is not None:
        book.spent["Acme", change.spend.month, "EUR"] = 10_000
    numbered = replace(change, before=book.get(case.id))
    assert book.save(replace(numbered, after=_numbered(change.after, numbered.before)), NOW)
    return change


def _numbered(after: Case, before: Case) -> Case:
    for action in before.actions:
        now = after.action(action.kind, action.round)
        assert now is not None
        after = after.with_action(replace(now, id=action.id))
    return after


def refused(
    kind: type[Refusal],
    case: Case,
    decision: Decision,
    person: Person = EVA,
    *,
    policy: Policy = POLICY,
    ability: Ability = BOTH,
    finding: Finding | None = None,
) -> str:
    with pytest.raises(kind) as caught:
        made(case, decision, person, policy=policy, ability=ability, finding=finding)
    assert type(caught.value) is kind
    return str(caught.value)


def action(kind: ActionKind, state: ActionState, **more: object) -> Action:
    texts = {ActionKind.PUBLIC: PUBLIC, ActionKind.PRIVATE: PRIVATE}
    made = Action(
        kind=kind,
        round=1,
        key=f"key-{kind}",
        state=state,
        text=texts.get(kind, ""),
        amount=EUR_25 if kind is ActionKind.CREDIT else None,
        approved_by=EVA.shown,
        approved_at=NOW - timedelta(minutes=5),
    )
    return Action(**{**made.__dict__, **more})


def decided(*actions: Action, state: CaseState = CaseState.APPROVED) -> Case:
    return replace(CASE, state=state, decided_by=EVA.shown, decided_at=NOW, actions=actions)


def states(case: Case, round: int | None = None) -> dict[ActionKind, ActionState]:
    wanted = case.round if round is None else round
    return {a.kind: a.state for a in case.actions if a.round == wanted}


PUBLIC_SENT = action(ActionKind.PUBLIC, ActionState.SENT, receipt=Receipt(id="r1"))


# --- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", Verb)
def test_somebody_who_is_no_approver_may_do_nothing(verb: Verb) -> None:
    told = refused(NotAllowed, CASE, click(verb), STRANGER)

    assert told.startswith("Only approvers may do this")


def test_with_no_approvers_nobody_may_and_the_message_says_what_to_do() -> None:
    told = refused(NotAllowed, CASE, click(Verb.SEND), policy=Policy())

    assert "[policy] approvers is empty" in told


def test_a_member_of_a_listed_group_may() -> None:
    person = Person(id="U7", name="Kim", groups=frozenset({"S1"}))

    change = made(CASE, click(Verb.SEND), person, policy=Policy(approvers=frozenset({"S1"})))

    assert change.after.decided_by == "<@U7>"


# --- send --------------------------------------------------------------------------------------


def test_sending_approves_the_public_reply_and_then_the_private_message() -> None:
    after = made(CASE, click(Verb.SEND)).after

    public, private = after.actions
    assert after.state is CaseState.APPROVED
    assert (after.decided_by, after.decided_at) == (EVA.shown, NOW)
    assert (public.kind, public.text, public.key) == (ActionKind.PUBLIC, PUBLIC, "k1")
    assert (private.kind, private.text, private.key) == (ActionKind.PRIVATE, PRIVATE, "k2")
    assert (public.depends_on, private.depends_on) == (None, ActionKind.PUBLIC)
    assert {a.state for a in after.actions} == {ActionState.APPROVED}
    assert {a.not_before for a in after.actions} == {NOW + UNDO}
    assert {(a.approved_by, a.approved_at) for a in after.actions} == {(EVA.shown, NOW)}


def test_the_audit_holds_hashes_and_no_texts() -> None:
    notes = made(CASE, click(Verb.SEND)).notes

    assert [(n.what, n.by, n.action, n.was, n.now) for n in notes] == [
        ("approved", EVA.shown, ActionKind.PUBLIC, "", "approved"),
        ("approved", EVA.shown, ActionKind.PRIVATE, "", "approved"),
    ]
    assert notes[0].hash == text_hash(PUBLIC)


def test_a_chosen_credit_goes_between_the_two() -> None:
    change = made(WITH_CREDIT, click(Verb.SEND, WITH_CREDIT))

    public, credit, private = change.after.actions
    assert (credit.kind, credit.amount, credit.text) == (ActionKind.CREDIT, EUR_25, "")
    assert (credit.depends_on, private.depends_on) == (ActionKind.PUBLIC, ActionKind.CREDIT)
    assert private.text == f"{PRIVATE}\n\n{CREDIT.text}"
    assert public.text == PUBLIC
    assert change.spend == Spend(month="2026-11", amount=EUR_25, budget=CREDITS.monthly_budget)


def test_a_credit_that_nobody_chose_is_not_sent() -> None:
    change = made(CASE, click(Verb.SEND))

    assert ActionKind.CREDIT not in states(change.after)
    assert change.spend is None


def test_what_goes_by_hand_waits_for_a_person_and_the_private_message_waits_for_that() -> None:
    after = made(CASE, click(Verb.SEND), ability=Ability(public=BY_HAND, private=API)).after

    assert states(after) == {
        ActionKind.PUBLIC: ActionState.BY_HAND,
        ActionKind.PRIVATE: ActionState.APPROVED,
    }
    assert after.actions[0].not_before is None


def test_a_closed_private_channel_makes_message_and_credit_wait() -> None:
    ability = Ability(public=API, private=CLOSED)

    after = made(WITH_CREDIT, click(Verb.SEND, WITH_CREDIT), ability=ability).after

    assert states(after) == {
        ActionKind.PUBLIC: ActionState.APPROVED,
        ActionKind.CREDIT: ActionState.WAITING,
        ActionKind.PRIVATE: ActionState.WAITING,
    }


def test_a_half_that_the_platform_does_not_have_is_not_created() -> None:
    public_only = made(CASE, click(Verb.SEND), ability=Ability(public=API, private=NONE)).after
    private_only = made(CASE, click(Verb.SEND), ability=Ability(public=NONE, private=API)).after

    assert list(states(public_only)) == [ActionKind.PUBLIC]
    assert list(states(private_only)) == [ActionKind.PRIVATE]
    assert private_only.actions[0].depends_on is None


def test_where_neither_half_can_go_nothing_is_approved() -> None:
    told = refused(Blocked, CASE, click(Verb.SEND), ability=Ability(public=NONE, private=NONE))

    assert told.startswith("Nothing of this can be sent here.")
    assert "There are no private messages here." in told


def test_without_a_text_there_is_nothing_to_send() -> None:
    bare = replace(CASE, draft=replace(DRAFT, public=None, private=None))

    assert "Write one with Edit" in refused(NotNow, bare, click(Verb.SEND, bare))
    drafting = replace(CASE, draft=None)
    assert "Write one with Edit" in refused(NotNow, drafting, click(Verb.SEND, drafting))


def test_what_the_guard_blocks_is_not_sent_and_the_message_says_what_to_write() -> None:
    told = refused(Blocked, CASE, click(Verb.SEND), finding=BLOCKING)

    assert told.endswith("Public text: it was our fault. Say what happens next instead.")


def test_a_text_that_the_platform_would_cut_is_not_sent() -> None:
    short = replace(API, limit=TextLimit(maximum=20))

    told = refused(Blocked, CASE, click(Verb.SEND), ability=Ability(public=short, private=API))

    assert told == f"The public reply is too long: {len(PUBLIC)} of 20 characters. Shorten it."


def test_a_second_click_changes_nothing_and_says_who_was_first() -> None:
    after = made(CASE, click(Verb.SEND)).after

    told = refused(NotNow, after, click(Verb.SEND), JAN)

    assert told == "Already approved by <@U1EVA>. Nothing was changed."


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (decided(PUBLIC_SENT), "Already sent by <@U1EVA>. Nothing was changed."),
        (
            decided(state=CaseState.DISMISSED),
            "Already decided by <@U1EVA>: no reply. Nothing was changed.",
        ),
        (
            decided(action(ActionKind.PUBLIC, ActionState.FAILED), state=CaseState.NEEDS_HUMAN),
            "Already approved by <@U1EVA>, and something is not settled yet. Nothing was changed.",
        ),
    ],
)
def test_a_late_click_is_told_what_became_of_the_case(case: Case, told: str) -> None:
    assert refused(NotNow, case, click(Verb.SEND)) == told


def test_a_click_on_an_older_draft_is_told_who_changed_it() -> None:
    newer = replace(CASE, draft=replace(DRAFT, revision=2, written_by=JAN.shown))

    told = refused(TooOld, newer, click(Verb.SEND))

    assert told.startswith("The draft was changed by <@U2JAN> meanwhile.")


def test_a_click_on_an_older_round_is_told_that_the_customer_wrote() -> None:
    later = replace(CASE, round=2, entries=(entry(), entry(2, round=2)))

    assert "the customer wrote again" in refused(TooOld, later, click(Verb.SEND))


def test_a_click_from_before_a_case_was_reopened_is_refused() -> None:
    ours = entry(2, mention("m2", ours=True), round=2)
    later = replace(CASE, round=2, entries=(entry(), ours))

    assert "it was opened again" in refused(TooOld, later, click(Verb.SEND))


def test_the_very_words_of_an_earlier_round_are_not_sent_twice() -> None:
    later = replace(
        CASE,
        round=2,
        draft=replace(DRAFT, round=2, private=None),
        actions=(PUBLIC_SENT,),
    )

    told = refused(Blocked, later, click(Verb.SEND, later))

    assert told == "This very public reply went to this customer before. Change the text."


def test_the_same_public_words_may_answer_another_post() -> None:
    later = replace(
        CASE,
        round=2,
        entries=(entry(), entry(2, round=2)),
        draft=replace(DRAFT, round=2, private=None),
        actions=(PUBLIC_SENT,),
    )

    after = made(later, click(Verb.SEND, later)).after

    assert states(after) == {ActionKind.PUBLIC: ActionState.APPROVED}


# --- a second approver -------------------------------------------------------------------------


def test_where_two_must_agree_the_first_click_sends_nothing() -> None:
    change = made(CASE, click(Verb.SEND), policy=TWO)

    assert change.after.actions == ()
    assert change.after.state is CaseState.OPEN
    assert change.after.second_approver == EVA.shown
    assert [n.what for n in change.notes] == ["approved_first"]


def test_the_same_person_cannot_be_the_second() -> None:
    first = made(CASE, click(Verb.SEND), policy=TWO).after

    assert "Now somebody else must" in refused(NotNow, first, click(Verb.SEND), policy=TWO)


def test_a_second_person_completes_it() -> None:
    first = made(CASE, click(Verb.SEND), policy=TWO).after

    after = made(first, click(Verb.SEND), JAN, policy=TWO).after

    assert after.state is CaseState.APPROVED
    assert after.decided_by == "<@U1EVA> and <@U2JAN>"
    assert after.actions[0].approved_by == "<@U1EVA> and <@U2JAN>"


def test_a_finding_can_ask_for_two_where_the_policy_does_not() -> None:
    doubt = replace(BLOCKING, severity=Severity.SECOND)

    after = made(CASE, click(Verb.SEND), finding=doubt).after

    assert after.second_approver == EVA.shown


def test_an_edit_takes_the_first_approval_back() -> None:
    first = made(CASE, click(Verb.SEND), policy=TWO).after

    after = made(first, click(Verb.EDIT, public="Sorry!"), JAN, policy=TWO).after

    assert after.second_approver == ""


# --- edit --------------------------------------------------------------------------------------


def test_an_edit_is_a_new_revision_and_sends_nothing() -> None:
    change = made(CASE, click(Verb.EDIT, public="We are so sorry.\r\nPlease write to us. "))

    draft = change.after.draft
    assert draft is not None
    assert (draft.revision, draft.written_by) == (2, EVA.shown)
    assert (draft.public, draft.private) == ("We are so sorry.\nPlease write to us.", PRIVATE)
    assert change.after.actions == ()
    assert [(n.what, n.by) for n in change.notes] == [("edited", EVA.shown)]


def test_an_edit_is_seen_by_the_guard() -> None:
    draft = made(CASE, click(Verb.EDIT, public="It was our fault."), finding=BLOCKING).after.draft

    assert draft is not None
    assert draft.findings == (BLOCKING,)


def test_the_english_reading_of_a_changed_half_is_gone() -> None:
    read = replace(CASE, draft=replace(DRAFT, public_english="A", private_english="B"))

    draft = made(read, click(Verb.EDIT, read, public="Neu")).after.draft

    assert draft is not None
    assert (draft.public_english, draft.private_english) == (None, "B")


def test_an_emptied_half_is_taken_away() -> None:
    draft = made(CASE, click(Verb.EDIT, private="  ")).after.draft

    assert draft is not None
    assert draft.private is None


def test_an_edit_that_changes_nothing_is_none() -> None:
    assert refused(NotNow, CASE, click(Verb.EDIT, public=PUBLIC)) == "Nothing was changed."


def test_a_person_can_write_where_there_is_no_draft() -> None:
    bare = replace(CASE, draft=None)

    draft = made(bare, click(Verb.EDIT, bare, public="We are sorry.")).after.draft

    assert draft is not None
    assert (draft.revision, draft.language, draft.public) == (1, "en", "We are sorry.")


def test_a_person_finishes_the_holding_text_of_a_red_flag_and_sends_it() -> None:
    start = Draft(holding="We take this seriously.", reason="A red flag: injury.")
    flagged = replace(CASE, state=CaseState.NEEDS_HUMAN, draft=start)

    text = "We take this seriously. Eva calls you today."
    written = made(flagged, click(Verb.EDIT, flagged, public=text)).after

    assert written.draft is not None
    assert (written.draft.holding, written.draft.reason) == (None, "")
    sent = made(written, click(Verb.SEND, written)).after
    assert sent.state is CaseState.APPROVED


def test_an_approved_case_is_not_edited() -> None:
    after = made(CASE, click(Verb.SEND)).after

    told = refused(NotNow, after, click(Verb.EDIT, public="Other"))

    assert told.startswith("Already approved")


# --- credit ------------------------------------------------------------------------------------


def test_adding_the_credit_is_its_own_click_and_makes_a_new_revision() -> None:
    change = made(CASE, click(Verb.ADD_CREDIT))

    draft = change.after.draft
    assert draft is not None
    assert (draft.revision, draft.credit_chosen, draft.written_by) == (2, True, "playbook")
    assert change.spend is None, "only the approval takes from the budget"


def test_removing_the_credit_makes_a_new_revision() -> None:
    draft = made(WITH_CREDIT, click(Verb.REMOVE_CREDIT, WITH_CREDIT)).after.draft

    assert draft is not None
    assert (draft.revision, draft.credit_chosen) == (2, False)


def test_a_credit_is_added_and_removed_once() -> None:
    assert "already" in refused(NotNow, WITH_CREDIT, click(Verb.ADD_CREDIT, WITH_CREDIT))
    assert "no credit" in refused(NotNow, CASE, click(Verb.REMOVE_CREDIT))


def test_where_none_is_offered_none_can_be_added() -> None:
    bare = replace(CASE, draft=replace(DRAFT, credit=None))

    assert "no credit to add" in refused(NotNow, bare, click(Verb.ADD_CREDIT, bare))


@pytest.mark.parametrize("way", [BY_HAND, NONE])
def test_a_credit_needs_a_message_that_we_send(way: object) -> None:
    ability = Ability(public=API, private=BY_HAND if way is BY_HAND else NONE)

    assert "Amends sends" in refused(Blocked, CASE, click(Verb.ADD_CREDIT), ability=ability)
    told = refused(Blocked, WITH_CREDIT, click(Verb.SEND, WITH_CREDIT), ability=ability)
    assert "Remove the credit" in told


def test_a_credit_without_a_private_text_is_not_sent() -> None:
    bare = replace(CASE, draft=replace(DRAFT, private=None, credit_chosen=True))

    assert "Remove the credit" in refused(Blocked, bare, click(Verb.SEND, bare))
    plain = replace(CASE, draft=replace(DRAFT, private=None))
    assert "none can here" in refused(Blocked, plain, click(Verb.ADD_CREDIT, plain))


def test_the_cap_of_a_case_counts_what_was_given_before() -> None:
    given = action(ActionKind.CREDIT, ActionState.SENT)
    later = replace(CASE, round=2, draft=replace(DRAFT, round=2), actions=(given,))

    told = refused(Blocked, later, click(Verb.ADD_CREDIT, later))

    assert told == "At most 40.00 EUR per case is allowed, and 25.00 EUR is given already."


def test_the_cap_is_looked_at_again_when_sending() -> None:
    cap = replace(CREDITS, cap_per_case=Money(minor=1000, currency="EUR"))

    told = refused(
        Blocked,
        WITH_CREDIT,
        click(Verb.SEND, WITH_CREDIT),
        policy=replace(POLICY, credit=cap),
    )

    assert told == "At most 10.00 EUR per case is allowed. Remove the credit."


def test_a_credit_in_another_currency_or_without_a_policy_is_refused() -> None:
    usd = Money(minor=100, currency="USD")
    dollars = replace(CREDITS, suggested=usd, cap_per_case=usd, monthly_budget=usd)

    told = refused(Blocked, CASE, click(Verb.ADD_CREDIT), policy=replace(POLICY, credit=dollars))
    assert told == "This credit is in EUR; credits are given in USD."
    none = refused(Blocked, CASE, click(Verb.ADD_CREDIT), policy=replace(POLICY, credit=None))
    assert "[policy.credit] is missing" in none


# --- no reply, claim, snooze -------------------------------------------------------------------


def test_no_reply_needs_a_reason() -> None:
    assert "Say why" in refused(NotNow, CASE, click(Verb.DISMISS, reason=" "))


@pytest.mark.parametrize("word", list(LabelWord))
def test_a_reason_that_is_a_word_on_the_verdict_becomes_a_label(word: str) -> None:
    change = made(CASE, click(Verb.DISMISS, reason=f"{word}: a joke among friends"))

    assert change.label == Label(
        mention_id=CASE.subject.id, word=LabelWord(word), by=EVA.shown, at=NOW
    )
    assert change.after.state is CaseState.DISMISSED
    assert change.after.dismissed_because == f"{word}: a joke among friends"


def test_a_case_can_be_called_rightly_flagged_and_stays_as_it_is() -> None:
    change = made(CASE, click(Verb.RIGHT))

    assert change.label == Label(
        mention_id=CASE.subject.id, word=LabelWord.WAS_ANGRY, by=EVA.shown, at=NOW
    )
    assert change.after == CASE
    assert [line.what for line in change.notes] == ["was_angry"]


def test_choosing_not_to_reply_is_no_word_on_the_verdict() -> None:
    assert made(CASE, click(Verb.DISMISS, reason="leave_it")).label is None


def test_an_approved_case_is_not_dismissed() -> None:
    after = made(CASE, click(Verb.SEND)).after

    assert "Already" in refused(NotNow, after, click(Verb.DISMISS, reason="spam"))


def test_dismissing_what_went_wrong_gives_the_rest_up() -> None:
    stuck = decided(
        action(ActionKind.PUBLIC, ActionState.NEEDS_HUMAN, error_code=outcome.GONE),
        action(ActionKind.CREDIT, ActionState.APPROVED, depends_on=ActionKind.PUBLIC),
        action(ActionKind.PRIVATE, ActionState.APPROVED, depends_on=ActionKind.CREDIT),
        state=CaseState.NEEDS_HUMAN,
    )

    change = made(stuck, click(Verb.DISMISS, reason="leave_it"))

    assert change.after.state is CaseState.DISMISSED
    assert set(states(change.after).values()) == {ActionState.CANCELLED}
    assert change.spend is not None
    assert change.spend.back


def test_a_case_is_claimed_by_one_and_released_by_anybody() -> None:
    mine = made(CASE, click(Verb.CLAIM)).after

    assert mine.claimed_by == EVA.shown
    assert refused(NotNow, mine, click(Verb.CLAIM)) == "You have this case already."
    assert refused(NotNow, mine, click(Verb.CLAIM), JAN) == "<@U1EVA> has this case already."
    assert made(mine, click(Verb.RELEASE), JAN).after.claimed_by == ""
    assert refused(NotNow, CASE, click(Verb.RELEASE)) == "Nobody has this case."


def test_claiming_works_from_an_older_card() -> None:
    later = replace(CASE, round=2, draft=None)

    assert made(later, click(Verb.CLAIM)).after.claimed_by == EVA.shown


def test_a_case_is_put_aside_until_a_time_to_come() -> None:
    until = NOW + timedelta(hours=1)

    assert made(CASE, click(Verb.SNOOZE, until=until)).after.snoozed_until == until
    assert made(CASE, click(Verb.SNOOZE)).after.snoozed_until == NOW + timedelta(hours=4)
    assert "still to come" in refused(NotNow, CASE, click(Verb.SNOOZE, until=NOW))
    assert "waits for you" in refused(NotNow, decided(PUBLIC_SENT), click(Verb.SNOOZE))


# --- undo --------------------------------------------------------------------------------------


def test_undo_takes_back_everything_and_opens_the_case() -> None:
    approved = made(WITH_CREDIT, click(Verb.SEND, WITH_CREDIT)).after

    change = made(approved, click(Verb.UNDO, approved))

    assert change.after.state is CaseState.OPEN
    assert set(states(change.after).values()) == {ActionState.CANCELLED}
    assert change.after.decided_by == ""
    assert change.spend == Spend(month="2026-11", amount=EUR_25, budget=EUR_25, back=True)


def test_what_was_undone_can_be_sent_after_all_with_other_words_and_another_way() -> None:
    undone = made(made(CASE, click(Verb.SEND)).after, click(Verb.UNDO)).after
    edited = made(undone, click(Verb.EDIT, undone, public="Sorry!")).after

    ability = Ability(public=BY_HAND, private=CLOSED)
    after = made(edited, click(Verb.SEND, edited), ability=ability).after

    public, private = after.actions
    assert (public.text, public.state, public.key) == ("Sorry!", ActionState.BY_HAND, "k1")
    assert private.state is ActionState.WAITING


@pytest.mark.parametrize(
    "state", [ActionState.SENDING, ActionState.UNKNOWN, ActionState.SENT, ActionState.FAILED]
)
def test_what_has_left_cannot_be_undone(state: ActionState) -> None:
    gone = decided(
        action(ActionKind.PUBLIC, state), action(ActionKind.PRIVATE, ActionState.APPROVED)
    )

    assert "Too late to undo: the public reply" in refused(NotNow, gone, click(Verb.UNDO))


def test_undo_leaves_alone_what_was_called_off_before() -> None:
    off = action(ActionKind.PUBLIC, ActionState.CANCELLED, error_code=outcome.PARENT)
    case = decided(off, action(ActionKind.PRIVATE, ActionState.WAITING))

    change = made(case, click(Verb.UNDO, case))

    assert change.after.actions[0].error_code == outcome.PARENT
    assert [n.action for n in change.notes] == [ActionKind.PRIVATE]


def test_an_open_case_has_nothing_to_undo() -> None:
    assert refused(NotNow, CASE, click(Verb.UNDO)) == "There is nothing to undo."


# --- by hand and in doubt ----------------------------------------------------------------------

LOST = action(
    ActionKind.PUBLIC,
    ActionState.NEEDS_HUMAN,
    attempt=1,
    intent_at=NOW - timedelta(minutes=5),
    settle_until=NOW - timedelta(minutes=3),
    error_code=outcome.ABSENT,
)


def test_what_a_person_posted_is_sent_and_its_link_is_kept() -> None:
    hand = decided(action(ActionKind.PUBLIC, ActionState.BY_HAND))

    link = "https://x.example/acme/1"
    after = made(hand, click(Verb.POSTED, hand, ActionKind.PUBLIC, link=link)).after

    public = after.actions[0]
    assert (public.state, public.receipt) == (ActionState.SENT, Receipt(id="", url=link, at=NOW))
    assert after.state is CaseState.ANSWERED


@pytest.mark.parametrize("link", ["javascript:alert(1)", "x.example/1", "http://[", "https://"])
def test_a_link_that_is_none_is_refused(link: str) -> None:
    hand = decided(action(ActionKind.PUBLIC, ActionState.BY_HAND))

    told = refused(Blocked, hand, click(Verb.POSTED, hand, ActionKind.PUBLIC, link=link))

    assert told.startswith("That is not a link.")


def test_a_private_message_by_hand_has_no_link() -> None:
    hand = decided(PUBLIC_SENT, action(ActionKind.PRIVATE, ActionState.BY_HAND))

    private = made(hand, click(Verb.POSTED, hand, ActionKind.PRIVATE)).after.actions[1]

    assert private.receipt == Receipt(id="", at=NOW, private=True)


def test_what_is_not_by_hand_was_not_posted_by_hand() -> None:
    told = refused(NotNow, decided(PUBLIC_SENT), click(Verb.POSTED, kind=ActionKind.PUBLIC))

    assert told.startswith("The public reply is not to be posted by hand.")
    assert refused(NotNow, CASE, click(Verb.POSTED)).startswith("The answer is not")


@pytest.mark.parametrize("state", [ActionState.NEEDS_HUMAN, ActionState.UNKNOWN])
def test_it_is_there_settles_the_doubt(state: ActionState) -> None:
    stuck = decided(replace(LOST, state=state))

    after = made(stuck, click(Verb.FOUND, stuck, ActionKind.PUBLIC)).after

    assert after.actions[0].state is ActionState.SENT
    assert after.state is CaseState.ANSWERED


def test_send_again_is_logged_with_a_name_and_goes_out_at_once() -> None:
    stuck = decided(LOST, state=CaseState.NEEDS_HUMAN)

    change = made(stuck, click(Verb.SEND_AGAIN, stuck, ActionKind.PUBLIC), JAN)

    again = change.after.actions[0]
    assert (again.state, again.not_before, again.approved_by) == (
        ActionState.APPROVED,
        NOW,
        JAN.shown,
    )
    assert (again.key, again.attempt) == (LOST.key, 0)
    assert [(n.what, n.by, n.detail) for n in change.notes] == [
        ("send_again", JAN.shown, outcome.ABSENT)
    ]
    assert change.after.state is CaseState.APPROVED


@pytest.mark.parametrize("state", [ActionState.UNKNOWN, ActionState.SENDING])
def test_nothing_is_sent_again_while_the_outcome_may_still_arrive(state: ActionState) -> None:
    stuck = decided(replace(LOST, state=state))

    told = refused(Blocked, stuck, click(Verb.SEND_AGAIN, stuck, ActionKind.PUBLIC))

    assert told.startswith("It may still come out")


def test_a_failed_reply_revives_what_was_called_off_with_it() -> None:
    off = {"error_code": outcome.PARENT}
    failed = decided(
        action(ActionKind.PUBLIC, ActionState.FAILED),
        action(ActionKind.CREDIT, ActionState.CANCELLED, depends_on=ActionKind.PUBLIC, **off),
        action(ActionKind.PRIVATE, ActionState.CANCELLED, depends_on=ActionKind.CREDIT, **off),
        state=CaseState.NEEDS_HUMAN,
    )

    change = made(failed, click(Verb.SEND_AGAIN, failed, ActionKind.PUBLIC))

    assert set(states(change.after).values()) == {ActionState.APPROVED}
    assert [a.depends_on for a in change.after.actions] == [
        None,
        ActionKind.PUBLIC,
        ActionKind.CREDIT,
    ]
    assert change.spend is not None
    assert not change.spend.back


def test_the_private_message_can_go_alone_after_a_failed_reply() -> None:
    failed = decided(
        action(ActionKind.PUBLIC, ActionState.FAILED),
        action(
            ActionKind.PRIVATE,
            ActionState.CANCELLED,
            depends_on=ActionKind.PUBLIC,
            error_code=outcome.PARENT,
        ),
        state=CaseState.NEEDS_HUMAN,
    )

    after = made(failed, click(Verb.SEND_AGAIN, failed, ActionKind.PRIVATE)).after

    assert states(after)[ActionKind.PUBLIC] is ActionState.FAILED
    assert after.actions[1].state is ActionState.APPROVED
    assert after.actions[1].depends_on is None


def test_sending_it_alone_takes_its_credit_along() -> None:
    off = {"error_code": outcome.PARENT}
    failed = decided(
        action(ActionKind.PUBLIC, ActionState.FAILED),
        action(ActionKind.CREDIT, ActionState.CANCELLED, depends_on=ActionKind.PUBLIC, **off),
        action(
            ActionKind.PRIVATE,
            ActionState.CANCELLED,
            depends_on=ActionKind.CREDIT,
            text=f"{PRIVATE}\n\n{CREDIT.text}",
            **off,
        ),
        state=CaseState.NEEDS_HUMAN,
    )

    after = made(failed, click(Verb.SEND_AGAIN, failed, ActionKind.PRIVATE)).after

    _, credit, private = after.actions
    assert (credit.state, credit.depends_on) == (ActionState.APPROVED, None)
    assert (private.state, private.depends_on) == (ActionState.APPROVED, ActionKind.CREDIT)


def with_code(credit: ActionState, **more: object) -> Case:
    return decided(
        PUBLIC_SENT,
        action(ActionKind.CREDIT, credit, **more),
        action(
            ActionKind.PRIVATE,
            ActionState.FAILED,
            depends_on=ActionKind.CREDIT,
            text=f"{PRIVATE}\n\n{CREDIT.text}",
        ),
        state=CaseState.NEEDS_HUMAN,
    )


@pytest.mark.parametrize(
    "case",
    [with_code(ActionState.REVERSED), with_code(ActionState.SENT, retract_by="amends")],
)
def test_a_message_whose_code_was_taken_back_is_not_sent_again(case: Case) -> None:
    told = refused(Blocked, case, click(Verb.SEND_AGAIN, case, ActionKind.PRIVATE))

    assert told.startswith("Its store credit was taken back.")


def test_a_message_whose_code_is_still_its_own_is_sent_again() -> None:
    case = with_code(ActionState.SENT)

    after = made(case, click(Verb.SEND_AGAIN, case, ActionKind.PRIVATE)).after

    assert states(after)[ActionKind.PRIVATE] is ActionState.APPROVED


def test_a_revived_credit_must_fit_the_cap() -> None:
    case = with_code(ActionState.FAILED)
    cap = replace(CREDITS, cap_per_case=Money(minor=100, currency="EUR"))

    told = refused(
        Blocked,
        case,
        click(Verb.SEND_AGAIN, case, ActionKind.CREDIT),
        policy=replace(POLICY, credit=cap),
    )

    assert told.startswith("At most 1.00 EUR")


@pytest.mark.parametrize(
    ("code", "told"),
    [(outcome.GONE, "The post is gone"), (outcome.GUARD, "The text may not go out as it is")],
)
def test_what_would_meet_the_same_wall_is_not_sent_again(code: str, told: str) -> None:
    stuck = decided(
        action(ActionKind.PUBLIC, ActionState.NEEDS_HUMAN, error_code=code),
        state=CaseState.NEEDS_HUMAN,
    )

    assert told in refused(Blocked, stuck, click(Verb.SEND_AGAIN, stuck, ActionKind.PUBLIC))


def test_a_person_who_has_seen_the_edited_post_may_send() -> None:
    stuck = decided(
        action(ActionKind.PUBLIC, ActionState.NEEDS_HUMAN, error_code=outcome.EDITED),
        state=CaseState.NEEDS_HUMAN,
    )

    after = made(stuck, click(Verb.SEND_AGAIN, stuck, ActionKind.PUBLIC)).after

    assert after.actions[0].error_code == outcome.EDITED, "tells the sender that it was seen"


def test_what_was_called_off_by_a_person_is_not_sent_again() -> None:
    off = decided(action(ActionKind.PUBLIC, ActionState.CANCELLED), state=CaseState.NEEDS_HUMAN)

    assert "needs no other try" in refused(
        NotNow, off, click(Verb.SEND_AGAIN, off, ActionKind.PUBLIC)
    )


def test_dropping_the_reply_calls_off_what_was_to_follow() -> None:
    stuck = decided(
        LOST,
        action(ActionKind.PRIVATE, ActionState.APPROVED, depends_on=ActionKind.PUBLIC),
        state=CaseState.NEEDS_HUMAN,
    )

    after = made(stuck, click(Verb.DROP, stuck, ActionKind.PUBLIC)).after

    assert set(states(after).values()) == {ActionState.CANCELLED}
    assert after.actions[1].error_code == outcome.PARENT
    assert after.state is CaseState.NEEDS_HUMAN


def test_dropping_a_message_takes_its_unread_code_back() -> None:
    case = with_code(ActionState.SENT)

    after = made(case, click(Verb.DROP, case, ActionKind.PRIVATE)).after

    credit = after.action(ActionKind.CREDIT)
    assert credit is not None
    assert (credit.state, credit.retract_by) == (ActionState.SENT, outcome.BY_ITSELF)


def test_the_code_of_a_message_that_may_have_arrived_stays_the_customers() -> None:
    case = with_code(ActionState.SENT)
    lost = replace(
        case.actions[2], state=ActionState.NEEDS_HUMAN, settle_until=NOW - timedelta(minutes=1)
    )
    case = case.with_action(lost)

    after = made(case, click(Verb.DROP, case, ActionKind.PRIVATE)).after

    credit = after.action(ActionKind.CREDIT)
    assert credit is not None
    assert credit.retract_by == ""


# --- take down, reopen, close ------------------------------------------------------------------


def test_taking_down_asks_the_job_and_keeps_the_reason() -> None:
    out = decided(PUBLIC_SENT, state=CaseState.ANSWERED)

    change = made(out, click(Verb.TAKE_DOWN, out, ActionKind.PUBLIC, reason="wrong name"))

    assert change.after.actions[0].retract_by == EVA.shown
    assert change.after.actions[0].state is ActionState.SENT
    assert change.notes[0].detail == "wrong name"
    told = refused(NotNow, change.after, click(Verb.TAKE_DOWN, out, ActionKind.PUBLIC), JAN)
    assert told == "<@U1EVA> has asked for that already."


def test_what_we_cannot_name_there_cannot_be_taken_down() -> None:
    by_hand = replace(PUBLIC_SENT, receipt=Receipt(id="", url="https://x.example/1"))

    for action_ in (by_hand, replace(PUBLIC_SENT, receipt=None)):
        out = decided(action_, state=CaseState.ANSWERED)
        told = refused(Blocked, out, click(Verb.TAKE_DOWN, out, ActionKind.PUBLIC))
        assert "deleted by hand" in told


def test_a_code_in_a_customers_hands_is_not_taken_down() -> None:
    out = decided(action(ActionKind.CREDIT, ActionState.SENT), state=CaseState.ANSWERED)

    told = refused(Blocked, out, click(Verb.TAKE_DOWN, out, ActionKind.CREDIT))

    assert "end it in your shop" in told


def test_a_dismissed_case_reopens_in_its_round_with_its_draft() -> None:
    dismissed = made(CASE, click(Verb.DISMISS, reason="leave_it")).after

    after = made(dismissed, click(Verb.REOPEN, dismissed)).after

    assert (after.state, after.round, after.draft) == (CaseState.OPEN, 1, DRAFT)
    assert after.dismissed_because == ""
    assert after.due_at == NOW + POLICY.response_target


def test_an_answered_case_reopens_in_its_next_round_without_a_draft() -> None:
    out = decided(PUBLIC_SENT, state=CaseState.ANSWERED)

    after = made(out, click(Verb.REOPEN, out)).after

    assert (after.state, after.round, after.draft) == (CaseState.OPEN, 2, None)


def test_what_never_reached_anybody_is_carried_into_the_next_round() -> None:
    failed = decided(
        action(ActionKind.PUBLIC, ActionState.FAILED),
        action(ActionKind.PRIVATE, ActionState.CANCELLED),
        state=CaseState.NEEDS_HUMAN,
    )

    after = made(failed, click(Verb.REOPEN, failed)).after

    assert after.draft == replace(DRAFT, round=2, revision=1)
    assert set(states(after, 1).values()) == {ActionState.CANCELLED}


def test_an_open_or_running_case_is_not_reopened() -> None:
    assert refused(NotNow, CASE, click(Verb.REOPEN)) == "The case is open."
    assert "under way" in refused(NotNow, decided(PUBLIC_SENT), click(Verb.REOPEN))


@pytest.mark.parametrize("verb", [Verb.REOPEN, Verb.CLOSE, Verb.DISMISS])
def test_a_case_in_doubt_is_not_left_before_somebody_says_what_became_of_it(verb: Verb) -> None:
    stuck = decided(LOST, state=CaseState.NEEDS_HUMAN)

    told = refused(NotNow, stuck, click(verb, stuck, reason="spam"))

    assert told.startswith("First say what became of the public reply")


def test_a_case_with_something_on_the_wire_is_not_closed() -> None:
    busy = decided(PUBLIC_SENT, action(ActionKind.PRIVATE, ActionState.SENDING))

    assert "nobody knows yet" in refused(NotNow, busy, click(Verb.CLOSE, busy))


def test_closing_gives_up_what_waits_for_the_customer() -> None:
    for state in (CaseState.APPROVED, CaseState.ANSWERED):
        waits = decided(PUBLIC_SENT, action(ActionKind.PRIVATE, ActionState.WAITING), state=state)

        after = made(waits, click(Verb.CLOSE, waits)).after

        assert after.state is CaseState.ANSWERED
        assert states(after)[ActionKind.PRIVATE] is ActionState.CANCELLED


def test_a_thank_you_needs_no_answer_and_is_closed() -> None:
    thanks = replace(CASE, round=2, draft=None, actions=(PUBLIC_SENT,))

    after = made(thanks, click(Verb.CLOSE, thanks)).after

    assert after.state is CaseState.ANSWERED


def test_a_failure_is_closed_without_an_answer() -> None:
    failed = decided(action(ActionKind.PUBLIC, ActionState.FAILED), state=CaseState.NEEDS_HUMAN)

    after = made(failed, click(Verb.CLOSE, failed)).after

    assert (after.state, after.dismissed_because) == (CaseState.DISMISSED, "closed")


def test_what_is_closed_or_not_answered_cannot_be_closed() -> None:
    assert "choose No reply" in refused(NotNow, CASE, click(Verb.CLOSE))
    assert "undo it first" in refused(
        NotNow, decided(action(ActionKind.PUBLIC, ActionState.APPROVED)), click(Verb.CLOSE)
    )
    for case in (
        decided(state=CaseState.DISMISSED),
        decided(PUBLIC_SENT, state=CaseState.ANSWERED),
    ):
        assert refused(NotNow, case, click(Verb.CLOSE)) == "The case is closed."


def test_the_guard_that_finds_nothing_changes_nothing() -> None:
    assert unchanged(CASE, DRAFT) is DRAFT
