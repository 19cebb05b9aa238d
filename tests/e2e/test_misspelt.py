"""Misspelling any one path of the shipped model never ends in silence: a property over all its paths.

A path is misspelt alone wherever that is still a model; where it has to be declared (a reference, a list of allowed
values), everywhere at once. Paths that stand for each other (``latest``) are misspelt together, since one is enough.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import intact
from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Report
from intact.findings.records import Outcome
from intact.model import parse
from intact.model.specs import Model
from tests.oracle.worlds import AS_OF, world
from tests.support.memory import MemorySource

TEXT = (Path(intact.__file__).parent / "model" / "models" / "delivery.yml").read_text(encoding="utf-8")
RIGHT: dict[str, Any] = YAML(typ="safe", pure=True).load(TEXT)
HOSTILE = 0.2

Change = Callable[[dict[str, Any]], None]


def misspelt(path: str) -> str:
    return path.replace("[]", "x[]", 1) if "[]" in path else f"{path}x"


def key_of(*way: Any) -> Change:
    """Misspell the name of an entry."""

    def change(model: dict[str, Any]) -> None:
        *up, name = way
        table = within(model, up)
        items = [(misspelt(key) if key == name else key, value) for key, value in table.items()]
        table.clear()
        table.update(items)

    return change


def value_of(*way: Any) -> Change:
    """Misspell a path that stands as a value."""

    def change(model: dict[str, Any]) -> None:
        *up, name = way
        table = within(model, up)
        table[name] = misspelt(table[name])

    return change


def link_everywhere(part: str, collection: str, path: str) -> Change:
    """Misspell a path where it is declared and wherever the model demands that declaration."""

    def change(model: dict[str, Any]) -> None:
        key_of("collections", collection, part, path)(model)
        old, new = f"{collection}.{path}", f"{collection}.{misspelt(path)}"
        for report in model["reports"].values():
            for at, rule in enumerate(report["checks"]):
                report["checks"][at] = retold(replaced(rule, old, new), old, new)
            report["summary"] = replaced(report["summary"], old, new)
        for each in model["reconciliations"].values():
            for side in (each["entries"], each["lines"]):
                if side["collection"] == collection and side["link"] == path and part == "references":
                    side["link"] = misspelt(path)

    return change


def retold(rule: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """Name the value in a description as its path now calls it."""
    if new not in rule.values() or "as" in rule or "link-mismatch" in rule:  # these give it another name
        return rule
    was, now = (f"{{{each.rpartition('.')[2]}}}" for each in (old, new))
    return {**rule, "description": rule["description"].replace(was, now)}


def replaced(node: Any, old: str, new: str) -> Any:
    if isinstance(node, dict):
        return {key: replaced(value, old, new) for key, value in node.items()}
    if isinstance(node, list):
        return [replaced(value, old, new) for value in node]
    return new if node == old else node


def within(model: Any, way: list[Any]) -> Any:
    for step in way:
        model = model[step]
    return model


def places() -> Iterator[tuple[str, Change]]:
    yield from places_of_collections()
    yield from places_of_reconciliations()
    for name, report in RIGHT["reports"].items():
        for at, rule in enumerate(report["checks"]):
            yield from places_of_rule(rule, ("reports", name, "checks", at))
            yield from places_of_groups(rule, ("reports", name, "checks", at))
        for part in ("total", "summary"):
            for figure, declared in report[part].items():
                yield from places_of_figure(declared, ("reports", name, part, figure), figure)


def places_of_collections() -> Iterator[tuple[str, Change]]:
    for name, declared in RIGHT["collections"].items():
        here = ("collections", name)
        for option in ("key", "dated"):
            if option in declared:
                yield f"{option} of {name}", value_of(*here, option)
        for part in ("references", "values"):
            for path in declared.get(part, {}):
                yield f"{part} {name}.{path}", link_everywhere(part, name, path)
        for at, path in enumerate(declared.get("personal", ())):
            yield f"personal {name}.{path}", value_of(*here, "personal", at)


def places_of_reconciliations() -> Iterator[tuple[str, Change]]:
    for name, declared in RIGHT["reconciliations"].items():
        for side, options in (("entries", ("period", "amount")), ("lines", ("date", "amount", "marked"))):
            for option in options:
                yield f"{option} of {name}", value_of("reconciliations", name, side, option)
            for path in declared[side].get("where", {}):
                yield f"where {path} of {name}", key_of("reconciliations", name, side, "where", path)


def places_of_rule(rule: Mapping[str, Any], here: tuple[Any, ...]) -> Iterator[tuple[str, Change]]:
    said = rule["finding"]
    for option in ("where", "unless", "having-where"):
        for path in rule.get(option, {}):
            yield f"{option} {path} of {said}", key_of(*here, option, path)
    for option in ("amount", "since"):
        if option in rule:
            yield f"{option} of {said}", value_of(*here, option)
    for option in ("show", "list"):
        for name in rule.get(option, {}):
            yield f"{option} {name} of {said}", value_of(*here, option, name)


def places_of_groups(rule: Mapping[str, Any], here: tuple[Any, ...]) -> Iterator[tuple[str, Change]]:
    said = rule["finding"]
    if "duplicate-value" in rule:

        def another(model: dict[str, Any]) -> None:
            table, at = within(model, [*here[:-1]]), here[-1]
            old = table[at]["duplicate-value"]
            table[at] = retold({**table[at], "duplicate-value": misspelt(old)}, old, misspelt(old))

        yield f"target of {said}", another
    if "latest" in rule:

        def change(model: dict[str, Any]) -> None:
            table = within(model, [*here])
            table["latest"] = [misspelt(path) for path in table["latest"]]

        yield f"latest of {said}", change


def places_of_figure(
    figure: Mapping[str, Any], here: tuple[Any, ...], name: str
) -> Iterator[tuple[str, Change]]:
    if "documents" in figure:
        for path in figure.get("where", {}):
            yield f"where {path} of figure {name}", key_of(*here, "where", path)
        if "by" in figure:
            yield f"by of figure {name}", value_of(*here, "by")
    if "through" in figure:
        yield f"sum of figure {name}", value_of(*here, "sum")


PLACES = dict(places())
"""Each place at which a path stands, and how it is misspelt."""


def model_with(*changes: Change) -> Model:
    changed = deepcopy(RIGHT)
    for change in changes:
        change(changed)
    text = io.StringIO()
    YAML(typ="safe", pure=True).dump(changed, text)
    return parse(text.getvalue(), KINDS, "delivery.yml")


def audit(seed: int, model: Model, history: Path) -> Report:
    return check(MemorySource(data(seed)), model=model, as_of=AS_OF, history=history)


@lru_cache(maxsize=8)
def data(seed: int) -> dict[str, list[dict[str, Any]]]:
    return world(seed, hostile=HOSTILE if seed % 2 else 0)


def twice(seed: int) -> bool:
    report = check(MemorySource(data(seed)), model=model_with(), as_of=AS_OF, reports=["billing"])
    return "DOUBLE_BILLING" in report["billing"].counts


def findings(report: Report) -> dict[tuple[str, str], str]:
    return {(s.name, f.fingerprint): f.type for s in report.sections for f in s.issues}


def doubted(report: Report) -> set[tuple[str, str]]:
    """Reports and types beside whose findings a reason or a note stands."""
    told: list[tuple[str, Outcome]] = [(s.name, o) for s in report.sections for o in s.outcomes]
    found = {(name, o.type) for name, o in told if o.reasons or o.notes}
    return found | {(name, "UNREADABLE_VALUE") for name, _ in found}


@pytest.mark.spread(4)
@pytest.mark.parametrize("place", PLACES)
def test_a_misspelt_path_is_said(place: str, tmp_path: Path) -> None:
    seed = list(PLACES).index(place) % 6
    history = tmp_path / "history.sqlite"
    right = audit(seed, model_with(), history)
    wrong = audit(seed, model_with(PLACES[place]), history)
    assert right.complete
    assert wrong.exit_code != 0
    assert wrong.not_evaluated
    beside = doubted(wrong)
    known = findings(right)
    for (report, mark), type_ in findings(wrong).items():
        assert (report, mark) in known or (report, type_) in beside, f"{type_} is new, without a word"
    assert wrong.changes is not None
    for gone in wrong.changes.gone:
        assert (gone.report, gone.type) in beside, f"{gone.type} is resolved, without a word"


def test_the_two_misspelt_fields_that_made_a_clean_business_of_a_bad_one(tmp_path: Path) -> None:
    """Double billings were RESOLVED and unbilled money grew, at exit 0."""
    history = tmp_path / "history.sqlite"
    billed_twice = (seed for seed in range(1, 40, 2) if twice(seed))
    seed = next(billed_twice)
    right = audit(seed, model_with(), history)
    fields = PLACES["period of monthly_billing"], PLACES["references billing_records.subscription_id"]
    wrong = audit(seed, model_with(*fields), history)
    assert wrong.exit_code == 3 or "DOUBLE_BILLING" not in wrong["billing"].counts
    assert wrong["billing"].counts.get("UNBILLED_PERIOD", 0) == 0
    assert wrong.headline.money_at_stake.get("unbilled", 0) <= right.headline.money_at_stake["unbilled"]
    assert wrong.changes is not None
    assert not [gone for gone in wrong.changes.gone if gone.report == "billing"]
