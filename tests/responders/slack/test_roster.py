import logging
from datetime import timedelta

import pytest
from slack_sdk import WebClient

from connectors.errors import SetupError, TryLater
from responders.slack.roster import REMEMBERED, SlackRoster
from tests.responders.slack.cards import NOW
from tests.servers.slack import SlackServer


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> object:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def roster(client: WebClient, watch: Watch) -> SlackRoster:
    return SlackRoster(
        client, lambda: ["S0LEADS", "S0NIGHT", "U0EVA", "Sam"], clock=lambda: watch.now
    )


def test_a_person_has_a_name_and_groups(slack: SlackServer, roster: SlackRoster) -> None:
    slack.groups = {"S0LEADS": ["U0EVA", "U0TOM"], "S0NIGHT": ["U0TOM"]}

    person = roster.person("U0EVA")

    assert person is not None
    assert person.name == "eva"
    assert person.surface == "slack"
    assert person.groups == {"S0LEADS"}


def test_a_person_without_a_display_name_has_their_real_one(
    slack: SlackServer, roster: SlackRoster
) -> None:
    slack.users["U0EVA"]["profile"] = None
    slack.users["U0EVA"]["real_name"] = " Eva \u202e<!channel> "

    person = roster.person("U0EVA")

    assert person is not None
    assert person.name == "Eva <!channel>"


@pytest.mark.parametrize("how", ["deleted", "bot"])
def test_a_deactivated_account_and_a_bot_are_nobody(
    slack: SlackServer, roster: SlackRoster, how: str
) -> None:
    slack.add_user("U0GONE", "Gone", deleted=how == "deleted", bot=how == "bot")

    assert roster.person("U0GONE") is None


def test_an_unknown_id_is_nobody(roster: SlackRoster) -> None:
    assert roster.person("U0NOBODY") is None


def test_slack_is_asked_once_in_a_while(
    slack: SlackServer, roster: SlackRoster, watch: Watch
) -> None:
    slack.groups = {"S0LEADS": [], "S0NIGHT": []}
    roster.person("U0EVA")
    roster.person("U0EVA")
    watch.now += REMEMBERED - timedelta(seconds=1)
    roster.person("U0EVA")
    assert len(slack.asked("POST", "/api/users.info")) == 1
    assert len(slack.asked("POST", "/api/usergroups.users.list")) == 2

    watch.now += timedelta(seconds=1)
    slack.users["U0EVA"]["deleted"] = True

    assert roster.person("U0EVA") is None


def test_a_group_that_cannot_be_read_counts_as_empty(
    slack: SlackServer, roster: SlackRoster, caplog: pytest.LogCaptureFixture
) -> None:
    slack.groups = {"S0NIGHT": ["U0EVA"]}

    with caplog.at_level(logging.WARNING):
        person = roster.person("U0EVA")

    assert person is not None
    assert person.groups == {"S0NIGHT"}
    assert "S0LEADS counts as empty" in caplog.text


def test_a_group_that_could_not_be_read_is_asked_for_again(
    slack: SlackServer, roster: SlackRoster
) -> None:
    roster.person("U0EVA")
    slack.groups = {"S0LEADS": ["U0EVA"], "S0NIGHT": []}

    person = roster.person("U0EVA")

    assert person is not None
    assert person.groups == {"S0LEADS"}


def test_nobody_is_let_in_while_slack_does_not_say_who_they_are(
    slack: SlackServer, roster: SlackRoster
) -> None:
    slack.drop_next(path="/api/users.info")
    with pytest.raises(TryLater):
        roster.person("U0EVA")

    slack.scopes.discard("users:read")
    with pytest.raises(SetupError, match="users:read"):
        roster.person("U0EVA")
