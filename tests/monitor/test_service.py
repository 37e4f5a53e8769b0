"""`amends run`: a process that starts, shows, sends, and stops when told to."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.errors import SetupError, TryLater
from monitor import app, clock, service
from monitor.config import Settings, load
from monitor.jobs import House, Jobs
from monitor.problems import RunError
from monitor.schedule import Schedule
from monitor.service import Ear
from monitor.store import Store
from responders.slack.socket_mode import Listening
from tests.databases import SqliteFiles
from tests.monitor.house import (
    FakeSlack,
    Platform,
    Time,
    complaint,
    house,
    open_store,
    settings,
)
from tests.monitor.town import BRAND, CHANNEL, EVA, SECRETS, SLACK, TWITTER, Town, running, town

COMPLAINT = "My parcel has not arrived after three weeks and nobody at acme answers. Terrible!"
#: Seconds between two runs of a job.
EVERY = {"the line": 1, "poll reddit": 60, "watch": 5, "purge": 3600, "digest Acme": 60}
CONSOLE = "\n[console]\nenabled = true\nport = 0\n"
REDDIT = """
[connectors.reddit]
api_url = "http://127.0.0.1:1"
client_id = "client"
client_secret = "env:AMENDS_T_BEARER"
username = "acme_help"
password = "env:AMENDS_T_BEARER"
subreddits = ["acme"]
every_seconds = 5
timeout_seconds = 2
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as made:
        yield made


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def cards(here: Town) -> list[str]:
    return [str(message) for message in here.slack.channels[CHANNEL].messages]


# A process of its own


def test_it_shows_what_is_posted_sends_what_is_approved_and_stops_when_told_to(
    here: Town,
) -> None:
    here.x.seed(COMPLAINT)
    here.write(BRAND, TWITTER, SLACK)

    with running("run", "-c", here.config) as amends:
        assert amends.until("running:") == "running: listens on twitter. Ctrl-C stops."
        here.slack.until(lambda: cards(here), "a card")
        here.slack.until(lambda: here.slack.listeners, "the Socket Mode connection")
        message = here.slack.channels[CHANNEL].messages[0]
        here.slack.click(message["ts"], "amends.send", EVA)
        here.slack.until(here.x.public_replies, "the reply")
        assert amends.end() == 0

    assert "three weeks" in cards(here)[0]
    assert len(here.x.public_replies()) == 1
    assert amends.said[-2:] == ["stopping: finishing the calls in hand", "stopped"]
    told = "\n".join(amends.said)
    assert not [secret for secret in SECRETS.values() if secret in told]


def test_a_second_one_on_the_same_database_is_refused(here: Town) -> None:
    here.write(BRAND, TWITTER, SLACK)

    with running("run", "-c", here.config) as first:
        first.until("running:")
        with running("run", "-c", here.config) as second:
            told = second.until("another amends run")
            assert second.end(None) == 1
        assert first.end(signal.SIGINT) == 0

    assert told.startswith(f"amends: another amends run (process {first.pid}) sends from this ")
    assert second.said == [told]


def test_one_platform_that_is_down_does_not_stop_the_other(here: Town) -> None:
    here.x.seed(COMPLAINT)
    here.write(BRAND, TWITTER, REDDIT, SLACK)

    with running("run", "-c", here.config) as amends:
        amends.until("reddit: out of order")
        here.slack.until(lambda: cards(here), "a card")
        assert amends.end() == 0


def test_a_slack_that_is_down_at_the_start_stops_no_reading(here: Town) -> None:
    here.write(BRAND, TWITTER, SLACK)
    here.slack.go_down()

    with running("run", "-c", here.config) as amends:
        amends.until("clicks in Slack: out of order")
        assert amends.end() == 0

    with Store.open(f"sqlite:///{here.folder / 'amends.db'}") as store:
        assert store.paused() is False


def test_a_slack_that_does_not_know_us_is_told_in_a_line(here: Town) -> None:
    here.write(BRAND, TWITTER, SLACK.replace("APP_TOKEN", "BOT_TOKEN"))

    with running("run", "-c", here.config) as amends:
        told = amends.until("amends: ")
        assert amends.end(None) == 1

    assert "Slack: could not open Socket Mode: the token is wrong" in told
    assert amends.said[-1] == told


def test_a_second_signal_is_taken_as_meant(here: Town) -> None:
    here.write(BRAND, TWITTER.replace("timeout_seconds = 2", "timeout_seconds = 30"), SLACK)
    here.x.server.hang_next(path="/2/users/777/mentions")

    with running("run", "-c", here.config) as amends:
        amends.until("running:")
        here.slack.until(
            lambda: here.x.server.asked("GET", "/2/users/777/mentions"), "a call that hangs"
        )
        os.kill(amends.pid, signal.SIGTERM)
        amends.until("stopping:")
        status = amends.end(signal.SIGTERM)
    here.x.server.release()

    assert status == -signal.SIGTERM
    assert "Traceback" not in "\n".join(amends.said)


# In this process


def ran(settings: Settings) -> list[str]:
    """What `run` says when it is stopped as soon as it runs."""
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("running:"):
            os.kill(os.getpid(), signal.SIGTERM)

    service.run(settings, say)
    return said


