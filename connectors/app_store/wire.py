"""The login by a key of App Store Connect, and what Apple's answers mean.

Sources: developer.apple.com/documentation/appstoreconnectapi, "Generating Tokens for API Requests"
(ES256, no longer than 20 minutes), "Identifying Rate Limits" (a rolling hour, header X-Rate-Limit)
and "Interpreting and Handling Errors", read 2026-11.
"""

import time
from collections.abc import Callable, Mapping
from threading import Lock

from connectors.errors import ConnectorError, Refused, SetupError
from connectors.payload import Json, mapping, objects, optional
from connectors.review_site import StaleToken
from connectors.signed import ServerTime, sign
from connectors.web import Answer, Call, Web, weather

NAME = "The App Store"
HOST = "https://api.appstoreconnect.apple.com"
HOW_TO_LOG_IN = (
    "make a team key with the role Customer Support in App Store Connect (Users and Access, "
    "Integrations) and put its .p8 file into the environment variable that "
    "[connectors.app_store] names"
)
_LOGIN = Call(platform=NAME, doing="logging in")
#: In seconds. Apple takes 20 minutes at most, and refuses what its clock thinks longer.
_LIFETIME = 600
#: A token is made anew so many seconds before its end.
_MARGIN = 60.0


class Gone(Refused):
    """There is no such thing."""

    def __init__(self) -> None:
        super().__init__("The review is gone, or its text is.", code="gone")


class Exists(Refused):
    """Something that stands there already is in the way."""

    def __init__(self) -> None:
        super().__init__("What stands there already is in the way (409).", code="answered")


class Session:
    """Speaks with one key."""

    def __init__(
        self,
        *,
        web: Web,
        api_url: str,
        issuer_id: str,
        key_id: str,
        key: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._web = web
        self._api_url = api_url
        self._issuer_id = issuer_id
        self._key_id = key_id
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
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
    ) -> Json:
        """Send one request, once; an answer without a body is an empty object.

        Raises:
            ConnectorError: the answer is not a good one.
        """
        headers = {"Authorization": f"Bearer {self._valid_token()}"}
        url = f"{self._api_url}{path}"
        answer = self._web.ask(call, method, url, params=params, json=json, headers=headers)
        self._time.heard(answer)
        trouble = judge(call, answer, stale="cursor" in (params or {}))
        if trouble is not None:
            raise trouble
        return mapping(answer.payload)

    def _valid_token(self) -> str:
        with self._lock:
            if not self._token or self._monotonic() >= self._ends:
                now = int(self._time.asked(self._web, _LOGIN, self._api_url).timestamp())
                claims = {
                    "iss": self._issuer_id,
                    "iat": now,
                    "exp": now + _LIFETIME,
                    "aud": "appstoreconnect-v1",
                }
                self._token = sign(
                    claims,
                    key=self._key,
                    algorithm="ES256",
                    headers={"kid": self._key_id},
                    setting="private_key in [connectors.app_store]",
                )
                self._ends = self._monotonic() + _LIFETIME - _MARGIN
            return self._token


def judge(call: Call, answer: Answer, *, stale: bool) -> ConnectorError | None:
    """What an answer means; None: it is good.

    Args:
        call: What was asked.
        answer: The answer.
        stale: The request carried a page token, which may be what was not understood.
    """
    status, payload = answer.status, answer.payload
    trouble = weather(call, answer)
    if trouble is not None:
        return trouble
    if status < 300:
        if isinstance(payload, dict) or status == 204:
            return None
        return call.lost(f"{NAME} answered with something that is not JSON")
    errors = list(objects(mapping(payload).get("errors")))
    code = next((code for one in errors if (code := optional(one, "code"))), str(status))
    word = code if len(code) < 100 and code.isprintable() else str(status)
    if status == 401:
        return SetupError(f"{NAME} does not accept issuer_id, key_id and private_key ({word}).")
    if status == 403:
        return SetupError(f"{NAME} does not let the key go on {call.doing} ({word}).")
    if status == 404:
        return Gone()
    if status == 409 and call.writes:
        return Exists()
    if stale and status == 400:
        return StaleToken(f"{NAME} does not take a page token any more.")
    if call.writes:
        too_long = any("length" in (optional(one, "detail") or "").lower() for one in errors)
        code = "too_long" if too_long else "refused"
        return Refused(f"{NAME} refuses {call.doing} ({word}).", code=code)
    return SetupError(f"{NAME} does not understand {call.doing} ({word}): see to app_id.")
