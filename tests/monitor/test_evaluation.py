"""What `amends eval` says of scores and labels."""

import json

import pytest

from monitor.evaluation import Evaluation

PAIRS = [(0.9, True), (0.8, True), (0.7, False), (0.4, True), (0.1, False)]


def test_the_figures_are_those_of_the_threshold_and_of_the_best_one() -> None:
    measured = Evaluation.of(PAIRS, 0.75).as_dict()

    assert measured == {
        "texts": 5,
        "positives": 3,
        "flagged": 2,
        "threshold": 0.75,
        "precision": 1.0,
        "recall": 0.6667,
        "f1": 0.8,
        "average_precision": pytest.approx((1 + 1 + 3 / 4) / 3, abs=1e-4),
        "best_threshold": 0.25,
        "best_f1": 0.8571,
    }
    json.dumps(measured)


def test_the_figures_are_told_in_sentences() -> None:
    assert Evaluation.of(PAIRS, 0.75).text() == (
        "5 posts, 3 of them complaints; 2 were flagged.\n"
        "At the threshold 0.75: precision 1.000, recall 0.667, F1 0.800. "
        "Average precision 0.917.\n"
        "On these posts the threshold 0.25 would serve best: "
        "precision 0.750, recall 1.000, F1 0.857."
    )


@pytest.mark.parametrize("label", [True, False])
def test_labels_of_one_kind_alone_are_measured_too(label: bool) -> None:
    measured = Evaluation.of([(0.9, label), (0.1, label)], 0.5).as_dict()

    assert measured["texts"] == 2
    assert measured["positives"] == 2 * label
    assert all(0 <= value <= 2 for value in measured.values())
