"""A whole installation on loopback: a platform, Slack, a database, and time that can be moved.

The real connector, the real Slack client and Socket Mode, the real jobs and the real database;
only the far ends are ours, and the clock runs ahead when a test says so.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr

from connectors.base import Connector
from connectors.settings import ConnectorSettings
from monitor import app, clock
from monitor.config import (
    BrandTable,
    DatabaseTable,
    EngineTable,
    File,
    PolicyTable,
    Settings,
    SlackTable,
)
from monitor.jobs import House, Jobs
from monitor.judge import Judge
from monitor.store import Store
from responders.case import Case, CaseId
from responders.deliver import SenderLock
from responders.slack.manifest import scopes
from tests.contracts.platform import Platform, harness
from tests.servers.slack import APP_TOKEN, BOT_TOKEN, Channel, SlackServer

CHANNEL = "C0CASES"
EVA, TOM, STRANGER = "U0EVA", "U0TOM", "U0SAM"
#: More walks than this without coming to rest is a fault.
MOST_WALKS = 60
#: Longer than the undo window, the settling time and the wait between two looks.
LATER = timedelta(minutes=2)


class Clock:
    """The real clock, ahead by as much as a test moved it."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.ahead = ahead

    def __call__(self) -> datetime:
        return clock.now() + self.ahead

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        self.ahead += by


def furnish(server: SlackServer) -> None:
    """A private channel with two approvers, a colleague and the bot in it."""
    server.add_user(EVA, "Eva")
    server.add_user(TOM, "Tom")
    server.add_user(STRANGER, "Sam")
    server.add_channel(
        Channel(id=CHANNEL, name="complaints", members=[EVA, TOM, STRANGER, "U0BOT"])
    )


def settings(
    folder: Path, source: str, slack_url: str, database: str = "", **policy: object
) -> Settings:
    """Settings of an installation whose only platform is `source`."""
    table: dict[str, Any] = {"approvers": (EVA, TOM), "undo_seconds": 0, **policy}
    return Settings(
        file=File(
            brands=(
                BrandTable(
                    name="Acme",
                    terms=("acme",),
                    signature="Eva",
                    contact="help@acme.example",
                    timezone="Europe/Berlin",
                ),
            ),
            slack=SlackTable(
                api_url=slack_url,
                bot_token=SecretStr(BOT_TOKEN),
                app_token=SecretStr(APP_TOKEN),
                channel=CHANNEL,
                timeout_seconds=5,
            ),
            policy=PolicyTable.model_validate(table),
            engine=EngineTable(watch_every=timedelta(seconds=30)),
            database=DatabaseTable(url=database or "sqlite:///amends.db"),
        ),
        connectors={source: ConnectorSettings()},
        path=folder / "config.toml",
    )


class Life:
    """One process's life: what `amends run` builds, walked by hand."""

    def __init__(
        self,
        made: Settings,
        connector: Connector,
        source: str,
        at: Clock,
        *,
        judge: Judge | None = None,
        lock: SenderLock | None = None,
    ) -> None:
        """Begin.

        Args:
            made: The settings.
            connector: The only platform.
            source: Its name.
            at: The time.
            judge: The judge, where one is at hand: it takes a while to load.
            lock: In place of the real one; nobody else may have that.
        """
        self._stack = ExitStack()
        self.clock = at
        self.source = source
        self.settings = made
        self.store = self._stack.enter_context(Store.open(made.database_url))
        if lock is None:
            lock = self._locked(made)
        surface = app.make_surface(made, at)
        assert surface is not None
        app.import_codes(made.policy, self.store)
        self.house: House = app.build(
            made,
            self.store,
            clock=at,
            connectors={source: connector},
            surface=surface,
            lock=lock,
            judge=judge,
        )
        self.jobs = Jobs(self.house)

    def _locked(self, made: Settings) -> SenderLock:
        lock = app.sender_lock(made)
        assert lock.acquire(), "another life still has the lock"
        self._stack.callback(lock.release)
        return lock

    def close(self) -> None:
        """An orderly end."""
        self._stack.close()

    def poll(self) -> int:
        """Read the platform once."""
        return self.jobs.poll(self.source)

    def rest(self) -> None:
        """Walk the line until nothing is due at this moment."""
        for _ in range(MOST_WALKS):
            if not self.jobs.sweep():
                return
        raise AssertionError("the line does not come to rest")

    def settle(self, times: int = 4) -> None:
        """Walk to rest, let time pass, and so on: looks, second looks, later tries."""
        self.rest()
        for _ in range(times):
            self.clock.forward(LATER)
            self.rest()

    def case(self, number: int = 1) -> Case:
        """A case as it is now."""
        return self.store.cases.get(CaseId(number))


class Stage(AbstractContextManager["Stage"]):
    """A platform, a workspace, one life at a time, and the people in front of Slack."""

    def __init__(self, folder: Path, source: str, **policy: object) -> None:
        self.folder = folder
        self.source = source
        self.policy = policy
        self.clock = Clock()
        self.platform: Platform = harness(source)
        self.slack = SlackServer(scopes())
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self.platform)
        self._stack.enter_context(self.slack)
        furnish(self.slack)
        self.platform.set_time(clock.now())
        self.settings = settings(self.folder, self.source, self.slack.api_url, "", **self.policy)
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        self._stack.close()

    def begin(self) -> None:
        """Start the program, with its Socket Mode connection."""
        self.life = Life(self.settings, self.platform.connector(), self.source, self.clock)
        self._listening = app.listen_to_slack(self.settings, self.life.house)
        self.slack.until(lambda: self.slack.listeners, "the Socket Mode connection")

    def end(self) -> None:
        """Stop the program in good order."""
        self._listening.close()
        self.life.close()

    # What stands in Slack

    def cards(self) -> list[Mapping[str, Any]]:
        """Every message in the channel, oldest first."""
        return list(self.slack.channels[CHANNEL].messages)

    def card(self) -> Mapping[str, Any]:
        """The one card."""
        (card,) = self.cards()
        return card

    def words(self, message: Mapping[str, Any] | None = None) -> str:
        """All the words of a message, for reading."""
        return "\n".join(_words(message if message is not None else self.card()))

    def notes(self) -> list[str]:
        """What people were told privately, oldest first."""
        return [str(note["text"]) for note in self.slack.channels[CHANNEL].notes]

    def click(self, verb: str, user: str = EVA) -> None:
        """Click a button on the one card and wait for what the click brings about."""
        heard = len(self.slack.channels[CHANNEL].notes)
        self.slack.click(self.card()["ts"], f"amends.{verb}", user)
        self.slack.until(
            lambda: len(self.slack.channels[CHANNEL].notes) > heard, f"an answer to {verb}"
        )


def _words(part: object) -> list[str]:
    if isinstance(part, Mapping):
        return [word for key, value in part.items() if key != "metadata" for word in _words(value)]
    if isinstance(part, list):
        return [word for item in part for word in _words(item)]
    return [part] if isinstance(part, str) else []
