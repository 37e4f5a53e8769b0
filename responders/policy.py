"""Who may agree, what a credit may cost, and who the brand is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from responders.money import Money


@dataclass(frozen=True, kw_only=True)
class Person:
    """A member of the team, as a surface (Slack, the console) knows them."""

    id: str  #: Slack's user id, or the name in the console
    name: str
    surface: str = "slack"
    groups: frozenset[str] = frozenset()  #: ids of the Slack user groups they are in

    @property
    def shown(self) -> str:
        """How a card names them: Slack makes `<@U…>` a name, the console shows the name itself."""
        return f"<@{self.id}>" if self.surface == "slack" else self.name


@dataclass(frozen=True, kw_only=True)
class CreditPolicy:
    """What a store credit may cost. No caps, no credits."""

    suggested: Money
    cap_per_case: Money
    monthly_budget: Money
    #: CSV file of codes that the shop made: columns code, amount, currency, expires (optional).
    codes_file: str

    def __post_init__(self) -> None:
        currencies = {
            self.suggested.currency,
            self.cap_per_case.currency,
            self.monthly_budget.currency,
        }
        if len(currencies) > 1:
            raise ValueError(f"one currency for all credit amounts, not {sorted(currencies)}")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The lead's rules."""

    approvers: frozenset[str] = frozenset()  #: user ids, group ids, console names; empty: nobody
    undo: timedelta = timedelta(seconds=60)
    response_target: timedelta = timedelta(hours=1)
    quiet_hours: tuple[str, str] | None = None  #: ("22:00", "07:00") in the brand's time zone
    second_approver: bool = False
    credit: CreditPolicy | None = None
    #: Languages that everybody who may approve reads; empty: any. English needs no mention.
    reads: frozenset[str] = frozenset()
    #: Who may approve a language that the team does not read, by language.
    speakers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lead: str = ""  #: who gets what nobody else has; a Slack user id or a console name

    def may_approve(self, person: Person) -> bool:
        """Whether this person may decide what is said to a customer."""
        return person.id in self.approvers or not self.approvers.isdisjoint(person.groups)

    def speaks(self, person: Person, language: str) -> bool:
        """Whether this person is listed as a speaker of the language."""
        listed = self.speakers.get(language, ())
        return person.id in listed or not person.groups.isdisjoint(listed)


@dataclass(frozen=True, kw_only=True)
class Brand:
    """The shop that the posts are about."""

    name: str
    terms: tuple[str, ...] = ()  #: what names it in a post; the name itself where empty
    exclude: tuple[str, ...] = ()  #: a post with one of these is about something else
    #: Where given, a post must hold one of these too, unless it names us by handle or hashtag: for
    #: a brand that is named like a common word.
    context: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()  #: what the team reads; empty: any
    voice: str = "formal"  #: "formal" or "familiar" forms of address
    signature: str = ""  #: the first name that signs
    timezone: str = "UTC"
    business_hours: tuple[str, str] | None = None
    products: tuple[str, ...] = ()
    policy_url: str = ""
    privacy_url: str = ""  #: the privacy notice; X wants it in private messages
    contact: str = ""  #: the official channel that a text may name, such as a mail address
    facts: tuple[str, ...] = field(default=())  #: amounts and terms that a text may state
    #: Approved sentences, such as what is known of an outage: a text with one may go out again.
    incident_lines: tuple[str, ...] = ()
    reviewed_only: bool = False  #: offer only texts that somebody has signed off
