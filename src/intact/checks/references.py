"""What refers to records that should be one: which references would have to move, and which documents hold them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby, islice
from typing import Final

import pyarrow as pa

from intact.checks import sql
from intact.checks.base import Draft, Need, PathUse, Rest, key_columns
from intact.checks.context import Context
from intact.core.values import JsonValue, shown
from intact.engine import quoted
from intact.model.specs import Collection, Link, Model
from intact.project.columns import Column, Role

MEMBERS: Final = "references_per_member"
FIELDS: Final = (
    "references_total", "references", "references_complete", MEMBERS, "most_referred_to", "advice",
)  # fmt: skip
"""What a finding carries of it."""

_IDS: Final = 20
"""Documents that are named for one reference and one record."""
_ENTRIES: Final = 100
"""References and records that a finding lists."""
_AT_ONCE: Final = 1_000
"""Drafts for which references are asked for together."""
_NOW: Final = "$referred to now"


def links(collection: str, model: Model) -> list[Link]:
    """Return the declared references that lead to a collection."""
    return [
        Link(name, path)
        for name, each in model.collections.items()
        for path, target in each.references.items()
        if target == collection
    ]


def columns(collection: str, model: Model) -> Iterable[Need]:
    """Yield the columns that are read for the references to a collection."""
    for link in links(collection, model):
        yield link.collection, Column(link.path, Role.KEY)
        yield from key_columns(model.collections[link.collection])


def rests(collection: str, model: Model) -> Iterable[Rest]:
    """Yield the declared references to a collection, and what names the documents that hold them."""
    for link in links(collection, model):
        yield Rest(link.collection, (link.path,), PathUse.REFERRING)
        if (key := model.collections[link.collection].key) is not None:
            yield Rest(link.collection, (key,), PathUse.REFERRING)


def carried(before: Draft, after: Draft) -> None:
    """Keep what was found of a group, if it is the same still: its references were not looked for again."""
    group = ("document_ids", "keep")
    same = all(before.fields.get(name) == after.fields.get(name) for name in group)
    for name in FIELDS:
        after.fields.pop(name, None)
        if same and name in before.fields:
            after.fields[name] = before.fields[name]


def with_references(
    context: Context, collection: Collection, groups: str, drafts: Iterator[tuple[str, Draft]], ids: str = ""
) -> Iterator[Draft]:
    """Add to drafts the references to the records of their groups; those to the record that is kept stay.

    Args:
        context: The run.
        collection: Whose records.
        groups: Table of the groups, with ``key`` and ``_row``.
        drafts: The key of each group, and its draft.
        ids: The field with the ids of the members, in the order of the draft's rows, where references tell members
            apart; empty where all have one key.
    """
    found = [] if context.excerpt else links(collection.name, context.model)
    whole = all(context.is_whole(link.collection) for link in found)
    while batch := list(islice(drafts, _AT_ONCE)):
        entries = _entries(context, collection, groups, found, [key for key, _ in batch]) if found else {}
        counts = _counts(context, collection, groups, found) if found and ids else {}
        for key, draft in batch:
            if found:
                draft.fields |= _fields(entries.get(key, []), draft.fields.get("keep"), whole=whole)
            if found and ids:
                draft.fields |= _of_members(draft, ids, [counts.get(row, 0) for row in draft.rows])
            yield draft


def _of_members(draft: Draft, ids: str, counts: list[int]) -> dict[str, JsonValue]:
    """Say how many documents refer to each member, and where most do not refer to the one that is kept."""
    fields: dict[str, JsonValue] = {MEMBERS: [*counts]}
    named, keep = draft.fields.get(ids), draft.fields.get("keep")
    if not isinstance(named, list) or keep is None:
        return fields
    kept, most = counts[named.index(keep)], max(counts)
    if kept == most:
        return fields
    other = named[counts.index(most)]
    documents = f"{most:,} {'documents refer' if most > 1 else 'document refers'}"
    return fields | {
        "most_referred_to": other,
        "advice": (
            f"{_text(keep)} is the most recent, but {documents} to {_text(other)} and {kept:,} to {_text(keep)}:"
            f" find out which of them the business uses before {_text(other)} is archived."
        ),
    }


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fields(entries: list[dict[str, JsonValue]], keep: JsonValue, *, whole: bool) -> dict[str, JsonValue]:
    moving = [entry for entry in entries if keep is None or entry["value"] != keep]
    total = sum(int(str(entry["count"])) for entry in moving)
    fields: dict[str, JsonValue] = {"references_total": total, "references": [*moving[:_ENTRIES]]}
    return fields if whole else {**fields, "references_complete": False}


def _entries(
    context: Context, collection: Collection, groups: str, found: list[Link], keys: list[str]
) -> dict[str, list[dict[str, JsonValue]]]:
    """Return the references to the records of some groups: one entry a reference and record."""
    members = _members(context, collection, groups)
    context.engine.fill(_NOW, pa.table({"key": pa.array(keys, pa.string())}))
    entries: dict[str, list[dict[str, JsonValue]]] = {}
    for link in _meeting(context, members, found):
        # A table of its own for each: together they would not fit into a small budget.
        hits = _hits(context, members, link)
        referring = context.relation(f"{members} by {link}", partial(_referring, members, hits))
        query = (
            f"SELECT r.key, r.ref, r.n, r.name FROM {referring} r"
            f" WHERE r.key IN (SELECT key FROM {quoted(_NOW)}) ORDER BY r.key, r.ref, r.place"
        )
        for (key, ref, count), rows in groupby(context.query(query), key=lambda row: row[:3]):
            entry: dict[str, JsonValue] = {
                "collection": link.collection,
                "field": str(link.path),
                "value": shown(str(ref)),
                "count": int(str(count)),
                "ids": [shown(None if row[3] is None else str(row[3])) for row in rows],
            }
            entries.setdefault(str(key), []).append(entry)
    return entries


def _members(context: Context, collection: Collection, groups: str) -> str:
    """Make the table ``(key, ref, _row)``: by which values the members of groups are referred to."""
    return context.relation(
        f"members {groups}",
        lambda: (
            f"SELECT g.key, k.k AS ref, g._row FROM {groups} g JOIN {context.keys(collection)} k ON k._row = g._row"
        ),
    )


def _meeting(context: Context, members: str, found: list[Link]) -> Iterator[Link]:
    """Yield the references by which any document refers to a member of any group: most groups have few, or none."""
    for link in found:
        if any(context.query(f"SELECT 1 FROM {_met(context, members, link)} LIMIT 1")):
            yield link


def _met(context: Context, members: str, link: Link) -> str:
    """Make the table ``(_row, ref)``: which documents refer to a member of any group by a reference."""
    refs = context.links(link)
    return context.relation(
        f"{members} met by {link}",
        lambda: f"SELECT DISTINCT _row, ref FROM {refs} WHERE ref IN (SELECT ref FROM {members})",
    )


def _hits(context: Context, members: str, link: Link) -> str:
    """Make the table ``(_row, ref, id, name)``: the same, with what names the documents."""
    found, name = _met(context, members, link), sql.named(context.collection(link.collection))
    return context.relation(
        f"{members} hit by {link}",
        lambda: (
            f"SELECT _row, ref, _id AS id, {name} AS name FROM {found}"
            f" JOIN {context.documents(link.collection, found)} USING (_row)"
        ),
    )


def _counts(context: Context, collection: Collection, groups: str, found: list[Link]) -> dict[int, int]:
    """Count for each member of the groups at hand the documents that refer to it, each once."""
    members = _members(context, collection, groups)
    hits = " UNION ALL ".join(
        f"SELECT {number} AS c, _row, ref FROM {_met(context, members, link)}"
        for number, link in _numbered(list(_meeting(context, members, found)))
    )
    if not hits:
        return {}
    query = (
        f"SELECT m._row, count(DISTINCT (h.c, h._row)) FROM {members} m JOIN ({hits}) h ON h.ref = m.ref"
        f" WHERE m.key IN (SELECT key FROM {quoted(_NOW)}) GROUP BY m._row"
    )
    return {int(str(row)): int(str(count)) for row, count in context.query(query)}


def _numbered(found: list[Link]) -> Iterator[tuple[int, Link]]:
    """Number references by the collection that they are of."""
    collections = list(dict.fromkeys(link.collection for link in found))
    yield from ((collections.index(link.collection), link) for link in found)


def _referring(members: str, hits: str) -> str:
    """Query ``(key, ref, name, n, place)``: how many documents refer to a member of a group, and the first of them."""
    return (
        "SELECT * FROM (SELECT key, ref, name, count(*) OVER each_ AS n,"
        f" row_number() OVER (each_ ORDER BY {sql.in_order('id')}, name) AS place FROM ("
        f"SELECT DISTINCT m.key, m.ref, l._row, l.id, l.name FROM {members} m JOIN {hits} l ON l.ref = m.ref"
        f") WINDOW each_ AS (PARTITION BY key, ref)) WHERE place <= {_IDS}"
    )
