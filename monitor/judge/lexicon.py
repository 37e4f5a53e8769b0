"""Words that lean one way, in the languages that VADER does not know.

A word list says far less than a model, but it is all that a language without training texts has,
and where there is a model it adds what the model never saw. Czech and Ukrainian live by it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from monitor.judge.phrases import fold, words_of

_LONGEST_STEM = 12
_SHORTEST_STEM = 3
_LONGEST_CHINESE = 4
#: A negation turns the lean of the word after it, and of the one after that at half strength.
_TURNED = -0.6


@dataclass(frozen=True, kw_only=True)
class Lean:
    """How far a text leans, and by which words."""

    negative: float = 0.0  #: weight of the words that lean to complaint
    positive: float = 0.0
    words: tuple[tuple[str, float], ...] = ()  #: word and weight, above 0 leaning to complaint


class Lexicon:
    """The word list of one language."""

    def __init__(self, negative: str, positive: str, negation: str) -> None:
        """Reads lists of words parted by blanks; one with a full stop stands for itself alone."""
        self._stems: dict[str, float] = {}
        self._exact: dict[str, float] = {}
        for words, weight in ((negative, 1.0), (positive, -1.0)):
            for word in words.split():
                self._add(word, weight)
        self._negations = frozenset(fold(word).strip(".") for word in negation.split())

    def _add(self, word: str, weight: float) -> None:
        stem = fold(word.rstrip(".")).strip()
        if word.endswith(".") or len(stem) < _SHORTEST_STEM:
            self._exact.setdefault(stem, weight)
        else:
            self._stems.setdefault(stem[:_LONGEST_STEM], weight)

    def lean(self, folded: str) -> Lean:
        """The lean of a text as `phrases.fold` makes it."""
        negative = positive = 0.0
        found: list[tuple[str, float]] = []
        words = words_of(folded)
        for place, word in enumerate(words):
            weight = self._weight(word)
            if weight == 0:
                continue
            if place and words[place - 1] in self._negations:
                weight *= _TURNED
            elif place > 1 and words[place - 2] in self._negations:
                weight *= _TURNED / 2
            found.append((word, weight))
            if weight > 0:
                negative += weight
            else:
                positive -= weight
        return Lean(negative=negative, positive=positive, words=tuple(found))

    def _weight(self, word: str) -> float:
        exact = self._exact.get(word)
        if exact is not None:
            return exact
        for length in range(min(len(word), _LONGEST_STEM), _SHORTEST_STEM - 1, -1):
            weight = self._stems.get(word[:length])
            if weight is not None:
                return weight
        return 0.0


class ChineseLexicon(Lexicon):
    """A word list for text without word borders: the longest word at each place counts."""

    def __init__(self, negative: str, positive: str, negation: str) -> None:
        super().__init__(negative, positive, negation)
        self._words = {**self._exact, **self._stems}

    def _add(self, word: str, weight: float) -> None:
        self._exact.setdefault(fold(word), weight)

    def lean(self, folded: str) -> Lean:
        """The lean of a text as `phrases.fold` makes it."""
        negative = positive = 0.0
        found: list[tuple[str, float]] = []
        place = 0
        while place < len(folded):
            for length in range(_LONGEST_CHINESE, 0, -1):
                word = folded[place : place + length]
                weight = self._words.get(word)
                if weight is not None:
                    break
            else:
                place += 1
                continue
            if place and folded[place - 1] in self._negations:
                weight *= _TURNED
            found.append((word, weight))
            if weight > 0:
                negative += weight
            else:
                positive -= weight
            place += len(word)
        return Lean(negative=negative, positive=positive, words=tuple(found))


@cache
def lexicons() -> Mapping[str, Lexicon]:
    """The shipped word lists by language; English has VADER and none here."""
    text = files("monitor.judge").joinpath("words", "polarity.toml").read_text(encoding="utf-8")
    return {
        language: (ChineseLexicon if language == "zh" else Lexicon)(**lists)
        for language, lists in tomllib.loads(text).items()
    }
