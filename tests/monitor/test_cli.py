"""The command line's contract: what is printed where, and the exit status."""

import json
import logging
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from sqlalchemy.exc import OperationalError

from connectors.base import Author
from monitor import cli, maintenance
from monitor.migrations import VERSION_TABLE
from monitor.store import Store
from responders.verdict import Label, LabelWord
from tests.databases import SqliteFiles
from tests.monitor.command import Amends, Ran
from tests.monitor.posts import NOW, ingest, post

AMENDS = [sys.executable, "-m", "monitor"]
BRAND = '[[brands]]\nname = "Acme"\nsignature = "Eva"\n'
#: What `amends --help` must not import: it answers at once.
HEAVY = {
    "alembic",
    "apscheduler",
    "matplotlib",
    "praw",
    "pydantic",
    "slack_bolt",
    "slack_sdk",
    "sqlalchemy",
    "starlette",
    "tweepy",
}
ROOT = Path(__file__).parents[2]


def config(folder: Path, text: str = "") -> Path:
    """A settings file with a database beside it."""
    path = folder / "config.toml"
    path.write_text(BRAND + text, encoding="utf-8")
    return path


@contextmanager
def database(folder: Path) -> Iterator[Store]:
    """The database that the settings name."""
    with Store.open(f"sqlite:///{folder / 'amends.db'}") as store:
        yield store


def lines(ran: Ran) -> list[dict[str, Any]]:
    """What was printed as JSON Lines."""
    return [json.loads(line) for line in ran.out.splitlines()]


def commands() -> list[list[str]]:
    """Every command, groups opened."""
    found: list[list[str]] = []
    for name, command in cli.commands.commands.items():
        inner = command.commands if isinstance(command, click.Group) else {}
        found += [[name, below] for below in inner] or [[name]]
    return found


# In general


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['amends', '--help']\n"
        "from monitor.cli import main\n"
        "try: main()\n"
        "finally: print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "Commands:" in done.stdout
    assert set(done.stderr.split()) & HEAVY == set()
    assert "click" in done.stderr.split()


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_explains_itself(amends: Amends, command: list[str]) -> None:
    ran = amends(*command, "--help")

    assert ran.status == 0
    assert ran.out.startswith(f"Usage: amends {' '.join(command)} [OPTIONS]")
    assert len(ran.out.splitlines()[2]) > len("  The.")


@pytest.mark.parametrize("group", [[], ["db"]])
def test_a_call_without_a_command_shows_what_there_is(amends: Amends, group: list[str]) -> None:
    ran = amends(*group)

    assert ran.status == 2
    assert "Commands:" in ran.err


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["frobnicate"], "amends: No such command 'frobnicate' (see amends --help)"),
        (["judge", "--loud"], "amends: No such option '--loud' (see amends judge --help)"),
        (["eval"], "amends: Missing argument 'FILE' (see amends eval --help)"),
        (["forget", "bob"], "amends: Missing option '--platform' (see amends forget --help)"),
        (["demo", "--json"], "amends: --json goes with --once (see amends demo --help)"),
    ],
)
def test_a_call_that_is_wrong_is_told_in_a_line(amends: Amends, call: list[str], said: str) -> None:
    ran = amends(*call)

    assert (ran.status, ran.complaint, ran.out) == (2, said, "")


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["digest"],
        ["forget", "bob", "--platform", "twitter"],
        ["pause"],
        ["poll"],
        ["purge"],
        ["resume"],
        ["run"],
        ["db", "check"],
        ["db", "upgrade"],
    ],
)
def test_without_settings_a_command_says_how_to_make_some(
    amends: Amends, folder: Path, command: list[str]
) -> None:
    ran = amends(*command)

    assert ran.status == (1 if command == ["check"] else 2)
    assert "config.toml does not exist: write one with amends init" in ran.out + ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("command", [["judge"], ["draft"], ["eval", "x"], ["pause"]])
