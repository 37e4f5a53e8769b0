"""Trains the complaint model: `python -m monitor.judge.train DATA`.

DATA is a folder with the permissively licensed sets, one folder each, with a `data.csv` whose
columns are `text`, `label` (1: complaint) and `y3` (the set's own label); sentences/README.md names
where they come from. The sentences that were written for this project lie beside this module. No
other set may be used here: test sets stay unseen, and others' licences stay out of the weights.

The same data give the same file. Needs the extra `train` (scikit-learn, scipy).
"""

import argparse
import csv
import gzip
import hashlib
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.judge import complaint
from monitor.judge.embedding import ENCODED, SIZE, Encoder
from monitor.judge.language import LANGUAGES
from monitor.judge.lexicon import lexicons
from monitor.judge.ngrams import pieces, tokens, word_features
from monitor.judge.own_words import own_words
from monitor.judge.phrases import fold
from monitor.judge.rules import apply_rules
from monitor.judge.vader import Vader

Array = NDArray[np.float64]
Matrix = NDArray[np.float32]

#: The sets, and how much each weighs in the n-gram model.
SETS = {
    "goemotions": 2.0,
    "vader_tweets": 0.6,
    "vader_amazonReviewSnippets": 0.6,
    "uci_sentences": 0.5,
    "vader_movieReviewSnippets": 0.3,
    "vader_nytEditorialSnippets": 0.2,
}
OWN = 1.0
#: The same for "how bad is the mood?", which all sets answer by degrees.
MOOD_SETS = {
    "goemotions": 1.0,
    "vader_tweets": 1.0,
    "vader_amazonReviewSnippets": 1.0,
    "uci_sentences": 0.5,
    "vader_movieReviewSnippets": 0.3,
    "vader_nytEditorialSnippets": 0.5,
}
#: And for "is it anger?", which only some do.
ANGER_SETS = {
    "goemotions": 2.0,
    "vader_tweets": 0.4,
    "vader_amazonReviewSnippets": 0.4,
    "uci_sentences": 0.3,
}
#: How the embedding's heads add up: mood, anger, English complaints, complaints of all languages.
HEADS = (0.5, 0.3, 0.5, 0.5)
_UNIT = 10_000  #: texts that a weight of 1 stands for
_STRETCH = 8.0  #: embeddings have length one; stretched, they suit the penalties below
_MOOD_PENALTY, _OWN_PENALTY, _ANGER_C, _NGRAM_C = 3_000.0, 1_500.0, 0.03, 3.0
_RAREST_WORD, _RAREST_PIECE = 3, 10
_KEPT = 25_000
_DIGITS = 3
#: A third of the posts are complaints in the mix that the calibration aims at.
_SHARE = 0.3
_FOLDS = 3
#: What says nothing that anybody here understands is no complaint: 18 % at most.
_SILENCE = -1.5
_SEED = 7
#: Log-odds of the n-gram model between which the embedding is asked too.
OPEN = (-2.0, 1.5)
#: The set that stands for English posts about anything while calibrating.
_CALIBRATION_SET = "vader_tweets"

_POSITIVE = frozenset(
    ("admiration", "approval", "gratitude", "amusement", "love", "optimism", "joy")
) | frozenset(("excitement", "caring", "pride", "relief", "desire"))
_SAD = frozenset(("sadness", "fear", "remorse", "nervousness", "grief", "embarrassment"))

_BRANDS = (
    *("Nordlicht", "@nordlicht", "Acme", "@acmehelp", "Delta", "@united", "Amazon", "Apple"),
    *("@apple", "Vodafone", "@comcast", "Uber", "McDonalds", "Samsung", "you guys", "Ikea"),
)
_THINGS = (
    *("mug", "kettle", "lamp", "phone", "laptop", "jacket", "chair", "pan", "watch", "vacuum"),
    *("headphones", "bike", "tablet", "blender", "shoes", "printer"),
)
_TIMES = ("two weeks", "a month", "10 days", "three weeks", "5 days", "six weeks", "48 hours")
_FILLINGS = 3


@dataclass(frozen=True, kw_only=True)
class Text:
    """One text to learn from."""

    text: str
    label: bool
    mood: float  #: about -1 (glad) to 1 (angry)
    source: str
    language: str = "en"


