"""What mongodump writes beside the documents of a collection."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any, Final

from tests.sample_data.errors import SampleError

SERVER_VERSION: Final = "7.0.14"
TOOL_VERSION: Final = "100.10.0"

_INDEXED: Final = {
    "orders": ("id", "subscription_id", "customer_id"),
    "customers_v2": ("id", "phone"),
    "users": ("id", "email"),
    "subscriptions_v2": ("id", "customer_id"),
    "delivery_statuses": ("id", "order_id"),
    "billing_records": ("id", "subscription_id"),
}
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,63}")


def metadata_json(database: str, collection: str) -> str:
    """Give the content of ``<collection>.metadata.json``, canonical Extended JSON."""
    indexes = [_index("_id", "_id_"), *(_index(name, f"{name}_1") for name in _INDEXED[collection])]
    stamp = uuid.uuid5(uuid.NAMESPACE_DNS, f"{collection}.{database}.example.com").hex
    content = {"indexes": indexes, "uuid": stamp, "collectionName": collection, "type": "collection"}
    return json.dumps(content, separators=(",", ":"))


def _index(field: str, name: str) -> dict[str, Any]:
    return {"v": {"$numberInt": "2"}, "key": {field: {"$numberInt": "1"}}, "name": name}


def check_database(name: str) -> str:
    """Give back the name of a database that can also be the name of a directory.

    Raises:
        SampleError: It holds other characters than letters, digits, ``_`` and ``-``.
    """
    if not _NAME.fullmatch(name):
        raise SampleError(f"a database cannot be called {name!r} here; use letters, digits, _ and -")
    return name
