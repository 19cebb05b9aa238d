"""Critical in a headline counts critical findings; the sum of the user's document has its own name beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from lxml import etree, html

from intact.findings import Headline, Report
from intact.findings.notebook import to_html
from intact.operations.alerts.notifications import Item, NotificationPart, write
from intact.operations.folder import Folder, listing
from intact.reporters import csv_report, github
from tests.reporters import reports
from tests.reporters.readers import text_of, written
from tests.support.small import PHANTOM, SECOND_BILL, audit, small

CRITICAL, SUM = 2, 4711
"""Two findings are critical; the model's own sum is of another number, whatever it adds up."""


def made() -> Report:
    """Make a report of two critical findings and of three that are high."""
    issues = [
        reports.finding("LOST", severity, fields={"order_id": f"o-{at}", "document_id": f"o-{at}"})
        for at, severity in enumerate(["CRITICAL", "HIGH", "CRITICAL", "HIGH", "HIGH"])
    ]
    return replace(
        reports.report(reports.section(issues=issues)), headline=Headline(SUM, 1200, 5, {}, critical=2)
    )


def _both(text: str) -> tuple[int, int]:
    """Read the two numbers where they stand beside their names."""
    found = []
    for name in (r"Critical findings", r"Total Critical Issues Found"):
        (number,) = set(re.findall(rf"(?i){name}:?\s*([\d,]+)", text))
        found.append(int(number.replace(",", "")))
    return found[0], found[1]


def _junit(report: Report) -> tuple[int, int]:
    root = etree.fromstring(written("junit", report))
    found = {each.get("name"): each.get("value") for each in root.iter("property")}
    return int(found["headline.critical_findings"]), int(found["headline.total_critical_issues_found"])


def _json(report: Report) -> tuple[int, int]:
    head = json.loads(written("json", report))["headline"]
    return head["critical_findings"], head["total_critical_issues_found"]


def _ndjson(report: Report) -> tuple[int, int]:
    head = json.loads(written("ndjson", report).splitlines()[0])["headline"]
    return head["critical_findings"], head["total_critical_issues_found"]


BOTH: dict[str, Callable[[Report], tuple[int, int]]] = {
    "console": lambda report: _both(text_of("console", report)),
    "html": lambda report: _both(str(html.fromstring(written("html", report)).text_content())),
    "notebook": lambda report: _both(str(html.fromstring(to_html(report)).text_content())),
    "github summary": lambda report: _both("".join(github.summary(report))),
    "junit": _junit,
    "json": _json,
    "ndjson": _ndjson,
}
"""Forms with a headline."""


@pytest.mark.parametrize("form", BOTH)
def test_critical_counts_critical_findings_and_the_users_sum_has_its_own_name(form: str) -> None:
    assert BOTH[form](made()) == (CRITICAL, SUM)


def test_the_table_of_numbers_has_both_under_their_names(tmp_path: Path) -> None:
    csv_report.fill(made(), tmp_path)
    text = (tmp_path / "_run.csv").read_text("utf-8-sig")
    assert re.search(rf"critical_findings,{CRITICAL}\b", text)
    assert re.search(rf"total_critical_issues_found,{SUM}\b", text)


def test_the_column_of_the_console_counts_critical_findings() -> None:
    rows = [line.split() for line in text_of("console", made()).splitlines()]
    (head,) = [row for row in rows if row[:1] == ["REPORT"]]
    (row,) = [row for row in rows if row[:2] == ["Status", "consistency"]]
    assert row[3:5] == ["2", "3"]
    assert "5 LOST  2 CRITICAL, 3 HIGH" in text_of("console", made())
    assert head[2:4] == ["CRITICAL", "HIGH"]


def test_the_document_of_a_report_counts_critical_findings() -> None:
    assert "5 findings, 2 critical, 3 high" in text_of("markdown", made())


def test_a_letter_counts_the_critical_findings_that_it_tells() -> None:
    items = [
        Item(at, 0, False, replace(each, status="new")) for at, each in enumerate(made()["status"].issues)
    ]
    letter = write(
        [NotificationPart(1, "shop", "shop", None, "", items)], [], digest=False, zone=ZoneInfo("UTC")
    )
    assert letter is not None
    assert f"Critical findings: {CRITICAL}." in letter.body
    assert str(SUM) not in letter.body


def test_the_folders_page_and_its_metrics_count_critical_findings(tmp_path: Path) -> None:
    Folder(tmp_path).keep(made())
    page = html.fromstring((tmp_path / "index.html").read_bytes())
    heads = [each.text_content() for each in page.xpath("//table//th[@scope='col']")]
    (row,) = page.xpath("//table/tbody/tr")
    assert row.xpath("./*")[heads.index("Critical findings")].text_content() == str(CRITICAL)
    assert row.xpath("./*")[heads.index("Total Critical Issues Found")].text_content() == f"{SUM:,}"
    metrics, _ = pytest.importorskip("intact.operations.serve.metrics").exposition(
        listing(tmp_path), "text/plain"
    )
    lines = [line for line in metrics.decode().splitlines() if 'severity="CRITICAL"' in line]
    assert [float(line.rpartition(" ")[2]) for line in lines] == [CRITICAL]


def test_a_delivery_and_a_second_bill_are_two_critical_findings_of_a_sum_of_three() -> None:
    """A phantom delivery is critical, and so is a double billing; the invalid reference beside them is high."""
    report = audit(small(delivery_statuses=[PHANTOM], billing_records=[SECOND_BILL]))
    found = [each.severity for section in report.sections for each in section.issues]
    assert sorted(found) == ["CRITICAL", "CRITICAL", "HIGH"]
    assert (report.headline.critical, report.headline.total_critical_issues) == (2, 3)
