import pytest

from monitor.judge.relevance import relevant
from responders.policy import Brand

NORDLICHT = Brand(
    name="Nordlicht",
    terms=("nordlicht", "@nordlicht", "nordlicht.example"),
    exclude=("northern light*", "polarlicht*", "tromsø", "nordlicht pub|bar"),
)


@pytest.mark.parametrize(
    "text",
    [
        "my NORDLICHT mug is broken",
        "@nordlicht hello?",
        "see https://nordlicht.example/item/3",
        "#nordlichtfail again",
        "hey @nordlicht_help",
    ],
)
def test_posts_that_name_the_brand_are_ours(text: str) -> None:
    assert relevant(text, NORDLICHT)


@pytest.mark.parametrize(
    "text",
    [
        "my mug is broken",
        "nordlichter in the sky",
        "Nordlicht over Tromsø last night",
        "the Nordlicht pub has the best fries",
        "",
        "\ud800\x00",
    ],
)
def test_other_posts_are_not(text: str) -> None:
    assert not relevant(text, NORDLICHT)


def test_the_answer_says_why() -> None:
    assert relevant("nordlicht!", NORDLICHT).why == 'names "nordlicht"'
    assert relevant("#nordlichtfail", NORDLICHT).why == 'names "#nordlichtfail"'
    assert relevant("Nordlicht, Tromsø", NORDLICHT).why == 'excluded by "tromsø"'
    assert "none" in relevant("hello", NORDLICHT).why


def test_a_brand_without_terms_is_named_by_its_name() -> None:
    assert relevant("I like Nordlicht", Brand(name="Nordlicht"))


def test_terms_in_chinese_need_no_borders() -> None:
    assert relevant("在北极光买的水壶", Brand(name="北极光"))


def test_a_term_without_letters_names_nothing() -> None:
    assert not relevant("!!! what", Brand(name="X", terms=("!!!", "@")))


MANGO = Brand(name="Mango", terms=("mango",), context=("dress*", "shop|store", "delivery"))


def test_a_brand_named_like_a_common_word_needs_its_context() -> None:
    assert relevant("my Mango dress came torn", MANGO)
    assert not relevant("mango and lime ice cream", MANGO)
    assert "without any context" in relevant("a ripe mango", MANGO).why


def test_a_handle_or_hashtag_needs_no_context() -> None:
    assert relevant("hey @mango hello", MANGO)
    assert relevant("#mango again", MANGO)
