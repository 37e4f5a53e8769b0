"""What a team's own labels teach: a small layer over the generic score.

Only an explicit word on a verdict is a label; that nobody answered a post is none. Under 50 labels
nothing changes. From there on a logistic layer over the generic score, VADER and the embedding is
fitted anew with each batch of labels (under a second for a thousand), held to "trust the generic
score" so that few labels calibrate and many teach. It chooses the threshold that serves F1 best.
What does not stand up to its own labels, each judged by a layer that never saw it, stays off.
Red flags are not its business.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from monitor.judge.complaint import Evidence, sigmoid
from monitor.judge.embedding import SIZE
from monitor.judge.evaluate import (
    Pair,
    Quality,
    best_threshold,
    measure,
    roc_area,
)
from responders.verdict import LabelWord

#: From so many labels on, of which each kind has at least a few, the layer says something.
ENOUGH_LABELS = 50
_ENOUGH_OF_EACH = 5
#: How strongly a weight is held to its start: the generic score's at 1, all others at 0.
_HOLD_OFFSET = 0.5
_HOLD_SCORE = 2.0
_HOLD_MOOD = 2.0
_HOLD_VECTOR = 0.4
#: The cut that serves where scores mean what they say and an F1 of 0.7 can be reached. A chosen
#: threshold is drawn to it as strongly as so many labels would.
_USUAL_CUT = 0.35
_USUAL_COUNTS = 25
#: What gets a label is chosen, not drawn: a team that says "not angry" to every false alarm, and
#: nothing to the rest, would teach that hardly anything is a complaint. So of the posts that were
#: answered, and of those that were flagged and got no word, the layer may silence so many.
_ANSWERED_SILENCED = 0.1
_UNSAID_SILENCED = 0.5
_ENOUGH_UNSAID = 5
#: Labels that follow neither the layer nor the generic score better than this are noise; a coin
#: gives a half.
_LEAST_ROC = 0.58
#: How far below a half the generic score's own area may lie by chance, times the root of the
#: rarer kind's number.
_OPPOSITE = 0.25
#: By how much the layer's F1 on labels may be below the generic one, times the root of their
#: number: chance alone makes such differences.
_CHANCE = 0.7
_ROUNDS = 25
_SETTLED = 1e-6
#: No threshold is worth less or more than these.
_LOWEST_CUT, _HIGHEST_CUT = 0.01, 0.999
#: Offset, score, four numbers of VADER's, and what an embedding adds; then the embedding.
_HEAD = 7

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What is kept of a post to learn from: no text, no name."""

    score: float  #: the generic log-odds
    mood: tuple[float, float, float, float]  #: VADER: compound, negative, neutral, positive
    vector: bytes  #: the embedding as 512 float16; empty where the language has none

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """What is kept of the evidence.

        Raises:
            ValueError: the evidence was taken without the embedding.
        """
        if evidence.vector is None and evidence.route.value in ("linear", "english", "encoded"):
            raise ValueError("this evidence has no embedding: take it with Judge.evidence()")
        mood, vector = evidence.sentiment, evidence.vector
        return cls(
            score=evidence.score,
            mood=(mood.compound, mood.negative, mood.neutral, mood.positive),
            vector=b"" if vector is None else vector.astype(np.float16).tobytes(),
        )


#: What is kept of a text of blanks: surely no complaint.
NOTHING = Trace(score=-9.0, mood=(0.0, 0.0, 0.0, 0.0), vector=b"")


@dataclass(frozen=True, kw_only=True)
class Example:
    """One labelled post."""

    trace: Trace
    complaint: bool

    @classmethod
    def of(cls, trace: Trace, word: LabelWord) -> Self:
        """The example that a person's word on a post makes."""
        return cls(trace=trace, complaint=word is LabelWord.WAS_ANGRY)


class TeamLayer:
    """A team's layer; frozen once made."""

    def __init__(self, weights: Array, *, threshold: float) -> None:
        self._weights = weights
        #: From which probability a post is flagged, in place of the judge's own.
        self.threshold = threshold
        #: Whether the embedding counts: without it judging is faster.
        self.reads_vectors = bool(np.any(weights[_HEAD:]))

    @classmethod
    def trusting(cls, *, threshold: float) -> Self:
        """The generic score as it is, with a threshold of its own."""
        weights = np.zeros(_HEAD + SIZE)
        weights[1] = 1.0
        return cls(weights, threshold=threshold)

    def score(self, evidence: Evidence) -> float:
        """The team's log-odds for one post."""
        mood, vector = evidence.sentiment, evidence.vector
        head = (1.0, evidence.score, mood.compound, mood.negative, mood.neutral, mood.positive)
        odds: float = self._weights[:6] @ np.array(head)
        if vector is not None:
            odds += self._weights[6] + vector @ self._weights[_HEAD:]
        return float(odds)

    def probability_of(self, trace: Trace) -> float:
        """How likely a kept post is a complaint, 0..1."""
        return sigmoid(float(_features([trace])[0] @ self._weights))

    def with_threshold(self, threshold: float) -> Self:
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
        weights, threshold = (
            (raw.get("weights"), raw.get("threshold")) if isinstance(raw, dict) else (None, None)
        )
        whole = isinstance(weights, list) and len(weights) == _HEAD + SIZE
        if not whole or not isinstance(threshold, float):
            raise ValueError(
                f"not a team's layer: expected {_HEAD + SIZE} weights and a threshold; fit it anew"
            )
        return cls(np.asarray(weights, dtype=np.float64), threshold=threshold)


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What came of a team's labels."""

    layer: TeamLayer | None  #: None: the generic score stays
    labels: int
    complaints: int  #: labels that say "was angry"
    threshold: float  #: from which the labels' posts would be flagged
    why_not: str = ""  #: why the layer stays off
    generic: tuple[Pair, ...] = ()  #: the generic probability of each label's post, and the label
    #: The same by a layer that never saw this label; empty where the labels are too few.
    learnt: tuple[Pair, ...] = ()


