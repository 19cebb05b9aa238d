"""Report 6: bills against subscriptions, periods and delivered orders."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.elsewhere import elsewhere
from tests.oracle.links import bill_amount, incomplete, link_json, order_amount
from tests.oracle.near import near_match
from tests.oracle.records import (
    Database,
    Issue,
    Record,
    Report,
    Unreadable,
    by_id,
    elements,
    group_issue,
    issue,
)
from tests.oracle.values import (
    Identity,
    apart,
    id_json,
    identity,
    is_blank,
    is_null,
    local_month,
    milliseconds,
    minus,
    read_date,
    total,
)

Month = tuple[int, int]


@dataclass
class Period:
    """What one subscription was billed and delivered in one month."""

    subscription: Any
    month: Month
    bills: list[Record] = field(default_factory=list)
    orders: list[Record] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, Any]:
        """The subscription and the period as findings show them."""
        year, month = self.month
        return {"subscription_id": id_json(self.subscription), "period": f"{year:04}-{month:02}"}


def billing(db: Database, as_of: datetime, zone: ZoneInfo, tolerance: Decimal) -> Report:
    """Report 6: bills without subscription, double bills, wrong amounts, and periods without a bill."""
    unreadable = Unreadable()
    issues = _bills_without_subscription(db, unreadable)
    periods, undated = _periods(db, zone, unreadable)
    running = local_month(milliseconds(as_of), zone)
    for period in periods:
        ended = period.month < running
        if len(period.bills) > 1:
            issues.append(_double_billing(period, ended, unreadable))
        elif ended and period.bills and db.find("subscriptions_v2", period.subscription):
            issues += _mismatch(period, tolerance, unreadable)
        elif ended and not period.bills:
            issues += _unbilled(period, unreadable)

    issues += unreadable.issues()
    report = Report("total_billing_issues", len(issues), issues, {})
    report.summary = {
        "orphaned_bills": report.count("BILLING_NO_SUBSCRIPTION"),
        "double_bills": report.count("DOUBLE_BILLING"),
        "total_overcharge": _sum(issues, "DOUBLE_BILLING", "total_overcharge"),
        "amount_mismatches": report.count("BILLING_AMOUNT_MISMATCH"),
        "unbilled_periods": report.count("UNBILLED_PERIOD"),
        "delivered_orders_without_date": undated,
        "unreadable_values": report.count("UNREADABLE_VALUE"),
    }
    differences = [each["difference"] for each in issues if each["type"] == "BILLING_AMOUNT_MISMATCH"]
    report.money = {
        **apart("unbilled", _amounts(issues, "UNBILLED_PERIOD", "calculated")),
        "overcharged": _sum(issues, "DOUBLE_BILLING", "total_overcharge"),
        "overbilled": total([each for each in differences if each > 0]),
        "underbilled": total([each.copy_abs() for each in differences if each < 0]),
        **apart("billed_without_subscription", _amounts(issues, "BILLING_NO_SUBSCRIPTION", "amount")),
    }
    return report


def _sum(issues: list[Issue], kind: str, name: str) -> Decimal:
    return total(_amounts(issues, kind, name))


def _amounts(issues: list[Issue], kind: str, name: str) -> list[Decimal]:
    return [each[name] for each in issues if each["type"] == kind]


def _bills_without_subscription(db: Database, unreadable: Unreadable) -> list[Issue]:
    issues = []
    for bill in db.records["billing_records"]:
        reference = bill.get("subscription_id")
        if any(db.find("subscriptions_v2", each) for each in elements(reference)):
            continue
        amount, complete = bill_amount(bill, unreadable)
        fields = {"subscription_id": link_json(reference), "amount": amount} | incomplete(complete)
        if not isinstance(reference, list):
            fields |= near_match(db, "subscriptions_v2", reference)
            fields |= elsewhere(db, ("billing_records", "subscription_id"), "subscriptions_v2", reference)
        issues.append(issue("BILLING_NO_SUBSCRIPTION", "HIGH", bill, **fields))
    return issues


def _subscriptions_named(record: Record) -> list[Any]:
    """Give the subscriptions that count for periods: blank text is none."""
    return [each for each in elements(record.get("subscription_id")) if not is_blank(each)]


def _periods(db: Database, zone: ZoneInfo, unreadable: Unreadable) -> tuple[list[Period], int]:
    """Put bills and delivered orders under subscription and month; count the orders without a date."""
    periods: dict[tuple[Identity, Month], Period] = {}

    def period(subscription: Any, month: Month) -> Period:
        return periods.setdefault((identity(subscription), month), Period(subscription, month))

    for bill in db.records["billing_records"]:
        subscriptions = _subscriptions_named(bill)
        month = _month(bill, "period_date", zone, unreadable) if subscriptions else None
        if month is not None:
            for subscription in subscriptions:
                period(subscription, month).bills.append(bill)
    undated = 0
    for order in db.records["orders"]:
        subscriptions = _subscriptions_named(order) if order.has_status("delivered") else []
        if not subscriptions:
            continue
        month = _month(order, "delivery_date", zone, unreadable)
        if month is None:
            undated += 1
            continue
        for subscription in subscriptions:
            period(subscription, month).orders.append(order)
    return list(periods.values()), undated


def _month(record: Record, name: str, zone: ZoneInfo, unreadable: Unreadable) -> Month | None:
    value = record.get(name)
    if is_null(value):
        return None
    moment = read_date(value)
    if moment is None:
        unreadable.add(record, name, value)
        return None
    return moment.month(zone)


def _bills(period: Period, unreadable: Unreadable) -> tuple[list[Decimal], bool]:
    read = [bill_amount(bill, unreadable) for bill in period.bills]
    return [amount for amount, _ in read], all(complete for _, complete in read)


def _calculated(period: Period, unreadable: Unreadable) -> tuple[Decimal, bool]:
    read = [order_amount(order, unreadable) for order in period.orders]
    return total([amount for amount, _ in read]), all(complete for _, complete in read)


def _double_billing(period: Period, ended: bool, unreadable: Unreadable) -> Issue:
    amounts, bills_complete = _bills(period, unreadable)
    calculated, orders_complete = _calculated(period, unreadable)
    billed = total(amounts)
    if not period.orders:
        owed = max(amounts)
    elif ended:
        owed = calculated
    else:
        owed = max(calculated, *amounts)
    fields = {
        "count": len(period.bills),
        "billing_ids": [bill.named for bill in by_id(period.bills)],
        "total_billed": billed,
        "total_overcharge": max(Decimal(0), minus(billed, owed)),
        "calculated": calculated if period.orders else None,
        "difference": minus(billed, calculated) if period.orders else None,
        "delivered_orders": len(period.orders),
    }
    fields |= period.shown | incomplete(bills_complete and orders_complete)
    return group_issue("DOUBLE_BILLING", "CRITICAL", period.bills, **fields)


def _mismatch(period: Period, tolerance: Decimal, unreadable: Unreadable) -> list[Issue]:
    (billed,), bill_complete = _bills(period, unreadable)
    calculated, orders_complete = _calculated(period, unreadable)
    difference = minus(billed, calculated)
    if difference.copy_abs() <= tolerance:
        return []
    fields = {
        "billed": billed,
        "calculated": calculated,
        "difference": difference,
        "delivered_orders": len(period.orders),
    }
    fields |= period.shown | incomplete(bill_complete and orders_complete)
    return [issue("BILLING_AMOUNT_MISMATCH", "HIGH", period.bills[0], **fields)]


def _unbilled(period: Period, unreadable: Unreadable) -> list[Issue]:
    calculated, complete = _calculated(period, unreadable)
    if calculated == 0:
        return []
    marked = 0
    for order in period.orders:
        billed = order.get("billed")
        if not is_null(billed) and not isinstance(billed, bool):
            unreadable.add(order, "billed", billed)
        marked += billed is True
    fields = {
        "calculated": calculated,
        "delivered_orders": len(period.orders),
        "orders_marked_billed": marked,
        "order_ids": [order.named for order in by_id(period.orders)],
    }
    fields |= period.shown | incomplete(complete)
    return [group_issue("UNBILLED_PERIOD", "HIGH", period.orders, **fields)]
