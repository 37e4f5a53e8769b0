import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.judge.evaluate import (
    Pair,
    at_prevalence,
    average_precision,
    best_threshold,
    measure,
    roc_area,
)

PAIRS: list[Pair] = [(0.9, True), (0.8, False), (0.7, True), (0.2, False), (0.1, True)]


def test_measure_counts_what_a_threshold_flags() -> None:
    quality = measure(PAIRS, 0.5)

    assert quality.flagged == 3
    assert quality.precision == pytest.approx(2 / 3)
    assert quality.recall == pytest.approx(2 / 3)
    assert quality.f1 == pytest.approx(2 / 3)
    assert (quality.positives, quality.texts) == (3, 5)


def test_nothing_flagged_is_precise_and_finds_nothing() -> None:
    quality = measure(PAIRS, 1.0)

    assert (quality.precision, quality.recall, quality.f1) == (1.0, 0.0, 0.0)


def test_no_positives_means_nothing_was_missed() -> None:
    assert measure([(0.1, False)], 0.5).recall == 1.0
    assert average_precision([(0.1, False)]) == 0.0
    assert roc_area([(0.1, False)]) == 0.5


def test_average_precision_by_hand() -> None:
    assert average_precision(PAIRS) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


def test_equal_scores_count_as_one_cut() -> None:
    assert average_precision([(0.5, True), (0.5, False)]) == pytest.approx(0.5)
    assert roc_area([(0.5, True), (0.5, False)]) == pytest.approx(0.5)


def test_roc_area_by_hand() -> None:
    assert roc_area(PAIRS) == pytest.approx((2 + 1 + 0) / 6)
    assert roc_area([(0.9, True), (0.1, False)]) == 1.0


def test_the_best_threshold_lies_between_two_scores() -> None:
    best = best_threshold([(0.9, True), (0.6, True), (0.2, False)])

    assert best.threshold == pytest.approx(0.4)
    assert best.f1 == 1.0


def test_the_best_threshold_may_serve_another_aim() -> None:
    best = best_threshold(PAIRS, better=lambda quality: quality.precision)

    assert best.precision == 1.0
    assert best.flagged == 1


def test_the_lowest_score_is_its_own_cut() -> None:
    assert best_threshold([(0.3, True)]).threshold == 0.3


def test_no_labels_no_threshold() -> None:
    with pytest.raises(ValueError, match="at least one"):
        best_threshold([])


def test_prevalence_changes_precision_and_leaves_recall() -> None:
    pairs: list[Pair] = [(0.9, True), (0.1, True), (0.8, False), (0.2, False)]

    rare = at_prevalence(pairs, 0.5, 0.1)

    assert rare.recall == pytest.approx(0.5)
    assert rare.precision == pytest.approx(0.1)
    assert at_prevalence([(0.9, True)], 0.5, 0.1) == measure([(0.9, True)], 0.5)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60))
def test_no_threshold_beats_the_best(raw: list[tuple[int, bool]]) -> None:
    pairs: list[Pair] = [(float(score), label) for score, label in raw]

    best = best_threshold(pairs)

    assert measure(pairs, best.threshold) == best
    assume(best.positives)
    assert all(measure(pairs, cut).f1 <= best.f1 for cut in range(-1, 22))
    assert 0 <= roc_area(pairs) <= 1
    assert 0 <= average_precision(pairs) <= 1
