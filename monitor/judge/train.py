"""Trains the models: `python -m monitor.judge.train DATA`.

DATA is a folder with the permissively licensed sets, one folder each, with a `data.csv` whose
columns are `text`, `label` (1: complaint) and `y3` (the set's own label); sentences/README.md names
where they come from. The sentences that were written for this project lie beside this module.

Without DATA only the matters are learnt anew (their sentences lie beside this module too), and the
rest of the archive stays.

The same data give the same file. Needs the extra `train` (scikit-learn, scipy).
"""

import argparse
import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.judge import complaint, matter, topic
from monitor.judge.embedding import ENCODED, SIZE, Encoder
from monitor.judge.language import LANGUAGES
from monitor.judge.lessons import KINDS, Text, read_matters, read_own, read_sets
from monitor.judge.lexicon import lexicons
from monitor.judge.ngrams import pieces, tokens, word_features
from monitor.judge.own_words import own_words
from monitor.judge.phrases import book, fold
from monitor.judge.rules import apply_rules
from monitor.judge.vader import Vader
from monitor.judge.weights import ARCHIVE, write
from responders.verdict import NO_MATTER

Array = NDArray[np.float64]
Matrix = NDArray[np.float32]

#: How much each source weighs in the English n-gram model.
NGRAM_SOURCES = {
    "goemotions": 2.0,
    "vader_tweets": 0.6,
    "vader_amazonReviewSnippets": 0.6,
    "uci_sentences": 0.5,
    "vader_movieReviewSnippets": 0.3,
    "vader_nytEditorialSnippets": 0.2,
    "own": 1.0,
    "posts": 0.7,
}
#: The same in the n-gram models of the other languages, for which there is nothing else.
OTHER_SOURCES = {"own": 0.1, "posts": 0.1}
#: The same for "how bad is the mood?", which all sets answer by degrees.
MOOD_SOURCES = {
    "goemotions": 1.0,
    "vader_tweets": 1.0,
    "vader_amazonReviewSnippets": 1.0,
    "uci_sentences": 0.5,
    "vader_movieReviewSnippets": 0.3,
    "vader_nytEditorialSnippets": 0.5,
}
#: And for "is it anger?", which only some do.
ANGER_SOURCES = {
    "goemotions": 2.0,
    "vader_tweets": 0.4,
    "vader_amazonReviewSnippets": 0.4,
    "uci_sentences": 0.3,
}
#: How the embedding's heads add up: mood, anger, our English sentences, our sentences of all
#: languages, our posts of all languages.
HEADS = (0.5, 0.3, 0.5, 0.5, 0.5)
#: Angry, but at somebody else: the rules know them, the models would learn to trust no anger.
_NOT_LEARNT = "other_brand"
_UNIT = 10_000  #: texts that a weight of 1 stands for
_STRETCH = 8.0  #: embeddings have length one; stretched, they suit the penalties below
_MOOD_PENALTY, _OWN_PENALTY, _POSTS_PENALTY = 3_000.0, 1_500.0, 5_000.0
_ANGER_C, _NGRAM_C, _OTHER_C, _TOPIC_C, _MATTER_C = 0.03, 3.0, 2.0, 1.0, 1.0
#: Rarer words and pieces say nothing: in English, elsewhere, for topics, for matters.
_RAREST, _OTHER_RAREST, _TOPIC_RAREST, _MATTER_RAREST = (3, 10), (1, 2), (2, 4), (2, 4)
#: What a calm post counts beside one that names a matter: few of them ever come this far.
_CALM_COUNTS = 0.03
#: What a complaint that names none counts: a wrong matter is worse than none.
_NONE_COUNTS = 1.2
#: What a sentence of another language counts beside an English one: the encoder knows it all the
#: same, and there are fewer ways to say things in so few sentences.
_OTHERS_COUNT = 0.5
#: So many of the heaviest features stay.
_KEPT, _OTHER_KEPT, _TOPIC_KEPT, _MATTER_KEPT = 25_000, 12_000, 25_000, 60_000
#: Our posts without complaint name nothing that is the matter, with these two exceptions: a
#: question may, and so may the anger at somebody else.
_NAMES_NO_MATTER = KINDS - {"question", "other_brand"}
_DIGITS = 3
#: A third of the posts are complaints in the mix that the calibration aims at.
_SHARE = 0.3
_FOLDS = 3
#: What says nothing that anybody here understands is no complaint: 18 % at most.
_SILENCE = -1.5
#: Log-odds of the n-gram model below which an English post is surely calm.
CALM = -1.8
#: The set that stands for English posts about anything while calibrating. Of ours the plain
#: sentences do: the posts were written to be hard, and real ones are easier.
_CALIBRATION_SET = "vader_tweets"
_OURS = frozenset(("own", "posts"))


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


