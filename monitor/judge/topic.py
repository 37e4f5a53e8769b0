"""What a complaint is about: phrases, n-grams and the embedding, added up; None where unsure.

The phrases (words/topics.toml, twelve languages) say why; the weights, trained on sentences that
were written for this project, say how much each of them and everything else counts.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.judge.embedding import SIZE, Vector
from monitor.judge.ngrams import pieces, tokens, word_features
from monitor.judge.phrases import Hit, book, fold, load
from monitor.judge.weights import weights
from responders.verdict import Topic

#: What a complaint can be about; the order is the model's.
COMPLAINTS = (
    *(Topic.ORDER_LATE, Topic.DAMAGED, Topic.WRONG_ITEM, Topic.MISSING_ITEM),
    *(Topic.NOT_AS_EXPECTED, Topic.CHARGED_WRONGLY, Topic.REFUND_MISSING),
    *(Topic.CANCEL_AFTER_SHIPPING, Topic.CARRIER, Topic.BAD_SERVICE, Topic.WEBSITE),
    *(Topic.PROMISE_BROKEN, Topic.VAGUE),
)
#: From this chance on a topic is named. Measured in November 2026 on 588 complaints in twelve
#: languages that training did not see.
SURE = 0.5
#: A topic that a phrase names outright is so much likelier than the model alone thinks.
_NAMED = 3.0
#: Beyond so many phrases of one topic the next says nothing new.
_HITS_COUNTED = 2
#: The embedding has length one; stretched, its weights are of the size of the others.
STRETCH = 8.0
#: The same for the n-grams.
NGRAMS = 4.0

Chances = NDArray[np.float64]


class TopicModel:
    """Tells what a complaint is about. Threads may share one."""

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        count = len(COMPLAINTS)
        self._bias = np.asarray(numbers["bias"], dtype=np.float64)
        self._phrases = np.asarray(numbers["phrases"], dtype=np.float64).reshape(count, count)
        self._vector = np.asarray(numbers["vector"], dtype=np.float32).reshape(count, SIZE)
        self._words: Mapping[str, list[list[float]]] = numbers["words"]
        self._pieces: Mapping[str, list[list[float]]] = numbers["pieces"]

    def chances(self, own: str, hits: Sequence[Hit], vector: Vector | None) -> Chances:
        """How likely each of COMPLAINTS is; they add up to 1.

        Args:
            own: The author's own words, folded.
            hits: The phrases of topics that the text holds.
            vector: The text's embedding, where its language has one.
        """
        scores = self._bias + self._phrases @ phrase_counts(hits)
        if vector is not None:
            scores = scores + STRETCH * (self._vector @ vector)
        words = tokens(own)
        for known, features in (
            (self._words, list(word_features(words))),
            (self._pieces, [piece for word in words for piece in pieces(word)]),
        ):
            share = NGRAMS / math.sqrt(max(len(features), 1))
            for feature in features:
                for place, weight in known.get(feature, ()):
                    scores[int(place)] += share * weight
        odds = np.exp(scores - scores.max())
        likely: Chances = odds / odds.sum()
        return likely


def phrase_counts(hits: Sequence[Hit]) -> Chances:
    """How many phrases of each topic there are, two at most."""
    counts = Counter(hit.group for hit in hits)
    return np.array([min(counts[topic.value], _HITS_COUNTED) for topic in COMPLAINTS], dtype=float)


@cache
def _model() -> TopicModel:
    return TopicModel(weights("topics"))


@cache
def _order() -> dict[str, int]:
    return {group: place for place, group in enumerate(load("topics"))}


def topic(
    folded: str,
    language: str,
    *,
    angry: bool,
    praises: bool,
    asks: bool,
    own: str | None = None,
    vector: Vector | None = None,
) -> tuple[str | None, Sequence[Hit]]:
    """The topic and the phrases that speak for it; None where it is not clear.

    Args:
        folded: The text as `phrases.fold` makes it.
        language: ISO 639-1, or "und".
        angry: The judge flags it.
        praises: It thanks or praises and complains of nothing.
        asks: It wants an answer.
        own: The author's own words; the whole text if not given.
        vector: Their embedding, where there is one.
    """
    if praises and not angry:
        return Topic.PRAISE.value, ()
    if not angry and not asks:
        return None, ()
    hits = book("topics").find(folded, language)
    if not angry:
        return _asked(hits)
    chances = _model().chances(fold(own) if own is not None else folded, hits, vector)
    chances = chances * np.where(phrase_counts(hits) > 0, _NAMED, 1.0)
    best = int(chances.argmax())
    if chances[best] < SURE * chances.sum():
        return None, ()
    name = COMPLAINTS[best].value
    return name, [hit for hit in hits if hit.group == name]


def _asked(hits: Sequence[Hit]) -> tuple[str, Sequence[Hit]]:
    """What a calm question is about: its phrases alone decide."""
    counts = Counter(hit.group for hit in hits)
    if not counts:
        return Topic.QUESTION.value, ()
    order = _order()
    best = min(counts, key=lambda group: (-counts[group], order[group]))
    return best, [hit for hit in hits if hit.group == best]
