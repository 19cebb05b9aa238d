"""A server's documents for the doctor: a sample of each collection, and what its references find beyond it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final, Protocol, runtime_checkable

import pyarrow as pa

from intact.audit.doctor.inspection import LiveInspection
from intact.checks.context import Context
from intact.core.errors import SourceError
from intact.core.paths import EACH, Path
from intact.model.specs import Link
from intact.project import Column, Role, projector
from intact.sources.base import Block, CollectionInfo, End, Item, LookUp, Rereadable, SourceInfo
from intact.sources.mongodb.facts import Surveyable

LOOKED_UP: Final = 2_000
"""So many values of a reference are looked up on the server."""

SCANNED: Final = 100_000
"""A collection of at most so many documents is looked up in without an index, too."""

_BYTES: Final = 64 << 20
_ID: Final = Path(("_id",))


@runtime_checkable
class Server(Rereadable, Surveyable, Protocol):
    """A source that says what it is, and of which documents can be asked for."""


class Sample:
    """A source of the first and last documents of each collection of a server. Never changes, and is read once.

    Args:
        source: The server.
        case: What it says of itself: what may not be read is left out.
        listed: Its collections.
    """

    def __init__(
        self, source: Surveyable, case: LiveInspection, listed: Mapping[str, CollectionInfo]
    ) -> None:
        self.info: SourceInfo = case.info
        self.bytes_read = 0
        self._source = source
        self._reading = case.survey.reading
        self.listed = {
            name: listed[name]
            if self._reading.get(name, True) is True
            else replace(listed[name], skip="the user may not read it")
            for name in case.wanted
            if name in listed
        }

    async def collections(self) -> Mapping[str, CollectionInfo]:
        """List the collections of the model that the server has."""
        return self.listed

    async def read(self, wanted: Mapping[str, Sequence[Path]]) -> AsyncIterator[Item]:
        """Read the sample, whole documents."""
        async for item in self._source.sample(list(wanted)):
            yield item
        for name in wanted:
            yield End(name)

    async def close(self) -> None:
        """Nothing to close: the server is another's."""


async def beyond(
    source: Rereadable, case: LiveInspection, context: Context, links: Sequence[Link]
) -> dict[Link, tuple[int, int] | None]:
    """Look up the values of references that find nothing in the sample, on the server, a bounded number of them.

    Args:
        source: The server.
        case: What it says of itself.
        context: Of the sample.
        links: The references that a rule looks up.

    Returns:
        For each how many values were looked up, and how many find something; None where that would take too much.
    """
    found: dict[Link, tuple[int, int] | None] = {}
    for link in links:
        values, inside = context.looked_up(link)
        sought = context.dangling_values(link, LOOKED_UP)
        if not sought:
            found[link] = values, inside
            continue
        held = await _held(source, case, context, link, tuple(sought))
        if held is None:
            found[link] = None
            continue
        outside = sum(count for ref, count in sought.items() if ref in held)
        found[link] = inside + sum(sought.values()), inside + outside
    return found


async def _held(
    source: Rereadable, case: LiveInspection, context: Context, link: Link, values: tuple[str, ...]
) -> set[str] | None:
    """Tell which values the server finds; None where it would have to read too much."""
    target = context.target(link)
    key = target.key or _ID
    if not _served(case, target.name, key):
        return None
    its = [Column(key, Role.KEY)]
    held: set[str] = set()
    size = 0
    try:
        look = await source.look()
        try:
            async with aclosing(look.find([LookUp(target.name, key, values)], {target.name: [key]})) as items:  # type: ignore[type-var]  # an async generator
                async for item in items:
                    if not isinstance(item, Block) or (size := size + len(item.data)) > _BYTES:
                        return None
                    held |= _keys(projector(its).project(item.data, 0).rows, key)
        finally:
            await look.close()
    except SourceError:
        return None
    return held


def _served(case: LiveInspection, name: str, key: Path) -> bool:
    """Say whether documents can be looked up by a key: an index helps, or there are few."""
    surveyed = case.survey.collections.get(name)
    if surveyed is None:
        return False
    dotted = ".".join(step for step in key.steps if step != EACH)
    few = isinstance(surveyed.documents, int) and surveyed.documents <= SCANNED
    return key == _ID or few or (isinstance(surveyed.indexed, frozenset) and dotted in surveyed.indexed)


def _keys(rows: pa.RecordBatch, key: Path) -> set[str]:
    """Return the values by which documents are found, as ``keys`` of :mod:`intact.checks.sql` does."""
    if key == _ID:
        return {text for text in rows.column("_id").to_pylist() if text is not None}
    found = {text for text in rows.column(f"{key}@key").to_pylist() if text is not None}
    for each in rows.column(f"{key}@each").to_pylist():
        found.update(text for text in each or () if text is not None)
    return found
