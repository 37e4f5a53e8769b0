"""What passes between Mastodon.py and a server: one request, one time-out, one meaning each.

The library gets good answers only; for every other one an error of ours is raised from here, and
`ask` takes it out of what the library wraps it in. Nothing is ever sent twice and no redirect is
followed. Headers that the library would act on by itself are taken out.
Source: Mastodon.py 2.3.3, internals.py (`__api_request`), read 2026-11.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ssl import SSLCertVerificationError
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from connectors.errors import ConnectorError, OutcomeUnknown, Refused, SetupError, TryLater
from connectors.reserve import Reserve

Given = ParamSpec("Given")
Found = TypeVar("Found")

HOW_TO_LOG_IN = (
    "make an application in your server's preferences, Development, with the scopes read and "
    "write:statuses, and put its access token into the environment variable that "
    "[connectors.mastodon] names"
)
#: Paths that are answered with a list.
_LISTS = re.compile(r"/(?:notifications|conversations|statuses|timelines/.+)/?$")
#: Longest wait that is believed, in seconds; a longer one is an error in the answer.
_LONGEST_WAIT = 86_400.0
#: With these the library computes, warns or turns pages by itself.
_NOT_FOR_THE_LIBRARY = (
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "deprecation",
    "link",
)
#: Words of a refused write -> the code of Refused. Source: mastodon/mastodon,
#: config/locales/en.yml (statuses.over_character_limit), read 2026-11.
_REFUSAL_WORDS = (
    ("character limit", "too_long"),
    ("too long", "too_long"),
    ("can't be blank", "empty"),
    ("block", "blocked"),
)


class NotPermitted(SetupError):
    """The login may not do this."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """What was asked, for the sake of what its failure means."""

    method: str
    path: str

    @property
    def writes(self) -> bool:
        """Whether it asks for something that others see."""
        return self.method != "GET"

    @property
    def expects(self) -> type:
        """What the answer is made of. The library would make an empty list of an object."""
        listed = self.method == "GET" and _LISTS.search(self.path) is not None
        return list if listed else dict

    @property
    def name(self) -> str:
        """What to call it in a message: no query (search terms), no body (texts)."""
        return f"{self.method} {self.path}"

    def lost(self, what: str) -> ConnectorError:
        """No usable answer came."""
        if self.writes:
            return OutcomeUnknown(f"{what}: {self.name} may have been applied or not.")
        return TryLater(f"{what} ({self.name}).")


class Wire(HTTPAdapter):
    """Carries every request of the library. HTTPAdapter's own retries are off unless asked for."""

    def __init__(self, *, timeout: float) -> None:
        super().__init__(max_retries=0)
        self._timeout = timeout
        self._reserve = Reserve("Mastodon")

    def session(self) -> requests.Session:
        """A session of which every request goes this way."""
        session = requests.Session()
        session.mount("https://", self)
        session.mount("http://", self)
        return session

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request, once, with our time-out.

        Raises:
            ConnectorError: the answer is not a good one.
        """
        call = Call(method=request.method or "GET", path=urlsplit(request.url or "").path)
        # An idle connection may be closed at the other end just as we write into it, and then
        # nobody could say whether the request was applied. A fresh one either opens or not.
        self.close()
        if not call.writes:
            self._reserve.heed("account")
        try:
            response = super().send(
                request, stream=stream, timeout=self._timeout, verify=verify, proxies=proxies
            )
            content = response.content  # read to its end, or the connection stays open
        except requests.RequestException as error:
            raise unanswered(call, error, self._timeout) from error
        verdict = judge(call, response.status_code, response.headers, content)
        if verdict is not None:
            raise verdict
        self._note(response.headers)
        for name in _NOT_FOR_THE_LIBRARY:
            response.headers.pop(name, None)
        return response

    def _note(self, headers: Mapping[str, str]) -> None:
        """Remember what is left of the account's limit, which all calls share."""
        ends_at, now = _reset(headers), _said_at(headers)
        limit = _number(headers.get("x-ratelimit-limit"))
        left = _number(headers.get("x-ratelimit-remaining"))
        if ends_at is not None and now is not None and limit is not None and left is not None:
            self._reserve.note(
                "account", limit=int(limit), left=int(left), ends_at=ends_at, now=now
            )


