"""The projector in pure Python.

:class:`PureProjector` is exact because :class:`~intact.project.walker.Walker` is, and fast because most
documents of a collection look alike and need no walk: where a block is large, :mod:`intact.project.matcher`
takes those and leaves the others to the walker.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from intact.core.paths import Path
from intact.project.cells import Cell
from intact.project.columns import DIGEST, Batch, Column, Role, schema
from intact.project.elements import SMALLEST, DamageError, document_end, int32
from intact.project.matcher import Matcher
from intact.project.shapes import ShapeLevel, Want, shape
from intact.project.survey import FieldSurvey
from intact.project.tally import Tally
from intact.project.walker import Walker

_CHUNK: Final = 1_000_000  # bytes that are matched together: many for Arrow, few for the processor's caches
_WORTH_MATCHING: Final = 32  # documents of a block; fewer are read faster one by one
_WORTH_LEARNING: Final = 64  # documents that did not match since it was last learned from some
_SAMPLE: Final = 64  # documents to learn from at a time
_MAX_LEVELS: Final = 4  # learned shapes of one collection
_MAX_LESSONS: Final = 32  # how often to learn, since it takes milliseconds

COUNTED: Final = 10_000
"""Documents of a collection whose fields are counted: one takes longer than to match it."""

Part = tuple[list[int], pa.RecordBatch]
"""The numbers of documents in their block, and their rows."""


class PureProjector:
    """Projects blocks of one collection, of up to 256 MB each. Not for use by two threads at a time.

    Args:
        columns: What is wanted of the collection.
        counted: More paths, of which only is counted in how many documents they occur.
        learn: Whether to learn what its documents look like. Without, all are walked: slow, and the
            same columns; and the fields of all are counted, not only of the first :data:`COUNTED`.

    Raises:
        ValueError: If a path through an array is wanted as something else than a key or an amount.
    """

    parallel = False

    def __init__(
        self, columns: Sequence[Column], counted: Iterable[Path] = (), *, learn: bool = True
    ) -> None:
        self.schema: pa.Schema = schema(columns)
        self._columns = columns
        self._walker = Walker(columns)
        self._counted = sorted({*counted, *(column.path for column in columns)})
        walked = not learn or any(column.role is Role.MONEY for column in columns)
        self._want = None if walked else Want.of(column.path for column in columns)
        self._levels: list[ShapeLevel] = []
        self._matchers: dict[int, Matcher] = {}
        self._missed = 0
        self._lessons = 0
        self.begin()

    def begin(self) -> None:
        """Begin to count the fields anew, as the collection is read anew."""
        self._left: float = math.inf if self._want is None else COUNTED

    def project(self, data: bytes | memoryview, offset: int = 0) -> Batch:
        """Project whole documents that lie end to end. Never raises, whatever the bytes are.

        Args:
            data: The documents.
            offset: Where they begin in the collection's bytes, for the offsets of problems.
        """
        data = bytes(data)  # no copy of what are bytes already
        tally, survey = Tally(), FieldSurvey(self._counted)
        bounds, broken = _bounds(data)
        parts: list[Part] = []
        walked: list[int] = []
        first = 0
        while first < len(bounds) - 1:
            chunk = range(first, max(first + 1, bisect(bounds, bounds[first] + _CHUNK) - 1))
            first = chunk.stop
            walked.extend(self._match_all(data, bounds, chunk, parts))
        rows: list[Sequence[Cell]] = []
        numbers: list[int] = []
        for number in walked:
            row = tally.read(self._walker, data, bounds[number], bounds[number + 1], offset)
            if row is not None:
                rows.append(row.cells)
                numbers.append(number)
        parts.append((numbers, self._batch(rows)))
        read = sorted(chain.from_iterable(numbers for numbers, _ in parts))
        counted = read[: int(min(self._left, len(read)))]
        self._left -= len(counted)
        for number in counted:
            survey.take(data, bounds[number], bounds[number + 1])
        if broken is not None:
            tally.lose(broken, None, offset)
        documents = len(bounds) - 1 + (broken is not None)
        kept = sorted(chain.from_iterable(numbers for numbers, _ in parts))
        digests = [hash(data[bounds[number] : bounds[number + 1]]) for number in kept]
        return Batch(
            _joined(parts),
            tuple(tally.problems),
            documents,
            tally.lost,
            tally.damaged,
            tally.repeated,
            survey.found,
            tuple(tally.repeats),
            pa.array(digests, pa.int64()).view(DIGEST),
        )

    def _batch(self, rows: list[Sequence[Cell]]) -> pa.RecordBatch:
        """Make columns of rows."""
        columns = zip(*rows, strict=True) if rows else ((),) * len(self.schema)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self.schema, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _match_all(
        self, data: bytes, bounds: list[int], numbers: Sequence[int], parts: list[Part]
    ) -> Sequence[int]:
        """Match documents by number, learning on the way. Gives the numbers of those left to the walker."""
        if len(numbers) < _WORTH_MATCHING:
            return numbers
        for matcher in self._matchers.values():
            numbers = _match(matcher, data, bounds, numbers, parts)
        self._missed += len(numbers)
        while self._missed >= _WORTH_LEARNING and self._lessons < _MAX_LESSONS:
            self._missed = 0
            for matcher in self._learn(data, bounds, numbers):
                numbers = _match(matcher, data, bounds, numbers, parts)
                self._missed = len(numbers)
        return numbers

    def _learn(self, data: bytes, bounds: list[int], numbers: Sequence[int]) -> list[Matcher]:
        """Learn from documents that did not match, and give the matchers that are new."""
        want = self._want
        if want is None:
            return []
        self._lessons += 1
        changed: set[int] = set()
        for number in numbers[:: max(1, len(numbers) // _SAMPLE)]:
            seen = shape(data, bounds[number], bounds[number + 1], want)
            if seen is None:
                continue
            at = next((at for at, level in enumerate(self._levels) if level.fits(seen)), len(self._levels))
            if at == _MAX_LEVELS:
                continue
            if at == len(self._levels):
                self._levels.append(ShapeLevel())
            if self._levels[at].add(seen):
                changed.add(at)
        new = {at: Matcher(self._levels[at], want, self._columns) for at in sorted(changed)}
        self._matchers.update(new)
        return list(new.values())


def _bounds(data: bytes) -> tuple[list[int], DamageError | None]:
    """Return where each document begins and the last one ends, and what is wrong with the bytes after it."""
    bounds = [0]
    add = bounds.append
    size = len(data)
    at = 0
    while at + 4 <= size:
        end = at + int32(data, at)[0]
        if end > size or end < at + SMALLEST:
            break
        add(end)
        at = end
    if at == size:
        return bounds, None
    try:
        document_end(data, at, size)
    except DamageError as damage:
        return bounds, damage
    raise AssertionError("a document that fits was taken for one that does not")


def _match(
    matcher: Matcher, data: bytes, bounds: list[int], numbers: Sequence[int], parts: list[Part]
) -> list[int]:
    """Match documents, adding those that can be read so to the parts. Gives the numbers of the others."""
    match = matcher.match
    matched: list[int] = []
    groups: list[tuple[bytes | None, ...]] = []
    rest: list[int] = []
    for number in numbers:
        found = match(data, bounds[number], bounds[number + 1])
        if found is None:
            rest.append(number)
        else:
            matched.append(number)
            groups.append(found.groups())
    if groups:
        rows, refused = matcher.read(groups)
        if refused:
            kept = [row for row in range(len(matched)) if row not in refused]
            rest = sorted((*rest, *(matched[row] for row in refused)))
            rows = rows.take(pa.array(kept, pa.int32()))
            matched = [matched[row] for row in kept]
        parts.append((matched, rows))
    return rest


def _joined(parts: list[Part]) -> pa.RecordBatch:
    """Put rows into the order of their documents."""
    numbers = list(chain.from_iterable(numbers for numbers, _ in parts))
    table = pa.Table.from_batches([rows for _, rows in parts])
    if numbers != sorted(numbers):
        table = table.take(pc.array_sort_indices(pa.array(numbers, pa.int32())))
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else parts[0][1]
