"""One sender at a time, by a lock that a paused process keeps and a dead one drops.

A lease alone is not enough: a process that is paused between looking at its lease and the wire
would send a second time after another took over. So whoever sends holds a lock for the life of
its process: a file on one machine, a session of the database where PostgreSQL is shared by many.
"""

import fcntl
import logging
import os
from pathlib import Path
from typing import Protocol

from responders.deliver import SenderLock

log = logging.getLogger(__name__)


class OneSender(SenderLock, Protocol):
    """A lock of the one sender, as `amends run` takes and keeps it."""

    @property
    def name(self) -> str:
        """What is locked, for a message; holds no password."""

    def acquire(self) -> bool:
        """Take the lock; False where another process has it.

        Raises:
            OSError: the lock can neither be taken nor be had by another.
        """

    def owner(self) -> str:
        """Which process has it, for a message; "" where that cannot be told."""

    def release(self) -> None:
        """Let another process have it; nothing where it is not held."""


class FileLock:
    """An exclusive `flock` on a file of its own.

    The file stays when the lock is released: removing it would let two processes lock two files
    of the same name. It must lie on a local disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._pid = 0

    @property
    def path(self) -> Path:
        """The file that is locked."""
        return self._path

    @property
    def name(self) -> str:
        """The file that is locked, for a message."""
        return str(self._path)

    def acquire(self) -> bool:
        """Take the lock without waiting; False where another process has it.

        Raises:
            OSError: the file cannot be made, such as in a folder that is read-only.
        """
        if self.held():
            return True
        self.release()
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle, self._pid = handle, os.getpid()
        self._sign(handle)
        return True

    def held(self) -> bool:
        """Whether this process has the lock now, on the file that the path names now.

        A file that somebody removed or replaced locks nobody out, and a forked child has only a
        copy of the handle: both answer False.
        """
        if self._handle is None or self._pid != os.getpid():
            return False
        try:
            named = self._path.stat()
        except OSError:
            return False
        ours = os.fstat(self._handle)
        return (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino)

    def release(self) -> None:
        """Let another process have it; nothing where it is not held."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def owner(self) -> str:
        """The process id that the file names, for a message; "" where it names none."""
        try:
            return self._path.read_text(encoding="ascii", errors="replace").strip()[:20]
        except OSError:
            return ""

    def _sign(self, handle: int) -> None:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{self._pid}\n".encode("ascii"), 0)


class Keeper:
    """Takes a lost lock again; says once that it is lost, and once that it is back."""

    def __init__(self, lock: OneSender) -> None:
        self._lock = lock
        self._lost = False

    def keep(self) -> None:
        """Have the lock, where that is possible now; raises nothing."""
        if self._lock.held():
            return
        reason = "another process has it"
        try:
            if self._lock.acquire():
                log.warning("%s: the sender's lock was lost and is ours again", self._lock.name)
                self._lost = False
                return
        except OSError as error:
            reason = str(error).strip().partition("\n")[0]
        if not self._lost:
            name = self._lock.name
            log.error("%s: the sender's lock is lost, so nothing is sent: %s", name, reason)
        self._lost = True
