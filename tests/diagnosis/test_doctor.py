"""``intact doctor`` as users see it, on dumps and from the command line; and its JSON document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import intact
from intact.audit.doctor.records import Level
from intact.core.errors import SourceError, UsageError
from tests.cli.running import invoke
from tests.diagnosis.server import COLLECTIONS, READ_SHOP, TellingServer
from tests.sample_data import DEMO_AS_OF, write_archive, write_dump
from tests.servers.scripted import Error

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "doctor-1.json"
SECRET_ESCAPE = "\x1b[31mred"


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dump")
    write_dump(place, orders=300, seed=3, faults=0, as_of=DEMO_AS_OF)
    return place


def document(*arguments: str) -> dict[str, Any]:
    """The JSON that the command prints, held against the published schema."""
    found: dict[str, Any] = json.loads(invoke("doctor", *arguments, "--format", "json").stdout)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(found)
    return found


def test_the_schema_in_the_docs_is_the_one_that_is_printed() -> None:
    printed = json.loads(invoke("model", "schema", "--of", "doctor").stdout)
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == printed
    jsonschema.Draft202012Validator.check_schema(printed)


def test_a_whole_dump_is_ready(dump: Path) -> None:
    found = intact.doctor(dump)
    assert (found.kind, found.exit_code) == ("dump", 0)
    assert {each.name: each.present for each in found.collections} == dict.fromkeys(COLLECTIONS, True)
    assert sum(each.bytes or 0 for each in found.collections) > 100_000
    assert [line.what for line in found.lines if line.level is Level.NOTE] == [
        "A dump taken without --oplog is not of one moment: collections were read one after another"
    ]


def test_a_dump_without_a_collection_names_it(dump: Path, tmp_path: Path) -> None:
    folder = next(path for path in dump.iterdir() if path.is_dir())
    for path in folder.iterdir():
        if not path.name.startswith("users."):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    found = document(str(tmp_path))
    assert (found["exit_code"], found["can_run"]) == (3, True)
    problem = found["lines"][0]
    assert (problem["level"], problem["what"]) == ("problem", "there is no users")
    assert [each["name"] for each in found["collections"] if not each["present"]] == ["users"]


def test_an_archive_can_be_examined(tmp_path: Path) -> None:
    write_archive(tmp_path / "shop.archive", orders=200, seed=3, faults=0, as_of=DEMO_AS_OF)
    found = intact.doctor(tmp_path / "shop.archive")
    assert (found.kind, found.exit_code) == ("archive", 0)
    assert any(line.subject == "data" for line in found.lines)


def test_a_source_that_is_not_there_is_an_error_of_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        intact.doctor(tmp_path / "nothing")
    result = invoke("doctor", str(tmp_path / "nothing"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("intact: ")


def test_no_source_at_all_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        intact.doctor()


@pytest.mark.parametrize(
    ("privileges", "verdict", "code"),
    [
        ((READ_SHOP,), "READY", 0),
        (({**READ_SHOP, "resource": {"db": "shop", "collection": "orders"}},), "INCOMPLETE", 3),
        ((), "CANNOT RUN", 2),
    ],
)
def test_the_verdict_stands_first_and_the_gravest_line_below_it(
    privileges: tuple[dict[str, Any], ...], verdict: str, code: int
) -> None:
    with TellingServer(privileges=privileges) as server:
        result = invoke("doctor", server.uri())
        found = document(server.uri())
    shown = _above_the_table(result.stdout)
    assert shown[0].startswith(verdict)
    assert (result.exit_code, found["exit_code"]) == (code, code)
    levels = [line.split()[0] for line in shown[3:] if line[:1].strip()]
    assert levels == sorted(levels, key=["problem", "note", "ok"].index)
    assert all(len(line) <= 80 or "grantRolesToUser" in line for line in shown)


def test_everything_that_is_looked_at_fits_on_one_screen() -> None:
    with TellingServer() as server:
        server.be_replica_set("rs0")
        assert len(_above_the_table(invoke("doctor", server.uri()).stdout)) <= 24


def _above_the_table(shown: str) -> list[str]:
    return shown.partition("\nOf a sample")[0].splitlines()


def test_what_a_server_says_is_shown_and_never_obeyed() -> None:
    with TellingServer(["orders", SECRET_ESCAPE], version=f"7.0{SECRET_ESCAPE}") as server:
        result = invoke("doctor", server.uri())
    assert "\x1b" not in result.stdout
    assert "\\x1b[31mred" in result.stdout


def test_a_server_that_repeats_the_password_is_not_quoted() -> None:
    with TellingServer() as server:
        for command in ("buildInfo", "connectionStatus", "listIndexes", "aggregate"):
            server.script(command, Error(20, "bob:s3cret is wrong"), repeat=True)
        result = invoke("doctor", server.uri(appName="s3cret"), "--format", "json")
    assert result.exit_code == 0, "documents can be read, whatever else is refused"
    assert "s3cret" not in result.output
