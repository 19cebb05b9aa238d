"""How much of long values a run takes in: a query holds two thousand rows at once, so these must fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

LONG_TEXT: Final = 64 << 10
"""From how many bytes on a text counts as long."""

LONG_LIST: Final = 1 << 20
"""From how many bytes on a list does, all of its texts together."""

_USUAL: Final = 256
_ENTRY: Final = 16  # what the engine keeps of each text of a list beside its bytes
_TEXT_SHARE: Final = 8
_LIST_SHARE: Final = 4


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A row that is not taken in: the text of its ``_id``, the column of its longest value, and how long that is."""

    document_id: str | None
    column: str
    size: int


class LongValues:
    """What is left of a budget for long values. They are few, or the audit of them would not fit into memory.

    Args:
        memory: The engine's budget in bytes: an eighth of it may be long texts, a quarter long lists.
    """

    def __init__(self, memory: int) -> None:
        self._texts = memory // _TEXT_SHARE
        self._lists = memory // _LIST_SHARE

    def fit(self, rows: pa.RecordBatch) -> tuple[pa.RecordBatch, list[TooLarge]]:
        """Return the rows that are taken in, and why the others are not."""
        found = [
            each for column, is_list in _of_text(rows.schema) for each in _long(rows, column, is_list=is_list)
        ]
        refused: dict[int, TooLarge] = {}
        for size, row, column, is_list in sorted(found, key=lambda each: (each[1], -each[0])):
            left = self._lists if is_list else self._texts
            if row in refused:
                continue
            if size > left:
                refused[row] = TooLarge(rows.column(0)[row].as_py(), rows.schema.names[column], size)
            elif is_list:
                self._lists -= size
            else:
                self._texts -= size
        if refused:
            rows = rows.take(
                pa.array([row for row in range(rows.num_rows) if row not in refused], pa.int64())
            )
        return rows, list(refused.values())


@lru_cache(100)
def _of_text(schema: pa.Schema) -> tuple[tuple[int, bool], ...]:
    """Return the columns of texts and of lists of texts, and which they are."""
    return tuple(
        (column, is_list)
        for column, type_ in enumerate(schema.types)
        if pa.types.is_string(type_.value_type if (is_list := pa.types.is_list(type_)) else type_)
    )


def _long(rows: pa.RecordBatch, column: int, *, is_list: bool) -> Iterator[tuple[int, int, int, bool]]:
    """Yield the size, row, column and kind of each long value of a column."""
    values = rows.column(column)
    if values.null_count == rows.num_rows or values.nbytes <= rows.num_rows * _USUAL + LONG_TEXT:
        return  # of no account, and quickly seen: so it is with nearly all batches
    if not is_list:
        sizes = pc.fill_null(pc.binary_length(values), 0)
        for row in pc.indices_nonzero(pc.greater(sizes, LONG_TEXT)).to_pylist():
            yield sizes[row].as_py(), row, column, False
        return
    lengths = pc.fill_null(pc.binary_length(values.flatten()), 0)
    entries = pa.table({"row": pc.list_parent_indices(values), "size": lengths})
    found = entries.group_by("row", use_threads=False).aggregate(
        [("size", "sum"), ("size", "max"), ("size", "count")]
    )
    for each in found.to_pylist():  # a row each: a list may have millions of entries
        row, total, longest = each["row"], each["size_sum"] + _ENTRY * each["size_count"], each["size_max"]
        if longest > LONG_TEXT or total > LONG_LIST:
            yield total, row, column, longest <= LONG_TEXT
