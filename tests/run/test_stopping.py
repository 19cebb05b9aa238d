"""A run ends soon when it is told to or its time is over, whatever it does just then, and leaves nothing behind."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import intact
from intact.audit import ingest
from intact.audit.recheck import again
from intact.checks import context as checks_context
from intact.checks import dangling_reference
from intact.core.stopping import Stop, StoppedError, TimeOverError, stop_all
from intact.engine import DuckEngine
from intact.ledger.history import comparison as record
from intact.reporters import html_report as html
from intact.reporters import json_report
from tests.cli.conftest import AS_OF
from tests.cli.running import environment, invoke, start
from tests.run.world import clean, order
from tests.sample_data import DEMO_AS_OF, write_dump
from tests.servers.scripted import ScriptedServer
from tests.support.memory import MemorySource

LONG = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * 3 = b.range * 7 + 1 + a.range % 2"
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
SOON = 0.3
LATE = 20.0
"""Seconds: far less than any of the works here would take, which is for ever."""

Work = Callable[..., Any]
TIMERS: list[threading.Timer] = []


@pytest.fixture(scope="module")
def faulty_dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A business with two faults of every kind."""
    place = tmp_path_factory.mktemp("faulty")
    write_dump(place, orders=150, seed=7, faults=2, as_of=DEMO_AS_OF)
    return next(path for path in (place, *place.iterdir()) if any(path.glob("*.bson")))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The temporary folder of a run, of which nothing may be left."""
    made = tmp_path / "tmp"
    made.mkdir()
    monkeypatch.setenv("TMPDIR", str(made))
    monkeypatch.setattr(tempfile, "tempdir", None)
    # A signal that comes when the run has ended already fails its test, and does not end all tests.
    before = {each: signal.signal(each, lambda *_: None) for each in (signal.SIGINT, signal.SIGTERM)}
    yield made
    while TIMERS:
        TIMERS.pop().join()
    for each, handler in before.items():
        signal.signal(each, handler)
    assert list(made.iterdir()) == []


def statement(*_: Any, **__: Any) -> Iterator[Any]:
    """Run a statement that takes for ever, in the engine of the run."""
    with DuckEngine(10**8, stop=_stop()) as engine:
        yield from engine.query(LONG)


def python(*_: Any, **__: Any) -> Iterator[Any]:
    """Do what takes for ever in Python, looking now and then whether the work goes on."""
    yield from (each for each in _stop().watched(itertools.count()) if each < 0)


def at_once(work: Work) -> Work:
    return lambda *arguments, **options: list(work(*arguments, **options))


def _stop() -> Stop:
    from intact.core.stopping import _RUNNING

    return next(each for each in _RUNNING if each.ends is not None or each._watched)


def later(number: signal.Signals) -> None:
    made = threading.Timer(SOON, lambda: os.kill(os.getpid(), number))
    TIMERS.append(made)
    made.start()


def told(work: Work, number: signal.Signals = signal.SIGTERM) -> Work:
    """Do a work, into which the signal comes; once, however often it is done."""
    once = iter([number])  # several threads may begin together

    def begin(*arguments: Any, **options: Any) -> Any:
        for each in once:
            later(each)
        return work(*arguments, **options)

    return begin


IN_CHECKS: dict[str, tuple[Any, str, Work]] = {
    "a statement of a check": (dangling_reference, "_find", statement),
    "a check in Python": (dangling_reference, "_find", python),
    "near matches": (checks_context, "near_matches", at_once(python)),
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("phase", IN_CHECKS)
def test_a_signal_ends_the_audit_of_a_dump_while_it_is_in(
    phase: str,
    number: signal.Signals,
    folder: Path,
    faulty_dump: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where, name, work = IN_CHECKS[phase]
    monkeypatch.setattr(where, name, told(work, number))
    _ended(folder, str(faulty_dump))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("phase", [*IN_CHECKS, "looking again"])
def test_a_signal_ends_the_audit_of_a_server_while_it_is_in(
    phase: str, number: signal.Signals, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, name, work = IN_CHECKS.get(phase, (again, "judge", at_once(python)))
    monkeypatch.setattr(where, name, told(work, number))
    data = clean()
    data["orders"] += [order(2, subscription_id="S1"), order(3, customer_id="nobody")]
    with ScriptedServer(data) as server:
        _ended(folder, server.uri())
        assert server.cursors == {}


def _ended(folder: Path, source: str, *options: str) -> None:
    begun = time.monotonic()
    result = invoke(
        "check", source, "--model", "delivery", "--as-of", AS_OF, "--no-history", "--quiet", *options
    )
    assert result.stderr.strip() == "intact: interrupted; no report was left half-written."
    assert (result.exit_code, result.stdout) == (130, "")
    assert time.monotonic() - begun < LATE
    assert list(folder.iterdir()) == []


def test_a_signal_ends_the_audit_while_a_block_is_projected(
    folder: Path, faulty_dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(ingest, "_projected", told(lambda *_: released.wait(LATE)))
    try:
        _ended(folder, str(faulty_dump))
        assert not released.is_set()
    finally:
        released.set()


def test_a_signal_ends_the_audit_while_nothing_comes_from_standard_input(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        process = start(
            "check", "-", "--collection", "orders", "--no-history", stdin=reading, TMPDIR=str(tmp_path)
        )
        time.sleep(1.5)  # it may still be starting, which a signal ends too
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=LATE)
    finally:
        os.close(reading)
        os.close(writing)
    said = "intact: interrupted; no report was left half-written."
    assert (process.returncode, stdout, stderr.strip()) == (130, "", said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("directory", [False, True], ids=["file", "folder"])
def test_a_signal_while_a_report_is_written_leaves_what_was_there(
    directory: bool,
    folder: Path,
    faulty_dump: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = tmp_path / "report.html"
    before.write_text("before", "utf-8")
    monkeypatch.setattr(html, "render", told(lambda _: itertools.repeat("<p>more")))
    options = ["--reports", str(tmp_path / "kept")] if directory else ["--output", str(before)]
    _ended(folder, str(faulty_dump), *options)
    assert before.read_text("utf-8") == "before"
    assert not list(tmp_path.rglob("*.part"))


def test_of_a_report_that_is_cut_while_it_is_printed_nobody_says_that_it_is_whole(
    folder: Path, faulty_dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun(_: Any) -> Iterator[str]:
        yield '{"begun": '
        later(signal.SIGINT)
        while True:
            yield ""

    monkeypatch.setattr(json_report, "render", begun)
    result = invoke("check", str(faulty_dump), "--model", "delivery", "--as-of", AS_OF, "--no-history", "--quiet",
                    "--format", "json")  # fmt: skip
    assert result.exit_code == 130
    assert result.stderr.strip() == "intact: interrupted; the report that was being printed is cut off."
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("live", [False, True], ids=["dump", "server"])
def test_a_signal_ends_the_audit_while_the_history_is_written(
    live: bool,
    folder: Path,
    faulty_dump: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history = tmp_path / "history.sqlite"
    monkeypatch.setattr(
        record.RunComparison,
        "record",
        told(lambda self, *_, **__: self._store.database.execute(ENDLESS).fetchall()),
    )
    with ScriptedServer(clean()) as server:
        source = server.uri() if live else str(faulty_dump)
        result = invoke(
            "check", source, "--model", "delivery", "--as-of", AS_OF, "--history", str(history), "--quiet"
        )
    assert result.exit_code == 130, result.stderr
    assert list(folder.iterdir()) == []
    assert [each.name for each in tmp_path.glob("history*")] == ["history.sqlite"]


@pytest.mark.parametrize("phase", IN_CHECKS)
def test_the_time_of_a_run_ends_while_it_is_in(
    phase: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found before is reported; what was not looked for is said, and is no clean bill."""
    where, name, work = IN_CHECKS[phase]
    monkeypatch.setattr(where, name, work)
    data = clean()
    data["orders"] += [order(2, subscription_id="S1"), order(3, customer_id="nobody")]
    data["customers_v2"].append({**data["customers_v2"][0], "_id": 2, "id": "c2", "user_id": None})
    begun = time.monotonic()
    report = intact.check(MemorySource(data), model="delivery", as_of=AS_OF, max_duration=2, fail_on=["none"])
    assert time.monotonic() - begun < LATE
    assert (report.exit_code, report.complete) == (3, False)
    reasons = {reason for section in report.sections for each in section.outcomes for reason in each.reasons}
    assert any("the time that the run had was over" in reason for reason in reasons)
    late = [
        each
        for section in report.sections
        for each in section.outcomes
        if any("the time that the run had was over" in reason for reason in each.reasons)
    ]
    assert {each.status.value for each in late} <= {"not evaluated", "violated"}
    assert list(folder.iterdir()) == []


