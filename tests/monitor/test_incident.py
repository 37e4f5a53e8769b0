"""An incident by hand: everything is held, what follows is collected, and a click ends it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.base import Ability, Life, Mention, Receipt
from monitor.store import Store
from responders import outcome
from responders.action import Action, ActionKind, ActionState
from responders.card import Decision, Verb
from responders.case import CaseId, CaseState, Change, Note
from responders.incident import FREEZE
from responders.policy import Person
from tests.monitor import posts
from tests.monitor.posts import NOW
from tests.monitor.team import ANGRY, CHANNEL, EVA, MILD, RED, TOM, Team
from tests.responders import given


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with Team(tmp_path) as team:
        yield team


def declare(team: Team, case_id: CaseId, person: Person = EVA) -> bool:
    return team.decide(case_id, Verb.DECLARE, person, reason="Parcels are lost").done


def end(team: Team, case_id: CaseId) -> str:
    return team.decide(case_id, Verb.END_INCIDENT, TOM).text


def verbs(team: Team, case_id: CaseId) -> set[Verb]:
    return {button.verb for button in team.house.desk.card(case_id).buttons}


def test_an_incident_is_one_card_that_collects_what_follows(team: Team) -> None:
    first = team.complain()
    assert declare(team, first)

    second, third = team.complain(), team.complain(MILD)

    assert [line[:40] for line in team.said()[1:]] == ["🔥 Acme: Parcels are lost. Declared by <@"]
    assert team.said()[1].endswith("3 cases.")
    assert team.store.cases.shown(second) is None
    assert team.store.incidents.active("Acme") == team.store.incidents.get(1)
    assert team.store.incidents.get(1).cases == (first, second, third)


def test_while_it_lasts_nothing_is_approved_and_nothing_leaves(team: Team) -> None:
    approved, waiting = team.complain(), team.complain()
    team.store.set_paused("eva", team.clock())
    team.decide(approved, Verb.SEND)
    team.store.set_paused(None, team.clock())
    team.store.incidents.declare(waiting, "Parcels", EVA.shown, team.clock())
    team.rest()

    answer = team.decide(waiting, Verb.SEND)

    assert (answer.done, answer.text) == (False, FREEZE)
    assert team.platform.public == []
    assert team.case(approved).actions[0].state is ActionState.APPROVED
    assert Verb.SEND not in verbs(team, waiting)
    assert {Verb.EDIT, Verb.END_INCIDENT} <= verbs(team, waiting)
    assert "Nothing is sent." in str(team.slack.channels[CHANNEL].messages)


def test_an_incident_that_begins_at_the_last_moment_holds_what_was_about_to_leave(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Declared after the sender has looked for reasons to wait, right before it claims."""
    case, look = team.complain(), team.platform.look

    def declared(mentions: Sequence[Mention]) -> Mapping[str, Life]:
        team.store.incidents.declare(case, "Parcels", EVA.shown, team.clock())
        return look(mentions)

    monkeypatch.setattr(team.platform, "look", declared)
    team.decide(case, Verb.SEND)

    assert team.platform.public == []
    public = team.case(case).action(ActionKind.PUBLIC)
    assert public is not None
    assert (public.state, public.attempt) == (ActionState.APPROVED, 0)
    assert "Incident “Parcels”: nothing is sent" in team.house.desk.card(case).statuses[0].line


