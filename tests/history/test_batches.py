"""What the history says is the same however many findings are asked for, or written, together."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from intact.findings.records import Finding, Outcome, Report, Status
from intact.ledger.history import RunComparison, Store, compare, days, life, prune, runs
from tests.reporters import reports
from tests.reporters.reports import finding, section

DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 1, 6, tzinfo=UTC)
CHECK = "allowed-values orders.status"
AUDITS = (("delivery", "shop"), ("delivery", "copy"), ("mine", "shop"))
REPORTS = ("billing", "status")

Audit = tuple[str, str]
Names = Mapping[str, set[str]]
"""Which orders each report finds."""


def one(report: str, name: str) -> Finding:
    """A finding: in every audit it has the same fingerprint."""
    found = finding("BAD", report=report, fields={"order_id": name, "document_id": name})
    return replace(found, check=CHECK)


def made(found: Names) -> Report:
    sections = []
    for report, names in found.items():
        status = Status.VIOLATED if names else Status.CLEAN
        issues = [one(report, name) for name in sorted(names)]
        outcome = Outcome(CHECK, "BAD", status, len(issues), (), 1)
        sections.append(section(name=report, issues=issues, outcomes=(outcome,)))
    return reports.report(*sections)


@dataclass
class Account:
    """When each finding was there, kept as plainly as can be: the moments of every run that found it, and of all."""

    runs: list[tuple[datetime, Names]] = field(default_factory=list)

    def spans(self, report: str, name: str) -> list[tuple[datetime, datetime | None]]:
        """From when until when it was there."""
        found: list[tuple[datetime, datetime | None]] = []
        there = False
        for moment, names in self.runs:
            if name in names[report] and not there:
                found.append((moment, None))
            elif there and name not in names[report]:
                found[-1] = (found[-1][0], moment)
            there = name in names[report]
        return found

    def past(self, report: str, name: str, now: datetime) -> tuple[str, datetime, datetime]:
        """Status, first found and since when, for one that a run of now finds."""
        spans = self.spans(report, name)
        if not spans:
            return "new", now, now
        since, until = spans[-1]
        return ("persisting", spans[0][0], since) if until is None else ("came back", spans[0][0], now)


def record(
    store: Store, audit: Audit, now: datetime, found: Names, accepted: Sequence[tuple[str, str]]
) -> Any:
    """Record a run; give status, first found and since when of each finding, and the report."""
    memory = RunComparison(store, *audit, now)
    report = made(found)
    noted = {}
    for each in (each for part in report.sections for each in part.issues):
        said = memory.note(each)
        noted[each.report, str(each.fields["order_id"])] = said.status, said.first_seen, said.since
    marks = [(report, one(report, name).fingerprint) for report, name in accepted]
    return noted, memory.record(report, marks)


def story(seed: int) -> Iterator[tuple[Audit, datetime, Names, list[tuple[str, str]]]]:
    """Runs of each audit in turn, of findings that go, come back and stay; some are accepted."""
    chance = random.Random(seed)
    names = [f"o-{number}" for number in range(7)]
    there = {audit: {report: set[str]() for report in REPORTS} for audit in AUDITS}
    for at in range(30):
        audit = AUDITS[at % len(AUDITS)]
        for found in there[audit].values():
            found ^= {name for name in names if chance.random() < 0.3}
        now = {report: set(found) for report, found in there[audit].items()}
        agreed = [(report, name) for report in REPORTS for name in names if chance.random() < 0.4]
        yield audit, BEGIN + at * DAY, now, agreed


def accepted_now(store: Store, audit: Audit) -> set[tuple[str, bytes]]:
    rows = store.database.execute(
        "SELECT report, fingerprint FROM finding WHERE accepted"
        " AND audit = (SELECT id FROM audit WHERE model = ? AND subject = ?)",
        audit,
    )
    return set(rows.fetchall())


def check_run(account: Account, before: Account, now: datetime, noted: Any, report: Report) -> None:
    """Hold a recorded run against the account."""
    found = {(part, name) for part in REPORTS for name in account.runs[-1][1][part]}
    assert noted == {each: before.past(*each, now) for each in found}
    gone = {
        (part, one(part, name).fingerprint, before.spans(part, name)[0][0])
        for part in REPORTS
        for name in (before.runs[-1][1][part] if before.runs else ())
        if (part, name) not in found
    }
    assert report.changes is not None
    assert {(each.report, each.fingerprint, each.first_seen) for each in report.changes.gone} == gone
    assert report.changes.before == (before.runs[-1][0] if before.runs else None)
    assert [each.moment for each in report.changes.trend] == [moment for moment, _ in account.runs]
    said = [status for status, _, _ in noted.values()]
    assert (report.changes.new, report.changes.persisting, report.changes.came_back, report.changes.resolved) == (
        *(said.count(status) for status in ("new", "persisting", "came back")),
        len(gone),
    )  # fmt: skip


@pytest.mark.parametrize("together", [1, 2, 3, 500])
@pytest.mark.parametrize("most", [2, 300_000])
def test_each_audit_in_one_history_has_its_own_past_however_many_findings_are_asked_for_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int, most: int
) -> None:
    monkeypatch.setattr("intact.ledger.history.known.FEW", together)
    monkeypatch.setattr("intact.ledger.history.known.MOST", most)
    monkeypatch.setattr("intact.ledger.history.comparison._AT_ONCE", together)
    accounts = {audit: Account() for audit in AUDITS}
    agreed: dict[Audit, dict[tuple[str, str], bool]] = {audit: {} for audit in AUDITS}
    with Store(tmp_path / "history.sqlite") as store:
        for audit, now, found, accepted in story(together):
            account = accounts[audit]
            noted, report = record(store, audit, now, found, accepted)
            before = Account(list(account.runs))
            account.runs.append((now, found))
            check_run(account, before, now, noted, report)
            agreed[audit] |= {
                each: each in accepted for each in noted
            }  # of what is not found nothing new is known
            assert accepted_now(store, audit) == {
                (part, bytes.fromhex(one(part, name).fingerprint))
                for (part, name), is_accepted in agreed[audit].items()
                if is_accepted
            }
        whole_history(store, accounts)


def whole_history(store: Store, accounts: Mapping[Audit, Account]) -> None:
    """Hold what is told of a history against the accounts."""
    names = {name for account in accounts.values() for _, found in account.runs for name in found["status"]}
    for report in REPORTS:
        for name in names:
            told = {
                (each.model, each.subject): list(each.spans)
                for each in life(store, one(report, name).fingerprint)
                if each.report == report
            }
            spans = {audit: account.spans(report, name) for audit, account in accounts.items()}
            assert told == {audit: each for audit, each in spans.items() if each}
    for audit, account in accounts.items():
        recorded = runs(store, model=audit[0], subject=audit[1])[::-1]
        assert [each.ended for each in recorded] == [moment for moment, _ in account.runs]
        totals = {
            (each.day, each.report): each.count for each in days(store, model=audit[0], subject=audit[1])
        }
        assert totals == {
            (moment.date().isoformat(), report): len(found[report])
            for moment, found in account.runs
            for report in REPORTS
            if found[report]
        }


def test_two_runs_are_compared_by_the_findings_of_their_own_audit_alone(tmp_path: Path) -> None:
    accounts = {audit: Account() for audit in AUDITS}
    with Store(tmp_path / "history.sqlite") as store:
        for audit, now, found, _ in story(8):
            record(store, audit, now, found, [])
            accounts[audit].runs.append((now, found))
        for (model, subject), account in accounts.items():
            recorded = runs(store, model=model, subject=subject)[::-1]
            marks = [
                {(part, one(part, name).fingerprint) for part, names in found.items() for name in names}
                for _, found in account.runs
            ]
            for earlier in range(len(recorded)):
                for later in range(earlier, len(recorded)):
                    told = compare(store, recorded[earlier], recorded[later])
                    before, after = marks[earlier], marks[later]
                    assert listed(told.appeared_listed) == after - before
                    assert listed(told.vanished_listed) == before - after
                    counts = len(after - before), len(before - after), len(after & before)
                    assert (told.appeared, told.vanished, told.both) == counts


def listed(found: Sequence[Any]) -> set[tuple[str, str]]:
    marks = [(each.report, each.fingerprint) for each in found]
    assert len(set(marks)) == len(marks)
    return set(marks)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_comparison_counts_all_and_lists_as_many_as_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("intact.ledger.history.views.LISTED", most)
    monkeypatch.setattr("intact.ledger.history.comparison.LISTED", most)
    every = {f"o-{number}" for number in range(5)}
    with Store(tmp_path / "history.sqlite") as store:
        record(store, AUDITS[0], BEGIN, {"status": every}, [])
        _, report = record(store, AUDITS[0], BEGIN + DAY, {"status": {"x"}}, [])
        assert (report.changes.resolved, len(report.changes.gone)) == (5, most)
        later, earlier = runs(store)
        told = compare(store, later, earlier)
        assert (told.appeared, len(told.appeared_listed)) == (1, 1)
        assert (told.vanished, len(told.vanished_listed)) == (5, most)


def test_pruning_one_audit_s_past_leaves_the_same_findings_of_another_alone(tmp_path: Path) -> None:
    shop, copy, _ = AUDITS
    with Store(tmp_path / "history.sqlite") as store:
        for day, found in enumerate(({"a", "b"}, {"b"}, {"a", "b"}, {"b"})):
            record(store, shop, BEGIN + day * DAY, {"status": found}, [])
        for day, found in enumerate(({"a", "b"}, {"a"})):
            record(store, copy, BEGIN + (day + 50) * DAY, {"status": found}, [])
        # 30 days before day 60: of shop all runs but the last, and "a", which was resolved on day 3.
        assert prune(store, keep_days=30, now=BEGIN + 60 * DAY) == (3, 1)
        assert [(each.subject, each.ended) for each in runs(store)] == [
            ("copy", BEGIN + 51 * DAY),
            ("copy", BEGIN + 50 * DAY),
            ("shop", BEGIN + 3 * DAY),
        ]
        noted, _ = record(store, shop, BEGIN + 61 * DAY, {"status": {"a", "b"}}, [])
        assert {name: past[0] for (_, name), past in noted.items()} == {"a": "new", "b": "persisting"}
        noted, _ = record(store, copy, BEGIN + 61 * DAY, {"status": {"a", "b"}}, [])
        assert {name: past[:2] for (_, name), past in noted.items()} == {
            "a": ("persisting", BEGIN + 50 * DAY),
            "b": ("came back", BEGIN + 50 * DAY),
        }


@pytest.mark.parametrize(
    "changed",
    [
        {"severity": "LOW"},
        {"type": "WORSE"},
        {"check": "allowed-values orders.state"},
        {"money": ("unbilled", Decimal(5))},
    ],
    ids="".join,
)
def test_a_finding_is_kept_as_the_last_run_told_it(tmp_path: Path, changed: dict[str, Any]) -> None:
    first = replace(finding("BAD", money=("unbilled", Decimal(3))), check=CHECK)
    second = replace(first, **changed)
    with Store(tmp_path / "history.sqlite") as store:
        for day, found in enumerate((first, second)):
            status = Outcome(CHECK, "BAD", Status.VIOLATED, 1, (), 1)
            report = reports.report(section(issues=[found], outcomes=(status,)))
            memory = RunComparison(store, *AUDITS[0], BEGIN + day * DAY)
            memory.note(found)
            memory.record(report)
            rows = store.database.execute(
                "SELECT type, severity, check_, money_kind, money FROM finding"
            ).fetchall()
            assert [tuple(map(str, row)) for row in rows] == [
                (found.type, found.severity, found.check, *map(str, found.money or ()))
            ]
