"""Killed and stopped at every kind of step and started again: one reply, one message, one card.

Real processes, real signals, on SQLite and on PostgreSQL. A case is an installation with one
complaint: a life that is killed at one of its steps, on some a second life that is killed while it
recovers, and a last one that comes to its end an hour later. With AMENDS_SOAK every step is died
at, and four times as many recoveries.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from monitor import clock
from monitor.store import Store
from responders.action import Action, ActionKind, ActionState
from responders.case import CaseState
from responders.slack.manifest import scopes
from tests.acceptance import stage
from tests.contracts.platform import Platform, harness
from tests.databases import Postgres, SqliteFiles
from tests.servers.slack import SlackServer

COMPLAINT = "My parcel has not arrived after three weeks and nobody at acme answers. Terrible!"
#: Platforms whose connectors the driver makes.
SOURCES = ("reddit", "twitter")
SOAK = bool(os.environ.get("AMENDS_SOAK"))
#: So often a life dies at a step of one name, unless every step is asked for.
HITS = 2
#: In how many recoveries of one step a second life is killed too, and at which of its steps.
SECOND_KILLS = (0, 3, 11, 19) if SOAK else (0,)
#: In a soak a line is printed after so many cases.
TELL_EVERY = 20
#: Steps that must be among those that were died at, or the test proves nothing.
EVERY_KIND = {
    f"{when} {what}"
    for when in ("before", "after")
    for what in ("poll", "commit", "card", "look", "reply", "message")
}
#: A process that is stopped here has looked at its lock, its lease and the post, and then sends.
STOPS = ("before reply", "after reply", "before message", "after message")
#: A later life begins so many seconds later: leases and settling times are over then, and what
#: was approved is not yet so old that a person is asked again.
LATER = 1200
#: Only a process that dies between the claim of a private message and its answer leaves something
#: to a person: nobody knows whether it left, and its absence proves nothing. In all other cases
#: nobody is asked.
MAY_BE_OUT = ("after commit", "before message", "after message")
#: Dying right there is aimed at; so large a share of the cases may it be.
ASKED = 0.1 if SOAK else 0.05


class Driver:
    """The process that lives; see driver.py."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, asked: dict[str, object]) -> Any:  # noqa: ANN401 - JSON
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate("", timeout=30)


@dataclass
class World:
    """The far ends of one case, and its database."""

    driver: Driver
    folder: Path
    source: str
    platform: Platform
    slack: SlackServer
    database: str

    def live(
        self, *, die_at: int = 0, halt_at: str = "", later: int = 0, lock: str = "own"
    ) -> dict[str, Any]:
        """One life; how it ended. The platform's clock is as late as the life's."""
        self.platform.set_time(clock.now() + timedelta(seconds=later * LATER))
        answer: dict[str, Any] = self.driver.ask(self._asked(die_at, halt_at, later, lock))
        return answer

    def rehearse(self) -> list[str]:
        """A life in the driver itself, to its end; the steps that it took."""
        steps: list[str] = self.driver.ask(self._asked(0, "", 0, "own") | {"do": "rehearse"})
        return steps

    def race(self, lives: int) -> list[dict[str, Any]]:
        """Lives that begin at the same time; how they ended."""
        answers: list[dict[str, Any]] = self.driver.ask(
            self._asked(0, "", 0, "own") | {"do": "race", "lives": lives}
        )
        return answers

    def go_on(self) -> dict[str, Any]:
        """The life that was stopped lives on to its end."""
        answer: dict[str, Any] = self.driver.ask({"do": "go on"})
        return answer

    def _asked(self, die_at: int, halt_at: str, later: int, lock: str) -> dict[str, object]:
        return {
            "do": "live",
            "folder": str(self.folder),
            "source": self.source,
            "platform": self.platform.server.url,  # type: ignore[attr-defined]
            "slack": self.slack.api_url,
            "database": self.database,
            "die_at": die_at,
            "halt_at": halt_at,
            "ahead": later * LATER,
            "lock": lock,
        }

    def actions(self) -> tuple[Action, Action]:
        """The public reply and the private message as the database has them."""
        with Store.open(self.database) as store:
            (case_id,) = store.cases.list(set(CaseState))
            case = store.cases.get(case_id)
        public, private = case.action(ActionKind.PUBLIC), case.action(ActionKind.PRIVATE)
        assert public is not None
        assert private is not None
        return public, private


