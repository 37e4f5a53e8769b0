"""Our own texts in twelve languages: complete, parallel, short, and as the lawyers want them."""

from datetime import UTC, datetime

import pytest

from connectors.base import Ability, Author, Mention, Route, TextLimit, Way
from responders.case import Case, CaseId, Entry, MentionId
from responders.draft import CODE_PLACEHOLDER, Draft, Half
from responders.guard import examine, review
from responders.money import Money
from responders.playbooks import load
from responders.policy import Brand, CreditPolicy, Policy
from responders.suggest import suggest
from responders.verdict import RedFlag, Topic, Verdict
from responders.voice import sentences
from responders.wording import form, placeholders
from tests.responders.test_suggest import weighted

BOOKS = load()
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "uk", "ru", "zh")
NAMES = [book.name for book in BOOKS.playbooks]
BOTH = pytest.mark.parametrize("familiar", [False, True], ids=["formal", "familiar"])
EACH = pytest.mark.parametrize("language", LANGUAGES)
WAY = Way(route=Route.API, limit=TextLimit(maximum=280, count=weighted))
POLICY = Policy(
    credit=CreditPolicy(
        suggested=Money(minor=2500, currency="EUR"),
        cap_per_case=Money(minor=2500, currency="EUR"),
        monthly_budget=Money(minor=50000, currency="EUR"),
        codes_file="codes.csv",
    )
)


def brand(familiar: bool) -> Brand:
    return Brand(
        name="Nordlicht",
        signature="Katharina",
        voice="familiar" if familiar else "formal",
        contact="help@nordlicht.example",
    )


def draft(
    verdict: Verdict, number: int = 0, route: Route = Route.CLOSED, familiar: bool = False
) -> Draft:
    post = Mention(
        platform="twitter",
        id=str(number),
        author=Author(id="7", handle="anna", name="Anna Berg"),
        text="...",
        created_at=datetime(2026, 11, 2, tzinfo=UTC),
    )
    case = Case(
        id=CaseId(1),
        brand="nordlicht",
        opened_at=post.created_at,
        entries=(Entry(id=MentionId(1), mention=post, verdict=verdict),),
    )
    ability = Ability(public=WAY, private=Way(route=route))
    it = suggest(case, brand=brand(familiar), policy=POLICY, ability=ability, playbooks=BOOKS)
    return review(it, brand=brand(familiar), ability=ability, subject=post)


def texts(name: str, language: str, half: Half) -> list[str]:
    book = BOOKS.named(name)
    assert book is not None
    return [text.words for text in book.texts[language, half]]


def test_there_is_a_playbook_for_every_topic_but_other() -> None:
    assert set(NAMES) == {topic.value for topic in Topic} - {"other"}


@EACH
def test_every_situation_has_four_wordings_of_each_text(language: str) -> None:
    for name in NAMES:
        for half in Half:
            if (name, half) != ("praise", Half.PRIVATE):
                assert len(texts(name, language, half)) == 4, (name, half)


@EACH
def test_the_english_beside_a_text_has_the_same_placeholders(language: str) -> None:
    for book in BOOKS.playbooks:
        for half in Half:
            for one in book.texts.get((language, half), ()):
                assert one.english is not None
                assert placeholders(one.words) == placeholders(one.english)
    english = {(key, number): text for key, number, text in sentences(BOOKS.voices["en"])}
    for key, number, text in sentences(BOOKS.voices[language]):
        assert placeholders(text) == placeholders(english[key, number]), (key, number)


@BOTH
@EACH
def test_every_text_is_clean_in_the_guards_eyes_by_itself(language: str, familiar: bool) -> None:
    for book in BOOKS.playbooks:
        for half in Half:
            for text in book.texts.get((language, half), ()):
                said = form(text.words, familiar=familiar)
                way = WAY if half is Half.PUBLIC else Way(route=Route.API)
                found = examine(
                    said, half, language=language, brand=brand(familiar), way=way, second_look=False
                )
                assert found == (), (book.name, said)


