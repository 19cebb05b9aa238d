"""From canonical text (see :mod:`intact.core.values`) to the value that a query asks for.

A query finds numbers by exact value whatever their type, so a number is asked for in any type that holds it.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import bson
from bson.binary import Binary
from bson.code import Code
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.errors import BSONError
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INT64: Final = range(-(2**63), 2**63)


class UnaskableError(Exception):
    """A value that no query can ask for: the collection has to be looked through."""


def value_of(text: str) -> Any:
    """Return the value that has this canonical text.

    Raises:
        UnaskableError: If the driver or the server takes no such value in a query.
    """
    if not text.startswith("$"):
        return text
    try:
        value = json.loads(text[1:], object_pairs_hook=_object, parse_int=_whole, parse_constant=_constant)
        bson.encode({"": value})
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        BSONError,
    ) as error:
        raise UnaskableError from error
    return value


def size_of(value: Any) -> int:
    """Return the bytes that a value takes in a command."""
    return len(bson.encode({"": value}))


def _whole(digits: str) -> Any:
    number = int(digits)
    return Int64(number) if number in _INT64 else Decimal128(digits)


def _constant(name: str) -> Any:
    raise UnaskableError(name)


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """Turn an object into the value that it stands for, or into an embedded document."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise UnaskableError  # a field given twice cannot be written
    if names and names[0].startswith("$$"):
        raise UnaskableError  # a query takes it for an operator
    if not names or not names[0].startswith("$"):
        return {name.removeprefix("$") if name.startswith("$$") else name: each for name, each in pairs}
    # What is left has no way into a query: undefined, a pointer, text that is not UTF-8, a digest.
    return _MAKERS[names[0]](dict(pairs))


def _date(content: Mapping[str, Any]) -> Any:
    inside = content["$date"]
    if isinstance(inside, str):
        moment = datetime.fromisoformat(inside)
        return DatetimeMS((moment - _EPOCH) // timedelta(milliseconds=1))
    return DatetimeMS(int(inside))


def _binary(content: Mapping[str, Any]) -> Any:
    inside = content["$binary"]
    return Binary(b64decode(inside["base64"]), int(inside["subType"], 16))


def _regex(content: Mapping[str, Any]) -> Any:
    inside = content["$regularExpression"]
    made = Regex(inside["pattern"], inside["options"])
    if (
        "".join(letter for letter in "ilmsux" if getattr(re, letter.upper()) & made.flags)
        != inside["options"]
    ):
        raise UnaskableError  # the driver would write its options in another order, or not at all
    return made


def _timestamp(content: Mapping[str, Any]) -> Any:
    inside = content["$timestamp"]
    return Timestamp(int(inside["t"]), int(inside["i"]))


def _decimal(content: Mapping[str, Any]) -> Any:
    return Decimal128(str(content["$numberDecimal"]))


def _code(content: Mapping[str, Any]) -> Any:
    return Code(content["$code"], content.get("$scope"))


_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "$binary": _binary,
    "$code": _code,
    "$date": _date,
    "$maxKey": lambda _: MaxKey(),
    "$minKey": lambda _: MinKey(),
    "$numberDecimal": _decimal,
    "$numberDouble": lambda content: float(content["$numberDouble"].replace("Infinity", "inf")),
    "$numberLong": lambda content: int(content["$numberLong"]),
    "$oid": lambda content: ObjectId(content["$oid"]),
    "$regularExpression": _regex,
    "$timestamp": _timestamp,
}
