"""What a program writes where it has no id is told apart from the id of a lost record."""

from __future__ import annotations

import uuid
from typing import Any, Final

import pytest
from bson import Binary, Decimal128, ObjectId

from intact.findings import to_document
from tests.support.small_model import audit

NIL: Final = uuid.UUID(int=0)

EMPTY: Final = [
    "", " \u00a0", "undefined", " NULL ", "None", "NaN", "[object Object]", "0" * 24, ObjectId("0" * 24), str(NIL),
    f"{{{NIL}}}", Binary(NIL.bytes, 3), Binary(NIL.bytes, 4), float("nan"), Decimal128("NaN"),
]  # fmt: skip

IDS: Final = [
    "x", "0", 0, "0" * 23, f"{'0' * 23}1", ObjectId(f"{'0' * 23}1"), uuid.UUID(int=1).bytes, NIL.bytes,
    Binary(uuid.UUID(int=1).bytes, 4), False, {}, float("inf"), "undefined.",
]  # fmt: skip


def marked(value: Any, check: str, keys: list[Any]) -> list[bool]:
    data = {"orders": [{"_id": 1, "customer": value}], "customers": [{"_id": each} for each in keys]}
    collections = {
        "orders": {"key": "_id", "references": {"customer": "customers"}},
        "customers": {"key": "_id"},
    }
    report: Any = to_document(audit(data, collections, [{check: "orders.customer"}]))
    return ["placeholder" in each for each in report["reports"]["all"]["issues"]]


@pytest.mark.parametrize("check", ["dangling-reference", "unmatched-link"])
@pytest.mark.parametrize(("values", "is_one"), [(EMPTY, True), (IDS, False)], ids=["empty", "ids"])
def test_blank_text_words_for_nothing_and_empty_ids_are_placeholders_and_nothing_else(
    values: list[Any], is_one: bool, check: str
) -> None:
    for value in values:
        assert marked(value, check, ["a"]) == [is_one], value


def test_where_a_record_has_an_empty_id_it_is_found() -> None:
    for value in EMPTY:
        assert marked(value, "dangling-reference", [value]) == []
