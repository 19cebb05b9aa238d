"""A cursor of the engine's connection, and what it sees: names as the engine takes them, and columns in memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from intact.engine.table import Table, spelled

if TYPE_CHECKING:
    import duckdb

_LARGE: Final = 10_000
"""Rows of a table from which on it pays to plan without its empty columns."""


def quoted(name: str) -> str:
    """Write a name as an SQL identifier, whatever characters it holds."""
    return f'"{escaped(name)}"'


@lru_cache(100_000)
def escaped(name: str) -> str:
    """Write what stands between the quotes of an identifier."""
    return _doubled(spelled(name))


def _doubled(name: str) -> str:
    return name.replace('"', '""')


class Cursor:
    """A cursor of DuckDB, and the columns that it sees: what is in memory is shown to each cursor of its own."""

    def __init__(self, own: duckdb.DuckDBPyConnection) -> None:
        self.own = own
        self._shown: dict[str, pa.Table] = {}

    def show(self, name: str, rows: pa.Table) -> None:
        """Make rows seen under a name."""
        if self._shown.get(name) is not rows:
            self.own.register(spelled(name), rows)
            self._shown[name] = rows

    def show_table(self, name: str, table: Table) -> None:
        """Make a table seen, whose columns without a value are NULL to the planner: what hangs on them is not run."""
        rows = table.whole()
        empty = {*table.schema.names[1:]} - {spelled(each) for each in table.filled}
        if self._shown.get(name) is rows or table.rows < _LARGE or not empty:
            self.show(name, rows)
            return
        every = f"$all of {name}"  # no collection can be called so
        self.own.register(spelled(every), rows)
        known = self.own.sql(f"SELECT * FROM {quoted(every)}")
        # The engine is asked for the types: it alone knows what it makes of a column of structs.
        named = zip(
            known.columns, [f'"{_doubled(each)}"' for each in known.columns], known.types, strict=True
        )
        columns = (f"CAST(NULL AS {type_}) AS {its}" if each in empty else its for each, its, type_ in named)
        self.own.execute(
            f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT {', '.join(columns)} FROM {quoted(every)}"
        )
        self._shown[name] = rows

    def hide(self, lent: Mapping[str, pa.Table]) -> None:
        """Make rows that were lent and are no more unseen: a table of that name may be there now."""
        for name in [each for each in self._shown if each.startswith("$") and each not in lent]:
            self.own.unregister(spelled(name))
            del self._shown[name]
