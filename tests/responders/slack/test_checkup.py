from slack_sdk import WebClient

from connectors.base import Problem
from responders.slack.bot import SlackBot
from responders.slack.client import make_client
from tests.responders.slack.conftest import CHANNEL, clock
from tests.servers.http import json_answer
from tests.servers.slack import APP_TOKEN, SlackServer


def said(problems: list[Problem]) -> str:
    return "\n".join(f"{p.what} | {p.do} | {p.fatal}" for p in problems)


def test_a_workspace_that_is_set_up_well_has_no_problems(slack: SlackServer, bot: SlackBot) -> None:
    assert bot.check(APP_TOKEN) == []
    assert slack.channels[CHANNEL].messages == []


def test_a_wrong_token_is_one_problem(slack: SlackServer) -> None:
    client: WebClient = make_client("xoxb-wrong", slack.api_url, 5)

    problems = SlackBot(client, CHANNEL, clock=clock).check(APP_TOKEN)

    assert len(problems) == 1
    assert "check slack.bot_token" in said(problems)
    assert problems[0].fatal


def test_every_missing_permission_is_named_with_what_it_is_for(
    slack: SlackServer, bot: SlackBot
) -> None:
    slack.scopes -= {"files:write", "chat:write"}

    problems = bot.check()

    assert [problem.fatal for problem in problems] == [True, False]
    assert "chat:write is missing, needed for cards" in said(problems)
    assert "files:write is missing, needed for the digest's chart" in said(problems)


def test_a_wrong_app_token_is_told_apart(slack: SlackServer, bot: SlackBot) -> None:
    assert "(slack.app_token) | Make an app-level token" in said(bot.check("xapp-wrong"))


def test_a_channel_that_is_not_there_is_named(slack: SlackServer, client: WebClient) -> None:
    problems = SlackBot(client, "C0NONE", clock=clock).check()

    assert len(problems) == 1
    assert "no such channel" in said(problems)
    assert "C0NONE" in said(problems)


def test_an_archived_channel_and_an_absent_bot_are_named(slack: SlackServer, bot: SlackBot) -> None:
    slack.channels[CHANNEL].private = False
    slack.channels[CHANNEL].archived = True
    slack.channels[CHANNEL].bot_is_member = False

    text = said(bot.check())

    assert "#complaints is archived" in text
    assert "the bot is not in #complaints | Write /invite @amends in #complaints. | True" in text


def test_a_public_or_shared_channel_is_named(slack: SlackServer, bot: SlackBot) -> None:
    slack.channels[CHANNEL].private = False
    slack.channels[CHANNEL].shared = True

    problems = bot.check()

    assert not any(problem.fatal for problem in problems)
    assert "is public: everybody in the workspace reads the cases" in said(problems)
    assert "is shared with another company" in said(problems)


def test_guests_who_read_along_are_counted(slack: SlackServer, bot: SlackBot) -> None:
    slack.add_user("U0TEMP", "Temp", guest=True)
    slack.channels[CHANNEL].members.append("U0TEMP")

    assert "1 guest of the workspace can read #complaints" in said(bot.check())

    slack.add_user("U0SAM", "Sam", guest=True)
    slack.channels[CHANNEL].members.append("U0ELSEWHERE")
    assert "3 guests of the workspace" in said(bot.check())


def test_a_large_channel_is_looked_through_in_part_and_that_is_said(
    slack: SlackServer, bot: SlackBot
) -> None:
    people = [f"U0P{place}" for place in range(60)]
    for person in people:
        slack.add_user(person, person)
    slack.channels[CHANNEL].members = people

    assert "only 50 of the 60 members" in said(bot.check())
    assert len(slack.asked("POST", "/api/users.info")) == 50


def test_members_that_cannot_be_listed_are_said(slack: SlackServer, bot: SlackBot) -> None:
    slack.answer_next(
        json_answer({"ok": False, "error": "ratelimited"}, status=429),
        path="/api/conversations.members",
    )

    assert "guests of #complaints were not looked for: Slack: too many calls" in said(bot.check())
