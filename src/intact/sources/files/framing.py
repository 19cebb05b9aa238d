"""Cutting a stream of bytes into runs of whole BSON documents, by their lengths alone.

A BSON document begins with its own length. Nothing else of it is looked at here: whether a document is sound is
the projector's question.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final

from intact.core.counts import agreed, counted
from intact.core.native import chosen
from intact.sources.base import Block, Fault
from intact.sources.files.bson_head import LARGEST, SMALLEST
from intact.sources.files.streams import CHUNK, BrokenError, Input

TERMINATOR: Final = -1
"""What stands in the place of a length at the end of an archive's segment."""

_LENGTH: Final = Struct("<i")
_PREFIX: Final = 4


class Cutter:
    """Whole documents out of a stream of bytes in pieces of any size.

    Attributes:
        offset: Where in the stream the next document begins.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.offset = 0
        self._chunks = chunks
        self._data = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """Take up to ``count`` bytes; fewer at the end of the stream."""
        if len(self._data) - self._at < count:
            self._more(count)
        taken = self._data[self._at : self._at + count]
        self._advance(len(taken))
        return taken

    def document(self) -> bytes | None:
        """Take one document; None at a terminator, which is taken too.

        Raises:
            BrokenError: If the stream breaks off or holds no document here.
        """
        size = self._length()
        if size == TERMINATOR:
            self._advance(_PREFIX)
            return None
        document = self.take(size)
        if len(document) < size:
            self.offset -= len(document)
            raise _cut_off(len(document), size)
        return document

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self._at == len(self._data) and not self._more()

    def runs(self, *, terminated: bool = False) -> Iterator[bytes]:
        """Take documents, in runs as long as the pieces of the stream allow.

        Args:
            terminated: Whether they end at a terminator, which is taken too; else they end with the stream.

        Raises:
            BrokenError: If the stream breaks off, or holds no document where one should begin.
        """
        while True:
            data, start = self._data, self._at
            stop, size = hop(data, start)
            if stop > start:
                self._advance(stop - start)
                yield data[start:stop]
            if terminated and size == TERMINATOR:
                self._advance(_PREFIX)
                return
            if size is not None and not SMALLEST <= size <= LARGEST:
                raise _lie(size)
            if not self._more(size or _PREFIX):
                left = len(data) - stop
                if left or terminated:
                    raise _cut_off(left, size)
                return

    def _length(self) -> int:
        while len(self._data) - self._at < _PREFIX:
            if not self._more():
                raise _cut_off(len(self._data) - self._at, None)
        size: int = _LENGTH.unpack_from(self._data, self._at)[0]
        if size != TERMINATOR and not SMALLEST <= size <= LARGEST:
            raise _lie(size)
        return size

    def _more(self, count: int = 1) -> bool:
        """Read on until ``count`` bytes are there, or the end; say whether anything came."""
        parts = [self._data[self._at :]] if self._at < len(self._data) else []
        left = size = sum(map(len, parts))
        while size == left or size < count:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            size += len(chunk)
        self._data, self._at = b"".join(parts), 0
        return size > left

    def _advance(self, count: int) -> None:
        self._at += count
        self.offset += count


def _lie(size: int) -> BrokenError:
    what = f"a document says that it is {counted(size, 'byte')} long, which none can be"
    return BrokenError(what, "It is damaged here; copy or dump it again.")


def _cut_off(left: int, size: int | None) -> BrokenError:
    there = counted(left, "byte") if size is None else f"{left:,} of {counted(size, 'byte')}"
    what = f"it ends in the middle of a document, of which {there} {agreed(left, 'is', 'are')} there"
    if not left:
        what = "it ends too early"
    return BrokenError(what, "Copy or dump it again; its end is missing.")


def hop(data: bytes, at: int) -> tuple[int, int | None]:
    """Hop over whole documents, natively where that can be done.

    Returns:
        Where they stop, and the length of what comes next, if it can be seen.
    """
    native = chosen()
    return native.hop(data, at) if native else _hop(data, at)


def _hop(data: bytes, at: int) -> tuple[int, int | None]:
    unpack, last = _LENGTH.unpack_from, len(data) - _PREFIX
    end = len(data)
    while at <= last:
        size: int = unpack(data, at)[0]
        if not SMALLEST <= size <= LARGEST or at + size > end:
            return at, size
        at += size
    return at, None


def read_documents(source: Input, collection: str) -> Iterator[Block | Fault]:
    """Read documents that lie end to end, as ``mongodump`` writes them into files.

    Yields:
        Blocks, and one fault where it cannot be read any further.

    Raises:
        SourceError: If it cannot be opened.
    """
    offset = 0
    try:
        for run in Cutter(source.content()).runs() if source.once or source.packed else _plain_runs(source):
            yield Block(collection, run, offset)
            offset += len(run)
    except BrokenError as error:
        yield Fault(collection, error.what, source.byte(offset), error.hint)


def _plain_runs(source: Input) -> Iterator[memoryview]:
    """Take the documents of a regular file, without moving them in memory.

    What is left of a document at the end of a piece is read again with the next one. The file is not mapped into
    memory: one that became shorter while it is read would end the process.

    Raises:
        BrokenError: If the file breaks off, or holds no document where one should begin.
    """
    offset, wanted, data, begun = 0, CHUNK, b"", False
    while piece := source.piece(offset + len(data), wanted - len(data)):
        data += piece  # as a rule nothing was there
        stop, size = hop(data, 0)
        if stop:
            yield memoryview(data)[:stop]
            offset, wanted, data, begun = offset + stop, CHUNK, b"", stop < len(data)
        elif size is not None and not SMALLEST <= size <= LARGEST:
            raise _lie(size)
        elif len(data) == wanted:
            wanted = size or CHUNK
    if data:
        raise _cut_off(len(data), hop(data, 0)[1])
    if begun or source.length() < offset:
        raise BrokenError(
            "it became shorter while it was read", "Dump it again, and read it when that has ended."
        )
