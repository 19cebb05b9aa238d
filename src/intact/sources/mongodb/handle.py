"""One database through whichever driver the user has: PyMongo's asyncio API, Motor, PyMongo's blocking API.

Only what intact reads with is here, and all of it reads; :mod:`intact.sources.mongodb.commands` has the list. Motor is
recognised by the names of its classes; it need not be installed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from bson import Int64
from bson.codec_options import DEFAULT_CODEC_OPTIONS, CodecOptions, DatetimeConversion
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS
from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import Primary, SecondaryPreferred

from intact.core.errors import UsageError
from intact.sources.mongodb.batches import KILL_SECONDS, Batches, kill
from intact.sources.mongodb.calls import Calls
from intact.sources.mongodb.commands import check
from intact.sources.mongodb.engine import is_router, set_name, wire_version
from intact.sources.mongodb.errors import DRIVER_ERRORS
from intact.sources.mongodb.member import MODES, pinned, staleness

BATCH_DOCUMENTS: Final = 20_000
"""Documents asked for at once. The server cuts at 16 MB anyway; of small projected documents it must not have
to read gigabytes before it answers."""

GRACE_SECONDS: Final = 1.0
"""How much longer than the driver looks for a server the first answer may take."""

COMMAND_SECONDS: Final = 60
"""How long the server may work on one small command."""

TOLERANT: Final[CodecOptions[dict[str, Any]]] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    tz_aware=True,
    unicode_decode_error_handler="replace",
)
"""How answers are decoded, whatever the user's handle does with documents."""

_LEAST_SECONDS: Final = 0.1
NATURAL_ORDER: Final = {"$natural": 1}
BY_ID: Final = {"_id": 1}

_SNAPSHOTS_SINCE: Final = 13  # wire version of MongoDB 5.0


