"""Meta's Graph API on loopback: a Facebook page or an Instagram account with comments and messages.

Models what bites: errors come with status 400 and a code; what is gone and what may not be seen is
the same error; the next page is a link with the token in it; one private reply to a comment, within
seven days, then only within 24 hours of an answer. Shapes: tests/samples/facebook and instagram.
"""

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from monitor.clock import now
from tests.contracts.platform import Sent
from tests.servers.front import Front
from tests.servers.http import Answer, LoopbackServer, Request, json_answer

SAMPLES = Path(__file__).parent.parent / "samples"
US = "777"
TOKEN = "page-token"

Json = dict[str, Any]


def sample(platform: str, name: str) -> Json:
    """One of the hand-made samples, as a fresh copy."""
    path = SAMPLES / platform / f"{name}.json"
    read: Json = json.loads(path.read_text(encoding="utf-8"))
    return read


@dataclass(kw_only=True)
class Words:
    """A post or a comment; times in Unix seconds."""

    id: str
    author: str
    text: str
    at: int
    post: str = ""  #: the post below which it stands; "": it is one
    parent: str = ""  #: the comment below which it stands
    broken: bool = False
    answered: bool = False  #: in private
    tagged: bool = False  #: somebody else's post that shows us


@dataclass(kw_only=True)
class Message:
    """A private message."""

    id: str
    person: str
    text: str
    at: int
    ours: bool


