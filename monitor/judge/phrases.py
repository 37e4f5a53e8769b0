"""Finds phrases of many languages in one text: the engine below red flags, topics and questions.

A phrase is written as a person would say it, with a few signs: `word*` is any word that begins so,
`a|b` is either word, `_` stands for up to four words in between, and `^a|b` at its end says that
neither word follows ("hurt my ^feelings"). A phrase that begins with `~` counts only in texts of
its own language (a false friend elsewhere), and one that begins with `!` silences its group where
it occurs. Case, accents and apostrophes do not count, because people in a hurry leave them out.
Chinese is matched character by character, without word borders.
"""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import cast

from monitor.judge.language import UNKNOWN

#: Letters that lose their stroke when people write in a hurry, and that NFKD leaves alone.
_STROKES = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "\u0131": "i"})
#: English contractions lose the apostrophe ("dont"); any other parts two words ("l an").
_APOSTROPHES = "'\u2019`\u00b4"
_CONTRACTION = re.compile(rf"[{_APOSTROPHES}](?=(?:t|s|re|ve|ll|m|d)\b)")
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD_START = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+")
#: A phrase that begins with a whole word is tried at that word only; one that begins with a part
#: of a word, at the words that share its first letters, at most so many.
_KEY_LENGTH = 5
_SHORTEST_PART = 2
#: Few words make most of all texts: what they may begin is kept.
_WORDS_KEPT = 16_384
_GAP = "_"
_GAP_WORDS = 4
_BUT_NOT = "^"


def fold(text: str) -> str:
    """The text in lower case without accents, as phrases are compared."""
    if not text.isascii():
        text = text.casefold().translate(_STROKES)
        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
        )
    else:
        text = text.lower()
    return _CONTRACTION.sub("", text)


def words_of(folded: str) -> list[str]:
    """The words of a folded text, in order; every Chinese character is one."""
    return _WORD_START.findall(folded)


def load(name: str) -> dict[str, dict[str, list[str]]]:
    """One of the word lists shipped beside this module: group -> language -> phrases."""
    text = files("monitor.judge").joinpath("words", f"{name}.toml").read_text(encoding="utf-8")
    return cast(dict[str, dict[str, list[str]]], tomllib.loads(text))


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A phrase that was found."""

    group: str
    words: str  #: what stood in the text, folded
    start: int  #: where, in the folded text
    phrase: str  #: the phrase as it was written in the list


@dataclass(frozen=True, kw_only=True)
class _Entry:
    group: str
    phrase: str
    tokens: tuple[str, ...]
    silences: bool
    language: str  #: whose phrase it is
    strict: bool  #: counts in texts of its own language alone

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Made when a text first holds the phrase's first letters: most never do."""
        return _compile(self.tokens)


def _is_han(character: str) -> bool:
    return bool(re.match(f"[{_HAN}]", character))


def _token_pattern(token: str) -> str:
    alternatives = []
    for word in token.split("|"):
        if word.endswith("*"):
            alternatives.append(re.escape(word[:-1]) + r"\w*")
        else:
            alternatives.append(re.escape(word))
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"


def _compile(tokens: Sequence[str]) -> re.Pattern[str]:
    han = _is_han(tokens[0][0])
    end = "" if han else rf"(?![^\W{_HAN}])"
    pattern = ""
    gap = False
    for number, token in enumerate(tokens):
        if token.startswith(_BUT_NOT):
            end += rf"(?!\W+{_token_pattern(token[1:])}{end})"
            continue
        if token == _GAP:
            gap = True
            continue
        if number:
            if han:
                pattern += r"[\w\s]{0,6}?" if gap else r"\s*"
            else:
                pattern += rf"\W+(?:\w+\W+){{0,{_GAP_WORDS}}}?" if gap else r"\W+"
        pattern += _token_pattern(token)
        gap = False
    return re.compile(pattern + end)


