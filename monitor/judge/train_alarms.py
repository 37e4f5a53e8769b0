"""Trains the alarms: `python -m monitor.judge.train_alarms DATA`.

DATA is the folder of `monitor.judge.train`. The posts with red flags lie beside this module, in
sentences/flags; whatever else was written for this project, and the start of four public sets,
stand for the harmless. The same data give the same file. Needs the extra `train` (scikit-learn).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.judge.alarms import ARCHIVE, MEMBER
from monitor.judge.embedding import ENCODED
from monitor.judge.flag_lessons import FLAG_ROUNDS, ROUNDS, read, rounds, written
from monitor.judge.lessons import Text, read_own, read_sets
from monitor.judge.train import Matrix, embed
from monitor.judge.weights import write
from responders.verdict import RedFlag

#: Public sets in which hardly a post has a red flag, and how many posts of each are learnt from.
HARMLESS_SETS = ("uci_sentences", "vader_amazonReviewSnippets", "vader_tweets", "goemotions")
HARMLESS_EACH = 1_250
#: What a post of the flag weighs, and one of another flag, which may raise this one too.
_WANTED, _OTHER = 10.0, 0.1
_C = 1.0
_DIGITS = 3


def lessons(folder: Path) -> list[Text]:
    """Everything that is learnt from; `kind` is the flag, "" for the harmless.

    Raises:
        SystemExit: a public set is missing.
    """
    found: list[Text] = []
    for name in (*ROUNDS, *FLAG_ROUNDS):
        for language in written(rounds().joinpath(name)):
            for post in read(rounds().joinpath(name), language):
                flag = post.about if post.about in set(RedFlag) else ""
                found.append(_text(post.text, language, flag))
    found += [_text(one.text, one.language, "") for one in read_own()]
    sets = read_sets(folder)
    for source in HARMLESS_SETS:
        chosen = [one for one in sets if one.source == source][:HARMLESS_EACH]
        found += [_text(one.text, one.language, "") for one in chosen]
    return [one for one in found if one.language in ENCODED]


def _text(text: str, language: str, flag: str) -> Text:
    return Text(
        text=text, label=bool(flag), mood=0.0, source="alarms", language=language, kind=flag
    )


def train(texts: Sequence[Text], rows: Matrix) -> dict[str, Any]:
    """The numbers of `alarms.Alarms`."""
    from sklearn.linear_model import LogisticRegression

    kinds = np.array([text.kind for text in texts])
    vectors: list[float] = []
    bias: list[float] = []
    for flag in RedFlag:
        wanted = kinds == flag.value
        weights: NDArray[np.float64] = np.where(kinds == "", 1.0, _OTHER)
        weights[wanted] = _WANTED
        model = LogisticRegression(C=_C, max_iter=300).fit(rows, wanted, sample_weight=weights)
        vectors += [round(float(number), _DIGITS) for number in model.coef_[0]]
        bias.append(round(float(model.intercept_[0]), _DIGITS))
    return {"flags": [flag.value for flag in RedFlag], "bias": bias, "vector": vectors}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the alarms.")
    parser.add_argument("data", type=Path, help="folder with the permissive sets")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).with_name(ARCHIVE), help="file to write"
    )
    parser.add_argument("--keep", type=Path, help="folder that keeps embeddings between runs")
    chosen = parser.parse_args(arguments)
    texts = lessons(chosen.data)
    write(chosen.out, {MEMBER: train(texts, embed(texts, chosen.keep))})


if __name__ == "__main__":
    main()
