"""Reconciliations whose entries and lines have conditions: what is no bill is no bill in any check or figure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import pytest

from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Report, to_document
from intact.model import parse
from tests.support.extended import documents
from tests.support.memory import MemorySource

MODEL: Final = """
intact: 1
name: shop
title: A shop
currency: EUR
collections:
  subscriptions: {key: _id, named: subscription}
  orders: {key: _id, named: order, references: {sub: subscriptions}}
  bills: {key: _id, named: bill, references: {sub: subscriptions}}
reconciliations:
  monthly:
    of: subscriptions
    entries: {collection: bills, link: sub, period: period, amount: total, ENTRIES}
    lines: {collection: orders, link: sub, date: at, amount: total, LINES}
reports:
  billing:
    title: Bills
    cadence: daily
    document: BILLS
    checks:
      - {double-entry: monthly, finding: TWICE, severity: critical, description: "{count} bills", ids: bills,
         money: overcharged}
      - {unreconciled-amount: monthly, finding: DIFFERS, severity: high, description: "{difference}",
         money: {over: overbilled, under: underbilled}}
      - {missing-entry: monthly, finding: UNBILLED, severity: high, description: "{calculated}", ids: orders,
         money: unbilled}
    total: {findings: {count: all}}
    summary:
      too_much: {sum: total_overcharge, of: TWICE}
      undated: {undated: monthly}
