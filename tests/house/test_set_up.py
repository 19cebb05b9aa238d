"""The set-up: the two commands, what they find missing, and what they do about what they left out."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.files import ROOT, name
from tools import verify

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*(?: [a-z-]+)*):", MAKEFILE, re.MULTILINE))
NAMES = {name for target in TARGETS for name in target.split()}
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

LEFT_OUT = """
import pytest

def test_that_passes():
    pass

@pytest.mark.xfail(reason="known", strict=True)
def test_that_is_known_to_fail():
    assert False

def test_that_lacks_a_tool():
    pytest.skip("no such tool")
"""


def workflow(path: Path) -> dict[Any, Any]:
    read: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


def program(path: Path, text: str) -> None:
    """Write a program."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def make_venv(tmp_path: Path, *, chosen: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``tools/venv.sh`` where the only Pythons are those of ``tmp_path/bin``."""
    for tool in ("rm", "env"):
        found = next(Path(folder, tool) for folder in ("/bin", "/usr/bin") if Path(folder, tool).exists())
        (tmp_path / "bin" / tool).symlink_to(found)
    env = {"PATH": str(tmp_path / "bin"), **({"PYTHON": chosen} if chosen else {})}
    command = ["/bin/sh", str(ROOT / "tools" / "venv.sh"), str(tmp_path / "venv")]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


OLD = 'case "$2" in *version_info*) exit 1;; esac; exit 0'
NO_PIP = 'case "$2" in *ensurepip*) exit 1;; *print*) echo 3.12;; esac; exit 0'
SHIM = "echo 'pyenv: command not found' >&2; exit 127"
GOOD = 'case "$2" in venv) echo "made by $0";; esac; exit 0'


@pytest.mark.parametrize("others", [{}, {"python3": OLD}, {"python3": SHIM, "python3.13": SHIM}])
def test_without_a_python_that_will_do_one_sentence_says_so(
    tmp_path: Path, programs: Path, others: dict[str, str]
) -> None:
    for each, text in others.items():
        program(programs / each, text)
    done = make_venv(tmp_path)
    assert done.returncode == 1
    assert "Python 3.11 or later, and none was found" in done.stderr
    assert "command not found" not in done.stderr


def test_a_python_without_ensurepip_says_which_package_has_it(tmp_path: Path, programs: Path) -> None:
    program(programs / "python3", NO_PIP)
    done = make_venv(tmp_path)
    assert done.returncode == 1
    assert "sudo apt install python3.12-venv" in done.stderr


