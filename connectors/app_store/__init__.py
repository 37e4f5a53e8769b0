"""The App Store: reviews of an app come in, one answer to each goes out.

An answer replaces the one before, and is public some time after Apple has it. Its parts: `posts`
reads Apple's JSON, `wire` logs in and tells what Apple's answers mean.
Source: developer.apple.com/documentation/appstoreconnectapi, "Create or update a response to a
customer review", read 2026-11.
"""

from collections.abc import Mapping
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import Field

from connectors.app_store.posts import answers_in, parse, read, said_in
from connectors.app_store.wire import HOST, HOW_TO_LOG_IN, NAME, Exists, Gone, Session
from connectors.base import Receipt, TextLimit
from connectors.errors import (
    BadPayload,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SetupError,
    TryLater,
    Unsupported,
)
from connectors.payload import Json, mapping, objects, optional
from connectors.review_site import Page, ReviewSite
from connectors.reviews import Review, Said, Site
from connectors.settings import ConnectorSettings, Secret
from connectors.summary import NONE, Summary
from connectors.texts import same
from connectors.web import Address, Call, Web

__all__ = ["AppStore", "AppStoreSettings", "parse"]

#: Told by App Store Connect's own form and by no page of Apple's that we know.
_LIMIT = TextLimit(maximum=5_970)
#: The most that one page may hold (specification 3.7.0).
_PAGE = 200
_LIST = Call(platform=NAME, doing="reading the reviews")
_ONE = Call(platform=NAME, doing="reading a review")
_REPLY = Call(platform=NAME, doing="answering a review", writes=True)
_DELETE = Call(platform=NAME, doing="deleting an answer", writes=True)


class AppStoreSettings(ConnectorSettings):
    """[connectors.app_store]."""

    api_url: Address = HOST
    #: The app's number in the store, as in apps.apple.com/app/id1234567890.
    app_id: str = Field(pattern=r"^[0-9]{1,20}$")
    #: Of the team, as App Store Connect shows it above its keys.
    issuer_id: str = Field(pattern=r"^[0-9A-Fa-f-]{36}$")
    #: Of the key.
    key_id: str = Field(pattern=r"^[0-9A-Z]{6,20}$")
    #: The whole .p8 file.
    private_key: Secret
    every_seconds: int = Field(default=600, ge=5, le=86_400)


class AppStore(ReviewSite):
    """The reviews of one app, from all countries."""

    Settings: type[ConnectorSettings] = AppStoreSettings
    summary = Summary(reads="reviews", public="one response each", private=NONE)
    platform = "app_store"
    #: A review is read with its answer; and if that showed late, another try would replace it.
    reliable_reads = True
    _how = HOW_TO_LOG_IN

    def __init__(self, settings: AppStoreSettings) -> None:
        """Speaks to nobody yet."""
        self._settings = settings
        self._api_url = settings.api_url
        self._session = Session(
            web=Web(timeout=settings.timeout_seconds),
            api_url=settings.api_url,
            issuer_id=settings.issuer_id,
            key_id=settings.key_id,
            key=settings.private_key.get_secret_value(),
        )

    def retract(self, receipt: Receipt) -> None:
        """Delete the answer; see Connector.retract."""
        if not receipt.id or receipt.private:
            raise Unsupported("The App Store has no private messages.")
        path = f"/v1/customerReviewResponses/{quote(receipt.id, safe='')}"
        try:
            self._session.ask(_DELETE, "DELETE", path)
        except Gone:
            return

    @property
    def _site(self) -> Site:
        return Site(
            name=NAME,
            account=self._settings.account or f"app {self._settings.app_id}",
            limit=_LIMIT,
            link=f"https://appstoreconnect.apple.com/apps/{self._settings.app_id}",
        )

    def _page(self, token: str) -> Page:
        params: dict[str, str | int] = {
            "sort": "-createdDate",
            "limit": _PAGE,
            "include": "response",
        }
        if token:
            params["cursor"] = token
        path = f"/v1/apps/{self._settings.app_id}/customerReviews"
        try:
            said = self._session.ask(_LIST, "GET", path, params=params)
        except Gone:
            message = f"The App Store knows no app {self._settings.app_id} of this account."
            raise SetupError(message) from None
        items = said.get("data")
        if not isinstance(items, list):
            raise TryLater("The App Store answered with something that is no list of reviews.")
        answers = answers_in(said.get("included"))
        entries = tuple(self._entry(one, answers) for one in objects(items))
        return Page(entries=entries, token=_token(said))

    def _entry(self, payload: Json, answers: Mapping[str, Json]) -> Review | BadPayload:
        try:
            return read(payload, answers, app_id=self._settings.app_id)
        except BadPayload as error:
            return error

    def _one(self, id: str) -> Review | None:
        path = f"/v1/customerReviews/{quote(id, safe='')}"
        try:
            said = self._session.ask(_ONE, "GET", path, params={"include": "response"})
        except Gone:
            return None
        answers = answers_in(said.get("included"))
        try:
            return read(mapping(said.get("data")), answers, app_id=self._settings.app_id)
        except BadPayload as error:
            message = f"The App Store answered with something that is no review: {error}"
            raise TryLater(message) from error

    def _put(self, review: Review, text: str) -> Said:
        body = {
            "data": {
                "type": "customerReviewResponses",
                "attributes": {"responseBody": text},
                "relationships": {
                    "review": {"data": {"type": "customerReviews", "id": review.mention.id}}
                },
            }
        }
        try:
            said = self._session.ask(_REPLY, "POST", "/v1/customerReviewResponses", json=body)
        except Exists as refusal:
            return self._standing(review, text, refusal)
        made = said_in(mapping(said.get("data")), otherwise=review.mention.created_at)
        if made is None:
            raise OutcomeUnknown("The App Store answered without the id of the answer.")
        return made

    def _standing(self, review: Review, text: str, refusal: Refused) -> Said:
        """The answer that is in the way, where it is this one: an earlier try came late.

        Apple's page says that an answer is overwritten; its specification knows a 409 all the same.

        Raises:
            Refused: it is another one.
            OutcomeUnknown: it cannot be read now.
        """
        try:
            now = self._one(review.mention.id)
        except ConnectorError as error:
            raise OutcomeUnknown(f"The App Store has an answer already: {error}") from error
        if now is None or now.said is None or not same(now.said.text, text):
            raise refusal
        return now.said


def _token(said: Json) -> str:
    """The cursor in the link to the next page. The link itself is not followed: it names a host."""
    link = optional(mapping(said.get("links")), "next") or ""
    try:
        return next(iter(parse_qs(urlsplit(link).query).get("cursor", ())), "")
    except ValueError:
        return ""
