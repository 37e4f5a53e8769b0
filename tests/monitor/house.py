"""A house of real parts around a platform and a Slack that do what a test says.

The database, the jobs, the desk and the sender are real; time moves when a test says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from connectors.base import (
    Ability,
    Author,
    Batch,
    Contact,
    Life,
    Mention,
    Problem,
    Receipt,
    Route,
    Way,
)
from connectors.errors import BadPayload, OutcomeUnknown, Unsupported
from connectors.settings import ConnectorSettings
from monitor import app
from monitor.config import BrandTable, EngineTable, File, PolicyTable, Settings
from monitor.jobs import House
from monitor.judge import Judge
from monitor.store import Store
from responders.bulletin import Bulletin
from responders.card import Card, Decision, Verb
from responders.case import Case, CaseId
from responders.policy import Brand, Person
from responders.slack.bot import Shown
from responders.verdict import Verdict
from tests.monitor.posts import ANGRY, BRAND, CALM, NOW, Fields, post

EVA = Person(id="eva", name="Eva")
US = Author(id="us", handle="acme")
_STRANGER = Contact()


@dataclass
class Time:
    """The present moment of a test."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta = timedelta(minutes=2)) -> None:
        """Let time pass."""
        self.now += by


@dataclass(kw_only=True)
class Platform:
    """A platform that shows these posts and turns, and fails when told to."""

    platform: str = "reddit"
    account: str = "acme"
    reliable_reads: bool = True
    posts: list[Mention] = field(default_factory=list)
    bad: tuple[BadPayload, ...] = ()
    turns: list[Mention] = field(default_factory=list)
    private: Route = Route.API
    trouble: Exception | None = None  #: every call fails with it
    talks: bool = True  #: False: there are no conversations here
    asked: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    time: Time | None = None
    takes: timedelta = timedelta()  #: so long every call takes

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.time is not None:
            self.time.forward(self.takes)
        if self.trouble is not None:
            raise self.trouble

    def poll(self, cursor: str | None) -> Batch:
        self._ask("poll")
        seen = int(cursor or 0)
        return Batch(mentions=tuple(self.posts[seen:]), cursor=str(len(self.posts)), bad=self.bad)

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        private = Route.API if contact.wrote_privately_at else self.private
        return Ability(public=Way(route=Route.API), private=Way(route=private))

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        self._ask("reply")
        self.sent.append(text)
        return Receipt(id=f"r{len(self.sent)}")

    def message(self, author: Author, text: str, key: str) -> Receipt:
        self._ask("message")
        self.sent.append(text)
        return Receipt(id=f"m{len(self.sent)}", private=True)

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        self._ask("find")
        return Receipt(id="found") if text in self.sent else None

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        self._ask("look")
        return {mention.id: Life.ALIVE for mention in mentions}

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        if not self.talks:
            raise Unsupported
        self._ask(f"conversation {mention.id}")
        return self.turns

    def retract(self, receipt: Receipt) -> None:
        self._ask("retract")

    def check(self) -> Sequence[Problem]:
        self._ask("check")
        return ()


class Died(BaseException):
    """The process was killed at this point."""


