"""What passes between praw and Reddit: one request, one time-out, one meaning for every answer.

praw 8 and prawcore 4 repeat a request up to three times after a lost answer or a 5xx, also where
it posts something, and sleep inside the call for the rate limit. Neither may happen here, so this
requestor decides before they can: it gives them nothing but good answers, from which the
rate-limit headers are taken out, and raises our own errors, which both let through.

Source: prawcore 4.0.0, sessions.py (`_request_with_retries`) and rate_limit.py (`delay`); praw
8.0.3, reddit.py (`post`), read 2026-11.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ssl import SSLCertVerificationError
from urllib.parse import urlsplit

import requests
from prawcore import Requestor
from prawcore.const import ACCESS_TOKEN_PATH
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from connectors.errors import ConnectorError, OutcomeUnknown, Refused, SetupError, TryLater
from connectors.reserve import is_for_sending

#: Calls of the rate-limit window that reads leave to what a person has approved.
LEFT_FOR_WRITES = 10

#: Reddit's word for a refusal -> ours. Any other word is passed on in lower case.
#: Source: github.com/reddit-archive/reddit, r2/lib/errors.py, and the notes on the live API at
#: github.com/Pyprohly/reddit-api-doc-notes (comment, direct message), read 2026-11;
#: THREAD_LOCKED and USER_BLOCKED_MESSAGE as users of the API report them.
REFUSALS = {
    "NOT_WHITELISTED_BY_USER_MESSAGE": "closed",
    "USER_BLOCKED": "blocked",
    "USER_BLOCKED_MESSAGE": "blocked",
    "USER_DOESNT_EXIST": "gone",
    "NO_USER": "gone",
    "NO_THING_ID": "gone",
    "DELETED_LINK": "gone",
    "DELETED_COMMENT": "gone",
    "DELETED_THING": "gone",
    "THREAD_LOCKED": "locked",
    "TOO_OLD": "archived",
    "TOO_LONG": "too_long",
    "NO_TEXT": "empty",
    "SUBREDDIT_NOTALLOWED": "banned",
}

#: Reddit's words for "something on our side broke": whether it was applied, nobody knows.
_BROKEN = {"SOMETHING_IS_BROKEN", "SERVER_ERROR", "UNKNOWN_ERROR"}
#: Words that no answer of ours can mend, only a person.
_NEEDS_SETUP = {"USER_REQUIRED", "VERIFIED_USER_REQUIRED", "EXPIRED", "HTTPS_REQUIRED", "BANNED_IP"}
_TOO_SOON = {"RATELIMIT", "SUBREDDIT_RATELIMIT", "QUOTA_FILLED"}

_UNITS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}
_WAIT = re.compile(r"(\d{1,4}) (millisecond|second|minute|hour|day)s?\b")
_WORD = re.compile(r"[A-Za-z0-9_ -]{1,60}")
#: Longest wait that is believed, in seconds; a longer one is an error in the answer.
_LONGEST_WAIT = 86_400.0

#: Source: r/redditdev 1oug31u and Reddit's Responsible Builder Policy, read 2026-11.
KEYS = (
    "Since November 2025 Reddit gives API keys only after it has approved the use, and commercial "
    "use needs a contract (support.reddithelp.com, article 42728983564564). Then put client_id, "
    "client_secret, username and password of a script app into [connectors.reddit]."
)


class LoginEnded(SetupError):
    """Reddit no longer accepts the login that we use."""


class NotReadable(SetupError):
    """Reddit does not let us read this."""


class Wire(Requestor):
    """The only place where a request to Reddit leaves. For one thread at a time.

    Args:
        timeout: Seconds to wait for a connection, and for each piece of the answer. praw's own
            `timeout` setting is never read by praw 8.0.3, so it is applied here.
        monotonic: Measures how long the rate-limit window still lasts, in seconds.
    """

    def __init__(
        self,
        *,
        oauth_url: str,
        reddit_url: str,
        user_agent: str,
        timeout: float,
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__(
            oauth_url=oauth_url, reddit_url=reddit_url, timeout=timeout, user_agent=user_agent
        )
        self._monotonic = monotonic
        self._left = math.inf
        self._window_ends = -math.inf  #: by `monotonic`
        self._window_ends_at: datetime | None = None  #: by Reddit's clock

    def request(
        self, *args: str, timeout: float | None = None, **kwargs: object
    ) -> requests.Response:
        """Send one request, once: a method, an address, and what `requests` knows besides.

        `timeout` is what prawcore would like, and is not heeded.

        Raises:
            ConnectorError: the answer is not a good one; nothing is sent again.
        """
        method, url = args[0].upper(), args[1]
        login = urlsplit(url).path.endswith(ACCESS_TOKEN_PATH)
        call = Call(method=method, path=urlsplit(url).path, login=login)
        self._heed_window(call)
        if method != "GET":
            # An idle connection may be closed at the other end just as we write into it, and then
            # nobody could say whether the request was applied. A fresh one either opens or not.
            self._http.close()
        send: Callable[..., requests.Response] = self._http.request
        options = {**kwargs, "timeout": self.timeout, "allow_redirects": False}
        try:
            response = send(method, url, **options)
        except requests.RequestException as error:
            raise unanswered(call, error, self.timeout) from error
        self._note_window(response)
        verdict = judge(call, response)
        if verdict is not None:
            raise verdict
        if not response.content:
            response.headers["content-length"] = "0"  # by this prawcore knows an empty body
        return response

    def _heed_window(self, call: "Call") -> None:
        first = call.writes or call.login or is_for_sending()
        needed = 1 if first else 1 + LEFT_FOR_WRITES
        if self._left < needed and self._monotonic() < self._window_ends:
            raise TryLater(
                "Reddit's rate limit for our keys is used up; nothing was asked.",
                at=self._window_ends_at,
            )

    def _note_window(self, response: requests.Response) -> None:
        """Remember what is left of the window, and hide it from prawcore, which would sleep."""
        headers = response.headers
        left = _number(headers.pop("x-ratelimit-remaining", None))
        headers.pop("x-ratelimit-used", None)
        reset = _number(headers.get("x-ratelimit-reset"))
        if left is None or reset is None or response.status_code == 429:
            return
        window = _span(reset)
        self._left = left
        self._window_ends = self._monotonic() + window.total_seconds()
        self._window_ends_at = _later(response, window)


@dataclass(frozen=True, kw_only=True)
class Call:
    """What was asked, for the sake of what its failure means."""

    method: str
    path: str
    login: bool  #: asks for a token: whatever becomes of it, nothing of ours was written

    @property
    def writes(self) -> bool:
        """Whether it asks for something that others see."""
        return self.method != "GET" and not self.login

    @property
    def name(self) -> str:
        """What to call it in a message: no query (search terms), no body (texts, secrets)."""
        return f"{self.method} {self.path}"

    def lost(self, what: str) -> ConnectorError:
        """No usable answer came."""
        if self.writes:
            return OutcomeUnknown(f"{what}: {self.name} may have been applied or not.")
        return TryLater(f"{what} ({self.name}).")


def unanswered(call: Call, error: requests.RequestException, timeout: float) -> ConnectorError:
    """What it means that a request got no answer at all."""
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return SetupError("The api_url of [connectors.reddit] is no address of a server.")
    if _has(error, SSLCertVerificationError):
        return SetupError("The certificate of Reddit's server could not be verified.")
    if _has(error, requests.ConnectTimeout, NewConnectionError, ConnectTimeoutError, ProxyError):
        return TryLater(f"Reddit could not be reached; {call.name} was not sent.")
    if isinstance(error, requests.Timeout):
        return call.lost(f"Reddit did not answer within {timeout:g} seconds")
    return call.lost("The connection to Reddit broke before an answer came")


def _has(error: BaseException, *kinds: type[BaseException]) -> bool:
    """Whether one of these lies under a chain of wrapped errors."""
    todo: list[object] = [error]
    seen: list[object] = []
    while todo:
        each = todo.pop()
        if isinstance(each, kinds):
            return True
        if isinstance(each, BaseException) and not any(each is other for other in seen):
            seen.append(each)
            todo += [*each.args, each.__cause__, getattr(each, "reason", None)]
    return False


def judge(call: Call, response: requests.Response) -> ConnectorError | None:
    """What an answer means; None: it is good."""
    status = response.status_code
    if status == 429:
        at = _later(response, _asked_wait(response))
        return TryLater("Reddit limits how often we may ask; nothing was applied.", at=at)
    payload = _json(response)
    if status >= 500 or status == 408:
        return call.lost(f"Reddit answered with status {status}")
    if call.login:
        return _judge_login(call, status, payload)
    if status in (200, 201, 202):
        if call.path.endswith("/api/del") and (payload == {} or not response.content):
            return None  # deleting has no return value
        if not isinstance(payload, dict | list):
            return call.lost("Reddit answered with something that is not JSON")
        return _judge_applied(call, response, payload) if call.writes else None
    if status < 400:
        if call.writes:
            return call.lost(f"Reddit answered with status {status}")
        return NotReadable(f"Reddit has no such page: {call.name}.")
    return _judge_refusal(call, response, payload)


def _judge_login(call: Call, status: int, payload: object) -> ConnectorError | None:
    fields = payload if isinstance(payload, dict) else {}
    if status == 200 and "error" not in fields:
        whole = (
            isinstance(fields.get("access_token"), str)
            and isinstance(fields.get("scope"), str)
            and _number(fields.get("expires_in")) is not None
        )
        return None if whole else call.lost("Reddit's login answered with something else")
    word = fields.get("error", status)
    why = {
        "invalid_grant": "username or password are wrong, two-factor login is on, or the account "
        "is no developer of the app",
        "unsupported_grant_type": "the app is not of the kind script",
        401: "client_id or client_secret are wrong or were withdrawn",
        403: "it refuses this user_agent or this network",
    }.get(word if isinstance(word, str | int) else status, f"status {status}")
    return SetupError(f"Reddit refused the login: {why}. {KEYS}")


def _judge_applied(
    call: Call, response: requests.Response, payload: dict[str, object] | list[object]
) -> ConnectorError | None:
    """A write was answered with 200; Reddit says there whether it was done."""
    answer = payload.get("json") if isinstance(payload, dict) else None
    if not isinstance(answer, dict):
        return call.lost("Reddit's answer says nothing of the outcome")
    errors = answer.get("errors")
    if not errors:
        return None
    first = errors[0] if isinstance(errors, list) else errors
    parts = first if isinstance(first, list) and first else [first]
    message = parts[1] if len(parts) > 1 and isinstance(parts[1], str) else ""
    wait = _number(answer.get("ratelimit"))
    named = _span(wait) if wait is not None else _wait_in(message)
    return _refused(call, parts[0], at=_later(response, named))


def _judge_refusal(call: Call, response: requests.Response, payload: object) -> ConnectorError:
    """A status of 4xx: nothing was applied."""
    status = response.status_code
    reason = payload.get("reason") if isinstance(payload, dict) else None
    if status == 401:
        return LoginEnded()
    if status == 403 and "insufficient_scope" in response.headers.get("www-authenticate", ""):
        lacking = f"The login's permissions do not cover {call.name}."
        return SetupError(lacking) if call.writes else NotReadable(lacking)
    if status == 403 and not isinstance(payload, dict):
        return SetupError(
            f"Reddit's front door refused {call.name}: it blocks this user_agent or this network."
        )
    if not call.writes:
        why = f" ({reason})" if isinstance(reason, str) and _WORD.fullmatch(reason) else ""
        return NotReadable(f"Reddit does not let us read {call.name}: status {status}{why}.")
    if reason is not None:
        return _refused(call, reason, at=None)
    code = {403: "forbidden", 404: "gone", 413: "too_long"}.get(status, f"http_{status}")
    return Refused(f"Reddit refused {call.name} with status {status}.", code=code)


def _refused(call: Call, word: object, *, at: datetime | None) -> ConnectorError:
    if not isinstance(word, str) or not _WORD.fullmatch(word):
        return Refused(f"Reddit refused {call.name} and gave no readable reason.")
    if word in _TOO_SOON:
        return TryLater("Reddit wants this account to write less often.", at=at)
    if word in _NEEDS_SETUP:
        return SetupError(f"Reddit refused {call.name}: {word}. See to the account's login.")
    if word in _BROKEN:
        return call.lost(f"Reddit answered {word}")
    code = REFUSALS.get(word, re.sub("[ -]", "_", word.lower()))
    return Refused(f"Reddit refused {call.name}: {word}.", code=code)


def _json(response: requests.Response) -> object:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _number(value: object) -> float | None:
    """A finite number that is not negative, from a header or a field; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _asked_wait(response: requests.Response) -> timedelta | None:
    """How long a 429 asks us to wait: the longer of what its headers say."""
    headers: Mapping[str, str] = response.headers
    waits = [_number(headers.get(name)) for name in ("retry-after", "x-ratelimit-reset")]
    known = [wait for wait in waits if wait is not None]
    return _span(max(known)) if known else None


def _wait_in(message: str) -> timedelta | None:
    """The wait in a sentence such as "try again in 9 minutes"; it is cut to whole units there."""
    found = _WAIT.search(message)
    if found is None:
        return None
    return _span((int(found[1]) + 1) * _UNITS[found[2]])


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=min(seconds, _LONGEST_WAIT))


def _later(response: requests.Response, wait: timedelta | None) -> datetime | None:
    """The moment after that wait, by the clock of the server that named the wait."""
    if wait is None:
        return None
    try:
        said = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC) + wait
