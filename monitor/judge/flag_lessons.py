"""Posts with red flags and their harmless neighbours: what the alarms learn from.

sentences/flags/README.md tells the rounds in which they were written and what a line means.
"""

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from monitor.judge.language import LANGUAGES
from responders.verdict import RedFlag

#: In twelve languages, with questions.
ROUNDS = ("first", "fresh")
#: Red flags and their neighbours alone, in five languages.
FLAG_ROUNDS = ("third", "fourth")
#: What a line is about where it is no red flag.
ASKS = "asks"


@dataclass(frozen=True, kw_only=True)
class Post:
    """A labelled line."""

    text: str
    language: str
    about: str  #: a red flag, "asks", or "" for a post without a flag
    wanted: bool  #: whether it must be found


def rounds() -> Traversable:
    """The folder of the rounds that the lists and the alarms learn from."""
    return files("monitor.judge").joinpath("sentences", "flags")


def written(folder: Traversable) -> tuple[str, ...]:
    """The languages in which a round was written."""
    return tuple(one for one in LANGUAGES if folder.joinpath(f"{one}.txt").is_file())


def read(folder: Traversable, language: str) -> list[Post]:
    """The posts of one round and language, in the order of the file.

    Raises:
        ValueError: a line has no sign or names no flag; the message shows it.
    """
    lines = folder.joinpath(f"{language}.txt").read_text("utf-8").splitlines()
    return [_post(line, language) for line in lines]


def _post(line: str, language: str) -> Post:
    label, _, text = line.partition(" ")
    about = label[1:]
    known = {"+": {*RedFlag, ASKS}, "-": {"", ASKS}}.get(label[:1], set())
    if about not in known or not text:
        raise ValueError(f'"{line}" ({language}): must begin with "+flag ", "- " or "+-asks "')
    return Post(text=text, language=language, about=about, wanted=label[0] == "+")
