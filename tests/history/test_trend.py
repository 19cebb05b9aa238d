"""The trend of a report: the last run of each day that made the same reports, with its true numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from intact.findings.changes import Changes, StatusCounts
from intact.findings.records import Report
from intact.ledger.history import RunComparison, Store
from tests.reporters import reports
from tests.reporters.reports import finding, section

BEGIN = datetime(2026, 1, 1, 6, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty history."""
    with Store(tmp_path / "history.sqlite") as opened:
        yield opened


def made(names: tuple[str, ...], high: int, low: int = 0, lost: str = "0") -> Report:
    """A report of these names, the first of which has so many findings."""
    issues = [
        finding(kind, severity, report=names[0], fields={"document_id": f"{kind}{number}"})
        for kind, severity, count in (("BAD", "HIGH", high), ("ODD", "LOW", low))
        for number in range(count)
    ]
    first, *rest = names
    return reports.report(
        section(first, issues=issues), *(section(name) for name in rest), money={"lost": Decimal(lost)}
    )


def record(store: Store, moment: datetime, report: Report) -> Changes:
    """Record a run; give what changed."""
    memory = RunComparison(store, "delivery", "shop", moment)
    for part in report.sections:
        for each in part.issues:
            memory.note(each)
    changes = memory.record(report).changes
    assert changes is not None
    return changes


def test_it_has_the_last_run_of_each_day(store: Store) -> None:
    for hour, high in enumerate([5, 6, 7]):
        record(store, BEGIN + timedelta(hours=hour), made(("status",), high, lost="10.25"))
    trend = record(store, BEGIN + timedelta(days=3), made(("status",), 2, 4, lost="7")).trend
    assert [(each.moment.date().isoformat(), dict(each.severities)) for each in trend] == [
        ("2026-01-01", {"HIGH": 7}),
        ("2026-01-04", {"HIGH": 2, "LOW": 4}),
    ]
    assert [each.counts for each in trend] == [{"status": {"BAD": 7}}, {"status": {"BAD": 2, "ODD": 4}}]
    assert [each.money for each in trend] == [{"lost": Decimal("10.25")}, {"lost": Decimal(7)}]


def test_a_run_of_other_reports_is_no_point_of_it(store: Store) -> None:
    record(store, BEGIN, made(("status", "billing"), 9))
    record(store, BEGIN + timedelta(days=1), made(("status",), 3))
    trend = record(store, BEGIN + timedelta(days=2), made(("billing", "status"), 8)).trend
    assert [dict(each.severities) for each in trend] == [{"HIGH": 9}, {"HIGH": 8}]


def test_a_day_without_findings_is_a_point_too(store: Store) -> None:
    for day, high in enumerate([3, 0, 1]):
        trend = record(store, BEGIN + timedelta(days=day), made(("status",), high)).trend
    assert [each.counts for each in trend] == [{"status": {"BAD": 3}}, {}, {"status": {"BAD": 1}}]


def test_it_ends_after_ninety_days(store: Store) -> None:
    for day in range(95):
        trend = record(store, BEGIN + timedelta(days=day), made(("status",), 1)).trend
    assert len(trend) == 90
    assert trend[0].moment == BEGIN + timedelta(days=5)


def test_a_run_that_could_not_check_everything_is_marked(store: Store) -> None:
    record(store, BEGIN, replace(made(("status",), 3), troubles_total=1))
    trend = record(store, BEGIN + timedelta(days=1), made(("status",), 3)).trend
    assert [each.complete for each in trend] == [False, True]


def test_each_report_has_its_own_numbers(store: Store) -> None:
    two = reports.report(
        section("status", [finding("BAD", fields={"document_id": "a"})]),
        section("billing", [finding("BAD", report="billing", fields={"document_id": "b"})]),
    )
    record(store, BEGIN, two)
    more = [finding("BAD", fields={"document_id": name}) for name in ("a", "c")]
    changes = record(
        store, BEGIN + timedelta(days=1), reports.report(section("status", more), two["billing"])
    )
    assert changes.by_report == {
        "status": StatusCounts(new=1, persisting=1),
        "billing": StatusCounts(new=0, persisting=1),
    }
