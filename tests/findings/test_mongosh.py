"""Ids and values in prose are as mongosh writes them, so that they can be pasted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.core import mongosh
from intact.core.values import JsonValue
from tests.support import shell

OID = "65a000000000000000000001"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"$oid": OID}, f'ObjectId("{OID}")'),
        (
            {"$binary": {"base64": "ABEiM0RVZneImaq7zN3u/w==", "subType": "04"}},
            'UUID("00112233-4455-6677-8899-aabbccddeeff")',
        ),
        (
            {"$binary": {"base64": "ABEiM0RVZneImaq7zN3u/w==", "subType": "03"}},
            'Binary.createFromBase64("ABEiM0RVZneImaq7zN3u/w==", 3)',
        ),
        ({"$binary": {"base64": "AAEC", "subType": "80"}}, 'Binary.createFromBase64("AAEC", 128)'),
        ({"$binary": {"base64": "AAEC", "subType": "04"}}, 'Binary.createFromBase64("AAEC", 4)'),
        ({"$date": "2026-01-31T10:20:30.5Z"}, 'ISODate("2026-01-31T10:20:30.5Z")'),
        ({"$date": {"$numberLong": "-62135596800001"}}, "new Date(-62135596800001)"),
        ({"$timestamp": {"t": 1, "i": 2}}, "Timestamp({t: 1, i: 2})"),
        ({"$numberDecimal": "0.1"}, 'NumberDecimal("0.1")'),
        ({"$numberDouble": "NaN"}, "NaN"),
        ({"$numberDouble": "-Infinity"}, "-Infinity"),
        (5, "5"),
        (2**53, "9007199254740992"),
        (-(2**53) - 1, 'NumberLong("-9007199254740993")'),
        (2**63, "9223372036854775808"),
        (2**63 + 1, 'NumberDecimal("9223372036854775809")'),
        (0.5, "0.5"),
        (Decimal("12.50"), "12.50"),
        (True, "true"),
        (None, "null"),
        ("o-1", '"o-1"'),
        ('a "b"', "'a \"b\"'"),
        ('it\'s "b"', '"it\'s \\"b\\""'),
        ("a\nb\u2028\\", '"a\\nb\\u2028\\\\"'),
        ("অ😀", '"অ😀"'),
        ("a\u202eb", '"a\\u202eb"'),
        ([1, "a", [{"$oid": OID}]], f'[1, "a", [ObjectId("{OID}")]]'),
        ({"tenant": 1, "no": {"$oid": OID}}, f'{{tenant: 1, no: ObjectId("{OID}")}}'),
        ({"b c": 1, "__proto__": 2, "": 3}, '{"b c": 1, ["__proto__"]: 2, "": 3}'),
        ({"$regularExpression": {"pattern": "a/b", "options": "ix"}}, 'BSONRegExp("a/b", "ix")'),
        ({"$code": "f()"}, 'Code("f()")'),
        ({"$code": "f()", "$scope": {"a": 1}}, 'Code("f()", {a: 1})'),
        ({"$minKey": 1}, "MinKey()"),
        ({"$maxKey": 1}, "MaxKey()"),
        ({"$ref": "users", "$id": {"$oid": OID}}, f'{{$ref: "users", $id: ObjectId("{OID}")}}'),
    ],
)
def test_a_value_is_written_as_the_shell_reads_it(value: JsonValue, written: str) -> None:
    assert mongosh.literal(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"$oid": 'x"); db.dropDatabase(); ("'}, "{$oid: 'x\"); db.dropDatabase(); (\"'}"),
        ({"$date": "now"}, '{$date: "now"}'),
        ({"$binary": {"base64": "!", "subType": "00"}}, '{$binary: {base64: "!", subType: "00"}}'),
        ({"$numberDecimal": "1 - db.x.drop()"}, '{$numberDecimal: "1 - db.x.drop()"}'),
        ({"$timestamp": {"t": "1", "i": 2}}, '{$timestamp: {t: "1", i: 2}}'),
        ({"$oid": OID, "more": 1}, f'{{$oid: "{OID}", more: 1}}'),
    ],
)
def test_a_document_that_only_looks_like_another_type_stays_a_document(
    value: JsonValue, written: str
) -> None:
    assert mongosh.literal(value) == written


json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**66), 2**66),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters()),
        st.just({"$oid": OID}),
        st.integers(-(2**63), 2**63 - 1).map(lambda ms: {"$date": {"$numberLong": str(ms)}}),
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(st.characters()), inner)),
    max_leaves=12,
)


@given(json_values)
def test_whatever_a_value_holds_it_is_one_literal_in_one_visible_line_that_reads_as_the_value(
    value: Any,
) -> None:
    written = mongosh.literal(value)
    assert written.isprintable()
    assert comparable(shell.read(written)) == comparable(value)


def comparable(value: Any) -> Any:
    """Give a value so that equal ones compare equal, numbers by their value."""
    if isinstance(value, bool) or value is None:
        return ("constant", value)
    if isinstance(value, int | float | Decimal):
        return ("number", Decimal(repr(value) if isinstance(value, float) else value))
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if isinstance(value, dict):
        digits = value.get("$numberDecimal")
        if isinstance(digits, str) and list(value) == ["$numberDecimal"] and digits.lstrip("-").isdigit():
            return ("number", Decimal(digits))
        return [(name, comparable(each)) for name, each in value.items()]
    return value
