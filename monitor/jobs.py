"""The straight line, one job a step; read it from top to bottom.

    poll -> file -> suggest -> show <- (a person decides) -> deliver -> watch -> digest

Every job is idempotent and takes one id (or one name): whoever calls it twice does nothing twice.
Who calls them is not their business: the schedule, the demo or a test. A catch-all stands here
and only here, around one job, so that one bad item never stops the others. What a whole service
fails to do (a platform's conversations, Slack) is noted once, under the service's name.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from connectors.base import Ability, Connector, Mention, Route
from connectors.errors import ConnectorError, OutcomeUnknown, SetupError, TryLater, Unsupported
from connectors.reserve import for_sending
from monitor import batch, report
from monitor import poll as polling
from monitor.budgets import Budgets
from monitor.clock import Clock
from monitor.deletions import Deletions
from monitor.duty import Plan
from monitor.judging import page_of
from monitor.outages import Outages
from monitor.rulings import Rulebook
from monitor.store import Store
from monitor.store.mentions import CONVERSATION
from monitor.tell import Surface as Bulletins
from monitor.tell import Tell
from responders import rounds
from responders.action import ActionState
from responders.card import Card
from responders.case import Case, CaseId, CaseState, Change, Due, Entry, MentionId, Note
from responders.credit import MonthOf
from responders.deliver import Sender
from responders.desk import Desk
from responders.digest import Digest, alt_text, bounds, markdown
from responders.draft import Draft, text_hash
from responders.opt_out import opts_out
from responders.policy import Brand, Policy
from responders.slack.bot import Shown
from responders.slack.pace import Paced
from responders.verdict import Verdict

log = logging.getLogger(__name__)

#: How many items of one kind a walk takes; the next walk takes the next ones.
BATCH = 200
#: How many it looks at: those that failed lately keep their place in front and are passed over.
QUEUE = 10_000
#: A platform that took so long over one send gets no second one in the same walk: others wait too.
SLOW = timedelta(seconds=5)
#: After so long a walk begins no further draft: others wait too, and the next walk goes on.
DRAFTING = timedelta(seconds=1)
#: Who claimed to post a digest and left no trace of it has died by then.
CLAIM = timedelta(minutes=2)
#: So many new cards are held up by their channels' pace before a walk leaves the others for later.
CHANNELS = 10
#: Somebody may still look at the card of a case that was touched so long ago.
LATELY = timedelta(minutes=1)
#: A change is tried again when somebody else was first; more than this means a fault of ours.
TRIES = 8
#: Complaints of one author this far back count as history, and join the same case.
HISTORY = timedelta(days=30)
#: What the polls may still bring by themselves is not missed yet.
STILL_COMING = timedelta(hours=1)
#: The slow reading of the last day.
SWEEP_EVERY = timedelta(days=1)
#: A case over many posts is watched in its newest threads; each costs a request.
THREADS = 3
#: The surface where cards appear is an outside service like any platform.
SURFACE = "slack"
#: Where it is noted when `amends run` was first started.
BEGAN = "began"

Item = TypeVar("Item")
Made = TypeVar("Made")


class Surface(Bulletins, Protocol):
    """Where cards are shown, one message a case that edits itself."""

    def show(self, card: Card, at: Shown | None) -> Shown:
        """Post the card, or edit it where it stands; where it stands now."""

    def find(self, case_id: CaseId) -> Shown | None:
        """The card that an earlier post without an answer may have left."""

    def post_digest(self, markdown: str, png: bytes, alt: str, key: str) -> str:
        """Post a digest; `key` marks it so that it can be found again."""

    def find_digest(self, key: str) -> str | None:
        """The digest that an earlier post without an answer may have left."""


@dataclass(frozen=True, kw_only=True)
class House:
    """What the jobs work with; made in app.py."""

    store: Store
    clock: Clock
    brands: Mapping[str, Brand]  #: by name
    rulebook: Rulebook  #: the lead's rules, as they count now
    connectors: Mapping[str, Connector]  #: by source, the name in config.toml
    brand_of: Mapping[str, Brand]  #: by source
    judge: Callable[[Mention, Brand], Verdict]  #: faster where it is one of `Pages`
    draft: Callable[[Case], Draft]
    ability: Callable[[Case], Ability]
    desk: Desk
    sender: Sender
    month_of: MonthOf
    budgets: Budgets  #: of platforms that bill their calls
    outages: Outages = field(default_factory=Outages)  #: shared with the sender
    surface: Surface | None = None
    batch_low: bool = True  #: cases of low severity share one card
    learn: Callable[[str], bool] = lambda _brand: False  #: learn from labels where there are new
    #: From which score on a brand's posts are flagged.
    cut: Callable[[str], float] = lambda _brand: 0.5
    plan: Plan = field(default_factory=Plan)  #: who is on duty, and when
    prevent: Callable[[str], str] = lambda _topic: ""
    watch_for: timedelta = timedelta(days=7)
    watch_every: timedelta = timedelta(minutes=5)
    cases_since: timedelta = timedelta(days=2)  #: older posts become no cases
    sweep_back: timedelta = timedelta(hours=30)  #: read once more each day; zero: never
    keep: timedelta = timedelta(days=365)  #: how long texts and names are kept
    digests: Path | None = None  #: a folder where digests are written too
    #: Sources that bill each look for what was deleted, and where nobody wants to pay for it.
    no_look: Collection[str] = ()

    @property
    def policy(self) -> Policy:
        """The lead's rules at this moment."""
        return self.rulebook.policy()

    def connector(self, platform: str) -> Connector:
        """The connector that answers on a platform; see `connector_for`."""
        return connector_for(self.connectors, platform)