class Handle:
    """A database handle of any of the three drivers, for reading.

    Args:
        handle: The user's handle. It is not closed here, and its codec options do not matter.
        comment: What operators see beside each operation.
        patience: How many seconds the server may take for one answer.
        leave_primary: Whether a handle that reads from the primary may read from a secondary: most do so only
            because nobody chose.
        read_preference: Which member to read, by MongoDB's name for it; None for what the handle says.
        ends: When the run ends, by the monotonic clock; None for never.

    Attributes:
        hello: How the server greets; empty before :meth:`greet`.
        majority: Whether only what a majority of the members has is read, as :meth:`greet` finds; set to False where
            the server cannot do that.
    """

    def __init__(
        self,
        handle: Any,
        *,
        comment: str,
        patience: float,
        leave_primary: bool,
        read_preference: str | None = None,
        ends: float | None = None,
    ) -> None:
        self._database = handle
        self._leave_primary = leave_primary
        self._blocking = isinstance(handle, Database)
        self._calls = Calls(blocking=self._blocking)
        self._comment = comment
        self._patience = patience
        self._ends = ends
        self._preference = MODES[read_preference]() if read_preference else self._database.read_preference
        self._chosen = read_preference is not None
        self.hello: Mapping[str, Any] = {}
        self.majority = False

    @property
    def patience(self) -> float:
        """How many seconds the server may take for one answer: no more than the run has left."""
        left = self._patience if self._ends is None else self._ends - time.monotonic()
        return max(_LEAST_SECONDS, min(self._patience, left))

    @property
    def client(self) -> Any:
        """The driver's client, which knows the members."""
        return self._database.client

    @property
    def preference(self) -> str:
        """The read preference, by its name in URIs."""
        return str(self._preference.document["mode"])

    @property
    def sharded(self) -> bool:
        """Whether a router (mongos) answers."""
        return is_router(self.hello)

    @property
    def replicated(self) -> bool:
        """Whether it is a replica set or a sharded cluster, and no standalone."""
        return self.sharded or bool(set_name(self.hello))

    @property
    def modern(self) -> bool:
        """Whether it is 5.0 or newer: then ranges by expressions use the index."""
        return wire_version(self.hello) >= _SNAPSHOTS_SINCE

    @property
    def moves(self) -> int:
        """How often the member that is read was lost, and another took its place."""
        return int(getattr(self._preference, "moves", 0))

    async def greet(self) -> None:
        """Connect, and see what answers: reads go to a secondary where there is one, unless the user chose.

        Raises:
            DRIVER_ERRORS: If there is no connection.
            RuntimeError: If the handle belongs to another event loop.
        """
        first = self._preference if self._chosen else SecondaryPreferred()
        # The driver bounds how long it looks for a server, but not how long that takes to log in.
        seconds = self._database.client.options.server_selection_timeout + GRACE_SECONDS
        async with asyncio.timeout(min(self.patience, seconds)):
            hello = await self._calls.wait(
                self._database.command, "hello", read_preference=first, codec_options=TOLERANT
            )
        self.hello = hello
        self.majority = self.replicated
        free = self._leave_primary and self._preference == Primary() and not self._chosen
        if free or self._preference == SecondaryPreferred() or self._chosen:
            kind = SecondaryPreferred if free else type(self._preference)
            if kind is not Primary:
                self._preference = kind(max_staleness=staleness(self._database.client, hello))
        self._preference = pinned(self._preference, hello)

    async def command(
        self,
        command: Mapping[str, Any],
        *,
        database: str | None = None,
        session: Any = None,
        seconds: float | None = None,
    ) -> dict[str, Any]:
        """Send a command that reads, with the run's comment, a time limit and the read preference.

        Args:
            command: The command; its name comes first.
            database: The database it is for; None for the one that is audited.
            session: A session of :meth:`start_snapshot`.
            seconds: How long the server may take for the answer; None for as long as for any.

        Returns:
            The server's whole answer.

        Raises:
            AssertionError: If it is not on the list of :mod:`intact.sources.mongodb.commands`.
            DRIVER_ERRORS: If the server refuses, or is lost.
        """
        check(command)
        sent = {**command, "comment": self._comment, "maxTimeMS": COMMAND_SECONDS * 1000}
        place = self._database if database is None else self._database.client[database]
        also = {"codec_options": TOLERANT, **({"session": session} if session is not None else {})}
        async with asyncio.timeout(min(self.patience, seconds or self.patience)):
            reply = await self._calls.wait(place.command, sent, read_preference=self._preference, **also)
        return dict(reply)

    async def listing(self, **options: object) -> list[Mapping[str, Any]]:
        """Ask for the list of collections, entry by entry.

        Raises:
            DRIVER_ERRORS: If the server refuses, or is lost.
        """
        return await self.entries({"listCollections": 1, **options})

    async def entries(self, command: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Send a command that answers with a cursor, and take all that it gives.

        Args:
            command: ``listCollections``, ``listIndexes`` or a small ``aggregate``.

        Raises:
            AssertionError: If it is not on the list of :mod:`intact.sources.mongodb.commands`.
            DRIVER_ERRORS: If the server refuses, or is lost.
        """
        return await self._take(command, TOLERANT)

    async def documents(self, command: Mapping[str, Any]) -> list[bytes]:
        """Do the same, and give each entry as the bytes that came.

        Raises:
            AssertionError: If it is not on the list of :mod:`intact.sources.mongodb.commands`.
            DRIVER_ERRORS: If the server refuses, or is lost.
        """
        return [bytes(entry.raw) for entry in await self._take(command, DEFAULT_RAW_BSON_OPTIONS)]

    async def _take(self, command: Mapping[str, Any], codec: CodecOptions[Any]) -> list[Any]:
        check(command)
        command = {**command, "comment": self._comment, "maxTimeMS": COMMAND_SECONDS * 1000}
        # The comment beside the command is for the later batches.
        also = {"comment": self._comment, "read_preference": self._preference, "codec_options": codec}
        async with asyncio.timeout(self.patience):
            take = _take_blocking if self._blocking else _take_all
            entries: list[Any] = await self._calls.wait(take, self._database.cursor_command, command, **also)
        return entries

    def find(
        self,
        collection: str,
        projection: Mapping[str, int] | None,
        filter_: Mapping[str, Any] | None = None,
        *,
        hint: Mapping[str, int] | None = NATURAL_ORDER,
        by_id: bool = False,
        seconds: float | None = None,
        session: Any = None,
    ) -> Batches:
        """Prepare to read documents; nothing is sent before a batch is wanted.

        Args:
            collection: Its name.
            projection: The fields, None for whole documents.
            filter_: Which documents; None for all.
            hint: The index to use; None for whichever the server finds best.
            by_id: Whether they come in order of their ``_id``.
            seconds: How long the server may work on it in all.
            session: A session of :meth:`start_snapshot`, to read as of its moment.
        """
        concern = ReadConcern("majority") if self.majority and session is None else ReadConcern()
        source = self._database.get_collection(
            collection,
            codec_options=DEFAULT_CODEC_OPTIONS,
            read_preference=self._preference,
            read_concern=concern,
        )
        also = {"session": session} if session is not None else {}
        cursor = source.find_raw_batches(
            filter_ or {},
            projection,
            batch_size=BATCH_DOCUMENTS,
            hint=list(hint.items()) if hint else None,
            sort=list(BY_ID.items()) if by_id else None,
            max_time_ms=max(1, int((seconds or self._patience) * 1000)),
            comment=self._comment,
            **also,
        )
        end = None if session is None else partial(self._end_in_snapshot, collection)
        return Batches(cursor, self._calls, self._patience, end=end)

    async def _end_in_snapshot(self, collection: str, cursor: Any) -> None:
        """End a cursor of a snapshot session.

        The driver's own command for it carries the session's read concern, which servers refuse on it; the driver then
        ends the cursor from a task in the background, which a program that ends does not wait for.
        """
        number = cursor.cursor_id  # 0 at its end, None before its beginning
        killed: Sequence[int] = []
        if number:
            # What is tried in vain here is left to the driver.
            with contextlib.suppress(*DRIVER_ERRORS):
                async with asyncio.timeout(KILL_SECONDS):
                    reply = await self.command({"killCursors": collection, "cursors": [Int64(number)]})
                    killed = reply.get("cursorsKilled", [])
        if number not in killed:
            await kill(cursor, self._calls)

    async def start_snapshot(self) -> Any:
        """Start a session in which everything is read as of the moment of its first read.

        Raises:
            DRIVER_ERRORS: If the server knows no sessions, or is lost.
        """
        return await self._calls.wait(
            self._database.client.start_session, causal_consistency=False, snapshot=True
        )

    async def end(self, session: Any) -> None:
        """End a session."""
        await self._calls.wait(session.end_session)

    @property
    def listeners(self) -> Sequence[Any]:
        """The listeners that the handle's client was made with."""
        return tuple(self._database.client.options.event_listeners)

    async def close(self) -> None:
        """End the calls that are on their way; the user's client stays as it is."""
        await self._calls.end()


async def _take_all(send: Callable[..., Any], command: Mapping[str, Any], **options: Any) -> list[Any]:
    """Take all entries of a cursor by one call: where nobody waits for it any more, it still ends its cursor."""
    cursor = await send(command, **options)
    try:
        return [entry async for entry in cursor]
    finally:
        with contextlib.suppress(*DRIVER_ERRORS):
            await cursor.close()


def _take_blocking(send: Callable[..., Any], command: Mapping[str, Any], **options: Any) -> list[Any]:
    cursor = send(command, **options)
    try:
        return list(cursor)
    finally:
        with contextlib.suppress(*DRIVER_ERRORS):
            cursor.close()


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
