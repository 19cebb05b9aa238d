"""The projector in Rust, as the others have it: the same columns and the same problems as the pure one gives.

It says which documents have something wrong. What that is is not said a second time in Rust: the walker, which is the
specification, reads those documents again, as many of them as are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import pyarrow as pa

from intact.core.paths import Path
from intact.project.columns import DIGEST, Batch, Column, Role, schema
from intact.project.occurrence import Occurrence, decoded

if TYPE_CHECKING:
    from intact.project.tally import Tally


class NativeProjector:
    """Projects blocks of one collection. Several threads may use it at once.

    Args:
        module: ``intact_native``.
        columns: What is wanted of the collection.
        counted: More paths, of which only is counted in how many documents they occur.

    Raises:
        ValueError: If a path through an array is wanted as something else than a key or an amount.
    """

    parallel = True

    def __init__(self, module: ModuleType, columns: Sequence[Column], counted: Iterable[Path] = ()) -> None:
        self.schema: pa.Schema = schema(columns)
        self._columns = columns
        order = list(Role)
        roles: dict[Path, list[Column]] = {}
        for column in sorted(set(columns), key=lambda each: (each.path, order.index(each.role))):
            roles.setdefault(column.path, []).append(column)
        counted = frozenset(counted)
        self._native = module.Projector(
            [
                (list(path.steps), [each.role.value for each in its], _currency(its))
                for path, its in roles.items()
            ],
            [list(path.steps) for path in sorted(counted - roles.keys())],
        )
        self._counted = counted | roles.keys()

    def begin(self) -> None:
        """Do nothing: all documents are counted, however often a collection is read."""

    def project(self, data: bytes | memoryview, offset: int = 0) -> Batch:
        """Project whole documents that lie end to end. Never raises, whatever the bytes are.

        Args:
            data: The documents.
            offset: Where they begin in the collection's bytes, for the offsets of problems.
        """
        rows, documents, lost, damaged, repeated, troubled, places, again, digests = self._native.project(
            data
        )
        occurrence = Occurrence(self._counted, documents - lost)
        for names, further, fields in places:
            occurrence.take(
                tuple(names),
                ((decoded(name), has, dict(kinds)) for name, has, kinds in fields),
                further=further,
            )
        return Batch(
            pa.RecordBatch.from_arrays(pa.record_batch(rows).columns, schema=self.schema),
            tuple(self._walked(data, troubled, offset).problems) if troubled else (),
            documents,
            lost,
            damaged,
            repeated,
            occurrence,
            tuple(self._walked(data, again, offset).repeats) if again else (),
            pa.Array.from_buffers(DIGEST, len(digests) // 8, [None, pa.py_buffer(digests)]),
        )

    def _walked(self, data: bytes | memoryview, some: Sequence[tuple[int, int]], offset: int) -> Tally:
        """Say what is wrong with documents, given by where they begin and end."""
        # Imported only where something is wrong, since that takes longer than to read a small dump.
        from intact.project.tally import Tally  # noqa: PLC0415 - for errors only
        from intact.project.walker import Walker  # noqa: PLC0415 - for errors only

        walker, tally = Walker(self._columns), Tally()
        for start, end in some:
            if tally.is_full:
                break
            tally.read(walker, bytes(data[start:end]), 0, end - start, offset + start)
        return tally


def _currency(columns: Sequence[Column]) -> list[str] | None:
    """Return the steps to the currency of an amount."""
    return next((list(column.currency.steps) for column in columns if column.currency), None)
