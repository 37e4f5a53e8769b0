"""The shipped model on labelled posts that training never saw.

The floors lie a few points below what was measured (`make bench-judge` prints it): they catch a
broken archive or rule, not a point lost.
"""

from collections.abc import Mapping, Sequence

import pytest

from monitor.judge import DEFAULT_THRESHOLD, Judge
from monitor.judge.evaluate import Pair, measure, roc_area
from monitor.judge.language import LANGUAGES
from responders.verdict import Topic, Verdict
from tests.monitor.judge.posts import Post, read_posts

POSTS = read_posts()


@pytest.fixture(scope="module")
def judged() -> Mapping[str, Sequence[tuple[Post, Verdict]]]:
    verdicts = Judge().judge_all([post.text for post in POSTS])
    pairs = list(zip(POSTS, verdicts, strict=True))
    return {name: [pair for pair in pairs if pair[0].language == name] for name in LANGUAGES}


def scored(pairs: Sequence[tuple[Post, Verdict]]) -> list[Pair]:
    return [(verdict.complaint, post.label) for post, verdict in pairs]


@pytest.mark.parametrize("language", LANGUAGES)
def test_complaints_score_above_other_posts(
    language: str, judged: Mapping[str, Sequence[tuple[Post, Verdict]]]
) -> None:
    assert roc_area(scored(judged[language])) > 0.65


def test_most_complaints_are_flagged_and_most_flags_are_right(
    judged: Mapping[str, Sequence[tuple[Post, Verdict]]],
) -> None:
    every = [pair for pairs in judged.values() for pair in scored(pairs)]

    found = measure(every, DEFAULT_THRESHOLD)

    assert found.recall > 0.65
    assert found.precision > 0.55


def test_topics_are_named_rightly_where_they_are_named(
    judged: Mapping[str, Sequence[tuple[Post, Verdict]]],
) -> None:
    flagged = [
        (post.kind, verdict.topic)
        for pairs in judged.values()
        for post, verdict in pairs
        if post.label and verdict.angry
    ]
    named = [(kind, topic) for kind, topic in flagged if topic is not None]

    assert len(named) > 0.6 * len(flagged)
    assert sum(kind == topic for kind, topic in named) > 0.7 * len(named)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_is_found(
    language: str, judged: Mapping[str, Sequence[tuple[Post, Verdict]]]
) -> None:
    pairs = judged[language]

    assert sum(verdict.language == language for _, verdict in pairs) >= 0.97 * len(pairs)


def test_every_topic_and_kind_is_among_the_posts() -> None:
    kinds = {post.kind for post in POSTS}

    assert kinds >= {topic.value for topic in Topic} - {Topic.PRAISE, Topic.QUESTION, Topic.OTHER}
    assert kinds >= {"praise", "question", "neutral", "news", "joke", "spam", "other_brand"}
