"""The composition root: makes the parts from the settings and puts them together. No decisions."""

import os
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

from connectors import registry
from connectors.base import Ability, Connector, Contact, Route, Way
from connectors.errors import SetupError
from connectors.meter import Paid
from connectors.settings import ConnectorSettings, PaidSettings
from monitor import rota
from monitor.budgets import Budgets
from monitor.clock import Clock
from monitor.config import Settings, SlackTable
from monitor.holds import Gate
from monitor.jobs import House, Surface, connector_for
from monitor.judge import DEFAULT_THRESHOLD, Judge
from monitor.judging import Opinion
from monitor.learning import Aim, Learner
from monitor.lock import FileLock, OneSender
from monitor.outages import Outages
from monitor.problems import RunError
from monitor.rulings import Rulebook
from monitor.store import Store
from responders import guard, opt_out, playbooks
from responders.card import NO_GUIDANCE, Guidance
from responders.case import Case
from responders.credit.pool import Pool, read_codes
from responders.deliver import Sender, SenderLock
from responders.desk import Desk
from responders.draft import PLAYBOOK, Draft
from responders.handover import is_slack_id
from responders.home import Office
from responders.money import Money
from responders.policy import Brand, Policy
from responders.suggest import suggest
from responders.used import Used
from responders.verdict import Verdict
from responders.writer import Endpoint, Writer

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from responders.slack.bot import SlackBot
    from responders.slack.channels import Channels
    from responders.slack.http_mode import Serving
    from responders.slack.socket_mode import Listening

#: So many earlier texts are looked at so that no text is sent twice.
REMEMBERED_TEXTS = 50


def open_store(settings: Settings) -> Store:
    """The database of the settings, checked to be ours and current.

    Raises:
        StoreError: it cannot be used; the message says what to do.
    """
    return Store.open(settings.database_url)


def threshold(settings: Settings) -> float:
    """From which score on a post is flagged: the team's own, or the shipped one."""
    own = settings.file.judge.threshold
    return DEFAULT_THRESHOLD if own is None else own


def make_judge(settings: Settings) -> Judge:
    """The judge at the team's threshold."""
    return Judge(threshold=threshold(settings))


def make_learner(settings: Settings, store: Store, judge: Judge, clock: Clock) -> Learner:
    """What learns from people's words, for the threshold that the settings ask for."""
    table = settings.file.judge
    aim = Aim(
        threshold=table.threshold,
        precision=table.precision,
        alerts_per_day=table.alerts_per_day,
    )
    return Learner(store, judge, aim=aim, clock=clock)


def make_playbooks(settings: Settings) -> playbooks.Playbooks:
    """Our texts, with a team's own in their place where there are any.

    Raises:
        PlaybookError: one of the team's files cannot be used.
    """
    folder = settings.file.playbooks.folder
    return playbooks.load(settings.folder / folder if folder else None)


def make_writer(settings: Settings, clock: Clock) -> Writer | None:
    """The language model that may rephrase drafts; None where none is configured."""
    table = settings.file.writer
    key = table.api_key.get_secret_value() if table and table.api_key else ""
    if table is None or (table.api_key is not None and not key):
        return None
    endpoint = Endpoint(
        api_url=table.api_url, model=table.model, api_key=key, timeout=table.timeout_seconds
    )
    return Writer(endpoint, clock=clock, rests=Outages())


def reword(
    writer: Writer | None,
    draft: Draft,
    case: Case,
    *,
    brand: Brand,
    ability: Ability,
    books: playbooks.Playbooks,
    used: Collection[str] = (),
) -> Draft:
    """The draft in the writer's words where there is one and they hold; else as it is."""
    if writer is None:
        return draft
    voice = books.voices[draft.language]
    return writer.reworded(draft, case, brand=brand, ability=ability, voice=voice, used=used)


def make_connectors(settings: Settings, now: datetime) -> dict[str, Connector]:
    """Every enabled platform, by its name; speaks to none of them yet."""
    tables = {name: _as_if_today(table, now) for name, table in settings.connectors.items()}
    return {name: registry.load(name)(table) for name, table in tables.items()}


