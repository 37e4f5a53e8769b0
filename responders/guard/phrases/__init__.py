"""What the guard listens for in one language, in a notation that a support lead can read.

A phrase is words as they are said, with six signs:

    refund*             any ending (and `*word` any beginning)
    we (will|'ll) pay   one of these; a `?` after the bracket makes it optional
    we .. refund        up to six other words between, within one sentence
    for free            a space is any space, comma or dash
    within 9 days       9 is any number in figures

Chinese is written without spaces: there a space is nothing or a space, and `..` up to twelve
characters. A file has one table for each code: `caught` in either half, `public` and `private` in
one half only, and `fine`, which excuses what it overlaps (`fine_private` in private alone).
`every.toml` holds what is alike in all languages; it names lists of words, such as <carrier>, that
each language's table [words] spells out.
"""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from statistics import median
from typing import Any

from responders.draft import Half

FOLDER = Path(__file__).parent

#: Written without spaces between words.
_UNSPACED = frozenset({"zh"})

#: Where an apostrophe ends a word of its own: l'ordine, d'abord, c'est.
_ELIDING = frozenset({"fr", "it"})
#: The space that folding puts behind an apostrophe is not wanted before a sign of the notation.
_BEFORE_SIGN = re.compile(r"'\s+(?=[|)])")
#: Soft hyphens, joiners, marks of direction, lone accents: what can hide inside a word.
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff\u0300-\u036f]"
)
#: we'll, I'm, it's: two words in one.
_CONTRACTION = re.compile(r"(?<=\w)('(?:ll|re|m|ve|d|s)(?!\w))", re.IGNORECASE)
#: A phrase that is one bracket and nothing else.
_LIST = re.compile(r"\(((?:[^()|]*[^()|\s,]\|)+[^()|]*[^()|\s,])\)")
_APOSTROPHES = str.maketrans("\u2019\u2018\u02bc\u00b4`", "'''''")

_ANY_NUMBER = "9"
_WORD = r"[\w']"
_SPACE = r"[^\w'.!?…;\n]+"
_UNSPACED_GAP = r"[^\u3002\uff01\uff1f!?\n]{0,12}?"
_GAP = rf"(?:{_WORD}+{_SPACE}){{0,6}}?"
_TOKEN = re.compile(r"\.\.|\(|\)\?|\)|\||\*|\s+|[^\s().|*]+|\.")


