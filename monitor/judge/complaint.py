"""How likely is the author dissatisfied with the brand, so that a person should answer?

Five routes, each a sum of the parts that speak a language, and each with its own calibration:

    linear    n-grams + VADER + rules                      (English that is surely calm)
    english   the same and the embedding
    encoded   embedding + n-grams + word list + rules      (German, French, Chinese, ...)
    listed    n-grams + word list + rules                  (Czech, Ukrainian)
    unknown   VADER + rules                                (emoji, languages nobody here speaks)

The numbers come from `python -m monitor.judge.train`; reading them needs no library but numpy,
and that only for the embedding.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.judge.embedding import ENCODED, Encoder, Vector
from monitor.judge.lexicon import Lean, lexicons
from monitor.judge.ngrams import pieces, tokens, word_features
from monitor.judge.own_words import own_words, unquoted
from monitor.judge.phrases import fold
from monitor.judge.rules import Ruling, apply_rules
from monitor.judge.vader import Sentiment, Vader
from monitor.judge.weights import weights

#: The n-grams' pieces are summed once a word; the cache is emptied at this size.
_CACHE_LIMIT = 50_000
#: Words named for the card; more would not be read.
_WORDS_TOLD = 4
#: What each part counts beside the embedding's score of about -2 to 2. Set by hand.
NGRAMS = 0.3
VADER = -0.4
VADER_ALONE = -2.0
LEAN = 0.8
OTHER_NGRAMS = 0.25
OTHER_NGRAMS_ALONE = 0.5
#: A word list says less about a long text's single word than about a short one's.
_LEAN_LENGTH = 40
_LEAN_LENGTH_CHINESE = 15


class Route(StrEnum):
    """Which parts judge a text."""

    LINEAR = "linear"  #: English, surely calm without the embedding
    ENGLISH = "english"
    ENCODED = "encoded"
    LISTED = "listed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that the models and rules found in one text; a team's own layer learns from it."""

    route: Route
    score: float  #: calibrated log-odds
    sentiment: Sentiment
    ruling: Ruling
    vector: Vector | None = None  #: the embedding, where it was needed
    words: tuple[tuple[str, float], ...] = ()  #: words and how they moved the score
    own: str = ""  #: the author's own words, as the n-grams read them


def sigmoid(value: float) -> float:
    """The probability of log-odds; never overflows."""
    return 0.5 * (1 + math.tanh(value / 2))


class Linear:
    """The n-gram model, read in pure Python."""

    def __init__(self, words: dict[str, float], parts: dict[str, float], bias: float) -> None:
        self._words = words
        self._pieces = parts
        self._bias = bias
        self._cache: dict[str, tuple[float, int]] = {}

    def score(self, text: str) -> tuple[float, tuple[tuple[str, float], ...]]:
        """The score, and the words that moved it most, of a text in its author's own words."""
        found = tokens(text)
        features = list(word_features(found))
        weights = [self._words.get(feature, 0.0) for feature in features]
        part_sum, part_count = 0.0, 0
        for token in found:
            summed, count = self._parts(token)
            part_sum += summed
            part_count += count
        by_words = sum(weights) / math.sqrt(max(len(features), 1))
        by_parts = part_sum / math.sqrt(max(part_count, 1))
        moved = [
            (feature, round(weight / math.sqrt(len(features)), 2))
            for feature, weight in zip(features, weights, strict=True)
            if weight
        ]
        moved.sort(key=lambda pair: -abs(pair[1]))
        return self._bias + by_words + by_parts, tuple(moved[:_WORDS_TOLD])

    def _parts(self, token: str) -> tuple[float, int]:
        known = self._cache.get(token)
        if known is None:
            parts = pieces(token)
            known = (sum(self._pieces.get(part, 0.0) for part in parts), len(parts))
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            self._cache[token] = known
        return known


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Turns a route's score into log-odds."""

    slope: float
    offset: float

    def __call__(self, score: float) -> float:
        """The log-odds of a route's score."""
        return self.slope * score + self.offset


