"""How far X's lists have been read."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import SetupError
from connectors.twitter.cursor import Place, Position, dump, earlier, is_id, load, moment_of

ids = st.integers(min_value=0, max_value=10**19 - 1).map(str)
places = st.builds(
    Place,
    since=st.none() | ids,
    newest=st.none() | ids,
    oldest=st.none() | ids,
    until=st.none() | ids,
    token=st.none() | st.text(),
    met=st.integers(min_value=0),
)


class TestARound:
    def test_of_one_page_moves_to_its_newest(self) -> None:
        assert Place(since="10").after(["12", "11"], None) == Place(since="12")

    def test_of_nothing_stays(self) -> None:
        assert Place(since="10").after([], None) == Place(since="10")

    def test_of_several_pages_moves_only_at_its_end_to_the_first_pages_newest(self) -> None:
        first = Place(since="10").after(["90", "80"], "a")
        second = first.after(["70", "60"], "b")
        last = second.after(["50"], None)

        assert first == Place(since="10", newest="90", oldest="80", token="a", met=2)
        assert second == Place(since="10", newest="90", oldest="60", token="b", met=4)
        assert last == Place(since="90")

    def test_counts_what_is_new_and_not_the_overlap(self) -> None:
        assert Place(since="10").after(["12", "11", "10", "9"], "a").met == 2

    def test_that_meets_only_the_overlap_never_moves_back(self) -> None:
        assert Place(since="100").after(["99"], None) == Place(since="100")

    def test_whose_token_is_stale_goes_on_below_the_oldest(self) -> None:
        place = Place(since="10").after(["90", "80"], "a").without_token()

        assert (place.token, place.until, place.since, place.newest) == (None, "80", "10", "90")
        assert place.after(["70"], None) == Place(since="90")

    def test_whose_lower_end_is_too_old_goes_on_without(self) -> None:
        assert Place(since="10", token="a").without_since() == Place(token="a")

    def test_that_x_no_longer_shows_ends_with_what_was_read(self) -> None:
        assert Place(since="10", newest="90", until="80").given_up() == Place(since="90")

    @given(places, st.lists(ids, max_size=5), st.none() | st.text(min_size=1))
    def test_never_moves_back(self, place: Place, met: list[str], token: str | None) -> None:
        after = place.after(met, token)

        assert int(after.since or "-1") >= int(place.since or "-1")


class TestWhatIsStored:
    @given(places, places, st.booleans(), st.none() | places)
    def test_comes_back_as_it_was(
        self, mentions: Place, search: Place, searching: bool, gap: Place | None
    ) -> None:
        position = Position(mentions=mentions, search=search, searching=searching, gap=gap)

        assert load(dump(position)) == position

    def test_of_an_earlier_version_has_no_gap(self) -> None:
        stored = json.loads(dump(Position(searching=True)))
        del stored["gap"]

        assert load(json.dumps(stored)) == Position(searching=True)

    def test_is_the_beginning_where_nothing_is(self) -> None:
        assert load(None) == Position()

    @pytest.mark.parametrize(
        "changes",
        [
            {"version": 2},
            {"searching": 1},
            {"mentions": None},
            {"search": {}},
            {"search": {"since": "x"}},
        ],
    )
    def test_is_refused_where_it_is_not_ours(self, changes: dict[str, object]) -> None:
        stored = json.dumps(json.loads(dump(Position())) | changes)

        with pytest.raises(SetupError, match="cannot be read"):
            load(stored)

    @pytest.mark.parametrize(
        "changes",
        [{"since": "t3_abc"}, {"until": 17}, {"token": 5}, {"met": "3"}, {"met": True}, {"x": 1}],
    )
    def test_is_refused_where_a_place_is_not_ours(self, changes: dict[str, object]) -> None:
        found = json.loads(dump(Position()))
        found["mentions"] |= changes

        with pytest.raises(SetupError, match="cannot be read"):
            load(json.dumps(found))

    @given(st.text())
    def test_is_a_position_or_a_clear_error_whatever_it_is(self, stored: str) -> None:
        with pytest.raises(SetupError):
            load(stored)

    def test_is_refused_where_it_is_deeper_than_any_of_ours(self) -> None:
        with pytest.raises(SetupError):
            load("[" * 100_000)


class TestIds:
    def test_hold_their_time(self) -> None:
        # The example post of X's data dictionary was written at this second.
        written = datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)

        assert moment_of("1050118621198921728").replace(microsecond=0) == written

    def test_go_back_by_a_time(self) -> None:
        ten_minutes = timedelta(minutes=10)
        post_id = "1991500000000000101"

        before = earlier(post_id, ten_minutes)

        gone_back = moment_of(post_id) - moment_of(before)
        assert gone_back == ten_minutes
        assert int(before) % (1 << 22) == 0

    def test_do_not_go_back_before_the_first(self) -> None:
        assert earlier("5", timedelta(minutes=10)) == "0"

    @pytest.mark.parametrize("value", ["", "-1", "1" * 20, "abc", 17, None, "1\n", "\uff11"])
    def test_are_digits_and_nothing_else(self, value: object) -> None:
        assert not is_id(value)
