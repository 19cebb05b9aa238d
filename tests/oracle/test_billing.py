"""Facts out of the specification, worked out by hand, for report 6 and the money at stake."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from bson.decimal128 import Decimal128

from tests.oracle.facts import Document, bill, fields, findings, order, report, run, subscription

UNREADABLE = "UNREADABLE_VALUE"
S1 = [subscription()]


def billing(bills: list[Document], orders: list[Document], options: Document | None = None) -> dict[str, Any]:
    """Give report 6 on bills and orders, with subscription s1."""
    return report("billing", options, billing_records=bills, orders=orders, subscriptions_v2=S1)


def types(found: dict[str, Any]) -> list[str]:
    """Give the types of a report's findings."""
    return [each["type"] for each in found["issues"]]


def test_a_bill_that_equals_its_delivered_orders_is_fine() -> None:
    orders = [order("o1", items=[{"total": 0.1}, {"total": 0.2}]), order("o2", status="cancelled")]
    assert billing([bill(amount=0.30000000000000004)], orders)["issues"] == []


@pytest.mark.parametrize("reference", [None, [], [None], "gone", ["gone", "lost"], ""])
def test_a_bill_without_a_subscription_is_found_once(reference: Any) -> None:
    found = billing([bill(subscription_id=reference, total_amount="12.50")], [])
    assert types(found) == ["BILLING_NO_SUBSCRIPTION"]
    shown = None if reference in ([], [None]) else reference
    names = ("severity", "billing_id", "subscription_id", "amount", "amount_complete")
    assert fields(found["issues"], *names) == [("HIGH", "b1", shown, Decimal("12.5"), None)]


def test_a_bill_of_which_one_element_is_found_is_not_without_subscription() -> None:
    assert billing([bill(subscription_id=["gone", "s1"], total_amount=0)], [])["issues"] == []


def test_the_amount_of_a_bill_without_subscription_must_be_readable() -> None:
    found = billing([bill(subscription_id="S1", total_amount=True)], [])
    assert fields(found["issues"], "type", "amount", "amount_complete", "near_match", "field") == [
        ("BILLING_NO_SUBSCRIPTION", 0, False, {"kind": "case", "value": "s1"}, None),
        (UNREADABLE, None, None, None, "total_amount"),
    ]


def test_a_double_billing_owes_what_was_delivered() -> None:
    found = billing([bill("b2", 100), bill("b1", "100.00")], [order(items=[{"total": 90}])])
    assert found["issues"] == [
        {
            "type": "DOUBLE_BILLING",
            "severity": "CRITICAL",
            "collection": "billing_records",
            "document_ids": ["billing_records:0", "billing_records:1"],
            "subscription_id": "s1",
            "period": "2026-01",
            "count": 2,
            "billing_ids": ["b2", "b1"],
            "total_billed": 200,
            "total_overcharge": 110,
            "calculated": 90,
            "difference": 110,
            "delivered_orders": 1,
        }
    ]
    assert found["summary"]["total_overcharge"] == 110


def test_without_delivered_orders_the_largest_bill_is_owed() -> None:
    found = billing([bill("b1", 30), bill("b2", 50)], [])
    names = ("total_billed", "total_overcharge", "calculated", "difference", "delivered_orders")
    assert fields(found["issues"], *names) == [(80, 30, None, None, 0)]


def test_halves_that_add_up_have_overcharge_0_and_it_is_never_below() -> None:
    orders = [order(items=[{"total": 100}])]
    halves = billing([bill("b1", 50), bill("b2", 50)], orders)
    assert fields(halves["issues"], "type", "total_overcharge", "difference") == [("DOUBLE_BILLING", 0, 0)]
    less = billing([bill("b1", 10), bill("b2", 20)], orders)
    assert fields(less["issues"], "type", "total_overcharge", "difference") == [("DOUBLE_BILLING", 0, -70)]


@pytest.mark.parametrize(("calculated", "overcharge"), [(10, 50), (90, 10), (200, 0)])
def test_in_a_running_month_the_greater_of_orders_and_largest_bill_is_owed(
    calculated: int, overcharge: int
) -> None:
    orders = [order(items=[{"total": calculated}], delivery_date="2026-03-02")]
    bills = [bill(key, 50, period_date="2026-03") for key in ("b1", "b2")]
    found = billing(bills, orders)
    assert fields(found["issues"], "type", "total_overcharge") == [("DOUBLE_BILLING", overcharge)]


def test_periods_written_differently_are_one() -> None:
    dates = ["2026-01", "2026-01-31", datetime(2026, 1, 5), "2026-01-01T00:00:00+00:00"]
    found = billing([bill(n, 1, period_date=date) for n, date in enumerate(dates)], [])
    assert fields(found["issues"], "type", "count", "billing_ids") == [("DOUBLE_BILLING", 4, [0, 1, 2, 3])]


def test_subscriptions_equal_across_number_types_are_one() -> None:
    bills = [bill("b1", 5, subscription_id=7), bill("b2", 5, subscription_id=Decimal128("7.0"))]
    found = findings("DOUBLE_BILLING", billing_records=bills, subscriptions_v2=[subscription(7.0)])
    assert fields(found, "subscription_id", "count") == [(7, 2)]


