"""Keys that several documents share.

What it finds
    Each value of a collection's key that more than one document has. Missing, null and blank keys are not duplicates of
    each other (missing-key finds those).

Why it matters
    Every reference stands on keys. With two documents of one key, whoever follows the reference gets one of them by
    chance, and sums count both.

Example
    Two customers with ``id: "c-4"``, with different ``_id``.

How to repair
    Compare the documents named by ``document_ids``. If they are one thing, keep one; if they are two, give one of them
    a new key and correct the references that mean it (``references`` names those that hold the key). Then make the
    index on the key unique.

What it cannot see
    Two documents with different keys for the same thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import pyarrow as pa

from intact.checks import mongosh as shell
from intact.checks import references as referring
from intact.checks import sql
from intact.checks.base import (
    Draft,
    Judged,
    Need,
    Neighbourhood,
    Part,
    PathUse,
    Rest,
    key_columns,
    key_path,
    key_rests,
    target_name,
)
from intact.checks.context import Context
from intact.core.order import order_key
from intact.core.paths import Path
from intact.core.values import shown
from intact.engine import quoted, recurring
from intact.model.specs import ALL, Collection, Kind, Model, Rule, TargetType

KIND = Kind("duplicate-key", TargetType.COLLECTIONS, fields=("id", "count", "collection", *referring.FIELDS))


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    for collection in _collections(rule, model):
        yield from key_columns(collection)
        yield from referring.columns(collection.name, model)


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return one query a collection."""
    return tuple(_part(collection) for collection in _collections(rule, model))


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    for collection in _collections(rule, model):
        yield from key_rests(collection, PathUse.KEY)
        yield from referring.rests(collection.name, model)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the keys."""
    return tuple(Judged(collection.name, collection.key) for collection in _collections(rule, context.model))


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return all that have the key."""
    del rule
    (key,) = draft.identity
    collection = model.collections[draft.collection]
    return Neighbourhood(own=False, values=((collection.name, key_path(collection), str(key)),))


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh, one a collection."""
    return "\n".join(shell.same_key(each.name, key_path(each)) for each in _collections(rule, model))


def _collections(rule: Rule, model: Model) -> list[Collection]:
    name = target_name(rule)
    return [c for c in model.collections.values() if c.key is not None and name in {ALL, c.name}]


def _part(collection: Collection) -> Part:
    return Part(lambda context: _find(context, collection), frozenset({collection.name}))


def _find(context: Context, collection: Collection) -> Iterator[Draft]:
    if collection.key is None:
        return
    groups = context.relation(
        f"same key {collection.name}", partial(_candidates, context, collection.name, collection.key)
    )
    query = (
        f"SELECT key, list(_row), list(_id) FROM {groups} GROUP BY key HAVING count(*) > 1"
        f" ORDER BY {sql.in_order('key')}"
    )
    drafts = ((str(value), _draft(collection, str(value), *both)) for value, *both in context.query(query))
    yield from referring.with_references(context, collection, groups, drafts)


def _candidates(context: Context, collection: str, path: Path) -> str:
    """Query ``(key, _row, _id)``: the documents whose key another one may have."""
    key, each = sql.column(path, "key"), sql.column(path, "each")
    several = f"{key} IS NULL AND list_count({each}) > 0"  # the path goes through an array: a key an element
    table, engine = quoted(collection), context.engine
    if f"{path}@each" in engine.filled(collection) and any(
        engine.query(f"SELECT 1 FROM {table} WHERE {several} LIMIT 1")
    ):
        elements = f"SELECT unnest(list_distinct({each})) AS key, _row, _id FROM {table} WHERE {several}"
        every = f"(SELECT {key} AS key, _row, _id FROM {table} WHERE {key} IS NOT NULL UNION ALL {elements})"
        twice = f"SELECT key FROM {every} GROUP BY key HAVING count(*) > 1"
        return f"SELECT * FROM {every} WHERE key IN ({twice}) AND NOT {sql.blank('key')}"
    sharing = f"$sharing a key {collection}"
    engine.fill(sharing, pa.table({"_row": recurring(engine, collection, f"{path}@key")}))
    documents = context.documents(collection, quoted(sharing))
    return (
        f"SELECT {key} AS key, _row, _id FROM {documents}"
        f" WHERE _row IN (SELECT _row FROM {quoted(sharing)}) AND NOT {sql.blank(key)}"
    )


def _draft(collection: Collection, value: str, rows: object, ids: object) -> Draft:
    numbers = [int(row) for row in rows] if isinstance(rows, list) else []
    members = sorted(ids, key=order_key) if isinstance(ids, list) else []
    return Draft(
        collection.name,
        numbers,
        (value,),
        {"id": shown(value), "count": len(members), "document_ids": [shown(each) for each in members]},
    )
