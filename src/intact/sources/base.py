"""What every source offers: collections, and their bytes in one pass.

A source interprets nothing: it hands on blocks of whole BSON documents, and says as a :class:`Fault` what it could not
read. What makes the whole source unusable is a :class:`~intact.core.errors.SourceError`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias, runtime_checkable

from intact.core.paths import Path


@dataclass(frozen=True, slots=True)
class Block:
    """Whole BSON documents of one collection, one after the other.

    Attributes:
        collection: The collection's real name.
        data: The documents, read-only. Only their lengths have been looked at: they lie end to end and fill ``data``
            exactly.
        offset: Where ``data`` begins in the collection's own (uncompressed) bytes; None where these bytes do not lie
            in a file (a live server, Extended JSON).
    """

    collection: str
    data: bytes | memoryview
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that could not be read. The run goes on without it and is incomplete.

    Attributes:
        collection: The collection that is not whole; None where it is not known which.
        what: What is wrong, one sentence without full stop.
        where: File, with byte offset or line; server without credentials.
        hint: What to do about it, one sentence with full stop.
        documents: How many documents are lost by it; None where nobody can tell (a file that breaks off).
    """

    collection: str | None
    what: str
    where: str
    hint: str = ""
    documents: int | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f". {self.hint}" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Restart:
    """What was handed on of a collection is void: it comes again from its beginning."""

    collection: str


@dataclass(frozen=True, slots=True)
class End:
    """A collection has been read to its end; no block of it follows. What is wrong with it as a whole is a fault."""

    collection: str


Item: TypeAlias = Block | Fault | Restart | End
"""What reading hands on."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Documents to fetch again: those that hold one of these values at a path.

    Attributes:
        collection: The collection's real name.
        path: ``_id``, a declared key, a declared reference or link; it may lead through arrays.
        values: Canonical texts (see :mod:`intact.core.values`), just as the columns hold them; none stands for null.
    """

    collection: str
    path: Path
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """A collection that the source has.

    Attributes:
        name: The real name, unescaped.
        size: Bytes to read for it, as the progress bar counts them; None where unknown.
        skip: Why it is not read (a view, a time series, ``system.*``); empty where it is.
        notes: What a reader of the report should know (a collation that changes equality on the server).
    """

    name: str
    size: int | None = None
    skip: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What the report's header says about a source.

    Attributes:
        kind: ``dump``, ``archive``, ``bson``, ``extended-json`` or ``mongodb``.
        label: Where it is, without any credential: a path, ``mongodb://host:27017/shop``, ``standard input``.
        database: The name of the database, if known.
        one_moment: Whether all collections are read as of one moment.
        notes: What a reader of the report should know, a sentence each.
        size: What ``bytes_read`` counts up to where all collections lie in one stream and are read together (an
            archive). None elsewhere: there it is the sum of the wanted collections' sizes.
        moment: As of when everything was read (UTC), where ``one_moment``.
        listed: Whether the collections are listed before anything is read. A pipe that holds several lists them when it
            has been read; then all declared ones are to be asked for.
        window: When reading began and when it ended (UTC); None where nothing has been read, or where it does not
            matter, because what lies in a file does not change.
    """

    kind: str
    label: str
    database: str | None = None
    one_moment: bool = False
    notes: tuple[str, ...] = field(default=())
    size: int | None = None
    moment: datetime | None = None
    window: tuple[datetime, datetime] | None = None
    listed: bool = True


class Source(Protocol):
    """Bytes of collections. Opened by :func:`intact.sources.open_source`, closed by :meth:`close`."""

    @property
    def info(self) -> SourceInfo:
        """What the report's header says. Complete once :meth:`collections` has been awaited."""

    @property
    def bytes_read(self) -> int:
        """How far :meth:`read` has come, counted as the sizes are, for a progress bar. Any thread may ask."""

    async def collections(self) -> Mapping[str, CollectionInfo]:
        """List what the source has, by real name.

        Raises:
            SourceError: If nothing can be read from the source at all.
        """

    def read(self, wanted: Mapping[str, Sequence[Path]]) -> AsyncIterator[Item]:
        """Read the wanted collections once, in whatever order and interleaving the source has them.

        Args:
            wanted: For each collection the paths that will be looked at (``_id`` is always wanted too). A live source
                asks the server for these fields only; a dump hands on whole documents.

        Yields:
            Blocks, and faults: after a fault that says ``documents=None`` nothing more comes of its collection. A
            collection that was read to its end is followed by an :class:`End`; a :class:`Restart` takes back what
            came of one.
        """

    async def close(self) -> None:
        """Close files, cursors and connections. May be called twice."""


class Reread(Protocol):
    """One more reading of some documents of a source that changes. Closed by :meth:`close`."""

    @property
    def one_moment(self) -> bool:
        """Whether all of it is as of one moment."""

    def find(
        self, lookups: Sequence[LookUp], wanted: Mapping[str, Sequence[Path]]
    ) -> AsyncIterator[Block | Fault]:
        """Fetch documents again.

        Args:
            lookups: Which ones. What several of them find comes once.
            wanted: For each collection the paths that will be looked at, as in :meth:`Source.read`.

        Yields:
            Blocks, with all documents that were asked for and perhaps others (where no index helps, a collection is
            read as a whole); a document comes at most once. Where some could not be fetched, a fault that names the
            collection.
        """

    async def close(self) -> None:
        """End what it holds on the server. May be called twice."""


@runtime_checkable
class Rereadable(Source, Protocol):
    """A source that changes while it is read, and can be asked again."""

    def read(
        self, wanted: Mapping[str, Sequence[Path]], levels: Sequence[Sequence[str]] = ()
    ) -> AsyncIterator[Item]:
        """Read as :meth:`Source.read` does.

        Args:
            wanted: For each collection the paths that will be looked at.
            levels: The same collections in groups, to be read one group after the other and within a group together;
                by default all one after the other. Matters where they cannot be read as of one moment.
        """

    async def look(self) -> Reread:
        """Begin another reading of some documents.

        Raises:
            SourceError: If the server cannot be reached any more.
        """
