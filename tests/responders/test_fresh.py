"""A fresh look before the wire, and one after it."""

from dataclasses import replace

import pytest

from connectors.base import Life, Mention, Receipt
from connectors.errors import SetupError, TryLater, Unsupported
from responders import outcome
from responders.action import Action, ActionKind, ActionState
from responders.card import Verb
from responders.case import CaseState
from responders.desk import Desk
from responders.fresh import colleagues_turn
from tests.responders import given
from tests.responders.given import CASE, CREDIT, NOW, PRIVATE, PUBLIC
from tests.responders.test_deliver import WITH_CODE, Room, action, approved

POST = CASE.subject.mention
SENT = Receipt(id="r1", at=NOW)


def ours(text: str, *, private: bool = False, to: str | None = POST.id) -> Mention:
    """Something that we wrote a minute after the approval."""
    turn = given.mention("o1", text, minutes=61, private=private, ours=True)
    return replace(turn, in_reply_to=None if private else to)


def found(about: Action, turn: Mention, *others: Action) -> Mention | None:
    return colleagues_turn(approved(about, *others), about, POST, [turn])


class TestAColleaguesTurn:
    public = action(ActionKind.PUBLIC)
    private = action(ActionKind.PRIVATE)

    def test_is_a_reply_to_the_same_post(self) -> None:
        turn = ours("Hi, Jan here. Your parcel is on its way!")

        assert found(self.public, turn) is turn

    def test_is_a_private_message_since_the_approval(self) -> None:
        turn = ours("Hi, Jan here.", private=True)

        assert found(self.private, turn) is turn

    @pytest.mark.parametrize(
        "turn",
        [
            given.mention("o1", "I am the customer", minutes=61),
            ours("Hi, Jan here.", private=True),
            ours("Hi, Jan here.", to="m77"),
            ours(PUBLIC),
            ours(f"  {PUBLIC}\n"),
            replace(ours("Edited since by the platform"), id="r1"),
        ],
        ids=["theirs", "private", "other post", "our text", "their spaces", "receipt"],
    )
    def test_is_nothing_else_in_public(self, turn: Mention) -> None:
        out = action(ActionKind.HOLDING, ActionState.SENT, text="We look into it.", receipt=SENT)

        assert found(self.public, turn, out) is None

    @pytest.mark.parametrize(
        "turn",
        [
            given.mention("o1", "I am the customer", minutes=61, private=True),
            given.mention("o1", "An older matter", minutes=59, private=True, ours=True),
            ours("Hi, Jan here."),
            ours(PRIVATE, private=True),
        ],
        ids=["theirs", "before", "public", "our text"],
    )
    def test_is_nothing_else_in_private(self, turn: Mention) -> None:
        assert found(self.private, turn) is None

    def test_is_not_our_text_with_its_code(self) -> None:
        about = replace(self.private, text=WITH_CODE)
        there = ours(WITH_CODE.replace("{code}", "ACME-7QX"), private=True)

        assert found(about, there) is None
        assert found(about, ours(CREDIT.text, private=True)) is not None


class TestBeforeTheWire:
    def test_a_colleagues_answer_hands_the_reply_back(self) -> None:
        room = Room()
        room.platform.turns = [ours("Hi, Jan here.")]

        assert room.deliver() is ActionState.NEEDS_HUMAN

        assert room.platform.public == []
        assert room.action().error_code == outcome.ANSWERED
        assert "A colleague has answered there" in room.action().error
        assert room.case.state is CaseState.NEEDS_HUMAN

    def test_a_person_may_send_it_all_the_same(self) -> None:
        room = Room()
        room.platform.turns = [ours("Hi, Jan here.")]
        room.deliver()

        desk = Desk(
            room.book,
            policy=lambda _brand: given.POLICY,
            ability=lambda _case: given.BOTH,
            review=given.unchanged,
            clock=room.clock,
            new_key=given.keys(),
        )
        desk.take(given.click(Verb.SEND_AGAIN, room.case, ActionKind.PUBLIC), given.EVA)
        assert room.deliver() is ActionState.SENT

        assert room.platform.public == [(POST.id, PUBLIC)]

    def test_a_message_is_looked_for_in_a_conversation_under_way_too(self) -> None:
        room = Room(approved(action(ActionKind.PRIVATE)))
        room.wrote_privately_at = NOW
        room.platform.turns = [ours("Hi, Jan here.", private=True)]

        assert room.deliver(ActionKind.PRIVATE) is ActionState.NEEDS_HUMAN

        assert room.platform.calls == ["conversation"]

    @pytest.mark.parametrize(
        "error", [Unsupported("no"), TryLater("busy"), SetupError("no right to read messages")]
    )
    def test_a_platform_that_cannot_tell_holds_nothing_up(self, error: Exception) -> None:
        room = Room()
        room.platform.errors["conversation"] = [error]

        assert room.deliver() is ActionState.SENT


class TestOnceItIsOut:
    @pytest.fixture
    def room(self) -> Room:
        room = Room()
        room.deliver()
        room.clock.move(minutes=5)
        return room

    def look(self, room: Room, life: Life) -> Action:
        room.platform.life = life
        room.sender.look_after(CASE.id)
        return room.action()

    def test_what_is_visible_is_left_as_it_is(self, room: Room) -> None:
        before = room.case

        self.look(room, Life.ALIVE)
        self.look(room, Life.EDITED)

        assert room.case == before

    def test_what_the_platform_hides_is_told_once(self, room: Room) -> None:
        hidden = self.look(room, Life.GONE)
        revision = room.case.revision
        self.look(room, Life.GONE)

        assert hidden.state is ActionState.SENT
        assert hidden.error_code == outcome.HIDDEN
        assert hidden.error.startswith("It cannot be seen there any more")
        assert room.case.revision == revision

    def test_what_comes_back_is_told_as_well(self, room: Room) -> None:
        self.look(room, Life.GONE)

        shown = self.look(room, Life.ALIVE)

        assert (shown.error_code, shown.error) == ("", "")

    @pytest.mark.parametrize("minutes", [-4.5, 20])
    def test_it_is_looked_after_only_for_a_while(self, room: Room, minutes: float) -> None:
        room.clock.move(minutes=minutes)

        assert self.look(room, Life.GONE).error_code == ""

    def test_a_platform_that_cannot_tell_changes_nothing(self, room: Room) -> None:
        room.platform.errors["look"] = [Unsupported("no")]

        assert self.look(room, Life.GONE).error_code == ""

    def test_what_has_no_address_cannot_be_looked_at(self) -> None:
        posted = action(ActionKind.PUBLIC, ActionState.SENT, receipt=Receipt(id="", at=NOW))
        room = Room(approved(posted))
        room.clock.move(minutes=5)

        assert self.look(room, Life.GONE).error_code == ""
        assert room.platform.calls == []

    def test_what_waits_or_is_private_is_none_of_this(self) -> None:
        room = Room(
            approved(
                action(ActionKind.PUBLIC),
                action(ActionKind.PRIVATE, ActionState.SENT, receipt=SENT),
            )
        )
        room.clock.move(minutes=5)

        self.look(room, Life.GONE)

        assert room.platform.calls == []
