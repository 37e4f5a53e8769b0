"""What was said already, and so should not be said again."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Used:
    """Texts that went out or are to go, besides those of the case at hand."""

    theirs: tuple[str, ...] = ()  #: to this customer, in other cases: never again
    lately: tuple[str, ...] = ()  #: on this platform, the newest first: not twice in a row

    @property
    def forbidden(self) -> tuple[str, ...]:
        """What nobody may repeat word for word: the customer's own, and the last pair."""
        return (*self.theirs, *self.lately[:2])


#: Nothing was ever said.
NOTHING = Used()
