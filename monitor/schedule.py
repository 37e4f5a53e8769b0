"""When each job runs. The only importer of APScheduler; the jobs do not know it.

The job store is in memory: schedules are made from the settings at every start, and what must
outlive a restart (cursors, cases, actions, the weeks reported) lies in our own database. So there
are intervals only: a job that is due on Monday at eight looks every minute whether that has come,
and no restart, outage or crash makes it miss its day.
"""

import logging
from collections.abc import Callable
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
_SWEEP = "sweep"


class Schedule:
    """The jobs of `amends run`. A job that still runs is not started a second time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scheduler = BackgroundScheduler(
            timezone=ZoneInfo("UTC"),
            # Two rooms: a platform that hangs until its time-out never delays a click.
            executors={"default": ThreadPoolExecutor(8), _SWEEP: ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        # A sweep that takes over a second is normal under load, not worth a warning a second.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

    def every(self, seconds: int, name: str, job: Callable[[], object]) -> None:
        """Run a job now and then every so many seconds, with jitter."""
        trigger = IntervalTrigger(
            seconds=seconds, jitter=max(1, int(seconds * JITTER_SHARE)), timezone=ZoneInfo("UTC")
        )
        self._scheduler.add_job(job, trigger, id=name, name=name, next_run_time=self._clock())

    def sweep(self, job: Callable[[], object]) -> None:
        """Walk the straight line again and again; `wake` does it at once."""
        trigger = IntervalTrigger(seconds=SWEEP_SECONDS, timezone=ZoneInfo("UTC"))
        self._scheduler.add_job(
            job, trigger, id=_SWEEP, executor=_SWEEP, next_run_time=self._clock()
        )

    def start(self) -> None:
        """Begin; jobs run in threads of their own."""
        self._scheduler.start()

    def wake(self) -> None:
        """Walk the straight line at once. Safe from any thread, and before the start."""
        try:
            self._scheduler.modify_job(_SWEEP, next_run_time=self._clock())
        except JobLookupError:
            return  # not scheduled: whoever runs the jobs by hand runs them anyway

    def stop(self) -> None:
        """Start nothing more and wait for the calls in hand."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
