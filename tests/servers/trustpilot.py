"""Trustpilot on loopback: its login, its private reviews, its answers.

Models what bites: times without an offset, numbers as text, pages by number that shift, an answer
without an id, a write that is answered without a word. Shapes: tests/samples/trustpilot.
"""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from connectors.trustpilot import Trustpilot, TrustpilotSettings
from connectors.trustpilot.posts import answer_id
from tests.contracts.platform import Sent, Traits
from tests.servers.http import Answer, Request, json_answer
from tests.servers.review_site import Json, ReviewPlatform, ReviewServer, Stored, bearer

SAMPLES = Path(__file__).parent.parent / "samples" / "trustpilot"
LOGIN = "/v1/oauth/oauth-business-users-for-applications/accesstoken"
UNIT = "507f191e810c19729de860ea"
USER = "507f191e810c19729de860eb"
LIST = f"/v1/private/business-units/{UNIT}/reviews"
ONE = "/v1/private/reviews/"
LONGEST = 5_000


def sample(name: str) -> Json:
    """One of the hand-made samples, as a fresh copy."""
    read: Json = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return read


class TrustpilotServer(ReviewServer):
    """The site."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = 1
        self.lives: object = "359999"
        self.logins: list[dict[str, str]] = []
        self.forbidden = False

    def name_of(self, number: int) -> str:
        return f"{number:024x}"

    def is_lookup(self, request: Request) -> bool:
        single = request.method == "GET" and request.path.startswith(ONE)
        return single or request.path == LOGIN

    def writes(self) -> int:
        return len(self.asked("POST", ONE))

    def route(self, request: Request) -> Answer:
        if request.path == LOGIN:
            return self._log_in(request)
        if bearer(request.headers) != f"token-{self.tokens}" or not self.login_works:
            return Answer(status=401)
        if self.forbidden:
            return Answer(status=403)
        if request.path == LIST:
            return self._list(request)
        name, _, what = request.path.removeprefix(ONE).partition("/")
        found = self.reviews.get(name)
        if found is None or not request.path.startswith(ONE):
            return json_answer({"message": "Not found"}, status=404)
        if (request.method, what) == ("POST", "reply"):
            return self._reply(found, request)
        if (request.method, what) == ("DELETE", "reply"):
            if not found.said:
                return Answer(status=404)
            found.said = ""
            return Answer(status=204)
        return json_answer(_as_review(found))

    def _log_in(self, request: Request) -> Answer:
        wanted = base64.b64encode(b"key:secret").decode()
        self.logins.append(request.form())
        if not self.login_works or request.headers.get("authorization") != f"Basic {wanted}":
            return json_answer({"reason": "Invalid client"}, status=401)
        return json_answer({"access_token": f"token-{self.tokens}", "expires_in": self.lives})

    def _list(self, request: Request) -> Answer:
        assert request.query["orderBy"] == "createdat.desc"
        shown = self.newest_first("created")
        if "endDateTime" in request.query:
            end = datetime.fromisoformat(request.query["endDateTime"]).replace(tzinfo=UTC)
            shown = [one for one in shown if one.created <= end.timestamp()]
        size = int(request.query["perPage"])
        found, _ = self.page(shown, (int(request.query["page"]) - 1) * size, size)
        return json_answer({"links": [], "reviews": [_as_review(one) for one in found]})

    def _reply(self, review: Stored, request: Request) -> Answer:
        body = request.json()
        assert isinstance(body, dict)
        assert body["authorBusinessUserId"] == USER
        self.say(review, body["message"])
        return Answer(status=201)


def _as_review(review: Stored) -> Json:
    return {
        "id": review.id,
        "stars": review.stars,
        "title": review.title or None,
        "text": None if review.broken else review.text,
        "language": "en",
        "createdAt": _date(review.created),
        "companyReply": {"text": review.said, "createdAt": _date(review.said_at)}
        if review.said
        else None,
        "consumer": {"id": f"{review.author}-id", "displayName": review.author},
        "referralEmail": f"{review.author}@customer.example",
        "status": "active",
    }


def _date(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat()


def settings(url: str, **changes: object) -> TrustpilotSettings:
    """Settings that the loopback site accepts."""
    values: dict[str, object] = {
        "api_url": url,
        "api_key": SecretStr("key"),
        "api_secret": SecretStr("secret"),
        "business_unit_id": UNIT,
        "business_user_id": USER,
        "timeout_seconds": 5.0,
    }
    return TrustpilotSettings.model_validate(values | changes)


class TrustpilotPlatform(ReviewPlatform[TrustpilotServer]):
    """The loopback site as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=False,
        private_messages_can_be_retracted=False,
        longest_public_text=LONGEST,
        private_messages=False,
        tells_who_is_addressed=False,
    )
    author_fields = ("consumer",)

    def __init__(self) -> None:
        self.server = TrustpilotServer()

    def connector(self, *, timeout: float = 20.0) -> Trustpilot:
        return Trustpilot(settings(self.server.url, timeout_seconds=timeout))

    def public_replies(self) -> Sequence[Sent]:
        said = [one for one in self.server.reviews.values() if one.said]
        return [Sent(id=answer_id(one.id, one.said), to=one.id, text=one.said) for one in said]
