"""Service reviews as Trustpilot's private API gives them. Pure.

Source: developers.trustpilot.com, "Business Units API" and "Service Reviews API", read 2026-11.
The customer's address and order number, which come along, are not taken in.
"""

import re
from datetime import datetime
from hashlib import sha256

from connectors.base import Author, Mention
from connectors.errors import BadPayload
from connectors.payload import Json, iso_time, mapping, optional, string
from connectors.reviews import Review, Said, written
from connectors.texts import clean

WEB = "https://www.trustpilot.com"
_LANGUAGE = re.compile(r"[a-z]{2}")
#: What is shown for a person whose account was deleted.
_NAMELESS = "A customer"


def parse(payload: Json) -> Mention:
    """A mention from one review.

    Raises:
        BadPayload: it has no id, no text or no time.
    """
    return read(payload).mention


def read(payload: Json) -> Review:
    """A review with its answer, as `parse`."""
    name = clean(optional(payload, "id") or "")
    try:
        string(payload, "id")
        at = iso_time(payload, "createdAt")
        text = _text(payload)
    except BadPayload as error:
        raise BadPayload(f"review {name}: {error}", item=name) from error
    said = _said(name, payload.get("companyReply"), otherwise=at)
    consumer = mapping(payload.get("consumer"))
    person = clean(optional(consumer, "id") or name)
    shown = clean(optional(consumer, "displayName") or "").strip() or _NAMELESS
    language = optional(payload, "language") or ""
    return Review(
        mention=Mention(
            platform="trustpilot",
            id=name,
            author=Author(id=person, handle=shown, name=shown, url=f"{WEB}/users/{person}"),
            text=text,
            created_at=at,
            url=f"{WEB}/reviews/{name}",
            language=language if _LANGUAGE.fullmatch(language) else None,
            addressed=True,
            replies_open=said is None,
        ),
        said=said,
    )


def answer_id(name: str, text: str) -> str:
    """The id of an answer; Trustpilot names none, so the review and the text do."""
    digest = sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{name}!{digest[:12]}"


def _text(payload: Json) -> str:
    title, body = (clean(optional(payload, key) or "") for key in ("title", "text"))
    if not (title + body).strip():
        raise BadPayload('"title" and "text" are no text')
    # Where a customer gave no title, Trustpilot makes one of the beginning of the text.
    stem = " ".join(title.removesuffix("...").removesuffix("…").split())
    repeats = bool(stem) and " ".join(body.split()).startswith(stem)
    return written(payload.get("stars"), None if repeats else title, body)


def _said(name: str, reply: object, *, otherwise: datetime) -> Said | None:
    """The answer; one that cannot be read is there all the same, and not to be replaced."""
    given = mapping(reply)
    if not given:
        return None
    text = clean(optional(given, "text") or "")
    try:
        at = iso_time(given, "createdAt")
    except BadPayload:
        at = otherwise
    return Said(id=answer_id(name, text), text=text, at=at)
