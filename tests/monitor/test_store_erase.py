from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.base import Author, Receipt
from monitor.store import Store
from monitor.store.erase import OnTheWire
from responders.action import ActionKind, ActionState
from responders.case import Case, CaseState, Change, Promise
from responders.draft import Draft, Finding, Half, Override, Severity
from tests.databases import SqliteFiles
from tests.monitor.posts import ANGRY, BRAND, NOTE, NOW, action, by, case, change, ingest, post

DAY = timedelta(days=1)
SECRET = "Zanzibar-7431"
FINDING = Finding(code="x", severity=Severity.NOTE, half=Half.PUBLIC, words=SECRET, do="")
OVERRIDE = Override(by="lea", reason=SECRET, passes=((Half.PUBLIC, "x", "ab12"),))
DRAFT = Draft(
    public=f"Sorry {SECRET}",
    private=SECRET,
    public_english=SECRET,
    private_english=SECRET,
    holding=SECRET,
    holding_english=SECRET,
    reason=SECRET,
    findings=(FINDING,),
    override=OVERRIDE,
    checked=(SECRET,),
)


def full_case(store: Store, state: CaseState = CaseState.OPEN) -> Case:
    """A case whose every text holds the secret."""
    author = Author(id=SECRET, handle=SECRET, name=SECRET, url=SECRET, followers=3)
    made = post(
        SECRET,
        author=author,
        text=SECRET,
        url=SECRET,
        in_reply_to=SECRET,
        thread=SECRET,
        parent_text=SECRET,
    )
    verdict = replace(ANGRY, why=(SECRET,))
    number = ingest(store, made, verdict=verdict)[0]
    opened = store.cases.get(store.cases.open(number, NOW, NOW, 0))
    drafted = change(
        store,
        opened,
        draft=DRAFT,
        actions=(action(key="k", text=SECRET, error=SECRET, override=OVERRIDE),),
    )
    promise = Promise(case_id=opened.id, words=SECRET, due_at=NOW)
    after = replace(drafted, state=state)
    assert store.cases.save(
        Change(before=drafted, after=after, notes=(NOTE,), promises=(promise,)), NOW
    )
    return store.cases.get(opened.id)


def test_the_example_has_the_secret_in_every_text() -> None:
    texts = [field.name for field in fields(Draft) if field.type == str | None]

    assert len(texts) >= 6
    assert all(SECRET in getattr(DRAFT, name) for name in texts)


def dump(store: Store) -> str:
    """Everything the database holds, as one text."""
    from monitor.tables import METADATA

    with store._database.read() as connection:
        rows = [connection.execute(table.select()).all() for table in METADATA.sorted_tables]
    return repr(rows)


def test_a_forgotten_person_is_nowhere(store: Store) -> None:
    opened = full_case(store)
    counts = store.rollups.between(BRAND, NOW, NOW + DAY)
    assert SECRET in dump(store)

    assert store.forget("twitter", SECRET, NOW + DAY) == 1

    assert SECRET not in dump(store)
    assert store.rollups.between(BRAND, NOW, NOW + DAY) == counts
    left = store.cases.get(opened.id)
    assert left.state is CaseState.DISMISSED
    assert left.entries[0].mention.author == Author(id="", handle="")
    assert left.entries[0].verdict == replace(ANGRY, why=())
    assert left.actions[0].state is ActionState.CANCELLED
    assert opened.id in dict(store.cases.to_show())
    assert store.audit.lines(opened.id)[-1].note.what == "forgotten"


def test_a_person_is_found_by_handle_or_id_on_one_platform(store: Store) -> None:
    ingest(store, post(1), post(2, author=by("ann")), post(3, platform="reddit"))

    assert store.forget("twitter", "nobody", NOW) == 0
    assert store.forget("twitter", "7", NOW) == 1
    assert store.forget("twitter", "ann", NOW) == 1
    assert store.forget("twitter", "ann", NOW) == 0
    assert store.mentions.of_post(BRAND, "reddit", "3").mention.text == post(3).text


