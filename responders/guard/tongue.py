"""Which language a text is written in, as surely as its small words tell.

The guard must know whether an answer is in the language that it claims, not which of all
languages a post is in: the commonest words of each language are enough, and say nothing where
they are not sure.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "languages.toml"
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")

#: How many common words there must be, and how far ahead of the next language.
_ENOUGH = 3
_AHEAD = 1.4


@dataclass(frozen=True, kw_only=True)
class Tongue:
    """What tells a language from its neighbours, and its words for money and laughter."""

    common: frozenset[str]
    telling: frozenset[str]
    money: tuple[str, ...]
    laughter: tuple[str, ...]


@cache
def tongues() -> Mapping[str, Tongue]:
    """Every language that we speak."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        language: Tongue(
            common=frozenset(table["common"].split()),
            telling=frozenset(table["telling"]),
            money=tuple(table["money"].split()),
            laughter=tuple(table["laughter"].split()),
        )
        for language, table in raw.items()
    }


@cache
def _speakers() -> Mapping[str, tuple[str, ...]]:
    """Every common word with the languages that it is common in."""
    words = {word for mine in tongues().values() for word in mine.common}
    return {
        word: tuple(name for name, mine in tongues().items() if word in mine.common)
        for word in words
    }


@cache
def _telling() -> Mapping[str, tuple[str, ...]]:
    """Every telling letter with the languages that it tells."""
    signs = {sign for mine in tongues().values() for sign in mine.telling}
    return {
        sign: tuple(name for name, mine in tongues().items() if sign in mine.telling)
        for sign in signs
    }


def is_han(text: str) -> bool:
    """Whether most letters are Chinese characters."""
    if _HAN.search(text) is None:
        return False
    letters = [char for char in text if char.isalpha()]
    return bool(letters) and 2 * sum("\u4e00" <= char <= "\u9fff" for char in letters) > len(
        letters
    )


def tongue(text: str) -> str | None:
    """The language of a text, or None where its words do not say."""
    if is_han(text):
        return "zh"
    lower = text.lower()
    words = _WORD.findall(lower)
    scores = Counter(dict.fromkeys(tongues(), 0))
    known = _speakers()
    for word in words:
        for language in known.get(word, ()):
            scores[language] += 1
    for letter in _telling().keys() & set(lower):
        for language in _telling()[letter]:
            scores[language] += 2 * lower.count(letter)
    best, second = sorted(scores, key=scores.__getitem__, reverse=True)[:2]
    if scores[best] < _ENOUGH or scores[best] < scores[second] * _AHEAD:
        return None
    return best
