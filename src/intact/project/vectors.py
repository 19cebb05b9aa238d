"""Cells for thousands of values at once: what :mod:`intact.project.cells` does one by one, with Arrow.

Values come as raw bytes, None where another kind stands or nothing, and always with the same kind. What
cannot be done here as the walker would do it is **refused**: its rows are named, and the walker reads their
documents.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from intact.core import values
from intact.project.amounts import WHOLE_DIGITS
from intact.project.canonical import MAX_SHOWN, RELAXED_DATES
from intact.project.cells import READ, Cell, Cells, Read, key_text
from intact.project.columns import DECIMAL, Role
from intact.project.dates import FIRST, LAST

Raw = Sequence[bytes | None]

# Constants are scalars already, since to make one of a Python value takes longer than to compute with it.
_TRUE: Final = pa.scalar(1, pa.uint8())
_ZERO: Final = pa.scalar(0, pa.int64())
_THOUSAND: Final = pa.scalar(1000, pa.int64())
_YEAR_10000: Final = pa.scalar(len(RELAXED_DATES), pa.int64())
_FIRST: Final = pa.scalar(FIRST, pa.int64())
_LAST: Final = pa.scalar(LAST, pa.int64())
_NAUGHT: Final = pa.scalar(0.0)
_MOST: Final = {
    values.LONG: pa.scalar(10**WHOLE_DIGITS, pa.int64()),
    values.DOUBLE: pa.scalar(float(10**WHOLE_DIGITS)),
}
_LEAST: Final = {
    values.LONG: pa.scalar(-(10**WHOLE_DIGITS), pa.int64()),
    values.DOUBLE: pa.scalar(-float(10**WHOLE_DIGITS)),
}
_FEW_DECIMALS: Final = pa.scalar(0.01)  # the shortest text of a double has 17 digits: 18 decimals are enough
_LONGEST: Final = pa.scalar(MAX_SHOWN, pa.int32())
_FRAME: Final = pa.scalar(4, pa.int32())  # what a string's length does not count
_FALSE: Final = pa.scalar(0, pa.int8()).cast(pa.bool_())
_DOLLAR: Final = pa.scalar("$")
_EMPTY: Final = pa.scalar("")
_BEFORE_DATE: Final = pa.scalar('${"$date":"')
_AFTER_DATE: Final = pa.scalar('Z"}')

_MEMORY: Final = 20_000
_LONG: Final = 64
_TYPES: Final = {
    Role.KEY: (pa.string(),),
    Role.TEXT: (pa.string(),),
    Role.AMOUNT: (DECIMAL, pa.string(), pa.string()),
    Role.DATE: (pa.int64(), pa.int32(), pa.string()),
    Role.FLAG: (pa.bool_(), pa.string()),
}
_READ: Final[dict[Role, Read]] = {**READ, Role.KEY: lambda *value: (key_text(*value),)}
_NUMBERS: Final = {values.INT: pa.int32(), values.LONG: pa.int64(), values.DOUBLE: pa.float64()}


def token_array(raw: Raw, size: int | None) -> pa.Array:
    """Make an Arrow array of raw values."""
    if size is None:
        return pa.array(raw, pa.binary())
    try:
        joined = b"".join(raw)  # type: ignore[arg-type] # a None raises
    except TypeError:
        return pa.array(raw, pa.binary(size))
    return pa.Array.from_buffers(pa.binary(size), len(raw), [None, pa.py_buffer(joined)])


def lying(array: pa.Array, kind: int) -> list[int]:
    """Name the rows whose first four bytes are not the length that the value has."""
    given = pc.binary_slice(array, 0, 4).cast(pa.binary(4)).view(pa.int32())
    real = pc.binary_length(array)
    if kind not in (values.OBJECT, values.ARRAY):
        real = pc.subtract(real, _FRAME)
    return rows_of(pc.not_equal(given, real))


def rows_of(mask: pa.BooleanArray) -> list[int]:
    """Name the rows where a mask is true."""
    if not pc.any(mask).as_py():
        return []
    rows: list[int] = pc.indices_nonzero(pc.fill_null(mask, _FALSE)).to_pylist()
    return rows


class Cellmaker:
    """Makes the cells of one role. Remembers what it made of other values than the common ones."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._read = _READ[role]
        self._known: dict[tuple[int, bool, bytes], Cells | None] = {}

    def nothing(self, count: int) -> list[pa.Array]:
        """Make empty cells."""
        return [pa.nulls(count, each) for each in _TYPES[self._role]]

    def make(self, kind: int, raw: Raw, array: pa.Array) -> tuple[list[pa.Array], list[int]]:
        """Make the cells of values of one kind, in their columns, and name the rows that are refused.

        Args:
            kind: The kind.
            raw: The values.
            array: The same, as :func:`token_array` makes it.
        """
        role = self._role
        if role in (Role.KEY, Role.TEXT) and kind in _TEXTS:
            text, refused = _TEXTS[kind](array)
            if role is Role.TEXT and pc.any(pc.greater(pc.utf8_length(text), _LONGEST)).as_py():
                refused = [*refused, *rows_of(pc.greater(pc.utf8_length(text), _LONGEST))]
            return [text], refused
        if role is Role.AMOUNT and kind in (values.INT, values.LONG, values.DOUBLE):
            first, refused = _numbers(kind, array)
        elif role is Role.DATE and kind == values.DATE:
            first, refused = _dates(array)
        elif role is Role.FLAG and kind == values.BOOL:
            first, refused = pc.equal(array.view(pa.uint8()), _TRUE), []
        else:
            return self._one_by_one(kind, raw, framed=not pa.types.is_fixed_size_binary(array.type))
        return [first, *(pa.nulls(len(array), each) for each in _TYPES[role][1:])], refused

    def _one_by_one(self, kind: int, raw: Raw, *, framed: bool) -> tuple[list[pa.Array], list[int]]:
        """Make the cells of values as the walker does, each different one once."""
        columns: list[list[Cell]] = [[None] * len(raw) for _ in _TYPES[self._role]]
        refused: list[int] = []
        for row, each in enumerate(raw):
            if each is None:
                continue
            cells = self._remembered(kind, each, framed=framed)
            if cells is None:
                refused.append(row)
            else:
                for column, cell in zip(columns, cells, strict=True):
                    column[row] = cell
        return [
            pa.array(column, each) for column, each in zip(columns, _TYPES[self._role], strict=True)
        ], refused

    def _remembered(self, kind: int, raw: bytes, *, framed: bool) -> Cells | None:
        """Return the cells of a value; None where there is something to tell about it."""
        key = (kind, framed, raw)
        if key in self._known:
            return self._known[key]
        if kind in (values.STRING, values.SYMBOL) and not framed:
            raw = (len(raw) + 1).to_bytes(4, "little") + raw + b"\0"
        troubles: list[str] = []
        cells: Cells | None = self._read(kind, raw, 0, len(raw), lambda what, *_: troubles.append(what))
        if troubles:
            cells = None
        if len(raw) <= _LONG:
            if len(self._known) >= _MEMORY:
                self._known.clear()
            self._known[key] = cells
        return cells


