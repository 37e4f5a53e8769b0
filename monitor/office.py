"""Answers what people ask of the whole: how things stand, pause, a case by hand, why not seen."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from statistics import median
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from connectors.base import Author, Mention
from connectors.errors import ConnectorError
from monitor import report
from monitor.holds import circuit
from monitor.jobs import House
from monitor.outages import Outage
from monitor.teaching import Teaching
from responders.action import ActionKind
from responders.ask import Refusal
from responders.bulletin import Line
from responders.byhand import author_of
from responders.card import Button, Card, Verb
from responders.case import CaseId, Entry, MentionId
from responders.digest import markdown, week_before, week_of
from responders.home import Home
from responders.policy import Brand, Person
from responders.verdict import LabelWord

USAGE = (
    "status · pause · resume · digest · add LINK TEXT · missed LINK. "
    "add makes a case of a post by hand; missed says why a post made none."
)
_PLATFORMS = {
    "x.com": "twitter",
    "twitter.com": "twitter",
    "reddit.com": "reddit",
    "bsky.app": "bluesky",
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "news.ycombinator.com": "hackernews",
}
_SHOWN = 40
_TAKE = Button(verb=Verb.CLAIM, label="I take it")
_RELEASE = Button(verb=Verb.RELEASE, label="Release")


class FrontOffice:
    """The office of one installation."""

    def __init__(
        self,
        house: House,
        *,
        outages: Callable[[], Mapping[str, Outage]] = dict,
        shadow: bool = False,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """Speaks to nobody.

        Args:
            house: What the jobs work with.
            outages: Who cannot be reached now.
            shadow: Whether nothing is ever sent.
            wake: Called where there is something new to do.
        """
        self._house = house
        self._store = house.store
        self._outages = outages
        self._shadow = shadow
        self._wake = wake
        self._teaching = Teaching(house)

    # -- the page ------------------------------------------------------------------------------

    def home(self, person: Person) -> Home:
        """The person's page."""
        cards = [card for brand in self._house.brands for card in self._asking(brand)]
        return Home(
            mine=tuple(_line(c, _RELEASE) for c in cards if c.claimed_by == person.shown),
            waiting=tuple(_line(c, _TAKE) for c in cards if not c.claimed_by),
            today=tuple(line for b in self._house.brands.values() for line in self._today(b)),
            platforms=tuple(self._platforms()),
            notices=tuple(self._notices()),
            rules=self._house.rulebook.standing(),
            rulings=self._house.rulebook.count(),
            may_rule=self._house.rulebook.may(person),
            unsure=tuple(self._teaching.unsure(person)),
        )

    def _asking(self, brand: str) -> list[Card]:
        cards: list[Card] = []
        for case_id in self._store.waiting.asking(brand, _SHOWN):
            with suppress(KeyError):  # erased since
                cards.append(self._house.desk.card(case_id))
        return cards

    def _today(self, brand: Brand) -> list[str]:
        now = self._house.clock()
        local = now.astimezone(ZoneInfo(brand.timezone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        opened = self._store.cases.opened(brand.name, midnight, now)
        spans = [
            (case.decided_at - case.opened_at).total_seconds()
            for case in opened
            if case.decided_at is not None
        ]
        typical = f", decided after {_span(median(spans))} (median)" if spans else ""
        lines = [
            f"{brand.name}: {_count(len(opened), 'case')} opened, {len(spans)} decided{typical}"
        ]
        credit = self._house.policy.credit
        if credit is not None:
            spent = self._store.spent(brand.name, self._house.month_of(brand.name, now))
            budget = credit.monthly_budget
            lines.append(
                f"{brand.name}: {replace(budget, minor=spent)} of {budget} in credits this month"
            )
        return lines

    def _platforms(self) -> list[str]:
        down = self._outages()
        lines = []
        for source, brand in sorted(self._house.brand_of.items()):
            seen = self._store.mentions.seen_at(brand.name, source)
            last = f"last read {seen:%Y-%m-%d %H:%M} UTC" if seen else "not read yet"
            trouble = ""
            if source in down:
                since, why = down[source].since, down[source].reason
                trouble = f" · ⚠️ out of reach since {since:%H:%M} UTC: {why}"
            for kind in (ActionKind.PUBLIC, ActionKind.PRIVATE):
                closed = down.get(circuit(source, kind))
                if closed is not None:
                    what = circuit(source, kind)
                    trouble += f" · ⚠️ {what} wait since {closed.since:%H:%M} UTC: {closed.reason}"
            cost = self._house.budgets.standing(source)
            paid = f" · {cost}" if cost is not None else ""
            lines.append(f"{source}: {last}{trouble}{paid}")
        return lines

    def _notices(self) -> list[str]:
        paused = self._store.meta.paused()
        lines = (
            [f"Paused by {paused.by} since {paused.at:%H:%M} UTC: nothing is sent."]
            if paused
            else []
        )
        if self._shadow:
            lines.append("Shadow mode: nothing is sent ([engine] shadow).")
        for cost in self._house.budgets.standings():
            if cost.reading_over:
                stops = "reading and sending stop" if cost.sending_over else "reading stops"
                lines.append(f"{cost.source}: {stops}, the month's money is used up ({cost}).")
        for brand in self._house.brands:
            active = self._store.incidents.active(brand)
            if active is not None:
                lines.append(f"{brand}: incident “{active.title}”, nothing is sent.")
        return lines

    # -- the command ---------------------------------------------------------------------------

    def command(self, words: str, person: Person) -> str:
        """What came of `/amends words`, in a few lines."""
        verb, _, rest = words.strip().partition(" ")
        match verb.lower():
            case "" | "status":
                return self._status()
            case "pause" | "resume" if not self._house.policy.may_approve(person):
                return "Only approvers may do this. Ask one of them."
            case "pause":
                self._store.set_paused(person.shown, self._house.clock())
                return "Paused: nothing is sent until /amends resume."
            case "resume":
                self._store.set_paused(None, self._house.clock())
                self._wake()
                more = " But this is shadow mode: still nothing." if self._shadow else ""
                return f"Resumed: what was held is sent now.{more}"
            case "digest":
                return self._digest()
            case "add":
                url, _, text = rest.strip().partition(" ")
                return self.make_case(url, text, person)
            case "missed":
                return self._missed(rest.strip())
            case _:
                return f"There is no {verb[:40]!r}. Say: {USAGE}"

    def _status(self) -> str:
        asking = sum(len(self._store.waiting.asking(brand)) for brand in self._house.brands)
        lines = [f"{_count(asking, 'case')} waiting for a person."]
        return "\n".join([*self._notices(), *lines, *self._platforms()])

    def _digest(self) -> str:
        house = self._house
        told = []
        for brand in house.brands.values():
            week = week_before(week_of(house.clock(), brand.timezone))
            sources = [name for name, of in house.brand_of.items() if of.name == brand.name]
            made = report.digest(
                self._store,
                brand,
                week,
                house.policy,
                house.prevent,
                sources=sources,
                now=house.clock(),
            )
            told.append(markdown(made))
        return "\n".join(told)

    # -- posts by hand -------------------------------------------------------------------------

    def make_case(self, url: str, text: str, person: Person) -> str:
        """A case by hand of a post that no connector saw, or that was not flagged."""
        if not self._house.policy.may_approve(person):
            return "Only approvers may do this. Ask one of them."
        if not urlsplit(url).hostname:
            return "Begin with the link of the post: /amends add https://… what they wrote"
        found = self._store.waiting.post_of(url)
        if found is not None:
            mention_id, case_id = found
            return f"That is case #{case_id}." if case_id else self._open(mention_id)
        platform = platform_of(url)
        try:
            self._house.connector(platform)
        except ConnectorError:
            return f"Nothing is connected that could answer there ({platform or 'unknown'})."
        if not text.strip():
            return "Amends has not seen this post. Say what they wrote after the link."
        return self._open(self._keep(url, text.strip(), platform))

    def _keep(self, url: str, text: str, platform: str) -> MentionId:
        brand = next(iter(self._house.brands.values()))
        now = self._house.clock()
        who = author_of(platform, url)
        mention = Mention(
            platform=platform,
            id=post_id(url),
            author=Author(id=who, handle=who or "unknown"),
            text=text,
            created_at=now,
            url=url,
        )
        verdict = replace(self._house.judge(mention, brand), relevant=True)
        self._store.mentions.ingest(brand.name, "by hand", [(mention, verdict)], None, now)
        return self._store.mentions.of_post(brand.name, platform, mention.id).id

    def _open(self, mention_id: MentionId) -> str:
        entry, brand = self._store.mentions.mention(mention_id)
        now = self._house.clock()
        due_at = self._house.plan.due(brand, now, self._house.policy.response_target)
        case_id: CaseId = self._store.cases.open(mention_id, now, due_at)
        self._wake()
        return f"Case #{case_id} is made{_why_not(entry)}. Its card comes in a moment."

    def say(self, mention_id: MentionId, word: LabelWord, person: Person) -> str:
        """Keep a word on a post that the judge was unsure of; what came of it."""
        try:
            return self._teaching.say(mention_id, word, person)
        except Refusal as refusal:
            return str(refusal)

    def _missed(self, url: str) -> str:
        if not urlsplit(url).hostname:
            return "Say which: /amends missed https://…"
        found = self._store.waiting.post_of(url)
        if found is None:
            return self._not_seen(url)
        mention_id, case_id = found
        entry, _ = self._store.mentions.mention(mention_id)
        if case_id:
            return f"It was seen: case #{case_id}."
        return f"It was read{_why_not(entry)}. /amends add {url} makes a case of it."

    def _not_seen(self, url: str) -> str:
        platform = platform_of(url)
        if platform not in self._house.connectors:
            return f"It was not seen: [connectors.{platform or '?'}] is not enabled."
        down = self._outages().get(platform)
        if down is not None:
            return f"It was not seen: {platform} is out of reach since {down.since:%H:%M} UTC."
        brand = self._house.brand_of[platform]
        seen = self._store.mentions.seen_at(brand.name, platform)
        last = f"last read {seen:%Y-%m-%d %H:%M} UTC" if seen else "not read yet"
        terms = ", ".join(brand.terms)
        return (
            f"It was not seen: {platform} {last}. Its search looks for: {terms[:200]}. "
            f"/amends add {url} TEXT makes a case of it."
        )


def platform_of(url: str) -> str:
    """The platform of an address; "" where it is none that we know."""
    host = (urlsplit(url).hostname or "").lower()
    while host:
        if host in _PLATFORMS:
            return _PLATFORMS[host]
        host = host.partition(".")[2]
    return ""


def post_id(url: str) -> str:
    """What names the post in its address: the last number of it, else the whole address."""
    parts = [part for part in urlsplit(url).path.split("/") if part.isdecimal()]
    return parts[-1] if parts else url


def _line(card: Card, button: Button) -> Line:
    topic = (card.topic or "topic unsure").replace("_", " ")
    due = " · answer by" if card.due_at else ""
    text = f"{card.number} · {topic} · {card.headline}{due}"
    return Line(text=text, at=card.due_at, quoted=card.post, card=card, button=button)


def _why_not(entry: Entry) -> str:
    verdict = entry.verdict
    if verdict is None:
        return ", but could not be judged yet"
    if not verdict.relevant:
        return ", and held to be about something else"
    if not verdict.needs_person:
        return f", and not flagged (complaint {verdict.complaint:.0%})"
    return ""


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
