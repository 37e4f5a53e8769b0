"""What X's refusals mean for us. Pure: an answer goes in, one of our errors comes out.

Facts without another source come from docs.x.com, read on 2026-08-22. The wordings of 403 are not
documented; those below were reported with real answers at the places named beside them.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum

from connectors.errors import ConnectorError, OutcomeUnknown, Refused, SetupError, TryLater


class Doing(StrEnum):
    """What was asked of X, as a message names it."""

    READ = "reading"
    REPLY = "the reply"
    MESSAGE = "the private message"
    DELETE = "the deletion"


class NotUnderstood(SetupError):
    """X does not understand a request.

    Attributes:
        names: The parameters that it complains about.
    """

    def __init__(self, message: str, *, names: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        self.names = names


class NotPermitted(SetupError):
    """The login may not do this."""


#: Words of a 403 -> the code of Refused and the sentence for the card. The first that fits counts.
_REFUSALS = (
    # github.com/gptme/gptme-contrib, issues 1302 (2026-07) and 811 (2026-05). Both are permanent.
    (
        ("you are mentioned or are the author", "mentioned or otherwise engaged"),
        "not_summoned",
        "X takes no reply here by API: the author did not name the account, or limits replies.",
    ),
    # Codes 385 and 144 of the older interface, met again in v2's texts.
    (
        ("deleted or not visible", "no status found", "tweet that is deleted"),
        "gone",
        "The post is gone or not visible to the account.",
    ),
    # Code 136 of the older interface.
    (("blocked",), "blocked", "The author has blocked the account."),
    # github.com/d60/twikit, issues 231 and 297: code 349, an unofficial client of the same service.
    (
        (
            "cannot send messages to this user",
            "permission to dm",
            "not following you",
            "sender is not verified",
        ),
        "closed",
        "The person takes no private messages from the account.",
    ),
    # Code 186 of the older interface.
    (("needs to be a bit shorter", "too long"), "too_long", "X finds the text too long."),
)

#: Ends of a problem's `type` that only a person can mend, and what to do.
_SETUP_TYPES = {
    "client-forbidden": "enrol the app in a plan with access to this in X's developer portal",
    "oauth1-permissions": 'give the app "Read and write and Direct message" in X\'s developer '
    "portal and make new access tokens",
    "unsupported-authentication": "give all four keys of the account (consumer_key, "
    "consumer_secret, access_token, access_token_secret)",
    "usage-capped": "raise the cap of the plan in X's developer portal, or wait for the new month",
}
#: Words of a 403 about the login itself.
_SETUP_WORDS = (
    "your account is suspended",
    "account is temporarily locked",
    "access to a subset",
    "not permitted to access",
)


def meaning(
    *, status: int, headers: Mapping[str, str], body: object, doing: Doing
) -> ConnectorError:
    """What an answer that is not 2xx means.

    Args:
        status: The HTTP status.
        headers: The answer's headers; names compare without case.
        body: The decoded JSON, or None where it is none.
        doing: What was asked.
    """
    said = _said(body)
    setup = _setup(status, body, said)
    if setup is not None:
        return setup
    match status:
        case 429:
            at = reset_time(headers)
            when = f" until {at:%Y-%m-%d %H:%M:%S} UTC" if at else ""
            return TryLater(f"X's rate limit is used up{when} ({doing})", at=at)
        case 400 | 422 if doing is Doing.READ:
            names = _parameters(body)
            return NotUnderstood(
                f"X does not understand a request ({status}; "
                f"parameters: {', '.join(sorted(names)) or 'not named'}); check `query` in "
                "[connectors.twitter]",
                names=names,
            )
        case 403:
            return _forbidden(said, doing)
        case 404 if doing is Doing.READ:
            return NotPermitted(
                "X does not know what was asked for (404); check `account`, `user_id` and "
                "`api_url` in [connectors.twitter]"
            )
        case 404:
            return Refused(f"X does not know what {doing} is for: it is gone", code="gone")
        case 400 | 413 | 422:
            code, sentence = _refusal(said) or ("invalid", "X finds it invalid.")
            return Refused(f"X refused {doing} ({status}): {sentence}", code=code)
        case _:
            return no_answer(f"X answered {status}", doing)


def no_answer(what: str, doing: Doing) -> ConnectorError:
    """What it means that no usable answer came: a read can be tried again, a write cannot."""
    if doing is Doing.READ:
        return TryLater(f"{what}; reading goes on later")
    return OutcomeUnknown(f"{what}: {doing} may or may not have been applied")


def reset_time(headers: Mapping[str, str]) -> datetime | None:
    """When a rate limit ends, aware UTC; None where the headers do not say.

    There are windows of 15 minutes and of 24 hours; the one that is used up counts.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    windows = ["x-rate-limit"] + [
        window
        for window in ("x-app-limit-24hour", "x-user-limit-24hour")
        if lower.get(f"{window}-remaining") == "0"
    ]
    times = (_moment(lower.get(f"{window}-reset")) for window in windows)
    return max(filter(None, times), default=None)


def _moment(seconds: str | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds or ""), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _setup(status: int, body: object, said: str) -> SetupError | None:
    """A cause that a person must mend, where the answer names one."""
    if status == 401:
        return SetupError(
            "X does not accept the login (401); make new keys in X's developer portal and put "
            "them into the environment variables that [connectors.twitter] names"
        )
    if status == 402:
        return SetupError(
            "X's credits are used up (402); top the account up in X's developer portal"
        )
    kind = _text(body, "type").rsplit("/", 1)[-1]
    if kind in _SETUP_TYPES:
        return NotPermitted(f"X does not allow this ({status}, {kind}); {_SETUP_TYPES[kind]}")
    if status == 403 and any(word in said for word in _SETUP_WORDS):
        return NotPermitted(
            "X has limited or suspended the account or the app (403); log in at x.com and at "
            "X's developer portal to see why"
        )
    return None


def _forbidden(said: str, doing: Doing) -> ConnectorError:
    # github.com/akrherz/iembot, issue 163 (2026-02). It carries no id: our own earlier request,
    # whose answer was lost, may be what this one duplicates.
    if "duplicate content" in said:
        return OutcomeUnknown(f"X says that it has {doing} already: look for it there")
    if doing is Doing.READ:
        return NotPermitted(
            "X does not let the login read this (403); check the app's plan and permissions in "
            "X's developer portal"
        )
    code, sentence = _refusal(said) or ("refused", "X gave no reason that is known here.")
    return Refused(f"X refused {doing}: {sentence}", code=code)


def _refusal(said: str) -> tuple[str, str] | None:
    for words, code, sentence in _REFUSALS:
        if any(word in said for word in words):
            return code, sentence
    return None


def _said(body: object) -> str:
    """Everything that a problem says in words, in lower case."""
    parts = [_text(body, key) for key in ("title", "detail", "error")]
    parts += [_text(error, key) for error in _errors(body) for key in ("message", "detail")]
    return "\n".join(parts).lower()


def _parameters(body: object) -> frozenset[str]:
    names: set[str] = set()
    for error in _errors(body):
        parameters = error.get("parameters")
        if isinstance(parameters, dict):
            names.update(map(str, parameters))
    return frozenset(names)


def _errors(body: object) -> Iterator[dict[str, object]]:
    errors = body.get("errors") if isinstance(body, dict) else None
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            yield error


def _text(body: object, key: str) -> str:
    value = body.get(key) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
