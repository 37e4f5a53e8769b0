"""What X allows, as answers for one post. Pure.

- A reply through the API of a self-serve plan is taken only where the author named our account or
  quoted one of our posts; for any other post a person uses X's own composer. Source: docs.x.com,
  changelog of 2026-02-23 and "Manage Posts", read 2026-08-22.
- One automated reply per interaction, and private messages only after the person wrote to us
  first. Source: docs.x.com, "Developer guidelines", read 2026-08-22.
- Prices: docs.x.com, "Pricing", 2026-08-22. Composer links: "Web intent" and "Message button",
  same date.
"""

from dataclasses import dataclass, replace

from connectors.base import Ability, Contact, Mention, Route, TextLimit, Way
from connectors.lengths import has_link, weighted

#: Weighted; docs.x.com, "Counting characters", 2026-08-22.
POST_LIMIT = TextLimit(maximum=280, count=weighted, unit="characters as X counts them")
#: `dm_text_character_limit` of the older interface's help/configuration; v2 names none.
MESSAGE_LIMIT = TextLimit(maximum=10_000)
#: In millionths of a US dollar.
_POST, _SUMMONED, _WITH_LINK, MESSAGE = 15_000, 10_000, 200_000, 15_000


def price(text: str, *, summoned: bool) -> int:
    """What one public reply costs, in millionths of a US dollar; a link makes it dear."""
    if has_link(text):
        return _WITH_LINK
    return _SUMMONED if summoned else _POST


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the rules depend on beside the post."""

    account: str  #: our handle; "" where not known yet
    may_write: bool  #: there are keys that speak for the account
    enterprise: bool = False  #: exempt from the rule that authors must have named us


def ability(mention: Mention, contact: Contact, rules: Rules) -> Ability:
    """Which ways are open for this post; see Connector.ability."""
    return Ability(
        public=_public_way(mention, contact, rules), private=_private_way(mention, contact, rules)
    )


def _public_way(mention: Mention, contact: Contact, rules: Rules) -> Way:
    summoned = mention.addressed
    way = Way(
        route=Route.API,
        account=rules.account or None,
        cost_micro_usd=price("", summoned=summoned),
        link_micro_usd=_WITH_LINK,
        limit=POST_LIMIT,
        link_template=f"https://x.com/intent/tweet?in_reply_to={mention.id}&text={{text}}",
    )
    by_hand = replace(way, route=Route.BY_HAND, cost_micro_usd=0, link_micro_usd=0)
    nothing = replace(by_hand, route=Route.NONE, link_template=None)
    if mention.private or mention.ours:
        return replace(nothing, reason="There is no public post of theirs to answer here.")
    if not mention.replies_open:
        return replace(nothing, reason="The author lets only accounts reply that they named.")
    if not rules.may_write:
        return replace(by_hand, reason="Our keys for X only read, so a person posts it.")
    if contact.replies > 0:
        return replace(by_hand, reason="X allows one automated reply to a post, and it is used up.")
    if not rules.enterprise and not summoned:
        return replace(
            by_hand,
            reason="The post does not name our account, so X takes a reply from a person only.",
        )
    return replace(way, reason="A link in the text raises X's price to $0.20.")


def _private_way(mention: Mention, contact: Contact, rules: Rules) -> Way:
    way = Way(
        route=Route.API,
        account=rules.account or None,
        cost_micro_usd=MESSAGE,
        limit=MESSAGE_LIMIT,
        link_template="https://x.com/messages/compose"
        f"?recipient_id={mention.author.id}&text={{text}}",
    )
    if mention.ours:
        return replace(
            way,
            route=Route.NONE,
            link_template=None,
            cost_micro_usd=0,
            reason="This is our own post.",
        )
    if contact.wrote_privately_at is None and not mention.private:
        reason = "X lets an app write in private only after the customer wrote to us."
        if mention.author.open_to_messages is False:
            reason += " This customer takes no messages from us at all."
        return replace(way, route=Route.CLOSED, cost_micro_usd=0, reason=reason)
    if not rules.may_write:
        return replace(
            way,
            route=Route.BY_HAND,
            cost_micro_usd=0,
            reason="Our keys for X only read, so a person sends it.",
        )
    return way
