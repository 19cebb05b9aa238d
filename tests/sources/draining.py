"""Reads a source to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

from intact.core.errors import SourceError
from intact.sources import Block, CollectionInfo, End, Fault, Source, SourceInfo, open_source

CODEC: CodecOptions[dict[str, Any]] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_AUTO)


@dataclass
class Drained:
    """All that a source gave."""

    info: SourceInfo
    collections: Mapping[str, CollectionInfo]
    blocks: list[Block] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    bytes_read: int = 0

    def data(self, collection: str) -> bytes:
        """The bytes of one collection."""
        return b"".join(block.data for block in self.blocks if block.collection == collection)

    def documents(self, collection: str) -> list[dict[str, Any]]:
        """The documents of one collection."""
        return bson.decode_all(self.data(collection), CODEC)

    @property
    def fault(self) -> Fault:
        """The only fault."""
        (fault,) = self.faults
        return fault


def drain(source: Source, wanted: Iterable[str] | None = None) -> Drained:
    """Read the wanted collections, or all that can be read, and keep to the contract while looking."""
    return asyncio.run(_drain(source, wanted))


async def _drain(source: Source, wanted: Iterable[str] | None) -> Drained:
    try:
        listed = await source.collections()
        drained = Drained(source.info, listed)
        names = wanted if wanted is not None else [name for name, info in listed.items() if not info.skip]
        over: set[str | None] = set()
        async for item in source.read(dict.fromkeys(names, ())):
            assert item.collection not in over, "nothing may follow a fault without a count"
            if isinstance(item, Block):
                assert item.data, "a block is never empty"
                drained.blocks.append(item)
            elif isinstance(item, End):
                drained.ended.append(item.collection)
            else:
                assert isinstance(item, Fault), "a file does not begin anew"
                drained.faults.append(item)
                if item.documents is None and item.collection is not None:
                    over.add(item.collection)
        drained.bytes_read = source.bytes_read
        return drained
    finally:
        await source.close()
        await source.close()


def read(path: object, wanted: Iterable[str] | None = None, **options: Any) -> Drained:
    """Open a source and read it."""
    return drain(open_source(path, **options), wanted)


def refused(path: object, **options: Any) -> SourceError:
    """The error of a source of which nothing can be read."""
    try:
        read(path, **options)
    except SourceError as error:
        return error
    raise AssertionError(f"{path} was read")
