"""One login at Bluesky: made when it is first needed, renewed before it ends, kept between starts.

Bluesky takes 30 logins in 5 minutes and 300 a day of an account ("Rate Limits", docs.bsky.app, read
2026-04), so a session is used as long as it lives. The library is imported with the first request:
it takes half a second of processor time and 33 MB (measured 2026-11 with atproto 0.0.73).
"""

import json
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import RLock
from typing import Protocol

from connectors.bluesky.posts import Account
from connectors.bluesky.wire import Call, LoginEnded, Wire
from connectors.errors import SetupError, TryLater

log = logging.getLogger(__name__)

#: Where accounts of Bluesky log in; they live on one of many servers behind it.
HOST = "https://bsky.social"
#: The library's own name of the question (atproto 0.0.73).
_RENEWAL_IS_DUE = "_should_refresh_session"
#: Sends a request on to the service of private messages.
#: Source: docs.bsky.app, "Chat" (the atproto-proxy header), read 2026-04.
_TO_MESSAGES = {"atproto-proxy": "did:web:api.bsky.chat#bsky_chat"}


class _Answer(Protocol):
    content: object


class _Kept(Protocol):
    """A session of the library, which bears no types of its own."""

    did: str
    handle: str

    def encode(self) -> str: ...


class _Client(Protocol):
    """What is used of the library's client."""

    def invoke_query(self, nsid: str, **kwargs: object) -> _Answer: ...

    def invoke_procedure(self, nsid: str, **kwargs: object) -> _Answer: ...

    def get_current_time_iso(self) -> str: ...

    def update_base_url(self, base_url: str) -> None: ...

    def on_session_change(self, callback: Callable[[object, _Kept], None]) -> None: ...

    def login(
        self,
        login: str | None = None,
        password: str | None = None,
        *,
        session_string: str | None = None,
        fetch_bsky_profile: bool,
    ) -> object: ...


