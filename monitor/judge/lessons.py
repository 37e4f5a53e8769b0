"""What the models learn from: permissively licensed sets, and the sentences beside this module.

sentences/README.md names where the sets come from, and what a line of a sentence file means.
"""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from monitor.judge.language import LANGUAGES
from responders.verdict import NO_MATTER, Topic

#: The permissively licensed sets. No other may be used here: test sets stay unseen, and others'
#: licences stay out of the weights.
SETS = (
    *("goemotions", "uci_sentences", "vader_tweets", "vader_amazonReviewSnippets"),
    *("vader_movieReviewSnippets", "vader_nytEditorialSnippets"),
)
#: What a sentence without complaint may be.
KINDS = frozenset(
    ("question", "praise", "neutral", "news", "joke", "spam", "other_brand", "settled")
)
_SEED = 7

_POSITIVE = frozenset(
    ("admiration", "approval", "gratitude", "amusement", "love", "optimism", "joy")
) | frozenset(("excitement", "caring", "pride", "relief", "desire"))
_SAD = frozenset(("sadness", "fear", "remorse", "nervousness", "grief", "embarrassment"))

_BRANDS = (
    *("Nordlicht", "@nordlicht", "Acme", "@acmehelp", "Delta", "@united", "Amazon", "Apple"),
    *("@apple", "Vodafone", "@comcast", "Uber", "McDonalds", "Samsung", "you guys", "Ikea"),
)
_THINGS = (
    *("mug", "kettle", "lamp", "phone", "laptop", "jacket", "chair", "pan", "watch", "vacuum"),
    *("headphones", "bike", "tablet", "blender", "shoes", "printer"),
)
_TIMES = ("two weeks", "a month", "10 days", "three weeks", "5 days", "six weeks", "48 hours")
_FILLINGS = 3
#: The languages of the whole posts in sentences/posts.
_POSTED = ("de", "en")


@dataclass(frozen=True, kw_only=True)
class Text:
    """One text to learn from."""

    text: str
    label: bool  #: a person should answer
    mood: float  #: about -1 (glad) to 1 (angry)
    source: str  #: the set; "own" for a short sentence of ours, "posts" for a whole post of ours
    language: str = "en"
    kind: str = ""  #: the topic of a complaint, or what a text without complaint is; "": unknown
    matter: str = ""  #: that it names, or `NO_MATTER`; "": nobody has said


def read_sets(folder: Path) -> list[Text]:
    """All permissive sets.

    Raises:
        SystemExit: a set is missing.
    """
    csv.field_size_limit(10_000_000)
    found: list[Text] = []
    for name in SETS:
        path = folder / name / "data.csv"
        if not path.is_file():
            raise SystemExit(f"{path} is missing: see monitor/judge/sentences/README.md")
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                label = row["label"] == "1"
                mood = _mood(name, row["y3"], label)
                found.append(Text(text=row["text"], label=label, mood=mood, source=name))
    return found


def _mood(source: str, own_label: str, label: bool) -> float:
    if source.startswith("vader"):
        return max(-1.2, min(1.2, -float(own_label) / 2))
    if source != "goemotions" or label:
        return 1.0 if label else -1.0
    emotions = set(own_label.split("|"))
    if emotions & _SAD:
        return 0.6
    return -0.8 if emotions & _POSITIVE else -0.1


def read_own() -> list[Text]:
    """The sentences written for this project, their blanks filled in.

    Raises:
        ValueError: a line cannot be read; the message names it.
    """
    chance = random.Random(_SEED)  # noqa: S311 - repeatable, not secret
    return [text for language in LANGUAGES for text in _marked(language, ".", chance, _FILLINGS)]


def read_posts() -> list[Text]:
    """Whole posts in the manner of real ones; only what reads closely learns from them.

    Raises:
        ValueError: a line cannot be read; the message names it.
    """
    chance = random.Random(_SEED)  # noqa: S311 - repeatable, not secret
    return [text for language in _POSTED for text in _marked(language, "posts", chance, 1)]


def _marked(language: str, folder: str, chance: random.Random, fillings: int) -> Iterator[Text]:
    """The texts of a file whose lines begin with their mark."""
    path = files("monitor.judge").joinpath("sentences", folder, f"{language}.txt")
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if line and not line.startswith("#"):
            where = f"sentences/{folder}/{language}.txt, line {number}".replace("/./", "/")
            yield from _own(line, language, chance, where, fillings)


def read_matters() -> list[Text]:
    """The sentences that name a matter, and some that name none.

    Raises:
        ValueError: a sentence stands before the first matter; the message names it.
    """
    found: list[Text] = []
    for language in LANGUAGES:
        path = files("monitor.judge").joinpath("sentences", "matters", f"{language}.txt")
        name = ""
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if line.startswith("= "):
                name = line.removeprefix("= ")
            elif line and not line.startswith("#"):
                if not name:
                    raise ValueError(
                        f'sentences/matters/{language}.txt, line {number}: "{line[:40]}" stands '
                        'before the first matter; write "= NAME" above it'
                    )
                text = line.replace("{b}", _BRANDS[number % len(_BRANDS)])
                found.append(
                    Text(
                        text=text,
                        label=name != NO_MATTER,
                        mood=0.0,
                        source="matters",
                        language=language,
                        matter=name,
                    )
                )
    return found


def _own(
    line: str, language: str, chance: random.Random, where: str, fillings: int
) -> Iterator[Text]:
    mark, _, sentence = line.partition(" ")
    label = mark[:1] == "+"
    kind, _, matter = mark[1:].partition(":")
    known = kind in (set(Topic) if label else KINDS)
    if mark[:1] not in {"+", "-"} or not sentence or (kind and not known):
        raise ValueError(
            f'{where}: "{line[:40]}": begin with +, +topic, +topic:matter, - or -kind and a blank'
        )
    for filled in _filled(sentence, chance, fillings):
        yield Text(
            text=filled,
            label=label,
            mood=1.0 if label else -0.5,
            source="posts" if kind else "own",
            language=language,
            kind=kind,
            matter=matter,
        )


def _filled(sentence: str, chance: random.Random, fillings: int) -> Iterator[str]:
    for _ in range(fillings if "{" in sentence else 1):
        yield (
            sentence.replace("{b}", chance.choice(_BRANDS))
            .replace("{i}", chance.choice(_THINGS))
            .replace("{t}", chance.choice(_TIMES))
        )
