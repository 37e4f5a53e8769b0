"""Makes the week's digest out of the counts, and writes it down."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from monitor.budgets import dollars
from monitor.problems import RunError
from monitor.store import Store
from monitor.store.rollups import Band, Count
from responders import chart
from responders.case import CaseState
from responders.digest import (
    Answers,
    Digest,
    Line,
    Mood,
    bounds,
    days,
    html,
    markdown,
    week_before,
    week_of,
)
from responders.money import Money
from responders.policy import Brand, Policy

#: So many causes are worth a sentence on how to prevent the next one.
CAUSES = 3
#: A platform that was not read for so long before the week's end is named as a gap.
STALE = timedelta(hours=6)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def digest(
    store: Store,
    brand: Brand,
    week: str,
    policy: Policy,
    prevent: Callable[[str], str] = lambda _topic: "",
    *,
    sources: Collection[str],
    now: datetime,
) -> Digest:
    """How people felt about a brand in one ISO week, against the week before.

    Args:
        store: Where the counts lie.
        brand: Whose week.
        week: Such as "2026-W47".
        policy: Says whether there are credits.
        prevent: What would help against a topic.
        sources: What is read for the brand; each should have been read to the week's end.
        now: The present moment: of a week that is not over, the rest is no gap.

    Raises:
        ValueError: it is not a week such as "2026-W47".
    """
    start, end = bounds(week, brand.timezone)
    before_start, before_end = bounds(week_before(week), brand.timezone)
    counts = store.rollups.between(brand.name, start, end)
    before = store.rollups.between(brand.name, before_start, before_end)
    topics = _lines(counts, before, lambda count: count.topic, flagged=True)
    advice = [text for line in topics[:CAUSES] if (text := prevent(line.name))]
    return Digest(
        brand=brand.name,
        week=week,
        start=start,
        end=end,
        now=_mood(counts),
        before=_mood(before),
        days=tuple(
            _mood(count for count in counts if first <= count.start < last)
            for first, last in days(week, brand.timezone)
        ),
        platforms=_lines(counts, before, lambda count: count.platform, flagged=False),
        topics=topics,
        answers=replace(
            _answers(store, brand, policy, start, end),
            costs=tuple(_costs(store, sources, start, end)),
        ),
        prevent=tuple(advice),
        gaps=tuple(_gaps(store, brand, sources, start, min(end, now))),
    )


def due_week(now: datetime, when: str, zone: str) -> str:
    """The newest week whose digest is due: it is over, and its time to be posted has come.

    Args:
        now: The present moment.
        when: Day and time in the week after it, such as "mon 08:00".
        zone: Whose weeks and times these are.
    """
    local = now.astimezone(ZoneInfo(zone))
    day, _, time = when.partition(" ")
    last = week_before(week_of(now, zone))
    come = (local.weekday(), f"{local:%H:%M}") >= (WEEKDAYS.index(day), time)
    return last if come else week_before(last)


def picture(made: Digest) -> bytes:
    """The digest's chart as a PNG."""
    return chart.png(made)


def write(made: Digest, png: bytes, folder: Path) -> tuple[Path, ...]:
    """Write Markdown, HTML and PNG into a folder, each whole or not at all.

    Raises:
        RunError: the folder cannot be written to.
    """
    name = f"{_file_name(made.brand)}-{made.week}"
    files = {
        folder / f"{name}.png": png,
        folder / f"{name}.md": markdown(made, f"{name}.png").encode(),
        folder / f"{name}.html": html(made, f"{name}.png").encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            half = path.with_suffix(path.suffix + ".part")
            half.write_bytes(content)
            half.replace(path)
    except OSError as error:
        raise RunError(f"{folder} cannot be written to: {error.strerror}") from error
    return tuple(files)


def _mood(counts: Iterable[Count]) -> Mood:
    bands = dict.fromkeys(Band, 0)
    angry = 0
    for count in counts:
        bands[count.band] += count.posts
        angry += count.angry
    return Mood(
        negative=bands[Band.NEGATIVE],
        neutral=bands[Band.NEUTRAL],
        positive=bands[Band.POSITIVE],
        angry=angry,
    )


def _lines(
    now: Iterable[Count],
    before: Iterable[Count],
    name_of: Callable[[Count], str],
    *,
    flagged: bool,
) -> tuple[Line, ...]:
    """Counts by name, most first; `flagged` keeps and orders by the flagged posts."""
    ours: dict[str, list[Count]] = defaultdict(list)
    theirs: dict[str, list[Count]] = defaultdict(list)
    for groups, counts in ((ours, now), (theirs, before)):
        for count in counts:
            if not flagged or count.angry:
                groups[name_of(count) or "not sure"].append(count)
    lines = [
        Line(name=name, now=_mood(ours[name]), before=_mood(theirs[name]))
        for name in {*ours, *theirs}
    ]

    def rank(line: Line) -> tuple[int, int, str]:
        now, before = (mood.angry if flagged else mood.posts for mood in (line.now, line.before))
        return -now, -before, line.name

    return tuple(sorted(lines, key=rank))


def _answers(store: Store, brand: Brand, policy: Policy, start: datetime, end: datetime) -> Answers:
    opened = store.cases.opened(brand.name, start, end)
    spans = [
        (case.decided_at - case.opened_at).total_seconds()
        for case in opened
        if case.decided_at is not None
    ]
    states = [case.state for case in opened]
    spent = None
    if policy.credit is not None:
        currency = policy.credit.monthly_budget.currency
        spent = Money(minor=store.credits.given(brand.name, start, end), currency=currency)
    return Answers(
        cases=len(opened),
        answered=states.count(CaseState.ANSWERED),
        dismissed=states.count(CaseState.DISMISSED),
        waiting=sum(state in {CaseState.OPEN, CaseState.NEEDS_HUMAN} for state in states),
        median=timedelta(seconds=median(spans)) if spans else None,
        credits=spent,
    )


def _costs(store: Store, sources: Collection[str], start: datetime, end: datetime) -> Iterator[str]:
    """What the days of the week cost; days are those of UTC, by which platforms bill."""
    first, last = (moment.astimezone(UTC) + timedelta(hours=12) for moment in (start, end))
    for source in sorted(sources):
        bill = store.costs.between(source, first.date(), last.date())
        if bill:
            yield f"{source} {dollars(bill.reading + bill.sending)}"


def _gaps(
    store: Store, brand: Brand, sources: Collection[str], start: datetime, end: datetime
) -> Iterator[str]:
    """Sources that were not read, or not whole: silence is not peace."""
    for source in sorted(sources):
        seen = store.mentions.seen_at(brand.name, source)
        if seen is None:
            yield f"{source} was never read"
        elif seen < end - STALE:
            yield f"{source} was last read on {seen:%A %d %B at %H:%M} UTC"
        missed = store.sweeps.missed(brand.name, source, start, end)
        if missed:
            posts = "post was" if missed == 1 else "posts were"
            yield f"{source}: {missed} {posts} found late, by the daily look back"


def _file_name(brand: str) -> str:
    kept = "".join(letter if letter.isalnum() else "-" for letter in brand.lower())
    return kept.strip("-") or "brand"
