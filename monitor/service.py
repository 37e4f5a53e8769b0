"""`amends run`: schedule, Slack and console, until somebody stops it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

from connectors.errors import TryLater
from monitor import app, clock, consoles
from monitor.belonging import belonging
from monitor.config import Settings
from monitor.jobs import BEGAN, House, Jobs
from monitor.lock import Keeper
from monitor.office import FrontOffice
from monitor.problems import RunError
from monitor.report import due_week
from monitor.schedule import Schedule

if TYPE_CHECKING:
    from responders.slack.http_mode import Serving
    from responders.slack.socket_mode import Listening

#: Conversations are looked through this often; how often each is read is [engine] watch_every.
WATCH_SECONDS = 5
#: Reminders, alarms and lists are looked for this often.
TELL_SECONDS = 5
#: Whether a digest is due, and whether Slack can be listened to where it could not.
MINUTE = 60
#: Whether something is older than the retention.
HOUR = 3600
#: A sender's lock that was lost (the database was restarted) is asked for again so often.
LOCK_SECONDS = 15
#: What is out of order while Slack cannot be listened to.
CLICKS = "clicks in Slack"


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT; finishes the calls in hand, then leaves.

    Raises:
        RunError: another process sends from this database, or there is nothing to run.
        SetupError: Slack's token or app is wrong, or the console may not listen.
        StoreError: the database cannot be used.
    """
    _require_something_to_do(settings)
    stopping = threading.Event()
    with _signals(stopping), ExitStack() as stack:
        schedule = Schedule(clock.now)
        house = _house(settings, stack, schedule)
        jobs = Jobs(house)
        _plan(schedule, settings, house, jobs)
        if house.surface is not None:
            office = FrontOffice(
                house,
                outages=jobs.outages.now,
                shadow=settings.file.engine.shadow,
                wake=schedule.wake,
            )
            ear = Ear(lambda: app.listen_to_slack(settings, house, office))
            stack.callback(ear.close)
            with suppress(TryLater):  # the schedule tries on, and tells
                ear.listen()
            schedule.every(MINUTE, CLICKS, lambda: jobs.attempt(CLICKS, ear.listen))
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


class Ear:
    """Listens to Slack as soon as Slack can be reached; the rest need not wait for that."""

    def __init__(self, connect: Callable[[], "Listening | Serving"]) -> None:
        self._connect = connect
        self._listening: Listening | Serving | None = None

    def listen(self) -> None:
        """Begin to listen, unless that is so already.

        Raises:
            TryLater: Slack cannot be reached; call again.
            SetupError: the token or the app is wrong.
        """
        if self._listening is None:
            self._listening = self._connect()

    def close(self) -> None:
        """Finish the clicks in hand and hang up."""
        if self._listening is not None:
            self._listening.close()


def _require_something_to_do(settings: Settings) -> None:
    slack = settings.file.slack
    if not settings.connectors:
        raise RunError("no connector is enabled: enable one under [connectors]")
    if not settings.file.console.enabled and (slack is None or not slack.enabled):
        raise RunError("nobody could see a card: enable [slack] or [console]")


def _house(settings: Settings, stack: ExitStack, schedule: Schedule) -> House:
    store = stack.enter_context(app.open_store(settings))
    lock = app.sender_lock(settings)
    try:
        alone = lock.acquire()
    except OSError as error:
        raise RunError(f"{lock.name} cannot be locked: {error.strerror or error}") from error
    if not alone:
        raise RunError(
            f"another amends run (process {lock.owner()}) sends from this database; "
            f"it holds {lock.name}"
        )
    stack.callback(lock.release)
    schedule.every(LOCK_SECONDS, "sender lock", Keeper(lock).keep)
    here = belonging(settings, store)
    away = here.why_not()
    if not away:
        here.bind()
        schedule.every(MINUTE, "mark", here.renew)
    app.import_codes(settings.policy, store)
    store.meta.put_new(BEGAN, clock.now().isoformat())
    return app.build(
        settings,
        store,
        clock=clock.now,
        connectors=app.make_connectors(settings, clock.now()),
        surface=app.make_surface(settings, clock.now),
        lock=lock,
        wake=schedule.wake,
        away=away,
    )


def _plan(schedule: Schedule, settings: Settings, house: House, jobs: Jobs) -> None:
    for source, table in settings.connectors.items():

        def poll(source: str = source) -> None:
            jobs.poll_if_up(source)
            schedule.wake()

        schedule.every(table.every_seconds, f"poll {source}", poll)
        schedule.every(HOUR, f"sweep {source}", partial(jobs.sweep_back_if_due, source))
        look = partial(jobs.look_for_deletions_if_due, source)
        schedule.every(HOUR, f"deletions on {source}", look)
    schedule.sweep(lambda: jobs.attempt("the line", jobs.walk))
    schedule.every(WATCH_SECONDS, "watch", lambda: jobs.attempt("watching", jobs.watch_all))
    schedule.every(TELL_SECONDS, "tell", lambda: jobs.attempt("telling", jobs.tell_all))
    schedule.every(MINUTE, "learn", jobs.learn_all)
    schedule.every(HOUR, "purge", jobs.purge_if_due)
    when = settings.file.digest.when
    if not when or (house.surface is None and house.digests is None):
        return
    for brand in house.brands.values():

        def report(name: str = brand.name, zone: str = brand.timezone) -> None:
            jobs.digest_if_due(name, due_week(house.clock(), when, zone))

        schedule.every(MINUTE, f"digest {brand.name}", report)


def _greeting(settings: Settings, house: House) -> str:
    parts = [f"running: listens on {', '.join(sorted(house.connectors))}."]
    if settings.file.engine.shadow:
        parts.append("SHADOW MODE: nothing is sent ([engine] shadow).")
    away = belonging(settings, house.store).why_not()
    if away:
        parts.append(f"NOTHING IS SENT: {away}; amends adopt takes over.")
    if house.store.paused():
        parts.append("PAUSED: nothing is sent until amends resume.")
    if not settings.policy.approvers:
        parts.append("NOBODY may approve: list people under [policy] approvers.")
    return " ".join([*parts, "Ctrl-C stops."])


@contextmanager
def _signals(stopping: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT ask for a stop; a second one is taken as meant, and ends us at once.

    That loses nothing: the next start finds what became of every call, as after any crash.
    """

    def ask(number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stopping.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
