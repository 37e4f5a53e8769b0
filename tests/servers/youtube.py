"""YouTube's comments on loopback, as far as the connector uses them.

Models what bites: refusals are words in errors[0].reason, also with status 403 for what will pass;
a page's token may be forgotten; a thread is listed by when it was begun, whatever is said in it
later; what was deleted is left out in silence. Shapes: tests/samples/youtube. Times are the
fake's own, a second from one comment to the next.
"""

import base64
import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.youtube import YouTube, YouTubeSettings
from connectors.youtube.login import SCOPE
from monitor.clock import now
from tests.contracts.platform import Sent, Traits
from tests.servers.front import Front
from tests.servers.http import Answer, LoopbackServer, Request, json_answer

SAMPLES = Path(__file__).parent.parent / "samples" / "youtube"
CHANNEL = "UCacme0000000000000000aa"
API, TOKEN = "/youtube/v3", "/token"

Json = dict[str, Any]


def sample(name: str) -> Json:
    """One of the hand-made samples, as a fresh copy."""
    read: Json = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    del read["made_by_hand_from"]
    return read


_THREAD = sample("thread")
_COMMENT: Json = _THREAD["snippet"]["topLevelComment"]


@dataclass(kw_only=True)
class Comment:
    """A comment: the beginning of a thread, or a reply in one."""

    id: str
    author: str
    text: str
    at: datetime
    parent: str | None = None
    broken: bool = False


def refusal(status: int, reason: str) -> Answer:
    """How YouTube says no."""
    body = sample("error")
    body["error"]["code"] = status
    body["error"]["errors"][0]["reason"] = reason
    return json_answer(body, status=status)


class YouTubeServer(LoopbackServer):
    """The platform. Everything that a test may turn is an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.comments: dict[str, Comment] = {}
        self._replies: dict[str | None, list[Comment]] = {}
        self.token = "token-1"
        self.key = "key-1"
        self.login_works = True
        self.scope = SCOPE
        self.mine: Json = {"id": CHANNEL, "snippet": {"customUrl": "@acme"}}
        self.limited_for: float | None = None
        self.forgets_pages = False
        self.can_reply = True
        self.page = 100
        self._made = 0
        self._started = now().replace(microsecond=0) - timedelta(days=1)

    def set_time(self, at: datetime) -> None:
        """The next comment is written then."""
        self._started = at.replace(microsecond=0) - timedelta(seconds=self._made)

    def comment(self, author: str, text: str, *, below: str | None = None) -> Comment:
        """A new comment."""
        with self.lock:
            self._made += 1
            name = f"Ugx{self._made:09d}" if below is None else f"{below}.{self._made}"
            at = self._started + timedelta(seconds=self._made)
            made = Comment(id=name, author=author, text=text, at=at, parent=below)
            self.comments[name] = made
            self._replies.setdefault(below, []).append(made)
            return made

    def _below(self, name: str) -> list[Comment]:
        return [reply for reply in self._replies.get(name, ()) if reply.id in self.comments]

    def answer(self, request: Request) -> Answer:
        """Apply a request and say what came of it."""
        if request.path == TOKEN:
            return self._login(request)
        if self.limited_for is not None:
            return Answer(status=429, headers={"Retry-After": str(round(self.limited_for))})
        given = request.headers.get("authorization"), request.headers.get("x-goog-api-key")
        if not self.login_works or given not in (
            (f"Bearer {self.token}", None),
            (None, self.key),
        ):
            return refusal(401, "authError")
        match request.method, request.path.removeprefix(API):
            case "GET", "/commentThreads":
                return self._threads(request)
            case "GET", "/comments":
                return self._list(request)
            case "GET", "/channels":
                return json_answer({"items": [self.mine] if self.mine else []})
            case "POST", "/comments":
                return self._insert(mapping_of(mapping_of(request.json())["snippet"]))
            case "DELETE", "/comments":
                found = self.comments.pop(request.query["id"], None)
                return refusal(404, "commentNotFound") if found is None else Answer(status=204)
            case _:
                return Answer(status=404)

    def _login(self, request: Request) -> Answer:
        form = request.form()
        known = (form["client_id"], form["client_secret"], form["refresh_token"])
        if not self.login_works or known != ("client", "secret", "refresh"):
            return json_answer({"error": "invalid_grant"}, status=400)
        token = {"access_token": self.token, "expires_in": 3599, "token_type": "Bearer"}
        return json_answer(token | ({"scope": self.scope} if self.scope else {}))

    def _threads(self, request: Request) -> Answer:
        size = min(int(request.query["maxResults"]), self.page)
        begun = [c for c in self.comments.values() if c.parent is None]
        newest_first = sorted(begun, key=lambda c: c.at, reverse=True)
        if "pageToken" in request.query:
            if self.forgets_pages:
                return refusal(400, "invalidPageToken")
            before = datetime.fromisoformat(
                base64.urlsafe_b64decode(request.query["pageToken"]).decode()
            )
            newest_first = [c for c in newest_first if c.at < before]
        shown = newest_first[:size]
        answer: Json = {"items": [self._as_thread(c) for c in shown]}
        if len(newest_first) > size:
            mark = shown[-1].at.isoformat().encode()
            answer["nextPageToken"] = base64.urlsafe_b64encode(mark).decode()
        return json_answer(answer)

    def _list(self, request: Request) -> Answer:
        if "id" in request.query:
            asked = request.query["id"].split(",")
            found = [self.comments[name] for name in asked if name in self.comments]
            return json_answer({"items": [_as_comment(c) for c in found]})
        parent = request.query["parentId"]
        if parent not in self.comments:
            return refusal(404, "commentNotFound")
        replies = self._below(parent)
        start, size = int(request.query.get("pageToken", "0")), int(request.query["maxResults"])
        size = min(size, self.page)
        answer: Json = {"items": [_as_comment(c) for c in replies[start : start + size]]}
        if len(replies) > start + size:
            answer["nextPageToken"] = str(start + size)
        return json_answer(answer)

    def _insert(self, snippet: Json) -> Answer:
        if snippet["parentId"] not in self.comments:
            return refusal(404, "parentCommentNotFound")
        if not self.can_reply:
            return refusal(400, "operationNotSupported")
        if len(snippet["textOriginal"]) > 10_000:
            return refusal(400, "commentTextTooLong")
        made = self.comment("acme", snippet["textOriginal"], below=snippet["parentId"])
        return json_answer(_as_comment(made))

    def _as_thread(self, comment: Comment) -> Json:
        thread = deepcopy(_THREAD)
        thread["id"] = comment.id
        thread["snippet"]["topLevelComment"] = _as_comment(comment)
        thread["snippet"]["canReply"] = self.can_reply
        replies = [_as_comment(c) for c in self._below(comment.id)[:5]]
        del thread["replies"]
        if replies:  # else YouTube leaves them out
            thread["replies"] = {"comments": replies}
        return thread


def mapping_of(value: object) -> Json:
    """The object that a request's body must be."""
    assert isinstance(value, dict)
    return dict(value)


