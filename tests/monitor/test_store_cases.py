from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from connectors.base import Author, Contact, Receipt
from monitor.store import Store
from monitor.store.actions import Sent
from monitor.store.cases import Opened
from responders.action import ActionKind, ActionState
from responders.case import CaseId, CaseState, Change, MentionId, Promise, Spend
from responders.credit.pool import Code
from responders.draft import Draft
from responders.money import Money
from responders.used import Used
from responders.verdict import Label, LabelWord, RedFlag, Verdict
from tests.monitor.posts import (
    BRAND,
    CALM,
    NOTE,
    NOW,
    action,
    by,
    case,
    change,
    entry,
    ingest,
    post,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LEGAL = Verdict(angry=True, red_flags=(RedFlag.LEGAL,))


def test_a_post_is_opened_once(store: Store) -> None:
    stored = entry(store, post(1))

    first = store.cases.open(stored.id, NOW, NOW + DAY, 2)
    second = store.cases.open(stored.id, NOW + DAY, None, 9)

    assert second == first
    opened = store.cases.get(first)
    assert (opened.due_at, opened.earlier, opened.opened_at) == (NOW + DAY, 2, NOW)
    assert len(store.audit.lines(first)) == 1


def test_a_case_needs_a_post(store: Store) -> None:
    with pytest.raises(KeyError, match="no mention 5"):
        store.cases.open(MentionId(5), NOW, NOW, 0)


def test_entries_are_read_in_the_order_of_the_conversation(store: Store) -> None:
    opened = case(
        store,
        post("second", created_at=NOW + MINUTE),
        post("third", created_at=NOW + 2 * MINUTE),
        post("first", created_at=NOW),
    )

    assert [found.mention.id for found in opened.entries] == ["first", "second", "third"]


def test_an_authors_case_is_their_newest_that_is_not_dismissed(store: Store) -> None:
    old = case(store, post(1))
    new = case(store, post(2), claimed_by="eva")
    dismissed = case(store, post(3), state=CaseState.DISMISSED)
    case(store, post(4, author=by("ann")))

    def found(since: timedelta) -> CaseId | None:
        return store.cases.of_author(BRAND, "twitter", "7", NOW - since)

    assert dismissed.id > new.id > old.id
    assert found(DAY) == new.id
    assert found(-DAY) is None
    assert store.cases.of_author(BRAND, "reddit", "7", NOW - DAY) is None
    assert store.cases.of_author("Nobody", "twitter", "7", NOW - DAY) is None


def test_a_change_keeps_an_old_case_the_authors_own(store: Store) -> None:
    opened = case(store, post(1))

    change(store, opened, at=NOW + 40 * DAY, claimed_by="eva")

    assert store.cases.of_author(BRAND, "twitter", "7", NOW + 10 * DAY) == opened.id


def test_earlier_complaints_are_counted(store: Store) -> None:
    case(store, post(1))
    case(store, post(2))
    case(store, post(3), state=CaseState.DISMISSED)

    assert store.cases.earlier(BRAND, "twitter", "7", NOW - DAY) == 2
    assert store.cases.earlier(BRAND, "twitter", "7", NOW + DAY) == 0


def test_cases_are_listed_red_flags_first_then_by_what_is_due(store: Store) -> None:
    late = case(store, post(1), due_at=NOW + DAY)
    never = case(store, post(2), due_at=None)
    soon = case(store, post(3), due_at=NOW)
    red = store.cases.open(entry(store, post(4), LEGAL).id, NOW, None, 0)
    done = case(store, post(5), state=CaseState.DISMISSED)

    assert store.cases.list({CaseState.OPEN}) == (red, soon.id, late.id, never.id)
    assert store.cases.list({CaseState.OPEN}, 2) == (red, soon.id)
    assert store.cases.list({CaseState.DISMISSED}) == (done.id,)
    assert store.cases.list(set(CaseState)) == (red, soon.id, done.id, late.id, never.id)


def test_finished_cases_are_listed_newest_first(store: Store) -> None:
    first, second = case(store, post(1)), case(store, post(2))
    change(store, first, at=NOW + DAY, state=CaseState.DISMISSED)
    change(store, second, at=NOW, state=CaseState.DISMISSED)

    assert store.cases.list({CaseState.DISMISSED}, newest=True) == (first.id, second.id)


def test_a_red_flag_of_an_earlier_round_does_not_lead(store: Store) -> None:
    red = store.cases.get(store.cases.open(entry(store, post(1), LEGAL).id, NOW, NOW, 0))
    plain = case(store, post(2))
    answered = change(store, red, state=CaseState.DISMISSED)

    change(store, answered, round=2, state=CaseState.OPEN, due_at=NOW + DAY)

    assert store.cases.list({CaseState.OPEN}) == (plain.id, red.id)


def test_open_cases_without_a_draft_want_one(store: Store) -> None:
    bare = case(store, post(1))
    drafted = case(store, post(2), draft=Draft(public="Sorry"))
    case(store, post(3), state=CaseState.DISMISSED)
    assert store.cases.to_suggest() == (bare.id,)
    assert store.cases.to_suggest(0) == ()

    dismissed = change(store, drafted, state=CaseState.DISMISSED)
    change(store, dismissed, round=2, state=CaseState.OPEN, draft=None)

    assert store.cases.to_suggest() == (bare.id, drafted.id)


def test_a_card_is_drawn_again_after_every_change(store: Store) -> None:
    opened = case(store, post(1))
    assert store.cases.shown(opened.id) is None
    assert dict(store.cases.to_show()).keys() == {opened.id}

    store.cases.set_shown(opened.id, "C1", "1.5", opened.revision)

    assert store.cases.shown(opened.id) == ("C1", "1.5", opened.revision)
    assert store.cases.to_show() == ()
    change(store, opened, claimed_by="eva")
    assert dict(store.cases.to_show()).keys() == {opened.id}


def test_what_was_touched_lately_is_drawn_before_new_cards_and_those_before_the_rest(
    store: Store,
) -> None:
    made = [case(store, post(number)) for number in range(1, 7)]
    for one in made[:4]:
        store.cases.set_shown(one.id, "C1", str(one.id), one.revision)
    times = (NOW, NOW + DAY, NOW + 2 * DAY, NOW + DAY)
    for one, at in zip(made[:4], times, strict=True):
        after = replace(one, claimed_by="eva")
        assert store.cases.save(Change(before=one, after=after, notes=(NOTE,)), at)

    shown = store.cases.to_show(touched_since=NOW + DAY)

    order = (3, 2, 4, 5, 6, 1)
    assert [case_id for case_id, _ in shown] == [made[number - 1].id for number in order]
    assert [has_card for _, has_card in shown] == [True, True, True, False, False, True]


def test_an_older_drawing_that_comes_late_does_not_hide_a_newer_one(store: Store) -> None:
    opened = case(store, post(1), claimed_by="eva")
    store.cases.set_shown(opened.id, "C1", "1.5", 2)

    store.cases.set_shown(opened.id, "C1", "1.5", 1)

    assert store.cases.shown(opened.id) == ("C1", "1.5", 2)


def test_conversations_are_read_again_the_longest_unread_first(store: Store) -> None:
    read = case(store, post(1))
    unread = case(store, post(2))
    fresh = case(store, post(3))
    gone = case(store, post(4), state=CaseState.DISMISSED)
    store.cases.set_watched(read.id, NOW - 10 * MINUTE)
    store.cases.set_watched(fresh.id, NOW)

    def due(since: timedelta) -> tuple[CaseId, ...]:
        return store.cases.to_watch(NOW - since, NOW - 5 * MINUTE)

    assert due(DAY) == (unread.id, read.id)
    assert due(-DAY) == ()
    assert gone.id not in due(DAY)
    assert store.cases.to_watch(NOW - DAY, NOW, 1) == (unread.id,)


def test_what_became_of_a_weeks_cases(store: Store) -> None:
    case(store, post(1))
    case(store, post(2), state=CaseState.DISMISSED, decided_at=NOW + MINUTE)

    assert store.cases.opened(BRAND, NOW, NOW + DAY) == (
        Opened(opened_at=NOW, decided_at=None, state=CaseState.OPEN),
        Opened(opened_at=NOW, decided_at=NOW + MINUTE, state=CaseState.DISMISSED),
    )
    assert store.cases.opened(BRAND, NOW - DAY, NOW) == ()


def sent(store: Store, case_id: CaseId, receipt: Receipt | None = None) -> None:
    """Send the newest action of a case."""
    for state in (ActionState.SENDING, ActionState.SENT):
        found = store.cases.get(case_id)
        after = found.with_action(replace(found.actions[-1], state=state, receipt=receipt))
        change(store, found, actions=after.actions)


def test_contact_knows_when_they_last_wrote_privately(store: Store) -> None:
    opened = case(store, post(1))
    assert store.contact(opened) == Contact(wrote_privately_at=None, replies=0)
    ingest(
        store,
        post(2, private=True, created_at=NOW + MINUTE),
        post(3, private=True, created_at=NOW),
        post(4, private=True, created_at=NOW + DAY, author=by("ann")),
        post(5, private=True, created_at=NOW + DAY, ours=True),
        post(6, private=True, created_at=NOW + DAY, platform="reddit"),
    )

    assert store.contact(opened).wrote_privately_at == NOW + MINUTE


def test_contact_counts_a_reply_once_however_it_was_seen(store: Store) -> None:
    opened = case(store, post(1), actions=(action(),))
    assert store.contact(opened).replies == 0

    sent(store, opened.id, Receipt(id="99"))
    assert store.contact(store.cases.get(opened.id)).replies == 1

    own = entry(store, post(99, ours=True, in_reply_to="1", author=by("us")), None)
    seen = store.cases.get(opened.id)
    seen = change(store, seen, entries=(*seen.entries, own))
    assert store.contact(seen).replies == 1


def test_contact_counts_replies_to_this_post_alone(store: Store) -> None:
    opened = case(store, post(1), state=CaseState.APPROVED, actions=(action(),))
    sent(store, opened.id)
    answered = change(store, store.cases.get(opened.id), state=CaseState.ANSWERED)
    assert store.contact(answered).replies == 1
    more = entry(store, post(2, created_at=NOW + MINUTE))
    again = change(
        store,
        answered,
        round=2,
        state=CaseState.OPEN,
        entries=(*answered.entries, replace(more, round=2)),
    )

    assert again.subject.mention.id == "2"
    assert store.contact(again).replies == 0


def test_a_reply_by_somebody_of_ours_counts(store: Store) -> None:
    opened = case(store, post(1))
    own = entry(store, post(50, ours=True, in_reply_to="1", author=by("us")), None)
    elsewhere = entry(store, post(51, ours=True, in_reply_to="9", author=by("us")), None)
    hidden = entry(store, post(52, ours=True, in_reply_to="1", private=True), None)

    answered = change(store, opened, entries=(*opened.entries, own, elsewhere, hidden))

    assert store.contact(answered).replies == 1


def test_what_an_author_has_read_and_what_went_out_lately_on_the_platform(store: Store) -> None:
    case(store, post(1), actions=(action(text="To Bob, first."),))
    case(store, post(2, author=by("ann")), actions=(action(text="To Ann."),))
    case(store, post(3), actions=(action(text="To Bob, second."),))
    case(store, post(4, platform="reddit"), actions=(action(text="Elsewhere."),))
    unsaid = case(store, post(5), actions=(action(text="Never said."),))
    cancelled = unsaid.with_action(replace(unsaid.actions[0], state=ActionState.CANCELLED))
    change(store, unsaid, actions=cancelled.actions)

    asking = case(store, post(6), actions=(action(text="This one's own."),))

    assert store.used_texts(asking, 2) == Used(
        theirs=("To Bob, second.", "To Bob, first."), lately=("To Bob, second.", "To Ann.")
    )
    other = case(store, post(7, platform="reddit"))
    assert store.used_texts(other, 9).lately == ("Elsewhere.",)


def test_what_was_sent_and_where(store: Store) -> None:
    first = case(store, post(1), actions=(action(text="One", intent_at=NOW),))
    sent(store, first.id)
    second = case(store, post(2, author=by("ann")), actions=(action(text="Two"),))
    sent(store, second.id, Receipt(id="9", url="https://example.com/9"))

    newest, oldest = store.actions.sent()

    assert newest == Sent(
        case_id=second.id,
        brand=BRAND,
        kind=ActionKind.PUBLIC,
        platform="twitter",
        handle="ann",
        text="Two",
        url="https://example.com/9",
        at=None,
        by="eva",
    )
    assert (oldest.handle, oldest.text, oldest.at) == ("bob", "One", NOW)
    assert store.actions.sent(1) == (newest,)


def test_a_tally_of_a_brand(store: Store) -> None:
    ingest(store, post(1), verdict=CALM)
    opened = case(store, post(2), draft=Draft(public="Sorry"), actions=(action(),))
    sent(store, opened.id)
    case(store, post(3), draft=Draft(reason="praise"), state=CaseState.DISMISSED)
    ingest(store, post(4, private=True), post(5))

    tally = store.tally(BRAND)

    assert (tally.flagged, tally.cases, tally.drafted, tally.sent) == (3, 2, 1, 1)
    assert tally.states == {CaseState.OPEN: 1, CaseState.DISMISSED: 1}
    assert store.tally("Nobody").cases == 0


def test_labels_come_with_their_posts(store: Store) -> None:
    number = ingest(store, post(1))[0]
    said = Label(mention_id=number, word=LabelWord.WAS_ANGRY, by="eva", at=NOW)

    store.labels.add(said)

    assert store.labels.all(BRAND) == ((said, post(1)),)
    assert store.labels.all("Nobody") == ()
    with pytest.raises(KeyError, match="no mention 99"):
        store.labels.add(Label(mention_id=99, word=LabelWord.SPAM, by="eva", at=NOW))


def test_promises_are_due_until_they_are_kept(store: Store) -> None:
    opened = case(store, post(1))
    soon = Promise(case_id=opened.id, words="today", due_at=NOW, owner="eva")
    late = Promise(case_id=opened.id, words="tomorrow", due_at=NOW + DAY)
    made = Change(before=opened, after=opened, notes=(NOTE,), promises=(late, soon))
    assert store.cases.save(made, NOW)
    assert store.promises.due(NOW + DAY) == (soon, late)
    assert store.promises.due(NOW + DAY, 1) == (soon,)

    store.promises.keep(soon, NOW)
    store.promises.keep(soon, NOW + DAY)

    assert store.promises.due(NOW + DAY) == (late,)


def test_codes_given_count_for_the_brand_of_their_action(store: Store) -> None:
    five = Money(minor=500, currency="EUR")
    case(store, post(1), actions=(action(ActionKind.CREDIT, key="k", amount=five),))
    store.credits.import_codes([Code(code=name, amount=five) for name in "AB"])

    store.credits.take("k", five, NOW)
    store.credits.take("of no action", five, NOW)

    assert store.credits.given(BRAND, NOW, NOW + DAY) == 500
    assert store.credits.given(BRAND, NOW + DAY, NOW + 2 * DAY) == 0
    store.credits.give_back("k")
    assert store.credits.given(BRAND, NOW, NOW + DAY) == 0


def test_spending_is_summed_by_month(store: Store) -> None:
    opened = case(store, post(1))
    spend = Spend(
        month="2026-11",
        amount=Money(minor=300, currency="EUR"),
        budget=Money(minor=1000, currency="EUR"),
    )
    assert store.cases.save(Change(before=opened, after=opened, notes=(NOTE,), spend=spend), NOW)

    assert store.spent(BRAND, "2026-11") == 300
    assert store.spent(BRAND, "2026-12") == 0
    assert store.spent("Nobody", "2026-11") == 0


def test_notes_of_the_installation(store: Store) -> None:
    assert store.meta.get("host") is None
    store.meta.put("host", "a")
    store.meta.put("host", "b")

    assert store.meta.get("host") == "b"
    assert not store.meta.put_new("host", "c")
    assert store.meta.put_new("digest:2026-W47", "posting")
    assert not store.meta.put_new("digest:2026-W47", "posting")
    store.meta.drop("host")
    assert store.meta.get("host") is None


def test_a_pause_has_a_name_and_a_time(store: Store) -> None:
    assert not store.paused()

    store.set_paused("eva", NOW)

    assert store.paused()
    pause = store.meta.paused()
    assert pause is not None
    assert (pause.by, pause.at) == ("eva", NOW)
    store.set_paused(None, NOW)
    assert not store.paused()


def test_an_author_without_an_id_is_nobody_in_particular(store: Store) -> None:
    case(store, post(1, author=Author(id="", handle="")))

    assert store.cases.of_author(BRAND, "twitter", "", NOW - DAY) is None
    assert store.cases.earlier(BRAND, "twitter", "", NOW - DAY) == 0


@pytest.mark.parametrize("damage", ["state = 'cancelled'", "fence = 9"])
def test_an_action_that_moved_under_the_case_is_not_overwritten(store: Store, damage: str) -> None:
    opened = case(store, post(1), actions=(action(),))
    with store._database.write() as connection:
        connection.execute(text(f"UPDATE action SET {damage}"))
    after = opened.with_action(replace(opened.actions[0], error="late"))

    assert not store.cases.save(Change(before=opened, after=after, notes=(NOTE,)), NOW)

    assert store.cases.get(opened.id).actions[0].error == ""
    assert store.cases.get(opened.id).revision == opened.revision
