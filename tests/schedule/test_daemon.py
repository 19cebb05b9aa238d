"""The daemon runs each report when it is due, once, whatever happens to it and to the clock."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from intact.ledger.history import Store
from intact.model.specs import Cadence
from intact.operations.schedule.plan import Plan
from tests.cli.running import run
from tests.schedule.stage import Stage

DAILY = ("billing",)
WEEKLY = ("status",)
MONTHLY = ("duplicates", "references")


class Quick(Store):
    """A history that does not wait for the disk: nobody cuts the power in these tests."""

    def __init__(self, path: Path, *, make: bool = True) -> None:
        super().__init__(path, make=make)
        self.database.execute("PRAGMA synchronous = OFF")


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the history is."""
    monkeypatch.setattr("intact.operations.schedule.claims.Store", Quick)
    return tmp_path / "history.sqlite"


def test_what_is_due_at_one_moment_is_one_audit(history: Path) -> None:
    stage = Stage(history, "2026-05-29 12:00")  # the first of June is a Monday
    stage.run(days=4)
    assert stage.runs() == [
        ("05-30 06:00", DAILY),
        ("05-31 06:00", DAILY),
        ("06-01 06:00", DAILY + WEEKLY + MONTHLY),
        ("06-02 06:00", DAILY),
    ]


def test_nothing_was_missed_before_it_was_first_started(history: Path) -> None:
    stage = Stage(history, "2026-05-29 12:00")
    stage.run(hours=17)
    assert stage.runs() == []


def test_at_once_makes_what_was_never_made_and_only_that(history: Path) -> None:
    stage = Stage(history, "2026-05-29 12:00")
    stage.run(at_once=True, hours=1)
    assert stage.runs() == [("05-29 12:00", DAILY + WEEKLY + MONTHLY)]
    stage.run(at_once=True, hours=1)
    assert len(stage.made) == 1


def test_what_was_missed_is_made_up_once_and_not_five_times(history: Path) -> None:
    stage = Stage(history, "2026-05-04 12:00")
    stage.run(hours=1)
    stage.clock.ticks += timedelta(days=5).total_seconds()
    stage.run(hours=1)
    assert stage.runs() == [("05-09 13:00", DAILY)]
    stage.run(hours=20)
    assert stage.runs()[1:] == [("05-10 06:00", DAILY)]


