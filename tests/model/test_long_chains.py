"""A chain of ten thousand collections, each referring to the next, is no deeper than a chain of two."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.audit.ingest import reading_levels, reading_order
from intact.checks import KINDS
from intact.findings import Report
from intact.model import parse
from intact.model.specs import Model
from tests.support.small_model import audit


def model_of(references: dict[str, list[str]]) -> Model:
    """Make a model whose collections refer as given."""
    check = {"missing-key": next(iter(references)), "finding": "F", "severity": "low", "description": "It."}
    given_: dict[str, Any] = {
        "intact": 1,
        "name": "chain",
        "title": "Chain",
        "collections": {
            name: {"key": "id", "references": {f"r{at}": to for at, to in enumerate(targets)}}
            for name, targets in references.items()
        },
        "reports": {
            "all": {
                "title": "All",
                "cadence": "daily",
                "document": "ALL",
                "checks": [check],
                "total": {"total": {"count": "all"}},
            }
        },
    }
    return parse(json.dumps(given_), KINDS)


@pytest.mark.parametrize("closed", [False, True], ids=["open", "in a circle"])
@pytest.mark.parametrize("shuffled", [False, True], ids=["declared in order", "declared in any order"])
def test_a_chain_of_ten_thousand_collections_has_an_order(*, closed: bool, shuffled: bool) -> None:
    count = 10_000
    names = [f"c{at}" for at in range(count)]
    references = {name: [names[at + 1]] for at, name in enumerate(names[:-1])}
    references[names[-1]] = [names[0]] if closed else []
    if shuffled:
        drawn = list(names)
        random.Random(1).shuffle(drawn)
        references = {name: references[name] for name in drawn}
    model = _unparsed(references)
    order = reading_order(model, names)
    assert sorted(order) == sorted(names)
    place = {name: at for at, name in enumerate(order)}
    later = sum(place[name] < place[to] for name, targets in references.items() for to in targets)
    assert later == count - 1  # of a circle, one reference has to lead back
    assert [len(level) for level in reading_levels(model, names)] == [1] * count


def _unparsed(references: dict[str, list[str]]) -> Model:
    """Make the model of a few collections, and put many in their place: reading YAML of thousands takes seconds."""
    first, second = itertools.islice(references, 2)
    made = model_of({first: [second], second: [first]})
    path = next(iter(made.collections[first].references))
    every = {
        name: replace(
            made.collections[first], name=name, references=dict.fromkeys([path] * len(targets), *targets)
        )
        for name, targets in references.items()
    }
    return replace(made, collections=every)


GRAPHS = st.integers(1, 7).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, size - 1), max_size=4, unique=True), min_size=size, max_size=size
    )
)


@given(GRAPHS, st.data())
def test_any_references_give_the_order_that_a_walk_of_them_gives(graph: list[list[int]], data: Any) -> None:
    """The walk is written down as a recursion here, from the words: what others refer to comes last."""
    references = {f"c{at}": [f"c{to}" for to in targets] for at, targets in enumerate(graph)}
    model = model_of(references)
    wanted = data.draw(st.lists(st.sampled_from(list(references)), unique=True))
    seen: list[str] = []
    done: list[str] = []

    def visit(name: str) -> None:
        if name not in seen:
            seen.append(name)
            for to in references[name]:
                visit(to)
            done.append(name)

    for name in references:
        visit(name)
    order = [name for name in reversed(done) if name in wanted]
    assert reading_order(model, wanted) == order
    levels = reading_levels(model, wanted)
    assert sorted(itertools.chain(*levels)) == sorted(wanted)
    number = {name: at for at, level in enumerate(levels) for name in level}
    for name in wanted:
        above = [number[each] for each in order[: order.index(name)] if name in references[each]]
        assert number[name] == max(above, default=-1) + 1


def test_a_chain_of_a_hundred_collections_is_audited_to_its_end() -> None:
    count = 100
    report: Report = audit(
        {f"c{at}": [{"_id": 1, "next": 1}, {"_id": 2, "next": 2 if at != 50 else 3}] for at in range(count)},
        {
            f"c{at}": {"key": "_id", "named": f"id{at}", "references": {"next": f"c{min(at + 1, count - 1)}"}}
            for at in range(count)
        },
        [{"dangling-reference": f"c{at}.next"} for at in range(count)],
    )
    assert [each.fields["next"] for section in report.sections for each in section.issues] == [3]
