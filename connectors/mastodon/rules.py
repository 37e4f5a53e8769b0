"""What Mastodon allows, as answers for one status. Pure.

Everybody may answer everybody in public. What is private is a status that only the people named in
it see; the servers of both sides can read it.
"""

from dataclasses import dataclass, replace
from urllib.parse import quote

import regex

from connectors.base import Ability, Contact, Mention, Route, TextLimit, Way

_GRAPHEME = regex.compile(r"\X")
#: A name counts without its domain, a link as a fixed number of characters.
#: Source: docs.joinmastodon.org, "Posting to your profile" (Text) and entity Instance
#: (`characters_reserved_per_url`), 2026-07-02.
_NAME = regex.compile(r"(?<![\w/.])(@\w+)@[\w.-]+\w")
_LINK = regex.compile(
    r"(?<![\w@.])https?://(?:[\p{L}\p{N}-]{1,63}\.)+\p{L}{2,63}(?::[0-9]{1,5})?"
    r"(?:[/?#][\p{L}\p{N}!?*'@();:&=+$/%#\[\]._~,|-]*)?"
)
_AFTER_A_LINK = ".,;:!?'\"»)]"
PRIVATE = (
    "A post that only the customer sees. Mastodon does not encrypt it: those who run the two "
    "servers can read it."
)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the account's server takes; these are Mastodon's own numbers."""

    characters: int = 500
    per_link: int = 23


def length(text: str, limits: Limits) -> int:
    """The length of a text as Mastodon counts it."""
    text = _NAME.sub(r"\1", text)
    links = [match[0].rstrip(_AFTER_A_LINK) for match in _LINK.finditer(text)]
    return (
        sum(1 for _ in _GRAPHEME.finditer(text))
        - sum(sum(1 for _ in _GRAPHEME.finditer(link)) for link in links)
        + len(links) * limits.per_link
    )


def addressed_to(acct: str, text: str) -> str:
    """The text as it is sent: without their name before it nobody is told of it."""
    name = f"@{acct}"
    begins = text == name or text.startswith((f"{name} ", f"{name}\n"))
    return text if begins else f"{name} {text}"


def limit_for(acct: str, limits: Limits) -> TextLimit:
    """What remains for the text beside the name that is put before it."""
    return TextLimit(
        maximum=limits.characters - length(f"@{acct} ", limits),
        count=lambda text: length(text, limits),
        unit="characters as Mastodon counts them",
    )


def ability(
    mention: Mention, contact: Contact, *, account: str, limits: Limits, server: str
) -> Ability:
    """Which ways are open for this status; see Connector.ability."""
    way = Way(
        route=Route.API,
        account=account or None,
        limit=limit_for(mention.author.handle, limits),
    )
    return Ability(
        public=_public_way(mention, contact, way, server),
        private=_private_way(mention, way),
    )


def _public_way(mention: Mention, contact: Contact, way: Way, server: str) -> Way:
    if mention.private or mention.ours:
        reason = "There is no public post of theirs to answer here."
        return replace(way, route=Route.NONE, reason=reason)
    if mention.url is not None:
        # The customer's post as our own server shows it, where a person is logged in.
        # Source: docs.joinmastodon.org, "WebFinger" (subscribe), 2026-07-02.
        link = f"{server}/authorize_interaction?uri={quote(mention.url, safe='')}"
        way = replace(way, link_template=link)
    if contact.replies > 0:
        reason = "We have answered this post already; a second reply is a person's to post."
        return replace(way, route=Route.BY_HAND, reason=reason)
    return way


def _private_way(mention: Mention, way: Way) -> Way:
    if mention.ours:
        return replace(way, route=Route.NONE, reason="This is our own post.")
    return replace(way, reason=PRIVATE, link_template=mention.author.url)
