"""Every check on its cases: documents in, findings out, as written down in ``cases/``."""

from __future__ import annotations

from pathlib import Path

import pytest

from intact.checks import CHECKS
from tests.support.cases import SHOWS, Case, load_cases, mismatches

HERE = Path(__file__).parent / "cases"
FILES = sorted(HERE.glob("*.yml"))
CASES = [case for path in FILES for case in load_cases(path)]
NAMES = [check.__name__.rpartition(".")[2] for check in CHECKS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}: {case.that}")
def test_a_check_finds_what_its_case_says(case: Case) -> None:
    assert mismatches(case, case.run()) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_check_has_cases_that_pass_and_fail_and_are_null_absent_and_empty(name: str) -> None:
    shown = {kind for case in CASES if case.file == name for kind in case.shows}
    assert shown == set(SHOWS)


def test_cases_that_pass_expect_nothing_and_cases_that_fail_something() -> None:
    for case in CASES:
        expected = bool(case.given.get("findings"))
        assert not ("passing" in case.shows and expected), f"{case.file}: {case.that}"
        assert not ("failing" in case.shows and not expected), f"{case.file}: {case.that}"


def test_every_file_belongs_to_a_check_and_says_different_things() -> None:
    assert [path.stem for path in FILES] == sorted(NAMES)
    said = [(case.file, case.that) for case in CASES]
    assert len(set(said)) == len(said)
