"""What one value becomes in the columns of its role.

The functions here take the raw bytes of a value and give its cells, in the order of the columns in
:func:`intact.project.columns.schema`. The walker calls them for each value, the matcher for each different
one.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from intact.core import values
from intact.project.amounts import amount
from intact.project.canonical import Note, canonical, cut
from intact.project.columns import Role
from intact.project.dates import date

Cell = object
"""A value as ``pyarrow.array`` takes it."""

Cells = tuple[Cell, ...]
Read = Callable[[int, bytes, int, int, Note], Cells]
"""Gives the cells of the value of a kind that fills ``data[start:end]``."""


def key_text(kind: int, data: bytes, start: int, end: int, note: Note) -> str | None:
    """Return the canonical text; None for absent, null and undefined."""
    return None if kind in values.NULL_KINDS else canonical(kind, data, start, end, note)


def shown_text(kind: int, data: bytes, start: int, end: int, note: Note) -> str | None:
    """Return the canonical text, cut."""
    return None if kind in values.NULL_KINDS else cut(canonical(kind, data, start, end, note))


def text_cells(kind: int, data: bytes, start: int, end: int, note: Note) -> Cells:
    """Return the cell of role TEXT."""
    return (shown_text(kind, data, start, end, note),)


def amount_cells(
    kind: int, data: bytes, start: int, end: int, note: Note
) -> tuple[Decimal | None, str | None, str | None]:
    """Return ``@amount``, ``@wide`` and ``@bad``."""
    if kind in values.NULL_KINDS:
        return None, None, None
    read = amount(kind, data, start, end)
    if read is None:
        return None, None, shown_text(kind, data, start, end, note)
    return (None, read, None) if isinstance(read, str) else (read, None, None)


def date_cells(kind: int, data: bytes, start: int, end: int, note: Note) -> Cells:
    """Return ``@date``, ``@month`` and ``@bad``."""
    read = None if kind in values.NULL_KINDS else date(kind, data, start, end)
    return (None, None, shown_text(kind, data, start, end, note)) if read is None else (*read, None)


def flag_cells(kind: int, data: bytes, start: int, end: int, note: Note) -> Cells:
    """Return ``@flag`` and ``@bad``."""
    if kind == values.BOOL:
        return bool(data[start]), None
    return None, shown_text(kind, data, start, end, note)


READ: Final[dict[Role, Read]] = {
    Role.TEXT: text_cells,
    Role.AMOUNT: amount_cells,
    Role.DATE: date_cells,
    Role.FLAG: flag_cells,
}
"""How the roles whose cells depend on one value are read; KEY, which looks into arrays, is the walker's."""