def test_a_forgotten_post_does_not_come_back_with_the_next_poll(store: Store) -> None:
    ingest(store, post(1), post(2, author=by("ann")), post(3))
    counts = store.rollups.between(BRAND, NOW, NOW + DAY)
    store.forget("twitter", "bob", NOW)

    new = ingest(store, post(1), post(2, author=by("ann")), post(3), post(4))

    assert len(new) == 1
    assert store.mentions.known(BRAND, "twitter", ["1", "2", "3", "9"]) == {"1", "2", "3"}
    with pytest.raises(KeyError):
        store.mentions.of_post(BRAND, "twitter", "1")
    assert store.rollups.between(BRAND, NOW, NOW + DAY)[0].posts == counts[0].posts + 1


def test_the_pseudonym_of_a_post_does_not_tell_its_id(store: Store) -> None:
    ingest(store, post(1), post(2))
    store.forget("twitter", "bob", NOW)

    other = store.mentions.known(BRAND, "reddit", ["1"])

    assert other == set()
    assert "'1'" not in dump(store)


def test_we_cannot_forget_ourselves_by_name(store: Store) -> None:
    ingest(store, post(1, ours=True, author=by("us")))

    assert store.forget("twitter", "us", NOW) == 0


def test_quotes_of_a_forgotten_person_go_too(store: Store) -> None:
    quoting = ingest(
        store,
        post(1),
        post(2, author=by("ann"), in_reply_to="1", parent_text=post(1).text),
        post(3, author=by("ann"), in_reply_to="9", parent_text="something else"),
    )

    store.forget("twitter", "bob", NOW)

    ann, other = (store.mentions.mention(number)[0].mention for number in quoting[1:])
    assert (ann.text, ann.parent_text) == (post(2).text, None)
    assert other.parent_text == "something else"


def test_our_answers_to_a_forgotten_person_go_too(store: Store) -> None:
    opened = case(store, post(1), post(2, ours=True, author=by("us"), text="Dear Bob"))

    assert store.forget("twitter", "bob", NOW) == 2

    assert [found.mention.text for found in store.cases.get(opened.id).entries] == ["", ""]


@pytest.mark.parametrize("state", [ActionState.SENDING, ActionState.UNKNOWN])
def test_nobody_is_forgotten_while_an_answer_is_on_its_way(
    store: Store, state: ActionState
) -> None:
    opened = in_state(store, state)

    with pytest.raises(OnTheWire, match=f"in case #{opened.id}; nothing was erased"):
        store.forget("twitter", SECRET, NOW)

    assert store.cases.get(opened.id).draft == DRAFT


def test_what_was_sent_stays_sent_without_its_text(store: Store) -> None:
    opened = full_case(store, CaseState.APPROVED)
    for step in (ActionState.SENDING, ActionState.SENT):
        found = store.cases.get(opened.id)
        receipt = Receipt(id="99", url=f"https://example.com/{SECRET}")
        moved = found.with_action(replace(found.actions[0], state=step, receipt=receipt))
        change(store, found, actions=moved.actions)

    store.forget("twitter", SECRET, NOW)

    kept = store.cases.get(opened.id).actions[0]
    assert (kept.state, kept.text, kept.receipt) == (ActionState.SENT, "", Receipt(id="99"))
    assert SECRET not in dump(store)
    assert store.actions.sent()[0].handle == ""


def test_an_erased_post_keeps_no_place_in_line(store: Store) -> None:
    new = ingest(store, post(1))
    waiting = ingest(store, post(2), verdict=None)

    store.forget("twitter", "bob", NOW)
    store.mentions.set_verdict(waiting[0], ANGRY, NOW)

    assert store.mentions.unfiled() == store.mentions.unjudged() == ()
    assert store.mentions.mention(waiting[0])[0].verdict is None
    assert new[0] != waiting[0]


def test_an_erased_author_is_nobodys_earlier_case(store: Store) -> None:
    case(store, post(1))
    store.forget("twitter", "bob", NOW)

    assert store.cases.of_author(BRAND, "twitter", "", NOW - DAY) is None
    assert store.cases.of_author(BRAND, "twitter", "7", NOW - DAY) is None


def test_old_posts_are_purged_and_new_ones_kept(store: Store) -> None:
    old = ingest(store, post(1))
    new = store.mentions.ingest(BRAND, "x", [(post(2), ANGRY)], None, NOW + 10 * DAY).new
    counts = store.rollups.between(BRAND, NOW, NOW + DAY)

    assert store.purge(NOW + DAY, NOW + 11 * DAY) == 1
    assert store.purge(NOW + DAY, NOW + 11 * DAY) == 0

    assert store.mentions.mention(old[0])[0].mention.text == ""
    assert store.mentions.mention(new[0])[0].mention.text == post(2).text
    assert store.rollups.between(BRAND, NOW, NOW + DAY) == counts


