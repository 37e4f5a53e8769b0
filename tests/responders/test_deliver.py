"""What people approved is sent once; nobody guesses what became of it."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from connectors.base import Ability, Contact, Life, Receipt
from connectors.errors import (
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from responders import outcome
from responders.action import Action, ActionKind, ActionState
from responders.case import Case, CaseId, CaseState, Change, Due
from responders.deliver import LEASE, SETTLE, Sender
from responders.draft import Draft, Finding, Half, Override, Severity, text_hash
from responders.hold import Hold, HoldCode
from tests.fakes import FakeCaseBook
from tests.responders import given
from tests.responders.given import (
    API,
    BY_HAND,
    CASE,
    CLOSED,
    CREDIT,
    DRAFT,
    EUR_25,
    EVA,
    NONE,
    NOW,
    PRIVATE,
    PUBLIC,
    entry,
    mention,
)

WITH_CODE = f"{PRIVATE}\n\n{CREDIT.text}"


def action(kind: ActionKind, state: ActionState = ActionState.APPROVED, **more: object) -> Action:
    texts = {ActionKind.PUBLIC: PUBLIC, ActionKind.PRIVATE: PRIVATE}
    made = Action(
        kind=kind,
        round=1,
        key=f"key-{kind}",
        state=state,
        text=texts.get(kind, ""),
        amount=EUR_25 if kind is ActionKind.CREDIT else None,
        approved_by=EVA.shown,
        approved_at=NOW,
    )
    return Action(**{**made.__dict__, **more})


def approved(*actions: Action) -> Case:
    return replace(
        CASE,
        state=CaseState.APPROVED,
        decided_by=EVA.shown,
        decided_at=NOW,
        actions=actions or (action(ActionKind.PUBLIC),),
    )


def three(settle_until: datetime | None = None) -> Case:
    """Public, credit, private, each after the one before; the last may have been lost once."""
    return approved(
        action(ActionKind.PUBLIC),
        action(ActionKind.CREDIT, depends_on=ActionKind.PUBLIC),
        action(
            ActionKind.PRIVATE,
            depends_on=ActionKind.CREDIT,
            text=WITH_CODE,
            settle_until=settle_until,
        ),
    )


class Room:
    """A sender and everything around it, each part within reach of a test."""

    def __init__(self, case: Case | None = None) -> None:
        self.clock = given.Clock()
        self.book = Meddled(case or approved())
        self.book.spent["Acme", "2026-11", "EUR"] = 10_000
        self.platform = given.Platform(clock=self.clock)
        self.credits = given.Credits()
        self.lock = given.Lock()
        self.paused = False
        self.held: Hold | None = None
        self.met: list[tuple[ActionKind, str]] = []
        self.wrote_privately_at: datetime | None = None
        self.asked_to_stop_at: datetime | None = None
        self.finding: Finding | None = None
        self.reviewed: list[Draft] = []
        self.sender = Sender(
            self.book,
            connector=lambda _case: self.platform,
            credits=self.credits,
            review=self._review,
            clock=self.clock,
            owner="host:1",
            lock=self.lock,
            holds=lambda _case, _kind, _now: given.PAUSED if self.paused else self.held,
            met=self._heard,
            contact=lambda _case: Contact(
                wrote_privately_at=self.wrote_privately_at,
                replies=7,
                asked_to_stop_at=self.asked_to_stop_at,
            ),
        )

    def _review(self, case: Case, draft: Draft) -> Draft:
        self.reviewed.append(draft)
        return draft if self.finding is None else replace(draft, findings=(self.finding,))

    def _heard(self, case: Case, kind: ActionKind, error: ConnectorError | None) -> None:
        self.met.append((kind, type(error).__name__ if error else ""))

    @property
    def case(self) -> Case:
        return self.book.get(CASE.id)

    def action(self, kind: ActionKind = ActionKind.PUBLIC, round: int = 1) -> Action:
        found = self.case.action(kind, round)
        assert found is not None
        return found

    def deliver(self, kind: ActionKind = ActionKind.PUBLIC) -> ActionState:
        return self.sender.deliver(CASE.id, kind, 1)

    def reconcile(self, kind: ActionKind = ActionKind.PUBLIC) -> ActionState:
        return self.sender.reconcile(CASE.id, kind, 1)

    def take_down(self, kind: ActionKind = ActionKind.PUBLIC) -> ActionState:
        return self.sender.take_down(CASE.id, kind, 1)

    def run(self) -> None:
        """Do what is due until nothing is."""
        while due := self.book.due(self.clock()):
            for one in due:
                self.sender.step(one)

    @property
    def audit(self) -> list[str]:
        return [note.what for _, _, note in self.book.notes]


class Meddled(FakeCaseBook):
    """A book in which somebody else may write just before us."""

    meddle: Callable[[Case], Case] | None = None
    after_claim: Callable[[], None] = staticmethod(lambda: None)
    reading: Callable[[], None] = staticmethod(lambda: None)

    def get(self, case_id: CaseId) -> Case:
        self.reading()
        return super().get(case_id)

    def save(self, change: Change, now: datetime) -> bool:
        meddle, self.meddle = self.meddle, None
        if meddle is not None:
            stored = self.get(change.before.id)
            self.put(replace(meddle(stored), revision=stored.revision + 1))
        written = super().save(change, now)
        if change.notes[0].what == "claimed":
            self.after_claim()
        return written


# --- the straight way --------------------------------------------------------------------------


def test_an_approved_reply_is_sent_and_the_case_answered() -> None:
    room = Room()

    assert room.deliver() is ActionState.SENT

    assert room.platform.public == [("m1", PUBLIC)]
    assert room.platform.keys == ["key-public"]
    public = room.action()
    assert public.receipt == Receipt(id="r1", url="https://x.example/r1", at=NOW)
    assert (public.attempt, public.fence, public.owner) == (1, 1, "host:1")
    assert room.case.state is CaseState.ANSWERED
    assert room.audit == ["claimed", "sent"]


def test_the_three_go_out_in_order_and_the_code_only_in_the_private_message() -> None:
    room = Room(three())

    room.run()

    assert [s for s in room.platform.calls if s in {"reply", "message"}] == ["reply", "message"]
    code = room.credits.issued["key-credit"]
    assert room.platform.private == [("a1", WITH_CODE.replace("{code}", code))]
    assert room.action(ActionKind.PRIVATE).text == WITH_CODE
    assert room.action(ActionKind.CREDIT).receipt == Receipt(id="AC…YZ", at=NOW, private=True)
    assert room.case.state is CaseState.ANSWERED
    assert code not in repr(room.case)
    assert code not in repr(room.book.notes)


def test_the_intent_is_written_before_the_request_leaves() -> None:
    room = Room()
    seen: list[Action] = []

    def look(call: str) -> None:
        if call == "reply":
            seen.append(room.action())

    room.platform.during = look

    room.deliver()

    assert seen[0].state is ActionState.SENDING
    assert (seen[0].intent_at, seen[0].lease_until) == (NOW, NOW + LEASE)


def test_a_receipt_without_a_time_gets_ours() -> None:
    change = outcome.sent(approved(), action(ActionKind.PUBLIC), Receipt(id="r"), now=NOW, by="x")

    assert change.after.actions[0].receipt == Receipt(id="r", at=NOW)


def test_what_waits_for_the_customer_leaves_the_case_answered() -> None:
    room = Room(
        approved(action(ActionKind.PUBLIC), action(ActionKind.PRIVATE, ActionState.WAITING))
    )

    room.deliver()

    assert room.case.state is CaseState.ANSWERED


def test_an_older_rounds_message_goes_to_the_post_it_was_written_for() -> None:
    later = replace(
        approved(), round=2, state=CaseState.OPEN, entries=(entry(), entry(2, round=2)), draft=None
    )
    room = Room(later)

    room.deliver()

    assert room.platform.public == [("m1", PUBLIC)]
    assert room.case.state is CaseState.OPEN


def test_the_sender_sees_how_many_other_replies_there_are() -> None:
    earlier = action(ActionKind.HOLDING, ActionState.SENT, text="We are on it.")
    room = Room(approved(earlier, action(ActionKind.PUBLIC)))

    room.deliver()

    assert [contact.replies for contact in room.platform.contacts] == [1]


# --- not yet, and not at all -------------------------------------------------------------------


def test_nothing_leaves_before_its_time() -> None:
    room = Room(approved(action(ActionKind.PUBLIC, not_before=NOW + timedelta(seconds=1))))

    assert room.deliver() is ActionState.APPROVED
    assert room.platform.calls == []


@pytest.mark.parametrize("state", [ActionState.APPROVED, ActionState.UNKNOWN, ActionState.BY_HAND])
def test_nothing_leaves_before_what_goes_first_is_out(state: ActionState) -> None:
    room = Room(
        approved(
            action(ActionKind.PUBLIC, state),
            action(ActionKind.PRIVATE, depends_on=ActionKind.PUBLIC),
        )
    )

    assert room.deliver(ActionKind.PRIVATE) is ActionState.APPROVED
    assert room.platform.calls == []


@pytest.mark.parametrize("state", set(ActionState) - {ActionState.APPROVED})
def test_only_what_is_approved_leaves(state: ActionState) -> None:
    room = Room(approved(action(ActionKind.PUBLIC, state)))

    assert room.deliver() is state
    assert room.platform.calls == []


def test_nothing_leaves_without_the_lock() -> None:
    room = Room()
    room.lock.mine = False

    assert room.deliver() is ActionState.APPROVED

    assert room.platform.calls == []
    assert room.audit == []


def test_nothing_leaves_while_something_holds_it_and_the_card_is_told_why_once() -> None:
    room = Room()
    room.paused = True

    assert [room.deliver(), room.deliver()] == [ActionState.APPROVED] * 2
    assert room.platform.calls == []
    assert room.audit == ["held"]
    assert (room.action().error_code, room.action().error) == ("paused", given.PAUSED.why)
    room.paused = False

    assert room.deliver() is ActionState.SENT
    assert room.action().error == ""


def test_what_is_held_until_a_time_is_not_due_before() -> None:
    room = Room()
    until = NOW + timedelta(hours=3)
    room.held = Hold(code=HoldCode.QUIET, why="Quiet hours: it leaves at 15:00.", until=until)

    assert room.deliver() is ActionState.APPROVED

    assert room.action().not_before == until
    assert room.book.due(until - timedelta(seconds=1)) == ()


def test_what_an_outage_holds_is_told_once_and_not_looked_at_before_its_time() -> None:
    room = Room()
    read: list[datetime] = []
    room.book.reading = lambda: read.append(room.clock())
    due = Due(
        case_id=CASE.id,
        kind=ActionKind.PUBLIC,
        round=1,
        state=ActionState.APPROVED,
        brand="Acme",
        platform="twitter",
    )
    for minutes in range(10):
        until = NOW + timedelta(minutes=5 if minutes < 5 else 60)
        room.held = Hold(code=HoldCode.OUTAGE, why="X is down.", until=until)
        assert room.sender.step(due) is ActionState.APPROVED
        room.clock.move(minutes=1)

    assert set(read) == {NOW, NOW + timedelta(minutes=5)}
    assert room.audit == ["held"]
    assert room.action().error_code == HoldCode.OUTAGE
    assert room.action().not_before is None, "an outage ends when it ends"
    room.held = None
    room.clock.now = NOW + timedelta(minutes=60)
    assert room.sender.step(due) is ActionState.SENT


@pytest.mark.parametrize("code", [outcome.EDITED, outcome.ANSWERED])
def test_what_a_person_confirmed_stays_confirmed_while_it_is_held(code: str) -> None:
    room = Room(approved(action(ActionKind.PUBLIC, error_code=code)))
    room.paused = True
    room.deliver()

    assert (room.action().error_code, room.action().error) == (code, given.PAUSED.why)


@pytest.mark.parametrize(
    ("trouble", "heard"),
    [
        (TryLater("X is down."), "TryLater"),
        (SetupError("The login ended."), "SetupError"),
        (OutcomeUnknown("No answer."), "OutcomeUnknown"),
        (ZeroDivisionError(), "OutcomeUnknown"),
        (Refused("Blocked.", code="blocked"), ""),
        (None, ""),
    ],
)
def test_how_the_platform_took_it_is_told_so_that_an_outage_holds_the_next(
    trouble: Exception | None, heard: str
) -> None:
    room = Room()
    if trouble is not None:
        room.platform.errors["reply"] = [trouble]

    room.deliver()

    assert room.met == [(ActionKind.PUBLIC, heard)]


@pytest.mark.parametrize(
    ("trouble", "heard"),
    [
        (TryLater("X is down."), "TryLater"),
        (OutcomeUnknown("X gave no answer."), "TryLater"),  # a look that is lost loses nothing
        (SetupError("The login ended."), "SetupError"),
        (Refused("No."), ""),
    ],
)
def test_a_platform_that_cannot_be_asked_about_the_post_is_told_of_as_well(
    trouble: ConnectorError, heard: str
) -> None:
    room = Room()
    room.platform.errors["look"] = [trouble]

    room.deliver()

    assert room.met == [(ActionKind.PUBLIC, heard)]


def test_an_outage_shorter_than_our_patience_gives_nothing_up() -> None:
    tried = action(ActionKind.PUBLIC, attempt=outcome.MAX_TRIES, approved_at=NOW)
    room = Room(approved(tried))
    room.platform.errors["reply"] = [TryLater("X is down.")]

    assert room.deliver() is ActionState.APPROVED


@pytest.mark.parametrize("what", ["paused", "lock_lost", "lease_short"])
def test_right_before_the_wire_everything_is_looked_at_once_more(what: str) -> None:
    room = Room()

    def change() -> None:
        if what == "paused":
            room.paused = True
        elif what == "lock_lost":
            room.lock.mine = False
        else:
            room.clock.move(seconds=100)

    room.book.after_claim = change

    assert room.deliver() is ActionState.APPROVED
    assert "reply" not in room.platform.calls
    assert room.book.notes[-1][2].detail == what
    assert room.action().attempt == 0


def test_an_action_that_is_not_there_is_an_error_of_the_caller() -> None:
    with pytest.raises(KeyError, match="case 1 has no follow_up action in round 1"):
        Room().deliver(ActionKind.FOLLOW_UP)


def test_somebody_else_was_first_to_claim_it() -> None:
    room = Room()
    room.book.meddle = lambda case: case

    assert room.deliver() is ActionState.APPROVED
    assert "reply" not in room.platform.calls


def test_the_same_action_is_in_one_hand_at_a_time() -> None:
    room = Room()
    others: list[ActionState] = []

    def meanwhile(call: str) -> None:
        if call == "reply":
            room.clock.move(hours=1)
            others.append(room.reconcile())
            others.append(room.deliver())
            others.append(room.take_down())

    room.platform.during = meanwhile

    room.deliver()

    assert others == [ActionState.SENDING] * 3
    assert room.platform.public == [("m1", PUBLIC)]
    assert room.action().state is ActionState.SENT


def test_two_threads_do_not_claim_the_same_action() -> None:
    room = Room()
    other: list[ActionState] = []

    def second_thread(case: Case) -> Case:
        other.append(room.deliver())
        return case

    room.book.meddle = second_thread

    room.deliver()

    assert other == [ActionState.APPROVED]
    assert "claimed" not in room.audit


# --- the fresh look ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "code"), [(Life.GONE, outcome.GONE), (Life.EDITED, outcome.EDITED)]
)
def test_a_post_that_is_gone_or_changed_goes_back_to_a_person(life: Life, code: str) -> None:
    room = Room()
    room.platform.life = life

    assert room.deliver() is ActionState.NEEDS_HUMAN
    assert room.action().error_code == code
    assert room.platform.public == []
    assert room.case.state is CaseState.NEEDS_HUMAN


def test_an_edited_post_that_a_person_has_seen_is_answered() -> None:
    room = Room(approved(action(ActionKind.PUBLIC, error_code=outcome.EDITED)))
    room.platform.life = Life.EDITED

    assert room.deliver() is ActionState.SENT


def test_a_platform_that_cannot_tell_is_taken_as_it_is() -> None:
    room = Room()
    room.platform.errors = {"look": [Unsupported()]}

    assert room.deliver() is ActionState.SENT


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (TryLater("Wait.", at=NOW + timedelta(minutes=7)), timedelta(minutes=7)),
        (TryLater("Wait."), None),
        (SetupError("The login has ended."), None),
        (Refused("No."), None),
        (OutcomeUnknown("?"), None),
    ],
)
def test_where_nobody_can_look_nothing_is_sent_yet(
    error: Exception, wait: timedelta | None
) -> None:
    room = Room()
    room.platform.errors = {"look": [error]}

    assert room.deliver() is ActionState.APPROVED

    public = room.action()
    assert public.not_before is not None
    assert public.not_before - NOW == (wait or outcome.wait_before(action(ActionKind.PUBLIC)))
    assert (public.attempt, public.error) == (0, str(error))


def test_a_private_conversation_does_not_hang_on_the_post() -> None:
    room = Room(approved(action(ActionKind.PRIVATE)))
    room.wrote_privately_at = NOW
    room.platform.life = Life.GONE

    assert room.deliver(ActionKind.PRIVATE) is ActionState.SENT


def test_without_one_the_private_message_does() -> None:
    room = Room(approved(action(ActionKind.PRIVATE)))
    room.platform.life = Life.GONE

    assert room.deliver(ActionKind.PRIVATE) is ActionState.NEEDS_HUMAN


def finding(half: Half, severity: Severity = Severity.BLOCK) -> Finding:
    return Finding(code="x", severity=severity, half=half, words="our fault", do="Leave it out.")


def test_the_guard_is_asked_again_before_the_wire() -> None:
    room = Room()
    room.finding = finding(Half.PUBLIC)

    assert room.deliver() is ActionState.NEEDS_HUMAN
    assert room.action().error_code == outcome.GUARD
    assert "our fault. Leave it out." in room.action().error
    assert room.platform.public == []


def passing(text: str, half: Half = Half.PUBLIC, code: str = "x") -> Override:
    return Override(by="lea", reason="So.", passes=((half, code, text_hash(text)),))


def test_what_a_lead_let_pass_leaves() -> None:
    room = Room(approved(action(ActionKind.PUBLIC, override=passing(PUBLIC))))
    room.finding = finding(Half.PUBLIC)

    assert room.deliver() is ActionState.SENT


def test_what_a_lead_let_pass_in_private_leaves_with_the_credits_code() -> None:
    case = three()
    given_pass = passing(WITH_CODE, Half.PRIVATE)
    case = case.with_action(action(ActionKind.PUBLIC, ActionState.SENT))
    case = case.with_action(
        action(ActionKind.PRIVATE, depends_on=None, text=WITH_CODE, override=given_pass)
    )
    room = Room(case.with_action(action(ActionKind.CREDIT, ActionState.SENT)))
    room.finding = finding(Half.PRIVATE)

    assert room.deliver(ActionKind.PRIVATE) is ActionState.SENT


@pytest.mark.parametrize(
    ("override", "found"),
    [
        (passing(PUBLIC + " "), "x"),  # of another text
        (passing(PUBLIC, Half.PRIVATE), "x"),  # of the other half
        (passing(PUBLIC), "blame"),  # a new finding, right before it would leave
        (passing(PUBLIC, code="personal_data"), "personal_data"),  # never overridden
        (None, "x"),
    ],
)
def test_a_blocked_text_does_not_leave_for_any_other_override(
    override: Override | None, found: str
) -> None:
    room = Room(approved(action(ActionKind.PUBLIC, override=override)))
    room.finding = replace(finding(Half.PUBLIC), code=found)

    assert room.deliver() is ActionState.NEEDS_HUMAN
    assert room.action().error_code == outcome.GUARD
    assert room.platform.public == []


def test_an_override_of_an_earlier_round_still_counts_for_what_waited() -> None:
    """The case's draft is another one by then: what was approved carries its own."""
    waited = action(ActionKind.PRIVATE, override=passing(PRIVATE, Half.PRIVATE))
    room = Room(replace(approved(waited), round=2, draft=replace(DRAFT, round=2)))
    room.finding = finding(Half.PRIVATE)

    assert room.deliver(ActionKind.PRIVATE) is ActionState.SENT


