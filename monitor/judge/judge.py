"""From a text to a verdict: language, sentiment, complaint, topic, question, red flags, why.

Doubts come along: where the judge is weak, a person looks twice.
"""

import math
from collections.abc import Iterator, Sequence

from monitor.judge import subject
from monitor.judge.asks import asks
from monitor.judge.complaint import ComplaintModel, Evidence, Route, sigmoid
from monitor.judge.language import UNKNOWN, Guess, LanguageGuesser
from monitor.judge.learn import TeamLayer, Trace
from monitor.judge.matter import matters
from monitor.judge.phrases import Hit, fold
from monitor.judge.red_flags import red_flags
from monitor.judge.topic import topic
from responders.verdict import Doubt, RedFlag, Verdict

#: Chosen for a mix in which three posts of ten are complaints: the cut at which F1 was highest on
#: average over nine development sets weighted to that share (`make bench-judge`, November 2026).
#: A calibrated score would be cut at half of the F1 that can be reached, 0.35; ours is shy.
#: Source: Z. C. Lipton et al., "Optimal Thresholding of Classifiers to Maximize F1 Measure", 2014.
DEFAULT_THRESHOLD = 0.25
#: A post's start says what it is about; what follows in a pasted book does not count.
_READ_CHARACTERS = 20_000
_WHY_LIMIT = 6
#: Below this a word moved the score too little to be worth a person's glance.
_WORTH_TELLING = 0.25
#: Fewer letters than this say little; a Chinese character says about as much as three.
_SHORT = 12
_SAYS_MORE = 3
_DENSE = frozenset({"zh", "ja", "ko"})
_READ_FOR_LENGTH = 200
#: So close to the cut, in log-odds, nearly every second verdict is wrong.
_CLOSE = 0.4
#: Below this nobody would be answered with more than a question, whatever the post names.
_LISTENS_FROM = 0.05
#: VADER's compound from which a calm post counts as praise.
_PRAISES_FROM = 0.5


