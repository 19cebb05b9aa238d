"""Temporary files: for their owner only, nowhere but where TMPDIR says, and none left behind by a killed run."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from intact.cli.output import destinations, save
from intact.core import temporary
from intact.core import whole_files as files
from intact.core.errors import EngineError
from intact.engine import DuckEngine
from intact.findings import Report, spool
from intact.reporters.report_files import Destination
from tests.cli.running import invoke
from tests.run.test_stopping import faulty_dump
from tests.support.small import PHANTOM, audit, small

__all__ = ["faulty_dump"]  # a fixture

HOLDER = """
import sys, time
from pathlib import Path
from intact.core import temporary
from intact.core import whole_files
made = temporary.make(Path(sys.argv[1]))
(made / "personal").write_text("+91 98765 43210")
def pieces():
    yield "half of it"
    print("ready", flush=True)
    time.sleep(600)
whole_files.write(Path(sys.argv[2]), pieces())
"""


@cache
def report_of(*, personal: bool) -> Report:
    return audit(small(delivery_statuses=[PHANTOM]), show_personal=personal)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a process of its own, as far as what was swept goes."""
    monkeypatch.setattr(temporary, "_swept", set())
    monkeypatch.setattr(temporary.tempfile, "tempdir", None)  # type: ignore[attr-defined]  # Python's own setting


def holding(tmp_path: Path) -> subprocess.Popen[str]:
    """Start a process that has a temporary folder, and is in the middle of a report."""
    (tmp_path / "tmp").mkdir(exist_ok=True)
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "tmp"), str(tmp_path / "report.json")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_what_a_killed_run_left_is_removed_by_the_next_and_what_a_living_one_has_is_not(
    tmp_path: Path,
) -> None:
    target = tmp_path / "report.json"
    with holding(tmp_path) as killed, holding(tmp_path) as living:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        folders = set((tmp_path / "tmp").iterdir())
        parts = set(tmp_path.glob(".report.json.*.part"))
        assert (len(folders), len(parts)) == (2, 2)
        made = temporary.make(tmp_path / "tmp")
        files.write(target, ["whole"])
        left = set((tmp_path / "tmp").iterdir()) - {made}
        assert len(left) == 1
        assert left < folders
        assert (left.pop() / "personal").exists()
        assert len(set(tmp_path.glob(".report.json.*.part")) & parts) == 1
        assert target.read_text("utf-8") == "whole"
        temporary.remove(made)
        living.kill()


@pytest.mark.parametrize(
    "name", ["intact-abcdefgh", "intact-demo-abcdefgh", "intact-mine", "intact-abcdefgh.d"]
)
def test_a_folder_of_somebody_elses_making_stays_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    own = tmp_path / name
    own.mkdir(mode=0o700)
    (own / "work").write_text("mine", "utf-8")
    (own / ".lock").touch()
    old = time.time() - 10 * 24 * 3600
    os.utime(own, (old, old))
    marked = tmp_path / f"{name[:-1]}x"
    marked.mkdir(mode=0o755)  # others may write there, so it is none of ours
    (marked / temporary.LOCK).write_bytes(temporary._TRIAL)
    aside = tmp_path / "elsewhere"
    aside.mkdir(mode=0o700)
    (aside / temporary.LOCK).write_bytes(temporary._TRIAL)
    link = tmp_path / "intact-linklink"
    link.symlink_to(aside, target_is_directory=True)
    temporary.remove(temporary.make(tmp_path))
    assert (own / "work").read_text("utf-8") == "mine"
    assert (marked / temporary.LOCK).exists()
    assert (aside / temporary.LOCK).exists()
    assert link.is_symlink()


