"""Slack's Web API as we use it: one try, a time-out, and errors that say what to do next."""

import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPException
from math import ceil
from socket import gaierror
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from connectors.errors import OutcomeUnknown, Refused, SetupError, TryLater

Clock = Callable[[], datetime]

#: Where Slack names no time after a rate limit. Source: docs.slack.dev "Rate limits", read 2026-11:
#: a message a second and channel, other methods by the minute.
_DEFAULT_WAIT = timedelta(seconds=30)

#: A person must mend these. Source: docs.slack.dev, errors of chat.postMessage, chat.update,
#: conversations.info and auth.test, read 2026-11.
_SETUP = {
    "access_denied": "the workspace denies access",
    "account_inactive": "the app was removed or its account deactivated; install it again",
    "channel_not_found": "there is no such channel, or it is private and the bot is not in it; "
    "check slack.channel and write /invite @amends there",
    "ekm_access_denied": "the workspace's administrators have suspended posting",
    "invalid_auth": "the token is wrong; check slack.bot_token",
    "invalid_arg_name": "this version of the app and Slack do not fit; update amends",
    "is_archived": "the channel is archived; choose another in slack.channel",
    "missing_scope": "a permission is missing; update the app from slack_manifest.json and "
    "install it again",
    "no_permission": "the workspace does not allow this to the app",
    "not_allowed_token_type": "this is another kind of token; the bot's begins with xoxb-, "
    "the app's with xapp-",
    "not_authed": "there is no token; check slack.bot_token",
    "not_in_channel": "the bot is not in the channel; write /invite @amends there",
    "org_login_required": "the workspace is being moved; ask its administrators",
    "restricted_action": "the workspace's settings do not let the bot post there",
    "restricted_action_read_only_channel": "the channel is read-only",
    "team_access_not_granted": "the app has no access to this workspace; install it again",
    "token_expired": "the token has expired; install the app again",
    "token_revoked": "the token was revoked; install the app again",
}
#: Slack gave up half-way: "it's possible some aspect of the operation succeeded". Source:
#: docs.slack.dev, errors of chat.postMessage, read 2026-11.
_HALFWAY = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})


def make_client(token: str, api_url: str, timeout: float) -> WebClient:
    """A client that never repeats a call by itself.

    slack_sdk repeats a POST once when the connection breaks, which posts a card twice, and sleeps
    through rate limits when told to; both belong to the jobs.

    Args:
        token: The bot's.
        api_url: Such as "https://slack.com/api/".
        timeout: Seconds for each call; slack_sdk takes whole ones, so it is rounded up.
    """
    log = logging.getLogger(__name__)
    log.setLevel(logging.WARNING)  # at DEBUG slack_sdk writes customers' texts into the log
    return WebClient(
        token=token, base_url=api_url, timeout=ceil(timeout), retry_handlers=[], logger=log
    )


@contextmanager
def asking(what: str, clock: Clock, *, posts: bool = False) -> Iterator[None]:
    """Turn slack_sdk's errors into ours, named after what to do next.

    Args:
        what: What was asked, for the message: "post a card".
        clock: For the time in TryLater.
        posts: Doing it twice would be seen; else it may be repeated, and an answer that got lost
            is a reason to try later.

    Raises:
        TryLater: Slack has no time, or cannot be reached.
        SetupError: a token, a permission or the channel is wrong.
        Refused: Slack will never take this; `code` is Slack's word for it.
        OutcomeUnknown: it may have been posted (only where `posts`).
    """
    try:
        yield
    except SlackApiError as error:
        raise _refusal(error, what, clock, posts=posts) from error
    except URLError as error:  # before the answer; a lost answer is another exception
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise SetupError(f"Slack: could not {what}: its certificate is not trusted") from error
        if isinstance(error.reason, ConnectionRefusedError | gaierror):
            raise TryLater(f"Slack: could not {what}: it cannot be reached") from error
        raise _lost(what, posts=posts) from error
    except (OSError, HTTPException, SlackClientError) as error:
        raise _lost(what, posts=posts) from error


def _lost(what: str, *, posts: bool) -> TryLater | OutcomeUnknown:
    if posts:
        return OutcomeUnknown(f"Slack: no answer when we tried to {what}; it may have worked")
    return TryLater(f"Slack: no answer when we tried to {what}")


def _refusal(
    error: SlackApiError, what: str, clock: Clock, *, posts: bool
) -> TryLater | OutcomeUnknown | SetupError | Refused:
    response = error.response
    code = str(response.get("error") or "")
    if response.status_code == 429 or code == "ratelimited":
        wait = _seconds(header(response.headers, "retry-after"))
        return TryLater(f"Slack: too many calls to {what}", at=clock() + wait)
    if code in _SETUP:
        needed = response.get("needed")
        detail = f" ({needed})" if code == "missing_scope" and needed else ""
        return SetupError(f"Slack: could not {what}: {_SETUP[code]}{detail}")
    if response.status_code >= 500 or code in _HALFWAY or " " in code:  # " ": not Slack's JSON
        return _lost(what, posts=posts)
    return Refused(f"Slack: could not {what}: {code}", code=code)


def header(headers: dict[str, str], name: str) -> str:
    """A header by its name in lower case; "" where it is absent."""
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=int(text)) if text.isdecimal() else _DEFAULT_WAIT
