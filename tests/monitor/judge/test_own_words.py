import pytest

from monitor.judge.own_words import own_words


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("RT @shop: 50% off https://shop.example/x", "50% off"),
        ("@shop @help where is it", "where is it"),
        ("mail me at mia@shop.example", "mail me at mia@shop.example"),
        ("> you are the worst\nI do not agree", "I do not agree"),
        ("> only a quote", "> only a quote"),
        ("fish &amp; chips #yum", "fish & chips yum"),
        ("a\n\n b\tc", "a b c"),
        ("\ud800hello", "hello"),
        ("and/or", "and/or"),
    ],
)
def test_only_the_authors_own_words_stay(text: str, own: str) -> None:
    assert own_words(text) == own
