"""Where bulletins hang: each is posted once, whatever crashes, and some are kept up to date."""

from typing import Protocol

from monitor.store.notebook import Notebook
from responders.bulletin import Bulletin
from responders.slack.bot import Shown
from responders.slack.pace import Paced

_POSTING = "posting"


class Surface(Protocol):
    """Where bulletins are shown."""

    def post(
        self,
        bulletin: Bulletin,
        *,
        at: Shown | None = ...,
        channel: str = ...,
        below: Shown | None = ...,
    ) -> Shown:
        """Post it, or edit it where it stands."""

    def find_bulletin(
        self, key: str, *, channel: str = ..., below: Shown | None = ...
    ) -> Shown | None:
        """The bulletin that an earlier post without an answer may have left."""


class Board:
    """Remembers in the database what hangs where."""

    def __init__(self, surface: Surface, notes: Notebook) -> None:
        self._surface = surface
        self._notes = notes

    def once(self, bulletin: Bulletin, *, channel: str = "", below: Shown | None = None) -> bool:
        """Post it unless it was posted before; whether this call did it.

        Raises:
            ConnectorError: the surface did not take it; call again, it is looked for first.
        """
        if self.place(bulletin.key) is not None:
            return False
        self._post(bulletin, channel, below)
        return True

    def keep(self, bulletin: Bulletin, *, channel: str = "") -> Shown:
        """Post it, or bring it up to date where it hangs. Raises as `once` does."""
        at = self.place(bulletin.key)
        if at is None:
            return self._post(bulletin, channel, None)
        return self._surface.post(bulletin, at=at)

    def place(self, key: str) -> Shown | None:
        """Where a bulletin hangs; None: nowhere yet."""
        noted = self._notes.get(_note(key)) or _POSTING
        channel, _, ts = noted.partition(" ")
        return None if noted == _POSTING else Shown(channel=channel, ts=ts)

    def _post(self, bulletin: Bulletin, channel: str, below: Shown | None) -> Shown:
        found = None
        new = self._notes.put_new(_note(bulletin.key), _POSTING)
        if not new:
            # It may have been posted before the answer got lost: look before posting again.
            found = self._surface.find_bulletin(bulletin.key, channel=channel, below=below)
        try:
            at = found or self._surface.post(bulletin, channel=channel, below=below)
        except Paced:
            if new:  # nothing was asked of the surface: there is nothing to look for
                self._notes.drop(_note(bulletin.key))
            raise
        self._notes.put(_note(bulletin.key), f"{at.channel} {at.ts}")
        return at


def _note(key: str) -> str:
    return f"bulletin:{key}"
