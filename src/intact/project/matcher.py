"""Thousands of documents at once: those that look as the documents of their collection mostly do.

A :class:`Matcher` takes documents apart with the regular expression of a learned
:class:`~intact.project.shapes.ShapeLevel`, verifies what the expression leaves open, and makes columns of what it
captured. It never decides anything by itself: whatever it refuses is read by the walker, and what it accepts
is what the walker would have read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain

import pyarrow as pa
import pyarrow.compute as pc

from intact.core import values
from intact.core.paths import EACH, Path
from intact.project.columns import BAD, Column, Role, schema
from intact.project.shapes import ShapeLevel, Token, Want, item_pattern
from intact.project.vectors import Cellmaker, Raw, lying, rows_of, token_array

Names = tuple[bytes, ...]

_ID: Names = (b"_id",)
_KINDS = pa.uint8()
_TEXTS = pa.list_(pa.string())
_CODES = {kind: pa.scalar(kind, _KINDS) for kind in values.TYPE_NAMES}


class Matcher:
    """Reads the documents that have a learned shape.

    Args:
        level: The fields of the documents.
        want: What is wanted of them.
        columns: The columns that this becomes.
    """

    def __init__(self, level: ShapeLevel, want: Want, columns: Sequence[Column]) -> None:
        self._schema = schema(columns)
        self._columns = sorted(set(columns), key=lambda column: (column.path, list(Role).index(column.role)))
        tokens: list[Token] = []
        pattern = level.pattern(want, tokens)
        flat = [
            (_names(column.path), column.role)
            for column in self._columns
            if not column.path.is_list and column.role is not Role.MATCH
        ]
        self._documents = _Documents(tokens, [(_ID, Role.KEY), *flat])
        listed = [column for column in self._columns if column.path.is_list]
        self._arrays = {
            container: _Arrays(
                level, want, container, [each for each in listed if each.path.container == container]
            )
            for container in {column.path.container for column in listed}
        }
        self.match = re.compile(pattern, re.DOTALL).fullmatch

    def read(self, groups: Sequence[tuple[bytes | None, ...]]) -> tuple[pa.RecordBatch, set[int]]:
        """Make columns of what was captured of documents, and name the rows that are the walker's to read."""
        documents = self._documents
        documents.take(list(zip(*groups, strict=True)), len(groups))
        for each in self._arrays.values():
            each.take(documents)
        arrays = documents.cells(_ID, Role.KEY)
        path: Path | None = None
        for column in self._columns:
            if column.path != path:
                path = column.path
                arrays.append(documents.kinds(_names(path.container)))
            if path.is_list:
                arrays.extend(self._arrays[path.container].cells(path, column.role))
            elif column.role is Role.MATCH:
                arrays.append(pa.nulls(len(groups), _TEXTS))  # a document with an array there is the walker's
            else:
                arrays.extend(documents.cells(_names(path), column.role))
                if column.role is Role.KEY:
                    arrays.append(pa.nulls(len(groups), _TEXTS))
        refused = documents.refused.union(*(each.refused for each in self._arrays.values()))
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema), refused


class _Documents:
    """Documents, or the elements of arrays, that were taken apart together."""

    def __init__(self, tokens: list[Token], wanted: Iterable[tuple[Names, Role]]) -> None:
        self._tokens = tokens
        self._makers = {each: Cellmaker(each[1]) for each in wanted}
        self._found: dict[Names, list[tuple[int, Raw, pa.Array]]] = {}
        self._count = 0
        self.refused: set[int] = set()

    def take(self, groups: Sequence[Raw], count: int) -> None:
        """Take what was captured, a sequence a group, and look at the lengths in it."""
        self._count = count
        self._found = {}
        self.refused = set()
        for token, raw in zip(self._tokens, groups, strict=True):
            array = token_array(raw, token.size)
            if token.size is None:
                self.refused.update(lying(array, token.kind))
            if token.wanted:
                self._found.setdefault(token.path, []).append((token.kind, raw, array))

    def kinds(self, names: Names) -> pa.Array:
        """Return the kind of each value at a place."""
        result = pa.repeat(_CODES[values.ABSENT], self._count)
        for kind, _, array in self._found.get(names, ()):
            code = _CODES[kind]
            if not array.null_count:
                return pa.repeat(code, self._count)
            result = pc.if_else(array.is_valid(), code, result)
        return result

    def raw(self, names: Names, kind: int) -> Raw:
        """Return the raw values of a kind at a place."""
        found = self._found.get(names, ())
        return next((raw for code, raw, _ in found if code == kind), (None,) * self._count)

    def cells(self, names: Names, role: Role) -> list[pa.Array]:
        """Make the cells of a role of the values at a place."""
        maker = self._makers[names, role]
        cells: list[pa.Array] | None = None
        for kind, raw, array in self._found.get(names, ()):
            if kind in values.NULL_KINDS:
                continue
            made, refused = maker.make(kind, raw, array)
            self.refused.update(refused)
            cells = made if cells is None else [pc.coalesce(*pair) for pair in zip(cells, made, strict=True)]
        return maker.nothing(self._count) if cells is None else cells


