"""The numbers on top: the user's own sum, documents affected, and money at stake."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.small import MODEL, PHANTOM, SECOND_BILL, audit, found, small, types


def test_a_consistent_business_has_nothing_on_top() -> None:
    report = audit(small())
    assert types(report) == {}
    assert (report.headline.total_critical_issues, report.headline.documents_affected) == (0, 0)
    assert report.headline.documents_scanned == 6
    assert report.headline.money_at_stake == {}


def test_the_sum_is_that_of_the_users_document() -> None:
    report = audit(
        small(
            delivery_statuses=[
                {"_id": n, "id": f"d-{n}", "status": "?", "order_id": f"o-{n}"} for n in (7, 8, 9)
            ],
            customers_v2=[{"_id": 2, "id": "c-2", "phone": "09876543210"}],
            subscriptions_v2=[{"_id": 2, "id": "s-2", "customer_id": "c-2", "status": "Paused"}],
            orders=[
                {"_id": n, "id": f"o-0{n}", "status": "pending", "items": [{"total": n}]} for n in range(2, 7)
            ],
            billing_records=[SECOND_BILL],
        )
    )
    parts = {
        "orphaned_orders": report["orphaned_orders"].summary["unbilled_critical"],
        "orphaned_customers": report["orphaned_customers"].summary["active_subs_no_login"],
        "phantom_deliveries": report["phantom_deliveries"].summary["critical_count"],
        "invalid_references": report["invalid_references"].total[1],
        "duplicates": report["duplicates"].total[1],
        "billing": report["billing"].summary["double_bills"],
        "status": report["status"].total[1],
    }
    assert parts == {
        "orphaned_orders": 5,
        "orphaned_customers": 1,
        "phantom_deliveries": 3,
        "invalid_references": 3,
        "duplicates": 1,
        "billing": 1,
        "status": 4,
    }
    assert report.headline.total_critical_issues == 18
    assert len(MODEL.headline) == 7


def test_a_delivery_with_a_wrong_order_is_in_the_sum_twice_and_affected_once() -> None:
    report = audit(small(delivery_statuses=[PHANTOM]))
    assert types(report) == {"PHANTOM_DELIVERY_NO_ORDER": 1, "INVALID_ORDER_REFERENCE": 1}
    assert (report.headline.total_critical_issues, report.headline.documents_affected) == (2, 1)


@pytest.mark.parametrize("reports", [["phantom_deliveries"], ["invalid_references", "status"]])
def test_a_report_that_is_not_made_adds_nothing_to_the_sum(reports: list[str]) -> None:
    report = audit(small(delivery_statuses=[PHANTOM]), reports=reports)
    assert (report.headline.total_critical_issues, len(found(report))) == (1, 1)


def test_orders_of_a_month_without_a_bill_are_affected_all() -> None:
    data = small(orders=[small()["orders"][0] | {"_id": 2, "id": "o-2"}])
    data["billing_records"].clear()
    report = audit(data)
    assert types(report) == {"UNBILLED_PERIOD": 1}
    assert report.headline.documents_affected == 2


def test_money_at_stake_counts_each_amount_once_by_kind() -> None:
    order = small()["orders"][0]
    data = small(
        orders=[
            {"_id": 2, "id": "o-2", "status": "confirmed", "items": [{"total": 5}, {"total": "2.50"}]},
            {"_id": 3, "id": "o-3", "status": "CANCELLED", "items": [{"total": 1000}]},
            order | {"_id": 4, "id": "o-4", "delivery_date": "2025-12-01"},
            order | {"_id": 5, "id": "o-5", "delivery_date": "2025-11-01"},
            order | {"_id": 6, "id": "o-6", "delivery_date": "2025-10-01"},
        ],
        billing_records=[
            SECOND_BILL,
            {"_id": 3, "id": "b-3", "subscription_id": "s-1", "period_date": "2025-12", "total_amount": 130},
            {"_id": 4, "id": "b-4", "subscription_id": "s-1", "period_date": "2025-11", "total_amount": 60.5},
            {"_id": 5, "id": "b-5", "period_date": "2025-11", "total_amount": 9},
        ],
    )
    assert audit(data).headline.money_at_stake == {
        "billed_without_subscription": Decimal(9),
        "overbilled": Decimal(30),
        "overcharged": Decimal(100),
        "unbilled": Decimal("107.5"),
        "underbilled": Decimal("39.5"),
    }
