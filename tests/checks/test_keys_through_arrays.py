"""Keys that lie in the elements of an array: each is a key of its document, and what refers finds it by any of them."""

from __future__ import annotations

from typing import Any

from intact.findings import Report, to_document
from tests.support.small_model import audit

PRODUCTS: list[dict[str, Any]] = [
    {"_id": 1, "variants": [{"sku": "a"}, {"sku": "b"}]},
    {"_id": 2, "variants": [{"sku": "b"}, {"sku": "c"}, {"sku": "c"}]},
    {"_id": 3, "variants": {"sku": "a"}},
    {"_id": 4, "variants": [{"sku": "d"}, {}]},
    {"_id": 5, "variants": []},
    {"_id": 6, "variants": [{"sku": None}, {"colour": "red"}]},
    {"_id": 7},
]


def audited(products: list[dict[str, Any]], wanted: list[str]) -> Report:
    collections = {
        "products": {"key": "variants.sku", "named": "product"},
        "lines": {"key": "_id", "named": "line", "references": {"sku": "products"}},
    }
    data = {"products": products, "lines": [{"_id": at, "sku": each} for at, each in enumerate(wanted)]}
    checks = [{"duplicate-key": "products"}, {"missing-key": "products"}, {"dangling-reference": "lines.sku"}]
    return audit(data, collections, checks)


def found(report: Report, type_: str) -> list[dict[str, Any]]:
    document: Any = to_document(report)
    return [each for each in document["reports"]["all"]["issues"] if each["type"] == type_]


def test_a_key_that_elements_of_two_documents_share_is_found_once_a_value() -> None:
    groups = found(audited(PRODUCTS, ["a"]), "FINDING_1")
    assert [(each["id"], each["document_ids"]) for each in groups] == [("a", [1, 3]), ("b", [1, 2])]


def test_a_document_none_of_whose_elements_has_a_key_has_none() -> None:
    assert [each["document_id"] for each in found(audited(PRODUCTS, ["a"]), "FINDING_2")] == [5, 6, 7]


def test_a_reference_finds_each_of_them_and_nothing_else() -> None:
    assert [each["sku"] for each in found(audited(PRODUCTS, list("abcdx")), "FINDING_3")] == ["x"]


def test_where_none_is_shared_nothing_is_found() -> None:
    report = audited([PRODUCTS[0], {"_id": 8, "variants": [{"sku": "z"}, {"sku": "z"}]}], ["a"])
    assert not found(report, "FINDING_1")
