"""The user's own two files keep working: their functions, their shapes, their command."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import bson
import pytest
from jsonschema import Draft202012Validator
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient

from intact.findings import json_schema
from tests.backend.conftest import BACKEND
from tests.cli.running import environment, names
from tests.sample_data import DEMO_AS_OF, write_dump
from tests.servers.fixtures import Mongo

SCRIPT = BACKEND / "data_consistency_checker.py"

SHAPES = {
    "check_orphaned_orders": ("total_orphaned_orders", {"unbilled_critical", "pending_not_delivered"}),
    "check_orphaned_customers": ("total_orphaned_customers", {"cannot_login", "active_subs_no_login"}),
    "check_phantom_deliveries": ("total_phantom_deliveries", {"critical_count"}),
    "check_invalid_references": ("total_invalid_references", {"invalid_orders", "invalid_deliveries"}),
    "check_duplicate_customers": ("total_duplicates", {"duplicate_phones", "duplicate_emails"}),
    "check_billing_integrity": (
        "total_billing_issues",
        {"orphaned_bills", "double_bills", "total_overcharge"},
    ),
    "check_status_consistency": (
        "total_status_issues",
        {"invalid_subscriptions", "invalid_orders", "invalid_deliveries"},
    ),
}
"""What the user's document says each function gives: its total, and its summary."""

Call = Callable[[Any], Awaitable[Any]]


def filled(mongo: Mongo, place: Path, faults: dict[str, int]) -> Mongo:
    """Fill a database with a small business with these faults."""
    write_dump(place, orders=120, seed=3, faults=faults, as_of=DEMO_AS_OF)
    mongo.insert({file.stem: bson.decode_all(file.read_bytes()) for file in place.rglob("*.bson")})
    return mongo


@pytest.fixture
def faulty(mongo: Mongo, tmp_path: Path) -> Mongo:
    """A business with a few faults."""
    faults = {
        "DOUBLE_BILLING": 2,
        "PHANTOM_DELIVERY_NO_ORDER": 1,
        "UNBILLED_ORDER": 2,
        "INVALID_ORDER_STATUS": 1,
    }
    return filled(mongo, tmp_path / "dump", faults)


@pytest.fixture
def clean(mongo: Mongo, tmp_path: Path) -> Mongo:
    """A business without a fault."""
    return filled(mongo, tmp_path / "dump", {})


async def with_pymongo(uri: str, call: Call) -> Any:
    """Call with PyMongo's async handle."""
    async with AsyncMongoClient[dict[str, Any]](uri) as client:
        return await call(client.get_default_database())


async def with_motor(uri: str, call: Call) -> Any:
    """Call with Motor's handle."""
    client: Any = AsyncIOMotorClient(uri)
    try:
        return await call(client.get_default_database())
    finally:
        client.close()


def run_with(driver: Callable[[str, Call], Awaitable[Any]], uri: str, call: Call) -> Any:
    """Run on a loop of its own, as a script does."""
    import asyncio

    async def work() -> Any:
        return await driver(uri, call)

    return asyncio.run(work())


DRIVERS = pytest.mark.parametrize("driver", [with_pymongo, with_motor], ids=["PyMongo", "Motor"])


@pytest.mark.spread(3)
@DRIVERS
@pytest.mark.parametrize("name", SHAPES)
def test_each_check_gives_the_users_shape(faulty: Mongo, driver: Any, name: str) -> None:
    definitions = importlib.import_module("consistency_report_definitions")
    found = run_with(driver, faulty.uri, getattr(definitions, name))
    total, summary = SHAPES[name]
    assert list(found)[:3] == [total, "issues", "summary"]
    assert summary <= set(found["summary"])
    assert found["complete"] is True
    assert all({"type", "severity", "description"} <= set(issue) for issue in found["issues"])
    assert json.loads(json.dumps(found)) == found


@DRIVERS
def test_amounts_are_plain_numbers(faulty: Mongo, driver: Any) -> None:
    definitions = importlib.import_module("consistency_report_definitions")
    found = run_with(driver, faulty.uri, definitions.check_billing_integrity)
    bills = [issue for issue in found["issues"] if issue["type"] == "DOUBLE_BILLING"]
    assert len(bills) == found["summary"]["double_bills"] == 2
    assert all(isinstance(bill["total_overcharge"], int | float) for bill in bills)
    assert found["summary"]["total_overcharge"] == pytest.approx(
        sum(bill["total_overcharge"] for bill in bills)
    )


