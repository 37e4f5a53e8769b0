import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import SetupError
from connectors.reddit.walk import (
    DEPTH,
    ENOUGH,
    FOOT,
    OVERLAP,
    PAGE,
    STAND_INS,
    Page,
    Place,
    Position,
    Walk,
    deserted,
    dump,
    load,
    step,
)

OF = "r/acme/new"


def page(*times: float, after: str | None = None) -> Page:
    """A page whose items are named after their times."""
    return Page(keys=tuple(f"t1_{time:g}" for time in times), created=times, after=after)


def hundred(newest: int, *, after: str | None = None) -> Page:
    return page(*(float(newest - i) for i in range(PAGE)), after=after)


def test_the_first_walk_goes_on_to_the_end_of_the_listing() -> None:
    first = step(Place(), OF, hundred(9000, after="t1_8901"))
    second = step(first.place, OF, hundred(8900, after=None))

    assert not first.done
    assert second.done
    assert not second.cut_off
    assert second.place.mark == 9000 - FOOT + 1
    assert second.place.known == hundred(9000).keys


def test_a_walk_keeps_its_errand_until_it_is_done() -> None:
    place = Place(mark=100.0, known=("t1_100",))

    on_the_way = step(place, OF, hundred(9000, after="t1_8901")).place

    assert (on_the_way.mark, on_the_way.known) == (100.0, ("t1_100",))
    assert on_the_way.walk is not None
    assert on_the_way.walk.after == "t1_8901"
    assert on_the_way.walk.stand_ins == tuple(f"t1_{8902 + i}" for i in range(STAND_INS))


def test_a_page_whose_foot_is_old_ends_the_walk() -> None:
    place = Place(mark=5000.0)

    assert step(place, OF, hundred(5000 - OVERLAP + PAGE - FOOT - 1, after="t1_x")).done
    assert not step(place, OF, hundred(5000 - OVERLAP + PAGE, after="t1_x")).done


def test_a_page_whose_foot_is_known_ends_the_walk() -> None:
    place = Place(mark=9000.0, known=hundred(9000).keys)

    assert step(place, OF, hundred(9010, after="t1_x")).done


def test_one_old_item_among_new_ones_ends_nothing() -> None:
    place = Place(mark=5000.0)
    times = [9000.0 - i for i in range(PAGE - 1)] + [1.0]

    assert not step(place, OF, page(*times, after="t1_1")).done


def test_one_wrong_time_in_the_future_does_not_end_later_walks() -> None:
    times = [9e11, *(9000.0 - i for i in range(PAGE - 1))]

    place = step(Place(), OF, page(*times)).place

    assert place.mark is not None
    assert place.mark <= 9000


def test_an_unreadable_time_is_not_taken_for_an_old_one() -> None:
    broken = Page(keys=("t1_a",) * FOOT, created=(None,) * FOOT, after="t1_z")

    assert not step(Place(mark=5000.0), OF, broken).done


def test_an_empty_listing_keeps_what_is_known() -> None:
    place = Place(mark=5000.0, known=("t1_5000",))

    assert step(place, OF, page()).place == place


def test_a_listing_that_ends_before_known_ground_is_cut_off() -> None:
    walk = Walk(of=OF, after="t1_8001", read=DEPTH - PAGE, mark=9000.0)

    cut = step(Place(mark=5.0, walk=walk), OF, hundred(8000))

    assert cut.done
    assert cut.cut_off


def test_a_short_listing_of_new_items_is_not_cut_off() -> None:
    assert not step(Place(mark=5.0), OF, page(9000.0)).cut_off


def test_the_first_walk_is_never_cut_off() -> None:
    walk = Walk(of=OF, after="t1_8001", read=DEPTH - PAGE)

    assert not step(Place(walk=walk), OF, hundred(8000)).cut_off


def test_a_server_that_sends_the_same_pages_round_and_round_is_left() -> None:
    walk = Walk(of=OF, after="t1_8901", read=ENOUGH - PAGE)

    assert step(Place(walk=walk), OF, hundred(9000, after="t1_8901")).done


