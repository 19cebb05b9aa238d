"""Two runs at once, and a run that is killed at any moment: nothing is lost, nothing is half there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from intact.operations.folder import Folder
from tests.folder.reading import insist_on_sound, links, record, runs
from tests.folder.runs import run
from tests.house.files import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes that are killed: not a POSIX system")


def program(name: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.folder.{name}", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_keep_runs_of_one_moment_at_once_lose_none(tmp_path: Path) -> None:
    started = [program("many", tmp_path, 6) for _ in range(3)]
    printed = [each.communicate(timeout=300) for each in started]
    assert [said for _, said in printed] == ["", "", ""]
    names = [name for out, _ in printed for name in out.split()]
    assert sorted(names) == runs(tmp_path)
    assert len(set(names)) == 18
    counts = sorted(sum(each["count"] for each in record(tmp_path, name)["findings"]) for name in names)
    assert counts == sorted([*range(6)] * 3)  # each as its process made it
    insist_on_sound(tmp_path)
    listed = {each.partition("/")[0] for each in links(tmp_path / "index.html")}
    assert listed == set(names)
    assert {each.name for each in tmp_path.iterdir()} == {".lock", "index.html", "latest", *names}


@pytest.mark.full("a process is killed at every step of its end")
@pytest.mark.parametrize("there", [0, 2])
def test_a_run_killed_at_any_moment_leaves_a_folder_that_can_be_read_and_gone_on_with(
    tmp_path: Path, there: int
) -> None:
    base, out = tmp_path / "base", tmp_path / "out"
    base.mkdir()
    out.mkdir()
    for day in range(there):
        Folder(base, keep=2).keep(run(day))
    before = runs(base)
    done = program("killed", base, out, there, 2)
    _, said = done.communicate(timeout=600)
    assert (done.returncode, said) == (0, "")
    places = sorted(out.iterdir(), key=lambda each: int(each.name))
    assert len(places) > 30  # moments
    ended = []
    for place in places:
        insist_on_sound(place)
        now = runs(place)
        assert set(before[1:]) <= set(now)  # the last ones are never lost
        ended.append(now)
        Folder(place, keep=2).keep(run(9))
        insist_on_sound(place)
        assert len(runs(place)) == min(2, len(set(now)) + 1)
        assert [each.name for each in place.iterdir() if each.name.startswith(".")] == [".lock"]
    assert ended[0] == before
    assert len(ended[-1]) == min(2, there + 1)
    assert runs(base) == before


def test_a_run_killed_from_outside_does_not_keep_others_out(tmp_path: Path) -> None:
    going = program("many", tmp_path, 1000)
    while len(runs(tmp_path)) < 2:
        time.sleep(0.05)
    going.send_signal(signal.SIGKILL)
    going.communicate()
    there = runs(tmp_path)
    Folder(tmp_path, keep=100, wait=10).keep(run(5))
    assert set(there) < set(runs(tmp_path))
    insist_on_sound(tmp_path)
