"""A test that waits for the clock may be run once more, alone, and is named then; no other test is."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from tests.house.files import ROOT
from tests.support.clock import WAITING, waits
from tools import verify

TESTS = """
from pathlib import Path
import pytest

def tried(name):
    '''How often the test has been tried, with this time.'''
    with Path(__file__).with_name(name).open("a+") as file:
        file.write(".")
        file.seek(0)
        return len(file.read())

@pytest.fixture
def late():
    assert tried("late") > 1

def test_that_is_fine():
    tried("fine")

@pytest.mark.clock
@pytest.mark.parametrize("what", ["a b, [::1]"])
def test_that_passes_the_second_time(what):
    assert tried("second") > 1

@pytest.mark.clock
def test_that_could_not_be_set_up(late):
    pass

@pytest.mark.clock
def test_that_never_passes():
    assert not tried("never")

@pytest.mark.clock
def test_that_is_left_out_the_second_time():
    if tried("skipped") > 1:
        pytest.skip("not there")
    assert False

def test_that_waits_for_nothing():
    assert tried("other") > 1

@pytest.mark.clock
@pytest.mark.parametrize("number", range(6))
def test_of_many(number):
    assert tried(f"many{number}") > 1

@pytest.mark.clock
def test_whose_process_dies():
    import os
    if tried("died") == 1:
        os._exit(1)
"""
SECOND = "test_that_passes_the_second_time"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the tests above, and an environment without what the outer run has set."""
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p tests.conftest -p no:cacheprovider\n")
    for name in list(os.environ):
        if name.startswith(("INTACT", "PYTEST")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(ROOT)
    return tmp_path


def verified(folder: Path, monkeypatch: pytest.MonkeyPatch, chosen: str, workers: int = 0) -> int:
    """Verify the tests of which the name has this."""
    command = f"{verify.PYTEST} --numprocesses={workers} -k {shlex.quote(chosen)} {shlex.quote(str(folder))}"
    # The root of the project stays importable, as in a run of its own.
    part = verify.Part(command, str(folder), env={"PYTHONPATH": str(ROOT)})
    monkeypatch.setattr(verify, "PARTS", {"tests": part})
    return verify.main(["tests"])


def tries(folder: Path, name: str) -> int:
    file = folder / name
    return len(file.read_text()) if file.exists() else 0


@pytest.mark.parametrize("workers", [0, 1])
def test_a_test_that_waits_for_the_clock_is_run_once_more_and_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], workers: int
) -> None:
    assert verified(folder, monkeypatch, "second_time and passes or fine or set_up", workers) == 0
    said = capfd.readouterr().out
    lines = [line for line in said.splitlines() if line.startswith("!! passed only when run again, alone: ")]
    assert len(lines) == 2
    assert any(SECOND in line for line in lines)
    assert any("test_that_could_not_be_set_up" in line for line in lines)
    assert all(line.endswith("; a test that waits for the clock, look at it") for line in lines)
    assert "tests: ok." in said.splitlines()[-1]
    assert (tries(folder, "second"), tries(folder, "late"), tries(folder, "fine")) == (2, 2, 1)


@pytest.mark.parametrize(
    ("chosen", "tried"),
    [
        ("waits_for_nothing", {"other": 1}),
        ("waits_for_nothing or passes", {"other": 1, "second": 1}),
        ("of_many", {f"many{number}": 1 for number in range(6)}),
        ("never or passes", {"never": 2, "second": 2}),
        ("left_out", {"skipped": 2}),
    ],
    ids=["another test", "another test besides", "more than a few", "twice", "left out then"],
)
def test_whatever_else_fails_has_failed(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    chosen: str,
    tried: dict[str, int],
) -> None:
    assert verified(folder, monkeypatch, chosen) == 1
    said = capfd.readouterr().out
    assert "tests: FAILED." in said.splitlines()[-1]
    assert "passed only when run again" not in said
    assert {name: tries(folder, name) for name in tried} == tried


def test_one_whose_process_died_is_not_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verified(folder, monkeypatch, "dies", workers=1) == 1
    assert "passed only when run again" not in capfd.readouterr().out


def test_each_name_of_tests_that_wait_is_one_of_tests_that_are_there() -> None:
    there = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")]
    for pattern in WAITING:
        assert any(Path(path).match(pattern) for path in there), pattern


def test_what_is_found_or_written_is_never_tried_again() -> None:
    assert waits("tests/live/test_faults.py::test_a[b::c]")
    for folder in (
        "checks",
        "e2e",
        "engine",
        "findings",
        "model",
        "oracle",
        "project",
        "public",
        "reporters",
    ):
        assert not waits(f"tests/{folder}/test_a.py::test_b")
