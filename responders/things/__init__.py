"""What a post is about, by name: the printer, the booking, the download.

A good agent shows that the post was read. Nothing that a customer wrote may stand in our text, so
each language has a list of things (`<language>.toml`): the words by which a post names one, and
the words, ready for a sentence, with which we name it back: `said = "with the printer"`. Of the
things that a post names one that fits the situation is taken, else the first of the list: what is
rarer stands above. `kinds.toml` says what each thing is, and so which question helps: of a flight
the booking, of a phone the model.

A team keeps `things/<language>.toml` in its folder of playbooks: a thing of the same name replaces
ours, a new one stands before ours and may name its `kind`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from responders.guard.phrases import Ear, Phrase, PhraseError, folded, phrases
from responders.wording import WordingError, check, tame

#: Where our own lists lie.
OURS = Path(__file__).parent
_NEEDED, _KEYS = {"said", "hear"}, {"said", "hear", "kind"}
_KINDS_FILE = "kinds.toml"
#: What ends a sentence has no place within one.
_ENDS = ".,;:!?\u3002\uff01\uff1f"
#: Where a thing is in no other list.
_GOODS = "goods"


class ThingsError(ValueError):
    """A list that cannot be used: names file, thing, what was found and what is allowed."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One thing in one language."""

    said: str  #: how a text of ours names it, with the word that leads to it: "with the printer"
    kind: str  #: one of `KINDS`
    hears: tuple[Phrase, ...]


def _kinds() -> dict[str, str]:
    raw = tomllib.loads((OURS / _KINDS_FILE).read_text(encoding="utf-8"))
    return {name: kind for kind, names in raw.items() for name in names}


#: The kind of each thing of ours that has one.
_KIND_OF = _kinds()
#: Every kind of thing.
KINDS = tuple(sorted({*_KIND_OF.values(), _GOODS}))


@dataclass(frozen=True, kw_only=True)
class Things:
    """The things of one language, the first one first."""

    language: str
    by_name: Mapping[str, Thing]

    def named(self, text: str) -> Iterator[str]:
        """The names of the things that a post names, in the order of the list."""
        names = tuple(self.by_name)
        for place in sorted(self._ear.heard(folded(text, self.language).lower())):
            yield names[place]

    @cached_property
    def _ear(self) -> Ear[int]:
        return Ear(
            (place, phrase)
            for place, thing in enumerate(self.by_name.values())
            for phrase in thing.hears
        )


def load_things(folder: Path | None = None) -> dict[str, Things]:
    """Every list by language: ours, with a team's own in their place or before them.

    Raises:
        ThingsError: a list cannot be used, or would never be: its name is no language.
    """
    found = {path.stem: _read(path) for path in sorted(OURS.glob("??.toml"))}
    if folder is not None:
        for path in sorted(folder.glob("*.toml")):
            if not re.fullmatch("[a-z]{2}", path.stem):
                raise ThingsError(f"{path}: named {path.stem!r}; a language such as en is needed")
            ours = found.get(path.stem, {})
            own = _read(path)
            found[path.stem] = own | {name: ours[name] for name in ours if name not in own}
    return {
        language: Things(language=language, by_name=things) for language, things in found.items()
    }


def _read(path: Path) -> dict[str, Thing]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThingsError(f"{path}: cannot be read: {error}") from error
    return {name: _thing(path, name, table) for name, table in raw.items()}


def _thing(path: Path, name: str, table: object) -> Thing:
    where = f"{path}: thing {name}"
    if not isinstance(table, dict) or not _NEEDED <= set(table) <= _KEYS:
        form = 'said = "with the printer" and hear = ["printer*"]'
        raise ThingsError(f"{where}: found {table!r}; write {form}")
    said, hear = table["said"], table["hear"]
    kind = table.get("kind", _KIND_OF.get(name, _GOODS))
    if kind not in KINDS:
        raise ThingsError(f"{where}, key kind: found {kind!r}; allowed: {', '.join(KINDS)}")
    if not isinstance(said, str):
        raise ThingsError(f"{where}, key said: found {said!r}; a text in quotes is needed")
    try:
        check(said, ())
    except WordingError as error:
        raise ThingsError(f"{where}, key said: {error}") from error
    if said != tame(said) or said[-1] in _ENDS:
        raise ThingsError(
            f"{where}, key said: found {said!r}; a few plain words are needed, such as "
            '"with the printer": no signs, no choice of forms, no stop at the end'
        )
    if not isinstance(hear, list) or not all(isinstance(line, str) for line in hear) or not hear:
        raise ThingsError(f"{where}, key hear: found {hear!r}; a list of phrases is needed")
    try:
        return Thing(said=said, kind=kind, hears=tuple(phrases(hear, path.stem)))
    except PhraseError as error:
        raise ThingsError(f"{where}, key hear: {error}") from error
