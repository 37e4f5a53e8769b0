"""How requests reach X: one time-out, one chosen server, never twice, no secret in a log."""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from ssl import SSLCertVerificationError

import requests
import tweepy
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from connectors.errors import ConnectorError, SetupError, TryLater
from connectors.reserve import Reserve
from connectors.twitter.errors import Doing, meaning, no_answer, reset_time

#: Where tweepy sends everything; docs.x.com (2026-08-22) names api.x.com, which serves the same.
HOST = "https://api.twitter.com"

#: No name, no connection, no way through the proxy: the request certainly stayed here.
_NOT_CONNECTED = (NewConnectionError, ConnectTimeoutError, ProxyError)
_ID = re.compile(r"[0-9]{2,}")

# At level DEBUG these log headers and bodies: the keys, and every text with its codes.
for _name in ("tweepy", "oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.INFO)


class Session(requests.Session):
    """Tweepy's session at the chosen address.

    OAuth 1.0a signs the address that is really asked (RFC 5849, 3.4.1.2), so that whatever answers
    there can check it. A relay that passes requests on to X would break the signature: that is
    what `HTTPS_PROXY` is for.
    """

    def __init__(self, *, api_url: str, timeout: float) -> None:
        super().__init__()
        self._api_url = api_url
        self.wire = Wire(timeout=timeout)
        self.max_redirects = 0  # a redirected POST would be sent twice
        self.mount("https://", self.wire)
        self.mount("http://", self.wire)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Address the request before it is signed."""
        if isinstance(request.url, str):
            request.url = self._api_url + request.url.removeprefix(HOST)
        return super().prepare_request(request)


class Wire(HTTPAdapter):
    """Carries every request of tweepy, which has neither a time-out nor a choice of server.

    Never sends anything twice: HTTPAdapter's own retries are off unless asked for.

    Attributes:
        access_level: What X said last about the keys: read, read-write or
            read-write-directmessages; "" where it said nothing.
        day: The day of X's last answer, in UTC; "" where it said none.
    """

    def __init__(self, *, timeout: float) -> None:
        super().__init__(max_retries=0)
        self._timeout = timeout
        self.access_level = ""
        self.day = ""
        self._reserve = Reserve("X")

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send it with our time-out.

        Raises:
            TryLater: what X's limit still allows is left to what people approved.
        """
        # Each kind of call has a limit of its own; numbers are ids.
        window = f"{request.method} {_ID.sub('N', request.path_url.partition('?')[0])}"
        if request.method == "GET":
            self._reserve.heed(window)
        else:
            # An idle connection may be closed at the other end just as we write into it, and then
            # nobody could say whether the request was applied. A fresh one either opens or not.
            self.close()
        response = super().send(
            request, stream=stream, timeout=self._timeout, verify=verify, proxies=proxies
        )
        self.access_level = response.headers.get("x-access-level", "")
        if response.status_code != 429:  # which says by itself how long to wait
            self._note(window, response.headers)
        return response

    def _note(self, window: str, headers: Mapping[str, str]) -> None:
        """Remember the day, and what is left of the limit. Source: "Rate limits", 2026-08-22."""
        try:
            now = parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
        except ValueError:
            self.day = ""
            return
        self.day = f"{now:%Y-%m-%d}"
        ends_at = reset_time(headers)
        limit, left = (
            headers.get("x-rate-limit-limit", ""),
            headers.get("x-rate-limit-remaining", ""),
        )
        if ends_at is not None and limit.isdecimal() and left.isdecimal():
            self._reserve.note(window, limit=int(limit), left=int(left), ends_at=ends_at, now=now)


def ask(doing: Doing, call: Callable[..., object], **arguments: object) -> dict[str, object]:
    """Make one request; whatever goes wrong becomes one of our errors here and nowhere else.

    Raises:
        ConnectorError: one of them, but never BadPayload or Unsupported.
    """
    try:
        answer = call(**arguments)
    except tweepy.HTTPException as error:
        mapped = meaning(
            status=error.response.status_code,
            headers=error.response.headers,
            body=_decoded(error.response),
            doing=doing,
        )
        if doing is Doing.READ:
            raise mapped from error
        # What X says of a write may quote the text, and that may hold a credit's code: no
        # traceback shall carry it into a log.
        raise mapped from None
    except requests.RequestException as error:
        raise _silence(error, doing) from error
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # tweepy itself trips over answers that are not the objects it expects.
        raise no_answer("X answered with something else than its API does", doing) from error
    if not isinstance(answer, dict):
        raise no_answer("X answered with something else than its API does", doing)
    return answer


def _silence(error: requests.RequestException, doing: Doing) -> ConnectorError:
    """What it means that no HTTP answer came."""
    if isinstance(error, requests.JSONDecodeError):
        return no_answer("X answered with something else than its API does", doing)
    if _has(error, SSLCertVerificationError):
        return SetupError("the certificate of X's server could not be verified; nothing was sent")
    if _has(error, requests.ConnectTimeout, *_NOT_CONNECTED):
        return TryLater("X cannot be reached: no connection was made, so nothing was sent")
    if isinstance(error, requests.Timeout):
        return no_answer("X did not answer in time", doing)
    return no_answer(f"the connection to X broke ({type(error).__name__})", doing)


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


def _decoded(response: requests.Response) -> object:
    try:
        return response.json()
    except ValueError:
        return None
