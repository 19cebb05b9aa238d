"""Values that stand more than once, rows that are taken out, and columns without a value: the quick ways are exact."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intact.engine import DuckEngine, duck, quoted
from intact.engine.recurring import places, recurring
from tests.project.both import needs_native

PROJECTORS = ["pure", pytest.param("native", marks=needs_native)]
SCHEMA = pa.schema([("k", pa.string()), ("n", pa.int64()), ("each", pa.list_(pa.string()))])
ROW = st.tuples(
    st.none() | st.sampled_from(["", "a", "b", "ä", "$1"]),
    st.none() | st.integers(0, 3),
    st.none() | st.lists(st.none() | st.sampled_from("xy"), max_size=2),
)
BATCHES = st.lists(st.lists(ROW, max_size=6), max_size=5)


def several(values: list[object]) -> list[int]:
    counted = Counter(values)
    return [at for at, value in enumerate(values) if counted[value] > 1]


@pytest.fixture(params=PROJECTORS)
def chosen(request: pytest.FixtureRequest) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTACT_PROJECTOR", request.param)
        yield request.param


@pytest.mark.usefixtures("chosen")
@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 6) | st.sampled_from([2**64 - 1, 2**63, 255, 256])), st.integers(0, 3))
def test_the_places_of_numbers_that_stand_more_than_once_are_those_that_counting_finds(
    numbers: list[int], before: int
) -> None:
    cut = pa.array([7] * before + numbers, pa.uint64()).slice(before)  # begins within its memory
    assert places(cut).to_pylist() == several(list(numbers))


@pytest.mark.usefixtures("chosen")
@pytest.mark.parametrize("share", [8, 10**6])
@pytest.mark.parametrize("held", [0.6, 0])
@settings(max_examples=5, deadline=None)
@given(batches=BATCHES)
def test_rows_whose_value_another_row_has_are_found_in_one_look_and_in_many(
    batches: list[list[tuple[object, ...]]], share: int, held: float
) -> None:
    values = [row[0] for batch in batches for row in batch]
    named = [at for at, value in enumerate(values) if value is not None]
    with engine_of(batches, held) as engine, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[recurring.__module__], "_SHARE", share)
        found = recurring(engine, "t", "k").to_pylist()
    assert sorted(found) == [named[at] for at in several([values[at] for at in named])]


@pytest.mark.parametrize("held", [0.6, 0])
@settings(max_examples=8, deadline=None)
@given(batches=BATCHES, columns=st.sets(st.sampled_from(SCHEMA.names)), drop=st.sets(st.integers(0, 29)))
def test_rows_that_are_taken_out_are_those_that_were_asked_for(
    batches: list[list[tuple[object, ...]]], columns: set[str], drop: set[int], held: float
) -> None:
    rows = dict(enumerate(row for batch in batches for row in batch))
    with engine_of(batches, held) as engine:
        for at in drop & rows.keys():
            del rows[at]
        engine.drop("t", pa.chunked_array([pa.array(sorted(drop), pa.int64())]))
        engine.extract("t", sorted(columns), "some")
        engine.pick("t", sorted(drop | {1, 2, 3, 17}), "few")
        some, few = table(engine, "some"), table(engine, "few")
    assert some == {
        n: row
        for n, row in rows.items()
        if any(row[SCHEMA.names.index(name)] is not None for name in columns)
    }
    assert few == {n: row for n, row in rows.items() if n in {1, 2, 3, 17}}


def test_columns_without_a_value_take_no_memory_of_their_own() -> None:
    empty = pa.record_batch([pa.nulls(1000, field.type) for field in SCHEMA], schema=SCHEMA)
    with DuckEngine(64 * 10**6) as engine:
        engine.create("t", SCHEMA)
        before = pa.total_allocated_bytes()
        for _ in range(100):
            engine.load("t", [empty])
        assert pa.total_allocated_bytes() - before < 100 * 1000 * 8 + 100_000  # the numbers of the rows
        assert engine.filled("t") == []
        query = "SELECT count(*), count(k), count(n), count(each), max(_row) FROM t"
        assert list(engine.query(query)) == [(100_000, 0, 0, 0, 99_999)]


def test_an_example_of_a_column_is_the_beginning_of_one_of_its_texts() -> None:
    batches: list[list[tuple[object, ...]]] = [
        [(None, 1, None)],
        [(None, None, ["x"]), ("a long text without an end", 2, None)],
        [("z", 3, None)],
    ]
    with engine_of(batches, 0.6) as engine:
        assert engine.example("t", "k") == "a long tex"
        assert engine.example("t", "n") is None
        assert engine.example("t", "each") is None
        assert engine.example("nowhere", "k") is None


def engine_of(batches: list[list[tuple[object, ...]]], held: float) -> DuckEngine:
    """Make an engine with a table of these rows, in memory as they came, or copied into the engine at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duck, "_HELD", held)
        engine = DuckEngine(64 * 10**6)
        engine.create("t", SCHEMA)
        for rows in batches:
            columns = [pa.array([row[at] for row in rows], type_) for at, type_ in enumerate(SCHEMA.types)]
            engine.load("t", [pa.record_batch(columns, schema=SCHEMA)])
    return engine


def table(engine: DuckEngine, name: str) -> dict[int, tuple[object, ...]]:
    return {int(str(number)): tuple(row) for number, *row in engine.query(f"SELECT * FROM {quoted(name)}")}  # noqa: S608
