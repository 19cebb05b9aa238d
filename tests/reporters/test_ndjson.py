"""The report as lines of JSON: each stands for itself, all findings are there, and a cut file shows."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from intact.findings import Report
from intact.reporters.finding_record import record
from tests.reporters import reports
from tests.reporters.readers import exact, same, written
from tests.reporters.reports import finding, section


def lines(report: Report) -> list[dict[str, Any]]:
    """Read the lines."""
    return [exact(line) for line in written("ndjson", report).decode("ascii").splitlines()]


def test_a_header_the_reports_the_findings_and_a_trailer() -> None:
    kinds = [line["record"] for line in lines(reports.mixed())]
    assert kinds == ["header", *["report"] * 4, *["finding"] * 8, "trailer"]


def test_every_finding_is_there_with_all_it_has() -> None:
    made = reports.mixed()
    found = [line for line in lines(made) if line["record"] == "finding"]
    expected = [each for made_section in made.sections for each in made_section.issues]
    assert [line["fingerprint"] for line in found] == [each.fingerprint for each in expected]
    for line, each in zip(found, expected, strict=True):
        assert (line["type"], line["severity"], line["report"]) == (each.type, each.severity, each.report)
        assert list(line["fields"]) == list(each.fields)
    billing = found[0]
    assert billing["money"] == {"kind": "overcharged", "amount": exact("3500.5")}
    assert same(billing["fields"]["document_ids"][0]) == '{"$oid": "65a000000000000000000001"}'


def test_a_line_is_the_record_that_all_forms_for_machines_share() -> None:
    made = replace(
        finding("BAD", description='a"\n\u202e', fields={"a": Decimal("1.50"), "document_id": None}),
        check="missing-link a.b",
        cause=("a", "b"),
        when="2026-01",
        state="confirmed",
        url="https://x/",
        money=("lost", Decimal("2.50")),
    )
    (line,) = [each for each in lines(reports.report(section(issues=[made]))) if each["record"] == "finding"]
    assert same(line) == same({"record": "finding", **record(made)})
    assert list(line) == ["record", *record(made)]


def test_the_header_is_that_of_the_json_report() -> None:
    header, document = lines(reports.mixed())[0], json.loads(written("json", reports.mixed()))
    del document["reports"]
    assert json.loads(json.dumps(header, default=float)) == {"record": "header", **document}


@pytest.mark.parametrize("kept", [0, 1, 5, 12])
def test_a_cut_file_has_no_trailer(kept: int) -> None:
    whole = written("ndjson", reports.mixed()).splitlines()
    assert b'"record":"trailer"' not in b"".join(whole[:kept])
    assert whole[-1].startswith(b'{"record":"trailer"')


def test_the_trailer_counts_what_is_listed_and_what_there_is() -> None:
    *_, trailer = lines(reports.limited())
    assert (trailer["findings_listed"], trailer["findings_total"]) == (1, 40)
    assert trailer["counts"] == {"status": {"INVALID_ORDER_STATUS": 40}}


def test_what_was_not_checked_is_in_the_first_lines() -> None:
    header, first, *_ = lines(reports.mixed())
    assert header["complete"] is False
    assert header["troubles"][0]["what"] == "the file ends in the middle of a document"
    assert first["checks"][1]["reasons"] == ["collection users is not in the source"]


def test_many_findings_come_in_pieces() -> None:
    from intact.reporters.ndjson import render

    issues = [finding("X", fields={"document_id": number}) for number in range(2345)]
    pieces = list(render(reports.report(section(issues=issues))))
    assert max(piece.count("\n") for piece in pieces) <= 500
