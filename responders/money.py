"""Money as integer minor units with a currency. No floats, ever."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

#: Digits after the point where it is not two. Source: ISO 4217, list one, read 2026-11.
_DIGITS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
_AMOUNT = re.compile(r"\s*(?P<amount>\d{1,12}(?:\.\d{1,3})?)\s*(?P<currency>[A-Za-z]{3})\s*")


@dataclass(frozen=True, kw_only=True)
class Money:
    """An amount that is never negative.

    Raises:
        ValueError: the amount is negative or the currency is not three capital letters.
    """

    minor: int  #: cents, haléře, yen: the currency's smallest unit
    currency: str  #: ISO 4217

    def __post_init__(self) -> None:
        if self.minor < 0:
            raise ValueError(f"an amount cannot be negative: {self.minor}")
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise ValueError(f"a currency is three capital letters, such as EUR: {self.currency!r}")

    @property
    def digits(self) -> int:
        """How many digits the currency has after the point."""
        return _DIGITS.get(self.currency, 2)

    @property
    def major(self) -> Decimal:
        """The amount in the currency's main unit, for showing only."""
        return Decimal(self.minor).scaleb(-self.digits)

    def __str__(self) -> str:
        return f"{self.major:.{self.digits}f} {self.currency}"

    def capped(self, cap: "Money") -> "Money":
        """This amount, or the cap where that is lower.

        Raises:
            ValueError: the currencies differ.
        """
        if self.currency != cap.currency:
            raise ValueError(f"cannot compare {self.currency} with {cap.currency}")
        return self if self.minor <= cap.minor else cap

    def shown(self, language: str) -> str:
        """The amount as readers of this language write it, such as "25,00 €"."""
        from babel.numbers import format_currency  # imported here: 40 ms that start-up need not pay

        return format_currency(self.major, self.currency, locale=language)


def parse_money(text: str) -> Money:
    """Read an amount such as "25.00 USD" or "2500 JPY".

    Raises:
        ValueError: it is not an amount and a currency, or has more digits than the currency.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f'{text!r} is not an amount and a currency, such as "25.00 USD"')
    currency = match["currency"].upper()
    digits = _DIGITS.get(currency, 2)
    try:
        minor = Decimal(match["amount"]).scaleb(digits)
    except InvalidOperation as error:  # pragma: no cover - the pattern lets only digits through
        raise ValueError(f"{text!r} is not an amount") from error
    if minor != minor.to_integral_value():
        raise ValueError(f"{text!r} has more than {digits} digits after the point")
    return Money(minor=int(minor), currency=currency)
