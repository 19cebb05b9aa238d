"""The shipped delivery model: every value of the file lands in the right record."""

from __future__ import annotations

from decimal import Decimal

import pytest

from intact.checks import KINDS
from intact.core.paths import Path
from intact.core.terms import Severity
from intact.model import load, source_text
from intact.model.specs import (
    Cadence,
    Condition,
    CountDocuments,
    CountFindings,
    Entries,
    FigureSpec,
    Lines,
    Link,
    LinkedSum,
    Model,
    Money,
    Rule,
    SumFindings,
    UndatedLines,
)


@pytest.fixture(scope="module")
def model() -> Model:
    """The model."""
    return load("delivery", KINDS)


def _rule(model: Model, finding: str, number: int = 0) -> Rule:
    return [rule for report in model.reports.values() for rule in report.rules if rule.finding == finding][
        number
    ]


def _link(text: str) -> Link:
    collection, _, path = text.partition(".")
    return Link(collection, Path.parse(path))


def _conditions(**values: object) -> tuple[Condition, ...]:
    return tuple(
        Condition(
            Path.parse(name), value if isinstance(value, tuple) else (value,), link=name.endswith("_id")
        )
        for name, value in values.items()
    )


def test_the_top(model: Model) -> None:
    """Name, currency and the rest."""
    assert (model.name, model.title, model.file) == (
        "delivery",
        "Subscription delivery business",
        "delivery.yml",
    )
    assert model.about.startswith("Customers subscribe")
    assert "\n" not in model.about
    assert (model.currency, model.region, model.timezone) == ("INR", "IN", "UTC")
    assert model.fail_on == ("PHANTOM_DELIVERY_NO_ORDER", "DOUBLE_BILLING")


def test_the_headline_is_the_sum_of_the_users_document(model: Model) -> None:
    """In its order."""
    assert model.headline == (
        ("orphaned_orders", "unbilled_critical"),
        ("orphaned_customers", "active_subs_no_login"),
        ("phantom_deliveries", "critical_count"),
        ("invalid_references", "total_invalid_references"),
        ("duplicates", "total_duplicates"),
        ("billing", "double_bills"),
        ("status", "total_status_issues"),
    )


def test_the_collections(model: Model) -> None:
    """Key, name, noun, references, values and line of each."""
    orders = model.collections["orders"]
    assert (orders.name, str(orders.key), orders.named, orders.noun) == ("orders", "id", "order_id", "order")
    assert {str(path): to for path, to in orders.references.items()} == {
        "subscription_id": "subscriptions_v2",
        "customer_id": "customers_v2",
    }
    assert orders.values == {Path.parse("status"): ("pending", "confirmed", "delivered", "cancelled")}
    assert list(model.collections) == [
        "orders", "customers_v2", "users", "subscriptions_v2", "delivery_statuses", "billing_records",
    ]  # fmt: skip
    assert model.collections["billing_records"].noun == "billing record"
    assert model.collections["users"].references == {Path.parse("customer_v2_id"): "customers_v2"}


def test_the_reconciliation(model: Model) -> None:
    """Both sides, and the tolerance exactly as it is written."""
    monthly = model.reconciliations["monthly_billing"]
    assert (monthly.name, monthly.of, monthly.tolerance) == (
        "monthly_billing",
        "subscriptions_v2",
        Decimal("0.01"),
    )
    assert monthly.entries == Entries(
        "billing_records",
        Path.parse("subscription_id"),
        Path.parse("period_date"),
        Path.parse("total_amount"),
    )
    assert monthly.lines == Lines(
        "orders",
        Path.parse("subscription_id"),
        Path.parse("delivery_date"),
        Path.parse("items[].total"),
        _conditions(status="delivered"),
        Path.parse("billed"),
        named="delivered_orders",
        marked_named="orders_marked_billed",
        line=monthly.lines.line,
    )


def test_the_reports(model: Model) -> None:
    """Names, cadences and documents are those of the user's document."""
    assert {name: (spec.cadence, spec.document) for name, spec in model.reports.items()} == {
        "orphaned_orders": (Cadence.MONTHLY, "BILLING_ORPHAN_REPORT"),
        "orphaned_customers": (Cadence.MONTHLY, "CUSTOMER_LINKING_REPORT"),
        "phantom_deliveries": (Cadence.MONTHLY, "PHANTOM_DELIVERY_INVESTIGATION"),
        "invalid_references": (Cadence.MONTHLY, "REFERENCE_CLEANUP_PLAN"),
        "duplicates": (Cadence.MONTHLY, "DUPLICATE_MERGE_LOG"),
        "billing": (Cadence.DAILY, "BILLING_INTEGRITY_REPORT"),
        "status": (Cadence.WEEKLY, "STATUS_CLEANUP_LOG"),
    }
    first = model.reports["orphaned_orders"]
    assert first.title == "Orphaned orders"
    assert first.purpose.startswith("Orders without a subscription")
    assert first.actions[0] == "Run query monthly"
    assert len(first.actions) == 5
    assert set(first.actions) - set(first.done) == {"Mark for billing in batch process"}
    assert model.reports["phantom_deliveries"].actions[1] == "If found: Investigate how they were created"