@pytest.mark.parametrize(
    "change",
    [{"subscription_id": None}, {"subscription_id": " "}, {"period_date": None}, {"period_date": "?"}],
)
def test_bills_without_subscription_or_period_are_no_double_bills(change: Document) -> None:
    found = billing([bill("b1") | change, bill("b2") | change], [])
    assert "DOUBLE_BILLING" not in types(found)


def test_double_bills_of_a_subscription_that_does_not_exist_are_both_findings() -> None:
    found = billing([bill("b1", subscription_id="x"), bill("b2", subscription_id="x")], [])
    assert types(found) == ["BILLING_NO_SUBSCRIPTION", "BILLING_NO_SUBSCRIPTION", "DOUBLE_BILLING"]


@pytest.mark.parametrize(("amount", "found"), [("100.01", 0), ("99.99", 0), ("100.02", 1), ("99.98", 1)])
def test_a_cent_is_tolerated(amount: str, found: int) -> None:
    assert len(billing([bill(amount=amount)], [order()])["issues"]) == found


def test_a_wrong_amount_says_by_how_much() -> None:
    found = billing(
        [bill(amount=120.5)], [order("o1"), order("o2", status="DELIVERED", items=[{"total": 50}])]
    )
    names = (
        "type", "severity", "billing_id", "subscription_id", "period", "billed", "calculated", "difference",
        "delivered_orders", "document_id",
    )  # fmt: skip
    assert fields(found["issues"], *names) == [
        (
            "BILLING_AMOUNT_MISMATCH",
            "HIGH",
            "b1",
            "s1",
            "2026-01",
            Decimal("120.5"),
            150,
            Decimal("-29.5"),
            2,
            "billing_records:0",
        )
    ]


def test_a_bill_without_any_delivered_order_is_compared_with_nothing() -> None:
    found = billing([bill(amount=40)], [order(status="confirmed")])
    assert fields(found["issues"], "type", "calculated", "difference", "delivered_orders") == [
        ("BILLING_AMOUNT_MISMATCH", 0, 40, 0)
    ]


def test_a_single_bill_of_the_running_month_is_not_judged_nor_asked() -> None:
    orders = [order(delivery_date="2026-03-02", items="milk")]
    assert billing([bill(amount="much", period_date="2026-03-01")], orders)["issues"] == []


def test_the_orders_of_a_bill_without_subscription_are_not_judged_nor_asked() -> None:
    found = billing([bill(subscription_id="x")], [order(subscription="x", items="milk")])
    assert types(found) == ["BILLING_NO_SUBSCRIPTION"]


def test_an_unreadable_amount_counts_nothing_and_says_so() -> None:
    found = billing([bill(amount=float("nan"))], [order(items=[{"total": 5}, {"total": "x"}])])
    assert fields(
        found["issues"], "type", "difference", "amount_complete", "collection", "field", "value"
    ) == [
        ("BILLING_AMOUNT_MISMATCH", -5, False, "billing_records", None, None),
        (UNREADABLE, None, None, "billing_records", "total_amount", {"$numberDouble": "NaN"}),
        (UNREADABLE, None, None, "orders", "items[].total", "x"),
    ]
    assert found["total_billing_issues"] == 3
    assert found["summary"]["unreadable_values"] == 2


@pytest.mark.parametrize(
    ("bills", "orders"),
    [
        ([bill(amount="x")], [order()]),
        ([bill(amount=5)], [order(), order("o2", items="x")]),
        ([bill(amount=5), bill("b2", "x")], [order()]),
        ([bill(amount=5), bill("b2", 5)], [order("o1", items=5), order("o2")]),
        ([], [order(), order("o2", items=[None])]),
    ],
)
def test_one_unreadable_amount_makes_the_whole_incomplete(
    bills: list[Document], orders: list[Document]
) -> None:
    found = billing(bills, orders)["issues"]
    assert [each.get("amount_complete") for each in found] == [False, None]
    assert found[1]["type"] == UNREADABLE


def test_delivered_orders_without_any_bill_are_an_unbilled_period() -> None:
    orders = [order("o2", items=[{"total": 5}]), order("o1", billed=False), order("o3", status="pending")]
    found = report("billing", orders=orders)
    assert found["issues"] == [
        {
            "type": "UNBILLED_PERIOD",
            "severity": "HIGH",
            "collection": "orders",
            "document_ids": ["orders:0", "orders:1"],
            "subscription_id": "s1",
            "period": "2026-01",
            "calculated": 105,
            "delivered_orders": 2,
            "orders_marked_billed": 1,
            "order_ids": ["o2", "o1"],
        }
    ]


def test_an_unbilled_period_that_comes_to_nothing_is_none_and_its_billed_is_not_asked() -> None:
    assert billing([], [order(items=[], billed="yes")])["issues"] == []


