"""App Home, the slash command and the message shortcut: what is asked of the whole."""

import logging
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from slack_bolt import Ack, Respond

from connectors.errors import ConnectorError
from responders.ask import NotAllowed, Refusal, TooOld
from responders.case import MentionId
from responders.home import Office
from responders.policy import Person
from responders.ruling import BadRule, Rulebook
from responders.slack import notices, rules, views
from responders.slack.bot import OpenView
from responders.slack.clicks import Payload, Unreadable, user_of
from responders.slack.socket_mode import SlackApp
from responders.slack.text import clean, staff
from responders.verdict import LabelWord

log = logging.getLogger(__name__)

COMMAND = "/amends"
SHORTCUT = "amends.make_case"

NOBODY = "Slack does not know you as an active member of this workspace, so nothing was done."
STALE = "Somebody else changed this meanwhile. Look at the page again. Nothing was changed."
UNREADABLE = "This form belongs to another version of Amends. Nothing was changed."
NOT_NOW = "Slack did not say who you are, so nothing was done. Please try again."
#: A link as Slack writes it into a message's text.
_LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>|(https?://[^\s<>]+)")


class Roster(Protocol):
    """Who people are."""

    def person(self, user_id: str) -> Person | None:
        """The person with their groups; None for nobody. Raises a ConnectorError."""


class Voice(Protocol):
    """Publishes a page and opens forms; SlackBot is one. Each method raises a ConnectorError."""

    def publish_home(self, user_id: str, view: dict[str, Any]) -> None:
        """Put the page in its place."""

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> OpenView:
        """Open a form."""

    def change_view(self, at: OpenView, view: dict[str, Any]) -> None:
        """Put another form in its place."""


def register(
    app: SlackApp, office: Office, rulebook: Rulebook, roster: Roster, *, voice: Voice
) -> Callable[[str], None]:
    """Make the app answer to the command, the shortcut, its page and the forms of that.

    Returns:
        Draws a person's page anew, by their Slack user id.
    """
    front = _Front(app, office, rulebook, roster, voice)
    ours = re.compile(rf"^{re.escape(rules.PREFIX)}")
    app.command(COMMAND)(front.commanded)
    app.shortcut(SHORTCUT)(front.shortcut)
    app.event("app_home_opened")(front.opened)
    app.action(ours)(front.clicked)
    app.view(ours)(front.submitted)
    app.action(re.compile(rf"^{re.escape(notices.TEACH)}"))(front.taught)
    return front.publish


class _Front:
    """The front desk."""

    def __init__(
        self, app: SlackApp, office: Office, rulebook: Rulebook, roster: Roster, voice: Voice
    ) -> None:
        self._app = app
        self._office = office
        self._rulebook = rulebook
        self._roster = roster
        self._voice = voice

    def commanded(self, ack: Ack, body: Payload, respond: Respond) -> None:
        """`/amends words`."""
        ack()
        words, user = clean(str(body.get("text", ""))), str(body.get("user_id", ""))

        def do() -> None:
            self._answer(respond, user, lambda person: self._office.command(words, person))

        self._app.after(do, body)

    def shortcut(self, ack: Ack, body: Payload, respond: Respond) -> None:
        """A message of a colleague that quotes or links a post becomes a case."""
        ack()
        message = body.get("message")
        text = str(message.get("text", "")) if isinstance(message, Mapping) else ""
        url, words = split_link(text)
        try:
            user = user_of(body)
        except Unreadable:
            return

        def do() -> None:
            self._answer(respond, user, lambda person: self._office.make_case(url, words, person))

        self._app.after(do, body)

    def opened(self, event: Payload, body: Payload) -> None:
        """Somebody looks at the page."""
        if event.get("tab") == "home":
            self._app.after(partial(self.publish, str(event.get("user", ""))), body)

    def publish(self, user: str) -> None:
        """Put the person's page in its place, as things are now."""
        try:
            person = self._roster.person(user)
            if person is not None:
                view = {"type": "home", "blocks": notices.home(self._office.home(person))}
                self._voice.publish_home(user, view)
        except ConnectorError as error:
            log.warning("The page of a person could not be shown: %s", error)

    def taught(self, ack: Ack, body: Payload) -> None:
        """A word on a post that the judge was unsure of; the page is drawn without it."""
        ack()
        self._app.after(partial(self._teach, body), body)

    def _teach(self, body: Payload) -> None:
        try:
            user, (mention_id, word) = user_of(body), _word(body)
            person = self._roster.person(user)
            if person is not None:
                told = self._office.say(mention_id, word, person)
                log.info("A word on post %s: %s", mention_id, told)
        except (ConnectorError, Unreadable) as error:
            log.warning("A word on a post could not be taken: %s", error)
            return
        self.publish(user)

    # -- the lead's rules ----------------------------------------------------------------------

    def clicked(self, ack: Ack, body: Payload) -> None:
        """A button beside one of the rules."""
        ack()
        self._app.after(partial(self._change, body), body)

    def _change(self, body: Payload) -> None:
        """First an empty form, since Slack waits three seconds, then what belongs in it."""
        try:
            opened = self._voice.open_view(str(body.get("trigger_id", "")), views.wait_view())
            user, wish = user_of(body), rules.read_click(body)
            self._voice.change_view(opened, self._wanted(wish, user))
        except (ConnectorError, Unreadable) as error:
            log.warning("A form of the rules could not be shown: %s", error)
            return
        if wish.back:
            self.publish(user)

    def _wanted(self, wish: rules.Wish, user: str) -> dict[str, Any]:
        """The form, or what came of a button that needs none, or why there is neither."""
        person = self._roster.person(user)
        if person is None:
            return views.note_view(NOBODY)
        try:
            if wish.back:
                told = self._rulebook.rule(wish.subject, None, person, wish.seen)
                return views.note_view(told)
            sheet = self._rulebook.sheet(person)
        except Refusal as refusal:
            return views.note_view(str(refusal))
        if sheet.seen != wish.seen:
            return views.note_view(STALE)
        return rules.form(wish, sheet)

    def submitted(self, ack: Ack, body: Payload) -> None:
        """A form of the rules: its errors stand at its fields, so that nothing typed is lost."""
        try:
            filled = rules.read_form(body)
            self._rule(filled)
        except Unreadable as error:
            log.warning("A form of the rules could not be read: %s", error)
            ack(response_action="update", view=views.note_view(UNREADABLE))
        except BadRule as bad:
            told = views.error_text(str(bad))
            ack(response_action="errors", errors={_field(bad, filled): told})
        except (Refusal, ConnectorError) as error:
            log.info("A rule was not changed: %s", error)
            text = NOT_NOW if isinstance(error, ConnectorError) else str(error)
            ack(response_action="update", view=views.note_view(text))
        else:
            ack(response_action="clear")
            self._app.after(partial(self.publish, filled.user_id), body)

    def _rule(self, filled: rules.Filled) -> None:
        person = self._roster.person(filled.user_id)
        if person is None:
            raise NotAllowed(NOBODY)
        sheet = self._rulebook.sheet(person)
        if sheet.seen != filled.wish.seen:
            raise TooOld(STALE)
        subject = filled.wish.subject
        self._rulebook.rule(subject, rules.rule(filled, sheet), person, filled.wish.seen)

    def _answer(self, respond: Respond, user: str, ask: Callable[[Person], str]) -> None:
        try:
            person = self._roster.person(user)
        except ConnectorError as error:
            log.warning("Who asked is not known: %s", error)
            respond(NOT_NOW)
            return
        answer = NOBODY if person is None else ask(person)
        respond("\n".join(staff(line) for line in answer.splitlines()) or "Done.")


def _field(bad: BadRule, filled: rules.Filled) -> str:
    return bad.field if bad.field in filled.fields else filled.fields[0]


def split_link(text: str) -> tuple[str, str]:
    """The first web address of a Slack message, and the words around it."""
    found = _LINK.search(text)
    if found is None:
        return "", unescape(text)
    return unescape(found[1] or found[2]), unescape(_LINK.sub(" ", text))


def unescape(text: str) -> str:
    """What the person typed: Slack writes & < > as entities."""
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return " ".join(clean(text).split())


def _word(body: Payload) -> tuple[MentionId, LabelWord]:
    """Which post, and what was said of it.

    Raises:
        Unreadable: it is none of our buttons, or of another version.
    """
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and len(actions) == 1 else None
    if not isinstance(action, Mapping):
        raise Unreadable("a payload without exactly one action")
    word, number = str(action.get("action_id", "")), str(action.get("value", ""))
    try:
        return MentionId(int(number)), LabelWord(word.removeprefix(notices.TEACH))
    except ValueError as error:
        raise Unreadable("a word that this version does not understand") from error
