import json
import random

import numpy as np
import pytest

from monitor.judge import Judge
from monitor.judge.complaint import Evidence, Route
from monitor.judge.embedding import SIZE
from monitor.judge.learn import (
    ENOUGH_LABELS,
    Example,
    TeamLayer,
    threshold_for_budget,
    threshold_for_precision,
    worth_labelling,
)
from monitor.judge.rules import Ruling
from monitor.judge.vader import Sentiment
from responders.verdict import LabelWord, RedFlag


def example(score: float, complaint: bool, direction: int = 0) -> Example:
    vector = np.zeros(SIZE, dtype=np.float16)
    vector[direction] = 1.0
    return Example(
        score=score, mood=(0.0, 0.0, 1.0, 0.0), vector=vector.tobytes(), complaint=complaint
    )


def team_of(examples: list[Example]) -> TeamLayer:
    layer = TeamLayer.fit(examples)
    assert layer is not None
    return layer


def noisy(count: int, *, offset: float = 0.0) -> list[Example]:
    """Labels that follow the generic score, which is off by `offset`."""
    chance = random.Random(5)
    examples = []
    for number in range(count):
        truth = chance.random() < 0.4
        score = chance.gauss(1.0 if truth else -1.0, 0.8) + offset
        examples.append(example(score, truth, direction=number % SIZE))
    return examples


def test_too_few_labels_teach_nothing() -> None:
    assert TeamLayer.fit(noisy(ENOUGH_LABELS - 1)) is None


def test_labels_of_one_kind_teach_nothing() -> None:
    assert TeamLayer.fit([example(0.5, True)] * 80) is None


def test_fifty_labels_calibrate_a_score_that_is_off() -> None:
    layer = team_of(noisy(60, offset=3.0))

    assert layer.probability_of(example(3.0, True, direction=500)) == pytest.approx(0.45, abs=0.2)
    assert layer.probability_of(example(1.0, True, direction=500)) < 0.3


def test_the_layer_learns_what_the_generic_score_does_not_know() -> None:
    # Posts about direction 7 are never complaints for this team, whatever the score.
    mixed = noisy(300) + [example(1.5, False, direction=7) for _ in range(40)]

    layer = team_of(mixed)

    assert layer.probability_of(example(1.5, False, direction=7)) < 0.4
    assert layer.probability_of(example(1.5, False, direction=500)) > 0.6


def test_a_thousand_labels_are_learnt_from_in_one_go() -> None:
    layer = team_of(noisy(1_000))

    right = sum((layer.probability_of(e) >= 0.5) == e.complaint for e in noisy(200))
    assert right > 170


def test_a_layer_survives_being_stored() -> None:
    layer = team_of(noisy(60)).with_threshold(0.3)

    again = TeamLayer.from_json(layer.to_json())

    probe = example(0.7, True)
    assert again.threshold == 0.3
    assert again.probability_of(probe) == pytest.approx(layer.probability_of(probe), abs=1e-4)


@pytest.mark.parametrize("text", ["[]", "{}", json.dumps({"weights": [1, 2]})])
def test_what_is_no_layer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a team's layer"):
        TeamLayer.from_json(text)


def test_only_was_angry_is_a_complaint() -> None:
    evidence = Judge().evidence("my mug is broken")
    assert evidence is not None

    words = {word: Example.of(evidence, word).complaint for word in LabelWord}

    assert words == {
        LabelWord.NOT_ANGRY: False,
        LabelWord.NOT_US: False,
        LabelWord.SPAM: False,
        LabelWord.WAS_ANGRY: True,
    }


def test_an_example_keeps_two_bytes_a_number_and_no_text() -> None:
    evidence = Judge().evidence("my mug is broken")
    assert evidence is not None

    kept = Example.of(evidence, LabelWord.WAS_ANGRY)

    assert len(kept.vector) == 2 * SIZE
    assert "mug" not in repr(kept)


def test_evidence_without_its_embedding_is_refused() -> None:
    bare = Evidence(
        route=Route.ENGLISH, score=0.0, sentiment=Sentiment(), ruling=Ruling(weight=0.0)
    )

    with pytest.raises(ValueError, match="no embedding"):
        Example.of(bare, LabelWord.SPAM)


def test_a_language_without_embeddings_can_be_learnt_too() -> None:
    evidence = Judge().evidence("Kde je moje objednávka? Třetí týden nic.")
    assert evidence is not None
    assert evidence.vector is None

    assert Example.of(evidence, LabelWord.WAS_ANGRY).vector == bytes(2 * SIZE)


def test_a_team_moves_the_verdict_and_never_a_red_flag() -> None:
    text = "my order is late and my lawyer will be in touch"
    never = TeamLayer(np.array([-30.0] + [0.0] * (5 + SIZE)), threshold=0.2)

    plain, taught = Judge().judge(text), Judge(team=never).judge(text)

    assert taught.complaint < 0.01
    assert not taught.angry
    assert taught.red_flags == plain.red_flags == (RedFlag.LEGAL,)
    assert taught.needs_person


def test_a_teams_own_threshold_takes_the_place_of_ours() -> None:
    trusting = np.zeros(6 + SIZE)
    trusting[1] = 1.0

    text = "the parcel is late"
    complaint = Judge().judge(text).complaint

    assert Judge(team=TeamLayer(trusting, threshold=complaint / 2)).judge(text).angry
    assert not Judge(team=TeamLayer(trusting, threshold=(1 + complaint) / 2)).judge(text).angry
    assert Judge(threshold=complaint / 2, team=TeamLayer(trusting)).judge(text).angry


def test_a_threshold_for_a_precision_finds_as_much_as_it_may() -> None:
    pairs = [(0.9, True), (0.8, True), (0.7, False), (0.6, True), (0.1, False)]

    best = threshold_for_precision(pairs, 0.75)

    assert best is not None
    assert best.flagged == 4
    assert best.precision == 0.75


def test_a_precision_that_cannot_be_had_gives_no_threshold() -> None:
    assert threshold_for_precision([(0.9, False), (0.1, True)], 0.9) is None


def test_a_budget_of_alerts_sets_the_threshold() -> None:
    scores = [0.9, 0.8, 0.7, 0.2, 0.1]

    cut = threshold_for_budget(scores, days=1, alerts_per_day=2)

    assert sum(score >= cut for score in scores) == 2


def test_equal_scores_stay_silent_together() -> None:
    scores = [0.9, 0.5, 0.5, 0.5]

    assert sum(s >= threshold_for_budget(scores, days=1, alerts_per_day=2) for s in scores) == 1
    assert threshold_for_budget([0.5, 0.5], days=1, alerts_per_day=1) > 0.5


def test_a_budget_above_all_posts_flags_nearly_all() -> None:
    assert threshold_for_budget([0.9], days=7, alerts_per_day=5) == 0.01


@pytest.mark.parametrize(("days", "alerts"), [(0, 5), (7, 0), (-1, 5)])
def test_a_budget_of_nothing_is_refused(days: float, alerts: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        threshold_for_budget([0.5], days=days, alerts_per_day=alerts)


def test_posts_close_to_the_cut_are_worth_a_label() -> None:
    assert worth_labelling(0.4, 0.35)
    assert not worth_labelling(0.9, 0.35)
    assert not worth_labelling(0.05, 0.35)
