"""Which channel a card stands in: by brand, topic, language and severity. Pure."""

from dataclasses import dataclass

from responders.card import Card


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Cards of this kind stand in this channel; an empty set fits every card."""

    channel: str
    brands: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    urgencies: frozenset[str] = frozenset()

    def fits(self, card: Card) -> bool:
        """Whether the card is of this kind."""
        asked = (
            (self.brands, card.brand),
            (self.topics, card.topic or ""),
            (self.languages, card.language),
            (self.urgencies, card.urgency.value),
        )
        return all(found in wanted for wanted, found in asked if wanted)


@dataclass(frozen=True, kw_only=True)
class Channels:
    """The channel of every card: that of the first rule that fits, else the default."""

    default: str
    rules: tuple[Rule, ...] = ()

    def of(self, card: Card) -> str:
        """The id of the channel in which a new card is posted."""
        return next((rule.channel for rule in self.rules if rule.fits(card)), self.default)

    @property
    def all(self) -> tuple[str, ...]:
        """Every channel once, the default first."""
        return tuple(dict.fromkeys([self.default, *(rule.channel for rule in self.rules)]))
