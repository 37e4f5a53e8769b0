from importlib.resources import files

import pytest

from monitor.judge.complaint import ComplaintModel, Evidence, Linear, Route, sigmoid
from monitor.judge.language import LANGUAGES
from monitor.judge.ngrams import pieces, tokens, word_features
from monitor.judge.weights import ARCHIVE, weights

MODEL = ComplaintModel()


def examine(text: str, language: str) -> Evidence:
    return MODEL.examine(text, language)


@pytest.mark.parametrize(
    ("text", "language", "routes"),
    [
        ("never again, worst company ever, give me my money back", "en", {Route.ENGLISH}),
        ("what a lovely day, thank you all so much, I love it", "en", {Route.LINEAR}),
        ("wo bleibt mein paket", "de", {Route.ENCODED}),
        ("荷物がまだ届きません", "ja", {Route.ENCODED}),
        ("kde je můj balík", "cs", {Route.LISTED}),
        ("де моя посилка", "uk", {Route.LISTED}),
        ("😡", "und", {Route.UNKNOWN}),
        ("πού είναι η παραγγελία μου", "el", {Route.UNKNOWN}),
    ],
)
def test_each_language_takes_its_route(text: str, language: str, routes: set[Route]) -> None:
    assert examine(text, language).route in routes


def test_an_open_english_case_asks_the_embedding_too() -> None:
    texts = ["the box was blue, not green", "I got a letter from them today", "so that happened"]

    found = [examine(text, "en") for text in texts]

    assert {evidence.route for evidence in found} >= {Route.ENGLISH}
    assert all((one.vector is not None) == (one.route is Route.ENGLISH) for one in found)


def test_many_texts_are_judged_as_one_by_one() -> None:
    texts = ["wo bleibt mein paket", "my mug is broken", "kde je balík", "love it", "hmm, okay"]
    languages = ["de", "en", "cs", "en", "en"]

    together = MODEL.examine_all(texts, languages)

    for one, text, language in zip(together, texts, languages, strict=True):
        alone = examine(text, language)
        assert one.route is alone.route
        assert one.score == pytest.approx(alone.score, abs=1e-3)


def test_the_embedding_comes_where_it_is_asked_for() -> None:
    sure = "what a lovely day, thank you all so much, I love it"

    plain, with_vector = examine(sure, "en"), MODEL.examine(sure, "en", with_vector=True)

    assert plain.vector is None
    assert with_vector.vector is not None
    assert with_vector.score == plain.score


def test_the_words_that_moved_the_score_are_told() -> None:
    words = dict(examine("worst service ever", "en").words)

    assert words["worst"] > 0
    assert ("zklamání", 1.0) in MODEL.examine("zklamání", "cs").words or examine(
        "zklamani", "cs"
    ).words


def test_the_linear_model_adds_words_and_pieces_divided_by_their_roots() -> None:
    linear = Linear({"bad": 2.0, "bad mug": 1.0}, {"<ba": 4.0}, bias=-0.5)

    score, words = linear.score("Bad mug")

    features = 3  # bad, mug, "bad mug"
    parts = len(pieces("bad")) + len(pieces("mug"))
    assert score == pytest.approx(-0.5 + 3.0 / features**0.5 + 4.0 / parts**0.5)
    assert [word for word, _ in words] == ["bad", "bad mug"]


def test_the_linear_models_cache_does_not_change_a_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.judge.complaint._CACHE_LIMIT", 2)
    linear = Linear({}, {"<ba": 1.0, "mug": 0.5}, bias=0.0)

    assert linear.score("bad mug lid pot") == linear.score("bad mug lid pot")


def test_a_text_without_words_scores_the_bias() -> None:
    assert Linear({}, {}, bias=0.3).score("") == (0.3, ())


def test_tokens_are_words_and_marks() -> None:
    assert tokens("DON'T!!! really?? ok.") == ["don't", "!!", "really", "??", "ok", "."]
    assert tokens("don\u2019t") == ["don't"]
    assert len(tokens("word " * 2_000)) == 400
    assert tokens("a" * 80) == ["a" * 30]


def test_features_are_words_and_pairs() -> None:
    assert list(word_features(["a", "b", "c"])) == ["a", "b", "c", "a b", "b c"]
    assert list(word_features([])) == []


def test_chinese_characters_are_tokens_of_their_own() -> None:
    assert tokens("退款 慢ok") == ["退", "款", "慢", "ok"]


def test_pieces_mark_the_borders_of_a_word() -> None:
    assert pieces("mug") == ["<mu", "mug", "ug>", "<mug", "mug>", "<mug>"]
    assert pieces("a") == []
    assert pieces("!!") == []


@pytest.mark.parametrize(("odds", "chance"), [(0, 0.5), (800, 1.0), (-800, 0.0)])
def test_the_probability_never_overflows(odds: float, chance: float) -> None:
    assert sigmoid(odds) == pytest.approx(chance)


def test_the_shipped_file_is_small_and_whole() -> None:
    heads = weights("heads")

    assert len(files("monitor.judge").joinpath(ARCHIVE).read_bytes()) <= 3_000_000
    assert len(heads["direction"]) == 512
    assert set(heads["routes"]) == {route.value for route in Route}
    for language in LANGUAGES:
        assert len(weights(f"ngrams.{language}")["words"]) > 1_000, language


def test_a_member_that_training_never_made_is_empty() -> None:
    assert weights("ngrams.xx") == {}
    assert MODEL.linear("xx") is None
