"""From a source to tables: each wanted collection read once, projected, and loaded; and what could not be."""

from __future__ import annotations

import time
from asyncio import wrap_future
from bisect import insort
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from intact.audit.currencies import CurrencyWatch
from intact.checks.context import Read
from intact.core.counts import agreed, counted
from intact.core.order import order_key
from intact.core.paths import Path
from intact.core.values import CUT, shown
from intact.engine import (
    DIGEST,
    Copies,
    DuckEngine,
    LongValues,
    Span,
    TooLarge,
    all_different,
    drop_copies,
    processors,
    span,
)
from intact.findings.progress import Progress
from intact.findings.records import CollectionRead, Repeat, Trouble
from intact.model.specs import Model
from intact.project import Batch, Column, Occurrence, Problem, Projector, projector
from intact.project.columns import MAX_REPEATS, RepeatedField
from intact.sources.base import Block, CollectionInfo, End, Fault, Item, Rereadable, Restart, Source

_MOST_WORKERS = 8  # more than any disk can feed; each has a block and its columns in memory

_TOO_LARGE = "The document was left out. Give more with --memory."
_SHOWN = 100

MAX_TROUBLES = 200
"""How many troubles a report lists; all are counted."""


@dataclass(slots=True)
class _Collection:
    """What is being read of one collection."""

    name: str
    projector: Projector
    occurrence: Occurrence
    currencies: CurrencyWatch
    notes: tuple[str, ...] = ()
    absent: str = ""
    documents: int = 0
    lost: int = 0
    repeated: int = 0
    repeats: list[RepeatedField] = field(default_factory=list)
    bytes: int = 0
    size: int | None = None
    broken: str = ""  # the first reason why it is not whole
    spans: list[Span | None] = field(default_factory=list)  # of the _id, a block after the other
    ascends: bool = True  # whether the _id does in all of them
    copies: Copies = field(default_factory=Copies)
    ended: bool = False  # whether the source has said that this is all

    def lack(self) -> None:
        """Take in that documents of it could not be read, as many as are lost."""
        self.broken = f"{self.name} has {counted(self.lost, 'document')} that could not be read"

    def forget(self) -> None:
        """Begin anew, as if nothing had been read."""
        self.documents = self.lost = self.repeated = self.bytes = 0
        self.spans.clear()
        self.ascends = True
        self.broken = ""
        self.repeats.clear()
        self.projector.begin()
        self.occurrence = Occurrence(self.occurrence.paths)


