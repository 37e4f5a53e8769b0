"""Sending under a virtual clock, on a platform that fails, in a process that dies anywhere.

One schedule is one case: a person clicks Send twice, the public reply, the credit and the private
message go out, and at one point (or at random ones) the process dies and starts again. Everything
hangs on the seed alone. What stands on the platform in the end is the only judge.

The platform keeps its word (that is the fault model): it applies a request within `LATEST` of its
end or never, and shows what it applied after `LAG`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from random import Random
from typing import Protocol

from connectors.base import Ability, Author, Batch, Contact, Life, Mention, Problem, Receipt
from connectors.errors import OutcomeUnknown, TryLater
from responders.action import ActionKind, ActionState
from responders.ask import OPEN_QUESTIONS
from responders.card import Verb
from responders.case import Case, CaseBook, CaseId, Change, Due
from responders.credit.pool import Pool
from responders.deliver import Sender
from responders.desk import Desk
from responders.money import Money
from tests.fakes import FakeCaseBook
from tests.responders import given

#: A month's budget that no number of schedules in one database spends.
RICH = replace(
    given.POLICY,
    credit=replace(given.CREDITS, monthly_budget=Money(minor=10**9, currency="EUR")),
)
LATEST = timedelta(seconds=10)
LAG = timedelta(seconds=3)

#: Where a process can die: before and after each of these.
SAVES = (
    "approved",
    "claimed",
    "sent",
    "postponed",
    "lost",
    "absent",
    "absent_for_sure",
    "unproved",
    "unread",
    "delayed",
    "send_again",
)
CALLS = ("reply", "message", "find", "conversation", "look", "issue")
POINTS = tuple(f"{name}:{side}" for name in SAVES + CALLS for side in ("before", "after"))


class Crash(BaseException):
    """The process is gone; nothing in it gets to clean up."""


@dataclass
class Fate:
    """When the process dies."""

    point: str = ""  #: at this point ...
    hit: int = 0  #: ... the so-manieth time
    chance: float = 0.0  #: or anywhere, with this chance
    random: Random = field(default_factory=lambda: Random(0))
    seen: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)

    def reach(self, point: str) -> None:
        self.seen[point] += 1
        armed = point == self.point and self.seen[point] == self.hit
        if armed or (len(self.crashes) < 12 and self.random.random() < self.chance):
            self.crashes.append(point)
            raise Crash(point)


class Shelf(CaseBook, Protocol):
    """A book of cases that also says what is due."""

    def due(self, now: datetime) -> Sequence[Due]: ...


class MortalBook:
    """The book of a process that may die around each write; what was written stays."""

    def __init__(self, fate: Fate, shelf: Shelf) -> None:
        self._fate = fate
        self._shelf = shelf

    def get(self, case_id: CaseId) -> Case:
        return self._shelf.get(case_id)

    def due(self, now: datetime) -> Sequence[Due]:
        return self._shelf.due(now)

    def save(self, change: Change, now: datetime) -> bool:
        name = change.notes[0].what
        self._fate.reach(f"{name}:before")
        written = self._shelf.save(change, now)
        self._fate.reach(f"{name}:after")
        return written


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Something that stands, or will stand, on the platform."""

    to: str
    text: str
    at: datetime
    number: int


