"""What the tests of the store are made of."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from connectors.base import Author, Mention
from monitor.store import Store
from responders.action import Action, ActionKind
from responders.case import Case, Change, Entry, MentionId, Note
from responders.verdict import Verdict

#: Fields of a value that a test changes; `replace` knows which there are.
Fields: TypeAlias = Any

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BRAND = "Acme"
ANGRY = Verdict(
    language="en",
    compound=-0.6,
    complaint=0.9,
    angry=True,
    topic="order_late",
    asks=True,
    why=("late",),
)
CALM = Verdict(language="en", compound=0.4, topic="praise")
NOTE = Note(what="changed", by="test")


def post(number: int | str, **changes: Fields) -> Mention:
    """A public post of Bob's."""
    made = Mention(
        platform="twitter",
        id=str(number),
        author=Author(id="7", handle="bob", name="Bob"),
        text=f"where is my order {number}",
        created_at=NOW,
    )
    return replace(made, **changes)


def by(handle: str) -> Author:
    """Somebody whose id is their handle backwards."""
    return Author(id=handle[::-1], handle=handle)


def ingest(store: Store, *posts: Mention, verdict: Verdict | None = ANGRY) -> tuple[MentionId, ...]:
    """Store posts with one verdict; the ids of the new ones."""
    judged = [(made, verdict) for made in posts]
    return store.mentions.ingest(BRAND, "test", judged, None, NOW).new


def entry(store: Store, made: Mention, verdict: Verdict | None = ANGRY) -> Entry:
    """A stored post."""
    return store.mentions.mention(ingest(store, made, verdict=verdict)[0])[0]


def case(store: Store, *posts: Mention, **changes: Fields) -> Case:
    """A case about the first post, with the others in it and these changes."""
    entries = [entry(store, made) for made in posts]
    opened = store.cases.get(store.cases.open(entries[0].id, NOW, NOW, 0))
    if not changes and len(entries) == 1:
        return opened
    filed = (*opened.entries, *entries[1:])
    return change(store, opened, entries=filed, **changes)


def change(store: Store, before: Case, at: datetime = NOW, **changes: Fields) -> Case:
    """The case as it is after a change."""
    after = replace(before, **changes)
    assert store.cases.save(Change(before=before, after=after, notes=(NOTE,)), at)
    return store.cases.get(before.id)


def action(kind: ActionKind = ActionKind.PUBLIC, **changes: Fields) -> Action:
    """Something to send; its key is made of what makes it one of a kind."""
    made = Action(kind=kind, round=1, key="", text="We are sorry, Bob.", approved_by="eva")
    made = replace(made, **changes)
    return made if made.key else replace(made, key=f"{made.round}/{kind}/{made.text}")
