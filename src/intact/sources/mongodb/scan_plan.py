"""One collection to be read: in which parts, how much there is of it, and how far reading has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, TypeAlias

from intact.core.paths import Path
from intact.sources.base import Block, Item, Restart
from intact.sources.mongodb.errors import DRIVER_ERRORS
from intact.sources.mongodb.handle import Handle
from intact.sources.mongodb.ranges import Range, count, cut, how_many, sampling


@dataclass(frozen=True, slots=True)
class Query:
    """Those documents of a collection that a filter finds."""

    filter: Mapping[str, Any]


Part: TypeAlias = Range | Query | None
"""What one cursor reads after the other; None is the whole collection in natural order."""


@dataclass
class ScanPlan:
    """A collection that is read as a whole.

    Attributes:
        name: The collection.
        fields: The projection; None for whole documents.
        level: When it is its turn, where not all is read as of one moment: after those of a lower level.
        past: Whether it can be read as of a moment of the past.
        divisible: Whether it may be read in ranges.
        documents: About how many documents it has; None where nobody tells.
        size: About how many bytes they take on the server; None where nobody tells.
        parts: What is still to be begun.
        left: How many of them have not been read to their end.
        over: Whether nothing more is to be handed on of it.
        handed: How many bytes have been handed on.
        whole: Whether all of its documents are asked for, so that it is strange if there are none.
    """

    whole: ClassVar[bool] = True

    name: str
    fields: Mapping[str, int] | None
    level: int = 0
    past: bool = True
    divisible: bool = True
    documents: int | None = None
    size: int | None = None
    parts: list[Part] = field(default_factory=lambda: [None])
    left: int = 1
    over: bool = False
    handed: int = 0
    _per_document: float = 0.0

    @classmethod
    def of(cls, name: str, paths: Sequence[Path], entry: Mapping[str, Any], level: int = 0) -> Self:
        """Take a collection by the paths that are wanted, and its entry of listCollections, if there is one."""
        options = entry.get("options")
        options = options if isinstance(options, Mapping) else {}
        collation = options.get("collation")
        simple = not isinstance(collation, Mapping) or collation.get("locale") == "simple"
        capped = bool(options.get("capped"))
        return cls(name, projection(paths), level, past=not capped, divisible=simple and not capped)

    async def prepare(self, handle: Handle) -> None:
        """Ask how large it is, and divide it where that pays. What the server does not tell is not needed."""
        self.documents, self.size = await _extent(handle, self.name)
        ranges = how_many(self.documents)
        if ranges == 1 or not self.divisible or not handle.modern:
            return
        try:
            sampled = await handle.documents(sampling(self.name, ranges))
        except DRIVER_ERRORS:
            return
        found = cut(sampled, ranges)
        self.parts = [*found] if len(found) > 1 else [None]
        self.left = len(self.parts)

    def take(self, data: bytes | None) -> Item | None:
        """Return what is to be handed on, if anything.

        Args:
            data: The documents that came; None where a part begins anew, so that they come again.
        """
        if data is None:
            self.handed = 0
            return Restart(self.name)
        self._per_document = self._per_document or len(data) / max(1, count(data))
        self.handed += len(data)
        return Block(self.name, data)

    @property
    def read(self) -> int:
        """About how many documents have been handed on."""
        return round(self.handed / self._per_document) if self._per_document else 0

    def progress(self) -> str:
        """Say how much of it was read, to be added to a sentence."""
        if self.documents is None:
            return f": about {self.read:,} of its documents were read"
        return f": about {self.read:,} of about {max(self.documents, self.read):,} documents were read"


def part_done(works: list[ScanPlan]) -> float:
    """Say what part of all collections has been read, from 0 to 1; 0 where that cannot be told."""
    weights = [each.size or each.documents or 0 for each in works]
    if not sum(weights):
        return 0.0
    done = [
        1.0 if each.over or not each.left else min(1.0, each.read / each.documents) if each.documents else 0.0
        for each in works
    ]
    return sum(weight * part for weight, part in zip(weights, done, strict=True)) / sum(weights)


def projection(paths: Sequence[Path]) -> dict[str, int] | None:
    """Say which fields to ask the server for: whole top-level ones, and ``_id``; None is for whole documents.

    Not the dotted paths: projecting ``items.total`` drops the elements of ``items`` that are no objects, and
    the whole of ``items`` where it is a string, and it is just these that an audit has to see. Of a field
    that a document holds twice, the server hands on the first at least, which is the one that counts. A name
    that begins with ``$`` cannot be projected.
    """
    names = {path.top for path in paths}
    if any(name.startswith("$") or "." in name for name in names):
        return None
    return {"_id": 1, **dict.fromkeys(sorted(names), 1)}


async def _extent(handle: Handle, name: str) -> tuple[int | None, int | None]:
    """Ask for the number of documents and of bytes. The user may have the right to the first only, or to none."""
    try:
        reply = await handle.command({"collStats": name})
        return int(reply["count"]), int(reply["size"])
    except DRIVER_ERRORS:
        pass
    try:
        return int((await handle.command({"count": name}))["n"]), None
    except DRIVER_ERRORS:
        return None, None
