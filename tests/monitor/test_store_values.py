from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.engine import Dialect

from connectors.base import Author, Mention, Receipt
from monitor.store import Store
from monitor.store.bulk import stamp
from monitor.tables import REPLACEMENT, UTCDateTime, Words, moment, storable
from responders.action import Action, ActionId, ActionKind, ActionState
from responders.case import CaseState, Change
from responders.draft import Credit, Draft, Finding, Half, Override, Severity
from responders.money import Money
from responders.verdict import Doubt, RedFlag, Verdict
from tests.monitor.posts import NOTE, NOW, case, change, entry, post

SQLITE = make_url("sqlite://").get_dialect()()
POSTGRESQL = make_url("postgresql+psycopg://").get_dialect()()
NAIVE = NOW.replace(tzinfo=None)
NUMBERS = count(1)

quick = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
anything = st.text(st.characters(codec=None), max_size=40)
texts = anything.map(storable)
maybe = st.none() | texts
nepal, alaska = timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=9))
times = st.datetimes(
    NAIVE.replace(year=1971),
    NAIVE.replace(year=2999),
    timezones=st.sampled_from([UTC, nepal, alaska]),
)
monies = st.builds(
    Money, minor=st.integers(0, 2**62), currency=st.sampled_from(["EUR", "JPY", "KWD"])
)


# -- text --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain", "plain"),
        ("", ""),
        ("čeština 😀 中文 \u202e", "čeština 😀 中文 \u202e"),
        ("\x01\x1f\x7f\r\n\t", "\x01\x1f\x7f\r\n\t"),
        ("a\0b", f"a{REPLACEMENT}b"),
        ("ž\0ž", f"ž{REPLACEMENT}ž"),
        ("\ud83d", REPLACEMENT),
        ("x\ude00y\ud83d", f"x{REPLACEMENT}y{REPLACEMENT}"),
        ("\ude00\ud83d\0", REPLACEMENT * 3),
        ("\ud83d\ude00", "😀"),
    ],
)
def test_only_what_no_database_keeps_is_replaced(given: str, kept: str) -> None:
    assert storable(given) == kept


@given(anything)
def test_storable_text_is_utf8_without_nul_and_stays_so(words: str) -> None:
    kept = storable(words)

    assert "\0" not in kept
    assert kept.encode().decode() == kept
    assert storable(kept) == kept


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_ordinary_text_is_kept_to_the_letter(words: str) -> None:
    assert storable(words) is words


def test_no_text_is_none() -> None:
    assert Words().process_bind_param(None, SQLITE) is None


# -- times -------------------------------------------------------------------------------------


@given(times)
def test_a_time_comes_back_in_utc(at: datetime) -> None:
    kind = UTCDateTime()
    for dialect in (SQLITE, POSTGRESQL):
        stored = kind.process_bind_param(at, dialect)

        back = kind.process_result_value(cast("datetime | str", stored), dialect)

        assert back == at
        assert back is not None
        assert back.tzinfo is UTC


