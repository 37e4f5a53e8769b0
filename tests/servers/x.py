"""A loopback X, API v2, as docs.x.com of 2026-08-22 describes it.

It models what makes X hard: fields come only when asked for, lists move while they are read, page
tokens go stale, the search ends after a window, parameters that it does not know are refused and
signatures checked, a reply needs a summons, an identical text is a duplicate, a private
conversation must be opened by the other side. Wordings of 403 are those reported at the places
that connectors/twitter/errors.py names.
"""

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote, unquote

from oauthlib.oauth1 import Client as Signer
from pydantic import SecretStr

from connectors.twitter import Twitter, TwitterSettings
from tests.contracts.platform import Sent, Traits
from tests.servers.front import Front
from tests.servers.http import Answer, LoopbackServer, Request, json_answer

HANDLE = "acme"
BEARER = "app-only-bearer"
CONSUMER_KEY, CONSUMER_SECRET = "consumer-key", "consumer-secret"
ACCESS_TOKEN, ACCESS_TOKEN_SECRET = "777-access", "access-secret"
#: What the harness searches for beside the mentions.
QUERY = "acmeshop"

NOT_SUMMONED = "You can only reply to or quote posts where you are mentioned or are the author."
NOT_ENGAGED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise "
    "engaged by the author of the post you are replying to."
)
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
NO_MESSAGES = "You do not have permission to DM one or more participants."

_EPOCH_MS = 1288834974657
_PROBLEMS = "https://api.twitter.com/2/problems"
_LINK = re.compile(r"https?://\S*[\w/]")
_NAMED = re.compile(r"@(\w{1,15})")

Json = dict[str, object]


@dataclass(kw_only=True)
class User:
    """An account on X."""

    id: str
    handle: str
    takes_messages: bool = False
    has_blocked_us: bool = False

    def shown(self, fields: set[str]) -> Json:
        """As the API shows it with these fields."""
        optional: Json = {
            "public_metrics": {"followers_count": 42, "following_count": 1},
            "receives_your_dm": self.takes_messages,
        }
        return {"id": self.id, "username": self.handle, "name": self.handle.title()} | {
            name: value for name, value in optional.items() if name in fields
        }


@dataclass(kw_only=True)
class Post:
    """A post on X."""

    id: str
    author: User
    text: str
    at: datetime
    answers: str | None = None
    quotes: str | None = None
    repeats: str | None = None
    thread: str = ""
    reply_settings: str = "everyone"
    history: list[str] = field(default_factory=list)
    deleted: bool = False
    broken: bool = False
    submitted: str = ""  #: what the API was given, before X rewrote it

    def names(self, handle: str) -> bool:
        """Whether it names this account."""
        return handle.lower() in (name.lower() for name in _NAMED.findall(self.text))


@dataclass(kw_only=True)
class Message:
    """A private message."""

    id: str
    sender: User
    other: User  #: the customer, whoever wrote
    text: str
    at: datetime