@BOTH
@EACH
def test_every_draft_is_clean_fits_into_x_and_is_in_the_customers_language(
    language: str, familiar: bool
) -> None:
    routes = (Route.API, Route.CLOSED, Route.NONE)
    for name in NAMES:
        seen = Verdict(language=language, angry=name != "praise", topic=name)
        for number in range(8):
            it = draft(seen, number, routes[number % 3], familiar)
            assert it.language == language
            assert it.public is not None, (name, it.reason)
            assert it.public_english is not None
            assert it.findings == (), (name, it.public, it.private)
            assert weighted(it.public) <= 280
            assert "[" not in it.public + (it.private or "")


@EACH
def test_an_answer_says_where_to_write_what_we_never_ask_for_and_who_signs(language: str) -> None:
    voice = BOOKS.voices[language]
    for name in NAMES:
        if name == "praise":
            continue
        said = draft(Verdict(language=language, angry=True, topic=name)).public or ""
        assert any(form(text, familiar=False) in said for text in voice.safety)
        assert any(form(text, familiar=False) in said for text in voice.write_to_us)
        assert said.endswith("Katharina")


@EACH
def test_thanks_are_thanks_and_nothing_else(language: str) -> None:
    voice = BOOKS.voices[language]
    it = draft(Verdict(language=language, topic=Topic.PRAISE, compound=0.9))
    said = it.public or ""

    assert it.private is None
    assert it.credit is None
    assert not any(form(text, familiar=False) in said for text in voice.safety)
    assert (
        examine(
            said, Half.PUBLIC, language=language, brand=brand(False), way=WAY, second_look=False
        )
        == ()
    )


@BOTH
@EACH
def test_a_chosen_credit_is_clean_too(language: str, familiar: bool) -> None:
    voice = BOOKS.voices[language]
    for text in voice.credit:
        said = form(text, familiar=familiar).replace("{amount}", "25,00 €")
        found = examine(
            said,
            Half.PRIVATE,
            language=language,
            brand=brand(familiar),
            way=WAY,
            checked=["25,00 €"],
            second_look=False,
        )
        assert {f.code for f in found} <= {"too_long"}, said
        assert CODE_PLACEHOLDER in text


@EACH
def test_every_red_flag_gets_a_clean_word_to_start_with(language: str) -> None:
    for flag in RedFlag:
        it = draft(Verdict(language=language, red_flags=(flag,)))
        assert it.public is None
        assert it.holding is not None
        assert it.holding_english is not None
        assert it.findings == (), (flag, it.holding)


FORMS = ("de", "fr", "es", "it", "pt", "nl", "pl", "cs", "uk", "ru", "zh")


@pytest.mark.parametrize("language", FORMS)
def test_both_forms_of_address_exist_where_the_language_has_them(language: str) -> None:
    differing = [
        key
        for key, _, text in sentences(BOOKS.voices[language])
        if form(text, familiar=True) != form(text, familiar=False)
    ]
    assert {"hello", "write_to_us", "credit"} <= set(differing)


def test_english_has_one_form_of_address() -> None:
    for name in NAMES:
        assert "[" not in " ".join(texts(name, "en", Half.PUBLIC))


# What lawyers and data protection ask of the words: each note of a playbook has its test here.

#: cancel, the full price: what a late order's message must name.
CANCEL = {
    "en": ("cancel", "full price"),
    "de": ("stornieren", "vollen Preis"),
    "fr": ("annuler", "totalité du prix"),
    "es": ("cancelar", "precio completo"),
    "it": ("annullare", "intero prezzo"),
    "pt": ("cancelar", "preço completo"),
    "nl": ("annuleren", "volle prijs"),
    "pl": ("anulować", "zwrot całej zapłaconej kwoty"),
    "cs": ("zrušit", "celou zaplacenou částku"),
    "uk": ("скасувати", "всі сплачені кошти"),
    "ru": ("отменить", "все уплаченные деньги"),
    "zh": ("取消", "全部货款"),
}


@EACH
def test_late_names_cancellation_and_the_full_price(language: str) -> None:
    for text in texts("order_late", language, Half.PRIVATE):
        assert all(word in text for word in CANCEL[language]), text


