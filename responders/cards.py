"""Makes the card of a case: what is told in plain words, and what may be clicked now. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from connectors.base import Ability, Route, Way
from responders import byhand, handover, outcome, override
from responders.action import Action, ActionKind, ActionState
from responders.afterwards import DROPPABLE, aim, why_not_again
from responders.ask import NAMES, OPEN_QUESTIONS, credit_fits, ever_sent, undecided
from responders.card import (
    NO_GUIDANCE,
    Button,
    Card,
    CreditPart,
    Guidance,
    HalfPart,
    Status,
    Urgency,
    Verb,
)
from responders.case import Case, CaseState
from responders.draft import CODE_PLACEHOLDER, Credit, Draft, Half, Severity
from responders.hold import HoldCode
from responders.policy import Policy
from responders.verdict import Doubt, Verdict

#: How likely a complaint must be, or how many people the author reaches, to look sooner.
HIGH_COMPLAINT = 0.85
HIGH_REACH = 10_000
#: Milder than this, and nobody waits for an answer: it may wait in a list.
LOW_COMPLAINT = 0.6
#: So long before its deadline nothing is mild any more.
DUE_SOON = timedelta(minutes=15)
#: Stands on a card where the code will be.
CODE_SHOWN = "(code)"

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_PLATFORMS = {"twitter": "X", "samples": "the pretend platform"}
#: Languages that a card may name.
_LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "th": "Thai",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
#: A code only leaves with a message that we send ourselves, now or later.
_CARRIES_CODE = frozenset({Route.API, Route.CLOSED})
_HALVES = {Half.PUBLIC: ActionKind.PUBLIC, Half.PRIVATE: ActionKind.PRIVATE}


def make_card(
    case: Case,
    *,
    ability: Ability,
    policy: Policy,
    now: datetime,
    budget_left: str = "",
    guidance: Guidance = NO_GUIDANCE,
) -> Card:
    """The case as a surface shows it.

    Args:
        case: As it is now.
        ability: What the platform allows for the post that the case answers.
        policy: The lead's rules.
        now: Aware UTC.
        budget_left: What is left of the month's budget for credits, for the team.
        guidance: What the draft's playbook tells whoever decides.
    """
    subject, verdict, draft = case.subject, case.verdict, case.draft
    mention = subject.mention
    return Card(
        case_id=case.id,
        brand=case.brand,
        number=f"#{case.id}",
        revision=case.revision,
        round=case.round,
        draft_revision=draft.revision if draft else 0,
        state=case.state,
        urgency=_urgency(case, now),
        platform=mention.platform,
        language=verdict.language,
        topic=verdict.topic,
        author=mention.author,
        post=mention.text,
        post_url=mention.url,
        post_at=mention.created_at,
        context=mention.parent_text,
        english=None,
        why=verdict.why,
        complaint=verdict.complaint,
        compound=verdict.compound,
        red_flags=case.red_flags,
        history=_history(case),
        due_at=case.due_at if undecided(case) else None,
        claimed_by=case.claimed_by,
        headline=_headline(case, now),
        public=_half(case, Half.PUBLIC, ability.public),
        private=_half(case, Half.PRIVATE, ability.private),
        credit=_credit(case, budget_left),
        holding=draft.holding if draft and undecided(case) else None,
        reason=draft.reason if draft else "",
        statuses=tuple(_status(case, action) for action in case.actions),
        buttons=tuple(_buttons(case, ability, policy, now)),
        speakers_only=_speakers_only(case, policy),
        doubt=_doubt(case.verdict),
        overrides=tuple(_overrides(case)),
        checked=draft.checked if draft else (),
        checked_by=draft.checked_by if draft else "",
        guidance=guidance if undecided(case) else NO_GUIDANCE,
    )


def _overrides(case: Case) -> Iterator[str]:
    """Of this draft and of what was approved in any round, oldest first, each once."""
    given = [action.override for action in case.actions]
    if case.draft is not None:
        given.append(case.draft.override)
    yield from dict.fromkeys(override.line(made) for made in given if made is not None)


def _speakers_only(case: Case, policy: Policy) -> bool:
    draft = case.draft
    return undecided(case) and draft is not None and not handover.readable(policy, draft)


# --- in words ----------------------------------------------------------------------------------


def _doubt(verdict: Verdict) -> str:
    """The weightiest reason to look twice; "" where there is none."""
    name = _LANGUAGES.get(verdict.language, "this language")
    told = {
        Doubt.LANGUAGE: f"We do not know {name}: look twice.",
        Doubt.WORD_LIST: f"We judge {name} by its words alone: look twice.",
        Doubt.SHORT: "There is little to judge by: look twice.",
        Doubt.CLOSE: "A close call: look twice, and tell us if it was wrong.",
    }
    return next((told[doubt] for doubt in verdict.doubts), "")


def _urgency(case: Case, now: datetime) -> Urgency:
    if case.red_flags:
        return Urgency.RED
    if case.state in {CaseState.ANSWERED, CaseState.DISMISSED}:
        return Urgency.LOW
    late = case.due_at is not None and case.due_at <= now and undecided(case)
    followers = case.subject.mention.author.followers or 0
    strong = case.verdict.complaint >= HIGH_COMPLAINT or followers >= HIGH_REACH
    if late or strong or case.state is CaseState.NEEDS_HUMAN:
        return Urgency.HIGH
    return Urgency.LOW if _mild(case, now) else Urgency.NORMAL


def _mild(case: Case, now: datetime) -> bool:
    """A first grumble that asks for nothing, with time left and nobody on it."""
    if case.round > 1 or case.claimed_by or case.earlier or case.state is not CaseState.OPEN:
        return False
    soon = case.due_at is not None and case.due_at - now <= DUE_SOON
    verdict = case.verdict
    return not soon and not verdict.asks and 0 < verdict.complaint < LOW_COMPLAINT


def _history(case: Case) -> str:
    if not case.earlier:
        return "first complaint here"
    number = case.earlier + 1
    nth = _ORDINALS[case.earlier] if number <= len(_ORDINALS) else f"{number}{_ending(number)}"
    return f"{nth} complaint in 30 days"


def _ending(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _headline(case: Case, now: datetime) -> str:
    match case.state:
        case CaseState.OPEN:
            return _open_headline(case, now)
        case CaseState.APPROVED:
            return f"{_progress(case)}, approved by {case.decided_by}"
        case CaseState.ANSWERED:
            return _answered_headline(case)
        case CaseState.DISMISSED:
            why = case.dismissed_because.partition(":")[0].replace("_", " ")
            by = f" by {case.decided_by}" if case.decided_by else ""
            return f"no reply{by}: {why}"
        case CaseState.NEEDS_HUMAN:
            return "needs you: " + (_trouble(case) or "no template fits")
        case _:
            assert_never(case.state)


def _open_headline(case: Case, now: datetime) -> str:
    if case.snoozed_until is not None and case.snoozed_until > now:
        return "put aside"
    if case.second_approver:
        return f"approved by {case.second_approver}, waits for a second approver"
    if case.claimed_by:
        return f"{case.claimed_by} has it"
    if case.draft is None:
        return "being drafted"
    if case.round > 1:
        return "the conversation goes on, waits for you"
    return "waits for you"


def _answered_headline(case: Case) -> str:
    waits = any(action.state is ActionState.WAITING for action in case.of_round())
    if waits:
        return f"answered in public by {case.decided_by}, the rest waits for the customer"
    return f"sent by {case.decided_by}" if case.decided_by else "closed"


def _progress(case: Case) -> str:
    states = {action.state for action in case.of_round()}
    if ActionState.UNKNOWN in states:
        return "no answer from the platform yet, not sent again"
    if ActionState.BY_HAND in states:
        return "waits for a person to post it"
    if states == {ActionState.WAITING}:
        return "waits for the customer to write"
    if ActionState.SENT in states or ActionState.SENDING in states:
        return "being sent"
    return "about to be sent"


def _trouble(case: Case) -> str:
    for action in case.actions:
        if action.state is ActionState.FAILED:
            return f"the {NAMES[action.kind]} was not sent"
        if action.state is ActionState.NEEDS_HUMAN:
            lost = outcome.once_lost(action)
            return f"the {NAMES[action.kind]} " + ("may be out" if lost else "was held back")
        if action.state is ActionState.RETRACTED and action.round == case.round:
            return f"the {NAMES[action.kind]} was taken down"
    return "nothing of it was sent" if case.of_round() else ""


def _status(case: Case, action: Action) -> Status:
    receipt = action.receipt
    link = receipt.url if receipt is not None else None
    at = receipt.at if receipt is not None else None
    if action.state is ActionState.APPROVED:
        at = action.not_before
    elif action.state is ActionState.UNKNOWN:
        at = action.intent_at
    return Status(kind=action.kind, state=action.state, line=_line(case, action), url=link, at=at)


def _line(case: Case, action: Action) -> str:
    """One sentence on one action; times that a surface should localise stand in `Status.at`."""
    if action.settled:
        return _settled_line(action)
    where = _platform(case)
    match action.state:
        case ActionState.WAITING:
            return f"Approved by {action.approved_by}; leaves once the customer writes to us."
        case ActionState.BY_HAND:
            why = f" {action.error}" if action.error else ""
            return f"To be posted by hand on {where}, approved by {action.approved_by}.{why}"
        case ActionState.SENDING:
            return f"Going out to {where} now."
        case ActionState.UNKNOWN:
            return _unknown_line(action, where)
        case ActionState.NEEDS_HUMAN:
            return _stuck_line(action, where)
        case _:
            return _approved_line(case, action)


def _settled_line(action: Action) -> str:
    match action.state:
        case ActionState.FAILED:
            return f"Not sent. {action.error}"
        case ActionState.CANCELLED:
            return action.error or "Called off; not sent."
        case ActionState.RETRACTED:
            return f"Was sent, and taken down by {action.retract_by}."
        case ActionState.REVERSED:
            return "Taken back: its code reached nobody."
        case _:
            return _sent_line(action)


def _approved_line(case: Case, action: Action) -> str:
    if action.error_code in set(HoldCode):
        return f"Approved by {action.approved_by}, and held. {action.error}"
    if action.error:
        return f"Not sent yet. {action.error} Tried again by itself."
    parent = None
    if action.depends_on is not None:
        parent = case.action(action.depends_on, action.round)
    if parent is not None and parent.state is not ActionState.SENT:
        return f"Approved by {action.approved_by}; leaves after the {NAMES[parent.kind]}."
    return f"Approved by {action.approved_by}; leaves by itself."


def _unknown_line(action: Action, where: str) -> str:
    looked = f" Looked {_times(len(action.absent_at))}: not there." if action.absent_at else ""
    return f"{_asked(action, where)} Not sent again.{looked} Amends goes on looking."


def _stuck_line(action: Action, where: str) -> str:
    if not outcome.once_lost(action):
        return action.error
    looked = f" Looked {_times(len(action.absent_at))}: not there." if action.absent_at else ""
    unread = f" {action.error}" if action.error_code == outcome.UNREADABLE else ""
    return f"{_asked(action, where)} Not sent again.{looked}{unread} Please look yourself."


def _asked(action: Action, where: str) -> str:
    if action.attempt == 0 and action.error_code:
        return f"The database was moved or restored; this may be on {where} from before."
    at = f" at {action.intent_at:%H:%M:%S} UTC" if action.intent_at is not None else ""
    return f"We asked {where} to post this{at} but got no answer."


def _sent_line(action: Action) -> str:
    if action.retract_by:
        later = f" {action.error}" if action.error else ""
        return f"Sent; being taken back for {action.retract_by}.{later}"
    if action.error_code in byhand.WARNINGS:
        return f"Posted by hand, approved by {action.approved_by}. {action.error}"
    if action.error_code == outcome.HIDDEN:
        return f"Sent, approved by {action.approved_by}. {action.error}"
    trouble = f" It could not be taken down: {action.error}" if action.error else ""
    if action.kind is ActionKind.CREDIT:
        code = f", code {action.receipt.id}" if action.receipt is not None else ""
        return f"{action.amount} issued{code}; approved by {action.approved_by}."
    return f"Sent, approved by {action.approved_by}.{trouble}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _platform(case: Case) -> str:
    name = case.subject.mention.platform
    return _PLATFORMS.get(name, name.replace("_", " ").capitalize())


# --- the parts ---------------------------------------------------------------------------------


def _half(case: Case, half: Half, way: Way) -> HalfPart:
    draft = case.draft or Draft(round=case.round)
    public = half is Half.PUBLIC
    text = draft.public if public else draft.private
    full = draft.public if public else draft.private_full
    english = draft.public_english if public else draft.private_english
    action = case.action(_HALVES[half])
    passed = override.overridden(draft)
    return HalfPart(
        half=half,
        way=way,
        text=text,
        english=english if english != text else None,  # read once is enough
        findings=tuple(f for f in draft.findings if f.half is half and f not in passed),
        overridden=tuple(f for f in passed if f.half is half),
        length=way.limit.count(full) if full else 0,
        status=_status(case, action) if action is not None else None,
    )


def _credit(case: Case, budget_left: str) -> CreditPart | None:
    draft = case.draft
    if draft is None or draft.credit is None:
        return None
    action = case.action(ActionKind.CREDIT)
    shown = Credit(
        amount=draft.credit.amount,
        text=draft.credit.text.replace(CODE_PLACEHOLDER, CODE_SHOWN),
        text_english=draft.credit.text_english.replace(CODE_PLACEHOLDER, CODE_SHOWN),
    )
    return CreditPart(
        credit=shown,
        chosen=draft.credit_chosen,
        status=_status(case, action) if action is not None else None,
        left=budget_left,
    )


# --- what may be clicked -----------------------------------------------------------------------


def _buttons(case: Case, ability: Ability, policy: Policy, now: datetime) -> Iterator[Button]:
    if undecided(case):
        yield from _draft_buttons(case, ability, policy)
    for action in case.actions:
        yield from _action_buttons(case, action, ability, policy)
    yield from _case_buttons(case, policy)


def _draft_buttons(case: Case, ability: Ability, policy: Policy) -> Iterator[Button]:
    draft = case.draft
    text = draft is not None and bool(draft.public or draft.private)
    blocks = override.blocking(draft) if draft is not None else ()
    if draft is not None and text and not blocks and _any_way(case, draft, ability, policy):
        yield Button(verb=Verb.SEND, label=_send_label(case, draft, ability), style="primary")
    yield Button(verb=Verb.EDIT, label="Edit" if text else "Write a reply")
    if draft is not None and draft.credit is not None:
        amount = draft.credit.amount
        if draft.credit_chosen:
            yield Button(verb=Verb.REMOVE_CREDIT, label=f"Remove {amount} credit")
        elif (
            draft.private
            and ability.private.route in _CARRIES_CODE
            and not credit_fits(case, policy, amount)
        ):
            yield Button(verb=Verb.ADD_CREDIT, label=f"Add {amount} credit")
    yield Button(verb=Verb.DISMISS, label="No reply")
    if draft is not None and blocks and policy.lead and not override.why_not(case, draft):
        yield Button(verb=Verb.OVERRIDE, label="Override (lead)", only_for=policy.lead)


def _any_way(case: Case, draft: Draft, ability: Ability, policy: Policy) -> bool:
    if draft.credit is not None and draft.credit_chosen:
        carried = bool(draft.private) and ability.private.route in _CARRIES_CODE
        if not carried or credit_fits(case, policy, draft.credit.amount):
            return False
    public = bool(draft.public) and ability.public.route in {Route.API, Route.BY_HAND}
    return public or (bool(draft.private) and ability.private.route is not Route.NONE)


def _send_label(case: Case, draft: Draft, ability: Ability) -> str:
    if case.second_approver:
        return "Approve as second"
    if any(finding.severity is Severity.SECOND for finding in draft.findings):
        return "Approve (two must)"
    ways = [way for text, way in ((draft.public, ability.public),) if text]
    by_hand = any(way.route is Route.BY_HAND for way in ways)
    return "Approve, post by hand" if by_hand else "Send"


def _action_buttons(
    case: Case, action: Action, ability: Ability, policy: Policy
) -> Iterator[Button]:
    """What a click could mean this action by; of several rounds' actions it means one."""
    name, kind = NAMES[action.kind], action.kind
    if _meant(case, Verb.POSTED, action):
        yield from _by_hand_buttons(action, ability)
    if _meant(case, Verb.FOUND, action) and kind is not ActionKind.CREDIT:
        yield Button(verb=Verb.FOUND, label=f"The {name} is there", action=kind)
    if _meant(case, Verb.SEND_AGAIN, action) and not why_not_again(case, action, policy):
        yield _again_button(action, name)
    if _meant(case, Verb.TAKE_DOWN, action) and _deletable(action):
        yield Button(
            verb=Verb.TAKE_DOWN,
            label=f"Take the {name} down",
            style="danger",
            action=kind,
            confirm=f"Delete the {name} where the customer may have read it?",
            in_menu=True,
        )
        if case.state in {CaseState.ANSWERED, CaseState.NEEDS_HUMAN} and not _in_doubt(case):
            yield Button(
                verb=Verb.CORRECT,
                label=f"Correct the {name}",
                action=kind,
                confirm=f"Delete the {name} and open the case again with its text?",
                in_menu=True,
            )
    if _meant(case, Verb.DROP, action) and _worth_dropping(case, action):
        yield Button(
            verb=Verb.DROP,
            label=f"Drop the {name}",
            action=kind,
            confirm=f"Never send this {name}?",
            in_menu=action.state not in {ActionState.NEEDS_HUMAN, ActionState.FAILED},
        )


