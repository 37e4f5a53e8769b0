"""What can go wrong outside, named after what to do next.

    ConnectorError
    ├── TryLater         nothing was applied; ask again at or after `at`
    ├── SetupError       a person must mend a setting, a login or a permission
    ├── Refused          the platform said no for good; do not ask again
    ├── OutcomeUnknown   the request left and no answer came: it may have been applied
    ├── Unsupported      this platform has no such thing
    └── BadPayload       one item could not be read; the others can

A connector maps its vendor's exceptions to these once, with `raise ... from`.
No message holds a secret, and none holds what a customer wrote.
"""

from datetime import datetime


class ConnectorError(Exception):
    """Something failed outside."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class TryLater(ConnectorError):
    """The platform cannot answer now.

    Certain: nothing was applied.

    Attributes:
        at: The earliest useful time, aware UTC; None where the platform names none.
    """

    def __init__(self, message: str | None = None, *, at: datetime | None = None) -> None:
        super().__init__(message)
        self.at = at


class SetupError(ConnectorError):
    """A login, a permission or a setting is missing or wrong."""


class Refused(ConnectorError):
    """The platform refuses this for good.

    Attributes:
        code: A short stable word for the reason, such as `not_summoned`, `blocked`, `gone`,
            `too_long`, `closed` (the person takes no private messages).
    """

    def __init__(self, message: str | None = None, *, code: str = "refused") -> None:
        super().__init__(message)
        self.code = code


class OutcomeUnknown(ConnectorError):
    """The request was sent and no usable answer came back: it may have been applied."""


class Unsupported(ConnectorError):
    """This platform does not offer that."""


class BadPayload(ConnectorError):
    """One item from the platform could not be read.

    Attributes:
        item: The platform's id of the item, or "" where it could not be read either.
    """

    def __init__(self, message: str | None = None, *, item: str = "") -> None:
        super().__init__(message)
        self.item = item
