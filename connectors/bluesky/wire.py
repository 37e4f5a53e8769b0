"""What passes between the client library and Bluesky: one request, one time-out, one meaning each.

The library gets good answers only; for every other one an error of ours is raised from here, which
it lets through. Nothing is ever sent twice and no redirect is followed.
Source: atproto 0.0.73, request.py (`_send_request`), read 2026-11.
"""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ssl import SSLCertVerificationError
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from connectors.errors import ConnectorError, OutcomeUnknown, Refused, SetupError, TryLater

#: What only concerns the login: whatever becomes of it, nothing of ours was written.
LOGIN = "com.atproto.server.createSession"
RENEWAL = "com.atproto.server.refreshSession"

HOW_TO_LOG_IN = (
    "make an app password at bsky.app, Settings, Privacy and security, App passwords (with access "
    "to direct messages), and put it into the environment variable that [connectors.bluesky] names"
)

#: Longest wait that is believed; a longer one is an error in the answer.
_LONGEST_WAIT = timedelta(days=1)
#: Words of an error's name -> the code of Refused. Source: lexicons, read 2026-11.
_REFUSALS = {
    "NotFound": "gone",
    "RecordNotFound": "gone",
    "RepoNotFound": "gone",
    "BlockedActor": "blocked",
    "BlockedByActor": "blocked",
    "PayloadTooLarge": "too_long",
}
#: Words of an error's message -> the same. The service of private messages is closed and its
#: wordings are not documented; these were seen in its answers by users of the API.
_REFUSAL_WORDS = (
    ("too big", "too_long"),
    ("incoming messages", "closed"),
    ("not accept messages", "closed"),
    ("block", "blocked"),
    ("recipient", "closed"),
)
#: The login is worth nothing any more, or never was. Source: bluesky-social/atproto, packages/pds,
#: auth-verifier.ts, read 2026-11.
_LOGIN_ENDED = {"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"}
#: What the service of private messages says to an app password without access to them.
#: Source: github.com/bluesky-social/social-app, pull request 8954, 2025-09-02.
_LACKS_MESSAGES = ("bad token scope", "bad token method")
_SUSPENDED = {"AccountTakedown", "AccountDeactivated", "AccountSuspended", "RepoTakendown"}

# At level INFO they log every address asked for, search terms and customers' names included.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class LoginEnded(SetupError):
    """Bluesky no longer accepts the login that we use."""


class NotPermitted(SetupError):
    """The login may not do this."""


class NotUnderstood(SetupError):
    """Bluesky does not understand a request."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """What was asked, for the sake of what its failure means."""

    method: str
    name: str  #: the method's name in the lexicons; no query, no body

    @property
    def is_login(self) -> bool:
        """Whether it asks for a session."""
        return self.name in (LOGIN, RENEWAL)

    @property
    def writes(self) -> bool:
        """Whether it asks for something that others see."""
        return self.method != "GET" and not self.is_login

    @property
    def of_messages(self) -> bool:
        """Whether it speaks to the service of private messages."""
        return self.name.startswith("chat.bsky.")

    def lost(self, what: str) -> ConnectorError:
        """No usable answer came."""
        if self.writes:
            return OutcomeUnknown(f"{what}: {self.name} may have been applied or not.")
        return TryLater(f"{what} ({self.name}).")


class Wire(httpx.BaseTransport):
    """Carries every request of the library."""

    def __init__(self, *, api_url: str, timeout: float) -> None:
        self._timeout = timeout
        # No connection is kept: an idle one may be closed at the other end just as we write into
        # it, and then nobody could say whether the request was applied.
        self._transport = httpx.HTTPTransport(
            proxy=_proxy_for(api_url), limits=httpx.Limits(max_keepalive_connections=0)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, once.

        Raises:
            ConnectorError: the answer is not a good one.
        """
        call = Call(method=request.method, name=request.url.path.rsplit("/", 1)[-1])
        try:
            response = self._transport.handle_request(request)
            content = response.read()
        except httpx.RequestError as error:
            raise unanswered(call, error, self._timeout) from error
        verdict = judge(call, response.status_code, response.headers, content)
        if verdict is not None:
            raise verdict
        return response


def _proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this server."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)


