"""Extended JSON to BSON, exactly: every type of BSON, whole numbers as int or long, fields that are given twice.

Written for tests from the Extended JSON specification, since `bson.json_util` loses what PyMongo has no class for
(symbol, undefined) and what a dictionary cannot hold (a field twice). A bare number is an int where it fits, else
a long; one with a point or an exponent is a double.
"""

from __future__ import annotations

import base64
import json
import uuid
from datetime import datetime
from typing import Any

import bson
from bson.binary import Binary
from bson.code import Code
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp


class Pairs(list[tuple[str, Any]]):
    """The fields of a JSON object, in order, repeated ones too."""


def documents(lines: str) -> list[bytes]:
    """Encode documents, one a line; blank lines and those that begin with # are passed over."""
    found = (line.strip() for line in lines.splitlines())
    return [document(line) for line in found if line and not line.startswith("#")]


def document(text: str) -> bytes:
    """Encode one document."""
    return _embedded(json.loads(text, object_pairs_hook=Pairs))


def _embedded(fields: Pairs) -> bytes:
    content = b"".join(_element(name, value) for name, value in fields)
    return (len(content) + 5).to_bytes(4, "little") + content + b"\0"


def _element(name: str, value: Any) -> bytes:
    if isinstance(value, Pairs):
        if value and value[0][0].startswith("$"):
            return _wrapped(name, dict(value))
        return _tagged(0x03, name, _embedded(value))
    if isinstance(value, list):
        return _tagged(0x04, name, _embedded(Pairs((str(at), each) for at, each in enumerate(value))))
    return _usual(name, value)


def _tagged(tag: int, name: str, content: bytes) -> bytes:
    return bytes([tag]) + name.encode() + b"\0" + content


def _usual(name: str, value: Any) -> bytes:
    """Encode a value that PyMongo encodes as it is meant."""
    return bson.encode({name: value})[4:-1]


def _string(text: str) -> bytes:
    raw = text.encode() + b"\0"
    return len(raw).to_bytes(4, "little") + raw


def _wrapped(name: str, value: dict[str, Any]) -> bytes:  # noqa: C901, PLR0912 - one return a type
    """Encode a value that JSON has no type for."""
    match next(iter(value)), next(iter(value.values())):
        case "$symbol", text:
            return _tagged(0x0E, name, _string(text))
        case "$undefined", _:
            return _tagged(0x06, name, b"")
        case "$dbPointer", inside:
            place = dict(inside)
            return _tagged(0x0C, name, _string(place["$ref"]) + bytes.fromhex(dict(place["$id"])["$oid"]))
        case "$oid", text:
            return _usual(name, ObjectId(text))
        case "$numberInt", text:
            return _usual(name, int(text))
        case "$numberLong", text:
            return _usual(name, Int64(text))
        case "$numberDouble", text:
            return _usual(name, float(text))
        case "$numberDecimal", text:
            return _usual(name, Decimal128(text))
        case "$uuid", text:
            return _usual(name, Binary(uuid.UUID(text).bytes, 4))
        case "$binary", inside:
            parts = dict(inside)
            return _usual(name, Binary(base64.b64decode(parts["base64"]), int(parts["subType"], 16)))
        case "$date", str(text):
            return _usual(name, datetime.fromisoformat(text))
        case "$date", inside:
            return _usual(name, DatetimeMS(int(dict(inside)["$numberLong"])))
        case "$timestamp", inside:
            return _usual(name, Timestamp(dict(inside)["t"], dict(inside)["i"]))
        case "$regularExpression", inside:
            return _usual(name, Regex(dict(inside)["pattern"], dict(inside)["options"]))
        case "$code", text if "$scope" in value:
            scope = _embedded(value["$scope"])
            content = _string(text) + scope
            return _tagged(0x0F, name, (len(content) + 4).to_bytes(4, "little") + content)
        case "$code", text:
            return _usual(name, Code(text))
        case "$minKey", _:
            return _usual(name, MinKey())
        case "$maxKey", _:
            return _usual(name, MaxKey())
        case other, _:
            raise ValueError(f"{other} is no type of Extended JSON")
