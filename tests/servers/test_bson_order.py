"""The order of values by which the snapshot server sorts and compares, against MongoDB's documentation."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from typing import Any

import bson
import pytest
from bson.code import Code
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.regex import Regex

from tests.servers.bson_order import key
from tests.servers.matching import matches, predicate

# Re-expressed from the page "Comparison/Sort Order" of MongoDB's manual: each line is equal within, and smaller
# than every line below it.
ASCENDING: list[list[Any]] = [
    [MinKey()],
    [None],
    [float("nan"), bson.Decimal128("NaN")],
    [float("-inf"), bson.Decimal128("-Infinity")],
    [bson.Int64(-(2**63))],
    [-1, -1.0, bson.Decimal128("-1.00")],
    [0, -0.0, bson.Int64(0), bson.Decimal128("0E-5")],
    [bson.Decimal128("0.1")],
    [0.1],  # a double is a little more than a tenth
    [5, 5.0, bson.Int64(5), bson.Decimal128("5.00")],
    [float(2**53), 2**53],
    [bson.Int64(2**53 + 1)],
    [bson.Decimal128("1E+6000")],
    [float("inf")],
    [""],
    ["A"],
    ["AA"],
    ["a"],
    ["\u00e9"],
    ["\uff5e"],
    ["\U0001f600"],  # by its bytes in UTF-8, not by the halves of UTF-16
    [{}],
    [{"b": 1}],
    [{"b": 1, "a": 0}],
    [{"c": 0}],
    [{"a": "text"}],  # the type of the value comes before the name
    [[]],
    [[1]],
    [[1, 1]],
    [[2]],
    [b"zz"],
    [bson.Binary(b"zz", 5)],
    [b"aaa"],  # longer
    [bson.Binary(bytes(16), 3)],
    [uuid.UUID(int=0), bson.Binary(bytes(16), 4)],
    [bson.ObjectId("00" * 12)],
    [bson.ObjectId("ff" * 12)],
    [False],
    [True],
    [dt.datetime(1969, 1, 1)],
    [dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)],
    [bson.Timestamp(1, 2)],
    [bson.Timestamp(2, 1)],
    [Regex("a")],
    [Regex("a", "i")],
    [Code("a")],
    [Code("a", {"b": 1})],
    [MaxKey()],
]


def test_values_stand_in_the_order_of_the_manual() -> None:
    for line, later in itertools.combinations(ASCENDING, 2):
        for one, other in itertools.product(line, later):
            assert key(one) < key(other), (one, other)


def test_equal_values_have_equal_keys_and_hashes() -> None:
    for line in ASCENDING:
        assert len({key(each) for each in line}) == 1, line


@pytest.mark.parametrize("operator", ["$gt", "$gte", "$lt", "$lte"])
def test_plain_operators_see_values_of_one_type(operator: str) -> None:
    for line, other in itertools.combinations(ASCENDING, 2):
        one, limit = line[0], other[0]
        if isinstance(limit, MaxKey) or isinstance(one, MinKey):
            continue
        if key(one)[0] != key(limit)[0] and not isinstance(one, list):
            assert not matches({"_id": one}, {"_id": {operator: limit}}), (one, limit)


def test_expressions_see_values_of_all_types() -> None:
    for line, other in itertools.combinations(ASCENDING, 2):
        wanted = {"$expr": {"$and": [{"$lt": ["$_id", {"$literal": other[0]}]}]}}
        assert matches({"_id": line[0]}, wanted), (line, other)
        assert not matches({"_id": other[0]}, {"$expr": {"$lt": ["$_id", {"$literal": line[0]}]}})
        assert matches({"_id": other[0]}, {"$expr": {"$gte": ["$_id", {"$literal": other[-1]}]}})


# Re-expressed from the manual's pages on querying null, arrays and $in.
@pytest.mark.parametrize(
    ("document", "wanted", "found"),
    [
        ({}, {"a": None}, True),
        ({"a": None}, {"a": None}, True),
        ({"a": [1, None]}, {"a": None}, True),
        ({"a": []}, {"a": None}, False),
        ({"a": ""}, {"a": None}, False),
        ({"a": [1, 2]}, {"a": 2.0}, True),
        ({"a": [1, 2]}, {"a": [1, 2]}, True),
        ({"a": [[1, 2]]}, {"a": [1, 2]}, True),
        ({"a": [[1, 2]]}, {"a": 1}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": "5"}, {"a": 5}, False),
        ({"a": bson.ObjectId("00" * 12)}, {"a": "00" * 12}, False),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}, False),
        ({"a": [{"b": 1}, {"b": 2}, 7, {}]}, {"a.b": 2}, True),
        ({"a": [{"b": [3]}]}, {"a.b": {"$in": [3]}}, True),
        ({"a": "abc"}, {"a": {"$in": [Regex("b")]}}, True),
        ({"a": "abc"}, {"a": {"$eq": Regex("b")}}, False),
        ({"a": Regex("b")}, {"a": {"$eq": Regex("b")}}, True),
        ({"a": 5}, {"a": {"$gt": float("nan")}}, False),
        ({"a": float("nan")}, {"a": {"$lt": 5}}, False),
        ({"a": float("nan")}, {"a": {"$gte": bson.Decimal128("NaN")}}, True),
        ({"a": 1}, {"a": {"$nin": [2]}}, True),
        ({}, {"a": {"$nin": [2]}}, True),
        ({"a": 1}, {"$and": [{"a": 1}, {"$or": [{"a": 2}, {"b": None}]}]}, True),
        ({}, {"$expr": {"$lt": ["$a", None]}}, True),  # what is not there is smaller than null
        ({"a": 1}, {"$expr": {"$eq": ["$a", {"$literal": "$a"}]}}, False),
    ],
)
def test_filters_find_what_the_manual_says(
    document: dict[str, Any], wanted: dict[str, Any], found: bool
) -> None:
    assert matches(document, wanted) is found
    assert predicate(wanted)(document) is found
