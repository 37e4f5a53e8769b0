import tomllib
from importlib.resources import files

import pytest

from monitor.judge.language import LANGUAGES
from monitor.judge.lexicon import ChineseLexicon, Lexicon, lexicons
from monitor.judge.phrases import fold

WORDS = Lexicon("zklam šmejd zlo.", "skvěl dobr", "není. ne.")


def lean(lexicon: Lexicon, text: str) -> tuple[float, float]:
    found = lexicon.lean(fold(text))
    return found.negative, found.positive


def test_a_word_stands_for_all_that_begin_so() -> None:
    assert lean(WORDS, "Zklamání") == (1, 0)
    assert lean(WORDS, "skvělá") == (0, 1)


def test_a_word_with_a_full_stop_stands_for_itself() -> None:
    assert lean(WORDS, "zlo") == (1, 0)
    assert lean(WORDS, "zlomek") == (0, 0)


def test_a_negation_right_before_turns_the_lean() -> None:
    assert lean(WORDS, "není dobrý") == (0.6, 0)
    assert lean(WORDS, "není moc dobrý") == (0.3, 0)
    assert lean(WORDS, "není to moc dobrý") == (0, 1)


def test_the_words_and_their_weights_are_told() -> None:
    assert WORDS.lean("sama zlo a nic dobrého").words == (("zlo", 1.0), ("dobrého", -1.0))


def test_chinese_takes_the_longest_word_at_each_place() -> None:
    chinese = ChineseLexicon("差 态度差 难吃", "好 好吃", "不")

    assert lean(chinese, "态度差") == (1, 0)
    assert lean(chinese, "好吃") == (0, 1)
    assert lean(chinese, "不好吃") == (0.6, 0)
    assert lean(chinese, "今天") == (0, 0)


@pytest.mark.parametrize(
    ("language", "bad", "good"),
    [
        ("de", "furchtbar schlecht und kaputt", "wunderbar, sehr zufrieden"),
        ("fr", "horrible et décevant", "magnifique, merci"),
        ("es", "pésimo y horrible", "excelente y perfecto"),
        ("it", "pessimo e vergognoso", "ottimo e perfetto"),
        ("pt", "péssimo e horrível", "ótimo e maravilhoso"),
        ("nl", "slecht en waardeloos", "geweldig en fijn"),
        ("pl", "fatalny i beznadziejny", "świetny i wspaniały"),
        ("cs", "hrozný šmejd, zklamání", "skvělý a spolehlivý"),
        ("uk", "жахливо, розчарування", "чудово, рекомендую"),
        ("ru", "ужасно, отвратительно", "отлично, рекомендую"),
        ("zh", "太差了,难吃", "很好,满意"),
    ],
)
def test_every_list_tells_bad_from_good(language: str, bad: str, good: str) -> None:
    lexicon = lexicons()[language]

    worse, better = lexicon.lean(fold(bad)), lexicon.lean(fold(good))

    assert worse.negative > worse.positive
    assert better.positive > better.negative


def test_all_languages_but_english_have_a_list() -> None:
    assert set(lexicons()) == set(LANGUAGES) - {"en"}


def test_no_word_leans_both_ways() -> None:
    text = files("monitor.judge").joinpath("words", "polarity.toml").read_text(encoding="utf-8")
    for language, lists in tomllib.loads(text).items():
        negative, positive = set(lists["negative"].split()), set(lists["positive"].split())
        assert not negative & positive, language
        stems = {word for word in negative | positive if not word.endswith(".")}
        assert all(len(word) >= 3 for word in stems) or language == "zh"
