"""Logins by a private key: a token that we sign ourselves, valid for some minutes.

Such a token names the time, and a server takes none whose time is not its own. So the time is
taken from the server's answers and carried on by a stopwatch: a clock that is wrong on this machine
does no harm.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from connectors.errors import SetupError, TryLater
from connectors.web import Answer, Call, Web, weather


class ServerTime:
    """The present moment as a server sees it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._said: datetime | None = None
        self._at = 0.0

    def heard(self, answer: Answer) -> None:
        """Set it by an answer, if that says what time it is."""
        said = answer.said_at
        if said is not None:
            self._said, self._at = said, self._monotonic()

    @property
    def now(self) -> datetime | None:
        """Aware UTC; None before the first answer."""
        if self._said is None:
            return None
        return self._said + timedelta(seconds=self._monotonic() - self._at)

    def asked(self, web: Web, call: Call, url: str) -> datetime:
        """The same; asks the server where it has not said anything yet.

        Raises:
            TryLater: it cannot be asked now, or its answers do not say.
        """
        if self.now is None:
            answer = web.ask(call, "GET", url)
            trouble = weather(call, answer)
            if isinstance(trouble, TryLater):
                raise trouble
            self.heard(answer)
        if self.now is None:
            raise TryLater(f"{call.platform} does not say what time it is ({call.doing}).")
        return self.now


def sign(
    claims: Mapping[str, object],
    *,
    key: str,
    algorithm: str,
    headers: Mapping[str, str],
    setting: str,
) -> str:
    """A JSON Web Token.

    Args:
        claims: What it says.
        key: The private key in PEM, its lines ended for real or by a written backslash and n.
        algorithm: "RS256" or "ES256".
        headers: What its header says besides.
        setting: Names the key in messages.

    Raises:
        SetupError: the key is none for this algorithm.
    """
    import jwt

    try:
        return jwt.encode(
            dict(claims), key.replace("\\n", "\n"), algorithm=algorithm, headers=dict(headers)
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        # What was raised may show the key.
        message = f"{setting} is no private key for {algorithm}: give it the whole key file."
        raise SetupError(message) from None
