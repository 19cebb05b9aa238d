"""Daemons as processes: killed in the middle, told to end, two at once."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.cli.running import PROGRAM, environment, run
from tests.sample_data import DEMO_AS_OF, write_dump
from tests.schedule.hasty import LEASE

HASTY = [sys.executable, str(Path(__file__).with_name("hasty.py"))]
ALL = {
    "billing",
    "status",
    "orphaned_orders",
    "orphaned_customers",
    "phantom_deliveries",
    "invalid_references",
    "duplicates",
}

pytestmark = pytest.mark.skipif(os.name != "posix", reason="NOT RUN: signals of POSIX")


@dataclass
class Place:
    """A folder with a history, marks of audits, and daemons that are ended with the test."""

    folder: Path
    daemons: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def history(self) -> Path:
        return self.folder / "history.sqlite"

    def start(self, *command: str, seconds: float = 1.0) -> subprocess.Popen[str]:
        """Start a daemon whose audits take so long."""
        words = [*HASTY, str(self.folder / "marks"), str(seconds), *command]
        return self.launch(words)

    def launch(self, words: list[str]) -> subprocess.Popen[str]:
        with (self.folder / "log").open("a") as log:
            daemon = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, text=True, env=environment()
            )
        self.daemons.append(daemon)
        return daemon

    def schedule(self) -> list[str]:
        return ["schedule", "run", "/nowhere", "--history", str(self.history), "--at-once"]

    def marks(self, what: str) -> list[tuple[int, float]]:
        """Give the process and the moment of each beginning, or of each end."""
        file = self.folder / "marks"
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return [(int(pid), float(moment)) for kind, pid, moment, *_ in lines if kind == what]

    def done(self) -> int:
        """Count what the history has as done."""
        if not self.history.exists():
            return 0
        with closing(sqlite3.connect(self.history, timeout=30)) as database:
            try:
                return int(
                    database.execute(
                        "SELECT count(*) FROM job_due JOIN attempt ON id = attempt WHERE exit_code = 0"
                    ).fetchone()[0]
                )
            except sqlite3.OperationalError:  # not yet made
                return 0

    def forgive(self) -> None:
        """Let it be tried on; what dies four times would be given up, as it should."""
        with closing(sqlite3.connect(self.history, timeout=30)) as database:
            if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'job'").fetchone():
                database.execute("UPDATE job SET tries = 0")
                database.commit()

    def log(self) -> str:
        file = self.folder / "log"
        return file.read_text() if file.exists() else ""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A folder, in which no daemon stays."""
    place = Place(tmp_path)
    yield place
    for daemon in place.daemons:
        daemon.kill()
        daemon.wait()


def until(true: Callable[[], object], seconds: float = 90) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def end(daemon: subprocess.Popen[str]) -> None:
    """Tell a daemon to end, and see that it ends as it should."""
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(60) == 0


def test_two_daemons_at_once_run_what_is_due_once(place: Place) -> None:
    daemons = [place.start(*place.schedule(), seconds=2 * LEASE) for _ in range(2)]
    until(lambda: place.done() == 3)
    time.sleep(1)
    for daemon in daemons:
        end(daemon)
    assert len(place.marks("begin")) == len(place.marks("end")) == 1
    assert place.log().count("exit 0") == 1


def test_killed_in_the_middle_the_audit_ends_too_and_the_next_daemon_does_it_anew(place: Place) -> None:
    daemon = place.start(*place.schedule(), seconds=600)
    until(lambda: place.marks("begin"))
    ((audit, _),) = place.marks("begin")
    daemon.kill()
    daemon.wait()
    until(lambda: not psutil.pid_exists(audit), seconds=10)
    assert place.done() == 0
    end_of_first = time.monotonic()
    following = place.start(*place.schedule(), seconds=0.5)
    until(lambda: place.done() == 3)
    end(following)
    assert len(place.marks("end")) == 1
    assert place.marks("begin")[1][1] > end_of_first


def test_told_to_end_in_the_middle_it_ends_the_audit_and_the_next_need_not_wait(place: Place) -> None:
    daemon = place.start(*place.schedule(), seconds=600)
    until(lambda: place.marks("begin"))
    ((audit, _),) = place.marks("begin")
    end(daemon)
    assert not psutil.pid_exists(audit)
    assert "left to whoever comes next" in place.log()
    with closing(sqlite3.connect(place.history)) as database:
        assert database.execute("SELECT count(*) FROM lease").fetchone() == (0,)
    following = place.start(*place.schedule(), seconds=0.1)
    until(lambda: place.done() == 3)
    end(following)


@pytest.mark.full("daemons are killed at random moments")
def test_killed_at_any_moment_it_is_done_in_the_end_and_never_twice_at_once(place: Place) -> None:
    chance = random.Random(8)
    for _ in range(3):
        before = place.log().count("; next ")
        pair = [place.start(*place.schedule(), seconds=60) for _ in range(2)]
        until(lambda: place.log().count("; next ") > before)  # noqa: B023 - waited for here
        time.sleep(chance.uniform(0, LEASE + 2))
        for daemon in pair:
            daemon.kill()
            daemon.wait()
        place.forgive()
    last = [place.start(*place.schedule(), seconds=LEASE) for _ in range(2)]
    until(lambda: place.done() == 3)
    for daemon in last:
        end(daemon)
    assert len(place.marks("end")) == 1
    begun = place.marks("begin")
    assert len(begun) > 1
    gone = dict(place.marks("end") + place.marks("gone"))
    for (pid, _), (_, following) in itertools.pairwise(begun):
        assert gone[pid] <= following, "two at once"


