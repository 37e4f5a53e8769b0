"""Listening to Slack over a web socket that we open: no public address is needed."""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from responders.slack.client import Clock, asking

log = logging.getLogger(__name__)

#: Clicks acknowledged at the same time.
_AT_ONCE = 5
#: Clicks decided at the same time; each is one short transaction and a few calls to Slack.
_HANDS = 8


class SlackApp(App):
    """A Bolt app with hands of its own for what comes after the acknowledgement.

    On Bolt's own threads a click would wait for its acknowledgement until those before it are
    decided, and Slack waits for three seconds only.
    """

    hands: ThreadPoolExecutor

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
        listener_executor=ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="slack"),
    )
    made.hands = ThreadPoolExecutor(_HANDS, thread_name_prefix="slack-hand")
    return made


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
    handler = SocketModeHandler(app, app_token, logger=app.logger, web_client=web_client)
    listening = Listening(app, handler)
    try:
        with asking("open Socket Mode", clock):
            handler.client.connect()
    except BaseException:
        listening.close()
        raise
    return listening
