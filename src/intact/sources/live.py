"""A live MongoDB, read and never written to: one pass over each collection, by raw batches.

The commands that go to the server are ``hello``, ``listCollections``, ``find``, ``getMore`` and
``killCursors``, beside the driver's own housekeeping (logging in, ending sessions). Sizes are not asked for:
that would take rights which reading does not need, and say little about how much a projection leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from intact.errors import SourceError
from intact.paths import Path
from intact.sources.base import Block, CollectionInfo, Fault, SourceInfo
from intact.sources.mongo_client import open_client
from intact.sources.mongo_errors import DRIVER_ERRORS, is_foreign_loop, lacks_right, not_connected, not_read
from intact.sources.mongo_handle import Batches, Handle, describe_handle
from intact.sources.mongo_listing import PartialListing, describe
from intact.sources.mongo_uri import Address, check_database, read_uri

ANSWER_SECONDS: Final = 300.0
"""How long the server may take for one answer before the collection is given up."""

CLOSE_SECONDS: Final = 2.0
"""How long closing the connections may take; they end with the process anyway."""

ONE_AFTER_THE_OTHER: Final = (
    "The collections were read one after the other, not as of one moment: what was written in the meantime"
    " can look like a fault."
)
NOT_LISTED: Final = (
    "The user has no right to list the collections: views and collations are not known, and an empty"
    " collection cannot be told from a missing one."
)


class LiveSource:
    """A database of a running MongoDB. Made by :meth:`from_uri` or :meth:`from_handle`.

    Args:
        address: Where it is.
        database: The database to read.
        uri: The URI to connect to; None where the user has connected already.
        handle: The user's handle, if there is one; it is not closed.
        run_id: What operators see beside each operation, after the word "intact".

    Attributes:
        patience: How many seconds the server may take for one answer before the collection is given up.
    """

    def __init__(
        self,
        address: Address,
        database: str,
        *,
        uri: str = "",
        handle: object = None,
        run_id: str | None = None,
    ) -> None:
        self._address = address
        self._uri = uri
        self._handle = handle
        self._comment = f"intact {run_id or uuid.uuid4().hex[:12]}"
        self.patience = ANSWER_SECONDS
        self._info = SourceInfo("mongodb", address.label(database), database, notes=(ONE_AFTER_THE_OTHER,))
        self._client: AsyncMongoClient[dict[str, Any]] | None = None
        self._reader: Handle | None = None
        self._listed: Mapping[str, CollectionInfo] | None = None
        self._open: set[Batches] = set()
        self._lost = False
        self._bytes_read = 0

    @classmethod
    def from_uri(cls, uri: str, *, database: str | None = None, run_id: str | None = None) -> LiveSource:
        """Take a database by its URI. Nothing is sent yet; :meth:`collections` connects.

        Args:
            uri: A ``mongodb://`` or ``mongodb+srv://`` URI with whatever options PyMongo knows.
            database: The database to read, where it is not the one in the URI's path.
            run_id: What operators see beside each operation, after "intact"; made up if None.

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
        return cls(address, check_database(name), uri=uri, run_id=run_id)

    @classmethod
    def from_handle(cls, handle: object, *, run_id: str | None = None) -> LiveSource:
        """Take a database by the user's own handle, which is left open.

        Args:
            handle: A database of PyMongo's AsyncMongoClient or MongoClient, or of Motor's client.
            run_id: What operators see beside each operation, after "intact"; made up if None.

        Raises:
            UsageError: If it is something else.
        """
        name, hosts = describe_handle(handle)
        # The client's credentials are not known here, so nothing that the server says is repeated.
        address = Address("mongodb://", hosts, name, options={}, secrets=None)
        return cls(address, name, handle=handle, run_id=run_id)

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
        :class:`~intact.sources.mongo_listing.PartialListing`), and :meth:`read` reports what is not there.

        Raises:
            SourceError: If the server cannot be reached, or turns the user away, or has no such database.
            UsageError: If the handle belongs to another event loop.
        """
        if self._listed is None:
            try:
                self._listed = await self._list(await self._connect())
            except (*DRIVER_ERRORS, RuntimeError) as error:
                if isinstance(error, RuntimeError) and not is_foreign_loop(error):
                    raise
                # What the driver raises may quote the URI: it must not be chained, and so be shown, either.
                raise not_connected(error, self._address, self._info.label) from None
        return self._listed

    async def read(self, wanted: Mapping[str, Sequence[Path]]) -> AsyncIterator[Block | Fault]:
        """Read the wanted collections once, one after the other, in the order given.

        Collections that are skipped or not there yield nothing. Each block is a batch as the server sends it.

        Args:
            wanted: For each collection the paths that will be looked at. Referenced ones are best last: a
                parent is normally written before its children, so a child that was read has its parent.

        Raises:
            SourceError: If the server cannot be reached at all.
        """
        listed = await self.collections()
        for name, paths in wanted.items():
            if name in listed and not listed[name].skip:
                async with contextlib.aclosing(self._scan(name, projection(paths))) as scan:
                    async for item in scan:
                        yield item

    async def close(self) -> None:
        """End all cursors, and the connections if they are ours. May be called twice."""
        for batches in tuple(self._open):
            await batches.close()
        client, self._client = self._client, None
        if client is not None:
            # Nothing is lost with a connection that does not close in time.
            with contextlib.suppress(*DRIVER_ERRORS):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await client.close()

    async def _connect(self) -> Handle:
        if self._reader is None:
            handle = self._handle
            if handle is None:
                self._client = self._client or open_client(self._uri, self._address, self._info.label)
                handle = self._client[self._info.database or ""]
            reader = Handle(
                handle,
                comment=self._comment,
                patience=self.patience,
                # Our own client reads from the primary only if the URI says so.
                leave_primary=self._client is None,
            )
            await reader.greet()
            self._reader = reader
        return self._reader

    async def _list(self, reader: Handle) -> Mapping[str, CollectionInfo]:
        try:
            entries = await reader.listing()
        except OperationFailure as error:
            if not lacks_right(error):
                raise
            self._info = replace(self._info, notes=(*self._info.notes, NOT_LISTED))
            return PartialListing(describe(await self._list_allowed(reader)))
        if not entries and self._handle is None:
            raise SourceError(
                f"there is no database {self._info.database!r}, or it has no collections",
                where=self._info.label,
                hint="Check its name: the case of the letters counts.",
            )
        return describe(entries)

    async def _list_allowed(self, reader: Handle) -> Sequence[Mapping[str, Any]]:
        """List the collections that the user has a right to, which any user may ask for."""
        try:
            return await reader.listing(nameOnly=True, authorizedCollections=True)
        except OperationFailure:
            return []  # each collection that is read says for itself whether it may be

    async def _scan(self, name: str, fields: Mapping[str, int] | None) -> AsyncGenerator[Block | Fault, None]:
        """Read one collection to its end, or to the fault that ends it."""
        reader = await self._connect()
        try:
            batches = reader.find(name, fields)
        except DRIVER_ERRORS as error:
            yield self._fault(name, *not_read(error, self._address.secrets))
            return
        self._open.add(batches)
        empty = True
        try:
            while (data := await self._next(name, batches)) is not None:
                yield data
                if isinstance(data, Fault):
                    return
                empty = False
        finally:
            self._open.discard(batches)
            await batches.close()
        if empty and isinstance(self._listed, PartialListing):
            yield self._fault(
                name, "no document of it is to be seen, and perhaps there is no such collection"
            )

    async def _next(self, name: str, batches: Batches) -> Block | Fault | None:
        if self._lost:
            return self._fault(name, *not_read(ServerSelectionTimeoutError(), self._address.secrets))
        try:
            data = await batches.next()
        except DRIVER_ERRORS as error:
            # The driver has looked for the server as long as it may, and need not for each collection again.
            self._lost = isinstance(error, ServerSelectionTimeoutError)
            return self._fault(name, *not_read(error, self._address.secrets))
        if data is None:
            return None
        self._bytes_read += len(data)
        return Block(name, data)

    def _fault(self, name: str, what: str, hint: str = "") -> Fault:
        return Fault(name, what, where=f"{self._info.label}, {name}", hint=hint)


def projection(paths: Sequence[Path]) -> dict[str, int] | None:
    """Say which fields to ask the server for: whole top-level ones, and ``_id``; None is for whole documents.

    Not the dotted paths: projecting ``items.total`` drops the elements of ``items`` that are no objects, and
    the whole of ``items`` where it is a string, and it is just these that an audit has to see. Of a field
    that a document holds twice, the server hands on the first at least, which is the one that counts. A name
    that begins with ``$`` cannot be projected.
    """
    names = {path.top for path in paths}
    if any(name.startswith("$") or "." in name for name in names):
        return None
    return {"_id": 1, **dict.fromkeys(sorted(names), 1)}
