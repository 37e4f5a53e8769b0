"""Listening to Slack over a web socket that we open: no public address is needed."""

import logging
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient

from responders.slack.client import Clock, asking

log = logging.getLogger(__name__)

#: Clicks decided at the same time; each is one short transaction and a few calls to Slack. More
#: hands would take the processor from acknowledging: at 8 their p99 is three times as long.
_HANDS = 4
#: One click with its card is some 10,000 bytes; slack_sdk reads 1,024 at a time unless told.
_BUFFER = 64 * 1024


class SlackApp(App):
    """A Bolt app with hands of its own for what comes after the acknowledgement.

    A listener runs on the thread that brought the call, and what it acknowledges leaves as soon as
    it returns. Bolt's usual way, a listener on another thread, looks every 10 ms whether that one
    has acknowledged, which is most of the time that a click takes. Source: slack_bolt 1.30,
    listener/thread_runner.py. So a listener acknowledges, gives the rest to `after`, and returns.
    """

    hands: ThreadPoolExecutor
    #: Told of what fails after the acknowledgement, with the payload that it was about.
    trouble: Callable[[Exception, Mapping[str, Any]], object]

    def after(self, job: Callable[[], object], body: Mapping[str, Any]) -> None:
        """Do the rest of a call on the next free hand."""

        def look(done: Future[object]) -> None:
            error = done.exception()
            if isinstance(error, Exception):
                self.trouble(error, body)

        self.hands.submit(job).add_done_callback(look)

    def finish(self) -> None:
        """Finish what is in hand; nothing more is begun."""
        self.listener_runner.listener_executor.shutdown()
        self.hands.shutdown()


def make_app(client: WebClient, signing_secret: str = "") -> SlackApp:
    """A Bolt app around our client; speaks to nobody yet.

    With a signing secret it takes Slack's calls over HTTP, and refuses what is not signed with it.
    Unknown payloads become errors, which `listeners.register` logs without their content; Bolt
    itself would write them into the log.
    """
    app_log = logging.getLogger(f"{__name__}.bolt")
    app_log.setLevel(logging.WARNING)  # at DEBUG it writes what people wrote into the log
    made = SlackApp(
        client=client,
        signing_secret=signing_secret or None,
        logger=app_log,
        token_verification_enabled=False,
        raise_error_for_unhandled_request=True,
        process_before_response=True,
    )
    made.hands = ThreadPoolExecutor(_HANDS, thread_name_prefix="slack-hand")
    made.trouble = _silent
    return made


def _silent(error: Exception, _body: Mapping[str, Any]) -> None:
    """Until somebody registers: its name alone, as a message may hold what people wrote."""
    log.error("A call of Slack's failed with %s", type(error).__name__)


class Listening:
    """An open connection. It mends itself; `close` ends it."""

    def __init__(self, app: SlackApp, handler: SocketModeHandler) -> None:
        self._app = app
        self._handler = handler
        self._lock = Lock()
        self._closed = False

    @property
    def connected(self) -> bool:
        """Whether clicks arrive at this moment."""
        return not self._closed and self._handler.client.is_connected()

    def close(self) -> None:
        """Finish the clicks in hand and hang up. A second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        try:
            self._handler.client.close()
        except (AttributeError, OSError) as error:  # the connection was already torn down
            log.warning("Slack's connection did not close cleanly: %s", type(error).__name__)
        self._app.finish()


def listen(app: SlackApp, app_token: str, web_client: WebClient, *, clock: Clock) -> Listening:
    """Connect and listen in the background.

    Args:
        app: From `make_app`, with its listeners registered.
        app_token: The app-level token, which begins with "xapp-".
        web_client: From `make_client`; opens the connection.
        clock: The present moment.

    Raises:
        TryLater: Slack cannot be reached; call again.
        SetupError: the token or the app is wrong.
    """
    handler = SocketModeHandler(
        app, app_token, logger=app.logger, web_client=web_client, receive_buffer_size=_BUFFER
    )
    handler.client.message_listeners.append(_send_at_once)
    listening = Listening(app, handler)
    try:
        with asking("open Socket Mode", clock):
            handler.client.connect()
    except BaseException:
        listening.close()
        raise
    return listening


def _send_at_once(client: BaseSocketModeClient, message: dict[str, Any], _raw: str | None) -> None:
    """Let no acknowledgement wait for the next click: on each new connection, without Nagle.

    A small message would else stay until the one before it was confirmed, up to 40 ms later.
    slack_sdk 3.47 asks for this through a proxy only (socket_mode/builtin/internals.py).
    """
    if message.get("type") != "hello" or not isinstance(client, SocketModeClient):
        return
    session = client.current_session
    if session is not None and session.sock is not None:
        with suppress(OSError):  # closed meanwhile
            session.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
