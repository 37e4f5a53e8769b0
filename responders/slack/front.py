"""App Home, the slash command and the message shortcut: what is asked of the whole."""

import logging
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from slack_bolt import Ack, Respond

from connectors.errors import ConnectorError
from responders.home import Office
from responders.policy import Person
from responders.slack import notices
from responders.slack.clicks import Payload, Unreadable, user_of
from responders.slack.socket_mode import SlackApp
from responders.slack.text import clean, staff

log = logging.getLogger(__name__)

COMMAND = "/amends"
SHORTCUT = "amends.make_case"

NOBODY = "Slack does not know you as an active member of this workspace, so nothing was done."
NOT_NOW = "Slack did not say who you are, so nothing was done. Please try again."
#: A link as Slack writes it into a message's text.
_LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>|(https?://[^\s<>]+)")


class Roster(Protocol):
    """Who people are."""

    def person(self, user_id: str) -> Person | None:
        """The person with their groups; None for nobody. Raises a ConnectorError."""


class Voice(Protocol):
    """Publishes a page; SlackBot is one."""

    def publish_home(self, user_id: str, view: dict[str, Any]) -> None:
        """Put the page in its place. Raises a ConnectorError."""


def register(app: SlackApp, office: Office, roster: Roster, *, voice: Voice) -> None:
    """Make the app answer to the command, the shortcut and whoever opens its page."""
    front = _Front(app, office, roster, voice)
    app.command(COMMAND)(front.commanded)
    app.shortcut(SHORTCUT)(front.shortcut)
    app.event("app_home_opened")(front.opened)


class _Front:
    """The front desk."""

    def __init__(self, app: SlackApp, office: Office, roster: Roster, voice: Voice) -> None:
        self._app = app
        self._office = office
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

    def _answer(self, respond: Respond, user: str, ask: Callable[[Person], str]) -> None:
        try:
            person = self._roster.person(user)
        except ConnectorError as error:
            log.warning("Who asked is not known: %s", error)
            respond(NOT_NOW)
            return
        answer = NOBODY if person is None else ask(person)
        respond("\n".join(staff(line) for line in answer.splitlines()) or "Done.")


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
