"""Clicks by the real Socket Mode client through the real Bolt, to a small desk and back."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Barrier, Lock, Thread

import pytest

from connectors.errors import ConnectorError, TryLater
from responders.action import ActionKind, ActionState
from responders.ask import NotAllowed
from responders.card import Button, Card, Decision, Turn, Verb
from responders.case import CaseId, CaseState
from responders.policy import Person, Policy
from responders.slack import listeners
from responders.slack.bot import Shown, SlackBot
from responders.slack.client import make_client
from responders.slack.manifest import scopes
from responders.slack.roster import SlackRoster
from responders.slack.socket_mode import Listening, listen, make_app
from tests.responders.slack.cards import BUTTONS, NOW, card, gallery, status
from tests.responders.slack.conftest import CHANNEL, clock, furnish
from tests.servers.slack import APP_TOKEN, BOT_TOKEN, SlackServer


@dataclass(frozen=True)
class Answer:
    done: bool
    text: str


@dataclass
class TinyDesk:
    """One case, decided by its state as the real desk decides, and shown by the bot at once."""

    bot: SlackBot
    policy: Policy = field(
        default_factory=lambda: Policy(approvers=frozenset({"U0EVA", "S0LEADS"}))
    )
    now: Card = field(default_factory=card)
    at: Shown | None = None
    taken: list[tuple[Decision, Person]] = field(default_factory=list)
    refusal: str = ""
    lock: Lock = field(default_factory=Lock)
    failing: Exception | None = None

    def card(self, case_id: CaseId) -> Card:
        if self.failing is not None:
            raise self.failing
        if case_id != self.now.case_id:
            raise KeyError(case_id)
        return self.now

    def read(self, case_id: CaseId, person: Person) -> tuple[Turn, ...]:
        card = self.card(case_id)
        if not self.policy.may_approve(person):
            raise NotAllowed("Only approvers may do this.")
        return (Turn(text=f"{card.post} <!channel>", at=NOW, ours=False, private=True),)

    def take(self, decision: Decision, person: Person) -> Answer:
        with self.lock:
            card = self.card(decision.case_id)
            if not self.policy.may_approve(person):
                return Answer(False, "Only approvers may do this.")
            if self.refusal:
                return Answer(False, self.refusal)
            if decision.draft_revision != card.draft_revision:
                return Answer(False, "The draft was changed meanwhile.")
            if decision.verb is Verb.SEND and card.state is not CaseState.OPEN:
                return Answer(False, f"Already sent by {self.taken[0][1].shown}.")
            self.taken.append((decision, person))
            self._change(decision, person)
            self.show()
            return Answer(True, f"{decision.verb.value}: done.")

    def _change(self, decision: Decision, person: Person) -> None:
        changes: dict[str, object] = {"revision": self.now.revision + 1}
        if decision.verb is Verb.SEND:
            changes |= {"state": CaseState.ANSWERED, "headline": f"Sent by {person.shown}"}
            changes["statuses"] = (status(ActionKind.PUBLIC, ActionState.SENT),)
        if decision.verb is Verb.EDIT:
            assert self.now.public is not None
            changes["draft_revision"] = self.now.draft_revision + 1
            changes["public"] = replace(self.now.public, text=decision.public)
        self.now = card(**{**vars(self.now), **changes})

    def show(self) -> str:
        self.at = self.bot.show(self.now, self.at)
        return self.at.ts


@dataclass
class Room:
    """Everything a click goes through."""

    slack: SlackServer
    desk: TinyDesk
    roster: "Doorman"
    listening: Listening

    def reset(self) -> None:
        self.slack.calm()
        furnish(self.slack)
        self.slack.forms.clear()
        self.slack.groups = {"S0LEADS": ["U0TOM"]}
        fresh = TinyDesk(self.desk.bot)
        self.desk.__dict__.update(vars(fresh))
        self.roster.failing = None

    def notes(self) -> list[str]:
        """What people were told in private, as "who: what"."""
        return [f"{note['user']}: {note['text']}" for note in self.slack.channels[CHANNEL].notes]

    def told(self, line: str) -> None:
        """Wait until somebody was told so."""
        self.slack.until(lambda: line in self.notes(), f"the note {line!r}")

    def shows(self, words: str) -> bool:
        """Whether the case's card says so, and nothing else was posted in the channel."""
        (message,) = self.slack.channels[CHANNEL].messages
        return words in str(message["blocks"])


