"""Files that intact 0.1.0 wrote, when its history had format 7: what they said is read, and goes on.

Each was written by that version once, and no test writes them anew: a history with five runs, an accepted finding and
a change of the model; in it, too, the alerts of two targets and the jobs of a daemon; a folder of reports; a baseline.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from intact.findings.changes import ModelChange
from intact.ledger.baseline import read_baseline
from intact.ledger.history import DONE, Store, days, life, runs
from intact.operations.alerts.config import Names
from intact.operations.folder import Folder
from intact.operations.folder.listing import listing
from intact.operations.schedule.claims import JobState, states
from tests.alerts.business import ALL, BEGIN, Office, config, target
from tests.cli.running import run
from tests.folder import reading
from tests.folder.runs import run as kept
from tests.ledger.killed import Quick
from tests.schedule.stage import Stage

HERE = Path(__file__).parent
DAY = timedelta(days=1)
JOB = "shop by the model delivery"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """The history, unpacked."""
    path = tmp_path / "history.sqlite"
    path.write_bytes(gzip.decompress((HERE / "format-7.sqlite.gz").read_bytes()))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of reports, unpacked."""
    with tarfile.open(HERE / "folder.tar.xz") as packed:
        packed.extractall(tmp_path / "reports", filter="data")
    return tmp_path / "reports"


@pytest.fixture
def office(history: Path) -> Office:
    """Those who are told, as their alerts file was: of the worst by its name, and of all at once."""
    worst = Names(frozenset({"CRITICAL"}))
    made = config(target("duty", at_once=ALL, all_clear=True), target("boss", digest=None, at_once=worst))
    return Office(Store(history), made)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_runs_of_an_older_history_are_listed(history: Path) -> None:
    with Store(history) as store:
        found = runs(store)
    assert [(each.ended, each.new, each.persisting, each.came_back, each.resolved) for each in found] == [
        (BEGIN + 4 * DAY, 1, 3, 0, 0),  # what the changed rule does not find is not resolved
        (BEGIN + 3 * DAY, 1, 2, 1, 1),
        (BEGIN + 2 * DAY, 0, 3, 0, 1),
        (BEGIN + 1 * DAY, 2, 2, 0, 0),
        (BEGIN, 2, 0, 0, 0),
    ]
    assert {(each.model, each.subject, each.reports) for each in found} == {("delivery", "shop", ("status",))}
    assert [each.name for each in found] == [f"{number:012x}" for number in (5, 4, 3, 2, 1)]
    assert [each.exit_code for each in found] == [0] * 5
    assert found[0].counts == {"status DOUBLE_BILLING": 3, "status INVALID_ORDER_STATUS": 1}
    assert [each.change for each in found] == [ModelChange(0, 1, 0, 0), None, None, None, None]


def test_the_lives_of_findings_in_an_older_history_are_told(history: Path) -> None:
    with Store(history) as store:
        marks = dict(store.database.execute("SELECT description, lower(hex(fingerprint)) FROM finding"))
        accepted = store.database.execute("SELECT description FROM finding WHERE accepted").fetchall()
        (back,) = life(store, marks["Order d1 is wrong"])
        (changed,) = life(store, marks["Order s2 is wrong"])
        totals = [(each.day, each.report, each.type, each.count) for each in days(store)]
    assert len(marks) == 6
    assert accepted == [("Order d2 is wrong",)]
    assert back.spans == ((BEGIN, BEGIN + 2 * DAY), (BEGIN + 3 * DAY, None))
    assert (changed.spans, changed.how) == (((BEGIN + DAY, BEGIN + 4 * DAY),), ("model",))
    assert len(totals) == 10
    assert ("2026-01-05", "status", "DOUBLE_BILLING", 3) in totals


def test_an_older_history_goes_on_with_the_next_run(office: Office) -> None:
    office.now = BEGIN + 5 * DAY
    changes = office.record({"d1", "d2", "s1"}).changes
    assert changes is not None
    # d1 and d2 are there still, s1 was there on the first day; d3 and s3 are gone
    assert (changes.persisting, changes.came_back, changes.new, changes.resolved) == (2, 1, 0, 2)


def test_alerts_that_waited_in_an_older_history_are_sent_once(office: Office) -> None:
    office.now = (
        BEGIN + 4 * DAY + timedelta(hours=1, minutes=6)
    )  # the pause of the boss, and a claim, are over
    office.desk.deliver()
    ((name, letter),) = office.post.taken
    assert name == "boss"
    assert office.told(letter) == ["d3"]
    assert "db.example:27017: it does not answer." in letter.body
    assert office.desk.deliver().sent == ()


def test_what_is_being_sent_by_an_older_intact_is_not_sent_again(office: Office) -> None:
    office.now = BEGIN + 4 * DAY + timedelta(hours=1, minutes=3)
    delivery = office.desk.deliver(seconds=0.0)
    assert office.post.taken == []
    assert delivery.failed == ("Another run is sending alerts to 'boss'; what is left goes with the next.",)


def test_what_an_older_history_knows_of_targets_is_kept(office: Office) -> None:
    (row,) = office.desk.failing()
    assert (row.name, row.failures, row.error) == ("boss", 2, "it is down")
    assert row.failing_since == BEGIN + 4 * DAY
    assert row.next_try == BEGIN + 4 * DAY + timedelta(hours=1, minutes=2)
    assert [(each.what, each.until) for each in office.desk.book.snoozes()] == [
        ("INVALID_ORDER_STATUS", BEGIN + 30 * DAY)
    ]


