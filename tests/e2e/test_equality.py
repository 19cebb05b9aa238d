"""MongoDB's equality through the whole run: one test for each row of the table that the project keeps of it.

The shipped model is run over documents that hold the two values as keys and references, written in Extended JSON.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from intact.audit.run import check
from intact.checks import KINDS
from intact.core.errors import ModelError
from intact.findings import Report, to_document
from intact.model import load, parse
from tests.sample_data import write_dump
from tests.support.cases import occurring
from tests.support.extended import document
from tests.support.memory import MemorySource

MODEL = occurring(load("delivery", KINDS))  # a row is one or two documents: most paths are in none of them
AS_OF = "2026-03-15T10:00:00Z"
OID = '{"$oid": "65a1b2c3d4e5f60718293a4b"}'


def audit(*reports: str, **collections: list[str]) -> Report:
    data: dict[str, list[bytes]] = {name: [] for name in MODEL.collections} | {
        name: [document(text) for text in texts] for name, texts in collections.items()
    }
    return check(MemorySource(data), model=MODEL, as_of=AS_OF, reports=reports, show_personal=True)


def issues(report: Report, kind: str) -> list[dict[str, Any]]:
    return [f.to_dict() for section in report.sections for f in section.issues if f.type == kind]


def lost(report: Report) -> list[Any]:
    """Give the references that were not found, in MongoDB's sense or missing."""
    return [each["order_id"] for each in issues(report, "PHANTOM_DELIVERY_NO_ORDER")]


def found(key: str, reference: str) -> bool:
    """Tell whether a delivery's ``order_id`` finds the order of that ``id``."""
    orders, deliveries = [f'{{"_id": 1, "id": {key}}}'], [f'{{"_id": 1, "order_id": {reference}}}']
    return not lost(audit("phantom_deliveries", orders=orders, delivery_statuses=deliveries))


def same(one: str, other: str) -> bool:
    """Tell whether two values are equal: as key and reference, as reference and key, and as two keys."""
    report = audit(
        "phantom_deliveries",
        "duplicates",
        "billing",
        orders=[f'{{"_id": 1, "id": {one}}}'],
        delivery_statuses=[f'{{"_id": 1, "id": 1, "order_id": {other}}}'],
        subscriptions_v2=[f'{{"_id": 1, "id": {other}}}'],
        billing_records=[f'{{"_id": 1, "id": 1, "subscription_id": {one}, "period_date": "2026-03"}}'],
        users=[f'{{"_id": 1, "id": {one}}}', f'{{"_id": 2, "id": {other}}}'],
    )
    found_so = not lost(report)
    assert found_so == (not issues(report, "BILLING_NO_SUBSCRIPTION")) == bool(issues(report, "DUPLICATE_ID"))
    return found_so


# ------------------------------------------------------------------------------- null and missing


@pytest.mark.parametrize("value", ["null", "[null]", '{"$undefined": true}', "[]"])
def test_row_a_query_for_null_missing_null_and_arrays_of_null_are_missing_links(value: str) -> None:
    report = audit(
        "orphaned_orders",
        orders=['{"_id": 1, "id": 1}', f'{{"_id": 2, "id": 2, "subscription_id": {value}}}'],
    )
    assert report["orphaned_orders"].total == ("total_orphaned_orders", 2)


@pytest.mark.parametrize("value", ["{}", "false", "0", '""', "[[]]", "[null, 0]"])
def test_row_a_query_for_null_other_empty_values_are_present(value: str) -> None:
    report = audit("orphaned_orders", orders=[f'{{"_id": 2, "id": 2, "subscription_id": {value}}}'])
    assert report["orphaned_orders"].total == ("total_orphaned_orders", 0)


@pytest.mark.parametrize("local", ["", ', "order_id": null', ', "order_id": []', ', "order_id": [null]'])
@pytest.mark.parametrize("foreign", ["", ', "id": null', ', "id": {"$undefined": true}', ', "id": [null]'])
def test_row_lookup_null_never_matches_null_here(local: str, foreign: str) -> None:
    report = audit(
        "phantom_deliveries",
        orders=[f'{{"_id": 1{foreign}}}'],
        delivery_statuses=[f'{{"_id": 1, "id": 1{local}}}'],
    )
    assert lost(report) == [None]


