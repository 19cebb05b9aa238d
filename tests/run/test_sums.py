"""Sums are exact, whatever BSON can write."""

from __future__ import annotations

from decimal import Decimal

from bson.decimal128 import Decimal128

import intact
from tests.support.memory import MemorySource


def test_the_greatest_and_the_smallest_decimal_add_up_exactly() -> None:
    items = [{"total": Decimal128("1E+6144")}, {"total": Decimal128("1E-6176")}]
    order = {"_id": 1, "id": "o1", "billed": False, "items": items}
    report = intact.check(MemorySource({"orders": [order]}), model="delivery", reports=["orphaned_orders"])
    (issue,) = report["orphaned_orders"].issues
    digits = "1" + "0" * 6144 + "." + "0" * 6175 + "1"
    assert issue.fields["amount"] == Decimal(digits)
    assert report.headline.money_at_stake["unbilled"] == Decimal(digits)
