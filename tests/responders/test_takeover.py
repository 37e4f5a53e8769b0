"""Two processes at one case: what keeps them apart, and that the proof notices when it is missing.

The lock makes one process the sender. Should it be lost while a request is on the wire (the
database was restarted, say), the fence keeps the late answer from undoing what the heir does; and
of two clicks on one card the revision lets the first one pass.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Event, Thread

import pytest

from connectors.errors import Refused
from responders.action import Action, ActionKind, ActionState
from responders.card import Verb
from responders.case import Case, CaseId, CaseState, Change
from responders.deliver import Result, Sender
from responders.desk import Desk
from tests.fakes import FakeCaseBook
from tests.responders import given
from tests.responders.given import CASE, EVA, JAN, NOW, PUBLIC

APPROVED = replace(
    CASE,
    state=CaseState.APPROVED,
    decided_by=EVA.shown,
    decided_at=NOW,
    actions=(
        Action(
            kind=ActionKind.PUBLIC,
            round=1,
            key="k",
            text=PUBLIC,
            approved_by=EVA.shown,
            approved_at=NOW,
        ),
    ),
)
#: So long a thread of a test may take; more is a fault.
PATIENCE = 10.0


class IgnoresTheFence(Sender):
    """Writes whatever came back, whoever answers for the action by then."""

    def _write(self, case: Case, action: Action, result: Result) -> ActionState | None:
        case, action = self._read((case.id, action.kind, action.round))
        return super()._write(case, action, result)


class Unguarded(FakeCaseBook):
    """A book that takes a change of a case as it was long ago."""

    def save(self, change: Change, now: datetime) -> bool:
        present = self.get(change.before.id)
        return super().save(
            replace(change, before=replace(change.before, revision=present.revision)), now
        )


class Slow:
    """The book as a surface sees it that read the case a moment ago."""

    def __init__(self, book: FakeCaseBook) -> None:
        self._book = book
        self._seen: list[Case] = [book.get(CASE.id)]

    def get(self, case_id: CaseId) -> Case:
        return self._seen.pop() if self._seen else self._book.get(case_id)

    def save(self, change: Change, now: datetime) -> bool:
        return self._book.save(change, now)


class Two:
    """Two processes at one database and one platform."""

    def __init__(self, book: FakeCaseBook, make: Callable[..., Sender] = Sender) -> None:
        self.book = book
        self.clock = given.Clock()
        self.platform = given.Platform(clock=self.clock)
        self.locks = given.Lock(), given.Lock(mine=False)
        self.first, self.second = (
            make(
                book,
                connector=lambda _case: self.platform,
                credits=given.Credits(),
                review=given.unchanged,
                clock=self.clock,
                owner=f"host:{number}",
                lock=lock,
                holds=lambda _case, _kind, _now: None,
                contact=lambda _case: given.STRANGERS,
            )
            for number, lock in enumerate(self.locks)
        )

    def take_over(self) -> None:
        """The first one loses its lock, and its lease runs out."""
        self.locks[0].mine, self.locks[1].mine = False, True
        self.clock.move(minutes=10)

    def run(self, sender: Sender) -> None:
        """Do what is due, and let time pass, until the reply is sent."""
        for _ in range(20):
            for due in self.book.due(self.clock()):
                sender.step(due)
            self.clock.move(minutes=1)


def lock_lost_on_the_wire(make: Callable[..., Sender]) -> tuple[int, ActionState]:
    """The first sender hears "no" only once the second one's request is on the wire.

    Returns:
        How many replies stand there, and what the book says of it.
    """
    two = Two(FakeCaseBook(APPROVED), make)
    first_is_out, second_is_out = Event(), Event()

    def meanwhile(call: str) -> None:
        if call != "reply" or second_is_out.is_set():
            return
        if not first_is_out.is_set():
            two.platform.errors["reply"] = [Refused("X refuses this.")]
            first_is_out.set()
            assert second_is_out.wait(PATIENCE)
            return
        two.platform.errors["reply"].insert(1, None)
        second_is_out.set()
        thread.join(PATIENCE)  # the late answer is written while our own request is out

    two.platform.during = meanwhile
    thread = Thread(target=lambda: two.first.deliver(CASE.id, ActionKind.PUBLIC, 1))
    thread.start()
    assert first_is_out.wait(PATIENCE)
    two.take_over()
    two.run(two.second)
    assert not thread.is_alive()
    return len(two.platform.public), two.book.get(CASE.id).actions[0].state


def test_a_late_answer_does_not_undo_what_the_heir_does() -> None:
    assert lock_lost_on_the_wire(Sender) == (1, ActionState.SENT)


def test_a_fence_that_is_ignored_is_caught() -> None:
    assert lock_lost_on_the_wire(IgnoresTheFence) == (1, ActionState.FAILED)


def test_who_has_no_lock_sends_nothing() -> None:
    two = Two(FakeCaseBook(APPROVED))

    assert two.second.deliver(CASE.id, ActionKind.PUBLIC, 1) is ActionState.APPROVED

    assert two.platform.calls == []


def replies_after_two_clicks(book: FakeCaseBook) -> int:
    """Two people read one card; the second clicks once the first one's reply is out."""
    two = Two(book)

    def desk(seen: Slow) -> Desk:
        return Desk(
            seen,
            policy=lambda _brand: given.POLICY,
            ability=lambda _case: given.BOTH,
            review=given.unchanged,
            clock=two.clock,
            new_key=given.keys(f"{id(seen)}-"),
        )

    evas, jans = desk(Slow(book)), desk(Slow(book))
    evas.take(given.click(Verb.SEND), EVA)
    two.run(two.first)
    jans.take(given.click(Verb.SEND), JAN)
    two.run(two.first)
    return len(two.platform.public)


def test_two_clicks_on_one_card_send_once() -> None:
    assert replies_after_two_clicks(FakeCaseBook(CASE)) == 1


def test_a_missing_guard_against_a_second_click_is_caught() -> None:
    with pytest.MonkeyPatch.context() as patch:
        # The book's rules would stop the mutant before it does harm.
        patch.setattr("tests.fakes.check", lambda _change: None)

        assert replies_after_two_clicks(Unguarded(CASE)) == 2
