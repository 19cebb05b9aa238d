"""The doctor's table of a dump: in how many documents each path of the model occurs, and what follows from that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import intact
from intact.audit.doctor.records import DeclaredPath, Diagnosis
from tests.cli.running import invoke
from tests.run.world import clean, delivery, order, without, write

SHARED = Path(__file__).parents[3] / "shared"
"""Inputs that are no part of the project."""


def paths(found: Diagnosis) -> dict[str, DeclaredPath]:
    assert found.fit is not None
    return {f"{each.collection}.{each.path}": each for each in found.fit.paths}


def test_each_declared_path_is_counted_over_all_documents_with_its_types(tmp_path: Path) -> None:
    orders = [
        order(1),
        order(2, status=None, created_at="2026-01-01", items=[{"total": 1}, {"total": 2.5}, {}]),
        without(order(3, items=[]), "billed", "status"),
    ]
    customers = [without(each, "name") for each in clean()["customers_v2"]]
    data = {**clean(), "orders": orders, "customers_v2": customers}
    found = paths(intact.doctor(write(tmp_path / "shop", data)))
    assert {each.of for name, each in found.items() if name.startswith("orders.")} == {3}
    status = found["orders.status"]
    assert (status.documents, status.types) == (1, {"string": 1, "null": 1})
    assert found["orders.created_at"].types == {"date": 2, "string": 1}
    assert found["orders.billed"].documents == 2
    total = found["orders.items[].total"]
    assert (total.documents, total.types) == (2, {"int": 2, "double": 1})
    assert "customers_v2.name" in found, "a personal path that no document has stands in the table too"
    assert found["customers_v2.name"].documents == 0


def test_of_a_reference_the_share_that_is_found_is_told(tmp_path: Path) -> None:
    deliveries = [delivery(1), delivery(1, _id=2), delivery(9), delivery(8, order_id=None)]
    found = paths(intact.doctor(write(tmp_path / "shop", {**clean(), "delivery_statuses": deliveries})))
    link = found["delivery_statuses.order_id"]
    assert (link.documents, link.values, link.found) == (3, 3, 2)
    assert (found["delivery_statuses.status"].values, found["delivery_statuses.status"].found) == (None, None)
    shown = invoke("doctor", str(tmp_path / "shop")).stdout
    (line,) = [each for each in shown.splitlines() if each.startswith("delivery_statuses.order_id")]
    assert line.split() == [
        "delivery_statuses.order_id",
        "3",
        "of",
        "4",
        "66",
        "%",
        "string",
        "3,",
        "null",
        "1",
    ]


def test_what_would_not_be_evaluated_is_named_with_its_reason_and_is_not_ready(tmp_path: Path) -> None:
    data = clean()
    del data["users"]
    folder = write(tmp_path / "shop", data)
    found = intact.doctor(folder)
    assert found.fit is not None
    withheld = {each.type: each.reasons for each in found.fit.withheld}
    assert withheld["CUSTOMER_USER_NOT_FOUND"] == ("the source has no collection 'users'",)
    report = intact.check(folder, model="delivery")
    assert [each.type for each in found.fit.withheld] == [each.type for each in report.not_evaluated]
    result = invoke("doctor", str(folder))
    assert result.exit_code == found.exit_code == 3
    assert result.stdout.startswith("INCOMPLETE")
    assert "\nCUSTOMER_USER_NOT_FOUND (" in result.stdout


def test_a_document_that_cannot_be_read_is_not_ready(tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", clean())
    whole = (folder / "orders.bson").read_bytes()
    (folder / "orders.bson").write_bytes(whole + whole[:-3])
    found = intact.doctor(folder)
    assert found.exit_code == 3
    assert found.fit is not None
    assert found.fit.lost == 1


def test_the_name_that_was_probably_meant_stands_in_the_table(tmp_path: Path) -> None:
    bills = [{"_id": 1, "id": "b1", "subscription_id": "s1", "month": "2026-01", "amount": 50.0}]
    folder = write(tmp_path / "shop", {**clean(), "billing_records": bills})
    found = paths(intact.doctor(folder))
    assert found["billing_records.period_date"].meant == (("month", 1),)
    assert found["billing_records.total_amount"].meant == (("amount", 1),)
    shown = invoke("doctor", str(folder)).stdout
    assert "no value; meant: month (1)" in shown


def test_the_table_is_in_the_json_document_too(tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", clean())
    told: dict[str, Any] = json.loads(invoke("doctor", str(folder), "--format", "json").stdout)
    found = intact.doctor(folder)
    assert [(each["collection"], each["path"], each["documents"]) for each in told["fit"]["paths"]] == [
        (each.collection, each.path, each.documents) for each in paths(found).values()
    ]


def test_names_from_the_data_cannot_break_a_line_of_the_table(tmp_path: Path) -> None:
    bills = [{"_id": 1, "id": "b1", "subscription_id": "s1", "total\x1b[31m_amount": 50.0}]
    folder = write(tmp_path / "shop", {**clean(), "billing_records": bills})
    assert "\x1b[31m_" not in invoke("doctor", str(folder)).stdout


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the inputs beside the project are not there: {SHARED}")
def test_the_table_of_a_real_first_run_is_what_was_counted_by_hand() -> None:
    found = paths(intact.doctor(SHARED / "dairy"))
    counted = {
        "billing_records.subscription_id": (0, 50),
        "billing_records.period_date": (0, 50),
        "billing_records.total_amount": (0, 50),
        "customers_v2.created_at": (0, 56),
        "users.updated_at": (0, 81),
        "orders.subscription_id": (0, 113),
        "customers_v2.updated_at": (5, 56),
        "delivery_statuses.order_id": (60, 4_253),
        "delivery_statuses.confirmed_at": (60, 4_253),
        "billing_records.id": (36, 50),
        "users.customer_v2_id": (48, 81),
        "users.created_at": (59, 81),
        "subscriptions_v2.status": (47, 56),
        "subscriptions_v2.customer_id": (53, 56),
        "orders.items[].total": (108, 113),
        "customers_v2.user_id": (51, 56),
    }
    assert {name: (found[name].documents, found[name].of) for name in counted} == counted
    dangling = {name: (each.values or 0) - (each.found or 0) for name, each in found.items() if each.values}
    assert dangling["orders.customer_id"] == 84
    assert dangling["delivery_statuses.customer_id"] == 82
    assert dangling["customers_v2.user_id"] == 5
