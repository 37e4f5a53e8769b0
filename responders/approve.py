"""What a person decides, once: approve, edit, dismiss, undo, and what comes after. Pure.

`decide` turns a case and a decision into the change to write, or raises a Refusal whose message
tells the person why nothing was changed. A decision that arrives twice is refused the second time
by the state that the first one left: nobody needs to remember clicks.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.base import Ability, Route, Way
from responders import afterwards, checked, handover, override
from responders.action import Action, ActionKind, ActionState
from responders.ask import (
    NAMES,
    Ask,
    Blocked,
    NotAllowed,
    NotNow,
    Refusal,
    TooOld,
    credit_fits,
    undecided,
)
from responders.card import Decision, Verb
from responders.case import Case, CaseState, Change, Note
from responders.credit import MonthOf, utc_month
from responders.draft import Draft, Override, Severity, text_hash
from responders.outcome import NOT_LEFT, booked, note, subject_of
from responders.policy import Person, Policy
from responders.verdict import Label, LabelWord

__all__ = ["Blocked", "NotAllowed", "NotNow", "Refusal", "TooOld", "decide"]

#: A snooze without a time.
SHORT_SNOOZE = timedelta(hours=4)

#: Reasons for no reply that are a word on the verdict.
_LABELS = frozenset(LabelWord)
#: These read no text and send none: any card of the case will do.
_ANY_CARD = frozenset({Verb.CLAIM, Verb.RELEASE, Verb.SNOOZE, Verb.ESCALATE, Verb.ASK, Verb.RIGHT})
_BY_ROUTE = {
    Route.API: ActionState.APPROVED,
    Route.BY_HAND: ActionState.BY_HAND,
    Route.CLOSED: ActionState.WAITING,
}


def decide(
    case: Case,
    decision: Decision,
    person: Person,
    *,
    policy: Policy,
    ability: Ability,
    review: Callable[[Case, Draft], Draft],
    now: datetime,
    new_key: Callable[[], str],
    month_of: MonthOf = utc_month,
    due_at: datetime | None = None,
) -> Change:
    """What the decision makes of the case.

    Args:
        case: As it is now.
        decision: What was clicked, and on which round and draft.
        person: Who clicked.
        policy: The lead's rules.
        ability: What the platform allows for the post that the case answers.
        review: The guard.
        now: Aware UTC.
        new_key: Makes an unguessable key for each new action.
        month_of: Names the month whose budget a credit takes.
        due_at: When an answer is due that is asked for now; None: after the response target.

    Raises:
        Refusal: nothing changes; the message says why.
    """
    require_approver(policy, person)
    if decision.verb not in _ANY_CARD:
        _fresh_round(case, decision)
    ask = Ask(
        case=case,
        decision=decision,
        person=person,
        policy=policy,
        ability=ability,
        review=review,
        now=now,
        new_key=new_key,
        due_at=due_at or now + policy.response_target,
    )
    budget = None if policy.credit is None else policy.credit.monthly_budget
    return booked(_VERBS[decision.verb](ask), month_of=month_of, budget=budget)


def require_approver(policy: Policy, person: Person) -> None:
    """Refuse whoever may not decide.

    Raises:
        NotAllowed: the person is no approver.
    """
    if policy.may_approve(person):
        return
    if not policy.approvers:
        raise NotAllowed(
            "Nobody may decide yet: [policy] approvers is empty. "
            "Ask whoever runs Amends to name the people who may."
        )
    raise NotAllowed("Only approvers may do this. Ask one of them, or whoever runs Amends.")


def _fresh_round(case: Case, decision: Decision) -> None:
    if decision.round == case.round:
        return
    wrote = any(e.round == case.round and not e.mention.ours for e in case.entries)
    what = "the customer wrote again" if wrote else "it was opened again"
    raise TooOld(f"This card is out of date: {what}. Look at the new one. Nothing was changed.")


def _draft_to_decide(ask: Ask) -> Draft:
    """The draft, where it is still the one that the person saw and nothing is decided yet."""
    case = ask.case
    if not undecided(case):
        raise NotNow(_already(case))
    draft = case.draft or Draft(
        round=case.round, revision=0, language=case.verdict.language, written_by=""
    )
    if ask.decision.draft_revision != draft.revision:
        if draft.override is not None:
            raise TooOld(
                f"The guard was overridden by {draft.override.by} meanwhile. Look at the card "
                "first. Nothing was changed."
            )
        wrote = draft.written_by
        by = f" by {wrote}" if wrote not in {"", "playbook"} else ""
        raise TooOld(
            f"The draft was changed{by} meanwhile. Read the new text first. Nothing was changed."
        )
    return draft


def _already(case: Case) -> str:
    who = f" by {case.decided_by}" if case.decided_by else ""
    match case.state:
        case CaseState.DISMISSED:
            return f"Already decided{who}: no reply. Nothing was changed."
        case CaseState.NEEDS_HUMAN:
            return f"Already approved{who}, and something is not settled yet. Nothing was changed."
        case _:
            done = (
                "sent" if any(a.state is ActionState.SENT for a in case.of_round()) else "approved"
            )
            return f"Already {done}{who}. Nothing was changed."


# --- send --------------------------------------------------------------------------------------


def _send(ask: Ask) -> Change:
    draft = ask.review(ask.case, _draft_to_decide(ask))
    handover.require_reader(ask.policy, ask.person, draft)
    _sendable(draft)
    planned = _plan(ask, draft)
    first = ask.case.second_approver
    if _needs_two(ask.policy, draft):
        if not first:
            return _first_of_two(ask, draft)
        if first == ask.by:
            raise NotNow("You have approved this already. Now somebody else must.")
    by = f"{first} and {ask.by}" if first else ask.by
    case = ask.case
    notes: list[Note] = []
    for action in planned:
        old = case.action(action.kind)
        case = case.with_action(replace(action, approved_by=by))
        notes.append(note("approved", ask.by, action, was=old.state if old else ""))
    case = replace(
        case,
        state=CaseState.APPROVED,
        decided_by=by,
        decided_at=ask.now,
        snoozed_until=None,
        dismissed_because="",
    )
    return Change(before=ask.case, after=case, notes=tuple(notes))


def _sendable(draft: Draft) -> None:
    if not (draft.public or draft.private):
        raise NotNow("There is no text to send yet. Write one with Edit.")
    blocks = override.blocking(draft)
    if blocks:
        told = " ".join(f"{f.half.value.capitalize()} text: {f.words}. {f.do}" for f in blocks)
        raise Blocked(f"This cannot be sent as it is. {told}")


def _needs_two(policy: Policy, draft: Draft) -> bool:
    return policy.second_approver or any(f.severity is Severity.SECOND for f in draft.findings)


def _first_of_two(ask: Ask, draft: Draft) -> Change:
    after = replace(ask.case, second_approver=ask.by)
    line = Note(what="approved_first", by=ask.by, hash=_hash_of(draft))
    return Change(before=ask.case, after=after, notes=(line,))


def _plan(ask: Ask, draft: Draft) -> list[Action]:
    """Public, then credit, then private; each leaves once the one before it is out."""
    planned: list[Action] = []
    if draft.public and ask.ability.public.route in {Route.API, Route.BY_HAND}:
        public = _action(ask, ActionKind.PUBLIC, ask.ability.public, text=draft.public)
        planned.append(replace(public, override=draft.override))
    text, way = draft.private_full, ask.ability.private
    if text and way.route is not Route.NONE:
        if draft.credit is not None and draft.credit_chosen:
            _credit_can_go(ask, draft)
            credit = _action(ask, ActionKind.CREDIT, way, after=planned)
            planned.append(replace(credit, amount=draft.credit.amount))
        private = _action(ask, ActionKind.PRIVATE, way, text=text, after=planned)
        planned.append(replace(private, override=draft.override))
    elif draft.credit_chosen:
        raise Blocked("A credit goes out with a private message, and none can. Remove the credit.")
    if not planned:
        reasons = {ask.ability.public.reason, ask.ability.private.reason} - {""}
        raise Blocked(" ".join(["Nothing of this can be sent here.", *sorted(reasons)]))
    for action in planned:
        _not_twice(ask.case, action)
    return planned


def _action(
    ask: Ask, kind: ActionKind, way: Way, *, text: str = "", after: list[Action] | None = None
) -> Action:
    """A new action, or the one of this round that was taken back before it left."""
    if text and not way.limit.fits(text):
        found, limit = way.limit.count(text), way.limit
        raise Blocked(
            f"The {NAMES[kind]} is too long: {found} of {limit.maximum} {limit.unit}. Shorten it."
        )
    state = _BY_ROUTE[way.route]
    leaves = ask.now + ask.policy.undo if state is ActionState.APPROVED else None
    action = ask.case.action(kind) or Action(kind=kind, round=ask.case.round, key=ask.new_key())
    return replace(
        action,
        state=state,
        text=text,
        depends_on=after[-1].kind if after else None,
        approved_at=ask.now,
        not_before=leaves,
        absent_at=(),
        error_code="",
        error="",
    )


def _credit_can_go(ask: Ask, draft: Draft) -> None:
    assert draft.credit is not None
    if ask.ability.private.route is Route.BY_HAND:
        raise Blocked(
            "The private message goes out by hand here, and a code only leaves with a message "
            "that Amends sends. Remove the credit."
        )
    why = credit_fits(ask.case, ask.policy, draft.credit.amount)
    if why:
        raise Blocked(f"{why} Remove the credit.")


def _not_twice(case: Case, action: Action) -> None:
    """The same words to the same post could not be told apart when looking for them."""
    post = case.subject.id
    for other in case.actions:
        same = other.kind is action.kind and other.text == action.text != ""
        if same and other.round != action.round and other.state is not ActionState.CANCELLED:
            private = action.kind is not ActionKind.PUBLIC
            if private or subject_of(case, other.round).subject.id == post:
                raise Blocked(
                    f"This very {NAMES[action.kind]} went to this customer before. Change the text."
                )


# --- the draft ---------------------------------------------------------------------------------


def _edit(ask: Ask) -> Change:
    old = _draft_to_decide(ask)
    public = _typed(ask.decision.public, old.public)
    private = _typed(ask.decision.private, old.private)
    facts = _looked_up(ask.decision.checked, old.checked)
    same_words = (public, private) == (old.public, old.private)
    if same_words and facts == old.checked:
        raise NotNow("Nothing was changed.")
    new = replace(
        old,
        public=public,
        private=private,
        public_english=old.public_english if public == old.public else None,
        private_english=old.private_english if private == old.private else None,
        holding=None if public else old.holding,
        # Who only looks something up has not made a machine's words their own.
        written_by=old.written_by if same_words else ask.by,
        checked=facts,
        checked_by=_who_checked(ask, old, facts),
    )
    change = _redrafted(ask, new, "edited")
    if facts == old.checked:
        return change
    line = Note(what="checked", by=ask.by, hash=text_hash("\n".join(facts)), detail=_count(facts))
    return replace(change, notes=(*change.notes, line))


def _looked_up(line: str | None, old: tuple[str, ...]) -> tuple[str, ...]:
    """What a form gave; None leaves the facts as they are."""
    if line is None:
        return old
    try:
        return checked.facts_in(line)
    except checked.BadFacts as error:
        raise NotNow(f"Checked for this case: {error}") from error


def _who_checked(ask: Ask, old: Draft, facts: tuple[str, ...]) -> str:
    """Who answers for the facts: whoever changed them last; taking some away adds nothing."""
    if set(facts) <= set(old.checked):
        return old.checked_by if facts else ""
    return ask.by


def _count(facts: tuple[str, ...]) -> str:
    return f"{len(facts)} facts" if len(facts) != 1 else "1 fact"


def _override(ask: Ask) -> Change:
    """Let what the card says of the draft pass; nothing is approved by that."""
    draft = _draft_to_decide(ask)
    made = override.given(ask, draft)
    codes = ", ".join(dict.fromkeys(override.in_words(code, half) for half, code, _ in made.passes))
    return _redrafted(ask, draft, "overridden", made=made, detail=f"{codes}: {made.reason}")


def _typed(text: str | None, old: str | None) -> str | None:
    """What a form gave: None leaves the half as it is, an empty one takes it away."""
    if text is None:
        return old
    return text.replace("\r\n", "\n").strip() or None


def _add_credit(ask: Ask) -> Change:
    draft = _draft_to_decide(ask)
    if draft.credit is None:
        raise NotNow("There is no credit to add here.")
    if draft.credit_chosen:
        raise NotNow("The credit is in the private message already.")
    if not draft.private or ask.ability.private.route not in {Route.API, Route.CLOSED}:
        raise Blocked("A credit goes out with a private message that Amends sends; none can here.")
    why = credit_fits(ask.case, ask.policy, draft.credit.amount)
    if why:
        raise Blocked(why)
    return _redrafted(ask, replace(draft, credit_chosen=True), "credit_added")


def _remove_credit(ask: Ask) -> Change:
    draft = _draft_to_decide(ask)
    if not draft.credit_chosen:
        raise NotNow("There is no credit in the private message.")
    return _redrafted(ask, replace(draft, credit_chosen=False), "credit_removed")


def _redrafted(
    ask: Ask, draft: Draft, what: str, *, made: Override | None = None, detail: str = ""
) -> Change:
    """The next revision, seen by the guard; who agreed to the last one did not agree to this."""
    revision = draft.revision + 1
    bare = replace(draft, revision=revision, findings=(), reason="", override=made)
    new = ask.review(ask.case, bare)
    after = replace(ask.case, draft=new, second_approver="")
    line = Note(what=what, by=ask.by, hash=_hash_of(new), detail=detail)
    return Change(before=ask.case, after=after, notes=(line,))


def _hash_of(draft: Draft) -> str:
    return text_hash("\n\n".join(filter(None, (draft.public, draft.private_full))))


# --- no reply, undo, and who has it ------------------------------------------------------------


def _dismiss(ask: Ask) -> Change:
    if not ask.decision.reason.strip():
        raise NotNow("Say why nobody replies: choose a reason.")
    after, notes = ask.case, list[Note]()
    if undecided(ask.case):
        _draft_to_decide(ask)
    elif ask.case.state is CaseState.NEEDS_HUMAN:
        after, notes = afterwards.let_go(ask)
    else:
        raise NotNow(_already(ask.case))
    word = ask.decision.reason.partition(":")[0].strip()
    label = None
    if word in _LABELS:
        label = Label(mention_id=ask.case.subject.id, word=LabelWord(word), by=ask.by, at=ask.now)
    after = replace(
        after,
        state=CaseState.DISMISSED,
        dismissed_because=ask.decision.reason.strip(),
        decided_by=ask.by,
        decided_at=ask.now,
        snoozed_until=None,
    )
    line = Note(
        what="dismissed",
        by=ask.by,
        was=ask.case.state,
        now=after.state,
        detail=after.dismissed_because,
    )
    return Change(before=ask.case, after=after, notes=(line, *notes), label=label)


def _undo(ask: Ask) -> Change:
    case = ask.case
    if case.state is not CaseState.APPROVED:
        raise NotNow("There is nothing to undo.")
    for action in case.of_round():
        if action.state not in NOT_LEFT | {ActionState.CANCELLED}:
            name = NAMES[action.kind]
            raise NotNow(f"Too late to undo: the {name} is already out, or on its way.")
    after = case
    notes: list[Note] = []
    for action in case.of_round():
        if action.state in NOT_LEFT:
            back = replace(action, state=ActionState.CANCELLED, not_before=None)
            after = after.with_action(back)
            notes.append(note("undone", ask.by, back, was=action.state))
    after = replace(after, state=CaseState.OPEN, second_approver="", decided_by="", decided_at=None)
    return Change(before=case, after=after, notes=tuple(notes))


def _claim(ask: Ask) -> Change:
    if ask.case.claimed_by:
        who = "You have" if ask.case.claimed_by == ask.by else f"{ask.case.claimed_by} has"
        raise NotNow(f"{who} this case already.")
    return _only(ask, replace(ask.case, claimed_by=ask.by), "claimed")


def _release(ask: Ask) -> Change:
    if not ask.case.claimed_by:
        raise NotNow("Nobody has this case.")
    return _only(ask, replace(ask.case, claimed_by=""), "released")


def _snooze(ask: Ask) -> Change:
    until = ask.decision.until or ask.now + SHORT_SNOOZE
    if until <= ask.now:
        raise NotNow("Choose a time that is still to come.")
    if ask.case.state not in {CaseState.OPEN, CaseState.NEEDS_HUMAN}:
        raise NotNow("Only a case that waits for you can be put aside.")
    return _only(ask, replace(ask.case, snoozed_until=until), "snoozed")


def _right(ask: Ask) -> Change:
    """A word on the verdict and nothing else: the judge was right to show this."""
    said = Label(mention_id=ask.case.subject.id, word=LabelWord.WAS_ANGRY, by=ask.by, at=ask.now)
    return replace(_only(ask, ask.case, "was_angry"), label=said)


def _only(ask: Ask, after: Case, what: str) -> Change:
    return Change(before=ask.case, after=after, notes=(Note(what=what, by=ask.by),))


def _elsewhere(ask: Ask) -> Change:
    """Not about one case: the desk decides it where incidents are kept."""
    raise NotNow("Incidents cannot be declared here.")


def _nothing(ask: Ask) -> Change:
    """Reading is no decision: each surface shows the conversation where it is asked for."""
    raise NotNow("There is nothing to decide about reading.")


_VERBS: dict[Verb, Callable[[Ask], Change]] = {
    Verb.SEND: _send,
    Verb.EDIT: _edit,
    Verb.DISMISS: _dismiss,
    Verb.CLAIM: _claim,
    Verb.RELEASE: _release,
    Verb.SNOOZE: _snooze,
    Verb.RIGHT: _right,
    Verb.UNDO: _undo,
    Verb.ADD_CREDIT: _add_credit,
    Verb.REMOVE_CREDIT: _remove_credit,
    Verb.POSTED: afterwards.posted,
    Verb.FOUND: afterwards.found,
    Verb.SEND_AGAIN: afterwards.send_again,
    Verb.DROP: afterwards.drop,
    Verb.TAKE_DOWN: afterwards.take_down,
    Verb.REOPEN: afterwards.reopen,
    Verb.CLOSE: afterwards.close,
    Verb.ESCALATE: handover.escalate,
    Verb.ASK: handover.ask_speaker,
    Verb.CORRECT: afterwards.correct,
    Verb.DECLARE: _elsewhere,
    Verb.END_INCIDENT: _elsewhere,
    Verb.OVERRIDE: _override,
    Verb.READ: _nothing,
}
