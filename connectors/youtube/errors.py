"""What YouTube's refusals mean, as our errors. Pure.

An error has a status and, in errors[0].reason, a word.
Source: developers.google.com/youtube/v3/docs/errors and the tables of errors of comments.insert,
comments.delete and commentThreads.list, read 2026-11.
"""

import re

from connectors.errors import ConnectorError, Refused, SetupError, TryLater
from connectors.payload import mapping, objects, optional
from connectors.web import Answer, Call, weather
from connectors.youtube.quota import next_day

_WORD = re.compile(r"[A-Za-z]{1,60}")
_NO_UNITS = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_TOO_SOON = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
#: YouTube's word for a refusal of one comment -> ours.
_REFUSALS = {
    "commentTextRequired": "empty",
    "commentTextTooLong": "too_long",
    "commentNotFound": "gone",
    "parentCommentNotFound": "gone",
    "videoNotFound": "gone",
    "parentCommentIsPrivate": "gone",
    "operationNotSupported": "locked",
    "commentsDisabled": "locked",
    "invalidCommentMetadata": "refused",
    "invalidCustomEmoji": "refused",
    "ineligibleAccount": "ineligible",
}


class LoginEnded(SetupError):
    """YouTube no longer accepts the token that we use."""


class PageLost(TryLater):
    """The place in a list that we wanted to go on from is not known any more."""


def judge(call: Call, answer: Answer, *, paged: bool = False) -> ConnectorError | None:
    """What an answer means; None: it is good.

    Args:
        call: What was asked.
        answer: What came back.
        paged: Whether it was asked for by the token of a page.
    """
    word = _word(answer)
    if answer.status == 403 and word in _NO_UNITS:
        said_at = answer.said_at
        at = None if said_at is None else next_day(said_at)
        return TryLater("YouTube's units for today are used up; nothing was done.", at=at)
    if answer.status == 403 and word in _TOO_SOON:
        return TryLater("YouTube wants us to ask less often; nothing was done.", at=answer.retry_at)
    common = weather(call, answer)
    if common is not None or answer.status < 400:
        return common
    if answer.status == 401:
        return LoginEnded()
    if word in _REFUSALS and call.writes:
        return Refused(f"YouTube refused {call.doing}: {word}.", code=_REFUSALS[word])
    if word == "processingFailure":  # "while this can be a transient error": it may be half done
        return call.lost("YouTube failed to process it")
    if paged and answer.status in (400, 404):
        return PageLost("YouTube no longer knows the page that we were at; beginning at the top.")
    if call.writes and answer.status in (400, 404):
        code = "gone" if answer.status == 404 else "refused"
        return Refused(f"YouTube refused {call.doing}: {word or answer.status}.", code=code)
    return SetupError(
        f"YouTube does not allow {call.doing}: {word or f'status {answer.status}'}. See to the "
        "login and its permissions, and that the YouTube Data API v3 is switched on."
    )


def _word(answer: Answer) -> str:
    error = mapping(mapping(answer.payload).get("error"))
    first = next(objects(error.get("errors")), {})
    word = optional(first, "reason") or ""
    return word if _WORD.fullmatch(word) else ""
