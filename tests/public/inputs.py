"""Small inputs after public reports (``inputs/``), and what must be found in them (``cases/``), as data.

A file of ``cases/`` has the name of its input. It has one model, in short, as the cases of checks do
(:mod:`tests.support.cases`), and cases that may change parts of it. A case audits the whole input, or

* ``holding``: the documents that have this value in a field;
* ``in-json``: lines of Extended JSON for what the input has as bytes;
* ``only-in-bson``: documents, by collection and ``_id``, that Extended JSON cannot say: their findings
  are not asked there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bson
from ruamel.yaml import YAML

from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Report
from intact.model import parse
from tests.support.cases import Case, cases_of
from tests.support.extended import document

HERE: Final = Path(__file__).parent
INPUTS: Final = sorted((HERE / "inputs").glob("*.yml"))
FILES: Final = sorted((HERE / "cases").glob("*.yml"))
OWN: Final = ("holding", "in-json", "only-in-bson", "copies")
"""What a case has here beside what the cases of checks have."""

Lines = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class PublicCase:
    """One case of an input.

    Attributes:
        case: Its model and what it expects.
        own: What of :data:`OWN` it has.
        bson: Documents by collection.
        lines: The same as Extended JSON, a document a line.
    """

    case: Case
    own: Mapping[str, Any]
    bson: Mapping[str, Sequence[bytes]]
    lines: Lines

    def write(self, form: str, folder: Path) -> Path:
        """Write the documents as mongodump or as mongoexport does."""
        folder.mkdir()
        for name, documents in self.bson.items():
            if form == "dump":
                (folder / f"{name}.bson").write_bytes(b"".join(documents))
            else:
                (folder / f"{name}.json").write_text("".join(f"{line}\n" for line in self.lines[name]))
        return folder

    def audit(self, source: Path) -> Report:
        model = parse(self.case.model, KINDS, f"{self.case.file}.yml")
        return check(source, model=model, as_of=self.case.given.get("as_of"), show_personal=True)


def read(name: str) -> dict[str, Any]:
    """Read an input."""
    given: dict[str, Any] = YAML(typ="safe", pure=True).load((HERE / "inputs" / f"{name}.yml").read_text())
    return given


def cases() -> Iterator[PublicCase]:
    """Read all cases."""
    for path in FILES:
        given = YAML(typ="safe", pure=True).load(path.read_text())
        for check_ in given["model"]["checks"]:
            _complete(check_)
        for each in given["cases"]:
            own = {name: each.pop(name) for name in OWN if name in each}
            each.setdefault("as_of", given.get("as_of", "2026-03-01"))
            for check_ in each.get("model", {}).get("checks", ()):
                _complete(check_)
            (case,) = cases_of(path.stem, {**given, "cases": [each]})
            yield _chosen(case, own, read(path.stem))


def _complete(check_: dict[str, Any]) -> None:
    check_.setdefault("severity", "high")
    check_.setdefault("description", "It is wrong.")


def _chosen(case: Case, own: Mapping[str, Any], given: Mapping[str, Any]) -> PublicCase:
    """Take of an input what a case is about."""
    repeat = given["notes"].get("repeat", {}) if isinstance(given.get("notes"), dict) else {}
    lines = {name: [_repeated(line, repeat) for line in some] for name, some in given["documents"].items()}
    encoded = {name: [document(line) for line in some] for name, some in lines.items()}
    holding = own.get("holding")
    kept: dict[str, list[bytes]] = {}
    texts: dict[str, list[str]] = {}
    for name, some in encoded.items():
        pairs = [
            (raw, line)
            for raw, line in zip(some, lines[name], strict=True)
            if holding is None or holding in bson.decode(raw).values()
        ]
        kept[name] = [raw for raw, _ in pairs] + [
            bytes.fromhex(each) for each in given["bytes"].get(name, ())
        ]
        texts[name] = [line for _, line in pairs] + list(own.get("in-json", {}).get(name, ()))
    return PublicCase(case, own, kept, texts)


def _repeated(line: str, repeat: Mapping[str, Mapping[str, Any]]) -> str:
    """Put in the long texts that an input describes."""
    for name, recipe in repeat.items():
        line = line.replace(json.dumps(name), json.dumps(recipe["text"] * recipe["times"] + recipe["then"]))
    return line
