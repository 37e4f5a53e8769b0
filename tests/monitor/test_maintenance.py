"""What is done by hand: polls, digests on demand. Through the command line, on real parts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.base import Mention
from monitor import clock
from monitor.maintenance import as_dict
from monitor.report import digest as make_digest
from monitor.store import Store
from responders.digest import bounds
from responders.policy import Brand, Policy
from tests.databases import SqliteFiles
from tests.monitor.command import Amends
from tests.monitor.house import open_store
from tests.monitor.posts import ANGRY, post
from tests.monitor.town import BRAND, CHANNEL, SECRETS, SLACK, TWITTER, Town, town
from tests.servers.http import json_answer

#: A Monday after a week whose number is written with a zero or without.
NOW = datetime(2027, 3, 8, 9, tzinfo=UTC)
LAST_WEEK, THIS_WEEK = "2027-W09", "2027-W10"
SAMPLES = "\n[connectors.samples]\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    present, began = clock.now, clock.now()
    monkeypatch.setattr(clock, "now", lambda: NOW + (present() - began))
    with town(tmp_path) as made:
        yield made


def database(here: Town) -> str:
    return f"sqlite:///{here.folder / 'amends.db'}"


def seeded(here: Town, *numbers: int) -> None:
    """Angry posts of last week."""
    at = bounds(LAST_WEEK, "UTC")[0] + timedelta(days=2)
    with Store.open(database(here)) as store:
        store.ensure_brand("Acme")
        made: list[Mention] = [post(number, created_at=at) for number in numbers]
        store.mentions.ingest("Acme", "twitter", [(one, ANGRY) for one in made], None, at)


def digests(here: Town) -> list[str]:
    return [
        str(message["metadata"]["event_payload"]["key"])
        for message in here.slack.channels[CHANNEL].messages
    ]


# poll


def test_every_platform_is_read_once(here: Town, amends: Amends) -> None:
    here.x.seed("My parcel is late, acme! Terrible!")
    here.x.seed("Lovely lamp, acme, thank you")
    here.write(BRAND, TWITTER)

    first, second = amends("poll", "-c", here.config), amends("poll", "--once", "-c", here.config)

    assert (first.status, first.out, first.err) == (0, "twitter: 2 new\n", "")
    assert (second.status, second.out) == (0, "twitter: 0 new\n")
    with Store.open(database(here)) as store:
        tally = store.tally("Acme")
        assert (tally.flagged, tally.drafted, tally.sent) == (1, 1, 0)


def test_a_platform_that_does_not_answer_is_told(here: Town, amends: Amends) -> None:
    here.write(BRAND, TWITTER)
    here.x.go_down()

    ran = amends("poll", "-c", here.config)

    assert (ran.status, ran.out) == (1, "")
    assert ran.complaint.startswith("amends: twitter: X cannot be reached")


def test_without_a_platform_there_is_nothing_to_poll(here: Town, amends: Amends) -> None:
    here.write(BRAND)

    ran = amends("poll", "-c", here.config)

    assert ran.status == 1
    assert ran.complaint == "amends: no connector is enabled: enable one under [connectors]"


# digest


def test_last_week_is_told_in_markdown(here: Town, amends: Amends) -> None:
    here.write(BRAND, SAMPLES)
    seeded(here, 1, 2)

    ran = amends("digest", "-c", here.config)

    assert ran.status == 0
    assert ran.out.startswith(f"# Acme, week {LAST_WEEK}\n\n2 posts about Acme, 2 of them (100 %)")
    assert "samples was never read" in ran.out


def test_a_week_is_told_as_json(here: Town, amends: Amends) -> None:
    here.write(BRAND, SAMPLES)
    seeded(here, 1)

    ran = amends("digest", "-c", here.config, "--week", LAST_WEEK, "--brand", "Acme", "--json")

    told = json.loads(ran.out)
    assert (told["brand"], told["week"], told["now"]["angry"]) == ("Acme", LAST_WEEK, 1)
    assert datetime.fromisoformat(told["end"]) - datetime.fromisoformat(told["start"])
    assert len(told["days"]) == 7


def test_a_week_is_written_in_three_forms(here: Town, amends: Amends) -> None:
    here.write(BRAND, SAMPLES)
    out = here.folder / "some" / "where"

    assert amends("digest", "-c", here.config, "--out", out).status == 0

    files = {path.suffix: path.read_bytes() for path in out.iterdir()}
    assert sorted(files) == [".html", ".md", ".png"]
    assert files[".png"].startswith(b"\x89PNG")
    assert files[".html"].startswith(b"<!doctype html>")
    assert f"acme-{LAST_WEEK}.png".encode() in files[".md"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["--week", "last"], "'last' is not a week: write it as \"2026-W47\""),
        (["--week", "2026-W60"], "'2026-W60' is not a week: write it as \"2026-W47\""),
        (["--week", "9999-W52"], "'9999-W52' is too far away for a calendar"),
        (["--week", "0001-W01"], "'0001-W01' is too far away for a calendar"),
        (["--brand", "Acne"], "there is no brand 'Acne'; there are: Acme"),
        (
            ["--post", "--week", THIS_WEEK],
            f"week {THIS_WEEK} is not over: only whole weeks are posted, and each once",
        ),
    ],
)
def test_a_week_or_brand_that_is_none_is_told_in_a_line(
    here: Town, amends: Amends, call: list[str], said: str
) -> None:
    here.write(BRAND, SAMPLES)

    ran = amends("digest", "-c", here.config, *call)

    assert (ran.status, ran.complaint, ran.out) == (2, f"amends: {said}", "")


def test_a_folder_that_is_a_file_is_told_in_a_line(here: Town, amends: Amends) -> None:
    here.write(BRAND, SAMPLES)

    ran = amends("digest", "-c", here.config, "--out", here.config)

    assert ran.status == 1
    assert "cannot be written to: " in ran.complaint


def test_a_week_is_posted_once_however_it_is_written(
    here: Town, amends: Amends, caplog: pytest.LogCaptureFixture
) -> None:
    here.write(BRAND, SAMPLES, SLACK)

    assert amends("digest", "-c", here.config, "--post").status == 0
    assert amends("digest", "-c", here.config, "--post", "--week", LAST_WEEK).status == 0
    assert amends("digest", "-c", here.config, "--post", "--week", "2027-W9").status == 0

    assert digests(here) == [f"digest:Acme:{LAST_WEEK}"]
    assert (
        caplog.messages == [f"week {LAST_WEEK} of Acme was posted already; nothing was posted"] * 2
    )


def test_a_digest_whose_answer_got_lost_is_not_posted_again(here: Town, amends: Amends) -> None:
    here.write(BRAND, SAMPLES, SLACK)
    here.slack.lose_next(method="POST", path="/api/chat.postMessage")

    first = amends("digest", "-c", here.config, "--post")
    second = amends("digest", "-c", here.config, "--post")

    assert first.status == 1
    assert "it may have worked" in first.complaint
    assert second.status == 0
    assert digests(here) == [f"digest:Acme:{LAST_WEEK}"]


def test_what_slack_refuses_is_told_in_a_line(here: Town, amends: Amends) -> None:
    here.write(BRAND, SAMPLES, SLACK)
    here.slack.answer_next(
        json_answer({"ok": False, "error": "restricted_action"}), path="/api/chat.postMessage"
    )

    ran = amends("digest", "-c", here.config, "--post")

    assert ran.status == 1
    assert "the workspace's settings do not let the bot post there" in ran.complaint
    assert amends("digest", "-c", here.config, "--post").status == 0
    assert len(digests(here)) == 1


def test_without_slack_nothing_can_be_posted(here: Town, amends: Amends) -> None:
    here.write(BRAND, SAMPLES)

    ran = amends("digest", "-c", here.config, "--post")

    assert ran.status == 1
    assert ran.complaint == "amends: Slack is not configured: fill in [slack], or leave --post out"


def test_a_digest_as_plain_data_knows_times_spans_and_money(
    sqlite_files: SqliteFiles,
) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with open_store(sqlite_files.fresh()) as store:
        made = make_digest(store, Brand(name="Acme"), "2026-W46", Policy(), sources=(), now=now)

    plain = as_dict(made)

    assert plain["start"] == "2026-11-09T00:00:00+00:00"
    assert plain["answers"]["median"] is None
    assert json.loads(json.dumps(plain)) == plain