#: replacement, repair: what comes before the price.
REMEDY = {
    "en": ("replacement", "repair"),
    "de": ("Ersatz", "Reparatur"),
    "fr": ("remplacement", "réparation"),
    "es": ("cambio", "reparación"),
    "it": ("sostituzione", "riparazione"),
    "pt": ("troca", "reparação"),
    "nl": ("vervang", "reparatie"),
    "pl": ("wymian", "napraw"),
    "cs": ("výměn", "oprav"),
    "uk": ("замін", "ремонт"),
    "ru": ("замен", "ремонт"),
    "zh": ("换货", "维修"),
}


@EACH
def test_damaged_offers_replacement_or_repair_before_the_price(language: str) -> None:
    for text in texts("damaged", language, Half.PRIVATE):
        assert all(word in text for word in REMEDY[language]), text


#: "please do not pay twice"
TWICE = {
    "en": "pay",
    "de": "bezahlen",
    "fr": "payer",
    "es": "[pague|pagues]",
    "it": "[paghi|pagare]",
    "pt": "[pague|pagues]",
    "nl": "betalen",
    "pl": "płacić",
    "cs": "[Neplaťte|Neplať]",
    "uk": "[платіть|плати]",
    "ru": "[платите|плати]",
    "zh": "付款",
}


@EACH
def test_the_website_playbook_warns_of_paying_twice(language: str) -> None:
    for half in Half:
        warned = [TWICE[language] in text for text in texts("website", language, half)]
        assert warned[:2] == [True, True]


#: card data, as the language calls it
CARD = {
    "en": "card",
    "de": "arte",
    "fr": "(carte|bancaire)",
    "es": "tarjeta",
    "it": "carta",
    "pt": "cartão",
    "nl": "kaart",
    "pl": "kart",
    "cs": "kart",
    "uk": "картк",
    "ru": "карт",
    "zh": "卡",
}


@EACH
def test_charged_wrongly_asks_for_no_card_data(language: str) -> None:
    warned = [
        any(word in text for word in CARD[language].strip("()").split("|"))
        for text in texts("charged_wrongly", language, Half.PRIVATE)
    ]
    assert sum(warned) >= 3


def test_goodwill_without_legal_duty_stands_in_german_extras_and_nowhere_else() -> None:
    words = "ohne Anerkennung einer Rechtspflicht"

    assert all(words in text for text in BOOKS.voices["de"].credit)
    assert not any(
        words in text
        for name in NAMES
        if name != "praise"
        for text in texts(name, "de", Half.PRIVATE)
    )


def test_the_french_extra_is_a_commercial_gesture() -> None:
    assert all("geste commercial" in text for text in BOOKS.voices["fr"].credit)


def test_czech_is_sorry_and_admits_no_fault() -> None:
    for name in set(NAMES) - {"praise", "question"}:
        for text in texts(name, "cs", Half.PUBLIC):
            assert "mrzí" in text.lower(), text
            assert "naše chyba" not in text
            assert "naše vina" not in text


def test_no_playbook_offers_a_credit_before_anything_is_known_or_for_praise() -> None:
    for name in ("vague", "praise", "question", "cancel_after_shipping"):
        book = BOOKS.named(name)
        assert book is not None
        assert book.offer == "none"


@EACH
def test_a_credit_is_extra_whatever_the_customer_decides_about_their_rights(language: str) -> None:
    rights = {
        "en": "rights",
        "de": "Rechte",
        "fr": "droits",
        "es": "derechos",
        "it": "diritti",
        "pt": "direitos",
        "nl": "rechten",
        "pl": "praw",
        "cs": "právech",
        "uk": "прав",
        "ru": "правах",
        "zh": "权利",
    }
    assert all(rights[language] in text for text in BOOKS.voices[language].credit)


@EACH
def test_nothing_is_asked_of_a_child(language: str) -> None:
    said = form(BOOKS.voices[language].holding[RedFlag.CHILD], familiar=False)

    assert "?" not in said
    assert "{" not in said
