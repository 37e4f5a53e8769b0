"""A desk, a shelf and an outbox in memory, and cards to put on them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

from connectors.base import Author, Route, TextLimit, Way
from responders.action import ActionKind, ActionState
from responders.ask import NotAllowed
from responders.card import (
    Button,
    Card,
    CreditPart,
    Decision,
    HalfPart,
    Status,
    Turn,
    Urgency,
    Verb,
)
from responders.case import CaseId, CaseState, MentionId
from responders.console.access import Access
from responders.console.app import SentLine, make_app
from responders.console.serve import Running, serve
from responders.draft import Credit, Finding, Half, Severity
from responders.money import Money
from responders.policy import Person
from responders.teach import Unsure
from responders.verdict import LabelWord, RedFlag

Value = TypeVar("Value")

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

SEND = Button(verb=Verb.SEND, label="Send both", style="primary")
EDIT = Button(verb=Verb.EDIT, label="Edit")
DISMISS = Button(verb=Verb.DISMISS, label="No reply")
CLAIM = Button(verb=Verb.CLAIM, label="I take it", in_menu=True)
OVERRIDE = Button(verb=Verb.OVERRIDE, label="Override (lead)", only_for="Lea")
SNOOZE = Button(verb=Verb.SNOOZE, label="Snooze", in_menu=True)
ADD_CREDIT = Button(verb=Verb.ADD_CREDIT, label="Add 25.00 EUR")
UNDO = Button(verb=Verb.UNDO, label="Undo", style="danger")
POSTED = Button(verb=Verb.POSTED, label="I posted it", action=ActionKind.PUBLIC)
COMPOSER = Button(verb=Verb.POSTED, label="Open X with the text", url="https://x.example/intent")
SEND_AGAIN = Button(
    verb=Verb.SEND_AGAIN,
    label="Not there: send again",
    action=ActionKind.PUBLIC,
    confirm="Have you looked? If it is there after all, the customer gets it twice.",
)
FOUND = Button(verb=Verb.FOUND, label="It is there", action=ActionKind.PUBLIC)
TAKE_DOWN = Button(
    verb=Verb.TAKE_DOWN, label="Take down", action=ActionKind.PUBLIC, style="danger", in_menu=True
)


PROMISE = Finding(
    code="promise",
    severity=Severity.BLOCK,
    half=Half.PUBLIC,
    words="garantiert morgen",
    do="Name no day that you do not know.",
)


def changed(made: Value, **changes: object) -> Value:
    """The same with other fields."""
    make = cast(Callable[..., Value], replace)
    return make(made, **changes)


def half(which: Half = Half.PUBLIC, **changes: object) -> HalfPart:
    text = (
        "Hi Maria, three weeks without your lamp is far too long, and we are sorry. "
        "Please send us your order number in a private message and we will find it today.\n\nJana"
        if which is Half.PUBLIC
        else "Hello Maria,\n\nthank you for your patience. We will look for your parcel today and "
        "tell you by 18:00 what happened.\n\nJana"
    )
    made = HalfPart(
        half=which,
        way=Way(route=Route.API, account="nordlicht", limit=TextLimit(maximum=280)),
        text=text,
        length=len(text),
    )
    return changed(made, **changes)


def a_card(id: int = 42, **changes: object) -> Card:
    made = Card(
        case_id=CaseId(id),
        brand="Nordlicht",
        number=f"#{id}",
        revision=3,
        round=1,
        draft_revision=1,
        state=CaseState.OPEN,
        urgency=Urgency.NORMAL,
        platform="twitter",
        language="en",
        topic="order_late",
        author=Author(
            id="7", handle="maria_k", name="Maria K", url="https://x.example/maria", followers=1204
        ),
        post="Third week and STILL no lamp @nordlicht. Nobody answers. Is this a shop or a joke?",
        post_url="https://x.example/maria/1",
        post_at=NOW - timedelta(minutes=14),
        context=None,
        english=None,
        why=("still", "nobody answers", "third week"),
        complaint=0.93,
        compound=-0.61,
        red_flags=(),
        history="first complaint here",
        due_at=NOW + timedelta(minutes=46),
        claimed_by="",
        headline="waits for you",
        public=half(),
        private=half(Half.PRIVATE),
        credit=None,
        holding=None,
        reason="",
        statuses=(),
        buttons=(SEND, EDIT, DISMISS, CLAIM, SNOOZE),
    )
    return changed(made, **changes)


def sent(kind: ActionKind = ActionKind.PUBLIC, **changes: object) -> Status:
    made = Status(
        kind=kind,
        state=ActionState.SENT,
        line="Sent by Eva as @nordlicht",
        url="https://x.example/nordlicht/2",
        at=NOW,
    )
    return changed(made, **changes)


def gallery() -> list[Card]:
    """A card of every kind, as a person would meet them."""
    amount = Credit(
        amount=Money(minor=2500, currency="EUR"), text="A credit of 25 €: {code}", text_english=""
    )
    unknown = sent(
        state=ActionState.UNKNOWN,
        line="We asked X to post this at 14:03:11 but got no answer. Not sent again.",
        url=None,
    )
    return [
        a_card(1, credit=CreditPart(credit=amount, chosen=False, left="475.00 EUR left"),
               buttons=(SEND, EDIT, DISMISS, ADD_CREDIT, CLAIM, SNOOZE)),
        a_card(2, urgency=Urgency.RED, red_flags=(RedFlag.INJURY, RedFlag.CHILD), topic=None,
               post="The handle broke off and my son burnt his arm. We are at the hospital.",
               public=None, private=None, reason="a red flag stops every template",
               holding="This is serious and we want to speak with you today.\n\nJana",
               headline="waits for a named person", buttons=(EDIT, DISMISS)),
        a_card(3, urgency=Urgency.HIGH, language="de", author=Author(id="9", handle="grantlhuber"),
               post="Seit drei Wochen warte ich auf die Pfanne. Der Kundenservice ist ein Witz 😡",
               english="I have waited for my pan for three weeks. The support is a joke",
               claimed_by="Eva",
               public=half(
                   text="Das tut uns leid. Schreiben Sie uns bitte Ihre Bestellnummer.\n\nJana",
                   english="We are sorry. Please write us your order number.\n\nJana",
                   findings=(
                       PROMISE,
                       Finding(code="tone", severity=Severity.NOTE, half=Half.PUBLIC,
                               words="Witz", do="Do not repeat it."),
                   ))),
        a_card(4, language="ar", topic="refund_missing", urgency=Urgency.LOW,
               author=Author(id="10", handle="nour", name="نور"),
               post="لم يصلني المبلغ المسترد منذ شهر كامل ولا أحد يجيب على رسائلي!",
               context="Big sale this weekend!"),
        a_card(5, public=half(way=Way(
            route=Route.BY_HAND, account="nordlicht",
            reason="The post does not name our account, so X takes a reply from a person only.")),
            private=half(
                Half.PRIVATE, way=Way(route=Route.CLOSED, reason="Opens once they write.")),
            statuses=(sent(state=ActionState.BY_HAND, line="Eva posts it by hand", url=None),),
            state=CaseState.APPROVED, headline="a person posts it", buttons=(COMPOSER, POSTED)),
        a_card(6, state=CaseState.NEEDS_HUMAN, urgency=Urgency.HIGH, headline="no answer from X",
               public=half(status=unknown), statuses=(unknown,), buttons=(FOUND, SEND_AGAIN)),
        a_card(7, state=CaseState.APPROVED, headline="leaves in 60 seconds, approved by Eva",
               public=half(
                   status=sent(state=ActionState.APPROVED, line="Leaves at 09:31", url=None)),
               buttons=(UNDO,)),
        a_card(8, state=CaseState.ANSWERED, headline="sent by Eva", urgency=Urgency.LOW,
               public=half(status=sent()),
               private=half(Half.PRIVATE, status=sent(ActionKind.PRIVATE)),
               statuses=(sent(), sent(ActionKind.PRIVATE)), buttons=(TAKE_DOWN,)),
        a_card(9, state=CaseState.DISMISSED, headline="no reply: spam, said Eva",
               post="CHEAP FOLLOWERS at " + "verylongwordwithoutanyspace" * 12,
               public=None, private=None, reason="spam", urgency=Urgency.LOW, buttons=()),
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Told:
    done: bool
    text: str


@dataclass(kw_only=True)
class World:
    """Acts as desk, shelf and outbox; refuses what an old card asks for."""

    kept: dict[int, Card] = field(default_factory=dict)
    taken: list[tuple[Decision, Person]] = field(default_factory=list)
    lines: list[SentLine] = field(default_factory=list)
    time: datetime = NOW
    refuse: str = ""
    broken: bool = False
    closed: bool = False  #: nobody may read conversations
    unsure_of: list[Unsure] = field(default_factory=list)
    said: list[tuple[int, LabelWord, str]] = field(default_factory=list)

    @classmethod
    def of(cls, *cards: Card) -> "World":
        return cls(kept={card.case_id: card for card in cards})

    def clock(self) -> datetime:
        return self.time

    def card(self, case_id: CaseId) -> Card:
        return self.kept[case_id]

    def cards(self, limit: int) -> Sequence[Card]:
        if self.broken:
            raise RuntimeError("the shelf fell down")
        return list(self.kept.values())[:limit]

    def sent(self, limit: int) -> Sequence[SentLine]:
        return self.lines[:limit]

    def read(self, case_id: CaseId, person: Person) -> tuple[Turn, ...]:
        card = self.card(case_id)
        if self.closed:
            raise NotAllowed("Only approvers may do this.")
        return (
            Turn(text=card.post, at=card.post_at, ours=False, private=False, url=card.post_url),
            Turn(text="<b>12345</b> is my order", at=NOW, ours=False, private=True),
            Turn(text="Thank you, we look.", at=NOW, ours=True, private=True),
        )

    def unsure(self, person: Person) -> Sequence[Unsure]:
        return self.unsure_of

    def say(self, mention_id: MentionId, word: LabelWord, person: Person) -> str:
        if self.refuse:
            raise NotAllowed(self.refuse)
        self.said.append((mention_id, word, person.name))
        return "Noted: the judge learns from it."

    def take(self, decision: Decision, person: Person) -> Told:
        self.taken.append((decision, person))
        card = self.kept[decision.case_id]
        if self.refuse:
            return Told(done=False, text=self.refuse)
        if (decision.round, decision.draft_revision) != (card.round, card.draft_revision):
            return Told(done=False, text="Eva has edited this meanwhile.")
        self.kept[decision.case_id] = self._next(card, decision, person)
        return Told(done=True, text=f"{decision.verb.value} by {person.name}")

    def _next(self, card: Card, decision: Decision, person: Person) -> Card:
        card = replace(card, revision=card.revision + 1)
        match decision.verb:
            case Verb.SEND:
                return replace(
                    card,
                    state=CaseState.APPROVED,
                    headline=f"approved by {person.name}",
                    buttons=(UNDO,),
                )
            case Verb.UNDO:
                buttons = (SEND, EDIT, DISMISS)
                return replace(card, state=CaseState.OPEN, headline="waits", buttons=buttons)
            case Verb.DISMISS:
                return replace(
                    card,
                    state=CaseState.DISMISSED,
                    headline=f"no reply, said {person.name}",
                    buttons=(),
                )
            case Verb.EDIT:
                return replace(
                    card,
                    draft_revision=card.draft_revision + 1,
                    headline=f"edited by {person.name}",
                    public=half(text=decision.public),
                    private=half(Half.PRIVATE, text=decision.private),
                )
            case _:
                return card

    @property
    def last(self) -> Decision:
        return self.taken[-1][0]


#: Consoles that were told to stop; `tests/responders/console/conftest.py` sees that they did.
STOPPING: list[Running] = []


@contextmanager
def running(
    world: World, access: Access | None = None, host: str = "127.0.0.1"
) -> Iterator[Running]:
    """The console on a free port of this machine.

    Told to stop afterwards, and waited for at the end of the module: a stop takes 0.2 s.
    """
    app = make_app(world, world, world, access or Access.by_link(), world.clock, world)
    console = serve(app, host)
    try:
        yield console
    finally:
        console.server.should_exit = True
        STOPPING.append(console)