def test_a_run_that_never_ended_in_an_older_history_is_told_once(office: Office) -> None:
    office.now = BEGIN + 8 * DAY
    for _ in range(2):
        office.desk.begin(JOB).end(office.store, DONE, 0, office.now)
    office.desk.deliver()
    told = [letter.body.count("that began at 2026-01-05 07:00 UTC") for _, letter in office.post.taken]
    assert sorted(told) == [1, 1]


def test_the_jobs_of_an_older_history_are_shown(history: Path) -> None:
    with Store(history) as store:
        found = states(store)
    assert found == [
        JobState(
            "delivery shop daily",
            None,
            utc("2026-01-03 06:00"),
            1,
            utc("2026-01-03 06:05:10.500"),
            (utc("2026-01-02 06:00"), utc("2026-01-02 06:00:20"), 1),
        ),
        JobState(
            "delivery shop monthly",
            None,
            utc("2026-01-01 06:00"),
            0,
            None,
            (utc("2026-01-01 06:00"), utc("2026-01-01 06:00:10"), 0),
        ),
        JobState("delivery shop weekly", "elsewhere 4711 abcdef01", utc("2026-01-05 06:00"), 0, None, None),
    ]
    said = run("schedule", "show", "--history", str(history)).stdout.splitlines()
    assert [each.partition(":")[0] for each in said] == [each.name for each in found]
    assert said[2].endswith("never done; taken by elsewhere 4711 abcdef01")


def test_a_daemon_goes_on_with_the_jobs_of_an_older_history(history: Path) -> None:
    stage = Stage(history, "2026-01-05 06:10")
    stage.run(minutes=10)
    # what is due daily since 6 o'clock, at once; what another had and died of, after its lease
    assert [each.reports for each in stage.made] == [("billing",), ("status",)]
    with Store(history) as store:
        ended = {each.name: each.done and each.done[0] for each in states(store)}
    assert ended == {
        "delivery shop daily": utc("2026-01-05 06:00"),
        "delivery shop weekly": utc("2026-01-05 06:00"),
        "delivery shop monthly": utc("2026-01-01 06:00"),
    }


def test_a_later_intact_lists_an_older_folder_of_reports(folder: Path) -> None:
    found = listing(folder)
    assert [(each.name, each.number, each.findings, each.exit_code) for each in found.runs] == [
        ("2026-01-06T060000Z", 2, 2, 0),
        ("2026-01-05T060000Z", 1, 3, 0),
    ]
    assert {(each.job, each.asked) for each in found.runs} == {(JOB, ("billing", "status"))}
    assert [(each.number, each.reports, each.exit_code, each.why) for each in found.failures] == [
        (
            None,
            ("billing", "status"),
            None,
            "It never said how it ended: it was killed, or its machine went down.",
        ),
        (4, ("billing",), 130, "It was told to end."),
        (3, ("billing", "status"), 2, "db.example:27017: it does not answer."),
    ]
    assert (found.going, found.damaged) == ((), ())


def test_an_older_folder_of_reports_goes_on_with_the_next_run(folder: Path) -> None:
    place = Folder(folder)
    place.keep(kept(5), place.begin(JOB, ["billing", "status"]))
    found = listing(folder)
    assert (found.runs[0].name, found.runs[0].number) == ("2026-01-10T060000Z", 6)
    assert (found.failures[0].name, found.failures[0].number) == ("2026-01-09T060000Z_failed.json", 5)
    assert found.open_failures() == []
    assert not list(folder.glob(".*.begun"))
    reading.insist_on_sound(folder)


def test_an_older_baseline_is_read(tmp_path: Path) -> None:
    path = tmp_path / "intact.baseline"
    shutil.copyfile(HERE / "intact.baseline", path)
    one, all_of = read_baseline(path).entries
    assert (one.type, one.fingerprint, one.where) == ("DOUBLE_BILLING", "0123456789abcdef0123", ())
    assert (one.reason, one.owner) == ("settled, INC-421", "billing")
    assert (one.accepted, one.expires) == (utc("2026-01-02 09:12"), date(2026, 6, 30))
    assert (one.money, one.what) == ({"overcharged": Decimal("10.50")}, "Order d2 is wrong")
    assert (all_of.type, all_of.fingerprint) == ("INVALID_ORDER_STATUS", "")
    assert sorted(all_of.where) == [("customer_id", 17), ("status", "lost")]
    assert (all_of.reason, all_of.owner, all_of.money) == ("imported, INC-500", "shop", None)


def content(path: Path) -> dict[str, list[Any]]:
    """Give all rows of a history as it is, without opening it as one."""
    with closing(sqlite3.connect(path)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608 - its own names
        return rows | {"version": database.execute("PRAGMA user_version").fetchall()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed, which needs fork")
@pytest.mark.parametrize("older", ["format-5.sqlite", "format-7.sqlite.gz"])
def test_whoever_is_killed_while_an_older_history_is_migrated_leaves_the_old_or_the_new(
    tmp_path: Path, history: Path, older: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if older == "format-5.sqlite":
        shutil.copyfile(HERE.parent / "history" / older, history)
    before = content(history)
    subprocess.run([sys.executable, "-m", "tests.ledger.killed", str(history), str(tmp_path)], check=True)
    copies = sorted(tmp_path.glob("[0-9]*.sqlite"))
    assert len(copies) > 3
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Quick))
    Store(history).close()
    after = content(history)
    for_the_older = history.with_name(f"history.sqlite.format-{before['version'][0][0]}")
    assert content(for_the_older) == before
    assert for_the_older.stat().st_mode & 0o777 == 0o600
    for each in copies:
        assert content(each) in (before, after)
        Store(each).close()
        assert content(each) == after
