"""A lead lets pass what the guard blocks, for these words alone; and nobody else gets by."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from connectors.base import Ability
from responders import outcome, override
from responders.action import ActionKind, ActionState
from responders.approve import Blocked, NotAllowed, NotNow, Refusal, TooOld, decide
from responders.card import Card, Decision, Verb
from responders.cards import make_card
from responders.case import Case, CaseState, Change
from responders.draft import Draft, Finding, Half, Override, Severity, text_hash
from responders.guard.codes import NEVER_OVERRIDDEN, SEVERITY, Code, severity
from responders.policy import Person, Policy
from responders.verdict import RedFlag
from tests.responders.given import (
    API,
    BOTH,
    CASE,
    DRAFT,
    EVA,
    JAN,
    NONE,
    NOW,
    POLICY,
    PRIVATE,
    PUBLIC,
    STRANGER,
    click,
    entry,
    keys,
)

Review: TypeAlias = Callable[[Case, Draft], Draft]

LEA = Person(id="U3LEA", name="Lea")
LED = replace(POLICY, approvers=frozenset({EVA.id, JAN.id, LEA.id}), lead=LEA.id)
TWO = replace(LED, second_approver=True)
WHY = "Our carrier has said so itself, see ticket 77."


def finding(
    code: str = Code.LIABILITY,
    half: Half = Half.PUBLIC,
    grade: Severity = Severity.BLOCK,
    words: str = "it was our fault",
) -> Finding:
    return Finding(code=code, severity=grade, half=half, words=words, do="Say what happens next.")


def guard(*found: Finding) -> Review:
    """A guard that finds this in whatever it reads."""
    return lambda _case, draft: replace(draft, findings=found)


def case_with(*found: Finding, **changes: Any) -> Case:  # noqa: ANN401 - fields of a Draft
    return replace(CASE, draft=replace(DRAFT, findings=found, **changes))


def decided(
    case: Case,
    decision: Decision,
    person: Person,
    review: Review,
    *,
    policy: Policy = LED,
    ability: Ability = BOTH,
) -> Change:
    return decide(
        case,
        decision,
        person,
        policy=policy,
        ability=ability,
        review=review,
        now=NOW,
        new_key=keys(),
    )


def passed(case: Case, *found: Finding, reason: str = WHY) -> Case:
    """The case after the lead's override."""
    decision = click(Verb.OVERRIDE, case, reason=reason)
    return decided(case, decision, LEA, guard(*found)).after


def refused(
    kind: type[Refusal],
    case: Case,
    decision: Decision,
    person: Person,
    *found: Finding,
    policy: Policy = LED,
) -> str:
    with pytest.raises(kind) as caught:
        decided(case, decision, person, guard(*found), policy=policy)
    assert type(caught.value) is kind
    return str(caught.value)


def card(case: Case, policy: Policy = LED, ability: Ability = BOTH) -> Card:
    return make_card(case, ability=ability, policy=policy, now=NOW)


def verbs(made: Card) -> set[Verb]:
    return {button.verb for button in made.buttons}


BLOCKED = case_with(finding())


# --- what an override does ---------------------------------------------------------------------


def test_an_override_is_a_new_revision_of_the_same_words_and_sends_nothing() -> None:
    after = passed(BLOCKED, finding())

    assert after.draft is not None
    assert (after.draft.public, after.draft.private) == (PUBLIC, PRIVATE)
    assert (after.draft.revision, after.draft.written_by) == (2, DRAFT.written_by)
    assert after.draft.override == Override(
        by=LEA.shown, reason=WHY, passes=((Half.PUBLIC, "liability", text_hash(PUBLIC)),)
    )
    assert (after.state, after.actions) == (CASE.state, ())


def test_who_what_and_why_is_kept_in_the_audit() -> None:
    case = case_with(finding(), finding(Code.POLICY))
    decision = click(Verb.OVERRIDE, case, reason=f"  {WHY}\n")

    (line,) = decided(case, decision, LEA, guard(finding())).notes

    assert (line.what, line.by) == ("overridden", LEA.shown)
    assert line.detail == f"liability in public, policy in public: {WHY}"
    assert line.hash == text_hash(f"{PUBLIC}\n\n{PRIVATE}")


def test_after_it_an_approver_can_send_and_each_action_carries_it() -> None:
    after = passed(BLOCKED, finding())

    sent = decided(after, click(Verb.SEND, after), EVA, guard(finding())).after

    assert after.draft is not None
    assert sent.decided_by == EVA.shown
    assert [a.override for a in sent.actions] == [after.draft.override] * 2


