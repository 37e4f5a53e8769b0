"""What to say in each situation: one readable file a situation, all languages in it.

A playbook says when it applies, what a person should find out first, whether a credit fits, how
to prevent the next case, and, for each language, several wordings of two texts: `public`, the
middle of the public reply, and `private`, the middle of the private message. Greeting, invitation
and signature come from the voices (`responders/voice/`).

A post often names the matter itself: the battery, the login, the hours on hold. What is heard then,
and what fits better than the playbook's words, stands in `matters/`, one file a matter, in the same
form; the playbook that it names gives everything else.

A team keeps a folder of its own: a file of the same name replaces single keys of ours, a new name
adds a situation, `matters/<name>.toml` does the same for a matter, `voices/<language>.toml`
replaces sentences of a voice, `signed_off.csv` says who has reviewed what
(responders/playbooks/sheet.py). No code is touched.
"""

import tomllib
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import cast

from responders.draft import Half
from responders.guard.phrases import Phrase, PhraseError, phrases
from responders.playbooks import sheet
from responders.playbooks.texts import (
    PLACEHOLDERS,
    THING,
    Matter,
    Offer,
    Playbook,
    PlaybookError,
    Playbooks,
    Text,
)
from responders.things import KINDS, ThingsError, load_things
from responders.verdict import NO_MATTER
from responders.voice import Review, Voice, VoiceError, load_voices
from responders.wording import WordingError, check

__all__ = [
    "PLACEHOLDERS",
    "THING",
    "Matter",
    "Offer",
    "Playbook",
    "PlaybookError",
    "Playbooks",
    "Review",
    "Text",
    "load",
]

#: Where our own playbooks lie.
OURS = Path(__file__).parent

#: Where matters lie, below ours and below a team's folder.
MATTERS = "matters"

_KEYS = ("title", "when", "topics", "find_out", "prevent", "notes", "credit")
_CREDIT_KEYS = ("offer", "why")
_MATTER_KEYS = ("title", "playbook", "topics", "rank", "within", "things", "instead")
_HEAR = "hear"
_TEXT_KEYS = ("public", "private", "public_english", "private_english")


def load(folder: Path | None = None) -> Playbooks:
    """Our playbooks and voices, with a team's own in their place.

    Raises:
        PlaybookError: a file of either kind cannot be used.
    """
    if folder is None:
        return _ours()
    if not folder.is_dir():
        raise PlaybookError(f"{folder}: is no folder; [playbooks] folder names one")
    return _loaded(folder)


@cache
def _ours() -> Playbooks:
    """Read once: nobody changes them while a program runs."""
    return _loaded(None)


def _loaded(folder: Path | None) -> Playbooks:
    raw, origin = _files(OURS, folder)
    raw_matters, places = _files(OURS / MATTERS, folder / MATTERS if folder else None)
    try:
        voices = load_voices(folder / "voices" if folder is not None else None)
        things = load_things(folder / "things" if folder is not None else None)
    except (VoiceError, ThingsError) as error:
        raise PlaybookError(str(error)) from error
    books = tuple(_playbook(origin[name], name, raw[name], voices) for name in sorted(raw))
    _check_topics(books, origin)
    names = tuple(raw)
    taught = _taught(folder / MATTERS) if folder else {}
    matters = tuple(
        replace(
            _matter(places[name], name, raw_matters[name], voices, names),
            taught=taught.get(name, frozenset()),
        )
        for name in sorted(raw_matters)
    )
    _check_instead(matters, places, {*names, *raw_matters})
    loaded = Playbooks(playbooks=books, voices=voices, matters=matters, things=things)
    return loaded if folder is None else _signed_off(loaded, folder / sheet.FILE)


def _files(ours: Path, theirs: Path | None) -> tuple[dict[str, dict[str, object]], dict[str, Path]]:
    """What each file holds, a team's own over ours, and where it stands."""
    raw = {path.stem: _with_english(_parse(path)) for path in sorted(ours.glob("*.toml"))}
    origin = {name: ours / f"{name}.toml" for name in raw}
    for path in sorted(theirs.glob("*.toml")) if theirs is not None else ():
        raw[path.stem] = _overlaid(raw.get(path.stem, {}), _parse(path))
        origin[path.stem] = path
    return raw, origin


def _taught(theirs: Path) -> dict[str, frozenset[str]]:
    """The languages in which a team has written what names a matter, by matter."""
    parsed = {path.stem: _parse(path) for path in sorted(theirs.glob("*.toml"))}
    return {
        name: frozenset(
            key for key, table in raw.items() if isinstance(table, dict) and _HEAR in table
        )
        for name, raw in parsed.items()
    }


