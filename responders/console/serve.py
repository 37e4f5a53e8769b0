"""The console's own server, in a thread beside the jobs."""

import socket
import threading
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette

from connectors.errors import SetupError
from responders.console.access import Access

#: Requests at one time; the rest is told to come back.
_AT_ONCE = 64
_GRACE_SECONDS = 3


@dataclass(frozen=True, kw_only=True)
class Running:
    """A console that listens."""

    #: Opens it; holds the one-time token, so it is printed once and logged nowhere.
    url: str = field(repr=False)
    address: str  #: the same without the token
    port: int
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        """Finish the requests in hand and stop; a second call does nothing."""
        self.server.should_exit = True
        self.thread.join(timeout=_GRACE_SECONDS + 2)


def serve(app: Starlette, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Listen in a thread of its own and come back once it does.

    Signals are left alone: they belong to the process, which calls `stop`.

    Args:
        app: What make_app made.
        host: An address of this machine; other than loopback only as `Access` allows.
        port: 0 takes a free one.

    Raises:
        SetupError: the address may not or cannot be used.
    """
    access: Access = app.state.access
    access.check_address(host)
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        access_log=False,  # the printed address holds a token
        log_config=None,
        server_header=False,
        proxy_headers=False,  # the door believes one proxy, by name
        lifespan="off",
        ws="none",
        http="h11",
        limit_concurrency=_AT_ONCE,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_certfile=str(access.certificate) if access.certificate else None,
        ssl_keyfile=str(access.key) if access.key else None,
    )
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        listener.close()
        raise SetupError(f"[console] the certificate cannot be used: {error}") from error
    started = threading.Event()
    server = _Server(config, started)
    thread = threading.Thread(target=server.run, args=([listener],), name="console", daemon=True)
    thread.start()
    started.wait()
    name = access.hosts[0] if access.hosts else host
    bound = int(listener.getsockname()[1])
    address = _address(name, bound, access)
    url = f"{address}enter?token={access.token}" if access.token else address
    return Running(url=url, address=address, port=bound, server=server, thread=thread)


class _Server(uvicorn.Server):
    """Tells when it listens, or has failed to."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self._started.set()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        what = f"the console cannot listen on {host} port {port}: {error.strerror}"
        raise SetupError(f"{what}; choose another with [console] host and port") from error
    return listener


def _address(name: str, port: int, access: Access) -> str:
    if access.proxy:
        return f"https://{name}/"
    scheme = "https" if access.secure else "http"
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}/"
