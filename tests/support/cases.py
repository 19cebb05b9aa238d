"""Cases of checks as data: a small model, documents, and what must be found, in ``tests/checks/cases/*.yml``.

A file has one model, in short: ``collections``, ``checks``, perhaps ``reconciliations``, ``summary``, ``timezone``
and so on; everything else that a model needs is added here. A case may change parts of it (``model``, merged into
the file's; a list takes the place of the other) and options of its first check (``with``; null takes one out). Its
documents are Extended JSON, one a line, under the collections that the source has; what it does not name is absent.
A case stands for a few documents of a collection in which every path has a value somewhere: all paths that its model
reads are ``optional``. What is to be said where they have not is shown in ``test_fit.py``.

Findings are compared as a set. Each names the fields that matter; those of :data:`OPTIONAL` matter always.
Where no type is given, it is that of the first check.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from intact.audit.evaluate import needs
from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Report, to_document
from intact.model import parse
from intact.model.specs import Model
from intact.sources.base import Fault
from tests.support.extended import documents
from tests.support.memory import MemorySource

SHOWS: Final = ("passing", "failing", "null", "absent", "empty")
"""What every check must have a case for."""

OPTIONAL: Final = ("near_match", "elsewhere", "amount_complete", "stale", "after_as_of")
"""Fields that are there only when they have something to say."""

KNOWN: Final = {
    "that", "shows", "as_of", "model", "with", "documents", "faults", "findings", "total", "summary", "money",
    "affected", "not_evaluated", "repeated",
}  # fmt: skip
DEFAULT_AS_OF: Final = "2026-03-15T10:00:00Z"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        file: Name of its file, which is the name of the check's module.
        that: What it shows, as a sentence.
        shows: Which of :data:`SHOWS` it is.
        model: Text of its model.
        type: The type of the first check's findings.
        data: Documents by collection.
        given: The case as it stands in the file.
    """

    file: str
    that: str
    shows: tuple[str, ...]
    model: str
    type: str
    data: Mapping[str, Sequence[bytes]]
    given: Mapping[str, Any]

    def run(self) -> Report:
        """Audit the documents."""
        faults = [Fault(**fault) for fault in self.given.get("faults", ())]
        source = MemorySource(self.data, faults=faults, at_once=3)
        model = occurring(parse(self.model, KINDS, f"{self.file}.yml"))
        return check(source, model=model, as_of=self.given.get("as_of", DEFAULT_AS_OF), show_personal=True)


def occurring(model: Model) -> Model:
    """Declare every path that a model reads as one that may be in no document."""
    read = needs(model, model.reports.values())
    collections = {
        name: replace(each, optional=tuple({column.path for column in read.get(name, ())}))
        for name, each in model.collections.items()
    }
    return replace(model, collections=collections)


def load_cases(path: Path) -> Iterator[Case]:
    """Read the cases of a file."""
    return cases_of(path.stem, YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))


def cases_of(file: str, given: Mapping[str, Any]) -> Iterator[Case]:
    """Read the cases that a file has."""
    for each in given["cases"]:
        if strange := set(each) - KNOWN:
            raise ValueError(f"{file}: {each['that']!r} has {sorted(strange)}, which no case has")
        model = _merged(given["model"], each.get("model", {}))
        first = {**model["checks"][0], **each.get("with", {})}
        model["checks"] = [
            {
                name: value
                for name, value in first.items()
                if name not in each.get("with", {}) or value is not None
            },
            *model["checks"][1:],
        ]
        shows = each.get("shows", [])
        yield Case(
            file=file,
            that=each["that"],
            shows=tuple(
                "null" if one is None else one for one in (shows if isinstance(shows, list) else [shows])
            ),
            model=json.dumps(_whole_model(model)),
            type=model["checks"][0]["finding"],
            data={name: documents(text or "") for name, text in each.get("documents", {}).items()},
            given=each,
        )


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> Document:
    """Merge mappings, inner ones too; anything else of ``other`` takes the place of what ``one`` has."""
    result = dict(one)
    for name, value in other.items():
        both = isinstance(value, Mapping) and isinstance(result.get(name), Mapping)
        result[name] = _merged(result[name], value) if both else value
    return result


