import logging
import socket
from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from connectors.errors import SetupError, TryLater
from responders.slack.socket_mode import Listening, SlackApp, listen, make_app
from tests.responders.slack.conftest import clock
from tests.servers.slack import APP_TOKEN, SlackServer


@pytest.fixture
def app(client: WebClient) -> SlackApp:
    return make_app(client)


@pytest.fixture
def listening(slack: SlackServer, app: SlackApp, client: WebClient) -> Iterator[Listening]:
    made = listen(app, APP_TOKEN, client, clock=clock)
    slack.until(lambda: slack.listeners == 1, "the connection")
    yield made
    made.close()


def test_an_app_speaks_to_nobody_before_it_listens(slack: SlackServer, app: SlackApp) -> None:
    assert slack.requests == []


def test_clicks_can_arrive_while_it_listens(listening: Listening) -> None:
    assert listening.connected


def test_it_hangs_up_and_stays_away(slack: SlackServer, listening: Listening) -> None:
    listening.close()

    slack.until(lambda: slack.listeners == 0, "the end of the connection")
    assert not listening.connected
    assert slack.hellos == 1


def test_a_second_close_does_nothing(listening: Listening) -> None:
    listening.close()
    listening.close()

    assert not listening.connected


def test_a_connection_that_is_already_torn_down_is_closed_without_noise(
    listening: Listening, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = listening._handler.client
    close = client.close

    def torn() -> None:
        close()
        raise AttributeError("'NoneType' object has no attribute 'close'")

    monkeypatch.setattr(client, "close", torn)

    with caplog.at_level(logging.WARNING):
        listening.close()

    assert "did not close cleanly: AttributeError" in caplog.text


def test_what_fails_before_anybody_registers_is_a_line_without_content(
    app: SlackApp, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down() -> None:
        raise RuntimeError("what a customer wrote")

    app.after(break_down, {})
    app.finish()

    assert "failed with RuntimeError" in caplog.text
    assert "customer" not in caplog.text


def test_no_acknowledgement_waits_for_the_next_one(
    slack: SlackServer, listening: Listening
) -> None:
    def prompt() -> int:
        session = listening._handler.client.current_session
        assert session is not None
        assert session.sock is not None
        return session.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    slack.until(prompt, "the option on the connection")


def test_a_wrong_token_is_a_matter_of_settings(app: SlackApp, client: WebClient) -> None:
    with pytest.raises(SetupError, match="open Socket Mode"):
        listen(app, "xapp-wrong", client, clock=clock)


def test_slack_out_of_reach_is_tried_later(
    slack: SlackServer, app: SlackApp, client: WebClient
) -> None:
    slack.go_down()

    with pytest.raises(TryLater, match="cannot be reached"):
        listen(app, APP_TOKEN, client, clock=clock)
