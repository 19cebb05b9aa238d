"""A source in memory that changes between one reading and the next, as a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import bson

from intact.checks.base import ID
from intact.core.errors import SourceError
from intact.core.paths import Path
from intact.project import Column, Role
from intact.project.pure import PureProjector
from intact.sources.base import Block, CollectionInfo, End, Fault, Item, LookUp, SourceInfo

Document = dict[str, Any]
Data = dict[str, list[Document]]
Change = Callable[[Data], None]


class ChangingSource:
    """Documents of a server that cannot be read as of one moment.

    Args:
        data: Documents by collection; changed in place.
        changes: Done one after the other, each before one look; the last of them again before all further looks.
        one_moment: Whether looks are.
        faults: Handed on by every look, after all that was asked for.
        between: Done in a look before each look-up but the first: what comes after it is newer.
        lost: The number of the look, from 1, from which the server cannot be reached any more.
        everything: Whether a look hands on all documents of a collection, as where no index helps.
    """

    def __init__(
        self,
        data: Data,
        changes: Sequence[Change] = (),
        *,
        one_moment: bool = False,
        faults: Sequence[Fault] = (),
        between: Change | None = None,
        lost: int = 0,
        everything: bool = False,
    ) -> None:
        self.info = SourceInfo("mongodb", "mongodb://memory/shop", "shop", one_moment=False)
        self.data = data
        self.changes = list(changes)
        self.one_moment = one_moment
        self.faults = faults
        self.between = between
        self.lost = lost
        self.everything = everything
        self.bytes_read = 0
        self.looks: list[_Look] = []

    async def collections(self) -> Mapping[str, CollectionInfo]:
        return {name: CollectionInfo(name) for name in self.data}

    async def read(
        self, wanted: Mapping[str, Sequence[Path]], levels: Sequence[Sequence[str]] = ()
    ) -> AsyncIterator[Item]:
        begun = datetime.now(UTC)
        for name in wanted:
            for document in self.data[name]:
                yield Block(name, bson.encode(document))
            yield End(name)
        self.info = SourceInfo("mongodb", "mongodb://memory/shop", "shop", window=(begun, datetime.now(UTC)))

    async def look(self) -> _Look:
        if self.lost and len(self.looks) + 1 >= self.lost:
            raise SourceError("the server cannot be reached", where="mongodb://memory/shop")
        if self.changes:
            change = self.changes[0] if len(self.changes) == 1 else self.changes.pop(0)
            change(self.data)
        self.looks.append(_Look(self))
        return self.looks[-1]

    async def close(self) -> None:
        """Nothing to close."""


class _Look:
    """One look at a source; remembers what it was asked."""

    def __init__(self, source: ChangingSource) -> None:
        self._source = source
        self.one_moment = source.one_moment
        self.asked: list[LookUp] = []
        self.closed = False

    async def find(
        self, lookups: Sequence[LookUp], wanted: Mapping[str, Sequence[Path]]
    ) -> AsyncIterator[Block | Fault]:
        for number, lookup in enumerate(lookups):
            if number and self._source.between:
                self._source.between(self._source.data)
            self.asked.append(lookup)
            for document in self._source.data[lookup.collection]:
                if self._source.everything or holds(document, lookup):
                    yield Block(lookup.collection, bson.encode(document))
        for fault in self._source.faults:
            yield fault

    async def close(self) -> None:
        self.closed = True


def holds(document: Mapping[str, Any] | bytes, lookup: LookUp) -> bool:
    """Tell whether a document holds one of the values that are looked up."""
    return bool(set(named(document, lookup.path)) & set(lookup.values))


def named(document: Mapping[str, Any] | bytes, path: Path) -> Sequence[str]:
    """Give the names of the values by which a server finds a document at a path."""
    return _named(document if isinstance(document, bytes) else bson.encode(document), path)


@lru_cache(50_000)
def _named(document: bytes, path: Path) -> Sequence[str]:
    (row,) = _projector(path).project(document).rows.to_pylist()
    if path == ID:
        return [row["_id"]]
    found = (row[f"{path}@key"], *(row[f"{path}@each"] or ()))
    return [each for each in found if each is not None]


@lru_cache
def _projector(path: Path) -> PureProjector:
    return PureProjector([] if path == ID else [Column(path, Role.KEY)])
