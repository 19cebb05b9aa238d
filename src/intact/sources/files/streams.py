"""Bytes of a file or of standard input, in chunks, unpacked on the way where they are gzipped.

Nothing here holds more than a few chunks in memory, whatever the stream says of itself.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from intact.core.errors import SourceError, UsageError
from intact.sources.files.bson_head import begins_bson

CHUNK: Final = 4 << 20
"""How many bytes are taken at a time."""

HEAD: Final = 64 << 10
"""How many bytes are looked at to tell what a stream is."""

GZIP_CHUNK: Final = 256 << 10
"""How many packed bytes are taken at a time: what zlib has not used of them is copied at every step."""

GZIP_MAGIC: Final = b"\x1f\x8b\x08"
STANDARD_INPUT: Final = "standard input"
_GZIP_WITH_CHECKSUM: Final = 31
"""zlib's window size for gzip: it then checks header, CRC and length itself."""


class BrokenError(Exception):
    """A stream that cannot be read any further. It stays in this package: readers turn it into a fault.

    Args:
        what: What is wrong, one sentence without full stop.
        hint: What to do about it, one sentence with full stop.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class Input:
    """A file or standard input: bytes from the beginning, which can be looked at before they are taken.

    A regular file can be taken again and again, a pipe only once.
    """

    def __init__(self, label: str, path: Path | None = None, stream: BinaryIO | None = None) -> None:
        self.label = label
        self.path = path
        self.bytes_read = 0
        self._file = stream
        self._head: bytes | None = None
        self._taken = False

    @classmethod
    def standard(cls) -> Input:
        """Standard input.

        Raises:
            UsageError: If there is none, or if it is a terminal, which would be waited for without end.
        """
        stream: BinaryIO | None = getattr(sys.stdin, "buffer", None)
        if stream is None or stream.closed:
            raise UsageError("there is no standard input", hint="Name a file or a directory instead of '-'.")
        if stream.isatty():
            raise UsageError(
                "standard input is a terminal, there is nothing to read",
                hint="Pipe a dump into intact: mongodump --archive | intact check -",
            )
        return cls(STANDARD_INPUT, stream=stream)

    @property
    def name(self) -> str:
        """The file's name; empty for a pipe, whose name says nothing."""
        return self.path.name if self.path is not None and not self.once else ""

    @property
    def once(self) -> bool:
        """Whether it can be read only once."""
        return self.path is None or not is_file(self.path)

    @property
    def size(self) -> int | None:
        """How many bytes there are; None for a pipe."""
        return None if self.path is None or self.once else self.path.stat().st_size

    def head(self) -> bytes:
        """The first :data:`HEAD` bytes. They are still there for :meth:`chunks`.

        Raises:
            SourceError: If it cannot be opened or read.
        """
        if self._head is None:
            try:
                self._head = b"".join(_read(self._open(), HEAD))
            except BrokenError as error:
                raise SourceError(error.what, where=self.label, hint=error.hint) from error
        return self._head

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The raw bytes from the beginning.

        Raises:
            SourceError: If it cannot be opened.
            BrokenError: If it cannot be read to its end.
        """
        if self._taken and self.once:
            raise SourceError("it can be read only once", where=self.label, hint="Store it in a file first.")
        if self._taken:
            self.close()
        head, self._taken, self.bytes_read = self.head(), True, 0
        if head:
            self.bytes_read = len(head)
            yield head
        for chunk in _read(self._open(), None, size):
            self.bytes_read += len(chunk)
            yield chunk

    @property
    def packed(self) -> bool:
        """Whether it is gzipped."""
        return is_gzip(self.head())

    def unpacked_head(self) -> bytes:
        """The beginning of the content, as far as the first bytes tell it."""
        return gunzip_head(self.head()) if self.packed else self.head()

    def content(self) -> Iterator[bytes]:
        """The bytes from the beginning, unpacked where they are gzipped.

        Raises:
            SourceError: If it cannot be opened.
            BrokenError: If it cannot be read to its end.
        """
        return gunzip(self.chunks(GZIP_CHUNK)) if self.packed else self.chunks()

    def piece(self, offset: int, size: int) -> bytes:
        """Bytes of a regular file, as they are; none at its end, and maybe fewer than asked for anywhere.

        Raises:
            SourceError: If it cannot be opened.
            BrokenError: If it cannot be read here.
        """
        file = self._open()
        try:
            file.seek(offset)
            data = file.read(size)
        except OSError as error:
            raise _stopped(error) from error
        self.bytes_read = offset + len(data)
        return data

    def length(self) -> int:
        """How many bytes the open file has now, whatever has become of its name."""
        return os.fstat(self._open().fileno()).st_size

    def byte(self, offset: int) -> str:
        """Name a byte of the content."""
        return f"{self.label}, byte {offset}" + (" of its unpacked content" if self.packed else "")

    def close(self) -> None:
        """Close the file. May be called twice; standard input belongs to others and stays open."""
        self._head = None if not self.once else self._head
        if self._file is not None and self.path is not None:
            self._file.close()
            self._file = None

    def _open(self) -> BinaryIO:
        if self._file is None:
            if self.path is None or is_directory(self.path):
                raise SourceError("it is a directory, not a file", where=self.label)
            try:
                self._file = self.path.open("rb", buffering=0)
            except OSError as error:
                what, hint = explain(error, self.path)
                raise SourceError(what, where=self.label, hint=hint) from error
        return self._file


def explain(error: OSError, path: Path) -> tuple[str, str]:
    """Say why a path cannot be read: what is wrong, and what to do about it."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if path.is_symlink():
            return "it is a link that leads nowhere", ""
        return "there is no such file or directory", _nearest(path)
    if isinstance(error, PermissionError):
        return "no permission to read it", "Give the user who runs intact the right to read it."
    return f"it cannot be read ({error.strerror or type(error).__name__})", ""


