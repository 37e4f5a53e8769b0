"""What Bluesky allows, as answers for one post. Pure.

- A bot may answer only people who tagged its account; for any other post a person writes the
  answer. Bluesky does not enforce this, so we do. Source: docs.bsky.app, "Bots", read 2026-04.
- A private message is taken where the person's settings let it in, or a conversation is under way.
  Source: lexicon chat.bsky.actor.declaration, read 2026-11.
- Nothing costs money.
"""

from dataclasses import replace

import regex

from connectors.base import Ability, Contact, Mention, Route, TextLimit, Way
from connectors.bluesky.posts import WEB

#: Each limit is one of graphemes and one of bytes, ten times as high. Source: lexicons
#: app.bsky.feed.post (300 and 3,000) and chat.bsky.convo.defs (1,000 and 10,000), read 2026-11.
_BYTES_EACH = 10
_GRAPHEME = regex.compile(r"\X")

NOT_SUMMONED = (
    "The post does not tag our account, and Bluesky lets bots answer only people who tagged them."
)


def length(text: str) -> int:
    """How much of the limits a text uses up: its graphemes, or its bytes where they weigh more."""
    size = len(text.encode(errors="surrogatepass"))
    return max(sum(1 for _ in _GRAPHEME.finditer(text)), -(-size // _BYTES_EACH))


POST_LIMIT = TextLimit(maximum=300, count=length)
MESSAGE_LIMIT = TextLimit(maximum=1_000, count=length)


def ability(mention: Mention, contact: Contact, *, account: str) -> Ability:
    """Which ways are open for this post; see Connector.ability."""
    return Ability(
        public=_public_way(mention, contact, account),
        private=_private_way(mention, contact, account),
    )


def _public_way(mention: Mention, contact: Contact, account: str) -> Way:
    way = Way(
        route=Route.API,
        account=account or None,
        limit=POST_LIMIT,
        # Its composer can be filled in for a new post only, not for an answer.
        # Source: docs.bsky.app, "Action Intent Links", read 2026-04.
        link_template=mention.url,
    )
    nothing = replace(way, route=Route.NONE, link_template=None)
    if mention.private or mention.ours:
        return replace(nothing, reason="There is no public post of theirs to answer here.")
    if not mention.replies_open:
        return replace(nothing, reason="The author does not let us reply to this post.")
    if contact.replies > 0:
        reason = "We have answered this post already; a second reply is a person's to post."
        return replace(way, route=Route.BY_HAND, reason=reason)
    if not mention.addressed:
        return replace(way, route=Route.BY_HAND, reason=NOT_SUMMONED)
    return way


def _private_way(mention: Mention, contact: Contact, account: str) -> Way:
    way = Way(
        route=Route.API,
        account=account or None,
        limit=MESSAGE_LIMIT,
        link_template=f"{WEB}/profile/{mention.author.id}",
    )
    if mention.ours:
        return replace(way, route=Route.NONE, link_template=None, reason="This is our own post.")
    if mention.private or contact.wrote_privately_at or mention.author.open_to_messages:
        return way
    reason = (
        "The customer takes no messages on Bluesky."
        if mention.author.open_to_messages is False
        else "Bluesky does not say whether the customer takes messages from us."
    )
    return replace(way, route=Route.CLOSED, reason=f"{reason} They have to write first.")
