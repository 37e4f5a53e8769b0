"""Bluesky: posts that tag us or match a search come in, replies and messages go out.

A reply is put under a name made of the action's key, so that a second try replaces the first and
never stands beside it. Its parts: `posts` reads Bluesky's JSON, `rules` holds what Bluesky allows,
`walk` how far its lists are read, `records` what we write, `session` the login, `wire` the
requests.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from pydantic import Field, field_validator

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
    TextLimit,
)
from connectors.bluesky import records, rules, walk
from connectors.bluesky.posts import (
    COLLECTION,
    Account,
    in_thread,
    is_own_reply,
    is_post_uri,
    key_of,
    life_of,
    listed_at,
    parse,
    post_url,
    read_messages,
    read_posts,
    rkey_of,
)
from connectors.bluesky.session import HOST, Session
from connectors.bluesky.walk import PAGE, Page, Place, Position
from connectors.bluesky.wire import HOW_TO_LOG_IN, NotPermitted, NotUnderstood
from connectors.errors import (
    ConnectorError,
    OutcomeUnknown,
    Refused,
    TryLater,
    Unsupported,
)
from connectors.payload import Json, mapping, objects
from connectors.reserve import is_proof
from connectors.settings import ConnectorSettings, Secret
from connectors.summary import Summary
from connectors.texts import same
from connectors.turns import Turns
from connectors.web import Address, is_plain

__all__ = ["Account", "Bluesky", "BlueskySettings", "parse"]

log = logging.getLogger(__name__)

#: Posts that one look may ask for (lexicon app.bsky.feed.getPosts, read 2026-11).
_POSTS_PER_LOOK = 25
#: Our own posts and messages are read back over this many pages.
_MOST_PAGES = 50
#: Answers to answers are read this deep below the post.
_DEPTH = 20
#: Our posts are looked for from this long before the post that they answer.
_CLOCK_SKEW = timedelta(minutes=5)
#: Tries whose moment is remembered, so that a later one puts the very same record.
_TRIES_KEPT = 500
_NOTIFICATIONS = "notifications"
_REASONS = ("mention", "reply", "quote")
_STRANGER = Contact()


class BlueskySettings(ConnectorSettings):
    """[connectors.bluesky]."""

    api_url: Address = HOST
    handle: str = Field(pattern=r"^@?\S+$")  #: such as "nordlicht.bsky.social"
    app_password: Secret
    #: Bluesky's search beside the notifications, one search for each.
    queries: tuple[str, ...] = Field(default=(), max_length=20)
    #: Keeps the login between starts; as secret as the password. "": a new login for each start.
    session_file: str = ""

    @field_validator("queries")
    @classmethod
    def _say_something(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not query.strip() or len(query) > 300 for query in value):
            raise ValueError("write 1 to 300 characters for each query")
        return value


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One list that is polled."""

    name: str  #: its place in the position
    method: str
    params: Mapping[str, object]
    holds: str  #: the answer's field with the items


