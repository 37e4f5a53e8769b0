"""What we propose to say: the two texts, the optional credit, and what the guard found in them."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from responders.money import Money

#: Stands in a private text where the credit's code goes. Filled in only on the way out, so that
#: no card, log, audit line or draft ever holds the code itself.
CODE_PLACEHOLDER = "{code}"

#: Draft.written_by where nobody has touched the playbooks' words.
PLAYBOOK = "playbook"


class Half(StrEnum):
    """The two halves of an answer."""

    PUBLIC = "public"
    PRIVATE = "private"


class Severity(StrEnum):
    """What a finding of the guard asks for."""

    BLOCK = "block"  #: nobody can send the text as it is
    SECOND = "second"  #: a second approver must agree
    NOTE = "note"  #: worth a look


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something in a text that should not be said, and what to do instead."""

    code: str
    severity: Severity
    half: Half
    words: str  #: what the guard saw
    do: str  #: what to write instead


@dataclass(frozen=True, kw_only=True)
class Credit:
    """A store credit that may be added to the private message; never preselected."""

    amount: Money
    text: str  #: the paragraph for the customer, with CODE_PLACEHOLDER in it
    text_english: str = ""


@dataclass(frozen=True, kw_only=True)
class Override:
    """A lead's word that something the guard blocks may be said all the same.

    What it lets pass is bound to the text's hash: it ends with the next letter that is changed.
    """

    by: str
    reason: str
    passes: tuple[tuple[Half, str, str], ...]  #: half, the finding's code, hash of the whole text


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The proposal for one round of a case. An edit makes the next revision; none is changed."""

    round: int = 1
    revision: int = 1
    language: str = "en"
    playbook: str = ""
    public: str | None = None  #: None: we should not answer (see `reason`), or a person must write
    private: str | None = None
    public_english: str | None = None  #: for an approver who does not read the language
    private_english: str | None = None
    credit: Credit | None = None  #: what may be offered
    credit_chosen: bool = False  #: a person clicked it
    findings: tuple[Finding, ...] = ()
    holding: str | None = None  #: a short start for a person where a red flag stops the template
    holding_english: str | None = None
    reason: str = ""  #: why there is no text
    written_by: str = PLAYBOOK
    override: Override | None = None  #: of what the guard found in this very revision
    #: Amounts, dates and terms that a person has looked up: they may be said in private.
    checked: tuple[str, ...] = ()
    checked_by: str = ""

    @property
    def private_full(self) -> str | None:
        """The private text with the credit's paragraph where a person chose it."""
        if self.private is None or self.credit is None or not self.credit_chosen:
            return self.private
        return f"{self.private}\n\n{self.credit.text}"


def text_hash(text: str) -> str:
    """What the audit keeps of a text instead of the text: SHA-256, hexadecimal."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
