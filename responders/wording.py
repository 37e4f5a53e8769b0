"""The small markup of a text for customers, and how foreign words come into it safely.

A text holds placeholders in braces, such as `{contact}`, and, in languages with two forms of
address, choices in square brackets, the formal one first: `[Schreiben Sie|Schreib] uns`.
Everything that somebody else wrote (a customer's name, a shop's name) is tamed before it comes
in, and comes in once: a name that reads `{code}` stays a name.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_CHOICE = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")

#: Signs of Chinese texts that end a sentence, or what stands in brackets.
_FULL_WIDTH = ("\u3002", "\uff01", "\uff1f", "\uff09")

#: Longest name of a person or a shop that a text repeats.
NAME_LIMIT = 40

#: What could mean something to Slack, HTML, Markdown, a platform's mentions, or to this markup.
_MEANINGFUL = frozenset('<>{}[]|@#*_~`\\;$%^="')


class WordingError(ValueError):
    """A text that cannot be filled: the message says what was found and what is allowed."""


def placeholders(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(_PLACEHOLDER.findall(text))


def check(text: str, allowed: Collection[str]) -> None:
    """Make sure that a text can be filled.

    Raises:
        WordingError: it is blank, names an unknown placeholder, or has an open brace or bracket.
    """
    if not text.strip():
        raise WordingError("the text is empty")
    unknown = sorted(placeholders(text) - frozenset(allowed))
    if unknown:
        known = ", ".join("{" + name + "}" for name in sorted(allowed)) or "none"
        raise WordingError(f"unknown placeholder {{{unknown[0]}}}; allowed here: {known}")
    rest = _CHOICE.sub("", _PLACEHOLDER.sub("", text))
    if odd := re.search(r"[\[\]{}|]", rest):
        raise WordingError(
            f'a lone "{odd[0]}"; a placeholder is {{name}}, a choice is [formal|familiar]'
        )


@lru_cache(maxsize=8192)
def form(text: str, *, familiar: bool) -> str:
    """The text in one form of address, its placeholders still open."""
    return _CHOICE.sub(lambda match: match[2 if familiar else 1], text)


def say(text: str, *, familiar: bool, values: Mapping[str, str]) -> str:
    """The text in one form of address with its placeholders filled.

    Values are used as they are: tame what others wrote first.

    Raises:
        KeyError: a placeholder has no value.
    """
    said = form(text, familiar=familiar)
    return _PLACEHOLDER.sub(lambda match: values[match[1]], said) if "{" in said else said


def in_a_row(texts: Iterable[str], glue: str = " ") -> str:
    """Texts one after the other; a full-width stop has its own room, and no space follows it."""
    row = ""
    for text in texts:
        own_room = glue == " " and row.endswith(_FULL_WIDTH)
        row += text if own_room or not row else glue + text
    return row


def tame(name: str, limit: int = NAME_LIMIT) -> str:
    """A name with everything taken out that is not plainly part of a name; may become empty.

    Control and invisible characters, line ends, and every sign that could start a mention, a
    link, a tag or a placeholder are dropped; runs of spaces become one.
    """
    plain = unicodedata.normalize("NFKC", name)
    kept = "".join(
        " " if char.isspace() else char
        for char in plain
        if char not in _MEANINGFUL and (char.isspace() or unicodedata.category(char)[0] not in "CZ")
    )
    return " ".join(kept.replace("://", " ").split())[:limit].strip()
