"""The login of a service account, and what Google's answers mean.

Sources, read 2026-11: developers.google.com/identity/protocols/oauth2/service-account (JWT grant);
developers.google.com/android-publisher/quotas (200 GET requests an hour, 2,000 answers a day for
each app) and its error responses.
"""

import json
import time
from collections.abc import Callable, Mapping
from threading import Lock

from connectors.errors import ConnectorError, Refused, SetupError, TryLater
from connectors.payload import Json, mapping, objects, optional
from connectors.review_site import StaleToken
from connectors.signed import ServerTime, sign
from connectors.web import Answer, Call, Web, weather

NAME = "Google Play"
HOST = "https://androidpublisher.googleapis.com"
LOGIN_URL = "https://oauth2.googleapis.com/token"
HOW_TO_LOG_IN = (
    "make a service account in Google Cloud, invite it in the Play Console (Users and permissions) "
    'with "View app information" and "Reply to reviews", and put its JSON key into the environment '
    "variable that [connectors.google_play] names"
)
_SCOPE = "https://www.googleapis.com/auth/androidpublisher"
_LOGIN = Call(platform=NAME, doing="logging in")
#: A token that lives this long at most is asked for, in seconds; an hour is the most.
_LIFETIME = 3600
#: A token is renewed so many seconds before its end.
_MARGIN = 300.0
#: Of 403: this is about how often, not about whether.
_QUOTA = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"}


class Gone(Refused):
    """There is no such review."""

    def __init__(self) -> None:
        super().__init__("The review is gone, or its text is.", code="gone")


class Session:
    """Speaks for one service account."""

    def __init__(
        self,
        *,
        web: Web,
        login_url: str,
        key: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._web = web
        self._login_url = login_url
        self._key = key
        self._monotonic = monotonic
        self._time = ServerTime(monotonic)
        self._lock = Lock()
        self._token = ""
        self._ends = 0.0

    def ask(
        self,
        call: Call,
        method: str,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
    ) -> Json:
        """Send one request, once, in the service account's name.

        Raises:
            ConnectorError: the answer is not a good one.
        """
        token = self._valid_token()
        answer = self._web.ask(
            call,
            method,
            url,
            params=params,
            json=json,
            headers={"Authorization": f"Bearer {token}"},
        )
        if answer.status == 401:
            # A token can end early. A new login tells that from an account that is worth nothing;
            # the request itself was refused, and is left to the next try.
            self.forget(token)
            self._valid_token()
            raise TryLater(f"{NAME} had ended our login; it is renewed now.")
        trouble = judge(call, answer, stale="token" in (params or {}))
        if trouble is not None:
            raise trouble
        return mapping(answer.payload)

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
        account = _account(self._key)
        now = int(self._time.asked(self._web, _LOGIN, self._login_url).timestamp())
        assertion = sign(
            {
                "iss": account["client_email"],
                "scope": _SCOPE,
                "aud": account["token_uri"],
                "iat": now,
                "exp": now + _LIFETIME,
            },
            key=account["private_key"],
            algorithm="RS256",
            headers={"kid": account["private_key_id"]},
            setting="service_account in [connectors.google_play]",
        )
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        answer = self._web.ask(_LOGIN, "POST", self._login_url, form=form)
        self._time.heard(answer)
        trouble = weather(_LOGIN, answer)
        if trouble is not None:
            raise trouble
        said = mapping(answer.payload)
        token, lives = optional(said, "access_token"), said.get("expires_in")
        if answer.status != 200:
            why = optional(said, "error") or str(answer.status)
            message = f"{NAME} does not accept the service account ({_word(why)})."
            raise SetupError(message)
        if token is None:
            raise TryLater(f"{NAME} answered the login with something that is no token.")
        lasts = lives if isinstance(lives, int) and not isinstance(lives, bool) else _LIFETIME
        self._token, self._ends = token, self._monotonic() + lasts - _MARGIN


def _account(key: str) -> dict[str, str]:
    """What the JSON key of a service account says.

    Raises:
        SetupError: it is none.
    """
    try:
        found = mapping(json.loads(key))
    except (ValueError, RecursionError):
        found = {}
    given = {name: optional(found, name) for name in ("client_email", "private_key")}
    known = {name: value for name, value in given.items() if value is not None}
    if len(known) < len(given):
        raise SetupError(f"service_account is no JSON key of a service account; {HOW_TO_LOG_IN}")
    return {
        "token_uri": optional(found, "token_uri") or LOGIN_URL,
        "private_key_id": optional(found, "private_key_id") or "",
        **known,
    }


def judge(call: Call, answer: Answer, *, stale: bool) -> ConnectorError | None:
    """What an answer means; None: it is good.

    Args:
        call: What was asked.
        answer: The answer, of any status but 401.
        stale: The request carried a page token, which may be what was not understood.
    """
    status, payload = answer.status, answer.payload
    trouble = weather(call, answer)
    if trouble is not None:
        return trouble
    if status < 300:
        if isinstance(payload, dict):
            return None
        return call.lost(f"{NAME} answered with something that is not JSON")
    error = mapping(mapping(payload).get("error"))
    reasons = {optional(one, "reason") for one in objects(error.get("errors"))}
    word = _word(optional(error, "status") or str(status))
    if status == 403 and reasons & _QUOTA:
        return TryLater(
            f"{NAME} limits how often we may ask; nothing was done.", at=answer.retry_at
        )
    if status == 403:
        return SetupError(f"{NAME} does not let the service account go on {call.doing} ({word}).")
    if status == 404:
        return Gone()
    if stale and status == 400:
        return StaleToken(f"{NAME} does not take a page token any more.")
    if call.writes:
        return _refused(optional(error, "message") or "", word)
    return SetupError(f"{NAME} does not understand {call.doing} ({word}): see to package_name.")


def _refused(message: str, word: str) -> Refused:
    too_long = "too long" in message.lower() or "350" in message
    code = "too_long" if too_long else "refused"
    return Refused(f"{NAME} refuses the answer ({word}).", code=code)


def _word(value: str) -> str:
    """A code of theirs, as far as it is one."""
    return value if len(value) < 60 and value.isprintable() else "no reason"
