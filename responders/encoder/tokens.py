"""Cuts a text into the pieces that the model knows: the likeliest way to cut it (Viterbi)."""

import re
from typing import NamedTuple

from responders.encoder.packed import Vocabulary

#: Stands for a space, in front of a word.
_SPACE = "\u2581"
#: An unknown character costs so much more than the rarest piece. Source: sentencepiece, unigram.
_UNKNOWN_COSTS = 10.0
_SPACES = re.compile("  +")


class Token(NamedTuple):
    """One piece of a text."""

    number: int
    place: float  #: where its middle lies: 0 the start of the text, 1 its end


def cut(text: str, vocabulary: Vocabulary, most: int) -> list[Token]:
    """The pieces between a start and an end that the model wants, `most` of them at the most."""
    plain = vocabulary.plain
    words = _SPACES.sub(" ", "".join(plain.get(sign, sign) for sign in text))
    line = (words if words.startswith(" ") else f" {words}").replace(" ", _SPACE)
    middle = _likeliest(line, vocabulary)[:most]
    return [Token(vocabulary.start, 0.0), *middle, Token(vocabulary.end, 1.0)]


def _likeliest(line: str, vocabulary: Vocabulary) -> list[Token]:
    """The pieces of the best path through the line."""
    known, longest, unknown = vocabulary.pieces, vocabulary.longest, vocabulary.unknown
    lost = vocabulary.rarest - _UNKNOWN_COSTS
    end = len(line)
    best = [float("-inf")] * (end + 1)
    best[0] = 0.0
    came: list[tuple[int, int]] = [(0, unknown)] * (end + 1)
    for start in range(end):
        so_far = best[start]
        for stop in range(start + 1, min(end, start + longest) + 1):
            piece = known.get(line[start:stop])
            if piece is not None and piece[0] != unknown and so_far + piece[1] > best[stop]:
                best[stop], came[stop] = so_far + piece[1], (start, piece[0])
        if so_far + lost > best[start + 1]:
            best[start + 1], came[start + 1] = so_far + lost, (start, unknown)
    path: list[Token] = []
    at = end
    while at:
        start, number = came[at]
        path.append(Token(number, (start + at) / 2 / end))
        at = start
    return path[::-1]
