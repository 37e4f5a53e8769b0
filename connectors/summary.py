"""What a platform can do, in words for people; connectors.table makes a table of them."""

from dataclasses import dataclass

BY_HAND = "by hand"
NONE = "none"
PRETEND = "pretend"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One connector, as a person who chooses one wants to know it."""

    reads: str
    public: str  #: begins with "by hand" where we never send an answer, "none" where nobody can
    private: str  #: "none" where there is no way
    note: str = ""  #: another name, say
    beta: bool = False  #: made from the documentation, never tried against the real service
