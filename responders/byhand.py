"""What a person says they posted by hand: is it there, and from our account? Pure.

A link says who wrote on some platforms. Where it does not, or where there is none, the post is
looked for from our account, and the card says when it was not found.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connectors.base import Receipt, Way
from responders.action import Action, ActionKind
from responders.case import Case, Change, Note
from responders.outcome import BY_ITSELF, PUBLIC_KINDS, standing

#: Error codes of an action that is sent as far as we know.
UNSEEN = "unseen"  #: nobody has looked for it yet
NOT_OURS = "not_ours"  #: it is not there from our account
#: On these a card adds the sentence of the action to "sent".
WARNINGS = frozenset({UNSEEN, NOT_OURS})
#: In the audit: the job that looks follows these lines.
POSTED_BY_HAND = "posted_by_hand"
#: A post that was made a moment ago may not be shown yet; after this it is not there.
LOOK_FOR = timedelta(minutes=10)

#: Where the address of a post names its author, by platform. Source: the addresses that each
#: platform gives for a post, 2026-11.
_AUTHOR = {
    "twitter": re.compile(r"/(?P<who>\w{1,20})/status/\d+"),
    "bluesky": re.compile(r"/profile/(?P<who>[\w.:-]{1,253})/post/\w+"),
    "mastodon": re.compile(r"/@(?P<who>[\w.-]{1,60}(?:@[\w.-]{1,253})?)/\d+"),
}
#: X leads here whoever wrote the post.
_ANYBODY = frozenset({"i"})


def author_of(platform: str, url: str) -> str:
    """The handle that a post's address names; "" where the platform's addresses name nobody."""
    pattern = _AUTHOR.get(platform)
    found = pattern.search(urlsplit(url).path) if pattern else None
    who = found["who"] if found else ""
    return "" if who in _ANYBODY else who


def doubted(change: Change, kind: ActionKind, way: Way, *, by: str) -> Change:
    """What a person posted, with the doubt that is left: the account, or whether it is there.

    Args:
        change: Makes the action sent.
        kind: Which action; a private message cannot be looked for by its words everywhere, and
            is believed.
        way: How the platform allows the answer; names our account.
        by: Who says so.
    """
    action = change.after.action(kind)
    if action is None or action.receipt is None or kind not in PUBLIC_KINDS:
        return change
    platform = change.after.subject.mention.platform
    who = author_of(platform, action.receipt.url or "")
    if who and _same(who, way.account):
        return change
    if who and way.account:
        code, error = NOT_OURS, f"Posted from another account: @{who}, not @{way.account}."
    else:
        code, error = UNSEEN, "Amends has not seen it there yet."
    marked = replace(action, error_code=code, error=error)
    line = Note(what=POSTED_BY_HAND, by=by, action=kind, now=code)
    return replace(change, after=change.after.with_action(marked), notes=(*change.notes, line))


def _same(one: str, other: str | None) -> bool:
    return one.casefold().removeprefix("@") == (other or "").casefold().removeprefix("@")


def to_look_for(case: Case, kind: ActionKind) -> Action | None:
    """The newest action of that kind that nobody has looked for yet."""
    return next(
        (a for a in reversed(case.actions) if a.kind is kind and a.error_code == UNSEEN), None
    )


def seen(case: Case, action: Action, found: Receipt) -> Change:
    """It is there, from our account."""
    link = found.url or (action.receipt.url if action.receipt else None)
    kept = replace(action, receipt=replace(found, url=link), error_code="", error="")
    return _noted(case, kept, "seen")


def not_seen(case: Case, action: Action, account: str) -> Change:
    """It is not there, from our account."""
    where = f"@{account}" if account else "our account"
    error = f"Not found from {where}: was it posted from another account?"
    return _noted(case, replace(action, error_code=NOT_OURS, error=error), "not_seen")


def given_up(action: Action, now: datetime) -> bool:
    """Whether a post that is not there by now never will be."""
    told = action.receipt.at if action.receipt is not None else None
    return told is None or now - told >= LOOK_FOR


def _noted(case: Case, action: Action, what: str) -> Change:
    after = case.with_action(action)
    line = Note(what=what, by=BY_ITSELF, action=action.kind, now=action.error_code)
    return Change(before=case, after=replace(after, state=standing(after)), notes=(line,))