def test_what_is_on_its_way_when_an_incident_begins_is_told(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform has the request already: that is said, and nothing else leaves."""
    case, told, reply = team.complain(), list[str](), team.platform.reply

    def declared(mention: Mention, text: str, key: str) -> Receipt:
        decision = Decision(
            verb=Verb.DECLARE, case_id=case, round=1, draft_revision=1, reason="Parcels"
        )
        told.append(team.house.desk.take(decision, TOM).text)
        return reply(mention, text, key)

    monkeypatch.setattr(team.platform, "reply", declared)
    team.decide(case, Verb.SEND)

    assert told == [
        "Declared: nothing more is sent. 1 answer was already on its way when you clicked."
    ]
    assert len(team.platform.public) == 1
    assert team.platform.private == []


def test_what_was_held_leaves_when_a_person_ends_it(team: Team) -> None:
    case = team.complain()
    team.store.set_paused("eva", team.clock())
    team.decide(case, Verb.SEND)
    declare(team, case)
    team.store.set_paused(None, team.clock())
    team.rest()
    assert team.platform.public == []

    assert end(team, case) == "Ended: what is approved is sent."

    team.later(minutes=5)
    assert len(team.platform.public) == 1
    assert "✅ Acme: Parcels are lost is over. 1 case." in team.said()


def test_collected_cases_get_their_cards_when_it_is_over(team: Team) -> None:
    first = team.complain()
    declare(team, first)
    second = team.complain()

    end(team, first)

    assert team.store.cases.shown(second) is not None
    assert Verb.DECLARE in verbs(team, second)
    assert team.decide(second, Verb.SEND).done


def test_a_collected_grumble_joins_the_list_when_it_is_over(team: Team) -> None:
    first = team.complain()
    declare(team, first)
    team.complain(MILD)
    assert not any("Low severity" in line for line in team.said())

    end(team, first)

    assert any("Low severity: 1 case waits" in line for line in team.said())


def test_a_red_flag_and_a_case_that_somebody_takes_have_their_own_cards(team: Team) -> None:
    declare(team, team.complain())

    red, taken = team.complain(RED), team.complain()
    team.decide(taken, Verb.CLAIM)

    assert team.store.cases.shown(red) is not None
    assert team.store.cases.shown(taken) is not None


def test_an_incident_is_declared_once_and_ended_once(team: Team) -> None:
    case = team.complain()

    assert declare(team, case)
    assert not declare(team, case, TOM)
    assert end(team, case).startswith("Ended")
    assert end(team, case) == "It is over already."


def test_only_approvers_declare_and_end(team: Team) -> None:
    case = team.complain()
    stranger = Person(id="U0SAM", name="Sam")

    assert not declare(team, case, stranger)
    assert team.decide(case, Verb.DECLARE, stranger, reason="x").text.startswith("Only approvers")
    assert team.store.incidents.active("Acme") is None


def test_a_restart_in_the_middle_changes_nothing(team: Team) -> None:
    case = team.complain()
    declare(team, case)
    team.restart()
    team.rest()

    end(team, case)
    team.restart()
    team.rest()

    assert len([line for line in team.said() if "Parcels" in line]) == 1


def test_a_message_to_us_does_not_open_the_channel_for_what_is_held(team: Team) -> None:
    team.platform.able = Ability(public=given.API, private=given.CLOSED)
    case = team.complain(author=given.AUTHOR)
    team.decide(case, Verb.SEND)
    declare(team, case)

    team.platform.turns.append(given.mention("d9", "here I am", minutes=90, private=True))
    team.later(minutes=10)

    private = team.case(case).action(ActionKind.PRIVATE, 1)
    assert private is not None
    assert private.state is ActionState.APPROVED
    assert team.platform.private == []


def test_the_audit_says_who_declared_and_who_ended(team: Team) -> None:
    case = team.complain()
    declare(team, case)
    end(team, case)

    lines = [(line.note.what, line.note.by) for line in team.store.audit.lines(case)]

    assert ("incident_declared", EVA.shown) in lines
    assert ("incident_ended", TOM.shown) in lines


# -- the book on both databases ------------------------------------------------------------------


def test_the_book_keeps_one_incident_a_brand(store: Store) -> None:
    first = posts.case(store, posts.post(1))
    second = posts.case(store, posts.post(2))

    assert store.incidents.active(posts.BRAND) is None
    assert store.incidents.declare(first.id, "Lost", "eva", NOW)
    assert not store.incidents.declare(second.id, "Lost again", "tom", NOW)
    active = store.incidents.active(posts.BRAND)
    assert active is not None
    store.incidents.collect(second.id, active.id)

    found = store.incidents.get(active.id)
    assert (found.title, found.declared_by, found.declared_at) == ("Lost", "eva", NOW)
    assert found.cases == (first.id, second.id)
    assert store.incidents.end(posts.BRAND, "tom", NOW)
    assert not store.incidents.end(posts.BRAND, "tom", NOW)
    assert store.incidents.get(active.id).ended_at == NOW


def test_nothing_departs_between_a_declaration_and_its_end(store: Store) -> None:
    opened = posts.case(store, posts.post(1))
    approved = Action(
        kind=ActionKind.PUBLIC, round=opened.round, key="k", state=ActionState.APPROVED, text="Hi"
    )
    note = (Note(what="approved", by="eva"),)
    change = Change(before=opened, after=opened.with_action(approved), notes=note)
    assert store.cases.save(change, NOW)
    before = store.cases.get(opened.id)
    claimed = outcome.claimed(
        before, before.actions[0], owner="here", now=NOW, lease=timedelta(minutes=2)
    )
    assert store.incidents.declare(opened.id, "Lost", "eva", NOW)
    stale = replace(claimed, before=store.cases.get(opened.id))

    assert not store.cases.save(stale, NOW)
    assert store.cases.get(opened.id).actions[0].state is ActionState.APPROVED

    store.incidents.end(posts.BRAND, "eva", NOW)
    again = store.cases.get(opened.id)
    claimed = outcome.claimed(
        again, again.actions[0], owner="here", now=NOW, lease=timedelta(minutes=2)
    )
    assert store.cases.save(claimed, NOW)
    assert store.incidents.departing(posts.BRAND) == 1


def test_what_is_not_there_is_said(store: Store) -> None:
    assert store.incidents.active("nobody") is None
    assert not store.incidents.end("nobody", "eva", NOW)
    with pytest.raises(KeyError, match="incident 9"):
        store.incidents.get(9)
    with pytest.raises(KeyError, match="case 9"):
        store.incidents.declare(CaseId(9), "x", "eva", NOW)


def test_the_lists_of_what_waits(store: Store) -> None:
    case = posts.case(store, posts.post(1), claimed_by="<@U0EVA>")
    other = posts.case(store, posts.post(2))

    assert store.waiting.claimed() == {"<@U0EVA>": (case.id,)}
    assert store.waiting.asking(posts.BRAND) == (case.id, other.id)
    assert store.waiting.red() == ()
    assert store.waiting.batched() == ()
    assert store.waiting.approvals() == {}
    assert store.waiting.promised() == {}
    assert store.waiting.held(NOW) == ()
    assert set(store.waiting.due_between(NOW.replace(year=2025), NOW)) == {case.id, other.id}
    assert store.audit.last() == store.audit.after(0)[-1].id


def test_the_state_of_a_case_in_an_incident_is_its_own(team: Team) -> None:
    case = team.complain(ANGRY)
    declare(team, case)

    assert team.decide(case, Verb.DISMISS, reason="leave_it").done
    assert team.case(case).state is CaseState.DISMISSED
