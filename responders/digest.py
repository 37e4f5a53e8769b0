"""A week in numbers, as plain values and as the texts that are read: Markdown and HTML.

Pure. Counts come from the store; the chart is drawn in chart.py.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from responders.money import Money


@dataclass(frozen=True, kw_only=True)
class Mood:
    """Posts by how they sound. `angry` counts the flagged ones; it is no fourth band."""

    negative: int = 0
    neutral: int = 0
    positive: int = 0
    angry: int = 0

    @property
    def posts(self) -> int:
        """All posts."""
        return self.negative + self.neutral + self.positive

    def __add__(self, other: "Mood") -> "Mood":
        return Mood(
            negative=self.negative + other.negative,
            neutral=self.neutral + other.neutral,
            positive=self.positive + other.positive,
            angry=self.angry + other.angry,
        )


@dataclass(frozen=True, kw_only=True)
class Line:
    """One platform or topic, this week and the week before."""

    name: str
    now: Mood
    before: Mood = Mood()


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the team did in the week."""

    cases: int = 0  #: opened
    answered: int = 0
    dismissed: int = 0
    waiting: int = 0  #: still open at the week's end
    #: Half of the decided cases were decided at least this fast; None: none was.
    median: timedelta | None = None
    credits: Money | None = None  #: spent; None: there are no credits
    costs: tuple[str, ...] = ()  #: of platforms that bill their calls, such as "twitter 12.35 USD"


@dataclass(frozen=True, kw_only=True)
class Digest:
    """How people felt about a brand in one week."""

    brand: str
    week: str  #: ISO, "2026-W47"
    start: datetime  #: aware, Monday 00:00 in the brand's time zone
    end: datetime  #: the next Monday; not part of the week
    now: Mood
    before: Mood
    days: tuple[Mood, ...]  #: Monday to Sunday
    platforms: tuple[Line, ...]  #: most posts first
    topics: tuple[Line, ...]  #: of flagged posts, most first
    answers: Answers
    prevent: tuple[str, ...] = ()  #: what the playbooks advise against the commonest causes
    gaps: tuple[str, ...] = ()  #: what was not seen: a platform that was out of reach


def week_of(moment: datetime, zone: str) -> str:
    """The ISO week of a moment in a time zone, such as "2026-W47"."""
    year, week, _ = moment.astimezone(ZoneInfo(zone)).isocalendar()
    return f"{year}-W{week:02d}"


def bounds(week: str, zone: str) -> tuple[datetime, datetime]:
    """Start and end of an ISO week, half-open, at local midnights.

    Raises:
        ValueError: it is not a week such as "2026-W47".
    """
    try:
        year, _, number = week.partition("-W")
        monday = date.fromisocalendar(int(year), int(number), 1)
    except ValueError as error:
        raise ValueError(f'{week!r} is not a week: write it as "2026-W47"') from error
    return _midnight(monday, zone), _midnight(monday + timedelta(days=7), zone)


def days(week: str, zone: str) -> tuple[tuple[datetime, datetime], ...]:
    """Start and end of each day of a week, Monday first; a day may have 23 or 25 hours."""
    first = bounds(week, zone)[0].date()
    return tuple(
        (
            _midnight(first + timedelta(days=day), zone),
            _midnight(first + timedelta(days=day + 1), zone),
        )
        for day in range(7)
    )


def week_before(week: str) -> str:
    """The ISO week before this one."""
    monday = bounds(week, "UTC")[0] - timedelta(days=7)
    return week_of(monday, "UTC")


def headline(digest: Digest) -> str:
    """The week in one sentence."""
    if not digest.now.posts:
        return f"Nobody wrote about {digest.brand} in week {digest.week}, as far as we could see."
    share = _share(digest.now.angry, digest.now.posts)
    sentence = (
        f"{digest.now.posts} posts about {digest.brand}, {digest.now.angry} of them "
        f"({share}) angry or asking for a person"
    )
    if not digest.before.posts:
        return f"{sentence}. There is no week before to compare with."
    return f"{sentence}; the week before {_share(digest.before.angry, digest.before.posts)}."


