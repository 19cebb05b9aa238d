"""GitHub: no more annotations than it shows, the worst first, and a summary of the step."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from intact.findings import Finding, Outcome, Report, Status
from intact.reporters.github import summary
from tests.cli.conftest import AS_OF
from tests.cli.running import invoke
from tests.reporters import reports
from tests.reporters.readers import commands, written
from tests.reporters.reports import finding, section
from tests.reporters.test_hostile import TEXTS, hostile


def shown(report: Report) -> list[tuple[str, dict[str, str], str]]:
    """Give the annotations."""
    return list(commands(written("github", report)))


def orphans(count: int, customer: str = "c-1", severity: str = "HIGH") -> list[Finding]:
    """Make findings with one root cause."""
    return [
        replace(
            finding(
                "INVALID_CUSTOMER_REFERENCE",
                severity,
                description=f"Order o-{number} refers to a customer who does not exist",
                fields={"order_id": f"o-{number}", "customer_id": customer, "document_id": f"o-{number}"},
                money=("lost", Decimal(10)),
            ),
            cause=("customer_id",),
            when=f"2026-0{number % 9 + 1}",
        )
        for number in range(count)
    ]


def test_an_annotation_says_how_much_and_since_when_and_shows_one() -> None:
    made = reports.report(section(issues=[*orphans(3000), *orphans(2, "c-2")]))
    level, place, message = shown(made)[0]
    assert (level, place["file"]) == ("warning", "delivery.yml")
    assert place["title"] == "INVALID_CUSTOMER_REFERENCE: 3,002 findings in orders"
    assert message.split("\n")[:7] == [
        "Order o-0 refers to a customer who does not exist",
        "3,002 findings with 2 root causes",
        "Money at stake, lost: INR 30,020.00",
        "When: 2026-01 to 2026-09",
        'The worst cause, with 3,000 findings: {"customer_id":"c-1"}',
        'For example: {"order_id":"o-0","customer_id":"c-1","document_id":"o-0"}',
        message.split("\n")[6],
    ]


def test_github_is_given_no_more_than_it_shows() -> None:
    issues = [
        finding(f"{severity}_{number}", severity)
        for number in range(30)
        for severity in ("CRITICAL", "HIGH", "LOW")
    ]
    found = shown(reports.report(section(issues=issues)))
    levels = [level for level, _, _ in found]
    assert {level: levels.count(level) for level in levels} == {"error": 10, "warning": 10, "notice": 10}
    assert [message for _, place, message in found if place["title"] == "And more"] == [
        "21 more of this kind: see the summary of this step.",
        "21 more of this kind: see the summary of this step.",
        "22 more of this kind: see the summary of this step.",
    ]


def test_what_fails_the_run_is_an_error_and_stands_first() -> None:
    issues = [finding("OTHER", "CRITICAL"), finding("DOUBLE_BILLING", "MEDIUM")]
    found = shown(reports.report(section(issues=issues), failing=1))
    assert [(level, place["title"].split(":")[0]) for level, place, _ in found[:2]] == [
        ("error", "DOUBLE_BILLING"),
        ("error", "OTHER"),
    ]


def test_an_annotation_stands_at_the_line_of_the_check() -> None:
    check = Outcome("allowed-values orders.status", "BAD", Status.VIOLATED, 1, (), 77)
    one = replace(finding("BAD"), check=check.check)
    (_, place, _), *_ = shown(reports.report(section(issues=[one], outcomes=(check,))))
    assert place["line"] == "77"


def test_what_was_not_checked_is_a_warning_before_all_others() -> None:
    warnings = [message for level, _, message in shown(reports.mixed()) if level == "warning"]
    assert "the file ends in the middle of a document" in warnings[0]
    assert "collection users is not in the source" in warnings[1]


def test_a_clean_run_says_so() -> None:
    assert shown(reports.clean()) == [
        ("notice", {"title": "intact"}, "0 findings in 1,200 documents."),
    ]


def test_the_summary_has_the_totals_the_money_and_what_was_not_checked() -> None:
    page = "".join(summary(reports.mixed()))
    for line in (
        "| overcharged | INR 3,500.50 |",
        "| Billing integrity | 1 | not fully checked | 1 `DOUBLE_BILLING` |",
        "| Duplicates | 0 | checked | clean |",
        "### Not checked",
    ):
        assert line in page.split("\n")
    assert page.index("### Not checked") < page.index("### What is wrong, the worst first")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_summary_obeys_nothing_in_the_data(text: str) -> None:
    page = "".join(summary(hostile(text)))
    kinds = {
        child.type
        for token in MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(page)
        for child in (token, *(token.children or ()))
    }
    assert not kinds & {
        "html_inline",
        "html_block",
        "image",
        "link_open",
        "fence",
        "s_open",
        "em_open",
        "strong_open",
    }
    assert all(line.isprintable() for line in page.split("\n"))


def test_a_summary_of_many_causes_stays_small() -> None:
    issues = [each for number in range(2000) for each in orphans(2, f"c-{number}" * 100)]
    page = "".join(summary(reports.report(section(issues=issues))))
    assert len(page) < 100_000
    assert "and 1,970 more; the other forms" in page


def test_the_summary_is_added_to_the_file_that_github_names(tmp_path: Path, clean_dump: Path) -> None:
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    result = invoke(
        "check", str(clean_dump), "--as-of", AS_OF, "--format", "github", GITHUB_STEP_SUMMARY=str(page)
    )
    assert result.exit_code == 0, result.output
    assert page.read_text("utf-8").startswith("before\n## ")
    assert invoke("check", str(clean_dump), "-q", GITHUB_STEP_SUMMARY=str(page)).exit_code == 0
    assert page.read_text("utf-8").count("\n## ") == 1


def test_a_summary_that_cannot_be_written_is_said(tmp_path: Path, clean_dump: Path) -> None:
    result = invoke("check", str(clean_dump), "-q", "--format", "github", GITHUB_STEP_SUMMARY=str(tmp_path))
    assert result.exit_code == 2
    assert "GITHUB_STEP_SUMMARY" in result.stderr
