"""What it means that a request to X got no answer: sent or not, where that can be proved."""

import ssl
from collections.abc import Iterator

import pytest
import requests
import urllib3.exceptions as low
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPSConnectionPool

from connectors.base import Mention
from connectors.errors import ConnectorError, OutcomeUnknown, SetupError, TryLater
from connectors.twitter import Twitter
from connectors.twitter.errors import Doing
from connectors.twitter.wire import ask
from tests.servers.x import XServer, settings

POOL = HTTPSConnectionPool("api.twitter.com")
CONNECTION = HTTPConnection("api.twitter.com")


def wrapped(reason: Exception) -> low.MaxRetryError:
    """As urllib3 hands its reasons on."""
    return low.MaxRetryError(POOL, "/2/tweets", reason)


def heard(error: Exception, doing: Doing) -> ConnectorError:
    """What becomes of an error of the library."""

    def call() -> None:
        raise error

    with pytest.raises(ConnectorError) as caught:
        ask(doing, call)
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError(wrapped(low.NewConnectionError(CONNECTION, "refused"))),
        requests.ConnectionError(
            wrapped(low.NameResolutionError("api.twitter.com", CONNECTION, OSError(-2)))  # type: ignore[arg-type]
        ),
        requests.ConnectTimeout(wrapped(low.ConnectTimeoutError("slow"))),
        requests.exceptions.ProxyError(wrapped(low.ProxyError("no tunnel", OSError("refused")))),
    ],
    ids=["refused", "no such name", "connecting took too long", "no tunnel"],
)
@pytest.mark.parametrize("doing", [Doing.REPLY, Doing.MESSAGE])
def test_what_never_left_is_tried_again(error: Exception, doing: Doing) -> None:
    assert isinstance(heard(error, doing), TryLater)


def test_a_certificate_that_is_not_trusted_stops_it_before_it_leaves() -> None:
    reason = low.SSLError(ssl.SSLCertVerificationError("self-signed"))

    found = heard(requests.exceptions.SSLError(wrapped(reason)), Doing.MESSAGE)

    assert isinstance(found, SetupError)
    assert "nothing was sent" in str(found)


@pytest.mark.parametrize(
    "error",
    [
        requests.ReadTimeout("no answer"),
        requests.ConnectionError(low.ProtocolError("aborted", ConnectionResetError())),
        requests.exceptions.SSLError(wrapped(low.SSLError("bad record"))),
        requests.exceptions.ChunkedEncodingError("cut off"),
        requests.exceptions.ContentDecodingError(),
    ],
)
def test_what_may_have_left_is_unknown(error: Exception) -> None:
    assert isinstance(heard(error, Doing.MESSAGE), OutcomeUnknown)
    assert isinstance(heard(error, Doing.READ), TryLater)


class TestAnIdleConnection:
    @pytest.fixture
    def x(self) -> Iterator[XServer]:
        with XServer() as server:
            yield server

    def test_is_never_written_into(self, x: XServer) -> None:
        """The other end may close it at that very moment."""
        twitter = Twitter(settings(x.url))
        post = x.post("maria", "@acme where is it?")
        mention: Mention = next(m for m in twitter.poll(None).mentions if m.id == post.id)
        closed: list[bool] = []
        adapter = twitter._wire
        close = adapter.close

        def noted() -> None:
            closed.append(True)
            close()

        adapter.close = noted  # type: ignore[method-assign]

        twitter.poll(None)
        assert closed == []
        twitter.reply(mention, "We are sorry.", "k")
        assert closed == [True]
