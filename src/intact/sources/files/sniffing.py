"""Telling what a file is by looking at its first bytes. Its name decides only where they do not tell."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from intact.core.counts import counted
from intact.core.errors import SourceError
from intact.sources.files.bson_head import ELEMENT_TYPES, begins_bson, length_of
from intact.sources.files.marker import first_selected
from intact.sources.files.streams import Input
from intact.sources.files.tar_stream import may_be_tar

ARCHIVE_MAGIC: Final = b"\x6d\xe2\x99\x81"
BSON_SUFFIXES: Final = (".bson", ".bson.gz")
JSON_SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")

_LENGTH: Final = 4
_TEXT: Final = bytes([0x09, 0x0A, 0x0C, 0x0D, 0x1B, *range(0x20, 0x7F), *range(0x80, 0x100)])
_JSON: Final = re.compile(rb"(\xef\xbb\xbf)?\s*[\[{](?!.{,60}\0)", re.DOTALL)

_NO_ZERO: Final = rb"(?!.{,60}\0)"
_UNPACK: Final = "Unpack it first, or on the way: {} | intact check -"
_UNPACK_FIRST: Final = "Unpack it, and name what comes out of it."
_SAVE_AS_UTF8: Final = "Save it as UTF-8; PowerShell's > writes UTF-16, mongoexport --out does not."
_FOREIGN: Final = tuple(
    (re.compile(pattern, re.DOTALL), what, hint)
    for pattern, what, hint in (
        (
            rb".{257}ustar",
            "a tar file",
            "Unpack it with tar -x, and name the directory that comes out of it.",
        ),
        (
            rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18",
            "compressed with zstd",
            _UNPACK.format("zstd -dc FILE"),
        ),
        (rb"\xfd7zXZ\0", "compressed with xz", _UNPACK.format("xz -dc FILE")),
        (rb"BZh[1-9]", "compressed with bzip2", _UNPACK.format("bzip2 -dc FILE")),
        (rb"\x04\x22\x4d\x18", "compressed with lz4", _UNPACK.format("lz4 -dc FILE")),
        (rb"PK\x03\x04", "a ZIP file", _UNPACK_FIRST),
        (rb"7z\xbc\xaf\x27\x1c", "a 7z file", _UNPACK_FIRST),
        (rb"SQLite format 3\0", "an SQLite database", "intact reads what mongodump and mongoexport write."),
        (
            rb"version https://git-lfs",
            "a Git LFS pointer instead of the file",
            "Fetch the file: git lfs pull",
        ),
        (rb"\xff\xfe\0\0|\0\0\xfe\xff", "text in UTF-32", _SAVE_AS_UTF8),
        (
            rb"\xff\xfe[\t-~]\0|\xfe\xff\0[\t-~]|[\[{]\0[\s\[{\"]\0|\0[\[{]\0[\s\[{\"]",
            "text in UTF-16",
            _SAVE_AS_UTF8,
        ),
        (
            _NO_ZERO + rb"\s*<(?i:!doctype html|html|head|body)\b",
            "an HTML page",
            "Was it downloaded without a login?",
        ),
        (_NO_ZERO + rb"\s*<", "XML", "Export it again with mongoexport."),
    )
)
"""What else a file may be, by its first bytes; what to do about it."""


class FileKind(Enum):
    """What a single stream holds."""

    TAR = "tar"
    SELECTED = "bson, several collections"

    ARCHIVE = "archive"
    BSON = "bson"
    JSON = "extended-json"


def sniff(source: Input) -> FileKind:
    """Look at a stream and say what it is.

    Raises:
        SourceError: If it cannot be read, or is nothing that intact reads.
    """
    head, by_name = source.unpacked_head(), named_kind(source.name)
    if may_be_tar(source) and not begins_bson(head):
        return FileKind.TAR
    if first_selected(head) is not None:
        return FileKind.SELECTED
    if not head and by_name is None:
        what = "nothing can be unpacked from it" if source.packed else "it is empty"
        raise SourceError(what, where=source.label, hint="Copy or dump it again.")
    kind = _kind_by_content(head, by_name) if head else by_name
    if kind is None:
        raise _nothing_known(source, head, by_name)
    return kind


def is_bson(head: bytes) -> bool:
    """Return whether a stream begins with a BSON document, which may be damaged.

    Text cannot: its fourth byte would make the document larger than any is.
    """
    return begins_bson(head) or (length_of(head) is not None and not _foreign(head))


def named_kind(name: str) -> FileKind | None:
    """What a file's name says that it holds."""
    lower = name.lower()
    if lower.endswith(BSON_SUFFIXES):
        return FileKind.BSON
    return FileKind.JSON if lower.endswith(JSON_SUFFIXES) else None


def check(source: Input, kind: FileKind) -> None:
    """Make sure that a file of a dump holds what its name says, as far as its first bytes tell.

    Raises:
        SourceError: If it holds something else.
    """
    head = source.unpacked_head()
    if head and _kind_by_content(head, kind) is not kind and (known := _describe(head)):
        wanted = "BSON" if kind is FileKind.BSON else "Extended JSON"
        what, hint = known
        raise SourceError(f"it is {what}, where {wanted} should be", where=source.label, hint=hint)


def _nothing_known(source: Input, head: bytes, by_name: FileKind | None) -> SourceError:
    hint = "Copy or dump it again."
    if (known := _describe(head)) is not None:
        what, hint = f"it is {known[0]}" + (", gzipped" if source.packed else ""), known[1]
    elif by_name is FileKind.BSON:
        size = int.from_bytes(head[:_LENGTH], "little", signed=True)
        what = f"its first document says that it is {counted(size, 'byte')} long, which none can be"
        hint = "It is damaged at its very beginning, or no BSON; copy or dump it again."
    else:
        what = "it is neither a mongodump archive, nor BSON, nor Extended JSON"
    return SourceError(what, where=source.label, hint=hint)


def _describe(head: bytes) -> tuple[str, str] | None:
    """Return what a stream is that is not what it should be, and what to do about it."""
    if begins_bson(head):
        return "BSON", "Name it .bson."
    if (known := _foreign(head)) is not None:
        return known
    if head.startswith(ARCHIVE_MAGIC):
        return "a mongodump archive", "Name the archive itself."
    if _JSON.match(head):
        return "JSON text", "Name it .json, or give it alone: intact then reads it as Extended JSON."
    if not head.translate(None, _TEXT):
        return "text, but not Extended JSON", "Export it with mongoexport, without --type=csv."
    return ("BSON", "Name it .bson.") if is_bson(head) else None


def _foreign(head: bytes) -> tuple[str, str] | None:
    return next(((what, hint) for pattern, what, hint in _FOREIGN if pattern.match(head)), None)


def _kind_by_content(head: bytes, by_name: FileKind | None) -> FileKind | None:
    if head.startswith(ARCHIVE_MAGIC):
        return FileKind.ARCHIVE
    if begins_bson(head):
        return FileKind.BSON
    if is_bson(head) and (
        by_name is FileKind.BSON or (len(head) > _LENGTH and head[_LENGTH] in ELEMENT_TYPES)
    ):
        return FileKind.BSON  # damaged, which the projector says document by document
    if _JSON.match(head):
        return FileKind.JSON
    if by_name is FileKind.BSON and len(head) < _LENGTH:
        return FileKind.BSON  # cut off so early that nothing can be told: reading it says so
    return FileKind.JSON if by_name is FileKind.JSON and b"\0" not in head and not _foreign(head) else None
