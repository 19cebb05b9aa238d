"""Read a live source to its end, and keep what it gave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bson

from intact.core.errors import IntactError
from intact.core.paths import Path
from intact.sources.base import Block, CollectionInfo, End, Fault, Restart, SourceInfo
from intact.sources.mongodb.live import LiveSource


@dataclass(slots=True)
class Read:
    """What a source gave.

    Attributes:
        info: Its header, after reading.
        listed: Its collections.
        blocks: The blocks, in order.
        faults: The faults, in order.
        order: The collections in the order in which they were read.
        bytes_read: What the source says it has handed on.
        ended: The collections that were read to their end.
        restarts: How often each collection was begun anew.
    """

    info: SourceInfo
    listed: Mapping[str, CollectionInfo]
    blocks: list[Block] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    bytes_read: int = 0
    ended: list[str] = field(default_factory=list)
    restarts: list[str] = field(default_factory=list)

    def documents(self, collection: str) -> list[bytes]:
        """The documents of a collection, as bytes."""
        data = b"".join(block.data for block in self.blocks if block.collection == collection)
        return [bytes(each.raw) for each in bson.decode_all(data, bson.raw_bson.DEFAULT_RAW_BSON_OPTIONS)]


async def read_async(source: LiveSource, wanted: Mapping[str, Sequence[str]]) -> Read:
    """Read the wanted collections, with the paths as models write them, and close the source."""
    try:
        result = Read(source.info, await source.collections())
        async for item in source.read(
            {name: [Path.parse(path) for path in paths] for name, paths in wanted.items()}
        ):
            if isinstance(item, Block):
                assert item.data, "a block is never empty"
                result.blocks.append(item)
            elif isinstance(item, Restart):
                result.blocks = [block for block in result.blocks if block.collection != item.collection]
                result.restarts.append(item.collection)
            elif isinstance(item, End):
                result.ended.append(item.collection)
                continue
            else:
                assert isinstance(item, Fault)
                result.faults.append(item)
            if item.collection is not None and item.collection not in result.order:
                result.order.append(item.collection)
        result.info = source.info
        result.bytes_read = source.bytes_read
        return result
    finally:
        await source.close()
        await source.close()  # may be called twice


def read(uri: str, wanted: Mapping[str, Sequence[str]], *, patience: float = 10, **options: Any) -> Read:
    """Read from a URI."""
    source = LiveSource.from_uri(uri, **options)
    source.patience = patience
    return asyncio.run(read_async(source, wanted))


def refusal(uri: str, *, within: float = 3, **options: Any) -> IntactError:
    """The error that a URI of which nothing can be read gives, in time."""
    begun = time.monotonic()
    try:
        read(uri, {"orders": ["id"]}, **options)
    except IntactError as error:
        assert time.monotonic() - begun < within, "the error came too late"
        return error
    raise AssertionError("nothing was refused")
