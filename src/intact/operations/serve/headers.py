"""What every answer carries, whatever it is, and what is asked of every request before it is looked at."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers as Received
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intact.operations.serve.guard import Guard

OPEN: Final = "/healthz"
"""The one address that needs no token: it tells nothing of what is found."""

_POLICY: Final = "content-security-policy"
_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'"
_FRAMES: Final = "; frame-ancestors 'none'"
_ALWAYS: Final = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_CHALLENGE: Final = {"www-authenticate": 'Basic realm="intact", charset="UTF-8"'}


class Headers:
    """Lets in whom the guard admits, and gives every answer its headers.

    Args:
        app: What answers.
        guard: Who may ask.
    """

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[_POLICY] = headers.get(_POLICY, _NOTHING) + _FRAMES
                for name, value in _ALWAYS.items():
                    headers[name] = value
            await send(message)

        app = self._refusal(scope) or self._app
        await app(scope, receive, headed)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        given = Received(scope=scope)
        hosts = given.getlist("host")
        if len(hosts) > 1 or not self._guard.knows("".join(hosts)):
            return PlainTextResponse("This server is not known by that name.\n", 421)
        if scope["path"] != OPEN and not self._guard.admits(given.get("authorization", "")):
            return PlainTextResponse("A token is needed.\n", 401, _CHALLENGE)
        return None
