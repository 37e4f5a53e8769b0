"""The straight line, one job a step; read it from top to bottom.

    poll -> file -> suggest -> show <- (a person decides) -> deliver -> watch -> digest

Every job is idempotent and takes one id (or one name): whoever calls it twice does nothing twice.
Who calls them is not their business: the schedule, the demo or a test. A catch-all stands here
and only here, around one job, so that one bad item never stops the others.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from connectors.base import Ability, Connector, Mention, Route
from connectors.errors import ConnectorError, OutcomeUnknown, SetupError, TryLater, Unsupported
from monitor import poll as polling
from monitor import report
from monitor.clock import Clock
from monitor.outages import Outages
from monitor.store import Store
from monitor.store.mentions import CONVERSATION
from responders import rounds
from responders.card import Card
from responders.case import Case, CaseId, CaseState, Change, Due, Entry, MentionId, Note
from responders.credit import MonthOf
from responders.deliver import Sender
from responders.desk import Desk
from responders.digest import Digest, alt_text, markdown
from responders.draft import Draft, text_hash
from responders.policy import Brand, Policy
from responders.slack.bot import Shown
from responders.verdict import Verdict

log = logging.getLogger(__name__)

#: How many items of one kind a sweep takes; the next sweep takes the next ones.
BATCH = 200
#: A change is tried again when somebody else was first; more than this means a fault of ours.
TRIES = 8
#: Complaints of one author this far back count as history, and join the same case.
HISTORY = timedelta(days=30)
#: A case over many posts is watched in its newest threads; each costs a request.
THREADS = 3
#: The surface where cards appear is an outside service like any platform.
SURFACE = "slack"

Item = TypeVar("Item")


class Surface(Protocol):
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
    policy: Policy
    connectors: Mapping[str, Connector]  #: by source, the name in config.toml
    brand_of: Mapping[str, Brand]  #: by source
    judge: Callable[[Mention, Brand], Verdict]
    draft: Callable[[Case], Draft]
    ability: Callable[[Case], Ability]
    desk: Desk
    sender: Sender
    month_of: MonthOf
    surface: Surface | None = None
    prevent: Callable[[str], str] = lambda _topic: ""
    watch_for: timedelta = timedelta(days=7)
    watch_every: timedelta = timedelta(minutes=5)
    digests: Path | None = None  #: a folder where digests are written too

    def connector(self, platform: str) -> Connector:
        """The connector that answers on a platform; the pretend one stands in for all.

        Raises:
            SetupError: the platform is not configured any more.
        """
        found = self.connectors.get(platform) or self.connectors.get("samples")
        if found is None:
            raise SetupError(
                f"no connector for {platform}: enable [connectors.{platform}] again, "
                "or close its cases"
            )
        return found


class Jobs:
    """The steps of the straight line."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._store = house.store
        self.outages = Outages()

    # -- the steps ---------------------------------------------------------------------------

    def poll(self, source: str) -> int:
        """Read what is new on one platform, judge it, store it; how many posts were new."""
        house = self._house
        brand = house.brand_of[source]
        new = 0
        pages = polling.poll(
            house.connectors[source],
            self._store.mentions,
            lambda mention: house.judge(mention, brand),
            brand=brand.name,
            source=source,
            clock=house.clock,
        )
        for page in pages:
            new += len(page.new)
        return new

    def rejudge(self, mention_id: MentionId) -> None:
        """Judge a post that could not be judged when it was read."""
        entry, brand = self._store.mentions.mention(mention_id)
        verdict = self._house.judge(entry.mention, self._house.brands[brand])
        self._store.mentions.set_verdict(mention_id, verdict, self._house.clock())

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
        due_at = now + self._house.policy.response_target
        return self._store.cases.open(entry.id, now, due_at, earlier)

    def suggest(self, case_id: CaseId) -> None:
        """Draft the two texts of a round that has none yet."""
        if self._house.ability(self._store.cases.get(case_id)).private.route is Route.CLOSED:
            # They may have written to us before: then the private channel is open after all.
            with suppress(TryLater, SetupError):
                self.watch(case_id)

        def drafted(case: Case) -> Change | None:
            if case.draft is not None or case.state is not CaseState.OPEN:
                return None
            draft = self._house.draft(case)
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
        at = Shown(channel=shown[0], ts=shown[1]) if shown else None
        if at is None and not self._store.meta.put_new(f"posting:{case_id}", card.number):
            # We may have posted it and died before the answer: look before posting again.
            at = surface.find(case_id)
        stands = surface.show(card, at)
        self._store.cases.set_shown(case_id, stands.channel, stands.ts, card.revision)

    def deliver(self, due: Due) -> None:
        """Take one action a step further: send it, look for it, or take it down."""
        self._house.sender.step(due)

    def watch(self, case_id: CaseId) -> None:
        """Read whether the customer has written since, and what passed between us privately."""
        case, now = self._store.cases.get(case_id), self._house.clock()
        in_case = {(entry.mention.platform, entry.mention.id) for entry in case.entries}
        since = min(entry.mention.created_at for entry in case.entries)
        turns = {turn.id: turn for first in _threads(case) for turn in self._turns(first)}
        fresh = [turn for turn in turns.values() if (turn.platform, turn.id) not in in_case]
        self._keep(case, fresh, now)
        for turn in fresh:
            if not turn.ours and turn.created_at >= since:
                entry = self._store.mentions.of_post(case.brand, turn.platform, turn.id)
                self._change(case_id, partial(self._heard, entry=entry, now=now))
        self._store.cases.set_watched(case_id, now)

    def _keep(self, case: Case, turns: Sequence[Mention], now: datetime) -> None:
        """Store what is new of a conversation, judged; older messages say who wrote to whom."""
        platform, brand = case.subject.mention.platform, self._house.brands[case.brand]
        known = self._store.mentions.known(case.brand, platform, [turn.id for turn in turns])
        judged = [
            (turn, None if turn.ours else self._house.judge(turn, brand))
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
        made = report.digest(self._store, house.brands[brand], week, house.policy, house.prevent)
        picture = report.picture(made)
        if house.digests is not None:
            report.write(made, picture, house.digests)
        if house.surface is not None:
            first = self._store.meta.put_new(key, "posting")
            if first or not house.surface.find_digest(key):
                house.surface.post_digest(markdown(made), picture, alt_text(made), key)
        self._store.meta.put(f"{key}:done", house.clock().isoformat())
        return made

    def purge(self, before: datetime) -> int:
        """Erase texts and names older than this; the counts stay. How many posts were erased."""
        return self._store.purge(before, self._house.clock())

    def prepare(self) -> None:
        """File and draft what was just polled, so that cards are there at once."""
        self._each("file", self.file, self._store.mentions.unfiled(BATCH))
        self._each("suggest", self.suggest, self._store.cases.to_suggest(BATCH))

    def digest_if_due(self, brand: str, week: str) -> None:
        """Report a week unless it was reported, or Slack is out of reach just now."""
        if not self.outages.waiting(SURFACE, self._house.clock()):
            self._guarded(SURFACE, lambda: self.digest(brand, week))

    # -- who calls them ----------------------------------------------------------------------

    def poll_if_up(self, source: str) -> None:
        """Poll one platform unless it asked to be left alone; its outage stops nobody else."""
        now = self._house.clock()
        if not self.outages.waiting(source, now):
            self._guarded(source, lambda: self.poll(source))

    def sweep(self) -> int:
        """Do everything that is due, in the order of the line; how many steps were taken.

        Sends come before reads: a person waits for the former.
        """
        now = self._house.clock()
        mentions, cases = self._store.mentions, self._store.cases
        steps = self._each("rejudge", self.rejudge, mentions.unjudged(BATCH))
        steps += self._each("file", self.file, mentions.unfiled(BATCH))
        steps += self._each("suggest", self.suggest, cases.to_suggest(BATCH))
        steps += self._each("deliver", self.deliver, self._store.actions.due(now, BATCH))
        if self._house.surface is not None:
            waiting = cases.to_show(BATCH)
            steps += self._each("show", self.show, waiting, service=lambda _: SURFACE)
        since, every = now - self._house.watch_for, now - self._house.watch_every
        stale = cases.to_watch(since, every, BATCH)
        return steps + self._each("watch", self.watch, stale, service=self._watched)

    def _watched(self, case_id: CaseId) -> str:
        """Whose patience the watching of a case uses up; it is no outage of the polling."""
        return f"conversations on {self._store.cases.get(case_id).subject.mention.platform}"

    def _guarded(self, name: str, job: Callable[[], object]) -> bool:
        """Run one job against an outside service; False where the service did not answer."""
        try:
            job()
        except (TryLater, OutcomeUnknown) as error:
            at = error.at if isinstance(error, TryLater) else None
            self.outages.failed(name, str(error), self._house.clock(), at)
            return False
        except SetupError as error:
            self.outages.failed(name, f"{error} (amends check tells more)", self._house.clock())
            return False
        except Exception:
            log.exception("%s: a job failed; the others go on", name)
            self.outages.failed(name, "a fault in Amends, see the log", self._house.clock())
            return False
        self.outages.recovered(name, self._house.clock())
        return True

    def _each(
        self,
        name: str,
        job: Callable[[Item], object],
        items: Iterable[Item],
        *,
        service: Callable[[Item], str] | None = None,
    ) -> int:
        """Run a job for each item; how many were tried.

        A service that does not answer is left alone, with all items that need it; an item that
        fails by itself waits alone. Neither holds up the others.
        """
        steps = 0
        for item in items:
            now, key = self._house.clock(), f"{name} {item}"
            outside = service(item) if service else key
            if self.outages.waiting(key, now) or self.outages.waiting(outside, now):
                continue
            steps += 1
            try:
                job(item)
            except (TryLater, SetupError, OutcomeUnknown) as error:
                at = error.at if isinstance(error, TryLater) else None
                self.outages.failed(outside, str(error), now, at)
            except ConnectorError as error:
                self.outages.failed(key, str(error), now)
            except Exception:
                log.exception("%s: one item failed; the others go on", key)
                self.outages.failed(key, "a fault in Amends, see the log", now)
            else:
                self.outages.recovered(key, now)
                self.outages.recovered(outside, now)
        return steps

    def _turns(self, first: Mention) -> Sequence[Mention]:
        try:
            return self._house.connector(first.platform).conversation(first)
        except Unsupported:
            return ()

    # -- changes -----------------------------------------------------------------------------

    def _heard(self, case: Case, entry: Entry, now: datetime) -> Change | None:
        if any(known.id == entry.id for known in case.entries):
            return None
        due_at = now + self._house.policy.response_target
        return rounds.heard(case, entry, now, due_at, month_of=self._house.month_of)

    def _change(self, case_id: CaseId, made: Callable[[Case], Change | None]) -> None:
        """Write what `made` makes of the case; made anew where somebody else was first."""
        for _ in range(TRIES):
            change = made(self._store.cases.get(case_id))
            if change is None or self._store.cases.save(change, self._house.clock()):
                return
        raise RuntimeError(f"case {case_id}: changed by others {TRIES} times in a row")


def _threads(case: Case) -> list[Mention]:
    """The customer's first public post of each thread of the case, the newest threads first."""
    firsts: dict[str, Mention] = {}
    for entry in case.entries:
        if not entry.mention.ours and not entry.mention.private:
            firsts.setdefault(entry.mention.thread or entry.mention.id, entry.mention)
    return list(firsts.values())[: -THREADS - 1 : -1]
