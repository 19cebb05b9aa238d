"""The list of what was planted: the findings that an audit of the sample must give, and their identity."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from bson import json_util

from tests.sample_data.values import Document

COLLECTIONS: Final = (
    "orders",
    "customers_v2",
    "users",
    "subscriptions_v2",
    "delivery_statuses",
    "billing_records",
)
"""The collections of the sample, in the order in which they are described."""

KEY_NAMES: Final[Mapping[str, str]] = {
    "orders": "order_id",
    "customers_v2": "customer_id",
    "users": "user_id",
    "subscriptions_v2": "subscription_id",
    "delivery_statuses": "delivery_id",
    "billing_records": "billing_id",
}
"""What a finding calls the ``id`` of a record of each collection."""

REPORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "orphaned_orders": ("UNBILLED_ORDER", "PENDING_ORDER_NOT_DELIVERED"),
    "orphaned_customers": (
        "CUSTOMER_NO_LOGIN",
        "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS",
        "USER_NO_CUSTOMER",
        "CUSTOMER_USER_NOT_FOUND",
        "USER_CUSTOMER_NOT_FOUND",
        "CUSTOMER_USER_LINK_MISMATCH",
    ),
    "phantom_deliveries": ("PHANTOM_DELIVERY_NO_ORDER",),
    "invalid_references": (
        "INVALID_SUBSCRIPTION_REFERENCE",
        "INVALID_ORDER_REFERENCE",
        "INVALID_CUSTOMER_REFERENCE",
    ),
    "duplicates": ("DUPLICATE_CUSTOMER_PHONE", "DUPLICATE_USER_EMAIL", "DUPLICATE_ID", "MISSING_ID"),
    "billing": ("BILLING_NO_SUBSCRIPTION", "DOUBLE_BILLING", "BILLING_AMOUNT_MISMATCH", "UNBILLED_PERIOD"),
    "status": ("INVALID_SUBSCRIPTION_STATUS", "INVALID_ORDER_STATUS", "INVALID_DELIVERY_STATUS"),
}
"""The types of finding of each report, without UNREADABLE_VALUE, which several reports share."""

GROUP_TYPES: Final = frozenset(
    {"DUPLICATE_CUSTOMER_PHONE", "DUPLICATE_USER_EMAIL", "DUPLICATE_ID", "DOUBLE_BILLING", "UNBILLED_PERIOD"}
)
"""Types of which one finding names several documents."""

IDENTITY_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "CUSTOMER_USER_NOT_FOUND": ("user_id",),
    "USER_CUSTOMER_NOT_FOUND": ("customer_v2_id",),
    "CUSTOMER_USER_LINK_MISMATCH": ("customer_id", "user_id"),
    "INVALID_SUBSCRIPTION_REFERENCE": ("subscription_id",),
    "INVALID_ORDER_REFERENCE": ("order_id",),
    "INVALID_CUSTOMER_REFERENCE": ("customer_id",),
    "DUPLICATE_CUSTOMER_PHONE": ("phone",),
    "DUPLICATE_USER_EMAIL": ("email",),
    "DUPLICATE_ID": ("id",),
    "DOUBLE_BILLING": ("subscription_id", "period"),
    "BILLING_AMOUNT_MISMATCH": ("subscription_id", "period"),
    "UNBILLED_PERIOD": ("subscription_id", "period"),
    "UNREADABLE_VALUE": ("field",),
}
"""The fields that, beside report, type, collection and documents, tell a finding from others of its type."""

Identity = tuple[str, ...]
"""What makes a finding itself: report, type, collection, documents, then the fields of IDENTITY_FIELDS."""


def identity(report: str, finding: Mapping[str, Any]) -> Identity:
    """Give the identity of a finding as the JSON file has it under ``reports.<report>.issues``."""
    documents = finding["document_ids"] if "document_ids" in finding else [finding["document_id"]]
    kind = finding["type"]
    fields = (_text(finding[field]) for field in IDENTITY_FIELDS.get(kind, ()))
    return (report, kind, finding["collection"], " ".join(sorted(map(_text, documents))), *fields)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def shown(value: object) -> Any:
    """Give a BSON value as findings show it: text and whole numbers as such, else relaxed Extended JSON."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return json.loads(json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS))


def name_of(document: Document) -> Any:
    """Give what findings name a record by: its ``id``, or its ``_id`` where that is missing or blank."""
    key = document.get("id")
    blank = key is None or (isinstance(key, str) and not key.strip())
    return shown(document["_id"] if blank else key)


@dataclass(frozen=True, slots=True)
class PlantedFinding:
    """One finding that an audit must give.

    Attributes:
        report: Key of the report, such as ``billing``.
        type: Type of the finding, such as ``DOUBLE_BILLING``.
        collection: Where it is.
        ids: Its id fields as the finding has them in JSON.
        document_ids: The ``_id`` of each document, as relaxed Extended JSON.
    """

    report: str
    type: str
    collection: str
    ids: Mapping[str, Any]
    document_ids: tuple[Any, ...]

    @property
    def identity(self) -> Identity:
        """What to compare with :func:`identity` of a report's finding."""
        return identity(self.report, {**self.ids, **self.as_json()})

    def as_json(self) -> dict[str, Any]:
        """Give the entry of ``planted.json``."""
        entry = {
            "report": self.report,
            "type": self.type,
            "collection": self.collection,
            "ids": dict(self.ids),
        }
        if self.type in GROUP_TYPES:
            return {**entry, "document_ids": list(self.document_ids)}
        return {**entry, "document_id": self.document_ids[0]}


@dataclass(frozen=True)
class Planted:
    """What a sample holds, and what an audit of it as of ``as_of`` must find, nothing more.

    Attributes:
        database: Name of the database.
        seed: The seed that gives the same bytes again.
        as_of: The moment of the data, UTC; audit with this.
        faults: How many faults of each kind were asked for.
        documents: How many documents each collection holds.
        findings: Every finding, in the order in which it was planted.
    """

    database: str
    seed: int
    as_of: datetime
    faults: Mapping[str, int]
    documents: Mapping[str, int]
    findings: tuple[PlantedFinding, ...]

    @cached_property
    def identities(self) -> frozenset[Identity]:
        """The identities of all findings."""
        return frozenset(finding.identity for finding in self.findings)

    def count(self, kind: str, report: str = "") -> int:
        """Count the findings of one type, in one report or in all."""
        return sum(1 for f in self.findings if f.type == kind and report in ("", f.report))

    def as_json(self) -> dict[str, Any]:
        """Give the content of ``planted.json``."""
        return {
            "database": self.database,
            "seed": self.seed,
            "as_of": self.as_of.isoformat() + "Z",
            "faults": dict(self.faults),
            "documents": dict(self.documents),
            "findings_by_type": dict(sorted(Counter(f"{f.report}.{f.type}" for f in self.findings).items())),
            "findings": [finding.as_json() for finding in self.findings],
        }

    def write(self, path: Path) -> None:
        """Write ``planted.json``, one finding a line."""
        head = self.as_json()
        findings: Iterable[dict[str, Any]] = head.pop("findings")
        lines = [json.dumps(head, indent=2)[:-2] + ',\n  "findings": [']
        rows = ",\n".join("    " + json.dumps(entry) for entry in findings)
        path.write_text("\n".join(filter(None, [*lines, rows, "  ]\n}\n"])), encoding="utf-8")
