"""Texts with what is wrong in them: what the model is taught with, and what the tests ask."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from responders.draft import Half
from responders.guard.codes import Code

#: Where the lessons lie, one file a language.
FOLDER = Path(__file__).parent / "lessons"
#: The table of texts that are neighbours of no code: simply good answers.
CLEAN = "clean"

_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])\s+|(?<=[\u3002\uff01\uff1f])|\n+")


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One text, and whether the guard must find this code in it.

    A harmless text holds no other fault either; a caught one may.
    """

    language: str
    code: str  #: a code of the guard, or CLEAN
    half: Half
    caught: bool
    text: str

    def __str__(self) -> str:
        return f"{self.language}-{self.code}-{'caught' if self.caught else 'harmless'}-{self.text}"


def read(folder: Path) -> list[Lesson]:
    """Every text of every language, in the order of the files.

    Raises:
        ValueError: a file names a code or a key that there is not.
    """
    lessons: list[Lesson] = []
    for path in sorted(folder.glob("*.toml")):
        for half, tables in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for code, table in tables.items():
                if (code != CLEAN and code not in set(Code)) or set(table) - {"caught", "harmless"}:
                    raise ValueError(f"{path}: [{half}.{code}] is no table of lessons")
                lessons += [
                    Lesson(language=path.stem, code=code, half=Half(half), caught=caught, text=text)
                    for key, caught in (("caught", True), ("harmless", False))
                    for text in table.get(key, ())
                ]
    return lessons


def sentences(text: str) -> list[str]:
    """The sentences of a text, without the spaces between them."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
