"""The engine reaches nothing but its own memory and folder, whatever SQL it is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from intact.core.errors import EngineError
from intact.engine import DuckEngine
from tests.engine.test_duck import MEMORY, fill

REFUSED = (duckdb.Error, EngineError)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckEngine]:
    (tmp_path / "own").mkdir()
    with DuckEngine(MEMORY, str(tmp_path / "own")) as made:
        fill(made, "orders", key=["one"])
        yield made


FILES = [
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_blob('{file}')",
    "SELECT * FROM '{file}'",
    "SELECT * FROM glob('{folder}/*')",
    "COPY (SELECT 1) TO '{new}'",
    "COPY (SELECT 1) TO '{new}' (FORMAT parquet)",
    "ATTACH '{new}'",
    "EXPORT DATABASE '{new}'",
    "IMPORT DATABASE '{folder}'",
]
NETWORK = [
    "SELECT * FROM read_text('http://127.0.0.1:9/x')",
    "SELECT * FROM read_parquet('s3://bucket/x')",
    "ATTACH 'https://127.0.0.1:9/x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{file}'",
    "INSTALL spatial FROM community",
    "CREATE PERSISTENT SECRET s (TYPE s3)",
]
SETTINGS = [
    "SET enable_external_access = true",
    "RESET enable_external_access",
    "SET lock_configuration = false",
    "SET memory_limit = '1TB'",
    "SET temp_directory = '{folder}'",
    "SET allowed_directories = ['/']",
    "SET autoload_known_extensions = true",
    "SET python_enable_replacements = true",
    "PRAGMA enable_profiling = 'json'",
    "CALL enable_logging(storage = 'file')",
]


@pytest.mark.parametrize("statement", [*FILES, *NETWORK, *SETTINGS])
def test_no_statement_reaches_a_file_a_network_or_the_configuration(
    engine: DuckEngine, tmp_path: Path, statement: str
) -> None:
    file, new = tmp_path / "secret.csv", tmp_path / "new"
    file.write_text("secret\n1\n", "utf-8")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(REFUSED):
        list(engine.query(statement.format(file=file, folder=tmp_path, new=new)))
    assert sorted(tmp_path.iterdir()) == before


def test_no_variable_of_the_program_is_a_table(engine: DuckEngine) -> None:
    secret = pa.table({"a": [1]})
    with pytest.raises(duckdb.CatalogException):
        list(engine.query("SELECT * FROM secret"))
    assert secret.num_rows == 1


def test_an_engine_that_is_closed_to_files_still_spills_into_its_folder(engine: DuckEngine) -> None:
    query = "SELECT count(*) FROM (SELECT md5(range::VARCHAR) AS b FROM range(2000000) ORDER BY b)"
    engine.execute("CREATE TABLE many AS SELECT md5(range::VARCHAR) AS b, md5(b) AS c FROM range(2000000)")
    assert list(engine.query(query)) == [(2_000_000,)]
    assert engine.spilled > 0
