"""Reports 1 to 4: orders, customers, deliveries and references."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bson.dbref import DBRef

from tests.oracle.elsewhere import elsewhere
from tests.oracle.near import near_match
from tests.oracle.records import Database, Issue, Record, Report, Unreadable, elements, issue
from tests.oracle.values import (
    MISSING,
    apart,
    id_json,
    identity,
    is_null,
    is_text,
    milliseconds,
    read_amount,
    read_date,
    shown_json,
    total,
)

_DAY = 86_400_000


def order_amount(order: Record, unreadable: Unreadable) -> tuple[Decimal, bool]:
    """Add up the totals of an order's items, and say whether every one is there and could be read."""
    items = order.get("items")
    if is_null(items):
        return Decimal(0), True
    if not isinstance(items, list):
        unreadable.add(order, "items", items)
        return Decimal(0), False
    amounts: list[Decimal] = []
    complete = True
    for item in items:
        fields = item.as_doc() if isinstance(item, DBRef) else item
        if not isinstance(fields, Mapping):
            unreadable.add(order, "items", item)
            complete = False
            continue
        value = fields.get("total", MISSING)
        if value is MISSING:  # an item that has its total by another name, or none at all
            complete = False
        amount = read_amount(value)
        if amount is None:
            unreadable.add(order, "items[].total", value)
            complete = False
        else:
            amounts.append(amount)
    return total(amounts), complete


def bill_amount(bill: Record, unreadable: Unreadable) -> tuple[Decimal, bool]:
    """Read a bill's amount, and say whether it could be read."""
    value = bill.get("total_amount")
    amount = read_amount(value)
    if amount is None:
        unreadable.add(bill, "total_amount", value)
        return Decimal(0), False
    return amount, True


def incomplete(complete: bool) -> dict[str, Any]:
    """Give the field that says that an amount is not whole, where it is not."""
    return {} if complete else {"amount_complete": False}


def link_json(value: Any) -> Any:
    """Give the JSON form of a whole reference field, where an array without a reference is null."""
    return id_json(value) if elements(value) else None


def orphaned_orders(db: Database, as_of: datetime, zone: ZoneInfo) -> Report:
    """Report 1: orders without a subscription that are not billed or still pending."""
    unreadable = Unreadable()
    orphans = [order for order in db.records["orders"] if not elements(order.get("subscription_id"))]
    issues: list[Issue] = []
    by_status: dict[str, int] = {}
    at_risk: list[Decimal] = []
    for order in orphans:
        status = order.get("status")
        word = "missing" if is_null(status) else str(status) if is_text(status) else "other"
        by_status[word] = by_status.get(word, 0) + 1

        billed = order.get("billed")
        if not is_null(billed) and not isinstance(billed, bool):
            unreadable.add(order, "billed", billed)
        elif billed is not True:
            amount, complete = order_amount(order, unreadable)
            fields = {"status": shown_json(status), "amount": amount} | incomplete(complete)
            issues.append(issue("UNBILLED_ORDER", "CRITICAL", order, **fields))
            if not order.has_status("cancelled"):
                at_risk.append(amount)

        if order.has_status("pending"):
            fields = _days_pending(order, as_of, zone, unreadable)
            issues.append(issue("PENDING_ORDER_NOT_DELIVERED", "HIGH", order, **fields))

    report = Report("total_orphaned_orders", len(orphans), issues + unreadable.issues(), {})
    report.money = apart("unbilled", at_risk)
    report.summary = {
        "unbilled_critical": report.count("UNBILLED_ORDER"),
        "pending_not_delivered": report.count("PENDING_ORDER_NOT_DELIVERED"),
        "count_by_status": by_status,
        **apart("revenue_at_risk", at_risk),
        "stale": sum("stale" in each for each in issues),
        "unreadable_values": report.count("UNREADABLE_VALUE"),
    }
    return report


def _days_pending(order: Record, as_of: datetime, zone: ZoneInfo, unreadable: Unreadable) -> dict[str, Any]:
    created = order.get("created_at")
    moment = read_date(created)
    if moment is None:
        if not is_null(created):
            unreadable.add(order, "created_at", created)
        return {"days_pending": None}
    days = (milliseconds(as_of) - moment.begin(zone)) // _DAY
    if milliseconds(as_of) < moment.begin(zone):
        return {"days_pending": None, "after_as_of": True}
    return {"days_pending": days} | ({"stale": True} if days > 90 else {})