class Doorman:
    """The real roster, which can be made to fail."""

    def __init__(self, roster: SlackRoster) -> None:
        self.roster = roster
        self.failing: ConnectorError | None = None

    def person(self, user_id: str) -> Person | None:
        if self.failing is not None:
            raise self.failing
        return self.roster.person(user_id)


@pytest.fixture(scope="module")
def house() -> Iterator[Room]:
    with SlackServer(scopes()) as slack:
        furnish(slack)
        client = make_client(BOT_TOKEN, slack.api_url, timeout=5)
        bot = SlackBot(client, CHANNEL, clock=clock)
        desk = TinyDesk(bot)
        people = SlackRoster(client, lambda: ["S0LEADS"], clock=clock, remembered=timedelta(0))
        roster = Doorman(people)
        app = make_app(client)
        listeners.register(app, desk, roster, voice=bot, clock=clock)
        listening = listen(app, APP_TOKEN, client, clock=clock)
        yield Room(slack, desk, roster, listening)
        listening.close()


@pytest.fixture
def room(house: Room) -> Room:
    house.reset()
    return house


def test_a_click_reaches_the_desk_and_the_card_edits_itself(room: Room) -> None:
    ts = room.desk.show()

    assert room.slack.click(ts, "amends.send", "U0EVA") == {}

    room.told("U0EVA: send: done.")
    ((decision, person),) = room.desk.taken
    assert (decision.verb, decision.case_id, decision.round) == (Verb.SEND, 42, 1)
    assert (person.id, person.name, person.shown) == ("U0EVA", "eva", "<@U0EVA>")
    assert room.shows("Sent by <@U0EVA>")
    assert room.slack.message(ts)["metadata"]["event_payload"]["revision"] == 8


def test_a_second_click_changes_nothing_and_says_so(room: Room) -> None:
    ts = room.desk.show()
    first = room.slack.press(ts, "amends.send", "U0EVA")
    again = room.slack.press(ts, "amends.send", "U0TOM")
    room.slack.push("interactive", first)
    room.told("U0EVA: send: done.")

    room.slack.push("interactive", again)

    room.told("U0TOM: Already sent by <@U0EVA>.")
    assert len(room.desk.taken) == 1


def test_an_envelope_that_slack_delivers_twice_is_harmless(room: Room) -> None:
    payload = room.slack.press(room.desk.show(), "amends.send", "U0EVA")
    room.slack.push("interactive", payload, envelope="same")
    room.told("U0EVA: send: done.")

    room.slack.push("interactive", payload, envelope="same")

    room.told("U0EVA: Already sent by <@U0EVA>.")
    assert len(room.desk.taken) == 1


def test_two_people_who_click_at_once_make_one_decision(room: Room) -> None:
    ts = room.desk.show()
    payloads = [room.slack.press(ts, "amends.send", user) for user in ("U0EVA", "U0TOM")]
    together = Barrier(2)

    def click(payload: dict[str, object]) -> None:
        together.wait()
        room.slack.push("interactive", payload)

    clicks = [Thread(target=click, args=(payload,)) for payload in payloads]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    room.slack.until(lambda: len(room.notes()) == 2, "both notes")
    assert len(room.desk.taken) == 1
    assert sorted(note.partition(": ")[2] for note in room.notes()) == sorted(
        ["send: done.", f"Already sent by {room.desk.taken[0][1].shown}."]
    )


def test_a_member_of_an_approving_group_may_decide(room: Room) -> None:
    room.slack.click(room.desk.show(), "amends.send", "U0TOM")

    room.told("U0TOM: send: done.")


def test_somebody_who_may_not_is_told_in_private(room: Room) -> None:
    room.slack.click(room.desk.show(), "amends.send", "U0SAM")

    room.told("U0SAM: Only approvers may do this.")
    assert room.desk.taken == []
    assert room.shows("Waits for you")


