"""Does the author want help or an answer? A matter apart from anger: the calm wait too."""

import re

from monitor.judge.language import UNKNOWN
from monitor.judge.phrases import book, fold

#: A question mark that ends a sentence, not one inside a link.
_QUESTION = re.compile(r"[?\uff1f]+(?=\s|$|[\"'”»)!\W])")
_LINK = re.compile(r"https?://\S+")
#: The sentence that a question mark ends.
_ASKED = re.compile(r"[^.!?\n\u3002\uff01\uff1f\u2026]+$")
#: What somebody else said or asked; an opening and a closing sign, not too far apart.
_QUOTED = re.compile(r"[\"“„«「『][^\"“”„«»「」『』]{1,300}[\"“”»」』]")
#: Without this much outside the quotation marks, the marks are mere decoration.
_OWN_LETTERS = 12
#: A question of so many words is rhetorical as a whole; a longer one only holds the words.
_RHETORICAL_WORDS = 8

#: A question without its mark is short and has no comma: "when will it come", but not "when it
#: came, it was broken".
_OPENS_WORDS = 9
_SENTENCE = re.compile(r"[^.!?\n\u3002\uff01\uff1f\u2026]*[!?\uff01\uff1f]?")
_BEFORE = re.compile(r"(?:\A|[.!?\n\u3002\uff01\uff1f\u2026:]|@\w+)[^\w.!?@]*$")
_BEFORE_LENGTH = 40
#: Signs in a sentence that is an exclamation, has a clause, or is a question that was looked at.
_NO_QUESTION = frozenset("!?,\uff01\uff1f\uff0c")

_WANTS = "asks"
_OPENING = "opening"
_RHETORICAL = "rhetorical"


def asks(text: str, folded: str | None = None, language: str = UNKNOWN) -> bool:
    """Whether the text asks for help, information or an answer.

    Args:
        text: As it was posted.
        folded: The same text as `phrases.fold` makes it, where that is at hand.
        language: ISO 639-1, or "und".
    """
    own = _own_words(fold(text) if folded is None else folded)
    hits = book("asks").find(own, language)
    questions = [_ASKED.search(own, 0, mark.start()) for mark in _QUESTION.finditer(own)]
    if any(question and not _rhetorical(question.group(), language) for question in questions):
        return True
    return any(
        hit.group == _WANTS or (hit.group == _OPENING and _opens(own, hit.start)) for hit in hits
    )


def _opens(folded: str, start: int) -> bool:
    """Whether the word there begins a short sentence that is a question but for its mark."""
    if not _BEFORE.search(folded[max(0, start - _BEFORE_LENGTH) : start]):
        return False
    found = _SENTENCE.match(folded, start)
    sentence = found.group() if found else ""
    return len(sentence.split()) <= _OPENS_WORDS and not _NO_QUESTION & {*sentence}


def _own_words(folded: str) -> str:
    """The text without links and, where more than a few words remain, without quotations."""
    text = _LINK.sub(" ", folded) if "://" in folded else folded
    without = _QUOTED.sub(" ", text)
    return without if sum(sign.isalpha() for sign in without) >= _OWN_LETTERS else text


def _rhetorical(sentence: str, language: str) -> bool:
    """A question that wants no answer, as "seriously" or "who else does that"."""
    if len(sentence.split()) > _RHETORICAL_WORDS:
        return False
    groups = {hit.group for hit in book("asks").find(sentence, language)}
    return _RHETORICAL in groups and _WANTS not in groups