@pytest.mark.parametrize("harmless", [finding(Half.PRIVATE), finding(Half.PUBLIC, Severity.SECOND)])
def test_what_concerns_the_other_half_or_was_agreed_by_two_holds_nothing_up(
    harmless: Finding,
) -> None:
    room = Room()
    room.finding = harmless

    assert room.deliver() is ActionState.SENT


def test_the_guard_sees_the_approved_words_without_the_place_of_the_code() -> None:
    room = Room(
        replace(
            approved(
                action(ActionKind.PUBLIC, ActionState.SENT),
                action(ActionKind.CREDIT, ActionState.SENT),
                action(ActionKind.PRIVATE, text=WITH_CODE),
            ),
            draft=replace(DRAFT, language="de"),
        )
    )

    room.deliver(ActionKind.PRIVATE)

    draft = room.reviewed[0]
    assert (draft.language, draft.public, draft.private) == ("de", None, PRIVATE)


def test_a_case_without_a_draft_is_reviewed_in_english() -> None:
    room = Room(replace(approved(), draft=None))

    room.deliver()

    assert (room.reviewed[0].language, room.reviewed[0].private) == ("en", None)


# --- the way is another one by now -------------------------------------------------------------


def test_what_can_only_go_by_hand_by_now_waits_for_a_person() -> None:
    room = Room()
    room.platform.able = Ability(public=BY_HAND, private=API)

    assert room.deliver() is ActionState.BY_HAND
    assert room.action().error == BY_HAND.reason


