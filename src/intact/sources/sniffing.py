"""Telling what a file is by looking at its first bytes. Its name decides only where they do not tell."""

from __future__ import annotations

import re
from enum import Enum
from struct import Struct
from typing import Final

from intact.errors import SourceError
from intact.sources.framing import LARGEST, SMALLEST
from intact.sources.streams import Input

ARCHIVE_MAGIC: Final = b"\x6d\xe2\x99\x81"
BSON_SUFFIXES: Final = (".bson", ".bson.gz")
JSON_SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_LENGTH: Final = Struct("<i")
_ELEMENT_TYPES: Final = frozenset(bytes([code]) for code in (*range(1, 0x14), 0x7F, 0xFF))
_UTF16: Final = re.compile(rb"\xff\xfe[\[{]\x00|\xfe\xff\x00[\[{]")
_EMPTY: Final = b"\x05\0\0\0\0"
_TAR_MARK_AT: Final = 257

_UNPACK: Final = "Unpack it first, or on the way: {} | intact check -"
_FOREIGN: Final = (
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", _UNPACK.format("zstd -dc FILE")),
    (b"\xfd7zXZ\x00", "compressed with xz", _UNPACK.format("xz -dc FILE")),
    (b"BZh", "compressed with bzip2", _UNPACK.format("bzip2 -dc FILE")),
    (b"\x04\x22\x4d\x18", "compressed with lz4", _UNPACK.format("lz4 -dc FILE")),
    (b"PK\x03\x04", "a ZIP file", "Unpack it, and name what comes out of it."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file", "Unpack it, and name what comes out of it."),
    (b"SQLite format 3\x00", "an SQLite database", "intact reads what mongodump and mongoexport write."),
    (b"version https://git-lfs", "a Git LFS pointer instead of the file", "Fetch the file: git lfs pull"),
)
_TEXT_FOREIGN: Final = (
    (
        re.compile(rb"\s*<(!doctype html|html|head|body)\b", re.I),
        "an HTML page",
        "Was it downloaded without a login?",
    ),
    (re.compile(rb"\s*<"), "XML", "Export it again with mongoexport."),
)


class Kind(Enum):
    """What a single stream holds."""

    ARCHIVE = "archive"
    BSON = "bson"
    JSON = "extended-json"


def sniff(source: Input) -> Kind:
    """Look at a stream and say what it is.

    Raises:
        SourceError: If it cannot be read, or is nothing that intact reads.
    """
    head, by_name = source.unpacked_head(), named_kind(source.name)
    if not head and by_name is None:
        what = "nothing can be unpacked from it" if source.packed else "it is empty"
        raise SourceError(what, where=source.label, hint="Copy or dump it again.")
    kind = _kind_by_content(head, by_name) if head else by_name
    if kind is None:
        raise _nothing_known(source, head, by_name)
    return kind


def is_bson(head: bytes) -> bool:
    """Whether a stream may begin with a BSON document.

    Text cannot: its fourth byte would make the document larger than any is.
    """
    if len(head) < _LENGTH.size:
        return False
    size: int = _LENGTH.unpack_from(head)[0]
    return SMALLEST <= size <= LARGEST and not _UTF16.match(head) and not _is_tar(head)


def named_kind(name: str) -> Kind | None:
    """What a file's name says that it holds."""
    lower = name.lower()
    if lower.endswith(BSON_SUFFIXES):
        return Kind.BSON
    return Kind.JSON if lower.endswith(JSON_SUFFIXES) else None


def check(source: Input, kind: Kind) -> None:
    """Make sure that a file of a dump holds what its name says, as far as its first bytes tell.

    Raises:
        SourceError: If it holds something else.
    """
    head = source.unpacked_head()
    if head and _kind_by_content(head, kind) is not kind and (known := _describe(head)):
        wanted = "BSON" if kind is Kind.BSON else "Extended JSON"
        what, hint = known
        raise SourceError(f"it is {what}, where {wanted} should be", where=source.label, hint=hint)


def _nothing_known(source: Input, head: bytes, by_name: Kind | None) -> SourceError:
    hint = "Copy or dump it again."
    if (known := _describe(head)) is not None:
        what, hint = f"it is {known[0]}" + (", gzipped" if source.packed else ""), known[1]
    elif by_name is Kind.BSON:
        size = _LENGTH.unpack_from(head)[0]
        what = f"its first document says that it is {size:,} bytes long, which none can be"
        hint = "It is damaged at its very beginning, or no BSON; copy or dump it again."
    else:
        what = "it is neither a mongodump archive, nor BSON, nor Extended JSON"
    return SourceError(what, where=source.label, hint=hint)


def _describe(head: bytes) -> tuple[str, str] | None:
    """Say what a stream is that is not what it should be, and what to do about it."""
    if head.startswith(ARCHIVE_MAGIC):
        return "a mongodump archive", "Name the archive itself."
    if _is_tar(head):
        return "a tar file", "Unpack it with tar -x, and name the directory that comes out of it."
    for magic, what, hint in _FOREIGN:
        if head.startswith(magic):
            return what, hint
    if _UTF16.match(head):
        return "text in UTF-16", "Save it as UTF-8; PowerShell's > writes UTF-16, mongoexport --out does not."
    for pattern, what, hint in _TEXT_FOREIGN:
        if pattern.match(head):
            return what, hint
    if _is_json(head):
        return "JSON text", "Name it .json, or give it alone: intact then reads it as Extended JSON."
    if b"\0" not in head:
        return "text, but not Extended JSON", "Export it with mongoexport, without --type=csv."
    return ("BSON", "Name it .bson.") if is_bson(head) else None


def _kind_by_content(head: bytes, by_name: Kind | None) -> Kind | None:
    if head.startswith(ARCHIVE_MAGIC):
        return Kind.ARCHIVE
    if is_bson(head) and (by_name is Kind.BSON or head[4:5] in _ELEMENT_TYPES or head.startswith(_EMPTY)):
        return Kind.BSON
    if _is_json(head):
        return Kind.JSON
    if by_name is Kind.BSON and len(head) < _LENGTH.size:
        return Kind.BSON  # cut off so early that nothing can be told: reading it says so
    is_text = b"\0" not in head and not any(pattern.match(head) for pattern, *_ in _TEXT_FOREIGN)
    return Kind.JSON if by_name is Kind.JSON and is_text else None


def _is_json(head: bytes) -> bool:
    return head.removeprefix(BYTE_ORDER_MARK).lstrip()[:1] in (b"{", b"[")


def _is_tar(head: bytes) -> bool:
    return head[_TAR_MARK_AT:].startswith(b"ustar")
