"""Public holidays of a market. The only importer of the library `holidays`, which is large."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache


@lru_cache(maxsize=32)
def calendar(market: str) -> Callable[[date], bool]:
    """Whether a day is a public holiday there.

    Args:
        market: A country, or a part of one after a dash: "DE", "DE-BE", "US-CA".

    Raises:
        ValueError: no holidays are known there.
    """
    import holidays

    country, _, part = market.partition("-")
    try:
        known = holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        raise ValueError('write a country or a part of one, such as "DE" or "DE-BE"') from error
    return lambda day: day in known
