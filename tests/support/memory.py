"""A source that holds its documents in memory, for tests of what comes after reading."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import bson

from intact.core.paths import Path
from intact.sources.base import Block, CollectionInfo, Fault, SourceInfo


class MemorySource:
    """Documents given as dictionaries or as BSON, and faults given as they are.

    Args:
        data: Documents by collection.
        faults: What to report as unreadable, after all documents.
        at_once: How many documents make a block.
    """

    def __init__(
        self,
        data: Mapping[str, Sequence[Mapping[str, Any] | bytes]],
        *,
        faults: Sequence[Fault] = (),
        at_once: int = 7,
    ) -> None:
        self.info = SourceInfo("bson", "memory", "memory", one_moment=True)
        self._data = data
        self._faults = faults
        self._at_once = at_once
        self.bytes_read = 0

    async def collections(self) -> Mapping[str, CollectionInfo]:
        return {name: CollectionInfo(name) for name in self._data}

    async def read(self, wanted: Mapping[str, Sequence[Path]]) -> AsyncIterator[Block | Fault]:
        for name in wanted:
            documents = self._data[name]
            for first in range(0, len(documents), self._at_once):
                some = documents[first : first + self._at_once]
                yield Block(name, b"".join(d if isinstance(d, bytes) else bson.encode(d) for d in some))
        for fault in self._faults:
            yield fault

    async def close(self) -> None:
        """Nothing to close."""
