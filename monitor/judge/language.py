"""Which language a post is in: one of the product's, another that is plainly told, or "und".

Short posts decide the order: first the script (Han, kana, Hangul, the letters that only Ukrainian
has), then a statistical detector restricted to the product's languages, which is worth one to
three points over letting it choose among all. eldc where it is installed, py3langid elsewhere.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from threading import Lock

UNKNOWN = "und"
#: The languages that a team can be answered in; the detector chooses among these alone.
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "uk", "ru", "zh")

#: Neighbours that the detector takes for one of those where it may choose among those alone.
NEIGHBOURS = (
    *("bg", "ca", "da", "et", "fi", "hr", "hu", "lt", "lv"),
    *("no", "ro", "sk", "sl", "sr", "sv", "tr"),
)

#: Not the author's own words: links, handles, hashtags, the marks of a repost, file names.
_NOISE = re.compile(r"(?:https?://|www\.)\S+|[@#][\w.]+|&\w+;|\bRT\b|\bvia\b")
#: The same with hashtags kept as words: where nothing else is said, they are what there is.
_NOISE_BUT_HASHTAGS = re.compile(r"(?:https?://|www\.)\S+|@[\w.]+|#|&\w+;|\bRT\b|\bvia\b")
_SCRIPTS = {
    "han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"),
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]"),
}
_LETTER = re.compile(r"[^\W\d_]")
_UKRAINIAN = re.compile(r"[іїєґ]", re.IGNORECASE)
_RUSSIAN = re.compile(r"[ыэъё]", re.IGNORECASE)
#: Fewer letters than this say nothing, unless they are a frequent word of one language alone.
_ENOUGH_LETTERS = 3
#: With fewer than this, hashtags are read as words too.
_FEW_LETTERS = 8
#: Frequent words decide between the detector's first two where these are so close.
_CLOSE = 0.02

#: With fewer letters than this the words of every language are listened to.
_SURE_LETTERS = 20
#: A Chinese character says about as much as three letters.
_LETTERS_OF = {"zh": 3}
#: So close to the first, the detector's other guesses are listened to as well. Measured in November
#: 2026 on labelled posts: the first of 19 in 20 English and German ones is further ahead.
_RIVAL = 0.15
#: Where one sentence ends and another may begin in another language.
_SENTENCE_END = re.compile(r"[.!?;:,()\n\u2026\u3002\uff01\uff1f\uff0c\u2013\u2014]+|\s[-/|]+\s")
#: Close cousins, told apart by a few letters.
_CYRILLIC = frozenset({"uk", "ru"})

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_APOSTROPHE = "\u2019"

#: With fewer letters than this nobody is taken for a neighbour.
_ENOUGH_FOR_NEIGHBOURS = 24
#: A neighbour is asked for where the best of the product's languages stays below the first, and
#: named where it reaches the second and is so far ahead of that one.
_CONVINCED, _PLAINLY, _AHEAD = 0.86, 0.86, 0.05

Scores = Callable[[str], Mapping[str, float]]

#: eldc keeps one state for the whole process.
_eldc_lock = Lock()


def _eldc_scores(among: tuple[str, ...]) -> Scores:
    import eldc

    languages = list(among)
    with _eldc_lock:
        eldc.init()

    def scores(text: str) -> Mapping[str, float]:
        with _eldc_lock:
            eldc.set_languages(languages)
            found: Mapping[str, float] = eldc.detect_details(text).scores
        return found

    return scores


def _py3langid_scores() -> Scores:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))

    def scores(text: str) -> Mapping[str, float]:
        return {language: float(score) for language, score in identifier.rank(text)}

    return scores


def detector() -> Scores:
    """The best detector that is installed: text -> score per language, 0..1, higher is likelier."""
    try:
        return _eldc_scores(LANGUAGES)
    except ImportError:
        return _py3langid_scores()


def wide_detector() -> Scores | None:
    """The same among the product's languages and their neighbours; None where there is none."""
    try:
        return _eldc_scores((*LANGUAGES, *NEIGHBOURS))
    except ImportError:
        return None


@dataclass(frozen=True, kw_only=True)
class Guess:
    """The language of a post, and which others may stand in it."""

    language: str  #: ISO 639-1, or "und"
    #: The product's languages that its words may be in; None where nothing is sure: any.
    spoken: frozenset[str] | None = None