def channel_of(author: str) -> str:
    """The id of somebody's channel."""
    return f"UC{author}{'0' * (20 - len(author))}aa"


def _as_comment(comment: Comment) -> Json:
    item = deepcopy(_COMMENT)
    item["id"] = comment.id
    item["snippet"] |= {
        "textDisplay": comment.text,
        "textOriginal": comment.text,
        "authorDisplayName": f"@{comment.author}",
        "authorChannelId": {"value": channel_of(comment.author)},
        "publishedAt": comment.at.isoformat().replace("+00:00", "Z"),
        "updatedAt": comment.at.isoformat().replace("+00:00", "Z"),
    }
    if comment.parent is not None:
        item["snippet"]["parentId"] = comment.parent
    if comment.broken:
        del item["snippet"]["textDisplay"], item["snippet"]["textOriginal"]
    return item


def settings(url: str, **changes: object) -> YouTubeSettings:
    """Settings that the loopback YouTube accepts."""
    values: dict[str, object] = {
        "api_url": url + API,
        "token_url": url + TOKEN,
        "channel_id": CHANNEL,
        "client_id": "client",
        "client_secret": SecretStr("secret"),
        "refresh_token": SecretStr("refresh"),
        "timeout_seconds": 5.0,
    }
    return YouTubeSettings.model_validate(values | changes)


class YouTubePlatform(Front[YouTubeServer]):
    """The loopback YouTube as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=False,
        private_messages_can_be_retracted=False,
        longest_public_text=10_000,
        private_messages=False,
        tells_who_is_addressed=False,
    )
    api = API
    author_fields = ("authorChannelId", "authorDisplayName")

    def __init__(self) -> None:
        self.server = YouTubeServer()

    def connector(self, *, timeout: float = 20.0) -> YouTube:
        return YouTube(settings(self.server.url, timeout_seconds=timeout))

    def set_time(self, at: datetime) -> None:
        self.server.set_time(at)

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        return self.server.comment(author, text).id

    def seed_unreadable(self) -> None:
        self.server.comment("maria", "").broken = True

    def edit(self, id: str, text: str) -> None:
        self.server.comments[id].text = text

    def delete(self, id: str) -> None:
        del self.server.comments[id]

    def answer_publicly(self, id: str, text: str) -> str:
        return self.server.comment(self.server.comments[id].author, text, below=id).id

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        raise NotImplementedError("there are no private messages")

    def lose_next_answer(self) -> None:
        self.server.lose_next(method="POST", path=API)

    def hang_next_answer(self) -> None:
        self.server.hang_next(method="POST", path=API)

    def fail_next(self, *, status: int) -> None:
        self.server.answer_next(Answer(status=status), path=API)

    def limit_until(self, at: datetime | None) -> None:
        self.server.limited_for = None if at is None else (at - now()).total_seconds()

    def expire_login(self) -> None:
        self.server.login_works = False

    def public_replies(self) -> Sequence[Sent]:
        ours = [c for c in self.server.comments.values() if c.author == "acme"]
        return [Sent(id=c.id, to=c.parent or "", text=c.text) for c in ours]

    def private_messages(self) -> Sequence[Sent]:
        return []

    def writes(self) -> int:
        return len(self.server.asked("POST", API))