def learn(
    examples: Sequence[Example],
    *,
    threshold: float,
    fixed: bool = False,
    precision: float | None = None,
    answered: Sequence[Trace] = (),
    unsaid: Sequence[Trace] = (),
) -> Lesson:
    """What these labels teach.

    Args:
        examples: The labelled posts.
        threshold: The judge's own, which the layer must not do worse than.
        fixed: Use that threshold and choose none.
        precision: Choose the threshold for this precision (0..1) instead of for F1.
        answered: Posts that the team answered without a word on the verdict. They are no labels;
            but a threshold that would have silenced more than a tenth of them is lowered.
        unsaid: Flagged posts without a word and without an answer; at most half is silenced.
    """
    right = sum(example.complaint for example in examples)
    lesson = Lesson(
        layer=None,
        labels=len(examples),
        complaints=right,
        threshold=threshold,
        why_not=_too_few(len(examples), right),
        generic=tuple((sigmoid(example.trace.score), example.complaint) for example in examples),
    )
    if lesson.why_not:
        return lesson
    features = _features([example.trace for example in examples])
    labels = np.array([example.complaint for example in examples], dtype=np.float64)
    with threadpool_limits(limits=1, user_api="blas"):  # more would wait for idle cores
        weights, unseen = _fit(features, labels)
    pairs = tuple(zip(_sigmoid(unseen).tolist(), labels.astype(bool).tolist(), strict=True))
    serving = threshold if fixed else _serving(pairs)
    layer = TeamLayer(weights, threshold=serving)
    if not fixed:
        if precision is not None:
            cut = expected_precision_cut([chance for chance, _ in pairs], precision)
            layer = layer.with_threshold(cut)
        for traces, share in ((answered, _ANSWERED_SILENCED), (unsaid, _UNSAID_SILENCED)):
            layer = _heeding(layer, traces, share)
    why_not = _doubtful(lesson.generic, threshold, pairs, serving)
    if why_not:
        return replace(lesson, why_not=why_not, learnt=pairs)
    return replace(lesson, layer=layer, threshold=layer.threshold, learnt=pairs)


def _too_few(labels: int, right: int) -> str:
    if labels < ENOUGH_LABELS:
        return f"{labels} labels so far: it learns from {ENOUGH_LABELS} on"
    rarer = min(right, labels - right)
    if rarer < _ENOUGH_OF_EACH:
        kind = "was angry" if right == rarer else "not angry, not us or spam"
        return f"only {rarer} labels say {kind}: it learns once there are {_ENOUGH_OF_EACH}"
    return ""


def _doubtful(generic: Sequence[Pair], shipped: float, learnt: Sequence[Pair], cut: float) -> str:
    """Why these labels are better not learnt from; "" where they are fine."""
    right = sum(label for _, label in generic)
    rarer = min(right, len(generic) - right)
    if roc_area(generic) < 0.5 - _OPPOSITE / math.sqrt(rarer):
        return "the labels say the opposite of what the posts do: were the words mixed up?"
    if roc_area(learnt) < _LEAST_ROC:
        return "the labels contradict one another: posts that read alike were called both"
    gain = measure(learnt, cut).f1 - measure(generic, shipped).f1
    if gain < -_CHANCE / math.sqrt(len(generic)):
        return f"it would do worse than the shipped judge on these labels (F1 {gain:+.2f})"
    return ""


def _heeding(layer: TeamLayer, traces: Sequence[Trace], share: float) -> TeamLayer:
    """The layer at a threshold that silences at most this share of the posts."""
    if len(traces) < _ENOUGH_UNSAID:
        return layer
    ordered = sorted(layer.probability_of(trace) for trace in traces)
    first_loud = ordered[math.floor(len(ordered) * share)]
    return layer.with_threshold(max(_LOWEST_CUT, min(layer.threshold, first_loud)))


def _serving(pairs: Sequence[Pair]) -> float:
    """The threshold that serves F1, drawn to the usual one while the labels are few."""
    share = len(pairs) / (len(pairs) + _USUAL_COUNTS)
    cut = expected_f1_cut([chance for chance, _ in pairs])
    return sigmoid(share * _odds(cut) + (1 - share) * _odds(_USUAL_CUT))


