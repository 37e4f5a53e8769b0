"""Trustpilot: service reviews of a shop come in, one answer to each goes out.

Beta: made from Trustpilot's documentation, not verified against the real service. Its parts:
`posts` reads Trustpilot's JSON, `wire` logs in and tells what its answers mean.
Source: developers.trustpilot.com, "Business Units API" and "Service Reviews API", read 2026-11.
"""

from datetime import datetime, timedelta
from urllib.parse import quote

from pydantic import Field

from connectors.base import Receipt, TextLimit
from connectors.errors import BadPayload, SetupError, TryLater, Unsupported
from connectors.payload import Json, iso_time, mapping, objects
from connectors.review_site import Page, ReviewSite
from connectors.reviews import Review, Said, Site
from connectors.settings import ConnectorSettings, Secret
from connectors.summary import NONE, Summary
from connectors.trustpilot.posts import answer_id, parse, read
from connectors.trustpilot.wire import HOST, HOW_TO_LOG_IN, NAME, Gone, Session
from connectors.web import Address, Call, Web

__all__ = ["Trustpilot", "TrustpilotSettings", "parse"]

#: No page of Trustpilot's names a limit; what is too long there is refused there.
_LIMIT = TextLimit(maximum=5_000)
#: The most that one page may hold ("Business Units API").
_PAGE = 100
_LIST = Call(platform=NAME, doing="reading the reviews")
_ONE = Call(platform=NAME, doing="reading a review")
_REPLY = Call(platform=NAME, doing="answering a review", writes=True)
_DELETE = Call(platform=NAME, doing="deleting an answer", writes=True)


class TrustpilotSettings(ConnectorSettings):
    """[connectors.trustpilot].

    With `username` and `password` the login is that person's, else the application's own.
    """

    api_url: Address = HOST
    api_key: Secret
    api_secret: Secret
    username: str = ""
    password: Secret | None = None
    #: The shop.
    business_unit_id: str = Field(pattern=r"^[0-9a-f]{24}$")
    #: Who answers: the User ID on that person's profile in Trustpilot Business.
    business_user_id: str = Field(pattern=r"^[0-9a-f]{24}$")
    every_seconds: int = Field(default=300, ge=5, le=86_400)


class Trustpilot(ReviewSite):
    """The service reviews of one business unit."""

    Settings: type[ConnectorSettings] = TrustpilotSettings
    summary = Summary(reads="reviews", public="one reply each", private=NONE, beta=True)
    platform = "trustpilot"
    #: How soon an answer can be read back is not known.
    reliable_reads = False
    _how = HOW_TO_LOG_IN
    _warnings = ("beta: made from its documentation, not verified against the real service",)

    def __init__(self, settings: TrustpilotSettings) -> None:
        """Speaks to nobody yet."""
        self._settings = settings
        self._api_url = settings.api_url
        form = {"grant_type": "client_credentials"}
        if settings.username and settings.password is not None:
            form = {
                "grant_type": "password",
                "username": settings.username,
                "password": settings.password.get_secret_value(),
            }
        self._session = Session(
            web=Web(timeout=settings.timeout_seconds),
            api_url=settings.api_url,
            key=settings.api_key.get_secret_value(),
            secret=settings.api_secret.get_secret_value(),
            form=form,
        )

    def retract(self, receipt: Receipt) -> None:
        """Delete our answer, unless another one stands in its place; see Connector.retract."""
        name, _, _ = receipt.id.partition("!")
        if not name or receipt.private:
            raise Unsupported("Trustpilot has no private messages here.")
        review = self._one(name)
        if review is None or review.said is None or review.said.id != receipt.id:
            return
        try:
            self._session.ask(_DELETE, "DELETE", f"{self._address(name)}/reply")
        except Gone:
            return

    @property
    def _site(self) -> Site:
        return Site(
            name=NAME,
            account=self._settings.account or f"user {self._settings.business_user_id}",
            limit=_LIMIT,
            link="",
        )

    def _page(self, token: str) -> Page:
        end, _, number = token.partition("|")
        params: dict[str, str | int] = {
            "orderBy": "createdat.desc",
            "perPage": _PAGE,
            "page": int(number or 1),
        }
        if end:
            params["endDateTime"] = end
        path = f"/v1/private/business-units/{self._settings.business_unit_id}/reviews"
        try:
            said = mapping(self._session.ask(_LIST, "GET", path, params=params).payload)
        except Gone:
            raise SetupError("Trustpilot knows no such business_unit_id.") from None
        items = said.get("reviews")
        if not isinstance(items, list):
            raise TryLater("Trustpilot answered with something that is no list of reviews.")
        entries = tuple(map(_entry, objects(items)))
        return Page(entries=entries, token=_ahead(items, token) if len(items) >= _PAGE else "")

    def _one(self, id: str) -> Review | None:
        try:
            said = self._session.ask(_ONE, "GET", self._address(id))
        except Gone:
            return None
        try:
            return read(mapping(said.payload))
        except BadPayload as error:
            message = f"Trustpilot answered with something that is no review: {error}"
            raise TryLater(message) from error

    def _put(self, review: Review, text: str) -> Said:
        name = review.mention.id
        body = {"authorBusinessUserId": self._settings.business_user_id, "message": text}
        answer = self._session.ask(_REPLY, "POST", f"{self._address(name)}/reply", json=body)
        return Said(
            id=answer_id(name, text), text=text, at=answer.said_at or review.mention.created_at
        )

    def _address(self, id: str) -> str:
        return f"/v1/private/reviews/{quote(id, safe='')}"


def _entry(payload: Json) -> Review | BadPayload:
    try:
        return read(payload)
    except BadPayload as error:
        return error


def _ahead(items: list[object], token: str) -> str:
    """Where the next page begins: at the moment of this one's last review.

    Numbered pages shift when reviews come and go; a moment does not. Only where a whole page bears
    one moment, the next number is asked for.
    """
    end, _, number = token.partition("|")
    times = [time for item in items if (time := _time(mapping(item))) is not None]
    if times:
        # The last moment itself once more: it may have more reviews than fit on the page.
        last = (min(times) + timedelta(seconds=1)).replace(microsecond=0, tzinfo=None).isoformat()
        if last != end:
            return f"{last}|1"
    return f"{end}|{int(number or 1) + 1}"


def _time(item: Json) -> datetime | None:
    try:
        return iso_time(item, "createdAt")
    except BadPayload:
        return None