class Bluesky:
    """One account on Bluesky, spoken to through atproto."""

    Settings: type[ConnectorSettings] = BlueskySettings
    summary = Summary(
        reads="notifications, search",
        public="by API to people who tagged you, else by hand",
        private="where their chat is open",
    )
    platform = "bluesky"
    #: What we wrote is read from our own repository, which has it at once and completely.
    reliable_reads = True

    def __init__(self, settings: BlueskySettings) -> None:
        """Speaks to nobody yet."""
        self._settings = settings
        self._handle = settings.handle.removeprefix("@")
        self._session = Session(
            api_url=settings.api_url,
            handle=self._handle,
            password=settings.app_password.get_secret_value(),
            file=Path(settings.session_file) if settings.session_file else None,
            timeout=settings.timeout_seconds,
        )
        self._sources = _sources(settings)
        self._turns = Turns(
            "bluesky",
            {source.name: f"the list {source.name!r}" for source in self._sources},
            NotPermitted,
        )
        self._first_tried: dict[str, str] = {}
        self._messages_were_read = False

    @property
    def account(self) -> str:
        """Our handle."""
        return self._session.account.handle or self._handle

    # Reading

    def poll(self, cursor: str | None) -> Batch:
        """The next page of the notifications, then of each search; see Connector.poll.

        A list that cannot be read is named in the log and left out; where none can be read, the
        last reason is raised.
        """
        position = walk.load(cursor)
        account = self._session.log_in()
        sources = {source.name: source for source in self._sources}

        def place_of(name: str) -> Place:
            return position.places.get(name, Place())

        turn, read = self._turns.take(
            position.turn, lambda name: self._read_on(sources[name], place_of(name))
        )
        step, views = read or (walk.Step(place=place_of(turn), done=True), [])
        if step.cut_off:
            log.warning(
                "bluesky: more than %d new items in the list %r, some were missed; poll more often "
                "or search for less",
                walk.LONGEST_ROUND,
                turn,
            )
        found, bad = read_posts(views, account)
        ahead = self._turns.after(turn)
        places = {name: place for name, place in position.places.items() if name in sources}
        after = Position(turn=ahead if step.done else turn, places=places | {turn: step.place})
        return Batch(
            mentions=tuple(mention for mention in found if not mention.ours),
            cursor=walk.dump(after),
            more=not step.done or ahead != "",
            bad=bad,
        )

    def cursor_at(self, moment: datetime) -> str:
        """Where what came into the lists at that moment begins; see connectors.base.Rewinds."""
        place = Place(mark=moment.timestamp())
        return walk.dump(Position(places={source.name: place for source in self._sources}))

    def _read_on(self, source: _Source, place: Place) -> tuple[walk.Step, list[object]]:
        """One page of a list, and its items without those that the last round met."""
        under_way = place.walk
        asked = {**source.params, "limit": PAGE, "cursor": under_way and under_way.cursor}
        try:
            answer = self._session.get(source.method, asked)
        except NotUnderstood:
            if under_way is None:
                raise
            log.warning("bluesky: a cursor of %r is no longer taken; beginning anew", source.name)
            return walk.Step(place=place.at_the_top(), done=False), []
        views, ahead = answer.get(source.holds), answer.get("cursor")
        if not isinstance(views, list):
            raise TryLater(f"Bluesky answered {source.method} with something that is no list.")
        keys = [key_of(view) for view in views]
        page = Page(
            keys=tuple(keys),
            times=tuple(map(listed_at, views)),
            cursor=ahead if isinstance(ahead, str) and ahead else None,
        )
        known = set(place.known)
        fresh = [view for key, view in zip(keys, views, strict=True) if key not in known]
        return walk.step(place, page), [view for view in fresh if _speaks_to_us(view)]

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Ask for the posts by address; see Connector.look.

        What is deleted, hidden by a moderator or blocked is left out of the answer. Private
        messages cannot be asked for and count as alive.
        """
        lives = {m.id: Life.ALIVE if m.private else Life.GONE for m in mentions}
        public = {m.id: m for m in mentions if not m.private}
        for view in self._posts(list(public)):
            uri = view.get("uri")
            if isinstance(uri, str) and uri in public:
                lives[uri] = life_of(public[uri], view)
        return lives

    def _posts(self, uris: Sequence[str]) -> Iterator[Json]:
        for start in range(0, len(uris), _POSTS_PER_LOOK):
            some = list(uris[start : start + _POSTS_PER_LOOK])
            answer = self._session.get("app.bsky.feed.getPosts", {"uris": some})
            if not isinstance(answer.get("posts"), list):
                raise TryLater("Bluesky answered a look at posts with something else.")
            yield from objects(answer["posts"])

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Look through our own repository back to the mention. See Connector.find_own_reply."""
        account = self._session.log_in()
        first = records.tid_at(mention.created_at - _CLOCK_SKEW)
        asked = {"repo": account.did, "collection": COLLECTION}
        for record in self._back("com.atproto.repo.listRecords", asked, "records"):
            uri = record.get("uri")
            if not isinstance(uri, str) or not is_post_uri(uri):
                continue
            if rkey_of(uri) < first:
                return None
            if is_own_reply(record.get("value"), mention, text):
                return _receipt(uri, mapping(record.get("value")).get("createdAt"))
        return None

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """The thread below the post, and our messages since; see Connector.conversation."""
        account = self._session.log_in()
        turns = self._messages(mention, account)
        if not mention.private:
            turns += self._thread(mention, account)
        return sorted(turns, key=lambda turn: (turn.created_at, turn.id))

    def _thread(self, mention: Mention, account: Account) -> list[Mention]:
        """Posts of the author and ours below the mention."""
        asked = {"uri": mention.id, "depth": _DEPTH, "parentHeight": 0}
        try:
            answer = self._session.get("app.bsky.feed.getPostThread", asked)
        except Refused as error:
            log.info("bluesky: a thread cannot be read: %s", error)
            return []
        posts, bad = read_posts(list(in_thread(answer.get("thread"))), account)
        people = {mention.author.id, account.did}
        for unread in bad:
            log.warning("bluesky: an item of a thread is left out: %s", unread)
        return [post for post in posts if post.author.id in people]

    def _messages(self, mention: Mention, account: Account) -> list[Mention]:
        """Private messages of both sides around the mention; none where we may not read them.

        Raises:
            ConnectorError: they cannot be read now, or may not be and something hangs on them.
        """
        since = mention.created_at - (timedelta() if mention.private else PRIVATE_HISTORY)
        turns: list[Mention] = []
        try:
            # This asks whether there is a conversation; getConvoForMembers would begin one.
            answer = self._session.get(
                "chat.bsky.convo.getConvoAvailability",
                {"members": [mention.author.id]},
                messages=True,
            )
            self._messages_were_read = True
            convo = mapping(answer.get("convo")).get("id")
            if not isinstance(convo, str):
                return []
            for page in self._pages(
                "chat.bsky.convo.getMessages", {"convoId": convo}, messages=True
            ):
                read = read_messages(list(objects(page.get("messages"))), mention.author, account)
                turns += [turn for turn in read if turn.created_at > since]
                if any(turn.created_at <= since for turn in read):
                    break  # newest first: nothing later follows
        except (NotPermitted, Refused) as error:
            if is_proof():
                raise  # we may have written before, with another app password
            # What they answer in public is worth reading all the same; `check` names the cause.
            log.warning("private messages on bluesky are not read: %s", error)
        except TryLater as error:
            # Networks of their own have no such service, and their servers say so as they like.
            # That must not be believed of one that is down, and a start forgets which it is.
            if self._messages_were_read or mention.private or is_proof():
                raise
            log.warning("private messages on bluesky are not read: %s", error)
        return turns

    def _back(self, method: str, asked: Mapping[str, object], holds: str) -> Iterator[Json]:
        for page in self._pages(method, asked):
            yield from objects(page.get(holds))

    def _pages(
        self, method: str, asked: Mapping[str, object], *, messages: bool = False
    ) -> Iterator[Json]:
        """Every page of a list, newest items first."""
        cursor: object = None
        for _ in range(_MOST_PAGES):
            params = {**asked, "limit": PAGE, "cursor": cursor}
            page = self._session.get(method, params, messages=messages)
            yield page
            cursor = page.get("cursor")
            if not isinstance(cursor, str) or not cursor:
                return
        log.warning("bluesky: %s was read over %d pages and not to its end", method, _MOST_PAGES)

    # What can be done

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """Bluesky's rules for this post; see Connector.ability."""
        return rules.ability(mention, contact, account=self.account)

    # Writing

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Put a reply into our repository, under a name made of `key`; see Connector.reply."""
        if mention.private:
            raise Unsupported("A private message of Bluesky has no public reply.")
        if not mention.addressed:
            raise Refused(rules.NOT_SUMMONED, code="not_summoned")
        _check_text(text, rules.POST_LIMIT)
        account = self._session.log_in()
        parent, root = self._references(mention)
        rkey = records.rkey_for(mention, key)
        there = self._own_record(account, rkey)
        if same(str(there.get("text", "")), text):
            return _receipt(_uri(account, rkey), there.get("createdAt"))
        created_at = self._moment_of_first_try(key)
        record = records.reply(
            text,
            parent=parent,
            root=root,
            facets=self._session.link_facets(text),
            created_at=created_at,
        )
        answer = self._session.post(
            "com.atproto.repo.putRecord",
            {"repo": account.did, "collection": COLLECTION, "rkey": rkey, "record": record},
        )
        uri = answer.get("uri")
        if not isinstance(uri, str) or not is_post_uri(uri):
            raise OutcomeUnknown("Bluesky answered without the address of the new post.")
        return _receipt(uri, created_at)

    def _references(self, mention: Mention) -> tuple[dict[str, str], dict[str, str]]:
        """The post that is answered, as it is now, and the first one of its thread.

        Raises:
            Refused: it is gone, or its author does not let us answer. Bluesky would take the reply
                all the same and show it to nobody.
        """
        view = next(iter(self._posts([mention.id])), {})
        cid = view.get("cid")
        if not isinstance(cid, str):
            raise Refused("The post is gone or not visible to the account.", code="gone")
        if mapping(view.get("viewer")).get("replyDisabled") is True:
            raise Refused("The author does not let us reply to this post.", code="locked")
        between = mapping(mapping(view.get("author")).get("viewer"))
        if between.get("blockedBy") is True or isinstance(between.get("blocking"), str):
            raise Refused("The author and our account have blocked each other.", code="blocked")
        parent = {"uri": mention.id, "cid": cid}
        root = mapping(mapping(mapping(view.get("record")).get("reply")).get("root"))
        uri, root_cid = root.get("uri"), root.get("cid")
        if isinstance(uri, str) and isinstance(root_cid, str):
            return parent, {"uri": uri, "cid": root_cid}
        return parent, parent

    def _own_record(self, account: Account, rkey: str) -> Json:
        """What an earlier try has put there; empty where there is nothing."""
        asked = {"repo": account.did, "collection": COLLECTION, "rkey": rkey}
        try:
            return mapping(self._session.get("com.atproto.repo.getRecord", asked).get("value"))
        except (Refused, NotUnderstood, NotPermitted):
            return {}  # servers differ in how they say that there is none

    def _moment_of_first_try(self, key: str) -> str:
        """When the action was first tried in this process, so that every try puts one record.

        It cannot be a moment that the key alone gives: Bluesky sorts a reply into the reader's
        notifications by it, and one that lies before their last look is never seen as new.
        """
        if len(self._first_tried) >= _TRIES_KEPT:
            del self._first_tried[next(iter(self._first_tried))]
        return self._first_tried.setdefault(key, self._session.now())

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Send a private message; Bluesky has no use for `key`. See Connector.message."""
        del key
        _check_text(text, rules.MESSAGE_LIMIT)
        convo = self._session.get(
            "chat.bsky.convo.getConvoForMembers", {"members": [author.id]}, messages=True
        )
        convo_id = mapping(convo.get("convo")).get("id")
        if not isinstance(convo_id, str):
            raise TryLater("Bluesky answered without the id of the conversation.")
        facets = self._session.link_facets(text)
        answer = self._session.post(
            "chat.bsky.convo.sendMessage",
            {
                "convoId": convo_id,
                "message": {"text": text} | ({"facets": facets} if facets else {}),
            },
            messages=True,
        )
        message_id = answer.get("id")
        if not isinstance(message_id, str) or not message_id:
            raise OutcomeUnknown("Bluesky answered without the id of the new message.")
        return Receipt(id=message_id, at=_moment(answer.get("sentAt")), private=True)

    def retract(self, receipt: Receipt) -> None:
        """Delete a post of ours; see Connector.retract.

        A message can be deleted on our side alone and stays with its reader (lexicon
        chat.bsky.convo.deleteMessageForSelf, read 2026-11).
        """
        if receipt.private or not is_post_uri(receipt.id):
            raise Unsupported("Bluesky has no way to take a private message back from its reader.")
        account = self._session.log_in()
        # Deleting what is not there is no error to Bluesky either.
        self._session.post(
            "com.atproto.repo.deleteRecord",
            {"repo": account.did, "collection": COLLECTION, "rkey": rkey_of(receipt.id)},
        )

    # Setting up

    def check(self) -> Sequence[Problem]:
        """Log in and try each permission by a small read; see Connector.check.

        Stops at the first problem that stops everything, so that one cause is named once.
        """
        problems: list[Problem] = []
        for look, fatal in self._checks():
            try:
                problems += look()
            except TryLater as error:
                what = f"Bluesky could not be checked: {error}"
                return [*problems, Problem(what=what, fatal=False)]
            except ConnectorError as error:
                problems.append(Problem(what=f"Bluesky: {error}", fatal=fatal))
            if any(problem.fatal for problem in problems):
                break
        return problems

    def _checks(self) -> Iterable[tuple[Callable[[], list[Problem]], bool]]:
        """What is tried in turn, and whether its failure stops everything."""
        yield self._check_login, True
        for source in self._sources:
            yield partial(self._check_list, source), source is self._sources[0]
        yield self._check_messages, False

    def _check_login(self) -> list[Problem]:
        self._session.log_in()
        found = self._session.get("com.atproto.server.getSession", {})
        problems: list[Problem] = []
        if found.get("active") is False:
            problems.append(
                Problem(
                    what=f"Bluesky: the account @{self.account} is {found.get('status', 'closed')}",
                    do="log in at bsky.app to see why",
                )
            )
        named = self._settings.account.removeprefix("@")
        if named and named.casefold() != self.account.casefold():
            problems.append(
                Problem(
                    what=f"Bluesky: the login is that of @{self.account}, and "
                    f"[connectors.bluesky] names account {named}",
                    do="leave `account` out, or use the app password of that account",
                )
            )
        if is_plain(self._settings.api_url):
            what = "Bluesky: api_url is http: the password travels unencrypted"
            problems.append(Problem(what=what, do="use https", fatal=False))
        return problems

    def _check_list(self, source: _Source) -> list[Problem]:
        self._session.get(source.method, {**source.params, "limit": 1})
        return []

    def _check_messages(self) -> list[Problem]:
        try:
            self._session.get("chat.bsky.convo.listConvos", {"limit": 1}, messages=True)
        except (NotPermitted, Refused) as error:
            what = f"Bluesky: private messages are neither read nor sent: {error}"
            return [Problem(what=what, do=HOW_TO_LOG_IN, fatal=False)]
        return []