def expected_f1_cut(chances: Sequence[float]) -> float:
    """The threshold that makes F1 largest, if these probabilities mean what they say.

    Half of the F1 that can be reached: steadier than the best cut on few labels.
    Source: Z. C. Lipton et al., "Optimal Thresholding of Classifiers to Maximize F1 Measure", 2014.

    Raises:
        ValueError: there are no probabilities.
    """
    if not chances:
        raise ValueError("no probabilities to choose a threshold from: give at least one")
    found, best, total = 0.0, 0.0, sum(chances)
    for flagged, chance in enumerate(sorted(chances, reverse=True), 1):
        found += chance
        best = max(best, 2 * found / (flagged + total))
    return min(max(best / 2, _LOWEST_CUT), _HIGHEST_CUT)


def expected_precision_cut(chances: Sequence[float], precision: float) -> float:
    """The lowest threshold above which this share (0..1) would be complaints.

    Where no threshold reaches it: the one that flags the surest post alone.
    """
    ordered = sorted(chances, reverse=True)
    cut, found = min(ordered[0], _HIGHEST_CUT), 0.0
    for flagged, chance in enumerate(ordered, 1):
        found += chance
        if found / flagged < precision:
            break
        cut = chance
    return min(max(cut, _LOWEST_CUT), _HIGHEST_CUT)


def _odds(chance: float) -> float:
    return math.log(chance / (1 - chance))


def _sigmoid(odds: Array) -> Array:
    return 0.5 * (1 + np.tanh(odds / 2))


def _features(traces: Sequence[Trace]) -> Array:
    """A row a post: 1, the score, VADER's four, whether there is an embedding, the embedding."""
    rows = np.zeros((len(traces), _HEAD + SIZE))
    rows[:, 0] = 1.0
    for row, trace in zip(rows, traces, strict=True):
        row[1] = trace.score
        row[2:6] = trace.mood
        if trace.vector:
            row[6] = 1.0
            row[_HEAD:] = np.frombuffer(trace.vector, dtype=np.float16)
    return rows


def _fit(features: Array, labels: Array) -> tuple[Array, Array]:
    """Logistic regression by Newton's method, and each post's log-odds had it not been there.

    The embeddings are centred, so that a post without one is like the average post with one; the
    centre goes into the weight of "has an embedding". Leaving a post out is one Newton step back
    from the optimum: one fit gives what as many fits as there are posts would.
    Source: K. R. Rad and A. Maleki, "A scalable estimate of the out-of-sample prediction error via
    approximate leave-one-out cross-validation", 2020.
    """
    has = features[:, 6] > 0
    centre = features[has, _HEAD:].mean(axis=0) if has.any() else np.zeros(SIZE)
    centred = features.copy()
    centred[has, _HEAD:] -= centre
    centred[:, 6] = 0.0
    start = np.zeros(_HEAD + SIZE)
    start[1] = 1.0
    hold = np.concatenate(
        ([_HOLD_OFFSET, _HOLD_SCORE], [_HOLD_MOOD] * 4, [1.0], [_HOLD_VECTOR] * SIZE)
    )
    weights = start.copy()
    loss = _loss(centred, labels, weights, start, hold)
    for _ in range(_ROUNDS):
        chance = _sigmoid(centred @ weights)
        slope = centred.T @ (chance - labels) + hold * (weights - start)
        step = np.linalg.solve(_curve(centred, chance * (1 - chance), hold), slope)
        pace = 1.0
        while _loss(centred, labels, weights - pace * step, start, hold) > loss + _SETTLED:
            pace /= 2
        weights = weights - pace * step
        loss = _loss(centred, labels, weights, start, hold)
        if float(np.abs(step).max()) < _SETTLED:
            break
    odds = centred @ weights
    chance = _sigmoid(odds)
    bend = chance * (1 - chance)
    reach = np.einsum("ij,ji->i", centred, np.linalg.solve(_curve(centred, bend, hold), centred.T))
    unseen = odds + (chance - labels) * reach / (1 - bend * reach)
    weights[6] = -float(centre @ weights[_HEAD:])
    return weights, unseen


def _curve(features: Array, bend: Array, hold: Array) -> Array:
    curve: Array = (features * bend[:, None]).T @ features + np.diag(hold)
    return curve


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


def threshold_for_budget(
    scores: Iterable[float], *, days: float, alerts_per_day: float, least: float
) -> float:
    """The cut that would have flagged at most so many of these posts' probabilities a day.

    A budget is no aim: what is left of it is not used up by posts that are no complaints.

    Args:
        scores: The probabilities, in any order.
        days: From so many days.
        alerts_per_day: At most so many.
        least: The cut that serves without a budget; none below it is given.

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
        return least
    # Halfway to the first post that must stay silent; equal ones stay silent together.
    silent = ordered[allowed]
    louder = [score for score in ordered[:allowed] if score > silent]
    cut = (louder[-1] + silent) / 2 if louder else min(silent + _LOWEST_CUT, _HIGHEST_CUT)
    return max(cut, least)
