"""What an engineer or a lead does by hand: pause, erase, upgrade, report once more."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.errors import ConnectorError
from monitor import app, clock, report
from monitor.config import Settings
from monitor.jobs import Jobs
from monitor.problems import RunError
from monitor.store import Store
from monitor.store.schema import Schema, schema_state
from monitor.store.schema import upgrade as upgrade_schema
from responders.digest import Digest, markdown, week_before, week_of


def poll_all(settings: Settings) -> Iterator[tuple[str, int, str]]:
    """Poll every platform once; for each its name, how many posts were new, and what went wrong."""
    connectors = app.make_connectors(settings)
    if not connectors:
        raise RunError("no connector is enabled: enable one under [connectors]")
    with app.open_store(settings) as store:
        house = app.build(
            settings,
            store,
            clock=clock.now,
            connectors=connectors,
            lock=app.sender_lock(settings),  # never taken: polling sends nothing
        )
        jobs = Jobs(house)
        for source in connectors:
            try:
                yield source, jobs.poll(source), ""
            except ConnectorError as error:
                yield source, 0, str(error)
        jobs.prepare()


def set_paused(settings: Settings, *, paused: bool, by: str) -> str:
    """Hold everything that would be sent, or let it go; one sentence that says so."""
    with app.open_store(settings) as store:
        store.set_paused(by if paused else None, clock.now())
    if paused:
        return "paused: nothing is sent until amends resume"
    shadow = " (but [engine] shadow is true: still nothing is sent)"
    return f"resumed: what was held is sent now{shadow if settings.file.engine.shadow else ''}"


def purge(settings: Settings) -> int:
    """Apply the retention; how many posts were erased."""
    now = clock.now()
    with app.open_store(settings) as store:
        return store.purge(now - settings.file.retention.keep, now)


def forget(settings: Settings, platform: str, handle: str) -> int:
    """Erase a person; how many posts were erased."""
    with app.open_store(settings) as store:
        who = handle.removeprefix("@").removeprefix("u/")
        return store.forget(platform, who, clock.now())


def upgrade(settings: Settings) -> str:
    """Bring the schema up to date; one sentence that says what was done."""
    done = upgrade_schema(settings.database_url)
    if done.was == done.now:
        return f"nothing to do: the database is at {done.now}"
    copy = f"; the copy from before is {done.backup}" if done.backup else ""
    return f"upgraded from {done.was or 'nothing'} to {done.now}{copy}"


def database_state(settings: Settings) -> tuple[str, bool]:
    """One sentence about the schema, and whether it can be used."""
    state = schema_state(settings.database_url)
    told = {
        Schema.MISSING: "the database is empty: amends run or amends db upgrade makes the tables",
        Schema.OLD: f"the database is at {state.found}, the program at {state.newest}: "
        "run amends db upgrade",
        Schema.CURRENT: f"ours and current, at {state.found}",
        Schema.NEW: f"the database is at {state.found}, which a later version made: use that one",
    }
    return told[state.schema], state.schema is Schema.CURRENT


def make_digest(
    settings: Settings,
    *,
    week: str | None,
    brand: str | None,
    out: str | None,
    post: bool,
    as_json: bool,
) -> str:
    """A week's digest as text for standard output; written to a folder or Slack where asked.

    Raises:
        RunError: there is no such brand or week, or Slack is not configured.
    """
    chosen = _brand(settings, brand)
    zone = next(b.timezone for b in settings.brands if b.name == chosen)
    wanted = week or week_before(week_of(clock.now(), zone))
    with app.open_store(settings) as store:
        made = _digest(settings, store, chosen, wanted)
        picture = report.picture(made) if out or post else b""
        if out:
            report.write(made, picture, Path(out))
        if post:
            _post(settings, store, chosen, wanted)
    return json.dumps(as_dict(made), indent=2) if as_json else markdown(made).rstrip()


def as_dict(digest: Digest) -> dict[str, Any]:
    """The digest as plain data: times in ISO 8601, spans in seconds, money in minor units."""
    return json.loads(json.dumps(asdict(digest), default=_plain))  # type: ignore[no-any-return]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if hasattr(value, "total_seconds") else str(value)


def _digest(settings: Settings, store: Store, brand: str, week: str) -> Digest:
    books = app.make_playbooks(settings)
    value = next(b for b in settings.brands if b.name == brand)
    try:
        advice = lambda topic: app.prevent(books, topic)  # noqa: E731
        return report.digest(store, value, week, settings.policy, advice)
    except ValueError as error:
        raise RunError(str(error)) from error


def _post(settings: Settings, store: Store, brand: str, week: str) -> None:
    surface = app.make_surface(settings, clock.now)
    if surface is None:
        raise RunError("Slack is not configured: fill in [slack], or leave --post out")
    house = app.build(
        settings,
        store,
        clock=clock.now,
        connectors={},
        surface=surface,
        lock=app.sender_lock(settings),
    )
    Jobs(house).digest(brand, week)


def _brand(settings: Settings, wanted: str | None) -> str:
    names = [brand.name for brand in settings.brands]
    if wanted is None:
        return names[0]
    if wanted not in names:
        raise RunError(f"there is no brand {wanted!r}; there are: {', '.join(names)}")
    return wanted
