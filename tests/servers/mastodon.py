"""A Mastodon server on loopback: mastodon-mock behind our own front door.

The statuses, notifications, timelines, threads, conversations and idempotency keys are those of
mastodon-mock 0.6.1, spoken to in this process. The front door adds the weather, and what that fake
leaves out: an answer to a status that is gone is refused, the rate limit says when it ends as
Mastodon does, and the login can end. People are put straight into its database, because a thousand
posts by HTTP take a minute.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Lock
from types import TracebackType
from typing import Any, Self

import httpx
from fastapi import FastAPI
from mastodon_mock.app import create_app, dispose_app_resources
from mastodon_mock.config import DatabaseConfig, MastodonMockConfig, SeedAccount, SeedConfig
from mastodon_mock.content_format import render_status_html
from mastodon_mock.db import models
from mastodon_mock.db.base import Base, init_engine, make_session_factory
from mastodon_mock.db.seed import apply_seed_data
from mastodon_mock.ids import next_id
from mastodon_mock.pagination import paginate
from mastodon_mock.serializers.statuses import serialize_status_list
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.mastodon import Mastodon, MastodonSettings
from connectors.mastodon.statuses import without_names
from tests.contracts.platform import Sent, Traits
from tests.servers.front import Front
from tests.servers.http import Answer, LoopbackServer, Request, json_answer

OURS = "acme"
TOKEN = "a-token"
HASHTAG = "acmefail"
_STARTED = datetime(2026, 11, 17, 7, 0, tzinfo=UTC)

Json = dict[str, Any]


_ONE_AT_A_TIME = Lock()


@cache
def _app() -> FastAPI:
    """mastodon-mock without a database: each server lends it its own. Made once, for it is slow."""
    app = create_app(MastodonMockConfig(database=DatabaseConfig(path=":memory:")))
    dispose_app_resources(app)
    return app


async def _forwarded(request: Request) -> httpx.Response:
    door = httpx.ASGITransport(app=_app())
    async with httpx.AsyncClient(transport=door, base_url="http://mastodon.example") as client:
        kept = ("authorization", "content-type", "idempotency-key")
        return await client.request(
            request.method,
            f"{request.path}?{request.raw_query}",
            headers={name: value for name, value in request.headers.items() if name in kept},
            content=request.body,
        )


class MastodonServer(LoopbackServer):
    """The server. Everything that a test may turn is an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.limited_until: datetime | None = None
        self.broken: set[str] = set()  #: statuses whose author nobody can read
        self.refusals: dict[str, Answer] = {}  #: method and path -> what it answers
        self.faults_reach_lookups = False
        self.headers: dict[str, str] = {}  #: added to every answer
        self.started = _STARTED
        self.made = 0
        self._people: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._engine = init_engine(DatabaseConfig(path=":memory:"))
        Base.metadata.create_all(self._engine)
        seed = SeedConfig(accounts=[SeedAccount(username=OURS, access_token=TOKEN)])
        apply_seed_data(self._engine, seed)
        self._sessions = make_session_factory(self._engine)
        self._session: Session = self._sessions()
        self.our_id = self._session.scalars(select(models.Account.id)).one()
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._session.close()
        self._engine.dispose()

    # --- what people do ---

    def person(self, acct: str) -> int:
        """The id of an account; it is made when it is first named."""
        if acct not in self._people:
            name, _, domain = acct.partition("@")
            self._people[acct] = next_id()
            self._session.add(
                models.Account(id=self._people[acct], username=name, domain=domain or None)
            )
            self._session.flush()
        return self._people[acct]

    def post(
        self,
        author: str,
        text: str,
        *,
        names_us: bool = False,
        tag: str | None = None,
        visibility: str = "public",
        below: str | None = None,
    ) -> str:
        """Somebody posts; the status's id."""
        with self.lock:
            self.made += 1
            moment = self.started + timedelta(seconds=self.made)
            author_id, status_id = self.person(author), next_id()
            status = models.Status(
                id=status_id,
                account_id=author_id,
                text=text,
                content=render_status_html(text),
                visibility=visibility,
                created_at=moment,
                in_reply_to_id=int(below) if below else None,
                edit_history=[],
            )
            self._session.add(status)
            self._session.flush()
            if names_us:
                self._session.add_all(
                    [
                        models.StatusMention(status_id=status_id, account_id=self.our_id),
                        models.Notification(
                            account_id=self.our_id,
                            from_account_id=author_id,
                            type="mention",
                            status_id=status_id,
                            created_at=moment,
                        ),
                    ]
                )
            if tag is not None:
                self._session.add(models.StatusTag(status_id=status_id, name=tag.lower()))
            return str(status_id)

    def edit(self, status_id: str, text: str) -> None:
        """The author changes it."""
        with self.lock:
            status = self.status(status_id)
            assert status is not None
            status.text, status.content = text, render_status_html(text)
            status.edited_at = status.created_at + timedelta(minutes=5)

    def delete(self, status_id: str) -> None:
        """The author deletes it: it leaves every list, and its answers stand alone."""
        with self.lock:
            number = int(status_id)
            for model in (models.Notification, models.StatusMention, models.StatusTag):
                for row in self._session.scalars(select(model).where(model.status_id == number)):
                    self._session.delete(row)
            for answer in self._session.scalars(
                select(models.Status).where(models.Status.in_reply_to_id == number)
            ):
                answer.in_reply_to_id = None
            self._session.flush()
            self._session.delete(self.status(status_id))
            self._session.flush()

    def status(self, status_id: str) -> models.Status | None:
        """A status as it is in the database."""
        return self._session.get(models.Status, int(status_id), populate_existing=True)

    def ours(self, *, private: bool) -> list[models.Status]:
        """What our account has posted, oldest first."""
        with self.lock:
            self._session.commit()
            own = select(models.Status).where(models.Status.account_id == self.our_id)
            found = self._session.scalars(own.order_by(models.Status.id))
            return [status for status in found if (status.visibility == "direct") == private]

    def acct_of(self, status: models.Status) -> str:
        """Whom a private status of ours names."""
        named = select(models.StatusMention.account_id).where(
            models.StatusMention.status_id == status.id
        )
        (account,) = self._session.scalars(named)
        return next(acct for acct, number in self._people.items() if number == account)

    # --- HTTP ---

    def _exchange(self, request: Request) -> Answer | None:
        """The questions who we are and what is answered are spared from faults meant for others."""
        lookup = request.method == "GET" and (
            request.path.rstrip("/").endswith(("/verify_credentials", "/instance"))
            or request.path.rpartition("/")[0] == "/api/v1/statuses"
        )
        if lookup and not self.faults_reach_lookups:
            with self.lock:
                self.requests.append(request)
                return self._apply(request)
        return super()._exchange(request)

    def answer(self, request: Request) -> Answer:
        """Apply a request and say what came of it."""
        self._session.commit()
        if self.limited_until is not None:
            limit = {
                "X-RateLimit-Limit": "300",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": self.limited_until.isoformat(timespec="microseconds").replace(
                    "+00:00", "Z"
                ),
            }
            return json_answer({"error": "Too many requests"}, status=429, headers=limit)
        refusal = self.refusals.get(f"{request.method} {request.path}")
        if refusal is not None:
            return refusal
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return json_answer({"error": "The access token is invalid"}, status=401)
        if request.method == "POST" and request.path == "/api/v1/statuses":
            parent = request.form().get("in_reply_to_id")
            if parent is not None and self.status(parent) is None:
                words = "The post you are trying to reply to does not appear to exist."
                return json_answer({"error": words}, status=404)
        if request.method == "GET" and request.path == "/api/v1/notifications":
            return self._notifications(request)
        with _ONE_AT_A_TIME:
            _app().state.session_factory = self._sessions
            answer = asyncio.run(_forwarded(request))
        content = answer.content
        if self.broken and answer.headers.get("content-type", "").startswith("application/json"):
            content = json_answer(self._spoilt(answer.json())).body
        kind = {"Content-Type": answer.headers.get("content-type", "")}
        return Answer(status=answer.status_code, body=content, headers=kind | self.headers)

    def _notifications(self, request: Request) -> Answer:
        """As mastodon-mock answers, with one query for a page where it has twenty for an item."""
        notified = select(models.Notification).where(
            models.Notification.account_id == self.our_id,
            models.Notification.type.in_(request.every("types[]")),
        )
        if "account_id" in request.query:
            author = int(request.query["account_id"])
            notified = notified.where(models.Notification.from_account_id == author)
        page = paginate(
            self._session,
            notified,
            models.Notification.id,
            max_id=request.query.get("max_id"),
            since_id=request.query.get("since_id"),
            limit=int(request.query["limit"]),
        ).items
        ids = [notification.status_id for notification in page]
        found = self._session.scalars(select(models.Status).where(models.Status.id.in_(ids))).all()
        us = self._session.get_one(models.Account, self.our_id)
        shown = serialize_status_list(self._session, list(found), _app().state.config, us)
        by_id = {status["id"]: status for status in shown}
        items = [
            {
                "id": str(notification.id),
                "type": notification.type,
                "created_at": notification.created_at.replace(tzinfo=UTC).isoformat(),
                "account": by_id[str(notification.status_id)]["account"],
                "status": by_id[str(notification.status_id)],
            }
            for notification in page
        ]
        return json_answer(self._spoilt(items), headers=self.headers)

    def _spoilt(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """The same without the authors of broken statuses."""
        if isinstance(value, list):
            return [self._spoilt(one) for one in value]
        if not isinstance(value, dict):
            return value
        found = {key: self._spoilt(one) for key, one in value.items()}
        return found | {"account": None} if value.get("id") in self.broken else found


def settings(url: str, **changes: object) -> MastodonSettings:
    """Settings that the loopback server accepts."""
    values: dict[str, object] = {
        "api_url": url,
        "access_token": SecretStr(TOKEN),
        "hashtags": (HASHTAG,),
        "timeout_seconds": 5.0,
    }
    return MastodonSettings.model_validate(values | changes)


class MastodonPlatform(Front[MastodonServer]):
    """The loopback server as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=True,
        private_messages_can_be_retracted=True,
        longest_public_text=500 - len("@maria "),
        customers_write_first=False,
    )
    author_fields = ("account",)

    def __init__(self) -> None:
        self.server = MastodonServer()

    def connector(self, *, timeout: float = 20.0) -> Mastodon:
        return self.connector_at(self.server.url, timeout=timeout)

    @staticmethod
    def connector_at(url: str, *, timeout: float = 4.0) -> Mastodon:
        """A connector to a server of this kind that another process runs."""
        return Mastodon(settings(url, timeout_seconds=timeout))

    def set_time(self, at: datetime) -> None:
        self.server.started = at - timedelta(seconds=self.server.made)

    def seed(self, text: str, *, author: str = "maria", addressed: bool = True) -> str:
        if addressed:
            return self.server.post(author, f"@{OURS} {text}", names_us=True)
        return self.server.post(author, f"{text} #{HASHTAG}", tag=HASHTAG)

    def seed_unreadable(self) -> None:
        self.server.broken.add(self.server.post("maria", "?", names_us=True))

    def edit(self, id: str, text: str) -> None:
        self.server.edit(id, text)

    def delete(self, id: str) -> None:
        self.server.delete(id)

    def answer_publicly(self, id: str, text: str) -> str:
        above = self.server.status(id)
        assert above is not None
        return self.server.post(above.account.username, text, below=id)

    def answer_privately(self, text: str, *, author: str = "maria") -> str:
        return self.server.post(author, f"@{OURS} {text}", names_us=True, visibility="direct")

    def lose_next_answer(self) -> None:
        self.server.lose_next(method="POST")

    def hang_next_answer(self) -> None:
        self.server.hang_next(method="POST")

    def fail_next(self, *, status: int) -> None:
        self.server.answer_next(json_answer({"error": "no"}, status=status))

    def limit_until(self, at: datetime | None) -> None:
        self.server.limited_until = at

    def expire_login(self) -> None:
        self.server.token = "another one"

    def public_replies(self) -> Sequence[Sent]:
        return [
            Sent(id=str(s.id), to=str(s.in_reply_to_id), text=without_names(s.text))
            for s in self.server.ours(private=False)
        ]

    def private_messages(self) -> Sequence[Sent]:
        return [
            Sent(id=str(s.id), to=self.server.acct_of(s), text=without_names(s.text))
            for s in self.server.ours(private=True)
        ]

    def writes(self) -> int:
        return len(self.server.asked("POST", "/api/v1/statuses"))
