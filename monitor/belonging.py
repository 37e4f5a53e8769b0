"""Is this the database that sends from here? A copy never speaks.

The database and a small file beside it know each other: the installation's id, the host, where the
database lies, and a mark that changes all the time. A clone on another host, a second copy on this
one and an old state that was restored each differ in one of them. Such a database sends nothing
until a person says `amends adopt`: what it holds as approved may have gone out elsewhere since.
"""

import json
import os
import socket
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from monitor.config import Settings
from monitor.problems import RunError
from monitor.store import Store
from monitor.store.engine import shown
from responders import outcome
from responders.action import ActionState
from responders.case import Due

#: Where the database keeps its side.
_KEY = "home"
#: What may have left from elsewhere without this database knowing. What is unknown or needs a
#: person is looked at anyway; what is posted by hand is posted by a person, who sees it there.
IN_DOUBT = frozenset({ActionState.APPROVED, ActionState.WAITING, ActionState.SENDING})
#: Whoever changes a case at the same moment lets go of it soon.
_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class Home:
    """What both sides note. The file keeps the last two marks, the database the last one.

    The file is written first, so that a crash between the two is no difference.
    """

    id: str
    host: str
    place: str  #: the database's address or path
    marks: tuple[str, ...]


class Notes(Protocol):
    """What is needed of the store: texts by key."""

    def get(self, key: str) -> str | None:
        """What was noted under this key, or None."""

    def put(self, key: str, value: str) -> None:
        """Note it, in place of what was there."""


class Belonging:
    """Compares the two sides, and binds them to each other."""

    def __init__(self, notes: Notes, *, file: Path, host: str, place: str) -> None:
        self._notes = notes
        self._file = file
        self._host = host
        self._place = place

    def why_not(self) -> str:
        """Why nothing may be sent from here, in a sentence; "" where it may."""
        ours = self._database()
        try:
            beside = self._beside()
        except (OSError, ValueError, TypeError, KeyError):
            return f"{self._file} cannot be read"
        if ours is None and beside is None:
            return ""  # never sent from anywhere
        if ours is None or (beside is not None and beside.id != ours.id):
            return f"this is another database than the one that sends from here ({self._file})"
        if (ours.host, ours.place) != (self._host, self._place):
            return f"this is a copy: the database sends from {ours.host} ({ours.place})"
        if beside is None:
            return f"this is a copy, or {self._file} was lost: it lies beside the one that sends"
        if not set(ours.marks) <= set(beside.marks):
            return "this is an earlier state of the database, such as a restored backup"
        return ""

    def bind(self) -> None:
        """From now on this database sends from here.

        Raises:
            RunError: the file cannot be written.
        """
        known = self._database()
        self._write(known.id if known else uuid4().hex, known.marks if known else ())

    def renew(self) -> None:
        """Change the mark where this is home, so that an earlier state can be told from this one.

        Raises:
            RunError: the file cannot be written.
        """
        ours = self._database()
        if ours is not None and not self.why_not():
            self._write(ours.id, ours.marks)

    def _write(self, id: str, last: tuple[str, ...]) -> None:
        mark = uuid4().hex
        home = Home(id=id, host=self._host, place=self._place, marks=(mark,))
        half = self._file.with_name(f"{self._file.name}.part")
        try:
            half.write_text(_dump(replace(home, marks=(*last[-1:], mark))), encoding="utf-8")
            half.replace(self._file)
        except OSError as error:
            raise RunError(f"{self._file} cannot be written: {error.strerror}") from error
        self._notes.put(_KEY, _dump(home))

    def _database(self) -> Home | None:
        found = self._notes.get(_KEY)
        return None if found is None else _load(found)

    def _beside(self) -> Home | None:
        try:
            return _load(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None


def belonging(settings: Settings, store: Store) -> Belonging:
    """Whether the database of the settings sends from here."""
    path = settings.database_url.removeprefix("sqlite:///")
    if path == settings.database_url:
        file, place = settings.folder / "amends.id", shown(settings.database_url)
    else:
        file, place = Path(f"{path}.id"), os.path.realpath(path)
    host = settings.file.engine.host or socket.gethostname()
    return Belonging(store.meta, file=file, host=host, place=place)


def doubt(store: Store, now: datetime, by: str) -> int:
    """Have everything looked for that may have left elsewhere; how many actions.

    The sender looks before it sends any of them: what is found counts as sent, what is proved
    absent is sent, and of the rest a person is asked.
    """
    return sum(_doubted(store, due, now, by) for due in store.actions.standing_at(IN_DOUBT))


def _doubted(store: Store, due: Due, now: datetime, by: str) -> bool:
    for _ in range(_TRIES):
        case = store.cases.get(due.case_id)
        action = case.action(due.kind, due.round)
        if action is None or action.state not in IN_DOUBT:
            return False
        if store.cases.save(outcome.doubted(case, action, now=now, by=by), now):
            return True
    raise RunError(f"case {due.case_id} is being changed by others: stop them, then try again")


def _dump(home: Home) -> str:
    return json.dumps(asdict(home))


def _load(text: str) -> Home:
    found = json.loads(text)
    return Home(
        id=str(found["id"]),
        host=str(found["host"]),
        place=str(found["place"]),
        marks=tuple(str(mark) for mark in found["marks"]),
    )
