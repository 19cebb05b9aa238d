"""Reads samples back, with nothing but `bson` and the standard library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import bson

from tests.sample_data import Business

Database = dict[str, list[dict[str, Any]]]

AS_OF = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

COLLECTIONS = (
    "orders",
    "customers_v2",
    "users",
    "subscriptions_v2",
    "delivery_statuses",
    "billing_records",
)


def read_dump(directory: Path) -> Database:
    """Read every collection of the database `delivery` of a dump."""
    database: Database = {}
    for path in sorted((directory / "delivery").glob("*.bson")):
        with path.open("rb") as file:
            database[path.stem] = list(bson.decode_file_iter(file))
    return database


def as_database(business: Business) -> Database:
    """Take the documents of a business as a database would give them back."""
    database: Database = {name: [] for name in COLLECTIONS}
    for name, documents in business:
        database[name] += [bson.decode(bson.encode(document)) for document in documents]
    return database


def in_rupees(value: object) -> Decimal:
    """Give the exact amount that a number stands for, a double by its shortest text."""
    return Decimal(str(value))


def by_id(documents: Iterable[Mapping[str, Any]]) -> dict[Any, Mapping[str, Any]]:
    """Index documents by their `id`."""
    return {document["id"]: document for document in documents}
