"""A case told in plain words, with the buttons that may be clicked now."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Ability, Receipt, TextLimit
from responders import outcome
from responders.action import Action, ActionKind, ActionState
from responders.card import Card, Guidance, Status, Urgency, Verb
from responders.cards import make_card
from responders.case import Case, CaseState
from responders.draft import Draft, Finding, Half, Severity
from responders.policy import Policy
from responders.verdict import Doubt, RedFlag, Verdict
from tests.responders.given import (
    API,
    BOTH,
    BY_HAND,
    CASE,
    CLOSED,
    CREDIT,
    DRAFT,
    EUR_25,
    EVA,
    NONE,
    NOW,
    POLICY,
    PRIVATE,
    PUBLIC,
    entry,
    mention,
)


def card(case: Case = CASE, *, ability: Ability = BOTH, policy: Policy = POLICY) -> Card:
    return make_card(case, ability=ability, policy=policy, now=NOW, budget_left="975.00 EUR left")


def action(kind: ActionKind, state: ActionState, **more: object) -> Action:
    made = Action(
        kind=kind,
        round=1,
        key=f"key-{kind}",
        state=state,
        text={ActionKind.PUBLIC: PUBLIC, ActionKind.PRIVATE: PRIVATE}.get(kind, ""),
        amount=EUR_25 if kind is ActionKind.CREDIT else None,
        approved_by=EVA.shown,
        approved_at=NOW,
    )
    return Action(**{**made.__dict__, **more})


def decided(*actions: Action, state: CaseState = CaseState.APPROVED) -> Case:
    return replace(CASE, state=state, decided_by=EVA.shown, decided_at=NOW, actions=actions)


def test_the_playbooks_advice_is_for_whoever_has_yet_to_decide() -> None:
    advice = Guidance(find_out=("Where is it?",))

    def made(case: Case) -> Card:
        return make_card(case, ability=BOTH, policy=POLICY, now=NOW, guidance=advice)

    assert made(CASE).guidance == advice
    assert made(decided(action(ActionKind.PUBLIC, ActionState.SENT))).guidance == Guidance()


def labels(made: Card) -> list[str]:
    return [button.label for button in made.buttons]


def verbs(made: Card) -> list[Verb]:
    return [button.verb for button in made.buttons]


def status(state: ActionState, more: Mapping[str, object]) -> Status:
    return card(decided(action(ActionKind.PUBLIC, state, **more))).statuses[0]


SENT = action(
    ActionKind.PUBLIC, ActionState.SENT, receipt=Receipt(id="r1", url="https://x/1", at=NOW)
)
ASKED = "We asked X to post this at 11:57:00 UTC but got no answer. Not sent again."
LOST: dict[str, object] = {
    "attempt": 1,
    "intent_at": NOW - timedelta(minutes=3),
    "settle_until": NOW - timedelta(minutes=2),
}


# --- a fresh case ------------------------------------------------------------------------------


def test_a_fresh_card_tells_the_whole_case() -> None:
    made = card()

    assert (made.number, made.round, made.revision, made.draft_revision) == ("#1", 1, 1, 1)
    assert (made.platform, made.topic, made.language) == ("twitter", "order_late", "en")
    assert (made.post, made.post_url) == (CASE.subject.mention.text, "https://x.example/m1")
    assert (made.complaint, made.compound) == (0.8, -0.6)
    assert made.headline == "waits for you"
    assert made.history == "first complaint here"
    assert made.due_at == CASE.due_at
    assert made.public is not None
    assert (made.public.text, made.public.length) == (PUBLIC, len(PUBLIC))
    assert made.statuses == ()


def test_a_fresh_card_offers_the_decisions_in_the_order_of_need() -> None:
    made = card()

    assert labels(made) == [
        "Send",
        "Edit",
        "Add 25.00 EUR credit",
        "No reply",
        "I take it",
        "Put aside",
        "Hand to somebody",
        "Rightly flagged",
    ]
    assert made.buttons[0].style == "primary"
    assert [b.in_menu for b in made.buttons] == [False] * 4 + [True] * 4


def test_the_private_half_shows_the_text_to_edit_and_counts_the_credit_with_it() -> None:
    chosen = replace(CASE, draft=replace(DRAFT, credit_chosen=True))

    made = card(chosen)

    assert made.private is not None
    assert made.private.text == PRIVATE
    assert made.private.length == len(f"{PRIVATE}\n\n{CREDIT.text}")


def test_the_place_of_the_code_is_shown_as_such() -> None:
    made = card()

    assert made.credit is not None
    assert made.credit.credit.text.endswith("this code: (code)")
    assert (made.credit.chosen, made.credit.left) == (False, "975.00 EUR left")


def test_a_chosen_credit_can_be_removed() -> None:
    made = card(replace(CASE, draft=replace(DRAFT, credit_chosen=True)))

    assert "Remove 25.00 EUR credit" in labels(made)
    assert made.credit is not None
    assert made.credit.chosen


@pytest.mark.parametrize(
    ("case", "ability", "policy"),
    [
        (CASE, Ability(public=API, private=BY_HAND), POLICY),
        (replace(CASE, draft=replace(DRAFT, private=None)), BOTH, POLICY),
        (CASE, BOTH, replace(POLICY, credit=None)),
    ],
)
def test_a_credit_that_cannot_be_given_is_not_offered(
    case: Case, ability: Ability, policy: Policy
) -> None:
    assert Verb.ADD_CREDIT not in verbs(card(case, ability=ability, policy=policy))


def test_a_chosen_credit_that_cannot_go_out_stops_the_send() -> None:
    chosen = replace(CASE, draft=replace(DRAFT, credit_chosen=True))

    by_hand = card(chosen, ability=Ability(public=API, private=BY_HAND))
    unpaid = card(chosen, policy=replace(POLICY, credit=None))

    assert Verb.SEND not in verbs(by_hand)
    assert Verb.SEND not in verbs(unpaid)
    assert Verb.SEND in verbs(card(chosen))


def test_findings_stand_with_the_half_they_concern() -> None:
    found = Finding(
        code="blame", severity=Severity.NOTE, half=Half.PRIVATE, words="you", do="Leave it."
    )

    made = card(replace(CASE, draft=replace(DRAFT, findings=(found,))))

    assert made.public is not None
    assert made.private is not None
    assert (made.public.findings, made.private.findings) == ((), (found,))


@pytest.mark.parametrize(
    ("severity", "label"),
    [(Severity.NOTE, "Send"), (Severity.SECOND, "Approve (two must)"), (Severity.BLOCK, "Edit")],
)
def test_what_the_guard_found_decides_what_can_be_clicked(severity: Severity, label: str) -> None:
    found = Finding(code="x", severity=severity, half=Half.PUBLIC, words="w", do="d")

    made = card(replace(CASE, draft=replace(DRAFT, findings=(found,))))

    assert labels(made)[0] == label


def test_what_goes_by_hand_says_so_on_the_button() -> None:
    by_hand = card(ability=Ability(public=BY_HAND, private=API))

    assert labels(by_hand)[0] == "Approve, post by hand"
    private_only = replace(CASE, draft=replace(DRAFT, public=None))
    assert labels(card(private_only, ability=Ability(public=BY_HAND, private=API)))[0] == "Send"


@pytest.mark.parametrize(
    ("ability", "offered"),
    [
        (Ability(public=NONE, private=NONE), False),
        (Ability(public=CLOSED, private=NONE), False),
        (Ability(public=NONE, private=CLOSED), True),
    ],
)
def test_where_nothing_can_go_out_nothing_is_offered(ability: Ability, offered: bool) -> None:
    assert (Verb.SEND in verbs(card(ability=ability))) == offered


def test_a_case_without_a_draft_is_being_drafted_and_can_be_written() -> None:
    made = card(replace(CASE, draft=None))

    assert (made.headline, made.draft_revision, made.reason) == ("being drafted", 0, "")
    assert made.public is not None
    assert (made.public.text, made.public.length) == (None, 0)
    assert labels(made)[0] == "Write a reply"


def test_a_red_flag_shows_its_start_and_asks_for_a_person() -> None:
    draft = Draft(holding="We take this seriously.", reason="Injury: a person writes.")
    flagged = replace(
        CASE,
        state=CaseState.NEEDS_HUMAN,
        draft=draft,
        entries=(entry(flags=(RedFlag.INJURY,)),),
    )

    made = card(flagged)

    assert (made.urgency, made.red_flags) == (Urgency.RED, (RedFlag.INJURY,))
    assert (made.holding, made.reason) == (draft.holding, draft.reason)
    assert made.headline == "needs you: no template fits"
    assert labels(made)[:2] == ["Write a reply", "No reply"]


# --- urgency and history -----------------------------------------------------------------------


def test_a_strong_or_loud_or_late_complaint_is_looked_at_sooner() -> None:
    verdict = CASE.verdict
    strong = replace(CASE, entries=(replace(entry(), verdict=replace(verdict, complaint=0.9)),))
    author = replace(CASE.subject.mention.author, followers=20_000)
    loud = replace(CASE, entries=(replace(entry(), mention=replace(mention(), author=author)),))
    late = replace(CASE, due_at=NOW)
    stuck = decided(action(ActionKind.PUBLIC, ActionState.FAILED), state=CaseState.NEEDS_HUMAN)

    assert card().urgency is Urgency.NORMAL
    assert [card(case).urgency for case in (strong, loud, late, stuck)] == [Urgency.HIGH] * 4


@pytest.mark.parametrize("state", [CaseState.ANSWERED, CaseState.DISMISSED])
def test_what_is_done_is_not_urgent_and_has_no_deadline(state: CaseState) -> None:
    made = card(replace(decided(SENT, state=state), due_at=NOW))

    assert (made.urgency, made.due_at) == (Urgency.LOW, None)


@pytest.mark.parametrize(
    ("earlier", "told"),
    [
        (0, "first complaint here"),
        (1, "second complaint in 30 days"),
        (5, "sixth complaint in 30 days"),
        (6, "7th complaint in 30 days"),
        (20, "21st complaint in 30 days"),
        (11, "12th complaint in 30 days"),
    ],
)
def test_the_history_is_told(earlier: int, told: str) -> None:
    assert card(replace(CASE, earlier=earlier)).history == told


# --- the headline ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (replace(CASE, snoozed_until=NOW + timedelta(hours=1)), "put aside"),
        (replace(CASE, snoozed_until=NOW), "waits for you"),
        (
            replace(CASE, second_approver=EVA.shown),
            "approved by <@U1EVA>, waits for a second approver",
        ),
        (replace(CASE, claimed_by=EVA.shown), "<@U1EVA> has it"),
        (replace(CASE, round=2), "the conversation goes on, waits for you"),
        (
            decided(action(ActionKind.PUBLIC, ActionState.APPROVED)),
            "about to be sent, approved by <@U1EVA>",
        ),
        (
            decided(SENT, action(ActionKind.PRIVATE, ActionState.APPROVED)),
            "being sent, approved by <@U1EVA>",
        ),
        (
            decided(action(ActionKind.PUBLIC, ActionState.BY_HAND)),
            "waits for a person to post it, approved by <@U1EVA>",
        ),
        (
            decided(action(ActionKind.PUBLIC, ActionState.UNKNOWN)),
            "no answer from the platform yet, not sent again, approved by <@U1EVA>",
        ),
        (
            decided(action(ActionKind.PRIVATE, ActionState.WAITING)),
            "waits for the customer to write, approved by <@U1EVA>",
        ),
        (decided(SENT, state=CaseState.ANSWERED), "sent by <@U1EVA>"),
        (replace(decided(SENT, state=CaseState.ANSWERED), decided_by=""), "closed"),
        (
            decided(
                SENT, action(ActionKind.PRIVATE, ActionState.WAITING), state=CaseState.ANSWERED
            ),
            "answered in public by <@U1EVA>, the rest waits for the customer",
        ),
        (
            replace(decided(state=CaseState.DISMISSED), dismissed_because="not_us: a namesake"),
            "no reply by <@U1EVA>: not us",
        ),
        (
            replace(CASE, state=CaseState.DISMISSED, dismissed_because="closed"),
            "no reply: closed",
        ),
        (
            decided(action(ActionKind.PUBLIC, ActionState.FAILED), state=CaseState.NEEDS_HUMAN),
            "needs you: the public reply was not sent",
        ),
        (
            decided(
                action(ActionKind.PRIVATE, ActionState.NEEDS_HUMAN, **LOST),
                state=CaseState.NEEDS_HUMAN,
            ),
            "needs you: the private message may be out",
        ),
        (
            decided(
                action(ActionKind.PUBLIC, ActionState.NEEDS_HUMAN), state=CaseState.NEEDS_HUMAN
            ),
            "needs you: the public reply was held back",
        ),
        (
            decided(action(ActionKind.PUBLIC, ActionState.RETRACTED), state=CaseState.NEEDS_HUMAN),
            "needs you: the public reply was taken down",
        ),
        (
            decided(action(ActionKind.PUBLIC, ActionState.CANCELLED), state=CaseState.NEEDS_HUMAN),
            "needs you: nothing of it was sent",
        ),
    ],
)
def test_the_headline_says_where_the_case_stands(case: Case, told: str) -> None:
    assert card(case).headline == told


# --- the lines ---------------------------------------------------------------------------------


def test_an_unanswered_request_is_told_as_it_is() -> None:
    lost = {**LOST, "absent_at": (NOW, NOW), "error_code": outcome.ABSENT}

    line = status(ActionState.NEEDS_HUMAN, lost).line

    assert line == f"{ASKED} Looked twice: not there. Please look yourself."


@pytest.mark.parametrize("state", [ActionState.UNKNOWN, ActionState.NEEDS_HUMAN])
def test_what_may_be_out_from_before_a_restore_is_told_as_that(state: ActionState) -> None:
    doubted = {"error_code": outcome.ELSEWHERE, "settle_until": NOW}

    line = status(state, doubted).line

    assert line.startswith(
        "The database was moved or restored; this may be on X from before. Not sent again."
    )


def test_a_reply_that_nobody_can_see_is_told_as_that() -> None:
    why = "It cannot be seen there any more."

    line = status(ActionState.SENT, {"error_code": outcome.HIDDEN, "error": why}).line

    assert line == f"Sent, approved by <@U1EVA>. {why}"


def test_a_request_without_a_time_is_told_without_one() -> None:
    line = status(ActionState.UNKNOWN, {}).line

    assert line.startswith("We asked X to post this but got no answer. Not sent again.")


@pytest.mark.parametrize(
    ("state", "more", "told"),
    [
        (ActionState.APPROVED, {}, "Approved by <@U1EVA>; leaves by itself."),
        (
            ActionState.APPROVED,
            {"error": "Quiet hours.", "error_code": "quiet"},
            "Approved by <@U1EVA>, and held. Quiet hours.",
        ),
        (
            ActionState.APPROVED,
            {"error": "X is busy."},
            "Not sent yet. X is busy. Tried again by itself.",
        ),
        (
            ActionState.WAITING,
            {},
            "Approved by <@U1EVA>; leaves once the customer writes to us.",
        ),
        (ActionState.BY_HAND, {}, "To be posted by hand on X, approved by <@U1EVA>."),
        (
            ActionState.BY_HAND,
            {"error": "They did not name us."},
            "To be posted by hand on X, approved by <@U1EVA>. They did not name us.",
        ),
        (ActionState.SENDING, {}, "Going out to X now."),
        (
            ActionState.UNKNOWN,
            LOST,
            f"{ASKED} Amends goes on looking.",
        ),
        (
            ActionState.UNKNOWN,
            {**LOST, "absent_at": (NOW,)},
            f"{ASKED} Looked once: not there. Amends goes on looking.",
        ),
        (
            ActionState.NEEDS_HUMAN,
            {**LOST, "error_code": outcome.UNREADABLE, "error": "X is down."},
            f"{ASKED} X is down. Please look yourself.",
        ),
        (ActionState.NEEDS_HUMAN, {"error": "The post is gone."}, "The post is gone."),
        (ActionState.SENT, {}, "Sent, approved by <@U1EVA>."),
        (
            ActionState.SENT,
            {"error": "Too old."},
            "Sent, approved by <@U1EVA>. It could not be taken down: Too old.",
        ),
        (ActionState.SENT, {"retract_by": "<@U2JAN>"}, "Sent; being taken back for <@U2JAN>."),
        (
            ActionState.SENT,
            {"retract_by": "<@U2JAN>", "error": "Busy."},
            "Sent; being taken back for <@U2JAN>. Busy.",
        ),
        (ActionState.FAILED, {"error": "They blocked us."}, "Not sent. They blocked us."),
        (ActionState.CANCELLED, {}, "Called off; not sent."),
        (ActionState.CANCELLED, {"error": "No parent."}, "No parent."),
        (
            ActionState.RETRACTED,
            {"retract_by": "<@U2JAN>"},
            "Was sent, and taken down by <@U2JAN>.",
        ),
        (ActionState.REVERSED, {}, "Taken back: its code reached nobody."),
    ],
)
def test_every_state_has_its_sentence(
    state: ActionState, more: dict[str, object], told: str
) -> None:
    assert status(state, more).line == told


def test_looking_more_than_twice_is_counted() -> None:
    assert "Looked 3 times" in status(ActionState.UNKNOWN, {**LOST, "absent_at": (NOW,) * 3}).line


def test_a_message_that_follows_another_says_after_what() -> None:
    case = decided(
        action(ActionKind.PUBLIC, ActionState.APPROVED),
        action(ActionKind.PRIVATE, ActionState.APPROVED, depends_on=ActionKind.PUBLIC),
    )

    assert card(case).statuses[1].line == "Approved by <@U1EVA>; leaves after the public reply."
    after = case.with_action(SENT)
    assert card(after).statuses[1].line == "Approved by <@U1EVA>; leaves by itself."


@pytest.mark.parametrize(
    ("receipt", "told"),
    [
        (Receipt(id="AB…9Z"), "25.00 EUR issued, code AB…9Z; approved by <@U1EVA>."),
        (None, "25.00 EUR issued; approved by <@U1EVA>."),
    ],
)
def test_an_issued_credit_shows_its_code_masked(receipt: Receipt | None, told: str) -> None:
    issued = action(ActionKind.CREDIT, ActionState.SENT, receipt=receipt)

    assert card(decided(issued)).statuses[0].line == told


def test_a_status_carries_its_time_and_its_link() -> None:
    later = NOW + timedelta(minutes=1)

    assert status(ActionState.APPROVED, {"not_before": later}).at == later
    assert status(ActionState.UNKNOWN, LOST).at == LOST["intent_at"]
    sent = card(decided(SENT)).statuses[0]
    assert (sent.url, sent.at) == ("https://x/1", NOW)
    assert status(ActionState.SENDING, {}).at is None


def test_the_halves_and_the_credit_carry_their_status() -> None:
    case = replace(
        decided(SENT, action(ActionKind.CREDIT, ActionState.SENDING)),
        draft=replace(DRAFT, credit_chosen=True),
    )

    made = card(case)

    assert made.public is not None
    assert made.private is not None
    assert made.credit is not None
    assert made.public.status == made.statuses[0]
    assert made.private.status is None
    assert made.credit.status == made.statuses[1]


def test_a_platform_is_named_as_people_call_it() -> None:
    post = replace(mention(), platform="google_play")
    case = replace(
        decided(action(ActionKind.PUBLIC, ActionState.SENDING)),
        entries=(replace(entry(), mention=post),),
    )

    assert card(case).statuses[0].line == "Going out to Google play now."


# --- buttons afterwards ------------------------------------------------------------------------


def test_while_nothing_has_left_everything_can_be_undone_at_once() -> None:
    case = decided(
        action(ActionKind.PUBLIC, ActionState.APPROVED),
        action(ActionKind.PRIVATE, ActionState.WAITING),
    )

    assert labels(card(case)) == ["Undo"]


def test_what_is_posted_by_hand_has_the_composer_and_the_click_afterwards() -> None:
    case = decided(action(ActionKind.PUBLIC, ActionState.BY_HAND))

    made = card(case, ability=Ability(public=BY_HAND, private=NONE))

    assert labels(made) == ["Open the composer", "I posted it", "Undo"]
    assert made.buttons[0].url.startswith("https://x.example/intent?text=We%20are%20sorry")
    assert made.buttons[1].action is ActionKind.PUBLIC


def test_without_a_composer_the_click_afterwards_is_enough() -> None:
    case = decided(SENT, action(ActionKind.PRIVATE, ActionState.BY_HAND))

    made = card(case, ability=Ability(public=API, private=API))

    assert labels(made) == [
        "Take the public reply down",
        "I posted it",
        "Drop the private message",
        "Close the case",
    ]


def test_a_lost_reply_has_the_three_choices() -> None:
    case = decided(
        action(ActionKind.PUBLIC, ActionState.NEEDS_HUMAN, error_code=outcome.ABSENT, **LOST),
        state=CaseState.NEEDS_HUMAN,
    )

    made = card(case)

    assert labels(made)[:3] == [
        "The public reply is there",
        "Not there: send again",
        "Drop the public reply",
    ]
    assert "It would stand there twice." in made.buttons[1].confirm
    assert Verb.REOPEN not in verbs(made)


def test_while_amends_looks_a_person_may_only_say_that_it_is_there() -> None:
    made = card(decided(action(ActionKind.PUBLIC, ActionState.UNKNOWN, **LOST)))

    assert labels(made) == ["The public reply is there"]


def test_a_failed_reply_can_be_tried_again_and_its_message_sent_alone() -> None:
    case = decided(
        action(ActionKind.PUBLIC, ActionState.FAILED, error_code="blocked"),
        action(ActionKind.PRIVATE, ActionState.CANCELLED, error_code=outcome.PARENT),
        state=CaseState.NEEDS_HUMAN,
    )

    assert labels(card(case)) == [
        "Send the public reply again",
        "Drop the public reply",
        "Send the private message alone",
        "I take it",
        "Put aside",
        "Hand to somebody",
        "Open again",
        "Close the case",
    ]


def test_a_credit_is_never_found_by_looking() -> None:
    case = decided(action(ActionKind.CREDIT, ActionState.NEEDS_HUMAN), state=CaseState.NEEDS_HUMAN)

    assert Verb.FOUND not in verbs(card(case))
    assert Verb.SEND_AGAIN in verbs(card(case))


def test_what_was_sent_can_be_taken_down_with_a_second_question() -> None:
    made = card(decided(SENT, state=CaseState.ANSWERED))

    down = made.buttons[0]
    assert (down.verb, down.style, down.in_menu) == (Verb.TAKE_DOWN, "danger", True)
    assert down.confirm
    assert labels(made)[1:] == ["Correct the public reply", "Open again"]


GRUMBLE = replace(entry(), verdict=Verdict(language="en", complaint=0.55, angry=True))
MILD = replace(CASE, entries=(GRUMBLE,), due_at=NOW + timedelta(hours=1))


def test_a_first_grumble_that_asks_for_nothing_may_wait() -> None:
    assert card(MILD).urgency is Urgency.LOW


@pytest.mark.parametrize(
    "case",
    [
        replace(MILD, due_at=NOW + timedelta(minutes=15)),
        replace(MILD, claimed_by="<@U1EVA>"),
        replace(MILD, round=2),
        replace(MILD, earlier=1),
        replace(
            MILD,
            entries=(replace(GRUMBLE, verdict=Verdict(complaint=0.55, angry=True, asks=True)),),
        ),
        replace(MILD, entries=(replace(GRUMBLE, verdict=Verdict(complaint=0.6, angry=True)),)),
        replace(MILD, entries=(replace(GRUMBLE, verdict=None),)),
    ],
    ids=["due soon", "taken", "second round", "not the first", "asks", "stronger", "not judged"],
)
def test_whatever_should_not_wait_is_no_grumble(case: Case) -> None:
    assert card(case).urgency is Urgency.NORMAL


@pytest.mark.parametrize(
    "sent",
    [
        replace(SENT, receipt=Receipt(id="", url="https://x/1")),
        replace(SENT, receipt=None),
        replace(SENT, retract_by="<@U2JAN>"),
        action(ActionKind.CREDIT, ActionState.SENT, receipt=Receipt(id="AB…9Z")),
    ],
)
def test_what_cannot_be_taken_down_is_not_offered(sent: Action) -> None:
    assert Verb.TAKE_DOWN not in verbs(card(decided(sent, state=CaseState.ANSWERED)))


def test_a_button_means_the_newest_action_it_fits() -> None:
    old = action(ActionKind.PUBLIC, ActionState.SENT, receipt=Receipt(id="r1"))
    new = replace(old, round=2, receipt=Receipt(id="r2"))
    case = replace(decided(old, new, state=CaseState.ANSWERED), round=2)

    assert verbs(card(case)).count(Verb.TAKE_DOWN) == 1


def test_an_old_rounds_trouble_keeps_its_buttons_in_the_next_round() -> None:
    old = action(ActionKind.PRIVATE, ActionState.WAITING)
    case = replace(CASE, round=2, actions=(SENT, old), draft=replace(DRAFT, round=2))

    made = card(case)

    assert "Drop the private message" in labels(made)
    assert labels(made)[0] == "Send"


def test_a_claimed_case_can_be_released_and_a_thank_you_closed() -> None:
    thanks = replace(CASE, round=2, draft=None, actions=(SENT,), claimed_by=EVA.shown)

    made = card(thanks)

    assert Verb.RELEASE in verbs(made)
    assert Verb.CLAIM not in verbs(made)
    assert verbs(made)[-1] is Verb.CLOSE


def test_a_dismissed_case_can_be_opened_again() -> None:
    made = card(decided(state=CaseState.DISMISSED))

    assert labels(made) == ["Open again"]


def test_the_second_of_two_sees_that_it_is_their_turn() -> None:
    made = card(replace(CASE, second_approver=EVA.shown))

    assert labels(made)[0] == "Approve as second"


def test_the_length_is_in_the_platforms_own_count() -> None:
    twice = replace(API, limit=TextLimit(maximum=280, count=lambda text: 2 * len(text)))

    made = card(ability=Ability(public=twice, private=API))

    assert made.public is not None
    assert made.public.length == 2 * len(PUBLIC)


# how sure the judge is


@pytest.mark.parametrize(
    ("language", "doubts", "told"),
    [
        ("cs", (Doubt.WORD_LIST, Doubt.CLOSE), "We judge Czech by its words alone: look twice."),
        ("und", (Doubt.LANGUAGE, Doubt.SHORT), "We do not know this language: look twice."),
        ("el", (Doubt.LANGUAGE,), "We do not know Greek: look twice."),
        ("en", (Doubt.SHORT,), "There is little to judge by: look twice."),
        ("en", (Doubt.CLOSE,), "A close call: look twice, and tell us if it was wrong."),
        ("en", (), ""),
    ],
)
def test_a_doubtful_verdict_says_so(language: str, doubts: tuple[Doubt, ...], told: str) -> None:
    judged = replace(CASE.verdict, language=language, doubts=doubts)
    subject = replace(CASE.subject, verdict=judged)

    assert card(replace(CASE, entries=(subject,))).doubt == told


def test_a_flagged_case_can_be_called_right_while_it_waits() -> None:
    angry = replace(CASE.subject, verdict=replace(CASE.verdict, angry=True))
    calm = replace(CASE.subject, verdict=replace(CASE.verdict, angry=False))

    assert Verb.RIGHT in verbs(card(replace(CASE, entries=(angry,))))
    assert Verb.RIGHT not in verbs(card(replace(CASE, entries=(calm,))))
