"""Northwind: an old, real dump nobody here wrote, audited with its model.

The numbers of ``docs/northwind.md`` were counted by hand; here a naive reading of plain dictionaries, which shares no
code with the package, gives them again, and then the audit does.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import bson
import pytest

import intact
from intact.findings.records import Report

ROOT = Path(__file__).parents[2]
NORTHWIND = ROOT.parent / "shared" / "northwind"
AS_OF = "1998-06-01"

EXPECTED = {
    "UNKNOWN_MANAGER": 2,
    "NO_MANAGER": 6,
    "DUPLICATE_CUSTOMER_PHONE": 3,
    "DUPLICATE_SUPPLIER_PHONE": 3,
    "DUPLICATE_TERRITORY": 1,
    "ORDER_NOT_SHIPPED": 21,
    "ORDER_COUNTRY": 176,
    "CUSTOMER_COUNTRY": 24,
    "SUPPLIER_COUNTRY": 9,
    "EMPLOYEE_COUNTRY": 7,
    "EMPLOYEE_TITLE": 4,
}
"""Findings by type, as the page explains them; of every other type there is none."""

FIGURES = {
    ("open_orders", "stale"): 12,  # on 1 June 1998
    ("references", "unknown_managers"): 8,
    ("references", "freight_of_orders_taken_without_manager"): Decimal("31897.67"),
    ("duplicates", "duplicate_phones"): 6,
}

COUNTRIES = {
    "Argentina", "Australia", "Austria", "Belgium", "Brazil", "Canada", "Denmark", "Finland", "France", "Germany",
    "Ireland", "Italy", "Japan", "Mexico", "Netherlands", "Norway", "Poland", "Portugal", "Singapore", "Spain",
    "Sweden", "Switzerland", "UK", "USA", "Venezuela",
}  # fmt: skip

KEYS = {
    "categories": "CategoryID",
    "customers": "CustomerID",
    "employees": "EmployeeID",
    "orders": "OrderID",
    "products": "ProductID",
    "regions": "RegionID",
    "shippers": "ShipperID",
    "suppliers": "SupplierID",
    "territories": "TerritoryID",
}

REFERENCES = {
    ("order-details", "OrderID", "orders"): "LINE_NO_ORDER",
    ("order-details", "ProductID", "products"): "LINE_NO_PRODUCT",
    ("orders", "CustomerID", "customers"): "ORDER_NO_CUSTOMER",
    ("orders", "EmployeeID", "employees"): "UNKNOWN_EMPLOYEE",
    ("orders", "ShipVia", "shippers"): "UNKNOWN_SHIPPER",
    ("products", "SupplierID", "suppliers"): "UNKNOWN_SUPPLIER",
    ("products", "CategoryID", "categories"): "UNKNOWN_CATEGORY",
    ("territories", "RegionID", "regions"): "UNKNOWN_REGION",
    ("employee-territories", "EmployeeID", "employees"): "UNKNOWN_EMPLOYEE",
    ("employee-territories", "TerritoryID", "territories"): "UNKNOWN_TERRITORY",
    ("employees", "ReportsTo", "employees"): "UNKNOWN_MANAGER",
}

SAME = {
    ("customers", "CompanyName"): "DUPLICATE_CUSTOMER",
    ("customers", "Phone"): "DUPLICATE_CUSTOMER_PHONE",
    ("suppliers", "Phone"): "DUPLICATE_SUPPLIER_PHONE",
    ("suppliers", "Fax"): "DUPLICATE_SUPPLIER_FAX",
    ("products", "ProductName"): "DUPLICATE_PRODUCT",
    ("territories", "TerritoryDescription"): "DUPLICATE_TERRITORY",
}

ALLOWED: dict[tuple[str, str], tuple[str, set[str]]] = {
    ("orders", "ShipCountry"): ("ORDER_COUNTRY", COUNTRIES),
    ("customers", "Country"): ("CUSTOMER_COUNTRY", COUNTRIES),
    ("suppliers", "Country"): ("SUPPLIER_COUNTRY", COUNTRIES),
    ("employees", "Country"): ("EMPLOYEE_COUNTRY", {"UK", "USA"}),
    ("employees", "TitleOfCourtesy"): ("EMPLOYEE_TITLE", {"Dr.", "Mr.", "Mrs.", "Ms."}),
}

Documents = dict[str, list[dict[str, Any]]]
Found = list[tuple[str, str, Any]]
"""Type, collection, and the ``_id`` of each affected document."""


@pytest.fixture(scope="module")
def dump() -> Path:
    """The dump beside the checkout."""
    if not NORTHWIND.is_dir():
        message = (
            "LEFT OUT: ../shared/northwind is not beside the checkout, so the Northwind audit is not tested"
        )
        if os.environ.get("INTACT_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return NORTHWIND


@cache
def _documents(folder: Path) -> Documents:
    files = [file for file in folder.glob("*.bson") if not file.name.startswith("system.")]
    return {file.stem: bson.decode_all(file.read_bytes()) for file in files}


@cache
def _report(folder: Path) -> Report:
    return intact.check(folder, model="northwind", as_of=AS_OF)


def _naive(data: Documents) -> Found:
    """Everything that is to be found, the slow and simple way."""
    found: Found = []
    for (collection, field, target), finding in REFERENCES.items():
        keys = {each[KEYS[target]] for each in data[target]}
        for each in data[collection]:
            if each.get(field) is not None and each[field] not in keys:
                found.append((finding, collection, each["_id"]))
    found += [
        ("NO_MANAGER", "employees", each["_id"])
        for each in data["employees"]
        if each.get("ReportsTo") is None
    ]
    for collection, key in KEYS.items():
        counts = Counter(each.get(key) for each in data[collection])
        found += [("DUPLICATE_ID", collection, value) for value, count in counts.items() if count > 1]
        found += [
            ("MISSING_ID", collection, each["_id"])
            for each in data[collection]
            if each.get(key) in (None, "")
        ]
    for (collection, field), finding in SAME.items():
        values = [each[field] for each in data[collection] if each.get(field) not in (None, "", "NULL")]
        counts = Counter(value.strip().casefold() if isinstance(value, str) else value for value in values)
        found += [(finding, collection, value) for value, count in counts.items() if count > 1]
    for (collection, field), (finding, allowed) in ALLOWED.items():
        found += [
            (finding, collection, each["_id"]) for each in data[collection] if each.get(field) not in allowed
        ]
    not_shipped = [each for each in data["orders"] if each.get("ShippedDate") in ("NULL", None)]
    found += [("ORDER_NOT_SHIPPED", "orders", each["_id"]) for each in not_shipped]
    return found


def test_a_naive_count_gives_the_numbers_of_the_page(dump: Path) -> None:
    """Which were written down from looking at the data."""
    assert dict(Counter(finding for finding, _, _ in _naive(_documents(dump)))) == EXPECTED


def test_a_naive_count_gives_the_figures_of_the_page(dump: Path) -> None:
    """Those that are more than a number of findings."""
    data = _documents(dump)
    old = datetime.fromisoformat(AS_OF) - timedelta(days=31)
    dates = [
        datetime.fromisoformat(each["OrderDate"]) for each in data["orders"] if each["ShippedDate"] == "NULL"
    ]
    assert sum(date <= old for date in dates) == FIGURES["open_orders", "stale"]
    keys = {each["EmployeeID"] for each in data["employees"]}
    alone = {each["EmployeeID"] for each in data["employees"] if each.get("ReportsTo") not in keys}
    freight = sum(Decimal(repr(each["Freight"])) for each in data["orders"] if each["EmployeeID"] in alone)
    assert freight == FIGURES["references", "freight_of_orders_taken_without_manager"]


def test_the_audit_finds_what_the_page_explains_and_nothing_else(dump: Path) -> None:
    """By type."""
    report = _report(dump)
    assert (
        dict(Counter(finding.type for section in report.sections for finding in section.issues)) == EXPECTED
    )
    assert report.complete
    assert report.exit_code == 0


def test_the_audit_finds_the_very_documents_that_the_naive_count_finds(dump: Path) -> None:
    """Not only as many."""
    naive = Counter((finding, where, str(what)) for finding, where, what in _naive(_documents(dump)))
    found: Counter[tuple[str, str, str]] = Counter()
    for section in _report(dump).sections:
        for finding in section.issues:
            identity = finding.fields.get("document_id")
            group = next(iter(finding.fields.values()))  # named by the value that it has in common
            what = identity["$oid"] if isinstance(identity, dict) else group
            found[finding.type, finding.collection, str(what)] += 1
    assert found == naive


@pytest.mark.parametrize(("report", "figure"), FIGURES)
def test_the_audit_gives_the_figures_of_the_page(dump: Path, report: str, figure: str) -> None:
    """Sums are exact."""
    assert _report(dump)[report].summary[figure] == FIGURES[report, figure]


def test_the_page_tells_how_many_references_are_right(dump: Path) -> None:
    """All but those of two employees."""
    data = _documents(dump)
    right = sum(
        each.get(field) in {other[KEYS[target]] for other in data[target]}
        for collection, field, target in REFERENCES
        for each in data[collection]
    )
    assert f"all {right:,} other references" in (ROOT / "docs" / "northwind.md").read_text(encoding="utf-8")


def test_what_the_data_is_full_of_is_not_found(dump: Path) -> None:
    """NULL as a word is no missing value, and no document is unreadable."""
    report = _report(dump)
    assert "UNREADABLE_VALUE" not in {
        finding.type for section in report.sections for finding in section.issues
    }
    assert [each for each in report.collections if not each.whole] == []
    assert report.headline.documents_scanned == 3311


def test_the_page_has_the_numbers() -> None:
    """Every finding type and its number stand in one row of its table."""
    page = (ROOT / "docs" / "northwind.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", page, re.MULTILINE))
    assert {name: int(count) for name, count in rows.items()} == EXPECTED
    assert f"{FIGURES['references', 'freight_of_orders_taken_without_manager']:,}" in page
