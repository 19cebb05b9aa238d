"""The metrics, read by Prometheus' own parsers and held against what was planted."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from intact.findings import Outcome, Report, Status
from intact.operations.folder import Count, Folder, Listing, RunRecord, listing
from tests.folder.reading import words
from tests.folder.runs import FIRST, run
from tests.serve.conftest import Starter
from tests.serve.running import Served

text = pytest.importorskip("prometheus_client.parser", reason="the metrics: no prometheus-client")
openmetrics = pytest.importorskip("prometheus_client.openmetrics.parser")

from intact.operations.serve.metrics import AUDITS, LONGEST, SERIES, exposition  # noqa: E402 - needs it

OPEN = "application/openmetrics-text; version=1.0.0"
JOB = 'mongodb://db/"shop" by the model delivery'
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(content: bytes) -> Series:
    """Read metrics as Prometheus does; no series may be there twice."""
    found: Series = {}
    for family in text.text_string_to_metric_families(content.decode("utf-8")):
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def of(found: Series, name: str, **labels: str) -> list[float]:
    """Give the values of the series of that name that have these labels."""
    return [value for (each, given), value in found.items() if each == name and set(labels.items()) <= given]


def incomplete(report: Report) -> Report:
    reasons = ("the collection could not be read to its end",)
    outcome = Outcome("missing-link orders.subscription_id", "X", Status.NOT_EVALUATED, 0, reasons)
    first, *rest = report.sections
    return replace(report, sections=(replace(first, outcomes=(outcome,)), *rest))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of a shop, the last one incomplete, and one of a warehouse that only ever was."""
    place = tmp_path_factory.mktemp("metrics")
    kept = Folder(place)
    kept.keep(run(0, findings=9))
    kept.keep(replace(run(1, findings=3), failing=3))
    last = incomplete(run(2, findings=2, seconds=12.5))
    kept.keep(replace(last, headline=replace(last.headline, new=1, total_critical_issues=18)))
    kept.keep(incomplete(run(3, database="warehouse", findings=0)))
    for _ in range(2):
        kept.fail(kept.begin(JOB), "the server does not answer.", 2)
    return place


@pytest.fixture(scope="module")
def served(folder: Path, starter: Starter) -> Served:
    return starter(folder)