def ask(call: Callable[Given, Found], /, *args: Given.args, **kwargs: Given.kwargs) -> Found:
    """Make one request through the library; what goes wrong is one of our errors.

    Raises:
        ConnectorError: one of them, but never BadPayload or Unsupported.
    """
    from mastodon import MastodonError

    try:
        return call(*args, **kwargs)
    except MastodonError as error:
        ours = error.__context__
        if isinstance(ours, ConnectorError):
            # What the library adds may hold the address with the search terms.
            raise ours from ours.__cause__
        writes = getattr(call, "__name__", "") in ("status_post", "status_delete")
        lost = Call(method="POST" if writes else "GET", path=getattr(call, "__name__", ""))
        raise lost.lost("Mastodon answered with something else than its API does") from error


def unanswered(call: Call, error: requests.RequestException, timeout: float) -> ConnectorError:
    """What it means that a request got no answer at all."""
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return SetupError("The api_url of [connectors.mastodon] is no address of a server.")
    if _has(error, SSLCertVerificationError):
        return SetupError("The certificate of the Mastodon server could not be verified.")
    if _has(error, requests.ConnectTimeout, NewConnectionError, ConnectTimeoutError, ProxyError):
        return TryLater(f"Mastodon could not be reached; {call.name} was not sent.")
    if isinstance(error, requests.Timeout):
        return call.lost(f"Mastodon did not answer within {timeout:g} seconds")
    return call.lost("The connection to Mastodon broke before an answer came")


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


def judge(
    call: Call, status: int, headers: Mapping[str, str], content: bytes
) -> ConnectorError | None:
    """What an answer means; None: it is good."""
    if status == 429:
        return TryLater(
            f"Mastodon limits how often we may ask ({call.name}); nothing was applied.",
            at=_reset(headers),
        )
    if status >= 500 or status == 408:
        return call.lost(f"Mastodon answered with status {status}")
    payload = _json(content)
    if status < 300:
        if isinstance(payload, call.expects):
            return None
        return call.lost("Mastodon answered with something else than its API does")
    if status < 400:
        if call.writes:
            return call.lost(f"Mastodon answered with status {status}")
        return SetupError("The Mastodon server has moved: see to api_url in [connectors.mastodon].")
    words = payload.get("error") if isinstance(payload, dict) else None
    return _refused(call, status, words.lower() if isinstance(words, str) else "")


def _refused(call: Call, status: int, words: str) -> ConnectorError:
    """A status of 4xx: nothing was applied."""
    if status == 401:
        return SetupError(f"Mastodon does not accept the access token (401); {HOW_TO_LOG_IN}")
    if status in (404, 410):
        return Refused(f"Mastodon does not have that ({call.name}).", code="gone")
    if status == 403 and "scope" in words:
        return NotPermitted(f"The access token does not cover {call.name}; {HOW_TO_LOG_IN}")
    if status == 403 and "login" in words:
        return SetupError(
            "Mastodon has limited our login: see to the account in a browser (is its e-mail "
            "address confirmed, is it suspended?)"
        )
    if not call.writes:
        return NotPermitted(f"Mastodon does not let us read {call.name}: status {status}.")
    code = next((code for word, code in _REFUSAL_WORDS if word in words), None)
    if code is None:
        code = {403: "forbidden", 413: "too_long"}.get(status, "refused")
    return Refused(f"Mastodon refused {call.name} with status {status}.", code=code)


def _reset(headers: Mapping[str, str]) -> datetime | None:
    """When a rate limit ends, aware UTC; None where the headers do not say.

    Source: docs.joinmastodon.org, "Rate limits" (X-RateLimit-Reset: a time in ISO 8601),
    2026-07-02; others of its kin send Unix seconds.
    """
    said = headers.get("x-ratelimit-reset", "")
    try:
        moment = datetime.fromisoformat(said)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    seconds = _number(said)
    if seconds is not None:
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    wait, now = _number(headers.get("retry-after")), _said_at(headers)
    if wait is None or now is None:
        return None
    return now + timedelta(seconds=min(wait, _LONGEST_WAIT))


def _said_at(headers: Mapping[str, str]) -> datetime | None:
    """The moment of the answer by the server's clock, aware UTC; None where it does not say."""
    try:
        now = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return now.replace(tzinfo=now.tzinfo or UTC).astimezone(UTC)


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
