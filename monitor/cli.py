"""The command line: reads arguments, prints results. Everything else happens elsewhere.

What a command needs is imported inside it, so that `amends --help` answers at once.
Errors are one line on standard error; exit 2 for a usage or settings error, 1 for a failure.
"""

import json
import logging
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from connectors.base import Mention
    from connectors.errors import BadPayload
    from monitor.config import Settings

#: Lines that are judged together: embeddings cost half as much in company.
AT_ONCE = 64
#: Where settings are read from unless --config says otherwise.
CONFIG = "config.toml"

_config = click.option(
    "-c",
    "--config",
    "config",
    default=CONFIG,
    show_default=True,
    metavar="FILE",
    help="The settings.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="amends", message="%(prog)s %(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Say more on standard error.")
def commands(verbose: bool) -> None:
    """Hear public complaints, draft the apology, and send it once a person has clicked."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    # HTTP libraries log addresses and bodies, in which tokens travel.
    for name in ("httpx", "urllib3", "slack_sdk", "slack_bolt", "tweepy", "praw", "prawcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


@commands.command()
@click.option("--once", is_flag=True, help="Run to the end without a person, then exit.")
@click.option("--json", "as_json", is_flag=True, help="With --once: the summary as JSON.")
@click.option("--posts", metavar="FILE", help="Your own posts, as JSON Lines or plain text.")
@click.option("--brand", metavar="NAME", help="Keep only posts that name this brand.")
@click.option("--port", default=0, metavar="PORT", help="Port of the page; 0 takes a free one.")
def demo(once: bool, as_json: bool, posts: str | None, brand: str | None, port: int) -> None:
    """The whole line with pretend platforms: no account, no network."""
    from monitor import demo

    if as_json and not once:
        raise click.UsageError("--json goes with --once")
    if posts and posts != "-":
        _require_readable(posts)
    if not once:
        demo.serve(posts=posts, brand=brand, port=port, say=click.echo)
        return
    with _progress("posts") as bar:
        summary = demo.once(posts=posts, brand=brand, progress=bar)
    for problem in summary.bad:
        click.echo(f"amends: {problem}", err=True)
    click.echo(json.dumps(summary.counts()) if as_json else summary.text())
    if summary.bad:
        sys.exit(1)


@commands.command()
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option(
    "--http",
    default="",
    metavar="URL",
    help="Slack calls us there (HTTP mode) instead of our connecting to Slack.",
)
def init(force: bool, http: str) -> None:
    """Write config.toml and slack_manifest.json to start from."""
    from monitor import starter

    for path in starter.write(Path(), force=force, http=http):
        click.echo(f"wrote {path}")
    if http:
        click.echo('HTTP mode: set [slack] mode = "http" and signing_secret.')
    click.echo("Next: fill in config.toml, then run amends check.")


@commands.command()
@_config
def check(config: str) -> None:
    """Find every problem at once: settings, logins, permissions, Slack, the database."""
    from monitor import check

    fatal = 0
    for finding in check.everything(Path(config)):
        fatal += finding.fatal
        click.echo(finding.line())
    if fatal:
        raise click.ClickException(f"{fatal} thing{'s' * (fatal > 1)} to mend before amends run")
    click.echo("ready: amends run")


@commands.command()
@_config
def run(config: str) -> None:
    """Poll, show, send and report until stopped."""
    from monitor import service

    service.run(_settings(config), say=click.echo)


@commands.command()
@_config
@click.option("--once", is_flag=True, expose_value=False, help="One pass: there is no other mode.")
def poll(config: str) -> None:
    """Read every platform once, judge and store what is new."""
    from monitor import maintenance

    failed = 0
    for source, new, error in maintenance.poll_all(_settings(config)):
        if error:
            failed += 1
            click.echo(f"amends: {source}: {error}", err=True)
        else:
            click.echo(f"{source}: {new} new")
    if failed:
        sys.exit(1)


@commands.command()
@_config
@click.option("--since", default="7d", show_default=True, metavar="SPAN", help="How far back.")
def backfill(config: str, since: str) -> None:
    """Read the past: store, judge and count it, and make no cards of it."""
    from datetime import timedelta

    from monitor import maintenance
    from monitor.config import parse_duration

    try:
        span = parse_duration(since)
    except ValueError as error:
        raise click.UsageError(f"--since {since}: {error}") from error
    assert isinstance(span, timedelta), "a text is parsed or refused"
    failed = 0
    for source, new, problem in maintenance.backfill(_settings(config), span):
        failed += bool(problem)
        told = f"amends: {source}: {problem}" if problem else f"{source}: {new} new"
        click.echo(told, err=bool(problem))
    if failed:
        sys.exit(1)


@commands.command()
@click.argument("file", required=False)
@_config
def judge(file: str | None, config: str) -> None:
    """What we think of each post of FILE, as JSON Lines."""
    from monitor import app

    settings = _settings(config, secrets=False, optional=True)
    opinion = app.make_judge(settings)

    def judged(posts: "Sequence[Mention]") -> Iterator[dict[str, Any]]:
        hints = [post.language for post in posts]
        verdicts = opinion.judge_all([post.text for post in posts], hints=hints)
        for post, verdict in zip(posts, verdicts, strict=True):
            yield {
                "id": post.id,
                "language": verdict.language,
                "compound": round(verdict.compound, 4),
                "complaint": round(verdict.complaint, 6),
                "angry": verdict.angry,
                "topic": verdict.topic,
                "asks": verdict.asks,
                "red_flags": list(verdict.red_flags),
                "why": [
                    *verdict.why,
                    *(f"unsure: {d.value.replace('_', ' ')}" for d in verdict.doubts),
                ],
            }

    _answer_lines(file, judged)


@commands.command()
@click.argument("file", required=False)
@_config
def draft(file: str | None, config: str) -> None:
    """What we would say to each post of FILE, as JSON Lines. Sends nothing."""
    from monitor import drafting

    drafted = drafting.drafter(_settings(config, secrets=False, optional=True))
    _answer_lines(file, lambda posts: map(drafted, posts))


@commands.command("eval")
@click.argument("file", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option(
    "--learn",
    type=click.IntRange(min=0),
    metavar="N",
    help="Learn from the first N posts as from a team's labels; measure on the others.",
)
@click.option("--labels", is_flag=True, help="Measure on your team's own words on verdicts.")
@click.option("--brand", metavar="NAME", help="With --labels; the first brand by default.")
@_config
def evaluate(
    file: str | None,
    as_json: bool,
    learn: int | None,
    labels: bool,
    brand: str | None,
    config: str,
) -> None:
    """Measure the judge on labelled posts: JSON Lines or CSV with text and label."""
    from monitor import app, evaluation, maintenance

    if labels:
        if file is not None or learn is not None:
            raise click.UsageError(
                "--labels measures on what your team said: name no FILE beside it"
            )
        own = maintenance.measure_labels(_settings(config, secrets=False), brand)
        click.echo(json.dumps(own.as_dict()) if as_json else own.text())
        return
    if file is None:
        raise click.UsageError("Missing argument 'FILE'")
    settings = _settings(config, secrets=False, optional=True)
    rows, bad = _labelled(file)
    if not rows:
        raise click.ClickException(f"{file} holds no labelled post")
    if learn is not None and learn >= len(rows):
        found = f"{file} holds {len(rows)} posts"
        raise click.UsageError(f"--learn {learn}: {found}, and some must be left to measure on")
    told: evaluation.Told
    judge = app.make_judge(settings)
    with _progress("posts") as bar:
        if learn is None:
            told = evaluation.evaluate(judge, rows, bar)
        else:
            told = evaluation.after_learning(judge, rows, learn, bar)
    click.echo(json.dumps(told.as_dict()) if as_json else told.text())
    if bad:
        sys.exit(1)


def _labelled(file: str) -> tuple[list[tuple[str, bool]], int]:
    """The labelled posts of a file; bad lines are named, and counted."""
    from connectors.errors import BadPayload
    from monitor import lines

    rows: list[tuple[str, bool]] = []
    bad = 0
    with lines.opened(file) as source:
        for row in lines.labelled(source, file):
            if isinstance(row, BadPayload):
                bad += 1
                click.echo(f"amends: {row}", err=True)
            else:
                rows.append(row)
    return rows, bad


@commands.command()
@_config
@click.option("--week", metavar="2026-W47", help="An ISO week; the last full one by default.")
@click.option("--brand", metavar="NAME", help="One brand; the first one by default.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@click.option("--out", metavar="DIR", help="Write Markdown, HTML and PNG there.")
@click.option("--post", is_flag=True, help="Post it to Slack, unless it was posted already.")
def digest(
    config: str, week: str | None, brand: str | None, as_json: bool, out: str | None, post: bool
) -> None:
    """A week in numbers: how people felt, and what we did."""
    from monitor import maintenance

    settings = _settings(config, secrets=post)
    click.echo(
        maintenance.make_digest(
            settings, week=week, brand=brand, out=out, post=post, as_json=as_json
        )
    )


@commands.command()
@_config
@click.option("--by", metavar="NAME", help="Who pauses; your login name by default.")
def pause(config: str, by: str | None) -> None:
    """Send nothing until amends resume."""
    from monitor import maintenance

    click.echo(maintenance.set_paused(_settings(config, secrets=False), paused=True, by=_who(by)))


@commands.command()
@_config
@click.option("--by", metavar="NAME", help="Who resumes; your login name by default.")
def resume(config: str, by: str | None) -> None:
    """Send again what was held by amends pause."""
    from monitor import maintenance

    click.echo(maintenance.set_paused(_settings(config, secrets=False), paused=False, by=_who(by)))


@commands.command()
@_config
@click.option("--by", metavar="NAME", help="Who takes over; your login name by default.")
def adopt(config: str, by: str | None) -> None:
    """Send from here after a restore, a copy or a move; looks first for what may be out."""
    from monitor import maintenance

    click.echo(maintenance.adopt(_settings(config, secrets=False), by=_who(by)))


@commands.command()
@_config
def purge(config: str) -> None:
    """Erase texts and names that are older than [retention] keep; counts stay."""
    from monitor import maintenance

    click.echo(f"{maintenance.purge(_settings(config, secrets=False))} posts erased")


@commands.command()
@_config
@click.argument("handle")
@click.option("--platform", required=True, metavar="P", help="Where the person has that handle.")
def forget(config: str, handle: str, platform: str) -> None:
    """Erase a person: their texts, their name, and what was said to them."""
    from monitor import maintenance

    erased = maintenance.forget(_settings(config, secrets=False), platform, handle)
    spelt = (
        ""
        if erased
        else ": is the handle written as the platform shows it, and the platform as in config.toml?"
    )
    click.echo(f"{erased} posts of {handle} on {platform} erased{spelt}")


@commands.command("opt-out")
@_config
@click.argument("handle")
@click.option("--platform", required=True, metavar="P", help="Where the person has that handle.")
@click.option("--undo", is_flag=True, help="Write to them again.")
def opt_out(config: str, handle: str, platform: str, undo: bool) -> None:
    """Write no more to a person; a message that says STOP does the same by itself."""
    from monitor import maintenance

    settings = _settings(config, secrets=False)
    click.echo(maintenance.opt_out(settings, platform, handle, undo=undo))


@commands.command("hash-password")
def hash_password() -> None:
    """Make the line for [console] users from a password that you type."""
    from responders.console import passwords

    secret = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    try:
        click.echo(passwords.hash_password(secret))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@commands.group("playbooks")
def playbooks_() -> None:
    """The texts, for the people who sign them off."""


@playbooks_.command("export")
@click.argument("file", required=False)
@click.option("--language", metavar="LANGUAGE", help="One language, such as de.")
@_config
def playbooks_export(file: str | None, language: str | None, config: str) -> None:
    """Every text as a spreadsheet (CSV): to FILE, or to standard output."""
    from monitor import signing

    click.echo(
        signing.exported(_settings(config, secrets=False, optional=True), file, language),
        nl=file is not None,
    )


@playbooks_.command("import")
@click.argument("file")
@_config
def playbooks_import(file: str, config: str) -> None:
    """Take over the rows of FILE that somebody has signed."""
    from monitor import signing

    _require_readable(file)
    click.echo(signing.imported(_settings(config, secrets=False), file))


@commands.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@_config
def db_upgrade(config: str) -> None:
    """Bring the schema up to date; SQLite is backed up first."""
    from monitor import maintenance

    click.echo(maintenance.upgrade(_settings(config, secrets=False)))


@db.command("check")
@_config
def db_check(config: str) -> None:
    """Say whether the schema is ours and current."""
    from monitor import maintenance

    state, fine = maintenance.database_state(_settings(config, secrets=False))
    if not fine:
        raise click.ClickException(state)
    click.echo(state)


def main() -> NoReturn:
    """Run a command and leave with its exit status; no traceback for a user's mistake."""
    ended = signal.signal(signal.SIGTERM, _terminated)
    try:
        status = commands.main(prog_name="amends", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Abort:
        _leave("stopped", 130)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "amends"
        _leave(f"{error.format_message().rstrip('.')} (see {command} --help)", 2)
    except click.ClickException as error:
        _leave(error.format_message(), 1)
    except Exception as error:  # noqa: BLE001 - sorted below; what is no user's mistake goes on
        _leave_known(error)
    finally:
        signal.signal(signal.SIGTERM, ended)
    sys.exit(status if isinstance(status, int) else 0)


def _terminated(number: int, _frame: object) -> NoReturn:
    """Leave in good order, so that nothing temporary stays behind."""
    sys.exit(128 + number)


def _leave_known(error: Exception) -> NoReturn:
    from sqlalchemy.exc import OperationalError

    from connectors.errors import ConnectorError
    from monitor.config import SettingsError
    from monitor.problems import CallError, RunError
    from monitor.store import StoreError
    from responders.playbooks import PlaybookError

    if isinstance(error, SettingsError | PlaybookError | CallError):
        _leave(str(error), 2)
    if isinstance(error, ConnectorError | RunError | StoreError):
        _leave(str(error), 1)
    if isinstance(error, OperationalError):  # a full disk, a server that went away
        _leave(f"the database failed: {error.orig}", 1)
    raise error


def _leave(message: str, status: int) -> NoReturn:
    click.echo(f"amends: {' '.join(message.split())}", err=True)
    sys.exit(status)


def _settings(config: str, *, secrets: bool = True, optional: bool = False) -> "Settings":
    from monitor.config import defaults, load

    path = Path(config)
    if optional and config == CONFIG and not path.exists():
        return defaults()
    return load(path, secrets=secrets)


def _require_readable(file: str) -> None:
    from monitor import lines

    with lines.opened(file):
        pass  # else the mistake is named


def _who(by: str | None) -> str:
    from monitor import consoles

    return by or consoles.visitor()


def _answer_lines(
    file: str | None, answer: Callable[["Sequence[Mention]"], Iterable[dict[str, Any]]]
) -> None:
    """Answer each line in order; a bad one is named, the others are answered, exit 1."""
    bad = 0
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")  # JSON can do without
    posts = _posts(file)
    while chunk := list(islice(posts, AT_ONCE)):
        good = iter(answer([post for post in chunk if not isinstance(post, Exception)]))
        for post in chunk:
            if isinstance(post, Exception):
                bad += 1
                click.echo(f"amends: {post}", err=True)
            else:
                click.echo(json.dumps(next(good), ensure_ascii=plain))
    if bad:
        sys.exit(1)


def _posts(file: str | None) -> "Iterator[Mention | BadPayload]":
    from monitor import clock, lines

    with lines.opened(file) as source:
        if source is sys.stdin.buffer and sys.stdin.isatty():
            click.echo("amends: reading posts from the terminal, Ctrl-D ends", err=True)
        yield from lines.posts(source, clock.now())


@contextmanager
def _progress(unit: str) -> Iterator[Callable[[int], None]]:
    """A count on a terminal's standard error, nothing on a pipe; call it with what was done."""
    done = 0
    shown = sys.stderr.isatty()

    def add(count: int) -> None:
        nonlocal done
        done += count
        if shown:
            click.echo(f"\r{done} {unit}", err=True, nl=False)

    try:
        yield add
    finally:
        if shown and done:
            click.echo(err=True)
