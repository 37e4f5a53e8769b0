"""Bluesky on loopback, as far as the connector uses it, and as atproto 0.0.73 speaks to it.

One server stands for all: the account's own server with its repository, the view of everybody's
posts, and the service of private messages. Models what bites: lists are newest first and their
cursors lead only back; search pages by counting, so that what arrives or goes shifts its pages;
what is deleted leaves every list without a word; a record put again under the same name replaces
the first, and the very same one changes nothing; a reply to what is gone is taken; 300 graphemes
and 3,000 bytes; the session's token ends. Shapes: tests/samples/bluesky. Times are the fake's own:
one second passes from one thing to the next, so nothing here depends on the clock.
"""

import base64
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import regex
from pydantic import SecretStr

from connectors.bluesky import Bluesky, BlueskySettings
from connectors.bluesky.records import tid_at
from tests.contracts.platform import Sent, Traits
from tests.servers.front import Front
from tests.servers.http import Answer, LoopbackServer, Request, json_answer

SAMPLES = Path(__file__).parent.parent / "samples" / "bluesky"
OURS = "acme.example"
PASSWORD = "abcd-efgh-ijkl-mnop"
QUERY = "acme"
POST = "app.bsky.feed.post"
_STARTED = datetime(2026, 11, 17, 7, 0, tzinfo=UTC)
_FAR_FUTURE = 4_000_000_000
_GRAPHEME = regex.compile(r"\X")
#: Source: atproto.com, "Lexicon", datetime, read 2026-11.
_DATETIME = regex.compile(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{1,20})?"
    r"(Z|[+-][0-2][0-9]:[0-5][0-9])"
)

Json = dict[str, Any]


def sample(name: str) -> Json:
    """One of the hand-made samples, as a fresh copy."""
    read: Json = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return read


_PROFILE = sample("mention")["author"]
_MENTION, _POST, _MESSAGE = sample("mention"), sample("post"), sample("message")


def did(handle: str) -> str:
    """The permanent name of whoever has this handle."""
    digest = base64.b32encode(sha256(handle.encode()).digest()).decode().lower()
    return f"did:plc:{digest[:24]}"


OUR_DID = did(OURS)


def cid(record: Json) -> str:
    """The fingerprint of a record."""
    canonical = json.dumps(record, sort_keys=True).encode()
    return "bafyrei" + base64.b32encode(sha256(canonical).digest()).decode().lower().rstrip("=")


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(kw_only=True)
class Post:
    """A record in somebody's repository."""

    rkey: str
    author: str
    record: Json
    indexed: datetime
    broken: bool = False  #: no parser can read it
    closed: bool = False  #: its author lets nobody answer

    @property
    def uri(self) -> str:
        return f"at://{did(self.author)}/{POST}/{self.rkey}"

    @property
    def parent(self) -> str:
        above: str = self.record.get("reply", {}).get("parent", {}).get("uri", "")
        return above

    @property
    def names_us(self) -> bool:
        return OUR_DID in str(self.record.get("facets", ""))


@dataclass(kw_only=True)
class Message:
    """A private message in the one conversation that we have with a customer."""

    id: str
    customer: str
    ours: bool
    text: str
    sent: datetime


@dataclass(kw_only=True)
class _Refusal:
    status: int
    body: Json = field(default_factory=dict)


