"""Posts that the judge was unsure of: a few a week, a word each, in the console and in Slack."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.base import Author, Mention
from monitor import app
from monitor.office import FrontOffice
from monitor.teaching import A_WEEK, AT_ONCE, Teaching
from responders.ask import NotAllowed, NotNow
from responders.case import MentionId
from responders.policy import Person
from responders.slack import notices
from responders.verdict import LabelWord
from tests.monitor.team import EVA, FRIDAY, MILD, Team
from tests.servers.block_kit import message_errors
from tests.servers.slack import APP_TOKEN

STRANGER = Person(id="U0SAM", name="Sam")


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with Team(tmp_path) as team:
        yield team


def unsure(team: Team, *numbers: int, text: str = "<!channel> meh") -> list[MentionId]:
    """Posts just below the cut, the first ones closest to it."""
    cut = team.house.cut("Acme")
    judged = [
        (
            Mention(
                platform="twitter",
                id=f"u{number}",
                author=Author(id=str(number), handle="kim"),
                text=text,
                created_at=FRIDAY,
                url=f"https://x.com/kim/status/{number}",
            ),
            replace(MILD, angry=False, complaint=cut - 0.001 * number),
        )
        for number in numbers
    ]
    return list(team.store.mentions.ingest("Acme", "twitter", judged, None, FRIDAY).new)


def words(team: Team) -> list[tuple[int, LabelWord, str]]:
    return [(said.mention_id, said.word, said.by) for said, _ in team.store.labels.all("Acme")]


def test_the_closest_posts_are_offered_to_approvers(team: Team) -> None:
    numbers = unsure(team, 1, 2, 3, 4, 5)
    teaching = Teaching(team.house)

    offered = teaching.unsure(EVA)

    assert [post.mention_id for post in offered] == numbers[:AT_ONCE]
    assert (offered[0].brand, offered[0].platform) == ("Acme", "twitter")
    assert teaching.unsure(STRANGER) == ()


def test_a_word_is_kept_and_the_post_is_offered_no_more(team: Team) -> None:
    first, second = unsure(team, 1, 2)
    teaching = Teaching(team.house)

    said = teaching.say(first, LabelWord.NOT_US, EVA)

    assert said == "Noted: the judge learns from it."
    assert words(team) == [(first, LabelWord.NOT_US, EVA.shown)]
    assert [post.mention_id for post in teaching.unsure(EVA)] == [second]


def test_a_missed_complaint_can_still_become_a_case(team: Team) -> None:
    (number,) = unsure(team, 7)

    said = Teaching(team.house).say(number, LabelWord.WAS_ANGRY, EVA)

    assert said == "Noted. /amends add https://x.com/kim/status/7 makes a case of it."


def test_a_few_words_a_week_are_enough(team: Team) -> None:
    numbers = unsure(team, *range(1, 10))
    teaching = Teaching(team.house)
    for number in numbers[:A_WEEK]:
        assert teaching.unsure(EVA)
        teaching.say(number, LabelWord.SPAM, EVA)

    assert teaching.unsure(EVA) == []

    team.clock.move(hours=24 * 7 + 1)
    unsure(team, 20)
    assert teaching.unsure(EVA) == [], "posts are older than a week by now"


def test_only_approvers_say_words_that_count(team: Team) -> None:
    (number,) = unsure(team, 1)

    with pytest.raises(NotAllowed):
        Teaching(team.house).say(number, LabelWord.SPAM, STRANGER)
    assert words(team) == []


def test_of_a_post_that_is_gone_nothing_is_said(team: Team) -> None:
    (number,) = unsure(team, 1)
    team.store.gone([number], FRIDAY + timedelta(hours=1))

    with pytest.raises(NotNow, match="erased"):
        Teaching(team.house).say(number, LabelWord.SPAM, EVA)
    with pytest.raises(NotNow, match="no longer here"):
        Teaching(team.house).say(MentionId(4711), LabelWord.SPAM, EVA)


# in Slack


def test_the_page_offers_them_quietly_and_keeps_to_slacks_rules(team: Team) -> None:
    unsure(team, 1, 2, 3)

    drawn = notices.home(FrontOffice(team.house).home(EVA))

    told = json.dumps(drawn, ensure_ascii=False)
    assert "Was this a complaint?" in told
    assert told.count('"teach.was_angry"') == AT_ONCE
    assert "<!channel>" not in told
    assert message_errors(drawn) == []
    assert "Was this" not in json.dumps(notices.home(FrontOffice(team.house).home(STRANGER)))
    assert team.said() == [], "no message of its own"


def test_a_refused_word_is_told(team: Team) -> None:
    (number,) = unsure(team, 1)

    assert "Only approvers" in FrontOffice(team.house).say(number, LabelWord.SPAM, STRANGER)


@pytest.fixture
def listening(team: Team) -> Iterator[Team]:
    from pydantic import SecretStr

    slack = team.settings.file.slack
    assert slack is not None
    with_token = slack.model_copy(update={"app_token": SecretStr(APP_TOKEN)})
    file = team.settings.file.model_copy(update={"slack": with_token})
    made = team.settings.model_copy(update={"file": file})
    ear = app.listen_to_slack(made, team.house)
    team.slack.until(lambda: team.slack.listeners, "the connection")
    yield team
    ear.close()


def test_a_click_on_the_page_is_a_word(listening: Team) -> None:
    slack, (first, second) = listening.slack, unsure(listening, 1, 2)
    slack.push("events_api", slack.open_home(EVA.id))
    slack.until(lambda: EVA.id in slack.homes, "the page")

    slack.push("interactive", slack.press_on_page(EVA.id, "teach.not_angry"))

    slack.until(lambda: f'"{first}"' not in json.dumps(slack.homes[EVA.id]), "the next page")
    assert words(listening) == [(first, LabelWord.NOT_ANGRY, EVA.shown)]
    assert f'"{second}"' in json.dumps(slack.homes[EVA.id])


def test_a_button_of_another_version_does_nothing(
    listening: Team, caplog: pytest.LogCaptureFixture
) -> None:
    slack = listening.slack
    unsure(listening, 1)
    slack.push("events_api", slack.open_home(EVA.id))
    slack.until(lambda: EVA.id in slack.homes, "the page")
    payload = slack.press_on_page(EVA.id, "teach.spam")
    payload["actions"][0]["action_id"] = "teach.of_tomorrow"

    slack.push("interactive", payload)

    slack.until(lambda: "could not be taken" in caplog.text, "the line in the log")
    assert words(listening) == []
