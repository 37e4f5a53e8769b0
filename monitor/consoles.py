"""Gives the console what it shows: the cards in their order, and what was sent."""

import getpass
import os
from collections.abc import Sequence
from contextlib import suppress

from connectors.errors import SetupError
from monitor.config import Settings
from monitor.jobs import House
from monitor.teaching import Teaching
from responders.action import ActionKind
from responders.card import Card
from responders.case import CaseState
from responders.console.access import Access
from responders.console.app import SentLine, make_app
from responders.console.serve import Running, serve

#: Waiting first, then what is under way, then what is done, newest first.
ORDER = (
    ({CaseState.OPEN, CaseState.NEEDS_HUMAN}, False),
    ({CaseState.APPROVED}, False),
    ({CaseState.ANSWERED, CaseState.DISMISSED}, True),
)


def access(settings: Settings) -> Access:
    """The rules of [console]; without named users whoever has the printed address comes in.

    Raises:
        SetupError: the rules would lock everybody out or let anybody in.
    """
    table = settings.file.console
    users = dict(table.users)
    made = Access(
        users=users,
        token="" if users else Access.by_link().token,
        visitor=visitor(),
        hosts=table.allowed_hosts,
        certificate=settings.folder / table.tls_cert if table.tls_cert else None,
        key=settings.folder / table.tls_key if table.tls_key else None,
        proxy=table.trusted_proxy,
    )
    made.check_address(table.host)
    return made


def visitor() -> str:
    """Whose name the decisions bear where the console has no named users: the login name here.

    A container may know no name for its user.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user-{os.getuid()}"


def open_console(settings: Settings, house: House) -> Running:
    """Let the console of `amends run` listen."""
    table = settings.file.console
    return _open(house, access(settings), table.host, table.port)


def open_demo(house: House, port: int) -> Running:
    """Let the demo's console listen on this machine, for whoever has the printed address."""
    return _open(house, Access.by_link("you"), "127.0.0.1", port)


def _open(house: House, rules: Access, host: str, port: int) -> Running:
    app = make_app(house.desk, Shelf(house), Outbox(house), rules, house.clock, Teaching(house))
    return serve(app, host, port)


class Shelf:
    """Where the cards lie."""

    def __init__(self, house: House) -> None:
        self._house = house

    def cards(self, limit: int) -> Sequence[Card]:
        """The cards in the order to be shown, at most so many."""
        cards: list[Card] = []
        for states, newest in ORDER:
            for case_id in self._house.store.cases.list(states, limit - len(cards), newest=newest):
                with suppress(KeyError):  # erased since it was listed
                    cards.append(self._house.desk.card(case_id))
        return cards


class Outbox:
    """What was sent and where."""

    def __init__(self, house: House) -> None:
        self._house = house

    def sent(self, limit: int) -> Sequence[SentLine]:
        """The newest lines first."""
        return [
            SentLine(
                when=sent.at or self._house.clock(),
                platform=sent.platform,
                account=self._account(sent.platform),
                kind=sent.kind,
                to=sent.handle,
                text=sent.text if sent.kind is not ActionKind.CREDIT else "a store credit",
                url=sent.url,
            )
            for sent in self._house.store.actions.sent(limit)
        ]

    def _account(self, platform: str) -> str:
        try:
            return self._house.connector(platform).account
        except SetupError:  # switched off since
            return ""