def folded(text: str, language: str) -> str:
    """A text as the guard reads it: one kind of apostrophe, no invisible characters.

    Letters of full width become plain ones, so that neither costume hides a word.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
    plain = _INVISIBLE.sub("", plain)
    if language in _ELIDING:
        return plain.replace("'", "' ")
    return _CONTRACTION.sub(r" \1", plain) if language == "en" else plain


class PhraseError(ValueError):
    """A phrase that cannot be read: the message names it and what is wrong."""


#: Pieces of text of which one must be there.
Hints = tuple[str, ...]

#: At most so many letters of a piece say where it may be.
_START = 5
#: How many sets of hints are looked for; more cost more than they save.
_MOST_HINTS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Phrase:
    """One phrase, ready to search with.

    Of each set of `hints` one piece must be there for the phrase to be. Looking for them first is
    what keeps a check of hundreds of phrases under a millisecond, and the expression itself is
    only made when they are found: most phrases never need theirs.
    """

    source: str
    expression: str
    hints: tuple[Hints, ...]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The expression, made when it is first needed."""
        return re.compile(self.expression)

    def possible(self, present: frozenset[str]) -> bool:
        """Whether the pieces are there without which the phrase cannot be."""
        return not any(map(present.isdisjoint, self.hints))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the phrase occurs in a lower-cased text."""
        return (match.span() for match in self.pattern.finditer(text))

    def found(self, text: str) -> bool:
        """Whether the phrase occurs in a lower-cased text."""
        return next(self.spans(text), None) is not None


def phrase(source: str, *, spaced: bool = True) -> Phrase:
    """Read one phrase.

    Raises:
        PhraseError: a bracket is not closed, or the phrase holds no word that must be there.
    """
    plain = " ".join(source.lower().replace(",", " ").split())
    reader = _Reader(tokens=_TOKEN.findall(plain), spaced=spaced)
    expression, hints = reader.choice()
    if reader.tokens:
        raise PhraseError(f'phrase "{source}": a bracket too many')
    if reader.open:
        raise PhraseError(f'phrase "{source}": a bracket is not closed')
    if not hints:
        raise PhraseError(f'phrase "{source}": no word that must be there')
    start = "" if not spaced or source.startswith("*") else rf"(?<!{_WORD})"
    end = "" if not spaced or source.endswith("*") else rf"(?!{_WORD})"
    rarest = sorted(hints, key=_shortest, reverse=True)[:_MOST_HINTS]
    return Phrase(source=source, expression=f"{start}(?:{expression}){end}", hints=tuple(rarest))


def _shortest(hints: Hints) -> int:
    return min(map(len, hints))


class _Reader:
    """Turns tokens into a regular expression and the pieces of which one must occur."""

    def __init__(self, *, tokens: list[str], spaced: bool) -> None:
        self.tokens = tokens
        self.spaced = spaced
        self.open = 0

    def choice(self) -> tuple[str, list[Hints]]:
        """Alternatives up to a closing bracket or the end; hints only where each has some."""
        patterns, found = [], []
        while True:
            pattern, hints = self.sequence()
            patterns.append(pattern)
            found.append(hints)
            if not self.tokens or self.tokens[0] != "|":
                break
            self.tokens.pop(0)
        if len(found) == 1:
            return patterns[0], found[0]
        together = []
        if all(found):
            together = [tuple(piece for hints in found for piece in max(hints, key=_shortest))]
        return "|".join(patterns), together

    def sequence(self) -> tuple[str, list[Hints]]:
        """One alternative, with the hints of all its parts."""
        pattern, hints = "", list[Hints]()
        while self.tokens and self.tokens[0] not in {"|", ")", ")?"}:
            part, found = self.part(self.tokens.pop(0))
            pattern += part
            hints += found
        return pattern, hints

    def part(self, piece: str) -> tuple[str, list[Hints]]:
        if piece == "(":
            return self.bracket()
        if piece == "..":
            if self.tokens and self.tokens[0].isspace():
                self.tokens.pop(0)  # a gap brings its own trailing space
            return (_GAP if self.spaced else _UNSPACED_GAP), []
        if piece == "*":
            return rf"{_WORD}*", []
        if piece == _ANY_NUMBER:
            return r"\d+(?:[.,]\d+)?", []
        if piece.isspace():
            return (_SPACE if self.spaced else r"\s*"), []
        return re.escape(piece), [(piece,)]

    def bracket(self) -> tuple[str, list[Hints]]:
        self.open += 1
        pattern, hints = self.choice()
        close = self.tokens.pop(0) if self.tokens else ""
        self.open -= bool(close)
        if close != ")?":
            return f"(?:{pattern})", hints
        # The space after an optional word goes with it.
        glue = _SPACE if self.spaced and self.tokens and self.tokens[0].isspace() else ""
        if glue:
            self.tokens.pop(0)
        return f"(?:(?:{pattern}){glue})?", []


@dataclass(frozen=True, kw_only=True)
class Listening:
    """The phrases of one code in one language."""

    caught: Mapping[Half, tuple[Phrase, ...]]
    fine: Mapping[Half, tuple[Phrase, ...]]

    def hear(
        self, text: str, half: Half, present: frozenset[str], likely: Collection[Phrase]
    ) -> tuple[int, int] | None:
        """The first place in a lower-cased text that is caught and not excused.

        Args:
            text: Where to look.
            half: Which phrases apply.
            present: What `pieces_in` found in the text.
            likely: Of the phrases that catch, those that `likely_in` named.
        """
        found = sorted(span for item in likely for span in item.spans(text))
        if not found:
            return None
        excuses = [item for item in self.fine[half] if item.possible(present)]
        excused = [span for item in excuses for span in item.spans(text)]
        for start, end in found:
            if not any(start < until and since < end for since, until in excused):
                return start, end
        return None


_KEYS = frozenset({"caught", "public", "private", "fine", "fine_private"})
#: The table of a language's words for phrases that every language shares.
_WORDS = "words"
_NAME = re.compile(r"<(\w+)>")


def read(text: str, language: str, shared: str = "") -> dict[str, Listening]:
    """The phrases of one file by code, with those that every language shares.

    Raises:
        PhraseError: a file is no TOML, a table has an unknown key, or a phrase cannot be read.
    """
    own, every = _tables(text, language), _tables(shared, "every language")
    words = own.pop(_WORDS, {})
    if not all(isinstance(choices, str) for choices in words.values()):
        raise PhraseError(f'phrases of {language}, {_WORDS}: write name = "one|two|three"')
    listening: dict[str, Listening] = {}
    for code in {**own, **every}:
        group: dict[str, tuple[Phrase, ...]] = {}
        for key in _KEYS:
            sources = [
                *own.get(code, {}).get(key, ()),
                *_filled(every.get(code, {}).get(key, ()), words),
            ]
            group[key] = tuple(phrases(sources, language))
        listening[code] = Listening(
            caught={half: group["caught"] + group[half] for half in Half},
            fine={
                Half.PUBLIC: group["fine"],
                Half.PRIVATE: group["fine"] + group["fine_private"],
            },
        )
    return listening


def _tables(text: str, language: str) -> dict[str, dict[str, Any]]:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PhraseError(f"phrases of {language}: {error}") from error
    for code, table in raw.items():
        allowed = table.keys() if code == _WORDS and isinstance(table, dict) else _KEYS
        if not isinstance(table, dict) or not table.keys() <= allowed:
            raise PhraseError(
                f"phrases of {language}, {code}: only {', '.join(sorted(_KEYS))} are allowed"
            )
    return raw


def _filled(sources: Iterable[str], words: Mapping[str, str]) -> Iterator[str]:
    """Phrases with the language's words in place of <names>; left out where it lacks some."""
    for source in sources:
        if all(name in words for name in _NAME.findall(source)):
            yield _NAME.sub(lambda match: f"({words[match[1]]})", source)


