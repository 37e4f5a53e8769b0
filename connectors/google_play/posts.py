"""Reviews as the Google Play Developer API gives them. Pure.

Source: developers.google.com/android-publisher, "REST Resource: reviews" and "Reply to Reviews",
read 2026-11.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from connectors.base import Author, Mention
from connectors.errors import BadPayload
from connectors.payload import Json, identifier, mapping, objects, optional, string
from connectors.reviews import Review, Said, written
from connectors.texts import clean

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Google strips these from an answer. Source: "Method: reviews.reply", read 2026-11.
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
#: What Google Play itself shows for a person who has no name there.
_NAMELESS = "A Google user"


def parse(payload: Json, *, package: str) -> Mention:
    """A mention from one review.

    Args:
        payload: One element of `reviews`.
        package: The app's name, such as com.example.shop.

    Raises:
        BadPayload: it has no id, no text or no time.
    """
    return read(payload, package=package).mention


def read(payload: Json, *, package: str) -> Review:
    """A review with its answer, as `parse`.

    Of several comments of a kind the latest counts. The language that Google tells is that of the
    customer's device and not of the text, so it is left out.
    """
    name = clean(optional(payload, "reviewId") or "")
    try:
        string(payload, "reviewId")
        comments = list(objects(payload.get("comments")))
        at, text = _latest(mapping(c["userComment"]) for c in comments if "userComment" in c)
    except BadPayload as error:
        raise BadPayload(f"review {name}: {error}", item=name) from error
    answers = (mapping(c["developerComment"]) for c in comments if "developerComment" in c)
    said = _said(name, answers, otherwise=at)
    shown = clean(optional(payload, "authorName") or "").strip() or _NAMELESS
    return Review(
        mention=Mention(
            platform="google_play",
            id=name,
            # Google tells no id of the customer; one writes one review of an app.
            author=Author(id=name, handle=shown, name=shown),
            text=text,
            created_at=at,
            url=f"https://play.google.com/store/apps/details?id={package}&reviewId={name}",
            addressed=True,
            replies_open=said is None or said.at < at,
        ),
        said=said,
    )


def _latest(comments: Iterable[Json]) -> tuple[datetime, str]:
    """When the customer wrote last, and what."""
    found = max(((_time(one), index, one) for index, one in enumerate(comments)), default=None)
    if found is None:
        raise BadPayload("it has no comment of a customer")
    at, _, comment = found
    # A title of its own stands before a tab.
    title, _, body = clean(string(comment, "text")).partition("\t")
    if not (title + body).strip():
        raise BadPayload('"text" is blank')
    return at, written(comment.get("starRating"), title, body)


def said_in(id: str, text: str, at: datetime) -> Said:
    """An answer below a review; Google names none, so its time does."""
    return Said(id=f"{id}!{int(at.timestamp())}", text=plain(text), at=at)


def time_of(stamp: object) -> datetime:
    """A moment given as seconds and nanoseconds; int64 comes as text.

    Raises:
        BadPayload: it is none.
    """
    seconds = identifier(mapping(stamp).get("seconds"))
    try:
        return _EPOCH + timedelta(seconds=int(seconds or "x"))
    except (ValueError, OverflowError) as error:
        raise BadPayload('"seconds" is no time') from error


def plain(text: str) -> str:
    """The text as Google keeps it."""
    return _TAG.sub("", text)


def _time(comment: Json) -> datetime:
    return time_of(comment.get("lastModified"))


def _said(name: str, comments: Iterable[Json], *, otherwise: datetime) -> Said | None:
    """The latest answer; one that cannot be read is there all the same, and not to be replaced."""
    found: list[Said] = []
    for comment in comments:
        try:
            at = _time(comment)
        except BadPayload:
            at = otherwise
        found.append(said_in(name, clean(optional(comment, "text") or ""), at))
    return max(found, key=lambda said: said.at, default=None)
