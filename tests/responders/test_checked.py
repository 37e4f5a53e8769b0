"""Facts that a person has looked up: typed, kept, shown, and free to be said in private alone."""

from dataclasses import replace

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from connectors.base import Ability, TextLimit
from responders import checked
from responders.approve import NotNow, decide
from responders.card import Verb
from responders.cards import make_card
from responders.case import Case, Change
from responders.checked import BadFacts, facts_in
from responders.draft import Draft, Half, Severity, text_hash
from responders.guard import MACHINE, Code, review
from responders.policy import Brand, Person
from tests.responders.given import (
    API,
    BOTH,
    CASE,
    DRAFT,
    EVA,
    JAN,
    NOW,
    POLICY,
    PRIVATE,
    click,
    keys,
    unchanged,
)

PRIVATE_FACT = "Your refund of 49.90 EUR was sent on 12/11/2026."


def edited(
    case: Case, line: str | None, person: Person = EVA, private: str | None = None
) -> Change:
    decision = replace(click(Verb.EDIT, case, private=private), checked=line)
    return decide(
        case,
        decision,
        person,
        policy=POLICY,
        ability=BOTH,
        review=unchanged,
        now=NOW,
        new_key=keys(),
    )


def draft_of(change: Change) -> Draft:
    assert change.after.draft is not None
    return change.after.draft


# --- as they are typed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("", ()),
        (" ,; \n", ()),
        ("49.90 EUR, 3 March", ("49.90 EUR", "3 March")),
        ("49,90 €", ("49,90 €",)),
        ("49,90 €,30 days", ("49,90 €", "30 days")),
        ("1,250.00 USD; 12/11/2026\n14  days", ("1,250.00 USD", "12/11/2026", "14 days")),
        ("5 %, 5 %", ("5 %",)),
    ],
)
def test_commas_semicolons_and_lines_divide_facts_but_no_sum(
    line: str, facts: tuple[str, ...]
) -> None:
    assert facts_in(line) == facts


def test_five_are_most() -> None:
    assert len(facts_in("10 EUR;11 EUR;12 EUR;13 EUR;14 EUR")) == checked.MOST
    with pytest.raises(BadFacts, match="At most 5 checked facts for one case, not 6"):
        facts_in("10 EUR;11 EUR;12 EUR;13 EUR;14 EUR;15 EUR")


def test_a_fact_is_short_but_no_single_figure() -> None:
    assert facts_in("x" * checked.LONGEST) == ("x" * checked.LONGEST,)
    with pytest.raises(BadFacts, match="61 characters; 60 is most"):
        facts_in("x" * 61)
    with pytest.raises(BadFacts, match="“3” is too short"):
        facts_in("49.90 EUR, 3")


@for_any(st.lists(st.text(alphabet="ab1 .,€-", min_size=1, max_size=20), max_size=8))
def test_what_is_shown_again_is_read_the_same(parts: list[str]) -> None:
    try:
        facts = facts_in("; ".join(parts))
    except BadFacts:
        return

    assert facts_in(checked.typed(facts)) == facts
    assert len(checked.typed(facts)) <= checked.LINE_LONGEST


# --- kept with the draft -----------------------------------------------------------------------


def test_an_edit_keeps_the_facts_and_who_has_checked_them() -> None:
    change = edited(CASE, "49.90 EUR; 12/11/2026", private=PRIVATE_FACT)

    draft = draft_of(change)
    assert (draft.checked, draft.checked_by) == (("49.90 EUR", "12/11/2026"), EVA.shown)
    assert [(n.what, n.by, n.detail) for n in change.notes] == [
        ("edited", EVA.shown, ""),
        ("checked", EVA.shown, "2 facts"),
    ]
    assert change.notes[1].hash == text_hash("49.90 EUR\n12/11/2026")
    card = make_card(change.after, ability=BOTH, policy=POLICY, now=NOW)
    assert (card.checked, card.checked_by) == (draft.checked, EVA.shown)


def test_facts_alone_leave_the_words_to_whoever_wrote_them() -> None:
    machine = replace(CASE, draft=replace(DRAFT, written_by=MACHINE))

    draft = draft_of(edited(machine, "49.90 EUR"))

    assert (draft.written_by, draft.revision, draft.private) == (MACHINE, 2, PRIVATE)


def test_an_edit_that_says_nothing_of_facts_leaves_them() -> None:
    known = edited(CASE, "49.90 EUR").after

    draft = draft_of(edited(known, None, JAN, private="Hello."))

    assert (draft.checked, draft.checked_by) == (("49.90 EUR",), EVA.shown)


def test_who_adds_a_fact_answers_for_all_of_them() -> None:
    known = edited(CASE, "49.90 EUR; 12/11/2026").after

    assert draft_of(edited(known, "49.90 EUR", JAN)).checked_by == EVA.shown
    assert draft_of(edited(known, "49.90 EUR; 14 days", JAN)).checked_by == JAN.shown


def test_an_empty_line_takes_the_facts_away() -> None:
    known = edited(CASE, "49.90 EUR").after

    change = edited(known, " ", JAN)

    assert (draft_of(change).checked, draft_of(change).checked_by) == ((), "")
    assert change.notes[1].detail == "0 facts"


def test_one_fact_is_counted_as_one() -> None:
    assert edited(CASE, "49.90 EUR").notes[1].detail == "1 fact"


def test_the_same_facts_change_nothing() -> None:
    known = edited(CASE, "49.90 EUR").after

    with pytest.raises(NotNow, match="Nothing was changed"):
        edited(known, "49.90 EUR")


def test_bad_facts_are_refused_with_the_name_of_the_field() -> None:
    with pytest.raises(NotNow, match=r"Checked for this case: “7” is too short"):
        edited(CASE, "7")


# --- what they free ----------------------------------------------------------------------------


def findings(half: Half, text: str, facts: tuple[str, ...]) -> dict[str, Severity]:
    wide = replace(API, limit=TextLimit(maximum=1000))
    public = half is Half.PUBLIC
    draft = Draft(
        public=text if public else None,
        private=None if public else text,
        checked=facts,
        written_by=EVA.shown,
    )
    made = review(
        draft,
        brand=Brand(name="Acme"),
        ability=Ability(public=wide, private=wide),
        subject=CASE.subject.mention,
    )
    return {found.code: found.severity for found in made.findings}


def test_a_checked_fact_may_be_said_in_private() -> None:
    bare = findings(Half.PRIVATE, PRIVATE_FACT, ())
    known = findings(Half.PRIVATE, PRIVATE_FACT, ("49.90 EUR", "12/11/2026"))

    assert {Code.AMOUNT, Code.DATE} <= bare.keys()
    assert not {Code.AMOUNT, Code.DATE} & known.keys()


def test_a_checked_fact_frees_nothing_in_public() -> None:
    facts = ("49.90 EUR", "12/11/2026")

    in_public = findings(Half.PUBLIC, PRIVATE_FACT, facts)

    assert in_public == findings(Half.PUBLIC, PRIVATE_FACT, ())
    assert {in_public[Code.AMOUNT], in_public[Code.DATE]} == {Severity.BLOCK}


def test_another_fact_frees_nothing() -> None:
    assert Code.AMOUNT in findings(Half.PRIVATE, PRIVATE_FACT, ("59.90 EUR", "12/11/2026"))


def test_personal_data_is_freed_by_no_fact() -> None:
    text = "We have written to kim@example.org."

    assert Code.PERSONAL_DATA in findings(Half.PRIVATE, text, ("kim@example.org",))
