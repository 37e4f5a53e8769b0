"""The features of the linear model: words, pairs of words and pieces of words, counted.

Training and reading share this module, so that both see the same features. English is read as it
was written, every other language folded (`phrases.fold`): people leave accents out. The counts of
each kind are divided by the root of their number: a long post is no angrier for its length.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
#: Chinese parts no words: each character stands for itself, and pairs of them do the rest.
_TOKEN = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+(?:'[a-z]+)?|!+|\?+|[^\w\s]")
_SHORTEST_PIECE, _LONGEST_PIECE = 3, 5
#: Longer than any word; what is longer still is no word and would only cost time.
_LONGEST_WORD = 30
#: A post's start says what it is about.
_MOST_TOKENS = 400


def tokens(text: str) -> list[str]:
    """Words and marks of a text in lower case, in order; runs of marks count as two."""
    found = _TOKEN.findall(text.lower().replace("\u2019", "'"))
    return [token[:2] if token[0] in "!?" else token[:_LONGEST_WORD] for token in found][
        :_MOST_TOKENS
    ]


def word_features(words: list[str]) -> Iterator[str]:
    """Each word, and each pair of neighbours."""
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"


def pieces(word: str) -> list[str]:
    """The pieces of a word, its borders marked; none for marks and single letters."""
    if len(word) < 2 or not word[0].isalnum():
        return []
    marked = f"<{word}>"
    return [
        marked[start : start + length]
        for length in range(_SHORTEST_PIECE, _LONGEST_PIECE + 1)
        for start in range(len(marked) - length + 1)
    ]
