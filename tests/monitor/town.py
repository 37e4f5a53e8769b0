"""An installation as a team has it: config.toml, secrets in the environment, loopback X and Slack.

The program itself is started as a process of its own, or command by command.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

from monitor import clock
from responders.slack.manifest import scopes
from tests.servers import slack as slack_server
from tests.servers import x as x_server
from tests.servers.slack import Channel, SlackServer
from tests.servers.x import XPlatform

ROOT = Path(__file__).parents[2]
CHANNEL, EVA = "C0CASES", "U0EVA"
#: A process that hangs is ended after so many seconds, and its test fails instead of hanging too.
PATIENCE = 120

SECRETS = {
    "AMENDS_T_BEARER": x_server.BEARER,
    "AMENDS_T_CONSUMER_KEY": x_server.CONSUMER_KEY,
    "AMENDS_T_CONSUMER_SECRET": x_server.CONSUMER_SECRET,
    "AMENDS_T_ACCESS_TOKEN": x_server.ACCESS_TOKEN,
    "AMENDS_T_ACCESS_TOKEN_SECRET": x_server.ACCESS_TOKEN_SECRET,
    "AMENDS_T_BOT_TOKEN": slack_server.BOT_TOKEN,
    "AMENDS_T_APP_TOKEN": slack_server.APP_TOKEN,
}

BRAND = f"""
[[brands]]
name = "Acme"
terms = ["acme"]
signature = "Eva"
contact = "help@acme.example"

[policy]
approvers = ["{EVA}"]
undo_seconds = 0
"""

TWITTER = """
[connectors.twitter]
api_url = "{x}"
every_seconds = 5
timeout_seconds = 2
bearer_token = "env:AMENDS_T_BEARER"
consumer_key = "env:AMENDS_T_CONSUMER_KEY"
consumer_secret = "env:AMENDS_T_CONSUMER_SECRET"
access_token = "env:AMENDS_T_ACCESS_TOKEN"
access_token_secret = "env:AMENDS_T_ACCESS_TOKEN_SECRET"
"""

SLACK = f"""
[slack]
api_url = "{{slack}}"
bot_token = "env:AMENDS_T_BOT_TOKEN"
app_token = "env:AMENDS_T_APP_TOKEN"
channel = "{CHANNEL}"
timeout_seconds = 2
"""


@dataclass
class Town:
    """The servers, and the folder with the settings."""

    folder: Path
    x: XPlatform = field(default_factory=XPlatform)
    slack: SlackServer = field(default_factory=lambda: SlackServer(scopes()))

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "config.toml"

    def write(self, *parts: str) -> Path:
        """Write the settings; the servers' addresses are filled in."""
        text = "".join(parts).replace("{x}", self.x.server.url)
        self.config.write_text(text.replace("{slack}", self.slack.api_url), encoding="utf-8")
        return self.config


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """X with one brand account, and a Slack with one private channel, both set to the present."""
    made = Town(folder)
    made.x.server.now = made.slack.now = clock.now()
    with made.x, made.slack:
        made.slack.add_user(EVA, "Eva")
        made.slack.add_user(slack_server.BOT_USER, "Amends", bot=True)
        made.slack.add_channel(
            Channel(id=CHANNEL, name="complaints", members=[EVA, slack_server.BOT_USER])
        )
        yield made


class Running:
    """`amends run`, or another command that stays, as a process; what it printed is kept."""

    def __init__(self, *arguments: str | Path) -> None:
        self.said: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "monitor", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, **SECRETS, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._watchdog = Timer(PATIENCE, self._process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def until(self, words: str) -> str:
        """Read on until a line has these words; that line."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip())
            if words in line:
                return line.rstrip()
        raise AssertionError(f"it ended without saying {words!r}: {self.said}")

    def end(self, number: signal.Signals | None = signal.SIGTERM) -> int:
        """Ask it to stop, or let it stop by itself, and wait until it has; its exit status."""
        if number is not None:
            self._process.send_signal(number)
        out, _ = self._process.communicate()
        self.said += out.splitlines()
        return self._process.returncode

    def kill(self) -> None:
        """End it however it stands; nothing where it has ended."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()
        self._watchdog.cancel()


@contextmanager
def running(*arguments: str | Path) -> Iterator[Running]:
    """A command that stays; nothing of it outlives the block."""
    process = Running(*arguments)
    try:
        yield process
    finally:
        process.kill()
