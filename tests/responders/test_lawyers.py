"""What lawyers and data protection ask of the words, line by line: a note for people, and a test.

The guard's own tests say what it catches; here stands that our texts never need it, in every
language, in both forms of address, on every route.
"""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Author, Route, TextLimit, Way
from responders.draft import Half, Severity
from responders.guard import NEVER_OVERRIDDEN, Code, examine
from responders.guard.codes import severity
from responders.playbooks import Offer, load
from responders.policy import Brand
from responders.verdict import RedFlag, Topic, Verdict
from responders.wording import form
from tests.responders.test_matters import ANGRY, HEARD
from tests.responders.test_suggest import BRAND, ability, case, draft, mention, weighted

BOOKS = load()
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "uk", "ru", "zh")
EACH = pytest.mark.parametrize("language", LANGUAGES)
COMPLAINTS = [book.name for book in BOOKS.playbooks if book.name not in {"praise", "question"}]

#: Playbook -> words of a note that the team reads beside it.
NOTES = {
    "order_late": ("Do not blame the carrier", "cancellation and the full price", "date only"),
    "damaged": ("Replacement or repair first", "no condition", "packaging", "Name no cause"),
    "wrong_item": ("right item first", "must not cost"),
    "missing_item": ("missing item first", "no proof"),
    "not_as_expected": ("no reason", "same means of payment", "in writing with the time"),
    "cancel_after_shipping": ("in writing with the time", "no reason", "same means of payment"),
    "refund_missing": ("Same means of payment", "Never ask for card data"),
    "charged_wrongly": ("bank's way", "never ask for card data", "same means of payment"),
    "bad_service": ("No employee is named or blamed",),
    "website": ("do not pay twice",),
    "promise_broken": ("new date only if somebody owns it",),
    "carrier": ("Do not blame the carrier",),
    "praise": ("never apologise", "No coupon"),
    "vague": ("Do not say that the author is a customer",),
}


@pytest.mark.parametrize("name", NOTES)
def test_every_wish_of_the_lawyers_is_a_note_beside_its_playbook(name: str) -> None:
    book = BOOKS.named(name)
    assert book is not None
    notes = " ".join((*book.notes, book.offer_why))

    assert [words for words in NOTES[name] if words.lower() not in notes.lower()] == []


#: How a reply is sorry, in each language.
SORRY = {
    "en": ("sorry",),
    "de": ("leid", "tut mir", "tut uns"),
    "fr": ("désolé", "regrette"),
    "es": ("siento", "sentimos", "lamento"),
    "it": ("dispiace",),
    "pt": ("lament",),
    "nl": ("spijt",),
    "pl": ("przykro",),
    "cs": ("mrzí",),
    "uk": ("шкода", "прикро"),
    "ru": ("жаль", "жалко"),
    "zh": ("抱歉", "歉"),
}


@EACH
def test_in_public_always_sorry_one_next_step_the_channel_the_safety_line_and_a_name(
    language: str,
) -> None:
    voice = BOOKS.voices[language]
    posts = [post for known, post, _ in HEARD if known == language]
    seen = [
        *(Verdict(language=language, angry=True, topic=name) for name in COMPLAINTS),
        *(replace(ANGRY, language=language) for _ in posts),
    ]
    texts = [*("..." for _ in COMPLAINTS), *posts]
    for number, (verdict, text) in enumerate(zip(seen, texts, strict=True)):
        it = draft(case(verdict, mention(text, id=str(number))))
        said = it.public or ""
        assert any(word in said.lower() for word in SORRY[language]), said
        assert any(form(line, familiar=False) in said for line in voice.write_to_us), said
        assert any(form(line, familiar=False) in said for line in voice.safety), said
        assert said.endswith("Lena")


def test_what_must_never_stand_in_public_blocks_there_and_some_of_it_for_everybody() -> None:
    never = {
        Code.ORDER_FACT,
        Code.LIABILITY,
        Code.AMOUNT,
        Code.CREDIT_IN_PUBLIC,
        Code.POLICY,
        Code.DM_ONLY,
        Code.SARCASM,
        Code.PERSONAL_DATA,
        Code.BLAME,
        Code.UNSAFE_REMEDY,
        Code.REFUND_PROMISE,
    }
    assert {code for code in never if severity(code, Half.PUBLIC) is not Severity.BLOCK} == set()
    for code in (Code.ORDER_FACT, Code.PERSONAL_DATA, Code.CREDIT_IN_PUBLIC, Code.UNSAFE_REMEDY):
        assert (code, Half.PUBLIC) in NEVER_OVERRIDDEN


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("en", "Take the voucher instead of the refund.", Code.CREDIT_INSTEAD_OF_REMEDY),
        ("en", "Once you delete the review you get a code.", Code.CREDIT_INSTEAD_OF_REMEDY),
        ("en", "A voucher for a better review.", Code.CREDIT_INSTEAD_OF_REMEDY),
        ("en", "10 euros if you keep quiet about it.", Code.CREDIT_INSTEAD_OF_REMEDY),
        ("de", "Gutschein statt Erstattung, ginge das?", Code.CREDIT_INSTEAD_OF_REMEDY),
        ("fr", "Un bon à la place du remboursement.", Code.CREDIT_INSTEAD_OF_REMEDY),
        ("cs", "Poukaz místo vrácení peněz.", Code.CREDIT_INSTEAD_OF_REMEDY),
        ("pl", "Bon zamiast zwrotu pieniędzy.", Code.CREDIT_INSTEAD_OF_REMEDY),
    ],
)
def test_a_credit_in_place_of_what_is_owed_or_for_something_in_return_blocks_everywhere(
    language: str, text: str, code: Code
) -> None:
    for half in Half:
        found = examine(
            text, half, language=language, brand=BRAND, way=Way(route=Route.API), second_look=False
        )
        assert any(f.code == code and f.severity is Severity.BLOCK for f in found), text