def test_an_approval_without_one_takes_an_older_one_from_the_action() -> None:
    after = passed(BLOCKED, finding())
    sent = decided(after, click(Verb.SEND, after), EVA, guard(finding())).after
    undone = decided(sent, click(Verb.UNDO, sent), EVA, guard()).after
    edited = decided(undone, click(Verb.EDIT, undone, public="We are sorry."), EVA, guard()).after

    again = decided(edited, click(Verb.SEND, edited), EVA, guard()).after

    assert [a.override for a in again.actions] == [None, None]


def test_where_two_must_agree_two_must_agree_after_it_as_well() -> None:
    after = passed(BLOCKED, finding())
    first = decided(after, click(Verb.SEND, after), LEA, guard(finding()), policy=TWO).after
    assert (first.second_approver, first.actions) == (LEA.shown, ())

    told = refused(NotNow, first, click(Verb.SEND, first), LEA, finding(), policy=TWO)
    assert "somebody else must" in told

    both = decided(first, click(Verb.SEND, first), EVA, guard(finding()), policy=TWO).after
    assert both.decided_by == f"{LEA.shown} and {EVA.shown}"


def test_who_approved_first_before_it_must_agree_again() -> None:
    case = replace(BLOCKED, second_approver=EVA.shown)

    assert passed(case, finding()).second_approver == ""


def test_both_halves_and_a_chosen_credit_can_pass() -> None:
    both = (finding(), finding(Code.CREDIT_INSTEAD_OF_REMEDY, Half.PRIVATE))
    after = passed(case_with(*both, credit_chosen=True), *both)

    sent = decided(after, click(Verb.SEND, after), EVA, guard(*both)).after

    assert set(sent.of_round()) == set(sent.actions)
    assert [a.kind for a in sent.actions] == [
        ActionKind.PUBLIC,
        ActionKind.CREDIT,
        ActionKind.PRIVATE,
    ]


# --- who may, and what never passes ------------------------------------------------------------


@pytest.mark.parametrize("person", [EVA, JAN])
def test_nobody_but_the_lead_may(person: Person) -> None:
    told = refused(NotAllowed, BLOCKED, click(Verb.OVERRIDE, BLOCKED, reason=WHY), person)

    assert told == ("Only the lead (<@U3LEA>) can override the guard. Change the text with Edit.")


def test_a_lead_who_is_no_approver_may_not() -> None:
    policy = replace(LED, approvers=frozenset({EVA.id}))

    told = refused(
        NotAllowed, BLOCKED, click(Verb.OVERRIDE, BLOCKED, reason=WHY), LEA, policy=policy
    )

    assert told.startswith("Only approvers may do this")


def test_without_a_lead_nobody_may_and_the_message_says_what_to_do() -> None:
    policy = replace(LED, lead="")

    told = refused(
        NotAllowed, BLOCKED, click(Verb.OVERRIDE, BLOCKED, reason=WHY), LEA, policy=policy
    )

    assert "[duty] lead names nobody" in told


@pytest.mark.parametrize(("reason", "told"), [("", "Say why"), (" \n ", "Say why")])
def test_a_reason_is_needed(reason: str, told: str) -> None:
    assert told in refused(NotNow, BLOCKED, click(Verb.OVERRIDE, BLOCKED, reason=reason), LEA)


def test_a_reason_has_an_end() -> None:
    longest = "x" * override.REASON_LONGEST

    assert passed(BLOCKED, reason=longest).draft is not None
    told = refused(NotNow, BLOCKED, click(Verb.OVERRIDE, BLOCKED, reason=longest + "x"), LEA)
    assert told == "The reason is too long: 501 of 500 characters. Shorten it."


def test_where_nothing_is_blocked_there_is_nothing_to_override() -> None:
    harmless = case_with(finding(grade=Severity.SECOND))

    for case in (CASE, harmless, passed(BLOCKED, finding())):
        told = refused(NotNow, case, click(Verb.OVERRIDE, case, reason=WHY), LEA)
        assert told == "Nothing blocks this text: there is nothing to override."


