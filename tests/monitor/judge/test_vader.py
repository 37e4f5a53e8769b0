import json
import random
from importlib.resources import files

import pytest
from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
)

from monitor.judge.vader import Vader

#: Words, signs and emoji that turn a score; the rest of the levers are the library's own tables.
LEVERS = (
    "but", "BUT", "least", "at", "very", "kind", "of", "no", "No", "NO", "or", "nor", "so", "this",
    "never", "without", "doubt", "sort", "😀", "😡", "❤️", "👍🏽", "!", "??", "???", "????", "!!!!!",
    ":)", ":(", "<3", "the", "a", "parcel",
)  # fmt: skip


@pytest.fixture(scope="module")
def ours() -> Vader:
    return Vader()


@pytest.fixture(scope="module")
def library() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def scores(ours: Vader, text: str) -> dict[str, float]:
    found = ours.score(text)
    return {
        "neg": found.negative,
        "neu": found.neutral,
        "pos": found.positive,
        "compound": found.compound,
    }


def test_every_score_equals_the_librarys_on_generated_texts(
    ours: Vader, library: SentimentIntensityAnalyzer
) -> None:
    chance = random.Random(20_261_122)
    levers = [
        *BOOSTER_DICT,
        *NEGATE,
        *SPECIAL_CASES,
        *LEVERS,
    ]
    lexicon = list(library.lexicon)

    for _ in range(4_000):
        words = [
            chance.choice(lexicon) if chance.random() < 0.4 else chance.choice(levers)
            for _ in range(chance.randint(1, 14))
        ]
        text = " ".join(word.upper() if chance.random() < 0.15 else word for word in words)

        assert scores(ours, text) == library.polarity_scores(text), text


def test_every_score_equals_the_librarys_on_the_sample_posts(
    ours: Vader, library: SentimentIntensityAnalyzer
) -> None:
    lines = files("connectors").joinpath("samples.jsonl").read_text(encoding="utf-8").splitlines()

    for line in lines:
        text = json.loads(line)["text"]
        assert scores(ours, text) == library.polarity_scores(text), text


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00", "\ud800", "😡", "😡😡 no", "a 😡b"])
def test_odd_texts_score_as_in_the_library(
    ours: Vader, library: SentimentIntensityAnalyzer, text: str
) -> None:
    assert scores(ours, text) == library.polarity_scores(text)


@pytest.mark.parametrize(
    "text",
    [
        "without doubt great",
        "without a doubt great",
        "never so good",
        "never this very good",
        "this is so very good",
        "not at all good",
        "at least good",
        "the least good",
        "least good",
        "no good or great",
        "this is the shit and I sort of kind of love it",
        "the pan is bad ass, to die for",
        "good but bad but good",
        "kind of good, kind and OF note",
        "VERY good, no GREAT",
    ],
)
def test_every_odd_turn_is_the_librarys(
    ours: Vader, library: SentimentIntensityAnalyzer, text: str
) -> None:
    assert scores(ours, text) == library.polarity_scores(text)


def test_the_words_that_weighed_come_heaviest_first(ours: Vader) -> None:
    found = ours.score("the service was good but the mug was horrible")

    assert [word for word, _ in found.words] == ["horrible", "good"]
    assert found.words[0][1] < 0 < found.words[1][1]


def test_a_full_cache_is_emptied_and_scores_stay_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.judge.vader._CACHE_LIMIT", 3)
    ours = Vader()

    first = ours.score("one two three four awful great")
    second = ours.score("one two three four awful great")

    assert first == second
    assert first.compound != 0
