"""Reasons to call a named person, found by phrases in twelve languages.

Every language's phrases are tried on every text: people mix languages, and the guess may be
wrong. Missing an injury is worse than a false alarm, and nothing that a team teaches the judge
silences a flag.
"""

from collections.abc import Sequence

from monitor.judge.phrases import Hit, book
from responders.verdict import RedFlag


def red_flags(folded: str, language: str) -> tuple[tuple[RedFlag, ...], Sequence[Hit]]:
    """The flags in the order of the enum, and the phrases that raised them.

    Args:
        folded: The text as `phrases.fold` makes it.
        language: ISO 639-1; the few phrases that mean something else elsewhere need it.
    """
    hits = book("red_flags").find(folded, language)
    raised = {hit.group for hit in hits}
    return tuple(flag for flag in RedFlag if flag.value in raised), hits
