import json
import random
from dataclasses import replace

import numpy as np
import pytest

from monitor.judge import Judge
from monitor.judge.complaint import Evidence, Route
from monitor.judge.embedding import SIZE
from monitor.judge.evaluate import measure
from monitor.judge.learn import (
    ENOUGH_LABELS,
    Example,
    TeamLayer,
    Trace,
    expected_f1_cut,
    expected_precision_cut,
    learn,
    threshold_for_budget,
    threshold_for_precision,
)
from monitor.judge.rules import Ruling
from monitor.judge.vader import Sentiment
from responders.verdict import LabelWord, RedFlag

SHIPPED = 0.35
JUDGE = Judge()


def trace(score: float, direction: int | None = 0) -> Trace:
    """A post with this generic score whose embedding points in one direction; None: it has none."""
    if direction is None:
        return Trace(score=score, mood=(0.0, 0.0, 1.0, 0.0), vector=b"")
    vector = np.zeros(SIZE, dtype=np.float16)
    vector[direction] = 1.0
    return Trace(score=score, mood=(0.0, 0.0, 1.0, 0.0), vector=vector.tobytes())


def example(score: float, complaint: bool, direction: int | None = 0) -> Example:
    return Example(trace=trace(score, direction), complaint=complaint)


def taught(examples: list[Example]) -> TeamLayer:
    lesson = learn(examples, threshold=SHIPPED)
    assert lesson.layer is not None, lesson.why_not
    return lesson.layer


def noisy(count: int, *, offset: float = 0.0, share: float = 0.4) -> list[Example]:
    """Labels that follow the generic score, which is off by `offset`."""
    chance = random.Random(5)
    examples = []
    for number in range(count):
        truth = chance.random() < share
        score = chance.gauss(1.0 if truth else -1.0, 0.8) + offset
        examples.append(example(score, truth, direction=number % SIZE))
    return examples


def test_too_few_labels_teach_nothing() -> None:
    lesson = learn(noisy(ENOUGH_LABELS - 1), threshold=SHIPPED)

    assert lesson.layer is None
    assert lesson.why_not == "49 labels so far: it learns from 50 on"
    assert lesson.labels == 49
    assert lesson.threshold == SHIPPED


@pytest.mark.parametrize(
    ("complaint", "missing"), [(True, "not angry, not us or spam"), (False, "was angry")]
)
def test_labels_of_one_kind_teach_nothing(complaint: bool, missing: str) -> None:
    lesson = learn([example(0.5, complaint)] * 80, threshold=SHIPPED)

    assert lesson.layer is None
    assert lesson.why_not == f"only 0 labels say {missing}: it learns once there are 5"


def test_fifty_labels_calibrate_a_score_that_is_off() -> None:
    layer = taught(noisy(60, offset=3.0))

    assert layer.probability_of(trace(3.0, direction=500)) == pytest.approx(0.45, abs=0.2)
    assert layer.probability_of(trace(1.0, direction=500)) < 0.3


def test_the_layer_learns_what_the_generic_score_does_not_know() -> None:
    # Posts about direction 7 are never complaints for this team, whatever the score.
    mixed = noisy(300) + [example(1.5, False, direction=7) for _ in range(40)]

    layer = taught(mixed)

    assert layer.probability_of(trace(1.5, direction=7)) < 0.3
    assert layer.probability_of(trace(1.5, direction=500)) > 0.6


def test_a_post_without_an_embedding_is_like_the_average_one() -> None:
    layer = taught([example(e.trace.score, e.complaint, direction=3) for e in noisy(200)])

    alike = layer.probability_of(trace(0.4, direction=3))
    assert layer.probability_of(trace(0.4, direction=None)) == pytest.approx(alike, abs=1e-6)


def test_a_language_without_embeddings_alone_can_be_learnt() -> None:
    layer = taught([example(e.trace.score, e.complaint, None) for e in noisy(80, offset=2.0)])

    assert layer.probability_of(trace(2.0, direction=None)) == pytest.approx(0.4, abs=0.2)
    assert not layer.reads_vectors


def test_a_thousand_labels_are_learnt_from_in_one_go() -> None:
    layer = taught(noisy(1_000))

    right = sum((layer.probability_of(e.trace) >= 0.5) == e.complaint for e in noisy(200))
    assert right > 170


def test_leaving_a_post_out_is_foreseen_without_leaving_it_out() -> None:
    # The one fit must give what as many fits as there are labels would.
    examples = noisy(60, offset=1.0)

    lesson = learn(examples, threshold=SHIPPED)

    for place in (0, 7, 31):
        without = learn(examples[:place] + examples[place + 1 :], threshold=SHIPPED)
        assert without.layer is not None
        left_out = without.layer.probability_of(examples[place].trace)
        assert lesson.learnt[place][0] == pytest.approx(left_out, abs=0.03)