@pytest.mark.parametrize(("code", "half"), sorted(NEVER_OVERRIDDEN))
def test_some_things_never_pass_and_are_named(code: Code, half: Half) -> None:
    case = case_with(finding(), finding(code, half, words="the very words"))

    told = refused(Blocked, case, click(Verb.OVERRIDE, case, reason=WHY), LEA)

    place = f"{code.replace('_', ' ').capitalize()} in {half}"
    assert told == (
        f"This can never be overridden. {place} (“the very words”): Say what happens next."
    )


def test_what_blocks_is_either_for_the_lead_or_for_nobody() -> None:
    """Every code: an override is refused for exactly those that are never overridden."""
    for code in SEVERITY:
        for half in Half:
            found = finding(code, half, severity(code, half))
            why = override.why_not(CASE, replace(DRAFT, findings=(found,)))
            blocks = found.severity is Severity.BLOCK
            assert bool(why) == (blocks and (code, half) in NEVER_OVERRIDDEN)


def test_a_red_flag_is_never_overridden() -> None:
    red = replace(BLOCKED, entries=(entry(flags=(RedFlag.INJURY, RedFlag.CHILD)),))

    told = refused(Blocked, red, click(Verb.OVERRIDE, red, reason=WHY), LEA)

    assert told == ("Nobody can override the guard on a red flag (injury, child): change the text.")
    assert Verb.OVERRIDE not in verbs(card(red))


def test_a_holding_text_is_never_overridden() -> None:
    held = case_with(finding(), holding="We have read this.", public=None)

    told = refused(Blocked, held, click(Verb.OVERRIDE, held, reason=WHY), LEA)

    assert told == "Nobody can override the guard on a red flag: change the text."


# --- a blocked text cannot be sent by anyone ---------------------------------------------------


@pytest.mark.parametrize("person", [EVA, JAN, LEA, STRANGER])
@pytest.mark.parametrize("policy", [LED, TWO])
@pytest.mark.parametrize("first", ["", EVA.shown, LEA.shown])
@pytest.mark.parametrize(("code", "half"), [(c, h) for c in Code for h in Half])
def test_a_blocked_text_cannot_be_sent_by_anyone(
    person: Person, policy: Policy, first: str, code: Code, half: Half
) -> None:
    """As an agent, as the second approver, as the lead: without an override it stays."""
    found = finding(code, half)
    case = replace(case_with(found), second_approver=first)

    with pytest.raises((Blocked, NotAllowed)):
        decided(case, click(Verb.SEND, case), person, guard(found), policy=policy)


@pytest.mark.parametrize("person", [EVA, LEA])
@pytest.mark.parametrize(("code", "half"), sorted(NEVER_OVERRIDDEN))
def test_not_even_with_an_override_that_says_otherwise(
    person: Person, code: Code, half: Half
) -> None:
    """As a database could hold one from before a code became one that never passes."""
    text = PUBLIC if half is Half.PUBLIC else PRIVATE
    forged = Override(by=LEA.shown, reason=WHY, passes=((half, code, text_hash(text)),))
    case = case_with(finding(code, half), override=forged)

    refused(Blocked, case, click(Verb.SEND, case), person, finding(code, half))


def test_an_override_of_another_revision_is_refused() -> None:
    edited = decided(BLOCKED, click(Verb.EDIT, BLOCKED, public="Ours."), EVA, guard(finding()))

    told = refused(TooOld, edited.after, click(Verb.OVERRIDE, BLOCKED, reason=WHY), LEA, finding())

    assert "Read the new text first" in told


def test_a_card_from_before_an_override_is_out_of_date() -> None:
    after = passed(BLOCKED, finding())

    told = refused(TooOld, after, click(Verb.SEND, BLOCKED), EVA, finding())

    assert told.startswith("The guard was overridden by <@U3LEA> meanwhile.")


@pytest.mark.parametrize(
    "decision",
    [
        {"verb": Verb.EDIT, "public": "It was our fault alone."},
        {"verb": Verb.EDIT, "private": "Hello."},
        {"verb": Verb.ADD_CREDIT},
    ],
)
def test_an_edit_ends_it(decision: dict[str, Any]) -> None:
    after = passed(BLOCKED, finding())
    step = replace(click(Verb.CLAIM, after), **decision)

    edited = decided(after, step, LEA, guard(finding())).after

    assert edited.draft is not None
    assert edited.draft.override is None
    refused(Blocked, edited, click(Verb.SEND, edited), LEA, finding())


