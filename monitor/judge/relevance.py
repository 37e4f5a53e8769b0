"""Is this post about our brand at all? A brand may be named like a common word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.judge.language import UNKNOWN
from monitor.judge.phrases import Hit, PhraseBook, fold
from responders.policy import Brand


@dataclass(frozen=True, kw_only=True)
class Relevance:
    """Whether a post is about the brand, and what decided it; true or false as it stands."""

    relevant: bool
    why: str

    def __bool__(self) -> bool:
        return self.relevant


def relevant(text: str, brand: Brand) -> Relevance:
    """Whether the text names the brand, in its context, and nothing that its settings exclude.

    Terms, exclusions and context are phrases (`word*`, `a|b`, `_`), a handle with its "@" or a
    domain; case and accents do not count. A term names the brand inside a hashtag or a handle
    too, and there it needs no context.
    """
    checker = _checker(brand.name, tuple(brand.terms), tuple(brand.exclude), tuple(brand.context))
    return checker.check(text)


class _Checker:
    def __init__(
        self, terms: Sequence[str], exclude: Sequence[str], context: Sequence[str]
    ) -> None:
        groups = {"term": terms, "exclude": exclude, "context": context}
        self._book = PhraseBook(
            {group: {UNKNOWN: _phrases(phrases)} for group, phrases in groups.items()}
        )
        self._needs_context = bool(_phrases(context))
        #: Hashtags and handles run words together: "#nordlichtfail", "@nordlicht_help".
        runs = [re.sub(r"\W+", "", fold(term)) for term in terms if "*" not in term]
        names = "|".join(re.escape(run) for run in runs if run)
        self._tags = re.compile(rf"[@#]\w*(?:{names})\w*") if names else None

    def check(self, text: str) -> Relevance:
        folded = fold(text)
        found: dict[str, Hit] = {}
        for hit in self._book.find(folded):
            found.setdefault(hit.group, hit)
        if "exclude" in found:
            return Relevance(relevant=False, why=f'excluded by "{found["exclude"].phrase}"')
        tag = self._tags.search(folded) if self._tags else None
        if tag:
            return Relevance(relevant=True, why=f'names "{tag.group()}"')
        if "term" not in found:
            return Relevance(relevant=False, why="names none of the brand's terms")
        name = found["term"].words
        if self._needs_context and "context" not in found:
            return Relevance(relevant=False, why=f'names "{name}" without any context of ours')
        return Relevance(relevant=True, why=f'names "{name}"')


def _phrases(terms: Sequence[str]) -> list[str]:
    return [phrase for term in terms if re.search(r"\w", phrase := term.strip().lstrip("@#!~"))]


@lru_cache(maxsize=64)
def _checker(
    name: str, terms: tuple[str, ...], exclude: tuple[str, ...], context: tuple[str, ...]
) -> _Checker:
    return _Checker(terms or (name,), exclude, context)
