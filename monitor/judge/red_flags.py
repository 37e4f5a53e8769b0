"""Reasons to call a named person, found by phrases in twelve languages and by what a post means.

Where the language is doubtful, every language's phrases are tried: people mix languages, and the
guess may be wrong. Missing an injury is worse than a false alarm, and nothing that a team teaches
the judge silences a flag.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from monitor.judge.alarms import alarms
from monitor.judge.embedding import Vector
from monitor.judge.phrases import Hit, book
from responders.verdict import RedFlag

#: Two things that alone are harmless ("my son loves it", "a broken lid") and raise a flag together,
#: in any order: the groups of the first, and of the second.
_TOGETHER: Mapping[RedFlag, tuple[frozenset[str], frozenset[str]]] = {
    RedFlag.CHILD: (frozenset({"a_child"}), frozenset({"danger", "injury", "allergy"})),
    RedFlag.DATA_LEAK: (frozenset({"a_stranger"}), frozenset({"a_datum"})),
    RedFlag.DISCRIMINATION: (frozenset({"a_trait"}), frozenset({"a_slight"})),
    RedFlag.RIGHTS_REQUEST: (frozenset({"a_guarantee"}), frozenset({"a_claim"})),
}
_FLAGS = frozenset(flag.value for flag in RedFlag)


def red_flags(
    folded: str,
    language: str,
    spoken: Collection[str] | None = None,
    vector: Vector | None = None,
) -> tuple[tuple[RedFlag, ...], Sequence[Hit]]:
    """The flags in the order of the enum, and the phrases that raised them.

    Args:
        folded: The text as `phrases.fold` makes it.
        language: ISO 639-1; the few phrases that mean something else elsewhere need it.
        spoken: The languages that stand in the text where that is sure; None: any.
        vector: The text's embedding, where there is one: it raises what no phrase names.
    """
    found = book("red_flags").find(folded, language, spoken)
    hits = [hit for hit in found if hit.group in _FLAGS]
    raised = {hit.group for hit in hits}
    hits += [hit for hit in _together(found) if hit.group not in raised]
    raised.update(hit.group for hit in hits)
    if vector is not None:
        hits += [_meant(flag) for flag in alarms().raised(vector) if flag.value not in raised]
        raised.update(hit.group for hit in hits)
    return tuple(flag for flag in RedFlag if flag.value in raised), hits


def _meant(flag: RedFlag) -> Hit:
    return Hit(group=flag.value, words="the post as a whole", start=0, phrase="")


def _together(found: Sequence[Hit]) -> Iterator[Hit]:
    """The pairs, each told as one hit with the words of both."""
    for flag, (firsts, seconds) in _TOGETHER.items():
        first = next((hit for hit in found if hit.group in firsts), None)
        second = next((hit for hit in found if hit.group in seconds), None)
        if first is not None and second is not None:
            yield replace(first, group=flag.value, words=f"{first.words} + {second.words}")
