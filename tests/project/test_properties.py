"""Whatever the documents are, the columns are what a naive projection makes of the same values."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from intact.core import values
from intact.core.paths import Path
from intact.project import Batch, Column, Role, schema
from intact.project.pure import PureProjector
from tests.project import naive
from tests.project.raw import Fields, Value, document, documents
from tests.project.strategies import COLUMNS, DOCUMENTS, VALUES

WALKING = PureProjector(COLUMNS, learn=False)


def naive_rows(fields: list[Fields], columns: list[Column]) -> list[dict[str, Any]]:
    return [naive.row(Value(values.OBJECT, each), columns) for each in fields]


def assert_consistent(batch: Batch, expected: pa.Schema) -> None:
    """What holds of every batch, whatever the bytes were."""
    batch.rows.validate(full=True)
    assert batch.rows.schema.equals(expected)
    assert batch.rows.num_rows + batch.lost == batch.documents
    assert batch.lost <= batch.damaged
    assert len(batch.problems) == min(batch.damaged, 100)


@given(st.lists(DOCUMENTS, max_size=3))
def test_columns_are_those_of_a_naive_projection(fields: list[Fields]) -> None:
    batch = WALKING.project(documents(fields))
    assert_consistent(batch, schema(COLUMNS))
    assert batch.lost == 0
    assert batch.rows.to_pylist() == naive_rows(fields, COLUMNS)


@given(VALUES, VALUES)
def test_values_have_one_key_exactly_if_mongodb_calls_them_equal(one: Value, other: Value) -> None:
    rows = (
        PureProjector([Column(Path(("a",)), Role.KEY)])
        .project(document(("a", one)) + document(("a", other)))
        .rows
    )
    first, second = rows["a@key"].to_pylist()
    nothing = {one.kind, other.kind} & {values.NULL, values.UNDEFINED}
    if not nothing:
        assert (first == second) == (naive.identity(one) == naive.identity(other))


@given(st.binary(max_size=200))
def test_any_bytes_give_columns_or_named_outcomes(data: bytes) -> None:
    assert_consistent(WALKING.project(data), schema(COLUMNS))


@given(st.binary(max_size=80), st.integers(0, 2**40))
def test_any_bytes_in_a_sound_frame_give_columns_or_named_outcomes(inside: bytes, offset: int) -> None:
    data = (len(inside) + 5).to_bytes(4, "little") + inside + b"\0"
    batch = WALKING.project(data * 2, offset)
    assert_consistent(batch, schema(COLUMNS))
    assert batch.documents == 2
    assert all(offset <= problem.offset < offset + 2 * len(data) for problem in batch.problems)
