"""What holds an approved action back: on purpose, by the clock, or as a platform is down."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Life, Mention, Receipt, Route
from connectors.errors import ConnectorError, OutcomeUnknown, SetupError, TryLater
from monitor.config import PolicyTable
from monitor.holds import TURN, Gate, circuit
from monitor.jobs import House, Jobs
from monitor.office import FrontOffice
from monitor.outages import FIRST_WAIT, Outages
from monitor.store import Store
from monitor.store.notebook import Pause
from responders import outcome
from responders.action import Action, ActionKind, ActionState
from responders.case import CaseId, CaseState, Change, Incident, Note
from responders.hold import Hold, HoldCode
from responders.policy import Brand
from tests.monitor.house import EVA, FakeSlack, Platform, Time, complaint, house, open_store, send
from tests.monitor.posts import ANGRY, BRAND, NOW
from tests.responders import given

PUBLIC, PRIVATE, CREDIT = ActionKind.PUBLIC, ActionKind.PRIVATE, ActionKind.CREDIT
#: Of another customer on the same platform.
OTHER = replace(given.CASE, id=CaseId(2))


class Room:
    """A gate whose reasons a test sets."""

    def __init__(
        self, *, shadow: bool = False, away: str = "", quiet: tuple[str, str] | None = None
    ) -> None:
        self.pause: Pause | None = None
        self.incident: Incident | None = None
        self.spent = ""
        self.outages = Outages()
        self.clock = given.Clock()
        self.gate = Gate(
            shadow=shadow,
            away=away,
            paused=lambda: self.pause,
            incident=lambda _brand: self.incident,
            brands={"Acme": Brand(name="Acme", timezone="Europe/Berlin")},
            quiet=quiet,
            spent=lambda _platform: self.spent,
            outages=self.outages,
            clock=self.clock,
        )

    def hold(self, kind: ActionKind = PUBLIC, at: datetime | None = None) -> Hold | None:
        return self.gate.holds(given.CASE, kind, at or self.clock())

    def code(self, kind: ActionKind = PUBLIC) -> str:
        hold = self.hold(kind)
        return hold.code if hold else ""


def test_as_a_rule_nothing_holds() -> None:
    assert Room().hold() is None


def test_the_lasting_reasons_are_told_first() -> None:
    everything = Room(shadow=True, away="this is a copy", quiet=("00:00", "23:59"))
    everything.pause = Pause(by="Eva", at=given.NOW)

    assert everything.code() == HoldCode.SHADOW
    assert Room(away="this is a copy", quiet=("00:00", "23:59")).code() == HoldCode.AWAY


def test_an_incident_is_named_with_what_ends_it() -> None:
    room = Room()
    room.incident = Incident(id=1, title="Parcels")

    assert room.hold() == Hold(
        code=HoldCode.INCIDENT, why="Incident “Parcels”: nothing is sent before somebody ends it."
    )


def test_a_pause_names_who_paused() -> None:
    room = Room()
    room.pause = Pause(by="Eva", at=given.NOW)

    assert room.hold() == Hold(
        code=HoldCode.PAUSED, why="Paused by Eva: nothing is sent before somebody resumes."
    )


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (datetime(2026, 11, 20, 20, 59, tzinfo=UTC), None),  # 21:59 in Berlin
        (datetime(2026, 11, 20, 21, 0, tzinfo=UTC), datetime(2026, 11, 21, 6, 0, tzinfo=UTC)),
        (datetime(2026, 11, 21, 5, 59, tzinfo=UTC), datetime(2026, 11, 21, 6, 0, tzinfo=UTC)),
        (datetime(2026, 11, 21, 6, 0, tzinfo=UTC), None),
        # The clocks go forward in that night: it is an hour shorter.
        (datetime(2026, 3, 28, 21, 30, tzinfo=UTC), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),
    ],
)
def test_quiet_hours_are_those_of_the_brands_own_place(
    at: datetime, until: datetime | None
) -> None:
    hold = Room(quiet=("22:00", "07:00")).hold(at=at)

    assert (hold.until if hold else None) == until
    if hold is not None:
        assert hold.why == "Quiet hours: it leaves at 07:00 (Europe/Berlin)."


def test_the_platforms_money_holds_what_costs_some() -> None:
    room = Room()
    room.spent = "The month's budget for X is used up."

    assert room.hold() == Hold(code=HoldCode.MONEY, why=room.spent)
    assert room.hold(CREDIT) is None


def test_a_failure_holds_the_next_ones_there_and_the_first_answer_lets_them_go() -> None:
    room = Room()

    room.gate.met(given.CASE, PUBLIC, OutcomeUnknown("X gave no answer."))

    hold = room.hold()
    assert hold is not None
    assert hold.code is HoldCode.OUTAGE
    assert hold.why == "X gave no answer. Tried again by itself."
    assert hold.until is not None
    assert room.gate.holds(OTHER, PUBLIC, hold.until - TURN) is None, "one is let through to see"
    assert room.hold(PRIVATE) is None, "messages have limits of their own"
    room.gate.met(given.CASE, PUBLIC, None)
    assert room.hold() is None


def test_the_platforms_own_time_counts_and_without_one_the_waits_grow() -> None:
    room = Room()
    reset = given.NOW + timedelta(minutes=13)
    room.gate.met(given.CASE, PUBLIC, TryLater("X asks us to wait.", at=reset))
    for _ in range(3):
        room.gate.met(given.CASE, PRIVATE, TryLater("X is down."))

    public, private = room.hold(), room.hold(PRIVATE)

    assert public is not None
    assert public.until == reset + TURN
    assert private is not None
    assert private.until is not None
    assert FIRST_WAIT * 4 <= private.until - TURN - given.NOW <= FIRST_WAIT * 4 * 1.2


def test_a_login_that_ended_is_marked_as_a_persons_business() -> None:
    room = Room()

    room.gate.met(given.CASE, PRIVATE, SetupError("The login ended."))

    outage = room.outages.get(circuit("twitter", PRIVATE))
    assert outage is not None
    assert outage.setup
    hold = room.hold(PRIVATE)
    assert hold is not None
    assert hold.why == "The login ended."


def test_credits_need_no_platform() -> None:
    room = Room()

    room.gate.met(given.CASE, CREDIT, TryLater("X is down."))
    room.gate.met(given.CASE, PUBLIC, TryLater("X is down."))

    assert room.hold(CREDIT) is None


def ten_approved(store: Store, folder: Path, time: Time, platform: Platform) -> tuple[House, Jobs]:
    """Ten customers' answers, approved."""
    made = house(store, folder, time, platform, surface=FakeSlack())
    posts = [(complaint(n, author=f"kim{n}"), ANGRY) for n in range(10)]
    store.mentions.ingest(BRAND, "reddit", posts, None, NOW)
    jobs = Jobs(made)
    jobs.prepare()
    for case_id in store.cases.list({CaseState.OPEN}):
        send(made, store.cases.get(case_id))
    return made, jobs


