"""The native projector's set-up: how it is built, what is said where it cannot be, and that its versions agree."""

from __future__ import annotations

import os
import re
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

import intact
from tests.house.files import ROOT
from tools import fuzz

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CRATE = tomllib.loads((ROOT / "native" / "Cargo.toml").read_text(encoding="utf-8"))
WHEEL = tomllib.loads((ROOT / "native" / "pyproject.toml").read_text(encoding="utf-8"))
TOOLS = ("sh", "sed", "find", "touch", "cat")

CARGO = 'echo "cargo 1.{minor}.0 (abc 2026-01-01)"'
SHIM = "echo 'error: rustup could not choose a version of cargo to run' >&2; exit 1"
PYTHON = """
case "$*" in
*import*) test -e "{place}/installed";;
*maturin*) echo "$*" >> "{place}/built"; touch "{place}/installed";;
esac
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the sources of a crate, programs, and an environment whose Python only says what it is asked."""
    for folder in ("bin", "venv/bin", "native/src", "tools"):
        (tmp_path / folder).mkdir(parents=True)
    for tool in TOOLS:
        found = next(Path(folder, tool) for folder in ("/bin", "/usr/bin") if Path(folder, tool).exists())
        (tmp_path / "bin" / tool).symlink_to(found)
    (tmp_path / "native" / "Cargo.toml").write_text('rust-version = "1.80"\n')
    for name in ("native/Cargo.lock", "native/pyproject.toml", "native/src/lib.rs", "tools/native.sh"):
        (tmp_path / name).write_text("")
    program(tmp_path / "venv" / "bin" / "python", PYTHON.format(place=tmp_path))
    return tmp_path


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def build(place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run ``tools/native.sh`` with no other programs than those of the folder."""
    return subprocess.run(
        ["/bin/sh", str(ROOT / "tools" / "native.sh"), "venv", *options],
        cwd=place,
        env={"PATH": str(place / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


NONE = "Rust's cargo, and there is none (https://rustup.rs has it)"
OLD = "Rust 1.80 or later, and this is 1.79 (rustup update brings it, or https://rustup.rs)"


@pytest.mark.parametrize(("options", "status"), [((), 1), (("--if-possible",), 0)])
@pytest.mark.parametrize(
    ("cargo", "said"),
    [
        (None, NONE),
        (SHIM, NONE),
        (CARGO.format(minor=79), OLD),
    ],
    ids=["none", "a shim of rustup", "too old"],
)
def test_without_a_rust_that_will_do_one_line_says_so_and_that_nothing_is_broken(
    place: Path, cargo: str | None, said: str, options: tuple[str, ...], status: int
) -> None:
    if cargo:
        program(place / "bin" / "cargo", cargo)
    done = build(place, *options)
    assert (done.returncode, done.stdout) == (status, "")
    assert f"it needs {said}. Nothing is broken without" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    asked = build(place, "--check")
    assert (asked.returncode, asked.stdout, asked.stderr) == (1, f"{said}\n", "")


def test_asking_whether_it_could_be_built_builds_nothing(place: Path) -> None:
    program(place / "bin" / "cargo", CARGO.format(minor=80))
    asked = build(place, "--check")
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "", "")
    assert not (place / "built").exists()


def test_it_is_built_once_and_again_when_a_source_has_changed_or_it_is_gone(place: Path) -> None:
    program(place / "bin" / "cargo", CARGO.format(minor=80))

    def times_built() -> int:
        assert build(place).returncode == 0
        return (place / "built").read_text().count("maturin develop --release")

    assert [times_built(), times_built()] == [1, 1]
    ahead = time.time() + 10
    os.utime(place / "native" / "src" / "lib.rs", (ahead, ahead))
    assert times_built() == 2
    os.utime(place / "native" / "src" / "lib.rs", (1, 1))
    assert times_built() == 2
    (place / "installed").unlink()
    assert [times_built(), times_built()] == [3, 3]


def test_a_build_that_fails_is_a_failure_even_where_it_need_not_be_possible(place: Path) -> None:
    program(place / "bin" / "cargo", CARGO.format(minor=95))
    program(place / "venv" / "bin" / "python", "echo 'error[E0308]: mismatched types' >&2; exit 1")
    done = build(place, "--if-possible")
    assert done.returncode != 0
    assert "mismatched types" in done.stderr
    assert not (place / "venv" / ".native").exists()


def test_the_versions_of_intact_of_its_native_part_and_of_the_extra_are_one() -> None:
    assert CRATE["package"]["version"] == intact.__version__
    assert PYPROJECT["project"]["optional-dependencies"]["native"] == [f"intact-native=={intact.__version__}"]
    assert WHEEL["project"]["name"] == "intact-native" == CRATE["package"]["name"]
    assert "version" in WHEEL["project"]["dynamic"]


def test_both_wheels_are_for_the_same_pythons() -> None:
    assert WHEEL["project"]["requires-python"] == PYPROJECT["project"]["requires-python"]
    assert "abi3-py311" in CRATE["dependencies"]["pyo3"]["features"]


def test_the_crate_says_which_rust_it_needs_and_pins_what_it_is_made_of() -> None:
    assert re.fullmatch(r"1\.\d+", CRATE["package"]["rust-version"])
    lock: dict[str, Any] = tomllib.loads((ROOT / "native" / "Cargo.lock").read_text(encoding="utf-8"))
    (own,) = (each for each in lock["package"] if each["name"] == "intact-native")
    assert own["version"] == CRATE["package"]["version"]


def test_every_fuzz_target_of_the_crate_is_fuzzed() -> None:
    fuzzed = tomllib.loads((ROOT / "native" / "fuzz" / "Cargo.toml").read_text(encoding="utf-8"))
    assert {each["name"] for each in fuzzed["bin"]} == set(fuzz.NATIVE)


def test_every_property_that_is_tried_for_long_is_in_a_file_of_tests() -> None:
    for each in fuzz.PROPERTIES.values():
        assert "@given(" in (ROOT / each).read_text(encoding="utf-8")


def test_what_a_fuzzer_did_is_told_and_a_fuzzer_that_did_nothing_is_a_failure() -> None:
    said = "#2 INITED cov: 10\n#8 DONE   cov: 1234 ft: 9\nstat::number_of_executed_units: 56789\n"
    assert fuzz.summary(said) == "56,789 inputs tried, 1,234 places of the program reached, nothing found"
    for nothing in ("", said.replace("56789", "0"), said.replace("cov:", "")):
        with pytest.raises(ValueError, match="did not say how many inputs it tried"):
            fuzz.summary(nothing)


def test_the_examples_of_a_round_are_counted_and_a_round_without_any_is_a_failure() -> None:
    said = "  - during generate phase:\n    - 40 passing, 0 failing, and 6 invalid test cases\n"
    assert fuzz.examples(said * 2) == 80
    for nothing in ("", "2 passed in 3 s", said.replace("40", "0")):
        with pytest.raises(ValueError, match="did not say how many examples it tried"):
            fuzz.examples(nothing)


@pytest.mark.parametrize(
    ("version", "sanitizer"),
    [
        ("cargo 1.95.0 (f2d3ce0bd 2026-03-21)", "none"),
        ("cargo 1.97.0-nightly (e50aa6fba 2026-05-19)", "address"),
    ],
)
def test_the_sanitizer_is_one_that_the_compiler_has(version: str, sanitizer: str) -> None:
    assert fuzz.sanitizer_of(version) == sanitizer


def test_a_target_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        fuzz.main(["wlaker"])
    assert (
        "there is no target wlaker; there are walker, framing, dumps, models, replies"
        in capsys.readouterr().err
    )
