from datetime import UTC, datetime

import pytest

from connectors.errors import BadPayload, SetupError
from connectors.payload import identifier, iso_time, mapping, objects, optional, string, unix_time
from connectors.position import dump, load, text, texts, whole


def test_values_of_the_right_kind_are_read() -> None:
    data = {"a": "x", "n": 5, "t": 1_794_900_000, "iso": "2026-11-17T08:20:00+01:00"}

    assert string(data, "a") == "x"
    assert optional(data, "a") == "x"
    assert unix_time(data, "t") == datetime(2026, 11, 17, 7, 20, tzinfo=UTC)
    assert iso_time(data, "iso") == datetime(2026, 11, 17, 7, 20, tzinfo=UTC)
    assert iso_time({"iso": "2026-11-17T07:20:00"}, "iso").tzinfo == UTC
    assert mapping(data) is data
    assert list(objects([data, 1, None])) == [data]


@pytest.mark.parametrize("value", [None, "", 5, [], True])
def test_what_is_no_text_is_named(value: object) -> None:
    with pytest.raises(BadPayload, match='"a" is no text'):
        string({"a": value}, "a")
    assert optional({"a": value}, "a") is None


@pytest.mark.parametrize("value", [None, "5", True, 10**30, float("nan"), float("inf")])
def test_what_is_no_time_is_named(value: object) -> None:
    with pytest.raises(BadPayload, match='"t" is no'):
        unix_time({"t": value}, "t")


@pytest.mark.parametrize("value", [None, "", "yesterday", "0001-01-01T00:00:00+23:59"])
def test_what_is_no_iso_time_is_named(value: object) -> None:
    with pytest.raises(BadPayload, match='"t" is no'):
        iso_time({"t": value}, "t")


@pytest.mark.parametrize(
    ("value", "found"),
    [(5, "5"), ("5", "5"), (True, None), ("", None), ("٣", None), ("a", None), (1.5, None)],
)
def test_a_number_of_the_platforms_is_an_opaque_string(value: object, found: str | None) -> None:
    assert identifier(value) == found


def test_what_is_no_object_is_an_empty_one() -> None:
    assert mapping([1]) == {}
    assert list(objects({"a": 1})) == []


def test_a_position_comes_back_as_it_was() -> None:
    cursor = dump({"at": 5, "names": ["a"], "turn": "x"})

    made = load(
        cursor,
        platform="feed",
        make=lambda d: (whole(d["at"]), texts(d["names"]), text(d["turn"])),
    )

    assert made == (5, ("a",), "x")


@pytest.mark.parametrize("cursor", ["", "{", "[]", "null", '{"v":2}', '{"v":1}', "[" * 100_000])
def test_what_is_no_position_needs_a_person(cursor: str) -> None:
    with pytest.raises(SetupError, match="position of the poll of feed"):
        load(cursor, platform="feed", make=lambda data: data["at"])


@pytest.mark.parametrize(
    ("read", "value"),
    [(whole, -1), (whole, True), (whole, "1"), (text, 1), (texts, "a"), (texts, [1])],
)
def test_a_position_holds_nothing_else(read: object, value: object) -> None:
    assert callable(read)
    with pytest.raises(TypeError):
        read(value)
