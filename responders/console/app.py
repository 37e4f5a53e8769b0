"""The console's pages. What they show comes from the desk, the shelf and the outbox alone.

Start with `make_app`; `serve.serve` lets it listen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from responders.action import ActionKind, ActionState
from responders.ask import Refusal
from responders.card import Card, Decision, Turn
from responders.case import CaseId, MentionId
from responders.console import forms, render
from responders.console.access import Access
from responders.console.door import HEADERS, Door
from responders.console.forms import Typed
from responders.console.gate import Gate, Turned, Visitor, message
from responders.console.sessions import Said
from responders.policy import Person
from responders.slack.clicks import Ref
from responders.teach import WORDS, Teacher, Unsure
from responders.verdict import LabelWord

#: So many cards, and lines of what was sent, are shown.
CARDS = 200
LINES = 200


class Answer(Protocol):
    """What became of a decision."""

    @property
    def done(self) -> bool:
        """Whether it was carried out."""

    @property
    def text(self) -> str:
        """One sentence for the person who decided."""


class Desk(Protocol):
    """Where decisions are taken, the same for every surface."""

    def take(self, decision: Decision, person: Person) -> Answer:
        """Carry the decision out, or say why not."""

    def card(self, case_id: CaseId) -> Card:
        """The case as it is now.

        Raises:
            KeyError: there is no such case.
        """

    def read(self, case_id: CaseId, person: Person) -> tuple[Turn, ...]:
        """The whole conversation, for those who may.

        Raises:
            KeyError: there is no such case.
            Refusal: the person may not.
        """


class Shelf(Protocol):
    """Where the cards lie."""

    def cards(self, limit: int) -> Sequence[Card]:
        """The cards in the order to be shown."""


@dataclass(frozen=True, kw_only=True)
class SentLine:
    """One thing that was sent, or is about to be; `text` never holds a credit's code."""

    when: datetime  #: aware UTC
    platform: str
    account: str
    kind: ActionKind
    to: str  #: the customer's handle
    text: str
    url: str | None = None
    state: ActionState = ActionState.SENT


class Outbox(Protocol):
    """What was sent and where."""

    def sent(self, limit: int) -> Sequence[SentLine]:
        """The newest lines first."""


def make_app(
    desk: Desk,
    shelf: Shelf,
    outbox: Outbox,
    access: Access,
    clock: Callable[[], datetime],
    teacher: Teacher | None = None,
) -> Starlette:
    """The console as an ASGI application; `app.state.access` tells `serve` where it may listen."""
    gate = Gate(access, clock)
    pages = _Pages(desk, shelf, outbox, gate, clock, teacher)
    static = StaticFiles(directory=Path(__file__).with_name("static"))
    app = Starlette(
        routes=[
            Route("/", pages.cases),
            Route("/cards", pages.cards),
            Route("/cases/{id:int}", pages.case),
            Route("/cases/{id:int}/conversation", pages.conversation),
            Route("/sent", pages.sent),
            Route("/unsure", pages.unsure),
            Route("/words", pages.say, methods=["POST"]),
            Route("/decisions", pages.decide, methods=["POST"]),
            Route("/enter", gate.enter),
            Route("/sign-in", gate.sign_in_page),
            Route("/sign-in", gate.sign_in, methods=["POST"]),
            Route("/sign-out", gate.sign_out, methods=["POST"]),
            Mount("/static", static, name="static"),
        ],
        middleware=[Middleware(Door, access=access)],
        exception_handlers={Turned: _turned, HTTPException: _http, Exception: _failed},
    )
    app.state.access = access
    return app


