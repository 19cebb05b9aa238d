"""One database through whichever driver the user has: PyMongo's asyncio API, Motor, PyMongo's blocking API.

Only what intact reads with is here, and all of it reads: ``hello``, ``listCollections``, ``find`` with its
``getMore``, and ``killCursors``. Motor is recognised by the names of its classes; it need not be installed.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bson.codec_options import DEFAULT_CODEC_OPTIONS
from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.read_preferences import Primary, SecondaryPreferred

from intact.errors import UsageError
from intact.sources.mongo_errors import DRIVER_ERRORS

BATCH_DOCUMENTS: Final = 20_000
"""Documents asked for at once. The server cuts at 16 MB anyway; of small projected documents it must not have
to read gigabytes before it answers."""

KILL_SECONDS: Final = 2.0
"""How long the end of a run may wait for a server to take note that a cursor is no longer needed."""

_STALENESS_SECONDS: Final = 90  # the least that servers take
_HEARTBEAT_SECONDS: Final = 10
_NATURAL_ORDER: Final = [("$natural", 1)]


class Batches:
    """The raw batches of one cursor; the next one is fetched while the last one is worked on.

    Args:
        cursor: A cursor of ``find_raw_batches``.
        call: How to call into the driver.
        patience: How many seconds the server may take for one answer.
    """

    def __init__(self, cursor: Any, call: Callable[..., Awaitable[Any]], patience: float) -> None:
        self._cursor = cursor
        self._call = call
        self._patience = patience
        self._ahead: asyncio.Task[bytes | None] | None = None
        self._closed = False

    async def next(self) -> bytes | None:
        """Return the next batch, which is never empty, or None at the end.

        Raises:
            DRIVER_ERRORS: Whatever went wrong; TimeoutError if the server says nothing for too long.
        """
        if self._closed:
            raise ConnectionAbortedError  # the end of the cursor is not the end of the collection
        batch = await (self._ahead or asyncio.create_task(self._fetch()))
        self._ahead = asyncio.create_task(self._fetch()) if batch is not None else None
        return batch

    async def close(self) -> None:
        """Fetch no more, and tell the server that the cursor is no longer needed. May be called twice."""
        self._closed = True
        if self._ahead is not None:
            self._ahead.cancel()
            await asyncio.wait([self._ahead])
            if not self._ahead.cancelled():
                self._ahead.exception()  # looked at, so that asyncio does not complain of it
        await kill(self._cursor, self._call)

    async def _fetch(self) -> bytes | None:
        async with asyncio.timeout(self._patience):
            while (batch := await self._call(_next_batch, self._cursor)) is not None:
                if batch:
                    return bytes(batch)
        return None


async def kill(cursor: Any, call: Callable[..., Awaitable[Any]]) -> None:
    """Tell the server that a cursor is no longer needed; one at its end costs nothing."""
    # A cursor that cannot be killed takes nothing from the result: its server is gone, or ends it by itself.
    with contextlib.suppress(*DRIVER_ERRORS):
        async with asyncio.timeout(KILL_SECONDS):
            await call(cursor.close)


def _next_batch(cursor: Any) -> Any:
    """The next batch or None; a coroutine of it where the driver is asynchronous."""
    return _await_batch(cursor) if hasattr(type(cursor), "__anext__") else next(cursor, None)


async def _await_batch(cursor: Any) -> Any:
    try:
        return await cursor.next()
    except StopAsyncIteration:
        return None


class Handle:
    """A database handle of any of the three drivers, for reading.

    Args:
        handle: The user's handle. It is not closed here, and its codec options do not matter.
        comment: What operators see beside each operation.
        patience: How many seconds the server may take for one answer.
        leave_primary: Whether a handle that reads from the primary may read from a secondary: most do so only
            because nobody chose.
    """

    def __init__(self, handle: Any, *, comment: str, patience: float, leave_primary: bool) -> None:
        self._database = handle
        self._leave_primary = leave_primary
        self._blocking = isinstance(handle, Database)
        self._comment = comment
        self._patience = patience
        self._preference = self._database.read_preference

    async def greet(self) -> None:
        """Connect, and see what answers: reads go to a secondary where there is one, unless the user chose.

        Raises:
            DRIVER_ERRORS: If there is no connection.
            RuntimeError: If the handle belongs to another event loop.
        """
        async with asyncio.timeout(self._patience):
            hello = await self._run(self._database.command, "hello", read_preference=SecondaryPreferred())
        if self._preference == SecondaryPreferred() or (
            self._leave_primary and self._preference == Primary()
        ):
            self._preference = SecondaryPreferred(max_staleness=_staleness(self._database.client, hello))

    async def listing(self, **options: object) -> list[Mapping[str, Any]]:
        """Ask for the list of collections, entry by entry.

        Raises:
            DRIVER_ERRORS: If the server refuses, or is lost.
        """
        command = {"listCollections": 1, **options, "comment": self._comment}
        # The comment beside the command is for the later batches.
        also = {"comment": self._comment, "read_preference": self._preference}
        async with asyncio.timeout(self._patience):
            cursor = await self._run(self._database.cursor_command, command, **also)
            try:
                if self._blocking:
                    return list(await self._run(list, cursor))
                return [entry async for entry in cursor]
            finally:
                await kill(cursor, self._run)

    def find(self, collection: str, projection: Mapping[str, int] | None) -> Batches:
        """Prepare to read a whole collection in natural order; nothing is sent before a batch is wanted."""
        source = self._database.get_collection(
            collection, codec_options=DEFAULT_CODEC_OPTIONS, read_preference=self._preference
        )
        cursor = source.find_raw_batches(
            {}, projection, batch_size=BATCH_DOCUMENTS, hint=_NATURAL_ORDER, comment=self._comment
        )
        return Batches(cursor, self._run, self._patience)

    async def _run(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call into the driver: a blocking one in a thread, the others on the loop."""
        if self._blocking:
            return await asyncio.to_thread(function, *arguments, **options)
        result = function(*arguments, **options)
        return await result if inspect.isawaitable(result) else result