def read_sets(folder: Path) -> list[Text]:
    """All permissive sets.

    Raises:
        SystemExit: a set is missing.
    """
    csv.field_size_limit(10_000_000)
    found: list[Text] = []
    for name in SETS:
        path = folder / name / "data.csv"
        if not path.is_file():
            raise SystemExit(f"{path} is missing: see monitor/judge/sentences/README.md")
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                label = row["label"] == "1"
                mood = _mood(name, row["y3"], label)
                found.append(Text(text=row["text"], label=label, mood=mood, source=name))
    return found


def _mood(source: str, own_label: str, label: bool) -> float:
    if source.startswith("vader"):
        return float(np.clip(-float(own_label) / 2, -1.2, 1.2))
    if source != "goemotions" or label:
        return 1.0 if label else -1.0
    emotions = set(own_label.split("|"))
    if emotions & _SAD:
        return 0.6
    return -0.8 if emotions & _POSITIVE else -0.1


def read_own() -> list[Text]:
    """The sentences written for this project, their blanks filled in."""
    chance = random.Random(_SEED)  # noqa: S311 - repeatable, not secret
    found: list[Text] = []
    for language in LANGUAGES:
        text = files("monitor.judge").joinpath("sentences", f"{language}.txt").read_text("utf-8")
        for line in text.splitlines():
            if line[:2] in {"+ ", "- "}:
                for filled in _filled(line[2:], chance):
                    label = line[0] == "+"
                    found.append(
                        Text(
                            text=filled,
                            label=label,
                            mood=1.0 if label else -0.5,
                            source="own",
                            language=language,
                        )
                    )
    return found


def _filled(sentence: str, chance: random.Random) -> Iterator[str]:
    for _ in range(_FILLINGS if "{" in sentence else 1):
        yield (
            sentence.replace("{b}", chance.choice(_BRANDS))
            .replace("{i}", chance.choice(_THINGS))
            .replace("{t}", chance.choice(_TIMES))
        )


def embed(texts: Sequence[Text], keep: Path | None) -> Matrix:
    """The embeddings, from the folder where an earlier run kept them."""
    own = [own_words(text.text) for text in texts]
    name = hashlib.sha256("\x00".join(own).encode()).hexdigest()[:16]
    kept = keep / f"{name}.npy" if keep else None
    if kept is not None and kept.is_file():
        rows: Matrix = np.load(kept)
        return rows
    encoder = Encoder()
    order = sorted(range(len(own)), key=lambda place: len(own[place]))
    rows = np.zeros((len(own), SIZE), dtype=np.float32)
    for start in range(0, len(order), 64):
        part = order[start : start + 64]
        rows[part] = encoder.encode_all([own[place] for place in part])
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, rows)
    return rows


def weights_of(texts: Sequence[Text], sets: dict[str, float]) -> Array:
    """What each text weighs, so that each set weighs what it should."""
    counts: dict[str, int] = {}
    for text in texts:
        counts[text.source] = counts.get(text.source, 0) + 1
    return np.array([sets.get(t.source, 0.0) * _UNIT / counts[t.source] for t in texts])


def ridge(rows: Matrix, targets: Array, weights: Array, penalty: float) -> tuple[Array, float]:
    """Weighted least squares with a penalty; direction and bias for embeddings of length one."""
    used = weights > 0
    x = rows[used].astype(np.float64) * _STRETCH
    y, w = targets[used], weights[used]
    mean_x, mean_y = np.average(x, axis=0, weights=w), float(np.average(y, weights=w))
    x = x - mean_x
    gram = (x * w[:, None]).T @ x + penalty * np.eye(x.shape[1])
    solved = np.linalg.solve(gram, (x * w[:, None]).T @ (y - mean_y))
    direction = np.asarray(solved, dtype=np.float64)
    return direction * _STRETCH, mean_y - float(mean_x @ direction)


def logistic(rows: Matrix, labels: Array, weights: Array) -> tuple[Array, float]:
    """Weighted logistic regression; direction and bias for embeddings of length one."""
    from sklearn.linear_model import LogisticRegression

    used = weights > 0
    model = LogisticRegression(C=_ANGER_C, max_iter=400)
    model.fit(rows[used] * _STRETCH, labels[used], sample_weight=weights[used] / 3)
    return model.coef_[0].astype(np.float64) * _STRETCH, float(model.intercept_[0])


