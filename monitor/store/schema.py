"""Is the database ours and current, and how it becomes so."""

from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import assert_never

from sqlalchemy import Connection, String, inspect, literal_column, select, table, text

from monitor.migrations import REVISIONS, VERSION_TABLE
from monitor.store.engine import Database, address, back_up, shown
from monitor.store.errors import SchemaMissing, SchemaNew, SchemaOld, StoreError

#: Where Alembic finds the steps: beside the code, installed or not.
_SCRIPTS = "monitor:migrations"
#: Any number that no other advisory lock of ours uses (those are brands' ids): "amends" in ASCII.
_UPGRADE_LOCK = int.from_bytes(b"amends", "big")


class Schema(StrEnum):
    """How the database's version stands to the program's."""

    MISSING = "missing"  #: there are no tables of ours yet
    OLD = "old"
    CURRENT = "current"
    NEW = "new"  #: made by a later version of the program


@dataclass(frozen=True, kw_only=True)
class SchemaState:
    """What `amends db check` says."""

    schema: Schema
    found: str  #: the database's version, "" where it has none
    newest: str  #: the program's version

    def __str__(self) -> str:
        match self.schema:
            case Schema.CURRENT:
                return f"the database is ours and current (version {self.found})"
            case Schema.MISSING:
                return "the database has no tables yet: run amends db upgrade"
            case Schema.OLD:
                return (
                    f"the database has version {self.found}, this program needs {self.newest}: "
                    "run amends db upgrade"
                )
            case Schema.NEW:
                return (
                    f"the database has version {self.found}, this program knows up to "
                    f"{self.newest}: install the later version that made it, or restore a backup"
                )
            case other:
                assert_never(other)


@dataclass(frozen=True, kw_only=True)
class Upgraded:
    """What `amends db upgrade` did."""

    was: str  #: "" where there were no tables
    now: str
    backup: Path | None = None  #: where the copy from before is; None: none was needed

    def __str__(self) -> str:
        if self.was == self.now:
            return f"the database is current already (version {self.now})"
        kept = f"; the copy from before is {self.backup}" if self.backup else ""
        return f"the database went from version {self.was or 'none'} to {self.now}{kept}"


def schema_state(url: str) -> SchemaState:
    """How the database stands; changes nothing and creates no file.

    Raises:
        Unreachable: the address is wrong or the database does not answer.
    """
    target = address(url)
    if target.get_backend_name() == "sqlite" and not Path(str(target.database)).exists():
        return _state("")
    with closing(Database(url)) as database:
        return state_of(database)


def state_of(database: Database) -> SchemaState:
    """How an open database stands.

    Raises:
        Unreachable: it does not answer.
    """
    database.try_out()
    with database.read() as connection:
        return _state(_version(connection))


def describe(url: str) -> tuple[str, bool]:
    """One sentence about the database, and whether it can be used as it is.

    Raises:
        Unreachable: the address is wrong or the database does not answer.
    """
    state = schema_state(url)
    return f"{shown(url)}: {state}", state.schema is Schema.CURRENT


def upgrade(url: str, to: str | None = None) -> Upgraded:
    """Bring the database to the program's version, whole or not at all; creates a missing one.

    A SQLite file with tables in it is copied first, to a new file beside it.

    Args:
        url: As in the settings.
        to: An earlier version to stop at; tests make old databases with it.

    Raises:
        SchemaNew: a later version of the program made it.
        Unreachable: the address is wrong or the database does not answer.
        StoreError: rows would point nowhere afterwards; nothing was changed.
    """
    before = schema_state(url)
    if before.schema is Schema.NEW:
        raise SchemaNew(f"{shown(url)}: {before}")
    if before.schema is Schema.CURRENT:
        return Upgraded(was=before.found, now=before.found)
    target = to or REVISIONS[-1]
    with closing(Database(url, foreign_keys=False)) as database:
        backup = None
        if database.file is not None and before.schema is Schema.OLD:
            backup = _free_name(database.file, before.found)
            back_up(database.file, backup)
        with database.write() as connection:
            database.lock(connection, _UPGRADE_LOCK)
            _run(connection, target)
            _check_links(connection, database)
        return Upgraded(was=before.found, now=target, backup=backup)


def require_current(database: Database) -> None:
    """Refuse to work with a database of another version.

    Raises:
        SchemaMissing: it is empty.
        SchemaOld: it must be upgraded.
        SchemaNew: a later version of the program made it.
    """
    state, name = state_of(database), database.shown
    match state.schema:
        case Schema.CURRENT:
            return
        case Schema.MISSING:
            raise SchemaMissing(f"{name}: {state}")
        case Schema.OLD:
            raise SchemaOld(f"{name}: {state}")
        case Schema.NEW:
            raise SchemaNew(f"{name}: {state}")
        case other:
            assert_never(other)


def _state(found: str) -> SchemaState:
    newest = REVISIONS[-1]
    if not found:
        schema = Schema.MISSING
    elif found == newest:
        schema = Schema.CURRENT
    else:
        schema = Schema.OLD if found in REVISIONS else Schema.NEW
    return SchemaState(schema=schema, found=found, newest=newest)


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table(VERSION_TABLE):
        return ""
    found = connection.execute(
        select(literal_column("version_num", String)).select_from(table(VERSION_TABLE))
    )
    return str(found.scalar() or "")


def _run(connection: Connection, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _check_links(connection: Connection, database: Database) -> None:
    """SQLite does not watch foreign keys while tables are rebuilt, so look at the end."""
    if not database.sqlite:
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise StoreError(
            f"{database.shown}: {len(broken)} rows of {tables} point at rows that are missing; "
            "nothing was upgraded. Restore a backup."
        )


def _free_name(file: Path, version: str) -> Path:
    names = (f"{file.name}.{version}{'' if n == 1 else f'.{n}'}.bak" for n in count(1))
    return next(path for path in (file.with_name(name) for name in names) if not path.exists())
