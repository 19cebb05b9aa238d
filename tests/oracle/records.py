"""The database as records with keys and references, and the plain dictionaries that findings are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from tests.oracle.values import (
    MISSING,
    Identity,
    id_json,
    identity,
    is_blank,
    is_null,
    is_text,
    order,
    shown_json,
    type_name,
)

Issue = dict[str, Any]

NAMES: Final = {
    "orders": "order_id",
    "customers_v2": "customer_id",
    "users": "user_id",
    "subscriptions_v2": "subscription_id",
    "delivery_statuses": "delivery_id",
    "billing_records": "billing_id",
}
"""The collections, and what a finding calls the key of each."""


@dataclass(frozen=True, eq=False)
class Record:
    """One document: where it lies and what it holds."""

    collection: str
    document: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """Give a field's value, or MISSING."""
        return self.document.get(name, MISSING)

    @property
    def named(self) -> Any:
        """The id that a finding names the record by: its key, else its `_id`."""
        key = self.get("id")
        return id_json(self.get("_id") if is_null(key) or is_blank(key) else key)

    @property
    def document_id(self) -> Any:
        """The `_id` in its JSON form."""
        return id_json(self.get("_id"))

    @cached_property
    def keys(self) -> set[Identity]:
        """What a reference may hold to find this record: the key, and each element of an array."""
        key = self.get("id")
        if is_null(key):
            return set()
        return {identity(key), *(identity(each) for each in elements(key))}

    def has_status(self, *wanted: str) -> bool:
        """Whether the status, or an element of it, is one of these, in any letter case."""
        status = self.get("status")
        each = status if isinstance(status, list) else [status]
        return any(is_text(one) and one.casefold() in wanted for one in each)


def elements(value: Any) -> list[Any]:
    """Give the references that a field holds: itself, or each element of an array once, without null."""
    found: dict[Identity, Any] = {}
    for each in value if isinstance(value, list) else [value]:
        if not is_null(each):
            found.setdefault(identity(each), each)
    return list(found.values())


def by_id(records: list[Record]) -> list[Record]:
    """Sort records by `_id` in MongoDB's order."""
    return sorted(records, key=lambda record: order(record.get("_id")))


class Database:
    """All records, collection by collection; a collection that is not there is empty."""

    def __init__(self, db: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self.records = {name: [Record(name, document) for document in db.get(name, [])] for name in NAMES}
        self._found: dict[str, dict[Identity, list[Record]]] = {}
        for name, records in self.records.items():
            table = self._found.setdefault(name, {})
            for record in records:
                for key in record.keys:
                    table.setdefault(key, []).append(record)

    def find(self, collection: str, reference: Any) -> list[Record]:
        """Give the records of a collection that one reference finds; null finds nothing."""
        return [] if is_null(reference) else self._found[collection].get(identity(reference), [])


def issue(kind: str, severity: str, record: Record, **fields: Any) -> Issue:
    """Make a finding on one record, named by its own id."""
    return {
        "type": kind,
        "severity": severity,
        "collection": record.collection,
        "document_id": record.document_id,
        NAMES[record.collection]: record.named,
        **fields,
        "_records": [record],
    }


def group_issue(kind: str, severity: str, records: list[Record], **fields: Any) -> Issue:
    """Make a finding on several records of one collection, listed in MongoDB's order of their `_id`."""
    return {
        "type": kind,
        "severity": severity,
        "collection": records[0].collection,
        "document_ids": [record.document_id for record in by_id(records)],
        **fields,
        "_records": records,
    }


@dataclass
class Unreadable:
    """The unreadable values of one report, once a document and field."""

    _bad: dict[tuple[Record, str], list[Any]] = field(default_factory=dict)

    def add(self, record: Record, path: str, value: Any) -> None:
        """Note a value that is not what it must be."""
        self._bad.setdefault((record, path), []).append(value)

    def issues(self) -> list[Issue]:
        """Give one UNREADABLE_VALUE a document and field; `_values` holds every value it may show."""
        return [
            issue("UNREADABLE_VALUE", "HIGH", record, field=path, value=shown_json(values[0]))
            | {"value_type": type_name(values[0])}
            | {"_values": [{"value": shown_json(value), "value_type": type_name(value)} for value in values]}
            for (record, path), values in self._bad.items()
        ]


@dataclass
class Report:
    """One of the seven reports, and what it adds to the money at stake."""

    total_key: str
    total: int
    issues: list[Issue]
    summary: dict[str, Any]
    money: dict[str, Decimal] = field(default_factory=dict)

    def count(self, *kinds: str) -> int:
        """Count the findings of some types."""
        return sum(each["type"] in kinds for each in self.issues)