def test_row_group_null_and_missing_are_no_group_of_duplicates() -> None:
    report = audit(
        customers_v2=[
            '{"_id": 1}',
            '{"_id": 2, "id": null, "phone": null}',
            '{"_id": 3, "phone": null}',
            '{"_id": 4}',
        ],
        users=['{"_id": 1, "email": null}', '{"_id": 2}', '{"_id": 3}'],
    )
    assert {f.type for f in report["duplicates"].issues} == {"MISSING_ID"}


# ---------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("5", '{"$numberDouble": "5.0"}', True),
        ("5", '{"$numberLong": "5"}', True),
        ('{"$numberDouble": "5.0"}', '{"$numberDecimal": "5.00"}', True),
        ('{"$numberLong": "9007199254740993"}', '{"$numberDouble": "9007199254740992"}', False),
        ('{"$numberLong": "9007199254740993"}', '{"$numberDecimal": "9007199254740993.0"}', True),
        ('{"$numberDouble": "-0.0"}', "0", True),
        ('{"$numberDecimal": "-0E+3"}', '{"$numberDouble": "0.0"}', True),
        ('{"$numberDouble": "NaN"}', '{"$numberDecimal": "NaN"}', True),
        ('{"$numberDecimal": "0.1"}', '{"$numberDouble": "0.1"}', False),
        ('{"$numberDecimal": "0.5"}', '{"$numberDouble": "0.5"}', True),
        ('{"$numberDecimal": "0.1000000000000000055511151231257827"}', '{"$numberDouble": "0.1"}', False),
        ('{"$numberDecimal": "1E+3"}', "1000", True),
        ('{"$numberDouble": "Infinity"}', '{"$numberDecimal": "Infinity"}', True),
        ('{"$numberDouble": "Infinity"}', '{"$numberDouble": "-Infinity"}', False),
        ('{"$numberDouble": "1e300"}', '{"$numberDecimal": "1E+300"}', False),
        ('{"$numberDouble": "1.8446744073709552e19"}', '{"$numberDecimal": "18446744073709551616"}', True),
    ],
)
def test_row_int_long_double_decimal_are_equal_by_exact_value(one: str, other: str, equal: bool) -> None:
    assert same(one, other) is equal


@pytest.mark.parametrize(
    ("one", "other", "equal"), [("true", "1", False), ("false", "0", False), ("true", "true", True)]
)
def test_row_bool_is_its_own_type(one: str, other: str, equal: bool) -> None:
    assert same(one, other) is equal


# ----------------------------------------------------------------------------------- other scalars


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (OID, '"65a1b2c3d4e5f60718293a4b"', False),
        (OID, OID, True),
        ('"a"', '"A"', False),
        ('"a"', '"a "', False),
        ('"5"', "5", False),
        ('"\\u00e9"', '"e\\u0301"', False),
        ('"$5"', "5", False),
        ('"{\\"$oid\\":\\"65a1b2c3d4e5f60718293a4b\\"}"', OID, False),
    ],
)
def test_row_string_and_objectid_are_never_equal(one: str, other: str, equal: bool) -> None:
    assert same(one, other) is equal


