"""Values to rows and back. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from json.encoder import encode_basestring_ascii
from typing import Any

from sqlalchemy import ColumnElement, Label, Row

from connectors.base import Author, Mention, Receipt
from monitor.tables import mention, verdict
from responders.action import Action, ActionId, ActionKind, ActionState
from responders.case import Entry, MentionId
from responders.draft import Credit, Draft, Finding, Half, Override, Severity
from responders.money import Money
from responders.verdict import Doubt, RedFlag, Verdict

#: What goes into one row, by column.
Values = dict[str, object]
#: What a query gives back; its columns are those that the function names.
Found = Row[*tuple[Any, ...]]

#: Columns of a mention with its verdict; the verdict's are marked, as both have a language.
ENTRY: tuple[ColumnElement[Any] | Label[Any], ...] = (
    *mention.c,
    *(column.label(f"verdict_{column.name}") for column in verdict.c),
)


def mention_of(row: Found) -> Mention:
    """A mention from the columns of `mention`."""
    return Mention(
        platform=row.platform,
        id=row.post_id,
        author=Author(
            id=row.author_id,
            handle=row.handle,
            name=row.author_name,
            url=row.author_url,
            followers=row.followers,
            open_to_messages=row.open_to_messages,
        ),
        text=row.text,
        created_at=row.created_at,
        url=row.url,
        in_reply_to=row.in_reply_to,
        thread=row.thread,
        parent_text=row.parent_text,
        language=row.language,
        addressed=row.addressed,
        replies_open=row.replies_open,
        private=row.private,
        ours=row.ours,
    )


def verdict_of(row: Found) -> Verdict | None:
    """A verdict from the marked columns of `ENTRY`; None where there is none."""
    if row.verdict_mention_id is None:
        return None
    return Verdict(
        language=row.verdict_language,
        compound=row.verdict_compound,
        complaint=row.verdict_complaint,
        angry=row.verdict_angry,
        topic=row.verdict_topic,
        asks=row.verdict_asks,
        relevant=row.verdict_relevant,
        red_flags=tuple(RedFlag(flag) for flag in json.loads(row.verdict_red_flags)),
        why=tuple(json.loads(row.verdict_why)),
        doubts=tuple(Doubt(doubt) for doubt in json.loads(row.verdict_doubts)),
        matters=tuple((name, chance) for name, chance in json.loads(row.verdict_matters)),
    )


def entry_of(row: Found, round: int) -> Entry:
    """An entry from the columns of `ENTRY`."""
    return Entry(
        id=MentionId(row.id), mention=mention_of(row), verdict=verdict_of(row), round=round
    )


def strings(words: tuple[str, ...]) -> str:
    """A short list as JSON; its escapes keep characters that no text column could."""
    return f"[{', '.join(map(encode_basestring_ascii, words))}]"


def draft_values(draft: Draft) -> Values:
    """The columns of `draft` that come from the value."""
    credit = draft.credit
    return {
        "round": draft.round,
        "revision": draft.revision,
        "language": draft.language,
        "playbook": draft.playbook,
        "public": draft.public,
        "private": draft.private,
        "public_english": draft.public_english,
        "private_english": draft.private_english,
        "credit_minor": credit.amount.minor if credit else None,
        "credit_currency": credit.amount.currency if credit else None,
        "credit_text": credit.text if credit else None,
        "credit_text_english": credit.text_english if credit else None,
        "credit_chosen": draft.credit_chosen,
        "findings": json.dumps([asdict(finding) for finding in draft.findings]),
        "holding": draft.holding,
        "holding_english": draft.holding_english,
        "reason": draft.reason,
        "written_by": draft.written_by,
        "override": override_value(draft.override),
        "checked": strings(draft.checked),
        "checked_by": draft.checked_by,
    }


def draft_of(row: Found) -> Draft:
    """A draft from the columns of `draft`."""
    credit = None
    if row.credit_minor is not None:
        credit = Credit(
            amount=Money(minor=row.credit_minor, currency=row.credit_currency),
            text=row.credit_text,
            text_english=row.credit_text_english,
        )
    return Draft(
        round=row.round,
        revision=row.revision,
        language=row.language,
        playbook=row.playbook,
        public=row.public,
        private=row.private,
        public_english=row.public_english,
        private_english=row.private_english,
        credit=credit,
        credit_chosen=row.credit_chosen,
        findings=tuple(_finding(found) for found in json.loads(row.findings)),
        holding=row.holding,
        holding_english=row.holding_english,
        reason=row.reason,
        written_by=row.written_by,
        override=override_of(row.override),
        checked=tuple(json.loads(row.checked)),
        checked_by=row.checked_by,
    )


def override_value(given: Override | None) -> str | None:
    """An override as it stands in its column; its escapes keep any character."""
    return None if given is None else json.dumps(asdict(given))


def override_of(value: str | None) -> Override | None:
    """An override from its column."""
    if value is None:
        return None
    given = json.loads(value)
    passes = tuple((Half(half), code, of) for half, code, of in given["passes"])
    return Override(by=given["by"], reason=given["reason"], passes=passes)


def _finding(found: Mapping[str, str]) -> Finding:
    return Finding(
        code=found["code"],
        severity=Severity(found["severity"]),
        half=Half(found["half"]),
        words=found["words"],
        do=found["do"],
    )


def action_values(action: Action) -> Values:
    """The columns of `action` that come from the value, but for its id."""
    receipt = action.receipt
    return {
        "kind": action.kind.value,
        "round": action.round,
        "state": action.state.value,
        "key": action.key,
        "text": action.text,
        "minor": action.amount.minor if action.amount else None,
        "currency": action.amount.currency if action.amount else None,
        "depends_on": action.depends_on.value if action.depends_on else None,
        "approved_by": action.approved_by,
        "approved_at": action.approved_at,
        "not_before": action.not_before,
        "attempt": action.attempt,
        "fence": action.fence,
        "owner": action.owner,
        "intent_at": action.intent_at,
        "lease_until": action.lease_until,
        "settle_until": action.settle_until,
        "absent_at": strings(tuple(at.isoformat() for at in action.absent_at)),
        "receipt_id": receipt.id if receipt else None,
        "receipt_url": receipt.url if receipt else None,
        "receipt_at": receipt.at if receipt else None,
        "receipt_private": receipt.private if receipt else False,
        "error_code": action.error_code,
        "error": action.error,
        "retract_by": action.retract_by,
        "override": override_value(action.override),
    }


def action_of(row: Found) -> Action:
    """An action from the columns of `action`."""
    amount = receipt = None
    if row.minor is not None:
        amount = Money(minor=row.minor, currency=row.currency)
    if row.receipt_id is not None:
        receipt = Receipt(
            id=row.receipt_id, url=row.receipt_url, at=row.receipt_at, private=row.receipt_private
        )
    return Action(
        id=ActionId(row.id),
        kind=ActionKind(row.kind),
        round=row.round,
        state=ActionState(row.state),
        key=row.key,
        text=row.text,
        amount=amount,
        depends_on=ActionKind(row.depends_on) if row.depends_on else None,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        not_before=row.not_before,
        attempt=row.attempt,
        fence=row.fence,
        owner=row.owner,
        intent_at=row.intent_at,
        lease_until=row.lease_until,
        settle_until=row.settle_until,
        absent_at=tuple(datetime.fromisoformat(at) for at in json.loads(row.absent_at)),
        receipt=receipt,
        error_code=row.error_code,
        error=row.error,
        retract_by=row.retract_by,
        override=override_of(row.override),
    )
