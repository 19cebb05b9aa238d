"""What people install is tested, not the checkout: the wheel is built, and used from an empty environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tests.support.locked import constraints
from tests.support.shared import shared
from tests.support.tools import working

ROOT = Path(__file__).parents[2]
PROGRAMS = "Scripts" if os.name == "nt" else "bin"
OFFLINE = re.compile(
    "name resolution|NewConnectionError|Failed to establish|ProxyError|Network is unreachable|timed out"
)


def run(command: Sequence[str | Path], cwd: Path, *, expected: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a program that sees nothing of the checkout or of the user's history, and insist on its exit status."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "INTACT", "MONGODB"))
    }
    env["PATH"] = (
        f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"  # a build calls maturin by its name
    )
    env |= {"INTACT_HISTORY": str(cwd / "history.sqlite"), "INTACT_MASK_KEY": "of the tests"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == expected, f"{command[0]}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def download(command: Sequence[str | Path], cwd: Path) -> None:
    """Run a program that fetches from PyPI; without a network, what follows is left out."""
    try:
        run(command, cwd)
    except AssertionError as error:
        if OFFLINE.search(str(error)):
            pytest.skip("PyPI cannot be reached, so the wheel is not built and installed")
        raise


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel made from it."""

    def make(folder: Path) -> None:
        download([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT], folder)

    return shared(tmp_path_factory, "dist", make)


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and only what it asks for."""

    def make(folder: Path) -> None:
        venv.create(folder, with_pip=True)
        quiet = ["--quiet", "--disable-pip-version-check", *constraints(folder)]
        download([folder / PROGRAMS / "python", "-m", "pip", "install", *quiet, wheel], folder)

    return shared(tmp_path_factory, "empty", make) / PROGRAMS


@pytest.fixture(scope="module")
def native_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the native projector, built as pip builds it."""
    if not working("cargo"):
        pytest.skip(
            "the wheel of the native projector: there is no cargo that works to build it (https://rustup.rs has it)"
        )
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-build-isolation",
    ]

    def make(folder: Path) -> None:
        download([*command, "--wheel-dir", folder, ROOT / "native"], folder)

    (found,) = shared(tmp_path_factory, "native", make).glob("*.whl")
    return found


@pytest.fixture(scope="module")
def with_native(wheel: Path, native_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with both wheels, the native one by intact's extra."""

    def make(folder: Path) -> None:
        venv.create(folder, with_pip=True)
        quiet = ["--quiet", "--disable-pip-version-check", "--find-links", str(native_wheel.parent)]
        quiet += constraints(folder)
        wanted = f"intact-audit[native] @ {wheel.as_uri()}"
        download([folder / PROGRAMS / "python", "-m", "pip", "install", *quiet, wanted], folder)

    return shared(tmp_path_factory, "both", make) / PROGRAMS


@pytest.fixture
def dump(installed: Path, tmp_path: Path) -> Path:
    """A dump with planted faults, written by the installed package."""
    run([installed / "intact", "demo", tmp_path / "dump", "--quiet"], tmp_path)
    return tmp_path / "dump"


def report(programs: Path, dump: Path, folder: Path) -> dict[str, Any]:
    """Audit a dump with an installed package, and give the report."""
    command: list[str | Path] = [
        programs / "intact",
        "check",
        dump,
        "--quiet",
        "--no-history",
        "--as-of",
        "2026-11-22T09:30:00Z",
        "--format",
        "json",
    ]
    found: dict[str, Any] = json.loads(run(command, folder, expected=1).stdout)
    return found


def test_the_wheel_carries_what_the_package_needs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {
        "intact/py.typed",
        "intact/model/models/delivery.yml",
        "intact/model/models/northwind.yml",
        "intact/cli/demo.tar.xz",
    } <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"intact"}


