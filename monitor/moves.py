"""Which changes of a case may be written at all. Pure: every keeper of cases asks here first."""

from responders.action import MOVES, Action, ActionKind, ActionState
from responders.case import CASE_MOVES, Case, CaseState, Change

#: How an action may begin: nothing is born on the wire or already sent.
FIRST_STATES = frozenset({ActionState.APPROVED, ActionState.WAITING, ActionState.BY_HAND})


def check(change: Change) -> None:
    """Refuse a change that breaks the rules of cases and actions.

    Whether somebody else was first is not asked here: that is the guard on the revision.

    Raises:
        ValueError: a move that `CASE_MOVES` or `MOVES` does not allow, a change without a trace,
            or something removed that is only ever added to. Holds ids and states alone.
    """
    before, after = change.before, change.after
    if not change.notes:
        raise ValueError(f"case {before.id}: nothing changes without a note for the audit")
    if (before.id, before.brand, before.opened_at) != (after.id, after.brand, after.opened_at):
        raise ValueError(f"case {before.id}: id, brand and opening time never change")
    _check_case_move(before, after)
    _check_entries(before, after)
    _check_draft(before, after)
    _check_actions(before, after)


def _check_case_move(before: Case, after: Case) -> None:
    if after.round == before.round + 1:
        if after.state is not CaseState.OPEN:
            raise ValueError(
                f"case {before.id}: round {after.round} begins open, not {after.state}"
            )
        return
    if after.round != before.round:
        raise ValueError(f"case {before.id}: round {before.round} cannot become {after.round}")
    if after.state is not before.state and after.state not in CASE_MOVES[before.state]:
        allowed = ", ".join(sorted(CASE_MOVES[before.state]))
        raise ValueError(
            f"case {before.id}: {before.state} cannot become {after.state}; allowed: {allowed}"
        )


def _check_entries(before: Case, after: Case) -> None:
    kept = {entry.id: entry for entry in after.entries}
    for entry in before.entries:
        if entry.id not in kept:
            raise ValueError(f"case {before.id}: entry {entry.id} would be lost; a case only grows")
        if kept[entry.id] != entry:
            raise ValueError(f"case {before.id}: what was filed as {entry.id} can never change")


def _check_draft(before: Case, after: Case) -> None:
    old, new = before.draft, after.draft
    if new is None:
        if old is not None and after.round == before.round:
            raise ValueError(f"case {before.id}: the draft of round {before.round} would be lost")
        return
    if new == old:
        return
    if new.round != after.round:
        raise ValueError(
            f"case {before.id}: a draft of round {new.round} in round {after.round} of the case"
        )
    if old is not None and old.round == new.round and new.revision <= old.revision:
        raise ValueError(
            f"case {before.id}: an edit makes a new revision after {old.revision}, "
            f"not {new.revision}"
        )


def _check_actions(before: Case, after: Case) -> None:
    olds: dict[tuple[int, ActionKind], Action] = {(a.round, a.kind): a for a in before.actions}
    news: dict[tuple[int, ActionKind], Action] = {(a.round, a.kind): a for a in after.actions}
    if len(news) < len(after.actions):
        raise ValueError(f"case {before.id}: two actions of one kind in one round")
    for place, old in olds.items():
        if place not in news:
            raise ValueError(f"case {before.id}: the {old.kind} of round {old.round} would be lost")
    for place, new in news.items():
        _check_action(before, olds.get(place), new)


def _check_action(case: Case, old: Action | None, new: Action) -> None:
    name = f"case {case.id}: the {new.kind} of round {new.round}"
    if old is None:
        if new.id is not None:
            raise ValueError(f"{name} has the id {new.id} but is not in the case that was read")
        if new.state not in FIRST_STATES:
            allowed = ", ".join(sorted(FIRST_STATES))
            raise ValueError(f"{name} cannot begin as {new.state}; allowed: {allowed}")
        return
    if new.id != old.id:
        raise ValueError(f"{name} has the id {old.id}, not {new.id}")
    if new.state is not old.state and new.state not in MOVES[old.state]:
        allowed = ", ".join(sorted(MOVES[old.state])) or "none"
        raise ValueError(f"{name}: {old.state} cannot become {new.state}; allowed: {allowed}")
    if new.fence < old.fence:
        raise ValueError(f"{name}: the fence only rises, {old.fence} cannot become {new.fence}")
    if new.key != old.key and old.attempt:
        raise ValueError(f"{name} was on the wire with its key; the key stays the same")