def orphaned_customers(db: Database) -> Report:
    """Report 2: customers and users who are not linked, or not linked to each other."""
    customers, users = db.records["customers_v2"], db.records["users"]
    unreadable = Unreadable()
    issues: list[Issue] = []
    without_user = [customer for customer in customers if not elements(customer.get("user_id"))]
    for customer in without_user:
        shown = {
            "customer_phone": shown_json(customer.get("phone")),
            "status": shown_json(customer.get("status")),
        }
        issues.append(issue("CUSTOMER_NO_LOGIN", "MEDIUM", customer, **shown))
        active = sum(each.has_status("active", "paused") for each in _subscriptions_of(db, customer))
        if active:
            kind = "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS"
            issues.append(issue(kind, "HIGH", customer, active_subscriptions=active))
    without_customer = [user for user in users if not elements(user.get("customer_v2_id"))]
    issues += [issue("USER_NO_CUSTOMER", "MEDIUM", user) for user in without_customer]
    for customer in customers:
        issues += _dangling(db, customer, "user_id", "users", "CUSTOMER_USER_NOT_FOUND")
        issues += _mismatches(db, customer, ("user_id", "users"), "customer_v2_id", "user_id")
    for user in users:
        issues += _dangling(db, user, "customer_v2_id", "customers_v2", "USER_CUSTOMER_NOT_FOUND")
        issues += _mismatches(db, user, ("customer_v2_id", "customers_v2"), "user_id", "customer_id")
    billed = _billed_without_login(db, unreadable)

    report = Report("total_orphaned_customers", len(without_user), issues + unreadable.issues(), {})
    report.summary = {
        "cannot_login": report.count("CUSTOMER_NO_LOGIN"),
        "active_subs_no_login": report.count("CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS"),
        "users_without_customer": report.count("USER_NO_CUSTOMER"),
        "links_not_found": report.count("CUSTOMER_USER_NOT_FOUND", "USER_CUSTOMER_NOT_FOUND"),
        "link_mismatches": report.count("CUSTOMER_USER_LINK_MISMATCH"),
        "billed_to_customers_without_login": billed,
        "unreadable_values": report.count("UNREADABLE_VALUE"),
    }
    return report


def _subscriptions_of(db: Database, customer: Record) -> list[Record]:
    return [
        each
        for each in db.records["subscriptions_v2"]
        if any(identity(reference) in customer.keys for reference in elements(each.get("customer_id")))
    ]


def _billed_without_login(db: Database, unreadable: Unreadable) -> Decimal:
    """Add up the bills of all subscriptions of customers without a user or whose user is not found."""
    keys = set()
    for customer in db.records["customers_v2"]:
        if not any(db.find("users", reference) for reference in elements(customer.get("user_id"))):
            for subscription in _subscriptions_of(db, customer):
                keys |= subscription.keys
    return total(
        [
            bill_amount(bill, unreadable)[0]
            for bill in db.records["billing_records"]
            if any(identity(reference) in keys for reference in elements(bill.get("subscription_id")))
        ]
    )


def _mismatches(
    db: Database, record: Record, link: tuple[str, str], back: str, other_name: str
) -> list[Issue]:
    """Find the links of one record that lead to a linked record which does not point back."""
    field, collection = link
    found = []
    for reference in elements(record.get(field)):
        others = db.find(collection, reference)
        returns = [identity(each) for other in others for each in elements(other.get(back))]
        if returns and not any(each in record.keys for each in returns):
            fields = {other_name: id_json(reference)}
            found.append(issue("CUSTOMER_USER_LINK_MISMATCH", "HIGH", record, **fields))
    return found


def _dangling(db: Database, record: Record, field: str, collection: str, kind: str) -> list[Issue]:
    """Find the references of one field that find nothing, with their near match."""
    value = record.get(field)
    found = []
    for reference in elements(value):
        if not db.find(collection, reference):
            near = near_match(db, collection, reference)
            near |= elsewhere(db, (record.collection, field), collection, reference)
            found.append(issue(kind, "HIGH", record, **{field: id_json(reference)}, **near))
    return found


def phantom_deliveries(db: Database) -> Report:
    """Report 3: deliveries for which no order can be found."""
    issues: list[Issue] = []
    delivered = 0
    for delivery in db.records["delivery_statuses"]:
        reference = delivery.get("order_id")
        if any(db.find("orders", each) for each in elements(reference)):
            continue
        delivered += delivery.has_status("delivered")
        near = {}
        if not isinstance(reference, list) and not is_null(reference):
            near = near_match(db, "orders", reference)
            near |= elsewhere(db, ("delivery_statuses", "order_id"), "orders", reference)
        fields = {
            "order_id": link_json(reference),
            "customer_id": id_json(delivery.get("customer_id")),
            "confirmed_at": shown_json(delivery.get("confirmed_at")),
            "status": shown_json(delivery.get("status")),
        }
        issues.append(issue("PHANTOM_DELIVERY_NO_ORDER", "CRITICAL", delivery, **fields, **near))
    summary = {"critical_count": len(issues), "marked_delivered": delivered}
    return Report("total_phantom_deliveries", len(issues), issues, summary)


def invalid_references(db: Database) -> Report:
    """Report 4: references that are present and match nothing."""
    declared = [
        ("orders", "subscription_id", "subscriptions_v2", "INVALID_SUBSCRIPTION_REFERENCE"),
        ("delivery_statuses", "order_id", "orders", "INVALID_ORDER_REFERENCE"),
        ("subscriptions_v2", "customer_id", "customers_v2", "INVALID_CUSTOMER_REFERENCE"),
        ("orders", "customer_id", "customers_v2", "INVALID_CUSTOMER_REFERENCE"),
        ("delivery_statuses", "customer_id", "customers_v2", "INVALID_CUSTOMER_REFERENCE"),
    ]
    issues: list[Issue] = []
    for collection, field, referenced, kind in declared:
        for record in db.records[collection]:
            issues += _dangling(db, record, field, referenced, kind)
    report = Report("total_invalid_references", len(issues), issues, {})
    report.summary = {
        "invalid_orders": report.count("INVALID_SUBSCRIPTION_REFERENCE"),
        "invalid_deliveries": report.count("INVALID_ORDER_REFERENCE"),
        "invalid_customers": report.count("INVALID_CUSTOMER_REFERENCE"),
    }
    return report
