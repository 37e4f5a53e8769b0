"""Red flags heard in what a post means as a whole, for the words that no list has.

One direction a flag in the space of the embeddings, trained on posts that were written for this
project (`train_alarms.py`). They only ever add a flag to those of the lists.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from monitor.judge.embedding import SIZE, Vector
from monitor.judge.weights import weights
from responders.verdict import RedFlag

ARCHIVE = "alarms.zip"
MEMBER = "alarms"
#: From this log-odds on a flag is raised. Chosen in November 2026 by the harmless: of five sets of
#: 1,200 real posts about brands and politics each, six in a thousand at most reach it.
SURE = 0.5


class Alarms:
    """Tells which flags a text's embedding raises. Threads may share one."""

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        self._flags = tuple(RedFlag(name) for name in numbers["flags"])
        self._bias = np.asarray(numbers["bias"], dtype=np.float32)
        directions = np.asarray(numbers["vector"], dtype=np.float32)
        self._vector = directions.reshape(len(self._flags), SIZE)

    def raised(self, vector: Vector) -> tuple[RedFlag, ...]:
        """The flags that the text is about, in the order of the model."""
        scores = self._vector @ vector + self._bias
        return tuple(flag for flag, score in zip(self._flags, scores, strict=True) if score >= SURE)


@cache
def alarms() -> Alarms:
    """The shipped ones, read once."""
    return Alarms(weights(MEMBER, ARCHIVE))
