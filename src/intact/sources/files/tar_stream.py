"""The members of a tar file, plain or packed, one after the other, without unpacking to the disk.

A header is believed only as far as it can be: names have a largest length, and a size is no more than the stream has.
"""

from __future__ import annotations

import bz2
import lzma
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from intact.core.counts import counted
from intact.sources.files.framing import Cutter
from intact.sources.files.streams import CHUNK, GZIP_CHUNK, HEAD, BrokenError, Input

_BLOCK: Final = 512
_MOST_NAME: Final = 1 << 20
_EXTENDED: Final = (
    482  # where an old sparse header says that more of it follows, and 504 where that part does
)
_EXTENDED_AGAIN: Final = 504
_AGAIN: Final = "Copy or pack it again."
_LINKS: Final = frozenset((tarfile.LNKTYPE, tarfile.SYMTYPE))
_WITHOUT_CONTENT: Final = _LINKS | {tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE}
_UNPACKERS: Final[dict[bytes, tuple[str, Callable[[], Any]]]] = {
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7zXZ\0": ("xz", lzma.LZMADecompressor),
}


def is_tar(head: bytes) -> bool:
    """Return whether bytes begin a tar file: its first header has a checksum, also in the form without a mark."""
    try:
        tarfile.TarInfo.frombuf(head[:_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def may_be_tar(source: Input) -> bool:
    """Return whether a stream is a tar file, or is packed in such large pieces that it only shows when it is read."""
    head = source.head()
    make = _unpacker(head)
    if make is None:
        return is_tar(source.unpacked_head())
    try:
        unpacked = make().decompress(head, HEAD)
    except (OSError, EOFError, ValueError, lzma.LZMAError):
        return False
    return not unpacked or is_tar(unpacked)


def packed_by(source: Input) -> str:
    """Return what a tar file is packed with, if it is something that packs nothing else that is read; else nothing."""
    return next((name for mark, (name, _) in _UNPACKERS.items() if source.head().startswith(mark)), "")


def tar_content(source: Input) -> Iterator[bytes]:
    """Yield the bytes of a tar file, unpacked.

    Raises:
        BrokenError: If it cannot be read to its end.
    """
    make = _unpacker(source.head())
    return source.content() if make is None else _unpack(source.chunks(GZIP_CHUNK), make)


def _unpacker(head: bytes) -> Callable[[], Any] | None:
    return next((make for mark, (_, make) in _UNPACKERS.items() if head.startswith(mark)), None)


def _unpack(chunks: Iterator[bytes], make: Callable[[], Any]) -> Iterator[bytes]:
    """Unpack a stream of one part or several."""
    data, inflate = next(chunks, b""), make()
    while True:
        if inflate.eof:
            data = (inflate.unused_data or next(chunks, b"")).lstrip(b"\0")
            if not data:
                return
            inflate = make()
        elif inflate.needs_input and not data and not (data := next(chunks, b"")):
            raise BrokenError("the packed stream is cut off", "Copy or pack it again; its end is missing.")
        try:
            unpacked = inflate.decompress(data, CHUNK)
        except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
            raise BrokenError("the packed stream is damaged", _AGAIN) from error
        data = b""
        if unpacked:
            yield unpacked


@dataclass(slots=True)
class TarMember:
    """A member of a tar file.

    Attributes:
        name: Its path, as it is written.
        content: Its bytes, to be read before the next member is asked for; what is not is passed over.
        link: What it links to; empty where it is no link.
        sparse: Whether holes were left out of its content.
    """

    name: str
    content: MemberContent
    link: str = ""
    sparse: bool = False


class MemberContent:
    """The bytes of a member, read as of a file."""

    def __init__(self, cutter: Cutter, size: int) -> None:
        self._cutter = cutter
        self.size = size
        self.left = size
        self._padding = -size % _BLOCK

    def read(self, size: int = -1) -> bytes:
        """Read up to so many bytes; none at the end, be it the member's or that of a stream that breaks off."""
        size = self.left if size < 0 else min(size, self.left)
        data = self._cutter.take(size)
        self.left -= len(data)
        return data

    def close(self) -> None:
        """Do nothing: the stream is open for the next member."""

    def pass_over(self) -> None:
        """Step over what has not been read.

        Raises:
            BrokenError: If the stream breaks off before.
        """
        while self.left and self.read(CHUNK):
            pass
        if self.left or len(self._cutter.take(self._padding)) < self._padding:
            raise BrokenError("the tar file breaks off", "Copy or pack it again; its end is missing.")
        self._padding = 0


def members(cutter: Cutter) -> Iterator[TarMember]:
    """Yield the files and links of a tar file.

    Raises:
        BrokenError: If it breaks off or is damaged.
    """
    general: dict[str, str] = {}
    own: dict[str, str] = {}
    while (header := cutter.take(_BLOCK)).strip(b"\0"):
        info = _header(header)
        if info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            own.update(_pax(_text(cutter, info.size)))
        elif info.type == tarfile.XGLTYPE:
            general.update(_pax(_text(cutter, info.size)))
        elif info.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
            key = "path" if info.type == tarfile.GNUTYPE_LONGNAME else "linkpath"
            own.setdefault(key, _text(cutter, info.size).rstrip(b"\0").decode("utf-8", "surrogateescape"))
        else:
            member = _member(cutter, info, header, {**general, **own})
            own = {}
            if info.type != tarfile.DIRTYPE:
                yield member
            member.content.pass_over()
    if len(header) < _BLOCK:
        raise BrokenError(
            "the tar file ends without the mark of its end", "Copy or pack it again; its end is missing."
        )
    while cutter.take(CHUNK):  # whoever writes into a pipe is left to finish
        pass


def _header(header: bytes) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        short = len(header) < _BLOCK
        raise BrokenError(
            "the tar file breaks off" if short else "a header of the tar file is damaged", _AGAIN
        ) from error
    if info.size < 0:
        raise BrokenError("a header of the tar file is damaged", _AGAIN)
    return info


def _member(cutter: Cutter, info: tarfile.TarInfo, header: bytes, pax: dict[str, str]) -> TarMember:
    more = info.type == tarfile.GNUTYPE_SPARSE and header[_EXTENDED]
    while more:
        block = cutter.take(_BLOCK)
        more = len(block) == _BLOCK and block[_EXTENDED_AGAIN]
    size = 0 if info.type in _WITHOUT_CONTENT else _size(pax.get("size", ""), info.size)
    name = pax.get("GNU.sparse.name") or pax.get("path") or info.name
    is_sparse = info.type == tarfile.GNUTYPE_SPARSE or any(key.startswith("GNU.sparse.") for key in pax)
    link = (pax.get("linkpath") or info.linkname or "?") if info.type in _LINKS else ""
    return TarMember(name, MemberContent(cutter, size), link, is_sparse)


def _size(text: str, otherwise: int) -> int:
    if not text:
        return otherwise
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise BrokenError("a header of the tar file is damaged", _AGAIN)
    return int(text)


def _text(cutter: Cutter, size: int) -> bytes:
    """Take the content of a header."""
    if size > _MOST_NAME:
        raise BrokenError(
            f"a header of the tar file says that it is {counted(size, 'byte')} long, which none is", _AGAIN
        )
    content = MemberContent(cutter, size)
    data = content.read()
    content.pass_over()
    return data


def _pax(data: bytes) -> dict[str, str]:
    """Read the records of an extended header: a length, a key, a value."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        digits, space, _ = data[at : at + 21].partition(b" ")
        end = at + int(digits) if space and digits.isdigit() else 0
        key, equal, value = data[at + len(digits) + 1 : end - 1].partition(b"=")
        if end <= at or end > len(data) or not equal:
            raise BrokenError("an extended header of the tar file is damaged", _AGAIN)
        found[key.decode("utf-8", "surrogateescape")] = value.decode("utf-8", "surrogateescape")
        at = end
    return found
