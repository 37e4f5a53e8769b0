"""What a team's labels are worth: `python -m tests.benchmarks.bench_learn DATA_DIR`.

The development sets' labels stand for a team's own. Some posts drawn by chance are learnt from, the
others are judged; nothing is tuned on these sets but the strength by which weights are held.
"""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from monitor.evaluation import Evaluation
from monitor.judge import Judge
from monitor.judge.complaint import sigmoid
from monitor.judge.learn import NOTHING, Example, learn
from tests.benchmarks.bench_judge import read

SETS = ("apple_dfe", "sanders", "umsab_en", "te_sentiment")
LABELS = (0, 50, 200, 1_000)
_SEEDS = 5
_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class Taught:
    """One draw of labels, measured on the other posts."""

    f1: float
    average_precision: float
    on: bool
    seconds: float  #: of CPU, for learning


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(f"{line}\n")


def examples(folder: Path, name: str, judge: Judge, limit: int) -> list[Example]:
    """A set's posts as a team's labels."""
    posts = read(folder, name, limit)
    made: list[Example] = []
    for start in range(0, len(posts), _AT_ONCE):
        chunk = posts[start : start + _AT_ONCE]
        for trace, post in zip(judge.traces([p.text for p in chunk]), chunk, strict=True):
            made.append(Example(trace=trace or NOTHING, complaint=post.label))
    return made


def taught(labelled: Sequence[Example], labels: int, seed: int, threshold: float) -> Taught:
    """Learn from so many posts drawn by chance, and judge the others."""
    drawn = random.Random(seed).sample(labelled, len(labelled))
    start = time.process_time()
    lesson = learn(drawn[:labels], threshold=threshold)
    seconds = time.process_time() - start
    layer, rest = lesson.layer, drawn[labels:]
    if layer is None:
        pairs = [(sigmoid(one.trace.score), one.complaint) for one in rest]
    else:
        pairs = [(layer.probability_of(one.trace), one.complaint) for one in rest]
    measured = Evaluation.of(pairs, threshold if layer is None else layer.threshold)
    return Taught(
        f1=measured.now.f1,
        average_precision=measured.average_precision,
        on=layer is not None,
        seconds=seconds,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure what labels teach.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=5_000, help="texts a set")
    chosen = parser.parse_args(arguments)
    judge = Judge()
    say(f"F1 at the layer's own threshold (shipped: {judge.threshold}); {_SEEDS} draws each")
    for name in SETS:
        if not (chosen.data / name / "data.csv").is_file():
            continue
        labelled = examples(chosen.data, name, judge, chosen.limit)
        for labels in LABELS:
            draws = [taught(labelled, labels, seed, judge.threshold) for seed in range(_SEEDS)]
            f1 = [draw.f1 for draw in draws]
            say(
                f"{name:13}{labels:6} labels  F1 {mean(f1):.3f} ({min(f1):.3f} to {max(f1):.3f})"
                f"  AP {mean(draw.average_precision for draw in draws):.3f}"
                f"  on {sum(draw.on for draw in draws)} of {_SEEDS}"
                f"  {mean(draw.seconds for draw in draws):.2f} s"
            )


if __name__ == "__main__":
    main()
