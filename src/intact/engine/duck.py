"""The embedded engine: DuckDB, out of core under a memory budget."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path as FilePath
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from intact.errors import EngineError

Row = tuple[object, ...]

_ROWS_AT_ONCE = 5_000
_COUNTED = 0.85  # of the budget; DuckDB takes some memory that it does not count


_CAPITAL = re.compile("[A-Z^]")


def quoted(name: str) -> str:
    """Write a name as an SQL identifier, whatever characters it holds."""
    return '"' + _spelled(name).replace('"', '""') + '"'


def _spelled(name: str) -> str:
    """Mark capitals: the engine takes names for one that differ in letter case only, and MongoDB does not."""
    return _CAPITAL.sub(r"^\g<0>", name)


def _raw(table: str) -> str:
    """Name what lies behind a view; no collection of MongoDB can be called so."""
    return quoted(f"$raw {table}")


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
                where=directory or tempfile.tempdir or "",  # gettempdir() may be what failed
                hint="Set TMPDIR to a folder with free space.",
            ) from error
        self._memory = memory
        self._connection = duckdb.connect(
            str(self._folder / "columns.duckdb"),
            config={
                "memory_limit": f"{int(memory * _COUNTED) // 1024}KiB",
                "temp_directory": str(self._folder / "spill"),
                "preserve_insertion_order": "false",
                # Nobody recovers these tables: no checkpoint ever, it would write everything twice.
                "wal_autocheckpoint": "1000TB",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "enable_external_access": "true",
            },
        )
        self._connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        self._cursors: set[duckdb.DuckDBPyConnection] = set()
        self._loaded: dict[str, int] = {}

    @property
    def name(self) -> str:
        """Name and version, for the report's header."""
        return f"DuckDB {duckdb.__version__}"

    def create(self, table: str, schema: pa.Schema) -> None:
        """Make an empty table with these columns, and its view."""
        with self._errors():
            empty = schema.empty_table()
            self._connection.register(
                "$incoming", empty.rename_columns([_spelled(name) for name in schema.names])
            )
            raw = _raw(table)
            self._connection.execute(
                f'CREATE TABLE {raw} AS SELECT 0::BIGINT AS _row, * FROM "$incoming" LIMIT 0'
            )
            self._connection.unregister("$incoming")
            self._connection.execute(f"CREATE VIEW {quoted(table)} AS SELECT * FROM {raw}")
        self._loaded[table] = 0

    def load(self, table: str, batches: Sequence[pa.RecordBatch]) -> None:
        """Append rows to a table; many at once cost less."""
        rows, first = pa.Table.from_batches(batches), self._loaded[table]
        numbers = pa.array(range(first, first + rows.num_rows), pa.int64())
        incoming = rows.add_column(0, "_row", numbers)
        with self._errors():
            self._connection.register(
                "$incoming", incoming.rename_columns([_spelled(n) for n in incoming.column_names])
            )
            self._connection.execute(f'INSERT INTO {_raw(table)} SELECT * FROM "$incoming"')
            self._connection.unregister("$incoming")
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
        cursor = self._connection.cursor()
        self._cursors.add(cursor)
        try:
            with self._errors():
                cursor.execute(sql, list(parameters))
            while True:
                with self._errors():
                    rows = cursor.fetchmany(_ROWS_AT_ONCE)
                if not rows:
                    return
                yield from rows
        finally:
            self._cursors.discard(cursor)
            cursor.close()

    def fill(self, table: str, rows: pa.Table) -> None:
        """Make a temporary table of these rows."""
        with self._errors():
            self._connection.register("$incoming", rows)
            self._connection.execute(f'CREATE OR REPLACE TABLE {quoted(table)} AS SELECT * FROM "$incoming"')
            self._connection.unregister("$incoming")

    @property
    def spilled(self) -> int:
        """How many bytes lie on the disk now because the memory budget did not hold them."""
        ((size,),) = self.query("SELECT coalesce(sum(size), 0) FROM duckdb_temporary_files()")
        return int(str(size))

    def interrupt(self) -> None:
        """Make what the engine is doing in another thread fail soon."""
        for connection in (self._connection, *self._cursors):
            connection.interrupt()

    def close(self) -> None:
        """Close the engine and remove its files. May be called twice."""
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
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
        except (
            duckdb.IOException,
            duckdb.TransactionException,
            duckdb.FatalException,
        ) as error:  # a full disk is any
            raise EngineError(
                "the engine could not use its temporary folder",
                where=str(self._folder),
                hint=f"Set TMPDIR to a folder with more free space ({str(error).splitlines()[0][:200]}).",
            ) from error