@dataclass(kw_only=True)
class FakeSlack:
    """A channel: what was posted into it, and what goes wrong."""

    cards: list[Card] = field(default_factory=list)  #: one a message, as it looks now
    digests: list[str] = field(default_factory=list)  #: the keys of those that stand there
    trouble: BaseException | None = None  #: nothing is posted
    lost: BaseException | None = None  #: it is posted, and then this is raised
    refused: dict[CaseId, Exception] = field(default_factory=dict)
    tried: int = 0
    searches: int = 0

    def show(self, card: Card, at: Shown | None) -> Shown:
        self._meet()
        if card.case_id in self.refused:
            raise self.refused[card.case_id]
        if at is not None:
            self.cards[int(at.ts)] = card
            return at
        self.cards.append(card)
        self._lose()
        return Shown(channel="C1", ts=str(len(self.cards) - 1))

    def find(self, case_id: CaseId) -> Shown | None:
        self.searches += 1
        for ts, card in enumerate(self.cards):
            if card.case_id == case_id:
                return Shown(channel="C1", ts=str(ts))
        return None

    def post_digest(self, markdown: str, png: bytes, alt: str, key: str) -> str:
        self._meet()
        assert png.startswith(b"\x89PNG")
        assert markdown.startswith("# ")
        self.digests.append(key)
        self._lose()
        return key

    def find_digest(self, key: str) -> str | None:
        self.searches += 1
        return key if key in self.digests else None

    def channel_of(self, card: Card) -> str:
        return "C1"

    def post(
        self,
        bulletin: Bulletin,
        *,
        at: Shown | None = None,
        channel: str = "",
        below: Shown | None = None,
    ) -> Shown:
        return at or Shown(channel="C1", ts=bulletin.key)

    def find_bulletin(
        self, key: str, *, channel: str = "", below: Shown | None = None
    ) -> Shown | None:
        return None

    def _meet(self) -> None:
        self.tried += 1
        if self.trouble is not None:
            raise self.trouble

    def _lose(self) -> None:
        if self.lost is not None:
            lost, self.lost = self.lost, None
            raise lost


@dataclass
class Held:
    """A lock that this process has, or not."""

    here: bool = True

    def held(self) -> bool:
        return self.here


LOST = OutcomeUnknown("no answer")


@cache
def shipped_judge() -> Judge:
    """The real judge, made once for all tests."""
    return Judge()


def settings(folder: Path, *platforms: str, **changes: Fields) -> Settings:
    """Settings of an installation with these platforms."""
    tables = {
        "brands": (BrandTable(name=BRAND, signature="Eva", timezone="Europe/Berlin"),),
        "policy": PolicyTable(approvers=(EVA.id,), undo_seconds=0),
        "engine": EngineTable(),
    }
    return Settings(
        file=File.model_validate(tables | changes),
        connectors={name: ConnectorSettings() for name in platforms},
        path=folder / "config.toml",
    )


def verdict(mention: Mention, brand: Brand) -> Verdict:
    """Angry, unless it says thanks."""
    return CALM if "thanks" in mention.text else ANGRY


def house(
    store: Store,
    folder: Path,
    time: Time,
    *platforms: Platform,
    surface: FakeSlack | None = None,
    **tables: Fields,
) -> House:
    """The house of these platforms, with these tables in its settings."""
    made = app.build(
        settings(folder, *(platform.platform for platform in platforms), **tables),
        store,
        clock=time,
        connectors={platform.platform: platform for platform in platforms},
        surface=surface,
        lock=Held(),
        judge=shipped_judge(),
    )
    return replace(made, judge=verdict)


def complaint(number: int, author: str = "bob", **changes: Fields) -> Mention:
    """An angry public post on Reddit."""
    made = post(number, platform="reddit", author=Author(id=author[::-1], handle=author))
    return replace(made, **changes)


def turn(number: int, first: Mention, **changes: Fields) -> Mention:
    """A later public post of the same person below the first."""
    made = replace(
        first,
        id=f"t{number}",
        in_reply_to=first.id,
        created_at=first.created_at + timedelta(hours=1),
    )
    return replace(made, **changes)


def send(made: House, case: Case) -> None:
    """Eva approves the case's draft."""
    card = made.desk.card(case.id)
    answer = made.desk.take(
        Decision(
            verb=Verb.SEND,
            case_id=case.id,
            round=card.round,
            draft_revision=card.draft_revision,
        ),
        EVA,
    )
    assert answer.done, answer.text


@contextmanager
def open_store(url: str) -> Iterator[Store]:
    """A store that knows the brand."""
    with Store.open(url) as store:
        store.ensure_brand(BRAND)
        yield store
