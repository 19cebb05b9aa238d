"""A business of one customer in which nothing is wrong, as dictionaries that a test changes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import pytest

from intact.sources.base import Fault, SourceInfo
from tests.support.memory import MemorySource

AS_OF = datetime(2026, 3, 15, 10, tzinfo=UTC)

Document = dict[str, Any]
Data = dict[str, list[Any]]


def clean() -> Data:
    """A customer with a user, a subscription, an order of January that was delivered, and its bill of 50."""
    return {
        "users": [
            {
                "_id": 1,
                "id": "u1",
                "email": "asha@example.in",
                "customer_v2_id": "c1",
                "created_at": datetime(2025, 12, 1),
            }
        ],
        "customers_v2": [
            {
                "_id": 1,
                "id": "c1",
                "user_id": "u1",
                "phone": "9876500001",
                "name": "Asha",
                "status": "active",
                "created_at": datetime(2025, 12, 1),
            }
        ],
        "subscriptions_v2": [{"_id": 1, "id": "s1", "customer_id": "c1", "status": "active"}],
        "orders": [order(1)],
        "delivery_statuses": [delivery(1)],
        "billing_records": [bill(1)],
    }


def order(number: int, **changes: Any) -> Document:
    """A delivered and billed order of 50, in January 2026."""
    return {
        "_id": number,
        "id": f"o{number}",
        "subscription_id": "s1",
        "customer_id": "c1",
        "status": "delivered",
        "billed": True,
        "items": [{"total": 50}],
        "created_at": datetime(2026, 1, 9),
        "delivery_date": datetime(2026, 1, 10),
        **changes,
    }


def delivery(number: int, **changes: Any) -> Document:
    """The delivery of the order of that number."""
    known = {"_id": number, "id": f"d{number}", "order_id": f"o{number}", "customer_id": "c1"}
    confirmed = datetime(2026, 1, 10, 7)
    return {**known, "status": "delivered", "confirmed_at": confirmed, **changes}


def bill(number: int, **changes: Any) -> Document:
    """A bill of 50 for January 2026."""
    known = {"_id": number, "id": f"b{number}", "subscription_id": "s1", "period_date": "2026-01"}
    return {**known, "total_amount": 50, **changes}


def without(document: Mapping[str, Any], *names: str) -> Document:
    """A document without some of its fields."""
    return {name: value for name, value in document.items() if name not in names}


def write(directory: Path, data: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    """Write a dump of one database."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, documents in data.items():
        (directory / f"{name}.bson").write_bytes(b"".join(map(bson.encode, documents)))
    return directory


class Watched(MemorySource):
    """A source that remembers whether it was closed; perhaps read as if it were a server."""

    def __init__(self, data: Data, *, live: bool = False, faults: Sequence[Fault] = ()) -> None:
        super().__init__(data, faults=faults)
        if live:
            self.info = SourceInfo("mongodb", "mongodb://memory/shop", "shop", one_moment=True)
        self.closed = False

    async def close(self) -> None:
        self.closed = True


def own_temporary_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Make whatever needs a temporary folder make it in an empty one, and give that."""
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder
