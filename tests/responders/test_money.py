"""Money: integer minor units, read strictly, shown in the reader's language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responders.money import Money, parse_money

CURRENCIES = st.sampled_from(["EUR", "USD", "CZK", "JPY", "KWD", "UAH"])


@given(minor=st.integers(0, 10**12 - 1), currency=CURRENCIES)
def test_what_is_printed_is_read_back(minor: int, currency: str) -> None:
    money = Money(minor=minor, currency=currency)

    assert parse_money(str(money)) == money


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [
        ("25.00 USD", 2500, "USD"),
        ("25 usd", 2500, "USD"),
        ("25.5EUR", 2550, "EUR"),
        ("2500 JPY", 2500, "JPY"),
        ("1.234 KWD", 1234, "KWD"),
    ],
)
def test_amounts_are_read(text: str, minor: int, currency: str) -> None:
    assert parse_money(text) == Money(minor=minor, currency=currency)


@pytest.mark.parametrize("text", ["", "25", "EUR", "25 EURO", "-25 EUR", "25,00 EUR", "1e3 EUR"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount and a currency"):
        parse_money(text)


@pytest.mark.parametrize("text", ["25.001 EUR", "25.5 JPY"])
def test_more_digits_than_the_currency_has_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="digits after the point"):
        parse_money(text)


def test_an_amount_is_never_negative_and_a_currency_is_three_letters() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        Money(minor=-1, currency="EUR")
    with pytest.raises(ValueError, match="three capital letters"):
        Money(minor=1, currency="eur")


@given(a=st.integers(0, 10**6), b=st.integers(0, 10**6))
def test_a_cap_is_never_passed(a: int, b: int) -> None:
    capped = Money(minor=a, currency="EUR").capped(Money(minor=b, currency="EUR"))

    assert capped.minor == min(a, b)


def test_a_cap_in_another_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot compare EUR with USD"):
        Money(minor=1, currency="EUR").capped(Money(minor=1, currency="USD"))


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "€25.00"), ("de", "25,00\xa0€"), ("cs", "25,00\xa0€"), ("pl", "25,00\xa0€")],
)
def test_readers_see_their_own_way_of_writing(language: str, shown: str) -> None:
    assert Money(minor=2500, currency="EUR").shown(language) == shown
