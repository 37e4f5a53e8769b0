"""Labelled posts that training never saw; README.md says what a line means."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.judge.language import LANGUAGES


@dataclass(frozen=True, kw_only=True)
class Post:
    """One labelled post."""

    text: str
    language: str
    label: bool  #: a person should answer
    kind: str  #: the topic of a complaint, or what else the post is


def read_posts() -> Sequence[Post]:
    """All of them, language by language."""
    found: list[Post] = []
    for language in LANGUAGES:
        path = Path(__file__).with_name(f"{language}.txt")
        for line in path.read_text(encoding="utf-8").splitlines():
            mark, _, text = line.partition(" ")
            found.append(Post(text=text, language=language, label=mark[0] == "+", kind=mark[1:]))
    return found
