"""PostgreSQL's lock of the one sender: kept by a paused process, dropped by a dead one."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from monitor import app
from monitor.config import BrandTable, DatabaseTable, File, Settings
from monitor.lock import FileLock, Keeper, OneSender
from monitor.session_lock import SENDER_LOCK, SessionLock
from tests.databases import Postgres

#: Takes the lock, says so, and stays until it is ended.
HOLDER = """
import sys
from monitor.session_lock import SessionLock
lock = SessionLock(sys.argv[1])
print("held" if lock.acquire() else "refused", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def address(postgres: Postgres) -> Iterator[str]:
    with postgres.fresh(empty=True) as url:
        yield url


def impatient(address: str) -> SessionLock:
    return SessionLock(address, patience_ms=20)


@pytest.fixture
def lock(address: str) -> Iterator[SessionLock]:
    lock = impatient(address)
    yield lock
    lock.release()


@pytest.fixture
def holder(address: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def end_sessions(address: str) -> None:
    """What a restart of the server does to everybody who is connected."""
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_free_lock_is_taken(lock: SessionLock) -> None:
    assert not lock.held()
    assert lock.acquire()
    assert lock.held()
    assert lock.acquire()


def test_a_second_session_is_refused_and_told_who_has_it(lock: SessionLock, address: str) -> None:
    second = impatient(address)
    assert lock.acquire()

    assert not second.acquire()
    assert not second.held()
    assert second.owner().endswith(f":{os.getpid()}")


def test_a_released_lock_is_free_for_others(lock: SessionLock, address: str) -> None:
    second = impatient(address)
    lock.acquire()

    lock.release()
    lock.release()

    assert not lock.held()
    assert second.acquire()
    second.release()


def test_another_database_of_the_server_has_a_lock_of_its_own(
    lock: SessionLock, postgres: Postgres
) -> None:
    lock.acquire()

    with postgres.fresh(empty=True) as other:
        elsewhere = SessionLock(other)
        assert elsewhere.acquire()
        elsewhere.release()


def test_a_session_that_the_server_ended_is_a_lost_lock(lock: SessionLock, address: str) -> None:
    lock.acquire()

    end_sessions(address)

    assert not lock.held()
    assert not lock.held()


def test_a_lost_lock_never_comes_back_by_itself(lock: SessionLock, address: str) -> None:
    lock.acquire()
    end_sessions(address)
    second = impatient(address)

    assert second.acquire()

    assert not lock.held()
    assert not lock.acquire()
    second.release()


def test_a_lock_that_the_session_gave_up_is_lost(lock: SessionLock) -> None:
    lock.acquire()
    assert lock._connection is not None

    lock._connection.execute("SELECT pg_advisory_unlock_all()")  # as DISCARD ALL of a pooler does

    assert not lock.held()


def test_a_lock_of_another_number_is_not_ours(lock: SessionLock) -> None:
    lock.acquire()
    assert lock._connection is not None

    lock._connection.execute("SELECT pg_advisory_unlock(%s)", (SENDER_LOCK,))
    lock._connection.execute("SELECT pg_advisory_lock(%s)", (SENDER_LOCK + 1,))

    assert not lock.held()


def test_another_process_keeps_us_out(lock: SessionLock, holder: subprocess.Popen[str]) -> None:
    assert not lock.acquire()
    assert lock.owner().endswith(f":{holder.pid}")


def test_a_paused_process_keeps_it(lock: SessionLock, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGSTOP)
    os.waitpid(holder.pid, os.WUNTRACED)

    assert not lock.acquire()


def test_a_killed_process_drops_it(holder: subprocess.Popen[str], address: str) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    heir = SessionLock(address, patience_ms=10_000)  # the server takes a moment to notice

    assert heir.acquire()
    heir.release()


def test_a_forked_child_does_not_count_as_the_owner_and_leaves_the_session_alone(
    lock: SessionLock,
) -> None:
    lock.acquire()

    child = os.fork()
    if child == 0:
        lost = not lock.held()
        lock.release()
        os._exit(0 if lost else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert lock.held()


def test_a_database_that_does_not_answer_is_an_error_without_its_password(tmp_path: Path) -> None:
    lock = SessionLock(f"postgresql://eva:s3cret@/shop?host={tmp_path}")

    with pytest.raises(ConnectionError, match="does not answer") as found:
        lock.acquire()

    assert "s3cret" not in str(found.value)
    assert lock.name == "postgresql://eva@/shop"


class TestKeeper:
    @pytest.fixture(params=["file", "session"])
    def held(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OneSender]:
        held: OneSender
        if request.param == "file":
            held = FileLock(tmp_path / "lock")
        else:
            held = request.getfixturevalue("lock")
        assert held.acquire()
        yield held
        held.release()

    def lose(self, held: OneSender, address: str) -> None:
        if isinstance(held, FileLock):
            held.path.unlink()
        else:
            end_sessions(address)

    def test_leaves_a_lock_alone_that_is_held(
        self, held: OneSender, caplog: pytest.LogCaptureFixture
    ) -> None:
        Keeper(held).keep()

        assert held.held()
        assert not caplog.records

    def test_takes_a_lost_lock_again_and_says_so(
        self, held: OneSender, address: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.lose(held, address)

        Keeper(held).keep()

        assert held.held()
        assert "is ours again" in caplog.text

    def test_says_once_that_it_is_lost(
        self, held: OneSender, address: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.lose(held, address)
        other = FileLock(held.path) if isinstance(held, FileLock) else impatient(address)
        assert other.acquire()
        keeper = Keeper(held)

        keeper.keep()
        keeper.keep()

        assert not held.held()
        assert [r.levelno for r in caplog.records] == [logging.ERROR]
        assert "nothing is sent: another process has it" in caplog.text
        other.release()

    def test_says_why_it_cannot_be_taken(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        Keeper(FileLock(tmp_path / "none" / "lock")).keep()

        assert "nothing is sent: [Errno 2] No such file" in caplog.text


def test_the_database_decides_which_lock_it_is(tmp_path: Path) -> None:
    def lock(url: str) -> OneSender:
        file = File(brands=(BrandTable(name="Acme"),), database=DatabaseTable(url=url))
        return app.sender_lock(Settings(file=file, path=tmp_path / "config.toml"))

    assert lock("sqlite:///amends.db").name == f"{tmp_path}/amends.db.sender.lock"
    assert lock("postgresql://eva@db.example/shop").name == "postgresql://eva@db.example/shop"
