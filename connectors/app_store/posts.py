"""Reviews as the App Store Connect API gives them. Pure.

Source: developer.apple.com/documentation/appstoreconnectapi, "Customer Reviews" and "Customer
Review Responses", read 2026-11; specification 3.7.0.
"""

from collections.abc import Mapping
from datetime import datetime

from connectors.base import Author, Mention
from connectors.errors import BadPayload
from connectors.payload import Json, iso_time, mapping, objects, optional, string
from connectors.reviews import Review, Said, written
from connectors.texts import clean

#: What is shown for a person who has no name in the store.
_NAMELESS = "A customer"
_ANSWER = "customerReviewResponses"


def parse(payload: Json, *, app_id: str) -> Mention:
    """A mention from one review.

    Args:
        payload: One resource of the type customerReviews.
        app_id: The number of the app in the store.

    Raises:
        BadPayload: it has no id, no text or no time.
    """
    return read(payload, {}, app_id=app_id).mention


def read(payload: Json, answers: Mapping[str, Json], *, app_id: str) -> Review:
    """A review with its answer, as `parse`; `answers` are those that came with it, by their id."""
    name = clean(optional(payload, "id") or "")
    given = mapping(payload.get("attributes"))
    try:
        string(payload, "id")
        at = iso_time(given, "createdDate")
        text = _text(given)
    except BadPayload as error:
        raise BadPayload(f"review {name}: {error}", item=name) from error
    said = _said(payload, answers, otherwise=at)
    shown = clean(optional(given, "reviewerNickname") or "").strip() or _NAMELESS
    return Review(
        mention=Mention(
            platform="app_store",
            id=name,
            # Apple tells no id of the customer; one writes one review of an app.
            author=Author(id=name, handle=shown, name=shown),
            text=text,
            created_at=at,
            # A review has no page of its own.
            url=f"https://apps.apple.com/app/id{app_id}?see-all=reviews",
            addressed=True,
            replies_open=said is None,
        ),
        said=said,
    )


def _text(given: Json) -> str:
    title, body = (clean(optional(given, key) or "") for key in ("title", "body"))
    if not (title + body).strip():
        raise BadPayload('"title" and "body" are no text')
    return written(given.get("rating"), title, body)


def answers_in(included: object) -> dict[str, Json]:
    """The answers that came with reviews, by their id."""
    return {
        clean(name): one
        for one in objects(included)
        if one.get("type") == _ANSWER and (name := optional(one, "id"))
    }


def said_in(payload: Json, *, otherwise: datetime) -> Said | None:
    """An answer, or None where this is none.

    It is there from the moment that Apple has it (PENDING_PUBLISH), though the store shows it
    later. `otherwise` is its time where it names none.
    """
    name, given = optional(payload, "id"), mapping(payload.get("attributes"))
    if payload.get("type") != _ANSWER or name is None:
        return None
    try:
        at = iso_time(given, "lastModifiedDate")
    except BadPayload:
        at = otherwise
    return Said(id=clean(name), text=clean(optional(given, "responseBody") or ""), at=at)


def _said(payload: Json, answers: Mapping[str, Json], *, otherwise: datetime) -> Said | None:
    """The answer of a review; where only its id came, it is there and not to be replaced."""
    related = mapping(mapping(payload.get("relationships")).get("response"))
    bare = mapping(related.get("data"))
    whole = answers.get(clean(optional(bare, "id") or ""))
    return said_in(bare if whole is None else whole, otherwise=otherwise)
