"""Facts out of the specification, worked out by hand, for report 5."""

from datetime import datetime
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64

from tests.oracle.facts import Document, fields, findings, report

UNREADABLE = "UNREADABLE_VALUE"


def customer(number: int, phone: Any, **other: Any) -> Document:
    """Make a customer with a phone."""
    return {"_id": number, "id": f"c{number}", "phone": phone, "name": f"N{number}"} | other


def test_phones_are_compared_as_e164_numbers() -> None:
    alike = [
        "98765 43210",
        "+919876543210",
        9876543210,
        "09876543210",
        "9876543210.0",
        Decimal128("9876543210.0"),
    ]
    phones = [*alike, "09876543210 ext. 7"]
    found = report("duplicates", customers_v2=[customer(n, phone) for n, phone in enumerate(phones)])
    assert fields(found["issues"], "type", "severity", "phone", "count", "exact") == [
        ("DUPLICATE_CUSTOMER_PHONE", "MEDIUM", "+919876543210", 6, False)
    ]
    assert found["issues"][0]["customer_ids"] == ["c0", "c1", "c2", "c3", "c4", "c5"]
    assert found["issues"][0]["customer_names"] == ["N0", "N1", "N2", "N3", "N4", "N5"]
    assert found["issues"][0]["document_ids"] == [0, 1, 2, 3, 4, 5]
    assert found["issues"][0]["action"] == "Manual review: keep one, archive others"


@pytest.mark.parametrize("phone", [None, "", "  ", "n/a", "+", "-", "\u00a0"])
def test_blank_phones_are_no_duplicates(phone: Any) -> None:
    assert findings("DUPLICATE_CUSTOMER_PHONE", customers_v2=[customer(1, phone), customer(2, phone)]) == []


@pytest.mark.parametrize(
    ("left", "right", "phone", "exact"),
    [
        ("12", " 12 ", "12", False),
        (12, "12", "12", False),
        (True, True, True, True),
        (0.5, Decimal128("0.5"), 0.5, True),
        ("+16502530000", "+1 (650) 253-0000", "+16502530000", False),
    ],
)
def test_what_is_no_possible_number_is_compared_as_it_is(
    left: Any, right: Any, phone: Any, exact: bool
) -> None:
    found = findings("DUPLICATE_CUSTOMER_PHONE", customers_v2=[customer(1, left), customer(2, right)])
    assert fields(found, "phone", "exact") == [(phone, exact)]


def test_another_region_reads_another_number() -> None:
    customers = [customer(1, "020 7946 0958"), customer(2, "+44 20 7946 0958")]
    assert findings("DUPLICATE_CUSTOMER_PHONE", customers_v2=customers) == []
    assert len(findings("DUPLICATE_CUSTOMER_PHONE", {"region": "GB"}, customers_v2=customers)) == 1


def test_emails_are_compared_trimmed_and_case_folded() -> None:
    emails: list[Any] = ["Ana@Straße.in", " ana@strasse.in\u00a0", "ana+x@strasse.in", "", None, "", None]
    users = [{"_id": n, "id": f"u{n}", "email": email} for n, email in enumerate(emails)]
    found = report("duplicates", users=users)
    names = ("type", "severity", "email", "count", "user_ids", "exact", "action")
    assert fields(found["issues"], *names) == [
        (
            "DUPLICATE_USER_EMAIL",
            "HIGH",
            "ana@strasse.in",
            2,
            ["u0", "u1"],
            False,
            "Critical: prevents login, need to merge accounts",
        )
    ]


JANUARY, MARCH = datetime(2026, 1, 1), "2026-03-01T00:00:00Z"


@pytest.mark.parametrize(
    ("left", "right", "keep", "unreadable"),
    [
        ({"updated_at": JANUARY}, {"updated_at": MARCH}, "c2", []),
        ({"updated_at": MARCH, "created_at": "?"}, {"created_at": JANUARY}, "c1", []),
        ({"updated_at": JANUARY}, {"updated_at": JANUARY}, "c2", []),
        ({}, {}, "c2", []),
        ({"updated_at": datetime(1969, 7, 20)}, {}, "c1", []),
        ({"created_at": MARCH}, {"updated_at": "soon", "created_at": JANUARY}, "c1", ["updated_at"]),
        ({"updated_at": 5, "created_at": "never"}, {}, "c2", ["updated_at", "created_at"]),
    ],
)
def test_the_most_recent_is_kept(left: Document, right: Document, keep: str, unreadable: list[str]) -> None:
    made = [customer(1, "98765 43210", **left), customer(2, "98765 43210", **right)]
    found = report("duplicates", customers_v2=made)
    assert fields(found["issues"][:1], "keep", "exact") == [(keep, True)]
    assert [each["field"] for each in found["issues"][1:]] == unreadable
    assert found["total_duplicates"] == 1 + len(unreadable)


def test_dates_of_customers_in_no_group_are_not_asked() -> None:
    assert findings(UNREADABLE, customers_v2=[customer(1, "98765 43210", updated_at="?")]) == []


def test_ids_that_several_documents_share() -> None:
    keys: list[Any] = [5, 5.0, Int64(5), "5", True, None, None, "", " ", [5], [5.0]]
    found = report("duplicates", orders=[{"_id": n, "id": key} for n, key in enumerate(keys)])
    assert fields(found["issues"], "type", "severity", "collection", "document_id", "id", "document_ids") == [
        ("MISSING_ID", "HIGH", "orders", 5, None, None),
        ("MISSING_ID", "HIGH", "orders", 6, None, None),
        ("MISSING_ID", "HIGH", "orders", 7, None, None),
        ("MISSING_ID", "HIGH", "orders", 8, None, None),
        ("DUPLICATE_ID", "CRITICAL", "orders", None, 5, [0, 1, 2]),
        ("DUPLICATE_ID", "CRITICAL", "orders", None, [5], [9, 10]),
    ]
    assert found["summary"]["duplicate_ids"] == 2
    assert found["summary"]["missing_ids"] == 4


def test_every_declared_key_is_looked_at() -> None:
    names = ("orders", "customers_v2", "users", "subscriptions_v2", "delivery_statuses", "billing_records")
    found = findings("MISSING_ID", **{name: [{}] for name in names})
    assert {each["collection"] for each in found} == set(names)
