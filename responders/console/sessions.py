"""Who is signed in. Kept in memory: a restart signs everybody out.

The browser holds a random id in a cookie; here only its hash is kept. The token that every form
carries is derived from the id, so it is worth nothing without the cookie.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

_IDLE = timedelta(hours=12)
_LONGEST = timedelta(days=30)
_AT_MOST = 1_000


@dataclass(frozen=True, kw_only=True)
class Said:
    """What to tell a person on the next page they see."""

    text: str
    done: bool


@dataclass(kw_only=True)
class Session:
    """One browser in which somebody is signed in."""

    name: str
    began: datetime
    used: datetime
    said: Said | None = None

    def take_said(self) -> Said | None:
        """What is to be told, once."""
        said, self.said = self.said, None
        return said


class Sessions:
    """All sessions of this process."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Nobody is signed in yet."""
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._sessions: dict[bytes, Session] = {}

    def begin(self, name: str) -> str:
        """Sign somebody in; the id for their cookie. The oldest session makes room."""
        cookie = new_secret()
        now = self._clock()
        while len(self._sessions) >= _AT_MOST:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[_hash(cookie)] = Session(name=name, began=now, used=now)
        return cookie

    def find(self, id: str, *, active: bool = True) -> Session | None:
        """The session of a cookie, unless it has ended.

        Args:
            id: What the browser sent.
            active: A person did something; a page that refreshes itself keeps no session alive.
        """
        session = self._sessions.get(_hash(id))
        if session is None:
            return None
        now = self._clock()
        if now - session.used > _IDLE or now - session.began > _LONGEST:
            self.end(id)
            return None
        if active:
            session.used = now
        return session

    def end(self, id: str) -> None:
        """Sign out; no error where nobody was signed in."""
        self._sessions.pop(_hash(id), None)

    def form_token(self, id: str) -> str:
        """What every form of this browser carries (CSRF)."""
        return hmac.new(self._secret, id.encode(), sha256).hexdigest()

    def form_token_matches(self, id: str, given: str) -> bool:
        """Whether a form came from a page that we gave to this browser."""
        return bool(id) and hmac.compare_digest(self.form_token(id).encode(), given.encode())


class OneTimeToken:
    """The token in the printed address: opens once, then it is dead."""

    def __init__(self, token: str) -> None:
        """An empty token opens nothing."""
        self._hash: bytes | None = _hash(token) if token else None

    def redeem(self, given: str) -> bool:
        """Whether this is the token, for the first time."""
        if self._hash is None or not hmac.compare_digest(self._hash, _hash(given)):
            return False
        self._hash = None
        return True


def new_secret() -> str:
    """A secret that cannot be guessed, safe in an address and in a cookie."""
    return secrets.token_urlsafe(32)


def _hash(value: str) -> bytes:
    return sha256(value.encode("utf-8", "surrogatepass")).digest()
