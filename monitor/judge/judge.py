"""From a text to a verdict: language, sentiment, complaint, topic, question, red flags, why."""

import math

from monitor.judge.asks import asks
from monitor.judge.language import LanguageGuesser
from monitor.judge.phrases import Hit, book, fold
from monitor.judge.red_flags import red_flags
from monitor.judge.topic import topic
from monitor.judge.vader import Sentiment, Vader
from responders.verdict import Verdict

#: Chosen for a mix in which three posts of ten are complaints.
DEFAULT_THRESHOLD = 0.5
#: A post's start says what it is about; what follows in a pasted book does not count.
_READ_CHARACTERS = 20_000
_WHY_LIMIT = 6


class Judge:
    """Judges posts. Threads may share one; making one takes a moment."""

    def __init__(self, *, threshold: float = DEFAULT_THRESHOLD) -> None:
        if not 0 < threshold < 1:
            raise ValueError(
                f"the judge's threshold is {threshold}: give a number between 0 and 1,"
                f" such as {DEFAULT_THRESHOLD}"
            )
        self._threshold = threshold
        self._languages = LanguageGuesser()
        self._vader = Vader()

    def judge(self, text: str, *, hint: str | None = None) -> Verdict:
        """The verdict on one text; never raises, whatever the text holds.

        Args:
            text: As it was posted; only its first 20,000 characters are read.
            hint: The platform's own guess of the language.
        """
        text = text[:_READ_CHARACTERS]
        if not text.strip():
            return Verdict()
        folded = fold(text)
        language = self._languages.guess(text, hint)
        sentiment = self._vader.score(text)
        hits = book("complaint").find(folded, language)
        complaint = _complaint(sentiment, hits)
        angry = complaint >= self._threshold
        flags, flag_hits = red_flags(folded, language)
        wants_answer = asks(text, folded, language)
        subject, subject_hits = topic(
            folded,
            language,
            angry=angry,
            praises=sentiment.compound > 0.3 or any(hit.group == "praise" for hit in hits),
            asks=wants_answer,
        )
        why = [f"{hit.group}: {hit.words}" for hit in flag_hits]
        why += [f"{hit.group}: {hit.words}" for hit in hits]
        why += [f"{word} {valence:+.1f}" for word, valence in sentiment.words]
        why += [f"{hit.group}: {hit.words}" for hit in subject_hits]
        return Verdict(
            language=language,
            compound=sentiment.compound,
            complaint=round(complaint, 4),
            angry=angry,
            topic=subject,
            asks=wants_answer,
            red_flags=flags,
            why=tuple(dict.fromkeys(why))[:_WHY_LIMIT],
        )


def _complaint(sentiment: Sentiment, hits: list[Hit]) -> float:
    grievances = sum(hit.group == "grievance" for hit in hits)
    praise = sum(hit.group == "praise" for hit in hits)
    mock = sum(hit.group == "mock_praise" for hit in hits)
    shop = sum(hit.group == "shop_talk" for hit in hits)
    score = -0.6 - 2.5 * sentiment.compound + 1.2 * min(grievances, 3) - 0.7 * praise - shop
    if mock and grievances:
        score += 1.5
    return 1 / (1 + math.exp(-score))
