"""Public reports about values: null behind lists, fields that stand twice, months by zone, dates that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bson
import pytest

from intact.findings import Report
from tests.support.public import audit, public

BOOK: dict[str, Any] = {
    "of": "accounts",
    "entries": {"collection": "bills", "link": "account", "period": "period", "amount": "total"},
    "lines": {"collection": "orders", "link": "account", "amount": "total"},
}
CHECKS = [
    {"double-entry": "book", "finding": "TWICE", "ids": "ids"},
    {"unreconciled-amount": "book", "finding": "DIFFERS"},
    {"missing-entry": "book", "finding": "UNBILLED", "ids": "ids"},
]


def documents_of(report: Report, type_: str) -> list[Any]:
    return sorted(each.fields["document_id"] for each in report["all"].issues if each.type == type_)


def test_a_record_names_no_target_where_nothing_but_null_is_at_its_path_through_lists() -> None:
    collections = {
        "targets": {"key": "_id"},
        "records": {"key": "_id", "named": "record", "references": {"a.b": "targets"}},
    }
    report = audit(public("null-through-arrays"), collections, [{"missing-link": "records.a.b"}])
    assert documents_of(report, "FINDING_1") == [1, 2, 3, 4, 8, 9, 10, 11, 15]


def test_of_a_field_that_stands_twice_the_first_counts() -> None:
    collections = {
        "customers": {"key": "_id", "named": "customer"},
        "orders": {"key": "_id", "named": "order", "references": {"customer_id": "customers"}},
    }
    report = audit(public("repeated-field"), collections, [{"dangling-reference": "orders.customer_id"}])
    assert documents_of(report, "FINDING_1") == [2, 6]
    assert [each.repeated for each in report.collections if each.name == "orders"] == [3]


@pytest.mark.parametrize(
    ("account", "zone", "expected"),
    [
        ("k", "Asia/Kolkata", [("TWICE", "2026-01", 18, 9)]),
        ("b", "Europe/Budapest", []),
        ("p", "America/Sao_Paulo", []),
    ],
)
def test_a_month_is_that_of_the_zone_and_a_day_written_without_a_time_stays_in_its_own(
    account: str, zone: str, expected: list[Any]
) -> None:
    found = public("months-by-time-zone")
    data = {
        name: [each for each in some if account in bson.decode(each).values()] for name, some in found.items()
    }
    links = {"key": "_id", "references": {"account": "accounts"}}
    collections = {
        "accounts": {"key": "_id", "named": "account"},
        "bills": {**links, "named": "bill"},
        "orders": {**links, "named": "order"},
    }
    book = {**BOOK, "lines": {**BOOK["lines"], "date": "at"}}
    report = audit(data, collections, CHECKS, timezone=zone, reconciliations={"book": book})
    told = [
        (each.type, each.fields["period"], each.fields["total_billed"], each.fields["total_overcharge"])
        for each in report["all"].issues
    ]
    assert told == expected


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/Sao_Paulo"])
def test_a_date_beyond_the_years_1_to_9999_is_said_and_corrects_no_sum(zone: str) -> None:
    links = {"key": "_id", "references": {"account": "accounts"}}
    collections = {
        "accounts": {"key": "_id", "named": "account"},
        "bills": {**links, "named": "bill"},
        "orders": {**links, "named": "order"},
        "edges": {"key": "_id", "named": "edge"},
    }
    book = {**BOOK, "lines": {**BOOK["lines"], "date": "created_at"}}
    waiting = {"where": {"status": "pending"}, "since": "created_at"}
    checks: list[Mapping[str, Any]] = [
        *CHECKS,
        {"stale-state": "orders", "finding": "PENDING", **waiting},
        {"stale-state": "edges", "finding": "EDGE", **waiting},
    ]
    report = audit(
        public("impossible-dates"), collections, checks, timezone=zone, reconciliations={"book": book}
    )
    issues = report["all"].issues
    days = {
        each.fields["document_id"]: each.fields["days_pending"] for each in issues if each.type == "PENDING"
    }
    assert days == {**dict.fromkeys(range(1, 8)), 8: 1836}
    unread = {each.fields["document_id"]: each.fields for each in issues if each.type == "UNREADABLE_VALUE"}
    assert [unread[number]["year"] for number in range(1, 8)] == [
        275760,
        51176189,
        0,
        -292275055,
        292278994,
        10000,
        53144,
    ]
    assert {number: fields["read_as"] for number, fields in unread.items() if "read_as" in fields} == {
        2: {"nanoseconds": "2021-03-05T00:00:00Z"},
        7: {"microseconds": "2021-03-05T00:00:00Z"},
    }
    edges = {each.fields["document_id"]: each.fields for each in issues if each.type == "EDGE"}
    assert (edges[1]["days_pending"], edges[1]["after_as_of"], edges[2]["days_pending"]) == (
        None,
        True,
        739689,
    )
    assert not {"TWICE", "DIFFERS", "UNBILLED"} & {each.type for each in issues}
