"""A team in front of a loopback Slack: real jobs, database and bot, and a clock that is moved."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr

from connectors.base import Author, Mention
from connectors.settings import ConnectorSettings
from monitor import app
from monitor.config import BrandTable, DutyTable, EngineTable, File, PolicyTable, SlackTable
from monitor.config import Settings as AllSettings
from monitor.jobs import House, Jobs
from monitor.store import Store
from responders.card import Decision, Verb
from responders.case import Case, CaseId, CaseState
from responders.desk import Answer
from responders.policy import Person
from responders.slack.bot import SlackBot
from responders.slack.manifest import scopes
from responders.verdict import RedFlag, Verdict
from tests.responders import given
from tests.servers.slack import BOT_TOKEN, Channel, SlackServer

CHANNEL, OTHER = "C0CASES", "C0OTHER"
EVA = Person(id="U0EVA", name="Eva")
TOM = Person(id="U0TOM", name="Tom")
#: A Friday; Berlin is an hour ahead.
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ANGRY = Verdict(
    language="en", compound=-0.6, complaint=0.8, angry=True, topic="order_late", asks=True
)
MILD = replace(ANGRY, complaint=0.55, asks=False)
RED = replace(ANGRY, red_flags=(RedFlag.INJURY,))
MOST_WALKS = 60


class Team(AbstractContextManager["Team"]):
    """One installation; `restart` throws everything away but the database and Slack."""

    def __init__(self, folder: Path, duty: dict[str, Any] | None = None, **more: Any) -> None:  # noqa: ANN401 - as the file would say it
        self.folder = folder
        self.paced = (
            False  #: whether the bot keeps to Slack's rate; here many things happen at once
        )
        self.clock = given.Clock(FRIDAY)
        self.slack = SlackServer(scopes())
        self.platform = given.Platform(self.clock)
        self._duty, self._more = duty or {}, more
        self._stack = ExitStack()
        self._posts = 0

    def __enter__(self) -> Self:
        self._stack.enter_context(self.slack)
        self.slack.now = FRIDAY
        people = [EVA.id, TOM.id, "U0SAM", "U0BOT"]
        for person in people[:3]:
            self.slack.add_user(person, person[2:].capitalize())
        for channel in (CHANNEL, OTHER):
            self.slack.add_channel(Channel(id=channel, name=channel.lower(), members=people))
        self.settings = self._settings()
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.store.close()
        self._stack.close()

    def _settings(self) -> AllSettings:
        brand = {"name": "Acme", "timezone": "Europe/Berlin", **self._more.get("brand", {})}
        policy = {"approvers": (EVA.id, TOM.id), "undo_seconds": 0, **self._more.get("policy", {})}
        slack = {"channel": CHANNEL, "api_url": self.slack.api_url, "timeout_seconds": 5}
        return AllSettings(
            file=File(
                brands=(BrandTable.model_validate(brand),),
                slack=SlackTable.model_validate(
                    {**slack, "bot_token": SecretStr(BOT_TOKEN), **self._more.get("slack", {})}
                ),
                policy=PolicyTable.model_validate(policy),
                duty=DutyTable.model_validate(self._duty),
                engine=EngineTable.model_validate(self._more.get("engine", {})),
            ),
            connectors={"twitter": ConnectorSettings()},
            path=self.folder / "config.toml",
        )

    def begin(self, wrap: Callable[[House], House] = lambda house: house) -> None:
        """Start the program."""
        self.store = Store.open(self.settings.database_url)
        surface = app.make_surface(self.settings, self.clock) if self.paced else self._hasty()
        self.house = wrap(
            app.build(
                self.settings,
                self.store,
                clock=self.clock,
                connectors={"twitter": self.platform},
                surface=surface,
                lock=given.Lock(),
            )
        )
        self.jobs = Jobs(self.house)

    def _hasty(self) -> SlackBot:
        slack = self.settings.file.slack
        assert slack is not None
        return SlackBot(app.slack_client(slack), app.channels(slack), clock=self.clock)

    def restart(self) -> None:
        """A new process on the same database."""
        self.store.close()
        self.begin()

    def complain(self, verdict: Verdict = ANGRY, **post: Any) -> CaseId:  # noqa: ANN401 - fields of a Mention
        """Somebody writes; the line is walked to rest."""
        self._posts += 1
        made = Mention(
            platform="twitter",
            id=f"p{self._posts}",
            author=Author(id=f"a{self._posts}", handle=f"kim{self._posts}"),
            text=f"Where is my order {self._posts}?",
            created_at=self.clock(),
            url=f"https://x.example/p{self._posts}",
            addressed=True,
        )
        made = replace(made, **post)
        self.store.mentions.ingest("Acme", "twitter", [(made, verdict)], None, self.clock())
        self.rest()
        return self.store.cases.list(set(CaseState), newest=True)[0]

    def rest(self) -> None:
        """Walk until nothing is due at this moment."""
        for _ in range(MOST_WALKS):
            if not self.jobs.sweep():
                return
        raise AssertionError("the line does not come to rest")

    def later(self, **by: float) -> None:
        """Time passes, and the line is walked to rest."""
        self.clock.move(**by)
        self.slack.now = self.clock()
        self.rest()

    def case(self, case_id: CaseId) -> Case:
        return self.store.cases.get(case_id)

    def decide(self, case_id: CaseId, verb: Verb, person: Person = EVA, **more: Any) -> Answer:  # noqa: ANN401 - fields of a Decision
        """A click on the newest card, and the walk that follows."""
        case = self.case(case_id)
        decision = Decision(
            verb=verb,
            case_id=case_id,
            round=case.round,
            draft_revision=case.draft.revision if case.draft else 0,
            **more,
        )
        answer = self.house.desk.take(decision, person)
        self.rest()
        return answer

    def said(self, channel: str = CHANNEL) -> list[str]:
        """The line of every message in the channel, oldest first."""
        return [str(message["text"]) for message in self.slack.channels[channel].messages]

    def below(self) -> list[str]:
        """The line of every remark in a thread, oldest first."""
        return [str(reply["text"]) for reply in self.slack.channels[CHANNEL].replies]