@dataclass(slots=True)
class Ingest:
    """What has been read.

    Attributes:
        collections: What was read of each wanted collection.
        troubles: What could not be read; at most :data:`MAX_TROUBLES`.
        troubles_total: How many there were.
        bytes_read: How far the source had come, of which progress has been told.
        in_files: Whether troubles have an order of their own, as in a file. Those of a server, which is read in
            ranges side by side, are ordered by what they name.
    """

    collections: dict[str, _Collection] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    troubles_total: int = 0
    bytes_read: int = 0
    in_files: bool = True

    def read(self) -> dict[str, Read]:
        """Tell for each collection whether it is there, and whether all of it is."""
        return {
            c.name: Read(not c.absent, not (c.absent or c.broken), c.absent or c.broken) for c in self._all
        }

    def currencies(self) -> Iterator[str]:
        """Yield what is to be said of currencies that the model does not name."""
        for _, each in sorted(self.collections.items()):
            yield from each.currencies.notes()

    def occurrences(self) -> dict[str, Occurrence]:
        """Tell for each collection which fields occur in it."""
        return {c.name: c.occurrence for c in self._all}

    def summary(self) -> tuple[CollectionRead, ...]:
        """Return what the report says of each collection."""
        return tuple(
            CollectionRead(
                c.name,
                c.documents,
                c.lost,
                c.repeated,
                copies=c.copies.dropped,
                present=not c.absent,
                whole=not (c.absent or c.broken),
                note="; ".join(filter(None, (c.absent or c.broken, *c.notes, *_copies(c.copies)))),
                repeats=tuple(Repeat(shown(each.document_id), each.fields) for each in c.repeats),
            )
            for c in self._all
        )

    @property
    def documents(self) -> int:
        """How many documents have been looked at."""
        return sum(c.documents for c in self._all)

    @property
    def _all(self) -> Iterable[_Collection]:
        return self.collections.values()

    def drop_copies(self, engine: DuckEngine, *, changing: bool = False) -> None:
        """Let the same document, however often it was read, be one; comes after all has been read.

        Args:
            engine: With all that was read.
            changing: Whether the source may have been written to meanwhile.
        """
        for each in self._all:
            if not all_different(each.spans):
                each.copies = drop_copies(engine, each.name, changing=changing)
                each.documents -= each.copies.dropped + each.copies.overtaken

    @property
    def rivals(self) -> frozenset[str]:
        """The collections in which one ``_id`` stands in documents of different content."""
        return frozenset(each.name for each in self._all if each.copies.rivals)

    @property
    def nameless(self) -> frozenset[str]:
        """The collections with documents that have no ``_id``."""
        return frozenset(each.name for each in self._all if each.copies.nameless)

    def fault(self, fault: Fault) -> None:
        """Take in that a part of the source could not be read."""
        self._trouble(Trouble(fault.collection, fault.what, fault.where, fault.hint, fault.documents), 1)
        concerned = [c for c in self._all if fault.collection in {None, c.name}]
        for collection in concerned:
            if fault.documents and fault.collection is not None:
                collection.documents += fault.documents
                collection.lost += fault.documents
            collection.broken = (
                collection.broken or f"{collection.name} was not read whole ({fault.where}: {fault.what})"
            )

    def listed(self, available: Mapping[str, CollectionInfo]) -> None:
        """Take in which collections a stream had, which could not be known before it was read."""
        for each in self._all:
            info = available.get(each.name)
            if not each.broken:  # else it may have lain in the part that was not read
                each.absent = _absent(each.name, info)
            each.notes = info.notes if info else ()

    def forget(self, collection: _Collection) -> None:
        """Take back what has been said of a collection, which is read anew."""
        kept = [each for each in self.troubles if each.collection != collection.name]
        self.troubles_total -= len(self.troubles) - len(kept)
        self.troubles[:] = kept
        collection.forget()

    def unfinished(self, where: str) -> None:
        """Take in that the time for reading was over before everything had been read."""
        for each in self._all:
            if not (each.absent or each.broken or each.ended):
                what = f"the time for the run was over: {_amount(each)}"
                self.fault(Fault(each.name, what, where, "Give it more with --max-duration."))

    def problems(self, collection: _Collection, batch: Batch, *, in_file: bool) -> None:
        """Take in which documents and values could not be read; of what lies in no file no offset is told."""
        for problem in batch.problems:
            self._trouble(_trouble(collection.name, problem, in_file=in_file), 1)
        self.troubles_total += batch.damaged - len(batch.problems)
        if batch.lost:
            collection.lack()

    def too_large(self, collection: _Collection, rows: Iterable[TooLarge]) -> None:
        """Take in which documents hold more than can be judged."""
        for row in rows:
            where = (
                f"{collection.name}, document {_shown(row.document_id)}"
                if row.document_id
                else collection.name
            )
            what = f"its field {row.column.partition('@')[0]} is too large to judge ({row.size:,} bytes)"
            self._trouble(Trouble(collection.name, what, where, _TOO_LARGE, 1), 1)
            collection.lost += 1
            collection.lack()

    def _trouble(self, trouble: Trouble, count: int) -> None:
        self.troubles_total += count
        if self.in_files:
            self.troubles += [trouble] * (len(self.troubles) < MAX_TROUBLES)
            return
        insort(self.troubles, trouble, key=self._order)
        del self.troubles[MAX_TROUBLES:]

    def _order(self, trouble: Trouble) -> tuple[int, str, str]:
        """Return what troubles of a server are sorted by."""
        names = list(self.collections)
        at = names.index(trouble.collection) if trouble.collection in names else -1
        return at, trouble.where, trouble.what


