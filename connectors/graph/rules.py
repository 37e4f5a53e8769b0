"""What Meta allows, as answers for one comment. Pure.

- A page may send one private message to somebody who commented, within seven days of the comment;
  more only after an answer, for 24 hours each time. Source: developers.facebook.com,
  messenger-platform, "Private Replies", updated 2026-04-16; instagram-platform, "Private replies",
  read 2026-11.
- Answers below a comment have no such limit; we give one for each comment.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.base import Ability, Contact, Mention, Route, TextLimit, Way

#: A comment may be answered in private for so long.
PRIVATE_REPLY = timedelta(days=7)
#: After the customer wrote in private, more may be said for so long.
WINDOW = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the rules depend on beside the comment."""

    name: str  #: the platform's, as people call it
    account: str
    public: TextLimit
    private: TextLimit
    inbox: str  #: where a person reads and writes private messages
    now: datetime | None = None  #: None: not known yet, so no time is over


def ability(mention: Mention, contact: Contact, rules: Rules, *, by_hand: str = "") -> Ability:
    """Which ways are open for this comment; `by_hand` says why only a person may answer it."""
    return Ability(
        public=_public_way(mention, contact, rules, by_hand),
        private=_private_way(mention, contact, rules),
    )


def _public_way(mention: Mention, contact: Contact, rules: Rules, by_hand: str) -> Way:
    way = Way(
        route=Route.API,
        account=rules.account or None,
        limit=rules.public,
        link_template=mention.url,
    )
    nothing = replace(way, route=Route.NONE, link_template=None)
    if mention.private or mention.ours:
        return replace(nothing, reason="There is no public post of theirs to answer here.")
    if not mention.replies_open:
        return replace(nothing, reason="Nobody can reply to this comment.")
    if contact.replies > 0:
        reason = "We have answered this comment already; a second reply is a person's to post."
        return replace(way, route=Route.BY_HAND, reason=reason)
    if by_hand:
        return replace(way, route=Route.BY_HAND, reason=by_hand)
    return way


def _private_way(mention: Mention, contact: Contact, rules: Rules) -> Way:
    way = Way(
        route=Route.API,
        account=rules.account or None,
        limit=rules.private,
        link_template=rules.inbox,
    )
    if mention.ours:
        return replace(way, route=Route.NONE, link_template=None, reason="This is our own post.")
    wrote = mention.created_at if mention.private else contact.wrote_privately_at
    if wrote is not None and not _over(wrote, WINDOW, rules.now):
        return way
    closed = replace(way, route=Route.CLOSED)
    if wrote is not None and mention.private:
        return replace(
            closed, reason=f"{rules.name} lets us write for 24 hours after their message."
        )
    if mention.author.open_to_messages is False:
        reason = f"{rules.name} takes no private reply to this comment. They have to write first."
        return replace(closed, reason=reason)
    if _over(mention.created_at, PRIVATE_REPLY, rules.now):
        reason = f"{rules.name} takes a private reply for seven days. They have to write first."
        return replace(closed, reason=reason)
    reason = "One private message for each comment; more when they answer."
    return replace(way, reason=reason)


def _over(since: datetime, span: timedelta, now: datetime | None) -> bool:
    return now is not None and now - since > span
