"""The composition root: the settings decide which parts there are, and the parts fit together."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.base import Contact, Route
from connectors.samples import Samples, SamplesSettings
from connectors.settings import ConnectorSettings
from monitor import app
from monitor.config import BrandTable, File, SlackTable
from monitor.jobs import House, Jobs
from monitor.judge import DEFAULT_THRESHOLD
from monitor.lock import FileLock
from monitor.problems import RunError
from monitor.session_lock import SessionLock
from monitor.store import Store
from responders import playbooks
from responders.case import CaseId
from responders.money import Money
from responders.policy import Policy
from tests.databases import SqliteFiles
from tests.monitor.house import (
    Held,
    Platform,
    Time,
    complaint,
    house,
    open_store,
    settings,
    shipped_judge,
)
from tests.monitor.posts import ANGRY, BRAND, NOW, case

CREDIT = {
    "suggested": "10 EUR",
    "cap_per_case": "25 EUR",
    "monthly_budget": "500 EUR",
    "codes_file": "codes.csv",
}
SLACK = SlackTable(
    bot_token=SecretStr("xoxb-1"), app_token=SecretStr("xapp-1"), channel="C1", batch_low=False
)


@pytest.fixture
def store(sqlite_files: SqliteFiles) -> Iterator[Store]:
    with open_store(sqlite_files.fresh()) as opened:
        yield opened


def built(store: Store, folder: Path, *, relevance: bool = True, trust: bool = True) -> House:
    """A house with the shipped judge, as `amends run` has it."""
    return app.build(
        settings(folder, "reddit"),
        store,
        clock=Time(),
        connectors={"reddit": Platform()},
        lock=Held(),
        judge=shipped_judge(),
        relevance=relevance,
        trust_addressed=trust,
    )


# Single parts


@pytest.mark.parametrize(("own", "expected"), [(None, DEFAULT_THRESHOLD), (0.7, 0.7)])
def test_a_teams_threshold_takes_the_place_of_the_shipped_one(
    tmp_path: Path, own: float | None, expected: float
) -> None:
    made = settings(tmp_path, judge={"threshold": own})

    assert app.threshold(made) == expected


def test_a_teams_texts_lie_beside_the_settings(tmp_path: Path) -> None:
    shipped = Path(playbooks.__file__).parent / "order_late.toml"
    (tmp_path / "ours").mkdir()
    shutil.copy(shipped, tmp_path / "ours")

    own = app.make_playbooks(settings(tmp_path, playbooks={"folder": "ours"}))
    plain = app.make_playbooks(settings(tmp_path))

    assert {book.name for book in own.playbooks} == {book.name for book in plain.playbooks}


def test_connectors_are_made_of_what_is_enabled(tmp_path: Path) -> None:
    tables: dict[str, ConnectorSettings] = {"samples": SamplesSettings()}
    made = app.make_connectors(settings(tmp_path).model_copy(update={"connectors": tables}), NOW)

    assert list(made) == ["samples"]
    assert isinstance(made["samples"], Samples)


def test_the_posts_that_ship_with_amends_are_young_enough_for_cases(
    store: Store, tmp_path: Path
) -> None:
    at = NOW.replace(year=2040)
    made = settings(tmp_path).model_copy(update={"connectors": {"samples": SamplesSettings()}})
    connectors = app.make_connectors(made, at)
    parts = app.build(
        made, store, clock=Time(at), connectors=connectors, lock=Held(), judge=shipped_judge()
    )
    jobs = Jobs(parts)

    jobs.poll("samples")
    jobs.prepare()

    assert store.tally(BRAND).cases > 0


def test_posts_of_ones_own_keep_their_days(tmp_path: Path) -> None:
    line = '{"id": "1", "text": "late", "created_at": "2020-01-01T10:00:00Z"}\n'
    (tmp_path / "posts.jsonl").write_text(line, encoding="utf-8")
    tables = {"samples": SamplesSettings(path=str(tmp_path / "posts.jsonl"))}
    made = app.make_connectors(settings(tmp_path).model_copy(update={"connectors": tables}), NOW)

    (post,) = made["samples"].poll(None).mentions

    assert post.created_at == datetime(2020, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("slack", [None, SLACK.model_copy(update={"enabled": False})])
def test_without_slack_there_is_no_surface(tmp_path: Path, slack: SlackTable | None) -> None:
    made = settings(tmp_path, slack=slack)

    assert app.make_surface(made, Time()) is None
    assert app.active_accounts(made, Time()) is None


def test_the_lock_lies_beside_the_database(tmp_path: Path) -> None:
    lock = app.sender_lock(settings(tmp_path, database={"url": "sqlite:///data/a.db"}))

    assert isinstance(lock, FileLock)
    assert lock.path == tmp_path / "data" / "a.db.sender.lock"


def test_postgresql_keeps_its_own_lock(tmp_path: Path) -> None:
    url = "postgresql://user@127.0.0.1/amends"

    assert isinstance(app.sender_lock(settings(tmp_path, database={"url": url})), SessionLock)


def test_what_would_help_is_the_topics_own_advice() -> None:
    books = playbooks.load(None)

    assert app.prevent(books, "order_late")
    assert app.prevent(books, "no such topic") == ""


def test_a_process_is_named_by_its_machine_and_its_number() -> None:
    assert app.owner().endswith(f":{os.getpid()}")


def test_codes_come_from_the_shops_file_once(store: Store, tmp_path: Path) -> None:
    policy = settings(tmp_path, policy={"credit": CREDIT}).policy
    (tmp_path / "codes.csv").write_text("code,amount,currency\nAB1,10,EUR\nAB2,10,EUR\n")

    assert app.import_codes(policy, store) == 2
    assert app.import_codes(policy, store) == 0
    assert app.import_codes(Policy(), store) == 0


def test_codes_that_cannot_be_read_are_the_teams_to_mend(store: Store, tmp_path: Path) -> None:
    policy = settings(tmp_path, policy={"credit": CREDIT}).policy
    (tmp_path / "codes.csv").write_text("code,amount,currency\n,10,EUR\n")

    with pytest.raises(RunError, match=r"codes\.csv, line 2: the code is missing"):
        app.import_codes(policy, store)


# The parts together


def test_a_post_about_something_else_is_kept_and_opens_no_case(
    store: Store, tmp_path: Path
) -> None:
    made = built(store, tmp_path)
    brand = made.brands[BRAND]
    text = "My parcel has not arrived after three weeks, this is terrible!"

    about = made.judge(complaint(1, text=f"{text} acme"), brand)
    other = made.judge(complaint(2, text=text), brand)
    addressed = made.judge(complaint(3, text=text, addressed=True), brand)
    private = made.judge(complaint(4, text=text, private=True), brand)

    assert [verdict.needs_person for verdict in (about, other, addressed, private)] == [
        True,
        False,
        True,
        True,
    ]
    assert other.angry
    assert other.why[0].startswith("not about Acme: ")


@pytest.mark.parametrize(
    ("relevance", "trust", "taken"), [(False, True, True), (True, False, False)]
)
def test_relevance_may_be_off_and_need_not_trust_an_address(
    store: Store, tmp_path: Path, relevance: bool, trust: bool, taken: bool
) -> None:
    made = built(store, tmp_path, relevance=relevance, trust=trust)
    mention = complaint(1, text="late again, terrible!", addressed=True)

    assert made.judge(mention, made.brands[BRAND]).relevant is taken


def test_no_two_customers_get_the_same_words(store: Store, tmp_path: Path) -> None:
    made = house(store, tmp_path, Time(), Platform())
    jobs = Jobs(made)
    judged = [(complaint(number, f"person{number}"), ANGRY) for number in range(1, 5)]
    store.mentions.ingest(BRAND, "x", judged, None, NOW)

    texts = []
    for case_id in (1, 2, 3, 4):
        jobs.prepare()
        found = store.cases.get(CaseId(case_id))
        assert found.draft is not None
        texts.append(found.draft.public)

    assert len(set(texts)) >= 2


def test_a_month_ends_where_the_brand_is(store: Store, tmp_path: Path) -> None:
    made = house(store, tmp_path, Time(), Platform())

    assert made.month_of(BRAND, datetime(2026, 11, 30, 23, 30, tzinfo=UTC)) == "2026-12"


def test_the_card_says_what_is_left_of_the_months_credits(store: Store, tmp_path: Path) -> None:
    policy = {"approvers": ["eva"], "credit": CREDIT}
    made = house(store, tmp_path, Time(), Platform(), policy=policy)
    store.mentions.ingest(BRAND, "x", [(complaint(1), ANGRY)], None, NOW)
    Jobs(made).prepare()

    card = made.desk.card(CaseId(1))

    assert card.credit is not None
    assert card.credit.left == "500.00 EUR left this month"
    assert made.policy.credit is not None
    assert made.policy.credit.suggested == Money(minor=1000, currency="EUR")


def test_of_a_platform_that_was_switched_off_a_case_can_only_be_read(store: Store) -> None:
    found = case(store, complaint(1))

    able = app.able({}, found, Contact())

    assert able.public.route is able.private.route is Route.NONE
    assert able.public.reason == "reddit is switched off in Amends."


def test_each_source_belongs_to_its_brand(store: Store, tmp_path: Path) -> None:
    made = settings(tmp_path)
    two = File(brands=(BrandTable(name=BRAND), BrandTable(name="Bolt")))
    tables = {"reddit": ConnectorSettings(brand="Bolt"), "twitter": ConnectorSettings()}
    made = made.model_copy(update={"file": two, "connectors": tables})

    parts = app.build(
        made,
        store,
        clock=Time(),
        connectors={"reddit": Platform(), "twitter": Platform(platform="twitter")},
        lock=Held(),
        judge=shipped_judge(),
    )

    assert {source: brand.name for source, brand in parts.brand_of.items()} == {
        "reddit": "Bolt",
        "twitter": BRAND,
    }
    assert parts.brands.keys() == {BRAND, "Bolt"}
