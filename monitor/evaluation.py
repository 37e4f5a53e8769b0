"""What `amends eval` says: how well the judge does on labelled posts, and what would be better."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from monitor.judge import Judge
from monitor.judge.complaint import sigmoid
from monitor.judge.evaluate import Quality, average_precision, best_threshold, measure
from monitor.judge.learn import NOTHING, Example, Lesson, learn

#: Posts that are read together: embeddings cost half as much in company.
_AT_ONCE = 64


class Told(Protocol):
    """What can be told of a measurement."""

    def as_dict(self) -> dict[str, Any]:
        """The figures for a program."""

    def text(self) -> str:
        """The figures for a person."""


def _quiet(_count: int) -> None:
    """Tells nobody how far the work is."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The judge on one set of labelled posts."""

    now: Quality  #: at the configured threshold
    best: Quality  #: at the threshold with the highest F1
    average_precision: float

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, bool]], threshold: float) -> Self:
        """Measure scores (0..1) against labels."""
        return cls(
            now=measure(pairs, threshold),
            best=best_threshold(pairs),
            average_precision=average_precision(pairs),
        )

    def as_dict(self) -> dict[str, Any]:
        """The figures for a program."""
        return {
            "texts": self.now.texts,
            "positives": self.now.positives,
            "flagged": self.now.flagged,
            "threshold": self.now.threshold,
            "precision": round(self.now.precision, 4),
            "recall": round(self.now.recall, 4),
            "f1": round(self.now.f1, 4),
            "average_precision": round(self.average_precision, 4),
            "best_threshold": round(self.best.threshold, 6),
            "best_f1": round(self.best.f1, 4),
        }

    def text(self) -> str:
        """The figures for a person."""
        now, best = self.now, self.best
        return (
            f"{now.texts} posts, {now.positives} of them complaints; {now.flagged} were flagged.\n"
            f"At the threshold {now.threshold:.2f}: precision {now.precision:.3f}, "
            f"recall {now.recall:.3f}, F1 {now.f1:.3f}. "
            f"Average precision {self.average_precision:.3f}.\n"
            f"On these posts the threshold {best.threshold:.2f} would serve best: "
            f"precision {best.precision:.3f}, recall {best.recall:.3f}, F1 {best.f1:.3f}."
        )


@dataclass(frozen=True, kw_only=True)
class AfterLearning:
    """The judge before and after it learnt from some labels, on posts that it had not seen."""

    lesson: Lesson
    generic: Evaluation
    learnt: Evaluation  #: the generic judge again where the layer stays off

    def as_dict(self) -> dict[str, Any]:
        """The figures for a program; those on top are what the team would get."""
        return {
            **self.learnt.as_dict(),
            "learnt_from": self.lesson.labels,
            "layer": self.lesson.layer is not None,
            "why_not": self.lesson.why_not,
            "generic": self.generic.as_dict(),
        }

    def text(self) -> str:
        """The figures for a person."""
        on = "The layer is on." if self.lesson.layer else f"Off: {self.lesson.why_not}."
        return (
            f"Learnt from {self.lesson.labels} labels, {self.lesson.complaints} of them complaints."
            f" {on}\nBefore, on the other posts:\n{self.generic.text()}\n"
            f"After:\n{self.learnt.text()}"
        )


@dataclass(frozen=True, kw_only=True)
class OwnLabels:
    """The judge on a team's own labels, each judged by a layer that never saw it."""

    brand: str
    lesson: Lesson
    generic: Evaluation | None  #: None: there are no labels
    learnt: Evaluation | None  #: None: too few labels for a layer

    @classmethod
    def of(cls, brand: str, lesson: Lesson, shipped: float) -> Self:
        """Measure a lesson; `shipped` is the judge's own threshold."""
        return cls(
            brand=brand,
            lesson=lesson,
            generic=Evaluation.of(lesson.generic, shipped) if lesson.generic else None,
            learnt=Evaluation.of(lesson.learnt, lesson.threshold) if lesson.learnt else None,
        )

    def as_dict(self) -> dict[str, Any]:
        """The figures for a program."""
        return {
            "brand": self.brand,
            "labels": self.lesson.labels,
            "complaints": self.lesson.complaints,
            "layer": self.lesson.layer is not None,
            "why_not": self.lesson.why_not,
            "threshold": self.lesson.threshold,
            "generic": self.generic.as_dict() if self.generic else None,
            "learnt": self.learnt.as_dict() if self.learnt else None,
        }

    def text(self) -> str:
        """The figures for a person."""
        state = f"off: {self.lesson.why_not}" if self.lesson.why_not else "on"
        said = f"{self.lesson.labels} labels, {self.lesson.complaints} of them say “was angry”"
        lines = [f"{self.brand}: {said}. The layer is {state}."]
        if self.generic is not None:
            lines += ["The shipped judge on them:", self.generic.text()]
        if self.learnt is not None:
            lines += ["The layer, on each label as if it had never seen it:", self.learnt.text()]
        return "\n".join(lines)


def evaluate(
    judge: Judge, rows: Sequence[tuple[str, bool]], progress: Callable[[int], None] = _quiet
) -> Evaluation:
    """Measure the judge on texts with labels (True: a complaint), at its own threshold."""
    pairs: list[tuple[float, bool]] = []
    for chunk in _chunks(rows):
        verdicts = judge.judge_all([text for text, _ in chunk])
        pairs += [(v.complaint, label) for v, (_, label) in zip(verdicts, chunk, strict=True)]
        progress(len(chunk))
    return Evaluation.of(pairs, judge.threshold)


def after_learning(
    judge: Judge,
    rows: Sequence[tuple[str, bool]],
    count: int,
    progress: Callable[[int], None] = _quiet,
) -> AfterLearning:
    """Learn from the first so many labelled texts as from a team's labels; measure on the rest.

    Args:
        judge: The shipped judge.
        rows: Text and label (True: a complaint), more than `count` of them.
        count: How many are learnt from; 0 measures the generic judge twice.
        progress: Called with how many texts were read since the last call.
    """
    examples: list[Example] = []
    for chunk in _chunks(rows):
        traces = judge.traces([text for text, _ in chunk])
        for trace, (_, label) in zip(traces, chunk, strict=True):
            examples.append(Example(trace=trace or NOTHING, complaint=label))
        progress(len(chunk))
    lesson = learn(examples[:count], threshold=judge.threshold)
    rest = examples[count:]
    generic = learnt = Evaluation.of(
        [(sigmoid(example.trace.score), example.complaint) for example in rest], judge.threshold
    )
    layer = lesson.layer
    if layer is not None:
        pairs = [(layer.probability_of(example.trace), example.complaint) for example in rest]
        learnt = Evaluation.of(pairs, layer.threshold)
    return AfterLearning(lesson=lesson, generic=generic, learnt=learnt)


def _chunks(rows: Sequence[tuple[str, bool]]) -> Iterator[Sequence[tuple[str, bool]]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]
