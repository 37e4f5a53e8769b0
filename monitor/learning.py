"""Learns from what people say of verdicts: keeps what it takes, and gives each brand its layer.

Only an explicit word is a label. Of every flagged and every labelled post the database keeps some
numbers (monitor/store/lessons.py), erased with the post. New words make a new lesson after a short
while; a new judge takes the labelled posts' numbers anew, and until then the generic one judges.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from monitor.judge import Judge, fingerprint
from monitor.judge.learn import (
    NOTHING,
    Example,
    Lesson,
    TeamLayer,
    Trace,
    learn,
    threshold_for_budget,
)
from monitor.store import Store
from monitor.store.lessons import Kept, Learnt, Score, Told
from responders.case import MentionId

log = logging.getLogger(__name__)

#: People say several words in a row; learning waits for a pause, but not for ever.
PAUSE = timedelta(seconds=60)
PATIENCE = timedelta(minutes=10)
#: A budget of alerts is held against the posts of so many days, once there are a few days of them.
_DAYS = 28
_FEWEST_DAYS = 3
#: Posts that are read together, and in one go of the job.
_AT_ONCE = 64
_IN_ONE_GO = 512
#: So many posts without a word are asked what they would become.
_ASKED = 300


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What the threshold is chosen for; at most one is given, and none is F1."""

    threshold: float | None = None  #: this one, whatever is learnt
    precision: float | None = None  #: 0..1
    alerts_per_day: float | None = None


