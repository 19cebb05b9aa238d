"""Currencies that documents name and the model does not: amounts of several are then added as if they were of one.

Nothing is read for it as long as no field is called so. Which fields occur is counted anyway; where one does, the texts
behind its name are looked for in the bytes, and only documents with a text that was not seen before are taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Final

from intact.checks.base import currency_path
from intact.core.paths import EACH, Path
from intact.core.values import shown
from intact.findings.words import clipped
from intact.model.specs import LinkedSum, Model
from intact.project import Batch, Column, projector
from intact.project.columns import Role

_NAMES: Final = frozenset({"currency", "currencycode"})
"""What such a field is called, without its letter case and separators."""
_USUAL: Final = (
    "currency",
    "Currency",
    "CURRENCY",
    "currency_code",
    "currencyCode",
    "CurrencyCode",
    "CURRENCY_CODE",
)
"""The spellings that a server is asked for."""
_LISTED: Final = 3
_LONGEST: Final = 20
_AT_MOST: Final = 20
"""So many different texts are taken apart; more are no currencies."""


class CurrencyWatch:
    """Watches what the fields called currency hold beside the amounts of a collection.

    Args:
        collection: Its name.
        columns: What is read of it.
        model: The model; nothing is watched where it says where the currency stands.
    """

    def __init__(self, collection: str, columns: Iterable[Column], model: Model) -> None:
        self._collection = collection
        self._personal = model.collections[collection].is_personal
        self._places = () if collection in _named(model) else sorted(_places(columns))
        self._seen: set[bytes] = set()
        self._found: dict[Path, dict[str, None]] = {}
        self._lock = Lock()  # blocks are projected side by side

    @property
    def asked(self) -> list[Path]:
        """The fields of whole documents that a source has to give beside what is read."""
        return [Path((name,)) for name in _USUAL] if self._places else []

    def look(self, data: bytes | memoryview, batch: Batch) -> None:
        """Take note of the currencies in a block.

        Args:
            data: The block.
            batch: What was taken from it.
        """
        paths = [path for path in self._there(batch) if not self._personal(path)]
        if not paths:
            return
        with self._lock:
            seen = sorted(self._seen)
        new = {text for name in {path.name for path in paths} for text in _texts(data, name, seen)}
        new -= self._seen  # what is longer than was looked at seems new again
        room = len(seen) < _AT_MOST
        if room:
            with self._lock:
                self._seen |= new
        if new and room:
            self._take(data, paths)

    def notes(self) -> Iterator[str]:
        """Yield a sentence for each field in which there are two currencies."""
        for path, texts in sorted(self._found.items()):
            if len(texts) > 1:
                values = sorted(texts)
                more = f" and {len(values) - _LISTED} more" if len(values) > _LISTED else ""
                told = ", ".join(clipped(value, _LONGEST) for value in values[:_LISTED]) + more
                yield (
                    f"{self._collection}.{path} names more than one currency ({told}), and the model says nothing of"
                    f" it: amounts of {self._collection} are added as if they were all of one. Name it as the"
                    " 'currency' of these amounts."
                )

    def _there(self, batch: Batch) -> Iterator[Path]:
        """Yield the fields of that name, in whatever letter case, that a block's documents have."""
        for place in self._places:
            known = batch.occurrence.places.get(tuple(step for step in place if step != EACH))
            for name, field in known.fields.items() if known else ():
                if field.documents and name.lower().replace("_", "").replace("-", "") in _NAMES:
                    yield Path((*place, name))

    def _take(self, data: bytes | memoryview, paths: list[Path]) -> None:
        """Take the texts of the fields from a block."""
        columns = [Column(path, Role.KEY if path.is_list else Role.TEXT) for path in paths]
        rows = projector(columns).project(data).rows
        for path in paths:
            held = rows.column(f"{path}@{'each' if path.is_list else 'text'}")
            for value in (held.flatten() if path.is_list else held).unique().to_pylist():
                text = shown(value)
                if isinstance(text, str) and text.strip():
                    with self._lock:
                        self._found.setdefault(path, {})[text.strip().upper()] = None


def _texts(data: bytes | memoryview, name: str, seen: Iterable[bytes]) -> list[bytes]:
    """Return what seem to be texts of a field in a block of BSON, and were not seen before."""
    known = b"|".join(map(re.escape, seen))
    before = rb"\x02" + re.escape(name.encode()) + rb"\0.{4}(?!(?:" + known + rb")\0)"
    return re.findall(before + rb"([^\0]{1,64})", data, re.DOTALL)


def _places(columns: Iterable[Column]) -> set[tuple[str, ...]]:
    """Return what the amounts lie in: the documents, and what is embedded in them on the way."""
    steps = [each.path.steps for each in columns if each.role is Role.AMOUNT]
    return {each[:end] for each in steps for end in range(len(each)) if each[end] != EACH}


def _named(model: Model) -> set[str]:
    """Return the collections of which the model says where the currency of an amount stands."""
    found = set()
    for each in model.reconciliations.values():
        found |= {side.collection for side in (each.entries, each.lines) if side.currency}
    for report in model.reports.values():
        for rule in report.rules:
            if currency_path(rule):
                found.add(rule.target if isinstance(rule.target, str) else rule.target.collection)
        for figure in (report.total[1], *report.summary.values()):
            if isinstance(figure, LinkedSum) and figure.currency:
                found.add(figure.amount.collection)
    return found