@pytest.mark.parametrize("others", [{}, {"python3": OLD}, {"python3": SHIM}, {"python3": NO_PIP}])
def test_the_first_python_that_will_do_is_taken(
    tmp_path: Path, programs: Path, others: dict[str, str]
) -> None:
    for each, text in {**others, "python3.12": GOOD}.items():
        program(programs / each, text)
    done = make_venv(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "python3.12" in done.stdout


def test_a_python_that_is_named_is_the_only_one_tried(tmp_path: Path, programs: Path) -> None:
    program(programs / "python3", GOOD)
    program(programs / "old", OLD)
    done = make_venv(tmp_path, chosen="old")
    assert done.returncode == 1
    assert "tried: old" in done.stderr


def test_an_environment_that_works_is_left_as_it_is(tmp_path: Path, programs: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    program(tmp_path / "venv" / "bin" / "python", "exit 0")
    assert make_venv(tmp_path).returncode == 0


def pytest_run(tmp_path: Path, *, required: bool) -> tuple[int, str, str]:
    """Run pytest, with the house's conftest, on tests of which one is left out."""
    (tmp_path / "test_some.py").write_text(LEFT_OUT)
    left_out = tmp_path / "left-out"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        f"--rootdir={tmp_path}",
        "-c",
        os.devnull,
    ]
    env = {
        key: value for key, value in os.environ.items() if not key.startswith(("INTACT", "MONGODB", "PYTEST"))
    }
    done = subprocess.run(
        [*command, f"--left-out={left_out}", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=ROOT,
        env={**env, "INTACT_REQUIRE_ALL": "1" if required else ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, left_out.read_text() if left_out.exists() else ""


def test_what_is_left_out_is_said_loudly(tmp_path: Path) -> None:
    status, said, left_out = pytest_run(tmp_path, required=False)
    assert status == 0, said
    assert "1 passed, 1 skipped, 1 xfailed" in said
    assert "LEFT OUT" in said
    assert "1 test: no such tool\n" in left_out


def test_where_everything_is_required_leaving_out_is_a_failure(tmp_path: Path) -> None:
    status, said, _ = pytest_run(tmp_path, required=True)
    assert status == 1
    assert "1 failed, 1 passed, 1 xfailed" in said
    assert "INTACT_REQUIRE_ALL=1, but this was left out: no such tool" in said


def test_a_part_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main(["lnit"]) == 2
    assert "no such part: lnit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("results", "left_out", "status", "said"),
    [
        ({"lint": True, "tests": True}, [], 0, "Nothing was left out."),
        ({"lint": True, "tests": True}, ["3 tests: no Java"], 0, "!!   3 tests: no Java"),
        ({"lint": False, "tests": True}, [], 1, "lint: FAILED. tests: ok."),
        ({"lint": True}, [], 0, "lint: ok."),
    ],
)
def test_the_end_says_what_failed_and_what_was_left_out(
    results: dict[str, bool], left_out: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify.summarise(results, left_out) == status
    assert said in capsys.readouterr().out


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run no part for good: each succeeds, those with tests leave out nothing, and their names are told."""
    begun: list[str] = []

    def run(name: str, left_out: Path, again: list[str]) -> bool:
        begun.append(name)
        if verify.PARTS[name].leaves_out:
            left_out.write_text("")
        return True

    monkeypatch.setattr(verify, "run", run)
    monkeypatch.setattr(verify, "without_rust", lambda: "")
    monkeypatch.setattr(verify, "has_native", lambda: True)
    monkeypatch.setattr(verify, "REQUIRE_ALL", False)
    return begun


def test_everything_is_run_if_nothing_is_named(parts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main([]) == 0
    assert parts == list(verify.PARTS)
    assert "Nothing was left out." in capsys.readouterr().out


def test_tests_that_do_not_come_to_their_end_are_no_tests_that_left_nothing_out(
    parts: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verify, "run", lambda name, left_out, again: False)
    assert verify.main(["tests"]) == 1
    assert "what tests would have left out: it did not come to its end" in capsys.readouterr().out


@pytest.mark.parametrize("required", [False, True])
def test_without_rust_what_is_written_in_it_is_left_out_loudly_and_fails_where_all_is_required(
    required: bool,
    parts: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(verify, "without_rust", lambda: "a cargo")
    monkeypatch.setattr(verify, "REQUIRE_ALL", required)
    assert verify.main([]) == required
    said = capsys.readouterr().out
    assert "!!   what is written in Rust: it needs a cargo" in said
    assert ("clippy: FAILED." in said) == required
    assert not {"rust-format", "clippy", "fuzz"} & set(parts)


def test_without_the_native_projector_all_tests_are_pure_and_are_not_run_twice(
    parts: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verify, "has_native", lambda: False)
    assert verify.main(["tests", "pure"]) == 0
    assert parts == ["tests"]
    assert "pure: not run again" in capsys.readouterr().out


def test_every_target_says_what_it_is_for() -> None:
    phony = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())
    explained = {
        name for line in re.findall(r"^([a-z -]+):.*## ", MAKEFILE, re.MULTILINE) for name in line.split()
    }
    assert phony == explained


def test_the_parts_that_can_be_run_alone_are_parts() -> None:
    alone = re.search(r"^([a-z ]+):.*## Run only this part", MAKEFILE, re.MULTILINE)
    assert alone
    assert {"lint", "types", "contracts"} <= set(alone[1].split()) <= set(verify.PARTS)


def test_what_is_tested_with_both_projectors_is_there() -> None:
    places = [word for word in shlex.split(verify.PARTS["pure"].command) if word.startswith("tests/")]
    assert {"tests/project", "tests/checks/test_cases.py", "tests/e2e/test_oracle.py"} <= set(places)
    assert [place for place in places if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("path", WORKFLOWS.values(), ids=name)
def test_a_workflow_uses_released_actions(path: Path) -> None:
    for job in workflow(path)["jobs"].values():
        for step in job["steps"]:
            assert "uses" not in step or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])


def test_the_workflow_runs_the_command_that_everybody_runs() -> None:
    for called, job in workflow(WORKFLOWS["ci"])["jobs"].items():
        command = "make test LOCKED=" if called == "newest" else "make test"
        assert any(step.get("run", "").strip() == command for step in job["steps"])


def test_the_workflow_covers_every_python_that_is_promised() -> None:
    promised = set(re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PYPROJECT))
    assert set(workflow(WORKFLOWS["ci"])["jobs"]["python"]["strategy"]["matrix"]["python"]) == promised


def test_there_are_wheels_for_every_usual_machine() -> None:
    matrix = workflow(WORKFLOWS["wheels"])["jobs"]["native"]["strategy"]["matrix"]["include"]
    assert {(each["system"], each["target"]) for each in matrix} == {
        ("linux", "x86_64"),
        ("linux", "aarch64"),
        ("macos", "universal2-apple-darwin"),
        ("windows", "x64"),
    }


def test_every_dependency_and_every_exception_of_the_linter_has_its_reason() -> None:
    lists = re.findall(
        r"^(?:dependencies|ignore|\"[^\"]+\") = \[\n(.*?)^\]", PYPROJECT, re.MULTILINE | re.DOTALL
    )
    entries = [line for found in lists for line in found.splitlines() if line.strip().startswith('"')]
    assert len(entries) > 20
    # The licence-like exceptions that repeat the one above them say so together.
    without = [line.strip() for line in entries if "#" not in line]
    assert without in ([], ['"PLR0917",', '"S106",', '"S607",'])


def test_shell_scripts_are_executable_and_parse() -> None:
    scripts = (ROOT / ".ci" / "run", "bash"), *((path, "sh") for path in (ROOT / "tools").glob("*.sh"))
    for script, shell in scripts:
        assert os.access(script, os.X_OK)
        assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0