class Session:
    """The library's client with one login. For any number of threads.

    Attributes:
        account: Ours; empty until Bluesky was asked.
    """

    def __init__(
        self, *, api_url: str, handle: str, password: str, file: Path | None, timeout: float
    ) -> None:
        self._api_url = api_url
        self._handle = handle
        self._password = password
        self._file = file
        self._timeout = timeout
        self._client: _Client | None = None
        self._lock = RLock()
        self.account = Account()

    def get(
        self, name: str, params: Mapping[str, object], *, messages: bool = False
    ) -> dict[str, object]:
        """Read something; parameters that are None are left out."""
        given = {key: value for key, value in params.items() if value is not None}
        return self._ask("GET", name, given, messages=messages)

    def post(
        self, name: str, data: Mapping[str, object], *, messages: bool = False
    ) -> dict[str, object]:
        """Write something, once."""
        return self._ask("POST", name, dict(data), messages=messages)

    def log_in(self) -> Account:
        """Ours; asks Bluesky where there is no session yet."""
        self._ready()
        return self.account

    def now(self) -> str:
        """The present moment as the library stamps records with it."""
        return self._ready().get_current_time_iso()

    def link_facets(self, text: str) -> list[object]:
        """What is to be linked in a text: without this an address is not clickable."""
        self._ready()
        from atproto_client.utils.facet_detection import detect_facets

        return [facet.model_dump(by_alias=True, exclude_none=True) for facet in detect_facets(text)]

    def _ask(
        self, method: str, name: str, given: dict[str, object], *, messages: bool
    ) -> dict[str, object]:
        client = self._ready()
        try:
            return self._once(client, Call(method=method, name=name), given, messages=messages)
        except LoginEnded as error:
            ended = error
        # A session can end early. A new login tells that from a password that is worth nothing;
        # the request itself was refused, and is left to the next try.
        with self._lock:
            if self._client is client:
                self._forget()
            self._ready()
        raise TryLater("Bluesky had ended our login; it is renewed now.") from ended

    def _once(
        self, client: "_Client", call: Call, given: dict[str, object], *, messages: bool
    ) -> dict[str, object]:
        from atproto_client.models.dot_dict import DotDict
        from atproto_core.exceptions import AtProtocolError

        headers = _TO_MESSAGES if messages else {}
        try:
            if call.method == "GET":
                answer = client.invoke_query(call.name, params=DotDict(given), headers=headers)
            else:
                answer = client.invoke_procedure(
                    call.name,
                    data=DotDict(given),
                    headers=headers,
                    input_encoding="application/json",
                )
        except (AtProtocolError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise call.lost("Bluesky answered with something else than its API does") from error
        content = answer.content
        return content if isinstance(content, dict) else {}

    def _ready(self) -> "_Client":
        """The client, logged in."""
        with self._lock:
            if self._client is None:
                self._client = self._logged_in()
            return self._client

    def _logged_in(self) -> "_Client":
        from atproto_client import Client
        from atproto_client.request import Request
        from atproto_core.exceptions import AtProtocolError

        wire = Wire(api_url=self._api_url, timeout=self._timeout)
        client: _Client = Client(
            base_url=self._api_url, request=Request(transport=wire, timeout=self._timeout)
        )
        _take_any_token(client)

        def remember(_event: object, session: _Kept) -> None:
            self._remember(client, session)

        client.on_session_change(remember)
        kept = self._kept()
        try:
            if kept is not None:
                client.login(session_string=kept, fetch_bsky_profile=False)
            else:
                client.login(self._handle, self._password, fetch_bsky_profile=False)
        except LoginEnded as error:
            raise SetupError(str(error)) from error
        except (AtProtocolError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise TryLater("Bluesky's login answered with something else than it should") from error
        return client

    def _remember(self, client: "_Client", session: "_Kept") -> None:
        """Called by the library whenever there is another session."""
        if self._api_url != HOST:
            # The library has moved to the server that the account's own document names. Whoever
            # gives an address means that address: a proxy, a test, a server of their own.
            client.update_base_url(self._api_url)
        self.account = Account(did=session.did, handle=session.handle)
        self._keep(session.encode())

    def _forget(self) -> None:
        self._client = None
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    # The file

    def _kept(self) -> str | None:
        """The session of an earlier start; None where there is none for this login."""
        if self._file is None:
            return None
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            log.warning("bluesky: session_file %s cannot be read; logging in anew", self._file)
            return None
        ours = isinstance(found, dict) and found.get("login") == self._login
        session = found.get("session") if ours else None
        return session if isinstance(session, str) and _is_session(session) else None

    def _keep(self, session: str) -> None:
        """Write the session where nobody else can read it: it is as good as the password."""
        if self._file is None:
            return
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            beside.unlink(missing_ok=True)
            with os.fdopen(
                os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as file:
                json.dump({"login": self._login, "session": session}, file)
            beside.replace(self._file)
        except OSError as error:
            log.warning("bluesky: session_file %s cannot be written: %s", self._file, error)

    @property
    def _login(self) -> str:
        return f"{self._handle} at {self._api_url}"


def _take_any_token(client: _Client) -> None:
    """Renew a session before its end where its token tells that, and else when it has ended.

    A token is the server's own business, and a client must not need to read it; the library does.
    Source: atproto.com, "HTTP API (XRPC)", Authentication, read 2026-11.
    """
    from atproto_core.exceptions import AtProtocolError

    tells: Callable[[], bool] = getattr(client, _RENEWAL_IS_DUE)

    def renewal_is_due() -> bool:
        try:
            return tells()
        except AtProtocolError:  # no JSON Web Token, or one without an end
            return False

    vars(client)[_RENEWAL_IS_DUE] = renewal_is_due


def _is_session(kept: str) -> bool:
    """Whether the library can read this; it would trip over anything else at every request."""
    from atproto_client.client.session import Session as Kept
    from atproto_core.exceptions import AtProtocolError

    try:
        return Kept.decode(kept).access_jwt_payload.exp is not None
    except (AtProtocolError, ValueError, TypeError):
        return False
