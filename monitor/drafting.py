"""What we would say to a post, as plain data: `amends draft`. Stores and sends nothing."""

from collections.abc import Callable
from typing import Any

from connectors import samples
from connectors.base import Contact, Mention
from monitor import app, clock
from monitor.config import Settings
from responders import guard
from responders.case import Case, CaseId, Entry, MentionId
from responders.suggest import suggest


def drafter(settings: Settings) -> Callable[[Mention], dict[str, Any]]:
    """Answers a post with its draft; the keys are those of the command line's contract.

    What a platform allows is taken from the pretend platforms, so that no login is needed.
    """
    brand, policy = settings.brands[0], settings.policy
    judge, books = app.make_judge(settings), app.make_playbooks(settings)
    writer = app.make_writer(settings, clock.now)

    def drafted(mention: Mention) -> dict[str, Any]:
        verdict = judge.judge(mention.text, hint=mention.language)
        verdict = judge.look_closer(mention.text, verdict)
        case = Case(
            id=CaseId(0),
            brand=brand.name,
            opened_at=mention.created_at,
            entries=(Entry(id=MentionId(0), mention=mention, verdict=verdict),),
        )
        ability = samples.ability_of(mention, Contact(), brand.name)
        draft = suggest(case, brand=brand, policy=policy, ability=ability, playbooks=books)
        draft = app.reword(writer, draft, case, brand=brand, ability=ability, books=books)
        draft = guard.review(draft, brand=brand, ability=ability, subject=mention)
        return {
            "id": mention.id,
            "language": draft.language,
            "topic": verdict.topic,
            "playbook": draft.playbook or None,
            "public": draft.public,
            "private": draft.private,
            "public_english": draft.public_english,
            "private_english": draft.private_english,
            "credit": draft.credit
            and {"minor": draft.credit.amount.minor, "currency": draft.credit.amount.currency},
            "findings": [
                {"code": f.code, "severity": f.severity, "words": f.words, "do": f.do}
                for f in draft.findings
            ],
            "red_flags": list(case.red_flags),
            "holding": draft.holding,
            "reason": draft.reason,
        }

    return drafted
