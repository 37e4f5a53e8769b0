"""What the model makes of the pieces of a text: twelve layers of attention, in numpy.

The layers are those of multilingual-e5-small; to the upper ones training added a narrow matrix
each (low-rank adaptation, Hu et al. 2021), which are all that we ship beside the heads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from responders.encoder.packed import Floats, Packed

#: The matrices and the norms of a layer.
MATRICES = ("q", "k", "v", "ao", "fi", "fo")
NORMS = ("aln", "oln")
#: The logit of what is not there.
FAR = np.float32(-1e9)

#: Source: Abramowitz and Stegun, 7.1.26; off by at most 1.5e-7.
_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
_ERF_P = 0.3275911


@dataclass(frozen=True, kw_only=True)
class _Layer:
    weights: Mapping[str, Floats]
    biases: Mapping[str, Floats]
    norms: Mapping[str, tuple[Floats, Floats]]


class Network:
    """The layers, made ready once. Threads may share one."""

    def __init__(
        self, packed: Packed, learnt: Mapping[str, Floats], *, layers: int | None = None
    ) -> None:
        """The packed weights with what was learnt beside them, or the lower `layers` of them."""
        self._packed = packed
        wanted = range(packed.layers if layers is None else layers)
        self._layers = [
            _layer(packed, number, learnt) if f"{number}.q.A" in learnt else _plain(packed, number)
            for number in wanted
        ]
        self._places = packed.floats("emb.pos").reshape(-1, packed.width)
        self._kind = packed.floats("emb.type")[: packed.width]
        self._norm = packed.floats("emb.ln.w"), packed.floats("emb.ln.b")

    def flow(self, batch: Sequence[Sequence[int]]) -> tuple[Floats, NDArray[np.bool_]]:
        """What the layers make of each token of each text, and which tokens there are."""
        longest = max(map(len, batch))
        tokens = np.zeros((len(batch), longest), dtype=np.int64)
        there = np.zeros((len(batch), longest), dtype=bool)
        for row, text in enumerate(batch):
            tokens[row, : len(text)] = text
            there[row, : len(text)] = True
        known, where = np.unique(tokens, return_inverse=True)
        words = self._packed.words(known)[where.reshape(tokens.shape)]
        flow = self._normed(words + self._places[:longest] + self._kind, *self._norm)
        for layer in self._layers:
            flow = self._through(layer, flow, there)
        return flow, there

    def _through(self, layer: _Layer, flow: Floats, there: NDArray[np.bool_]) -> Floats:
        texts, tokens, width = flow.shape
        heads = self._packed.heads

        def split(name: str) -> Floats:
            out = flow @ layer.weights[name] + layer.biases[name]
            return out.reshape(texts, tokens, heads, -1).transpose(0, 2, 1, 3)

        likeness = (
            split("q") @ split("k").transpose(0, 1, 3, 2) * np.float32((width // heads) ** -0.5)
        )
        attention = softmax(np.where(there[:, None, None, :], likeness, FAR), axis=-1)
        mixed: Floats = attention @ split("v")
        mixed = mixed.transpose(0, 2, 1, 3).reshape(texts, tokens, width)
        flow = self._normed(
            flow + mixed @ layer.weights["ao"] + layer.biases["ao"], *layer.norms["aln"]
        )
        inner = _gelu(flow @ layer.weights["fi"] + layer.biases["fi"])
        return self._normed(
            flow + inner @ layer.weights["fo"] + layer.biases["fo"], *layer.norms["oln"]
        )

    def _normed(self, values: Floats, scale: Floats, shift: Floats) -> Floats:
        middle = values.mean(-1, keepdims=True)
        spread = values.var(-1, keepdims=True)
        out = (values - middle) / np.sqrt(spread + np.float32(self._packed.epsilon))
        return np.asarray(out * scale + shift, dtype=np.float32)


@cache
def _plain(packed: Packed, number: int) -> _Layer:
    """A layer as it is packed: what two models have in common is kept once."""
    return _layer(packed, number, {})


def _layer(packed: Packed, number: int, learnt: Mapping[str, Floats]) -> _Layer:
    weights, biases = {}, {}
    for name in MATRICES:
        rows = packed.inner if name == "fi" else packed.width
        columns = packed.inner if name == "fo" else packed.width
        matrix = packed.matrix(f"l{number}.{name}.w", rows, columns)
        narrow = learnt.get(f"{number}.{name}.A")
        if narrow is not None:
            matrix = matrix + learnt[f"{number}.{name}.B"] @ narrow
        # Rows of a text times this: contiguous in the order in which it is read.
        weights[name] = np.ascontiguousarray(matrix.T)
        biases[name] = packed.floats(f"l{number}.{name}.b")
    norms = {
        name: (
            learnt.get(f"{number}.{name}.w", packed.floats(f"l{number}.{name}.w")),
            learnt.get(f"{number}.{name}.b", packed.floats(f"l{number}.{name}.b")),
        )
        for name in NORMS
    }
    return _Layer(weights=weights, biases=biases, norms=norms)


def softmax(values: Floats, axis: int) -> Floats:
    """Shares that add up to 1 along an axis."""
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True), dtype=np.float32)


def _gelu(values: Floats) -> Floats:
    x = values * np.float32(0.7071067811865476)
    size = np.abs(x)
    t = 1.0 / (1.0 + np.float32(_ERF_P) * size)
    series = np.zeros_like(t)
    for factor in reversed(_ERF):
        series = (series + np.float32(factor)) * t
    erf = np.copysign(1.0 - series * np.exp(-size * size), x)
    return np.asarray(0.5 * values * (1.0 + erf), dtype=np.float32)