def markdown(digest: Digest, chart: str = "") -> str:
    """The digest as Markdown; `chart` is the picture's file name, if there is one."""
    parts = [f"# {_plain(digest.brand)}, week {digest.week}", _plain(headline(digest))]
    if chart:
        parts.append(f"![{_plain(alt_text(digest))}]({chart})")
    parts.append(_markdown_table("How it sounded", _mood_rows(digest)))
    for title, lines in (("Platforms", digest.platforms), ("Topics", digest.topics)):
        if lines:
            parts.append(_markdown_table(title, [_line_row(line) for line in lines]))
    parts.append("## What we did\n" + "\n".join(f"- {line}" for line in answer_lines(digest)))
    if digest.prevent:
        parts.append("## What would help\n" + "\n".join(f"- {_plain(x)}" for x in digest.prevent))
    if digest.gaps:
        parts.append("## What we did not see\n" + "\n".join(f"- {_plain(x)}" for x in digest.gaps))
    return "\n\n".join(parts) + "\n"


def html(digest: Digest, chart: str = "") -> str:
    """The digest as one HTML page without scripts; `chart` is the picture's name or data URI."""
    picture = (
        f'<img src="{escape(chart)}" alt="{escape(alt_text(digest))}" width="900">' if chart else ""
    )
    tables = _html_table("How it sounded", _mood_rows(digest))
    for title, lines in (("Platforms", digest.platforms), ("Topics", digest.topics)):
        if lines:
            tables += _html_table(title, [_line_row(line) for line in lines])
    lists = _html_list("What we did", answer_lines(digest))
    lists += _html_list("What would help", digest.prevent)
    lists += _html_list("What we did not see", digest.gaps)
    title = escape(f"{digest.brand}, week {digest.week}")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><main>\n<h1>{title}</h1>\n"
        f"<p>{escape(headline(digest))}</p>\n{picture}\n{tables}{lists}</main></body></html>\n"
    )


def alt_text(digest: Digest) -> str:
    """What the chart shows, for those who do not see it."""
    per_day = ", ".join(
        f"{name} {mood.posts} ({mood.angry} flagged)"
        for name, mood in zip(_DAYS, digest.days, strict=True)
    )
    return f"Posts per day in week {digest.week}: {per_day}."


def answer_lines(digest: Digest) -> tuple[str, ...]:
    """What the team did, a sentence each."""
    answers = digest.answers
    decided = f"{answers.answered} answered, {answers.dismissed} not answered on purpose"
    waiting = f"{answers.waiting} waiting at the week's end"
    lines = [f"{answers.cases} cases opened: {decided}, {waiting}"]
    if answers.median is not None:
        lines.append(f"Half of the decisions took less than {_duration(answers.median)}")
    if answers.credits is not None:
        lines.append(f"Store credits given: {answers.credits}")
    if answers.costs:
        lines.append(f"Calls that are billed, at list prices: {', '.join(answers.costs)}")
    return tuple(lines)


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#1c1f23;background:#fff;margin:0}"
    "main{max-width:60rem;margin:0 auto;padding:1.5rem}h1{font-size:1.6rem}h2{font-size:1.15rem}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}"
    "th,td{text-align:right;padding:.35rem .6rem;border-bottom:1px solid #d9dde2}"
    "th:first-child,td:first-child{text-align:left}img{max-width:100%;height:auto}"
    "@media (prefers-color-scheme:dark){body{color:#e8eaed;background:#16181b}"
    "th,td{border-color:#3a3f45}}"
)
_HEAD = ("", "posts", "week before", "flagged", "week before")


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


def _mood_rows(digest: Digest) -> list[tuple[str, ...]]:
    rows = [
        (name, str(getattr(digest.now, name)), str(getattr(digest.before, name)), "", "")
        for name in ("negative", "neutral", "positive")
    ]
    total = Line(name="all", now=digest.now, before=digest.before)
    return [*rows, _line_row(total)]


def _line_row(line: Line) -> tuple[str, ...]:
    return (
        line.name.replace("_", " "),
        str(line.now.posts),
        str(line.before.posts),
        str(line.now.angry),
        str(line.before.angry),
    )


def _markdown_table(title: str, rows: list[tuple[str, ...]]) -> str:
    head = "| " + " | ".join(_HEAD) + " |\n|---|--:|--:|--:|--:|"
    body = "\n".join("| " + " | ".join(_plain(cell) for cell in row) + " |" for row in rows)
    return f"## {title}\n{head}\n{body}"


def _html_table(title: str, rows: list[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{cell}</th>' for cell in _HEAD)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>\n"
        for row in rows
    )
    return (
        f"<h2>{title}</h2>\n<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>\n"
    )


def _html_list(title: str, lines: tuple[str, ...]) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>{title}</h2>\n<ul>{items}</ul>\n"


def _plain(text: str) -> str:
    """Text without Markdown's marks: a brand or a team's playbook may hold anything."""
    for mark in "\\`*_[]<>|#!":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _share(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)} %" if whole else "none"


def _duration(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 60:
        return f"{max(minutes, 1)} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"
