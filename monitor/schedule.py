"""When each job runs. The only importer of APScheduler; the jobs do not know it.

The job store is in memory: schedules are made from the settings at every start, and what must
outlive a restart (cursors, cases, actions, the weeks reported) lies in our own database.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
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

    def weekly(self, when: str, zone: str, name: str, job: Callable[[], object]) -> None:
        """Run a job on a day and time such as "mon 08:00" in a time zone, and once at start.

        The start catches up on what a stopped process missed; the job itself knows what is done.
        """
        self.wall_clock(when, zone, name, job)
        self._scheduler.add_job(job, id=f"{name} at start", next_run_time=self._clock())

    def wall_clock(self, when: str, zone: str, name: str, job: Callable[[], object]) -> None:
        """Run a job at "mon 08:00" each week, or at "03:10" each day, in a time zone."""
        day, _, time = when.rpartition(" ")
        hour, minute = time.split(":")
        trigger = CronTrigger(
            day_of_week=day or "*", hour=int(hour), minute=int(minute), timezone=ZoneInfo(zone)
        )
        self._scheduler.add_job(job, trigger, id=name, name=name)

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

    def next_runs(self) -> Mapping[str, datetime | None]:
        """When each job runs next, by name."""
        return {job.id: job.next_run_time for job in self._scheduler.get_jobs()}
