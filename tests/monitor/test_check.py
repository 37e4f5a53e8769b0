"""`amends check`: every problem at once, and what to do about each."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.base import Problem
from connectors.errors import SetupError
from connectors.twitter import Twitter
from monitor import app, check, clock, consoles
from monitor.check import Finding
from monitor.config import load
from monitor.store import Store
from monitor.store.lessons import Learnt
from responders.guard import meaning
from responders.policy import Person
from responders.ruling import Approvers, Subject
from tests.monitor.command import Amends
from tests.monitor.town import BRAND, CHANNEL, EVA, SECRETS, SLACK, TWITTER, Town, town
from tests.servers.writer import KEY, WriterServer

CONSOLE = "\n[console]\nenabled = true\n"
CREDIT = (
    '[policy.credit]\nsuggested = "10 EUR"\ncap_per_case = "25 EUR"\n'
    'monthly_budget = "500 EUR"\ncodes_file = "codes.csv"\n'
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with town(tmp_path) as made:
        yield made


def findings(here: Town) -> dict[str, list[Finding]]:
    """What was found, by where it was found."""
    found: dict[str, list[Finding]] = {}
    for finding in check.everything(here.config):
        found.setdefault(finding.where, []).append(finding)
    return found


def only(found: dict[str, list[Finding]], where: str) -> Finding:
    (finding,) = found[where]
    return finding


def test_an_installation_in_order_is_ready(here: Town, amends: Amends) -> None:
    here.write(BRAND, TWITTER, SLACK)
    with Store.open(f"sqlite:///{here.folder / 'amends.db'}") as store:
        store.mentions.ingest("Acme", "twitter", [], "1", clock.now())

    ran = amends("check", "-c", here.config)

    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[-1] == "ready: amends run"
    assert [line.split(":")[0] for line in lines[:-1]] == [
        "ok      settings",
        "ok      database",
        "ok      rules for approvers",
        "ok      rules for duty",
        "ok      rules for credit",
        "ok      twitter",
        "note    money for twitter",
        "note    deletions on twitter",
        "ok      judge of Acme",
        "note    duty",
        "ok      playbooks",
        "note    playbooks",
        f"{'ok     ' if meaning.available() else 'note   '} guard",
        "ok      twitter",
        "ok      slack",
    ]
    assert not [secret for secret in SECRETS.values() if secret in ran.out]


@pytest.mark.parametrize(
    ("labels", "layer", "why_not", "line"),
    [
        (60, "{}", "", "ok      judge of Acme: learnt from 60 of 0 labels on 2026-11-20"),
        (60, None, "no", "note    judge of Acme: 0 labels, not learnt from: no: amends eval"),
        (
            3,
            None,
            "few",
            "ok      judge of Acme: as shipped; 0 labels so far, it learns from 50 on",
        ),
    ],
)
def test_what_the_judge_learnt_is_told(
    here: Town, labels: int, layer: str | None, why_not: str, line: str
) -> None:
    here.write(BRAND, TWITTER, SLACK)
    at = datetime(2026, 11, 20, tzinfo=UTC)
    learnt = Learnt(
        basis="", model="m", layer=layer, labels=labels, complaints=1, why_not=why_not, at=at
    )
    with Store.open(f"sqlite:///{here.folder / 'amends.db'}") as store:
        store.lessons.save("Acme", learnt)

    assert only(findings(here), "judge of Acme").line().startswith(line)


def test_every_problem_is_told_at_once(here: Town, amends: Amends) -> None:
    here.write(
        BRAND.replace(f'"{EVA}"', "").replace('signature = "Eva"\n', ""),
        CREDIT,
        TWITTER,
        SLACK,
        CONSOLE,
        'host = "0.0.0.0"\n[playbooks]\nfolder = "books"\n[database]\nurl = "sqlite:///no/a.db"\n',
    )
    (here.folder / "books").mkdir()
    (here.folder / "books" / "mine.toml").write_text("nonsense = 1\n")
    (here.folder / "codes.csv").write_text("code,amount,currency\nA B,1,EUR\nC,x,EUR\n")
    here.x.expire_login()
    here.slack.channels[CHANNEL].bot_is_member = False

    ran = amends("check", "-c", here.config)

    problems = [line for line in ran.out.splitlines() if line.startswith("PROBLEM")]
    assert ran.status == 1
    assert ran.complaint == f"amends: {len(problems)} things to mend before amends run"
    assert [line.split()[1] for line in problems] == [
        "database:",
        "policy:",
        "playbooks:",
        "credit:",
        "credit:",
        "twitter:",
        "slack:",
        "console:",
    ]
    assert "note    brand Acme: nobody signs the texts" in ran.out


def test_what_counts_is_shown_with_who_changed_it(here: Town) -> None:
    here.write(BRAND, f'[duty]\nlead = "{EVA}"\n', TWITTER, SLACK)
    lead = Person(id=EVA, name="Eva")
    with Store.open(f"sqlite:///{here.folder / 'amends.db'}") as store:
        book = app.rulebook(load(here.config), store, clock.now)
        book.rule(Subject.APPROVERS, Approvers(added=frozenset({EVA, "U0NEW"})), lead, seen=0)

    found = findings(here)

    told = only(found, "rules for approvers").what
    assert told.startswith(f"{EVA}, U0NEW may approve (changed by {EVA} on 20")
    assert told.endswith("UTC in App Home)")
    assert only(found, "rules for duty").what == f"{EVA}, always (as config.toml says)"
    assert "duty" not in found


def test_an_approver_who_was_added_in_slack_is_enough(here: Town) -> None:
    nobody = BRAND.replace(f'"{EVA}"', "")
    here.write(nobody, f'[duty]\nlead = "{EVA}"\n', TWITTER, SLACK)
    lead = Person(id=EVA, name="Eva")
    with Store.open(f"sqlite:///{here.folder / 'amends.db'}") as store:
        book = app.rulebook(load(here.config), store, clock.now)
        book.rule(Subject.APPROVERS, Approvers(added=frozenset({EVA})), lead, seen=0)

    assert "policy" not in findings(here)


def test_a_speaker_who_may_not_approve_is_named(here: Town) -> None:
    speakers = f'[duty.speakers]\npl = ["{EVA}", "U0OLA"]\n'
    here.write(BRAND, f'[duty]\nlead = "{EVA}"\n', speakers, TWITTER, SLACK)

    told = only(findings(here), "policy")

    assert told.what == "U0OLA is a speaker of pl and no approver, so may not approve"
    assert not told.fatal


def test_one_problem_is_one_thing(here: Town, amends: Amends) -> None:
    here.write(BRAND.replace(f'"{EVA}"', ""), TWITTER, SLACK)

    ran = amends("check", "-c", here.config)

    assert ran.complaint == "amends: 1 thing to mend before amends run"
    assert "PROBLEM policy: the list of approvers is empty, so nobody may send anything" in ran.out


def test_settings_that_cannot_be_read_are_all_there_is_to_tell(here: Town) -> None:
    here.write(BRAND.replace("terms", "tems"), "undo_second = 1\n")

    found = findings(here)

    assert list(found) == ["settings"]
    assert len(found["settings"]) == 2
    assert all(finding.fatal for finding in found["settings"])


def test_where_a_secret_is_missing_everything_else_is_still_looked_at(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AMENDS_T_APP_TOKEN")
    here.write(BRAND.replace(f'"{EVA}"', ""), CREDIT, TWITTER, SLACK)
    here.x.expire_login()

    found = findings(here)

    assert "the environment variable AMENDS_T_APP_TOKEN is not set" in only(found, "settings").what
    assert only(found, "database").fine
    assert only(found, "policy").fatal
    assert "codes.csv: cannot be read" in only(found, "credit").what
    assert [finding.fatal for finding in found["twitter"]] == [False, True]
    assert "slack" not in found  # its token was told


def test_the_app_level_token_is_tried_too(here: Town) -> None:
    here.write(BRAND, TWITTER, SLACK.replace("APP_TOKEN", "BOT_TOKEN"))

    finding = only(findings(here), "slack")

    assert finding.fatal
    assert "slack.app_token" in finding.what


def test_a_permission_that_is_missing_is_named(here: Town) -> None:
    here.write(BRAND, TWITTER, SLACK)
    here.slack.scopes.remove("files:write")

    missing = only(findings(here), "slack")

    assert "the permission files:write is missing" in missing.what
    assert (missing.fatal, missing.fine) == (False, False)


def test_what_holds_everything_back_is_noted(here: Town) -> None:
    here.write(BRAND, TWITTER, SLACK, "\n[engine]\nshadow = true\n")
    with Store.open(f"sqlite:///{here.folder / 'amends.db'}") as store:
        store.set_paused("eva", clock.now())

    paused, shadow = findings(here)["sending"]

    assert (paused.what, paused.do) == ("paused", "amends resume lets it go")
    assert shadow.what == "shadow mode, nothing is sent"


def test_where_nothing_would_run_is_told(here: Town) -> None:
    here.write(BRAND)

    found = findings(here)

    assert only(found, "connectors").what == "none is enabled"
    assert "nobody could see a card" in only(found, "surfaces").what


def test_slack_that_is_switched_off_is_not_asked(here: Town) -> None:
    here.write(BRAND, TWITTER, SLACK, "enabled = false\n", CONSOLE)

    found = findings(here)

    assert here.slack.requests == []
    assert "slack" not in found


def test_codes_in_order_are_counted(here: Town) -> None:
    here.write(BRAND, CREDIT, TWITTER, SLACK)
    (here.folder / "codes.csv").write_text("code,amount,currency\nAB1,10,EUR\nAB2,10,EUR\n")

    assert only(findings(here), "credit").what == "2 codes in the file"


def test_whoever_comes_into_the_console_should_be_an_approver(here: Town) -> None:
    here.write(BRAND, TWITTER, CONSOLE)
    guarded, nobody = findings(here)["console"]
    assert guarded.fine
    assert nobody.what == f"nobody who comes in may approve ({consoles.visitor()})"

    here.write(BRAND.replace(EVA, consoles.visitor()), TWITTER, CONSOLE)
    assert only(findings(here), "console").fine


def test_a_platform_that_does_not_answer_is_noted_and_the_rest_is_looked_at(here: Town) -> None:
    here.write(BRAND, TWITTER, SLACK)
    here.x.go_down()

    found = findings(here)

    _, could_not = found["twitter"]
    assert could_not.what.startswith("X could not be checked: X cannot be reached")
    assert only(found, "slack").fine


def test_a_platform_that_hangs_is_given_up(here: Town) -> None:
    here.write(BRAND, TWITTER.replace("timeout_seconds = 2", "timeout_seconds = 0.2"), SLACK)
    here.x.server.hang_next(times=9)

    _, could_not = findings(here)["twitter"]

    assert could_not.what.startswith("X could not be checked: ")
    here.x.server.release()


def test_a_check_that_breaks_off_is_a_problem_of_its_platform(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(_: Twitter) -> Sequence[Problem]:
        raise SetupError("the keys belong to another account")

    monkeypatch.setattr(Twitter, "check", broken_off)
    here.write(BRAND, TWITTER, SLACK)

    found = findings(here)

    assert found["twitter"][-1].what == "the keys belong to another account"
    assert found["twitter"][-1].fatal
    assert only(found, "slack").fine


WRITER = (
    '[writer]\napi_url = "{url}/v1"\nmodel = "small-instruct"\napi_key = "env:AMENDS_T_WRITER"\n'
)


def test_a_writer_is_asked_for_its_models(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_T_WRITER", KEY)
    with WriterServer() as server:
        here.write(BRAND, TWITTER, SLACK, WRITER.format(url=server.url))
        assert only(findings(here), "writer").fine
        server.models = ["another"]
        found = only(findings(here), "writer")

    assert not found.fine
    assert not found.fatal
    assert '"small-instruct" is none of its models' in found.what
    assert {(r.method, r.path) for r in server.requests} == {("GET", "/v1/models")}
