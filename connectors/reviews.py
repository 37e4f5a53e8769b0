"""What sites of reviews have in common: stars, a text, and room for one answer of the shop. Pure.

A customer who is not content with the answer edits the review. That new text is a turn of the
conversation with an id of its own, made of the review's id and the text: so it is met once, and a
later answer to it may replace the earlier one, which the customer has seen.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from connectors.base import Ability, Author, Contact, Life, Mention, Receipt, Route, TextLimit, Way
from connectors.errors import Refused
from connectors.texts import same

#: Up to so many reviews are asked for one by one; more of them are looked up in the list first.
_FEW = 3
_MOST_STARS = 5
_LATER = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Said:
    """The shop's answer below a review."""

    id: str
    text: str
    at: datetime  #: the review's own time where the answer's is not known


@dataclass(frozen=True, kw_only=True)
class Review:
    """A review as the site shows it now, and what the shop said below it."""

    mention: Mention
    said: Said | None = None

    def receipt(self, said: Said) -> Receipt:
        """That an answer stands there."""
        return Receipt(id=said.id, url=self.mention.url, at=said.at)


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the rules depend on beside the review."""

    name: str  #: as people call it
    account: str  #: who answers
    limit: TextLimit
    link: str  #: where a person answers; "": at the review itself


def written(stars: object, *parts: str | None) -> str:
    """The text of a review: its stars and its title on a line, then its body."""
    shown = ""
    if isinstance(stars, int) and not isinstance(stars, bool) and 1 <= stars <= _MOST_STARS:
        shown = "★" * stars + "☆" * (_MOST_STARS - stars)
    lines = [part.strip() for part in parts if part and part.strip()]
    return "\n".join([" ".join(filter(None, (shown, *lines[:1]))), *lines[1:]]).strip()


def review_id(mention: Mention) -> str:
    """The review that a mention is, or is a later text of."""
    return mention.thread or mention.id


def life_of(mention: Mention, review: Review | None) -> Life:
    """What has become of a review, or of one of its texts."""
    if review is None:
        return Life.GONE
    return Life.ALIVE if same(mention.text, review.mention.text) else Life.EDITED


def lives(
    mentions: Sequence[Mention],
    pages: Iterable[Sequence[Review]],
    one: Callable[[str], Review | None],
) -> dict[str, Life]:
    """What has become of several reviews, in few requests.

    Args:
        mentions: What is asked for.
        pages: The list, newest reviews first; it is read on only while that helps.
        one: Asks for one review.
    """
    wanted = {review_id(mention) for mention in mentions}
    found: dict[str, Review | None] = {}
    if len(wanted) > _FEW:
        oldest = min(mention.created_at for mention in mentions)
        for page in pages:
            found |= {review.mention.id: review for review in page if review.mention.id in wanted}
            if len(found) == len(wanted) or _ends_before(page, oldest):
                break
    found |= {missing: one(missing) for missing in sorted(wanted - set(found))}
    return {mention.id: life_of(mention, found[review_id(mention)]) for mention in mentions}


def _ends_before(page: Sequence[Review], oldest: datetime) -> bool:
    return bool(page) and page[-1].mention.created_at < oldest


def conversation(mention: Mention, review: Review, account: str) -> list[Mention]:
    """The shop's answer and the customer's changed text, as far as they came after the mention."""
    turns: list[Mention] = []
    now, said = review.mention, review.said
    base = replace(now, in_reply_to=now.id, thread=now.id)
    if said is not None and said.at >= mention.created_at:
        us = Author(id=account, handle=account)
        ours = replace(base, id=said.id, author=us, text=said.text, created_at=said.at, ours=True)
        turns.append(ours)
    if not same(mention.text, now.text):
        turns.append(
            replace(
                base,
                id=f"{now.id}~{_digest(now.text)}",
                # Where a site does not say when a text was changed, it was after what stands there.
                created_at=max([now.created_at, *(turn.created_at + _LATER for turn in turns)]),
                replies_open=True,
            )
        )
    return sorted(turns, key=lambda turn: turn.created_at)


def _digest(text: str) -> str:
    return sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def standing(mention: Mention, review: Review | None, text: str) -> Receipt | None:
    """The receipt of this very answer, where an earlier try has put it there already.

    Raises:
        Refused: the review is gone, or somebody else's answer would be replaced.
    """
    if review is None:
        raise Refused("The review is gone, or its text is.", code="gone")
    said = review.said
    if said is None:
        return None
    if same(said.text, text):
        return review.receipt(said)
    if said.at >= mention.created_at:
        message = "The review has been answered meanwhile; another answer would replace that one."
        raise Refused(message, code="answered")
    return None


def check_length(text: str, site: Site) -> None:
    """Refuse what the site would.

    Raises:
        Refused: the text is too long.
    """
    if not site.limit.fits(text):
        message = (
            f"The answer has {site.limit.count(text)} {site.limit.unit}; {site.name} takes "
            f"{site.limit.maximum}."
        )
        raise Refused(message, code="too_long")


def ability(mention: Mention, contact: Contact, site: Site) -> Ability:
    """One answer in public, nothing in private; see Connector.ability."""
    nothing = f"{site.name} has no private messages to people who wrote a review."
    private = Way(route=Route.NONE, reason=nothing)
    way = Way(
        route=Route.API,
        account=site.account or None,
        limit=site.limit,
        link_template=site.link or mention.url,
    )
    if mention.private or mention.ours:
        reason = "There is no review of theirs to answer here."
        public = replace(way, route=Route.NONE, link_template=None, reason=reason)
    elif contact.replies > 0 or not mention.replies_open:
        reason = (
            "The review has an answer already, and another one would replace it: a person decides."
        )
        public = replace(way, route=Route.BY_HAND, reason=reason)
    else:
        public = way
    return Ability(public=public, private=private)


def found(review: Review | None, text: str) -> Receipt | None:
    """The receipt of our answer with this text, if it stands there."""
    if review is None or review.said is None or not same(review.said.text, text):
        return None
    return review.receipt(review.said)