def _fixed_texts(count: int, size: int, content: bytes | pa.Buffer, like: pa.Array) -> pa.Array:
    """Make texts that are ``size`` bytes each, null where ``like`` is."""
    buffer = content if isinstance(content, pa.Buffer) else pa.py_buffer(content)
    return pa.StringArray.from_buffers(
        count, _offsets(count, size), buffer, like.buffers()[0], like.null_count
    )


@lru_cache(maxsize=64)
def _offsets(count: int, size: int) -> pa.Buffer:
    return pa.array(range(0, (count + 1) * size, size), pa.int32()).buffers()[1]


def _string_texts(array: pa.Array) -> tuple[pa.Array, list[int]]:
    """Make the text of strings, refusing those that need more than a copy."""
    if pa.types.is_fixed_size_binary(array.type):
        text = _fixed_texts(len(array), array.type.byte_width, array.buffers()[1], array)
        try:
            text.validate(full=True)
        except pa.ArrowInvalid:
            text, refused = _decoded(array)
        else:
            refused = []
    else:
        text, refused = _decoded(pc.binary_slice(array, 4, -1))
    return text, [*refused, *rows_of(pc.starts_with(text, "$"))]


def _object_id_texts(array: pa.Array) -> tuple[pa.Array, list[int]]:
    """Make the text of ObjectIds, all at once: they are of one size."""
    digits = memoryview(array.buffers()[1]).hex("|", 12)
    content = '${"$oid":"' + digits.replace("|", '"}${"$oid":"') + '"}'
    return _fixed_texts(len(array), 36, content.encode(), array), []


