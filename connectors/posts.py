"""Posts as lines of a file: JSON Lines or plain text, as recorded, exported or typed.

A line that starts with "{" is a JSON object, any other line that is not blank is a text with its
number as id. A bad line is named and never loses the others.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from connectors.base import Author, Mention
from connectors.errors import BadPayload

#: Longest line that is read, in bytes; a longer one is named and skipped.
MAX_LINE = 256 * 1024
#: The platform of a post that names none.
UNNAMED = "samples"

#: Databases refuse these: PostgreSQL takes no NUL, UTF-8 no lone half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_PLATFORM = re.compile(r"[a-z][a-z0-9_]{0,31}")


def parse(payload: Mapping[str, object], *, line: int, seen_at: datetime) -> Mention:
    """A post from one JSON object: `text` is required, everything else has a default.

    Without `id` the line number is the id, without `author` the author is somebody who wrote no
    other line, without `created_at` the time is `seen_at`; a time without an offset is UTC.

    Raises:
        BadPayload: a field has the wrong type or form; the message names it.
    """
    text = _string(payload, "text")
    if text is None or not text.strip():
        raise BadPayload('it has no "text"')
    platform = _string(payload, "platform") or UNNAMED
    if not _PLATFORM.fullmatch(platform):
        raise BadPayload('"platform" is a short lower-case name, such as "twitter"')
    return Mention(
        platform=platform,
        id=_string(payload, "id") or str(line),
        author=_author(payload.get("author"), line),
        text=text,
        created_at=_time(payload.get("created_at"), seen_at),
        url=_web_address(_string(payload, "url")),
        in_reply_to=_string(payload, "in_reply_to"),
        thread=_string(payload, "thread"),
        parent_text=_string(payload, "parent_text"),
        language=_string(payload, "language"),
        addressed=_flag(payload, "addressed", default=True),
        replies_open=_flag(payload, "replies_open", default=True),
        private=_flag(payload, "private", default=False),
    )


def parse_line(raw: bytes, *, line: int, seen_at: datetime) -> Mention | None:
    """A post from one line: a JSON object, or a plain text; None for a blank line.

    Raises:
        BadPayload: the line is too long, is not UTF-8, or is no readable object; the message
            begins with "line N" and holds nothing that the customer wrote.
    """
    try:
        payload = _payload(raw, line)
        return None if payload is None else parse(payload, line=line, seen_at=seen_at)
    except UnicodeDecodeError as error:
        raise BadPayload(f"line {line}: it is not UTF-8", item=str(line)) from error
    except json.JSONDecodeError as error:
        reason = f"line {line}: it begins with {{ and is not JSON: {error.msg}"
        raise BadPayload(f"{reason}, character {error.pos + 1}", item=str(line)) from error
    except (ValueError, RecursionError) as error:
        raise BadPayload(f"line {line}: it is not readable JSON", item=str(line)) from error
    except BadPayload as error:
        raise BadPayload(f"line {line}: {error}", item=str(line)) from error


def _payload(raw: bytes, line: int) -> dict[str, object] | None:
    if len(raw) > MAX_LINE:
        raise BadPayload(f"it is longer than {MAX_LINE // 1024} KiB")
    content = raw.decode("utf-8-sig" if line == 1 else "utf-8").strip()
    if not content:
        return None
    payload: dict[str, object] = (
        json.loads(content) if content.startswith("{") else {"text": content}
    )
    return payload


def numbered_lines(
    file: BinaryIO, *, after: int = 0, at_most: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, numbered from `after` + 1, without their ends.

    Of a line that is too long only the beginning is kept, enough for `parse_line` to refuse it.
    """
    number = after
    while at_most is None or number < after + at_most:
        raw = file.readline(MAX_LINE + 2)
        if not raw:
            return
        number += 1
        rest = raw
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE + 2)
        yield number, raw.rstrip(b"\r\n")


def _string(payload: Mapping[str, object], name: str) -> str | None:
    value = payload.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value) if value else None
    raise BadPayload(f'"{name}" is a string, not {_kind(value)}')


def _flag(payload: Mapping[str, object], name: str, *, default: bool) -> bool:
    value = payload.get(name)
    if value is None or isinstance(value, bool):
        return default if value is None else value
    raise BadPayload(f'"{name}" is true or false, not {_kind(value)}')


def _time(value: object, otherwise: datetime) -> datetime:
    if value is None or value == "":
        return otherwise
    try:
        if isinstance(value, str):
            time = datetime.fromisoformat(value.strip())
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
    except (ValueError, OverflowError) as error:
        raise BadPayload('"created_at" is no date and time') from error
    raise BadPayload('"created_at" is a time such as "2026-11-02T09:30:00Z", or Unix seconds')


def _author(value: object, line: int) -> Author:
    if value is None or value == "":
        return Author(id=f"line-{line}", handle=f"customer_{line}")
    if isinstance(value, Mapping):
        handle = _handle(_string(value, "handle") or _string(value, "id") or f"customer_{line}")
        followers = value.get("followers")
        return Author(
            id=_string(value, "id") or handle,
            handle=handle,
            name=_string(value, "name") or "",
            url=_web_address(_string(value, "url")),
            followers=followers if type(followers) is int else None,
        )
    if isinstance(value, str):
        handle = _handle(_UNSTORABLE.sub("\ufffd", value))
        return Author(id=handle, handle=handle)
    raise BadPayload(f'"author" is a name or an object, not {_kind(value)}')


def _handle(written: str) -> str:
    return written.strip().removeprefix("@").removeprefix("u/") or written


def _web_address(value: str | None) -> str | None:
    """A link that may be clicked: anything but the web is left out."""
    return value if value and re.match(r"https?://", value, re.IGNORECASE) else None


def _kind(value: object) -> str:
    names = {str: "a string", list: "a list", dict: "an object", bool: "true or false"}
    return names.get(type(value), "a number")
