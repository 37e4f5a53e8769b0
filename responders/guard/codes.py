"""What the guard can find, how grave it is in which half, and what to write instead."""

from enum import StrEnum

from responders.draft import Half, Severity


class Code(StrEnum):
    """The stable names of findings. They are stored: never rename one."""

    AMOUNT = "amount"  #: a sum or a percentage that no policy holds
    DATE = "date"  #: a day or a time that nobody owns
    GUARANTEE = "guarantee"
    REFUND_PROMISE = "refund_promise"
    LIABILITY = "liability"  #: a cause, negligence or legal fault
    PERSONAL_DATA = "personal_data"  #: given, or asked for where it must not be
    ORDER_FACT = "order_fact"  #: in public: that they are a customer, and anything about an order
    BLAME = "blame"  #: of the customer, the carrier, a colleague
    SARCASM = "sarcasm"
    POLICY = "policy"  #: terms that the brand's facts do not hold; asking to delete a post
    UNKNOWN_LINK = "unknown_link"
    CREDIT_IN_PUBLIC = "credit_in_public"
    CREDIT_INSTEAD_OF_REMEDY = "credit_instead_of_remedy"  #: or in return for something
    UNSAFE_REMEDY = "unsafe_remedy"
    WRONG_LANGUAGE = "wrong_language"
    TOO_LONG = "too_long"
    PLACEHOLDER = "placeholder"
    PROFANITY = "profanity"
    COMPETITOR = "competitor"
    REPEATED_TEXT = "repeated_text"
    DM_ONLY = "dm_only"
    MACHINE_WRITTEN = "machine_written"


_BLOCK, _SECOND, _NOTE = Severity.BLOCK, Severity.SECOND, Severity.NOTE

#: code -> (in public, in private). What is said in public binds and is read by everybody; in
#: private a colleague who knows the case may agree to a fact that the guard cannot know.
SEVERITY: dict[Code, tuple[Severity, Severity]] = {
    Code.AMOUNT: (_BLOCK, _SECOND),
    Code.DATE: (_BLOCK, _SECOND),
    Code.GUARANTEE: (_BLOCK, _SECOND),
    Code.REFUND_PROMISE: (_BLOCK, _SECOND),
    Code.LIABILITY: (_BLOCK, _SECOND),
    Code.PERSONAL_DATA: (_BLOCK, _BLOCK),
    Code.ORDER_FACT: (_BLOCK, _NOTE),
    Code.BLAME: (_BLOCK, _SECOND),
    Code.SARCASM: (_BLOCK, _SECOND),
    Code.POLICY: (_BLOCK, _SECOND),
    Code.UNKNOWN_LINK: (_BLOCK, _BLOCK),
    Code.CREDIT_IN_PUBLIC: (_BLOCK, _NOTE),
    Code.CREDIT_INSTEAD_OF_REMEDY: (_BLOCK, _BLOCK),
    Code.UNSAFE_REMEDY: (_BLOCK, _BLOCK),
    Code.WRONG_LANGUAGE: (_SECOND, _SECOND),
    Code.TOO_LONG: (_BLOCK, _BLOCK),
    Code.PLACEHOLDER: (_BLOCK, _BLOCK),
    Code.PROFANITY: (_BLOCK, _BLOCK),
    Code.COMPETITOR: (_SECOND, _NOTE),
    Code.REPEATED_TEXT: (_BLOCK, _SECOND),
    Code.DM_ONLY: (_BLOCK, _NOTE),
    Code.MACHINE_WRITTEN: (_SECOND, _NOTE),
}

#: A lead may override a finding with a reason, but never one of these. A text that is too long is
#: not ours to let pass: the platform takes none.
NEVER_OVERRIDDEN: frozenset[tuple[Code, Half]] = frozenset(
    {
        (Code.PERSONAL_DATA, Half.PUBLIC),
        (Code.PERSONAL_DATA, Half.PRIVATE),
        (Code.ORDER_FACT, Half.PUBLIC),
        (Code.CREDIT_IN_PUBLIC, Half.PUBLIC),
        (Code.UNSAFE_REMEDY, Half.PUBLIC),
        (Code.UNSAFE_REMEDY, Half.PRIVATE),
        (Code.TOO_LONG, Half.PUBLIC),
        (Code.TOO_LONG, Half.PRIVATE),
    }
)

#: What to write instead.
INSTEAD: dict[Code, str] = {
    Code.AMOUNT: "Leave the sum out; in private, name it only where it is checked or in the "
    "brand's facts.",
    Code.DATE: "Say what happens next and who does it; name a day only where somebody owns it.",
    Code.GUARANTEE: "Say what you will do, not how it will end.",
    Code.REFUND_PROMISE: "Say that you will look into it; promise money only once it is checked.",
    Code.LIABILITY: "Be sorry for what happened without naming a cause or a fault that nobody has "
    "checked.",
    Code.PERSONAL_DATA: "Take it out. Ask for an order number in private only, and never for card "
    "details, passwords or documents.",
    Code.ORDER_FACT: "In public say nothing about an order, not even that there is one.",
    Code.BLAME: "Blame nobody: neither the customer, nor the carrier, nor a colleague.",
    Code.SARCASM: "Say it plainly and kindly; no jokes, no irony.",
    Code.POLICY: "Quote terms only as they stand in the brand's facts, and never ask anybody to "
    "delete or change what they wrote.",
    Code.UNKNOWN_LINK: "Link only to the brand's own pages that stand in the settings.",
    Code.CREDIT_IN_PUBLIC: "Offer an extra in private only.",
    Code.CREDIT_INSTEAD_OF_REMEDY: "What is owed comes first; a credit is extra, takes the place "
    "of nothing and expects nothing in return.",
    Code.UNSAFE_REMEDY: "Ask to stop using it and to keep it safe; give no advice on repairs or "
    "health.",
    Code.WRONG_LANGUAGE: "Answer in the customer's language.",
    Code.TOO_LONG: "Shorten the text.",
    Code.PLACEHOLDER: "Fill the blank or take it out.",
    Code.PROFANITY: "Say it without rude words.",
    Code.COMPETITOR: "Name no other shop.",
    Code.REPEATED_TEXT: "The same words went out lately; write them anew.",
    Code.DM_ONLY: "Say first that you are sorry and what happens next; then invite.",
    Code.MACHINE_WRITTEN: "Have a person read it and make it their own; X wants approval for "
    "replies that a machine wrote.",
}


def severity(code: Code, half: Half) -> Severity:
    """How grave a finding of this code is in that half."""
    return SEVERITY[code][0 if half is Half.PUBLIC else 1]