class Judge:
    """Judges posts. Threads may share one; making one takes a moment."""

    def __init__(
        self, *, threshold: float = DEFAULT_THRESHOLD, team: TeamLayer | None = None
    ) -> None:
        """Reads the models.

        Args:
            threshold: From which probability of a complaint a post is flagged, 0..1.
            team: What a team's own labels taught; its threshold takes the place of ours. It never
                touches a red flag.
        """
        if not 0 < threshold < 1:
            raise ValueError(
                f"the judge's threshold is {threshold}: give a number between 0 and 1,"
                f" such as {DEFAULT_THRESHOLD}"
            )
        self._threshold = threshold
        self._team = team
        self._languages = LanguageGuesser()
        self._model = ComplaintModel()

    @property
    def threshold(self) -> float:
        """From which probability a post is flagged where no team's layer says otherwise."""
        return self._threshold

    def judge(
        self, text: str, *, hint: str | None = None, team: TeamLayer | None = None
    ) -> Verdict:
        """The verdict on one text; never raises, whatever the text holds.

        Args:
            text: As it was posted; only its first 20,000 characters are read.
            hint: The platform's own guess of the language.
            team: As in `judge_all`.
        """
        return self.judge_all([text], hints=[hint], team=team)[0]

    def judge_all(
        self,
        texts: Sequence[str],
        *,
        hints: Sequence[str | None] | None = None,
        team: TeamLayer | None = None,
    ) -> list[Verdict]:
        """The verdicts on many texts, in order: three times as fast as one by one.

        Args:
            texts: As they were posted.
            hints: The platform's own guesses of the languages, one a text.
            team: The layer of the team whose posts these are, in place of the judge's own.
        """
        layer = team or self._team
        read = [text[:_READ_CHARACTERS] for text in texts]
        hinted = hints if hints is not None else [None] * len(read)
        guesses = [
            self._languages.listen(text, hint) for text, hint in zip(read, hinted, strict=True)
        ]
        places = [place for place, text in enumerate(read) if text.strip()]
        found = self._model.examine_all(
            [read[place] for place in places],
            [guesses[place].language for place in places],
            with_vector=layer is not None and layer.reads_vectors,
        )
        verdicts = [Verdict()] * len(read)
        for place, evidence in zip(places, found, strict=True):
            verdicts[place] = self._verdict(read[place], guesses[place], evidence, layer)
        return verdicts

    def look_closer(self, text: str, verdict: Verdict) -> Verdict:
        """The verdict with what a close reading says of the topic and the matters.

        For posts that need a person; the same verdict where nothing can be read closely.

        Args:
            text: As it was posted.
            verdict: What `judge` says of it.
        """
        if not subject.available() or verdict.complaint < _LISTENS_FROM or not text.strip():
            return verdict
        return subject.closer(verdict, subject.subject(text[:_READ_CHARACTERS]))

    def traces(
        self, texts: Sequence[str], *, hints: Sequence[str | None] | None = None
    ) -> list[Trace | None]:
        """What a team's layer learns from, of many texts in order; None for a blank one."""
        read = [text[:_READ_CHARACTERS] for text in texts]
        hinted = hints if hints is not None else [None] * len(read)
        places = [place for place, text in enumerate(read) if text.strip()]
        found = self._model.examine_all(
            [read[place] for place in places],
            [self._languages.guess(read[place], hinted[place]) for place in places],
            with_vector=True,
        )
        traces: list[Trace | None] = [None] * len(read)
        for place, evidence in zip(places, found, strict=True):
            traces[place] = Trace.of(evidence)
        return traces

    def _verdict(
        self, text: str, guess: Guess, evidence: Evidence, team: TeamLayer | None
    ) -> Verdict:
        folded, language = fold(text), guess.language
        score = evidence.score if team is None else team.score(evidence)
        complaint = round(sigmoid(score), 4)
        threshold = self._threshold if team is None else team.threshold
        angry = complaint >= threshold
        flags, flag_hits = red_flags(folded, language, guess.spoken, evidence.vector)
        wants_answer = asks(text, folded, language)
        named, named_hits = topic(
            folded,
            language,
            angry=angry,
            praises=evidence.ruling.praises or evidence.sentiment.compound > _PRAISES_FROM,
            asks=wants_answer,
            own=evidence.own,
            vector=evidence.vector,
        )
        return Verdict(
            language=language,
            compound=evidence.sentiment.compound,
            complaint=complaint,
            angry=angry,
            topic=named,
            asks=wants_answer,
            red_flags=flags,
            why=_why(flags, flag_hits, evidence, named, named_hits),
            doubts=tuple(_doubts(folded, language, evidence.route, complaint, threshold)),
            matters=matters(evidence.own, evidence.vector) if complaint >= _LISTENS_FROM else (),
        )


def _doubts(
    folded: str, language: str, route: Route, complaint: float, threshold: float
) -> Iterator[Doubt]:
    """Why the verdict may be wrong, the weightiest first."""
    if language == UNKNOWN or route is Route.UNKNOWN:
        yield Doubt.LANGUAGE
    elif route is Route.LISTED:
        yield Doubt.WORD_LIST
    says_more = _SAYS_MORE if language in _DENSE else 1
    if sum(sign.isalpha() for sign in folded[:_READ_FOR_LENGTH]) * says_more < _SHORT:
        yield Doubt.SHORT
    if abs(_odds(complaint) - _odds(threshold)) < _CLOSE:
        yield Doubt.CLOSE


def _odds(chance: float) -> float:
    kept = min(max(chance, 0.0001), 0.9999)
    return math.log(kept / (1 - kept))


def _why(
    flags: Sequence[RedFlag],
    flag_hits: Sequence[Hit],
    evidence: Evidence,
    named: str | None,
    named_hits: Sequence[Hit],
) -> tuple[str, ...]:
    """The words and rules that weighed most: flags first, then rules, then words."""
    first = {hit.group: hit for hit in reversed(flag_hits)}
    why = [f"{flag.value}: {first[flag.value].words}" for flag in flags]
    why += evidence.ruling.why
    why += [f"{word} {weight:+.1f}" for word, weight in evidence.words if _tells(word, weight)]
    why += [f"VADER: {word} {valence:+.1f}" for word, valence in evidence.sentiment.words[:2]]
    why += [f"{named}: {hit.words}" for hit in named_hits[:1]]
    return tuple(dict.fromkeys(why))[:_WHY_LIMIT]


def _tells(word: str, weight: float) -> bool:
    return abs(weight) >= _WORTH_TELLING and any(sign.isalpha() for sign in word)
