"""Cases, people and a platform to start a test from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
    TextLimit,
    Way,
)
from connectors.errors import ConnectorError
from responders.action import ActionKind
from responders.card import Decision, Verb
from responders.case import Case, CaseId, Entry, MentionId
from responders.draft import Credit, Draft, Finding, Half
from responders.guard import examine
from responders.hold import Hold, HoldCode
from responders.money import Money
from responders.policy import Brand, CreditPolicy, Person, Policy
from responders.verdict import RedFlag, Verdict

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
UNDO = timedelta(seconds=60)

EVA = Person(id="U1EVA", name="Eva")
JAN = Person(id="U2JAN", name="Jan")
STRANGER = Person(id="U9WHO", name="Who")

API = Way(route=Route.API, account="acme", limit=TextLimit(maximum=280))
BY_HAND = Way(
    route=Route.BY_HAND,
    reason="X allows a reply only where the author named us.",
    link_template="https://x.example/intent?text={text}",
    account="acme",
)
CLOSED = Way(route=Route.CLOSED, reason="They have not written to us.")
NONE = Way(route=Route.NONE, reason="There are no private messages here.")
BOTH = Ability(public=API, private=API)

EUR_25 = Money(minor=2500, currency="EUR")
CREDITS = CreditPolicy(
    suggested=EUR_25,
    cap_per_case=Money(minor=4000, currency="EUR"),
    monthly_budget=Money(minor=100_000, currency="EUR"),
    codes_file="codes.csv",
)
POLICY = Policy(approvers=frozenset({EVA.id, JAN.id}), undo=UNDO, credit=CREDITS)

PUBLIC = "We are sorry that your order is late. Please write to us, we look into it at once."
PRIVATE = "Hello, please send us your order number, and we tell you where it is today."
CREDIT = Credit(amount=EUR_25, text="In addition we would like to give you this code: {code}")
AUTHOR = Author(id="a1", handle="kim", name="Kim")


STRANGERS = Contact()
PAUSED = Hold(code=HoldCode.PAUSED, why="Paused by Jan: nothing is sent before somebody resumes.")


def mention(
    id: str = "m1",
    text: str = "Where is my order? Three weeks!",
    *,
    minutes: float = 0,
    private: bool = False,
    ours: bool = False,
) -> Mention:
    return Mention(
        platform="twitter",
        id=id,
        author=AUTHOR,
        text=text,
        created_at=NOW - timedelta(hours=1) + timedelta(minutes=minutes),
        url=f"https://x.example/{id}",
        addressed=True,
        private=private,
        ours=ours,
    )


def entry(
    number: int = 1,
    post: Mention | None = None,
    *,
    round: int = 1,
    topic: str | None = "order_late",
    flags: tuple[RedFlag, ...] = (),
) -> Entry:
    verdict = Verdict(
        language="en", compound=-0.6, complaint=0.8, angry=True, topic=topic, red_flags=flags
    )
    return Entry(
        id=MentionId(number), mention=post or mention(f"m{number}"), verdict=verdict, round=round
    )


DRAFT = Draft(playbook="order_late", public=PUBLIC, private=PRIVATE, credit=CREDIT)
CASE = Case(
    id=CaseId(1),
    brand="Acme",
    opened_at=NOW - timedelta(minutes=30),
    due_at=NOW + timedelta(minutes=30),
    entries=(entry(),),
    draft=DRAFT,
)


def click(
    verb: Verb,
    on: Case = CASE,
    kind: ActionKind | None = None,
    *,
    public: str | None = None,
    private: str | None = None,
    reason: str = "",
    link: str = "",
    until: datetime | None = None,
) -> Decision:
    """A click on the newest card of the case."""
    return Decision(
        verb=verb,
        case_id=on.id,
        round=on.round,
        draft_revision=on.draft.revision if on.draft else 0,
        action=kind,
        public=public,
        private=private,
        reason=reason,
        link=link,
        until=until,
    )


def unchanged(_case: Case, proposal: Draft) -> Draft:
    """A guard that finds nothing."""
    return proposal


def keys(prefix: str = "k") -> Callable[[], str]:
    """Keys k1, k2, ..."""
    made = iter(f"{prefix}{number}" for number in range(1, 1000))
    return lambda: next(made)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Lock:
    """A lock that is held until a test says otherwise."""

    mine: bool = True

    def held(self) -> bool:
        return self.mine


@dataclass
class Platform:
    """A platform whose next answers a test decides; keeps what really stands there."""

    clock: Clock
    able: Ability = BOTH
    platform: str = "twitter"
    account: str = "acme"
    reliable_reads: bool = True
    life: Life = Life.ALIVE
    #: Raised by the next call of that name, one after the other; None lets the call through.
    errors: dict[str, list[Exception | None]] = field(default_factory=dict)
    #: The call does its work before it raises: an answer that got lost.
    applied: bool = False
    public: list[tuple[str, str]] = field(default_factory=list)  #: (post, text)
    private: list[tuple[str, str]] = field(default_factory=list)  #: (author, text)
    keys: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    turns: list[Mention] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    pages: list[Batch] = field(default_factory=list)  #: what the next polls find
    #: Called at the beginning of each call, with its name.
    during: Callable[[str], None] = lambda _call: None

    def _call(self, name: str, work: Callable[[], None] = lambda: None) -> None:
        self.calls.append(name)
        self.during(name)
        waiting = self.errors.get(name, [])
        error = waiting.pop(0) if waiting else None
        if error is None or self.applied:
            work()
        if error is not None:
            raise error

    def poll(self, cursor: str | None) -> Batch:
        return self.pages.pop(0) if self.pages else Batch(cursor=cursor)

    def ability(self, mention: Mention, contact: Contact = STRANGERS) -> Ability:
        self.contacts.append(contact)
        return self.able

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        self._call("reply", lambda: self._stands(self.public, mention.id, text, key))
        return self._receipt(len(self.public), private=False)

    def message(self, author: Author, text: str, key: str) -> Receipt:
        self._call("message", lambda: self._write_private(author, text, key))
        return self._receipt(len(self.private), private=True)

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        self._call("find")
        for number, (post, stands) in enumerate(self.public, start=1):
            if (post, stands) == (mention.id, text):
                return self._receipt(number, private=False)
        return None

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        self._call("look")
        return {mention.id: self.life for mention in mentions}

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        self._call("conversation")
        return self.turns

    def retract(self, receipt: Receipt) -> None:
        self._call("retract", lambda: self.gone.append(receipt.id))

    def check(self) -> Sequence[Problem]:
        return ()

    def _stands(self, where: list[tuple[str, str]], to: str, text: str, key: str) -> None:
        where.append((to, text))
        self.keys.append(key)

    def _write_private(self, author: Author, text: str, key: str) -> None:
        self._stands(self.private, author.id, text, key)
        turn = Mention(
            platform="twitter",
            id=f"d{len(self.private)}",
            author=Author(id="us", handle="acme"),
            text=text,
            created_at=self.clock(),
            private=True,
            ours=True,
        )
        self.turns.append(turn)

    def _receipt(self, number: int, *, private: bool) -> Receipt:
        name = f"d{number}" if private else f"r{number}"
        return Receipt(id=name, url=f"https://x.example/{name}", at=self.clock(), private=private)


@dataclass
class Credits:
    """A CreditIssuer that counts."""

    errors: list[ConnectorError] = field(default_factory=list)
    issued: dict[str, str] = field(default_factory=dict)
    reversed: list[str] = field(default_factory=list)

    def issue(self, key: str, amount: Money, now: datetime) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return self.issued.setdefault(key, f"ACME{len(self.issued):04}XYZ")

    def reverse(self, key: str) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.reversed.append(key)


def first_look(text: str, half: Half, language: str) -> tuple[Finding, ...]:
    """What the guard's phrases find in words of ours, whatever their length."""
    return examine(
        text,
        half,
        language=language,
        brand=Brand(name="Nordlicht"),
        way=Way(route=Route.API),
        second_look=False,
    )


def team(folder: Path, **files: str) -> Path:
    """A team's own folder; `matters_odd=` writes matters/odd.toml."""
    for name, text in files.items():
        path = folder.joinpath(*name.split("_", 1)).with_suffix(".toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
