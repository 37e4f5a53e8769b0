"""A copy of the database never speaks: clones, second copies and restored backups are told."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.settings import ConnectorSettings
from monitor import app, check, maintenance
from monitor.belonging import Belonging, belonging, doubt
from monitor.config import BrandTable, DatabaseTable, EngineTable, File, Settings
from monitor.lock import FileLock
from monitor.problems import RunError
from monitor.store import Store
from responders import outcome
from responders.action import Action, ActionKind, ActionState
from responders.case import CaseId, CaseState, Change, Note
from responders.credit.pool import Pool
from responders.deliver import Sender
from tests.databases import SqliteFiles
from tests.responders import given
from tests.responders.given import CASE, DRAFT, EVA, NOW, PRIVATE, PUBLIC


class Notes:
    """The database's side, of which a test can keep an earlier state."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self.kept.get(key)

    def put(self, key: str, value: str) -> None:
        self.kept[key] = value


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "amends.db.id"


def at(notes: Notes, file: Path, *, host: str = "web-1", place: str = "/srv/a.db") -> Belonging:
    return Belonging(notes, file=file, host=host, place=place)


class TestHome:
    def test_is_wherever_a_new_database_is(self, notes: Notes, file: Path) -> None:
        assert at(notes, file).why_not() == ""

    def test_stays_where_it_was_bound(self, notes: Notes, file: Path) -> None:
        at(notes, file).bind()
        at(notes, file).bind()
        at(notes, file).renew()

        assert at(notes, file).why_not() == ""

    def test_is_not_another_host(self, notes: Notes, file: Path) -> None:
        at(notes, file).bind()

        why = at(notes, file, host="web-2").why_not()

        assert why == "this is a copy: the database sends from web-1 (/srv/a.db)"

    def test_is_not_a_second_place_on_the_host(self, notes: Notes, file: Path) -> None:
        at(notes, file).bind()

        assert "this is a copy" in at(notes, file, place="/srv/b.db").why_not()

    def test_is_not_where_the_file_is_missing(self, notes: Notes, file: Path) -> None:
        at(notes, file).bind()
        file.unlink()

        assert f"this is a copy, or {file} was lost" in at(notes, file).why_not()

    def test_is_not_an_earlier_state(self, notes: Notes, file: Path) -> None:
        at(notes, file).bind()
        backup = dict(notes.kept)
        at(notes, file).renew()
        assert at(notes, file).why_not() == ""
        at(notes, file).renew()

        notes.kept = backup

        assert "an earlier state of the database" in at(notes, file).why_not()

    def test_is_not_a_new_database_in_the_place_of_the_old(self, notes: Notes, file: Path) -> None:
        at(notes, file).bind()

        assert "another database" in at(Notes(), file).why_not()

    def test_is_not_an_older_installation_in_its_place(self, notes: Notes, file: Path) -> None:
        other = Notes()
        at(other, file.with_name("other.id")).bind()
        at(notes, file).bind()

        assert "another database" in at(other, file).why_not()

    def test_is_not_where_the_file_cannot_be_read(self, notes: Notes, file: Path) -> None:
        at(notes, file).bind()
        file.write_text("{}")

        assert at(notes, file).why_not() == f"{file} cannot be read"

    def test_is_wherever_it_is_bound_anew(self, notes: Notes, file: Path) -> None:
        at(notes, file).bind()
        here = at(notes, file, host="web-2")

        here.bind()

        assert here.why_not() == ""
        assert at(notes, file).why_not() != ""

    def test_survives_a_crash_between_its_two_sides(self, notes: Notes, file: Path) -> None:
        at(notes, file).bind()

        class Dies(Notes):
            def put(self, key: str, value: str) -> None:
                raise KeyboardInterrupt

        dying = Dies()
        dying.kept = notes.kept
        for change in (at(dying, file).renew, at(dying, file).bind):
            with pytest.raises(KeyboardInterrupt):
                change()
            assert at(notes, file).why_not() == ""

    def test_keeps_its_mark_where_it_is_not_home(self, notes: Notes, file: Path) -> None:
        at(notes, file).bind()
        before = file.read_text()

        at(notes, file, host="web-2").renew()
        at(Notes(), file).renew()

        assert file.read_text() == before

    def test_needs_a_folder_to_write_to(self, notes: Notes, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="cannot be written: No such file"):
            at(notes, tmp_path / "none" / "amends.id").bind()