def is_file(path: Path) -> bool:
    """Whether there is a regular file. Unlike Path's own method it never raises."""
    return os.path.isfile(path)  # noqa: PTH113 - the reason is above


def is_directory(path: Path) -> bool:
    """Whether there is a directory. Unlike Path's own method it never raises."""
    return os.path.isdir(path)  # noqa: PTH112 - the reason is above


def printable(name: str | Path) -> str:
    """A path as text that can be printed: bytes that are not UTF-8 are replaced."""
    return str(name).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _nearest(path: Path) -> str:
    """The sibling that was probably meant."""
    siblings: list[str] = []
    with contextlib.suppress(OSError):
        siblings = [sibling.name for sibling in path.parent.iterdir()]
    near = difflib.get_close_matches(path.name, siblings, n=1, cutoff=0.7)
    return f"Did you mean {printable(path.with_name(near[0]))}?" if near else ""


def _read(file: BinaryIO, limit: int | None, size: int = CHUNK) -> Iterator[bytes]:
    left = limit
    while left is None or left > 0:
        try:
            chunk = file.read(size if left is None else min(left, size))
        except OSError as error:
            raise _stopped(error) from error
        if not chunk:
            return
        left = None if left is None else left - len(chunk)
        yield chunk


def _stopped(error: OSError) -> BrokenError:
    return BrokenError(f"reading stopped ({error.strerror or error})")


def is_gzip(head: bytes) -> bool:
    """Return whether a stream is gzipped.

    The magic number may also be the length of a BSON document, of 560,927 bytes. It is one if its elements are some and
    it cannot be unpacked.
    """
    return head.startswith(GZIP_MAGIC) and not (begins_bson(head) and not _unpacks(head))


def _unpacks(head: bytes) -> bool:
    """Return whether the beginning of a gzip stream can be unpacked as far as it goes."""
    try:
        zlib.decompressobj(_GZIP_WITH_CHECKSUM).decompress(head, HEAD)
    except zlib.error:
        return False
    return True


def gunzip_head(head: bytes) -> bytes:
    """Unpack the beginning of a gzip stream, as far as it goes."""
    unpacked = b""
    with contextlib.suppress(BrokenError):
        for chunk in gunzip(iter([head]), HEAD):
            unpacked += chunk
            if len(unpacked) >= HEAD:
                break
    return unpacked


def gunzip(chunks: Iterator[bytes], size: int = CHUNK) -> Iterator[bytes]:
    """Unpack a gzip stream of one member or several.

    Raises:
        BrokenError: If it is cut off, damaged, or followed by something else. All that could be unpacked came
            before.
    """
    data, members = next(chunks, b""), 0
    while data or not members:
        if members and not data.startswith(GZIP_MAGIC[:1]):
            raise BrokenError(_FOLLOWED, _DAMAGED)
        data = yield from _member(data, chunks, size, members)
        data = data.lstrip(b"\0")  # some tools pad the end with zeros
        while not data and (chunk := next(chunks, b"")):
            data = chunk.lstrip(b"\0")
        members += 1


def _member(data: bytes, chunks: Iterator[bytes], size: int, members: int) -> Generator[bytes, None, bytes]:
    """Unpack one member; returns what follows it."""
    inflate, empty = zlib.decompressobj(_GZIP_WITH_CHECKSUM), True
    while True:
        before = inflate.copy()
        try:
            unpacked = inflate.decompress(data, size)
        except zlib.error as error:
            for unpacked in _salvage(before, data, size):
                empty = False
                yield unpacked
            raise BrokenError(
                _gzip_sentence(str(error), follows=bool(members) and empty), _DAMAGED
            ) from error
        if unpacked:
            empty = False
            yield unpacked
        if inflate.eof:
            return inflate.unused_data
        data = inflate.unconsumed_tail
        if not data and len(unpacked) < size:
            data = next(chunks, b"")
            if not data:
                raise BrokenError("the gzip stream is cut off", "Copy or dump it again; its end is missing.")


def _salvage(inflate: zlib._Decompress, data: bytes, size: int) -> Iterator[bytes]:
    """Unpack what comes before the damage: zlib gives nothing of what it unpacked in the step that failed."""
    for step in (4096, 64, 1):
        while data:
            attempt = inflate.copy()
            try:
                unpacked = attempt.decompress(data[:step], size)
            except zlib.error:
                break
            inflate, data = attempt, attempt.unconsumed_tail + data[step:]
            if unpacked:
                yield unpacked


_DAMAGED: Final = "Copy or dump it again; it is damaged."
_FOLLOWED: Final = "the gzip stream is followed by bytes that are not gzip"


def _gzip_sentence(error: str, *, follows: bool) -> str:
    if "incorrect data check" in error or "incorrect length check" in error:
        return "the checksum of the gzip stream is wrong"
    return _FOLLOWED if follows else "the gzip stream is damaged"
