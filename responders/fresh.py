"""What has happened on the platform since a person decided. Pure; deliver.py does the looking."""

from collections.abc import Sequence
from unicodedata import normalize

from connectors.base import Mention
from responders import outcome
from responders.action import Action
from responders.case import Case
from responders.draft import CODE_PLACEHOLDER


def plain(text: str) -> str:
    """The text as platforms may give it back: composed, with their own white space."""
    return " ".join(normalize("NFC", text).split())


def colleagues_turn(
    case: Case, action: Action, post: Mention, turns: Sequence[Mention]
) -> Mention | None:
    """An answer of ours that did not come from Amends and makes this one a second one.

    In public that is any reply to the same post; in private what was written since somebody
    approved: what came before was there to be read.

    Args:
        case: As it is now.
        action: What is about to leave.
        post: What it answers.
        turns: The conversation as the platform has it.
    """
    private = action.kind in outcome.PRIVATE_KINDS
    receipts = {a.receipt.id for a in case.actions if a.receipt is not None}
    for turn in turns:
        if not turn.ours or turn.private is not private or turn.id in receipts:
            continue
        if private:
            again = action.approved_at is not None and turn.created_at >= action.approved_at
        else:
            again = turn.in_reply_to == post.id
        if again and not any(_is(turn.text, a.text) for a in case.actions if a.text):
            return turn
    return None


def _is(found: str, text: str) -> bool:
    """Whether a text that was found is this one of ours; a code may stand where its place was."""
    seen, (before, place, after) = plain(found), plain(text).partition(CODE_PLACEHOLDER)
    return (seen.startswith(before) and seen.endswith(after)) if place else seen == before
