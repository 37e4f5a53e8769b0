"""The common base of the loopback platforms: real HTTP on 127.0.0.1, with faults on demand.

A platform's server subclasses LoopbackServer and implements `answer`. Nothing here knows any
platform. A server stops by itself at the end of its `with` block, also while a client waits.
"""

import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

_HOST = "127.0.0.1"
#: A client without a time-out meets a dropped connection after so many seconds, and its test fails
#: instead of hanging.
_LONGEST_SILENCE = 15.0


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  #: names in lower case
    body: bytes = b""
    raw_query: str = ""  #: as it came, where a name may stand more than once

    def every(self, name: str) -> list[str]:
        """All values of a parameter, in their order."""
        return [value for key, value in parse_qsl(self.raw_query) if key == name]

    def json(self) -> object:
        """The body as JSON; an empty body is an empty object."""
        return json.loads(self.body or b"{}")

    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server says."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """An answer in JSON."""
    content = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(
        status=status, body=json.dumps(value).encode(), headers=content | dict(headers or {})
    )


def html_answer(status: int = 200) -> Answer:
    """The page that a proxy or an overloaded front door shows instead of the API's answer."""
    page = b"<!doctype html><title>Something went wrong</title><h1>Over capacity</h1>"
    return Answer(status=status, body=page, headers={"Content-Type": "text/html"})


class _How(StrEnum):
    LOSE = "lose"  #: applied, then the connection is dropped
    DROP = "drop"  #: dropped, nothing applied
    HANG = "hang"  #: applied, then silence, until the client gives up
    ANSWER = "answer"  #: nothing applied, a canned answer


@dataclass(kw_only=True)
class _Fault:
    how: _How
    method: str | None
    path: str
    times: int
    canned: Answer | None = None

    def fits(self, request: Request) -> bool:
        return (
            self.times > 0
            and self.method in (None, request.method)
            and request.path.startswith(self.path)
        )


class LoopbackServer:
    """A platform on 127.0.0.1, on a port of its own.

    One request is answered at a time, so `answer` needs no locks; a subclass's other methods that
    touch the same state take `self.lock`. An unexpected exception in `answer` is answered with
    500 and raised again at the end of the `with` block, so that no fake fails unseen.

    Attributes:
        requests: Every request that came in, oldest first; faults included.
        rewrites: What is done to the JSON of each answer on its way out.
        also: Headers that every answer has besides its own.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.rewrites: list[Callable[[object], object]] = []
        self.also: dict[str, str] = {}
        self.lock = RLock()
        self._faults: list[_Fault] = []
        self._failures: list[Exception] = []
        self._release = Event()
        self._server: ThreadingHTTPServer | None = None
        self._thread: Thread | None = None
        self._reserved: socket.socket | None = None
        self._port = 0

    def answer(self, request: Request) -> Answer:
        """Apply a request and say what came of it; implemented by each platform."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://{_HOST}:{self._port}"

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None
        if self._failures and error is None:
            raise self._failures[0]

    def asked(self, method: str, path: str) -> list[Request]:
        """The requests so far with this method whose path begins like this."""
        return [r for r in self.requests if r.method == method and r.path.startswith(path)]

    def lose_next(self, *, method: str | None = None, path: str = "", times: int = 1) -> None:
        """Apply the next matching request, then drop the connection instead of answering."""
        self._arm(_Fault(how=_How.LOSE, method=method, path=path, times=times))

    def drop_next(self, *, method: str | None = None, path: str = "", times: int = 1) -> None:
        """Drop the connection of the next matching request and apply nothing."""
        self._arm(_Fault(how=_How.DROP, method=method, path=path, times=times))

    def hang_next(self, *, method: str | None = None, path: str = "", times: int = 1) -> None:
        """Apply the next matching request and never answer it."""
        self._arm(_Fault(how=_How.HANG, method=method, path=path, times=times))

    def answer_next(
        self, canned: Answer, *, method: str | None = None, path: str = "", times: int = 1
    ) -> None:
        """Give this answer to the next matching request and apply nothing."""
        self._arm(_Fault(how=_How.ANSWER, method=method, path=path, times=times, canned=canned))

    def calm(self) -> None:
        """Forget every fault that has not happened yet."""
        with self.lock:
            self._faults.clear()

    def release(self) -> None:
        """Drop the connections that hang."""
        self._release.set()

    def go_down(self) -> None:
        """Refuse connections from now on; the port stays ours."""
        self._stop()
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind((_HOST, self._port))

    def come_back(self) -> None:
        """Listen again, at the same address and with the same state."""
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None
        self._listen()

    def _arm(self, fault: _Fault) -> None:
        with self.lock:
            self._faults.append(fault)

    def _listen(self) -> None:
        self._release.clear()
        self._server = _Server((_HOST, self._port), _handler_for(self._exchange))
        self._port = self._server.server_address[1]
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def _stop(self) -> None:
        self._release.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None

    def _exchange(self, request: Request) -> Answer | None:
        """What to say to one request; None: drop the connection."""
        with self.lock:
            self.requests.append(request)
            fault = next((fault for fault in self._faults if fault.fits(request)), None)
            if fault is None:
                return self._apply(request)
            fault.times -= 1
            if fault.how in (_How.LOSE, _How.HANG):
                self._apply(request)
        if fault.how is _How.HANG:
            self._release.wait(_LONGEST_SILENCE)
        return fault.canned

    def _apply(self, request: Request) -> Answer:
        try:
            found = _rewritten(self.answer(request), self.rewrites)
            return replace(found, headers={**found.headers, **self.also})
        except Exception as error:  # noqa: BLE001 - kept, and raised again where the test sees it
            self._failures.append(error)
            return json_answer({"fake": "failed"}, status=500)


def _rewritten(answer: Answer, rewrites: Sequence[Callable[[object], object]]) -> Answer:
    """An answer in JSON, changed by each of these; any other as it is."""
    kind = answer.headers.get("Content-Type", "")
    if not rewrites or not kind.startswith("application/json") or not answer.body:
        return answer
    body = json.loads(answer.body)
    for rewrite in rewrites:
        body = rewrite(body)
    return Answer(status=answer.status, body=json.dumps(body).encode(), headers=answer.headers)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close() waits for the handlers: nothing outlives the test

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up before its answer came is what the tests provoke."""


def _handler_for(
    exchange: Callable[[Request], Answer | None],
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # of a client that connects and says nothing

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent: `requests` is the log."""

        def _serve(self) -> None:
            split = urlsplit(self.path)
            answer = exchange(
                Request(
                    method=self.command,
                    path=split.path,
                    query=dict(parse_qsl(split.query, keep_blank_values=True)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
                    raw_query=split.query,
                )
            )
            if answer is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    return Handler
