"""Accepted findings fail no run, are counted, and fire again when they should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import intact
from intact.core.errors import BaselineError
from intact.findings.document import plain_document
from intact.findings.records import Finding, Report
from intact.findings.schema import json_schema
from intact.sources.base import Fault
from tests.run.world import AS_OF, Data, bill, clean, delivery
from tests.support.memory import MemorySource

TODAY = datetime.now(UTC).date()
LATER = TODAY + timedelta(days=90)
YESTERDAY = TODAY - timedelta(days=1)
LONG_AGO = "2020-01-01"

DOUBLE: Data = {**clean(), "billing_records": [bill(1), bill(2)]}
PHANTOMS: Data = {
    **clean(),
    "delivery_statuses": [delivery(1), delivery(2, order_id=None), delivery(3, order_id=None)],
}
Write = Callable[..., Path]


def audit(data: Data, **options: Any) -> Report:
    """Audit documents in memory."""
    return intact.check(MemorySource(data), **{"model": "delivery", "as_of": AS_OF, **options})


def findings(report: Report) -> list[Finding]:
    """All findings."""
    return [each for section in report.sections for each in section.issues]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a baseline by hand: a block an entry, of a finding's fingerprint or of a type."""

    def written(*entries: str) -> Path:
        path = tmp_path / "intact.baseline"
        path.write_text("\n".join(entries), encoding="utf-8")
        return path

    return written


def one(found: Finding, *more: str, expires: object = LATER, accepted: str = LONG_AGO) -> str:
    """An entry for one finding."""
    lines = [f"[finding {found.fingerprint}]", f"type: {found.type}", "reason: why", "owner: me"]
    return "\n".join([*lines, f"accepted: {accepted}", f"expires: {expires}", *more, ""])


def rule(type_: str, *more: str, expires: object = LATER) -> str:
    """An entry for all of a type."""
    lines = [f"[rule {type_}]", "reason: why", "owner: me", f"accepted: {LONG_AGO}", f"expires: {expires}"]
    return "\n".join([*lines, *more, ""])


def test_an_accepted_finding_fails_no_run_and_is_still_there(write: Write) -> None:
    before = audit(DOUBLE)
    (double,) = findings(before)
    report = audit(DOUBLE, baseline=write(one(double, "money: overcharged 50")))
    assert (before.exit_code, report.exit_code) == (1, 0)
    assert (report.failing, report.accepted) == (0, 1)
    assert report["billing"].accepted == {"DOUBLE_BILLING": 1}
    assert report.headline.total_critical_issues == before.headline.total_critical_issues == 1
    assert report.headline.money_at_stake == before.headline.money_at_stake
    (found,) = findings(report)
    assert found.accepted is not None
    assert (found.accepted.reason, found.accepted.owner, found.accepted.line) == ("why", "me", 1)
    assert found.fingerprint == double.fingerprint


def test_another_finding_of_the_type_still_fails(write: Write) -> None:
    first, second = findings(audit(PHANTOMS, reports=["phantom_deliveries"]))
    report = audit(PHANTOMS, reports=["phantom_deliveries"], baseline=write(one(first)))
    assert (report.failing, report.accepted, report.exit_code) == (1, 1, 1)
    assert [each.fingerprint for each in findings(report) if each.accepted is None] == [second.fingerprint]


def test_an_entry_holds_through_its_last_day_and_not_after(write: Write) -> None:
    (double,) = findings(audit(DOUBLE))
    for expires, failing in ((LATER, 0), (TODAY + timedelta(days=1), 0), (YESTERDAY, 1)):
        report = audit(DOUBLE, baseline=write(one(double, "money: any", expires=expires)))
        assert report.failing == failing
    assert report.baseline is not None
    (lapsed,) = report.baseline.lapsed
    assert (lapsed.line, lapsed.findings) == (1, 1)
    assert lapsed.why == f"it expired on {YESTERDAY}"
    assert any(lapsed.why in note for note in report.run.notes)


@pytest.mark.parametrize(
    ("money", "failing"),
    [
        ("money: overcharged 50", 0),
        ("money: overcharged 50.00", 0),
        ("money: overcharged 1000", 0),
        ("money: any", 0),
        ("money: overcharged 49.99", 1),
        ("money: unbilled 1000", 1),
        ("", 1),
    ],
)
def test_a_finding_whose_money_has_grown_fires_again(write: Write, money: str, failing: int) -> None:
    (double,) = findings(audit(DOUBLE))
    assert double.money == ("overcharged", Decimal(50))
    report = audit(DOUBLE, baseline=write(one(double, money)))
    assert report.failing == failing
    assert report.baseline is not None
    assert [each.why for each in report.baseline.lapsed if "has grown to INR 50.00" not in each.why] == []


def test_what_was_resolved_and_came_back_fires_and_goes_on_firing(write: Write, tmp_path: Path) -> None:
    (first, _) = findings(audit(PHANTOMS, reports=["phantom_deliveries"]))
    options: dict[str, Any] = {"reports": ["phantom_deliveries"], "history": tmp_path / "h.sqlite"}
    options["baseline"] = write(one(first), rule("PHANTOM_DELIVERY_NO_ORDER"))
    world = [PHANTOMS, PHANTOMS, clean(), PHANTOMS, PHANTOMS]
    failing = [audit(data, **options).failing for data in world]
    assert failing == [0, 0, 0, 2, 2]
    again = datetime.now(UTC).isoformat()
    options["baseline"] = write(one(first, accepted=again))
    assert audit(PHANTOMS, **options).failing == 1  # accepted anew, after it came back


