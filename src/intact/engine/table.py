"""A table as it came: batches of columns in memory, which the engine reads where they are."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

_EXAMPLE = 10  # characters
_CAPITAL = re.compile("[A-Z^]")


def spelled(name: str) -> str:
    """Mark capitals: the engine takes names for one that differ in letter case only, and MongoDB does not."""
    return _CAPITAL.sub(r"^\g<0>", name)


def text_buffers(texts: pa.StringArray) -> tuple[bytes, bytes]:
    """Return where texts begin and end, four bytes each, and all of them end to end, as the native part takes them.

    Args:
        texts: None of which is null.
    """
    _, offsets, letters = texts.buffers()
    begins = offsets.slice(texts.offset * 4, (len(texts) + 1) * 4).to_pybytes() if offsets else b""
    return begins, letters.to_pybytes() if letters else b""


class Table:
    """Columns as they came, numbered.

    Attributes:
        schema: Of the columns, with the number.
        given: The same without it, and with the names as they were given.
        rows: How many rows have come in all.
        size: How many bytes those take that are here.
        counts: How many rows have a value, by column as it was named; without the columns that are empty.
        texts: The beginning of one of the values of each column of texts, by its name.
    """

    def __init__(self, schema: pa.Schema) -> None:
        fields = [field.with_name(spelled(field.name)) for field in schema]
        self.schema = pa.schema([pa.field("_row", pa.int64(), nullable=False), *fields])
        self.given = schema
        self.rows = 0
        self.size = 0
        self.counts: dict[str, int] = {}
        self.texts: dict[str, str] = {}
        self._names = schema.names
        self._batches: list[pa.RecordBatch] = []
        self._whole: pa.Table | None = None
        self._nothing: dict[pa.DataType, pa.Array] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Append rows."""
        if not batch.num_rows:
            return
        columns = [pa.arange(self.rows, self.rows + batch.num_rows)]
        self.size += columns[0].get_total_buffer_size()
        for name, column in zip(self._names, batch.columns, strict=True):
            if values := batch.num_rows - column.null_count:
                self.counts[name] = self.counts.get(name, 0) + values
                self.size += column.get_total_buffer_size()
                if name not in self.texts and pa.types.is_string(column.type):
                    self.texts[name] = column[pc.index(column.is_valid(), True).as_py()].as_py()[:_EXAMPLE]
                columns.append(column)
            else:
                columns.append(self._nulls(column.type, batch.num_rows))
        self._batches.append(pa.RecordBatch.from_arrays(columns, schema=self.schema))
        self._whole = None
        self.rows += batch.num_rows

    def _nulls(self, type_: pa.DataType, count: int) -> pa.Array:
        """Return a column without a value: all of them share their memory."""
        if type_ not in self._nothing or len(self._nothing[type_]) < count:
            self._nothing[type_] = pa.nulls(count, type_)
        return self._nothing[type_].slice(0, count)

    def drop(self, rows: pa.ChunkedArray) -> None:
        """Drop rows by their numbers."""
        dropped = rows.combine_chunks()
        self._batches = [
            batch.filter(pc.invert(pc.is_in(batch.column(0), value_set=dropped))) for batch in self._batches
        ]
        self._whole = None

    @property
    def filled(self) -> list[str]:
        """The names of the columns that have any value."""
        return [name for name in self._names if name in self.counts]

    def held(self, column: str, lacking: str | None = None) -> Iterator[tuple[pa.Array, pa.Array]]:
        """Yield the numbers of the rows that have a value in a column, and none in another; and the values."""
        for batch in self._batches:
            numbers, values = batch.column(0), batch.column(spelled(column))
            if values.null_count == len(values):
                continue
            wanted = [values.is_valid()] if values.null_count else []
            if lacking is not None and (other := batch.column(spelled(lacking))).null_count < len(other):
                wanted.append(other.is_null())
            if wanted:
                some = reduce(pc.and_, wanted)
                numbers, values = numbers.filter(some), values.filter(some)
            yield numbers, values

    def having(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the rows that have a value in one of some columns; of most batches it is known that none has."""
        for batch in self._batches:
            its = [batch.column(spelled(name)) for name in columns]
            some = [each.is_valid() for each in its if each.null_count < len(each)]
            if some:
                yield batch.filter(reduce(pc.or_, some))

    def pick(self, rows: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Yield rows by their numbers, which come in order."""
        for batch in self._batches:
            if batch.num_rows:
                numbers = batch.column(0)
                begin, end = bisect_left(rows, numbers[0].as_py()), bisect_right(rows, numbers[-1].as_py())
                if begin < end:
                    yield batch.filter(pc.is_in(numbers, value_set=pa.array(rows[begin:end], pa.int64())))

    def whole(self) -> pa.Table:
        """Return all that is here."""
        if self._whole is None:
            self._whole = pa.Table.from_batches(self._batches, self.schema)
        return self._whole

    def take(self) -> list[pa.RecordBatch]:
        """Return all that is here, and forget it."""
        taken, self._batches, self._whole, self.size = self._batches, [], None, 0
        return taken
