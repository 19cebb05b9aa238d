"""The embedded engine: DuckDB, out of core under a memory budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from pathlib import Path as FilePath
from queue import Empty, Full, Queue
from threading import Event, Thread, current_thread, main_thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pyarrow as pa

from intact.core import temporary
from intact.core.errors import EngineError
from intact.core.stopping import Stop
from intact.engine.cursor import Cursor, escaped, quoted
from intact.engine.table import Table

if TYPE_CHECKING:
    import duckdb

Row = tuple[object, ...]

_ROWS_AT_ONCE = 5_000
_COUNTED = 0.85  # of the budget; DuckDB takes some memory that it does not count
_HELD = 0.6  # of the budget may be columns as they came
_LENT = 1 << 20
"""Bytes of rows that are shown to the engine: to make a table of few takes longer than to ask for them."""

_ON_THE_WAY = 4  # batches to be copied
_PATIENCE = 0.1  # seconds, after which it is looked whether somebody still waits


class DuckEngine:
    """Tables of projected documents, and queries over them. Knows no rule.

    Each table has one column more than was loaded, ``_row``: the number of the document in its collection, from 0.

    Columns stay in memory as they came, and the engine reads them there, without a copy. If they come to more than a
    part of the budget before the first query, DuckDB gets a copy, of which it moves to the disk what does not fit.

    Args:
        memory: Budget of the engine in bytes; beyond it the disk is used.
        directory: Where to spill; a folder of its own is made in it, and removed by :meth:`close`.
        stop: Tells when to end before all is done.

    Raises:
        EngineError: If the folder cannot be made.
    """

    def __init__(self, memory: int, directory: str | None = None, stop: Stop | None = None) -> None:
        self.stop = stop or Stop()
        try:
            self._folder = temporary.make(None if directory is None else FilePath(directory))
        except OSError as error:
            raise EngineError(
                f"no temporary folder can be made: {(error.strerror or str(error)).lower()}",
                where=directory or str(temporary.place()),
                hint="Set TMPDIR to a folder with free space in which you may write.",
            ) from error
        self._memory = memory
        self._tables: dict[str, Table] = {}
        self._copies: dict[str, _Copy] | None = None  # none while all columns are in memory
        self._lent: dict[str, pa.Table] = {}  # what was filled in and is small
        self._idle: list[Cursor] = []
        self._busy: set[Cursor] = set()
        self.stop.watch(self)

    @property
    def memory(self) -> int:
        """The budget in bytes."""
        return self._memory

    @property
    def name(self) -> str:
        """Name and version, for the report's header."""
        import duckdb  # noqa: PLC0415 - see _connection

        return f"DuckDB {duckdb.__version__}"

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, made when it is first needed: by then it is known how much memory the columns take."""
        import duckdb  # noqa: PLC0415 - takes a tenth of a second, in which documents can be read already

        memory = self._memory - (self._held if self._copies is None else 0)
        connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{int(memory * _COUNTED) // 1024}KiB",
                "temp_directory": str(self._folder / "spill"),
                "preserve_insertion_order": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "allow_community_extensions": "false",
                "python_enable_replacements": "false",
            },
        )
        # Not in the configuration above: without access to files the folder could not be named any more. From here on
        # no statement reads or writes a file but in that folder, reaches a network, or takes any of this back.
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection

    @property
    def _connected(self) -> bool:
        return "_connection" in self.__dict__

    @property
    def _held(self) -> int:
        """How many bytes of columns are in memory as they came."""
        return sum(table.size for table in self._tables.values())

    def create(self, table: str, schema: pa.Schema) -> None:
        """Make an empty table with these columns."""
        self._tables[table] = Table(schema)

    def load(self, table: str, batches: Sequence[pa.RecordBatch]) -> None:
        """Append rows to a table. All loading comes before the first query."""
        into = self._tables[table]
        for batch in batches:
            into.add(batch)
        if self._copies is None and self._held > self._memory * _HELD:
            self._copies = {}
        if self._copies is not None:
            for name, waiting in self._tables.items():
                if waiting.size:
                    self._copy(self._copies, name, waiting.take())

    def forget(self, table: str) -> None:
        """Drop all rows of a table, which stays. Comes before the first query, as loading does."""
        self._tables[table] = Table(self._tables[table].given)
        copy = (self._copies or {}).pop(table, None)
        if copy is not None:
            copy.abort()
            with self._errors():  # it may have been made of what had come
                self._connection.execute(f"DROP TABLE IF EXISTS {quoted(table)}")

    def drop(self, table: str, rows: pa.ChunkedArray) -> None:
        """Drop some rows of a table by their numbers; the others keep theirs."""
        if self._copies is not None and table in self._copies:
            self.fill("$dropped", pa.table({"_row": rows}))
            self.execute(f'DELETE FROM {quoted(table)} WHERE _row IN (SELECT _row FROM "$dropped")')
        else:
            self._tables[table].drop(rows)

    def size(self, table: str) -> int:
        """How many rows have been loaded into a table; 0 for one that was never made."""
        return self._tables[table].rows if table in self._tables else 0

    def count(self, table: str, column: str) -> int:
        """Count the rows that have a value in a column, as they were loaded."""
        return self._tables[table].counts.get(column, 0)

    def filled(self, table: str) -> list[str]:
        """Name the columns of a table that have any value, in order, as they were loaded; none of one never made."""
        return self._tables[table].filled if table in self._tables else []

    def held(
        self, table: str, column: str, *, lacking: str | None = None
    ) -> list[tuple[pa.Array, pa.Array]] | None:
        """Return the numbers of the rows with a value in a column, and these; None if they are not in memory any more.

        Args:
            table: The table.
            column: Its column.
            lacking: A column in which the rows have no value.
        """
        if self._copies is not None and table in self._copies:
            return None
        return list(self._tables[table].held(column, lacking))

    def has_element(self, table: str, column: str) -> bool:
        """Say whether a list of a column is seen to have an element other than null, in memory, without a query."""
        if column not in self.filled(table) or (self._copies is not None and table in self._copies):
            return False
        elements = (lists.flatten() for _, lists in self._tables[table].held(column))
        return any(each.null_count < len(each) for each in elements)

    def example(self, table: str, column: str) -> str | None:
        """Return the beginning of one of the texts that were loaded into a column; None where there is none."""
        return self._tables[table].texts.get(column) if table in self._tables else None

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement for what it does."""
        with self._cursor(sql) as cursor, self._errors():
            cursor.execute(sql, list(parameters)).fetchall()  # what is not fetched keeps the cursor busy

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """Run a query and hand out its rows a few thousand at a time.

        The query has a cursor of its own, so others may run while its rows are being read.
        """
        with self._cursor(sql) as cursor:
            with self._errors():
                cursor.execute(sql, list(parameters))
            while True:
                self.stop.check()
                with self._errors():
                    rows = cursor.fetchmany(_ROWS_AT_ONCE)
                if not rows:
                    return
                yield from rows

    def batches(self, sql: str, at_once: int = _ROWS_AT_ONCE) -> Iterator[pa.RecordBatch]:
        """Run a query and hand out its rows as columns, a few thousand at a time unless asked otherwise."""
        with self._cursor(sql) as cursor:
            with self._errors():
                reader = cursor.sql(sql).to_arrow_reader(at_once)
            while True:
                self.stop.check()
                with self._errors():
                    batch = next(reader, None)
                if batch is None:
                    return
                yield batch

    def fill(self, table: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Make a table of these rows, or make it anew."""
        self.stop.check()
        few, rows = _few(rows)
        if few is not None:
            self._lent[table] = few
            return
        self._lent.pop(table, None)
        with self._errors():
            self._connection.register("$incoming", rows)
            self._connection.execute(f'CREATE OR REPLACE TABLE {quoted(table)} AS SELECT * FROM "$incoming"')
            self._connection.unregister("$incoming")

    def extract(self, table: str, columns: Sequence[str], into: str) -> None:
        """Make a table of the rows of another one that have a value in one of some columns."""
        if self._copies is not None and table in self._copies:
            where = " OR ".join(f"{quoted(name)} IS NOT NULL" for name in columns) or "FALSE"
            self.execute(f"CREATE TABLE {quoted(into)} AS SELECT * FROM {quoted(table)} WHERE {where}")
            return
        source = self._tables[table]
        self.fill(into, pa.RecordBatchReader.from_batches(source.schema, source.having(columns)))

    def pick(self, table: str, rows: Sequence[int], into: str) -> None:
        """Make a table of some rows of another one, by their numbers."""
        if self._copies is not None and table in self._copies:
            self.fill("$picked", pa.table({"_row": pa.array(rows, pa.int64())}))
            picked = 'SELECT _row FROM "$picked"'
            self.execute(
                f"CREATE TABLE {quoted(into)} AS SELECT * FROM {quoted(table)} WHERE _row IN ({picked})"
            )
            return
        source = self._tables[table]
        self.fill(into, pa.RecordBatchReader.from_batches(source.schema, source.pick(rows)))

    @property
    def spilled(self) -> int:
        """How many bytes lie on the disk now because the memory budget did not hold them."""
        ((size,),) = self.query("SELECT coalesce(sum(size), 0) FROM duckdb_temporary_files()")
        return int(str(size))

    def interrupt(self) -> None:
        """Make what the engine is doing in another thread fail soon."""
        for copy in tuple((self._copies or {}).values()):
            copy.interrupt()
        self.interrupt_statements()

    def interrupt_statements(self) -> None:
        """Make the statements that run in another thread fail soon; tables that are being copied are made."""
        if self._connected:
            for connection in (self._connection, *(cursor.own for cursor in tuple(self._busy))):
                connection.interrupt()

    def close(self) -> None:
        """Close the engine and remove its files. May be called twice."""
        self.stop.unwatch(self)
        try:
            for copy in (self._copies or {}).values():
                copy.abort()
            if self._connected:
                for cursor in (*self._idle, *self._busy):
                    cursor.own.close()
                self._idle.clear()
                self._connection.close()
            self._tables.clear()
            self._lent.clear()
        finally:  # a signal may come here too
            temporary.remove(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _cursor(self, sql: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor that sees the tables which a statement names."""
        self.stop.check()
        with self._errors():
            cursor = self._idle.pop() if self._idle else Cursor(self._connection.cursor())
        self._busy.add(cursor)
        try:
            with self._errors():
                for copy in (self._copies or {}).values():
                    copy.finish()
                cursor.hide(self._lent)
                for name, few in self._lent.items():
                    if escaped(name) in sql:
                        cursor.show(name, few)
                for name, table in self._tables.items():
                    if name not in (self._copies or {}) and escaped(name) in sql:
                        cursor.show(name, table.whole())
            yield cursor.own
        except BaseException:
            cursor.own.close()
            raise
        else:
            self._idle.append(cursor)
        finally:
            self._busy.discard(cursor)

    def _copy(self, copies: dict[str, _Copy], name: str, batches: Sequence[pa.RecordBatch]) -> None:
        """Have DuckDB copy rows of a table."""
        if name not in copies:
            copies[name] = _Copy(self._connection.cursor(), name, self._tables[name].schema)
        with self._errors():
            for batch in batches:
                copies[name].add(batch)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what the disk or the memory budget refuses into an error with a sentence."""
        import duckdb  # noqa: PLC0415 - see _connection

        try:
            yield
        except Exception as error:
            # What a signal's handler raises while DuckDB works comes out as one or another error of its own.
            told = str(error)
            by_signal = isinstance(error, duckdb.InterruptException) or told == "Query interrupted"
            if by_signal:
                self.stop.check()
            if (by_signal or "KeyboardInterrupt" in told) and current_thread() is main_thread():
                raise KeyboardInterrupt from error
            if isinstance(error, duckdb.OutOfMemoryException):
                raise EngineError(
                    f"the audit does not fit into {self._memory // 2**20} MB of memory and the free disk",
                    where=str(self._folder),
                    hint="Give more with --memory, or set TMPDIR to a folder with more free space.",
                ) from error
            refused = duckdb.IOException, duckdb.TransactionException, duckdb.FatalException
            if isinstance(error, refused):  # a full disk is any of them
                raise EngineError(
                    "the engine could not use its temporary folder",
                    where=str(self._folder),
                    hint=f"Set TMPDIR to a folder with more free space ({str(error).splitlines()[0][:200]}).",
                ) from error
            raise


class _Copy:
    """A table that DuckDB makes of rows while they come, in one statement: portions would cost it tenfold.

    Args:
        cursor: For this alone.
        name: The table's.
        schema: Of the rows.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema) -> None:
        self._cursor = cursor
        self._coming: Queue[pa.RecordBatch | None] = Queue(_ON_THE_WAY)
        self._error: Exception | None = None
        self._aborted = False
        self._ended = Event()  # the thread is not asked: an interrupted join() takes a living one for dead
        self._thread = Thread(target=self._make, args=(name, schema), name=f"intact copy {name}", daemon=True)
        self._thread.start()

    def add(self, batch: pa.RecordBatch | None) -> None:
        """Hand over rows, or none where there are no more; waits while too many are on the way.

        Raises:
            duckdb.Error: If the table could not be made.
        """
        while not self._ended.is_set():
            try:
                self._coming.put(batch, timeout=_PATIENCE)
            except Full:
                continue
            return
        if self._error:
            raise self._error

    def finish(self) -> None:
        """Wait until the table is there. May be called again.

        Raises:
            duckdb.Error: If it could not be made.
        """
        self.add(None)
        self._ended.wait()
        if self._error:
            raise self._error

    def interrupt(self) -> None:
        """Make no table after all, soon. May be called at any time, from any thread."""
        self._aborted = True
        if not self._ended.is_set():
            self._cursor.interrupt()

    def abort(self) -> None:
        """Make no table after all. May be called at any time."""
        self.interrupt()
        self._ended.wait()
        self._thread.join()
        self._cursor.close()

    def _make(self, name: str, schema: pa.Schema) -> None:
        try:
            self._cursor.register("$incoming", pa.RecordBatchReader.from_batches(schema, self._batches()))
            made = self._cursor.execute(f'CREATE TABLE {quoted(name)} AS SELECT * FROM "$incoming"')
            made.fetchall()
        except Exception as error:  # noqa: BLE001 - whoever waits for the table raises it
            self._error = error
        finally:
            self._ended.set()

    def _batches(self) -> Iterator[pa.RecordBatch]:
        while not self._aborted:
            try:
                batch = self._coming.get(timeout=_PATIENCE)
            except Empty:
                continue
            if batch is None:
                return
            yield batch


def _few(rows: pa.Table | pa.RecordBatchReader) -> tuple[pa.Table | None, pa.RecordBatchReader]:
    """Return rows as a table if they are few, and all of them to be read if they are not."""
    reader = rows.to_reader() if isinstance(rows, pa.Table) else rows
    batches: list[pa.RecordBatch] = []
    size = 0
    for batch in reader:
        batches.append(batch)
        size += batch.nbytes
        if size > _LENT:
            return None, pa.RecordBatchReader.from_batches(reader.schema, chain(batches, reader))
    return pa.Table.from_batches(batches, reader.schema), reader
