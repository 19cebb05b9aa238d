"""Beside an application with Motor 3.3: from an environment of its own, and what is said in the application's."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from typing import Any, Final

import bson
import pytest
from packaging.requirements import Requirement

from intact.core.distribution import PYMONGO, conflict
from tests.backend.conftest import BACKEND
from tests.cli.running import environment
from tests.house.files import ROOT
from tests.sample_data import DEMO_AS_OF, write_dump
from tests.servers.fixtures import Mongo
from tests.wheel.test_wheel import OFFLINE

SCRIPT: Final = BACKEND / "data_consistency_checker.py"
PINS: Final = ("motor==3.3.2", "pymongo==4.5.0")
PLACE: Final = ROOT / ".cache" / f"motor-3.3-python-{sys.version_info.major}.{sys.version_info.minor}"
OURS: Final = sysconfig.get_path("purelib")

DATABASE = """
import os

from motor.motor_asyncio import AsyncIOMotorClient

def get_database():
    return AsyncIOMotorClient(os.environ["MONGO_URL"])[os.environ["DB_NAME"]]
"""

COUNTS = """
import asyncio
from database import get_database

async def main():
    print(await get_database().orders.count_documents({}))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def old() -> Path:
    """The Python of an environment with Motor 3.3 and PyMongo 4.5, made once and kept."""
    PLACE.parent.mkdir(exist_ok=True)
    with PLACE.with_suffix(".lock").open("w") as lock:  # of several processes of tests one makes it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (PLACE / "made").exists():
            shutil.rmtree(PLACE, ignore_errors=True)
            venv.create(PLACE, with_pip=True)
            pip = [
                str(PLACE / "bin" / "python"),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ]
            done = subprocess.run([*pip, *PINS], capture_output=True, text=True, check=False)
            if done.returncode and OFFLINE.search(done.stderr):
                pytest.skip("PyPI cannot be reached, so there is no environment with Motor 3.3")
            assert done.returncode == 0, done.stderr
            (PLACE / "made").touch()
    return PLACE / "bin" / "python"


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """The folder of an application with its own ``database.py``, and the drop-in beside it."""
    (tmp_path / "database.py").write_text(DATABASE)
    for each in BACKEND.glob("*.py"):
        shutil.copy(each, tmp_path)
    return tmp_path


@pytest.fixture
def faulty(mongo: Mongo, tmp_path: Path) -> Mongo:
    write_dump(tmp_path / "dump", orders=120, seed=3, faults={"DOUBLE_BILLING": 2}, as_of=DEMO_AS_OF)
    mongo.insert({file.stem: bson.decode_all(file.read_bytes()) for file in tmp_path.rglob("*.bson")})
    return mongo


def run(command: list[str | Path], cwd: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    env = environment(PYTHONIOENCODING="utf-8", **changes)
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", timeout=120, check=False
    )


def as_application(mongo: Mongo) -> dict[str, str]:
    """The variables that the application reads."""
    server, _, name = mongo.uri.partition("?")[0].rpartition("/")
    return {"MONGO_URL": server, "DB_NAME": name}


WITHOUT_MOTOR = """
import runpy, sys
sys.modules["motor"] = None
sys.path.insert(0, ".")
sys.argv = ["data_consistency_checker.py"]
runpy.run_path("data_consistency_checker.py", run_name="__main__")
"""


def test_from_its_own_environment_it_audits_the_database_of_an_application_with_motor_3_3(
    old: Path, application: Path, faulty: Mongo
) -> None:
    names = as_application(faulty)
    counted = run([old, "-c", COUNTS], application, PYTHONPATH=str(application), **names)
    assert counted.returncode == 0, counted.stderr  # the application goes on with its old driver
    assert int(counted.stdout) > 100
    done = run([sys.executable, "-c", WITHOUT_MOTOR], application, **names)
    assert done.returncode == 1, done.stderr
    assert "2 CRITICAL ISSUES FOUND" in done.stdout
    assert done.stderr.startswith("your module database cannot be imported here (ModuleNotFoundError")
    assert done.stderr.rstrip().endswith("the database is the one that the environment names.")


