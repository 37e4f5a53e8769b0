"""What a person posted by hand: from our account, from another, or not there at all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Ability, Receipt
from responders import byhand
from responders.action import Action, ActionKind, ActionState
from responders.approve import decide
from responders.card import Verb
from responders.cards import make_card
from responders.case import Case, CaseState, Change
from tests.responders import given
from tests.responders.given import CASE, EVA, NOW, POLICY, PRIVATE, PUBLIC, click

ABLE = Ability(public=given.BY_HAND, private=given.BY_HAND)


def waiting(kind: ActionKind = ActionKind.PUBLIC, *, round: int = 1) -> Case:
    action = Action(
        kind=kind,
        round=round,
        key="k",
        state=ActionState.BY_HAND,
        text=PUBLIC if kind is ActionKind.PUBLIC else PRIVATE,
        approved_by=EVA.shown,
    )
    return replace(CASE, state=CaseState.APPROVED, decided_by=EVA.shown, actions=(action,))


def posted(case: Case, link: str = "", kind: ActionKind = ActionKind.PUBLIC) -> Change:
    return decide(
        case,
        click(Verb.POSTED, case, kind, link=link),
        EVA,
        policy=POLICY,
        ability=ABLE,
        review=given.unchanged,
        now=NOW,
        new_key=given.keys(),
    )


def told(case: Case) -> str:
    (status,) = make_card(case, ability=ABLE, policy=POLICY, now=NOW).statuses
    return status.line


@pytest.mark.parametrize(
    ("platform", "url", "who"),
    [
        ("twitter", "https://x.com/Acme/status/9?s=20", "Acme"),
        ("twitter", "https://x.com/i/status/9", ""),
        ("twitter", "https://x.com/acme", ""),
        ("bluesky", "https://bsky.app/profile/acme.example/post/3k2a", "acme.example"),
        ("mastodon", "https://m.example/@acme/1154", "acme"),
        ("mastodon", "https://m.example/@acme@other.example/1154", "acme@other.example"),
        ("reddit", "https://reddit.com/r/a/comments/1/x/2", ""),
    ],
)
def test_an_address_names_its_author_where_the_platform_does_so(
    platform: str, url: str, who: str
) -> None:
    assert byhand.author_of(platform, url) == who


def test_a_link_of_our_account_leaves_no_doubt() -> None:
    change = posted(waiting(), "https://x.com/ACME/status/9")

    (action,) = change.after.actions
    assert (action.state, action.error_code) == (ActionState.SENT, "")
    assert [note.what for note in change.notes] == ["sent"]


def test_a_link_of_another_account_is_taken_with_a_warning() -> None:
    change = posted(waiting(), "https://x.com/eva_private/status/9")

    assert change.after.actions[0].error_code == byhand.NOT_OURS
    assert "Posted from another account: @eva_private, not @acme." in told(change.after)
    assert change.notes[-1].what == byhand.POSTED_BY_HAND


def test_without_a_link_it_is_still_to_be_looked_for() -> None:
    change = posted(waiting())

    assert byhand.to_look_for(change.after, ActionKind.PUBLIC) == change.after.actions[0]
    assert "Amends has not seen it there yet." in told(change.after)
    assert change.after.state is CaseState.ANSWERED


def test_a_private_message_is_believed() -> None:
    change = posted(waiting(ActionKind.PRIVATE), kind=ActionKind.PRIVATE)

    assert change.after.actions[0].error_code == ""
    assert byhand.to_look_for(change.after, ActionKind.PRIVATE) is None


def test_an_answer_of_an_earlier_round_is_believed() -> None:
    change = posted(replace(waiting(), round=2))

    assert change.after.actions[0].error_code == ""


def test_what_is_found_gets_the_platforms_own_receipt() -> None:
    case = posted(waiting()).after

    change = byhand.seen(case, case.actions[0], Receipt(id="r9", url="https://x.com/acme/9"))

    (action,) = change.after.actions
    assert action.receipt == Receipt(id="r9", url="https://x.com/acme/9")
    assert action.error_code == ""
    assert told(change.after) == "Sent, approved by <@U1EVA>."
    assert change.notes[0].what == "seen"


def test_a_receipt_without_an_address_keeps_the_persons_link() -> None:
    case = posted(waiting(), "https://x.com/i/status/9").after

    kept = byhand.seen(case, case.actions[0], Receipt(id="r9")).after.actions[0]

    assert kept.receipt == Receipt(id="r9", url="https://x.com/i/status/9")


@pytest.mark.parametrize(("account", "where"), [("acme", "@acme"), ("", "our account")])
def test_what_is_not_found_is_told_for_good(account: str, where: str) -> None:
    case = posted(waiting()).after

    change = byhand.not_seen(case, case.actions[0], account)

    assert f"Not found from {where}: was it posted from another account?" in told(change.after)
    assert byhand.to_look_for(change.after, ActionKind.PUBLIC) is None


def test_a_post_gets_ten_minutes_to_appear() -> None:
    (action,) = posted(waiting()).after.actions

    assert not byhand.given_up(action, NOW + timedelta(minutes=9))
    assert byhand.given_up(action, NOW + timedelta(minutes=10))
    assert byhand.given_up(replace(action, receipt=None), NOW)
