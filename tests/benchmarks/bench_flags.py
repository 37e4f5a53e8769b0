"""How many red flags and questions are found: `python -m tests.benchmarks.bench_flags`.

The posts are our own (`monitor/judge/sentences/flags/README.md`). The language is guessed, as it is
for a post from the world. What the whole judge finds is told for posts that nothing learnt from.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from monitor.judge import flag_lessons
from monitor.judge.asks import asks
from monitor.judge.flag_lessons import ASKS, FLAG_ROUNDS, ROUNDS, Post
from monitor.judge.judge import Judge
from monitor.judge.language import Guess, LanguageGuesser
from monitor.judge.phrases import fold
from monitor.judge.red_flags import red_flags
from responders.verdict import RedFlag

#: A round that neither the lists nor the alarms learnt from.
BLIND = "blind"
BLIND_FOLDER = Path(__file__).parents[1] / "monitor" / "judge" / "flags" / BLIND
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "uk", "ru", "zh")
_SPEED_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was found in a post."""

    post: Post
    found: frozenset[str]

    @property
    def right(self) -> bool:
        """Whether the one thing that the line is about was told rightly."""
        if not self.post.about:
            return not self.found - {ASKS}
        return (self.post.about in self.found) is self.post.wanted


def read(name: str, language: str) -> list[Post]:
    """The posts of one round and language, in the order of the file."""
    return flag_lessons.read(folder(name), language)


def written(name: str) -> tuple[str, ...]:
    """The languages in which a round was written."""
    return flag_lessons.written(folder(name))


def folder(name: str) -> Traversable:
    """Where a round lies: what nothing learns from stands among the tests."""
    return BLIND_FOLDER if name == BLIND else flag_lessons.rounds().joinpath(name)


def answer(posts: Iterable[Post], listen: Callable[[str], Guess]) -> list[Answer]:
    """What the judge's lists find in each post."""
    answers = []
    for post in posts:
        folded = fold(post.text)
        guess = listen(post.text)
        found = {flag.value for flag in red_flags(folded, guess.language, guess.spoken)[0]}
        if asks(post.text, folded, guess.language):
            found.add(ASKS)
        answers.append(Answer(post=post, found=frozenset(found)))
    return answers


def judged(posts: Iterable[Post], judge: Judge) -> list[Answer]:
    """What the whole judge finds in each post: lists, and alarms where a text has an embedding."""
    every = list(posts)
    verdicts = judge.judge_all([post.text for post in every])
    return [
        Answer(post=post, found=frozenset(flag.value for flag in verdict.red_flags))
        for post, verdict in zip(every, verdicts, strict=True)
    ]


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
    flagged = [one for one in answers if one.post.about not in ("", ASKS)]
    _row("recall of all flags", flagged, right=True)
    harmless = [one for one in answers if not one.post.about]
    _row("false alarms", harmless, right=False)
    alarms = Counter(flag for one in harmless for flag in one.found - {ASKS})
    _say(f"  false alarms by flag    {dict(alarms.most_common())}")
    questions = [one for one in answers if one.post.about == ASKS]
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
        if name == BLIND:
            measure("blind, the whole judge,", judged(posts, Judge()))
    measure_speed(every, listen)


if __name__ == "__main__":
    main()
