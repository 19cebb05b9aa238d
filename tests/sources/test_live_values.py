"""Values out of their canonical texts: what a query asks for is what the column held."""

from __future__ import annotations

import datetime as dt
from typing import Any

import bson
import pytest
from bson.code import Code
from bson.datetime_ms import DatetimeMS
from bson.max_key import MaxKey
from bson.min_key import MinKey
from hypothesis import given
from hypothesis import strategies as st

from intact.sources.mongodb.values import UnaskableError, value_of

# What each text says, by the rules at the top of intact.core.values and MongoDB's Extended JSON.
TEXTS: dict[str, Any] = {
    "": "",
    "plain": "plain",
    '$"$money"': "$money",
    "$5": 5,
    "$-5": -5,
    "$9007199254740993": bson.Int64(2**53 + 1),
    "$18446744073709551615": bson.Decimal128("18446744073709551615"),
    "$0.1": 0.1,
    "$1e+300": 1e300,
    '${"$numberDecimal":"0.1"}': bson.Decimal128("0.1"),
    '${"$numberDecimal":"1E+6000"}': bson.Decimal128("1E+6000"),
    '${"$numberDouble":"Infinity"}': float("inf"),
    '${"$numberDouble":"-Infinity"}': float("-inf"),
    "$true": True,
    "$false": False,
    "$null": None,
    '${"$oid":"0123456789abcdef01234567"}': bson.ObjectId("0123456789abcdef01234567"),
    '${"$date":"2026-01-02T03:04:05.678Z"}': DatetimeMS(1767323045678),
    '${"$date":"1970-01-01T00:00:00Z"}': DatetimeMS(0),
    '${"$date":{"$numberLong":"-1"}}': DatetimeMS(-1),
    '${"$timestamp":{"t":1,"i":2}}': bson.Timestamp(1, 2),
    '${"$binary":{"base64":"AP8=","subType":"05"}}': bson.Binary(b"\0\xff", 5),
    '${"$code":"x"}': Code("x"),
    '${"$code":"x","$scope":{"a":1}}': Code("x", {"a": 1}),
    '${"$minKey":1}': MinKey(),
    '${"$maxKey":1}': MaxKey(),
    '$[1,"a",[null]]': [1, "a", [None]],
    '${"b":1,"a":{"$oid":"0123456789abcdef01234567"}}': {
        "b": 1,
        "a": bson.ObjectId("0123456789abcdef01234567"),
    },
    '${"a":1,"$$b":2}': {"a": 1, "$b": 2},
    "${}": {},
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items())
def test_each_text_gives_its_value(text: str, value: object) -> None:
    found = value_of(text)
    assert found == value
    assert bson.encode({"": found})[:1]
    assert list(found) == list(value) if isinstance(value, dict) else True  # fields in order


def test_not_a_number_is_one() -> None:
    assert value_of('${"$numberDouble":"NaN"}') != value_of('${"$numberDouble":"NaN"}')


@pytest.mark.parametrize(
    "text",
    [
        '${"$undefined":true}',
        '${"$dbPointer":{"$ref":"a","$id":{"$oid":"0123456789abcdef01234567"}}}',
        '${"$invalidUtf8":"ff"}',
        '${"$tooDeep":"00"}',
        '${"$$a":1}',
        '${"a":1,"a":2}',
        '${"a":{"$undefined":true}}',
        '${"$regularExpression":{"pattern":"a","options":"zi"}}',
        "$[" * 5000 + "]" * 5000,
        "$…",
        "$1…",
    ],
)
def test_what_no_query_can_ask_for_is_said(text: str) -> None:
    with pytest.raises(UnaskableError):
        value_of(text)


WHOLE = st.integers(-(2**63), 2**63 - 1)
SCALARS = st.one_of(
    WHOLE,
    st.floats(allow_nan=False),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.binary(min_size=12, max_size=12).map(bson.ObjectId),
    st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 1, 1)),
    st.binary(max_size=5).map(lambda data: bson.Binary(data, 128)),
)


@given(SCALARS)
def test_the_text_of_a_value_gives_the_value_again(value: Any) -> None:
    from intact.project.canonical import canonical

    data = bson.encode({"": value})
    text = canonical(data[4], data, 6, len(data) - 1, lambda *_: None)
    if isinstance(value, dt.datetime):
        milliseconds = (value - dt.datetime(1970, 1, 1)) // dt.timedelta(milliseconds=1)
        assert value_of(text) == DatetimeMS(milliseconds)
    else:
        assert value_of(text) == value
