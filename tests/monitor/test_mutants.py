"""Each rule that keeps sending at once is missed when it is gone: the proof of the proof.

The database's own keys are tried here, with the guards before them taken away; the other mutants
stand beside the tests that catch them, and `CAUGHT` keeps the list together.
"""

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from sqlalchemy import text

from monitor.store import Store
from monitor.store.engine import Database
from responders.action import ActionKind
from responders.approve import decide
from responders.card import Verb
from responders.case import Case
from tests.acceptance import test_kill
from tests.monitor.posts import NOW, by, case, change, post
from tests.responders import given, test_simulation, test_takeover
from tests.responders.given import DRAFT

CAUGHT: dict[str, Callable[..., object]] = {
    "an orphan is sent again": test_simulation.test_resending_an_orphan_is_caught,
    "no time to settle": test_simulation.test_no_time_to_settle_is_caught,
    "5xx taken for not applied": (
        test_simulation.test_taking_a_server_error_for_not_applied_is_caught
    ),
    "the flag before the call": test_simulation.test_the_flag_set_before_the_call_is_caught,
    "reading back is broken": test_simulation.test_a_broken_way_to_read_back_is_caught,
    "no sender lock": test_kill.test_without_the_lock_a_stopped_sender_is_caught_repeating,
    "the fence is ignored": test_takeover.test_a_fence_that_is_ignored_is_caught,
    "no guard against a second click": (
        test_takeover.test_a_missing_guard_against_a_second_click_is_caught
    ),
}


def test_every_mutant_has_a_test_that_catches_it() -> None:
    assert len(CAUGHT) == 8
    assert all("caught" in test.__name__ for test in CAUGHT.values())


# -- no unique key ------------------------------------------------------------------------------


def drop_key(url: str, name: str) -> None:
    """Take a unique key out of the table of actions."""
    with closing(Database(url, foreign_keys=False)) as database, database.write() as connection:
        if not database.sqlite:
            connection.execute(text(f"ALTER TABLE action DROP CONSTRAINT {name}"))
            return
        made = connection.execute(
            text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'action'")
        ).scalar_one()
        bare = re.sub(rf",?\s*CONSTRAINT {name} UNIQUE \([^)]*\)", "", str(made))
        assert bare != made
        connection.execute(text("DROP TABLE action"))  # nothing was approved yet
        connection.execute(text(bare))


def approve(store: Store, seen: Case, key: str) -> bool:
    """Approve the case as it was seen, past the guard of its revision; whether it was taken."""
    change = decide(
        seen,
        given.click(Verb.SEND, seen),
        given.EVA,
        policy=given.POLICY,
        ability=given.BOTH,
        review=given.unchanged,
        now=NOW,
        new_key=given.keys(key),
    )
    present = store.cases.get(seen.id).revision
    unguarded = replace(change, before=replace(change.before, revision=present))
    try:
        return store.cases.save(unguarded, NOW)
    except ValueError:
        return False


def approvals(url: str, *keys: str) -> tuple[list[bool], list[ActionKind]]:
    """Who reads one card and approves it, one after the other; what is to be sent then."""
    with Store.open(url) as store:
        opened = change(store, case(store, post(1)), draft=replace(DRAFT, credit=None))
        taken = [approve(store, opened, key) for key in keys]
        return taken, [action.kind for action in store.cases.get(opened.id).actions]


BOTH = [ActionKind.PUBLIC, ActionKind.PRIVATE]


def test_of_two_approvals_of_one_card_the_database_takes_one(url: str) -> None:
    assert approvals(url, "eva", "jan") == ([True, False], BOTH)


def test_no_unique_key_of_case_round_and_kind_is_caught(url: str) -> None:
    drop_key(url, "uq_action_case_id_round_kind")

    assert approvals(url, "eva", "jan") == ([True, True], [*BOTH, *BOTH])


def test_one_key_names_one_action_for_the_platform(url: str) -> None:
    assert keyed(url) == [True, False]


def test_no_unique_key_of_the_platforms_keys_is_caught(url: str) -> None:
    drop_key(url, "uq_action_key")

    assert keyed(url) == [True, True]


def keyed(url: str) -> list[bool]:
    """Two customers' answers under one key of ours; whether the database takes them."""
    with Store.open(url) as store:
        cases = [
            change(store, case(store, post(n, author=by(f"kim{n}"))), draft=DRAFT) for n in (1, 2)
        ]
        return [approve(store, opened, "same") for opened in cases]
