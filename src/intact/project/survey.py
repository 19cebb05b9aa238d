"""Counts the fields of documents, one at a time: what :mod:`intact.project.occurrence` says is counted, plainly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from intact.core import values
from intact.core.paths import EACH, Path
from intact.project.elements import DamageError, Element, elements
from intact.project.occurrence import Names, Occurrence, decoded


@dataclass(slots=True)
class _Branch:
    """A place whose fields are counted, and those behind it, by the field that leads there."""

    names: Names
    behind: dict[bytes, _Branch] = field(default_factory=dict)
    seen: dict[bytes, set[int]] = field(default_factory=dict)


class FieldSurvey:
    """Counts the fields at the places of some paths.

    Args:
        paths: The paths.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        paths = frozenset(paths)
        self.found = Occurrence(paths)
        self._root = _Branch(())
        for path in paths:
            branch = self._root
            names = [step for step in path.steps if step != EACH]
            for count, name in enumerate(names[:-1], 1):
                branch = branch.behind.setdefault(name.encode(), _Branch(tuple(names[:count])))

    def take(self, data: bytes, start: int, end: int) -> None:
        """Count the fields of the document ``data[start:end]``, of which the walker has made a row."""
        self.found.documents += 1
        self._look(self._root, data, (values.OBJECT, b"", start, end))
        self._commit(self._root)

    def _look(self, branch: _Branch, data: bytes, value: Element) -> None:
        """Take in the documents that lie at a place, each up to what is broken in it."""
        kind, _, start, end = value
        if kind == values.ARRAY:
            for item in _readable(data, start, end):
                if item[0] == values.OBJECT:
                    self._look(branch, data, item)
            return
        if kind != values.OBJECT:
            return
        first: dict[bytes, Element] = {}
        for each in _readable(data, start, end):
            branch.seen.setdefault(each[1], set()).add(each[0])
            if each[1] in branch.behind:
                first.setdefault(each[1], each)
        for name, each in first.items():
            self._look(branch.behind[name], data, each)

    def _commit(self, branch: _Branch) -> None:
        for name, kinds in branch.seen.items():
            has = not kinds.issubset(values.NULL_KINDS)
            self.found.count(branch.names, decoded(name), int(has), dict.fromkeys(kinds, 1))
        branch.seen.clear()
        for each in branch.behind.values():
            self._commit(each)


def _readable(data: bytes, start: int, end: int) -> Iterator[Element]:
    """Yield the elements of a document or an array up to a broken one."""
    try:
        yield from elements(data, start, end)
    except DamageError:
        return
