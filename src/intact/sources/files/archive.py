"""The ``--archive`` form of a dump: all collections in one stream, interleaved, each with its checksum.

The archive begins with a magic number, a header, and a document for each collection (the prelude). Then come
segments: a header that names the collection, documents, a terminator. The last segment of a collection has no
documents; its header says ``EOF`` and carries the CRC-64/XZ of all of them. A collection without that ending is
not whole.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import bson
from bson.errors import BSONError
from fastcrc import crc64

from intact.core.errors import SourceError
from intact.sources.base import Block, CollectionInfo, End, Fault, SourceInfo
from intact.sources.files.file_source import FileSource
from intact.sources.files.framing import Cutter
from intact.sources.files.metadata import (
    HAS_OPLOG,
    NOT_ONE_MOMENT,
    choose_database,
    read_metadata,
    skip_by_name,
    skip_by_type,
)
from intact.sources.files.sniffing import ARCHIVE_MAGIC
from intact.sources.files.streams import CHUNK, BrokenError, Input

BLOCK: Final = 1 << 20
"""How many bytes of one collection are handed on at a time, where segments are shorter."""

WAITING: Final = 16 << 20
"""How many bytes of all collections may wait for more."""

MOST_COLLECTIONS: Final = 1_000_000
_UNSIGNED: Final = (1 << 64) - 1
_AGAIN: Final = "Copy or dump it again; it is damaged."
_TIME_SERIES: Final = "system.buckets."


@dataclass(frozen=True, slots=True)
class _Namespace:
    """A collection of one of the archive's databases."""

    database: str
    collection: str

    def __str__(self) -> str:
        return f"{self.database}.{self.collection}"


@dataclass(slots=True)
class _Progress:
    """How far a wanted collection has been read."""

    name: str
    crc: int = 0
    size: int = 0
    waiting: list[bytes] = field(default_factory=list)
    waiting_size: int = 0

    def add(self, documents: bytes) -> None:
        """Take in what follows of the collection."""
        self.crc = crc64.xz(documents, self.crc)
        self.size += len(documents)
        self.waiting.append(documents)
        self.waiting_size += len(documents)

    def flush(self) -> Iterator[Block]:
        """Hand on what has been waiting."""
        if self.waiting:
            yield Block(self.name, b"".join(self.waiting), self.size - self.waiting_size)
        self.waiting, self.waiting_size = [], 0


class ArchiveSource(FileSource):
    """An archive, gzipped or not, in a file or on standard input."""

    def __init__(self, source: Input, database: str | None = None) -> None:
        super().__init__(SourceInfo("archive", source.label, size=source.size))
        self._source = source
        self._wanted_database = database
        self._known: frozenset[_Namespace] = frozenset()
        self._cutter: Cutter | None = None

    @property
    def bytes_read(self) -> int:
        """How many bytes of the archive have been read."""
        return self._source.bytes_read

    async def close(self) -> None:
        """Close the archive. May be called twice."""
        await super().close()
        self._source.close()

    def _list(self) -> Mapping[str, CollectionInfo]:
        self._cutter, prelude = self._begin()
        databases = {namespace.database for namespace in prelude if namespace.database}
        if not databases:
            raise SourceError("the archive holds no collection", where=self._source.label)
        database = choose_database(databases, self._wanted_database, self._source.label)
        self._known = frozenset(prelude)
        note = HAS_OPLOG if any(not namespace.database for namespace in prelude) else NOT_ONE_MOMENT
        self._info = replace(self._info, database=database, notes=(note,))
        return {
            namespace.collection: info
            for namespace, info in prelude.items()
            if namespace.database == database
        }

    def _begin(self) -> tuple[Cutter, dict[_Namespace, CollectionInfo]]:
        cutter = Cutter(self._source.content())
        try:
            return cutter, _read_prelude(cutter)
        except BrokenError as error:
            what = f"the archive's list of collections cannot be read: {error.what}"
            raise SourceError(
                what, where=self._source.byte(cutter.offset), hint=error.hint or _AGAIN
            ) from error

    def _read(self, names: Collection[str]) -> Generator[Block | Fault | End, None, None]:
        cutter, self._cutter = self._cutter or self._begin()[0], None
        database = self._info.database or ""
        wanted = {_Namespace(database, name): _Progress(name) for name in names}
        try:
            yield from _Body(self._source, cutter, database, self._known, wanted).read()
        finally:
            self._source.close()


