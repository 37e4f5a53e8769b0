"""VADER's sentiment score, evaluated exactly as vaderSentiment does, about three times faster.

The lexicon and the constants come from the vaderSentiment package; only the evaluation is ours.
Every odd turn of the original is kept (the order of additions, the search for equal values after
"but"), because a test compares both on every kind of text.

Source: C.J. Hutto and E.E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis
of Social Media Text", ICWSM 2014; github.com/cjhutto/vaderSentiment, version 3.3.2.
"""

import math
import re
import string
from dataclasses import dataclass

#: Entries of the word cache before it is emptied: social text repeats its words, spam does not.
_CACHE_LIMIT = 50_000
_NOTHING = 0.0
_PULLS_ON = ("so", "this")


@dataclass(frozen=True, kw_only=True)
class Sentiment:
    """VADER's four numbers, and the words behind them."""

    compound: float = 0.0  #: -1..1, rounded to four places as the library does
    negative: float = 0.0  #: shares of the text, 0..1
    neutral: float = 0.0
    positive: float = 0.0
    words: tuple[tuple[str, float], ...] = ()  #: word and valence, heaviest first


@dataclass(frozen=True, slots=True)
class _Word:
    """All that the evaluation asks of a word, found once."""

    lower: str
    upper: bool
    valence: float | None  #: in the lexicon
    boost: float  #: 0 where it is no booster
    booster: bool
    negates: bool
    scores: bool  #: has a valence and is no booster


class Vader:
    """Scores English text. Threads may share one."""

    def __init__(self) -> None:
        from vaderSentiment.vaderSentiment import (
            BOOSTER_DICT,
            C_INCR,
            N_SCALAR,
            NEGATE,
            SPECIAL_CASES,
            SentimentIntensityAnalyzer,
        )

        analyzer = SentimentIntensityAnalyzer()
        self._lexicon: dict[str, float] = analyzer.lexicon
        self._emoji: dict[str, str] = {k: v for k, v in analyzer.emojis.items() if len(k) == 1}
        self._emoji_signs = frozenset(self._emoji)
        self._emoji_pattern = re.compile(f"[{re.escape(''.join(self._emoji))}]")
        self._boosters: dict[str, float] = BOOSTER_DICT
        self._negations = frozenset(NEGATE)
        self._idioms: dict[str, float] = SPECIAL_CASES
        self._phrase_words = frozenset(
            word
            for phrase in (*SPECIAL_CASES, *BOOSTER_DICT)
            if " " in phrase
            for word in phrase.split()
        )
        self._caps: float = C_INCR
        self._flip: float = N_SCALAR
        self._cache: dict[str, _Word] = {}

    def score(self, text: str) -> Sentiment:
        """The sentiment of one text; all zeros for a blank one."""
        text = self._spell_out_emoji(text).strip()
        known = self._cache.get
        words = [known(token) or self._word(token) for token in text.split()]
        if not words:
            return Sentiment()
        hits = [place for place, word in enumerate(words) if word.scores]
        if hits and "kind" in text.lower():
            hits = [place for place in hits if not _kind_of(words, place)]
        if not hits:
            return Sentiment(neutral=1.0)
        shouted = len([word for word in words if word.upper])
        mixed_case = 0 < shouted < len(words)
        valences = [_NOTHING] * len(words)
        for place in hits:
            valences[place] = self._valence(words, place, mixed_case)
        but = next((place for place, word in enumerate(words) if word.lower == "but"), -1)
        if but >= 0:
            _weigh_around_but(valences, hits, but)
        return _summary(text, words, valences, hits)

    def _spell_out_emoji(self, text: str) -> str:
        if text.isascii() or self._emoji_signs.isdisjoint(text):
            return text
        parts: list[str] = []
        after_space = True
        at = 0
        for match in self._emoji_pattern.finditer(text):
            before = text[at : match.start()]
            if before:
                parts.append(before)
                after_space = before[-1] == " "
            if not after_space:
                parts.append(" ")
            parts.append(self._emoji[match.group()])
            after_space = False
            at = match.end()
        parts.append(text[at:])
        return "".join(parts)

    def _word(self, token: str) -> _Word:
        stripped = token.strip(string.punctuation)
        if len(stripped) <= 2:  # an emoticon, most likely
            stripped = token
        lower = stripped.lower()
        word = _Word(
            lower=lower,
            upper=stripped.isupper(),
            valence=self._lexicon.get(lower),
            boost=self._boosters.get(lower, _NOTHING),
            booster=lower in self._boosters,
            negates=lower in self._negations or "n't" in lower,
            scores=lower in self._lexicon and lower not in self._boosters,
        )
        if len(self._cache) >= _CACHE_LIMIT:
            self._cache.clear()
        self._cache[token] = word
        return word

    def _valence(self, words: list[_Word], i: int, mixed_case: bool) -> float:
        word = words[i]
        assert word.valence is not None
        valence = word.valence
        if word.lower == "no" and i + 1 < len(words) and words[i + 1].valence is not None:
            valence = 0.0
        if (
            (i > 0 and words[i - 1].lower == "no")
            or (i > 1 and words[i - 2].lower == "no")
            or (i > 2 and words[i - 3].lower == "no" and words[i - 1].lower in ("or", "nor"))
        ):
            valence = word.valence * self._flip
        if word.upper and mixed_case:
            valence += self._caps if valence > 0 else -self._caps
        if i > 0 and words[i - 1].valence is None:
            valence += self._boost(words[i - 1], valence, mixed_case)
            if words[i - 1].negates:
                valence *= self._flip
        if i > 1 and words[i - 2].valence is None:
            boost = self._boost(words[i - 2], valence, mixed_case)
            valence += boost * 0.95 if boost else boost
            valence *= self._turn_by_two(words[i - 2], words[i - 1])
        if i > 2 and words[i - 3].valence is None:
            boost = self._boost(words[i - 3], valence, mixed_case)
            valence += boost * 0.9 if boost else boost
            valence *= self._turn_by_three(words[i - 3], words[i - 2], words[i - 1])
            valence = self._idiom(words, i, valence)
        at_least = i > 1 and words[i - 2].lower in ("at", "very")
        if i > 0 and words[i - 1].lower == "least" and not at_least:
            valence *= self._flip
        return valence

    def _boost(self, word: _Word, valence: float, mixed_case: bool) -> float:
        if not word.booster:
            return _NOTHING
        boost = word.boost if valence >= 0 else -word.boost
        if word.upper and mixed_case:
            boost += self._caps if valence > 0 else -self._caps
        return boost

    def _turn_by_two(self, second: _Word, first: _Word) -> float:
        if second.lower == "never" and first.lower in _PULLS_ON:
            return 1.25
        if second.lower == "without" and first.lower == "doubt":
            return 1.0
        return self._flip if second.negates else 1.0

    def _turn_by_three(self, third: _Word, second: _Word, first: _Word) -> float:
        if (third.lower == "never" and second.lower in _PULLS_ON) or first.lower in _PULLS_ON:
            return 1.25
        if third.lower == "without" and "doubt" in (second.lower, first.lower):
            return 1.0
        return self._flip if third.negates else 1.0

    def _idiom(self, words: list[_Word], i: int, valence: float) -> float:
        zero, one, two, three = (words[i - back].lower for back in range(4))
        near = {zero, one, two, three, *(word.lower for word in words[i + 1 : i + 3])}
        if self._phrase_words.isdisjoint(near):
            return valence
        twoone, threetwoone, threetwo = f"{two} {one}", f"{three} {two} {one}", f"{three} {two}"
        for phrase in (f"{one} {zero}", f"{two} {one} {zero}", twoone, threetwoone, threetwo):
            if phrase in self._idioms:
                valence = self._idioms[phrase]
                break
        if i + 1 < len(words):
            ahead = f"{zero} {words[i + 1].lower}"
            valence = self._idioms.get(ahead, valence)
            if i + 2 < len(words):
                valence = self._idioms.get(f"{ahead} {words[i + 2].lower}", valence)
        for phrase in (threetwoone, threetwo, twoone):
            if phrase in self._boosters:
                valence += self._boosters[phrase]
        return valence


