"""Whether a rephrased text is still the draft: nothing lost, nothing added. Pure.

What must stay word for word is known beforehand: the standing lines of the voice (what we never
ask for, how to hear no more), every sentence that names a right, the signature. The rest may be
said differently, within the same length, with the same numbers, addresses and names.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from connectors.base import Author
from responders.guard.facts import places
from responders.guard.phrases import folded
from responders.guard.tongue import is_han
from responders.policy import Brand
from responders.voice import Voice, first_name
from responders.wording import form, say, tame

#: Stands for the customer's first name, which is never sent.
NAME = "(NAME)"

#: So much longer or shorter a rephrased text may be.
_LONGER, _SHORTER = 1.25, 0.5
#: So many words in a row that stand in the post and not in the draft are the post's, not ours.
_RUN, _RUN_HAN = 4, 10

_SIGNS = frozenset("<>{}[]|@#*_~`\\$%^=\u20ac\u00a3\u00a5")
_FIGURES = re.compile(r"\d+")
_SENTENCE = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s*(?=\S)|\n+")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A draft's text as the model sees it, and what of it must stay."""

    text: str  #: without the customer's account, with NAME for their first name
    lines: tuple[str, ...]  #: stay word for word
    sign: str  #: stands at the end
    name: str = ""
    account: str = ""  #: with its space, as it stands before the text

    @property
    def most(self) -> int:
        """How many characters the rephrased text may have."""
        return int(len(self.text) * _LONGER)

    def back(self, text: str) -> str:
        """A rephrased text with the customer's name and account in it again."""
        return self.account + text.replace(NAME, self.name)


@cache
def _rights() -> dict[str, tuple[str, ...]]:
    """The beginnings of words that name a right, by language."""
    raw = tomllib.loads((Path(__file__).parent / "rights.toml").read_text(encoding="utf-8"))
    return {language: tuple(words.split()) for language, words in raw.items()}


def frame(text: str, author: Author, brand: Brand, voice: Voice) -> Frame:
    """Take a draft's text apart."""
    account = re.match(r"@\S+ ", text)
    rest = text[account.end() :] if account else text
    name = first_name(tame(author.name)) or ""
    if name:
        rest = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, rest)
    signs = (
        tame(brand.signature),
        say(voice.team, familiar=False, values={"brand": tame(brand.name).replace(".", " ")}),
    )
    sign = next((one for one in signs if one and rest.endswith(one)), "")
    return Frame(
        text=rest,
        lines=tuple(dict.fromkeys((*_standing(rest, brand, voice), *_of_rights(rest, voice)))),
        sign=sign,
        name=name,
        account=account[0] if account else "",
    )


def _standing(text: str, brand: Brand, voice: Voice) -> Iterator[str]:
    """The voice's lines that stay as they are, where they stand in the text."""
    values = {"contact": " ".join(brand.contact.split()), "link": brand.privacy_url}
    for line in (*voice.safety, voice.other_way, voice.privacy, voice.stop):
        filled = say(form(line, familiar=brand.voice == "familiar"), familiar=False, values=values)
        if filled in text:
            yield filled


def _of_rights(text: str, voice: Voice) -> Iterator[str]:
    stems = _rights().get(voice.language, ())
    for sentence in sentences(text):
        if any(stem in sentence.lower() for stem in stems):
            yield sentence


def sentences(text: str) -> list[str]:
    """The sentences of a text, with their signs."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def harm(old: Frame, new: str, *, post: str, language: str) -> str:
    """What the new text lost or gained that it may not, in plain words; "" where nothing."""
    if not new:
        return "a text is missing"
    if any(char in _SIGNS and char not in old.text for char in new) or not _plain(old.text, new):
        return "it holds signs that the draft does not"
    if not _SHORTER * len(old.text) <= len(new) <= old.most:
        return f"its length is {len(new)} instead of about {len(old.text)}"
    if new.count(NAME) != old.text.count(NAME):
        return "the customer's name was lost or added"
    if sorted(_FIGURES.findall(new)) != sorted(_FIGURES.findall(old.text)):
        return "numbers were lost or added"
    if places(new) != places(old.text):
        return "a link, an address or an account was lost or added"
    if not all(line in new for line in old.lines):
        return "a sentence that must stay word for word was changed"
    if not new.endswith(old.sign):
        return "the signature was lost"
    if _runs(new, language) & _runs(post, language) - _runs(old.text, language):
        return "it repeats the post"
    return ""


def _plain(old: str, new: str) -> bool:
    """Whether nothing invisible came in, and no line end where there was none."""
    breaks = "\n" in old
    return all(char.isprintable() or (char == "\n" and breaks) for char in new)


def _runs(text: str, language: str) -> set[tuple[str, ...]]:
    """Every few words in a row; letters where words are not spaced."""
    plain = folded(text, language).lower()
    if is_han(plain):
        signs, length = [char for char in plain if char.isalnum()], _RUN_HAN
    else:
        signs, length = _WORD.findall(plain), _RUN
    return {tuple(signs[at : at + length]) for at in range(len(signs) - length + 1)}
