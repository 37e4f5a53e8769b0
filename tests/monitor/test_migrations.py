import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

import monitor.migrations
from monitor.migrations import REVISIONS, VERSION_TABLE
from monitor.store import Store, StoreError, schema_state, upgrade
from monitor.store import schema as schema_module
from monitor.store.engine import Database
from monitor.store.errors import SchemaNew, SchemaOld
from monitor.store.schema import Schema, describe, require_current
from monitor.tables import METADATA
from responders.action import ActionState
from responders.case import CaseId, CaseState
from tests.databases import Postgres
from tests.monitor.posts import case, post

#: Rows in every table as each released version wrote them.
ROWS = Path(__file__).with_name("old_databases")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.fresh(empty=True) as url:
            yield url


def run(url: str, *statements: str) -> None:
    with closing(Database(url)) as database, database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def count(url: str, table: str) -> int:
    with closing(Database(url)) as database, database.read() as connection:
        return int(connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one())


def tables(url: str) -> set[str]:
    """Our tables that are there."""
    with closing(Database(url)) as database, database.read() as connection:
        return METADATA.tables.keys() & set(inspect(connection).get_table_names())


def fill(url: str, revision: str) -> None:
    statements = (ROWS / f"{revision}.sql").read_text("utf-8").split(";\n")
    run(url, *(statement for statement in statements if statement.strip()))


def test_the_program_knows_its_own_steps() -> None:
    config = Config()
    config.set_main_option("script_location", "monitor:migrations")
    config.set_main_option("path_separator", "os")
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]

    assert tuple(reversed(steps)) == REVISIONS


def test_the_steps_make_the_tables(empty: str) -> None:
    upgrade(empty)

    with closing(Database(empty)) as database, database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, METADATA) == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_every_version_is_brought_up_with_its_rows(empty: str, revision: str) -> None:
    upgrade(empty, to=revision)
    fill(empty, revision)
    for table in tables(empty):
        assert count(empty, table) > 0, f"old_databases/{revision}.sql has no row for {table}"

    upgrade(empty)

    with Store.open(empty) as store:
        found = store.cases.get(CaseId(1))
        assert found.state is CaseState.APPROVED
        assert found.subject.mention.text == "Where is my order? 😡"
        assert found.verdict.why == ("where",)
        assert found.draft is not None
        assert found.actions[0].state is ActionState.SENT
        assert [line.note.what for line in store.audit.lines(found.id)] == ["opened"]


def test_an_upgrade_says_what_it_did(empty: str) -> None:
    assert str(upgrade(empty)).endswith(f"from version none to {REVISIONS[-1]}")
    assert str(upgrade(empty)).endswith(f"current already (version {REVISIONS[-1]})")


def test_an_empty_database_is_told_from_a_current_one(empty: str) -> None:
    words, usable = describe(empty)
    assert "no tables yet: run amends db upgrade" in words
    assert not usable

    upgrade(empty)

    words, usable = describe(empty)
    assert f"ours and current (version {REVISIONS[-1]})" in words
    assert usable


def test_looking_creates_no_file(tmp_path: Path) -> None:
    path = tmp_path / "none.db"

    assert schema_state(f"sqlite:///{path}").schema is Schema.MISSING

    assert not path.exists()


def test_an_empty_database_gets_its_tables_on_opening(empty: str) -> None:
    with Store.open(empty) as store:
        assert store.cases.to_show() == ()


def test_an_empty_database_is_not_required_to_be_current(empty: str) -> None:
    with (
        closing(Database(empty)) as database,
        pytest.raises(StoreError, match="run amends db upgrade"),
    ):
        require_current(database)