def action(kind: ActionKind, state: ActionState = ActionState.APPROVED, **more: object) -> Action:
    made = Action(
        kind=kind,
        round=1,
        key=f"key-{kind}",
        state=state,
        text={ActionKind.PUBLIC: PUBLIC, ActionKind.PRIVATE: PRIVATE}[kind],
        approved_by=EVA.shown,
        approved_at=NOW,
        not_before=NOW,
    )
    return Action(**{**made.__dict__, **more})


def approved(store: Store, *actions: Action) -> CaseId:
    """A case whose answer is approved and has not left, as the database knows it."""
    store.ensure_brand(CASE.brand)
    subject = CASE.subject.mention
    new = store.mentions.ingest(CASE.brand, "x", [(subject, CASE.verdict)], None, NOW).new
    case_id = store.cases.open(new[0], NOW, None)
    case = store.cases.get(case_id)
    after = replace(
        case, draft=DRAFT, state=CaseState.APPROVED, decided_by=EVA.shown, actions=actions
    )
    assert store.cases.save(
        Change(before=case, after=after, notes=(Note(what="approved", by=EVA.shown),)), NOW
    )
    return case_id


class Restored:
    """An installation after a restore: the platform may have more than the database knows."""

    def __init__(self, store: Store, case_id: CaseId) -> None:
        self.store, self.case_id = store, case_id
        self.clock = given.Clock(NOW + timedelta(hours=5))
        self.platform = given.Platform(clock=self.clock)
        self.sender = Sender(
            store.cases,
            connector=lambda _case: self.platform,
            credits=Pool(store.credits),
            review=given.unchanged,
            clock=self.clock,
            owner="here",
            lock=given.Lock(),
            holds=lambda _case, _kind, _now: None,
            contact=lambda _case: given.STRANGERS,
        )

    def run(self) -> None:
        for _ in range(6):
            for due in self.store.actions.due(self.clock()):
                self.sender.step(due)
            self.clock.move(minutes=2)

    def state(self, kind: ActionKind) -> ActionState:
        found = self.store.cases.get(self.case_id).action(kind)
        assert found is not None
        return found.state


def test_what_went_out_elsewhere_is_found_and_not_sent_again(store: Store) -> None:
    public = action(ActionKind.PUBLIC)
    private = action(ActionKind.PRIVATE, depends_on=ActionKind.PUBLIC)
    there = Restored(store, approved(store, public, private))
    there.platform._stands(there.platform.public, CASE.subject.mention.id, PUBLIC, "k")
    there.platform._write_private(CASE.subject.mention.author, PRIVATE, "k")

    assert doubt(store, there.clock(), "eva") == 2
    there.run()

    assert there.state(ActionKind.PUBLIC) is there.state(ActionKind.PRIVATE) is ActionState.SENT
    assert (len(there.platform.public), len(there.platform.private)) == (1, 1)


def test_what_is_surely_not_out_is_sent_and_of_the_rest_a_person_is_asked(store: Store) -> None:
    public = action(ActionKind.PUBLIC)
    private = action(ActionKind.PRIVATE, depends_on=ActionKind.PUBLIC)
    there = Restored(store, approved(store, public, private))

    doubt(store, there.clock(), "eva")
    there.run()

    assert there.state(ActionKind.PUBLIC) is ActionState.SENT
    assert there.state(ActionKind.PRIVATE) is ActionState.NEEDS_HUMAN
    assert (len(there.platform.public), len(there.platform.private)) == (1, 0)


def test_what_waited_for_the_customer_is_looked_for_too(store: Store) -> None:
    waiting = action(ActionKind.PRIVATE, ActionState.WAITING)
    there = Restored(store, approved(store, waiting))
    there.platform._write_private(CASE.subject.mention.author, PRIVATE, "k")

    doubt(store, there.clock(), "eva")
    there.run()

    assert there.state(ActionKind.PRIVATE) is ActionState.SENT
    assert len(there.platform.private) == 1


def test_doubting_twice_changes_nothing_more(store: Store) -> None:
    case_id = approved(store, action(ActionKind.PUBLIC))

    assert doubt(store, NOW, "eva") == 1
    assert doubt(store, NOW, "eva") == 0

    found = store.cases.get(case_id).action(ActionKind.PUBLIC)
    assert found is not None
    assert found.error_code == outcome.ELSEWHERE


