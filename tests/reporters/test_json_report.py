"""The JSON report: the same document as the records give, written in pieces, plain ASCII."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import simplejson
from jsonschema import Draft202012Validator, FormatChecker

from intact.findings import Report, json_schema, to_document
from intact.reporters.json_report import render
from tests.findings.test_words import HOSTILE
from tests.reporters import reports
from tests.reporters.reports import finding, section

ALL = [reports.mixed, reports.clean, reports.limited, reports.report]


def text_of(report: Report) -> str:
    """Give the whole text."""
    return "".join(render(report))


@pytest.mark.parametrize("make", ALL)
def test_it_is_the_document_indented(make: Any) -> None:
    text = text_of(make())
    document = simplejson.loads(text, use_decimal=True)
    expected = simplejson.dumps(to_document(make()), use_decimal=True)
    assert document == simplejson.loads(expected, use_decimal=True)
    assert text == simplejson.dumps(document, use_decimal=True, indent=2) + "\n"


@pytest.mark.parametrize("make", ALL)
def test_it_is_valid_by_the_schema(make: Any) -> None:
    validator = Draft202012Validator(json_schema(), format_checker=FormatChecker())
    validator.validate(json.loads(text_of(make())))


def test_amounts_keep_every_digit() -> None:
    amount = Decimal("12345678901234567890123456789012.34")
    made = finding("X", fields={"amount": amount, "document_id": 2**63})
    issue = simplejson.loads(text_of(reports.report(section(issues=[made]))), use_decimal=True)
    assert issue["reports"]["status"]["issues"][0]["amount"] == amount
    assert issue["reports"]["status"]["issues"][0]["document_id"] == 2**63


@pytest.mark.parametrize("text", [*HOSTILE.values(), "</script>", '"', "\\"])
def test_hostile_values_are_ascii_escapes_and_come_back_exactly(text: str) -> None:
    made = reports.report(section(issues=[finding("X", description=text, fields={"document_id": text})]))
    written = text_of(made)
    assert all(each.isprintable() and each.isascii() for each in written.split("\n"))
    (issue,) = json.loads(written)["reports"]["status"]["issues"]
    assert issue["description"] == issue["document_id"] == text


def test_many_findings_are_written_in_pieces() -> None:
    issues = [finding("X", fields={"document_id": number}) for number in range(2345)]
    pieces = list(render(reports.report(section(issues=issues))))
    assert len(pieces) > 5
    found = json.loads("".join(pieces))["reports"]["status"]["issues"]
    assert [each["document_id"] for each in found] == list(range(2345))
