"""How soon a click is acknowledged, by Socket Mode and by HTTP, and how soon a post is a card.

The app runs in a process of its own, with the real desk, database and Bolt; the loopback Slack
sends clicks at a fixed rate, whether or not earlier ones were answered. Slack's limit is 3 s.
"""

import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier

from connectors.base import Author, Batch, Mention
from monitor import app, clock
from monitor.config import Settings
from monitor.jobs import HISTORY
from monitor.store import Store
from responders.case import CaseState
from responders.slack.http_mode import PATH, Serving
from tests.benchmarks.figures import Figure
from tests.monitor.team import ANGRY, CHANNEL, EVA, FRIDAY, Team
from tests.responders import given
from tests.servers.slack import APP_TOKEN

RATES = (50, 200)
SECONDS, WARM_SECONDS = 4, 1
CASES = 60
POSTS, WARM = 200, 5
OPEN = 1_000
SECRET = "benchmark"
_POST = "Third week and still no parcel from Acme. Nobody answers. Where is my order?"


def figures() -> Iterator[Figure]:
    """Acknowledgement at each rate and mode, then poll to card."""
    with tempfile.TemporaryDirectory() as folder, Team(Path(folder)) as team:
        for _ in range(CASES):
            team.complain()
        messages = list(team.slack.channels[CHANNEL].messages)
        for mode in ("socket", "http"):
            with _App(team, mode) as running:
                for rate in RATES:
                    yield from _told(
                        f"click acknowledged, {mode}, {rate}/s", rate, running, messages
                    )
    with tempfile.TemporaryDirectory() as folder, Team(Path(folder)) as team:
        yield from _redrawn(team)
    with tempfile.TemporaryDirectory() as folder, Team(Path(folder)) as team:
        for number in range(WARM):  # the first ones load the judge and its words
            _poll_to_card(team, number)
        spent = sorted(_poll_to_card(team, WARM + number) for number in range(POSTS))
        yield Figure(what="poll to card, p50", value=_share(spent, 50), unit="ms")
        yield Figure(what="poll to card, p99", value=_share(spent, 99), unit="ms", aim="< 300")


def _redrawn(team: Team) -> Iterator[Figure]:
    """Every open case changes at once; a Slack that insists on its limits counts its refusals.

    Time is the team's own clock, moved by a second a walk, as the schedule does.
    """
    posts = [_post(number) for number in range(OPEN)]
    team.store.mentions.ingest("Acme", "twitter", [(p, ANGRY) for p in posts], None, team.clock())
    team.rest()
    team.paced = team.slack.one_a_second = team.slack.tiers = True
    team.restart()
    first = team.store.cases.to_watch(team.clock() - HISTORY, team.clock(), 1)[0]
    team.store.incidents.declare(first, "Parcels", "bench", team.clock())
    active = team.store.incidents.active("Acme")
    assert active is not None
    for case_id in team.store.cases.list(set(CaseState), OPEN):
        team.store.incidents.collect(case_id, active.id)
    began, start, walks = team.clock(), time.process_time(), 0
    while team.store.cases.to_show(1):
        team.clock.move(seconds=1)
        team.slack.now = team.clock()
        team.jobs.walk()
        walks += 1
    spent = time.process_time() - start
    minutes = (team.clock() - began).total_seconds() / 60
    yield Figure(
        what=f"{OPEN:,} cards redrawn: refused by Slack", value=team.slack.refused, aim="0"
    )
    yield Figure(what=f"{OPEN:,} cards redrawn in", value=minutes, unit="min", aim="20 at best")
    yield Figure(what=f"{OPEN:,} cards redrawn: a walk", value=1000 * spent / walks, unit="ms CPU")


def _told(
    what: str, rate: int, running: "_App", messages: list[dict[str, Any]]
) -> Iterator[Figure]:
    running.clicks(rate, messages, WARM_SECONDS)  # the first ones load what they need
    spent = sorted(running.clicks(rate, messages, SECONDS))
    yield Figure(what=f"{what}, p50", value=_share(spent, 50), unit="ms")
    yield Figure(what=f"{what}, p99", value=_share(spent, 99), unit="ms", aim="< 20")


