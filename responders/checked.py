"""Facts that a person has looked up for one case and may then say in private. Pure."""

import re
from collections.abc import Iterable

#: More than these belong into the brand's facts, or into the text itself.
MOST = 5
LONGEST = 60
#: So little stands inside half of all words and figures, and would free them all.
_SHORTEST = 2
#: What a form takes: all of them at their longest, with commas and spaces between.
LINE_LONGEST = MOST * (LONGEST + 2)

#: A comma between two digits belongs to a sum: "49,90".
_BETWEEN = re.compile(r"[\n;]|(?<!\d),|,(?!\d)")


class BadFacts(ValueError):
    """They cannot be kept as they were typed; the message is for the person."""


def facts_in(line: str) -> tuple[str, ...]:
    """The facts that were typed, each once, in their order.

    Args:
        line: With commas, semicolons or lines between them.

    Raises:
        BadFacts: there are too many, or one is too long or too short.
    """
    facts = tuple(dict.fromkeys(" ".join(part.split()) for part in _BETWEEN.split(line)))
    found = tuple(fact for fact in facts if fact)
    if len(found) > MOST:
        raise BadFacts(f"At most {MOST} checked facts for one case, not {len(found)}.")
    for fact in found:
        if len(fact) > LONGEST:
            raise BadFacts(
                f"A checked fact has {len(fact)} characters; {LONGEST} is most. Give the amount, "
                "the date or the term alone."
            )
        if sum(char.isalnum() or char in "%$€£¥₽₴₹" for char in fact) < _SHORTEST:
            raise BadFacts(f"“{fact}” is too short for a checked fact. Write it with its unit.")
    return found


def typed(facts: Iterable[str]) -> str:
    """The facts as a form shows them again; `facts_in` reads the same ones from it."""
    return "; ".join(facts)