async def ingest(
    source: Source,
    available: Mapping[str, CollectionInfo],
    model: Model,
    columns: Mapping[str, set[Column]],
    *,
    engine: DuckEngine,
    progress: Progress,
    ends: float | None = None,
) -> Ingest:
    """Read the wanted collections into the engine.

    Args:
        source: What to read.
        available: The collections that it has.
        model: Whose collections are wanted; it tells the order of reading.
        columns: The columns to take out, by collection.
        engine: Where they go, a table a collection; an empty one for a collection that is not there.
        progress: Told of every block.
        ends: When reading ends in any case, by the monotonic clock; None for never. What was not read is a trouble.
    """
    result, wanted = Ingest(in_files=not isinstance(source, Rereadable)), {}
    for name in reading_order(model, columns):
        its = sorted(columns[name], key=lambda column: (column.path, column.role.value))
        counted = {*model.collections[name].paths, *(column.path for column in its)}
        watch = CurrencyWatch(name, its, model)
        made = _Collection(name, projector(its, counted), Occurrence(counted), watch)
        info = available.get(name)
        made.absent = _absent(name, info) if source.info.listed else ""
        made.notes = info.notes if info else ()
        made.size = info.size if info else None
        engine.create(name, made.projector.schema.append(pa.field(DIGEST, pa.uint64())))
        result.collections[name] = made
        if not made.absent:
            wanted[name] = sorted({*counted, Path(("_id",)), *made.currencies.asked})
    items: Any = (
        source.read(wanted, reading_levels(model, wanted))
        if isinstance(source, Rereadable)
        else source.read(wanted)
    )
    with _Line(result, engine, progress, source) as line:
        async for item in items:
            await line.take(item)
            if ends is not None and time.monotonic() >= ends:
                break
        else:
            ends = None
        await line.finish()
        if not source.info.listed:
            result.listed(await source.collections())
        if ends is not None:
            result.unfinished(source.info.label)
    return result