@DRIVERS
def test_the_whole_report_is_printed_saved_and_given(
    faulty: Mongo,
    driver: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    checker = importlib.import_module("data_consistency_checker")
    found = run_with(driver, faulty.uri, checker.generate_consistency_report)
    printed = capsys.readouterr().out
    (saved,) = tmp_path.glob("data_consistency_report_*.json")
    assert json.loads(saved.read_text()) == found
    assert f"Report saved: {saved.name}" in printed
    Draft202012Validator(json_schema()).validate(found)
    for line in (
        "DATA CONSISTENCY REPORT",
        "[1/7] Checking orphaned orders...",
        "  - Unbilled: 2",
        "⚠️  CRITICAL: Found 1 phantom deliveries!",
        "  ⚠️  WARNING: 2 double-billing instances!",
        "[7/7] Checking status consistency...",
        f"Total Critical Issues Found: {found['headline']['total_critical_issues_found']}",
    ):
        assert line in printed


def script(cwd: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the user's command as the user does, from another directory."""
    return subprocess.run(
        [sys.executable, str(SCRIPT)],
        cwd=cwd,
        env=environment(PYTHONIOENCODING="utf-8", **changes),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_the_command_ends_with_1_where_something_is_critical(faulty: Mongo, tmp_path: Path) -> None:
    done = script(tmp_path, MONGODB_URI=faulty.uri)
    assert done.returncode == 1, done.stderr
    assert "3 CRITICAL ISSUES FOUND - Please review immediately!" in done.stdout
    assert done.stderr == ""


def test_a_reader_that_goes_away_does_not_lose_the_report(faulty: Mongo, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, str(SCRIPT)],
        cwd=tmp_path,
        env=environment(MONGODB_URI=faulty.uri),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        stderr = running.stderr.read()
    assert (running.returncode, stderr) == (1, b"")
    assert len(list(tmp_path.glob("data_consistency_report_*.json"))) == 1


def test_the_command_ends_with_0_where_nothing_is(clean: Mongo, tmp_path: Path) -> None:
    done = script(tmp_path, MONGODB_URI=clean.uri)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✅ No critical issues found" in done.stdout


def test_the_command_ends_with_3_where_something_could_not_be_checked(clean: Mongo, tmp_path: Path) -> None:
    clean.handle.drop_collection("billing_records")
    done = script(tmp_path, MONGODB_URI=clean.uri)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "NOT FULLY CHECKED" in done.stdout
    assert "✅" not in done.stdout


@pytest.mark.spread(1)
@pytest.mark.parametrize("kind", ["async", "sync"])
@pytest.mark.parametrize("driver", ["motor", "pymongo"])
def test_the_users_own_get_database_is_used(faulty: Mongo, tmp_path: Path, kind: str, driver: str) -> None:
    client = {
        "motor": "from motor.motor_asyncio import AsyncIOMotorClient as Client",
        "pymongo": "from pymongo import AsyncMongoClient as Client",
    }[driver]
    function = "async def get_database" if kind == "async" else "def get_database"
    own = f"{client}\n{function}():\n    return Client({faulty.uri!r}).get_default_database()\n"
    (tmp_path / "database.py").write_text(own)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = script(tmp_path, PYTHONPATH=path, MONGODB_URI="mongodb://none.invalid/none")
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""


def test_a_module_of_that_name_without_the_function_is_somebody_elses(faulty: Mongo, tmp_path: Path) -> None:
    (tmp_path / "database.py").write_text("other = 1\n")
    done = script(tmp_path, PYTHONPATH=str(tmp_path), MONGODB_URI=faulty.uri)
    assert done.returncode == 1, done.stderr


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (
            "def get_database():\n    raise ConnectionError('mongodb://anna:s3cr3t@h is down')",
            "get_database() failed",
        ),
        ("import nonsense_that_is_not_there", "nonsense_that_is_not_there"),
        ("def get_database():\n    return 5", "int"),
    ],
    ids=["raises", "does not import", "gives something else"],
)
def test_a_get_database_that_fails_ends_with_2_and_a_sentence(
    tmp_path: Path, module: str, words: str
) -> None:
    (tmp_path / "database.py").write_text(module + "\n")
    done = script(tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cr3t" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_a_database_the_command_says_what_to_set(tmp_path: Path) -> None:
    done = script(tmp_path)
    assert done.returncode == 2
    assert "MONGODB_URI" in done.stderr
    assert names(tmp_path) == []


def test_a_password_is_never_printed(tmp_path: Path) -> None:
    uri = "mongodb://anna:s3cr3t@127.0.0.1:1/shop?serverSelectionTimeoutMS=300"
    done = script(tmp_path, MONGODB_URI=uri)
    assert done.returncode == 2
    assert "s3cr3t" not in done.stdout + done.stderr
    assert "anna" not in done.stdout + done.stderr
    assert "127.0.0.1:1" in done.stderr


def test_a_directory_that_cannot_be_written_is_said_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checker = importlib.import_module("data_consistency_checker")
    place = tmp_path / "gone"
    place.mkdir()
    monkeypatch.chdir(place)
    place.rmdir()
    import asyncio

    with pytest.raises(Exception, match="the report cannot be written"):
        asyncio.run(checker.generate_consistency_report(None))