@dataclass
class StormyPlatform:
    """A platform whose every call may fail, in each of the ways that platforms do."""

    clock: given.Clock
    fate: Fate
    random: Random
    rate: float
    candid: bool = True  #: False: its connector takes a 5xx for "not applied"
    sighted: bool = True  #: False: reading back finds nothing
    platform: str = "twitter"
    account: str = "acme"
    reliable_reads: bool = True
    public: list[Standing] = field(default_factory=list)
    private: list[Standing] = field(default_factory=list)

    def poll(self, cursor: str | None) -> Batch:
        return Batch(cursor=cursor)

    def ability(self, mention: Mention, contact: Contact = given.STRANGERS) -> Ability:
        return given.BOTH

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        return self._write("reply", self.public, mention.id, text)

    def message(self, author: Author, text: str, key: str) -> Receipt:
        return self._write("message", self.private, author.id, text)

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        self._read("find")
        shown = self._shown(self.public)
        found = [s for s in shown if (s.to, s.text) == (mention.id, text) and self.sighted]
        self.fate.reach("find:after")
        return Receipt(id=f"p{found[0].number}") if found else None

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        self._read("look")
        self.fate.reach("look:after")
        return {mention.id: Life.ALIVE for mention in mentions}

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        self._read("conversation")
        ours = Author(id="us", handle="acme")
        turns = [
            Mention(
                platform="twitter",
                id=f"d{s.number}",
                author=ours,
                text=s.text,
                created_at=s.at,
                private=True,
                ours=True,
            )
            for s in self._shown(self.private)
        ]
        self.fate.reach("conversation:after")
        return turns

    def retract(self, receipt: Receipt) -> None:
        raise AssertionError("nobody takes anything down here")

    def check(self) -> Sequence[Problem]:
        return ()

    def stands(self, where: list[Standing], text: str) -> int:
        """How often a text stands there once everything late has arrived."""
        return sum(standing.text == text for standing in where)

    def _write(self, name: str, where: list[Standing], to: str, text: str) -> Receipt:
        self.fate.reach(f"{name}:before")
        self.clock.move(seconds=0.2)
        fault = self._fault(_WRITE_FAULTS)
        if fault == "refused":
            raise TryLater("X could not be reached.")
        if fault == "limited":
            raise TryLater("X asks us to wait.", at=self.clock() + timedelta(seconds=90))
        late = timedelta(0)
        if fault == "late":
            late = timedelta(seconds=self.random.uniform(1, LATEST.total_seconds()))
        if fault in _APPLIED:
            where.append(Standing(to=to, text=text, at=self.clock() + late, number=len(where) + 1))
        self.fate.reach(f"{name}:after")
        if fault in {"error_applied", "error_lost"} and not self.candid:
            raise TryLater("X answered 500.")
        if fault:
            raise OutcomeUnknown(f"X gave no usable answer ({fault}).")
        return Receipt(id=f"p{len(where)}" if where is self.public else f"d{len(where)}")

    def _read(self, name: str) -> None:
        self.fate.reach(f"{name}:before")
        self.clock.move(seconds=0.1)
        if self._fault(("down",)):
            raise TryLater("X could not be read.")

    def _shown(self, where: list[Standing]) -> list[Standing]:
        return [standing for standing in where if standing.at + LAG <= self.clock()]

    def _fault(self, kinds: tuple[str, ...]) -> str:
        return self.random.choice(kinds) if self.random.random() < self.rate else ""


_WRITE_FAULTS = (
    "refused",
    "limited",
    "reset_applied",
    "reset_lost",
    "late",
    "error_applied",
    "error_lost",
    "duplicate",  # 403 "duplicate content", and it may stand there or not: here it does not
)
_APPLIED = {"", "reset_applied", "late", "error_applied"}


class MortalCodes:
    """A pool of codes in a database that survives the process."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self.taken: dict[str, str] = {}
        self.back: list[str] = []

    def take(self, key: str, amount: Money, now: datetime) -> str:
        self._fate.reach("issue:before")
        code = self.taken.setdefault(key, f"CODE{len(self.taken):04}XY")
        self._fate.reach("issue:after")
        return code

    def give_back(self, key: str) -> None:
        self.back.append(key)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One run: where it dies, how often the platform fails, and by which dice."""

    seed: int
    rate: float
    point: str = ""
    hit: int = 0
    chance: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """What stood on the platform in the end."""

    schedule: Schedule
    sent: int  #: actions that are sent and stand there
    doubled: int  #: texts that stand there more than once, or codes given out twice
    missing: int  #: actions that are not settled as sent, or do not stand there
    crashes: tuple[str, ...]
    asked: Mapping[ActionKind, int]  #: how often a person had to look


MakeSender = Callable[..., Sender]


def schedules(seeds: int, chances: Sequence[float] = (0.02, 0.1)) -> Iterator[Schedule]:
    """Each crash point, its first three hits, each seed, without faults and in a storm."""
    for seed, rate in product(range(seeds), (0.0, 0.35)):
        for point, hit in product(POINTS, (1, 2, 3)):
            yield Schedule(seed=seed, rate=rate, point=point, hit=hit)
        for chance in chances:
            yield Schedule(seed=seed, rate=rate, chance=chance)


def run(
    schedule: Schedule,
    *,
    make: MakeSender = Sender,
    settle: timedelta = timedelta(seconds=60),
    candid: bool = True,
    sighted: bool = True,
    shelf: Shelf | None = None,
    case_id: CaseId = given.CASE.id,
) -> Result:
    """Play one schedule to its end.

    Args:
        schedule: Where it dies, and how often the platform fails.
        make: The sender; a mutant of it, for the proof of the proof.
        settle: How long a lost request may still be applied.
        candid: False: the connector takes a server's error for "not applied".
        sighted: False: reading back finds nothing.
        shelf: Where the case is kept; in memory where there is none.
        case_id: An open case with a draft, nothing else of which is due.
    """
    book = shelf or FakeCaseBook(given.CASE)
    world = _World(schedule, book, case_id, make=make, settle=settle)
    world.platform.candid, world.platform.sighted = candid, sighted
    return world.play()


