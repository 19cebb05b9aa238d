"""Documents of a live server fetched again, by their ids, keys and references: a few hundred at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, ClassVar, Final

import bson
from bson.regex import Regex

from intact.core.paths import EACH, Path
from intact.sources.base import Block, Fault, Item, LookUp
from intact.sources.mongodb.errors import DRIVER_ERRORS
from intact.sources.mongodb.facts import leading_path
from intact.sources.mongodb.handle import Handle
from intact.sources.mongodb.ranges import EXACT, id_of, split
from intact.sources.mongodb.reader import Reader
from intact.sources.mongodb.scan import GaveUpError, Reading
from intact.sources.mongodb.scan_plan import Query, ScanPlan
from intact.sources.mongodb.values import UnaskableError, size_of, value_of

VALUES_AT_ONCE: Final = 500
"""How many values one query asks for."""

BYTES_AT_ONCE: Final = 4 << 20
"""How many bytes of them: a command may be 48 MB, and a document in it 16."""

SCAN_FROM: Final = 0.25
"""The part of a collection from which on it is read as a whole, and not looked up in."""

MOST_REMEMBERED: Final = 1_000_000
"""Documents up to which it is remembered which have come, so that a collection can be read once more."""

_OBJECT_ID: Final = b"\x07_id\0"


@dataclass
class LookUpPlan(ScanPlan):
    """A collection of which some documents are looked up: by queries, or by reading it as a whole.

    Attributes:
        lookups: Which ones.
        indexes: Names the paths of a collection by which documents can be looked up.
        several: Whether several documents may have one ``_id``, as on the shards of a cluster.
    """

    whole: ClassVar[bool] = False
    lookups: Sequence[LookUp] = ()
    indexes: Callable[[str], Awaitable[frozenset[str]]] | None = None
    several: bool = False
    _remembers: bool = True
    _seen: set[bytes] = field(default_factory=set)

    async def prepare(self, handle: Handle) -> None:
        """Decide how the documents are fetched."""
        queries = await self._queries(handle)
        if queries is not None:
            self.parts = [*queries]
            self.left = len(queries)
        # Ranges have no document in common; what is begun anew brings documents again.
        few = (self.documents or 0) <= MOST_REMEMBERED
        self._remembers = queries is not None or (few and self.parts == [None])

    async def _queries(self, handle: Handle) -> list[Query] | None:
        """Return the queries to send; None where the collection is read as a whole."""
        try:
            by_path = _values(self.lookups)
        except UnaskableError:
            await super().prepare(handle)
            return None
        indexed = await self.indexes(self.name) if self.indexes else frozenset[str]()
        asked = sum(map(len, by_path.values()))
        without = sum(len(values) for path, values in by_path.items() if path not in indexed)
        if asked > VALUES_AT_ONCE:
            await super().prepare(handle)
            much = self.documents is not None and asked > SCAN_FROM * self.documents
            if without > VALUES_AT_ONCE or much:  # each query without an index would read the whole of it
                return None
        return [Query(each) for path, values in by_path.items() for each in _filters(path, values)]

    def take(self, data: bytes | None) -> Item | None:
        """Return those documents that have not come before.

        Behind a router two shards may have two documents of one ``_id``, so there only the same bytes are the same
        document; one that has changed between two queries comes twice, and counts as torn.

        Raises:
            GaveUpError: If it begins anew, and there are too many documents to remember.
        """
        if not self._remembers:
            if data is None:
                raise GaveUpError
            return super().take(data)
        fresh = []
        for document in split(data or b""):
            key = sha256(document).digest() if self.several else _key(document)
            if key not in self._seen:
                self._seen.add(key)
                fresh.append(document)
        return super().take(b"".join(fresh)) if fresh else None

    def progress(self) -> str:
        """Say nothing: how many there are nobody knows."""
        return ""


class LiveReread:
    """A reading of some documents. See :class:`intact.sources.base.Reread`.

    Args:
        reading: A reading of its own, with a moment of its own.
        entries: The entries of listCollections, by name.
        ends: When it ends in any case, by the monotonic clock; None for never.
    """

    def __init__(
        self, reading: Reading, entries: Mapping[str, Mapping[str, Any]], *, ends: float | None
    ) -> None:
        self._reading = reading
        self._entries = entries
        self._ends = ends
        self._indexed: dict[str, frozenset[str]] = {}
        self._torn = False
        self._readers: set[Reader] = set()

    @property
    def one_moment(self) -> bool:
        """Whether all that was found is as of one moment."""
        return self._reading.moment() is not None and not self._torn

    async def begin(self) -> None:
        """Take a moment, where the server can show one."""
        await self._reading.take_moment([name for name in self._entries if not name.startswith("system.")])

    async def find(
        self, lookups: Sequence[LookUp], wanted: Mapping[str, Sequence[Path]]
    ) -> AsyncIterator[Block | Fault]:
        """Fetch documents again. See :meth:`intact.sources.base.Reread.find`."""
        plans = []
        for name in dict.fromkeys(each.collection for each in lookups):
            plan = LookUpPlan.of(name, wanted.get(name, ()), self._entries.get(name, {}))
            plan.lookups = [each for each in lookups if each.collection == name]
            plan.indexes, plan.several = self._indexes, self._reading.handle.sharded
            plans.append(plan)
        self._torn = self._torn or not all(plan.past for plan in plans)
        reader = Reader(self._reading, plans, ends=self._ends)
        self._readers.add(reader)
        try:
            while (item := await reader.next()) is not None:
                if isinstance(item, Block | Fault):
                    yield item
        finally:
            await reader.stop()
            self._readers.discard(reader)

    async def close(self) -> None:
        """End all cursors, and the session. May be called twice."""
        for reader in tuple(self._readers):
            await reader.stop()
        await self._reading.close()

    async def _indexes(self, name: str) -> frozenset[str]:
        if name not in self._indexed:
            try:
                entries = await self._reading.handle.entries({"listIndexes": name})
            except DRIVER_ERRORS:
                entries = []  # that of _id is always there
            self._indexed[name] = frozenset({"_id", *filter(None, map(leading_path, entries))})
        return self._indexed[name]


def _key(document: bytes) -> bytes:
    """Return what tells documents of a collection apart: the bytes of ``_id``."""
    if document[4:9] == _OBJECT_ID:  # as nearly all have it, in front
        return document[4 : 9 + 12]
    found = id_of(document)
    return document if found is None else bson.encode({"": found.value}, codec_options=EXACT)


def dotted(path: Path) -> str:
    """Write a path as a query has it.

    Raises:
        UnaskableError: If no query can name it.
    """
    steps = [step for step in path.steps if step != EACH]
    if any("." in step or step.startswith("$") or not step for step in steps):
        raise UnaskableError
    return ".".join(steps)


def _values(lookups: Sequence[LookUp]) -> dict[str, list[Any]]:
    """Return the values that are asked for, by path, each once.

    Raises:
        UnaskableError: If a value or a path can stand in no query.
    """
    texts: dict[str, dict[str, None]] = {}
    for each in lookups:
        texts.setdefault(dotted(each.path), {}).update(dict.fromkeys(each.values))
    return {path: [value_of(text) for text in asked] for path, asked in texts.items()}


def _filters(path: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Make queries of values: a few hundred in each; one for each pattern, which among others would be matched."""
    filters: list[dict[str, Any]] = [{path: {"$eq": each}} for each in values if isinstance(each, Regex)]
    some: list[Any] = []
    size = 0
    for each in values:
        if isinstance(each, Regex):
            continue
        length = size_of(each)
        if len(some) == VALUES_AT_ONCE or (some and size + length > BYTES_AT_ONCE):
            filters.append({path: {"$in": some}})
            some, size = [], 0
        some.append(each)
        size += length
    return [*filters, {path: {"$in": some}}] if some else filters