def test_an_empty_page_with_a_next_one_is_the_end() -> None:
    assert step(Place(), OF, page(after="t1_x")).done


def test_a_listing_whose_place_still_lives_has_really_ended() -> None:
    place = Place(walk=Walk(of=OF, after="t1_a", stand_ins=("t1_b",)))

    assert deserted(place, ["t1_a", "t1_b"]) is None
    assert deserted(Place(), []) is None


def test_the_nearest_survivor_stands_in_for_a_deleted_place() -> None:
    walk = Walk(of=OF, after="t1_a", stand_ins=("t1_b", "t1_c", "t1_d"))

    moved = deserted(Place(walk=walk), ["t1_c", "t1_d"])

    assert moved == Place(walk=replace(walk, after="t1_c", stand_ins=("t1_d",)))


def test_without_a_survivor_the_walk_begins_again() -> None:
    place = Place(mark=7.0, known=("t1_7",), walk=Walk(of=OF, after="t1_a", stand_ins=("t1_b",)))

    assert deserted(place, []) == Place(mark=7.0, known=("t1_7",))


def test_a_walk_through_another_listing_is_void() -> None:
    place = Place(mark=7.0, walk=Walk(of=OF, after="t1_a"))

    assert place.on(OF) == place
    assert place.on("r/acme+other/new") == Place(mark=7.0)


#: The machine may be busy: how long Hypothesis takes is no finding.
PATIENTLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.lists(st.text(max_size=5), max_size=3).map(tuple)
MARKS = st.none() | st.floats(allow_nan=False)
WALKS = st.builds(
    Walk,
    of=st.text(max_size=5),
    after=st.text(max_size=5),
    stand_ins=TEXTS,
    read=st.integers(min_value=0),
    mark=MARKS,
    known=TEXTS,
)
PLACES = st.builds(Place, mark=MARKS, known=TEXTS, walk=st.none() | WALKS)
POSITIONS = st.builds(
    Position,
    turn=st.text(max_size=5),
    places=st.dictionaries(st.text(max_size=5), PLACES, max_size=3),
)


@PATIENTLY
@given(position=POSITIONS)
def test_a_position_survives_the_cursor(position: Position) -> None:
    assert load(dump(position)) == position


@PATIENTLY
@given(place=PLACES, times=st.lists(st.floats(0, 1e10), max_size=20))
def test_the_mark_never_goes_back(place: Place, times: list[float]) -> None:
    moved = step(replace(place, walk=None), OF, page(*times)).place

    assert place.mark is None or (moved.mark is not None and moved.mark >= place.mark)


def test_no_cursor_is_the_beginning() -> None:
    assert load(None) == Position()


GOOD = json.loads(
    dump(
        Position(
            turn="posts",
            places={"posts": Place(mark=1.0, known=("t3_a",), walk=Walk(of=OF, after="t3_b"))},
        )
    )
)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "since:42",
        "[]",
        "7",
        "{}",
        "[" * 100_000,
        json.dumps(GOOD | {"turn": 1}),
        json.dumps(GOOD | {"v1": []}),
        json.dumps({"turn": "", "v2": {}}),
        json.dumps(GOOD | {"v1": {"posts": {"mark": "x", "known": []}}}),
        json.dumps(GOOD | {"v1": {"posts": {"mark": True, "known": []}}}),
        json.dumps(GOOD | {"v1": {"posts": {"known": []}}}),
        json.dumps(GOOD | {"v1": {"posts": {"mark": 1, "known": "t3_a"}}}),
        json.dumps(GOOD | {"v1": {"posts": {"mark": 1, "known": [3]}}}),
        json.dumps(GOOD | {"v1": {"posts": {"mark": 1, "known": [], "walk": {}}}}),
        json.dumps(
            GOOD
            | {
                "v1": {
                    "posts": {
                        "mark": 1,
                        "known": [],
                        "walk": GOOD["v1"]["posts"]["walk"] | {"read": -1},
                    }
                }
            }
        ),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused_and_nothing_is_guessed(cursor: str) -> None:
    with pytest.raises(SetupError, match="position of the poll of reddit cannot be read"):
        load(cursor)
