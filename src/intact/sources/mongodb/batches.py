"""One cursor's raw batches, asked for one at a time, and ended whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from intact.sources.mongodb.calls import Calls, outcome
from intact.sources.mongodb.errors import DRIVER_ERRORS

KILL_SECONDS: Final = 2.0
"""How long the end of a run may wait for a server to take note that a cursor is no longer needed."""


class Batches:
    """The raw batches of one cursor; the next one can be on its way while the last one is worked on.

    Args:
        cursor: A cursor of ``find_raw_batches``.
        calls: The calls into the driver.
        patience: How many seconds the server may take for one answer.
        end: How to tell the server that the cursor is no longer needed; by default :func:`kill`.

    Attributes:
        seconds: How long the server took for the last batch, with the way there and back.
    """

    def __init__(
        self,
        cursor: Any,
        calls: Calls,
        patience: float,
        *,
        end: Callable[[Any], Awaitable[None]] | None = None,
    ) -> None:
        self._cursor = cursor
        self._calls = calls
        self._patience = patience
        self._end = end
        self._call: asyncio.Task[Any] | None = None
        self._ahead: asyncio.Task[bytes | None] | None = None
        self._closed = False
        self._ending = asyncio.Lock()
        self._ended = False
        self.seconds = 0.0

    def ask(self) -> None:
        """Ask for the next batch, without waiting for it."""
        if self._ahead is None and not self._closed:
            self._ahead = asyncio.create_task(self._fetch())

    async def next(self) -> bytes | None:
        """Return the next batch, which is never empty, or None at the end.

        Raises:
            DRIVER_ERRORS: Whatever went wrong; TimeoutError if the server says nothing for too long.
        """
        if self._closed:
            raise ConnectionAbortedError  # the end of the cursor is not the end of the collection
        self.ask()
        ahead = self._ahead
        if ahead is None:
            raise ConnectionAbortedError
        await asyncio.wait([ahead])  # whoever is cancelled here does not cancel what is on its way: see close
        if self._ahead is ahead:
            self._ahead = None
        if ahead.cancelled():
            raise ConnectionAbortedError
        return ahead.result()

    async def close(self) -> None:
        """Fetch no more, and tell the server that the cursor is no longer needed. May be called twice."""
        self._closed = True
        async with self._ending:
            if self._ended:
                return
            if (ahead := self._ahead) is not None:
                # The answer says which cursor the server has.
                await asyncio.wait([ahead], timeout=KILL_SECONDS)
                ahead.cancel()
                await asyncio.wait([ahead])
                if not ahead.cancelled():
                    ahead.exception()  # looked at, so that asyncio does not complain of it
                self._ahead = None
            call = self._call
            if call is not None and not call.done() and not self._cursor.cursor_id:
                self._calls.keep(self._kill_late(call))
            else:
                await self._kill()
            self._ended = True

    async def _kill(self) -> None:
        await (kill(self._cursor, self._calls) if self._end is None else self._end(self._cursor))

    async def _kill_late(self, call: asyncio.Task[Any]) -> None:
        """Wait until the server has answered, by which it has a cursor at all."""
        await asyncio.wait([call])
        await self._kill()

    async def _fetch(self) -> bytes | None:
        async with asyncio.timeout(self._patience):
            since = time.monotonic()
            while True:
                self._call = self._calls.start(_next_batch, self._cursor)
                if (batch := await outcome(self._call)) is None:
                    return None
                if batch:
                    self.seconds = time.monotonic() - since
                    return bytes(batch)


async def kill(cursor: Any, calls: Calls) -> None:
    """Tell the server that a cursor is no longer needed; one at its end costs nothing."""
    # A cursor that cannot be killed takes nothing from the result: its server is gone, or ends it by itself.
    with contextlib.suppress(*DRIVER_ERRORS):
        async with asyncio.timeout(KILL_SECONDS):
            await calls.wait(cursor.close)


def _next_batch(cursor: Any) -> Any:
    """The next batch or None; a coroutine of it where the driver is asynchronous."""
    return _await_batch(cursor) if hasattr(type(cursor), "__anext__") else next(cursor, None)


async def _await_batch(cursor: Any) -> Any:
    try:
        return await cursor.next()
    except StopAsyncIteration:
        return None
