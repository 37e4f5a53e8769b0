"""The methods that the connectors to Meta's platforms share; each adds its fields and parsing."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

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
)
from connectors.errors import (
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.graph import rules, talk, walk
from connectors.graph.rules import PRIVATE_REPLY, WINDOW, Rules
from connectors.graph.walk import Listing, Place, Step
from connectors.graph.wire import Gone, Session, StalePage, token_of
from connectors.payload import Json, iso_time, mapping, objects, optional
from connectors.texts import clean, same
from connectors.web import is_plain

log = logging.getLogger(__name__)

#: Comments of one page, below a post and on their own.
_COMMENTS_SHOWN, _COMMENTS = 25, 100
#: Posts of one page.
_POSTS = 25
#: What was said below a comment is read over this many pages.
_MOST_PAGES = 10
#: Our replies are looked for from this long before the comment that they answer.
_SKEW = timedelta(minutes=5)
_STRANGER = Contact()
_BETA = "beta: made from its documentation, not verified against the real service"


class GraphSite(ABC):
    """One page or account, and the comments below what it posts."""

    platform: str
    #: How soon a reply can be read back is not known.
    reliable_reads = False
    _api_url: str
    _id: str  #: of the page or account
    _session: Session
    _most_posts: int  #: so many posts are watched
    _private: bool  #: private messages are wanted
    _how: str  #: what a person does about a login that fails
    _posts: str  #: the list of posts
    _post_fields: str
    _comment_fields: str
    _time_field: str
    _replies: str  #: the list below a comment
    _order: Mapping[str, str]  #: what makes a list of comments newest first, whatever their level
    _mailbox: str  #: what the Conversations API calls the platform

    @property
    @abstractmethod
    def account(self) -> str:
        """Our account, as a person would type it."""

    @property
    @abstractmethod
    def _rules(self) -> Rules:
        """What is allowed."""

    def _post(self, payload: Json) -> Mention | None:
        """What a customer says in an item of the list of posts; None where it is ours.

        Raises:
            BadPayload: it cannot be read.
        """
        del payload
        return None

    @abstractmethod
    def _comment(self, payload: Json, post: Json) -> Mention | None:
        """A comment, or None where it has no words. `post` may be empty.

        Raises:
            BadPayload: it cannot be read.
        """

    def _elsewhere(self) -> tuple[list[Mention], list[BadPayload]]:
        """What customers say in other lists; read once in a round."""
        return [], []

    def _text_field(self, mention: Mention) -> str:
        """Where the text of this comment or post stands."""
        del mention
        return "message"

    def _target(self, mention: Mention) -> str:
        """What a reply to this comment is posted below."""
        return mention.id

    def _by_hand(self, mention: Mention) -> str:
        """Why only a person may answer it in public; "": we may."""
        del mention
        return ""

    def _addressee(self, mention: Mention) -> Mapping[str, str] | None:
        """Whom a private reply to this post goes to; None: there can be none."""
        return {"comment_id": mention.id}

    # Reading

    def poll(self, cursor: str | None) -> Batch:
        """The next page of posts with their newest comments, or of further comments.

        Raises:
            TryLater: Meta cannot answer now.
            SetupError: the login, a permission or the stored cursor needs a person.
        """
        name = self._rules.name
        place = walk.load(cursor, platform=name)
        try:
            step, found, bad = self._further(place) if place.threads else self._top(place)
        except StalePage:
            log.warning("%s: a page token is no longer taken; beginning the round anew", name)
            return Batch(cursor=walk.dump(place.at_the_top()))
        if step.cut_off:
            log.warning(
                "%s: more than %d new comments, some were missed; poll more often",
                name,
                walk.LONGEST_ROUND,
            )
        fresh = tuple(error for error in bad if error.item not in place.told)
        after = step.place.telling([error.item for error in fresh])
        return Batch(
            mentions=tuple(one for one in found if not one.ours and not place.met(one.created_at)),
            bad=fresh,
            cursor=walk.dump(after),
            more=not step.done,
        )

    def cursor_at(self, moment: datetime) -> str:
        """Where the comments since that moment are read from; pure."""
        return walk.dump(walk.at(moment))

    def _top(self, place: Place) -> tuple[Step, list[Mention], list[BadPayload]]:
        given: dict[str, str | int] = {"fields": self._expanded(), "limit": _POSTS}
        if place.posts:
            given["after"] = place.posts
        listed = self._session.get("reading the posts", self._posts, **given)
        posts = _items(listed, self._rules.name)
        found, bad = self._read([(one, None) for one in posts])
        if not place.under_way:
            elsewhere, unread = self._elsewhere()
            found, bad = [*found, *elsewhere], [*bad, *unread]
        listings: list[Listing] = []
        for post in posts:
            below = mapping(post.get("comments"))
            comments, unread = self._read([(one, post) for one in _flat(below)])
            found, bad = [*found, *comments], [*bad, *unread]
            listings.append(self._listing(optional(post, "id") or "", below))
        step = walk.after_posts(place, listings, token_of(listed), most=self._most_posts)
        return step, found, bad

    def _further(self, place: Place) -> tuple[Step, list[Mention], list[BadPayload]]:
        post, token = place.threads[0]
        given: dict[str, str | int] = {
            "fields": self._comment_fields,
            "limit": _COMMENTS,
            "after": token,
            **self._order,
        }
        try:
            listed = self._session.get("reading the comments", f"{post}/comments", **given)
        except StalePage:
            log.warning("%s: the comments of a post cannot be read on", self._rules.name)
            return walk.without_thread(place), [], []
        _items(listed, self._rules.name)
        found, bad = self._read([(one, {}) for one in _flat(listed)])
        return walk.after_comments(place, self._listing(post, listed)), found, bad

    def _listing(self, post: str, listed: Json) -> Listing:
        times = tuple(_time(one, self._time_field) for one in objects(listed.get("data")))
        return Listing(post=post, times=times, token=token_of(listed) if post else "")

    def _read(
        self, items: Sequence[tuple[Json, Json | None]]
    ) -> tuple[list[Mention], list[BadPayload]]:
        """Comments below posts, or posts where there is none above."""
        found: list[Mention] = []
        bad: list[BadPayload] = []
        for item, post in items:
            mention, error = self._tried(item, post)
            if mention is not None:
                found.append(mention)
            if error is not None:
                bad.append(error)
        return found, bad

    def _tried(self, item: Json, post: Json | None) -> tuple[Mention | None, BadPayload | None]:
        try:
            return (self._post(item) if post is None else self._comment(item, post)), None
        except BadPayload as error:
            return None, error

    def _expanded(self) -> str:
        order = "".join(f".{name}({value})" for name, value in self._order.items())
        comments = f"comments{order}.limit({_COMMENTS_SHOWN}){{{self._comment_fields}}}"
        return f"{self._post_fields},{comments}"

    def look(self, mentions: Sequence[Mention]) -> Mapping[str, Life]:
        """Ask for the posts by id, fifty at once; see Connector.look.

        Private messages cannot be asked for and count as alive. Meta says the same of what is gone
        and of what we may not see (any more); so where nothing at all is there, the permission is
        tried before it is believed.
        """
        lives = {m.id: Life.ALIVE if m.private else Life.GONE for m in mentions}
        public = {m.id: m for m in mentions if not m.private}
        fields = {m.id: self._text_field(m) for m in public.values()}
        for name, given in self._session.get_each("looking at posts", fields):
            text = clean(optional(given, fields[name]) or "")
            lives[name] = Life.ALIVE if same(text, public[name].text) else Life.EDITED
        if public and all(lives[name] is Life.GONE for name in public):
            self._session.get("reading the posts", self._posts, fields="id", limit=1)
        return lives

    def conversation(self, mention: Mention) -> Sequence[Mention]:
        """What the author and we wrote below since, and our messages; see the protocol."""
        turns: list[Mention] = []
        if not mention.private:
            for turn in self._below(mention.thread or mention.id):
                theirs = turn.author.id == mention.author.id and turn.id != mention.id
                if (turn.ours or theirs) and turn.created_at >= mention.created_at:
                    turns.append(turn)
        if self._private:
            since = mention.created_at - PRIVATE_HISTORY
            said = self._messages(mention.author)
            turns += [turn for turn in said if turn.created_at >= since]
        return sorted(turns, key=lambda turn: turn.created_at)

    def _below(self, name: str) -> Iterator[Mention]:
        """Everything that can be read below a comment or post."""
        given: dict[str, str | int] = {
            "fields": self._comment_fields,
            "limit": _COMMENTS,
            **self._order,
        }
        for _ in range(_MOST_PAGES):
            try:
                path = f"{name}/{self._replies}"
                listed = self._session.get("reading the replies", path, **given)
            except Gone:
                return
            _items(listed, self._rules.name)
            yield from self._read([(one, {}) for one in _flat(listed)])[0]
            token = token_of(listed)
            if not token or token == given.get("after"):
                return
            given["after"] = token

    def _messages(self, author: Author) -> list[Mention]:
        if not talk.is_known(author):
            return []
        listed = self._session.get(
            "reading the private messages",
            f"{self._id}/conversations",
            platform=self._mailbox,
            user_id=author.id,
            fields=talk.FIELDS,
        )
        us = Author(id=self._id, handle=self.account)
        return list(talk.messages(listed, platform=self.platform, author=author, ours=us))

    # Writing

    def ability(self, mention: Mention, contact: Contact = _STRANGER) -> Ability:
        """Meta's rules for this comment; see Connector.ability."""
        told = rules.ability(mention, contact, self._rules, by_hand=self._by_hand(mention))
        if self._private:
            return told
        reason = "Private messages are switched off in the settings."
        return replace(told, private=replace(told.private, route=Route.NONE, reason=reason))

    def reply(self, mention: Mention, text: str, key: str) -> Receipt:
        """Answer below the comment; Meta has no use for `key`. See Connector.reply."""
        del key
        self._check_length(text, private=False)
        refusal = self._by_hand(mention)
        if refusal:
            raise Refused(refusal, code="by_hand")
        path, body = self._writing(mention, text)
        name = optional(self._session.post("posting a reply", path, body), "id")
        if name is None:
            raise OutcomeUnknown(f"{self._rules.name} answered without the id of the reply.")
        return Receipt(id=name, url=mention.url, at=self._session.now)

    def _writing(self, mention: Mention, text: str) -> tuple[str, Mapping[str, object]]:
        """Where a reply is posted, and what."""
        return f"{self._target(mention)}/{self._replies}", {"message": text}

    def find_own_reply(self, mention: Mention, text: str) -> Receipt | None:
        """Read what stands below the comment; see Connector.find_own_reply."""
        since = mention.created_at - _SKEW
        for turn in self._below(self._target(mention)):
            if turn.ours and turn.created_at >= since and same(turn.text, text):
                return Receipt(id=turn.id, url=turn.url or mention.url, at=turn.created_at)
        return None

    def message(self, author: Author, text: str, key: str) -> Receipt:
        """Write in private: as an answer within a day, else once to a comment of the last week.

        Meta has no use for `key`. See Connector.message.

        Raises:
            Refused: neither is allowed.
        """
        del key
        self._check_length(text, private=True)
        if not self._private:
            raise Unsupported("Private messages are switched off in the settings.")
        body = {
            "recipient": self._recipient(author),
            "message": {"text": text},
            "messaging_type": "RESPONSE",
        }
        answer = self._session.post("sending a message", f"{self._id}/messages", body)
        name = optional(answer, "message_id")
        if name is None:
            raise OutcomeUnknown(f"{self._rules.name} answered without the id of the message.")
        return Receipt(id=name, at=self._session.now, private=True)

    def _recipient(self, author: Author) -> Mapping[str, str]:
        theirs = [turn.created_at for turn in self._messages(author) if not turn.ours]
        now = self._session.now
        if theirs and (now is None or now - max(theirs) <= WINDOW):
            return {"id": author.id}
        for mention in self._recent():
            to = self._addressee(mention)
            mine = mention.author.id == author.id
            if mine and mention.author.open_to_messages is not False and to is not None:
                return to
        name = self._rules.name
        message = f"{name} takes no message to this person: no comment of the last week is open."
        raise Refused(message, code="closed")

    def _recent(self) -> Iterator[Mention]:
        """Comments of the last seven days, as a poll meets them."""
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            batch = self.poll(cursor)
            now = self._session.now
            for mention in batch.mentions:
                if now is None or now - mention.created_at <= PRIVATE_REPLY:
                    yield mention
            cursor = batch.cursor
            if not batch.more:
                return

    def _check_length(self, text: str, *, private: bool) -> None:
        limit = self._rules.private if private else self._rules.public
        if not limit.fits(text):
            message = (
                f"The text has {limit.count(text)} {limit.unit}; {self._rules.name} takes "
                f"{limit.maximum}."
            )
            raise Refused(message, code="too_long")

    def retract(self, receipt: Receipt) -> None:
        """Delete our reply; see Connector.retract."""
        if receipt.private or not receipt.id:
            raise Unsupported(f"{self._rules.name} has no way to take a private message back.")
        self._session.delete(receipt.id)

    # Setting up

    def check(self) -> Sequence[Problem]:
        """Log in and try each permission by a small read; see Connector.check."""
        name = self._rules.name
        problems = [Problem(what=f"{name}: {_BETA}", fatal=False)]
        if is_plain(self._api_url):
            what = f"{name}: api_url is http: the access token travels unencrypted"
            problems.append(Problem(what=what, do="use https", fatal=False))
        try:
            self._log_in()
            self._session.get("reading the posts", self._posts, fields=self._expanded(), limit=1)
        except TryLater as error:
            return [*problems, Problem(what=f"{name} could not be checked: {error}", fatal=False)]
        except ConnectorError as error:
            return [*problems, Problem(what=f"{name}: {error}", do=self._how)]
        if self._private:
            problems += self._check_messages()
        return problems

    @abstractmethod
    def _log_in(self) -> None:
        """Ask who we are.

        Raises:
            SetupError: not who the settings say.
        """

    def _check_messages(self) -> list[Problem]:
        path = f"{self._id}/conversations"
        doing = "reading the private messages"
        try:
            self._session.get(doing, path, platform=self._mailbox, limit=1)
        except (SetupError, Refused) as error:
            what = f"{self._rules.name}: private messages are neither read nor sent: {error}"
            do = f"{self._how}; or set private_messages = false"
            return [Problem(what=what, do=do, fatal=False)]
        except TryLater as error:
            what = f"{self._rules.name} could not be checked: {error}"
            return [Problem(what=what, fatal=False)]
        return []


def _items(listed: Json, name: str) -> list[Json]:
    """What a list holds.

    Raises:
        TryLater: it is none.
    """
    if not isinstance(listed.get("data"), list):
        raise TryLater(f"{name} answered with something that is no list.")
    return list(objects(listed["data"]))


def _time(item: Json, field: str) -> datetime | None:
    try:
        return iso_time(item, field)
    except BadPayload:
        return None


def _flat(listed: Json) -> Iterator[Json]:
    """Comments, and those that stand within them."""
    for one in objects(listed.get("data")):
        yield one
        for reply in objects(mapping(one.get("replies")).get("data")):
            parent = {"parent_id": one.get("id")} if "parent_id" not in reply else {}
            yield {**reply, **parent}
