"""Teaches what a post is about: `python -m monitor.judge.subject.train` (`make train-subject`).

On top of the layers (responders/encoder) lie two heads, one for the topic and one for the matter;
each weighs the tokens for itself. Taught with the sentences and posts of sentences/, all written
for this project; some tell the topic alone, some the matter alone. About fifteen minutes on two
cores. Needs the extra `train` (torch).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from monitor.judge.lessons import Text, read_matters, read_own, read_posts
from monitor.judge.subject import MATTERS, MOST_TOKENS, TOPICS, prepared
from responders.encoder import LEARNT, tuning
from responders.encoder.packed import Floats, Packed
from responders.encoder.tuning import say_line
from responders.verdict import NO_MATTER

EPOCHS = 4
#: Nobody is as sure as a label; and what a topic counts beside a matter.
_SMOOTHED, _TOPIC_COUNTS = 0.05, 0.7
#: A text that does not tell it.
_UNTOLD = -100


def main() -> None:
    """Reads the lessons, teaches, and writes the numbers beside this module."""
    parser = argparse.ArgumentParser(description="Teaches what a post is about.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / LEARNT)
    chosen = parser.parse_args()
    learnt = teach(lessons())
    np.savez_compressed(chosen.out, **cast(dict[str, Any], learnt))
    say_line(f"{chosen.out}: {chosen.out.stat().st_size / 1e6:.1f} MB")


def lessons() -> dict[str, tuple[str, str]]:
    """For each text its topic and its matter, "" where nobody has told it."""
    told: dict[str, tuple[str, str]] = {}
    for text in (*read_matters(), *read_own(), *read_posts()):
        topic, matter = told.get(prepared(text.text), ("", ""))
        found = topic or text.kind, matter or _matter(text)
        if any(found):
            told[prepared(text.text)] = found
    return told


def _matter(text: Text) -> str:
    """What it names; whoever complains of nothing names nothing that is the matter."""
    calm = not text.label and text.kind in {"neutral", "praise", "news", "joke", "spam", "settled"}
    return text.matter or (NO_MATTER if calm else "")


class _Taught(nn.Module):
    """The layers that learn, and the heads."""

    def __init__(self, packed: Packed) -> None:
        super().__init__()
        self.upper = tuning.Upper(packed)
        self.weigh = nn.Linear(packed.width, 2)
        nn.init.zeros_(self.weigh.weight)
        self.topic = nn.Linear(2 * packed.width, len(TOPICS))
        self.matter = nn.Linear(2 * packed.width, len(MATTERS))

    def forward(self, below: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        flow = self.upper(below, there)
        shares = self.weigh(flow).masked_fill(~there[..., None], -1e4).softmax(1)
        mean = (flow * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        own = shares.transpose(1, 2) @ flow
        return (
            self.topic(torch.cat([own[:, 0], mean], 1)),
            self.matter(torch.cat([own[:, 1], mean], 1)),
        )

    def numbers(self) -> Iterator[tuple[str, Floats]]:
        yield from self.upper.numbers()
        for name, head in (("q", self.weigh), ("t", self.topic), ("m", self.matter)):
            yield from tuning.linear(name, head)


def teach(told: dict[str, tuple[str, str]]) -> dict[str, Floats]:
    """What `subject.heard` and the network read, in half precision."""
    packed, chance = tuning.start()
    texts = sorted(told)
    say_line(f"{len(texts)} texts")
    below = tuning.Below(texts, packed, MOST_TOKENS)
    topics, matters = (
        torch.tensor([names.index(told[text][at]) if told[text][at] else _UNTOLD for text in texts])
        for at, names in enumerate((TOPICS, MATTERS))
    )
    model = _Taught(packed)

    def loss_of(batch: list[int]) -> Tensor:
        by_topic, by_matter = model(*below.padded([texts[row] for row in batch]))
        return _off(by_matter, matters[batch]) + _TOPIC_COUNTS * _off(by_topic, topics[batch])

    tuning.learn(model, below.lengths(texts), loss_of, epochs=EPOCHS, chance=chance)
    return dict(model.numbers())


def _off(logits: Tensor, wanted: Tensor) -> Tensor:
    """How far the logits are from what is wanted, over the texts that tell it."""
    if not bool((wanted != _UNTOLD).any()):
        return logits.sum() * 0.0
    return functional.cross_entropy(logits, wanted, ignore_index=_UNTOLD, label_smoothing=_SMOOTHED)


if __name__ == "__main__":
    main()
