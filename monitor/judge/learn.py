"""What a team's own labels teach: a small layer over the generic score.

Only an explicit word on a verdict is a label; that nobody answered a post is none. Under 50 labels
nothing changes. From there on a logistic layer over the generic score, VADER and the embedding is
fitted anew with each batch of labels (under a second for a thousand), pulled towards "trust the
generic score" so that few labels calibrate and many teach. Red flags are not its business.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from monitor.judge.complaint import Evidence, sigmoid
from monitor.judge.embedding import SIZE, Vector
from monitor.judge.evaluate import Pair, Quality, best_threshold
from responders.verdict import LabelWord

#: From so many labels on, of which each kind has at least a few, the layer says something.
ENOUGH_LABELS = 50
_ENOUGH_OF_EACH = 5
#: How strongly a weight is held to its start: the generic score's at 1, all others at 0.
_HOLD_SCORE = 4.0
_HOLD_OFFSET = 0.05
_HOLD_MOOD = 4.0
_HOLD_VECTOR = 4.0
#: The embedding has length one; stretched so that its weights may stay small.
_STRETCH = 4.0
_ROUNDS = 25
_SETTLED = 1e-6
#: No threshold is worth less or more than these.
_LOWEST_CUT, _HIGHEST_CUT = 0.01, 0.999
_HEAD = 6  #: offset, score and four numbers of VADER's come before the embedding

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Example:
    """One labelled post, as it is kept to learn from: no text, no name."""

    score: float  #: the generic log-odds
    mood: tuple[float, float, float, float]  #: VADER: compound, negative, neutral, positive
    vector: bytes  #: the embedding as 512 float16
    complaint: bool

    @classmethod
    def of(cls, evidence: Evidence, word: LabelWord) -> Self:
        """The example that a person's word on a post makes.

        Raises:
            ValueError: the evidence was taken without the embedding.
        """
        if evidence.vector is None and evidence.route.value in ("linear", "english", "encoded"):
            raise ValueError("this evidence has no embedding: take it with Judge.evidence()")
        return cls(
            score=evidence.score,
            mood=_mood(evidence),
            vector=_vector(evidence).astype(np.float16).tobytes(),
            complaint=word is LabelWord.WAS_ANGRY,
        )


def _mood(evidence: Evidence) -> tuple[float, float, float, float]:
    mood = evidence.sentiment
    return (mood.compound, mood.negative, mood.neutral, mood.positive)


def _vector(evidence: Evidence) -> Vector:
    return np.zeros(SIZE, dtype=np.float32) if evidence.vector is None else evidence.vector


class TeamLayer:
    """A team's layer; frozen once made."""

    def __init__(self, weights: Array, *, threshold: float | None = None) -> None:
        self._weights = weights
        #: From which probability a post is flagged; None: the judge's own threshold.
        self.threshold = threshold

    @classmethod
    def fit(cls, examples: Sequence[Example], *, threshold: float | None = None) -> Self | None:
        """The layer that these labels teach; None while they are too few to say anything."""
        right = sum(example.complaint for example in examples)
        if len(examples) < ENOUGH_LABELS or min(right, len(examples) - right) < _ENOUGH_OF_EACH:
            return None
        features = np.stack([_features(e.score, e.mood, _read(e.vector)) for e in examples])
        labels = np.array([example.complaint for example in examples], dtype=np.float64)
        return cls(_fit(features, labels), threshold=threshold)

    def score(self, evidence: Evidence) -> float:
        """The team's log-odds for one post."""
        features = _features(evidence.score, _mood(evidence), _vector(evidence))
        return float(features @ self._weights)

    def probability_of(self, example: Example) -> float:
        """How likely a kept example is a complaint, 0..1."""
        return sigmoid(
            float(_features(example.score, example.mood, _read(example.vector)) @ self._weights)
        )

    def with_threshold(self, threshold: float | None) -> Self:
        """The same layer flagging from another probability on."""
        return type(self)(self._weights, threshold=threshold)

    def to_json(self) -> str:
        """The layer as text, to be stored."""
        return json.dumps(
            {"weights": [round(float(w), 6) for w in self._weights], "threshold": self.threshold}
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The layer that `to_json` wrote.

        Raises:
            ValueError: the text is something else.
        """
        raw: Any = json.loads(text)
        weights = raw.get("weights") if isinstance(raw, dict) else None
        if not isinstance(weights, list) or len(weights) != _HEAD + SIZE:
            raise ValueError(f"not a team's layer: expected {_HEAD + SIZE} weights; fit it anew")
        return cls(np.asarray(weights, dtype=np.float64), threshold=raw.get("threshold"))


def _read(vector: bytes) -> Vector:
    return np.frombuffer(vector, dtype=np.float16).astype(np.float32)


def _features(score: float, mood: Sequence[float], vector: Vector) -> Array:
    return np.concatenate(([1.0, score], mood, vector.astype(np.float64) * _STRETCH))


def _fit(features: Array, labels: Array) -> Array:
    """Logistic regression by Newton's method, pulled towards "trust the generic score"."""
    start = np.zeros(_HEAD + SIZE)
    start[1] = 1.0
    hold = np.concatenate(([_HOLD_OFFSET, _HOLD_SCORE], [_HOLD_MOOD] * 4, [_HOLD_VECTOR] * SIZE))
    weights = start.copy()
    loss = _loss(features, labels, weights, start, hold)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (chance - labels) + hold * (weights - start)
        curve = (features * (chance * (1 - chance))[:, None]).T @ features + np.diag(hold)
        step = np.linalg.solve(curve, slope)
        pace = 1.0
        while _loss(features, labels, weights - pace * step, start, hold) > loss + _SETTLED:
            pace /= 2
        weights = weights - pace * step
        loss = _loss(features, labels, weights, start, hold)
        if float(np.abs(step).max()) < _SETTLED:
            break
    return weights


def _loss(features: Array, labels: Array, weights: Array, start: Array, hold: Array) -> float:
    odds = features @ weights
    held = float(hold @ (weights - start) ** 2) / 2
    return float(np.sum(np.logaddexp(0, odds) - labels * odds)) + held


def threshold_for_precision(pairs: Sequence[Pair], precision: float) -> Quality | None:
    """The cut that finds most while at least this share (0..1) is flagged rightly; None: no cut."""
    best = best_threshold(
        pairs,
        better=lambda found: found.recall if found.precision >= precision else -1.0,
    )
    return best if best.precision >= precision else None


def threshold_for_budget(scores: Iterable[float], *, days: float, alerts_per_day: float) -> float:
    """The cut that would have flagged at most so many of these posts' probabilities a day.

    Raises:
        ValueError: the days or the budget are not above 0.
    """
    if days <= 0 or alerts_per_day <= 0:
        raise ValueError(
            f"{alerts_per_day} alerts a day over {days} days: give numbers above 0 for both"
        )
    ordered = sorted(scores, reverse=True)
    allowed = math.floor(days * alerts_per_day)
    if allowed >= len(ordered):
        return _LOWEST_CUT
    # Halfway to the first post that must stay silent; equal ones stay silent together.
    silent = ordered[allowed]
    louder = [score for score in ordered[:allowed] if score > silent]
    return (louder[-1] + silent) / 2 if louder else min(silent + _LOWEST_CUT, _HIGHEST_CUT)


def worth_labelling(probability: float, threshold: float, *, margin: float = 0.1) -> bool:
    """Whether a person's word on this post would teach most: it lies close to the cut."""
    return abs(probability - threshold) <= margin
