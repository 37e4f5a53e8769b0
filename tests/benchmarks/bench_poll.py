"""From a platform's page to stored verdicts: reading, judging, counting, durable on disk.

The platform is a file, so that only our own work is measured. Raw VADER scores the same texts in
the same run.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from connectors.base import Mention
from connectors.samples import Samples, SamplesSettings
from monitor import clock
from monitor.judge import Judge
from monitor.poll import poll
from monitor.store import Store
from tests.benchmarks.bench_store import posts, vader_seconds
from tests.benchmarks.figures import Figure

POSTS = 2_000
TURNS = 3


def poll_seconds(mentions: list[Mention], judge: Judge) -> float:
    """How long it takes until every post is stored with its verdict."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "posts.jsonl"
        lines = (
            json.dumps(
                {
                    "id": mention.id,
                    "text": mention.text,
                    "platform": mention.platform,
                    "author": mention.author.handle,
                    "created_at": mention.created_at.isoformat(),
                }
            )
            for mention in mentions
        )
        file.write_text("\n".join(lines), encoding="utf-8")
        with Store.open(f"sqlite:///{Path(folder) / 'bench.db'}") as store:
            store.ensure_brand("Acme")
            began = perf_counter()
            stored = sum(
                len(page.new)
                for page in poll(
                    Samples(SamplesSettings(path=str(file))),
                    store.mentions,
                    lambda mention: judge.judge(mention.text, hint=mention.language),
                    brand="Acme",
                    source="samples",
                    clock=clock.now,
                )
            )
            spent = perf_counter() - began
        assert stored == len(mentions)
        return spent


def figures() -> Iterator[Figure]:
    """Posts a second, and how that compares with scoring alone."""
    mentions, judge = posts(POSTS), Judge()
    polled = scored = float("inf")
    for _ in range(TURNS):
        scored = min(scored, vader_seconds(mentions))
        polled = min(polled, poll_seconds(mentions, judge))
    yield Figure(what="poll to stored verdict", value=len(mentions) / polled, unit="/s")
    yield Figure(what="  against raw VADER on the same texts", value=polled / scored)