def train_direction(texts: Sequence[Text], rows: Matrix) -> tuple[Array, float]:
    """The embedding's four heads, added up to one."""
    labels = np.array([text.label for text in texts], dtype=np.float64)
    moods = np.array([text.mood for text in texts])
    english_own = np.array([t.source == "own" and t.language == "en" for t in texts])
    encoded_own = np.array([t.source == "own" and t.language in ENCODED for t in texts])
    parts = (
        ridge(rows, moods, weights_of(texts, MOOD_SETS), _MOOD_PENALTY),
        logistic(rows, labels, weights_of(texts, ANGER_SETS)),
        ridge(rows, moods, english_own * _UNIT / english_own.sum(), _OWN_PENALTY),
        ridge(rows, moods, encoded_own * _UNIT / encoded_own.sum(), _OWN_PENALTY),
    )
    direction = sum((h * d for h, (d, _) in zip(HEADS, parts, strict=True)), np.zeros(SIZE))
    return direction, sum(h * b for h, (_, b) in zip(HEADS, parts, strict=True))


def train_ngrams(texts: Sequence[Text]) -> complaint.Linear:
    """The linear model on the English texts, pruned to its heaviest features."""
    words, parts, bias = ngram_weights([text for text in texts if text.language == "en"])
    return complaint.Linear(words, parts, bias)


def ngram_weights(texts: Sequence[Text]) -> tuple[dict[str, float], dict[str, float], float]:
    """Weights of words and pieces, and the bias."""
    from scipy.sparse import diags, hstack
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    found = [tokens(own_words(text.text)) for text in texts]
    word_lists = [list(word_features(words)) for words in found]
    piece_lists = [[part for word in words for part in pieces(word)] for words in found]
    blocks, names = [], []
    for lists, rarest in ((word_lists, _RAREST_WORD), (piece_lists, _RAREST_PIECE)):
        counter = CountVectorizer(analyzer=_itself, min_df=rarest, dtype=np.float32)
        counts = counter.fit_transform(lists)
        shrink = np.array([max(len(one), 1) for one in lists], dtype=np.float64) ** -0.5
        blocks.append(diags(shrink) @ counts)
        names.append(list(counter.get_feature_names_out()))
    labels = np.array([text.label for text in texts])
    weights = weights_of(texts, {**SETS, "own": OWN})
    model = LogisticRegression(C=_NGRAM_C, max_iter=300)
    model.fit(hstack(blocks).tocsr(), labels, sample_weight=weights)
    numbers = model.coef_[0]
    cut = np.sort(np.abs(numbers))[-min(_KEPT, len(numbers))]
    border = len(names[0])
    kept = [
        {
            name: round(float(number), _DIGITS)
            for name, number in zip(block, part, strict=True)
            if abs(number) >= cut
        }
        for block, part in zip(names, (numbers[:border], numbers[border:]), strict=True)
    ]
    return kept[0], kept[1], round(float(model.intercept_[0]), _DIGITS)


