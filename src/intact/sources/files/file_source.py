"""Sources made of files: reading is synchronous inside, the contract's ``async`` on the outside."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from intact.core.errors import SourceError
from intact.core.paths import Path
from intact.sources.base import Block, CollectionInfo, End, Fault, SourceInfo
from intact.sources.files.framing import read_documents
from intact.sources.files.json_stream import read_json
from intact.sources.files.marker import first_selected
from intact.sources.files.sniffing import FileKind, check
from intact.sources.files.streams import Input


@dataclass(frozen=True, slots=True)
class CollectionFile:
    """A collection that lies in a file of its own.

    Attributes:
        info: The collection.
        source: The file.
        kind: What it holds.
        fault: Why it is not read at all, where that is known beforehand.
    """

    info: CollectionInfo
    source: Input
    kind: FileKind
    fault: Fault | None = None


class FileSource(ABC):
    """The part of a source that is the same for everything made of files."""

    def __init__(self, info: SourceInfo) -> None:
        self._info = info
        self._collections: Mapping[str, CollectionInfo] | None = None
        self._reading: Generator[Block | Fault | End, None, None] | None = None

    @property
    def info(self) -> SourceInfo:
        """What the report's header says. Complete once :meth:`collections` has been awaited."""
        return self._info

    @property
    @abstractmethod
    def bytes_read(self) -> int:
        """How far :meth:`read` has come, counted as the sizes are."""

    async def collections(self) -> Mapping[str, CollectionInfo]:
        """List what the source has, by real name.

        Raises:
            SourceError: If nothing can be read from the source at all.
        """
        if self._collections is None:
            self._collections = self._list()
        return self._collections

    async def read(self, wanted: Mapping[str, Sequence[Path]]) -> AsyncIterator[Block | Fault | End]:
        """Read the wanted collections once; what the source lacks or skips is passed over.

        Yields:
            Blocks, and faults: after one that says ``documents=None`` nothing more comes of its collection. Then an
            end, where it was read to its end.
        """
        listed = await self.collections()
        names = {name for name in wanted if name in listed and not listed[name].skip}
        reading = self._reading = self._read(names)
        with contextlib.closing(reading):
            for item in reading:
                yield item

    async def close(self) -> None:
        """Close what is open. May be called twice."""
        if self._reading is not None:
            self._reading.close()

    @abstractmethod
    def _list(self) -> Mapping[str, CollectionInfo]:
        """List what the source has."""

    @abstractmethod
    def _read(self, names: Collection[str]) -> Generator[Block | Fault | End, None, None]:
        """Read these collections, and close whatever that opened."""


class FilesSource(FileSource):
    """Collections that lie in a file each: a mongodump directory, a directory of exports, a single file."""

    def __init__(self, info: SourceInfo, files: Sequence[CollectionFile]) -> None:
        super().__init__(info)
        self._files = files

    @property
    def bytes_read(self) -> int:
        """How far :meth:`read` has come, counted as the sizes are."""
        return sum(file.source.bytes_read for file in self._files)

    async def close(self) -> None:
        """Close what is open. May be called twice."""
        await super().close()
        for file in self._files:
            file.source.close()

    def _list(self) -> Mapping[str, CollectionInfo]:
        return {file.info.name: file.info for file in self._files}

    def _read(self, names: Collection[str]) -> Generator[Block | Fault | End, None, None]:
        for file in self._files:
            if file.info.name in names:
                yield from self._read_file(file)

    def _read_file(self, file: CollectionFile) -> Iterator[Block | Fault | End]:
        if file.fault is not None:
            yield file.fault
            return
        try:
            whole = True
            for item in read_file(file.source, file.info.name, file.kind):
                whole = whole and not (isinstance(item, Fault) and item.documents is None)
                yield item
            if whole:
                yield End(file.info.name)
        finally:
            file.source.close()


def read_file(source: Input, collection: str, kind: FileKind) -> Iterator[Block | Fault]:
    """Yield the documents of a file that holds one collection, and what cannot be read of it."""
    try:
        check(source, kind)
        if kind is FileKind.BSON and first_selected(source.unpacked_head()) is not None:
            what = "it holds several collections in turn, with markers between them"
            yield Fault(collection, what, source.label, "Audit this file alone.")
            return
        yield from (read_documents if kind is FileKind.BSON else read_json)(source, collection)
    except SourceError as error:
        yield Fault(collection, error.message, error.where, error.hint)
