"""Who we are to YouTube: an API key that reads, or a login of Google that reads and writes.

A login is a refresh token, from which an access token is made that lives an hour.
Source: developers.google.com/identity/protocols/oauth2/web-server ("Refreshing an access token"),
read 2026-11.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from connectors.errors import SetupError
from connectors.payload import mapping, optional
from connectors.web import Call, Web, weather

#: What writing comments needs. Source: developers.google.com/youtube/v3/docs/comments/insert.
SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
#: A token is renewed so many seconds before its end.
_MARGIN = 60.0

_CALL = Call(platform="Google's login", doing="renewing the access token")


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What the settings hold."""

    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr


class Login:
    """Gives the headers that say who asks. For one thread at a time.

    Attributes:
        scopes: What the login may do, as Google said last; empty where it did not say.
    """

    def __init__(
        self,
        web: Web,
        keys: Keys,
        *,
        token_url: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._web = web
        self._keys = keys
        self._token_url = token_url
        self._monotonic = monotonic
        self._token = ""
        self._ends = 0.0
        self.scopes: frozenset[str] = frozenset()

    def headers(self) -> Mapping[str, str]:
        """What proves who we are.

        Raises:
            SetupError: Google no longer accepts the login.
            TryLater: it cannot answer now.
        """
        if not self._token or self._monotonic() >= self._ends:
            self._renew()
        return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> None:
        """The token was refused: make another one next time."""
        self._token = ""

    def _renew(self) -> None:
        form = {
            "grant_type": "refresh_token",
            "client_id": self._keys.client_id,
            "client_secret": self._keys.client_secret.get_secret_value(),
            "refresh_token": self._keys.refresh_token.get_secret_value(),
        }
        answer = self._web.ask(_CALL, "POST", self._token_url, form=form)
        trouble = weather(_CALL, answer)
        if trouble is not None:
            raise trouble
        data = mapping(answer.payload)
        token, lives = optional(data, "access_token"), data.get("expires_in")
        if answer.status >= 400:
            raise SetupError(
                "Google refused the login of [connectors.youtube]: the refresh token has ended or "
                "was withdrawn, or client_id and client_secret are wrong. Log in once more."
            )
        if token is None or isinstance(lives, bool) or not isinstance(lives, int | float):
            raise _CALL.lost("Google's login answered with something else")
        self._token = token
        self._ends = self._monotonic() + lives - _MARGIN
        self.scopes = frozenset((optional(data, "scope") or "").split())
