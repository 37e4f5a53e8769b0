"""Reddit on loopback, as far as the connector uses it, and as praw 8 speaks to it.

Models what bites: `before=` and `after=` a deleted item answer with an empty list; a listing ends
after 1,000 items; refusals come with status 200; a private message gets no id; the rate limit is
told in seconds from now. Shapes: tests/samples/reddit. Times are the fake's own: one second passes
from one thing to the next, so nothing here depends on the clock.
"""

import base64
import json
import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.reddit import Reddit, RedditSettings
from monitor.clock import now
from tests.contracts.platform import Sent, Traits
from tests.servers.front import Front
from tests.servers.http import (
    Answer,
    LoopbackServer,
    Request,
    json_answer,
)

TOKEN_PATH = "/api/v1/access_token"
SAMPLES = Path(__file__).parent.parent / "samples" / "reddit"
OURS = "acme_help"
SUBREDDIT = "acme"
_STARTED = 1_794_000_000.0

Json = dict[str, Any]


def sample(name: str) -> Json:
    """One of the hand-made samples, as a fresh copy."""
    read: Json = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return read


_COMMENT, _POST, _MENTION, _MESSAGE = map(sample, ("comment", "post", "mention", "message"))
_MORE = sample("more")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, last = divmod(number, 36)
        digits = _DIGITS[last] + digits
    return digits


@dataclass(kw_only=True)
class Thing:
    """A comment, a post or a private message."""

    name: str
    author: str
    text: str
    created: float
    parent: str | None = None
    post: str = ""  #: fullname of the post above
    title: str = ""
    dest: str = ""
    subject: str = ""
    edited: float | None = None
    names_us: bool = False
    locked: bool = False
    stub: bool = False  #: deleted, but what is left of it still shows
    broken: bool = False  #: no parser can read it
    in_profile: bool = True  #: listed among its author's comments

    @property
    def short(self) -> str:
        return self.name[3:]


