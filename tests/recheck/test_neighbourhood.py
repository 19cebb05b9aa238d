"""With the documents alone that decide about a finding, the check finds the same finding.

If one of these documents were forgotten, looking again would give a false verdict. ``INTACT_SEEDS=200`` compares all
findings of as many random businesses.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

import bson
import pytest

from intact.audit.evaluate import needs
from intact.audit.gathering import gather
from intact.audit.recheck.candidates import Candidate, Want, key
from intact.audit.recheck.excerpt import excerpt
from intact.audit.recheck.neighbourhood import NeighbourhoodLookup, State
from intact.audit.recheck.tasks import tasks
from intact.checks import CHECKS, KINDS
from intact.checks.base import Draft
from intact.checks.context import Context, Read
from intact.checks.references import FIELDS
from intact.engine import DuckEngine
from intact.model import parse
from intact.model.specs import Model
from intact.project import projector
from intact.sources.base import LookUp
from tests.checks import test_item_currencies as item_currencies
from tests.oracle.worlds import AS_OF, world
from tests.recheck.changing import holds
from tests.support.cases import DEFAULT_AS_OF, load_cases
from tests.support.small import MODEL

OF_THE_SCAN = ("near_match", "elsewhere", "prevailing", *FIELDS)
"""Fields that decide nothing, and stay as the scan has found them: for these all would have to be read again."""
CASES = FilePath(__file__).parents[1] / "checks" / "cases"
SEEDS = int(os.environ.get("INTACT_SEEDS", "0"))
HOSTILE = (0.05, 0.15, 0.3, 0.6)
Data = Mapping[str, Sequence[bytes]]


def context(engine: DuckEngine, model: Model, data: Data, as_of: int) -> Context:
    """Load documents into an engine."""
    columns = needs(model, model.reports.values())
    for name, each in columns.items():
        made = projector(sorted(each, key=lambda column: (column.path, column.role.value)))
        engine.create(name, made.schema)
        engine.load(name, [made.project(b"".join(data.get(name, ()))).rows])
    read = {name: Read(name in data, name in data, "absent") for name in columns}
    return Context(engine, model, as_of, read)


def like(found: Draft, ids: Sequence[str | None]) -> dict[str, Any]:
    """What makes a draft, but for what decides nothing and needs all documents, and for the numbers of rows."""
    fields = {name: value for name, value in found.fields.items() if name not in OF_THE_SCAN}
    return {
        "key": key(found),
        "fields": fields,
        "amount": found.amount,
        "ids": sorted(map(str, ids)),
        "cause": found.cause,
        "when": found.when,
    }


class Comparison:
    """Finds every n-th finding of some documents again, with its neighbourhood alone.

    Attributes:
        wrong: What is not found again as it was.
        compared: How many findings there were, by check, and of values that cannot be read.
    """

    def __init__(self, model: Model, data: Data, as_of: int, every: int = 1) -> None:
        self.wrong: list[str] = []
        self.compared: Counter[str] = Counter()
        self._model, self._data, self._as_of = model, data, as_of
        with DuckEngine(10**9) as engine:
            scan = context(engine, model, data, as_of)
            self._scanned = scan.presence
            gathered = [gather(report, scan, hold=True) for report in model.reports.values()]
            around = NeighbourhoodLookup(engine, model)
            for number, (_, task) in enumerate(tasks(gathered, model)):
                candidates = [Candidate(task, at, draft) for at, draft in enumerate(task.drafts)]
                some = candidates[number % every :: every]
                for candidate, ids in zip(some, around.ids([c.draft for c in some]), strict=True):
                    candidate.name(ids)
                wanted = around.wants(some)
                self._compare_excerpt(engine, some, wanted, around.states(some, wanted))
                for candidate, wants in zip(some, wanted, strict=True):
                    if not candidate.unsure:
                        self._compare(candidate, wants)

    def _compare_excerpt(
        self,
        scan: DuckEngine,
        some: Sequence[Candidate],
        wants: Sequence[tuple[Want, ...]],
        states: Sequence[State],
    ) -> None:
        """An excerpt of the scan says the same of what decides as all of it."""
        with DuckEngine(10**8) as engine:
            excerpt(scan, self._model, some, needs(self._model, self._model.reports.values()), into=engine)
            around = NeighbourhoodLookup(engine, self._model)
            if around.wants(some) != list(wants):
                self.wrong.append(f"{[each.draft for each in some]} has other wants in an excerpt")
            elif around.states(some, wants) != list(states):
                self.wrong.append(f"{[each.draft for each in some]} has other states in an excerpt")

    def _compare(self, candidate: Candidate, wants: Sequence[Want]) -> None:
        near: dict[str, list[bytes]] = {name: [] for name in self._data}
        for name, documents in self._data.items():
            lookups = [
                LookUp(name, path, (value,)) for collection, path, value in wants if collection == name
            ]
            near[name] = [each for each in documents if any(holds(each, lookup) for lookup in lookups)]
        with DuckEngine(10**8) as engine:
            look = replace(
                context(engine, self._model, near, self._as_of), excerpt=True, scanned=self._scanned
            )
            found = {key(draft): draft for draft in candidate.task.find(look)}
            again = found.get(key(candidate.draft))
            ids = NeighbourhoodLookup(engine, self._model).ids([again])[0] if again else ()
        expected = like(candidate.draft, candidate.ids)
        if again is None or like(again, ids) != expected:
            self.wrong.append(f"{expected} becomes {again} with {wants}")
        kind = candidate.task.name.split()[0]
        self.compared[f"{kind} unreadable" if candidate.draft.unreadable else kind] += 1


@pytest.mark.spread(2)
@pytest.mark.parametrize("seed", range(SEEDS or 12))
def test_a_finding_of_a_random_business_is_found_again_with_what_decides_about_it(seed: int) -> None:
    data = world(seed, hostile=HOSTILE[seed % len(HOSTILE)])
    encoded = {name: [bson.encode(each) for each in documents] for name, documents in data.items()}
    assert Comparison(MODEL, encoded, moment(AS_OF), every=1 if SEEDS else 6).wrong == []


@pytest.mark.spread(4)
@pytest.mark.parametrize("name", [check.__name__.rpartition(".")[2] for check in CHECKS])
def test_a_finding_of_a_case_of_a_check_is_found_again_with_what_decides_about_it(name: str) -> None:
    compared: Counter[str] = Counter()
    for case in load_cases(CASES / f"{name}.yml"):
        as_of = moment(datetime.fromisoformat(case.given.get("as_of", DEFAULT_AS_OF)))
        done = Comparison(parse(case.model, KINDS, f"{name}.yml"), case.data, as_of)
        assert done.wrong == [], case.that
        compared += done.compared
    assert compared[name.replace("_", "-")], "nothing was compared"


@pytest.mark.spread(1)
@pytest.mark.parametrize("seed", range(3))
def test_a_finding_in_one_currency_of_several_is_found_again_with_what_decides_about_it(seed: int) -> None:
    data = item_currencies.random_shop(f"again {seed}")
    for bill in data["bills"][::3]:
        bill["sub"] = "gone"
    encoded = {name: [bson.encode(each) for each in documents] for name, documents in data.items()}
    done = Comparison(parse(item_currencies.MODEL, KINDS, "shop.yml"), encoded, moment(AS_OF))
    assert done.wrong == []
    assert done.compared["unmatched-link"]


def test_a_finding_is_torn_by_a_document_of_its_own_collection_and_by_no_other_of_the_same_id() -> None:
    data = world(3, hostile=0.3)
    numbered = {
        name: [{**each, "_id": at} for at, each in enumerate(documents)] for name, documents in data.items()
    }
    encoded = {name: [bson.encode(each) for each in documents] for name, documents in numbered.items()}
    torn = {"orders": {f"${at}" for at in range(0, len(data["orders"]), 3)}}
    told: Counter[bool] = Counter()
    with DuckEngine(10**9) as engine:
        scan = context(engine, MODEL, encoded, moment(AS_OF))
        around = NeighbourhoodLookup(engine, MODEL)
        for _, task in tasks([gather(report, scan, hold=True) for report in MODEL.reports.values()], MODEL):
            some = [Candidate(task, at, draft) for at, draft in enumerate(task.drafts)]
            for candidate, ids in zip(some, around.ids([each.draft for each in some]), strict=True):
                candidate.name(ids)
            wanted = around.wants(some)
            for wants, state in zip(wanted, around.states(some, wanted, torn), strict=True):
                lookups = [LookUp(name, path, (value,)) for name, path, value in wants if name == "orders"]
                near = {
                    at
                    for at, each in enumerate(encoded["orders"])
                    if any(holds(each, lookup) for lookup in lookups)
                }
                assert state.torn == any(at % 3 == 0 for at in near)
                told[state.torn] += 1
    assert min(told[True], told[False]) > 5, "no finding of both kinds"


def moment(at: datetime) -> int:
    """Milliseconds since 1970."""
    return int(at.timestamp() * 1000)
