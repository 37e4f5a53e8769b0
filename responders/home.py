"""What a person sees of the whole, on one page: Slack's App Home. Values only."""

from dataclasses import dataclass, field
from typing import Protocol

from responders.bulletin import Line
from responders.case import MentionId
from responders.policy import Person
from responders.ruling import Standing
from responders.teach import Unsure
from responders.verdict import LabelWord


@dataclass(frozen=True, kw_only=True)
class Home:
    """One page; every text is our own but for what lines quote."""

    mine: tuple[Line, ...] = ()  #: cases that the person has
    waiting: tuple[Line, ...] = ()  #: cases that nobody has
    today: tuple[str, ...] = ()  #: answers, response times, credits
    platforms: tuple[str, ...] = ()  #: health and last sight
    notices: tuple[str, ...] = field(default=())  #: paused, shadow mode, an incident
    rules: tuple[Standing, ...] = ()  #: the lead's rules, as they count now
    rulings: int = 0  #: how many were ever made: a change that was begun before another is refused
    may_rule: bool = False  #: whether the person may change them
    unsure: tuple[Unsure, ...] = ()  #: posts on which the person's word would teach the judge


class Office(Protocol):
    """Answers what is asked of the whole and not of one case."""

    def home(self, person: Person) -> Home:
        """The person's page."""

    def command(self, words: str, person: Person) -> str:
        """What came of `/amends words`, in a few lines for the person."""

    def make_case(self, url: str, text: str, person: Person) -> str:
        """A case by hand of a post that no connector saw; what came of it."""

    def say(self, mention_id: MentionId, word: LabelWord, person: Person) -> str:
        """Keep a word on a post of `Home.unsure`; what came of it."""
