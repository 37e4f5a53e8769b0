"""Texts that the guard must catch and harmless neighbours, one file a language."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from responders.draft import Half


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One text, and whether the guard must find this code in it."""

    language: str
    code: str
    half: Half
    caught: bool
    text: str

    def __str__(self) -> str:
        return f"{self.language}-{self.code}-{'caught' if self.caught else 'harmless'}-{self.text}"


def samples() -> list[Sample]:
    """Every text of every language."""
    return [
        Sample(language=path.stem, code=code, half=Half(half), caught=key == "caught", text=text)
        for path in sorted(Path(__file__).parent.glob("*.toml"))
        for half, tables in tomllib.loads(path.read_text(encoding="utf-8")).items()
        for code, table in tables.items()
        for key in ("caught", "harmless")
        for text in table[key]
    ]