def test_a_rule_accepts_what_meets_its_conditions_also_later(write: Write) -> None:
    statuses = [delivery(1), delivery(2, order_id=None), delivery(3, order_id=None, customer_id="c2")]
    data = {**clean(), "delivery_statuses": statuses}
    options: dict[str, Any] = {"reports": ["phantom_deliveries"]}
    path = write(rule("PHANTOM_DELIVERY_NO_ORDER", 'where: customer_id = "c1"', "where: severity = CRITICAL"))
    assert audit(data, baseline=path, **options).accepted == 1
    more = {**data, "delivery_statuses": [*statuses, delivery(4, order_id=None)]}
    report = audit(more, baseline=path, **options)
    assert (report.accepted, report.failing) == (2, 1)
    wrong = write(rule("PHANTOM_DELIVERY_NO_ORDER", "where: no_such_field = null"))
    assert audit(data, baseline=wrong, **options).accepted == 0


def test_a_rule_allows_so_much_money_in_all(write: Write) -> None:
    two = [bill(1), bill(2), bill(3, period_date="2026-02"), bill(4, period_date="2026-02")]
    data = {**clean(), "billing_records": two}
    for allowed, failing in ((100, 0), ("99.99", 2)):
        path = write(rule("DOUBLE_BILLING", f"money: overcharged {allowed}"))
        report = audit(data, baseline=path, fail_on=["DOUBLE_BILLING"])
        assert report["billing"].counts["DOUBLE_BILLING"] == 2
        assert (report.failing, report.accepted) == (failing, 2 - failing)
        doubles = [each for each in findings(report) if each.type == "DOUBLE_BILLING"]
        assert [each.accepted is None for each in doubles] == [bool(failing)] * 2


def test_of_duplicates_the_stricter_counts(write: Write) -> None:
    (double,) = findings(audit(DOUBLE))
    entries = one(double, "money: any"), one(double, "money: overcharged 10")
    for path in (write(*entries), write(*reversed(entries))):
        report = audit(DOUBLE, baseline=path)
        assert report.failing == 1
        assert report.baseline is not None
        assert len(report.baseline.doubts) == 1


def test_entries_that_match_nothing_are_named_where_that_is_certain(write: Write) -> None:
    (double,) = findings(audit(DOUBLE))
    path = write(one(double), rule("INVALID_ORDER_STATUS", "where: status = old"), rule("DOUBLE_BILING"))
    report = audit(clean(), baseline=path)
    assert report.baseline is not None
    assert [(each.line, each.why) for each in report.baseline.idle] == [
        (1, "it matches nothing any more"),
        (8, "it matches nothing any more"),
        (15, "the model has no such finding type (did you mean 'DOUBLE_BILLING'?)"),
    ]
    assert sum(note.endswith("matches nothing any more.") for note in report.run.notes) == 2

    missing = {name: documents for name, documents in clean().items() if name != "billing_records"}
    for partly in (audit(missing, baseline=path), audit(clean(), baseline=path, reports=["status"])):
        assert partly.baseline is not None
        assert 1 not in [each.line for each in partly.baseline.idle]


def test_a_broken_document_may_be_the_one_that_is_accepted(write: Write) -> None:
    (double,) = findings(audit(DOUBLE))
    fault = Fault("billing_records", "a document is broken", "byte 5", documents=1)
    source = MemorySource(clean(), faults=[fault])
    report = intact.check(source, model="delivery", as_of=AS_OF, baseline=write(one(double)))
    assert report.baseline is not None
    assert report.baseline.idle == ()


def test_a_limit_hides_no_acceptance(write: Write) -> None:
    path = write(rule("PHANTOM_DELIVERY_NO_ORDER"))
    report = audit(PHANTOMS, baseline=path, reports=["phantom_deliveries"], limit=1)
    assert (report.accepted, report.failing) == (2, 0)


def test_a_finding_in_two_reports_is_accepted_in_both_or_none(write: Write) -> None:
    data = {**clean(), "delivery_statuses": [delivery(1, order_id=None, status="delivered")]}
    found = findings(audit(data))
    report = audit(data, baseline=write(*(one(each) for each in {f.fingerprint: f for f in found}.values())))
    assert report.accepted == len(found)
    assert report.failing == 0


def test_a_file_that_cannot_be_understood_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "b"
    path.write_text("<<<<<<< ours\n")
    with pytest.raises(BaselineError, match="line 1: here is a merge conflict"):
        intact.check("/there/is/no/such/dump", model="delivery", baseline=path)


def test_the_json_report_says_what_is_accepted_and_why(write: Write) -> None:
    (double,) = findings(audit(DOUBLE))
    report = audit(DOUBLE, baseline=write(one(double, "money: any")), fail_on=["DOUBLE_BILLING>0", "LOW>3"])
    document: Any = plain_document(report.to_dict())
    jsonschema.Draft202012Validator(json_schema()).validate(document)
    assert (document["accepted"], document["failing"]) == (1, 0)
    (issue,) = document["reports"]["billing"]["issues"]
    assert issue["meta"]["accepted"] == {
        "reason": "why",
        "owner": "me",
        "until": LATER.isoformat(),
        "line": 1,
    }
