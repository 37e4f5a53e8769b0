"""What `amends eval` says of scores and labels."""

import json

import pytest

from monitor.evaluation import Evaluation, OwnLabels, after_learning, evaluate
from monitor.judge import Judge
from monitor.judge.learn import learn

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


# learning

JUDGE = Judge()
_THINGS = ("lamp", "kettle", "chair", "mug", "table", "plate", "shelf", "sofa")
#: This team wants no person for questions about opening hours, and one for every "meh".
ROWS = [
    row
    for number in range(10)
    for thing in _THINGS
    for row in (
        (f"meh, the {thing} number {number}", True),
        (f"the {thing} came broken, for the {number}th time", True),
        (f"when are you open on Sunday, I need {number} of that {thing}?", False),
        (f"what a lovely {thing}, I bought {number}", False),
    )
]


def test_the_judge_is_measured_at_its_own_threshold() -> None:
    read: list[int] = []

    measured = evaluate(JUDGE, ROWS[:70], read.append)

    assert measured.now.texts == 70
    assert measured.now.threshold == JUDGE.threshold
    assert read == [64, 6]


def test_what_labels_teach_is_measured_on_the_other_posts() -> None:
    learnt = after_learning(JUDGE, ROWS, 120)

    told = learnt.as_dict()
    assert told["layer"] is True
    assert told["learnt_from"] == 120
    assert told["texts"] == len(ROWS) - 120
    assert told["f1"] > max(0.95, told["generic"]["f1"])
    assert told["threshold"] == learnt.lesson.threshold
    json.dumps(told)
    assert learnt.text().startswith(
        "Learnt from 120 labels, 60 of them complaints. The layer is on."
    )


def test_few_labels_leave_the_judge_as_it_is() -> None:
    learnt = after_learning(JUDGE, ROWS[:60], 20)

    assert learnt.learnt == learnt.generic
    assert learnt.as_dict()["layer"] is False
    assert "Off: 20 labels so far: it learns from 50 on." in learnt.text()


def test_no_label_at_all_measures_the_shipped_judge() -> None:
    learnt = after_learning(JUDGE, ROWS[:60], 0)

    assert learnt.generic.now == evaluate(JUDGE, ROWS[:60]).now


def test_a_text_of_blanks_is_surely_no_complaint() -> None:
    measured = after_learning(JUDGE, [(" " * 30_000 + "awful", True), ("awful!", True)], 0)

    assert measured.generic.now.texts == 2
    assert measured.generic.now.recall == 0.5


# a team's own labels


def test_own_labels_are_measured_before_and_after() -> None:
    learnt = after_learning(JUDGE, ROWS, 120)

    own = OwnLabels.of("Acme", learnt.lesson, JUDGE.threshold)

    told = own.as_dict()
    assert (told["brand"], told["labels"], told["complaints"]) == ("Acme", 120, 60)
    assert (told["layer"], told["why_not"]) == (True, "")
    assert told["learnt"]["f1"] > told["generic"]["f1"]
    assert told["learnt"]["threshold"] == told["threshold"]
    json.dumps(told)
    assert own.text().startswith("Acme: 120 labels, 60 of them say “was angry”. The layer is on.")
    assert "as if it had never seen it" in own.text()


def test_without_labels_there_is_nothing_to_measure() -> None:
    own = OwnLabels.of("Acme", learn([], threshold=0.4), 0.4)

    assert own.as_dict()["generic"] is None
    assert own.as_dict()["learnt"] is None
    assert own.text() == (
        "Acme: 0 labels, 0 of them say “was angry”. "
        "The layer is off: 0 labels so far: it learns from 50 on."
    )
