"""JUnit XML: valid against Jenkins' schema, a suite a report, a case a check."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from intact.findings import Outcome, Report, Status
from intact.findings.records import FindingExplanation
from tests.reporters import reports
from tests.reporters.readers import written
from tests.reporters.reports import finding, section
from tests.reporters.test_hostile import TEXTS, hostile

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parent / "schemas" / "junit-10.xsd"))


def parsed(report: Report) -> Any:
    """Parse a report, which must be valid."""
    root = etree.fromstring(written("junit", report))
    SCHEMA.assertValid(root)
    return root


@pytest.mark.parametrize(
    "make", [reports.mixed, reports.clean, reports.limited, reports.report, reports.changed]
)
def test_it_is_valid(make: Any) -> None:
    parsed(make())


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_it_is_valid_whatever_the_data_hold(text: str) -> None:
    parsed(hostile(text))


def test_a_suite_a_report_and_a_case_a_check() -> None:
    root = parsed(reports.mixed())
    assert [
        (each.get("name"), each.get("tests"), each.get("failures"), each.get("skipped")) for each in root
    ] == [
        ("Billing integrity", "2", "1", "1"),
        ("Phantom deliveries", "1", "1", "0"),
        ("Status consistency", "1", "1", "0"),
        ("Duplicates", "0", "0", "0"),
        ("What could not be read", "1", "0", "0"),
    ]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "3", "1")
    assert len(root.findall(".//testcase")) == 5


def test_the_numbers_of_a_suite_are_those_of_its_cases() -> None:
    for suite in parsed(reports.mixed()):
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute)) == len(suite.findall(f"testcase/{tag}"))


def test_a_clean_check_passes() -> None:
    (case,) = parsed(reports.clean()).iter("testcase")
    assert case.get("name") == "allowed-values orders.status: INVALID_ORDER_STATUS"
    assert len(case) == 0


def test_what_could_not_be_evaluated_is_skipped_with_its_reason() -> None:
    (skipped,) = parsed(reports.mixed()).iter("skipped")
    assert skipped.get("message") == "not evaluated: collection users is not in the source"


def test_what_could_not_be_read_is_an_error() -> None:
    (error,) = parsed(reports.mixed()).iter("error")
    assert error.get("message") == "the file ends in the middle of a document"
    assert error.getparent().get("name") == "orders: orders.bson, byte 8812"
    assert error.text == "Dump it again."


def test_troubles_that_are_not_listed_are_counted() -> None:
    made = replace(reports.mixed(), troubles_total=300)
    assert [each.get("message") for each in parsed(made).iter("error")][1] == "299 more troubles not listed"


def test_a_failure_has_the_true_count_and_the_findings_with_the_most_money() -> None:
    issues = [
        finding("BAD", fields={"document_id": number}, money=("lost", Decimal(number)))
        for number in range(25)
    ]
    check = Outcome("missing-link a.b", "BAD", Status.VIOLATED, 40, (), 12)
    (failure,) = parsed(reports.report(section(issues=issues, counts={"BAD": 40}, outcomes=(check,)))).iter(
        "failure"
    )
    assert failure.get("message") == "40 findings: BAD"
    assert "Declared in delivery.yml, line 12." in failure.text
    shown = [line for line in failure.text.split("\n") if line.startswith('  {"document_id"')]
    assert shown == [f'  {{"document_id":{number}}}' for number in range(24, 14, -1)]
    assert "30 more are not shown here." in failure.text


def test_a_failure_says_what_it_means_and_how_to_repair_it() -> None:
    check = Outcome("missing-link a.b", "BAD", Status.VIOLATED, 1, ("a was read in part",), 12)
    page = FindingExplanation(
        "BAD", "missing-link a.b", "HIGH", "No link.", "Money.", "Set it.", "More.", "db.a", "https://x/"
    )
    made = replace(section(issues=[finding("BAD")], outcomes=(check,)), explanations=(page,))
    (failure,) = parsed(reports.report(made)).iter("failure")
    for line in (
        "Not evaluated in part: a was read in part",
        "How to repair it: Set it.",
        "More: https://x/",
    ):
        assert line in failure.text.split("\n")


def test_a_check_that_only_met_unreadable_values_says_so() -> None:
    check = Outcome("missing-link a.b", "BAD", Status.VIOLATED, 0, (), 12)
    made = reports.report(section(issues=[finding("UNREADABLE_VALUE")], outcomes=(check,)))
    messages = [each.get("message") for each in parsed(made).iter("failure")]
    assert messages == [
        "values that this check needs cannot be read: see UNREADABLE_VALUE",
        "1 finding: UNREADABLE_VALUE",
    ]
