"""``intact demo``: a show that ends with what to do next."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import pytest

from tests.cli.running import invoke, names
from tests.sample_data import FAULT_KINDS
from tests.sample_data.packed import PACKED, carried, made


@pytest.fixture(scope="module")
def shown() -> str:
    """Run it once."""
    result = invoke("demo")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def test_it_shows_every_type_of_finding(shown: str) -> None:
    assert all(kind.partition(":")[0] in shown for kind in FAULT_KINDS)


def test_it_says_that_faults_were_planted_and_what_check_would_have_given(shown: str) -> None:
    assert "`intact check` would have ended with 1" in shown


def test_it_ends_with_the_commands_for_the_readers_own_data(shown: str) -> None:
    end = shown.split("Exit code 1:")[1]
    for command in (
        "intact check mongodb://localhost:27017/DATABASE",
        "mongodump --db=DATABASE && intact check dump/DATABASE",
        "intact model show delivery > mine.yml",
        "intact demo DIRECTORY",
    ):
        assert f"\n  {command}\n" in end


def test_it_is_readable(shown: str) -> None:
    assert "\x1b" not in shown
    lines = shown.splitlines()
    assert all(len(line) <= 81 for line in lines)
    assert len(lines) < 225


def test_it_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert invoke("demo").exit_code == 0
    assert names(tmp_path) == []


def test_a_directory_keeps_the_sample_and_its_command_works(tmp_path: Path) -> None:
    place = tmp_path / "my sample"
    result = invoke("demo", str(place), "--quiet")
    assert result.exit_code == 0, result.output
    (command,) = re.findall(r"^  intact check '(.*)' --as-of (\S+)$", result.stdout, re.MULTILINE)
    again = invoke("check", command[0], "--as-of", command[1])
    assert again.exit_code == 1


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = invoke("demo", str(tmp_path))
    assert result.exit_code == 2
    assert names(tmp_path) == ["mine.txt"]
    assert str(tmp_path) in result.stderr


def test_the_dump_that_the_package_carries_is_what_the_generator_writes_today() -> None:
    assert carried() == made(), "make golden packs it anew"


def test_the_packed_dump_is_small() -> None:
    assert PACKED.stat().st_size < 400_000


def test_a_directory_gets_the_dump_byte_for_byte(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "sample"
    assert invoke("demo", str(place), "--quiet").exit_code == 0
    files = (path for path in place.rglob("*") if path.is_file())
    assert {path.relative_to(place).as_posix(): path.read_bytes() for path in files} == made()


def test_a_python_without_lzma_is_told_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lzma", None)
    result = invoke("demo", str(tmp_path / "sample"))
    assert result.exit_code == 2
    assert "lzma" in result.stderr
    assert "Traceback" not in result.output