def test_a_missing_link(model: Model) -> None:
    """With conditions, an amount, shown values and money."""
    assert _rule(model, "UNBILLED_ORDER") == Rule(
        kind="missing-link",
        target=_link("orders.subscription_id"),
        finding="UNBILLED_ORDER",
        severity=Severity.CRITICAL,
        description="Order {order_id} is unbilled and not linked to subscription",
        options={
            "unless": _conditions(billed=True),
            "amount": Path.parse("items[].total"),
            "show": {"status": Path.parse("status")},
        },
        money=Money("unbilled", "unbilled_negative"),
        money_unless={"status": ("cancelled",)},
        repair="Put the order on a bill, or mark it billed if it was paid another way. If it was cancelled, nothing is"
        " owed.",
        line=_line("- missing-link: orders.subscription_id"),
        named="subscription_id",
    )


def test_a_stale_state(model: Model) -> None:
    """Null, a date and a number."""
    rule = _rule(model, "PENDING_ORDER_NOT_DELIVERED")
    assert (rule.target, rule.severity) == ("orders", Severity.HIGH)
    assert rule.options == {
        "where": _conditions(subscription_id=None, status="pending"),
        "since": Path.parse("created_at"),
        "stale-after-days": 90,
    }


def test_a_missing_link_to_which_others_refer(model: Model) -> None:
    """A named reference and the conditions on it."""
    assert _rule(model, "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS").options == {
        "having": ("active_subscriptions", _link("subscriptions_v2.customer_id")),
        "having-where": _conditions(status=("active", "paused")),
    }


def test_a_mismatch_and_a_duplicate(model: Model) -> None:
    """A link back; a choice, names, lists and a text."""
    assert _rule(model, "CUSTOMER_USER_LINK_MISMATCH").options == {"back": _link("users.customer_v2_id")}
    rule = _rule(model, "DUPLICATE_CUSTOMER_PHONE")
    assert rule.target == _link("customers_v2.phone")
    assert rule.options == {
        "compare": "phone",
        "action": "Manual review: keep one, archive others",
        "ids": "customer_ids",
        "list": {"customer_names": Path.parse("name")},
        "latest": (Path.parse("updated_at"), Path.parse("created_at")),
    }


def test_targets_and_money_of_the_others(model: Model) -> None:
    """All collections, reconciliations, two kinds of money."""
    assert _rule(model, "DUPLICATE_ID").target == "all"
    assert _rule(model, "DOUBLE_BILLING").target == "monthly_billing"
    assert _rule(model, "DOUBLE_BILLING").options == {"ids": "billing_ids"}
    assert _rule(model, "BILLING_AMOUNT_MISMATCH").money == Money("overbilled", "underbilled")
    assert [str(_rule(model, "INVALID_CUSTOMER_REFERENCE", number).target) for number in range(3)] == [
        "subscriptions_v2.customer_id",
        "orders.customer_id",
        "delivery_statuses.customer_id",
    ]


@pytest.mark.parametrize(
    ("report", "figure", "expected"),
    [
        (
            "orphaned_orders",
            "count_by_status",
            CountDocuments("orders", _conditions(subscription_id=None), Path.parse("status")),
        ),
        (
            "orphaned_orders",
            "revenue_at_risk",
            SumFindings("amount", ("UNBILLED_ORDER",), {}, {"status": ("cancelled",)}),
        ),
        ("orphaned_orders", "stale", CountFindings(("PENDING_ORDER_NOT_DELIVERED",), {"stale": (True,)})),
        ("orphaned_orders", "unreadable_values", CountFindings(("UNREADABLE_VALUE",))),
        (
            "orphaned_customers",
            "links_not_found",
            CountFindings(("CUSTOMER_USER_NOT_FOUND", "USER_CUSTOMER_NOT_FOUND")),
        ),
        (
            "orphaned_customers",
            "billed_to_customers_without_login",
            LinkedSum(
                _link("billing_records.total_amount"),
                (_link("billing_records.subscription_id"), _link("subscriptions_v2.customer_id")),
                _link("customers_v2.user_id"),
            ),
        ),
        ("billing", "delivered_orders_without_date", UndatedLines("monthly_billing")),
    ],
)
def test_a_figure_of_each_form(model: Model, report: str, figure: str, expected: FigureSpec) -> None:
    """As the file says."""
    assert model.reports[report].summary[figure] == expected


def test_totals(model: Model) -> None:
    """A count of documents, and a count of all findings."""
    assert model.reports["orphaned_orders"].total == (
        "total_orphaned_orders",
        CountDocuments("orders", _conditions(subscription_id=None)),
    )
    assert model.reports["billing"].total == ("total_billing_issues", CountFindings(()))


def test_lines_are_those_of_the_file(model: Model) -> None:
    """So that messages about a rule lead to it."""
    assert model.collections["users"].line == _line("  users:")
    assert model.reconciliations["monthly_billing"].line == _line("  monthly_billing:")
    assert model.reports["status"].line == _line("  status:")
    assert _rule(model, "DOUBLE_BILLING").line == _line("- double-entry")


def _line(snippet: str) -> int:
    text = source_text("delivery")
    return text.count("\n", 0, text.index(snippet)) + 1
