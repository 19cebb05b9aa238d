"""What could make the history say what is not so: overlapping runs, clocks that jump, models that change, bad bytes."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import intact
from intact.checks import KINDS
from intact.core.errors import HistoryError, UsageError
from intact.findings.records import Outcome, Report, Status
from intact.ledger.history import RunComparison, Store, compare, days, life, prune, runs
from intact.ledger.history.known import FEW
from intact.ledger.history.views import run_named
from intact.model import load
from intact.sources.base import Fault
from tests.reporters import reports
from tests.reporters.reports import finding, section
from tests.support.effort import share
from tests.support.memory import MemorySource

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the history is."""
    return tmp_path / "history.sqlite"


def part(name: str, found: dict[str, str], *, made: tuple[Outcome, ...] = ()) -> Any:
    """A report named so, with findings by id: the check of each."""
    issues = [
        replace(finding("BAD", report=name, fields={"order_id": key, "document_id": key}), check=check)
        for key, check in sorted(found.items())
    ]
    outcomes = made or (outcome("allowed-values orders.status"),)
    return section(name=name, issues=issues, outcomes=outcomes)


def outcome(check: str, type_: str = "BAD", *reasons: str) -> Outcome:
    return Outcome(check, type_, Status.NOT_EVALUATED if reasons else Status.VIOLATED, 0, reasons, 1)


def of(as_of: datetime, *parts: Any) -> Report:
    made = reports.report(*parts)
    return replace(made, run=replace(made.run, as_of=as_of))


def record(
    store: Store, now: datetime, report: Report, **more: Any
) -> tuple[Report, dict[str, str], RunComparison]:
    memory = RunComparison(store, "delivery", "shop", now, **more)
    noted = {
        str(each.fields["order_id"]): memory.note(each).status for s in report.sections for each in s.issues
    }
    return memory.record(report), noted, memory


STATUS = {"a": "allowed-values orders.status"}


# Runs that overlap, and clocks


def test_a_slow_run_of_one_report_is_recorded_though_a_run_of_another_began_later_and_ended_earlier(
    path: Path,
) -> None:
    with Store(path) as store:
        record(store, NOW + 6 * MINUTE, of(NOW + 5 * MINUTE, part("status", {})))
        slow, _, memory = record(store, NOW + 10 * MINUTE, of(NOW, part("billing", STATUS)))
        assert slow.changes is not None
        assert slow.changes.new == 1
        assert memory.notes == []
        assert len(runs(store)) == 2


def test_of_a_run_that_is_partly_about_the_past_the_rest_is_recorded(path: Path) -> None:
    with Store(path) as store:
        record(store, NOW + 6 * MINUTE, of(NOW + 5 * MINUTE, part("status", STATUS)))
        slow, _, memory = record(
            store, NOW + 10 * MINUTE, of(NOW, part("billing", {"b": STATUS["a"]}), part("status", {}))
        )
        assert slow.changes is not None
        assert (slow.changes.new, slow.changes.resolved) == (1, 0)
        assert slow.changes.by_report.keys() == {"billing"}
        (note,) = memory.notes
        assert "status" in note
        assert runs(store)[0].reports == ("billing",)
        _, noted, _ = record(store, NOW + 20 * MINUTE, of(NOW + 19 * MINUTE, part("status", STATUS)))
        assert noted == {"a": "persisting"}


def test_one_run_with_a_clock_that_was_years_ahead_does_not_end_the_history(path: Path) -> None:
    with Store(path) as store:
        ahead = NOW.replace(year=2031)
        record(store, ahead, of(ahead, part("status", {})))
        again, noted, memory = record(store, NOW, of(NOW, part("status", STATUS)))
        assert again.changes is not None
        assert noted == {"a": "new"}
        assert any("clock" in note for note in memory.notes)
        _, noted, _ = record(store, NOW + DAY, of(NOW + DAY, part("status", STATUS)))
        assert noted == {"a": "persisting"}


def test_two_runs_that_were_opened_at_the_same_moment_are_recorded_one_after_the_other(path: Path) -> None:
    with Store(path) as store:
        record(store, NOW, of(NOW, part("status", {})))
        memories = [RunComparison(store, "delivery", "shop", NOW + DAY) for _ in range(3)]
        for memory, found in zip(memories, (STATUS, {}, STATUS), strict=True):
            report = of(NOW + DAY, part("status", found))
            for each in report["status"].issues:
                memory.note(each)
            memory.record(report)
        moments = [run.ended for run in runs(store)]
        assert len(set(moments)) == 4
        _, noted, _ = record(store, NOW + 2 * DAY, of(NOW + 2 * DAY, part("status", STATUS)))
        assert noted == {"a": "persisting"}