def test_settings_that_were_named_must_be_there(
    amends: Amends, folder: Path, command: list[str]
) -> None:
    ran = amends(*command, "--config", "mine.toml")

    assert ran.status == 2
    assert ran.complaint.startswith("amends: mine.toml does not exist")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "config.toml is empty: write one with amends init"),
        (b"[[brands]\n", "config.toml is not valid TOML"),
        (b"[[brands]]\nname = '\xff'\n", "config.toml is not UTF-8"),
        (b"[[brands]]\nname = 7\n", "brands.0.name: found 7; input should be a valid string"),
        (
            b"[[brands]]\nname = 'A'\n[judge]\nthreshold = 1\n",
            "judge.threshold: found 1; input should be less than 1",
        ),
        (b"[[brands]]\nname = 'A'\n[polcy]\n", 'polcy is not a known key (did you mean "policy"?)'),
        (b"[[brands]]\nname = 'A'\ntems = []\nvoic = 1\n", "(and 1 more: run amends check)"),
        (
            b"[[brands]]\nname = 'A'\n[slack]\nchannel = 'C'\nbot_token = 'xoxb-1-secret'\n",
            'slack.bot_token: write "env:NAME"',
        ),
    ],
)
def test_settings_that_are_wrong_are_told_in_a_line(
    amends: Amends, folder: Path, content: bytes, said: str
) -> None:
    (folder / "config.toml").write_bytes(content)

    ran = amends("run")

    assert ran.status == 2
    assert said in ran.complaint
    assert "secret" not in ran.complaint.replace("put the secret into", "")


def test_a_folder_is_no_settings_file(amends: Amends, folder: Path) -> None:
    ran = amends("pause", "-c", folder)

    assert ran.status == 2
    assert ran.complaint.endswith("cannot be read: Is a directory")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://x/y", "'mysql' is not supported"),
        ("sqlite:///no/such/folder/a.db", "cannot be used: No such file or directory"),
        ("sqlite:///config.toml", "cannot be used: file is not a database"),
        ("postgresql://u:hunter2@127.0.0.1:1/x", "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_a_line(
    amends: Amends, folder: Path, url: str, said: str
) -> None:
    config(folder, f'[database]\nurl = "{url}"\n')

    ran = amends("pause")

    assert ran.status == 1
    assert said in ran.complaint
    assert "hunter2" not in ran.err


