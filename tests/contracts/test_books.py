"""One contract for every keeper of cases and codes: the fake in memory, SQLite, PostgreSQL."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Protocol, TypeAlias

import pytest

from connectors.base import Author, Mention, Receipt
from monitor.store import Store
from responders.action import Action, ActionKind, ActionState
from responders.case import (
    BudgetSpent,
    Case,
    CaseBook,
    CaseId,
    CaseState,
    Change,
    Due,
    Entry,
    MentionId,
    Note,
    Promise,
    Spend,
)
from responders.credit.pool import Code, CreditBook, NoCodeLeft
from responders.draft import Credit, Draft, Finding, Half, Override, Severity
from responders.money import Money
from responders.verdict import Label, LabelWord, RedFlag, Verdict
from tests.databases import Postgres, SqliteFiles
from tests.fakes import FakeCaseBook, FakeCreditBook

#: Fields of a value that a test changes; `replace` knows which there are.
Fields: TypeAlias = Any

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
BRAND = "Acme"
NOTE = Note(what="changed", by="test")
FIVE = Money(minor=500, currency="EUR")


class Keeper(CaseBook, Protocol):
    """A book of cases as deciding, delivering and the jobs use it."""

    def due(self, now: datetime, limit: int = ...) -> Sequence[Due]: ...

    def find(self, key: str) -> tuple[CaseId, Action] | None: ...


class Codes(CreditBook, Protocol):
    """A pool of codes as it is filled and looked at."""

    def import_codes(self, codes: Sequence[Code]) -> int: ...

    def left(self, now: datetime) -> Sequence[tuple[Money, int]]: ...

    def peek(self, key: str) -> str | None: ...


@dataclass(frozen=True, kw_only=True)
class Books:
    """One kind of books, and how a test arranges and inspects them."""

    cases: Keeper
    codes: Codes
    #: A post that is stored and belongs to no case.
    post: Callable[[Verdict | None], Entry]
    #: A case about this post.
    open: Callable[[Entry], Case]
    spent: Callable[[str], int]
    notes: Callable[[CaseId], Sequence[Note]]
    labels: Callable[[], Sequence[Label]]
    promises: Callable[[], Sequence[Promise]]

    def a_case(self) -> Case:
        return self.open(self.post(Verdict(angry=True)))

    def save(self, before: Case, **changes: Fields) -> bool:
        return self.cases.save(changed(before, **changes), NOW)


def changed(before: Case, **changes: Fields) -> Change:
    return Change(before=before, after=replace(before, **changes), notes=(NOTE,))


def mention(number: int) -> Mention:
    return Mention(
        platform="twitter",
        id=str(number),
        author=Author(id="7", handle="bob"),
        text=f"where is my order {number}",
        created_at=NOW + timedelta(minutes=number),
    )


class _Cases:
    """The store's two books of cases and actions as one, as the fake is."""

    def __init__(self, store: Store) -> None:
        self.get = store.cases.get
        self.save = store.cases.save
        self.due = store.actions.due
        self.find = store.actions.find


def fake_books() -> Books:
    book, posts, cases = FakeCaseBook(), count(1), count(1)

    def post(verdict: Verdict | None) -> Entry:
        number = next(posts)
        return Entry(id=MentionId(number), mention=mention(number), verdict=verdict)

    def open_case(entry: Entry) -> Case:
        case_id = CaseId(next(cases))
        return book.put(Case(id=case_id, brand=BRAND, opened_at=NOW, due_at=NOW, entries=(entry,)))

    return Books(
        cases=book,
        codes=FakeCreditBook(),
        post=post,
        open=open_case,
        spent=lambda month: book.spent.get((BRAND, month, "EUR"), 0),
        notes=lambda case_id: [note for of, _, note in book.notes if of == case_id],
        labels=lambda: book.labels,
        promises=lambda: book.promises,
    )


