"""Killed by SIGKILL at every single step and started again: one card, one reply, one message."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from monitor import clock
from responders.action import ActionKind, ActionState
from responders.slack.manifest import scopes
from tests.acceptance import stage
from tests.contracts.platform import HARNESSES, Platform, harness
from tests.servers.slack import SlackServer

COMPLAINT = "My parcel has not arrived after three weeks and nobody at acme answers. Terrible!"
#: So often a life dies at a step of one name, unless every step is asked for.
HITS = 2
#: Steps that must be among those that were died at, or the test proves nothing.
EVERY_KIND = {
    f"{when} {what}"
    for when in ("before", "after")
    for what in ("poll", "commit", "card", "look", "reply", "message")
}
#: A later life begins this much later, so that leases and settling times are over.
HOUR = 3600


class World:
    """The far ends, and the process that is killed."""

    def __init__(self, folder: Path, source: str, platform: Platform, slack: SlackServer) -> None:
        self.folder = folder
        self.platform = platform
        self.slack = slack
        told = {
            "folder": str(folder),
            "source": source,
            "platform": platform.server.url,  # type: ignore[attr-defined]
            "slack": slack.api_url,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.driver", json.dumps(told)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def live(self, *, die_at: int = 0, hours: int = 0) -> dict[str, Any]:
        """One life; how it ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"die_at": die_at, "ahead": hours * HOUR}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def steps(self) -> list[str]:
        """The steps of the last life that came to its end."""
        taken: list[str] = json.loads((self.folder / "steps").read_text(encoding="utf-8"))
        return taken

    def close(self) -> None:
        """Let the driver end."""
        self._process.communicate("", timeout=30)


@pytest.fixture(params=sorted(HARNESSES))
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def worlds(source: str, folder: Path) -> Iterator[World]:
    with harness(source) as platform, SlackServer(scopes()) as slack:
        stage.furnish(slack)
        platform.set_time(clock.now())
        platform.seed(COMPLAINT)
        platform.answer_privately("hello, are you there?")
        world = World(folder, source, platform, slack)
        try:
            yield world
        finally:
            world.close()


def whole(world: World) -> None:
    """Everything is there, once."""
    assert len(world.platform.public_replies()) == 1
    assert len(world.platform.private_messages()) == 1
    (card,) = world.slack.channels[stage.CHANNEL].messages
    words = json.dumps(card)
    assert "three weeks" in words


def chosen(steps: Sequence[str]) -> list[int]:
    """Which steps to die at: with AMENDS_SOAK every one, else the first two of each name."""
    if os.environ.get("AMENDS_SOAK"):
        return list(range(1, len(steps) + 1))
    seen: Counter[str] = Counter()
    numbers = []
    for number, step in enumerate(steps, start=1):
        seen[step] += 1
        if seen[step] <= HITS:
            numbers.append(number)
    return numbers


@pytest.mark.slow
def test_a_kill_at_any_step_loses_nothing_and_repeats_nothing(source: str, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    for world in worlds(source, folder):
        assert world.live()["status"] == 0
        whole(world)
        steps = world.steps()
    killed: list[str] = []
    by_hand: list[str] = []

    for step in chosen(steps):
        folder = tmp_path / str(step)
        folder.mkdir()
        for world in worlds(source, folder):
            first = world.live(die_at=step)
            assert first["killed"], f"step {step} of {len(steps)} was not reached: {first}"
            killed.append(first["at"])
            assert world.live(hours=1)["status"] == 0
            by_hand += [first["at"]] * _asked(world)
            assert len(world.platform.public_replies()) == 1, f"killed {first['at']} ({step})"
            assert len(world.slack.channels[stage.CHANNEL].messages) == 1, first["at"]

    assert EVERY_KIND <= set(killed)
    # Only a private message whose request never left goes to a person: its absence proves nothing.
    assert len(by_hand) <= HITS


def _asked(world: World) -> int:
    """1 where a person has to say whether the private message arrived, else 0 and all is sent."""
    from monitor.store import Store
    from responders.case import CaseId

    with Store.open(f"sqlite:///{world.folder / 'amends.db'}") as store:
        case = store.cases.get(CaseId(1))
    public, private = case.action(ActionKind.PUBLIC), case.action(ActionKind.PRIVATE)
    assert public is not None
    assert public.state is ActionState.SENT
    assert private is not None
    if private.state is ActionState.NEEDS_HUMAN:
        assert world.platform.private_messages() == []  # what is there is found, never asked about
        return 1
    assert private.state is ActionState.SENT
    assert len(world.platform.private_messages()) == 1
    return 0