def _as_if_today(table: ConnectorSettings, now: datetime) -> ConnectorSettings:
    """The posts that ship with Amends bear fixed days, and old posts become no cases."""
    from connectors.samples import SamplesSettings

    if isinstance(table, SamplesSettings) and not table.path and table.newest_at is None:
        return table.model_copy(update={"newest_at": now})
    return table


def make_budgets(
    settings: Settings, store: Store, connectors: Mapping[str, Connector], clock: Clock
) -> Budgets:
    """What the platforms cost that bill their calls, and what they may cost."""
    paid = {name: found.meter for name, found in connectors.items() if isinstance(found, Paid)}
    tables = settings.connectors.items()
    limits = {name: t.monthly_budget for name, t in tables if isinstance(t, PaidSettings)}
    return Budgets(store.costs, meters=paid, limits=limits, clock=clock)


def make_surface(settings: Settings, clock: Clock) -> "SlackBot | None":
    """Slack, where it is configured and enabled."""
    slack = settings.file.slack
    if slack is None or not slack.enabled:
        return None
    from responders.slack.bot import SlackBot
    from responders.slack.pace import Pace

    return SlackBot(slack_client(slack), channels(slack), clock=clock, pace=Pace(clock))


def active_accounts(settings: Settings, clock: Clock) -> Callable[[str], bool] | None:
    """Asks Slack whether an account is active; None without Slack."""
    slack = settings.file.slack
    if slack is None or not slack.enabled:
        return None
    from responders.slack.roster import SlackRoster

    roster = SlackRoster(slack_client(slack), tuple, clock=clock)
    return lambda user_id: not user_id or roster.person(user_id) is not None


def channels(slack: SlackTable) -> "Channels":
    """Which channel each card stands in."""
    from responders.slack.channels import Channels, Rule

    rules = (
        Rule(
            channel=route.channel,
            brands=frozenset(route.brands),
            topics=frozenset(route.topics),
            languages=frozenset(route.languages),
            urgencies=frozenset(route.severities),
        )
        for route in slack.routes
    )
    return Channels(default=slack.channel, rules=tuple(rules))


def slack_client(slack: SlackTable) -> "WebClient":
    """A client for Slack's Web API; it repeats nothing by itself."""
    from responders.slack.client import make_client

    token = slack.bot_token.get_secret_value()
    return make_client(token, slack.api_url, slack.timeout_seconds)


def listen_to_slack(
    settings: Settings, house: House, office: Office | None = None
) -> "Listening | Serving":
    """Take clicks from Slack in the background until it is closed.

    Args:
        settings: What config.toml says.
        house: Whose desk takes the clicks.
        office: Answers what is asked of the whole; made from the house where there is none.

    Raises:
        TryLater: Slack cannot be reached.
        SetupError: the token or the app is wrong.
    """
    from monitor.office import FrontOffice
    from responders.slack import front, http_mode, listeners, socket_mode
    from responders.slack.bot import SlackBot
    from responders.slack.roster import SlackRoster

    slack = settings.file.slack
    assert slack is not None, "only called where Slack is configured"
    assert isinstance(house.surface, SlackBot), "made by make_surface"
    client = slack_client(slack)

    def named() -> set[str]:
        policy = house.policy
        speakers = (name for names in policy.speakers.values() for name in names)
        return {*policy.approvers, *speakers, policy.lead}

    roster = SlackRoster(client, named, clock=house.clock)
    secret = slack.signing_secret if slack.mode == "http" else None
    bolt = socket_mode.make_app(client, secret.get_secret_value() if secret else "")
    desk = office or FrontOffice(house, shadow=settings.file.engine.shadow)
    page = front.register(bolt, desk, house.rulebook, roster, voice=house.surface)
    listeners.register(bolt, house.desk, roster, voice=house.surface, clock=house.clock, page=page)
    if slack.mode == "http":
        return http_mode.serve(bolt, slack.host, slack.port)
    assert slack.app_token is not None, "checked with the settings"
    token = slack.app_token.get_secret_value()
    return socket_mode.listen(bolt, token, client, clock=house.clock)