def test_a_run_whose_time_is_over_before_the_checks_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stop, "over", property(lambda self: self.ends is not None))
    report = intact.check(MemorySource(clean()), model="delivery", as_of=AS_OF, max_duration=1000)
    assert report.exit_code == 3
    for section in report.sections:
        rules = [each for each in section.outcomes if not each.check.startswith("figure")]
        assert {each.status.value for each in rules} == {"not evaluated"}
        assert set(section.summary.values()) <= {None}


def test_work_is_limited_only_where_time_counts() -> None:
    stop = Stop(time.monotonic() - 1)
    stop.check()
    with pytest.raises(TimeOverError), stop.limited():
        raise AssertionError
    assert list(Stop(time.monotonic() + 1000).in_time(iter(range(3)))) == [0, 1, 2]
    assert list(Stop().in_time([])) == []
    with pytest.raises(TimeOverError):
        list(stop.in_time([1]))


def test_an_interrupted_statement_leaves_the_engine_usable(tmp_path: Path) -> None:
    stop = Stop(time.monotonic() + SOON)
    with DuckEngine(10**8, str(tmp_path), stop=stop) as engine:
        other = engine.query("SELECT * FROM range(20000)")
        assert next(other) == (0,)
        with pytest.raises(TimeOverError), stop.limited():
            engine.execute(f"CREATE TABLE long AS {LONG}")
        for _ in range(20):
            assert list(engine.query("SELECT count(*) FROM range(100000)")) == [(100_000,)]


def test_every_run_of_the_process_can_be_told_to_end() -> None:
    stop = Stop()
    stop_all()
    with pytest.raises(StoppedError):
        stop.check()
    with pytest.raises(KeyboardInterrupt):
        list(stop.watched([1]))
    stop.close()


SWALLOWS = """
import time
from intact.audit import ingest

def swallows(*_):
    try:
        print("ready", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        pass
    time.sleep(60)

ingest.reading_order = swallows
from intact.cli import main
main()
"""


def test_a_signal_that_python_drops_comes_again(tmp_path: Path, faulty_dump: Path) -> None:
    """In a finalizer, or a callback of a library, what a signal's handler raises is printed and forgotten."""
    arguments = ["check", str(faulty_dump), "--model", "delivery", "--no-history", "--quiet"]
    process = subprocess.Popen(
        [sys.executable, "-c", SWALLOWS, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(TMPDIR=str(tmp_path)),
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=LATE)
    said = "intact: interrupted; no report was left half-written."
    assert (process.returncode, stderr.strip()) == (130, said)
    assert list(tmp_path.iterdir()) == []