class Learner:
    """Learns for every brand. Threads may share one."""

    def __init__(
        self, store: Store, judge: Judge, *, aim: Aim, clock: Callable[[], datetime]
    ) -> None:
        """Reads nothing yet.

        Args:
            store: The open database.
            judge: The shipped judge at its own threshold.
            aim: What the threshold is chosen for.
            clock: Gives the present moment.
        """
        self._store = store
        self._judge = judge
        self._aim = aim
        self._clock = clock
        self._layers: dict[str, TeamLayer | None] = {}
        self._marks: dict[str, int] = {}

    @cached_property
    def _model(self) -> str:
        return fingerprint.model()

    def layer(self, brand: str) -> TeamLayer | None:
        """By what the brand's posts are judged; None: by the generic judge."""
        if brand not in self._layers:
            learnt = self._store.lessons.learnt(brand)
            stored = learnt.layer if learnt is not None and learnt.model == self._model else None
            self._layers[brand] = TeamLayer.from_json(stored) if stored else None
        return self._layers[brand]

    def cut(self, brand: str) -> float:
        """From which probability the brand's posts are flagged."""
        layer = self.layer(brand)
        return self._judge.threshold if layer is None else layer.threshold

    def learn_if_due(self, brand: str) -> bool:
        """Keep what is to be kept, and learn where there is something new; whether it was so."""
        self._keep_flagged(brand)
        last, told = self._store.lessons.learnt(brand), self._store.lessons.told(brand)
        basis = self._basis(told)
        if last is not None and last.basis == basis:
            return False
        if self._may_wait(last, told):
            return False
        self._keep_labelled(brand)
        lesson = self._learn(brand)
        self._store.lessons.save(brand, _learnt(lesson, basis, self._model, self._clock()))
        self._layers[brand] = lesson.layer
        return True

    def lesson(self, brand: str) -> Lesson:
        """What the labels would teach now; judging stays as it is."""
        self._keep_labelled(brand)
        return self._learn(brand)

    def _may_wait(self, last: Learnt | None, told: Told) -> bool:
        """Whether people may be in the middle of saying something."""
        if last is None or told.at is None or not last.basis.startswith(f"{self._model} "):
            return False
        now = self._clock()
        return now - told.at < PAUSE and now - last.at < PATIENCE

    def _basis(self, told: Told) -> str:
        aim = self._aim
        day = f" {self._clock():%Y-%m-%d}" if aim.alerts_per_day is not None else ""
        chosen = f"{self._judge.threshold} {aim.threshold} {aim.precision} {aim.alerts_per_day}"
        return f"{self._model} {chosen}{day} {told.labels} {told.newest}"

    # -- keeping -------------------------------------------------------------------------------

    def _keep_flagged(self, brand: str) -> None:
        posts, mark = self._store.lessons.flagged(brand, _IN_ONE_GO)
        if posts or self._marks.get(brand) != mark:
            self._keep(brand, posts, mark)
            self._marks[brand] = mark

    def _keep_labelled(self, brand: str) -> None:
        while posts := self._store.lessons.untraced(brand, self._model, _IN_ONE_GO):
            self._keep(brand, posts)

    def _keep(
        self, brand: str, posts: Sequence[tuple[MentionId, str, str | None]], mark: int = 0
    ) -> None:
        kept: list[Kept] = []
        for start in range(0, len(posts), _AT_ONCE):
            chunk = posts[start : start + _AT_ONCE]
            traces = self._judge.traces(
                [text for _, text, _ in chunk], hints=[hint for _, _, hint in chunk]
            )
            kept += [
                _kept(mention_id, trace or NOTHING)
                for (mention_id, _, _), trace in zip(chunk, traces, strict=True)
            ]
        self._store.lessons.keep(brand, self._model, kept, mark)

    # -- learning ------------------------------------------------------------------------------

    def _learn(self, brand: str) -> Lesson:
        lessons, aim = self._store.lessons, self._aim
        examples = [
            Example.of(_trace(kept), word) for kept, word in lessons.examples(brand, self._model)
        ]
        encoder = fingerprint.encoder()
        answered = lessons.answered(brand, encoder, _ASKED)
        unsaid = lessons.unsaid(brand, encoder, _ASKED)
        lesson = learn(
            examples,
            threshold=self._judge.threshold,
            fixed=aim.threshold is not None,
            precision=aim.precision,
            answered=[_trace(kept) for kept in answered],
            unsaid=[_trace(kept) for kept in unsaid],
        )
        if aim.alerts_per_day is None:
            return lesson
        return self._within_budget(brand, lesson, [*answered, *unsaid], aim.alerts_per_day)

    def _within_budget(
        self, brand: str, lesson: Lesson, kept: Sequence[Kept], alerts_per_day: float
    ) -> Lesson:
        """The lesson at the threshold that keeps to the budget; without labels too."""
        now = self._clock()
        scores = self._store.lessons.scores(brand, now - timedelta(days=_DAYS))
        days = _days(scores, now)
        if days < _FEWEST_DAYS:
            return lesson
        layer = lesson.layer or TeamLayer.trusting(threshold=lesson.threshold)
        anew = {one.mention_id: layer.probability_of(_trace(one)) for one in kept}
        chances = [anew.get(score.mention_id, score.complaint) for score in scores]
        cut = threshold_for_budget(
            chances, days=days, alerts_per_day=alerts_per_day, least=lesson.threshold
        )
        return replace(lesson, layer=layer.with_threshold(cut), threshold=cut)


def _days(scores: Sequence[Score], now: datetime) -> float:
    return (now - scores[-1].at) / timedelta(days=1) if scores else 0.0


def _kept(mention_id: MentionId, trace: Trace) -> Kept:
    return Kept(mention_id=mention_id, score=trace.score, mood=trace.mood, vector=trace.vector)


def _trace(kept: Kept) -> Trace:
    return Trace(score=kept.score, mood=kept.mood, vector=kept.vector)


def _learnt(lesson: Lesson, basis: str, model: str, at: datetime) -> Learnt:
    return Learnt(
        basis=basis,
        model=model,
        layer=lesson.layer.to_json() if lesson.layer else None,
        labels=lesson.labels,
        complaints=lesson.complaints,
        why_not=lesson.why_not,
        at=at,
    )