def test_a_database_that_fails_under_way_is_told_in_a_line(
    amends: Amends, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OperationalError("insert", {}, OSError("database or disk is full"))

    monkeypatch.setattr(maintenance, "set_paused", full)
    config(folder)

    ran = amends("pause")

    assert (ran.status, ran.complaint) == (
        1,
        "amends: the database failed: database or disk is full",
    )


def test_a_fault_of_ours_keeps_its_traceback(
    amends: Amends, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> str:
        raise LookupError("a fault")

    monkeypatch.setattr(maintenance, "set_paused", broken)
    config(folder)

    with pytest.raises(LookupError, match="a fault"):
        amends("pause")


def test_ctrl_c_ends_a_command_with_a_word(
    amends: Amends, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(maintenance, "set_paused", interrupted)
    config(folder)

    ran = amends("pause")

    assert (ran.status, ran.err.split()) == (130, ["amends:", "stopped"])


def test_sigterm_ends_a_command_in_good_order(
    amends: Amends, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []

    def terminated(*_: object, **__: object) -> str:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            left.append("cleaned up")
        return "never said"

    monkeypatch.setattr(maintenance, "set_paused", terminated)
    config(folder)
    before = signal.getsignal(signal.SIGTERM)

    ran = amends("pause")

    assert (ran.status, ran.out, ran.err, left) == (143, "", "", ["cleaned up"])
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_verbose_switch_says_more_of_us_and_nothing_of_the_libraries(
    amends: Amends, caplog: pytest.LogCaptureFixture
) -> None:
    amends("--verbose", "db", "--help")

    assert not logging.getLogger("slack_sdk").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("urllib3").isEnabledFor(logging.INFO)


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [*AMENDS, "db", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stdout.startswith("Usage: amends db ")


# judge and draft


def test_posts_are_judged_in_their_order(amends: Amends, folder: Path) -> None:
    ran = amends(
        "judge",
        stdin=b'{"id": "a", "text": "My parcel is three weeks late, this is terrible!"}\n'
        b"What a lovely lamp, thank you!\n",
    )

    angry, happy = lines(ran)
    assert ran.status == 0
    assert list(angry) == [
        *("id", "language", "compound", "complaint", "angry", "topic", "asks", "red_flags", "why")
    ]
    assert (angry["id"], angry["angry"], angry["language"]) == ("a", True, "en")
    assert (happy["id"], happy["angry"]) == ("2", False)
    assert -1 <= angry["compound"] < happy["compound"] <= 1
    assert 0 <= happy["complaint"] < angry["complaint"] <= 1
    assert isinstance(angry["asks"], bool)
    assert all(isinstance(word, str) for word in angry["why"])


def test_posts_are_drafted_in_their_order(amends: Amends, folder: Path) -> None:
    config(folder)
    ran = amends(
        "draft",
        "-",
        stdin=b'{"id": "a", "text": "Where is my order? It is three weeks late!"}\n'
        b"My lawyer will sue you, you will hear from us.\n",
    )

    late, legal = lines(ran)
    assert ran.status == 0
    assert list(late) == [
        *("id", "language", "topic", "playbook", "public", "private", "public_english"),
        *("private_english", "credit", "findings", "red_flags", "holding", "reason"),
    ]
    assert late["topic"] == late["playbook"] == "order_late"
    assert "Eva" in late["public"]
    assert (late["credit"], late["holding"]) == (None, None)
    assert (legal["public"], legal["private"], legal["red_flags"]) == (None, None, ["legal"])
    assert legal["holding"]


MIXED = (
    b'{"id": "a", "text": "late again"}\n'
    b"\n"
    b"{no json\n"
    b"nul \x00 inside\n"
    b'{"text": "half \\ud83d"}\n' + b"x" * (256 * 1024 + 1) + b"\n"
    b'{"id": "b"}\n'
    b"plain text\r\n" + b"y" * (256 * 1024)
)


@pytest.mark.parametrize("command", ["judge", "draft"])
def test_a_bad_line_is_named_and_the_others_are_answered(
    amends: Amends, folder: Path, command: str
) -> None:
    (folder / "posts.jsonl").write_bytes(MIXED)

    ran = amends(command, "posts.jsonl")

    assert ran.status == 1
    assert [line["id"] for line in lines(ran)] == ["a", "8", "9"]
    assert [line.split(" ")[:3] for line in ran.err.splitlines()] == [
        ["amends:", "line", f"{number}:"] for number in (2, 3, 4, 5, 6, 7)
    ]
    assert "longer than 256 KiB" in ran.err


@pytest.mark.parametrize("command", ["judge", "draft"])
def test_an_empty_file_has_no_answers(amends: Amends, folder: Path, command: str) -> None:
    (folder / "none.jsonl").touch()

    ran = amends(command, "none.jsonl")

    assert (ran.status, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize("command", [["judge"], ["draft"], ["eval"], ["demo", "--once", "--posts"]])
@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("none.jsonl", "amends: none.jsonl cannot be read: No such file or directory"),
        (".", "amends: . cannot be read: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    amends: Amends, folder: Path, command: list[str], file: str, said: str
) -> None:
    ran = amends(*command, file)

    assert (ran.status, ran.complaint, ran.out) == (2, said, "")


def test_without_standard_input_a_file_is_asked_for(
    amends: Amends, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run(
        f"exec {sys.executable} -m monitor judge <&-",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr == "amends: there is no standard input to read: name a file\n"


def test_a_threshold_of_the_team_counts(amends: Amends, folder: Path) -> None:
    text = b"My parcel is late."
    config(folder, "[judge]\nthreshold = 0.99999\n")
    assert lines(amends("judge", stdin=text))[0]["angry"] is False

    config(folder, "[judge]\nthreshold = 0.00001\n")
    assert lines(amends("judge", stdin=text))[0]["angry"] is True


def test_playbooks_that_cannot_be_used_are_a_mistake_in_the_settings(
    amends: Amends, folder: Path
) -> None:
    (folder / "books").mkdir()
    (folder / "books" / "mine.toml").write_text("nonsense = 1\n")
    config(folder, "[playbooks]\nfolder = 'books'\n")

    ran = amends("draft", stdin=b"late")

    assert ran.status == 2
    assert "mine.toml" in ran.complaint


def test_answers_are_whole_where_the_terminal_knows_no_unicode(folder: Path) -> None:
    done = subprocess.run(
        [*AMENDS, "draft"],
        cwd=ROOT,
        input="Wo ist mein Paket? Drei Wochen! 😡".encode(),
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        check=True,
    )

    assert json.loads(done.stdout.decode("ascii"))["id"] == "1"


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"yes 'where is my parcel' | head -5000 | {sys.executable} -m monitor judge | head -1"

    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert json.loads(done.stdout)["id"] == "1"
    assert done.stderr == ""


def test_somebody_at_a_terminal_is_told_that_posts_are_awaited() -> None:
    ours, theirs = pty.openpty()
    with closing(os.fdopen(ours, "wb", buffering=0)) as keyboard:
        process = subprocess.Popen(
            [*AMENDS, "judge"],
            cwd=ROOT,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(theirs)
        assert process.stderr is not None
        assert process.stderr.readline() == (
            "amends: reading posts from the terminal, Ctrl-D ends\n"
        )
        keyboard.write(b"my parcel is late\n\x04")
        out, err = process.communicate()

    assert (json.loads(out)["id"], err, process.returncode) == ("1", "", 0)


# eval


LABELLED = (
    b'{"text": "My parcel is three weeks late, terrible service!", "label": 1}\n'
    b'{"text": "Broken again, I want my money back, you crooks!", "label": 1}\n'
    b'{"text": "What a lovely lamp, thank you!", "label": 0}\n'
)


def test_the_judge_is_measured_on_labelled_posts(amends: Amends, folder: Path) -> None:
    ran = amends("eval", "-", "--json", stdin=LABELLED)

    measured = json.loads(ran.out)
    assert ran.status == 0
    assert (measured["texts"], measured["positives"]) == (3, 2)
    assert measured["average_precision"] == 1.0
    assert {"precision", "recall", "f1", "best_threshold", "best_f1"} <= set(measured)


def test_the_measures_are_told_in_sentences(amends: Amends, folder: Path) -> None:
    (folder / "labels.csv").write_text("text,label\nlovely lamp,0\nterrible and late!,1\n")

    ran = amends("eval", "labels.csv")

    assert ran.status == 0
    assert ran.out.startswith("2 posts, 1 of them complaints; ")
    assert "would serve best" in ran.out


def test_a_bad_label_is_named_and_the_others_count(amends: Amends, folder: Path) -> None:
    ran = amends("eval", "-", stdin=LABELLED + b'{"text": "x", "label": "maybe"}\n')

    assert ran.status == 1
    assert ran.complaint == "amends: line 4: its label is 'maybe': write 0 or 1"
    assert ran.out.startswith("3 posts")


def test_learning_from_the_first_posts_is_measured_on_the_others(
    amends: Amends, folder: Path
) -> None:
    ran = amends("eval", "-", "--learn", "1", "--json", stdin=LABELLED)

    measured = json.loads(ran.out)
    assert ran.status == 0
    assert (measured["texts"], measured["learnt_from"], measured["layer"]) == (2, 1, False)
    assert measured["generic"]["texts"] == 2


def test_the_judge_is_measured_on_what_the_team_said(amends: Amends, folder: Path) -> None:
    config(folder)
    with database(folder) as store:
        (number,) = ingest(store, post(1))
        store.labels.add(Label(mention_id=number, word=LabelWord.SPAM, by="eva", at=NOW))

    ran = amends("eval", "--labels", "--json")
    told = amends("eval", "--labels", "--brand", "Acme")

    measured = json.loads(ran.out)
    assert (ran.status, told.status) == (0, 0)
    assert (measured["brand"], measured["labels"], measured["layer"]) == ("Acme", 1, False)
    assert measured["generic"]["texts"] == 1
    assert told.out.startswith("Acme: 1 labels, 0 of them say")


def test_own_labels_need_no_file(amends: Amends, folder: Path) -> None:
    ran = amends("eval", "labels.csv", "--labels")

    assert ran.status == 2
    assert "name no FILE beside it" in ran.complaint


def test_something_must_be_left_to_measure_on(amends: Amends, folder: Path) -> None:
    ran = amends("eval", "-", "--learn", "3", stdin=LABELLED)

    assert ran.status == 2
    assert "--learn 3: - holds 3 posts, and some must be left to measure on" in ran.complaint


@pytest.mark.parametrize("content", [b"", b"text,label\n"])
def test_a_file_without_labels_is_named(amends: Amends, folder: Path, content: bytes) -> None:
    (folder / "labels.csv").write_bytes(content)

    ran = amends("eval", "labels.csv")

    assert (ran.status, ran.complaint) == (1, "amends: labels.csv holds no labelled post")


def test_a_file_with_other_columns_is_named(amends: Amends, folder: Path) -> None:
    (folder / "labels.csv").write_text("tweet,sentiment\nx,1\n")

    ran = amends("eval", "labels.csv")

    assert ran.status == 2
    assert "needs the columns text and label; found: tweet, sentiment" in ran.complaint


def test_long_work_counts_on_a_terminal_and_only_there(folder: Path) -> None:
    (folder / "labels.jsonl").write_bytes(LABELLED)
    ours, theirs = pty.openpty()
    with closing(os.fdopen(ours, "rb", buffering=0)) as screen:
        done = subprocess.run(
            [*AMENDS, "eval", folder / "labels.jsonl"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=True,
        )
        os.close(theirs)
        shown = screen.read(1000)

    assert done.stdout.startswith(b"3 posts, 2 of them")
    assert shown == b"\r3 posts\r\n"


# demo


def test_the_demo_walks_the_whole_line(amends: Amends, folder: Path) -> None:
    ran = amends("demo", "--once", "--json")

    counts = json.loads(ran.out)
    assert (ran.status, ran.err) == (0, "")
    assert list(counts) == [
        *("polled", "new", "flagged", "cases", "drafted", "approved", "dismissed"),
        *("needs_human", "sent"),
    ]
    assert all(isinstance(count, int) for count in counts.values())
    assert counts["polled"] >= 80
    assert counts["new"] <= counts["polled"]
    assert 0 < counts["approved"] <= counts["cases"] <= counts["flagged"]
    assert counts["approved"] <= counts["sent"] <= 2 * counts["approved"]
    assert list(folder.iterdir()) == []


def test_the_demo_names_bad_posts_and_answers_the_others(amends: Amends, folder: Path) -> None:
    posts = b"My parcel is late, terrible!\n{broken\nLovely lamp, thanks!\n"

    ran = amends("demo", "--once", "--json", "--posts", "-", stdin=posts)

    assert ran.status == 1
    assert ran.complaint.startswith("amends: line 2: it begins with { and is not JSON")
    counts = json.loads(ran.out)
    assert (counts["polled"], counts["flagged"], counts["approved"]) == (2, 1, 1)


def test_the_demo_keeps_to_one_brand_where_asked(amends: Amends, folder: Path) -> None:
    (folder / "posts.txt").write_text(
        "My Zorblax parcel is late, terrible!\nMy other parcel is late, terrible!\n"
    )

    ran = amends("demo", "--once", "--posts", "posts.txt", "--brand", "Zorblax")

    assert ran.out.startswith("2 posts read, 2 new, 1 flagged.\n1 cases:")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_ended_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*AMENDS, "demo", "--once", "--posts", "-"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        while not list(tmp_path.iterdir()):  # it is about to read what never comes
            process.stdin.write("my parcel is late\n")
            process.stdin.flush()
        process.send_signal(number)
        process.stdin.close()
        assert process.stderr is not None
        told = process.stderr.read()

    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert told.strip() == ("amends: stopped" if number is signal.SIGINT else "")
    assert list(tmp_path.iterdir()) == []


# init, pause, resume, forget, purge, db


def test_init_writes_two_files_that_can_be_used(amends: Amends, folder: Path) -> None:
    ran = amends("init")

    assert ran.status == 0
    assert ran.out.splitlines() == [
        "wrote config.toml",
        "wrote slack_manifest.json",
        "Next: fill in config.toml, then run amends check.",
    ]
    assert tomllib.loads((folder / "config.toml").read_text())["brands"]
    assert json.loads((folder / "slack_manifest.json").read_text())["settings"]
    assert amends("pause").status == 0


def test_init_overwrites_nothing_unless_told_to(amends: Amends, folder: Path) -> None:
    mine = config(folder)

    ran = amends("init")
    assert ran.status == 1
    assert ran.complaint == "amends: config.toml exists already: amends init --force overwrites it"
    assert mine.read_text() == BRAND
    assert not (folder / "slack_manifest.json").exists()

    assert amends("init", "--force").status == 0
    assert mine.read_text() != BRAND


def test_sending_is_paused_and_resumed_by_name(amends: Amends, folder: Path) -> None:
    config(folder)

    paused = amends("pause", "--by", "eva")
    with database(folder) as store:
        pause = store.meta.paused()
        assert pause is not None
        assert pause.by == "eva"
    resumed = amends("resume")

    assert (paused.status, paused.out) == (0, "paused: nothing is sent until amends resume\n")
    assert (resumed.status, resumed.out) == (0, "resumed: what was held is sent now\n")
    with database(folder) as store:
        assert not store.paused()


def test_who_pauses_is_known_even_where_nobody_has_a_name(
    amends: Amends, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    config(folder)

    amends("pause")

    with database(folder) as store:
        pause = store.meta.paused()
        assert pause is not None
        assert pause.by == "user-987654"


def test_resume_says_that_shadow_mode_still_holds_everything(amends: Amends, folder: Path) -> None:
    config(folder, "[engine]\nshadow = true\n")

    ran = amends("resume")

    assert "[engine] shadow is true: still nothing is sent" in ran.out


@pytest.mark.parametrize("handle", ["bob", "@bob", "u/bob"])
def test_a_person_is_forgotten(amends: Amends, folder: Path, handle: str) -> None:
    config(folder)
    with database(folder) as store:
        store.ensure_brand("Acme")
        first, other = ingest(store, post(1), post(2, author=Author(id="9", handle="kim")))

    ran = amends("forget", handle, "--platform", "twitter")

    assert (ran.status, ran.out) == (0, f"1 posts of {handle} on twitter erased\n")
    with database(folder) as store:
        assert store.mentions.mention(first)[0].mention.text == ""
        assert store.mentions.mention(other)[0].mention.text != ""


def test_a_person_of_whom_nothing_is_stored_may_be_misspelt(amends: Amends, folder: Path) -> None:
    config(folder)

    ran = amends("forget", "bbo", "--platform", "twitter")

    assert ran.status == 0
    assert ran.out == (
        "0 posts of bbo on twitter erased: is the handle written as the platform shows it, "
        "and the platform as in config.toml?\n"
    )


def test_what_is_too_old_is_purged(amends: Amends, folder: Path) -> None:
    config(folder, "[retention]\nkeep = '0s'\n")
    with database(folder) as store:
        store.ensure_brand("Acme")
        ingest(store, post(1), post(2))

    assert amends("purge").out == "2 posts erased\n"
    assert amends("purge").out == "0 posts erased\n"


def test_the_database_is_made_and_told_of(amends: Amends, folder: Path) -> None:
    config(folder)

    before = amends("db", "check")
    made = amends("db", "upgrade")
    again = amends("db", "upgrade")
    after = amends("db", "check")

    assert before.status == 1
    assert before.complaint.endswith("the database has no tables yet: run amends db upgrade")
    assert (made.status, again.status, after.status) == (0, 0, 0)
    assert "from version none to" in made.out
    assert "current already" in again.out
    assert "ours and current" in after.out


def test_a_database_of_a_later_version_is_refused(
    amends: Amends, folder: Path, sqlite_files: SqliteFiles
) -> None:
    file = sqlite_files.fresh().removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    config(folder, f"[database]\nurl = 'sqlite:///{file}'\n")

    for command in (["db", "check"], ["db", "upgrade"], ["pause"]):
        ran = amends(*command)
        assert ran.status == 1
        assert "install the later version that made it" in ran.complaint


def test_a_password_is_hashed_and_never_shown(
    amends: Amends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda _: "correct horse battery")
    ran = amends("hash-password")
    assert ran.status == 0
    assert ran.out.startswith("scrypt$")
    assert "horse" not in ran.out + ran.err

    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda _: "short")
    ran = amends("hash-password")
    assert ran.status == 2
    assert "a password has" in ran.complaint