def test_a_private_channel_that_closed_makes_credit_and_message_wait() -> None:
    case = three()
    room = Room(case.with_action(action(ActionKind.PUBLIC, ActionState.SENT)))
    room.platform.able = Ability(public=API, private=CLOSED)

    assert room.deliver(ActionKind.CREDIT) is ActionState.WAITING
    assert room.action(ActionKind.PRIVATE).state is ActionState.WAITING
    assert room.case.state is CaseState.ANSWERED
    assert room.credits.issued == {}


def test_a_message_alone_waits_too() -> None:
    room = Room(approved(action(ActionKind.PRIVATE)))
    room.platform.able = Ability(public=API, private=CLOSED)

    assert room.deliver(ActionKind.PRIVATE) is ActionState.WAITING


@pytest.mark.parametrize("way", ["none", "closed"])
def test_a_reply_with_no_way_at_all_fails_with_the_reason(way: str) -> None:
    room = Room()
    blocked = replace(NONE, reason="") if way == "none" else CLOSED
    room.platform.able = Ability(public=blocked, private=API)

    assert room.deliver() is ActionState.FAILED
    assert room.action().error == (blocked.reason or "No way to send this.")
    assert room.case.state is CaseState.NEEDS_HUMAN


def test_a_code_does_not_leave_by_hand() -> None:
    case = three()
    room = Room(case.with_action(action(ActionKind.PUBLIC, ActionState.SENT)))
    room.platform.able = Ability(public=API, private=BY_HAND)

    assert room.deliver(ActionKind.CREDIT) is ActionState.FAILED
    assert room.action(ActionKind.PRIVATE).error_code == outcome.PARENT
    assert room.credits.issued == {}
    assert room.book.spent["Acme", "2026-11", "EUR"] == 7_500


