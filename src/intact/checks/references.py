"""What refers to records that should be one: which references would have to move, and which documents hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import pyarrow as pa

from intact.checks import sql
from intact.checks.base import Draft, Need, key_columns
from intact.checks.context import Context
from intact.engine import quoted
from intact.model.types import Collection, Link, Model
from intact.project.columns import Column, Role
from intact.values import JsonValue, shown

FIELDS: Final = ("references_total", "references", "references_complete")
"""What a finding carries of it."""

_IDS: Final = 20
"""Documents that are named for one reference and one record."""
_ENTRIES: Final = 100
"""References and records that a finding lists."""
_AT_ONCE: Final = 1_000
"""Drafts for which references are asked for together."""
_NOW: Final = "$referred to now"


def links(collection: str, model: Model) -> list[Link]:
    """Give the declared references that lead to a collection."""
    return [
        Link(name, path)
        for name, each in model.collections.items()
        for path, target in each.references.items()
        if target == collection
    ]


def columns(collection: str, model: Model) -> Iterable[Need]:
    """Give the columns that are read for the references to a collection."""
    for link in links(collection, model):
        yield link.collection, Column(link.path, Role.KEY)
        yield from key_columns(model.collections[link.collection])


def carried(before: Draft, after: Draft) -> None:
    """Keep what was found of a group, if it is the same still: its references were not looked for again."""
    group = ("document_ids", "keep")
    same = all(before.fields.get(name) == after.fields.get(name) for name in group)
    for name in FIELDS:
        after.fields.pop(name, None)
        if same and name in before.fields:
            after.fields[name] = before.fields[name]


def with_references(
    context: Context, collection: Collection, groups: str, drafts: Iterator[tuple[str, Draft]]
) -> Iterator[Draft]:
    """Add to drafts the references to the records of their groups; those to the record that is kept stay.

    Args:
        context: The run.
        collection: Whose records.
        groups: Table of the groups, with ``key`` and ``_row``.
        drafts: The key of each group, and its draft.
    """
    found = links(collection.name, context.model)
    whole = all(context.is_whole(link.collection) for link in found)
    while batch := list(islice(drafts, _AT_ONCE)):
        entries = _entries(context, collection, groups, found, [key for key, _ in batch]) if found else {}
        for key, draft in batch:
            if found:
                draft.fields |= _fields(entries.get(key, []), draft.fields.get("keep"), whole=whole)
            yield draft


def _fields(entries: list[dict[str, JsonValue]], keep: JsonValue, *, whole: bool) -> dict[str, JsonValue]:
    moving = [entry for entry in entries if keep is None or entry["value"] != keep]
    total = sum(int(str(entry["count"])) for entry in moving)
    fields: dict[str, JsonValue] = {"references_total": total, "references": [*moving[:_ENTRIES]]}
    return fields if whole else {**fields, "references_complete": False}


def _entries(
    context: Context, collection: Collection, groups: str, found: list[Link], keys: list[str]
) -> dict[str, list[dict[str, JsonValue]]]:
    """Give the references to the records of some groups: one entry a reference and record."""
    referring = context.relation(
        f"referring {groups}", lambda: _referring(context, collection, groups, found)
    )
    context.engine.fill(_NOW, pa.table({"key": pa.array(keys, pa.string())}))
    query = (
        f"SELECT key, link, ref, n, name FROM {referring} WHERE key IN (SELECT key FROM {quoted(_NOW)})"
        " ORDER BY key, link, ref, place"
    )
    entries: dict[str, list[dict[str, JsonValue]]] = {}
    last: tuple[object, ...] = ()
    ids: list[JsonValue] = []
    for key, link, ref, count, name in context.query(query):
        if (key, link, ref) != last:
            last, ids = (key, link, ref), []
            referrer = found[int(str(link))]
            entry: dict[str, JsonValue] = {
                "collection": referrer.collection,
                "field": str(referrer.path),
                "value": shown(str(ref)),
                "count": int(str(count)),
                "ids": ids,
            }
            entries.setdefault(str(key), []).append(entry)
        ids.append(shown(None if name is None else str(name)))
    return entries


def _referring(context: Context, collection: Collection, groups: str, found: list[Link]) -> str:
    """Query ``(key, link, ref, n, name, place)``: how many documents refer to a record of a group, and the first."""
    return " UNION ALL ".join(
        f"SELECT key, {number} AS link, ref, n, name, place FROM ("
        "SELECT r.key, r.ref, r.name, count(*) OVER (PARTITION BY r.key, r.ref) AS n,"
        " row_number() OVER (PARTITION BY r.key, r.ref ORDER BY r._row) AS place FROM ("
        "SELECT DISTINCT g.key AS key, l.ref AS ref, l._row AS _row, l.name AS name"
        f" FROM {groups} g JOIN {sql.keys(collection)} k ON k._row = g._row"
        f" JOIN {sql.links(link.collection, link.path, also=(_named(context, link),))} l ON l.ref = k.k"
        f") r) WHERE place <= {_IDS}"
        for number, link in enumerate(found)
    )


def _named(context: Context, link: Link) -> str:
    return f"{sql.named(context.collection(link.collection))} AS name"
