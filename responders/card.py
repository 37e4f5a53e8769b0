"""A case as a person sees it: frozen parts, of which a surface draws those that are present.

A later feature fills a part here and touches no surface; a surface never asks the store.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connectors.base import Author, Way
from responders.action import ActionKind, ActionState
from responders.case import CaseId, CaseState
from responders.draft import Credit, Finding, Half
from responders.verdict import RedFlag


class Urgency(StrEnum):
    """How soon a person should look."""

    RED = "red"  #: a red flag
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Verb(StrEnum):
    """What a person can do with a case. The values are stored in the audit: never rename one."""

    SEND = "send"
    EDIT = "edit"
    DISMISS = "dismiss"
    CLAIM = "claim"
    RELEASE = "release"
    SNOOZE = "snooze"
    RIGHT = "right"  #: a word on the verdict: rightly flagged
    UNDO = "undo"
    ADD_CREDIT = "add_credit"
    REMOVE_CREDIT = "remove_credit"
    POSTED = "posted"  #: "I posted it" by hand
    FOUND = "found"  #: an unknown outcome: "it is there"
    SEND_AGAIN = "send_again"  #: an unknown outcome or a failure: "not there, send again"
    DROP = "drop"  #: give this action up
    TAKE_DOWN = "take_down"  #: delete what was sent
    REOPEN = "reopen"
    CLOSE = "close"  #: a case that a person has settled elsewhere
    ESCALATE = "escalate"  #: to a named person
    ASK = "ask"  #: somebody who speaks the language
    CORRECT = "correct"  #: take down what was sent, and write it anew
    DECLARE = "declare"  #: an incident: nothing is sent for the brand any more
    END_INCIDENT = "end_incident"
    OVERRIDE = "override"  #: the lead lets a text pass that the guard blocks
    READ = "read"  #: the whole conversation, private messages included; changes nothing


@dataclass(frozen=True, kw_only=True)
class Button:
    """Something that may be clicked now."""

    verb: Verb
    label: str
    style: str = ""  #: "primary", "danger" or ""
    action: ActionKind | None = None  #: which of the case's actions it concerns
    confirm: str = ""  #: a question that must be answered yes first
    in_menu: bool = False  #: belongs into the menu behind the row of buttons
    url: str = ""  #: opens this page; the click itself changes nothing
    only_for: str = ""  #: id of the person or group who may; "": whoever may decide


@dataclass(frozen=True, kw_only=True)
class Status:
    """What has become of one action."""

    kind: ActionKind
    state: ActionState
    line: str  #: one sentence, such as "Sent by @eva as @acme"; holds no customer's text
    url: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class HalfPart:
    """One half of the answer on the card."""

    half: Half
    way: Way
    text: str | None
    english: str | None = None
    findings: tuple[Finding, ...] = ()
    overridden: tuple[Finding, ...] = ()  #: would block it, had a lead not let them pass
    length: int = 0  #: in the platform's own count
    status: Status | None = None


@dataclass(frozen=True, kw_only=True)
class CreditPart:
    """The credit on the card."""

    credit: Credit
    chosen: bool
    status: Status | None = None
    left: str = ""  #: what is left of the month's budget, for the team


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """What the playbook tells the person who decides; the customer never sees it."""

    find_out: tuple[str, ...] = ()  #: what to look up before approving
    notes: tuple[str, ...] = ()  #: what lawyers and data protection ask of the words
    credit: str = ""  #: when an extra fits, and when it does not


NO_GUIDANCE = Guidance()


@dataclass(frozen=True, kw_only=True)
class Card:
    """A case as shown in Slack or the console."""

    case_id: CaseId
    brand: str
    number: str  #: how people name the case, such as "#42"
    revision: int  #: of the case: what this card was drawn from
    round: int
    draft_revision: int  #: 0: no draft yet; a click carries round and draft revision
    state: CaseState
    urgency: Urgency
    platform: str
    language: str
    topic: str | None
    author: Author
    post: str  #: as the customer wrote it: escape it
    post_url: str | None
    post_at: datetime
    context: str | None  #: the post that this one answers
    english: str | None  #: an English reading of the post
    why: tuple[str, ...]
    complaint: float  #: 0..1
    compound: float  #: -1..1
    red_flags: tuple[RedFlag, ...]
    history: str  #: "first complaint here", "third in 30 days"
    due_at: datetime | None
    claimed_by: str
    headline: str  #: the state in words, such as "waits for you", "sent by Eva"
    public: HalfPart | None
    private: HalfPart | None
    credit: CreditPart | None
    holding: str | None
    reason: str  #: why there is no draft
    statuses: tuple[Status, ...]
    buttons: tuple[Button, ...]
    incident: str | None = None
    ticket: str | None = None
    promises: tuple[str, ...] = ()
    speakers_only: bool = False  #: only a listed speaker of the language may approve
    doubt: str = ""  #: why the verdict is less sure than it looks
    overrides: tuple[str, ...] = ()  #: who overrode the guard in this case, what and why
    checked: tuple[str, ...] = ()  #: facts that a person has looked up for this case
    checked_by: str = ""
    guidance: Guidance = NO_GUIDANCE  #: empty once the answer is decided


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One post or message of a conversation, for those who may read private ones."""

    text: str  #: as it was written: escape it
    at: datetime
    ours: bool
    private: bool
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a person did with a card; the same from Slack and from the console.

    `round` and `draft_revision` are those of the card that was clicked: an older card is refused.
    """

    verb: Verb
    case_id: CaseId
    round: int
    draft_revision: int
    public: str | None = None  #: an edit's texts
    private: str | None = None
    checked: str | None = None  #: an edit's checked facts as typed; None: as they are
    reason: str = ""
    link: str = ""  #: of "I posted it" and "it is there"
    action: ActionKind | None = None
    until: datetime | None = None  #: of a snooze
    to: str = ""  #: whom a case is handed to: a Slack user id or a console name
