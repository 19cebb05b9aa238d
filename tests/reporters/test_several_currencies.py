"""What a page and the console say of amounts in several currencies, and of how much was judged."""

from __future__ import annotations

import re

import pytest

from intact.findings import Outcome, Report, Status
from intact.reporters.console_words import cause_examples
from intact.reporters.html_report.survey import PageSurvey
from tests.checks.test_item_currencies import audit, bill, shop
from tests.reporters import reports
from tests.reporters.test_html import Parsed, page_of, rows_of


@pytest.fixture(scope="module")
def report() -> Report:
    bills = [
        bill(1, (10, "EUR"), (7, "US_D"), sub="gone"),
        bill(2, (5, "EUR"), sub="gone", month="2026-02"),
        bill(3, (1, "CHF")),
    ]
    return audit(shop(bills))


def test_a_row_of_the_list_says_in_which_currency_its_amount_is(report: Report) -> None:
    page = page_of(report)
    stakes = re.findall(r'class="c-stake"><span class="amount">([^<]*)<', page)
    assert sorted(stakes) == ["CHF 1.00", "EUR 10.00", "EUR 5.00", "US_D 7.00"]
    rows, shared = rows_of(report)
    kinds = [shared["kinds"][row[1]] for row in rows]
    assert {(kind[9], kind[10]) for kind in kinds} == {
        ("stray_EUR", "EUR"),
        ("stray_US-D", "US_D"),
        ("overbilled_CHF", "CHF"),
    }


def test_the_money_by_month_in_several_currencies_is_a_figure_with_its_numbers_and_no_drawing() -> None:
    page = page_of(audit(shop([bill(1, (10, "EUR"), (7, "INR")), bill(2, (10, "EUR"), (7, "INR"))])))
    assert "<figure><figcaption>Money at stake by month</figcaption><details>" in page
    assert "Overcharged EUR" in page
    assert "Overcharged INR" in page


def test_the_table_of_reports_says_how_much_the_check_judged_that_judged_the_least() -> None:
    judged = ((10, 10), (34_897, 0), (34_897, 34_897), (None, None))
    outcomes = tuple(
        Outcome(f"rule {at}", "X", Status.CLEAN, 0, documents=documents, values=values)
        for at, (documents, values) in enumerate(judged)
    )
    table = re.search(
        r'<nav class="reports".*?</nav>', page_of(reports.report(reports.section(outcomes=outcomes)))
    )
    assert table
    assert Parsed(table[0]).text.endswith(
        "Result Least judged Status consistency weekly 0 0 0 Clean 0 of 34,897"
    )


def test_a_document_with_findings_in_two_currencies_is_named_once_among_the_examples(report: Report) -> None:
    (cause,) = (
        cause
        for section in PageSurvey(report).sections
        for tally in section.types
        for cause in tally.causes
        if len(cause.examples) == 3
    )
    assert cause_examples(cause, 80) == "such as bill 1, 2"
