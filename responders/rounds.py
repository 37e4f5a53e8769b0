"""The customer answers: a case goes into its next round. Pure."""

from dataclasses import replace
from datetime import datetime

from responders.action import Action, ActionState
from responders.case import Case, CaseState, Change, Entry, Note
from responders.credit import MonthOf, utc_month
from responders.outcome import BY_ITSELF, NOT_LEFT, booked, give_up_credit, note
from responders.verdict import RedFlag

#: In the audit, and on an action that a red flag stopped.
RED_FLAG = "red_flag"
#: The same of one that waited for a customer who never wrote.
SILENCE = "silence"


def heard(
    case: Case, entry: Entry, now: datetime, due_at: datetime, *, month_of: MonthOf = utc_month
) -> Change:
    """File a post or message of the conversation, and say what it changes.

    A decided case begins its next round and waits for a person again. An open one keeps its round,
    and the draft that somebody may be working on, unless the text brings what the draft does not
    answer: a red flag or another topic. A private message opens the private channel: what waited
    for that may leave. A red flag calls off everything that has not left.

    Args:
        case: As it is now.
        entry: What was read; one of our own is filed and changes nothing else.
        now: Aware UTC.
        due_at: When this is to be answered.
        month_of: Names the month whose budget gets a called-off credit back.

    Raises:
        ValueError: the entry is in the case already.
    """
    if any(known.id == entry.id for known in case.entries):
        raise ValueError(f"case {case.id}: mention {entry.id} is filed already")
    if entry.mention.ours:
        return _filed(case, entry)
    flags = entry.verdict.red_flags if entry.verdict else ()
    on = _begins_round(case, entry, flags)
    after = _next_round(case, due_at) if on else case
    placed = replace(entry, round=after.round)
    after = replace(after, entries=(*after.entries, placed), snoozed_until=None)
    line = Note(what="heard", by=BY_ITSELF, was=case.state, now=after.state, detail=_how(entry))
    notes = [line]
    for action in after.actions:
        moved = _moved(action, entry, flags, now)
        if moved is not None:
            after = after.with_action(moved)
            notes.append(note(_what(moved), BY_ITSELF, moved, was=action.state))
        if moved is not None and moved.state is ActionState.CANCELLED:
            after, given_up = give_up_credit(after, moved)
            notes += given_up
    return booked(Change(before=case, after=after, notes=tuple(notes)), month_of=month_of)


def fell_silent(case: Case, *, month_of: MonthOf = utc_month) -> Change | None:
    """Close an answered case whose customer has not come back; None: nothing waits for them.

    What waited for their message stays with us: it would be an answer to nothing by then.
    """
    if case.state is not CaseState.ANSWERED:
        return None
    after, notes = case, list[Note]()
    for action in case.actions:
        if action.state is not ActionState.WAITING:
            continue
        gone = replace(
            action,
            state=ActionState.CANCELLED,
            error_code=SILENCE,
            error="They did not write to us; it was not sent.",
        )
        notes.append(note("closed", BY_ITSELF, gone, was=action.state, detail=SILENCE))
        after, given_up = give_up_credit(after.with_action(gone), gone)
        notes += given_up
    if not notes:
        return None
    return booked(Change(before=case, after=after, notes=tuple(notes)), month_of=month_of)


def _filed(case: Case, entry: Entry) -> Change:
    placed = replace(entry, round=case.round)
    after = replace(case, entries=(*case.entries, placed))
    line = Note(what="filed", by=BY_ITSELF, detail=_how(entry))
    return Change(before=case, after=after, notes=(line,))


def _begins_round(case: Case, entry: Entry, flags: tuple[RedFlag, ...]) -> bool:
    if case.state is not CaseState.OPEN:
        return case.state is not CaseState.NEEDS_HUMAN or bool(case.of_round())
    if case.draft is None:
        return False
    new_flag = not set(flags) <= set(case.red_flags)
    topic = entry.verdict.topic if entry.verdict else None
    other_topic = topic is not None and topic != case.verdict.topic
    return new_flag or other_topic


def _next_round(case: Case, due_at: datetime) -> Case:
    return replace(
        case,
        round=case.round + 1,
        state=CaseState.OPEN,
        draft=None,
        due_at=due_at,
        second_approver="",
        decided_by="",
        decided_at=None,
        dismissed_because="",
    )


def _moved(
    action: Action, entry: Entry, flags: tuple[RedFlag, ...], now: datetime
) -> Action | None:
    """What the customer's words do to something that has not left yet; None: nothing."""
    if action.state not in NOT_LEFT:
        return None
    if flags:
        return replace(
            action,
            state=ActionState.CANCELLED,
            not_before=None,
            error_code=RED_FLAG,
            error="The customer wrote something that a person must answer. This was called off.",
        )
    if action.state is ActionState.WAITING and entry.mention.private:
        return replace(action, state=ActionState.APPROVED, not_before=now, error="")
    return None


def _what(action: Action) -> str:
    return "called_off" if action.state is ActionState.CANCELLED else "channel_open"


def _how(entry: Entry) -> str:
    return "private" if entry.mention.private else "public"
