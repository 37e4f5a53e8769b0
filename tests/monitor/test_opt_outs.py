"""STOP, from the message to every later send; undone by a person alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.base import Author
from monitor import maintenance
from monitor.config import BrandTable, DatabaseTable, File, Settings
from monitor.jobs import Jobs
from monitor.problems import RunError
from monitor.store import Store
from responders.action import ActionKind, ActionState
from responders.case import CaseId
from tests.databases import SqliteFiles
from tests.monitor.house import Platform, Time, complaint, house, send, turn
from tests.monitor.posts import ANGRY, BRAND, NOW, post

KIM = complaint(1).author


class TestTheBook:
    def test_knows_nobody_at_first(self, store: Store) -> None:
        assert store.opt_outs.since("Unknown", "reddit", KIM.id) is None
        store.ensure_brand(BRAND)
        assert store.opt_outs.since(BRAND, "reddit", KIM.id) is None

    def test_remembers_the_first_time(self, store: Store) -> None:
        assert store.opt_outs.add(BRAND, "reddit", KIM.id, NOW)
        assert not store.opt_outs.add(BRAND, "reddit", KIM.id, NOW.replace(year=2027))

        assert store.opt_outs.since(BRAND, "reddit", KIM.id) == NOW

    def test_is_for_one_person_on_one_platform_and_one_brand(self, store: Store) -> None:
        store.opt_outs.add(BRAND, "reddit", KIM.id, NOW)

        assert store.opt_outs.since(BRAND, "reddit", "somebody else") is None
        assert store.opt_outs.since(BRAND, "twitter", KIM.id) is None
        store.ensure_brand("Other")
        assert store.opt_outs.since("Other", "reddit", KIM.id) is None

    def test_can_be_undone(self, store: Store) -> None:
        store.opt_outs.add(BRAND, "reddit", KIM.id, NOW)

        assert store.opt_outs.undo(BRAND, "reddit", KIM.id)
        assert not store.opt_outs.undo(BRAND, "reddit", KIM.id)

        assert store.opt_outs.since(BRAND, "reddit", KIM.id) is None

    def test_outlives_the_erasure_of_the_person(self, store: Store) -> None:
        made = post(1)
        store.mentions.ingest(BRAND, "x", [(made, ANGRY)], None, NOW)
        store.opt_outs.add(BRAND, made.platform, made.author.id, NOW)

        store.forget(made.platform, made.author.id, NOW)

        assert store.opt_outs.since(BRAND, made.platform, made.author.id) == NOW

    def test_keeps_no_id_of_theirs(self, store: Store) -> None:
        store.opt_outs.add(BRAND, "reddit", "kim-wxyz", NOW)

        with store._database.read() as connection:
            rows = connection.exec_driver_sql("SELECT key, value FROM meta").all()
        assert any(row[0].startswith("opt_out:") for row in rows)
        assert "wxyz" not in str(rows)

    def test_finds_people_by_handle_or_id(self, store: Store) -> None:
        made = post(1)
        author = Author(id="a-9", handle="KimK")
        store.mentions.ingest(BRAND, "x", [(replace(made, author=author), ANGRY)], None, NOW)

        assert store.opt_outs.authors(made.platform, "kimk") == ((BRAND, "a-9"),)
        assert store.opt_outs.authors(made.platform, "a-9") == ((BRAND, "a-9"),)
        assert store.opt_outs.authors(made.platform, "tim") == ()


class TestInTheLine:
    @pytest.fixture
    def store(self, sqlite_files: SqliteFiles) -> Iterator[Store]:
        with Store.open(sqlite_files.fresh()) as opened:
            yield opened

    @pytest.fixture
    def reddit(self) -> Platform:
        return Platform(posts=[complaint(1)])

    @pytest.fixture
    def time(self) -> Time:
        return Time()

    @pytest.fixture
    def jobs(self, store: Store, tmp_path: Path, time: Time, reddit: Platform) -> Jobs:
        jobs = Jobs(house(store, tmp_path, time, reddit))
        jobs.poll("reddit")
        jobs.walk()
        return jobs

    def test_a_private_stop_holds_back_what_is_approved(
        self, jobs: Jobs, store: Store, reddit: Platform
    ) -> None:
        send(jobs._house, store.cases.get(CaseId(1)))
        reddit.turns = [turn(1, complaint(1), text="STOP", private=True)]

        jobs.watch(CaseId(1))
        jobs.walk()

        public = store.cases.get(CaseId(1)).action(ActionKind.PUBLIC, round=1)
        assert public is not None
        assert public.state is ActionState.FAILED
        assert "to write no more" in public.error
        assert reddit.sent == []

    def test_a_stop_below_our_answer_counts_too(
        self, jobs: Jobs, store: Store, reddit: Platform
    ) -> None:
        ours = turn(9, complaint(1), text="Hello, here is Jan.", ours=True)
        theirs = turn(1, complaint(1), text="Leave me alone!", in_reply_to=ours.id)
        reddit.turns = [ours, theirs]

        jobs.watch(CaseId(1))

        assert store.opt_outs.since(BRAND, "reddit", KIM.id) is not None

    def test_a_stop_to_somebody_else_does_not(
        self, jobs: Jobs, store: Store, reddit: Platform
    ) -> None:
        reddit.turns = [turn(1, complaint(1), text="Leave me alone!", in_reply_to="another's")]

        jobs.watch(CaseId(1))

        assert store.opt_outs.since(BRAND, "reddit", KIM.id) is None

    def test_later_complaints_get_no_draft_and_the_card_says_why(
        self, jobs: Jobs, store: Store, reddit: Platform
    ) -> None:
        other = Author(id="tom", handle="tom")
        stop = replace(complaint(2), author=other, text="@acme stop", addressed=True)
        reddit.posts += [stop, replace(complaint(3), author=other)]
        jobs.poll("reddit")
        jobs.walk()

        case = store.cases.get(CaseId(2))
        assert case.draft is not None
        assert case.draft.public is None
        card = jobs._house.desk.card(case.id)
        assert card.public is not None
        assert "They asked us on" in card.public.way.reason
        assert "They asked us on" in card.reason


class TestByHand:
    @pytest.fixture
    def settings(self, sqlite_files: SqliteFiles, tmp_path: Path) -> Settings:
        url = sqlite_files.fresh()
        with Store.open(url) as store:
            store.mentions.ingest(BRAND, "x", [(complaint(1), ANGRY)], None, NOW)
        file = File(brands=(BrandTable(name=BRAND),), database=DatabaseTable(url=url))
        return Settings(file=file, path=tmp_path / "config.toml")

    def since(self, settings: Settings) -> object:
        with Store.open(settings.database_url) as store:
            return store.opt_outs.since(BRAND, "reddit", KIM.id)

    def test_a_person_can_be_left_alone_and_written_to_again(self, settings: Settings) -> None:
        told = maintenance.opt_out(settings, "reddit", f"u/{KIM.handle}", undo=False)
        assert told == f"nothing is sent to {KIM.handle} on reddit any more, on no channel"
        assert self.since(settings) is not None

        told = maintenance.opt_out(settings, "reddit", KIM.handle, undo=True)
        assert told == f"{KIM.handle} on reddit may be written to again"
        assert self.since(settings) is None

    def test_a_name_that_nobody_has_is_told(self, settings: Settings) -> None:
        with pytest.raises(RunError, match="nobody called tim on reddit ever wrote to us"):
            maintenance.opt_out(settings, "reddit", "@tim", undo=False)
