"""How fast we may speak, so that Slack never has to refuse: counted here before each call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from connectors.errors import TryLater


@dataclass(frozen=True, kw_only=True)
class Rate:
    """So many at once, and then one after each span."""

    at_once: int
    then_each: timedelta


#: Source: docs.slack.dev "Rate limits", read 2026-11: one message a second to a channel.
POSTS = Rate(at_once=1, then_each=timedelta(seconds=1))
#: chat.update is of tier 3, 50 a minute: 10 at once and 40 more in the minute, so that a click's
#: card waits a second and a half at most while a thousand others are redrawn. Source: as above.
EDITS = Rate(at_once=10, then_each=timedelta(seconds=1.5))


#: Whoever was turned away has come again by then.
KEPT_FREE = timedelta(seconds=10)


class Paced(TryLater):
    """Nothing is wrong: it is not its turn yet. Nothing was asked of Slack.

    Attributes:
        edit: Whether a message of ours was to be edited; else one was to be posted.
    """

    def __init__(self, at: datetime, *, edit: bool) -> None:
        super().__init__("Slack: its rate is used up for this moment", at=at)
        self.edit = edit


class Pace:
    """Counts what was said. Thread-safe."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        #: When each may be as if nothing had been said; all that counts of what was.
        self._calm: dict[str, datetime] = {}
        self._kept_free: dict[str, datetime] = {}  #: channel: until when cards wait
        self._lock = Lock()

    def post(self, channel: str, *, card: bool = True) -> None:
        """Take a turn for a new message.

        Many new cards would take every turn there is: where something else is turned away (an
        alarm, a reminder), cards wait until that has come again.

        Raises:
            Paced: it is not its turn.
        """
        now = self._clock()
        free = self._kept_free.get(channel, now)
        if card and now < free:
            raise Paced(free, edit=False)
        at = self._take(channel, POSTS)
        if at is None and not card:
            self._kept_free.pop(channel, None)
        elif at is not None:
            if not card:
                self._kept_free[channel] = now + KEPT_FREE
            raise Paced(at, edit=False)

    def edit(self) -> None:
        """Take a turn for a change of a message of ours. Raises as `post` does."""
        at = self._take("", EDITS)
        if at is not None:
            raise Paced(at, edit=True)

    def _take(self, key: str, rate: Rate) -> datetime | None:
        """None where it may be said now; else when."""
        now = self._clock()
        with self._lock:
            calm = max(self._calm.get(key, now), now)
            free = calm - (rate.at_once - 1) * rate.then_each
            if free > now:
                return free
            self._calm[key] = calm + rate.then_each
            return None
