"""Requests to Meta's Graph API, and what its answers mean.

Sources, read 2026-11: developers.facebook.com/docs/graph-api, "Handling Errors", "Rate Limits" and
"Batch Requests"; docs/messenger-platform/error-codes.
"""

import hmac
import json as js
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import quote

from connectors.errors import ConnectorError, OutcomeUnknown, Refused, SetupError, TryLater
from connectors.payload import Json, mapping, optional
from connectors.signed import ServerTime
from connectors.web import Answer, Call, Web, weather

HOST = "https://graph.facebook.com"
#: The most that one batch may hold ("Batch Requests").
BATCH = 50
#: Codes of errors -> what they mean.
_LOGIN = {102, 190}
_PERMISSION = {3, 10, *range(200, 300)}
_TOO_OFTEN = {4, 17, 32, 341, 368, 613, *range(80_000, 80_015)}
_TROUBLE = {1, 2}
#: The object does not exist, or is none that the account may see.
_GONE = {(100, 33), (803, None)}
_DUPLICATE = 506
#: Of private messages: answered already, outside the time that is allowed, or not wanted.
_CLOSED = {551, 10_900, 10_903}
_OUTSIDE_WINDOW = {2018278, 2018065, 2018108, 2534022}
_USAGE = "x-business-use-case-usage"


class StalePage(SetupError):
    """A list cannot be read on: its page token is stale, or what it belongs to is gone."""


class Gone(Refused):
    """What was asked for is not there any more."""

    def __init__(self) -> None:
        super().__init__("The post is gone, or nobody but its author sees it.", code="gone")