@dataclass
class Record:
    """What all cases of a test came to."""

    cases: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    asked: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.cases} cases, {self.kills.total()} kills, {self.sent} sent, "
            f"{len(self.asked)} asked, none twice, none lost"
        )

    def judge(self, world: World, told: str, *, cards: int = 1, may_be_out: bool = False) -> None:
        """One case is over: everything is there once, or a person is asked about a message.

        Args:
            world: What stands at its far ends.
            told: What was done in it.
            cards: So many cards may stand in the channel.
            may_be_out: A process died where nobody can know whether the message left.
        """
        assert len(world.platform.public_replies()) == 1, told
        assert len(world.slack.channels[stage.CHANNEL].messages) <= cards, told
        public, private = world.actions()
        assert public.state is ActionState.SENT, told
        self.cases += 1
        self.sent += 1
        if private.state is ActionState.NEEDS_HUMAN:
            # What is there is found, never asked about.
            assert world.platform.private_messages() == [], told
            assert may_be_out, f"a person is asked for nothing: {told}"
            self.asked.append(told)
        else:
            assert private.state is ActionState.SENT, told
            assert len(world.platform.private_messages()) == 1, told
            self.sent += 1


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    driver = Driver()
    yield driver
    driver.close()


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Worlds:
    """Makes a fresh world for each case."""

    def __init__(
        self, driver: Driver, folder: Path, kind: str, request: pytest.FixtureRequest
    ) -> None:
        self._driver = driver
        self._folder = folder
        self._kind = kind
        self._request = request
        self._numbers = count(1)

    def __str__(self) -> str:
        return self._kind

    @contextmanager
    def fresh(self, source: str) -> Iterator[World]:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        with ExitStack() as ends:
            platform = ends.enter_context(harness(source))
            slack = ends.enter_context(SlackServer(scopes()))
            database = self._database(ends)
            stage.furnish(slack)
            platform.set_time(clock.now())
            platform.seed(COMPLAINT)
            platform.answer_privately("hello, are you there?")
            yield World(self._driver, folder, source, platform, slack, database)

    def _database(self, ends: ExitStack) -> str:
        if self._kind == "sqlite":
            files: SqliteFiles = self._request.getfixturevalue("sqlite_files")
            return files.fresh()
        server: Postgres = self._request.getfixturevalue("postgres")
        return ends.enter_context(server.fresh())


@pytest.fixture(params=["sqlite", "postgresql"])
def worlds(driver: Driver, tmp_path: Path, request: pytest.FixtureRequest) -> Worlds:
    return Worlds(driver, tmp_path, str(request.param), request)


def chosen(steps: Sequence[str]) -> list[int]:
    """Which steps to die at: in a soak every one, else the first two of each name."""
    if SOAK:
        return list(range(1, len(steps) + 1))
    seen: Counter[str] = Counter()
    numbers = []
    for number, step in enumerate(steps, start=1):
        seen[step] += 1
        if seen[step] <= HITS:
            numbers.append(number)
    return numbers


def window(steps: Sequence[str]) -> range:
    """The numbers of the steps where a kill leaves open whether a private message is out."""
    sent = steps.index("before message") + 1
    around = range(sent - 1, sent + 2)
    assert tuple(steps[number - 1] for number in around) == MAY_BE_OUT
    return around


@pytest.mark.slow
def test_a_kill_at_any_step_loses_nothing_and_repeats_nothing(
    worlds: Worlds, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    record = Record()
    with worlds.fresh(source) as world:
        steps = world.rehearse()
        record.judge(world, "never killed")
    around = window(steps)

    for step in chosen(steps):
        for second in SECOND_KILLS:
            with worlds.fresh(source) as world:
                told = f"killed at step {step} ({steps[step - 1]}), then at {second}"
                first = world.live(die_at=step)
                assert first["killed"], f"{told}: {first}"
                record.kills[first["at"]] += 1
                # Each recovery is killed too, at another step of its own.
                again = world.live(die_at=second or step % 17 + 1, later=1)
                record.kills[again["at"]] += again["killed"]
                assert world.live(later=2)["status"] == 0, told
                ends = {steps[step - 1] if step in around else "", again["at"]}
                record.judge(world, told, may_be_out=not ends.isdisjoint(MAY_BE_OUT))
            if SOAK and record.cases % TELL_EVERY == 0:
                with capsys.disabled():
                    print(f"{worlds} {source}: {record}", file=sys.stderr)  # noqa: T201 - progress

    assert set(record.kills) >= EVERY_KIND, EVERY_KIND - set(record.kills)
    assert record.kills.total() > 1.5 * record.cases, "the second kills hit as well"
    assert len(record.asked) <= ASKED * record.cases, record.asked
    assert record.sent >= 2 * record.cases - len(record.asked)


@pytest.mark.slow
@pytest.mark.parametrize("step", STOPS)
def test_a_stopped_sender_that_wakes_up_after_its_lease_repeats_nothing(
    worlds: Worlds, source: str, step: str
) -> None:
    with worlds.fresh(source) as world:
        assert world.live(halt_at=step)["stopped"]

        assert world.live(later=1)["status"] == 0  # another process: it has no lock, and waits
        assert world.go_on()["status"] == 0

        assert world.live(later=2)["status"] == 0
        Record().judge(world, f"stopped {step}")


@pytest.mark.slow
def test_without_the_lock_a_stopped_sender_is_caught_repeating(worlds: Worlds) -> None:
    with worlds.fresh("reddit") as world:  # X refuses the same text twice, sometimes
        assert world.live(halt_at="before reply", lock="none")["stopped"]

        assert world.live(later=1, lock="none")["status"] == 0
        assert world.go_on()["status"] == 0

        assert len(world.platform.public_replies()) == 2


@pytest.mark.slow
def test_of_processes_that_begin_together_one_sends(worlds: Worlds, source: str) -> None:
    with worlds.fresh(source) as world:
        assert [life["status"] for life in world.race(3)] == [0, 0, 0]

        assert world.live(later=1)["status"] == 0
        # `amends run` does not begin without the lock; here all three walk the line and show cards.
        Record().judge(world, "three at once", cards=3)
