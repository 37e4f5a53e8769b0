"""Cases of low severity share one card a channel and day, which edits itself."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from monitor.board import Board
from monitor.store.notebook import Notebook
from monitor.store.waiting import Waiting
from responders.bulletin import Bulletin, Line
from responders.card import Button, Card, Urgency, Verb
from responders.case import CaseId, CaseState

_NOTE = "lists"
_TAKE = Button(verb=Verb.CLAIM, label="I take it")


def belongs(card: Card) -> bool:
    """Whether the case waits in the list instead of on a card of its own."""
    return card.urgency is Urgency.LOW and card.state is CaseState.OPEN


def collected(card: Card) -> bool:
    """Whether a case that an incident collects needs no card of its own."""
    return card.urgency is not Urgency.RED and not card.claimed_by and card.round == 1


def bulletin(cards: Sequence[Card], key: str) -> Bulletin:
    """The list as it is now; taking a case gives it a card of its own."""
    if not cards:
        return Bulletin(key=key, title="⚪ Low severity: nothing waits here.")
    what = "1 case waits" if len(cards) == 1 else f"{len(cards)} cases wait"
    return Bulletin(
        key=key,
        title=f"⚪ Low severity: {what}. Take one to see its card.",
        lines=tuple(_line(card) for card in cards),
    )


def _line(card: Card) -> Line:
    topic = (card.topic or "topic unsure").replace("_", " ")
    return Line(
        text=f"{card.number} · {topic} · answer by",
        at=card.due_at,
        quoted=card.post,
        card=card,
        button=_TAKE,
    )


class Batch:
    """Keeps the shared cards up to date; looks at cases only where something has changed."""

    def __init__(
        self,
        waiting: Waiting,
        board: Board,
        notes: Notebook,
        *,
        card: Callable[[CaseId], Card],
        channel_of: Callable[[Card], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._waiting = waiting
        self._board = board
        self._card = card
        self._channel_of = channel_of
        self._clock = clock
        self._seen: object = ()
        self._notes = notes
        #: Channel -> key of the list that hangs there.
        self._listed: dict[str, str] = json.loads(notes.get(_NOTE) or "{}")

    def refresh(self) -> int:
        """Bring the lists up to date; how many were changed.

        Raises:
            ConnectorError: the surface did not take one; call again.
        """
        found = self._waiting.batched()
        day = f"{self._clock():%Y-%m-%d}"
        if (found, day) == self._seen or not (found or self._listed):
            return 0
        by_channel: dict[str, list[Card]] = {channel: [] for channel in self._listed}
        for case_id, _ in found:
            with suppress(KeyError):  # erased since it was listed
                card = self._card(case_id)
                by_channel.setdefault(self._channel_of(card), []).append(card)
        for channel, cards in by_channel.items():
            key = f"low {channel} {day}" if cards else self._listed[channel]
            self._board.keep(bulletin(cards, key), channel=channel)
            self._listed[channel] = key
        self._notes.put(_NOTE, json.dumps(self._listed))
        self._seen = (found, day)
        return len(by_channel)