def test_an_account_that_was_deactivated_has_lost_its_rights(room: Room) -> None:
    ts = room.desk.show()
    room.slack.users["U0EVA"]["deleted"] = True

    room.slack.click(ts, "amends.send", "U0EVA")

    room.told(f"U0EVA: {listeners.NOBODY}")
    assert room.desk.taken == []


def test_nobody_decides_while_slack_does_not_say_who_clicked(room: Room) -> None:
    room.roster.failing = TryLater()

    room.slack.click(room.desk.show(), "amends.send", "U0EVA")

    room.told(f"U0EVA: {listeners.NOT_NOW}")
    assert room.desk.taken == []


def test_a_click_on_a_card_of_an_older_draft_is_refused(room: Room) -> None:
    payload = room.slack.press(room.desk.show(), "amends.send", "U0EVA")
    room.desk.now = card(draft_revision=3)

    room.slack.push("interactive", payload)

    room.told("U0EVA: The draft was changed meanwhile.")


def test_a_click_on_a_case_that_is_gone_is_told(room: Room) -> None:
    payload = room.slack.press(room.desk.show(), "amends.send", "U0EVA")
    room.desk.now = card(case_id=43)

    room.slack.push("interactive", payload)

    room.told(f"U0EVA: {listeners.GONE}")