class GraphServer(LoopbackServer):
    """The platform. Everything that a test may turn is an attribute."""

    instagram = False

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[str, Words] = {}
        self._answers: dict[str, list[Words]] = {}
        self.messages: list[Message] = []
        self.token = TOKEN
        self.limited_until: datetime | None = None
        self.refused: dict[str, tuple[int, int]] = {}  #: end of a path -> code and subcode
        self.stale_tokens = False
        self.names_people = True
        self.faults_reach_lookups = False
        self.page_size = 1_000
        self.made = 0
        self.started = int((now() - timedelta(hours=3)).timestamp())
        self.house = self.write(US, "Our new lamp is here.").id

    # What people do

    def _next(self) -> tuple[str, int]:
        self.made += 1
        return f"{self.made:05}", self.started + self.made

    def write(self, author: str, text: str, *, tagged: bool = False) -> Words:
        """A new post."""
        with self.lock:
            number, at = self._next()
            name = f"18{number}" if self.instagram else f"{US}_{number}"
            made = Words(id=name, author=author, text=text, at=at, tagged=tagged)
            self.words[name] = made
            return made

    def comment(self, author: str, text: str, *, below: str = "", broken: bool = False) -> Words:
        """A new comment, below our own post where nothing else is said."""
        with self.lock:
            above = self.words[below or self.house]
            number, at = self._next()
            post = above.post or above.id
            made = Words(
                id=f"17{number}" if self.instagram else f"{post.partition('_')[2]}_{number}",
                author=author,
                text=text,
                at=at,
                post=post,
                # Two levels: an answer to an answer stands beside it.
                parent=(above.parent or above.id) if above.post else "",
                broken=broken,
            )
            self.words[made.id] = made
            self._answers.setdefault(made.parent, []).append(made)
            return made

    def answers(self, name: str) -> list[Words]:
        """What stands directly below a comment."""
        return [words for words in self._answers.get(name, ()) if words.id in self.words]

    def tell(self, person: str, text: str, *, ours: bool = False) -> Message:
        """A new private message."""
        with self.lock:
            number, at = self._next()
            made = Message(id=f"m_{number}", person=person, text=text, at=at, ours=ours)
            self.messages.append(made)
            return made

    def writes(self) -> int:
        """How many requests asked for something to be posted or sent."""
        ends = ("/comments", "/replies", "/messages", "/mentions")
        posted = [request for request in self.requests if request.method == "POST"]
        return sum(request.path.endswith(ends) for request in posted)

    # HTTP

    def _exchange(self, request: Request) -> Answer | None:
        path = request.path
        single = path.endswith("/conversations") or (
            path.count("/") == 2 and "fields" in request.query
        )
        batch = request.method == "POST" and path.count("/") == 2
        if (single or batch) and not self.faults_reach_lookups:
            with self.lock:
                self.requests.append(request)
                return self._apply(request)
        return super()._exchange(request)

    def answer(self, request: Request) -> Answer:
        """Apply a request and say what came of it."""
        if self.limited_until is not None:
            return self._limited()
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _error(190, 463)
        path = request.path.split("/", 2)[2].strip("/")
        for end, (code, sub) in self.refused.items():
            if path.endswith(end):
                return _error(code, sub)
        return self._route(request.method, path, request)

    def _limited(self) -> Answer:
        assert self.limited_until is not None
        minutes = max(1, round((self.limited_until - now()).total_seconds() / 60))
        usage = {US: [{"type": "pages", "estimated_time_to_regain_access": minutes}]}
        headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
        return json_answer({"error": {"code": 80001}}, status=400, headers=headers)

    def _route(self, method: str, path: str, request: Request) -> Answer:
        name, _, edge = path.partition("/")
        if name in ("", "me", US):
            if method == "POST":
                return self._post_to_us(edge, request)
            return self._get_ours(edge, request)
        if name not in self.words:
            return _error(100, 33)
        if method == "DELETE":
            del self.words[name]
            return json_answer({"success": True})
        if method == "POST":
            return self._reply(name, _body(request)["message"])
        if edge:
            return self._list(self.below(name), request, self.as_comment)
        one = self.words[name]
        return json_answer(self.as_comment(one) if one.post else self.as_bare(one))

    def _get_ours(self, edge: str, request: Request) -> Answer:
        match edge:
            case "":
                return json_answer({"id": US, "name": "Acme", "username": "acme"})
            case "feed" | "media":
                posts = [w for w in self.words.values() if not w.post and not w.tagged]
                return self._list(posts, request, self._as_post)
            case "tags":
                tagged = [w for w in self.words.values() if w.tagged]
                return self._list(tagged, request, self.as_bare)
            case "conversations":
                return self._conversations(request)
            case _:
                return Answer(status=404)

    def _post_to_us(self, edge: str, request: Request) -> Answer:
        match edge:
            case "":
                return self._batch(json.loads(request.form()["batch"]))
            case "messages":
                return self._message(_body(request))
            case _:
                body = _body(request)
                return self._reply(body["media_id"], body["message"])

    def _batch(self, asked: list[dict[str, str]]) -> Answer:
        parts = []
        for one in asked:
            name = one["relative_url"].partition("?")[0]
            request = Request(method="GET", path="", query={}, headers={})
            answer = self._route("GET", name, request)
            parts.append({"code": answer.status, "body": answer.body.decode()})
        return json_answer(parts)

    def below(self, name: str) -> list[Words]:
        """What is listed below a post or comment."""
        return [w for w in self.words.values() if name in (w.post, w.parent) and w.id != name]

    def _list(
        self, found: Sequence[Words], request: Request, show: Callable[[Words], Json]
    ) -> Answer:
        query = request.query
        if self.stale_tokens and "after" in query:
            return _error(100, 33)
        return json_answer(self._page(found, int(query["limit"]), query.get("after", ""), show))

    def _page(
        self, found: Sequence[Words], limit: int, after: str, show: Callable[[Words], Json]
    ) -> Json:
        size = min(limit, self.page_size)
        newest_first = sorted(found, key=lambda w: w.at, reverse=True)
        if after:
            last = int(base64.urlsafe_b64decode(after))
            newest_first = [w for w in newest_first if w.at < last]
        page, rest = newest_first[:size], newest_first[size:]
        listed: Json = {"data": [show(w) for w in page]}
        if page:
            cursor = base64.urlsafe_b64encode(str(page[-1].at).encode()).decode()
            listed["paging"] = {"cursors": {"before": "QQ", "after": cursor}}
            if rest:
                listed["paging"]["next"] = (
                    f"https://elsewhere.example/?after={cursor}&access_token=x"
                )
        return listed

    def _reply(self, name: str, text: str) -> Answer:
        if name not in self.words:
            return _error(100, 33)
        made = self.comment(US, text, below=name)
        return json_answer({"id": made.id})

    def _conversations(self, request: Request) -> Answer:
        person = request.query.get("user_id", "").removesuffix("-id")
        said = [m for m in self.messages if m.person == person]
        shown = [self._as_message(m) for m in sorted(said, key=lambda m: m.at, reverse=True)]
        talks = [{"id": f"t_{person}", "messages": {"data": shown}}] if shown else []
        return json_answer({"data": talks})

    def _message(self, body: Json) -> Answer:
        to, text = body["recipient"], body["message"]["text"]
        if "id" in to:
            person = to["id"].removesuffix("-id")
            theirs = [m.at for m in self.messages if m.person == person and not m.ours]
            if not theirs or now().timestamp() - max(theirs) > 86_400:
                return _error(10, 2018278)
        else:
            above = self.words.get(to.get("comment_id") or to["post_id"])
            if above is None:
                return _error(100, 33)
            if above.answered or now().timestamp() - above.at > 7 * 86_400:
                return _error(10900, None)
            above.answered, person = True, above.author
        made = self.tell(person, text, ours=True)
        return json_answer({"recipient_id": f"{person}-id", "message_id": made.id})

    # Shapes

    def _as_post(self, post: Words) -> Json:
        comments = self._page(self.below(post.id), 25, "", self.as_comment)
        return self.as_bare(post) | ({"comments": comments} if comments["data"] else {})

    def as_bare(self, post: Words) -> Json:
        """A post, or what a comment shares with it."""
        return {
            "id": post.id,
            "message": post.text,
            "from": self.person(post.author),
            "created_time": stamp(post.at),
            "permalink_url": f"https://www.facebook.com/{post.id}",
        }

    def as_comment(self, comment: Words) -> Json:
        """A comment."""
        shown = self.as_bare(comment) | {
            "can_comment": True,
            "can_reply_privately": comment.author != US and not comment.answered,
        }
        if comment.parent:
            shown["parent"] = {"id": comment.parent}
        if comment.broken:
            del shown["created_time"]
        if not self.names_people:
            del shown["from"]
        return shown

    def _as_message(self, message: Message) -> Json:
        sender = self.person(US if message.ours else message.person)
        return {
            "id": message.id,
            "created_time": stamp(message.at),
            "from": sender,
            "message": message.text,
        }

    def person(self, author: str) -> Json:
        """Somebody."""
        if author == US:
            return {"id": US, "name": "Acme", "username": "acme"}
        return {"id": f"{author}-id", "name": author, "username": author}