class _Pages:
    """One method a page."""

    def __init__(
        self,
        desk: Desk,
        shelf: Shelf,
        outbox: Outbox,
        gate: Gate,
        clock: Callable[[], datetime],
        teacher: Teacher | None,
    ) -> None:
        self._desk = desk
        self._shelf = shelf
        self._outbox = outbox
        self._gate = gate
        self._clock = clock
        self._teacher = teacher

    async def cases(self, request: Request) -> Response:
        """All cards."""
        visitor = self._visitor(request)
        cards, waiting = await run_in_threadpool(self._cards, visitor)
        page = render.page(
            "cases.html",
            here="cases",
            person=visitor.session.name,
            form_token=visitor.form_token,
            said=visitor.session.take_said(),
            cards=cards,
            waiting=waiting,
        )
        return HTMLResponse(page)

    async def cards(self, request: Request) -> Response:
        """The cards alone, for a page that refreshes itself; 304 where nothing has changed."""
        visitor = self._gate.visitor(request, active=False)
        if visitor is None:
            return Response("signed out\n", 401, media_type="text/plain")
        cards, _ = await run_in_threadpool(self._cards, visitor)
        tag = f'"{blake2b(cards.encode("utf-8"), digest_size=16).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return HTMLResponse(cards, headers={"ETag": tag})

    async def case(self, request: Request) -> Response:
        """One card alone."""
        visitor = self._visitor(request)
        case_id = CaseId(min(request.path_params["id"], forms.LARGEST_ID))
        return await self._alone(visitor, case_id, said=visitor.session.take_said())

    async def conversation(self, request: Request) -> Response:
        """Everything that was written, for those who may read private messages."""
        visitor = self._visitor(request)
        case_id = CaseId(min(request.path_params["id"], forms.LARGEST_ID))
        try:
            turns = await run_in_threadpool(self._desk.read, case_id, visitor.person)
        except KeyError:
            return message("No such case", "It may have been erased. Look at all cases.", 404)
        except Refusal as refusal:
            return message("Not for you", str(refusal), 403)
        page = render.page(
            "conversation.html",
            here="case",
            person=visitor.session.name,
            form_token=visitor.form_token,
            case_id=case_id,
            turns=turns,
        )
        return HTMLResponse(page)

    async def sent(self, request: Request) -> Response:
        """What was sent, and where."""
        visitor = self._visitor(request)
        lines = await run_in_threadpool(self._outbox.sent, LINES)
        page = render.page(
            "sent.html",
            here="sent",
            person=visitor.session.name,
            form_token=visitor.form_token,
            lines=lines,
        )
        return HTMLResponse(page)

    async def unsure(self, request: Request) -> Response:
        """Posts that the judge was unsure of, with the words that a person may say of them."""
        visitor, teacher = self._visitor(request), self._teacher
        posts: Sequence[Unsure] = ()
        if teacher is not None:
            posts = await run_in_threadpool(teacher.unsure, visitor.person)
        page = render.page(
            "unsure.html",
            here="unsure",
            person=visitor.session.name,
            form_token=visitor.form_token,
            said=visitor.session.take_said(),
            posts=posts,
            words=WORDS,
        )
        return HTMLResponse(page)

    async def say(self, request: Request) -> Response:
        """Keep a person's word on a post."""
        visitor, teacher = self._visitor(request), self._teacher
        given = await self._gate.form(request)
        try:
            word, number = LabelWord(given.get("word", "")), int(given.get("post", ""))
        except ValueError:
            told = "This version does not understand that button. Load the page again."
            return message("Not done", told, 400)
        if teacher is None:
            return message("Not done", "Nothing is learnt here.", 404)
        post = MentionId(min(number, forms.LARGEST_ID))
        try:
            text = await run_in_threadpool(teacher.say, post, word, visitor.person)
            visitor.session.said = Said(text=text, done=True)
        except Refusal as refusal:
            visitor.session.said = Said(text=str(refusal), done=False)
        return RedirectResponse("/unsure", 303)

    async def decide(self, request: Request) -> Response:
        """Carry out what a button or a form asks for."""
        visitor = self._visitor(request)
        given = await self._gate.form(request)
        try:
            ref = Ref.decode(given.get("ref"))
            said, block = await self._take(given, visitor)
        except forms.Unreadable:
            told = "This version does not understand that button. Load the page again."
            return message("Not done", told, 400)
        except KeyError:
            return message("Not done", "There is no such case any more.", 404)
        if "fetch" in request.headers.get("x-amends", ""):
            return HTMLResponse(render.page("said.html", said=said), 200 if said.done else 409)
        values = forms.typed_values(given)
        if values and not said.done:
            typed = Typed(ref=ref, values=values, error=said.text, block=block)
            return await self._alone(visitor, ref.case_id, typed=typed)
        visitor.session.said = said
        back = f"/cases/{ref.case_id}" if given.get("from") == "case" else f"/#case-{ref.case_id}"
        return RedirectResponse(back, 303)

    async def _take(self, given: Mapping[str, str], visitor: Visitor) -> tuple[Said, str]:
        """What became of it, and the field to blame."""
        try:
            decision = forms.decision(given, visitor.person.id, self._clock())
        except forms.BadField as error:
            return Said(text=str(error), done=False), error.block
        answer = await run_in_threadpool(self._desk.take, decision, visitor.person)
        return Said(text=answer.text, done=answer.done), ""

    async def _alone(
        self,
        visitor: Visitor,
        id: CaseId,
        *,
        said: Said | None = None,
        typed: Typed | None = None,
    ) -> Response:
        try:
            whole = await run_in_threadpool(self._desk.card, id)
        except KeyError:
            return message("No such case", "It may have been erased. Look at all cases.", 404)
        card = forms.offered_to(whole, visitor.person)
        offered = typed is not None and typed.ref.verb in {button.verb for button in card.buttons}
        drawn = await run_in_threadpool(
            render.draw, card, visitor.form_token, alone=True, typed=typed if offered else None
        )
        kept: Sequence[str] = ()
        if typed is not None and not offered:
            said = Said(text=typed.error, done=False)
            kept = [text for text in typed.values.values() if text.strip()]
        page = render.page(
            "case.html",
            here="case",
            person=visitor.session.name,
            form_token=visitor.form_token,
            number=card.number,
            said=said,
            kept=kept,
            card=drawn,
        )
        return HTMLResponse(page, 200 if typed is None else 409)

    def _cards(self, visitor: Visitor) -> tuple[str, int]:
        groups = render.arrange(self._shelf.cards(CARDS))
        drawn = {
            group: [
                render.draw(forms.offered_to(card, visitor.person), visitor.form_token)
                for card in cards
            ]
            for group, cards in groups.items()
        }
        return render.page("cards.html", groups=drawn), len(groups[render.Group.WAITING])

    def _visitor(self, request: Request) -> Visitor:
        visitor = self._gate.visitor(request)
        if visitor is None:
            raise Turned(RedirectResponse("/sign-in", 303))
        return visitor


async def _turned(request: Request, error: Exception) -> Response:
    assert isinstance(error, Turned)
    return error.response


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return message("No such page", "The address leads nowhere.", 404)
    return message("Not possible", error.detail, error.status_code)


async def _failed(request: Request, error: Exception) -> Response:
    """Answered outside the door, so the headers come along; the server logs the traceback."""
    told = "Amends could not do this. Its log says why. Load the page to see how things stand."
    response = message("Something went wrong", told, 500)
    response.headers.update(HEADERS)
    return response