def _meant(case: Case, verb: Verb, action: Action) -> bool:
    return aim(case, verb, action.kind) is action


def _again_button(action: Action, name: str) -> Button:
    if action.state is ActionState.CANCELLED:
        label, question = f"Send the {name} alone", f"Send the {name} without what came before it?"
    elif outcome.once_lost(action):
        label = "Not there: send again"
        question = f"Have you looked, and the {name} is not there? It would stand there twice."
    else:
        label, question = f"Send the {name} again", f"Try to send the {name} once more?"
    return Button(verb=Verb.SEND_AGAIN, label=label, action=action.kind, confirm=question)


def _by_hand_buttons(action: Action, ability: Ability) -> Iterator[Button]:
    way = ability.public if action.kind in outcome.PUBLIC_KINDS else ability.private
    link = way.link(action.text)
    if link is not None:
        yield Button(
            verb=Verb.POSTED,
            label="Open the composer",
            style="primary",
            action=action.kind,
            url=link,
        )
    yield Button(verb=Verb.POSTED, label="I posted it", action=action.kind)


def _deletable(action: Action) -> bool:
    known = action.receipt is not None and action.receipt.id != ""
    return action.kind is not ActionKind.CREDIT and known and not action.retract_by


def _worth_dropping(case: Case, action: Action) -> bool:
    """While nothing has left, Undo takes everything back at once."""
    trouble = action.state in {ActionState.FAILED, ActionState.NEEDS_HUMAN}
    return trouble or action.round < case.round or not _can_undo(case)


