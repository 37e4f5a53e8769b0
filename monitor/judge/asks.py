"""Does the author want help or an answer? A matter apart from anger: the calm wait too."""

import re

from monitor.judge.language import UNKNOWN
from monitor.judge.phrases import book, fold

#: A question mark that ends a sentence, not one inside a link.
_QUESTION = re.compile(r"[?\uff1f]+(?=\s|$|[\"'”»)!\W])")
_LINK = re.compile(r"https?://\S+")


def asks(text: str, folded: str | None = None, language: str = UNKNOWN) -> bool:
    """Whether the text asks for help, information or an answer.

    Args:
        text: As it was posted.
        folded: The same text as `phrases.fold` makes it, where that is at hand.
        language: ISO 639-1, or "und".
    """
    if _QUESTION.search(_LINK.sub(" ", text)):
        return True
    return bool(book("asks").find(fold(text) if folded is None else folded, language))
