"""From a source to tables: each wanted collection read once, projected, and loaded; and what could not be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa

from intact.checks.context import Read
from intact.engine import DuckEngine
from intact.findings.progress import Progress
from intact.findings.types import CollectionRead, Trouble
from intact.model.types import Model
from intact.paths import Path
from intact.project import Batch, Column, Problem, Projector, projector
from intact.sources.base import Block, CollectionInfo, Fault, Source
from intact.values import shown

_ROWS_AT_ONCE = 30_000
_BYTES_AT_ONCE = 8_000_000

MAX_TROUBLES = 200
"""How many troubles a report lists; all are counted."""


@dataclass(slots=True)
class _Collection:
    """What is being read of one collection."""

    name: str
    projector: Projector
    notes: tuple[str, ...] = ()
    absent: str = ""
    documents: int = 0
    lost: int = 0
    repeated: int = 0
    broken: str = ""  # the first reason why it is not whole


@dataclass(slots=True)
class Ingest:
    """What has been read.

    Attributes:
        collections: What was read of each wanted collection.
        troubles: What could not be read; at most :data:`MAX_TROUBLES`.
        troubles_total: How many there were.
        bytes_read: How far the source had come, of which progress has been told.
    """

    collections: dict[str, _Collection] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    troubles_total: int = 0
    bytes_read: int = 0

    def read(self) -> dict[str, Read]:
        """Tell for each collection whether it is there, and whether all of it is."""
        return {
            c.name: Read(not c.absent, not (c.absent or c.broken), c.absent or c.broken) for c in self._all
        }

    def summary(self) -> tuple[CollectionRead, ...]:
        """Give what the report says of each collection."""
        return tuple(
            CollectionRead(
                c.name,
                c.documents,
                c.lost,
                c.repeated,
                present=not c.absent,
                whole=not (c.absent or c.broken),
                note="; ".join(filter(None, (c.absent or c.broken, *c.notes))),
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

    def fault(self, fault: Fault) -> None:
        """Take in that a part of the source could not be read."""
        self._trouble(Trouble(fault.collection, fault.what, fault.where, fault.hint, fault.documents), 1)
        concerned = [c for c in self._all if fault.collection in {None, c.name}]
        for collection in concerned:
            collection.broken = (
                collection.broken or f"{collection.name} was not read whole ({fault.where}: {fault.what})"
            )

    def problems(self, collection: _Collection, batch: Batch, *, in_file: bool) -> None:
        """Take in which documents and values could not be read; of what lies in no file no offset is told."""
        for problem in batch.problems:
            self._trouble(_trouble(collection.name, problem, in_file=in_file), 1)
        self.troubles_total += batch.damaged - len(batch.problems)
        if batch.lost:
            count = collection.lost
            collection.broken = (
                f"{collection.name} has {count} document{'s' * (count != 1)} that could not be read"
            )

    def _trouble(self, trouble: Trouble, count: int) -> None:
        self.troubles_total += count
        if len(self.troubles) < MAX_TROUBLES:
            self.troubles.append(trouble)


async def ingest(
    source: Source,
    available: Mapping[str, CollectionInfo],
    model: Model,
    columns: Mapping[str, set[Column]],
    *,
    engine: DuckEngine,
    progress: Progress,
    aside: Callable[[Callable[[], None]], Awaitable[None]],
) -> Ingest:
    """Read the wanted collections into the engine.

    Args:
        source: What to read.
        available: The collections that it has.
        model: Whose collections are wanted; it tells the order of reading.
        columns: The columns to take out, by collection.
        engine: Where they go, a table a collection; an empty one for a collection that is not there.
        progress: Told of every block.
        aside: Does work while the source is being read, in another thread where reading is waiting for a server.
    """
    result, wanted = Ingest(), {}
    for name in reading_order(model, columns):
        made = _Collection(
            name, projector(sorted(columns[name], key=lambda column: (column.path, column.role.value)))
        )
        info = available.get(name)
        made.absent, made.notes = _absent(name, info), info.notes if info else ()
        engine.create(name, made.projector.schema)
        result.collections[name] = made
        if not made.absent:
            wanted[name] = sorted({column.path for column in columns[name]} | {Path(("_id",))})
    with ThreadPoolExecutor(
        1, "intact load"
    ) as pool:  # what is projected is loaded while the next is projected
        loader = _Loader(engine, pool)
        async for item in source.read(wanted):
            if isinstance(item, Fault):
                result.fault(item)
            else:
                await aside(partial(_project, source, item, result, loader, progress))
        await aside(loader.finish)
    return result


def _project(source: Source, block: Block, result: Ingest, loader: _Loader, progress: Progress) -> None:
    collection = result.collections[block.collection]
    batch = collection.projector.project(block.data, block.offset or 0)
    loader.add(block.collection, batch.rows)
    collection.documents += batch.documents
    collection.lost += batch.lost
    collection.repeated += batch.repeated
    if batch.damaged:
        result.problems(collection, batch, in_file=block.offset is not None)
    seen = source.bytes_read
    progress.advance(seen - result.bytes_read, batch.documents, block.collection)
    result.bytes_read = seen


class _Loader:
    """Loads projected rows in another thread, so many of a collection at once that it pays."""

    def __init__(self, engine: DuckEngine, pool: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._pool = pool
        self._waiting: dict[str, list[pa.RecordBatch]] = {}
        self._loading: Future[None] | None = None

    def add(self, collection: str, rows: pa.RecordBatch) -> None:
        """Take rows; they are loaded once there are enough of them."""
        waiting = self._waiting.setdefault(collection, [])
        if rows.num_rows:
            waiting.append(rows)
        if (
            sum(batch.num_rows for batch in waiting) >= _ROWS_AT_ONCE
            or sum(b.nbytes for b in waiting) >= _BYTES_AT_ONCE
        ):
            self._submit(collection)

    def finish(self) -> None:
        """Load what is left, and wait for it."""
        for collection in list(self._waiting):
            self._submit(collection)
        if self._loading:
            self._loading.result()

    def _submit(self, collection: str) -> None:
        batches = self._waiting.pop(collection)
        if self._loading:
            self._loading.result()
        if batches:
            self._loading = self._pool.submit(self._engine.load, collection, batches)


def reading_order(model: Model, wanted: Iterable[str]) -> list[str]:
    """Order collections so that those which others refer to come last.

    A record is normally written before what refers to it; read in this order, a database that is being written to
    shows the fewest references to what seems not to be there.
    """
    names, order, begun = set(wanted), [], set()

    def visit(name: str) -> None:
        if name in begun or name not in model.collections:
            return
        begun.add(name)
        for target in model.collections[name].references.values():
            visit(target)
        if name in names:
            order.append(name)

    for name in model.collections:
        visit(name)
    return order[::-1]


def _absent(name: str, info: CollectionInfo | None) -> str:
    if info is None:
        return f"the source has no collection {name!r}"
    return f"{name} was not read ({info.skip})" if info.skip else ""


def _trouble(collection: str, problem: Problem, *, in_file: bool) -> Trouble:
    """Word a problem: what, where."""
    what = problem.what
    if problem.expected or problem.found:
        what += (
            f" (expected {problem.expected}, found {problem.found})"
            if problem.expected
            else f" ({problem.found})"
        )
    place = [f"{collection}, document {shown(problem.document_id)}" if problem.document_id else collection]
    if problem.path:
        place.append(f"field {problem.path}")
    if in_file:
        place.append(f"byte {problem.offset}")
    hint = "The document was left out." if problem.lost else ""
    return Trouble(collection, what, ", ".join(place), hint, 1 if problem.lost else 0)
