"""The projector in Rust, as the others have it: the same columns and the same problems as the pure one gives."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import pyarrow as pa

from intact.project.columns import Batch, Column, Problem, schema


class NativeProjector:
    """Projects blocks of one collection. Several threads may use it at once.

    Args:
        module: ``intact_native``.
        columns: What is wanted of the collection.

    Raises:
        ValueError: If a path through an array is wanted as something else than a key or an amount.
    """

    parallel = True

    def __init__(self, module: ModuleType, columns: Sequence[Column]) -> None:
        self.schema: pa.Schema = schema(columns)
        self._native = module.Projector([(list(column.path.steps), column.role.value) for column in columns])

    def project(self, data: bytes | memoryview, offset: int = 0) -> Batch:
        """Project whole documents that lie end to end. Never raises, whatever the bytes are.

        Args:
            data: The documents.
            offset: Where they begin in the collection's bytes, for the offsets of problems.
        """
        rows, problems, documents, lost, damaged, repeated = self._native.project(data, offset)
        return Batch(
            pa.RecordBatch.from_arrays(pa.record_batch(rows).columns, schema=self.schema),
            tuple(Problem(*each) for each in problems),
            documents,
            lost,
            damaged,
            repeated,
        )
