"""MongoDB's equality and order of values, written naively from its documentation for the snapshot server.

https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/ gives the order of the types, how strings,
objects, arrays and binary data compare, and that plain comparison operators see values of one type only ("type
bracketing"). It shares no code with the package under test.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from bson.code import Code
from bson.datetime_ms import DatetimeMS
from bson.dbref import DBRef
from bson.decimal128 import Decimal128
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp

Key = tuple[Any, ...]

(
    MIN_KEY, NULL, NUMBER, STRING, OBJECT, ARRAY, BINARY, OBJECT_ID, BOOLEAN, DATE, TIMESTAMP, REGEX, POINTER,
    CODE, CODE_WITH_SCOPE, MAX_KEY,
) = range(16)  # fmt: skip
"""The types, from the smallest to the largest."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


_BRACKETS: Final[Sequence[tuple[Any, int]]] = [  # a bool is an int to Python, so it comes first
    (bool, BOOLEAN), (str, STRING), ((int, float, Decimal128), NUMBER), ((bytes, uuid.UUID), BINARY),
    ((Mapping, DBRef), OBJECT), (list, ARRAY), (MinKey, MIN_KEY), (MaxKey, MAX_KEY), (ObjectId, OBJECT_ID),
    ((datetime, DatetimeMS), DATE), (Timestamp, TIMESTAMP), (Regex, REGEX),
]  # fmt: skip


def bracket(value: Any) -> int:
    """Give the place of a value's type in the order of types."""
    if value is None:
        return NULL
    if isinstance(value, Code):
        return CODE if value.scope is None else CODE_WITH_SCOPE
    for kinds, place in _BRACKETS:
        if isinstance(value, kinds):
            return place
    raise TypeError(f"no BSON value: {value!r}")


def key(value: Any) -> Key:
    """Give a hashable sorting key: equal to MongoDB exactly if the keys are equal, smaller exactly if smaller."""
    place = bracket(value)
    return (place, *_PARTS[place](value)) if place in _PARTS else (place,)


def _binary(value: Any) -> Key:
    """The length, then the subtype, then the bytes."""
    if isinstance(value, uuid.UUID):
        return (16, 4, value.bytes)
    return (len(value), getattr(value, "subtype", 0), bytes(value))


def _number(value: Any) -> Key:
    """Numbers of all types by their exact value; NaN is smaller than all."""
    if isinstance(value, Decimal128):
        decimal = value.to_decimal()
        value = float(decimal) if not decimal.is_finite() else decimal
    if isinstance(value, float) and not math.isfinite(value):
        return (0, 0) if math.isnan(value) else (1, value)
    # A whole Decimal of 10**6000 costs nothing as a Decimal and much as a Fraction, but such are rare here.
    return (1, Fraction(value)) if isinstance(value, float | Decimal) else (1, value)


def _fields(value: Any) -> tuple[Key, ...]:
    """The fields of an object in order: by the type of the value, then the name, then the value."""
    document = value.as_doc() if isinstance(value, DBRef) else value
    return tuple((bracket(each), name.encode(), key(each)) for name, each in document.items())


def _milliseconds(value: datetime | DatetimeMS) -> int:
    if isinstance(value, DatetimeMS):
        return int(value)
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    return (aware - _EPOCH) // timedelta(milliseconds=1)


_PARTS: Final[Mapping[int, Callable[[Any], Key]]] = {
    NUMBER: _number,
    STRING: lambda value: (value.encode("utf-8", "surrogatepass"),),
    OBJECT: _fields,
    ARRAY: lambda value: tuple(key(each) for each in value),
    BINARY: _binary,
    OBJECT_ID: lambda value: (value.binary,),
    BOOLEAN: lambda value: (value,),
    DATE: lambda value: (_milliseconds(value),),
    TIMESTAMP: lambda value: (value.time, value.inc),
    REGEX: lambda value: (value.pattern, value.flags),
    CODE: lambda value: (str(value).encode(),),
    CODE_WITH_SCOPE: lambda value: (str(value).encode(), *_fields(value.scope)),
}