class _Arrays:
    """The arrays at one place, with all that is wanted of their elements."""

    def __init__(self, level: ShapeLevel, want: Want, container: Path, columns: Sequence[Column]) -> None:
        self._container = _names(container)
        for name in self._container:
            level = level.inner.get(name, ShapeLevel())
            want = want.fields[name]
        tokens: list[Token] = []
        self._split = re.compile(item_pattern(level, want.items, tokens), re.DOTALL).findall
        self._items = _Documents(tokens, [(self._rest(column.path), column.role) for column in columns])
        self._groups = len(tokens)
        self._sizes: list[int | None] = []
        self.refused: set[int] = set()

    def _rest(self, path: Path) -> Names:
        return _names(path)[len(self._container) :]

    def take(self, documents: _Documents) -> None:
        """Take the elements out of the arrays of documents."""
        split = self._split
        lists = [
            None if raw is None else split(raw, 4) for raw in documents.raw(self._container, values.ARRAY)
        ]
        self._sizes = [None if each is None else len(each) for each in lists]
        flat = list(chain.from_iterable(filter(None, lists)))
        columns = [flat] if self._groups == 1 else list(zip(*flat, strict=True)) or [()] * self._groups
        # What a group did not capture is an empty text here; nothing that it can capture is.
        self._items.take(
            [[each or None for each in raw] if b"" in raw else raw for raw in columns], len(flat)
        )
        self.refused = set()
        self._refuse(self._items.refused)

    def cells(self, path: Path, role: Role) -> list[pa.Array]:
        """Make the cells of a role of the values that lie in the elements."""
        names = self._rest(path)
        kinds = self._items.kinds(names)
        cells = self._items.cells(names, role)
        count = len(self._sizes)
        if role is Role.KEY:
            made = [pa.nulls(count, pa.string()), self._sets(kinds, cells[0])]
        else:
            amounts, wide, bad = cells
            self._refuse(rows_of(wide.is_valid()) + rows_of(bad.is_valid()))
            made = [
                self._listed(amounts),
                self._listed(kinds),
                pa.nulls(count, pa.list_(pa.string())),
                pa.nulls(count, BAD),
            ]
        self._refuse(self._items.refused)
        return made

    def _listed(self, flat: pa.Array) -> pa.Array:
        """Return the values of the elements as a list a document."""
        ends = list(accumulate((size or 0 for size in self._sizes), initial=0))
        offsets = [None if size is None else end for size, end in zip(self._sizes, ends, strict=False)]
        return pa.ListArray.from_arrays(pa.array([*offsets, ends[-1]], pa.int32()), flat)

    def _sets(self, kinds: pa.Array, texts: pa.Array) -> pa.Array:
        """Return the different values of the elements that have one, as a list a document."""
        pairs = list(zip(kinds.to_pylist(), texts.to_pylist(), strict=True))
        ends = accumulate((size or 0 for size in self._sizes), initial=0)
        sets = [
            None
            if size is None
            else list(dict.fromkeys(text for kind, text in pairs[at : at + size] if kind))
            for at, size in zip(ends, self._sizes, strict=False)
        ]
        return pa.array(sets, _TEXTS)

    def _refuse(self, items: Iterable[int]) -> None:
        """Refuse the documents of elements."""
        wrong = set(items)
        if wrong:
            owners = chain.from_iterable([row] * (size or 0) for row, size in enumerate(self._sizes))
            self.refused.update(row for item, row in enumerate(owners) if item in wrong)


def _names(path: Path) -> Names:
    return tuple(step.encode() for step in path.steps if step != EACH)
