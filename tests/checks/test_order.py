"""MongoDB's order of values, as its documentation has it, over canonical texts."""

from __future__ import annotations

import itertools
from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intact.core.order import order_key
from intact.core.paths import Path
from intact.project import Column, Role, projector
from tests.oracle.values import identity, order
from tests.support.bsons import values
from tests.support.effort import share
from tests.support.extended import document

ASCENDING = [
    ['{"$minKey": 1}'],
    ["null", '{"$undefined": true}'],
    ['{"$numberDouble": "NaN"}', '{"$numberDecimal": "NaN"}', '{"$numberDecimal": "-NaN"}'],
    ['{"$numberDouble": "-Infinity"}', '{"$numberDecimal": "-Infinity"}'],
    ['{"$numberDecimal": "-9.999999999999999999999999999999999E+6144"}'],
    ['{"$numberDouble": "-1e300"}'],
    ["-1", '{"$numberDouble": "-1"}', '{"$numberDecimal": "-1.000"}', '{"$numberLong": "-1"}'],
    ['{"$numberDecimal": "-1E-6176"}'],
    ["0", '{"$numberDouble": "-0.0"}', '{"$numberDecimal": "0E+10"}', '{"$numberDecimal": "-0"}'],
    ['{"$numberDouble": "5e-324"}'],
    ['{"$numberDecimal": "0.1"}'],
    ['{"$numberDouble": "0.1"}'],
    ["0.5", '{"$numberDecimal": "0.50"}'],
    ['{"$numberDouble": "9007199254740992"}', '{"$numberLong": "9007199254740992"}'],
    ['{"$numberLong": "9007199254740993"}', '{"$numberDecimal": "9007199254740993"}'],
    ['{"$numberDouble": "1.8446744073709552e19"}', '{"$numberDecimal": "18446744073709551616"}'],
    ['{"$numberDouble": "Infinity"}', '{"$numberDecimal": "Infinity"}'],
    ['""'],
    ['"$"'],
    ['"$a"', '{"$symbol": "$a"}'],
    ['"10"'],
    ['"2"'],
    ['"A"', '{"$symbol": "A"}'],
    ['"a"'],
    ['"a\\u0000"'],
    ['"aa"'],
    ['"\\u00e9"'],
    ['"\\uffff"'],
    ['"\\ud83d\\ude00"'],
    ["{}"],
    ['{"b": null}'],
    ['{"a": 1}', '{"a": {"$numberDouble": "1.0"}}'],
    ['{"a": 1, "b": 0}'],
    ['{"a": 2}'],
    ['{"b": 1}'],
    ['{"a": "0"}'],
    ['{"a": {}}'],
    ["[]"],
    ["[1]"],
    ["[1, 2]"],
    ["[2]"],
    ['["1"]'],
    ["[[]]"],
    ['{"$binary": {"base64": "", "subType": "80"}}'],
    ['{"$binary": {"base64": "AA==", "subType": "00"}}'],
    ['{"$binary": {"base64": "/w==", "subType": "00"}}'],
    ['{"$binary": {"base64": "AA==", "subType": "80"}}'],
    ['{"$binary": {"base64": "AAA=", "subType": "00"}}'],
    ['{"$oid": "000000000000000000000000"}'],
    ['{"$oid": "65a1b2c3d4e5f60718293a4b"}'],
    ["false"],
    ["true"],
    ['{"$date": {"$numberLong": "-9223372036854775808"}}'],
    ['{"$date": {"$numberLong": "-1"}}'],
    ['{"$date": "1970-01-01T00:00:00Z"}', '{"$date": {"$numberLong": "0"}}'],
    ['{"$date": "2026-01-01T00:00:00.001Z"}'],
    ['{"$date": {"$numberLong": "253402300800000"}}'],
    ['{"$timestamp": {"t": 1, "i": 4294967295}}'],
    ['{"$timestamp": {"t": 2, "i": 0}}'],
    ['{"$timestamp": {"t": 4294967295, "i": 0}}'],
    ['{"$regularExpression": {"pattern": "a", "options": ""}}'],
    ['{"$regularExpression": {"pattern": "a", "options": "i"}}'],
    ['{"$regularExpression": {"pattern": "b", "options": ""}}'],
    ['{"$dbPointer": {"$ref": "b", "$id": {"$oid": "56e1fc72e0c917e9c4714161"}}}'],
    ['{"$code": "a"}'],
    ['{"$code": "b"}'],
    ['{"$code": "a", "$scope": {}}'],
    ['{"$code": "a", "$scope": {"x": 1}}'],
    ['{"$maxKey": 1}'],
]
"""Values in MongoDB's order; those in one line are equal, or (null and undefined) sort as one."""

READER = projector([Column(Path(("v",)), Role.KEY)])


def canonical(raw: bytes) -> str | None:
    """Give the canonical text of the field ``v`` of a document."""
    text = READER.project(raw).rows.column("v@key")[0].as_py()
    assert text is None or isinstance(text, str)
    return text


def canonical_of(value: Any) -> str | None:
    return canonical(bson.encode({"v": value}))


KEYS = [[order_key(canonical(document(f'{{"v": {text}}}'))) for text in equal] for equal in ASCENDING]


def test_values_that_are_equal_sort_as_one() -> None:
    for line, keys in zip(ASCENDING, KEYS, strict=True):
        assert len(set(keys)) == 1, line


@pytest.mark.parametrize("at", range(len(ASCENDING)), ids=lambda at: ASCENDING[at][0])
def test_a_value_sorts_before_all_that_come_after_it(at: int) -> None:
    for later in KEYS[at + 1 :]:
        assert KEYS[at][0] < later[0]


def test_no_value_sorts_as_null() -> None:
    assert order_key(None) == order_key(canonical(document("{}"))) == KEYS[1][0]


@given(values, values)
def test_two_values_stand_as_the_oracle_puts_them(one: Any, other: Any) -> None:
    mine, theirs = order_key(canonical_of(one)), order_key(canonical_of(other))
    assert (mine < theirs) == (order(one) < order(other))
    assert (mine == theirs) == (identity(one) == identity(other))


@given(st.lists(values, min_size=3, max_size=3))
def test_the_order_is_total(three: list[Any]) -> None:
    keys = [order_key(canonical_of(value)) for value in three]
    for one, other in itertools.permutations(keys, 2):
        assert (one < other) + (other < one) + (one == other) == 1
    low, middle, high = sorted(keys)
    assert low <= middle <= high
    assert low <= high


@given(values, values)
@settings(max_examples=share(200))
def test_texts_are_equal_exactly_where_values_are(one: Any, other: Any) -> None:
    assert (canonical_of(one) == canonical_of(other)) == (identity(one) == identity(other))
