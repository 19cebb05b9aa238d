"""The history says of each run that it began and how it ended, whoever made it; and of each job who has it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from intact.cli.job import job_of
from intact.ledger.history import DONE, Attempt, RunComparison, Store, leases
from intact.ledger.identity import AuditId
from intact.operations.folder.run_record import RunFolder, RunRecord
from intact.operations.schedule.claims import Claims, states
from tests.cli.running import environment, invoke
from tests.folder.runs import run as kept
from tests.run.world import clean, delivery, write

NOW = datetime(2026, 3, 15, 6, tzinfo=UTC)
AS_OF = ("--as-of", "2026-03-15", "--quiet")
LONG = timedelta(days=2)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with a dump that has a phantom delivery, one that has none, and an empty history."""
    write(tmp_path / "good", clean())
    write(tmp_path / "bad", {**clean(), "delivery_statuses": [delivery(1), delivery(2, order_id=None)]})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INTACT_HISTORY", str(tmp_path / "history.sqlite"))
    Store(tmp_path / "history.sqlite").close()
    return tmp_path


def endings(place: Path) -> list[tuple[Any, ...]]:
    """Give what was audited, how each run ended, and its exit code, in the order in which they began."""
    with Store(place / "history.sqlite", make=False) as store:
        rows = store.database.execute("SELECT job, outcome, exit_code FROM attempt ORDER BY id")
        return [(Path(job.partition(" ")[0]).name, *rest) for job, *rest in rows]


def test_a_run_that_came_to_its_end_is_done_whatever_it_found(place: Path) -> None:
    assert invoke("check", "good", *AS_OF).exit_code == 0
    assert invoke("check", "bad", *AS_OF).exit_code == 1
    assert endings(place) == [("good", "done", 0), ("bad", "done", 1)]


@pytest.mark.parametrize(
    "wrong", [["nowhere"], ["good", "--model", "nothing.yml"], ["good", "--output", "no/such/folder.json"]]
)
def test_a_run_that_failed_is_written_down_with_its_exit_code(place: Path, wrong: list[str]) -> None:
    assert invoke("check", *wrong, *AS_OF).exit_code == 2
    assert [rest for _, *rest in endings(place)] == [["failed", 2]]


def test_a_report_that_could_not_be_saved_makes_no_run_that_is_done(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "r.json")

    monkeypatch.setattr("intact.cli.output.save", full)
    assert invoke("check", "good", "--output", "r.json", *AS_OF).exit_code == 2
    assert [rest for _, *rest in endings(place)] == [["failed", 2]]


@pytest.mark.skipif(os.name != "posix", reason="signals are sent")
def test_a_run_that_is_told_to_end_was_interrupted_and_one_that_is_killed_is_known_to_be_by_the_next(
    place: Path,
) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        code = (
            "import os, sys, time\nfrom intact.cli import main\nimport intact.audit.run\n"
            f"def die(*_, **__): os.kill(os.getpid(), {int(number)}); time.sleep(60)\n"
            "intact.audit.run.check = die\nsys.argv[0] = 'intact'\nmain()"
        )
        subprocess.run(
            [sys.executable, "-c", code, "check", "good", "-q"],
            env=environment(),
            check=False,
            capture_output=True,
        )
    assert [rest for _, *rest in endings(place)] == [["interrupted", 130], [None, None]]
    assert invoke("check", "good", *AS_OF).exit_code == 0
    assert [rest for _, *rest in endings(place)][1:] == [["killed", None], ["done", 0]]


def test_help_and_a_run_without_a_history_are_no_runs(place: Path) -> None:
    assert invoke("check", "--help").exit_code == 0
    assert invoke("check", "nowhere", "--no-history", *AS_OF).exit_code == 2
    assert endings(place) == []


def test_a_run_that_fails_makes_no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTACT_HISTORY", str(tmp_path / "state" / "history.sqlite"))
    assert invoke("check", str(tmp_path / "nowhere"), "--quiet").exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_the_first_run_of_all_is_written_down_when_it_ends(place: Path) -> None:
    (place / "history.sqlite").unlink()
    assert invoke("check", "good", *AS_OF).exit_code == 0
    assert endings(place) == [("good", "done", 0)]


def test_a_history_that_is_none_changes_no_exit_code(place: Path) -> None:
    (place / "other").write_text("this is no database" * 100)
    assert invoke("check", "good", "--history", "other", *AS_OF).exit_code == 0
    assert (place / "other").read_text() == "this is no database" * 100


def test_what_a_schedule_has_done_is_the_run_that_the_audit_itself_wrote_down(tmp_path: Path) -> None:
    path, jobs = tmp_path / "history.sqlite", ["shop daily", "shop weekly"]
    claims = Claims(path, "one", lambda: 0.0)
    claims.register(jobs, NOW - timedelta(days=1))
    claims.claim(dict.fromkeys(jobs, NOW), NOW)
    with Store(path) as store:
        audit = Attempt("shop by the model delivery")
        audit.begin(store, NOW + timedelta(seconds=1))
        audit.end(store, DONE, 1, NOW + timedelta(seconds=9))
        claims.finish(jobs, NOW + timedelta(seconds=10), 1, leases.process_name())
        assert store.database.execute("SELECT count(*) FROM attempt").fetchall() == [(1,)]
        assert [each.done for each in states(store)] == [(NOW, NOW + timedelta(seconds=9), 1)] * 2