def weights_of(texts: Sequence[Text], sources: dict[str, float]) -> Array:
    """What each text weighs, so that each set weighs what it should."""
    counts: dict[str, int] = {}
    for text in texts:
        counts[text.source] = counts.get(text.source, 0) + 1
    return np.array([sources.get(t.source, 0.0) * _UNIT / counts[t.source] for t in texts])


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
    """The embedding's five heads, added up to one."""
    labels = np.array([text.label for text in texts], dtype=np.float64)
    moods = np.array([text.mood for text in texts])

    def ours(source: str, languages: frozenset[str]) -> Array:
        chosen = np.array(
            [
                t.source == source and t.language in languages and t.kind != _NOT_LEARNT
                for t in texts
            ]
        )
        return chosen * _UNIT / max(int(chosen.sum()), 1)

    parts = (
        ridge(rows, moods, weights_of(texts, MOOD_SOURCES), _MOOD_PENALTY),
        logistic(rows, labels, weights_of(texts, ANGER_SOURCES)),
        ridge(rows, moods, ours("own", frozenset(("en",))), _OWN_PENALTY),
        ridge(rows, moods, ours("own", ENCODED), _OWN_PENALTY),
        ridge(rows, moods, ours("posts", ENCODED), _POSTS_PENALTY),
    )
    direction = sum((h * d for h, (d, _) in zip(HEADS, parts, strict=True)), np.zeros(SIZE))
    return direction, sum(h * b for h, (_, b) in zip(HEADS, parts, strict=True))


def train_ngrams(texts: Sequence[Text], language: str) -> dict[str, Any]:
    """The n-gram model of one language, pruned to its heaviest features: `complaint.Linear`'s."""
    from scipy.sparse import hstack
    from sklearn.linear_model import LogisticRegression

    english = language == "en"
    chosen = [t for t in texts if t.language == language and t.kind != _NOT_LEARNT]
    words, parts = counted([_read(text) for text in chosen], _RAREST if english else _OTHER_RAREST)
    labels = np.array([text.label for text in chosen])
    weights = weights_of(chosen, NGRAM_SOURCES if english else OTHER_SOURCES)
    model = LogisticRegression(C=_NGRAM_C if english else _OTHER_C, max_iter=300)
    model.fit(hstack([words.counts, parts.counts]).tocsr(), labels, sample_weight=weights)
    numbers = model.coef_[0]
    kept = _KEPT if english else _OTHER_KEPT
    cut = np.sort(np.abs(numbers))[-min(kept, len(numbers))]
    border = len(words.names)
    return {
        "words": _heaviest(words.names, numbers[:border], cut),
        "parts": _heaviest(parts.names, numbers[border:], cut),
        "bias": round(float(model.intercept_[0]), _DIGITS),
    }


def _heaviest(names: Sequence[str], numbers: Array, cut: float) -> dict[str, float]:
    return {
        name: round(float(number), _DIGITS)
        for name, number in zip(names, numbers, strict=True)
        if abs(number) >= cut
    }


