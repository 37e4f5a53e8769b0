"""How many red flags and questions are found: `python -m tests.benchmarks.bench_flags`.

The posts are our own (`tests/monitor/judge/flags/README.md`). The language is guessed, as it is
for a post from the world.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.judge.asks import asks
from monitor.judge.language import Guess, LanguageGuesser
from monitor.judge.phrases import fold
from monitor.judge.red_flags import red_flags
from responders.verdict import RedFlag

FOLDER = Path(__file__).parents[1] / "monitor" / "judge" / "flags"
#: What each served for: see the README beside the posts.
ROUNDS = ("first", "fresh")
#: Later rounds: red flags and their neighbours alone, in five languages.
FLAG_ROUNDS = ("third", "fourth")
#: Never looked at while the lists were mended.
BLIND = "blind"
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "uk", "ru", "zh")
_ASKS = "asks"
_SPEED_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Post:
    """A labelled line."""

    text: str
    language: str
    about: str  #: a red flag, "asks", or "" for a post without a flag
    wanted: bool  #: whether it must be found


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was found in a post."""

    post: Post
    found: frozenset[str]

    @property
    def right(self) -> bool:
        """Whether the one thing that the line is about was told rightly."""
        if not self.post.about:
            return not self.found - {_ASKS}
        return (self.post.about in self.found) is self.post.wanted


def written(name: str) -> tuple[str, ...]:
    """The languages in which a round was written."""
    return tuple(one for one in LANGUAGES if (FOLDER / name / f"{one}.txt").exists())


def read(name: str, language: str) -> list[Post]:
    """The posts of one round and language, in the order of the file.

    Raises:
        ValueError: a line has no sign or names no flag; the message shows it.
    """
    path = FOLDER / name / f"{language}.txt"
    return [_post(line, language) for line in path.read_text("utf-8").splitlines()]


def _post(line: str, language: str) -> Post:
    label, _, text = line.partition(" ")
    about = label[1:]
    known = {"+": {*RedFlag, _ASKS}, "-": {"", _ASKS}}.get(label[:1], set())
    if about not in known or not text:
        raise ValueError(f'"{line}" ({language}): must begin with "+flag ", "- " or "+-asks "')
    return Post(text=text, language=language, about=about, wanted=label[0] == "+")


def answer(posts: Iterable[Post], listen: Callable[[str], Guess]) -> list[Answer]:
    """What the judge's lists find in each post."""
    answers = []
    for post in posts:
        folded = fold(post.text)
        guess = listen(post.text)
        found = {flag.value for flag in red_flags(folded, guess.language, guess.spoken)[0]}
        if asks(post.text, folded, guess.language):
            found.add(_ASKS)
        answers.append(Answer(post=post, found=frozenset(found)))
    return answers


def share(answers: Sequence[Answer], *, right: bool = True) -> float:
    """How many of the answers are right, or wrong: 0..1."""
    return sum(one.right is right for one in answers) / len(answers)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _row(name: str, answers: Sequence[Answer], *, right: bool) -> None:
    cells = []
    for language in LANGUAGES:
        here = [one for one in answers if one.post.language == language]
        cells.append(f"{share(here, right=right):5.2f}" if here else "    -")
    _say(f"  {name:24}{share(answers, right=right):5.2f} {''.join(cells)}  of {len(answers)}")


def measure(name: str, answers: Sequence[Answer]) -> None:
    """Prints one round: recall by flag, false alarms, questions."""
    _say(f"\nred flags and questions, {name} posts{'':3}all   {'   '.join(LANGUAGES)}")
    for flag in RedFlag:
        _row(f"recall {flag.value}", [one for one in answers if one.post.about == flag], right=True)
    flagged = [one for one in answers if one.post.about not in ("", _ASKS)]
    _row("recall of all flags", flagged, right=True)
    harmless = [one for one in answers if not one.post.about]
    _row("false alarms", harmless, right=False)
    alarms = Counter(flag for one in harmless for flag in one.found - {_ASKS})
    _say(f"  false alarms by flag    {dict(alarms.most_common())}")
    questions = [one for one in answers if one.post.about == _ASKS]
    if not questions:
        return
    _row("asks, recall", [one for one in questions if one.post.wanted], right=True)
    _row("asks, false alarms", [one for one in questions if not one.post.wanted], right=False)


def measure_speed(posts: Sequence[Post], listen: Callable[[str], Guess]) -> None:
    """Prints what the two lists cost a text."""
    folded = [(post.text, fold(post.text), listen(post.text)) for post in posts]
    start = time.process_time()
    for _ in range(_SPEED_ROUNDS):
        for text, one, guess in folded:
            red_flags(one, guess.language, guess.spoken)
            asks(text, one, guess.language)
    each = (time.process_time() - start) / (_SPEED_ROUNDS * len(folded))
    _say(f"\nred flags and questions: {each * 1e6:.1f} us a text, both lists together")


def main() -> None:
    """Print the tables."""
    listen = LanguageGuesser().listen
    every: list[Post] = []
    for name in (*ROUNDS, *FLAG_ROUNDS, BLIND):
        posts = [post for language in written(name) for post in read(name, language)]
        every += posts
        measure(name, answer(posts, listen))
    measure_speed(every, listen)


if __name__ == "__main__":
    main()
