"""The documents of findings, as the history remembers them: by a number made of their ``_id``."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pyarrow as pa

from intact.engine import DuckEngine, quoted
from intact.findings.types import CollectionRead

MOST: Final = 100
"""Documents of one finding that are remembered."""

WIDTH: Final = 8
"""Bytes of the number of a document."""

_MARK: Final = "md5_number_lower(_id)"


class Documents:
    """Numbers the documents of one run.

    Args:
        engine: Has a table a collection.
    """

    def __init__(self, engine: DuckEngine) -> None:
        self._engine = engine
        self._rows: dict[str, array[int]] = {}
        self._marks: dict[str, tuple[array[int], list[int | None]]] = {}

    def note(self, collection: str, rows: Sequence[int]) -> bytes:
        """Take note that a finding affects documents; return what :meth:`marks` is to be given for them."""
        some = array("q", rows[:MOST])
        self._rows.setdefault(collection, array("q")).extend(some)
        return some.tobytes()

    def marks(self, collection: str, noted: bytes) -> bytes | None:
        """Return the numbers of documents by their ``_id``; None where one of them has none, or none was noted."""
        if collection not in self._marks:
            self._marks[collection] = self._fetch(collection)
        known, marks = self._marks[collection]
        found = array("Q")
        for row in array("q", noted):
            mark = marks[bisect_left(known, row)]
            if mark is None:
                return None
            found.append(mark)
        return found.tobytes() or None

    def _fetch(self, collection: str) -> tuple[array[int], list[int | None]]:
        rows = self._rows.get(collection, array("q"))
        self._engine.fill("$noted", pa.table({"_row": pa.array(rows, pa.int64())}))
        query = (
            f'SELECT _row, {_MARK} FROM {quoted(collection)} SEMI JOIN "$noted" USING (_row) ORDER BY _row'
        )
        known, marks = array("q"), list[int | None]()
        for row, mark in self._engine.query(query):
            known.append(int(str(row)))
            marks.append(None if mark is None else int(str(mark)))
        return known, marks

    def fates(
        self, given: Iterable[tuple[str, bytes | None]], read: Iterable[CollectionRead]
    ) -> list[bool | None]:
        """Say of the documents of findings whether they are there still.

        Args:
            given: Collection, and the numbers of the documents, of each finding.
            read: What was read.

        Returns:
            For each True where all are there, False where one is not; None where that cannot be said, since the
            collection was not read, or not whole, or there are more documents than were remembered.
        """
        by_name: Mapping[str, CollectionRead] = {each.name: each for each in read if each.present}
        asked = [(name, array("Q", marks or b"")) for name, marks in given]
        there = {name: self._there(name, [m for n, ms in asked if n == name for m in ms]) for name in by_name}
        return [_fate(marks, there.get(name), by_name.get(name)) for name, marks in asked]

    def _there(self, collection: str, marks: Sequence[int]) -> set[int]:
        if not marks or not self._engine.size(collection):
            return set()
        self._engine.fill("$sought", pa.table({"m": pa.array(marks, pa.uint64())}))
        table = f"(SELECT {_MARK} AS m FROM {quoted(collection)} WHERE _id IS NOT NULL)"
        return {
            int(str(m)) for (m,) in self._engine.query(f'SELECT m FROM {table} SEMI JOIN "$sought" USING (m)')
        }


def _fate(marks: Sequence[int], there: set[int] | None, read: CollectionRead | None) -> bool | None:
    if not marks or there is None or read is None:
        return None
    if not there.issuperset(marks):
        return False if read.whole else None
    return True if len(marks) < MOST else None
