"""Teaches the model: `python -m responders.guard.meaning.train FOLDER ...` (`make train-guard`).

On top of the layers (responders/encoder) lie the heads, which weigh the tokens for each code and
judge what they weigh. Taught with the lessons of every folder and with the playbooks' own texts,
all of which are good. About half an hour on two cores. Needs the extra `train` (torch).
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from responders.draft import Half
from responders.encoder import LEARNT, tuning
from responders.encoder.packed import Floats, Packed
from responders.encoder.tuning import say_line
from responders.guard.meaning import CODES, MOST_TOKENS, OF_THE_WHOLE, PUBLIC_ONLY
from responders.guard.meaning.lessons import CLEAN, FOLDER, Lesson, read, sentences
from responders.playbooks import load
from responders.wording import placeholders, say

EPOCHS = 3
#: A text that must be caught for one code may deserve others too: nobody said that it does not.
_UNSAID = 0.3
#: This share of the single sentences that must be caught is shown beside a good one as well: in
#: real answers the fault stands among kind words.
_MIXED = 0.5
#: A sentence that is long enough to stand beside another one.
_STANDS_ALONE = 15

#: What every placeholder of the playbooks says here.
_FILLED = "Nordlicht"


def main() -> None:
    """Reads the lessons, teaches, and writes the numbers beside this module."""
    parser = argparse.ArgumentParser(description="Teaches the guard's model.")
    parser.add_argument("folders", nargs="*", type=Path, default=[FOLDER])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / LEARNT)
    chosen = parser.parse_args()
    lessons = [lesson for folder in chosen.folders for lesson in read(folder)]
    if not lessons:
        sys.exit(f"{', '.join(map(str, chosen.folders))}: no lessons there; *.toml files hold them")
    learnt = teach([*lessons, *from_the_playbooks()])
    np.savez_compressed(chosen.out, **cast(dict[str, Any], learnt))
    say_line(f"{chosen.out}: {chosen.out.stat().st_size / 1e6:.1f} MB")


def from_the_playbooks() -> Iterator[Lesson]:
    """Every text of our playbooks, matters and voices as a good one, the forms by turns."""
    books, familiar = load(), False
    for book in (*books.playbooks, *books.matters):
        for (language, half), texts in sorted(book.texts.items()):
            for text in texts:
                familiar = not familiar
                yield _clean(language, half, text.words, familiar=familiar)
    for language, voice in sorted(books.voices.items()):
        for part in voice.lines():
            for familiar in (False, True):
                yield _clean(language, Half.PUBLIC, part, familiar=familiar)


def _clean(language: str, half: Half, words: str, *, familiar: bool) -> Lesson:
    values = dict.fromkeys(placeholders(words), _FILLED)
    text = say(words, familiar=familiar, values=values)
    return Lesson(language=language, code=CLEAN, half=half, caught=False, text=text)


def mixed(lessons: Sequence[Lesson], chance: np.random.Generator) -> list[Lesson]:
    """Single sentences that must be caught, each before or after a good one."""
    good: dict[tuple[str, Half], list[str]] = defaultdict(list)
    for lesson in lessons:
        if not lesson.caught:
            parts = sentences(lesson.text)
            good[lesson.language, lesson.half] += [p for p in parts if len(p) > _STANDS_ALONE]
    more: list[Lesson] = []
    for lesson in lessons:
        beside = good[lesson.language, lesson.half]
        alone = (
            lesson.caught
            and lesson.code not in {str(code) for code in OF_THE_WHOLE}
            and len(sentences(lesson.text)) == 1
        )
        if alone and beside and chance.random() < _MIXED:
            pair = [lesson.text, beside[int(chance.integers(len(beside)))]]
            chance.shuffle(pair)
            more.append(replace(lesson, text=" ".join(pair)))
    return more


class _Taught(nn.Module):
    """The layers that learn, and the heads."""

    def __init__(self, packed: Packed) -> None:
        super().__init__()
        self.upper = tuning.Upper(packed)
        self.value, self.weight, self.mean = (nn.Linear(packed.width, len(CODES)) for _ in "vam")
        nn.init.zeros_(self.weight.weight)
        nn.init.constant_(self.value.bias, -3.0)  # most texts are good

    def forward(self, below: Tensor, there: Tensor) -> Tensor:
        flow = self.upper(below, there)
        share = self.weight(flow).masked_fill(~there[..., None], -1e4).softmax(1)
        mean = (flow * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        logits: Tensor = (share * self.value(flow)).sum(1) + self.mean(mean)
        return logits

    def numbers(self) -> Iterator[tuple[str, Floats]]:
        yield from self.upper.numbers()
        for name, head in (("v", self.value), ("a", self.weight), ("m", self.mean)):
            yield from tuning.linear(name, head)


@dataclass(frozen=True, kw_only=True)
class _Answers:
    """What the model should say to each text, and how much it matters."""

    wanted: Tensor
    weights: Tensor


def _answers(lessons: Sequence[Lesson]) -> _Answers:
    wanted = torch.zeros(len(lessons), len(CODES))
    weights = torch.ones(len(lessons), len(CODES))
    places = {str(code): at for at, code in enumerate(CODES)}
    for row, lesson in enumerate(lessons):
        if lesson.caught:
            weights[row] = _UNSAID
            weights[row, places[lesson.code]] = wanted[row, places[lesson.code]] = 1.0
        if lesson.half is Half.PRIVATE:
            weights[row, [places[code] for code in PUBLIC_ONLY]] = 0.0
    return _Answers(wanted=wanted, weights=weights)


def teach(lessons: Sequence[Lesson]) -> dict[str, Floats]:
    """What `heads.scores` and the network read, in half precision."""
    packed, chance = tuning.start()
    kept = [item for item in lessons if not item.caught or item.code in set(CODES)]
    kept += mixed(kept, chance)
    say_line(f"{len(kept)} texts")
    texts = [item.text for item in kept]
    below = tuning.Below(texts, packed, MOST_TOKENS)
    answers = _answers(kept)
    model = _Taught(packed)

    def loss_of(batch: list[int]) -> Tensor:
        logits = model(*below.padded([texts[row] for row in batch]))
        each = functional.binary_cross_entropy_with_logits(
            logits, answers.wanted[batch], reduction="none"
        )
        return (each * answers.weights[batch]).sum(1).mean()

    tuning.learn(model, below.lengths(texts), loss_of, epochs=EPOCHS, chance=chance)
    return dict(model.numbers())


if __name__ == "__main__":
    main()
