import gzip
import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError

from connectors.errors import ConnectorError, OutcomeUnknown, Refused, SetupError, TryLater
from connectors.web import Address, Answer, Call, Web, _unanswered, is_plain, weather
from tests.servers.http import Answer as Said
from tests.servers.http import LoopbackServer, Request, html_answer, json_answer

READ = Call(platform="Acme", doing="reading the posts")
WRITE = Call(platform="Acme", doing="posting a reply", writes=True)


class Echo(LoopbackServer):
    def answer(self, request: Request) -> Said:
        return json_answer({"ok": True})


@pytest.fixture
def server() -> Iterator[Echo]:
    with Echo() as running:
        yield running


@pytest.fixture
def web() -> Web:
    return Web(timeout=0.5)


def test_an_answer_comes_whole_and_whatever_its_status(server: Echo, web: Web) -> None:
    server.answer_next(json_answer({"why": "no"}, status=403, headers={"X-Left": "3"}))

    answer = web.ask(READ, "GET", f"{server.url}/a", params={"q": "x y"}, headers={"X-Key": "k"})

    assert (answer.status, answer.payload, answer.headers["x-left"]) == (403, {"why": "no"}, "3")
    assert answer.url == f"{server.url}/a?q=x+y"
    (request,) = server.requests
    assert request.query == {"q": "x y"}
    assert request.headers["x-key"] == "k"
    assert request.headers["user-agent"].startswith("Amends")


def test_a_write_carries_json_or_a_form(server: Echo, web: Web) -> None:
    web.ask(WRITE, "POST", server.url, json={"text": "Sorry ❤"})
    web.ask(WRITE, "POST", server.url, form={"text": "Sorry ❤"})

    assert server.requests[0].json() == {"text": "Sorry ❤"}
    assert server.requests[1].form() == {"text": "Sorry ❤"}


@pytest.mark.parametrize("fault", ["lose_next", "hang_next", "drop_next"])
def test_a_lost_answer_is_unknown_for_a_write_and_tried_later_for_a_read(
    server: Echo, web: Web, fault: str
) -> None:
    getattr(server, fault)(times=2)

    with pytest.raises(TryLater):
        web.ask(READ, "GET", server.url)
    with pytest.raises(OutcomeUnknown, match="may have been done or not"):
        web.ask(WRITE, "POST", server.url)

    assert len(server.requests) == 2  # nothing was sent again


def test_where_no_connection_is_made_nothing_was_sent(server: Echo, web: Web) -> None:
    server.go_down()

    with pytest.raises(TryLater, match="nothing was sent"):
        web.ask(WRITE, "POST", server.url)


def test_an_answer_that_is_too_long_is_not_read_to_its_end(server: Echo) -> None:
    server.answer_next(
        Said(body=gzip.compress(b"a" * 100_000), headers={"Content-Encoding": "gzip"})
    )

    with pytest.raises(TryLater, match="more than 1000 bytes"):
        Web(timeout=5, most_bytes=1000).ask(READ, "GET", server.url)


def test_a_trickle_is_cut_off(server: Echo) -> None:
    ticks = count(step=3)

    with pytest.raises(TryLater, match="did not come to the end"):
        Web(timeout=0.5, monotonic=lambda: next(ticks)).ask(READ, "GET", server.url)


def test_an_answer_that_cannot_be_unpacked_is_lost(server: Echo, web: Web) -> None:
    server.answer_next(Said(body=b"no gzip", headers={"Content-Encoding": "gzip"}))

    with pytest.raises(OutcomeUnknown, match="unreadable"):
        web.ask(WRITE, "POST", server.url)


def test_a_redirect_is_followed_where_asked_for_and_never_with_a_write(
    server: Echo, web: Web
) -> None:
    moved = Said(status=302, headers={"Location": "/there"})
    server.answer_next(moved, path="/here", times=3)

    followed = web.ask(READ, "GET", f"{server.url}/here", follow=True)
    stayed = web.ask(READ, "GET", f"{server.url}/here")
    written = web.ask(WRITE, "POST", f"{server.url}/here", follow=True)

    assert followed.url == f"{server.url}/there"
    assert (stayed.status, written.status) == (302, 302)


def test_a_redirect_in_circles_needs_a_person(server: Echo, web: Web) -> None:
    server.answer_next(Said(status=302, headers={"Location": "/a"}), times=50)

    with pytest.raises(SetupError, match="leads nowhere"):
        web.ask(READ, "GET", server.url, follow=True)