def rulebook(settings: Settings, store: Store, clock: Clock) -> Rulebook:
    """The lead's rules: the file's, with what was ruled in App Home over them."""
    console = settings.file.console.users
    return Rulebook(
        store.meta,
        policy=settings.policy,
        roster=rota.roster(settings),
        zone=settings.file.brands[0].timezone,
        known=lambda name: name in console or is_slack_id(name),
        clock=clock,
    )


def sender_lock(settings: Settings) -> OneSender:
    """The lock of the one sender: a file beside the SQLite database, or PostgreSQL's own."""
    path = settings.database_url.removeprefix("sqlite:///")
    if path == settings.database_url:
        from monitor.session_lock import SessionLock

        return SessionLock(settings.database_url)
    return FileLock(Path(f"{path}.sender.lock"))


def build(
    settings: Settings,
    store: Store,
    *,
    clock: Clock,
    connectors: Mapping[str, Connector],
    surface: Surface | None = None,
    lock: SenderLock,
    judge: Judge | None = None,
    relevance: bool = True,
    trust_addressed: bool = True,
    wake: Callable[[], None] = lambda: None,
    away: str = "",
) -> House:
    """Everything that the jobs work with.

    Args:
        settings: What config.toml says.
        store: The open database.
        clock: Gives the present moment.
        connectors: By source; polled under the brand that the settings name.
        surface: Where cards are shown; None for the console alone.
        lock: Held by the one process that may send.
        judge: The judge; made from the settings where there is none.
        relevance: False takes every post as being about the brand.
        trust_addressed: False has posts that are addressed to us name the brand too.
        wake: Called when a person has decided something.
        away: Why nothing may be sent from here, such as a copy of the database; "" where it may.
    """
    brands = {brand.name: brand for brand in settings.brands}
    rules = rulebook(settings, store, clock)
    opinion = judge or make_judge(settings)
    learner = make_learner(settings, store, opinion, clock)
    books, writer = make_playbooks(settings), make_writer(settings, clock)
    for brand in brands:
        store.ensure_brand(brand)

    def ability(case: Case) -> Ability:
        return able(connectors, case, store.contact(case))

    def used(case: Case) -> Used:
        return store.used_texts(case, REMEMBERED_TEXTS)

    def settled(proposal: Draft) -> frozenset[str]:
        ours = proposal.written_by == PLAYBOOK  # then nothing is looked at twice
        return frozenset() if ours else books.settled(proposal.language)

    def draft(case: Case) -> Draft:
        brand, able, texts = brands[case.brand], ability(case), used(case)
        made = suggest(
            case, brand=brand, policy=rules.policy(), ability=able, playbooks=books, used=texts
        )
        made = replace(made, round=case.round)
        said = texts.forbidden
        made = reword(writer, made, case, brand=brand, ability=able, books=books, used=said)
        return guard.review(
            made,
            brand=brand,
            ability=able,
            subject=case.subject.mention,
            used=said,
            settled=settled(made),
        )

    def review(case: Case, proposal: Draft) -> Draft:
        return guard.review(
            proposal,
            brand=brands[case.brand],
            ability=ability(case),
            subject=case.subject.mention,
            used=used(case).theirs,
            settled=settled(proposal),
        )

    def month_of(brand: str, moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo(brands[brand].timezone)):%Y-%m}"

    def budget_left(case: Case) -> Money | None:
        credit = rules.policy().credit
        if credit is None:
            return None
        budget = credit.monthly_budget
        spent = store.spent(case.brand, month_of(case.brand, clock()))
        return replace(budget, minor=max(0, budget.minor - spent))

    outages, budgets = Outages(), make_budgets(settings, store, connectors, clock)
    gate = Gate(
        shadow=settings.file.engine.shadow,
        away=away,
        paused=store.meta.paused,
        incident=store.incidents.active,
        brands=brands,
        quiet=settings.policy.quiet_hours,
        spent=budgets.sending_over,
        outages=outages,
        clock=clock,
    )
    plan = rota.plan(
        settings,
        roster=rules.roster,
        holds=lambda: settings.file.engine.shadow,
        active=active_accounts(settings, clock),
    )
    desk = Desk(
        store.cases,
        policy=lambda name: replace(rules.policy(), reads=frozenset(brands[name].languages)),
        ability=ability,
        review=review,
        clock=clock,
        new_key=lambda: uuid4().hex,
        wake=wake,
        month_of=month_of,
        budget_left=budget_left,
        incidents=store.incidents,
        due=lambda brand, now: plan.due(brand, now, rules.policy().response_target),
        holds=gate.holds,
        guidance=lambda name: guidance(books, name),
    )
    sender = Sender(
        store.cases,
        connector=lambda case: connector_for(connectors, case.subject.mention.platform),
        credits=Pool(store.credits),
        review=review,
        clock=clock,
        owner=owner(),
        lock=lock,
        holds=gate.holds,
        contact=store.contact,
        met=gate.met,
        month_of=month_of,
    )

    digests = settings.file.digest.folder
    return House(
        store=store,
        clock=clock,
        brands=brands,
        rulebook=rules,
        connectors=connectors,
        brand_of={source: settings.brand_of(source) for source in connectors},
        judge=Opinion(
            opinion,
            layer=learner.layer,
            relevance=relevance,
            trust_addressed=trust_addressed,
        ),
        learn=learner.learn_if_due,
        cut=learner.cut,
        draft=draft,
        ability=ability,
        desk=desk,
        sender=sender,
        month_of=month_of,
        budgets=budgets,
        outages=outages,
        surface=surface,
        batch_low=settings.file.slack.batch_low if settings.file.slack else True,
        plan=plan,
        prevent=lambda topic: prevent(books, topic),
        watch_for=settings.file.engine.watch_for,
        watch_every=settings.file.engine.watch_every,
        cases_since=settings.file.engine.cases_since,
        sweep_back=settings.file.engine.sweep_back,
        keep=settings.file.retention.keep,
        digests=settings.folder / digests if digests else None,
        no_look=frozenset(
            name
            for name, table in settings.connectors.items()
            if isinstance(table, PaidSettings) and not table.looks_for_deletions
        ),
    )


