"""Reddit, through praw 8.

What Reddit asks of us, and where it is kept: keys need approval since November 2025 and commercial
use a contract (`check` says so); 100 calls a minute for each client (wire.py); posts that
are deleted there must go here too (`look`); a private message arrives as a chat message since
2025-03, and no id of it is ever told (`message`).
Source: support.reddithelp.com 42728983564564 and 16160319875092; r/redditdev 1oug31u (2025-11);
r/modnews 1jf1dy5 (2025-03-19); all read 2026-11.
"""

import configparser
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from threading import RLock
from typing import Annotated
from urllib.parse import quote, urlsplit

import praw
from praw.config import Config
from pydantic import (
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)

from connectors.base import (
    PRIVATE_HISTORY,
    Ability,
    Author,
    Batch,
    Contact,
    Life,
    Mention,
    Problem,
    Receipt,
    Route,
    TextLimit,
    Way,
)
from connectors.errors import BadPayload, Refused, SetupError, TryLater, Unsupported
from connectors.reddit import walk
from connectors.reddit.items import (
    WEB,
    Json,
    created_of,
    data_of,
    flat,
    is_below,
    is_gone,
    is_own_reply,
    key_of,
    life_of,
    listing,
    parents_of,
    parse,
    receipt_of,
    thing_made,
)
from connectors.reddit.walk import PAGE, Page, Place, Position
from connectors.reddit.wire import KEYS, LoginEnded, NotReadable, Wire
from connectors.settings import ConnectorSettings, Secret, is_missing
from connectors.summary import Summary
from connectors.turns import Turns

__all__ = ["Reddit", "RedditSettings", "parse"]

log = logging.getLogger(__name__)

#: The number in Reddit's own refusal TOO_LONG; no page of Reddit's that we know states it.
MAX_TEXT = 10_000
#: Source: github.com/Pyprohly/reddit-api-doc-notes, "Send message", read 2026-11.
MAX_SUBJECT = 100
#: Source: support.reddithelp.com 16160319875092, "User-Agent", read 2026-11.
USER_AGENT_FORM = re.compile(r"[^:\s]+:[^:\s]+:\S+ \(by /?u/[\w-]+\)")
#: What the login may do, and what for.
#: Source: github.com/Pyprohly/reddit-api-doc-notes, topics/oauth2, read 2026-11.
SCOPES = {
    "identity": "tell as whom we are logged in",
    "read": "read subreddits",
    "submit": "reply",
    "privatemessages": "read the inbox and write private messages",
    "history": "look whether a reply arrived whose answer was lost",
    "edit": "take a reply down",
}
#: Ids of one call of /api/info. Source: praw 8.0.3, reddit.py (`info`), read 2026-11.
_IDS_PER_LOOK = 100
#: Comments that one call of /comments is asked for; Reddit may show fewer.
_THREAD = 500

_STRANGER = Contact()


def _plain_or_named(value: object, info: ValidationInfo) -> object:
    """An identifier that is no secret may still stand in the environment, beside the secrets.

    For a command that speaks to nobody the name of a variable that is not set stands for it.
    """
    if isinstance(value, str) and value.startswith("env:"):
        named = TypeAdapter[Secret](Secret).validate_python(value, context=info.context)
        return named.get_secret_value() or value
    return value


Identifier = Annotated[str, BeforeValidator(_plain_or_named)]


