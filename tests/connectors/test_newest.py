from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import SetupError
from connectors.newest import FIRST_ROUND, LONGEST_ROUND, Item, Place, dump, load, step

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)


def item(number: int, *, readable: bool = True) -> Item:
    """The item with this number; each is an hour younger than the one before."""
    return Item(key=str(number), at=NOON + timedelta(hours=number) if readable else None)


def items(newest: int, oldest: int) -> list[Item]:
    return [item(number) for number in range(newest, oldest - 1, -1)]


def finished(newest: int, oldest: int) -> Place:
    """After two rounds that were one page each."""
    place = step(Place(), items(newest, oldest), "").place
    return step(place, items(newest, oldest), "").place


def test_a_list_of_one_page_is_one_round() -> None:
    after = step(Place(), items(9, 0), "")

    assert after.done
    assert not after.cut_off
    assert after.place.known == tuple(str(number) for number in range(9, -1, -1))


def test_a_round_goes_down_to_known_ground_and_no_further() -> None:
    place = finished(9, 0)

    first = step(place, items(19, 10), "two")
    second = step(first.place, items(9, 0), "three")

    assert (first.done, first.place.token, first.place.under_way) == (False, "two", True)
    assert second.done
    assert not second.place.under_way


def test_one_old_item_among_new_ones_ends_no_round() -> None:
    place = finished(9, 0)

    assert not step(place, [*items(19, 11), item(3)], "two").done
    assert step(place, [*items(19, 11), *items(6, 2)], "two").done


def test_a_round_of_several_pages_is_gone_over_once_more() -> None:
    place = finished(9, 0)
    first = step(place, items(29, 20), "two")
    second = step(first.place, items(19, 10), "three")
    third = step(second.place, items(9, 0), "four")

    again = step(third.place, items(29, 20), "two")
    after = step(step(again.place, items(19, 10), "three").place, items(9, 0), "four")

    assert third.done
    assert not again.done
    assert after.done
    # And that is enough: the round after it is one page.
    assert step(after.place, items(29, 20), "two").done


def test_the_first_round_ends_somewhere() -> None:
    place = Place()
    read = 0
    while True:
        taken = step(place, items(10_000 - read, 9_901 - read), f"after {read}")
        read, place = read + 100, taken.place
        if taken.done:
            break

    assert read == FIRST_ROUND
    assert not taken.cut_off


def test_a_round_without_end_is_given_up_and_says_so() -> None:
    place = finished(9, 0)
    taken = step(place, items(10_000, 9_901), "more")
    for number in range(LONGEST_ROUND // 100):
        if taken.done:
            break
        taken = step(taken.place, items(10_000, 9_901), f"more {number}")

    assert taken.done
    assert taken.cut_off


@pytest.mark.parametrize("page", [[], items(19, 10)])
def test_a_server_that_names_the_same_page_again_or_an_empty_one_ends_the_round(
    page: list[Item],
) -> None:
    under_way = step(finished(9, 0), items(29, 20), "two").place

    assert step(under_way, page, "two").done


def test_items_without_a_time_are_no_ground_and_no_mark() -> None:
    place = finished(9, 0)

    strange = [item(number, readable=False) for number in range(40, 30, -1)]

    assert not step(place, strange, "two").done
    assert step(place, strange, "").place.mark == place.mark


def test_one_time_in_the_future_does_not_move_the_mark_there() -> None:
    place = step(Place(), [item(90_000), *items(9, 0)], "").place

    assert place.mark == int((NOON + timedelta(hours=6)).timestamp())


def test_a_stale_token_begins_the_round_again() -> None:
    under_way = step(finished(9, 0), items(29, 20), "two").place

    assert under_way.at_the_top() == finished(9, 0)


def test_a_place_is_stored_as_it_is() -> None:
    place = step(finished(9, 0), items(29, 20), "two").place

    assert load(dump(place), platform="Acme") == place
    assert load(None, platform="Acme") == Place()


@pytest.mark.parametrize(
    "cursor", ["", "[]", '{"v":1}', '{"v":1,"mark":"x","floor":null,"known":[],"token":""}']
)
def test_what_is_no_place_is_named(cursor: str) -> None:
    with pytest.raises(SetupError, match="Acme cannot be read"):
        load(cursor, platform="Acme")


class Shelf:
    """A list whose page tokens are indexes that shift."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers

    def page(self, token: str) -> tuple[list[Item], str]:
        start = int(token or 0)
        shown = sorted(self.numbers, reverse=True)[start : start + 10]
        more = start + 10 < len(self.numbers)
        return [item(number) for number in shown], str(start + 10) if more else ""


def walked(
    shelf: Shelf, place: Place, happenings: Iterator[tuple[int, int]]
) -> tuple[Place, set[str]]:
    found: set[str] = set()
    while True:
        page, token = shelf.page(place.token)
        found |= {each.key for each in page}
        taken = step(place, page, token)
        place = taken.place
        for arrived, gone in [next(happenings, (0, 0))]:
            top = max(shelf.numbers, default=0)
            shelf.numbers += range(top + 1, top + 1 + arrived)
            for _ in range(min(gone, len(shelf.numbers))):
                shelf.numbers.remove(sorted(shelf.numbers)[len(shelf.numbers) // 2])
        if taken.done:
            return place, found


@given(
    start=st.integers(0, 60),
    happenings=st.lists(st.tuples(st.integers(0, 25), st.integers(0, 1)), max_size=12),
)
def test_whatever_is_still_there_was_met_after_a_quiet_round(
    start: int, happenings: list[tuple[int, int]]
) -> None:
    shelf = Shelf(list(range(start)))
    place, found = Place(), set[str]()
    events = iter(happenings)

    for _ in range(4):
        place, more = walked(shelf, place, events)
        found |= more
    for _ in range(2):  # nothing happens any more
        place, more = walked(shelf, place, iter(()))
        found |= more

    assert {str(number) for number in shelf.numbers} <= found
