"""What the server shows: the list, the files that runs have, health, and metrics. Nothing else has an address."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from intact.folder.index import policy, render
from intact.folder.listing import Listing, listing, open_file
from intact.folder.record import Record
from intact.serve.guard import Guard
from intact.serve.headers import POLICY, Headers
from intact.serve.metrics import exposition

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",  # which browsers show; what they do not know they save
}
_AT_ONCE: Final = 1 << 18
_HEAD: Final = 8192
_ALLOWED: Final = re.compile(rb"(script-src|style-src) ('sha256-[A-Za-z0-9+/=]{44}')")


def application(folder: Path, guard: Guard) -> Starlette:
    """Give the application that shows a folder of reports."""
    pages = _Pages(folder)
    return Starlette(
        routes=[
            Route("/", pages.index),
            Route("/index.html", pages.index),
            Route("/healthz", pages.health),
            Route("/metrics", pages.metrics),
            Route("/latest", pages.latest),
            Route("/latest/", pages.latest),
            Route("/latest/{file:path}", pages.latest_file),
            Route("/{run}", pages.run),
            Route("/{run}/", pages.run),
            Route("/{run}/{file:path}", pages.file),
        ],
        middleware=[Middleware(Headers, guard=guard)],
        exception_handlers={HTTPException: _said, OSError: _unreadable},
    )


class _Pages:
    """The pages of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def index(self, request: Request) -> Response:
        """Show the list, made anew: it is right even where a run was killed before it wrote its own."""
        del request
        found = await self._listing()
        return HTMLResponse("".join(render(found)), headers=_policy(policy()))

    async def health(self, request: Request) -> Response:
        """Say that the folder can be read."""
        del request
        await self._listing()
        return PlainTextResponse("ok\n")

    async def metrics(self, request: Request) -> Response:
        """Give the numbers for Prometheus."""
        found = await self._listing()
        content, kind = await run_in_threadpool(exposition, found, request.headers.get("accept", ""))
        return Response(content, headers={"content-type": kind})

    async def latest(self, request: Request) -> Response:
        """Lead to the last report."""
        del request
        found = await self._listing()
        if not found.runs:
            raise HTTPException(404)
        return RedirectResponse(f"/{found.runs[0].name}/report.html", 307)

    async def latest_file(self, request: Request) -> Response:
        """Lead to a file of the last run."""
        found = await self._listing()
        file = _file(found.runs[0] if found.runs else None, request.path_params["file"])
        return RedirectResponse(f"/{found.runs[0].name}/{file}", 307)

    async def run(self, request: Request) -> Response:
        """Lead to the report of a run."""
        found = (await self._listing()).named(request.path_params["run"])
        return RedirectResponse(f"/{found.name}/{file}", 307) if (file := _file(found, "report.html")) and found else _none()

    async def file(self, request: Request) -> Response:
        """Show a file that a run has written: the address is looked up in its record, never in the file system."""
        found = (await self._listing()).named(request.path_params["run"])
        file = _file(found, request.path_params["file"])
        assert found is not None  # noqa: S101
        return await run_in_threadpool(_content, self._folder, found.name, file)

    async def _listing(self) -> Listing:
        return await run_in_threadpool(listing, self._folder)


def _file(run: Record | None, name: str) -> str:
    """Give the name of a file as a run's record has it."""
    for each in run.files if run else ():
        if each == name:
            return each
    raise HTTPException(404)
