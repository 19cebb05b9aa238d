"""Short words for the tests of the oracle: a moment, small documents, and the findings on a database."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.oracle.audit import audit

AS_OF = datetime(2026, 3, 15, 10, 0, tzinfo=UTC)
"""March 2026 runs; February and what lies before it have ended."""

Document = dict[str, Any]


def report(
    name: str, options: dict[str, Any] | None = None, /, **db: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Give one report on a database whose collections are the keyword arguments."""
    found: dict[str, Any] = run(options, **db)["reports"][name]
    return found


def run(options: dict[str, Any] | None = None, /, **db: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the whole audit of a database whose collections are the keyword arguments."""
    return audit(_with_ids(db), **{"as_of": AS_OF, **(options or {})})


def findings(
    kind: str, options: dict[str, Any] | None = None, /, **db: Sequence[Mapping[str, Any]]
) -> list[Document]:
    """Give all findings of a type, in whatever report."""
    reports = run(options, **db)["reports"].values()
    return [each for found in reports for each in found["issues"] if each["type"] == kind]


def fields(issues: list[Document], *names: str) -> list[tuple[Any, ...]]:
    """Give some fields of each finding, None where one is not there."""
    return [tuple(each.get(name) for name in names) for each in issues]


def _with_ids(db: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[Document]]:
    """Give every document without an `_id` one of its own: orders:0, orders:1, and so on."""
    return {
        name: [{"_id": f"{name}:{number}", **document} for number, document in enumerate(documents)]
        for name, documents in db.items()
    }


def order(key: Any = "o1", subscription: Any = "s1", **other: Any) -> Document:
    """Make an order of a subscription, delivered on 10 January 2026, billed, with one item of 100."""
    return {
        "id": key,
        "subscription_id": subscription,
        "status": "delivered",
        "billed": True,
        "items": [{"total": 100}],
        "delivery_date": datetime(2026, 1, 10),
    } | other


def bill(key: Any = "b1", amount: Any = 100, **other: Any) -> Document:
    """Make a bill of subscription s1 for January 2026."""
    return {"id": key, "subscription_id": "s1", "period_date": "2026-01", "total_amount": amount} | other


def subscription(key: Any = "s1", **other: Any) -> Document:
    """Make an active subscription."""
    return {"id": key, "status": "active"} | other
