"""Google Play on loopback: its login, its reviews, its answers to them.

Models what bites: a page token is an index that shifts; an answer replaces the one before; tags are
taken out of it; int64 comes as text; an empty list has no field. Shapes: tests/samples/google_play.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from connectors.google_play import GooglePlay, GooglePlaySettings
from tests.contracts.platform import Sent, Traits
from tests.servers.http import Answer, Request, json_answer
from tests.servers.review_site import Json, ReviewPlatform, ReviewServer, Stored, bearer

SAMPLES = Path(__file__).parent.parent / "samples" / "google_play"
PACKAGE = "com.acme.shop"
ROBOT = "amends@acme.iam.gserviceaccount.com"
LOGIN = "/token"
LIST = f"/androidpublisher/v3/applications/{PACKAGE}/reviews"
LONGEST = 350


def sample(name: str) -> Json:
    """One of the hand-made samples, as a fresh copy."""
    read: Json = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return read


@cache
def private_key() -> rsa.RSAPrivateKey:
    """The service account's; made once, which takes a moment."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def key_file() -> str:
    """What Google gives out for a service account."""
    pem = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return json.dumps(
        {
            "type": "service_account",
            "client_email": ROBOT,
            "private_key_id": "key-1",
            "private_key": pem.decode(),
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )


class GooglePlayServer(ReviewServer):
    """The store."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = 1
        self.lives = 3599
        self.refusal: Json | None = None  #: the body of a 403 on everything but the login
        self.leeway = 0  #: so many seconds a login may be off

    def name_of(self, number: int) -> str:
        return f"gp:AOqpTOE{number:05}"

    def as_kept(self, text: str) -> str:
        return re.sub(r"</?[A-Za-z][^<>]*>", "", text)

    def is_lookup(self, request: Request) -> bool:
        single = request.method == "GET" and request.path.startswith(f"{LIST}/")
        return single or request.path == LOGIN

    def writes(self) -> int:
        return len(self.asked("POST", LIST))

    def route(self, request: Request) -> Answer:
        if request.path == LOGIN:
            return self._log_in(request)
        if bearer(request.headers) != f"token-{self.tokens}" or not self.login_works:
            return _error(401, "UNAUTHENTICATED")
        if self.refusal is not None:
            return json_answer(self.refusal, status=403)
        if request.path == LIST:
            return self._list(request)
        name, _, verb = request.path.removeprefix(f"{LIST}/").partition(":reply")
        found = self.reviews.get(name.replace("%3A", ":"))
        if found is None or not request.path.startswith(LIST):
            return _error(404, "NOT_FOUND")
        if request.method == "POST" and request.path.endswith(":reply"):
            assert verb == ""
            return self._reply(found, request)
        return json_answer(_as_review(found))

    def _log_in(self, request: Request) -> Answer:
        if request.method != "POST":
            return Answer(status=404)
        form = request.form()
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        said = jwt.decode(
            form["assertion"],
            private_key().public_key(),
            algorithms=["RS256"],
            audience="https://oauth2.googleapis.com/token",
            leeway=self.leeway,
        )
        assert said["exp"] - said["iat"] <= 3600
        if not self.login_works or said["iss"] != ROBOT:
            return json_answer({"error": "invalid_grant"}, status=400)
        assert said["scope"] == "https://www.googleapis.com/auth/androidpublisher"
        return json_answer(
            {
                "access_token": f"token-{self.tokens}",
                "expires_in": self.lives,
                "token_type": "Bearer",
            }
        )

    def _list(self, request: Request) -> Answer:
        if self.stale_tokens and "token" in request.query:
            return _error(400, "INVALID_ARGUMENT")
        start = int(request.query.get("token", "from-0").removeprefix("from-"))
        found, ahead = self.page(
            self.newest_first("changed"), start, int(request.query["maxResults"])
        )
        page: Json = {"pageInfo": {"totalResults": len(self.reviews)}}
        if found:
            page["reviews"] = [_as_review(one) for one in found]
        if ahead is not None:
            page["tokenPagination"] = {"nextPageToken": f"from-{ahead}"}
        return json_answer(page)

    def _reply(self, review: Stored, request: Request) -> Answer:
        body = request.json()
        assert isinstance(body, dict)
        if len(body["replyText"]) > LONGEST:
            return json_answer(sample("error_too_long"), status=400)
        self.say(review, body["replyText"])
        edited = {"seconds": str(review.said_at), "nanos": 0}
        return json_answer({"result": {"replyText": review.said, "lastEdited": edited}})


def _as_review(review: Stored) -> Json:
    comment: Json = {
        "text": f"{review.title}\t{review.text}" if review.title else review.text,
        "lastModified": {"seconds": str(review.changed), "nanos": 0},
        "starRating": review.stars,
    }
    if review.broken:
        del comment["text"]
    comments: list[Json] = [{"userComment": comment}]
    if review.said:
        said = {"text": review.said, "lastModified": {"seconds": str(review.said_at)}}
        comments.append({"developerComment": said})
    return {"reviewId": review.id, "authorName": review.author, "comments": comments}


def _error(status: int, word: str) -> Answer:
    return json_answer({"error": {"code": status, "message": "no", "status": word}}, status=status)


def settings(url: str, **changes: object) -> GooglePlaySettings:
    """Settings that the loopback store accepts."""
    values: dict[str, object] = {
        "api_url": url,
        "login_url": url + LOGIN,
        "package_name": PACKAGE,
        "service_account": SecretStr(key_file()),
        "timeout_seconds": 5.0,
    }
    return GooglePlaySettings.model_validate(values | changes)


class GooglePlayPlatform(ReviewPlatform[GooglePlayServer]):
    """The loopback store as the connectors' contract sees it."""

    traits = Traits(
        replies_only_when_addressed=False,
        private_messages_have_ids=False,
        private_messages_can_be_retracted=False,
        longest_public_text=LONGEST,
        private_messages=False,
        tells_who_is_addressed=False,
        public_replies_can_be_retracted=False,
    )
    author_fields = ("authorName",)

    def __init__(self) -> None:
        self.server = GooglePlayServer()

    def connector(self, *, timeout: float = 20.0) -> GooglePlay:
        return GooglePlay(settings(self.server.url, timeout_seconds=timeout))

    def public_replies(self) -> Sequence[Sent]:
        said = [one for one in self.server.reviews.values() if one.said]
        return [Sent(id=f"{one.id}!{one.said_at}", to=one.id, text=one.said) for one in said]
