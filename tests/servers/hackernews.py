"""Hacker News on loopback: its search and its official interface, as far as we use them.

Models what bites: the search never shows more than a thousand hits, and a deleted item stays in
the search while the official interface says that it is gone. Shapes: tests/samples/hackernews.
"""

import json
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from connectors.hackernews import HackerNews, HackerNewsSettings
from monitor.clock import now
from tests.contracts.platform import Sent, Traits
from tests.servers.front import Front
from tests.servers.http import Answer, LoopbackServer, Request, json_answer

SAMPLES = Path(__file__).parent.parent / "samples" / "hackernews"
OURS = "acme_help"
QUERY = "acme"
_MOST_HITS = 1000

Json = dict[str, Any]


def sample(name: str) -> Json:
    """One of the hand-made samples, as a fresh copy."""
    read: Json = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    del read["made_by_hand_from"]
    return read


_HIT, _TREE = sample("comment_hit"), sample("tree")
_COMPARE: dict[str, Callable[[int, int], bool]] = {"<=": operator.le, ">=": operator.ge}


@dataclass(kw_only=True)
class Item:
    """A comment; the official interface and the search may differ about it."""

    id: int
    author: str
    text: str
    created: int
    parent: int
    gone: str = ""  #: "deleted" or "dead"
    broken: bool = False


class HackerNewsServer(LoopbackServer):
    """The platform. Everything that a test may turn is an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[int, Item] = {}
        self.limited_for: float | None = None
        self.forbidden = False
        self._made = 46_100_000
        self._started = int((now() - timedelta(days=1)).timestamp())

    def set_time(self, at: datetime) -> None:
        """The next comment is written then."""
        self._started = int(at.timestamp()) - (self._made - 46_100_000)

    def comment(
        self, author: str, text: str, *, below: int = 1, created: int | None = None
    ) -> Item:
        """A new comment, a second after the one before."""
        with self.lock:
            self._made += 1
            at = self._started + self._made - 46_100_000 if created is None else created
            made = Item(id=self._made, author=author, text=text, created=at, parent=below)
            self.items[made.id] = made
            return made

    def answer(self, request: Request) -> Answer:
        """Answer a search, or show an item."""
        if self.limited_for is not None:
            return Answer(status=429, headers={"Retry-After": str(round(self.limited_for))})
        if self.forbidden:
            return Answer(status=403)
        match request.path.strip("/").split("/"):
            case ["api", "search_by_date"]:
                return self._search(request)
            case ["api", "items", number]:
                return self._tree(int(number))
            case ["items", "item", name]:
                return json_answer(self._official(int(name.removesuffix(".json"))))
            case ["items", "maxitem.json"]:
                return json_answer(self._made)
            case _:
                return Answer(status=404)

    def _search(self, request: Request) -> Answer:
        found = sorted(self.items.values(), key=lambda i: i.created, reverse=True)
        for limit in filter(None, request.query.get("numericFilters", "").split(",")):
            parts = re.fullmatch(r"created_at_i(<=|>=)([0-9]+)", limit)
            if parts is None:
                return json_answer({"message": "bad filter", "status": 400}, status=400)
            fits, bound = _COMPARE[parts[1]], int(parts[2])
            found = [item for item in found if fits(item.created, bound)]
        page, size = int(request.query.get("page", "0")), int(request.query["hitsPerPage"])
        shown = found[:_MOST_HITS][page * size : (page + 1) * size]
        hits = [_as_hit(item) for item in shown]
        return json_answer({"hits": hits, "page": page, "hitsPerPage": size, "nbHits": len(found)})

    def _tree(self, number: int) -> Answer:
        if number not in self.items:
            return json_answer({"status": 404, "error": "Not Found"}, status=404)
        return json_answer(self._as_tree(self.items[number]))

    def _as_tree(self, item: Item) -> Json:
        children = [self._as_tree(each) for each in self.items.values() if each.parent == item.id]
        hit = _as_hit(item)
        text = hit.pop("comment_text")
        return (
            _TREE
            | hit
            | {
                "id": item.id,
                "type": "comment",
                "title": None,
                "text": text,
                "children": children,
            }
        )

    def _official(self, number: int) -> Json | None:
        item = self.items.get(number)
        if item is None:
            return None
        if item.gone:
            return {"id": item.id, item.gone: True, "time": item.created, "type": "comment"}
        return {
            "by": item.author,
            "id": item.id,
            "parent": item.parent,
            "text": _html(item.text),
            "time": item.created,
            "type": "comment",
        }


def _as_hit(item: Item) -> Json:
    return _HIT | {
        "objectID": str(item.id),
        "author": None if item.broken else item.author,
        "comment_text": _html(item.text),
        "created_at_i": item.created,
        "parent_id": item.parent,
        "story_id": 1,
    }


def _html(text: str) -> str:
    return "<p>".join(escape(paragraph) for paragraph in text.split("\n\n"))


def settings(url: str, **changes: object) -> HackerNewsSettings:
    """Settings that the loopback Hacker News accepts."""
    values: dict[str, object] = {
        "api_url": f"{url}/api",
        "items_url": f"{url}/items",
        "queries": (QUERY,),
        "account": OURS,
        "timeout_seconds": 5.0,
    }
    return HackerNewsSettings.model_validate(values | changes)


class HackerNewsPlatform(Front[HackerNewsServer]):
    """The loopback Hacker News as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=False,
        private_messages_can_be_retracted=False,
        longest_public_text=0,
        public_replies=False,
        private_messages=False,
        reads_back=False,
        tells_who_is_addressed=False,
    )
    author_fields = ("author",)

    def __init__(self) -> None:
        self.server = HackerNewsServer()

    def connector(self, *, timeout: float = 20.0) -> HackerNews:
        return HackerNews(settings(self.server.url, timeout_seconds=timeout))

    def set_time(self, at: datetime) -> None:
        self.server.set_time(at)

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        return str(self.server.comment(author, text).id)

    def seed_unreadable(self) -> None:
        self.server.comment("maria", "?").broken = True

    def edit(self, id: str, text: str) -> None:
        self.server.items[int(id)].text = text

    def delete(self, id: str) -> None:
        self.server.items[int(id)].gone = "deleted"

    def answer_publicly(self, id: str, text: str) -> str:
        item = self.server.items[int(id)]
        return str(self.server.comment(item.author, text, below=item.id).id)

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        raise NotImplementedError("there are no private messages")

    def lose_next_answer(self) -> None:
        self.server.lose_next()

    def hang_next_answer(self) -> None:
        self.server.hang_next()

    def fail_next(self, *, status: int) -> None:
        self.server.answer_next(Answer(status=status))

    def limit_until(self, at: datetime | None) -> None:
        self.server.limited_for = None if at is None else (at - now()).total_seconds()

    def expire_login(self) -> None:
        self.server.forbidden = True

    def public_replies(self) -> Sequence[Sent]:
        return []

    def private_messages(self) -> Sequence[Sent]:
        return []

    def writes(self) -> int:
        return sum(request.method != "GET" for request in self.server.requests)
