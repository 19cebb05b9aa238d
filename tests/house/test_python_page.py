"""The page of the Python API: every public name is on it, and its examples run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import intact
from tests.house.files import ROOT
from tests.sample_data import DEMO_AS_OF, DEMO_FAULTS, DEMO_SEED, write_dump

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_every_public_name_is_on_the_page_and_no_other() -> None:
    named = set(re.findall(r"^\.\. auto\w+:: intact\.(\w+)$", PAGE, re.MULTILINE))
    assert named == set(intact.__all__) - {"__version__"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which the examples' dump lies."""
    place = tmp_path_factory.mktemp("python")
    write_dump(place / "dump" / "shop", orders=600, seed=DEMO_SEED, faults=DEMO_FAULTS, as_of=DEMO_AS_OF)
    return place


def ran(place: Path, example: str) -> tuple[int, list[str]]:
    """Run an example as a program; its exit status, and the lines that it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INTACT_")}
    command = [sys.executable, "-W", "error", "-c", example]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def test_the_first_example_lists_the_double_bills_that_were_planted(place: Path) -> None:
    status, lines = ran(place, EXAMPLES[0])
    assert (status, len(lines)) == (0, DEMO_FAULTS["DOUBLE_BILLING"])
    amount = r"overcharged [\d.]+|an amount that cannot be read"
    assert all(re.fullmatch(rf"\S+ \d{{4}}-\d\d ({amount})", line) for line in lines)


def test_the_second_example_fails_the_first_time_and_not_the_second(place: Path) -> None:
    first, _ = ran(place, EXAMPLES[1])
    second, lines = ran(place, EXAMPLES[1])
    assert (first, second) == (1, 0)
    assert lines == ["new: 0"]


def test_the_third_example_judges_what_the_doctor_has_looked_at(place: Path) -> None:
    status, lines = ran(place, EXAMPLES[2])
    assert status == 0
    assert re.fullmatch(r"[1-9]\d* critical issues, in \d+ documents", lines[-1])


def test_there_are_three_examples() -> None:
    assert len(EXAMPLES) == 3
