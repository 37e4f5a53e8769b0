"""The schedule, with the real APScheduler; tests wait on events, never on the clock."""

import threading

from monitor import clock
from monitor.schedule import Schedule

PATIENCE = 20  # seconds; how long a test waits for an event before it fails


def test_a_job_runs_at_once_and_the_schedule_stops_cleanly() -> None:
    schedule, ran = Schedule(clock.now), threading.Event()
    schedule.every(3600, "poll", ran.set)

    schedule.start()

    assert ran.wait(PATIENCE)
    schedule.stop()
    schedule.stop()


def test_a_click_wakes_the_line() -> None:
    schedule = Schedule(clock.now)
    walks: list[int] = []
    third = threading.Event()

    def walk() -> None:
        walks.append(1)
        if len(walks) >= 3:
            third.set()
        else:
            schedule.wake()

    schedule.sweep(walk)
    schedule.start()

    assert third.wait(PATIENCE)
    schedule.stop()


def test_waking_what_is_not_scheduled_is_harmless() -> None:
    Schedule(clock.now).wake()


def test_stopping_waits_for_the_call_in_hand() -> None:
    schedule, begun, go_on = Schedule(clock.now), threading.Event(), threading.Event()
    finished: list[bool] = []

    def slow() -> None:
        begun.set()
        go_on.wait(PATIENCE)
        finished.append(True)

    schedule.every(3600, "slow", slow)
    schedule.start()
    assert begun.wait(PATIENCE)
    stopper = threading.Thread(target=schedule.stop)
    stopper.start()
    go_on.set()
    stopper.join(PATIENCE)

    assert finished == [True]


def test_a_call_in_hand_may_wake_the_line_while_the_schedule_stops() -> None:
    schedule, begun, go_on = Schedule(clock.now), threading.Event(), threading.Event()
    finished: list[bool] = []

    def poll() -> None:
        begun.set()
        go_on.wait(PATIENCE)
        schedule.wake()
        finished.append(True)

    schedule.sweep(lambda: None)
    schedule.every(3600, "poll", poll)
    schedule.start()
    assert begun.wait(PATIENCE)
    stopper = threading.Thread(target=schedule.stop, daemon=True)
    stopper.start()
    while schedule.running:
        go_on.wait(0.01)
    go_on.set()
    stopper.join(PATIENCE)

    assert not stopper.is_alive()
    assert finished == [True]


def test_what_was_about_to_start_does_not_once_the_schedule_has_stopped() -> None:
    schedule, ran = Schedule(clock.now), threading.Event()
    schedule.every(3600, "late", ran.set)

    schedule.stop()  # before it began: what was asked for is not done afterwards either
    schedule.start()
    (job,) = schedule._scheduler.get_jobs()
    job.func()
    schedule.stop()

    assert not ran.is_set()


def test_a_job_that_fails_does_not_stop_the_others() -> None:
    schedule, ran = Schedule(clock.now), threading.Event()

    def broken() -> None:
        raise RuntimeError("broken")

    schedule.every(3600, "broken", broken)
    schedule.every(3600, "fine", ran.set)
    schedule.start()

    assert ran.wait(PATIENCE)
    schedule.stop()
