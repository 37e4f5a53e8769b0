"""Private messages as the Conversations API gives them. Pure.

Source: developers.facebook.com, messenger-platform, "Conversations API", updated 2026-02-11.
"""

from collections.abc import Iterator

from connectors.base import Author, Mention
from connectors.errors import BadPayload
from connectors.payload import Json, iso_time, mapping, objects, optional, string
from connectors.texts import clean

#: Begins the id of an author whom Meta does not tell; the id of the comment follows.
UNKNOWN = "author of "
FIELDS = "messages.limit(50){id,created_time,from,message}"


def is_known(author: Author) -> bool:
    """Whether we have the number by which Meta names the author, and not only a name."""
    return author.id != author.handle and not author.id.startswith(UNKNOWN)


def messages(listed: Json, *, platform: str, author: Author, ours: Author) -> Iterator[Mention]:
    """The messages between the author and us; those without a text are left out.

    What is not ours is theirs: nobody else takes part in these conversations.
    """
    for talk in objects(listed.get("data")):
        for one in objects(mapping(talk.get("messages")).get("data")):
            try:
                sender = mapping(one.get("from"))
                by_number = optional(sender, "id") == ours.id
                by_name = (optional(sender, "username") or "").casefold() == ours.handle.casefold()
                mine = by_number or by_name
                yield Mention(
                    platform=platform,
                    id=clean(string(one, "id")),
                    author=ours if mine else author,
                    text=clean(string(one, "message")),
                    created_at=iso_time(one, "created_time"),
                    private=True,
                    ours=mine,
                )
            except BadPayload:
                continue
