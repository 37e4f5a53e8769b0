"""Reading answers in JSON that may have any shape: a value of the right kind, or a named error."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from connectors.errors import BadPayload

Json = Mapping[str, object]


def mapping(value: object) -> Json:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> Iterator[Json]:
    """The objects of a list; nothing for anything else."""
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def string(data: Json, key: str) -> str:
    """A string that must be there.

    Raises:
        BadPayload: it is not.
    """
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise BadPayload(f'"{key}" is no text')
    return value


def optional(data: Json, key: str) -> str | None:
    """A string that may be there; None for an empty one and for anything else."""
    value = data.get(key)
    return value if isinstance(value, str) and value else None


def identifier(value: object) -> str | None:
    """A number of the platform's as the opaque string that it is to us; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    return value if isinstance(value, str) and value.isascii() and value.isdecimal() else None


def unix_time(data: Json, key: str) -> datetime:
    """Seconds since 1970.

    Raises:
        BadPayload: it is no such number.
    """
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadPayload(f'"{key}" is no number')
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadPayload(f'"{key}" is no time') from error


def iso_time(data: Json, key: str) -> datetime:
    """A time such as 2026-11-17T07:20:00Z; without an offset it is UTC.

    Raises:
        BadPayload: it is no such text.
    """
    try:
        time = datetime.fromisoformat(string(data, key))
        return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadPayload(f'"{key}" is no time') from error
