"""What happens on a click: acknowledge, decide, tell the person. Nothing here posts in public.

A click writes through the desk and ends there; the card is edited by the job that shows cards.
The desk decides by the state of the case, so a click that Slack delivers twice, or that two people
make at once, changes it once.
"""

import logging
import re
from collections.abc import Callable
from functools import partial
from traceback import format_tb
from typing import Any, Protocol

from slack_bolt import Ack, BoltResponse
from slack_bolt.error import BoltUnhandledRequestError

from connectors.errors import ConnectorError
from responders.ask import Refusal
from responders.card import Card, Decision, Turn, Verb
from responders.case import CaseId
from responders.draft import Severity
from responders.policy import Person
from responders.slack import views
from responders.slack.bot import OpenView
from responders.slack.clicks import (
    PREFIX,
    BadField,
    Click,
    Form,
    Payload,
    Ref,
    Unreadable,
    bare_decision,
    decision,
    read_click,
    read_form,
    user_of,
)
from responders.slack.client import Clock
from responders.slack.socket_mode import SlackApp

log = logging.getLogger(__name__)

NOBODY = "Slack does not know you as an active member of this workspace, so nothing was done."
GONE = "This case is not there any more."
STALE = "The case has moved on since you opened this. Look at the card and try again."
NOT_NOW = "Slack did not answer us, so nothing was done. Please click again."
UNREADABLE = "This button belongs to another version of Amends. Nothing was done."
BROKEN = "Something went wrong on our side. Look at the card before you click again."


#: What was said in public is touched: a reason, and a second question.
_ASKED_TWICE = frozenset({Verb.TAKE_DOWN, Verb.CORRECT})


class Answer(Protocol):
    """What came of a decision."""

    @property
    def done(self) -> bool:
        """Whether it was carried out."""

    @property
    def text(self) -> str:
        """One sentence for the person who decided; "" where the card says it all."""


class Desk(Protocol):
    """Where decisions are taken; the same for every surface."""

    def take(self, decision: Decision, person: Person) -> Answer:
        """Carry out a decision, or say why not.

        Raises:
            KeyError: there is no such case.
        """

    def card(self, case_id: CaseId) -> Card:
        """The case as it is now.

        Raises:
            KeyError: there is no such case.
        """

    def read(self, case_id: CaseId, person: Person) -> tuple[Turn, ...]:
        """The whole conversation, for those who may.

        Raises:
            KeyError: there is no such case.
            Refusal: the person may not.
        """


class Roster(Protocol):
    """Who people are."""

    def person(self, user_id: str) -> Person | None:
        """The person with their groups; None for nobody. Raises a ConnectorError."""


class Voice(Protocol):
    """How a person is answered; SlackBot is one."""

    def tell(self, person_id: str, text: str, channel: str = "") -> None:
        """A private note."""

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> OpenView:
        """Open a form."""

    def change_view(self, at: OpenView, view: dict[str, Any]) -> None:
        """Put another form in its place."""


def register(
    app: SlackApp,
    desk: Desk,
    roster: Roster,
    *,
    voice: Voice,
    clock: Clock,
    page: Callable[[str], None] = lambda _user: None,
) -> None:
    """Make the app answer to every button and form of a case.

    Args:
        app: From `make_app`.
        desk: Where decisions are taken.
        roster: Who people are.
        voice: How they are answered.
        clock: The present moment.
        page: Draws a person's page anew, where they clicked on it.
    """
    counter = _Counter(app, desk, roster, voice, clock, page)
    ours = re.compile(rf"^{re.escape(PREFIX)}")
    app.action(ours)(counter.clicked)
    app.view(ours)(counter.submitted)
    app.error(counter.failed)
    app.trouble = counter.failed