def test_the_wheel_has_every_module_of_the_checkout_and_what_the_html_report_is_made_of(wheel: Path) -> None:
    found = {path for ending in ("py", "css", "js") for path in (ROOT / "src").rglob(f"*.{ending}")}
    modules = {str(path.relative_to(ROOT / "src")) for path in found}
    assert "intact/reporters/html_report/assets/page.js" in modules
    assert modules <= set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_asks_for_nothing_that_only_developers_need(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith("METADATA"))
        metadata = message_from_bytes(file.read(name))
    needed = " ".join(metadata.get_all("Requires-Dist") or [])
    assert "duckdb" in needed
    assert not re.search("pytest|mypy|ruff|motor|hypothesis", needed)
    assert metadata["License-Expression"] == "Apache-2.0"


def test_the_source_distribution_has_the_tests_too(built: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    assert {"Makefile", "README.md", "LICENSE", "tests/conftest.py", "tools/verify.py"} <= names
    assert {"native/Cargo.toml", "native/Cargo.lock", "native/src/lib.rs", "native/fuzz/seed.py"} <= names
    assert not any(name.startswith((".venv", ".cache", ".git/")) or "/target/" in name for name in names)


@pytest.mark.full("an environment is made, from what PyPI has")
def test_the_installed_demo_shows_its_report(installed: Path, tmp_path: Path) -> None:
    done = run([installed / "intact", "demo"], tmp_path)
    assert "ACT NOW" in done.stdout
    assert "PHANTOM_DELIVERY_NO_ORDER" in done.stdout


@pytest.mark.full("an environment is made, from what PyPI has")
def test_the_installed_check_audits_a_dump_and_writes_the_report(
    installed: Path, dump: Path, tmp_path: Path
) -> None:
    run(
        [installed / "intact", "check", dump, "--quiet", "--output", tmp_path / "report.json"],
        tmp_path,
        expected=1,
    )
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["exit_code"] == 1
    assert len(report["reports"]) == 7


@pytest.mark.full("an environment is made, from what PyPI has")
def test_the_installed_package_is_a_library_too(installed: Path, dump: Path, tmp_path: Path) -> None:
    program = "import sys, intact; print(intact.check(sys.argv[1], model='delivery').exit_code)"
    assert run([installed / "python", "-c", program, dump], tmp_path).stdout == "1\n"


@pytest.mark.full("an environment is made, from what PyPI has")
def test_the_installed_package_finds_its_models(installed: Path, tmp_path: Path) -> None:
    done = run([installed / "intact", "model", "list"], tmp_path)
    assert "delivery" in done.stdout
    assert "northwind" in done.stdout


@pytest.mark.full("an environment is made, from what PyPI has")
def test_the_native_wheel_is_one_module_for_every_python_that_is_promised(native_wheel: Path) -> None:
    assert "-cp311-abi3-" in native_wheel.name
    names = zipfile.ZipFile(native_wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"intact_native"}
    assert not any(name.endswith((".rs", "Cargo.toml")) for name in names)


@pytest.mark.full("an environment is made, from what PyPI has")
def test_with_the_extra_the_installed_package_takes_the_native_projector(
    with_native: Path, tmp_path: Path
) -> None:
    assert "projector: native" in run([with_native / "intact", "--version"], tmp_path).stdout
    assert "projector native" in run([with_native / "intact", "demo"], tmp_path).stdout


@pytest.mark.full("an environment is made, from what PyPI has")
def test_without_the_extra_it_takes_the_pure_one(installed: Path, tmp_path: Path) -> None:
    assert "projector: pure Python 3." in run([installed / "intact", "--version"], tmp_path).stdout


@pytest.mark.full("an environment is made, from what PyPI has")
def test_the_installed_package_finds_the_same_with_and_without_the_native_projector(
    with_native: Path, installed: Path, dump: Path, tmp_path: Path
) -> None:
    native, pure = (report(programs, dump, tmp_path) for programs in (with_native, installed))
    assert native["intact"]["projector"].startswith("native")
    assert pure["intact"]["projector"].startswith("pure Python")
    same = set(pure) - {"intact", "generated_at"}
    assert {name: native[name] for name in same} == {name: pure[name] for name in same}
