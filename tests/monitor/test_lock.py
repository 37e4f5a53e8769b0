"""One sender at a time: a lock that the living keep and the dead drop."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.lock import FileLock

#: Takes the lock, says so, and stays until it is ended.
HOLDER = """
import sys
from pathlib import Path
from monitor.lock import FileLock
lock = FileLock(Path(sys.argv[1]))
print("held" if lock.acquire() else "refused", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "amends.db.sender.lock"


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_free_lock_is_taken_and_signed(path: Path) -> None:
    lock = FileLock(path)

    assert lock.acquire()
    assert lock.held()
    assert lock.path == path
    assert lock.owner() == str(os.getpid())


def test_taking_it_twice_is_having_it(path: Path) -> None:
    lock = FileLock(path)

    assert lock.acquire()
    assert lock.acquire()


def test_a_second_lock_on_the_file_is_refused(path: Path) -> None:
    first, second = FileLock(path), FileLock(path)
    first.acquire()

    assert not second.acquire()
    assert not second.held()


def test_a_released_lock_is_free_for_others(path: Path) -> None:
    first, second = FileLock(path), FileLock(path)
    first.acquire()

    first.release()
    first.release()

    assert not first.held()
    assert second.acquire()


def test_a_removed_file_is_a_lost_lock(path: Path) -> None:
    lock = FileLock(path)
    lock.acquire()

    path.unlink()

    assert not lock.held()
    assert lock.owner() == ""


def test_a_replaced_file_is_a_lost_lock_until_it_is_taken_anew(path: Path) -> None:
    lock = FileLock(path)
    lock.acquire()
    path.unlink()
    path.write_text("")

    assert not lock.held()
    assert lock.acquire()
    assert lock.held()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        FileLock(tmp_path / "none" / "lock").acquire()


def test_another_process_keeps_us_out(path: Path, holder: subprocess.Popen[str]) -> None:
    lock = FileLock(path)

    assert not lock.acquire()
    assert lock.owner() == str(holder.pid)


def test_a_paused_process_keeps_it(path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGSTOP)
    os.waitpid(holder.pid, os.WUNTRACED)

    assert not FileLock(path).acquire()


def test_a_killed_process_drops_it_at_once(path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    assert FileLock(path).acquire()


def test_a_forked_child_does_not_count_as_the_owner(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = FileLock(path)
    lock.acquire()

    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert not lock.held()
