"""An incident is one card: it says what is held and collects what follows."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from monitor.board import Board
from monitor.store import Store
from responders.bulletin import Bulletin, Line
from responders.card import Button, Card, Verb
from responders.case import CaseId, Incident

#: So many of the collected cases are listed; the others are counted.
LISTED = 10
_END = Button(verb=Verb.END_INCIDENT, label="End the incident", style="danger")


class Outbreak:
    """Keeps the card of each brand's incident up to date."""

    def __init__(
        self,
        store: Store,
        board: Board,
        *,
        brands: Iterable[str],
        card: Callable[[CaseId], Card],
    ) -> None:
        self._store = store
        self._board = board
        self._brands = tuple(brands)
        self._card = card
        self._seen: dict[int, tuple[int, datetime | None]] = {}

    def refresh(self) -> int:
        """Bring the cards up to date; how many were changed.

        Raises:
            ConnectorError: the surface did not take one; call again.
        """
        steps = 0
        for brand in self._brands:
            key = f"incident of {brand}"
            active = self._store.incidents.active(brand)
            noted = self._store.meta.get(key)
            if noted and (active is None or str(active.id) != noted):
                steps += self._show(brand, self._store.incidents.get(int(noted)))
                self._store.meta.drop(key)
            if active is not None:
                self._store.meta.put_new(key, str(active.id))
                steps += self._show(brand, active)
        return steps

    def _show(self, brand: str, incident: Incident) -> int:
        standing = (len(incident.cases), incident.ended_at)
        if self._seen.get(incident.id) == standing:
            return 0
        self._board.keep(self._bulletin(brand, incident))
        self._seen[incident.id] = standing
        return 1

    def _bulletin(self, brand: str, incident: Incident) -> Bulletin:
        key, count = f"incident {incident.id}", len(incident.cases)
        cases = "1 case" if count == 1 else f"{count} cases"
        if incident.ended_at is not None:
            title = f"✅ {brand}: {incident.title} is over. {cases}."
            return Bulletin(key=key, title=title)
        lines: list[Line] = []
        for case_id in incident.cases[-LISTED:]:
            with suppress(KeyError):  # erased since
                card = self._card(case_id)
                lines.append(Line(text=card.number, quoted=card.post, card=card))
        if lines:
            first = self._card(incident.cases[0])
            lines.insert(0, Line(text="Nothing is sent until then.", card=first, button=_END))
        title = f"🔥 {brand}: {incident.title}. Declared by {incident.declared_by}. {cases}."
        return Bulletin(key=key, title=title, lines=tuple(lines), more=max(0, count - LISTED))