def _whole_model(short: Mapping[str, Any]) -> Document:
    """Add to a model in short what every model has."""
    report = {
        "title": "Case",
        "cadence": "monthly",
        "document": "CASE",
        "checks": short["checks"],
        "total": short.get("total", {"total_case": {"count": "all"}}),
        "summary": short.get("summary", {}),
    }
    own = {"checks", "total", "summary"}
    rest = {name: value for name, value in short.items() if name not in own and value is not None}
    return {"intact": 1, "name": "case", "title": "Case", **rest, "reports": {"case": report}}


def mismatches(case: Case, report: Report) -> list[str]:
    """Say in what a report differs from what the case expects."""
    found = to_document(report)
    section = _mapping(_mapping(found["reports"])["case"])
    issues: list[Any] = section["issues"]
    expected = [{"type": case.type, **each} for each in case.given.get("findings") or ()]
    wrong = _findings(expected, issues)
    wrong += _figures(case, found, section, len(issues))
    reasons = [reason for outcome in report.not_evaluated for reason in outcome.reasons]
    if reasons != case.given.get("not_evaluated", []):
        wrong.append(f"not evaluated: {reasons}")
    prints = [issue["fingerprint"] for issue in issues]
    if len(set(prints)) != len(prints):
        wrong.append("two findings have one fingerprint")
    wrong += [
        f"more than a line: {i['description']!r}" for i in issues if len(i["description"].splitlines()) > 1
    ]
    return wrong


def _figures(case: Case, found: Mapping[str, Any], section: Document, issues: int) -> list[str]:
    given, headline = case.given, _mapping(found["headline"])
    name = next(iter(section))
    pairs = [(name, section[name], given.get("total", issues))]
    pairs += [
        (f"summary {key}", section["summary"].get(key), value)
        for key, value in given.get("summary", {}).items()
    ]
    if "affected" in given:
        pairs.append(("documents_affected", headline["documents_affected"], given["affected"]))
    if "money" in given:
        pairs.append(("money at stake", headline["money_at_stake"], given["money"]))
    repeated = {each["name"]: each["repeated_fields"] for each in found["collections"]}
    pairs += [(f"repeated {key}", repeated[key], value) for key, value in given.get("repeated", {}).items()]
    return [f"{what}: expected {wanted}, found {got}" for what, got, wanted in pairs if not same(wanted, got)]


def _findings(expected: Sequence[Document], issues: Sequence[Document]) -> list[str]:
    """Pair what is expected with what was found."""
    left = list(issues)
    wrong = []
    for each in expected:
        match = next((issue for issue in left if _fits(each, issue)), None)
        if match is None:
            wrong.append(f"missing: {each}")
        else:
            left.remove(match)
    return wrong + [f"unexpected: {issue}" for issue in left]


def _fits(expected: Document, issue: Document) -> bool:
    if any((name in expected) != (name in issue) for name in OPTIONAL):
        return False
    return all(name in issue and same(value, issue[name]) for name, value in expected.items())


def same(expected: Any, found: Any) -> bool:
    """Tell whether two JSON values are the same: numbers by value, true and 1 not."""
    if isinstance(expected, bool) or isinstance(found, bool) or expected is None or found is None:
        return expected is found
    if isinstance(expected, int | float | Decimal):
        return isinstance(found, int | float | Decimal) and Decimal(str(expected)) == Decimal(str(found))
    if isinstance(expected, str) and isinstance(found, Decimal):  # more digits than YAML's numbers have
        return Decimal(expected) == found
    if isinstance(expected, Mapping):
        return (
            isinstance(found, Mapping)
            and list(expected) == list(found)
            and all(same(value, found[name]) for name, value in expected.items())
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(expected) == len(found) and all(map(same, expected, found))
    return bool(expected == found)


def _mapping(value: Any) -> Document:
    assert isinstance(value, dict)
    return value