class _World:
    def __init__(
        self,
        schedule: Schedule,
        shelf: Shelf,
        case_id: CaseId,
        *,
        make: MakeSender,
        settle: timedelta,
    ) -> None:
        self._schedule = schedule
        dice = Random(f"{schedule.seed}:{schedule.rate}:{schedule.point}:{schedule.hit}")
        self._fate = Fate(
            point=schedule.point, hit=schedule.hit, chance=schedule.chance, random=dice
        )
        self._clock = given.Clock()
        self._case_id = case_id
        self._book = MortalBook(self._fate, shelf)
        self.platform = StormyPlatform(
            clock=self._clock, fate=self._fate, random=dice, rate=schedule.rate
        )
        self._codes = MortalCodes(self._fate)
        self._make = make
        self._settle = settle
        self._keys = given.keys(f"case-{case_id}-")
        self._asked: Counter[ActionKind] = Counter()
        self._start()

    def play(self) -> Result:
        self._click(Verb.ADD_CREDIT)
        self._click(Verb.SEND)
        self._click(Verb.SEND)
        for _ in range(400):
            self._work()
            if self._done():
                break
            self._help()
            self._wait()
        self._clock.move(minutes=5)
        return self._judge()

    def _start(self) -> None:
        """The process starts: everything but the database and the platform is new."""
        self._desk = Desk(
            self._book,
            policy=lambda _brand: RICH,
            ability=lambda _case: given.BOTH,
            review=given.unchanged,
            clock=self._clock,
            new_key=self._keys,
        )
        self._sender = self._make(
            self._book,
            connector=lambda _case: self.platform,
            credits=Pool(self._codes),
            review=given.unchanged,
            clock=self._clock,
            owner="one",
            lock=given.Lock(),
            holds=lambda _case, _kind, _now: None,
            contact=lambda _case: given.STRANGERS,
            settle=self._settle,
        )

    def _alive(self, act: Callable[[], object]) -> bool:
        """Whether the process lived through it; else it is started again after a while."""
        try:
            act()
        except Crash:
            self._clock.move(seconds=5)
            self._start()
            return False
        return True

    def _click(self, verb: Verb, kind: ActionKind | None = None) -> None:
        """A person clicks until they hear that it was done, or was done before."""
        decision = given.click(verb, self._case, kind)
        while not self._alive(lambda: self._desk.take(decision, given.EVA)):
            pass

    @property
    def _case(self) -> Case:
        return self._book.get(self._case_id)

    def _work(self) -> None:
        for due in self._book.due(self._clock()):
            if not self._alive(partial(self._sender.step, due)):
                return

    def _done(self) -> bool:
        actions = self._case.actions
        return bool(actions) and all(a.state is ActionState.SENT for a in actions)

    def _help(self) -> None:
        """What only a person can settle: they look at the platform itself and tell the truth."""
        for action in self._case.actions:
            if action.state in {ActionState.NEEDS_HUMAN, ActionState.FAILED}:
                self._asked[action.kind] += 1
                there = self._count(action.kind, action.text) > 0
                self._click(Verb.FOUND if there else Verb.SEND_AGAIN, action.kind)

    def _wait(self) -> None:
        """Jump to the next moment at which something is due."""
        now = self._clock()
        times = [
            time
            for action in self._case.actions
            if action.state in OPEN_QUESTIONS | {ActionState.APPROVED}
            for time in (action.not_before, action.lease_until, action.settle_until)
            if time is not None and time > now
        ]
        self._clock.now = min(times, default=now + timedelta(seconds=1))

    def _count(self, kind: ActionKind, text: str) -> int:
        match kind:
            case ActionKind.PUBLIC:
                return self.platform.stands(self.platform.public, text)
            case ActionKind.PRIVATE:
                code = next(iter(self._codes.taken.values()), "")
                text = text.replace("{code}", code)
                return self.platform.stands(self.platform.private, text)
            case _:
                return len(self._codes.taken)

    def _judge(self) -> Result:
        actions = {action.kind: action for action in self._case.actions}
        counts = {kind: self._count(kind, action.text) for kind, action in actions.items()}
        out = [k for k, a in actions.items() if a.state is ActionState.SENT and counts[k] > 0]
        others = len(self.platform.public) + len(self.platform.private) + len(self._codes.taken)
        return Result(
            schedule=self._schedule,
            sent=len(out),
            doubled=others - sum(count > 0 for count in counts.values()),
            missing=3 - len(out),
            crashes=tuple(self._fate.crashes),
            asked=dict(self._asked),
        )


__all__ = ["POINTS", "Crash", "Result", "Schedule", "run", "schedules"]
