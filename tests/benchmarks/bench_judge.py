"""How good and how fast the judge is: `python -m tests.benchmarks.bench_judge DATA_DIR`.

DATA_DIR holds the development sets, one folder each with a data.csv (text, label, lang). None of
them was trained on. VADER alone is measured in the same run, on the same texts.
"""

import argparse
import csv
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from monitor.judge import DEFAULT_THRESHOLD, Judge
from monitor.judge.evaluate import (
    Pair,
    at_prevalence,
    average_precision,
    best_threshold,
    measure,
    roc_area,
)
from monitor.judge.language import LANGUAGES, LanguageGuesser
from monitor.judge.lessons import read_own
from monitor.judge.vader import Vader
from responders.verdict import Verdict
from tests.monitor.judge.posts import read_posts

#: Posts about brands first, then tweets about anything, then other languages.
SETS = (
    *("apple_dfe", "sanders", "umsab_en", "te_sentiment", "sts_gold"),
    *("de_sb10k", "de_potts", "zh_hotel", "zh_weibo"),
)
_PREVALENCES = (0.06, 0.30, 0.60)
_VADER_CUT = 0.05
#: What the shipped threshold was chosen among, at this share of complaints.
_CUTS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
_SHARE = 0.30
_SHORT = 40


@dataclass(frozen=True, kw_only=True)
class Post:
    """A labelled text."""

    text: str
    label: bool
    language: str


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(f"{line}\n")


def read(folder: Path, name: str, limit: int) -> list[Post]:
    """At most so many posts of a set, the same ones on every run."""
    csv.field_size_limit(10_000_000)
    with (folder / name / "data.csv").open(encoding="utf-8", newline="") as lines:
        posts = [
            Post(text=row["text"], label=row["label"] == "1", language=row["lang"])
            for row in csv.DictReader(lines)
        ]
    random.Random(11).shuffle(posts)
    return posts[:limit]


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measure_set(name: str, posts: Sequence[Post], judge: Judge, vader: Vader) -> list[Verdict]:
    """Prints one set's quality; returns the verdicts."""
    verdicts: list[Verdict] = []
    seconds = timed(lambda: verdicts.extend(judge.judge_all([post.text for post in posts])))
    ours: list[Pair] = [(v.complaint, p.label) for v, p in zip(verdicts, posts, strict=True)]
    alone: list[Pair] = [(-vader.score(post.text).compound, post.label) for post in posts]
    at = measure(ours, DEFAULT_THRESHOLD)
    best = best_threshold(ours)
    plain = measure(alone, _VADER_CUT)
    share = at.positives / at.texts
    say(
        f"{name:13}{posts[0].language:>3}{len(posts):6}{share:6.0%}"
        f"  AP {average_precision(ours):.3f} ({average_precision(alone):.3f})"
        f"  ROC {roc_area(ours):.3f} ({roc_area(alone):.3f})"
        f"  F1 {at.f1:.3f} ({plain.f1:.3f})  P {at.precision:.2f} R {at.recall:.2f}"
        f"  best F1 {best.f1:.3f} at {best.threshold:.2f}  {len(posts) / seconds:7,.0f}/s"
    )
    cells = []
    for prevalence in _PREVALENCES:
        there = at_prevalence(ours, DEFAULT_THRESHOLD, prevalence)
        cells.append(f"{prevalence:.0%}: P {there.precision:.2f} R {there.recall:.2f}")
    say(f"{'':28}at a share of  {'   '.join(cells)}")
    return verdicts


def measure_cuts(scored: Sequence[Sequence[Pair]]) -> None:
    """Prints the mean F1 over the sets at several thresholds: how the shipped one was chosen."""
    say(f"\nmean F1 over the sets, weighted to {_SHARE:.0%} complaints")
    for cut in _CUTS:
        means = [at_prevalence(pairs, cut, _SHARE).f1 for pairs in scored]
        shipped = "  shipped" if cut == DEFAULT_THRESHOLD else ""
        say(f"  {cut:.2f}  {sum(means) / len(means):.3f}{shipped}")


