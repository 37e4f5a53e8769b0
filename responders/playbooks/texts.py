"""What playbooks are made of."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from responders.draft import Half
from responders.guard import sentences_of
from responders.guard.phrases import Ear, Phrase, folded
from responders.things import Things
from responders.verdict import HEARD_MATTERS, NO_MATTER, Topic, Verdict
from responders.voice import Review, Voice
from responders.wording import form

#: What a text of a playbook may hold in braces.
PLACEHOLDERS = frozenset({"brand"})
#: What the texts of a matter with `things` hold besides: the thing that the post names.
THING = "thing"


class PlaybookError(ValueError):
    """A playbook that cannot be used.

    The message names the file, the playbook, the language, the key, what was found and what is
    allowed.
    """


class Offer(StrEnum):
    """Whether a store credit fits a situation."""

    NONE = "none"
    AFTER_CHECKING = "after_checking"  #: once a person has checked what happened
    SUGGESTED = "suggested"


@dataclass(frozen=True, kw_only=True)
class Text:
    """One wording, and what it says in English for an approver who reads no other language."""

    words: str
    english: str | None = None  #: None: nobody has written it yet
    review: Review | None = None  #: None: nobody has signed it off yet


@dataclass(frozen=True, kw_only=True)
class Wordings:
    """What a situation and a matter have in common: a name, and texts by language and half."""

    name: str
    title: str
    texts: Mapping[tuple[str, Half], tuple[Text, ...]]

    @property
    def holds(self) -> frozenset[str]:
        """What its texts may hold in braces."""
        return PLACEHOLDERS

    def offered(self, language: str, half: Half, *, reviewed_only: bool) -> tuple[Text, ...]:
        """The wordings that may be used: all, or those that somebody has signed off."""
        wordings = self.texts.get((language, half), ())
        return tuple(text for text in wordings if text.review or not reviewed_only)

    def languages(self, half: Half = Half.PUBLIC) -> tuple[str, ...]:
        """The languages that this half exists in, in alphabetical order."""
        return tuple(sorted(language for language, which in self.texts if which is half))


@dataclass(frozen=True, kw_only=True)
class Playbook(Wordings):
    """What to say and to do in one situation."""

    when: str  #: for the team: when this playbook applies
    topics: tuple[str, ...]
    find_out: tuple[str, ...] = ()  #: what a person should look up before approving
    prevent: str = ""  #: how to prevent the next one; the digest shows it
    notes: tuple[str, ...] = ()  #: what lawyers and data protection ask of the words
    offer: Offer = Offer.NONE
    offer_why: str = ""


@dataclass(frozen=True, kw_only=True)
class Matter(Wordings):
    """What a post names, such as the battery: words for it that fit better than the playbook's."""

    #: Whose credit, notes and further texts apply; of a matter with `things`, the situation that
    #: it goes with best.
    playbook: str
    topics: tuple[str, ...]  #: of the judge, where this matter is heard too
    rank: int  #: of two that are heard, the lower one is taken
    hears: Mapping[str, tuple[Phrase, ...]]  #: what names it, by language
    #: Of which matter this is a finer one, heard by its phrases where the judge hears that one, or,
    #: for `NO_MATTER`, where it hears none; "": one that the judge hears itself, or, where it has
    #: not learnt it, any of the same playbook or none.
    within: str = ""
    #: Its texts name a thing of one of these kinds, where the post names no matter, in the place
    #: of the words of the playbooks and matters in `instead`.
    things: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    #: Languages whose phrases a team has written itself: what it hears there is believed.
    taught: frozenset[str] = frozenset()

    @property
    def holds(self) -> frozenset[str]:
        """What its texts may hold in braces: also a thing, where they name one."""
        return PLACEHOLDERS | {THING} if self.things else PLACEHOLDERS


#: Topics that say nothing of what is the matter: any may be heard then.
_OPEN = frozenset({None, Topic.VAGUE, Topic.QUESTION, Topic.PRAISE, Topic.OTHER})
#: From this chance on a matter that the judge has heard is believed. Measured in November 2026 on
#: 231 posts in twelve languages that nothing was learnt from.
SURE = 0.65
#: The same where no phrase of ours names it, and where phrases name only others: on real posts what
#: was heard alone below that was wrong as often as right, and the thing is named then instead.
SURE_ALONE, SURE_AGAINST = 0.8, 0.95
#: A matter that a phrase names too is so much likelier than the judge alone thinks.
_NAMED = 6.0
_NOTHING = frozenset({NO_MATTER})
_LINK = re.compile(r"https?://\S+")
#: Links and names of accounts say nothing of the thing.
_UNREAD = re.compile(r"https?://\S+|(?<!\w)@\w+")


def _is_finer(matter: Matter, heard: str, book: str | None) -> bool:
    """Whether a matter that a phrase names goes with what the judge has heard."""
    if matter.within:
        return matter.within == heard
    unlearnt = matter.name not in HEARD_MATTERS
    return unlearnt and (heard == NO_MATTER or book == matter.playbook)


