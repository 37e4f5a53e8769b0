"""Cards to look at: every state, platform and length, and some that people made to do harm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from connectors.base import Author, Route, TextLimit, Way
from responders.action import ActionKind, ActionState
from responders.card import Button, Card, CreditPart, Guidance, HalfPart, Status, Urgency, Verb
from responders.case import CaseId, CaseState
from responders.draft import Credit, Finding, Half, Severity
from responders.money import Money
from responders.verdict import RedFlag

NOW = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)

#: What a post, a name or an edit may hold to do harm.
HOSTILE = (
    "<!channel> <!here> <!everyone> <@U0EVA> <#C0SECRET> <!subteam^S0LEADS> "
    "<https://evil.example|your account> <mailto:a@b.example|mail> *bold* _it_ ~no~ `code` "
    "```block``` > quote\n> quote & &lt;!channel&gt; :rotating_light: @channel #general "
    '"}],"blocks":[{"type":"actions"}] \u202egnirts\u202c \u2066x\u2069 \x00\x07\x1b[31m \ud800'
)
ARABIC = "وصلت الطلبية مكسورة ولا أحد يرد على رسائلي منذ أسبوع"
FAMILY = "👩‍👩‍👧‍👦"

BUTTONS = (
    Button(verb=Verb.SEND, label="Send", style="primary"),
    Button(verb=Verb.EDIT, label="Edit"),
    Button(verb=Verb.DISMISS, label="No reply", style="danger"),
    Button(verb=Verb.CLAIM, label="I take it"),
    Button(verb=Verb.SNOOZE, label="Snooze", in_menu=True),
    Button(verb=Verb.CLOSE, label="Settled elsewhere", in_menu=True, confirm="Close the case?"),
)


def way(route: Route = Route.API, **more: object) -> Way:
    """One way to answer."""
    made = Way(route=route, account="acme", limit=TextLimit(maximum=280))
    return replace(made, **cast(dict[str, Any], more))


def card(**changes: object) -> Card:
    """An ordinary open case on X, changed as asked."""
    made = Card(
        case_id=CaseId(42),
        brand="Acme",
        number="#42",
        revision=7,
        round=1,
        draft_revision=2,
        state=CaseState.OPEN,
        urgency=Urgency.HIGH,
        platform="twitter",
        language="de",
        topic="order_late",
        author=Author(
            id="1", handle="ann", name="Ann Example", url="https://x.com/ann", followers=1204
        ),
        post="Drei Wochen und kein Paket. Nie wieder!",
        post_url="https://x.com/ann/status/1",
        post_at=NOW - timedelta(minutes=12),
        context=None,
        english="Three weeks and no parcel. Never again!",
        why=("nie wieder", "three weeks late"),
        complaint=0.93,
        compound=-0.71,
        red_flags=(),
        history="first complaint here",
        due_at=NOW + timedelta(minutes=48),
        claimed_by="",
        headline="Waits for you",
        public=HalfPart(
            half=Half.PUBLIC,
            way=way(cost_micro_usd=10_000),
            text="Das tut uns leid. Wir kümmern uns.",
            english="We are sorry. We are on it.",
            length=34,
        ),
        private=HalfPart(
            half=Half.PRIVATE,
            way=way(Route.CLOSED, reason="They must write to us first."),
            text="Bitte senden Sie uns Ihre Bestellnummer.",
            english="Please send us your order number.",
            length=40,
        ),
        credit=CreditPart(
            credit=Credit(amount=Money(minor=2500, currency="EUR"), text="Code: {code}"),
            chosen=False,
            left="475.00 EUR left this month",
        ),
        holding=None,
        reason="",
        statuses=(),
        buttons=BUTTONS,
    )
    return replace(made, **cast(dict[str, Any], changes))


def status(kind: ActionKind, state: ActionState, line: str = "Approved by <@U0EVA>") -> Status:
    """What has become of one action."""
    return Status(kind=kind, state=state, line=line, url="https://x.com/acme/status/2", at=NOW)


def _with(half: HalfPart | None, **changes: object) -> HalfPart:
    assert half is not None
    return replace(half, **cast(dict[str, Any], changes))


BLAME = Finding(
    code="blame", severity=Severity.BLOCK, half=Half.PUBLIC, words="die Schuld des Paketdienstes",
    do="Blame nobody.",
)  # fmt: skip


ADVICE = Guidance(
    find_out=("Where is the parcel, and since when?", "Was a day promised?"),
    notes=("Do not blame the carrier.", "If the new time does not suit: cancel, full refund."),
    credit="Fitting where a day that we named has passed.",
)

LET_PASS = (
    "The guard was overridden by <@U0LEA> (blame in public): The carrier has admitted it, ticket 77"
)


def enormous(text: str) -> Card:
    """Every part present, each with this text in it, and every button there is."""
    made = card()
    finding = Finding(
        code="promise", severity=Severity.BLOCK, half=Half.PUBLIC, words=text, do=text
    )
    told = tuple(
        replace(status(kind, state, text), url="https://x.com/" + "s" * 2900)
        for kind in ActionKind
        for state in ActionState
    )
    half = {
        "way": way(Route.BY_HAND, reason=text, account=text, cost_micro_usd=999_999_999),
        "text": text,
        "english": text,
        "findings": (finding,) * 9,
        "overridden": (finding,) * 9,
        "length": 999_999,
        "status": told[0],
    }
    buttons = tuple(
        Button(verb=verb, label=text, style="danger", action=kind, confirm=text, in_menu=in_menu)
        for verb in Verb
        for kind in (*ActionKind, None)
        for in_menu in (True, False)
    )
    links = (
        Button(verb=Verb.POSTED, label="Open", url="https://x.com/intent?text=" + "%20" * 900),
        Button(verb=Verb.POSTED, label="Open", url="https://x.com/" + "y" * 4000, in_menu=True),
    )
    return replace(
        made,
        case_id=CaseId(2**63 - 1),
        round=99_999,
        draft_revision=99_999,
        number=text,
        platform=text,
        language=text,
        topic=text,
        author=Author(
            id="1", handle=text, name=text, url="https://x.com/" + "u" * 280, followers=9
        ),
        post=text,
        post_url="https://x.com/" + "p" * 280,
        context=text,
        english=text,
        why=(text,) * 9,
        red_flags=tuple(RedFlag),
        history=text,
        claimed_by=text,
        headline=text,
        public=_with(made.public, **half),
        private=_with(made.private, **half),
        credit=CreditPart(
            credit=Credit(amount=Money(minor=10**14, currency="EUR"), text=text, text_english=text),
            chosen=True,
            status=told[0],
            left=text,
        ),
        holding=text,
        reason=text,
        statuses=told,
        buttons=links + buttons,
        incident=text,
        ticket=text,
        promises=(text,) * 9,
        overrides=(text,) * 9,
        checked=(text,) * 9,
        checked_by=text,
        guidance=Guidance(find_out=(text,) * 9, notes=(text,) * 9, credit=text),
    )


def gallery() -> dict[str, Card]:
    """Cards by name."""
    made = card()
    cards = {
        "ordinary": made,
        "claimed": card(claimed_by="<@U0EVA>", headline="<@U0EVA> looks at it"),
        "bare": card(
            public=None, private=None, credit=None, english=None, why=(), due_at=None, topic=None,
            language="und", buttons=(), post_url=None, history="",
            author=Author(id="2", handle="anna_b"),
        ),
        "nothing to say": card(public=None, private=None, reason="Praise: no answer is needed."),
        "red flag": card(
            urgency=Urgency.RED, red_flags=(RedFlag.INJURY, RedFlag.LEGAL), public=None,
            private=None, credit=None, holding="We have read this and call you today.",
        ),
        "too long": card(
            public=_with(made.public, text="Sorry. " * 60, length=420,
                         findings=(
                             Finding(code="n", severity=Severity.NOTE, half=Half.PUBLIC,
                                     words="Sorry", do="Say it once."),
                             Finding(code="too_long", severity=Severity.BLOCK, half=Half.PUBLIC,
                                     words="420", do="Cut it to 280."),
                         )),
        ),
        "blocked": card(
            public=_with(made.public, findings=(BLAME,)),
            buttons=(
                *BUTTONS[1:],
                Button(verb=Verb.OVERRIDE, label="Override (lead)", only_for="U0LEA"),
            ),
        ),
        "overridden": card(
            public=_with(made.public, overridden=(BLAME,)),
            overrides=(LET_PASS,),
            checked=("49,90 €", "3. März"), checked_by="<@U0EVA>",
        ),
        "with advice": card(guidance=ADVICE, reason="The post is in sv; this is English."),
        "credit chosen": card(
            credit=CreditPart(
                credit=Credit(amount=Money(minor=2500, currency="EUR"), text="Ihr Code: {code}",
                              text_english="Your code: {code}"),
                chosen=True,
                status=status(ActionKind.CREDIT, ActionState.APPROVED),
            )
        ),
        "bare answer": card(
            public=HalfPart(half=Half.PUBLIC, way=way(Route.NONE), text=None),
            private=HalfPart(half=Half.PRIVATE, way=Way(route=Route.API), text="Write to us."),
            credit=CreditPart(
                credit=Credit(amount=Money(minor=500, currency="JPY"), text="{code}"), chosen=True
            ),
        ),
        "for us": card(incident="Parcels of 20 Nov", ticket="Zendesk 77",
                       promises=("a call today",), context="@acme where is it?"),
        "right to left": card(
            language="ar", post=ARABIC, author=Author(id="3", handle="نور", name="نور", followers=3)
        ),
        "emoji": card(post=f"{FAMILY} 🤬🤬 {FAMILY}" * 500),
        "hostile": enormous(HOSTILE),
        "enormous": enormous("Long words & <more> of them.\n" * 500),
        "by hand": card(
            buttons=(
                Button(verb=Verb.POSTED, label="Open X", action=ActionKind.PUBLIC,
                       url="https://x.com/intent/tweet?in_reply_to=1&text=Das%20tut%20uns"),
                Button(verb=Verb.POSTED, label="I posted it", action=ActionKind.PUBLIC),
                Button(verb=Verb.SEND, label="Also", action=ActionKind.PUBLIC, in_menu=True,
                       url="https://x.com/ann"),
            )
        ),
    }  # fmt: skip
    for urgency in Urgency:
        cards[f"urgency {urgency}"] = card(urgency=urgency)
    for state in CaseState:
        cards[f"case {state}"] = card(state=state, headline=f"The case is {state}")
    for route in Route:
        cards[f"route {route}"] = card(public=_with(made.public, way=way(route, reason="So.")))
    for action_state in ActionState:
        told = status(ActionKind.PUBLIC, action_state)
        cards[f"action {action_state}"] = card(
            public=_with(made.public, status=told),
            statuses=(told, status(ActionKind.FOLLOW_UP, action_state)),
        )
    for platform in ("twitter", "reddit", "bluesky", "youtube", "hackernews", "feed", "samples"):
        cards[f"platform {platform}"] = card(platform=platform)
    return cards