class RedditSettings(ConnectorSettings):
    """The table [connectors.reddit]."""

    #: For tests and proxies: takes the place of www.reddit.com and oauth.reddit.com alike.
    api_url: str = ""
    client_id: Identifier = Field(min_length=1)
    client_secret: Secret
    username: Identifier
    password: Secret
    user_agent: str = ""  #: "<platform>:<app>:<version> (by /u/<name>)"; made from username if ""
    subreddits: tuple[str, ...] = ()  #: whose posts and comments are read
    query: str = Field(default="", max_length=512)  #: Reddit's own search, over posts everywhere
    mentions: bool = True  #: read the comments that name our account
    #: Write to people who have not written to us first. Reddit treats that as spam soon.
    message_first: bool = False
    subject: str = Field(default="", max_length=MAX_SUBJECT)  #: of messages; our name where ""

    @field_validator("api_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        known = re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^?#\s]*)?", value)
        if value and not known:
            raise ValueError('write an address such as "https://reddit-proxy.example"')
        return value.rstrip("/")

    @field_validator("username")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        name = re.sub(r"^/?u/", "", value)
        if is_missing(value):
            return value
        if not re.fullmatch(r"[A-Za-z0-9_-]{3,20}", name):
            raise ValueError("write the account's name as in reddit.com/user/NAME")
        return name

    @field_validator("user_agent")
    @classmethod
    def _fits_a_header(cls, value: str) -> str:
        if value and not re.fullmatch(r"[\x21-\x7e][\x20-\x7e]{6,}", value):
            raise ValueError(
                'write 7 or more plain characters, such as "linux:amends:0.1 (by /u/NAME)"'
            )
        return value

    @field_validator("subreddits")
    @classmethod
    def _are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(re.sub(r"^/?r/", "", name) for name in value)
        for name in names:
            if not re.fullmatch(r"[A-Za-z0-9_]{2,24}", name):
                raise ValueError('write each subreddit as in reddit.com/r/NAME, without the "r/"')
        return names

    @model_validator(mode="after")
    def _reads_something(self) -> "RedditSettings":
        if not (self.subreddits or self.query or self.mentions):
            raise ValueError("nothing to read: give subreddits, a query, or mentions = true")
        return self


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One listing that is polled."""

    name: str  #: its place in the cursor
    path: str
    params: Mapping[str, str | int]

    @property
    def of(self) -> str:
        """What is read, so that a changed setting is noticed."""
        return json.dumps([self.path, self.params.get("q", "")])


class Reddit:
    """Reddit with one account. One request at a time; praw is made when it is first needed."""

    Settings: type[ConnectorSettings] = RedditSettings
    summary = Summary(
        reads="inbox, subreddits, search",
        public="by API",
        private="after they wrote first (arrives as chat)",
    )
    platform = "reddit"
    #: Our own comments are taken to be listed within the time to settle, and completely: what is
    #: neither there nor in the thread was not posted.
    reliable_reads = True

    def __init__(
        self, settings: RedditSettings, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._client: praw.Reddit | None = None
        self._lock = RLock()
        self._sources = _sources(settings)
        self._turns = Turns(
            "reddit", {source.name: source.path for source in self._sources}, NotReadable
        )

    @property
    def account(self) -> str:
        """The account that we are logged in as."""
        return self._settings.username

    # Reading

    def poll(self, cursor: str | None) -> Batch:
        """One page of one listing; see `Connector.poll`.

        The listings take turns. One that cannot be read is named in the log and left out; where
        none can be read, the last reason is raised.
        """
        position = walk.load(cursor)
        sources = {source.name: source for source in self._sources}

        def place_of(name: str) -> Place:
            return position.places.get(name, Place()).on(sources[name].of)

        turn, read = self._turns.take(
            position.turn, lambda name: self._read_on(sources[name], place_of(name))
        )
        source = sources[turn]
        step, found, bad = read or (walk.Step(place=place_of(turn), done=True), (), ())
        if step.cut_off:
            log.warning(
                "reddit: %s: more than %d items since the last poll, and Reddit shows no more: "
                "some were missed; poll more often or watch fewer subreddits",
                source.path,
                walk.DEPTH - PAGE,
            )
        ahead = self._turns.after(turn)
        return Batch(
            mentions=found,
            cursor=walk.dump(
                Position(
                    turn=ahead if step.done else source.name,
                    places={**position.places, source.name: step.place},
                )
            ),
            more=not step.done or ahead != "",
            bad=bad,
        )

    def cursor_at(self, moment: datetime) -> str:
        """Where the items of that moment begin; see `connectors.base.Rewinds`."""
        place = walk.place_at(moment.timestamp())
        return walk.dump(Position(places={source.name: place for source in self._sources}))

    def _read_on(
        self, source: _Source, place: Place
    ) -> tuple[walk.Step, tuple[Mention, ...], tuple[BadPayload, ...]]:
        after = place.walk.after if place.walk else None
        children, ahead = self._page(source.path, source.params, after)
        if not children and place.walk is not None:
            living = self._living([place.walk.after, *place.walk.stand_ins])
            moved = walk.deserted(place, living)
            if moved is not None:
                return walk.Step(place=moved, done=False), (), ()
        keys = [key_of(child) for child in children]
        step = walk.step(
            place,
            source.of,
            Page(keys=tuple(keys), created=tuple(map(created_of, children)), after=ahead),
        )
        known = set(place.known)
        fresh = [child for key, child in zip(keys, children, strict=True) if key not in known]
        found, bad = self._parsed(fresh)
        theirs = tuple(mention for mention in found if not (mention.ours or mention.private))
        return step, theirs, bad

    def _parsed(
        self, children: Sequence[object]
    ) -> tuple[tuple[Mention, ...], tuple[BadPayload, ...]]:
        """What can be read of these items, oldest first, without what is gone; and the rest."""
        found: list[Mention] = []
        bad: list[BadPayload] = []
        for child in reversed(children):
            item = child if isinstance(child, dict) else {}
            if is_gone(data_of(item)):
                continue
            try:
                found.append(parse(item, account=self.account))
            except BadPayload as error:
                bad.append(error)
        return tuple(found), tuple(bad)

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """What has become of these posts; private messages cannot be looked up and count as alive.

        Source: praw 8.0.3, `Reddit.info` omits what does not exist, read 2026-11.
        """
        lives = {m.id: Life.ALIVE if m.private else Life.GONE for m in mentions}
        public = {m.id: m for m in mentions if not m.private}
        for data in self._info(list(public)):
            name = data.get("name")
            if isinstance(name, str) and name in public and not is_gone(data):
                lives[name] = life_of(public[name], data)
        return lives

    def _living(self, names: Sequence[str]) -> list[str]:
        return [str(data.get("name")) for data in self._info(names) if not is_gone(data)]

    def _info(self, names: Sequence[str]) -> Iterator[Json]:
        for start in range(0, len(names), _IDS_PER_LOOK):
            some = names[start : start + _IDS_PER_LOOK]
            answer = self._ask("GET", "api/info", params={"id": ",".join(some)})
            yield from map(data_of, listing(answer)[0])

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Our comment with this text directly below the mention.

        Looks through our own comments back to the time of the mention, then through the thread.
        """
        for child in self._back(f"user/{self.account}/comments", until=mention.created_at):
            if is_own_reply(child, mention, text, account=self.account):
                return receipt_of(child)
        for child in self._thread(mention):
            if is_own_reply(child, mention, text, account=self.account):
                return receipt_of(child)
        return None

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """What the author and we have written since, oldest first; see `Connector.conversation`.

        Of a big thread Reddit shows the newest 500 comments, ten levels deep; the author's
        answers to us are found in the inbox all the same, as long as the way up to the mention
        is known. Items that cannot be read are named in the log.
        """
        since = mention.created_at
        privately = since - (timedelta() if mention.private else PRIVATE_HISTORY)
        children = [
            *self._thread(mention),
            *flat(self._back("message/inbox", until=privately, params={"mark": "false"})),
            *flat(self._back("message/sent", until=privately, params={"mark": "false"})),
        ]
        parents = parents_of(children)
        found: dict[str, Mention] = {}
        for child in children:
            if not self._between_us(child, mention) or is_gone(data_of(child)):
                continue
            try:
                post = parse(child, account=self.account)
            except BadPayload as error:
                log.warning("reddit: an item of a conversation cannot be read: %s", error)
                continue
            belongs = post.private or is_below(post, mention, parents)
            from_then_on = privately if post.private else since
            if belongs and post.id != mention.id and post.created_at >= from_then_on:
                found.setdefault(post.id, post)
        return sorted(found.values(), key=lambda post: (post.created_at, post.id))

    def _between_us(self, child: Json, mention: Mention) -> bool:
        """Whether the author wrote it, or we wrote it in public, or to the author."""
        data, them, us = data_of(child), mention.author.handle.casefold(), self.account.casefold()
        author, dest = (str(data.get(key)).casefold() for key in ("author", "dest"))
        return author == them or (author == us and (child.get("kind") == "t1" or dest == them))

    def _thread(self, mention: Mention) -> list[Json]:
        """The comments below a public post, in no order; nothing where they cannot be read."""
        if mention.private or mention.thread is None:
            return []
        params: dict[str, str | int] = {"limit": _THREAD, "sort": "new"}
        if mention.id.startswith("t1_"):
            params |= {"comment": mention.id[3:], "context": 0}
        try:
            answer = self._ask("GET", f"comments/{mention.thread[3:]}", params=params)
        except NotReadable as error:
            log.info("reddit: a thread cannot be read: %s", error)
            return []
        if not isinstance(answer, list) or len(answer) != 2:
            raise TryLater("Reddit answered with something that is no thread.")
        return list(flat(listing(answer[1])[0]))

    def _back(
        self, path: str, *, until: datetime, params: Mapping[str, str | int] | None = None
    ) -> Iterator[object]:
        """The items of a listing from the newest back to a time, as far as Reddit shows them."""
        after: str | None = None
        floor = until.timestamp() - walk.OVERLAP
        for _ in range(walk.DEPTH // PAGE):
            children, after = self._page(path, params or {}, after)
            yield from children
            times = [created for created in map(created_of, children) if created is not None]
            if after is None or (times and max(times) < floor):
                return

    def _page(
        self, path: str, params: Mapping[str, str | int], after: str | None
    ) -> tuple[list[object], str | None]:
        asked: dict[str, str | int] = {**params, "limit": PAGE}
        if after is not None:
            asked["after"] = after
        return listing(self._ask("GET", path, params=asked))

    # What can be done

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """What we may do about this mention; see `Connector.ability`."""
        return Ability(
            public=self._public(mention, contact), private=self._private(mention, contact)
        )

    def _public(self, mention: Mention, contact: Contact) -> Way:
        way = Way(
            route=Route.API,
            link_template=mention.url,
            account=self.account,
            limit=TextLimit(maximum=MAX_TEXT),
        )
        if mention.private or mention.ours:
            reason = "There is no public post of theirs to answer here."
            return replace(way, route=Route.NONE, link_template=None, reason=reason)
        if not mention.replies_open:
            reason = "Nobody can reply: the post is locked, archived or quarantined."
            return replace(way, route=Route.NONE, link_template=None, reason=reason)
        if contact.replies:
            reason = "We have answered this post already; a second reply is a person's to post."
            return replace(way, route=Route.BY_HAND, reason=reason)
        return way

    def _private(self, mention: Mention, contact: Contact) -> Way:
        to, subject = quote(mention.author.handle, safe=""), quote(self._subject, safe="")
        way = Way(
            route=Route.API,
            reason="Arrives as a message in Reddit's chat.",
            link_template=f"{WEB}/message/compose/?to={to}&subject={subject}&message={{text}}",
            account=self.account,
            limit=TextLimit(maximum=MAX_TEXT),
        )
        if mention.ours:
            reason = "This is our own post."
            return replace(way, route=Route.NONE, link_template=None, reason=reason)
        if mention.private or contact.wrote_privately_at or self._settings.message_first:
            return way
        reason = "Reddit treats unasked messages as spam: wait until the customer writes to us."
        return replace(way, route=Route.CLOSED, reason=reason)

    @property
    def _subject(self) -> str:
        return self._settings.subject or self.account

    # Writing

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Comment directly below the mention. Reddit has no idempotency: `key` is not used."""
        if mention.private:
            raise Unsupported("A private message of Reddit has no public reply.")
        answer = self._ask("POST", "api/comment", data={"thing_id": mention.id, "text": text})
        return receipt_of(thing_made(answer))

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Write a private message. Reddit tells no id of it, and `key` is not used."""
        data = {"to": author.handle, "subject": self._subject, "text": text}
        self._ask("POST", "api/compose", data=data)
        return Receipt(id="", private=True)

    def retract(self, receipt: Receipt) -> None:
        """Delete our comment. Without a target nothing happens there, and that is well.

        Source: github.com/Pyprohly/reddit-api-doc-notes, "Delete" of submissions, read 2026-11.
        """
        if receipt.private:
            raise Unsupported("Reddit cannot take back a private message.")
        if not receipt.id:
            raise Unsupported("Reddit did not say which comment this is: delete it there by hand.")
        try:
            self._ask("POST", "api/del", data={"id": receipt.id})
        except Refused as error:
            if error.code != "gone":
                raise

    # Setting up

    def check(self) -> Sequence[Problem]:
        """See `Connector.check`. Reads one item of each listing and changes nothing."""
        problems = list(_settings_problems(self._settings))
        try:
            problems += self._login_problems()
            problems += self._reading_problems()
        except (SetupError, TryLater) as error:
            problems.append(Problem(what=str(error), do="Mend this first, then check again."))
        return problems

    def _login_problems(self) -> Iterator[Problem]:
        me = self._ask("GET", "api/v1/me")
        fields = me if isinstance(me, dict) else {}
        name = fields.get("name")
        if not isinstance(name, str) or name.casefold() != self.account.casefold():
            raise SetupError(f"Logged in as somebody else than u/{self.account}. {KEYS}")
        if fields.get("is_suspended"):
            raise SetupError(
                f"Reddit has suspended u/{self.account}: appeal at reddit.com/appeals."
            )
        if fields.get("has_verified_email") is False:
            yield Problem(
                what=f"u/{self.account} has no verified email address, so messages may be refused.",
                do="Verify it at reddit.com/settings.",
                fatal=False,
            )
        with self._lock:
            scopes = self._praw().auth.scopes()
        for scope, purpose in SCOPES.items():
            if "*" not in scopes and scope not in scopes:
                yield Problem(
                    what=f"The login lacks the permission {scope}, so we cannot {purpose}.",
                    do="Grant it to the app.",
                    fatal=False,
                )

    def _reading_problems(self) -> list[Problem]:
        reads: list[tuple[str, str]] = [
            (f"r/{name}", f"r/{name}/new") for name in self._settings.subreddits
        ]
        reads += [("mentions", "message/mentions")] if self._settings.mentions else []
        failed: list[Problem] = []
        for shown, path in reads:
            try:
                self._ask("GET", path, params={"limit": 1})
            except NotReadable as error:
                do = f"Is {shown} spelt right, public, and not banned? Else take it out."
                failed.append(Problem(what=f"{shown}: {error}", do=do, fatal=False))
        if failed and len(failed) == len(reads) and not self._settings.query:
            return [Problem(what=problem.what, do=problem.do) for problem in failed]
        return failed

    # The wire

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str | int] | None = None,
        data: dict[str, str] | None = None,
    ) -> object:
        """One request through praw, and never a second one.

        praw's objects are left out on purpose: reading an attribute of one may call the network,
        and `Reddit.post` repeats what was rate-limited.
        """
        with self._lock:
            try:
                return self._praw().request(method=method, path=path, params=params, data=data)
            except UnicodeEncodeError as error:
                message = "The text holds characters that cannot be sent: half an emoji, perhaps."
                raise Refused(message, code="unsendable") from error
            except LoginEnded as error:
                ended = error
            # A token can end early. A new login tells that from one that is worth nothing; the
            # request itself was refused, and is left to the next try.
            self._client = None
            try:
                self._praw().request(method="GET", path="api/v1/me")
            except LoginEnded:
                raise SetupError(f"Reddit no longer accepts this login. {KEYS}") from ended
            raise TryLater("Reddit had ended our login; it is renewed now.") from ended

    def _praw(self) -> praw.Reddit:
        if self._client is None:
            self._client = _client(self._settings, self._monotonic)
        return self._client


