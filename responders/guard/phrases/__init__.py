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
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any, Generic, TypeVar

from responders.draft import Half

FOLDER = Path(__file__).parent

T = TypeVar("T")

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
_APOSTROPHES = "\u2019\u2018\u02bc\u00b4`"

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
    plain = unicodedata.normalize("NFKC", text)
    for sign in _APOSTROPHES:
        plain = plain.replace(sign, "'")
    plain = _INVISIBLE.sub("", plain)
    if language in _ELIDING:
        return plain.replace("'", "' ")
    return _CONTRACTION.sub(r" \1", plain) if language == "en" else plain


class PhraseError(ValueError):
    """A phrase that cannot be read: the message names it and what is wrong."""


#: Pieces of text of which one must be there, as an `Ear` finds them.
Hints = tuple[str, ...]

#: At most so many letters of a piece say where it may be.
_START = 6
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
    spaced: bool

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


@cache
def phrase(source: str, *, spaced: bool = True) -> Phrase:
    """Read one phrase; the same one again where it was read before.

    Raises:
        PhraseError: a bracket is not closed, or the phrase holds no word that must be there.
    """
    plain = " ".join(source.lower().replace(",", " ").split())
    if _has_open_bar(plain):  # a star at either end is of one alternative, not of the whole
        plain = f"({plain})"
    reader = _Reader(tokens=_TOKEN.findall(plain), spaced=spaced)
    expression, hints = reader.choice()
    if reader.at < len(reader.tokens):
        raise PhraseError(f'phrase "{source}": a bracket too many')
    if reader.open:
        raise PhraseError(f'phrase "{source}": a bracket is not closed')
    if not hints:
        raise PhraseError(f'phrase "{source}": no word that must be there')
    start = "" if not spaced or plain.startswith("*") else rf"(?<!{_WORD})"
    end = "" if not spaced or plain.endswith("*") else rf"(?!{_WORD})"
    rarest = sorted(hints, key=_shortest, reverse=True)[:_MOST_HINTS]
    return Phrase(
        source=source,
        expression=f"{start}(?:{expression}){end}",
        hints=tuple(rarest),
        spaced=spaced,
    )


def _has_open_bar(source: str) -> bool:
    """Whether alternatives stand outside of any bracket."""
    depth = 0
    for sign in source:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            return True
    return False


def _shortest(hints: Hints) -> int:
    return min(map(len, hints))


_WORDS_IN = re.compile(rf"{_WORD}+")


def _spoken(text: str) -> str:
    """The words of a text alone, with one space before and after each."""
    return _in_room(_WORDS_IN.findall(text))