def test_the_variables_of_the_application_alone_name_the_database(faulty: Mongo, tmp_path: Path) -> None:
    names = as_application(faulty)
    done = run([sys.executable, SCRIPT], tmp_path, **names)
    assert (done.returncode, done.stderr) == (1, "")
    first = run(
        [sys.executable, SCRIPT], tmp_path, MONGODB_URI=faulty.uri, MONGO_URL="mongodb://none.invalid"
    )
    assert (first.returncode, first.stderr) == (1, "")
    other = {**names, "DB_NAME": "a_database_that_is_not_there"}
    assert run([sys.executable, SCRIPT], tmp_path, **other).returncode == 2


def test_a_module_that_cannot_be_imported_and_no_variable_is_one_sentence(application: Path) -> None:
    done = run([sys.executable, "-c", WITHOUT_MOTOR], application)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot be imported here" in done.stderr
    assert "Set MONGO_URL and DB_NAME as for your application" in done.stderr


def together(old: Path, cwd: Path, program: str, *, lifted: bool) -> subprocess.CompletedProcess[str]:
    """Run a program in the old environment with intact beside; PyMongo is lifted to intact's, or is not."""
    place = "0" if lifted else "len(sys.path)"
    own = f"import sys; sys.path.insert({place}, {OURS!r}); sys.path.insert({place}, {str(ROOT / 'src')!r});"
    if lifted:  # Motor stays the old one
        site = next(old.parents[1].glob("lib/python*/site-packages"))
        own += (
            "import importlib.util as u, importlib.metadata as m; v = m.version;"
            f"s = u.spec_from_file_location('motor', {str(site / 'motor' / '__init__.py')!r});"
            "sys.modules['motor'] = u.module_from_spec(s); s.loader.exec_module(sys.modules['motor']);"
            f"sys.path.insert(0, {str(PLACE / 'metadata')!r});"
        )
        shutil.rmtree(PLACE / "metadata", ignore_errors=True)
        shutil.copytree(next(site.glob("motor-*.dist-info")), PLACE / "metadata" / "motor-3.3.2.dist-info")
    return run([old, "-c", f"{own}{program}"], cwd, MONGO_URL="mongodb://127.0.0.1:1", DB_NAME="shop")


CHECK = "sys.argv = ['intact', 'check', 'mongodb://127.0.0.1:1/shop']; from intact.cli import main; main()"
DROP_IN = (
    "import runpy; sys.path.insert(0, '.');runpy.run_path('data_consistency_checker.py', run_name='__main__')"
)


@pytest.mark.parametrize("program", [CHECK, DROP_IN], ids=["intact check", "the drop-in"])
def test_beside_an_old_pymongo_one_sentence_says_that_intact_wants_its_own_environment(
    old: Path, application: Path, program: str
) -> None:
    done = together(old, application, program, lifted=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(
        "intact: PyMongo 4.5.0 is installed, as Motor 3.3.2 wants it, and intact needs 4.13 or later"
    )
    assert "environment of its own" in done.stderr
    assert done.stderr.count("\n") == 1


def test_where_pymongo_was_lifted_under_motor_3_3_the_drop_in_says_so(old: Path, application: Path) -> None:
    done = together(old, application, DROP_IN, lifted=True)
    assert done.returncode == 2
    assert "Motor 3.3.2 does not run with PyMongo" in done.stderr
    assert "environment of its own" in done.stderr
    assert "fault in intact" not in done.stderr


def test_other_failed_imports_are_not_put_down_to_the_drivers() -> None:
    assert conflict(ModuleNotFoundError("no", name="duckdb")) == ""
    assert conflict(ValueError("no")) == ""
    assert conflict(ImportError("no", name="pymongo.cursor")) == ""  # those that are installed here fit


def test_the_oldest_pymongo_that_messages_name_is_that_of_the_metadata() -> None:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (pymongo,) = (each for each in map(Requirement, project["dependencies"]) if each.name == "pymongo")
    assert str(pymongo.specifier) == f">={'.'.join(map(str, PYMONGO))}"


def test_pages_say_that_motor_before_3_6_needs_an_environment_of_its_own() -> None:
    for page in ("README.md", "docs/how-to/application.md"):
        text = " ".join((ROOT / page).read_text(encoding="utf-8").replace("*", "").split())
        assert "Motor before 3.6" in text
        assert "environment of its own" in text
