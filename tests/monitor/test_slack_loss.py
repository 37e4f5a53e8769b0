"""Slack down, hasty or forgetful: every card arrives once, in order, and ends up to date."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from responders.card import Verb
from responders.case import CaseId
from tests.monitor.team import CHANNEL, MILD, Team
from tests.servers.http import json_answer

POST, EDIT, HISTORY = "/api/chat.postMessage", "/api/chat.update", "/api/conversations.history"
BUSY = json_answer({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})
BROKEN = json_answer({"ok": False, "error": "internal_error"}, status=500)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with Team(tmp_path) as team:
        yield team


def cards(team: Team) -> list[int]:
    """The cases whose cards stand in the channel, oldest first."""
    return [
        message["metadata"]["event_payload"]["case_id"]
        for message in team.slack.channels[CHANNEL].messages
        if message["metadata"]["event_type"] == "amends_case"
    ]


def current(team: Team) -> bool:
    """Whether every card shows the newest revision of its case."""
    return all(
        message["metadata"]["event_payload"]["revision"]
        == team.case(CaseId(message["metadata"]["event_payload"]["case_id"])).revision
        for message in team.slack.channels[CHANNEL].messages
        if message["metadata"]["event_type"] == "amends_case"
    )


def test_after_an_hour_without_slack_every_card_arrives_once_in_order(team: Team) -> None:
    team.slack.go_down()
    for _ in range(12):
        team.complain()
        team.later(minutes=5)

    team.slack.come_back()
    for _ in range(3):
        team.later(minutes=16)

    assert cards(team) == list(range(1, 13))
    assert current(team)


def test_a_channel_takes_one_message_a_second_and_gets_them_all(team: Team) -> None:
    team.slack.one_a_second = True
    for _ in range(10):
        team.complain()

    for _ in range(20):
        team.later(seconds=2)

    assert cards(team) == list(range(1, 11))


def test_a_change_edits_its_card_and_posts_nothing(team: Team) -> None:
    for _ in range(20):
        team.complain()
    before = len(team.slack.asked("POST", POST))

    for number in range(1, 21):
        team.decide(CaseId(number), Verb.CLAIM)

    assert len(team.slack.asked("POST", POST)) == before
    assert current(team)


def test_a_rate_limit_in_the_middle_loses_nobodys_place(team: Team) -> None:
    team.complain()
    team.slack.answer_next(BUSY, path=POST, times=2)
    for _ in range(4):
        team.complain()

    for _ in range(4):
        team.later(seconds=5)

    assert cards(team) == [1, 2, 3, 4, 5]


def test_a_process_that_dies_after_a_lost_answer_finds_its_card(team: Team) -> None:
    team.slack.lose_next(path=POST)
    team.complain()
    team.restart()

    team.later(minutes=1)

    assert cards(team) == [1]
    assert team.store.cases.shown(CaseId(1)) is not None


FAULTS = st.lists(
    st.tuples(
        st.sampled_from([POST, EDIT, HISTORY]),
        st.sampled_from(["lose", "drop", "busy", "broken", "restart"]),
    ),
    max_size=8,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(faults=FAULTS)
def test_whatever_slack_does_every_card_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, faults: list[tuple[str, str]]
) -> None:
    with Team(tmp_path_factory.mktemp("loss")) as team:
        for number in range(1, 5):
            for path, fault in faults[number - 1 :: 4]:
                _arm(team, path, fault)
            team.complain()
            team.decide(CaseId(number), Verb.CLAIM)
        team.slack.calm()
        for _ in range(4):
            team.later(minutes=16)

        assert cards(team) == [1, 2, 3, 4]
        assert current(team)


def _arm(team: Team, path: str, fault: str) -> None:
    match fault:
        case "lose":
            team.slack.lose_next(path=path)
        case "drop":
            team.slack.drop_next(path=path)
        case "busy":
            team.slack.answer_next(BUSY, path=path)
        case "broken":
            team.slack.answer_next(BROKEN, path=path)
        case _:
            team.restart()


# -- at Slack's own pace -------------------------------------------------------------------------


@pytest.fixture
def paced(tmp_path: Path) -> Iterator[Team]:
    """A bot that keeps to Slack's rate, before a Slack that insists on it."""
    with Team(tmp_path) as team:
        team.paced = team.slack.one_a_second = team.slack.tiers = True
        team.restart()
        yield team


def redraw(team: Team, cases: int) -> None:
    """Every card has changed."""
    for number in range(1, cases + 1):
        team.store.incidents.collect(CaseId(number), 1)


def test_slack_never_has_to_say_that_it_was_too_fast(paced: Team) -> None:
    for _ in range(30):
        paced.complain()
    for _ in range(40):
        paced.later(seconds=1)
    assert cards(paced) == list(range(1, 31))
    paced.store.incidents.declare(CaseId(1), "Parcels", "eva", paced.clock())

    redraw(paced, 30)
    for _ in range(40):
        paced.later(seconds=1)

    assert current(paced)
    assert paced.slack.refused == 0
    assert paced.jobs.outages.now() == {}


def test_a_new_card_and_what_somebody_touched_pass_those_that_are_only_redrawn(
    paced: Team,
) -> None:
    for _ in range(20):
        paced.complain()
        paced.later(seconds=1)
    paced.later(minutes=1)
    paced.store.incidents.declare(CaseId(1), "Parcels", "eva", paced.clock())
    redraw(paced, 20)
    paced.rest()
    paced.clock.move(seconds=2)
    paced.slack.now = paced.clock()

    paced.decide(CaseId(20), Verb.CLAIM)

    message = paced.slack.channels[CHANNEL].messages[19]
    assert "<@U0EVA> has it" in message["text"]
    assert not current(paced)


def test_what_somebody_touched_waits_for_no_flood_of_new_cards(paced: Team) -> None:
    paced.complain()
    for _ in range(40):
        paced.complain()
    paced.clock.move(seconds=2)
    paced.slack.now = paced.clock()

    paced.decide(CaseId(1), Verb.CLAIM)

    assert "<@U0EVA> has it" in paced.said()[0]
    assert len(paced.said()) < 10
    for _ in range(45):
        paced.later(seconds=1)
    assert cards(paced) == list(range(1, 42))
    assert paced.slack.refused == 0


def test_what_is_only_redrawn_goes_on_beside_a_flood_of_new_cards(paced: Team) -> None:
    for _ in range(3):
        paced.complain()
        paced.later(seconds=2)
    for _ in range(40):
        paced.complain()
    paced.clock.move(hours=1)
    paced.slack.now = paced.clock()
    paced.store.incidents.declare(CaseId(1), "Parcels", "eva", paced.clock())
    redraw(paced, 3)

    paced.rest()

    assert dict(paced.store.cases.to_show()).keys().isdisjoint({1, 2, 3})


def test_a_list_whose_turn_it_is_not_is_told_later_and_looked_for_nowhere(paced: Team) -> None:
    paced.complain()

    paced.complain(MILD)
    assert len(paced.said()) == 1
    paced.later(seconds=1)

    assert paced.said()[1].startswith("⚪ Low severity: 1 case waits")
    assert not paced.slack.asked("GET", HISTORY)
    assert not paced.slack.asked("POST", HISTORY)