def measure_posts(judge: Judge) -> None:
    """Prints quality by language on our own posts, which training never saw: all but speed."""
    posts = read_posts()
    verdicts = judge.judge_all([post.text for post in posts])
    say("\nour own posts in twelve languages (made up; a writer like theirs made what was learnt)")
    every: list[tuple[str, str | None]] = []
    for language in LANGUAGES:
        pairs = [
            (post, verdict)
            for post, verdict in zip(posts, verdicts, strict=True)
            if post.language == language
        ]
        scores: list[Pair] = [(verdict.complaint, post.label) for post, verdict in pairs]
        at = measure(scores, DEFAULT_THRESHOLD)
        topics = [(p.kind, v.topic) for p, v in pairs if p.label and v.angry]
        every += topics
        asking = [verdict.asks for post, verdict in pairs if post.kind == "question"]
        say(
            f"  {language}  ROC {roc_area(scores):.3f}  AP {average_precision(scores):.3f}"
            f"  F1 {at.f1:.3f}  P {at.precision:.2f} R {at.recall:.2f}  topic {_named(topics)}"
            f"  questions heard {sum(asking) / len(asking):.2f}"
        )
    say(f"  all languages: topic {_named(every)}")
    complaints = [
        (post, verdict)
        for post, verdict in zip(posts, verdicts, strict=True)
        if post.label and verdict.angry
    ]
    closely: list[tuple[str, str | None]] = []
    spent = timed(
        lambda: closely.extend(
            (post.kind, judge.look_closer(post.text, verdict).topic) for post, verdict in complaints
        )
    )
    each = 1000 * spent / len(complaints)
    say(f"  read closely: topic {_named(closely)}; {each:.0f} ms a post")


def _named(topics: Sequence[tuple[str, str | None]]) -> str:
    named = [kind == topic for kind, topic in topics if topic is not None]
    right = sum(named) / max(len(named), 1)
    return f"{right:.2f} right where named, {len(named) / max(len(topics), 1):.2f} named"


def measure_languages(sets: dict[str, list[Post]]) -> None:
    """Prints how often the language is right: on our own sentences and posts, and on the sets."""
    guesser = LanguageGuesser()
    texts = [(text.text, text.language) for text in read_own()]
    texts += [(post.text, post.language) for post in read_posts()]
    say("\nlanguage identification (our own sentences and posts; all / at most 40 characters)")
    for language in LANGUAGES:
        right = [
            (guesser.guess(text) == spoken, len(text) <= _SHORT)
            for text, spoken in texts
            if spoken == language
        ]
        short = [hit for hit, is_short in right if is_short]
        every = [hit for hit, _ in right]
        say(
            f"  {language}  {sum(every) / len(every):.3f} / {sum(short) / len(short):.3f}"
            f"  of {len(every)} / {len(short)}"
        )
    for name, posts in sets.items():
        long = [post for post in posts if len(post.text) >= 12]
        right_ones = sum(guesser.guess(post.text) == post.language for post in long)
        say(f"  {name:12} {right_ones / len(long):.3f} of {len(long)}")


def measure_samples(judge: Judge) -> None:
    """Prints how many of the shipped sample posts are flagged."""
    path = files("connectors").joinpath("samples.jsonl")
    posts = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    verdicts = [judge.judge(post["text"]) for post in posts]
    flagged = sum(verdict.needs_person for verdict in verdicts)
    say(f"\nsample posts: {flagged} of {len(posts)} need a person")


def compare_vader(folder: Path, limit: int) -> None:
    """Prints whether the fast evaluation equals the library's on every set, and the speeds."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    ours, library = Vader(), SentimentIntensityAnalyzer()
    texts = [
        post.text
        for path in sorted(folder.glob("*/data.csv"))
        for post in read(folder, path.parent.name, limit)
    ]
    mine: list[float] = []
    theirs: list[float] = []
    fast = timed(lambda: mine.extend(ours.score(text).compound for text in texts))
    slow = timed(lambda: theirs.extend(library.polarity_scores(text)["compound"] for text in texts))
    different = sum(a != b for a, b in zip(mine, theirs, strict=True))
    say(
        f"\nVADER: {different} differences in {len(texts):,} texts;"
        f" {len(texts) / fast:,.0f}/s against {len(texts) / slow:,.0f}/s,"
        f" {slow / fast:.1f} times as fast"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure the judge on development sets.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=2_000, help="texts a set")
    parser.add_argument("--all-vader", action="store_true", help="compare VADER on all texts")
    chosen = parser.parse_args(arguments)
    start = time.process_time()
    judge, vader = Judge(), Vader()
    judge.judge("the first text loads the models; how are you?")
    say(f"ready after {time.process_time() - start:.2f} s of CPU; threshold {DEFAULT_THRESHOLD}")
    say("in brackets: VADER alone, flagged from a compound of -0.05 down\n")
    sets = {
        name: read(chosen.data, name, chosen.limit)
        for name in SETS
        if (chosen.data / name / "data.csv").is_file()
    }
    scored: list[list[Pair]] = []
    for name, posts in sets.items():
        verdicts = measure_set(name, posts, judge, vader)
        scored.append([(v.complaint, p.label) for v, p in zip(verdicts, posts, strict=True)])
    if scored:
        measure_cuts(scored)
    measure_posts(judge)
    measure_languages(sets)
    measure_samples(judge)
    compare_vader(chosen.data, 10_000_000 if chosen.all_vader else chosen.limit)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"\npeak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
