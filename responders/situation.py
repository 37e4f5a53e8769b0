"""Which words a case asks for: the playbook of its situation, what its post names, and the thing.

Pure. What the judge has heard decides where it is sure; where it is not, the words show at least
that the post was read: they name the thing that it is about, or say that we have read it.
"""

import re
from dataclasses import dataclass

from responders.case import Case
from responders.guard.tongue import is_han
from responders.playbooks import Matter, Playbook, Playbooks
from responders.policy import Brand
from responders.silence import Answer
from responders.verdict import Topic


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What an answer is about."""

    answer: Answer  #: what kind of answer it is in the end
    playbook: Playbook | None  #: None: no playbook fits, and a person writes
    matter: Matter | None = None  #: closer words than the playbook's
    thing: str | None = None  #: the thing that the matter's texts name
    quiet: bool = False  #: nothing is said that is not needed


#: The matter of a post in which somebody tells of a death.
_MOURNING = "mourning"


def situation(
    case: Case, answer: Answer, *, brand: Brand, playbooks: Playbooks, language: str
) -> Situation:
    """What this case is about, and which words we have for it.

    Args:
        case: Its post and verdict count.
        answer: What kind of answer was thought right; never `NOTHING`.
        brand: Where only reviewed texts may be said, no thing is named: nobody signs those off.
        playbooks: Ours and the team's.
        language: ISO 639-1, of the answer.
    """
    mourning = playbooks.known_matter(_MOURNING)
    if mourning and playbooks.names(_MOURNING, case.subject.mention.text, language):
        # Nothing else that the post names counts beside a death: no thanks, no thing, no question.
        book = playbooks.named(mourning.playbook)
        return Situation(answer=Answer.REPLY, playbook=book, matter=mourning, quiet=True)
    if answer is Answer.ASK and _complains(case, playbooks, language):
        answer = Answer.REPLY
    playbook, matter = _playbook(case, answer, playbooks, language)
    thing = None
    if not brand.reviewed_only:
        matter, thing = _closest(case, playbook, matter, playbooks, language)
    return Situation(answer=answer, playbook=playbook, matter=matter, thing=thing)


#: Below the first somebody who is not angry may have no complaint at all: then we ask instead of
#: apologising, unless the post names what is the matter; below the others that is no sign either.
_DOUBT, _MERELY_ASKS, _NO_COMPLAINT = 0.3, 0.15, 0.05
#: The matter of a post that leaves us in doubt.
_UNCLEAR = "unclear"
#: The matter of trouble online where the post names nothing closer.
_ONLINE = "app"


def _playbook(
    case: Case, answer: Answer, playbooks: Playbooks, language: str
) -> tuple[Playbook | None, Matter | None]:
    """The situation, and what the post names where we have words for it."""
    if answer is Answer.THANK:
        return playbooks.named(Topic.PRAISE), None
    verdict = case.verdict
    unclear = playbooks.named(Topic.VAGUE), playbooks.known_matter(_UNCLEAR)
    if answer is Answer.ASK:
        return unclear
    matter = _matter(case, playbooks, language)
    complains = verdict.angry or verdict.names_trouble or verdict.topic == Topic.VAGUE
    if not complains and verdict.complaint < _DOUBT:
        asked = verdict.topic == Topic.QUESTION
        if verdict.complaint < (_MERELY_ASKS if asked else _NO_COMPLAINT):
            matter = None
        if matter is None and not asked:
            return unclear
    if matter is None and verdict.topic == Topic.WEBSITE:
        # Who had nothing to pay for need not hear that they should not pay twice.
        matter = playbooks.known_matter(_ONLINE)
    if matter is not None:
        return playbooks.named(matter.playbook), matter
    if verdict.topic == Topic.CANCEL_AFTER_SHIPPING and not _wants_out(case, playbooks, language):
        return playbooks.named(Topic.VAGUE), None
    book = playbooks.choose(verdict)
    # Praise on the face of it, from somebody who is angry all the same: no thanks for that.
    if book is not None and Topic.PRAISE in book.topics:
        return playbooks.named(Topic.VAGUE), None
    return book, None


#: Whoever wants out of something names one of these. The judge often hears a wish to cancel where a
#: delivery went wrong, and words for the one are of no use for the other.
_WAYS_OUT = frozenset({"cancellation", "subscription", "contract", "returns"})


def _wants_out(case: Case, playbooks: Playbooks, language: str) -> bool:
    known = playbooks.things.get(language)
    return known is None or not _WAYS_OUT.isdisjoint(known.named(case.subject.mention.text))


#: The matter of a post that says much, of which we understand too little to name it.
_TOLD, _TELLS = "told", 10
#: Matters whose own words are as general as those of the situation.
_GENERAL = frozenset({_UNCLEAR, _ONLINE})


def _closest(
    case: Case,
    playbook: Playbook | None,
    matter: Matter | None,
    playbooks: Playbooks,
    language: str,
) -> tuple[Matter | None, str | None]:
    """Words that show that the post was read, where those that we have are general.

    Who has told what happened is not asked for it: the thing is named, or, where we know none, we
    say that we have read it.
    """
    if playbook is None or (matter is not None and matter.name not in _GENERAL):
        return matter, None
    text = case.subject.mention.text
    general = playbook.name if matter is None else matter.name
    found = playbooks.about(text, language, general, playbook.name)
    if found is not None:
        return found
    if matter is None and Topic.VAGUE in playbook.topics and _own_words(text) >= _TELLS:
        return playbooks.known_matter(_TOLD), None
    return matter, None


def _own_words(text: str) -> int:
    """How many words an author has written, besides links and the names of accounts."""
    words = re.sub(r"https?://\S+|[@#]\w+", " ", text).split()
    return max(len(words), sum(map(is_han, text)) // 2)


#: The matter of a post with strong words alone. Whoever says more has said what it is about.
_OUTBURST, _MOST_WORDS = "insult", 8


def _matter(case: Case, playbooks: Playbooks, language: str) -> Matter | None:
    """What the post names where we have words for it."""
    verdict, text = case.verdict, case.subject.mention.text
    matter = playbooks.matter(text, language, verdict.topic, verdict.matters)
    says_more = len(text.split()) > _MOST_WORDS
    return None if matter is not None and matter.name == _OUTBURST and says_more else matter


def _complains(case: Case, playbooks: Playbooks, language: str) -> bool:
    """Flagged, and it names what is the matter: no praise or joke, whatever it sounds like."""
    verdict = case.verdict
    heard = bool(verdict.matters) and _matter(case, playbooks, language) is not None
    return verdict.angry and heard