def test_the_threshold_that_serves_f1_is_chosen() -> None:
    # Complaints are frequent and the score far too low: the shipped cut would miss most.
    examples = noisy(200, offset=-3.0, share=0.6)

    lesson = learn(examples, threshold=SHIPPED)

    assert lesson.layer is not None
    assert measure(lesson.learnt, lesson.threshold).f1 > 0.8
    assert measure(lesson.generic, SHIPPED).f1 < 0.3
    assert lesson.layer.threshold == lesson.threshold


def test_a_threshold_that_was_set_stays() -> None:
    lesson = learn(noisy(200), threshold=0.8, fixed=True, answered=[trace(-3.0)] * 10)

    assert lesson.layer is not None
    assert lesson.layer.threshold == 0.8


def test_a_precision_is_aimed_at() -> None:
    examples = noisy(400)

    strict = learn(examples, threshold=SHIPPED, precision=0.95)
    loose = learn(examples, threshold=SHIPPED, precision=0.6)

    assert measure(strict.learnt, strict.threshold).precision >= 0.9
    assert loose.threshold < strict.threshold


def test_a_precision_that_cannot_be_reached_flags_the_surest_alone() -> None:
    assert expected_precision_cut([0.5, 0.4, 0.3], 0.9) == 0.5


def test_a_precision_that_everything_reaches_flags_everything() -> None:
    assert expected_precision_cut([0.9, 0.8, 0.001], 0.5) == 0.01


@pytest.mark.parametrize(
    ("chances", "cut"), [([0.0, 0.0], 0.01), ([1.0, 1.0], 0.5), ([1.0, 0.5, 0.0], 3 / 7)]
)
def test_the_cut_for_f1_is_half_of_what_can_be_reached(chances: list[float], cut: float) -> None:
    assert expected_f1_cut(chances) == pytest.approx(cut)


def test_nothing_gives_no_cut() -> None:
    with pytest.raises(ValueError, match="no probabilities"):
        expected_f1_cut([])


# what must not be learnt from


def test_labels_that_say_the_opposite_stay_off() -> None:
    turned = [replace(each, complaint=not each.complaint) for each in noisy(100)]

    lesson = learn(turned, threshold=SHIPPED)

    assert lesson.layer is None
    assert lesson.why_not.startswith("the labels say the opposite")
    assert lesson.learnt


@pytest.mark.parametrize("seed", range(5))
def test_labels_without_any_sense_stay_off(seed: int) -> None:
    chance = random.Random(seed)
    shuffled = [replace(each, complaint=chance.random() < 0.4) for each in noisy(200)]

    lesson = learn(shuffled, threshold=SHIPPED)

    assert lesson.layer is None
    assert lesson.why_not.startswith("the labels ")


def test_a_layer_that_does_worse_than_the_shipped_judge_stays_off() -> None:
    # The set threshold was chosen for a score that says too much; calibrated, hardly any post
    # would reach it.
    lesson = learn(noisy(400, offset=2.0), threshold=0.9, fixed=True)

    assert lesson.layer is None
    assert lesson.why_not.startswith("it would do worse than the shipped judge")


def test_saying_only_what_was_wrong_does_not_silence_what_is_answered() -> None:
    # A team that calls every false alarm "not angry" and simply answers the others.
    false_alarms = [each for each in noisy(400, offset=2.0) if not each.complaint][:150]
    named = [each for each in noisy(60, offset=2.0) if each.complaint][:8]
    answered = [each.trace for each in noisy(900, offset=2.0) if each.complaint][-60:]

    bare = learn(false_alarms + named, threshold=SHIPPED)
    heeding = learn(false_alarms + named, threshold=SHIPPED, answered=answered)

    assert bare.layer is not None
    assert heeding.layer is not None
    assert silenced(bare.layer, answered) > 0.2
    assert silenced(heeding.layer, answered) <= 0.1


def test_of_flagged_posts_without_a_word_at_most_half_is_silenced() -> None:
    flagged = [trace(number / 60, direction=100 + number) for number in range(40)]

    examples = noisy(200, offset=1.0)

    bare = learn(examples, threshold=SHIPPED)
    heeding = learn(examples, threshold=SHIPPED, unsaid=flagged)

    assert bare.layer is not None
    assert heeding.layer is not None
    assert silenced(bare.layer, flagged) > 0.9
    assert silenced(heeding.layer, flagged) <= 0.5


def test_two_answered_posts_prove_nothing() -> None:
    examples = noisy(200)

    heeding = learn(examples, threshold=SHIPPED, answered=[trace(-9.0)] * 2)

    assert heeding.threshold == learn(examples, threshold=SHIPPED).threshold


def silenced(layer: TeamLayer, traces: list[Trace]) -> float:
    return sum(layer.probability_of(each) < layer.threshold for each in traces) / len(traces)


# storing