class _Body:
    """The segments, out of which the wanted collections are put together again."""

    def __init__(
        self,
        source: Input,
        cutter: Cutter,
        database: str,
        known: frozenset[_Namespace],
        wanted: dict[_Namespace, _Progress],
    ) -> None:
        self._source = source
        self._cutter = cutter
        self._database = database
        self._known = known
        self._names = frozenset(wanted)
        self._open = wanted
        self._faulty: set[_Namespace] = set()
        self._waiting = 0

    def read(self) -> Iterator[Block | Fault | End]:
        """Blocks and faults, until all wanted collections have ended."""
        reason, hint = "the archive ends before it does", "Copy or dump it again; its end is missing."
        try:
            while self._open and not self._cutter.ended:
                yield from self._segment()
        except BrokenError as error:
            reason, hint = error.what, error.hint
        for namespace, progress in self._open.items():
            yield from progress.flush()
            what = f"{namespace} is not whole: {reason}"
            yield Fault(progress.name, what, self._source.byte(self._cutter.offset), hint)
        if self._source.once:
            with contextlib.suppress(BrokenError):  # whoever writes into the pipe is left to finish
                while self._cutter.take(CHUNK):
                    pass

    def _segment(self) -> Iterator[Block | Fault | End]:
        place = self._source.byte(self._cutter.offset)
        header = _decode(self._cutter.document())
        namespace = _namespace(header)
        if namespace is None:
            yield Fault(
                None, "the header of a segment is damaged, and its documents belong to nobody", place, _AGAIN
            )
        progress = self._open.get(namespace) if namespace else None
        lost = 0
        for documents in self._cutter.runs(terminated=True):
            lost += len(documents)
            if progress is not None:
                yield from self._take(progress, documents)
        if namespace and progress is not None and header.get("EOF") is True:
            yield from self._end(namespace, progress, header.get("CRC"), place)
        elif namespace and progress is None and lost:
            yield from self._unexpected(namespace, place)

    def _take(self, progress: _Progress, documents: bytes) -> Iterator[Block]:
        progress.add(documents)
        self._waiting += len(documents)
        if progress.waiting_size >= BLOCK:
            self._waiting -= progress.waiting_size
            yield from progress.flush()
        elif self._waiting >= WAITING:
            self._waiting = 0
            for other in self._open.values():
                yield from other.flush()

    def _end(
        self, namespace: _Namespace, progress: _Progress, crc: object, place: str
    ) -> Iterator[Block | Fault | End]:
        del self._open[namespace]
        self._waiting -= progress.waiting_size
        yield from progress.flush()
        if not isinstance(crc, int):
            yield self._faulted(namespace, f"{namespace} has no checksum", place)
        elif crc & _UNSIGNED != progress.crc:
            what = f"the checksum of {namespace} is wrong: its documents are not those that were dumped"
            yield self._faulted(namespace, what, place)
        else:
            yield End(progress.name)

    def _faulted(self, namespace: _Namespace, what: str, place: str) -> Fault:
        self._faulty.add(namespace)
        return Fault(namespace.collection, what, place, _AGAIN)

    def _unexpected(self, namespace: _Namespace, place: str) -> Iterator[Fault]:
        """Documents that no wanted collection waits for."""
        if namespace in self._names:
            if namespace not in self._faulty:
                yield self._faulted(namespace, f"documents of {namespace} follow its end", place)
        elif (
            namespace.database == self._database
            and namespace not in self._known | self._faulty
            and not namespace.collection.startswith(_TIME_SERIES)
        ):
            what = f"documents belong to {namespace}, which the archive's list of collections does not name"
            self._faulty.add(namespace)
            yield Fault(None, what, place, _AGAIN)


def _read_prelude(cutter: Cutter) -> dict[_Namespace, CollectionInfo]:
    if cutter.take(len(ARCHIVE_MAGIC)) != ARCHIVE_MAGIC:
        raise BrokenError("it does not begin as an archive does")
    found: dict[_Namespace, CollectionInfo] = {}
    if cutter.document() is None:
        raise BrokenError("its header is missing")
    while (document := cutter.document()) is not None:
        entry = _decode(document)
        namespace = _namespace(entry)
        if namespace is None or len(found) >= MOST_COLLECTIONS:
            raise BrokenError("an entry of it is damaged")
        metadata = read_metadata(str(entry.get("metadata", "")))
        name = namespace.collection
        skip = skip_by_name(name) or metadata.skip or skip_by_type(str(entry.get("type", "")))
        found.setdefault(namespace, CollectionInfo(name, None, skip, metadata.notes))
    return found


def _decode(document: bytes | None) -> dict[str, Any]:
    """Read a header; one that cannot be read is empty."""
    if document is None:
        raise BrokenError("a segment has no header", _AGAIN)
    try:
        return bson.decode(document)
    except (BSONError, ValueError, TypeError, OverflowError, RecursionError):
        return {}


def _namespace(header: Mapping[str, Any]) -> _Namespace | None:
    database, collection = header.get("db"), header.get("collection")
    if isinstance(database, str) and isinstance(collection, str) and collection:
        return _Namespace(database, collection)
    return None
