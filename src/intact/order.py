"""MongoDB's order of values, over their canonical text (:mod:`intact.values`).

Types come first, in the order of MongoDB's documentation: MinKey, null (and undefined), numbers, strings and symbols,
objects, arrays, binary data, ObjectIds, booleans, dates, timestamps, regular expressions, pointers, code, code with a
scope, MaxKey.
Strings compare by their UTF-8 bytes, binary data by length, subtype, then bytes, embedded documents field by field.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

OrderKey = tuple[Any, ...]

_NULL, _NUMBER, _STRING, _OBJECT, _ARRAY, _BINARY, _OBJECT_ID, _BOOL, _DATE, _TIMESTAMP, _REGEX, _POINTER = (
    range(1, 13)
)
_CODE, _CODE_WITH_SCOPE = 13, 14
_MIN, _MAX = 0, 15
_SMALLEST, _LARGEST = Decimal("-Infinity"), Decimal("Infinity")


def order_key(text: str | None) -> OrderKey:
    """Give a key by which canonical texts sort as MongoDB sorts their values. None sorts as null."""
    if text is None:
        return (_NULL,)
    if not text.startswith("$"):
        return (_STRING, text.encode("utf-8", "surrogatepass"))
    return _key(json.loads(text[1:], parse_float=_exact))


def _exact(text: str) -> Decimal:
    """A non-integral canonical number names a double: its exact value, not the value of its text."""
    return Decimal(float(text))


def _key(value: Any) -> OrderKey:
    if value is None:
        return (_NULL,)
    if isinstance(value, bool):
        return (_BOOL, value)
    if isinstance(value, int | Decimal):
        return (_NUMBER, 1, Decimal(value))
    if isinstance(value, str):
        return (_STRING, value.encode("utf-8", "surrogatepass"))
    if isinstance(value, list):
        return (_ARRAY, tuple(_key(each) for each in value))
    return _wrapped(value)


def _wrapped(value: dict[str, Any]) -> OrderKey:
    """Give the key of a JSON object: a BSON type that JSON has not, or an embedded document."""
    name = next(iter(value), "")
    if not name.startswith("$") or name.startswith("$$"):
        return (_OBJECT, tuple((_key(each)[0], key, _key(each)) for key, each in value.items()))
    inside = value[name]
    simple: dict[str, Callable[[], OrderKey]] = {
        "$minKey": lambda: (_MIN,),
        "$maxKey": lambda: (_MAX,),
        "$undefined": lambda: (_NULL,),
        "$oid": lambda: (_OBJECT_ID, inside),
        "$numberDecimal": lambda: (_NUMBER, 1, Decimal(inside)),
        "$numberDouble": lambda: _special_number(inside),
        "$binary": lambda: _binary(inside),
        "$date": lambda: (_DATE, _milliseconds(inside)),
        "$timestamp": lambda: (_TIMESTAMP, inside["t"], inside["i"]),
        "$regularExpression": lambda: (_REGEX, inside["pattern"], inside["options"]),
        "$dbPointer": lambda: _pointer(inside),
        "$code": lambda: _code(inside, value),
    }
    return simple[name]() if name in simple else (_STRING, json.dumps(value).encode())


def _special_number(text: str) -> OrderKey:
    """NaN sorts before all numbers, the infinities at the ends."""
    if text == "NaN":
        return (_NUMBER, 0, Decimal(0))
    return (_NUMBER, 1, _LARGEST if text == "Infinity" else _SMALLEST)


def _pointer(inside: dict[str, Any]) -> OrderKey:
    namespace = inside["$ref"].encode("utf-8", "surrogatepass")
    return (_POINTER, len(namespace), namespace, inside["$id"]["$oid"])


def _code(text: str, value: dict[str, Any]) -> OrderKey:
    code = text.encode("utf-8", "surrogatepass")
    return (_CODE_WITH_SCOPE, code, _key(value["$scope"])) if "$scope" in value else (_CODE, code)


def _binary(inside: dict[str, str]) -> OrderKey:
    data = base64.b64decode(inside["base64"])
    return (_BINARY, len(data), int(inside["subType"], 16), data)


def _milliseconds(inside: Any) -> int:
    if isinstance(inside, dict):
        return int(inside["$numberLong"])
    moment = datetime.fromisoformat(inside)
    return round(moment.timestamp() * 1000)
