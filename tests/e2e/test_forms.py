"""The same data in every form gives the same findings, with the same fingerprints, from run to run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
import simplejson
from bson import json_util

from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Report, to_document
from intact.model import load
from tests.oracle.worlds import AS_OF as WORLD_AS_OF
from tests.oracle.worlds import world
from tests.sample.reading import AS_OF, as_database
from tests.sample_data import Business, write_archive, write_dump, write_extended_json
from tests.servers.fixtures import Mongo
from tests.support.memory import MemorySource

MODEL = load("delivery", KINDS)
SAMPLE: dict[str, Any] = {"orders": 150, "seed": 11, "faults": 2, "as_of": AS_OF}


def findings(report: Report) -> dict[str, Any]:
    """Give all that a report says of the data: its reports and numbers, not where the data came from.

    Nor whether it was looked at again, which only a server needs.
    """
    document: dict[str, Any] = to_document(report)
    for part in document["reports"].values():
        for issue in part["issues"]:
            state, issue["meta"]["state"] = issue["meta"]["state"], None
            assert state == ("confirmed" if report.run.source_kind == "mongodb" else None)
    told = {
        name: document[name]
        for name in ("reports", "headline", "exit_code", "failing", "complete", "troubles_total")
    }
    read = [
        (each["name"], each["documents"], each["lost"], each["whole"]) for each in document["collections"]
    ]
    return {**told, "collections": sorted(read)}


def audit(source: object, as_of: datetime = AS_OF) -> dict[str, Any]:
    return findings(check(source, model=MODEL, as_of=as_of, show_personal=True))


def prints(found: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted(
        (name, issue["fingerprint"]) for name, part in found["reports"].items() for issue in part["issues"]
    )


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found = audit(MemorySource(as_database(Business(**SAMPLE))))
    assert sum(len(part["issues"]) for part in found["reports"].values()) > 50
    return found


def directory(path: Path) -> Path:
    write_dump(path / "dump", **SAMPLE)
    return path / "dump"


def database_directory(path: Path) -> Path:
    return directory(path) / "delivery"


def zipped_directory(path: Path) -> Path:
    write_dump(path / "dump", gzip=True, **SAMPLE)
    return path / "dump"


def archive(path: Path) -> Path:
    write_archive(path / "delivery.archive", **SAMPLE)
    return path / "delivery.archive"


def zipped_archive(path: Path) -> Path:
    write_archive(path / "delivery.gz", gzip=True, **SAMPLE)
    return path / "delivery.gz"


def relaxed(path: Path) -> Path:
    write_extended_json(path / "export", form="relaxed", **SAMPLE)
    (path / "export" / "planted.json").unlink()
    return path / "export"


def canonical(path: Path) -> Path:
    write_extended_json(path / "export", form="canonical", gzip=True, **SAMPLE)
    (path / "export" / "planted.json").unlink()
    return path / "export"


def arrays(path: Path) -> Path:
    """Write each collection as one JSON array, as ``mongoexport --jsonArray`` does."""
    for name, documents in as_database(Business(**SAMPLE)).items():
        text = json_util.dumps(documents, json_options=json_util.CANONICAL_JSON_OPTIONS, indent=1)
        (path / f"{name}.json").write_text(text, encoding="utf-8")
    return path


FORMS: list[Callable[[Path], Path]] = [
    directory, database_directory, zipped_directory, archive, zipped_archive, relaxed, canonical, arrays,
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_form_gives_the_same_findings(
    form: Callable[[Path], Path], tmp_path: Path, expected: dict[str, Any]
) -> None:
    assert audit(form(tmp_path)) == expected


def test_a_live_server_gives_the_same_findings(java_mongo: Mongo, expected: dict[str, Any]) -> None:
    java_mongo.insert(as_database(Business(**SAMPLE)))
    assert audit(java_mongo.uri) == expected


@pytest.mark.spread(1)
@pytest.mark.parametrize("form", [archive, zipped_archive], ids=lambda form: form.__name__)
def test_standard_input_gives_the_same_findings(
    form: Callable[[Path], Path], tmp_path: Path, expected: dict[str, Any]
) -> None:
    command = [
        sys.executable,
        "-m",
        "intact",
        "check",
        "-",
        "--quiet",
        "--show-personal",
        "--no-history",
        "--format",
        "json",
        "--as-of",
        AS_OF.isoformat(),
    ]
    with form(tmp_path).open("rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, check=False)
    found = simplejson.loads(done.stdout, use_decimal=True)
    assert done.stderr == b""
    assert done.returncode == 1
    assert found["reports"] == simplejson.loads(
        simplejson.dumps(expected["reports"], use_decimal=True), use_decimal=True
    )
    assert found["source"]["label"] == "standard input"


@pytest.mark.parametrize("suffix", [".bson", ".jsonl"])
def test_a_single_file_gives_the_findings_that_need_no_other(
    suffix: str, tmp_path: Path, expected: dict[str, Any]
) -> None:
    users = as_database(Business(**SAMPLE))["users"]
    path = tmp_path / f"users{suffix}"
    if suffix == ".bson":
        path.write_bytes(b"".join(map(bson.encode, users)))
    else:
        path.write_text("".join(f"{json_util.dumps(user)}\n" for user in users), encoding="utf-8")
    report = check(path, model=MODEL, as_of=AS_OF, show_personal=True)
    found = [issue for part in findings(report)["reports"].values() for issue in part["issues"]]
    for issue in found:
        # Who refers to a user is in the customers, which are not there.
        assert issue.get("references_complete", False) is False
    alone = {"USER_NO_CUSTOMER", "DUPLICATE_USER_EMAIL", "DUPLICATE_ID", "MISSING_ID"}
    everything = [issue for part in expected["reports"].values() for issue in part["issues"]]
    wanted = [each for each in everything if each["collection"] == "users" and each["type"] in alone]
    dates = [
        each
        for each in expected["reports"]["duplicates"]["issues"]
        if each["collection"] == "users" and each["type"] == "UNREADABLE_VALUE"
    ]
    assert list(map(alone_told, found)) == list(map(alone_told, wanted + dates))
    assert not report.complete
    assert report.exit_code == 3


def alone_told(issue: dict[str, Any]) -> dict[str, Any]:
    """Give what a finding says of its own collection."""
    return {name: value for name, value in issue.items() if not name.startswith("references")}


def test_a_hostile_database_gives_the_same_in_bson_and_in_extended_json(tmp_path: Path) -> None:
    data = world(3, hostile=0.5)
    (tmp_path / "dump" / "delivery").mkdir(parents=True)
    (tmp_path / "export").mkdir()
    for name, documents in data.items():
        raw = [bson.encode(each) for each in documents]
        (tmp_path / "dump" / "delivery" / f"{name}.bson").write_bytes(b"".join(raw))
        options = json_util.CANONICAL_JSON_OPTIONS.with_options(
            datetime_conversion=bson.DatetimeConversion.DATETIME_MS
        )
        lines = [json_util.dumps(bson.decode(each, options), json_options=options) for each in raw]
        (tmp_path / "export" / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    memory, dump, export = (
        audit(source, WORLD_AS_OF) for source in (MemorySource(data), tmp_path / "dump", tmp_path / "export")
    )
    assert dump == memory
    assert export == memory


def test_a_run_is_repeated_to_the_letter(tmp_path: Path, expected: dict[str, Any]) -> None:
    source = directory(tmp_path)
    assert audit(source) == audit(source) == expected


def test_fingerprints_depend_on_neither_the_order_of_documents_nor_the_moment(
    expected: dict[str, Any],
) -> None:
    data = {name: found[::-1] for name, found in as_database(Business(**SAMPLE)).items()}
    backwards = audit(MemorySource(dict(reversed(data.items())), at_once=3))
    assert prints(backwards) == prints(expected)
    later = audit(MemorySource(data), AS_OF + timedelta(days=3))  # still the same month
    assert prints(later) == prints(expected)


def test_fingerprints_stay_when_another_fault_is_mended(expected: dict[str, Any]) -> None:
    data = as_database(Business(**SAMPLE))
    mended = next(each for each in data["delivery_statuses"] if each.get("order_id") is None)
    before = set(prints(expected))
    mended["order_id"] = next(
        each["id"] for each in data["orders"] if isinstance(each.get("id"), str) and each["id"]
    )
    after = set(prints(audit(MemorySource(data))))
    assert after < before
    assert len(before - after) == 1


def test_the_document_is_json(expected: dict[str, Any]) -> None:
    text = simplejson.dumps(expected, use_decimal=True, ignore_nan=False, allow_nan=False)
    assert json.loads(text)["headline"]["documents_scanned"] > 0
