"""Slack calls us: the same app behind a public address, for those who want no open connection.

Every request is answered in a thread: Bolt waits there for the acknowledgement, and waiting on the
event loop would hold up all other requests. Bolt checks the signature and that it is not older
than five minutes. Source: docs.slack.dev "Verifying requests from Slack", read 2026-11.
"""

import socket
import threading
from collections.abc import Sequence

import uvicorn
from anyio import CapacityLimiter, to_thread
from slack_bolt import App, BoltRequest, BoltResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.errors import SetupError
from responders.slack import manifest
from responders.slack.socket_mode import SlackApp

PATH = manifest.PATH

#: Far more than any payload of Slack's.
BODY_MAXIMUM = 1024 * 1024
#: Requests in hand at once; each waits for one short transaction.
_AT_ONCE = 40
_GRACE_SECONDS = 3


def make_asgi(app: App) -> Starlette:
    """The app as an ASGI application; answers POST requests at PATH alone."""
    limit: list[CapacityLimiter] = []

    async def events(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > BODY_MAXIMUM:
                return PlainTextResponse("too large\n", 413)
        headers: dict[str, str | Sequence[str]] = {**request.headers}
        asked = BoltRequest(body=body.decode("utf-8", "replace"), headers=headers)
        if not limit:
            limit.append(CapacityLimiter(_AT_ONCE))
        answered = await to_thread.run_sync(app.dispatch, asked, limiter=limit[0])
        return _response(answered)

    return Starlette(routes=[Route(PATH, events, methods=["POST"])])


def _response(answered: BoltResponse) -> Response:
    first = {name: values[0] for name, values in answered.headers.items() if values}
    return Response(answered.body or "", answered.status, headers=first)


class Serving:
    """A server that takes Slack's calls. `close` ends it."""

    def __init__(
        self, app: SlackApp, server: uvicorn.Server, thread: threading.Thread, port: int
    ) -> None:
        self.port = port
        self._app = app
        self._server = server
        self._thread = thread

    @property
    def connected(self) -> bool:
        """Whether calls are taken at this moment."""
        return self._server.started and self._thread.is_alive()

    def close(self) -> None:
        """Finish the calls in hand and stop. A second call does nothing."""
        self._server.should_exit = True
        self._thread.join(timeout=_GRACE_SECONDS + 2)
        self._app.finish()


def serve(app: SlackApp, host: str, port: int) -> Serving:
    """Listen in a thread of its own and come back once it does.

    Args:
        app: From `make_app` with the signing secret, its listeners registered.
        host: An address of this machine; TLS is the proxy's in front of it.
        port: 0 takes a free one.

    Raises:
        SetupError: the address cannot be used.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SetupError(
            f"Slack: cannot listen on {host} port {port}: {error.strerror}; "
            "choose another with [slack] host and port"
        ) from error
    config = uvicorn.Config(
        make_asgi(app),
        access_log=False,
        log_config=None,
        server_header=False,
        lifespan="off",
        ws="none",
        http="h11",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    started = threading.Event()
    server = _Server(config, started)
    thread = threading.Thread(target=server.run, args=([listener],), name="slack-http", daemon=True)
    thread.start()
    started.wait()
    return Serving(app, server, thread, int(listener.getsockname()[1]))


class _Server(uvicorn.Server):
    """Tells when it listens, or has failed to."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self._tell.set()
