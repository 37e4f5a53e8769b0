import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from connectors.errors import SetupError, TryLater
from connectors.signed import ServerTime, sign
from connectors.web import Answer, Call, Web
from tests.servers.google_play import key_file, private_key
from tests.servers.http import Answer as Said
from tests.servers.http import LoopbackServer, Request

CALL = Call(platform="Acme", doing="logging in")
NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
DATED = Answer(status=404, headers={"date": "Tue, 17 Nov 2026 12:00:00 GMT"})


class Silent(LoopbackServer):
    def answer(self, request: Request) -> Said:
        return Said(status=404)


@pytest.fixture
def server() -> Iterator[Silent]:
    with Silent() as running:
        yield running


def test_the_time_is_the_servers_and_goes_on() -> None:
    seconds = iter([100.0, 100.0, 130.5])
    time = ServerTime(lambda: next(seconds))

    assert time.now is None
    time.heard(DATED)

    assert time.now == NOON
    assert time.now == NOON + timedelta(seconds=30.5)


def test_an_answer_that_does_not_say_changes_nothing() -> None:
    time = ServerTime(lambda: 5.0)
    time.heard(DATED)

    time.heard(Answer(status=200))

    assert time.now == NOON


def test_the_server_is_asked_once(server: Silent) -> None:
    time, web = ServerTime(), Web(timeout=0.5)

    first = time.asked(web, CALL, server.url)
    time.asked(web, CALL, server.url)

    assert first.tzinfo == UTC
    assert len(server.requests) == 1


def test_a_server_that_is_ill_is_asked_later(server: Silent) -> None:
    server.answer_next(Said(status=503))

    with pytest.raises(TryLater):
        ServerTime().asked(Web(timeout=0.5), CALL, server.url)


class Timeless(Web):
    def ask(self, *args: object, **kwargs: object) -> Answer:
        return Answer(status=404)


def test_a_server_that_does_not_say_is_named() -> None:
    with pytest.raises(TryLater, match="what time it is"):
        ServerTime().asked(Timeless(timeout=1), CALL, "https://acme.example")


def test_a_token_says_what_it_was_told() -> None:
    pem = _pem()

    token = sign({"iss": "me"}, key=pem, algorithm="RS256", headers={"kid": "k"}, setting="the key")
    again = sign(
        {"iss": "me"},
        key=pem.replace("\n", "\\n"),
        algorithm="RS256",
        headers={"kid": "k"},
        setting="the key",
    )

    public = private_key().public_key()
    assert jwt.decode(token, public, algorithms=["RS256"]) == {"iss": "me"}
    assert jwt.get_unverified_header(token)["kid"] == "k"
    assert again == token


@pytest.mark.parametrize("key", ["", "secret", "-----BEGIN PRIVATE KEY-----\nx\n"])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_what_is_no_key_is_named_and_not_shown(key: str, algorithm: str) -> None:
    with pytest.raises(SetupError, match="the key is no private key") as caught:
        sign({}, key=key, algorithm=algorithm, headers={}, setting="the key")

    assert "secret" not in str(caught.value)


def test_a_key_of_the_other_kind_is_named() -> None:
    with pytest.raises(SetupError, match="ES256"):
        sign({}, key=_pem(), algorithm="ES256", headers={}, setting="the key")


def _pem() -> str:

    pem: str = json.loads(key_file())["private_key"]
    return pem