def test_they_say_what_the_last_run_found(served: Served) -> None:
    answer = served.ask("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = parsed(answer.body)
    shop = {"model": "delivery", "database": "shop", "reports": "billing,status"}
    assert of(
        found, "intact_findings", report="billing", type="UNBILLED_ORDER", severity="CRITICAL", **shop
    ) == [2]
    assert of(found, "intact_money_at_stake", kind="unbilled", currency="INR", **shop) == [200]
    assert of(found, "intact_last_run_documents_read", **shop) == [1200]
    assert of(found, "intact_last_run_duration_seconds", **shop) == [12.5]
    assert of(found, "intact_last_run_exit_code", **shop) == [3]
    assert of(found, "intact_last_run_complete", **shop) == [0]
    assert of(found, "intact_checks_not_evaluated", report="billing", **shop) == [1]
    assert of(found, "intact_checks_not_evaluated", report="status", **shop) == [0]
    assert of(found, "intact_last_run_total_critical_issues", **shop) == [18]
    assert of(found, "intact_last_run_new_findings", **shop) == [1]
    assert of(found, "intact_runs_kept") == [4]
    assert of(found, "intact_runs_damaged") == [0]


def test_the_last_good_run_is_the_last_that_could_check_everything(served: Served) -> None:
    before = time.time()
    found = parsed(served.ask("/metrics").body)
    good = (FIRST + timedelta(days=1)).timestamp()
    assert of(found, "intact_last_good_run_timestamp_seconds", database="shop") == [good]
    (age,) = of(found, "intact_last_good_run_age_seconds", database="shop")
    assert before - good - 1 <= age <= time.time() - good + 1
    last = (FIRST + timedelta(days=2)).timestamp()
    assert of(found, "intact_last_run_timestamp_seconds", database="shop") == [last]
    # Of the warehouse nobody knows of a good run: no series, rather than a number that calms.
    assert of(found, "intact_last_run_complete", database="warehouse") == [0]
    assert of(found, "intact_last_good_run_age_seconds", database="warehouse") == []


def test_a_job_that_fails_is_told_from_one_that_is_kept(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    place.keep(run(0), place.begin("good"))
    before = time.time()
    for _ in range(2):
        place.fail(place.begin("bad"), "the server does not answer.", 2)
    found = both(listing(tmp_path))
    assert of(found, "intact_runs_failed") == [2]
    assert of(found, "intact_job_failed_runs", job="good") == [0]
    assert of(found, "intact_job_failed_runs", job="bad") == [2]
    (last,) = of(found, "intact_job_last_failed_run_timestamp_seconds", job="bad")
    assert before <= last <= time.time()
    assert of(found, "intact_job_last_failed_run_timestamp_seconds", job="good") == []
    place.keep(run(1), place.begin("bad"))
    assert of(both(listing(tmp_path)), "intact_job_failed_runs") == [
        0
    ]  # both jobs are of one audit, which is named once


def test_a_run_of_a_clock_that_was_ahead_does_not_look_new_for_years(tmp_path: Path) -> None:
    Folder(tmp_path).keep(run(moment=datetime.now(UTC) + timedelta(days=3650)))
    assert of(both(listing(tmp_path)), "intact_last_good_run_age_seconds") == [float("inf")]


def test_a_clock_that_is_ahead_by_a_little_is_none(tmp_path: Path) -> None:
    Folder(tmp_path).keep(run(moment=datetime.now(UTC) + timedelta(minutes=2)))
    assert of(both(listing(tmp_path)), "intact_last_good_run_age_seconds") == [0]


def test_a_type_that_was_looked_for_and_not_found_is_zero(tmp_path: Path) -> None:
    kept = run(0, findings=0)
    first, *rest = kept.sections
    Folder(tmp_path).keep(replace(kept, sections=(replace(first, counts={"DOUBLE_BILLING": 0}), *rest)))
    found = parsed(exposition(listing(tmp_path), "")[0])
    assert of(found, "intact_findings", type="DOUBLE_BILLING") == [0]


def test_accepted_findings_count_and_are_counted_apart(tmp_path: Path) -> None:
    kept = run(0, findings=5)
    first, *rest = kept.sections
    Folder(tmp_path).keep(replace(kept, sections=(replace(first, accepted={"UNBILLED_ORDER": 2}), *rest)))
    found = parsed(exposition(listing(tmp_path), "")[0])
    assert of(found, "intact_findings", type="UNBILLED_ORDER") == [5]
    assert of(found, "intact_findings_accepted", report="billing") == [2]
    assert of(found, "intact_findings_accepted", report="status") == [0]
    assert "5 (2 accepted)" in words(tmp_path / "index.html")


def test_findings_beyond_what_a_report_lists_count(tmp_path: Path) -> None:
    kept = run(0, findings=2)
    first, *rest = kept.sections
    Folder(tmp_path).keep(replace(kept, sections=(replace(first, counts={"UNBILLED_ORDER": 50}), *rest)))
    found = parsed(exposition(listing(tmp_path), "")[0])
    assert of(found, "intact_findings", type="UNBILLED_ORDER", severity="CRITICAL") == [50]


def test_a_record_without_the_sum_of_the_model_has_no_series_of_it() -> None:
    found = both(Listing((made(), made(subject="other", total_critical_issues=0))))
    assert of(found, "intact_last_run_total_critical_issues") == [0]
    assert of(found, "intact_last_run_total_critical_issues", database="other") == [0]


def test_who_asks_for_openmetrics_gets_it(served: Served) -> None:
    answer = served.ask("/metrics", Accept=OPEN)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {each.name: each for each in openmetrics.text_string_to_metric_families(answer.body.decode())}
    assert [sample.value for sample in families["intact_findings"].samples if sample.value] == [2]


def made(**changes: Any) -> RunRecord:
    """Make a record as no run of ours would write it."""
    given: dict[str, Any] = {
        "name": "2026-01-05T060000Z",
        "ended": datetime(2026, 1, 5, tzinfo=UTC),
        "as_of": datetime(2026, 1, 5, tzinfo=UTC),
        "seconds": 1.0,
        "version": "1",
        "model": "m",
        "title": "M",
        "currency": None,
        "subject": "s",
        "reports": ("r",),
        "exit_code": 0,
        "complete": True,
        "failing": 0,
        "documents": 0,
        "affected": 0,
        "unchecked": {},
        "counts": (),
        "accepted": {},
        "money": {},
        "new": None,
        "resolved": None,
        "files": {},
    }
    return RunRecord(**{**given, **changes})


def both(found: Listing) -> Series:
    """Let both parsers read it."""
    open_text = exposition(found, OPEN)[0].decode("utf-8")
    assert sum(len(each.samples) for each in openmetrics.text_string_to_metric_families(open_text)) > 0
    return parsed(exposition(found, "")[0])


@pytest.mark.parametrize(
    "name",
    [
        'a"b',
        "a\\b",
        "a\nb",
        'x"} 1\nintact_findings{type="forged',
        "\x00\x1b[31m",
        "\ud800",
        "\u202e",
        "ünï 日本",
        "x" * 5000,
        "",
    ],
)
def test_names_of_all_kinds_break_out_of_nothing(name: str) -> None:
    count = Count(name, name, name, 7)
    record = made(
        model=name, subject=name, reports=(name,), counts=(count,), currency=name, money={name: Decimal(3)}
    )
    found = both(Listing((record,)))
    assert of(found, "intact_findings") == [7]
    assert of(found, "intact_money_at_stake") == [3]
    assert max(len(value) for _, labels in found for _, value in labels) <= LONGEST


def test_how_many_series_there_are_is_bounded_and_nothing_is_lost() -> None:
    counts = tuple(Count("r", f"TYPE_{number}", "HIGH", 2) for number in range(4000))
    runs = tuple(made(subject=f"s{number}", counts=counts if not number else ()) for number in range(200))
    found = both(Listing(runs))
    findings = of(found, "intact_findings")
    assert len(findings) == SERIES + 1
    assert sum(findings) == 8000
    assert of(found, "intact_findings", type="(others)") == [2 * (4000 - SERIES)]
    assert len(of(found, "intact_last_run_exit_code")) == AUDITS


def test_two_long_names_that_begin_alike_stay_two() -> None:
    runs = tuple(made(subject="s" * 300 + end, exit_code=1) for end in "ab")
    assert of(both(Listing(runs)), "intact_last_run_exit_code") == [1, 1]


@pytest.mark.parametrize(
    "amount", ["1E+6144", "-1E+6144", "1E-6176", "0.1", "123456789012345678901234567890.12"]
)
def test_amounts_of_all_sizes_are_numbers_to_prometheus(amount: str) -> None:
    found = both(Listing((made(money={"k": Decimal(amount)}),)))
    assert of(found, "intact_money_at_stake") == [float(Decimal(amount))]


def test_every_metric_that_the_page_names_exists(served: Served, page: Mapping[str, str]) -> None:
    found = {name for name, _ in parsed(served.ask("/metrics").body)}
    assert set(page) == found


@pytest.fixture
def page() -> dict[str, str]:
    """The table of metrics in the documentation."""
    lines = (Path(__file__).parents[2] / "docs" / "how-to" / "reports-folder.md").read_text().splitlines()
    rows = [line.split("|") for line in lines if line.startswith("| `intact_")]
    return {row[1].strip().strip("`"): row[2] for row in rows}


def test_the_record_says_the_same_as_the_report(folder: Path) -> None:
    for each in listing(folder).runs:
        report = json.loads((folder / each.name / "report.json").read_text())
        assert each.findings == sum(n for r in report["reports"].values() for n in r["counts"].values())
        assert each.exit_code == report["exit_code"]
