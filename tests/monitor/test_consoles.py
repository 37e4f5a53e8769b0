"""What the console is given: who may come in, the cards in their order, and what was sent."""

import getpass
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectors.errors import SetupError
from monitor import consoles
from monitor.consoles import Outbox, Shelf
from monitor.jobs import Jobs
from monitor.store import Store
from responders.action import ActionKind, ActionState
from responders.card import Card
from responders.case import CaseId, CaseState
from responders.console.passwords import hash_password
from responders.console.serve import Running
from tests.databases import SqliteFiles
from tests.monitor.house import (
    FakeSlack,
    Platform,
    Time,
    complaint,
    house,
    open_store,
    send,
    settings,
)
from tests.monitor.posts import ANGRY, BRAND, NOW, action, case, change, post


@pytest.fixture
def store(sqlite_files: SqliteFiles) -> Iterator[Store]:
    with open_store(sqlite_files.fresh()) as opened:
        yield opened


@contextmanager
def listening(running: Running) -> Iterator[HTTPConnection]:
    """A browser at a console, which stops at the end."""
    try:
        with closing(HTTPConnection("127.0.0.1", running.port, timeout=10)) as browser:
            yield browser
    finally:
        running.stop()


# Who may come in


def test_without_named_users_whoever_has_the_address_comes_in(tmp_path: Path) -> None:
    rules = consoles.access(settings(tmp_path))

    assert rules.token
    assert rules.users == {}
    assert rules.visitor == getpass.getuser()


def test_with_named_users_no_address_opens_it(tmp_path: Path) -> None:
    users = {"eva": hash_password("correct horse battery")}

    rules = consoles.access(settings(tmp_path, console={"users": users}))

    assert rules.token == ""
    assert rules.users == users


def test_certificates_lie_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").touch()
    (tmp_path / "key.pem").touch()
    console = {"tls_cert": "cert.pem", "tls_key": "key.pem"}

    rules = consoles.access(settings(tmp_path, console=console))

    assert (rules.certificate, rules.key) == (tmp_path / "cert.pem", tmp_path / "key.pem")


def test_another_address_than_this_machines_needs_more(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"the console listens on 127\.0\.0\.1 only"):
        consoles.access(settings(tmp_path, console={"host": "0.0.0.0"}))


@pytest.mark.parametrize("error", [KeyError("no such user"), OSError("no such user")])
def test_a_user_without_a_name_has_a_number(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)

    assert consoles.visitor() == f"user-{os.getuid()}"


def test_the_consoles_listen_where_the_settings_say(store: Store, tmp_path: Path) -> None:
    made = house(store, tmp_path, Time(), Platform())
    rules = settings(tmp_path, console={"enabled": True, "port": 0})

    with listening(consoles.open_console(rules, made)) as browser:
        browser.request("GET", "/")
        assert browser.getresponse().status in {303, 401, 403}


def test_the_demos_console_shows_what_came_in(store: Store, tmp_path: Path) -> None:
    made = house(store, tmp_path, Time(), Platform())
    store.mentions.ingest(BRAND, "x", [(complaint(1, text="My kettle leaks"), ANGRY)], None, NOW)
    Jobs(made).prepare()
    running = consoles.open_demo(made, 0)

    with listening(running) as browser:
        address = urlsplit(running.url)
        browser.request("GET", f"{address.path}?{address.query}")
        welcome = browser.getresponse()
        welcome.read()
        cookie = str(welcome.headers["Set-Cookie"]).partition(";")[0]
        browser.request("GET", "/", headers={"Cookie": cookie})
        page = browser.getresponse().read().decode()

    assert "My kettle leaks" in page


# The cards


def stand(store: Store, number: int, state: CaseState) -> CaseId:
    """A case in a state."""
    mention = complaint(number, f"person{number}")
    opened = case(store, mention)
    if state is CaseState.ANSWERED:
        opened = change(store, opened, state=CaseState.APPROVED)
    return change(store, opened, state=state).id


def test_what_waits_comes_first_then_what_is_under_way_then_what_is_done(
    store: Store, tmp_path: Path
) -> None:
    made = house(store, tmp_path, Time(), Platform())
    done, dismissed, under_way, waits, flagged = (
        stand(store, number, state)
        for number, state in enumerate(
            (
                CaseState.ANSWERED,
                CaseState.DISMISSED,
                CaseState.APPROVED,
                CaseState.OPEN,
                CaseState.NEEDS_HUMAN,
            )
        )
    )

    cards = Shelf(made).cards(10)

    assert [card.case_id for card in cards] == [waits, flagged, under_way, dismissed, done]
    assert [card.case_id for card in Shelf(made).cards(2)] == [waits, flagged]
    assert Shelf(made).cards(0) == []


def test_a_case_that_went_away_since_it_was_listed_is_left_out(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = house(store, tmp_path, Time(), Platform())
    gone, kept = (stand(store, number, CaseState.OPEN) for number in (1, 2))
    draw = made.desk.card

    def card(case_id: CaseId) -> Card:
        if case_id == gone:
            raise KeyError("there is no such case")
        return draw(case_id)

    monkeypatch.setattr(made.desk, "card", card)

    assert [card.case_id for card in Shelf(made).cards(10)] == [kept]


# What was sent


def test_what_was_sent_is_told_newest_first(store: Store, tmp_path: Path) -> None:
    made = house(store, tmp_path, Time(), Platform(), surface=FakeSlack())
    jobs = Jobs(made)
    store.mentions.ingest(BRAND, "x", [(complaint(1), ANGRY)], None, NOW)
    jobs.prepare()
    send(made, store.cases.get(CaseId(1)))
    while jobs.sweep():
        pass

    private, public = Outbox(made).sent(10)

    assert (public.kind, private.kind) == (ActionKind.PUBLIC, ActionKind.PRIVATE)
    assert {(line.platform, line.account, line.to, line.when) for line in (private, public)} == {
        ("reddit", "acme", "bob", NOW)
    }
    assert public.text
    assert [line.kind for line in Outbox(made).sent(1)] == [ActionKind.PRIVATE]


def test_a_credits_code_is_never_told(store: Store, tmp_path: Path) -> None:
    made = house(store, tmp_path, Time(), Platform(platform="twitter"))
    sent(store, action(ActionKind.CREDIT, text="CODE-1234"))

    (line,) = Outbox(made).sent(10)

    assert line.text == "a store credit"


def test_what_was_sent_on_a_platform_that_is_switched_off_is_still_told(
    store: Store, tmp_path: Path
) -> None:
    made = house(store, tmp_path, Time(), Platform(platform="reddit"))
    sent(store, action())

    (line,) = Outbox(made).sent(10)

    assert (line.platform, line.account) == ("twitter", "")


def sent(store: Store, made: object) -> None:
    """An action that went out, without a time of the platform's."""
    approved = case(store, post(1), state=CaseState.APPROVED, actions=(made,))
    (claimed,) = change(
        store,
        approved,
        actions=(replace(approved.actions[0], state=ActionState.SENDING, fence=1, attempt=1),),
    ).actions
    now = store.cases.get(approved.id)
    change(store, now, actions=(replace(claimed, state=ActionState.SENT),))
