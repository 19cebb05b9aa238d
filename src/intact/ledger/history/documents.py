"""The documents of findings, as the history remembers them: by a number made of their ``_id``."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from intact.findings.records import CollectionRead

# The daemon keeps a history too, and stays small: the engine is loaded where there is a run.
if TYPE_CHECKING:
    from intact.engine import DuckEngine

MOST: Final = 100
"""Documents of one finding that are remembered."""

WIDTH: Final = 8
"""Bytes of the number of a document."""

_MARK: Final = "md5_number_lower(_id)"


class DocumentNumbers:
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
        table = self._beside("$noted", "_row", self._rows.get(collection, array("q")), collection)
        query = f'SELECT _row, {_MARK} FROM {table} SEMI JOIN "$noted" USING (_row) ORDER BY _row'
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
        table = self._beside("$sought", "m", array("Q", marks), collection)
        table = f"(SELECT {_MARK} AS m FROM {table} WHERE _id IS NOT NULL)"
        return {
            int(str(m)) for (m,) in self._engine.query(f'SELECT m FROM {table} SEMI JOIN "$sought" USING (m)')
        }

    def _beside(self, name: str, column: str, numbers: array[int], collection: str) -> str:
        """Lay a table of numbers beside that of a collection; return what the latter is called in SQL."""
        import pyarrow as pa  # noqa: PLC0415 - see TYPE_CHECKING above

        from intact.engine import quoted  # noqa: PLC0415 - the same

        kind = pa.uint64() if numbers.typecode == "Q" else pa.int64()
        self._engine.fill(name, pa.table({column: pa.array(numbers, kind)}))
        return quoted(collection)


def _fate(marks: Sequence[int], there: set[int] | None, read: CollectionRead | None) -> bool | None:
    if not marks or there is None or read is None:
        return None
    if not there.issuperset(marks):
        return False if read.whole else None
    return True if len(marks) < MOST else None
