"""Should we answer at all?

An apology for praise, for a joke or for somebody else's mistake is mocked; a second answer to one
question annoys. Every "no" has its reason and how sure we are; a person can always decide
otherwise, and anger is only ever left alone for a reason that does not depend on the mood. Where it
is not clear what somebody means, a draft that asks serves the agent better than none.
"""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from connectors.base import Mention
from responders.case import Case
from responders.guard.facts import laughter
from responders.guard.phrases import Ear, folded, phrase
from responders.policy import Brand
from responders.verdict import Topic, Verdict


class Answer(StrEnum):
    """What to do about a post."""

    REPLY = "reply"
    THANK = "thank"
    ASK = "ask"  #: it may be nothing of ours: ask, and do not apologise
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Whether to answer, why not, and how sure we are (0..1)."""

    answer: Answer
    reason: str = ""
    confidence: float = 1.0


REPLY = Advice(answer=Answer.REPLY)

#: Below this a post that asks nothing shows hardly a sign of a complaint. Measured in November
#: 2026 on labelled posts about brands: between one and two complaints in ten lie below it.
_NO_COMPLAINT = 0.15
#: Below this kind words are meant kindly: of all complaints three in a hundred lie below it and
#: sound kind.
_SURELY_NONE = 0.05
#: From this on a headline may be somebody's grievance all the same: then we ask, as where its
#: words are dark. Measured in November 2026 on labelled posts about brands: half of the headlines
#: that are a grievance are found so, and one in seven of the others.
_GRIEVANCE = 0.2
#: From this on anger is sure enough for an apology, whatever the post looks like. Below it, on the
#: same posts, seven of eight that read like news and three of four with kind words are none.
_SURELY_ANGRY = 0.5
#: VADER's score from which a post is plainly kind. Source: its README, where 0.05 is the least
#: positive; praise worth an answer is well above.
_KIND = 0.4
#: From this on the words are kind enough to doubt an anger that is not sure.
_RATHER_KIND = 0.2

_BOT = re.compile(r"(?:^|[_\-.])(?:bot|rss|feed|alerts?|deals?|coupons?)(?:$|[_\-.\d])|bot$")
_LINK = re.compile(r"https?://\S+")
#: The sign of a share, such as $ACME.
_SHARE = re.compile(r"(?<!\w)\$[A-Za-z]{1,5}(?!\w)")
_NAMES_OF_OTHERS = re.compile(r"[@#$]\w+")
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
#: Letters held down: "thaaaanks", "fuuuck".
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
#: A title has so many words of more than three letters, and so many of them begin large.
_HEADLINE_WORDS, _TITLE = 5, 0.6


@cache
def _signs() -> Ear[str]:
    raw = tomllib.loads((Path(__file__).parent / "silence.toml").read_text(encoding="utf-8"))
    return Ear((key, phrase(line)) for key, lines in raw.items() for line in lines)


def _says(key: str, text: str) -> bool:
    """Whether one of these signs stands in the text."""
    return key in _signs().heard(_STRETCHED.sub(r"\1", folded(text, "").lower()))


def consider(case: Case, *, brand: Brand) -> Advice:
    """Whether to answer what the case is about; `reply` unless something speaks against it."""
    mention, verdict = case.subject.mention, case.verdict
    fixed = _whoever_writes(case, mention, brand)
    if fixed is not None:
        return fixed
    if verdict.angry:
        return _however_it_sounds(mention, verdict) or REPLY
    return _whatever_is_said(mention, verdict) or REPLY


def _whoever_writes(case: Case, mention: Mention, brand: Brand) -> Advice | None:
    """Reasons that hold whatever the mood."""
    handle = mention.author.handle.casefold().lstrip("@")
    names = {term.casefold().lstrip("@").replace(" ", "") for term in (brand.name, *brand.terms)}
    text = mention.text
    if handle in names:
        return _nothing("written by the brand's own account", 1.0)
    if _answered(case):
        return _nothing("this post has been answered by us already", 0.95)
    if any(_names(word, text) for word in brand.exclude):
        return _nothing("it is about something else that shares the name", 0.9)
    if _BOT.search(handle):
        return _nothing("the author looks like a bot", 0.8)
    if _says("settled", text):
        return _nothing("the author says that it is settled", 0.7)
    if _says("works_here", text) and any(_names(term, text) for term in (brand.name, *brand.terms)):
        return _nothing("the author seems to work here: not a customer's matter", 0.7)
    return None


def _however_it_sounds(mention: Mention, verdict: Verdict) -> Advice | None:
    """Anger that may be none, or none of ours: it is answered, but with a question."""
    if _is_headline(mention):
        return _ask("reads like a headline")
    if verdict.complaint >= _SURELY_ANGRY or verdict.asks:
        return None
    if _is_news(mention):
        return _ask("reads like news")
    text = mention.text
    sour = _is_sour(text) or _says("doubt", text)
    if verdict.compound >= _RATHER_KIND and not sour:
        return _ask("the words are kind, the anger is not sure")
    return None


def _whatever_is_said(mention: Mention, verdict: Verdict) -> Advice | None:
    """Reasons that hold only where nobody is angry."""
    text = mention.text
    calm = verdict.complaint < _NO_COMPLAINT and not verdict.asks and not verdict.names_trouble
    news = _is_news(mention) and not verdict.asks
    if calm and _says("spam", text):
        return _nothing("looks like an advertisement", 0.7)
    if news and verdict.complaint < _GRIEVANCE and verdict.compound >= 0:
        return _nothing("news, not a customer's matter", 0.7)
    if news and _is_headline(mention):
        return _ask("reads like a headline")
    if not calm or _is_ironic(text):
        return None
    if laughter(_NAMES_OF_OTHERS.sub(" ", text)):
        if verdict.compound < 0 or _is_sour(text):
            return _ask("a laugh that may be meant bitterly")
        return _nothing("a joke", 0.5)
    if verdict.topic == Topic.PRAISE or verdict.compound >= _KIND:
        if _says("seeks_help", text):
            return _ask("kind words, and a request")
        return _kind_words(text, verdict)
    if mention.in_reply_to and not mention.addressed and mention.parent_text is None:
        return _nothing("people talk among themselves and did not ask us", 0.5)
    return None


def _kind_words(text: str, verdict: Verdict) -> Advice | None:
    """Thanks for praise; a question where it may be none."""
    doubtful = _says("doubt", text)
    if verdict.complaint >= _SURELY_NONE:
        kept = "kind words, perhaps meant otherwise: read the post before you send this"
        return None if doubtful else _ask(kept)
    if doubtful or _is_sour(text):
        return _ask("kind words with a doubt in them")
    return Advice(answer=Answer.THANK, reason="praise: thank, do not apologise", confidence=0.8)


def _is_sour(text: str) -> bool:
    """Something went wrong and was not mended, or somebody scolds or begs."""
    return _says("gripe", text) or (_says("mishap", text) and not _says("mended", text))


def _is_ironic(text: str) -> bool:
    """Thanks for a mishap, and not for its repair: anger in costume."""
    return _says("thanks", text) and _says("mishap", text) and not _says("mended", text)


def _ask(reason: str) -> Advice:
    return Advice(answer=Answer.ASK, reason=reason, confidence=0.5)


def _nothing(reason: str, confidence: float) -> Advice:
    return Advice(answer=Answer.NOTHING, reason=reason, confidence=confidence)


def _answered(case: Case) -> bool:
    """Whether a public post of ours already answers the one that the case is about."""
    subject = case.subject.mention
    return any(
        entry.mention.ours
        and not entry.mention.private
        and entry.mention.in_reply_to == subject.id
        and entry.mention.platform == subject.platform
        for entry in case.entries
    )


def _names(term: str, text: str) -> bool:
    return bool(term) and bool(re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.IGNORECASE))


def _is_headline(mention: Mention) -> bool:
    """A headline, however grave: with a share's sign or a link, written like a title."""
    plain = _LINK.sub(" ", mention.text)
    share = bool(_SHARE.search(plain))
    if plain == mention.text and not share:
        return False
    if "?" in plain or _says("personal", plain):
        return False
    return share or "via @" in plain or _is_title(plain)


def _is_title(plain: str) -> bool:
    words = [word for word in _WORD.findall(_NAMES_OF_OTHERS.sub(" ", plain)) if len(word) > 3]
    large = sum(word[0].isupper() for word in words)
    return len(words) >= _HEADLINE_WORDS and large >= _TITLE * len(words)


def _is_news(mention: Mention) -> bool:
    """By a newspaper, or passed on, or a link: with nobody who speaks for themselves."""
    text = mention.text
    if _says("news_name", mention.author.name):
        return True
    repeated = text.startswith("RT @")
    plain = text if repeated else _LINK.sub(" ", text)
    if not repeated and (plain == text or "?" in text):
        return False
    if _says("personal", plain):
        return False
    return not _says("speaks", plain) or _is_headline(mention)
