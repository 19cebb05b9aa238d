"""Conditions mean what a query of MongoDB means, with text in any letter case; a flag is never guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import product
from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intact.checks import sql
from intact.checks.base import condition_columns
from intact.core.paths import Path
from intact.engine import DuckEngine
from intact.model.specs import Condition, Literal
from intact.project import Column, Projector
from intact.project.pure import PureProjector
from tests.project.both import needs_native
from tests.support.effort import share
from tests.support.native import native_projector

Make = Callable[[Sequence[Column]], Projector]
PROJECTORS = [PureProjector, pytest.param(native_projector, marks=needs_native)]
ABSENT = object()
LITERALS: list[Literal] = [None, True, False, 5, Decimal("0.5"), "", "Paid", "straße", "$x"]
SCALARS: list[Any] = [
    ABSENT,
    None,
    True,
    False,
    5,
    5.0,
    0.5,
    6,
    "",
    "paid",
    "PAID ",
    "STRASSE",
    "$X",
    "true",
    "yes",
    1,
]

OTHERS: list[Any] = [5, None, [], [1], ["paid"], [[{"b": "paid"}]], [{}, {"b": []}], [{"b": []}]]
"""What stands at ``a`` where the path is ``a.b``."""


def seen(value: Any, names: list[str]) -> Iterator[Any]:
    """Give the values by which MongoDB 8 finds a document: it looks into arrays, not into arrays in arrays."""
    if isinstance(value, list):
        for item in value:
            if not names:
                yield item
            elif isinstance(item, dict):
                yield from seen(item, names)
    elif not names:
        yield value
    else:
        yield from seen(value.get(names[0], ABSENT) if isinstance(value, dict) else ABSENT, names[1:])


def flag_at(value: Any, names: list[str]) -> Any:
    """Give what stands at a path, or the array that stands on the way."""
    for name in names:
        if isinstance(value, list):
            return value
        value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def equals(value: Any, literal: Literal) -> bool:
    """Say whether a value is a literal that is no boolean."""
    if literal is None:
        return value is None or value is ABSENT
    if isinstance(literal, str):
        return isinstance(value, str) and value.casefold() == literal.casefold()
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and Decimal(value) == Decimal(literal)
    )


def holds(document: dict[str, Any], condition: Condition) -> bool | None:
    """Say whether a condition holds; None where a flag that is no boolean leaves it open."""
    names = list(condition.path.steps)
    flag = flag_at(document, names)
    others = [each for each in condition.allowed if not isinstance(each, bool)]
    found = [flag] if condition.asks_flag and isinstance(flag, list) else list(seen(document, names))
    texts = list(seen(document, names))
    plain = any(equals(value, each) for each in others for value in (found if each is None else texts))
    if not condition.asks_flag or plain:
        return plain
    if flag is None or flag is ABSENT:
        return False
    return flag in condition.allowed if isinstance(flag, bool) else None


def evaluated(make: Make, documents: list[dict[str, Any]], condition: Condition) -> list[bool | None]:
    """Evaluate a condition on documents with a projector and the engine."""
    columns = sorted(
        {column for _, column in condition_columns("c", (condition,))},
        key=lambda column: (column.path, column.role.value),
    )
    made = make(columns)
    batch = made.project(b"".join(bson.encode(document) for document in documents))
    with DuckEngine(64 * 2**20) as engine:
        engine.create("c", made.schema)
        engine.load("c", [batch.rows])
        query = f"SELECT {sql.holds((condition,))} FROM c ORDER BY _row"  # noqa: S608  # it is what is tested
        return [row[0] for row in engine.query(query)]  # type: ignore[misc]  # a truth value


def documents_of(shape: str, values: list[Any]) -> list[dict[str, Any]]:
    """Put values at ``a`` (the path ``a``) or at ``b`` of ``a`` (the path ``a.b``), in every shape of arrays."""
    at_b = [{} if value is ABSENT else {"b": value} for value in values]
    if shape == "a":
        plain = [{} if value is ABSENT else {"a": value} for value in values]
        present = [value for value in values if value is not ABSENT]
        pairs = [{"a": [one, other]} for one, other in product(present[:4], present)]
        return [
            *plain,
            *({"a": [value]} for value in present),
            *pairs,
            {"a": []},
            {"a": [[None, "paid", True, 5]]},
        ]
    return [
        *({"a": each} for each in at_b),
        *({"a": [each]} for each in at_b),
        *({"a": [1, each]} for each in at_b),
        *({"a": [{"b": [value]}]} for value in values if value is not ABSENT),
        *({"a": each} for each in OTHERS),
        {},
    ]


@pytest.mark.parametrize("make", PROJECTORS)
@pytest.mark.parametrize("shape", ["a", "a.b"])
@pytest.mark.parametrize(
    "allowed",
    [
        *((literal,) for literal in LITERALS),
        (False, None),
        (True, "yes"),
        ("Paid", None),
        (5, "Paid"),
        (True, 1),
    ],
    ids=str,
)
def test_a_condition_finds_what_a_query_finds(make: Make, shape: str, allowed: tuple[Literal, ...]) -> None:
    documents = documents_of(shape, SCALARS)
    condition = Condition(Path.parse(shape), allowed)
    found = evaluated(make, documents, condition)
    wrong = [
        (document, value, holds(document, condition))
        for document, value in zip(documents, found, strict=True)
        if value is not holds(document, condition)
    ]
    assert not wrong


SCALAR = st.sampled_from([each for each in SCALARS if each is not ABSENT])
ANY = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("make", PROJECTORS)
@settings(max_examples=share(25), deadline=None)
@given(
    documents=st.lists(st.dictionaries(st.sampled_from("abc"), ANY, max_size=3), min_size=1, max_size=40),
    allowed=st.lists(st.sampled_from(LITERALS), min_size=1, max_size=3, unique_by=repr),
    path=st.sampled_from(["a", "a.b", "a.b.c"]),
)
def test_a_condition_finds_what_a_query_finds_whatever_the_shape(
    make: Make, documents: list[dict[str, Any]], allowed: list[Literal], path: str
) -> None:
    condition = Condition(Path.parse(path), tuple(allowed))
    assert evaluated(make, documents, condition) == [holds(each, condition) for each in documents]
