"""The native projector held against the pure one, its specification: what they make of the same bytes must be equal.

Documents are compared many at a time. Where a difference shows, the documents at fault are searched for, and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import pytest

from intact.core.paths import Path
from intact.project import Batch, Column, Projector
from intact.project.pure import PureProjector
from tests.support.native import missing, native_projector

needs_native = pytest.mark.skipif(bool(missing()), reason=missing() or "never")

SHOWN = 2_000
"""How much of a document is told in hexadecimal digits."""


class Both:
    """The two projectors for the same columns.

    Args:
        columns: The columns.
        counted: More paths whose fields are counted.
        native: What to hold against the pure projector; the native one unless a test of this class says otherwise.

    Attributes:
        compared: How many documents have been compared, so that a test can say that it had some.
        damaged: How many problems they had.
    """

    def __init__(
        self, columns: Sequence[Column], native: Projector | None = None, counted: Sequence[Path] = ()
    ) -> None:
        self.native = native_projector(columns, counted) if native is None else native
        self.pure = PureProjector(columns, counted, learn=False)
        assert self.native.schema.equals(self.pure.schema)
        self.compared = 0
        self.damaged = 0

    def difference(self, data: bytes, offset: int = 0) -> str:
        """Say in what the two differ on a block; empty where they do not."""
        native, pure = self.native.project(data, offset), self.pure.project(data, offset)
        self.compared += pure.documents
        self.damaged += pure.damaged
        return difference(native, pure)

    def compare(self, documents: Iterable[bytes], at_once: int = 50) -> None:
        """Fail on the first documents that the two read differently.

        Args:
            documents: Each with a length of its own that is right.
            at_once: How many make a block; only the first hundred problems of a block are told, and so compared.
        """
        for some in batched(documents, at_once):
            if self.difference(b"".join(some), 1_000):
                pytest.fail(self._explained(some), pytrace=False)

    def compare_block(self, data: bytes, offset: int = 0) -> None:
        """Fail if the two differ on a block, which need not be whole documents."""
        if told := self.difference(data, offset):
            pytest.fail(f"the block {shown(data)}:\n{told}", pytrace=False)

    def _explained(self, documents: Sequence[bytes]) -> str:
        """Say on which of these documents the two differ, and how; on as few as show it."""
        for document in documents:
            if told := self.difference(document):
                return f"a document of {len(document)} bytes, {shown(document)}:\n{told}"
        few, size = list(documents), len(documents) // 2
        while size:  # none does alone: leave out what changes nothing, at first much at a time
            at = 0
            while at < len(few):
                fewer = few[:at] + few[at + size :]
                if self.difference(b"".join(fewer)):
                    few = fewer
                else:
                    at += size
            size //= 2
        told = self.difference(b"".join(few))
        return f"{len(few)} documents together, " + ", ".join(map(shown, few)) + f":\n{told}"


def difference(native: Batch, pure: Batch) -> str:
    """Say in what two batches differ; empty where they do not."""
    native.rows.validate(full=True)
    wrong = [
        f"  {name}: native {getattr(native, name)}, pure {getattr(pure, name)}"
        for name in ("documents", "lost", "damaged", "repeated", "repeats")
        if getattr(native, name) != getattr(pure, name)
    ]
    wrong += _counts(native, pure)
    if not native.rows.schema.equals(pure.rows.schema):
        wrong.append(f"  schema: native {native.rows.schema}, pure {pure.rows.schema}")
    elif not native.rows.equals(pure.rows):
        wrong += list(_cells(native, pure)) or ["  the rows, although no cell does"]
    if native.problems != pure.problems:
        pairs = zip(native.problems, pure.problems, strict=False)
        one, other = next(
            (pair for pair in pairs if pair[0] != pair[1]),
            (f"{len(native.problems)} problems", f"{len(pure.problems)} problems"),
        )
        wrong.append(f"  problems: native {one}\n            pure   {other}")
    return "\n".join(wrong)


def _counts(native: Batch, pure: Batch) -> Iterator[str]:
    """Give each field that the two have counted differently."""
    one, other = native.occurrence, pure.occurrence
    if one.documents != other.documents:
        yield f"  documents counted: native {one.documents}, pure {other.documents}"
    for names in sorted({*one.places, *other.places}):
        mine, its = (each.places[names].fields if names in each.places else {} for each in (one, other))
        for name in sorted({*mine, *its}):
            if mine.get(name) != its.get(name):
                yield f"  {(*names, name)}: native counts {mine.get(name)}, pure {its.get(name)}"
    further = [names for each in (one, other) for names, place in each.places.items() if place.further]
    if len(further) % 2:
        yield f"  more names than are kept, at {further}: only one of the two says so"


def _cells(native: Batch, pure: Batch) -> Iterator[str]:
    """Give the first cell in each column that is not the same."""
    if native.rows.num_rows != pure.rows.num_rows:
        yield f"  rows: native {native.rows.num_rows}, pure {pure.rows.num_rows}"
        return
    for name in pure.rows.schema.names:
        one, other = native.rows[name], pure.rows[name]
        if not one.equals(other):
            at = next((at for at in range(len(one)) if not one[at].equals(other[at])), 0)
            yield f"  {name} of row {at}: native {one[at].as_py()!r}, pure {other[at].as_py()!r}"


def batched(documents: Iterable[bytes], count: int) -> Iterator[tuple[bytes, ...]]:
    """Give documents so many at a time."""
    left = iter(documents)
    while some := tuple(islice(left, count)):
        yield some


def shown(data: bytes) -> str:
    """Show bytes so that they can be pasted into ``bytes.fromhex``."""
    digits = data.hex()
    return digits if len(digits) <= SHOWN else f"{digits[:SHOWN]}… ({len(data)} bytes)"
