"""What the server shows: the list, the files that runs have, health, and metrics. Nothing else has an address."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import AsyncIterator
from io import BufferedReader
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from intact.operations.folder.index import policy, render
from intact.operations.folder.listing import Listing, listing, open_file
from intact.operations.folder.run_record import RunRecord
from intact.operations.serve.guard import Guard
from intact.operations.serve.headers import Headers
from intact.operations.serve.metrics import exposition

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",  # a browser shows that; Markdown it would save
}
_AT_ONCE: Final = 1 << 18
_HEAD: Final = 8192
_GONE: Final = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
_DIGEST: Final = re.compile(rb"(script|style)-src ('sha256-[A-Za-z0-9+/]{43}=')")
_REPORT: Final = "report.html"


def application(folder: Path, guard: Guard) -> ASGIApp:
    """Return the application that shows a folder of reports to whom the guard lets in."""
    pages = _Pages(folder)
    app = Starlette(
        routes=[
            Route("/", pages.index),
            Route("/index.html", pages.index),
            Route("/healthz", pages.health),
            Route("/metrics", pages.metrics),
            Route("/latest", pages.latest),
            Route("/latest/{file:path}", pages.latest),
            Route("/{run}/{file:path}", pages.file),
        ],
        exception_handlers={HTTPException: _said, OSError: _unreadable},
    )
    app.router.redirect_slashes = False  # every address has one form
    return Headers(app, guard)


class _Pages:
    """The pages of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def index(self, request: Request) -> Response:
        """Show the list, made anew: it is right even where a run was killed before it wrote its own."""
        del request
        found = await self._listing()
        page = await run_in_threadpool(lambda: "".join(render(found)))
        return HTMLResponse(page, headers={"content-security-policy": policy()})

    async def health(self, request: Request) -> Response:
        """Say that the folder can be read."""
        del request
        await self._listing()
        return PlainTextResponse("ok\n")

    async def metrics(self, request: Request) -> Response:
        """Return the numbers for Prometheus."""
        found = await self._listing()
        content, kind = await run_in_threadpool(exposition, found, request.headers.get("accept", ""))
        return Response(content, headers={"content-type": kind})

    async def latest(self, request: Request) -> Response:
        """Lead to the last run: its report, or the file of it that is asked for."""
        found = await self._listing()
        run = found.runs[0] if found.runs else None
        run, file = _known(run, request.path_params.get("file") or _REPORT)
        return RedirectResponse(f"/{run.name}/{file}")

    async def file(self, request: Request) -> Response:
        """Show a file that a run has written: what is asked for is looked up in its record, not in the file system."""
        found = await self._listing()
        run, file = _known(found.named(request.path_params["run"]), request.path_params["file"])
        return await run_in_threadpool(_content, self._folder, run.name, file, request.method)

    async def _listing(self) -> Listing:
        return await run_in_threadpool(listing, self._folder)


def _known(run: RunRecord | None, name: str) -> tuple[RunRecord, str]:
    """Return a run with the name of a file as its record has it.

    Raises:
        HTTPException: If there is none.
    """
    if run is None or name not in run.files:
        raise HTTPException(404)
    return run, name


def _content(folder: Path, name: str, file: str, method: str) -> Response:
    """Return the file of a run.

    Raises:
        HTTPException: If it is not there any more, or something else has its name.
        OSError: If it cannot be read.
    """
    try:
        content = os.fdopen(open_file(folder, name, file), "rb")
    except OSError as error:
        if error.errno in _GONE or isinstance(error, FileNotFoundError):
            raise HTTPException(404) from error
        raise
    size = os.fstat(content.fileno()).st_size
    suffix = Path(file).suffix
    headers = {"content-type": _TYPES.get(suffix, "application/octet-stream"), "content-length": str(size)}
    if suffix == ".html":
        headers["content-security-policy"] = _policy(content.read(_HEAD))
        content.seek(0)
    if method == "HEAD":
        content.close()
        return Response(headers=headers)
    return StreamingResponse(_pieces(content, size), headers=headers)


async def _pieces(content: BufferedReader, size: int) -> AsyncIterator[bytes]:
    with content:
        while size > 0 and (piece := await run_in_threadpool(content.read, min(size, _AT_ONCE))):
            size -= len(piece)
            yield piece


def _policy(head: bytes) -> str:
    """Return the policy of a report: the one script and the one style that it says it has, and nothing else."""
    given = {kind.decode(): digest.decode() for kind, digest in _DIGEST.findall(head)}
    allowed = "".join(f" {kind}-src {digest};" for kind, digest in given.items())
    return f"default-src 'none';{allowed} img-src data:; base-uri 'none'; form-action 'none'"


_SAID: Final = {
    404: "Nothing is here. The reports are listed at /.",
    405: "This server can only be read from.",
}


async def _said(request: Request, error: Exception) -> Response:
    del request
    code = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return PlainTextResponse(f"{_SAID.get(code, 'This cannot be answered.')}\n", code, headers)


async def _unreadable(request: Request, error: Exception) -> Response:
    del request
    reason = getattr(error, "strerror", None) or "unknown"
    return PlainTextResponse(f"The folder of reports cannot be read ({str(reason).lower()}).\n", 503)
