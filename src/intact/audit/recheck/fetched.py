"""What one look has fetched: the documents that were asked for, as columns."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from intact.audit.recheck.candidates import Want
from intact.checks.base import ID
from intact.core.paths import Path
from intact.core.stopping import Stop
from intact.engine import DuckEngine
from intact.findings.records import Trouble
from intact.project import Column, Projector, projector
from intact.sources.base import Block, Fault, LookUp, Reread


class Projectors:
    """The projectors of a run, one a collection, made when needed.

    Args:
        columns: The columns to take out, by collection: those of the scan.
    """

    def __init__(self, columns: Mapping[str, set[Column]]) -> None:
        self.columns = columns
        self.wanted = {
            name: sorted({column.path for column in each} | {ID}) for name, each in columns.items()
        }
        self._made: dict[str, Projector] = {}

    def __getitem__(self, name: str) -> Projector:
        """Return the projector of a collection."""
        if name not in self._made:
            columns = sorted(self.columns[name], key=lambda column: (column.path, column.role.value))
            self._made[name] = projector(columns)
        return self._made[name]


class Fetched:
    """Documents of one look.

    Args:
        look: The look.
        projectors: For the collections.
        present: The collections that there are; the others are not asked for.
        stop: When to stop.

    Attributes:
        asked: What has been asked for.
        troubles: What could not be fetched.
        torn: By collection the ``_id`` of documents that came twice and differed.
    """

    def __init__(self, look: Reread, projectors: Projectors, present: frozenset[str], stop: Stop) -> None:
        self._look = look
        self._present = present
        self._projectors = projectors
        self._stop = stop
        self._rows: dict[str, list[pa.RecordBatch]] = defaultdict(list)
        self.asked: set[Want] = set()
        self.troubles: list[Trouble] = []
        self.torn: dict[str, set[str]] = defaultdict(set)

    async def ask(self, wants: Iterable[Want]) -> None:
        """Fetch documents.

        Raises:
            TimeOverError: If the time is over.
        """
        values: dict[tuple[str, Path], list[str]] = defaultdict(list)
        for collection, path, value in sorted(wants):
            self.asked.add((collection, path, value))
            if collection in self._present:
                values[collection, path].append(value)
        sought = {place: pa.array(each, pa.string()) for place, each in values.items()}
        lookups = [LookUp(collection, path, tuple(each)) for (collection, path), each in values.items()]
        wanted = {name: self._projectors.wanted[name] for name in {lookup.collection for lookup in lookups}}
        self._stop.check()
        if not lookups:
            return
        async for item in self._look.find(lookups, wanted):
            self._stop.check()
            if isinstance(item, Fault):
                self.troubles.append(
                    Trouble(item.collection, _again(item.what), item.where, item.hint, item.documents)
                )
            else:
                await asyncio.to_thread(self._take, item, sought)

    def _take(self, block: Block, sought: Mapping[tuple[str, Path], pa.Array]) -> None:
        """Keep what was asked for: where no index helps, all of a collection comes."""
        name = block.collection
        batch = self._projectors[name].project(block.data, block.offset or 0)
        if batch.lost:
            what = (
                f"{batch.lost} documents could not be read"
                if batch.lost > 1
                else "a document could not be read"
            )
            self.troubles.append(Trouble(name, _again(what), name, documents=batch.lost))
        rows = batch.rows
        masks = [_holds(rows, path, values) for (of, path), values in sought.items() if of == name]
        kept = rows.filter(_any(masks)) if masks else rows.slice(0, 0)
        if kept.num_rows:
            self._rows[name].append(kept)

    def fails(self, wants: Iterable[Want]) -> bool:
        """Tell whether some of these documents may be missing because they could not be fetched."""
        names = {trouble.collection for trouble in self.troubles}
        return None in names or any(collection in names for collection, _, _ in wants)

    def load(self, engine: DuckEngine) -> None:
        """Make the tables of all collections, with each document once.

        A document that was fetched in two ways may have come twice. If it was changed in between, the last counts, and
        it is noted as torn. In a look of one moment nothing changes, so what differs is two documents with one ``_id``,
        as shards may have.
        """
        for name in self._projectors.columns:
            engine.create(name, self._projectors[name].schema)
            if self._rows[name]:
                table = self._once(name, pa.Table.from_batches(self._rows[name]))
                engine.load(name, table.combine_chunks().to_batches())

    def _once(self, name: str, table: pa.Table) -> pa.Table:
        ids = table.column("_id")
        if pc.count_distinct(ids).as_py() == table.num_rows:
            return table
        counts = pc.value_counts(ids)
        several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        repeated = pc.is_in(ids, value_set=several)
        last: dict[str | None, dict[str, int]] = defaultdict(dict)
        numbers = pc.indices_nonzero(repeated).to_pylist()
        for number, row in zip(numbers, table.filter(repeated).to_pylist(), strict=True):
            last[row["_id"]][repr(row)] = number
        keep: list[int] = pc.indices_nonzero(pc.invert(repeated)).to_pylist()
        for document_id, versions in last.items():
            if self._look.one_moment:
                keep += versions.values()
            else:
                keep.append(max(versions.values()))
                if len(versions) > 1 and document_id is not None:
                    self.torn[name].add(document_id)
        return table.take(pa.array(sorted(keep), pa.int64()))


def _holds(rows: pa.RecordBatch, path: Path, values: pa.Array) -> pa.Array:
    """Tell of each row whether it holds one of the values at a path, as the server finds it."""
    if path == ID:
        return pc.is_in(rows.column("_id"), value_set=values)
    plain = pc.is_in(rows.column(f"{path}@key"), value_set=values)
    each = rows.column(f"{path}@each")
    if each.null_count == len(each):
        return plain
    found = pc.is_in(pc.list_flatten(each), value_set=values)
    parents = pc.unique(pc.list_parent_indices(each).filter(found))
    return pc.or_(plain, pc.is_in(pa.array(range(rows.num_rows), parents.type), value_set=parents))


def _any(masks: Sequence[pa.Array]) -> pa.Array:
    first, *rest = masks
    for mask in rest:
        first = pc.or_(first, mask)
    return first


def _again(what: str) -> str:
    return f"documents could not be looked at again: {what}"