def _signed_off(loaded: Playbooks, path: Path) -> Playbooks:
    if not path.exists():
        return loaded
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlaybookError(f"{path}: cannot be read: {error}") from error
    signed, unsigned = sheet.standing(loaded, sheet.read(text, str(path)), str(path))
    return replace(signed, unsigned=unsigned)


def _parse(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlaybookError(f"{path}: playbook {path.stem}: cannot be read: {error}") from error


def _is_language(key: str) -> bool:
    return len(key) == 2 and key.isalpha() and key.islower()


def _with_english(raw: dict[str, object]) -> dict[str, object]:
    """The English parallel of a text is the English text of the same number, unless written."""
    english = raw.get("en")
    if not isinstance(english, dict):
        return raw
    filled = dict(raw)
    for key, table in raw.items():
        if _is_language(key) and isinstance(table, dict):
            parallels = {
                f"{half}_english": english[half] for half in Half if half in english and key != "en"
            }
            filled[key] = parallels | table
    return filled


def _overlaid(base: dict[str, object], own: dict[str, object]) -> dict[str, object]:
    merged = dict(base) | own
    for key, table in own.items():
        below = base.get(key)
        if _is_language(key) and isinstance(table, dict) and isinstance(below, dict):
            # A new text makes our parallel English untrue: it goes, unless the team wrote one.
            stale = {f"{half}_english" for half in Half if half in table}
            merged[key] = {k: v for k, v in below.items() if k not in stale} | table
    return merged if base else _with_english(merged)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where in which file something stands: the beginning of every message."""

    path: Path
    playbook: str
    language: str = ""

    def error(self, key: str, problem: str) -> PlaybookError:
        language = f", language {self.language}" if self.language else ""
        return PlaybookError(
            f"{self.path}: playbook {self.playbook}{language}, key {key}: {problem}"
        )

    def unknown(self, key: str, known: tuple[str, ...]) -> PlaybookError:
        near = get_close_matches(key, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"allowed: {', '.join(known)}"
        return self.error(key, f"unknown; {hint}")


def _playbook(
    path: Path, name: str, raw: Mapping[str, object], voices: Mapping[str, Voice]
) -> Playbook:
    place = _Place(path=path, playbook=name)
    texts: dict[tuple[str, Half], tuple[Text, ...]] = {}
    for key, value in raw.items():
        if _is_language(key):
            there = _Place(path=path, playbook=name, language=key)
            if key not in voices:
                raise there.error(key, f"no voice for it; there are {', '.join(sorted(voices))}")
            for half, wordings in _texts(there, value).items():
                texts[key, half] = wordings
        elif key not in _KEYS:
            raise place.unknown(key, (*_KEYS, *sorted(voices)))
    _has_english(place, texts)
    offer, why = _credit(place, raw.get("credit", {}))
    return Playbook(
        name=name,
        title=_line(place, "title", raw.get("title")),
        when=_line(place, "when", raw.get("when")),
        topics=_lines(place, "topics", raw.get("topics", [name])),
        find_out=_lines(place, "find_out", raw.get("find_out", [])),
        prevent=_line(place, "prevent", raw.get("prevent", "-")).removeprefix("-"),
        notes=_lines(place, "notes", raw.get("notes", [])),
        offer=offer,
        offer_why=why,
        texts=texts,
    )


def _has_english(place: _Place, texts: Mapping[tuple[str, Half], object]) -> None:
    if ("en", Half.PUBLIC) not in texts:
        raise place.error("en", "missing; every playbook has English, the language to fall back to")


def _matter(
    path: Path,
    name: str,
    raw: Mapping[str, object],
    voices: Mapping[str, Voice],
    playbooks: tuple[str, ...],
) -> Matter:
    place = _Place(path=path, playbook=f"{MATTERS}/{name}")
    things, instead = _kinds(place, raw)
    allowed = PLACEHOLDERS | {THING} if things else PLACEHOLDERS
    texts: dict[tuple[str, Half], tuple[Text, ...]] = {}
    hears: dict[str, tuple[Phrase, ...]] = {}
    for key, value in raw.items():
        if _is_language(key):
            there = _Place(path=path, playbook=f"{MATTERS}/{name}", language=key)
            if key not in voices:
                raise there.error(key, f"no voice for it; there are {', '.join(sorted(voices))}")
            table = dict(value) if isinstance(value, dict) else value
            sources = _lines(there, _HEAR, table.pop(_HEAR, [])) if isinstance(table, dict) else ()
            hears[key] = _hears(there, sources)
            for half, wordings in _texts(there, table, allowed).items():
                texts[key, half] = wordings
        elif key not in _MATTER_KEYS:
            raise place.unknown(key, (*_MATTER_KEYS, *sorted(voices)))
    _has_english(place, texts)
    if things and any(hears.values()):
        raise place.error("hear", "of no use beside things: those are heard; take one of them out")
    playbook = _line(place, "playbook", raw.get("playbook"))
    if playbook not in playbooks:
        raise place.error("playbook", f"found {playbook!r}; there are {', '.join(playbooks)}")
    rank = raw.get("rank", 0)
    if not isinstance(rank, int):
        raise place.error("rank", f"found {rank!r}; a whole number, the lowest is heard first")
    within = raw.get("within", "")
    if not isinstance(within, str):
        raise place.error("within", f"found {within!r}; the name of a matter, or {NO_MATTER!r}")
    return Matter(
        name=name,
        title=_line(place, "title", raw.get("title")),
        playbook=playbook,
        topics=_lines(place, "topics", raw.get("topics", [])),
        rank=rank,
        within=within,
        things=things,
        instead=instead,
        hears=hears,
        texts=texts,
    )


def _kinds(place: _Place, raw: Mapping[str, object]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds of things that a matter's texts name, and whose words they replace."""
    things = _lines(place, "things", raw.get("things", []))
    instead = _lines(place, "instead", raw.get("instead", []))
    for kind in things:
        if kind not in KINDS:
            raise place.error("things", f"found {kind!r}; allowed: {', '.join(KINDS)}")
    if bool(things) is not bool(instead):
        raise place.error("instead", "goes with things: whose general words these texts replace")
    return things, instead


def _hears(place: _Place, sources: Iterable[str]) -> tuple[Phrase, ...]:
    try:
        return tuple(phrases(sources, place.language))
    except PhraseError as error:
        raise place.error(_HEAR, str(error)) from error


def _texts(
    place: _Place, table: object, allowed: frozenset[str] = PLACEHOLDERS
) -> dict[Half, tuple[Text, ...]]:
    if not isinstance(table, dict):
        raise place.error(place.language, "found no table; write [xx] and below it public = [...]")
    for key in table:
        if key not in _TEXT_KEYS:
            raise place.unknown(key, _TEXT_KEYS)
    found: dict[Half, tuple[Text, ...]] = {}
    for half in Half:
        if half not in table:
            continue
        words = _wordings(place, half, table[half], allowed)
        english: tuple[str | None, ...] = words if place.language == "en" else ()
        if f"{half}_english" in table:
            english = _wordings(place, f"{half}_english", table[f"{half}_english"], allowed)
        padded = (*english, *(None for _ in words))
        found[half] = tuple(
            Text(words=text, english=same) for text, same in zip(words, padded, strict=False)
        )
    if Half.PUBLIC not in found:
        raise place.error("public", "missing; a list of texts is needed")
    return found


def _wordings(place: _Place, key: str, value: object, allowed: frozenset[str]) -> tuple[str, ...]:
    texts = _lines(place, key, value)
    if not texts:
        raise place.error(key, "an empty list; at least one text is needed, four are good")
    for number, text in enumerate(texts, 1):
        try:
            check(text, allowed)
        except WordingError as error:
            raise place.error(f"{key}, text {number}", str(error)) from error
    return texts


def _line(place: _Place, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise place.error(key, f"found {value!r}; a text in quotes is needed")
    return value


def _lines(place: _Place, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        raise place.error(key, f"found {value!r}; a list of texts in quotes is needed")
    return tuple(cast(list[str], value))


def _credit(place: _Place, value: object) -> tuple[Offer, str]:
    if not isinstance(value, dict):
        raise place.error("credit", f'found {value!r}; write [credit] and below it offer = "none"')
    for key in value:
        if key not in _CREDIT_KEYS:
            raise place.unknown(f"credit.{key}", tuple(f"credit.{known}" for known in _CREDIT_KEYS))
    offer = value.get("offer", Offer.NONE)
    if offer not in tuple(Offer):
        raise place.error("credit.offer", f"found {offer!r}; allowed: {', '.join(Offer)}")
    return Offer(offer), _line(place, "credit.why", value.get("why", "-")).removeprefix("-")


def _check_instead(matters: Iterable[Matter], places: Mapping[str, Path], known: Set[str]) -> None:
    for matter in matters:
        for name in matter.instead:
            if name not in known:
                place = _Place(path=places[matter.name], playbook=f"{MATTERS}/{matter.name}")
                near = get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else "no playbook or matter"
                raise place.error("instead", f"found {name!r}; {hint}")


def _check_topics(books: tuple[Playbook, ...], origin: Mapping[str, Path]) -> None:
    owner: dict[str, str] = {}
    for book in books:
        for topic in book.topics:
            if topic in owner:
                raise _Place(path=origin[book.name], playbook=book.name).error(
                    "topics", f"{topic} belongs to playbook {owner[topic]} already; one is allowed"
                )
            owner[topic] = book.name
