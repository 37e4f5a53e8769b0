"""Google Play: reviews of an app come in, one answer to each goes out.

An answer is an upsert: sent again it replaces itself, so that a repeat does no harm. Reviews are
shown for about a week after they were written or changed, and only those with a text. Its parts:
`posts` reads Google's JSON, `wire` logs in and tells what Google's answers mean.
"""

from urllib.parse import quote

from pydantic import Field

from connectors.base import Receipt, TextLimit
from connectors.errors import BadPayload, OutcomeUnknown, SetupError, TryLater, Unsupported
from connectors.google_play.posts import parse, plain, read, said_in, time_of
from connectors.google_play.wire import HOST, HOW_TO_LOG_IN, LOGIN_URL, NAME, Gone, Session
from connectors.payload import Json, mapping, objects, optional
from connectors.review_site import Page, ReviewSite
from connectors.reviews import Review, Said, Site
from connectors.settings import ConnectorSettings, Secret
from connectors.summary import NONE, Summary
from connectors.web import Address, Call, Web

__all__ = ["GooglePlay", "GooglePlaySettings", "parse"]

#: About so many characters are taken. Source: "Method: reviews.reply", read 2026-11.
_LIMIT = TextLimit(maximum=350)
#: The most that one page may hold. Source: "Method: reviews.list", read 2026-11.
_PAGE = 100
_LIST = Call(platform=NAME, doing="reading the reviews")
_ONE = Call(platform=NAME, doing="reading a review")
_REPLY = Call(platform=NAME, doing="answering a review", writes=True)


class GooglePlaySettings(ConnectorSettings):
    """[connectors.google_play]."""

    api_url: Address = HOST
    #: Where the service account logs in.
    login_url: Address = LOGIN_URL
    #: The app, such as com.example.shop.
    package_name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+$")
    #: The whole JSON key of the service account.
    service_account: Secret
    #: 200 requests an hour are allowed; each round takes one for a hundred new reviews.
    every_seconds: int = Field(default=600, ge=5, le=86_400)


class GooglePlay(ReviewSite):
    """The reviews of one app."""

    Settings: type[ConnectorSettings] = GooglePlaySettings
    summary = Summary(reads="reviews of the last days", public="one answer each", private=NONE)
    platform = "google_play"
    #: A review is read by its id; and if its answer showed late, another try would replace it.
    reliable_reads = True
    _how = HOW_TO_LOG_IN

    def __init__(self, settings: GooglePlaySettings) -> None:
        """Speaks to nobody yet."""
        self._settings = settings
        self._api_url = settings.api_url
        self._reviews = (
            f"{settings.api_url}/androidpublisher/v3/applications/{settings.package_name}/reviews"
        )
        self._session = Session(
            web=Web(timeout=settings.timeout_seconds),
            login_url=settings.login_url,
            key=settings.service_account.get_secret_value(),
        )

    def retract(self, receipt: Receipt) -> None:
        """Not offered: an answer can be replaced and not deleted."""
        raise Unsupported("Google Play lets nobody delete an answer; it can be changed there.")

    @property
    def _site(self) -> Site:
        return Site(
            name=NAME,
            account=self._settings.account or self._settings.package_name,
            limit=_LIMIT,
            link="https://play.google.com/console",
        )

    def _as_kept(self, text: str) -> str:
        return plain(text)

    def _page(self, token: str) -> Page:
        params: dict[str, str | int] = {"maxResults": _PAGE}
        if token:
            params["token"] = token
        try:
            said = self._session.ask(_LIST, "GET", self._reviews, params=params)
        except Gone:
            message = f"Google Play knows no app {self._settings.package_name} of this account."
            raise SetupError(message) from None
        items = said.get("reviews", [])
        if not isinstance(items, list):
            raise TryLater("Google Play answered with something that is no list of reviews.")
        entries = tuple(map(self._entry, objects(items)))
        ahead = optional(mapping(said.get("tokenPagination")), "nextPageToken")
        return Page(entries=entries, token=ahead or "")

    def _entry(self, payload: Json) -> Review | BadPayload:
        try:
            return read(payload, package=self._settings.package_name)
        except BadPayload as error:
            return error

    def _one(self, id: str) -> Review | None:
        try:
            said = self._session.ask(_ONE, "GET", self._address(id))
        except Gone:
            return None
        try:
            return read(said, package=self._settings.package_name)
        except BadPayload as error:
            raise TryLater(
                f"Google Play answered with something that is no review: {error}"
            ) from error

    def _put(self, review: Review, text: str) -> Said:
        name = review.mention.id
        body = {"replyText": text}
        said = self._session.ask(_REPLY, "POST", f"{self._address(name)}:reply", json=body)
        try:
            at = time_of(mapping(said.get("result")).get("lastEdited"))
        except BadPayload as error:
            message = "Google Play answered without the time of the answer."
            raise OutcomeUnknown(message) from error
        return said_in(name, text, at)

    def _address(self, id: str) -> str:

        return f"{self._reviews}/{quote(id, safe=':')}"
