"""The App Store Connect API on loopback: its reviews and the answers to them.

Models what bites: tokens are signed and short; the next page is a link with a host in it; an answer
replaces the one before and keeps its id; it is pending before it is published; an edited review
keeps its date. Shapes: tests/samples/app_store.
"""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from connectors.app_store import AppStore, AppStoreSettings
from tests.contracts.platform import Sent, Traits
from tests.servers.http import Answer, Request, json_answer
from tests.servers.review_site import Json, ReviewPlatform, ReviewServer, Stored, bearer

SAMPLES = Path(__file__).parent.parent / "samples" / "app_store"
APP = "1234567890"
ISSUER = "57246542-96fe-1a63-e053-0824d011072a"
KEY_ID = "2X9R4HXF34"
LIST = f"/v1/apps/{APP}/customerReviews"
ONE = "/v1/customerReviews/"
ANSWERS = "/v1/customerReviewResponses"
LONGEST = 5_970


def sample(name: str) -> Json:
    """One of the hand-made samples, as a fresh copy."""
    read: Json = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return read


@cache
def private_key() -> ec.EllipticCurvePrivateKey:
    """The team's."""
    return ec.generate_private_key(ec.SECP256R1())


def key_file() -> str:
    """What Apple gives out for a key."""
    return private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class AppStoreServer(ReviewServer):
    """The store."""

    def __init__(self) -> None:
        super().__init__()
        self.leeway = 0  #: so many seconds a token may be off
        self.refuses_to_replace = False  #: 409 instead of overwriting
        self.refusal: Json | None = None  #: the body of a 403

    def name_of(self, number: int) -> str:
        return f"00000046-8a1f-4a1c-aaaa-{number:012}"

    def is_lookup(self, request: Request) -> bool:
        return request.path.startswith(ONE) or request.path == "/"

    def writes(self) -> int:
        return len(self.asked("POST", ANSWERS))

    def route(self, request: Request) -> Answer:
        if request.path == "/":
            return Answer(status=404)
        if not self._allowed(request):
            return _error(401, "NOT_AUTHORIZED")
        if self.refusal is not None:
            return json_answer(self.refusal, status=403)
        if request.path == LIST:
            return self._list(request)
        if request.path.startswith(ONE):
            found = self.reviews.get(request.path.removeprefix(ONE))
            return _error(404, "NOT_FOUND") if found is None else json_answer(_document([found]))
        if request.method == "POST" and request.path == ANSWERS:
            return self._reply(request)
        if request.method == "DELETE" and request.path.startswith(ANSWERS):
            return self._delete(request.path.removeprefix(f"{ANSWERS}/"))
        return _error(404, "NOT_FOUND")

    def _allowed(self, request: Request) -> bool:
        token = bearer(request.headers)
        said = jwt.decode(
            token,
            private_key().public_key(),
            algorithms=["ES256"],
            audience="appstoreconnect-v1",
            leeway=self.leeway,
        )
        assert said["exp"] - said["iat"] <= 1200
        right = said["iss"] == ISSUER and jwt.get_unverified_header(token)["kid"] == KEY_ID
        return right and self.login_works

    def _list(self, request: Request) -> Answer:
        assert request.query["sort"] == "-createdDate"
        if self.stale_tokens and "cursor" in request.query:
            return _error(400, "PARAMETER_ERROR.INVALID")
        cursor = request.query.get("cursor", "")
        start = int(base64.urlsafe_b64decode(cursor) or 0)
        found, ahead = self.page(self.newest_first("created"), start, int(request.query["limit"]))
        document = _document(found) | {"data": [_as_review(one) for one in found]}
        document["links"] = {"self": "https://api.appstoreconnect.apple.com" + LIST}
        if ahead is not None:
            cursor = base64.urlsafe_b64encode(str(ahead).encode()).decode()
            document["links"]["next"] = f"https://elsewhere.example{LIST}?limit=200&cursor={cursor}"
        return json_answer(document)

    def _reply(self, request: Request) -> Answer:
        body = request.json()
        assert isinstance(body, dict)
        data = body["data"]
        review = self.reviews.get(data["relationships"]["review"]["data"]["id"])
        text = data["attributes"]["responseBody"]
        if review is None:
            return _error(404, "NOT_FOUND")
        if len(text) > LONGEST:
            return _error(422, "ENTITY_ERROR.ATTRIBUTE.INVALID", "The length is too large.")
        if review.said and self.refuses_to_replace:
            return json_answer(sample("error_conflict"), status=409)
        self.say(review, text)
        return json_answer({"data": _as_answer(review)}, status=201)

    def _delete(self, name: str) -> Answer:
        for review in self.reviews.values():
            if review.said and review.said_id == name:
                review.said = ""
                return Answer(status=204)
        return _error(404, "NOT_FOUND")


def _document(found: Sequence[Stored]) -> Json:
    document: Json = {"data": _as_review(found[0])} if found else {"data": []}
    said = [_as_answer(one) for one in found if one.said]
    return document | ({"included": said} if said else {})


def _as_review(review: Stored) -> Json:
    attributes: Json = {
        "rating": review.stars,
        "title": review.title,
        "body": None if review.broken else review.text,
        "reviewerNickname": review.author,
        "createdDate": _date(review.created),
        "territory": "DEU",
    }
    related = {"data": {"type": "customerReviewResponses", "id": review.said_id}}
    return {
        "type": "customerReviews",
        "id": review.id,
        "attributes": attributes,
        "relationships": {"response": related if review.said else {}},
    }


def _as_answer(review: Stored) -> Json:
    attributes = {
        "responseBody": review.said,
        "lastModifiedDate": _date(review.said_at),
        "state": "PENDING_PUBLISH",
    }
    return {"type": "customerReviewResponses", "id": review.said_id, "attributes": attributes}


def _date(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def _error(status: int, code: str, detail: str = "no") -> Answer:
    error = {"status": str(status), "code": code, "title": "no", "detail": detail}
    return json_answer({"errors": [error]}, status=status)


def settings(url: str, **changes: object) -> AppStoreSettings:
    """Settings that the loopback store accepts."""
    values: dict[str, object] = {
        "api_url": url,
        "app_id": APP,
        "issuer_id": ISSUER,
        "key_id": KEY_ID,
        "private_key": SecretStr(key_file()),
        "timeout_seconds": 5.0,
    }
    return AppStoreSettings.model_validate(values | changes)


class AppStorePlatform(ReviewPlatform[AppStoreServer]):
    """The loopback store as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=False,
        private_messages_can_be_retracted=False,
        longest_public_text=LONGEST,
        private_messages=False,
        tells_who_is_addressed=False,
    )
    author_fields = ("reviewerNickname",)

    def __init__(self) -> None:
        self.server = AppStoreServer()

    def connector(self, *, timeout: float = 20.0) -> AppStore:
        return AppStore(settings(self.server.url, timeout_seconds=timeout))

    def public_replies(self) -> Sequence[Sent]:
        said = [one for one in self.server.reviews.values() if one.said]
        return [Sent(id=one.said_id, to=one.id, text=one.said) for one in said]
