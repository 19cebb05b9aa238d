"""Which references are none of the keys: looked up in a table of the keys, where the engine would join texts.

Nearly all references find their key, so a join makes a million pairs of which none is wanted. Only what finds nothing
comes out here; it is compared letter by letter, as a join does.
"""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from intact.core.native import chosen
from intact.engine.duck import DuckEngine
from intact.engine.table import text_buffers
from intact.engine.threads import side_by_side

_SHARE: Final = 4
"""One part of so many of the engine's budget may be keys."""

_SLOTS: Final = 40
"""Bytes of a key beside its letters: its slots in the table, where it begins, and what Arrow has of it."""

SCHEMA: Final = pa.schema([("_row", pa.int64()), ("ref", pa.string()), ("is_array", pa.bool_())])
"""What comes out: the number of the document, the value, and whether it is an element of an array."""

Part = tuple[pa.Array, pa.Array]
"""Numbers of rows, and their texts."""


class Texts(NamedTuple):
    """The texts of a table: single ones, and those of arrays, by the names of their columns."""

    table: str
    single: str
    each: str | None


def strays(engine: DuckEngine, references: Texts, keys: Texts) -> pa.Table | None:
    """Return the references that are none of the keys (:data:`SCHEMA`), equal ones once a row.

    Args:
        engine: With both tables.
        references: Single texts count where the row has no array.
        keys: Single texts, and elements of arrays.

    Returns:
        None where they are not in memory, or the native part is not: then the engine is to join.
    """
    native = chosen()
    if native is None:
        return None
    held, found = _held(engine, references, instead=True), _held(engine, keys, instead=False)
    if held is None or found is None:
        return None
    # A budget that the keys would fill belongs to the engine, which can join by way of the disk.
    size = sum(texts.nbytes + _SLOTS * len(texts) for part in found for _, texts in part)
    if size * _SHARE > engine.memory:
        return None
    table = native.Keys([text_buffers(texts) for part in found for _, texts in part])
    stray = partial(_stray, table)
    single, each = (list(side_by_side(stray, parts, engine.stop)) for parts in held)
    return pa.concat_tables([_rows(single, is_array=False), _rows(each, is_array=True)])


def _held(engine: DuckEngine, texts: Texts, *, instead: bool) -> tuple[list[Part], list[Part]] | None:
    """Return the single texts and those of arrays; ``instead`` leaves out the single ones of rows with an array."""
    single = engine.held(texts.table, texts.single, lacking=texts.each if instead else None)
    arrays = engine.held(texts.table, texts.each) if texts.each else []
    if single is None or arrays is None:
        return None
    return single, [_flat(*part) for part in arrays]


def _flat(rows: pa.Array, lists: pa.ListArray) -> Part:
    """Return the elements of arrays that are not null, each with the number of its row."""
    part = rows.take(pc.list_parent_indices(lists)), lists.flatten()
    return _some(part, part[1].is_valid())


def _some(part: Part, which: pa.BooleanArray) -> Part:
    return part[0].filter(which), part[1].filter(which)


def _stray(keys: object, part: Part) -> Part:
    """Return what of a part is no key."""
    rows, texts = part
    told: bytes = keys.strays(*text_buffers(texts))  # type: ignore[attr-defined]  # of the native part
    places = pa.Array.from_buffers(pa.uint64(), len(told) // 8, [None, pa.py_buffer(told)])
    return rows.take(places), texts.take(places)


def _rows(parts: list[Part], *, is_array: bool) -> pa.Table:
    """Return parts as rows, equal ones once."""
    rows, refs = (
        pa.chunked_array([part[at] for part in parts], type_) for at, type_ in enumerate(SCHEMA.types[:2])
    )
    found = pa.table({"_row": rows, "ref": refs})
    if is_array:
        found = _once(found.take(pc.sort_indices(found, [("_row", "ascending"), ("ref", "ascending")])))
    return found.append_column("is_array", pa.repeat(is_array, len(found))).cast(SCHEMA)


def _once(rows: pa.Table) -> pa.Table:
    """Return rows of which equal ones stand beside each other, each once."""
    same = [pc.equal(column[1:], column[:-1]) for column in rows.columns]
    again = pa.chunked_array([pa.array([False]), *pc.and_(*same).chunks])
    return rows.filter(pc.invert(again)) if len(rows) else rows