def _share(spent: list[float], percent: int) -> float:
    return 1000 * spent[min(len(spent) - 1, len(spent) * percent // 100)]


class _App:
    """The listening app in a process of its own."""

    def __init__(self, team: Team, mode: str) -> None:
        self._team = team
        self._mode = mode
        slack = team.settings.file.slack
        assert slack is not None
        update = {"mode": mode, "port": 0, "app_token": SecretStr(APP_TOKEN)}
        update["signing_secret"] = SecretStr(SECRET)
        file = team.settings.file.model_copy(update={"slack": slack.model_copy(update=update)})
        self._settings = team.settings.model_copy(update={"file": file})

    def __enter__(self) -> "_App":
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_live, args=(self._settings, theirs), daemon=True)
        self._process.start()
        self._port = int(self._pipe.recv())
        if self._mode == "socket":
            self._team.slack.until(lambda: self._team.slack.listeners, "the connection")
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.send("stop")
        self._process.join(timeout=10)

    def clicks(self, rate: int, messages: list[dict[str, Any]], seconds: int) -> list[float]:
        """Seconds from each click to its acknowledgement."""
        number = rate * seconds
        presses = [self._press(messages[place % len(messages)]) for place in range(number)]
        send = self._by_socket if self._mode == "socket" else self._by_http
        with ThreadPoolExecutor(64) as pool, httpx.Client(timeout=10) as client:
            start, due = time.perf_counter(), []
            pause = Event()
            for place, press in enumerate(presses):
                pause.wait(max(0.0, start + place / rate - time.perf_counter()))
                due.append(pool.submit(send, press, client))
            return [one.result() for one in due]

    def _press(self, message: dict[str, Any]) -> dict[str, Any]:
        for verb in ("I take it", "Release"):
            try:
                return self._team.slack.press(message["ts"], "amends.menu.0", EVA.id, option=verb)
            except StopIteration:
                continue
        raise AssertionError("the card offers neither")

    def _by_socket(self, press: dict[str, Any], _client: httpx.Client) -> float:
        start = time.perf_counter()
        self._team.slack.push("interactive", press)
        return time.perf_counter() - start

    def _by_http(self, press: dict[str, Any], client: httpx.Client) -> float:
        body = urlencode({"payload": json.dumps(press)})
        at = str(int(clock.now().timestamp()))
        headers = {
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": SignatureVerifier(SECRET).generate_signature(
                timestamp=at, body=body
            )
            or "",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        start = time.perf_counter()
        answer = client.post(f"http://127.0.0.1:{self._port}{PATH}", content=body, headers=headers)
        spent = time.perf_counter() - start
        assert answer.status_code == 200, answer.text
        return spent


def _live(settings: Settings, pipe: Connection) -> None:
    store = Store.open(settings.database_url)
    house = app.build(
        settings,
        store,
        clock=clock.now,
        connectors={"twitter": given.Platform(given.Clock())},
        surface=app.make_surface(settings, clock.now),
        lock=given.Lock(),
    )
    listening = app.listen_to_slack(settings, house)
    pipe.send(listening.port if isinstance(listening, Serving) else 0)
    pipe.recv()
    listening.close()
    store.close()


def _poll_to_card(team: Team, number: int) -> float:
    """Seconds from asking the platform to the card in Slack, judged and drafted."""
    batch = Batch(mentions=(_post(number),), cursor=str(number))
    team.platform.pages.append(batch)
    before = len(team.said())
    start = time.perf_counter()
    team.jobs.poll("twitter")
    team.jobs.walk()
    spent = time.perf_counter() - start
    assert len(team.said()) == before + 1, "no card came"
    return spent


def _post(number: int) -> Mention:
    return Mention(
        platform="twitter",
        id=f"b{number}",
        author=Author(id=f"b{number}", handle=f"bench{number}"),
        text=f"{_POST} ({number})",
        created_at=FRIDAY,
        addressed=True,
    )