# --- what came back ----------------------------------------------------------------------------


@pytest.mark.parametrize("error", [TryLater("Busy."), SetupError("The login has ended.")])
def test_what_was_certainly_not_applied_is_tried_later(error: Exception) -> None:
    room = Room()
    room.platform.errors = {"reply": [error]}

    assert room.deliver() is ActionState.APPROVED

    public = room.action()
    assert public.not_before is not None
    assert timedelta(seconds=30) <= public.not_before - NOW <= timedelta(seconds=36)
    assert (public.attempt, public.error) == (1, str(error))
    room.clock.now = public.not_before
    room.run()
    assert room.platform.public == [("m1", PUBLIC)]
    assert room.platform.keys == ["key-public"], "the key is the same on every try"


def test_the_platforms_own_time_is_kept() -> None:
    room = Room()
    at = NOW + timedelta(minutes=15)
    room.platform.errors = {"reply": [TryLater("Limit.", at=at)]}

    room.deliver()

    public = room.action()
    assert public.not_before is not None
    assert timedelta(0) <= public.not_before - at < timedelta(seconds=5)


def test_waits_double_up_to_an_hour_and_two_actions_do_not_keep_step() -> None:
    waits = [outcome.wait_before(action(ActionKind.PUBLIC, attempt=n)) for n in range(1, 10)]

    assert all(b > a for a, b in pairwise(waits[:7]))
    assert max(waits) <= outcome.LONGEST_WAIT * 1.2
    assert waits[0] != outcome.wait_before(action(ActionKind.PRIVATE, attempt=1))
    assert waits[0] == outcome.wait_before(action(ActionKind.PUBLIC, attempt=1))


