"""The random worlds: encodable, repeatable, clean without hostility, and with every fault otherwise."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import bson
import pytest

from tests.oracle.audit import audit
from tests.oracle.values import identity
from tests.oracle.worlds import AS_OF, Document, world

ZONES = ("UTC", "Asia/Kolkata", "America/New_York")
HOSTILITIES = (0.03, 0.1, 0.2, 0.4, 0.7, 1.0)

FACTS = {
    "UNBILLED_ORDER": ["amount_complete", "cancelled"],
    "PENDING_ORDER_NOT_DELIVERED": ["stale", "no days", "from the future"],
    "CUSTOMER_NO_LOGIN": [],
    "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS": [],
    "USER_NO_CUSTOMER": [],
    "CUSTOMER_USER_NOT_FOUND": ["near_match"],
    "USER_CUSTOMER_NOT_FOUND": ["near_match"],
    "CUSTOMER_USER_LINK_MISMATCH": ["customers_v2", "users"],
    "PHANTOM_DELIVERY_NO_ORDER": ["near_match", "array", "no reference"],
    "INVALID_SUBSCRIPTION_REFERENCE": ["near_match"],
    "INVALID_ORDER_REFERENCE": ["near_match"],
    "INVALID_CUSTOMER_REFERENCE": ["near_match", "subscriptions_v2", "orders", "delivery_statuses"],
    "DUPLICATE_CUSTOMER_PHONE": ["exact", "inexact", "of three"],
    "DUPLICATE_USER_EMAIL": ["exact", "inexact", "of three"],
    "DUPLICATE_ID": [
        "orders",
        "customers_v2",
        "users",
        "subscriptions_v2",
        "delivery_statuses",
        "billing_records",
    ],
    "MISSING_ID": [
        "orders",
        "customers_v2",
        "users",
        "subscriptions_v2",
        "delivery_statuses",
        "billing_records",
    ],
    "BILLING_NO_SUBSCRIPTION": ["near_match", "amount_complete", "array"],
    "DOUBLE_BILLING": ["amount_complete", "no orders", "running", "ended", "of three", "no overcharge"],
    "BILLING_AMOUNT_MISMATCH": ["amount_complete", "over", "under", "no orders"],
    "UNBILLED_PERIOD": ["amount_complete", "not marked"],
    "INVALID_SUBSCRIPTION_STATUS": ["suggestion", "no suggestion", "case_only"],
    "INVALID_ORDER_STATUS": ["suggestion", "no suggestion", "case_only"],
    "INVALID_DELIVERY_STATUS": ["suggestion", "no suggestion", "case_only"],
    "UNREADABLE_VALUE": [],
}
"""Every type of finding, and what must be seen of it beside its existence."""

UNREADABLE = {
    ("orphaned_orders", "orders", "billed"),
    ("orphaned_orders", "orders", "items"),
    ("orphaned_orders", "orders", "items[].total"),
    ("orphaned_orders", "orders", "created_at"),
    ("orphaned_customers", "billing_records", "total_amount"),
    ("duplicates", "customers_v2", "updated_at"),
    ("duplicates", "customers_v2", "created_at"),
    ("duplicates", "users", "updated_at"),
    ("duplicates", "users", "created_at"),
    ("billing", "billing_records", "total_amount"),
    ("billing", "billing_records", "period_date"),
    ("billing", "orders", "items"),
    ("billing", "orders", "items[].total"),
    ("billing", "orders", "delivery_date"),
    ("billing", "orders", "billed"),
}
"""Where a value can be unreadable: report, collection and field."""


@cache
def hostile_findings() -> list[tuple[str, Document]]:
    """Audit 300 hostile worlds: every finding with the name of its report."""
    found = []
    for seed in range(300):
        made = world(seed, hostile=HOSTILITIES[seed % len(HOSTILITIES)])
        audited = audit(made, as_of=AS_OF, timezone=ZONES[seed % len(ZONES)])
        found += [(name, each) for name, report in audited["reports"].items() for each in report["issues"]]
    return found


@pytest.mark.full("300 random databases, of which there have to be enough of each kind")
@pytest.mark.parametrize("zone", ZONES)
def test_a_world_without_hostility_is_clean(zone: str) -> None:
    for seed in range(200 if zone == "UTC" else 60):
        found = audit(world(seed, hostile=0), as_of=AS_OF, timezone=zone)
        issues = [each for report in found["reports"].values() for each in report["issues"]]
        assert issues == [], f"seed {seed}"
        assert (found["documents_affected"], found["total_critical_issues"]) == (0, 0)


def test_a_seed_always_makes_the_same_world() -> None:
    first, second = world(7, hostile=0.5), world(7, hostile=0.5)
    assert first == second or repr(first) == repr(second)
    assert repr(world(8, hostile=0.5)) != repr(first)


@pytest.mark.spread(2)
@pytest.mark.parametrize("hostile", [0, *HOSTILITIES])
def test_every_document_can_be_stored_and_has_an_id_of_its_own(hostile: float) -> None:
    for seed in range(40):
        for documents in world(seed, hostile=hostile).values():
            assert len({identity(document["_id"]) for document in documents}) == len(documents)
            for document in documents:
                back = bson.decode(bson.encode(document))
                assert list(back) == list(document)
                assert identity(back) == identity(document)


def test_worlds_are_small() -> None:
    sizes = [len(documents) for seed in range(50) for documents in world(seed, hostile=0.2).values()]
    assert min(sizes) >= 4
    assert max(sizes) <= 80


@pytest.mark.full("300 random databases, of which there have to be enough of each kind")
def test_hostile_worlds_have_every_fault_often() -> None:
    seen = Counter(each["type"] for _, each in hostile_findings())
    assert set(seen) == set(FACTS)
    assert {kind: count for kind, count in seen.items() if count < 20} == {}


@pytest.mark.full("300 random databases, of which there have to be enough of each kind")
def test_hostile_worlds_have_every_side_of_every_fault() -> None:
    seen = Counter((each["type"], fact) for _, each in hostile_findings() for fact in _facts(each))
    unseen = [(kind, fact) for kind, facts in FACTS.items() for fact in facts if seen[kind, fact] < 2]
    assert unseen == []


@pytest.mark.full("300 random databases, of which there have to be enough of each kind")
def test_hostile_worlds_have_unreadable_values_in_every_field_that_is_asked() -> None:
    found = {
        (report, each["collection"], each["field"])
        for report, each in hostile_findings()
        if each["type"] == "UNREADABLE_VALUE"
    }
    assert found == UNREADABLE


@pytest.mark.full("300 random databases, of which there have to be enough of each kind")
def test_hostile_worlds_have_every_kind_of_near_match() -> None:
    kinds = Counter(each["near_match"]["kind"] for _, each in hostile_findings() if "near_match" in each)
    words = [
        "type",
        "case",
        "whitespace",
        "type+case",
        "type+whitespace",
        "case+whitespace",
        "type+case+whitespace",
    ]
    # Large whole numbers of the worlds may have gone through a double, by chance and not often.
    assert set(kinds) - {"rounding"} == set(words)
    assert min(kinds[word] for word in words) >= 10


def _facts(issue: dict[str, Any]) -> Iterator[str]:
    """Say what is remarkable about a finding."""
    reference = issue.get("order_id") if "delivery_id" in issue else issue.get("subscription_id")
    said = {
        "near_match": "near_match" in issue,
        "amount_complete": "amount_complete" in issue,
        "stale": "stale" in issue,
        "case_only": issue.get("case_only") is True,
        "suggestion": bool(issue.get("suggestion")),
        "no suggestion": issue.get("suggestion", "") is None,
        "exact": issue.get("exact") is True,
        "inexact": issue.get("exact") is False,
        "of three": issue.get("count", 0) > 2,
        "cancelled": str(issue.get("status")).casefold() == "cancelled",
        "no days": issue.get("days_pending", 0) is None,
        "from the future": "after_as_of" in issue,
        "array": isinstance(reference, list),
        "no reference": reference is None,
        "no orders": issue.get("delivered_orders") == 0,
        "running": issue.get("period", "") >= "2026-03",
        "ended": "" < issue.get("period", "") < "2026-03",
        "no overcharge": issue.get("total_overcharge") == 0,
        "over": (issue.get("difference") or 0) > 0,
        "under": (issue.get("difference") or 0) < 0,
        "not marked": issue.get("orders_marked_billed", 9) < issue.get("delivered_orders", 0),
    }
    yield issue["collection"]
    yield from (fact for fact, holds in said.items() if holds)
