"""What is very long in the data keeps no form from being opened: it is cut, and the form says how to get all of it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import intact
from intact.checks import KINDS
from intact.findings import Finding, Report
from intact.findings.document import to_document
from intact.findings.notebook import to_html
from intact.findings.shell import document_query
from intact.model import parse
from intact.operations.alerts.notifications import Item, NotificationPart, write
from intact.reporters import FORMS, github
from intact.reporters.cells import LONGEST, cell
from intact.reporters.sarif import MOST_BYTES, MOST_RESULTS
from tests.reporters import reports
from tests.reporters.readers import exact, packed, rows_of, text_of, written
from tests.support.memory import MemorySource

LONG = 1_000_000
MEMBERS = 5_000
WHOLE = "the JSON report has all of it"
MODEL = """
intact: 1
name: long
title: Long
collections:
  users: {key: id, named: user, references: {}}
  orders: {key: _id, named: order, references: {user: users}}
reports:
  long:
    title: Long
    purpose: All of them.
    cadence: daily
    document: LONG
    checks:
      - duplicate-value: users.email
        compare: text
        ids: users
        finding: TWICE
        severity: high
        description: '{email} is in {users}'
      - duplicate-value: users.city
        compare: exact
        ids: users
        list: {names: name}
        finding: THOUSANDS
        severity: high
        description: '{city} is that of {users}'
      - dangling-reference: orders.user
        finding: LOST
        severity: critical
        description: 'Order {order} is of {user}'
      - allowed-values: users.state
        values: [on]
        finding: STATE
        severity: high
        description: 'User {user} is {state}'
    total: {all: {count: all}}
    summary: {}
