"""The lock files: they fit pyproject.toml, hold for every Python that is promised, and are what is installed."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.files import ROOT
from tests.support.locked import constraints
from tools import lock

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PYTHONS = re.findall(r"Python :: (3\.\d+)'", str(PYPROJECT["project"]["classifiers"]))
SYSTEMS = {
    "linux": {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    "darwin": {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    "win32": {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
}
MACHINES = [
    {"python_version": python, "python_full_version": f"{python}.9", **system}
    for python in PYTHONS
    for system in SYSTEMS.values()
]


def pins(path: Path) -> Mapping[str, list[Requirement]]:
    """The pins of a lock file by name; a name has several where markers tell them apart."""
    found = defaultdict[str, list[Requirement]](list)
    for line in re.findall(r"^([a-z].*?) *\\$", path.read_text(encoding="utf-8"), re.MULTILINE):
        pin = Requirement(line)
        found[canonicalize_name(pin.name)].append(pin)
    return found


def group(name: str) -> Iterator[Requirement]:
    """What a dependency group asks for, those that it includes as well."""
    for each in PYPROJECT["dependency-groups"][name]:
        if isinstance(each, str):
            yield Requirement(each)
        else:
            yield from group(each["include-group"])


def asked() -> dict[str, list[Requirement]]:
    """What each lock file has to fit."""
    project = PYPROJECT["project"]
    own = [Requirement(each) for each in project["dependencies"]]
    # The native part is built from the clone, and is not fetched.
    extras = [
        Requirement(each)
        for name, listed in project["optional-dependencies"].items()
        if name != "native"
        for each in listed
    ]
    return {
        "run": [*own, *group("build")],
        "develop": [*own, *extras, *group("develop")],
        "bench": list(group("bench")),
    }


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_a_lock_file_has_each_dependency_within_its_range_for_every_python_and_system(path: Path) -> None:
    locked = pins(path)
    needed = asked()[path.stem]
    assert len(needed) > 3
    for machine in MACHINES:
        for each in needed:
            if each.marker and not each.marker.evaluate(machine):
                continue
            here = [
                pin
                for pin in locked[canonicalize_name(each.name)]
                if not pin.marker or pin.marker.evaluate(machine)
            ]
            assert len(here) == 1, f"{each} on {machine}: run `make lock`"
            (version,) = (specifier.version for specifier in here[0].specifier)
            assert each.specifier.contains(version, prereleases=True), (
                f"{each}: {version} is locked; make lock"
            )


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_a_lock_file_pins_every_line_with_hashes_and_names_no_index(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--" not in re.sub(r"--hash=sha256:[0-9a-f]{64}( \\)?$", "", text, flags=re.MULTILINE)
    for line in filter(None, re.split(r"\n(?=[a-z])", text.partition("\n#    make lock\n")[2])):
        assert re.match(r"[a-z0-9.-]+==[^\s;]+( ; .*)? \\\n +--hash=sha256:", line), line


def test_the_versions_that_users_of_the_clone_get_are_those_that_the_tests_run_with() -> None:
    run, develop = (pins(ROOT / "requirements" / f"{name}.txt") for name in ("run", "develop"))
    for machine in MACHINES:
        for pin in (pin for listed in run.values() for pin in listed):
            if pin.marker is None or pin.marker.evaluate(machine):
                same = [
                    each for each in develop[canonicalize_name(pin.name)] if each.specifier == pin.specifier
                ]
                assert any(each.marker is None or each.marker.evaluate(machine) for each in same), pin


def test_there_is_a_lock_file_for_each_that_the_command_writes() -> None:
    assert {path.stem for path in LOCKS} == set(lock.LOCKS) == set(asked())


def test_what_builds_the_wheel_is_locked_too() -> None:
    assert set(PYPROJECT["build-system"]["requires"]) <= set(PYPROJECT["dependency-groups"]["build"])


def test_the_wheels_metadata_keeps_ranges() -> None:
    for each in map(Requirement, PYPROJECT["project"]["dependencies"]):
        assert {specifier.operator for specifier in each.specifier} <= {">=", "<"}


def made(*arguments: str) -> str:
    """What `make` would run."""
    command = ["make", "--dry-run", "--always-make", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_both_commands_install_from_the_lock_files_and_nothing_else() -> None:
    run, develop = "--requirement requirements/run.txt", "--requirement requirements/develop.txt"
    for command, files in (("demo", [run]), ("test", [run, develop])):
        installs = [line for line in made(command).splitlines() if "pip install" in line]
        own = "--no-deps --no-build-isolation --editable ."
        assert [line.partition("version-check ")[2] for line in installs] == [files[0], own, *files[1:]]


def test_without_the_lock_the_newest_are_installed_over_what_is_there() -> None:
    installs = [line for line in made("test", "LOCKED=").splitlines() if "pip install" in line]
    assert "requirements/" not in " ".join(installs)
    assert sum("--upgrade --upgrade-strategy eager --editable ." in line for line in installs) == 2


def test_environments_that_tests_make_take_the_locked_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOCKED", raising=False)
    option, path = constraints(tmp_path)
    assert option == "--constraint"
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    assert len(lines) == sum(map(len, pins(ROOT / "requirements" / "develop.txt").values()))
    assert all("==" in line for line in lines)
    monkeypatch.setenv("LOCKED", "")
    assert constraints(tmp_path) == []


def test_the_index_that_pip_is_told_to_use_is_handed_to_uv_and_not_written_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    assert lock.environment()["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    for name, options in lock.LOCKS.items():
        command = lock.command(Path("uv"), name, options)
        assert "index" not in " ".join(command)
        assert "--generate-hashes" in command
        assert "--universal" in command
