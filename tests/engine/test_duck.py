"""The engine by itself: any names, many rows, errors as sentences, and nothing left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from intact.core.errors import EngineError
from intact.engine import DuckEngine, Row, duck, quoted

MEMORY = 64 * 10**6


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckEngine]:
    with DuckEngine(MEMORY, str(tmp_path)) as made:
        yield made


def batch(**columns: list[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


def fill(engine: DuckEngine, table: str, **columns: list[str]) -> None:
    some = batch(**columns)
    engine.create(table, some.schema)
    engine.load(table, [some])


def rows(engine: DuckEngine, table: str, *columns: str, by: str = "_row") -> list[Row]:
    names = ", ".join(map(quoted, columns))
    return list(engine.query(f"SELECT {names} FROM {quoted(table)} ORDER BY {by}"))  # noqa: S608 - the engine quotes


ODD_NAMES = [
    'a"b', "a.b", "a b", "a-b", "'", ";--", "%s", "$1", "?", "ä", "select", "_row", "^A", "system.profile", "x" * 200,
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
def test_tables_and_columns_may_be_called_anything(engine: DuckEngine, name: str) -> None:
    column = f"{name}@key"
    fill(engine, name, **{column: ["one", "two"]})
    assert rows(engine, name, "_row", column) == [(0, "one"), (1, "two")]
    assert engine.size(name) == 2


def test_names_that_differ_in_letter_case_are_different(engine: DuckEngine) -> None:
    for name in ("Orders", "orders", "ORDERS", "^Orders"):
        fill(engine, name, **{"ID": [name], "id": [name.lower()], "Id": ["x"], "^I^D": ["y"]})
    for name in ("Orders", "orders", "ORDERS", "^Orders"):
        assert rows(engine, name, "ID", "id", "Id", "^I^D") == [(name, name.lower(), "x", "y")]


def test_a_table_called_like_what_lies_behind_a_view_is_another(engine: DuckEngine) -> None:
    fill(engine, "orders", key=["one"])
    fill(engine, "raw orders", key=["two"])
    assert rows(engine, "orders", "key") == [("one",)]
    assert rows(engine, "raw orders", "key") == [("two",)]


def test_rows_are_numbered_in_the_order_in_which_they_come(engine: DuckEngine) -> None:
    some = batch(key=[f"k{n}" for n in range(4000)])
    engine.create("orders", some.schema)
    assert engine.size("orders") == 0
    engine.load("orders", [some, some.slice(0, 0), some])
    engine.load("orders", [some])
    assert engine.size("orders") == 12_000
    query = "SELECT count(*), max(_row) FROM orders WHERE key = 'k' || (_row % 4000)::VARCHAR"
    assert list(engine.query(query)) == [(12_000, 11_999)]


def test_a_table_that_was_never_made_has_no_rows(engine: DuckEngine) -> None:
    assert engine.size("orders") == 0


def test_a_table_may_be_empty(engine: DuckEngine) -> None:
    engine.create("orders", pa.schema([pa.field("_id", pa.string())]))
    assert list(engine.query("SELECT * FROM orders")) == []


def test_queries_may_be_read_at_once(engine: DuckEngine) -> None:
    fill(engine, "orders", key=[str(n) for n in range(12_000)])
    one, other = (engine.query("SELECT _row FROM orders ORDER BY _row") for _ in range(2))
    assert all(a == b for a, b in zip(one, other, strict=True))


def test_values_travel_as_parameters(engine: DuckEngine) -> None:
    fill(engine, "orders", key=["it's", 'a"b'])
    assert list(engine.query("SELECT _row FROM orders WHERE key = ?", ["it's"])) == [(0,)]


def test_a_query_that_nobody_reads_to_its_end_holds_nothing(engine: DuckEngine) -> None:
    begun = engine.query("SELECT * FROM range(100000)")
    assert next(begun) == (0,)
    del begun
    engine.execute("CREATE TABLE one AS SELECT 1 AS n")
    assert list(engine.query("SELECT n FROM one")) == [(1,)]
    assert not engine._busy


def test_nothing_is_spilled_where_all_fits(engine: DuckEngine) -> None:
    fill(engine, "orders", key=["one"])
    assert engine.spilled == 0


def test_what_does_not_fit_is_spilled_and_counted(engine: DuckEngine) -> None:
    engine.execute("CREATE TEMP TABLE much AS SELECT repeat('x', 100) || range AS t FROM range(1500000)")
    assert engine.spilled > 10**6


FEW, MANY = 3, 60_000
"""Rows that the engine is shown, and rows of which it makes a table."""


@pytest.mark.parametrize("counts", [(FEW, FEW), (MANY, MANY), (FEW, MANY, FEW), (MANY, FEW, MANY)], ids=str)
def test_a_table_that_is_filled_again_has_the_new_rows_alone(
    engine: DuckEngine, counts: tuple[int, ...]
) -> None:
    for time_, count in enumerate(counts):
        column = f"n{time_}"
        engine.fill("$Now", pa.table({column: range(count), "text": ["x" * 36] * count}))
        for _ in range(2):  # by the same cursor
            assert {int(str(n)) for _, n in rows(engine, "$Now", "text", column, by=column)} == set(
                range(count)
            )


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_query_that_is_being_read_keeps_the_rows_that_it_began_with(engine: DuckEngine, count: int) -> None:
    engine.fill("$now", pa.table({"n": range(12_000), "text": ["x"] * 12_000}))
    begun = engine.query('SELECT n FROM "$now"')
    first = next(begun)
    engine.fill("$now", pa.table({"n": [-1] * count, "text": ["x" * 36] * count}))
    assert set(engine.query('SELECT n FROM "$now"')) == {(-1,)}
    assert {first, *begun} == {(n,) for n in range(12_000)}


def test_few_rows_are_shown_and_many_are_copied(engine: DuckEngine) -> None:
    made = "SELECT count(*) FROM duckdb_tables() WHERE table_name = '$now'"
    engine.fill("$now", pa.table({"n": range(FEW)}))
    assert list(engine.query(made)) == [(0,)]
    engine.fill("$now", pa.table({"n": range(MANY), "text": ["x" * 36] * MANY}))
    assert list(engine.query(made)) == [(1,)]


@pytest.mark.parametrize("count", [0, FEW, MANY])
def test_what_is_taken_out_of_a_table_is_there_whatever_its_size(engine: DuckEngine, count: int) -> None:
    fill(engine, "orders", key=[f"{n:036d}" for n in range(MANY)])
    engine.pick("orders", range(count), "$some")
    assert rows(engine, "$some", "_row", "key") == [(n, f"{n:036d}") for n in range(count)]
    engine.extract("orders", ["key"] if count else [], "$those")
    assert engine.size("$those") == 0  # it is no collection
    ((found,),) = engine.query('SELECT count(*) FROM "$those"')
    assert found == (MANY if count else 0)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    missing = tmp_path / "none-such"
    with pytest.raises(EngineError, match="no temporary folder can be made") as caught:
        DuckEngine(MEMORY, str(missing))
    assert caught.value.where == str(missing)
    assert "TMPDIR" in caught.value.hint


def test_a_budget_that_is_too_small_is_said_with_what_to_do(engine: DuckEngine) -> None:
    with pytest.raises(EngineError, match="does not fit into 61 MB") as caught:
        engine.execute("CREATE TABLE one AS SELECT repeat('x', 300000000) AS t")
    assert "--memory" in caught.value.hint


def test_it_may_be_closed_twice_and_leaves_nothing(tmp_path: Path) -> None:
    engine = DuckEngine(MEMORY, str(tmp_path))
    fill(engine, "orders", key=["one"])
    assert len(list(tmp_path.iterdir())) == 1
    engine.close()
    assert list(tmp_path.iterdir()) == []
    engine.close()


def test_it_leaves_nothing_when_an_error_ends_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), DuckEngine(MEMORY, str(tmp_path)):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_two_engines_know_nothing_of_each_other(tmp_path: Path) -> None:
    with DuckEngine(MEMORY, str(tmp_path)) as one, DuckEngine(MEMORY, str(tmp_path)) as other:
        fill(one, "orders", key=["one"])
        fill(other, "orders", key=["other"])
        assert list(one.query("SELECT key FROM orders")) == [("one",)]
        assert list(other.query("SELECT key FROM orders")) == [("other",)]


LONG = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * 3 = b.range * 7 + 1 + a.range % 2"


@pytest.mark.parametrize("as_query", [True, False], ids=["query", "execute"])
def test_a_long_query_in_another_thread_can_be_interrupted(engine: DuckEngine, as_query: bool) -> None:
    ended: list[BaseException] = []

    def run() -> None:
        try:
            if as_query:
                list(engine.query(LONG))
            else:
                engine.execute(f"CREATE TABLE long AS {LONG}")
        except duckdb.InterruptException as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    end = time.monotonic() + 60
    while thread.is_alive() and time.monotonic() < end:
        time.sleep(0.1)  # it may not have begun yet
        engine.interrupt()
    thread.join(1)
    assert not thread.is_alive()
    assert [type(each) for each in ended] == [duckdb.InterruptException]
    assert list(engine.query("SELECT 1")) == [(1,)]


def test_its_name_has_its_version(engine: DuckEngine) -> None:
    assert engine.name == f"DuckDB {duckdb.__version__}"


def wide(first: int, rows: int) -> pa.RecordBatch:
    """A megabyte for every ten thousand rows or so, with lists."""
    numbers = range(first, first + rows)
    return pa.RecordBatch.from_pydict(
        {
            "key": [f"{n:036d}" for n in numbers],
            "ref": [f"{n // 2:036d}" for n in numbers],
            "each": pa.array([[f"{n}"] * (n % 3) or None for n in numbers], pa.list_(pa.string())),
            "never": pa.nulls(rows, pa.string()),
        }
    )


PORTION, PORTIONS = 9_000, 60
LOOKED_AT = (
    "SELECT count(*), count(DISTINCT _row), min(_row), max(_row), sum(len(each)),"
    " count(*) FILTER (key::BIGINT = _row), count(*) FILTER (ref::BIGINT = _row // 2) FROM {}"
)


def test_columns_beyond_the_budget_are_all_there_and_in_order(tmp_path: Path) -> None:
    """What comes of interleaved collections is the same whether it stays in memory or DuckDB has to copy it."""
    seen = []
    for memory in (2 * 10**9, 64 * 10**6):
        with DuckEngine(memory, str(tmp_path)) as engine:
            for table in ("orders", "Orders", "few"):
                engine.create(table, wide(0, 1).schema)
            engine.load("few", [wide(0, 7)])
            for at in range(PORTIONS):
                engine.load(("orders", "Orders")[at % 2], [wide(at // 2 * PORTION, PORTION)])
            tables = "orders", "Orders", "few"
            seen.append([next(iter(engine.query(LOOKED_AT.format(quoted(table))))) for table in tables])
            assert [engine.size(table) for table in tables] == [PORTION * PORTIONS // 2] * 2 + [7]
            assert engine.filled("orders") == ["key", "ref", "each"]
            assert (engine.spilled > 0) == (memory < 10**9)
    assert seen[0] == seen[1]
    rows = PORTION * PORTIONS // 2
    assert seen[0][0] == (rows, rows, 0, rows - 1, sum(n % 3 for n in range(rows)), rows, rows)


def load_until_it_ends(memory: int, folder: Path, *, then: Exception | None = None) -> None:
    with DuckEngine(memory, str(folder)) as engine:
        engine.create("orders", wide(0, 1).schema)
        for at in range(20):
            engine.load("orders", [wide(at * PORTION, PORTION)])
        if then:
            raise then
        list(engine.query("SELECT 1"))


def test_a_run_that_ends_while_columns_are_copied_leaves_nothing(tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        load_until_it_ends(32 * 10**6, tmp_path, then=ZeroDivisionError())
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_while_columns_are_copied_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(copy: duck._Copy, name: str, schema: pa.Schema) -> None:
        next(copy._batches())
        copy._error = duckdb.IOException("Could not write file: No space left on device")
        copy._ended.set()

    monkeypatch.setattr(duck._Copy, "_make", refuse)
    with pytest.raises(EngineError, match="TMPDIR"):
        load_until_it_ends(8 * 10**6, tmp_path)


def test_the_budget_holds_when_columns_are_copied(tmp_path: Path) -> None:
    """What was in memory before is handed over, and no longer taken off the budget of what copies it."""
    with DuckEngine(64 * 10**6, str(tmp_path)) as engine:
        for table, portions in (("customers", 15), ("orders", 30)):
            engine.create(table, wide(0, 1).schema)
            for at in range(portions):
                engine.load(table, [wide(at * PORTION, PORTION)])
        ((limit,),) = engine.query("SELECT current_setting('memory_limit')")
        assert limit == "51.8 MiB"  # 85 % of 64 MB
        assert engine.spilled > 0


def test_a_signal_that_duckdb_swallowed_is_an_interrupt_again(engine: DuckEngine) -> None:
    with pytest.raises(KeyboardInterrupt), engine._errors():
        raise RuntimeError("Query interrupted")