"""

LIVE: Final = "where: {duplicate_of: null, hidden: [false, null]}, unless: {status: cancelled}"
"""What counts as a bill: not cancelled, not hidden, not a duplicate of another."""


def audit(data: Mapping[str, Sequence[bytes]], entries: str = LIVE, lines: str = "where: {}") -> Report:
    """Audit documents as of March 2026."""
    text = MODEL.replace("ENTRIES", entries).replace(", LINES", "" if lines == "where: {}" else f", {lines}")
    return check(MemorySource(data), model=parse(text, KINDS, "shop.yml"), as_of="2026-03-01T00:00:00Z")


def found(report: Report) -> list[dict[str, Any]]:
    """Give the findings of the one report, as they stand in JSON."""
    issues: list[dict[str, Any]] = to_document(report)["reports"]["billing"]["issues"]  # type: ignore[index, call-overload, assignment]  # a JSON document
    return issues


def bill(number: int, **more: object) -> bytes:
    """Make a bill of January for 900."""
    return documents(json.dumps({"_id": number, "sub": "s", "period": "2026-01", "total": 900} | more))[0]


def order(number: int, **more: object) -> bytes:
    """Make an order of January over 900."""
    return documents(json.dumps({"_id": number, "sub": "s", "at": "2026-01-05", "total": 900} | more))[0]


S: Final = documents('{"_id": "s"}')


def test_cancelled_hidden_and_superseded_bills_are_no_double_bills(
    cancelled_bills: Mapping[str, Any],
) -> None:
    report = audit(cancelled_bills)
    issues = found(report)
    assert [(each["type"], each["subscription"]) for each in issues] == [
        ("TWICE", "u"),
        ("TWICE", "v"),
        ("DIFFERS", "x"),
        ("UNBILLED", "w"),
    ]
    twice = ("bills", "count", "total_billed", "calculated", "total_overcharge")
    assert [tuple(issues[0][name] for name in twice)] == [([6, 7], 2, 600, 300, 300)]
    assert [tuple(issues[1][name] for name in twice)] == [([9, 10], 2, 400, 200, 200)]
    assert [issues[2][name] for name in ("bill", "billed", "calculated", "difference")] == [13, 70, 100, -30]
    assert [issues[3][name] for name in ("calculated", "orders")] == [120, [5]]
    assert report.headline.money_at_stake == {
        "overcharged": Decimal(500), "unbilled": Decimal(120), "underbilled": Decimal(30),
    }  # fmt: skip


@pytest.fixture
def cancelled_bills() -> dict[str, list[bytes]]:
    """Subscriptions s to x with a bill too many, cancelled, hidden, superseded, or none."""
    months = {"s": 900, "t": 500, "u": 300, "v": 200, "w": 120, "x": 100}
    rows: list[tuple[str, int, dict[str, object]]] = [
        ("s", 900, {"status": "cancelled"}), ("s", 900, {"hidden": False}), ("s", 900, {"hidden": True}),
        ("t", 500, {"duplicate_of": 5}), ("t", 500, {}), ("u", 300, {"status": "sent"}),
        ("u", 300, {"status": "sent"}), ("v", 200, {"status": "cancelled"}), ("v", 200, {}),
        ("v", 200, {"duplicate_of": None}), ("w", 120, {"status": "cancelled"}), ("x", 100, {"status": "cancelled"}),
        ("x", 70, {}),
    ]  # fmt: skip
    return {
        "subscriptions": documents("\n".join(json.dumps({"_id": name}) for name in months)),
        "orders": [order(n, sub=name, total=total) for n, (name, total) in enumerate(months.items(), 1)],
        "bills": [bill(n, sub=sub, total=total, **more) for n, (sub, total, more) in enumerate(rows, 1)],
    }


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        ({"hidden": True}, False), ({"hidden": False}, True), ({"hidden": None}, True), ({}, True),
        ({"status": "Cancelled"}, False), ({"status": " cancelled"}, True),
        ({"status": None}, True), ({"status": 7}, True), ({"duplicate_of": ""}, False),
        ({"duplicate_of": [None]}, True), ({"duplicate_of": {"$oid": "65a1b2c3d4e5f60718293a4b"}}, False),
    ],
)  # fmt: skip
def test_a_bill_counts_where_its_conditions_hold(value: dict[str, Any], counts: bool) -> None:
    # Of another subject: a condition on a field that is in no document at all is not asked.
    other = bill(3, sub="z", hidden=True, status="cancelled", duplicate_of=1)
    data = {"subscriptions": S, "orders": [order(1)], "bills": [bill(1), bill(2, **value), other]}
    assert [each["type"] for each in found(audit(data))] == (["TWICE"] if counts else [])


@pytest.mark.parametrize("value", ["yes", "true", 1, 0, {}, [], [None], [True, "no"]])
def test_a_flag_that_is_no_boolean_leaves_open_whether_a_bill_counts_and_is_said(value: object) -> None:
    data = {"subscriptions": S, "orders": [order(1)], "bills": [bill(1), bill(2, hidden=value)]}
    (issue,) = found(audit(data))
    assert (issue["type"], issue["field"], issue["document_id"]) == ("UNREADABLE_VALUE", "hidden", 2)


def test_a_bill_of_nobody_is_not_asked_for_its_flag() -> None:
    bills = [bill(1), bill(2, sub=None, hidden="yes"), bill(3, sub=" ", hidden="yes")]
    assert found(audit({"subscriptions": S, "orders": [order(1)], "bills": bills})) == []


@pytest.mark.parametrize(
    ("value", "types"),
    [
        (True, []), ("no", ["UNREADABLE_VALUE"]), (1, ["UNREADABLE_VALUE"]), (False, ["UNBILLED"]),
        (None, ["UNBILLED"]),
    ],
)  # fmt: skip
def test_a_line_that_is_left_out_is_no_line_and_one_left_open_is_said(
    value: object, types: list[str]
) -> None:
    data = {"subscriptions": S, "orders": [order(1, free=value)], "bills": []}
    assert [each["type"] for each in found(audit(data, lines="unless: {free: true}"))] == types


def test_orders_that_are_left_out_are_not_counted_as_undated() -> None:
    orders = [order(1, at=None), order(2, at=None, free=True), order(3)]
    report = audit({"subscriptions": S, "orders": orders, "bills": []}, lines="unless: {free: true}")
    assert report.sections[0].summary["undated"] == 1


def test_the_period_of_a_cancelled_bill_is_not_asked() -> None:
    bills = [bill(1), bill(2, period="soon", status="cancelled"), bill(3, total="much", status="cancelled")]
    assert found(audit({"subscriptions": S, "orders": [order(1)], "bills": bills})) == []


def test_the_query_for_mongosh_asks_for_what_counts_only() -> None:
    report = audit({"subscriptions": S, "orders": [], "bills": [bill(1), bill(2)]})
    (query,) = [each.mongosh for each in report.sections[0].explanations if each.type == "TWICE"]
    assert r"/^cancelled$(?!\n)/i" in query
    assert "duplicate_of" in query


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ({"state": "open"}, "clean"),
        ({"state": 5}, "clean"),
        ({"state": None}, "not evaluated"),
        ({}, "not evaluated"),
    ],
)
def test_a_condition_that_no_document_meets_is_judged_where_the_documents_have_its_field(
    state: dict[str, object], status: str
) -> None:
    data = {"subscriptions": S, "orders": [order(1, **state), order(2, **state)], "bills": [bill(1)]}
    report = audit(data, "unless: {total: none}", "where: {state: sent}")
    assert {
        each.type: each.status.value for section in report.sections for each in section.outcomes if each.type
    }["UNBILLED"] == status