class Session:
    """Speaks with one access token.

    Args:
        web: Sends the requests.
        name: The platform's, as people call it.
        root: The address with the version, without a slash at the end.
        token: The access token. It never stands in an address.
        app_secret: Proves to Meta who uses the token; "": the app does not ask for that.
    """

    def __init__(self, *, web: Web, name: str, root: str, token: str, app_secret: str) -> None:
        self._web = web
        self._name = name
        self._root = root
        self._headers = {"Authorization": f"Bearer {token}"}
        self._proof = (
            {"appsecret_proof": hmac.digest(app_secret.encode(), token.encode(), "sha256").hex()}
            if app_secret
            else {}
        )
        self._time = ServerTime()

    @property
    def now(self) -> datetime | None:
        """The present moment at Meta; None before its first answer."""
        return self._time.now

    def get(self, doing: str, path: str, **params: str | int) -> Json:
        """Read something.

        Raises:
            ConnectorError: the answer is not a good one.
        """
        call = Call(platform=self._name, doing=doing)
        answer = self._send(call, "GET", path, params=params)
        return self._judged(call, answer, stale="after" in params)

    def post(self, doing: str, path: str, body: Mapping[str, object]) -> Json:
        """Write something, once.

        Raises:
            ConnectorError: the answer is not a good one.
        """
        call = Call(platform=self._name, doing=doing, writes=True)
        return self._judged(call, self._send(call, "POST", path, json=body))

    def delete(self, path: str) -> None:
        """Delete something; already gone is no error.

        Raises:
            ConnectorError: the answer is not a good one.
        """
        call = Call(platform=self._name, doing="deleting a reply", writes=True)
        try:
            self._judged(call, self._send(call, "DELETE", path))
        except Gone:
            return

    def get_each(self, doing: str, fields: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
        """Read these fields of several things, by their ids; what is gone is left out.

        Raises:
            ConnectorError: an answer is not a good one, or one of them could not be told.
        """
        call = Call(platform=self._name, doing=doing)
        ids = list(fields)
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            asked = [
                {"method": "GET", "relative_url": f"{quote(one)}?fields={fields[one]}"}
                for one in some
            ]
            form = {"batch": js.dumps(asked), "include_headers": "false"}
            answer = self._send(call, "POST", "", form=form)
            parts = answer.payload
            if not isinstance(parts, list):
                self._judged(call, answer)
            if not isinstance(parts, list) or len(parts) != len(some):
                raise call.lost(f"{self._name} answered with another number of things")
            for one, part in zip(some, parts, strict=True):
                try:
                    yield one, self._judged(call, _part(mapping(part)))
                except Gone:
                    continue

    def _send(
        self,
        call: Call,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        answer = self._web.ask(
            call,
            method,
            f"{self._root}/{path}",
            params={**(params or {}), **self._proof},
            json=json,
            form=form,
            headers=self._headers,
        )
        self._time.heard(answer)
        return answer

    def _judged(self, call: Call, answer: Answer, *, stale: bool = False) -> Json:
        trouble = judge(call, answer, stale=stale)
        if trouble is not None:
            raise trouble
        return mapping(answer.payload)


def _part(part: Json) -> Answer:
    """One answer of a batch; a part that timed out is null there."""
    code, body = part.get("code"), part.get("body")
    if not isinstance(code, int) or not isinstance(body, str):
        return Answer(status=503)
    return Answer(status=code, body=body.encode("utf-8", "replace"))


def judge(call: Call, answer: Answer, *, stale: bool = False) -> ConnectorError | None:
    """What an answer means; None: it is good.

    Args:
        call: What was asked.
        answer: The answer.
        stale: The request carried a page token, which may be what was not understood.
    """
    payload = answer.payload
    error = mapping(mapping(payload).get("error"))
    code, sub = _whole(error.get("code")), _whole(error.get("error_subcode"))
    if code in _TOO_OFTEN:
        message = f"{call.platform} limits how often we may ask; nothing was done."
        return TryLater(message, at=_regained(answer) or answer.retry_at)
    trouble = weather(call, answer)
    if trouble is not None:
        return trouble
    if answer.status < 300 and not error:
        if isinstance(payload, dict):
            return None
        return call.lost(f"{call.platform} answered with something that is not JSON")
    named = f"{code or answer.status}{f'/{sub}' if sub else ''}"
    if code in _TROUBLE:
        return call.lost(f"{call.platform} has trouble ({named})")
    if answer.status == 404 or (code, sub) in _GONE:
        stopped = f"{call.platform} does not let us read a list on."
        return StalePage(stopped) if stale else Gone()
    return _refused(call, answer.status, code, sub, named)


def _refused(
    call: Call, status: int, code: int | None, sub: int | None, named: str
) -> ConnectorError:
    """An answer that says no; nothing was done."""
    if code == _DUPLICATE and call.writes:
        return OutcomeUnknown(f"{call.platform} says that {call.doing} was done already ({named}).")
    if sub in _OUTSIDE_WINDOW or code in _CLOSED:
        message = f"{call.platform} takes no message to this person now ({named})."
        return Refused(message, code="closed")
    if code in _LOGIN or status == 401:
        return SetupError(f"{call.platform} does not accept access_token ({named}).")
    if code in _PERMISSION or status == 403:
        return SetupError(f"{call.platform} does not let the app go on {call.doing} ({named}).")
    if call.writes:
        return Refused(f"{call.platform} refuses {call.doing} ({named}).")
    return SetupError(f"{call.platform} does not understand {call.doing} ({named}).")


def _regained(answer: Answer) -> datetime | None:
    """When Meta lets us in again: the longest wait that it names, in minutes."""
    try:
        usage = mapping(js.loads(answer.headers.get(_USAGE, "")))
    except (ValueError, RecursionError):
        return None
    waits = [
        minutes
        for uses in usage.values()
        for use in (uses if isinstance(uses, list) else [])
        if (minutes := _whole(mapping(use).get("estimated_time_to_regain_access")))
    ]
    return answer.after(max(waits) * 60) if waits else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def token_of(listed: Json) -> str:
    """Where the next page of a list begins; "": this is the last one.

    The link to it is not followed: it names a host and the access token.
    """
    paging = mapping(listed.get("paging"))
    after = optional(mapping(paging.get("cursors")), "after")
    return after if after is not None and optional(paging, "next") is not None else ""
