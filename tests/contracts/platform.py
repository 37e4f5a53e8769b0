"""What a pretend platform offers to the contract that every connector keeps.

A harness sets a loopback server up as one platform with one brand account on it and speaks to
that server behind the connector's back: as the customers, as the weather, and as the witness of
what really arrived. `tests/contracts/test_connectors.py` walks every harness of HARNESSES.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Protocol, cast

from connectors.base import Connector

#: registry name -> "module:Class"; the class takes no arguments.
HARNESSES = {
    "twitter": "tests.servers.x:XPlatform",
    "reddit": "tests.servers.reddit:RedditPlatform",
    "bluesky": "tests.servers.bluesky:BlueskyPlatform",
    "mastodon": "tests.servers.mastodon:MastodonPlatform",
    "hackernews": "tests.servers.hackernews:HackerNewsPlatform",
    "email": "tests.servers.email_inbox:EmailPlatform",
    "telegram": "tests.servers.telegram:TelegramPlatform",
    "youtube": "tests.servers.youtube:YouTubePlatform",
    "google_play": "tests.servers.google_play:GooglePlayPlatform",
    "app_store": "tests.servers.app_store:AppStorePlatform",
    "trustpilot": "tests.servers.trustpilot:TrustpilotPlatform",
    "facebook": "tests.servers.facebook:FacebookPlatform",
    "instagram": "tests.servers.instagram:InstagramPlatform",
    "feed": "tests.servers.feed:FeedPlatform",
}


@dataclass(frozen=True, kw_only=True)
class Traits:
    """How platforms differ in what they allow."""

    #: The API takes a reply only where the author named us; else a person posts it by hand.
    replies_only_when_addressed: bool
    #: A private message gets an id that it can be found and deleted by.
    private_messages_have_ids: bool
    #: What we sent in private can be deleted.
    private_messages_can_be_retracted: bool
    #: A text that is one character longer is refused.
    longest_public_text: int
    #: We can reply in public through the API. (From here on: what a platform may lack.)
    public_replies: bool = True
    #: We can write in private through the API.
    private_messages: bool = True
    #: Whether a reply arrived can be read back.
    reads_back: bool = True
    #: What became of a post can be asked.
    looks: bool = True
    #: What was said below a post, and in private, can be asked.
    conversations: bool = True
    #: A post says whether it is meant for us.
    tells_who_is_addressed: bool = True
    #: The public sees the posts, and each has an address.
    public_posts: bool = True
    #: Who asks too often is told when to come back.
    names_the_time: bool = True
    #: A public reply of ours can be deleted.
    public_replies_can_be_retracted: bool = True
    #: A private message may only follow one of theirs.
    customers_write_first: bool = True


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Something of ours that really is on the platform."""

    id: str
    to: str  #: in public the id of the post that it answers, in private the author's handle
    text: str


class Platform(AbstractContextManager["Platform"], Protocol):
    """One platform on loopback. Entered: it listens. Left: it has stopped."""

    @property
    def traits(self) -> Traits:
        """What this platform allows."""

    def connector(self, *, timeout: float = 20.0) -> Connector:
        """A new connector with valid settings, as after a restart: it remembers nothing.

        `timeout` is that of each of its requests, in seconds.
        """

    def set_time(self, at: datetime) -> None:
        """What is written from now on bears times from this moment on."""

    # The customers

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        """A customer posts in public where `poll` must see it, later than all before; its id."""

    def seed_unreadable(self) -> None:
        """A public item appears that no parser can read."""

    def edit(self, id: str, text: str) -> None:
        """The author changes the post."""

    def delete(self, id: str) -> None:
        """The author deletes the post."""

    def answer_publicly(self, id: str, text: str) -> str:
        """The author of post `id` posts again directly below it; the new post's id."""

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        """A customer writes to us in private; the message's id."""

    # The weather

    def lose_next_answer(self) -> None:
        """The next write is applied and its answer lost."""

    def hang_next_answer(self) -> None:
        """The next write is applied and never answered."""

    def fail_next(self, *, status: int) -> None:
        """The next request is answered with this HTTP status and not applied."""

    def answer_html_next(self) -> None:
        """The next request is answered with a page of HTML and status 200, and not applied."""

    def answer_garbage_next(self, body: bytes) -> None:
        """The next request is answered with these bytes as the API's answer, and not applied."""

    def hang_next_request(self) -> None:
        """The next request, a read too, is taken and never answered."""

    def add_unknown_fields(self) -> None:
        """Everything that is shown or written from now on has more in it than anybody knows."""

    def hide_author(self, text: str, *, null: bool) -> None:
        """What is posted with this text says nothing of its author, or says that there is none."""

    def limit_until(self, at: datetime | None) -> None:
        """Every request is rate-limited, and told to come back at this time. None: no more."""

    def expire_login(self) -> None:
        """The login is worth nothing from now on."""

    def go_down(self) -> None:
        """Connections are refused."""

    def come_back(self) -> None:
        """Connections are taken again."""

    # The witness

    def public_replies(self) -> Sequence[Sent]:
        """What we have there in public now, oldest first."""

    def private_messages(self) -> Sequence[Sent]:
        """What we have sent in private and not deleted, oldest first."""

    def writes(self) -> int:
        """How many requests came in that ask for something to be posted or sent."""


def having(*traits: str) -> list[str]:
    """The registry names of the platforms that have all of these traits."""
    return [
        name
        for name in sorted(HARNESSES)
        if all(getattr(harness(name).traits, trait) for trait in traits)
    ]


def harness(name: str) -> Platform:
    """A fresh pretend platform."""
    module, _, attribute = HARNESSES[name].partition(":")
    return cast(Platform, getattr(import_module(module), attribute)())
