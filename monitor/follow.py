"""Follows the audit, and does what a decision asks for beside the case itself.

People are told below the card whom it is for: a card that edits itself notifies nobody. What a
person posted by hand is looked for. The audit is written with the decision, so nothing is lost in
a crash; bulletins have keys, so nothing is told twice.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.base import Connector
from connectors.errors import ConnectorError, TryLater, Unsupported
from monitor.board import Board
from monitor.outages import Outages
from monitor.store import Store
from monitor.store.audit import Event
from responders import byhand, handover
from responders.bulletin import Bulletin, Line
from responders.case import Case, CaseId, CaseState, Change
from responders.outcome import subject_of
from responders.slack.bot import Shown

log = logging.getLogger(__name__)

_PLACE = "follow"
_PAGE = 2_000
#: On PostgreSQL a line can become visible after a later one; none takes longer than this.
_SETTLED = timedelta(minutes=1)
#: A remark waits so long for the card that it belongs to.
_PATIENCE = timedelta(minutes=10)

ChangeCase = Callable[[CaseId, Callable[[Case], Change | None]], None]
Connectors = Callable[[str], Connector]


class Follow:
    """The job that follows the audit."""

    def __init__(
        self,
        store: Store,
        board: Board | None,
        *,
        connector: Connectors,
        change: ChangeCase,
        clock: Callable[[], datetime],
        outages: Outages,
    ) -> None:
        """Begins where it stopped; the very first time with what happens from now on."""
        self._store = store
        self._board = board
        self._connector = connector
        self._change = change
        self._clock = clock
        self._outages = outages
        self._done: set[int] = set()
        store.meta.put_new(_PLACE, str(store.audit.last()))

    def follow(self) -> int:
        """Do what is to be done for each line that is new; how many were done.

        Raises:
            ConnectorError: the surface is out of reach; what is left is done next time, in order.
        """
        place = int(self._store.meta.get(_PLACE) or 0)
        now, done, moved = self._clock(), 0, place
        settled = True
        for event in self._store.audit.after(place, _PAGE):
            if event.id not in self._done:
                asked = event.note.what in _ASKED_FOR
                if asked and not self._do(event, now):
                    settled = False
                    continue
                self._done.add(event.id)
                done += asked
            settled = settled and now - event.at >= _SETTLED
            if settled:
                moved = event.id
        if moved != place:
            self._store.meta.put(_PLACE, str(moved))
            self._done = {known for known in self._done if known > moved}
        return done

    def _do(self, event: Event, now: datetime) -> bool:
        """Whether nothing is left to do for this line."""
        if event.note.what == byhand.POSTED_BY_HAND:
            return self._look_for(event, now)
        said = remark(event)
        if said is None or self._board is None:
            return True
        shown = self._store.cases.shown(event.case_id)
        if shown is None:  # not posted yet, or it waits in a list
            return now - event.at > _PATIENCE
        self._board.once(said, below=Shown(channel=shown[0], ts=shown[1]))
        return True

    def _look_for(self, event: Event, now: datetime) -> bool:
        kind = event.note.action
        case = self._store.cases.get(event.case_id)
        action = byhand.to_look_for(case, kind) if kind is not None else None
        if action is None:
            return True
        key = f"look {event.id}"
        if self._outages.waiting(key, now):
            return False
        mention = subject_of(case, action.round).subject.mention
        connector = self._connector(mention.platform)
        try:
            found = connector.find_own_reply(mention, action.text)
        except Unsupported:
            found = None
        except ConnectorError as error:
            at = error.at if isinstance(error, TryLater) else None
            self._outages.failed(key, str(error), now, at)
            return False
        if found is None and not byhand.given_up(action, now):
            self._outages.failed(key, "it is not there yet", now)
            return False
        self._outages.recovered(key, now)

        def told(case: Case) -> Change | None:
            still = byhand.to_look_for(case, action.kind)
            if still is None:
                return None
            if found is not None:
                return byhand.seen(case, still, found)
            return byhand.not_seen(case, still, connector.account)

        self._change(event.case_id, told)
        return True


def remark(event: Event) -> Bulletin | None:
    """What is said below the card because of this line; None: nothing."""
    note = event.note
    text = ""
    match note.what:
        case handover.ESCALATED:
            text = f"{note.now}: {note.by} hands you this case."
        case handover.ASKED:
            text = f"{note.now}: {note.by} asks whether you can read this ({note.detail})."
        case "heard" if note.now == CaseState.OPEN and note.was != CaseState.OPEN:
            how = " in private" if note.detail == "private" else ""
            text = f"The customer answered{how}. The case waits for you again."
        case "returned" | "called_off":
            text = "Something that was approved did not leave. The card says why."
        case _:
            return None
    lines = (Line(text="Why:", quoted=note.detail),) if _has_reason(note.what, note.detail) else ()
    return Bulletin(key=f"remark {event.id}", title=text, lines=lines)


def _has_reason(what: str, detail: str) -> bool:
    return what == handover.ESCALATED and bool(detail)


#: Lines for which there is something to do.
_ASKED_FOR = frozenset(
    {
        handover.ESCALATED,
        handover.ASKED,
        byhand.POSTED_BY_HAND,
        "heard",
        "returned",
        "called_off",
    }
)
