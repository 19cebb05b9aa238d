"""Which paths have a value in no document, and how that is said.

It follows from the columns, over all documents that were read. A value is what is neither absent, null nor undefined;
of a path through an array one element with a value is enough, and an array of nothing but nulls has none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Final

from intact.checks import sql
from intact.checks.base import PathUse, Rest
from intact.core.counts import counted
from intact.core.paths import Path
from intact.core.values import ABSENT, NULL, NULL_KINDS, UNDEFINED
from intact.engine import DuckEngine, quoted
from intact.model.specs import Model
from intact.project.columns import Role
from intact.project.occurrence import Occurrence

_EMPTY_ARRAY: Final = r'\$\[((null|\{"\$undefined":true\}),?)*\]'
"""Canonical text of an array without an element other than null."""

_NAMED: Final = 3
"""Names that are proposed."""

_PLAIN: Final = ("amount", "wide", "date", "month", "flag")
"""Columns that are null wherever there is no value, if the path goes through no array."""

_LISTS: Final = ("each", "amount")
"""Columns of lists, whose elements are null wherever there is no value."""

_TEXTS: Final = ("key", "text", "bad")
"""Columns of text, which may be that of an array of nulls."""

_ROLES: Final = {
    PathUse.KEY: Role.KEY,
    PathUse.REFERENCE: Role.KEY,
    PathUse.REFERRING: Role.KEY,
    PathUse.AMOUNT: Role.AMOUNT,
    PathUse.DATE: Role.DATE,
    PathUse.DATED: Role.DATE,
    PathUse.COMPARED: Role.TEXT,
}
"""As what a path is read that is taken for something; another may be anything."""


class Presence:
    """Tells of paths whether any document has a value there.

    Args:
        engine: The scan's, which has all documents that were read.
        model: Says which paths may be in no document.
        occurrences: Which fields occur, by collection.

    Attributes:
        sampled: Which fields occur in a sample of whole documents, by collection, where only the fields of the model
            were fetched of the others.
    """

    def __init__(
        self, engine: DuckEngine, model: Model, occurrences: Mapping[str, Occurrence] | None = None
    ) -> None:
        self._engine = engine
        self._model = model
        self._occurrences = occurrences or {}
        self.sampled: Mapping[str, Occurrence] = {}
        self._known: dict[tuple[str, Path], bool] = {}
        self._told: dict[Rest, str] = {}

    def dead(self, collection: str, paths: Iterable[Path]) -> bool:
        """Say whether documents should have a value at one of some paths, and none has."""
        each = tuple(paths)
        if not self._engine.size(collection) or set(each) & set(self._model.collections[collection].optional):
            return False
        return not any(self._has_value(collection, path) for path in each)

    def reason(self, rest: Rest) -> str:
        """Say that no document has a value where a check rests; empty where one has."""
        if rest not in self._told:
            self._told[rest] = self._reason(rest) if self.dead(rest.collection, rest.paths) else ""
        return self._told[rest]

    def _reason(self, rest: Rest) -> str:
        size, collection = self._engine.size(rest.collection), rest.collection
        names = " and ".join(f"`{path}`" for path in rest.paths)
        verb = "is" if len(rest.paths) == 1 else "are"
        if rest.use is PathUse.DATED:
            names += ", by which findings are dated,"
        documents = f"{counted(size, 'document')} of {collection}"
        told = f"{names} {verb} in none of {documents}"
        if len(rest.paths) == 1 and (nulls := self._nulls(collection, rest.paths[0])):
            told = f"{names} has a value in none of {documents} (it is null or empty in {nulls:,})"
        return told + self.meant(rest)

    def meant(self, rest: Rest) -> str:
        """Return the names that were probably meant, as the end of a sentence; empty where nothing is like them."""
        sample = self.sampled.get(rest.collection)
        occurrence = sample or self._occurrences.get(rest.collection)
        found: dict[Path, int] = {}
        for path in rest.paths:
            with contextlib.suppress(LookupError):  # nothing beside it was looked at
                found.update(occurrence.probably_meant(path, _ROLES.get(rest.use)) if occurrence else ())
        hidden = self._model.collections[rest.collection].hides_name
        names = [
            f"`{path}` is in {count:,}"
            for path, count in found.items()
            if path not in rest.paths and not hidden(path)
        ]
        size = self._engine.size(rest.collection)
        of = f"of a sample of {sample.documents:,} " if sample and sample.documents < size else ""
        return f"; {of}{', '.join(names[:_NAMED])}" if names else ""

    def _nulls(self, collection: str, path: Path) -> int:
        """Count the documents in which a path without a value is there all the same."""
        kind, table = sql.column(path, "#kind"), quoted(collection)
        if path.is_list or not self._reads(collection, path):
            return 0
        ((count,),) = self._engine.query(f"SELECT count(*) FROM {table} WHERE {kind} <> {ABSENT}")
        return int(str(count))

    def _reads(self, collection: str, path: Path) -> bool:
        return f"{path}#kind" in self._engine.filled(collection)

    def _has_value(self, collection: str, path: Path) -> bool:
        mark = collection, path
        if mark not in self._known:
            self._known[mark] = self._look(collection, path)
        return self._known[mark]

    def _look(self, collection: str, path: Path) -> bool:
        filled = set(self._engine.filled(collection))
        if not self._reads(collection, path):
            return self._occurs(collection, path)
        if not path.is_list and any(f"{path}@{suffix}" in filled for suffix in _PLAIN):
            return True
        if not path.is_list and any(self._plain(collection, f"{path}@{suffix}") for suffix in _TEXTS):
            return True
        if any(self._engine.has_element(collection, f"{path}@{suffix}") for suffix in _LISTS):
            return True
        return any(self._any(collection, condition) for condition in _conditions(path, filled))

    def _plain(self, collection: str, column: str) -> bool:
        """Say of a column of texts, by one of them, that it has more than those of arrays."""
        example = self._engine.example(collection, column)
        return example is not None and not example.startswith("$[")

    def _occurs(self, collection: str, path: Path) -> bool:
        """Say of a path that nothing reads whether it occurs; of one in a place that nobody looked into, yes."""
        try:
            return collection not in self._occurrences or self._occurrences[collection].of(path) > 0
        except LookupError:
            return True

    def _any(self, collection: str, condition: str) -> bool:
        query = f"SELECT 1 FROM {quoted(collection)} WHERE {condition} LIMIT 1"
        return any(True for _ in self._engine.query(query))


def _conditions(path: Path, filled: set[str]) -> list[str]:
    """Return conditions of which one is true of a document that has a value, as far as columns have any value."""
    found = []
    if f"{path}@each" in filled:
        found.append(f"list_count({sql.column(path, 'each')}) > 0")
    if f"{path}@kinds" in filled:
        values = (
            f"list_filter({sql.column(path, 'kinds')}, lambda k: k NOT IN ({ABSENT}, {NULL}, {UNDEFINED}))"
        )
        found.append(f"len({values}) > 0")
    if not path.is_list:
        names = [sql.column(path, suffix) for suffix in _TEXTS if f"{path}@{suffix}" in filled]
        found += [f"NOT regexp_full_match({name}, {sql.text(_EMPTY_ARRAY)})" for name in names]
        if not names and f"{path}#kind" in filled:  # a condition alone keeps no values, only what matched
            kinds = ", ".join(map(str, NULL_KINDS))
            found.append(f"{sql.column(path, '#kind')} NOT IN ({kinds})")
    return found


def withholds(rest: Rest) -> bool:
    """Say whether a figure that rests there says nothing without a value: not where a missing one is asked for."""
    return rest.use not in {PathUse.ABSENCE, PathUse.SHOWN, PathUse.PERSONAL, PathUse.REFERRING}
