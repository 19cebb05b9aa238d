"""No sentence about a finding shows a programmer's nothing, whatever its documents lack."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Any, Final

import pytest

import intact
from intact.audit.evaluate import needs
from intact.checks import KINDS
from intact.core.paths import EACH, Path
from intact.findings import Finding
from intact.model import load
from intact.model.specs import Model
from intact.project.columns import Role
from tests.support.memory import MemorySource

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
MODELS = {
    "delivery": lambda: load("delivery", KINDS),
    "northwind": lambda: load("northwind", KINDS),
    "dairy": lambda: load(File(__file__).parents[2] / "docs" / "dairy.yml", KINDS),
}
DUMMY: Final = {
    Role.KEY: "gone",
    Role.TEXT: "odd",
    Role.AMOUNT: 12.5,
    Role.DATE: "2025-05-05",
    Role.FLAG: False,
    Role.MATCH: "odd",
}
NOTHING: Final = re.compile(r"\b(?:null|None|NaN|undefined|nil)\b|\"\"|''|``|  |\( *\)|\s$|^\s|[:,] *$|\{|\}")
ABSENT: Final = object()


def put(document: dict[str, Any], path: Path, value: object) -> None:
    """Set what a path leads to, through arrays of one element, or take it away."""
    place: Any = document
    steps = [step for step in path.steps if step != EACH]
    for step, following in zip(path.steps, path.steps[1:], strict=False):
        if step == EACH:
            continue
        if not isinstance(place.get(step), dict | list):
            place[step] = [{}] if following == EACH else {}
        place = place[step][0] if isinstance(place[step], list) else place[step]
    if value is ABSENT:
        place.pop(steps[-1], None)
    elif path.steps[-1] == EACH:
        place[steps[-1]] = [value]
    else:
        place[steps[-1]] = value


def documents(model: Model, name: str, columns: set[Any]) -> Iterator[dict[str, Any]]:
    """Make documents of a collection in each of its states, each of them once whole and once without each path."""
    spec = model.collections[name]
    whole: dict[str, Any] = {}
    for column in sorted(
        columns, key=lambda each: (len(each.path.steps), str(each.path), each.role is not Role.MATCH)
    ):
        put(whole, column.path, DUMMY[column.role])
    states: list[tuple[Path, object]] = [
        (path, text) for path, texts in spec.values.items() for text in texts
    ]
    lacking = sorted({column.path for column in columns} - {spec.key})
    number = 0
    for state, text in states or [(Path(("odd",)), 1)]:
        for path, value in [(None, None), *((path, value) for path in lacking for value in (None, ABSENT))]:
            made = copy.deepcopy(whole)
            put(made, state, text)
            number += 1
            if spec.key:
                put(made, spec.key, f"{name}-{number // 2}")  # two of each: a key that came twice
            if path:
                put(made, path, value)
            yield made | {"_id": number}
    yield {"_id": 0}


def findings(model: Model) -> Iterator[Finding]:
    """Audit documents that lack one thing each."""
    columns = needs(model, [*model.reports.values()])
    made = {name: list(documents(model, name, columns.get(name, set()))) for name in model.collections}
    report = intact.check(MemorySource(made), model=model, as_of=AS_OF)
    for section in report.sections:
        yield from section.issues


@pytest.mark.parametrize("name", MODELS)
def test_no_description_holds_a_programmers_nothing_where_a_field_is_absent(name: str) -> None:
    found = list(findings(MODELS[name]()))
    wrong = {
        each.type: each.description
        for each in found
        if NOTHING.search(each.description) and "which cannot be read" not in each.description
    }
    assert wrong == {}
    assert len({each.type for each in found}) > 8


def test_an_order_whose_date_cannot_be_read_waits_for_an_unknown_number_of_days() -> None:
    orders = [{"_id": 1, "OrderID": 1, "CustomerID": "A", "OrderDate": "soon", "ShippedDate": None}]
    report = intact.check(MemorySource({"orders": orders}), model="northwind", as_of=AS_OF)
    (late,) = [each for s in report.sections for each in s.issues if "not been shipped" in each.description]
    assert late.description == "Order 1 has not been shipped for an unknown number of days"