def test_a_platform_that_names_a_short_wait_for_long_never_overflows_ours() -> None:
    # A minute's limit, kept for the two hours before a person is asked: a hundred tries and more.
    limit = TryLater("Limit.", at=NOW + timedelta(minutes=1))
    room = Room(approved(action(ActionKind.PUBLIC, attempt=1_000)))
    room.platform.errors = {"reply": [limit]}

    assert room.deliver() is ActionState.APPROVED
    assert room.action().not_before is not None
    waits = {n: outcome.wait_before(action(ActionKind.PUBLIC, attempt=n)) for n in (45, 10**9)}
    assert all(
        outcome.LONGEST_WAIT <= wait <= outcome.LONGEST_WAIT * 1.2 for wait in waits.values()
    )


def test_after_eight_tries_a_person_is_asked() -> None:
    room = Room()
    room.platform.errors = {"reply": [TryLater("Busy.")] * 8}

    for _ in range(8):
        room.deliver()
        room.clock.move(hours=2)

    assert room.action().state is ActionState.FAILED
    assert room.action().error == "Tried 8 times. Busy."
    assert room.case.state is CaseState.NEEDS_HUMAN


@pytest.mark.parametrize(
    ("error", "code"),
    [(Refused("They blocked us.", code="blocked"), "blocked"), (Unsupported(), "unsupported")],
)
def test_a_refusal_is_final_and_calls_off_what_was_to_follow(error: Exception, code: str) -> None:
    room = Room(three())
    room.platform.errors = {"reply": [error]}

    assert room.deliver() is ActionState.FAILED

    assert room.action().error_code == code
    for kind in (ActionKind.CREDIT, ActionKind.PRIVATE):
        assert room.action(kind).state is ActionState.CANCELLED
        assert room.action(kind).error_code == outcome.PARENT
    assert room.case.state is CaseState.NEEDS_HUMAN
    assert room.book.spent["Acme", "2026-11", "EUR"] == 7_500
    assert room.audit == ["claimed", "failed", "cancelled", "cancelled"]


def test_a_failed_message_gives_its_credit_back() -> None:
    room = Room(three())
    room.platform.errors = {"message": [Refused("Closed.", code="closed")]}

    room.run()

    assert room.action(ActionKind.CREDIT).state is ActionState.REVERSED
    assert room.credits.reversed == ["key-credit"]
    assert room.book.spent["Acme", "2026-11", "EUR"] == 7_500
    assert room.action().state is ActionState.SENT
    assert room.case.state is CaseState.NEEDS_HUMAN


def test_a_failed_message_that_was_once_lost_does_not() -> None:
    room = Room(three(settle_until=NOW - timedelta(hours=1)))
    room.platform.errors = {"message": [Refused("Closed.", code="closed")]}

    room.run()

    assert room.action(ActionKind.CREDIT).state is ActionState.SENT
    assert room.credits.reversed == []


def test_a_credit_that_is_still_waiting_goes_with_its_failed_message() -> None:
    case = approved(
        action(ActionKind.CREDIT, ActionState.WAITING),
        action(ActionKind.PRIVATE, text=WITH_CODE),
    )

    change = outcome.failed(case, case.actions[1], code="x", why="No.")

    assert change.after.actions[0].state is ActionState.CANCELLED


