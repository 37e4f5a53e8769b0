"""What an engineer or a lead does by hand: pause, erase, upgrade, report once more."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from connectors.errors import ConnectorError
from monitor import app, belonging, clock, report
from monitor.config import Settings
from monitor.evaluation import OwnLabels
from monitor.jobs import Jobs
from monitor.problems import CallError, RunError
from monitor.store import Store, schema
from responders.digest import Digest, bounds, markdown, week_before, week_of
from responders.policy import Brand

log = logging.getLogger(__name__)


def poll_all(settings: Settings) -> Iterator[tuple[str, int, str]]:
    """Poll every platform once; for each its name, how many posts were new, and what went wrong."""
    connectors = app.make_connectors(settings, clock.now())
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


def backfill(settings: Settings, span: timedelta) -> Iterator[tuple[str, int, str]]:
    """Store, judge and count the past without cards; for each platform what became of it."""
    connectors = app.make_connectors(settings, clock.now())
    if not connectors:
        raise RunError("no connector is enabled: enable one under [connectors]")
    with app.open_store(settings) as store:
        house = app.build(
            settings,
            store,
            clock=clock.now,
            connectors=connectors,
            lock=app.sender_lock(settings),  # never taken: reading sends nothing
        )
        jobs = Jobs(house)
        for source in connectors:
            try:
                new = jobs.read_back(source, clock.now() - span, file_since=None)
            except ConnectorError as error:
                yield source, 0, str(error)
            else:
                yield source, new, ""


def set_paused(settings: Settings, *, paused: bool, by: str) -> str:
    """Hold everything that would be sent, or let it go; one sentence that says so."""
    with app.open_store(settings) as store:
        store.set_paused(by if paused else None, clock.now())
    if paused:
        return "paused: nothing is sent until amends resume"
    shadow = " (but [engine] shadow is true: still nothing is sent)"
    return f"resumed: what was held is sent now{shadow if settings.file.engine.shadow else ''}"


def adopt(settings: Settings, by: str) -> str:
    """Send from here from now on, after a restore, a copy or a move; says what comes of it.

    Raises:
        RunError: amends run is under way, or the file beside the database cannot be used.
    """
    with app.open_store(settings) as store, _alone(settings):
        here = belonging.belonging(settings, store)
        away = here.why_not()
        if not away:
            here.bind()
            return "nothing to do: this database sends from here"
        doubted = belonging.doubt(store, clock.now(), by)
        here.bind()
    looked = f"{doubted} answers are looked for before any of them is sent"
    return f"taken over ({away}): {looked if doubted else 'nothing was about to be sent'}"


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Nobody sends meanwhile."""
    lock = app.sender_lock(settings)
    try:
        alone = lock.acquire()
    except OSError as error:
        raise RunError(f"{lock.name} cannot be locked: {error.strerror or error}") from error
    if not alone:
        raise RunError(f"amends run is under way (process {lock.owner()}): stop it first")
    try:
        yield
    finally:
        lock.release()


def opt_out(settings: Settings, platform: str, who: str, *, undo: bool) -> str:
    """Write no more to a person, or write to them again; one sentence that says so.

    Raises:
        RunError: nobody of that name ever wrote to us there.
    """
    handle = who.removeprefix("@").removeprefix("u/")
    with app.open_store(settings) as store:
        authors = store.opt_outs.authors(platform, handle)
        if not authors:
            raise RunError(f"nobody called {handle} on {platform} ever wrote to us")
        for brand, author in authors:
            if undo:
                store.opt_outs.undo(brand, platform, author)
            else:
                store.opt_outs.add(brand, platform, author, clock.now())
    if undo:
        return f"{handle} on {platform} may be written to again"
    return f"nothing is sent to {handle} on {platform} any more, on no channel"


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
    """Bring the schema up to date; one sentence that says what was done.

    Raises:
        StoreError: it cannot be used, or a later version made it.
    """
    return str(schema.upgrade(settings.database_url))


def database_state(settings: Settings) -> tuple[str, bool]:
    """One sentence about the schema, and whether it can be used as it is.

    Raises:
        StoreError: it cannot be used.
    """
    return schema.describe(settings.database_url)


def measure_labels(settings: Settings, brand: str | None) -> OwnLabels:
    """How well the judge meets a brand's own labels, as shipped and after learning from them.

    Raises:
        CallError: there is no such brand.
    """
    chosen = _brand(settings, brand)
    judge = app.make_judge(settings)
    with app.open_store(settings) as store:
        lesson = app.make_learner(settings, store, judge, clock.now).lesson(chosen.name)
    return OwnLabels.of(chosen.name, lesson, judge.threshold)


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
        CallError: there is no such brand or week, or it is not over and would be posted half.
        RunError: Slack is not configured, or the folder cannot be written to.
        ConnectorError: Slack does not take it.
    """
    chosen = _brand(settings, brand)
    start, end = _week(week, chosen.timezone)
    number = week_of(start, chosen.timezone)
    now = clock.now()
    if post and end > now:
        raise CallError(f"week {number} is not over: only whole weeks are posted, and each once")
    books = app.make_playbooks(settings)
    with app.open_store(settings) as store:
        made = report.digest(
            store,
            chosen,
            number,
            settings.policy,
            partial(app.prevent, books),
            sources=[n for n in settings.connectors if settings.brand_of(n) == chosen],
            now=now,
        )
        if out:
            report.write(made, report.picture(made), Path(out))
        if post:
            _post(settings, store, chosen.name, number)
    return json.dumps(as_dict(made), indent=2) if as_json else markdown(made).rstrip()


def as_dict(digest: Digest) -> dict[str, Any]:
    """The digest as plain data: times in ISO 8601, spans in seconds, money in minor units."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(digest), default=_plain))
    return plain


def _plain(value: datetime | timedelta) -> object:
    return value.isoformat() if isinstance(value, datetime) else value.total_seconds()


def _brand(settings: Settings, wanted: str | None) -> Brand:
    for brand in settings.brands:
        if wanted in (None, brand.name):
            return brand
    names = ", ".join(brand.name for brand in settings.brands)
    raise CallError(f"there is no brand {wanted!r}; there are: {names}")


def _week(wanted: str | None, zone: str) -> tuple[datetime, datetime]:
    """Start and end of the week, or of the last one that is over."""
    try:
        week = wanted or week_before(week_of(clock.now(), zone))
        week_before(week)  # it is compared with that one
        return bounds(week, zone)
    except ValueError as error:
        raise CallError(str(error)) from error
    except OverflowError as error:
        raise CallError(f"{wanted!r} is too far away for a calendar") from error


def _post(settings: Settings, store: Store, brand: str, week: str) -> None:
    surface = app.make_surface(settings, clock.now)
    if surface is None:
        raise RunError("Slack is not configured: fill in [slack], or leave --post out")
    house = app.build(
        settings,
        store,
        clock=clock.now,
        connectors=app.make_connectors(settings, clock.now()),
        surface=surface,
        lock=app.sender_lock(settings),  # never taken: nothing is sent to a customer
    )
    if Jobs(house).digest(brand, week) is None:
        log.warning("week %s of %s was posted already; nothing was posted", week, brand)