def _sources(settings: BlueskySettings) -> tuple[_Source, ...]:
    searches = (
        _Source(
            name=f"search {query}",
            method="app.bsky.feed.searchPosts",
            params={"q": query, "sort": "latest"},
            holds="posts",
        )
        for query in dict.fromkeys(settings.queries)
    )
    return (
        _Source(
            name=_NOTIFICATIONS,
            method="app.bsky.notification.listNotifications",
            params={"reasons": list(_REASONS)},
            holds="notifications",
        ),
        *searches,
    )


def _speaks_to_us(view: object) -> bool:
    """Whether it is a post, or a notification about one: servers may send likes all the same."""
    return mapping(view).get("reason", _REASONS[0]) in _REASONS


def _check_text(text: str, limit: TextLimit) -> None:
    if not limit.fits(text):
        raise Refused(
            f"the text has {limit.count(text)} characters as Bluesky counts them, and "
            f"{limit.maximum} are allowed",
            code="too_long",
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = "The text holds characters that cannot be sent: half an emoji, perhaps."
        raise Refused(message, code="unsendable") from error


def _uri(account: Account, rkey: str) -> str:
    return f"at://{account.did}/{COLLECTION}/{rkey}"


def _receipt(uri: str, created_at: object) -> Receipt:
    return Receipt(id=uri, url=post_url(uri), at=_moment(created_at))


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