def test_folders_are_for_their_owner_only_and_no_two_have_a_name_that_can_be_guessed(tmp_path: Path) -> None:
    made = [temporary.make(tmp_path) for _ in range(3)]
    assert {mode(each) for each in made} == {0o700}
    assert {mode(each / temporary.LOCK) for each in made} == {0o600}
    assert str(os.getpid()) not in " ".join(each.name for each in made)
    for each in made:
        temporary.remove(each)
        temporary.remove(each)
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_report_is_never_written_through_what_lies_there_already(tmp_path: Path) -> None:
    target, victim = tmp_path / "report.json", tmp_path / "victim"
    victim.write_text("untouched", "utf-8")
    for number in (os.getpid(), "0" * 16):
        (tmp_path / f".report.json.{number}.part").symlink_to(victim)
    files.write(target, ["whole"])
    assert (target.read_text("utf-8"), victim.read_text("utf-8")) == ("whole", "untouched")


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002], indirect=True)
@pytest.mark.parametrize("personal", [False, True], ids=["masked", "personal"])
@pytest.mark.parametrize("name", ["r.json", "r.html", "r.csv", "r.parquet", "r.csv.zip", "new/", "r.csv/"])
def test_reports_follow_the_umask_and_those_with_personal_values_are_for_their_owner(
    tmp_path: Path, umask: int, name: str, *, personal: bool
) -> None:
    report = report_of(personal=personal)
    (place,) = destinations([f"{tmp_path}/{name}"])
    save(report, place)
    written = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert written
    assert {mode(each) for each in written} == {0o600 if personal else 0o666 & ~umask}
    assert not list(tmp_path.rglob("*.part"))


def test_a_report_with_personal_values_takes_no_rights_from_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_text("before", "utf-8")
    target.chmod(0o644)
    place = Destination(target, ".json", directory=False)
    moment = report_of(personal=False).run.generated_at
    place.save(["{}"], moment)
    assert mode(target) == 0o644
    place.save(["{}"], moment, private=True)
    assert mode(target) == 0o600


@pytest.mark.parametrize("given", ["missing", "file", "read only"])
def test_a_tmpdir_that_cannot_be_used_ends_the_run_with_a_sentence(
    given: str, tmp_path: Path, faulty_dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python would take another folder without a word, on a disk of which nobody has thought."""
    place = tmp_path / "tmp"
    if given == "file":
        place.touch()
    if given == "read only":
        place.mkdir()
        refuse = PermissionError(13, "Permission denied")
        monkeypatch.setattr(temporary.tempfile, "mkdtemp", lambda **_: _raise(refuse))  # type: ignore[attr-defined]
    result = invoke(
        "check", str(faulty_dump), "--model", "delivery", "--no-history", "--quiet", TMPDIR=str(place)
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"intact: {place}: no temporary folder can be made: ")
    assert "Set TMPDIR" in result.stderr


def test_a_full_tmpdir_ends_the_run_before_it_has_read_anything(
    tmp_path: Path, faulty_dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(temporary.os, "fsync", full)  # type: ignore[attr-defined]
    result = invoke(
        "check", str(faulty_dump), "--model", "delivery", "--no-history", "--quiet", TMPDIR=str(tmp_path)
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(
        f"intact: {tmp_path}: no temporary folder can be made: no space left on device."
    )
    assert list(tmp_path.iterdir()) == []


def test_findings_beyond_memory_go_where_tmpdir_says_or_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    monkeypatch.setattr(spool, "IN_MEMORY", 0)
    monkeypatch.setattr(spool, "_CHUNK", 1)
    made: spool.Spool[int] = spool.Spool()
    with pytest.raises(EngineError, match="the findings cannot be kept on the disk") as caught:
        made.append(1)
    assert caught.value.where == str(tmp_path / "missing")


def test_an_engine_that_is_closed_leaves_no_lock_behind(tmp_path: Path) -> None:
    with DuckEngine(10**8, str(tmp_path)) as engine:
        assert list(engine.query("SELECT 1")) == [(1,)]
        (made,) = tmp_path.iterdir()
        assert mode(made) == 0o700
    assert list(tmp_path.iterdir()) == []


def _raise(error: Exception) -> None:
    raise error