def test_a_restart_after_a_run_does_not_run_it_again(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.run(hours=1)
    for _ in range(3):
        stage.run(owner="another", hours=1)
    assert stage.runs() == [("05-05 06:00", DAILY)]


@pytest.mark.parametrize(
    ("begin", "at", "days", "expected"),
    [
        (
            "2026-03-28 12:00",
            time(2, 30),
            3,
            ["03-29 03:00", "03-30 02:30", "03-31 02:30"],
        ),  # there is no 02:30
        ("2026-10-24 12:00", time(2, 30), 3, ["10-25 02:30", "10-26 02:30", "10-27 02:30"]),  # there are two
    ],
)
def test_a_night_with_23_or_25_hours_has_one_run(
    history: Path, begin: str, at: time, days: int, expected: list[str]
) -> None:
    stage = Stage(history, begin, "Europe/Berlin", at)
    stage.run(days=days)
    assert [moment for moment, reports in stage.runs() if reports[0] == "billing"] == expected


def test_a_year_with_daylight_saving_has_each_run_once(history: Path) -> None:
    stage = Stage(history, "2026-01-01 00:00", "America/New_York", time(2))
    stage.seconds = 1.0
    stage.run(poll=6 * 3600, days=365)
    counts = Counter(name for each in stage.made for name in each.reports)
    assert counts == {"billing": 365, "status": 52, "duplicates": 12, "references": 12}


def test_a_run_that_failed_is_tried_again_later_and_later_and_then_given_up(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.codes, stage.seconds = [2] * 4, 1.0
    stage.run(hours=10)
    assert [moment for moment, _ in stage.runs()] == [
        "05-05 06:00",
        "05-05 06:05",
        "05-05 06:20",
        "05-05 07:05",
    ]
    failures = [line for line in stage.log if "failed" in line]
    assert "failed, tried again at 06:05: h:27017: it does not answer." in failures[0]
    assert "given up until it is due again" in failures[-1]
    stage.run(hours=20)
    assert stage.runs()[4:] == [("05-06 06:00", DAILY)]


def test_findings_and_what_could_not_be_checked_are_no_failures(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.codes = [1, 3]
    stage.run(days=2)
    assert len(stage.made) == 2
    assert [line.rpartition("exit ")[2] for line in stage.log if "exit" in line] == ["1, 10 s", "3, 10 s"]


def test_when_it_is_told_to_end_the_audit_ends_and_is_done_anew_by_the_next(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.seconds = 2400
    stage.run(hours=1)
    assert [each.stopped for each in stage.made] == [True]
    assert "left to whoever comes next" in stage.log[-2]
    stage.run(owner="another", hours=1)
    assert stage.runs() == [("05-05 06:00", DAILY), ("05-05 06:30", DAILY)]
    assert stage.made[1].stopped is False


def test_the_claim_of_one_that_died_is_taken_over_when_its_lease_is_over(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.run(minutes=1)
    stage.clock.ticks = 1800
    dead = stage.claims("dead")
    assert dead.claim({"delivery shop daily": stage.clock.now()}, stage.clock.now()) == (
        ["delivery shop daily"],
        [],
    )
    stage.run(owner="another", poll=10, minutes=5)
    ((moment, _),) = stage.runs()
    assert "05-05 06:01" <= moment <= "05-05 06:02"


def test_a_claim_that_is_alive_is_left_alone_however_long_it_takes(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.run(minutes=29)
    worker = stage.claims("alive")
    stage.clock.ticks = 1800
    job = "delivery shop daily"
    assert worker.claim({job: stage.clock.now()}, stage.clock.now())[0] == [job]

    def beat() -> None:
        assert worker.beat([job]), "it was taken"

    for minute in range(150):
        stage.clock.after(beat, seconds=1800 + 60 * minute)
    stage.clock.after(lambda: worker.finish([job], stage.clock.now(), 0), seconds=1800 + 60 * 150)
    stage.run(hours=4)
    assert stage.made == []


def test_one_whose_claim_was_taken_over_ends_its_audit(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.seconds = 3600

    def take_over() -> None:
        with sqlite3.connect(history) as database:
            database.execute("UPDATE lease SET holder = 'another', beat = beat + 1")

    stage.clock.after(take_over, minutes=35)
    stage.run(minutes=36)
    assert [each.stopped for each in stage.made] == [True]
    assert "another has taken it over" in "\n".join(stage.log)


@pytest.mark.parametrize("poll", [30.0, 86_400.0])
def test_what_is_due_begins_at_its_moment_however_seldom_the_daemon_looks(history: Path, poll: float) -> None:
    stage = Stage(history, "2026-05-05 05:33:07")
    stage.run(days=3, poll=poll)
    assert [f"{each.at:%d %H:%M:%S}" for each in stage.made] == ["05 06:00:00", "06 06:00:00", "07 06:00:00"]


def test_what_kills_whoever_does_it_is_given_up(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.run(minutes=1)
    stage.clock.ticks = 1800
    due = {"delivery shop daily": stage.clock.now()}
    outcomes = []
    for number in range(6):
        worker = stage.claims(f"victim {number}")
        worker.claim(due, stage.clock.now())
        stage.clock.ticks += 100
        outcomes.append(worker.claim(due, stage.clock.now()))
    given_up = [number for number, (_, gone) in enumerate(outcomes) if gone]
    assert len(given_up) == 1
    assert outcomes[-1] == ([], [])


@pytest.mark.parametrize("jump", [timedelta(hours=-2), timedelta(minutes=-1), timedelta(days=-1, hours=1)])
def test_a_clock_that_is_put_back_repeats_no_run(history: Path, jump: timedelta) -> None:
    stage = Stage(history, "2026-05-05 05:30")

    def put() -> None:
        stage.clock.error += jump

    stage.run(days=1)
    assert stage.runs() == [("05-05 06:00", DAILY)]
    stage.clock.after(put, days=1, minutes=40)
    stage.run(days=1)
    days = [each.at.date() for each in stage.made]
    assert sorted(set(days)) == sorted(days)
    assert "the clock was put back, by" in "\n".join(stage.log)


def test_a_clock_that_was_years_ahead_for_a_moment_silences_nothing(history: Path) -> None:
    stage = Stage(history, "2026-05-05 12:00")
    stage.clock.error = timedelta(days=3650)
    stage.run(days=2)
    ahead = len(stage.made)
    assert ahead == 2
    stage.clock.error = timedelta()
    stage.run(days=3)
    assert [moment for moment, _ in stage.runs()[ahead:]][-3:] == [
        "05-08 06:00",
        "05-09 06:00",
        "05-10 06:00",
    ]


def test_a_job_first_known_by_a_clock_that_was_ahead_begins_now(history: Path) -> None:
    stage = Stage(history, "2026-05-05 12:00")
    stage.clock.error = timedelta(days=3650)
    stage.run(minutes=5)
    stage.clock.error = timedelta()
    stage.run(days=2)
    assert [moment for moment, _ in stage.runs()] == ["05-06 06:00", "05-07 06:00"]


def test_a_clock_that_is_put_forward_runs_what_it_passed_once(history: Path) -> None:
    stage = Stage(history, "2026-05-05 12:00")

    def put() -> None:
        stage.clock.error += timedelta(days=3)

    stage.clock.after(put, hours=1)
    stage.run(hours=2)
    assert stage.runs() == [("05-08 13:00", DAILY)]
    assert "the clock was put forward" in "\n".join(stage.log)


def test_a_history_that_cannot_be_used_for_a_while_is_said_once_and_nothing_is_lost(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    aside = history.with_name("aside")

    def break_it() -> None:
        history.rename(aside)
        history.write_bytes(b"this is no database at all" * 100)

    stage.clock.after(break_it, minutes=10)

    def mend() -> None:
        aside.replace(history)

    stage.clock.after(mend, minutes=50)
    stage.run(hours=2)
    assert stage.runs() == [("05-05 06:20", DAILY)]
    assert len([line for line in stage.log if "no history of intact" in line]) == 1


def test_a_history_that_was_moved_away_begins_anew_and_the_next_run_is_made(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.clock.after(history.unlink, hours=2)
    stage.run(days=2)
    assert stage.runs() == [("05-05 06:00", DAILY), ("05-06 06:00", DAILY)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE job SET since = 'x'",
        "UPDATE job SET since = 9223372036854775807",
        "UPDATE job SET again = 'soon'",
        "UPDATE job SET again = 9e30, due = (SELECT max(due) FROM job)",
        "UPDATE job SET tries = 'a'",
        "UPDATE job SET tries = -5",
        "INSERT INTO lease SELECT 'job ' || name, x'ff', 0, 0 FROM job",
        "UPDATE job SET due = x'00'",
        "INSERT INTO lease SELECT 'job ' || name, 'somebody', 0, 'x' FROM job",
        "DELETE FROM job_due",
    ],
)
def test_a_table_of_jobs_that_somebody_has_spoilt_stops_no_run(history: Path, statement: str) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.seconds = 1.0
    stage.run(hours=1)
    with closing(sqlite3.connect(history)) as database:
        database.execute(statement)
        database.commit()
    stage.run(days=2)
    moments = [moment[:5] for moment, reports in stage.runs() if reports[0] == "billing"]
    assert sorted(set(moments)) == ["05-05", "05-06", "05-07"]


def test_people_are_told_once_a_day_that_the_history_cannot_be_used(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.run(minutes=10)
    with closing(sqlite3.connect(history)) as database:
        database.execute("DROP TABLE job_due")
    stage.run(minutes=25)
    assert stage.told == []
    stage.run(days=2)
    said = (
        f"{history}: the history cannot be used (no such table: job_due). Name another file with --history."
    )
    assert stage.told == [f": The schedule cannot use its history, so nothing is audited: {said}"] * 2


def test_a_history_that_is_locked_for_a_few_minutes_is_no_news(history: Path) -> None:
    stage = Stage(history, "2026-05-05 12:00")
    stage.run(hours=1)
    aside = history.with_name("aside")

    def break_it() -> None:
        history.rename(aside)
        history.write_bytes(b"this is no database at all" * 100)

    def mend() -> None:
        aside.replace(history)

    stage.clock.after(break_it, hours=2)
    stage.clock.after(mend, hours=2, minutes=8)
    stage.run(poll=60, hours=3)
    assert stage.told == []
    assert "the history can be used again, after 8 minutes" in "\n".join(stage.log)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (-9, "It was ended by SIGKILL, perhaps because memory ran out. It is tried again at 06:05."),
        (-11, "It was ended by SIGSEGV. It is tried again at 06:05."),
        (
            70,
            "It ended before there was an audit, as if intact were not installed whole. It is tried again at 06:05.",
        ),
        (137, "It ended with 137. It is tried again at 06:05."),
    ],
)
def test_people_are_told_of_an_audit_that_could_not_tell_them(history: Path, code: int, said: str) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.codes, stage.seconds = [code], 1.0
    stage.run(hours=1)
    assert stage.told == [f"billing: {said}"]
    assert len(stage.made) == 2  # it was tried again


def test_an_audit_that_failed_in_order_has_told_people_itself(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.codes, stage.seconds = [2], 1.0
    stage.run(hours=1)
    assert stage.told == []


def test_people_are_told_of_an_audit_that_cannot_be_started(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    stage = Stage(history, "2026-05-05 05:30")
    monkeypatch.setattr(stage, "start", none)
    stage.run(minutes=31)
    assert stage.told == [
        "billing: It could not be started ([Errno 12] Cannot allocate memory). It is tried again at 06:05."
    ]


def test_people_are_told_once_of_an_audit_that_still_goes_on_when_it_is_due_again(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.seconds = timedelta(hours=60).total_seconds()

    def sleep() -> None:
        stage.clock.ticks += timedelta(hours=48).total_seconds()

    stage.clock.after(sleep, minutes=40)
    stage.run(hours=49)
    assert len(stage.told) == 1
    assert stage.told[0].startswith("billing: It still goes on, though it is due again")


def test_what_waits_is_sent_between_runs_and_while_one_goes_on(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.seconds = 600.0
    stage.run(poll=60, minutes=50)
    pauses = [after - before for before, after in pairwise(stage.ticks)]
    assert max(pauses) <= 60


def test_a_model_that_changes_is_followed(history: Path) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.run(hours=1)
    stage.plan = Plan("delivery", "UTC", {Cadence.DAILY: ("billing", "refunds")})
    stage.run(days=1)
    assert stage.runs() == [("05-05 06:00", DAILY), ("05-06 06:00", ("billing", "refunds"))]


@pytest.mark.parametrize(("follow", "then"), [(True, "05-07 00:30"), (False, "05-07 06:00")])
def test_a_time_zone_of_the_model_that_changes_is_followed_unless_one_was_named(
    history: Path, *, follow: bool, then: str
) -> None:
    stage = Stage(history, "2026-05-05 05:30")
    stage.follow, stage.seconds = follow, 1.0

    def move() -> None:
        stage.plan = replace(stage.plan, timezone="Asia/Kolkata")

    stage.clock.after(move, hours=30)
    stage.run(hours=49)
    assert stage.runs()[-1] == (then, DAILY)


def test_what_was_done_and_what_is_being_done_can_be_seen(history: Path) -> None:
    stage = Stage(history, "2026-05-03 05:30")
    stage.codes, stage.seconds = [1, 2], 1.0
    stage.run(days=1, minutes=34)
    worker = stage.claims("host 7")
    moment = stage.clock.now() + timedelta(days=30)
    worker.claim({"delivery shop monthly": moment}, moment)
    done = run("schedule", "show", "--history", history, TZ="UTC")
    assert done.returncode == 0
    daily, monthly, weekly = done.stdout.splitlines()
    assert daily.startswith(
        "delivery shop daily: last due 2026-05-03 06:00, ended 2026-05-03 06:00 with exit 1; that"
    )
    assert daily.endswith("of 2026-05-04 06:00 failed 1 times, tried again 2026-05-04 06:05")
    assert monthly == "delivery shop monthly: never done; taken by host 7"
    assert weekly.startswith("delivery shop weekly: never done; that of 2026-05-04 06:00 failed")


def test_each_run_is_one_line_of_the_log_with_its_local_time(history: Path) -> None:
    stage = Stage(history, "2026-05-05 00:00", "Asia/Kolkata")
    stage.run(hours=1)
    (line,) = (each for each in stage.log if "exit" in each)
    assert line == "2026-05-05 06:00:10 +0530 daily (billing): exit 0, 10 s"
