"""What every platform is to us: posts come in, two kinds of answer go out.

Owns the nouns Mention, Author, Ability and Receipt, and the Connector protocol. Imports nothing
of ours. All times are aware UTC; every id of a platform is an opaque string.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable
from urllib.parse import quote

from connectors.errors import BadPayload


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who wrote a post, as the platform shows them."""

    id: str
    handle: str  #: as a person would type it, without a leading "@" or "u/"
    name: str = ""
    url: str | None = None
    followers: int | None = None
    #: True or False where the platform says whether we may write first, None where it does not.
    open_to_messages: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Mention:
    """One post of a customer, or one turn of a conversation with them.

    `poll` returns public posts of others only; `conversation` returns private messages and our
    own answers too, told apart by `private` and `ours`.
    """

    platform: str  #: the registry's name
    id: str  #: the platform's id; unique per platform
    author: Author
    text: str
    created_at: datetime
    url: str | None = None
    in_reply_to: str | None = None  #: id of the post that this one answers
    thread: str | None = None  #: id of the first post of the conversation
    parent_text: str | None = None  #: the answered post's text, where it came for free
    language: str | None = None  #: the platform's own guess, ISO 639-1
    #: The author named our account or quoted a post of ours: X and Bluesky allow a reply only then.
    addressed: bool = False
    #: False where the platform says that nobody, or not we, may reply to this post.
    replies_open: bool = True
    private: bool = False
    ours: bool = False


@dataclass(frozen=True, kw_only=True)
class Contact:
    """What has passed between us and an author so far; the platforms' rules depend on it."""

    #: When the author last wrote to us privately; None: never.
    wrote_privately_at: datetime | None = None
    #: Public replies of ours to this very mention, sent or about to be.
    replies: int = 0
    #: When the author asked us to write no more; None: never, or a person undid it.
    asked_to_stop_at: datetime | None = None


class Route(StrEnum):
    """How one half of an answer can reach the customer."""

    API = "api"  #: we send it
    BY_HAND = "by_hand"  #: a person posts it in the platform's own composer
    CLOSED = "closed"  #: not before the customer writes to us
    NONE = "none"  #: not at all on this platform or for this post


@dataclass(frozen=True, kw_only=True)
class TextLimit:
    """How long a text may be, in the platform's own count."""

    maximum: int
    count: Callable[[str], int] = len
    unit: str = "characters"

    def fits(self, text: str) -> bool:
        """Whether the platform takes this text as long as it is."""
        return self.count(text) <= self.maximum


@dataclass(frozen=True, kw_only=True)
class Way:
    """Whether and how one half can be sent, before anybody tries."""

    route: Route
    reason: str = ""  #: one plain sentence for the card: why not, or why only by hand
    #: The platform's own composer; "{text}" stands where the text goes.
    link_template: str | None = None
    account: str | None = None  #: the account that the answer comes from
    #: Price of one call in millionths of a US dollar; 0: free.
    cost_micro_usd: int = 0
    #: The same with a link in the text, where that makes it dear; 0: a link costs nothing.
    link_micro_usd: int = 0
    limit: TextLimit = field(default_factory=lambda: TextLimit(maximum=10_000))

    def link(self, text: str) -> str | None:
        """The prefilled composer for this text, or None where the platform has none."""
        if self.link_template is None:
            return None
        return self.link_template.replace("{text}", quote(text, safe=""))


@dataclass(frozen=True, kw_only=True)
class Ability:
    """What can be done about one mention; a platform's rules live here and not in prose."""

    public: Way
    private: Way


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The platform's word that something of ours exists there."""

    id: str  #: "" where the platform names none (Reddit's private messages)
    url: str | None = None
    at: datetime | None = None
    private: bool = False


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One page of a poll.

    `cursor` is what to pass next time, to be stored in the same transaction as the mentions.
    While `more` is true the same poll goes on at once with it.
    """

    mentions: tuple[Mention, ...] = ()
    cursor: str | None = None
    more: bool = False
    bad: tuple[BadPayload, ...] = ()  #: items that could not be read; the rest is complete


#: How long before a public post private messages still belong to its conversation.
PRIVATE_HISTORY = timedelta(days=3)


class Life(StrEnum):
    """What has become of a post since we read it."""

    ALIVE = "alive"
    EDITED = "edited"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that `check` found: what is wrong, and what to do about it."""

    what: str
    do: str = ""
    #: True: nothing works. False: works, but something is missing or worth knowing.
    fatal: bool = True


class Connector(Protocol):
    """One platform with one login. Slow and blocking; every call has a time-out of its own.

    Any method but `poll`, `ability` and `check` may raise Unsupported. Those that speak to the
    platform raise TryLater and SetupError; those that write raise Refused and OutcomeUnknown too,
    and never repeat a request by themselves.
    """

    @property
    def platform(self) -> str:
        """The registry's name of the platform."""

    @property
    def account(self) -> str:
        """Our account's handle there, as a person would type it; "" where there is none."""

    @property
    def reliable_reads(self) -> bool:
        """Whether what we wrote can be read back surely, so that its absence proves something."""

    def poll(self, cursor: str | None) -> Batch:
        """The next page of posts since the cursor; None starts with what the platform shows now.

        Overlaps on purpose: a post may come twice, none is left out.
        """

    def ability(self, mention: Mention, contact: Contact = ...) -> Ability:
        """What we may do about this mention. Pure: asks nobody, raises nothing."""

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Answer in public. `key` is the same on every try of the same action."""

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Write to the author in private. `key` as in `reply`."""

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Our public reply with this text to this mention, if it is there."""

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """What has become of these posts, by id; every id asked for is in the answer."""

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """Later posts below this one by its author and us, and our private messages, oldest first.

        Private messages of both sides are included from PRIVATE_HISTORY before the post on: who
        wrote to us in vain and then complains in public has opened the private channel already.
        """

    def retract(self, receipt: Receipt) -> None:
        """Delete what the receipt names. Already gone is no error."""

    def check(self) -> Sequence[Problem]:
        """Log in, try each permission by a harmless read, and name what is missing."""


@runtime_checkable
class Rewinds(Protocol):
    """A connector that can begin to read at a moment of the past.

    Without it reading back begins with whatever the platform shows now.
    """

    def cursor_at(self, moment: datetime) -> str:
        """A cursor from which `poll` reads what was written since then. Pure."""
