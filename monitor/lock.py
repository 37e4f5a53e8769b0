"""One sender at a time on one machine: a lock file held for the life of the process.

A lease alone is not enough: a process that is paused between looking at its lease and the wire
would send a second time after another took over. The kernel keeps this lock for a paused process
and drops it with a dead one, however it died.
"""

import fcntl
import os
from pathlib import Path


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