EXACT_CASE = '{"$regularExpression": {"pattern": "a", "options": ""}}'
ANY_CASE = '{"$regularExpression": {"pattern": "a", "options": "i"}}'
POINTER = '{"$dbPointer": {"$ref": "b", "$id": {"$oid": "56e1fc72e0c917e9c4714161"}}}'
UUID = '{"$uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f"}'
UUID_3 = '{"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "03"}}'
UUID_4 = '{"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "04"}}'


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (UUID_3, UUID, False),
        (UUID_4, UUID, True),
        ('{"$binary": {"base64": "AA==", "subType": "00"}}', '{"$binary": {"base64": "AAA=", "subType": "00"}}', False),
        ('{"$binary": {"base64": "AA==", "subType": "00"}}', '{"$binary": {"base64": "AA==", "subType": "80"}}', False),
        ('{"$binary": {"base64": "AA==", "subType": "00"}}', '{"$binary": {"base64": "AA==", "subType": "00"}}', True),
    ],
)  # fmt: skip
def test_row_binary_is_length_subtype_and_bytes(one: str, other: str, equal: bool) -> None:
    assert same(one, other) is equal


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ('{"$date": "2026-01-05T04:00:00Z"}', '{"$date": {"$numberLong": "1767585600000"}}', True),
        ('{"$date": "2026-01-05T04:00:00Z"}', '{"$date": "2026-01-05T04:00:00.001Z"}', False),
        ('{"$date": "2026-01-05T04:00:00Z"}', '"2026-01-05T04:00:00Z"', False),
        ('{"$date": "2026-01-05T04:00:00Z"}', '{"$timestamp": {"t": 1767585600, "i": 0}}', False),
        ('{"$timestamp": {"t": 5, "i": 1}}', '{"$timestamp": {"t": 5, "i": 1}}', True),
        ('{"$timestamp": {"t": 5, "i": 1}}', '{"$timestamp": {"t": 5, "i": 2}}', False),
        (EXACT_CASE, '"a"', False),
        (ANY_CASE, EXACT_CASE, False),
        (ANY_CASE, ANY_CASE, True),
        (POINTER, '{"$oid": "56e1fc72e0c917e9c4714161"}', False),
        ('{"$minKey": 1}', '{"$minKey": 1}', True),
        ('{"$minKey": 1}', '{"$maxKey": 1}', False),
        ('{"$code": "a"}', '"a"', False),
    ],
)  # fmt: skip
def test_row_date_timestamp_regex_and_pointers_are_equal_by_type_and_value(
    one: str, other: str, equal: bool
) -> None:
    assert same(one, other) is equal


# ------------------------------------------------------------------------- documents and arrays


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ('{"a": 1, "b": 2}', '{"a": 1, "b": 2}', True),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', False),
        ('{"a": 1}', '{"a": {"$numberDouble": "1.0"}}', True),
        ('{"a": 1}', '{"a": 1, "b": null}', False),
        ('{"a": {"$undefined": true}}', '{"a": null}', False),
        ("{}", "{}", True),
        ('{"a.b": 1}', '{"a": {"b": 1}}', False),
    ],
)
def test_row_embedded_document_field_order_matters(one: str, other: str, equal: bool) -> None:
    assert same(one, other) is equal


@pytest.mark.parametrize(
    ("key", "reference", "finds"),
    [
        ("1", "[1, 2]", True), ("2", "[1, 2]", True), ("3", "[1, 2]", False), ("[1, 2]", "[[1, 2]]", True),
        ("[1, 2]", "[[2, 1]]", False), ("[1, 2]", "1", True), ("[[1]]", "[[1]]", True), ("[[1]]", "1", False),
    ],
)  # fmt: skip
def test_row_array_as_a_local_field_is_each_element_one_level(key: str, reference: str, finds: bool) -> None:
    assert found(key, reference) is finds


def test_row_array_finds_each_document_at_most_once() -> None:
    report = audit(
        customers_v2=['{"_id": 1, "id": ["c", "d"]}'],
        subscriptions_v2=['{"_id": 1, "id": 1, "customer_id": ["c", "d", "c"], "status": "active"}'],
    )
    (finding,) = issues(report, "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS")
    assert finding["active_subscriptions"] == 1


LINES = """
intact: 1
name: m
title: M
collections:
  orders: {key: id, named: order_id, references: {'items[].product': products, head.customer: products}}
  products: {key: id, named: product_id}
reports:
  r:
    title: R
    cadence: monthly
    document: R
    checks:
      - {dangling-reference: 'orders.items[].product', finding: A, severity: low, description: x}
      - {missing-link: orders.head.customer, finding: B, severity: low, description: x}
    total: {total: {count: all}}
"""


def paths(order: str) -> list[tuple[str, Any]]:
    data = {"orders": [document(order)], "products": [document('{"_id": 1, "id": 1}')]}
    report = check(MemorySource(data), model=parse(LINES, KINDS), as_of=AS_OF)
    return [(f.type, f.fields.get("product")) for f in report["r"].issues]


