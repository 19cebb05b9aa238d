"""The embedded engine: DuckDB, out of core under a memory budget."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path as FilePath
from types import TracebackType

import duckdb
import pyarrow as pa

from intact.errors import EngineError

Row = tuple[object, ...]

_ROWS_AT_ONCE = 5_000


def quoted(name: str) -> str:
    """Write a name as an SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


class DuckEngine:
    """Tables of projected documents, and queries over them. Knows no rule.

    Each table loaded as ``t`` is seen as the view ``t`` with one column more, ``_row``: the number of the document in
    its collection, from 0.

    Args:
        memory: Budget of the engine in bytes; beyond it the disk is used.
        directory: Where to spill; a folder of its own is made in it, and removed by :meth:`close`.

    Raises:
        EngineError: If the folder cannot be made.
    """

    def __init__(self, memory: int, directory: str | None = None) -> None:
        try:
            self._folder = FilePath(tempfile.mkdtemp(prefix="intact-", dir=directory))
        except OSError as error:
            raise EngineError(
                f"no temporary folder can be made: {error.strerror}",
                where=directory or tempfile.gettempdir(),
                hint="Set TMPDIR to a folder with free space.",
            ) from error
        self._memory = memory
        self._connection = duckdb.connect(
            str(self._folder / "columns.duckdb"),
            config={
                "memory_limit": f"{memory // 1024}KiB",
                "temp_directory": str(self._folder / "spill"),
                "preserve_insertion_order": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "enable_external_access": "true",
            },
        )
        self._loaded: dict[str, int] = {}

    @property
    def name(self) -> str:
        """Name and version, for the report's header."""
        return f"DuckDB {duckdb.__version__}"

    def create(self, table: str, schema: pa.Schema) -> None:
        """Make an empty table with these columns, and its view."""
        with self._errors():
            self._connection.register("_incoming", schema.empty_table())
            raw = quoted(f"{table} raw")
            self._connection.execute(f"CREATE TABLE {raw} AS SELECT 0::BIGINT AS _row, * FROM _incoming LIMIT 0")
            self._connection.unregister("_incoming")
            self._connection.execute(f"CREATE VIEW {quoted(table)} AS SELECT * FROM {raw}")
        self._loaded[table] = 0

    def load(self, table: str, rows: pa.RecordBatch) -> None:
        """Append rows to a table."""
        if not rows.num_rows:
            return
        first = self._loaded[table]
        numbers = pa.array(range(first, first + rows.num_rows), pa.int64())
        numbered = rows.add_column(0, pa.field("_row", pa.int64()), numbers)
        with self._errors():
            self._connection.register("_incoming", pa.Table.from_batches([numbered]))
            self._connection.execute(f"INSERT INTO {quoted(f'{table} raw')} SELECT * FROM _incoming")
            self._connection.unregister("_incoming")
        self._loaded[table] = first + rows.num_rows

    def size(self, table: str) -> int:
        """How many rows have been loaded into a table; 0 for one that was never made."""
        return self._loaded.get(table, 0)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement that returns nothing."""
        with self._errors():
            self._connection.execute(sql, list(parameters))

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """Run a query and hand out its rows a few thousand at a time.

        The query has a cursor of its own, so others may run while its rows are being read.
        """
        with self._errors():
            cursor = self._connection.cursor().execute(sql, list(parameters))
        try:
            while True:
                with self._errors():
                    rows = cursor.fetchmany(_ROWS_AT_ONCE)
                if not rows:
                    return
                yield from rows
        finally:
            cursor.close()

    def fill(self, table: str, rows: pa.Table) -> None:
        """Make a temporary table of these rows."""
        with self._errors():
            self._connection.register("_incoming", rows)
            self._connection.execute(f"CREATE OR REPLACE TABLE {quoted(table)} AS SELECT * FROM _incoming")
            self._connection.unregister("_incoming")

    def close(self) -> None:
        """Close the engine and remove its files. May be called twice."""
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> DuckEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what the disk or the memory budget refuses into an error with a sentence."""
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise EngineError(
                f"the audit does not fit into {self._memory // 2**20} MB of memory and the free disk",
                where=str(self._folder),
                hint="Give more with --memory, or set TMPDIR to a folder with more free space.",
            ) from error
        except duckdb.IOException as error:
            raise EngineError(
                "the engine could not use its temporary folder",
                where=str(self._folder),
                hint=f"Set TMPDIR to a folder with more free space ({str(error).splitlines()[0][:200]}).",
            ) from error
