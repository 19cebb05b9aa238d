"""What a first run with a model of other field names says: the paths that no document has, and what was meant."""

from __future__ import annotations

import pytest

import intact
from intact.audit.doctor.records import Diagnosis
from intact.findings import Report
from tests.dairy.audited import DUMP, audit


@pytest.fixture(scope="module")
def report() -> Report:
    return audit()


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    return intact.doctor(DUMP, model="delivery")


BILLS = {
    "DOUBLE_BILLING",
    "BILLING_AMOUNT_MISMATCH",
    "UNBILLED_PERIOD",
    "figure billed_to_customers_without_login",
}


@pytest.mark.parametrize(
    ("path", "collection", "stands_on_it", "meant"),
    [
        (
            "subscription_id",
            "billing_records",
            {"BILLING_NO_SUBSCRIPTION", *BILLS},
            "is in none of 50 documents of billing_records",
        ),
        (
            "period_date",
            "billing_records",
            BILLS - {"figure billed_to_customers_without_login"},
            "`month` is in 36",
        ),
        ("total_amount", "billing_records", {"BILLING_NO_SUBSCRIPTION", *BILLS}, "`amount` is in 50"),
        (
            "subscription_id",
            "orders",
            {
                "INVALID_SUBSCRIPTION_REFERENCE",
                "UNBILLED_ORDER",
                "PENDING_ORDER_NOT_DELIVERED",
                "figure total_orphaned_orders",
                "figure delivered_orders_without_date",
            },
            "null or empty in 108",
        ),
    ],
)
def test_what_rests_on_a_path_without_a_value_is_not_evaluated_and_says_what_was_meant(
    path: str, collection: str, stands_on_it: set[str], meant: str, report: Report
) -> None:
    told = {
        (each.check if each.check.startswith("figure ") else each.type): reason
        for each in report.not_evaluated
        for reason in each.reasons
        if reason.startswith(f"`{path}` ") and f"documents of {collection}" in reason
    }
    assert stands_on_it <= set(told)
    assert all(meant in reason for reason in told.values())


PATHS = {
    "billing_records.subscription_id": (0, 50),
    "billing_records.period_date": (0, 50),
    "billing_records.total_amount": (0, 50),
    "billing_records.id": (36, 50),
    "customers_v2.created_at": (0, 56),
    "customers_v2.updated_at": (5, 56),
    "customers_v2.user_id": (51, 56),
    "users.updated_at": (0, 81),
    "users.customer_v2_id": (48, 81),
    "users.created_at": (59, 81),
    "orders.subscription_id": (0, 113),
    "orders.id": (108, 113),
    "orders.billed": (108, 113),
    "orders.delivery_date": (108, 113),
    "orders.items[].total": (108, 113),
    "delivery_statuses.order_id": (60, 4253),
    "delivery_statuses.confirmed_at": (60, 4253),
    "subscriptions_v2.status": (47, 56),
    "subscriptions_v2.customer_id": (53, 56),
    **dict.fromkeys([f"orders.{name}" for name in ("customer_id", "status", "created_at")], (113, 113)),
    **dict.fromkeys([f"customers_v2.{name}" for name in ("id", "phone", "name", "status")], (56, 56)),
    **dict.fromkeys([f"users.{name}" for name in ("id", "email")], (81, 81)),
    **dict.fromkeys([f"delivery_statuses.{name}" for name in ("id", "customer_id", "status")], (4253, 4253)),
    "subscriptions_v2.id": (56, 56),
}


def test_the_doctor_counts_in_how_many_documents_each_path_occurs(diagnosis: Diagnosis) -> None:
    assert diagnosis.fit is not None
    assert {
        f"{each.collection}.{each.path}": (each.documents, each.of) for each in diagnosis.fit.paths
    } == PATHS
    assert diagnosis.exit_code == 3


def test_the_doctor_says_what_share_of_a_reference_is_found(diagnosis: Diagnosis) -> None:
    assert diagnosis.fit is not None
    found = {f"{each.collection}.{each.path}": (each.found, each.values) for each in diagnosis.fit.paths}
    assert found["orders.customer_id"] == (113 - 84, 113)
    assert found["delivery_statuses.customer_id"] == (4253 - 82, 4253)
    assert found["customers_v2.user_id"] == (51 - 5, 51)


def test_rules_that_find_nearly_all_are_said_to_be_probably_wrong(report: Report) -> None:
    doubted = {
        each.type
        for section in report.sections
        for each in section.outcomes
        if "probably" in " ".join(each.notes)
    }
    assert {"UNBILLED_ORDER", "BILLING_NO_SUBSCRIPTION", "PHANTOM_DELIVERY_NO_ORDER"} <= doubted
