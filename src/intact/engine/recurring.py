"""Which rows of a table have a value that may stand there more than once: those whose hash does.

Most columns that should name one document each do, so nearly always the answer is none. It is found without comparing
texts, and without grouping by the engine, which costs five times as much.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from intact.core.native import chosen
from intact.engine.cursor import quoted
from intact.engine.duck import DuckEngine
from intact.engine.table import text_buffers
from intact.engine.threads import side_by_side

_BYTES: Final = 48
"""What a row takes while it is looked at: its number, its hash, and copies of the hash."""

_SHARE: Final = 8
"""One part of so many of the engine's budget may be hashes."""


_AT_ONCE: Final = 1 << 17
"""Rows that are handed out together: of a thousand portions each has its price."""


def recurring(engine: DuckEngine, table: str, column: str, *, where: str = "TRUE") -> pa.ChunkedArray:
    """Return the numbers of the rows whose value has a hash that another row's has too; of rows without one none.

    Args:
        engine: With the table.
        table: Its name.
        column: One of its columns, of texts or of digests.
        where: A condition on its rows.
    """
    value, native = quoted(column), chosen()
    parts = 1 + engine.size(table) * _BYTES * _SHARE // engine.memory
    held = engine.held(table, column) if native and parts == 1 and where == "TRUE" else None
    # Two texts of one hash cost a comparison later on, and nothing else: whoever asks compares the values themselves.
    if native and held is not None:
        numbers = side_by_side(lambda part: native.numbers(*text_buffers(part[1])), held, engine.stop)
        found = [
            pa.chunked_array([rows for rows, _ in held], pa.int64()).take(_again(native, b"".join(numbers)))
        ]
    else:
        found = []
        for part in range(parts):
            some = f" AND hash({value}) % {parts} = {part}" if parts > 1 else ""
            query = (
                f"SELECT hash({value}), _row FROM {quoted(table)} WHERE {value} IS NOT NULL AND {where}{some}"
            )
            batches = list(engine.batches(query, _AT_ONCE))
            if batches:
                hashes, rows = pa.Table.from_batches(batches).combine_chunks().columns
                found.append(rows.take(places(hashes.combine_chunks())))
    return pa.chunked_array([each.combine_chunks() for each in found], pa.int64())


def _again(native: ModuleType, numbers: bytes) -> pa.UInt64Array:
    """Return the places of the numbers of eight bytes each that stand more than once."""
    found = native.recurring(numbers)
    return pa.Array.from_buffers(pa.uint64(), len(found) // 8, [None, pa.py_buffer(found)])


def places(hashes: pa.UInt64Array) -> pa.Array:
    """Return the places of the numbers that stand more than once."""
    if (native := chosen()) is not None:
        return _again(native, hashes.buffers()[1].slice(hashes.offset * 8, len(hashes) * 8).to_pybytes())
    if len(pc.unique(hashes)) == len(hashes):
        return pa.array([], pa.uint64())
    counted = pc.value_counts(hashes)
    several = counted.field(0).filter(pc.greater(counted.field(1), 1))
    return pc.indices_nonzero(pc.is_in(hashes, value_set=several))
