"""What a text must not say: read on every draft, on every edit, and right before sending.

Pure: the same text has the same findings each time, each with the words that were seen and what
to write instead. Two readers look at a text. The phrases of each language (`phrases/`) are quick
and literal; `meaning/` is a small model that was taught what the codes mean, hears what nobody
wrote down, and lets a phrase pass that only looks like one. The playbooks' own sentences are read
by the phrases alone: people have reviewed them.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from connectors.base import Ability, Mention, Way
from responders.draft import CODE_PLACEHOLDER, PLAYBOOK, Draft, Finding, Half
from responders.guard import facts, meaning
from responders.guard.codes import INSTEAD, NEVER_OVERRIDDEN, Code, severity
from responders.guard.phrases import ear, folded, listening
from responders.guard.tongue import is_han, tongue, tongues
from responders.policy import Brand

__all__ = ["MACHINE", "NEVER_OVERRIDDEN", "Code", "examine", "review"]

#: Draft.written_by where a language model worded the text.
MACHINE = "writer"

#: Codes that are heard in phrases alone or besides patterns, in either half.
_HEARD = (
    Code.AMOUNT,
    Code.DATE,
    Code.GUARANTEE,
    Code.REFUND_PROMISE,
    Code.LIABILITY,
    Code.PERSONAL_DATA,
    Code.ORDER_FACT,
    Code.BLAME,
    Code.SARCASM,
    Code.POLICY,
    Code.CREDIT_IN_PUBLIC,
    Code.CREDIT_INSTEAD_OF_REMEDY,
    Code.UNSAFE_REMEDY,
    Code.PROFANITY,
    Code.MACHINE_WRITTEN,
)
#: Said in private freely: the customer's own order, and an extra.
_PUBLIC_ONLY = frozenset({Code.ORDER_FACT, Code.CREDIT_IN_PUBLIC, Code.DM_ONLY})

#: Free to be said where the brand's facts hold it, or a person has checked it.
_OF_FACTS = frozenset({Code.AMOUNT, Code.DATE, Code.POLICY})

#: Whose phrases are listened for where a language has none of its own.
_FALLBACK = "en"

#: From how many of its words in common a text counts as the same as another one.
_SAME = 0.85


#: What a phrase found, and where it starts and ends.
_Heard = tuple[Finding, int, int]


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """One text under the glass."""

    text: str  #: as written
    shown: str  #: folded
    plain: str  #: the same without the brand's own names, which say nothing
    lower: str
    half: Half
    language: str
    brand: Brand
    way: Way
    addressee: str
    facts: tuple[str, ...]
    other_names: tuple[str, ...]
    used: tuple[str, ...]
    settled: Set[str]

    def finding(self, code: Code, words: str, do: str = "") -> Finding:
        return Finding(
            code=code,
            severity=severity(code, self.half),
            half=self.half,
            words=" ".join(words.split()).replace(" '", "'").replace("' ", "'")[:120],
            do=do or INSTEAD[code],
        )


def examine(
    text: str,
    half: Half,
    *,
    language: str,
    brand: Brand,
    way: Way,
    other_names: Collection[str] = (),
    used: Collection[str] = (),
    addressee: str = "",
    checked: Collection[str] = (),
    second_look: bool = True,
    settled: Set[str] = frozenset(),
) -> tuple[Finding, ...]:
    """What this text should not say; at most one finding of each code, in the order of the codes.

    Args:
        text: What would be sent.
        half: Where it would be read.
        language: ISO 639-1, the language that the text should be in. English and unknown
            languages are read with English phrases.
        brand: Whose text it is; its facts, links and contact may be named.
        way: How it would be sent: gives the length and the account.
        other_names: Names of other shops, besides the well-known ones.
        used: Texts that went out lately and must not be repeated.
        addressee: The customer's handle: the one account that the text may mention.
        checked: Amounts, days and terms that a person has checked for this case.
        second_look: Whether the model reads it too, about 30 ms a sentence; the playbooks' words
            need none. Without its weights the phrases stand alone.
        settled: Sentences, as `sentences_of` gives them, that the model need not read.
    """
    shown = folded(text, language)
    plain = _unnamed(shown, brand)
    lower = plain.lower()
    if len(lower) != len(plain):
        # Lower case is longer than the text in a few alphabets; the words are then shown lower.
        shown = plain = lower
    reading = _Reading(
        text=text,
        shown=shown,
        plain=plain,
        lower=lower,
        half=half,
        language=language,
        brand=brand,
        way=way,
        addressee=addressee,
        facts=(*brand.facts, *checked),
        other_names=tuple(other_names),
        used=tuple(used),
        settled=settled,
    )
    order = list(Code)
    first: dict[str, Finding] = {}
    heard = tuple(_phrases(reading))
    if second_look and meaning.available():
        worded = tuple(_looked_again(reading, heard))
    else:
        worded = tuple(finding for finding, _, _ in heard)
    for found in (*_patterns(reading), *worded, *_whole(reading)):
        first.setdefault(found.code, found)
    return tuple(sorted(first.values(), key=lambda finding: order.index(Code(finding.code))))


#: A name shorter than this may be part of anything.
_SHORTEST_NAME = 3
#: What stands for a letter of a name that is not listened to.
_NOBODY = "q"


def _unnamed(text: str, brand: Brand) -> str:
    """The text with the brand's and the signing person's names, as written, made meaningless.

    A shop may be called Guaranteed Rate or 24/7 Fitness, and somebody's first name is April.
    """
    for name in (brand.name, brand.signature):
        if len(name) >= _SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _NOBODY * len(name), text)
    return text


def review(
    draft: Draft,
    *,
    brand: Brand,
    ability: Ability,
    subject: Mention,
    used: Collection[str] = (),
    settled: Set[str] = frozenset(),
) -> Draft:
    """The same draft with its findings renewed.

    Both halves, the credit's paragraph where a person chose it, and the holding text are read.
    What a person or a machine has worded is looked at twice, but for the sentences in `settled`.
    """
    checked = draft.checked
    if draft.credit is not None and draft.credit_chosen:
        checked += (str(draft.credit.amount), draft.credit.amount.shown(draft.language))
        settled = settled | sentences_of([draft.credit.text], draft.language)
    found: list[Finding] = []
    halves = (
        (draft.public, Half.PUBLIC, ability.public),
        (draft.holding, Half.PUBLIC, ability.public),
        (draft.private_full, Half.PRIVATE, ability.private),
    )
    for text, half, way in halves:
        if text is not None:
            found += examine(
                text,
                half,
                language=draft.language,
                brand=brand,
                way=way,
                used=used,
                addressee=subject.author.handle,
                checked=checked if half is Half.PRIVATE else (),
                second_look=draft.written_by != PLAYBOOK,
                settled=settled,
            )
            if draft.written_by == MACHINE:
                found.append(
                    Finding(
                        code=Code.MACHINE_WRITTEN,
                        severity=severity(Code.MACHINE_WRITTEN, half),
                        half=half,
                        words="written by a language model",
                        do=INSTEAD[Code.MACHINE_WRITTEN],
                    )
                )
    return replace(draft, findings=tuple(dict.fromkeys(found)))


def _patterns(reading: _Reading) -> Iterator[Finding]:
    """What looks the same in every language."""
    brand, plain, known_facts = reading.brand, reading.plain, reading.facts
    public = reading.half is Half.PUBLIC
    hours = (brand.business_hours or ()) if _are_hours(reading, plain) else ()
    links = (brand.policy_url, brand.privacy_url, brand.contact, *brand.facts)
    own = (brand.contact, *brand.facts)
    found = {
        Code.AMOUNT: facts.amount(plain, known_facts),
        Code.DATE: facts.date(plain, (*known_facts, *hours)),
        Code.PERSONAL_DATA: facts.personal(plain, (*own, reading.addressee))
        or facts.handle(plain, (reading.addressee, reading.way.account or "", brand.contact)),
        Code.ORDER_FACT: facts.order_number(plain, (*known_facts, *own)) if public else None,
        Code.SARCASM: facts.laughter(plain),
        Code.UNKNOWN_LINK: facts.link(plain, links),
        Code.PLACEHOLDER: facts.blank(plain, () if public else (CODE_PLACEHOLDER,)),
        Code.COMPETITOR: facts.other_shop(
            plain, reading.other_names, (brand.name, *brand.terms, *brand.products)
        ),
    }
    for code, words in found.items():
        if words is not None:
            yield reading.finding(code, words)
    dear = facts.any_link(plain) if reading.way.link_micro_usd else None
    if dear is not None:
        yield reading.finding(Code.UNKNOWN_LINK, dear, _too_dear(reading.way))


def _too_dear(way: Way) -> str:
    with_link, without = way.link_micro_usd / 1_000_000, way.cost_micro_usd / 1_000_000
    return (
        f"A link here raises the price of this answer from ${without:.3f} to ${with_link:.2f}: "
        "name the page in words, or send the link in private."
    )


def _phrases(reading: _Reading) -> Iterator[_Heard]:
    """What is said in words of one language, and where."""
    language = reading.language if listening(reading.language) else _FALLBACK
    for code, start, end in _heard(reading.lower, language, reading.half):
        words = reading.shown[start:end]
        if code in _OF_FACTS and _is_fact(reading, words):
            continue
        yield reading.finding(code, words), start, end


def _looked_again(reading: _Reading, heard: Collection[_Heard]) -> Iterator[Finding]:
    """What the phrases found and the model does not think wrong, and what it finds besides."""
    # Addresses are judged by their patterns; to the model each looks like somebody's data.
    everything = facts.without_addresses(reading.shown)
    settled = reading.settled | sentences_of(reading.brand.incident_lines, reading.language)
    unsettled = facts.without_addresses(_without(reading.shown, settled))
    seen = {found.code: found for found in meaning.suspicions(unsettled, reading.half)}
    if unsettled != everything:
        # Who has read a part cannot say what the text is as a whole.
        whole = {found.code: found for found in meaning.suspicions(everything, reading.half)}
        seen = {code: found for code, found in seen.items() if code not in meaning.OF_THE_WHOLE}
        seen |= {code: whole[code] for code in meaning.OF_THE_WHOLE & whole.keys()}
    for finding, start, end in heard:
        suspicion = seen.get(Code(finding.code))
        # The model has no word in what it did not read.
        unread = not unsettled[start:end].strip()
        if suspicion is None or unread or suspicion.logit > meaning.LIKELY:
            yield finding
    named = {finding.code for finding, _, _ in heard}
    for code, suspicion in seen.items():
        if code in named or suspicion.logit <= meaning.SURE:
            continue
        words = reading.shown[suspicion.start : suspicion.end]
        known = code in _OF_FACTS and _is_fact(reading, words)
        if not known and not (code is Code.DATE and _are_hours(reading, words)):
            yield reading.finding(code, words)


def sentences_of(texts: Iterable[str], language: str) -> frozenset[str]:
    """Every sentence of these texts, as the guard compares them."""
    return frozenset(
        sentence for text in texts for sentence, _, _ in meaning.sentences(folded(text, language))
    )


def _without(text: str, settled: Set[str]) -> str:
    """The text with spaces in the place of what is settled."""
    for sentence, start, end in meaning.sentences(text) if settled else ():
        if sentence in settled:
            text = text[:start] + " " * (end - start) + text[end:]
    return text


@lru_cache(maxsize=1024)
def _heard(text: str, language: str, half: Half) -> tuple[tuple[Code, int, int], ...]:
    """The codes that a lower-cased text is caught with, and where.

    Kept: a draft is read when it is made, when its card is shown and right before it is sent.
    """
    listened, listens = listening(language), ear(language, half)
    present = listens.pieces(text)
    likely = listens.likely(present)
    found: list[tuple[Code, int, int]] = []
    for code in _HEARD:
        if code not in likely or (code in _PUBLIC_ONLY and half is Half.PRIVATE):
            continue
        span = listened[code].hear(text, half, present, likely[code])
        if span is not None:
            found.append((code, *span))
    if half is Half.PUBLIC and Code.DM_ONLY in likely:
        asks = any(item.found(text) for item in likely[Code.DM_ONLY])
        kind = (item for item in listened[Code.DM_ONLY].fine[half] if item.possible(present))
        # An apology or thanks anywhere make it more than an invitation.
        if asks and not any(item.found(text) for item in kind):
            found.append((Code.DM_ONLY, 0, len(text)))
    return tuple(found)


def _is_fact(reading: _Reading, words: str) -> bool:
    """Whether a known fact stands in these words, or these words in a known fact."""
    seen = facts.squeezed(words)
    known = (facts.squeezed(fact) for fact in reading.facts)
    return any(facts.stands_in(fact, seen) or facts.stands_in(seen, fact) for fact in known)


def _are_hours(reading: _Reading, words: str) -> bool:
    """Whether opening hours are told, both ends: one alone is a time that something is due."""
    hours = reading.brand.business_hours
    return hours is not None and all(hour in words for hour in hours)


def _whole(reading: _Reading) -> Iterator[Finding]:
    """What concerns the text as a whole."""
    limit = reading.way.limit
    if not limit.fits(reading.text):
        yield reading.finding(
            Code.TOO_LONG,
            f"{limit.count(reading.text)} {limit.unit}",
            f"Shorten the text to {limit.maximum} {limit.unit}.",
        )
    spoken = tongue(reading.plain)
    if spoken is not None and reading.language in tongues() and spoken != reading.language:
        yield reading.finding(Code.WRONG_LANGUAGE, f"{spoken} instead of {reading.language}")
    again = next((old for old in reading.used if same_words(reading.text, old)), None)
    if again is not None and not _says_incident_line(reading):
        yield reading.finding(Code.REPEATED_TEXT, again)


def _says_incident_line(reading: _Reading) -> bool:
    """Whether a sentence stands there that may be said to everybody: in an incident many ask."""
    said = " ".join(reading.shown.lower().split())
    lines = (folded(line, reading.language) for line in reading.brand.incident_lines)
    return any(" ".join(line.lower().split()) in said for line in lines)


_HANDLES = re.compile(r"(?<!\w)@[\w.@-]+")


def same_words(one: str, other: str) -> bool:
    """Whether two texts are the same to a reader: but for a name, a handle, signs or spaces."""
    mine, theirs = _bag(one), _bag(other)
    if not mine or not theirs:
        return mine == theirs
    return len(mine & theirs) / len(mine | theirs) >= _SAME


def _bag(text: str) -> frozenset[str]:
    """The words of a text; the pairs of letters where words are not spaced."""
    plain = _HANDLES.sub(" ", folded(text, "")).lower()
    if is_han(plain):
        signs = [char for char in plain if char.isalnum()]
        return frozenset(first + second for first, second in pairwise(signs))
    return frozenset(re.findall(r"[\w']+", plain))
