"""Writes the files that the tests read: dumps, archives, exports. Shares no code with the package."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from struct import pack
from typing import Any

import bson

MAGIC = b"\x6d\xe2\x99\x81"
TERMINATOR = b"\xff\xff\xff\xff"
POLYNOMIAL = 0xC96C5795D7870F42
ALL_ONES = (1 << 64) - 1

Document = Mapping[str, Any]


def orders(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Small documents that differ."""
    return [{"_id": i, "id": f"o-{i}", "items": [{"total": i / 2}]} for i in range(start, start + count)]


def encode(documents: Iterable[Document]) -> bytes:
    """Documents end to end, as a ``.bson`` file has them."""
    return b"".join(map(bson.encode, documents))


def _of_byte(crc: int) -> int:
    for _ in range(8):
        crc = (crc >> 1) ^ (POLYNOMIAL if crc & 1 else 0)
    return crc


TABLE = [_of_byte(byte) for byte in range(256)]


def crc64_xz(data: bytes) -> int:
    """CRC-64/XZ, from its definition."""
    crc = ALL_ONES
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ ALL_ONES


def signed(crc: int) -> int:
    """The checksum as a BSON int64."""
    return crc - (1 << 64) if crc >> 63 else crc


def header(database: str, collection: str, *, crc: int | None = None) -> bytes:
    """A segment's header; with a checksum the one that ends the collection."""
    return bson.encode(
        {
            "db": database,
            "collection": collection,
            "EOF": crc is not None,
            "CRC": bson.Int64(signed(crc or 0)),
        }
    )


def segment(database: str, collection: str, documents: Iterable[Document] = ()) -> bytes:
    """Documents of one collection, and what goes around them."""
    return header(database, collection) + encode(documents) + TERMINATOR


def ending(database: str, collection: str, documents: Iterable[Document]) -> bytes:
    """The end of a collection, with the checksum of all its documents."""
    return header(database, collection, crc=crc64_xz(encode(documents))) + TERMINATOR


def entry(database: str, collection: str, **more: Any) -> bytes:
    """What the archive's beginning says of a collection."""
    return bson.encode({"db": database, "collection": collection, "metadata": "{}", "size": 0, **more})


def prelude(*entries: bytes) -> bytes:
    """The beginning of an archive."""
    opening = {
        "concurrent_collections": 4,
        "version": "0.1",
        "server_version": "7.0.1",
        "tool_version": "100.9",
    }
    return MAGIC + bson.encode(opening) + b"".join(entries) + TERMINATOR


def archive(collections: Mapping[str, Sequence[Document]], database: str = "shop", piece: int = 2) -> bytes:
    """A whole archive, the collections interleaved, ``piece`` documents a segment."""
    parts = [prelude(*(entry(database, name) for name in collections))]
    longest = max(map(len, collections.values()), default=0)
    for start in range(0, longest, piece):
        for name, documents in collections.items():
            if documents[start : start + piece]:
                parts.append(segment(database, name, documents[start : start + piece]))
    parts += [ending(database, name, documents) for name, documents in collections.items()]
    return b"".join(parts)


def write_dump(
    directory: Path,
    collections: Mapping[str, Sequence[Document]],
    *,
    packed: bool = False,
    metadata: Mapping[str, Any] | None = None,
) -> Path:
    """The files of one database, as ``mongodump`` writes them."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, documents in collections.items():
        write(directory / f"{name}.bson", encode(documents), packed=packed)
        text = json.dumps({"indexes": [], "type": "collection", "options": {}, **(metadata or {})})
        write(directory / f"{name}.metadata.json", text.encode(), packed=packed)
    return directory


def write(path: Path, data: bytes, *, packed: bool = False) -> Path:
    """One file, gzipped on request."""
    target = path.with_name(path.name + ".gz") if packed else path
    target.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    return target


def raw_document(*elements: bytes) -> bytes:
    """A document of elements that were encoded by hand."""
    body = b"".join(elements)
    return pack("<i", len(body) + 5) + body + b"\0"