def _in_room(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "


_CLOSING = frozenset({")", ")?"})


class _Reader:
    """Turns tokens into a regular expression and the pieces of which one must occur."""

    def __init__(self, *, tokens: list[str], spaced: bool) -> None:
        self.tokens = tokens
        self.spaced = spaced
        self.at = 0
        self.open = 0

    def choice(self) -> tuple[str, list[Hints]]:
        """Alternatives up to a closing bracket or the end; hints only where each has some."""
        patterns, found = [], []
        while True:
            pattern, hints = self.sequence()
            patterns.append(pattern)
            found.append(hints)
            if self.next != "|":
                break
            self.at += 1
        if len(found) == 1:
            return patterns[0], found[0]
        together = []
        if all(found):
            together = [tuple(piece for hints in found for piece in max(hints, key=_shortest))]
        return "|".join(patterns), together

    @property
    def next(self) -> str:
        """The token to be read next; "" at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def sequence(self) -> tuple[str, list[Hints]]:
        """One alternative, with the hints of all its parts."""
        pattern, hints, words = "", list[Hints](), ""
        while self.next and self.next != "|" and self.next not in _CLOSING:
            at, piece = self.at, self.next
            part, found = self.part()
            pattern += part
            if piece.isspace() and words.endswith(" "):
                continue  # the words of a row make one piece
            if len(found) == 1 == len(found[0]) and piece != "(":
                mine = found[0][0]
                row = words.endswith(" ") and self.tokens[at - 1].isspace()
                words = words.rstrip(" ") + mine if row else self._kept(words, hints) + mine
                continue
            words = self._kept(words, hints)
            hints += found
        self._kept(words, hints)
        return pattern, hints

    @staticmethod
    def _kept(words: str, hints: list[Hints]) -> str:
        """Ends a row of words: the empty one comes next."""
        if words:
            hints.append((words,))
        return ""

    def part(self) -> tuple[str, list[Hints]]:
        """The next token, or bracket."""
        at, piece = self.at, self.next
        self.at += 1
        if piece == "(":
            return self.bracket()
        if piece == "..":
            if self.next.isspace():
                self.at += 1  # a gap brings its own trailing space
            return (_GAP if self.spaced else _UNSPACED_GAP), []
        if piece == "*":
            return rf"{_WORD}*", []
        if piece == _ANY_NUMBER:
            return r"\d+(?:[.,]\d+)?", []
        if piece.isspace():
            return (_SPACE if self.spaced else r"\s*"), []
        return re.escape(piece), self._hint(piece, at)

    def _hint(self, piece: str, at: int) -> list[Hints]:
        """What a text holds where this piece is: whole words, where no word can go on beside it."""
        if not self.spaced:
            return [(piece,)]
        words = _spoken(piece)
        if words.isspace():
            return [(" ",)]  # signs alone: anywhere
        if _WORDS_IN.match(piece) and not self._starts(at):
            words = words[1:]
        if _WORDS_IN.match(piece[-1]) and not self._ends(at):
            words = words[:-1]
        return [(words,)]

    def _starts(self, at: int) -> bool:
        """Whether a word begins at this token, whichever way the text came there."""
        before = at - 1
        while before >= 0:
            here = self.tokens[before]
            if here.isspace():
                if before and self.tokens[before - 1] == ")?":
                    before = self._opening(before - 1) - 1  # its space goes with the bracket
                elif before and self.tokens[before - 1] == "..":
                    before -= 2  # so does that of a gap
                else:
                    return True
            elif here == "(":
                before -= 1
            elif here == "|":
                before = self._opening(before) - 1
            else:
                return False
        return True

    def _ends(self, at: int) -> bool:
        """Whether a word ends with this token, whichever way the text goes on."""
        after = at + 1
        while after < len(self.tokens):
            here = self.tokens[after]
            if here.isspace():
                return True
            if here == "|":
                after = self._closing(after) + 1
            elif here in _CLOSING:
                after += 1
            else:
                return False
        return True

    def _opening(self, at: int) -> int:
        """Where the bracket starts that this token ends or divides; -1 for the whole phrase."""
        depth = 0
        for place in range(at - 1, -1, -1):
            depth += self.tokens[place] in _CLOSING
            if self.tokens[place] == "(":
                if not depth:
                    return place
                depth -= 1
        return -1

    def _closing(self, at: int) -> int:
        """Where the bracket ends that this token divides."""
        depth = 0
        for place in range(at + 1, len(self.tokens)):
            depth += self.tokens[place] == "("
            if self.tokens[place] in _CLOSING:
                if not depth:
                    return place
                depth -= 1
        return len(self.tokens)

    def bracket(self) -> tuple[str, list[Hints]]:
        self.open += 1
        pattern, hints = self.choice()
        close = self.next
        self.at += bool(close)
        self.open -= bool(close)
        if close != ")?":
            return f"(?:{pattern})", hints
        # The space after an optional word goes with it.
        glue = _SPACE if self.spaced and self.next.isspace() else ""
        if glue:
            self.at += 1
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
            present: The pieces that its `ear` found in the text.
            likely: Of the phrases that catch, those that the ear named.
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
class _Pieces:
    """Some pieces, found in a text without trying each.

    A piece can only be where its first letters are. A text has far fewer places where one may
    begin than a language has pieces, so what stands there is looked up and only what begins alike
    is tried.
    """

    short: Mapping[int, frozenset[str]]  #: by their length: are found by looking up
    start: int  #: so many letters say where a longer one may be
    by_start: Mapping[str, tuple[str, ...]]

    def within(self, text: str, places: Collection[int]) -> set[str]:
        """The pieces that begin at one of these places."""
        found: set[str] = set()
        for size, pieces in self.short.items():
            found |= pieces & {text[at : at + size] for at in places}
        length, by_start = self.start, self.by_start
        for start in by_start.keys() & {text[at : at + length] for at in places}:
            found.update([piece for piece in by_start[start] if piece in text])
        return found


def _sorted_out(pieces: Collection[str]) -> _Pieces:
    usual = median(map(len, pieces)) if pieces else _START
    length = min(_START, max(1, int(usual)))
    by_start: dict[str, list[str]] = {}
    short: dict[int, set[str]] = {}
    for piece in pieces:
        if len(piece) < length:
            short.setdefault(len(piece), set()).add(piece)
        else:
            by_start.setdefault(piece[:length], []).append(piece)
    return _Pieces(
        short={size: frozenset(same) for size, same in short.items()},
        start=length,
        by_start={start: tuple(same) for start, same in by_start.items()},
    )


class Ear(Generic[T]):
    """Phrases of one language and what each stands for, found in a text without trying each."""

    def __init__(self, phrases: Iterable[tuple[T, Phrase]], besides: Iterable[Phrase] = ()) -> None:
        """Listens for these.

        Args:
            phrases: With what they stand for.
            besides: Whose pieces are looked for too.
        """
        meant = tuple(phrases)
        every = (*(item for _, item in meant), *besides)
        self._spaced = all(item.spaced for item in every)
        pieces = {piece for item in every for choices in item.hints for piece in choices}
        #: Where words have spaces around them, nearly every piece begins with one.
        self._begun = _sorted_out({p for p in pieces if p[0] == " " or not self._spaced})
        self._ends = tuple(sorted(p for p in pieces if p[0] != " " and self._spaced))
        by_piece: dict[str, list[tuple[T, Phrase]]] = {}
        for thing, item in meant:
            for piece in item.hints[0]:
                by_piece.setdefault(piece, []).append((thing, item))
        self._by_piece = by_piece
        #: The same post is listened to for several reasons, one right after the other.
        self._kept = lru_cache(maxsize=16)(self._listen)

    def heard(self, text: str) -> frozenset[T]:
        """What is said in a lower-cased text."""
        return self._kept(text)

    def _listen(self, text: str) -> frozenset[T]:
        likely = self.likely(self.pieces(text))
        found = (
            thing for thing, items in likely.items() if any(item.found(text) for item in items)
        )
        return frozenset(found)

    def pieces(self, text: str) -> frozenset[str]:
        """The pieces that a lower-cased text holds."""
        if not self._spaced:
            return frozenset(self._begun.within(text, range(len(text))))
        words = _WORDS_IN.findall(text)
        places = list(accumulate([len(word) + 1 for word in words], initial=0))
        text = _in_room(words)
        ends = (piece for piece in self._ends if piece in text)
        return frozenset(self._begun.within(text, places).union(ends))

    def likely(self, present: frozenset[str]) -> Mapping[T, Collection[Phrase]]:
        """What may be said in a text that holds these pieces, and with which phrases."""
        found: dict[T, dict[Phrase, None]] = {}
        for piece in present:
            for thing, item in self._by_piece.get(piece, ()):
                if item.possible(present):
                    found.setdefault(thing, {})[item] = None
        return found


@cache
def ear(language: str, half: Half) -> Ear[str]:
    """What catches in a language and half, by code."""
    heard = listening(language)
    return Ear(
        ((code, item) for code, group in heard.items() for item in group.caught[half]),
        (item for group in heard.values() for item in group.fine[half]),
    )
