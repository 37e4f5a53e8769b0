"""Where a poll stands, as the JSON that is stored with what it read. Pure."""

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

from connectors.errors import SetupError
from connectors.payload import Json

_VERSION = 1

Place = TypeVar("Place")


def dump(place: Mapping[str, object]) -> str:
    """The cursor that `load` reads."""
    return json.dumps({"v": _VERSION, **place}, separators=(",", ":"))


def load(cursor: str, *, platform: str, make: Callable[[Json], Place]) -> Place:
    """What `make` makes of a stored cursor; it may raise KeyError, TypeError and ValueError.

    Raises:
        SetupError: it is no cursor of this platform. Nothing is guessed: beginning anew without a
            word could hide that posts were missed.
    """
    try:
        return make(_of_this_version(json.loads(cursor)))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SetupError(
            f"The stored position of the poll of {platform} cannot be read, so nothing was "
            "polled. Restore the database, or delete this row of the table cursor to begin anew "
            f"with what {platform} still shows."
        ) from error


def _of_this_version(data: object) -> Json:
    if not isinstance(data, dict) or data.get("v") != _VERSION:
        raise ValueError("another version")
    return data


def text(value: object) -> str:
    """A string of a cursor.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


def whole(value: object) -> int:
    """A count or a time of a cursor: a whole number that is not negative.

    Raises:
        TypeError: it is none.
    """
    if type(value) is not int or value < 0:
        raise TypeError("not a whole number")
    return value


def texts(value: object) -> tuple[str, ...]:
    """Strings of a cursor.

    Raises:
        TypeError: there is something else.
    """
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(text(each) for each in value)
