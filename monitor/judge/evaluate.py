"""How good scores are: precision, recall, F1, average precision and the best threshold.

Pure and without libraries. A score is any number, higher meaning likelier; a label is True where
a person should answer.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Pair = tuple[float, bool]  #: score, label


@dataclass(frozen=True, kw_only=True)
class Quality:
    """What a threshold does to a set of labelled texts."""

    threshold: float
    precision: float  #: of those flagged, how many rightly; 1 where none is flagged
    recall: float  #: of those that should be flagged, how many are; 1 where there are none
    f1: float
    flagged: int
    positives: int
    texts: int


def measure(pairs: Sequence[Pair], threshold: float) -> Quality:
    """Precision, recall and F1 where every score of at least the threshold is flagged."""
    hits = sum(score >= threshold and label for score, label in pairs)
    return _quality(
        threshold=threshold,
        hits=hits,
        flagged=sum(score >= threshold for score, _ in pairs),
        positives=sum(label for _, label in pairs),
        texts=len(pairs),
    )


def _quality(
    *, threshold: float, hits: float, flagged: float, positives: float, texts: int
) -> Quality:
    precision = hits / flagged if flagged else 1.0
    recall = hits / positives if positives else 1.0
    total = precision + recall
    return Quality(
        threshold=threshold,
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / total if total else 0.0,
        flagged=round(flagged),
        positives=round(positives),
        texts=texts,
    )


def average_precision(pairs: Sequence[Pair]) -> float:
    """The area under the precision-recall curve as a step function; equal scores count as one.

    0 where nothing is positive.
    """
    positives = sum(label for _, label in pairs)
    if not positives:
        return 0.0
    area = 0.0
    before = 0
    for hits, flagged, _ in _cuts(pairs):
        area += (hits - before) / positives * (hits / flagged)
        before = hits
    return area


def roc_area(pairs: Sequence[Pair]) -> float:
    """How often a positive scores above a negative, ties counted half; 0.5 where one is missing."""
    positives = sum(label for _, label in pairs)
    negatives = len(pairs) - positives
    if not positives or not negatives:
        return 0.5
    won = 0.0
    hits_before = misses_before = 0
    for hits, flagged, _ in _cuts(pairs):
        misses = flagged - hits
        won += (misses - misses_before) * (hits_before + (hits - hits_before) / 2)
        hits_before, misses_before = hits, misses
    return won / (positives * negatives)


def best_threshold(
    pairs: Sequence[Pair], *, better: Callable[[Quality], float] | None = None
) -> Quality:
    """The cut that serves best, halfway to the next lower score so that near equals stay in.

    Args:
        pairs: At least one.
        better: What to make as large as possible; F1 where absent. Of equals the highest cut wins.

    Raises:
        ValueError: there are no pairs.
    """
    if not pairs:
        raise ValueError("no labelled texts to choose a threshold from: give at least one")
    value = better or (lambda quality: quality.f1)
    positives = sum(label for _, label in pairs)
    best: Quality | None = None
    for hits, flagged, cut in _cuts(pairs):
        quality = _quality(
            threshold=cut, hits=hits, flagged=flagged, positives=positives, texts=len(pairs)
        )
        if best is None or value(quality) > value(best):
            best = quality
    assert best is not None
    return best


def at_prevalence(pairs: Sequence[Pair], threshold: float, share: float) -> Quality:
    """The same measurement as if this share (0..1) of the texts were positive."""
    positives = sum(label for _, label in pairs)
    negatives = len(pairs) - positives
    if not positives or not negatives:
        return measure(pairs, threshold)
    weight_yes = share * len(pairs) / positives
    weight_no = (1 - share) * len(pairs) / negatives
    hits = weight_yes * sum(score >= threshold and label for score, label in pairs)
    alarms = weight_no * sum(score >= threshold and not label for score, label in pairs)
    return _quality(
        threshold=threshold,
        hits=hits,
        flagged=hits + alarms,
        positives=share * len(pairs),
        texts=len(pairs),
    )


def _cuts(pairs: Sequence[Pair]) -> Iterator[tuple[int, int, float]]:
    """Hits, flagged and cut for every distinct score, from the highest down."""
    ordered = sorted(pairs, key=lambda pair: -pair[0])
    hits = 0
    for place, (score, label) in enumerate(ordered):
        hits += label
        following = ordered[place + 1][0] if place + 1 < len(ordered) else -math.inf
        if following == score:
            continue
        cut = score if following == -math.inf else (score + following) / 2
        yield hits, place + 1, cut