def public_of(store: Store, number: int) -> Action:
    """The public half of that case."""
    found = store.cases.get(CaseId(number)).action(PUBLIC, 1)
    assert found is not None
    return found


def test_an_outage_costs_one_try_at_a_time_and_is_logged_once(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    time, platform = Time(), Platform()
    with open_store(url) as store:
        _, jobs = ten_approved(store, tmp_path, time, platform)
        platform.trouble = TryLater("Reddit is down.")
        before = len(platform.asked)
        with caplog.at_level(logging.WARNING):
            jobs.walk()
            asked = len(platform.asked) - before
            jobs.walk()
            tried = {a.attempt for n in range(1, 11) for a in store.cases.get(CaseId(n)).actions}
            held = [public_of(store, n).error_code for n in range(1, 11)]

            platform.trouble = None
            for _ in range(8):
                time.forward()
                jobs.walk()

        assert asked == 1, "the first failure holds the other nine"
        assert len(platform.sent) == 20
        assert tried == {0}
        assert held == ["later", *["outage"] * 9]
        assert [record.getMessage() for record in caplog.records] == [
            "replies on reddit: out of order: Reddit is down.",
            "replies on reddit: in order again after 0:02:00",
        ]


def test_a_connector_that_breaks_loses_one_answer_and_not_every_one(
    url: str, tmp_path: Path
) -> None:
    class Broken(Platform):
        def reply(self, mention: Mention, text: str, key: str) -> Receipt:
            raise ZeroDivisionError

    with open_store(url) as store:
        _, jobs = ten_approved(store, tmp_path, Time(), Broken())
        jobs.walk()

        found = Counter(public_of(store, n).state for n in range(1, 11))
        assert found == {ActionState.UNKNOWN: 1, ActionState.APPROVED: 9}


def test_a_post_that_cannot_be_looked_at_holds_up_no_other(url: str, tmp_path: Path) -> None:
    class Picky(Platform):
        """Fails for one post alone, however often it is asked."""

        looks = 0

        def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
            if any(mention.author.handle == "kim0" for mention in mentions):
                self.looks += 1
                raise TryLater("Reddit answered 500 for this post.")
            return super().look(mentions)

    time, platform = Time(), Picky()
    with open_store(url) as store:
        made, jobs = ten_approved(store, tmp_path, time, platform)
        for _ in range(4):
            jobs.walk()
            time.forward(timedelta(minutes=1))
        assert len(platform.sent) == 18, "both halves of the other nine"

        looks = platform.looks
        for _ in range(60):
            jobs.walk()
            time.forward(timedelta(minutes=1))
        assert 1 < platform.looks - looks <= 12, "it is tried on, less and less often"
        store.mentions.ingest(BRAND, "reddit", [(complaint(11, author="ann"), ANGRY)], None, time())
        jobs.prepare()
        send(made, store.cases.get(CaseId(11)))
        jobs.walk()
        jobs.walk()
        assert len(platform.sent) == 20, "one by one its failure is known to be its own"


@pytest.mark.parametrize("poison", [2, 9])
def test_every_action_gets_its_turn_at_an_open_circuit(poison: int) -> None:
    room = Room()
    cases = [replace(given.CASE, id=CaseId(n)) for n in range(10)]
    answered: list[int] = []
    for _ in range(150):
        room.clock.move(seconds=30)
        for case in cases:
            if case.id in answered or room.gate.holds(case, PUBLIC, room.clock()):
                continue
            if case.id < poison:
                room.gate.met(case, PUBLIC, TryLater("X answered 500 for this post."))
            else:
                room.gate.met(case, PUBLIC, None)
                answered.append(case.id)

    assert answered == list(range(poison, 10))


def test_a_platform_that_is_down_is_held_by_whoever_meets_it_next() -> None:
    room = Room()
    own, other = given.CASE, OTHER
    room.gate.met(own, PUBLIC, TryLater("X is down."))
    room.gate.met(other, PUBLIC, None)

    room.gate.met(own, PUBLIC, TryLater("X is down."))
    assert room.gate.holds(own, PUBLIC, room.clock()) is not None, "its own trouble, it seems"
    assert room.gate.holds(other, PUBLIC, room.clock()) is None

    room.gate.met(other, PUBLIC, TryLater("X is down."))
    assert room.gate.holds(other, PUBLIC, room.clock()) is not None
    room.gate.met(other, PUBLIC, None)
    room.gate.met(own, PUBLIC, None)
    assert room.outages.now() == {}
    room.gate.met(own, PUBLIC, TryLater("X is down."))
    assert room.gate.holds(other, PUBLIC, room.clock()) is not None, "one answer clears its name"


@pytest.mark.parametrize("lasting", [OutcomeUnknown("No answer."), SetupError("No login.")])
def test_what_would_lose_the_next_one_or_needs_a_person_holds_them_all(
    lasting: ConnectorError,
) -> None:
    room = Room()
    other = OTHER
    room.gate.met(given.CASE, PUBLIC, TryLater("X answered 500 for this post."))
    room.gate.met(other, PUBLIC, None)

    room.gate.met(given.CASE, PUBLIC, lasting)

    assert room.gate.holds(other, PUBLIC, room.clock()) is not None


def test_who_failed_goes_last_and_is_not_forgotten() -> None:
    room = Room()
    room.gate.met(given.CASE, PUBLIC, TryLater("X is down."))
    other = OTHER
    first = room.gate.holds(other, PUBLIC, room.clock())
    hold = room.hold()

    assert first is not None
    assert first.until is not None
    assert hold is not None
    assert hold.until == first.until + TURN
    assert room.hold(at=hold.until) is None, "where nobody else wants it, it is let through"


def test_what_is_held_is_written_once_however_often_the_circuit_opens_again(
    url: str, tmp_path: Path
) -> None:
    time, platform = Time(), Platform()
    with open_store(url) as store:
        _, jobs = ten_approved(store, tmp_path, time, platform)
        platform.trouble = TryLater("Reddit is down.")
        jobs.walk()
        before, asked = store.audit.last(), len(platform.asked)
        for _ in range(8):
            time.forward(timedelta(minutes=20))
            jobs.walk()

        tries = len(platform.asked) - asked
        lines = [event.note.what for event in store.audit.after(before)]
        assert tries == 8
        assert len(lines) <= 2 * tries, "one for the try, one where it is held again"


def overnight(store: Store, folder: Path, time: Time, platform: Platform) -> tuple[House, Jobs]:
    """One answer, approved at the beginning of eight quiet hours."""
    berlin = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    start, end = berlin - timedelta(minutes=5), berlin + timedelta(hours=8)
    policy = PolicyTable(
        approvers=("eva",), undo_seconds=0, quiet_hours=f"{start:%H:%M}-{end:%H:%M}"
    )
    made = house(store, folder, time, platform, surface=FakeSlack(), policy=policy)
    store.mentions.ingest(BRAND, "reddit", [(complaint(1), ANGRY)], None, NOW)
    jobs = Jobs(made)
    jobs.prepare()
    send(made, store.cases.get(CaseId(1)))
    return made, jobs


def states(store: Store) -> list[ActionState]:
    """Of the public and of the private half."""
    return [action.state for action in store.cases.get(CaseId(1)).actions]


APPROVED, SENT, BACK = ActionState.APPROVED, ActionState.SENT, ActionState.NEEDS_HUMAN


def test_what_waits_for_the_end_of_quiet_hours_is_not_returned_to_a_person(
    url: str, tmp_path: Path
) -> None:
    time, platform = Time(), Platform()
    with open_store(url) as store:
        made, jobs = overnight(store, tmp_path, time, platform)
        for _ in range(7):
            jobs.walk()
            jobs.tell_all()
            time.forward(timedelta(hours=1))
        held, told = store.cases.get(CaseId(1)), made.desk.card(CaseId(1)).statuses[0].line
        time.forward(timedelta(hours=2))
        for _ in range(3):
            jobs.walk()

        public = held.action(PUBLIC)
        assert public is not None
        assert (public.state, public.error_code) == (ActionState.APPROVED, HoldCode.QUIET)
        assert "and held. Quiet hours: it leaves at" in told
        assert len(platform.sent) == 2, "sent once the hours are over"


@pytest.mark.parametrize(
    ("trouble", "morning"),
    [(None, [SENT, APPROVED]), (TryLater("Too many requests."), [APPROVED, APPROVED])],
)
def test_two_hours_in_which_it_could_not_leave_begin_after_quiet_hours(
    url: str, tmp_path: Path, trouble: TryLater | None, morning: list[ActionState]
) -> None:
    time, platform = Time(), Platform()
    with open_store(url) as store:
        _, jobs = overnight(store, tmp_path, time, platform)
        jobs.walk()
        time.forward(timedelta(hours=9))
        platform.trouble = trouble
        jobs.walk()
        jobs.tell_all()
        assert states(store) == morning, "neither half is returned to a person"

        platform.trouble = TryLater("Too many requests.")
        for _ in range(23):
            time.forward(timedelta(minutes=5))
            jobs.walk()
            jobs.tell_all()
        assert states(store) == morning
        time.forward(timedelta(minutes=5))
        jobs.tell_all()
        assert BACK in states(store), "two hours later it is"


def test_what_a_person_confirmed_in_spite_of_an_edit_waits_for_the_morning_too(
    url: str, tmp_path: Path
) -> None:
    time, platform = Time(), Platform()
    with open_store(url) as store:
        _, jobs = overnight(store, tmp_path, time, platform)
        case = store.cases.get(CaseId(1))
        edited = replace(case.actions[0], error_code=outcome.EDITED)
        note = Note(what="send_again", by="eva", action=PUBLIC, was="needs_human", now="approved")
        change = Change(before=case, after=case.with_action(edited), notes=(note,))
        assert store.cases.save(change, time())
        for _ in range(5):
            jobs.walk()
            jobs.tell_all()
            time.forward(timedelta(hours=1))

        assert states(store) == [APPROVED, APPROVED]
        time.forward(timedelta(hours=4))
        for _ in range(2):
            jobs.walk()
        assert states(store) == [SENT, SENT]


def test_what_waited_for_the_customer_has_two_hours_from_their_message_on(
    url: str, tmp_path: Path
) -> None:
    time, platform = Time(), Platform(private=Route.CLOSED)
    with open_store(url) as store:
        policy = PolicyTable(approvers=("eva",), undo_seconds=0)
        made = house(store, tmp_path, time, platform, surface=FakeSlack(), policy=policy)
        store.mentions.ingest(BRAND, "reddit", [(complaint(1), ANGRY)], None, NOW)
        jobs = Jobs(made)
        jobs.prepare()
        send(made, store.cases.get(CaseId(1)))
        jobs.walk()
        assert states(store) == [SENT, ActionState.WAITING]
        time.forward(timedelta(hours=5))
        theirs = complaint(2, private=True, created_at=time())
        store.mentions.ingest(BRAND, "reddit", [(theirs, ANGRY)], None, time())
        jobs.watch(CaseId(1))
        jobs.tell_all()

        assert states(store) == [SENT, APPROVED]
        assert store.waiting.held(time() - timedelta(seconds=1)) == ()
        assert [held.since for held in store.waiting.held(time())] == [time()]
        jobs.walk()
        assert states(store) == [SENT, SENT]


def test_nothing_shows_as_sent_while_the_login_is_refused(url: str, tmp_path: Path) -> None:
    time, platform = Time(), Platform()
    with open_store(url) as store:
        _, jobs = ten_approved(store, tmp_path, time, platform)
        platform.trouble = SetupError("Reddit refused the login.")
        for _ in range(20):
            time.forward(timedelta(minutes=5))
            jobs.walk()

        found = {a.state for n in range(1, 11) for a in store.cases.get(CaseId(n)).actions}
        assert found == {APPROVED}
        assert platform.sent == []


def test_app_home_shows_what_a_platform_does_not_take(url: str, tmp_path: Path) -> None:
    time, platform = Time(), Platform()
    with open_store(url) as store:
        made, jobs = ten_approved(store, tmp_path, time, platform)
        office = FrontOffice(made, outages=jobs.outages.now)
        assert "wait since" not in office.command("status", EVA)

        platform.trouble = TryLater("Reddit is down.")
        jobs.walk()

        assert f"replies on reddit wait since {NOW:%H:%M} UTC: Reddit is down." in office.command(
            "status", EVA
        )