def store_books(store: Store) -> Books:
    posts = count(1)

    def post(verdict: Verdict | None) -> Entry:
        number = next(posts)
        new = store.mentions.ingest(BRAND, "test", [(mention(number), verdict)], None, NOW).new
        return store.mentions.mention(new[0])[0]

    def open_case(entry: Entry) -> Case:
        return store.cases.get(store.cases.open(entry.id, NOW, NOW, 0))

    def notes(case_id: CaseId) -> list[Note]:
        lines = [line.note for line in store.audit.lines(case_id)]
        return [note for note in lines if note.what != "opened"]

    return Books(
        cases=_Cases(store),
        codes=store.credits,
        post=post,
        open=open_case,
        spent=lambda month: store.spent(BRAND, month),
        notes=notes,
        labels=lambda: [label for label, _ in store.labels.all(BRAND)],
        promises=lambda: store.promises.due(NOW + timedelta(days=999)),
    )


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    match request.param:
        case "fake":
            yield fake_books()
        case "sqlite":
            files: SqliteFiles = request.getfixturevalue("sqlite_files")
            with Store.open(files.fresh()) as store:
                yield store_books(store)
        case _:
            server: Postgres = request.getfixturevalue("postgres")
            with server.fresh() as url, Store.open(url) as store:
                yield store_books(store)


def draft(**changes: Fields) -> Draft:
    made = Draft(
        public="We are sorry.",
        private="Please tell us more.",
        credit=Credit(amount=FIVE, text="Here is {code}", text_english="Here"),
        findings=(
            Finding(code="blame", severity=Severity.NOTE, half=Half.PUBLIC, words="x", do="y"),
        ),
    )
    return replace(made, **changes)


OVERRIDE = Override(
    by="lea",
    reason="The carrier says so: “lost” \N{LOCK} \x00 \ud800",
    passes=((Half.PUBLIC, "liability", "ab12"), (Half.PRIVATE, "profanity", "cd34")),
)


def action(kind: ActionKind = ActionKind.PUBLIC, **changes: Fields) -> Action:
    made = Action(kind=kind, round=1, key=f"key-{kind}", text="We are sorry.", approved_by="eva")
    return replace(made, **changes)


def in_state(books: Books, case: Case, made: Action) -> Case:
    """The case with this action in a state that only moves lead to."""
    ways = {
        ActionState.SENDING: [ActionState.SENDING],
        ActionState.UNKNOWN: [ActionState.SENDING, ActionState.UNKNOWN],
        ActionState.SENT: [ActionState.SENDING, ActionState.SENT],
        ActionState.FAILED: [ActionState.FAILED],
        ActionState.CANCELLED: [ActionState.CANCELLED],
        ActionState.NEEDS_HUMAN: [ActionState.NEEDS_HUMAN],
        ActionState.RETRACTED: [ActionState.SENDING, ActionState.SENT, ActionState.RETRACTED],
    }
    first = made.state if made.state not in ways else ActionState.APPROVED
    assert books.cases.save(change_of(case, replace(made, state=first)), NOW)
    for state in ways.get(made.state, []):
        case = books.cases.get(case.id)
        stored = case.action(made.kind, made.round)
        assert stored is not None
        assert books.cases.save(change_of(case, replace(made, id=stored.id, state=state)), NOW)
    return books.cases.get(case.id)


def change_of(case: Case, made: Action) -> Change:
    return Change(before=case, after=case.with_action(made), notes=(NOTE,))


# -- reading and writing ---------------------------------------------------------------------


def test_an_unknown_case_is_a_key_error(books: Books) -> None:
    known = books.a_case()
    stranger = replace(known, id=CaseId(known.id + 1000))

    with pytest.raises(KeyError, match="no case"):
        books.cases.get(stranger.id)
    with pytest.raises(KeyError, match="no case"):
        books.save(stranger, claimed_by="eva")


def test_a_new_case_is_open_and_about_its_post(books: Books) -> None:
    entry = books.post(Verdict(angry=True, red_flags=(RedFlag.LEGAL,), why=("sue",)))

    case = books.open(entry)

    assert case == Case(
        id=case.id, brand=BRAND, opened_at=NOW, due_at=NOW, entries=(entry,), revision=1
    )
    assert books.cases.get(case.id) == case


