"""How the two databases are opened, written and read. All that differs between them is here.

Writers begin with BEGIN IMMEDIATE on SQLite: a transaction that reads first and writes later would
otherwise let two sessions pass the same check. On PostgreSQL every check is a guarded UPDATE.
Readers see one moment of the database, however many queries they make.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import RLock
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.schema import Table

from monitor.store.errors import Unreachable

#: How long a writer waits for another one; longer than any transaction of ours.
BUSY_SECONDS = 30.0
_EXAMPLES = 'write "sqlite:///amends.db" or "postgresql://user@host/database"'


class Dbapi(Protocol):
    """What of a driver's connection is needed when it opens."""

    isolation_level: str | None

    def execute(self, sql: str) -> object:
        """Run one statement."""


def address(url: str) -> URL:
    """Read a database's address; drivers are chosen here and never written in settings.

    Raises:
        Unreachable: it is no address of SQLite or PostgreSQL, or names no file.
    """
    try:
        found = make_url(url)
    except ArgumentError:
        raise Unreachable(f"[database] url: this is no database address; {_EXAMPLES}") from None
    match found.get_backend_name():
        case "sqlite":
            if not found.database or found.database == ":memory:":
                raise Unreachable(
                    "[database] url: SQLite needs a file here, as several threads share it; "
                    + _EXAMPLES
                )
            return found.set(drivername="sqlite")
        case "postgresql" | "postgres":
            return found.set(drivername="postgresql+psycopg")
        case other:
            raise Unreachable(f"[database] url: {other!r} is not supported; {_EXAMPLES}")


def shown(url: str) -> str:
    """The address as people may see it: neither password nor options."""
    try:
        parts = urlsplit(url)
        user = f"{parts.username}@" if parts.username else ""
        host = f"{user}{parts.hostname or ''}"
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the database"
    return f"{parts.scheme}://{host}{port}{parts.path}"


class Database:
    """One database and how to write to it; safe for many threads.

    Args:
        url: As in the settings.
        foreign_keys: False only while tables are rebuilt.

    Raises:
        Unreachable: the address is wrong or the file cannot be made.
    """

    def __init__(self, url: str, *, foreign_keys: bool = True) -> None:
        self.shown = shown(url)
        target = address(url)
        self.sqlite = target.get_backend_name() == "sqlite"
        # hide_parameters: an error's text must not carry what a customer wrote into a log.
        if self.sqlite:
            self.file: Path | None = Path(str(target.database))
            _make_private(self.file, self.shown)
            self.engine = create_engine(
                target, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}
            )
            _prepare_sqlite(self.engine, foreign_keys=foreign_keys)
            self._writers: Engine = self.engine.execution_options(amends_begin="BEGIN IMMEDIATE")
            self._readers: Engine = self.engine
        else:
            self.file = None
            self.engine = create_engine(target, hide_parameters=True, pool_pre_ping=True)
            self._writers = self.engine
            self._readers = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        # SQLite's own wait polls and is unfair; threads of one process queue up here instead.
        self._turn = RLock()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: all of it, or nothing where an exception leaves it."""
        if not self.sqlite:
            with self._writers.begin() as connection:
                yield connection
            return
        with self._turn, self._writers.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment and writes nothing."""
        with self._readers.begin() as connection:
            yield connection

    def try_out(self) -> None:
        """Connect once.

        Raises:
            Unreachable: with the driver's reason in one line.
        """
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except (DatabaseError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, DatabaseError) else error
            reason = str(cause).strip().splitlines()[0]
            raise Unreachable(
                f"{self.shown} cannot be used: {reason}. "
                "Check [database] url, and that the server runs or the file is ours."
            ) from None

    def insert(self, table: Table) -> "sqlite.Insert | postgresql.Insert":
        """An INSERT that knows ON CONFLICT."""
        return sqlite.insert(table) if self.sqlite else postgresql.insert(table)

    def lock(self, connection: Connection, number: int) -> None:
        """Wait for every other holder of this number; kept to the transaction's end.

        SQLite has one writer at a time anyway.
        """
        if not self.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _make_private(file: Path, name: str) -> None:
    """Create the file for its owner alone: it will hold what customers wrote."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise Unreachable(
            f"{name} cannot be used: {error.strerror}. "
            "Check [database] url, and that its folder exists and is ours."
        ) from None


def _prepare_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: Dbapi, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3 would begin by itself, and too late
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        how = connection.get_execution_options().get("amends_begin", "BEGIN")
        connection.exec_driver_sql(str(how))


def back_up(file: Path, to: Path) -> None:
    """Copy a SQLite database that others may be using.

    Raises:
        Unreachable: what was copied is damaged; there is no copy then.
    """
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        try:
            source.backup(target)
            found = target.execute("PRAGMA quick_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        to.unlink()
        raise Unreachable(
            f"{file} is damaged ({found}): it cannot be copied, so nothing was changed. "
            "Restore a backup."
        )
