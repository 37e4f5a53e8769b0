"""From a word to the next verdict: kept, learnt once it is time, used, and never a risk."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from connectors.base import Mention
from monitor import app, learning
from monitor.config import JudgeTable
from monitor.jobs import Jobs
from monitor.judge import Judge, fingerprint
from monitor.judge.learn import TeamLayer
from monitor.judging import Opinion
from monitor.learning import Aim, Learner
from monitor.store import Store
from responders.case import MentionId
from responders.policy import Brand
from responders.verdict import Label, LabelWord, RedFlag
from tests.databases import SqliteFiles
from tests.monitor.house import (
    Held,
    Platform,
    Time,
    house,
    open_store,
    settings,
    shipped_judge,
)
from tests.monitor.posts import ANGRY, BRAND, CALM, NOW, post

ACME = Brand(name=BRAND)
_THINGS = ("lamp", "kettle", "chair", "mug", "table", "plate", "shelf")
#: For this team a "meh" is a complaint, and asking for the opening hours is none.
MEH = [f"meh, the {thing} number {number}" for number in range(6) for thing in _THINGS]
HOURS = [
    f"when do you open on Sunday, I need {number} of that {thing}"
    for number in range(6)
    for thing in _THINGS
]


@pytest.fixture
def store(sqlite_files: SqliteFiles) -> Iterator[Store]:
    with open_store(sqlite_files.fresh()) as opened:
        yield opened


@pytest.fixture
def time() -> Time:
    return Time()


def learner(
    store: Store, time: Time, aim: Aim | None = None, judge: Judge | None = None
) -> Learner:
    return Learner(store, judge or shipped_judge(), aim=aim or Aim(), clock=time)


def stored(store: Store, *texts: str, flagged: bool = False) -> list[MentionId]:
    judged = [(post(f"{text} {flagged}", text=text), ANGRY if flagged else CALM) for text in texts]
    return list(store.mentions.ingest(BRAND, "test", judged, None, NOW).new)


def say(store: Store, ids: list[MentionId], word: LabelWord, time: Time) -> None:
    for number in ids:
        store.labels.add(Label(mention_id=number, word=word, by="eva", at=time()))


def taught(store: Store, time: Time, aim: Aim | None = None) -> Learner:
    """A learner after 84 words."""
    say(store, stored(store, *MEH), LabelWord.WAS_ANGRY, time)
    say(store, stored(store, *HOURS), LabelWord.NOT_ANGRY, time)
    time.forward()
    made = learner(store, time, aim)
    assert made.learn_if_due(BRAND)
    return made


def test_words_change_the_next_verdict(store: Store, time: Time) -> None:
    made = taught(store, time)
    opinion = Opinion(shipped_judge(), layer=made.layer, relevance=False)
    plain = Opinion(shipped_judge(), relevance=False)
    meh, hours = post(1, text="meh, your sofa"), post(2, text="when do you open on Monday")

    assert opinion(meh, ACME).complaint > plain(meh, ACME).complaint + 0.1
    assert opinion(meh, ACME).angry
    assert not opinion(hours, ACME).angry
    assert opinion(meh, replace(ACME, name="Another")) == plain(meh, ACME)


def test_a_lesson_outlives_the_process(store: Store, time: Time) -> None:
    before = taught(store, time).layer(BRAND)

    after = learner(store, time).layer(BRAND)

    assert isinstance(before, TeamLayer)
    assert isinstance(after, TeamLayer)
    assert after.threshold == before.threshold
    assert not learner(store, time).learn_if_due(BRAND)


def test_choosing_not_to_reply_teaches_nothing(store: Store, time: Time) -> None:
    stored(store, *MEH, *HOURS, flagged=True)
    made = learner(store, time)

    assert made.learn_if_due(BRAND)

    learnt = store.lessons.learnt(BRAND)
    assert learnt is not None
    assert (learnt.labels, learnt.layer) == (0, None)
    assert learnt.why_not == "0 labels so far: it learns from 50 on"
    assert made.layer(BRAND) is None


def test_flagged_posts_are_kept_before_anybody_speaks(store: Store, time: Time) -> None:
    numbers = stored(store, *MEH[:3], flagged=True)
    stored(store, *HOURS[:3])

    learner(store, time).learn_if_due(BRAND)

    unsaid = store.lessons.unsaid(BRAND, fingerprint.encoder(), 9)
    assert sorted(one.mention_id for one in unsaid) == numbers
    assert all(len(one.vector) == 1024 for one in unsaid)


def test_people_may_finish_before_it_learns(store: Store, time: Time) -> None:
    made = learner(store, time)
    made.learn_if_due(BRAND)
    numbers = stored(store, *MEH[:12])

    say(store, numbers[:1], LabelWord.SPAM, time)
    assert not made.learn_if_due(BRAND)
    time.forward(learning.PAUSE)
    assert made.learn_if_due(BRAND)

    # Somebody who goes on and on is not waited for for ever.
    for number in numbers[1:]:
        time.forward(learning.PAUSE - timedelta(seconds=1))
        say(store, [number], LabelWord.SPAM, time)
        if made.learn_if_due(BRAND):
            break
    else:
        pytest.fail("it never learnt while somebody spoke")


def test_an_erased_post_is_unlearnt(store: Store, time: Time) -> None:
    made = taught(store, time)
    (number,) = stored(store, "one more")
    say(store, [number], LabelWord.WAS_ANGRY, time)
    time.forward()
    made.learn_if_due(BRAND)

    store.gone([number], time())

    assert made.learn_if_due(BRAND)
    learnt = store.lessons.learnt(BRAND)
    assert learnt is not None
    assert learnt.labels == len(MEH) + len(HOURS)


def test_another_judge_learns_anew_from_the_texts(
    store: Store, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught(store, time)
    monkeypatch.setattr(fingerprint, "model", lambda: "9/another")
    made = learner(store, time)

    assert made.layer(BRAND) is None
    assert made.learn_if_due(BRAND)

    assert made.layer(BRAND) is not None
    learnt = store.lessons.learnt(BRAND)
    assert learnt is not None
    assert learnt.model == "9/another"
    assert len(store.lessons.examples(BRAND, "9/another")) == len(MEH) + len(HOURS)


def test_a_text_of_blanks_is_kept_as_nothing(store: Store, time: Time) -> None:
    say(store, stored(store, " \n "), LabelWord.SPAM, time)

    learner(store, time).learn_if_due(BRAND)

    ((kept, _),) = store.lessons.examples(BRAND, fingerprint.model())
    assert (kept.score, kept.vector) == (-9.0, b"")


def test_contradictory_words_leave_the_judge_as_it_is(store: Store, time: Time) -> None:
    numbers = stored(store, *MEH, *HOURS)
    say(store, numbers[::2], LabelWord.WAS_ANGRY, time)
    say(store, numbers[1::2], LabelWord.NOT_ANGRY, time)
    time.forward()
    made = learner(store, time)

    made.learn_if_due(BRAND)

    assert made.layer(BRAND) is None
    learnt = store.lessons.learnt(BRAND)
    assert learnt is not None
    assert learnt.why_not.startswith("the labels ")


def test_no_word_makes_a_red_flag_silent(store: Store, time: Time) -> None:
    threats = [f"{text}, my lawyer will write to you" for text in MEH]
    say(store, stored(store, *threats), LabelWord.NOT_ANGRY, time)
    say(store, stored(store, *HOURS), LabelWord.WAS_ANGRY, time)
    time.forward()
    made = learner(store, time, Aim(precision=0.99))
    made.learn_if_due(BRAND)

    verdict = Opinion(shipped_judge(), layer=made.layer, relevance=False)(
        post(1, text=threats[0]), ACME
    )

    assert verdict.red_flags == (RedFlag.LEGAL,)
    assert verdict.needs_person


# what the threshold is chosen for


def test_a_set_threshold_stays(store: Store, time: Time) -> None:
    judge = Judge(threshold=0.42)
    say(store, stored(store, *MEH), LabelWord.WAS_ANGRY, time)
    say(store, stored(store, *HOURS), LabelWord.NOT_ANGRY, time)
    made = learner(store, time, Aim(threshold=0.42), judge)

    made.learn_if_due(BRAND)

    layer = made.layer(BRAND)
    assert layer is not None
    assert layer.threshold == 0.42


def test_a_higher_precision_flags_less(store: Store, time: Time) -> None:
    strict = taught(store, time, Aim(precision=0.98)).layer(BRAND)
    other = learner(store, time, Aim(precision=0.5))
    assert other.learn_if_due(BRAND), "another aim is a reason to learn anew"
    loose = other.layer(BRAND)

    assert strict is not None
    assert loose is not None
    assert loose.threshold < strict.threshold


def test_a_budget_needs_no_labels(store: Store, time: Time) -> None:
    for number in range(40):
        judged = [(post(number), replace(CALM, complaint=number / 40))]
        store.mentions.ingest(BRAND, "test", judged, None, NOW)
    time.forward(timedelta(days=4))
    made = learner(store, time, Aim(alerts_per_day=2.5))

    made.learn_if_due(BRAND)

    layer = made.layer(BRAND)
    assert layer is not None
    assert layer.threshold == pytest.approx(29.5 / 40)
    assert not layer.reads_vectors


def test_a_budget_that_a_quiet_brand_does_not_use_up_flags_no_more(
    store: Store, time: Time
) -> None:
    for number in range(40):
        judged = [(post(number), replace(CALM, complaint=number / 40))]
        store.mentions.ingest(BRAND, "test", judged, None, NOW)
    time.forward(timedelta(days=4))
    made = learner(store, time, Aim(alerts_per_day=100))
    shipped = made.cut(BRAND)

    made.learn_if_due(BRAND)

    assert made.cut(BRAND) == shipped > 0.1


def test_a_budget_waits_for_a_few_days_of_posts(store: Store, time: Time) -> None:
    stored(store, *MEH[:5])
    made = learner(store, time, Aim(alerts_per_day=1))

    made.learn_if_due(BRAND)

    assert made.layer(BRAND) is None


def test_a_budget_is_looked_at_every_day(store: Store, time: Time) -> None:
    made = learner(store, time, Aim(alerts_per_day=1))
    made.learn_if_due(BRAND)

    assert not made.learn_if_due(BRAND)
    time.forward(timedelta(days=1))
    assert made.learn_if_due(BRAND)


def test_a_budget_and_labels_go_together(store: Store, time: Time) -> None:
    made = taught(store, time, Aim(alerts_per_day=5))
    time.forward(timedelta(days=4))
    made.learn_if_due(BRAND)

    layer = made.layer(BRAND)

    assert layer is not None
    assert layer.reads_vectors


def test_the_settings_know_the_three_aims() -> None:
    assert JudgeTable(precision=0.8).precision == 0.8
    assert JudgeTable(alerts_per_day=20).alerts_per_day == 20


# judging


def test_relevance_is_judged_with_the_brands_terms() -> None:
    brand = Brand(name="Acme", terms=("acme",))
    opinion = Opinion(shipped_judge())
    about, other = post(1, text="acme is late again"), post(2, text="my parcel is late again")

    first, second = opinion.page([about, other], brand)

    assert first.relevant
    assert not second.relevant
    assert second.why[0].startswith("not about Acme")
    assert opinion(replace(other, addressed=True), brand).relevant
    assert opinion(replace(other, private=True), brand).relevant
    assert not Opinion(shipped_judge(), trust_addressed=False)(
        replace(other, addressed=True), brand
    ).relevant


def test_a_page_is_judged_as_its_posts_are(time: Time) -> None:
    opinion = Opinion(shipped_judge(), relevance=False)
    posts: list[Mention] = [post(number, text=text) for number, text in enumerate(MEH[:5])]

    assert opinion.page(posts, ACME) == [opinion(one, ACME) for one in posts]


# the job


def test_a_brand_that_cannot_be_learnt_for_stops_nobody(
    store: Store, time: Time, tmp_path: Path
) -> None:
    asked: list[str] = []

    def fails(brand: str) -> bool:
        asked.append(brand)
        raise ValueError("no")

    jobs = Jobs(replace(house(store, tmp_path, time), learn=fails))

    jobs.learn_all()

    assert asked == [BRAND]
    assert f"learning for {BRAND}" in jobs.outages.now()


def test_what_is_polled_is_judged_by_the_brands_layer(
    store: Store, time: Time, tmp_path: Path
) -> None:
    taught(store, time)
    platform = Platform(posts=[post(900, text="meh, your sofa", platform="reddit")])
    made = app.build(
        settings(tmp_path, "reddit"),
        store,
        clock=time,
        connectors={"reddit": platform},
        lock=Held(),
        judge=shipped_judge(),
        relevance=False,
    )

    Jobs(made).poll("reddit")

    verdict = store.mentions.of_post(BRAND, "reddit", "900").verdict
    assert verdict is not None
    assert verdict.complaint > shipped_judge().judge("meh, your sofa").complaint + 0.1


# which judge


def test_a_judge_is_known_by_everything_that_judges() -> None:
    assert fingerprint.model() == fingerprint.model()
    assert fingerprint.model().startswith(f"{fingerprint.encoder()}/")


def test_without_an_encoder_there_is_a_name_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(fingerprint, "version", missing)

    assert fingerprint.encoder.__wrapped__() == "none"