@pytest.mark.parametrize(("process", "code"), [("elsewhere 17", 1), (None, 0)])
def test_a_run_of_another_process_or_with_another_end_is_not_what_a_schedule_has_done(
    tmp_path: Path, process: str | None, code: int
) -> None:
    path = tmp_path / "history.sqlite"
    claims = Claims(path, "one", lambda: 0.0)
    claims.register(["shop daily"], NOW - timedelta(days=1))
    claims.claim({"shop daily": NOW}, NOW)
    with Store(path) as store:
        audit = Attempt("shop by the model delivery")
        audit.begin(store, NOW + timedelta(seconds=1))
        audit.end(store, DONE, 1, NOW + timedelta(seconds=9))
        claims.finish(["shop daily"], NOW + timedelta(seconds=10), code, process or leases.process_name())
        assert [each.done for each in states(store)] == [(NOW, NOW + timedelta(seconds=10), code)]


def test_old_runs_are_forgotten_and_those_of_a_schedule_are_not(tmp_path: Path) -> None:
    with Store(tmp_path / "history.sqlite") as store:
        store.database.execute("PRAGMA synchronous = OFF")
        store.database.execute("INSERT INTO job (name, since) VALUES ('shop daily', 0)")
        for number in range(410):
            one = Attempt("shop")
            one.begin(store, NOW)
            one.end(store, DONE, 0, NOW)
            if not number:
                store.database.execute("INSERT INTO job_due VALUES ('shop daily', 0, 1)")
        kept = [number for (number,) in store.database.execute("SELECT id FROM attempt ORDER BY id")]
    assert kept == [1, *range(11, 411)]


def test_a_lease_is_over_when_its_process_is_no_more_or_it_is_too_old() -> None:
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    alive, at = leases.process_name(), int(NOW.timestamp() * 1000)
    assert not leases.is_over(alive, at, NOW, LONG)
    assert leases.is_over(alive, at, NOW + LONG, LONG)
    assert leases.is_over(alive, at + 1, NOW, LONG)  # by a clock that was wrong
    assert leases.is_over(leases.process_name(dead.pid), at, NOW, LONG) == (os.name == "posix")
    for elsewhere in ("elsewhere 17", "elsewhere", "", f"{alive.split()[0]} x", alive + " 0123abcd"):
        assert not leases.is_over(elsewhere, at, NOW, LONG)


def test_a_lease_is_held_by_one_until_that_one_lets_it_go(tmp_path: Path) -> None:
    with Store(tmp_path / "history.sqlite") as store:
        database = store.database
        assert leases.held(database, "job") is None
        leases.take(database, "job", "one", NOW)
        assert not leases.let_go(database, "job", "two")
        assert not leases.beat(database, "job", "two")
        assert leases.beat(database, "job", "one")
        assert leases.held(database, "job") == ("one", int(NOW.timestamp() * 1000), 1)
        assert leases.let_go(database, "job", "one")
        assert leases.held(database, "job") is None


@pytest.mark.parametrize("spoilt", ["holder = x'ff'", "taken = 'x'", "beat = 'x'"])
def test_a_lease_that_no_intact_wrote_is_nobodys(tmp_path: Path, spoilt: str) -> None:
    with Store(tmp_path / "history.sqlite") as store:
        leases.take(store.database, "job", "one", NOW)
        store.database.execute(f"UPDATE lease SET {spoilt}")  # noqa: S608 - one of the three above
        assert leases.held(store.database, "job") is None
        leases.take(store.database, "job", "two", NOW)
        assert leases.beat(store.database, "job", "two")


def test_an_audit_is_the_same_for_history_folder_and_alerts() -> None:
    report = kept(0)
    one = AuditId.of(report)
    assert (one.model, one.subject, one.reports) == ("delivery", "shop", ("billing", "status"))
    assert RunRecord.of(report, {}, RunFolder("2026-01-05T060000Z")).audit == one
    with Store(None) as store:
        assert one.number(store.database) is None
        RunComparison(store, "delivery", "shop", NOW)
        assert one.number(store.database) == AuditId("delivery", "shop").number(store.database) == 1
        assert AuditId("other", "shop").number(store.database) is None


def test_an_audit_of_no_database_is_of_the_place_of_its_data_and_has_one_name_in_words() -> None:
    report = kept(0)
    one = AuditId.of(replace(report, run=replace(report.run, database=None)))
    assert one.subject == "/srv/dumps/shop"
    assert str(one) == "/srv/dumps/shop by the model delivery, billing, status"
    assert job_of("/srv/dumps/shop", model="delivery", database=None, reports=["status", "billing"]) == str(
        one
    )
