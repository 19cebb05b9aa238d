"""The sample as a mongodump archive: one file, in which the collections alternate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import bson
from bson.int64 import Int64
from fastcrc import crc64

from tests.sample_data.business import Business
from tests.sample_data.errors import SampleError
from tests.sample_data.metadata import SERVER_VERSION, TOOL_VERSION, check_database, metadata_json
from tests.sample_data.planted import COLLECTIONS, Planted
from tests.sample_data.sample_files import opened

MAGIC: Final = bytes.fromhex("6de29981")
TERMINATOR: Final = b"\xff\xff\xff\xff"


def write_archive(
    path: str | Path,
    *,
    orders: int = 2000,
    seed: int = 1,
    faults: int | Mapping[str, int] = 0,
    as_of: datetime,
    database: str = "delivery",
    gzip: bool = False,
    force: bool = False,
) -> Planted:
    """Write a sample as ``mongodump --archive`` does, each collection closed by its CRC-64/XZ.

    What was planted is written to ``<path>.planted.json`` at the end.

    Args:
        path: The file.
        orders: How many orders the business has; see :class:`~tests.sample_data.business.Business`.
        seed: The seed; the same gives the same bytes.
        faults: How many faults of each kind, or by kind.
        as_of: The moment of the data, UTC where naive.
        database: Name of the database.
        gzip: Whether to compress the file.
        force: Whether to replace a file that exists.

    Raises:
        SampleError: The sample cannot be made as asked.
    """
    business = Business(
        orders=orders, seed=seed, faults=faults, as_of=as_of, database=check_database(database)
    )
    target = Path(path)
    if target.exists() and not force:
        raise SampleError(f"{target} exists; choose another file or use --force to replace it")
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened(target, gzip) as file:
        _write_prelude(file, database)
        _write_segments(file, business)
    business.planted.write(target.with_name(f"{target.name}.planted.json"))
    return business.planted


def _write_prelude(file: IO[bytes], database: str) -> None:
    versions = {"version": "0.1", "server_version": SERVER_VERSION, "tool_version": TOOL_VERSION}
    file.write(MAGIC + bson.encode({"concurrent_collections": 4, **versions}))
    for name in COLLECTIONS:
        namespace: dict[str, Any] = {"db": database, "collection": name}
        about = {"metadata": metadata_json(database, name), "size": 0, "type": "collection"}
        file.write(bson.encode(namespace | about))
    file.write(TERMINATOR)


def _write_segments(file: IO[bytes], business: Business) -> None:
    checksums = dict.fromkeys(COLLECTIONS, 0)
    for name, documents in business:
        content = b"".join(map(bson.encode, documents))
        checksums[name] = crc64.xz(content, checksums[name])
        file.write(_header(business.database, name) + content + TERMINATOR)
    for name, checksum in checksums.items():
        file.write(_header(business.database, name, checksum) + TERMINATOR)


def _header(database: str, collection: str, checksum: int | None = None) -> bytes:
    """Give the header of a segment; the one with a checksum ends the collection."""
    signed = (checksum or 0) - (1 << 64 if (checksum or 0) >> 63 else 0)
    end = checksum is not None
    return bson.encode({"db": database, "collection": collection, "EOF": end, "CRC": Int64(signed)})
