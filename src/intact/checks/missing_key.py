"""Documents without a key.

What it finds
    Documents whose declared key is absent, null, or text that is empty or white space only.

Why it matters
    Nothing can refer to such a document, and every join passes it by: an order without an id makes its delivery a
    phantom.

Example
    ``{"_id": ObjectId("…"), "status": "pending"}`` in a collection whose key is ``id``.

How to repair
    Find the document by ``document_id`` (its ``_id``) and give it a key; look for references that meant it.

What it cannot see
    A key that is there and is not the one that was meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from intact.checks import mongosh as shell
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
from intact.core.values import shown
from intact.model.specs import ALL, Collection, Kind, Model, Rule, TargetType

KIND = Kind("missing-key", TargetType.COLLECTIONS, fields=("collection", "document_id"))


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    for collection in _collections(rule, model):
        yield from key_columns(collection)


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return one query a collection."""
    return tuple(_part(collection) for collection in _collections(rule, model))


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    for collection in _collections(rule, model):
        yield from key_rests(collection, PathUse.KEY, sought=True)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return all documents."""
    return tuple(Judged(collection.name) for collection in _collections(rule, context.model))


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return the document itself."""
    del rule, model, draft
    return Neighbourhood()


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh, one a collection."""
    return "\n".join(
        shell.find(each.name, shell.no_key(key_path(each))) for each in _collections(rule, model)
    )


def _collections(rule: Rule, model: Model) -> list[Collection]:
    name = target_name(rule)
    return [c for c in model.collections.values() if c.key is not None and name in {ALL, c.name}]


def _part(collection: Collection) -> Part:
    return Part(lambda context: _find(context, collection), frozenset({collection.name}))


def _find(context: Context, collection: Collection) -> Iterator[Draft]:
    if collection.key is None:
        return
    key, each = sql.column(collection.key, "key"), sql.column(collection.key, "each")
    nothing = f"{key} IS NULL AND coalesce(list_count({each}), 0) = 0"
    wanted = f"(({nothing}) OR {sql.blank(key)})"
    query = (
        f"SELECT _row, _id FROM {context.selected(collection.name, wanted)} WHERE {wanted}"
        f" ORDER BY {sql.in_order('_id')}"
    )
    for row, document_id in context.query(query):
        text = None if document_id is None else str(document_id)
        yield Draft(collection.name, (int(str(row)),), (text,), {"document_id": shown(text)})