@given(times, times)
def test_stored_times_sort_as_times_do(first: datetime, second: datetime) -> None:
    assert (moment(first) < moment(second)) == (first < second)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_a_naive_time_is_refused(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        UTCDateTime().process_bind_param(NAIVE, dialect)
    assert UTCDateTime().process_bind_param(None, dialect) is None
    assert UTCDateTime().process_result_value(None, dialect) is None


def test_bulk_rows_refuse_naive_times_too(store: Store) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        stamp(store._database, NAIVE)


# -- whole values, there and back on both databases ---------------------------------------------

mentions = st.builds(
    Mention,
    platform=st.sampled_from(["twitter", "reddit"]),
    id=st.builds(lambda name: f"{next(NUMBERS)} {name}", texts),
    author=st.builds(
        Author,
        id=texts,
        handle=texts,
        name=texts,
        url=maybe,
        followers=st.none() | st.integers(0, 2**62),
        open_to_messages=st.none() | st.booleans(),
    ),
    text=texts,
    created_at=times,
    url=maybe,
    in_reply_to=maybe,
    thread=maybe,
    parent_text=maybe,
    language=maybe,
    addressed=st.booleans(),
    replies_open=st.booleans(),
    private=st.booleans(),
    ours=st.booleans(),
)
verdicts = st.builds(
    Verdict,
    language=texts,
    compound=st.floats(-1, 1),
    complaint=st.floats(0, 1),
    angry=st.booleans(),
    topic=maybe,
    asks=st.booleans(),
    relevant=st.booleans(),
    red_flags=st.lists(st.sampled_from(RedFlag), unique=True).map(tuple),
    why=st.lists(anything).map(tuple),
)
findings = st.builds(
    Finding,
    code=anything,
    severity=st.sampled_from(Severity),
    half=st.sampled_from(Half),
    words=anything,
    do=anything,
)
drafts = st.builds(
    Draft,
    language=texts,
    playbook=texts,
    public=maybe,
    private=maybe,
    public_english=maybe,
    private_english=maybe,
    credit=st.none() | st.builds(Credit, amount=monies, text=texts, text_english=texts),
    credit_chosen=st.booleans(),
    findings=st.lists(findings, max_size=3).map(tuple),
    holding=maybe,
    holding_english=maybe,
    reason=texts,
    written_by=texts,
)
actions = st.builds(
    Action,
    kind=st.sampled_from(ActionKind),
    round=st.just(1),
    state=st.sampled_from([ActionState.APPROVED, ActionState.WAITING, ActionState.BY_HAND]),
    key=st.builds(lambda name: f"{next(NUMBERS)} {name}", texts),
    text=texts,
    amount=st.none() | monies,
    depends_on=st.none() | st.sampled_from(ActionKind),
    approved_by=texts,
    approved_at=st.none() | times,
    not_before=st.none() | times,
    attempt=st.integers(0, 9),
    fence=st.integers(0, 9),
    owner=texts,
    intent_at=st.none() | times,
    lease_until=st.none() | times,
    settle_until=st.none() | times,
    absent_at=st.lists(times, max_size=3).map(tuple),
    receipt=st.none()
    | st.builds(Receipt, id=texts, url=maybe, at=st.none() | times, private=st.booleans()),
    error_code=texts,
    error=texts,
    retract_by=texts,
)


@quick
@given(made=mentions, verdict=st.none() | verdicts)
def test_a_post_and_its_verdict_come_back_as_they_were(
    store: Store, made: Mention, verdict: Verdict | None
) -> None:
    found = entry(store, made, verdict)

    assert found.mention == made
    assert found.verdict == verdict


@quick
@given(words=anything)
def test_odd_text_comes_back_storable_and_its_post_is_known(store: Store, words: str) -> None:
    name = f"{next(NUMBERS)} {words}"

    found = entry(store, post(name, text=words))

    assert found.mention.text == storable(words)
    assert store.mentions.known("Acme", "twitter", [name, "other"]) == {name}


@quick
@given(draft=drafts, action=actions)
def test_a_draft_and_an_action_come_back_as_they_were(
    store: Store, draft: Draft, action: Action
) -> None:
    opened = case(store, post(next(NUMBERS)))
    after = replace(opened, draft=draft, actions=(action,))

    assert store.cases.save(Change(before=opened, after=after, notes=(NOTE,)), NOW)

    found = store.cases.get(opened.id)
    assert found.draft == draft
    assert replace(found.actions[0], id=None) == action


# -- nothing that a value can say is forgotten ---------------------------------------------------

FULL_MENTION = Mention(
    platform="twitter",
    id="1",
    author=Author(
        id="7", handle="bob", name="Bob", url="u", followers=5_000_000_000, open_to_messages=True
    ),
    text="where is my order",
    created_at=NOW,
    url="u",
    in_reply_to="0",
    thread="0",
    parent_text="p",
    language="de",
    addressed=True,
    replies_open=False,
    private=True,
    ours=True,
)
FULL_VERDICT = Verdict(
    language="de",
    compound=-0.5,
    complaint=0.5,
    angry=True,
    topic="order_late",
    asks=True,
    relevant=False,
    red_flags=(RedFlag.LEGAL, RedFlag.CHILD),
    why=("late",),
    doubts=(Doubt.SHORT, Doubt.CLOSE),
    matters=(("flight_delay", 0.75), ("none", 0.125)),
)
PASSED = Override(by="lena", reason="it is so", passes=((Half.PUBLIC, "date", "abc"),))
FULL_DRAFT = Draft(
    round=2,
    revision=3,
    language="de",
    playbook="order_late",
    public="a",
    private="b",
    public_english="c",
    private_english="d",
    credit=Credit(amount=Money(minor=5, currency="EUR"), text="e", text_english="f"),
    credit_chosen=True,
    findings=(Finding(code="x", severity=Severity.NOTE, half=Half.PUBLIC, words="w", do="d"),),
    holding="g",
    holding_english="h",
    reason="i",
    written_by="eva",
    override=PASSED,
    checked=("50 EUR", "3 March"),
    checked_by="eva",
)
FULL_ACTION = Action(
    override=PASSED,
    id=ActionId(1),
    kind=ActionKind.PRIVATE,
    round=2,
    state=ActionState.WAITING,
    key="k",
    text="t",
    amount=Money(minor=5, currency="EUR"),
    depends_on=ActionKind.PUBLIC,
    approved_by="eva",
    approved_at=NOW,
    not_before=NOW,
    attempt=1,
    fence=2,
    owner="host:1",
    intent_at=NOW,
    lease_until=NOW,
    settle_until=NOW,
    absent_at=(NOW,),
    receipt=Receipt(id="9", url="u", at=NOW, private=True),
    error_code="slow",
    error="e",
    retract_by="tom",
)


@pytest.mark.parametrize("value", [FULL_MENTION, FULL_VERDICT, FULL_DRAFT, FULL_ACTION])
def test_an_example_says_all_that_can_be_said(value: object) -> None:
    assert is_dataclass(value)
    unsaid = [each.name for each in fields(value) if getattr(value, each.name) == each.default]

    assert unsaid == [], "set these in the example, and keep them in the store"


def test_examples_that_say_everything_come_back_whole(store: Store) -> None:
    stored = entry(store, FULL_MENTION, FULL_VERDICT)
    opened = case(store, post(2), state=CaseState.DISMISSED)
    filed = (*opened.entries, replace(stored, round=2))
    action = replace(FULL_ACTION, id=None)

    found = change(
        store,
        opened,
        round=2,
        state=CaseState.OPEN,
        entries=filed,
        draft=FULL_DRAFT,
        actions=(action,),
    )

    assert (stored.mention, stored.verdict) == (FULL_MENTION, FULL_VERDICT)
    assert found.draft == FULL_DRAFT
    assert replace(found.actions[0], id=None) == action