def test_a_layer_survives_being_stored() -> None:
    layer = taught(noisy(60)).with_threshold(0.3)

    again = TeamLayer.from_json(layer.to_json())

    probe = trace(0.7)
    assert again.threshold == 0.3
    assert again.probability_of(probe) == pytest.approx(layer.probability_of(probe), abs=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        json.dumps({"weights": [1, 2], "threshold": 0.3}),
        json.dumps({"weights": [0.0] * (7 + SIZE)}),
    ],
)
def test_what_is_no_layer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a team's layer"):
        TeamLayer.from_json(text)


def test_only_was_angry_is_a_complaint() -> None:
    words = {word: Example.of(trace(0.0), word).complaint for word in LabelWord}

    assert words == {
        LabelWord.NOT_ANGRY: False,
        LabelWord.NOT_US: False,
        LabelWord.SPAM: False,
        LabelWord.WAS_ANGRY: True,
    }


# with the judge


def test_a_trace_keeps_two_bytes_a_number_and_no_text() -> None:
    (kept,) = JUDGE.traces(["my mug is broken"])

    assert kept is not None
    assert len(kept.vector) == 2 * SIZE == 1024
    assert "mug" not in repr(kept)


def test_a_blank_text_leaves_no_trace() -> None:
    blank, other = JUDGE.traces([" \n", "broken!"], hints=[None, "en"])

    assert blank is None
    assert other is not None


def test_a_language_without_embeddings_leaves_a_short_trace() -> None:
    (kept,) = JUDGE.traces(["Kde je moje objednávka? Třetí týden nic."])

    assert kept is not None
    assert kept.vector == b""


def test_evidence_without_its_embedding_is_refused() -> None:
    bare = Evidence(
        route=Route.ENGLISH, score=0.0, sentiment=Sentiment(), ruling=Ruling(weight=0.0)
    )

    with pytest.raises(ValueError, match="no embedding"):
        Trace.of(bare)


@pytest.mark.parametrize("text", ["the parcel is late again", "Kde je moje objednávka?"])
def test_judging_and_learning_see_the_same_post(text: str) -> None:
    layer = taught(noisy(200, offset=1.0))
    (kept,) = JUDGE.traces([text])

    assert kept is not None
    judged = JUDGE.judge(text, team=layer).complaint
    assert judged == pytest.approx(layer.probability_of(kept), abs=2e-3)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("my order is late and my lawyer will be in touch", RedFlag.LEGAL),
        ("your kettle burnt my hand, I was in hospital", RedFlag.INJURY),
        ("I withdraw from the contract for order 1182", RedFlag.RIGHTS_REQUEST),
    ],
)
def test_a_team_moves_the_verdict_and_never_a_red_flag(text: str, flag: RedFlag) -> None:
    never = TeamLayer(np.array([-30.0] + [0.0] * (6 + SIZE)), threshold=0.99)

    plain, silent = JUDGE.judge(text), JUDGE.judge(text, team=never)

    assert silent.complaint < 0.01
    assert not silent.angry
    assert flag in silent.red_flags
    assert silent.red_flags == plain.red_flags
    assert silent.needs_person


def test_a_teams_own_threshold_takes_the_place_of_ours() -> None:
    text = "the parcel is late"
    complaint = JUDGE.judge(text).complaint
    lower, higher = (
        TeamLayer.trusting(threshold=complaint / 2),
        TeamLayer.trusting(threshold=(1 + complaint) / 2),
    )

    assert JUDGE.judge(text, team=lower).angry
    assert not JUDGE.judge(text, team=higher).angry
    assert not Judge(team=higher).judge(text).angry
    assert not higher.reads_vectors


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

    cut = threshold_for_budget(scores, days=1, alerts_per_day=2, least=0.1)

    assert sum(score >= cut for score in scores) == 2


def test_equal_scores_stay_silent_together() -> None:
    scores = [0.9, 0.5, 0.5, 0.5]

    assert (
        sum(s >= threshold_for_budget(scores, days=1, alerts_per_day=2, least=0.1) for s in scores)
        == 1
    )
    assert threshold_for_budget([0.5, 0.5], days=1, alerts_per_day=1, least=0.1) > 0.5


def test_a_budget_that_is_not_used_up_flags_no_more_than_the_judge_would() -> None:
    scores = [0.9, 0.8, 0.3, 0.1, 0.05, 0.02, 0.015]

    assert threshold_for_budget(scores, days=4, alerts_per_day=10, least=0.4) == 0.4
    assert threshold_for_budget(scores, days=1, alerts_per_day=5, least=0.4) == 0.4
    assert threshold_for_budget(scores, days=1, alerts_per_day=1, least=0.4) > 0.8


@pytest.mark.parametrize(("days", "alerts"), [(0, 5), (7, 0), (-1, 5)])
def test_a_budget_of_nothing_is_refused(days: float, alerts: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        threshold_for_budget([0.5], days=days, alerts_per_day=alerts, least=0.1)