def test_a_person_who_cannot_be_told_breaks_nothing(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    room.slack.channels[CHANNEL].members.remove("U0EVA")

    room.slack.click(room.desk.show(), "amends.send", "U0EVA")

    room.slack.until(lambda: "could not be told" in caplog.text, "the line in the log")
    assert len(room.desk.taken) == 1


def test_an_edit_saves_a_draft_and_sends_nothing(room: Room) -> None:
    room.slack.click(room.desk.show(), "amends.edit", "U0EVA")
    form = room.slack.form("U0EVA", "amends.edit")

    assert room.slack.submit(form, {"public": "Es tut uns leid."}) == {"response_action": "clear"}

    room.told("U0EVA: edit: done.")
    ((decision, _),) = room.desk.taken
    assert decision.verb is Verb.EDIT
    assert decision.public == "Es tut uns leid."
    assert decision.private == "Bitte senden Sie uns Ihre Bestellnummer."
    assert room.shows("Es tut uns leid.")
    assert not form.open


def test_the_guard_answers_inside_the_form_and_the_next_save_counts(room: Room) -> None:
    room.desk.now = gallery()["too long"]
    room.slack.click(room.desk.show(), "amends.edit", "U0EVA")
    form = room.slack.form("U0EVA", "amends.edit")

    answered = room.slack.submit(form, {"public": "Still too long."})

    assert answered["response_action"] == "update"
    words = str(answered["view"])
    assert "Saved, but it cannot be sent like this." in words
    assert "Cannot be sent: “420” Cut it to 280." in words
    assert answered["view"]["private_metadata"] != form.view["private_metadata"]
    room.slack.submit(room.slack.form("U0EVA", "amends.edit"), {"public": "Short."})
    assert [decision.public for decision, _ in room.desk.taken] == ["Still too long.", "Short."]


def test_an_override_asks_for_a_reason_and_takes_it_to_the_desk(room: Room) -> None:
    room.desk.now = gallery()["blocked"]
    room.slack.click(room.desk.show(), "amends.override", "U0EVA")
    form = room.slack.form("U0EVA", "amends.override")

    assert room.slack.submit(form, {"reason": " "}) == {
        "response_action": "errors",
        "errors": {"reason": "Say why: the card and the audit keep it."},
    }
    assert room.slack.submit(form, {"reason": "See ticket 77."}) == {"response_action": "clear"}

    room.told("U0EVA: override: done.")
    ((decision, person),) = room.desk.taken
    assert (decision.verb, decision.reason) == (Verb.OVERRIDE, "See ticket 77.")
    assert (decision.draft_revision, person.id) == (2, "U0EVA")


def test_an_override_by_somebody_else_is_refused_inside_the_form(room: Room) -> None:
    room.desk.now = gallery()["blocked"]
    room.desk.refusal = "Only the lead (<@U0LEA>) can override the guard."
    room.slack.click(room.desk.show(), "amends.override", "U0EVA")
    form = room.slack.form("U0EVA", "amends.override")

    answered = room.slack.submit(form, {"reason": "See ticket 77."})

    assert answered["errors"] == {"reason": "Only the lead (a colleague) can override the guard."}
    assert room.desk.taken == []


def test_a_case_that_goes_right_after_an_edit_closes_the_form(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.slack.click(room.desk.show(), "amends.edit", "U0EVA")
    form = room.slack.form("U0EVA", "amends.edit")

    def gone(_decision: Decision, _person: Person) -> Answer:
        room.desk.failing = KeyError(42)
        return Answer(True, "Saved.")

    monkeypatch.setattr(room.desk, "take", gone)

    assert room.slack.submit(form, {"public": "Sorry."}) == {"response_action": "clear"}


def test_a_refused_edit_is_told_inside_the_form(room: Room) -> None:
    room.slack.click(room.desk.show(), "amends.edit", "U0EVA")
    form = room.slack.form("U0EVA", "amends.edit")
    room.desk.refusal = "Already sent by Tom."

    answered = room.slack.submit(form, {"public": "Es tut uns leid."})

    assert answered == {"response_action": "errors", "errors": {"public": "Already sent by Tom."}}
    assert form.open
    assert room.notes() == []


def test_an_edit_that_races_an_approval_is_refused_inside_the_form(room: Room) -> None:
    ts = room.desk.show()
    room.slack.click(ts, "amends.edit", "U0EVA")
    form = room.slack.form("U0EVA", "amends.edit")
    room.desk.now = card(draft_revision=3)

    answered = room.slack.submit(form, {"public": "Es tut uns leid."})

    assert answered["errors"] == {"public": "The draft was changed meanwhile."}


def test_a_form_for_a_card_that_has_moved_on_is_not_offered(room: Room) -> None:
    payload = room.slack.press(room.desk.show(), "amends.edit", "U0EVA")
    room.desk.now = card(draft_revision=3)

    room.slack.push("interactive", payload)

    form = room.slack.form("U0EVA", "amends.note")
    room.slack.until(
        lambda: listeners.STALE in str(room.slack.form("U0EVA", "amends.note").view), "the note"
    )
    with pytest.raises(ValueError, match="cannot be submitted"):
        room.slack.submit(form)


def test_a_form_for_a_case_that_is_gone_is_not_offered(room: Room) -> None:
    payload = room.slack.press(room.desk.show(), "amends.edit", "U0EVA")
    room.desk.now = card(case_id=43)

    room.slack.push("interactive", payload)

    room.slack.until(
        lambda: any(listeners.GONE in str(form.view) for form in room.slack.forms.values()),
        "the note",
    )


def test_a_form_that_slack_opens_no_more_is_told(room: Room) -> None:
    payload = room.slack.press(room.desk.show(), "amends.edit", "U0EVA")

    room.slack.push("interactive", {**payload, "trigger_id": "trigger-late"})

    room.told(f"U0EVA: {listeners.NOT_NOW}")


def test_no_reply_asks_why(room: Room) -> None:
    room.slack.click(room.desk.show(), "amends.dismiss", "U0EVA")
    form = room.slack.form("U0EVA", "amends.dismiss")
    with pytest.raises(ValueError, match="choose one of the options"):
        room.slack.submit(form)

    room.slack.submit(form, {"reason": "not_angry", "note": "He is joking."})

    room.told("U0EVA: dismiss: done.")
    assert room.desk.taken[0][0].reason == "not_angry: He is joking."


BY_HAND = gallery()["by hand"].buttons


def test_an_answer_posted_by_hand_needs_its_link(room: Room) -> None:
    room.desk.now = card(buttons=BY_HAND)
    room.slack.click(room.desk.show(), "amends.posted.public", "U0EVA")
    form = room.slack.form("U0EVA", "amends.link")

    refused = room.slack.submit(form, {"link": "yes"})
    assert set(refused["errors"]) == {"link"}
    room.slack.submit(form, {"link": "https://x.com/acme/status/9"})

    room.told("U0EVA: posted: done.")
    decision, _ = room.desk.taken[0]
    assert (decision.link, decision.action) == ("https://x.com/acme/status/9", ActionKind.PUBLIC)


def test_opening_a_page_decides_nothing(room: Room) -> None:
    room.desk.now = card(buttons=BY_HAND)
    ts = room.desk.show()

    room.slack.click(ts, "amends.open.0", "U0EVA")
    room.slack.click(ts, "amends.menu.0", "U0EVA", option="Also")

    assert room.desk.taken == []
    assert room.notes() == []


def test_a_snooze_from_the_menu_asks_for_how_long(room: Room) -> None:
    room.slack.click(room.desk.show(), "amends.menu.0", "U0EVA", option="Snooze")

    room.slack.submit(room.slack.form("U0EVA", "amends.snooze"), {"hours": "24"})

    room.told("U0EVA: snooze: done.")
    assert room.desk.taken[0][0].until == NOW + timedelta(days=1)


def test_an_item_of_the_menu_that_must_be_confirmed_asks_in_a_form(room: Room) -> None:
    room.slack.click(room.desk.show(), "amends.menu.0", "U0EVA", option="Settled elsewhere")
    form = room.slack.form("U0EVA", "amends.confirm")
    assert "Close the case?" in str(form.view)
    assert room.desk.taken == []

    room.slack.submit(form)

    room.told("U0EVA: close: done.")


def test_a_refusal_of_a_form_without_fields_takes_its_place(room: Room) -> None:
    room.slack.click(room.desk.show(), "amends.menu.0", "U0EVA", option="Settled elsewhere")
    form = room.slack.form("U0EVA", "amends.confirm")
    room.desk.refusal = "Something may still be out."

    answered = room.slack.submit(form)

    assert answered["response_action"] == "update"
    assert "Something may still be out." in str(room.slack.forms[form.id].view)


def test_an_item_of_the_menu_that_needs_no_question_acts_at_once(room: Room) -> None:
    release = Button(verb=Verb.RELEASE, label="Release", in_menu=True)
    room.desk.now = card(buttons=(*BUTTONS, release))

    room.slack.click(room.desk.show(), "amends.menu.0", "U0EVA", option="Release")

    room.told("U0EVA: release: done.")


def test_taking_down_asks_why_and_then_once_more(room: Room) -> None:
    button = Button(
        verb=Verb.TAKE_DOWN, label="Take it down", action=ActionKind.PUBLIC, in_menu=True
    )
    room.desk.now = card(buttons=(button,))
    room.slack.click(room.desk.show(), "amends.menu.0", "U0EVA", option="Take it down")
    form = room.slack.form("U0EVA", "amends.reason")

    answered = room.slack.submit(form, {"reason": "Wrong person."})
    assert answered["response_action"] == "update"
    assert room.desk.taken == []
    room.slack.submit(room.slack.form("U0EVA", "amends.confirm"))

    room.told("U0EVA: take_down: done.")
    decision, _ = room.desk.taken[0]
    assert (decision.reason, decision.action) == ("Wrong person.", ActionKind.PUBLIC)


def test_a_form_for_a_case_that_went_meanwhile_says_so(room: Room) -> None:
    room.slack.click(room.desk.show(), "amends.dismiss", "U0EVA")
    form = room.slack.form("U0EVA", "amends.dismiss")
    room.desk.now = card(case_id=43)

    answered = room.slack.submit(form, {"reason": "spam"})

    assert answered["response_action"] == "update"
    assert listeners.GONE in str(answered["view"])


SECRET_WORDS = "what somebody wrote"


def unreadable(payload: dict[str, object]) -> dict[str, object]:
    actions = payload["actions"]
    assert isinstance(actions, list)
    return {**payload, "actions": [{**actions[0], "value": SECRET_WORDS}], "text": SECRET_WORDS}


def test_a_button_of_another_version_is_told_and_logged_without_its_content(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    payload = room.slack.press(room.desk.show(), "amends.send", "U0EVA")

    room.slack.push("interactive", unreadable(payload))

    room.told(f"U0EVA: {listeners.UNREADABLE}")
    assert "A click could not be read" in caplog.text
    assert SECRET_WORDS not in caplog.text


def test_a_click_by_nobody_is_logged_only(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    payload = room.slack.press(room.desk.show(), "amends.send", "U0EVA")

    room.slack.push("interactive", {**payload, "user": {"name": SECRET_WORDS}})

    room.slack.until(lambda: "without a user" in caplog.text, "the line in the log")
    assert SECRET_WORDS not in caplog.text
    assert room.notes() == []


def test_a_form_of_another_version_is_told(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    view = {"callback_id": "amends.edit", "private_metadata": SECRET_WORDS, "type": "modal"}
    payload = {"type": "view_submission", "user": {"id": "U0EVA"}, "view": view}

    answered = room.slack.push("interactive", payload)

    assert listeners.UNREADABLE in str(answered["view"])
    assert SECRET_WORDS not in caplog.text


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"type": "block_actions", "actions": [{"action_id": "other", "value": SECRET_WORDS}]},
         "block_actions"),
        ({"type": SECRET_WORDS, "message": {"text": SECRET_WORDS}}, "of another kind"),
    ],
)  # fmt: skip
def test_what_nobody_asked_for_is_acknowledged_and_logged_without_its_content(
    room: Room, caplog: pytest.LogCaptureFixture, payload: dict[str, object], kind: str
) -> None:
    user = {"id": "U0EVA", "team_id": "T0TEAM"}

    with caplog.at_level(logging.DEBUG):
        assert room.slack.push("interactive", {**payload, "user": user}) == {}

    assert f"Slack sent something that we do not handle: {kind}" in caplog.text
    assert SECRET_WORDS not in caplog.text


def test_an_error_of_ours_is_logged_without_its_content_and_told(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    payload = room.slack.press(room.desk.show(), "amends.send", "U0EVA")
    room.desk.failing = RuntimeError(SECRET_WORDS)

    room.slack.push("interactive", payload)

    room.told(f"U0EVA: {listeners.BROKEN}")
    assert "A click failed with RuntimeError" in caplog.text
    assert "in take" in caplog.text
    assert SECRET_WORDS not in caplog.text


def test_clicks_arrive_after_slack_asked_for_a_new_connection(room: Room) -> None:
    ts = room.desk.show()
    before = room.slack.hellos

    room.slack.renew_connections()
    room.slack.until(lambda: room.slack.hellos > before and room.slack.listeners == 1, "a new one")
    room.slack.click(ts, "amends.send", "U0EVA")

    room.told("U0EVA: send: done.")
    assert room.listening.connected


def test_a_click_is_acknowledged_while_all_hands_are_busy(room: Room) -> None:
    ts = room.desk.show()
    presses = [room.slack.press(ts, "amends.send", "U0EVA") for _ in range(20)]

    with room.desk.lock:  # nobody decides before it is free
        for press in presses:
            assert room.slack.push("interactive", press) == {}
        assert room.desk.taken == []

    room.slack.until(lambda: len(room.notes()) == 20, "all answers")
    assert len(room.desk.taken) == 1


READ = Button(verb=Verb.READ, label="Read it all")


def conversation(room: Room, user: str) -> str:
    """What the person sees of the conversation."""
    room.desk.now = card(buttons=(READ,))
    room.slack.click(room.desk.show(), "amends.read", user)
    room.slack.until(lambda: "One moment" not in str(forms_of(room, user)), "the form")
    return str(forms_of(room, user))


def forms_of(room: Room, user: str) -> list[object]:
    return [form.view for form in room.slack.forms.values() if form.user == user] or ["One moment"]


def test_an_approver_reads_private_messages_in_a_form_of_their_own(room: Room) -> None:
    seen = conversation(room, "U0EVA")

    assert "🔒 in private" in seen
    assert "Drei Wochen" in seen
    assert "<!channel>" not in seen
    assert "in private" not in str(room.slack.channels[CHANNEL].messages)


def test_nobody_else_reads_private_messages(room: Room) -> None:
    assert "Only approvers" in conversation(room, "U0SAM")


def test_an_account_that_is_not_active_reads_nothing(room: Room) -> None:
    room.slack.users["U0EVA"]["deleted"] = True

    assert listeners.NOBODY in conversation(room, "U0EVA")


def test_a_conversation_that_is_gone_is_told(room: Room) -> None:
    room.desk.now = card(buttons=(READ,))
    press = room.slack.press(room.desk.show(), "amends.read", "U0EVA")
    room.desk.now = card(case_id=43)

    room.slack.push("interactive", press)

    room.slack.until(lambda: listeners.GONE in str(forms_of(room, "U0EVA")), "the note")
