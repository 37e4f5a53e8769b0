"""Signing in and out: by name and password, or once by the address that was printed."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from responders.console import forms, render
from responders.console.access import Access
from responders.console.passwords import password_matches
from responders.console.sessions import OneTimeToken, Session, Sessions, new_secret
from responders.console.throttle import Throttle
from responders.policy import Person

log = logging.getLogger(__name__)

#: The longest body of a form, in bytes: two texts of 20,000 characters, percent-encoded.
BODY_LONGEST = 512 * 1024
#: Failures before waiting begins. A name takes more, or strangers could lock its owner out.
_FREE_BY_ADDRESS = 5
_FREE_BY_NAME = 20
_FORM = "application/x-www-form-urlencoded"


class Turned(Exception):
    """A request that gets this answer instead of a page."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who is signed in, in one browser."""

    cookie: str = field(repr=False)
    session: Session
    form_token: str = field(repr=False)

    @property
    def person(self) -> Person:
        """Whose name their decisions bear."""
        return Person(id=self.session.name, name=self.session.name, surface="console")


class Gate:
    """Knows who is signed in, and lets people in and out."""

    def __init__(self, access: Access, clock: Callable[[], datetime]) -> None:
        """Nobody is signed in yet."""
        self._access = access
        self._sessions = Sessions(clock)
        self._token = OneTimeToken(access.token)
        self._by_address = Throttle(clock, free=_FREE_BY_ADDRESS)
        self._by_name = Throttle(clock, free=_FREE_BY_NAME)
        self._one_at_a_time = asyncio.Lock()  # a hash takes 16 MiB and a core
        #: Browsers send a "__Host-" cookie to this very host and through TLS only.
        self._cookie_name = "__Host-amends" if access.secure else "amends"

    def visitor(self, request: Request, *, active: bool = True) -> Visitor | None:
        """Who asks; None where nobody is signed in in this browser."""
        cookie = request.cookies.get(self._cookie_name, "")
        session = self._sessions.find(cookie, active=active)
        if session is None:
            return None
        return Visitor(cookie=cookie, session=session, form_token=self._sessions.form_token(cookie))

    async def form(self, request: Request) -> Mapping[str, str]:
        """The fields of a form that we gave to this browser.

        Raises:
            Turned: it is too large, no form, or came without our token.
        """
        if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
            raise Turned(message("This is no form of ours", "It has another type.", 415))
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LONGEST:
                raise Turned(message("This is too long", "Shorten the texts and try again.", 413))
        try:
            given = forms.fields(bytes(body))
        except forms.Unreadable as error:
            raise Turned(message("This is no form of ours", str(error), 400)) from error
        cookie = request.cookies.get(self._cookie_name, "")
        if not self._sessions.form_token_matches(cookie, given.get("csrf", "")):
            told = "The page was too old, or came from elsewhere. Nothing was done: try again."
            raise Turned(message("Not done", told, 403))
        return given

    async def enter(self, request: Request) -> Response:
        """Exchange the one-time token of the printed address for a session."""
        if request.method == "GET" and self._token.redeem(request.query_params.get("token", "")):
            log.info("console: signed in by the printed address")
            return self._welcome(self._access.visitor)
        if self.visitor(request) is not None:
            return RedirectResponse("/", 303)
        told = "It opens the console once, in one browser. Start Amends again for a new one."
        return message("This address has been used", told, 403)

    async def sign_in_page(self, request: Request) -> Response:
        """Ask for name and password."""
        return self._ask(request, 200)

    async def sign_in(self, request: Request) -> Response:
        """Check name and password."""
        given = await self.form(request)
        name, password = given.get("name", "").strip(), given.get("password", "")
        address = request.client.host if request.client else "?"
        known = name if name in self._access.users else ""
        wait = max(self._by_address.wait(address), self._by_name.wait(known))
        if wait:
            return self._ask(request, 429, _patience(wait), wait)
        self._by_address.count(address)
        if known:
            self._by_name.count(known)
        if not await self._right(known, password):
            log.warning("console: a wrong name or password from %s", address)
            return self._ask(request, 401, "The name or the password is wrong.")
        self._by_address.forgive(address)
        self._by_name.forgive(known)
        log.info("console: %s signed in", known)
        return self._welcome(known)

    async def sign_out(self, request: Request) -> Response:
        """End the session of this browser."""
        await self.form(request)
        self._sessions.end(request.cookies.get(self._cookie_name, ""))
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(
            self._cookie_name, secure=self._access.secure, httponly=True, samesite="strict"
        )
        return response

    async def _right(self, known: str, password: str) -> bool:
        """Whether they belong together; a name that nobody has takes as long as any other."""
        users = self._access.users
        if not users:
            return False
        written = users[known] if known else next(iter(users.values()))
        async with self._one_at_a_time:
            right = await run_in_threadpool(password_matches, password, written)
        return right and bool(known)

    def _welcome(self, name: str) -> Response:
        response = RedirectResponse("/", 303)
        self._give_cookie(response, self._sessions.begin(name))
        return response

    def _ask(
        self, request: Request, status: int, problem: str = "", wait: timedelta | None = None
    ) -> Response:
        cookie = request.cookies.get(self._cookie_name) or new_secret()
        page = render.page(
            "sign_in.html",
            problem=problem,
            named=bool(self._access.users),
            form_token=self._sessions.form_token(cookie),
        )
        response = HTMLResponse(page, status)
        if wait:
            response.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
        self._give_cookie(response, cookie)
        return response

    def _give_cookie(self, response: Response, cookie: str) -> None:
        response.set_cookie(
            self._cookie_name,
            cookie,
            httponly=True,
            secure=self._access.secure,
            samesite="strict",
        )


def message(title: str, text: str, status: int) -> Response:
    """A page that only says something."""
    return HTMLResponse(render.page("message.html", title=title, text=text), status)


def _patience(wait: timedelta) -> str:
    seconds = int(wait.total_seconds()) + 1
    return f"Too many tries. Wait {seconds} seconds, then try again."