def _kind_of(words: list[_Word], place: int) -> bool:
    return (
        words[place].lower == "kind" and place + 1 < len(words) and words[place + 1].lower == "of"
    )


def _weigh_around_but(valences: list[float], hits: list[int], but: int) -> None:
    """Halves what stands before "but" and raises what follows, as the original does.

    The original changes the first equal value and not the one it looks at.
    """
    for place in hits:
        value = valences[place]
        if value == 0:
            continue
        first = valences.index(value)
        if first < but:
            valences[first] = value * 0.5
        else:
            valences[first] = value * 1.5


def _emphasis(text: str) -> float:
    marks = min(text.count("!"), 4) * 0.292
    questions = text.count("?")
    if questions > 3:
        return marks + 0.96
    return marks + questions * 0.18 if questions > 1 else marks


def _summary(text: str, words: list[_Word], valences: list[float], hits: list[int]) -> Sentiment:
    emphasis = _emphasis(text)
    total = positive = negative = 0.0
    neutral = len(words) - len(hits)
    for place in hits:
        value = valences[place]
        total += value
        if value > 0:
            positive += value + 1
        elif value < 0:
            negative += value - 1
        else:
            neutral += 1
    if total > 0:
        total += emphasis
    elif total < 0:
        total -= emphasis
    if positive > -negative:
        positive += emphasis
    elif positive < -negative:
        negative -= emphasis
    whole = positive + abs(negative) + neutral
    weighed = sorted(
        ((words[place].lower, valences[place]) for place in hits if valences[place]),
        key=lambda pair: -abs(pair[1]),
    )
    return Sentiment(
        compound=round(max(-1.0, min(1.0, total / math.sqrt(total * total + 15))), 4),
        negative=round(abs(negative / whole), 3),
        neutral=round(abs(neutral / whole), 3),
        positive=round(abs(positive / whole), 3),
        words=tuple(weighed),
    )
