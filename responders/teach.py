"""A word on a verdict where there is no case: posts that the judge was unsure of. Values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from responders.case import MentionId
from responders.policy import Person
from responders.verdict import LabelWord

#: The words that a person may choose, as they are shown.
WORDS: Mapping[LabelWord, str] = {
    LabelWord.WAS_ANGRY: "A complaint",
    LabelWord.NOT_ANGRY: "No complaint",
    LabelWord.NOT_US: "Not about us",
    LabelWord.SPAM: "Spam",
}


@dataclass(frozen=True, kw_only=True)
class Unsure:
    """A post on which a person's word would teach the judge most."""

    mention_id: MentionId
    brand: str
    platform: str
    post: str  #: as it was written: escape it
    post_url: str | None
    at: datetime  #: aware UTC
    complaint: float  #: 0..1


class Teacher(Protocol):
    """Offers posts, and takes people's words on them."""

    def unsure(self, person: Person) -> Sequence[Unsure]:
        """A few posts a week, for those who may say something."""

    def say(self, mention_id: MentionId, word: LabelWord, person: Person) -> str:
        """Keep a person's word; one sentence on what came of it.

        Raises:
            Refusal: the person may not, or the post is gone.
        """
