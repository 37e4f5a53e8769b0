"""A case goes to somebody else: a named person, or one who speaks the language. Pure."""

import re
from dataclasses import replace

from responders.ask import Ask, NotAllowed, NotNow
from responders.case import Case, Change, Note
from responders.draft import Draft
from responders.policy import Person, Policy

#: In the audit; the job that tells people follows these lines. `now` holds whom.
ESCALATED = "escalated"
ASKED = "asked"

_SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,20}")
_SLACK_GROUP = re.compile(r"S[A-Z0-9]{2,20}")
_SHOWN = re.compile(r"<@([UW][A-Z0-9]{2,20})>")


def shown(name: str) -> str:
    """How a card names a person whose id or console name stands in the settings or in a form."""
    return f"<@{name}>" if _SLACK_ID.fullmatch(name) else name


def is_slack_id(name: str) -> bool:
    """Whether it looks like the id of a Slack user or user group."""
    return bool(_SLACK_ID.fullmatch(name) or _SLACK_GROUP.fullmatch(name))


def slack_id(shown: str) -> str:
    """The Slack user behind a name on a card; "" for a person of the console."""
    match = _SHOWN.fullmatch(shown)
    return match[1] if match else ""


def escalate(ask: Ask) -> Change:
    """Hand the case to a named person; who had it before has it no longer."""
    to = shown(ask.decision.to.strip() or ask.policy.lead)
    if not to:
        raise NotNow("Say to whom: nobody is named as lead under [duty].")
    if to == ask.case.claimed_by:
        raise NotNow(f"{to} has this case already.")
    line = Note(
        what=ESCALATED, by=ask.by, was=ask.case.claimed_by, now=to, detail=ask.decision.reason
    )
    after = replace(ask.case, claimed_by=to, snoozed_until=None)
    return Change(before=ask.case, after=after, notes=(line,))


def ask_speaker(ask: Ask) -> Change:
    """Ask those who speak the case's language to look at it."""
    language = language_of(ask.case)
    speakers = ask.policy.speakers.get(language, ())
    if not speakers:
        raise NotNow(f"Nobody is listed for {language} under [duty.speakers].")
    to = " ".join(shown(name) for name in speakers)
    line = Note(what=ASKED, by=ask.by, now=to, detail=language)
    return Change(before=ask.case, after=ask.case, notes=(line,))


def language_of(case: Case) -> str:
    """The language that an approver must read: the draft's, else the post's."""
    return case.draft.language if case.draft is not None else case.verdict.language


def require_reader(policy: Policy, person: Person, draft: Draft) -> None:
    """Refuse an approval by somebody who cannot read what would be said.

    Raises:
        NotAllowed: the draft is in a language that the team does not read, has no English
            reading, and the person is not listed as a speaker.
    """
    language = draft.language
    if readable(policy, draft) or policy.speaks(person, language):
        return
    speakers = " or ".join(shown(name) for name in policy.speakers.get(language, ()))
    who = f"Ask {speakers}" if speakers else "Name one under [duty.speakers]"
    raise NotAllowed(
        f"The team does not read this language ({language}) and the text has no English reading: "
        f"only a listed speaker may approve it. {who}."
    )


def readable(policy: Policy, draft: Draft) -> bool:
    """Whether everybody who may approve can read the draft, or its English reading."""
    if not policy.reads or draft.language in {*policy.reads, "en"}:
        return True
    halves = ((draft.public, draft.public_english), (draft.private, draft.private_english))
    return all(english for text, english in halves if text)
