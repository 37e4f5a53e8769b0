"""What the loopback sites of reviews have in common: customers' reviews, one answer to each."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from monitor.clock import now
from tests.contracts.platform import Sent
from tests.servers.front import Front
from tests.servers.http import Answer, LoopbackServer, Request, json_answer

STARTED = 1_794_000_000

Json = dict[str, Any]


@dataclass(kw_only=True)
class Stored:
    """A review as the site keeps it; times in Unix seconds, one passes between two events."""

    id: str
    author: str
    text: str
    created: int
    changed: int
    stars: int = 1
    title: str = ""
    broken: bool = False  #: no parser can read it
    said: str = ""  #: the shop's answer
    said_at: int = 0
    said_id: str = ""


class ReviewServer(LoopbackServer):
    """The site. Everything that a test may turn is an attribute."""

    #: Requests that look before a write, or log in, and are spared from faults meant for others.
    faults_reach_lookups = False

    def __init__(self) -> None:
        super().__init__()
        self.reviews: dict[str, Stored] = {}
        self.login_works = True
        self.limited_for: float | None = None
        self.page_size: int | None = None  #: smaller pages than were asked for
        self.stale_tokens = False
        self.made = 0
        self.started = STARTED

    # What people do

    def moment(self) -> int:
        """The next moment."""
        with self.lock:
            self.made += 1
            return self.started + self.made

    def write(
        self,
        text: str,
        *,
        author: str = "maria",
        stars: int = 1,
        title: str = "",
        broken: bool = False,
    ) -> Stored:
        """A new review."""
        with self.lock:
            at = self.moment()
            made = Stored(
                id=self.name_of(self.made),
                author=author,
                text=text,
                created=at,
                changed=at,
                stars=stars,
                title=title,
                broken=broken,
            )
            self.reviews[made.id] = made
            return made

    def change(self, id: str, text: str) -> None:
        """The customer writes something else."""
        with self.lock:
            self.reviews[id].text, self.reviews[id].changed = text, self.moment()

    def answer_by_hand(self, id: str, text: str) -> None:
        """A colleague answers on the site itself."""
        self.say(self.reviews[id], text)

    def say(self, review: Stored, text: str) -> None:
        """The answer is there, in place of the one before."""
        with self.lock:
            review.said, review.said_at = self.as_kept(text), self.moment()
            review.said_id = review.said_id or f"response-{self.made}"

    def as_kept(self, text: str) -> str:
        """What the site makes of an answer."""
        return text

    def name_of(self, number: int) -> str:
        """The id of a review."""
        return f"review-{number:05}"

    # HTTP

    def answer(self, request: Request) -> Answer:
        """Apply a request and say what came of it."""
        if self.limited_for is not None:
            headers = {"Retry-After": str(round(self.limited_for))}
            return json_answer({"error": "slow down"}, status=429, headers=headers)
        return self.route(request)

    @abstractmethod
    def route(self, request: Request) -> Answer:
        """The same, where no rate limit stands in the way."""

    def _exchange(self, request: Request) -> Answer | None:
        if self.is_lookup(request) and not self.faults_reach_lookups:
            with self.lock:
                self.requests.append(request)
                return self._apply(request)
        return super()._exchange(request)

    @abstractmethod
    def is_lookup(self, request: Request) -> bool:
        """Whether it is one of those that faults do not reach."""

    def newest_first(self, by: str) -> list[Stored]:
        """All reviews."""
        return sorted(self.reviews.values(), key=lambda one: getattr(one, by), reverse=True)

    def page(self, all: Sequence[Stored], start: int, size: int) -> tuple[list[Stored], int | None]:
        """A page, and where the next one begins. The list may shift between two pages."""
        end = start + min(size, self.page_size or size)
        return list(all[start:end]), end if end < len(all) else None

    def writes(self) -> int:
        """How many requests asked for an answer to be put there."""
        raise NotImplementedError


Site = TypeVar("Site", bound=ReviewServer)


class ReviewPlatform(Front[Site]):
    """A loopback site as the connectors' contract sees it."""

    def set_time(self, at: datetime) -> None:
        self.server.started = int(at.timestamp()) - self.server.made

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        return self.server.write(text, author=author).id

    def seed_unreadable(self) -> None:
        self.server.write("", broken=True)

    def edit(self, id: str, text: str) -> None:
        self.server.change(id, text)

    def delete(self, id: str) -> None:
        with self.server.lock:
            del self.server.reviews[id]

    def answer_publicly(self, id: str, text: str) -> str:
        raise NotImplementedError("a review has no answers by customers")

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        raise NotImplementedError("there are no private messages")

    def lose_next_answer(self) -> None:
        self.server.lose_next()

    def hang_next_answer(self) -> None:
        self.server.hang_next()

    def fail_next(self, *, status: int) -> None:
        self.server.answer_next(Answer(status=status))

    def limit_until(self, at: datetime | None) -> None:
        self.server.limited_for = None if at is None else (at - now()).total_seconds()

    def expire_login(self) -> None:
        self.server.login_works = False

    def private_messages(self) -> Sequence[Sent]:
        return []

    def writes(self) -> int:
        return self.server.writes()


def bearer(headers: Mapping[str, str]) -> str:
    """The token of a request."""
    return headers.get("authorization", "").removeprefix("Bearer ")
