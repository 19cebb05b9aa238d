"""First seen is said where it says something: not where that is this run, nor where all were found on one day."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from lxml import html

from intact.findings import Report
from intact.findings.changes import Changes, StatusCounts
from intact.reporters import github
from tests.reporters import reports
from tests.reporters.readers import text_of, written

OLD, OLDER, NOW = reports.BEFORE, reports.LONG_AGO, reports.MOMENT
Life = tuple[str, datetime]


def _page(report: Report) -> str:
    """Give the words of the HTML page without its list, whose column of dates is there to be sorted."""
    page = html.fromstring(written("html", report))
    for each in page.xpath("//script | //style | //table[@id='list'] | //section[@id='changed']"):
        each.drop_tree()
    return str(page.text_content())


def _console(report: Report) -> str:
    return "".join(
        line for line in text_of("console", report).splitlines(keepends=True) if "AS BEFORE" not in line
    )


def _markdown(report: Report) -> str:
    return re.sub(r"findings? (?:is|are) as before, the oldest.*", "", text_of("markdown", report))


FORMS: dict[str, Callable[[Report], str]] = {
    "console": _console,
    "html": _page,
    "markdown": _markdown,
    "github": lambda report: text_of("github", report),
    "github summary": lambda report: "".join(github.summary(report)),
}


def report_of(*lives: Life, shared: bool = False) -> Report:
    """Make a report of findings of those lives, of one root cause or each of its own."""
    issues = [
        replace(
            reports.finding(
                "LOST", fields={"order_id": f"o-{at}", "customer_id": "c", "document_id": f"o-{at}"}
            ),
            status=status,
            first_seen=seen,
            since=seen,
            cause=("customer_id",) if shared else (),
        )
        for at, (status, seen) in enumerate(lives)
    ]
    turns = StatusCounts(
        new=sum(status == "new" for status, _ in lives),
        persisting=sum(status == "persisting" for status, _ in lives),
    )
    made = reports.report(reports.section(issues=issues))
    changes = Changes(OLD, turns.new, turns.persisting, 0, 0, by_report={"status": turns})
    return replace(made, changes=changes)


def days(form: str, report: Report) -> set[str]:
    """Give the days of finding that a form says."""
    return set(re.findall(r"2025-12-03|2026-01-3[01](?! 06:00)", FORMS[form](report)))


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_two_days_of_finding_are_said_in_every_form_for_people(form: str, shared: bool) -> None:
    report = report_of(("persisting", OLDER), ("persisting", OLD), ("new", NOW), shared=shared)
    assert "2025-12-03" in days(form, report)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_one_day_of_finding_is_said_beside_none_of_them(form: str, shared: bool) -> None:
    lives = ("persisting", OLDER), ("persisting", OLDER + timedelta(hours=3)), ("new", NOW)
    assert days(form, report_of(*lives, shared=shared)) == set()


@pytest.mark.parametrize("form", FORMS)
def test_the_day_of_the_run_itself_is_no_day_of_finding(form: str) -> None:
    text = FORMS[form](report_of(("new", NOW), ("persisting", NOW - timedelta(hours=2))))
    assert not re.search(r"(?i)(?:first seen|since|by the run of):? 2026-02-01", text)


def test_what_is_of_one_day_is_as_before_in_the_list_of_markdown() -> None:
    rows = text_of("markdown", report_of(("persisting", OLDER), ("new", NOW))).splitlines()
    cells = {row.split("|")[1].strip(" `"): row for row in rows if row.startswith("| `o-")}
    assert "| as before |" in cells["o-0"]
    assert "| new |" in cells["o-1"]
