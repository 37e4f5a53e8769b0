"""The records that we put into our repository. Pure.

Bluesky has no idempotency keys, but the writer names the record: putting it under the same name
again replaces it. So the name is made of the action's key, and a second try of the same action can
never make a second post. The same record once more changes nothing at all.
Source: bluesky-social/atproto, packages/pds, putRecord.ts (the comparison of CIDs), read 2026-11.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from connectors.base import Mention
from connectors.bluesky.posts import COLLECTION

#: A timestamp identifier: 53 bits of microseconds since 1970 above 10 bits of a clock's number, in
#: 13 letters that sort as the number does. Source: atproto.com, "Record Keys" (TID), read 2026-11.
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_LENGTH = 13
_CLOCK_BITS = 10
_LATEST = (1 << 53) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def tid(microseconds: int, clock: int = 0) -> str:
    """The identifier of a moment, in microseconds since 1970; what lies outside is moved inside."""
    number = min(max(microseconds, 0), _LATEST) << _CLOCK_BITS | clock
    letters = ""
    for _ in range(_LENGTH):
        number, last = divmod(number, len(_LETTERS))
        letters = _LETTERS[last] + letters
    return letters


def tid_at(moment: datetime) -> str:
    """The first identifier of a moment."""
    return tid((moment - _EPOCH) // _MICROSECOND)


def rkey_for(mention: Mention, key: str) -> str:
    """The name of the record that answers this post: the same on every try, also after a restart.

    It lies in the second after the post, so that our records stay roughly in the order of time.
    """
    digest = int.from_bytes(sha256(f"{mention.id} {key}".encode()).digest()[:8])
    offset, clock = divmod(digest, 1 << _CLOCK_BITS)
    return tid((mention.created_at - _EPOCH) // _MICROSECOND + offset % 1_000_000, clock)


def reply(
    text: str,
    *,
    parent: Mapping[str, str],
    root: Mapping[str, str],
    facets: Sequence[object],
    created_at: str,
) -> dict[str, object]:
    """A post that answers another one.

    Args:
        text: The text; positions in it are counted in bytes of UTF-8 by `facets`.
        parent: `uri` and `cid` of the answered post.
        root: The same of the first post of the thread; the parent again where that is the first.
        facets: What is linked in the text.
        created_at: The moment, as ISO 8601.
    """
    record: dict[str, object] = {
        "$type": COLLECTION,
        "text": text,
        "createdAt": created_at,
        "reply": {"root": dict(root), "parent": dict(parent)},
    }
    return record | {"facets": list(facets)} if facets else record
