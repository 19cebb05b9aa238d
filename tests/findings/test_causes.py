"""Three thousand orders of one deleted customer are one thing to look into."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from intact.findings import Finding
from intact.findings import causes as module
from intact.findings.causes import EXAMPLES, causes
from tests.reporters.reports import finding


def order(number: int, customer: str, **more: object) -> Finding:
    fields = {"order_id": f"o-{number}", "customer_id": customer, "document_id": f"o-{number}"}
    made = finding("INVALID_CUSTOMER_REFERENCE", fields=fields)
    return replace(made, cause=("customer_id",), **more)  # type: ignore[arg-type]


def test_findings_that_share_a_cause_are_one_line_with_count_and_examples() -> None:
    (found,) = causes(order(number, "c-9") for number in range(3_000))
    assert (found.count, found.fields) == (3_000, {"customer_id": "c-9"})
    assert [each.fields["order_id"] for each in found.examples] == ["o-0", "o-1", "o-2"][:EXAMPLES]


def test_another_customer_is_another_cause() -> None:
    found = causes([order(1, "c-1"), order(2, "c-2"), order(3, "c-2")])
    assert [(each.fields["customer_id"], each.count) for each in found] == [("c-2", 2), ("c-1", 1)]


def test_an_id_and_its_text_are_two_causes() -> None:
    oid = {"$oid": "65a000000000000000000001"}
    assert len(causes([order(1, str(oid)), order(2, oid)])) == 2  # type: ignore[arg-type]


def test_the_same_missing_customer_in_orders_and_deliveries_stays_two_lines() -> None:
    """They are repaired in two places."""
    other = replace(order(2, "c-1"), collection="delivery_statuses")
    assert len(causes([order(1, "c-1"), other])) == 2


def test_findings_without_a_shared_cause_are_counted_by_type() -> None:
    (found,) = causes([finding("UNBILLED_ORDER", fields={"document_id": str(n)}) for n in range(7)])
    assert (found.count, dict(found.fields)) == (7, {})


def test_money_is_added_by_kind_and_the_time_spans_them() -> None:
    (found,) = causes(
        [
            order(1, "c-1", money=("over", Decimal("0.1")), when="2026-02"),
            order(2, "c-1", money=("over", Decimal("0.2")), when="2025-11"),
            order(3, "c-1", money=("under", Decimal(5)), when=None),
        ]
    )
    assert found.money == {"over": Decimal("0.3"), "under": Decimal(5)}
    assert (found.first, found.last) == ("2025-11", "2026-02")


def test_the_worst_come_first() -> None:
    found = causes(
        [
            finding("LOW_ONE", "LOW"),
            finding("CHEAP", "CRITICAL", money=("a", Decimal(1))),
            finding("DEAR", "CRITICAL", money=("a", Decimal(9))),
            finding("HIGH_ONE", "HIGH", money=("a", Decimal(99))),
        ]
    )
    assert [each.type for each in found] == ["DEAR", "CHEAP", "HIGH_ONE", "LOW_ONE"]


def test_of_very_many_causes_the_rest_is_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 10)
    found = causes(order(number, f"c-{number}") for number in range(25))
    assert sum(each.count for each in found) == 25
    assert [each.count for each in found if not each.fields] == [15]


def test_unconfirmed_ones_are_counted() -> None:
    (found,) = causes([order(1, "c", state="unconfirmed"), order(2, "c", state="confirmed")])
    assert found.unconfirmed == 1
