"""Facts out of the specification, worked out by hand, for reports 1 to 4 and 7 and the headline."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

from tests.oracle.facts import AS_OF, Document, bill, fields, findings, order, report, run, subscription
from tests.oracle.values import UNDEFINED

HEX = "65a1b2c3d4e5f60718293a4b"
UNREADABLE = "UNREADABLE_VALUE"


def one_time(**other: Any) -> Document:
    """Make an order without a subscription and without a bill: two items, 10.10 and 20.20."""
    items = [{"total": 10.1}, {"total": "20.20"}]
    made = order("o1", None, billed=False, items=items, created_at=datetime(2026, 3, 1)) | other
    return {name: value for name, value in made.items() if value is not ...}


# ----------------------------------------------------------------------------------- orphaned orders


@pytest.mark.parametrize("link", [None, ..., UNDEFINED, [], [None]])
def test_an_order_without_subscription_is_orphaned(link: Any) -> None:
    found = report("orphaned_orders", orders=[one_time(subscription_id=link)])
    assert found["total_orphaned_orders"] == 1
    assert found["issues"] == [
        {
            "type": "UNBILLED_ORDER",
            "severity": "CRITICAL",
            "collection": "orders",
            "document_id": "orders:0",
            "order_id": "o1",
            "status": "delivered",
            "amount": Decimal("30.3"),
        }
    ]


@pytest.mark.parametrize("link", ["", "s1", ["s1", None], 0, False, [[]]])
def test_an_order_that_names_a_subscription_is_not_orphaned(link: Any) -> None:
    assert report("orphaned_orders", orders=[one_time(subscription_id=link)])["total_orphaned_orders"] == 0


@pytest.mark.parametrize(("billed", "unbilled"), [(False, 1), (None, 1), (..., 1), (True, 0)])
def test_an_order_is_unbilled_where_billed_is_false_null_or_missing(billed: Any, unbilled: int) -> None:
    found = report("orphaned_orders", orders=[one_time(billed=billed)])
    assert found["summary"]["unbilled_critical"] == unbilled
    assert found["summary"]["unreadable_values"] == 0


@pytest.mark.parametrize(
    ("billed", "kind"), [("yes", "string"), (1, "int"), (0.0, "double"), ([True], "array")]
)
def test_a_billed_that_is_no_boolean_is_unreadable_and_not_unbilled(billed: Any, kind: str) -> None:
    found = report("orphaned_orders", orders=[one_time(billed=billed, items="milk")])
    assert fields(found["issues"], "type", "field", "value_type") == [(UNREADABLE, "billed", kind)]
    assert found["total_orphaned_orders"] == 1


@pytest.mark.parametrize("items", [None, ..., [], [{"total": None}]])
def test_missing_items_and_totals_are_nothing_and_complete(items: Any) -> None:
    (found,) = findings("UNBILLED_ORDER", orders=[one_time(items=items)])
    assert found["amount"] == 0
    assert "amount_complete" not in found


def test_an_item_without_a_total_leaves_the_amount_incomplete() -> None:
    found = report("orphaned_orders", orders=[one_time(items=[{"total": 5}, {}])])
    assert fields(found["issues"], "type", "amount", "amount_complete") == [("UNBILLED_ORDER", 5, False)]


def test_items_that_are_no_list_are_unreadable_and_count_nothing() -> None:
    found = report("orphaned_orders", orders=[one_time(items={"total": 5})])
    assert fields(found["issues"], "type", "amount", "amount_complete", "field", "value_type") == [
        ("UNBILLED_ORDER", 0, False, None, None),
        (UNREADABLE, None, None, "items", "object"),
    ]


def test_bad_items_and_bad_totals_are_one_unreadable_value_each() -> None:
    items = [None, {"total": True}, {"total": "x"}, {"total": 7}, "milk"]
    found = report("orphaned_orders", orders=[one_time(items=items)])
    assert found["issues"][0]["amount"] == 7
    assert fields(found["issues"][1:], "field", "_values") == [
        ("items", [{"value": None, "value_type": "null"}, {"value": "milk", "value_type": "string"}]),
        ("items[].total", [{"value": True, "value_type": "bool"}, {"value": "x", "value_type": "string"}]),
    ]


def test_items_of_a_billed_order_are_not_asked() -> None:
    assert findings(UNREADABLE, orders=[one_time(billed=True, items="milk", created_at="?")]) == []


def test_totals_add_up_exactly() -> None:
    items = [{"total": 0.1}, {"total": 0.2}, {"total": Decimal128("0.05")}, {"total": Int64(1)}]
    assert findings("UNBILLED_ORDER", orders=[one_time(items=items)])[0]["amount"] == Decimal("1.35")


@pytest.mark.parametrize("status", ["pending", "PENDING", "Pending", ["pending"], ["confirmed", "Pending"]])
def test_an_order_pending_in_any_letter_case_is_pending(status: Any) -> None:
    found = findings("PENDING_ORDER_NOT_DELIVERED", orders=[one_time(status=status)])
    assert fields(found, "severity", "days_pending", "stale") == [("HIGH", 14, None)]


@pytest.mark.parametrize("status", [" pending ", [" pending ", 5], [["pending"]], [], "delivered", None, 5])
def test_what_is_not_pending(status: Any) -> None:
    assert findings("PENDING_ORDER_NOT_DELIVERED", orders=[one_time(status=status)]) == []


@pytest.mark.parametrize(
    ("age", "days", "stale"),
    [
        (timedelta(days=91, seconds=-1), 90, None),
        (timedelta(days=91), 91, True),
        (timedelta(hours=23), 0, None),
        (timedelta(hours=-1), None, None),
    ],
)
def test_days_pending_are_whole_days_and_more_than_90_are_stale(
    age: timedelta, days: int | None, stale: bool | None
) -> None:
    made = one_time(status="pending", created_at=AS_OF - age)
    found = findings("PENDING_ORDER_NOT_DELIVERED", orders=[made])
    assert fields(found, "days_pending", "stale") == [(days, stale)]
    assert report("orphaned_orders", orders=[made])["summary"]["stale"] == (1 if stale else 0)


@pytest.mark.parametrize(
    ("created", "unreadable"), [(None, 0), (..., 0), ("", 1), (1767225600, 1), ("2026", 1)]
)
def test_without_a_date_days_pending_is_null(created: Any, unreadable: int) -> None:
    found = report("orphaned_orders", orders=[one_time(status="pending", billed=True, created_at=created)])
    assert found["issues"][0]["days_pending"] is None
    assert [each["field"] for each in found["issues"][1:]] == ["created_at"] * unreadable


def test_the_summary_counts_all_orphaned_orders_by_status_as_written() -> None:
    states = ["delivered", "Delivered", None, ..., 5, ["pending"], "missing", "CANCELLED"]
    summary = report("orphaned_orders", orders=[one_time(status=status) for status in states])["summary"]
    assert summary["count_by_status"] == {
        "delivered": 1,
        "Delivered": 1,
        "missing": 3,
        "other": 2,
        "CANCELLED": 1,
    }
    assert summary["unbilled_critical"] == 8
    assert summary["revenue_at_risk"] == 7 * Decimal("30.30")


# --------------------------------------------------------------------------------- orphaned customers


def test_a_customer_without_user_cannot_log_in() -> None:
    customers: list[Document] = [{"id": "c1", "phone": 98, "status": "new"}, {"id": "c2", "user_id": []}]
    found = report("orphaned_customers", customers_v2=customers)
    assert fields(found["issues"], "type", "severity", "customer_id", "customer_phone", "status") == [
        ("CUSTOMER_NO_LOGIN", "MEDIUM", "c1", 98, "new"),
        ("CUSTOMER_NO_LOGIN", "MEDIUM", "c2", None, None),
    ]
    assert found["total_orphaned_customers"] == 2
    assert found["summary"]["cannot_login"] == 2


def test_active_and_paused_subscriptions_of_a_customer_without_user_are_counted() -> None:
    states = ["ACTIVE", "paused", "stopped", " active", "draft"]
    subscriptions = [
        subscription(number, customer_id=7.0, status=state) for number, state in enumerate(states)
    ]
    subscriptions.append(subscription("many", customer_id=["c9", Int64(7), 7]))
    found = findings(
        "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS",
        customers_v2=[{"id": 7}],
        subscriptions_v2=subscriptions,
    )
    assert fields(found, "severity", "customer_id", "active_subscriptions") == [("HIGH", 7, 3)]


def test_a_customer_without_id_has_no_subscriptions() -> None:
    subscriptions = [subscription("s1", customer_id=None), subscription("s2")]
    found = report("orphaned_customers", customers_v2=[{"_id": 4}], subscriptions_v2=subscriptions)
    assert fields(found["issues"], "type", "customer_id") == [("CUSTOMER_NO_LOGIN", 4)]


def test_a_user_without_customer_is_found() -> None:
    found = report("orphaned_customers", users=[{"id": "u1"}, {"id": "u2", "customer_v2_id": None}])
    assert fields(found["issues"], "type", "severity", "user_id") == [
        ("USER_NO_CUSTOMER", "MEDIUM", "u1"),
        ("USER_NO_CUSTOMER", "MEDIUM", "u2"),
    ]
    assert found["total_orphaned_customers"] == 0


def test_links_that_lead_nowhere_are_found_from_both_sides() -> None:
    found = report(
        "orphaned_customers",
        customers_v2=[{"id": "c1", "user_id": "U1"}],
        users=[{"id": "u1", "customer_v2_id": ["c8", None, "c9"]}],
    )
    assert fields(found["issues"], "type", "collection", "user_id", "customer_v2_id", "near_match") == [
        ("CUSTOMER_USER_NOT_FOUND", "customers_v2", "U1", None, {"kind": "case", "value": "u1"}),
        ("USER_CUSTOMER_NOT_FOUND", "users", "u1", "c8", None),
        ("USER_CUSTOMER_NOT_FOUND", "users", "u1", "c9", None),
    ]
    assert found["summary"]["links_not_found"] == 3


def test_a_link_that_is_returned_is_no_mismatch() -> None:
    customers: list[Document] = [{"id": 1, "user_id": ["u1", "u1"]}, {"id": ["c2", "x"], "user_id": "u2"}]
    users: list[Document] = [{"id": "u1", "customer_v2_id": 1.0}, {"id": "u2", "customer_v2_id": "x"}]
    assert report("orphaned_customers", customers_v2=customers, users=users)["issues"] == []


def test_a_link_to_one_who_points_elsewhere_is_one_mismatch() -> None:
    customers = [{"id": "a", "user_id": "b"}, {"id": "c", "user_id": "b"}]
    found = findings(
        "CUSTOMER_USER_LINK_MISMATCH", customers_v2=customers, users=[{"id": "b", "customer_v2_id": "c"}]
    )
    assert fields(found, "collection", "customer_id", "user_id") == [("customers_v2", "a", "b")]


def test_a_mismatch_is_looked_for_from_both_sides() -> None:
    customers = [{"id": "a", "user_id": "b"}, {"id": "c", "user_id": "d"}]
    users = [{"id": "b", "customer_v2_id": "c"}, {"id": "d", "customer_v2_id": "c"}]
    found = findings("CUSTOMER_USER_LINK_MISMATCH", customers_v2=customers, users=users)
    assert fields(found, "collection", "customer_id", "user_id") == [
        ("customers_v2", "a", "b"),
        ("users", "c", "b"),
    ]


def test_one_who_points_at_nothing_that_exists_makes_a_mismatch_and_one_without_a_link_none() -> None:
    customers = [{"id": "a", "user_id": "b"}, {"id": "c", "user_id": "d"}]
    users = [{"id": "b", "customer_v2_id": "gone"}, {"id": "d"}]
    found = findings("CUSTOMER_USER_LINK_MISMATCH", customers_v2=customers, users=users)
    assert fields(found, "customer_id") == [("a",)]


def test_a_link_is_returned_if_any_document_of_that_id_points_back() -> None:
    users = [{"id": "b", "customer_v2_id": "z"}, {"id": "b", "customer_v2_id": "a"}]
    found = findings("CUSTOMER_USER_LINK_MISMATCH", customers_v2=[{"id": "a", "user_id": "b"}], users=users)
    assert found == []


def test_a_record_without_key_is_never_pointed_back_at() -> None:
    customers = [{"_id": 9, "user_id": "b"}]
    users = [{"id": "b", "customer_v2_id": "c"}]
    found = findings("CUSTOMER_USER_LINK_MISMATCH", customers_v2=customers, users=users)
    assert fields(found, "customer_id", "user_id") == [(9, "b")]


def test_what_was_billed_to_customers_without_login() -> None:
    found = report(
        "orphaned_customers",
        customers_v2=[{"id": "c1"}, {"id": "c2", "user_id": "gone"}, {"id": "c3", "user_id": ["gone", "u3"]}],
        users=[{"id": "u3", "customer_v2_id": "c3"}],
        subscriptions_v2=[
            subscription("s1", customer_id="c1", status="stopped"),
            subscription("s2", customer_id="c2"),
            subscription("s3", customer_id="c3"),
        ],
        billing_records=[
            bill("b1", 10),
            bill("b2", 0.5, subscription_id=["s9", "s2", "s1"]),
            bill("b3", 7, subscription_id="s3"),
            bill("b4", "much", subscription_id="s2"),
        ],
    )
    assert found["summary"]["billed_to_customers_without_login"] == Decimal("10.5")
    unreadable = [each for each in found["issues"] if each["type"] == UNREADABLE]
    assert fields(unreadable, "collection", "billing_id", "field", "value") == [
        ("billing_records", "b4", "total_amount", "much")
    ]


# --------------------------------------------------------------------------------- phantom deliveries


def test_deliveries_without_an_order_are_phantoms() -> None:
    confirmed = datetime(2026, 1, 5, 4)
    references: list[Any] = [None, "o9", [], [None], ["o9", "o8"], "", "o1", ["o9", "o1"]]
    deliveries = [
        {
            "id": number,
            "order_id": reference,
            "customer_id": "c1",
            "confirmed_at": confirmed,
            "status": "Delivered",
        }
        for number, reference in enumerate(references)
    ]
    deliveries[0] = {"id": 0}
    found = report("phantom_deliveries", orders=[{"id": "o1"}, {}], delivery_statuses=deliveries)
    assert fields(found["issues"], "delivery_id", "order_id") == [
        (0, None),
        (1, "o9"),
        (2, None),
        (3, None),
        (4, ["o9", "o8"]),
        (5, ""),
    ]
    assert fields(found["issues"][:2], "severity", "customer_id", "confirmed_at", "status") == [
        ("CRITICAL", None, None, None),
        ("CRITICAL", "c1", "2026-01-05T04:00:00Z", "Delivered"),
    ]
    assert found["total_phantom_deliveries"] == 6
    assert found["summary"] == {"critical_count": 6, "marked_delivered": 5}


def test_a_phantom_says_its_near_match_but_not_for_arrays() -> None:
    deliveries = [{"id": 1, "order_id": HEX}, {"id": 2, "order_id": [HEX]}]
    found = findings(
        "PHANTOM_DELIVERY_NO_ORDER", orders=[{"id": ObjectId(HEX)}], delivery_statuses=deliveries
    )
    near = {"kind": "type", "value": {"$oid": HEX}}
    assert fields(found, "delivery_id", "near_match") == [(1, near), (2, None)]


def test_an_empty_id_is_found_by_an_empty_reference() -> None:
    found = run(orders=[{"id": "", "status": "confirmed"}], delivery_statuses=[{"id": 1, "order_id": ""}])
    assert found["reports"]["phantom_deliveries"]["issues"] == []
    assert [each["type"] for each in found["reports"]["duplicates"]["issues"]] == ["MISSING_ID"]


# --------------------------------------------------------------------------------- invalid references


def test_every_element_that_finds_nothing_is_one_invalid_reference() -> None:
    made = order("o1", ["s1", "x", "x", None, ["s1"], "y"], customer_id="c9")
    found = report("invalid_references", orders=[made], subscriptions_v2=[subscription()])
    assert fields(found["issues"], "type", "severity", "order_id", "subscription_id", "customer_id") == [
        ("INVALID_SUBSCRIPTION_REFERENCE", "HIGH", "o1", "x", None),
        ("INVALID_SUBSCRIPTION_REFERENCE", "HIGH", "o1", ["s1"], None),
        ("INVALID_SUBSCRIPTION_REFERENCE", "HIGH", "o1", "y", None),
        ("INVALID_CUSTOMER_REFERENCE", "HIGH", "o1", None, "c9"),
    ]
    assert found["summary"] == {"invalid_orders": 3, "invalid_deliveries": 0, "invalid_customers": 1}
    assert found["total_invalid_references"] == 4


def test_a_key_that_is_an_array_is_found_by_each_element_and_as_a_whole() -> None:
    links: list[Any] = ["s1", "s2", [["s1", "s2"]], ["s2"]]
    orders = [order(number, link) for number, link in enumerate(links)]
    found = findings(
        "INVALID_SUBSCRIPTION_REFERENCE", orders=orders, subscriptions_v2=[subscription(["s1", "s2"])]
    )
    assert found == []


def test_null_matches_no_null() -> None:
    found = report(
        "invalid_references", orders=[order("o1", None)], subscriptions_v2=[subscription(None)], users=[]
    )
    assert found["issues"] == []


def test_customers_are_looked_for_from_subscriptions_orders_and_deliveries() -> None:
    found = findings(
        "INVALID_CUSTOMER_REFERENCE",
        subscriptions_v2=[subscription("s1", customer_id=1)],
        orders=[order(customer_id=2)],
        delivery_statuses=[{"id": "d1", "customer_id": True}],
        customers_v2=[{"id": "1"}],
    )
    assert fields(found, "collection", "customer_id", "near_match") == [
        ("subscriptions_v2", 1, {"kind": "type", "value": "1"}),
        ("orders", 2, None),
        ("delivery_statuses", True, None),
    ]


@pytest.mark.parametrize(
    ("keys", "near"),
    [
        (["ORD 1", " ord 1"], {"kind": "case", "value": "ORD 1"}),
        ([" ord 1", "Ord 1", "ORD 1"], {"kind": "case", "value": "ORD 1"}),
        ([" ORD 1", "\tord 1", "ord 1\n"], {"kind": "whitespace", "value": "\tord 1"}),
        ([["ORD 1"]], None),
        (["ord 2"], None),
    ],
)
def test_the_nearest_match_is_the_one_said(keys: list[Any], near: Document | None) -> None:
    found = findings(
        "INVALID_ORDER_REFERENCE",
        orders=[order(key) for key in keys],
        delivery_statuses=[{"id": 1, "order_id": "ord 1"}],
    )
    assert fields(found, "near_match") == [(near,)]


def test_type_comes_before_case() -> None:
    orders = [order("A" * 24), order(ObjectId("a" * 24))]
    found = findings(
        "INVALID_ORDER_REFERENCE", orders=orders, delivery_statuses=[{"id": 1, "order_id": "a" * 24}]
    )
    assert found[0]["near_match"] == {"kind": "type", "value": {"$oid": "a" * 24}}


# ------------------------------------------------------------------------------------------- statuses


@pytest.mark.parametrize(
    ("status", "suggestion", "case_only"),
    [
        ("Delivered", "delivered", True),
        (" delivered", "delivered", False),
        ("canceled", "cancelled", False),
        ("pendng", "pending", False),
        (None, None, False),
        (..., None, False),
        (5, None, False),
        (["delivered"], None, False),
        ("", None, False),
        ("xyz", None, False),
    ],
)
def test_a_status_outside_the_list(status: Any, suggestion: str | None, case_only: bool) -> None:
    found = findings("INVALID_ORDER_STATUS", orders=[one_time(status=status)])
    assert fields(found, "severity", "order_id", "suggestion", "case_only") == [
        ("HIGH", "o1", suggestion, case_only)
    ]


def test_each_collection_has_its_own_list() -> None:
    words = ["draft", "stopped", "confirmed", "out_for_delivery", "Out For-Delivery"]
    records = [{"id": word, "status": word} for word in words]
    found = report("status", orders=records, subscriptions_v2=records, delivery_statuses=records)
    assert found["summary"] == {"invalid_subscriptions": 3, "invalid_orders": 4, "invalid_deliveries": 4}
    assert found["total_status_issues"] == 11
    last = found["issues"][-1]
    assert (last["type"], last["delivery_id"]) == ("INVALID_DELIVERY_STATUS", "Out For-Delivery")
    assert (last["suggestion"], last["case_only"]) == ("out_for_delivery", False)


# ------------------------------------------------------------------------------------------- headline


def test_an_empty_database_has_nothing() -> None:
    found = run()
    assert all(each["issues"] == [] for each in found["reports"].values())
    assert found["documents_affected"] == 0
    assert found["total_critical_issues"] == 0
    assert set(found["money_at_stake"].values()) == {0}


def test_a_delivery_with_a_wrong_order_is_in_the_sum_twice_and_affected_once() -> None:
    found = run(delivery_statuses=[{"id": "d1", "order_id": "gone", "status": "delivered"}])
    assert found["total_critical_issues"] == 2
    assert found["documents_affected"] == 1


def test_the_sum_is_the_users_own() -> None:
    found = run(
        orders=[one_time(status="pending")],
        customers_v2=[{"id": "c1"}],
        subscriptions_v2=[subscription("s1", customer_id="c1"), subscription("s1", customer_id="c1")],
    )
    assert found["total_critical_issues"] == 1 + 1 + 1
    assert found["documents_affected"] == 1 + 1 + 2
    assert found["money_at_stake"]["unbilled"] == Decimal("30.3")


def test_a_record_without_usable_id_is_named_by_its_document_id() -> None:
    made = one_time(id=" ", _id=ObjectId(HEX))
    found = findings("UNBILLED_ORDER", orders=[made])
    assert fields(found, "order_id", "document_id") == [({"$oid": HEX}, {"$oid": HEX})]
