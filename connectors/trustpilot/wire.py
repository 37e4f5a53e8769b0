"""The login of an application at Trustpilot, and what Trustpilot's answers mean.

Sources, read 2026-11: developers.trustpilot.com, "Authentication overview" (a token lives for 100
hours; who asks for new ones too often is answered with 429), "Client credentials", "Password".
"""

import base64
import time
from collections.abc import Callable, Mapping
from threading import Lock

from connectors.errors import ConnectorError, Refused, SetupError, TryLater
from connectors.payload import mapping, optional
from connectors.web import Answer, Call, Web, weather

NAME = "Trustpilot"
HOST = "https://api.trustpilot.com"
HOW_TO_LOG_IN = (
    "make an application in Trustpilot Business (Integrations, Developers, APIs), which takes a "
    "plan with API access, and put its key and secret into the environment variables that "
    "[connectors.trustpilot] names"
)
LOGIN = "/v1/oauth/oauth-business-users-for-applications/accesstoken"
_LOGIN = Call(platform=NAME, doing="logging in")
#: What a token lives where the answer does not say, in seconds.
_LIFETIME = 3600.0
#: A token is renewed so many seconds before its end.
_MARGIN = 60.0


class Gone(Refused):
    """There is no such thing."""

    def __init__(self) -> None:
        super().__init__("The review is gone.", code="gone")


class Session:
    """Speaks for one application.

    Args:
        web: Sends the requests.
        api_url: Where.
        key: The application's.
        secret: The application's.
        form: The rest of what a login says: which kind it is, and whose.
        monotonic: A stopwatch, in seconds.
    """

    def __init__(
        self,
        *,
        web: Web,
        api_url: str,
        key: str,
        secret: str,
        form: Mapping[str, str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._web = web
        self._api_url = api_url
        self._basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self._form = form
        self._monotonic = monotonic
        self._lock = Lock()
        self._token = ""
        self._ends = 0.0

    def ask(
        self,
        call: Call,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
    ) -> Answer:
        """Send one request, once.

        Raises:
            ConnectorError: the answer is not a good one.
        """
        token = self._valid_token()
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self._api_url}{path}"
        answer = self._web.ask(call, method, url, params=params, json=json, headers=headers)
        if answer.status == 401:
            # A token can end early. A new login tells that from a key that is worth nothing; the
            # request itself was refused, and is left to the next try.
            self.forget(token)
            self._valid_token()
            raise TryLater(f"{NAME} had ended our login; it is renewed now.")
        trouble = judge(call, answer)
        if trouble is not None:
            raise trouble
        return answer

    def forget(self, token: str) -> None:
        """Log in anew before the next request, unless somebody else has already."""
        with self._lock:
            if self._token == token:
                self._token = ""

    def _valid_token(self) -> str:
        with self._lock:
            if not self._token or self._monotonic() >= self._ends:
                self._log_in()
            return self._token

    def _log_in(self) -> None:
        headers = {"Authorization": f"Basic {self._basic}"}
        url = f"{self._api_url}{LOGIN}"
        answer = self._web.ask(_LOGIN, "POST", url, form=self._form, headers=headers)
        trouble = weather(_LOGIN, answer)
        if trouble is not None:
            raise trouble
        if answer.status >= 300:
            message = f"{NAME} does not accept api_key and api_secret (status {answer.status})."
            raise SetupError(message)
        said = mapping(answer.payload)
        token = optional(said, "access_token")
        if token is None:
            raise TryLater(f"{NAME} answered the login with something that is no token.")
        self._token, self._ends = token, self._monotonic() + _seconds(said.get("expires_in"))


def _seconds(lives: object) -> float:
    """How long a token may be used; Trustpilot writes the number as text."""
    digits = str(lives) if isinstance(lives, int | str) and not isinstance(lives, bool) else ""
    known = float(digits) if digits.isascii() and digits.isdecimal() else _LIFETIME
    return known - _MARGIN


def judge(call: Call, answer: Answer) -> ConnectorError | None:
    """What an answer means, of any status but 401; None: it is good."""
    status = answer.status
    trouble = weather(call, answer)
    if trouble is not None:
        return trouble
    if status < 300:
        # A write may be answered without a word.
        if isinstance(answer.payload, dict) or (call.writes and not answer.body.strip()):
            return None
        return call.lost(f"{NAME} answered with something that is not JSON")
    if status == 403:
        return SetupError(f"{NAME} does not let the application go on {call.doing}.")
    if status == 404:
        return Gone()
    if call.writes:
        code = {409: "answered", 413: "too_long"}.get(status, "refused")
        return Refused(f"{NAME} refuses {call.doing} (status {status}).", code=code)
    return SetupError(f"{NAME} does not understand {call.doing} (status {status}).")