def test_row_path_through_an_array_of_objects_is_the_set_of_all_values() -> None:
    order = '{"_id": 1, "items": [{"product": 1}, {"product": 2}, {"product": 2}, {}, 5], "head": {"customer": 1}}'
    assert paths(order) == [("A", 2)]


def test_row_path_through_a_scalar_is_missing() -> None:
    assert paths('{"_id": 1, "items": 5, "head": "customer"}') == [("B", None)]


def test_row_numeric_path_step_is_refused_in_a_model() -> None:
    with pytest.raises(ModelError, match="numeric step"):
        parse(LINES.replace("head.customer", "head.0.customer"), KINDS)


# --------------------------------------------------------------------------------- the collection


def test_row_foreign_collection_absent_is_said_and_makes_no_findings() -> None:
    data = {"delivery_statuses": [document('{"_id": 1, "id": 1, "order_id": "o-1", "status": "delivered"}')]}
    report = check(MemorySource(data), model=MODEL, as_of=AS_OF)
    assert [f for section in report.sections for f in section.issues] == []
    reasons = {reason for outcome in report.not_evaluated for reason in outcome.reasons}
    assert "the source has no collection 'orders'" in reasons
    assert report.exit_code == 3


def test_row_collation_is_said_and_not_followed(tmp_path: Path) -> None:
    write_dump(tmp_path, orders=20, as_of=datetime(2026, 3, 15, 10, tzinfo=UTC))
    metadata = tmp_path / "delivery" / "customers_v2.metadata.json"
    options = '{"options":{"collation":{"locale":"en","strength":{"$numberInt":"2"}}},'
    metadata.write_text(options + metadata.read_text(encoding="utf-8")[1:], encoding="utf-8")
    collections: Any = to_document(check(tmp_path, model=MODEL, as_of=AS_OF))["collections"]
    (note,) = [each["note"] for each in collections if each["name"] == "customers_v2"]
    assert "collation" in note


# --------------------------------------------------------------------------------- deprecated types


def test_row_undefined_reads_as_null() -> None:
    report = audit(
        orders=['{"_id": 1, "id": {"$undefined": true}}'],
        delivery_statuses=[
            '{"_id": 1, "id": 1, "order_id": {"$undefined": true}, "status": {"$undefined": true}}'
        ],
    )
    assert lost(report) == [None]
    assert issues(report, "INVALID_ORDER_REFERENCE") == []
    assert [each["document_id"] for each in issues(report, "MISSING_ID")] == [1]
    assert [each["status"] for each in issues(report, "INVALID_DELIVERY_STATUS")] == [None]


def test_row_symbol_reads_as_string() -> None:
    assert same('{"$symbol": "o-1"}', '"o-1"')
    report = audit(subscriptions_v2=['{"_id": 1, "id": 1, "status": {"$symbol": "active"}}'])
    assert issues(report, "INVALID_SUBSCRIPTION_STATUS") == []


def test_row_same_field_name_twice_the_first_counts_and_the_header_counts_it() -> None:
    report = audit(
        orders=['{"_id": 1, "id": "o-1", "id": "o-2", "status": "confirmed"}'],
        delivery_statuses=[
            '{"_id": 1, "id": 1, "order_id": "o-1", "order_id": "o-9"}',
            '{"_id": 2, "id": 2, "order_id": "o-2", "note": 1, "note": 2}',
        ],
    )
    assert lost(report) == ["o-2"]
    assert {c.name: c.repeated for c in report.collections if c.repeated} == {
        "orders": 1,
        "delivery_statuses": 1,
    }


# ------------------------------------------------------------------------- what the table says beside


def test_field_names_with_dots_dollars_or_nothing_are_legal() -> None:
    odd = '{"_id": 1, "id": "o-1", "": 1, "$x": 2, "a.b": 3, "subscription_id": {"": 1, "$y.z": [2]}}'
    report = audit(orders=[odd])
    (finding,) = issues(report, "INVALID_SUBSCRIPTION_REFERENCE")
    assert finding["subscription_id"] == {"": 1, "$y.z": [2]}


def test_not_in_is_true_for_missing_statuses() -> None:
    assert len(issues(audit(orders=['{"_id": 1, "id": 1}']), "INVALID_ORDER_STATUS")) == 1
