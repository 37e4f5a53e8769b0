"""What a post is about, read closely: for the posts that need a person.

The judge's ear (topic.py, matter.py) hears thousands of posts a second and follows their words; a
broken promise sounds to it like a broken cup. What needs a person is read again here, by a language
model (responders/encoder) that was tuned on posts written for this project. It takes about 20 ms a
short post, 60 a long one. Without its weights the ear's word stands, and `amends check` says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.judge.lessons import KINDS
from monitor.judge.matter import told
from monitor.judge.own_words import without_links
from monitor.judge.topic import COMPLAINTS
from responders import encoder
from responders.encoder import Floats, softmax
from responders.verdict import HEARD_MATTERS, NO_MATTER, Topic, Verdict

#: What a post can be: a complaint of some topic, or something else. The order is the model's.
TOPICS = (*(topic.value for topic in COMPLAINTS), *sorted(KINDS))
#: What it can name. The order is the model's.
MATTERS = (NO_MATTER, *sorted(HEARD_MATTERS))
#: Some seventy words; what follows says little new of what a post is about.
MOST_TOKENS = 96
#: More than that many tokens usually hold: the rest is not even cut into them.
_READ_CHARACTERS = 1200

Chances = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a post seems to be about. Each of the two adds up to 1."""

    topics: Chances  #: by the order of TOPICS
    matters: Chances  #: by the order of MATTERS


def available() -> bool:
    """Whether posts can be read closely here."""
    return encoder.available()


def prepared(text: str) -> str:
    """A post as the model reads it: names of accounts stay, they tell the branch of business."""
    return " ".join(without_links(text).split())[:_READ_CHARACTERS]


def subject(text: str) -> Subject:
    """What the post is about, in any of about a hundred languages; taught in twelve."""
    model = encoder.tuned(__package__)
    _, flow = model.read(prepared(text), MOST_TOKENS)
    return heard(flow, model.heads)


def heard(flow: Floats, heads: Mapping[str, Floats]) -> Subject:
    """What a row of numbers for each token says: each task weighs the tokens for itself."""
    shares = softmax(flow @ heads["q.w"] + heads["q.b"], axis=0)
    weighed, mean = shares.T @ flow, flow.mean(0)
    topics, matters = (
        softmax(np.concatenate([own, mean]) @ heads[f"{name}.w"] + heads[f"{name}.b"], axis=0)
        for name, own in zip(("t", "m"), weighed, strict=True)
    )
    return Subject(topics=topics.astype(np.float64), matters=matters.astype(np.float64))


#: From this chance on a topic or a matter is named; a topic of the ear's stands from the lower one
#: on, and praise from the one between. Chosen in November 2026 on 425 real posts to companies, of
#: which nothing was learnt: of the matters named so three in four were right.
SURE, STANDS, PRAISES = 0.5, 0.2, 0.4
#: The same where nobody is angry: the model was hardly taught what is no complaint, and an apology
#: for nothing is worse than a question.
SURE_CALM = 0.8
#: From this chance on that it is a complaint of some kind or other, a calm post is one.
COMPLAINS = 0.9


def closer(verdict: Verdict, found: Subject) -> Verdict:
    """The verdict with what the post is about as it was read closely.

    A matter that is sure is told alone, as `Playbooks.matter` wants it.
    """
    matters = told(MATTERS, found.matters)
    sure = matters[0][1] >= _sure(verdict)
    return replace(
        verdict,
        topic=_topic(verdict, dict(zip(TOPICS, found.topics.tolist(), strict=True))),
        matters=matters[:1] if sure else matters,
    )


def _sure(verdict: Verdict) -> float:
    return SURE if verdict.angry else SURE_CALM


def _topic(verdict: Verdict, chances: Mapping[str, float]) -> str | None:
    likeliest = max(COMPLAINTS, key=lambda topic: chances[topic])
    if chances[likeliest] >= _sure(verdict):
        return likeliest.value
    named = verdict.topic
    if not verdict.angry and sum(chances[topic] for topic in COMPLAINTS) >= COMPLAINS:
        return named if verdict.names_trouble else Topic.VAGUE.value
    if named == Topic.PRAISE and chances[Topic.PRAISE] < PRAISES:
        return Topic.QUESTION.value if verdict.asks else None
    # A question is a way of asking, and a team's own topic is nothing that the model was taught.
    taught = named in chances and named != Topic.QUESTION
    return None if named is None or (taught and chances[named] < STANDS) else named
