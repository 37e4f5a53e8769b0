"""When each job runs. The only importer of APScheduler; the jobs do not know it.

The job store is in memory: schedules are made from the settings at every start, and what must
outlive a restart (cursors, cases, actions, the weeks reported) lies in our own database. So there
are intervals only: a job that is due on Monday at eight looks every minute whether that has come,
and no restart, outage or crash makes it miss its day.
"""

import logging
from collections.abc import Callable
from threading import Condition
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from monitor.clock import Clock

#: The straight line is walked this often; a click wakes it at once.
SWEEP_SECONDS = 1
#: Polls are spread by this share of their interval, so that platforms are not asked in step.
JITTER_SHARE = 0.1
#: More than there are jobs: threads are made when they are needed.
ROOM = 32
_SWEEP = "sweep"


class Schedule:
    """The jobs of `amends run`. A job that still runs is not started a second time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scheduler = BackgroundScheduler(
            timezone=ZoneInfo("UTC"),
            # Two rooms: a platform that hangs until its time-out never delays a click.
            executors={"default": ThreadPoolExecutor(ROOM), _SWEEP: ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._changed = Condition()
        self._in_hand = 0
        self._stopped = False
        # A sweep that takes over a second is normal under load, not worth a warning a second.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

    def every(self, seconds: int, name: str, job: Callable[[], object]) -> None:
        """Run a job now and then every so many seconds, with jitter."""
        trigger = IntervalTrigger(
            seconds=seconds, jitter=max(1, int(seconds * JITTER_SHARE)), timezone=ZoneInfo("UTC")
        )
        self._add(job, trigger, name, "default")

    def sweep(self, job: Callable[[], object]) -> None:
        """Walk the straight line again and again; `wake` does it at once."""
        self._add(
            job, IntervalTrigger(seconds=SWEEP_SECONDS, timezone=ZoneInfo("UTC")), _SWEEP, _SWEEP
        )

    def start(self) -> None:
        """Begin; jobs run in threads of their own."""
        self._scheduler.start()

    @property
    def running(self) -> bool:
        """Whether jobs are started."""
        return bool(self._scheduler.running)

    def wake(self) -> None:
        """Walk the straight line at once. Safe from any thread, before the start and after."""
        try:
            self._scheduler.modify_job(_SWEEP, next_run_time=self._clock())
        except JobLookupError:
            return  # not scheduled: whoever runs the jobs by hand runs them anyway

    def stop(self) -> None:
        """Start nothing more and wait for the calls in hand."""
        with self._changed:
            self._stopped = True
        if self.running:
            # APScheduler itself would wait with its locks held, and a call in hand that wakes the
            # line would wait for those: neither would ever end.
            self._scheduler.shutdown(wait=False)
        with self._changed:
            self._changed.wait_for(lambda: not self._in_hand)

    def _add(
        self, job: Callable[[], object], trigger: IntervalTrigger, name: str, room: str
    ) -> None:
        self._scheduler.add_job(
            self._counted(job),
            trigger,
            id=name,
            name=name,
            executor=room,
            next_run_time=self._clock(),
        )

    def _counted(self, job: Callable[[], object]) -> Callable[[], None]:
        """The job, known to be in hand while it runs."""

        def run() -> None:
            with self._changed:
                if self._stopped:
                    return
                self._in_hand += 1
            try:
                job()
            finally:
                with self._changed:
                    self._in_hand -= 1
                    self._changed.notify_all()

        return run
