"""`amends run`: schedule, Slack and console, until somebody stops it."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from types import FrameType

from connectors.errors import ConnectorError
from monitor import app, clock, consoles
from monitor.config import Settings
from monitor.jobs import House, Jobs
from monitor.problems import RunError
from monitor.schedule import Schedule
from responders.digest import week_before, week_of

log = logging.getLogger(__name__)

#: When texts that are too old are erased each day, in the first brand's time zone.
PURGE_AT = "03:10"
#: A reminder for whoever reads the log, not a limit.
STOP_GRACE = timedelta(seconds=30)


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT; finishes the calls in hand, then leaves.

    Raises:
        RunError: another process sends from this database, or there is nothing to run.
    """
    stopping = threading.Event()
    with _signals(stopping), ExitStack() as stack:
        schedule = Schedule(clock.now)
        house = _house(settings, stack, schedule.wake)
        jobs = Jobs(house)
        _plan(schedule, settings, house, jobs)
        if house.surface is not None:
            stack.callback(_listen(settings, house))
        if settings.file.console.enabled:
            console = consoles.open_console(settings, house)
            stack.callback(console.stop)
            say(f"console: {console.url}")
        stack.callback(schedule.stop)
        schedule.start()
        say(_greeting(settings, house))
        stopping.wait()
        say("stopping: finishing the calls in hand")
    say("stopped")


def _house(settings: Settings, stack: ExitStack, wake: Callable[[], None]) -> House:
    store = stack.enter_context(app.open_store(settings))
    lock = app.sender_lock(settings)
    if not lock.acquire():
        raise RunError(f"another amends run sends from this database (it holds {lock.path})")
    stack.callback(lock.release)
    app.import_codes(settings.policy, store)
    connectors = app.make_connectors(settings)
    surface = app.make_surface(settings, clock.now)
    if not connectors:
        raise RunError("no connector is enabled: enable one under [connectors]")
    if surface is None and not settings.file.console.enabled:
        raise RunError("nobody could see a card: enable [slack] or [console]")
    return app.build(
        settings,
        store,
        clock=clock.now,
        connectors=connectors,
        surface=surface,
        lock=lock,
        wake=wake,
    )


def _plan(schedule: Schedule, settings: Settings, house: House, jobs: Jobs) -> None:
    for source, table in settings.connectors.items():

        def poll(source: str = source) -> None:
            jobs.poll_if_up(source)
            schedule.wake()

        schedule.every(table.every_seconds, f"poll {source}", poll)
    schedule.sweep(jobs.sweep)
    for brand in house.brands.values():
        if settings.file.digest.when:

            def report(name: str = brand.name, zone: str = brand.timezone) -> None:
                jobs.digest_if_due(name, week_before(week_of(clock.now(), zone)))

            schedule.weekly(
                settings.file.digest.when, brand.timezone, f"digest {brand.name}", report
            )
    keep = settings.file.retention.keep
    zone = settings.brands[0].timezone
    schedule.wall_clock(PURGE_AT, zone, "purge", lambda: jobs.purge(clock.now() - keep))


def _listen(settings: Settings, house: House) -> Callable[[], None]:
    try:
        return app.listen_to_slack(settings, house).close
    except ConnectorError as error:
        raise RunError(f"Slack: {error}") from error


def _greeting(settings: Settings, house: House) -> str:
    listening = ", ".join(sorted(house.connectors))
    shadow = (
        " SHADOW MODE: nothing is sent ([engine] shadow)." if settings.file.engine.shadow else ""
    )
    nobody = (
        " NOBODY may approve: list people under [policy] approvers."
        if not settings.policy.approvers
        else ""
    )
    return f"running: listens on {listening}.{shadow}{nobody} Ctrl-C stops."


@contextmanager
def _signals(stopping: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT ask for a stop; a second one is taken as meant."""

    def ask(number: int, frame: FrameType | None) -> None:
        if stopping.is_set():
            signal.default_int_handler(number, frame)
        stopping.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