@pytest.mark.full("a daemon has to hang for longer than its lease")
def test_one_that_hangs_is_taken_over_and_its_audit_has_ended_before_the_next_begins(place: Place) -> None:
    hanging = place.start(*place.schedule(), seconds=600)
    until(lambda: place.marks("begin"))
    time.sleep(1)
    hanging.send_signal(signal.SIGSTOP)
    following = place.start(*place.schedule(), seconds=1)
    until(lambda: place.done() == 3)
    hanging.send_signal(signal.SIGCONT)
    until(lambda: "another has taken it over" in place.log())
    for daemon in (hanging, following):
        end(daemon)
    (first, _), (_, second) = place.marks("begin")
    assert dict(place.marks("gone"))[first] <= second
    assert len(place.marks("end")) == 1


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small business with faults."""
    folder = tmp_path_factory.mktemp("dump")
    write_dump(folder, orders=200, seed=7, faults=1, as_of=DEMO_AS_OF)
    return next(path for path in (folder, *folder.iterdir()) if any(path.glob("*.bson")))


def test_the_real_thing_makes_all_reports_and_idles_in_little_memory(place: Place, dump: Path) -> None:
    reports = place.folder / "reports"
    reports.mkdir()
    words = ["schedule", "run", str(dump), "--history", str(place.history), "--at-once"]
    daemon = place.launch([*PROGRAM, *words, "--with", f"--output {reports}/"])
    until(lambda: "exit 1" in place.log())
    megabytes = psutil.Process(daemon.pid).memory_info().rss / 10**6
    end(daemon)
    (file,) = reports.glob("*.json")
    written = json.loads(file.read_text())
    assert set(written["reports"]) == ALL
    total = sum(len(report["issues"]) for report in written["reports"].values())
    with closing(sqlite3.connect(place.history)) as database:
        ((made,),) = database.execute("SELECT reports FROM run").fetchall()
    assert set(json.loads(made)) == ALL
    assert total > 0
    assert f" {total:,} findings, {total:,} new, 0 resolved, exit 1" in place.log()
    assert place.log().splitlines()[-1].endswith(" stopped")
    assert megabytes < 80


def test_an_audit_that_fails_says_why_in_one_line(place: Place) -> None:
    daemon = place.launch([*PROGRAM, *place.schedule()])
    until(lambda: "failed" in place.log())
    end(daemon)
    (line,) = (line for line in place.log().splitlines() if "failed" in line)
    assert "tried again at" in line
    assert "/nowhere" in line


def test_an_audit_ends_when_its_standard_input_is_closed(dump: Path, tmp_path: Path) -> None:
    large = tmp_path / "shop"
    large.mkdir()
    document = (dump / "orders.bson").read_bytes()
    with (large / "orders.bson").open("wb") as file:
        for _ in range(2000):
            file.write(document)
    audit_of_it = ["600", "check", str(large), "--model=delivery", "--no-history"]
    with subprocess.Popen(
        [sys.executable, "-m", "intact.cli.supervised", *audit_of_it],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as audit:
        time.sleep(1)
        assert audit.stdin is not None
        audit.stdin.close()
        # On a busy machine it may still be starting, and is ended by the signal itself.
        assert audit.wait(30) in {130, -signal.SIGTERM}


def test_an_audit_ends_when_its_starter_is_silent_for_too_long(tmp_path: Path) -> None:
    pipe = tmp_path / "orders.bson"
    os.mkfifo(pipe)  # nobody writes into it, so it takes forever
    with subprocess.Popen(
        [sys.executable, "-m", "intact.cli.supervised", "1.2", "check", str(pipe), "--no-history"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    ) as audit:
        assert audit.stdin is not None
        for _ in range(8):
            time.sleep(0.3)
            audit.stdin.write(b".")
            audit.stdin.flush()
        assert audit.poll() is None
        assert audit.wait(60) == 130


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-"], "standard input can be read only once"),
        ([], "there is nothing to audit"),
        (["/nowhere", "--timezone", "Mars/Olympus"], "there is no time zone 'Mars/Olympus'"),
        (["/nowhere", "--at", "25:00"], "is no time of the day"),
        (["/nowhere", "--model", "no.yml"], "there is no such model file"),
        (["/nowhere", "--with", "--report billing"], "--report has no place in it"),
        (["/nowhere", "--with", "--history x"], "--history has no place in it"),
        (["/nowhere", "--with", "dump"], "a source has no place in it"),
        (["/nowhere", "--with", "--otuput x"], "No such option"),
        (["/nowhere", "--with", "'"], "cannot be read"),
        (["/nowhere", "--history", "/proc/no/history"], "the history cannot be opened"),
        (["mongodb://u:s3cr@t@h/shop"], "it holds an @ where none can be"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(words: list[str], said: str) -> None:
    done = run("schedule", "run", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "s3cr" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_uri_is_not_on_the_command_line_of_the_audit(place: Place) -> None:
    uri = "mongodb://auditor:s3cret@127.0.0.1:9/shop"
    words = ["schedule", "run", uri, "--history", str(place.history), "--at-once"]
    daemon = place.start(*words, seconds=30)
    until(lambda: place.marks("begin"))
    end(daemon)
    assert "s3cret" not in (place.folder / "marks").read_text()
    assert "s3cret" not in place.log()
    with closing(sqlite3.connect(place.history)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM job ORDER BY name")]
    assert names[0] == "delivery mongodb://127.0.0.1:9/shop daily"