class RedditServer(LoopbackServer):
    """The platform. Everything that a test may turn is an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.things: dict[str, Thing] = {}
        self.messages: list[Thing] = []
        self.login_works = True
        self.token = "token-1"
        self.scope = "*"
        self.me: Json = {"name": OURS, "is_suspended": False, "has_verified_email": True}
        self.limited_for: float | None = None
        self.left = 1000.0
        self.reset = 300
        self.unreadable: set[str] = set()  #: paths that answer 403
        self.refusals: dict[str, list[str]] = {}  #: path -> one error, as in json.errors
        self.no_messages_to: set[str] = set()
        self.shows_no_thing = False  #: as from a quarantined subreddit
        self.depth = 1000
        self.faults_reach_login = False
        self.before_listing: Callable[[], None] | None = None
        self.made = 100_000
        self.started = _STARTED
        self._house = self.post(OURS, "Ask us anything", text="We are here.")

    # --- what people do ---

    def _name(self, kind: str) -> tuple[str, float]:
        """The name and the time of the next thing."""
        self.made += 1
        return f"{kind}_{_base36(self.made)}", self.started + self.made

    def post(self, author: str, title: str, *, text: str = "") -> Thing:
        """A new post."""
        with self.lock:
            name, created = self._name("t3")
            made = Thing(
                name=name, created=created, author=author, title=title, text=text, post=name
            )
            self.things[name] = made
            return made

    def comment(
        self, author: str, text: str, *, below: str | None = None, names_us: bool = False
    ) -> Thing:
        """A new comment, below our own post where nothing else is said."""
        with self.lock:
            parent = self.things[below or self._house.name]
            name, created = self._name("t1")
            made = Thing(
                name=name,
                created=created,
                author=author,
                text=text,
                parent=parent.name,
                post=parent.post,
                names_us=names_us,
            )
            self.things[name] = made
            return made

    def write(self, author: str, dest: str, text: str, subject: str = "hello") -> Thing:
        """A new private message."""
        with self.lock:
            name, created = self._name("t4")
            made = Thing(
                name=name, created=created, author=author, dest=dest, text=text, subject=subject
            )
            self.messages.append(made)
            return made

    def vanish(self, name: str) -> None:
        """Somebody deletes it, and nothing is left."""
        with self.lock:
            del self.things[name]

    # --- HTTP ---

    def answer(self, request: Request) -> Answer:
        """Apply a request and say what came of it."""
        answer = self._answer(request)
        self.left -= 1
        quota = {
            "x-ratelimit-remaining": str(max(0.0, self.left)),
            "x-ratelimit-used": str(int(max(0.0, 1000 - self.left))),
            "x-ratelimit-reset": str(self.reset),
        }
        return Answer(status=answer.status, body=answer.body, headers=quota | dict(answer.headers))

    def _exchange(self, request: Request) -> Answer | None:
        if request.path == TOKEN_PATH and not self.faults_reach_login:
            with self.lock:
                self.requests.append(request)
                return self._apply(request)
        return super()._exchange(request)

    def _answer(self, request: Request) -> Answer:
        if self.limited_for is not None:
            wait = {"retry-after": str(math.ceil(self.limited_for))}
            return json_answer({"message": "Too Many Requests"}, status=429, headers=wait)
        if request.path == TOKEN_PATH:
            return self._login(request)
        if not self.login_works or request.headers.get("authorization") != f"bearer {self.token}":
            return _status(401)
        if request.path in self.unreadable:
            return _status(403, reason="private")
        if request.method == "GET":
            return self._get(request)
        return self._post(request)

    def _login(self, request: Request) -> Answer:
        wanted = base64.b64encode(b"client:secret").decode()
        if not self.login_works or request.headers.get("authorization") != f"Basic {wanted}":
            return _status(401)
        form = request.form()
        if (form.get("username"), form.get("password")) != (OURS, "hunter2"):
            return json_answer({"error": "invalid_grant"})
        return json_answer(
            {
                "access_token": self.token,
                "token_type": "bearer",
                "expires_in": 86_400,
                "scope": self.scope,
            }
        )

    def _get(self, request: Request) -> Answer:
        match request.path.strip("/").split("/"):
            case ["api", "v1", "me"]:
                return json_answer(self.me)
            case ["message", "mentions"]:
                mentions = [t for t in self.things.values() if t.names_us]
                return self._listing(mentions, request, _as_mention)
            case ["message", "inbox"]:
                return self._listing(self._inbox(), request, _as_inbox)
            case ["message", "sent"]:
                sent = [m for m in self.messages if m.author == OURS]
                return self._listing(sent, request, _as_message)
            case ["r", _, "comments"]:
                return self._listing(self._kind("t1"), request, self._as_item)
            case ["r", _, "new"] | ["search"]:
                return self._listing(self._kind("t3"), request, self._as_item)
            case ["user", name, "comments"]:
                theirs = [t for t in self._kind("t1") if t.author == name and t.in_profile]
                return self._listing(theirs, request, self._as_item)
            case ["api", "info"]:
                asked = request.query["id"].split(",")
                found = [self.things[name] for name in asked if name in self.things]
                return json_answer(_page([self._as_item(t) for t in found], None))
            case ["comments", post]:
                return self._conversation(post, request.query.get("comment"))
            case _:
                return _status(404)

    def _post(self, request: Request) -> Answer:
        path, form = request.path.rstrip("/"), request.form()
        if form.get("api_type") != "json":
            return _status(400)
        if path in self.refusals:
            return _refusal(*self.refusals[path])
        match path:
            case "/api/comment":
                return self._reply(form["thing_id"], form["text"])
            case "/api/compose":
                return self._compose(form["to"], form["subject"], form["text"])
            case "/api/del":
                self.things.pop(form["id"], None)
                return json_answer({})
            case _:
                return _status(404)

    def _reply(self, parent: str, text: str) -> Answer:
        if parent not in self.things:
            return _refusal("DELETED_COMMENT", "that comment has been deleted", "parent")
        if self.things[parent].locked:
            return _refusal("THREAD_LOCKED", "comments are locked", "parent")
        if len(text) > 10_000:
            return _refusal("TOO_LONG", "this is too long (max: 10000)", "text")
        made = self.comment(OURS, text, below=parent)
        things = [] if self.shows_no_thing else [self._as_item(made)]
        return json_answer({"json": {"errors": [], "data": {"things": things}}})

    def _compose(self, to: str, subject: str, text: str) -> Answer:
        if to in self.no_messages_to:
            return _refusal("NOT_WHITELISTED_BY_USER_MESSAGE", "can't message them", "to")
        self.write(OURS, to, text, subject)
        return json_answer({"json": {"errors": []}})

    # --- listings ---

    def _kind(self, kind: str) -> list[Thing]:
        return [thing for thing in self.things.values() if thing.name.startswith(kind)]

    def _inbox(self) -> list[Thing]:
        ours = {t.name for t in self.things.values() if t.author == OURS}
        comments = [
            t for t in self._kind("t1") if t.author != OURS and (t.names_us or t.parent in ours)
        ]
        return [*comments, *(m for m in self.messages if m.author != OURS)]

    def _listing(
        self, things: Sequence[Thing], request: Request, show: Callable[[Thing], Json]
    ) -> Answer:
        newest_first = sorted(things, key=lambda t: t.created, reverse=True)[: self.depth]
        names = [thing.name for thing in newest_first]
        limit = min(int(request.query.get("limit", "25")), 100)
        start = 0
        if "after" in request.query:
            anchor = request.query["after"]
            start = names.index(anchor) + 1 if anchor in names else len(names)
        if "before" in request.query:
            anchor = request.query["before"]
            newest_first = newest_first[: names.index(anchor)] if anchor in names else []
        page = newest_first[start : start + limit]
        more = start + limit < len(newest_first)
        answer = json_answer(_page([show(t) for t in page], page[-1].name if more else None))
        if self.before_listing is not None:
            self.before_listing()
        return answer

    def _conversation(self, post: str, focus: str | None) -> Answer:
        top = self.things.get(f"t3_{post}")
        if top is None:
            return _status(404)
        roots: Iterable[Thing] = (t for t in self.things.values() if t.parent == top.name)
        if f"t1_{focus}" in self.things:  # a comment that does not exist is ignored
            roots = [self.things[f"t1_{focus}"]]
        tree = [*(self._as_tree(thing) for thing in roots), deepcopy(_MORE)]
        return json_answer([_page([self._as_item(top)], None), _page(tree, None)])

    def _as_tree(self, thing: Thing) -> Json:
        item = self._as_item(thing)
        below = [self._as_tree(t) for t in self.things.values() if t.parent == thing.name]
        item["data"]["replies"] = _page(below, None) if below else ""
        return item

    def _as_item(self, thing: Thing) -> Json:
        item = deepcopy(_POST if thing.name.startswith("t3") else _COMMENT)
        path = f"/r/{SUBREDDIT}/comments/{thing.post[3:]}/a_title/"
        item["data"] |= {
            "name": thing.name,
            "id": thing.short,
            "author": "[deleted]" if thing.stub else thing.author,
            "created_utc": thing.created,
            "edited": thing.edited or False,
            "locked": thing.locked,
            "permalink": path if thing.name == thing.post else f"{path}{thing.short}/",
        }
        if thing.name == thing.post:
            item["data"] |= {"title": thing.title, "selftext": thing.text}
            return item
        title = self.things[thing.post].title if thing.post in self.things else ""
        item["data"] |= {
            "body": "[deleted]" if thing.stub else thing.text,
            "parent_id": thing.parent,
            "link_id": thing.post,
            "link_title": title,
        }
        if thing.broken:
            item["data"]["body"] = None
        return item


def _as_mention(thing: Thing) -> Json:
    item = deepcopy(_MENTION)
    item["data"] |= {
        "name": thing.name,
        "id": thing.short,
        "author": thing.author,
        "body": thing.text,
        "created_utc": thing.created,
        "parent_id": thing.parent,
        "type": "username_mention" if thing.names_us else "comment_reply",
        "context": f"/r/{SUBREDDIT}/comments/{thing.post[3:]}/a_title/{thing.short}/?context=3",
    }
    return item


def _as_message(thing: Thing) -> Json:
    item = deepcopy(_MESSAGE)
    item["data"] |= {
        "name": thing.name,
        "id": thing.short,
        "author": thing.author,
        "dest": thing.dest,
        "subject": thing.subject,
        "body": thing.text,
        "created_utc": thing.created,
    }
    return item


def _as_inbox(thing: Thing) -> Json:
    return _as_message(thing) if thing.name.startswith("t4") else _as_mention(thing)


def _page(children: list[Json], after: str | None) -> Json:
    return {"kind": "Listing", "data": {"children": children, "after": after, "before": None}}


def _status(status: int, *, reason: str | None = None) -> Answer:
    body: Json = {"message": "no", "error": status}
    return json_answer(body if reason is None else body | {"reason": reason}, status=status)


def _refusal(code: str, message: str, field: str) -> Answer:
    return json_answer({"json": {"errors": [[code, message, field]]}})


def settings(url: str, **changes: object) -> RedditSettings:
    """Settings that the loopback Reddit accepts."""
    values: dict[str, object] = {
        "api_url": url,
        "client_id": "client",
        "client_secret": SecretStr("secret"),
        "username": OURS,
        "password": SecretStr("hunter2"),
        "subreddits": (SUBREDDIT,),
        "timeout_seconds": 5.0,
    }
    return RedditSettings.model_validate(values | changes)


class RedditPlatform(Front[RedditServer]):
    """The loopback Reddit as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=False,
        private_messages_can_be_retracted=False,
        longest_public_text=10_000,
    )
    author_fields = ("author",)

    def __init__(self) -> None:
        self.server = RedditServer()

    def connector(self, *, timeout: float = 20.0) -> Reddit:
        return Reddit(settings(self.server.url, timeout_seconds=timeout))

    def set_time(self, at: datetime) -> None:
        self.server.started = at.timestamp() - self.server.made

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        return self.server.comment(author, text, names_us=addressed).name

    def seed_unreadable(self) -> None:
        self.server.comment("maria", "").broken = True

    def edit(self, id: str, text: str) -> None:
        thing = self.server.things[id]
        thing.text, thing.edited = text, thing.created + 60

    def delete(self, id: str) -> None:
        self.server.vanish(id)

    def answer_publicly(self, id: str, text: str) -> str:
        return self.server.comment(self.server.things[id].author, text, below=id).name

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        return self.server.write(author, OURS, text).name

    def lose_next_answer(self) -> None:
        self.server.lose_next(method="POST")

    def hang_next_answer(self) -> None:
        self.server.hang_next(method="POST")

    def fail_next(self, *, status: int) -> None:
        self.server.answer_next(_status(status))

    def limit_until(self, at: datetime | None) -> None:
        self.server.limited_for = None if at is None else (at - now()).total_seconds()

    def expire_login(self) -> None:
        self.server.login_works = False

    def public_replies(self) -> Sequence[Sent]:
        ours = [t for t in self.server.things.values() if t.author == OURS and t.parent]
        return [Sent(id=t.name, to=t.parent or "", text=t.text) for t in ours]

    def private_messages(self) -> Sequence[Sent]:
        ours = [m for m in self.server.messages if m.author == OURS]
        return [Sent(id=m.name, to=m.dest, text=m.text) for m in ours]

    def writes(self) -> int:
        return sum(len(self.server.asked("POST", p)) for p in ("/api/comment", "/api/compose"))