def test_an_empty_pool_fails_the_credit_and_holds_the_message_back() -> None:
    room = Room(three())
    room.credits.errors = [Refused("No code left.", code="no_code_left")]

    room.run()

    assert room.action(ActionKind.CREDIT).state is ActionState.FAILED
    assert room.action(ActionKind.PRIVATE).state is ActionState.CANCELLED
    assert room.platform.private == []


@pytest.mark.parametrize("lost", [ActionState.REVERSED, ActionState.CANCELLED])
def test_a_text_with_a_place_for_a_code_never_leaves_without_one(lost: ActionState) -> None:
    room = Room(
        approved(action(ActionKind.CREDIT, lost), action(ActionKind.PRIVATE, text=WITH_CODE))
    )

    assert room.deliver(ActionKind.PRIVATE) is ActionState.FAILED
    assert room.action(ActionKind.PRIVATE).error_code == "no_code"
    assert room.platform.private == []


def test_a_credit_without_an_amount_is_refused() -> None:
    room = Room(approved(action(ActionKind.CREDIT, amount=None)))

    assert room.deliver(ActionKind.CREDIT) is ActionState.FAILED
    assert room.action(ActionKind.CREDIT).error_code == "no_amount"


@pytest.mark.parametrize("applied", [True, False])
def test_no_answer_is_neither_success_nor_failure(applied: bool) -> None:
    room = Room(three())
    room.platform.errors = {"reply": [OutcomeUnknown("The connection broke.")]}
    room.platform.applied = applied

    assert room.deliver() is ActionState.UNKNOWN

    public = room.action()
    assert public.settle_until == NOW + SETTLE
    assert public.error == "The connection broke."
    assert room.case.state is CaseState.APPROVED
    assert room.action(ActionKind.CREDIT).state is ActionState.APPROVED, "it waits"


def test_a_bug_in_a_connector_is_an_unknown_outcome_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    room = Room()
    room.platform.errors = {"reply": [ZeroDivisionError("secret")]}

    assert room.deliver() is ActionState.UNKNOWN

    assert room.action().error == "Something unexpected happened (ZeroDivisionError)."
    assert "case 1: sending the public broke" in caplog.text


# --- writing what came back --------------------------------------------------------------------


def test_a_result_is_written_on_top_of_what_happened_meanwhile() -> None:
    room = Room()

    def claims(call: str) -> None:
        if call == "reply":
            room.book.meddle = lambda case: replace(case, claimed_by="x")

    room.platform.during = claims

    assert room.deliver() is ActionState.SENT
    assert room.case.claimed_by == "x"


def test_a_result_of_an_older_claim_writes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()

    def taken_over(call: str) -> None:
        if call == "reply":
            room.book.put(room.case.with_action(replace(room.action(), fence=2, owner="other")))

    room.platform.during = taken_over

    assert room.deliver() is ActionState.SENDING
    assert "a late result of the public is dropped" in caplog.text


def test_a_late_success_settles_what_was_taken_for_lost() -> None:
    room = Room()

    def given_up(call: str) -> None:
        if call == "reply":
            room.book.put(room.case.with_action(replace(room.action(), state=ActionState.UNKNOWN)))

    room.platform.during = given_up

    assert room.deliver() is ActionState.SENT


def test_a_late_refusal_does_not_undo_what_is_known_by_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    room = Room()
    room.platform.errors = {"reply": [Refused("No.")]}

    def found(call: str) -> None:
        if call == "reply":
            room.book.put(room.case.with_action(replace(room.action(), state=ActionState.SENT)))

    room.platform.during = found

    assert room.deliver() is ActionState.SENT
    assert "dropped" in caplog.text


def test_a_book_that_never_lets_us_write_is_a_fault_of_ours() -> None:
    room = Room()

    class Stubborn(Meddled):
        def save(self, change: Change, now: datetime) -> bool:
            return change.notes[0].what == "claimed" and super().save(change, now)

    book = Stubborn(approved())
    room.sender._book = book

    with pytest.raises(RuntimeError, match="could not write the result of the public"):
        room.sender.deliver(CASE.id, ActionKind.PUBLIC, 1)


# --- orphans -----------------------------------------------------------------------------------

ORPHAN = action(
    ActionKind.PUBLIC,
    ActionState.SENDING,
    attempt=1,
    fence=1,
    owner="dead:9",
    intent_at=NOW - LEASE,
    lease_until=NOW,
)


def test_what_somebody_left_on_the_wire_is_never_sent_again_but_looked_for() -> None:
    room = Room(approved(ORPHAN))

    assert room.reconcile() is ActionState.UNKNOWN

    assert room.action().error_code == outcome.ORPHAN
    assert room.action().settle_until == NOW + SETTLE
    assert room.platform.calls == []


def test_a_lease_that_is_not_over_is_left_alone() -> None:
    room = Room(approved(replace(ORPHAN, lease_until=NOW + timedelta(seconds=1))))

    assert room.reconcile() is ActionState.SENDING


def test_without_the_lock_nobody_takes_over() -> None:
    room = Room(approved(ORPHAN))
    room.lock.mine = False

    assert room.reconcile() is ActionState.SENDING


# --- looking for it ----------------------------------------------------------------------------

LOST = replace(
    ORPHAN,
    state=ActionState.UNKNOWN,
    settle_until=NOW,
    not_before=NOW,
    error_code="no_answer",
    error="The connection broke.",
)
LOST_PRIVATE = replace(LOST, kind=ActionKind.PRIVATE, text=PRIVATE, key="key-private")


def test_before_it_has_settled_nobody_looks() -> None:
    room = Room(approved(replace(LOST, settle_until=NOW + timedelta(seconds=1))))

    assert room.reconcile() is ActionState.UNKNOWN
    assert room.platform.calls == []


