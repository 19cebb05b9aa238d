"""Calls into a driver, each in a task of its own: whoever waits for one may be cancelled, the call itself is not.

Up to Python 3.11 ``asyncio.wait_for`` leaves a task behind when it is cancelled just as its time is over. PyMongo waits
for servers by it, and what is left behind takes the lock of the client and keeps it: every later call waits for ever,
and so does the end of the program. The client may be the user's, who goes on with it.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

END_SECONDS: Final = 2.0
"""How long the end of a run waits for answers that are on their way, and then again for calls to break off."""

_POLL_SECONDS: Final = 0.05


class Calls:
    """Calls that are on their way.

    Args:
        blocking: Whether the driver blocks: it is called in threads then.
    """

    def __init__(self, *, blocking: bool) -> None:
        self._blocking = blocking
        self._going: set[asyncio.Task[Any]] = set()

    def start(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> asyncio.Task[Any]:
        """Call a function of the driver."""
        return self.keep(self._call(function, *arguments, **options))

    async def wait(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call a function of the driver, and return what it answers; a cancelled caller leaves the call alone."""
        return await outcome(self.start(function, *arguments, **options))

    def keep(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin what has to be done, although nobody waits for it."""
        task = asyncio.create_task(work)
        self._going.add(task)
        task.add_done_callback(self._forget)
        return task

    async def end(self) -> None:
        """Wait for the calls that are on their way, and break off those that take too long.

        A call that is broken off while it reads costs the client that one connection, and nothing else.
        """
        if self._going:
            await asyncio.wait(self._going, timeout=END_SECONDS)
        ends = time.monotonic() + END_SECONDS
        while self._going and time.monotonic() < ends:
            for task in self._going:
                # Once only: what is broken off already gives back locks and connections.
                if not task.cancelling() and _can_be_cancelled(task):
                    task.cancel()
            await asyncio.wait(self._going, timeout=_POLL_SECONDS)

    async def _call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        if self._blocking:
            return await asyncio.to_thread(function, *arguments, **options)
        result = function(*arguments, **options)
        return await result if inspect.isawaitable(result) else result

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._going.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain of it where nobody waited


async def outcome(task: asyncio.Task[Any]) -> Any:
    """Return what a call answers, or raise what it raises; whoever is cancelled here leaves the call alone."""
    await asyncio.wait([task])
    return task.result()


def _can_be_cancelled(task: asyncio.Task[Any]) -> bool:
    """Whether no lock is lost by it: not while an ``asyncio.wait_for`` waits for what it has ended itself."""
    awaited: Any = task.get_coro()
    while awaited is not None:
        if getattr(getattr(awaited, "cr_code", None), "co_name", "") == "_cancel_and_wait":
            return False
        awaited = getattr(awaited, "cr_await", None)
    return True
