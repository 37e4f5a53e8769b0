"""What a platform is that can only be read: a person answers there."""

from collections.abc import Mapping, Sequence

from connectors.base import Ability, Author, Life, Mention, Receipt, Route, Way
from connectors.errors import Unsupported


def by_hand(
    mention: Mention, *, link: str | None, reason: str, account: str, no_messages: str
) -> Ability:
    """A person answers in public where the link leads, and nobody in private.

    `link` leads to where the post is answered, and is None where the post has no address; `reason`
    says why it is not we who send, `no_messages` why there is no private way.
    """
    private = Way(route=Route.NONE, reason=no_messages)
    if mention.ours:
        return Ability(
            public=Way(route=Route.NONE, reason="This is our own post."), private=private
        )
    if link is None:
        why = "The post has no address of its own, so nobody can answer it."
        return Ability(public=Way(route=Route.NONE, reason=why), private=private)
    public = Way(route=Route.BY_HAND, reason=reason, link_template=link, account=account or None)
    return Ability(public=public, private=private)


class ReadOnly:
    """The methods of a connector that a platform without a way to write does not have."""

    _refusal = "This platform can only be read."
    #: Nothing of ours is there that could be read back.
    reliable_reads = False

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Not offered: a person answers by hand."""
        raise Unsupported(self._refusal)

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Not offered: there are no private messages."""
        raise Unsupported(self._refusal)

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Not offered: nothing was sent."""
        raise Unsupported(self._refusal)

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Not offered."""
        raise Unsupported(self._refusal)

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """Not offered."""
        raise Unsupported(self._refusal)

    def retract(self, receipt: Receipt) -> None:
        """Not offered: nothing was sent."""
        raise Unsupported(self._refusal)