def able(connectors: Mapping[str, Connector], case: Case, contact: Contact) -> Ability:
    """What can be done about a case; of a platform that was switched off it can only be read."""
    subject = case.subject.mention
    try:
        connector = connector_for(connectors, subject.platform)
    except SetupError:
        closed = Way(route=Route.NONE, reason=f"{subject.platform} is switched off in Amends.")
        return Ability(public=closed, private=closed)
    return opt_out.honoured(connector.ability(subject, contact), contact)


def guidance(books: playbooks.Playbooks, name: str) -> Guidance:
    """What the playbook of that name tells whoever decides; nothing where there is none."""
    book = books.named(name)
    if book is None:
        return NO_GUIDANCE
    return Guidance(find_out=book.find_out, notes=book.notes, credit=book.offer_why)


def prevent(books: playbooks.Playbooks, topic: str) -> str:
    """What the topic's playbook advises against the next case; "" where it advises nothing."""
    book = books.choose(Verdict(topic=topic))
    return book.prevent if book and topic in book.topics else ""


def import_codes(policy: Policy, store: Store) -> int:
    """Take new codes from the shop's file into the pool; how many were new.

    Raises:
        RunError: the file cannot be used; the message names every bad line.
    """
    if policy.credit is None:
        return 0
    try:
        codes = read_codes(Path(policy.credit.codes_file))
    except ValueError as error:
        raise RunError(str(error)) from error
    return store.credits.import_codes(codes)


def owner() -> str:
    """Names this process in claims and in the audit."""
    return f"{socket.gethostname()}:{os.getpid()}"
