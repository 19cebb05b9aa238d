"""A live MongoDB, read and never written to: one pass over each collection, by raw batches.

Where the server can show one moment, everything is read as of it; else one level of collections after the other. What
may be sent is listed in :mod:`intact.sources.mongodb.commands`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from intact.core.errors import SourceError, UsageError
from intact.core.paths import Path
from intact.sources.base import Block, CollectionInfo, Fault, Item, Reread, SourceInfo
from intact.sources.mongodb.catalog import PartialListing, describe, no_collections
from intact.sources.mongodb.client import open_client
from intact.sources.mongodb.commands import ReadOnlyGuard, WouldWriteError
from intact.sources.mongodb.errors import DRIVER_ERRORS, Faults, is_foreign_loop, lacks_right, not_connected
from intact.sources.mongodb.facts import ServerSurvey
from intact.sources.mongodb.handle import Handle, describe_handle
from intact.sources.mongodb.listed import ListedCollections
from intact.sources.mongodb.reader import Reader
from intact.sources.mongodb.reread import LiveReread
from intact.sources.mongodb.retry import Tries
from intact.sources.mongodb.sample import sizes, whole_documents
from intact.sources.mongodb.scan import Reading
from intact.sources.mongodb.scan_plan import ScanPlan
from intact.sources.mongodb.settings import READING_SHARE, LiveOptions
from intact.sources.mongodb.survey import ask
from intact.sources.mongodb.throttle import Throttle
from intact.sources.mongodb.uri import Address, check_database, read_uri

ANSWER_SECONDS: Final = 300.0
"""How long the server may take for one answer before it is asked again, or the collection given up."""

CLOSE_SECONDS: Final = 2.0
"""How long closing the connections may take; they end with the process anyway."""

NOT_ONE_MOMENT: Final = "The collections were read one after the other, not as of one moment."
NOT_LISTED: Final = (
    "The user has no right to list the collections: views and collations are not known, and an empty"
    " collection cannot be told from a missing one."
)
MOVED: Final = "The member of the replica set that was read was lost, and another one was read on."
SLOWED: Final = "The server answered more slowly at times, and was read more slowly then."


class LiveSource:
    """A database of a running MongoDB. Made by :meth:`from_uri` or :meth:`from_handle`.

    Args:
        address: Where it is.
        database: The database to read.
        uri: The URI to connect to; None where the user has connected already.
        handle: The user's handle, if there is one; it is not closed.
        run_id: What operators see beside each operation, after the word "intact".
        options: How it is read.

    Attributes:
        patience: How many seconds the server may take for one answer.
    """

    def __init__(
        self,
        address: Address,
        database: str,
        *,
        uri: str = "",
        handle: object = None,
        run_id: str | None = None,
        options: LiveOptions | None = None,
    ) -> None:
        self._address = address
        self._uri = uri
        self._handle = handle
        self._comment = f"intact {run_id or uuid.uuid4().hex[:12]}"
        self.patience = ANSWER_SECONDS
        self._info = SourceInfo("mongodb", address.label(database), database, notes=(NOT_ONE_MOMENT,))
        self._options = options or LiveOptions()
        self._began = time.monotonic()
        self._client: AsyncMongoClient[dict[str, Any]] | None = None
        self._reader: Handle | None = None
        self._listed: Mapping[str, CollectionInfo] | None = None
        self._entries: Mapping[str, Mapping[str, Any]] = {}
        self._pace = Throttle(self._options.cursors, self._options.max_rate)
        self._faults = Faults(self._info.label, address.secrets)
        self._readers: set[Reader] = set()
        self._looks: set[LiveReread] = set()
        self._guard = ReadOnlyGuard()
        self._bytes_read = 0

    @classmethod
    def from_uri(
        cls,
        uri: str,
        *,
        database: str | None = None,
        run_id: str | None = None,
        options: LiveOptions | None = None,
    ) -> LiveSource:
        """Take a database by its URI. Nothing is sent yet; :meth:`collections` connects.

        Args:
            uri: A ``mongodb://`` or ``mongodb+srv://`` URI with whatever options PyMongo knows.
            database: The database to read, where it is not the one in the URI's path.
            run_id: What operators see beside each operation, after "intact"; made up if None.
            options: How it is read.

        Raises:
            SourceError: If the URI cannot be read, or no database is named.
        """
        address = read_uri(uri)
        name = database or address.database
        if not name:
            raise SourceError(
                "the URI names no database",
                where=address.label(),
                hint="Write it behind the hosts, as in mongodb://localhost/shop, or say --database shop.",
            )
        return cls(address, check_database(name), uri=uri, run_id=run_id, options=options)

    @classmethod
    def from_handle(
        cls, handle: object, *, run_id: str | None = None, options: LiveOptions | None = None
    ) -> LiveSource:
        """Take a database by the user's own handle, which is left open.

        Args:
            handle: A database of PyMongo's AsyncMongoClient or MongoClient, or of Motor's client.
            run_id: What operators see beside each operation, after "intact"; made up if None.
            options: How it is read.

        Raises:
            UsageError: If it is something else.
        """
        name, hosts = describe_handle(handle)
        # The client's credentials are not known here, so nothing that the server says is repeated.
        address = Address("mongodb://", hosts, name, options={}, secrets=None)
        return cls(address, name, handle=handle, run_id=run_id, options=options)

    @property
    def info(self) -> SourceInfo:
        """What the report's header says. Complete once :meth:`collections` has been awaited."""
        return self._info

    @property
    def bytes_read(self) -> int:
        """How many bytes :meth:`read` has handed on; how many there will be is not known."""
        return self._bytes_read

    async def collections(self) -> Mapping[str, CollectionInfo]:
        """List what the database has, by real name.

        Where the user may not list the collections, every name is found in the answer (see
        :class:`~intact.sources.mongodb.catalog.PartialListing`), and :meth:`read` reports what is not there.

        Raises:
            SourceError: If the server cannot be reached, or turns the user away, or has no such database.
            UsageError: If the handle belongs to another event loop.
        """
        if self._listed is None:
            with self._explained():
                self._listed = await self._list(await self._connect())
        return self._listed

    async def survey(self, wanted: Mapping[str, Sequence[Path]], *, thorough: bool) -> ServerSurvey:
        """Ask the server about itself, by a handful of commands that only read.

        Args:
            wanted: For each collection that a run reads, the paths that it reads.
            thorough: Whether to look at every collection and to read one batch; otherwise two commands are sent.

        Raises:
            SourceError: If the server cannot be reached, or turns the user away.
        """
        complete = not isinstance(await self.collections(), PartialListing)
        entries = list(self._entries.values()) if complete else None
        with self._explained():
            return await ask(
                await self._connect(),
                wanted,
                entries,
                thorough=thorough,
                database=self._info.database or "",
                hosts=self._address.hosts,
                names_user=self._address.has_user,
            )

    async def read(
        self, wanted: Mapping[str, Sequence[Path]], levels: Sequence[Sequence[str]] = ()
    ) -> AsyncGenerator[Item, None]:
        """Read the wanted collections, several cursors at once.

        Collections that are skipped or not there yield nothing. Each block is a batch as the server sends it.

        Args:
            wanted: For each collection the paths that will be looked at.
            levels: The collections in groups, which are read one after the other where not everything can be read as of
                one moment; by default all one after the other, in the order of ``wanted``. Referenced ones are best
                last: a parent is normally written before its children, so a child that was read has its parent.

        Raises:
            SourceError: If the server cannot be reached at all, or the driver was about to send what
                ``strict_read_only`` forbids.
        """
        listed = await self.collections()
        begun = datetime.now(UTC)
        turn = {
            name: level for level, names in enumerate(levels or [[name] for name in wanted]) for name in names
        }
        plans = [
            ScanPlan.of(name, paths, self._entries.get(name, {}), turn.get(name, len(turn)))
            for name, paths in wanted.items()
            if name in listed and not listed[name].skip
        ]
        plans.sort(key=lambda plan: plan.level)
        reading = await self._start()
        share = None if self._ends is None else self._began + READING_SHARE * (self._ends - self._began)
        reader = Reader(reading, plans, ends=share)
        self._readers.add(reader)  # until it has ended: close waits for it too
        try:
            while (item := await reader.next()) is not None:
                if isinstance(item, Block):
                    self._bytes_read += len(item.data)
                yield item
        finally:
            await reader.close()
            self._readers.discard(reader)
            self._tell(reader, reading, begun)

    async def look(self) -> Reread:
        """Begin another reading of some documents: as of one moment, where the server can show one.

        Raises:
            SourceError: If the server cannot be reached any more.
        """
        await self.collections()
        with self._explained():
            look = LiveReread(await self._start(), self._entries, ends=self._ends)
            self._looks.add(look)
            await look.begin()
        return look

    async def sample(self, names: Sequence[str]) -> AsyncGenerator[Block | Fault, None]:
        """Read some documents of collections as a whole: the first and the last by ``_id``. See :class:`Surveyable`."""
        await self.collections()
        reader = await self._connect()
        for name in names:
            try:
                found = await whole_documents(reader, self._pace, name)
            except WouldWriteError as error:
                raise error.explained(self._info.label) from None
            except DRIVER_ERRORS as error:
                yield self._faults.of(name, error)
                continue
            if found:
                yield Block(name, b"".join(found))

    async def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        """Return the bytes of collections, as far as the server tells them."""
        with self._explained():
            return await sizes(await self._connect(), names)

    async def close(self) -> None:
        """End all cursors, and the connections if they are ours. May be called twice."""
        for reader in tuple(self._readers):
            await reader.close()
        for look in tuple(self._looks):
            await look.close()
        self._looks.clear()
        if self._reader is not None:
            await self._reader.close()
        client, self._client = self._client, None
        if client is not None:
            # Nothing is lost with a connection that does not close in time.
            with contextlib.suppress(*DRIVER_ERRORS):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await client.close()

    @property
    def _ends(self) -> float | None:
        seconds = self._options.seconds
        return None if seconds is None else self._began + seconds

    async def _connect(self) -> Handle:
        if self._reader is None:
            handle = self._handle
            if handle is None:
                listeners = [self._guard] if self._options.strict_read_only else []
                self._client = self._client or open_client(
                    self._uri, self._address, self._info.label, listeners=listeners
                )
                handle = self._client[self._info.database or ""]
            reader = Handle(
                handle,
                comment=self._comment,
                patience=self.patience,
                # Our own client reads from the primary only if the URI says so.
                leave_primary=self._client is None,
                read_preference=self._options.read_preference,
                ends=self._ends,
            )
            self._refuse_unguarded(reader)
            self._reader = reader
        if not self._reader.hello:
            await self._reader.greet()
        return self._reader

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the driver raises into an error that says what to do."""
        try:
            yield
        except WouldWriteError as error:
            raise error.explained(self._info.label) from None
        except (*DRIVER_ERRORS, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not is_foreign_loop(error):
                raise
            greeted = bool(self._reader and self._reader.hello)
            # What the driver raises may quote the URI: it must not be chained, and so be shown, either.
            raise not_connected(error, self._address, self._info.label, greeted=greeted) from None

    def _refuse_unguarded(self, reader: Handle) -> None:
        """Refuse a handle whose client cannot be watched any more: drivers take listeners at the beginning only."""
        guarded = any(isinstance(each, ReadOnlyGuard) for each in reader.listeners)
        if self._options.strict_read_only and not guarded:
            raise UsageError(
                "the commands of a client that exists already cannot be watched",
                where=self._info.label,
                hint="Hand over a URI; or make the client with event_listeners="
                "[intact.sources.mongodb.commands.ReadOnlyGuard()].",
            )

    async def _start(self) -> Reading:
        handle, tries = await self._connect(), Tries()
        complete = not isinstance(self._listed, PartialListing)
        listing = ListedCollections(handle, self._entries, tries, complete=complete)
        return Reading(handle, self._pace, tries, listing, self._faults)

    def _tell(self, reader: Reader, reading: Reading, begun: datetime) -> None:
        """Complete what the header says."""
        window = (begun, datetime.now(UTC))
        notes = [note for note in self._info.notes if note != NOT_ONE_MOMENT]
        if reading.taken is not None and not reader.why:
            self._info = replace(self._info, one_moment=True, moment=reading.taken.moment)
        else:
            notes.insert(0, f"{NOT_ONE_MOMENT} {reader.why}".strip())
        notes += [MOVED] * bool(reading.handle.moves) + [SLOWED] * bool(self._pace.slowed)
        self._info = replace(self._info, window=window, notes=tuple(notes))

    async def _list(self, reader: Handle) -> Mapping[str, CollectionInfo]:
        try:
            entries = await reader.listing()
            self._entries = {str(entry.get("name")): entry for entry in entries}
        except OperationFailure as error:
            if not lacks_right(error):
                raise
            self._info = replace(self._info, notes=(*self._info.notes, NOT_LISTED))
            return PartialListing(describe(await self._list_allowed(reader)))
        if not entries and self._handle is None:
            what, hint = no_collections(self._info.database or "", await self._databases(reader))
            raise SourceError(what, where=self._info.label, hint=hint)
        return describe(entries)

    async def _databases(self, reader: Handle) -> Sequence[str]:
        """Name the databases that the user may see."""
        try:
            command = {"listDatabases": 1, "nameOnly": True, "authorizedDatabases": True}
            reply = await reader.command(command, database="admin")
            return [str(each["name"]) for each in reply["databases"]]
        except (OperationFailure, LookupError, TypeError):
            return []  # they are for a hint only

    async def _list_allowed(self, reader: Handle) -> Sequence[Mapping[str, Any]]:
        """List the collections that the user has a right to, which any user may ask for."""
        try:
            return await reader.listing(nameOnly=True, authorizedCollections=True)
        except OperationFailure:
            return []  # each collection that is read says for itself whether it may be