def _body(request: Request) -> Json:
    body = request.json()
    assert isinstance(body, dict)
    return body


def stamp(at: int) -> str:
    """A time as Meta writes it."""
    return re.sub(r"\+00:00$", "+0000", datetime.fromtimestamp(at, UTC).isoformat())


def _error(code: int, sub: int | None) -> Answer:
    error: Json = {"message": "no", "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    return json_answer({"error": error | ({"error_subcode": sub} if sub else {})}, status=400)


Graph = TypeVar("Graph", bound=GraphServer)


class GraphPlatform(Front[Graph]):
    """A loopback platform of Meta's as the connectors' contract sees it."""

    author_fields = ("from", "username")

    def set_time(self, at: datetime) -> None:
        self.server.started = int(at.timestamp()) - self.server.made

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        return self.server.comment(author, text).id

    def seed_unreadable(self) -> None:
        self.server.comment("maria", "x", broken=True)

    def edit(self, id: str, text: str) -> None:
        self.server.words[id].text = text

    def delete(self, id: str) -> None:
        with self.server.lock:
            del self.server.words[id]

    def answer_publicly(self, id: str, text: str) -> str:
        return self.server.comment(self.server.words[id].author, text, below=id).id

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        return self.server.tell(author, text).id

    def lose_next_answer(self) -> None:
        self.server.lose_next(method="POST")

    def hang_next_answer(self) -> None:
        self.server.hang_next(method="POST")

    def fail_next(self, *, status: int) -> None:
        self.server.answer_next(Answer(status=status))

    def limit_until(self, at: datetime | None) -> None:
        self.server.limited_until = at

    def expire_login(self) -> None:
        self.server.token = "another one"

    def public_replies(self) -> Sequence[Sent]:
        ours = [w for w in self.server.words.values() if w.author == US and w.post]
        return [Sent(id=w.id, to=w.parent or w.post, text=w.text) for w in ours]

    def private_messages(self) -> Sequence[Sent]:
        ours = [m for m in self.server.messages if m.ours]
        return [Sent(id=m.id, to=m.person, text=m.text) for m in ours]

    def writes(self) -> int:
        return self.server.writes()