def test_what_is_found_is_sent() -> None:
    room = Room(approved(LOST))
    room.platform.public = [("m1", PUBLIC)]

    assert room.reconcile() is ActionState.SENT
    assert room.action().receipt == Receipt(id="r1", url="https://x.example/r1", at=NOW)
    assert room.case.state is CaseState.ANSWERED


def test_once_missing_is_no_proof() -> None:
    room = Room(approved(LOST))

    assert room.reconcile() is ActionState.UNKNOWN
    assert room.action().absent_at == (NOW,)
    assert room.action().not_before == NOW + outcome.LOOK_AGAIN


def test_twice_missing_is_one_where_reads_are_reliable() -> None:
    room = Room(approved(LOST))
    room.reconcile()
    room.clock.move(seconds=30)

    assert room.reconcile() is ActionState.APPROVED
    assert len(room.action().absent_at) == 2
    room.run()
    assert room.platform.public == [("m1", PUBLIC)]
    assert room.action().attempt == 2


def test_right_before_it_is_sent_again_it_is_looked_for_a_last_time() -> None:
    room = Room(approved(LOST))
    room.reconcile()
    room.clock.move(seconds=30)
    room.reconcile()
    room.platform.public = [("m1", PUBLIC)]

    room.run()

    assert room.action().state is ActionState.SENT
    assert room.platform.public == [("m1", PUBLIC)], "the late one, and no second"
    assert "reply" not in room.platform.calls


def test_a_platform_that_cannot_be_searched_is_trusted_to_a_person() -> None:
    room = Room(approved(replace(LOST, state=ActionState.APPROVED)))
    room.platform.errors = {"find": [Unsupported()]}

    assert room.deliver() is ActionState.SENT, "a person asked for it: nobody can look first"


def test_where_reads_prove_nothing_a_person_looks() -> None:
    room = Room(approved(LOST))
    room.platform.reliable_reads = False
    room.reconcile()
    room.clock.move(seconds=30)

    assert room.reconcile() is ActionState.NEEDS_HUMAN
    assert room.case.state is CaseState.NEEDS_HUMAN


def test_after_too_many_tries_a_person_looks() -> None:
    room = Room(approved(replace(LOST, attempt=8, absent_at=(NOW,))))

    assert room.reconcile() is ActionState.NEEDS_HUMAN


def test_our_own_message_is_found_among_the_private_ones() -> None:
    room = Room(approved(LOST_PRIVATE))
    ours = replace(mention("d9", f" {PRIVATE}\n", private=True, ours=True), created_at=NOW)
    room.platform.turns = [replace(ours, id="d1", ours=False), ours]

    assert room.reconcile(ActionKind.PRIVATE) is ActionState.SENT
    receipt = room.action(ActionKind.PRIVATE).receipt
    assert receipt is not None
    assert (receipt.id, receipt.private) == ("d9", True)


def test_an_older_message_with_the_same_words_is_not_it() -> None:
    room = Room(approved(LOST_PRIVATE))
    old = replace(
        mention("d1", PRIVATE, private=True, ours=True), created_at=NOW - timedelta(days=1)
    )
    room.platform.turns = [old, replace(old, id="d2", text="Other words.", created_at=NOW)]

    assert room.reconcile(ActionKind.PRIVATE) is ActionState.UNKNOWN


def test_a_message_whose_intent_has_no_time_is_found_by_its_words() -> None:
    room = Room(approved(replace(LOST_PRIVATE, intent_at=None)))
    room.platform.turns = [mention("d1", PRIVATE, private=True, ours=True)]

    assert room.reconcile(ActionKind.PRIVATE) is ActionState.SENT


def test_what_belongs_to_another_action_is_not_it() -> None:
    other = action(ActionKind.HOLDING, ActionState.SENT, receipt=Receipt(id="r1"))
    room = Room(approved(other, LOST))
    room.platform.public = [("m1", PUBLIC)]

    assert room.reconcile() is ActionState.UNKNOWN


def test_a_private_message_that_is_missing_is_never_sent_again_by_itself() -> None:
    room = Room(approved(LOST_PRIVATE))
    room.reconcile(ActionKind.PRIVATE)
    room.clock.move(seconds=30)

    assert room.reconcile(ActionKind.PRIVATE) is ActionState.NEEDS_HUMAN


def test_a_lost_credit_is_asked_for_by_its_key() -> None:
    room = Room(approved(replace(LOST, kind=ActionKind.CREDIT, amount=EUR_25, text="", key="k")))

    assert room.reconcile(ActionKind.CREDIT) is ActionState.SENT
    assert list(room.credits.issued) == ["k"]


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (TryLater("Limit.", at=NOW + timedelta(minutes=9)), timedelta(minutes=9)),
        (SetupError("The login has ended."), outcome.LOOK_AGAIN),
        (RuntimeError("a bug"), outcome.LOOK_AGAIN),
    ],
)
def test_a_platform_that_cannot_be_read_is_read_later(error: Exception, wait: timedelta) -> None:
    room = Room(approved(LOST))
    room.platform.errors = {"find": [error]}

    assert room.reconcile() is ActionState.UNKNOWN
    assert room.action().not_before == NOW + wait
    assert room.action().absent_at == ()


def test_a_platform_that_cannot_be_read_for_an_hour_is_looked_at_by_a_person() -> None:
    room = Room(approved(LOST))
    room.clock.move(hours=2)
    room.platform.errors = {"find": [TryLater("Still down.")]}

    assert room.reconcile() is ActionState.NEEDS_HUMAN
    assert room.action().error == "Could not look for it. Still down."


