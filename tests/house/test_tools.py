"""A tool that is on the PATH but does not work counts as not there: one mechanism, for tests, tools and CI."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.files import ROOT, files, name
from tools import verify

SHIMS = {
    "cargo": "echo 'error: rustup could not choose a version of cargo to run' >&2; exit 1",
    "java": "echo 'Unable to locate a Java Runtime.' >&2; exit 1",
    "mvn": "echo 'The JAVA_HOME environment variable is not defined correctly' >&2; exit 1",
    "node": "exit 127",
    # Its version it tells; a page it cannot open.
    "chromium": 'case "$*" in --version) echo Chromium 140;; *) echo cannot open shared object >&2; exit 127;; esac',
    "systemd-analyze": "exit 126",
    "mongod": "kill -SEGV $$",
    "cargo-fmt": "exit 1",
}


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder of tools that are there and do not work."""
    folder = tmp_path / "broken"
    folder.mkdir()
    for tool, text in SHIMS.items():
        (folder / tool).write_text(f"#!/bin/sh\n{text}\n")
        (folder / tool).chmod(0o755)
    return folder


def asked(tool: str, path: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(ROOT / "tools" / "working.sh"), tool]
    return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("tool", SHIMS)
def test_a_tool_that_does_not_work_counts_as_not_there(tool: str, broken: Path) -> None:
    done = asked(tool, f"{broken}:/usr/bin:/bin")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_one_that_is_not_there_is_not_and_one_that_works_is(tmp_path: Path) -> None:
    assert asked("cargo", str(tmp_path)).returncode == 1
    (tmp_path / "cargo").write_text("#!/bin/sh\necho cargo 1.99.0\n")
    (tmp_path / "cargo").chmod(0o755)
    assert asked("cargo", f"{tmp_path}:/usr/bin:/bin").stdout == f"{tmp_path / 'cargo'}\n"


def test_a_tool_that_waits_for_an_answer_is_given_none(tmp_path: Path) -> None:
    (tmp_path / "java").write_text("#!/bin/sh\nread answer || exit 1\n")
    (tmp_path / "java").chmod(0o755)
    assert asked("java", f"{tmp_path}:/usr/bin:/bin").returncode == 1


NEEDING = """
import os
import pytest
from tests.browser.conftest import chromium
from tests.servers.java import UnavailableError, java_server
from tests.support.native import missing
from intact.core import native

def test_with_a_server():
    try:
        with java_server():
            pass
    except UnavailableError as reason:
        pytest.skip(f"a server: {reason}")

def test_with_a_browser():
    if not chromium():
        pytest.skip("a browser that starts")

def test_with_rust(monkeypatch):
    monkeypatch.setattr(native, "MODULE", None)
    pytest.skip(missing())
"""


@pytest.mark.parametrize("required", [False, True])
def test_with_broken_tools_first_on_the_path_tests_are_left_out_loudly_or_fail_with_a_sentence(
    required: bool, broken: Path, tmp_path: Path
) -> None:
    (tmp_path / "test_needing.py").write_text(NEEDING)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("INTACT", "PYTEST"))}
    env |= {
        "PATH": f"{broken}{os.pathsep}{env['PATH']}",
        "INTACT_REQUIRE_ALL": "1" if required else "",
    }
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
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", str(tmp_path / "test_needing.py")],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("3 failed" if required else "3 skipped") in done.stdout, done.stdout
    assert " error" not in done.stdout
    for reason in (
        "there is no java on the PATH that works",
        "a browser that starts",
        "there is no cargo that works to build it with",
    ):
        assert reason in done.stdout


@pytest.mark.parametrize("required", [False, True])
def test_a_part_whose_tool_does_not_work_is_left_out_loudly_or_fails(
    required: bool,
    broken: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", f"{broken}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(verify, "REQUIRE_ALL", required)
    monkeypatch.setattr(verify, "without_rust", lambda: "")
    monkeypatch.chdir(ROOT)
    assert verify.main(["rust-format"]) == required
    assert "!!   rust-format: there is no cargo-fmt that works" in capsys.readouterr().out


def test_in_ci_a_broken_tool_is_installed_and_if_it_is_still_in_the_way_one_sentence_says_so(
    broken: Path, tmp_path: Path
) -> None:
    said = tmp_path / "installed"
    for tool, text in {
        "apt-get": f'echo "$*" >> "{said}"',
        "sudo": '"$@"',
        "make": "echo made",
        "cargo-clippy": "exit 0",
    }.items():
        (broken / tool).write_text(f"#!/bin/sh\n{text}\n")
        (broken / tool).chmod(0o755)
    env = {**os.environ, "PATH": f"{broken}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run")], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert {"cargo", "default-jdk-headless", "maven", "chromium"} <= set(said.read_text().split())
    (sentence,) = done.stderr.splitlines()
    assert sentence == (
        f"java does not work ({broken / 'java'}), though it was installed: take it off the PATH, or repair it."
    )
    assert "made" not in done.stdout


def test_nothing_else_in_tests_tools_and_ci_asks_only_whether_a_name_is_on_the_path() -> None:
    asking = re.compile(r"shutil\.which\b|command -v")
    allowed = {
        "tools/working.sh",
        "tests/conftest.py",  # the header, which says so
        ".ci/run",  # where what does not work lies
        "tools/fuzz.py",  # a program that it builds itself
        "tests/servers/secantus.py",  # one that pip installs, and that the tests start
        ".github/workflows/ci.yml",  # that it is gone
        "tests/house/test_tools.py",
    }
    found = {
        name(path)
        for path in files()
        if name(path).startswith(("tests/", "tools/", ".ci/", ".github/", "Makefile"))
        and path.suffix in {".py", ".sh", ".yml", ""}
        and asking.search(path.read_text(encoding="utf-8", errors="replace"))
    }
    assert found <= allowed