def phrases(sources: Iterable[str], language: str) -> Iterator[Phrase]:
    """Read phrases of a language.

    Raises:
        PhraseError: one of them cannot be read.
    """
    for source in sources:
        # Of a mere list of words each is looked for by itself: then only those that may be there.
        alone = _LIST.fullmatch(source)
        for one in alone[1].split("|") if alone else [source]:
            plain = _BEFORE_SIGN.sub("'", folded(one, language))
            yield phrase(plain, spaced=language not in _UNSPACED)


def languages() -> tuple[str, ...]:
    """The languages that the guard knows phrases of."""
    return tuple(sorted(path.stem for path in FOLDER.glob("??.toml")))


@cache
def listening(language: str) -> Mapping[str, Listening]:
    """The phrases of a language by code; empty where we have none."""
    path = FOLDER / f"{language}.toml"
    if language not in languages():
        return {}
    shared = (FOLDER / "every.toml").read_text(encoding="utf-8")
    return read(path.read_text(encoding="utf-8"), language, shared)


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """The pieces that some phrases look for, found in a text without trying each.

    A piece can only be where its first letters are. A text holds far fewer runs of a few letters
    than a language has pieces, so the runs are looked up and only what begins like one is tried.
    """

    short: Mapping[int, frozenset[str]]  #: by their length: are runs themselves
    start: int  #: so many letters say where a piece may be
    by_start: Mapping[str, tuple[str, ...]]

    def within(self, text: str) -> frozenset[str]:
        """The pieces that a lower-cased text holds."""
        length, by_start = self.start, self.by_start
        runs = {text[at : at + length] for at in range(len(text) - length + 1)}
        found: list[str] = []
        for size, pieces in self.short.items():
            found += pieces & {text[at : at + size] for at in range(len(text) - size + 1)}
        for start in by_start.keys() & runs:
            found += [piece for piece in by_start[start] if piece in text]
        return frozenset(found)


def pieces_of(phrases: Iterable[Phrase]) -> Pieces:
    """Every piece that one of these phrases looks for."""
    pieces = {piece for item in phrases for choices in item.hints for piece in choices}
    usual = median(map(len, pieces)) if pieces else _START
    length = min(_START, max(1, int(usual)))
    by_start: dict[str, list[str]] = {}
    for piece in pieces:
        if len(piece) >= length:
            by_start.setdefault(piece[:length], []).append(piece)
    short = {
        size: frozenset(piece for piece in pieces if len(piece) == size)
        for size in range(1, length)
    }
    return Pieces(
        short={size: same for size, same in short.items() if same},
        start=length,
        by_start={start: tuple(same) for start, same in by_start.items()},
    )


@cache
def _pieces(language: str) -> Pieces:
    """Every piece that some phrase of the language looks for."""
    return pieces_of(
        item
        for heard in listening(language).values()
        for half in Half
        for item in (*heard.caught[half], *heard.fine[half])
    )


def pieces_in(text: str, language: str) -> frozenset[str]:
    """The pieces of a language's phrases that a lower-cased text holds: looked for once a text."""
    return _pieces(language).within(text)


@cache
def _by_piece(language: str, half: Half) -> Mapping[str, tuple[tuple[str, Phrase], ...]]:
    """Each piece with the phrases that cannot be without it or its like, and their codes."""
    found: dict[str, list[tuple[str, Phrase]]] = {}
    for code, heard in listening(language).items():
        for item in heard.caught[half]:
            for piece in item.hints[0]:
                found.setdefault(piece, []).append((code, item))
    return {piece: tuple(items) for piece, items in found.items()}


def likely_in(
    language: str, half: Half, present: frozenset[str]
) -> Mapping[str, Collection[Phrase]]:
    """By code, the phrases that may be in a text that holds these pieces."""
    index = _by_piece(language, half)
    found: dict[str, dict[Phrase, None]] = {}
    for piece in index.keys() & present:
        for code, item in index[piece]:
            if item.possible(present):
                found.setdefault(code, {})[item] = None
    return found