def _itself(features: list[str]) -> list[str]:
    return features


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What a route makes of a text that it did not learn from."""

    text: Text
    scores: dict[complaint.Route, float]


def score_unseen(texts: Sequence[Text], rows: Matrix) -> list[Scored]:
    """Scores by models that have not seen the text, for the texts used to calibrate."""
    folds = np.array([_fold_of(text) for text in texts])
    wanted = np.array([t.source in {"own", _CALIBRATION_SET} for t in texts])
    vader = Vader()
    found: list[Scored] = []
    for fold_number in range(_FOLDS):
        learn = folds != fold_number
        seen = [text for text, use in zip(texts, learn, strict=True) if use]
        direction, bias = train_direction(seen, rows[learn])
        linear = train_ngrams(seen)
        for place in np.flatnonzero(~learn & wanted).tolist():
            embedded = float(direction @ rows[place]) + bias
            found.append(_score(texts[place], embedded, linear, vader))
        _say(f"fold {fold_number + 1} of {_FOLDS} done")
    return found


def _fold_of(text: Text) -> int:
    """Fillings of one sentence share a fold: nearly the same text must not be learnt from."""
    key = text.text[-20:] if text.source == "own" else text.text
    return int(hashlib.sha256(key.encode("utf-8", "ignore")).hexdigest(), 16) % _FOLDS


def _score(text: Text, embedded: float, linear: complaint.Linear, vader: Vader) -> Scored:
    folded = fold(text.text)
    ruling = apply_rules(text.text, folded, text.language)
    sentiment = vader.score(text.text)
    alone = complaint.VADER_ALONE * sentiment.compound + ruling.weight
    scores = {complaint.Route.UNKNOWN: alone}
    if text.language == "en":
        first = complaint.NGRAMS * linear.score(own_words(text.text))[0]
        first += complaint.VADER * complaint.mood(sentiment, ruling) + ruling.weight
        scores[complaint.Route.LINEAR] = first
        scores[complaint.Route.ENGLISH] = first + embedded
    else:
        lean = lexicons()[text.language].lean(folded)
        leaning = complaint.lean_score(lean, folded, text.language)
        scores[complaint.Route.LISTED] = ruling.weight + complaint.LEAN_ALONE * leaning
        if text.language in ENCODED:
            scores[complaint.Route.ENCODED] = embedded + ruling.weight + complaint.LEAN * leaning
    return Scored(text=text, scores=scores)


def calibrate(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Slope and offset of each route, as if three texts of ten were complaints."""
    routes: dict[str, dict[str, float]] = {}
    for route in complaint.Route:
        chosen = [one for one in scored if route in one.scores and _calibrates(route, one.text)]
        x = np.array([one.scores[route] for one in chosen])
        y = np.array([one.text.label for one in chosen], dtype=np.float64)
        source = np.array([one.text.source == "own" for one in chosen])
        weights = np.where(y > 0, _SHARE / y.sum(), (1 - _SHARE) / (1 - y).sum())
        if source.any() and not source.all():  # our sentences and the set count alike
            weights = weights * np.where(
                source, 0.5 / weights[source].sum(), 0.5 / weights[~source].sum()
            )
            for value in (0.0, 1.0):  # and the share holds all the same
                share = _SHARE if value else 1 - _SHARE
                weights[y == value] *= share / weights[y == value].sum()
        slope, offset = _platt(x, y, weights * 1_000)
        if route is complaint.Route.UNKNOWN:
            offset = min(offset, _SILENCE)
        routes[route.value] = {"slope": round(slope, 3), "offset": round(offset, 3)}
    return routes


def _calibrates(route: complaint.Route, text: Text) -> bool:
    if route is complaint.Route.LISTED:
        return text.language not in ENCODED
    return True


def _platt(x: Array, y: Array, weights: Array) -> tuple[float, float]:
    """Logistic regression on one number, by Newton's method."""
    slope, offset = 1.0, 0.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(slope * x + offset, -30, 30)))
        error = weights * (chance - y)
        curve = weights * chance * (1 - chance)
        gradient = np.array([(error * x).sum() + 1e-3 * slope, error.sum()])
        hessian = np.array(
            [[(curve * x * x).sum() + 1e-3, (curve * x).sum()], [(curve * x).sum(), curve.sum()]]
        )
        step = np.linalg.solve(hessian, gradient)
        slope, offset = slope - float(step[0]), offset - float(step[1])
    return slope, offset


def write(path: Path, model: dict[str, Any]) -> None:
    """The model as compressed JSON, byte for byte the same for the same numbers."""
    raw = json.dumps(model, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    path.write_bytes(gzip.compress(raw.encode("utf-8"), compresslevel=9, mtime=0))


def train(folder: Path, keep: Path | None, say: Callable[[str], None]) -> dict[str, Any]:
    """The whole model, ready to be written."""
    texts = [*read_sets(folder), *read_own()]
    say(f"{len(texts)} texts")
    rows = embed(texts, keep)
    say("embedded")
    routes = calibrate(score_unseen(texts, rows))
    direction, bias = train_direction(texts, rows)
    words, parts, ngram_bias = ngram_weights([text for text in texts if text.language == "en"])
    return {
        "words": words,
        "pieces": parts,
        "bias": ngram_bias,
        "direction": [round(float(number), _DIGITS + 1) for number in direction],
        "encoded_bias": round(bias, _DIGITS + 1),
        "routes": routes,
        "open": list(OPEN),
    }


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the complaint model.")
    parser.add_argument("data", type=Path, help="folder with the permissive sets")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).with_name(complaint.MODEL), help="file to write"
    )
    parser.add_argument("--keep", type=Path, help="folder that keeps embeddings between runs")
    chosen = parser.parse_args(arguments)
    model = train(chosen.data, chosen.keep, _say)
    write(chosen.out, model)
    _say(f"{chosen.out}: {chosen.out.stat().st_size:,} bytes, routes {model['routes']}")


if __name__ == "__main__":
    main()
