"""A lead lets a text out that the guard blocks: with a reason, for these very words, once. Pure.

An override makes a new revision of the draft and sends nothing. It counts for the findings that
stood on the card, in texts that have not changed by a letter; an edit ends it, and what the guard
finds besides blocks as before. The guard is asked for the last time right before a text leaves:
the action that sends it carries the override along.
"""

from collections.abc import Iterator

from responders.ask import Ask, Blocked, NotAllowed, NotNow
from responders.case import Case
from responders.draft import Draft, Finding, Half, Override, Severity, text_hash
from responders.guard.codes import NEVER_OVERRIDDEN
from responders.handover import shown
from responders.ruling import leads

#: A reason that takes longer to tell is a matter for the draft.
REASON_LONGEST = 500


def allows(given: Override | None, finding: Finding, text: str | None) -> bool:
    """Whether the override lets this finding pass in this text."""
    if given is None or text is None or _never(finding):
        return False
    return (finding.half, finding.code, text_hash(text)) in given.passes


def blocking(draft: Draft) -> tuple[Finding, ...]:
    """Why nobody can send the draft as it is; empty: nothing stops it."""
    return tuple(found for found in _blocks(draft) if not _passes(draft, found))


def overridden(draft: Draft) -> tuple[Finding, ...]:
    """What would block the draft, had a lead not overridden it."""
    return tuple(found for found in _blocks(draft) if _passes(draft, found))


def why_not(case: Case, draft: Draft) -> str:
    """Why nobody at all can override what blocks the draft, or ""."""
    if case.red_flags or draft.holding is not None:
        flags = ", ".join(flag.value.replace("_", " ") for flag in case.red_flags)
        return (
            f"Nobody can override the guard on a red flag{f' ({flags})' if flags else ''}: "
            "change the text."
        )
    never = [found for found in _blocks(draft) if _never(found)]
    told = " ".join(f"{in_words(f.code, f.half).capitalize()} (“{f.words}”): {f.do}" for f in never)
    return f"This can never be overridden. {told}" if told else ""


def given(ask: Ask, draft: Draft) -> Override:
    """The override that a person gives, for what the card says of this draft.

    Raises:
        NotAllowed: the person is not the lead.
        NotNow: nothing is blocked, or the reason is missing or too long.
        Blocked: what is found can never be overridden.
    """
    lead = ask.policy.lead
    if not leads(lead, ask.person):
        who = f"the lead ({shown(lead)})" if lead else "a lead, and [duty] lead names nobody,"
        raise NotAllowed(f"Only {who} can override the guard. Change the text with Edit.")
    if not blocking(draft):
        raise NotNow("Nothing blocks this text: there is nothing to override.")
    never = why_not(ask.case, draft)
    if never:
        raise Blocked(never)
    reason = " ".join(ask.decision.reason.split())
    if not reason:
        raise NotNow("Say why: the card and the audit keep the reason.")
    if len(reason) > REASON_LONGEST:
        raise NotNow(
            f"The reason is too long: {len(reason)} of {REASON_LONGEST} characters. Shorten it."
        )
    return Override(by=ask.by, reason=reason, passes=tuple(_given(draft)))


def line(made: Override) -> str:
    """Who overrode what and why, for the card."""
    kinds = dict.fromkeys(in_words(code, half) for half, code, _ in made.passes)
    return f"The guard was overridden by {made.by} ({', '.join(kinds)}): {made.reason}"


def in_words(code: str, half: Half) -> str:
    """A finding's kind and its place."""
    return f"{code.replace('_', ' ')} in {half.value}"


def _blocks(draft: Draft) -> tuple[Finding, ...]:
    return tuple(found for found in draft.findings if found.severity is Severity.BLOCK)


def _passes(draft: Draft, finding: Finding) -> bool:
    return allows(draft.override, finding, _text(draft, finding.half))


def _never(finding: Finding) -> bool:
    return (finding.code, finding.half) in NEVER_OVERRIDDEN


def _text(draft: Draft, half: Half) -> str | None:
    return draft.public if half is Half.PUBLIC else draft.private_full


def _given(draft: Draft) -> Iterator[tuple[Half, str, str]]:
    for found in _blocks(draft):
        text = _text(draft, found.half)
        if text is not None:
            yield found.half, found.code, text_hash(text)