"""
FOR_PEOPLE = ("console", "github", "html", "markdown", "junit", "sarif", "csv", "csv-zip")
FOR_PROGRAMS = ("json", "ndjson", "parquet")


@pytest.fixture(scope="module")
def report() -> Report:
    """An audit of documents with values, keys, field names, lists and groups of every excessive size."""
    long = "a" * LONG
    users: list[dict[str, Any]] = [
        {"_id": 1, "id": "u-1", "email": f"{long}@example.com", "state": "on"},
        {"_id": 2, "id": "u-2", "email": f"{long.upper()}@EXAMPLE.COM", "state": "on"},
        {"_id": 3, "id": f"u{long}", "state": "off"},
        {"_id": 4, "id": "u-4", "state": ["off"] * 100_000},
        {"_id": 5, "id": "u-5", "state": {f"n{long}": 1, **{f"n{at}": at for at in range(5_000)}}},
    ]
    users += [
        {"_id": f"m{at}", "id": f"member {at}", "city": "Pune", "name": f"Asha {at}", "state": "on"}
        for at in range(MEMBERS)
    ]
    orders: list[dict[str, Any]] = [
        {"_id": "plain", "user": f"x{long}"},
        {"_id": f"o{long}", "user": "lost"},
        {"_id": "list", "user": [f"{at} {'y' * 500}" for at in range(200)]},
        {"_id": "document", "user": {f"z{long}": {"deep": [[long]]}}},
    ]
    source = MemorySource({"users": users, "orders": orders})
    return intact.check(source, model=parse(MODEL, KINDS), as_of=datetime(2026, 2, 1, tzinfo=UTC))


def unpacked(report: Report) -> str:
    """Return the rows of the page as they are packed into it."""
    (rows,) = re.findall(rb'<script type="application/json" id="data">"([^"]*)"', written("html", report))
    return zlib.decompress(base64.b64decode(rows)).decode()


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_a_form_for_people_stays_small_and_says_how_to_get_the_whole(report: Report, name: str) -> None:
    assert len(written(name, report)) < 1_500_000
    said = " ".join((unpacked(report) if name == "html" else text_of(name, report)).split())
    assert "more characters" in said
    assert WHOLE in said


@pytest.mark.parametrize("name", FOR_PROGRAMS)
def test_a_form_for_programs_has_all_of_it(report: Report, name: str) -> None:
    text = text_of(name, report)
    assert "x" + "a" * LONG in text
    assert WHOLE not in text


def test_every_form_is_read_by_what_it_is_for(report: Report) -> None:
    data = {form.name: written(form.name, report) for form in FORMS}
    assert exact(data["json"].decode())["reports"]["long"]
    assert [json.loads(line) for line in data["ndjson"].splitlines()]
    assert pq.read_table(io.BytesIO(data["parquet"])).num_rows == sum(report["long"].counts.values())
    assert etree.fromstring(data["junit"]).tag == "testsuites"  # as strict as CI servers: no huge tree
    assert json.loads(data["sarif"])["runs"][0]["results"]


def cells(data: bytes) -> Iterator[str]:
    for row in rows_of(data):
        yield from row
        yield from row.values()


@pytest.mark.parametrize("name", ["csv", "csv-zip"])
def test_no_cell_is_longer_than_a_spreadsheet_keeps(report: Report, name: str) -> None:
    data = written(name, report)
    tables = [data] if name == "csv" else list(packed(data).values())
    assert max(len(each.encode("utf-16-le")) // 2 for table in tables for each in cells(table)) <= LONGEST


def test_the_alert_the_notebook_and_the_summary_are_short(report: Report) -> None:
    items = [Item(at, 0, False, replace(each, status="new")) for at, each in enumerate(report["long"].issues)]
    letter = write(
        [NotificationPart(1, "shop", "long", None, "", items)], [], digest=False, zone=ZoneInfo("UTC")
    )
    assert letter is not None
    said = [letter.title + letter.body, to_html(report), "".join(github.summary(report))]
    assert ["more characters" in each for each in said] == [True] * 3
    assert max(map(len, said)) < 40_000


def test_a_query_that_nobody_can_paste_is_not_there(report: Report) -> None:
    by_id = {str(each.fields.get("document_id"))[:5]: document_query(each) for each in report["long"].issues}
    assert by_id["plain"] == 'db.orders.find({_id: "plain"})'
    assert by_id["oaaaa"] == ""


def test_the_fingerprint_is_that_of_the_whole_value(report: Report) -> None:
    listed = json.loads(json.dumps(to_document(report), default=str))["reports"]["long"]["issues"]
    in_sarif = json.loads(written("sarif", report))["runs"][0]["results"]
    assert {each["fingerprint"] for each in listed} == {
        each["partialFingerprints"]["intactFinding/v1"] for each in in_sarif
    }


texts = st.text(max_size=8).map(lambda text: text * 10_000)
values = st.recursive(
    texts | st.integers() | st.none() | st.sampled_from([["x" * 500] * 3_000, list(range(20_000))]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3).map(lambda text: text * 9_000), inner, max_size=4)
    ),
    max_leaves=4,
)


@settings(max_examples=15)
@given(values)
def test_a_cell_of_any_value_fits_and_is_one_line(value: Any) -> None:
    made = cell(value)
    assert len(made.encode("utf-16-le", "surrogatepass")) // 2 <= LONGEST
    assert "\n" not in made


def results(report: Report) -> tuple[list[Mapping[str, Any]], list[str]]:
    run = json.loads(written("sarif", report))["runs"][0]
    notes = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    return run["results"], notes


def test_the_limits_of_sarif_are_those_that_github_documents() -> None:
    assert (MOST_RESULTS, MOST_BYTES < 10_000_000) == (25_000, True)


def test_sarif_has_no_more_results_than_github_takes_and_leaves_out_the_least_severe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("intact.reporters.sarif.MOST_RESULTS", 250)
    issues = [reports.finding("BAD", each) for each in ["LOW", "HIGH", "MEDIUM", "CRITICAL"] * 90]
    found, notes = results(_of(issues))
    levels = [each["properties"]["severity"] for each in found]
    assert levels == ["CRITICAL"] * 90 + ["HIGH"] * 90 + ["MEDIUM"] * 70
    assert [
        note for note in notes if note.startswith("110 results are left out, those of the lowest severity")
    ]


def test_sarif_is_no_larger_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intact.reporters.sarif.MOST_BYTES", 900_000)
    noise = random.Random(1)
    issues = [
        reports.finding(
            "BAD",
            "LOW" if at % 2 else "HIGH",
            fields={"document_id": str(at), **{f"f{n}": noise.randbytes(450).hex() for n in range(9)}},
        )
        for at in range(300)
    ]
    made = _of(issues)
    found, notes = results(made)
    assert len(gzip.compress(written("sarif", made))) < 1_000_000
    assert [each["properties"]["severity"] for each in found][:150] == ["HIGH"] * 150
    assert 150 < len(found) < 300
    assert any("of the lowest severity" in note and "--output report.json" in note for note in notes)


def _of(issues: list[Finding]) -> Report:
    section = reports.section(counts={"BAD": len(issues)})
    return reports.report(replace(section, issues=tuple(issues)))


def test_a_small_report_in_sarif_leaves_nothing_out(report: Report) -> None:
    found, notes = results(report)
    assert len(found) == sum(report["long"].counts.values())
    assert not any("left out" in note for note in notes)