def unanswered(call: Call, error: httpx.RequestError, timeout: float) -> ConnectorError:
    """What it means that a request got no answer at all."""
    if _certificate_failed(error):
        return SetupError("The certificate of Bluesky's server could not be verified.")
    if isinstance(error, httpx.UnsupportedProtocol):
        return SetupError("The api_url of [connectors.bluesky] is no address of a server.")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return TryLater(f"Bluesky could not be reached; {call.name} was not sent.")
    if isinstance(error, httpx.TimeoutException):
        return call.lost(f"Bluesky did not answer within {timeout:g} seconds")
    return call.lost("The connection to Bluesky broke before an answer came")


def _certificate_failed(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def judge(
    call: Call, status: int, headers: Mapping[str, str], content: bytes
) -> ConnectorError | None:
    """What an answer means; None: it is good."""
    if status == 429:
        return TryLater(
            f"Bluesky limits how often we may ask ({call.name}); nothing was applied.",
            at=_reset(headers),
        )
    if status == 501:
        return NotPermitted(f"The server of api_url does not offer {call.name}.")
    if status >= 500 or status == 408:
        return call.lost(f"Bluesky answered with status {status}")
    payload = _json(content)
    if status < 300:
        good = isinstance(payload, dict) or not content
        return None if good else call.lost("Bluesky answered with something that is not JSON")
    if status < 400:
        return call.lost(f"Bluesky answered with status {status}")
    fields = payload if isinstance(payload, dict) else {}
    name, message = _word(fields.get("error")), _word(fields.get("message"))
    if call.is_login:
        return _refused_login(call, status, name)
    return _refused(call, status, name, message.lower())


def _refused_login(call: Call, status: int, name: str) -> ConnectorError:
    if call.name == RENEWAL and name not in _SUSPENDED:
        return LoginEnded()
    if name in _SUSPENDED:
        return _suspended(name)
    if name == "AuthFactorTokenRequired":
        return SetupError(
            f"Bluesky asks for a second factor: app_password is the main password; {HOW_TO_LOG_IN}"
        )
    if status in (400, 401):
        return SetupError(
            f"Bluesky does not accept handle and app_password ({status}); {HOW_TO_LOG_IN}"
        )
    return SetupError(f"Bluesky refused the login with status {status}. Check api_url and network.")


def _refused(call: Call, status: int, name: str, message: str) -> ConnectorError:
    """A status of 4xx: nothing was applied."""
    if call.of_messages and any(words in message for words in _LACKS_MESSAGES):
        return NotPermitted(
            f"The app password has no access to direct messages. To send them, {HOW_TO_LOG_IN}"
        )
    if name in _LOGIN_ENDED or status == 401:
        return LoginEnded()
    if name in _SUSPENDED:
        return _suspended(name)
    code = _REFUSALS.get(name)
    if code is not None:
        return Refused(f"Bluesky refused {call.name}: {name}.", code=code)
    if not call.writes and not call.of_messages:
        if status in (400, 414):
            return NotUnderstood(f"Bluesky does not understand {call.name} ({name or status}).")
        return NotPermitted(f"Bluesky does not let us read {call.name}: status {status}.")
    if status == 404:
        return NotPermitted(f"The server of api_url does not offer {call.name}.")
    code = next((code for word, code in _REFUSAL_WORDS if word in message), None)
    if code is None:
        code = {413: "too_long", 403: "forbidden"}.get(status, "refused")
    return Refused(f"Bluesky refused {call.name} ({name or status}).", code=code)


def _suspended(name: str) -> SetupError:
    return SetupError(f"Bluesky has closed our account ({name}): log in at bsky.app to see why.")


def _reset(headers: Mapping[str, str]) -> datetime | None:
    """When a rate limit ends, aware UTC; None where the headers do not say.

    Source: docs.bsky.app, "Rate Limits" (ratelimit-reset: Unix seconds), read 2026-04.
    """
    found = {name.lower(): value for name, value in headers.items()}
    reset = _number(found.get("ratelimit-reset"))
    if reset is not None:
        try:
            return datetime.fromtimestamp(reset, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    wait = _number(found.get("retry-after"))
    if wait is None:
        return None
    try:
        said = parsedate_to_datetime(found.get("date", ""))
    except ValueError:
        return None
    span = min(timedelta(seconds=min(wait, _LONGEST_WAIT.total_seconds())), _LONGEST_WAIT)
    return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC) + span


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _word(value: object) -> str:
    return value if isinstance(value, str) and len(value) < 300 else ""
