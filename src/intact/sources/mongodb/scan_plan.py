"""One collection to be read: in which ranges, how much there is of it, and how far reading has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from intact.sources.mongodb.errors import DRIVER_ERRORS
from intact.sources.mongodb.handle import Handle
from intact.sources.mongodb.ranges import Range, count, cut, how_many, sampling


@dataclass(slots=True)
class ScanPlan:
    """A collection that is read.

    Attributes:
        name: The collection.
        fields: The projection; None for whole documents.
        level: When it is its turn, where not all is read as of one moment: after those of a lower level.
        past: Whether it can be read as of a moment of the past.
        divisible: Whether it may be read in ranges.
        documents: About how many documents it has; None where nobody tells.
        size: About how many bytes they take on the server; None where nobody tells.
        ranges: What is still to be begun; None stands for the whole.
        left: How many of them have not been read to their end.
        over: Whether nothing more is to be handed on of it.
        handed: How many bytes have been handed on.
    """

    name: str
    fields: Mapping[str, int] | None
    level: int = 0
    past: bool = True
    divisible: bool = True
    documents: int | None = None
    size: int | None = None
    ranges: list[Range | None] = field(default_factory=lambda: [None])
    left: int = 1
    over: bool = False
    handed: int = 0
    _per_document: float = 0.0

    @classmethod
    def of(
        cls, name: str, fields: Mapping[str, int] | None, level: int, entry: Mapping[str, Any]
    ) -> ScanPlan:
        """Take a collection by its entry of listCollections, as far as there is one."""
        options = entry.get("options")
        options = options if isinstance(options, Mapping) else {}
        collation = options.get("collation")
        simple = not isinstance(collation, Mapping) or collation.get("locale") == "simple"
        capped = bool(options.get("capped"))
        return cls(name, fields, level, past=not capped, divisible=simple and not capped)

    async def plan(self, handle: Handle) -> None:
        """Ask how large it is, and divide it where that pays. What the server does not tell is not needed."""
        self.documents, self.size = await _extent(handle, self.name)
        ranges = how_many(self.documents)
        if ranges == 1 or not self.divisible or not handle.modern:
            return
        try:
            sampled = await handle.documents(sampling(self.name, ranges))
        except DRIVER_ERRORS:
            return
        self.ranges = list(cut(sampled, ranges))
        self.left = len(self.ranges)
        if self.left == 1:
            self.ranges = [None]

    def hand(self, data: bytes) -> None:
        """Note that documents were handed on."""
        self._per_document = self._per_document or len(data) / max(1, count(data))
        self.handed += len(data)

    def void(self) -> None:
        """Note that what was handed on counts for nothing."""
        self.handed = 0

    @property
    def read(self) -> int:
        """About how many documents have been handed on."""
        return round(self.handed / self._per_document) if self._per_document else 0

    def progress(self) -> str:
        """Say how much of it was read, as a part of a sentence."""
        if self.documents is None:
            return f"about {self.read:,} of its documents were read"
        return f"about {self.read:,} of about {max(self.documents, self.read):,} documents were read"


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