def connector_for(connectors: Mapping[str, Connector], platform: str) -> Connector:
    """The connector that answers on a platform; the pretend one stands in for all.

    Raises:
        SetupError: the platform is not configured any more.
    """
    found = connectors.get(platform) or connectors.get("samples")
    if found is None:
        raise SetupError(
            f"no connector for {platform}: enable [connectors.{platform}] again, or close its cases"
        )
    return found


class Jobs:
    """The steps of the straight line."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._store = house.store
        self.outages = house.outages
        self._deletions = Deletions(
            self._store.mentions,
            self._store.gone,
            self._store.meta,
            house.budgets,
            connectors=house.connectors,
            brands={source: brand.name for source, brand in house.brand_of.items()},
            clock=house.clock,
            left_alone=house.no_look,
        )
        self._tell = Tell(
            self._store,
            house.surface,
            house.plan,
            brands=tuple(house.brands),
            sources={source: brand.name for source, brand in house.brand_of.items()},
            card=house.desk.card,
            change=self._change,
            connector=house.connector,
            clock=house.clock,
            outages=self.outages,
            standings=house.budgets.standings,
            attempt=self.attempt,
            service=SURFACE,
            month_of=house.month_of,
        )

    # -- the steps ---------------------------------------------------------------------------

    def poll(self, source: str) -> int:
        """Read what is new on one platform, judge it, store it; how many posts were new."""
        house = self._house
        brand = house.brand_of[source]
        new = 0
        pages = polling.poll(
            house.connectors[source],
            self._store.mentions,
            self._judge(brand),
            page=page_of(house.judge, brand),
            brand=brand.name,
            source=source,
            clock=house.clock,
            first=partial(self._leave_alone, brand.name),
            file_since=house.clock() - house.cases_since,
        )
        for page in self._paid(source, pages):
            new += len(page.new)
            for bad in page.bad:
                log.warning("%s: one post could not be read and was left out: %s", source, bad)
        return new

    def sweep_back(self, source: str) -> int:
        """Read the last day once more, slowly; how many posts the polls had missed.

        What is missed on the way is no worse than before, so the newest hour is left to them.
        """
        house, now = self._house, self._house.clock()
        missed = self.read_back(source, now - house.sweep_back, file_since=now - house.cases_since)
        brand = house.brand_of[source].name
        self._store.sweeps.note(brand, source, now, missed)
        if missed:
            log.warning("%s: %d posts had been missed and are read now", source, missed)
        return missed

    def read_back(self, source: str, since: datetime, *, file_since: datetime | None) -> int:
        """Read what was written since then beside the polls; how many posts were new.

        Args:
            source: The platform.
            since: How far back.
            file_since: Older posts become no cases; None: none of them does.
        """
        house, now = self._house, self._house.clock()
        brand = house.brand_of[source]
        pages = polling.read_back(
            house.connectors[source],
            self._store.mentions,
            self._judge(brand),
            page=page_of(house.judge, brand),
            brand=brand.name,
            source=source,
            clock=house.clock,
            since=since,
            until=now - STILL_COMING,
            file_since=now if file_since is None else file_since,
        )
        return sum(len(page.new) for page in self._paid(source, pages))

    def _paid(self, source: str, pages: Iterator[polling.Page]) -> Iterator[polling.Page]:
        """The pages, each asked for only while the month's money for reading lasts.

        Raises:
            TryLater: it is used up; what was yielded so far is stored.
        """
        budgets = self._house.budgets
        while True:
            budgets.require_reading(source)
            try:
                page = next(pages, None)
            finally:
                budgets.note()
            if page is None:
                return
            yield page

    def _leave_alone(self, brand: str, mention: Mention, ours: Collection[str] = ()) -> None:
        """Write no more to whoever asks for that."""
        if opts_out(mention, ours):
            author = mention.author.id
            self._store.opt_outs.add(brand, mention.platform, author, self._house.clock())

    def rejudge(self, mention_id: MentionId) -> None:
        """Judge a post that could not be judged when it was read."""
        entry, brand = self._store.mentions.mention(mention_id)
        verdict = self._house.judge(entry.mention, self._house.brands[brand])
        now = self._house.clock()
        since = now - self._house.cases_since
        self._store.mentions.set_verdict(mention_id, verdict, now, file_since=since)

    def file(self, mention_id: MentionId) -> CaseId:
        """Give a post that needs a person its case: the author's own one, or a new one."""
        entry, brand = self._store.mentions.mention(mention_id)
        mention, now = entry.mention, self._house.clock()
        author = mention.author.id
        case_id = self._store.cases.of_author(brand, mention.platform, author, now - HISTORY)
        if case_id is not None:
            self._change(case_id, partial(self._heard, entry=entry, now=now))
            return case_id
        earlier = self._store.cases.earlier(brand, mention.platform, author, now - HISTORY)
        due_at = self._due(brand, now)
        case_id = self._store.cases.open(entry.id, now, due_at, earlier)
        incident = self._store.incidents.active(brand)
        if incident is not None:
            self._store.incidents.collect(case_id, incident.id)
        return case_id

    def suggest(self, case_id: CaseId) -> None:
        """Draft the two texts of a round that has none yet."""
        case = self._store.cases.get(case_id)
        unheard = self._store.contact(case).wrote_privately_at is None
        if unheard and self._house.ability(case).private.route is not Route.NONE:
            # They may have written to us before: what they said there belongs into the draft, and
            # a private channel that looked closed is open after all.
            self._each("watch", self.watch, [case_id], self._conversations)
            case = self._store.cases.get(case_id)
        if not _wants_a_draft(case):
            return
        answered = (case.round, case.entries)
        # Once, as the writer may be asked and take its time: whoever is faster in between changes
        # the case, and as a rule not what is answered.
        draft = self._house.draft(case)

        def drafted(case: Case) -> Change | None:
            if not _wants_a_draft(case) or (case.round, case.entries) != answered:
                return None  # where there is more to answer now, the next walk drafts that
            state = CaseState.NEEDS_HUMAN if draft.holding else case.state
            note = Note(
                what="drafted",
                by="suggest",
                hash=text_hash((draft.public or "") + (draft.private or "")),
                detail=draft.playbook or draft.reason,
            )
            return Change(before=case, after=replace(case, draft=draft, state=state), notes=(note,))

        self._change(case_id, drafted)

    def show(self, case_id: CaseId) -> None:
        """Bring the case's card in Slack up to date; the only job that posts cards."""
        surface = self._house.surface
        if surface is None:
            return
        card = self._house.desk.card(case_id)
        shown = self._store.cases.shown(case_id)
        if shown is not None:
            stands = surface.show(card, Shown(channel=shown[0], ts=shown[1]))
        elif (card.incident and batch.collected(card)) or (
            self._house.batch_low and batch.belongs(card)
        ):
            stands = Shown(channel="", ts="")  # in the list of `tell_all`
        else:
            stands = self._posted_once(
                f"posting:{case_id}",
                find=partial(surface.find, case_id),
                post=partial(surface.show, card),
            )
        self._store.cases.set_shown(case_id, stands.channel, stands.ts, card.revision)

    def deliver(self, due: Due) -> ActionState:
        """Take one action a step further: send it, look for it, or take it down."""
        with for_sending(proof=due.state is ActionState.UNKNOWN):
            return self._house.sender.step(due)

    def watch(self, case_id: CaseId) -> None:
        """Read whether the customer has written since, and whether others see what we wrote."""
        now = self._house.clock()
        self._hear(self._store.cases.get(case_id), now)
        case = self._store.cases.get(case_id)
        in_case = {(entry.mention.platform, entry.mention.id) for entry in case.entries}
        since = min(entry.mention.created_at for entry in case.entries)
        turns = {turn.id: turn for first in _threads(case) for turn in self._turns(first)}
        fresh = [turn for turn in turns.values() if (turn.platform, turn.id) not in in_case]
        self._keep(case, fresh, now)
        for turn in fresh:
            if turn.ours or turn.created_at < since:
                continue
            with suppress(KeyError):  # erased on the author's wish: it does not come back
                entry = self._store.mentions.of_post(case.brand, turn.platform, turn.id)
                self._change(case_id, partial(self._heard, entry=entry, now=now))
        self._store.cases.set_watched(case_id, now)
        self._house.sender.look_after(case_id)

    def _hear(self, case: Case, now: datetime) -> None:
        """Take in what the customer wrote in private and a poll brought.

        Some platforms tell it once only, and after a restart no conversation shows it.
        """
        author = case.subject.mention.author.id
        since = min(entry.mention.created_at for entry in case.entries)
        platform = case.subject.mention.platform
        for entry in self._store.mentions.unheard(case.brand, platform, author, since):
            self._change(case.id, partial(self._heard, entry=entry, now=now))

    def _keep(self, case: Case, turns: Sequence[Mention], now: datetime) -> None:
        """Store what is new of a conversation, judged; older messages say who wrote to whom."""
        platform, brand = case.subject.mention.platform, self._house.brands[case.brand]
        known = self._store.mentions.known(case.brand, platform, [turn.id for turn in turns])
        ours = {turn.id for turn in turns if turn.ours}
        ours |= {action.receipt.id for action in case.actions if action.receipt is not None}
        for turn in turns:
            if turn.id not in known:
                self._leave_alone(case.brand, turn, ours)
        judged = [
            (turn, None if turn.ours else polling.verdict(self._judge(brand), turn))
            for turn in turns
            if turn.id not in known
        ]
        if judged:
            source = f"{CONVERSATION}{case.id}"
            self._store.mentions.ingest(case.brand, source, judged, None, now)

    def digest(self, brand: str, week: str) -> Digest | None:
        """Report one week, once: a second call for the same week returns None and posts nothing."""
        house, key = self._house, f"digest:{brand}:{week}"
        if self._store.meta.get(f"{key}:done"):
            return None
        made = report.digest(
            self._store,
            house.brands[brand],
            week,
            house.policy,
            house.prevent,
            sources=[name for name, read in house.brand_of.items() if read.name == brand],
            now=house.clock(),
        )
        picture = report.picture(made)
        if house.digests is not None:
            report.write(made, picture, house.digests)
        surface = house.surface
        if surface is not None:

            def post(found: str | None, surface: Surface = surface) -> str:
                return found or surface.post_digest(markdown(made), picture, alt_text(made), key)

            # `amends digest --post` may be at it in another process.
            self._posted_once(
                key, find=partial(surface.find_digest, key), post=post, patience=CLAIM
            )
        self._store.meta.put(f"{key}:done", house.clock().isoformat())
        return made

    def purge(self, before: datetime) -> int:
        """Erase texts and names older than this; the counts stay. How many posts were erased.

        Who took a post down goes as well, once their case is closed.
        """
        now = self._house.clock()
        self._store.let_go(now - self._house.watch_for, now)
        return self._store.purge(before, now)

    def prepare(self) -> None:
        """File and draft what was just polled, so that cards are there at once."""
        self._each("file", self.file, self._store.mentions.unfiled(QUEUE))
        self._each("suggest", self.suggest, self._store.cases.to_suggest(QUEUE))

    # -- who calls them ----------------------------------------------------------------------

    def poll_if_up(self, source: str) -> None:
        """Poll one platform unless it asked to be left alone; its outage stops nobody else."""
        if not self.outages.waiting(source, self._house.clock()):
            self.attempt(source, lambda: self.poll(source))

    def digest_if_due(self, brand: str, week: str) -> None:
        """Report a week that is over, unless that is done or it ended before Amends was here."""
        house = self._house
        began = self._store.meta.get(BEGAN)
        end = bounds(week, house.brands[brand].timezone)[1]
        if began is not None and end <= datetime.fromisoformat(began):
            return
        if not self.outages.waiting(SURFACE, house.clock()):
            self._each(f"digest {brand}", partial(self.digest, brand), [week])

    def sweep_back_if_due(self, source: str) -> None:
        """Read the last day once more where that was not done for a day."""
        house, now = self._house, self._house.clock()
        brand = house.brand_of[source].name
        last = self._store.sweeps.last(brand, source)
        began = self._store.mentions.seen_at(brand, source)
        if not house.sweep_back or began is None or self.outages.waiting(source, now):
            return
        if last is None:
            self._store.sweeps.note(brand, source, now, 0)  # the first day begins now
        elif now - last.at >= SWEEP_EVERY:
            self.attempt(f"sweep {source}", partial(self.sweep_back, source), source)

    def look_for_deletions_if_due(self, source: str) -> None:
        """Erase what was deleted on its platform, as the platforms' rules ask.

        A plan or a permission may not allow that, and stops nothing else.
        """
        key, now = f"deletions on {source}", self._house.clock()
        if self.outages.waiting(source, now) or self.outages.waiting(key, now):
            return
        if self._deletions.due(source):
            self.attempt(key, partial(self._deletions.look, source))

    def purge_if_due(self) -> None:
        """Apply the retention."""
        self.attempt("purge", lambda: self.purge(self._house.clock() - self._house.keep))

    def learn_all(self) -> None:
        """Learn from what people said of verdicts, where they said something new."""
        for brand in self._house.brands:
            self.attempt(f"learning for {brand}", partial(self._house.learn, brand))

    def sweep(self) -> int:
        """Walk the line, tell people, read the conversations; how many steps were taken."""
        return self.walk() + self.tell_all() + self.watch_all()

    def walk(self) -> int:
        """Do everything that a person waits for, in the order of the line; how many steps."""
        mentions, cases = self._store.mentions, self._store.cases
        steps = self._each("rejudge", self.rejudge, mentions.unjudged(QUEUE))
        steps += self._each("file", self.file, mentions.unfiled(QUEUE))
        undrafted = cases.to_suggest(QUEUE)
        if undrafted:
            # The writer and the platforms' conversations may take seconds for each draft: what
            # was approved, and the card that somebody clicked on, are not kept waiting by them.
            steps += self._deliver_all() + self._show_all(but=frozenset(undrafted))
            steps += self._each("suggest", self.suggest, undrafted, span=DRAFTING)
        return steps + self._deliver_all() + self._show_all()

    def tell_all(self) -> int:
        """Tell people what no card tells: lists, reminders, alarms; how much was told."""
        return self._tell.all()

    def watch_all(self) -> int:
        """Read the conversations whose turn it is; how many.

        Apart from `walk`, as a platform that hangs until its time-out must not delay a click.
        """
        now = self._house.clock()
        since, every = now - self._house.watch_for, now - self._house.watch_every
        due = self._store.cases.to_watch(since, every, QUEUE)
        return self._each("watch", self.watch, due, self._conversations)

    def _deliver_all(self) -> int:
        """Take each due action a step further; how many moved.

        One that stays where it is (sending is paused, say) is no step: else nothing came to rest.
        """
        moved = 0
        slow: set[str] = set()
        for due in self._store.actions.due(self._house.clock(), QUEUE):
            if due.platform in slow:
                continue
            began, key = self._house.clock(), f"{due.kind} {due.round} of case {due.case_id}"
            of = f"sending on {due.platform}"  # switched off, say: one trouble, not one for each
            if not self.outages.waiting(key, began) and not self.outages.waiting(of, began):
                moved += self.attempt(key, partial(self.deliver, due), of) not in (None, due.state)
            if self._house.clock() - began > SLOW:
                slow.add(due.platform)
        return moved

    def _show_all(self, *, but: Collection[CaseId] = ()) -> int:
        """Bring the cards up to date as fast as the surface takes them; how many were tried.

        Those of `but` change again in a moment and are left for then. What was not its turn yet is
        no step: the next walk takes it. New messages and changes of old ones have a rate each, so
        that one which is used up holds up its own kind only.
        """
        if self._house.surface is None:
            return 0
        steps = turned_away = 0
        edits = True
        lately = self._house.clock() - LATELY
        for case_id, has_card in self._store.cases.to_show(QUEUE, touched_since=lately):
            if case_id in but or not (edits if has_card else turned_away < CHANNELS):
                continue
            key, now = f"show {case_id}", self._house.clock()
            if self.outages.waiting(SURFACE, now):
                break
            if self.outages.waiting(key, now):
                continue
            try:
                self.attempt(key, partial(self.show, case_id), SURFACE)
            except Paced as paced:
                edits = edits and not paced.edit
                turned_away += not paced.edit
            else:
                steps += 1
            if steps == BATCH or not (edits or turned_away < CHANNELS):
                break
        return steps

    def _each(
        self,
        name: str,
        job: Callable[[Item], object],
        items: Iterable[Item],
        service: Callable[[Item], str] | None = None,
        *,
        span: timedelta | None = None,
    ) -> int:
        """Run a job over items and pass over those that failed lately; how many were tried.

        After the span no further one is begun: the next walk takes it.
        """
        steps, began = 0, self._house.clock()
        for item in items:
            key, now = f"{name} {item}", self._house.clock()
            of = key if service is None else service(item)
            if self.outages.waiting(key, now) or self.outages.waiting(of, now):
                continue
            self.attempt(key, partial(job, item), of)
            steps += 1
            over = span is not None and self._house.clock() - began >= span
            if steps == BATCH or over:
                break
        return steps

    def attempt(self, key: str, job: Callable[[], Made], service: str = "") -> Made | None:
        """Run one job and note what fails: the service that it needs, or this one item.

        Returns:
            What the job gave; None where it failed.

        Raises:
            Paced: it was not its turn to speak.
        """
        service = service or key
        try:
            made = self._booked(job)
        except Paced:
            raise  # nothing is wrong with anybody
        except (TryLater, OutcomeUnknown, SetupError) as error:
            at = error.at if isinstance(error, TryLater) else None
            more = " (amends check tells more)" if isinstance(error, SetupError) else ""
            setup = isinstance(error, SetupError)
            self.outages.failed(service, f"{error}{more}", self._house.clock(), at, setup=setup)
        except ConnectorError as error:
            self.outages.failed(key, str(error), self._house.clock())
        except Exception as error:
            if self.outages.failed(key, _fault(error), self._house.clock()).failures == 1:
                log.exception("%s: this is a fault in Amends; everything else goes on", key)
        else:
            self.outages.recovered(key, self._house.clock())
            self.outages.recovered(service, self._house.clock())
            return made
        return None

    def _booked(self, job: Callable[[], Made]) -> Made:
        """Run a job, and write down what it cost, whatever became of it."""
        try:
            return job()
        finally:
            self._house.budgets.note()

    def _posted_once(
        self,
        key: str,
        *,
        find: Callable[[], Made | None],
        post: Callable[[Made | None], Made],
        patience: timedelta = timedelta(),
    ) -> Made:
        """Post what must stand there once, though we may die before the answer.

        The claim is written before the post. Where there is one already, the post may be there:
        it is looked for before anything is posted. A post that failed for sure takes its claim
        back.

        Args:
            key: Names the claim.
            find: Looks for an earlier post.
            post: Posts, or does with what was found what is to be done with it.
            patience: How long another process may still be at it.

        Raises:
            TryLater: another process may be at it.
        """
        meta, now = self._store.meta, self._house.clock()
        found = None
        if not meta.put_new(key, now.isoformat()):
            found = find()
            free = datetime.fromisoformat(meta.get(key) or now.isoformat()) + patience
            if found is None and now < free:
                raise TryLater("somebody else may be posting it just now", at=free)
            meta.put(key, now.isoformat())
        try:
            return post(found)
        except OutcomeUnknown:
            raise
        except ConnectorError:
            if found is None:
                meta.drop(key)
            raise

    def _judge(self, brand: Brand) -> Callable[[Mention], Verdict]:
        return lambda mention: self._house.judge(mention, brand)

    def _conversations(self, case_id: CaseId) -> str:
        return f"conversations on {self._platform(case_id)}"

    def _platform(self, case_id: CaseId) -> str:
        return self._store.cases.get(case_id).subject.mention.platform

    def _turns(self, first: Mention) -> Sequence[Mention]:
        self._house.budgets.require_reading(first.platform)
        try:
            return self._house.connector(first.platform).conversation(first)
        except Unsupported:
            return ()

    # -- changes -----------------------------------------------------------------------------

    def _heard(self, case: Case, entry: Entry, now: datetime) -> Change | None:
        if any(known.id == entry.id for known in case.entries):
            return None
        due_at = self._due(case.brand, now)
        return rounds.heard(case, entry, now, due_at, month_of=self._house.month_of)

    def _due(self, brand: str, now: datetime) -> datetime:
        return self._house.plan.due(brand, now, self._house.policy.response_target)

    def _change(self, case_id: CaseId, made: Callable[[Case], Change | None]) -> None:
        """Write what `made` makes of the case; made anew where somebody else was first."""
        for _ in range(TRIES):
            change = made(self._store.cases.get(case_id))
            if change is None or self._store.cases.save(change, self._house.clock()):
                return
        raise RuntimeError(f"case {case_id}: changed by others {TRIES} times in a row")


def _wants_a_draft(case: Case) -> bool:
    return case.draft is None and case.state is CaseState.OPEN


def _threads(case: Case) -> list[Mention]:
    """The customer's first public post of each thread of the case, the newest threads first.

    Of a person who was forgotten nothing is left to ask for.
    """
    firsts: dict[str, Mention] = {}
    for entry in case.entries:
        if entry.mention.author.id and not entry.mention.ours and not entry.mention.private:
            firsts.setdefault(entry.mention.thread or entry.mention.id, entry.mention)
    return list(firsts.values())[: -THREADS - 1 : -1]


def _fault(error: Exception) -> str:
    """Its name alone: a message may hold what a customer wrote."""
    return f"a fault in Amends ({type(error).__name__}), see the log"
