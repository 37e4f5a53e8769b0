"""What `amends eval` says: how well the judge does on labelled posts, and what would be better."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from monitor.judge.evaluate import Quality, average_precision, best_threshold, measure


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

    def as_dict(self) -> dict[str, float | int]:
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
