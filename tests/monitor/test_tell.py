"""What people are told beside the cards, and what they are not told twice."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Ability, Receipt
from connectors.errors import TryLater, Unsupported
from responders import byhand, rounds
from responders.action import ActionKind, ActionState
from responders.card import Verb
from responders.case import CaseState
from responders.credit.pool import Code
from tests.monitor.team import ANGRY, CHANNEL, EVA, FRIDAY, MILD, OTHER, RED, TOM, Team
from tests.responders import given
from tests.servers.http import json_answer

CREDIT = {
    "suggested": "10 EUR",
    "cap_per_case": "20 EUR",
    "monthly_budget": "500 EUR",
    "codes_file": "codes.csv",
}
OFFICE = {"business_hours": "09:00-17:00"}
DUTY = {
    "lead": "U0LEAD",
    "shifts": [{"person": EVA.id, "deputy": TOM.id, "days": ["fri"]}],
    "speakers": {"pl": ["U0SAM"]},
}

Start = Callable[..., Team]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:

        def made(duty: dict[str, Any] | None = None, **more: Any) -> Team:  # noqa: ANN401
            return stack.enter_context(Team(tmp_path, duty, **more))

        yield made


# -- one presentation ----------------------------------------------------------------------------


def test_grumbles_share_one_card_that_edits_itself(start: Start) -> None:
    team = start()

    first, second = team.complain(MILD), team.complain(MILD)

    assert team.said() == ["⚪ Low severity: 2 cases wait. Take one to see its card."]
    assert team.store.cases.shown(first) is None
    assert "Where is my order 2?" in str(team.slack.channels[CHANNEL].messages)

    team.decide(second, Verb.CLAIM)

    assert team.said()[0] == "⚪ Low severity: 1 case waits. Take one to see its card."
    assert team.store.cases.shown(second) is not None
    assert len(team.said()) == 2


def test_an_empty_list_says_so_even_after_a_restart(start: Start) -> None:
    team = start()
    case = team.complain(MILD)
    team.restart()

    team.decide(case, Verb.DISMISS, reason="leave_it")

    assert team.said()[0] == "⚪ Low severity: nothing waits here."


def test_a_new_day_has_a_new_list(start: Start) -> None:
    team = start(policy={"response_target": "9d"})
    team.complain(MILD)

    team.later(days=1)

    assert len(team.said()) == 2


def test_a_grumble_that_is_due_soon_gets_its_own_card(start: Start) -> None:
    team = start()
    case = team.complain(MILD)

    team.later(minutes=46)

    assert team.store.cases.shown(case) is not None
    assert team.said()[0] == "⚪ Low severity: nothing waits here."


def test_a_team_may_want_a_card_for_everything(start: Start) -> None:
    team = start(slack={"batch_low": False})

    assert team.store.cases.shown(team.complain(MILD)) is not None


def test_lists_stand_where_their_cards_would(start: Start) -> None:
    team = start(slack={"routes": [{"channel": OTHER, "severities": ["low"]}]})

    team.complain(MILD)
    team.complain(ANGRY)

    assert len(team.said(OTHER)) == 1
    assert len(team.said(CHANNEL)) == 1


def test_several_complaints_of_one_author_are_one_card(start: Start) -> None:
    team = start()
    first = team.complain(author=given.AUTHOR)

    assert team.complain(author=given.AUTHOR) == first
    assert len(team.said()) == 1


# -- remarks -------------------------------------------------------------------------------------


def test_whoever_gets_a_case_is_told_below_its_card_once(start: Start) -> None:
    team = start()
    case = team.complain()

    team.decide(case, Verb.ESCALATE, to="U0SAM", reason="knows <!channel>")
    team.restart()
    team.later(minutes=5)

    assert team.below() == ["<@U0SAM>: <@U0EVA> hands you this case."]
    assert "&lt;!channel&gt;" in str(team.slack.channels[CHANNEL].replies)
    assert len(team.said()) == 1


def test_a_speaker_is_asked_below_the_card(start: Start) -> None:
    team = start(DUTY)
    case = team.complain(replace(ANGRY, language="pl"))

    assert team.decide(case, Verb.ASK).done

    assert team.below() == ["<@U0SAM>: <@U0EVA> asks whether you can read this (pl)."]


def test_the_thread_says_that_the_customer_answered_and_not_what(start: Start) -> None:
    team = start()
    case = team.complain(author=given.AUTHOR)
    team.decide(case, Verb.SEND)
    team.later(minutes=10)
    assert team.case(case).state is CaseState.ANSWERED

    team.complain(author=given.AUTHOR, text="my order number is 12345")

    assert team.below() == ["The customer answered. The case waits for you again."]
    assert team.case(case).round == 2


def test_more_words_on_an_open_case_disturb_nobody(start: Start) -> None:
    team = start()
    team.complain(author=given.AUTHOR)

    team.complain(author=given.AUTHOR)

    assert team.below() == []


def test_a_remark_that_slack_did_not_answer_is_not_repeated(start: Start) -> None:
    team = start()
    case = team.complain()
    team.slack.lose_next(path="/api/chat.postMessage")

    team.decide(case, Verb.ESCALATE, to="U0SAM")
    team.later(minutes=5)

    assert len(team.below()) == 1


# -- posted by hand ------------------------------------------------------------------------------


def by_hand(team: Team) -> Any:  # noqa: ANN401
    team.platform.able = Ability(public=given.BY_HAND, private=given.NONE)
    case = team.complain()
    team.decide(case, Verb.SEND)
    return case


def test_a_post_by_hand_is_looked_for_and_found(start: Start) -> None:
    team = start()
    case = by_hand(team)
    action = team.case(case).action(ActionKind.PUBLIC)
    assert action is not None
    team.platform.public.append(("p1", action.text))

    team.decide(case, Verb.POSTED, action=ActionKind.PUBLIC)

    found = team.case(case).action(ActionKind.PUBLIC)
    assert found is not None
    assert found.receipt == Receipt(id="r1", url="https://x.example/r1", at=FRIDAY)
    assert found.error_code == ""


def test_a_post_that_does_not_appear_is_warned_about(start: Start) -> None:
    team = start()
    case = by_hand(team)
    team.decide(case, Verb.POSTED, action=ActionKind.PUBLIC)
    team.platform.errors["find"] = [TryLater("busy")]

    for _ in range(12):
        team.later(minutes=1)

    warned = team.case(case).action(ActionKind.PUBLIC)
    assert warned is not None
    assert (warned.state, warned.error_code) == (ActionState.SENT, byhand.NOT_OURS)
    assert "Not found from @acme" in str(team.slack.channels[CHANNEL].messages)
    calls = team.platform.calls.count("find")
    team.later(minutes=30)
    assert team.platform.calls.count("find") == calls


def test_where_nothing_can_be_looked_for_the_doubt_stays(start: Start) -> None:
    team = start()
    case = by_hand(team)
    team.platform.errors["find"] = [Unsupported()] * 60
    team.decide(case, Verb.POSTED, action=ActionKind.PUBLIC)

    for _ in range(12):
        team.later(minutes=1)

    warned = team.case(case).action(ActionKind.PUBLIC)
    assert warned is not None
    assert warned.error_code == byhand.NOT_OURS


# -- deadlines -----------------------------------------------------------------------------------


def test_the_person_on_duty_is_mentioned_once_before_an_answer_is_late(start: Start) -> None:
    team = start(DUTY)
    team.complain()
    team.later(minutes=44)
    assert team.below() == []

    team.later(minutes=1)
    team.restart()
    team.later(minutes=20)

    assert team.below() == ["<@U0EVA>: this answer is due soon."]


def test_whoever_has_the_case_is_mentioned_first(start: Start) -> None:
    team = start(DUTY)
    team.decide(team.complain(), Verb.CLAIM, TOM)

    team.later(minutes=50)

    assert team.below() == ["<@U0TOM>: this answer is due soon."]


def test_what_is_decided_or_put_aside_reminds_nobody(start: Start) -> None:
    team = start(DUTY)
    team.decide(team.complain(), Verb.SEND)
    snoozed = team.complain()
    team.decide(snoozed, Verb.SNOOZE, until=team.clock() + timedelta(hours=9))

    team.later(minutes=50)

    assert team.below() == []


def test_a_deadline_counts_the_brands_open_hours(start: Start) -> None:
    team = start(DUTY, brand={**OFFICE, "market": "DE-BE"})
    team.clock.now = FRIDAY.replace(hour=15, minute=30)

    case = team.case(team.complain())

    assert case.due_at == FRIDAY.replace(day=23, hour=8, minute=30)


# -- red flags -----------------------------------------------------------------------------------


def test_a_case_that_is_opened_again_is_due_in_open_hours_too(start: Start) -> None:
    team = start(brand=OFFICE)
    case = team.complain()
    team.decide(case, Verb.DISMISS, reason="leave_it")
    team.later(hours=5, minutes=45)  # a Friday, a quarter to five in Berlin

    team.decide(case, Verb.REOPEN)

    assert team.case(case).due_at == FRIDAY + timedelta(days=2, hours=22, minutes=45)


def test_a_red_flag_reaches_the_person_on_duty_at_any_hour_and_then_the_deputy(
    start: Start,
) -> None:
    team = start(DUTY, brand=OFFICE)
    team.clock.now = FRIDAY.replace(hour=2)

    team.complain(RED)
    (first,) = team.below()
    assert first.startswith("🔴 <@U0EVA>: red flag (injury).")
    team.later(minutes=14)
    assert len(team.below()) == 1
    team.later(minutes=1)
    team.restart()
    team.later(minutes=60)

    assert len([line for line in team.below() if "red flag" in line]) == 2
    assert "<@U0TOM>: red flag" in team.below()[1]


def test_a_red_flag_that_somebody_takes_calls_nobody_else(start: Start) -> None:
    team = start(DUTY)
    case = team.complain(RED)

    team.decide(case, Verb.CLAIM)
    team.later(minutes=20)

    assert len([line for line in team.below() if "red flag" in line]) == 1


class Pager:
    """A way to reach people that a test can break."""

    def __init__(self) -> None:
        self.pages: list[Any] = []
        self.down = 0

    def send(self, page: object) -> None:
        if self.down:
            self.down -= 1
            raise TryLater("mail: down")
        self.pages.append(page)


def test_a_red_flag_reaches_people_outside_slack_even_while_slack_is_down(start: Start) -> None:
    team, pager = start(DUTY), Pager()
    team.store.close()
    channels = {"mail": pager}
    team.begin(lambda h: replace(h, plan=replace(h.plan, channels=channels)))
    team.slack.answer_next(json_answer({}, status=503), path="/api/", times=20)
    pager.down = 1

    team.complain(RED)
    team.later(minutes=1)
    team.later(minutes=1)

    (page,) = pager.pages
    assert (page.to, page.title) == (EVA.id, "Red flag (injury): case #1 of Acme")
    assert "Where is my order" not in page.text
    assert "https://x.example/p1" in page.text


def test_where_nobody_is_on_duty_nobody_is_called(start: Start) -> None:
    team = start()

    team.complain(RED)
    team.later(minutes=30)

    assert team.below() == []


# -- lists ---------------------------------------------------------------------------------------


def test_at_opening_one_list_says_what_waits_by_risk(start: Start) -> None:
    team = start(DUTY, brand=OFFICE, slack={"batch_low": False})
    team.clock.now = FRIDAY.replace(hour=6)
    team.complain()
    team.complain(RED)
    before = len(team.said())

    team.clock.now = FRIDAY.replace(hour=8, minute=1)
    team.rest()
    team.restart()
    team.later(minutes=30)

    (morning,) = team.said()[before:]
    assert morning == "☀️ <@U0EVA>: 2 cases wait for Acme, the riskiest first."
    listed = [
        block["text"]["text"] for block in team.slack.channels[CHANNEL].messages[-1]["blocks"]
    ]
    assert [line[:4] for line in listed[1:]] == ["🔴 #2", "🟡 #1"]


def test_an_empty_morning_is_silent(start: Start) -> None:
    team = start(DUTY, brand=OFFICE)
    team.clock.now = FRIDAY.replace(hour=8, minute=1)

    team.rest()

    assert team.said() == []


def test_a_long_morning_list_says_that_there_is_more(start: Start) -> None:
    team = start(DUTY, brand=OFFICE)
    team.clock.now = FRIDAY.replace(hour=6)
    for _ in range(42):
        team.complain()

    team.clock.now = FRIDAY.replace(hour=8, minute=1)
    team.rest()

    assert "… and 21 more." in str(team.slack.channels[CHANNEL].messages[-1])


def test_once_a_day_a_line_says_that_amends_is_alive(start: Start) -> None:
    team = start({"heartbeat": "11:30"})
    team.complain()
    before = len(team.said())

    team.later(minutes=31)
    team.later(minutes=31)

    (line,) = team.said()[before:]
    assert line == "💓 1 read, 1 case, twitter last read 10:00 UTC."


# -- what got stuck ------------------------------------------------------------------------------


def test_an_approval_that_could_not_leave_for_two_hours_returns_to_a_person(start: Start) -> None:
    team = start()
    case = team.complain()
    team.store.set_paused("eva", team.clock())
    team.decide(case, Verb.SEND)
    team.later(minutes=119)
    assert team.case(case).state is CaseState.APPROVED

    team.later(minutes=1)

    back = team.case(case)
    assert back.state is CaseState.NEEDS_HUMAN
    assert back.actions[0].error.startswith("It could not be sent for 2 hours.")
    assert "did not leave" in team.below()[0]
    team.store.set_paused(None, team.clock())
    team.later(minutes=10)
    assert team.platform.public == []


def test_a_case_is_closed_once_the_customer_has_been_silent_for_long(start: Start) -> None:
    team = start(policy={"credit": CREDIT}, engine={"close_after": "3d"})
    team.platform.able = Ability(public=given.API, private=given.CLOSED)
    team.house.store.credits.import_codes([Code(code="C1", amount=given.EUR_25)])
    case = team.complain()
    team.decide(case, Verb.ADD_CREDIT)
    assert team.decide(case, Verb.SEND).done
    team.later(minutes=1)
    assert team.case(case).state is CaseState.ANSWERED
    assert team.store.spent("Acme", "2026-11") == 1000

    team.later(days=2)
    private = team.case(case).action(ActionKind.PRIVATE)
    assert private is not None
    assert private.state is ActionState.WAITING
    team.later(days=1.5)

    states = {action.kind: action.state for action in team.case(case).actions}
    assert states[ActionKind.PUBLIC] is ActionState.SENT
    assert states[ActionKind.PRIVATE] is states[ActionKind.CREDIT] is ActionState.CANCELLED
    assert team.store.spent("Acme", "2026-11") == 0
    assert team.case(case).state is CaseState.ANSWERED
    assert team.platform.private == []
    assert "the rest waits" not in str(team.slack.channels[CHANNEL].messages)


def test_what_nobody_waits_for_is_closed_by_nothing() -> None:
    assert rounds.fell_silent(given.CASE) is None
    assert rounds.fell_silent(replace(given.CASE, state=CaseState.ANSWERED)) is None


def test_in_shadow_mode_approvals_stay(start: Start) -> None:
    team = start(engine={"shadow": True})
    case = team.complain()
    team.decide(case, Verb.SEND)

    team.later(hours=5)

    assert team.case(case).state is CaseState.APPROVED


def test_what_somebody_had_who_left_goes_to_the_lead_in_one_list(start: Start) -> None:
    team = start(DUTY)
    team.decide(team.complain(), Verb.CLAIM, TOM)
    sent = team.complain()
    team.store.set_paused("eva", team.clock())
    team.decide(sent, Verb.SEND, TOM)
    kept = team.complain()
    team.decide(kept, Verb.CLAIM)
    before = len(team.said())

    team.slack.users[TOM.id]["deleted"] = True
    team.later(minutes=11)
    team.later(minutes=11)

    (told,) = team.said()[before:]
    assert told == "<@U0LEAD>: <@U0TOM> is not active any more and had these."
    assert team.case(team.store.cases.list({CaseState.OPEN})[0]).claimed_by == ""
    assert team.case(sent).state is CaseState.NEEDS_HUMAN
    assert team.case(kept).claimed_by == EVA.shown


def test_while_slack_does_not_say_who_is_active_nobody_loses_anything(start: Start) -> None:
    team = start(DUTY)
    case = team.complain()
    team.decide(case, Verb.CLAIM, TOM)
    team.slack.users[TOM.id]["deleted"] = True
    team.slack.answer_next(json_answer({}, status=503), path="/api/users.info", times=20)

    team.later(minutes=11)

    assert team.case(case).claimed_by == TOM.shown
