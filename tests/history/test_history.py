"""The history says what is new, what persists since when, what is resolved, and what came back."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import intact
from intact.core.errors import HistoryError, UsageError
from intact.findings.records import Outcome, Report, Status
from intact.ledger.history import RunComparison, Store, compare, days, life, prune, runs
from intact.ledger.history.views import run_named
from intact.sources.base import Fault
from tests.reporters import reports
from tests.reporters.reports import finding, section
from tests.support.memory import MemorySource

DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 1, 6, tzinfo=UTC)
CHECK = "allowed-values orders.status"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the history is."""
    return tmp_path / "state" / "history.sqlite"


def made(names: set[str], *, reasons: tuple[str, ...] = (), report: str = "status") -> Report:
    """A report of one check that found these orders."""
    issues = [
        replace(finding("BAD", report=report, fields={"order_id": name, "document_id": name}), check=CHECK)
        for name in sorted(names)
    ]
    status = Status.VIOLATED if names else Status.CLEAN
    outcome = Outcome(CHECK, "BAD", status, len(issues), reasons, 1)
    return reports.report(section(name=report, issues=issues, outcomes=(outcome,)))


def run(store: Store, day: int, names: set[str], **more: Any) -> dict[str, str]:
    """Record a run; give the status of each order."""
    memory = RunComparison(store, "delivery", "shop", BEGIN + day * DAY)
    report = made(names, **more)
    noted = {str(f.fields["order_id"]): memory.note(f) for s in report.sections for f in s.issues}
    recorded = memory.record(report)
    assert recorded.changes is not None
    statuses = {name: each.status for name, each in noted.items()}
    for gone in recorded.changes.gone:
        statuses[f"-{gone.fingerprint}"] = "resolved"
    counts = list(statuses.values())
    assert recorded.changes.new == counts.count("new")
    assert recorded.changes.came_back == counts.count("came back")
    assert recorded.changes.resolved == counts.count("resolved")
    return {name: status for name, status in statuses.items() if not name.startswith("-")}


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An empty history."""
    with Store(path) as opened:
        yield opened


def test_the_story_of_two_findings(store: Store) -> None:
    assert run(store, 0, {"a"}) == {"a": "new"}
    assert run(store, 1, {"a", "b"}) == {"a": "persisting", "b": "new"}
    assert run(store, 2, {"b"}) == {"b": "persisting"}
    assert run(store, 3, {"a", "b"}) == {"a": "came back", "b": "persisting"}
    assert [(r.new, r.persisting, r.came_back, r.resolved) for r in reversed(runs(store))] == [
        (1, 0, 0, 0),
        (1, 1, 0, 0),
        (0, 1, 0, 1),
        (0, 1, 1, 0),
    ]


def test_it_says_since_when(store: Store) -> None:
    run(store, 0, {"a"})
    run(store, 5, {"a"})
    memory = RunComparison(store, "delivery", "shop", BEGIN + 9 * DAY)
    (one,) = made({"a"})["status"].issues
    assert memory.note(one).first_seen == BEGIN


def test_a_check_that_was_not_evaluated_resolves_nothing(store: Store) -> None:
    run(store, 0, {"a"})
    run(store, 1, set(), reasons=("orders was not read whole",))
    assert runs(store)[0].resolved == 0
    assert run(store, 2, {"a"}) == {"a": "persisting"}


def unconfirmed(store: Store, day: int) -> str:
    """Record a run that found order a, and could not confirm it; give its status."""
    memory = RunComparison(store, "delivery", "shop", BEGIN + day * DAY)
    report = made({"a"})
    (one,) = report["status"].issues
    noted = memory.note(replace(one, state="unconfirmed"))
    memory.record(report)
    return noted.status


def test_an_unconfirmed_finding_begins_nothing_and_ends_nothing(store: Store) -> None:
    assert unconfirmed(store, 0) == ""
    assert run(store, 1, set()) == {}
    assert runs(store)[0].resolved == 0
    assert run(store, 2, {"a"}) == {"a": "new"}
    assert unconfirmed(store, 3) == "persisting"
    assert run(store, 4, {"a"}) == {"a": "persisting"}
    assert run(store, 5, set()) == {}
    assert unconfirmed(store, 6) == ""
    assert run(store, 7, {"a"}) == {"a": "came back"}


def test_a_run_about_the_past_is_compared_and_not_recorded(path: Path) -> None:
    intact.check(MemorySource(SHOP), model="delivery", as_of=BEGIN, history=path)
    clean = {**SHOP, "orders": []}
    past = intact.check(MemorySource(clean), model="delivery", as_of=BEGIN - DAY, history=path)
    assert any("not in the history" in note for note in past.run.notes)
    again = intact.check(MemorySource(SHOP), model="delivery", as_of=BEGIN, history=path)
    assert {f.status for s in again.sections for f in s.issues} == {"persisting"}


def test_the_numbers_of_a_day_are_of_what_was_checked_in_full(path: Path) -> None:
    intact.check(MemorySource(SHOP), model="delivery", as_of=BEGIN, history=path)
    with Store(path) as store:
        before = days(store)
    assert before
    faults = [Fault(None, "everything breaks off", "dump")]
    intact.check(
        MemorySource({**SHOP, "orders": []}, faults=faults), model="delivery", as_of=BEGIN, history=path
    )
    with Store(path) as store:
        assert days(store) == before


def test_a_report_that_was_not_made_resolves_nothing(store: Store) -> None:
    run(store, 0, {"a"})
    run(store, 1, set(), report="billing")
    assert run(store, 2, {"a"}) == {"a": "persisting"}


def test_another_database_and_another_model_have_their_own(store: Store) -> None:
    run(store, 0, {"a"})
    (one,) = made({"a"})["status"].issues
    assert RunComparison(store, "delivery", "other", BEGIN + DAY).note(one).status == "new"
    assert RunComparison(store, "mine", "shop", BEGIN + DAY).note(one).status == "new"


def test_two_runs_are_compared(store: Store) -> None:
    for day, names in enumerate([{"a", "b"}, {"b", "c"}, {"c", "d"}]):
        run(store, day, names)
    found = compare(store, run_named(store, "last-2"), run_named(store, "last"))
    assert (found.appeared, found.vanished, found.both) == (2, 2, 0)
    found = compare(store, run_named(store, "last"), run_named(store, "last-1"))  # in any order
    assert (found.appeared, found.vanished, found.both) == (1, 1, 1)


def test_the_life_of_a_finding(store: Store) -> None:
    for day, names in enumerate([{"a"}, set(), set(), {"a"}, {"a"}]):
        run(store, day, names)
    (one,) = made({"a"})["status"].issues
    (found,) = life(store, one.fingerprint[:8])
    assert found.spans == ((BEGIN, BEGIN + DAY), (BEGIN + 3 * DAY, None))


@pytest.mark.parametrize("name", ["zz", "12345", "", "g" * 20])
def test_what_is_no_fingerprint_is_said(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="is no fingerprint"):
        life(store, name)


def test_pruning_forgets_what_is_long_resolved_and_nothing_else(store: Store) -> None:
    for day, names in enumerate([{"old", "stays"}, {"stays"}] + [{"stays"}] * 98):
        run(store, day, names)
    assert prune(store, keep_days=30, now=BEGIN + 100 * DAY) == (70, 1)
    assert run(store, 101, {"stays", "old"}) == {"stays": "persisting", "old": "new"}
    (one,) = made({"stays"})["status"].issues
    assert life(store, one.fingerprint)[0].spans[0][0] == BEGIN
    assert sum(total.count for total in days(store)) == 2 + 99 + 2


def test_a_clock_that_was_put_back_loses_nothing(store: Store) -> None:
    run(store, 10, {"a"})
    memory = RunComparison(store, "delivery", "shop", BEGIN)
    assert any("clock" in note for note in memory.notes)
    memory.record(made(set()))
    assert [r.resolved for r in runs(store)] == [1, 0]
    assert run(store, 11, {"a"}) == {"a": "came back"}


def test_a_random_year_agrees_with_a_naive_account(store: Store) -> None:
    chance = random.Random(7)
    there: set[str] = set()
    ever: set[str] = set()
    for day in range(365):
        before = set(there)
        there ^= {f"o-{number}" for number in range(40) if chance.random() < 0.05}
        unevaluated = chance.random() < 0.1
        shown = there if not unevaluated else there & before  # part of what is there may be seen
        said = run(store, day, shown, reasons=("broken",) if unevaluated else ())
        if unevaluated:
            there |= before  # what was not looked for is taken to be there still
        expected = {
            name: "persisting" if name in before else "came back" if name in ever else "new" for name in shown
        }
        assert said == expected
        ever |= shown
        if unevaluated:
            there = before | shown


# The file


def test_the_file_is_the_users_alone(path: Path, store: Store) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def broken(path: Path, kind: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "text":
        path.write_text("this is no database, but long enough to be taken for one" * 50)
    elif kind == "other":
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE mine (x)")
    elif kind == "later":
        Store(path).close()
        with closing(sqlite3.connect(path)) as later:
            later.execute("PRAGMA user_version = 99")
    elif kind == "folder":
        path.mkdir()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("text", "no history of intact"),
        ("other", "no history of intact"),
        ("later", "later version of intact"),
        ("folder", "cannot be opened"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence_and_stays_as_it_is(
    path: Path, kind: str, says: str
) -> None:
    broken(path, kind)
    before = None if path.is_dir() else path.read_bytes()
    with pytest.raises(HistoryError, match=says):
        Store(path)
    assert before == (None if path.is_dir() else path.read_bytes())


def test_a_damaged_file_is_a_sentence(path: Path) -> None:
    with Store(path) as store:
        for day in range(50):
            run(store, day, {f"o-{day}-{number}" for number in range(50)})
    data = bytearray(path.read_bytes())
    data[4096:20_000] = os.urandom(20_000 - 4096)
    path.write_bytes(data)

    def use() -> None:
        with Store(path) as store:
            run(store, 60, {"a"})
            runs(store)

    with pytest.raises(HistoryError, match=r"damaged|cannot be used"):
        use()


def test_a_locked_file_is_a_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intact.ledger.history.store.WAIT_SECONDS", 0.1)
    Store(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(HistoryError, match="locked"):
            RunComparison(Store(path), "m", "s", BEGIN)


SHOP: dict[str, list[dict[str, Any]]] = {
    "orders": [{"_id": 1, "id": "o-1", "status": "lost", "billed": True, "created_at": BEGIN}],
    **{
        name: []
        for name in ("customers_v2", "users", "subscriptions_v2", "delivery_statuses", "billing_records")
    },
}


@pytest.mark.parametrize("kind", ["text", "other", "later", "folder"])
def test_a_history_that_fails_changes_neither_findings_nor_exit_code(path: Path, kind: str) -> None:
    broken(path, kind)
    without = intact.check(MemorySource(SHOP), model="delivery", as_of=BEGIN)
    report = intact.check(MemorySource(SHOP), model="delivery", as_of=BEGIN, history=path)
    assert report.exit_code == without.exit_code
    assert report.sections == without.sections
    assert [note for note in report.run.notes if "not in the history" in note]


def test_a_run_is_recorded_with_its_findings_and_the_next_one_knows_them(path: Path) -> None:
    first = intact.check(MemorySource(SHOP), model="delivery", as_of=BEGIN, history=path)
    second = intact.check(MemorySource(SHOP), model="delivery", as_of=BEGIN, history=path)
    statuses = [{f.type: f.status for s in report.sections for f in s.issues} for report in (first, second)]
    assert set(statuses[0].values()) == {"new"}
    assert set(statuses[1].values()) == {"persisting"}
    assert (first.headline.new, second.headline.new, second.headline.resolved) == (len(statuses[0]), 0, 0)


def test_what_a_limit_leaves_out_is_remembered_all_the_same(path: Path) -> None:
    many = {
        **SHOP,
        "orders": [{"_id": n, "id": f"o-{n}", "status": "lost", "billed": True} for n in range(50)],
    }
    intact.check(MemorySource(many), model="delivery", as_of=BEGIN, history=path, limit=1)
    report = intact.check(MemorySource(many), model="delivery", as_of=BEGIN, history=path)
    assert {f.status for s in report.sections for f in s.issues} == {"persisting"}


def test_a_truncated_read_resolves_nothing(path: Path) -> None:
    intact.check(MemorySource(SHOP), model="delivery", as_of=BEGIN, history=path)
    fault = Fault("orders", "the file breaks off", "orders.bson")
    intact.check(
        MemorySource({**SHOP, "orders": []}, faults=[fault]), model="delivery", as_of=BEGIN, history=path
    )
    with Store(path) as store:
        assert runs(store)[0].resolved == 0


# Two at once, and a kill at any moment

CHILD = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from intact.ledger.history import RunComparison, Store
from tests.history.test_history import made

path, who, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
for number in range(int(sys.argv[4])):
    with Store(path) as store:
        memory = RunComparison(store, "delivery", "shop", datetime.now(UTC))
        report = made({f"{who}-{n}" for n in range(size)})
        for section in report.sections:
            for finding in section.issues:
                memory.note(finding)
        memory.record(report)
    print(number, flush=True)
"""