def describe_handle(handle: Any) -> tuple[str, tuple[str, ...]]:
    """Say which database a handle is for: its name, and the servers that its client knows of.

    Raises:
        UsageError: If it is no database handle of one of the drivers.
    """
    # Handles make up an attribute for any name (db.orders), so only their classes tell what they are.
    motor = {kind.__name__ for kind in type(handle).__mro__ if kind.__module__.split(".")[0] == "motor"}
    if isinstance(handle, AsyncDatabase | Database) or "AgnosticDatabase" in motor:
        known = handle.client.topology_description.server_descriptions()
        return handle.name, tuple(sorted(f"{host}:{port}" if port else str(host) for host, port in known))
    if isinstance(handle, AsyncMongoClient | MongoClient) or "AgnosticClient" in motor:
        raise UsageError(
            "this is a client, not a database", hint="Hand over a database of it: client['shop']."
        )
    if isinstance(handle, AsyncCollection | Collection) or "AgnosticCollection" in motor:
        raise UsageError("this is a collection, not a database", hint="Hand over its database.")
    raise UsageError(
        f"a {type(handle).__name__} is no database handle",
        hint="Hand over a database of PyMongo's AsyncMongoClient or MongoClient, or Motor's client.",
    )


def _staleness(client: Any, hello: Mapping[str, Any]) -> int:
    """How many seconds a secondary may be behind, -1 where there can be none: on a standalone.

    The driver takes no less than its own heartbeat and ten seconds.
    """
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        return -1
    heartbeat = getattr(getattr(client, "options", None), "heartbeat_frequency", _HEARTBEAT_SECONDS)
    return max(_STALENESS_SECONDS, int(heartbeat) + _HEARTBEAT_SECONDS)
