"""What refers to records that should be one: told apart by record, counted in full, named in part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from intact import check
from intact.checks import KINDS
from intact.model import parse
from intact.sources.base import Fault
from tests.support.memory import MemorySource

MODEL = """
intact: 1
name: shop
title: Shop
collections:
  customers: {key: id, named: customer_id}
  orders: {key: id, named: order_id, references: {customer_id: customers}}
  notes: {named: note_id, references: {"about[]": customers}}
reports:
  duplicates:
    title: Duplicates
    cadence: monthly
    document: MERGE
    checks:
      - duplicate-value: customers.phone
        compare: exact
        finding: SAME_PHONE
        severity: medium
        description: Phone {phone}
        ids: customer_ids
        latest: [updated_at]
      - duplicate-key: customers
        finding: SAME_ID
        severity: high
        description: Key {id}
    total: {total: {count: all}}
"""


def found(
    customers: list[dict[str, Any]], *, faults: Sequence[Fault] = (), text: str = MODEL, **others: Any
) -> list[dict[str, Any]]:
    """Audit, and give the findings' fields."""
    data = {"customers": customers, "orders": [], "notes": [], **others}
    source = MemorySource(data, faults=faults, at_once=3)
    report = check(source, model=parse(text, KINDS, "shop.yml"), show_personal=True)
    return [dict(each.fields) for each in report["duplicates"].issues]


def person(key: str, phone: str = "1", year: int = 2026) -> dict[str, Any]:
    return {"_id": f"_{key}{year}", "id": key, "phone": phone, "updated_at": f"{year}-01-01"}


def test_references_to_the_archived_records_move_and_those_to_the_kept_one_stay() -> None:
    (group,) = found(
        [person("a", year=2024), person("b", year=2025), person("c")],
        orders=[{"_id": at, "id": f"o-{at}", "customer_id": to} for at, to in enumerate("aabcc?")],
        notes=[{"_id": "n-1", "about": ["a", "a", "c"]}, {"_id": "n-2", "about": ["c"]}, {"_id": "n-3"}],
    )
    assert group["keep"] == "c"
    assert group["references_total"] == 4
    assert group["references"] == [
        {"collection": "orders", "field": "customer_id", "value": "a", "count": 2, "ids": ["o-0", "o-1"]},
        {"collection": "orders", "field": "customer_id", "value": "b", "count": 1, "ids": ["o-2"]},
        {"collection": "notes", "field": "about[]", "value": "a", "count": 1, "ids": ["n-1"]},
    ]
    assert "references_complete" not in group


def test_all_are_counted_and_the_first_are_named() -> None:
    (group,) = found(
        [person("a", year=2024), person("b")],
        orders=[{"_id": at, "id": f"o-{at}", "customer_id": "a"} for at in range(500)],
    )
    assert group["references_total"] == 500
    (entry,) = group["references"]
    assert (entry["count"], entry["ids"]) == (500, [f"o-{at}" for at in range(20)])


def test_of_a_key_that_two_share_all_references_are_in_question() -> None:
    (group,) = found(
        [person("a", "1"), person("a", "2", 2025)], orders=[{"_id": 1, "id": "o-1", "customer_id": "a"}]
    )
    assert group["references_total"] == 1
    assert group["references"][0]["value"] == "a"


def test_each_group_has_its_own() -> None:
    people = [
        person(f"{at}{half}", f"{at}", year)
        for at in range(1500)
        for half, year in (("x", 2024), ("y", 2025))
    ]
    orders = [{"_id": at, "id": f"o-{at}", "customer_id": f"{at}x"} for at in range(0, 1500, 3)]
    groups = found(people, orders=orders)
    assert len(groups) == 1500
    for group in groups:
        number = int(group["phone"])
        wanted = [f"o-{number}"] if number % 3 == 0 else []
        assert [each for entry in group["references"] for each in entry["ids"]] == wanted


def test_where_not_all_could_be_read_that_is_said() -> None:
    fault = Fault("orders", "the file ends early", "orders.bson", documents=None)
    (group,) = found([person("a", year=2024), person("b")], faults=[fault])
    assert group["references_total"] == 0
    assert group["references_complete"] is False


def test_a_collection_to_which_nothing_can_refer_has_no_such_fields() -> None:
    text = MODEL.replace(", references: {customer_id: customers}", "").replace(
        'notes: {named: note_id, references: {"about[]": customers}}', "notes: {named: note_id}"
    )
    (group,) = found([person("a", year=2024), person("b")], text=text)
    assert not [name for name in group if name.startswith("references")]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_groups_are_told_the_same_however_many_are_asked_for_together(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers = [
        person(f"{letter}{at}", str(at), 2020 + number)
        for at in range(7)
        for number, letter in enumerate("ab")
    ]
    orders = [{"_id": at, "id": f"o{at}", "customer_id": f"{'ab'[at % 2]}{at % 5}"} for at in range(40)]
    notes: list[dict[str, Any]] = [
        {"_id": at, "about": [f"a{at % 7}", f"b{at % 3}", f"a{at % 7}"]} for at in range(20)
    ]
    whole = found(customers, orders=orders, notes=notes)
    monkeypatch.setattr("intact.checks.references._AT_ONCE", at_once)
    assert found(customers, orders=orders, notes=notes) == whole
    held: list[set[Any]] = [{each["customer_id"]} for each in orders] + [set(each["about"]) for each in notes]
    for group in whole:
        assert group["references_per_member"] == [
            sum(key in each for each in held) for key in group["customer_ids"]
        ]
    monkeypatch.setattr("intact.checks.references._IDS", at_once)
    named = [entry for group in found(customers, orders=orders, notes=notes) for entry in group["references"]]
    assert all(len(entry["ids"]) == min(at_once, entry["count"]) for entry in named)
    monkeypatch.setattr("intact.checks.references._ENTRIES", at_once)
    for group, cut in zip(whole, found(customers, orders=orders, notes=notes), strict=True):
        assert len(cut["references"]) == min(at_once, len(group["references"]))
        assert cut["references_total"] == group["references_total"]
