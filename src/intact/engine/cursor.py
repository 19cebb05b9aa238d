"""A cursor of the engine's connection, and what it sees: names as the engine takes them, and columns in memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa

from intact.engine.table import spelled

if TYPE_CHECKING:
    import duckdb


def quoted(name: str) -> str:
    """Write a name as an SQL identifier, whatever characters it holds."""
    return f'"{escaped(name)}"'


@lru_cache(100_000)
def escaped(name: str) -> str:
    """Write what stands between the quotes of an identifier."""
    return spelled(name).replace('"', '""')


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

    def hide(self, lent: Mapping[str, pa.Table]) -> None:
        """Make rows that were lent and are no more unseen: a table of that name may be there now."""
        for name in [each for each in self._shown if each.startswith("$") and each not in lent]:
            self.own.unregister(spelled(name))
            del self._shown[name]