class XServer(LoopbackServer):
    """X with one brand account on it.

    Attributes:
        posts: Everything that was ever posted, oldest first; deleted posts keep their place.
        messages: Every private message, oldest first.
        searchable_since: The lowest id that the search still knows.
        access_level: What the keys of the account may do.
        enterprise: Whether the plan is exempt from the summoned rule.
        limited_until: While set, every request is answered with 429.
        expired: Whether the login is worth nothing.
        out_of_credit: Whether every request is answered with 402.
    """

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, User] = {}
        self.posts: dict[str, Post] = {}
        self.messages: list[Message] = []
        self.searchable_since = 0
        self.access_level = "read-write-directmessages"
        self.enterprise = False
        self.limited_until: datetime | None = None
        self.expired = False
        self.out_of_credit = False
        self.now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
        self._generation = 0
        self._count = 0
        self.brand = self.user(HANDLE, id="777")

    # The world

    def user(self, handle: str, *, id: str | None = None) -> User:
        """The account of that name, made where there is none."""
        if handle not in self.users:
            self.users[handle] = User(id=id or str(1000 + len(self.users)), handle=handle)
        return self.users[handle]

    def post(
        self,
        author: str,
        text: str,
        *,
        answers: str | None = None,
        quotes: str | None = None,
        repeats: str | None = None,
        reply_settings: str = "everyone",
        late_by: timedelta = timedelta(),
    ) -> Post:
        """Somebody posts; `late_by` earlier than now where it was indexed late."""
        with self.lock:
            new_id = self._new_id(late_by)
            parent = self.posts.get(answers or "")
            post = Post(
                id=new_id,
                author=self.user(author),
                text=text,
                at=_moment(new_id),
                answers=answers,
                quotes=quotes,
                repeats=repeats,
                thread=parent.thread if parent else new_id,
                reply_settings=reply_settings,
                history=[new_id],
            )
            self.posts[new_id] = post
            return post

    def write(self, author: str, text: str) -> Message:
        """A customer writes to the brand in private, which opens the conversation."""
        with self.lock:
            user = self.user(author)
            user.takes_messages = True
            new_id = self._new_id()
            message = Message(id=new_id, sender=user, other=user, text=text, at=_moment(new_id))
            self.messages.append(message)
            return message

    def forget_page_tokens(self) -> None:
        """Every page token given out so far is stale."""
        self._generation += 1

    # Answering

    def answer(self, request: Request) -> Answer:
        """Apply one request."""
        refusal = self._gate(request)
        if refusal is not None:
            return refusal
        for method, pattern, needs_user, act in self._routes():
            match = re.fullmatch(pattern, request.path)
            if method == request.method and match:
                if needs_user and not _signed(request):
                    return _problem(
                        403, "Unsupported Authentication", kind="unsupported-authentication"
                    )
                unknown = _not_taken(request, act.__name__)
                if unknown is not None:
                    return _bad(unknown, request.query.get(unknown, ""))
                found = act(request, *match.groups())
                level = {"x-access-level": self.access_level} if _signed(request) else {}
                return Answer(
                    status=found.status, body=found.body, headers={**found.headers, **level}
                )
        return _problem(404, "Not Found")

    def _routes(self) -> Iterable[tuple[str, str, bool, Callable[..., Answer]]]:
        return (
            ("GET", "/2/users/me", True, self._me),
            ("GET", r"/2/users/by/username/(\w+)", False, self._by_name),
            ("GET", r"/2/users/(\d+)/mentions", False, self._mentions),
            ("GET", r"/2/users/(\d+)/tweets", False, self._timeline),
            ("GET", "/2/tweets/search/recent", False, self._search),
            ("GET", "/2/tweets", False, self._look),
            ("POST", "/2/tweets", True, self._create),
            ("DELETE", r"/2/tweets/(\d+)", True, self._delete),
            ("GET", "/2/dm_events", True, self._events),
            ("GET", r"/2/dm_conversations/with/(\d+)/dm_events", True, self._events),
            ("POST", r"/2/dm_conversations/with/(\d+)/messages", True, self._send),
        )

    def _gate(self, request: Request) -> Answer | None:
        if self.limited_until is not None:
            reset = str(int(self.limited_until.timestamp()))
            limits = {"x-rate-limit-limit": "75", "x-rate-limit-remaining": "0"}
            return _problem(
                429, "Too Many Requests", headers={**limits, "x-rate-limit-reset": reset}
            )
        if self.expired or not (_signed(request) or _bears(request)):
            return _problem(401, "Unauthorized")
        if self.out_of_credit:
            return _problem(402, "Payment Required", kind="credits")
        return None

    def _me(self, request: Request) -> Answer:
        return json_answer({"data": self.brand.shown(_asked(request, "user.fields"))})

    def _by_name(self, request: Request, handle: str) -> Answer:
        user = self.users.get(handle)
        if user is None:
            return json_answer({"errors": [{"type": f"{_PROBLEMS}/resource-not-found"}]})
        return json_answer({"data": user.shown(_asked(request, "user.fields"))})

    def _mentions(self, request: Request, user_id: str) -> Answer:
        user = self._by_id(user_id)
        named = [
            post
            for post in self._alive()
            if user and (post.names(user.handle) or post.broken) and post.author is not user
        ]
        return self._list(request, named[:800], token="pagination_token", least=5)

    def _timeline(self, request: Request, user_id: str) -> Answer:
        own = [post for post in self._alive() if post.author.id == user_id]
        return self._list(request, own[:3200], token="pagination_token", least=5)

    def _search(self, request: Request) -> Answer:
        query = request.query.get("query", "")
        if not 0 < len(query) <= 512:
            return _bad("query", query)
        for name in ("since_id", "until_id"):
            if int(request.query.get(name, self.searchable_since)) < self.searchable_since:
                return _bad(name, request.query[name])
        found = [
            post
            for post in self._alive()
            if int(post.id) >= self.searchable_since and _matches(query, post)
        ]
        return self._list(request, found, token="next_token", least=10)

    def _list(self, request: Request, posts: list[Post], *, token: str, least: int) -> Answer:
        """One page of a list that is newest first."""
        asked = request.query
        size = int(asked.get("max_results", "10"))
        if not least <= size <= 100:
            return _bad("max_results", str(size))
        since, until = asked.get("since_id", "0"), asked.get("until_id", str(2**63))
        below = int(until)
        if token in asked:
            generation, first_since, first_until, last = asked[token].split(".")
            if (generation, first_since, first_until) != (str(self._generation), since, until):
                return _bad(token, asked[token])
            below = int(last)
        rest = [post for post in posts if int(since) < int(post.id) < below]
        page = rest[:size]
        meta: Json = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if len(rest) > size:
            meta["next_token"] = f"{self._generation}.{since}.{until}.{page[-1].id}"
        return json_answer({**self._shown(page, request), "meta": meta})

    def _look(self, request: Request) -> Answer:
        ids = request.query.get("ids", "").split(",")
        if not 1 <= len(ids) <= 100:
            return _bad("ids", str(len(ids)))
        found = [post for post in self._alive() if post.id in ids]
        gone = set(ids) - {post.id for post in found}
        body = self._shown(found, request)
        if gone:
            body["errors"] = [
                {
                    "value": one,
                    "resource_id": one,
                    "resource_type": "tweet",
                    "parameter": "ids",
                    "title": "Not Found Error",
                    "type": f"{_PROBLEMS}/resource-not-found",
                }
                for one in sorted(gone)
            ]
        return json_answer(body)

    def _create(self, request: Request) -> Answer:
        if self.access_level == "read":
            return _problem(403, "Forbidden", kind="oauth1-permissions")
        body = request.json()
        assert isinstance(body, dict)
        text = body.get("text", "")
        parent_id = body.get("reply", {}).get("in_reply_to_tweet_id")
        parent = self.posts.get(parent_id or "")
        refusal = self._refusal(text, parent_id, parent)
        if refusal:
            return _problem(403, "Forbidden", detail=refusal)
        shown = html.escape(_LINK.sub("https://t.co/abcdef1234", text), quote=False)
        if parent:
            shown = f"@{parent.author.handle} {shown}"
        post = self.post(HANDLE, shown, answers=parent_id)
        post.submitted = text
        return json_answer(
            {"data": {"id": post.id, "text": shown, "edit_history_tweet_ids": post.history}},
            status=201,
        )

    def _refusal(self, text: str, parent_id: str | None, parent: Post | None) -> str | None:
        weight = sum(2 if ord(c) > 0x10FF else 1 for c in _LINK.sub("x" * 23, text))
        if weight > 280:
            return "Your Tweet text is too long."
        if parent_id and (parent is None or parent.deleted):
            return "You attempted to reply to a Tweet that is deleted or not visible to you."
        if parent and parent.author.has_blocked_us:
            return "You have been blocked from replying to this user."
        if parent and not self._let_in(parent):
            return NOT_ENGAGED
        if parent and not self.enterprise and not self._summoned(parent):
            return NOT_SUMMONED
        if any(
            post.submitted == text and (not parent or self._to(post) is parent.author)
            for post in self.posts.values()
            if post.author is self.brand
        ):
            return DUPLICATE
        return None

    def _let_in(self, post: Post) -> bool:
        return post.reply_settings != "mentionedUsers" or post.names(HANDLE)

    def _summoned(self, post: Post) -> bool:
        quoted = self.posts.get(post.quotes or "")
        return post.names(HANDLE) or (quoted is not None and quoted.author is self.brand)

    def _to(self, post: Post) -> User | None:
        parent = self.posts.get(post.answers or "")
        return parent.author if parent else None

    def _delete(self, request: Request, id: str) -> Answer:
        post = self.posts.get(id)
        if post is None or post.deleted:
            return _problem(404, "Not Found")
        if post.author is not self.brand:
            return _problem(403, "Forbidden", detail="You are not authorized to delete this Tweet.")
        post.deleted = True
        return json_answer({"data": {"deleted": True}})

    def _events(self, request: Request, other: str | None = None) -> Answer:
        if not self.access_level.endswith("directmessages"):
            return _problem(403, "Forbidden", kind="oauth1-permissions")
        asked = _asked(request, "dm_event.fields")
        start = int(request.query.get("pagination_token", "0"))
        size = int(request.query.get("max_results", "100"))
        events = [m for m in reversed(self.messages) if other in (None, m.other.id)]
        page = events[start : start + size]
        meta: Json = {"result_count": len(page)}
        if len(events) > start + size:
            meta["next_token"] = str(start + size)
        data = [
            {
                name: value
                for name, value in {
                    "id": event.id,
                    "event_type": "MessageCreate",
                    "text": html.escape(event.text, quote=False),
                    "sender_id": event.sender.id,
                    "created_at": _written(event.at),
                }.items()
                if name in asked | {"id", "event_type", "text"}
            }
            for event in page
        ]
        return json_answer({"data": data, "meta": meta} if data else {"meta": meta})

    def _send(self, request: Request, other: str) -> Answer:
        if not self.access_level.endswith("directmessages"):
            return _problem(403, "Forbidden", kind="oauth1-permissions")
        body = request.json()
        assert isinstance(body, dict)
        user = self._by_id(other)
        if user is None:
            return _problem(404, "Not Found")
        if not user.takes_messages:
            return _problem(403, "Forbidden", detail=NO_MESSAGES)
        new_id = self._new_id()
        self.messages.append(
            Message(id=new_id, sender=self.brand, other=user, text=body["text"], at=_moment(new_id))
        )
        return json_answer(
            {"data": {"dm_event_id": new_id, "dm_conversation_id": f"{other}-{self.brand.id}"}},
            status=201,
        )

    # Showing

    def _shown(self, posts: Sequence[Post], request: Request) -> Json:
        if not posts:
            return {}
        fields = _asked(request, "tweet.fields")
        expanded = _asked(request, "expansions")
        users = _asked(request, "user.fields")
        if not _signed(request):
            users -= {"receives_your_dm"}
        body: Json = {"data": [self._as_tweet(post, fields) for post in posts]}
        related = [
            parent
            for post in posts
            for one in (post.answers, post.quotes, post.repeats)
            if (parent := self.posts.get(one or "")) and not parent.deleted
        ]
        includes: Json = {}
        if "author_id" in expanded:
            authors = {post.author.id: post.author for post in posts}
            includes["users"] = [user.shown(users) for user in authors.values()]
        if "referenced_tweets.id" in expanded and related:
            includes["tweets"] = [self._as_tweet(post, fields) for post in related]
        return body | ({"includes": includes} if includes else {})

    def _as_tweet(self, post: Post, fields: set[str]) -> Json:
        if post.broken:
            return {"id": post.id, "edit_history_tweet_ids": post.history}
        kinds = (("replied_to", post.answers), ("quoted", post.quotes), ("retweeted", post.repeats))
        references = [{"type": kind, "id": one} for kind, one in kinds if one]
        named = [self.users[name] for name in _NAMED.findall(post.text) if name in self.users]
        optional: Json = {
            "author_id": post.author.id,
            "conversation_id": post.thread,
            "created_at": _written(post.at),
            "entities": {"mentions": [{"username": u.handle, "id": u.id} for u in named]},
            "lang": "en",
            "reply_settings": post.reply_settings,
        }
        if references:
            optional["referenced_tweets"] = references
        if len(post.text) > 280:
            optional["note_tweet"] = {"text": post.text}
        return {
            "id": post.id,
            "text": post.text[:280],
            "edit_history_tweet_ids": post.history,
        } | {name: value for name, value in optional.items() if name in fields}

    def _alive(self) -> list[Post]:
        alive = [post for post in self.posts.values() if not post.deleted]
        return sorted(alive, key=lambda post: int(post.id), reverse=True)

    def _by_id(self, id: str) -> User | None:
        return next((user for user in self.users.values() if user.id == id), None)

    def _new_id(self, late_by: timedelta = timedelta()) -> str:
        self._count += 1
        self.now += timedelta(seconds=1)
        milliseconds = int((self.now - late_by).timestamp() * 1000) - _EPOCH_MS
        return str(milliseconds << 22 | self._count % (1 << 22))


