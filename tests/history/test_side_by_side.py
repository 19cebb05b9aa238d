"""Runs that are made side by side tell what is new as if they had been made one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import intact
from intact.findings import Report
from intact.ledger.history import RunComparison, Store
from intact.ledger.history.comparison import MovedError
from tests.history.test_history import made
from tests.recheck.changing import ChangingSource
from tests.support.memory import MemorySource
from tests.support.small import AS_OF, MODEL, PHANTOM, SECOND_BILL, found, small

DATA = {"delivery_statuses": [PHANTOM], "billing_records": [SECOND_BILL]}


def statuses(report: Report) -> set[str | None]:
    return {each.status for each in found(report)}


def source(*, live: bool) -> Any:
    data = small(**DATA)
    return ChangingSource(data) if live else MemorySource(data)


@pytest.mark.parametrize("live", [False, True], ids=["dump", "server"])
def test_of_two_first_runs_side_by_side_only_one_calls_its_findings_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, live: bool
) -> None:
    """The second is recorded while the first, which began before it, has its report nearly made."""
    options: dict[str, Any] = {"model": MODEL, "as_of": AS_OF, "history": tmp_path / "history.sqlite"}
    others: list[Report] = []
    record = RunComparison.record

    def late(self: RunComparison, report: Report, *arguments: Any, **more: Any) -> Report:
        if not others:
            others.append(report)  # one is enough, and this is called by the other run, too
            others[0] = intact.check(source(live=live), **options)
        return record(self, report, *arguments, **more)

    monkeypatch.setattr(RunComparison, "record", late)
    report = intact.check(source(live=live), fail_on=["new:LOW"], **options)
    assert statuses(others[0]) == {"new"}
    assert statuses(report) == {"persisting"}
    assert report.changes is not None
    assert (report.changes.new, report.changes.persisting) == (0, len(found(report)))
    assert report.exit_code == 0
    assert {len(found(others[0])), report.changes.persisting} == {len(found(report))}


def test_runs_that_always_come_between_do_not_keep_a_run_from_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"model": MODEL, "as_of": AS_OF, "history": tmp_path / "history.sqlite"}
    record = RunComparison.record
    inside: list[int] = []

    def late(self: RunComparison, report: Report, *arguments: Any, **more: Any) -> Report:
        if not inside:
            inside.append(1)
            intact.check(MemorySource(small(**DATA)), **options)
            inside.clear()
        return record(self, report, *arguments, **more)

    monkeypatch.setattr(RunComparison, "record", late)
    report = intact.check(MemorySource(small(**DATA)), **options)
    assert report.changes is not None
    with Store(options["history"]) as store:
        ((runs,),) = store.database.execute("SELECT count(*) FROM run")
    assert runs == 5


def test_a_run_of_another_audit_changes_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "h.sqlite") as store:
        mine = RunComparison(store, "delivery", "shop", AS_OF)
        for model, subject in (("delivery", "other"), ("other", "shop")):
            RunComparison(store, model, subject, AS_OF).record(made({"a"}))
        assert mine.record(made({"b"}), asks_again=True).changes
        late = RunComparison(store, "delivery", "shop", AS_OF)
        RunComparison(store, "delivery", "shop", AS_OF).record(made({"b"}))
        with pytest.raises(MovedError):
            late.record(made({"b"}), asks_again=True)