@pytest.mark.parametrize(
    "new", [finding(Code.BLAME), finding(Code.UNKNOWN_LINK, Half.PRIVATE), finding("no_such_code")]
)
def test_a_new_finding_blocks_all_the_same(new: Finding) -> None:
    after = passed(BLOCKED, finding())

    refused(Blocked, after, click(Verb.SEND, after), LEA, finding(), new)


def test_what_the_lead_had_not_seen_does_not_pass() -> None:
    """The guard finds more while the lead decides, such as a text that went out meanwhile."""
    late = finding(Code.REPEATED_TEXT)

    after = passed(BLOCKED, finding(), late)

    assert after.draft is not None
    assert override.blocking(after.draft) == (late,)
    refused(Blocked, after, click(Verb.SEND, after), LEA, finding(), late)


def test_a_finding_in_a_half_without_a_text_passes_nothing() -> None:
    odd = finding(Code.BLAME, Half.PRIVATE)

    after = passed(case_with(finding(), odd, private=None), finding(), odd)

    assert after.draft is not None
    assert override.blocking(after.draft) == (odd,)


def test_a_case_that_is_taken_up_again_needs_another_override() -> None:
    after = passed(BLOCKED, finding())
    sent = decided(after, click(Verb.SEND, after), EVA, guard(finding())).after
    public = sent.actions[0]
    stuck = replace(public, state=ActionState.NEEDS_HUMAN, error_code=outcome.GUARD)
    held = replace(sent, state=CaseState.NEEDS_HUMAN, actions=(stuck,))

    again = decided(held, click(Verb.REOPEN, held), EVA, guard(finding())).after

    assert again.draft is not None
    assert again.draft.override is None
    refused(Blocked, again, click(Verb.SEND, again), LEA, finding())


@for_any(st.text(max_size=40), st.text(max_size=40))
def test_it_counts_for_these_very_words_alone(text: str, other: str) -> None:
    made = Override(by="lea", reason="so", passes=((Half.PUBLIC, "blame", text_hash(text)),))

    assert override.allows(made, finding(Code.BLAME), text)
    assert override.allows(made, finding(Code.BLAME), other) == (text == other)
    assert not override.allows(made, finding(Code.BLAME, Half.PRIVATE), text)
    assert not override.allows(made, finding(Code.DATE), text)
    assert not override.allows(None, finding(Code.BLAME), text)
    assert not override.allows(made, finding(Code.BLAME), None)


# --- on the card -------------------------------------------------------------------------------


def test_the_card_offers_it_to_the_lead_where_everything_that_blocks_can_pass() -> None:
    (button,) = [b for b in card(BLOCKED).buttons if b.verb is Verb.OVERRIDE]

    assert button.only_for == LEA.id
    assert Verb.SEND not in verbs(card(BLOCKED))


@pytest.mark.parametrize(
    ("case", "policy"),
    [
        (CASE, LED),
        (BLOCKED, replace(LED, lead="")),
        (case_with(finding(), finding(Code.PERSONAL_DATA)), LED),
        (replace(CASE, draft=None), LED),
    ],
)
def test_else_it_offers_none(case: Case, policy: Policy) -> None:
    assert Verb.OVERRIDE not in verbs(card(case, policy))


def test_after_it_the_card_says_who_what_and_why_and_offers_to_send() -> None:
    made = card(passed(BLOCKED, finding()))

    assert made.overrides == (f"The guard was overridden by <@U3LEA> (liability in public): {WHY}",)
    assert made.public is not None
    assert made.private is not None
    assert (made.public.findings, made.public.overridden) == ((), (finding(),))
    assert made.private.overridden == ()
    assert Verb.SEND in verbs(made)
    assert Verb.OVERRIDE not in verbs(made)


def test_the_card_tells_it_for_good_and_once() -> None:
    after = passed(BLOCKED, finding())
    sent = decided(after, click(Verb.SEND, after), EVA, guard(finding())).after
    assert len(sent.actions) == 2

    assert len(card(sent).overrides) == 1
    later = replace(sent, round=2, draft=None, entries=(*sent.entries, entry(2, round=2)))
    assert card(later).overrides == card(sent).overrides


def test_a_text_for_which_there_is_no_way_stays_unsent_with_it() -> None:
    nowhere = Ability(public=NONE, private=NONE)
    after = passed(BLOCKED, finding())

    assert Verb.SEND not in verbs(card(after, ability=nowhere))
    assert Verb.SEND in verbs(card(after, ability=Ability(public=API, private=NONE)))
