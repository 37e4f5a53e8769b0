"""Which matter a complaint names: the delayed flight, the suitcase, the hours on hold.

Learnt from sentences that were written for this project (sentences/matters), n-grams and the
embedding added up as for the topics. Only chances are told here: what to make of them, and of the
phrases that a matter's own file names, is decided where the words are chosen (responders).
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.judge.embedding import SIZE, Vector
from monitor.judge.ngrams import pieces, tokens, word_features
from monitor.judge.phrases import fold
from monitor.judge.weights import weights

#: The embedding has length one; stretched, its weights are of the size of the others.
STRETCH = 8.0
#: The same for the n-grams.
NGRAMS = 4.0
#: So many are told, and none that is less likely than this.
_TOLD, _LEAST = 6, 0.03
#: One name alone would say that it is sure (`Playbooks.matter`), which is not decided here.
_AT_LEAST = 2
#: What is named where it is one of these, and open which: the whole is as likely as all its parts.
#: The narrower ones first.
WIDER = {
    "account_blocked": ("account_blocked", "banned", "card_declined"),
    "app": ("app", "booking_trouble", "bug"),
    "baggage": ("baggage", "bag_wait"),
    "bill": ("bill", "bag_fee", "fee", "meter", "price_rise", "roaming", "shelf_price"),
    "changed": ("changed", "feature_removed"),
    "connection": ("connection", "no_signal", "slow_internet"),
    "flight_cancelled": ("flight_cancelled", "rebooking", "stranded"),
    "flight_delay": ("flight_delay", "no_updates"),
    "food": (
        *("food", "cold_food", "foreign_thing", "late_food", "onboard_food", "wrong_food_order"),
    ),
    "lost_data": ("lost_data", "lost_progress"),
    "mailing": ("mailing", "ads"),
    "no_answer": ("no_answer", "no_reply"),
    "no_show": ("no_show", "tech_visit"),
    "on_hold": ("on_hold", "call_dropped"),
    "overbooked": ("overbooked", "seat_paid"),
    "policy_unfair": ("policy_unfair", "compensation_refused", "return_cost", "return_refused"),
    "queue": ("queue", "long_line"),
    "staff": ("staff", "crew_rude"),
    "streaming": ("streaming", "tv_trouble"),
    "subscription": ("subscription", "contract_trap"),
    "wrong_one": ("wrong_one", "size_fit"),
    "journey": (
        *("flight_delay", "flight_cancelled", "missed_connection", "no_updates", "rebooking"),
        *("checkin", "overbooked", "seat", "stranded"),
    ),
    "device": ("battery", "broken", "charger", "crash", "device", "keyboard", "screen"),
}
#: From this chance on it is not open which.
_OPEN_BELOW = 0.65

Chances = NDArray[np.float64]


class MatterModel:
    """Tells what a complaint names. Threads may share one."""

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        self.names: tuple[str, ...] = tuple(numbers["names"])
        count = len(self.names)
        self._bias = np.asarray(numbers["bias"], dtype=np.float64)
        self._vector = np.asarray(numbers["vector"], dtype=np.float32).reshape(count, SIZE)
        self._words = _columns(numbers["words"])
        self._pieces = _columns(numbers["pieces"])

    def chances(self, own: str, vector: Vector | None) -> Chances:
        """How likely each of the names is; they add up to 1.

        Args:
            own: The author's own words, folded.
            vector: The text's embedding, where its language has one.
        """
        scores = self._bias.copy()
        if vector is not None:
            scores += STRETCH * (self._vector @ vector)
        words = tokens(own)
        for known, features in (
            (self._words, list(word_features(words))),
            (self._pieces, [piece for word in words for piece in pieces(word)]),
        ):
            found = [known[feature] for feature in features if feature in known]
            if found:
                places = np.concatenate([places for places, _ in found])
                numbers = np.concatenate([numbers for _, numbers in found])
                share = NGRAMS / math.sqrt(len(features))
                scores += share * np.bincount(places, numbers, minlength=len(scores))
        odds = np.exp(scores - scores.max())
        likely: Chances = odds / odds.sum()
        return likely


def _columns(
    features: Mapping[str, Sequence[Sequence[float]]],
) -> Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """For each feature the places that it speaks for or against, and how much."""
    return {
        feature: (
            np.array([place for place, _ in weighed], dtype=np.int64),
            np.array([weight for _, weight in weighed], dtype=np.float64),
        )
        for feature, weighed in features.items()
    }


@cache
def _model() -> MatterModel | None:
    numbers = weights("matters")
    return MatterModel(numbers) if numbers else None


def matters(own: str, vector: Vector | None) -> tuple[tuple[str, float], ...]:
    """What the post may name, the likeliest first, with chances; "none" is one of them.

    Nothing where training has made no such model.

    Args:
        own: The author's own words.
        vector: Their embedding, where there is one.
    """
    model = _model()
    if model is None:
        return ()
    return told(model.names, model.chances(fold(own), vector))


def told(names: Sequence[str], chances: Chances) -> tuple[tuple[str, float], ...]:
    """The likeliest names with their chances; a whole where it is open which of its parts."""
    found = [(names[place], float(chances[place])) for place in np.argsort(-chances)[:_TOLD]]
    likely = [one for one in found if one[1] >= _LEAST]
    if len(likely) < _AT_LEAST:
        likely = found[:_AT_LEAST]
    for wider, parts in WIDER.items():
        likeliest = max(chance for _, chance in likely)
        if likeliest >= _OPEN_BELOW:
            break
        whole = sum(
            float(chances[names.index(part)]) for part in sorted({wider, *parts} & set(names))
        )
        if whole > likeliest:
            likely = [one for one in likely if one[0] != wider] + [(wider, whole)]
    likely.sort(key=lambda one: -one[1])
    return tuple((name, round(chance, 3)) for name, chance in likely)