@pytest.mark.parametrize("url", ["gopher://a.example/", "http://[::1", "http://a.example:x/"])
def test_an_address_that_is_none_needs_a_person(web: Web, url: str) -> None:
    with pytest.raises(SetupError):
        web.ask(READ, "GET", url)


def test_a_certificate_that_nobody_vouches_for_needs_a_person() -> None:
    wrapped = httpx.ConnectError("TLS")
    wrapped.__cause__ = OSError("TLS")
    wrapped.__cause__.__context__ = ssl.SSLCertVerificationError("self-signed")

    assert isinstance(_unanswered(READ, wrapped, 1), SetupError)


def test_half_an_emoji_is_refused(server: Echo, web: Web) -> None:
    with pytest.raises(Refused) as caught:
        web.ask(WRITE, "POST", server.url, json={"text": "\ud83d"})

    assert caught.value.code == "unsendable"
    assert server.requests == []


def test_no_log_and_no_message_holds_the_address(
    server: Echo, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    secret = "bot123:secret"
    server.drop_next()

    with pytest.raises(TryLater) as caught:
        web.ask(READ, "GET", f"{server.url}/{secret}")
    web.ask(READ, "GET", f"{server.url}/{secret}")

    assert secret not in caplog.text
    assert secret not in str(caught.value)
    assert caught.value.__suppress_context__


def test_no_json_is_none() -> None:
    assert Answer(status=200, body=b"<html>").payload is None
    assert Answer(status=200, body=b"[" * 100_000).payload is None
    assert Answer(status=200, body=b"\xff").payload is None


DATE = "Tue, 17 Nov 2026 07:00:00 GMT"
SEVEN = datetime(2026, 11, 17, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "at"),
    [
        ({"date": DATE, "retry-after": "90"}, SEVEN + timedelta(seconds=90)),
        ({"retry-after": "Tue, 17 Nov 2026 07:00:00 GMT"}, SEVEN),
        ({"date": DATE, "retry-after": "1e99"}, SEVEN + timedelta(days=1)),
        ({"date": DATE, "retry-after": "-1"}, None),
        ({"date": DATE, "retry-after": "nan"}, None),
        ({"date": DATE}, None),
        ({"retry-after": "90"}, None),  # by which clock?
        ({"date": "?", "retry-after": "90"}, None),
    ],
)
def test_the_wait_that_is_asked_for_is_a_time(headers: dict[str, str], at: datetime | None) -> None:
    trouble = weather(READ, Answer(status=429, headers=headers))

    assert isinstance(trouble, TryLater)
    assert trouble.at == at


def test_a_wait_that_is_no_number_is_none() -> None:
    answer = Answer(status=200, headers={"date": DATE})

    assert answer.after(True) is None
    assert answer.after(None) is None
    assert answer.after(10**400) is None
    assert answer.after(5) == SEVEN + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("status", "read", "write"),
    [
        (200, None, None),
        (404, None, None),
        (301, SetupError, OutcomeUnknown),
        (408, TryLater, OutcomeUnknown),
        (429, TryLater, TryLater),
        (500, TryLater, OutcomeUnknown),
        (503, TryLater, OutcomeUnknown),
    ],
)
def test_what_a_status_means_everywhere(
    status: int, read: type[ConnectorError] | None, write: type[ConnectorError] | None
) -> None:
    for call, expected in ((READ, read), (WRITE, write)):
        trouble = weather(call, Answer(status=status))

        assert (None if trouble is None else type(trouble)) == expected


@pytest.mark.parametrize("value", ["a.example", "ftp://a.example", "https://a.example/?q=1", "//"])
def test_a_wrong_address_is_named(value: str) -> None:
    with pytest.raises(ValidationError, match="write an address"):
        TypeAdapter[str](Address).validate_python(value)


def test_an_address_ends_without_a_slash() -> None:
    made = TypeAdapter[str](Address).validate_python("https://a.example/v1/")

    assert made == "https://a.example/v1"


def test_only_http_to_another_machine_can_be_read_on_the_way() -> None:
    assert is_plain("http://a.example")
    assert not is_plain("http://127.0.0.1:1")
    assert not is_plain("https://a.example")


def test_html_is_an_answer_like_any_other(server: Echo, web: Web) -> None:
    server.answer_next(html_answer())

    assert web.ask(READ, "GET", server.url).payload is None