class BlueskyServer(LoopbackServer):
    """The platform. Everything that a test may turn is an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: dict[str, Post] = {}
        self.messages: list[Message] = []
        self.password = PASSWORD
        self.sessions = 0
        self._given: dict[str, str] = {}  #: token -> what it is for
        self.token_lives_until = _FAR_FUTURE
        self.refresh_works = True
        self.opaque_tokens = False  #: tokens are no JSON Web Tokens
        self.limited_until: datetime | None = None
        self.may_message = True
        self.takes_messages: dict[str, str] = {}  #: handle -> allowIncoming
        self.blocked_by: set[str] = set()
        self.active: Json = {"active": True}
        self.refusals: dict[str, _Refusal] = {}  #: method -> what it answers
        self.faults_reach_lookups = False
        self.login_refusal = _Refusal(
            status=401,
            body={"error": "AuthenticationRequired", "message": "Invalid identifier or password"},
        )
        self.search_matches: Callable[[Post, str], bool] = lambda post, query: (
            query in str(post.record.get("text"))
        )
        self.did_document: Json | None = None
        self.started = _STARTED
        self.made = 0

    # --- what people do ---

    def _next(self) -> tuple[str, datetime]:
        """The name and the time of the next thing."""
        self.made += 1
        moment = self.started + timedelta(seconds=self.made)
        return tid_at(moment), moment

    def post(
        self, author: str, text: str, *, names_us: bool = False, below: Post | None = None
    ) -> Post:
        """Somebody posts."""
        with self.lock:
            rkey, moment = self._next()
            record: Json = {
                "$type": POST,
                "createdAt": _iso(moment),
                "langs": ["en"],
                "text": text,
            }
            if names_us:
                feature = {"$type": "app.bsky.richtext.facet#mention", "did": OUR_DID}
                span = {"byteStart": 0, "byteEnd": 1}
                record["facets"] = [{"index": span, "features": [feature]}]
            if below is not None:
                parent = {"uri": below.uri, "cid": cid(below.record)}
                root = below.record.get("reply", {}).get("root", parent)
                record["reply"] = {"root": root, "parent": parent}
            made = Post(rkey=rkey, author=author, record=record, indexed=moment)
            self.posts[made.uri] = made
            return made

    def write(self, customer: str, text: str, *, ours: bool = False) -> Message:
        """Somebody writes in private."""
        with self.lock:
            name, moment = self._next()
            made = Message(id=name, customer=customer, ours=ours, text=text, sent=moment)
            self.messages.append(made)
            return made

    def end_sessions(self) -> None:
        """No token that was given out is worth anything any more."""
        self._given.clear()

    # --- HTTP ---

    def _exchange(self, request: Request) -> Answer | None:
        """Logins and look-ups before a write are spared from faults that are meant for others."""
        method = request.path.rsplit("/", 1)[-1]
        spared = method in {
            "com.atproto.server.createSession",
            "app.bsky.feed.getPosts",
            "com.atproto.repo.getRecord",
            "chat.bsky.convo.getConvoForMembers",
        }
        if spared and not self.faults_reach_lookups:
            with self.lock:
                self.requests.append(request)
                return self._apply(request)
        return super()._exchange(request)

    def answer(self, request: Request) -> Answer:
        """Apply a request and say what came of it."""
        method = request.path.removeprefix("/xrpc/")
        if self.limited_until is not None:
            headers = {
                "ratelimit-limit": "3000",
                "ratelimit-remaining": "0",
                "ratelimit-reset": str(int(self.limited_until.timestamp())),
            }
            body = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
            return json_answer(body, status=429, headers=headers)
        if method in self.refusals:
            refusal = self.refusals[method]
            return json_answer(refusal.body, status=refusal.status)
        if method == "com.atproto.server.createSession":
            return self._log_in(request)
        if method == "com.atproto.server.refreshSession":
            return self._renew(request)
        if not self._bears(request, "access"):
            return _error(400, "ExpiredToken", "Token has expired")
        if method.startswith("chat.bsky."):
            return self._chat(method, request)
        if request.method == "GET":
            return self._get(method, request)
        return self._put(method, request)

    def _token(self, kind: str) -> str:
        claims = {"sub": OUR_DID, "exp": self.token_lives_until, "n": self.sessions, "kind": kind}
        parts = [{"typ": "JWT"}, claims]
        token = ".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
            for part in [*parts, "signature"]
        )
        if self.opaque_tokens:
            token = f"{kind}-{self.sessions}"
        self._given[token] = kind
        return token

    def _bears(self, request: Request, kind: str) -> bool:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self._given.get(token) == kind

    def _session(self) -> Answer:
        self.sessions += 1
        session = {
            "did": OUR_DID,
            "handle": OURS,
            "accessJwt": self._token("access"),
            "refreshJwt": self._token("refresh"),
            **self.active,
        }
        if self.did_document is not None:
            session["didDoc"] = self.did_document
        return json_answer(session)

    def _log_in(self, request: Request) -> Answer:
        given: Any = request.json()
        if (given["identifier"], given["password"]) != (OURS, self.password):
            return json_answer(self.login_refusal.body, status=self.login_refusal.status)
        return self._session()

    def _renew(self, request: Request) -> Answer:
        right = self._bears(request, "refresh")
        if not right or not self.refresh_works:
            return _error(400, "ExpiredToken", "Token has been revoked")
        self.token_lives_until = _FAR_FUTURE
        return self._session()

    def _get(self, method: str, request: Request) -> Answer:
        match method:
            case "com.atproto.server.getSession":
                return json_answer({"did": OUR_DID, "handle": OURS, **self.active})
            case "app.bsky.notification.listNotifications":
                return self._notifications(request)
            case "app.bsky.feed.searchPosts":
                return self._search(request)
            case "app.bsky.feed.getPosts":
                uris = request.every("uris")
                assert len(uris) <= 25
                found = [self._view(self.posts[uri]) for uri in uris if uri in self.posts]
                return json_answer({"posts": found})
            case "app.bsky.feed.getPostThread":
                post = self.posts.get(request.query["uri"])
                if post is None:
                    return _error(400, "NotFound", "Post not found")
                return json_answer({"thread": self._with_answers(post)})
            case "com.atproto.repo.getRecord":
                post = self.posts.get(f"at://{OUR_DID}/{POST}/{request.query['rkey']}")
                if post is None:
                    return _error(400, "RecordNotFound", "Could not locate record")
                return json_answer({"uri": post.uri, "value": post.record})
            case "com.atproto.repo.listRecords":
                return self._records(request)
            case _:
                return _error(501, "MethodNotImplemented", "Method Not Implemented")

    def _put(self, method: str, request: Request) -> Answer:
        given: Any = request.json()
        if method not in {"com.atproto.repo.putRecord", "com.atproto.repo.deleteRecord"}:
            return _error(501, "MethodNotImplemented", "Method Not Implemented")
        assert given["repo"] == OUR_DID
        uri = f"at://{OUR_DID}/{POST}/{given['rkey']}"
        if method == "com.atproto.repo.deleteRecord":
            self.posts.pop(uri, None)
            return json_answer({})
        record = given["record"]
        wrong = self._invalid(record)
        if wrong:
            return _error(400, "InvalidRequest", f"Invalid {POST} record: {wrong}")
        graphemes = len(_GRAPHEME.findall(record["text"]))
        size = len(record["text"].encode())
        for kind, most, found in (("grapheme", 300, graphemes), ("string", 3000, size)):
            if found > most:
                words = f"Invalid {POST} record: {kind} too big (maximum {most}, got {found})"
                return _error(400, "InvalidRequest", words)
        if uri not in self.posts:
            _, moment = self._next()
            self.posts[uri] = Post(rkey=given["rkey"], author=OURS, record=record, indexed=moment)
        self.posts[uri].record = record
        return json_answer({"uri": uri, "cid": cid(record), "validationStatus": "valid"})

    def _invalid(self, record: Json) -> str:
        """What the lexicon app.bsky.feed.post forbids, but for the lengths; "" where nothing is."""
        if record.get("$type") != POST:
            return "must be of its collection's type"
        if not _DATETIME.fullmatch(record.get("createdAt", "")):
            return "createdAt must be a valid atproto datetime"
        for name in ("root", "parent"):
            reference = record.get("reply", {}).get(name, {})
            there = self.posts.get(reference.get("uri", ""))
            if there is not None and reference.get("cid") != cid(there.record):
                return f"reply/{name} must be a strong reference"
        size = len(record["text"].encode())
        for facet in record.get("facets", []):
            start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
            if not 0 <= start < end <= size:
                return "facets must lie in the text, counted in bytes"
            for feature in facet["features"]:
                linked = record["text"].encode()[start:end].decode()
                if feature["$type"].endswith("#link") and linked not in feature["uri"]:
                    return "a link must lie under its own words"
        return ""

    # --- lists ---

    def _notifications(self, request: Request) -> Answer:
        ours = f"at://{OUR_DID}/"
        reasons = request.every("reasons")
        found = []
        for post in self.posts.values():
            if post.author == OURS:
                continue
            reason = "mention" if post.names_us else "reply" if post.parent.startswith(ours) else ""
            if reason in reasons:
                found.append((post, reason))
        found.sort(key=lambda each: each[0].indexed, reverse=True)
        if "cursor" in request.query:
            before = request.query["cursor"]
            found = [each for each in found if _iso(each[0].indexed) < before]
        limit = int(request.query.get("limit", "50"))
        page = found[:limit]
        body: Json = {"notifications": [self._notification(*each) for each in page]}
        if len(found) > limit:
            body["cursor"] = _iso(page[-1][0].indexed)
        return json_answer(body)

    def _search(self, request: Request) -> Answer:
        assert request.query["sort"] == "latest"
        found = [
            post
            for post in self.posts.values()
            if self.search_matches(post, request.query["q"]) or post.author == OURS
        ]
        found.sort(key=lambda post: post.indexed, reverse=True)
        start, limit = int(request.query.get("cursor", "0")), int(request.query.get("limit", "25"))
        body: Json = {"posts": [self._view(post) for post in found[start : start + limit]]}
        if start + limit < len(found):
            body["cursor"] = str(start + limit)
        return json_answer(body)

    def _records(self, request: Request) -> Answer:
        assert request.query["repo"] == OUR_DID
        ours = sorted(
            (post for post in self.posts.values() if post.author == OURS),
            key=lambda post: post.rkey,
            reverse=True,
        )
        if "cursor" in request.query:
            ours = [post for post in ours if post.rkey < request.query["cursor"]]
        limit = int(request.query.get("limit", "50"))
        page = ours[:limit]
        body: Json = {"records": [{"uri": post.uri, "value": post.record} for post in page]}
        if len(ours) > limit:
            body["cursor"] = page[-1].rkey
        return json_answer(body)

    def _profile(self, handle: str) -> Json:
        profile: Json = deepcopy(_PROFILE) | {"did": did(handle), "handle": handle}
        chat = {"allowIncoming": self.takes_messages.get(handle, "following")}
        profile["associated"] = {"chat": chat}
        profile["viewer"] = {"muted": False, "blockedBy": handle in self.blocked_by}
        return profile

    def _view(self, post: Post) -> Json:
        view: Json = deepcopy(_POST) | {
            "uri": post.uri,
            "cid": cid(post.record),
            "author": self._profile(post.author),
            "record": post.record if not post.broken else {"$type": POST},
            "indexedAt": _iso(post.indexed),
        }
        view["viewer"]["replyDisabled"] = post.closed
        return view

    def _notification(self, post: Post, reason: str) -> Json:
        view = self._view(post)
        del view["viewer"]
        return deepcopy(_MENTION) | view | {"reason": reason}

    def _with_answers(self, post: Post) -> Json:
        replies = [self._with_answers(p) for p in self.posts.values() if p.parent == post.uri]
        gone = {"$type": "app.bsky.feed.defs#notFoundPost", "uri": "at://x", "notFound": True}
        return {
            "$type": "app.bsky.feed.defs#threadViewPost",
            "post": self._view(post),
            "replies": [*replies, gone],
        }

    # --- private messages ---

    def _chat(self, method: str, request: Request) -> Answer:
        if request.headers.get("atproto-proxy") != "did:web:api.bsky.chat#bsky_chat":
            return _error(404, "XRPCNotSupported", "XRPCNotSupported")
        if not self.may_message:
            return _error(400, "InvalidToken", "Bad token method")
        if method == "chat.bsky.convo.listConvos":
            return json_answer({"convos": []})
        if method in {"chat.bsky.convo.getConvoAvailability", "chat.bsky.convo.getConvoForMembers"}:
            return self._convo(method, request.every("members"))
        if method == "chat.bsky.convo.getMessages":
            return self._listed(request)
        given: Any = request.json()
        assert method == "chat.bsky.convo.sendMessage"
        customer = given["convoId"].removeprefix("convo-")
        text = given["message"]["text"]
        if len(_GRAPHEME.findall(text)) > 1000:
            return _error(400, "InvalidRequest", "Input/message/text must not be longer")
        return json_answer(self._message(self.write(customer, text, ours=True)))

    def _convo(self, method: str, members: Sequence[str]) -> Answer:
        (member,) = members
        handle = self._handle(member)
        begun = any(message.customer == handle for message in self.messages)
        opened = begun or self.takes_messages.get(handle) == "all"
        convo = {"id": f"convo-{handle}", "members": [], "muted": False, "unreadCount": 0}
        if method.endswith("getConvoAvailability"):
            return json_answer({"canChat": opened} | ({"convo": convo} if begun else {}))
        if not opened:
            words = "recipient requires incoming messages to come from someone they follow"
            return _error(400, "InvalidRequest", words)
        return json_answer({"convo": convo})

    def _handle(self, member: str) -> str:
        people = {post.author for post in self.posts.values()}
        people |= {message.customer for message in self.messages} | set(self.takes_messages)
        return next((handle for handle in people if did(handle) == member), "nobody.example")

    def _listed(self, request: Request) -> Answer:
        customer = request.query["convoId"].removeprefix("convo-")
        start, limit = int(request.query.get("cursor", "0")), int(request.query.get("limit", "50"))
        all_of_them = [m for m in reversed(self.messages) if m.customer == customer]
        page = [self._message(m) for m in all_of_them[start : start + limit]]
        deleted = {"$type": "chat.bsky.convo.defs#deletedMessageView", "id": "x", "rev": "x"}
        body: Json = {"messages": [*page, deleted]}
        if start + limit < len(all_of_them):
            body["cursor"] = str(start + limit)
        return json_answer(body)

    def _message(self, message: Message) -> Json:
        sender = OURS if message.ours else message.customer
        return deepcopy(_MESSAGE) | {
            "id": message.id,
            "text": message.text,
            "sender": {"did": did(sender)},
            "sentAt": _iso(message.sent),
        }


def _error(status: int, name: str, message: str) -> Answer:
    return json_answer({"error": name, "message": message}, status=status)


def settings(url: str, **changes: object) -> BlueskySettings:
    """Settings that the loopback Bluesky accepts."""
    values: dict[str, object] = {
        "api_url": url,
        "handle": OURS,
        "app_password": SecretStr(PASSWORD),
        "queries": (QUERY,),
        "timeout_seconds": 5.0,
    }
    return BlueskySettings.model_validate(values | changes)


class BlueskyPlatform(Front[BlueskyServer]):
    """The loopback Bluesky as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=True,
        private_messages_have_ids=True,
        private_messages_can_be_retracted=False,
        longest_public_text=300,
    )
    author_fields = ("author",)

    def __init__(self) -> None:
        self.server = BlueskyServer()

    def connector(self, *, timeout: float = 20.0) -> Bluesky:
        return self.connector_at(self.server.url, timeout=timeout)

    @staticmethod
    def connector_at(url: str, *, timeout: float = 2.0) -> Bluesky:
        """A connector to a server of this kind that another process runs."""
        return Bluesky(settings(url, timeout_seconds=timeout))

    def set_time(self, at: datetime) -> None:
        self.server.started = at - timedelta(seconds=self.server.made)

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        return self.server.post(author, f"{text} #acme", names_us=addressed).uri

    def seed_unreadable(self) -> None:
        self.server.post("maria", "acme", names_us=True).broken = True

    def edit(self, id: str, text: str) -> None:
        self.server.posts[id].record["text"] = text

    def delete(self, id: str) -> None:
        with self.server.lock:
            del self.server.posts[id]

    def answer_publicly(self, id: str, text: str) -> str:
        above = self.server.posts[id]
        return self.server.post(above.author, text, below=above).uri

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        return self.server.write(author, text).id

    def lose_next_answer(self) -> None:
        self.server.lose_next(method="POST")

    def hang_next_answer(self) -> None:
        self.server.hang_next(method="POST")

    def fail_next(self, *, status: int) -> None:
        self.server.answer_next(_error(status, "UpstreamFailure", "no"))

    def limit_until(self, at: datetime | None) -> None:
        self.server.limited_until = at

    def expire_login(self) -> None:
        self.server.password = "another one"
        self.server.end_sessions()

    def public_replies(self) -> Sequence[Sent]:
        ours = [p for p in self.server.posts.values() if p.author == OURS and p.parent]
        return [Sent(id=p.uri, to=p.parent, text=p.record["text"]) for p in ours]

    def private_messages(self) -> Sequence[Sent]:
        ours = [m for m in self.server.messages if m.ours]
        return [Sent(id=m.id, to=m.customer, text=m.text) for m in ours]

    def writes(self) -> int:
        names = ("com.atproto.repo.putRecord", "chat.bsky.convo.sendMessage")
        return sum(len(self.server.asked("POST", f"/xrpc/{name}")) for name in names)