def test_a_platform_that_shows_nothing_is_looked_at_by_a_person_at_once() -> None:
    room = Room(approved(LOST))
    room.platform.errors = {"find": [Unsupported("No such list.")]}

    assert room.reconcile() is ActionState.NEEDS_HUMAN
    assert room.action().error_code == outcome.UNREADABLE


def test_looking_goes_on_while_paused() -> None:
    room = Room(approved(LOST))
    room.paused = True
    room.platform.public = [("m1", PUBLIC)]

    assert room.reconcile() is ActionState.SENT


def test_what_is_settled_is_not_looked_for() -> None:
    room = Room(approved(action(ActionKind.PUBLIC, ActionState.SENT)))

    assert room.reconcile() is ActionState.SENT
    assert room.platform.calls == []


# --- taking down -------------------------------------------------------------------------------

WANTED_BACK = action(
    ActionKind.PUBLIC, ActionState.SENT, receipt=Receipt(id="r1"), retract_by=EVA.shown
)


def test_what_a_person_wants_back_is_deleted_even_while_paused() -> None:
    room = Room(approved(WANTED_BACK))
    room.paused = True

    assert room.take_down() is ActionState.RETRACTED
    assert room.platform.gone == ["r1"]
    assert room.case.state is CaseState.NEEDS_HUMAN
    assert [(n.what, n.by) for _, _, n in room.book.notes] == [("retracted", EVA.shown)]


def test_what_was_to_follow_it_is_called_off() -> None:
    follows = action(ActionKind.PRIVATE, depends_on=ActionKind.PUBLIC)
    room = Room(approved(WANTED_BACK, follows))

    room.take_down()

    assert room.action(ActionKind.PRIVATE).state is ActionState.CANCELLED


@pytest.mark.parametrize(
    ("error", "code"),
    [(Refused("Too old.", code="too_old"), "too_old"), (Unsupported(), "unsupported")],
)
def test_what_a_platform_does_not_delete_is_left_to_a_person(error: Exception, code: str) -> None:
    room = Room(approved(WANTED_BACK))
    room.platform.errors = {"retract": [error]}

    assert room.take_down() is ActionState.SENT
    assert (room.action().retract_by, room.action().error_code) == ("", code)


@pytest.mark.parametrize("error", [TryLater("Busy."), OutcomeUnknown("?"), SetupError("Login.")])
def test_a_deletion_that_may_not_have_worked_is_repeated(error: Exception) -> None:
    room = Room(approved(WANTED_BACK))
    room.platform.errors = {"retract": [error]}

    assert room.take_down() is ActionState.SENT
    assert room.take_down() is ActionState.SENT, "not before its time"
    room.clock.move(minutes=1)
    assert room.take_down() is ActionState.RETRACTED
    assert room.platform.gone == ["r1"]


def test_what_has_no_receipt_is_gone_without_a_call() -> None:
    room = Room(approved(replace(WANTED_BACK, receipt=None)))

    assert room.take_down() is ActionState.RETRACTED
    assert room.platform.calls == []


def test_nothing_is_taken_down_unasked_or_without_the_lock() -> None:
    room = Room(approved(replace(WANTED_BACK, retract_by="")))
    assert room.take_down() is ActionState.SENT

    room = Room(approved(WANTED_BACK))
    room.lock.mine = False
    assert room.take_down() is ActionState.SENT
    assert room.platform.calls == []


# --- steps -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (action(ActionKind.PUBLIC), ActionState.SENT),
        (ORPHAN, ActionState.UNKNOWN),
        (replace(LOST, absent_at=(NOW,)), ActionState.APPROVED),
        (WANTED_BACK, ActionState.RETRACTED),
        (action(ActionKind.PUBLIC, ActionState.FAILED), ActionState.FAILED),
    ],
)
def test_a_step_does_what_the_state_needs(start: Action, end: ActionState) -> None:
    room = Room(approved(start))

    due = Due(case_id=CASE.id, kind=ActionKind.PUBLIC, round=1, state=start.state)

    assert room.sender.step(due) is end


def test_the_log_holds_no_words_of_anybody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    room = Room(three())
    room.platform.errors = {"message": [Refused("Closed.")]}

    room.run()

    assert PUBLIC not in caplog.text
    assert CASE.subject.mention.text not in caplog.text


# --- the state of the case ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actions", "state"),
    [
        ([ActionState.SENT, ActionState.SENT], CaseState.ANSWERED),
        ([ActionState.SENT, ActionState.APPROVED], CaseState.APPROVED),
        ([ActionState.SENT, ActionState.WAITING], CaseState.ANSWERED),
        ([ActionState.SENT, ActionState.CANCELLED], CaseState.ANSWERED),
        ([ActionState.UNKNOWN, ActionState.SENT], CaseState.APPROVED),
        ([ActionState.BY_HAND, ActionState.SENT], CaseState.APPROVED),
        ([ActionState.SENT, ActionState.FAILED], CaseState.NEEDS_HUMAN),
        ([ActionState.RETRACTED, ActionState.SENT], CaseState.NEEDS_HUMAN),
        ([ActionState.CANCELLED, ActionState.CANCELLED], CaseState.NEEDS_HUMAN),
    ],
)
def test_a_decided_case_stands_where_its_actions_put_it(
    actions: list[ActionState], state: CaseState
) -> None:
    case = approved(action(ActionKind.PUBLIC, actions[0]), action(ActionKind.PRIVATE, actions[1]))

    assert outcome.standing(case) is state


def test_an_answered_case_stays_so_while_a_later_word_goes_out() -> None:
    case = replace(approved(), state=CaseState.ANSWERED)

    assert outcome.standing(case) is CaseState.ANSWERED


def test_what_nobody_decided_has_no_standing() -> None:
    assert outcome.standing(CASE) is CaseState.OPEN