def test_billed_must_be_a_boolean_in_an_unbilled_period() -> None:
    found = billing([], [order(billed="yes"), order("o2", billed=None)])
    assert fields(
        found["issues"], "type", "orders_marked_billed", "amount_complete", "field", "order_id"
    ) == [
        ("UNBILLED_PERIOD", 0, None, None, None),
        (UNREADABLE, None, None, "billed", "o1"),
    ]


def test_unreadable_orders_are_said_even_where_the_period_comes_to_nothing() -> None:
    found = billing([], [order(items="milk")])
    assert fields(found["issues"], "type", "field") == [(UNREADABLE, "items")]


def test_an_order_without_subscription_belongs_to_no_period() -> None:
    orders = [order("o1", link) for link in (None, [], "", " ", ["", None])]
    found = billing([], orders)
    assert found["issues"] == []
    assert found["summary"]["delivered_orders_without_date"] == 0


def test_delivered_orders_without_a_date_are_counted_and_nothing_else() -> None:
    orders = [
        order("o1", delivery_date=None),
        order("o2", delivery_date="?", items="milk"),
        order("o3", None, delivery_date=None),
        order("o4", status="pending", delivery_date="?"),
    ]
    found = billing([], orders)
    assert found["summary"]["delivered_orders_without_date"] == 2
    assert fields(found["issues"], "type", "order_id", "field") == [(UNREADABLE, "o2", "delivery_date")]


def test_a_period_date_is_asked_of_bills_that_name_a_subscription() -> None:
    bills = [bill("b1", 0, period_date=202601), bill("b2", 0, period_date="?", subscription_id="")]
    found = billing(bills, [])
    assert fields(found["issues"], "type", "billing_id", "field", "value_type") == [
        ("BILLING_NO_SUBSCRIPTION", "b2", None, None),
        (UNREADABLE, "b1", "period_date", "int"),
    ]


def test_bills_and_orders_belong_to_each_subscription_they_name() -> None:
    found = report(
        "billing",
        billing_records=[bill("b1", 100, subscription_id=["s1", "s2"])],
        orders=[order("o1", ["s1", "s3"]), order("o2", "s2", items=[{"total": 40}])],
        subscriptions_v2=[subscription("s1"), subscription("s2"), subscription("s3")],
    )
    assert fields(found["issues"], "type", "subscription_id", "difference", "calculated") == [
        ("BILLING_AMOUNT_MISMATCH", "s2", 60, 40),
        ("UNBILLED_PERIOD", "s3", None, 100),
    ]


def test_a_period_is_a_month_of_the_time_zone() -> None:
    late = datetime(2026, 1, 31, 20)
    bills, orders = [bill(period_date="2026-02")], [order(delivery_date=late)]
    kolkata = {"timezone": "Asia/Kolkata"}
    assert types(billing(bills, orders, kolkata)) == []
    assert types(billing(bills, orders)) == ["BILLING_AMOUNT_MISMATCH", "UNBILLED_PERIOD"]


@pytest.mark.parametrize(
    ("as_of", "zone", "ended"),
    [
        (datetime(2026, 1, 31, 23, 59), "UTC", False),
        (datetime(2026, 2, 1), "UTC", True),
        (datetime(2026, 1, 31, 18, 30), "Asia/Kolkata", True),
        (datetime(2026, 2, 1, 4, 59), "America/New_York", False),
    ],
)
def test_a_month_has_ended_when_the_next_one_began_in_the_time_zone(
    as_of: datetime, zone: str, ended: bool
) -> None:
    options = {"as_of": as_of, "timezone": zone}
    assert types(billing([], [order()], options)) == ["UNBILLED_PERIOD"] * ended


def test_money_at_stake_counts_each_finding_once_by_kind() -> None:
    found = run(
        orders=[
            order("o1", None, billed=False, items=[{"total": 7}]),
            order("o2", None, billed=False, status="CANCELLED", items=[{"total": 1000}]),
            order("o3", "s1", items=[{"total": 50}]),
            order("o4", "s2", items=[{"total": 50}]),
            order("o5", "s3", items=[{"total": 50}]),
            order("o6", "s4", items=[{"total": 11}]),
        ],
        billing_records=[
            bill("b1", 50, subscription_id="s1"),
            bill("b2", 60, subscription_id="s1"),
            bill("b3", 50.5, subscription_id="s2"),
            bill("b4", 49.5, subscription_id="s3"),
            bill("b5", 20, subscription_id="gone"),
        ],
        subscriptions_v2=[subscription(f"s{number}") for number in (1, 2, 3, 4)],
    )
    assert found["money_at_stake"] == {
        "unbilled": 18,
        "overcharged": 60,
        "overbilled": Decimal("0.5"),
        "underbilled": Decimal("0.5"),
        "billed_without_subscription": 20,
    }


def test_documents_of_a_period_are_all_affected() -> None:
    found = run(
        orders=[order("o1", "s1"), order("o2", "s1"), order("o3", "s2")],
        billing_records=[bill("b1", 100, subscription_id="s2"), bill("b2", 100, subscription_id="s2")],
        subscriptions_v2=[subscription("s1"), subscription("s2")],
    )
    assert found["documents_affected"] == 4
    assert found["total_critical_issues"] == 1