class _Line:
    """What happens to blocks between the source and the engine, in threads of their own.

    While the source reads on, blocks are projected, several at once where the projector allows it, and what has been
    projected is loaded. Everything is taken in in the order in which it was read.
    """

    def __init__(self, result: Ingest, engine: DuckEngine, progress: Progress, source: Source) -> None:
        self._result = result
        self._engine = engine
        self._long_values = LongValues(engine.memory)
        self._progress = progress
        self._source = source
        parallel = all(each.projector.parallel for each in result.collections.values())
        self._workers = min(processors(), _MOST_WORKERS) if parallel else 1
        self._projecting = ThreadPoolExecutor(self._workers, "intact project")
        self._loading = ThreadPoolExecutor(1, "intact load")
        self._waiting: deque[tuple[Block, Future[tuple[Batch, Span | None]]] | Fault | Restart | End] = (
            deque()
        )
        self._loaded: Future[None] | None = None

    async def take(self, item: Item) -> None:
        """Take an item; waits where too many blocks are on their way."""
        if not isinstance(item, Block):
            self._waiting.append(item)
            return
        batch = self._projecting.submit(_projected, self._result.collections[item.collection], item)
        self._waiting.append((item, batch))
        while len(self._waiting) > self._workers + 1:
            await self._first()

    async def finish(self) -> None:
        """Wait for all that is on its way."""
        while self._waiting:
            await self._first()
        if self._loaded:
            await wrap_future(self._loaded)

    async def _first(self) -> None:
        """Take in what was read first of all that is waiting."""
        item = self._waiting.popleft()
        if not isinstance(item, tuple):
            await self._note(item)
            return
        block, future = item
        batch, ids = await wrap_future(future)
        name = block.collection
        collection = self._result.collections[name]
        rows, too_large = self._long_values.fit(batch.rows.append_column(DIGEST, batch.digests))
        if rows.num_rows:
            if self._loaded:
                await wrap_future(self._loaded)
            self._loaded = self._loading.submit(self._engine.load, name, [rows])
        collection.bytes += len(block.data)
        collection.documents += batch.documents
        collection.lost += batch.lost
        collection.repeated += batch.repeated
        collection.repeats += batch.repeats
        collection.repeats.sort(key=lambda each: (order_key(each.document_id), each.fields))
        del collection.repeats[MAX_REPEATS:]
        collection.occurrence.add(batch.occurrence)
        if batch.rows.num_rows:
            collection.spans.append(ids)
            collection.ascends &= ids is not None
        self._result.too_large(collection, too_large)
        if batch.damaged:
            self._result.problems(collection, batch, in_file=block.offset is not None)
        seen = self._source.bytes_read
        self._progress.advance(seen - self._result.bytes_read, batch.documents, name)
        self._result.bytes_read = seen

    async def _note(self, item: Fault | Restart | End) -> None:
        """Take in what is no block."""
        if isinstance(item, Fault):
            self._result.fault(item)
            return
        collection = self._result.collections[item.collection]
        if isinstance(item, End):
            collection.ended = True
            return
        if self._loaded:
            await wrap_future(self._loaded)
        self._loaded = self._loading.submit(self._engine.forget, item.collection)
        self._result.forget(collection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A block may take long, and nobody needs it any more where an error ends the run.
        self._projecting.shutdown(wait=error is None, cancel_futures=True)
        self._loading.shutdown(cancel_futures=True)


def _projected(collection: _Collection, block: Block) -> tuple[Batch, Span | None]:
    """Project a block, and tell what is known of the order of its ``_id``."""
    batch = collection.projector.project(block.data, block.offset or 0)
    collection.currencies.look(block.data, batch)
    return batch, span(batch.rows.column(0)) if collection.ascends else None


def reading_order(model: Model, wanted: Iterable[str]) -> list[str]:
    """Order collections so that those which others refer to come last.

    A record is normally written before what refers to it; read in this order, a database that is being written to
    shows the fewest references to what seems not to be there.
    """
    names, order, begun = set(wanted), [], set()
    for first in model.collections:
        below: list[tuple[str, Iterator[str]]] = []  # no recursion: a chain may be longer than Python's stack
        coming = iter([first])
        while True:
            name = next((each for each in coming if each in model.collections and each not in begun), None)
            if name is not None:
                begun.add(name)
                below.append((name, coming))
                coming = iter(model.collections[name].references.values())
            elif below:
                done, coming = below.pop()
                order += [done] * (done in names)
            else:
                break
    return order[::-1]


def reading_levels(model: Model, wanted: Iterable[str]) -> list[list[str]]:
    """Put collections into groups that may be read together: in each, none refers to another one of it.

    The groups come in the order of :func:`reading_order`, as early as that allows.
    """
    least: dict[str, int] = {}  # the first level below all that refer to it and come before it
    levels: list[list[str]] = []
    done: set[str] = set()
    for name in reading_order(model, wanted):
        level = least.get(name, 0)
        levels += [[]] * (level == len(levels))
        levels[level] = [*levels[level], name]
        done.add(name)
        for target in model.collections[name].references.values():
            if target not in done:
                least[target] = max(least.get(target, 0), level + 1)
    return levels


def _absent(name: str, info: CollectionInfo | None) -> str:
    if info is None:
        return f"the source has no collection {name!r}"
    return f"{name} was not read ({info.skip})" if info.skip else ""


def _copies(found: Copies) -> Iterable[str]:
    """Say what a collection has more than once."""
    if count := found.dropped:
        more = "1 more document is" if count == 1 else f"{count:,} more documents are"
        yield f"{more} the same, byte for byte, as others, and {'is' if count == 1 else 'are'} judged once"
    if count := found.overtaken:
        came = "1 document came" if count == 1 else f"{count:,} documents came"
        yield f"{came} again after a change: the last that came counts"
    if count := found.rivals:
        several = (
            f"{count:,} _id {'stand' if count > 1 else 'stands'} in several documents of different content"
        )
        yield f"{several}: which of them counts cannot be told"


def _amount(collection: _Collection) -> str:
    """Say how much of a collection was read, of about how much."""
    read = collection.documents
    if not collection.size or not collection.bytes or collection.bytes > collection.size:
        # It is packed, or nobody knows how much there is.
        return f"{read:,} of its documents {agreed(read, 'was', 'were')} read"
    about = round(read * collection.size / collection.bytes)
    return f"{read:,} of about {counted(about, 'document')} {agreed(read, 'was', 'were')} read"


def _shown(identity: str) -> str:
    """Return an id for people, a long one cut."""
    if len(identity) <= _SHOWN:
        return str(shown(identity))
    return f"{shown(identity[:_SHOWN] + CUT)} ({len(identity):,} characters)"


def _trouble(collection: str, problem: Problem, *, in_file: bool) -> Trouble:
    """Word a problem: what, where."""
    what = problem.what
    if problem.expected or problem.found:
        what += (
            f" (expected {problem.expected}, found {problem.found})"
            if problem.expected
            else f" ({problem.found})"
        )
    place = [f"{collection}, document {_shown(problem.document_id)}" if problem.document_id else collection]
    if problem.path:
        place.append(f"field {problem.path}")
    if in_file:
        place.append(f"byte {problem.offset}")
    hint = "The document was left out." if problem.lost else ""
    return Trouble(collection, what, ", ".join(place), hint, 1 if problem.lost else 0)
