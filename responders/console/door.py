"""What every request must pass before any page is asked, and what every answer bears."""

import logging

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from responders.console.access import Access

log = logging.getLogger(__name__)

#: Nothing from elsewhere, nothing inline: what slipped through all escaping still does nothing.
_CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    #: Not "no-referrer": with that, browsers send "Origin: null" with our own forms, and the
    #: check of the origin could not tell them from others'. Nothing leaves our origin either way.
    #: Source: fetch.spec.whatwg.org, "append a request Origin header", read 2026-11.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",  # pages hold customers' words
}


class Refusal(Exception):
    """A request that is turned away at the door."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Door:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        """Stands before `app`."""
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here; either way the answer bears our headers."""
        assert scope["type"] == "http", "serve.py turns websockets and lifespan off"

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        try:
            self._pass_proxy(scope, headers)
            _check_request(self._access, scope, headers)
        except Refusal as refusal:
            log.warning("console: %s refused with %s: %s", scope["method"], refusal.status, refusal)
            response = PlainTextResponse(f"{refusal}\n", refusal.status)
            await response(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)

    def _pass_proxy(self, scope: Scope, headers: Headers) -> None:
        """Learn from the named proxy who asks; nobody else may connect beside it."""
        if not self._access.proxy:
            return
        peer = scope["client"][0] if scope.get("client") else ""
        if peer != self._access.proxy:
            raise Refusal(403, "Only the named proxy may connect here.")
        if headers.get("x-forwarded-proto") != "https":
            raise Refusal(403, "The proxy must say that the browser came through https.")
        asker = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        scope["scheme"] = "https"
        scope["client"] = (asker or peer, 0)


def _check_request(access: Access, scope: Scope, headers: Headers) -> None:
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not access.knows_host(hosts[0]):
        raise Refusal(421, "The console does not go by this name: see [console] allowed_hosts.")
    if scope["method"] in {"GET", "HEAD"}:
        return
    if scope["method"] != "POST":
        raise Refusal(405, "Only GET and POST are understood here.")
    ours = f"{scope['scheme']}://{hosts[0]}".lower()
    if [origin.lower() for origin in headers.getlist("origin")] != [ours]:
        raise Refusal(403, "This form was sent from another place. Open the console and try again.")
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Refusal(403, "This form was sent from another site. Open the console and try again.")