def _read(text: Text) -> str:
    """The text as the n-grams of its language read it."""
    own = own_words(text.text)
    return own if text.language == "en" else fold(own)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One kind of features of many texts."""

    names: Sequence[str]
    counts: Any  #: a sparse matrix, one row a text; each row divided by the root of its features


def counted(texts: Sequence[str], rarest: tuple[int, int]) -> tuple[Counted, Counted]:
    """Words with their pairs, and pieces of words; rarer ones than so many texts are left out."""
    from scipy.sparse import diags
    from sklearn.feature_extraction.text import CountVectorizer

    found = [tokens(text) for text in texts]
    kinds = (
        [list(word_features(words)) for words in found],
        [[part for word in words for part in pieces(word)] for words in found],
    )
    made: list[Counted] = []
    for lists, fewest in zip(kinds, rarest, strict=True):
        counter = CountVectorizer(analyzer=_itself, min_df=fewest, dtype=np.float32)
        counts = counter.fit_transform(lists)
        shrink = np.array([max(len(one), 1) for one in lists], dtype=np.float64) ** -0.5
        names = list(counter.get_feature_names_out())
        made.append(Counted(names=names, counts=diags(shrink) @ counts))
    return made[0], made[1]


def _itself(features: list[str]) -> list[str]:
    return features


def train_topics(texts: Sequence[Text], rows: Matrix) -> dict[str, Any]:
    """The topic model: `topic.TopicModel`'s numbers."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    order = [subject.value for subject in topic.COMPLAINTS]
    places = [place for place, text in enumerate(texts) if text.label and text.kind in order]
    chosen = [texts[place] for place in places]
    words, parts = counted([fold(own_words(text.text)) for text in chosen], _TOPIC_RAREST)
    known = np.array([text.language in ENCODED for text in chosen])
    vectors = np.where(known[:, None], rows[places], 0.0)
    hits = np.stack(
        [topic.phrase_counts(book("topics").find(fold(t.text), t.language)) for t in chosen]
    )
    features = hstack(
        [
            words.counts * topic.NGRAMS,
            parts.counts * topic.NGRAMS,
            csr_matrix(vectors * topic.STRETCH),
            csr_matrix(hits),
        ]
    ).tocsr()
    model = LogisticRegression(C=_TOPIC_C, max_iter=300)
    model.fit(features, np.array([order.index(text.kind) for text in chosen]))
    numbers = model.coef_
    first, second = len(words.names), len(words.names) + len(parts.names)
    cut = np.sort(np.abs(numbers[:, :second]), axis=None)[-min(_TOPIC_KEPT, second * len(order))]
    return {
        "bias": _rounded(model.intercept_),
        "vector": _rounded(numbers[:, second : second + SIZE].ravel()),
        "phrases": _rounded(numbers[:, second + SIZE :].ravel()),
        "words": _by_feature(words.names, numbers[:, :first], cut),
        "pieces": _by_feature(parts.names, numbers[:, first:second], cut),
    }


def matter_lessons() -> list[Text]:
    """What the matters are learnt from: their own sentences, and those of ours that tell one."""
    told = [text for text in read_own() if text.matter]
    calm = [
        replace(text, matter=NO_MATTER)
        for text in read_own()
        if not text.label and text.kind in _NAMES_NO_MATTER
    ]
    return [*read_matters(), *told, *calm]


def _matter_weight(text: Text) -> float:
    calm = not text.label and text.source != "matters"
    weight = 1.0 if text.language == "en" else _OTHERS_COUNT
    return weight * (_CALM_COUNTS if calm else _NONE_COUNTS if text.matter == NO_MATTER else 1.0)


