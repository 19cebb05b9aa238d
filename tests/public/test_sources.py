"""Public reports whose point is the source: tar files, several collections in one file, lookalikes of MongoDB."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import bson
import pytest
from bson import json_util

import intact
from intact.audit.run import check
from intact.checks import KINDS
from intact.model import parse
from intact.model.specs import Model
from tests.cli.running import PROGRAM, environment
from tests.public.inputs import cases, read
from tests.servers.scripted import Command, Reply, ScriptedServer
from tests.support.cases import mismatches
from tests.support.extended import document, documents

TAR: Final = next(each for each in cases() if each.case.file == "dump-in-tar")


def model(target: str, collection: str, path: str) -> Model:
    """Make a model of one reference."""
    rule = {
        "dangling-reference": f"{collection}.{path}",
        "finding": "LOST",
        "severity": "high",
        "description": "!",
    }
    report = {
        "title": "All",
        "cadence": "daily",
        "document": "ALL",
        "checks": [rule],
        "total": {"n": {"count": "all"}},
    }
    whole = {
        "intact": 1,
        "name": "one",
        "title": "One",
        "collections": {
            target: {"key": "_id", "named": "to"},
            collection: {"key": "_id", "named": "row", "references": {path: target}},
        },
        "reports": {"all": report},
    }
    return parse(json.dumps(whole), KINDS, "one.yml")


@pytest.mark.parametrize(
    ("name", "before", "names"),
    [
        ("shop.tar.gz", "dump/shop/", ["orders", "users"]),
        ("shop.tar", "dump/shop/", ["orders", "users"]),
        ("shop-users-first.tar.gz", "dump/shop/", ["users", "orders"]),
        ("shop-dot.tar.gz", "./shop/", ["orders", "users"]),
    ],
)
def test_a_dump_in_a_tar_is_read_by_name_and_from_a_pipe(
    name: str, before: str, names: list[str], tmp_path: Path
) -> None:
    packed = tmp_path / name
    with tarfile.open(packed, "w:gz" if name.endswith("gz") else "w") as tar:
        for each in names:
            for suffix, content in (
                (".bson", b"".join(TAR.bson[each])),
                (".metadata.json", b'{"indexes": []}'),
            ):
                info = tarfile.TarInfo(f"{before}{each}{suffix}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    assert mismatches(TAR.case, TAR.audit(packed)) == []
    (tmp_path / "model.json").write_text(TAR.case.model)
    command = [
        *PROGRAM,
        "check",
        "-",
        "--model",
        str(tmp_path / "model.json"),
        "--format",
        "json",
        "--no-history",
    ]
    done = subprocess.run(
        command, input=packed.read_bytes(), capture_output=True, env=environment(), timeout=120, check=False
    )
    issues = json.loads(done.stdout)["reports"]["case"]["issues"]
    assert sorted((each["order"], each["user"]) for each in issues) == [(3, 3), (5, 4)], done.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.json", name], "nothing is unpacked"


@pytest.mark.parametrize("name", ["db.gz", "user.bson"])
def test_a_file_that_holds_several_collections_is_read_as_several(name: str, tmp_path: Path) -> None:
    given = {each["name"]: each for each in read("several-collections-in-one-file")["files"]}
    lines = (
        '{"__cmd": "select", "collection": "site"}',
        '{"_id": 1, "name": "North"}',
        '{"__cmd": "select", "collection": "user"}',
        '{"_id": 2, "site": 1}',
        '{"_id": 3, "site": 9}',
    )
    content = base64.b64decode(given[name].get("base64", "")) or b"".join(documents("\n".join(lines)))
    (tmp_path / name).write_bytes(content)
    report = check(tmp_path / name, model=model("site", "user", "site"))
    assert {each.name: each.documents for each in report.collections} == {"site": 1, "user": 2}
    assert [(each.fields["row"], each.fields["site"]) for each in report["all"].issues] == [(3, 9)]


class Lookalike(ScriptedServer):
    """The server that an input describes: what it does not name is refused, and user 4 comes after the first scan."""

    def __init__(self, variant: str) -> None:
        given = read("mongodb-lookalike")
        self.answers: Mapping[str, Any] = {
            name: json_util.loads(text)
            for name, text in given["notes"]["server"].items()
            if text.startswith("{")
        }
        found = {
            name: [bson.decode(document(line)) for line in lines]
            for name, lines in given["documents"].items()
        }
        self.late = [each for each in found["users"] if each["_id"] == 4]
        found["users"] = [each for each in found["users"] if each["_id"] != 4]
        super().__init__(found, listing=self.answers["listCollections"]["cursor"]["firstBatch"])
        self.hello = dict(self.answers["hello"])
        self.variant = variant
        for name in ("buildInfo", "listIndexes", "collStats", "aggregate"):
            self.script(name, Reply(self.answers[name]), repeat=True)

    def _document(self, command: Command, step: Any) -> dict[str, Any]:
        concern = command.body.get("readConcern", {}).get("level")
        if command.name == "find" and concern == "snapshot" and self.variant == "refused":
            return dict(self.answers["find at snapshot, refused"])
        return super()._document(command, step)

    def _on_find(self, command: Command) -> dict[str, Any]:
        wanted = command.body.get("filter", {})
        kept = self.collections.get(command.collection, [])
        self.collections[command.collection] = [
            each for each in kept if isinstance(each, dict) and fits(each, wanted)
        ]
        try:
            return super()._on_find(command)
        finally:
            late, self.late = (
                (self.late, []) if command.collection == "users" and not wanted else ([], self.late)
            )
            self.collections[command.collection] = [*kept, *late]


def fits(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Tell whether a filter of equalities and of $in lets a document through."""
    return all(
        found.get(name) in value["$in"]
        if isinstance(value, Mapping) and "$in" in value
        else found.get(name) == value
        for name, value in wanted.items()
    )


@pytest.mark.parametrize("variant", ["refused", "ignored"])
def test_a_server_that_only_looks_like_mongodb_is_audited_without_a_moment(variant: str) -> None:
    with Lookalike(variant) as server:
        report = check(server.uri(), model=model("users", "orders", "user"))
    assert [each.fields["row"] for each in report["all"].issues] == [3]
    assert not report.run.one_moment
    assert not report.not_evaluated


@pytest.mark.parametrize("variant", ["refused", "ignored"])
def test_the_diagnosis_of_a_lookalike_names_the_engine_and_trusts_no_validator(variant: str) -> None:
    with Lookalike(variant) as server:
        found = intact.doctor(server.uri(), model=model("users", "orders", "user"))
    told = "\n".join(f"{each.level.name} {each.subject} {each.what} {each.means}" for each in found.lines)
    assert "FerretDB 2.7.0" in told
    assert "standalone" in told
    assert not any(each.subject == "validators" and each.level.name == "OK" for each in found.lines), told