def test_what_was_saved_is_read_back(books: Books) -> None:
    case = books.a_case()
    wanted = replace(
        case,
        state=CaseState.APPROVED,
        due_at=None,
        draft=draft(override=OVERRIDE, checked=("49,90 €", "3 March"), checked_by="eva"),
        claimed_by="eva",
        snoozed_until=AFTER,
        second_approver="tom",
        decided_by="eva",
        decided_at=NOW,
        dismissed_because="no",
        earlier=3,
        actions=(
            action(
                state=ActionState.APPROVED,
                approved_at=NOW,
                not_before=AFTER,
                attempt=2,
                fence=2,
                owner="host:1",
                intent_at=NOW,
                lease_until=AFTER,
                settle_until=AFTER,
                absent_at=(BEFORE, NOW),
                receipt=Receipt(id="9", url="https://example.com/9", at=NOW),
                error_code="slow",
                error="The platform is slow.",
                retract_by="tom",
                override=OVERRIDE,
            ),
            action(ActionKind.CREDIT, text="", amount=FIVE, depends_on=ActionKind.PUBLIC),
            action(ActionKind.PRIVATE, receipt=Receipt(id="", private=True)),
        ),
    )

    assert books.cases.save(Change(before=case, after=wanted, notes=(NOTE,)), NOW)

    found = books.cases.get(case.id)
    numbered = tuple(
        replace(made, id=stored.id)
        for made, stored in zip(wanted.actions, found.actions, strict=True)
    )
    assert found == replace(wanted, actions=numbered, revision=2)
    assert all(stored.id is not None for stored in found.actions)


def test_the_second_save_of_a_revision_writes_nothing(books: Books) -> None:
    case = books.a_case()
    assert books.save(case, claimed_by="eva")

    assert not books.save(case, claimed_by="tom")

    assert books.cases.get(case.id).claimed_by == "eva"
    assert len(books.notes(case.id)) == 1


def test_of_two_people_at_once_exactly_one_wins(books: Books) -> None:
    case = books.a_case()
    with ThreadPoolExecutor(max_workers=4) as people:
        for turn in range(10):
            now = books.cases.get(case.id)

            won = list(
                people.map(lambda who, now=now: books.save(now, claimed_by=f"p{who}"), range(4))
            )

            assert won.count(True) == 1
            after = books.cases.get(case.id)
            assert after.claimed_by == f"p{won.index(True)}"
            assert after.revision == now.revision + 1
            assert len(books.notes(case.id)) == turn + 1


def test_notes_labels_and_promises_are_kept_with_the_change(books: Books) -> None:
    case = books.a_case()
    said = Label(mention_id=case.subject.id, word=LabelWord.NOT_ANGRY, by="eva", at=NOW)
    promise = Promise(case_id=case.id, words="within two days", due_at=AFTER, owner="eva")
    note = Note(
        what="dismissed",
        by="eva",
        action=ActionKind.PUBLIC,
        was="open",
        now="dismissed",
        hash="ab12",
        detail="not_angry",
    )
    change = Change(
        before=case,
        after=replace(case, state=CaseState.DISMISSED),
        notes=(note, NOTE),
        label=said,
        promises=(promise,),
    )

    assert books.cases.save(change, NOW)

    assert list(books.notes(case.id)) == [note, NOTE]
    assert list(books.labels()) == [said]
    assert list(books.promises()) == [promise]


# -- what a change may not do ----------------------------------------------------------------