def _client(settings: RedditSettings, monotonic: Callable[[], float]) -> praw.Reddit:
    """A praw with these settings and no others: no praw.ini, no environment, no news of updates."""
    defaults = configparser.ConfigParser(interpolation=None)
    defaults.read_string(files("praw").joinpath("praw.ini").read_text(encoding="utf-8"))
    chatty = logging.getLogger("prawcore")
    if chatty.level < logging.INFO:
        chatty.setLevel(logging.INFO)  # at DEBUG it logs every text that is sent
    with Config.LOCK:
        # praw would read praw.ini of the current directory, where anybody may have put one.
        Config.CONFIG = defaults
    hosts = {"reddit_url": settings.api_url, "oauth_url": f"{settings.api_url}/"}
    name = settings.username
    return praw.Reddit(
        "DEFAULT",
        requestor_class=Wire,
        requestor_kwargs={"timeout": settings.timeout_seconds, "monotonic": monotonic},
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        username=name,
        password=settings.password.get_secret_value(),
        user_agent=settings.user_agent or f"python:amends:0.1 (by /u/{name})",
        check_for_updates=False,
        check_for_async=False,
        ratelimit_seconds=0,
        **(hosts if settings.api_url else {}),
    )


def _sources(settings: RedditSettings) -> tuple[_Source, ...]:
    found: list[_Source] = []
    if settings.mentions:
        # "mark": the poll must not mark as read what a person has not read.
        params: dict[str, str | int] = {"mark": "false"}
        found.append(_Source(name="mentions", path="message/mentions", params=params))
    if settings.subreddits:
        several = "+".join(settings.subreddits)
        found.append(_Source(name="comments", path=f"r/{several}/comments", params={}))
        found.append(_Source(name="posts", path=f"r/{several}/new", params={}))
    if settings.query:
        params = {"q": settings.query, "sort": "new", "type": "link"}
        found.append(_Source(name="search", path="search", params=params))
    return tuple(found)


def _settings_problems(settings: RedditSettings) -> Iterator[Problem]:
    agent, name = settings.user_agent, settings.username
    if agent and not USER_AGENT_FORM.fullmatch(agent):
        yield Problem(
            what="user_agent is not of the form that Reddit demands; it may be blocked.",
            do=f'Write "linux:amends:0.1 (by /u/{name})", or leave it out.',
            fatal=False,
        )
    if settings.account and settings.account.casefold() != name.casefold():
        yield Problem(
            what=f"account is {settings.account}, but we write as u/{name}.",
            do="Leave account out: it is always the username.",
            fatal=False,
        )
    parts = urlsplit(settings.api_url)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        yield Problem(
            what="api_url is http: the password travels unencrypted.",
            do="Use https.",
            fatal=False,
        )