@dataclass(frozen=True, kw_only=True)
class Playbooks:
    """All playbooks and the voices that frame their texts."""

    playbooks: tuple[Playbook, ...]
    voices: Mapping[str, Voice]
    matters: tuple[Matter, ...] = ()
    things: Mapping[str, Things] = field(default_factory=dict)
    #: Signatures that no longer stand, and why: the text has changed since.
    unsigned: tuple[str, ...] = ()

    def named(self, name: str) -> Playbook | None:
        """The playbook of that name."""
        return next((book for book in self.playbooks if book.name == name), None)

    def choose(self, verdict: Verdict) -> Playbook | None:
        """The playbook for a verdict's topic; the one for anger without a reason where unsure.

        None only where a team has taken that one away too.
        """
        topic = verdict.topic or Topic.VAGUE
        for book in self.playbooks:
            if topic in book.topics:
                return book
        return self.named(Topic.VAGUE)

    def matter(
        self,
        text: str,
        language: str,
        topic: str | None,
        chances: Sequence[tuple[str, float]] = (),
    ) -> Matter | None:
        """What a post names; None where it names nothing that we know.

        A phrase that a team has written itself is believed. Else the judge's ear decides, where it
        is sure; a phrase of ours makes a matter likelier, and decides alone where the judge has
        not listened.

        Args:
            text: The post.
            language: ISO 639-1; phrases are only heard in their language's words.
            topic: The judge's; a phrase counts only where its matter fits.
            chances: What the judge has heard, as in `Verdict.matters`; what it is sure of it tells
                alone.
        """
        heard = self._heard(text, language, topic)
        if not chances:
            return next(heard, None)
        named = tuple(heard)
        taught = (matter for matter in named if language in matter.taught)
        return next(taught, self._likeliest(chances, named))

    def _likeliest(
        self, chances: Sequence[tuple[str, float]], named: Collection[Matter]
    ) -> Matter | None:
        """The matter that the judge has heard, with the phrases' help; None where unsure."""
        lifted = {matter.within or matter.name for matter in named} - {NO_MATTER}
        odds = {name: chance * (_NAMED if name in lifted else 1.0) for name, chance in chances}
        gained = sum(odds[name] - chance for name, chance in chances)
        alone = SURE_AGAINST if lifted else SURE_ALONE
        heard = next(
            (
                name
                for name in odds
                if len(odds) == 1  # told alone: the judge is sure
                or odds[name] >= (SURE if name in lifted | _NOTHING else alone) * (1.0 + gained)
            ),
            NO_MATTER,
        )
        whole = self.known_matter(heard)
        # Where a phrase names the whole too, one that only shares its playbook is no better.
        book = None if whole is None or whole in named else whole.playbook
        finer = (matter for matter in named if _is_finer(matter, heard, book))
        return next(finer, whole)

    def _heard(self, text: str, language: str, topic: str | None) -> Iterator[Matter]:
        """The matters whose phrases stand in a post and that fit its topic, by rank."""
        ear = self._ears.get(language)
        if ear is None:
            return
        for rank in sorted(ear.heard(folded(_LINK.sub(" ", text), language).lower())):
            matter = self._ranked[rank]
            if topic in _OPEN or topic in matter.topics or topic == matter.playbook:
                yield matter

    def names(self, matter: str, text: str, language: str) -> bool:
        """Whether the phrases of that matter stand in a post, whatever the judge has heard."""
        return any(one.name == matter for one in self._heard(text, language, None))

    def about(
        self, text: str, language: str, general: str, playbook: str = ""
    ) -> tuple[Matter, str] | None:
        """Words that name the thing which a post is about, and the thing; None where we have none.

        Args:
            text: The post.
            language: ISO 639-1.
            general: The playbook or matter whose words are general.
            playbook: The situation: of several things one that goes with it is taken.
        """
        known = self.things.get(language)
        if known is None:
            return None
        found = [
            (matter, thing)
            for thing in known.named(_UNREAD.sub(" ", text))
            for matter in self.matters
            if known.by_name[thing].kind in matter.things and general in matter.instead
        ]
        fitting = (pair for pair in found if pair[0].playbook == playbook)
        return next(fitting, found[0] if found else None)

    def settled(self, language: str) -> frozenset[str]:
        """Every sentence of ours in a language, in both forms: what the guard reads once only.

        Sentences with a name or an amount in them are not among them.
        """
        return self._settled.get(language, frozenset())

    @cached_property
    def _settled(self) -> dict[str, frozenset[str]]:
        return {language: self._sentences(voice) for language, voice in self.voices.items()}

    def _sentences(self, voice: Voice) -> frozenset[str]:
        words = [
            text.words
            for book in (*self.playbooks, *self.matters)
            for half in Half
            for text in book.texts.get((voice.language, half), ())
        ]
        forms = (
            form(text, familiar=familiar)
            for text in (*words, *voice.lines())
            for familiar in (False, True)
        )
        return frozenset(
            sentence for sentence in sentences_of(forms, voice.language) if "{" not in sentence
        )

    def known_matter(self, name: str) -> Matter | None:
        """The matter of that name."""
        return next((matter for matter in self.matters if matter.name == name), None)

    @cached_property
    def _ranked(self) -> tuple[Matter, ...]:
        return tuple(sorted(self.matters, key=lambda matter: (matter.rank, matter.name)))

    @cached_property
    def _ears(self) -> dict[str, Ear[int]]:
        """By language; what is heard stands at that place in `_ranked`."""
        return {
            language: Ear(
                (place, item)
                for place, matter in enumerate(self._ranked)
                for item in matter.hears.get(language, ())
            )
            for language in self.voices
        }
