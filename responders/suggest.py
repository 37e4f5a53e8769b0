"""From a case to a draft: which playbook, which wording, in which language, how long.

Pure: the same case, settings and used texts always give the same draft. Nothing that a customer
wrote enters a text but a first name that we know to be one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import product

from connectors.base import Ability, Route, Way
from responders.case import Case
from responders.draft import CODE_PLACEHOLDER, Credit, Draft, Half
from responders.guard import review, same_words
from responders.guard.facts import any_link
from responders.playbooks import THING, Matter, Offer, Playbook, Playbooks, Text
from responders.policy import Brand, Policy
from responders.silence import Answer, consider
from responders.situation import situation
from responders.used import NOTHING, Used
from responders.verdict import RedFlag
from responders.voice import Voice, first_name
from responders.wording import form, in_a_row, say, tame

#: Where texts are in English because the customer's language is not there yet.
FALLBACK = "en"

#: Platforms where a public reply starts with the customer's account, written by us.
#: Source: docs.joinmastodon.org, statuses, read 2026-07-02.
_NAMES_ACCOUNT = frozenset({"mastodon"})
#: Platforms where a link in a public reply costs extra (X: thirteen times the price) or is frowned
#: upon. Source: docs.x.com, API pricing, read 2026-08-22.
_NO_LINKS = frozenset({"twitter"})
#: Where a private message needs the privacy notice and a way out of it.
#: Source: docs.x.com, developer guidelines, read 2026-08-22.
_NEEDS_NOTICE = frozenset({"twitter"})

_WE_SEND = frozenset({Route.API, Route.BY_HAND})


@dataclass(frozen=True, kw_only=True)
class _Pen:
    """Everything that a text is made of besides the playbook's words."""

    voice: Voice
    english: Voice
    familiar: bool
    name: str | None
    sign: str
    sign_english: str
    contact: str
    privacy: str
    seed: int
    thing: str = ""  #: what the post is about, ready for a sentence
    thing_english: str = ""
    quiet: bool = False  #: beside a death: no lively greeting, no word of passwords

    def pair(self, wording: str, english: str | None, **more: str) -> "_Pair":
        values = {"name": self.name or "", "contact": self.contact} | more
        mine, parallel = values | {THING: self.thing}, values | {THING: self.thing_english}
        return _Pair(
            words=say(wording, familiar=self.familiar, values=mine),
            english=None if english is None else say(english, familiar=False, values=parallel),
        )

    def of(self, key: str, index: int, **more: str) -> "_Pair":
        """One sentence of the voice, with the English sentence of the same number."""
        mine: Sequence[str] = getattr(self.voice, key)
        english: Sequence[str] = getattr(self.english, key)
        at = index % len(mine)
        return self.pair(mine[at], english[at] if at < len(english) else None, **more)


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A text and what it says in English; None where nobody wrote that."""

    words: str
    english: str | None

    def joined(self, others: Sequence["_Pair"], glue: str) -> "_Pair":
        parts = [self, *others]
        english = [part.english for part in parts]
        known = [text for text in english if text is not None]
        return _Pair(
            words=in_a_row((part.words for part in parts if part.words), glue),
            english=glue.join(text for text in known if text) if len(known) == len(parts) else None,
        )


def suggest(
    case: Case,
    *,
    brand: Brand,
    policy: Policy,
    ability: Ability,
    playbooks: Playbooks,
    used: Used = NOTHING,
) -> Draft:
    """What we propose to say; both texts are None with a reason where we should say nothing.

    Args:
        case: What happened; the texts sent in it are never said to this customer again.
        brand: Whose voice it is.
        policy: Gives the credit.
        ability: What can be sent, how long it may be, and so what the public text invites to.
        playbooks: Ours and the team's.
        used: What this customer has read is not said again: when no wording is left, a person
            writes. What others have read comes again once it lies furthest back.
    """
    language, notes = _language(case, brand, playbooks)
    blank = Draft(
        round=case.round,
        revision=case.draft.revision + 1 if case.draft and case.draft.round == case.round else 1,
        language=language,
    )
    pen = _pen(case, brand, playbooks, language)
    if case.red_flags:
        draft = _holding(blank, case.red_flags, pen, brand)
        return _reviewed(draft, case, brand, ability)
    advice = consider(case, brand=brand)
    if advice.answer is Answer.NOTHING:
        return replace(blank, reason=f"No answer proposed: {advice.reason}.")
    met = situation(case, advice.answer, brand=brand, playbooks=playbooks, language=language)
    answer, playbook, matter = met.answer, met.playbook, met.matter
    pen = replace(_naming(pen, met.thing, playbooks), quiet=met.quiet)
    if playbook is None:
        return replace(blank, reason="No playbook fits: a person writes.")
    if ability.public.route not in _WE_SEND and ability.private.route is Route.NONE:
        return replace(blank, reason=_sentence("Nothing can be sent here", ability.public.reason))
    if answer in (Answer.THANK, Answer.ASK):
        notes = (*notes, f"No apology: {advice.reason}.")
    draft = _written(
        blank,
        case,
        pen,
        playbook,
        matter,
        brand=brand,
        policy=policy,
        ability=ability,
        used=used,
        notes=notes,
    )
    return _reviewed(draft, case, brand, ability)


def _reviewed(draft: Draft, case: Case, brand: Brand, ability: Ability) -> Draft:
    return review(draft, brand=brand, ability=ability, subject=case.subject.mention)


def _sentence(start: str, reason: str) -> str:
    return f"{start}: {reason.rstrip('.')}." if reason else f"{start}."


def _language(case: Case, brand: Brand, playbooks: Playbooks) -> tuple[str, tuple[str, ...]]:
    """The language to answer in, and what an approver should know about that choice."""
    theirs = case.verdict.language
    if theirs == "und":
        theirs = case.subject.mention.language or (*brand.languages, FALLBACK)[0]
    if theirs in playbooks.voices:
        return theirs, ()
    return FALLBACK, (
        f"The post is in {theirs}; there are no texts in it yet, so this is English.",
    )


def _naming(pen: _Pen, thing: str | None, playbooks: Playbooks) -> _Pen:
    if thing is None:
        return pen
    mine = playbooks.things[pen.voice.language].by_name[thing]
    english = playbooks.things[FALLBACK].by_name.get(thing)
    return replace(
        pen, thing=mine.said, thing_english=english.said if english else f'with "{thing}"'
    )


def _pen(case: Case, brand: Brand, playbooks: Playbooks, language: str) -> _Pen:
    mention = case.subject.mention
    voice, english = playbooks.voices[language], playbooks.voices[FALLBACK]
    name = tame(brand.name)
    team = {"brand": name.replace(".", " ")}
    signature = tame(brand.signature)
    shown = first_name(tame(mention.author.name))
    return _Pen(
        voice=voice,
        english=english,
        familiar=brand.voice == "familiar",
        name=shown,
        sign=signature or say(voice.team, familiar=False, values=team),
        sign_english=signature or say(english.team, familiar=False, values=team),
        contact=" ".join(brand.contact.split()),
        privacy=brand.privacy_url,
        seed=int.from_bytes(sha256(f"{mention.platform}/{mention.id}".encode()).digest()[:4]),
    )


def _holding(blank: Draft, flags: Sequence[RedFlag], pen: _Pen, brand: Brand) -> Draft:
    words = ", ".join(flag.replace("_", " ") for flag in flags)
    if brand.reviewed_only and pen.voice.review is None:
        reason = f"Red flag: {words}. The holding texts in {blank.language} are not reviewed"
        return replace(blank, reason=f"{reason}: a named person writes; keep the facts.")
    first = pen.pair(pen.voice.holding[flags[0]], pen.english.holding[flags[0]])
    return replace(
        blank,
        holding=in_a_row((first.words, pen.sign)),
        holding_english=f"{first.english} {pen.sign_english}",
        reason=f"Red flag: {words}. No template: a named person writes; keep the facts.",
    )


def _written(
    blank: Draft,
    case: Case,
    pen: _Pen,
    playbook: Playbook,
    matter: Matter | None,
    *,
    brand: Brand,
    policy: Policy,
    ability: Ability,
    used: Used,
    notes: tuple[str, ...],
) -> Draft:
    language = blank.language
    if not _texts(playbook, pen.voice, Half.PUBLIC, brand):
        if brand.reviewed_only:
            reason = f"Playbook {playbook.name} has no reviewed texts in {language}"
            return replace(blank, playbook=playbook.name, reason=f"{reason}: a person writes.")
        notes = (*notes, f"Playbook {playbook.name} has no texts in {language}: this is English.")
        language = FALLBACK
        pen = replace(pen, voice=pen.english, sign=pen.sign_english, thing=pen.thing_english)
    said = [action.text for action in case.actions if action.text]
    public, private = None, None
    if ability.public.route in _WE_SEND:
        # Thanks invite nobody, nor do words that no private ones may follow.
        invites = bool(_texts(playbook, pen.voice, Half.PRIVATE, brand))
        public = _first(
            _chosen(
                _publics(case, pen, wordings, ability, invites=invites), ability.public, said, used
            )
            for wordings in _each_texts(playbook, matter, pen.voice, Half.PUBLIC, brand)
        )
        if public is None:
            return replace(blank, playbook=playbook.name, reason=_exhausted(playbook, Half.PUBLIC))
    else:
        notes = (*notes, _sentence("No public reply", ability.public.reason))
    groups = list(_each_texts(playbook, matter, pen.voice, Half.PRIVATE, brand))
    if groups and ability.private.route is not Route.NONE:
        private = _first(
            _chosen(_privates(case, pen, wordings), ability.private, said, used)
            for wordings in groups
        )
        if private is None:
            return replace(blank, playbook=playbook.name, reason=_exhausted(playbook, Half.PRIVATE))
    return replace(
        blank,
        language=language,
        playbook=playbook.name,
        public=public.words if public else None,
        public_english=public.english if public else None,
        private=private.words if private else None,
        private_english=private.english if private else None,
        credit=_credit(pen, playbook, policy) if private else None,
        reason=" ".join(notes),
    )


def _texts(wordings: Playbook | Matter, voice: Voice, half: Half, brand: Brand) -> tuple[Text, ...]:
    """The wordings that this brand offers: none without a reviewed frame where it wants those."""
    if brand.reviewed_only and voice.review is None:
        return ()
    return wordings.offered(voice.language, half, reviewed_only=brand.reviewed_only)


def _each_texts(
    playbook: Playbook, matter: Matter | None, voice: Voice, half: Half, brand: Brand
) -> Iterator[tuple[Text, ...]]:
    """The words for what the post names, then those of the situation; groups that there are."""
    for wordings in (matter, playbook):
        if wordings is not None and (texts := _texts(wordings, voice, half, brand)):
            yield texts


def _first(found: Iterator[_Pair | None]) -> _Pair | None:
    """The first one that there is."""
    return next((pair for pair in found if pair is not None), None)


def _exhausted(playbook: Playbook, half: Half) -> str:
    return (
        f"Every {half} wording of playbook {playbook.name} was said to this customer before or is "
        "too long here: a person writes."
    )


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """One whole text, its heart, and the same without the greeting for tight places."""

    heart: str
    whole: _Pair
    plain: _Pair


def _publics(
    case: Case, pen: _Pen, texts: Sequence[Text], ability: Ability, *, invites: bool
) -> Iterator[_Candidate]:
    """Every public text, the freshest combination of words first."""
    mention = case.subject.mention
    key = _invitation(pen, ability, mention.platform)
    before: tuple[_Pair, ...] = ()
    if mention.platform in _NAMES_ACCOUNT and (handle := tame_handle(mention.author.handle)):
        before = (_Pair(words=f"@{handle}", english=f"@{handle}"),)
    sign = _Pair(words=pen.sign, english=pen.sign_english)
    for index, shift in _orders(pen.seed, len(texts)):
        heart = pen.pair(texts[index].words, texts[index].english)
        rest: tuple[_Pair, ...] = (sign,)
        if invites and not pen.quiet:
            rest = (pen.of(key, index + shift), pen.of("safety", shift), sign)
        elif invites and ability.private.route not in _WE_SEND:
            rest = (pen.of(key, index + shift), sign)
        plain = heart.joined(rest, " ")
        hello = _hello(pen, index)
        yield _Candidate(
            heart=heart.words,
            whole=_glued((*before, hello, heart, *rest)),
            plain=_glued((*before, plain)),
        )


def _glued(parts: Sequence[_Pair], glue: str = " ") -> _Pair:
    return parts[0].joined(parts[1:], glue)


def _orders(seed: int, count: int) -> Iterator[tuple[int, int]]:
    """Which wording with which frame: every wording once before any comes again."""
    for shift, step in product(range(4), range(count)):
        yield (seed + step) % count, (seed // 7 + shift) % 4


def _hello(pen: _Pen, index: int) -> _Pair:
    index = 0 if pen.quiet else index  # the first greeting is the plainest
    named = pen.voice.hello_named
    if pen.name and named and "{name}" in form(named[index % len(named)], familiar=pen.familiar):
        return pen.of("hello_named", index)
    return pen.of("hello", index)


def _invitation(pen: _Pen, ability: Ability, platform: str) -> str:
    """Which sentence of the voice leads the customer to the private half."""
    match ability.private.route:
        case Route.API | Route.BY_HAND:
            return "we_write"
        case Route.CLOSED:
            return "write_to_us"
        case Route.NONE:
            named = pen.contact and not (platform in _NO_LINKS and any_link(pen.contact))
            return "contact_us" if named else "through_the_shop"


def _privates(case: Case, pen: _Pen, texts: Sequence[Text]) -> Iterator[_Candidate]:
    """Every private text, the freshest combination of words first."""
    sign = _Pair(words=pen.sign, english=pen.sign_english)
    for index, shift in _orders(pen.seed, len(texts)):
        heart = pen.pair(texts[index].words, texts[index].english)
        closing = pen.of("closing", index + shift)
        if pen.contact:
            other = pen.pair(pen.voice.other_way, pen.english.other_way)
            closing = closing.joined((other,), " ")
        rest = (closing, *_notice(pen, case.subject.mention.platform), sign)
        yield _Candidate(
            heart=heart.words,
            whole=_glued((_hello(pen, index), heart, *rest), "\n\n"),
            plain=_glued((heart, sign), "\n\n"),
        )


def _notice(pen: _Pen, platform: str) -> tuple[_Pair, ...]:
    """How we handle data, and how to hear no more, where the platform wants it said."""
    if platform not in _NEEDS_NOTICE:
        return ()
    stop = pen.pair(pen.voice.stop, pen.english.stop)
    if not pen.privacy:
        return (stop,)
    return (stop, pen.pair(pen.voice.privacy, pen.english.privacy, link=pen.privacy))


#: So many of the last texts of a platform are not repeated word for word: platforms refuse
#: duplicates, and readers see a few answers of ours at once.
_APART = 3


def _chosen(
    candidates: Iterator[_Candidate], way: Way, said: Sequence[str], used: Used
) -> _Pair | None:
    """The first text that fits and is new; else the one that others read longest ago.

    Never one whose heart this customer has read.
    """
    known, lately = (*said, *used.theirs), used.lately
    spare: tuple[int, _Pair] | None = None
    for candidate in candidates:
        if any(candidate.heart in text for text in known):
            continue
        pair = next(
            (p for p in (candidate.whole, candidate.plain) if way.limit.fits(p.words)), None
        )
        if pair is None:
            continue
        ago = next((n for n, old in enumerate(lately) if candidate.heart in old), None)
        if ago is None:
            return pair
        if (spare is None or ago > spare[0]) and not any(
            same_words(pair.words, old) for old in lately[:_APART]
        ):
            spare = ago, pair
    return None if spare is None else spare[1]


def _credit(pen: _Pen, playbook: Playbook, policy: Policy) -> Credit | None:
    if policy.credit is None or playbook.offer is Offer.NONE:
        return None
    amount = policy.credit.suggested.capped(policy.credit.cap_per_case)
    index = pen.seed % len(pen.voice.credit)
    mine = pen.pair(
        pen.voice.credit[index],
        None,
        amount=amount.shown(pen.voice.language),
        code=CODE_PLACEHOLDER,
    )
    english = pen.english.credit
    parallel = pen.pair(
        english[index % len(english)], None, amount=amount.shown(FALLBACK), code=CODE_PLACEHOLDER
    )
    return Credit(amount=amount, text=mine.words, text_english=parallel.words)


def tame_handle(handle: str) -> str:
    """An account's name as it may be mentioned; "" where it could mean anything else."""
    plain = handle.lstrip("@")
    ok = plain and len(plain) <= 100 and all(char.isalnum() or char in "_.-@" for char in plain)
    return plain if ok and plain.isascii() else ""
