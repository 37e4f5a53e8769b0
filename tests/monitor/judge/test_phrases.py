import pytest

from monitor.judge.language import LANGUAGES
from monitor.judge.phrases import Hit, PhraseBook, book, fold, load, words_of


def book_of(*phrases: str, language: str = "en") -> PhraseBook:
    return PhraseBook({"group": {language: list(phrases)}})


def found(phrases: PhraseBook, text: str, language: str = "und") -> list[str]:
    return [hit.words for hit in phrases.find(fold(text), language)]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("STILL Waiting", "still waiting"),
        ("haven't", "havent"),
        ("haven\u2019t", "havent"),
        ("l'avocat", "l'avocat"),
        ("Příšerně žluťoučký", "priserne zlutoucky"),
        ("Żółć, łódź", "zolc, lodz"),
        ("Straße", "strasse"),
        ("ЕЩЁ", "еще"),
    ],
)
def test_case_accents_and_contractions_do_not_count(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_phrase_is_found_as_whole_words_only() -> None:
    phrases = book_of("sue you")

    assert found(phrases, "I will SUE   you!") == ["sue   you"]
    assert found(phrases, "issue you") == []
    assert found(phrases, "sue yours") == []


def test_a_star_stands_for_the_rest_of_a_word() -> None:
    assert found(book_of("refund*"), "no refunds, ever") == ["refunds"]
    assert found(book_of("zl* kwota"), "zła kwota") == ["zla kwota"]


def test_either_word_of_an_alternative_will_do() -> None:
    phrases = book_of("my son|daughter fell")

    assert found(phrases, "my daughter fell") == ["my daughter fell"]
    assert found(phrases, "my dog fell") == []


def test_a_gap_takes_up_to_four_words() -> None:
    phrases = book_of("delete _ data")

    assert found(phrases, "delete all of my data") == ["delete all of my data"]
    assert found(phrases, "delete data") == ["delete data"]
    assert found(phrases, "delete one two three four five data") == []


def test_chinese_needs_no_word_borders() -> None:
    phrases = PhraseBook({"group": {"zh": ["退款", "删除 _ 数据"]}})

    assert found(phrases, "申请退款被拒绝") == ["退款"]
    assert found(phrases, "请删除我的数据") == ["删除我的数据"]


def test_a_number_or_a_latin_word_ends_where_chinese_begins() -> None:
    phrases = PhraseBook({"group": {"zh": ["12315"]}})

    assert found(phrases, "已经打12315投诉了") == ["12315"]
    assert found(phrases, "123150") == []


def test_words_of_every_length_may_begin_a_phrase() -> None:
    phrases = book_of("in court", "su* you", "sol* says", "solicitor* says")

    assert found(phrases, "in court") == ["in court"]
    assert found(phrases, "sue you") == ["sue you"]
    assert found(phrases, "sol says") == ["sol says"]
    assert found(phrases, "solicitor says") == ["solicitor says", "solicitor says"]


def test_a_false_friend_counts_in_its_own_language_only() -> None:
    phrases = book_of("~sąd", language="pl")

    assert found(phrases, "to rozstrzygnie sąd", "pl") == ["sad"]
    assert found(phrases, "so sad today", "en") == []


def test_a_silencing_phrase_silences_its_group() -> None:
    phrases = book_of("injur*", "!insult to injury")

    assert found(phrases, "to add insult to injury") == []
    assert found(phrases, "she was injured") == ["injured"]


def test_a_phrase_is_reported_once() -> None:
    assert found(book_of("late"), "late, late and late") == ["late"]


def test_a_hit_says_where_and_by_which_phrase() -> None:
    hits = PhraseBook({"legal": {"en": ["lawyer*"]}}).find("my lawyers say", "en")

    assert hits == [Hit(group="legal", words="lawyers", start=3, phrase="lawyer*")]


@pytest.mark.parametrize("phrase", ["", "_ lawyer", "lawyer _", "a*", "* lawyer"])
def test_a_phrase_that_cannot_be_read_is_named(phrase: str) -> None:
    with pytest.raises(ValueError, match="of group"):
        book_of(phrase)


def test_words_of_takes_chinese_characters_one_by_one() -> None:
    assert words_of("ok 很好, go") == ["ok", "很", "好", "go"]


@pytest.mark.parametrize("name", ["red_flags", "topics", "asks", "complaint"])
def test_every_shipped_list_can_be_read_and_speaks_twelve_languages(name: str) -> None:
    for group, languages in load(name).items():
        assert set(languages) >= set(LANGUAGES), group
        for language, phrases in languages.items():
            assert len(phrases) == len(set(phrases)), (group, language)
    assert book(name).find("nothing to see") is not None


def test_a_phrase_can_tell_what_must_not_follow() -> None:
    phrases = book_of("hurt my|his ^feelings|pride", "leak* ^oil")

    assert found(phrases, "you hurt my hand") == ["hurt my"]
    assert found(phrases, "hurt my") == ["hurt my"]
    assert found(phrases, "you hurt my, feelings") == []
    assert found(phrases, "it hurt his pride") == []
    assert found(phrases, "it hurt his prideful son") == ["hurt his"]
    assert found(phrases, "leaking oil") == []
    assert found(phrases, "leaking oily things") == ["leaking"]


@pytest.mark.parametrize("phrase", ["^feelings", "hurt ^my feelings"])
def test_what_must_not_follow_stands_at_the_end(phrase: str) -> None:
    with pytest.raises(ValueError, match="group"):
        book_of(phrase)


def test_only_the_phrases_of_the_spoken_languages_count() -> None:
    phrases = PhraseBook({"group": {"en": ["press"], "it": ["operat*", "~caldo"]}})

    def spoken(text: str, *languages: str) -> list[str]:
        return [hit.words for hit in phrases.find(fold(text), languages[0], languages)]

    assert spoken("the press is operating", "en", "de") == ["press"]
    assert spoken("the press is operating", "en", "it") == ["press", "operating"]
    assert spoken("the press is caldo", "it", "en") == ["press", "caldo"]
    assert found(phrases, "the press is operating") == ["press", "operating"]
