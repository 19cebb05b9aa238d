"""The encoder of test documents, held against PyMongo where PyMongo can say it."""

from __future__ import annotations

import bson
import pytest
from bson import json_util

from tests.support.extended import document, documents

CANONICAL = [
    '{"a": "text"}',
    '{"a": {"$numberInt": "5"}, "b": {"$numberLong": "5"}, "c": {"$numberDouble": "5.0"}}',
    '{"a": {"$numberDecimal": "5.00"}, "b": {"$oid": "65a1b2c3d4e5f60718293a4b"}}',
    '{"a": {"$date": {"$numberLong": "1767225600000"}}, "b": {"$date": "2026-01-01T00:00:00Z"}}',
    '{"a": {"$binary": {"base64": "AAEC", "subType": "80"}}, "b": {"$timestamp": {"t": 5, "i": 1}}}',
    '{"a": {"$regularExpression": {"pattern": "^a", "options": "i"}}, "b": {"$minKey": 1}, "c": {"$maxKey": 1}}',
    '{"a": {"$code": "f()"}, "b": {"$code": "f()", "$scope": {"x": {"$numberInt": "1"}}}}',
    '{"a": [1, [null], {"b": true}], "c": {}, "d": {"e": []}}',
]


@pytest.mark.parametrize("text", CANONICAL)
def test_what_pymongo_can_say_is_encoded_the_same(text: str) -> None:
    options = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=False)
    assert document(text) == bson.encode(json_util.loads(text, json_options=options))


def test_a_symbol_undefined_a_pointer_and_a_field_twice_are_encoded_by_their_tags() -> None:
    assert document('{"a": {"$symbol": "x"}}') == b"\x0e\0\0\0\x0ea\0\x02\0\0\0x\0\0"
    assert document('{"a": {"$undefined": true}}') == b"\x08\0\0\0\x06a\0\0"
    pointer = '{"$dbPointer": {"$ref": "b", "$id": {"$oid": "56e1fc72e0c917e9c4714161"}}}'
    raw = b"\x0ca\0\x02\0\0\0b\0" + bytes.fromhex("56e1fc72e0c917e9c4714161")
    assert document(f'{{"a": {pointer}}}') == b"\x1a\0\0\0" + raw + b"\0"
    assert document('{"a": 1, "a": 2}') == b"\x13\0\0\0\x10a\0\x01\0\0\0\x10a\0\x02\0\0\0\0"


def test_a_whole_number_is_an_int_where_it_fits() -> None:
    assert document('{"a": 2147483647}')[4] == 0x10
    assert document('{"a": 2147483648}')[4] == 0x12
    assert document('{"a": 1e3}')[4] == 0x01


def test_documents_stand_one_a_line() -> None:
    assert len(documents('{"_id": 1}\n\n# a remark\n  {"_id": 2}\n')) == 2
