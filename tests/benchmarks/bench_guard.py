"""What the guard catches, what it lets alone, and how long a draft takes.

    python -m tests.benchmarks.bench_guard

The texts are ours: those of tests/responders/guard_texts/unseen, which neither the phrases nor the
model were made with, and the others, which only show that nothing was lost. A text that must be
caught counts as found where the guard names its code, and as stopped where it names any; a harmless
one counts as a false alarm where the guard finds anything at all.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from connectors.base import Ability, Author, Mention, Route, TextLimit, Way
from responders import guard
from responders.case import Case, CaseId, Entry, MentionId
from responders.guard import examine, meaning
from responders.guard.meaning.lessons import Lesson
from responders.playbooks import load
from responders.policy import Brand, Policy
from responders.suggest import suggest
from responders.verdict import Topic, Verdict
from tests.responders.guard_texts import samples, unseen

#: Recall and precision that the guard is built for.
AIM_RECALL, AIM_PRECISION = 0.95, 0.97
#: Milliseconds of one core for one draft with both halves read by the guard.
AIM_MS = 1.0
_DRAFTS = 300

BRAND = Brand(name="Nordlicht", signature="Lena", contact="help@nordlicht.example")
WAY = Way(route=Route.API, limit=TextLimit(maximum=10_000))


def found(lesson: Lesson, *, second_look: bool) -> set[str]:
    """The codes that the guard names for a text."""
    return {
        finding.code
        for finding in examine(
            lesson.text,
            lesson.half,
            language=lesson.language,
            brand=BRAND,
            way=WAY,
            second_look=second_look,
        )
    }


def lines() -> Iterator[str]:
    """The report, a line at a time."""
    yield f"aim: recall {AIM_RECALL}, precision {AIM_PRECISION}"
    yield from _table("made with these, phrases alone", samples(), second_look=False)
    yield from _table("unseen, phrases alone", unseen(), second_look=False)
    if meaning.available():
        yield from _table("unseen, phrases and meaning", unseen(), second_look=True)
    yield from _speed()


def _table(title: str, lessons: Sequence[Lesson], *, second_look: bool) -> Iterator[str]:
    hits: Counter[str] = Counter()
    stopped: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    alarms: Counter[str] = Counter()
    harmless: Counter[str] = Counter()
    for lesson in lessons:
        # An invitation alone is no reply, but no harm in a text that is only a neighbour.
        codes = found(lesson, second_look=second_look)
        for group in (lesson.language, lesson.code, "all"):
            if lesson.caught:
                caught[group] += 1
                hits[group] += lesson.code in codes
                stopped[group] += bool(codes)
            else:
                harmless[group] += 1
                alarms[group] += bool(codes - {"dm_only"})
    yield f"{title:34} {'recall':>7} {'stopped':>7} {'precision':>9} {'texts':>6} {'harmless':>8}"
    groups = [group for group in caught if group != "all"]
    for group in (*sorted(groups, key=lambda name: (len(name) > 2, name)), "all"):
        precision = hits[group] / max(1, hits[group] + alarms[group])
        yield (
            f"{group:34} {hits[group] / caught[group]:7.3f} {stopped[group] / caught[group]:7.3f} "
            f"{precision:9.3f} {caught[group]:6} {harmless[group]:8}"
        )


def _speed() -> Iterator[str]:
    books = load()
    ability = Ability(public=WAY, private=WAY)
    posts = _posts()
    for language in books.voices:
        cases = [
            _case(number, language, f"{posts[language]} {number}")  # each post is a new one
            for number in range(_DRAFTS)
        ]
        for case in cases[:20]:
            suggest(case, brand=BRAND, policy=Policy(), ability=ability, playbooks=books)
        spent = 0.0
        for case in cases:
            guard._heard.cache_clear()  # no text was read before
            began = time.process_time()
            suggest(case, brand=BRAND, policy=Policy(), ability=ability, playbooks=books)
            spent += time.process_time() - began
        fresh = spent / len(cases) * 1000
        began = time.process_time()
        for case in cases:
            suggest(case, brand=BRAND, policy=Policy(), ability=ability, playbooks=books)
        again = (time.process_time() - began) / len(cases) * 1000
        yield (
            f"a draft in {language}: {fresh:.2f} ms of one core (aim: under {AIM_MS}); "
            f"{again:.2f} where its words were read before"
        )


def _posts() -> dict[str, str]:
    lines = (Path(__file__).parent / "posts.txt").read_text(encoding="utf-8").splitlines()
    return {line[:2]: line[3:] for line in lines if not line.startswith("#")}


def _case(number: int, language: str, text: str) -> Case:
    post = Mention(
        platform="twitter",
        id=str(number),
        author=Author(id="7", handle="anna", name="Anna Berg"),
        text=text,
        created_at=datetime(2026, 11, 2, tzinfo=UTC),
    )
    seen = Verdict(language=language, angry=True, complaint=0.9, topic=Topic.ORDER_LATE)
    return Case(
        id=CaseId(number),
        brand="nordlicht",
        opened_at=post.created_at,
        entries=(Entry(id=MentionId(1), mention=post, verdict=seen),),
    )


if __name__ == "__main__":
    for line in lines():
        sys.stdout.write(line + "\n")
