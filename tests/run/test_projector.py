"""Which projector runs: the native one where it is there and of the right version, else the pure one, and why."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from intact.core.version import __version__
from tests.cli.running import run
from tests.sample_data import DEMO_AS_OF, write_dump
from tests.support.native import missing

BY_DEFAULT = {"INTACT_PROJECTOR": ""}
PURE = {"INTACT_PROJECTOR": "pure"}
NATIVE = {"INTACT_PROJECTOR": "native"}

needs_native = pytest.mark.skipif(bool(missing()), reason=missing() or "never")


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dump with planted faults, and with a few bytes that are no longer what was written."""
    folder = tmp_path_factory.mktemp("sample") / "dump"
    write_dump(folder, orders=500, seed=4, faults=3, as_of=DEMO_AS_OF)
    for path in folder.rglob("orders.bson"):
        data = bytearray(path.read_bytes())
        for at in range(5_000, len(data) - 5_000, 12_000):
            place = data.index(b"\x02status\0", at)
            data[place] = 0x21  # no type of BSON
            place = data.index(b"\x02customer_id\0", place) + 20
            data[place] = 0xFF  # no UTF-8
        path.write_bytes(data)
    return folder


def audit(dump: Path, **environment: str) -> dict[str, Any]:
    """Audit a dump in a process of its own, and give the report."""
    options = ("--quiet", "--no-history", "--format", "json", "--as-of", DEMO_AS_OF.isoformat())
    done = run("check", dump, *options, **environment)
    assert (done.returncode, done.stderr) == (1, "")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def told(report: dict[str, Any]) -> dict[str, Any]:
    """All that a report says of the data, and not of how it was read."""
    aside = {"intact", "source", "generated_at"}
    return {name: each for name, each in report.items() if name not in aside}


def version(**environment: str) -> subprocess.CompletedProcess[str]:
    done = run("--version", **environment)
    assert done.stderr == ""
    return done


@needs_native
@pytest.mark.parametrize("environment", [BY_DEFAULT, NATIVE], ids=["by default", "asked for"])
def test_the_native_projector_is_taken_where_it_is_installed(dump: Path, environment: dict[str, str]) -> None:
    said = version(**environment).stdout
    assert f"projector: native {__version__}" in said
    assert audit(dump, **environment)["intact"]["projector"].startswith(f"native {__version__}")


def test_the_pure_projector_can_be_asked_for(dump: Path) -> None:
    assert "projector: pure Python 3." in version(**PURE).stdout
    report = audit(dump, **PURE)
    assert report["intact"]["projector"].startswith("pure Python 3.")
    assert not any("native" in each for each in (report["intact"]["projector"], *report["source"]["notes"]))


@needs_native
def test_both_projectors_give_the_same_report_to_the_letter(dump: Path) -> None:
    native, pure = audit(dump, **NATIVE), audit(dump, **PURE)
    assert native["intact"]["projector"] != pure["intact"]["projector"]
    assert told(native) == told(pure)
    assert native["troubles_total"] > 5
    assert sum(len(part["issues"]) for part in native["reports"].values()) > 50


def test_a_projector_that_nobody_knows_is_refused_in_a_sentence(dump: Path) -> None:
    done = run("check", dump, INTACT_PROJECTOR="fast")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) <= 2
    assert "INTACT_PROJECTOR" in done.stderr
    assert "fast" in done.stderr


OTHER_VERSION = '__version__ = "0.0.9"\n'
BROKEN = 'raise ImportError("libpython3.so: cannot open shared object file")\n'
UNFIT = 'raise SystemError("built for\\nanother Python")\n'
WITHOUT_ITS_OWN = "import a_module_that_nobody_has\n"
EMPTY = ""


@pytest.fixture
def fake(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """An environment in which the module of the native projector is another one."""
    (tmp_path / "intact_native.py").write_text(request.param)
    return {"PYTHONPATH": str(tmp_path)}


@pytest.mark.spread(1)
@pytest.mark.parametrize(
    ("fake", "reason"),
    [
        (OTHER_VERSION, "0.0.9"),
        (BROKEN, "libpython3.so: cannot open"),
        (UNFIT, "SystemError: built for another Python"),
        (WITHOUT_ITS_OWN, "No module named 'a_module_that_nobody_has'"),
        (EMPTY, "version"),
    ],
    ids=[
        "another version",
        "a library that is missing",
        "unfit",
        "a module that is missing",
        "nothing in it",
    ],
    indirect=["fake"],
)
def test_a_native_projector_that_cannot_be_taken_is_said_once_and_the_run_goes_on(
    dump: Path, fake: dict[str, str], reason: str
) -> None:
    report = audit(dump, **BY_DEFAULT, **fake)
    assert report["intact"]["projector"].startswith("pure Python 3.")
    (note,) = (each for each in report["source"]["notes"] if "native" in each)
    assert reason in note
    assert f"`pip install ./native` in the sources of version {__version__}" in note
    assert note.endswith(".")
    assert len(note.splitlines()) == 1
    assert told(report) == told(audit(dump, **PURE))
    said = version(**BY_DEFAULT, **fake).stdout
    assert "projector: pure Python 3." in said
    assert reason in said
    assert "Traceback" not in said


@pytest.mark.parametrize("fake", [OTHER_VERSION], indirect=True)
def test_the_console_says_it_too(dump: Path, fake: dict[str, str]) -> None:
    done = run("check", dump, "--quiet", "--as-of", DEMO_AS_OF.isoformat(), **BY_DEFAULT, **fake)
    assert (done.returncode, done.stderr) == (1, "")
    assert "0.0.9" in done.stdout


@pytest.mark.parametrize("fake", [OTHER_VERSION, BROKEN], indirect=True)
def test_a_native_projector_that_is_asked_for_and_cannot_be_taken_ends_the_run_with_a_sentence(
    dump: Path, fake: dict[str, str]
) -> None:
    done = run("check", dump, **NATIVE, **fake)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("intact: ")
    assert len(done.stderr.splitlines()) <= 2
    assert "native" in done.stderr
    assert "Traceback" not in done.stderr