def test_a_later_version_is_refused(url: str) -> None:
    run(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")

    with pytest.raises(SchemaNew, match=r"has version 9999.*install the later version"):
        Store.open(url)
    with pytest.raises(SchemaNew, match="9999"):
        upgrade(url)
    words, usable = describe(url)
    assert "9999" in words
    assert not usable


def test_many_may_upgrade_at_once(empty: str) -> None:
    with ThreadPoolExecutor(max_workers=4) as people:
        list(people.map(lambda _: upgrade(empty), range(4)))

    assert schema_state(empty).schema is Schema.CURRENT


@pytest.mark.parametrize("statement", ["UPDATE audit SET by = 'x'", "DELETE FROM audit"])
def test_the_audit_is_only_added_to(url: str, statement: str) -> None:
    with Store.open(url) as store:
        opened = case(store, post(1))

    with pytest.raises(DatabaseError, match="only ever added to"):
        run(url, statement)

    with Store.open(url) as store:
        assert len(store.audit.lines(opened.id)) == 1


def test_the_audit_cannot_be_emptied(postgres: Postgres) -> None:
    with postgres.fresh() as url, pytest.raises(DatabaseError, match="only ever added to"):
        run(url, "TRUNCATE audit")


# -- a step that does not exist yet -----------------------------------------------------------

GOOD = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.batch_alter_table("case") as batch:
        batch.add_column(sa.Column("mood", sa.Text(), nullable=False, server_default="fine"))
        batch.alter_column("earlier", new_column_name="before")
"""
BAD = GOOD + '    op.execute("INSERT INTO nowhere VALUES (1)")\n'
BROKEN = (
    GOOD + """    op.execute("INSERT INTO label VALUES (77, 1, 4711, 'spam', 'eva', '2026')")\n"""
)


@pytest.fixture
def next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Steps with one more than there are; the test writes it."""
    steps = tmp_path / "steps"
    shutil.copytree(Path(monitor.migrations.__file__).parent, steps)
    for step in (steps / "versions").glob("000[2-9]_*.py"):
        step.unlink()
    monkeypatch.setattr(schema_module, "_SCRIPTS", str(steps))
    monkeypatch.setattr(schema_module, "REVISIONS", (*REVISIONS[:1], "0002"))
    return steps / "versions" / "0002_next.py"


@pytest.fixture
def old(empty: str, next_step: Path) -> str:
    """A database of the version before that step, with rows in it."""
    upgrade(empty, to="0001")
    fill(empty, "0001")
    return empty


def test_an_old_version_is_named_with_what_to_do(old: str) -> None:
    with pytest.raises(
        SchemaOld, match=r"version 0001, this program needs 0002: run amends db upgrade"
    ):
        Store.open(old)


def test_a_step_keeps_the_rows_and_sqlite_is_backed_up_first(old: str, next_step: Path) -> None:
    next_step.write_text(GOOD)

    done = upgrade(old)

    assert (done.was, done.now) == ("0001", "0002")
    assert count(old, "case") == 1
    assert count(old, "case_mention") == 1
    if old.startswith("sqlite"):
        assert done.backup is not None
        assert str(done.backup) in str(done)
        assert done.backup.stat().st_mode & 0o777 == 0o600
        with sqlite3.connect(done.backup) as copy:
            assert copy.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone() == ("0001",)
            assert copy.execute('SELECT earlier FROM "case"').fetchone() == (1,)
        copy.close()
    else:
        assert done.backup is None


def test_a_backup_never_overwrites_another(old: str, next_step: Path) -> None:
    if not old.startswith("sqlite"):
        next_step.write_text(GOOD)
        assert upgrade(old).backup is None
        return
    next_step.write_text(BAD)
    with pytest.raises(DatabaseError):
        upgrade(old)
    next_step.write_text(GOOD)

    done = upgrade(old)

    assert done.backup is not None
    assert done.backup.name == "empty.db.0001.2.bak"


def test_a_step_that_fails_changes_nothing(old: str, next_step: Path) -> None:
    next_step.write_text(BAD)

    with pytest.raises(DatabaseError, match="nowhere"):
        upgrade(old)

    assert schema_state(old).found == "0001"
    run(old, 'UPDATE "case" SET earlier = 2')


def test_a_step_that_leaves_rows_pointing_nowhere_changes_nothing(
    old: str, next_step: Path
) -> None:
    next_step.write_text(BROKEN)

    with pytest.raises((StoreError, DatabaseError), match="label"):
        upgrade(old)

    assert schema_state(old).found == "0001"
    assert count(old, "label") == 1
