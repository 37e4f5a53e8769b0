"""What playbooks are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from responders.draft import Half
from responders.verdict import Topic, Verdict
from responders.voice import Review, Voice

#: What a text of a playbook may hold in braces.
PLACEHOLDERS = frozenset({"brand"})


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
class Playbook:
    """What to say and to do in one situation."""

    name: str
    title: str
    when: str  #: for the team: when this playbook applies
    topics: tuple[str, ...]
    find_out: tuple[str, ...] = ()  #: what a person should look up before approving
    prevent: str = ""  #: how to prevent the next one; the digest shows it
    notes: tuple[str, ...] = ()  #: what lawyers and data protection ask of the words
    offer: Offer = Offer.NONE
    offer_why: str = ""
    texts: Mapping[tuple[str, Half], tuple[Text, ...]]  #: by language and half

    def offered(self, language: str, half: Half, *, reviewed_only: bool) -> tuple[Text, ...]:
        """The wordings that may be used: all, or those that somebody has signed off."""
        wordings = self.texts.get((language, half), ())
        return tuple(text for text in wordings if text.review or not reviewed_only)

    def languages(self, half: Half = Half.PUBLIC) -> tuple[str, ...]:
        """The languages that this half exists in, in alphabetical order."""
        return tuple(sorted(language for language, which in self.texts if which is half))


@dataclass(frozen=True, kw_only=True)
class Playbooks:
    """All playbooks and the voices that frame their texts."""

    playbooks: tuple[Playbook, ...]
    voices: Mapping[str, Voice]

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
