"""A team's own texts as the guard reads them: what a check should tell before a customer does."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.base import Route, TextLimit, Way
from responders.draft import Finding, Half
from responders.guard import examine
from responders.playbooks import THING, Playbooks
from responders.policy import Brand
from responders.wording import placeholders, say

#: Length is a matter of the platform, which is not known here.
_ANYWHERE = Way(route=Route.API, limit=TextLimit(maximum=100_000))


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """A text that the guard would stop, and why."""

    name: str  #: of the playbook or matter
    language: str
    half: Half
    number: int  #: of the wording, counted from 1
    finding: Finding


def doubts(books: Playbooks, ours: Playbooks, brand: Brand) -> Iterator[Doubt]:
    """What the guard finds in the texts that are not ours, in the order of the files.

    Each is read in both forms of address, its placeholders filled with the brand's name.
    """
    known = {item.name: item for item in (*ours.playbooks, *ours.matters)}
    for book in (*books.playbooks, *books.matters):
        shipped = known[book.name].texts if book.name in known else {}
        for (language, half), texts in book.texts.items():
            ours_here = {text.words for text in shipped.get((language, half), ())}
            for number, text in enumerate(texts, start=1):
                if text.words in ours_here:
                    continue
                for finding in _findings(
                    _whole(text.words, language, books), language, half, brand
                ):
                    yield Doubt(
                        name=book.name,
                        language=language,
                        half=half,
                        number=number,
                        finding=finding,
                    )


def _whole(words: str, language: str, books: Playbooks) -> str:
    """The text with a thing of its language where it names one."""
    things = books.things.get(language)
    if THING not in placeholders(words) or things is None or not things.by_name:
        return words
    return words.replace(f"{{{THING}}}", next(iter(things.by_name.values())).said)


def _findings(words: str, language: str, half: Half, brand: Brand) -> tuple[Finding, ...]:
    values = dict.fromkeys(placeholders(words), brand.name)
    forms = dict.fromkeys(say(words, familiar=form, values=values) for form in (False, True))
    found = {
        finding.code: finding
        for text in forms
        for finding in examine(text, half, language=language, brand=brand, way=_ANYWHERE)
    }
    return tuple(found.values())