def child(path: Path, who: str, size: int, times: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(path), who, str(size), str(times)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def test_two_processes_record_at_once_and_nothing_is_lost_or_twice(path: Path) -> None:
    children = [child(path, "same", 200, 10) for _ in range(2)]
    for each in children:
        assert each.wait(timeout=120) == 0
        assert each.stdout is not None
        each.stdout.close()
    with Store(path) as store:
        assert len(runs(store)) == 20
        ((findings, spans),) = store.database.execute(
            "SELECT (SELECT count(*) FROM finding), (SELECT count(*) FROM span)"
        )
    assert (findings, spans) == (200, 200)


KILLER = """
import os, random, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from intact.ledger.history import RunComparison, Store
from tests.history.test_history import made

path, chance, report = Path(sys.argv[1]), random.Random(5), made({f"k-{n}" for n in range(300)})

def record(store):
    memory = RunComparison(store, "delivery", "shop", datetime.now(UTC))
    for section in report.sections:
        for finding in section.issues:
            memory.note(finding)
    memory.record(report)

began = time.monotonic()
with Store(path) as store:
    record(store)
span = max(0.15, 2 * (time.monotonic() - began))  # so that some are killed before they are done, and some after

for number in range(100):
    reading, writing = os.pipe()
    worker = os.fork()
    if not worker:
        while True:
            with Store(path) as store:
                record(store)
            os.write(writing, b".")
    os.close(writing)
    time.sleep(chance.uniform(0, span))
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    print(len(os.read(reading, 10_000)), flush=True)
    os.close(reading)
"""


@pytest.mark.full("a hundred processes are killed")
@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_kill_at_a_hundred_random_moments_leaves_all_of_a_run_or_nothing(path: Path) -> None:
    """Whatever was said to be recorded is; and what is recorded is whole."""
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    said = [int(line) for line in done.stdout.split()]
    assert len(said) == 100
    with Store(path) as store:
        assert list(store.database.execute("PRAGMA integrity_check")) == [("ok",)]
        recorded = runs(store)
        ((spans,),) = store.database.execute("SELECT count(*) FROM span")
    assert 20 < sum(said) <= len(recorded) - 1 <= sum(said) + 100
    assert {run.new + run.persisting + run.came_back for run in recorded} == {300}
    assert spans == 300


def test_the_numbers_of_a_run_are_what_its_report_says(path: Path) -> None:
    report = intact.check(MemorySource(SHOP), model="delivery", as_of=BEGIN, history=path)
    with Store(path) as store:
        (row,) = runs(store)
    assert row.findings == sum(sum(s.counts.values()) for s in report.sections)
    assert (row.exit_code, row.complete, row.documents) == (
        report.exit_code,
        report.complete,
        report.headline.documents_scanned,
    )