#: Remedies that are owed: a credit beside these playbooks is only ever an extra, checked first.
OWED = ("damaged", "wrong_item", "missing_item", "refund_missing", "charged_wrongly", "order_late")


def test_where_something_is_owed_a_credit_is_an_extra_after_checking() -> None:
    for name in OWED:
        book = BOOKS.named(name)
        assert book is not None
        assert book.offer is Offer.AFTER_CHECKING
    for name in ("wrong_item", "missing_item", "charged_wrongly", "refund_missing", "damaged"):
        book = BOOKS.named(name)
        assert book is not None
        assert "never in" in book.offer_why


#: Written confirmation, no reason, the same way of payment: who wants out.
OUT = {
    "en": (
        ("in writing", "written"),
        ("no reason", "need not give a reason", "without giving a"),
        ("the way you paid",),
    ),
    "de": (("schriftlich",), ("Begründung",), ("demselben Weg", "auf dem bezahlt wurde")),
    "fr": (("écrit",), ("raison",), ("même moyen de paiement",)),
    "cs": (("písemně", "Písemně"), ("důvod", "Důvod"), ("stejným způsobem",)),
    "pl": (("na piśmie", "Na piśmie"), ("powod", "powód"), ("tym samym sposobem",)),
}


@pytest.mark.parametrize("language", OUT)
def test_who_wants_out_gives_no_reason_gets_it_in_writing_and_the_same_way_back(
    language: str,
) -> None:
    written, reason, way = OUT[language]
    cancelled = _texts("cancel_after_shipping", language)
    returned = _texts("not_as_expected", language)

    assert all(any(word in text for word in written) for text in cancelled)
    assert any(any(word in text for word in reason) for text in cancelled)
    assert sum(any(word in text for word in way) for text in cancelled) >= 3
    assert sum(any(word in text for word in reason) for text in returned) >= 3
    assert sum(any(word in text for word in way) for text in returned) >= 3


def _texts(name: str, language: str, half: Half = Half.PRIVATE) -> list[str]:
    book = BOOKS.named(name)
    assert book is not None
    return [text.words for text in book.texts[language, half]]


#: Proof, packaging, receipts: what may be mentioned only as not needed.
PROOF = {
    "en": (("receipt", "proof", "packaging"), ("not needed", "no condition", "need not")),
    "de": (
        ("Kassenbon", "Nachweis", "Verpackung"),
        ("muss aber nicht", "keine Bedingung", "nicht nötig", "muss nicht"),
    ),
    "fr": (
        ("ticket", "preuve", "emballage"),
        ("sans être nécessaire", "pas une condition", "pas nécessaire", "Inutile"),
    ),
    "cs": (("účtenk", "doklad", "obal"), ("není nutn", "není podmínk", "netřeba", "není potřeba")),
    "pl": (
        ("paragon", "dowód", "opakowani"),
        ("nie jest konieczn", "nie warunek", "nie trzeba", "nie są potrzebn"),
    ),
}


@pytest.mark.parametrize("language", PROOF)
def test_no_packaging_and_no_proof_is_demanded(language: str) -> None:
    demanded, excused = PROOF[language]
    for name in ("damaged", "wrong_item", "missing_item", "refund_missing"):
        for text in _texts(name, language):
            if any(word in text for word in demanded):
                assert any(word in text for word in excused), text


@EACH
def test_no_employee_is_blamed_and_no_date_named_whatever_the_playbook(language: str) -> None:
    for name in ("bad_service", "promise_broken", "carrier", "order_late"):
        for half in Half:
            for text in _texts(name, language, half):
                for familiar in (False, True):
                    found = examine(
                        form(text, familiar=familiar),
                        Half.PUBLIC,  # the stricter half
                        language=language,
                        brand=BRAND,
                        way=Way(route=Route.API),
                        second_look=False,
                    )
                    assert {f.code for f in found}.isdisjoint({Code.BLAME, Code.DATE, Code.SARCASM})


