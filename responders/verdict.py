"""What we think of a mention, and what a person says of that."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Topic(StrEnum):
    """What a complaint is about. A team's own playbooks add topics as plain strings."""

    ORDER_LATE = "order_late"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    MISSING_ITEM = "missing_item"
    NOT_AS_EXPECTED = "not_as_expected"
    CHARGED_WRONGLY = "charged_wrongly"
    REFUND_MISSING = "refund_missing"
    CANCEL_AFTER_SHIPPING = "cancel_after_shipping"
    CARRIER = "carrier"
    BAD_SERVICE = "bad_service"
    WEBSITE = "website"
    PROMISE_BROKEN = "promise_broken"
    VAGUE = "vague"  #: anger without a reason given
    PRAISE = "praise"
    QUESTION = "question"
    OTHER = "other"


class RedFlag(StrEnum):
    """Reasons to stop every template and to call a named person."""

    INJURY = "injury"
    ALLERGY = "allergy"
    CHILD = "child"
    SELF_HARM = "self_harm"
    VIOLENCE = "violence"
    LEGAL = "legal"
    PRESS = "press"
    DATA_LEAK = "data_leak"
    DISCRIMINATION = "discrimination"
    #: Withdrawal, access or erasure of data, chargeback, guarantee: these start legal clocks.
    RIGHTS_REQUEST = "rights_request"


#: Topics that tell of nothing that went wrong.
_NO_TROUBLE = frozenset({None, Topic.VAGUE, Topic.PRAISE, Topic.QUESTION, Topic.OTHER})

#: Among the matters of a verdict: that the post names none.
NO_MATTER = "none"
#: The matters that the judge has learnt to hear; others are heard by their phrases alone.
HEARD_MATTERS = frozenset(
    (
        *("account_blocked", "ads", "app", "bag_damaged", "bag_fee", "bag_wait", "baggage"),
        *("banned", "battery", "bill", "booking_trouble", "bots", "broken", "bug"),
        *("call_dropped", "cancelled_by_shop", "card_declined", "careless_delivery"),
        *("changed", "charger", "chatbot", "checkin", "checkout", "cold_food"),
        *("compensation_refused", "connection", "contract_trap", "crash", "crew_rude"),
        *("device", "dirty", "double_charge", "event_ruined", "family_split"),
        *("feature_removed", "fee", "flight_cancelled", "flight_delay", "food"),
        *("foreign_thing", "insult", "journey", "keyboard", "late_food", "leaving", "left_outside"),
        *("login", "long_line", "lost_data", "lost_progress", "mailing", "meter"),
        *("missed_connection", "no_answer", "no_reply", "no_show", "no_signal"),
        *("no_updates", "on_hold", "onboard_food", "onboard_wifi", "opinion", "outage"),
        *("overbooked", "parts_missing", "points", "policy_unfair", "preorder", "price"),
        *("price_rise", "quality", "queue", "rebooking", "refund", "rental", "repair_wait"),
        *("return_cost", "return_refused", "roaming", "said_delivered", "screen", "seat"),
        *("seat_paid", "sending", "shelf_price", "size_fit", "slow", "slow_internet"),
        *("staff", "stock", "storage", "stranded", "streaming", "subscription"),
        *("substitution", "tech_visit", "tracking_stuck", "transfer_stuck", "tv_trouble"),
        *("update", "used_item", "voucher", "warranty", "wish", "wrong_food_order"),
        "wrong_one",
    )
)


class Doubt(StrEnum):
    """Why a verdict is less sure than it looks."""

    LANGUAGE = "language"  #: nobody here knows the language
    WORD_LIST = "word_list"  #: the language is judged by lists of words alone
    SHORT = "short"  #: the text says very little
    CLOSE = "close"  #: the score lies near the cut


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the judge thinks of one text."""

    language: str = "und"  #: ISO 639-1, or "und"
    compound: float = 0.0  #: VADER's score, -1..1
    complaint: float = 0.0  #: how likely the author is dissatisfied with us, 0..1
    angry: bool = False  #: the decision at the configured threshold
    topic: str | None = None  #: a Topic or a team's own; None where unsure
    asks: bool = False  #: wants help or an answer
    relevant: bool = True  #: False: the post is not about the brand; kept, but never counted
    red_flags: tuple[RedFlag, ...] = ()
    why: tuple[str, ...] = ()  #: the words and rules that weighed most, heaviest first
    doubts: tuple[Doubt, ...] = ()  #: empty: as sure as the judge gets
    #: What the post may name (responders/playbooks/matters, or `NO_MATTER`), the likeliest first,
    #: each with its chance; empty: nobody listened.
    matters: tuple[tuple[str, float], ...] = ()

    @property
    def names_trouble(self) -> bool:
        """Whether it has a topic that tells what went wrong."""
        return self.topic not in _NO_TROUBLE

    @property
    def needs_person(self) -> bool:
        """Whether a case is opened: anger, or a red flag whatever the mood."""
        return self.relevant and (self.angry or bool(self.red_flags))


class LabelWord(StrEnum):
    """A person's explicit word on a verdict; choosing not to reply is none."""

    NOT_ANGRY = "not_angry"
    NOT_US = "not_us"
    SPAM = "spam"
    WAS_ANGRY = "was_angry"


@dataclass(frozen=True, kw_only=True)
class Label:
    """Who said what about a verdict, and when (aware UTC)."""

    mention_id: int
    word: LabelWord
    by: str
    at: datetime
