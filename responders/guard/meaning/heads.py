"""What the layers' numbers say to each code: every token has a say, as much as it deserves."""

from collections.abc import Mapping
from dataclasses import dataclass

from responders.encoder import Floats, softmax


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a text was given, and by which of its tokens."""

    logits: Floats  #: one a code
    shares: Floats  #: tokens x codes: how much each token says to it, of 1


def scores(flow: Floats, heads: Mapping[str, Floats]) -> Scores:
    """The logits of a text, given a row of numbers for each of its tokens."""
    weight = softmax(flow @ heads["a.w"] + heads["a.b"], axis=0)
    said = weight * (flow @ heads["v.w"] + heads["v.b"])
    logits = said.sum(0) + flow.mean(0) @ heads["m.w"] + heads["m.b"]
    return Scores(logits=logits, shares=weight)
