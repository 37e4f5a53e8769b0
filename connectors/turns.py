"""Lists of one platform that are read in turn, and what is done where one cannot be read."""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from connectors.errors import SetupError

log = logging.getLogger(__name__)

Made = TypeVar("Made")


class Turns:
    """Remembers which lists cannot be read.

    Args:
        platform: Its name in the log.
        lists: Name -> what the log calls it, in the order of their turns.
        unreadable: What is raised of a list that the login may not read; anything else passes.
    """

    def __init__(
        self, platform: str, lists: Mapping[str, str], unreadable: type[SetupError]
    ) -> None:
        self._platform = platform
        self._lists = lists
        self._unreadable = unreadable
        self._left_out: dict[str, SetupError] = {}

    def take(self, turn: str, read: Callable[[str], Made]) -> tuple[str, Made | None]:
        """Read the list whose turn it is; "" or an unknown name is the first one's turn.

        One that cannot be read is named in the log and left out. Where that has become true of
        all, each other one is tried at once before the reason is raised: the stored turn stays
        where it is then, and else a list that works again would never be asked.

        Returns:
            The list whose turn it was in the end, and what it gave; None where it is left out.

        Raises:
            SetupError: none can be read; the last reason.
        """
        names = list(self._lists)
        first = names.index(turn) if turn in names else 0
        for name in names[first:] + names[:first]:
            try:
                made = read(name)
            except self._unreadable as error:
                reason = self._leave_out(name, error)
            else:
                self._take_back(name)
                return name, made
            if len(self._left_out) < len(names):
                return name, None
        raise reason

    def after(self, name: str) -> str:
        """Whose turn is next; "" where the round is over."""
        names = list(self._lists)
        return "" if name == names[-1] else names[names.index(name) + 1]

    def _leave_out(self, name: str, error: SetupError) -> SetupError:
        if name not in self._left_out:
            log.warning("%s: %s is left out: %s", self._platform, self._lists[name], error)
        self._left_out[name] = error
        return error

    def _take_back(self, name: str) -> None:
        if self._left_out.pop(name, None) is not None:
            log.warning("%s: %s can be read again", self._platform, self._lists[name])