def train_matters(texts: Sequence[Text], rows: Matrix) -> dict[str, Any]:
    """The model of matters: `matter.MatterModel`'s numbers."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    names = sorted({text.matter for text in texts})
    words, parts = counted([fold(own_words(text.text)) for text in texts], _MATTER_RAREST)
    known = np.array([text.language in ENCODED for text in texts])
    vectors = np.where(known[:, None], rows, 0.0)
    features = hstack(
        [
            words.counts * matter.NGRAMS,
            parts.counts * matter.NGRAMS,
            csr_matrix(vectors * matter.STRETCH),
        ]
    ).tocsr()
    weights = np.array([_matter_weight(text) for text in texts])
    model = LogisticRegression(C=_MATTER_C, max_iter=100)
    model.fit(features, np.array([names.index(text.matter) for text in texts]), weights)
    numbers = model.coef_
    first, second = len(words.names), len(words.names) + len(parts.names)
    grams = np.abs(numbers[:, :second])
    cut = np.sort(grams, axis=None)[-min(_MATTER_KEPT, grams.size)]
    return {
        "names": names,
        "bias": _rounded(model.intercept_),
        "vector": _rounded(numbers[:, second:].ravel()),
        "words": _by_feature(words.names, numbers[:, :first], cut),
        "pieces": _by_feature(parts.names, numbers[:, first:second], cut),
    }


def _rounded(numbers: Array) -> list[float]:
    return [round(float(number), _DIGITS) for number in numbers]


def _by_feature(
    names: Sequence[str], numbers: Array, cut: float
) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for place, column in zip(*np.nonzero(np.abs(numbers) >= cut), strict=True):
        weight = round(float(numbers[place, column]), _DIGITS)
        found.setdefault(names[column], []).append((int(place), weight))
    return found


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
        linear = {name: complaint.Linear(**train_ngrams(seen, name)) for name in LANGUAGES}
        for place in np.flatnonzero(~learn & wanted).tolist():
            embedded = float(direction @ rows[place]) + bias
            found.append(_score(texts[place], embedded, linear, vader))
        _say(f"fold {fold_number + 1} of {_FOLDS} done")
    return found


def _fold_of(text: Text) -> int:
    """Fillings of one sentence share a fold: nearly the same text must not be learnt from."""
    key = text.text[-20:] if text.source in _OURS else text.text
    return int(hashlib.sha256(key.encode("utf-8", "ignore")).hexdigest(), 16) % _FOLDS


def _score(
    text: Text, embedded: float, linear: dict[str, complaint.Linear], vader: Vader
) -> Scored:
    folded = fold(text.text)
    ruling = apply_rules(text.text, folded, text.language)
    sentiment = vader.score(text.text)
    alone = complaint.VADER_ALONE * sentiment.compound + ruling.weight
    scores = {complaint.Route.UNKNOWN: alone}
    ngrams = linear[text.language].score(_read(text))[0]
    if text.language == "en":
        first = complaint.NGRAMS * ngrams
        first += complaint.VADER * complaint.mood(sentiment, ruling) + ruling.weight
        scores[complaint.Route.LINEAR] = first
        scores[complaint.Route.ENGLISH] = first + embedded
    else:
        lean = lexicons()[text.language].lean(folded)
        leaning = complaint.lean_score(lean, folded, text.language)
        listed = complaint.other_score(ngrams, leaning, encoded=False)
        scores[complaint.Route.LISTED] = ruling.weight + listed
        if text.language in ENCODED:
            known = complaint.other_score(ngrams, leaning, encoded=True)
            scores[complaint.Route.ENCODED] = embedded + ruling.weight + known
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


def matters_member(keep: Path | None) -> dict[str, Any]:
    """The matters' member of the archive; no set is needed for it."""
    texts = matter_lessons()
    return train_matters(texts, embed(texts, keep))


def members_of(path: Path) -> dict[str, Any]:
    """All members of an archive that is there."""
    with zipfile.ZipFile(path) as archive:
        return {
            name.removesuffix(".json"): json.loads(archive.read(name))
            for name in archive.namelist()
        }


def train(folder: Path, keep: Path | None, say: Callable[[str], None]) -> dict[str, Any]:
    """All members of the archive."""
    texts = [*read_sets(folder), *read_own()]
    say(f"{len(texts)} texts")
    rows = embed(texts, keep)
    say("embedded")
    routes = calibrate(score_unseen(texts, rows))
    direction, bias = train_direction(texts, rows)
    members: dict[str, Any] = {
        "heads": {
            "direction": [round(float(number), _DIGITS + 1) for number in direction],
            "encoded_bias": round(bias, _DIGITS + 1),
            "routes": routes,
            "calm": CALM,
        },
        "topics": train_topics(texts, rows),
        "matters": matters_member(keep),
    }
    for language in LANGUAGES:
        members[f"ngrams.{language}"] = train_ngrams(texts, language)
    return members


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the judge's models.")
    parser.add_argument("data", type=Path, nargs="?", help="folder with the permissive sets")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).with_name(ARCHIVE), help="file to write"
    )
    parser.add_argument("--keep", type=Path, help="folder that keeps embeddings between runs")
    chosen = parser.parse_args(arguments)
    if chosen.data is None:
        members = members_of(Path(__file__).with_name(ARCHIVE)) | {
            "matters": matters_member(chosen.keep)
        }
    else:
        members = train(chosen.data, chosen.keep, _say)
    write(chosen.out, members)
    routes = members["heads"]["routes"]
    _say(f"{chosen.out}: {chosen.out.stat().st_size:,} bytes, routes {routes}")


if __name__ == "__main__":
    main()
