"""The methods that connectors to sites of reviews share; each adds its requests and its parsing."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from connectors import newest, reviews
from connectors.base import (
    Ability,
    Author,
    Batch,
    Contact,
    Life,
    Mention,
    Problem,
    Receipt,
)
from connectors.errors import BadPayload, ConnectorError, SetupError, TryLater, Unsupported
from connectors.reviews import Review, Said, Site
from connectors.web import is_plain

log = logging.getLogger(__name__)

#: A look at many reviews reads the list over this many pages at most.
_MOST_PAGES = 50
_STRANGER = Contact()


class StaleToken(SetupError):
    """The site no longer knows where the reading of its list was to go on."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of the list, newest reviews first."""

    entries: tuple[Review | BadPayload, ...]
    token: str = ""  #: where the next page begins; "": this is the last one


class ReviewSite(ABC):
    """One site, one login, one list of reviews."""

    platform: str
    _api_url: str
    _how: str  #: what a person does about a login that fails
    _warnings: tuple[str, ...] = ()  #: what `check` says besides

    @property
    @abstractmethod
    def _site(self) -> Site:
        """What the rules depend on."""

    @abstractmethod
    def _page(self, token: str) -> Page:
        """A page of the list; "" is the first one.

        Raises:
            StaleToken: the site does not know the token; never for the first page.
        """

    @abstractmethod
    def _one(self, id: str) -> Review | None:
        """A review as it is now; None where it is gone."""

    @abstractmethod
    def _put(self, review: Review, text: str) -> Said:
        """Put an answer below a review, in one request."""

    def _as_kept(self, text: str) -> str:
        """The text as the site gives it back."""
        return text

    @property
    def account(self) -> str:
        """Who answers."""
        return self._site.account

    def poll(self, cursor: str | None) -> Batch:
        """The next page of new and changed reviews; see Connector.poll.

        Raises:
            TryLater: the site cannot answer now.
            SetupError: the login or the stored cursor needs a person.
        """
        name = self._site.name
        place = newest.load(cursor, platform=name)
        try:
            page = self._page(place.token)
        except StaleToken:
            log.warning("%s: a page token is no longer taken; beginning the round anew", name)
            return Batch(cursor=newest.dump(place.at_the_top()))
        step = newest.step(place, [_item(entry) for entry in page.entries], page.token)
        if step.cut_off:
            log.warning(
                "%s: more than %d new reviews, some were missed; poll more often",
                name,
                newest.LONGEST_ROUND,
            )
        known = set(place.known)
        fresh = [entry for entry in page.entries if _item(entry).key not in known]
        return Batch(
            mentions=tuple(entry.mention for entry in fresh if isinstance(entry, Review)),
            bad=tuple(entry for entry in fresh if isinstance(entry, BadPayload)),
            cursor=newest.dump(step.place),
            more=not step.done,
        )

    def cursor_at(self, moment: datetime) -> str:
        """Where the reviews since that moment are read from; pure."""
        return newest.dump(newest.at(moment))

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """One answer in public; see Connector.ability."""
        return reviews.ability(mention, contact, self._site)

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Put the answer below the review; see Connector.reply.

        Another answer there would be replaced, so it is looked for first: where it is this one, an
        earlier try has put it there. The site has no use for `key`.
        """
        del key
        reviews.check_length(text, self._site)
        review = self._one(reviews.review_id(mention))
        receipt = reviews.standing(mention, review, self._as_kept(text))
        if receipt is not None:
            return receipt
        assert review is not None
        return review.receipt(self._put(review, text))

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Not offered."""
        raise Unsupported(f"{self._site.name} has no private messages.")

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Read the one answer that the review has; see Connector.find_own_reply."""
        review = self._one(reviews.review_id(mention))
        return reviews.found(review, self._as_kept(text))

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Compare with the reviews as they are now; see Connector.look."""
        return reviews.lives(mentions, self._pages(), self._one)

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """Our answer, and the review's later text; see Connector.conversation."""
        review = self._one(reviews.review_id(mention))
        return [] if review is None else reviews.conversation(mention, review, self.account)

    def check(self) -> Sequence[Problem]:
        """Log in and read the first page; see Connector.check."""
        name = self._site.name
        problems = [Problem(what=f"{name}: {said}", fatal=False) for said in self._warnings]
        if is_plain(self._api_url):
            what = f"{name}: api_url is http: the login travels unencrypted"
            problems.append(Problem(what=what, do="use https", fatal=False))
        try:
            self._page("")
        except TryLater as error:
            what = f"{name} could not be checked: {error}"
            problems.append(Problem(what=what, fatal=False))
        except ConnectorError as error:
            problems.append(Problem(what=f"{name}: {error}", do=self._how))
        return problems

    def _pages(self) -> Iterator[Sequence[Review]]:
        token = ""
        for _ in range(_MOST_PAGES):
            page = self._page(token)
            yield [entry for entry in page.entries if isinstance(entry, Review)]
            token = page.token
            if not token:
                return


def _item(entry: Review | BadPayload) -> newest.Item:
    """An entry's place in the list; its key changes with its text."""
    if isinstance(entry, BadPayload):
        return newest.Item(key=_digest("unreadable", entry.item), at=None)
    mention = entry.mention
    return newest.Item(key=_digest(mention.id, mention.text), at=mention.created_at)


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]
