"""How we speak in one language: greetings, invitations, the frame around every text.

A voice is one file, `<language>.toml`. The playbooks say what one situation needs; what is
the same in every situation (how to greet, where to write to us, that we never ask for passwords,
who signs) stands here, so that a support lead finds each sentence in one place.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from responders.verdict import RedFlag
from responders.wording import WordingError, check

#: Where our own voices lie.
OURS = Path(__file__).parent
_NAMES = Path(__file__).parent / "given_names.txt"


class VoiceError(ValueError):
    """A voice file that cannot be used: the message names file, key, found and allowed."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """Who has signed a text off, when, and for which market."""

    by: str
    on: date
    market: str = ""  #: such as "DE, AT"; empty: wherever the language is spoken


@dataclass(frozen=True, kw_only=True)
class Voice:
    """The sentences of one language that belong to no single situation."""

    language: str
    hello: tuple[str, ...]  #: greets without a name
    #: Greets by first name; empty where the language would have to bend the name.
    hello_named: tuple[str, ...]
    #: Where we write to the customer privately ourselves.
    we_write: tuple[str, ...]
    #: Where the customer has to write first.
    write_to_us: tuple[str, ...]
    #: Where there is no private message: the official channel by name.
    contact_us: tuple[str, ...]
    #: The same where the brand named no channel.
    through_the_shop: tuple[str, ...]
    safety: tuple[str, ...]  #: we never ask for card data or passwords
    closing: tuple[str, ...]  #: ends a private message
    other_way: str  #: a second way to reach us, in a private message
    credit: tuple[str, ...]  #: the paragraph that offers an extra
    team: str  #: signs where no person is named
    privacy: str  #: the line with the link to the privacy notice
    stop: str  #: how to hear no more from us
    holding: Mapping[RedFlag, str]  #: a first word where a person must write the rest
    review: Review | None = None  #: None: not every sentence was signed off

    def lines(self) -> Iterator[str]:
        """Every text of the voice, in the order of its keys."""
        for texts in (self.hello, self.hello_named, self.we_write, self.write_to_us):
            yield from texts
        for texts in (self.contact_us, self.through_the_shop, self.safety, self.closing):
            yield from texts
        yield from (*self.credit, self.other_way, self.privacy, self.stop)
        yield from self.holding.values()


#: key -> placeholders that its texts may hold.
_TEXTS: dict[str, frozenset[str]] = {
    "hello": frozenset(),
    "hello_named": frozenset({"name"}),
    "we_write": frozenset(),
    "write_to_us": frozenset(),
    "contact_us": frozenset({"contact"}),
    "through_the_shop": frozenset(),
    "safety": frozenset(),
    "closing": frozenset(),
    "credit": frozenset({"amount", "code"}),
}
_LINES: dict[str, frozenset[str]] = {
    "other_way": frozenset({"contact"}),
    "team": frozenset({"brand"}),
    "privacy": frozenset({"link"}),
    "stop": frozenset(),
}
#: Lists that may be empty.
_OPTIONAL = frozenset({"hello_named"})
#: Placeholders without which a text would miss its purpose.
_NEEDED = {
    "hello_named": frozenset({"name"}),
    "contact_us": frozenset({"contact"}),
    "credit": frozenset({"amount", "code"}),
}


def load_voice(path: Path, base: Voice | None = None) -> Voice:
    """Read one voice; keys that the file leaves out are those of `base`.

    Raises:
        VoiceError: the file cannot be read, a key is unknown or missing, or a text cannot be used.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise VoiceError(f"{path}: cannot be read: {error}") from error
    known = [field.name for field in fields(Voice) if field.name not in {"language", "review"}]
    for key in raw:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"allowed: {', '.join(known)}"
            raise VoiceError(f"{path}: unknown key {key}; {hint}")
    for key in known:
        if key not in raw and base is None:
            raise VoiceError(f"{path}: key {key} is missing; a new language needs all of them")
    lists = {key: _texts(path, key, raw[key]) for key in _TEXTS if key in raw}
    lines = {key: _text(path, key, raw[key], _LINES[key]) for key in _LINES if key in raw}
    holding = _holding(path, raw["holding"]) if "holding" in raw else None
    if base is not None:
        lists = {key: getattr(base, key) for key in _TEXTS} | lists
        lines = {key: getattr(base, key) for key in _LINES} | lines
        holding = base.holding if holding is None else holding
    assert holding is not None
    return Voice(
        language=path.stem,
        hello=lists["hello"],
        hello_named=lists["hello_named"],
        we_write=lists["we_write"],
        write_to_us=lists["write_to_us"],
        contact_us=lists["contact_us"],
        through_the_shop=lists["through_the_shop"],
        safety=lists["safety"],
        closing=lists["closing"],
        other_way=lines["other_way"],
        credit=lists["credit"],
        team=lines["team"],
        privacy=lines["privacy"],
        stop=lines["stop"],
        holding=holding,
    )


