"""Storing posts with verdict and counts, against scoring the same texts with raw VADER.

Both are measured in one run, in turns, on the same texts; the best of the turns counts, as
everything that disturbs a measurement makes it slower. Every page is durable on disk.
"""

import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from connectors.base import Author, Mention
from monitor.store import Store
from responders.verdict import RedFlag, Topic, Verdict
from tests.benchmarks.figures import Figure

#: One page of a busy poll.
PAGE = 500
TURNS = 5
START = datetime(2026, 11, 16, tzinfo=UTC)
WORDS = [
    *("the", "parcel", "is", "late", "again", "and", "nobody", "answers", "my", "mail", "please"),
    *("three", "weeks", "waiting", "broken", "cup", "inside", "box", "terrible", "service"),
    *("never", "love", "this", "lamp", "great", "thanks", "you", "promised", "Monday", "still"),
    *("nothing", "really", "disappointed", "charged", "twice", "help", "order", "refund"),
]
POSTS = 5_000


def posts(count: int) -> list[Mention]:
    """Posts of 60 to 180 characters over a week, oldest first; the same ones on every run."""
    dice = random.Random(20261116)
    written = sorted(dice.randrange(7 * 86_400) for _ in range(count))
    return [
        Mention(
            platform=dice.choice(("twitter", "reddit", "bluesky")),
            id=str(1_990_000_000_000_000_000 + number),
            author=Author(id=str(dice.randrange(10**9)), handle=f"person{number}", name="A Person"),
            text=" ".join(dice.choices(WORDS, k=dice.randint(10, 30))),
            created_at=START + timedelta(seconds=written[number]),
            url=f"https://example.com/status/{number}",
            language="en",
        )
        for number in range(count)
    ]


def verdict(number: int) -> Verdict:
    """A verdict of the usual size."""
    angry = number % 3 == 0
    return Verdict(
        language="en",
        compound=-0.4 if angry else 0.2,
        complaint=0.8 if angry else 0.1,
        angry=angry,
        topic=list(Topic)[number % len(Topic)],
        asks=number % 4 == 0,
        red_flags=(RedFlag.LEGAL,) if number % 50 == 0 else (),
        why=("late", "terrible", "never again"),
    )


def store_seconds(mentions: list[Mention]) -> float:
    """How long it takes to store them page by page, each page durable on disk."""
    judged = [(mention, verdict(number)) for number, mention in enumerate(mentions)]
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(f"sqlite:///{Path(folder) / 'bench.db'}") as store,
    ):
        store.ensure_brand("Acme")
        began = perf_counter()
        for first in range(0, len(judged), PAGE):
            page = judged[first : first + PAGE]
            store.mentions.ingest("Acme", "bench", page, str(first), START)
        return perf_counter() - began


def vader_seconds(mentions: list[Mention]) -> float:
    """How long VADER takes to score the texts."""
    analyser = SentimentIntensityAnalyzer()
    began = perf_counter()
    for mention in mentions:
        analyser.polarity_scores(mention.text)
    return perf_counter() - began


def figures() -> Iterator[Figure]:
    """Microseconds a post, and the ratio that was aimed at."""
    mentions = posts(POSTS)
    stored = scored = float("inf")
    for _ in range(TURNS):
        scored = min(scored, vader_seconds(mentions))
        stored = min(stored, store_seconds(mentions))
    each = 1_000_000 / len(mentions)
    yield Figure(what="store a post with verdict and counts", value=stored * each, unit="us")
    yield Figure(what="  raw VADER on the same texts", value=scored * each, unit="us")
    yield Figure(what="  store against raw VADER", value=stored / scored, aim="<= 0.4")