@pytest.mark.parametrize("state", [CaseState.OPEN, CaseState.APPROVED, CaseState.NEEDS_HUMAN])
def test_a_case_that_is_under_way_is_not_purged(store: Store, state: CaseState) -> None:
    opened = full_case(store, state)

    assert store.purge(NOW + 100 * DAY, NOW + 100 * DAY) == 0

    assert store.cases.get(opened.id).draft == DRAFT


def test_a_case_that_moved_lately_is_not_purged(store: Store) -> None:
    opened = full_case(store, CaseState.DISMISSED)
    change(store, opened, at=NOW + 10 * DAY, claimed_by="eva")

    assert store.purge(NOW + 9 * DAY, NOW + 11 * DAY) == 0
    assert store.purge(NOW + 11 * DAY, NOW + 12 * DAY) == 1
    assert SECRET not in dump(store)


def test_a_finished_case_is_purged_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.store.erase._CHUNK", 1)
    opened = case(
        store,
        post(1),
        post(2),
        post(3, ours=True),
        state=CaseState.DISMISSED,
        actions=(action(ActionKind.CREDIT, text=""),),
    )
    ingest(store, post(4))

    assert store.purge(NOW + DAY, NOW + DAY) == 4

    left = store.cases.get(opened.id)
    assert {found.mention.text for found in left.entries} == {""}
    assert left.state is CaseState.DISMISSED


def authors(store: Store) -> list[str]:
    """Whom the cases name."""
    from monitor.tables import case as table

    with store._database.read() as connection:
        return list(connection.execute(select(table.c.author_id)).scalars())


def in_state(store: Store, state: ActionState) -> Case:
    """An approved case whose one action came so far."""
    opened = full_case(store, CaseState.APPROVED)
    for step in (ActionState.SENDING, state):
        found = store.cases.get(opened.id)
        moved = found.with_action(replace(found.actions[0], state=step))
        change(store, found, actions=moved.actions)
    return store.cases.get(opened.id)


@pytest.mark.parametrize(
    "state",
    [CaseState.OPEN, CaseState.APPROVED, CaseState.NEEDS_HUMAN, CaseState.ANSWERED],
)
def test_of_a_post_that_was_taken_down_who_and_where_is_kept_while_we_talk(
    store: Store, state: CaseState
) -> None:
    opened = full_case(store, state)
    before = opened.entries[0]
    ingest(store, post(2, author=by("ann"), in_reply_to=SECRET, parent_text=SECRET))

    assert store.gone([before.id], NOW) == 1
    assert store.gone([before.id], NOW) == 0

    left = store.cases.get(opened.id)
    assert left.entries[0].mention == replace(
        before.mention,
        author=Author(id=SECRET, handle=SECRET),
        text="",
        url=None,
        in_reply_to=None,
        parent_text=None,
    )
    assert left.entries[0].verdict == replace(ANGRY, why=())
    assert (left.state, left.draft) == (state, DRAFT)
    assert left.revision == opened.revision + 1
    assert store.cases.of_author(BRAND, "twitter", SECRET, NOW - DAY) == opened.id
    assert store.mentions.of_post(BRAND, "twitter", "2").mention.parent_text is None
    with pytest.raises(KeyError):
        store.mentions.of_post(BRAND, "twitter", SECRET)
    assert not ingest(store, post(SECRET))


def test_of_a_post_without_a_case_or_in_a_dismissed_one_nothing_is_kept(store: Store) -> None:
    dismissed = case(store, post(1), state=CaseState.DISMISSED)
    (alone,) = ingest(store, post(2, author=by("ann")))

    assert store.gone([dismissed.entries[0].id, alone], NOW) == 2

    for number in (dismissed.entries[0].id, alone):
        left = store.mentions.mention(number)[0].mention
        assert left.author == Author(id="", handle="")
        assert left.id not in {"1", "2"}
    assert authors(store) == [""]
    assert not ingest(store, post(1), post(2, author=by("ann")))