def _texts(path: Path, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not (value or key in _OPTIONAL):
        raise VoiceError(f"{path}: key {key}: found {value!r}; a list of texts is needed")
    return tuple(
        _text(path, f"{key}, text {number}", text, _TEXTS[key], _NEEDED.get(key, frozenset()))
        for number, text in enumerate(value, 1)
    )


def _holding(path: Path, value: object) -> Mapping[RedFlag, str]:
    if not isinstance(value, dict) or set(value) != {flag.value for flag in RedFlag}:
        flags = ", ".join(RedFlag)
        raise VoiceError(f"{path}: key holding: a table with one text for each of {flags}")
    return {
        flag: _text(path, f"holding.{flag}", value[flag.value], frozenset()) for flag in RedFlag
    }


def _text(
    path: Path,
    key: str,
    text: object,
    allowed: frozenset[str],
    needed: frozenset[str] = frozenset(),
) -> str:
    if not isinstance(text, str):
        raise VoiceError(f"{path}: key {key}: found {text!r}; a text in quotes is needed")
    try:
        check(text, allowed)
    except WordingError as error:
        raise VoiceError(f"{path}: key {key}: {error}") from error
    for name in sorted(needed):
        if "{" + name + "}" not in text:
            raise VoiceError(f"{path}: key {key}: the placeholder {{{name}}} is missing")
    return text


def sentences(voice: Voice) -> Iterator[tuple[str, int, str]]:
    """Every sentence of a voice as (key, number from 1, text)."""
    for key in _TEXTS:
        yield from ((key, number, text) for number, text in enumerate(getattr(voice, key), 1))
    for key in _LINES:
        yield key, 1, getattr(voice, key)
    for flag, text in voice.holding.items():
        yield f"holding.{flag}", 1, text


def load_voices(folder: Path | None = None) -> dict[str, Voice]:
    """Every voice by language: ours, with a team's own keys and languages in their place.

    Raises:
        VoiceError: as `load_voice`.
    """
    voices = {path.stem: load_voice(path) for path in sorted(OURS.glob("*.toml"))}
    if folder is not None:
        for path in sorted(folder.glob("*.toml")):
            voices[path.stem] = load_voice(path, voices.get(path.stem))
    return voices


@cache
def _given_names() -> frozenset[str]:
    lines = _NAMES.read_text(encoding="utf-8").splitlines()
    return frozenset(
        name.casefold() for line in lines if not line.startswith("#") for name in line.split()
    )


def first_name(shown: str) -> str | None:
    """The first name in a name as a platform shows it, or None where it is not surely one.

    Display names are anything ("Angry Customer", "DON'T BUY HERE"). We greet by name only where
    the whole looks like a person's name and starts with a given name that we know: no name is
    always polite, a wrong one never.
    """
    words = shown.split()
    if not 1 <= len(words) <= 3 or len(shown) > 40:
        return None
    if not all(word.replace("-", "").replace("'", "").rstrip(".").isalpha() for word in words):
        return None
    first = words[0]
    if first.casefold() not in _given_names():
        return None
    return first if first[:1].isupper() and first[1:].islower() else first.title()