def _whole_texts(array: pa.Array) -> tuple[pa.Array, list[int]]:
    """Make the text of whole numbers."""
    numbers = array.view(pa.int32() if array.type.byte_width == 4 else pa.int64())
    return pc.binary_join_element_wise(_DOLLAR, numbers.cast(pa.string()), _EMPTY), []


def _date_texts(array: pa.Array) -> tuple[pa.Array, list[int]]:
    """Make the text of dates from 1970 to 9999, with milliseconds where there are any."""
    milliseconds = array.view(pa.int64())
    fits = pc.and_(pc.greater_equal(milliseconds, _ZERO), pc.less(milliseconds, _YEAR_10000))
    refused = rows_of(pc.invert(fits))
    if refused:
        milliseconds = pc.if_else(fits, milliseconds, None)
    seconds = pc.divide(milliseconds, _THOUSAND)
    texts = _iso(seconds, "s")
    broken = pc.not_equal(pc.multiply(seconds, _THOUSAND), milliseconds)
    if pc.any(broken).as_py():
        texts = pc.if_else(broken, _iso(milliseconds, "ms"), texts)
    return pc.binary_join_element_wise(_BEFORE_DATE, texts, _AFTER_DATE, _EMPTY), refused


def _dates(array: pa.Array) -> tuple[pa.Array, list[int]]:
    """Make dates, refusing those beyond the years 1 to 9999."""
    milliseconds = array.view(pa.int64())
    fits = pc.and_(pc.greater_equal(milliseconds, _FIRST), pc.less_equal(milliseconds, _LAST))
    return milliseconds, rows_of(pc.invert(fits))


def _iso(moments: pa.Array, unit: str) -> pa.Array:
    """Write moments as Arrow does, with the T of ISO 8601."""
    return pc.binary_replace_slice(moments.view(pa.timestamp(unit)).cast(pa.string()), 10, 11, "T")


_TEXTS: Final[dict[int, Callable[[pa.Array], tuple[pa.Array, list[int]]]]] = {
    values.STRING: _string_texts,
    values.SYMBOL: _string_texts,
    values.OBJECT_ID: _object_id_texts,
    values.INT: _whole_texts,
    values.LONG: _whole_texts,
    values.DATE: _date_texts,
}
"""How the canonical text of the common kinds is made."""


def _decoded(content: pa.Array) -> tuple[pa.Array, list[int]]:
    """Take bytes for UTF-8, and name the rows that are not."""
    try:
        return content.cast(pa.string()), []
    except pa.ArrowInvalid:
        texts: list[str | None] = []
        refused: list[int] = []
        for row, each in enumerate(content.to_pylist()):
            try:
                texts.append(None if each is None else each.decode())
            except UnicodeDecodeError:
                texts.append(None)
                refused.append(row)
        return pa.array(texts, pa.string()), refused


def _numbers(kind: int, array: pa.Array) -> tuple[pa.Array, list[int]]:
    """Make exact amounts of numbers; a double's are those of its shortest text."""
    numbers = array.view(_NUMBERS[kind])
    refused: list[int] = []
    if kind != values.INT:
        fits = pc.and_(pc.greater(numbers, _LEAST[kind]), pc.less(numbers, _MOST[kind]))
        if kind == values.DOUBLE:
            size = pc.abs(numbers)
            fits = pc.and_(fits, pc.or_(pc.greater_equal(size, _FEW_DECIMALS), pc.equal(size, _NAUGHT)))
        refused = rows_of(pc.invert(fits))
        if refused:
            numbers = pc.if_else(fits, numbers, None)
    return numbers.cast(pa.string()).cast(DECIMAL), refused
