"""What a report says that was not looked at, and which documents give a field twice; in every form that people read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bson
import pytest

import intact
from intact.findings import Report
from intact.findings.apart import not_looked_at, repeats
from intact.findings.document import to_document
from intact.findings.records import NotRead, Repeat
from intact.project.columns import MAX_REPEATS
from intact.reporters import console
from intact.reporters import html_report as html
from intact.reporters.markdown import document
from tests.run.world import AS_OF, clean, delivery, order, write
from tests.support.memory import MemorySource

SHARED = Path(__file__).parents[3] / "shared"
"""Inputs that are no part of the project."""


def beside(report: Report) -> dict[str, str]:
    return {each.name: each.beside for each in report.not_read}


def forms(report: Report) -> dict[str, str]:
    """Write the forms that people read, each as one line of words."""
    made = {
        "console": "".join(console.render(report)),
        "HTML": "".join(html.render(report)),
        "Markdown": "".join(document(report, report.sections[0])).replace("\\", ""),
    }
    return {form: " ".join(written.split()) for form, written in made.items()}


def test_collections_that_no_rule_reads_are_listed_once_and_those_named_like_a_declared_one_come_first(
    tmp_path: Path,
) -> None:
    data = {
        **clean(),
        "payments": [{"_id": number, "text": "x" * 50} for number in range(100)],
        "delivery_status": [delivery(1)],
        "orders_old": [order(1)],
        "notes": [{"_id": 1}],
    }
    report = intact.check(write(tmp_path / "shop", data), model="delivery", as_of=AS_OF)
    assert [each.name for each in report.not_read[:2]] == ["orders_old", "delivery_status"]
    assert [each.name for each in report.not_read[2:]] == ["payments", "notes"]
    assert beside(report) == {
        "orders_old": "orders",
        "delivery_status": "delivery_statuses",
        "payments": "",
        "notes": "",
    }
    sizes = {each.name: each.bytes for each in report.not_read}
    assert sizes["notes"] == len(bson.encode({"_id": 1}))
    assert sizes["payments"] == (tmp_path / "shop" / "payments.bson").stat().st_size
    assert report.not_read_total == 4
    assert report.exit_code == 0
    for form, written in forms(report).items():
        assert (
            f"delivery_status ({sizes['delivery_status']} bytes), whose name is like delivery_statuses"
            in written
        ), form
        assert "No rule reads payments (" in written, form
        assert written.count("whose name is like delivery_statuses") == 1, form


def test_a_report_of_a_part_of_the_model_does_not_call_the_rest_unread(tmp_path: Path) -> None:
    report = intact.check(
        write(tmp_path / "shop", clean()), model="delivery", as_of=AS_OF, reports=["billing"]
    )
    assert report.not_read == ()


def test_where_every_collection_is_read_nothing_is_said() -> None:
    report = intact.check(MemorySource(clean()), model="delivery", as_of=AS_OF)
    assert not_looked_at(report) == []
    assert all("No rule reads" not in written for written in forms(report).values())


def test_many_collections_are_counted_and_listed_in_part() -> None:
    data = {**clean(), **{f"c{number:03}": [{"_id": 1}] for number in range(250)}}
    report = intact.check(MemorySource(data), model="delivery", as_of=AS_OF)
    assert (len(report.not_read), report.not_read_total) == (100, 250)
    (said,) = not_looked_at(report)
    assert said.endswith("and 238 more.")
    written: Any = to_document(report)
    assert len(written["not_read"]) == 100


@pytest.mark.spread(4)
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("delivery_status", "delivery_statuses"),
        ("deliveryStatuses", "delivery_statuses"),
        ("subscriptions", "subscriptions_v2"),
        ("customers_v3", "customers_v2"),
        ("Users", "users"),
        ("user", "users"),
        ("orders_backup_2025", "orders"),
        ("billing_record", "billing_records"),
        ("payments", ""),
        ("order_lines", ""),
        ("v2", ""),
        ("", ""),
    ],
)
def test_a_name_is_like_a_declared_one_where_letters_or_a_version_differ(name: str, read: str) -> None:
    report = intact.check(MemorySource({**clean(), name: [{"_id": 1}]}), model="delivery", as_of=AS_OF)
    assert beside(report) == {name: read}


def test_what_could_not_be_read_anyway_is_listed_with_its_reason(tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", {**clean(), "system.js": [{"_id": 1}]})
    (folder / "daily.metadata.json").write_text('{"options": {"viewOn": "orders"}, "type": "view"}')
    report = intact.check(folder, model="delivery", as_of=AS_OF)
    reasons = {each.name: each.reason for each in report.not_read}
    assert all(reasons.values())
    assert "system.js" in reasons
    said = " ".join(not_looked_at(report))
    assert all(f"{name} ({reason})" in said for name, reason in reasons.items())


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the inputs beside the project are not there: {SHARED}")
def test_a_real_first_run_says_what_it_did_not_look_at() -> None:
    report = intact.check(SHARED / "dairy", model="delivery", as_of=AS_OF)
    assert beside(report) == {
        "delivery_status": "delivery_statuses",
        "subscriptions": "subscriptions_v2",
        "payment_transactions": "",
        "addresses": "",
        "products": "",
    }
    assert [each.name for each in report.not_read[:2]] == ["delivery_status", "subscriptions"]


def twice(identity: Any, *names: str) -> bytes:
    """Write an order that gives these fields twice."""
    one = bson.encode({**order(1), "_id": identity, "id": f"o{identity}"})
    again = b"".join(bson.encode({name: None})[4:-1] for name in names)
    return (len(one) + len(again)).to_bytes(4, "little") + one[4:-1] + again + b"\0"


@pytest.mark.parametrize("projector", ["native", "pure"])
def test_documents_that_give_a_field_twice_are_named(
    projector: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if projector == "native":
        pytest.importorskip("intact_native", reason="the native projector is not built")
    monkeypatch.setenv("INTACT_PROJECTOR", projector)
    folder = write(tmp_path / "shop", clean())
    rest = [bson.encode({**order(number), "billed": True}) for number in range(100, 200)]
    made = [*rest, twice(7, "status", "billed"), twice("x", "customer_id"), twice(8, "nobody_reads_this")]
    (folder / "orders.bson").write_bytes(b"".join(made))
    report = intact.check(folder, model="delivery", as_of=AS_OF)
    (orders,) = [each for each in report.collections if each.name == "orders"]
    assert orders.repeated == 2
    assert [(each.document_id, set(each.fields)) for each in orders.repeats] == [
        (7, {"billed", "status"}),
        ("x", {"customer_id"}),
    ]
    (said,) = repeats(report)
    assert said.startswith("2 documents of orders give a field twice, of which the first counts: 7 (")
    for form, written in forms(report).items():
        assert "x (customer_id)" in written, form
    as_json: Any = to_document(report)
    (told,) = [each for each in as_json["collections"] if each["name"] == "orders"]
    assert told["repeats"][1] == {"document_id": "x", "fields": ["customer_id"]}


@pytest.mark.parametrize("projector", ["native", "pure"])
def test_of_many_documents_that_give_a_field_twice_the_first_are_named(
    projector: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if projector == "native":
        pytest.importorskip("intact_native", reason="the native projector is not built")
    monkeypatch.setenv("INTACT_PROJECTOR", projector)
    folder = write(tmp_path / "shop", clean())
    (folder / "orders.bson").write_bytes(b"".join(twice(number, "status") for number in range(500)))
    report = intact.check(folder, model="delivery", as_of=AS_OF)
    (orders,) = [each for each in report.collections if each.name == "orders"]
    assert orders.repeated == 500
    assert orders.repeats == tuple(Repeat(number, ("status",)) for number in range(MAX_REPEATS))
    (said,) = repeats(report)
    assert said.endswith(" and 488 more.")


def test_names_from_the_data_cannot_break_a_line() -> None:
    report = intact.check(
        MemorySource({**clean(), "a\nb\x1b[31m<b>": [{"_id": 1}]}), model="delivery", as_of=AS_OF
    )
    assert report.not_read == (NotRead("a\nb\x1b[31m<b>", report.not_read[0].bytes),)
    written = forms(report)
    assert all("\x1b[31m" not in each for each in written.values())
    assert "<b>" not in written["HTML"].partition("About this run")[2].partition("Model")[0]
