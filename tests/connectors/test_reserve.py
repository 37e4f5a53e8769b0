"""Reading leaves the last calls of a limit to what people approved."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Connector
from connectors.errors import TryLater
from connectors.mastodon import Mastodon
from connectors.reddit import Reddit
from connectors.reserve import Reserve, for_sending, is_for_sending
from connectors.twitter import Twitter
from monitor import clock
from tests.servers import mastodon, reddit, x
from tests.servers.http import LoopbackServer
from tests.servers.mastodon import MastodonServer
from tests.servers.reddit import RedditServer
from tests.servers.x import XServer

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ENDS = NOW + timedelta(minutes=15)


class Watch:
    """A stopwatch that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def reserve(*, limit: int, left: int, watch: Watch | None = None) -> Reserve:
    made = Reserve("X", monotonic=watch or Watch())
    made.note("reads", limit=limit, left=left, ends_at=ENDS, now=NOW)
    return made


@pytest.mark.parametrize(("limit", "left"), [(300, 11), (15, 2), (9, 1), (100_000, 11)], ids=str)
def test_with_enough_left_reading_goes_on(limit: int, left: int) -> None:
    reserve(limit=limit, left=left).heed("reads")


@pytest.mark.parametrize(("limit", "left"), [(300, 10), (15, 1), (9, 0), (100_000, 10)], ids=str)
def test_the_last_calls_are_left_until_the_window_ends(limit: int, left: int) -> None:
    with pytest.raises(TryLater, match="X's rate limit is used up but for what") as caught:
        reserve(limit=limit, left=left).heed("reads")

    assert caught.value.at == ENDS


def test_what_was_approved_may_take_them() -> None:
    with for_sending():
        assert is_for_sending()
        reserve(limit=300, left=0).heed("reads")

    assert not is_for_sending()


def test_each_window_counts_for_itself_and_ends() -> None:
    watch = Watch()
    made = reserve(limit=300, left=0, watch=watch)

    made.heed("others")
    watch.seconds = 900
    made.heed("reads")


def test_a_window_that_is_over_already_holds_nothing() -> None:
    made = Reserve("X", monotonic=Watch())

    made.note("reads", limit=300, left=0, ends_at=NOW - timedelta(minutes=1), now=NOW)

    made.heed("reads")


@pytest.fixture(params=["twitter", "reddit", "mastodon"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[LoopbackServer, Connector]]:
    """A platform whose answers say that ten calls are left, and its connector."""
    reset = clock.now() + timedelta(minutes=5)
    with ExitStack() as stack:
        if request.param == "twitter":
            server: LoopbackServer = stack.enter_context(XServer())
            server.also = {
                "x-rate-limit-limit": "300",
                "x-rate-limit-remaining": "10",
                "x-rate-limit-reset": str(int(reset.timestamp())),
            }
            connector: Connector = Twitter(x.settings(server.url))
        elif request.param == "reddit":
            server = stack.enter_context(RedditServer())
            server.left, server.reset = 12, 300
            connector = Reddit(reddit.settings(server.url))
        else:
            server = stack.enter_context(MastodonServer())
            server.also = {
                "X-RateLimit-Limit": "300",
                "X-RateLimit-Remaining": "10",
                "X-RateLimit-Reset": reset.isoformat(),
            }
            connector = Mastodon(mastodon.settings(server.url))
        yield server, connector


def test_each_platforms_own_headers_are_heeded(ends: tuple[LoopbackServer, Connector]) -> None:
    server, connector = ends
    with for_sending():
        connector.poll(None)
    asked = len(server.requests)

    with pytest.raises(TryLater, match="nothing was asked") as caught:
        connector.poll(None)

    assert len(server.requests) == asked
    assert caught.value.at is not None
    assert timedelta(minutes=4) < caught.value.at - clock.now() < timedelta(minutes=6)
    with for_sending():
        connector.poll(None)
    assert len(server.requests) > asked