@pytest.mark.usefixtures("secrets")
def test_the_greeting_says_what_keeps_things_from_being_sent(here: Town) -> None:
    here.write(
        BRAND.replace(f'"{EVA}"', ""), TWITTER, SLACK, "\n[engine]\nshadow = true\n", CONSOLE
    )
    settings = load(here.config)
    with app.open_store(settings) as store:
        store.set_paused("eva", clock.now())

    console, greeting, stopping, stopped = ran(settings)

    assert console.startswith("console: http://127.0.0.1:")
    assert greeting == (
        "running: listens on twitter. SHADOW MODE: nothing is sent ([engine] shadow). "
        "PAUSED: nothing is sent until amends resume. "
        "NOBODY may approve: list people under [policy] approvers. Ctrl-C stops."
    )
    assert (stopping, stopped) == ("stopping: finishing the calls in hand", "stopped")


@pytest.mark.usefixtures("secrets")
def test_the_signals_are_as_before_afterwards(here: Town) -> None:
    before = signal.getsignal(signal.SIGTERM)
    here.write(BRAND, TWITTER, CONSOLE)

    ran(load(here.config))

    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((BRAND, SLACK), "no connector is enabled: enable one under [connectors]"),
        ((BRAND, TWITTER), "nobody could see a card: enable [slack] or [console]"),
        (
            (BRAND, TWITTER, SLACK.replace("[slack]", "[slack]\nenabled = false")),
            "nobody could see a card: enable [slack] or [console]",
        ),
    ],
)
def test_where_there_is_nothing_to_do_it_says_so_and_makes_no_database(
    here: Town, parts: tuple[str, ...], said: str
) -> None:
    here.write(*parts)

    with pytest.raises(RunError) as caught:
        ran(load(here.config))

    assert str(caught.value) == said
    assert not (here.folder / "amends.db").exists()


@pytest.mark.usefixtures("secrets")
def test_codes_that_cannot_be_read_are_told_before_anything_starts(here: Town) -> None:
    credit = (
        '[policy.credit]\nsuggested = "10 EUR"\ncap_per_case = "25 EUR"\n'
        'monthly_budget = "500 EUR"\ncodes_file = "codes.csv"\n'
    )
    here.write(BRAND, credit, TWITTER, CONSOLE)

    with pytest.raises(RunError, match=r"codes.csv: cannot be read \(No such file"):
        ran(load(here.config))

    assert here.x.server.requests == []


@pytest.mark.usefixtures("secrets")
def test_a_lock_that_cannot_be_made_is_told(here: Town) -> None:
    here.write(BRAND, TWITTER, CONSOLE)
    settings = load(here.config)
    app.open_store(settings).close()
    Path(f"{here.folder}/amends.db.sender.lock").mkdir()

    with pytest.raises(RunError, match=r"sender.lock cannot be locked: Is a directory"):
        ran(settings)


# Its parts


class Planned(Schedule):
    """A schedule that runs nothing by itself."""

    def __init__(self) -> None:
        super().__init__(clock.now)
        self.jobs: dict[str, tuple[int, Callable[[], object]]] = {}

    def every(self, seconds: int, name: str, job: Callable[[], object]) -> None:
        self.jobs[name] = (seconds, job)

    def sweep(self, job: Callable[[], object]) -> None:
        self.jobs["the line"] = (1, job)


def planned(made: Settings, parts: House) -> dict[str, tuple[int, Callable[[], object]]]:
    """The jobs of an installation and how often each runs, in seconds."""
    schedule = Planned()
    service._plan(schedule, made, parts, Jobs(parts))
    return schedule.jobs


def test_every_job_of_the_line_is_planned_and_does_its_work(
    tmp_path: Path, sqlite_files: SqliteFiles
) -> None:
    reddit, slack, time = Platform(posts=[complaint(1)]), FakeSlack(), Time()
    with open_store(sqlite_files.fresh()) as store:
        parts = house(store, tmp_path, time, reddit, surface=slack)
        jobs = planned(settings(tmp_path, "reddit"), parts)
        for _, job in jobs.values():
            job()
        for _, job in jobs.values():
            job()

    assert {name: seconds for name, (seconds, _) in jobs.items() if name in EVERY} == EVERY
    assert len(slack.cards) == 1
    assert slack.digests == ["digest:Acme:2026-W46"]  # the week before that moment
    assert "conversation 1" in reddit.asked


@pytest.mark.parametrize("when", ["", "mon 08:00"])
def test_a_digest_that_nobody_would_see_is_not_made(
    tmp_path: Path, sqlite_files: SqliteFiles, when: str
) -> None:
    made = settings(tmp_path, "reddit", digest={"when": when})
    surface = FakeSlack() if not when else None
    with open_store(sqlite_files.fresh()) as store:
        jobs = planned(made, house(store, tmp_path, Time(), Platform(), surface=surface))

    assert [name for name in jobs if name.startswith("digest")] == []


class Ears:
    """A Slack that answers after some tries."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.closed = 0

    def __call__(self) -> Listening:
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer
        return self  # type: ignore[return-value]  # it is only ever closed

    def close(self) -> None:
        self.closed += 1


def test_an_ear_listens_once_and_hangs_up() -> None:
    ears = Ears(TryLater("down"), None)
    ear = Ear(ears)

    ear.close()
    with pytest.raises(TryLater):
        ear.listen()
    ear.listen()
    ear.listen()
    ear.close()

    assert ears.answers == []
    assert ears.closed == 1


def test_an_ear_whose_token_was_revoked_says_so() -> None:
    with pytest.raises(SetupError):
        Ear(Ears(SetupError("the token was revoked"))).listen()
