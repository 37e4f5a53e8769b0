import builtins
import json
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from types import ModuleType

import pytest

from monitor.judge import language
from monitor.judge.language import LANGUAGES, NEIGHBOURS, UNKNOWN, LanguageGuesser

#: Which language the sample posts are in, by the thousands of their number.
BY_NUMBER = dict(enumerate(LANGUAGES, start=1))

SHORT: Sequence[tuple[str, str]] = [
    ("where is my order", "en"),
    ("broken again", "en"),
    ("thanks", "en"),
    ("wo bleibt mein paket", "de"),
    ("danke", "de"),
    ("alles kaputt", "de"),
    ("où est mon colis", "fr"),
    ("merci", "fr"),
    ("dónde está mi pedido", "es"),
    ("gracias", "es"),
    ("dov'è il mio pacco", "it"),
    ("grazie", "it"),
    ("cadê meu pedido", "pt"),
    ("obrigada", "pt"),
    ("waar blijft mijn pakket", "nl"),
    ("bedankt", "nl"),
    ("gdzie jest moja paczka", "pl"),
    ("dziękuję", "pl"),
    ("kde je moje objednávka", "cs"),
    ("děkuji", "cs"),
    ("де моя посилка", "uk"),
    ("дякую", "uk"),
    ("где мой заказ", "ru"),
    ("спасибо", "ru"),
    ("我的快递呢", "zh"),
    ("差评", "zh"),
]


@pytest.fixture(scope="module")
def guesser() -> LanguageGuesser:
    return LanguageGuesser()


@pytest.mark.parametrize(("text", "expected"), SHORT)
def test_short_posts_are_recognised(guesser: LanguageGuesser, text: str, expected: str) -> None:
    assert guesser.guess(text) == expected


def test_the_sample_posts_are_recognised(guesser: LanguageGuesser) -> None:
    lines = files("connectors").joinpath("samples.jsonl").read_text(encoding="utf-8").splitlines()
    unsure = {"tw-1019", "tw-1044"}  # emoji alone say nothing

    for line in lines:
        post = json.loads(line)
        expected = UNKNOWN if post["id"] in unsure else BY_NUMBER[int(post["id"][3:]) // 1000]
        assert guesser.guess(post["text"]) == expected, post["text"]


@pytest.mark.parametrize(
    "text", ["", " ", "👍👍", "123", "ok", "@nordlicht", "https://example.com"]
)
def test_what_says_nothing_is_undecided(guesser: LanguageGuesser, text: str) -> None:
    assert guesser.guess(text) == UNKNOWN


def test_the_platforms_hint_settles_only_what_is_undecided(guesser: LanguageGuesser) -> None:
    assert guesser.guess("ok", "cs") == "cs"
    assert guesser.guess("ok", "tlh") == UNKNOWN
    assert guesser.guess("wo bleibt mein paket", "en") == "de"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("荷物がまだ届きません", "ja"),
        ("배송이 너무 늦어요", "ko"),
        ("أين طلبي؟", "ar"),
        ("איפה ההזמנה שלי", "he"),
        ("मेरा ऑर्डर कहाँ है", "hi"),
        ("สินค้ายังไม่มา", "th"),
        ("πού είναι η παραγγελία μου", "el"),
    ],
)
def test_other_scripts_give_their_language_away(
    guesser: LanguageGuesser, text: str, expected: str
) -> None:
    assert guesser.guess(text) == expected


@pytest.mark.parametrize("text", ["\ud800 where is my order", "where\x00 is my order", "Æ" * 300])
def test_odd_texts_are_harmless(guesser: LanguageGuesser, text: str) -> None:
    assert guesser.guess(text)


def test_close_calls_are_settled_by_frequent_words() -> None:
    def scores(text: str) -> Mapping[str, float]:
        return {"nl": 0.81, "en": 0.8, "de": 0.3}

    assert LanguageGuesser(scores).guess("the broken thing is with you") == "en"


def test_without_a_detectors_answer_frequent_words_decide() -> None:
    guesser = LanguageGuesser(lambda text: {})

    assert guesser.guess("the parcel is broken") == "en"
    assert guesser.guess("zzz qqq xxx zzz") == UNKNOWN


def test_py3langid_takes_over_where_eldc_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_eldc(name: str, *args: object, **kwargs: object) -> ModuleType:
        if name == "eldc":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "eldc", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_eldc)

    guesser = LanguageGuesser(language.detector())

    assert guesser.guess("Wo bleibt meine Bestellung, seit Wochen keine Antwort?") == "de"


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Where is my parcel, it has been three weeks already", {"en"}),
        (
            "Mein Paket ist seit drei Wochen nicht angekommen, das kann doch nicht sein",
            {"en", "de"},
        ),
        (
            "I ordered this kettle from you last week. Ich habe mir die Hand verbrannt!",
            {"en", "de"},
        ),
        ("Посилка досі не приїхала, я чекаю її вже три тижні", {"en", "uk", "ru"}),
        ("快递晚了一个星期,客服也不回", {"en", "zh"}),
        ("快递晚了一个星期,客服也不回. Ich habe mir die Hand verbrannt!", {"en", "zh", "de"}),
    ],
)
def test_the_languages_that_stand_in_a_post_are_heard(
    guesser: LanguageGuesser, text: str, spoken: set[str]
) -> None:
    heard = guesser.listen(text).spoken

    assert heard is not None
    assert heard >= spoken
    assert len(heard) <= len(spoken) + 1


@pytest.mark.parametrize(
    "text", ["", "???", "hola", "ужас", "주문한 배송이 너무 늦어요 정말로", "zzz qqq"]
)
def test_where_the_language_is_not_sure_every_language_is_heard(
    guesser: LanguageGuesser, text: str
) -> None:
    assert guesser.listen(text).spoken is None


def test_a_language_that_is_nearly_as_likely_is_heard_too() -> None:
    scores = {"nl": 0.81, "de": 0.75, "en": 0.5, "pl": 0.4}

    heard = LanguageGuesser(lambda text: scores).listen("een twee drie vier vijf zes zeven").spoken

    assert heard == frozenset({"nl", "de", "en"})


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        ("Mitt paket har inte kommit än och ingen svarar på mina mejl", "sv"),
        ("Pakettini ei ole vieläkään tullut eikä kukaan vastaa", "fi"),
        ("Még mindig nem jött meg a csomagom és senki sem válaszol", "hu"),
        ("Coletul meu nu a ajuns încă și nimeni nu răspunde", "ro"),
        ("Paketim hâlâ gelmedi ve kimse cevap vermiyor", "tr"),
        ("Пратката ми още не пристигна и никой не отговаря", "bg"),
        ("Moj paket još nije stigao i nitko ne odgovara", "hr"),
        ("Můj balík stále nepřišel a nikdo neodpovídá", "cs"),
        ("El meu paquet encara no ha arribat i ningú no respon", "ca"),
        ("Mi paquete no ha llegado todavía y nadie responde", "es"),
    ],
)
def test_a_neighbouring_language_is_not_taken_for_one_of_ours(post: str, expected: str) -> None:
    pytest.importorskip("eldc")

    assert LanguageGuesser().guess(post) == expected


def test_a_few_words_are_never_a_neighbours() -> None:
    assert LanguageGuesser().guess("pakke, hvor?") not in NEIGHBOURS
