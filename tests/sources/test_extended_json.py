"""Extended JSON values: what each form becomes in BSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import bson
import pytest
from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.json_util import CANONICAL_JSON_OPTIONS, LEGACY_JSON_OPTIONS, RELAXED_JSON_OPTIONS, dumps
from hypothesis import given, settings
from hypothesis import strategies as st

from intact.sources.files.bson_head import LARGEST
from intact.sources.files.extended_json import Decoder, JsonError
from tests.sources.draining import read
from tests.sources.planting import encode, raw_document, write
from tests.support.effort import share

OID = ObjectId("0123456789abcdef01234567")
LONG_AGO = datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
UUID_BYTES = UUID("00112233-4455-6677-8899-aabbccddeeff").bytes
ALL_TYPES: dict[str, Any] = {
    "_id": OID,
    "text": 'a "quoted" ünïcödé \u2028 text\n',
    "int": 5,
    "long": 2**40,
    "double": 1.5,
    "whole_double": 3.0,
    "yes": True,
    "null": None,
    "date": MOMENT,
    "long_ago": LONG_AGO,
    "decimal": Decimal128("1.10"),
    "uuid_3": Binary(UUID_BYTES, 3),
    "uuid_4": Binary(UUID_BYTES, 4),
    "binary": Binary(b"\x00\xff", 0),
    "user_binary": Binary(b"\x00\xff", 0x80),
    "regex": Regex("^a", "ix"),
    "code": Code("f()"),
    "scoped": Code("f()", {"x": 1}),
    "timestamp": Timestamp(5, 6),
    "least": MinKey(),
    "greatest": MaxKey(),
    "dbref": {"$ref": "orders", "$id": OID, "$db": "shop"},
    "embedded": {"list": [1, {"a": [OID]}], "empty": {}, "none": []},
    "": "a field without a name",
    "a.b": 1,
    "$price": 2,
}


def decoded(text: str) -> Any:
    """The value of the field ``a``."""
    return bson.decode(Decoder().decode(text, 0)[0])["a"]


def data(text: str) -> bytes:
    return Decoder().decode(text, 0)[0]


def reason(text: str) -> str:
    with pytest.raises(JsonError) as caught:
        Decoder().decode(text, 0)
    return str(caught.value)


@pytest.mark.parametrize(
    "options", [CANONICAL_JSON_OPTIONS, RELAXED_JSON_OPTIONS], ids=["canonical", "relaxed"]
)
def test_the_same_documents_through_json_and_bson(tmp_path: Path, options: Any) -> None:
    documents = [ALL_TYPES, {"_id": 2}, {"_id": UUID_BYTES.hex()}]
    lines = "".join(dumps(document, json_options=options) + "\n" for document in documents)
    from_json = read(write(tmp_path / "orders.jsonl", lines.encode()))
    from_bson = read(write(tmp_path / "orders.bson", encode(documents)))
    assert not from_json.faults
    assert from_json.data("orders") == from_bson.data("orders")


def test_the_first_versions_forms(tmp_path: Path) -> None:
    document = {key: value for key, value in ALL_TYPES.items() if key not in {"decimal", "scoped"}}
    line = dumps(document, json_options=LEGACY_JSON_OPTIONS)
    assert read(write(tmp_path / "orders.json", line.encode())).data("orders") == bson.encode(document)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"$oid": "0123456789abcdef01234567"}', OID),
        ('{"$date": "2026-01-02T03:04:05.678Z"}', MOMENT),
        ('{"$date": "2026-01-02T03:04:05.678+0000"}', MOMENT),
        ('{"$date": "2026-01-02T03:04:05.678+00:00"}', MOMENT),
        ('{"$date": "2026-01-02T08:34:05.678+0530"}', MOMENT),
        ('{"$date": "2026-01-02T03:04:05.678"}', MOMENT),
        ('{"$date": "2026-01-02T03:04:05.678999Z"}', MOMENT),
        ('{"$date": 1767323045678}', MOMENT),
        ('{"$date": -1}', LONG_AGO),
        ('{"$date": {"$numberLong": "1767323045678"}}', MOMENT),
        ('{"$date": {"$numberLong": "-1"}}', LONG_AGO),
        ('{"$date": "1969-12-31T23:59:59.999Z"}', LONG_AGO),
        ('{"$numberLong": "5"}', Int64(5)),
        ('{"$numberLong": 5}', Int64(5)),
        ('{"$numberInt": "-5"}', -5),
        ('{"$numberDouble": "1"}', 1.0),
        ('{"$numberDouble": "-Infinity"}', float("-inf")),
        ('{"$numberDecimal": "1E+3"}', Decimal128("1E+3")),
        ('{"$binary": "AP8=", "$type": "00"}', b"\x00\xff"),
        ('{"$binary": "AP8=", "$type": "ffffff80"}', Binary(b"\x00\xff", 0x80)),
        ('{"$type": "80", "$binary": "AP8="}', Binary(b"\x00\xff", 0x80)),
        ('{"$type": 128, "$binary": "AP8="}', Binary(b"\x00\xff", 0x80)),
        ('{"$binary": {"base64": "AP8=", "subType": "5"}}', Binary(b"\x00\xff", 5)),
        ('{"$uuid": "00112233-4455-6677-8899-aabbccddeeff"}', Binary(UUID_BYTES, 4)),
        ('{"$regex": "^a", "$options": "i"}', Regex("^a", "i")),
        ('{"$regularExpression": {"pattern": "^a", "options": ""}}', Regex("^a")),
        ('{"$timestamp": {"t": 5, "i": 6}}', Timestamp(5, 6)),
        ('{"$minKey": 1}', MinKey()),
        ('{"$code": "f()"}', Code("f()")),
        ("5", 5),
        ("5.0", 5.0),
        ("5e0", 5.0),
        ("Infinity", float("inf")),
        ("-Infinity", float("-inf")),
        (str(2**31), 2**31),
        (str(-(2**63)), -(2**63)),
        ('{"$unknown": 1}', {"$unknown": 1}),
        ('{"plain": 1, "$oid": 2}', {"plain": 1, "$oid": 2}),
        ('{"$ref": "x", "$id": 1, "more": 2}', {"$ref": "x", "$id": 1, "more": 2}),
        ('{"$regex": {"a": 1}}', {"$regex": {"a": 1}}),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"zero \\u0000 byte"', "zero \0 byte"),
    ],
)
def test_each_form(text: str, value: Any) -> None:
    assert data(f'{{"a": {text}}}') == bson.encode({"a": value})


def test_numbers_keep_their_types() -> None:
    kinds = {"1": 0x10, "1.0": 0x01, "1e1": 0x01, str(2**31 - 1): 0x10, str(2**31): 0x12, "-0.0": 0x01}
    assert {text: data(f'{{"a": {text}}}')[4] for text in kinds} == kinds


def test_not_a_number() -> None:
    assert decoded('{"a": NaN}') != decoded('{"a": NaN}')
    assert decoded('{"a": {"$numberDouble": "NaN"}}') != 0


def test_dates_beyond_the_calendar() -> None:
    for millis in (2**62, -(2**62)):
        element = b"\x09a\0" + millis.to_bytes(8, "little", signed=True)
        assert data(f'{{"a": {{"$date": {{"$numberLong": "{millis}"}}}}}}') == raw_document(element)


class TestWhatPythonCannotBuild:
    def test_undefined(self) -> None:
        assert data('{"a": {"$undefined": true}, "b": 1}') == raw_document(b"\x06a\0", b"\x10b\0\x01\0\0\0")

    def test_symbol(self) -> None:
        assert data('{"a": {"$symbol": "x"}}') == raw_document(b"\x0ea\0\x02\0\0\0x\0")

    def test_db_pointer(self) -> None:
        text = '{"a": {"$dbPointer": {"$ref": "b", "$id": {"$oid": "0123456789abcdef01234567"}}}}'
        assert data(text) == raw_document(b"\x0ca\0\x02\0\0\0b\0" + OID.binary)

    def test_inside_arrays_and_objects(self) -> None:
        text = '{"a": [1, {"$undefined": true}, {"b": {"$symbol": "x"}, "c": 1.5}]}'
        inner = raw_document(b"\x0eb\0\x02\0\0\0x\0", bson.encode({"c": 1.5})[4:-1])
        array = raw_document(b"\x100\0\x01\0\0\0", b"\x061\0", b"\x032\0" + inner)
        assert data(text) == raw_document(b"\x04a\0" + array)

    def test_a_field_given_twice_is_kept_twice_the_first_one_first(self) -> None:
        text = '{"_id": 1, "a": 1, "b": {"c": "x", "c": "y"}, "a": 2}'
        elements = [
            bson.encode({"_id": 1})[4:-1],
            bson.encode({"a": 1})[4:-1],
            b"\x03b\0" + raw_document(bson.encode({"c": "x"})[4:-1], bson.encode({"c": "y"})[4:-1]),
            bson.encode({"a": 2})[4:-1],
        ]
        assert data(text) == raw_document(*elements)

    def test_a_wrapper_given_twice_is_its_first(self) -> None:
        assert decoded('{"a": {"$numberInt": "1", "$numberInt": "2"}}') == 1

    def test_one_document_does_not_change_how_the_next_is_read(self) -> None:
        decoder = Decoder()
        decoder.decode('{"a": {"$undefined": true}}', 0)
        assert decoder.decode('{"a": 1}', 0)[0] == bson.encode({"a": 1})

    @pytest.mark.parametrize("name", ['"a\\u0000b"', '"\\ud800"'])
    def test_names_that_cannot_be(self, name: str) -> None:
        assert "BSON cannot hold" in reason(f'{{{name}: {{"$undefined": true}}}}') or "UTF-8" in reason(
            f'{{{name}: {{"$undefined": true}}}}'
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1', "it is not JSON (Expecting ',' delimiter)"),
        ("{'a': 1}", "it is not JSON"),
        ('{"a": ObjectId("0123456789abcdef01234567")}', "it is not JSON (Expecting value)"),
        ('{"a": "line\nbreak"}', "it is not JSON (Invalid control character at)"),
        ("5", "it is a value, and not a document"),
        ("[]", "it is a value, and not a document"),
        ("null", "it is a value, and not a document"),
        ('{"$oid": "0123456789abcdef01234567"}', "it is a value, and not a document"),
        ('{"$undefined": true}', "it is a value, and not a document"),
        (f'{{"a": {2**63}}}', "it holds an integer of more than 64 bits"),
        (f'{{"a": {-(2**63) - 1}}}', "it holds an integer of more than 64 bits"),
        (f'{{"a": {{"$numberLong": "{2**63}"}}}}', "it holds an integer of more than 64 bits"),
        ('{"a": ' + "9" * 5000 + "}", "it holds what BSON cannot hold"),
        ('{"a": 1e400}', "it holds a number too large for a double"),
        ('{"a": [-1e400]}', "it holds a number too large for a double"),
        ('{"a": {"$numberDouble": "1e400"}}', "it holds a $numberDouble that is none"),
        ('{"a": {"$oid": "xyz"}}', "it holds a $oid that is none"),
        ('{"a": {"$oid": 5}}', "it holds a $oid that is none"),
        ('{"a": {"$oid": "0123456789abcdef01234567", "b": 1}}', "it holds a $oid that is none"),
        ('{"a": {"$date": "yesterday"}}', "it holds a $date that is none"),
        ('{"a": {"$date": null}}', "it holds a $date that is none"),
        ('{"a": {"$date": true}}', "it holds a $date that is none"),
        ('{"a": {"$date": 1.5}}', "it holds a $date that is none"),
        (f'{{"a": {{"$date": {2**64}}}}}', "it holds a $date that is none"),
        ('{"a": {"$numberLong": 1.5}}', "it holds a $numberLong that is none"),
        ('{"a": {"$numberLong": "1_0"}}', "it holds a $numberLong that is none"),
        ('{"a": {"$numberInt": true}}', "it holds a $numberInt that is none"),
        ('{"a": {"$numberDecimal": "abc"}}', "it holds a $numberDecimal that is none"),
        ('{"a": {"$binary": "!!", "$type": "00"}}', "it holds a $binary that is none"),
        ('{"a": {"$binary": {"base64": "AA=="}}}', "it holds a $binary that is none"),
        ('{"a": {"$binary": {"base64": "AA==", "subType": "zz"}}}', "it holds a $binary that is none"),
        ('{"a": {"$uuid": "x"}}', "it holds a $uuid that is none"),
        ('{"a": {"$timestamp": 5}}', "it holds a $timestamp that is none"),
        ('{"a": {"$timestamp": {"t": -1, "i": 0}}}', "it holds a $timestamp that is none"),
        ('{"a": {"$regularExpression": 5}}', "it holds a $regularExpression that is none"),
        ('{"a": {"$code": 5}}', "it holds a $code that is none"),
        ('{"a": {"$dbPointer": {"$ref": "a", "$id": 5}}}', "it holds a $dbPointer that is none"),
        ('{"a": {"$undefined": 1.5}}', "it holds a $undefined that is none"),
        ('{"a": {"$symbol": 5}}', "it holds a $symbol that is none"),
        ('{"a": "\\ud800"}', "it holds text that is not UTF-8"),
        ('{"a": "\udcff"}', "it holds text that is not UTF-8"),
        ('{"a\\u0000b": 1}', "it holds what BSON cannot hold"),
        ('{"a": ' + "[" * 20_000 + "]" * 20_000 + "}", "it is nested too deep"),
        ('{"a": ' * 20_000 + "1" + "}" * 20_000, "it is nested too deep"),
        (json.dumps({"a": "x" * LARGEST}), "it is larger than a document can be"),
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_document_says_why_and_quotes_nothing(text: str, expected: str) -> None:
    assert reason(text).startswith(expected)


NAMES = st.text(max_size=5).filter(lambda name: "\0" not in name and not name.startswith("$"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.just(float("nan"))
    | st.text()
    | st.binary(max_size=20)
    | st.builds(ObjectId, st.binary(min_size=12, max_size=12))
    | st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    )
    | st.builds(Int64, st.integers(-(2**63), 2**63 - 1)),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(NAMES, children, max_size=4),
    max_leaves=20,
)
NAMES = st.text(max_size=5).filter(lambda name: "\0" not in name and not name.startswith("$"))


@given(st.dictionaries(NAMES, VALUES, max_size=6))
@settings(max_examples=share(300))
def test_any_document_survives_canonical_json(document: dict[str, Any]) -> None:
    text = dumps(document, json_options=CANONICAL_JSON_OPTIONS)
    assert data(text) == bson.encode(document)


WRAPPERS = [
    *(
        "$oid",
        "$date",
        "$binary",
        "$type",
        "$uuid",
        "$numberInt",
        "$numberLong",
        "$numberDouble",
        "$numberDecimal",
    ),
    *("$undefined", "$symbol", "$dbPointer", "$ref", "$id", "$code", "$scope", "$regex", "$options"),
    *("$regularExpression", "$timestamp", "$minKey", "$maxKey", "base64", "subType", "t", "i", "pattern"),
]
JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(WRAPPERS), children, max_size=3)
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["a", "b", *WRAPPERS]), JSON_LIKE, max_size=4))
@settings(max_examples=share(500))
def test_any_json_gives_bson_or_a_reason(value: dict[str, Any]) -> None:
    try:
        result = data(json.dumps(value))
    except JsonError as error:
        assert str(error).startswith("it ")
    else:
        assert int.from_bytes(result[:4], "little") == len(result)


@given(st.text())
def test_any_text_gives_bson_or_a_reason(text: str) -> None:
    try:
        result, end = Decoder().decode(text, 0)
    except JsonError as error:
        assert str(error).startswith("it ")
    else:
        assert end <= len(text)
        assert result