@pytest.mark.parametrize("most", [0, 300_000])
def test_many_findings_have_the_past_that_each_of_them_has(
    path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Beyond a few hundred all answers are fetched at once, unless they are too many to be held."""
    monkeypatch.setattr("intact.ledger.history.known.MOST", most)
    every = {f"o-{number}": STATUS["a"] for number in range(3 * FEW)}
    odd = {name: check for name, check in every.items() if int(name[2:]) % 2}
    third = {name: check for name, check in every.items() if int(name[2:]) % 3 == 0}
    with Store(path) as store:
        for day, found in enumerate((odd, third)):
            record(store, NOW + day * DAY, of(NOW + day * DAY, part("status", found)))
        _, noted, memory = record(store, NOW + 2 * DAY, of(NOW + 2 * DAY, part("status", every)))
        expected = {
            name: "persisting" if name in third else "came back" if name in odd else "new" for name in every
        }
        assert noted == expected
        (one,) = part("status", {"o-1": STATUS["a"]}).issues
        assert (memory.note(one).first_seen, memory.note(one).since) == (NOW, NOW + 2 * DAY)


# What resolves, and what does not


def test_a_rule_that_was_evaluated_resolves_nothing_of_another_on_the_same_path(path: Path) -> None:
    both = (outcome("missing-link orders.customer"), outcome("missing-link orders.customer", "WORSE"))
    half = (both[0], outcome("missing-link orders.customer", "WORSE", "subscriptions was not read"))

    def made(day: int, outcomes: tuple[Outcome, ...], *names: str) -> Report:
        found = part("status", dict.fromkeys(names, "missing-link orders.customer"), made=outcomes)
        worse = [replace(each, type="WORSE") for each in found.issues]
        return of(NOW + day * DAY, replace(found, issues=worse))

    with Store(path) as store:
        record(store, NOW, made(0, both, "a"))
        cut, _, _ = record(store, NOW + DAY, made(1, half))
        assert cut.changes is not None
        assert cut.changes.resolved == 0
        _, noted, _ = record(store, NOW + 2 * DAY, made(2, both, "a"))
        assert noted == {"a": "persisting"}


def test_what_the_model_asks_for_no_longer_is_not_followed_and_not_called_resolved(path: Path) -> None:
    with Store(path) as store:
        record(store, NOW, of(NOW, part("status", {**STATUS, "b": "gone orders.status"})))
        after, _, memory = record(store, NOW + DAY, of(NOW + DAY, part("status", STATUS)))
        assert after.changes is not None
        assert after.changes.resolved == 0
        assert any("1 finding" in note and "model" in note for note in memory.notes)
        again, _, memory = record(store, NOW + 2 * DAY, of(NOW + 2 * DAY, part("status", STATUS)))
        assert memory.notes == []
        query = "SELECT count(*) FROM span WHERE until IS NULL"
        assert store.database.execute(query).fetchone() == (1,)
        assert again.changes is not None
        assert again.changes.persisting == 1


def test_a_report_that_the_model_has_no_longer_is_not_followed(path: Path) -> None:
    with Store(path) as store:
        record(store, NOW, of(NOW, part("old", STATUS)), reports=("old", "status"))
        _, _, memory = record(store, NOW + DAY, of(NOW + DAY, part("status", {})), reports=("old", "status"))
        assert memory.notes == []
        _, _, memory = record(
            store, NOW + 2 * DAY, of(NOW + 2 * DAY, part("status", {})), reports=("status",)
        )
        assert len(memory.notes) == 1
        query = "SELECT count(*) FROM span WHERE until IS NULL"
        assert store.database.execute(query).fetchone() == (0,)


def test_a_run_that_shows_personal_values_keeps_them_from_the_file_and_takes_no_words_from_it(
    path: Path,
) -> None:
    def made(day: int, said: str, amount: int, *, personal: bool) -> Report:
        found = part("status", STATUS)
        issues = [replace(found.issues[0], description=said, money=("lost", Decimal(amount)))]
        report = of(NOW + day * DAY, replace(found, issues=issues))
        return replace(report, run=replace(report.run, personal=personal))

    with Store(path) as store:
        record(store, NOW, made(0, "the order of ••••17", 1, personal=False))
        record(store, NOW + DAY, made(1, "the order of +91 98765 43217", 2, personal=True))
        rows = store.database.execute("SELECT description, money FROM finding").fetchall()
    assert rows == [("the order of ••••17", "2")]


# Comparing and pruning


@pytest.mark.parametrize("name", ["last-" + "9" * 30, "last-" + "9" * 5000, "last-0x1", "last--1"])
def test_a_run_that_there_is_not_is_a_sentence(path: Path, name: str) -> None:
    with Store(path) as store:
        record(store, NOW, of(NOW, part("status", {})))
        with pytest.raises(UsageError, match="there is no run"):
            run_named(store, name)


def test_the_run_before_the_last_is_of_the_same_audit(path: Path) -> None:
    with Store(path) as store:
        for day in range(3):
            record(store, NOW + day * DAY, of(NOW + day * DAY, part("status", STATUS if day else {})))
            memory = RunComparison(store, "delivery", "other", NOW + day * DAY + MINUTE)
            memory.record(of(NOW + day * DAY, part("status", {})))
        record(store, NOW + 9 * DAY, of(NOW + 9 * DAY, part("status", {})))
        last = run_named(store, "last")
        found = compare(store, run_named(store, "last-1", like=last), last)
        assert (found.appeared, found.vanished) == (0, 1)


def test_pruning_keeps_the_last_run_of_each_audit(path: Path) -> None:
    with Store(path) as store:
        for day in range(3):
            record(store, NOW + day * DAY, of(NOW + day * DAY, part("status", STATUS)))
        assert prune(store, keep_days=10, now=NOW + 100 * DAY) == (2, 0)
        after, _, _ = record(store, NOW + 101 * DAY, of(NOW + 101 * DAY, part("status", STATUS)))
        assert after.changes is not None
        assert after.changes.before == NOW + 2 * DAY


# What fails in recording changes nothing of the audit

SHOP: dict[str, list[dict[str, Any]]] = {
    "orders": [{"_id": n, "id": f"o-{n}", "status": "lost", "billed": True} for n in range(20)],
    **{
        name: []
        for name in ("customers_v2", "users", "subscriptions_v2", "delivery_statuses", "billing_records")
    },
}
LARGE = {
    **SHOP,
    "orders": [{"_id": n, "id": f"o-{n}", "status": "lost", "billed": True} for n in range(1_500)],
}


def test_a_full_disk_for_what_is_kept_until_it_is_recorded_does_not_fail_the_run(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Store.__init__

    def small(self: Store, *given: Any, **more: Any) -> None:
        made(self, *given, **more)
        self.database.execute("PRAGMA temp.max_page_count = 3")

    monkeypatch.setattr(Store, "__init__", small)
    report = intact.check(MemorySource(LARGE), model="delivery", as_of=NOW, history=path)
    assert verdict(report) == verdict(intact.check(MemorySource(LARGE), model="delivery", as_of=NOW))
    assert any("the disk is full" in note for note in report.run.notes)


class Clock(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        del tz
        return NOW


def test_whatever_is_damaged_in_the_file_the_audit_says_what_it_would_have_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes changed anywhere, also where SQLite does not notice: in JSON, in a number, in a moment."""
    monkeypatch.setattr("intact.ledger.history.recorder.datetime", Clock)
    chance = random.Random(11)
    with Store(path) as store:
        for day in range(8):
            names = {f"o-{day}-{number}": STATUS["a"] for number in range(8)}
            record(store, NOW + (day - 9) * DAY, of(NOW + (day - 9) * DAY, part("status", names)))
    sound = path.read_bytes()
    model = load("delivery", KINDS)
    expected = verdict(intact.check(MemorySource(SHOP), model=model, reports=["status"], as_of=NOW))
    for _ in range(share(150)):
        data = bytearray(sound)
        for _ in range(chance.choice([1, 3, 30])):
            data[chance.randrange(100, len(data))] = chance.choice([0, 255, chance.randrange(256), 34, 45])
        path.write_bytes(data)
        report = intact.check(MemorySource(SHOP), model=model, reports=["status"], as_of=NOW, history=path)
        assert verdict(report) == expected
        with contextlib.suppress(HistoryError, UsageError), Store(path) as store:
            look(store)


def look(store: Store) -> None:
    """Ask for all that a history can tell."""
    days(store)
    life(store, "000000")
    compare(store, run_named(store, "last-1"), run_named(store, "last"))
    prune(store, keep_days=3, now=NOW)


def verdict(report: Report) -> tuple[int, set[str], int]:
    found: set[str] = {each.fingerprint for section in report.sections for each in section.issues}
    return report.exit_code, found, report.failing


def test_an_incomplete_run_keeps_what_the_baseline_accepts_accepted(path: Path) -> None:
    with Store(path) as store:
        first = of(NOW, part("status", STATUS), part("billing", {"b": STATUS["a"]}))
        memory = RunComparison(store, "delivery", "shop", NOW)
        accepted = []
        for each in first.sections:
            for one in each.issues:
                memory.note(one)
                accepted.append((one.report, one.fingerprint))
        memory.record(first, accepted)
        record(store, NOW + DAY, of(NOW + DAY, part("status", {}, made=(outcome("c", "BAD", "cut"),))))
        query = "SELECT count(*) FROM finding WHERE accepted"
        assert store.database.execute(query).fetchone() == (2,)
        record(store, NOW + 2 * DAY, of(NOW + 2 * DAY, part("billing", {"b": STATUS["a"]})))
        assert store.database.execute(query).fetchone() == (1,)


def test_a_source_that_breaks_off_is_recorded_as_incomplete(path: Path) -> None:
    fault = Fault(None, "everything breaks off", "dump")
    intact.check(MemorySource(SHOP, faults=[fault]), model="delivery", as_of=NOW, history=path)
    with Store(path) as store:
        assert not runs(store)[0].complete
