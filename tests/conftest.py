"""Fixtures that several folders of tests use."""

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

# A shell that starts a run in the background has it ignore Ctrl-C, and so would every process that
# the tests start and end: with a handler here they get the usual one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

if TYPE_CHECKING:  # a run of other tests need not load SQLAlchemy
    from monitor.store import Store
    from tests.databases import Postgres, SqliteFiles


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Postgres]":
    """A real PostgreSQL."""
    from tests.databases import postgres_server

    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> "SqliteFiles":
    """Copies of a migrated file."""
    from tests.databases import SqliteFiles

    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh migrated database of each kind."""
    if request.param == "sqlite":
        files: SqliteFiles = request.getfixturevalue("sqlite_files")
        yield files.fresh()
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.fresh() as address:
            yield address


@pytest.fixture
def store(url: str) -> "Iterator[Store]":
    """An open store on each kind of database."""
    from monitor.store import Store

    with Store.open(url) as opened:
        yield opened
