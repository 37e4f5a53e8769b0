"""Lists take turns; one that cannot be read does not stop the others, nor is it forgotten."""

import logging

import pytest

from connectors.errors import SetupError, TryLater
from connectors.turns import Turns

LISTS = {"a": "/r/a", "b": "/r/b", "c": "/r/c"}


class NotPermitted(SetupError):
    """The login may not read this."""


class Lists:
    """Some lists; those in `closed` cannot be read."""

    def __init__(self, *closed: str) -> None:
        self.closed = set(closed)
        self.asked: list[str] = []

    def __call__(self, name: str) -> str:
        self.asked.append(name)
        if name in self.closed:
            raise NotPermitted(f"{name} is closed")
        return f"page of {name}"


@pytest.fixture
def turns() -> Turns:
    return Turns("reddit", LISTS, NotPermitted)


@pytest.mark.parametrize(("turn", "read"), [("", "a"), ("b", "b"), ("gone from the settings", "a")])
def test_the_list_whose_turn_it_is_is_read(turns: Turns, turn: str, read: str) -> None:
    assert turns.take(turn, Lists()) == (read, f"page of {read}")


def test_a_round_goes_through_all_lists_in_their_order(turns: Turns) -> None:
    assert [turns.after(name) for name in LISTS] == ["b", "c", ""]


def test_one_that_cannot_be_read_is_left_out_and_told_once(
    turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    lists = Lists("b")

    for _ in range(3):
        assert turns.take("b", lists) == ("b", None)
    lists.closed.clear()
    turns.take("b", lists)
    turns.take("b", lists)

    assert lists.asked == ["b"] * 5
    assert [record.getMessage() for record in caplog.records] == [
        "reddit: /r/b is left out: b is closed",
        "reddit: /r/b can be read again",
    ]


def test_where_none_can_be_read_the_reason_is_raised(turns: Turns) -> None:
    lists = Lists(*LISTS)

    turns.take("a", lists)
    turns.take("b", lists)

    for _ in range(2):
        with pytest.raises(NotPermitted, match="b is closed"):
            turns.take("c", lists)


def test_one_that_works_again_is_found_whosever_turn_it_is(
    turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    lists = Lists(*LISTS)
    turns.take("a", lists)
    turns.take("b", lists)
    with pytest.raises(NotPermitted):
        turns.take("c", lists)
    lists.closed.remove("a")
    caplog.clear()

    # The stored turn is still that of the last list, which stays closed.
    assert turns.take("c", lists) == ("a", "page of a")
    assert turns.take("b", lists) == ("b", None)
    assert [record.getMessage() for record in caplog.records] == ["reddit: /r/a can be read again"]


def test_what_fails_for_another_reason_is_no_list_that_cannot_be_read(
    turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def read(_name: str) -> str:
        raise TryLater("down")

    with pytest.raises(TryLater):
        turns.take("a", read)

    assert caplog.records == []
