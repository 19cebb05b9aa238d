"""How much the tests try: what a quick run leaves for CI is chosen with care, and said."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from tests.house.files import ROOT
from tests.support import ci_page
from tests.support.left_for_ci import covering, from_all_over
from tools import verify

TESTS = """
import os

import pytest
from tests.support.effort import share

@pytest.mark.spread(3)
@pytest.mark.parametrize("seed", range(9))
def test_of_many_databases(seed):
    assert share(60) == (60 if os.environ["INTACT_EFFORT"] == "full" else 6)

@pytest.mark.covering
@pytest.mark.parametrize("fault", "abc")
@pytest.mark.parametrize("place", "xy")
def test_of_many_faults(fault, place):
    pass

@pytest.fixture(params=["java", "real"])
def mongo_server(request):
    return request.param

@pytest.mark.parametrize("fault", "abcd")
def test_on_each_server(mongo_server, fault):
    pass

@pytest.mark.full("takes a minute")
def test_that_is_long():
    pass

def test_that_is_short():
    pass
"""


def pytest_run(tmp_path: Path, effort: str, *more: str) -> tuple[int, str, list[str]]:
    """Run pytest with the house's conftest on the tests above: exit status, output, lines on what was left out."""
    (tmp_path / "test_some.py").write_text(TESTS)
    left_out = tmp_path / "left-out"
    env = {key: value for key, value in os.environ.items() if not key.startswith(("INTACT", "PYTEST"))}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
    ]
    done = subprocess.run(
        [*command, f"--rootdir={tmp_path}", f"--left-out={left_out}", *(more or [str(tmp_path)])],
        cwd=ROOT,
        env={**env, "INTACT_EFFORT": effort},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = left_out.read_text().splitlines() if left_out.exists() else []
    return (
        done.returncode,
        done.stdout + done.stderr,
        [line for line in lines if line.startswith("left for CI: ")],
    )


def test_a_quick_run_makes_some_of_many_cases_and_says_what_it_has_left(tmp_path: Path) -> None:
    status, said, left = pytest_run(tmp_path, "quick", "--numprocesses=1", str(tmp_path))  # as make test does
    assert status == 0, said
    assert "11 passed" in said
    assert left[0] == "left for CI: 14 cases of test_some.py"
    assert "of properties" in left[1]


def test_a_full_run_makes_all_cases_and_has_left_none(tmp_path: Path) -> None:
    status, said, left = pytest_run(tmp_path, "full")
    assert status == 0, said
    assert "25 passed" in said
    assert left == []


def test_what_is_named_is_run_in_a_quick_run_too(tmp_path: Path) -> None:
    named = ("test_of_many_databases[5]", "test_of_many_databases[6]", "test_that_is_long")
    _, said, left = pytest_run(tmp_path, "quick", *(f"{tmp_path / 'test_some.py'}::{name}" for name in named))
    assert "3 passed" in said
    assert len(left) == 1


def test_another_effort_is_refused(tmp_path: Path) -> None:
    status, said, _ = pytest_run(tmp_path, "fast")
    assert status != 0
    assert "INTACT_EFFORT is 'fast'; it can be quick or full" in said


def test_of_many_cases_the_same_ones_are_tried_each_time_and_other_ones_by_another_test() -> None:
    kept = from_all_over(range(200), 5, "a test")
    assert kept == from_all_over(range(200), 5, "a test") == sorted(set(kept))
    assert len(kept) == 5
    assert kept != from_all_over(range(200), 5, "another")
    assert from_all_over(range(3), 5, "a test") == [0, 1, 2]


def test_covering_cases_have_each_value_of_each_parameter_and_are_as_many_as_the_longest() -> None:
    cases = list(product("abcd", (1, 2), (None, True, False)))
    kept = covering(cases, lambda case: [(str(at), value) for at, value in enumerate(case)])
    assert [set(column) for column in zip(*kept, strict=True)] == [set("abcd"), {1, 2}, {None, True, False}]
    assert len(kept) == 4
    assert [one for _, one, _ in kept].count(1) == 2, "values that are not new take turns"


def test_at_the_end_what_is_left_for_ci_is_told_apart_from_what_the_machine_lacks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verify.summarise({"tests": True}, ["left for CI: 12 cases of a", "3 tests: no Java"]) == 0
    said = capsys.readouterr().out
    assert "Left for CI, or for INTACT_EFFORT=full make test:\n   12 cases of a\n" in said
    assert "!!   3 tests: no Java\n" in said
    assert "!!   12 cases" not in said


def test_ci_makes_the_full_run() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "export INTACT_EFFORT=full\n" in script
    assert "export INTACT_REQUIRE_ALL=1\n" in script


def test_the_page_says_what_is_left_for_ci() -> None:
    page = (ROOT / "tests" / "LEFT_FOR_CI.md").read_text(encoding="utf-8")
    assert page == ci_page.page(), "make docs writes it anew"