class ComplaintModel:
    """Judges texts of any language. Threads may share one."""

    def __init__(self) -> None:
        import numpy as np

        heads = weights("heads")
        self._linear: dict[str, Linear | None] = {}
        self._direction: Vector = np.asarray(heads["direction"], dtype=np.float32)
        self._encoded_bias: float = heads["encoded_bias"]
        self._calibrations = {
            Route(route): Calibration(**numbers) for route, numbers in heads["routes"].items()
        }
        self._calm: float = heads["calm"]
        self._vader = Vader()
        self._encoder = Encoder()

    def examine(self, text: str, language: str, *, with_vector: bool = False) -> Evidence:
        """What speaks for and against a complaint.

        Args:
            text: As it was posted; not blank.
            language: ISO 639-1, or "und".
            with_vector: Compute the embedding in any case, to learn from it.
        """
        return self.examine_all([text], [language], with_vector=with_vector)[0]

    def examine_all(
        self, texts: Sequence[str], languages: Sequence[str], *, with_vector: bool = False
    ) -> list[Evidence]:
        """The same for many texts; three times as fast, because embeddings are made together."""
        begun = [
            self._begin(text, language) for text, language in zip(texts, languages, strict=True)
        ]
        wanted = [
            place
            for place, one in enumerate(begun)
            if one.needs_vector or (with_vector and one.language in ENCODED)
        ]
        vectors: dict[int, Vector] = {}
        if wanted:
            rows = self._encoder.encode_all([begun[place].own for place in wanted])
            vectors = dict(zip(wanted, rows, strict=True))
        return [self._finish(one, vectors.get(place)) for place, one in enumerate(begun)]

    def _begin(self, text: str, language: str) -> "_Begun":
        sentiment = self._vader.score(text)
        said = unquoted(text)
        feeling = sentiment if said == text else self._vader.score(said)
        folded = fold(said)
        ruling = apply_rules(said, folded, language)
        own = own_words(said)
        read = own if language == "en" else fold(own)
        words: tuple[tuple[str, float], ...] = ()
        score = ruling.weight
        needs_vector = language in ENCODED
        linear = self.linear(language)
        ngrams = 0.0
        if linear is not None:
            ngrams, words = linear.score(read)
        if language == "en":
            score += NGRAMS * ngrams + VADER * mood(feeling, ruling)
            needs_vector = self._calibrations[Route.LINEAR](score) > self._calm
        elif language in lexicons():
            lean = lexicons()[language].lean(folded)
            leaning = lean_score(lean, folded, language)
            score += other_score(ngrams, leaning, encoded=needs_vector)
            words = lean.words
        elif not needs_vector:
            score += VADER_ALONE * feeling.compound
        return _Begun(
            language=language,
            own=own,
            read=read,
            sentiment=sentiment,
            ruling=ruling,
            score=score,
            words=words,
            needs_vector=needs_vector,
        )

    def linear(self, language: str) -> Linear | None:
        """The n-gram model of a language, read when it is first needed; None: it has none."""
        if language not in self._linear:
            numbers = weights(f"ngrams.{language}")
            self._linear[language] = Linear(**numbers) if numbers else None
        return self._linear[language]

    def _finish(self, begun: "_Begun", vector: Vector | None) -> Evidence:
        route = _route(begun)
        score = begun.score
        if vector is not None and begun.needs_vector:
            score += float(self._direction @ vector) + self._encoded_bias
        return Evidence(
            route=route,
            score=self._calibrations[route](score),
            sentiment=begun.sentiment,
            ruling=begun.ruling,
            vector=vector,
            words=begun.words,
            own=begun.read,
        )


@dataclass(frozen=True, kw_only=True)
class _Begun:
    """A text as far as it can be judged without the embedding."""

    language: str
    own: str
    read: str
    sentiment: Sentiment
    ruling: Ruling
    score: float
    words: tuple[tuple[str, float], ...]
    needs_vector: bool


def _route(begun: _Begun) -> Route:
    if begun.language == "en":
        return Route.ENGLISH if begun.needs_vector else Route.LINEAR
    if begun.needs_vector:
        return Route.ENCODED
    return Route.LISTED if begun.language in lexicons() else Route.UNKNOWN


def mood(sentiment: Sentiment, ruling: Ruling) -> float:
    """VADER's compound; irony turns its praise into nothing."""
    return min(sentiment.compound, 0.0) if ruling.ironic else sentiment.compound


def other_score(ngrams: float, leaning: float, *, encoded: bool) -> float:
    """What n-grams and word list add in a language other than English."""
    return (OTHER_NGRAMS if encoded else OTHER_NGRAMS_ALONE) * ngrams + LEAN * leaning


def lean_score(lean: Lean, folded: str, language: str) -> float:
    """How far the word list leans to complaint, a long text's words counting less each."""
    usual = _LEAN_LENGTH_CHINESE if language == "zh" else _LEAN_LENGTH
    return (lean.negative - lean.positive) / math.sqrt(max(len(folded) / usual, 1.0))
