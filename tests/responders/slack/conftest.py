from collections.abc import Iterator
from datetime import datetime

import pytest
from slack_sdk import WebClient

from responders.slack.bot import SlackBot
from responders.slack.client import make_client
from responders.slack.manifest import scopes
from tests.responders.slack.cards import NOW
from tests.servers.slack import BOT_TOKEN, BOT_USER, Channel, SlackServer

CHANNEL = "C0CASES"


def clock() -> datetime:
    """The tests' moment."""
    return NOW


def furnish(server: SlackServer) -> None:
    """A private channel with two approvers, a colleague and the bot in it."""
    server.add_user("U0EVA", "Eva")
    server.add_user("U0TOM", "Tom")
    server.add_user("U0SAM", "Sam")
    server.add_user(BOT_USER, "amends", bot=True)
    server.add_channel(
        Channel(id=CHANNEL, name="complaints", members=["U0EVA", "U0TOM", "U0SAM", BOT_USER])
    )


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A workspace whose app has just what the manifest asks for."""
    with SlackServer(scopes()) as server:
        furnish(server)
        yield server


@pytest.fixture
def client(slack: SlackServer) -> WebClient:
    return make_client(BOT_TOKEN, slack.api_url, timeout=5)


@pytest.fixture
def bot(client: WebClient) -> SlackBot:
    return SlackBot(client, CHANNEL, clock=clock)