@pytest.mark.parametrize("state", [ActionState.SENDING, ActionState.UNKNOWN])
def test_a_post_that_is_being_answered_is_left_for_the_next_look(
    store: Store, state: ActionState
) -> None:
    sending = in_state(store, state)
    (other,) = ingest(store, post(2, author=by("ann")))

    assert store.gone([sending.entries[0].id, other], NOW) == 1

    assert store.cases.get(sending.id) == sending
    assert store.mentions.mention(other)[0].mention.text == ""


def test_a_post_that_was_taken_down_does_not_make_its_case_younger(store: Store) -> None:
    opened = full_case(store, CaseState.ANSWERED)

    store.gone([opened.entries[0].id], NOW + 8 * DAY)

    assert store.cases.to_watch(NOW + DAY, NOW + 9 * DAY) == ()


def test_who_it_was_goes_once_the_case_is_closed(store: Store) -> None:
    opened = in_state(store, ActionState.SENT)
    store.gone([opened.entries[0].id], NOW)

    assert store.let_go(NOW + DAY, NOW + DAY) == 0  # approved: not closed yet
    answered = change(store, store.cases.get(opened.id), state=CaseState.ANSWERED)
    assert store.let_go(NOW, NOW) == 0  # its author may still write
    assert store.let_go(NOW + DAY, NOW + DAY) == 1
    assert store.let_go(NOW + DAY, NOW + DAY) == 0

    left = store.cases.get(opened.id)
    assert left.entries[0].mention.author == Author(id="", handle="")
    assert left.entries[0].mention.thread is None
    assert left.entries[0].mention.id != SECRET
    assert left.revision == answered.revision + 1
    assert store.cases.of_author(BRAND, "twitter", SECRET, NOW - DAY) is None
    assert not ingest(store, post(SECRET))


def test_who_it_was_stays_while_something_waits_for_them(store: Store) -> None:
    opened = case(
        store,
        post(1),
        state=CaseState.ANSWERED,
        actions=(action(ActionKind.PRIVATE, state=ActionState.WAITING),),
    )
    store.gone([opened.entries[0].id], NOW)

    assert store.let_go(NOW + DAY, NOW + DAY) == 0


def test_a_dismissal_lets_go_of_who_took_the_post_down(store: Store) -> None:
    opened = case(store, post(1))
    store.gone([opened.entries[0].id], NOW)
    change(store, store.cases.get(opened.id), state=CaseState.DISMISSED)

    assert store.let_go(NOW - DAY, NOW) == 1


def test_a_case_with_another_post_of_theirs_stays_theirs(store: Store) -> None:
    opened = case(store, post(1), post(2), state=CaseState.ANSWERED)
    store.gone([opened.entries[0].id], NOW)

    assert store.let_go(NOW + DAY, NOW + DAY) == 1

    assert store.cases.of_author(BRAND, "twitter", "7", NOW - DAY) == opened.id
    assert [entry.mention.author.id for entry in store.cases.get(opened.id).entries] == ["", "7"]


def test_who_took_a_post_down_can_still_be_forgotten(store: Store) -> None:
    opened = full_case(store)
    store.gone([opened.entries[0].id], NOW)

    assert store.forget("twitter", SECRET, NOW) == 1
    assert store.forget("twitter", SECRET, NOW) == 0

    assert SECRET not in dump(store)
    assert not ingest(store, post(SECRET))


def test_a_post_that_was_taken_down_does_not_come_back_after_the_purge(store: Store) -> None:
    opened = case(store, post(1), post(2), state=CaseState.DISMISSED)
    store.gone([opened.entries[0].id], NOW)

    store.purge(NOW + DAY, NOW + DAY)

    assert not ingest(store, post(1), post(2))


def test_erasing_nothing_is_harmless(store: Store) -> None:
    assert store.gone([], NOW) == 0
    assert store.purge(NOW, NOW) == 0


def test_what_was_erased_is_not_left_in_the_file(sqlite_files: SqliteFiles) -> None:
    url = sqlite_files.fresh()
    file = Path(url.removeprefix("sqlite:///"))
    with Store.open(url) as store:
        full_case(store)

        store.forget("twitter", SECRET, NOW)

        left = b"".join(
            path.read_bytes() for path in file.parent.glob(f"{file.name}*") if path.exists()
        )
    assert SECRET.encode() not in left
