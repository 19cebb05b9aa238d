"""Faults: as many as asked for, each seen in the documents it names."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.sample.reading import AS_OF, as_database, read_dump
from tests.sample_data import (
    DEMO_AS_OF,
    DEMO_FAULTS,
    DEMO_ORDERS,
    DEMO_SEED,
    FAULT_KINDS,
    Business,
    SampleError,
    identity,
    write_dump,
)
from tests.sample_data.planted import GROUP_TYPES, REPORTS, PlantedFinding

ALONE = {
    "CUSTOMER_NO_LOGIN_WITH_ACTIVE_SUBSCRIPTIONS": {"CUSTOMER_NO_LOGIN"},
    "INVALID_ORDER_REFERENCE": {"PHANTOM_DELIVERY_NO_ORDER"},
    "MISSING_ID": {"CUSTOMER_NO_LOGIN", "USER_NO_CUSTOMER"},
    "UNREADABLE_VALUE:orphaned_orders": {"UNBILLED_ORDER", "PENDING_ORDER_NOT_DELIVERED"},
    "UNREADABLE_VALUE:orphaned_customers": {"CUSTOMER_NO_LOGIN"},
    "UNREADABLE_VALUE:duplicates": {"DUPLICATE_CUSTOMER_PHONE", "DUPLICATE_USER_EMAIL"},
    "UNREADABLE_VALUE:billing": {
        "BILLING_AMOUNT_MISMATCH",
        "BILLING_NO_SUBSCRIPTION",
        "DOUBLE_BILLING",
        "UNBILLED_PERIOD",
    },
}
"""The findings that come with a fault and cannot be avoided; the other kinds come alone."""


def test_every_type_of_finding_can_be_planted() -> None:
    types = {kind.partition(":")[0] for kind in FAULT_KINDS}
    assert types == {kind for kinds in REPORTS.values() for kind in kinds} | {"UNREADABLE_VALUE"}


@pytest.mark.parametrize("kind", FAULT_KINDS)
@pytest.mark.parametrize("orders", [0, 3000])
def test_a_kind_is_planted_as_often_as_asked(kind: str, orders: int) -> None:
    business = Business(orders=orders, seed=11, faults={kind: 13}, as_of=AS_OF)
    database = as_database(business)
    planted = business.planted
    name, _, report = kind.partition(":")
    assert planted.count(name, report) == 13
    assert {found.type for found in planted.findings} <= {name} | ALONE.get(kind, set())
    stamps = {
        (collection, json.dumps({"$oid": str(document["_id"])}))
        for collection, documents in database.items()
        for document in documents
    }
    named = {(f.collection, json.dumps(stamp)) for f in planted.findings for stamp in f.document_ids}
    assert named <= stamps


def test_each_finding_is_listed_once() -> None:
    business = Business(orders=500, seed=2, faults=14, as_of=AS_OF)
    as_database(business)
    assert len(business.planted.identities) == len(business.planted.findings)


def test_a_number_of_faults_means_so_many_of_each_kind() -> None:
    business = Business(orders=100, seed=2, faults=2, as_of=AS_OF)
    as_database(business)
    assert business.planted.faults == dict.fromkeys(FAULT_KINDS, 2)


def test_the_demonstration_shows_every_type_in_a_small_sample() -> None:
    business = Business(orders=DEMO_ORDERS, seed=DEMO_SEED, faults=DEMO_FAULTS, as_of=DEMO_AS_OF)
    database = as_database(business)
    assert set(DEMO_FAULTS) == set(FAULT_KINDS)
    assert 2000 <= len(database["orders"]) <= 5000


def test_orders_stay_as_many_as_asked_when_faults_fit_in() -> None:
    business = Business(orders=5000, seed=4, faults=2, as_of=AS_OF)
    assert len(as_database(business)["orders"]) == 5000


def test_what_was_planted_is_known_only_at_the_end() -> None:
    business = Business(orders=5000, faults=1, as_of=AS_OF)
    next(iter(business))
    with pytest.raises(SampleError, match="only after all documents"):
        _ = business.planted


def test_the_list_beside_the_dump_says_the_same(tmp_path: Path) -> None:
    planted = write_dump(tmp_path, orders=200, seed=9, faults=3, as_of=AS_OF)
    listed = json.loads((tmp_path / "planted.json").read_text(encoding="utf-8"))
    assert listed["as_of"] == "2026-11-22T09:30:00Z"
    assert listed["documents"] == {name: len(found) for name, found in read_dump(tmp_path).items()}
    counted = Counter(f"{found['report']}.{found['type']}" for found in listed["findings"])
    assert listed["findings_by_type"] == counted
    assert {_identity(found) for found in listed["findings"]} == planted.identities
    for found in listed["findings"]:
        assert ("document_ids" in found) is (found["type"] in GROUP_TYPES)


def _identity(entry: dict[str, Any]) -> tuple[str, ...]:
    return identity(entry["report"], {**entry, **entry["ids"]})


def test_the_identity_of_a_finding_does_not_depend_on_the_order_of_its_documents() -> None:
    ids = {"subscription_id": "s", "period": "2026-01"}
    one = PlantedFinding("billing", "DOUBLE_BILLING", "billing_records", ids, ("a", "b"))
    issue = {"type": "DOUBLE_BILLING", "collection": "billing_records", "document_ids": ["b", "a"], **ids}
    assert identity("billing", issue) == one.identity
    assert identity("billing", {**issue, "period": "2026-02"}) != one.identity


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"faults": {"DOUBLE": 1}}, "no fault is called DOUBLE"),
        ({"faults": {"DOUBLE_BILLING": -1}}, "must not be negative"),
        ({"faults": -2}, "must not be negative"),
        ({"orders": -1}, "must not be negative"),
    ],
)
def test_what_cannot_be_made_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SampleError, match=message):
        Business(as_of=AS_OF, **options)


def test_years_that_an_object_id_cannot_hold_are_refused() -> None:
    with pytest.raises(SampleError, match="between the years 1975 and 2100"):
        Business(as_of=AS_OF.replace(year=2107))