class XPlatform(Front[XServer]):
    """The loopback X as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=True,
        private_messages_have_ids=True,
        private_messages_can_be_retracted=False,
        longest_public_text=280,
    )
    author_fields = ("author_id",)

    def __init__(self) -> None:
        self.server = XServer()

    def connector(self, *, timeout: float = 20.0) -> Twitter:
        return Twitter(settings(self.server.url, query=QUERY, timeout_seconds=timeout))

    def set_time(self, at: datetime) -> None:
        self.server.now = at

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        return self.server.post(author, f"{text} {'@' + HANDLE if addressed else QUERY}").id

    def seed_unreadable(self) -> None:
        self.server.post("maria", "").broken = True

    def edit(self, id: str, text: str) -> None:
        post = self.server.posts[id]
        post.text = text
        post.history.append(str(int(id) + 1))

    def delete(self, id: str) -> None:
        self.server.posts[id].deleted = True

    def answer_publicly(self, id: str, text: str) -> str:
        author = self.server.posts[id].author.handle
        return self.server.post(author, text, answers=id).id

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        return self.server.write(author, text).id

    def lose_next_answer(self) -> None:
        self.server.lose_next(method="POST")

    def hang_next_answer(self) -> None:
        self.server.hang_next(method="POST")

    def fail_next(self, *, status: int) -> None:
        self.server.answer_next(_problem(status, "Something went wrong"))

    def limit_until(self, at: datetime | None) -> None:
        self.server.limited_until = at

    def expire_login(self) -> None:
        self.server.expired = True

    def public_replies(self) -> Sequence[Sent]:
        return [
            Sent(id=post.id, to=post.answers, text=post.submitted)
            for post in self.server.posts.values()
            if post.author is self.server.brand and post.answers and not post.deleted
        ]

    def private_messages(self) -> Sequence[Sent]:
        return [
            Sent(id=message.id, to=message.other.handle, text=message.text)
            for message in self.server.messages
            if message.sender is self.server.brand
        ]

    def writes(self) -> int:
        return len(self.server.asked("POST", "/2/"))


def settings(url: str, **changes: object) -> TwitterSettings:
    """Settings that the loopback X accepts."""
    values: dict[str, object] = {
        "api_url": url,
        "bearer_token": SecretStr(BEARER),
        "consumer_key": SecretStr(CONSUMER_KEY),
        "consumer_secret": SecretStr(CONSUMER_SECRET),
        "access_token": SecretStr(ACCESS_TOKEN),
        "access_token_secret": SecretStr(ACCESS_TOKEN_SECRET),
        "timeout_seconds": 10.0,
    }
    return TwitterSettings.model_validate(values | changes)


def _words(text: str) -> set[str]:
    return set(text.split())


_FIELDS = {"tweet.fields", "user.fields", "media.fields", "poll.fields", "place.fields"}
_PAGED = {"since_id", "until_id", "start_time", "end_time", "max_results", "expansions"} | _FIELDS
_DM = {"dm_event.fields", "event_types", "max_results", "pagination_token", "expansions"} | _FIELDS
#: What each operation takes in its query; X refuses everything else.
_TAKEN = {
    "_me": {"expansions"} | _FIELDS,
    "_by_name": {"expansions"} | _FIELDS,
    "_mentions": {"pagination_token"} | _PAGED,
    "_timeline": {"pagination_token", "exclude"} | _PAGED,
    "_search": {"query", "next_token", "pagination_token", "sort_order"} | _PAGED,
    "_look": {"ids", "expansions"} | _FIELDS,
    "_events": _DM,
}
#: The values of lists that are used here, out of all that X knows (openapi.json 2.167).
_VALUES = {
    "tweet.fields": _words(
        "attachments author_id context_annotations conversation_id created_at edit_controls "
        "edit_history_tweet_ids entities geo id in_reply_to_user_id lang note_tweet "
        "possibly_sensitive public_metrics referenced_tweets reply_settings source text "
        "withheld"
    ),
    "user.fields": _words(
        "connection_status created_at description entities id location name protected "
        "public_metrics receives_your_dm url username verified verified_type withheld"
    ),
    "expansions": _words(
        "author_id edit_history_tweet_ids entities.mentions.username in_reply_to_user_id "
        "referenced_tweets.id referenced_tweets.id.author_id sender_id participant_ids"
    ),
    "dm_event.fields": _words(
        "attachments created_at dm_conversation_id entities event_type id participant_ids "
        "referenced_tweets sender_id text"
    ),
    "exclude": {"replies", "retweets"},
    "event_types": {"MessageCreate", "ParticipantsJoin", "ParticipantsLeave"},
}


def _not_taken(request: Request, operation: str) -> str | None:
    """A parameter that X would refuse, by its name or its value."""
    for name in request.query:
        values = set(request.query[name].split(",")) if name in _VALUES else set()
        if name not in _TAKEN.get(operation, set()) or not values <= _VALUES.get(name, values):
            return name
    return None


def _problem(
    status: int,
    title: str,
    *,
    detail: str = "",
    kind: str = "",
    headers: dict[str, str] | None = None,
) -> Answer:
    body = {
        "title": title,
        "detail": detail or title,
        "type": f"{_PROBLEMS}/{kind}" if kind else "about:blank",
        "status": status,
    }
    return json_answer(body, status=status, headers=headers)


def _bad(parameter: str, value: str) -> Answer:
    body = {
        "errors": [{"parameters": {parameter: [value]}, "message": f"'{parameter}' is not valid"}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{_PROBLEMS}/invalid-request",
    }
    return json_answer(body, status=400)


_METHODS: dict[str, Literal["GET", "POST", "DELETE"]] = {
    "GET": "GET",
    "POST": "POST",
    "DELETE": "DELETE",
}


def _signed(request: Request) -> bool:
    """Whether it is signed with the account's keys, for the address that was asked (OAuth 1.0a)."""
    header = request.headers.get("authorization", "")
    if not header.startswith("OAuth "):
        return False
    sent = {name: unquote(value) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', header)}
    signer = Signer(
        CONSUMER_KEY,
        CONSUMER_SECRET,
        ACCESS_TOKEN,
        ACCESS_TOKEN_SECRET,
        nonce=sent["oauth_nonce"],
        timestamp=sent["oauth_timestamp"],
    )
    query = f"?{request.raw_query}" if request.raw_query else ""
    uri = f"http://{request.headers['host']}{request.path}{query}"
    wanted = signer.sign(uri, http_method=_METHODS[request.method])[1]["Authorization"]
    names = sent["oauth_consumer_key"], sent["oauth_token"]
    signature = quote(sent["oauth_signature"], safe="")
    return names == (CONSUMER_KEY, ACCESS_TOKEN) and f'oauth_signature="{signature}"' in wanted


def _bears(request: Request) -> bool:
    return request.headers.get("authorization") == f"Bearer {BEARER}"


def _asked(request: Request, name: str) -> set[str]:
    return set(request.query.get(name, "").split(",")) - {""}


def _matches(query: str, post: Post) -> bool:
    """The part of X's query language that is used here: words, from:, -from:, conversation_id:."""
    terms = query.replace("(", " ").replace(")", " ").split()
    wanted = {term.removeprefix("from:") for term in terms if term.startswith("from:")}
    unwanted = {term.removeprefix("-from:") for term in terms if term.startswith("-from:")}
    threads = {t.removeprefix("conversation_id:") for t in terms if t.startswith("conversation_id")}
    words = [term.lower() for term in terms if ":" not in term and term != "OR"]
    author = {post.author.handle, post.author.id}
    return (
        (not wanted or bool(author & wanted))
        and not author & unwanted
        and (not threads or post.thread in threads)
        and (not words or post.broken or any(word in post.text.lower() for word in words))
    )


def _moment(id: str) -> datetime:
    return datetime.fromtimestamp(((int(id) >> 22) + _EPOCH_MS) / 1000, tz=UTC)


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