def _can_undo(case: Case) -> bool:
    if case.state is not CaseState.APPROVED:
        return False
    back = outcome.NOT_LEFT | {ActionState.CANCELLED}
    return all(action.state in back for action in case.of_round())


def _case_buttons(case: Case, policy: Policy) -> Iterator[Button]:
    if _can_undo(case):
        yield Button(verb=Verb.UNDO, label="Undo")
    waits_for_us = case.state in {CaseState.OPEN, CaseState.NEEDS_HUMAN}
    if case.claimed_by:
        yield Button(verb=Verb.RELEASE, label="Release", in_menu=True)
    elif waits_for_us:
        yield Button(verb=Verb.CLAIM, label="I take it", in_menu=True)
    if waits_for_us:
        yield Button(verb=Verb.SNOOZE, label="Put aside", in_menu=True)
        yield Button(verb=Verb.ESCALATE, label="Hand to somebody", in_menu=True)
        if policy.speakers.get(handover.language_of(case)):
            yield Button(
                verb=Verb.ASK,
                label="Ask a speaker",
                in_menu=not _speakers_only(case, policy),
            )
    if case.state in {CaseState.ANSWERED, CaseState.DISMISSED} or _stuck(case):
        yield Button(verb=Verb.REOPEN, label="Open again", in_menu=not _stuck(case))
    if undecided(case) and case.verdict.angry:
        yield Button(verb=Verb.RIGHT, label="Rightly flagged", in_menu=True)
    if _has_more(case):
        yield Button(verb=Verb.READ, label="Read it all", in_menu=True)
    if _closable(case):
        yield Button(
            verb=Verb.CLOSE,
            label="Close the case",
            confirm="Close it? What has not left is not sent.",
            in_menu=True,
        )


def _has_more(case: Case) -> bool:
    """Whether the conversation holds more than the card shows."""
    return len(case.entries) > 1


def _stuck(case: Case) -> bool:
    return case.state is CaseState.NEEDS_HUMAN and not undecided(case) and not _in_doubt(case)


def _in_doubt(case: Case) -> bool:
    """Whether something may be out of which nobody has said what became of it."""
    return any(
        action.state in OPEN_QUESTIONS
        or (action.state is ActionState.NEEDS_HUMAN and outcome.once_lost(action))
        for action in case.actions
    )


def _closable(case: Case) -> bool:
    if case.state is CaseState.DISMISSED or _in_doubt(case):
        return False
    if case.state is CaseState.NEEDS_HUMAN:
        return not undecided(case)
    left = any(action.state in DROPPABLE for action in case.actions)
    return ever_sent(case) and (case.state is not CaseState.ANSWERED or left)
