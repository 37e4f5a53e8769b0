"""The one sender's lock where PostgreSQL keeps everything; lock.py says why there is one."""

import os
import socket
from contextlib import suppress
from threading import RLock

import psycopg

from monitor.store.engine import address, shown

#: The advisory lock of whoever sends; PostgreSQL counts them for each database by itself.
#: "sender" in ASCII: the other numbers of ours are brands' ids and "amends".
SENDER_LOCK = int.from_bytes(b"sender", "big")
#: Each side notices within about a minute that the other has lost its power or its network, in
#: seconds; without this the server would keep a dead machine's lock for hours.
#: Source: postgresql.org, "Connections and Authentication", TCP settings, read 2026-11.
_KEEPALIVE = {
    "tcp_keepalives_idle": 30,
    "tcp_keepalives_interval": 10,
    "tcp_keepalives_count": 3,
}
#: An unanswered question fails after so many milliseconds: a sender that cannot ask sends nothing.
_ANSWER_MS = 30_000
#: From this version on a server may end sessions that are idle; ours is idle by design.
_ENDS_IDLE_SESSIONS = 140_000
_CONNECT_SECONDS = 10

#: A process that was killed a moment ago may still have its session, in milliseconds.
PATIENCE_MS = 2_000

_TAKE = "SELECT pg_advisory_lock(%s)"
#: An advisory lock by a 64-bit number lies in pg_locks as its two halves, with objsubid 1.
#: Source: postgresql.org, "pg_locks", read 2026-11.
_HELD = """
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() AND pid = %(pid)s
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32) | objid::bigint = %(number)s AND objsubid = 1
)
"""
#: Who has it now, by the name that its connection gave.
_OWNER = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (classid::bigint << 32) | objid::bigint = %s
"""
_NAME = "amends "
#: PostgreSQL cuts a connection's name here. Source: its "application_name", read 2026-11.
_NAME_BYTES = 63

Session = psycopg.Connection[tuple[object, ...]]


class SessionLock:
    """PostgreSQL's session advisory lock, on a connection of its own.

    Never on a pooled connection: that one would go back to the pool with the lock on it, and be
    replaced without a word when it drops. This one is never replaced: when it is gone, so is the
    lock, until `acquire` takes it anew. It must reach the server itself: a pooler that shares
    sessions between clients shares their locks too. Safe to call from several threads.
    """

    def __init__(self, url: str, *, patience_ms: int = PATIENCE_MS) -> None:
        self._url = url
        self._patience_ms = patience_ms
        self._connection: Session | None = None
        self._owner = ""
        self._backend = 0
        self._pid = 0
        self._turn = RLock()

    @property
    def name(self) -> str:
        """The database, for a message."""
        return shown(self._url)

    def acquire(self) -> bool:
        """Take the lock; False where another process has it and keeps it for our patience.

        Raises:
            ConnectionError: the database does not answer.
        """
        with self._turn:
            if self.held():
                return True
            self.release()
            try:
                return self._taken(self._connected())
            except psycopg.Error as error:
                reason = str(error).strip().partition("\n")[0]
                raise ConnectionError(f"{self.name} does not answer: {reason}") from error

    def owner(self) -> str:
        """Machine and process that had the lock when it was refused to us; "" if none had."""
        return self._owner

    def _connected(self) -> Session:
        target = address(self._url).set(drivername="postgresql")
        connection = psycopg.connect(
            target.render_as_string(hide_password=False),
            autocommit=True,
            application_name=f"{_NAME}{socket.gethostname()}:{os.getpid()}"[:_NAME_BYTES],
            connect_timeout=_CONNECT_SECONDS,
            keepalives_idle=_KEEPALIVE["tcp_keepalives_idle"],
            keepalives_interval=_KEEPALIVE["tcp_keepalives_interval"],
            keepalives_count=_KEEPALIVE["tcp_keepalives_count"],
            tcp_user_timeout=_ANSWER_MS,
        )
        _set(connection, **_KEEPALIVE, lock_timeout=self._patience_ms)
        if connection.info.server_version >= _ENDS_IDLE_SESSIONS:
            _set(connection, idle_session_timeout=0)
        return connection

    def _taken(self, connection: Session) -> bool:
        try:
            connection.execute(_TAKE, (SENDER_LOCK,))
        except psycopg.errors.LockNotAvailable:
            other = connection.execute(_OWNER, (SENDER_LOCK,)).fetchone()
            self._owner = str(other[0]).removeprefix(_NAME) if other else ""
            connection.close()
            return False
        self._connection = connection
        self._backend, self._pid = connection.info.backend_pid, os.getpid()
        return True

    def held(self) -> bool:
        """Whether the database says at this moment that the lock is ours.

        A forked child shares the socket and must not speak on it: False there.
        """
        with self._turn:
            if self._connection is None or self._pid != os.getpid():
                return False
            asked = {"pid": self._backend, "number": SENDER_LOCK}
            try:
                row = self._connection.execute(_HELD, asked).fetchone()
            except psycopg.Error:
                self.release()
                return False
            return row is not None and row[0] is True

    def release(self) -> None:
        """Let another process have it; nothing where it is not held."""
        with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None and self._pid == os.getpid():
                with suppress(psycopg.Error):
                    connection.close()


def _set(connection: Session, **values: int) -> None:
    """Change settings of this session alone."""
    for name, value in values.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, str(value)))
