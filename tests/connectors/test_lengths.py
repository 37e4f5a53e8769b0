"""X's own count. Expected values: docs.x.com, "Counting characters", 2026-08-22."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.lengths import has_link, weighted, without_links


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("hello", 5),
        ("caf\u00e9", 4),
        ("cafe\u0301", 4),  # composed before it is counted
        ("Žluťoučký kůň", 13),
        ("Жук", 3),
        ("日本", 4),
        ("한국", 4),
        ("a — b", 5),
        ("wait…", 6),
        ("it\u2019s", 4),
        ("😡", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🇨🇿", 2),
        ("1️⃣", 2),
        ("☺️", 2),
        ("©", 1),
        ("\n", 1),
    ],
)
def test_letters_and_emoji_weigh_what_x_says(text: str, length: int) -> None:
    assert weighted(text) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("https://acme.com", 23),
        ("https://acme.com/returns?order=17&lang=en#top", 23),
        ("HTTPS://ACME.COM/" + "x" * 200, 23),
        ("https://münchen.de/x", 23),
        ("https://a.cz https://b.cz", 47),
        ("see acme.com, ok", 4 + 23 + 4),
        ("(https://acme.com).", 23 + 3),
        ("请看acme.com", 4 + 23),
        ("https://acme.com/日本", 23 + 4),
        ("👍https://acme.com/a👍", 23 + 4),
    ],
)
def test_a_link_weighs_23_however_long(text: str, length: int) -> None:
    assert weighted(text) == length


@pytest.mark.parametrize(
    "text", ["e.g. this", "Hello.We are here", "order.Please wait", "me@acme.com", "v1.2.3", "a..b"]
)
def test_what_x_does_not_link_weighs_its_letters(text: str) -> None:
    assert not has_link(text)
    assert weighted(text) == len(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("so.de", 23),  # linked or not: 23 is the dearer
        ("https://acme.zzz/" + "x" * 100, 117),  # the other way round
    ],
)
def test_under_a_domain_that_is_not_known_the_dearer_reading_counts(text: str, length: int) -> None:
    assert has_link(text)
    assert weighted(text) == length


def test_links_are_replaced_and_the_sentence_around_them_stays() -> None:
    text = without_links("See https://acme.com/x. And t.co/y!", "·")

    assert text == "See ·. And ·!"


@given(st.text())
def test_no_text_weighs_less_than_nothing_or_more_than_two_a_code_point_and_23_a_link(
    text: str,
) -> None:
    assert 0 <= weighted(text) <= 2 * len(text) * 3 + 23 * (text.count(".") + 1)


@given(st.text(alphabet=st.characters(max_codepoint=0x24F, exclude_characters=".:")))
def test_plain_latin_weighs_its_composed_length(text: str) -> None:
    assert weighted(text) == len(text)
