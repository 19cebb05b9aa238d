"""Without faults, no rule is broken: some of the rules, written down directly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import phonenumbers
import pytest

from tests.sample.reading import AS_OF, Database, as_database, by_id, in_rupees
from tests.sample_data import Business

STATUSES = {
    "orders": {"pending", "confirmed", "delivered", "cancelled"},
    "subscriptions_v2": {"draft", "active", "paused", "stopped"},
    "delivery_statuses": {"pending", "out_for_delivery", "delivered", "not_delivered", "cancelled"},
}


@pytest.fixture(scope="module", params=[(2500, 1), (1200, 2), (600, 3), (150, 4), (10, 5), (1, 6)])
def clean(request: pytest.FixtureRequest) -> Database:
    orders, seed = request.param
    return as_database(Business(orders=orders, seed=seed, as_of=AS_OF))


def _month(value: object) -> str:
    return value.isoformat()[:7] if isinstance(value, datetime) else str(value)[:7]


def _delivered(database: Database) -> dict[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], Decimal] = {}
    for order in database["orders"]:
        if order.get("subscription_id") and order["status"] == "delivered":
            period = (order["subscription_id"], _month(order["delivery_date"]))
            total = sum((in_rupees(item["total"]) for item in order["items"]), Decimal(0))
            sums[period] = sums.get(period, Decimal(0)) + total
    return sums


def test_every_id_is_there_once(clean: Database) -> None:
    for name, documents in clean.items():
        assert all(isinstance(document["id"], str) and document["id"].strip() for document in documents), name
        assert len({document["id"] for document in documents}) == len(documents), name
        assert len({document["_id"] for document in documents}) == len(documents), name


def test_every_reference_finds_its_record(clean: Database) -> None:
    customers, orders = by_id(clean["customers_v2"]), by_id(clean["orders"])
    subscriptions = by_id(clean["subscriptions_v2"])
    for name in ("orders", "subscriptions_v2", "delivery_statuses", "billing_records"):
        assert all(document["customer_id"] in customers for document in clean[name]), name
    assert all(delivery["order_id"] in orders for delivery in clean["delivery_statuses"])
    assert all(bill["subscription_id"] in subscriptions for bill in clean["billing_records"])
    named = {order["subscription_id"] for order in clean["orders"] if order.get("subscription_id")}
    assert named <= set(subscriptions)


def test_customers_and_users_point_at_each_other(clean: Database) -> None:
    users = by_id(clean["users"])
    assert len(clean["customers_v2"]) == len(users)
    for customer in clean["customers_v2"]:
        assert users[customer["user_id"]]["customer_v2_id"] == customer["id"]


def test_orders_without_subscription_are_billed_and_not_pending(clean: Database) -> None:
    one_time = [order for order in clean["orders"] if order.get("subscription_id") is None]
    assert all(order["billed"] is True and order["status"] != "pending" for order in one_time)


def test_statuses_are_listed_ones(clean: Database) -> None:
    for name, allowed in STATUSES.items():
        assert {document["status"] for document in clean[name]} <= allowed


def test_bills_are_exactly_the_delivered_orders_of_their_month(clean: Database) -> None:
    sums, bills = _delivered(clean), Counter[tuple[str, str]]()
    for bill in clean["billing_records"]:
        period = (bill["subscription_id"], _month(bill["period_date"]))
        bills[period] += 1
        assert in_rupees(bill["total_amount"]) == sums[period]
    assert set(bills.values()) <= {1}
    assert {period for period in sums if period[1] < _month(AS_OF)} <= set(bills)


def test_phones_and_emails_are_possible_and_all_different(clean: Database) -> None:
    phones = [document["phone"] for document in clean["customers_v2"] if _digits(document["phone"])]
    numbers = [phonenumbers.parse(str(phone), "IN") for phone in phones]
    assert all(phonenumbers.is_possible_number(number) for number in numbers)
    assert len({(number.country_code, number.national_number) for number in numbers}) == len(phones)
    emails = [user["email"].strip().casefold() for user in clean["users"] if user["email"]]
    written = [email for email in emails if email]
    assert len(set(written)) == len(written)


def _digits(value: object) -> bool:
    return any(character.isdecimal() for character in str(value))


def test_nothing_lies_after_the_moment_of_the_data(clean: Database) -> None:
    today = AS_OF.date()
    for order in clean["orders"]:
        assert order["delivery_date"].date() <= today
        assert order["status"] in ("delivered", "cancelled") or order["delivery_date"].date() == today


def test_a_business_looks_like_one() -> None:
    database = as_database(Business(orders=20_000, seed=8, as_of=AS_OF))
    sizes = {name: len(documents) for name, documents in database.items()}
    assert sizes["orders"] == 20_000
    assert 17_000 < sizes["delivery_statuses"] < 20_000
    assert 300 < sizes["customers_v2"] < 700
    assert 500 < sizes["billing_records"] < 1000
    assert len({_month(bill["period_date"]) for bill in database["billing_records"]}) >= 12
    items = Counter(len(order["items"]) for order in database["orders"])
    assert set(items) == {1, 2, 3, 4}
    assert len({_kind(item["total"]) for order in database["orders"] for item in order["items"]}) == 3
    one_time = [order for order in database["orders"] if order.get("subscription_id") is None]
    assert 200 < len(one_time) < 1000
    assert {"subscription_id" in order for order in one_time} == {True, False}


def _kind(value: object) -> str:
    return type(value).__name__


@pytest.mark.parametrize("orders", [0, 1, 10, 777])
def test_there_are_exactly_as_many_orders_as_asked_for(orders: int) -> None:
    business = Business(orders=orders, seed=3, as_of=AS_OF)
    counts: Mapping[str, Any] = {name: len(found) for name, found in as_database(business).items()}
    assert counts["orders"] == orders
    assert counts == business.planted.documents
    assert business.planted.findings == ()
