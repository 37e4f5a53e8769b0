"""The guard's phrases and patterns: what they catch and leave alone, how grave each finding is.

What the second look adds and takes away is in test_meaning.py.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Ability, Author, Mention, Route, TextLimit, Way
from responders.draft import Credit, Draft, Finding, Half, Severity
from responders.guard import MACHINE, NEVER_OVERRIDDEN, Code, examine, review
from responders.guard.codes import INSTEAD, SEVERITY
from responders.guard.meaning.lessons import Lesson
from responders.guard.phrases import Ear, PhraseError, languages, listening, phrase, read
from responders.guard.tongue import tongue, tongues
from responders.money import Money
from responders.policy import Brand
from tests.responders.guard_texts import samples

BRAND = Brand(
    name="Nordlicht",
    signature="Lena",
    contact="help@nordlicht.example",
    policy_url="https://www.nordlicht.example/returns",
    business_hours=("9:00", "17:00"),
    facts=("14 days", "25.00 EUR", "monday to friday"),
)
WAY = Way(route=Route.API, account="nordlicht")
ABILITY = Ability(public=WAY, private=WAY)
POST = Mention(
    platform="twitter",
    id="1",
    author=Author(id="7", handle="anna_b"),
    text="So angry.",
    created_at=datetime(2026, 11, 2, tzinfo=UTC),
)


def codes(text: str, half: Half = Half.PUBLIC, language: str = "en") -> set[str]:
    found = examine(text, half, language=language, brand=BRAND, way=WAY, second_look=False)
    return {finding.code for finding in found}


def one(text: str, half: Half = Half.PUBLIC, way: Way = WAY) -> Finding:
    (finding,) = examine(text, half, language="en", brand=BRAND, way=way, second_look=False)
    return finding


@pytest.mark.parametrize("sample", samples(), ids=str)
def test_the_phrases_alone_catch_what_they_were_made_for_and_no_neighbour(sample: Lesson) -> None:
    found = {
        finding.code
        for finding in examine(
            sample.text,
            sample.half,
            language=sample.language,
            brand=BRAND,
            way=WAY,
            second_look=False,
        )
    }

    assert (sample.code in found) is sample.caught, found


def test_a_link_that_makes_an_answer_dear_is_no_part_of_it_even_if_it_is_our_own() -> None:
    dear = replace(WAY, cost_micro_usd=10_000, link_micro_usd=200_000)
    text = "Sorry! How to return it: https://nordlicht.example/returns"

    assert one(text, way=dear).code is Code.UNKNOWN_LINK
    assert "from $0.010 to $0.20" in one(text, way=dear).do
    assert examine(text, Half.PUBLIC, language="en", brand=BRAND, way=WAY, second_look=False) == ()


def test_every_code_has_a_severity_and_says_what_to_do_instead() -> None:
    assert set(SEVERITY) == set(INSTEAD) == set(Code)


def test_what_a_lead_may_never_override_blocks() -> None:
    for code, half in NEVER_OVERRIDDEN:
        assert SEVERITY[code][0 if half is Half.PUBLIC else 1] is Severity.BLOCK


def test_a_finding_shows_the_words_and_what_to_write_instead() -> None:
    finding = one("Hello Anna, it will never happen again.")

    assert finding.words == "never happen again"
    assert finding.do == INSTEAD[Code.GUARANTEE]
    assert finding.severity is Severity.BLOCK


def test_in_private_a_checked_fact_may_be_agreed_by_a_second_person() -> None:
    assert one("We will refund you.", Half.PRIVATE).severity is Severity.SECOND


def test_an_order_and_an_extra_are_no_findings_in_private() -> None:
    assert codes("Your parcel is at the depot.", Half.PRIVATE) == set()
    assert codes("Here is a voucher for you.", Half.PRIVATE) == set()


def test_a_right_that_depends_on_the_customers_choice_may_be_named_in_private() -> None:
    text = "If you send it back, we'll refund the price."

    assert codes(text, Half.PRIVATE) == set()
    assert Code.REFUND_PROMISE in codes(text, Half.PUBLIC)


@pytest.mark.parametrize(
    "text",
    [
        "We're here from 9:00 to 17:00.",
        "You reach us at help@nordlicht.example.",
        "Read it at https://www.nordlicht.example/returns or https://nordlicht.example/faq",
        "You can send it back within 14 days.",
        "The fee is 25.00 EUR.",
        "We are here Monday to Friday.",
    ],
)
def test_what_the_brand_lists_as_its_own_is_no_finding(text: str) -> None:
    assert codes(text) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("It costs $25.", Code.AMOUNT),
        ("It costs 25 €.", Code.AMOUNT),
        ("That is 1.299,00 EUR.", Code.AMOUNT),
        ("We'd take 20% off.", Code.AMOUNT),
        ("Here are twenty dollars.", Code.AMOUNT),
        ("See https://evil.example.net/x", Code.UNKNOWN_LINK),
        ("See bit.ly/3xYz", Code.UNKNOWN_LINK),
        ("See www.other.example", Code.UNKNOWN_LINK),
        ("See https://nordlicht.example.evil.com/returns", Code.UNKNOWN_LINK),
        ("Dear {name}, sorry.", Code.PLACEHOLDER),
        ("Dear [first name], sorry.", Code.PLACEHOLDER),
        ("Dear <name>, sorry.", Code.PLACEHOLDER),
        ("Sorry, TODO, Lena", Code.PLACEHOLDER),
        ("Dear XXX, sorry.", Code.PLACEHOLDER),
        ("Your code is {code}.", Code.PLACEHOLDER),
        ("Amazon would be slower.", Code.COMPETITOR),
        ("Ask @somebody_else about it, sorry.", Code.PERSONAL_DATA),
        ("u/other_person knows, sorry.", Code.PERSONAL_DATA),
        ("Her IBAN is DE89 3704 0044 0532 0130 00.", Code.PERSONAL_DATA),
        ("Visit Mrs K. in Lindenstraße 12.", Code.PERSONAL_DATA),
        ("It's parcel 123456789012.", Code.ORDER_FACT),
        ("It's 1Z999AA10123456784.", Code.ORDER_FACT),
    ],
)
def test_what_looks_the_same_in_every_language_is_caught(text: str, code: Code) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "Number 1 for us is that you are heard.",
        "There are 2 ways to reach us.",
        "We're sorry, @anna_b.",
        "This is @nordlicht, and we're sorry.",
        "Sorry for the X-shaped hole.",
        "Not even a brazen amazonian would wait so long.",
    ],
)
def test_their_harmless_neighbours_are_left_alone(text: str) -> None:
    found = examine(
        text,
        Half.PUBLIC,
        language="en",
        brand=BRAND,
        way=WAY,
        addressee="anna_b",
        second_look=False,
    )

    assert found == ()


def test_other_names_are_names_of_other_shops_but_never_our_own() -> None:
    def found(text: str, name: str) -> bool:
        return bool(
            examine(
                text,
                Half.PRIVATE,
                language="en",
                brand=replace(BRAND, terms=("Amazon",)),
                way=WAY,
                other_names=[name, ""],
                second_look=False,
            )
        )

    assert found("Südlicht is worse.", "Südlicht")
    assert not found("Nordlicht is sorry.", "Nordlicht")
    assert not found("Amazon is our own name.", "Nobody")


def test_the_code_of_a_credit_may_stand_open_in_private_only() -> None:
    assert codes("Your code: {code}.", Half.PRIVATE) == set()


def test_invisible_characters_and_full_width_letters_hide_nothing() -> None:
    assert Code.GUARANTEE in codes("We gua\u00adran\u200btee it.")
    assert Code.GUARANTEE in codes("We \uff47\uff55arantee it.")
    assert Code.REFUND_PROMISE in codes("We\u2019ll refund you.")


def test_words_are_shown_where_lower_case_is_longer_than_the_text() -> None:
    finding = one("İ: we guarantee it.")

    assert "guarantee" in finding.words


def test_a_text_over_the_platforms_length_is_too_long_in_its_own_count() -> None:
    way = replace(WAY, limit=TextLimit(maximum=10, count=lambda text: 2 * len(text), unit="points"))

    finding = one("Sorry.", way=way)

    assert finding.code == Code.TOO_LONG
    assert finding.words == "12 points"
    assert "10 points" in finding.do


def test_the_same_words_for_another_customer_are_a_repetition() -> None:
    def again(text: str, used: str) -> bool:
        found = examine(
            text, Half.PUBLIC, language="en", brand=BRAND, way=WAY, used=[used], second_look=False
        )
        return Code.REPEATED_TEXT in {finding.code for finding in found}

    first = "@tom_k Hi Tom. We're sorry about this; I would like to hear the whole story. Lena"
    assert again(first.replace("Tom", "Anna").replace("@tom_k ", ""), first)
    assert not again("We're sorry about the noise and want to help. Lena", first)
    assert not again("", first)
    assert again("...", "!")


@pytest.mark.parametrize(
    ("language", "line", "frame"),
    [
        ("en", "Our checkout is down, and we're working on it.", "Hi {}. We're sorry. {} Lena"),
        ("de", "Unsere Kasse steht still, wir arbeiten daran.", "Hallo {}, das tut uns leid. {}"),
        (
            "zh",
            "我们的结账系统暂时无法使用\uff0c工程师正在处理\uff0c请稍后再试。",
            "{}您好\uff0c非常抱歉。{}",
        ),
    ],
)
def test_an_incident_line_may_be_said_to_everybody(language: str, line: str, frame: str) -> None:
    first, again = (frame.format(name, line) for name in ("Jo", "Al"))

    def found(text: str, brand: Brand) -> set[str]:
        seen = examine(text, Half.PUBLIC, language=language, brand=brand, way=WAY, used=[first])
        return {finding.code for finding in seen}

    approved = replace(BRAND, incident_lines=(line.replace("'", "\u2019"),))

    assert Code.REPEATED_TEXT in found(again, BRAND)
    assert found(again, approved) == set()
    assert found(f"{again} 49.90 EUR", approved) == {Code.AMOUNT}


def test_chinese_repetitions_are_seen_without_spaces() -> None:
    text = "非常抱歉给您带来不好的体验\uff0c我们想了解具体情况。"
    found = examine(
        text,
        Half.PUBLIC,
        language="zh",
        brand=BRAND,
        way=WAY,
        used=[text + "\uff01"],
        second_look=False,
    )

    assert Code.REPEATED_TEXT in {finding.code for finding in found}


def test_an_answer_in_another_language_is_noticed() -> None:
    german = "Es tut uns leid, dass Sie so lange warten mussten, und wir helfen gern."

    assert Code.WRONG_LANGUAGE in codes(german, language="en")
    assert Code.WRONG_LANGUAGE not in codes("Danke!", language="en")


def test_a_language_without_phrases_is_read_with_the_english_ones() -> None:
    assert Code.GUARANTEE in codes("We guarantee it.", language="tr")


def reviewed(it: Draft) -> Draft:
    return review(it, brand=BRAND, ability=ABILITY, subject=POST)


def test_a_review_reads_both_halves_and_forgets_old_findings() -> None:
    old = one("We guarantee it.")
    it = Draft(public="We're sorry, @anna_b.", private="You will be refunded.", findings=(old,))

    (finding,) = reviewed(it).findings

    assert (finding.code, finding.half) == (Code.REFUND_PROMISE, Half.PRIVATE)


def test_a_review_reads_the_holding_text_as_public() -> None:
    (finding,) = reviewed(Draft(holding="It was our fault.")).findings

    assert (finding.code, finding.half) == (Code.LIABILITY, Half.PUBLIC)


def test_a_chosen_credit_is_read_and_its_amount_is_known() -> None:
    credit = Credit(amount=Money(minor=4000, currency="USD"), text="A gift of $40.00: {code}.")
    chosen = Draft(private="Sorry.", credit=credit, credit_chosen=True)

    assert reviewed(chosen).findings == ()
    (finding,) = reviewed(replace(chosen, private="Sorry for the $99.")).findings
    assert finding.code == Code.AMOUNT


def test_a_text_that_a_machine_worded_needs_a_second_person_in_public() -> None:
    it = Draft(public="We're sorry.", private="Tell me more.", written_by=MACHINE)

    assert [(f.code, f.severity) for f in reviewed(it).findings] == [
        (Code.MACHINE_WRITTEN, Severity.SECOND),
        (Code.MACHINE_WRITTEN, Severity.NOTE),
    ]


def test_a_review_of_nothing_finds_nothing() -> None:
    assert reviewed(Draft()).findings == ()


@given(st.text())
def test_no_text_breaks_the_guard_or_makes_a_finding_without_words(text: str) -> None:
    for half in Half:
        for finding in examine(text, half, language="en", brand=BRAND, way=WAY, second_look=False):
            assert finding.words
            assert len(finding.words) <= 120


@given(st.sampled_from(["We will refund you.", "It's our fault."]), st.text(alphabet="ab .\n"))
def test_words_around_it_do_not_hide_a_promise(promise: str, around: str) -> None:
    alone = {
        f.code
        for f in examine(
            promise, Half.PUBLIC, language="en", brand=BRAND, way=WAY, second_look=False
        )
    }

    assert alone <= codes(f"{around}\n{promise}\n{around}")


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("refund*", "refunded", True),
        ("refund", "refunded", False),
        ("*fund", "refund", True),
        ("we (will|'ll) pay", "we 'll pay", True),
        ("we (really)? pay", "we pay", True),
        ("we (really)? pay", "we really pay", True),
        ("we .. pay", "we will surely pay", True),
        ("we .. pay", "we will. they pay", False),
        ("we .. pay", "we a b c d e f g pay", False),
        ("within 9 days", "within 14 days", True),
        ("a (b (c|d)|e) f", "a b d f", True),
        ("thirty day", "thirty-day", True),
    ],
)
def test_the_notation_of_phrases(source: str, text: str, found: bool) -> None:
    assert phrase(source).found(text) is found


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("refund*", "your refunds, please"),
        ("*phone", "the smartphone"),
        ("we will pay", "so - we, will pay"),
        ("we .. refund", "well, we do really refund"),
        ("(really )?sorry", "really sorry"),
        ("e-mail (address|of)", "your e-mail address"),
        ("within 9 days", "within 14 days"),
        ("(gift|card*)", "two cards"),
        ("gift|card*", "a gift"),
        ("*phone|tab", "a tab"),
        ("\u2615", "no \u2615 here"),
        ("9 \u20ac", "25 \u20ac"),
        ("(\U0001f92c|awful)", "\U0001f92c\U0001f92c"),
        ("we'll", "we'll see"),
    ],
)
def test_what_a_phrase_would_find_is_never_ruled_out_before_it_is_looked_for(
    source: str, text: str
) -> None:
    heard = phrase(source)
    listens = Ear([("it", heard)])

    assert heard.found(text)
    assert listens.likely(listens.pieces(text)) == {"it": {heard: None}}


def test_a_star_belongs_to_its_own_alternative() -> None:
    assert not phrase("gift|card*").found("gifted")
    assert not phrase("*phone|tab").found("megatab")


def test_chinese_phrases_need_no_spaces() -> None:
    assert phrase("保证 .. 退款", spaced=False).found("我们保证马上退款")
    assert phrase("(全额)? 退款", spaced=False).found("退款")


@pytest.mark.parametrize("source", ["a (b", "a b)", "(a)? ..", "9 *", "(9|a) ..", ""])
def test_a_phrase_that_cannot_be_read_says_so(source: str) -> None:
    with pytest.raises(PhraseError, match="phrase"):
        phrase(source)


def test_a_file_of_phrases_that_cannot_be_read_says_so() -> None:
    with pytest.raises(PhraseError, match="phrases of xx"):
        read("[", "xx")
    with pytest.raises(PhraseError, match="phrases of xx, date: only"):
        read("[date]\nbad = []", "xx")
    with pytest.raises(PhraseError, match="phrases of xx, date: only"):
        read("date = 1", "xx")


def test_every_table_of_phrases_is_a_code() -> None:
    for language in languages():
        assert set(listening(language)) <= set(Code), language


def test_the_tongue_is_told_by_small_words_and_letters() -> None:
    assert tongue("Please tell us what happened and we will look into it for you.") == "en"
    assert tongue("Mrzí nás to a rádi bychom to napravili, můžete nám napsat?") == "cs"
    assert tongue("我们很抱歉") == "zh"
    assert tongue("ok") is None
    assert tongue("") is None
    assert set(tongues()) >= set(languages())
