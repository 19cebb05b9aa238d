"""A delivery business as small as can be, for the shipped model: consistent, until a test changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, Final

from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Finding, Report
from intact.model import load
from intact.sources.base import Fault
from tests.support.memory import MemorySource

AS_OF: Final = datetime(2026, 3, 15, 10, tzinfo=UTC)
MODEL: Final = load("delivery", KINDS)

Database = dict[str, list[dict[str, Any]]]

_CLEAN: Final[Database] = {
    "orders": [
        {
            "_id": 1, "id": "o-1", "subscription_id": "s-1", "customer_id": "c-1", "status": "delivered",
            "billed": True, "items": [{"total": 100}], "delivery_date": "2026-01-10", "created_at": "2026-01-10",
        }
    ],
    "customers_v2": [
        {
            "_id": 1, "id": "c-1", "user_id": "u-1", "phone": "9876543210", "name": "Asha", "status": "active",
            "created_at": "2025-12-01",
        }
    ],
    "users": [
        {"_id": 1, "id": "u-1", "customer_v2_id": "c-1", "email": "a@example.com", "created_at": "2025-12-01"}
    ],
    "subscriptions_v2": [{"_id": 1, "id": "s-1", "customer_id": "c-1", "status": "active"}],
    "delivery_statuses": [
        {
            "_id": 1, "id": "d-1", "order_id": "o-1", "customer_id": "c-1", "status": "delivered",
            "confirmed_at": "2026-01-10",
        }
    ],
    "billing_records": [
        {"_id": 1, "id": "b-1", "subscription_id": "s-1", "period_date": "2026-01", "total_amount": 100}
    ],
}  # fmt: skip

PHANTOM: Final = {"_id": 2, "id": "d-2", "order_id": "o-9", "customer_id": "c-1", "status": "delivered"}
"""A delivery of an order that does not exist: two findings, in two reports."""

SECOND_BILL: Final = {
    "_id": 2,
    "id": "b-2",
    "subscription_id": "s-1",
    "period_date": "2026-01",
    "total_amount": 100,
}
"""A second bill of a month that has one: 100 too much."""


def small(**more: Sequence[Mapping[str, Any]]) -> Database:
    """Give the business, with further documents by collection."""
    data = deepcopy(_CLEAN)
    for name, documents in more.items():
        data[name] += [dict(each) for each in documents]
    return data


def audit(data: Mapping[str, Sequence[Any]], faults: Sequence[Fault] = (), **options: Any) -> Report:
    """Audit documents in memory."""
    return check(MemorySource(data, faults=faults), **{"model": MODEL, "as_of": AS_OF, **options})


def found(report: Report, kind: str = "") -> list[Finding]:
    """Give the findings of a type, or all."""
    return [each for section in report.sections for each in section.issues if kind in {"", each.type}]


def types(report: Report) -> dict[str, int]:
    """Count the findings by type."""
    counts: dict[str, int] = {}
    for each in found(report):
        counts[each.type] = counts.get(each.type, 0) + 1
    return counts