class LanguageGuesser:
    """Guesses the language of posts. Threads may share one."""

    def __init__(self, scores: Scores | None = None) -> None:
        self._scores = scores or detector()
        self._wide = wide_detector() if scores is None else None

    def guess(self, text: str, hint: str | None = None) -> str:
        """The language's ISO 639-1 code, or "und".

        Args:
            text: Any text; lone surrogates and control characters are harmless.
            hint: The platform's own guess; counts only where the text alone does not decide.
        """
        return self.listen(text, hint).language

    def listen(self, text: str, hint: str | None = None) -> Guess:
        """The language as `guess` tells it, and whose words may stand in the text besides.

        A sentence of its own language is heard, and so is a close second guess; English is mixed
        into everything.
        """
        own = _NOISE.sub(" ", text)
        if len(_LETTER.findall(own)) < _FEW_LETTERS:
            own = _NOISE_BUT_HASHTAGS.sub(" ", text)
        if not own.isascii():
            own = own.encode("utf-8", "ignore").decode("utf-8")
        letters = len(_LETTER.findall(own))
        if letters == 0:
            return Guess(language=UNKNOWN)
        choice = None if own.isascii() else _by_script(own, letters)
        ranked = [] if choice is not None else self._ranked(own)
        if choice is None and (neighbour := self._neighbour(own, ranked, letters)):
            return Guess(language=neighbour)
        if choice is None:
            choice = _decide(ranked, _votes(own), letters)
            if choice == UNKNOWN and hint in LANGUAGES:
                choice = hint
        if choice not in LANGUAGES or letters * _LETTERS_OF.get(choice, 1) < _SURE_LETTERS:
            return Guess(language=choice)
        spoken = {choice, "en", *_rivals(ranked)}
        for sentence in _SENTENCE_END.split(own):
            said = len(_LETTER.findall(sentence))
            if _FEW_LETTERS <= said < letters:
                by_script = _by_script(sentence, said)
                spoken.update([by_script] if by_script else _rivals(self._ranked(sentence)))
        if spoken & _CYRILLIC:
            spoken |= _CYRILLIC
        return Guess(language=choice, spoken=frozenset(spoken))

    def _ranked(self, text: str) -> list[tuple[str, float]]:
        return _sorted(self._scores(_plain(text)))

    def _neighbour(self, text: str, ranked: list[tuple[str, float]], letters: int) -> str | None:
        """The neighbouring language that the text is plainly in, if any."""
        home = ranked[0][1] if ranked else 0.0
        if self._wide is None or letters < _ENOUGH_FOR_NEIGHBOURS or home >= _CONVINCED:
            return None
        found = _sorted(self._wide(_plain(text)))
        language, score = found[0] if found else (UNKNOWN, 0.0)
        plainly = language in NEIGHBOURS and score >= _PLAINLY and score - home >= _AHEAD
        return language if plainly else None


def _plain(text: str) -> str:
    return text.replace("\x00", " ").lower()


def _sorted(scores: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(scores.items(), key=lambda pair: -pair[1])


def _rivals(ranked: list[tuple[str, float]]) -> Iterator[str]:
    """The languages that the detector finds nearly as likely as its first."""
    for language, score in ranked:
        if ranked[0][1] - score < _RIVAL:
            yield language


def _by_script(text: str, letters: int) -> str | None:
    """What the letters alone decide; None where it takes more."""
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    script = max(counts, key=lambda name: counts[name])
    # A Chinese character says about as much as three letters; loan words in Latin are common.
    weight = 3 if script in {"han", "ja", "ko"} else 1
    if counts[script] == 0 or counts[script] * weight < letters * 0.4:
        return None
    if script == "han":
        return "ja" if counts["ja"] > counts["han"] * 0.2 else "zh"
    if script != "cyrillic":
        return script
    ukrainian, russian = len(_UKRAINIAN.findall(text)), len(_RUSSIAN.findall(text))
    if ukrainian > russian * 2:
        return "uk"
    if russian > ukrainian * 2:
        return "ru"
    return None


@cache
def _telltale() -> Mapping[str, frozenset[str]]:
    """Frequent words that hardly occur in the other languages."""
    text = files("monitor.judge").joinpath("words", "languages.toml").read_text(encoding="utf-8")
    return {language: frozenset(words.split()) for language, words in tomllib.loads(text).items()}


def _votes(text: str) -> Mapping[str, int]:
    words = _WORD.findall(text.lower().replace(_APOSTROPHE, "'"))
    votes = {
        language: sum(word in known for word in words) for language, known in _telltale().items()
    }
    return {language: count for language, count in votes.items() if count}


def _decide(ranked: list[tuple[str, float]], votes: Mapping[str, int], letters: int) -> str:
    best_votes = max(votes.values(), default=0)
    voted = [language for language, count in votes.items() if count == best_votes]
    by_votes = voted[0] if len(voted) == 1 else UNKNOWN
    if letters < _ENOUGH_LETTERS or not ranked:
        return by_votes
    (first, score), *rest = ranked
    close = [language for language, other in rest[:1] if score - other < _CLOSE]
    return by_votes if by_votes in close else first
