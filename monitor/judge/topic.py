"""What a complaint is about, by phrases in twelve languages; None where they do not say enough."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

from monitor.judge.phrases import Hit, book, load
from responders.verdict import Topic


@cache
def _order() -> dict[str, int]:
    return {group: place for place, group in enumerate(load("topics"))}


def topic(
    folded: str, language: str, *, angry: bool, praises: bool, asks: bool
) -> tuple[str | None, Sequence[Hit]]:
    """The topic and the phrases that speak for it.

    Args:
        folded: The text as `phrases.fold` makes it.
        language: ISO 639-1, or "und".
        angry: The judge flags it; without a reason in it, it is `vague`.
        praises: It thanks or praises and complains of nothing.
        asks: It wants an answer.
    """
    if praises and not angry:
        return Topic.PRAISE.value, ()
    hits = book("topics").find(folded, language)
    counts = Counter(hit.group for hit in hits)
    if not counts:
        if angry:
            return Topic.VAGUE.value, ()
        return (Topic.QUESTION.value if asks else None), ()
    if not angry and not asks:
        return None, ()
    order = _order()
    best = min(counts, key=lambda group: (-counts[group], order[group]))
    return best, [hit for hit in hits if hit.group == best]
