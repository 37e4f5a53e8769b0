"""One request to a platform that speaks HTTP: sent once, within a time and a size.

What can go wrong on the way is named here for every connector that is built on httpx; what an
answer means is each platform's own business.

A client lives as long as its request: polls are minutes apart, and an idle connection may be
closed at the other end just as we write into it, when nobody could say whether a reply was posted.
"""

import json
import logging
import math
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator

from connectors.errors import ConnectorError, OutcomeUnknown, Refused, SetupError, TryLater

#: Larger answers are not read to their end.
MOST_BYTES = 8 * 1024 * 1024
#: A whole exchange may last so many time-outs: each piece of a trickle arrives in time.
_PATIENCE = 4
#: Longest wait that is believed, in seconds; a longer one is an error in the answer.
_LONGEST_WAIT = 86_400.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")

# At level INFO httpx logs every address, and Telegram's hold the token of the bot.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ValueError("write an address such as https://api.example.com")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
"""Where a service is: http or https, without a query and without a slash at the end."""


def is_plain(url: str) -> bool:
    """Whether what is sent there can be read on the way: http to another machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Whether that is this very machine."""
    return host in _LOOPBACK


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is asked, for the sake of what its failure means."""

    platform: str  #: as people call it
    doing: str  #: such as "reading the comments"; holds no text and no secret
    writes: bool = False  #: asks for something that others see

    def lost(self, what: str) -> ConnectorError:
        """No usable answer came."""
        if self.writes:
            return OutcomeUnknown(f"{what}: {self.doing} may have been done or not.")
        return TryLater(f"{what} ({self.doing}).")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the platform said, whole."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)  #: names in lower case
    #: Where it came from, after redirects; may hold a token, so it is never shown.
    url: str = field(default="", repr=False)

    @property
    def payload(self) -> object:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def said_at(self) -> datetime | None:
        """The server's own time, aware UTC."""
        try:
            said = parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None
        return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)

    def after(self, seconds: object) -> datetime | None:
        """The moment so many seconds later, by the clock of the server that named them."""
        wait, said_at = _number(seconds), self.said_at
        if wait is None or said_at is None:
            return None
        return said_at + timedelta(seconds=min(wait, _LONGEST_WAIT))

    @property
    def retry_at(self) -> datetime | None:
        """What the header Retry-After asks for: seconds, or a date."""
        value = self.headers.get("retry-after", "")
        if _number(value) is not None:
            return self.after(value)
        return Answer(status=self.status, headers={"date": value}).said_at


class Web:
    """Sends requests of one platform.

    Args:
        timeout: Seconds to wait for a connection, and for each piece of the answer.
        most_bytes: Of an answer, unpacked.
        monotonic: Measures how long an exchange takes, in seconds.
    """

    def __init__(
        self,
        *,
        timeout: float,
        most_bytes: int = MOST_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout = timeout
        self._most_bytes = most_bytes
        self._monotonic = monotonic

    def ask(
        self,
        call: Call,
        method: str,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        follow: bool = False,
    ) -> Answer:
        """Send one request, once, and read its answer whatever its status.

        `follow` goes where a redirect leads, but never with a write, which would be sent twice.

        Raises:
            TryLater: it surely was not applied; for a read also where no answer came.
            OutcomeUnknown: a write left, and no usable answer came.
            SetupError: the address or its certificate is wrong.
            Refused: the text holds characters that cannot be sent.
        """
        try:
            with (
                httpx.Client(
                    verify=_certificates(),
                    timeout=self._timeout,
                    follow_redirects=follow and not call.writes,
                    max_redirects=5,
                ) as client,
                client.stream(
                    method,
                    url,
                    params=params,
                    json=json,
                    data=form,
                    headers={"User-Agent": "Amends/0.1", **(headers or {})},
                ) as response,
            ):
                return self._read(call, response)
        except httpx.TransportError as error:
            # What httpx says may name the address, and that may hold a token.
            raise _unanswered(call, error, self._timeout) from None
        except (httpx.TooManyRedirects, httpx.InvalidURL):
            message = f"{call.platform}: the address leads nowhere ({call.doing})."
            raise SetupError(message) from None
        except httpx.DecodingError:
            raise call.lost(f"{call.platform} answered with something unreadable") from None
        except UnicodeEncodeError:
            message = "The text holds characters that cannot be sent: half an emoji, perhaps."
            raise Refused(message, code="unsendable") from None

    def _read(self, call: Call, response: httpx.Response) -> Answer:
        started = self._monotonic()
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > self._most_bytes:
                raise call.lost(f"{call.platform} answered with more than {self._most_bytes} bytes")
            if self._monotonic() - started > self._timeout * _PATIENCE:
                raise call.lost(f"{call.platform} did not come to the end of its answer")
        return Answer(
            status=response.status_code,
            body=bytes(body),
            headers={name.lower(): value for name, value in response.headers.items()},
            url=str(response.url),
        )


def weather(call: Call, answer: Answer) -> ConnectorError | None:
    """What a status means that means the same everywhere; None: the platform knows more."""
    status = answer.status
    if status == 429:
        message = f"{call.platform} limits how often we may ask; nothing was done."
        return TryLater(message, at=answer.retry_at)
    if status >= 500 or status == 408:
        return call.lost(f"{call.platform} answered with status {status}")
    if 300 <= status < 400:
        if call.writes:
            return call.lost(f"{call.platform} answered with status {status}")
        return SetupError(f"{call.platform} has moved {call.doing} elsewhere: see to the address.")
    return None


@cache
def _certificates() -> ssl.SSLContext:
    """Made once: reading all of them takes longer than a request."""
    return httpx.create_ssl_context()


def _unanswered(call: Call, error: httpx.TransportError, timeout: float) -> ConnectorError:
    """What it means that no answer came."""
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return SetupError(f"{call.platform}: nothing can be sent there; see to its settings.")
    if _has(error, ssl.SSLCertVerificationError):
        return SetupError(f"The certificate of {call.platform}'s server could not be verified.")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return TryLater(f"{call.platform} could not be reached; nothing was sent.")
    if isinstance(error, httpx.TimeoutException):
        return call.lost(f"{call.platform} did not answer within {timeout:g} seconds")
    return call.lost(f"The connection to {call.platform} broke before an answer came")


def _has(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether one of these lies under a chain of wrapped errors."""
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _number(value: object) -> float | None:
    """A finite number that is not negative; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None