class _Counter:
    """Where people come with their clicks."""

    def __init__(
        self,
        app: SlackApp,
        desk: Desk,
        roster: Roster,
        voice: Voice,
        clock: Clock,
        page: Callable[[str], None],
    ) -> None:
        self._app = app
        self._desk = desk
        self._roster = roster
        self._voice = voice
        self._clock = clock
        self._page = page

    def clicked(self, ack: Ack, body: Payload) -> None:
        """A button or a menu item: acknowledged at once, decided by the next free hand."""
        ack()
        self._app.after(partial(self._decide, body), body)

    def _decide(self, body: Payload) -> None:
        try:
            click = read_click(body)
        except Unreadable as error:
            log.warning("A click could not be read: %s", error)
            self._tell(_anybody(body), UNREADABLE)
            return
        if click is None:  # a button that opened a page
            return
        try:
            if click.ref.verb is Verb.READ:
                self._read(click)
            elif click.ref.verb in views.FORMS:
                self._open(click)
            elif click.from_menu and (question := self._question(click.ref)):
                self._voice.open_view(click.trigger_id, views.confirm_view(click.ref, question))
            else:
                _, text = self._take(bare_decision(click.ref), click.user_id)
                self._tell(click.user_id, text, click.channel)
        except KeyError:
            self._tell(click.user_id, GONE, click.channel)
        except ConnectorError as error:
            log.warning("A form could not be opened: %s", error)
            self._tell(click.user_id, NOT_NOW, click.channel)
        if click.on_page:
            self._page(click.user_id)

    def _open(self, click: Click) -> None:
        """A form: first an empty one, since Slack waits three seconds, then what belongs in it."""
        opened = self._voice.open_view(click.trigger_id, views.wait_view())
        try:
            card = self._desk.card(click.ref.case_id)
        except KeyError:
            self._voice.change_view(opened, views.note_view(GONE))
            return
        if click.ref.seen(card):
            view = views.FORMS[click.ref.verb](card, click.ref.kind)
        else:
            view = views.note_view(STALE)
        self._voice.change_view(opened, view)

    def _read(self, click: Click) -> None:
        """The conversation, in a form that only this person sees."""
        opened = self._voice.open_view(click.trigger_id, views.wait_view())
        person = self._roster.person(click.user_id)
        try:
            if person is None:
                view = views.note_view(NOBODY)
            else:
                turns = self._desk.read(click.ref.case_id, person)
                view = views.conversation_view(self._desk.card(click.ref.case_id), turns)
        except KeyError:
            view = views.note_view(GONE)
        except Refusal as refusal:
            view = views.note_view(str(refusal))
        self._voice.change_view(opened, view)

    def _question(self, ref: Ref) -> str:
        """What the card asks before this; a menu cannot ask by itself."""
        buttons = self._desk.card(ref.case_id).buttons
        questions = (b.confirm for b in buttons if (b.verb, b.action) == (ref.verb, ref.kind))
        return next(questions, "")

    def submitted(self, ack: Ack, body: Payload) -> None:
        """A form."""
        try:
            form = read_form(body)
            if form.ref.verb in _ASKED_TWICE and not form.callback.endswith("confirm"):
                ack(response_action="update", view=_second_question(form))
                return
            done, text = self._take(decision(form, self._clock()), form.user_id)
        except Unreadable as error:
            log.warning("A form could not be read: %s", error)
            ack(response_action="update", view=views.note_view(UNREADABLE))
        except BadField as error:
            ack(response_action="errors", errors={error.block: str(error)})
        except KeyError:
            ack(response_action="update", view=views.note_view(GONE))
        else:
            again = self._cannot_be_sent(form.ref) if done else None
            if again is not None:
                ack(response_action="update", view=again)
            elif done:
                ack(response_action="clear")
                self._tell(form.user_id, text)
            else:
                _refuse(ack, form, text)

    def _cannot_be_sent(self, ref: Ref) -> views.JSON | None:
        """The form once more, with the guard's answer, where a saved text cannot be sent."""
        if ref.verb is not Verb.EDIT:
            return None
        try:
            card = self._desk.card(ref.case_id)
        except KeyError:
            return None
        parts = (part for part in (card.public, card.private) if part is not None)
        blocked = any(f.severity is Severity.BLOCK for part in parts for f in part.findings)
        return views.edit_view(card, saved=True) if blocked else None

    def _take(self, decided: Decision, user_id: str) -> tuple[bool, str]:
        try:
            person = self._roster.person(user_id)
        except ConnectorError as error:
            log.warning("Who clicked is not known: %s", error)
            return False, NOT_NOW
        if person is None:
            return False, NOBODY
        answer = self._desk.take(decided, person)
        return answer.done, answer.text

    def _tell(self, user_id: str, text: str, channel: str = "") -> None:
        if not user_id or not text:
            return
        try:
            self._voice.tell(user_id, text, channel)
        except ConnectorError as error:
            log.warning("A person could not be told what came of a click: %s", error)

    def failed(self, error: Exception, body: Payload) -> BoltResponse:
        """An error of ours, or a payload that nobody asked for. Logged without any content."""
        if isinstance(error, BoltUnhandledRequestError):
            log.warning("Slack sent something that we do not handle: %s", _kind(body))
            return BoltResponse(status=200)
        trace = "".join(format_tb(error.__traceback__))
        log.error("A click failed with %s:\n%s", type(error).__name__, trace)
        self._tell(_anybody(body), BROKEN)
        return BoltResponse(status=500)


def _second_question(form: Form) -> views.JSON:
    question = "What was published is deleted there. People may have seen it. Go on?"
    return views.confirm_view(form.ref, question, form.values.get("reason", ""))


def _refuse(ack: Ack, form: Form, text: str) -> None:
    """Inside the form: at its first field, so that nothing typed is lost, or instead of it."""
    if form.first_field:
        ack(response_action="errors", errors={form.first_field: views.error_text(text)})
    else:
        ack(response_action="update", view=views.note_view(text))


def _anybody(body: Payload) -> str:
    try:
        return user_of(body)
    except Unreadable:
        return ""


def _kind(body: Payload) -> str:
    """The kind of a payload, one of a few words; never anything that somebody wrote."""
    kind = body.get("type")
    known = {"block_actions", "view_submission", "view_closed", "event_callback", "shortcut"}
    return str(kind) if kind in known else "of another kind"