class TestAdopt:
    @pytest.fixture
    def settings(self, sqlite_files: SqliteFiles, tmp_path: Path) -> Settings:
        shutil.copyfile(sqlite_files.fresh().removeprefix("sqlite:///"), tmp_path / "amends.db")
        return self.on(tmp_path, "web-1")

    def on(self, folder: Path, host: str) -> Settings:
        file = File(
            brands=(BrandTable(name="Acme"),),
            database=DatabaseTable(),
            engine=EngineTable(host=host),
        )
        return Settings(file=file, path=folder / "config.toml")

    def sent_from(self, settings: Settings) -> None:
        with Store.open(settings.database_url) as store:
            belonging(settings, store).bind()

    def lines(self, settings: Settings) -> list[str]:
        with Store.open(settings.database_url) as store:
            found = check._state(settings, store)
            return [finding.line() for finding in found if finding.where == "sending"]

    def test_finds_nothing_to_do_at_home(self, settings: Settings) -> None:
        assert maintenance.adopt(settings, "eva") == (
            "nothing to do: this database sends from here"
        )
        self.sent_from(settings)
        assert "nothing to do" in maintenance.adopt(settings, "eva")
        assert self.lines(settings) == []

    def test_takes_a_clone_over(self, settings: Settings, tmp_path: Path) -> None:
        self.sent_from(settings)
        clone = self.on(tmp_path, "web-2")
        with Store.open(clone.database_url) as store:
            approved(store, action(ActionKind.PUBLIC))
        (line,) = self.lines(clone)
        assert line == (
            f"PROBLEM sending: this is a copy: the database sends from web-1 "
            f"({tmp_path.resolve()}/amends.db): amends adopt takes over"
        )

        told = maintenance.adopt(clone, "eva")

        assert told.startswith("taken over (this is a copy")
        assert told.endswith("1 answers are looked for before any of them is sent")
        assert self.lines(clone) == []
        assert "this is a copy" in self.lines(settings)[0]

    def test_says_where_nothing_was_under_way(self, settings: Settings, tmp_path: Path) -> None:
        self.sent_from(settings)

        told = maintenance.adopt(self.on(tmp_path, "web-2"), "eva")

        assert told.endswith("nothing was about to be sent")

    def test_is_refused_while_somebody_sends(self, settings: Settings, tmp_path: Path) -> None:
        lock = FileLock(tmp_path / "amends.db.sender.lock")
        lock.acquire()

        with pytest.raises(RunError, match=r"amends run is under way .*: stop it first"):
            maintenance.adopt(settings, "eva")

        lock.release()

    def test_mends_a_file_that_cannot_be_read(self, settings: Settings, tmp_path: Path) -> None:
        self.sent_from(settings)
        (tmp_path / "amends.db.id").write_text("[]")

        assert "cannot be read" in maintenance.adopt(settings, "eva")

        assert "nothing to do" in maintenance.adopt(settings, "eva")
        assert json.loads((tmp_path / "amends.db.id").read_text())["host"] == "web-1"


@pytest.mark.parametrize("away", ["", "this is a copy"])
def test_a_house_that_is_away_holds_what_was_approved(
    sqlite_files: SqliteFiles, tmp_path: Path, away: str
) -> None:
    settings = Settings(
        file=File(brands=(BrandTable(name=CASE.brand),)),
        connectors={"twitter": ConnectorSettings()},
        path=tmp_path / "config.toml",
    )
    with Store.open(sqlite_files.fresh()) as store:
        case_id = approved(store, action(ActionKind.PUBLIC))
        clock = given.Clock(NOW + timedelta(minutes=5))
        platform = given.Platform(clock=clock)
        lock = given.Lock()
        house = app.build(
            settings, store, clock=clock, connectors={"twitter": platform}, lock=lock, away=away
        )

        state = house.sender.deliver(case_id, ActionKind.PUBLIC, 1)

    # At home it moves; here the guard finds something in the text and hands it back.
    assert state is (ActionState.APPROVED if away else ActionState.NEEDS_HUMAN)


def test_with_postgresql_the_file_lies_beside_the_settings(store: Store, tmp_path: Path) -> None:
    file = File(
        brands=(BrandTable(name="Acme"),),
        database=DatabaseTable(url="postgresql://eva:s3cret@db.example/shop"),
    )

    belonging(Settings(file=file, path=tmp_path / "config.toml"), store).bind()

    told = (tmp_path / "amends.id").read_text()
    assert "postgresql://eva@db.example/shop" in told
    assert "s3cret" not in told
