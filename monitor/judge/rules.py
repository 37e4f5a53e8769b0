"""The hard cases: what the models get wrong and people do not.

Each rule moves the score by a weight and says so. Phrases come from words/complaint.toml; the
weights were set by hand and checked on development sets, never fitted on them.
"""

import re
from dataclasses import dataclass

from monitor.judge.phrases import Hit, book

#: What a hit of each group adds to the score, and how many hits of it count.
_GROUPS = {
    "grievance": (0.5, 3),
    "praise": (-0.25, 2),
    "shop_talk": (-0.5, 2),
    "elsewhere": (-1.6, 1),
    "settled": (-0.9, 1),
}
_NAMES = {
    "grievance": "complaint",
    "praise": "praise",
    "shop_talk": "news or advert",
    "elsewhere": "about another company",
    "settled": "settled",
}
#: Praise over a bad event is irony: it adds what the praise took away, and more.
_IRONY = 1.2
_SHOUTING = 0.3
_ANGRY_SIGNS = 0.8
_HAPPY_SIGNS = -0.4
_SIGNS_COUNTED = 2
_ADVERT = -0.6
#: Passing on a link without a word of one's own is news; in a headline's capitals all the more.
#: Measured on 4,000 posts about brands: one such post in ten is a complaint.
_PASSES_ON = -0.6
_HEADLINE = -1.1
_OWN_VOICE = re.compile(
    r"\b(?:i|im|ive|id|ill|my|me|mine|we|weve|our|us|you|your|youre|u|ur|pls|plz|please)\b"
)
_NOT_WORDS = re.compile(r"https?://\S+|[@#$]\w+|\bRT\b|\bvia\b")
_LONG_WORD = re.compile(r"[^\W\d_][\w'\u2019-]{3,}")
_HEADLINE_WORDS = 3
_HEADLINE_SHARE = 0.6
_ANGRY = re.compile("[😠😡🤬😤👎💩🤮🤢🖕😒🙄😾👿😩😫💢😞😣😖💔]")
_HAPPY = re.compile("[😍🥰😘❤👍👌💕💖🎉👏😊😁😃😀🤩💙💚💛🧡💜🙏😄🥳]")
_LINK = re.compile(r"https?://")
_PERCENT_OFF = re.compile(r"\d\s?%\s?(?:off|rabatt|de descuento|sconto|korting|slev|zniżk|скидк)")
_LETTERS = re.compile(r"[^\W\d_]")
#: Fewer capitals than this are an abbreviation or a brand.
_SHOUTED_LETTERS = 12
_SHOUTED_SHARE = 0.7


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What the rules make of a text."""

    weight: float  #: to be added to the score
    why: tuple[str, ...] = ()  #: what moved it, in the order of the rules
    praises: bool = False
    ironic: bool = False
    grievances: int = 0


def apply_rules(text: str, folded: str, language: str) -> Ruling:
    """What the hard cases add to the score of a text.

    Args:
        text: As it was posted.
        folded: The same as `phrases.fold` makes it.
        language: ISO 639-1, or "und".
    """
    hits = book("complaint").find(folded, language)
    counts = {group: [hit for hit in hits if hit.group == group] for group in _GROUPS}
    grievances = len(counts["grievance"])
    weight = 0.0
    why: list[str] = []
    for group, found in counts.items():
        value, most = _GROUPS[group]
        if found:
            weight += value * min(len(found), most)
            why += [f"{_NAMES[group]}: {hit.words}" for hit in found[:most]]
    mocking = [hit for hit in hits if hit.group == "mock_praise"]
    ironic = bool(mocking) and _bad_event(grievances, hits)
    if ironic:
        weight += _IRONY
        why.insert(0, f"irony: {mocking[0].words}")
    signs, sign_words = _signs(text)
    weight += signs
    why += sign_words
    if grievances and _shouts(text):
        weight += _SHOUTING
        why.append("shouting")
    if _LINK.search(text) and (_PERCENT_OFF.search(folded) or len(counts["shop_talk"]) > 1):
        weight += _ADVERT
        why.append("reads like an advert")
    if language == "en" and not grievances and not signs:
        passed_on, name = _passes_on(text)
        weight += passed_on
        why += name
    return Ruling(
        weight=weight,
        why=tuple(why),
        praises=bool(counts["praise"]) and not grievances and not ironic,
        ironic=ironic,
        grievances=grievances,
    )


def _bad_event(grievances: int, hits: list[Hit]) -> bool:
    return grievances > 0 or any(hit.group == "mishap" for hit in hits)


def _passes_on(text: str) -> tuple[float, list[str]]:
    if not _LINK.search(text):
        return 0.0, []
    said = _NOT_WORDS.sub(" ", text)
    if _OWN_VOICE.search(said.lower().replace("'", "").replace("\u2019", "")):
        return 0.0, []
    words: list[str] = _LONG_WORD.findall(said)
    if len(words) < _HEADLINE_WORDS:
        return 0.0, []
    capitals = sum(word[0].isupper() for word in words)
    if capitals >= len(words) * _HEADLINE_SHARE:
        return _HEADLINE, ["reads like a headline"]
    return _PASSES_ON, ["passes on a link"]


def _signs(text: str) -> tuple[float, list[str]]:
    if text.isascii():
        return 0.0, []
    angry, happy = _ANGRY.findall(text), _HAPPY.findall(text)
    weight = _ANGRY_SIGNS * min(len(angry), _SIGNS_COUNTED)
    weight += _HAPPY_SIGNS * min(len(happy), _SIGNS_COUNTED)
    return weight, list(dict.fromkeys(angry + happy))


def _shouts(text: str) -> bool:
    letters: list[str] = _LETTERS.findall(text)
    if len(letters) < _SHOUTED_LETTERS:
        return False
    capitals = [letter for letter in letters if letter.isupper()]
    return len(capitals) > len(letters) * _SHOUTED_SHARE
