"""An amount is said to be incomplete where a part of it is not where the model looks for it."""

from __future__ import annotations

from typing import Any, Final

import bson
import pytest

from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import to_document
from intact.model import parse
from tests.support.memory import MemorySource

MODEL: Final = """
intact: 1
name: shop
title: A shop
collections:
  customers: {key: _id, named: customer}
  orders: {key: _id, named: order, references: {customer: customers}}
reports:
  orders:
    title: Orders
    cadence: daily
    document: ORDERS
    checks:
      - {missing-link: orders.customer, finding: STRAY, severity: high, description: "{amount}", amount: "PATH"}
    total: {strays: {count: STRAY}}
"""


def stray(order: dict[str, Any], path: str) -> dict[str, Any]:
    """Give the finding of an order without a customer."""
    model = parse(MODEL.replace("PATH", path), KINDS, "shop.yml")
    # An order of somebody has what the path names: a path that is nowhere is another matter.
    whole = {
        "_id": 0,
        "customer": 1,
        "total": 1,
        "items": [{"total": 1, "price": {"net": 1}, "parts": [{"net": 1}]}],
    }
    documents = [bson.encode(whole), *(bson.encode({"_id": n} | order) for n in range(1, 40))]
    source = MemorySource({"customers": [], "orders": documents}, at_once=50)
    document: dict[str, Any] = to_document(check(source, model=model, as_of="2026-03-01T00:00:00Z"))
    issues: list[dict[str, Any]] = document["reports"]["orders"]["issues"]
    assert len({(each["type"], str(each.get("amount")), each.get("amount_complete")) for each in issues}) == 1
    return issues[0]


@pytest.mark.parametrize("projector", ["pure", "native"])
@pytest.mark.parametrize(
    ("order", "path", "amount", "complete"),
    [
        ({"items": [{"total": 5}, {"total_price": 7}]}, "items[].total", 5, False),
        ({"items": [{"total_price": 7}]}, "items[].total", 0, False),
        ({"items": [{}]}, "items[].total", 0, False),
        ({"items": [{"total": 5}, {"total": None}]}, "items[].total", 5, True),
        ({"items": []}, "items[].total", 0, True),
        ({"items": None}, "items[].total", 0, True),
        ({}, "items[].total", 0, True),
        ({"total_price": 7}, "total", 0, True),
        ({"total": None}, "total", 0, True),
        ({"items": [{"price": {"net": 5}}, {"price": {"gross": 7}}]}, "items[].price.net", 5, False),
        ({"items": [{"price": {"net": 5}}, {"cost": 7}]}, "items[].price.net", 5, False),
        ({"items": [5, 7]}, "items[]", 12, True),
        ({"items": [{"parts": [{"net": 5}, {"net": 2}]}]}, "items[].parts[].net", 7, True),
        ({"items": [{"parts": [{"net": 5}, {"gross": 2}]}]}, "items[].parts[].net", 5, False),
        ({"items": [{"parts": [{"net": 5}]}, {"parts": [{"gross": 2}]}]}, "items[].parts[].net", 5, False),
        ({"items": [{"parts": [{"net": 5}, {"net": None}]}]}, "items[].parts[].net", 5, True),
        ({"items": [{"parts": []}]}, "items[].parts[].net", 0, True),
    ],
)
def test_an_amount_whose_path_is_absent_in_an_item_is_not_all_of_it(
    order: dict[str, Any],
    path: str,
    amount: int,
    complete: bool,
    projector: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INTACT_PROJECTOR", projector)
    found = stray(order, path)
    assert (found["amount"], found.get("amount_complete", True)) == (amount, complete)
