"""What a brand thinks of posts: the judge, the brand's own layer, and whether they are about it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, runtime_checkable

from connectors.base import Mention
from monitor.judge import Judge
from monitor.judge.learn import TeamLayer
from monitor.judge.relevance import relevant
from responders.policy import Brand
from responders.verdict import Verdict


@runtime_checkable
class Pages(Protocol):
    """Judges many posts at once, which is faster than one by one."""

    def page(self, mentions: Sequence[Mention], brand: Brand) -> Sequence[Verdict]:
        """Their verdicts, in order."""


def page_of(judge: object, brand: Brand) -> Callable[[Sequence[Mention]], Sequence[Verdict]] | None:
    """How this judge judges a brand's posts together; None where it takes them one by one."""
    return partial(judge.page, brand=brand) if isinstance(judge, Pages) else None


class Opinion:
    """Judges posts for a brand. Threads may share one."""

    def __init__(
        self,
        judge: Judge,
        *,
        layer: Callable[[str], TeamLayer | None] = lambda _brand: None,
        relevance: bool = True,
        trust_addressed: bool = True,
    ) -> None:
        """Puts the parts together.

        Args:
            judge: The shipped judge.
            layer: What a brand's labels taught, by its name; None: nothing yet.
            relevance: False takes every post as being about the brand.
            trust_addressed: False has posts that are addressed to us name the brand too.
        """
        self._judge = judge
        self._layer = layer
        self._relevance = relevance
        self._trust_addressed = trust_addressed

    def __call__(self, mention: Mention, brand: Brand) -> Verdict:
        """The verdict on one post."""
        return self.page([mention], brand)[0]

    def page(self, mentions: Sequence[Mention], brand: Brand) -> Sequence[Verdict]:
        """The verdicts on many posts, in order; what needs a person is read closely."""
        return [
            self._judge.look_closer(mention.text, verdict) if verdict.needs_person else verdict
            for mention, verdict in zip(mentions, self._heard(mentions, brand), strict=True)
        ]

    def _heard(self, mentions: Sequence[Mention], brand: Brand) -> Sequence[Verdict]:
        verdicts = self._judge.judge_all(
            [mention.text for mention in mentions],
            hints=[mention.language for mention in mentions],
            team=self._layer(brand.name),
        )
        return [
            self._about(mention, brand, verdict)
            for mention, verdict in zip(mentions, verdicts, strict=True)
        ]

    def _about(self, mention: Mention, brand: Brand, verdict: Verdict) -> Verdict:
        addressed = self._trust_addressed and mention.addressed
        if not self._relevance or mention.private or addressed:
            return verdict
        about = relevant(mention.text, brand)
        if about:
            return verdict
        return replace(verdict, relevant=False, why=(f"not about {brand.name}: {about.why}",))