def refused(books: Books, change: Change, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        books.cases.save(change, NOW)
    assert books.cases.get(change.before.id) == change.before


def test_a_change_without_a_note_is_refused(books: Books) -> None:
    case = books.a_case()

    refused(books, Change(before=case, after=replace(case, claimed_by="e"), notes=()), "note")


def test_a_case_makes_only_allowed_moves(books: Books) -> None:
    case = books.a_case()
    assert books.save(case, state=CaseState.DISMISSED)
    case = books.cases.get(case.id)

    refused(books, changed(case, state=CaseState.APPROVED), "dismissed cannot become approved")


def test_id_brand_and_opening_never_change(books: Books) -> None:
    case = books.a_case()

    refused(books, changed(case, brand="Other"), "never change")
    refused(books, changed(case, opened_at=BEFORE), "never change")


def test_a_new_round_begins_open_whatever_was_before(books: Books) -> None:
    case = books.a_case()
    assert books.save(case, state=CaseState.DISMISSED, draft=draft())
    case = books.cases.get(case.id)

    refused(books, changed(case, round=2, draft=None), "round 2 begins open")
    refused(books, changed(case, round=3, state=CaseState.OPEN, draft=None), "cannot become 3")
    assert books.save(case, round=2, state=CaseState.OPEN, draft=None)

    again = books.cases.get(case.id)
    assert (again.round, again.state, again.draft) == (2, CaseState.OPEN, None)
    assert books.save(again, draft=draft(round=2))
    assert books.cases.get(case.id).draft == draft(round=2)


def test_an_edit_is_a_new_revision_and_the_newest_is_read(books: Books) -> None:
    case = books.a_case()
    assert books.save(case, draft=draft())
    case = books.cases.get(case.id)

    refused(books, changed(case, draft=draft(public="Sorry!")), "new revision after 1, not 1")
    refused(books, changed(case, draft=None), "would be lost")
    refused(books, changed(case, draft=draft(round=2, revision=2)), "round 2 in round 1")
    assert books.save(case, draft=draft(public="Sorry!", revision=2))

    assert books.cases.get(case.id).draft == draft(public="Sorry!", revision=2)


def test_an_action_begins_and_moves_only_as_allowed(books: Books) -> None:
    case = books.a_case()
    refused(books, change_of(case, action(state=ActionState.SENT)), "cannot begin as sent")
    assert books.cases.save(change_of(case, action()), NOW)
    case = books.cases.get(case.id)
    stored = case.actions[0]

    def to(**changes: Fields) -> Change:
        return change_of(case, replace(stored, **changes))

    refused(books, to(state=ActionState.SENT), "approved cannot become sent")
    refused(books, to(id=None), "has the id")
    refused(books, changed(case, actions=()), "would be lost")
    refused(books, changed(case, actions=(stored, stored)), "two actions")
    assert books.cases.save(to(state=ActionState.SENDING, fence=3, attempt=1), NOW)
    case = books.cases.get(case.id)
    stored = case.actions[0]
    refused(books, to(fence=2), "the fence only rises")
    refused(books, to(key="another"), "the key stays")


def test_an_action_that_nobody_stored_has_no_id(books: Books) -> None:
    case = books.a_case()
    stored = in_state(books, books.a_case(), action()).actions[0]

    refused(books, change_of(case, stored), "not in the case that was read")


def test_a_key_belongs_to_one_action(books: Books) -> None:
    first, second = books.a_case(), books.a_case()
    assert books.cases.save(change_of(first, action()), NOW)

    refused(books, change_of(second, action()), "belongs to another")


def test_a_case_only_grows(books: Books) -> None:
    case = books.a_case()
    answer = books.post(Verdict(angry=True))
    assert books.save(case, entries=(*case.entries, answer))
    case = books.cases.get(case.id)

    assert [entry.id for entry in case.entries] == [case.entries[0].id, answer.id]
    refused(books, changed(case, entries=(answer,)), "a case only grows")


def test_an_entry_in_a_case_never_changes(books: Books) -> None:
    case = books.a_case()

    refused(books, changed(case, entries=(replace(case.entries[0], round=2),)), "can never change")


def test_a_post_belongs_to_one_case(books: Books) -> None:
    first, second = books.a_case(), books.a_case()

    refused(books, changed(second, entries=(*second.entries, *first.entries)), "belongs to another")


# -- budgets ---------------------------------------------------------------------------------


def spending(case: Case, minor: int, *, back: bool = False, month: str = "2026-11") -> Change:
    amount = Money(minor=minor, currency="EUR")
    spend = Spend(month=month, amount=amount, budget=Money(minor=1000, currency="EUR"), back=back)
    return replace(changed(case, claimed_by="eva"), spend=spend)


def test_a_credit_fits_into_what_is_left_or_nothing_is_written(books: Books) -> None:
    case = books.a_case()
    assert books.cases.save(spending(case, 600), NOW)
    case = books.cases.get(case.id)

    with pytest.raises(BudgetSpent, match=r"4\.01 EUR does not fit.*4\.00 EUR is left"):
        books.cases.save(spending(case, 401), NOW)

    assert books.cases.get(case.id) == case
    assert books.spent("2026-11") == 600
    assert books.cases.save(spending(case, 400), NOW)
    assert books.spent("2026-11") == 1000


def test_another_month_has_its_own_budget(books: Books) -> None:
    case = books.a_case()
    assert books.cases.save(spending(case, 1000), NOW)
    case = books.cases.get(case.id)

    assert books.cases.save(spending(case, 1000, month="2026-12"), NOW)

    assert (books.spent("2026-11"), books.spent("2026-12")) == (1000, 1000)


def test_what_is_given_back_can_be_spent_again(books: Books) -> None:
    case = books.a_case()
    assert books.cases.save(spending(case, 1000), NOW)
    case = books.cases.get(case.id)
    assert books.cases.save(spending(case, 1000, back=True), NOW)
    case = books.cases.get(case.id)

    with pytest.raises(ValueError, match="was never taken"):
        books.cases.save(spending(case, 1, back=True), NOW)

    assert books.spent("2026-11") == 0
    assert books.cases.save(spending(case, 1000), NOW)


def test_a_budget_is_of_the_credits_currency(books: Books) -> None:
    case = books.a_case()
    change = spending(case, 1)
    assert change.spend is not None
    spend = replace(change.spend, budget=Money(minor=1000, currency="USD"))

    refused(books, replace(change, spend=spend), "against a budget")


def test_a_lost_race_spends_nothing(books: Books) -> None:
    case = books.a_case()
    assert books.save(case, claimed_by="tom")

    assert not books.cases.save(spending(case, 600), NOW)

    assert books.spent("2026-11") == 0


def test_two_at_once_cannot_overspend(books: Books) -> None:
    cases = [books.a_case() for _ in range(8)]

    def spend(case: Case) -> bool:
        try:
            return books.cases.save(spending(case, 300), NOW)
        except BudgetSpent:
            return False

    with ThreadPoolExecutor(max_workers=8) as people:
        won = list(people.map(spend, cases))

    assert won.count(True) == 3
    assert books.spent("2026-11") == 900


# -- what is due -----------------------------------------------------------------------------

DUE = [
    ("approved with no wait", action(), True),
    ("approved, its time has come", action(not_before=NOW), True),
    ("approved, in the undo window", action(not_before=AFTER), False),
    ("waiting for the customer", action(state=ActionState.WAITING), False),
    ("by hand", action(state=ActionState.BY_HAND), False),
    ("sending, lease over", action(state=ActionState.SENDING, lease_until=NOW), True),
    ("sending, no lease", action(state=ActionState.SENDING), True),
    ("sending, lease holds", action(state=ActionState.SENDING, lease_until=AFTER), False),
    ("unknown, settled", action(state=ActionState.UNKNOWN, settle_until=NOW), True),
    ("unknown, not settled", action(state=ActionState.UNKNOWN, settle_until=AFTER), False),
    ("unknown, next look later", action(state=ActionState.UNKNOWN, not_before=AFTER), False),
    ("sent", action(state=ActionState.SENT), False),
    ("to be taken down", action(state=ActionState.SENT, retract_by="eva"), True),
    (
        "to be taken down later",
        action(state=ActionState.SENT, retract_by="eva", not_before=AFTER),
        False,
    ),
    ("taken down", action(state=ActionState.RETRACTED, retract_by="eva"), False),
    ("failed", action(state=ActionState.FAILED), False),
    ("cancelled", action(state=ActionState.CANCELLED), False),
    ("needs a human", action(state=ActionState.NEEDS_HUMAN), False),
]


@pytest.mark.parametrize(
    ("made", "due"), [row[1:] for row in DUE], ids=[row[0].replace(" ", "_") for row in DUE]
)
def test_what_is_due(books: Books, made: Action, due: bool) -> None:
    case = in_state(books, books.a_case(), made)

    found = list(books.cases.due(NOW))

    expected = Due(
        case_id=case.id,
        kind=made.kind,
        round=1,
        state=made.state,
        brand=case.brand,
        platform=case.subject.mention.platform,
    )
    assert found == ([expected] if due else [])


@pytest.mark.parametrize(
    ("parent", "due"),
    [
        (ActionState.SENT, True),
        (ActionState.UNKNOWN, False),
        (ActionState.BY_HAND, False),
        (ActionState.FAILED, False),
        (ActionState.CANCELLED, False),
        (ActionState.RETRACTED, False),
        (None, True),
    ],
)
def test_a_dependent_waits_until_its_parent_is_out(
    books: Books, parent: ActionState | None, due: bool
) -> None:
    case = books.a_case()
    if parent is not None:
        held = action(state=parent, lease_until=AFTER, settle_until=AFTER)
        case = in_state(books, case, held)
    child = action(ActionKind.PRIVATE, depends_on=ActionKind.PUBLIC)

    assert books.cases.save(change_of(case, child), NOW)

    kinds = [found.kind for found in books.cases.due(NOW)]
    assert (ActionKind.PRIVATE in kinds) is due


def test_a_parent_of_another_round_holds_nothing(books: Books) -> None:
    case = in_state(books, books.a_case(), action(state=ActionState.CANCELLED))
    assert books.save(case, round=2, state=CaseState.OPEN)
    case = books.cases.get(case.id)
    child = action(ActionKind.PRIVATE, round=2, key="k2", depends_on=ActionKind.PUBLIC)

    assert books.cases.save(change_of(case, child), NOW)

    assert [found.round for found in books.cases.due(NOW)] == [2]


def test_the_oldest_are_due_first_and_no_more_than_asked_for(books: Books) -> None:
    cases = [books.a_case() for _ in range(3)]
    for number, case in enumerate(cases):
        assert books.cases.save(change_of(case, action(key=f"k{number}")), NOW)

    found = books.cases.due(NOW, 2)

    assert [due.case_id for due in found] == [cases[0].id, cases[1].id]


def test_an_action_is_found_by_its_key(books: Books) -> None:
    case = in_state(books, books.a_case(), action())

    assert books.cases.find("key-public") == (case.id, case.actions[0])
    assert books.cases.find("nobody's") is None


# -- codes -----------------------------------------------------------------------------------


def code(name: str, minor: int = 500, expires: date | None = None) -> Code:
    return Code(code=name, amount=Money(minor=minor, currency="EUR"), expires=expires)


def test_a_code_is_imported_once(books: Books) -> None:
    assert books.codes.import_codes([code("A"), code("B")]) == 2
    assert books.codes.import_codes([code("B"), code("C")]) == 1
    assert books.codes.import_codes([]) == 0
    assert list(books.codes.left(NOW)) == [(FIVE, 3)]


def test_a_key_gets_the_same_code_every_time(books: Books) -> None:
    books.codes.import_codes([code("A"), code("B")])

    assert books.codes.peek("k1") is None
    first = books.codes.take("k1", FIVE, NOW)

    assert books.codes.take("k1", FIVE, NOW) == first == books.codes.peek("k1")
    assert books.codes.take("k2", FIVE, NOW) != first
    assert list(books.codes.left(NOW)) == []


def test_an_empty_pool_says_so(books: Books) -> None:
    books.codes.import_codes([code("A", minor=400)])

    with pytest.raises(NoCodeLeft, match=r"5\.00 EUR"):
        books.codes.take("k1", FIVE, NOW)


def test_a_code_is_good_through_its_last_day(books: Books) -> None:
    books.codes.import_codes(
        [code("OLD", expires=date(2026, 11, 19)), code("LAST", expires=date(2026, 11, 20))]
    )

    assert list(books.codes.left(NOW)) == [(FIVE, 1)]
    assert books.codes.take("k1", FIVE, NOW) == "LAST"
    with pytest.raises(NoCodeLeft):
        books.codes.take("k2", FIVE, NOW)


def test_a_code_that_comes_back_is_given_to_the_next(books: Books) -> None:
    books.codes.import_codes([code("A")])
    books.codes.take("k1", FIVE, NOW)

    books.codes.give_back("k1")
    books.codes.give_back("never had one")

    assert books.codes.take("k2", FIVE, NOW) == "A"
    with pytest.raises(NoCodeLeft):
        books.codes.take("k1", FIVE, NOW)


def test_amounts_that_are_left_come_smallest_first(books: Books) -> None:
    books.codes.import_codes([code("A", 900), code("B", 500), code("C", 900)])

    assert [(str(amount), number) for amount, number in books.codes.left(NOW)] == [
        ("5.00 EUR", 1),
        ("9.00 EUR", 2),
    ]


def test_many_at_once_never_share_a_code(books: Books) -> None:
    books.codes.import_codes([code(f"C{number}") for number in range(20)])
    keys = [f"k{number % 10}" for number in range(40)]

    with ThreadPoolExecutor(max_workers=8) as people:
        got = list(people.map(lambda key: books.codes.take(key, FIVE, NOW), keys))

    by_key = dict(zip(keys, got, strict=True))
    assert [by_key[key] for key in keys] == got
    assert len(set(by_key.values())) == 10