def _keys(token: str) -> Iterable[str]:
    """How a phrase that begins with the token is found: a word, or the beginning of one and "*"."""
    for word in token.split("|"):
        stem = word.rstrip("*")
        if _is_han(stem[0]):
            yield stem[0]
        elif word.endswith("*"):
            yield f"{stem[:_KEY_LENGTH]}*"
        else:
            yield word


class PhraseBook:
    """Groups of phrases, ready to be looked for all at once.

    Cheap for many phrases: only those that may begin with a word are tried there.
    """

    def __init__(self, groups: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        """Reads the groups: name -> language -> phrases.

        Raises:
            ValueError: a phrase cannot be read; the message names it.
        """
        self._entries: dict[str, tuple[_Entry, ...]] = {}
        self._beginning = lru_cache(maxsize=_WORDS_KEPT)(self._look_up)
        for group, languages in groups.items():
            for language, phrases in languages.items():
                for phrase in phrases:
                    self._add(group, language, phrase)

    def _add(self, group: str, language: str, phrase: str) -> None:
        written = phrase.lstrip("!~")
        tokens = _tokens(written)
        if not tokens or _GAP in (tokens[0], tokens[-1]) or tokens[0].startswith(_BUT_NOT):
            raise ValueError(f'phrase "{phrase}" of {group}: must begin and end with a word')
        if any(token.startswith(_BUT_NOT) for token in tokens[:-1]):
            raise ValueError(f'phrase "{phrase}" of {group}: "^" must be its last word')
        for word in (word for token in tokens for word in token.lstrip(_BUT_NOT).split("|")):
            if word.startswith("*") or (word.endswith("*") and len(word) <= _SHORTEST_PART):
                raise ValueError(f'phrase "{phrase}" of {group}: at least two letters before "*"')
        entry = _Entry(
            group=group,
            phrase=written,
            tokens=tuple(tokens),
            silences=phrase.startswith("!"),
            language=language,
            strict=phrase.startswith("~"),
        )
        for key in dict.fromkeys(_keys(tokens[0])):
            self._entries[key] = (*self._entries.get(key, ()), entry)

    def find(
        self, folded: str, language: str = UNKNOWN, spoken: Collection[str] | None = None
    ) -> list[Hit]:
        """Every phrase that the folded text holds, first one of a phrase only, in text order.

        Args:
            folded: The text as `fold` makes it.
            language: What it is written in; phrases that begin with `~` need it.
            spoken: The languages whose phrases count; None: all.
        """
        hits: list[Hit] = []
        seen: set[tuple[str, str]] = set()
        silenced: set[str] = set()
        for match in _WORD_START.finditer(folded):
            start = match.start()
            for entry in self._beginning(match.group()):
                if entry.strict and entry.language != language:
                    continue
                if spoken is not None and entry.language not in spoken:
                    continue
                if (entry.group, entry.phrase) in seen:
                    continue
                found = entry.pattern.match(folded, start)
                if found is None:
                    continue
                seen.add((entry.group, entry.phrase))
                if entry.silences:
                    silenced.add(entry.group)
                else:
                    hits.append(
                        Hit(
                            group=entry.group,
                            words=found.group(),
                            start=start,
                            phrase=entry.phrase,
                        )
                    )
        return [hit for hit in hits if hit.group not in silenced]

    def _look_up(self, word: str) -> tuple[_Entry, ...]:
        """The phrases that may begin with a word of the text."""
        found = self._entries.get(word, ())
        for length in range(_SHORTEST_PART, min(len(word), _KEY_LENGTH) + 1):
            found += self._entries.get(f"{word[:length]}*", ())
        return found


def _tokens(phrase: str) -> list[str]:
    """The phrase's folded words; apostrophes part words as they do in the text."""
    tokens: list[str] = []
    for token in phrase.split():
        if token == _GAP:
            tokens.append(token)
            continue
        parts = [part for part in re.split(r"[^\w*|^]+", fold(token)) if part]
        tokens.extend(parts)
    return tokens


@cache
def book(name: str) -> PhraseBook:
    """The phrase book of one shipped list, all languages together, read once."""
    return PhraseBook(load(name))
