"""Values that cannot be what they must be, where a finding or a figure depends on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from bson.decimal128 import Decimal128

from tests.sample_data.faults.billing import bill_of, double_group, unbill
from tests.sample_data.faults.duplicates import email_group, phone_group
from tests.sample_data.household import ActivePeriod, Household
from tests.sample_data.values import Document, amount

_AMOUNTS: Final[tuple[Any, ...]] = (
    "₹ 450.00", float("nan"), True, "1,200", float("inf"), Decimal128("NaN"), "1e3", "",
    {"amount": 5}, "450.",
)  # fmt: skip
_DATES: Final[tuple[Any, ...]] = ("last Tuesday", 1_767_225_600, "31/12/2025", True, "", "2026-02-30")
_PERIODS: Final[tuple[Any, ...]] = ("May 2026", 202605, "2026", "", "2026-13")
_FLAGS: Final[tuple[Any, ...]] = ("yes", 1, "false", "", 0)


def in_orphaned_orders(home: Household, turn: int) -> None:
    """Plant UNREADABLE_VALUE in a one-time order: ``billed`` alone, items and dates with what needed them."""
    order = home.one_time(home.person(), home.run.today - timedelta(days=home.rng.randint(1, 80)))
    way, value = turn % 4, turn // 4
    if way == 0:
        order["billed"] = _FLAGS[value % len(_FLAGS)]
        _expect(home, "orphaned_orders", "orders", order, "billed")
    elif way == 3:
        home.documents["delivery_statuses"].clear()
        order |= {"status": "pending", "created_at": _DATES[value % len(_DATES)]}
        home.expect("PENDING_ORDER_NOT_DELIVERED", "orders", order)
        _expect(home, "orphaned_orders", "orders", order, "created_at")
    else:
        order["billed"] = False
        field = _break_items(order, value) if way == 1 else _break_total(order, value)
        home.expect("UNBILLED_ORDER", "orders", order)
        _expect(home, "orphaned_orders", "orders", order, field)


def _break_items(order: Document, turn: int) -> str:
    item = order["items"][0]
    order["items"] = ("2 x Cow Milk", [item, None], item, [item, "Curd"], 2)[turn % 5]
    return "items"


def _break_total(order: Document, turn: int) -> str:
    first, *others = order["items"]
    order["items"] = [{**first, "total": _AMOUNTS[turn % len(_AMOUNTS)]}, *others]
    return "items[].total"


def in_orphaned_customers(home: Household, turn: int) -> None:
    """Plant UNREADABLE_VALUE in a bill of a customer without a user, which is CUSTOMER_NO_LOGIN as well.

    It is the only bill of the running month, whose amount the billing report does not ask.
    """
    person = home.customer_alone()
    subscription = home.subscription(person, home.run.month.first, "stopped")
    bill = home.bill(subscription, home.run.month, 45_000)
    bill["total_amount"] = _AMOUNTS[turn % len(_AMOUNTS)]
    home.expect("CUSTOMER_NO_LOGIN", "customers_v2", person.customer)
    _expect(home, "orphaned_customers", "billing_records", bill, "total_amount")


def in_duplicates(home: Household, turn: int) -> None:
    """Plant UNREADABLE_VALUE in a date that says which record to keep, with the duplicate that needs it."""
    if turn % 2 == 0:
        collection, member = "customers_v2", phone_group(home, turn // 2)[-1]
    else:
        collection, member = "users", email_group(home, turn // 2)[-1]
    member["updated_at"] = _DATES[turn % len(_DATES)]
    field = "updated_at"
    if turn % 5 == 4:
        member["updated_at"], member["created_at"] = None, _DATES[turn % len(_DATES)]
        field = "created_at"
    _expect(home, "duplicates", collection, member, field)


def in_billing(home: Household, turn: int) -> None:
    """Plant UNREADABLE_VALUE in billing: half of the ways alone, half with what needed the value."""
    alone = (_period_date, _delivery_date, _total, _items)
    ways = (*alone, _bill_amount, _stray_amount, _double_amount, _billed)
    ways[turn % len(ways)](home, turn // len(ways))


def _period_date(home: Household, turn: int) -> None:
    """Break the period of a second bill, which then has none."""
    period = home.ended()
    bill = home.bill(period.subscription, period.month, 5_000)
    bill["period_date"] = _PERIODS[turn % len(_PERIODS)]
    _expect(home, "billing", "billing_records", bill, "period_date")


def _delivery_date(home: Household, turn: int) -> None:
    """Break the date of a delivered order, which then is in no month."""
    period = home.ended()
    subscription, day = period.subscription, period.orders[0]["delivery_date"]
    order = home.order(subscription.person, subscription, day, subscription.baskets[0], "delivered", True)
    home.delivery(subscription.person, order["id"], day, "delivered")
    order["delivery_date"] = _DATES[turn % len(_DATES)]
    _expect(home, "billing", "orders", order, "delivery_date")


def _total(home: Household, turn: int) -> None:
    """Break the total of an item that its bill leaves out, so that the rest adds up."""
    period = home.ended()
    order, basket = period.delivered[-1]
    field = _break_total(order, turn)
    _rebill(period, period.paise - basket.item_paise[0])
    _expect(home, "billing", "orders", order, field)


def _items(home: Household, turn: int) -> None:
    """Break the items of an order; its bill counts those that can be read."""
    period = home.ended()
    order, basket = period.delivered[0]
    field = _break_items(order, turn)
    readable = basket.item_paise[0] if isinstance(order["items"], list) else 0
    _rebill(period, period.paise - basket.paise + readable)
    _expect(home, "billing", "orders", order, field)


def _rebill(period: ActivePeriod, paise: int) -> None:
    bill_of(period)["total_amount"] = amount(paise, "double")


def _bill_amount(home: Household, turn: int) -> None:
    """Break the amount of a bill, which then counts 0 and does not agree."""
    period = home.ended()
    bill = bill_of(period)
    bill["total_amount"] = _AMOUNTS[turn % len(_AMOUNTS)]
    _with(home, "BILLING_AMOUNT_MISMATCH", period, bill)
    _expect(home, "billing", "billing_records", bill, "total_amount")


def _stray_amount(home: Household, turn: int) -> None:
    """Break the amount of a bill whose subscription is lost."""
    subscription = home.subscription(home.person(), home.run.month.plus(-2).first)
    bill = home.bill(subscription, home.run.month.plus(-1), 30_000)
    bill |= {"subscription_id": home.fresh(), "total_amount": _AMOUNTS[turn % len(_AMOUNTS)]}
    home.expect("BILLING_NO_SUBSCRIPTION", "billing_records", bill)
    _expect(home, "billing", "billing_records", bill, "total_amount")


def _double_amount(home: Household, turn: int) -> None:
    """Break the amount of one of two bills of a period."""
    bill = double_group(home, 0)[0]
    bill["total_amount"] = _AMOUNTS[turn % len(_AMOUNTS)]
    _expect(home, "billing", "billing_records", bill, "total_amount")


def _billed(home: Household, turn: int) -> None:
    """Break the ``billed`` of an order of a month without a bill."""
    period = home.ended(billed=False)
    unbill(period, turn)
    orders = [order for order, _ in period.delivered]
    orders[0]["billed"] = _FLAGS[turn % len(_FLAGS)]
    _with(home, "UNBILLED_PERIOD", period, *orders)
    _expect(home, "billing", "orders", orders[0], "billed")


def _with(home: Household, kind: str, period: ActivePeriod, *documents: Document) -> None:
    collection = "orders" if kind == "UNBILLED_PERIOD" else "billing_records"
    ids = {"subscription_id": period.subscription.id, "period": period.month.text}
    home.expect(kind, collection, *documents, **ids)


def _expect(home: Household, report: str, collection: str, document: Document, field: str) -> None:
    home.expect("UNREADABLE_VALUE", collection, document, report=report, field=field)
