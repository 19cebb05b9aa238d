"""Every form of the report says how many findings are accepted."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
import simplejson
from lxml import etree

from intact.findings.records import Outcome, Report, Status
from intact.findings.verdict import Acceptance, BaselineUse, EntryUse, ThresholdOutcome
from intact.reporters import FORMS
from tests.reporters import reports
from tests.reporters.readers import text_of, written
from tests.reporters.reports import finding, section

ACCEPTANCE = Acceptance("settled </b> by hand", "billing", "2026-06-30", 12)
ACCEPTED = re.compile(r"4,?321")


def made(accepted: int = 4321, total: int = 5000) -> Report:
    """A report of which many findings are accepted, though only two are listed."""
    first, second = finding("BAD", fields={"document_id": "1"}), finding("BAD", fields={"document_id": "2"})
    issues = [replace(first, accepted=ACCEPTANCE) if accepted else first, second]
    issues = [replace(each, check="allowed-values orders.status") for each in issues]
    outcome = Outcome("allowed-values orders.status", "BAD", Status.VIOLATED, total, (), 1)
    status = section(issues=issues, counts={"BAD": total}, outcomes=(outcome,))
    report = reports.report(replace(status, accepted={"BAD": accepted} if accepted else {}))
    lapsed = EntryUse(7, "BAD 01234567", "it expired on 2026-01-31", 1)
    return replace(
        report,
        baseline=BaselineUse("intact.baseline", 2, (lapsed,), 1),
        thresholds=(ThresholdOutcome("BAD>700", total - accepted, None, crossed=False),),
    )


@pytest.mark.parametrize(
    "form", [form.name for form in FORMS if form.name != "csv"]
)  # a table of findings and no more
def test_each_form_says_how_many_are_accepted(form: str) -> None:
    assert ACCEPTED.search(text_of(form, made()))
    assert not ACCEPTED.search(text_of(form, made(accepted=0)))


@pytest.mark.parametrize(
    "form", ["console", "html", "markdown", "json", "ndjson", "sarif", "parquet", "csv-zip"]
)
def test_below_a_line_the_true_number_is_shown(form: str) -> None:
    text = text_of(form, made())
    assert re.search(r"BAD(>|&gt;|\\u003e|\\>)700", text)
    assert "679" in text


def test_sarif_suppresses_what_is_accepted_and_says_why() -> None:
    (run,) = simplejson.loads(written("sarif", made()))["runs"]
    first, second = run["results"]
    assert first["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "settled </b> by hand (billing, until 2026-06-30)",
        }
    ]
    assert second["suppressions"] == []  # and so known not to be, as SARIF has it


@pytest.mark.parametrize(("accepted", "failures"), [(0, 1), (4, 1), (5, 0)])
def test_a_case_whose_findings_are_all_accepted_is_no_failure(accepted: int, failures: int) -> None:
    root = etree.fromstring(written("junit", made(accepted, total=5)))
    (suite,) = root.findall("testsuite")
    assert int(suite.get("failures")) == int(root.get("failures")) == failures
    assert len(root.findall(".//failure")) == failures
    assert len(root.findall(".//testcase")) == 1


def test_github_marks_nothing_that_is_accepted() -> None:
    lines = written("github", made()).decode()
    assert '"document_id":"2"' in lines.replace("%22", '"')
    assert '"document_id":"1"' not in lines.replace("%22", '"')


def test_lines_of_json_say_of_each_finding_by_what_it_is_accepted() -> None:
    rows = [simplejson.loads(line, use_decimal=True) for line in written("ndjson", made()).splitlines()]
    found = [row["accepted"] for row in rows if row["record"] == "finding"]
    assert found == [
        {"reason": "settled </b> by hand", "owner": "billing", "until": "2026-06-30", "line": 12},
        None,
    ]


def test_a_line_of_money_is_said_with_its_currency() -> None:
    line = ThresholdOutcome("overcharged>1000", 3, Decimal("999.50"), crossed=False)
    text = text_of("console", replace(made(), thresholds=(line,)))
    assert "overcharged>1000: INR 999.50 in 3 findings, not over the line" in text
