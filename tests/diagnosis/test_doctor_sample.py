"""The doctor's table of a server: of a bounded sample of whole documents, with look-ups for what lies beyond it."""

from __future__ import annotations

import json
from typing import Any

import pytest

import intact
from intact.audit.doctor import sampled
from intact.audit.doctor.records import DeclaredPath, Diagnosis
from intact.sources.mongodb import sample as mongo_sample
from tests.cli.running import invoke
from tests.run.world import clean, delivery, order
from tests.servers.scripted import Error, ScriptedServer
from tests.servers.snapshots import SnapshotServer
from tests.servers.store import Store


def paths(found: Diagnosis) -> dict[str, DeclaredPath]:
    assert found.fit is not None
    return {f"{each.collection}.{each.path}": each for each in found.fit.paths}


def misspelt() -> dict[str, list[dict[str, Any]]]:
    """A business whose bills call their month otherwise."""
    bills = [{"_id": n, "id": f"b{n}", "subscription_id": "s1", "total_amount": 50.0} for n in range(1, 6)]
    return {**clean(), "billing_records": [{**each, "month": "2026-01"} for each in bills[:4]] + bills[4:]}


def test_a_server_whose_documents_lack_a_path_is_not_ready_and_says_what_was_probably_meant() -> None:
    with ScriptedServer(misspelt()) as server:
        result = invoke("doctor", server.uri())
        told = json.loads(invoke("doctor", server.uri(), "--format", "json").stdout)["fit"]
    assert result.exit_code == 3
    assert result.stdout.startswith("INCOMPLETE")
    assert "Of a sample" in result.stdout
    (line,) = [each for each in result.stdout.splitlines() if each.startswith("billing_records.period_date")]
    assert line.endswith("no value; meant: month (4)")
    assert told["sample"] is True
    types = {each["type"] for each in told["withheld"]}
    assert {"DOUBLE_BILLING", "total_overcharge"} <= types, "checks and the figures that rest on them"


def test_a_server_that_fits_has_a_table_and_nothing_that_would_not_be_evaluated() -> None:
    with SnapshotServer(Store(clean())) as server:
        found = intact.doctor(server.uri())
    assert found.fit is not None
    assert found.fit.withheld == ()
    status = paths(found)["orders.status"]
    assert (status.documents, status.of, dict(status.types)) == (1, 1, {"string": 1})


def test_the_sample_is_the_first_and_last_documents_and_each_counts_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mongo_sample, "EACH_END", 3)
    orders = [order(number) for number in range(1, 11)]
    with SnapshotServer(Store({**clean(), "orders": orders})) as server:
        found = paths(intact.doctor(server.uri()))
        reads = [each for each in server.commands if each.body.get("sort")]
    assert found["orders.id"].of == 6
    assert found["users.id"].of == 1
    assert {(each.body["limit"], each.body["singleBatch"]) for each in reads} == {(3, True)}
    assert all("comment" in each.body for each in reads)
    with SnapshotServer(Store({**clean(), "orders": orders[:5]})) as server:
        assert paths(intact.doctor(server.uri()))["orders.id"].of == 5


def test_what_a_reference_finds_beyond_the_sample_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo_sample, "EACH_END", 2)
    orders = [order(number) for number in range(1, 21)]
    deliveries = [delivery(number) for number in (1, 9, 10)] + [delivery(99)]
    data = {**clean(), "orders": orders, "delivery_statuses": deliveries}
    with SnapshotServer(Store(data)) as server:
        link = paths(intact.doctor(server.uri()))["delivery_statuses.order_id"]
    assert (link.documents, link.values, link.found) == (4, 4, 3)


def test_where_no_index_serves_a_large_collection_nothing_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampled, "SCANNED", 5)
    monkeypatch.setattr(mongo_sample, "EACH_END", 2)
    data = {**clean(), "orders": [order(n) for n in range(1, 21)], "delivery_statuses": [delivery(9)]}
    with SnapshotServer(Store(data)) as server:
        link = paths(intact.doctor(server.uri()))["delivery_statuses.order_id"]
    assert (link.values, link.found) == (None, None)


def test_a_sample_that_is_refused_is_not_ready() -> None:
    with ScriptedServer(clean()) as server:
        # one document may be read, and no more
        server.script("find:orders", *[Error(8000)] * 9)
        found = intact.doctor(server.uri())
    assert found.exit_code != 0


def test_an_audit_of_a_server_says_which_name_was_probably_meant_and_reads_a_sample_only_there() -> None:
    with ScriptedServer(misspelt()) as server:
        report = intact.check(server.uri())
        whole = [each for each in server.named("find") if not each.body.get("projection")]
    reasons = {each.type: each.reasons for each in report.not_evaluated}
    assert reasons["DOUBLE_BILLING"] == (
        "`period_date` is in none of 5 documents of billing_records; `month` is in 4",
    )
    assert [each.collection for each in whole] == ["billing_records"]
    assert all(str(each.body["comment"]).startswith("intact ") for each in whole)
    assert all(each.body["limit"] == mongo_sample.EACH_END for each in whole)


def test_an_audit_says_that_names_come_from_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo_sample, "EACH_END", 1)
    with SnapshotServer(Store(misspelt())) as server:
        report = intact.check(server.uri())
    (reason,) = next(each.reasons for each in report.not_evaluated if each.type == "DOUBLE_BILLING")
    assert "of a sample of" in reason


def test_a_server_where_every_path_has_a_value_is_asked_for_no_whole_document() -> None:
    with ScriptedServer(clean()) as server:
        intact.check(server.uri())
        assert all(each.body.get("projection") for each in server.named("find"))


def test_the_sizes_of_collections_that_no_rule_reads_are_asked_of_the_server() -> None:
    data = {**clean(), "delivery_status": [{"_id": n, "text": "x" * 100} for n in range(20)]}
    with SnapshotServer(Store(data)) as server:
        report = intact.check(server.uri())
    (other,) = report.not_read
    assert other.name == "delivery_status"
    assert other.bytes is not None
    assert other.bytes > 2000


def test_a_server_that_tells_no_sizes_is_audited_all_the_same() -> None:
    data = {**clean(), **{f"other{n}": [{"_id": 1}] for n in range(9)}}
    with ScriptedServer(data) as server:
        server.script("aggregate", Error(13), repeat=True)
        report = intact.check(server.uri())
    assert {each.bytes for each in report.not_read} == {None}
    assert report.not_read_total == 9