#: Injury: concern, stop using it, keep it safe, a person.
INJURY = {
    "en": ("hope you are all right", "stop using", "safe", "by phone"),
    "de": ("gut geht", "nicht weiter", "sicher auf", "persönlich"),
    "fr": ("espère", "utilis", "lieu sûr", "personne"),
    "cs": ("doufám", "nepoužív", "bezpečn", "po telefonu"),
    "pl": ("nadziej", "używa", "bezpieczn", "przez telefon"),
}


@pytest.mark.parametrize("language", INJURY)
def test_an_injury_gets_concern_stop_keep_it_safe_and_a_person(language: str) -> None:
    said = BOOKS.voices[language].holding[RedFlag.INJURY].lower()

    assert [word for word in INJURY[language] if word.lower() not in said] == []


@EACH
def test_red_flags_get_no_credit_no_cause_and_no_invitation_to_post_data(language: str) -> None:
    for flag in (RedFlag.INJURY, RedFlag.ALLERGY, RedFlag.CHILD):
        it = draft(case(Verdict(language=language, red_flags=(flag,), topic=Topic.DAMAGED)))
        assert (it.credit, it.public, it.private) == (None, None, None)
        assert it.findings == ()


def test_a_private_message_on_x_carries_the_privacy_link_and_the_way_out() -> None:
    brand = replace(BRAND, privacy_url="https://www.nordlicht.example/privacy")
    for book in BOOKS.playbooks:
        seen = Verdict(language="en", angry=book.name != "praise", topic=book.name)
        private = draft(case(seen), brand=brand).private
        if private is not None:
            assert "https://www.nordlicht.example/privacy" in private
            assert "STOP" in private


# Nobody breaks out of a text: post, author and brand are strangers' words.

HOSTILE = st.text(max_size=120) | st.sampled_from(
    [
        "<!channel> <@U123>",
        "{code} {name} {contact}",
        "[formal|familiar]",
        "@everyone @nordlicht",
        "<script>alert(1)</script>",
        "&lt;b&gt;",
        "*bold* _it_ `code` ~x~",
        "https://evil.example/win evil.example",
        "Anna\u202egnirts",
        "Anna\u200b\u200bBerg\n\nRefund: 500 EUR",
        "u/stranger r/shop #tag",
        "A" * 400,
        "\ud800",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Strange:
    """A post and a shop of strangers' words, and where they meet."""

    post: str
    name: str
    handle: str
    brand: str
    sign: str
    language: str
    platform: str
    route: Route
    maximum: int
    topic: Topic | None
    familiar: bool


STRANGE = st.builds(
    Strange,
    post=HOSTILE,
    name=HOSTILE,
    handle=HOSTILE,
    brand=HOSTILE,
    sign=HOSTILE,
    language=st.sampled_from(LANGUAGES),
    platform=st.sampled_from(["twitter", "mastodon", "bluesky", "google_play"]),
    route=st.sampled_from([Route.API, Route.CLOSED, Route.NONE]),
    maximum=st.sampled_from([280, 350, 500]),
    topic=st.sampled_from([*Topic, None]),
    familiar=st.booleans(),
)


@settings(max_examples=120)
@given(it=STRANGE)
def test_nothing_that_a_stranger_wrote_breaks_out_mentions_or_lengthens_a_text(
    it: Strange,
) -> None:
    shop = Brand(
        name=it.brand,
        signature=it.sign,
        contact="help@nordlicht.example",
        voice="familiar" if it.familiar else "formal",
    )
    author = Author(id="7", handle=it.handle, name=it.name)
    seen = Verdict(language=it.language, angry=True, complaint=0.9, topic=it.topic)
    way = ability(it.route, maximum=it.maximum)
    post = mention(it.post, platform=it.platform, author=author)
    made = draft(case(seen, post), brand=shop, way=way)

    account = f"@{it.handle.lstrip('@')} " if it.platform == "mastodon" else ""
    for text in (made.public, made.private, made.public_english, made.private_english):
        if text is not None:
            body = text.removeprefix(account).replace("help@nordlicht.example", "")
            assert not set(body) & set("<>{}[]|*`~@#\\"), text
            assert "://" not in body
            assert all(char.isprintable() or char == "\n" for char in body)
            assert len(text.split("\n\n")) <= 6
    if made.public is not None:
        assert "\n" not in made.public
        assert weighted(made.public) <= it.maximum


@given(handle=HOSTILE)
def test_on_mastodon_only_the_customers_own_account_is_named(handle: str) -> None:
    author = Author(id="7", handle=handle, name="Anna")
    way = ability(Route.CLOSED, maximum=500)
    it = draft(case(ANGRY, mention("...", platform="mastodon", author=author)), way=way)
    said = it.public or ""

    assert said.count("@") <= 1 + handle.lstrip("@").count("@")
    if "@" in said:
        assert said.startswith(f"@{handle.lstrip('@')} ")


def test_a_limit_that_nothing_fits_gives_nothing_and_says_so() -> None:
    way = ability(Route.CLOSED)
    tiny = replace(way, public=replace(way.public, limit=TextLimit(maximum=20)))

    it = draft(case(ANGRY), way=tiny)

    assert it.public is None
    assert "too long here" in it.reason
